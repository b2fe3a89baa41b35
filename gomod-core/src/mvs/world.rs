//! What is known about modules: interned names and the facts of each `go.mod` that was read.
//!
//! A world only grows. Resolvers, planners and explanations all read from it, so that each `go.mod` is
//! fetched and parsed once, whatever is asked of it.

use rustc_hash::FxHashMap;

use super::{LoadError, Overrides};
use crate::graph::{ModuleId, Modules, PathId};
use crate::model::{GoMod, GoVersion, ModulePath, Version};

/// Where the content of a module comes from, after replacements.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Source {
    /// A module at a version, from the module cache or a proxy.
    Module(ModuleId),
    /// A directory named by a `replace` line, as it stands there.
    Directory(String),
}

/// An interned [`Source`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(u32);

impl SourceId {
    /// The position in tables indexed by source.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// What a dependency's `go.mod` says, as far as graphs need it.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The path of its module line.
    pub declares: Option<ModulePath>,
    /// Its go line; without one the module counts as Go 1.16.
    pub go: Option<GoVersion>,
    /// Its requirements in order; from Go 1.21 the last one is `go` itself.
    pub requires: Vec<ModuleId>,
    /// Intervals of retracted versions, both ends included, with the reason given.
    pub retracts: Vec<(Version, Version, String)>,
    /// The text behind `Deprecated:`.
    pub deprecated: Option<String>,
    /// Asked for so often that they are kept: `go` against 1.17 and 1.21, and the declared path.
    prunes: bool,
    strict: bool,
    declared: Option<PathId>,
}

impl Facts {
    /// Whether the module's graph is pruned: its go line is 1.17 or later.
    pub fn prunes(&self) -> bool {
        self.prunes
    }
}

/// The requirements that count for a module: replaced, filtered, checked.
#[derive(Debug, Clone, Copy)]
pub struct Requirements<'a> {
    facts: Option<&'a Facts>,
    toolchain: Option<ModuleId>,
}

impl<'a> Requirements<'a> {
    /// The requirements, with those on excluded versions left out.
    pub fn iter(self, overrides: &'a Overrides) -> impl Iterator<Item = ModuleId> + 'a {
        self.facts
            .into_iter()
            .flat_map(|facts| facts.requires.iter().copied())
            .chain(self.toolchain)
            .filter(move |module| !overrides.excludes.contains(module))
    }

    /// Whether the module's own graph is pruned.
    pub fn prunes(self) -> bool {
        self.facts.is_none_or(Facts::prunes)
    }

    /// The module's go line.
    pub fn go(self) -> Option<&'a GoVersion> {
        self.facts.and_then(|facts| facts.go.as_ref())
    }
}

/// The store of names and facts.
#[derive(Debug, Default)]
pub struct World {
    /// The names of paths and modules.
    pub modules: Modules,
    sources: Vec<Source>,
    /// The sources of modules by module, those of directories by name.
    module_sources: Vec<Option<SourceId>>,
    directory_sources: FxHashMap<String, SourceId>,
    facts: Vec<Option<Result<Facts, LoadError>>>,
}

impl World {
    /// An empty world.
    pub fn new() -> Self {
        Self::default()
    }

    /// The id of a source, made if it is new.
    pub fn source_id(&mut self, source: Source) -> SourceId {
        if let Some(id) = self.find_source(&source) {
            return id;
        }
        let id = SourceId(u32::try_from(self.sources.len()).unwrap_or(u32::MAX));
        match &source {
            Source::Module(module) => {
                if self.module_sources.len() <= module.index() {
                    self.module_sources.resize(self.modules.len(), None);
                }
                self.module_sources[module.index()] = Some(id);
            }
            Source::Directory(name) => _ = self.directory_sources.insert(name.clone(), id),
        }
        self.sources.push(source);
        self.facts.push(None);
        id
    }

    fn find_source(&self, source: &Source) -> Option<SourceId> {
        match source {
            Source::Module(module) => self.module_source(*module),
            Source::Directory(name) => self.directory_sources.get(name).copied(),
        }
    }

    fn module_source(&self, module: ModuleId) -> Option<SourceId> {
        self.module_sources.get(module.index()).copied().flatten()
    }

    /// The source behind an id.
    pub fn source(&self, id: SourceId) -> &Source {
        &self.sources[id.index()]
    }

    /// What was fed for a source, if anything.
    pub fn facts(&self, id: SourceId) -> Option<&Result<Facts, LoadError>> {
        self.facts[id.index()].as_ref()
    }

    /// What was fed for an unreplaced module, if anything.
    pub fn module_facts(&self, module: ModuleId) -> Option<&Result<Facts, LoadError>> {
        self.facts(self.module_source(module)?)
    }

    /// What the `go.mod` files that were fed ask for, as often as they do.
    pub fn required(&self) -> impl Iterator<Item = ModuleId> + '_ {
        let read = self.facts.iter().flatten().flatten();
        read.flat_map(|facts| facts.requires.iter().copied())
    }

    /// Feeds the bytes of a `go.mod`; the first answer for a source counts.
    pub fn feed(&mut self, id: SourceId, go_mod: &[u8]) {
        let parsed = match GoMod::parse_dependency("go.mod", go_mod) {
            Ok(parsed) => Ok(self.facts_of(&parsed)),
            Err(errors) => Err(LoadError::Syntax(errors.to_string())),
        };
        self.feed_facts(id, parsed);
    }

    /// Feeds facts that were parsed before, or why there are none; the first answer for a source counts.
    pub fn feed_facts(&mut self, id: SourceId, facts: Result<Facts, LoadError>) {
        let slot = &mut self.facts[id.index()];
        if slot.is_none() {
            *slot = Some(facts);
        }
    }

    /// Turns a parsed `go.mod` into facts.
    pub fn facts_of(&mut self, go_mod: &GoMod) -> Facts {
        let mut requires: Vec<ModuleId> = Vec::with_capacity(go_mod.require.len() + 1);
        for requirement in &go_mod.require {
            let path = self.modules.path_id(&requirement.path);
            requires.push(self.modules.module_id(path, Some(&requirement.version)));
        }
        let go = go_mod.go.as_ref().map(|line| line.version.clone());
        if let Some(go) = go.as_ref().filter(|go| go.is_strict()) {
            requires.push(self.go_module(go));
        }
        let declares = go_mod.module.as_ref().map(|line| &line.path);
        Facts {
            declared: declares.map(|path| self.modules.path_id(path)),
            declares: go_mod.module.as_ref().map(|line| line.path.clone()),
            prunes: go.as_ref().is_some_and(GoVersion::prunes),
            strict: go.as_ref().is_some_and(GoVersion::is_strict),
            go,
            requires,
            retracts: go_mod
                .retract
                .iter()
                .map(|line| (line.low.clone(), line.high.clone(), line.rationale.clone()))
                .collect(),
            deprecated: go_mod
                .module
                .as_ref()
                .and_then(|line| line.deprecated.clone()),
        }
    }

    /// The id of the pseudo-module `go` at a version; `toolchain` at the same one is interned with it.
    pub fn go_module(&mut self, go: &GoVersion) -> ModuleId {
        self.toolchain_module(&format!("go{go}"));
        self.modules.module_id(PathId::GO, Some(&Version::go(go)))
    }

    /// The id of the pseudo-module `toolchain` at a name.
    pub fn toolchain_module(&mut self, name: &str) -> ModuleId {
        self.modules
            .module_id(PathId::TOOLCHAIN, Some(&Version::toolchain(name)))
    }

    /// Where the content of `module` comes from under `overrides`; `None` for `go` and `toolchain`.
    pub fn source_of(&mut self, module: ModuleId, overrides: &Overrides) -> Option<SourceId> {
        let path = self.modules.path_of(module);
        if path.is_toolchain() {
            return None;
        }
        let source = overrides
            .replacement(&self.modules, module)
            .cloned()
            .unwrap_or(Source::Module(module));
        Some(self.source_id(source))
    }

    /// As [`World::source_of`] for a module whose source was asked for before.
    pub fn known_source_of(&self, module: ModuleId, overrides: &Overrides) -> Option<SourceId> {
        match overrides.replacement(&self.modules, module) {
            Some(source) => self.find_source(source),
            None => self.module_source(module),
        }
    }

    /// What the `go.mod` of a module says under `overrides`, where it was fed and could be read.
    pub fn known_facts(&self, module: ModuleId, overrides: &Overrides) -> Option<&Facts> {
        let source = self.known_source_of(module, overrides)?;
        self.facts(source)?.as_ref().ok()
    }

    /// The requirements of `module` as the `go` command would load them (`goModSummary` in cmd/go).
    ///
    /// `Ok(None)` when its `go.mod` has not been fed yet.
    ///
    /// # Errors
    /// [`LoadError`] when it was fed a failure, declares another path, or needs a newer Go than `local`.
    pub fn requirements(
        &self,
        module: ModuleId,
        overrides: &Overrides,
        local: Option<&GoVersion>,
    ) -> Result<Option<Requirements<'_>>, LoadError> {
        let path = self.modules.path_of(module);
        if path.is_toolchain() {
            return Ok(Some(Requirements {
                facts: None,
                toolchain: self.toolchain_of(path, module),
            }));
        }
        if overrides.conflict(&self.modules, module) {
            return Err(LoadError::ConflictingReplaces);
        }
        let Some(source) = self.known_source_of(module, overrides) else {
            return Ok(None);
        };
        let facts = match &self.facts[source.index()] {
            None => return Ok(None),
            Some(Err(error)) => return Err(error.clone()),
            Some(Ok(facts)) => facts,
        };
        if let (Some(go), Some(local)) = (&facts.go, local)
            && facts.strict
            && go.cmp_precedence(local).is_gt()
        {
            return Err(LoadError::TooNew {
                needs: go.clone(),
                local: local.clone(),
            });
        }
        if let Source::Module(actual) = self.source(source) {
            let required_as = self.modules.path(path);
            let fetched_as = self.modules.path(self.modules.path_of(*actual));
            match &facts.declares {
                _ if facts.declared == Some(path) => {}
                None => return Err(LoadError::NoModuleLine),
                Some(declared) if declared.as_str().is_empty() => {
                    return Err(LoadError::NoModuleLine);
                }
                Some(declared) if declared != required_as && declared != fetched_as => {
                    return Err(LoadError::OtherPath {
                        declares: declared.clone(),
                        required_as: required_as.clone(),
                    });
                }
                Some(_) => {}
            }
        }
        Ok(Some(Requirements {
            facts: Some(facts),
            toolchain: None,
        }))
    }

    /// `go@1.21.3` requires `toolchain@go1.21.3`, from 1.21 on.
    fn toolchain_of(&self, path: PathId, module: ModuleId) -> Option<ModuleId> {
        if path != PathId::GO {
            return None;
        }
        let go = self.modules.version(module)?.as_go()?;
        if !go.is_strict() {
            return None;
        }
        let toolchain = Version::toolchain(&format!("go{go}"));
        self.modules
            .find_module(PathId::TOOLCHAIN, Some(&toolchain))
    }
}
