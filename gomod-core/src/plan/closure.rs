//! What follows from a changed root: the modules that must be roots with it, and with a target for `go`
//! the bounds on modules that are no roots.
//!
//! Where the imports can be followed, each module that provides a package is a root, as `go mod tidy` makes
//! it. Otherwise root closure stands in: what a changed root requires becomes a root, and so on (C4).

use rustc_hash::FxHashSet;

use super::Needs;
use super::descend::Lowering;
use super::packages::{ImportCheck, Universe};
use super::problem::content;
use super::search::{Scope, Search, Stop};
use super::state::Cap;
use super::visible::Cause;
use crate::graph::{ModuleGraph, ModuleId, PathId};
use crate::imports::{Walk, may_hold};
use crate::mvs::Setup;

/// What makes a module a root that was none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AddedBy {
    /// A changed root requires it.
    Requirement(ModuleId),
    /// This module imports a package of it; `None`: the main module does.
    Import(Option<ModuleId>),
}

impl Search<'_> {
    /// Adds the roots that have to stand in go.mod with what changed. Says whether anything was added or
    /// moved.
    pub(super) fn close(&mut self, graph: &ModuleGraph) -> Result<bool, Stop> {
        if self.raise_added(graph) {
            return Ok(true);
        }
        let mut grew = false;
        let roots: Vec<(PathId, ModuleId)> =
            self.state.roots.iter().map(|(p, m)| (*p, *m)).collect();
        for (path, root) in &roots {
            // A root that the closure itself raised is brought to its selected version first.
            if let Some(selected) = graph.selected(*path)
                && selected != *root
                && !self.scope.problem.is_toolchain(*path)
            {
                self.state.before_closure.entry(*path).or_insert(*root);
                self.state.roots.insert(*path, selected);
                self.state.raisers.insert(*path);
                grew = true;
            }
        }
        if grew {
            return Ok(true);
        }
        match self.follow_imports(graph, &self.root_list())? {
            Some(walk) => {
                for (module, used) in walk.providers {
                    grew |= self.add_root(graph, module, AddedBy::Import(used.by));
                }
            }
            None => {
                for (path, root) in roots {
                    if self.scope.problem.is_toolchain(path) || !self.is_changed(path, root) {
                        continue;
                    }
                    for requirement in self.closure_of(root) {
                        grew |= self.add_root(graph, requirement, AddedBy::Requirement(root));
                    }
                }
            }
        }
        self.flush_needs()?;
        Ok(grew)
    }

    /// Brings the roots that closure added to their selected versions, before what they showed is looked at. Says
    /// whether any moved.
    pub(super) fn raise_added(&mut self, graph: &ModuleGraph) -> bool {
        let mut raised = false;
        for path in self.state.added.keys() {
            if let Some(selected) = graph.selected(*path)
                && let Some(root) = self.state.roots.get_mut(path)
                && *root != selected
            {
                self.state.before_closure.entry(*path).or_insert(*root);
                *root = selected;
                raised = true;
            }
        }
        raised
    }

    /// Settling: takes the roots out whose versions are those that a target asks for today. What others ask
    /// for, and what the build needs, brings them back.
    pub(super) fn loosen(&mut self) {
        let problem = self.scope.problem;
        for target in &self.scope.goal.targets {
            let path = target.path(|module| self.world.modules.path_of(module));
            let Some(today) = path.and_then(|path| problem.selected.get(&path)).copied() else {
                continue;
            };
            for brought in self.closure_of(today) {
                let path = self.world.modules.path_of(brought);
                let loose = problem.roots.get(&path) == Some(&brought)
                    && !problem.direct.contains(&path)
                    && !self.state.hard.contains(&path);
                if loose {
                    let before = self.scope.goal.as_of.get(&path);
                    match before
                        .filter(|before| self.world.modules.compare(**before, brought).is_le())
                    {
                        Some(before) => _ = self.state.roots.insert(path, *before),
                        None => _ = self.state.roots.remove(&path),
                    }
                    self.state.loose.insert(path);
                }
            }
        }
    }

    /// Makes a module a root at its selected version, unless it is one.
    fn add_root(&mut self, graph: &ModuleGraph, module: ModuleId, by: AddedBy) -> bool {
        let path = self.world.modules.path_of(module);
        if self.state.roots.contains_key(&path)
            || self.scope.problem.is_main(path)
            || self.scope.problem.is_toolchain(path)
        {
            return false;
        }
        let Some(selected) = graph.selected(path) else {
            return false;
        };
        self.state.roots.insert(path, selected);
        self.state.raisers.insert(path);
        // What was a root counts as one, though not as high.
        if !self.state.loose.contains(&path) {
            self.state.added.insert(path, by);
        }
        true
    }

    /// Follows the imports under the search's excludes and replaces; `None` when they cannot be followed.
    fn follow_imports(
        &mut self,
        graph: &ModuleGraph,
        roots: &[ModuleId],
    ) -> Result<Option<Walk<ModuleId>>, Stop> {
        let Some(universe) = self.universe(graph, roots) else {
            return Ok(None);
        };
        let walk = self.scope.packages.follow(universe);
        walk.map_err(|needs| self.stop_for(needs))
    }

    /// The build list to follow imports in, if that can be done.
    pub(super) fn universe(&mut self, graph: &ModuleGraph, roots: &[ModuleId]) -> Option<Universe> {
        let known = self.scope.packages.are_known();
        let pruning = self.scope.problem.setup.pruning;
        known.then(|| Universe::new(self.world, graph, &self.state.overrides, (roots, pruning)))
    }

    /// Stops for these, and for what is to be fed already.
    pub(super) fn stop_for(&mut self, needs: Needs) -> Stop {
        self.needs.merge(needs);
        Stop::Needs(self.needs.flush().unwrap_or_default())
    }

    /// Lowers modules that lack what another imports to the version that the other asks for: with that it was
    /// built. Says whether any moved.
    pub(super) fn provide(&mut self, graph: &ModuleGraph, check: Option<&ImportCheck>) -> bool {
        let mut moved: FxHashSet<PathId> = FxHashSet::default();
        for missing in check.into_iter().flat_map(|check| &check.unresolved) {
            let Some(by) = missing.used.by.filter(|_| missing.providers.is_empty()) else {
                continue;
            };
            let Some(Ok((list, _))) = self.requirements(by) else {
                continue;
            };
            let modules = &self.world.modules;
            let holds = |module: &&ModuleId| {
                let path = modules.path(modules.path_of(**module));
                may_hold(path.as_str(), &missing.path)
            };
            let longest =
                |module: &&ModuleId| modules.path(modules.path_of(**module)).as_str().len();
            let Some(asked) = list.iter().filter(holds).max_by_key(longest).copied() else {
                continue;
            };
            let path = modules.path_of(asked);
            let Some(selected) = graph.selected(path) else {
                continue;
            };
            let movable = !self.state.hard.contains(&path) && !self.scope.problem.is_main(path);
            if movable && modules.compare(selected, asked).is_gt() && moved.insert(path) {
                self.state.named.insert(asked);
                self.state.roots.insert(path, asked);
                self.state.caps.insert(path, Cap::AtMost(asked));
                self.record(Lowering {
                    to: Some(asked),
                    lacks: Some(missing.path.clone()),
                    ..Lowering::new(selected, vec![by, asked])
                });
            }
        }
        !moved.is_empty()
    }

    /// Takes out indirect requirements where another one provides the same package under the plan: left over from what
    /// was lowered, they would make its import ambiguous. As none, a package is not looked for in it where a requirement
    /// has it. Says whether there was one.
    pub(super) fn leave_out_ambiguous(&mut self, check: Option<&ImportCheck>) -> bool {
        let problem = self.scope.problem;
        let mut left = false;
        for twice in check.into_iter().flat_map(|check| &check.unresolved) {
            let modules = &self.world.modules;
            let leftover = |module: &&ModuleId| {
                let path = modules.path_of(**module);
                self.state.roots.get(&path) == Some(*module)
                    && problem.roots.contains_key(&path)
                    && !problem.direct.contains(&path)
                    && !self.state.hard.contains(&path)
                    && !self.state.loose.contains(&path)
            };
            // A module split off from another has the longer path.
            let longest =
                |module: &&ModuleId| modules.path(modules.path_of(**module)).as_str().len();
            let several = twice.providers.iter().filter(|_| twice.providers.len() > 1);
            if let Some(module) = several.filter(leftover).max_by_key(longest) {
                let path = modules.path_of(*module);
                self.state.roots.remove(&path);
                self.state.loose.insert(path);
                left = true;
            }
        }
        left
    }

    /// Which imports the final graph leaves without a provider, or with several, beyond those of today.
    pub(super) fn import_check(
        &mut self,
        graph: &ModuleGraph,
        roots: &[ModuleId],
    ) -> Result<Option<ImportCheck>, Stop> {
        let Some(planned) = self.universe(graph, roots) else {
            return Ok(None);
        };
        match self.follow_beyond_today(planned) {
            Ok(walk) => Ok(walk.map(|walk| ImportCheck::new(walk, |_| true))),
            Err(needs) => Err(self.stop_for(needs)),
        }
    }

    /// Follows the imports under a build list; what does not resolve today either is left out.
    pub(super) fn follow_beyond_today(
        &mut self,
        planned: Universe,
    ) -> Result<Option<Walk<ModuleId>>, Needs> {
        let Scope {
            packages, problem, ..
        } = self.scope;
        let Setup {
            overrides,
            roots,
            pruning,
            ..
        } = &problem.setup;
        let roots = (roots.as_slice(), *pruning);
        let today = || Some(Universe::new(self.world, &problem.graph, overrides, roots));
        packages.follow_beyond(planned, today)
    }

    /// What becomes a root with a changed root: its requirements, or everything behind one that is
    /// older than Go 1.17.
    fn closure_of(&mut self, root: ModuleId) -> Vec<ModuleId> {
        let Some((mut found, prunes)) = self.loaded_requirements(root) else {
            return Vec::new();
        };
        if prunes {
            return found;
        }
        let mut seen: FxHashSet<ModuleId> = FxHashSet::default();
        let mut stack = found;
        while let Some(module) = stack.pop() {
            if seen.insert(module)
                && let Some((list, _)) = self.loaded_requirements(module)
            {
                stack.extend(list);
            }
        }
        found = seen.into_iter().collect();
        found.sort_unstable();
        found
    }

    /// The requirements that the go command follows: what is excluded is not among them.
    fn loaded_requirements(&mut self, module: ModuleId) -> Option<(Vec<ModuleId>, bool)> {
        let (list, prunes) = self.requirements(module)?.ok()?;
        let excludes = &self.state.overrides.excludes;
        let list = list.iter().copied();
        let kept = list.filter(|required| !excludes.contains(required));
        Some((kept.collect(), prunes))
    }

    /// Whether a root is new, or its content is not today's.
    fn is_changed(&self, path: PathId, root: ModuleId) -> bool {
        match self.scope.problem.roots.get(&path) {
            None => true,
            Some(today) => {
                content(self.world, &self.state.overrides, root)
                    != content(self.world, &self.scope.problem.setup.overrides, *today)
            }
        }
    }

    /// With a target for `go`: lowers selected modules that are no roots and whose go line is too high.
    pub(super) fn bound_go_lines(&mut self, graph: &ModuleGraph) -> Result<bool, Stop> {
        if self.state.go_bound.is_none() {
            return Ok(false);
        }
        let mut moved = false;
        for module in graph.build_list(&self.world.modules) {
            let path = self.world.modules.path_of(module);
            if self.scope.problem.is_main(path)
                || self.scope.problem.is_toolchain(path)
                || self.state.roots.contains_key(&path)
            {
                continue;
            }
            // A go.mod that cannot be read does not keep the graph from loading: it is pruned out.
            if matches!(self.requirements(module), Some(Ok(_))) && self.go_line_too_high(module) {
                let before = self.state.lowered.len();
                self.descend_unrooted(module)?;
                moved |= self.state.lowered.len() != before || self.needs.is_empty();
            }
        }
        self.flush_needs()?;
        Ok(moved)
    }

    fn descend_unrooted(&mut self, module: ModuleId) -> Result<(), Stop> {
        let path = self.world.modules.path_of(module);
        self.descend(module, vec![module], Cause::GoLine)?;
        // It was no root and does not become one.
        self.state.roots.remove(&path);
        Ok(())
    }
}
