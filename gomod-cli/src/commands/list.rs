//! `gomod list`: the build list, as `go list -m all` prints it.

use std::fmt::{self, Write as _};

use gomod_core::graph::ModuleId;
use gomod_core::model::ModuleVersion;
use gomod_core::mvs::{LoadError, Mode, Source};
use serde::Serialize;

use super::{Setting, from_load_error, json, refuse_inconsistent};
use crate::args::{Format, Global, List};
use crate::error::CliError;

#[derive(Serialize)]
struct Document {
    modules: Vec<Module>,
}

/// One module of the build list.
#[derive(Serialize)]
pub(super) struct Module {
    pub(super) path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) version: Option<String>,
    main: bool,
    direct: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    replace: Option<Replacement>,
}

#[derive(Serialize)]
struct Replacement {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
}

pub(crate) fn run(global: &Global, args: &List) -> Result<String, CliError> {
    let mut setting = Setting::load(global, Mode::ReadOnly)?;
    refuse_inconsistent(&setting)?;
    let list: Vec<ModuleId> = setting
        .loaded
        .graph
        .build_list(&setting.world.modules)
        .into_iter()
        .filter(|module| {
            let path = setting.world.modules.path_of(*module);
            !setting.world.modules.path(path).is_toolchain()
        })
        .collect();
    check_infos(&mut setting, &list)?;
    let modules: Vec<Module> = list
        .iter()
        .map(|module| describe(&setting, *module))
        .collect();
    if args.format == Format::Json {
        return json(&Document { modules });
    }
    let mut out = String::new();
    for module in modules {
        let _ = writeln!(out, "{module}");
    }
    Ok(out)
}

impl fmt::Display for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)?;
        if let Some(version) = &self.version {
            write!(f, " {version}")?;
        }
        if let Some(replace) = &self.replace {
            write!(f, " => {}", replace.path)?;
            if let Some(version) = &replace.version {
                write!(f, " {version}")?;
            }
        }
        Ok(())
    }
}

/// `go list -m all` needs the .info of each selected module that is not replaced; of a replacement it
/// takes what there is (`moduleInfo` in cmd/go's modload).
fn check_infos(setting: &mut Setting, list: &[ModuleId]) -> Result<(), CliError> {
    let modules = &setting.world.modules;
    let overrides = &setting.main.overrides;
    if let Some(module) = list.iter().find(|m| overrides.conflict(modules, **m)) {
        let error = LoadError::ConflictingReplaces;
        return Err(from_load_error(&modules.display(*module), &error));
    }
    let used: Vec<ModuleVersion> = list
        .iter()
        .filter(|module| overrides.replacement(modules, **module).is_none())
        .filter_map(|module| modules.module_version(*module))
        .collect();
    for (module, info) in used.iter().zip(setting.session.infos(&used)) {
        match info {
            Ok(info) if info.version == module.version.as_str() => {}
            Ok(info) => {
                return Err(CliError::environment(format!(
                    "{module}: the source gives information about {} instead",
                    info.version
                ))
                .hint("ask another source with --proxy"));
            }
            Err(error) => return Err(from_load_error(&module.to_string(), &error)),
        }
    }
    Ok(())
}

/// Path, version and replacement of a selected module.
pub(super) fn describe(setting: &Setting, module: ModuleId) -> Module {
    let modules = &setting.world.modules;
    let path = modules.path_of(module);
    let replace = setting
        .main
        .overrides
        .replacement(modules, module)
        .map(|source| match source {
            Source::Module(actual) => Replacement {
                path: modules.path(modules.path_of(*actual)).to_string(),
                version: modules.version(*actual).map(ToString::to_string),
            },
            Source::Directory(directory) => Replacement {
                path: directory.clone(),
                version: None,
            },
        });
    Module {
        path: modules.path(path).to_string(),
        version: modules.version(module).map(ToString::to_string),
        main: modules.version(module).is_none(),
        direct: setting.main.members.iter().any(|member| {
            member
                .requires
                .iter()
                .any(|(required, indirect)| !indirect && modules.path_of(*required) == path)
        }),
        replace,
    }
}
