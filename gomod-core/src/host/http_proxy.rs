//! `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY`, as Go's http client reads them
//! (`golang.org/x/net/http/httpproxy`).

use std::net::IpAddr;

use reqwest::Url;

use super::GoEnv;

/// Which http proxy a request goes through.
#[derive(Debug, Clone, Default)]
pub(super) struct HttpProxies {
    http: Option<Url>,
    https: Option<Url>,
    except: Vec<Exception>,
}

/// An entry of `NO_PROXY`.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Exception {
    Everything,
    /// Addresses whose first bits are these.
    Network(IpAddr, u8),
    Address(IpAddr, Option<u16>),
    /// `.example.com`, the dot included; `true`: also the name itself.
    Domain(String, bool, Option<u16>),
}

impl HttpProxies {
    /// Those of the environment; variables in capital letters win.
    ///
    /// # Errors
    /// The variable whose value is no address of a proxy.
    pub(super) fn new(env: &GoEnv) -> Result<Self, String> {
        let var = |name: &str| env.var(name).or_else(|| env.var(&name.to_lowercase()));
        let proxy = |name: &str| match var(name) {
            Some(text) => parse(text).map(Some).ok_or(format!(
                "{name} is no address of a proxy, such as http://proxy.example:8080"
            )),
            None => Ok(None),
        };
        Ok(Self {
            http: proxy("HTTP_PROXY")?,
            https: proxy("HTTPS_PROXY")?,
            except: exceptions(var("NO_PROXY").unwrap_or_default()),
        })
    }

    /// The proxy for a request, if it goes through one. The local host is always reached directly.
    pub(super) fn of(&self, url: &Url) -> Option<Url> {
        let proxy = match url.scheme() {
            "https" => self.https.as_ref(),
            _ => self.http.as_ref(),
        }?;
        let host = url.host_str()?.to_ascii_lowercase();
        let address: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
        if host == "localhost" || address.is_some_and(|address| address.is_loopback()) {
            return None;
        }
        let port = url.port_or_known_default();
        let excepted = |exception: &Exception| exception.covers(&host, address, port);
        (!self.except.iter().any(excepted)).then(|| proxy.clone())
    }
}

impl Exception {
    fn covers(&self, host: &str, address: Option<IpAddr>, port: Option<u16>) -> bool {
        let same_port = |wanted: &Option<u16>| wanted.is_none() || *wanted == port;
        match (self, address) {
            (Self::Everything, _) => true,
            (Self::Network(network, bits), Some(address)) => is_within(address, *network, *bits),
            (Self::Address(wanted, on), Some(address)) => *wanted == address && same_port(on),
            (Self::Domain(domain, itself, on), None) => {
                let named = host.ends_with(domain.as_str());
                (named || *itself && domain.get(1..) == Some(host)) && same_port(on)
            }
            _ => false,
        }
    }
}

fn parse(text: &str) -> Option<Url> {
    let known = |url: &Url| matches!(url.scheme(), "http" | "https" | "socks5" | "socks5h");
    let as_it_is = Url::parse(text).ok().filter(known);
    as_it_is.or_else(|| Url::parse(&format!("http://{text}")).ok())
}

fn exceptions(list: &str) -> Vec<Exception> {
    let mut out = Vec::new();
    for entry in list.split(',') {
        let entry = entry.trim().to_lowercase();
        if entry.is_empty() {
            continue;
        }
        if entry == "*" {
            return vec![Exception::Everything];
        }
        if let Some((network, bits)) = entry.split_once('/') {
            let network: Option<IpAddr> = network.parse().ok();
            if let (Some(network), Ok(bits)) = (network, bits.parse()) {
                out.push(Exception::Network(network, bits));
                continue;
            }
        }
        let (host, port) = split_port(&entry);
        if let Ok(address) = host.parse() {
            out.push(Exception::Address(address, port));
            continue;
        }
        match host.strip_prefix("*.").or(host.strip_prefix('.')) {
            Some(domain) => out.push(Exception::Domain(format!(".{domain}"), false, port)),
            None if host.is_empty() => {}
            None => out.push(Exception::Domain(format!(".{host}"), true, port)),
        }
    }
    out
}

/// Takes a port off a host; an address of IPv6 has one only behind brackets.
fn split_port(entry: &str) -> (&str, Option<u16>) {
    let bare = |host: &'_ str| host.len() == host.trim_matches(['[', ']']).len();
    if let Some((host, port)) = entry.rsplit_once(':')
        && let Ok(port) = port.parse()
        && (host.ends_with(']') || bare(host) && !host.contains(':'))
    {
        return (host.trim_matches(['[', ']']), Some(port));
    }
    (entry.trim_matches(['[', ']']), None)
}

fn is_within(address: IpAddr, network: IpAddr, bits: u8) -> bool {
    let (address, network): (u128, u128) = match (address, network) {
        // Both in the upper bits, so that one shift serves both kinds.
        (IpAddr::V4(a), IpAddr::V4(n)) if bits <= 32 => {
            (u128::from(a.to_bits()) << 96, u128::from(n.to_bits()) << 96)
        }
        (IpAddr::V6(a), IpAddr::V6(n)) if bits <= 128 => (a.to_bits(), n.to_bits()),
        _ => return false,
    };
    let shift = 128 - u32::from(bits);
    address.checked_shr(shift).unwrap_or(0) == network.checked_shr(shift).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn goes_through(no_proxy: &str, url: &str) -> bool {
        let vars = [
            ("HTTP_PROXY", "proxy:80"),
            ("https_proxy", "http://proxy"),
            ("NO_PROXY", no_proxy),
        ];
        let proxies = HttpProxies::new(&GoEnv::from_vars(vars)).unwrap();
        proxies.of(&Url::parse(url).unwrap()).is_some()
    }

    #[test]
    fn exceptions_are_those_of_go() {
        for (no_proxy, url, through) in [
            ("", "http://a.example/", true),
            ("", "https://a.example/", true),
            ("", "http://localhost:80/", false),
            ("", "http://127.0.0.9/", false),
            ("", "http://[::1]/", false),
            ("*", "http://a.example/", false),
            ("a.example", "http://a.example/", false),
            ("A.example", "http://x.a.EXAMPLE/", false),
            ("a.example", "http://ba.example/", true),
            (".example", "http://a.example/", false),
            (".a.example", "http://a.example/", true),
            ("*.a.example", "http://a.example/", true),
            ("*.a.example", "http://x.a.example/", false),
            ("x, a.example:80", "http://a.example/", false),
            ("a.example:80", "https://a.example/", true),
            ("a.example:443", "https://a.example/", false),
            ("10.0.0.1", "http://10.0.0.1:8080/", false),
            ("10.0.0.1:80", "http://10.0.0.1:8080/", true),
            ("10.0.0.0/8", "http://10.1.2.3/", false),
            ("10.0.0.0/8", "http://11.1.2.3/", true),
            ("0.0.0.0/0", "http://11.1.2.3/", false),
            ("fd00::/8", "http://[fd12::1]/", false),
            ("fd12::1", "http://[fd12::1]:81/", false),
            ("[fd12::1]:80", "http://[fd12::1]:81/", true),
            ("10.0.0.0/x", "http://10.1.2.3/", true),
        ] {
            assert_eq!(goes_through(no_proxy, url), through, "{no_proxy:?} {url}");
        }
    }

    #[test]
    fn capital_letters_win() {
        let vars = [("HTTP_PROXY", "one.example"), ("http_proxy", "two.example")];
        let proxies = HttpProxies::new(&GoEnv::from_vars(vars)).unwrap();
        let proxy = proxies
            .of(&Url::parse("http://a.example").unwrap())
            .unwrap();
        assert_eq!(proxy.as_str(), "http://one.example/");
        assert!(HttpProxies::new(&GoEnv::from_vars([("HTTP_PROXY", "a b")])).is_err());
    }
}
