//! Version queries: `v1.9`, `<v1.10.0`, `latest`, `patch`, `none`, a full version.
//!
//! The rules are those of the Go Modules Reference ("Version queries") and of `newQueryMatcher` in
//! cmd/go's modload. A query that names a branch or a commit is not a version and is refused.

use std::cmp::Ordering;

use super::go_version::GoVersion;
use super::path::ModulePath;
use super::version::{self, Version};

/// A parsed query for versions of one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    text: String,
    kind: Kind,
    prefix: String,
    prefer_incompatible: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    None,
    Latest,
    Patch(Version),
    Exact(Version),
    /// An incomplete version; pre-releases of its first release are below it, and do not match.
    Prefix(Version),
    Range(Comparison, Version),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Below,
    AtMost,
    Above,
    AtLeast,
}

/// Why a text is no query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// The version behind `<`, `<=`, `>` or `>=` is not valid.
    #[error("invalid semantic version {version:?} in range {query:?}")]
    BadRange {
        /// The whole query.
        query: String,
        /// The part that is no version.
        version: String,
    },
    /// `<=v1.2` and `>v1.2` do not say which of the versions 1.2 they mean.
    #[error("ambiguous semantic version {version:?} in range {query:?}")]
    AmbiguousRange {
        /// The whole query.
        query: String,
        /// The incomplete version.
        version: String,
    },
    /// `patch` without a version in use.
    #[error("can't query version \"patch\" of module {0}: no existing version is required")]
    NoPatchBase(ModulePath),
    /// A branch, a commit or a typing error.
    #[error(
        "{0:?} is no version; branches and commits cannot be planned for: name a version such as v1.2.3"
    )]
    Revision(String),
}

impl Query {
    /// Parses a query for versions of `path`; `current` is the version in use, if there is one.
    ///
    /// # Errors
    /// [`QueryError`] says what is wrong with the text.
    pub fn parse(
        path: &ModulePath,
        text: &str,
        current: Option<&Version>,
    ) -> Result<Self, QueryError> {
        let mut query = Self {
            text: text.to_owned(),
            kind: Kind::Latest,
            prefix: String::new(),
            prefer_incompatible: current.is_some_and(Version::is_incompatible),
        };
        let operators = [
            ("<=", Comparison::AtMost),
            ("<", Comparison::Below),
            (">=", Comparison::AtLeast),
            (">", Comparison::Above),
        ];
        if let Some((operator, comparison)) = operators.iter().find(|(o, _)| text.starts_with(o)) {
            let bound = &text[operator.len()..];
            let Some(version) = parse_for(path, bound) else {
                return Err(QueryError::BadRange {
                    query: text.into(),
                    version: bound.into(),
                });
            };
            let open = matches!(comparison, Comparison::AtMost | Comparison::Above);
            if open && is_prefix(path, bound) {
                return Err(QueryError::AmbiguousRange {
                    query: text.into(),
                    version: bound.into(),
                });
            }
            query.prefer_incompatible |= path.check_major(&version).is_err();
            query.kind = Kind::Range(*comparison, version);
            return Ok(query);
        }
        match text {
            "none" => query.kind = Kind::None,
            "latest" => {}
            "patch" => {
                let Some(current) = current else {
                    return Err(QueryError::NoPatchBase(path.clone()));
                };
                query.prefix = match current.as_go() {
                    Some(go) => format!("{}.", go.language()),
                    None => format!("{}.", current.major_minor()),
                };
                query.kind = Kind::Patch(current.clone());
            }
            _ => {
                let Some(version) = parse_for(path, text) else {
                    return Err(QueryError::Revision(text.into()));
                };
                query.prefer_incompatible |= path.check_major(&version).is_err();
                query.kind = if is_prefix(path, text) {
                    query.prefix = format!("{text}.");
                    Kind::Prefix(version)
                } else {
                    Kind::Exact(version)
                };
            }
        }
        Ok(query)
    }

    /// The query as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether this is `none`: the module must be absent.
    pub fn is_none(&self) -> bool {
        self.kind == Kind::None
    }

    /// The one version that the query names, if it names one; no list is needed for it then.
    pub fn exact(&self) -> Option<&Version> {
        match &self.kind {
            Kind::Exact(version) => Some(version),
            _ => None,
        }
    }

    /// Whether a version may stand for this that no list has (`latest` of a module without tags).
    pub fn may_be_unlisted(&self) -> bool {
        self.kind == Kind::Latest
    }

    /// The highest matching version without `+incompatible`, when such versions match too: they count
    /// only if it has no `go.mod` (`filterVersions` in cmd/go's modload).
    pub fn incompatible_after<'v>(&self, versions: &'v [Version]) -> Option<&'v Version> {
        let matching = || versions.iter().filter(|version| self.matches(version));
        let wanted = !self.prefer_incompatible && matching().any(Version::is_incompatible);
        wanted
            .then(|| matching().rfind(|version| !version.is_incompatible()))
            .flatten()
    }

    /// The same query, with `+incompatible` versions on a par with others.
    #[must_use]
    pub fn with_incompatible(&self) -> Self {
        Self {
            prefer_incompatible: true,
            ..self.clone()
        }
    }

    /// The version among `versions` (ascending, only those that may be chosen) that the query means.
    ///
    /// Releases beat pre-releases; `>` and `>=` take the lowest match, all others the highest.
    pub fn choose<'v>(&self, versions: &'v [Version]) -> Option<&'v Version> {
        let mut matching: Vec<&Version> = versions.iter().filter(|v| self.matches(v)).collect();
        if !self.prefer_incompatible && matching.iter().any(|v| !v.is_incompatible()) {
            matching.retain(|v| !v.is_incompatible());
        }
        let lowest = matches!(
            self.kind,
            Kind::Range(Comparison::Above | Comparison::AtLeast, _)
        );
        let pick = |list: Vec<&'v Version>| {
            if lowest {
                list.first().copied()
            } else {
                list.last().copied()
            }
        };
        let releases: Vec<&Version> = matching
            .iter()
            .copied()
            .filter(|v| !v.is_prerelease())
            .collect();
        if releases.is_empty() {
            pick(matching)
        } else {
            pick(releases)
        }
    }

    fn matches(&self, version: &Version) -> bool {
        let text = version.as_str();
        let in_prefix = self.prefix.is_empty()
            || text.starts_with(&self.prefix)
            || (version.as_go().is_some() && self.prefix.strip_suffix('.') == Some(text));
        in_prefix
            && match &self.kind {
                Kind::None => false,
                Kind::Latest => true,
                Kind::Patch(lowest) | Kind::Prefix(lowest) => {
                    version.cmp_precedence(lowest).is_ge()
                }
                Kind::Exact(exact) => version == exact,
                Kind::Range(comparison, bound) => {
                    let order = version.cmp_precedence(bound);
                    match comparison {
                        Comparison::Below => order == Ordering::Less,
                        Comparison::AtMost => order != Ordering::Greater,
                        Comparison::Above => order == Ordering::Greater,
                        Comparison::AtLeast => order != Ordering::Less,
                    }
                }
            }
    }
}

fn parse_for(path: &ModulePath, text: &str) -> Option<Version> {
    if path.as_str() == "toolchain" {
        GoVersion::of_toolchain(text)?;
    }
    Version::parse_for(path, text).ok()
}

/// Whether a valid version is incomplete: `v1`, `v1.2`, and Go's `1.21` (`gover.ModIsPrefix`).
fn is_prefix(path: &ModulePath, text: &str) -> bool {
    match path.as_str() {
        "go" => GoVersion::new(text).is_language(),
        "toolchain" => GoVersion::of_toolchain(text).is_some_and(|go| go.is_language()),
        _ => version::is_valid(text) && !text.contains(['-', '+']) && text.matches('.').count() < 2,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn choose(query: &str, versions: &[&str]) -> Option<String> {
        let path = ModulePath::new("x.y/z");
        let versions: Vec<Version> = versions
            .iter()
            .map(|v| Version::parse(v).unwrap())
            .collect();
        let current = Version::parse("v1.9.3").unwrap();
        let query = Query::parse(&path, query, Some(&current)).unwrap();
        query.choose(&versions).map(ToString::to_string)
    }

    #[test]
    fn trap_12_queries() {
        let list = [
            "v1.8.0",
            "v1.9.0-rc.1",
            "v1.9.0",
            "v1.9.1",
            "v1.9.4",
            "v1.10.0",
            "v1.11.0-rc.1",
            "v1.11.1-rc.1",
            "v1.12.0-rc.1",
        ];
        assert_eq!(choose("v1.9", &list).as_deref(), Some("v1.9.4"));
        assert_eq!(choose("v1", &list).as_deref(), Some("v1.10.0"));
        assert_eq!(choose("<v1.10.0", &list).as_deref(), Some("v1.9.4"));
        assert_eq!(choose("<=v1.9.1", &list).as_deref(), Some("v1.9.1"));
        assert_eq!(choose(">v1.9.0", &list).as_deref(), Some("v1.9.1"));
        assert_eq!(choose(">=v1.9.0", &list).as_deref(), Some("v1.9.0"));
        assert_eq!(choose("latest", &list).as_deref(), Some("v1.10.0"));
        assert_eq!(choose("patch", &list).as_deref(), Some("v1.9.4"));
        assert_eq!(
            choose("v1.11", &list).as_deref(),
            Some("v1.11.1-rc.1"),
            "an rc where there is nothing else"
        );
        assert_eq!(choose("v1.12", &list), None, "below v1.12.0");
        assert_eq!(choose("v1.13", &list), None);
    }

    #[test]
    fn trap_12_go_versions() {
        let go = ModulePath::new("go");
        assert!(Query::parse(&go, "1.21", None).unwrap().exact().is_none());
        let exact = Query::parse(&go, "1.20", None).unwrap();
        assert_eq!(exact.exact().map(Version::as_str), Some("1.20"));
        let versions: Vec<Version> = ["1.21rc2", "1.21.0", "1.21.13", "1.22.0"]
            .iter()
            .map(|v| Version::go(&GoVersion::new(v)))
            .collect();
        let query = Query::parse(&go, "1.21", None).unwrap();
        assert_eq!(
            query.choose(&versions).map(Version::as_str),
            Some("1.21.13")
        );
    }

    #[test]
    fn refused() {
        let path = ModulePath::new("x.y/z");
        for bad in ["master", "<x", "<=v1.2", ">v1", "", "1.2.3"] {
            assert!(Query::parse(&path, bad, None).is_err(), "{bad}");
        }
        assert!(Query::parse(&path, "patch", None).is_err());
    }
}
