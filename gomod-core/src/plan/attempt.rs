//! One choice along one way: the greatest solution as a plan with its cost.

use rustc_hash::FxHashMap;

use super::choice::{Choice, Way};
use super::descend::Context;
use super::finish::Solution;
use super::outcome::{Plan, Searched};
use super::search::{Blocked, Scope, Search, Stop};
use super::state::State;
use super::{Conflict, Means, Needs, Planner, Refused, Role, Target, cost, edit};
use crate::graph::{ModuleId, PathId};
use crate::mvs::{Setup, World};

/// What is kept of a choice between feeds.
#[derive(Debug, Default)]
pub(super) struct Kept {
    strict: Leaf,
    raising: Leaf,
}

#[derive(Debug, Default)]
enum Leaf {
    #[default]
    New,
    Waits(Box<State>),
    Ended {
        found: Result<Box<Plan>, Box<Blocked>>,
        /// Whether something could have gone otherwise with what lowered modules ask for let rise.
        held: bool,
    },
}

impl Planner {
    /// The best plan for one choice: with today's versions as bounds, or with what lowered modules ask for
    /// let rise.
    pub(super) fn attempt(
        &self,
        world: &mut World,
        way: &Way,
        choice: &Choice,
        kept: &mut Kept,
    ) -> Result<Plan, Stop> {
        self.refuse_replaced(world, way)?;
        let strict = self.leaf(world, way, choice, false, &mut kept.strict);
        if let Leaf::Ended { found, held: false } = &kept.strict {
            return result(found);
        }
        let raising = self.leaf(world, way, choice, true, &mut kept.raising);
        match (strict, raising) {
            (Err(mut needs), Err(more)) => {
                needs.merge(more);
                Err(Stop::Needs(needs))
            }
            (Err(needs), _) | (_, Err(needs)) => Err(Stop::Needs(needs)),
            _ => match (&kept.strict, &kept.raising) {
                (Leaf::Ended { found: strict, .. }, Leaf::Ended { found: raising, .. }) => {
                    let better = match (strict, raising) {
                        (Ok(strict), Ok(raising)) => raising.compare(strict).is_lt(),
                        (strict, raising) => strict.is_err() && raising.is_ok(),
                    };
                    result(if better { raising } else { strict })
                }
                _ => Err(Stop::Needs(Needs::default())),
            },
        }
    }

    /// A path that go.mod replaces has no versions to go back to.
    pub(super) fn refuse_replaced(&self, world: &World, way: &Way) -> Result<(), Stop> {
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

    /// Looks for the greatest solution for one choice, from where it was left.
    fn leaf(
        &self,
        world: &mut World,
        way: &Way,
        choice: &Choice,
        raising: bool,
        leaf: &mut Leaf,
    ) -> Result<(), Needs> {
        let scope = Scope {
            problem: &self.problem,
            candidates: &self.candidates,
            packages: &self.packages,
            goal: &self.goal,
            pass: self.pass,
            raising,
            lone: false,
        };
        let mut search = match std::mem::take(leaf) {
            Leaf::New => Search::new(world, scope, way, choice),
            Leaf::Waits(state) => Search::resume(world, scope, way, choice, *state),
            ended @ Leaf::Ended { .. } => {
                *leaf = ended;
                return Ok(());
            }
        };
        let found = self.run_priced(&mut search, way, choice);
        let Search { state, .. } = search;
        let held = state.held;
        match found {
            Err(Stop::Needs(needs)) => {
                *leaf = Leaf::Waits(Box::new(state));
                return Err(needs);
            }
            Err(Stop::Conflict(blocked)) => {
                *leaf = Leaf::Ended {
                    found: Err(blocked),
                    held,
                };
            }
            Ok(plan) => {
                *leaf = Leaf::Ended {
                    found: Ok(Box::new(plan)),
                    held,
                };
            }
        }
        Ok(())
    }

    /// Runs a search to its end, and counts what its solution costs.
    pub(super) fn run_priced(
        &self,
        search: &mut Search<'_>,
        way: &Way,
        choice: &Choice,
    ) -> Result<Plan, Stop> {
        loop {
            let solution = search.run()?;
            match self.price(search.world, way, choice, solution) {
                Err(Stop::Conflict(blocked))
                    if search.give_up_importers(Some(&blocked.options)) => {}
                Ok(plan) => {
                    let otherwise = search.state.importers.options.clone();
                    return Ok(Plan {
                        overlooked: search.overlooked(&plan.graph).len(),
                        otherwise,
                        ..plan
                    });
                }
                Err(stop) => return Err(stop),
            }
        }
    }

    /// A solution as a plan with its cost.
    pub(super) fn price(
        &self,
        world: &World,
        way: &Way,
        choice: &Choice,
        solution: Solution,
    ) -> Result<Plan, Stop> {
        let moves = cost::moves(world, &self.problem, &self.goal, &solution);
        let unlisted = cost::uncounted(&self.problem, &self.candidates, &moves);
        if !unlisted.is_empty() {
            return Err(Stop::Needs(Needs {
                counts: unlisted,
                ..Needs::default()
            }));
        }
        let mut overridden: Vec<(Option<PathId>, ModuleId)> =
            cost::newly_overridden(world, &self.problem, &solution)
                .into_iter()
                .map(|((by, _), required)| (by, required))
                .collect();
        overridden.sort_unstable();
        let mut cost = cost::cost(world, &self.candidates, &moves, &solution, overridden.len());
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
            granted: cost::granted(world, &self.goal, &overridden),
            edits,
            moves,
            go_mod,
            setup: Setup {
                roots: solution.roots,
                overrides: solution.overrides,
                ..self.problem.setup.clone()
            },
            graph: solution.graph,
            base: solution.base,
            added: solution.added,
            imports: solution.imports,
            settled: solution.settled,
            lowered: solution.lowered,
            overridden,
            left_out: solution.left_out,
            otherwise: Choice::default(),
            overlooked: 0,
        })
    }
}

/// What a leaf found, for a branch to keep.
fn result(found: &Result<Box<Plan>, Box<Blocked>>) -> Result<Plan, Stop> {
    match found {
        Ok(plan) => Ok(plan.as_ref().clone()),
        Err(blocked) => Err(Stop::Conflict(blocked.clone())),
    }
}

/// A conflict that no choice resolves.
fn hopeless(conflict: Conflict) -> Stop {
    Stop::Conflict(Box::new(Blocked {
        refused: Refused::new(conflict, &FxHashMap::default()),
        options: Choice::default(),
    }))
}
