//! The walk that `go get` takes (`editRequirements` in cmd/go/internal/modload/edit.go): the first state that fits,
//! from above, one version at a time. Its end is one more plan to compare, so that none costs more than it.
//!
//! The search for the greatest solution bounds every module by today's version; the walk bounds only the targets
//! and what must stay. What it lowers may rise again when something asks for a version that was not rejected. That is
//! greedy: what it passes depends on the order. But it now and then spares a direct requirement a few releases.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use super::bounds::Bounds;
use super::candidates::Usable;
use super::descend::{Limit, Lowering};
use super::state::Cap;
use super::{Needs, Pass, Planner};
use crate::graph::{ModuleId, PathId};
use crate::model::GoVersion;
use crate::mvs::{LoadError, World};

/// A walk, between feeds.
#[derive(Debug, Clone)]
pub(super) struct Walk {
    /// Which versions it passes: releases alone, or all that `go get` would.
    pass: Pass,
    /// What it makes of each requirement; `None` when the path is left to what others ask for.
    roots: BTreeMap<PathId, Option<ModuleId>>,
    /// Paths that must have this version, or be absent.
    fixed: Bounds,
    /// What no go line may be above.
    go: Option<GoVersion>,
    rejected: FxHashSet<ModuleId>,
    lowered: FxHashMap<PathId, Vec<Lowering>>,
}

/// Where a walk ended.
#[derive(Debug, Clone)]
pub(super) struct Walked {
    pub(super) pass: Pass,
    pub(super) roots: BTreeMap<PathId, ModuleId>,
    /// What is selected of each path, requirements among them.
    pub(super) selected: FxHashMap<PathId, ModuleId>,
    /// What modules ask for; the main module does not count.
    pub(super) asked: FxHashSet<ModuleId>,
    pub(super) lowered: FxHashMap<PathId, Vec<Lowering>>,
}

/// A module whose `go.mod` is loaded.
#[derive(Debug, Default)]
struct Node {
    requires: Vec<ModuleId>,
    pruned: bool,
    is_root: bool,
    /// Whether what it requires is loaded with it.
    behind: bool,
    /// Why it cannot be there when all behind it is loaded, and when it is pruned behind: the requirement that leads to
    /// what is too high, or itself.
    wrong: Option<ModuleId>,
    wrong_pruned: Option<ModuleId>,
}

/// What the requirements of a step show: more than the graph, since what is about to become a requirement is loaded as
/// well.
#[derive(Debug, Default)]
struct Shown {
    nodes: FxHashMap<ModuleId, Node>,
    order: Vec<ModuleId>,
    selected: FxHashMap<PathId, ModuleId>,
}

impl Node {
    /// Why it cannot be a requirement.
    fn fault(&self) -> Option<ModuleId> {
        if self.pruned {
            self.wrong_pruned
        } else {
            self.wrong
        }
    }
}

impl Walk {
    /// A walk from today's requirements to the goal of `planner`.
    pub(super) fn new(planner: &Planner, world: &World, pass: Pass) -> Self {
        let (problem, goal) = (&planner.problem, &planner.goal);
        let go = goal.go().cloned();
        let fixed = Bounds::new(world, problem, goal);
        let mut roots: BTreeMap<PathId, Option<ModuleId>> = problem
            .requirements()
            .iter()
            .filter(|(path, _)| !problem.is_main(**path) && !path.is_toolchain())
            .map(|(path, module)| (*path, Some(*module)))
            .collect();
        let path_of = |module| world.modules.path_of(module);
        for (path, version) in fixed.iter().filter(|(path, _)| !path.is_toolchain()) {
            // What is kept without being a requirement only must not rise, and a search sees that it does not fall.
            let is_target = goal.module_target(path, path_of).is_some();
            if is_target || roots.contains_key(&path) {
                roots.insert(path, version);
            }
        }
        Self {
            pass,
            roots,
            fixed,
            go,
            rejected: FxHashSet::default(),
            lowered: FxHashMap::default(),
        }
    }

    /// Goes on to the end, or until something must be fed; `None` when it leads nowhere.
    pub(super) fn advance(
        &mut self,
        planner: &Planner,
        world: &mut World,
    ) -> Result<Option<Walked>, Needs> {
        loop {
            let shown = self.look(planner, world)?;
            let Some(steps) = self.steps(planner, world, &shown)? else {
                return Ok(None);
            };
            let mut moved = !steps.is_empty();
            for step in steps {
                let path = world.modules.path_of(step.from);
                if !self.rejected.insert(step.from) {
                    // It would go in circles.
                    return Ok(None);
                }
                self.roots.insert(path, step.to);
                let order = self.rejected.len();
                let steps = self.lowered.entry(path).or_default();
                steps.push(Lowering { order, ..step });
            }
            if !moved {
                // Only now, since each step down may take out of the graph what asks for more.
                for (path, root) in &mut self.roots {
                    let selected = shown.selected.get(path).copied();
                    if self.fixed.contains(*path) || selected == *root {
                        continue;
                    }
                    *root = selected;
                    moved = true;
                    if let (Some(steps), Some(selected)) = (self.lowered.get_mut(path), selected) {
                        steps.retain(|step| world.modules.compare(step.from, selected).is_gt());
                        if let Some(last) = steps.last_mut() {
                            last.to = Some(selected);
                        }
                    }
                }
                self.lowered.retain(|_, steps| !steps.is_empty());
            }
            if !moved {
                let roots = self.roots.iter();
                let nodes = shown.nodes.values();
                return Ok(Some(Walked {
                    pass: self.pass,
                    roots: roots
                        .filter_map(|(path, root)| Some((*path, (*root)?)))
                        .collect(),
                    asked: nodes
                        .flat_map(|node| node.requires.iter().copied())
                        .collect(),
                    selected: shown.selected,
                    lowered: std::mem::take(&mut self.lowered),
                }));
            }
        }
    }

    /// Loads what the requirements show, with the selected version of each of them.
    fn look(&self, planner: &Planner, world: &mut World) -> Result<Shown, Needs> {
        let mut shown = Shown::default();
        let mut needs = Needs::default();
        let mut roots: Vec<ModuleId> = self.roots.values().flatten().copied().collect();
        loop {
            for root in std::mem::take(&mut roots) {
                shown.load(planner, world, &mut needs, root, self.go.as_ref());
            }
            let missing = |path: &PathId| {
                let selected = shown.selected.get(path)?;
                let loaded = shown.nodes.get(selected).is_some_and(|node| node.is_root);
                (!loaded).then_some(*selected)
            };
            roots.extend(self.roots.keys().filter_map(missing));
            if roots.is_empty() || !needs.is_empty() {
                break;
            }
        }
        match needs.flush() {
            Some(needs) => Err(needs),
            None => {
                self.judge(world, &mut shown);
                Ok(shown)
            }
        }
    }

    /// What a version is above that is too high.
    fn limit(&self, world: &World, module: ModuleId) -> Option<Limit> {
        let fixed = self.fixed.get(world.modules.path_of(module));
        let fixed = fixed.filter(|_| self.fixed.is_exceeded_by(world, module))?;
        Some(Limit::Bound(fixed.map_or(Cap::Absent, Cap::AtMost)))
    }

    /// Why a version cannot be used that is not too high.
    fn unreadable(&self, planner: &Planner, world: &World, module: ModuleId) -> Option<LoadError> {
        let setup = &planner.problem.setup;
        let local = setup.local_go.as_ref();
        let found = world.requirements(module, &setup.overrides, local);
        found
            .err()
            .filter(|_| !self.fixed.is_exceeded_by(world, module))
    }

    /// The go line of a version, where that is too new.
    fn go_line(&self, planner: &Planner, world: &World, module: ModuleId) -> Option<GoVersion> {
        let setup = &planner.problem.setup;
        let local = setup.local_go.as_ref();
        let found = world.requirements(module, &setup.overrides, local);
        let line = found.ok().flatten()?.go().cloned();
        line.filter(|line| is_newer(Some(line), self.go.as_ref()))
    }

    /// Marks what cannot be there, and whatever requires that.
    fn judge(&self, world: &World, shown: &mut Shown) {
        let mut requiring: FxHashMap<ModuleId, Vec<ModuleId>> = FxHashMap::default();
        let mut queue: Vec<ModuleId> = Vec::new();
        for module in &shown.order {
            let Some(node) = shown.nodes.get_mut(module) else {
                continue;
            };
            let high = |one: &&ModuleId| self.fixed.is_exceeded_by(world, **one);
            let own = self.fixed.is_exceeded_by(world, *module).then_some(*module);
            let wrong = node
                .wrong
                .or(own)
                .or_else(|| node.requires.iter().find(high).copied());
            if wrong.is_some() {
                (node.wrong, node.wrong_pruned) = (wrong, wrong);
                queue.push(*module);
            }
            for required in &node.requires {
                requiring.entry(*required).or_default().push(*module);
            }
        }
        let mut next = 0;
        while let Some(module) = queue.get(next).copied() {
            next += 1;
            let Some(node) = shown.nodes.get(&module) else {
                continue;
            };
            // What is required becomes a requirement itself, with all that it then shows.
            let everywhere = node.is_root && node.fault().is_some();
            for by in requiring.get(&module).into_iter().flatten() {
                let Some(by_node) = shown.nodes.get_mut(by) else {
                    continue;
                };
                let before = (by_node.wrong.is_some(), by_node.wrong_pruned.is_some());
                by_node.wrong.get_or_insert(module);
                if everywhere {
                    by_node.wrong_pruned.get_or_insert(module);
                }
                if before != (by_node.wrong.is_some(), by_node.wrong_pruned.is_some()) {
                    queue.push(*by);
                }
            }
        }
    }

    /// The steps down that are due; `None` when something has nowhere to go.
    fn steps(
        &self,
        planner: &Planner,
        world: &mut World,
        shown: &Shown,
    ) -> Result<Option<Vec<Lowering>>, Needs> {
        let mut steps = Vec::new();
        let mut needs = Needs::default();
        for (path, root) in &self.roots {
            let Some(root) = *root else {
                continue;
            };
            let fault = |module: &ModuleId| shown.nodes.get(module).and_then(Node::fault);
            if fault(&root).is_none() {
                continue;
            }
            if self.fixed.contains(*path) {
                return Ok(None);
            }
            if let Some(selected) = shown.selected.get(path)
                && *selected != root
                && fault(selected).is_none()
                && !self.rejected.contains(selected)
            {
                continue;
            }
            let Some(to) = self.next(planner, world, &mut needs, shown, root) else {
                continue;
            };
            let direct = planner.problem.direct.contains(path);
            if to.is_none() && direct && !planner.goal.allow_drop {
                return Ok(None);
            }
            let chain = shown.chain(root);
            let last = chain.last().copied().unwrap_or(root);
            steps.push(Lowering {
                to,
                limit: self.limit(world, last),
                go_line: self.go_line(planner, world, last),
                unreadable: self.unreadable(planner, world, last),
                ..Lowering::new(root, chain)
            });
        }
        match needs.flush() {
            Some(needs) => Err(needs),
            None => Ok(Some(steps)),
        }
    }

    /// The next version to try below `root`: that of today, or one that the source lists. `None` when something must be
    /// fed first.
    fn next(
        &self,
        planner: &Planner,
        world: &mut World,
        needs: &mut Needs,
        shown: &Shown,
        root: ModuleId,
    ) -> Option<Option<ModuleId>> {
        let path = world.modules.path_of(root);
        let excludes = &planner.problem.setup.overrides.excludes;
        let all = usize::MAX;
        let listed = |module: ModuleId| Usable::of(excludes.contains(&module), false);
        // What is retracted is told from the newest release, whatever is passed.
        let candidates = &planner.candidates;
        candidates.below(world, needs, Pass::Releases, root, listed, 0)?;
        let mut below = candidates.below(world, needs, self.pass, root, listed, all)?;
        below.retain(|module| candidates.retraction(world, *module).is_none());
        if let Some(today) = planner.problem.selected.get(&path).copied()
            && world.modules.compare(today, root).is_lt()
        {
            below.push(today);
            world.modules.sort(&mut below);
            below.reverse();
            below.dedup();
        }
        below.retain(|module| {
            let fault = shown.nodes.get(module).and_then(Node::fault);
            fault.is_none() && !self.rejected.contains(module)
        });
        for module in below
            .iter()
            .take(1 + self.lowered.get(&path).map_or(0, Vec::len))
        {
            if let Some(source) = world.source_of(*module, &planner.problem.setup.overrides)
                && world.facts(source).is_none()
            {
                needs.ahead.push(source);
            }
        }
        // One that asks for too much itself needs no look at everything.
        let setup = &planner.problem.setup;
        let fits = |module: &ModuleId| match world.requirements(
            *module,
            &setup.overrides,
            setup.local_go.as_ref(),
        ) {
            Ok(Some(found)) => {
                !is_newer(found.go(), self.go.as_ref())
                    && !found
                        .iter(&setup.overrides)
                        .any(|one| self.fixed.is_exceeded_by(world, one))
            }
            Ok(None) => true,
            Err(_) => false,
        };
        Some(below.iter().copied().find(fits))
    }
}

/// Whether a go line is above the bound, if there is one.
fn is_newer(line: Option<&GoVersion>, bound: Option<&GoVersion>) -> bool {
    line.zip(bound)
        .is_some_and(|(line, bound)| line.cmp_precedence(bound).is_gt())
}

impl Shown {
    /// Loads a requirement, and all behind it where nothing is pruned.
    fn load(
        &mut self,
        planner: &Planner,
        world: &mut World,
        needs: &mut Needs,
        root: ModuleId,
        go: Option<&GoVersion>,
    ) {
        let problem = &planner.problem;
        let setup = &problem.setup;
        self.see(world, root);
        let mut stack = vec![(root, false)];
        while let Some((module, behind)) = stack.pop() {
            let path = world.modules.path_of(module);
            if problem.is_main(path) || path.is_toolchain() {
                continue;
            }
            if !self.nodes.contains_key(&module) {
                let node =
                    match world.requirements(module, &setup.overrides, setup.local_go.as_ref()) {
                        Ok(Some(found)) => {
                            let wrong = is_newer(found.go(), go).then_some(module);
                            Node {
                                requires: found.iter(&setup.overrides).collect(),
                                pruned: found.prunes() && problem.is_pruned(),
                                wrong,
                                wrong_pruned: wrong,
                                ..Node::default()
                            }
                        }
                        Err(_) => Node {
                            wrong: Some(module),
                            wrong_pruned: Some(module),
                            ..Node::default()
                        },
                        Ok(None) => {
                            needs
                                .sources
                                .extend(world.source_of(module, &setup.overrides));
                            continue;
                        }
                    };
                for required in &node.requires {
                    self.see(world, *required);
                }
                self.order.push(module);
                self.nodes.insert(module, node);
            }
            if let Some(node) = self.nodes.get_mut(&module) {
                node.is_root |= module == root;
                if (behind || !node.pruned) && !std::mem::replace(&mut node.behind, true) {
                    stack.extend(node.requires.iter().map(|required| (*required, true)));
                }
            }
        }
    }

    /// Counts a version among those that its path is selected from.
    fn see(&mut self, world: &World, module: ModuleId) {
        let selected = self
            .selected
            .entry(world.modules.path_of(module))
            .or_insert(module);
        if world.modules.compare(module, *selected).is_gt() {
            *selected = module;
        }
    }

    /// From a requirement that cannot stay to what is too high.
    fn chain(&self, root: ModuleId) -> Vec<ModuleId> {
        let mut chain = vec![root];
        let mut unpruned = false;
        while let Some(node) = chain.last().and_then(|last| self.nodes.get(last)) {
            unpruned |= node.is_root && !node.pruned;
            let next = if unpruned {
                node.wrong
            } else {
                node.wrong_pruned
            };
            match next {
                Some(next) if !chain.contains(&next) => chain.push(next),
                _ => break,
            }
        }
        chain
    }
}
