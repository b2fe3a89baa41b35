//! Questions about who requires what: shortest paths from the main module, and the floors under a version.

use std::collections::VecDeque;

use petgraph::Direction;
use petgraph::graph::NodeIndex;

use super::{ModuleGraph, ModuleId, Modules, PathId};

/// A requirement that holds the selected version of a path up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Floor {
    /// The module whose `go.mod` states the requirement.
    pub by: ModuleId,
    /// The version it requires.
    pub requires: ModuleId,
    /// A shortest chain of requirements from a root of the graph to `by`, both included.
    pub path: Vec<ModuleId>,
}

impl ModuleGraph {
    /// A shortest chain of requirements from a root to `module`, both included; empty when there is none.
    pub fn shortest_path(&self, module: ModuleId) -> Vec<ModuleId> {
        let Some(target) = self.nodes.get(&module) else {
            return Vec::new();
        };
        self.chain(&self.first_requirers(), *target)
    }

    /// The first module, breadth first, for which `matches` holds, as a chain from a root
    /// (`mvs.Graph.FindPath`).
    pub fn find_path(&self, mut matches: impl FnMut(ModuleId) -> bool) -> Option<Vec<ModuleId>> {
        let found = self
            .graph
            .node_indices()
            .find(|node| matches(self.graph[*node].module))?;
        Some(self.chain(&self.first_requirers(), found))
    }

    /// All requirements on a version of `path` above `bound`, by modules whose `go.mod` is loaded;
    /// with no bound, all requirements on the selected version. Highest requirement first, then by the
    /// name of the requirer.
    pub fn floors(&self, modules: &Modules, path: PathId, bound: Option<ModuleId>) -> Vec<Floor> {
        let Some(selected) = self.selected(path) else {
            return Vec::new();
        };
        self.requirements_on(modules, path, |version| match bound {
            Some(bound) => modules.compare(version, bound).is_gt(),
            None => version == selected,
        })
    }

    /// All requirements on those versions of `path` that are wanted, in the order of
    /// [`ModuleGraph::floors`].
    pub fn requirements_on(
        &self,
        modules: &Modules,
        path: PathId,
        wanted: impl Fn(ModuleId) -> bool,
    ) -> Vec<Floor> {
        let first = self.first_requirers();
        let mut floors: Vec<Floor> = modules
            .versions_of(path)
            .iter()
            .filter(|version| wanted(**version))
            .filter_map(|version| Some((*version, *self.nodes.get(version)?)))
            .flat_map(|(requires, node)| {
                self.graph
                    .neighbors_directed(node, Direction::Incoming)
                    .map(move |by| (requires, by))
            })
            .map(|(requires, by)| Floor {
                by: self.graph[by].module,
                requires,
                path: self.chain(&first, by),
            })
            .collect();
        floors.sort_by(|a, b| {
            modules
                .compare(b.requires, a.requires)
                .then_with(|| a.path.len().cmp(&b.path.len()))
                .then_with(|| modules.display(a.by).cmp(&modules.display(b.by)))
        });
        floors.dedup();
        floors
    }

    /// The highest version of `path` below the selected one that the graph names.
    pub fn second(&self, modules: &Modules, path: PathId) -> Option<ModuleId> {
        let selected = self.selected(path)?;
        modules
            .versions_of(path)
            .iter()
            .copied()
            .filter(|version| self.nodes.contains_key(version))
            .filter(|version| modules.compare(*version, selected).is_lt())
            .max_by(|a, b| modules.compare(*a, *b))
    }

    /// For each node the one that a breadth-first walk met it from; roots map to themselves.
    fn first_requirers(&self) -> Vec<Option<NodeIndex>> {
        let mut first: Vec<Option<NodeIndex>> = vec![None; self.graph.node_count()];
        let mut queue: VecDeque<NodeIndex> = VecDeque::new();
        for root in &self.roots {
            if let Some(node) = self.nodes.get(root)
                && first[node.index()].is_none()
            {
                first[node.index()] = Some(*node);
                queue.push_back(*node);
            }
        }
        while let Some(node) = queue.pop_front() {
            for next in self.graph.neighbors(node) {
                if first[next.index()].is_none() {
                    first[next.index()] = Some(node);
                    queue.push_back(next);
                }
            }
        }
        first
    }

    fn chain(&self, first: &[Option<NodeIndex>], target: NodeIndex) -> Vec<ModuleId> {
        let mut chain = vec![self.graph[target].module];
        let mut at = target;
        while let Some(previous) = first[at.index()] {
            if previous == at {
                chain.reverse();
                return chain;
            }
            chain.push(self.graph[previous].module);
            at = previous;
        }
        Vec::new()
    }
}
