//! Which `godebug` lines the go command accepts: it knows each setting by name (`CheckGodebug` in
//! cmd/go's modload). The table is the installed Go's where there is one, else the one recorded here.

use std::collections::BTreeMap;

use super::{GoVersion, Godebug};

const RECORDED: &str = include_str!("godebugs.txt");

/// The settings that one release of Go knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Godebugs {
    /// Each name, with the release that removed it.
    settings: BTreeMap<String, Option<String>>,
}

/// Why the go command refuses a `godebug` line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GodebugError {
    /// There is no such setting.
    #[error("unknown godebug {0:?}")]
    Unknown(String),
    /// There was such a setting.
    #[error("godebug {key:?} was removed in Go {release}")]
    Removed {
        /// The setting.
        key: String,
        /// The release without it.
        release: String,
    },
    /// `default=` takes a Go version behind `go`.
    #[error("godebug default={0}: expected default=goVERSION, such as default=go1.21")]
    Default(String),
    /// `default=` names a Go above the one in use.
    #[error("godebug default={value} is too new (running go {local})")]
    TooNew {
        /// The value.
        value: String,
        /// The Go in use.
        local: GoVersion,
    },
}

impl Godebugs {
    /// The table recorded with this library.
    pub fn recorded() -> Self {
        let lines = RECORDED.lines().filter(|line| !line.starts_with('#'));
        let setting = |line: &str| match line.split_once(" removed in ") {
            Some((name, release)) => (name.to_owned(), Some(release.to_owned())),
            None => (line.to_owned(), None),
        };
        Self {
            settings: lines.map(setting).collect(),
        }
    }

    /// Reads the names from the source of a Go distribution, `src/internal/godebugs/table.go`; `None`
    /// when they are not found there.
    pub fn of_distribution(source: &str) -> Option<Self> {
        let field = |line: &str, name: &str| -> Option<String> {
            let (_, rest) = line.split_once(name)?;
            let value = rest.trim_start().split([',', '}']).next()?;
            Some(value.trim_matches('"').to_owned())
        };
        let settings: BTreeMap<String, Option<String>> = source
            .lines()
            .map(str::trim_start)
            .filter(|line| line.starts_with("{Name:"))
            .filter_map(|line| {
                let release = field(line, " Removed:").map(|minor| format!("1.{minor}"));
                Some((field(line, "{Name:")?, release))
            })
            .collect();
        (!settings.is_empty()).then_some(Self { settings })
    }

    /// Checks the line of a main module or of a workspace. `local` is the Go in use; without it any
    /// version may be the default.
    ///
    /// # Errors
    /// [`GodebugError`] where the go command refuses the line.
    pub fn check(&self, line: &Godebug, local: Option<&GoVersion>) -> Result<(), GodebugError> {
        let Godebug { key, value, .. } = line;
        if key == "default" {
            let version = value.strip_prefix("go").and_then(GoVersion::parse);
            let version = version.ok_or_else(|| GodebugError::Default(value.clone()))?;
            return match local.filter(|local| version.cmp_precedence(local).is_gt()) {
                None => Ok(()),
                Some(local) => Err(GodebugError::TooNew {
                    value: value.clone(),
                    local: local.clone(),
                }),
            };
        }
        match self.settings.get(key) {
            Some(None) => Ok(()),
            Some(Some(release)) => Err(GodebugError::Removed {
                key: key.clone(),
                release: release.clone(),
            }),
            None => Err(GodebugError::Unknown(key.clone())),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::model::GoMod;

    fn check(settings: &Godebugs, line: &str, local: Option<&str>) -> Result<(), String> {
        let text = format!("module m\n\ngodebug {line}\n");
        let go_mod = GoMod::parse("go.mod", text.as_bytes()).unwrap();
        let local = local.map(GoVersion::new);
        let checked = settings.check(go_mod.godebug.first().unwrap(), local.as_ref());
        checked.map_err(|error| error.to_string())
    }

    #[test]
    fn settings_are_known_by_name() {
        let settings = Godebugs::recorded();
        let of = |line: &str| check(&settings, line, Some("1.26.1"));
        for known in [
            "panicnil=1",
            "panicnil=",
            "default=go1.21",
            "default=go1.26.1",
        ] {
            assert_eq!(of(known), Ok(()), "{known}");
        }
        for (unknown, why) in [
            ("foo=1", "unknown godebug \"foo\""),
            ("=1", "unknown godebug \"\""),
            ("x509sha1=1", "godebug \"x509sha1\" was removed in Go 1.24"),
            (
                "default=1.21",
                "godebug default=1.21: expected default=goVERSION, such as default=go1.21",
            ),
            (
                "default=go1.27",
                "godebug default=go1.27 is too new (running go 1.26.1)",
            ),
        ] {
            assert_eq!(of(unknown), Err(why.to_owned()));
        }
        assert_eq!(check(&settings, "default=go1.99", None), Ok(()));
    }

    #[test]
    fn a_table_is_read_without_its_comments() {
        let source = "package x\n\n//\n\t{Name: \"one\", Package: \"p\", Changed: 23},\n\t//{Name: \"two\"},\n\t{Name: \"three\", Removed: 24},\n";
        let settings = Godebugs::of_distribution(source).unwrap();
        assert_eq!(check(&settings, "one=1", None), Ok(()));
        assert!(check(&settings, "two=1", None).is_err());
        assert!(
            check(&settings, "three=1", None)
                .unwrap_err()
                .contains("Go 1.24")
        );
        assert_eq!(Godebugs::of_distribution("package x\n"), None);
    }
}
