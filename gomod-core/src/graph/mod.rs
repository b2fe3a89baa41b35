//! The module graph: module versions, the requirements of those whose `go.mod` was loaded, and what
//! Minimal Version Selection picks from them.
//!
//! petgraph holds the nodes and edges and is not visible from outside. A graph is built once by
//! [`GraphBuilder`], then only read; walks and lists come in the order of the `go` command.

mod modules;
mod paths;
mod tree;

pub use modules::{ModuleId, Modules, PathId};
pub use paths::Floor;
pub use tree::{SelectedTree, Shown, TreeEdge, TreeLine};

use std::collections::VecDeque;

use petgraph::graph::{DiGraph, NodeIndex};
use rustc_hash::FxHashMap;

/// What a node of the graph is.
#[derive(Debug, Clone, Copy)]
struct Node {
    module: ModuleId,
    /// Whether its `go.mod` was loaded, so that its requirements are edges.
    loaded: bool,
}

/// A complete module graph and the selection that follows from it.
#[derive(Debug, Clone)]
pub struct ModuleGraph {
    graph: DiGraph<Node, ()>,
    nodes: FxHashMap<ModuleId, NodeIndex>,
    /// What the walk starts from: the main modules (in a workspace `go` and `toolchain` as well).
    roots: Vec<ModuleId>,
    selected: FxHashMap<PathId, ModuleId>,
}

/// Collects requirements into a [`ModuleGraph`] (`mvs.Graph` in cmd/go).
#[derive(Debug, Default)]
pub struct GraphBuilder {
    required: FxHashMap<ModuleId, Vec<ModuleId>>,
    roots: Vec<ModuleId>,
    selected: FxHashMap<PathId, ModuleId>,
}

impl GraphBuilder {
    /// Starts a graph from its roots, usually the main module alone.
    pub fn new(modules: &Modules, roots: Vec<ModuleId>) -> Self {
        let mut builder = Self {
            required: FxHashMap::default(),
            roots: Vec::new(),
            selected: FxHashMap::default(),
        };
        for root in &roots {
            builder.select(modules, *root);
        }
        builder.roots = roots;
        builder
    }

    /// Records the requirements of a module whose `go.mod` was loaded; the first call for it counts.
    pub fn require(&mut self, modules: &Modules, module: ModuleId, requirements: Vec<ModuleId>) {
        if self.required.contains_key(&module) {
            return;
        }
        for requirement in &requirements {
            self.select(modules, *requirement);
        }
        self.required.insert(module, requirements);
    }

    /// What is selected for `path` so far.
    pub fn selected(&self, path: PathId) -> Option<ModuleId> {
        self.selected.get(&path).copied()
    }

    /// The requirements recorded for a module.
    pub fn required(&self, module: ModuleId) -> Option<&[ModuleId]> {
        self.required.get(&module).map(Vec::as_slice)
    }

    /// The finished graph: what can be reached from the roots.
    pub fn finish(self) -> ModuleGraph {
        let mut graph = DiGraph::new();
        let mut nodes: FxHashMap<ModuleId, NodeIndex> = FxHashMap::default();
        let mut queue: VecDeque<ModuleId> = VecDeque::new();
        let node = |graph: &mut DiGraph<Node, ()>,
                    nodes: &mut FxHashMap<ModuleId, NodeIndex>,
                    queue: &mut VecDeque<ModuleId>,
                    module: ModuleId| {
            *nodes.entry(module).or_insert_with(|| {
                queue.push_back(module);
                graph.add_node(Node {
                    module,
                    loaded: self.required.contains_key(&module),
                })
            })
        };
        for root in &self.roots {
            node(&mut graph, &mut nodes, &mut queue, *root);
        }
        while let Some(module) = queue.pop_front() {
            let from = nodes[&module];
            let Some(requirements) = self.required.get(&module) else {
                continue;
            };
            let targets: Vec<NodeIndex> = requirements
                .iter()
                .map(|r| node(&mut graph, &mut nodes, &mut queue, *r))
                .collect();
            // petgraph lists the newest edge first; added backwards, they come in go.mod order.
            for to in targets.into_iter().rev() {
                graph.add_edge(from, to, ());
            }
        }
        ModuleGraph {
            graph,
            nodes,
            roots: self.roots,
            selected: self.selected,
        }
    }

    fn select(&mut self, modules: &Modules, module: ModuleId) {
        let path = modules.path_of(module);
        // A toolchain without a version, such as `default`, is no higher than none at all.
        if path == PathId::TOOLCHAIN && modules.version(module).is_some_and(|v| v.as_go().is_none())
        {
            return;
        }
        match self.selected.get(&path) {
            Some(old) if modules.compare(*old, module).is_ge() => {}
            _ => {
                self.selected.insert(path, module);
            }
        }
    }
}

impl ModuleGraph {
    /// The selected version of a path, `None` when the path is not in the graph.
    pub fn selected(&self, path: PathId) -> Option<ModuleId> {
        self.selected.get(&path).copied()
    }

    /// Whether `module` is what its path's selection fell on.
    pub fn is_selected(&self, modules: &Modules, module: ModuleId) -> bool {
        self.selected(modules.path_of(module)) == Some(module)
    }

    /// What the graph was started from, usually the main module alone.
    pub fn roots(&self) -> &[ModuleId] {
        &self.roots
    }

    /// The requirements of a module in the order of its `go.mod`, `None` when they are pruned out.
    pub fn requirements(&self, module: ModuleId) -> Option<impl Iterator<Item = ModuleId> + '_> {
        let node = *self.nodes.get(&module)?;
        self.graph[node]
            .loaded
            .then(|| self.graph.neighbors(node).map(|to| self.graph[to].module))
    }

    /// The modules whose `go.mod` was loaded, breadth first.
    pub fn loaded(&self) -> Vec<ModuleId> {
        self.walk()
            .into_iter()
            .filter(|m| self.graph[self.nodes[m]].loaded)
            .collect()
    }

    /// Every module of the graph once, breadth first from the roots, as `go mod graph` walks it.
    pub fn walk(&self) -> Vec<ModuleId> {
        // Nodes were added in breadth-first order.
        self.graph.node_weights().map(|node| node.module).collect()
    }

    /// All requirements as pairs, in the order of `go mod graph`.
    pub fn edges(&self) -> impl Iterator<Item = (ModuleId, ModuleId)> + '_ {
        self.graph.node_indices().flat_map(move |from| {
            self.graph
                .neighbors(from)
                .map(move |to| (self.graph[from].module, self.graph[to].module))
        })
    }

    /// How many requirements there are.
    pub fn edge_count(&self) -> usize {
        self.graph.edge_count()
    }

    /// The selected modules: the roots first, then all others by path (`mvs.Graph.BuildList`).
    pub fn build_list(&self, modules: &Modules) -> Vec<ModuleId> {
        let mut list: Vec<ModuleId> = Vec::with_capacity(self.selected.len());
        let mut seen: Vec<PathId> = Vec::new();
        for root in &self.roots {
            let path = modules.path_of(*root);
            if !seen.contains(&path) {
                seen.push(path);
                list.extend(self.selected(path));
            }
        }
        let start = list.len();
        list.extend(
            self.selected
                .iter()
                .filter(|(path, _)| !seen.contains(path))
                .map(|(_, module)| *module),
        );
        modules.sort(&mut list[start..]);
        list
    }

    /// Checks the invariants that the rest of the code relies on; for tests.
    ///
    /// # Errors
    /// A sentence that names the first broken one.
    pub fn verify(&self, modules: &Modules) -> Result<(), String> {
        for (module, node) in &self.nodes {
            if self.graph[*node].module != *module {
                return Err(format!("node of {} is another's", modules.display(*module)));
            }
            let selected = self.selected(modules.path_of(*module));
            if selected.is_none_or(|s| modules.compare(s, *module).is_lt()) {
                return Err(format!(
                    "{} is above the selection",
                    modules.display(*module)
                ));
            }
        }
        Ok(())
    }
}
