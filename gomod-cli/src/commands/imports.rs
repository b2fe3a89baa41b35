//! The imports side of a plan: which sources there are to follow them from, and what was found.

use gomod_core::host::main_packages;
use gomod_core::plan::{ImportsReport, Packages};

use super::Setting;

/// The main module's packages; imports are followed only where there are some.
pub(crate) fn packages(setting: &Setting) -> Packages {
    let go_mod = &setting.project.go_mod;
    let ignored: Vec<String> = go_mod.ignore.iter().map(|line| line.path.clone()).collect();
    let tools: Vec<String> = go_mod.tool.iter().map(|line| line.path.clone()).collect();
    match main_packages(&setting.project.root(), &ignored) {
        Ok(list) if list.is_empty() => Packages::unknown("the main module has no Go files"),
        Ok(list) => Packages::new(list, &tools),
        Err(error) => Packages::unknown(error.to_string()),
    }
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
