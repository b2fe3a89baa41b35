//! Every plan there is, where the workspace is small: the last word on whether the plans put together are the cheapest.
//!
//! Members planned one by one cannot know what the others will exclude, nor what falls out of sight when one of them lets
//! a requirement go. So all combinations of what the members may require are listed, cut by what each costs at least
//! ([`space`](super::space)). For fixed requirements the excludes follow from what is in the way, or costs something: one of the
//! versions that lead there. What is left after that, on graphs that are only bits ([`bits`](super::bits)), is planned in earnest:
//! each member by itself, with closure, as one main module with fixed requirements; then put together as any plans are.

use std::collections::BTreeSet;

use rustc_hash::{FxHashMap, FxHashSet};

use super::attempt::{Bounds, Mix, Part, Together};
use super::bits::{Set, bit, each};
use super::hold::Way;
use super::space::{Chosen, Space};
use super::{Halt, Run, WorkspacePlan, WorkspacePlanner};
use crate::graph::ModuleId;
use crate::model::{Exclude, GoMod};
use crate::mvs::World;
use crate::plan::cost::{self, Cost};
use crate::plan::exhaust::without_lines;
use crate::plan::fixed::Fixed;
use crate::plan::goal::{Goal, Means, Target};
use crate::plan::places::Roots;
use crate::plan::{Candidates, Needs, Packages, Pass, Planner, Problem};

/// How many graphs of bits are looked at.
const GRAPHS: usize = 60_000;
/// How many plans are made in earnest, of members and of all together; where imports are followed they take longer.
const PLANS: usize = 3_000;
const WALKS: usize = 300;

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Exhausted {
    /// A plan that is cheaper than those put together.
    pub(super) better: Option<Box<WorkspacePlan>>,
    /// What the cheapest plan costs that replaces nothing, where everything was tried.
    least: Option<Cost>,
    /// How many graphs were looked at.
    pub(super) tried: usize,
}

impl Exhausted {
    /// Whether none is cheaper, but for its lines. One that replaces a target never is: some member requires more than what
    /// is used then, and to require the target instead, with all excluded that others ask for, overrides that much less.
    pub(super) fn proves(&self, plan: &WorkspacePlan) -> bool {
        let weight = without_lines(plan.plan.weight());
        plan.plan.pass == Pass::Releases && self.least == Some(weight)
    }
}

/// One try of everything.
struct Trial<'a> {
    space: &'a Space,
    limit: Option<Cost>,
    graphs: usize,
    plans: usize,
    /// How many are made at most.
    most: usize,
    /// The members' own plans, by member, choice and excludes.
    own: FxHashMap<(usize, usize, Set), Option<Part>>,
    needs: Needs,
}

impl WorkspacePlanner {
    /// Tries all that could be cheaper than the plans put together. None of it replaces anything.
    pub(super) fn exhaust(&mut self, world: &mut World) -> Result<Exhausted, Halt> {
        let best = self.best();
        let proven = best.is_some_and(|best| self.costs_the_least(world, best));
        if proven || best.is_some_and(|best| best.plan.cost.unresolved > 0) {
            return Ok(Exhausted::default());
        }
        let limit = self.least_without_replace().map(|plan| plan.plan.weight());
        let limit = limit.map(without_lines);
        // A new requirement says what is used instead of an excluded version. Where there are too many, the others are tried.
        let excluding = self.goal.strategy != Some(Means::Require);
        let mut found = None;
        for more in [true, false].into_iter().filter(|more| excluding || !more) {
            if let Some(space) = self.space(world, more)?
                && let Some(combinations) = space.combinations(limit)
            {
                found = Some((space, combinations, more == excluding));
                break;
            }
        }
        let Some((space, combinations, all)) = found else {
            return Ok(Exhausted::default());
        };
        let mut exhausted = Exhausted::default();
        let mut trial = Trial {
            space: &space,
            limit,
            graphs: 0,
            plans: 0,
            most: match self.mains.iter().any(Packages::are_known) {
                true => WALKS,
                false => PLANS,
            },
            own: FxHashMap::default(),
            needs: Needs::default(),
        };
        for (least, forced, places) in combinations {
            if trial.limit.is_some_and(|limit| least >= limit) {
                break;
            }
            if let Some(plan) = self.excluding(world, &mut trial, &places, forced)? {
                exhausted.better = Some(Box::new(plan));
            }
            if trial.is_spent() {
                break;
            }
        }
        exhausted.tried = trial.graphs;
        exhausted.least = trial.limit.filter(|_| all && !trial.is_spent());
        match trial.needs.is_empty() {
            true => Ok(exhausted),
            false => Err(Halt::Needs(trial.needs)),
        }
    }

    /// The best plan among releases that replaces nothing.
    fn least_without_replace(&self) -> Option<&WorkspacePlan> {
        let ended = self.done.iter();
        let plans = ended.filter_map(|(_, ended)| ended.as_ref().ok());
        let plans = plans.filter(|plan| {
            plan.plan.pass == Pass::Releases && !plan.plan.means.contains(&Means::Replace)
        });
        plans.min_by_key(|plan| plan.plan.rank())
    }

    /// The cheapest plan below the limit where the members require these.
    fn excluding(
        &mut self,
        world: &mut World,
        trial: &mut Trial<'_>,
        places: &[usize],
        forced: Set,
    ) -> Result<Option<WorkspacePlan>, Halt> {
        let mut best = None;
        let chosen: Vec<&Chosen> = trial.chosen(places);
        let roots = chosen.iter().fold(0, |all, chosen| all | chosen.roots);
        let mut seen: FxHashSet<Set> = FxHashSet::from_iter([forced]);
        let mut stack = vec![forced];
        while let Some(excludes) = stack.pop() {
            let least = trial.space.least(roots, excludes);
            if trial.limit.is_some_and(|limit| least >= limit) {
                continue;
            }
            trial.graphs += 1;
            if trial.is_spent() {
                break;
            }
            let cuts = match trial.look(&chosen, excludes) {
                Err(cuts) => cuts,
                Ok((cost, cuts)) if trial.limit.is_some_and(|limit| cost >= limit) => cuts,
                Ok(_) => {
                    let plan = self.in_earnest(world, trial, places, excludes)?;
                    let plan = plan.filter(|plan| {
                        let weight = without_lines(plan.plan.weight());
                        trial.limit.is_none_or(|limit| weight < limit)
                    });
                    if let Some(plan) = plan {
                        trial.limit = Some(without_lines(plan.plan.weight()));
                        best = Some(plan);
                    }
                    // Closure shows more than what was looked at.
                    trial
                        .space
                        .bits
                        .asked(trial.space.bits.reach(roots, excludes))
                }
            };
            if !trial.space.excluding {
                break;
            }
            for cut in each(cuts & !excludes & !roots) {
                let more = excludes | bit(cut);
                if seen.insert(more) {
                    stack.push(more);
                }
            }
        }
        Ok(best)
    }

    /// The plan where the members require these and exclude those, if it is one.
    fn in_earnest(
        &mut self,
        world: &mut World,
        trial: &mut Trial<'_>,
        places: &[usize],
        excludes: Set,
    ) -> Result<Option<WorkspacePlan>, Halt> {
        let bits = &trial.space.bits;
        let mut parts = Vec::new();
        for (member, place) in places.iter().enumerate() {
            let Some(side) = trial.space.sides.get(member) else {
                return Ok(None);
            };
            let Some(chosen) = side.chosen.get(*place) else {
                return Ok(None);
            };
            let shown = bits.own(chosen.roots, side.pruned, excludes);
            let hidden = bits.asked(shown.loaded) & excludes;
            if chosen.roots == side.today && hidden == 0 {
                continue;
            }
            let excludes = excludes & bits.asked(bits.reach(chosen.roots, 0));
            let key = (member, *place, excludes);
            if !trial.own.contains_key(&key) {
                trial.plans += 1;
                let part = match self.own_part(world, trial.space, (member, *place), excludes) {
                    Ok(part) => part,
                    Err(Halt::Needs(needs)) => {
                        trial.needs.merge(needs);
                        return Ok(None);
                    }
                    Err(other) => return Err(other),
                };
                trial.own.insert(key, part);
            }
            match trial.own.get(&key).and_then(Option::as_ref) {
                Some(part) => parts.push(part.clone()),
                None => return Ok(None),
            }
        }
        trial.plans += 1;
        match self.put_together(world, trial, excludes, parts) {
            Ok(plan) => Ok(plan),
            Err(Halt::Needs(needs)) => {
                trial.needs.merge(needs);
                Ok(None)
            }
            Err(Halt::Refused(_)) => Ok(None),
            Err(other) => Err(other),
        }
    }

    /// The plan of one member that requires these.
    fn own_part(
        &mut self,
        world: &mut World,
        space: &Space,
        (member, place): (usize, usize),
        excludes: Set,
    ) -> Result<Option<Part>, Halt> {
        let side = space.sides.get(member);
        let Some((side, chosen)) = side.and_then(|side| Some((side, side.chosen.get(place)?)))
        else {
            return Ok(None);
        };
        let roots = chosen.roots;
        let modules = |set: Set| each(set).filter_map(|at| space.bits.modules.get(at).copied());
        let Some((problem, whole)) = self
            .today
            .as_ref()
            .and_then(|today| Some((today.problems.get(member)?.clone(), today.whole.clone())))
        else {
            return Ok(None);
        };
        let path_of = |module| world.modules.path_of(module);
        let aimed = |target: &&Target| match target {
            Target::Module { module } => modules(roots).any(|root| root == *module),
            _ => true,
        };
        let held = modules(roots).filter(|root| {
            let today = whole.selected.get(&path_of(*root));
            today == Some(root) && problem.selected.get(&path_of(*root)) == today
        });
        let held = held
            .map(path_of)
            .filter(|path| self.goal.keep.contains(path));
        let goal = Goal {
            targets: self.goal.targets.iter().filter(aimed).cloned().collect(),
            keep: held.collect(),
            max_collateral: None,
            ..self.goal.clone()
        };
        let mut choice = Roots::default();
        let pairs = modules(roots).map(|root| (path_of(root), root));
        choice.roots.extend(pairs);
        let hidden: BTreeSet<ModuleId> = modules(excludes).collect();
        let Some(run) = self.fixed_run(member, goal, problem) else {
            return Ok(None);
        };
        let (Some(own), Some(main)) = (self.runs.get_mut(run), self.mains.get_mut(member)) else {
            return Ok(None);
        };
        self.packages.lend(main);
        std::mem::swap(&mut own.planner.candidates, &mut self.candidates);
        std::mem::swap(&mut own.planner.packages, main);
        let fixed = Fixed {
            whole: Some(&whole),
            ..own.planner.fixed(&choice, &hidden)
        };
        let plan = fixed.explained(world);
        std::mem::swap(&mut own.planner.packages, main);
        std::mem::swap(&mut own.planner.candidates, &mut self.candidates);
        self.packages.take_back(main);
        let Some(mut plan) = plan.map_err(Halt::Needs)? else {
            return Ok(None);
        };
        // Where the member says nothing of what is used instead, another one excludes it, and says so.
        let place = |module: &ModuleId| space.bits.place(*module).map_or(0, bit);
        let last = plan
            .setup
            .roots
            .iter()
            .fold(0, |all, root| all | place(root));
        let mut without = excludes;
        for module in modules(excludes & !space.required(last)) {
            without &= !place(&module);
            if let Some(lone) = world.modules.module_version(module) {
                plan.go_mod.drop_exclude(&lone.path, &lone.version);
            }
        }
        // Alone it does without, and comes to no more than a target either.
        let alone = space.bits.own(last, side.pruned, without);
        let wrong = space.broken(side, last, alone) | space.too_high(alone);
        Ok((wrong == 0).then_some(Part { member, run, plan }))
    }

    /// A run of one member for a goal, which searches nothing.
    fn fixed_run(&mut self, member: usize, goal: Goal, problem: Problem) -> Option<usize> {
        let known = |run: &Run| run.member == member && run.goal == goal && run.fixed;
        if let Some(at) = self.runs.iter().position(known) {
            return Some(at);
        }
        let go_mod = self.files.members.get(member)?.clone();
        let planner = Planner::new(problem, go_mod, goal.clone(), Candidates::default());
        self.runs.push(Run {
            member,
            goal,
            planner,
            outcome: None,
            fixed: true,
        });
        Some(self.runs.len() - 1)
    }

    /// The members' plans as one, if nothing is wrong with it and each exclude hides something.
    fn put_together(
        &mut self,
        world: &mut World,
        trial: &Trial<'_>,
        excludes: Set,
        parts: Vec<Part>,
    ) -> Result<Option<WorkspacePlan>, Halt> {
        let bits = &trial.space.bits;
        let mut bounds = Bounds::default();
        let mut files = self.edited(world, &parts, &bounds)?;
        for module in each(excludes).filter_map(|at| bits.modules.get(at)) {
            let Some(excluded) = world.modules.module_version(*module) else {
                return Ok(None);
            };
            let excludes = |file: &GoMod| {
                let same =
                    |line: &Exclude| line.path == excluded.path && line.version == excluded.version;
                file.exclude.iter().any(same)
            };
            let requires =
                |file: &GoMod| file.require.iter().any(|line| line.path == excluded.path);
            let absent = Target::Absent {
                path: world.modules.path_of(*module),
            };
            let member = files.members.iter().position(requires);
            if member.is_none() && !self.goal.targets.contains(&absent) {
                return Ok(None);
            }
            if !files.members.iter().any(excludes) {
                bounds.excludes.push((member.unwrap_or_default(), *module));
            }
        }
        if !bounds.excludes.is_empty() {
            files = self.edited(world, &parts, &bounds)?;
        }
        let notes = self.mend(world, &mut files)?;
        let joint = self.joint(world, &files)?;
        let loaded = joint.graph.loaded();
        let asked: FxHashSet<ModuleId> =
            cost::asked(world, loaded, &joint.setup.overrides).collect();
        let idle = |(_, module): &(usize, ModuleId)| !asked.contains(module);
        if !notes.is_empty()
            || bounds.excludes.iter().any(idle)
            || self.clash(world, &files, &joint).is_some()
            || self.fault(world, &joint).is_some()
            || self.unrequired(world, &files, &bounds).is_some()
        {
            return Ok(None);
        }
        let together = Together {
            way: Way::plain(Mix::Cheapest),
            parts,
            bounds,
            files,
            joint,
            notes,
        };
        let mut plan = self.measured(world, together)?;
        // Nothing led there step by step.
        plan.plan.lowered.clear();
        Ok(Some(plan))
    }
}

impl<'a> Trial<'a> {
    fn is_spent(&self) -> bool {
        self.graphs > GRAPHS || self.plans > self.most
    }

    fn chosen(&self, places: &[usize]) -> Vec<&'a Chosen> {
        let sides = self.space.sides.iter().zip(places);
        sides
            .filter_map(|(side, place)| side.chosen.get(*place))
            .collect()
    }

    /// Looks at the graphs: what the plan costs before closure, or nothing if it is none; with the versions one of which
    /// every better plan with the same requirements excludes too.
    fn look(&self, chosen: &[&Chosen], excludes: Set) -> Result<(Cost, Set), Set> {
        let Space { bits, sides, .. } = self.space;
        let mut members = Vec::new();
        for (side, own) in sides.iter().zip(chosen) {
            let shown = bits.own(own.roots, side.pruned, excludes);
            let wrong = self.space.broken(side, own.roots, shown);
            if wrong != 0 {
                return Err(bits.leading(wrong, shown.loaded, excludes));
            }
            // Who asks for what has to be excluded may be there by closure alone.
            if let Some(above) = own.news.iter().find(|above| **above & excludes == 0) {
                return Err(bits.asked(bits.reach(own.roots, excludes)) & above);
            }
            members.push((own.roots, side.pruned));
        }
        let roots = chosen.iter().fold(0, |all, own| all | own.roots);
        let joint = bits.joint(&members, excludes);
        if let Err(wrong) = self.space.reached(joint, roots) {
            return Err(bits.leading(wrong, joint.loaded, excludes));
        }
        let (cost, reasons) = self.space.cost(joint);
        Ok((cost, bits.leading(reasons, joint.loaded, excludes)))
    }
}
