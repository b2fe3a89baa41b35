//! The module proxy protocol on one source, over http or in a `file://` tree (`go help goproxy`).

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use reqwest::Url;

use super::http::{Ceiling, HttpClient, Limits, Sink, redact};
use super::info::latest_in_list;
use super::{FetchError, Info};
use crate::model::{ModulePath, ModuleVersion, Version, escape_version, is_canonical};

/// One entry of a `GOPROXY` list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) place: Place,
    /// Whether the next entry is asked after any error, not only when there is no such thing.
    pub(super) falls_back: bool,
}

/// Where an entry leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    Http(Url),
    File(PathBuf),
    Direct,
    Off,
}

impl Place {
    /// The entry as shown to the user.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Http(url) => redact(url).trim_end_matches('/').to_owned(),
            Self::File(dir) => format!("file://{}", dir.display()),
            Self::Direct => "direct".into(),
            Self::Off => "off".into(),
        }
    }

    /// Parses a URL as the base of a proxy or of a checksum database.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let url = Url::parse(text).map_err(|error| match text.contains(":/") {
            true => format!("not a URL ({error})"),
            false => "not a URL: it must begin with https://, http:// or file://".to_owned(),
        })?;
        match url.scheme() {
            "http" | "https" => Ok(Self::Http(url)),
            "file" => {
                let more = url.query().is_some() || url.fragment().is_some() || url.has_host();
                let path = url.to_file_path().ok().filter(|_| !more);
                path.map(Self::File)
                    .ok_or_else(|| "a file:// URL may hold an absolute path only".into())
            }
            scheme => Err(format!(
                "the scheme {scheme} is none of https, http and file"
            )),
        }
    }
}

/// Parses a `GOPROXY` list; on failure says which entry is wrong, without credentials, and why.
pub(super) fn parse_entries(list: &str) -> Result<Vec<Entry>, (String, String)> {
    let mut entries = Vec::new();
    let mut rest = list;
    while !rest.is_empty() {
        let (text, tail, falls_back) = match rest.find([',', '|']) {
            Some(i) => (&rest[..i], &rest[i + 1..], rest[i..].starts_with('|')),
            None => (rest, "", false),
        };
        rest = tail;
        let text = text.trim();
        let place = match text {
            "" => continue,
            "off" => Place::Off,
            "direct" => Place::Direct,
            text => {
                let word = !text.contains(['.', ':', '/']);
                let full =
                    text.contains(":/") || Path::new(text).is_absolute() || text.starts_with('/');
                let text = if word || full {
                    text.to_owned()
                } else {
                    format!("https://{text}")
                };
                Place::parse(&text).map_err(|reason| (hide_userinfo(&text), reason))?
            }
        };
        // What follows `off` or `direct` is never reached.
        let last = matches!(place, Place::Off | Place::Direct);
        entries.push(Entry {
            place,
            falls_back: falls_back && !last,
        });
        if last {
            break;
        }
    }
    if entries.is_empty() {
        return Err((list.into(), "the list holds no entry".into()));
    }
    Ok(entries)
}

/// The client for one place, created by the caller at the first http request.
pub(super) struct Reader<'a> {
    pub(super) place: &'a Place,
    pub(super) http: Option<&'a HttpClient>,
    pub(super) limits: &'a Limits,
}

impl Reader<'_> {
    pub(super) async fn go_mod(&self, module: &ModuleVersion) -> Result<Vec<u8>, FetchError> {
        self.bytes(&version_file(module, "mod")?, self.limits.go_mod)
            .await
    }

    pub(super) async fn list(&self, path: &ModulePath) -> Result<Vec<u8>, FetchError> {
        self.bytes(&format!("{}/@v/list", escape(path)?), self.limits.list)
            .await
    }

    pub(super) async fn info(
        &self,
        path: &ModulePath,
        version: &str,
    ) -> Result<Vec<u8>, FetchError> {
        let escaped = escape_version(version).map_err(|e| FetchError::InvalidRequest {
            what: format!("{path}@{version}"),
            reason: e.to_string(),
        })?;
        let file = format!("{}/@v/{escaped}.info", escape(path)?);
        let bytes = self.bytes(&file, self.limits.info).await?;
        let info = self.check_info(&file, &bytes)?;
        // Asked for an exact version, a proxy must not answer with another one.
        let exact = is_canonical(version)
            && Version::parse(version).is_ok_and(|version| path.check_major(&version).is_ok());
        if exact && info.version != version {
            let reason = format!("it is about version {:?}, not {version}", info.version);
            return Err(FetchError::InvalidAnswer {
                url: self.shown(&file),
                reason,
            });
        }
        Ok(bytes)
    }

    /// `@latest`; a proxy without it is asked for its list and for the latest dated version there.
    pub(super) async fn latest(&self, path: &ModulePath) -> Result<Vec<u8>, FetchError> {
        let file = format!("{}/@latest", escape(path)?);
        match self.bytes(&file, self.limits.info).await {
            Ok(bytes) => {
                self.check_info(&file, &bytes)?;
                Ok(bytes)
            }
            Err(missing) if missing.falls_through() => {
                let list = self.list(path).await?;
                let Some(version) = latest_in_list(&list) else {
                    return Err(missing);
                };
                self.info(path, &version).await
            }
            Err(error) => Err(error),
        }
    }

    pub(super) async fn zip(&self, module: &ModuleVersion, to: File) -> Result<(), FetchError> {
        let ceiling = Ceiling {
            bytes: self.limits.zip,
            total: self.limits.zip_total,
        };
        self.read(&version_file(module, "zip")?, ceiling, &mut Sink::File(to))
            .await
    }

    /// A file below the place, in memory.
    pub(super) async fn bytes(&self, file: &str, limit: u64) -> Result<Vec<u8>, FetchError> {
        let ceiling = Ceiling {
            bytes: limit,
            total: self.limits.total,
        };
        let mut sink = Sink::Memory(Vec::new());
        self.read(file, ceiling, &mut sink).await?;
        match sink {
            Sink::Memory(bytes) => Ok(bytes),
            Sink::File(_) => Ok(Vec::new()),
        }
    }

    fn check_info(&self, file: &str, bytes: &[u8]) -> Result<Info, FetchError> {
        Info::parse(bytes).map_err(|reason| FetchError::InvalidAnswer {
            url: self.shown(file),
            reason,
        })
    }

    async fn read(&self, file: &str, ceiling: Ceiling, sink: &mut Sink) -> Result<(), FetchError> {
        match (self.place, self.http) {
            (Place::Http(base), Some(http)) => http.get(&join(base, file), ceiling, sink).await,
            (Place::File(dir), _) => {
                read_file(&dir.join(file), &self.shown(file), ceiling.bytes, sink)
            }
            _ => Err(FetchError::Off { what: file.into() }),
        }
    }

    fn shown(&self, file: &str) -> String {
        match self.place {
            Place::Http(base) => redact(&join(base, file)),
            place => format!("{}/{file}", place.shown()),
        }
    }
}

fn read_file(path: &Path, shown: &str, limit: u64, sink: &mut Sink) -> Result<(), FetchError> {
    let fail = |error: io::Error| {
        let (url, detail) = (shown.to_owned(), String::new());
        match error.kind() {
            io::ErrorKind::NotFound => FetchError::NotFound { url, detail },
            io::ErrorKind::PermissionDenied => FetchError::Forbidden { url, detail },
            _ => FetchError::Machine {
                what: format!("reading {shown}"),
                reason: error.to_string(),
            },
        }
    };
    let mut file = File::open(path).map_err(fail)?;
    let mut part = vec![0; 64 << 10];
    let mut received = 0;
    loop {
        let n = match file.read(&mut part) {
            Ok(0) => return Ok(()),
            Ok(n) => n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(fail(error)),
        };
        received += n as u64;
        if received > limit {
            return Err(FetchError::TooLarge {
                url: shown.into(),
                limit,
            });
        }
        sink.write(&part[..n])
            .map_err(|error| FetchError::Machine {
                what: format!("storing {shown}"),
                reason: error.to_string(),
            })?;
    }
}

/// Appends a path to a base URL. `!` stays as it is, a literal `%` is escaped.
fn join(base: &Url, file: &str) -> Url {
    let mut url = base.clone();
    let head = base.path().trim_end_matches('/');
    url.set_path(&format!("{head}/{}", file.replace('%', "%25")));
    url
}

fn version_file(module: &ModuleVersion, suffix: &str) -> Result<String, FetchError> {
    let version =
        escape_version(module.version.as_str()).map_err(|e| FetchError::InvalidRequest {
            what: module.to_string(),
            reason: e.to_string(),
        })?;
    Ok(format!("{}/@v/{version}.{suffix}", escape(&module.path)?))
}

fn escape(path: &ModulePath) -> Result<String, FetchError> {
    let escaped = if path.is_toolchain() {
        Err("not a module".into())
    } else {
        path.escape().map_err(|e| e.to_string())
    };
    escaped.map_err(|reason| FetchError::InvalidRequest {
        what: path.to_string(),
        reason,
    })
}

fn hide_userinfo(text: &str) -> String {
    match (text.find("//"), text.rfind('@')) {
        (Some(start), Some(end)) if start < end => {
            format!("{}xxxxx{}", &text[..start + 2], &text[end..])
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn entries(list: &str) -> Vec<(String, bool)> {
        let entries = parse_entries(list).unwrap();
        entries
            .iter()
            .map(|e| (e.place.shown(), e.falls_back))
            .collect()
    }

    #[test]
    fn trap_11_lists_of_proxies() {
        let is = |list: &str, expected: &[(&str, bool)]| {
            let expected: Vec<_> = expected
                .iter()
                .map(|(s, f)| ((*s).to_owned(), *f))
                .collect();
            assert_eq!(entries(list), expected, "{list}");
        };
        is(
            "https://a.example/x/,direct",
            &[("https://a.example/x", false), ("direct", false)],
        );
        is(
            "http://u:p@a.example|b.example , off,c",
            &[
                ("http://xxxxx@a.example", true),
                ("https://b.example", false),
                ("off", false),
            ],
        );
        is(
            ",, file:///a%20b |direct|x.example",
            &[("file:///a b", true), ("direct", false)],
        );
        is("localhost:80/x", &[("https://localhost:80/x", false)]);
    }

    #[test]
    fn what_is_no_list() {
        for bad in [
            "",
            " ",
            ",|",
            "word",
            "ftp://x",
            "/dir",
            "file://host/x",
            "file:///x?y",
            "https://",
        ] {
            assert!(parse_entries(bad).is_err(), "{bad:?}");
        }
        let (entry, _) = parse_entries("ftp://u:secret@x").unwrap_err();
        assert_eq!(entry, "ftp://xxxxx@x");
    }

    #[test]
    fn joining() {
        let base = Url::parse("https://a.example/p/?q=1").unwrap();
        let url = join(
            &base,
            "github.com/!burnt!sushi/toml/@v/v2.0.0+incompatible.mod",
        );
        let path =
            "https://a.example/p/github.com/!burnt!sushi/toml/@v/v2.0.0+incompatible.mod?q=1";
        assert_eq!(url.as_str(), path);
        assert_eq!(
            join(&base, "x#y%?").as_str(),
            "https://a.example/p/x%23y%25%3F?q=1"
        );
    }
}
