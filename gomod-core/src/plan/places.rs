//! What may be chosen for each path where everything is tried, and the assignments of roots that may be cheap
//! enough: each choice has a price that it costs at least.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashSet;

use super::candidates::Usable;
use super::cost::Cost;
use super::goal::{Goal, Means, Target};
use super::{Needs, Pass, Plan, Planner};
use crate::graph::{ModuleId, PathId};
use crate::mvs::{Overrides, World};

/// How many requirements a main module may have to be looked at.
pub(super) const PATHS: usize = 12;

/// What may be chosen for a path.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) root: Option<ModuleId>,
    /// Whether the target is reached by a replacement.
    replaced: bool,
    cost: Cost,
}

/// The choices for each path.
pub(super) type Places = Vec<(PathId, Vec<Place>)>;

/// Roots for all paths, and which targets are replaced.
#[derive(Debug, Clone, Default)]
pub(super) struct Roots {
    pub(super) roots: BTreeMap<PathId, ModuleId>,
    pub(super) replaced: BTreeSet<PathId>,
    /// New requirements whose overridden pair is counted, but not known yet.
    owed: BTreeSet<PathId>,
}

impl Planner {
    /// What may be chosen for each path, those included that are no requirement yet, if `more` says so; `None` when
    /// that is too much to look at.
    pub(super) fn places(&self, world: &mut World, more: bool) -> Result<Option<Places>, Needs> {
        let problem = &self.problem;
        let start = problem.requirements();
        let targets = self
            .goal
            .targets
            .iter()
            .filter_map(|target| target.path(|module| world.modules.path_of(module)));
        let named: FxHashSet<ModuleId> = world.required().collect();
        let others = named.iter().filter(|_| more);
        let mut paths: Vec<PathId> = start
            .keys()
            .copied()
            .chain(targets)
            .chain(self.goal.keep.iter().copied())
            .chain(others.map(|module| world.modules.path_of(*module)))
            .collect();
        paths.retain(|path| !problem.is_toolchain(*path) && !problem.is_main(*path));
        // The order must not depend on what was fed when.
        paths.sort_by_key(|path| world.modules.path(*path));
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
        let places = paths
            .into_iter()
            .map(|path| (path, self.places_of(world, path, &named, more)))
            .collect();
        Ok(Some(places))
    }

    fn places_of(
        &self,
        world: &World,
        path: PathId,
        named: &FxHashSet<ModuleId>,
        more: bool,
    ) -> Vec<Place> {
        let (problem, goal, modules) = (&self.problem, &self.goal, &world.modules);
        let today = problem.selected.get(&path).copied();
        let is_root = problem.roots.contains_key(&path);
        let rooted = is_root || !problem.is_pruned() && today.is_some();
        let target = goal.module_target(path, |module| modules.path_of(module));
        let absent = goal.targets.contains(&Target::Absent { path });
        let direct = problem.direct.contains(&path);
        let held_direct = problem.is_direct_anywhere(path);
        let place = |root: Option<ModuleId>, replaced: bool| Place {
            root,
            replaced,
            cost: self.price_of(world, path, root, target.is_some() || absent),
        };
        let excluded = |module: &ModuleId| problem.setup.overrides.excludes.contains(module);
        let known = modules.versions_of(path).iter().copied();
        let known = known.filter(|module| modules.version(*module).is_some() && !excluded(module));
        let above_today =
            |module: ModuleId| today.is_some_and(|today| modules.compare(module, today).is_gt());
        let mut places: Vec<Place> = Vec::new();
        if let Some(target) = target {
            if goal.strategy != Some(Means::Replace) {
                places.push(place(Some(target), false));
            }
            if matches!(goal.strategy, None | Some(Means::Replace)) {
                let held = known.filter(|module| {
                    Some(*module) == today || named.contains(module) && above_today(*module)
                });
                places.extend(held.map(|module| place(Some(module), true)));
            }
        } else if absent {
            places.push(place(None, false));
        } else if goal.keep.contains(&path) && rooted {
            places.push(place(today, false));
        } else {
            let kept = goal.keep.contains(&path);
            let chosen = known.filter(|module| {
                let candidate = self.is_usable(world, *module, named);
                let held = match above_today(*module) {
                    true => is_root && (named.contains(module) || candidate && !held_direct),
                    false => rooted && (candidate || named.contains(module)),
                };
                Some(*module) == today && (rooted || kept || more && !is_root)
                    || held
                    || more && !is_root && !kept && candidate
            });
            places.extend(chosen.map(|module| place(Some(module), false)));
            if !direct || goal.allow_drop {
                places.push(place(None, false));
            }
        }
        if !rooted {
            // A path without a requirement stays where others put it.
            for place in places.iter_mut().filter(|place| place.root.is_none()) {
                place.cost = Cost::default();
            }
        }
        // Of equal ones that without a line comes first.
        places.sort_by_key(|place| (place.cost, place.root.is_some()));
        places
    }

    /// Whether a version is a candidate, listed or named by a `go.mod`.
    fn is_usable(&self, world: &World, module: ModuleId, named: &FxHashSet<ModuleId>) -> bool {
        let usable = Usable::of(false, named.contains(&module));
        self.candidates
            .is_candidate(world, self.pass, module, usable)
    }

    /// Whether a root is a new requirement that is neither a target nor kept. Below Go 1.17 all modules of the build list are
    /// requirements at today's version or below.
    pub(super) fn is_new(&self, world: &World, root: ModuleId) -> bool {
        let path = world.modules.path_of(root);
        let today = self.problem.selected.get(&path);
        let held = today.is_some_and(|today| world.modules.compare(root, *today).is_le());
        let path_of = |module| world.modules.path_of(module);
        !self.problem.roots.contains_key(&path)
            && !self.problem.is_toolchain(path)
            && self.goal.module_target(path, path_of).is_none()
            && !self.goal.keep.contains(&path)
            && (self.problem.is_pruned() || !held)
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
pub(super) struct Assignments<'a> {
    pub(super) planner: &'a Planner,
    pub(super) places: &'a [(PathId, Vec<Place>)],
    pub(super) limit: Option<Cost>,
    pub(super) steps: usize,
    pub(super) found: Vec<(Cost, Roots)>,
}

impl Assignments<'_> {
    /// Chooses for each path in turn; says whether there were few enough.
    pub(super) fn assign(&mut self, world: &World, at: usize, roots: Roots, sum: Cost) -> bool {
        let Some((path, places)) = self.places.get(at) else {
            self.found.push((sum, roots));
            return true;
        };
        let today = &self.planner.problem.overridden;
        for place in places {
            let Some(left) = self.steps.checked_sub(1) else {
                return false;
            };
            self.steps = left;
            let mut next = roots.clone();
            let mut sum = sum + place.cost;
            if let Some(root) = place.root {
                next.roots.insert(*path, root);
                // It stands for a version that a selected module asks for, and that is excluded.
                if self.planner.is_new(world, root) && !today.keys().any(|(_, to)| to == path) {
                    sum.overridden += usize::from(next.owed.insert(*path));
                }
            }
            if place.replaced {
                next.replaced.insert(*path);
            }
            for to in self.pairs(world, *path, &next) {
                sum.overridden += usize::from(!next.owed.remove(&to));
            }
            let below = self.limit.is_none_or(|limit| sum < limit);
            if below && !self.assign(world, at + 1, next, sum) {
                return false;
            }
        }
        true
    }

    /// The paths that are certain to be overridden, once for each who asks, when `path` is chosen: between it and
    /// those before.
    fn pairs(&self, world: &World, path: PathId, roots: &Roots) -> Vec<PathId> {
        let Planner { goal, problem, .. } = self.planner;
        let today = &problem.overridden;
        let path_of = |module| world.modules.path_of(module);
        let used = |path: PathId| {
            let root = roots.roots.get(&path).copied()?;
            match roots.replaced.contains(&path) {
                true => goal.module_target(path, path_of),
                false => Some(root),
            }
        };
        let mut found = Vec::new();
        let new = |by: Option<PathId>, path: PathId| {
            !today.contains_key(&(by, path)) && !goal.grants_overriding(path, path_of)
        };
        if let (Some(root), Some(used)) = (roots.roots.get(&path), used(path))
            && world.modules.compare(*root, used).is_gt()
            && new(None, path)
        {
            found.push(path);
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
                        path_of(required) == to && world.modules.compare(required, to_used).is_gt()
                    })
                    && new(Some(by), to)
                {
                    found.push(to);
                }
            }
        }
        found
    }
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
        goal: &Goal,
        excludes: &BTreeSet<ModuleId>,
    ) -> Vec<Means> {
        let path_of = |module| world.modules.path_of(module);
        let of = |target: &Target| match (target.path(path_of), goal.means_of(target).as_slice()) {
            (_, [only]) => *only,
            (Some(path), _) if self.replaced.contains(&path) => Means::Replace,
            (Some(path), _) if excludes.iter().any(|module| path_of(*module) == path) => {
                Means::Exclude
            }
            _ => Means::Require,
        };
        goal.targets.iter().map(of).collect()
    }

    /// The roots of a plan of the search, before closure.
    pub(super) fn of(world: &World, plan: &Plan, today: &Overrides) -> Self {
        let path_of = |module| world.modules.path_of(module);
        let roots = plan.base.iter().map(|root| (path_of(*root), *root));
        let wildcard = &plan.setup.overrides.wildcard;
        let new = |path: &&PathId| !today.wildcard.contains_key(*path);
        Self {
            roots: roots.filter(|(path, _)| !path.is_toolchain()).collect(),
            replaced: wildcard.keys().filter(new).copied().collect(),
            owed: BTreeSet::new(),
        }
    }
}
