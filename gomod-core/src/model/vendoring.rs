//! Whether `vendor/modules.txt` fits the requirements and replacements that it was made from.
//!
//! The findings are those that fail `go build -mod=vendor` before any package is loaded (`readVendorList`,
//! `checkVendorConsistency` and `initVendor` in cmd/go's modload), and go versions that no compiler takes.

use std::collections::BTreeSet;

use super::{
    GoMod, GoVersion, GoWork, ModulePath, ModulesTxt, Replace, ReplaceTarget, VendoredModule,
    VendoredReplacement,
};
use crate::syntax::LineId;

/// The first version whose `modules.txt` says which modules are required explicitly.
const SAYS_EXPLICIT: &str = "1.14";

/// One way in which a vendor directory contradicts a `go.mod` or `go.work`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VendorFinding {
    /// The module.
    pub path: ModulePath,
    /// Its version; empty for a replacement of all versions.
    pub version: String,
    /// What is inconsistent.
    pub kind: VendorMismatch,
    /// The line that it is about, as `go.mod:5:2`, where there is one.
    pub place: Option<String>,
}

/// What is inconsistent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VendorMismatch {
    /// It is required, and not marked as such.
    #[error("is required, but modules.txt does not mark it as explicit")]
    NotExplicit,
    /// Below go 1.14: its packages come from another version.
    #[error("is required, but modules.txt takes packages from {vendored}")]
    OtherVersion {
        /// The version in `modules.txt`.
        vendored: String,
    },
    /// It is marked as required, and is not.
    #[error("is marked as explicit in modules.txt, but not required")]
    NotRequired,
    /// It is replaced, and not marked as such.
    #[error("is replaced by {by}, but modules.txt does not say so")]
    ReplacementNotVendored {
        /// The replacement.
        by: String,
    },
    /// It is replaced by something else.
    #[error("is replaced by {by}, but by {vendored} in modules.txt")]
    OtherReplacement {
        /// The replacement.
        by: String,
        /// The replacement in `modules.txt`.
        vendored: String,
    },
    /// It is marked as replaced, and is not.
    #[error("is replaced by {vendored} in modules.txt, but not replaced")]
    NotReplaced {
        /// The replacement in `modules.txt`.
        vendored: String,
    },
    /// From go 1.17 on: packages are taken from it, and the `go.mod` does not require that version.
    #[error("has packages in modules.txt, but that version is not required")]
    NotARoot,
    /// Its go version in `modules.txt` is above the installed Go.
    #[error("needs go {go} in modules.txt, but the installed Go is {local}")]
    GoTooNew {
        /// The version in `modules.txt`.
        go: GoVersion,
        /// The installed Go.
        local: GoVersion,
    },
    /// Its go version in `modules.txt` is none that the compiler takes.
    #[error("has packages in modules.txt, and {go:?} as its go version, which is none")]
    GoInvalid {
        /// The text.
        go: String,
    },
}

/// A main module: the name of its `go.mod` for messages, and the file.
pub type VendorMember<'a> = (&'a str, &'a GoMod);

/// What a vendor directory is compared with.
#[derive(Clone, Copy)]
pub struct VendorCheck<'a> {
    /// The main modules, in the order of the workspace.
    pub members: &'a [VendorMember<'a>],
    /// The workspace in force.
    pub work: Option<&'a GoWork>,
    /// Turns a directory that a member's replace line names into one relative to `go.work`.
    pub rebase: &'a dyn Fn(usize, &str) -> String,
    /// The installed Go, if it limits go versions.
    pub local_go: Option<&'a GoVersion>,
}

impl VendorCheck<'_> {
    /// All findings, in the order in which the go command reports them.
    pub fn findings(&self, txt: &ModulesTxt) -> Vec<VendorFinding> {
        let early = self.is_before_explicit();
        let mut found = Vec::new();
        for (name, go_mod) in self.members {
            for require in &go_mod.require {
                let version = require.version.as_str();
                if txt.get(&require.path, version).is_some_and(|m| m.explicit) {
                    continue;
                }
                let vendored = provider(txt, &require.path);
                let kind = match vendored.filter(|vendored| *vendored != version) {
                    _ if !early => VendorMismatch::NotExplicit,
                    Some(vendored) => VendorMismatch::OtherVersion {
                        vendored: vendored.to_owned(),
                    },
                    None => continue,
                };
                found.push(VendorFinding {
                    path: require.path.clone(),
                    version: version.to_owned(),
                    kind,
                    place: Some(place(name, go_mod, require.line)),
                });
            }
        }
        self.replacements(txt, early, &mut found);
        for module in txt.selected().filter(|module| module.explicit) {
            if !self.requires(module) {
                found.push(about(module, VendorMismatch::NotRequired));
            }
        }
        for module in &txt.modules {
            if let Some(replacement) = &module.replacement
                && self.replacement(&module.path, &module.version).is_none()
            {
                let vendored = describe(replacement);
                found.push(about(module, VendorMismatch::NotReplaced { vendored }));
            }
        }
        if self.is_pruned() {
            for module in txt.selected().filter(|module| !self.is_root(module)) {
                // One that is marked explicit was found already, unless it is required and excluded.
                if !module.explicit || self.requires(module) {
                    found.push(about(module, VendorMismatch::NotARoot));
                }
            }
        }
        self.go_versions(txt, &mut found);
        found
    }

    fn go_versions(&self, txt: &ModulesTxt, found: &mut Vec<VendorFinding>) {
        if let (Some((module, go)), Some(local)) = (txt.newest_go(), self.local_go)
            && go.cmp_precedence(local).is_gt()
        {
            let (go, local) = (go.clone(), local.clone());
            found.push(about(module, VendorMismatch::GoTooNew { go, local }));
        }
        for module in txt.with_packages() {
            if let Some(go) = &module.go
                && !GoVersion::new(go).is_valid()
            {
                found.push(about(module, VendorMismatch::GoInvalid { go: go.clone() }));
            }
        }
    }

    fn requires(&self, module: &VendoredModule) -> bool {
        self.members.iter().any(|(_, go_mod)| {
            let mut requires = go_mod.require.iter();
            requires.any(|r| r.path == module.path && r.version.as_str() == module.version)
        })
    }

    /// Whether the roots are the whole module graph: a single main module at go 1.17 or later.
    fn is_pruned(&self) -> bool {
        let (None, [(_, go_mod), ..]) = (self.work, self.members) else {
            return false;
        };
        go_mod.go.as_ref().is_some_and(|line| line.version.prunes())
    }

    /// Whether a single main module requires exactly this, unless it excludes it or asks for a higher version too.
    pub fn is_root(&self, module: &VendoredModule) -> bool {
        let Some((_, go_mod)) = self.members.first() else {
            return false;
        };
        if go_mod
            .module
            .as_ref()
            .is_some_and(|m| m.path == module.path)
        {
            return false;
        }
        let excluded = |version: &super::Version| {
            let mut lines = go_mod.exclude.iter();
            lines.any(|line| line.path == module.path && line.version == *version)
        };
        let roots = go_mod.require.iter().filter(|r| r.path == module.path);
        let selected = roots.map(|r| &r.version).filter(|v| !excluded(v)).max();
        selected.is_some_and(|version| version.as_str() == module.version)
    }

    fn replacements(&self, txt: &ModulesTxt, early: bool, found: &mut Vec<VendorFinding>) {
        let mut seen: BTreeSet<(&ModulePath, &str)> = BTreeSet::new();
        let of_members = self.members.iter().flat_map(|(name, go_mod)| {
            let lines = go_mod.replace.iter();
            lines.map(move |line| (line, place(name, go_mod, line.line)))
        });
        let of_work = self.work.iter().flat_map(|work| {
            let lines = work.replace.iter();
            lines.map(move |line| (line, format!("go.work:{}", work.position(line.line))))
        });
        for (line, place) in of_members.chain(of_work) {
            let version = line.version.as_ref().map_or("", |version| version.as_str());
            if !seen.insert((&line.path, version)) {
                continue;
            }
            let Some(by) = self.replacement(&line.path, version) else {
                continue; // a main module, which nothing replaces
            };
            let vendored = txt.get(&line.path, version);
            let kind = match vendored.and_then(|module| module.replacement.as_ref()) {
                Some(vendored) if *vendored == by => continue,
                Some(vendored) => VendorMismatch::OtherReplacement {
                    by: describe(&by),
                    vendored: describe(vendored),
                },
                // Such a modules.txt has no line for what has no packages, nor for all versions.
                None if early
                    && (version.is_empty() || provider(txt, &line.path) != Some(version)) =>
                {
                    continue;
                }
                None => VendorMismatch::ReplacementNotVendored { by: describe(&by) },
            };
            found.push(VendorFinding {
                path: line.path.clone(),
                version: version.to_owned(),
                kind,
                place: Some(place),
            });
        }
    }

    /// The replacement in force: go.work's, else the last member's.
    fn replacement(&self, path: &ModulePath, version: &str) -> Option<VendoredReplacement> {
        let is_main = |(_, go_mod): &VendorMember<'_>| {
            go_mod.module.as_ref().is_some_and(|m| m.path == *path)
        };
        if version.is_empty() && self.members.iter().any(is_main) {
            return None;
        }
        if let Some(line) = self
            .work
            .and_then(|work| governing(&work.replace, path, version))
        {
            return Some(target(line, str::to_owned));
        }
        let mut members = self.members.iter().enumerate().rev();
        members.find_map(|(at, (_, go_mod))| {
            let line = governing(&go_mod.replace, path, version)?;
            Some(target(line, |dir| match self.work {
                Some(_) => (self.rebase)(at, dir),
                None => dir.to_owned(),
            }))
        })
    }

    fn is_before_explicit(&self) -> bool {
        let (None, [(_, go_mod), ..]) = (self.work, self.members) else {
            return false;
        };
        go_mod.go.as_ref().is_none_or(|line| {
            line.version
                .cmp_precedence(&GoVersion::new(SAYS_EXPLICIT))
                .is_lt()
        })
    }
}

/// The line that replaces a version: the one for exactly that, else the one for all.
fn governing<'a>(lines: &'a [Replace], path: &ModulePath, version: &str) -> Option<&'a Replace> {
    let of = |wanted: &str| {
        lines.iter().find(|line| {
            line.path == *path && line.version.as_ref().map_or("", |v| v.as_str()) == wanted
        })
    };
    of(version).or_else(|| of(""))
}

fn target(line: &Replace, rebase: impl Fn(&str) -> String) -> VendoredReplacement {
    match &line.target {
        ReplaceTarget::Module(module) => VendoredReplacement {
            path: module.path.to_string(),
            version: module.version.to_string(),
        },
        ReplaceTarget::Directory(directory) => VendoredReplacement {
            path: rebase(directory),
            version: String::new(),
        },
    }
}

/// The version of a path that packages are taken from.
fn provider<'a>(txt: &'a ModulesTxt, path: &ModulePath) -> Option<&'a str> {
    let mut providers = txt.selected().rev().filter(|module| module.path == *path);
    providers.next().map(|module| module.version.as_str())
}

/// A finding without a line in `go.mod`.
fn about(module: &VendoredModule, kind: VendorMismatch) -> VendorFinding {
    VendorFinding {
        path: module.path.clone(),
        version: module.version.clone(),
        kind,
        place: None,
    }
}

fn describe(replacement: &VendoredReplacement) -> String {
    match replacement.version.as_str() {
        "" => replacement.path.clone(),
        version => format!("{}@{version}", replacement.path),
    }
}

fn place(name: &str, go_mod: &GoMod, line: LineId) -> String {
    format!("{name}:{}", go_mod.position(line))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn findings(go_mod: &str, txt: &str) -> Vec<String> {
        let go_mod = GoMod::parse("go.mod", format!("module m\n{go_mod}").as_bytes()).unwrap();
        let check = VendorCheck {
            members: &[("go.mod", &go_mod)],
            work: None,
            rebase: &|_, dir| dir.to_owned(),
            local_go: Some(&GoVersion::new("1.26.8")),
        };
        let findings = check.findings(&ModulesTxt::parse(txt.as_bytes()));
        findings
            .iter()
            .map(|f| format!("{} {}: {}", f.path, f.version, f.kind))
            .collect()
    }

    #[test]
    fn what_fits() {
        let go_mod = "go 1.21\nrequire a.b/c v1.0.0\nreplace a.b/d => ../d\nreplace m => ../m\n";
        let txt = "# a.b/c v1.0.0\n## explicit\na.b/c\n# a.b/d => ../d\n";
        assert_eq!(findings(go_mod, txt), [""; 0]);
    }

    #[test]
    fn requirements() {
        let go_mod = "go 1.21\nrequire a.b/c v1.1.0\n";
        let txt = "# a.b/c v1.0.0\n## explicit\na.b/c\n# a.b/e v1.0.0\n## explicit\n";
        assert_eq!(
            findings(go_mod, txt),
            [
                "a.b/c v1.1.0: is required, but modules.txt does not mark it as explicit",
                "a.b/c v1.0.0: is marked as explicit in modules.txt, but not required",
            ]
        );
        let early = "go 1.13\nrequire a.b/c v1.1.0\nrequire a.b/x v1.0.0\n";
        assert_eq!(
            findings(early, "# a.b/c v1.0.0\na.b/c\n"),
            ["a.b/c v1.1.0: is required, but modules.txt takes packages from v1.0.0"]
        );
    }

    #[test]
    fn roots_and_go_versions() {
        let go_mod = "go 1.21\nrequire a.b/c v1.1.0\nexclude a.b/d v1.0.0\nrequire a.b/d v1.0.0\n";
        let txt = "# a.b/c v1.1.0\n## explicit; go 1.27\na.b/c\n# a.b/d v1.0.0\n## explicit\na.b/d\n\
                   # a.b/e v1.0.0\n## go one\na.b/e\n# m v1.0.0\nm/x\n# a.b/f v1.0.0\n## go one\n";
        assert_eq!(
            findings(go_mod, txt),
            [
                "a.b/d v1.0.0: has packages in modules.txt, but that version is not required",
                "a.b/e v1.0.0: has packages in modules.txt, but that version is not required",
                "m v1.0.0: has packages in modules.txt, but that version is not required",
                "a.b/c v1.1.0: needs go 1.27 in modules.txt, but the installed Go is 1.26.8",
                "a.b/e v1.0.0: has packages in modules.txt, and \"one\" as its go version, which is none",
            ]
        );
        let unpruned = "go 1.16\nrequire a.b/c v1.1.0\n";
        let txt = "# a.b/c v1.1.0\n## explicit\na.b/c\n# a.b/e v1.0.0\na.b/e\n";
        assert_eq!(findings(unpruned, txt), [""; 0]);
    }

    #[test]
    fn replacements() {
        let go_mod = "go 1.21\nreplace a.b/c => ../c\nreplace a.b/d v1.0.0 => a.b/e v1.2.0\n";
        let txt = "# a.b/c => ../x\n# a.b/f v1.0.0 => ../f\n";
        assert_eq!(
            findings(go_mod, txt),
            [
                "a.b/c : is replaced by ../c, but by ../x in modules.txt",
                "a.b/d v1.0.0: is replaced by a.b/e@v1.2.0, but modules.txt does not say so",
                "a.b/f v1.0.0: is replaced by ../f in modules.txt, but not replaced",
            ]
        );
    }
}
