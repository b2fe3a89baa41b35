//! What a planner found: the plans, and the ways that lead nowhere.

use std::cmp::Ordering;

use rustc_hash::{FxHashMap, FxHashSet};

use super::choice::{Choice, Level};
use super::problem::{Problem, content};
use super::{AddedBy, Cost, Edit, ImportCheck, Lowering, Means, Move, Pass, Refused};
use crate::graph::{ModuleGraph, ModuleId, PathId};
use crate::model::{GoMod, ModuleVersion};
use crate::mvs::{LoadError, Setup, Source, World};

/// How far a search went.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Searched {
    /// Whether it is certain that no plan is cheaper, but for its lines.
    pub(super) proven: bool,
    /// The level below which everything was ruled out; `None` when nothing was left to try.
    pub(super) bound: Option<Level>,
    /// How many choices were tried.
    pub(super) tried: usize,
    /// Whether each edit was taken back, and none can be spared; `None` when that was not tried.
    pub(super) irreducible: Option<bool>,
}

/// A plan: the edits, what they cost and what they do.
#[derive(Debug, Clone)]
pub struct Plan {
    /// By which kind of edit each target is reached.
    pub means: Vec<Means>,
    /// Which versions had to be considered.
    pub pass: Pass,
    /// Modules that were let rise, to avoid more.
    pub raised: Vec<PathId>,
    /// How far it was searched for something better.
    pub(super) search: Searched,
    /// What it costs.
    pub cost: Cost,
    /// How many requirements it overrides because that was asked for.
    pub(super) granted: usize,
    /// The changes of `go.mod`.
    pub edits: Vec<Edit>,
    /// The modules whose selected version changes.
    pub moves: Vec<Move>,
    /// The new `go.mod`.
    pub go_mod: GoMod,
    /// What the new graph is loaded from.
    pub setup: Setup,
    /// The new graph.
    pub graph: ModuleGraph,
    /// The roots without those that closure added or raised.
    pub(super) base: Vec<ModuleId>,
    /// Roots that closure added, each with what makes it one.
    pub added: Vec<(ModuleId, AddedBy)>,
    /// Whether the imports of the main module's packages are provided; `None` when that is not known.
    pub imports: Option<ImportCheck>,
    /// Roots that only today's targets had brought, settled at what others ask for.
    pub settled: FxHashSet<PathId>,
    /// How each lowered module got where it is.
    pub lowered: FxHashMap<PathId, Vec<Lowering>>,
    /// Requirements that ask for more than what is used: by whom (`None`: the main module), and what.
    pub overridden: Vec<(Option<PathId>, ModuleId)>,
    /// Candidates that could not be used, and why.
    pub left_out: Vec<(ModuleId, LoadError)>,
    /// Where the plan does not build, since what would make it so led to a conflict: what could resolve that.
    pub(super) otherwise: Choice,
    /// How many requirements it overrides that an exclude of today hides, beyond those of its choice.
    pub(super) overlooked: usize,
}

impl Plan {
    /// The module versions whose content the plan brings in: what moved to another version, what is
    /// replaced anew, and what root closure added.
    pub fn selected_anew(&self, world: &World, problem: &Problem) -> Vec<ModuleVersion> {
        let used = |module: ModuleId| match content(world, &self.setup.overrides, module) {
            Source::Module(actual) => world.modules.module_version(actual),
            Source::Directory(_) => None,
        };
        let mut list: Vec<ModuleVersion> = self
            .changed(world, problem)
            .into_iter()
            .filter_map(used)
            .collect();
        list.sort();
        list.dedup();
        list
    }

    /// The modules that were lowered for what they import: only some of their versions were tried.
    pub(super) fn lowered_importers(&self) -> impl Iterator<Item = PathId> + '_ {
        let imports = |steps: &Vec<Lowering>| steps.iter().any(|step| step.misses.is_some());
        let lowered = self.lowered.iter();
        lowered.filter_map(move |(path, steps)| imports(steps).then_some(*path))
    }

    /// The modules that need both lines in go.sum: roots, what moved or is new, what a changed module's
    /// `go.mod` requires, at its selected version, and what imports are looked for in.
    pub fn content(&self, world: &World, problem: &Problem) -> Vec<ModuleId> {
        let changed = self.changed(world, problem);
        let required = changed
            .iter()
            .filter_map(|module| self.graph.requirements(*module))
            .flatten()
            .filter_map(|module| self.graph.selected(world.modules.path_of(module)));
        let mut list: Vec<ModuleId> = self
            .setup
            .roots
            .iter()
            .copied()
            .chain(required)
            .chain(changed.iter().copied())
            .chain(
                self.imports
                    .iter()
                    .flat_map(|check| check.looked.iter().copied()),
            )
            .filter(|module| world.modules.version(*module).is_some())
            .collect();
        list.sort_unstable();
        list.dedup();
        list
    }

    /// Compares by cost, plans among releases first; the text makes the order unique.
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        let texts = || self.go_mod.text().cmp(&other.go_mod.text());
        self.rank().cmp(&other.rank()).then_with(texts)
    }

    /// What comparing rests on, but for texts: a plan that does not build comes last, and then those among
    /// releases first.
    pub(super) fn rank(&self) -> (usize, Pass, Cost) {
        (self.cost.unresolved, self.pass, self.weight())
    }

    /// The cost by which it is compared: what was asked for is not held against it.
    pub(super) fn weight(&self) -> Cost {
        Cost {
            overridden: self.cost.overridden.saturating_sub(self.granted),
            ..self.cost
        }
    }

    /// The selected modules whose content is not today's.
    fn changed(&self, world: &World, problem: &Problem) -> Vec<ModuleId> {
        self.graph
            .build_list(&world.modules)
            .into_iter()
            .filter(|module| {
                let path = world.modules.path_of(*module);
                let today = problem
                    .selected
                    .get(&path)
                    .map(|today| content(world, &problem.setup.overrides, *today));
                !problem.is_toolchain(path)
                    && !problem.is_main(path)
                    && today != Some(content(world, &self.setup.overrides, *module))
            })
            .collect()
    }
}

/// Everything that was found.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The plans, best first. Each is the best of its kind.
    pub plans: Vec<Plan>,
    /// The ways that do not lead to the goal.
    pub conflicts: Vec<(Vec<Means>, Refused)>,
}

impl Outcome {
    /// The plans of the table of alternatives: those that no other of releases beats in overridden requirements,
    /// direct modules moved, releases that those pass and others moved at once. The best plan comes first.
    pub fn front(&self) -> Vec<&Plan> {
        let key = |plan: &Plan| {
            let cost = plan.cost;
            [
                usize::from(plan.pass == Pass::Everything),
                cost.unresolved,
                cost.dropped,
                cost.overridden,
                cost.direct_moved,
                cost.direct_steps,
                cost.others_moved,
            ]
        };
        let beats = |a: &Plan, b: &Plan| {
            let (a, b) = (key(a), key(b));
            a != b && a.iter().zip(&b).all(|(a, b)| a <= b)
        };
        let mut front: Vec<&Plan> = Vec::new();
        for plan in &self.plans {
            let known = front.iter().any(|other| key(other) == key(plan));
            if !known && !self.plans.iter().any(|other| beats(other, plan)) {
                front.push(plan);
            }
        }
        front
    }
}
