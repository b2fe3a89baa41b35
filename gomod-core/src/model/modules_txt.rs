//! `vendor/modules.txt`: which modules and packages a vendor directory holds, and how they were chosen.
//!
//! Read as `cmd/go/internal/modload` reads it: what is not understood is passed over.

use std::collections::hash_map::Entry;

use rustc_hash::FxHashMap;

use super::{GoVersion, ModulePath, Version, is_valid};

/// A `vendor/modules.txt` file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModulesTxt {
    /// The modules and wildcard replacements in the order in which they first occur.
    pub modules: Vec<VendoredModule>,
    /// Whether the directory was made for a workspace (`## workspace`).
    pub workspace: bool,
    /// The module that a package belongs to: the last that lists it.
    owners: FxHashMap<String, usize>,
    selected: Vec<usize>,
    newest_go: Option<(usize, GoVersion)>,
}

/// A module in a vendor directory, or a replacement recorded there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VendoredModule {
    /// The module's path.
    pub path: ModulePath,
    /// Its version as written; empty for a replacement of all versions.
    pub version: String,
    /// Whether the main module or the workspace requires it (`## explicit`).
    pub explicit: bool,
    /// The go version of its `go.mod`, from 1.17 on (`## go 1.17`).
    pub go: Option<String>,
    /// What replaces it.
    pub replacement: Option<VendoredReplacement>,
    /// The packages that are taken from it.
    pub packages: Vec<String>,
}

/// The right side of a `=>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VendoredReplacement {
    /// A module path or a directory.
    pub path: String,
    /// The version as written; empty for a directory.
    pub version: String,
}

impl ModulesTxt {
    /// Parses a `modules.txt`; every text is one.
    pub fn parse(text: &[u8]) -> Self {
        let text = super::go_mod::decode(text);
        let mut out = Self::default();
        let first = text.split('\n').next().unwrap_or_default();
        out.workspace = annotations(first).is_some_and(|mut a| a.any(|entry| entry == "workspace"));
        let mut places: FxHashMap<(&str, &str), usize> = FxHashMap::default();
        let mut highest: FxHashMap<ModulePath, Option<Version>> = FxHashMap::default();
        let mut current = None;
        for line in text.split('\n') {
            if line.starts_with("# ") {
                current = out.module_line(line, current, &mut places);
                continue;
            }
            let Some(at) = current else {
                continue;
            };
            let module: &mut VendoredModule = &mut out.modules[at];
            if let Some(entries) = annotations(line) {
                for entry in entries {
                    module.explicit |= entry == "explicit";
                    if let Some(version) = entry.strip_prefix("go ") {
                        module.go = Some(version.into());
                        let version = GoVersion::new(version);
                        let newest = out.newest_go.as_ref();
                        if newest.is_none_or(|(_, newest)| version.cmp_precedence(newest).is_gt()) {
                            out.newest_go = Some((at, version));
                        }
                    }
                }
                continue;
            }
            let mut words = line.split_whitespace();
            if let (Some(package), None) = (words.next(), words.next())
                && ModulePath::new(package).check_import().is_ok()
            {
                module.packages.push(package.into());
                out.owners.insert(package.into(), at);
                // Of several versions of a path the highest one that lists packages is the selected one.
                let version = Version::parse(&module.version).ok();
                let highest = highest.entry(module.path.clone());
                let first = matches!(highest, Entry::Vacant(_));
                let highest = highest.or_default();
                if first || version > *highest {
                    *highest = version;
                    out.selected.push(at);
                }
            }
        }
        out
    }

    /// The entry of a module at a version; with an empty version, that of a replacement of all versions.
    pub fn get(&self, path: &ModulePath, version: &str) -> Option<&VendoredModule> {
        self.modules
            .iter()
            .find(|m| m.path == *path && m.version == version)
    }

    /// The module that lists a package; of several the last.
    pub fn owner(&self, package: &str) -> Option<&VendoredModule> {
        self.modules.get(*self.owners.get(package)?)
    }

    /// The modules that the go command takes for selected, in the order of the file; of several versions of a
    /// path that list packages, those above all before.
    pub fn selected(&self) -> impl DoubleEndedIterator<Item = &VendoredModule> {
        let at = self.selected.iter();
        at.filter_map(|at| self.modules.get(*at))
    }

    /// The highest go version of any module, and that module.
    pub fn newest_go(&self) -> Option<(&VendoredModule, &GoVersion)> {
        let (at, version) = self.newest_go.as_ref()?;
        Some((self.modules.get(*at)?, version))
    }

    /// The modules that packages are listed of, in the order of the file.
    pub fn with_packages(&self) -> impl Iterator<Item = &VendoredModule> {
        self.modules
            .iter()
            .filter(|module| !module.packages.is_empty())
    }

    /// Reads `# path version`, `# path version => other [version]` or `# path => other [version]`; the
    /// place of the entry that following lines belong to.
    fn module_line<'a>(
        &mut self,
        line: &'a str,
        current: Option<usize>,
        places: &mut FxHashMap<(&'a str, &'a str), usize>,
    ) -> Option<usize> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (path, version, rest) = match words.as_slice() {
            [_, path, version, rest @ ..] if is_valid(version) => (*path, *version, rest),
            [_, path, rest @ ..] if rest.first() == Some(&"=>") => (*path, "", rest),
            // Too short a line leaves the current module as it is.
            [] | [_] | [_, _] => return current,
            _ => return None,
        };
        let at = *places.entry((path, version)).or_insert_with(|| {
            self.modules.push(VendoredModule {
                path: ModulePath::new(path),
                version: version.into(),
                explicit: false,
                go: None,
                replacement: None,
                packages: Vec::new(),
            });
            self.modules.len() - 1
        });
        let replacement = match rest {
            ["=>", directory] => Some((*directory, "")),
            ["=>", module, version] if is_valid(version) => Some((*module, *version)),
            _ => None,
        };
        if let Some((path, version)) = replacement {
            let (path, version) = (path.into(), version.into());
            self.modules[at].replacement = Some(VendoredReplacement { path, version });
        }
        Some(at)
    }
}

/// The entries of a `## a; b` line.
fn annotations(line: &str) -> Option<impl Iterator<Item = &str>> {
    line.strip_prefix("## ")
        .map(|entries| entries.split(';').map(str::trim))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const TEXT: &str = "\
# example.com/a v1.2.0
## explicit; go 1.21
example.com/a
example.com/a/sub
# example.com/b v1.0.0 => ../b
## explicit
example.com/b
# example.com/c v1.0.0 => example.com/d v1.1.0
example.com/c
not a package
# example.com/c => example.com/d v1.1.0
# example.com/e nonsense
example.com/e
";

    #[test]
    fn modules_and_replacements() {
        let txt = ModulesTxt::parse(TEXT.as_bytes());
        let get = |path, version| txt.get(&ModulePath::new(path), version).unwrap();
        let a = get("example.com/a", "v1.2.0");
        assert!(a.explicit && a.replacement.is_none());
        assert_eq!(a.go.as_deref(), Some("1.21"));
        assert_eq!(a.packages, ["example.com/a", "example.com/a/sub"]);
        let b = get("example.com/b", "v1.0.0");
        assert_eq!(b.replacement.as_ref().unwrap().path, "../b");
        let c = get("example.com/c", "v1.0.0");
        assert!(!c.explicit);
        assert_eq!(c.packages, ["example.com/c"]);
        let wildcard = get("example.com/c", "");
        assert_eq!(wildcard.replacement, c.replacement);
        assert!(wildcard.packages.is_empty());
        assert_eq!(txt.modules.len(), 4);
        assert_eq!(txt.with_packages().count(), 3);
        assert!(!txt.workspace);
    }

    #[test]
    fn workspaces_say_so_in_the_first_line() {
        assert!(ModulesTxt::parse(b"## workspace\r\n# a.b/c v1.0.0\r\n").workspace);
        assert!(!ModulesTxt::parse(b"\n## workspace\n").workspace);
    }

    #[test]
    fn crlf_and_repeated_entries() {
        let txt = ModulesTxt::parse(
            b"# a.b/c v1.0.0\r\n## explicit\r\n# a.b/c v1.0.0\r\n## go 1.20\r\na.b/c\r\n",
        );
        assert_eq!(txt.modules.len(), 1);
        assert!(txt.modules[0].explicit);
        assert_eq!(txt.modules[0].go.as_deref(), Some("1.20"));
    }

    #[test]
    fn packages_belong_to_the_last_and_the_highest_version_is_selected() {
        let txt = ModulesTxt::parse(
            b"# a.b/c v1.2.0\n## go 1.99\n## go 1.20\na.b/c\n# a.b/c v1.10.0\na.b/c\n# a.b/c v1.3.0\na.b/c/d\n",
        );
        let versions: Vec<&str> = txt.selected().map(|module| &*module.version).collect();
        assert_eq!(versions, ["v1.2.0", "v1.10.0"]);
        assert_eq!(txt.owner("a.b/c").unwrap().version, "v1.10.0");
        assert_eq!(txt.owner("a.b/c/d").unwrap().version, "v1.3.0");
        assert_eq!(txt.owner("a.b/e"), None);
        let (module, go) = txt.newest_go().unwrap();
        assert_eq!((&*module.version, go.as_str()), ("v1.2.0", "1.99"));
        assert_eq!(
            module.go.as_deref(),
            Some("1.20"),
            "the last counts otherwise"
        );
    }
}
