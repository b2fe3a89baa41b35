//! `GOFLAGS`: flags that the go command adds to every command line that knows them.

use super::HostError;

/// The flags in `GOFLAGS`, checked as the go command checks them (`go help environment`).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GoFlags {
    /// The value as a whole, for messages.
    text: String,
    flags: Vec<(String, Option<String>)>,
}

impl GoFlags {
    /// Parses the value of `GOFLAGS`: words, or quoted words, of the form `-name` or `-name=value`.
    ///
    /// # Errors
    /// [`HostError::GoFlags`] for an open quote, a word that is no flag, and a flag that no go command has.
    pub fn parse(value: &str) -> Result<Self, HostError> {
        let mut parsed = Self {
            text: value.to_owned(),
            flags: Vec::new(),
        };
        let fail = |reason: String| Self::refuse(value, reason);
        for word in split_quoted(value).map_err(fail)? {
            let body = word
                .strip_prefix('-')
                .map(|w| w.strip_prefix('-').unwrap_or(w));
            let Some(body) = body.filter(|b| !b.is_empty() && !b.starts_with(['-', '='])) else {
                return Err(fail(format!("{word:?} is no flag")));
            };
            let (name, value) = match body.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (body, None),
            };
            if !is_known(name) {
                return Err(fail(format!("the go command has no flag -{name}")));
            }
            parsed.flags.push((name.to_owned(), value));
        }
        Ok(parsed)
    }

    fn refuse(value: &str, reason: String) -> HostError {
        HostError::GoFlags {
            value: value.to_owned(),
            reason,
        }
    }

    /// The error for flags that are each known.
    pub(super) fn refused(&self, reason: String) -> HostError {
        Self::refuse(&self.text, reason)
    }

    /// The value of the last `-name=value`; `None` if the flag is absent or has no value.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.flags
            .iter()
            .rev()
            .find(|(n, _)| n == name)?
            .1
            .as_deref()
    }

    /// Whether the flag is there, with or without a value.
    pub fn has(&self, name: &str) -> bool {
        self.flags.iter().any(|(n, _)| n == name)
    }

    /// Whether a boolean flag is on: `-name`, or a true value.
    pub fn is_on(&self, name: &str) -> bool {
        match self.flags.iter().rev().find(|(n, _)| n == name) {
            None => false,
            Some((_, None)) => true,
            Some((_, Some(value))) => is_true(value).unwrap_or(false),
        }
    }

    /// `-mod`: `readonly`, `vendor` or `mod`.
    pub fn mod_mode(&self) -> Option<&str> {
        self.value("mod")
    }

    /// `-modfile`: a file used in place of `go.mod`.
    pub fn mod_file(&self) -> Option<&str> {
        self.value("modfile").filter(|file| !file.is_empty())
    }

    /// `-modcacherw`: leave new directories in the module cache writable.
    pub fn mod_cache_rw(&self) -> bool {
        self.is_on("modcacherw")
    }

    /// All flags in order: names without dashes, and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.flags
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_deref()))
    }
}

/// A boolean value as Go's `strconv.ParseBool` reads it; `None` for another word.
pub(super) fn is_true(value: &str) -> Option<bool> {
    match value {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

/// Splits at spaces; a word may stand in single or double quotes, in which nothing is escaped.
pub(super) fn split_quoted(text: &str) -> Result<Vec<&str>, String> {
    let space = |c: char| matches!(c, ' ' | '\t' | '\n' | '\r');
    let mut words = Vec::new();
    let mut rest = text.trim_start_matches(space);
    while let Some(first) = rest.chars().next() {
        let (word, tail) = if first == '"' || first == '\'' {
            rest[1..]
                .split_once(first)
                .ok_or_else(|| format!("a {first} is not closed"))?
        } else {
            rest.split_at(rest.find(space).unwrap_or(rest.len()))
        };
        words.push(word);
        rest = tail.trim_start_matches(space);
    }
    Ok(words)
}

/// The flags of all go commands of Go 1.26, the only names that `GOFLAGS` may hold.
const KNOWN: &str = "\
    C a artifacts asan asmflags bench benchmem benchtime blockprofile blockprofilerate \
    buildmode buildvcs c cache changed compat compiled compiler count cover covermode coverpkg \
    coverprofile cpu cpuprofile d debug-actiongraph debug-runtime-trace debug-trace deps diff \
    dropexclude dropgodebug dropignore dropreplace droprequire dropretract droptool dropuse e \
    exclude exec export f failfast find fix fixtool fmt fullpath fuzz fuzzcache \
    fuzzminimizetime fuzztime gccgoflags gcflags go godebug i ignore insecure installsuffix \
    json ldflags linkshared list m memprofile memprofilerate mod modcache modcacherw modfile \
    module msan mutexprofile mutexprofilefraction n o outputdir overlay p parallel pgo pkgdir \
    print r race replace require retract retracted reuse run short shuffle skip t tags test \
    testcache timeout tool toolchain toolexec trace trimpath u use v vendor versions vet \
    vettool w work x";

/// The flags that may also be written `-test.name`.
const TEST: &str = "\
    artifacts bench benchmem benchtime blockprofile blockprofilerate count coverprofile cpu \
    cpuprofile failfast fullpath fuzz fuzzminimizetime fuzztime list memprofile memprofilerate \
    mutexprofile mutexprofilefraction outputdir parallel run short shuffle skip timeout trace \
    v";

fn is_known(name: &str) -> bool {
    let one_of = |names: &str, name: &str| names.split(' ').any(|known| known == name);
    match name.strip_prefix("test.") {
        Some(name) => one_of(TEST, name),
        None => one_of(KNOWN, name),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn flags_and_quotes() {
        let flags =
            GoFlags::parse(" -mod=mod  '-modfile=a b.mod' \"--modcacherw\" -test.v").unwrap();
        assert_eq!(flags.mod_mode(), Some("mod"));
        assert_eq!(flags.mod_file(), Some("a b.mod"));
        assert!(flags.mod_cache_rw());
        assert!(flags.has("test.v"));
        let last = GoFlags::parse("-mod=mod -mod=readonly -modcacherw=false").unwrap();
        assert_eq!(last.mod_mode(), Some("readonly"));
        assert!(!last.mod_cache_rw());
        assert_eq!(GoFlags::parse("").unwrap(), GoFlags::default());
    }

    #[test]
    fn what_is_no_flag_is_an_error() {
        for bad in [
            "'-mod=mod",
            "mod",
            "-",
            "--",
            "---x",
            "-=x",
            "--=x",
            "-nosuchflag",
            "-test.tags",
        ] {
            assert!(
                matches!(GoFlags::parse(bad), Err(HostError::GoFlags { .. })),
                "{bad}"
            );
        }
    }
}
