//! The rules for module zips, entry by entry, before a byte of content is read (`golang.org/x/mod/zip`).
//!
//! They make a zip unpack alike on every file system, and bound what it can unpack to. One rule is ours:
//! an entry that claims to be a symbolic link is refused, where the go command unpacks it as a file.

use std::collections::HashMap;

use crate::model::{ModuleVersion, check_file_path};

/// The largest size of a module zip, and of all its contents together, in bytes.
pub const MAX_ZIP: u64 = 500 << 20;
/// The largest size of the `go.mod` and of the `LICENSE` at the module's root, in bytes.
pub const MAX_SMALL_FILE: u64 = 16 << 20;

/// What the directory of a zip says of one entry.
#[derive(Debug, Clone, Copy)]
pub struct ZipEntry<'a> {
    /// The name.
    pub name: &'a str,
    /// The size that its content is said to have, unpacked.
    pub size: u64,
    /// Whether it says that it is a symbolic link or another special file.
    pub irregular: bool,
}

/// A rule that an entry breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {reason}")]
pub struct ZipRuleError {
    /// The name of the entry.
    pub name: String,
    /// The rule.
    pub reason: String,
}

/// Checks the entries of one module zip.
#[derive(Debug)]
pub struct ZipRules {
    prefix: String,
    /// The names seen, and the directories above them, by their form without letter case.
    seen: HashMap<String, Seen>,
    left: u64,
}

#[derive(Debug)]
struct Seen {
    /// The name as written, where that is another than without letter case.
    written: Option<Box<str>>,
    directory: bool,
}

impl ZipRules {
    /// The rules for the zip of `module`.
    pub fn new(module: &ModuleVersion) -> Self {
        Self {
            prefix: format!("{module}/"),
            seen: HashMap::new(),
            left: MAX_ZIP,
        }
    }

    /// The file's path below the module's root; `None` for a directory, which is not unpacked.
    ///
    /// # Errors
    /// [`ZipRuleError`] for the first rule that is broken; the zip as a whole is then no module zip.
    pub fn check<'a>(&mut self, entry: ZipEntry<'a>) -> Result<Option<&'a str>, ZipRuleError> {
        let fail = |reason: String| ZipRuleError {
            name: entry.name.to_owned(),
            reason,
        };
        let inner = entry
            .name
            .strip_prefix(&self.prefix)
            .ok_or_else(|| fail(format!("is not below {}", self.prefix)))?;
        if inner.is_empty() {
            return Ok(None);
        }
        let (path, directory) = match inner.strip_suffix('/') {
            Some(path) => (path, true),
            None => (inner, false),
        };
        check_file_path(path).map_err(|error| fail(error.to_string()))?;
        self.collide(path, directory).map_err(fail)?;
        if directory {
            return Ok(None);
        }
        if entry.irregular {
            return Err(fail("is no regular file".to_owned()));
        }
        let base = path.rsplit('/').next().unwrap_or(path);
        if base.eq_ignore_ascii_case("go.mod") && path != "go.mod" {
            return Err(fail(match base == path {
                true => "is not spelled go.mod".to_owned(),
                false => "is a go.mod below the module's root".to_owned(),
            }));
        }
        self.left = self
            .left
            .checked_sub(entry.size)
            .ok_or_else(|| fail("the module is larger than 500 MiB".to_owned()))?;
        if matches!(path, "go.mod" | "LICENSE") && entry.size > MAX_SMALL_FILE {
            return Err(fail("is larger than 16 MiB".to_owned()));
        }
        Ok(Some(path))
    }

    /// Files a name and the directories above it.
    fn collide(&mut self, path: &str, directory: bool) -> Result<(), String> {
        let (mut path, mut directory) = (path, directory);
        loop {
            let folded = fold(path);
            match self.seen.get(&folded) {
                Some(other) if other.written.as_deref().unwrap_or(&folded) != path => {
                    let other = other.written.as_deref().unwrap_or(&folded);
                    return Err(format!("differs from {other} by letter case only"));
                }
                Some(other) if other.directory != directory => {
                    return Err(format!("{path} is both a file and a directory"));
                }
                Some(_) if !directory => return Err("stands twice".to_owned()),
                Some(_) => return Ok(()), // the directories above were filed with it
                None => {
                    let written = (folded != path).then(|| path.into());
                    self.seen.insert(folded, Seen { written, directory });
                }
            }
            match path.rsplit_once('/') {
                Some((parent, _)) => (path, directory) = (parent, true),
                None => return Ok(()),
            }
        }
    }
}

/// A form that is the same for names that differ by letter case only (`strings.EqualFold`).
fn fold(name: &str) -> String {
    let single = |mut mapped: Box<dyn Iterator<Item = char>>, c: char| match (
        mapped.next(),
        mapped.next(),
    ) {
        (Some(one), None) => one,
        _ => c,
    };
    name.chars()
        .map(|c| match c.is_ascii() {
            true => c.to_ascii_lowercase(),
            false => {
                let upper = single(Box::new(c.to_uppercase()), c);
                single(Box::new(upper.to_lowercase()), upper)
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::model::{ModulePath, Version};

    fn rules() -> ZipRules {
        ZipRules::new(&ModuleVersion {
            path: ModulePath::new("example.com/m"),
            version: Version::parse("v1.0.0").unwrap(),
        })
    }

    fn entry(name: &str, size: u64) -> ZipEntry<'_> {
        ZipEntry {
            name,
            size,
            irregular: false,
        }
    }

    /// What the first of `names`, below the module's root, that is refused breaks.
    fn refused(names: &[&str]) -> Option<String> {
        let mut rules = rules();
        names.iter().find_map(|name| {
            let name = format!("example.com/m@v1.0.0/{name}");
            rules.check(entry(&name, 1)).err().map(|error| error.reason)
        })
    }

    #[test]
    fn what_a_module_zip_may_hold() {
        let names = [
            "go.mod", "a.go", "a/b.go", "a/", "a/c.go", "LICENSE", "ä.go", "",
        ];
        assert_eq!(refused(&names), None);
        let mut rules = rules();
        let inside = rules
            .check(entry("example.com/m@v1.0.0/a/b.go", 1))
            .unwrap();
        assert_eq!(inside, Some("a/b.go"));
        assert_eq!(rules.check(entry("example.com/m@v1.0.0/x/", 0)), Ok(None));
    }

    #[test]
    fn names() {
        for bad in [
            "../x",
            "a/../../x",
            "/x",
            "a//b",
            "./a",
            "a/.",
            "a\\b",
            "CON",
            "a/nul.go",
            "x:y",
            "a ~1.",
            "a\u{0}b",
            "a//",
        ] {
            assert!(refused(&[bad]).is_some(), "{bad:?}");
        }
        for other in [
            "example.com/m@v1.0.1/a",
            "/example.com/m@v1.0.0/a",
            "a",
            "example.com/m@v1.0.0",
        ] {
            assert!(rules().check(entry(other, 1)).is_err(), "{other}");
        }
    }

    #[test]
    fn collisions() {
        for pair in [
            ["a.go", "a.go"],
            ["a.go", "A.go"],
            ["a", "a/b"],
            ["a/b", "a"],
            ["a/b", "A/c"],
            ["a/", "a"],
            ["s", "ſ"],
            ["k", "\u{212a}"],
        ] {
            assert!(refused(&pair).is_some(), "{pair:?}");
        }
        assert_eq!(refused(&["a/", "a/", "a/b", "a/"]), None);
    }

    #[test]
    fn go_mod_stands_once_at_the_root() {
        for bad in ["GO.MOD", "Go.mod", "a/go.mod", "a/GO.mod"] {
            assert!(refused(&[bad]).is_some(), "{bad}");
        }
        assert_eq!(refused(&["a/go.mod.txt", "go.modx"]), None);
    }

    #[test]
    fn sizes_and_kinds() {
        let name = |inner: &str| format!("example.com/m@v1.0.0/{inner}");
        for (inner, most) in [
            ("a", MAX_ZIP),
            ("go.mod", MAX_SMALL_FILE),
            ("LICENSE", MAX_SMALL_FILE),
        ] {
            assert!(rules().check(entry(&name(inner), most)).is_ok());
            assert!(
                rules().check(entry(&name(inner), most + 1)).is_err(),
                "{inner}"
            );
        }
        let mut rules = rules();
        assert!(rules.check(entry(&name("a"), MAX_ZIP - 1)).is_ok());
        assert!(rules.check(entry(&name("b"), 2)).is_err());
        assert!(rules.check(entry(&name("c"), u64::MAX)).is_err());
        let link = name("link");
        let irregular = ZipEntry {
            irregular: true,
            ..entry(&link, 1)
        };
        assert!(rules.check(irregular).is_err());
    }
}
