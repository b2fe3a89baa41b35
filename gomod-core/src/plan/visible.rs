//! What each root makes visible in the graph, and which roots thereby break a bound.
//!
//! A root at Go 1.17 or later shows its own requirements; an older one shows everything behind it. A root
//! is bad when something it shows is above its bound, or cannot be read.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::search::Search;
use crate::graph::ModuleId;
use crate::mvs::LoadError;

/// Why a module is bad.
#[derive(Debug, Clone)]
pub(super) enum Cause {
    /// It is above its bound, and required all the same.
    Above,
    /// Its go line is above the Go that is asked for.
    GoLine,
    /// Its `go.mod` cannot be used.
    Unreadable(LoadError),
    /// It requires a module that is above its bound, or asks for one that is excluded and would be.
    Violates(ModuleId),
    /// It requires a bad module.
    Requires(ModuleId),
}

/// The modules that can be seen from the roots, as far as their `go.mod` files are known.
#[derive(Debug, Default)]
pub(super) struct View {
    /// The modules behind which everything is loaded.
    nodes: Vec<ModuleId>,
    /// The place of each module in `nodes`, plus one.
    index: Vec<u32>,
    children: Vec<Rc<[ModuleId]>>,
    cause: Vec<Option<Cause>>,
    /// The roots with what they show directly, and whether they are pruned behind.
    roots: Vec<(ModuleId, Rc<[ModuleId]>, bool)>,
    root_cause: FxHashMap<ModuleId, Cause>,
}

impl View {
    /// Looks at everything that the roots of `search` show. What is not known yet goes to its needs.
    pub(super) fn new(search: &mut Search<'_>) -> Self {
        let mut view = Self {
            index: vec![0; search.world.modules.len()],
            ..Self::default()
        };
        for root in search.root_list() {
            match search.requirements(root) {
                None => {}
                Some(Err(error)) => {
                    view.root_cause.insert(root, Cause::Unreadable(error));
                }
                Some(Ok((list, prunes))) => {
                    let pruned = prunes && search.is_pruned();
                    if !pruned {
                        for requirement in list.iter() {
                            view.load(search, *requirement);
                        }
                    }
                    if search.go_line_too_high(root) {
                        view.root_cause.insert(root, Cause::GoLine);
                    }
                    view.roots.push((root, list, pruned));
                }
            }
        }
        view.propagate(search);
        view
    }

    fn at(&self, module: ModuleId) -> Option<usize> {
        (self.index[module.index()] as usize).checked_sub(1)
    }

    fn load(&mut self, search: &mut Search<'_>, start: ModuleId) {
        let mut stack = vec![start];
        while let Some(module) = stack.pop() {
            if self.at(module).is_some() {
                continue;
            }
            self.nodes.push(module);
            self.index[module.index()] = u32::try_from(self.nodes.len()).unwrap_or(0);
            let (children, cause) = match search.requirements(module) {
                None => (Rc::from([]), None),
                Some(Err(error)) => (Rc::from([]), Some(Cause::Unreadable(error))),
                Some(Ok((list, _))) => (list, None),
            };
            stack.extend(children.iter());
            self.children.push(children);
            self.cause.push(cause);
        }
    }

    /// Marks what is bad by itself, then everything that requires it.
    fn propagate(&mut self, search: &Search<'_>) {
        let mut queue: Vec<usize> = Vec::new();
        // Who requires each node, as one list cut into parts.
        let mut ends: Vec<usize> = vec![0; self.nodes.len()];
        for (at, module) in self.nodes.iter().enumerate() {
            let above = self.children[at]
                .iter()
                .find(|child| search.violates(*module, **child));
            let above = above.copied().or_else(|| search.minded(*module));
            if let (None, Some(above)) = (&self.cause[at], above) {
                self.cause[at] = Some(Cause::Violates(above));
            }
            if self.cause[at].is_some() {
                queue.push(at);
            }
            for child in self.children[at].iter().filter_map(|child| self.at(*child)) {
                ends[child] += 1;
            }
        }
        if !queue.is_empty() {
            let mut total = 0;
            for end in &mut ends {
                total += *end;
                *end = total;
            }
            let mut parents: Vec<usize> = vec![0; total];
            let mut starts = ends.clone();
            for at in (0..self.nodes.len()).rev() {
                for child in self.children[at].iter().filter_map(|child| self.at(*child)) {
                    starts[child] -= 1;
                    parents[starts[child]] = at;
                }
            }
            let mut next = 0;
            while let Some(at) = queue.get(next).copied() {
                next += 1;
                for parent in &parents[starts[at]..ends[at]] {
                    if self.cause[*parent].is_none() {
                        self.cause[*parent] = Some(Cause::Requires(self.nodes[at]));
                        queue.push(*parent);
                    }
                }
            }
        }
        for (root, list, pruned) in &self.roots {
            if self.root_cause.contains_key(root) {
                continue;
            }
            let above = list.iter().find(|module| search.violates(*root, **module));
            let above = above.copied().or_else(|| search.minded(*root));
            let above = above.map(Cause::Violates);
            let is_bad = |module: &&ModuleId| self.node_cause(**module).is_some();
            // A root that is pruned behind does not show what others make visible behind its requirements.
            let bad = || {
                list.iter()
                    .filter(|_| !pruned)
                    .find(is_bad)
                    .map(|module| Cause::Requires(*module))
            };
            if let Some(cause) = above.or_else(bad) {
                self.root_cause.insert(*root, cause);
            }
        }
    }

    fn node_cause(&self, module: ModuleId) -> Option<&Cause> {
        self.cause[self.at(module)?].as_ref()
    }

    /// The bad roots, in a fixed order.
    pub(super) fn bad_roots(&self) -> Vec<ModuleId> {
        let mut bad: Vec<ModuleId> = self.root_cause.keys().copied().collect();
        bad.sort_unstable();
        bad
    }

    /// From a bad root to what makes it bad: the chain of modules, and what is wrong with the last.
    pub(super) fn chain(&self, root: ModuleId) -> (Vec<ModuleId>, Cause) {
        let mut chain = vec![root];
        let mut cause = self.root_cause.get(&root);
        let mut again = false;
        while let Some(Cause::Requires(next)) = cause {
            // A root that is required again has its reason as a module like others.
            if *next == root && !again {
                again = true;
                chain.truncate(1);
            } else if chain.contains(next) {
                break;
            } else {
                chain.push(*next);
            }
            cause = self.node_cause(*next);
        }
        if let Some(Cause::Violates(above)) = cause {
            chain.push(*above);
        }
        let cause = match cause {
            Some(Cause::GoLine) => Cause::GoLine,
            Some(Cause::Unreadable(error)) => Cause::Unreadable(error.clone()),
            _ => Cause::Above,
        };
        (chain, cause)
    }

    /// Everything above its bound that `root` shows.
    pub(super) fn above(&self, search: &Search<'_>, root: ModuleId) -> Vec<ModuleId> {
        let Some((_, list, pruned)) = self.roots.iter().find(|(module, _, _)| *module == root)
        else {
            return Vec::new();
        };
        let mut seen: Vec<bool> = vec![false; self.nodes.len()];
        let mut found = Vec::new();
        let mut stack: Vec<ModuleId> = list.to_vec();
        while let Some(module) = stack.pop() {
            let at = self.at(module).filter(|_| !pruned);
            if let Some(at) = at {
                if std::mem::replace(&mut seen[at], true) {
                    continue;
                }
                stack.extend(self.children[at].iter());
            }
            if search.is_above(module) {
                found.push(module);
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}
