//! How far a search got: requirements, bounds, excludes and the steps down. It is what stays of a search while it
//! waits to be fed.

use std::collections::BTreeMap;
use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::candidates::Usable;
use super::closure::AddedBy;
use super::descend::Lowering;
use super::goal::Goal;
use super::importers::Importers;
use super::problem::Problem;
use crate::graph::{ModuleId, PathId};
use crate::model::GoVersion;
use crate::mvs::{LoadError, Overrides};

/// What may be selected of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cap {
    /// This version, or a lower one.
    AtMost(ModuleId),
    /// Only lower versions.
    Below(ModuleId),
    /// Nothing.
    Absent,
}

/// The requirements of a module, and whether it is pruned behind.
pub(super) type Required = (Rc<[ModuleId]>, bool);

/// What a search has come to.
#[derive(Debug, Clone)]
pub(super) struct State {
    pub(super) overrides: Overrides,
    /// Sparing replaces: what stands for each version of a path.
    pub(super) replaced: FxHashMap<PathId, ModuleId>,
    /// Excluding: requirements on these paths above the target are ignored; without one, all of them.
    pub(super) hidden: FxHashMap<PathId, Option<ModuleId>>,
    pub(super) roots: BTreeMap<PathId, ModuleId>,
    /// What may be selected of a path; one that is not here may be anything.
    pub(super) caps: FxHashMap<PathId, Cap>,
    /// The requirements that were looked at.
    pub(super) lists: FxHashMap<ModuleId, Required>,
    /// Paths that the search may not move: targets, those kept, and `go`.
    pub(super) hard: FxHashSet<PathId>,
    pub(super) go_bound: Option<GoVersion>,
    pub(super) lowered: FxHashMap<PathId, Vec<Lowering>>,
    /// The order of the next step down.
    pub(super) next: usize,
    pub(super) added: BTreeMap<PathId, AddedBy>,
    /// Roots that were raised only because of roots that closure added, as they were before.
    pub(super) before_closure: BTreeMap<PathId, ModuleId>,
    /// Roots whose own requirements may raise other modules: targets, added and raised ones.
    pub(super) raisers: FxHashSet<PathId>,
    pub(super) named: FxHashSet<ModuleId>,
    /// Roots that stay only as far as they are needed, since only today's targets brought them.
    pub(super) loose: FxHashSet<PathId>,
    pub(super) left_out: BTreeMap<ModuleId, LoadError>,
    /// Whether the start is behind it: what settling takes out, and what may rise at its highest.
    pub(super) started: bool,
    /// Whether something would have gone otherwise if what lowered modules ask for could rise.
    pub(super) held: bool,
    /// Modules that ask, through an exclude of today, for more than what would be used, with what they ask for.
    pub(super) minded: FxHashMap<ModuleId, ModuleId>,
    /// What lowering modules for what they import has come to.
    pub(super) importers: Importers,
}

impl State {
    /// Today, with the goal's limits.
    pub(super) fn new(problem: &Problem, goal: &Goal) -> Self {
        let start = problem.requirements();
        let modules = |list: &FxHashMap<PathId, ModuleId>| -> Vec<(PathId, ModuleId)> {
            let others = list.iter().filter(|(path, _)| !problem.is_main(**path));
            others.map(|(path, module)| (*path, *module)).collect()
        };
        Self {
            overrides: problem.setup.overrides.clone(),
            replaced: FxHashMap::default(),
            hidden: FxHashMap::default(),
            roots: modules(start).into_iter().collect(),
            caps: modules(&problem.selected)
                .into_iter()
                .filter(|(path, _)| *path != problem.toolchain_path)
                .map(|(path, module)| (path, Cap::AtMost(module)))
                .collect(),
            lists: FxHashMap::default(),
            hard: goal.keep.iter().copied().chain([problem.go_path]).collect(),
            go_bound: None,
            lowered: FxHashMap::default(),
            next: 0,
            added: BTreeMap::new(),
            before_closure: BTreeMap::new(),
            raisers: FxHashSet::default(),
            named: problem.graph.walk().into_iter().collect(),
            loose: FxHashSet::default(),
            left_out: BTreeMap::new(),
            started: false,
            held: false,
            minded: FxHashMap::default(),
            importers: Importers::default(),
        }
    }
}

impl State {
    /// What is thought of a version: a root that is excluded would be dropped by the go command.
    pub(super) fn usable(&self, module: ModuleId) -> Usable {
        let excluded = self.overrides.excludes.contains(&module);
        Usable::of(excluded, self.named.contains(&module))
    }
}
