//! Which lines of `go.sum` a build list needs.

use rustc_hash::FxHashSet;

use super::{Overrides, Source, World};
use crate::graph::{ModuleGraph, ModuleId};
use crate::model::ModuleVersion;

/// The lines of `go.sum` for one module version, replacements applied.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SumLine {
    /// The module version whose content is used.
    pub module: ModuleVersion,
    /// Whether the line of the module's zip is needed beside that of its `go.mod`.
    pub zip: bool,
}

/// The lines that `go.sum` must hold: the `/go.mod` line of every `go.mod` that was loaded, and both
/// lines of each module in `content` (`keepSums` in cmd/go). Directories need none. Sorted.
pub fn needed_sums(
    world: &World,
    graph: &ModuleGraph,
    overrides: &Overrides,
    content: &[ModuleId],
) -> Vec<SumLine> {
    let actual = |module: ModuleId| -> Option<ModuleVersion> {
        if world
            .modules
            .path(world.modules.path_of(module))
            .is_toolchain()
        {
            return None;
        }
        match overrides.replacement(&world.modules, module) {
            Some(Source::Directory(_)) => None,
            Some(Source::Module(actual)) => world.modules.module_version(*actual),
            None => world.modules.module_version(module),
        }
    };
    let zips: FxHashSet<ModuleVersion> = content.iter().filter_map(|m| actual(*m)).collect();
    let mut lines: Vec<SumLine> = graph
        .loaded()
        .into_iter()
        .filter_map(actual)
        .filter(|module| !zips.contains(module))
        .map(|module| SumLine { module, zip: false })
        .chain(
            zips.iter()
                .cloned()
                .map(|module| SumLine { module, zip: true }),
        )
        .collect();
    lines.sort();
    lines.dedup();
    lines
}
