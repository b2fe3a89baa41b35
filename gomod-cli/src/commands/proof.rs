//! The certificate: a plain second MVS on the planned text gives what the plan says.

use std::path::Path;

use gomod_core::check::{CheckError, Claim, Wanted, verify};
use gomod_core::graph::PathId;
use gomod_core::host::{Session, Sums};
use gomod_core::model::ModuleVersion;
use gomod_core::plan::{Plan, Planner, Target};

use super::Setting;
use crate::error::CliError;

/// Checks a plan's text; a difference is a bug here, and stops everything.
pub(crate) fn check(setting: &mut Setting, planner: &Planner, plan: &Plan) -> Result<(), CliError> {
    let claim = claim(setting, planner, plan);
    let root = setting.project.root();
    let session = &mut setting.session;
    let mut read = |wanted: Wanted<'_>| read_go_mod(session, &root, wanted);
    match verify(plan.go_mod.text().as_bytes(), &claim, &mut read) {
        Ok(_) => Ok(()),
        Err(error @ CheckError::Claim(_)) => Err(CliError::environment(format!(
            "internal error: the plan does not hold: {error}"
        ))
        .hint("nothing was changed; please report this with your go.mod")),
        Err(error) => Err(CliError::environment(format!(
            "the plan cannot be checked: {error}"
        ))),
    }
}

fn claim(setting: &Setting, planner: &Planner, plan: &Plan) -> Claim {
    let modules = &setting.world.modules;
    let version = |path: PathId| {
        let selected = plan.graph.selected(path)?;
        modules.module_version(selected)
    };
    Claim {
        build_list: plan
            .graph
            .build_list(modules)
            .into_iter()
            .filter_map(|module| modules.module_version(module))
            .collect(),
        used: planner
            .goal()
            .targets
            .iter()
            .filter_map(|target| match target {
                Target::Module { module } => {
                    let ModuleVersion { path, version } = modules.module_version(*module)?;
                    Some((path, Some(version)))
                }
                Target::Absent { path } => Some((modules.path(*path).clone(), None)),
                Target::Go { .. } => None,
            })
            .collect(),
        kept: planner
            .goal()
            .keep
            .iter()
            .filter_map(|path| version(*path))
            .collect(),
    }
}

fn read_go_mod(session: &mut Session, root: &Path, wanted: Wanted<'_>) -> Result<Vec<u8>, String> {
    match wanted {
        Wanted::Module(module) => session
            .go_mods(std::slice::from_ref(module), Sums::Looked)
            .pop()
            .unwrap_or_else(|| Err(gomod_core::mvs::LoadError::NoModuleLine))
            .map_err(|error| error.to_string()),
        Wanted::Directory(directory) => {
            std::fs::read(root.join(directory).join("go.mod")).map_err(|error| error.to_string())
        }
    }
}
