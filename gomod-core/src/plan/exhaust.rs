//! Every choice there is, where there are few: the last word on whether a plan is the cheapest.
//!
//! The greatest solution is not always the cheapest one: going lower, dropping an indirect requirement, or
//! excluding a version that is not selected can spare something else. So where the versions that cost less
//! than the best plan can be counted on the fingers of a computer, each is tried: roots first, cut by a lower
//! bound of their cost; then, for fixed roots, the excludes that cut what stands in the way. The plans that the
//! search found are looked at in the same way: only what their own roots lead to counts.

use std::collections::BTreeSet;

use super::choice::{Choice, Way};
use super::cost::{self, Cost};
use super::fixed::{Fixed, Tried};
use super::goal::Means;
use super::places::{Assignments, PATHS, Roots};
use super::{Edit, Needs, Plan, Planner};
use crate::graph::{ModuleId, PathId};
use crate::mvs::{Source, SourceId, World};

/// How many steps are taken at most to list the assignments of roots.
const STEPS: usize = 10_000;
/// How many graphs are loaded at most; in larger ones fewer, since each takes longer.
const GRAPHS: usize = 40_000;
/// How many modules, over all graphs, are worth looking at.
const EFFORT: usize = 200_000;
/// How many `go.mod` files are fetched at most for this alone.
const FETCHES: usize = 48;
/// How many modules may stand behind the choices for what they ask for to be read.
const BEHIND: usize = 400;

/// What came of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Exhausted {
    /// A plan that is cheaper than those of the search, if there is one.
    pub(super) better: Option<Box<Plan>>,
    /// Whether everything that could be cheaper was tried.
    pub(super) complete: bool,
    /// How many graphs were tried.
    pub(super) tried: usize,
    /// The edits of plans that list requirements without a reason: once everything was tried they do not count.
    pub(super) loose: Vec<Vec<Edit>>,
}

impl Planner {
    /// Tries all that could be cheaper than the plans of the search.
    pub(super) fn exhaust(&self, world: &mut World) -> Result<Exhausted, Needs> {
        let unresolved = |plan: &Plan| plan.cost.unresolved > 0;
        if self.goal.settle || self.best(&[]).is_some_and(unresolved) {
            return Ok(Exhausted::default());
        }
        let mut start = Exhausted::default();
        if self.problem.is_pruned() && self.problem.roots.len() <= PATHS {
            self.recheck(world, &mut start)?;
        }
        let known = start.better.as_deref().into_iter();
        let known = known.chain(self.best(&start.loose));
        let best = known.min_by(|a, b| a.compare(b));
        // Nothing is cheaper than what costs the least: no need to ask for more. Where something is stuck, what was
        // not read yet might let it rise.
        if self.stuck.is_empty() && best.is_some_and(|best| self.costs_the_least(world, best)) {
            start.complete = !start.loose.is_empty();
            return Ok(start);
        }
        let today = &self.problem.overridden;
        let limit = best.map(Plan::weight);
        // A new requirement stands for one that is overridden, so it is of no use where none is, and nothing is dropped.
        let free = |cost: Cost| cost.dropped + cost.overridden == 0 && today.is_empty();
        let more = self.may_exclude() && !limit.is_some_and(free);
        for more in [true, false].into_iter().filter(|with| more || !with) {
            if let Some(mut all) = self.try_all(world, limit, more)? {
                all.loose = start.loose;
                let better = all.better.take();
                let better = better.map(|plan| self.without_spare(world, plan));
                all.better = better.transpose()?.or(start.better);
                let found = all.better.as_ref().map(|plan| plan.weight()).or(limit);
                all.complete &= more || !self.may_exclude() || found.is_some_and(free);
                return Ok(all);
            }
        }
        Ok(Exhausted::default())
    }

    fn may_exclude(&self) -> bool {
        matches!(self.goal.strategy, None | Some(Means::Exclude))
    }

    /// Tries what costs less than `limit`, new requirements included that are not due to closure, if `more` says
    /// so; `None` when that is too much.
    fn try_all(
        &self,
        world: &mut World,
        mut limit: Option<Cost>,
        more: bool,
    ) -> Result<Option<Exhausted>, Needs> {
        let Some(places) = self.places(world, more)? else {
            return Ok(None);
        };
        let mut assignments = Assignments {
            planner: self,
            places: &places,
            limit: limit.map(without_lines),
            steps: STEPS,
            found: Vec::new(),
        };
        let whole = assignments.assign(world, 0, Roots::default(), Cost::default());
        let mut found = assignments.found;
        found.sort_by_key(|(cost, _)| *cost);
        let graphs = (EFFORT / self.problem.selected.len().max(1)).min(GRAPHS);
        if !whole || found.len() > graphs {
            return Ok(None);
        }
        let chosen = |roots: &[(Cost, Roots)]| -> BTreeSet<ModuleId> {
            let roots = roots.iter().flat_map(|(_, roots)| roots.roots.values());
            roots.copied().collect()
        };
        // What candidates ask for may be chosen as well, so they are looked at first; all, if they are few.
        let all = places.iter().flat_map(|(_, places)| places);
        let all: BTreeSet<ModuleId> = all.filter_map(|place| place.root).collect();
        let mut unknown = self.unknown(world, &all);
        if unknown.len() > FETCHES {
            unknown = self.unknown(world, &chosen(&found));
        }
        if unknown.len() > FETCHES {
            return Ok(None);
        }
        if !unknown.is_empty() {
            return Err(Needs::of_sources(unknown));
        }
        // What closure brings may ask for a direct requirement in a higher version, which it may then have.
        let free = |cost: Cost| cost.dropped + cost.overridden + cost.direct_moved == 0;
        let mut complete = true;
        if !limit.is_some_and(free) {
            let behind = self.behind(world, &all);
            let unread = self.unknown(world, &behind);
            complete = unread.is_empty();
            if !complete && unread.len() <= FETCHES && behind.len() <= BEHIND {
                return Err(Needs::of_sources(unread));
            }
        }
        let mut exhausted = Exhausted {
            complete,
            ..Exhausted::default()
        };
        let mut needs = Needs::default();
        for (low, roots) in found {
            if limit.is_some_and(|limit| low >= without_lines(limit)) {
                break;
            }
            let plan = self.with_roots(
                world,
                (low, &roots),
                graphs,
                &mut limit,
                &mut exhausted,
                &mut needs,
            );
            if let Some(plan) = plan {
                exhausted.better = Some(Box::new(plan));
            }
            if exhausted.tried > graphs {
                exhausted.complete = false;
                break;
            }
        }
        if needs.is_empty() {
            Ok(Some(exhausted))
        } else {
            Err(needs)
        }
    }

    /// Whether something to try asks for the content of a version that was passed over for what it may import:
    /// all of them would have to be looked into.
    fn passes_importers(&self, world: &World, needs: &Needs) -> bool {
        let best = self.best(&[]);
        let lowered = best.into_iter().flat_map(Plan::lowered_importers);
        let lowered: BTreeSet<PathId> = lowered.collect();
        needs
            .packages
            .iter()
            .any(|(source, _)| match world.source(*source) {
                Source::Module(module) => lowered.contains(&world.modules.path_of(*module)),
                Source::Directory(_) => false,
            })
    }

    /// Takes the plans of the search as they are: whether their roots lead there without more, and whether they do
    /// without one of their excludes.
    fn recheck(&self, world: &mut World, all: &mut Exhausted) -> Result<(), Needs> {
        let today = &self.problem.setup.overrides;
        let found = self
            .done
            .iter()
            .filter_map(|(_, ended)| ended.plan.as_deref());
        for plan in found.chain(self.walks.plan.as_deref()) {
            // What was left out as ambiguous may still be selected: that is no choice of roots.
            if !plan.settled.is_empty() {
                continue;
            }
            let roots = Roots::of(world, plan, today);
            let excludes = self.new_excludes(plan);
            let best = match self.fixed(&roots, &excludes).evaluate(world) {
                Tried::Needs(needs) => return Err(needs),
                Tried::Infeasible { .. } | Tried::Idle { .. } => None,
                Tried::Feasible { plan, .. } => Some(self.without_spare(world, plan)?),
            };
            let same = |found: &Plan| {
                without_lines(found.cost) == without_lines(plan.cost) && found.edits == plan.edits
            };
            if best.as_deref().is_some_and(same) {
                continue;
            }
            all.loose.push(plan.edits.clone());
            if let Some(best) = best
                && all
                    .better
                    .as_ref()
                    .is_none_or(|other| best.compare(other).is_lt())
            {
                all.better = Some(best);
            }
        }
        Ok(())
    }

    /// The excludes that a plan adds.
    pub(super) fn new_excludes(&self, plan: &Plan) -> BTreeSet<ModuleId> {
        let today = &self.problem.setup.overrides.excludes;
        let excludes = plan.setup.overrides.excludes.iter().copied();
        excludes.filter(|module| !today.contains(module)).collect()
    }

    /// The same plan without the excludes that it does without.
    fn without_spare(&self, world: &mut World, plan: Box<Plan>) -> Result<Box<Plan>, Needs> {
        let mut roots = Roots::of(world, &plan, &self.problem.setup.overrides);
        let mut excludes = self.new_excludes(&plan);
        let mut best = plan;
        for module in excludes.clone() {
            let mut fewer = excludes.clone();
            fewer.remove(&module);
            // A new requirement that stands for what is excluded goes with it: closure may add it again.
            let mut without = roots.clone();
            let path = world.modules.path_of(module);
            let others = fewer.iter().any(|m| world.modules.path_of(*m) == path);
            if let Some(root) = roots.roots.get(&path)
                && !others
                && self.is_new(world, *root)
            {
                without.roots.remove(&path);
            }
            match self.fixed(&without, &fewer).evaluate(world) {
                Tried::Needs(needs) => return Err(needs),
                Tried::Feasible { plan, .. } if plan.weight() < best.weight() => {
                    (roots, excludes, best) = (without, fewer, plan);
                }
                _ => {}
            }
        }
        Ok(best)
    }

    pub(super) fn fixed<'a>(
        &'a self,
        roots: &'a Roots,
        excludes: &'a BTreeSet<ModuleId>,
    ) -> Fixed<'a> {
        Fixed {
            planner: self,
            roots,
            excludes,
            below: None,
            whole: None,
        }
    }

    /// These and what their `go.mod` files ask for, and so on, as far as they were read.
    fn behind(&self, world: &World, modules: &BTreeSet<ModuleId>) -> BTreeSet<ModuleId> {
        let overrides = &self.problem.setup.overrides;
        let counts = |module: &ModuleId| {
            let path = world.modules.path_of(*module);
            !path.is_toolchain() && !self.problem.is_main(path)
        };
        let mut behind = modules.clone();
        let mut stack: Vec<ModuleId> = behind.iter().copied().collect();
        while let Some(module) = stack.pop() {
            let asked: Vec<ModuleId> = cost::asked(world, [module], overrides).collect();
            let new = asked.into_iter().filter(counts);
            stack.extend(new.filter(|asked| behind.insert(*asked)));
        }
        behind
    }

    /// Those whose `go.mod` was not fed yet.
    fn unknown(&self, world: &mut World, modules: &BTreeSet<ModuleId>) -> Vec<SourceId> {
        let overrides = &self.problem.setup.overrides;
        let mut unknown: Vec<SourceId> = modules
            .iter()
            .filter_map(|module| world.source_of(*module, overrides))
            .collect();
        unknown.sort_unstable();
        unknown.dedup();
        unknown.retain(|source| world.facts(*source).is_none());
        unknown
    }

    /// The cheapest plan below `limit` with these roots: excludes are added as far as they cut the chains to
    /// what is in the way.
    fn with_roots(
        &self,
        world: &mut World,
        (low, roots): (Cost, &Roots),
        graphs: usize,
        limit: &mut Option<Cost>,
        exhausted: &mut Exhausted,
        needs: &mut Needs,
    ) -> Option<Plan> {
        let mut best: Option<Plan> = None;
        let start = BTreeSet::new();
        let mut seen: BTreeSet<BTreeSet<ModuleId>> = BTreeSet::from([start.clone()]);
        let mut stack: Vec<BTreeSet<ModuleId>> = vec![start];
        while let Some(excludes) = stack.pop() {
            if exhausted.tried > graphs {
                break;
            }
            exhausted.tried += 1;
            let fixed = Fixed {
                below: limit.map(|limit| (low, limit)),
                ..self.fixed(roots, &excludes)
            };
            let cuts = match fixed.evaluate(world) {
                Tried::Needs(more) if self.passes_importers(world, &more) => {
                    exhausted.complete = false;
                    continue;
                }
                Tried::Needs(more) => {
                    needs.merge(more);
                    continue;
                }
                Tried::Infeasible { cuts } => cuts,
                Tried::Idle { used } => {
                    if seen.insert(used.clone()) {
                        stack.push(used);
                    }
                    continue;
                }
                Tried::Feasible { plan, cuts } => {
                    let cost = plan.weight();
                    // Fewer lines alone make no plan better, but for the same roots.
                    let cheaper = match &best {
                        None => {
                            limit.is_none_or(|limit| without_lines(cost) < without_lines(limit))
                        }
                        Some(best) => plan.compare(best).is_lt(),
                    };
                    if cheaper {
                        *limit = Some(cost);
                        best = Some(*plan);
                    }
                    cuts
                }
            };
            for cut in cuts.into_iter().filter(|_| self.may_exclude()) {
                let mut next = excludes.clone();
                if next.insert(cut) && seen.insert(next.clone()) {
                    stack.push(next);
                }
            }
        }
        best
    }
}

/// The cost that is compared: fewer lines alone make no plan better.
pub(super) fn without_lines(cost: Cost) -> Cost {
    Cost { lines: 0, ..cost }
}

/// A way that takes everything as it is given.
pub(super) fn given(means: Vec<Means>) -> (Way, Choice) {
    let way = Way {
        means,
        sparing: true,
    };
    (way, Choice::default())
}
