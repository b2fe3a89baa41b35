//! Settings that the go command refuses whatever it is asked to do, before it looks at any file.
//!
//! The rules are those of its start (`main.go`, `internal/buildcfg`, `internal/fips140` and
//! `modload.Init` in Go's source). What the installed Go alone knows, its experiments and FIPS
//! modules, is read from its tree; where that cannot be read, any name passes.

use std::path::{Path, PathBuf};

use super::{GoEnv, HostError};

impl GoEnv {
    /// Refuses what makes the go command end at once: `GOROOT`, `GOPATH`, `GOEXPERIMENT`, `GOFIPS140`,
    /// and the variables of some architectures.
    ///
    /// # Errors
    /// [`HostError::Setting`].
    pub fn check(&self) -> Result<(), HostError> {
        self.check_goroot()?;
        self.check_gopath()?;
        for (name, is_good, rule) in ARCHITECTURES {
            let value = self.var(name).unwrap_or_default();
            if !value.is_empty() && !is_good(value) {
                return Err(refused(name, value, rule));
            }
        }
        self.check_fips()?;
        self.check_experiments()
    }

    /// Without Go nothing is run from there.
    fn check_goroot(&self) -> Result<(), HostError> {
        let root = self.get("GOROOT");
        if self.go().is_none() || root.is_empty() || Path::new(root).is_dir() {
            return Ok(());
        }
        Err(refused("GOROOT", root, "there is no such directory"))
    }

    fn check_gopath(&self) -> Result<(), HostError> {
        if !self.is_set("GOPATH") {
            return Ok(()); // one that follows from a relative HOME counts as none
        }
        let gopath = self.get("GOPATH");
        let root = self.get("GOROOT");
        if !root.is_empty() && super::goroot::clean(Path::new(gopath)) == Path::new(root) {
            return Ok(());
        }
        for entry in std::env::split_paths(gopath) {
            let reason = match entry.to_string_lossy() {
                text if text.is_empty() => continue,
                text if text.starts_with('~') => "no shell stands between to expand ~",
                _ if !entry.is_absolute() => "each entry must be an absolute path",
                _ => continue,
            };
            return Err(refused("GOPATH", gopath, reason));
        }
        Ok(())
    }

    /// A name of Go's own, or that of a FIPS module that the installed Go has.
    fn check_fips(&self) -> Result<(), HostError> {
        let refused = |value, reason| Err(refused("GOFIPS140", value, reason));
        // The form is looked at in the environment alone.
        let value = self.var("GOFIPS140").unwrap_or_default();
        let words = ["", "off", "latest", "inprocess", "certified"];
        if !words.contains(&value) && !is_fips_version(value) {
            return refused(
                value,
                "must be off, latest, inprocess, certified, or v1.Y.Z",
            );
        }
        let value = self.get("GOFIPS140");
        if matches!(value, "" | "off" | "latest") {
            return Ok(());
        }
        if value.contains(['/', '\\']) || value.contains("..") {
            return refused(value, "a version cannot be a path");
        }
        let Some(dir) = self.tree("lib/fips140") else {
            return Ok(());
        };
        let there = |name: &str| dir.join(format!("{name}.zip")).is_file();
        let named = std::fs::read_to_string(dir.join(format!("{value}.txt"))).ok();
        match there(named.as_deref().unwrap_or(value).trim()) {
            true => Ok(()),
            false => refused(value, "the installed Go has no such FIPS module"),
        }
    }

    fn check_experiments(&self) -> Result<(), HostError> {
        let value = self.get("GOEXPERIMENT");
        let Some(known) = self.experiments().filter(|_| !value.is_empty()) else {
            return Ok(());
        };
        for word in value.split(',') {
            let name = word.strip_prefix("no").unwrap_or(word);
            let is_alias = matches!(word, "" | "none") || name == "regabi";
            if !is_alias && !known.iter().any(|known| known == name) {
                let reason = format!("the installed Go has no experiment {name}");
                return Err(refused("GOEXPERIMENT", value, reason));
            }
        }
        Ok(())
    }

    /// The experiments of the installed Go: the fields of one structure in its source.
    fn experiments(&self) -> Option<Vec<String>> {
        let file = self.tree("src/internal/goexperiment")?.join("flags.go");
        let text = std::fs::read_to_string(file).ok()?;
        let (_, fields) = text.split_once("type Flags struct {")?;
        let (fields, _) = fields.split_once("\n}")?;
        let names = fields.lines().filter_map(|line| {
            let mut words = line.split_whitespace();
            let name = words.next().filter(|word| !word.starts_with("//"))?;
            (words.next() == Some("bool")).then(|| name.to_lowercase())
        });
        Some(names.collect())
    }

    /// A directory of the installed Go.
    fn tree(&self, below: &str) -> Option<PathBuf> {
        let root = self.get("GOROOT");
        let dir = Path::new(root).join(below);
        (self.go().is_some() && !root.is_empty() && dir.is_dir()).then_some(dir)
    }
}

/// A variable, whether a value is good, and what it may hold in words.
type Architecture = (&'static str, fn(&str) -> bool, &'static str);

/// The variables of architectures, with what they may hold. They are looked at in the environment
/// alone. Go 1.26 forgets what it found in `GOAMD64` and `GOARM` when it comes to `GOARM64`, and never
/// looks at `GO386`.
const ARCHITECTURES: [Architecture; 6] = [
    (
        "GOARM64",
        is_arm64,
        "must begin with v8.{0-9} or v9.{0-5}, and may end in ,lse and ,crypto",
    ),
    ("GOMIPS", is_float, "must be hardfloat or softfloat"),
    ("GOMIPS64", is_float, "must be hardfloat or softfloat"),
    (
        "GOPPC64",
        |value| matches!(value, "power8" | "power9" | "power10"),
        "must be power8, power9 or power10",
    ),
    (
        "GORISCV64",
        |value| matches!(value, "rva20u64" | "rva22u64" | "rva23u64"),
        "must be rva20u64, rva22u64 or rva23u64",
    ),
    (
        "GOWASM",
        |value| {
            let mut words = value.split(',');
            words.all(|word| matches!(word, "" | "satconv" | "signext"))
        },
        "may hold satconv and signext",
    ),
];

fn is_float(value: &str) -> bool {
    matches!(value, "hardfloat" | "softfloat")
}

fn is_arm64(value: &str) -> bool {
    let mut words = value.split(',');
    let version = words.next().unwrap_or_default();
    let last = match version.strip_prefix("v8.") {
        Some(minor) => ("9", minor),
        None => ("5", version.strip_prefix("v9.").unwrap_or_default()),
    };
    let is_version = last.1.len() == 1 && ("0"..=last.0).contains(&last.1);
    is_version && words.all(|word| matches!(word, "lse" | "crypto"))
}

/// `v1.Y.Z`, perhaps with `-rcN` or eight characters of a hash.
fn is_fips_version(value: &str) -> bool {
    fn number(text: &str) -> Option<&str> {
        let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
        (rest.len() < text.len()).then_some(rest)
    }
    let rest = value.strip_prefix("v1.").and_then(number);
    let rest = rest
        .and_then(|rest| rest.strip_prefix('.'))
        .and_then(number);
    match rest {
        None => false,
        Some("") => true,
        Some(rest) => match rest.strip_prefix("-rc") {
            Some(candidate) => number(candidate) == Some(""),
            None => rest.strip_prefix('-').is_some_and(|hash| hash.len() == 8),
        },
    }
}

fn refused(name: &'static str, value: &str, reason: impl Into<String>) -> HostError {
    HostError::Setting {
        name,
        value: value.to_owned(),
        reason: reason.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refuses(name: &str, value: &str) -> bool {
        GoEnv::from_vars([(name, value), ("HOME", "/h")])
            .check()
            .is_err()
    }

    #[test]
    fn what_needs_no_go_is_refused_without_it() {
        let good = [
            ("GOPATH", "/a:/b"),
            ("GOPATH", ":"),
            ("GOROOT", "/nowhere"),
            ("GOARM64", "v9.5,crypto,lse"),
            ("GOWASM", "satconv,"),
            ("GOAMD64", "x"),
            ("GOFIPS140", "v1.0.0-rc1"),
            ("GOFIPS140", "v1.20.3-0123abcd"),
            ("GOEXPERIMENT", "nonsense"),
            ("HOME", "relative"),
        ];
        for (name, value) in good {
            assert!(!refuses(name, value), "{name}={value}");
        }
        let bad = [
            ("GOPATH", "a"),
            ("GOPATH", "/a:~/b"),
            ("GOARM64", "v9.6"),
            ("GOARM64", "v8.0,x"),
            ("GOMIPS", "x"),
            ("GOPPC64", "power7"),
            ("GORISCV64", "x"),
            ("GOWASM", "x"),
            ("GOFIPS140", "v1.0"),
            ("GOFIPS140", "v1.0.0-rc"),
            ("GOFIPS140", "v1.0.0-0123"),
            ("GOFIPS140", "v2.0.0"),
        ];
        for (name, value) in bad {
            assert!(refuses(name, value), "{name}={value}");
        }
    }
}
