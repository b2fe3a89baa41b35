//! Module paths: validity, the major version suffix, and the escaped form used by proxies and caches.
//!
//! The rules are those of the Go Modules Reference ("Module paths", "Versions") and of
//! `golang.org/x/mod/module`. A path read from a `go.mod` is only known to have a well-formed major
//! suffix; [`ModulePath::check`] applies the full rules, which every path that is fetched must meet.

use std::fmt;

use compact_str::CompactString;
use serde::{Serialize, Serializer};

use super::Version;

/// A module path such as `github.com/gin-gonic/gin` or `go`.
///
/// Ordered bytewise, as the `go` command orders its build list.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModulePath(CompactString);

/// Why a module path, an import path or a path element is not acceptable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PathError {
    /// The path breaks a rule for paths of its kind.
    #[error("malformed {kind} path {path:?}: {reason}")]
    Malformed {
        /// `module`, `import` or `file`.
        kind: &'static str,
        /// The path as given.
        path: String,
        /// The rule that is broken.
        reason: String,
    },
    /// A version cannot be used with this path, for instance `v2.0.0` without a `/v2` suffix.
    #[error("version {version:?} invalid: should be {expected}, not {found}")]
    Major {
        /// The version as given.
        version: String,
        /// The major version that the path asks for.
        expected: String,
        /// The major version that was found.
        found: String,
    },
    /// A version that cannot be part of a file name.
    #[error("version {version:?} invalid: disallowed version string")]
    Version {
        /// The version as given.
        version: String,
    },
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Module,
    Import,
    File,
}

impl ModulePath {
    /// Takes `text` as a module path without checking it; see [`ModulePath::check`].
    pub fn new(text: impl AsRef<str>) -> Self {
        Self(CompactString::from(text.as_ref()))
    }

    /// Parses a module path that must meet all rules for downloadable modules (`module.CheckPath`).
    ///
    /// # Errors
    /// [`PathError::Malformed`] names the rule that is broken.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let path = Self::new(text);
        path.check()?;
        Ok(path)
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is `go` or `toolchain`, the two pseudo-modules of the graph.
    pub fn is_toolchain(&self) -> bool {
        self.0 == "go" || self.0 == "toolchain"
    }

    /// Splits off the major version suffix: `/v2`, or `.v1` below `gopkg.in/`; empty if there is none.
    ///
    /// `None` when the suffix is malformed, such as `/v1`, `/v02` or a missing one below `gopkg.in/`.
    pub fn split_major(&self) -> Option<(&str, &str)> {
        split_major(&self.0)
    }

    /// Checks the path against the rules for downloadable modules (`module.CheckPath`).
    ///
    /// # Errors
    /// [`PathError::Malformed`] names the rule that is broken.
    pub fn check(&self) -> Result<(), PathError> {
        check_module(&self.0).map_err(|reason| PathError::Malformed {
            kind: "module",
            path: self.to_string(),
            reason,
        })
    }

    /// Checks the path against the rules for import paths, which is all that a main module's path
    /// must meet (`module.CheckImportPath`).
    ///
    /// # Errors
    /// [`PathError::Malformed`] names the rule that is broken.
    pub fn check_import(&self) -> Result<(), PathError> {
        check_slashed(&self.0, Kind::Import).map_err(|reason| PathError::Malformed {
            kind: "module",
            path: self.to_string(),
            reason,
        })
    }

    /// Checks that `version` fits the path's major suffix (`module.CheckPathMajor`).
    ///
    /// # Errors
    /// [`PathError::Major`], or [`PathError::Malformed`] when the path's own suffix is malformed.
    pub fn check_major(&self, version: &Version) -> Result<(), PathError> {
        if version.major().is_empty() {
            return Ok(()); // one of Go or of a toolchain
        }
        let Some((_, suffix)) = self.split_major() else {
            return Err(PathError::Malformed {
                kind: "module",
                path: self.to_string(),
                reason: "invalid version".into(),
            });
        };
        let suffix = match suffix.strip_suffix("-unstable") {
            Some(s) if suffix.starts_with(".v") => s,
            _ => suffix,
        };
        let text = version.as_str();
        if text.starts_with("v0.0.0-") && suffix == ".v1" {
            return Ok(()); // early pseudo-versions of gopkg.in paths
        }
        let major = version.major();
        let expected = if suffix.is_empty() {
            if major == "v0" || major == "v1" || version.is_incompatible() {
                return Ok(());
            }
            "v0 or v1"
        } else {
            if &suffix[1..] == major {
                return Ok(());
            }
            &suffix[1..]
        };
        Err(PathError::Major {
            version: text.into(),
            expected: expected.into(),
            found: major.into(),
        })
    }

    /// The escaped form used in URLs and in the module cache: `!x` for `X`.
    ///
    /// # Errors
    /// As [`ModulePath::check`]: a path that is not valid has no escaped form.
    pub fn escape(&self) -> Result<String, PathError> {
        self.check()?;
        Ok(escape(&self.0))
    }

    /// Reverses [`ModulePath::escape`]; `None` when `text` is not the escaped form of a valid path.
    pub fn unescape(text: &str) -> Option<Self> {
        Self::parse(&unescape(text)?).ok()
    }

    /// Whether `name` is this path or a suffix of it at element borders, with or without the `/vN`.
    ///
    /// `gin`, `gin-gonic/gin` and `github.com/gin-gonic/gin` all match `github.com/gin-gonic/gin`;
    /// `validator` and `validator/v10` match `github.com/go-playground/validator/v10`.
    pub fn matches_short_name(&self, name: &str) -> bool {
        let ends = |path: &str| {
            path.strip_suffix(name)
                .is_some_and(|head| head.is_empty() || head.ends_with('/'))
        };
        !name.is_empty()
            && (ends(&self.0) || self.split_major().is_some_and(|(prefix, _)| ends(prefix)))
    }
}

impl fmt::Display for ModulePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ModulePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for ModulePath {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Serialize for ModulePath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

/// Escapes a version for use as a file name in the module cache and in URLs.
///
/// # Errors
/// [`PathError::Version`] when it cannot be part of a file name.
pub fn escape_version(version: &str) -> Result<String, PathError> {
    if check_element(version, Kind::File).is_err() || !version.is_ascii() || version.contains('!') {
        return Err(PathError::Version {
            version: version.into(),
        });
    }
    Ok(escape(version))
}

/// Reverses [`escape_version`]; `None` when `text` is not the escaped form of a version.
pub fn unescape_version(text: &str) -> Option<String> {
    let version = unescape(text)?;
    check_element(&version, Kind::File).ok()?;
    Some(version)
}

/// Checks a slash-separated file name inside a module zip (`module.CheckFilePath`).
///
/// # Errors
/// [`PathError::Malformed`] names the rule that is broken.
pub fn check_file_path(path: &str) -> Result<(), PathError> {
    check_slashed(path, Kind::File).map_err(|reason| PathError::Malformed {
        kind: "file",
        path: path.into(),
        reason,
    })
}

/// Whether `target` matches one of the comma-separated glob patterns by a prefix of its elements,
/// as `GOPRIVATE`, `GONOPROXY`, `GONOSUMDB` and `GOINSECURE` do (`module.MatchPrefixPatterns`).
pub fn match_prefix_patterns(globs: &str, target: &str) -> bool {
    globs
        .split(',')
        .map(|glob| glob.strip_suffix('/').unwrap_or(glob))
        .filter(|glob| !glob.is_empty())
        .any(|glob| {
            let wanted = glob.matches('/').count();
            let prefix = match target.match_indices('/').nth(wanted) {
                Some((end, _)) => &target[..end],
                None if target.matches('/').count() == wanted => target,
                None => return false,
            };
            glob_matches(glob, prefix)
        })
}

/// `path.Match` of the Go library: `*`, `?`, `[a-z]`, `[^a]` and `\` escapes; `/` only matches itself.
/// A malformed pattern matches nothing.
fn glob_matches(pattern: &str, name: &str) -> bool {
    fn class(p: &[char], c: char) -> Option<(bool, usize)> {
        let mut i = 1;
        let negated = p.get(i) == Some(&'^');
        if negated {
            i += 1;
        }
        let mut hit = false;
        let mut count = 0;
        let one = |i: &mut usize| -> Option<char> {
            let mut c = *p.get(*i)?;
            if c == '-' || c == ']' {
                return None;
            }
            if c == '\\' {
                *i += 1;
                c = *p.get(*i)?;
            }
            *i += 1;
            p.get(*i)?;
            Some(c)
        };
        loop {
            if p.get(i) == Some(&']') && count > 0 {
                return Some((hit != negated, i + 1));
            }
            let low = one(&mut i)?;
            let mut high = low;
            if p.get(i) == Some(&'-') {
                i += 1;
                high = one(&mut i)?;
            }
            hit |= low <= c && c <= high;
            count += 1;
        }
    }
    // Backtracking over `*` only; the last star suffices because `/` is never crossed by one.
    let (p, s): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut i, mut j) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while j < s.len() || i < p.len() {
        let step = match p.get(i) {
            Some('*') => {
                star = Some((i, j));
                i += 1;
                continue;
            }
            Some('?') if j < s.len() && s[j] != '/' => Some(1),
            Some('[') if j < s.len() => match class(&p[i..], s[j]) {
                Some((true, width)) if s[j] != '/' => Some(width),
                Some(_) => None,
                None => return false,
            },
            Some('\\') if j < s.len() && p.get(i + 1) == Some(&s[j]) => Some(2),
            Some(c) if j < s.len() && !matches!(c, '?' | '[' | '\\') && *c == s[j] => Some(1),
            _ => None,
        };
        match (step, star) {
            (Some(width), _) => {
                i += width;
                j += 1;
            }
            (None, Some((at, from))) if from < s.len() && s[from] != '/' => {
                star = Some((at, from + 1));
                i = at + 1;
                j = from + 1;
            }
            _ => return false,
        }
    }
    true
}

fn split_major(path: &str) -> Option<(&str, &str)> {
    let bytes = path.as_bytes();
    if let Some(rest) = path.strip_prefix("gopkg.in/") {
        let end = rest
            .strip_suffix("-unstable")
            .map_or(path.len(), |r| r.len() + "gopkg.in/".len());
        let digits = trailing(&bytes[..end], |b| b.is_ascii_digit());
        let at = (end - digits).checked_sub(2)?;
        if &bytes[at..at + 2] != b".v" || digits == 0 {
            return None;
        }
        let major = &path[at..];
        if bytes[at + 2] == b'0' && major != ".v0" {
            return None;
        }
        return Some((&path[..at], major));
    }
    let tail = trailing(bytes, |b| b.is_ascii_digit() || b == b'.');
    let start = path.len() - tail;
    if tail == 0 || start <= 1 || &bytes[start - 2..start] != b"/v" {
        return Some((path, ""));
    }
    let (prefix, major) = path.split_at(start - 2);
    if path[start..].contains('.') || major.as_bytes()[2] == b'0' || major == "/v1" {
        return None;
    }
    Some((prefix, major))
}

fn trailing(bytes: &[u8], accept: impl Fn(u8) -> bool) -> usize {
    bytes.iter().rev().take_while(|b| accept(**b)).count()
}

fn check_module(path: &str) -> Result<(), String> {
    check_slashed(path, Kind::Module)?;
    let first = path.split('/').next().unwrap_or_default();
    if !first.contains('.') {
        return Err("missing dot in first path element".into());
    }
    if let Some(c) = first
        .chars()
        .find(|c| !matches!(c, '-' | '.' | '0'..='9' | 'a'..='z'))
    {
        return Err(format!("invalid char {c:?} in first path element"));
    }
    split_major(path)
        .map(|_| ())
        .ok_or_else(|| "invalid version".into())
}

fn check_slashed(path: &str, kind: Kind) -> Result<(), String> {
    if path.is_empty() {
        return Err("empty string".into());
    }
    if path.starts_with('-') && kind != Kind::File {
        return Err("leading dash".into());
    }
    if path.contains("//") {
        return Err("double slash".into());
    }
    if path.ends_with('/') {
        return Err("trailing slash".into());
    }
    path.split('/')
        .try_for_each(|elem| check_element(elem, kind))
}

fn check_element(elem: &str, kind: Kind) -> Result<(), String> {
    if elem.is_empty() {
        return Err("empty path element".into());
    }
    if elem.bytes().all(|b| b == b'.') {
        return Err(format!("invalid path element {elem:?}"));
    }
    if elem.starts_with('.') && kind == Kind::Module {
        return Err("leading dot in path element".into());
    }
    if elem.ends_with('.') {
        return Err("trailing dot in path element".into());
    }
    let allowed = |c: char| match kind {
        _ if c.is_ascii_alphanumeric() => true,
        Kind::Module => matches!(c, '-' | '.' | '_' | '~'),
        Kind::Import => matches!(c, '-' | '.' | '_' | '~' | '+'),
        Kind::File if c.is_ascii() => "!#$%&()+,-.=@[]^_{}~ ".contains(c),
        Kind::File => c.is_alphabetic(),
    };
    if let Some(c) = elem.chars().find(|c| !allowed(*c)) {
        return Err(format!("invalid char {c:?}"));
    }
    let short = elem.split('.').next().unwrap_or_default();
    if is_windows_device(short) {
        return Err(format!(
            "{short:?} disallowed as path element component on Windows"
        ));
    }
    if kind == Kind::File {
        return Ok(());
    }
    if let Some((_, digits)) = short.rsplit_once('~')
        && !digits.is_empty()
        && digits.bytes().all(|b| b.is_ascii_digit())
    {
        return Err("trailing tilde and digits in path element".into());
    }
    Ok(())
}

fn is_windows_device(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    match upper.as_str() {
        "CON" | "PRN" | "AUX" | "NUL" => true,
        _ => {
            (upper.starts_with("COM") || upper.starts_with("LPT"))
                && upper.len() == 4
                && matches!(upper.as_bytes()[3], b'1'..=b'9')
        }
    }
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 4);
    for c in text.chars() {
        if c.is_ascii_uppercase() {
            out.push('!');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

fn unescape(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '!' => match chars.next()? {
                lower @ 'a'..='z' => out.push(lower.to_ascii_uppercase()),
                _ => return None,
            },
            'A'..='Z' => return None,
            c if c.is_ascii() => out.push(c),
            _ => return None,
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn major(path: &str) -> Option<(String, String)> {
        split_major(path).map(|(p, m)| (p.into(), m.into()))
    }

    #[test]
    fn major_suffixes() {
        let ok = |p: &str, m: &str| Some((p.to_owned(), m.to_owned()));
        assert_eq!(major("x.y/z"), ok("x.y/z", ""));
        assert_eq!(major("x.y/z/v2"), ok("x.y/z", "/v2"));
        assert_eq!(major("x.y/z/v10"), ok("x.y/z", "/v10"));
        assert_eq!(major("x.y/z/v1"), None);
        assert_eq!(major("x.y/z/v0"), None);
        assert_eq!(major("x.y/z/v02"), None);
        assert_eq!(major("x.y/z/v2.1"), None);
        assert_eq!(major("x.y/z/v"), ok("x.y/z/v", ""));
        assert_eq!(major("v2"), ok("v2", ""));
        assert_eq!(major("gopkg.in/yaml.v3"), ok("gopkg.in/yaml", ".v3"));
        assert_eq!(major("gopkg.in/yaml.v0"), ok("gopkg.in/yaml", ".v0"));
        assert_eq!(
            major("gopkg.in/yaml.v2-unstable"),
            ok("gopkg.in/yaml", ".v2-unstable")
        );
        assert_eq!(major("gopkg.in/yaml"), None);
        assert_eq!(major("gopkg.in/yaml.v01"), None);
        assert_eq!(major("gopkg.in/"), None);
    }

    #[test]
    fn versions_must_fit_the_suffix() {
        let fits = |p: &str, v: &str| {
            ModulePath::new(p)
                .check_major(&Version::parse(v).unwrap())
                .is_ok()
        };
        assert!(fits("x.y/z", "v1.2.3"));
        assert!(!fits("x.y/z", "v2.0.0"));
        assert!(fits("x.y/z", "v2.0.0+incompatible"));
        assert!(!fits("x.y/z/v2", "v1.9.9"));
        assert!(!fits("x.y/z/v2", "v3.0.0+incompatible"));
        assert!(fits(
            "gopkg.in/yaml.v1",
            "v0.0.0-20140924161607-9f9df34309c0"
        ));
        assert!(fits("gopkg.in/yaml.v2-unstable", "v2.0.0"));
    }

    #[test]
    fn escaping_round_trips_and_rejects_upper_case() {
        let path = ModulePath::new("github.com/Azure/azure-sdk");
        assert_eq!(path.escape().unwrap(), "github.com/!azure/azure-sdk");
        assert_eq!(
            ModulePath::unescape("github.com/!azure/azure-sdk"),
            Some(path)
        );
        assert_eq!(ModulePath::unescape("github.com/Azure"), None);
        assert_eq!(ModulePath::unescape("github.com/!1"), None);
        assert!(ModulePath::new("github.com/../x").escape().is_err());
        assert!(ModulePath::new("example").escape().is_err());
        assert!(escape_version("../v1").is_err());
    }

    #[test]
    fn device_names_are_refused() {
        for bad in [
            "x.y/con",
            "x.y/AUX.txt",
            "x.y/com1",
            "x.y/a~1",
            "x.y/.a",
            "x.y/a.",
        ] {
            assert!(ModulePath::new(bad).check().is_err(), "{bad}");
        }
        for good in ["x.y/com10", "x.y/console", "x.y/a~b", "x.y/~x"] {
            assert!(ModulePath::new(good).check().is_ok(), "{good}");
        }
    }

    #[test]
    fn prefix_patterns() {
        assert!(match_prefix_patterns(
            "*.corp.example",
            "git.corp.example/team/x"
        ));
        assert!(match_prefix_patterns(
            "rsc.io/private/",
            "rsc.io/private/quux"
        ));
        assert!(match_prefix_patterns("a.b,c.d/*", "c.d/e/f"));
        assert!(!match_prefix_patterns("c.d/*", "c.d"));
        assert!(!match_prefix_patterns("c.d/e", "c.d/ef"));
        assert!(match_prefix_patterns("c.d/[a-f]?", "c.d/ez/x"));
        assert!(!match_prefix_patterns("c.d/[", "c.d/["));
    }

    #[test]
    fn short_names() {
        let m = |p: &str, n: &str| ModulePath::new(p).matches_short_name(n);
        assert!(m("github.com/gin-gonic/gin", "gin"));
        assert!(!m("github.com/gin-gonic/gin", "in"));
        assert!(m("github.com/go-playground/validator/v10", "validator"));
        assert!(m("github.com/go-playground/validator/v10", "validator/v10"));
        assert!(m("gopkg.in/yaml.v3", "yaml.v3"));
        assert!(m("gopkg.in/yaml.v3", "yaml"));
    }
}
