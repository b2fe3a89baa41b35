//! Go versions: `1.21`, `1.21rc1`, `1.21.0`, and toolchain names such as `go1.21.0`.
//!
//! The order is that of `internal/gover` in the Go distribution: `1.21 < 1.21rc1 < 1.21.0`, while
//! before 1.21 a missing patch number is the same as `.0`.

use std::cmp::Ordering;
use std::fmt;

use compact_str::CompactString;
use serde::{Serialize, Serializer};

/// A Go version as it stands in a `go` line, without a `go` prefix.
///
/// It may hold a text that the `go` line's syntax allows but that is no valid version (`1.21.0rc1`);
/// such a version sorts below all valid ones.
#[derive(Clone)]
pub struct GoVersion(CompactString);

/// The parts of a valid Go version; numbers are decimal strings without leading zeros.
#[derive(Debug, Default, PartialEq, Eq, Clone, Copy)]
struct Parts<'a> {
    major: &'a str,
    minor: &'a str,
    patch: &'a str,
    kind: &'a str,
    pre: &'a str,
}

impl GoVersion {
    /// The version assumed for a `go.mod` without a `go` line.
    pub const DEFAULT: &'static str = "1.16";
    /// The version assumed for a `go.work` without a `go` line.
    pub const DEFAULT_WORK: &'static str = "1.18";

    /// Takes `text` as it stands in a `go` line that has been checked for its syntax.
    pub fn new(text: impl AsRef<str>) -> Self {
        Self(CompactString::from(text.as_ref()))
    }

    /// Parses a valid Go version; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        parse(text).map(|_| Self::new(text))
    }

    /// The version of a toolchain name: `1.21.3` for `go1.21.3` and for `go1.21.3-custom`.
    ///
    /// `None` for names that hold no valid version, `default` included.
    pub fn of_toolchain(name: &str) -> Option<Self> {
        if name.contains(['/', '\\']) {
            return None;
        }
        let version = name.strip_prefix("go")?;
        let end = version.find([' ', '\t', '-']).unwrap_or(version.len());
        Self::parse(&version[..end])
    }

    /// The version as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is a version that the Go distribution accepts.
    pub fn is_valid(&self) -> bool {
        parse(&self.0).is_some()
    }

    /// Whether this is a language version, such as `1.21` but neither `1.21.0` nor `1.20.1`.
    pub fn is_language(&self) -> bool {
        parse(&self.0).is_some_and(|p| p.patch.is_empty() && p.kind.is_empty() && p.pre.is_empty())
    }

    /// Whether this is a release candidate or another pre-release.
    pub fn is_prerelease(&self) -> bool {
        parse(&self.0).is_some_and(|p| !p.kind.is_empty())
    }

    /// The language version, `1.21` for `1.21.3`; empty when the version is not valid.
    pub fn language(&self) -> String {
        match parse(&self.0) {
            None => String::new(),
            Some(p) if p.minor.is_empty() || (p.major == "1" && p.minor == "0") => p.major.into(),
            Some(p) => format!("{}.{}", p.major, p.minor),
        }
    }

    /// Whether a module at this version has a pruned module graph (1.17 and later).
    pub fn prunes(&self) -> bool {
        *self >= Self::new("1.17")
    }

    /// Whether this version is strict about `go` lines and has a node in the graph (1.21 and later).
    pub fn is_strict(&self) -> bool {
        *self >= Self::new("1.21")
    }
}

impl PartialEq for GoVersion {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl Eq for GoVersion {}

impl std::hash::Hash for GoVersion {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl PartialOrd for GoVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Precedence first; texts of equal precedence (`1.20` and `1.20.0`) are then ordered bytewise.
impl Ord for GoVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        self.cmp_precedence(other)
            .then_with(|| self.0.cmp(&other.0))
    }
}

impl GoVersion {
    /// Compares by precedence alone, so that `1.20` and `1.20.0` are equal (`gover.Compare`).
    pub fn cmp_precedence(&self, other: &Self) -> Ordering {
        let (x, y) = (
            parse(&self.0).unwrap_or_default(),
            parse(&other.0).unwrap_or_default(),
        );
        number(x.major, y.major)
            .then_with(|| number(x.minor, y.minor))
            .then_with(|| number(x.patch, y.patch))
            .then_with(|| x.kind.cmp(y.kind))
            .then_with(|| number(x.pre, y.pre))
    }
}

impl fmt::Display for GoVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for GoVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for GoVersion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// Compares decimal numbers of any length; an absent one is below all others.
pub(crate) fn number(x: &str, y: &str) -> Ordering {
    x.len().cmp(&y.len()).then_with(|| x.cmp(y))
}

fn cut_number(text: &str) -> Option<(&str, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 || (text.starts_with('0') && digits != 1) {
        return None;
    }
    Some(text.split_at(digits))
}

fn parse(text: &str) -> Option<Parts<'_>> {
    let (major, rest) = cut_number(text)?;
    if rest.is_empty() {
        return Some(Parts {
            major,
            minor: "0",
            patch: "0",
            ..Parts::default()
        });
    }
    let (minor, rest) = cut_number(rest.strip_prefix('.')?)?;
    let mut parts = Parts {
        major,
        minor,
        ..Parts::default()
    };
    if rest.is_empty() {
        if number(minor, "21").is_lt() {
            parts.patch = "0"; // only from 1.21 is a missing patch number below .0
        }
        return Some(parts);
    }
    if let Some(patch) = rest.strip_prefix('.') {
        let (patch, rest) = cut_number(patch)?;
        parts.patch = patch;
        return rest.is_empty().then_some(parts);
    }
    let letters = rest.bytes().take_while(u8::is_ascii_lowercase).count();
    if letters == 0 {
        return None;
    }
    let (kind, rest) = rest.split_at(letters);
    parts.kind = kind;
    if !rest.is_empty() {
        let (pre, rest) = cut_number(rest)?;
        parts.pre = pre;
        if !rest.is_empty() {
            return None;
        }
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn trap_1_go_versions_order() {
        let ascending = [
            "1.5", "1.16", "1.20rc1", "1.20", "1.20.1", "1.21", "1.21rc1", "1.21rc2", "1.21.0",
            "1.21.10", "1.22", "1.100", "2",
        ];
        for pair in ascending.windows(2) {
            assert!(
                GoVersion::new(pair[0]) < GoVersion::new(pair[1]),
                "{pair:?}"
            );
        }
        assert!(
            GoVersion::new("1.20")
                .cmp_precedence(&GoVersion::new("1.20.0"))
                .is_eq()
        );
        assert!(
            GoVersion::new("1.21")
                .cmp_precedence(&GoVersion::new("1.21.0"))
                .is_lt()
        );
    }

    #[test]
    fn invalid_versions_sort_lowest() {
        for bad in ["", "1.21.0rc1", "01.2", "1.", "1.2.3.4", "1.21RC1", "x"] {
            assert!(GoVersion::parse(bad).is_none(), "{bad}");
            assert!(GoVersion::new(bad) < GoVersion::new("1.1"), "{bad}");
        }
    }

    #[test]
    fn toolchain_names() {
        let of = |n: &str| GoVersion::of_toolchain(n).map(|v| v.to_string());
        assert_eq!(of("go1.21.3").as_deref(), Some("1.21.3"));
        assert_eq!(of("go1.21.3-bigcorp").as_deref(), Some("1.21.3"));
        assert_eq!(of("default"), None);
        assert_eq!(of("go1.21/x"), None);
    }

    #[test]
    fn languages() {
        assert_eq!(GoVersion::new("1.21.3").language(), "1.21");
        assert!(GoVersion::new("1.21").is_language());
        assert!(
            !GoVersion::new("1.20").is_language(),
            "1.20 is the release 1.20.0"
        );
        assert!(!GoVersion::new("1.21.0").is_language());
    }
}
