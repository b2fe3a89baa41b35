//! One GET with every limit kept: size, total time, idle time, redirects and tries.

use std::error::Error as _;
use std::fs::File;
use std::io::{Seek, Write};
use std::time::Duration;

use reqwest::{Client, Proxy, Response, Url, header, redirect};
use tokio::time::{sleep, timeout};

use super::fetch_error::WHOLE;
use super::http_proxy::HttpProxies;
use super::netrc::Netrc;
use super::{FetchError, GoEnv, tls};

/// Limits on what sources may send and how long they may take.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes of a `go.mod` file; the go command's own limit.
    pub go_mod: u64,
    /// Bytes of an `.info` or `@latest` answer.
    pub info: u64,
    /// Bytes of a list of versions.
    pub list: u64,
    /// Bytes of a module zip; the go command's own limit.
    pub zip: u64,
    /// Bytes of a look-up or tile of the checksum database.
    pub sumdb: u64,
    /// Time for a request with all its tries.
    pub total: Duration,
    /// The same, for a module zip.
    pub zip_total: Duration,
    /// Time between two parts of an answer.
    pub idle: Duration,
    /// Time to connect.
    pub connect: Duration,
    /// Time for the `go` command to fetch a batch from its origins.
    pub direct: Duration,
    /// Tries, the first included.
    pub tries: u32,
    /// Pause before the second try; it grows fourfold with each further one.
    pub backoff: Duration,
    /// Requests in flight.
    pub concurrency: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            go_mod: 16 << 20,
            info: 1 << 20,
            list: 64 << 20,
            zip: 500 << 20,
            sumdb: 4 << 20,
            total: Duration::from_secs(60),
            zip_total: Duration::from_secs(600),
            idle: Duration::from_secs(30),
            connect: Duration::from_secs(15),
            direct: Duration::from_secs(300),
            tries: 3,
            backoff: Duration::from_millis(200),
            concurrency: 64,
        }
    }
}

/// Requests made before a redirect is refused, as in the go command.
const MAX_REQUESTS: usize = 10;
/// The longest pause that a server may ask for by `Retry-After`.
const MAX_PAUSE: Duration = Duration::from_secs(10);

/// What one answer may take.
#[derive(Clone, Copy)]
pub(super) struct Ceiling {
    pub(super) bytes: u64,
    pub(super) total: Duration,
}

/// Where an answer goes; emptied before each try.
pub(super) enum Sink {
    Memory(Vec<u8>),
    File(File),
}

impl Sink {
    fn clear(&mut self) -> std::io::Result<()> {
        match self {
            Self::Memory(bytes) => bytes.clear(),
            Self::File(file) => {
                file.set_len(0)?;
                file.rewind()?;
            }
        }
        Ok(())
    }

    pub(super) fn write(&mut self, part: &[u8]) -> std::io::Result<()> {
        match self {
            Self::Memory(bytes) => bytes.extend_from_slice(part),
            Self::File(file) => file.write_all(part)?,
        }
        Ok(())
    }
}

/// The http client, with credentials and proxies of the environment.
pub(super) struct HttpClient {
    client: Client,
    /// `Err` for a GOAUTH that makes no sense, which matters only once credentials might be sent.
    netrc: Result<Netrc, String>,
    limits: Limits,
}

/// A failed try, and the pause before another one if that may help.
struct Failed {
    error: FetchError,
    again: Option<Duration>,
}

impl From<FetchError> for Failed {
    fn from(error: FetchError) -> Self {
        let again = error.is_transient().then_some(Duration::ZERO);
        Self { error, again }
    }
}

impl HttpClient {
    pub(super) fn new(env: &GoEnv, limits: &Limits) -> Result<Self, FetchError> {
        let fail = |reason: String| FetchError::Machine {
            what: "setting up the http client".into(),
            reason,
        };
        let mut builder = Client::builder()
            .tls_backend_preconfigured(tls::config(env).map_err(|e| fail(e.to_string()))?)
            .user_agent(concat!("gomod/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(limits.connect)
            .redirect(redirect::Policy::custom(follow))
            .referer(false)
            .no_proxy(); // those of the given environment follow
        let proxies = HttpProxies::new(env).map_err(fail)?;
        builder = builder.proxy(Proxy::custom(move |url| proxies.of(url)));
        let client = builder.build().map_err(|e| fail(causes(&e)))?;
        Ok(Self {
            client,
            netrc: Netrc::load(env),
            limits: limits.clone(),
        })
    }

    /// Reads `url` into `sink`; any status but 200 is an error.
    pub(super) async fn get(
        &self,
        url: &Url,
        ceiling: Ceiling,
        sink: &mut Sink,
    ) -> Result<(), FetchError> {
        let shown = redact(url);
        if url.scheme() == "http" && (!url.username().is_empty() || url.password().is_some()) {
            return Err(FetchError::InsecureCredentials { url: shown });
        }
        let tries = async {
            let mut pause = self.limits.backoff;
            for left in (0..self.limits.tries.max(1)).rev() {
                let Err(failed) = self.once(url, &shown, ceiling, sink).await else {
                    return Ok(());
                };
                let Some(asked) = failed.again.filter(|_| left > 0) else {
                    return Err(failed.error);
                };
                sleep(pause.max(asked)).await;
                pause *= 4;
            }
            Ok(())
        };
        let late = FetchError::TimedOut {
            url: shown.clone(),
            what: WHOLE,
            limit: ceiling.total,
        };
        timeout(ceiling.total, tries).await.unwrap_or(Err(late))
    }

    async fn once(
        &self,
        url: &Url,
        shown: &str,
        ceiling: Ceiling,
        sink: &mut Sink,
    ) -> Result<(), Failed> {
        let machine = |error: std::io::Error| FetchError::Machine {
            what: format!("storing {shown}"),
            reason: error.to_string(),
        };
        sink.clear().map_err(machine)?;
        let mut request = self.client.get(url.clone());
        let netrc = match &self.netrc {
            Ok(netrc) => netrc.login(url.as_str()),
            Err(_) if url.scheme() != "https" => None,
            Err(reason) => {
                return Err(FetchError::Machine {
                    what: format!("requesting {shown}"),
                    reason: reason.clone(),
                }
                .into());
            }
        };
        if let Some((login, password)) = netrc {
            request = request.basic_auth(login, Some(password));
        }
        let mut answer = request
            .send()
            .await
            .map_err(|error| self.unanswered(shown, &error))?;
        if answer.status() != 200 {
            return Err(self.refused(shown, answer).await);
        }
        let expected = answer.content_length();
        let too_large = || FetchError::TooLarge {
            url: shown.into(),
            limit: ceiling.bytes,
        };
        if expected.is_some_and(|length| length > ceiling.bytes) {
            return Err(too_large().into());
        }
        let mut received = 0;
        while let Some(part) = self.part(shown, &mut answer, received, expected).await? {
            received += part.len() as u64;
            if received > ceiling.bytes {
                return Err(too_large().into());
            }
            sink.write(&part).map_err(machine)?;
        }
        Ok(())
    }

    /// The next part of an answer, within the idle limit.
    async fn part(
        &self,
        shown: &str,
        answer: &mut Response,
        received: u64,
        expected: Option<u64>,
    ) -> Result<Option<impl AsRef<[u8]> + std::ops::Deref<Target = [u8]> + use<>>, FetchError> {
        match timeout(self.limits.idle, answer.chunk()).await {
            Ok(Ok(part)) => Ok(part),
            Ok(Err(_)) => Err(FetchError::Truncated {
                url: shown.into(),
                received,
                expected,
            }),
            Err(_) => Err(FetchError::TimedOut {
                url: shown.into(),
                what: "data",
                limit: self.limits.idle,
            }),
        }
    }

    fn unanswered(&self, shown: &str, error: &reqwest::Error) -> Failed {
        let url = shown.to_owned();
        if error.is_redirect() {
            return FetchError::Redirect {
                url,
                reason: causes(error),
            }
            .into();
        }
        if error.is_timeout() {
            let limit = self.limits.connect;
            return FetchError::TimedOut {
                url,
                what: "connection",
                limit,
            }
            .into();
        }
        // A connection that breaks is worth another try; a refused one or a bad certificate is not.
        let again = (!error.is_connect() && !error.is_builder()).then_some(Duration::ZERO);
        Failed {
            error: FetchError::Network {
                url,
                reason: causes(error),
            },
            again,
        }
    }

    async fn refused(&self, shown: &str, mut answer: Response) -> Failed {
        let status = answer.status().as_u16();
        let head = |name: header::HeaderName| answer.headers().get(name)?.to_str().ok();
        let asked = head(header::RETRY_AFTER).and_then(|text| text.trim().parse().ok());
        let plain = head(header::CONTENT_TYPE).is_some_and(is_plain_text);
        let mut said = Vec::new();
        while plain && said.len() < MAX_DETAIL {
            match self.part(shown, &mut answer, 0, None).await {
                Ok(Some(part)) => said.extend_from_slice(&part),
                _ => break,
            }
        }
        let mut failed = Failed::from(FetchError::of_status(status, shown.into(), detail(&said)));
        if let (Some(again), Some(seconds)) = (&mut failed.again, asked) {
            *again = Duration::from_secs(seconds).min(MAX_PAUSE);
        }
        failed
    }
}

/// A URL to show: without credentials.
pub(super) fn redact(url: &Url) -> String {
    let mut url = url.clone();
    if !url.username().is_empty() || url.password().is_some() {
        let _ = url.set_password(None);
        let _ = url.set_username("xxxxx");
    }
    url.to_string()
}

fn follow(attempt: redirect::Attempt<'_>) -> redirect::Action {
    let secure = attempt
        .previous()
        .first()
        .is_some_and(|url| url.scheme() == "https");
    if secure && attempt.url().scheme() != "https" {
        let to = redact(attempt.url());
        return attempt.error(format!("a redirect leads from https to {to}"));
    }
    if attempt.previous().len() >= MAX_REQUESTS {
        return attempt.error(format!("stopped after {MAX_REQUESTS} redirects"));
    }
    attempt.follow()
}

/// An error and its causes on one line; the URL, which may hold credentials, is left out.
fn causes(error: &reqwest::Error) -> String {
    let mut text = String::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        let part = error.to_string();
        if !text.ends_with(&part) {
            text.push_str(if text.is_empty() { "" } else { ": " });
            text.push_str(&part);
        }
        cause = error.source();
    }
    if text.is_empty() {
        "the request failed".into()
    } else {
        text
    }
}

const MAX_DETAIL: usize = 8 * 81;

fn is_plain_text(content_type: &str) -> bool {
    let mut parts = content_type
        .split(';')
        .map(|part| part.trim().to_ascii_lowercase());
    parts.next().is_some_and(|kind| kind == "text/plain")
        && parts.all(|part| match part.strip_prefix("charset=") {
            Some(charset) => matches!(charset.trim_matches('"'), "utf-8" | "us-ascii" | ""),
            None => true,
        })
}

/// The first lines of what a server said with an error, up to a blank one; nothing when it holds
/// anything that could play tricks on a terminal.
fn detail(said: &[u8]) -> String {
    let said = &said[..said.len().min(MAX_DETAIL)];
    let said = String::from_utf8_lossy(said);
    let said = said.trim_end_matches('\u{fffd}'); // a character cut in two
    let harmful = |c: char| c == '\u{fffd}' || (c.is_control() && !c.is_whitespace());
    if said.contains(harmful) {
        return String::new();
    }
    let lines = said
        .lines()
        .map(str::trim)
        .take_while(|line| !line.is_empty())
        .take(8);
    lines.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn credentials_are_not_shown() {
        let shown = redact(&Url::parse("https://ann:secret@h.example/x?y=1").unwrap());
        assert_eq!(shown, "https://xxxxx@h.example/x?y=1");
        assert_eq!(
            redact(&Url::parse("https://token@h.example/").unwrap()),
            "https://xxxxx@h.example/"
        );
    }

    #[test]
    fn details_are_short_and_harmless() {
        assert_eq!(
            detail(b"not found: x\nsee y\n\nmore"),
            "not found: x; see y"
        );
        assert_eq!(detail(b"\x1b[31mred"), "");
        assert_eq!(detail(b"\xff\xfe"), "");
        assert!(detail("é".repeat(1000).as_bytes()).len() <= MAX_DETAIL);
        assert!(is_plain_text("text/plain; charset=UTF-8"));
        assert!(!is_plain_text("text/html"));
        assert!(!is_plain_text("text/plain; charset=latin1"));
    }
}
