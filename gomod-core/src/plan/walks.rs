//! What a planner makes of the walk that `go get` takes: a plan to compare with, and a second choice where the
//! walk ends at a pre-release.
//!
//! Where a walk ends is no plan yet: what must stand in go.mod with it is missing, and may be in the way. So a search
//! starts there, with what the walk let rise as its bounds.

use super::candidates::is_prerelease;
use super::chains::is_asked;
use super::choice::{Choice, Way};
use super::goal::Means;
use super::search::{Scope, Search, Stop};
use super::state::{Cap, State};
use super::walk::{Walk, Walked};
use super::{Move, Needs, Pass, Plan, Planner, Role};
use crate::graph::{ModuleId, PathId};
use crate::mvs::World;

/// What the walks came to.
#[derive(Debug, Default)]
pub(super) struct Walks {
    at: At,
    /// The plan among the candidates of the first pass.
    pub(super) plan: Option<Box<Plan>>,
    /// The plan of a walk that ended at a pre-release: only a second choice.
    pub(super) other: Option<Box<Plan>>,
}

/// Where a walk is.
#[derive(Debug, Default)]
enum At {
    #[default]
    Start,
    Walking(Walk),
    /// The search from its end, with its state when it waits to be fed.
    Searching(Box<Walked>, Option<Box<State>>),
    End,
}

impl Planner {
    /// Walks down as `go get` would; where that ends at a pre-release, again over releases alone.
    pub(super) fn walk(&mut self, world: &mut World) -> Result<(), Needs> {
        let mut walks = std::mem::take(&mut self.walks);
        let walked = self.walk_on(world, &mut walks);
        self.walks = walks;
        walked
    }

    fn walk_on(&self, world: &mut World, walks: &mut Walks) -> Result<(), Needs> {
        loop {
            walks.at = match std::mem::take(&mut walks.at) {
                At::Start => self.walk_from_today(world, Pass::Everything),
                At::Walking(mut walk) => match walk.advance(self, world) {
                    Ok(Some(walked)) => At::Searching(Box::new(walked), None),
                    Ok(None) => At::End,
                    Err(needs) => {
                        walks.at = At::Walking(walk);
                        return Err(needs);
                    }
                },
                At::Searching(walked, mut state) => {
                    let found = match self.search_from(world, &walked, &mut state) {
                        Ok(found) => found.map(Box::new),
                        Err(needs) => {
                            walks.at = At::Searching(walked, state);
                            return Err(needs);
                        }
                    };
                    let odd = found.as_ref().is_some_and(|plan| self.is_odd(world, plan));
                    if odd && walked.pass == Pass::Everything {
                        walks.other = found;
                        self.walk_from_today(world, Pass::Releases)
                    } else {
                        let plan = found.filter(|_| !odd);
                        let pass = self.pass;
                        walks.plan = plan.map(|plan| Box::new(Plan { pass, ..*plan }));
                        At::End
                    }
                }
                At::End => {
                    walks.at = At::End;
                    return Ok(());
                }
            }
        }
    }

    fn walk_from_today(&self, world: &World, pass: Pass) -> At {
        At::Walking(Walk::new(self, world, pass))
    }

    /// The plan at or below the end of a walk.
    fn search_from(
        &self,
        world: &mut World,
        walked: &Walked,
        state: &mut Option<Box<State>>,
    ) -> Result<Option<Plan>, Needs> {
        let scope = Scope {
            problem: &self.problem,
            candidates: &self.candidates,
            packages: &self.packages,
            goal: &self.goal,
            pass: walked.pass,
            raising: false,
            lone: false,
        };
        let way = Way {
            means: vec![Means::Require; self.goal.targets.len()],
            sparing: false,
        };
        if self.refuse_replaced(world, &way).is_err() {
            return Ok(None);
        }
        let drops = self.problem.direct.iter().copied();
        let choice = Choice {
            drops: drops.filter(|_| self.goal.allow_drop).collect(),
            ..Choice::default()
        };
        let mut search = match state.take() {
            Some(state) => Search::resume(world, scope, &way, &choice, *state),
            None => {
                let mut search = Search::new(world, scope, &way, &choice);
                start_at(&mut search, walked);
                search
            }
        };
        let found = self.run_priced(&mut search, &way, &choice);
        let Search {
            world, state: left, ..
        } = search;
        match found {
            Ok(plan) => Ok((!self.upgrades(world, &plan)).then_some(Plan {
                pass: walked.pass,
                ..plan
            })),
            Err(Stop::Needs(needs)) => {
                *state = Some(Box::new(left));
                Err(needs)
            }
            Err(Stop::Conflict(_)) => Ok(None),
        }
    }

    /// Whether a plan takes a direct requirement further up than another module asks for.
    fn upgrades(&self, world: &World, plan: &Plan) -> bool {
        let rose = |moved: &Move, to: ModuleId| {
            let from = moved.from.filter(|_| moved.direct);
            from.is_some_and(|from| world.modules.compare(to, from).is_gt())
        };
        takes_unasked(world, plan, rose)
    }

    /// Whether a plan lowers something to a pre-release that no other module asks for.
    fn is_odd(&self, world: &World, plan: &Plan) -> bool {
        takes_unasked(world, plan, |moved, to| {
            plan.lowered.contains_key(&moved.path) && is_prerelease(world, to)
        })
    }
}

/// Whether a plan moves something to a version that `matches`, and that nothing behind the other requirements asks
/// for.
fn takes_unasked(world: &World, plan: &Plan, matches: impl Fn(&Move, ModuleId) -> bool) -> bool {
    let moved = plan.moves.iter().filter(|moved| moved.role == Role::Moved);
    let mut taken = moved.filter_map(|moved| moved.to.filter(|to| matches(moved, *to)));
    taken.any(|to| !is_asked(world, &plan.graph, &plan.setup.roots, to))
}

/// Puts a search where a walk ended.
fn start_at(search: &mut Search<'_>, walked: &Walked) {
    let modules = &search.world.modules;
    let state = &mut search.state;
    state.roots.retain(|path, _| path.is_toolchain());
    state
        .roots
        .extend(walked.roots.iter().map(|(path, root)| (*path, *root)));
    let movable: Vec<(PathId, ModuleId)> = walked
        .selected
        .iter()
        .map(|(path, module)| (*path, *module))
        .filter(|(path, _)| !path.is_toolchain() && !state.hard.contains(path))
        .collect();
    for (path, module) in movable {
        let rose = match state.caps.get(&path) {
            Some(Cap::AtMost(today)) => modules.compare(module, *today).is_gt(),
            _ => false,
        };
        if rose || walked.lowered.contains_key(&path) {
            state.caps.insert(path, Cap::AtMost(module));
        }
    }
    state.named.extend(walked.asked.iter().copied());
    state.lowered = walked.lowered.clone();
    let orders = state.lowered.values().flatten().map(|step| step.order);
    state.next = orders.max().map_or(0, |last| last + 1);
}
