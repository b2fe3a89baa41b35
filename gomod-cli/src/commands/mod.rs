//! One file per command: it asks the library, and hands the answer to a renderer.

pub(crate) mod drift;
pub(crate) mod graph;
mod imports;
mod lines;
pub(crate) mod list;
pub(crate) mod lock;
pub(crate) mod plan;
mod proof;
mod sums;
mod targets;
pub(crate) mod tree;
mod undo;
pub(crate) mod why;

use gomod_core::graph::PathId;
use gomod_core::host::{LoadFailure, Session};
use gomod_core::model::ModulePath;
use gomod_core::mvs::{LoadError, Loaded, MainModules, Mode, Unavailable, World};

use crate::args::Global;
use crate::context::Project;
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
            Mode::Update => mode,
        };
        let mut world = World::new();
        let main = project.main_modules(&mut world)?;
        let mut session = project.session(global)?;
        let loaded = session
            .load(&mut world, &main, mode, project.local_go.as_ref())
            .map_err(|failure| load_error(&failure))?;
        Ok(Self {
            project,
            world,
            main,
            session,
            loaded,
        })
    }

    /// Finds the module that a full path or a short name means, among what is selected or required.
    pub(crate) fn find_module(&self, name: &str) -> Result<PathId, CliError> {
        let modules = &self.world.modules;
        if let Some(path) = modules.find_path(&ModulePath::new(name))
            && self.loaded.graph.selected(path).is_some()
        {
            return Ok(path);
        }
        let list = self.loaded.graph.build_list(modules);
        // A main module is meant only when no other is.
        let named = |main: bool| -> Vec<PathId> {
            list.iter()
                .filter(|module| modules.version(**module).is_none() == main)
                .map(|module| modules.path_of(*module))
                .filter(|path| modules.path(*path).matches_short_name(name))
                .collect()
        };
        let mut found = named(false);
        if found.is_empty() {
            found = named(true);
        }
        found.dedup();
        match found.as_slice() {
            [path] => Ok(*path),
            [] => {
                let error = CliError::usage(format!("{name}: no such module in the build list"));
                Err(match self.similar(name) {
                    Some(similar) => error.hint(format!("did you mean {similar}?")),
                    None => error.hint("gomod list shows the build list"),
                })
            }
            list => {
                let mut error = CliError::usage(format!("{name} is ambiguous: it may be any of"));
                for path in list {
                    error = error.detail(modules.path(*path).to_string());
                }
                Err(error.hint("write more of the path"))
            }
        }
    }

    /// A module path of the build list that is spelled almost like `name`.
    fn similar(&self, name: &str) -> Option<String> {
        let modules = &self.world.modules;
        let last = |text: &str| text.rsplit('/').next().unwrap_or(text).to_owned();
        self.loaded
            .graph
            .build_list(modules)
            .into_iter()
            .map(|module| modules.path(modules.path_of(module)).to_string())
            .filter(|path| !matches!(path.as_str(), "go" | "toolchain"))
            .map(|path| (distance(&last(&path), &last(name)), path))
            .filter(|(distance, _)| *distance <= (name.len() / 3).min(2))
            .min()
            .map(|(_, path)| path)
    }
}

/// The edit distance of two short texts.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let cost = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = cost.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
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

/// An error of loading a graph, with the chain of requirements that leads to it.
pub(crate) fn load_error(failure: &LoadFailure) -> CliError {
    let at = failure.path.last().cloned().unwrap_or_default();
    let mut error = from_load_error(&at, &failure.error);
    if failure.path.len() > 2 {
        error = error.detail(format!(
            "required by {}",
            failure.path[..failure.path.len() - 1].join(" → ")
        ));
    }
    error
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
            Unavailable::Offline => result.hint("run it once with the network, or name a file:// proxy"),
            Unavailable::NotFound => result.hint(
                "a private module belongs into GOPRIVATE; else look at the version and at GOPROXY",
            ),
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
