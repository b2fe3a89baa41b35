//! What the `go` command selects in a world: its own few lines of MVS with pruning, on masks.

use super::world::{Mask, PATHS, Slot, VERSIONS, World, highest, of_path, slots};

/// The choices that a graph follows from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub roots: [Option<Slot>; PATHS],
    pub excludes: Mask,
    /// The content of each slot, after replacements.
    pub content: [Slot; PATHS * VERSIONS],
}

impl Choice {
    /// What stands in go.mod.
    pub fn today(world: &World) -> Self {
        Self {
            roots: world.roots,
            excludes: world.excludes,
            content: world.content(),
        }
    }
}

/// A loaded graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Graph {
    /// Every module version in the graph.
    pub visible: Mask,
    /// Those whose go.mod was loaded.
    pub loaded: Mask,
    /// The highest go line from 1.21 on among those loaded; 0 if there is none.
    pub go: u32,
}

impl Graph {
    pub fn selected(&self, path: usize) -> Option<Slot> {
        highest(self.visible, path)
    }

    /// What excluding could matter: of a root's path only what is loaded shows anything.
    pub fn that_matter(&self, choice: &Choice) -> Mask {
        let roots = choice.roots.iter().flatten();
        let rooted = roots.fold(0, |mask, root| mask | of_path(root / VERSIONS));
        self.visible & !rooted | self.loaded & rooted
    }

    /// What its modules ask for.
    pub fn asked(&self, world: &World, choice: &Choice) -> Mask {
        let sources = slots(self.loaded).map(|slot| choice.content[slot]);
        let lists = sources.filter_map(|slot| world.release(slot));
        lists.fold(0, |mask, release| mask | release.requires) & !choice.excludes
    }
}

/// Loads the graph; `None` when a go.mod that must be loaded cannot be read.
pub fn load(world: &World, choice: &Choice) -> Option<Graph> {
    let mut graph = Graph {
        visible: 0,
        loaded: 0,
        go: 0,
    };
    let mut deep: Mask = 0; // loaded with all behind it
    let mut queue: Mask = 0;
    for root in choice.roots.iter().flatten() {
        let release = world.release(choice.content[*root])?;
        if release.missing {
            return None;
        }
        let requires = release.requires & !choice.excludes;
        graph.visible |= 1 << root | requires;
        graph.loaded |= 1 << root;
        if release.go >= 21 {
            graph.go = graph.go.max(release.go);
        }
        if !world.is_pruned() {
            queue |= 1 << root;
        } else if release.go < 17 {
            queue |= requires;
        }
    }
    while queue != 0 {
        let slot = queue.trailing_zeros() as usize;
        queue &= !(1 << slot);
        deep |= 1 << slot;
        let release = world.release(choice.content[slot])?;
        if release.missing {
            return None;
        }
        let requires = release.requires & !choice.excludes;
        graph.visible |= requires;
        if release.go >= 21 {
            graph.go = graph.go.max(release.go);
        }
        queue |= requires & !deep;
    }
    graph.loaded |= deep;
    Some(graph)
}

/// The graph of go.mod as it stands, if `go list -m all` accepts it.
pub fn accepted(world: &World, choice: &Choice) -> Option<Graph> {
    let graph = load(world, choice)?;
    let fine = choice.roots.iter().flatten().all(|root| {
        choice.excludes & 1 << root == 0 && graph.selected(root / VERSIONS) == Some(*root)
    });
    (fine && graph.go <= world.go).then_some(graph)
}

/// Everything behind a module, itself left out unless it is required again.
pub fn behind(world: &World, choice: &Choice, slot: Slot) -> Mask {
    let requires = |slot: Slot| {
        let release = world.release(choice.content[slot]);
        release.map_or(0, |release| release.requires) & !choice.excludes
    };
    let mut found = requires(slot);
    let mut done: Mask = 0;
    while found & !done != 0 {
        let next = slots(found & !done).next().unwrap();
        done |= 1 << next;
        found |= requires(next);
    }
    found
}
