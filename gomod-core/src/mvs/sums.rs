//! Which lines of `go.sum` a build list needs.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Loaded, Overrides, Pruning, Source, World};
use crate::graph::{ModuleGraph, ModuleId};
use crate::model::{GoSum, ModulePath, ModuleVersion};

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
    let actual = |module: ModuleId| content_of(world, overrides, module);
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

/// The module version whose content is used for `module`; none for a directory, a main module, `go` and
/// `toolchain`.
pub fn content_of(world: &World, overrides: &Overrides, module: ModuleId) -> Option<ModuleVersion> {
    let path = world.modules.path_of(module);
    if path.is_toolchain() {
        return None;
    }
    match overrides.replacement(&world.modules, module) {
        Some(Source::Directory(_)) => None,
        Some(Source::Module(actual)) => world.modules.module_version(*actual),
        None => world.modules.module_version(module),
    }
}

/// A `go.sum` beside what a build list needs of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SumAudit {
    /// Modules whose `/go.mod` line is missing: without it `go list -m all` fails.
    pub missing: Vec<ModuleVersion>,
    /// Modules whose zip line is missing, and that `go build` needs where their packages are imported: the
    /// roots, each with the path that it is imported by. From go 1.17 on they are all that a tidy `go.mod`
    /// takes packages from.
    pub missing_content: Vec<(ModulePath, ModuleVersion)>,
    /// How many lines the build list needs, or may need.
    pub needed: usize,
    /// Lines, as path and version, that are needed neither to load the graph nor to build or test. Tests of
    /// dependencies may need some of them, so `go mod tidy` keeps those.
    pub left_over: Vec<(String, String)>,
}

/// Sorts `go_sum` into what the graph needs and what is left over.
pub fn audit_sums(world: &World, loaded: &Loaded, go_sum: &GoSum) -> SumAudit {
    let Loaded { graph, setup, .. } = loaded;
    let overrides = &setup.overrides;
    let of_members = setup.members.iter().flat_map(|(_, requires, _)| requires);
    let roots: Vec<ModuleId> = setup
        .roots
        .iter()
        .chain(of_members)
        .filter_map(|root| graph.selected(world.modules.path_of(*root)))
        .collect();
    let used = match setup.pruning {
        Pruning::Pruned => roots.clone(),
        Pruning::Unpruned | Pruning::Workspace => graph.build_list(&world.modules),
    };
    let lines = needed_sums(world, graph, overrides, &used);
    let roots: FxHashMap<ModuleVersion, ModulePath> = roots
        .into_iter()
        .filter_map(|module| {
            let path = world.modules.path(world.modules.path_of(module));
            Some((content_of(world, overrides, module)?, path.clone()))
        })
        .collect();
    let has = |module: &ModuleVersion, version: &str| {
        !go_sum.checked_hashes(&module.path, version).is_empty()
    };
    let mut audit = SumAudit::default();
    let mut keys: FxHashSet<(&str, String)> = FxHashSet::default();
    for SumLine { module, zip } in &lines {
        let go_mod = format!("{}/go.mod", module.version);
        if !has(module, &go_mod) {
            audit.missing.push(module.clone());
        }
        keys.insert((module.path.as_str(), go_mod));
        if *zip {
            if let Some(path) = roots.get(module)
                && !has(module, module.version.as_str())
            {
                audit.missing_content.push((path.clone(), module.clone()));
            }
            keys.insert((module.path.as_str(), module.version.to_string()));
        }
    }
    for (path, version, _) in go_sum.iter() {
        match keys.contains(&(path.as_str(), version.to_owned())) {
            true => audit.needed += 1,
            false => audit.left_over.push((path.to_string(), version.to_owned())),
        }
    }
    audit.left_over.dedup();
    audit
}
