//! Which checksum database to ask: the syntax of GOSUMDB and the built-in key.
//!
//! The value is `off`, or a known name or verifier key, and optionally a URL (`go help environment`, and
//! `dbDial` in `cmd/go/internal/modfetch/sumdb.go`).

use super::note::{KeyError, Verifier};

/// The key of the Go checksum database; public, and built into the `go` command as well.
const GO_KEY: &str = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";
const GO_NAME: &str = "sum.golang.org";
/// Another host that serves the same database; as the whole value of GOSUMDB it stands for both fields.
const GO_ALIAS: &str = "sum.golang.google.cn";

/// What GOSUMDB asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Database {
    /// Checksums are not looked up.
    Off,
    /// A database to look checksums up in.
    Db {
        /// Its name: a host, or a host and a path.
        name: String,
        /// Its verifier key `name+hash+key`, for [`Client::new`](super::Client::new).
        key: String,
        /// Where to reach it, around all proxies; otherwise proxies that support it, then its name.
        url: Option<String>,
    },
}

/// Why a value of GOSUMDB is not acceptable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DatabaseError {
    /// The value is empty.
    #[error("GOSUMDB is empty: must be off, or a name or key of a checksum database")]
    Missing,
    /// The value has more than two fields.
    #[error("invalid GOSUMDB {0:?}: more than a key and a URL")]
    TooManyFields(String),
    /// The first field is neither a known name nor a verifier key.
    #[error("invalid GOSUMDB: {name:?} is no known checksum database and no verifier key")]
    Key {
        /// The field.
        name: String,
        /// The cause.
        source: KeyError,
    },
    /// The key's name cannot be part of a URL.
    #[error("invalid GOSUMDB: the database's name {0:?} must be host[/path]")]
    Name(String),
}

impl Database {
    /// Parses the value of GOSUMDB.
    ///
    /// # Errors
    /// [`DatabaseError`]
    pub fn from_gosumdb(value: &str) -> Result<Self, DatabaseError> {
        if value == "off" {
            return Ok(Self::Off);
        }
        if value == GO_ALIAS {
            return Ok(Self::Db {
                name: GO_NAME.into(),
                key: GO_KEY.into(),
                url: Some(format!("https://{value}")),
            });
        }
        let mut fields = value.split_whitespace();
        let first = fields.next().ok_or(DatabaseError::Missing)?;
        let url = fields.next().map(Into::into);
        if fields.next().is_some() {
            return Err(DatabaseError::TooManyFields(value.into()));
        }
        let key = known_key(first).unwrap_or(first);
        let verifier = Verifier::parse(key).map_err(|source| DatabaseError::Key {
            name: first.into(),
            source,
        })?;
        let name = verifier.name();
        if !is_host_and_path(name) {
            return Err(DatabaseError::Name(name.into()));
        }
        Ok(Self::Db {
            name: name.into(),
            key: key.into(),
            url,
        })
    }
}

/// The built-in key of a database known by name.
pub(super) fn known_key(name: &str) -> Option<&'static str> {
    (name == GO_NAME).then_some(GO_KEY)
}

/// Whether `https://` and the name is a URL of nothing but a host and a path, which needs no decoding.
fn is_host_and_path(name: &str) -> bool {
    let (authority, path) = name.split_at(name.find('/').unwrap_or(name.len()));
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) => (host, port),
        None => (authority, ""),
    };
    let plain =
        |text: &str| !text.contains(|c: char| c.is_control() || "?#%@\\\"<>^`{|} ".contains(c));
    !host.is_empty()
        && !host.contains([':', '[', ']'])
        && plain(host)
        && port.bytes().all(|b| b.is_ascii_digit())
        && plain(path)
        && !path
            .split('/')
            .any(|element| element == "." || element == "..")
        && !name.ends_with('/')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;
    use crate::verify::testing::TestSigner;

    fn db(name: &str, key: &str, url: Option<&str>) -> Result<Database, DatabaseError> {
        Ok(Database::Db {
            name: name.into(),
            key: key.into(),
            url: url.map(Into::into),
        })
    }

    #[test]
    fn values_of_gosumdb() {
        let parse = Database::from_gosumdb;
        assert_eq!(parse("off"), Ok(Database::Off));
        assert_eq!(parse("sum.golang.org"), db(GO_NAME, GO_KEY, None));
        assert_eq!(parse(GO_KEY), db(GO_NAME, GO_KEY, None));
        let url = "https://sums.example/db";
        assert_eq!(
            parse(&format!(" sum.golang.org\t{url} ")),
            db(GO_NAME, GO_KEY, Some(url))
        );
        let alias = format!("https://{GO_ALIAS}");
        assert_eq!(parse(GO_ALIAS), db(GO_NAME, GO_KEY, Some(&alias)));
        let own = TestSigner::new("sums.example:8080/db", 3).key();
        assert_eq!(parse(&own), db("sums.example:8080/db", &own, None));

        assert_eq!(parse(""), Err(DatabaseError::Missing));
        assert_eq!(parse("  "), Err(DatabaseError::Missing));
        assert!(matches!(
            parse("a b c"),
            Err(DatabaseError::TooManyFields(_))
        ));
        let key_error = |value: &str| matches!(parse(value), Err(DatabaseError::Key { .. }));
        assert!(key_error("off https://sums.example"));
        assert!(key_error("sums.example"));
        assert!(key_error(&format!("{GO_ALIAS} {url}")));
        assert!(key_error(&GO_KEY.replace("033d", "033e")));
    }

    #[test]
    fn names_that_are_no_host_and_path() {
        for bad in [
            "a/", "/a", ":80", "a:b", "a?b", "a#b", "u@a", "a%41", "a%2fb", "[::1]", "a/../b",
            "a\u{7f}",
        ] {
            let key = TestSigner::new(bad, 3).key();
            assert_eq!(
                Database::from_gosumdb(&key),
                Err(DatabaseError::Name(bad.into()))
            );
        }
    }
}
