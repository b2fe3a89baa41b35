//! Today's state: the main module's requirements, the loaded graph and what it selects.

use rustc_hash::{FxHashMap, FxHashSet};

use super::cost;

use crate::graph::{ModuleGraph, ModuleId, PathId};
use crate::model::{GoVersion, ModulePath};
use crate::mvs::{Loaded, MainModules, Overrides, Pruning, Setup, Source, World};

/// What is planned from: one main module as the `go` command loads it today.
#[derive(Debug, Clone)]
pub struct Problem {
    /// The setup that today's graph was loaded from.
    pub setup: Setup,
    /// Today's graph.
    pub graph: ModuleGraph,
    /// Today's selected versions.
    pub selected: FxHashMap<PathId, ModuleId>,
    /// Today's roots by path, `go` and `toolchain` among them.
    pub roots: FxHashMap<PathId, ModuleId>,
    /// The paths required without an `// indirect` mark.
    pub direct: FxHashSet<PathId>,
    /// Of a workspace's member: the paths that other members require without such a mark.
    pub(super) direct_elsewhere: FxHashSet<PathId>,
    /// The path of the pseudo-module `go`.
    pub go_path: PathId,
    /// The path of the pseudo-module `toolchain`.
    pub toolchain_path: PathId,
    /// The main module's go version.
    pub go: GoVersion,
    /// What is overridden today: see [`cost::overridden`].
    pub(super) overridden: FxHashMap<(Option<PathId>, PathId), ModuleId>,
    /// The paths that have a replace line today, for one version or for all.
    pub(super) replaced: FxHashSet<PathId>,
    /// Whether replaces are written elsewhere than into go.mod: those of a workspace stand in go.work.
    pub replaces_elsewhere: bool,
}

impl Problem {
    /// Takes the state from a loaded graph of a main module that stands alone.
    pub fn new(world: &mut World, main: &MainModules, loaded: Loaded) -> Self {
        let go_path = world.modules.path_id(&ModulePath::new("go"));
        let toolchain_path = world.modules.path_id(&ModulePath::new("toolchain"));
        let modules = &world.modules;
        let Setup {
            overrides, roots, ..
        } = &loaded.setup;
        let overridden = cost::overridden(world, &loaded.graph, overrides, roots);
        let selected = loaded
            .graph
            .build_list(modules)
            .into_iter()
            .map(|module| (modules.path_of(module), module))
            .collect();
        let roots = loaded
            .setup
            .roots
            .iter()
            .map(|module| (modules.path_of(*module), *module))
            .collect();
        let exact = overrides.exact.keys();
        let exact = exact.map(|module| modules.path_of(*module));
        let replaced = exact.chain(overrides.wildcard.keys().copied()).collect();
        Self {
            overridden,
            replaced,
            selected,
            roots,
            direct: main.direct(world),
            direct_elsewhere: FxHashSet::default(),
            go_path,
            toolchain_path,
            go: main.go_version(),
            graph: loaded.graph,
            setup: loaded.setup,
            replaces_elsewhere: false,
        }
    }

    /// Whether this main module, or another one of its workspace, requires a path directly.
    pub(super) fn is_direct_anywhere(&self, path: PathId) -> bool {
        self.direct.contains(&path) || self.direct_elsewhere.contains(&path)
    }

    /// Whether the main module's graph is pruned.
    pub fn is_pruned(&self) -> bool {
        self.setup.pruning == Pruning::Pruned
    }

    /// What counts as a requirement: the roots; where nothing is pruned, all that is selected. In a workspace
    /// those are left that some member requires directly: only what is selected of these is loaded for certain.
    pub(super) fn requirements(&self) -> &FxHashMap<PathId, ModuleId> {
        match self.setup.pruning {
            Pruning::Pruned | Pruning::Workspace => &self.roots,
            Pruning::Unpruned => &self.selected,
        }
    }

    /// Whether `path` is a main module's.
    pub fn is_main(&self, path: PathId) -> bool {
        self.setup.overrides.main.contains(&path)
    }

    /// Whether `path` is `go` or `toolchain`.
    pub fn is_toolchain(&self, path: PathId) -> bool {
        path == self.go_path || path == self.toolchain_path
    }
}

/// Where the content of `module` comes from under `overrides`, as a value to compare.
pub(super) fn content(world: &World, overrides: &Overrides, module: ModuleId) -> Source {
    overrides
        .replacement(&world.modules, module)
        .cloned()
        .unwrap_or(Source::Module(module))
}
