//! Whether every package that the main module imports, directly or not, is provided, and by which module.
//!
//! It needs the main module's sources and those of every module that provides a package. When some of them
//! are not to be had there is no answer, and root closure stands in (the design's C4).

use rustc_hash::{FxHashMap, FxHashSet};

use super::Needs;
use crate::graph::{ModuleGraph, ModuleId};
use crate::imports::{Import, Known, Package, Tests, Unresolved, Use, Walk, may_hold, walk};
use crate::mvs::{Overrides, Pruning, Source, SourceId, World};

/// The packages that were fed.
#[derive(Debug, Clone, Default)]
pub struct Packages {
    /// The main module's packages by directory, `""` for its own; `None` without sources.
    main: Option<FxHashMap<String, Package>>,
    /// The packages that its tool lines name.
    tools: Vec<Import>,
    known: FxHashMap<SourceId, FxHashMap<String, Option<Package>>>,
    unavailable: Option<String>,
    /// The sources that were only to be tried, and whose content cannot be had.
    untold: FxHashSet<SourceId>,
}

/// A build list as imports are resolved against it.
#[derive(Debug, Clone)]
pub(super) struct Universe {
    modules: Vec<(String, Option<ModuleId>, bool)>,
    sources: FxHashMap<ModuleId, SourceId>,
    /// Whether one of its modules is only tried in the place of another.
    probes: bool,
}

/// What is said about the imports under a build list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportCheck {
    /// How many packages outside the main module were reached.
    pub packages: usize,
    /// How many modules provide them.
    pub modules: usize,
    /// All modules that were looked into for them.
    pub looked: Vec<ModuleId>,
    /// Imports that are provided today, and under the plan by no module or by several.
    pub unresolved: Vec<Unresolved<ModuleId>>,
    /// What was tried to do without those.
    pub tried: Vec<TriedLower>,
}

/// The lower versions that were tried of a module that imports what no module provides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TriedLower {
    /// The version that imports it.
    pub module: ModuleId,
    /// Those that were looked at in its place, highest first.
    pub versions: Vec<ModuleId>,
    /// The highest of them that misses nothing, though it leads to no plan that is better.
    pub fits: Option<ModuleId>,
    /// How many others could not be looked at, since their content is not to be had.
    pub untold: usize,
}

impl Packages {
    /// The main module's packages by directory below it, `""` for its own. `tools` are the import paths
    /// of its tool lines.
    pub fn new(main: impl IntoIterator<Item = (String, Package)>, tools: &[String]) -> Self {
        Self {
            main: Some(main.into_iter().collect()),
            tools: tools
                .iter()
                .map(|path| Import {
                    path: path.clone(),
                    file: "go.mod".to_owned(),
                })
                .collect(),
            ..Self::default()
        }
    }

    /// No sources, and why: nothing will be asked for.
    pub fn unknown(why: impl Into<String>) -> Self {
        Self {
            unavailable: Some(why.into()),
            ..Self::default()
        }
    }

    /// Feeds a directory of a module: its package, or none when it has no Go files.
    pub fn feed(&mut self, source: SourceId, directory: &str, package: Option<Package>) {
        self.known
            .entry(source)
            .or_default()
            .insert(directory.to_owned(), package);
    }

    /// Feeds that a module's content cannot be had: imports are not followed any more.
    pub fn feed_failure(&mut self, why: String) {
        self.unavailable.get_or_insert(why);
    }

    /// Feeds that the content of a source cannot be had that was only to be tried.
    pub fn feed_untold(&mut self, source: SourceId) {
        self.untold.insert(source);
    }

    /// Whether the content of a source is known not to be had.
    pub(super) fn is_untold(&self, source: SourceId) -> bool {
        self.untold.contains(&source)
    }

    /// The packages of all members of a workspace, each with the name of its directory (`a`) and whatever is
    /// known of its packages. Imports are followed unless those of all members are unknown.
    pub(super) fn union(members: &[(&str, &Self)]) -> Self {
        let mut all = Self::default();
        for (name, one) in members {
            let Some(main) = one.main.as_ref().filter(|_| one.are_known()) else {
                all.unavailable = all.unavailable.take().or(one.unavailable.clone());
                continue;
            };
            let below = |directory: &str| match (*name, directory) {
                ("", directory) => directory.to_owned(),
                (name, "") => name.to_owned(),
                (name, directory) => format!("{name}/{directory}"),
            };
            all.main.get_or_insert_default().extend(
                main.iter()
                    .map(|(directory, package)| (below(directory), package.clone())),
            );
            all.tools.extend(one.tools.iter().map(|tool| Import {
                path: tool.path.clone(),
                file: below(&tool.file),
            }));
        }
        if all.main.is_some() {
            all.unavailable = None;
        }
        all
    }

    /// Gives what was fed of modules to `to`, until [`Packages::take_back`].
    pub(super) fn lend(&mut self, to: &mut Self) {
        to.known = std::mem::take(&mut self.known);
        to.untold = std::mem::take(&mut self.untold);
        if let Some(why) = &self.unavailable {
            to.unavailable.get_or_insert_with(|| why.clone());
        }
    }

    /// Takes back what was lent.
    pub(super) fn take_back(&mut self, from: &mut Self) {
        self.known = std::mem::take(&mut from.known);
        self.untold = std::mem::take(&mut from.untold);
    }

    /// Why imports are not followed, if they are not.
    pub fn unavailable(&self) -> Option<&str> {
        self.unavailable.as_deref()
    }

    /// The main module's packages by directory, where they are known.
    pub(super) fn main(&self) -> Option<&FxHashMap<String, Package>> {
        self.main.as_ref()
    }

    /// Whether imports can be followed, as far as is known.
    pub(super) fn are_known(&self) -> bool {
        self.main.is_some() && self.unavailable.is_none()
    }

    /// Follows the imports under a build list; `None` when they cannot be followed.
    pub(super) fn walk(&self, universe: &Universe) -> Option<Walk<ModuleId>> {
        self.walk_with(universe, Tests::None)
    }

    /// As [`Packages::walk`], with the tests of other modules.
    pub(super) fn walk_with(&self, universe: &Universe, tests: Tests) -> Option<Walk<ModuleId>> {
        let main = self.main.as_ref().filter(|_| self.are_known())?;
        let mut directories: Vec<(&String, &Package)> = main.iter().collect();
        directories.sort_unstable_by_key(|(directory, _)| *directory);
        let used = |directory: &str, file: &str| Use {
            by: None,
            package: directory.to_owned(),
            file: match directory {
                "" => file.to_owned(),
                directory => format!("{directory}/{file}"),
            },
        };
        let of_packages = directories.into_iter().flat_map(|(directory, package)| {
            let imports = package.imports.iter().chain(&package.test_imports);
            imports.map(move |import| (used(directory, &import.file), import))
        });
        let of_tools = self.tools.iter().map(|tool| (used("", &tool.file), tool));
        let modules = universe
            .modules
            .iter()
            .map(|(path, module, root)| (path.as_str(), (*module, *root)))
            .collect();
        Some(walk(
            of_packages.chain(of_tools),
            tests,
            &modules,
            |module, directory| {
                let Some(module) = module else {
                    return main.get(directory).map_or(Known::Absent, Known::Package);
                };
                let Some(source) = universe.sources.get(&module) else {
                    return Known::Absent;
                };
                match self.known.get(source).and_then(|dirs| dirs.get(directory)) {
                    None => Known::Unknown,
                    Some(None) => Known::Absent,
                    Some(Some(package)) => Known::Package(package),
                }
            },
        ))
    }

    /// Follows the imports under a build list to their ends, or says what must be fed for it: nothing, where a
    /// content is missing that is only tried. `None` when they cannot be followed.
    pub(super) fn follow(&self, universe: Universe) -> Result<Option<Walk<ModuleId>>, Needs> {
        match self.walk(&universe) {
            Some(walk) if !walk.needs.is_empty() => Err(Needs {
                universes: vec![universe.clone()],
                ..self.wanted(&universe, &walk.needs)
            }),
            walk => Ok(walk),
        }
    }

    /// As [`Packages::follow`]; what does not resolve in today's build list either is left out.
    pub(super) fn follow_beyond(
        &self,
        planned: Universe,
        today: impl FnOnce() -> Option<Universe>,
    ) -> Result<Option<Walk<ModuleId>>, Needs> {
        let Some(mut walk) = self.follow(planned)? else {
            return Ok(None);
        };
        if !walk.unresolved.is_empty()
            && let Some(today) = today()
            && let Some(before) = self.follow(today)?
        {
            let known = |one: &Unresolved<ModuleId>| {
                let mut before = before.unresolved.iter();
                before.any(|before| before.path == one.path)
            };
            walk.unresolved.retain(|one| !known(one));
        }
        Ok(Some(walk))
    }

    /// What `needs` of a walk stand for.
    pub(super) fn wanted(&self, universe: &Universe, needs: &[(ModuleId, String)]) -> Needs {
        let source = |module: &ModuleId| universe.sources.get(module).copied();
        let wanted = needs
            .iter()
            .filter_map(|(module, directory)| Some((source(module)?, directory.clone())));
        let wanted: Vec<(SourceId, String)> = wanted.collect();
        let (packages, probes) = match universe.probes {
            false => (wanted, Vec::new()),
            true if wanted.iter().any(|(source, _)| self.is_untold(*source)) => Default::default(),
            true => (Vec::new(), wanted),
        };
        Needs {
            packages,
            probes,
            ..Needs::default()
        }
    }
}

impl ImportCheck {
    /// What a walk found; only modules for which `counts` holds are named and counted.
    pub(super) fn new(walk: Walk<ModuleId>, counts: impl Fn(&ModuleId) -> bool) -> Self {
        Self {
            packages: walk.packages,
            modules: walk.providers.keys().filter(|one| counts(one)).count(),
            looked: walk.looked.into_iter().filter(counts).collect(),
            unresolved: walk.unresolved,
            tried: Vec::new(),
        }
    }
}

impl Universe {
    /// The build list of `graph`, of which `roots` are looked at first; where nothing is pruned, all modules are looked
    /// at in one go (`load` in cmd/go/internal/modload/load.go).
    pub(super) fn new(
        world: &mut World,
        graph: &ModuleGraph,
        overrides: &Overrides,
        (roots, pruning): (&[ModuleId], Pruning),
    ) -> Self {
        let roots: FxHashSet<ModuleId> = roots.iter().copied().collect();
        let at_once = pruning == Pruning::Unpruned;
        let mut universe = Self {
            modules: Vec::new(),
            sources: FxHashMap::default(),
            probes: false,
        };
        for module in graph.build_list(&world.modules) {
            let path = world.modules.path_of(module);
            let name = world.modules.path(path).to_string();
            if overrides.main.contains(&path) {
                universe.modules.push((name, None, true));
            } else if let Some(source) = world.source_of(module, overrides) {
                universe.sources.insert(module, source);
                universe
                    .modules
                    .push((name, Some(module), at_once || roots.contains(&module)));
            }
        }
        universe
    }

    /// The module of the longest path that an import path begins with.
    pub(super) fn holder(&self, package: &str) -> Option<ModuleId> {
        let modules = self.modules.iter();
        let modules = modules.filter(|(path, _, _)| may_hold(path, package));
        modules.max_by_key(|(path, _, _)| path.len())?.1
    }

    /// The same build list with another version in the place of one, to be tried.
    pub(super) fn with(mut self, of: ModuleId, version: ModuleId, source: SourceId) -> Self {
        for (_, module, _) in &mut self.modules {
            if *module == Some(of) {
                *module = Some(version);
            }
        }
        self.sources.insert(version, source);
        self.probes = true;
        self
    }

    /// The build list of a workspace, whose members stand in `directories` and are looked at first.
    pub(super) fn workspace(
        world: &mut World,
        graph: &ModuleGraph,
        overrides: &Overrides,
        directories: &[(ModuleId, String)],
    ) -> Self {
        let mut universe = Self::new(world, graph, overrides, (&[], Pruning::Workspace));
        universe.modules.retain(|(_, module, _)| module.is_some());
        for (member, directory) in directories {
            let source = world.source_id(Source::Directory(directory.clone()));
            universe.sources.insert(*member, source);
            let name = world
                .modules
                .path(world.modules.path_of(*member))
                .to_string();
            universe.modules.push((name, Some(*member), true));
        }
        universe
    }
}
