//! Module versions: canonical form, order, pseudo-versions; and the versions of `go` and `toolchain`.
//!
//! The crate `semver` does the comparing. It limits numbers to 64 bits, which Go does not, so longer
//! ones fall back to a comparison of decimal strings (`golang.org/x/mod/semver`).

use std::cmp::Ordering;
use std::fmt;

use compact_str::CompactString;
use serde::{Serialize, Serializer};

use super::go_version::{GoVersion, number};
use super::path::ModulePath;

/// A version in canonical form: `v1.2.3`, with a pre-release or `+incompatible` where it has them.
///
/// The pseudo-modules `go` and `toolchain` have versions of their own kinds (`1.21`, `go1.21.3`), which
/// never compare with those of modules except to give sorted containers a total order.
#[derive(Clone)]
pub struct Version {
    text: CompactString,
    key: Key,
}

#[derive(Clone)]
enum Key {
    Module(semver::Version),
    /// A number above 64 bits: compared as text.
    Long,
    Go(GoVersion),
    Toolchain(Option<GoVersion>),
}

/// The text is no version of the form `v1.2.3`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("version {0:?} invalid: must be of the form v1.2.3")]
pub struct VersionError(pub String);

/// The borrowed parts of a valid module version (`semver.parse`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Parts<'a> {
    major: &'a str,
    minor: &'a str,
    patch: &'a str,
    pre: &'a str,
    build: &'a str,
    short: bool,
}

impl Version {
    /// Parses any valid version and brings it to canonical form: `v1` and `v1.2` are filled up, build
    /// metadata other than `+incompatible` is dropped (`module.CanonicalVersion`).
    ///
    /// # Errors
    /// [`VersionError`] for anything else, such as a branch name.
    pub fn parse(text: &str) -> Result<Self, VersionError> {
        let parts = parse(text).ok_or_else(|| VersionError(text.into()))?;
        let incompatible = parts.build == "+incompatible";
        let text = if !parts.short && (parts.build.is_empty() || incompatible) {
            CompactString::from(text)
        } else {
            let build = if incompatible { parts.build } else { "" };
            CompactString::from(format!(
                "v{}.{}.{}{}{build}",
                parts.major, parts.minor, parts.patch, parts.pre
            ))
        };
        let key = semver::Version::parse(&text[1..]).map_or(Key::Long, Key::Module);
        Ok(Self { text, key })
    }

    /// Parses the version of a module in the graph: a Go version for `go`, a name for `toolchain`.
    ///
    /// # Errors
    /// [`VersionError`] when the text does not fit the path's kind.
    pub fn parse_for(path: &ModulePath, text: &str) -> Result<Self, VersionError> {
        match path.as_str() {
            "go" => match GoVersion::parse(text) {
                Some(version) => Ok(Self::go(&version)),
                None => Err(VersionError(text.into())),
            },
            "toolchain" => Ok(Self::toolchain(text)),
            _ => Self::parse(text),
        }
    }

    /// The version of the pseudo-module `go`.
    pub fn go(version: &GoVersion) -> Self {
        Self {
            text: CompactString::from(version.as_str()),
            key: Key::Go(version.clone()),
        }
    }

    /// The version of the pseudo-module `toolchain`: a name such as `go1.21.3`, or a bare version.
    pub fn toolchain(name: &str) -> Self {
        let version = GoVersion::parse(name).or_else(|| GoVersion::of_toolchain(name));
        Self {
            text: CompactString::from(name),
            key: Key::Toolchain(version),
        }
    }

    /// The version as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The Go version that this is, for `go` and for a toolchain name that holds one.
    pub fn as_go(&self) -> Option<&GoVersion> {
        match &self.key {
            Key::Go(version) => Some(version),
            Key::Toolchain(version) => version.as_ref(),
            Key::Module(_) | Key::Long => None,
        }
    }

    /// The major version with its `v`, such as `v2`; empty for `go` and `toolchain`.
    pub fn major(&self) -> &str {
        parse(&self.text).map_or("", |p| &self.text[..1 + p.major.len()])
    }

    /// Major and minor version, such as `v1.2`; empty for `go` and `toolchain`.
    pub fn major_minor(&self) -> &str {
        parse(&self.text).map_or("", |p| &self.text[..2 + p.major.len() + p.minor.len()])
    }

    /// Whether this is a pre-release; pseudo-versions are.
    pub fn is_prerelease(&self) -> bool {
        match &self.key {
            Key::Go(version) => version.is_prerelease(),
            Key::Toolchain(version) => version.as_ref().is_some_and(GoVersion::is_prerelease),
            Key::Module(version) => !version.pre.is_empty(),
            Key::Long => parse(&self.text).is_some_and(|p| !p.pre.is_empty()),
        }
    }

    /// Whether this ends in `+incompatible`: a major version above 1 of a module without a suffix.
    pub fn is_incompatible(&self) -> bool {
        self.text.ends_with("+incompatible")
    }

    /// Whether this is a pseudo-version in one of its three forms (`module.IsPseudoVersion`).
    pub fn is_pseudo(&self) -> bool {
        self.pseudo().is_some()
    }

    /// The parts of a pseudo-version, `None` for any other version.
    pub fn pseudo(&self) -> Option<PseudoVersion<'_>> {
        let parts = parse(&self.text)?;
        let pre = parts.pre.strip_prefix('-')?;
        let (head, revision) = pre.rsplit_once('-')?;
        let split = head.rfind('.').map_or(0, |dot| dot + 1);
        let (head, timestamp) = head.split_at(split);
        let form = if head.is_empty() {
            (parts.minor == "0" && parts.patch == "0").then_some(PseudoForm::NoBase)
        } else if head == "0." {
            Some(PseudoForm::AfterRelease)
        } else {
            head.ends_with(".0.").then_some(PseudoForm::AfterPrerelease)
        }?;
        let well_formed = timestamp.len() == 14
            && timestamp.bytes().all(|b| b.is_ascii_digit())
            && !revision.is_empty()
            && revision.bytes().all(|b| b.is_ascii_alphanumeric());
        well_formed.then_some(PseudoVersion {
            form,
            timestamp,
            revision,
        })
    }

    /// Compares by precedence alone, so that build metadata does not count (`semver.Compare`).
    pub fn cmp_precedence(&self, other: &Self) -> Ordering {
        match (&self.key, &other.key) {
            (Key::Module(x), Key::Module(y)) => x.cmp_precedence(y),
            (Key::Go(x), Key::Go(y)) => x.cmp_precedence(y),
            (Key::Toolchain(x), Key::Toolchain(y)) => match (x, y) {
                (Some(x), Some(y)) => x.cmp_precedence(y),
                _ => x.is_some().cmp(&y.is_some()),
            },
            (Key::Module(_) | Key::Long, Key::Module(_) | Key::Long) => {
                compare_text(&self.text, &other.text)
            }
            _ => self.rank().cmp(&other.rank()),
        }
    }

    fn rank(&self) -> u8 {
        match self.key {
            Key::Module(_) | Key::Long => 0,
            Key::Go(_) => 1,
            Key::Toolchain(_) => 2,
        }
    }
}

/// What a pseudo-version was derived from (Go Modules Reference, "Pseudo-versions").
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PseudoForm {
    /// `vX.0.0-yyyymmddhhmmss-abcdefabcdef`: there is no earlier tagged version.
    NoBase,
    /// `vX.Y.(Z+1)-0.yyyymmddhhmmss-abcdefabcdef`: after the release `vX.Y.Z`.
    AfterRelease,
    /// `vX.Y.Z-pre.0.yyyymmddhhmmss-abcdefabcdef`: after the pre-release `vX.Y.Z-pre`.
    AfterPrerelease,
}

/// The parts of a pseudo-version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PseudoVersion<'a> {
    /// Which of the three forms it has.
    pub form: PseudoForm,
    /// The commit's time in UTC, as `yyyymmddhhmmss`.
    pub timestamp: &'a str,
    /// The abbreviated revision.
    pub revision: &'a str,
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Version {}

impl std::hash::Hash for Version {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Precedence first; versions of equal precedence are then ordered bytewise.
impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.cmp_precedence(other)
            .then_with(|| self.text.cmp(&other.text))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

/// Whether `text` is a valid version, canonical or not (`semver.IsValid`).
pub fn is_valid(text: &str) -> bool {
    parse(text).is_some()
}

/// Whether `text` is a version in canonical form.
pub fn is_canonical(text: &str) -> bool {
    parse(text).is_some_and(|p| !p.short && (p.build.is_empty() || p.build == "+incompatible"))
}

fn parse(text: &str) -> Option<Parts<'_>> {
    let (major, rest) = cut_number(text.strip_prefix('v')?)?;
    let mut parts = Parts {
        major,
        minor: "0",
        patch: "0",
        pre: "",
        build: "",
        short: true,
    };
    if rest.is_empty() {
        return Some(parts);
    }
    let (minor, rest) = cut_number(rest.strip_prefix('.')?)?;
    parts.minor = minor;
    if rest.is_empty() {
        return Some(parts);
    }
    let (patch, rest) = cut_number(rest.strip_prefix('.')?)?;
    parts.patch = patch;
    parts.short = false;
    let (pre, build) = rest.split_at(rest.find('+').unwrap_or(rest.len()));
    if !pre.is_empty() {
        let identifiers = pre.strip_prefix('-')?;
        if !identifiers
            .split('.')
            .all(|i| is_identifier(i) && !has_leading_zero(i))
        {
            return None;
        }
    }
    if !build.is_empty() && !build[1..].split('.').all(is_identifier) {
        return None;
    }
    parts.pre = pre;
    parts.build = build;
    Some(parts)
}

fn cut_number(text: &str) -> Option<(&str, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 || (digits > 1 && text.starts_with('0')) {
        return None;
    }
    Some(text.split_at(digits))
}

fn is_identifier(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

fn has_leading_zero(text: &str) -> bool {
    text.len() > 1 && text.starts_with('0') && is_number(text)
}

fn compare_text(x: &str, y: &str) -> Ordering {
    let (Some(x), Some(y)) = (parse(x), parse(y)) else {
        return x.cmp(y);
    };
    number(x.major, y.major)
        .then_with(|| number(x.minor, y.minor))
        .then_with(|| number(x.patch, y.patch))
        .then_with(|| compare_prerelease(x.pre, y.pre))
}

fn compare_prerelease(x: &str, y: &str) -> Ordering {
    match (x.strip_prefix('-'), y.strip_prefix('-')) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(x), Some(y)) => {
            let order = |a: &&str, b: &&str| match (is_number(a), is_number(b)) {
                (true, true) => number(a, b),
                (true, false) => Ordering::Less,
                (false, true) => Ordering::Greater,
                (false, false) => a.cmp(b),
            };
            let (x, y): (Vec<_>, Vec<_>) = (x.split('.').collect(), y.split('.').collect());
            x.iter()
                .zip(&y)
                .map(|(a, b)| order(a, b))
                .find(|o| o.is_ne())
                .unwrap_or_else(|| x.len().cmp(&y.len()))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn v(text: &str) -> Version {
        Version::parse(text).unwrap()
    }

    #[test]
    fn trap_1_canonical_form() {
        assert_eq!(v("v1").as_str(), "v1.0.0");
        assert_eq!(v("v1.2").as_str(), "v1.2.0");
        assert_eq!(v("v1.2.3+meta").as_str(), "v1.2.3");
        assert_eq!(v("v2.0.0+incompatible").as_str(), "v2.0.0+incompatible");
        assert_eq!(v("v1.2.3-rc.1+meta").as_str(), "v1.2.3-rc.1");
        for bad in [
            "",
            "1.2.3",
            "v01.2.3",
            "v1.2.3-",
            "v1.2.3-01",
            "v1.2.3+",
            "master",
            "v1.2-rc",
        ] {
            assert!(Version::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn trap_1_order() {
        let ascending = [
            "v0.0.0-20190101000000-abcdefabcdef",
            "v0.0.1",
            "v1.0.0-alpha",
            "v1.0.0-alpha.1",
            "v1.0.0-alpha.beta",
            "v1.0.0-beta.2",
            "v1.0.0-beta.11",
            "v1.0.0-rc.1",
            "v1.0.0",
            "v1.0.99999999999999999999",
            "v1.0.100000000000000000000",
            "v1.10.0",
            "v2.0.0+incompatible",
        ];
        for pair in ascending.windows(2) {
            assert!(v(pair[0]) < v(pair[1]), "{pair:?}");
            assert!(compare_text(pair[0], pair[1]).is_lt(), "{pair:?}");
        }
        assert!(
            v("v2.0.0")
                .cmp_precedence(&v("v2.0.0+incompatible"))
                .is_eq()
        );
    }

    #[test]
    fn trap_1_pseudo_versions() {
        let form = |t: &str| v(t).pseudo().map(|p| p.form);
        assert_eq!(
            form("v0.0.0-20191109021931-daa7c04131f5"),
            Some(PseudoForm::NoBase)
        );
        assert_eq!(
            form("v1.2.4-0.20191109021931-daa7c04131f5"),
            Some(PseudoForm::AfterRelease)
        );
        assert_eq!(
            form("v1.2.3-pre.0.20191109021931-daa7c04131f5"),
            Some(PseudoForm::AfterPrerelease)
        );
        assert_eq!(
            form("v2.0.1-0.20191109021931-daa7c04131f5+incompatible"),
            Some(PseudoForm::AfterRelease)
        );
        assert_eq!(form("v1.2.3-20191109021931-daa7c04131f5"), None);
        assert_eq!(form("v1.2.3-pre.20191109021931-daa7c04131f5"), None);
        assert_eq!(form("v1.2.3"), None);
    }

    #[test]
    fn toolchain_versions_compare_by_their_go_version() {
        assert!(Version::toolchain("go1.21.3") < Version::toolchain("go1.22rc1"));
        assert!(Version::toolchain("default") < Version::toolchain("go1.5"));
        assert!(
            Version::toolchain("go1.21.3-x")
                .cmp_precedence(&Version::toolchain("go1.21.3"))
                .is_eq()
        );
    }
}
