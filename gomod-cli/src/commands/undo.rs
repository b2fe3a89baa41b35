//! The command that undoes a drift, tried before it is printed.

use gomod_core::drift::Lock;
use gomod_core::model::{GoVersion, ModulePath, ModuleVersion, Version};
use gomod_core::mvs::World;
use gomod_core::plan::{Candidates, Conflict, Goal, Means, Plan, Planner, Problem, Target};
use serde::Serialize;

use super::Setting;

/// A way back, and what would be left.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Undo {
    /// The arguments of `gomod plan-downgrade`.
    pub(crate) targets: Vec<String>,
    /// The whole command.
    pub(crate) command: String,
    /// What would still differ from the baseline: `+ path version`, `- path version`, `~ path from → to`.
    pub(crate) left: Vec<String>,
    /// Why it could not be tried to the end.
    pub(crate) problem: Option<String>,
}

/// Plans for `arguments`, leaving out a module that must be absent as long as that is what prevents a
/// plan: something that the baseline holds needs it once it is a root.
pub(crate) fn tried(setting: &mut Setting, baseline: &Lock, arguments: &[String]) -> Undo {
    let mut undo = Undo {
        targets: arguments.to_vec(),
        ..Undo::default()
    };
    while !undo.targets.is_empty() {
        undo.command = format!("gomod plan-downgrade {}", undo.targets.join(" "));
        let targets: Vec<Target> = undo
            .targets
            .iter()
            .filter_map(|argument| target(&mut setting.world, argument))
            .collect();
        let problem = Problem::new(&mut setting.world, &setting.main, setting.loaded.clone());
        let goal = Goal {
            targets,
            strategy: Some(Means::Require),
            ..Goal::default()
        };
        let mut go_mod = setting.project.go_mod.clone();
        go_mod.settle_versions();
        let mut planner = Planner::new(problem, go_mod, goal, Candidates::default());
        let outcome = match setting.session.plan(&mut setting.world, &mut planner) {
            Ok(outcome) => outcome,
            Err(error) => {
                undo.problem = Some(error.to_string());
                return undo;
            }
        };
        if let Some(plan) = outcome.plans.first() {
            undo.left = left(&setting.world, baseline, plan);
            return undo;
        }
        let blocked = outcome.conflicts.iter().find_map(|(_, conflict)| {
            let Conflict::Hard {
                chain,
                unreadable: None,
            } = conflict
            else {
                return None;
            };
            let path = setting.world.modules.path_of(*chain.last()?);
            let argument = format!("{}@none", setting.world.modules.path(path));
            undo.targets.iter().position(|target| *target == argument)
        });
        match blocked {
            Some(at) => _ = undo.targets.remove(at),
            None => {
                undo.problem = Some("no plan reaches this; the command says why".to_owned());
                return undo;
            }
        }
    }
    undo
}

fn target(world: &mut World, argument: &str) -> Option<Target> {
    let (path, version) = argument.split_once('@')?;
    if path == "go" {
        return Some(Target::Go {
            version: GoVersion::parse(version)?,
        });
    }
    let path = ModulePath::new(path);
    if version == "none" {
        return Some(Target::Absent {
            path: world.modules.path_id(&path),
        });
    }
    let version = Version::parse(version).ok()?;
    Some(Target::Module {
        module: world.modules.intern(&ModuleVersion::new(path, version)),
    })
}

/// What differs from the baseline once the plan is applied.
fn left(world: &World, baseline: &Lock, plan: &Plan) -> Vec<String> {
    let mut planned: std::collections::BTreeMap<ModulePath, Version> = plan
        .graph
        .build_list(&world.modules)
        .into_iter()
        .filter_map(|module| world.modules.module_version(module))
        .filter(|module| !module.path.is_toolchain())
        .map(|module| (module.path, module.version))
        .collect();
    let mut left = Vec::new();
    for (path, entry) in &baseline.modules {
        match planned.remove(path) {
            Some(version) if version == entry.version => {}
            Some(version) => left.push(format!("~ {path} {} → {version}", entry.version)),
            None => left.push(format!("- {path} {}", entry.version)),
        }
    }
    left.extend(
        planned
            .into_iter()
            .map(|(path, version)| format!("+ {path} {version}")),
    );
    left
}
