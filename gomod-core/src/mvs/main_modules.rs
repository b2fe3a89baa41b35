//! The main modules: one `go.mod`, or the members of a workspace, as the roots of a graph.

use std::hash::Hash;

use rustc_hash::{FxHashMap, FxHashSet};

use super::overrides::{MemberReplace, MemberReplaces};
use super::{Overrides, Pruning, Setup, Source, World};
use crate::graph::{ModuleId, PathId};
use crate::model::{GoMod, GoVersion, GoWork, ModulePath, Replace, ReplaceTarget};

/// One main module.
#[derive(Debug, Clone)]
pub struct Member {
    /// Its node in graphs.
    pub id: ModuleId,
    /// Its path.
    pub path: PathId,
    /// Its go line.
    pub go: Option<GoVersion>,
    /// The name on its toolchain line.
    pub toolchain: Option<String>,
    /// Its requirements in the order of the file, excluded ones included; `true`: `// indirect`.
    pub requires: Vec<(ModuleId, bool)>,
    /// The versions that it excludes.
    pub excludes: Vec<ModuleId>,
    /// Whether a version was not in canonical form, so that the go command would rewrite the file.
    pub needs_fix: bool,
}

/// The main module, or the members of a workspace, with what they override.
#[derive(Debug, Clone)]
pub struct MainModules {
    /// The main modules in the order of `go.work`, or the one.
    pub members: Vec<Member>,
    /// Excludes and replaces in force.
    pub overrides: Overrides,
    /// In a workspace, its go line (1.18 without one) and the name on its toolchain line.
    pub work: Option<(GoVersion, Option<String>)>,
}

/// Main modules that cannot be used together, or at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MainModulesError {
    /// There is no module line.
    #[error("missing module declaration; to add one: go mod edit -module=example.com/mod")]
    NoModuleLine,
    /// The path of the module line cannot be a main module's.
    #[error("invalid module path {path:?}: {reason}")]
    BadPath {
        /// The path.
        path: ModulePath,
        /// What is wrong with it.
        reason: String,
    },
    /// A tool line names what is no import path (`makeMainModules` in cmd/go's modload).
    #[error("malformed tool path {path:?}: {reason}")]
    BadTool {
        /// The path.
        path: ModulePath,
        /// What is wrong with it.
        reason: String,
    },
    /// Two replacements of one module disagree.
    #[error("conflicting replacements for {module}: {first} and {second}")]
    ConflictingReplaces {
        /// What is replaced.
        module: String,
        /// One target.
        first: String,
        /// The other.
        second: String,
    },
    /// The workspace names two modules of one path.
    #[error("module {0} appears multiple times in workspace")]
    Duplicate(ModulePath),
    /// The workspace replaces one of its own modules at all versions.
    #[error(
        "workspace module {0} is replaced at all versions in the go.work file; name the version to replace, or remove the line"
    )]
    ReplacedMember(ModulePath),
    /// A member needs a newer Go than the workspace declares.
    #[error(
        "module {member} listed in go.work requires go >= {needs}, but go.work says go {work}; to update it: go work use"
    )]
    WorkTooOld {
        /// The member.
        member: ModulePath,
        /// Its go line.
        needs: GoVersion,
        /// The workspace's go line.
        work: GoVersion,
    },
}

impl MainModules {
    /// The main module described by a `go.mod` that stands alone.
    ///
    /// # Errors
    /// [`MainModulesError`] when it cannot be a main module.
    pub fn single(world: &mut World, go_mod: &GoMod) -> Result<Self, MainModulesError> {
        Self::alone(world, go_mod, str::to_owned)
    }

    /// As [`MainModules::single`], with other names for the directories that its replaces name.
    ///
    /// # Errors
    /// [`MainModulesError`] when it cannot be a main module.
    pub fn alone(
        world: &mut World,
        go_mod: &GoMod,
        rebase: impl Fn(&str) -> String,
    ) -> Result<Self, MainModulesError> {
        let member = Member::new(world, go_mod)?;
        let mut overrides = Overrides {
            excludes: member.excludes.iter().copied().collect(),
            main: vec![member.path],
            ..Overrides::default()
        };
        add_replaces(world, &mut overrides, &go_mod.replace, rebase)?;
        Ok(Self {
            members: vec![member],
            overrides,
            work: None,
        })
    }

    /// The members of a workspace. `members` are the `go.mod` files in the order of the `use` lines;
    /// `rebase` turns a directory that a member's replace names into one relative to `go.work`.
    ///
    /// # Errors
    /// [`MainModulesError`] when the members do not fit together.
    pub fn workspace(
        world: &mut World,
        go_work: &GoWork,
        members: &[&GoMod],
        rebase: impl Fn(usize, &str) -> String,
    ) -> Result<Self, MainModulesError> {
        let go = go_work.go.as_ref().map_or_else(
            || GoVersion::new(GoVersion::DEFAULT_WORK),
            |line| line.version.clone(),
        );
        let toolchain = go_work.toolchain.as_ref().map(|line| line.name.clone());
        let mut overrides = Overrides::default();
        let mut list: Vec<Member> = Vec::new();
        for go_mod in members {
            let member = Member::new(world, go_mod)?;
            if let Some(needs) = &member.go
                && needs.is_strict()
                && needs.cmp_precedence(&go).is_gt()
            {
                return Err(MainModulesError::WorkTooOld {
                    member: world.modules.path(member.path).clone(),
                    needs: needs.clone(),
                    work: go,
                });
            }
            if overrides.main.contains(&member.path) {
                let path = world.modules.path(member.path).clone();
                return Err(MainModulesError::Duplicate(path));
            }
            overrides.main.push(member.path);
            overrides.excludes.extend(member.excludes.iter().copied());
            list.push(member);
        }
        add_replaces(world, &mut overrides, &go_work.replace, str::to_owned)?;
        if let Some(path) = overrides
            .main
            .iter()
            .find(|p| overrides.wildcard.contains_key(p))
        {
            let path = world.modules.path(*path).clone();
            return Err(MainModulesError::ReplacedMember(path));
        }
        let by_work: FxHashSet<ModulePath> = go_work
            .replace
            .iter()
            .map(|line| line.path.clone())
            .collect();
        // Across files only paths that go.work leaves alone must agree; within one file all.
        let mut all = Overrides::default();
        for (index, go_mod) in members.iter().enumerate() {
            let mut own = Overrides::default();
            add_replaces(world, &mut own, &go_mod.replace, str::to_owned)?;
            let mut based = Overrides::default();
            add_replaces(world, &mut based, &go_mod.replace, |dir| rebase(index, dir))?;
            overrides.members.push(MemberReplaces {
                exact: pair(based.exact, own.exact),
                wildcard: pair(based.wildcard, own.wildcard),
            });
            let replaces: Vec<Replace> = go_mod
                .replace
                .iter()
                .filter(|line| !by_work.contains(&line.path))
                .cloned()
                .collect();
            add_replaces(world, &mut all, &replaces, |dir| rebase(index, dir))?;
        }
        Ok(Self {
            members: list,
            overrides,
            work: Some((go, toolchain)),
        })
    }

    /// One member of a workspace as a main module of its own, under the excludes and replaces of the
    /// workspace: the others are dependencies like any. The workspace's graph is the union of these graphs,
    /// and of what is loaded because one member requires more than another.
    pub fn member(&self, index: usize) -> Option<Self> {
        let member = self.members.get(index)?.clone();
        Some(Self {
            overrides: Overrides {
                main: vec![member.path],
                ..self.overrides.clone()
            },
            members: vec![member],
            work: None,
        })
    }

    /// The same main modules with one more version excluded, by each of them: requirements on it do not
    /// count, their own included.
    #[must_use]
    pub fn excluding(&self, module: ModuleId) -> Self {
        let mut without = self.clone();
        without.overrides.excludes.insert(module);
        for member in &mut without.members {
            member.excludes.push(module);
        }
        without
    }

    /// Whether these are the members of a workspace.
    pub fn is_workspace(&self) -> bool {
        self.work.is_some()
    }

    /// The go version that decides how the graph is loaded; 1.16 for a `go.mod` without a go line.
    pub fn go_version(&self) -> GoVersion {
        match &self.work {
            Some((go, _)) => go.clone(),
            None => self
                .members
                .first()
                .and_then(|member| member.go.clone())
                .unwrap_or_else(|| GoVersion::new(GoVersion::DEFAULT)),
        }
    }

    /// The paths required without an `// indirect` mark. An excluded requirement does not count, nor does
    /// its mark (`rootsFromModFile` in cmd/go's modload).
    pub fn direct(&self, world: &World) -> FxHashSet<PathId> {
        self.members
            .iter()
            .flat_map(|member| {
                let kept = |module: &ModuleId| !member.excludes.contains(module);
                member.requires.iter().filter(move |(m, _)| kept(m))
            })
            .filter(|(_, indirect)| !indirect)
            .map(|(module, _)| world.modules.path_of(*module))
            .collect()
    }

    /// What a resolver loads these main modules' graph from.
    pub fn setup(&self, world: &mut World, local_go: Option<&GoVersion>) -> Setup {
        let go = self.go_version();
        let mut roots: Vec<ModuleId> = Vec::new();
        let mut members = Vec::new();
        let toolchain = match &self.work {
            None => {
                let member = self.members.first();
                roots.extend(member.iter().flat_map(|m| m.kept()));
                member.and_then(|m| m.toolchain.clone())
            }
            Some((_, toolchain)) => {
                for member in &self.members {
                    roots.push(member.id);
                    let mut requires: Vec<ModuleId> = member
                        .requires
                        .iter()
                        .map(|(module, _)| *module)
                        .filter(|module| !self.overrides.excludes.contains(module))
                        .collect();
                    if let Some(go) = member.go.as_ref().filter(|go| go.is_strict()) {
                        requires.push(world.go_module(go));
                    }
                    members.push((member.id, requires, member.prunes()));
                }
                toolchain.clone()
            }
        };
        roots.push(world.go_module(&go));
        if let Some(name) = toolchain {
            roots.push(world.toolchain_module(&name));
        }
        world.modules.sort(&mut roots);
        Setup {
            main: self.members.iter().map(|member| member.id).collect(),
            roots,
            members,
            pruning: match &self.work {
                Some(_) => Pruning::Workspace,
                None if go.prunes() => Pruning::Pruned,
                None => Pruning::Unpruned,
            },
            overrides: self.overrides.clone(),
            local_go: local_go.cloned(),
        }
    }
}

impl Member {
    fn new(world: &mut World, go_mod: &GoMod) -> Result<Self, MainModulesError> {
        let Some(line) = &go_mod.module else {
            return Err(MainModulesError::NoModuleLine);
        };
        let reason = if line.path.is_toolchain() {
            Some("it is reserved".to_owned())
        } else {
            line.path
                .check_import()
                .err()
                .map(|error| error.to_string())
        };
        if let Some(reason) = reason {
            let path = line.path.clone();
            return Err(MainModulesError::BadPath { path, reason });
        }
        for tool in &go_mod.tool {
            let path = ModulePath::new(&tool.path);
            if let Err(error) = path.check_import() {
                let reason = error.to_string();
                return Err(MainModulesError::BadTool { path, reason });
            }
        }
        let path = world.modules.path_id(&line.path);
        let requires = go_mod
            .require
            .iter()
            .map(|line| {
                let path = world.modules.path_id(&line.path);
                (
                    world.modules.module_id(path, Some(&line.version)),
                    line.indirect,
                )
            })
            .collect();
        let excludes = go_mod
            .exclude
            .iter()
            .map(|line| {
                let path = world.modules.path_id(&line.path);
                world.modules.module_id(path, Some(&line.version))
            })
            .collect();
        Ok(Self {
            id: world.modules.module_id(path, None),
            path,
            go: go_mod.go.as_ref().map(|line| line.version.clone()),
            toolchain: go_mod.toolchain.as_ref().map(|line| line.name.clone()),
            requires,
            excludes,
            needs_fix: !go_mod.is_canonical(),
        })
    }

    /// The requirements that are not excluded.
    pub fn kept(&self) -> impl Iterator<Item = ModuleId> + '_ {
        self.requires
            .iter()
            .map(|(module, _)| *module)
            .filter(|module| !self.excludes.contains(module))
    }

    /// Whether the module's own graph is pruned.
    pub fn prunes(&self) -> bool {
        self.go.as_ref().is_some_and(GoVersion::prunes)
    }
}

/// Adds replace lines; two that name the same module must agree.
fn add_replaces(
    world: &mut World,
    overrides: &mut Overrides,
    lines: &[Replace],
    rebase: impl Fn(&str) -> String,
) -> Result<(), MainModulesError> {
    for line in lines {
        let source = match &line.target {
            ReplaceTarget::Module(module) => Source::Module(world.modules.intern(module)),
            ReplaceTarget::Directory(directory) => Source::Directory(rebase(directory)),
        };
        let path = world.modules.path_id(&line.path);
        let old = match &line.version {
            Some(version) => {
                let module = world.modules.module_id(path, Some(version));
                overrides.exact.insert(module, source.clone())
            }
            None => overrides.wildcard.insert(path, source.clone()),
        };
        if let Some(old) = old.filter(|old| *old != source) {
            return Err(MainModulesError::ConflictingReplaces {
                module: match &line.version {
                    Some(version) => format!("{}@{version}", line.path),
                    None => line.path.to_string(),
                },
                first: display(world, &old),
                second: display(world, &source),
            });
        }
    }
    Ok(())
}

/// Joins the sources of a member's replacements with what is written for them.
fn pair<K: Eq + Hash>(
    based: FxHashMap<K, Source>,
    mut own: FxHashMap<K, Source>,
) -> FxHashMap<K, MemberReplace> {
    based
        .into_iter()
        .filter_map(|(key, source)| {
            let written = own.remove(&key)?;
            Some((key, MemberReplace { source, written }))
        })
        .collect()
}

fn display(world: &World, source: &Source) -> String {
    match source {
        Source::Module(module) => world.modules.display(*module),
        Source::Directory(directory) => directory.clone(),
    }
}
