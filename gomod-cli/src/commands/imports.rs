//! The imports side of a plan: which sources there are to follow them from, and what was found.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use gomod_core::host::main_packages;
use gomod_core::imports::{is_standard, may_hold};
use gomod_core::model::GoMod;
use gomod_core::plan::{ImportsReport, Packages, Plan, imported};

use super::Setting;
use crate::context::Work;
use crate::error::CliError;

/// The main module's packages; imports are followed only where there are some.
pub(crate) fn packages(setting: &Setting) -> Packages {
    of_module(&setting.project.root(), &setting.project.go_mod)
}

fn of_module(root: &Path, go_mod: &GoMod) -> Packages {
    let ignored: Vec<String> = go_mod.ignore.iter().map(|line| line.path.clone()).collect();
    let tools: Vec<String> = go_mod.tool.iter().map(|line| line.path.clone()).collect();
    match main_packages(root, &ignored) {
        Ok(list) if list.is_empty() => Packages::unknown("the main module has no Go files"),
        Ok(list) => Packages::new(list, &tools),
        Err(error) => Packages::unknown(error.to_string()),
    }
}

/// The packages of each member of a workspace.
pub(crate) fn member_packages(work: &Work) -> Vec<Packages> {
    let members = work.members.iter();
    members
        .map(|(directory, go_mod)| of_module(directory, go_mod))
        .collect()
}

/// What a plan's author had imported, for the plan file: the sorted paths. `None` where imports were not followed.
pub(crate) type Imported = Option<BTreeSet<String>>;

/// What the main module imports from others today, each with a file.
pub(crate) fn of_main(setting: &Setting, packages: &Packages) -> Option<BTreeMap<String, String>> {
    imported(&[(module_path(&setting.project.go_mod), "", packages)])
}

/// What the members of a workspace import from others today, each with a file.
pub(crate) fn of_members(work: &Work, packages: &[Packages]) -> Option<BTreeMap<String, String>> {
    let names = work.layout().names;
    let places: Vec<&str> = names
        .iter()
        .map(|name| name.strip_suffix("go.mod").unwrap_or_default())
        .collect();
    let members = work.members.iter().zip(places).zip(packages);
    let members: Vec<(&str, &str, &Packages)> = members
        .map(|(((_, go_mod), place), packages)| (module_path(go_mod), place, packages))
        .collect();
    imported(&members)
}

fn module_path(go_mod: &GoMod) -> &str {
    let line = go_mod.module.as_ref();
    line.map_or("", |line| line.path.as_str())
}

/// A plan says nothing of packages that were not imported when it was made.
///
/// # Errors
/// When a package is imported now that was not then, and comes from no standard library.
pub(crate) fn refuse_new(
    setting: &Setting,
    plan: &str,
    then: &Imported,
    now: impl FnOnce(&Setting) -> Option<BTreeMap<String, String>>,
) -> Result<(), CliError> {
    let Some(then) = then else {
        return Ok(());
    };
    let Some(now) = now(setting) else {
        return Ok(());
    };
    let modules = &setting.world.modules;
    let selected: Vec<String> = setting
        .loaded
        .graph
        .build_list(modules)
        .into_iter()
        .map(|module| modules.path(modules.path_of(module)).to_string())
        .collect();
    let held = |path: &str| selected.iter().any(|module| may_hold(module, path));
    let counts = |path: &str| !is_standard(path) || held(path);
    let mut new = now.iter().filter(|(path, _)| !then.contains(*path));
    match new.find(|(path, _)| counts(path)) {
        None => Ok(()),
        Some((path, file)) => Err(CliError::no(format!(
            "{plan} was made before {file} imported {path}; nothing was written"
        ))
        .hint("plan again: gomod plan-downgrade MOD@VERSION --out FILE")),
    }
}

/// The paths of the modules that are looked into for packages under a plan.
pub(crate) fn looked(setting: &Setting, plan: &Plan) -> Option<BTreeSet<String>> {
    let modules = &setting.world.modules;
    let check = plan.imports.as_ref()?;
    let paths = check.looked.iter().map(|module| modules.path_of(*module));
    Some(paths.map(|path| modules.path(path).to_string()).collect())
}

/// What was found out, for the list of checks.
pub(crate) fn line(imports: &ImportsReport) -> String {
    if let Some(why) = &imports.unchecked {
        return format!("imports not followed: {why}");
    }
    let found = match imports.unresolved.len() {
        0 => ", all there for the build and the tests of the main module".to_owned(),
        n => format!("; {n} missing or ambiguous"),
    };
    format!(
        "imports: {} packages of {} modules{found}",
        imports.packages, imports.modules
    )
}
