//! The same for a workspace: the texts of all its files, and what the `go` command selects for its members
//! together.

use std::collections::{BTreeMap, BTreeSet};

use super::{CheckError, Checked, Claim, Read, Rules, hold, replacing};
use crate::model::{GoMod, GoVersion, GoWork, ModulePath, ModuleVersion, Version};

/// The files of a workspace.
pub struct WorkspaceTexts<'a> {
    /// `go.work`.
    pub go_work: &'a [u8],
    /// The `go.mod` files of its members, in the order of the use lines.
    pub members: Vec<&'a [u8]>,
    /// Turns a directory that a member's replace names into one relative to `go.work`.
    pub rebase: &'a dyn Fn(usize, &str) -> String,
}

/// As [`verify`](super::verify), for a workspace.
///
/// # Errors
/// [`CheckError::Claim`] names the first part that does not hold.
pub fn verify_workspace(
    texts: &WorkspaceTexts<'_>,
    claim: &Claim,
    read: &mut Read<'_>,
) -> Result<Checked, CheckError> {
    let work = Work::parse(texts)?;
    let checked = work.list(read)?;
    hold(&checked, &work.rules, claim)?;
    Ok(checked)
}

/// As [`build_list`](super::build_list), for a workspace.
///
/// # Errors
/// [`CheckError`] when a file cannot be read or used.
pub fn workspace_list(
    texts: &WorkspaceTexts<'_>,
    read: &mut Read<'_>,
) -> Result<Checked, CheckError> {
    Work::parse(texts)?.list(read)
}

/// The files, parsed.
pub(super) struct Work {
    roots: Vec<ModuleVersion>,
    /// Each member's path, requirements, and whether it is pruned behind.
    members: Vec<(ModulePath, Vec<ModuleVersion>, bool)>,
    pub(super) rules: Rules,
}

impl Work {
    pub(super) fn parse(texts: &WorkspaceTexts<'_>) -> Result<Self, CheckError> {
        let go_work = GoWork::parse("go.work", texts.go_work)
            .map_err(|errors| CheckError::Main(errors.to_string()))?;
        let mut rules = Rules {
            replaces: replacing(&go_work.replace, str::to_owned),
            ..Rules::default()
        };
        let go = go_work.go_version();
        let mut files: Vec<GoMod> = Vec::new();
        for (index, text) in texts.members.iter().enumerate() {
            let file = GoMod::parse("go.mod", text)
                .map_err(|errors| CheckError::Main(errors.to_string()))?;
            rules.exclude(&file);
            let rebase = |directory: &str| (texts.rebase)(index, directory);
            rules.of_members.push(replacing(&file.replace, rebase));
            files.push(file);
        }
        let mut members = Vec::new();
        for file in files {
            let Some(line) = &file.module else {
                return Err(CheckError::Main("there is no module line".into()));
            };
            let own = file.go.as_ref().map(|line| &line.version);
            if own.is_some_and(|own| own.is_strict() && own.cmp_precedence(&go).is_gt()) {
                let path = &line.path;
                return Err(CheckError::Main(format!(
                    "the go line of {path} is above that of go.work"
                )));
            }
            let mut requirements: Vec<ModuleVersion> = file
                .require
                .iter()
                .map(|line| ModuleVersion::new(line.path.clone(), line.version.clone()))
                .filter(|module| !rules.excludes.contains(module))
                .collect();
            requirements.extend(own.filter(|own| own.is_strict()).map(go_module));
            let prunes = own.is_some_and(GoVersion::prunes);
            members.push((line.path.clone(), requirements, prunes));
        }
        let mut roots = vec![go_module(&go)];
        if let Some(line) = &go_work.toolchain {
            roots.push(ModuleVersion::new(
                ModulePath::new("toolchain"),
                Version::toolchain(&line.name),
            ));
        }
        Ok(Self {
            roots,
            members,
            rules,
        })
    }

    fn list(&self, read: &mut Read<'_>) -> Result<Checked, CheckError> {
        let mut checked = Checked::default();
        let mut graph = Loaded::default();
        graph.required.extend(self.roots.iter().cloned());
        let mut queue: Vec<(ModuleVersion, bool)> = self
            .roots
            .iter()
            .map(|root| (root.clone(), false))
            .collect();
        for (_, requirements, prunes) in &self.members {
            graph.required.extend(requirements.iter().cloned());
            queue.extend(requirements.iter().map(|module| (module.clone(), !prunes)));
        }
        // What one asks for and another raises is looked behind, from the members on.
        let mut looked: BTreeSet<ModuleVersion> = BTreeSet::new();
        let mut paths: BTreeSet<ModulePath> =
            self.roots.iter().map(|root| root.path.clone()).collect();
        loop {
            graph.load(&self.rules, read, &mut checked, queue)?;
            checked.selected =
                graph.select(|path| self.members.iter().any(|(own, ..)| own == path));
            let mut raised: BTreeSet<ModuleVersion> = BTreeSet::new();
            let mut raise = |required: &ModuleVersion| {
                if let Some(version) = checked.selected.get(&required.path)
                    && version.cmp_precedence(&required.version).is_gt()
                {
                    raised.insert(ModuleVersion::new(required.path.clone(), version.clone()));
                }
            };
            for (_, requirements, _) in &self.members {
                requirements.iter().for_each(&mut raise);
            }
            let mut first: BTreeSet<ModuleVersion> = BTreeSet::new();
            for path in &paths {
                let Some(version) = checked.selected.get(path) else {
                    continue;
                };
                let module = ModuleVersion::new(path.clone(), version.clone());
                match graph.loaded.get(&module) {
                    Some((requirements, _)) if looked.contains(&module) => {
                        requirements.iter().for_each(&mut raise);
                    }
                    _ => _ = first.insert(module),
                }
            }
            raised.extend(first);
            raised.retain(|module| looked.insert(module.clone()));
            if raised.is_empty() {
                return Ok(checked);
            }
            queue = Vec::new();
            for module in raised {
                paths.insert(module.path.clone());
                graph.load(
                    &self.rules,
                    read,
                    &mut checked,
                    vec![(module.clone(), false)],
                )?;
                if let Some((requirements, prunes)) = graph.loaded.get(&module) {
                    queue.extend(requirements.iter().map(|next| (next.clone(), !prunes)));
                }
            }
        }
    }
}

fn go_module(go: &GoVersion) -> ModuleVersion {
    ModuleVersion::new(ModulePath::new("go"), Version::go(go))
}

/// What was loaded so far.
#[derive(Default)]
struct Loaded {
    /// The requirements of each module, and whether it is pruned behind.
    loaded: BTreeMap<ModuleVersion, (Vec<ModuleVersion>, bool)>,
    seen: BTreeSet<(ModuleVersion, bool)>,
    required: BTreeSet<ModuleVersion>,
}

impl Loaded {
    /// Loads modules, each with whether all behind it is loaded too.
    fn load(
        &mut self,
        rules: &Rules,
        read: &mut Read<'_>,
        checked: &mut Checked,
        mut queue: Vec<(ModuleVersion, bool)>,
    ) -> Result<(), CheckError> {
        while let Some((module, deep)) = queue.pop() {
            if !self.seen.insert((module.clone(), deep)) {
                continue;
            }
            if !self.loaded.contains_key(&module) {
                let facts = rules.load(&module, read, &mut checked.read)?;
                self.loaded.insert(module.clone(), facts);
            }
            let Some((requirements, prunes)) = self.loaded.get(&module) else {
                continue;
            };
            self.required.extend(requirements.iter().cloned());
            if deep || !prunes {
                queue.extend(
                    requirements
                        .iter()
                        .map(|next| (next.clone(), deep || !prunes)),
                );
            }
        }
        Ok(())
    }

    /// The highest version that is required of each path, but for main modules.
    fn select(&self, is_main: impl Fn(&ModulePath) -> bool) -> BTreeMap<ModulePath, Version> {
        let mut selected: BTreeMap<ModulePath, Version> = BTreeMap::new();
        // A toolchain without a version, such as `default`, is no higher than none at all.
        let is_none = |module: &ModuleVersion| {
            module.path.as_str() == "toolchain" && module.version.as_go().is_none()
        };
        for module in &self.required {
            if is_main(&module.path) || is_none(module) {
                continue;
            }
            match selected.get(&module.path) {
                Some(best) if best.cmp_precedence(&module.version).is_ge() => {}
                _ => _ = selected.insert(module.path.clone(), module.version.clone()),
            }
        }
        selected
    }
}
