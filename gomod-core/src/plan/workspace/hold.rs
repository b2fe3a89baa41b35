//! Better than the members' plans as they come: lines that hold up what the workspace uses, and other mixes.
//!
//! Where a member's plan lets a module fall, another one may require
//! the version that was selected, so that nothing moves.
//!
//! Only a member that requires the module already does so: its line goes up to what it is built with in the
//! workspace anyway. In the same way a member that requires less than a target may require the target, since the
//! `go` command looks behind the selected version for it. And what is cheapest for one member may not be for all.
//! Each such line, and each other plan of one member, is tried on the best plan so far, and kept when that costs less.

use super::attempt::Mix;
use super::{Halt, WorkspacePlan, WorkspacePlanner};
use crate::graph::ModuleId;
use crate::mvs::World;
use crate::plan::{Means, Plan, Role, Target};

/// How many lines and mixes are tried at most.
const TRIES: usize = 40;
/// How many modules all of them may load: in large workspaces fewer are tried.
const EFFORT: usize = 8_000;

/// What a member requires beside the targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Hold {
    pub(super) member: usize,
    pub(super) module: ModuleId,
}

/// How a plan is put together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Way {
    pub(super) holds: Vec<Hold>,
    /// Members that follow another of their own plans than the mix says, by its place.
    pub(super) picks: Vec<(usize, usize)>,
    pub(super) mix: Mix,
}

impl Way {
    pub(super) fn plain(mix: Mix) -> Self {
        Self {
            holds: Vec::new(),
            picks: Vec::new(),
            mix,
        }
    }

    fn holding(&self, hold: Hold) -> Self {
        let mut way = self.clone();
        way.holds.push(hold);
        way.holds.sort_unstable();
        way
    }

    fn picking(&self, member: usize, plan: usize) -> Self {
        let mut way = self.clone();
        way.picks.retain(|(known, _)| *known != member);
        way.picks.push((member, plan));
        way.picks.sort_unstable();
        way
    }
}

impl WorkspacePlanner {
    /// Holds up what fell in the best plan, as long as that costs less.
    pub(super) fn improve(&mut self, world: &mut World) -> Result<(), Halt> {
        let size = self
            .problem()
            .map_or(1, |problem| problem.selected.len().max(1));
        let most = TRIES.min(EFFORT / size);
        let mut tried = 0;
        while let Some(best) = self.best().cloned() {
            if self.costs_the_least(world, &best) {
                break;
            }
            let mut better = false;
            let holds = self.holds(world, &best);
            let holds = holds.into_iter().map(|hold| best.way.holding(hold));
            let picks = self.picks(&best).into_iter();
            let picks = picks.map(|(member, plan)| best.way.picking(member, plan));
            for way in holds.chain(picks).collect::<Vec<_>>() {
                if tried >= most {
                    return Ok(());
                }
                tried += 1;
                self.try_way(world, &way)?;
                if self.best().is_some_and(|now| now.way != best.way) {
                    better = true;
                    break;
                }
            }
            if !better {
                break;
            }
        }
        Ok(())
    }

    /// The best plan so far.
    pub(super) fn best(&self) -> Option<&WorkspacePlan> {
        let plans = self
            .done
            .iter()
            .filter_map(|(_, ended)| ended.as_ref().ok());
        plans.min_by(|a, b| {
            let ranks = a.plan.rank().cmp(&b.plan.rank());
            ranks.then_with(|| a.way.cmp(&b.way))
        })
    }

    /// The other plans that members could follow.
    fn picks(&self, plan: &WorkspacePlan) -> Vec<(usize, usize)> {
        let mut list = Vec::new();
        for (member, run) in &plan.parts {
            let outcome = self.runs.get(*run).and_then(|run| run.outcome.as_ref());
            let plans = outcome.into_iter().flat_map(|outcome| &outcome.plans);
            let by_replace = |plan: &Plan| plan.means.contains(&Means::Replace);
            let plans = plans.enumerate().filter(|(_, plan)| !by_replace(plan));
            list.extend(plans.map(|(at, _)| (*member, at)));
        }
        list
    }

    /// The lines worth trying on a plan: of members that require less, or whose plan went lower than it
    /// would have had to for the workspace.
    fn holds(&self, world: &World, plan: &WorkspacePlan) -> Vec<Hold> {
        let (modules, mut list) = (&world.modules, Vec::new());
        let Some(today) = &self.today else {
            return list;
        };
        let moved = || {
            plan.plan
                .moves
                .iter()
                .filter(|moved| moved.role == Role::Moved)
                // What is to be let go is held up by none.
                .filter(|moved| !plan.plan.settled.contains(&moved.path))
        };
        let any_moved = moved().next().is_some();
        let mut wanted = Vec::new();
        for moved in moved() {
            let Some(from) = moved.from else { continue };
            let above = |module: ModuleId| match moved.to {
                Some(to) => modules.compare(module, to).is_gt(),
                None => true,
            };
            let listed = self.candidates.list(moved.path).unwrap_or_default();
            let mut versions: Vec<ModuleId> = modules
                .versions_of(moved.path)
                .iter()
                .copied()
                .filter(|module| modules.compare(*module, from).is_lt() && above(*module))
                .filter(|module| listed.contains(module))
                .collect();
            // Where closure alone brings it back, it counts as moved.
            versions.extend((above(from) || moved.to == Some(from)).then_some(from));
            wanted.extend(versions.into_iter().rev());
        }
        if any_moved || plan.plan.cost.overridden > 0 {
            wanted.extend(self.goal.targets.iter().filter_map(|target| match target {
                Target::Module { module } => Some(*module),
                _ => None,
            }));
        }
        for module in wanted {
            let path = modules.path_of(module);
            for (member, problem) in today.problems.iter().enumerate() {
                let hold = Hold { member, module };
                let same =
                    |known: &&Hold| known.member == member && modules.path_of(known.module) == path;
                let held = plan.way.holds.iter().find(same).is_some();
                let stands = plan.files.members.get(member).is_some_and(|file| {
                    let name = modules.path(path);
                    let line = file.require.iter().find(|line| line.path == *name);
                    line.is_some_and(|line| Some(&line.version) == modules.version(module))
                });
                if problem.roots.contains_key(&path) && !held && !stands {
                    list.push(hold);
                }
            }
        }
        list
    }
}
