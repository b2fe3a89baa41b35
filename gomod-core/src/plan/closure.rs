//! What follows from a changed root: the roots that its requirements become, and with a target for `go`
//! the bounds on modules that are no roots.

use rustc_hash::FxHashSet;

use super::problem::content;
use super::search::{Search, Stop};
use super::visible::Cause;
use crate::graph::{ModuleGraph, ModuleId, PathId};

impl Search<'_> {
    /// Root closure: what a new or changed root requires becomes a root at its selected version, and so
    /// on (the design's C4). Says whether anything was added or moved.
    pub(super) fn add_closure(&mut self, graph: &ModuleGraph) -> Result<bool, Stop> {
        let mut grew = false;
        let roots: Vec<(PathId, ModuleId)> = self.roots.iter().map(|(p, m)| (*p, *m)).collect();
        for (path, root) in &roots {
            // A root that the closure itself raised is brought to its selected version first.
            if let Some(selected) = graph.selected(*path)
                && selected != *root
                && !self.problem.is_toolchain(*path)
            {
                self.before_closure.entry(*path).or_insert(*root);
                self.roots.insert(*path, selected);
                self.raisers.insert(*path);
                grew = true;
            }
        }
        if grew {
            return Ok(true);
        }
        for (path, root) in roots {
            if self.problem.is_toolchain(path) || !self.is_changed(path, root) {
                continue;
            }
            for requirement in self.closure_of(root) {
                let path = self.world.modules.path_of(requirement);
                if self.roots.contains_key(&path)
                    || self.problem.is_main(path)
                    || self.problem.is_toolchain(path)
                {
                    continue;
                }
                let Some(selected) = graph.selected(path) else {
                    continue;
                };
                self.roots.insert(path, selected);
                self.raisers.insert(path);
                self.added.insert(path, root);
                grew = true;
            }
        }
        self.flush_needs()?;
        Ok(grew)
    }

    /// What becomes a root with a changed root: its requirements, or everything behind one that is
    /// older than Go 1.17.
    fn closure_of(&mut self, root: ModuleId) -> Vec<ModuleId> {
        let Some(Ok((list, prunes))) = self.requirements(root) else {
            return Vec::new();
        };
        if prunes {
            return list;
        }
        let mut seen: FxHashSet<ModuleId> = FxHashSet::default();
        let mut stack = list;
        while let Some(module) = stack.pop() {
            if seen.insert(module)
                && let Some(Ok((list, _))) = self.requirements(module)
            {
                stack.extend(list);
            }
        }
        let mut found: Vec<ModuleId> = seen.into_iter().collect();
        found.sort_unstable();
        found
    }

    /// Whether a root is new, or its content is not today's.
    fn is_changed(&self, path: PathId, root: ModuleId) -> bool {
        match self.problem.roots.get(&path) {
            None => true,
            Some(today) => {
                content(self.world, &self.overrides, root)
                    != content(self.world, &self.problem.setup.overrides, *today)
            }
        }
    }

    /// With a target for `go`: lowers selected modules that are no roots and whose go line is too high.
    pub(super) fn bound_go_lines(&mut self, graph: &ModuleGraph) -> Result<bool, Stop> {
        if self.go_bound.is_none() {
            return Ok(false);
        }
        let mut moved = false;
        for module in graph.build_list(&self.world.modules) {
            let path = self.world.modules.path_of(module);
            if self.problem.is_main(path)
                || self.problem.is_toolchain(path)
                || self.roots.contains_key(&path)
            {
                continue;
            }
            // A go.mod that cannot be read does not keep the graph from loading: it is pruned out.
            if matches!(self.requirements(module), Some(Ok(_))) && self.go_line_too_high(module) {
                let before = self.lowered.len();
                self.descend_unrooted(module)?;
                moved |= self.lowered.len() != before || self.needs.is_empty();
            }
        }
        self.flush_needs()?;
        Ok(moved)
    }

    fn descend_unrooted(&mut self, module: ModuleId) -> Result<(), Stop> {
        let path = self.world.modules.path_of(module);
        self.descend(module, vec![module], Cause::GoLine)?;
        // It was no root and does not become one.
        self.roots.remove(&path);
        Ok(())
    }
}
