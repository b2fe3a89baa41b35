//! One combination of what the members require, with what is excluded, planned in earnest: each member by itself, with
//! closure, as a main module with fixed requirements; then put together as any plans are.
//!
//! An exclude holds for all members. So the requirement that says what is used instead may be another member's; one that has
//! none gets no such line, and has to be right without it where it stands alone.

use std::collections::BTreeSet;

use rustc_hash::FxHashSet;

use super::attempt::{Bounds, Mix, Part, Together};
use super::bits::{Set, each};
use super::exhaust::Trial;
use super::hold::Way;
use super::space::Space;
use super::{Halt, WorkspacePlan, WorkspacePlanner};
use crate::graph::{ModuleId, PathId};
use crate::model::{Exclude, GoMod};
use crate::mvs::World;
use crate::plan::fixed::Fixed;
use crate::plan::places::Roots;
use crate::plan::{Goal, Target, cost};

impl WorkspacePlanner {
    /// The plan where the members require these and exclude those, if it is one.
    pub(super) fn in_earnest(
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
            let excludes = excludes & bits.asked(chosen.reach);
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
        let modules = |set: Set| each(set).filter_map(|at| space.bits.modules.get(at).copied());
        let roots: Vec<ModuleId> = modules(chosen.roots).collect();
        let Some(run) = self.fixed_run(member, &roots) else {
            return Ok(None);
        };
        let (Some(own), Some(main)) = (self.runs.get_mut(run), self.mains.get_mut(member)) else {
            return Ok(None);
        };
        let whole = self.today.as_ref().map(|today| &today.whole);
        let mut choice = Roots::default();
        let pairs = roots
            .iter()
            .map(|root| (world.modules.path_of(*root), *root));
        choice.roots.extend(pairs);
        let hidden: BTreeSet<ModuleId> = modules(excludes).collect();
        let stores = (&mut self.candidates, &mut self.packages);
        let plan = own.lent(main, stores, |planner| {
            let fixed = Fixed {
                whole,
                ..planner.fixed(&choice, &hidden)
            };
            fixed.explained(world)
        });
        let Some(mut plan) = plan.map_err(Halt::Needs)? else {
            return Ok(None);
        };
        // Where the member says nothing of what is used instead, another one excludes it, and says so.
        let last = space.bits.set(plan.setup.roots.iter().copied());
        let lone = excludes & !space.required(last);
        for module in modules(lone).filter_map(|lone| world.modules.module_version(lone)) {
            plan.go_mod.drop_exclude(&module.path, &module.version);
        }
        // Alone it does without, and comes to no more than a target either.
        let alone = space.bits.own(last, side.pruned, excludes & !lone);
        let wrong = space.broken(side, last, alone) | space.too_high(alone);
        if wrong != 0 {
            return Ok(None);
        }
        // More may be in its sight then, and has to be excluded as well.
        let shown = space.bits.asked(alone.loaded) & excludes & !lone;
        for module in modules(shown).filter_map(|shown| world.modules.module_version(shown)) {
            if plan
                .go_mod
                .add_exclude(&module.path, &module.version)
                .is_err()
            {
                return Ok(None);
            }
        }
        Ok(Some(Part { member, run, plan }))
    }

    /// A run of one member that searches nothing, for the targets that these requirements are.
    fn fixed_run(&mut self, member: usize, roots: &[ModuleId]) -> Option<usize> {
        let today = self.today.as_ref()?;
        let problem = today.problems.get(member)?;
        let aimed = |target: &&Target| match target {
            Target::Module { module } => roots.contains(module),
            _ => true,
        };
        // Those that hold today's version up keep it.
        let held = |path: &&PathId| {
            let used = today.whole.selected.get(path);
            used.is_some_and(|used| roots.contains(used)) && problem.selected.get(path) == used
        };
        let goal = Goal {
            targets: self.goal.targets.iter().filter(aimed).cloned().collect(),
            keep: self.goal.keep.iter().filter(held).copied().collect(),
            max_collateral: None,
            ..self.goal.clone()
        };
        self.place_of(member, goal, true)
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
            reasoned: true,
        };
        let mut plan = self.measured(world, together)?;
        // Nothing led there step by step.
        plan.plan.lowered.clear();
        Ok(Some(plan))
    }
}
