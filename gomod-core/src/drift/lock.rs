//! The baseline: a build list as text, one line for each module, made to be committed and merged.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::model::{ModulePath, Version};

/// The largest lock file that is read, in bytes.
const MAX_SIZE: usize = 16 << 20;
const HEADER: &str =
    "# gomod.lock: the build list that `gomod drift` compares with. Written by `gomod lock`.\n";
const FORMAT: &str = "1";

/// A build list to compare with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lock {
    /// The main module's path.
    pub module: String,
    /// The go line; `None` if there is none.
    pub go: Option<String>,
    /// The name on the toolchain line.
    pub toolchain: Option<String>,
    /// The selected modules without the main one.
    pub modules: BTreeMap<ModulePath, Entry>,
}

/// A selected module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The selected version.
    pub version: Version,
    /// What takes its place: a directory, or a path and a version.
    pub replace: Option<String>,
    /// The `h1:` hash of the content that is used, if go.sum holds it.
    pub content: Option<String>,
    /// The `h1:` hash of its go.mod, if go.sum holds it.
    pub go_mod: Option<String>,
}

/// A lock file that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {reason}")]
pub struct LockError {
    /// The file's name.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: String,
}

impl Lock {
    /// The text of the lock; the same lock always has the same text.
    pub fn to_text(&self) -> String {
        let mut out = String::from(HEADER);
        let _ = writeln!(out, "lock {FORMAT}\nmodule {}", self.module);
        if let Some(go) = &self.go {
            let _ = writeln!(out, "go {go}");
        }
        if let Some(name) = &self.toolchain {
            let _ = writeln!(out, "toolchain {name}");
        }
        for (path, entry) in &self.modules {
            let hash = |hash: &Option<String>| hash.clone().unwrap_or_else(|| "-".to_owned());
            let _ = write!(
                out,
                "{path} {} {} {}",
                entry.version,
                hash(&entry.content),
                hash(&entry.go_mod)
            );
            if let Some(target) = &entry.replace {
                let _ = write!(out, " => {target}");
            }
            out.push('\n');
        }
        out
    }

    /// Parses the text of a lock.
    ///
    /// # Errors
    /// [`LockError`] for the first line that makes no sense.
    pub fn parse(file: &str, text: &[u8]) -> Result<Self, LockError> {
        let fail = |line: usize, reason: &str| LockError {
            file: file.to_owned(),
            line,
            reason: reason.to_owned(),
        };
        if text.len() > MAX_SIZE {
            return Err(fail(1, "larger than 16 MiB"));
        }
        let text = str::from_utf8(text).map_err(|_| fail(1, "not UTF-8"))?;
        let mut lock = Self {
            module: String::new(),
            go: None,
            toolchain: None,
            modules: BTreeMap::new(),
        };
        let mut format = None;
        for (number, line) in text.lines().enumerate() {
            let number = number + 1;
            if line.starts_with("<<<<<<<")
                || line.starts_with(">>>>>>>")
                || line.starts_with("=======")
            {
                return Err(fail(
                    number,
                    "an unresolved merge; settle go.mod, then run gomod lock",
                ));
            }
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (head, replace) = match line.split_once(" => ") {
                Some((head, target)) => (head, Some(target.to_owned())),
                None => (line, None),
            };
            let words: Vec<&str> = head.split(' ').collect();
            if format.is_none() && words.first() != Some(&"lock") {
                return Err(fail(number, "the first line must say \"lock 1\""));
            }
            match words.as_slice() {
                ["lock", FORMAT] => format = Some(FORMAT),
                ["lock", other] => {
                    let reason = format!("format {other} is not known; a newer gomod wrote it");
                    return Err(fail(number, &reason));
                }
                ["module", path] => lock.module = (*path).to_owned(),
                ["go", version] => lock.go = Some((*version).to_owned()),
                ["toolchain", name] => lock.toolchain = Some((*name).to_owned()),
                [path, version, content, go_mod] => {
                    let hash = |text: &str| match text {
                        "-" => Ok(None),
                        text if text.starts_with("h1:") => Ok(Some(text.to_owned())),
                        _ => Err(fail(number, "a hash must begin with h1:")),
                    };
                    let entry = Entry {
                        version: Version::parse(version)
                            .map_err(|error| fail(number, &error.to_string()))?,
                        replace,
                        content: hash(content)?,
                        go_mod: hash(go_mod)?,
                    };
                    if lock.modules.insert(ModulePath::new(path), entry).is_some() {
                        return Err(fail(number, "the module stands twice"));
                    }
                }
                _ => {
                    return Err(fail(
                        number,
                        "expected: path version hash hash [=> replacement]",
                    ));
                }
            }
        }
        if format.is_none() || lock.module.is_empty() {
            return Err(fail(
                1,
                "no lock: the lines \"lock 1\" and \"module …\" are missing",
            ));
        }
        Ok(lock)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn entry() -> impl Strategy<Value = (ModulePath, Entry)> {
        let hash = || {
            proptest::option::of("[A-Za-z0-9+/]{43}=").prop_map(|h| h.map(|h| format!("h1:{h}")))
        };
        let replace = proptest::option::of(prop_oneof![
            "\\.\\./[a-z]{1,5}",
            "x\\.y/[a-z]{1,4} v1\\.0\\.[0-9]"
        ]);
        (
            "x\\.y/[a-z]{1,6}",
            0..9u32,
            0..9u32,
            replace,
            hash(),
            hash(),
        )
            .prop_map(|(path, minor, patch, replace, content, go_mod)| {
                let version = Version::parse(&format!("v1.{minor}.{patch}")).unwrap();
                (
                    ModulePath::new(path),
                    Entry {
                        version,
                        replace,
                        content,
                        go_mod,
                    },
                )
            })
    }

    proptest! {
        #[test]
        fn text_round_trips(
            entries in proptest::collection::vec(entry(), 0..12),
            go in proptest::option::of("1\\.2[0-9]"),
        ) {
            let lock = Lock {
                module: "x.y/main".into(),
                go,
                toolchain: None,
                modules: entries.into_iter().collect(),
            };
            let text = lock.to_text();
            let parsed = Lock::parse("gomod.lock", text.as_bytes()).unwrap();
            prop_assert_eq!(&parsed, &lock);
            prop_assert_eq!(parsed.to_text(), text);
        }
    }

    #[test]
    fn errors_name_the_line() {
        let error = |text: &str| {
            Lock::parse("gomod.lock", text.as_bytes())
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            error("module x\n"),
            "gomod.lock:1: the first line must say \"lock 1\""
        );
        assert_eq!(
            error("lock 2\nmodule x\n"),
            "gomod.lock:1: format 2 is not known; a newer gomod wrote it"
        );
        assert_eq!(
            error("lock 1\nmodule x\nx.y/a master - -\n"),
            "gomod.lock:3: version \"master\" invalid: must be of the form v1.2.3"
        );
        assert_eq!(
            error("lock 1\nmodule x\n<<<<<<< HEAD\n"),
            "gomod.lock:3: an unresolved merge; settle go.mod, then run gomod lock"
        );
        assert_eq!(
            error("lock 1\nmodule x\nx.y/a v1.0.0 - -\nx.y/a v1.1.0 - -\n"),
            "gomod.lock:4: the module stands twice"
        );
    }
}
