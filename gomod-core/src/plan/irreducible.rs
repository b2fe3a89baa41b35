//! The best plan without one of its edits: whether it still reaches the goal, and costs less.
//!
//! Each edit is taken back by itself, those apart that closure added and those that are the goal; what is left is
//! taken as it is, closed and counted like any plan. As long as that gives a cheaper plan, that one is looked at
//! instead.

use std::collections::BTreeSet;

use super::exhaust::Roots;
use super::fixed::Fixed;
use super::outcome::{Outcome, Plan, Searched};
use super::{Means, Needs, Planner, Role, Target};
use crate::graph::{ModuleId, PathId};
use crate::mvs::World;

/// How many modules, over all edits, are worth looking at.
const EFFORT: usize = 30_000;

/// A plan as it is given: roots, and new excludes.
#[derive(Clone)]
struct Given {
    roots: Roots,
    excludes: BTreeSet<ModuleId>,
}

impl Planner {
    /// Takes each edit of the best plan back, and puts what is cheaper in its place.
    pub(super) fn reduce(&self, world: &mut World, outcome: &mut Outcome) -> Result<(), Needs> {
        let Some(mut best) = outcome.plans.first().cloned() else {
            return Ok(());
        };
        let before = best.clone();
        let irreducible = loop {
            match self.spare(world, &best)? {
                Spare::Edit(cheaper) => best = *cheaper,
                Spare::None => break Some(true),
                Spare::Unknown => break None,
            }
        };
        let proven = best.search.proven || self.costs_the_least(world, &best);
        best.search = Searched {
            proven,
            irreducible,
            ..before.search
        };
        if best.edits != before.edits {
            outcome.plans.retain(|plan| plan.edits != best.edits);
            // What it came from is no alternative: it does the same and more.
            outcome.plans.retain(|plan| plan.edits != before.edits);
            outcome.plans.insert(0, best);
        } else if let Some(first) = outcome.plans.first_mut() {
            *first = best;
        }
        Ok(())
    }

    /// Whether a plan does without one of its edits.
    fn spare(&self, world: &mut World, plan: &Plan) -> Result<Spare, Needs> {
        // Below Go 1.17 requirements are listed that others imply; and settling is an edit that nothing asks for.
        if !self.problem.is_pruned() || self.goal.settle {
            return Ok(Spare::Unknown);
        }
        let whole = self.given(world, plan);
        let fewer = self.without(world, &whole);
        if fewer.len() * plan.graph.loaded().len() > EFFORT {
            return Ok(Spare::Unknown);
        }
        // What cannot be seen as it is cannot be seen with less, either.
        match whole.plan(self, world, false) {
            Ok(Some(same)) if same.cost <= plan.cost => {}
            Err(needs) if needs.packages.is_empty() => return Err(needs),
            _ => return Ok(Spare::Unknown),
        }
        let mut needs = Needs::default();
        let mut unknown = false;
        let mut found: Option<(Plan, Given)> = None;
        for fewer in fewer {
            match fewer.plan(self, world, false) {
                // A zip is not fetched for this: without it nobody could follow the plan's imports, either.
                Err(more) if !more.packages.is_empty() => unknown = true,
                Err(more) => needs.merge(more),
                Ok(Some(less)) => {
                    let kind = self.goal.strategy.is_none() || less.means == plan.means;
                    let limit = found.as_ref().map_or(plan.cost, |(best, _)| best.cost);
                    if kind && less.cost < limit {
                        found = Some((less, fewer));
                    }
                }
                Ok(None) => {}
            }
        }
        if !needs.is_empty() {
            return Err(needs);
        }
        let Some((less, fewer)) = found else {
            return Ok(if unknown { Spare::Unknown } else { Spare::None });
        };
        let explained = fewer.plan(self, world, true)?;
        Ok(Spare::Edit(Box::new(explained.unwrap_or(less))))
    }

    /// The roots and excludes of a plan, without what closure added or raised.
    fn given(&self, world: &World, plan: &Plan) -> Given {
        let modules = &world.modules;
        let added = |root: &ModuleId| plan.added.iter().any(|(added, _)| added == root);
        let mut roots = Roots::default();
        for root in plan.setup.roots.iter().filter(|root| !added(root)) {
            let path = modules.path_of(*root);
            if !path.is_toolchain() {
                roots.roots.insert(path, *root);
            }
        }
        for moved in plan
            .moves
            .iter()
            .filter(|moved| moved.role == Role::Closure)
        {
            if let (Some(root), Some(today)) = (roots.roots.get_mut(&moved.path), moved.from) {
                *root = today;
            }
        }
        for (target, means) in self.goal.targets.iter().zip(&plan.means) {
            if let (Target::Module { module }, Means::Replace) = (target, means) {
                roots.replaced.insert(modules.path_of(*module));
            }
        }
        let today = &self.problem.setup.overrides.excludes;
        let excludes = plan.setup.overrides.excludes.difference(today);
        Given {
            roots,
            excludes: excludes.copied().collect(),
        }
    }

    /// The same without one edit, for each that is not the goal.
    fn without(&self, world: &World, whole: &Given) -> Vec<Given> {
        let path_of = |module| world.modules.path_of(module);
        let is_target = |path: &PathId| {
            let mut targets = self.goal.targets.iter();
            targets.any(|target| target.path(path_of) == Some(*path))
        };
        let today = &self.problem.roots;
        let paths: BTreeSet<PathId> = whole
            .roots
            .roots
            .keys()
            .chain(today.keys())
            .copied()
            .collect();
        let mut list = Vec::new();
        for path in paths {
            let (planned, today) = (whole.roots.roots.get(&path), today.get(&path));
            if planned == today
                || path.is_toolchain()
                || is_target(&path)
                || self.problem.is_main(path)
            {
                continue;
            }
            let mut fewer = whole.clone();
            match today {
                Some(today) => fewer.roots.roots.insert(path, *today),
                None => fewer.roots.roots.remove(&path),
            };
            list.push(fewer);
        }
        for exclude in &whole.excludes {
            let mut fewer = whole.clone();
            fewer.excludes.remove(exclude);
            list.push(fewer);
        }
        list
    }
}

impl Given {
    fn plan(
        &self,
        planner: &Planner,
        world: &mut World,
        reasons: bool,
    ) -> Result<Option<Plan>, Needs> {
        let fixed = Fixed {
            planner,
            roots: &self.roots,
            excludes: &self.excludes,
        };
        fixed.plan(world, reasons)
    }
}

/// Whether a plan does without one of its edits.
enum Spare {
    /// Without one edit it is this plan, which is cheaper.
    Edit(Box<Plan>),
    /// Each is needed.
    None,
    /// That was not tried.
    Unknown,
}
