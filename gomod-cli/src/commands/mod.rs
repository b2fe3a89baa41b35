//! One file per command: it asks the library, and hands the answer to a renderer.

pub(crate) mod apply;
mod argument;
mod as_of;
mod claims;
pub(crate) mod drift;
pub(crate) mod edit;
pub(crate) mod fmt;
mod go_targets;
pub(crate) mod graph;
mod imports;
mod lines;
pub(crate) mod list;
pub(crate) mod lock;
mod names;
mod page_words;
pub(crate) mod plan;
mod plan_file;
mod proof;
mod relax;
mod replaced;
mod restore;
mod single_file;
mod sums;
mod targets;
pub(crate) mod tree;
mod undo;
pub(crate) mod verify;
mod way_back;
pub(crate) mod why;
mod workspace;

use gomod_core::host::{GoCommand, LoadFailure, Session};
use gomod_core::model::{GoMod, Require};
use gomod_core::mvs::{LoadError, Loaded, MainModules, Mode, Unavailable, World};

use crate::args::Global;
use crate::context::{DirectoryLine, Project};
use crate::error::{CliError, Kind};

/// A loaded main module or workspace.
pub(crate) struct Setting {
    pub(crate) project: Project,
    pub(crate) world: World,
    pub(crate) main: MainModules,
    pub(crate) session: Session,
    pub(crate) loaded: Loaded,
}

impl Setting {
    /// Reads the project and loads its graph.
    pub(crate) fn load(global: &Global, mode: Mode) -> Result<Self, CliError> {
        let project = Project::open(global)?;
        let mode = match mode {
            Mode::ReadOnly => project.list_mode()?,
            Mode::Update => {
                project.check_flags(GoCommand::ModGraph)?;
                mode
            }
        };
        if mode == Mode::ReadOnly {
            refuse_required_twice(&project)?;
        }
        let mut world = World::new();
        let main = project.main_modules(&mut world)?;
        let mut session = project.session(global)?;
        let loaded = session
            .load(&mut world, &main, mode, project.local_go.as_ref())
            .map_err(|failure| load_error(&project, &failure))?;
        Ok(Self {
            project,
            world,
            main,
            session,
            loaded,
        })
    }
}

impl Setting {
    /// Takes another go.mod in place of the one on disk, in memory alone. When its graph cannot be loaded,
    /// the setting stays as it is.
    pub(crate) fn take(&mut self, go_mod: GoMod) -> Result<(), CliError> {
        let before = std::mem::replace(&mut self.project.go_mod, go_mod);
        let loaded = self.project.main_modules(&mut self.world).and_then(|main| {
            let loaded = self.load_as(&main, Mode::Update)?;
            Ok((main, loaded))
        });
        match loaded {
            Ok((main, loaded)) => (self.main, self.loaded) = (main, loaded),
            Err(error) => {
                self.project.go_mod = before;
                return Err(error);
            }
        }
        Ok(())
    }

    /// What `go list -m all` refuses go.mod for, in words; nothing when it goes on.
    pub(crate) fn updates_needed(&mut self) -> Result<Vec<String>, CliError> {
        if self.project.list_mode()? == Mode::Update {
            return Ok(Vec::new());
        }
        let main = self.main.clone();
        let loaded = self.load_as(&main, Mode::ReadOnly)?;
        let found = loaded.inconsistencies.iter();
        Ok(found.map(|one| one.describe(&self.world)).collect())
    }

    fn load_as(&mut self, main: &MainModules, mode: Mode) -> Result<Loaded, CliError> {
        self.session
            .load(&mut self.world, main, mode, self.project.local_go.as_ref())
            .map_err(|failure| load_error(&self.project, &failure))
    }
}

/// Refuses a go.mod that `go list -m all` would not accept as it is.
pub(crate) fn refuse_inconsistent(setting: &Setting) -> Result<(), CliError> {
    if setting.loaded.inconsistencies.is_empty() {
        return Ok(());
    }
    let mut error = CliError::no(format!("updates to {} needed", setting.project.name));
    for finding in &setting.loaded.inconsistencies {
        error = error.detail(finding.describe(&setting.world));
    }
    Err(error.hint("go mod tidy; gomod graph shows the updated graph"))
}

/// Refuses a go.mod that requires a path at two versions, before the lower one is asked for: go.sum
/// need not know it.
fn refuse_required_twice(project: &Project) -> Result<(), CliError> {
    if project.work.is_some() {
        return Ok(());
    }
    let go_mod = &project.go_mod;
    let at = |line: &Require| {
        let position = go_mod.position(line.line);
        format!("{}:{position}", project.name)
    };
    let mut error: Option<CliError> = None;
    for (index, line) in go_mod.require.iter().enumerate() {
        let first = go_mod.require.iter().take(index);
        let Some(first) = first.rev().find(|first| first.path == line.path) else {
            continue;
        };
        if first.version != line.version {
            let so_far = error
                .unwrap_or_else(|| CliError::no(format!("updates to {} needed", project.name)));
            error = Some(
                so_far
                    .detail(format!("{} is required twice:", line.path))
                    .detail(format!("  {}: {}", at(first), first.version))
                    .detail(format!("  {}: {}", at(line), line.version)),
            );
        }
    }
    error.map_or(Ok(()), |error| {
        Err(error.hint("remove one of the lines; go mod tidy keeps the higher version"))
    })
}

/// An error of loading a graph, with the chain of requirements that leads to it.
pub(crate) fn load_error(project: &Project, failure: &LoadFailure) -> CliError {
    let at = failure.path.last().cloned().unwrap_or_default();
    let missing = matches!(
        failure.error,
        LoadError::Unavailable {
            reason: Unavailable::NoDirectory,
            ..
        }
    );
    let mut error = match project.replaced_by_directory(&at).filter(|_| missing) {
        Some(line) => no_directory(&at, &line),
        None => from_load_error(&at, &failure.error),
    };
    if let [_, required] = failure.path.as_slice()
        && let Some(at) = project.require_position(required)
    {
        error = error.detail(format!("required by {at}"));
    }
    if failure.path.len() > 2 {
        error = error.detail(format!(
            "required by {}",
            failure.path[..failure.path.len() - 1].join(" → ")
        ));
    }
    error
}

/// The replacement of a module by a directory that has no go.mod.
fn no_directory(module: &str, line: &DirectoryLine) -> CliError {
    let DirectoryLine {
        at,
        old,
        written,
        directory,
        ..
    } = line;
    let what = match directory.is_dir() {
        true => "has no go.mod",
        false => "does not exist",
    };
    CliError::environment(format!(
        "{at}: {module} is replaced by the directory {written}, which {what}"
    ))
    .detail(format!("looked for {}", directory.join("go.mod").display()))
    .hint(format!(
        "put the module there, or correct the line: {} edit -replace={old}=DIR, or drop it: {} edit -dropreplace={old}",
        line.tool, line.tool
    ))
}

/// An error about one module's `go.mod`.
pub(crate) fn from_load_error(module: &str, error: &LoadError) -> CliError {
    let kind = match error {
        LoadError::Unavailable {
            reason: Unavailable::Distrusted,
            ..
        } => Kind::Security,
        _ => Kind::Environment,
    };
    let text = error.to_string();
    let message = if text.starts_with(module) {
        text
    } else {
        format!("{module}: {text}")
    };
    let mut lines = message.lines();
    let mut result = CliError::new(kind, lines.next().unwrap_or_default());
    for line in lines {
        result = result.detail(line.trim());
    }
    match error {
        LoadError::Unavailable { reason, .. } => match reason {
            Unavailable::Distrusted => result.hint(
                "do not use this content; compare go.sum with your version control, and the source with another",
            ),
            Unavailable::NoSum => {
                let path = module.split('@').next().unwrap_or(module);
                result.hint(format!("to add it: go mod download {path}"))
            }
            Unavailable::NoProxy => result.hint(
                "set one: go env -w GOPROXY=LIST, or GOPROXY in the environment, or --proxy LIST|DIR",
            ),
            Unavailable::Setting => result
                .hint("go env shows the settings in force, and go env -w NAME=VALUE changes one"),
            Unavailable::Offline => result.hint(
                "run it once without --offline and GOPROXY=off, or name a file:// proxy with --proxy",
            ),
            Unavailable::NotFound => {
                let path = module.split('@').next().unwrap_or(module);
                result.hint(format!(
                    "go list -m -versions {path} shows what there is; a private module belongs into GOPRIVATE"
                ))
            }
            _ => result.hint("try again, or another source with --proxy"),
        },
        LoadError::TooNew { needs, .. } => result.hint(format!("--go {needs} looks at it as that Go would")),
        LoadError::OtherPath { declares, .. } => {
            result.hint(format!("require {declares} instead, or replace the module"))
        }
        _ => result.hint(
            "this version cannot be used as it is: exclude or replace it, or ask another source with --proxy",
        ),
    }
}

/// A JSON document with its schema version first.
pub(crate) fn json<T: serde::Serialize>(value: &T) -> Result<String, CliError> {
    #[derive(serde::Serialize)]
    struct Document<'a, T> {
        schema_version: u32,
        #[serde(flatten)]
        value: &'a T,
    }
    let document = Document {
        schema_version: 1,
        value,
    };
    serde_json::to_string_pretty(&document)
        .map(|text| text + "\n")
        .map_err(|error| {
            CliError::environment(format!("the result cannot be written as JSON: {error}"))
        })
}
