//! Loading the graph of a search, and why a module is in it.

use std::collections::VecDeque;

use rustc_hash::{FxHashMap, FxHashSet};

use super::Needs;
use super::closure::AddedBy;
use super::search::Search;
use crate::graph::{ModuleGraph, ModuleId, Modules, PathId};
use crate::mvs::{Resolver, World};

/// The graph of a search's roots, or the chain to what cannot be read.
pub(super) fn load(search: &mut Search<'_>) -> Result<Result<ModuleGraph, Vec<ModuleId>>, Needs> {
    let setup = search.setup(None);
    let mut resolver = Resolver::new(search.world, &setup);
    let sources = resolver.advance(search.world, &setup);
    if !sources.is_empty() {
        return Err(Needs::of_sources(sources));
    }
    Ok(resolver.finish().map_err(|error| {
        error
            .path
            .last()
            .map_or(Vec::new(), |last| chain_to(search, *last, Seen::Loaded))
    }))
}

/// How a module is in a graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// Something loaded requires it.
    Shown,
    /// Its `go.mod` is loaded.
    Loaded,
}

/// One chain of requirements from a root that makes the graph show a module, or load it. The shortest path in
/// a pruned graph is none: it may lead through a module that is loaded for another reason.
pub(super) fn chain_to(search: &mut Search<'_>, module: ModuleId, seen: Seen) -> Vec<ModuleId> {
    let roots = search.root_list();
    if roots.contains(&module) {
        return vec![module];
    }
    let mut from: FxHashMap<ModuleId, ModuleId> = FxHashMap::default();
    let mut queue: VecDeque<ModuleId> = VecDeque::new();
    // A root that is pruned behind shows more only where something else loads it as well.
    let mut starts: FxHashSet<ModuleId> = FxHashSet::default();
    for root in roots.iter().copied() {
        let Some(Ok((list, prunes))) = search.requirements(root) else {
            continue;
        };
        let list = list.iter().copied();
        let shown: Vec<ModuleId> = list
            .filter(|required| !search.state.overrides.excludes.contains(required))
            .collect();
        let pruned = prunes && search.is_pruned();
        if seen == Seen::Shown && shown.contains(&module) {
            return vec![root, module];
        }
        if !pruned {
            starts.insert(root);
            for required in shown {
                follow(&mut from, &mut queue, required, root);
            }
        }
    }
    while let Some(at) = queue.pop_front() {
        if at == module {
            break;
        }
        let Some(Ok((list, _))) = search.requirements(at) else {
            continue;
        };
        for required in list.iter() {
            if !search.state.overrides.excludes.contains(required) {
                follow(&mut from, &mut queue, *required, at);
            }
        }
    }
    let mut chain = vec![module];
    let mut at = module;
    while let Some(by) = from.get(&at) {
        chain.push(*by);
        if starts.contains(by) {
            break;
        }
        at = *by;
    }
    chain.reverse();
    chain
}

fn follow(
    from: &mut FxHashMap<ModuleId, ModuleId>,
    queue: &mut VecDeque<ModuleId>,
    required: ModuleId,
    by: ModuleId,
) {
    from.entry(required).or_insert_with(|| {
        queue.push_back(required);
        by
    });
}

/// The requirements that made closure add a root, back to one that it did not add.
pub(super) fn added_by(search: &mut Search<'_>, root: ModuleId) -> Vec<ModuleId> {
    let mut chain = Vec::new();
    let mut path = search.world.modules.path_of(root);
    let mut seen: FxHashSet<PathId> = FxHashSet::default();
    while seen.insert(path)
        && let Some(AddedBy::Requirement(by)) = search.state.added.get(&path).copied()
    {
        let found = chain_from(search, by, |modules, module| {
            modules.path_of(module) == path
        });
        chain.extend(found.unwrap_or_default().into_iter().rev());
        path = search.world.modules.path_of(by);
    }
    chain
}

/// A chain of requirements from `start` to the first module that is wanted: `start` itself asks for it, or, if it
/// is older than Go 1.17, something behind it.
pub(super) fn chain_from(
    search: &mut Search<'_>,
    start: ModuleId,
    wanted: impl Fn(&Modules, ModuleId) -> bool,
) -> Option<Vec<ModuleId>> {
    let mut from: FxHashMap<ModuleId, ModuleId> = FxHashMap::default();
    let mut queue = VecDeque::from([start]);
    while let Some(at) = queue.pop_front() {
        let Some(Ok((list, prunes))) = search.requirements(at) else {
            continue;
        };
        for required in list.iter().copied() {
            if search.state.overrides.excludes.contains(&required) || from.contains_key(&required) {
                continue;
            }
            from.insert(required, at);
            if wanted(&search.world.modules, required) {
                let mut chain = vec![required];
                let mut at = required;
                while let Some(by) = from.get(&at).copied() {
                    chain.push(by);
                    if by == start {
                        break;
                    }
                    at = by;
                }
                chain.reverse();
                return Some(chain);
            }
            if !(at == start && prunes && search.is_pruned()) {
                queue.push_back(required);
            }
        }
    }
    None
}

/// Whether anything behind the other roots asks for exactly this version: what a root brings about itself does not
/// count.
pub(super) fn is_asked(
    world: &World,
    graph: &ModuleGraph,
    roots: &[ModuleId],
    module: ModuleId,
) -> bool {
    let path = world.modules.path_of(module);
    let other = |module: &ModuleId| world.modules.path_of(*module) != path;
    let mut seen: FxHashSet<ModuleId> = FxHashSet::default();
    let mut stack: Vec<ModuleId> = roots.iter().copied().filter(other).collect();
    while let Some(by) = stack.pop() {
        for required in graph.requirements(by).into_iter().flatten() {
            if required == module {
                return true;
            }
            if other(&required) && seen.insert(required) {
                stack.push(required);
            }
        }
    }
    false
}
