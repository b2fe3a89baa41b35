//! The imports side of a plan: which sources there are to follow them from, and what was found.

use std::collections::BTreeSet;
use std::path::Path;

use gomod_core::host::main_packages;
use gomod_core::model::GoMod;
use gomod_core::plan::{ImportsReport, Packages, Plan};

use super::Setting;
use crate::context::Work;

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
        0 => ", all there".to_owned(),
        n => format!("; {n} missing or ambiguous"),
    };
    format!(
        "imports: {} packages of {} modules{found}",
        imports.packages, imports.modules
    )
}
