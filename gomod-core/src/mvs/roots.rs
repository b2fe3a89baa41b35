//! Which requirements a `go.mod` must list so that its build list comes out as it is.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::graph::{ModuleGraph, ModuleId, Modules, PathId};

/// A smallest list of roots with the same build list as `graph`, for a main module whose graph is not
/// pruned (`mvs.Req` in cmd/go). `base` must be listed whether needed or not.
pub fn minimal_roots(
    modules: &Modules,
    graph: &ModuleGraph,
    selected: &[ModuleId],
    base: &[PathId],
) -> Vec<ModuleId> {
    let requirements = |module: ModuleId| -> Vec<ModuleId> {
        graph
            .requirements(module)
            .map(Iterator::collect)
            .unwrap_or_default()
    };
    let postorder = postorder(selected, &requirements);
    let chosen: FxHashMap<PathId, ModuleId> = selected
        .iter()
        .map(|module| (modules.path_of(*module), *module))
        .collect();
    let mut implied: FxHashSet<ModuleId> = FxHashSet::default();
    let imply = |implied: &mut FxHashSet<ModuleId>, module: ModuleId| {
        let mut stack = vec![module];
        while let Some(module) = stack.pop() {
            if implied.insert(module) {
                stack.extend(requirements(module));
            }
        }
    };
    let mut roots: Vec<ModuleId> = Vec::new();
    for path in base {
        if let Some(module) = chosen.get(path)
            && !roots.contains(module)
        {
            roots.push(*module);
            imply(&mut implied, *module);
        }
    }
    for module in postorder.into_iter().rev() {
        if chosen.get(&modules.path_of(module)) == Some(&module) && !implied.contains(&module) {
            roots.push(module);
            imply(&mut implied, module);
        }
    }
    modules.sort(&mut roots);
    roots
}

/// The modules reachable from `starts`, each behind all that it requires first, without recursion.
fn postorder(
    starts: &[ModuleId],
    requirements: &impl Fn(ModuleId) -> Vec<ModuleId>,
) -> Vec<ModuleId> {
    let mut order = Vec::new();
    let mut seen: FxHashSet<ModuleId> = FxHashSet::default();
    let mut stack: Vec<(ModuleId, std::vec::IntoIter<ModuleId>)> = Vec::new();
    for start in starts {
        if seen.insert(*start) {
            stack.push((*start, requirements(*start).into_iter()));
        }
        while let Some((module, rest)) = stack.last_mut() {
            match rest.next() {
                Some(next) if seen.insert(next) => {
                    stack.push((next, requirements(next).into_iter()));
                }
                Some(_) => {}
                None => {
                    order.push(*module);
                    stack.pop();
                }
            }
        }
    }
    order
}
