//! What a plan costs, and what it moves.

use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;

use super::candidates::Candidates;
use super::finish::Solution;
use super::goal::{Goal, Target};
use super::problem::Problem;
use crate::graph::{ModuleGraph, ModuleId, PathId};
use crate::mvs::{Overrides, Source, World};

/// The cost of a plan; compared field by field in this order, less is better.
///
/// Roots that closure adds, and what moves only because of them, do not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
pub struct Cost {
    /// Packages that the main module imports, directly or not, and that no module or several would
    /// provide, beyond those of today. A plan that has any does not build.
    pub unresolved: usize,
    /// Direct requirements dropped.
    pub dropped: usize,
    /// Requirements that ask for more than what is used, beyond those of today.
    pub overridden: usize,
    /// Direct requirements, other than targets, whose selected version moves.
    pub direct_moved: usize,
    /// Releases that those pass on the way down.
    pub direct_steps: usize,
    /// Other modules that move, come or leave.
    pub others_moved: usize,
    /// Modules that end up higher than today; they count among those that move, too.
    pub raised: usize,
    /// Releases passed on the way down, over all modules that moved.
    pub steps: usize,
    /// Lines of `go.mod` that differ.
    pub lines: usize,
}

/// Why a module is in the list of moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// It is a target.
    Target,
    /// It moves with a target.
    Moved,
    /// It moves only because root closure added roots.
    Closure,
}

/// A module whose selected version changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// Its path.
    pub path: PathId,
    /// What is selected today; `None` when the module comes.
    pub from: Option<ModuleId>,
    /// What the plan selects; `None` when the module leaves.
    pub to: Option<ModuleId>,
    /// Whether the main module requires it directly.
    pub direct: bool,
    /// Why it moves.
    pub role: Role,
}

/// All moves of a solution, by path.
pub(super) fn moves(
    world: &World,
    problem: &Problem,
    goal: &Goal,
    solution: &Solution,
) -> Vec<Move> {
    let modules = &world.modules;
    let targets: FxHashSet<PathId> = goal
        .targets
        .iter()
        .map(|target| match target {
            Target::Module { module } => modules.path_of(*module),
            Target::Absent { path } => *path,
            Target::Go { .. } => problem.go_path,
            Target::Toolchain { .. } => problem.toolchain_path,
        })
        .collect();
    let mut paths: Vec<PathId> = problem.selected.keys().copied().collect();
    for module in solution.graph.build_list(modules) {
        paths.push(modules.path_of(module));
    }
    for module in solution.plain.build_list(modules) {
        paths.push(modules.path_of(module));
    }
    paths.retain(|path| !problem.is_main(*path) && *path != problem.toolchain_path);
    paths.sort_unstable();
    paths.dedup();
    let mut found: Vec<Move> = paths
        .into_iter()
        .filter_map(|path| {
            let from = problem.selected.get(&path).copied();
            let to = solution.graph.selected(path);
            let plain = solution.plain.selected(path);
            if from == to && from == plain {
                return None;
            }
            let role = if targets.contains(&path) {
                Role::Target
            } else if from == plain {
                Role::Closure
            } else {
                Role::Moved
            };
            (from != to || role == Role::Moved).then_some(Move {
                path,
                from,
                to,
                direct: problem.direct.contains(&path),
                role,
            })
        })
        .collect();
    found.sort_by(|a, b| modules.path(a.path).cmp(modules.path(b.path)));
    found
}

/// The paths whose versions must be listed first: the releases passed are counted on the lists.
pub(super) fn uncounted(problem: &Problem, candidates: &Candidates, moves: &[Move]) -> Vec<PathId> {
    moves
        .iter()
        .filter(|moved| moved.role != Role::Closure && moved.from.is_some())
        .map(|moved| moved.path)
        .filter(|path| *path != problem.go_path && candidates.list(*path).is_none())
        .collect()
}

/// The cost of a solution that overrides so many requirements, but for its lines.
pub(super) fn cost(
    world: &World,
    candidates: &Candidates,
    moves: &[Move],
    solution: &Solution,
    overridden: usize,
) -> Cost {
    let modules = &world.modules;
    let mut cost = Cost {
        overridden,
        ..Cost::default()
    };
    for moved in moves.iter().filter(|m| m.role != Role::Closure) {
        let plain = solution.plain.selected(moved.path);
        let steps = match (moved.from, plain) {
            (Some(from), Some(to)) if modules.compare(to, from).is_gt() => {
                cost.raised += usize::from(moved.role == Role::Moved);
                0
            }
            (Some(from), low) => candidates.steps(world, low, from),
            (None, _) => 0,
        };
        cost.steps += steps;
        if moved.role == Role::Moved && moved.direct {
            cost.direct_steps += steps;
        }
        if moved.role == Role::Moved {
            if moved.direct {
                cost.direct_moved += 1;
            } else {
                cost.others_moved += 1;
            }
        }
        if moved.direct && plain.is_none() && moved.role == Role::Moved {
            cost.dropped += 1;
        }
    }
    cost.unresolved = solution
        .imports
        .as_ref()
        .map_or(0, |check| check.unresolved.len());
    cost
}

/// The requirements that ask for more than what is used under a solution, beyond those of today. They count on
/// the whole graph: who asks may be there only because the build needs it, and is overridden all the same.
pub(super) fn newly_overridden(
    world: &World,
    problem: &Problem,
    solution: &Solution,
) -> FxHashMap<(Option<PathId>, PathId), ModuleId> {
    // Nor is what closure adds to go.mod a requirement that could be overridden.
    let mut found = overridden(world, &solution.graph, &solution.overrides, &solution.base);
    // What closure adds does not make up for what is hidden.
    found.extend(overridden(world, &solution.plain, &solution.overrides, &[]));
    found.retain(|pair, _| !problem.overridden.contains_key(pair));
    found
}

/// How many overridden requirements are what was asked for: who wants targets excluded or replaced wants all
/// hidden that asks for more.
pub(super) fn granted(
    world: &World,
    goal: &Goal,
    overridden: &[(Option<PathId>, ModuleId)],
) -> usize {
    let path_of = |module| world.modules.path_of(module);
    let granted = |(_, required): &&(Option<PathId>, ModuleId)| {
        goal.grants_overriding(path_of(*required), path_of)
    };
    overridden.iter().filter(granted).count()
}

/// What the `go.mod` files of these modules ask for, excluded versions among it.
pub(super) fn asked(
    world: &World,
    modules: impl IntoIterator<Item = ModuleId>,
    overrides: &Overrides,
) -> impl Iterator<Item = ModuleId> {
    let facts = modules
        .into_iter()
        .filter_map(|module| world.known_facts(module, overrides));
    facts.flat_map(|facts| facts.requires.iter().copied())
}

/// Whether a requirement asks for more than what is used of its path.
pub(super) fn asks_for_more(
    world: &World,
    graph: &ModuleGraph,
    overrides: &Overrides,
    required: ModuleId,
) -> bool {
    let modules = &world.modules;
    let path = modules.path_of(required);
    if path.is_toolchain() || overrides.main.contains(&path) {
        return false;
    }
    let Some(selected) = graph.selected(path) else {
        return true;
    };
    match overrides.replacement(modules, selected) {
        None => modules.compare(required, selected).is_gt(),
        Some(Source::Module(actual)) if modules.path_of(*actual) == path => {
            modules.compare(required, *actual).is_gt()
        }
        // What is used cannot be compared.
        Some(_) => false,
    }
}

/// The pairs of a selected module (or `None`, the main module) and a path of which it requires more
/// than is used, with the version that it requires.
pub(super) fn overridden(
    world: &World,
    graph: &ModuleGraph,
    overrides: &Overrides,
    roots: &[ModuleId],
) -> FxHashMap<(Option<PathId>, PathId), ModuleId> {
    let modules = &world.modules;
    let mut found = FxHashMap::default();
    let mut note = |by: Option<PathId>, required: ModuleId| {
        if asks_for_more(world, graph, overrides, required) {
            found.insert((by, modules.path_of(required)), required);
        }
    };
    for root in roots {
        note(None, *root);
    }
    for module in graph.loaded() {
        if modules.version(module).is_none() || !graph.is_selected(modules, module) {
            continue;
        }
        if let Some(facts) = world.known_facts(module, overrides) {
            for required in &facts.requires {
                note(Some(modules.path_of(module)), *required);
            }
        }
    }
    found
}
