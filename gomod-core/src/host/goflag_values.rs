//! What the values of `GOFLAGS` must be for a command of go to run at all.
//!
//! Each command takes the flags that it has and passes over the others, whatever their values; `go list`
//! has those of `go build`. The rules are those of `work.AddBuildFlags`, `work.BuildInit` and `list.runList`
//! in Go's source.

use super::goflags::{is_true, split_quoted};
use super::{GoEnv, GoFlags, HostError};

/// A command of go whose flags are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GoCommand {
    /// `go list -m`.
    List,
    /// `go mod graph`.
    ModGraph,
    /// `go mod verify`, which has no flags but those of all commands with a main module.
    ModVerify,
}

/// What a flag takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Takes {
    /// Nothing, or a boolean value.
    Switch,
    /// `-json`: nothing, or any value.
    Anything,
    /// `-buildvcs`: nothing, a boolean value, or `auto`.
    SwitchOrAuto,
    Text,
    Number,
    /// Words, some in quotes.
    Words,
    /// `-tags`: words after spaces or quotes, else anything.
    Tags,
    /// `-gcflags` and the like: words, perhaps after `PATTERN=`.
    PerPackage,
    OneOf(&'static [&'static str]),
    /// `-go`.
    GoVersion,
    /// `-C`: it belongs first on a command line.
    Never,
}

impl GoFlags {
    /// Refuses what `command` does not accept of its flags.
    ///
    /// # Errors
    /// [`HostError::GoFlags`].
    pub fn check(&self, command: GoCommand) -> Result<(), HostError> {
        for (name, value) in self.iter() {
            if let Some(takes) = taken_by(command, name)
                && let Err(reason) = takes.check(value)
            {
                return Err(self.refused(format!("-{name}: {reason}")));
            }
        }
        match command {
            GoCommand::List => self.check_list(),
            GoCommand::ModGraph | GoCommand::ModVerify => Ok(()),
        }
    }

    /// What `go list -m` refuses of values that are each good.
    fn check_list(&self) -> Result<(), HostError> {
        let text = |name| self.value(name).unwrap_or_default();
        let on = |name| self.is_on(name);
        if self
            .value("p")
            .is_some_and(|value| number(value) <= Some(0))
        {
            return Err(self.refused("-p must be positive".to_owned()));
        }
        for name in ["compiled", "deps", "export", "find", "test"] {
            if on(name) {
                return Err(self.refused(format!("-{name} does not go with go list -m")));
            }
        }
        if !text("reuse").is_empty() {
            return Err(self.refused("-reuse does not go with a main module".to_owned()));
        }
        // The last value decides whether it is JSON, and `-json=Field` turns it on for good.
        let json = self.iter().filter(|(name, _)| *name == "json");
        let json = json.fold(false, |_, (_, value)| {
            value.is_none_or(|value| is_true(value).unwrap_or(true))
        });
        if json && !text("f").is_empty() {
            return Err(self.refused("-f does not go with -json".to_owned()));
        }
        let checkers = ["race", "msan", "asan"].into_iter().filter(|name| on(name));
        if checkers.count() > 1 {
            return Err(self.refused("of -race, -msan and -asan one at most".to_owned()));
        }
        if self
            .value("buildmode")
            .is_some_and(|mode| !BUILD_MODES.contains(&mode))
        {
            return Err(self.refused(format!("-buildmode={} is none", text("buildmode"))));
        }
        let mode = text("covermode");
        if on("race") && !matches!(mode, "" | "atomic") {
            return Err(self.refused(format!("-race does not go with -covermode={mode}")));
        }
        let mode = self.mod_mode().unwrap_or_default();
        if !matches!(mode, "" | "mod" | "readonly" | "vendor") {
            return Err(self.refused(format!(
                "-mod={mode} is none of -mod=mod, -mod=readonly and -mod=vendor"
            )));
        }
        Ok(())
    }
}

impl GoEnv {
    /// Refuses the compilers that `go list` refuses, though it runs none.
    ///
    /// # Errors
    /// [`HostError::Setting`].
    pub fn check_compilers(&self) -> Result<(), HostError> {
        for name in ["CC", "CXX", "FC"] {
            let value = self.get(name);
            let refused = |reason: &str| {
                Err(HostError::Setting {
                    name,
                    value: value.to_owned(),
                    reason: reason.to_owned(),
                })
            };
            match split_quoted(value).as_ref().map(|words| words.first()) {
                Err(reason) => return refused(reason),
                Ok(Some(word)) if word.contains('/') && !word.starts_with('/') => {
                    return refused("must be a name to look for in PATH, or an absolute path");
                }
                Ok(_) => {}
            }
        }
        Ok(())
    }
}

const BUILD_MODES: [&str; 8] = [
    "archive",
    "c-archive",
    "c-shared",
    "default",
    "exe",
    "pie",
    "plugin",
    "shared",
];

/// `None` for a flag that the command does not have.
fn taken_by(command: GoCommand, name: &str) -> Option<Takes> {
    Some(match (command, name) {
        (_, "C") => Takes::Never,
        (_, "modcacherw") => Takes::Switch,
        (_, "modfile" | "overlay") => Takes::Text,
        (GoCommand::ModGraph, "go") => Takes::GoVersion,
        (GoCommand::ModGraph, "x") => Takes::Switch,
        (GoCommand::ModGraph | GoCommand::ModVerify, _) => return None,
        (GoCommand::List, name) => match name {
            "x" | "a" | "asan" | "compiled" | "cover" | "deps" | "e" | "export" | "find"
            | "linkshared" | "m" | "msan" | "n" | "race" | "retracted" | "test" | "trimpath"
            | "u" | "v" | "versions" | "work" => Takes::Switch,
            "buildmode"
            | "coverpkg"
            | "debug-actiongraph"
            | "debug-runtime-trace"
            | "debug-trace"
            | "f"
            | "installsuffix"
            | "mod"
            | "pgo"
            | "pkgdir"
            | "reuse" => Takes::Text,
            "asmflags" | "gccgoflags" | "gcflags" | "ldflags" => Takes::PerPackage,
            "buildvcs" => Takes::SwitchOrAuto,
            "compiler" => Takes::OneOf(&["gc", "gccgo"]),
            "covermode" => Takes::OneOf(&["", "set", "count", "atomic"]),
            "json" => Takes::Anything,
            "p" => Takes::Number,
            "tags" => Takes::Tags,
            "toolexec" => Takes::Words,
            _ => return None,
        },
    })
}

impl Takes {
    fn check(self, value: Option<&str>) -> Result<(), String> {
        let Some(value) = value else {
            return match self {
                Self::Switch | Self::SwitchOrAuto | Self::Anything => Ok(()),
                Self::Never => Self::Never.check(Some("")),
                _ => Err("needs a value".to_owned()),
            };
        };
        let fine = match self {
            Self::Anything | Self::Text => true,
            Self::Switch => is_true(value).is_some(),
            Self::SwitchOrAuto => matches!(value, "" | "auto") || is_true(value).is_some(),
            Self::Number => number(value).is_some(),
            Self::OneOf(words) => words.contains(&value),
            Self::Tags if !value.contains([' ', '\'']) => true,
            Self::Words | Self::Tags => return split_quoted(value).map(drop),
            Self::PerPackage => return per_package(value),
            Self::GoVersion => value.is_empty(),
            Self::Never => false,
        };
        if fine {
            return Ok(());
        }
        Err(match self {
            Self::Never => "it can only stand first on a command line".to_owned(),
            Self::GoVersion => "gomod loads a graph as its go line says".to_owned(),
            _ => format!("{value:?} is no value of it"),
        })
    }
}

fn per_package(value: &str) -> Result<(), String> {
    let value = value.trim();
    let words = match value.split_once('=') {
        _ if value.is_empty() || value.starts_with('-') => value,
        None => return Err("needs a pattern and = before words that begin with no dash".to_owned()),
        Some(("", _)) => return Err("the pattern before = is empty".to_owned()),
        Some(_) if value.starts_with(['\'', '"']) => {
            return Err("it may not begin with a quote".to_owned());
        }
        Some((_, words)) => words,
    };
    split_quoted(words).map(drop)
}

/// A number as Go writes them, with a sign, a base and underscores between digits; `None` also for one
/// that is too large.
fn number(text: &str) -> Option<i64> {
    let (minus, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (base, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, digits.get(2..)?),
        [b'0', b'b' | b'B', ..] => (2, digits.get(2..)?),
        [b'0', b'o' | b'O', ..] => (8, digits.get(2..)?),
        [b'0', _, ..] => (8, digits.get(1..)?),
        _ => (10, digits),
    };
    // An underscore stands between digits, or behind the base.
    let behind_base = digits.len() < text.trim_start_matches(['-', '+']).len();
    if digits.ends_with('_') || digits.contains("__") || digits.starts_with('_') && !behind_base {
        return None;
    }
    let digits: String = digits.chars().filter(|c| *c != '_').collect();
    if digits.starts_with(['-', '+']) {
        return None;
    }
    let sign = if minus { "-" } else { "" };
    i64::from_str_radix(&format!("{sign}{digits}"), base).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn numbers() {
        for (text, value) in [
            ("4", Some(4)),
            ("+4", Some(4)),
            ("-0x10", Some(-16)),
            ("017", Some(15)),
            ("0b11", Some(3)),
            ("1_000", Some(1000)),
            ("0x_f", Some(15)),
            ("0_7", Some(7)),
            ("0", Some(0)),
            ("", None),
            ("-", None),
            ("08", None),
            ("_1", None),
            ("1_", None),
            ("1__0", None),
            ("+-1", None),
            ("0x", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(number(text), value, "{text}");
        }
    }

    #[test]
    fn a_command_looks_at_its_own_flags() {
        let check = |flags: &str, command| GoFlags::parse(flags).unwrap().check(command).is_ok();
        assert!(!check("-p=x", GoCommand::List));
        assert!(check("-p=x", GoCommand::ModGraph));
        assert!(check("-go=1.17", GoCommand::List));
        assert!(!check("-go=1.17", GoCommand::ModGraph));
        assert!(!check("-C=x", GoCommand::ModGraph));
    }
}
