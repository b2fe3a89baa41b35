//! One choice along one way: the greatest solution as a plan with its cost.

use rustc_hash::FxHashMap;

use super::choice::{Choice, Way};
use super::descend::Context;
use super::outcome::{Plan, Searched};
use super::search::{Blocked, Scope, Search, Stop};
use super::{Conflict, Means, Needs, Planner, Refused, Role, Target, cost, edit};
use crate::graph::{ModuleId, PathId};
use crate::mvs::{Setup, World};

impl Planner {
    /// The best plan for one choice: with today's versions as bounds, or with what lowered modules ask for
    /// let rise.
    pub(super) fn attempt(
        &self,
        world: &mut World,
        way: &Way,
        choice: &Choice,
    ) -> Result<Plan, Stop> {
        self.refuse_replaced(world, way)?;
        let strict = match self.leaf(world, way, choice, false) {
            // Where nothing was lowered nothing can rise with it.
            Ok(plan) if plan.lowered.is_empty() => return Ok(plan),
            strict => strict,
        };
        let raising = self.leaf(world, way, choice, true);
        match (strict, raising) {
            (Err(Stop::Needs(mut needs)), Err(Stop::Needs(more))) => {
                needs.merge(more);
                Err(Stop::Needs(needs))
            }
            (Err(stop @ Stop::Needs(_)), _) | (_, Err(stop @ Stop::Needs(_))) => Err(stop),
            (Ok(strict), Ok(raising)) if raising.compare(&strict).is_lt() => Ok(raising),
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

/// A conflict that no choice resolves.
fn hopeless(conflict: Conflict) -> Stop {
    Stop::Conflict(Box::new(Blocked {
        refused: Refused::new(conflict, &FxHashMap::default()),
        options: Choice::default(),
    }))
}
