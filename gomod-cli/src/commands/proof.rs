//! The certificate: a plain second MVS on the planned text gives what the plan says.

use gomod_core::check::{Wanted, build_list};
use gomod_core::host::Sums;
use gomod_core::model::{ModulePath, Version};
use gomod_core::plan::{Plan, Planner};

use super::Setting;
use crate::error::CliError;

/// Checks the plan; a difference is a bug here, and stops everything.
pub(crate) fn check(setting: &mut Setting, planner: &Planner, plan: &Plan) -> Result<(), CliError> {
    let text = plan.go_mod.text();
    let root = setting.project.root();
    let session = &mut setting.session;
    let mut read = |wanted: Wanted<'_>| match wanted {
        Wanted::Module(module) => session
            .go_mods(std::slice::from_ref(module), Sums::Looked)
            .pop()
            .unwrap_or_else(|| Ok(Vec::new()))
            .map_err(|error| error.to_string()),
        Wanted::Directory(directory) => {
            std::fs::read(root.join(directory).join("go.mod")).map_err(|error| error.to_string())
        }
    };
    let bug = |what: String| {
        CliError::environment(format!("internal error: the plan does not hold: {what}"))
            .hint("nothing was changed; please report this with your go.mod")
    };
    let checked = build_list(text.as_bytes(), &mut read).map_err(|error| bug(error.to_string()))?;
    if let Some(first) = checked.inconsistencies.first() {
        return Err(bug(first.to_string()));
    }
    let modules = &setting.world.modules;
    let claimed: Vec<(ModulePath, Version)> = plan
        .graph
        .build_list(modules)
        .into_iter()
        .filter_map(|module| modules.module_version(module))
        .map(|module| (module.path, module.version))
        .collect();
    if claimed.len() != checked.selected.len() {
        return Err(bug(format!("{} modules planned, {} selected", claimed.len(), checked.selected.len())));
    }
    for (path, version) in claimed {
        if checked.selected.get(&path) != Some(&version) {
            return Err(bug(format!("{path} {version} is planned, but not selected")));
        }
    }
    let _ = planner;
    Ok(())
}
