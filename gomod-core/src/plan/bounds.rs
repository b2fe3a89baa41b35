//! What no version may exceed, whatever is chosen: targets, what is kept, and the go line.

use rustc_hash::FxHashMap;

use super::goal::{Goal, Target};
use super::problem::Problem;
use crate::graph::{ModuleId, PathId};
use crate::mvs::World;

/// Paths that must have a version, or be absent. A goal's Go version is none of them.
#[derive(Debug, Clone)]
pub(super) struct Bounds(FxHashMap<PathId, Option<ModuleId>>);

impl Bounds {
    pub(super) fn new(world: &World, problem: &Problem, goal: &Goal) -> Self {
        let targets = goal.targets.iter().filter_map(|target| match target {
            Target::Module { module } => Some((world.modules.path_of(*module), Some(*module))),
            Target::Absent { path } => Some((*path, None)),
            Target::Go { .. } | Target::Toolchain { .. } => None,
        });
        let mut bounds: FxHashMap<PathId, Option<ModuleId>> = targets.collect();
        for path in goal.keep.iter().chain([&problem.go_path]) {
            let today = problem.selected.get(path).copied();
            bounds.entry(*path).or_insert(today);
        }
        Self(bounds)
    }

    /// The version of a path, `None` for one that must be absent, if it is bounded.
    pub(super) fn get(&self, path: PathId) -> Option<Option<ModuleId>> {
        self.0.get(&path).copied()
    }

    pub(super) fn contains(&self, path: PathId) -> bool {
        self.0.contains_key(&path)
    }

    /// Each path, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (PathId, Option<ModuleId>)> + '_ {
        self.0.iter().map(|(path, version)| (*path, *version))
    }

    /// Whether a version is more than its path may have.
    pub(super) fn is_exceeded_by(&self, world: &World, module: ModuleId) -> bool {
        match self.get(world.modules.path_of(module)) {
            None => false,
            Some(None) => true,
            Some(Some(bound)) => world.modules.compare(module, bound).is_gt(),
        }
    }
}
