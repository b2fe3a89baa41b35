//! The resolver: loads a module graph from its roots, as a state machine that is fed `go.mod` files.
//!
//! It follows `readModGraph` in cmd/go: a pruned main module loads the `go.mod` of each root; behind a
//! root at Go 1.17 or later nothing more is loaded; behind an older one everything is, also through
//! newer modules. In a workspace the selected version of each module that matters is loaded as well.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{LoadError, Overrides, SourceId, World};
use crate::graph::{GraphBuilder, ModuleGraph, ModuleId, PathId};
use crate::model::GoVersion;

/// How much of the graph behind a module is loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pruning {
    /// The module's own requirements only, unless it is older than Go 1.17.
    Pruned,
    /// Everything that can be reached.
    Unpruned,
    /// The union of the modules of a workspace.
    Workspace,
}

/// What a graph is loaded from.
#[derive(Debug, Clone)]
pub struct Setup {
    /// The main modules.
    pub main: Vec<ModuleId>,
    /// The roots in the order of the `go` command, `go` and `toolchain` among them; in a workspace
    /// the main modules are roots too.
    pub roots: Vec<ModuleId>,
    /// In a workspace, the requirements of each main module.
    pub members: Vec<(ModuleId, Vec<ModuleId>, bool)>,
    /// How the roots are loaded.
    pub pruning: Pruning,
    /// Excludes and replaces.
    pub overrides: Overrides,
    /// The Go that loads the graph; `None` if any go line is acceptable.
    pub local_go: Option<GoVersion>,
}

/// A module graph that could not be loaded: what failed, and how the failing module is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResolveError {
    /// Requirements from a root to the module whose `go.mod` could not be used, both included.
    pub path: Vec<ModuleId>,
    /// What is wrong with that `go.mod`.
    pub error: LoadError,
}

/// Loads one graph. Ask [`Resolver::advance`] what it needs, feed the [`World`], repeat until it needs
/// nothing more, then take [`Resolver::finish`].
#[derive(Debug)]
pub struct Resolver {
    pruning: Pruning,
    builder: GraphBuilder,
    queue: Vec<(ModuleId, Pruning)>,
    seen: FxHashSet<(ModuleId, Pruning)>,
    waiting: Vec<(ModuleId, Pruning)>,
    asked: FxHashSet<SourceId>,
    errors: FxHashMap<ModuleId, LoadError>,
    /// Workspace only: paths whose selected version must be loaded, and what was reloaded.
    relevant: Vec<PathId>,
    reloaded: FxHashSet<ModuleId>,
}

impl Resolver {
    /// Starts to load the graph described by `setup`.
    pub fn new(world: &World, setup: &Setup) -> Self {
        let workspace = setup.pruning == Pruning::Workspace;
        let graph_roots = if workspace { &setup.roots } else { &setup.main };
        let mut builder = GraphBuilder::new(&world.modules, graph_roots.clone());
        if !workspace && let Some(main) = setup.main.first() {
            builder.require(&world.modules, *main, setup.roots.clone());
        }
        let mut resolver = Self {
            pruning: setup.pruning,
            builder,
            queue: Vec::new(),
            seen: FxHashSet::default(),
            waiting: Vec::new(),
            asked: FxHashSet::default(),
            errors: FxHashMap::default(),
            relevant: setup
                .roots
                .iter()
                .map(|root| world.modules.path_of(*root))
                .collect(),
            reloaded: FxHashSet::default(),
        };
        for root in &setup.roots {
            resolver.enqueue(*root, setup.pruning);
        }
        resolver
    }

    /// Goes on as far as the world allows and says which `go.mod` files are needed next; each is named
    /// once. Nothing needed means that the graph is loaded.
    pub fn advance(&mut self, world: &mut World, setup: &Setup) -> Vec<SourceId> {
        self.queue.append(&mut self.waiting);
        let mut needs = Vec::new();
        loop {
            while let Some((module, pruning)) = self.queue.pop() {
                self.visit(world, setup, module, pruning, &mut needs);
            }
            if !needs.is_empty() || !self.reload_selected(world) {
                return needs;
            }
        }
    }

    /// The graph that was loaded.
    ///
    /// # Errors
    /// The first failure, breadth first from the roots.
    pub fn finish(mut self) -> Result<ModuleGraph, ResolveError> {
        self.take_graph()
    }

    /// As [`Resolver::finish`], leaving an empty resolver behind.
    pub(super) fn take_graph(&mut self) -> Result<ModuleGraph, ResolveError> {
        let graph = std::mem::take(&mut self.builder).finish();
        if self.errors.is_empty() {
            return Ok(graph);
        }
        let found = graph.find_path(|module| self.errors.contains_key(&module));
        match found.and_then(|path| {
            let error = self.errors.get(path.last()?)?.clone();
            Some(ResolveError { path, error })
        }) {
            Some(error) => Err(error),
            None => Ok(graph),
        }
    }

    fn enqueue(&mut self, module: ModuleId, pruning: Pruning) {
        if self.seen.insert((module, pruning)) {
            self.queue.push((module, pruning));
        }
    }

    fn visit(
        &mut self,
        world: &mut World,
        setup: &Setup,
        module: ModuleId,
        pruning: Pruning,
        needs: &mut Vec<SourceId>,
    ) {
        if let Some((_, requirements, prunes)) = setup.members.iter().find(|m| m.0 == module) {
            self.follow(world, module, requirements.clone(), *prunes, pruning);
            return;
        }
        match world.requirements(module, &setup.overrides, setup.local_go.as_ref()) {
            Ok(Some(found)) => {
                let prunes = found.prunes();
                let list: Vec<ModuleId> = found.iter(&setup.overrides).collect();
                self.follow(world, module, list, prunes, pruning);
            }
            Ok(None) => {
                self.waiting.push((module, pruning));
                if let Some(source) = world.source_of(module, &setup.overrides)
                    && self.asked.insert(source)
                {
                    needs.push(source);
                }
            }
            Err(error) => {
                self.errors.insert(module, error);
            }
        }
    }

    fn follow(
        &mut self,
        world: &World,
        module: ModuleId,
        requirements: Vec<ModuleId>,
        prunes: bool,
        pruning: Pruning,
    ) {
        let own = if prunes {
            Pruning::Pruned
        } else {
            Pruning::Unpruned
        };
        let next = if pruning == Pruning::Unpruned {
            Pruning::Unpruned
        } else {
            own
        };
        if pruning != Pruning::Pruned || !prunes {
            for requirement in &requirements {
                self.enqueue(*requirement, next);
            }
        }
        self.builder.require(&world.modules, module, requirements);
    }

    /// In a workspace, loads the selected versions that requirements were raised to; says whether
    /// there was anything to load.
    fn reload_selected(&mut self, world: &World) -> bool {
        if self.pruning != Pruning::Workspace {
            return false;
        }
        let modules = &world.modules;
        let mut wanted: Vec<ModuleId> = Vec::new();
        for path in &self.relevant {
            let Some(selected) = self.builder.selected(*path) else {
                continue;
            };
            if !self.reloaded.contains(&selected) {
                wanted.push(selected);
                continue;
            }
            for requirement in self.builder.required(selected).unwrap_or_default() {
                if let Some(raised) = self.builder.selected(modules.path_of(*requirement))
                    && modules.compare(raised, *requirement).is_gt()
                    && !self.reloaded.contains(&raised)
                {
                    wanted.push(raised);
                }
            }
        }
        wanted.retain(|module| self.reloaded.insert(*module));
        for module in &wanted {
            let path = modules.path_of(*module);
            if !self.relevant.contains(&path) {
                self.relevant.push(path);
            }
            self.enqueue(*module, Pruning::Workspace);
        }
        !wanted.is_empty()
    }
}
