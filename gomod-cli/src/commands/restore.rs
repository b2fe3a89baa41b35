//! The `go get` that puts back what was lowered or left: only what the rest does not follow from.

use std::collections::HashMap;

use gomod_core::graph::{ModuleGraph, ModuleId, PathId};
use gomod_core::host::Sums;
use gomod_core::model::{ModulePath, ModuleVersion, Version};
use gomod_core::mvs::{Resolver, Setup, SourceId, World};

use super::Setting;

/// Leaves out of `restore`, arguments of `go get`, what comes back with the others. When the graph that
/// results cannot be loaded, nothing is left out.
pub(crate) fn narrow(setting: &mut Setting, restore: &mut Vec<String>) {
    if setting.project.work.is_some() || restore.len() < 2 {
        return;
    }
    let wanted: Vec<(String, ModuleId)> = restore
        .iter()
        .filter_map(|argument| Some((argument.clone(), module(setting, argument)?)))
        .collect();
    let Some(needed) = needed(setting, &wanted) else {
        return;
    };
    restore.retain(|argument| {
        let known = wanted.iter().find(|(known, _)| known == argument);
        known.is_none_or(|(_, module)| needed.contains(module))
    });
}

fn module(setting: &mut Setting, argument: &str) -> Option<ModuleId> {
    let (path, version) = argument.split_once('@')?;
    // The go line is no module that is fetched.
    if path == "go" {
        return None;
    }
    let module = ModuleVersion::new(ModulePath::new(path), Version::parse(version).ok()?);
    Some(setting.world.modules.intern(&module))
}

/// First those that no other requires, then what these do not bring back, until all is back.
fn needed(setting: &mut Setting, wanted: &[(String, ModuleId)]) -> Option<Vec<ModuleId>> {
    let sources: Vec<SourceId> = wanted
        .iter()
        .filter_map(|(_, module)| setting.world.source_of(*module, &setting.main.overrides))
        .collect();
    setting
        .session
        .satisfy(&mut setting.world, &sources, Sums::Looked);
    let all: Vec<ModuleId> = wanted.iter().map(|(_, module)| *module).collect();
    let brought_by: HashMap<ModuleId, Vec<ModuleId>> = all
        .iter()
        .map(|module| (*module, requirers(&setting.world, &all, *module)))
        .collect();
    // Of modules that require each other in a circle all are taken.
    let first = |of: &[ModuleId]| -> Vec<ModuleId> {
        let brought = |module: &ModuleId| {
            let mut by = brought_by.get(module).into_iter().flatten();
            by.any(|by| of.contains(by))
        };
        let first: Vec<ModuleId> = of.iter().copied().filter(|m| !brought(m)).collect();
        if first.is_empty() { of.to_vec() } else { first }
    };
    let mut needed = first(&all);
    loop {
        let graph = load(setting, &needed)?;
        let modules = &setting.world.modules;
        let is_back = |module: ModuleId| {
            graph
                .selected(modules.path_of(module))
                .is_some_and(|selected| modules.compare(selected, module).is_ge())
        };
        let missing: Vec<ModuleId> = all.iter().copied().filter(|m| !is_back(*m)).collect();
        let before = needed.len();
        needed.extend(first(&missing));
        needed.sort_unstable();
        needed.dedup();
        if needed.len() == before {
            return Some(needed);
        }
    }
}

/// Those of `all` whose go.mod requires `module`, or more of its path.
fn requirers(world: &World, all: &[ModuleId], module: ModuleId) -> Vec<ModuleId> {
    let modules = &world.modules;
    let path = modules.path_of(module);
    let requires = |by: &&ModuleId| {
        let facts = world.module_facts(**by).and_then(|f| f.as_ref().ok());
        modules.path_of(**by) != path
            && facts.is_some_and(|facts| {
                let mut requires = facts.requires.iter();
                requires.any(|r| modules.path_of(*r) == path && modules.compare(*r, module).is_ge())
            })
    };
    all.iter().filter(requires).copied().collect()
}

/// Today's graph with these requirements.
fn load(setting: &mut Setting, requirements: &[ModuleId]) -> Option<ModuleGraph> {
    let modules = &setting.world.modules;
    let paths: Vec<PathId> = requirements.iter().map(|m| modules.path_of(*m)).collect();
    let today = &setting.loaded.setup;
    let kept = today.roots.iter().copied();
    let mut roots: Vec<ModuleId> = kept
        .filter(|root| !paths.contains(&modules.path_of(*root)))
        .chain(requirements.iter().copied())
        .collect();
    modules.sort(&mut roots);
    let mut setup = Setup {
        roots,
        ..today.clone()
    };
    // `go get` refuses an excluded version, so the exclusion goes first.
    let excludes = &mut setup.overrides.excludes;
    excludes.retain(|module| !requirements.contains(module));
    let mut resolver = Resolver::new(&setting.world, &setup);
    loop {
        let needs = resolver.advance(&mut setting.world, &setup);
        if needs.is_empty() {
            return resolver.finish().ok();
        }
        setting
            .session
            .satisfy(&mut setting.world, &needs, Sums::Looked);
    }
}
