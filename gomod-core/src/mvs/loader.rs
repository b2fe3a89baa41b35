//! Loads the graph of the main modules and treats inconsistent roots as the `go` command does:
//! `go mod graph` updates them and prints the result, `go list -m all` refuses them.

use rustc_hash::FxHashSet;

use super::{MainModules, Pruning, ResolveError, Resolver, Setup, SourceId, World, minimal_roots};
use crate::graph::{ModuleGraph, ModuleId, PathId};
use crate::model::GoVersion;

/// What to do about roots that are not at their selected versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Report them (`-mod=readonly`, `go list -m all`).
    ReadOnly,
    /// Update them (`go mod graph`).
    Update,
}

/// Why `go.mod` would have to be updated before the `go` command accepts it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Inconsistency {
    /// A requirement is below the version that is selected for its path.
    NotSelected {
        /// What the main module requires.
        root: ModuleId,
        /// What is selected.
        selected: ModuleId,
    },
    /// The main module requires a version that it excludes.
    Excluded(ModuleId),
    /// The toolchain line says no more than the go line.
    RedundantToolchain(String),
    /// A version is not in canonical form.
    NotCanonical,
}

/// A loaded graph with the roots it was loaded from in the end.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The graph.
    pub graph: ModuleGraph,
    /// What the graph was loaded from, updated roots included.
    pub setup: Setup,
    /// What [`Mode::ReadOnly`] found; empty when `go list -m all` would go on.
    pub inconsistencies: Vec<Inconsistency>,
}

/// A state machine like [`Resolver`], which it drives.
#[derive(Debug)]
pub struct Loader {
    mode: Mode,
    setup: Setup,
    direct: FxHashSet<PathId>,
    /// What stands for a toolchain line without a version, which is never selected.
    none: ModuleId,
    inconsistencies: Vec<Inconsistency>,
    state: State,
}

#[derive(Debug)]
enum State {
    Loading(Box<Resolver>, bool),
    Done(Box<Result<ModuleGraph, ResolveError>>),
}

impl Loader {
    /// Starts to load the graph of `main`.
    pub fn new(
        world: &mut World,
        main: &MainModules,
        mode: Mode,
        local_go: Option<&GoVersion>,
    ) -> Self {
        let mut setup = main.setup(world, local_go);
        let direct = main.direct(world);
        if mode == Mode::Update && setup.pruning == Pruning::Pruned && is_redundant(world, &setup) {
            setup.roots = highest_roots(world, &setup);
        }
        let inconsistencies = match mode {
            Mode::ReadOnly => written(main),
            Mode::Update => Vec::new(),
        };
        Self {
            mode,
            direct,
            none: world.toolchain_module("none"),
            inconsistencies,
            state: State::Loading(Box::new(Resolver::new(world, &setup)), false),
            setup,
        }
    }

    /// Says which `go.mod` files are needed next; nothing needed means done.
    pub fn advance(&mut self, world: &mut World) -> Vec<SourceId> {
        loop {
            let State::Loading(resolver, last) = &mut self.state else {
                return Vec::new();
            };
            let needs = resolver.advance(world, &self.setup);
            if !needs.is_empty() {
                return needs;
            }
            let last = *last;
            let graph = match resolver.take_graph() {
                Ok(graph) => graph,
                Err(error) => {
                    self.state = State::Done(Box::new(Err(error)));
                    return Vec::new();
                }
            };
            match self.updated_roots(world, &graph, last) {
                Some((roots, last)) => {
                    self.setup.roots = roots;
                    let resolver = Resolver::new(world, &self.setup);
                    self.state = State::Loading(Box::new(resolver), last);
                }
                None => self.state = State::Done(Box::new(Ok(graph))),
            }
        }
    }

    /// The loaded graph.
    ///
    /// # Errors
    /// [`ResolveError`] for the first `go.mod` that could not be used.
    pub fn finish(self) -> Result<Loaded, ResolveError> {
        match self.state {
            State::Done(result) => Ok(Loaded {
                graph: (*result)?,
                setup: self.setup,
                inconsistencies: self.inconsistencies,
            }),
            State::Loading(mut resolver, _) => Ok(Loaded {
                graph: resolver.take_graph()?,
                setup: self.setup,
                inconsistencies: self.inconsistencies,
            }),
        }
    }

    /// The roots to load next, and whether that is the last time; `None` when the graph stands.
    fn updated_roots(
        &mut self,
        world: &World,
        graph: &ModuleGraph,
        last: bool,
    ) -> Option<(Vec<ModuleId>, bool)> {
        if last || self.setup.pruning == Pruning::Workspace {
            return None;
        }
        let modules = &world.modules;
        let pruned = self.setup.pruning == Pruning::Pruned;
        // One root that is an older version of the main module is left alone; of two, one has to go.
        let mut own: Vec<ModuleId> = self.setup.roots.clone();
        own.retain(|root| self.is_main(world, *root));
        own.dedup();
        let own_stays = own.len() < 2 || self.mode == Mode::Update;
        let none = self.none;
        let selected_of = |root: ModuleId| graph.selected(modules.path_of(root)).unwrap_or(none);
        let stale: Vec<(ModuleId, ModuleId)> = self
            .setup
            .roots
            .iter()
            .filter(|root| !pruned || !own_stays || !self.is_main(world, **root))
            .map(|root| (*root, selected_of(*root)))
            .filter(|(root, selected)| root != selected)
            .collect();
        if self.mode == Mode::ReadOnly {
            self.inconsistencies.extend(
                stale
                    .into_iter()
                    .map(|(root, selected)| Inconsistency::NotSelected { root, selected }),
            );
            return None;
        }
        if pruned {
            if stale.is_empty() {
                return None;
            }
            let mut roots: Vec<ModuleId> = Vec::new();
            for root in self
                .setup
                .roots
                .iter()
                .filter(|root| !self.is_main(world, **root))
            {
                let selected = selected_of(*root);
                if !roots.contains(&selected) {
                    roots.push(selected);
                }
            }
            return Some((roots, false));
        }
        if stale.is_empty() && !is_redundant(world, &self.setup) {
            return None;
        }
        let selected: Vec<ModuleId> = graph
            .build_list(modules)
            .into_iter()
            .filter(|module| !self.setup.main.contains(module))
            .collect();
        let mut base: Vec<PathId> = self
            .setup
            .roots
            .iter()
            .filter(|root| graph.is_selected(modules, **root))
            .map(|root| modules.path_of(*root))
            .collect();
        base.extend(
            selected
                .iter()
                .map(|module| modules.path_of(*module))
                .filter(|path| self.direct.contains(path) || *path == PathId::GO),
        );
        Some((minimal_roots(modules, graph, &selected, &base), true))
    }

    fn is_main(&self, world: &World, module: ModuleId) -> bool {
        let path = world.modules.path_of(module);
        self.setup
            .main
            .iter()
            .any(|main| world.modules.path_of(*main) == path)
    }
}

/// What is wrong with a `go.mod` whatever its graph says.
fn written(main: &MainModules) -> Vec<Inconsistency> {
    let mut found = Vec::new();
    if main.is_workspace() {
        return found;
    }
    for member in &main.members {
        found.extend(
            member
                .requires
                .iter()
                .map(|(module, _)| *module)
                .filter(|module| member.excludes.contains(module))
                .map(Inconsistency::Excluded),
        );
        if member.needs_fix {
            found.push(Inconsistency::NotCanonical);
        }
        if let Some(name) = &member.toolchain {
            let go = main.go_version();
            let version = GoVersion::of_toolchain(name);
            if *name == format!("go{go}") || version.is_none_or(|version| !version.is_strict()) {
                found.push(Inconsistency::RedundantToolchain(name.clone()));
            }
        }
    }
    found
}

/// Whether a path stands twice among the roots, or a main module among them.
fn is_redundant(world: &World, setup: &Setup) -> bool {
    let mut paths: Vec<PathId> = setup
        .roots
        .iter()
        .chain(&setup.main)
        .map(|module| world.modules.path_of(*module))
        .collect();
    let all = paths.len();
    paths.sort_unstable();
    paths.dedup();
    paths.len() != all
}

/// The highest root of each path, without main modules.
fn highest_roots(world: &World, setup: &Setup) -> Vec<ModuleId> {
    let modules = &world.modules;
    let mut roots: Vec<ModuleId> = Vec::new();
    for root in &setup.roots {
        let path = modules.path_of(*root);
        if setup.main.iter().any(|main| modules.path_of(*main) == path) {
            continue;
        }
        match roots.last_mut() {
            Some(last) if modules.path_of(*last) == path => *last = *root, // sorted: a later one is higher
            _ => roots.push(*root),
        }
    }
    roots
}

impl Inconsistency {
    /// The finding in words, for one line of output.
    pub fn describe(&self, world: &World) -> String {
        let modules = &world.modules;
        match self {
            Self::NotSelected { root, selected } => format!(
                "{} is required, but {} is selected",
                modules.display(*root),
                modules.display(*selected)
            ),
            Self::Excluded(module) => {
                format!("{} is required and excluded", modules.display(*module))
            }
            Self::RedundantToolchain(name) => {
                format!("the line \"toolchain {name}\" says no more than the go line")
            }
            Self::NotCanonical => "a version is not in canonical form".to_owned(),
        }
    }
}
