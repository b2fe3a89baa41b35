//! The certificate's checker: a second Minimal Version Selection, plain enough to be read in one sitting.
//!
//! It shares nothing with `mvs` and `plan`: ordered maps of paths and versions, one work list, no
//! interning, no batches. Given the text of a `go.mod` and a way to read those of dependencies, it says
//! what the `go` command selects (Go Modules Reference, "Minimal version selection", "Module graph
//! pruning"). A claim that differs is named. `steps` and `floors` follow the requirements that a plan
//! gives as its reasons, and `candidates` says which versions need one.

mod candidates;
mod floors;
mod steps;
mod sums;
mod workspace;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

pub use floors::Floor;
pub use steps::{Because, Grounds, Step, verify_grounds, verify_workspace_links};
pub use sums::{NeededSum, needed_sums};
pub use workspace::{WorkspaceTexts, verify_workspace, workspace_list};

use crate::model::{GoMod, GoVersion, ModulePath, ModuleVersion, Replace, ReplaceTarget, Version};

/// A `go.mod` that the checker wants to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted<'a> {
    /// Of a module version.
    Module(&'a ModuleVersion),
    /// Of a directory that a replace line names.
    Directory(&'a str),
}

/// What the checker found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// The selected version of each path but the main module's; `go` and `toolchain` included.
    pub selected: BTreeMap<ModulePath, Version>,
    /// Why `go list -m all` would ask for updates; empty if it would not.
    pub inconsistencies: Vec<Inconsistency>,
    /// The module versions whose `go.mod` was read.
    pub read: BTreeSet<ModuleVersion>,
    /// The module versions that are required somewhere.
    pub named: BTreeSet<ModuleVersion>,
}

/// Why a `go.mod` is not accepted as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Inconsistency {
    /// A path is required twice.
    Twice(ModulePath),
    /// A required version is excluded.
    Excluded(ModuleVersion),
    /// A required version is not what is selected.
    NotSelected {
        /// What is required.
        root: ModuleVersion,
        /// What is selected.
        selected: Version,
    },
    /// The toolchain line says no more than the go line.
    RedundantToolchain(String),
}

impl fmt::Display for Inconsistency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Twice(path) => write!(f, "{path} is required twice"),
            Self::Excluded(module) => write!(f, "{module} is required and excluded"),
            Self::NotSelected { root, selected } => {
                write!(f, "{root} is required, but {selected} is selected")
            }
            Self::RedundantToolchain(name) => {
                write!(f, "the line \"toolchain {name}\" is redundant")
            }
        }
    }
}

/// Why a `go.mod` cannot be checked, or what does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// The main module's file is not well-formed.
    #[error("go.mod: {0}")]
    Main(String),
    /// A dependency's file could not be read or used.
    #[error("{module}: {reason}")]
    Dependency {
        /// `path@version`, or a directory.
        module: String,
        /// What is wrong.
        reason: String,
    },
    /// Something that was claimed does not hold.
    #[error("{0}")]
    Claim(String),
}

/// What a plan claims about its text.
#[derive(Debug, Clone, Default)]
pub struct Claim {
    /// The build list without the main module; `go` and `toolchain` included.
    pub build_list: Vec<ModuleVersion>,
    /// Paths whose content must be that of a version, replacements applied; `None`: the path is absent.
    pub used: Vec<(ModulePath, Option<Version>)>,
    /// Versions that must be selected as they are.
    pub kept: Vec<ModuleVersion>,
}

type Read<'a> = dyn FnMut(Wanted<'_>) -> Result<Vec<u8>, String> + 'a;

/// Checks every part of `claim` against the text of a `go.mod`.
///
/// # Errors
/// [`CheckError::Claim`] names the first part that does not hold.
pub fn verify(go_mod: &[u8], claim: &Claim, read: &mut Read<'_>) -> Result<Checked, CheckError> {
    let checked = build_list(go_mod, read)?;
    hold(&checked, &Main::parse(go_mod)?.rules, claim)?;
    Ok(checked)
}

/// Compares what was found with what is claimed.
fn hold(checked: &Checked, rules: &Rules, claim: &Claim) -> Result<(), CheckError> {
    let fail = |what: String| Err(CheckError::Claim(what));
    if let Some(first) = checked.inconsistencies.first() {
        return fail(first.to_string());
    }
    let claimed: BTreeMap<&ModulePath, &Version> = claim
        .build_list
        .iter()
        .map(|module| (&module.path, &module.version))
        .collect();
    for (path, version) in &checked.selected {
        match claimed.get(path) {
            Some(claimed) if *claimed == version => {}
            Some(claimed) => return fail(format!("{path} {version} is selected, not {claimed}")),
            None => {
                return fail(format!(
                    "{path} {version} is selected, but not in the build list"
                ));
            }
        }
    }
    if let Some(path) = claimed
        .keys()
        .find(|path| !checked.selected.contains_key(**path))
    {
        return fail(format!("{path} is in the build list, but not selected"));
    }
    for (path, wanted) in &claim.used {
        let selected = checked.selected.get(path);
        let used = selected.map(|selected| rules.used(path, selected));
        if used != wanted.as_ref().map(ToString::to_string) {
            let used = used.unwrap_or_else(|| "nothing".to_owned());
            let wanted = wanted.as_ref().map(ToString::to_string);
            let wanted = wanted.unwrap_or_else(|| "nothing".to_owned());
            return fail(format!("{path}: {used} is used, not {wanted}"));
        }
    }
    for module in &claim.kept {
        if checked.selected.get(&module.path) != Some(&module.version) {
            return fail(format!("{module} is not kept"));
        }
    }
    Ok(())
}

/// The build list that follows from the text of a main module's `go.mod`.
///
/// # Errors
/// [`CheckError`] when a file cannot be read or used.
pub fn build_list(go_mod: &[u8], read: &mut Read<'_>) -> Result<Checked, CheckError> {
    let main = Main::parse(go_mod)?;
    let mut checked = Checked::default();
    let mut roots: Vec<ModuleVersion> = Vec::new();
    for line in &main.file.require {
        let module = ModuleVersion::new(line.path.clone(), line.version.clone());
        if main.rules.excludes.contains(&module) {
            checked
                .inconsistencies
                .push(Inconsistency::Excluded(module));
        } else if roots
            .iter()
            .any(|root| root.path == module.path && *root != module)
        {
            checked
                .inconsistencies
                .push(Inconsistency::Twice(module.path.clone()));
            roots.push(module);
        } else {
            roots.push(module);
        }
    }
    roots.push(ModuleVersion::new(
        ModulePath::new("go"),
        Version::go(&main.go),
    ));
    if let Some(line) = &main.file.toolchain {
        let named = GoVersion::of_toolchain(&line.name);
        if line.name == format!("go{}", main.go) || named.is_none_or(|named| !named.is_strict()) {
            let name = line.name.clone();
            checked
                .inconsistencies
                .push(Inconsistency::RedundantToolchain(name));
        }
        let version = Version::toolchain(&line.name);
        roots.push(ModuleVersion::new(ModulePath::new("toolchain"), version));
    }

    // Every module to load, with whether all behind it is loaded too.
    let mut queue: Vec<(ModuleVersion, bool)> = roots
        .iter()
        .map(|root| (root.clone(), !main.go.prunes()))
        .collect();
    let mut seen: BTreeSet<(ModuleVersion, bool)> = BTreeSet::new();
    let mut required: BTreeSet<ModuleVersion> = roots.iter().cloned().collect();
    let mut loaded: BTreeMap<ModuleVersion, (Vec<ModuleVersion>, bool)> = BTreeMap::new();
    while let Some((module, deep)) = queue.pop() {
        if !seen.insert((module.clone(), deep)) {
            continue;
        }
        if !loaded.contains_key(&module) {
            let facts = main.rules.load(&module, read, &mut checked.read)?;
            loaded.insert(module.clone(), facts);
        }
        let (requirements, prunes) = &loaded[&module];
        required.extend(requirements.iter().cloned());
        if deep || !prunes {
            queue.extend(
                requirements
                    .iter()
                    .map(|next| (next.clone(), deep || !prunes)),
            );
        }
    }

    checked.named = required.clone();
    for module in required {
        if module.path == main.path {
            continue; // the main module itself is above all its versions
        }
        let best = checked
            .selected
            .entry(module.path)
            .or_insert_with(|| module.version.clone());
        if module.version.cmp_precedence(best).is_gt() {
            *best = module.version;
        }
    }
    for root in roots {
        match checked.selected.get(&root.path) {
            Some(selected) if *selected != root.version => {
                let selected = selected.clone();
                checked
                    .inconsistencies
                    .push(Inconsistency::NotSelected { root, selected });
            }
            _ => {}
        }
    }
    Ok(checked)
}

/// The main module's file, with what it overrides.
struct Main {
    file: GoMod,
    path: ModulePath,
    go: GoVersion,
    rules: Rules,
}

/// What main modules override.
#[derive(Default)]
struct Rules {
    excludes: BTreeSet<ModuleVersion>,
    /// The replace lines of the main module, or of go.work.
    replaces: Vec<Replacing>,
    /// In a workspace, those of each member; they count where go.work has none.
    of_members: Vec<Vec<Replacing>>,
}

/// A replace line.
struct Replacing {
    path: ModulePath,
    version: Option<Version>,
    target: ReplaceTarget,
}

impl Main {
    fn parse(text: &[u8]) -> Result<Self, CheckError> {
        let file =
            GoMod::parse("go.mod", text).map_err(|errors| CheckError::Main(errors.to_string()))?;
        let path = match &file.module {
            Some(line) => line.path.clone(),
            None => return Err(CheckError::Main("there is no module line".into())),
        };
        let mut rules = Rules {
            replaces: replacing(&file.replace, str::to_owned),
            ..Rules::default()
        };
        rules.exclude(&file);
        Ok(Self {
            go: file.go_version(),
            path,
            rules,
            file,
        })
    }
}

/// Replace lines, with other names for the directories in them.
fn replacing(lines: &[Replace], rebase: impl Fn(&str) -> String) -> Vec<Replacing> {
    lines
        .iter()
        .map(|line| Replacing {
            path: line.path.clone(),
            version: line.version.clone(),
            target: match &line.target {
                ReplaceTarget::Directory(directory) => ReplaceTarget::Directory(rebase(directory)),
                module => module.clone(),
            },
        })
        .collect()
}

impl Rules {
    fn exclude(&mut self, file: &GoMod) {
        let lines = file.exclude.iter();
        let versions =
            lines.map(|line| ModuleVersion::new(line.path.clone(), line.version.clone()));
        self.excludes.extend(versions);
    }

    /// What takes the place of `module`: the line for exactly this version, or that for all. Of several
    /// members that replace it the last one counts.
    fn replacement(&self, module: &ModuleVersion) -> Option<&ReplaceTarget> {
        let find = |lines: &'_ [Replacing]| -> Option<usize> {
            let line = |version: Option<&Version>| {
                lines
                    .iter()
                    .position(|line| line.path == module.path && line.version.as_ref() == version)
            };
            line(Some(&module.version)).or_else(|| line(None))
        };
        let layers = std::iter::once(&self.replaces).chain(self.of_members.iter().rev());
        layers
            .filter_map(|lines| lines.get(find(lines)?))
            .map(|line| &line.target)
            .next()
    }

    /// The version whose content is used for a selected one, in words.
    fn used(&self, path: &ModulePath, selected: &Version) -> String {
        match self.replacement(&ModuleVersion::new(path.clone(), selected.clone())) {
            Some(ReplaceTarget::Module(actual)) if actual.path == *path => {
                actual.version.to_string()
            }
            Some(ReplaceTarget::Module(actual)) => actual.to_string(),
            Some(ReplaceTarget::Directory(directory)) => directory.clone(),
            None => selected.to_string(),
        }
    }

    /// The requirements of a module and whether it is pruned behind.
    fn load(
        &self,
        module: &ModuleVersion,
        read: &mut Read<'_>,
        was_read: &mut BTreeSet<ModuleVersion>,
    ) -> Result<(Vec<ModuleVersion>, bool), CheckError> {
        if module.path.as_str() == "go" {
            let strict = module.version.as_go().is_some_and(GoVersion::is_strict);
            let toolchain = ModuleVersion::new(
                ModulePath::new("toolchain"),
                Version::toolchain(&format!("go{}", module.version)),
            );
            return Ok((strict.then_some(toolchain).into_iter().collect(), true));
        }
        if module.path.as_str() == "toolchain" {
            return Ok((Vec::new(), true));
        }
        let (file, actual) = self.file(module, read)?;
        was_read.extend(actual);
        let mut requirements: Vec<ModuleVersion> = file
            .require
            .iter()
            .map(|line| ModuleVersion::new(line.path.clone(), line.version.clone()))
            .filter(|module| !self.excludes.contains(module))
            .collect();
        let go = file.go.as_ref().map(|line| &line.version);
        if let Some(go) = go.filter(|go| go.is_strict()) {
            requirements.push(ModuleVersion::new(ModulePath::new("go"), Version::go(go)));
        }
        Ok((requirements, go.is_some_and(GoVersion::prunes)))
    }

    /// The `go.mod` that counts for a module, and the module version that it is of.
    fn file(
        &self,
        module: &ModuleVersion,
        read: &mut Read<'_>,
    ) -> Result<(GoMod, Option<ModuleVersion>), CheckError> {
        let target = self.replacement(module);
        let (name, bytes) = match target {
            Some(ReplaceTarget::Directory(directory)) => {
                (directory.clone(), read(Wanted::Directory(directory)))
            }
            Some(ReplaceTarget::Module(actual)) => {
                (actual.to_string(), read(Wanted::Module(actual)))
            }
            None => (module.to_string(), read(Wanted::Module(module))),
        };
        let fail = |reason: String| CheckError::Dependency {
            module: name.clone(),
            reason,
        };
        let file = GoMod::parse_dependency("go.mod", &bytes.map_err(fail)?)
            .map_err(|errors| fail(errors.to_string()))?;
        let actual = match target {
            Some(ReplaceTarget::Directory(_)) => None,
            Some(ReplaceTarget::Module(actual)) => Some(actual.clone()),
            None => Some(module.clone()),
        };
        if let Some(actual) = &actual {
            let declared = file.module.as_ref().map(|line| &line.path);
            if declared != Some(&module.path) && declared != Some(&actual.path) {
                let declared = declared.map_or("nothing", ModulePath::as_str);
                return Err(fail(format!(
                    "declares {declared}, required as {}",
                    module.path
                )));
            }
        }
        Ok((file, actual))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    const MAIN: &str = "module x.y/main\n\ngo 1.21\n\nrequire x.y/a v1.1.0\n";

    fn read(wanted: Wanted<'_>) -> Result<Vec<u8>, String> {
        let text = match wanted {
            Wanted::Directory(_) => return Err("no directories".into()),
            Wanted::Module(module) => match module.to_string().as_str() {
                "x.y/a@v1.1.0" => "module x.y/a\n\ngo 1.16\n\nrequire x.y/b v1.1.0\n",
                "x.y/a@v1.0.0" => "module x.y/a\n\ngo 1.20\n\nrequire x.y/b v1.0.0\n",
                "x.y/b@v1.1.0" => "module x.y/b\n\ngo 1.20\n\nrequire x.y/c v1.0.0\n",
                "x.y/c@v1.0.0" => "module x.y/c\n",
                other => return Err(format!("{other} is not expected")),
            },
        };
        Ok(text.as_bytes().to_vec())
    }

    fn list(text: &str) -> Vec<String> {
        let checked = build_list(text.as_bytes(), &mut read).unwrap();
        assert_eq!(checked.inconsistencies, []);
        checked
            .selected
            .iter()
            .map(|(path, version)| format!("{path}@{version}"))
            .collect()
    }

    #[test]
    fn behind_an_old_module_everything_is_loaded() {
        assert_eq!(
            list(MAIN),
            [
                "go@1.21",
                "toolchain@go1.21",
                "x.y/a@v1.1.0",
                "x.y/b@v1.1.0",
                "x.y/c@v1.0.0"
            ]
        );
        let pruned = MAIN.replace("v1.1.0", "v1.0.0");
        assert_eq!(
            list(&pruned),
            [
                "go@1.21",
                "toolchain@go1.21",
                "x.y/a@v1.0.0",
                "x.y/b@v1.0.0"
            ]
        );
    }

    #[test]
    fn excludes_and_replaces_count() {
        let excluded = format!("{MAIN}\nexclude x.y/b v1.1.0\n");
        assert_eq!(
            list(&excluded),
            ["go@1.21", "toolchain@go1.21", "x.y/a@v1.1.0"]
        );
        let replaced = format!("{MAIN}\nreplace x.y/a => x.y/a v1.0.0\n");
        assert_eq!(
            list(&replaced),
            [
                "go@1.21",
                "toolchain@go1.21",
                "x.y/a@v1.1.0",
                "x.y/b@v1.0.0"
            ]
        );
    }

    #[test]
    fn each_claim_is_checked() {
        let module = |path: &str, version: &str| {
            let path = ModulePath::new(path);
            let version = Version::parse_for(&path, version).unwrap();
            ModuleVersion::new(path, version)
        };
        let claim = Claim {
            build_list: vec![
                module("go", "1.21"),
                module("toolchain", "go1.21"),
                module("x.y/a", "v1.1.0"),
                module("x.y/b", "v1.1.0"),
                module("x.y/c", "v1.0.0"),
            ],
            used: vec![(
                ModulePath::new("x.y/c"),
                Some(Version::parse("v1.0.0").unwrap()),
            )],
            kept: vec![module("x.y/b", "v1.1.0")],
        };
        let check = |claim: &Claim| verify(MAIN.as_bytes(), claim, &mut read);
        assert!(check(&claim).is_ok());
        let mut less = claim.clone();
        less.build_list.pop();
        let mut other = claim.clone();
        other.used[0].1 = None;
        let mut moved = claim.clone();
        moved.kept[0] = module("x.y/b", "v1.0.0");
        for wrong in [less, other, moved] {
            assert!(
                matches!(check(&wrong), Err(CheckError::Claim(_))),
                "{wrong:?}"
            );
        }
    }

    #[test]
    fn roots_must_be_selected() {
        let text = "module x.y/main\n\ngo 1.21\n\nrequire (\n\tx.y/a v1.1.0\n\tx.y/b v1.0.0\n)\n";
        let mut read = |wanted: Wanted<'_>| match wanted {
            Wanted::Module(module) if module.to_string() == "x.y/b@v1.0.0" => {
                Ok(b"module x.y/b\n".to_vec())
            }
            other => read(other),
        };
        let checked = build_list(text.as_bytes(), &mut read).unwrap();
        let words: Vec<String> = checked
            .inconsistencies
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(words, ["x.y/b@v1.0.0 is required, but v1.1.0 is selected"]);
    }
}
