//! Planning a downgrade: the smallest honest edit of `go.mod` that brings a version back.
//!
//! [`Planner`] is a state machine: it says which `go.mod` files and version lists it needs, is fed
//! them through the [`World`] and its [`Candidates`], and ends with [`Outcome`]: the plans it found,
//! best first, and why other ways do not lead there. What a plan means is described in docs/planning.md.

mod branch;
mod candidates;
mod certificate;
mod choice;
mod closure;
mod cost;
mod derivation;
mod descend;
mod edit;
mod finish;
mod goal;
mod packages;
mod problem;
mod report;
mod search;
mod unresolved;
mod visible;

pub use candidates::{Candidates, Pass};
pub use certificate::{Bound, Certificate, Skipped, Used};
pub use closure::AddedBy;
pub use cost::{Cost, Move, Role};
pub use derivation::Refused;
pub use descend::Lowering;
pub use edit::Edit;
pub use goal::{Goal, Means, Target};
pub use packages::{ImportCheck, Packages};
pub use problem::Problem;
pub use report::{
    EditReport, FloorReport, MoveReport, OverriddenReport, PlanReport, Refusal, Report,
    TargetReport,
};
pub use unresolved::{ImportsReport, UnresolvedReport};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::graph::{ModuleGraph, ModuleId, PathId};
use crate::model::{GoMod, ModuleVersion};
use crate::mvs::{LoadError, Setup, Source, SourceId, World};
use branch::{Branch, Ended};
use choice::{Choice, Way};
use descend::Context;
use packages::Universe;
use search::{Blocked, Scope, Search, Stop};

/// What a planner has to know next.
#[derive(Debug, Clone, Default)]
pub struct Needs {
    /// `go.mod` files, to be fed to the [`World`].
    pub sources: Vec<SourceId>,
    /// Paths whose versions must be listed, to be fed to the [`Candidates`].
    pub lists: Vec<PathId>,
    /// Paths whose versions are only counted: a list that cannot be had is no reason to stop.
    pub counts: Vec<PathId>,
    /// Directories of modules (`""` is a module's root) whose Go files are to be fed to the [`Packages`].
    pub packages: Vec<(SourceId, String)>,
    /// What will probably be needed soon.
    ahead: Vec<SourceId>,
    /// The build lists whose imports are being followed.
    universes: Vec<Universe>,
}

impl Needs {
    /// Whether nothing is needed.
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty()
            && self.lists.is_empty()
            && self.counts.is_empty()
            && self.packages.is_empty()
    }

    fn merge(&mut self, other: Self) {
        self.sources.extend(other.sources);
        self.lists.extend(other.lists);
        self.counts.extend(other.counts);
        self.counts.sort_unstable();
        self.counts.dedup();
        self.packages.extend(other.packages);
        self.packages.sort_unstable();
        self.packages.dedup();
        self.universes.extend(other.universes);
        self.sources.sort_unstable();
        self.sources.dedup();
        self.lists.sort_unstable();
        self.lists.dedup();
    }
}

/// Why one way to a goal does not lead there.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Conflict {
    /// A target, a kept module or the go line would have to move: the chain of requirements that says
    /// so, and what cannot be read at its end, if that is the reason.
    Hard {
        /// Requirements from the module that may not move to what is above its bound.
        chain: Vec<ModuleId>,
        /// Why the last of them cannot be used at all.
        unreadable: Option<LoadError>,
    },
    /// A direct requirement would have to be dropped.
    Drop {
        /// Requirements from the lowest version left to what is above its bound.
        chain: Vec<ModuleId>,
        /// Why the last of them cannot be used at all.
        unreadable: Option<LoadError>,
    },
    /// A kept module would fall, or leave, since what held it up moves.
    KeepFell {
        /// The version to keep.
        kept: Option<ModuleId>,
    },
    /// More modules would move than the limit allows.
    TooManyMoves {
        /// Those that would, by path.
        moves: Vec<Move>,
        /// The limit.
        limit: usize,
    },
    /// The same content would be used for several module paths.
    UsedTwice {
        /// The content.
        source: Source,
        /// The paths.
        paths: Vec<PathId>,
    },
    /// The edit cannot be expressed as lines of `go.mod`.
    Unwritable {
        /// Why not.
        reason: String,
    },
    /// The target's path is replaced already, so that its versions are not what is used.
    AlreadyReplaced {
        /// The path.
        path: PathId,
    },
}

/// How far a search went.
#[derive(Debug, Clone, Copy, Default)]
struct Searched {
    /// Whether all that may be hidden, raised or dropped was considered.
    exhaustive: bool,
    /// The level below which everything was ruled out; `None` when nothing was left to try.
    bound: Option<choice::Level>,
    /// How many choices were tried.
    tried: usize,
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
    search: Searched,
    /// What it costs.
    pub cost: Cost,
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
}

impl Plan {
    /// The module versions whose content the plan brings in: what moved to another version, what is
    /// replaced anew, and what root closure added.
    pub fn selected_anew(&self, world: &World, problem: &Problem) -> Vec<ModuleVersion> {
        let used = |module: ModuleId| match problem::content(world, &self.setup.overrides, module) {
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

    /// Plans are compared by cost; the text makes the order unique.
    fn rank(&self) -> (Cost, String) {
        (self.cost, self.go_mod.text())
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
                    .map(|today| problem::content(world, &problem.setup.overrides, *today));
                !problem.is_toolchain(path)
                    && !problem.is_main(path)
                    && today != Some(problem::content(world, &self.setup.overrides, *module))
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
    /// The plans of the table of alternatives: those that no other beats in overridden requirements,
    /// direct modules moved and others moved at once. The best plan comes first.
    pub fn front(&self) -> Vec<&Plan> {
        let key = |plan: &Plan| {
            let cost = plan.cost;
            [
                cost.unresolved,
                cost.dropped,
                cost.overridden,
                cost.direct_moved,
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

/// What [`Planner::advance`] says.
#[derive(Debug)]
pub enum Progress {
    /// Feed this and call again.
    Needs(Needs),
    /// Done.
    Done(Box<Outcome>),
}

/// Plans for one goal; see the module's documentation.
#[derive(Debug)]
pub struct Planner {
    problem: Problem,
    goal: Goal,
    go_mod: GoMod,
    /// The version lists that were fed.
    pub candidates: Candidates,
    /// The packages that were fed.
    pub packages: Packages,
    /// The build lists whose imports are being followed.
    universes: Vec<Universe>,
    /// The ways that are being followed, and those that were followed to their end.
    branches: Vec<Branch>,
    done: Vec<(Way, Ended)>,
    pass: Pass,
    /// How the ways ended among releases, when they all ended without a plan.
    among_releases: Vec<(Way, Ended)>,
}

impl Planner {
    /// A planner for `goal`, from today's state and `go.mod`. It follows no imports unless its
    /// `packages` are set.
    pub fn new(problem: Problem, go_mod: GoMod, goal: Goal, candidates: Candidates) -> Self {
        Self {
            problem,
            goal,
            go_mod,
            candidates,
            packages: Packages::unknown("no sources were given"),
            universes: Vec::new(),
            branches: Vec::new(),
            done: Vec::new(),
            pass: Pass::Releases,
            among_releases: Vec::new(),
        }
    }

    /// Today's state.
    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    /// Today's `go.mod`.
    pub fn go_mod(&self) -> &GoMod {
        &self.go_mod
    }

    /// The goal.
    pub fn goal(&self) -> &Goal {
        &self.goal
    }

    /// Tries every way to the goal as far as what was fed allows.
    pub fn advance(&mut self, world: &mut World) -> Progress {
        let mut needs = Needs::default();
        // Imports lead from one module to the next: no need to search again after each step.
        for universe in &self.universes {
            if let Some(walk) = self.packages.walk(universe) {
                needs
                    .packages
                    .extend(Packages::wanted(universe, &walk.needs));
            }
        }
        if !needs.is_empty() {
            return Progress::Needs(needs);
        }
        self.universes.clear();
        loop {
            let mut ways = self.ways();
            self.follow_all(world, &ways, &mut needs);
            // What no requirement has to be hidden for cannot be done better by hiding some; and who asks
            // for one kind of edit wants that one.
            let asked = self.goal.strategy.is_some();
            let free = self.done.iter().any(|(way, ended)| {
                ended.plan.is_some() && (asked || way.means.iter().all(|m| *m == Means::Require))
            });
            if needs.is_empty() && !free {
                ways = self.sparing_ways();
                self.follow_all(world, &ways, &mut needs);
            }
            if !needs.is_empty() {
                self.universes = std::mem::take(&mut needs.universes);
                return Progress::Needs(needs);
            }
            // Other versions than releases are tried when nothing else leads there.
            if self.pass == Pass::Everything
                || self.done.iter().any(|(_, ended)| ended.plan.is_some())
            {
                return Progress::Done(Box::new(self.outcome()));
            }
            self.pass = Pass::Everything;
            self.among_releases = std::mem::take(&mut self.done);
        }
    }

    fn follow_all(&mut self, world: &mut World, ways: &[Way], needs: &mut Needs) {
        for way in ways {
            if !self.done.iter().any(|(known, _)| known == way)
                && let Err(more) = self.follow(world, way)
            {
                needs.merge(more);
            }
        }
    }

    fn outcome(&self) -> Outcome {
        let mut outcome = Outcome {
            plans: Vec::new(),
            conflicts: Vec::new(),
        };
        let mut done: Vec<&(Way, Ended)> = self.done.iter().collect();
        // Of equal plans the one whose search says more.
        done.sort_by_key(|(way, _)| !way.is_exhaustive());
        for (way, ended) in done {
            match (&ended.plan, &ended.conflict) {
                (Some(plan), _) => {
                    let known = outcome.plans.iter().any(|other| other.edits == plan.edits);
                    if !known {
                        let mut plan = plan.as_ref().clone();
                        plan.search = Searched {
                            exhaustive: way.is_exhaustive(),
                            bound: ended.bound,
                            tried: ended.tried,
                        };
                        outcome.plans.push(plan);
                    }
                }
                (None, Some(conflict)) if !way.sparing => {
                    // What stands in the way among releases is easier to understand.
                    let first = self.among_releases.iter().find(|(known, _)| known == way);
                    let first = first.and_then(|(_, ended)| ended.conflict.as_ref());
                    let refused = Refused {
                        tried: ended.tried,
                        widened: first.is_some(),
                        ..first.unwrap_or(conflict).clone()
                    };
                    outcome.conflicts.push((way.means.clone(), refused));
                }
                _ => {}
            }
        }
        outcome.plans.sort_by_cached_key(Plan::rank);
        outcome
    }

    /// Goes on along one way, to its end or until something must be fed.
    fn follow(&mut self, world: &mut World, way: &Way) -> Result<(), Needs> {
        let at = self.branches.iter().position(|branch| branch.way == *way);
        let mut branch = match at {
            Some(at) => self.branches.swap_remove(at),
            None => Branch::new(way.clone(), self.problem.selected.len()),
        };
        match branch.advance(|way, choice| self.attempt(world, way, choice)) {
            Ok(ended) => {
                self.done.push((way.clone(), ended));
                Ok(())
            }
            Err(needs) => {
                self.branches.push(branch);
                Err(needs)
            }
        }
    }

    /// The combinations of means to try: all for up to three targets, one for all above that.
    fn ways(&self) -> Vec<Way> {
        let choices: Vec<Vec<Means>> = self
            .goal
            .targets
            .iter()
            .map(|target| self.means_of(target))
            .collect();
        let whole = |means: Vec<Means>| Way {
            means,
            sparing: false,
        };
        if choices.iter().filter(|list| list.len() > 1).count() > 3 {
            return Means::ALL
                .iter()
                .map(|means| whole(uniform(&choices, *means)))
                .collect();
        }
        let none: Vec<Vec<Means>> = vec![Vec::new()];
        let combinations = choices.iter().fold(none, |ways, list| {
            ways.iter()
                .flat_map(|way| {
                    list.iter().map(move |means| {
                        let mut way = way.clone();
                        way.push(*means);
                        way
                    })
                })
                .collect()
        });
        combinations.into_iter().map(whole).collect()
    }

    /// The same kinds of edit, where only what must be hidden is.
    fn sparing_ways(&self) -> Vec<Way> {
        let choices: Vec<Vec<Means>> = self
            .goal
            .targets
            .iter()
            .map(|target| self.means_of(target))
            .collect();
        [Means::Exclude, Means::Replace]
            .into_iter()
            .filter(|means| choices.iter().any(|list| list.contains(means)))
            .map(|means| Way {
                means: uniform(&choices, means),
                sparing: true,
            })
            .collect()
    }

    fn means_of(&self, target: &Target) -> Vec<Means> {
        match (target, self.goal.strategy) {
            (Target::Go { .. }, _) | (Target::Absent { .. }, Some(Means::Replace)) => {
                vec![Means::Require]
            }
            (_, Some(means)) => vec![means],
            (Target::Absent { .. }, None) => vec![Means::Require, Means::Exclude],
            (_, None) => Means::ALL.to_vec(),
        }
    }

    /// The best plan for one choice: with today's versions as bounds, or with what lowered modules ask for
    /// let rise.
    fn attempt(&self, world: &mut World, way: &Way, choice: &Choice) -> Result<Plan, Stop> {
        self.refuse_replaced(world, way)?;
        let strict = self.leaf(world, way, choice, false);
        let raising = self.leaf(world, way, choice, true);
        match (strict, raising) {
            (Err(Stop::Needs(mut needs)), Err(Stop::Needs(more))) => {
                needs.merge(more);
                Err(Stop::Needs(needs))
            }
            (Err(stop @ Stop::Needs(_)), _) | (_, Err(stop @ Stop::Needs(_))) => Err(stop),
            (Ok(strict), Ok(raising)) if raising.rank() < strict.rank() => Ok(raising),
            (Err(Stop::Conflict(_)), Ok(plan)) | (Ok(plan), _) => Ok(plan),
            (Err(stop), Err(_)) => Err(stop),
        }
    }

    /// A path that go.mod replaces has no versions to go back to.
    fn refuse_replaced(&self, world: &World, way: &Way) -> Result<(), Stop> {
        for (target, means) in self.goal.targets.iter().zip(&way.means) {
            if let Target::Module { module } = target {
                let modules = &world.modules;
                let overrides = &self.problem.setup.overrides;
                // A new line for all versions would take the place of those for single ones.
                let of_path = |m: &ModuleId| modules.path_of(*m) == modules.path_of(*module);
                let replaced = overrides.replacement(modules, *module).is_some()
                    || *means == Means::Replace && overrides.exact.keys().any(of_path);
                if replaced {
                    let path = world.modules.path_of(*module);
                    return Err(hopeless(Conflict::AlreadyReplaced { path }));
                }
            }
        }
        Ok(())
    }

    /// The greatest solution for one choice, as a plan.
    fn leaf(
        &self,
        world: &mut World,
        way: &Way,
        choice: &Choice,
        raising: bool,
    ) -> Result<Plan, Stop> {
        let scope = Scope {
            problem: &self.problem,
            candidates: &self.candidates,
            packages: &self.packages,
            goal: &self.goal,
            pass: self.pass,
            raising,
        };
        let search = Search::new(world, scope, way, choice);
        let solution = search.run()?;
        let moves = cost::moves(world, &self.problem, &self.goal, &solution);
        // The releases passed are counted on the lists.
        let unlisted: Vec<PathId> = moves
            .iter()
            .filter(|moved| moved.role != Role::Closure && moved.from.is_some())
            .map(|moved| moved.path)
            .filter(|path| *path != self.problem.go_path && self.candidates.list(*path).is_none())
            .collect();
        if !unlisted.is_empty() {
            return Err(Stop::Needs(Needs {
                counts: unlisted,
                ..Needs::default()
            }));
        }
        let mut cost = cost::cost(world, &self.problem, &self.candidates, &moves, &solution);
        let collateral = cost.direct_moved + cost.others_moved;
        if let Some(limit) = self.goal.max_collateral.filter(|limit| collateral > *limit) {
            let context = Context {
                world,
                problem: &self.problem,
                goal: &self.goal,
                sparing: way.sparing,
                lowered: &solution.lowered,
            };
            let moves = moves
                .into_iter()
                .filter(|moved| moved.role == Role::Moved)
                .collect();
            return Err(context.blocked(Conflict::TooManyMoves { moves, limit }));
        }
        let mut overridden: Vec<(Option<PathId>, ModuleId)> =
            cost::newly_overridden(world, &self.problem, &solution)
                .into_iter()
                .map(|((by, _), required)| (by, required))
                .collect();
        overridden.sort_unstable();
        let go_mod =
            edit::apply(world, &self.problem, &self.go_mod, &solution).map_err(|error| {
                hopeless(Conflict::Unwritable {
                    reason: error.to_string(),
                })
            })?;
        cost.lines = edit::changed_lines(&self.go_mod.text(), &go_mod.text());
        let edits = edit::edits(world, &self.problem, &self.go_mod, &solution);
        Ok(Plan {
            means: way.means.clone(),
            pass: self.pass,
            raised: choice.rises.iter().copied().collect(),
            search: Searched::default(),
            cost,
            edits,
            moves,
            go_mod,
            setup: Setup {
                roots: solution.roots,
                overrides: solution.overrides,
                ..self.problem.setup.clone()
            },
            graph: solution.graph,
            added: solution.added,
            imports: solution.imports,
            settled: solution.settled,
            lowered: solution.lowered,
            overridden,
            left_out: solution.left_out,
        })
    }
}

/// `means` for each target that allows it, and requiring for the others.
fn uniform(choices: &[Vec<Means>], means: Means) -> Vec<Means> {
    choices
        .iter()
        .map(|list| match list.as_slice() {
            [only] => *only,
            list if list.contains(&means) => means,
            _ => Means::Require,
        })
        .collect()
}

/// A conflict that no choice resolves.
fn hopeless(conflict: Conflict) -> Stop {
    Stop::Conflict(Box::new(Blocked {
        refused: Refused::new(conflict, &FxHashMap::default()),
        options: Choice::default(),
    }))
}
