//! Every choice there is, where there are few: the last word on whether a plan is the cheapest.
//!
//! The greatest solution is not always the cheapest one: going lower, dropping an indirect requirement, or
//! excluding a version that is not selected can spare something else. So where the versions that cost less
//! than the best plan can be counted on the fingers of a computer, each is tried: roots first, cut by a lower
//! bound of their cost; then, for fixed roots, the excludes that cut what stands in the way.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashSet;

use super::candidates::Usable;
use super::choice::{Choice, Way};
use super::cost::{self, Cost};
use super::fixed::{Fixed, Tried};
use super::goal::{Means, Target};
use super::{Needs, Pass, Plan, Planner};
use crate::graph::{ModuleId, PathId};
use crate::mvs::{SourceId, World};

/// How many steps are taken at most to list the assignments of roots.
const STEPS: usize = 10_000;
/// How many graphs are loaded at most; in larger ones fewer, since each takes longer.
const GRAPHS: usize = 12_000;
/// How many modules, over all graphs, are worth looking at.
const EFFORT: usize = 60_000;
/// How many `go.mod` files are fetched at most for this alone.
const FETCHES: usize = 24;
/// How many requirements a main module may have to be looked at.
const PATHS: usize = 12;

/// What came of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Exhausted {
    /// A plan that is cheaper than the best known, if there is one.
    pub(super) better: Option<Box<Plan>>,
    /// Whether everything that could be cheaper was tried.
    pub(super) complete: bool,
    /// How many graphs were tried.
    pub(super) tried: usize,
}

/// What may be chosen for a path.
#[derive(Debug, Clone)]
struct Place {
    root: Option<ModuleId>,
    /// Whether the target is reached by a replacement.
    replaced: bool,
    cost: Cost,
}

/// The choices for each path.
type Places = Vec<(PathId, Vec<Place>)>;

/// Roots for all paths, and which targets are replaced.
#[derive(Debug, Clone, Default)]
pub(super) struct Roots {
    pub(super) roots: BTreeMap<PathId, ModuleId>,
    pub(super) replaced: BTreeSet<PathId>,
}

impl Planner {
    /// Tries all that could be cheaper than `best`.
    pub(super) fn exhaust(
        &self,
        world: &mut World,
        best: Option<&Plan>,
    ) -> Result<Exhausted, Needs> {
        let by_require = matches!(self.goal.strategy, None | Some(Means::Require));
        if !by_require || self.goal.settle || best.is_some_and(|plan| plan.cost.unresolved > 0) {
            return Ok(Exhausted::default());
        }
        let Some(places) = self.places(world)? else {
            return Ok(Exhausted::default());
        };
        let mut limit = best.map(|plan| plan.cost);
        let mut assignments = Assignments {
            planner: self,
            places: &places,
            today: cost::overridden(
                world,
                &self.problem.graph,
                &self.problem.setup.overrides,
                &self.problem.setup.roots,
            )
            .into_keys()
            .collect(),
            limit: limit.map(without_lines),
            steps: STEPS,
            found: Vec::new(),
        };
        let whole = assignments.assign(world, 0, Roots::default(), Cost::default());
        let mut found = assignments.found;
        found.sort_by_key(|(cost, _)| *cost);
        let graphs = (EFFORT / self.problem.selected.len().max(1)).min(GRAPHS);
        if !whole || found.len() > graphs {
            return Ok(Exhausted::default());
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
            return Ok(Exhausted::default());
        }
        if !unknown.is_empty() {
            return Err(Needs {
                sources: unknown,
                ..Needs::default()
            });
        }
        let mut exhausted = Exhausted {
            complete: true,
            ..Exhausted::default()
        };
        let mut needs = Needs::default();
        for (low, roots) in found {
            if limit.is_some_and(|limit| low >= without_lines(limit)) {
                break;
            }
            let plan = self.with_roots(
                world,
                &roots,
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
            Ok(exhausted)
        } else {
            Err(needs)
        }
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
        roots: &Roots,
        graphs: usize,
        limit: &mut Option<Cost>,
        exhausted: &mut Exhausted,
        needs: &mut Needs,
    ) -> Option<Plan> {
        let may_exclude = self.goal.strategy.is_none();
        let mut best = None;
        let start = BTreeSet::new();
        let mut seen: BTreeSet<BTreeSet<ModuleId>> = BTreeSet::from([start.clone()]);
        let mut stack: Vec<BTreeSet<ModuleId>> = vec![start];
        while let Some(excludes) = stack.pop() {
            if exhausted.tried > graphs {
                break;
            }
            exhausted.tried += 1;
            let fixed = Fixed {
                planner: self,
                roots,
                excludes: &excludes,
            };
            let cuts = match fixed.evaluate(world) {
                Tried::Needs(more) => {
                    needs.merge(more);
                    continue;
                }
                Tried::Infeasible { cuts } => cuts,
                Tried::Feasible { plan, cuts } => {
                    let cheaper =
                        limit.is_none_or(|limit| without_lines(plan.cost) < without_lines(limit));
                    if cheaper {
                        *limit = Some(plan.cost);
                        best = Some(*plan);
                    }
                    cuts
                }
            };
            for cut in cuts.into_iter().filter(|_| may_exclude) {
                let mut next = excludes.clone();
                if next.insert(cut) && seen.insert(next.clone()) {
                    stack.push(next);
                }
            }
        }
        best
    }

    /// What may be chosen for each path; `None` when that is too much to look at.
    fn places(&self, world: &mut World) -> Result<Option<Places>, Needs> {
        let problem = &self.problem;
        let start = if problem.is_pruned() {
            &problem.roots
        } else {
            &problem.selected
        };
        let targets = self
            .goal
            .targets
            .iter()
            .filter_map(|target| target.path(|module| world.modules.path_of(module)));
        let mut paths: Vec<PathId> = start.keys().copied().chain(targets).collect();
        paths.retain(|path| !path.is_toolchain() && !problem.is_main(*path));
        paths.sort_unstable();
        paths.dedup();
        if paths.len() > PATHS {
            return Ok(None);
        }
        let mut needs = Needs::default();
        needs.lists.extend(
            paths
                .iter()
                .filter(|path| self.candidates.list(**path).is_none()),
        );
        for path in &paths {
            if let Some(newest) = self.candidates.newest(world, *path)
                && self.pass == Pass::Releases
                && world.module_facts(newest).is_none()
            {
                let source = world.source_id(crate::mvs::Source::Module(newest));
                needs.sources.push(source);
            }
        }
        if !needs.is_empty() {
            return Err(needs);
        }
        let named: FxHashSet<ModuleId> = world.required().collect();
        let places = paths
            .into_iter()
            .map(|path| (path, self.places_of(world, path, &named)))
            .collect();
        Ok(Some(places))
    }

    fn places_of(&self, world: &World, path: PathId, named: &FxHashSet<ModuleId>) -> Vec<Place> {
        let (problem, goal, modules) = (&self.problem, &self.goal, &world.modules);
        let today = problem.selected.get(&path).copied();
        let rooted = if problem.is_pruned() {
            problem.roots.contains_key(&path)
        } else {
            today.is_some()
        };
        let target = goal.module_target(path, |module| modules.path_of(module));
        let absent = goal.targets.contains(&Target::Absent { path });
        let direct = problem.direct.contains(&path);
        let place = |root: Option<ModuleId>, replaced: bool| Place {
            root,
            replaced,
            cost: self.price_of(world, path, root, target.is_some() || absent),
        };
        let excluded = |module: &ModuleId| problem.setup.overrides.excludes.contains(module);
        let usable = |module: ModuleId| match named.contains(&module) {
            true => Usable::Named,
            false => Usable::IfListed,
        };
        let known = modules.versions_of(path).iter().copied();
        let known = known.filter(|module| modules.version(*module).is_some() && !excluded(module));
        let above_today =
            |module: ModuleId| today.is_some_and(|today| modules.compare(module, today).is_gt());
        let mut places: Vec<Place> = Vec::new();
        if let Some(target) = target {
            places.push(place(Some(target), false));
            if goal.strategy.is_none() {
                let held = known.filter(|module| {
                    Some(*module) == today || named.contains(module) && above_today(*module)
                });
                places.extend(held.map(|module| place(Some(module), true)));
            }
        } else if absent {
            places.push(place(None, false));
        } else if goal.keep.contains(&path) {
            places.push(place(today, false));
        } else {
            let chosen = known.filter(|module| {
                let candidate =
                    self.candidates
                        .is_candidate(world, self.pass, *module, usable(*module));
                // Below Go 1.17 what is no requirement yet may become one to hold a version, not to rise.
                let may_rise = problem.roots.contains_key(&path);
                let allowed = match above_today(*module) {
                    true => may_rise && (named.contains(module) || candidate && !direct),
                    false => candidate || named.contains(module),
                };
                Some(*module) == today || allowed
            });
            places.extend(chosen.map(|module| place(Some(module), false)));
            if rooted && (!direct || goal.allow_drop) {
                places.push(place(None, false));
            }
        }
        places.sort_by_key(|place| place.cost);
        places
    }

    /// What a choice for one path costs at least.
    fn price_of(&self, world: &World, path: PathId, root: Option<ModuleId>, target: bool) -> Cost {
        let mut cost = Cost::default();
        let today = self.problem.selected.get(&path).copied();
        if root == today {
            return cost;
        }
        let rises = root
            .zip(today)
            .is_some_and(|(root, today)| world.modules.compare(root, today).is_gt());
        if let Some(from) = today.filter(|_| !rises) {
            cost.steps = self.candidates.steps(world, root, from);
        }
        if target {
            return cost;
        }
        cost.raised = usize::from(rises);
        if self.problem.direct.contains(&path) {
            cost.direct_moved = 1;
            cost.direct_steps = cost.steps;
            cost.dropped = usize::from(root.is_none());
        } else {
            cost.others_moved = 1;
        }
        cost
    }
}

/// Lists the assignments of roots whose lower bound is below the limit.
struct Assignments<'a> {
    planner: &'a Planner,
    places: &'a [(PathId, Vec<Place>)],
    /// What is overridden today.
    today: FxHashSet<(Option<PathId>, PathId)>,
    limit: Option<Cost>,
    steps: usize,
    found: Vec<(Cost, Roots)>,
}

impl Assignments<'_> {
    /// Chooses for each path in turn; says whether there were few enough.
    fn assign(&mut self, world: &World, at: usize, roots: Roots, sum: Cost) -> bool {
        let Some((path, places)) = self.places.get(at) else {
            self.found.push((sum, roots));
            return true;
        };
        for place in places {
            let Some(left) = self.steps.checked_sub(1) else {
                return false;
            };
            self.steps = left;
            let mut next = roots.clone();
            if let Some(root) = place.root {
                next.roots.insert(*path, root);
            }
            if place.replaced {
                next.replaced.insert(*path);
            }
            let mut sum = sum + place.cost;
            sum.overridden += self.pairs(world, *path, &next);
            let below = self.limit.is_none_or(|limit| sum < limit);
            if below && !self.assign(world, at + 1, next, sum) {
                return false;
            }
        }
        true
    }

    /// How many pairs are certain to be overridden once `path` is chosen: between it and those before.
    fn pairs(&self, world: &World, path: PathId, roots: &Roots) -> usize {
        let used = |path: PathId| {
            let root = roots.roots.get(&path).copied()?;
            Some(if roots.replaced.contains(&path) {
                let path_of = |module| world.modules.path_of(module);
                self.planner.goal.module_target(path, path_of)?
            } else {
                root
            })
        };
        let mut count = 0;
        let new = |by: Option<PathId>, path: PathId| !self.today.contains(&(by, path));
        if let (Some(root), Some(used)) = (roots.roots.get(&path), used(path))
            && world.modules.compare(*root, used).is_gt()
            && new(None, path)
        {
            count += 1;
        }
        let setup = &self.planner.problem.setup;
        for other in roots.roots.keys().filter(|other| **other != path) {
            for (by, to) in [(path, *other), (*other, path)] {
                if let (Some(by_used), Some(to_used)) = (used(by), used(to))
                    && setup
                        .overrides
                        .replacement(&world.modules, to_used)
                        .is_none()
                    && let Ok(Some(list)) =
                        world.requirements(by_used, &setup.overrides, setup.local_go.as_ref())
                    && list.iter(&setup.overrides).any(|required| {
                        world.modules.path_of(required) == to
                            && world.modules.compare(required, to_used).is_gt()
                    })
                    && new(Some(by), to)
                {
                    count += 1;
                }
            }
        }
        count
    }
}

/// The cost that is compared: fewer lines alone make no plan better.
fn without_lines(cost: Cost) -> Cost {
    Cost { lines: 0, ..cost }
}

impl std::ops::Add for Cost {
    type Output = Self;

    fn add(self, more: Self) -> Self {
        Self {
            unresolved: self.unresolved + more.unresolved,
            dropped: self.dropped + more.dropped,
            overridden: self.overridden + more.overridden,
            direct_moved: self.direct_moved + more.direct_moved,
            direct_steps: self.direct_steps + more.direct_steps,
            others_moved: self.others_moved + more.others_moved,
            raised: self.raised + more.raised,
            steps: self.steps + more.steps,
            lines: self.lines + more.lines,
        }
    }
}

impl Roots {
    /// How each target of the goal is reached, with these excludes.
    pub(super) fn means(
        &self,
        world: &World,
        targets: &[Target],
        excludes: &BTreeSet<ModuleId>,
    ) -> Vec<Means> {
        let path_of = |module| world.modules.path_of(module);
        let of = |target: &Target| match target.path(path_of) {
            Some(path) if self.replaced.contains(&path) => Means::Replace,
            Some(path) if excludes.iter().any(|module| path_of(*module) == path) => Means::Exclude,
            _ => Means::Require,
        };
        targets.iter().map(of).collect()
    }
}

/// A way that takes everything as it is given.
pub(super) fn given(means: Vec<Means>) -> (Way, Choice) {
    let way = Way {
        means,
        sparing: true,
    };
    (way, Choice::default())
}
