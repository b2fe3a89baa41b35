//! The tree of selected modules: each requirement leads to the version that is selected for its path.
//!
//! It leaves out what Minimal Version Selection looked at and did not pick. A module may therefore be in
//! the build list and not in the tree, when only versions that were not selected ask for it.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{ModuleGraph, ModuleId, Modules};

/// A step in the tree: the module that it leads to, and what is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreeEdge {
    /// The selected module at the far end.
    pub module: ModuleId,
    /// The version that the requirement names, which may be lower than what is selected.
    pub asks: ModuleId,
    /// Whether a main module marks the requirement as `// indirect`.
    pub indirect: bool,
}

/// A line of a tree that is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TreeLine {
    /// The module that stands there.
    pub module: ModuleId,
    /// The requirement that leads to it; `None` at the root.
    pub edge: Option<TreeEdge>,
    /// How far it is from the root.
    pub depth: usize,
    /// Whether no sibling follows.
    pub last: bool,
    /// Whether what is below it was shown before, so that it is left out here.
    pub repeated: bool,
}

/// The selected modules with the requirements between them, without `go` and `toolchain`.
#[derive(Debug, Clone)]
pub struct SelectedTree {
    /// The selected modules, main modules first, then by path.
    modules: Vec<ModuleId>,
    edges: FxHashMap<ModuleId, Vec<TreeEdge>>,
}

/// The modules whose subtree was shown, each with how many levels of it.
pub type Shown = FxHashMap<ModuleId, usize>;

impl SelectedTree {
    /// The tree of a graph. `written` are the main modules' requirements as they stand in `go.mod`, with
    /// their `// indirect` marks; they may be below what an updated graph holds.
    pub fn new(
        modules: &Modules,
        graph: &ModuleGraph,
        written: &[(ModuleId, Vec<(ModuleId, bool)>)],
    ) -> Self {
        let is_module = |id: &ModuleId| !modules.path(modules.path_of(*id)).is_toolchain();
        let list: Vec<ModuleId> = graph
            .build_list(modules)
            .into_iter()
            .filter(is_module)
            .collect();
        let mut tree = Self {
            edges: FxHashMap::default(),
            modules: list,
        };
        for module in tree.modules.clone() {
            let required: Vec<(ModuleId, bool)> = match written.iter().find(|(m, _)| *m == module) {
                Some((_, list)) => list.clone(),
                None => graph
                    .requirements(module)
                    .into_iter()
                    .flatten()
                    .map(|required| (required, false))
                    .collect(),
            };
            let mut edges: Vec<TreeEdge> = Vec::with_capacity(required.len());
            for (asks, indirect) in required {
                let Some(selected) = graph.selected(modules.path_of(asks)).filter(is_module) else {
                    continue;
                };
                // Of two requirements on one path the higher counts.
                match edges.iter_mut().find(|edge| edge.module == selected) {
                    Some(edge) if modules.compare(edge.asks, asks).is_lt() => edge.asks = asks,
                    Some(_) => {}
                    None => edges.push(TreeEdge {
                        module: selected,
                        asks,
                        indirect,
                    }),
                }
            }
            tree.edges.insert(module, edges);
        }
        tree.sort();
        tree
    }

    /// The same requirements, each seen from what is required.
    #[must_use]
    pub fn inverted(&self) -> Self {
        let mut edges: FxHashMap<ModuleId, Vec<TreeEdge>> = FxHashMap::default();
        for by in &self.modules {
            for edge in self.below(*by) {
                edges.entry(edge.module).or_default().push(TreeEdge {
                    module: *by,
                    ..*edge
                });
            }
        }
        let mut tree = Self {
            modules: self.modules.clone(),
            edges,
        };
        tree.sort();
        tree
    }

    /// What stands directly below a module: direct requirements first, then by path.
    pub fn below(&self, module: ModuleId) -> &[TreeEdge] {
        self.edges.get(&module).map_or(&[], Vec::as_slice)
    }

    /// The lines of the tree under `root`, at most `limit` levels deep. A subtree that `shown` names, or
    /// that came before, is not drawn again, unless fewer of its levels were drawn then.
    pub fn walk(&self, root: ModuleId, limit: Option<usize>, shown: &mut Shown) -> Vec<TreeLine> {
        let mut lines = Vec::new();
        let mut stack = vec![TreeLine {
            module: root,
            edge: None,
            depth: 0,
            last: true,
            repeated: false,
        }];
        while let Some(mut line) = stack.pop() {
            let below = self.below(line.module);
            let left = limit.map_or(usize::MAX, |limit| limit.saturating_sub(line.depth));
            if !below.is_empty() {
                if shown
                    .get(&line.module)
                    .is_some_and(|levels| *levels >= left)
                {
                    line.repeated = true;
                } else if left > 0 {
                    shown.insert(line.module, left);
                    let last = below.len() - 1;
                    stack.extend(below.iter().enumerate().rev().map(|(at, edge)| TreeLine {
                        module: edge.module,
                        edge: Some(*edge),
                        depth: line.depth + 1,
                        last: at == last,
                        repeated: false,
                    }));
                }
            }
            lines.push(line);
        }
        lines
    }

    /// The selected modules that no way from `roots` leads to, by path.
    pub fn unreached(&self, roots: &[ModuleId]) -> Vec<ModuleId> {
        let mut seen: FxHashSet<ModuleId> = roots.iter().copied().collect();
        let mut stack: Vec<ModuleId> = roots.to_vec();
        while let Some(module) = stack.pop() {
            for edge in self.below(module) {
                if seen.insert(edge.module) {
                    stack.push(edge.module);
                }
            }
        }
        let reached = |module: &&ModuleId| !seen.contains(module);
        self.modules.iter().filter(reached).copied().collect()
    }

    fn sort(&mut self) {
        let rank: FxHashMap<ModuleId, usize> = self.modules.iter().copied().zip(0..).collect();
        for edges in self.edges.values_mut() {
            edges.sort_by_key(|edge| (edge.indirect, rank.get(&edge.module).copied()));
        }
    }
}
