//! `--as-of REV`: versions as the go.mod of a git revision requires them.

use gomod_core::graph::{ModuleId, PathId};
use gomod_core::host::{GitError, file_at};
use gomod_core::model::{GoMod, ModulePath};

use super::Setting;
use crate::args::PlanDowngrade;
use crate::error::CliError;

/// The go.mod of a revision.
pub(crate) struct AsOf {
    revision: String,
    go_mod: GoMod,
}

impl AsOf {
    /// Reads it, if the flag asks for one.
    pub(crate) fn read(setting: &Setting, args: &PlanDowngrade) -> Result<Option<Self>, CliError> {
        let Some(revision) = &args.as_of else {
            return Ok(None);
        };
        let project = &setting.project;
        project.require_single("--as-of")?;
        let text = file_at(&project.root(), revision, &project.name).map_err(|error| {
            let kind = match error {
                GitError::NoRepository { .. } => CliError::environment(format!("--as-of: {error}")),
                _ => CliError::usage(format!("--as-of: {error}")),
            };
            kind.hint("name the version itself: gomod plan-downgrade MOD@VERSION")
        })?;
        let name = format!("{revision}:{}", project.name);
        let go_mod = GoMod::parse(&name, &text).map_err(|error| {
            CliError::environment(error.to_string()).hint("another revision may do")
        })?;
        Ok(Some(Self {
            revision: revision.clone(),
            go_mod,
        }))
    }

    /// The argument with the version that the revision requires, unless it has one.
    pub(crate) fn complete(&self, setting: &Setting, argument: &str) -> Result<String, CliError> {
        if argument.contains('@') {
            return Ok(argument.to_owned());
        }
        if argument == "go" {
            return match &self.go_mod.go {
                Some(line) => Ok(format!("go@{}", line.version)),
                None => Err(self.missing("go")),
            };
        }
        let path = setting.find_module(argument)?;
        let path = setting.world.modules.path(path);
        match self.required(path) {
            Some(version) => Ok(format!("{path}@{version}")),
            None => Err(self.missing(path.as_str())),
        }
    }

    /// What the revision requires, as modules.
    pub(crate) fn requirements(&self, setting: &mut Setting) -> Vec<(PathId, ModuleId)> {
        let modules = &mut setting.world.modules;
        self.go_mod
            .require
            .iter()
            .map(|line| {
                let path = modules.path_id(&line.path);
                (path, modules.module_id(path, Some(&line.version)))
            })
            .collect()
    }

    fn required(&self, path: &ModulePath) -> Option<String> {
        let line = self.go_mod.require.iter().find(|line| line.path == *path)?;
        Some(line.version.to_string())
    }

    fn missing(&self, what: &str) -> CliError {
        CliError::usage(format!(
            "go.mod at {} does not require {what}",
            self.revision
        ))
        .hint(format!("name a version, or {what}@none"))
    }
}
