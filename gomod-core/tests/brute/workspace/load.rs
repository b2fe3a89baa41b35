//! The graph of a workspace: each member's own graph, and what is behind the selected versions of what a
//! member, or a module that was looked behind, requires in less (`readModGraph` in cmd/go).

use super::world::Workspace;
use crate::brute::load::Graph;
use crate::brute::world::{Mask, PATHS, Slot, VERSIONS, World, highest, slots};

/// The roots of a member.
pub type Roots = [Option<Slot>; PATHS];

pub fn mask(roots: &Roots) -> Mask {
    roots
        .iter()
        .flatten()
        .fold(0, |mask, root| mask | 1 << root)
}

/// How far is looked behind a module.
#[derive(Clone, Copy, PartialEq)]
enum Depth {
    /// Its own requirements, unless it is old.
    Own = 0,
    /// Everything.
    All = 1,
    /// Its requirements' own as well.
    Next = 2,
}

struct Loading<'a> {
    world: &'a World,
    excludes: Mask,
    graph: Graph,
    seen: [Mask; 3],
    queue: Vec<(Slot, Depth)>,
}

impl Loading<'_> {
    fn requires(&self, slot: Slot) -> Mask {
        let release = self.world.release(slot);
        release.map_or(0, |release| release.requires) & !self.excludes
    }

    fn push(&mut self, list: Mask, depth: Depth) {
        let new = list & !self.seen[depth as usize];
        self.seen[depth as usize] |= list;
        self.queue.extend(slots(new).map(|slot| (slot, depth)));
    }

    fn run(&mut self) {
        while let Some((slot, depth)) = self.queue.pop() {
            let requires = self.requires(slot);
            let go = self.world.release(slot).map_or(0, |release| release.go);
            self.graph.loaded |= 1 << slot;
            self.graph.visible |= requires;
            if go >= 21 {
                self.graph.go = self.graph.go.max(go);
            }
            if depth == Depth::All || go < 17 {
                self.push(requires, Depth::All);
            } else if depth == Depth::Next {
                self.push(requires, Depth::Own);
            }
        }
    }
}

/// Loads members with these requirements under common excludes.
pub fn load(workspace: &Workspace, roots: &[Roots], excludes: Mask) -> Graph {
    let mut loading = Loading {
        world: &workspace.members[0],
        excludes,
        graph: Graph {
            visible: 0,
            loaded: 0,
            go: 0,
        },
        seen: [0; 3],
        queue: Vec::new(),
    };
    for (member, roots) in workspace.members.iter().zip(roots) {
        let required = mask(roots) & !excludes;
        loading.graph.visible |= required;
        loading.push(
            required,
            if member.is_pruned() {
                Depth::Own
            } else {
                Depth::All
            },
        );
    }
    loading.run();
    // Paths whose selected version is looked behind.
    let mut followed = [false; PATHS];
    loop {
        let visible = loading.graph.visible;
        let raised = |list: Mask| {
            let now = slots(list).filter_map(|slot| {
                highest(visible, slot / VERSIONS).filter(|selected| *selected > slot)
            });
            now.fold(0, |mask: Mask, slot| mask | 1 << slot)
        };
        let mut wanted = roots
            .iter()
            .fold(0, |all, r| all | raised(mask(r) & !excludes));
        for path in (0..PATHS).filter(|path| followed[*path]) {
            if let Some(selected) = highest(visible, path) {
                wanted |= 1 << selected;
                if loading.seen[Depth::Next as usize] & 1 << selected != 0 {
                    wanted |= raised(loading.requires(selected));
                }
            }
        }
        wanted &= !loading.seen[Depth::Next as usize];
        if wanted == 0 {
            return loading.graph;
        }
        slots(wanted).for_each(|slot| followed[slot / VERSIONS] = true);
        loading.push(wanted, Depth::Next);
        loading.run();
    }
}

/// The workspace as it stands.
pub fn today(workspace: &Workspace) -> Graph {
    let roots: Vec<Roots> = workspace.members.iter().map(|m| m.roots).collect();
    let excludes = workspace.members.iter().fold(0, |all, m| all | m.excludes);
    load(workspace, &roots, excludes)
}
