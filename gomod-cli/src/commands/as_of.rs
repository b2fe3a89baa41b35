//! `--as-of REV`: versions as the go.mod of a git revision requires them; in a workspace as those of its members did,
//! the highest of each.

use std::collections::HashMap;

use gomod_core::graph::{ModuleId, PathId};
use gomod_core::host::{GitError, file_at};
use gomod_core::model::{GoMod, GoVersion, GoWork, ModulePath};

use super::Setting;
use crate::args::PlanDowngrade;
use crate::error::CliError;

/// The go.mod files of a revision.
pub(crate) struct AsOf {
    revision: String,
    /// Those of a workspace's members that were there.
    files: Vec<GoMod>,
    go: Option<GoVersion>,
}

impl AsOf {
    /// Reads them, if the flag asks for a revision.
    pub(crate) fn read(setting: &Setting, args: &PlanDowngrade) -> Result<Option<Self>, CliError> {
        let Some(revision) = &args.as_of else {
            return Ok(None);
        };
        let project = &setting.project;
        let Some(work) = &project.work else {
            let text = file_at(&project.root(), revision, &project.name);
            let text = text.map_err(|error| refused(&error))?;
            let file = parsed(revision, &project.name, &text)?;
            return Ok(Some(Self {
                revision: revision.clone(),
                go: go_of(&file),
                files: vec![file],
            }));
        };
        let root = work.root();
        let mut files = Vec::new();
        let mut absent = None;
        for (directory, _) in &work.members {
            let name = directory.join("go.mod");
            let name = name.strip_prefix(&root).unwrap_or(&name).display();
            match file_at(directory, revision, "go.mod") {
                Ok(text) => files.push(parsed(revision, &name.to_string(), &text)?),
                // A member that is younger required nothing.
                Err(error @ GitError::NoFile { .. }) => absent = Some(error),
                Err(error) => return Err(refused(&error)),
            }
        }
        if let Some(error) = absent.filter(|_| files.is_empty()) {
            return Err(refused(&error));
        }
        let name = work.file.file_name().unwrap_or_default().to_string_lossy();
        let go_work = match file_at(&root, revision, &name) {
            Ok(text) => GoWork::parse(&format!("{revision}:{name}"), &text)
                .ok()
                .and_then(|work| Some(work.go?.version)),
            // It need not be in git.
            Err(_) => None,
        };
        let highest = files
            .iter()
            .filter_map(go_of)
            .max_by(GoVersion::cmp_precedence);
        Ok(Some(Self {
            revision: revision.clone(),
            go: go_work.or(highest),
            files,
        }))
    }

    /// The argument with the version that the revision requires, unless it has one.
    pub(crate) fn complete(&self, setting: &Setting, argument: &str) -> Result<String, CliError> {
        if argument.contains('@') {
            return Ok(argument.to_owned());
        }
        if argument == "go" {
            return match &self.go {
                Some(version) => Ok(format!("go@{version}")),
                None => Err(self.missing("go")),
            };
        }
        if argument == "toolchain" {
            let mut lines = self.files.iter().filter_map(|file| file.toolchain.as_ref());
            let name = lines.next().map_or("none", |line| line.name.as_str());
            return Ok(format!("toolchain@{name}"));
        }
        let path = setting.find_module(argument)?;
        let path = setting.world.modules.path(path);
        match self.required(path) {
            Some(version) => Ok(format!("{path}@{version}")),
            None => Err(self.missing(path.as_str())),
        }
    }

    /// What the revision requires, as modules.
    pub(crate) fn requirements(&self, setting: &mut Setting) -> HashMap<PathId, ModuleId> {
        let modules = &mut setting.world.modules;
        let mut required: HashMap<PathId, ModuleId> = HashMap::new();
        for line in self.files.iter().flat_map(|file| &file.require) {
            let path = modules.path_id(&line.path);
            let module = modules.module_id(path, Some(&line.version));
            let highest = required.entry(path).or_insert(module);
            if modules.compare(module, *highest).is_gt() {
                *highest = module;
            }
        }
        required
    }

    fn required(&self, path: &ModulePath) -> Option<String> {
        let lines = self.files.iter().flat_map(|file| &file.require);
        let versions = lines.filter(|line| line.path == *path);
        let highest = versions
            .map(|line| &line.version)
            .max_by(|a, b| a.cmp_precedence(b))?;
        Some(highest.to_string())
    }

    fn missing(&self, what: &str) -> CliError {
        let (file, not) = match self.files.len() {
            1 => ("go.mod", "does not require"),
            _ => ("no go.mod of the workspace", "requires"),
        };
        CliError::usage(format!("{file} at {} {not} {what}", self.revision))
            .hint(format!("name a version, or {what}@none"))
    }
}

fn refused(error: &GitError) -> CliError {
    let message = format!("--as-of: {error}");
    let kind = match error {
        GitError::NoRepository { .. } => CliError::environment(message),
        _ => CliError::usage(message),
    };
    kind.hint("name the version itself: gomod plan-downgrade MOD@VERSION")
}

fn parsed(revision: &str, name: &str, text: &[u8]) -> Result<GoMod, CliError> {
    GoMod::parse(&format!("{revision}:{name}"), text)
        .map_err(|error| CliError::environment(error.to_string()).hint("another revision may do"))
}

fn go_of(file: &GoMod) -> Option<GoVersion> {
    file.go.as_ref().map(|line| line.version.clone())
}
