//! `gomod why`: what holds a module's selected version up, and what would win without it.

use std::fmt::Write as _;

use gomod_core::graph::{ModuleGraph, ModuleId, PathId};
use gomod_core::model::GoVersion;
use gomod_core::mvs::{LoadError, Mode, Unavailable, World};
use gomod_core::plan::FloorReport;
use serde::Serialize;

use super::lines::required_at;
use super::{Setting, json, load_error};
use crate::args::{Format, Global, Why};
use crate::error::CliError;
use crate::render::plan::chain;
use crate::render::style::{BOLD, DIM, paint};

#[derive(Serialize)]
struct Document {
    module: String,
    selected: String,
    /// Requirements on exactly the selected version.
    floors: Vec<Floor>,
    /// What would be selected without them; `None`: nothing, or it is not known.
    otherwise: Option<String>,
    /// The requirements that would hold that version up.
    otherwise_floors: Vec<Floor>,
    /// Why it is not known what would be selected.
    unknown: Option<String>,
    notes: Vec<String>,
}

/// A requirement that holds a version up.
#[derive(Serialize)]
struct Floor {
    #[serde(flatten)]
    floor: FloorReport,
    /// The line of a main module's file that states it.
    at: Option<String>,
}

/// What Minimal Version Selection picks when requirements on today's version do not count.
#[derive(Default)]
struct Otherwise {
    version: Option<String>,
    floors: Vec<Floor>,
    unknown: Option<String>,
}

pub(crate) fn run(global: &Global, args: &Why) -> Result<String, CliError> {
    let mut setting = Setting::load(global, Mode::Update)?;
    let path = setting.find_module(&args.module)?;
    let graph = &setting.loaded.graph;
    let floors = floors(&setting, graph, graph.selected(path));
    let otherwise = otherwise(&mut setting, path)?;
    let modules = &setting.world.modules;
    let selected = setting.loaded.graph.selected(path);
    let selected = selected.and_then(|module| modules.version(module));
    let document = Document {
        module: modules.path(path).to_string(),
        selected: selected.map(ToString::to_string).unwrap_or_default(),
        floors,
        otherwise: otherwise.version,
        otherwise_floors: otherwise.floors,
        unknown: otherwise.unknown,
        notes: notes(&setting, path),
    };
    match args.format {
        Format::Json => json(&document),
        Format::Text => Ok(page(&document, &args.module)),
    }
}

fn page(document: &Document, name: &str) -> String {
    let mut out = String::new();
    let title = format!("{} {}", document.module, document.selected);
    let _ = writeln!(out, "{}", paint(BOLD, title.trim_end()));
    match document.floors.len() {
        0 if document.selected.is_empty() => {
            out.push_str("  is a main module: nothing requires it\n");
            return out;
        }
        0 => out.push_str("  no line of go.mod asks for it\n"),
        1 => out.push_str("  held up by 1 requirement:\n"),
        n => {
            let _ = writeln!(out, "  held up by {n} requirements:");
        }
    }
    list(&mut out, &document.floors);
    let without = match document.floors.len() {
        1 => "without it",
        _ => "without them",
    };
    let _ = match (&document.otherwise, &document.unknown) {
        (_, Some(why)) => writeln!(
            out,
            "  {without}: not known, since a go.mod cannot be had: {why}"
        ),
        (Some(version), _) => writeln!(
            out,
            "  {without}, {version} would be selected, for which then {}:",
            match document.otherwise_floors.len() {
                1 => "1 requirement asks".to_owned(),
                n => format!("{n} requirements ask"),
            }
        ),
        (None, _) if matches!(document.module.as_str(), "go" | "toolchain") => {
            writeln!(out, "  {without}, no other requirement names one")
        }
        (None, _) => writeln!(out, "  {without}, it would not be in the build list"),
    };
    list(&mut out, &document.otherwise_floors);
    for note in &document.notes {
        let _ = writeln!(out, "  note: {note}");
    }
    if document
        .floors
        .iter()
        .any(|floor| floor.floor.path.len() > 1)
    {
        let name = match document.module.as_str() {
            "toolchain" => "go",
            _ => name,
        };
        let hint = format!("gomod plan-downgrade {name}@VERSION says what must change");
        let _ = writeln!(out, "{}", paint(DIM, &hint));
    }
    out
}

fn list(out: &mut String, floors: &[Floor]) {
    for Floor { floor, at } in floors {
        let at = at.as_ref().map(|at| paint(DIM, &format!("  ({at})")));
        let _ = writeln!(out, "    {}{}", chain(floor), at.unwrap_or_default());
    }
}

/// The requirements on a selected version, each with its line where a main module states it.
fn floors(setting: &Setting, graph: &ModuleGraph, version: Option<ModuleId>) -> Vec<Floor> {
    let modules = &setting.world.modules;
    let Some(version) = version.filter(|module| modules.version(*module).is_some()) else {
        return Vec::new();
    };
    let path = modules.path_of(version);
    let is_toolchain = modules.path(path).is_toolchain();
    let mut found: Vec<Floor> = Vec::new();
    // In a workspace go.work itself asks for Go.
    if graph.roots().contains(&version) {
        found.push(Floor {
            floor: FloorReport {
                requires: modules.display(version),
                path: Vec::new(),
            },
            at: setting.project.work_line(modules.path(path).as_str()),
        });
    }
    for floor in graph.requirements_on(modules, path, |module| module == version) {
        let at = required_at(setting, floor.by, version);
        // What only an update of go.mod would write is no requirement; a missing go line is one.
        if at.is_some() || is_toolchain || modules.version(floor.by).is_some() {
            found.push(Floor {
                floor: FloorReport::new(&setting.world, &floor),
                at,
            });
        }
    }
    found
}

/// Runs Minimal Version Selection once more, with the selected version excluded.
fn otherwise(setting: &mut Setting, path: PathId) -> Result<Otherwise, CliError> {
    let modules = &setting.world.modules;
    let graph = &setting.loaded.graph;
    let Some(selected) = graph
        .selected(path)
        .filter(|m| modules.version(*m).is_some())
    else {
        return Ok(Otherwise::default());
    };
    let version = |world: &World, module: ModuleId| {
        let version = world.modules.version(module);
        version.map(ToString::to_string)
    };
    // A go or toolchain line cannot be excluded, and no other requirement depends on it.
    if modules.path(path).is_toolchain() {
        let second = graph.second(modules, path);
        return Ok(Otherwise {
            version: second.and_then(|module| version(&setting.world, module)),
            floors: floors(setting, graph, second),
            unknown: None,
        });
    }
    let without = setting.main.excluding(selected);
    let local_go = setting.project.local_go.as_ref();
    let loaded = setting
        .session
        .load(&mut setting.world, &without, Mode::Update, local_go);
    match loaded {
        Ok(loaded) => {
            let second = loaded.graph.selected(path);
            Ok(Otherwise {
                version: second.and_then(|module| version(&setting.world, module)),
                floors: floors(setting, &loaded.graph, second),
                unknown: None,
            })
        }
        Err(failure) if is_distrusted(&failure.error) => {
            Err(load_error(&setting.project, &failure))
        }
        Err(failure) => Ok(Otherwise {
            unknown: Some(match failure.path.last() {
                Some(module) => format!("{module}: {}", failure.error),
                None => failure.error.to_string(),
            }),
            ..Otherwise::default()
        }),
    }
}

fn is_distrusted(error: &LoadError) -> bool {
    let reason = match error {
        LoadError::Unavailable { reason, .. } => Some(*reason),
        _ => None,
    };
    reason == Some(Unavailable::Distrusted)
}

/// What to know beside the requirements.
fn notes(setting: &Setting, path: PathId) -> Vec<String> {
    let mut notes = Vec::new();
    let name = &setting.project.name;
    if !setting.main.is_workspace() && is_updated(setting) {
        notes.push(format!(
            "{name} is not up to date, and this is the graph after an update, as `go mod graph` shows it"
        ));
    }
    if setting.world.modules.path(path).as_str() == "go" {
        notes.extend(old_go_lines(setting));
    }
    notes
}

/// Whether the graph was loaded from other requirements than go.mod holds.
fn is_updated(setting: &Setting) -> bool {
    let modules = &setting.world.modules;
    let is_module = |id: &ModuleId| !modules.path(modules.path_of(*id)).is_toolchain();
    let mut written: Vec<ModuleId> = setting.main.members.iter().flat_map(|m| m.kept()).collect();
    let roots = setting.loaded.setup.roots.iter().copied();
    let mut roots: Vec<ModuleId> = roots.filter(is_module).collect();
    for list in [&mut written, &mut roots] {
        list.sort_unstable();
        list.dedup();
    }
    written != roots
}

/// Go lines below 1.21 are no requirements, but a `go` command of that age may still fail to build the module.
fn old_go_lines(setting: &Setting) -> Option<String> {
    let modules = &setting.world.modules;
    let mut lines: Vec<(GoVersion, String)> = Vec::new();
    for module in setting.loaded.graph.build_list(modules) {
        let facts = setting
            .world
            .known_source_of(module, &setting.main.overrides)
            .and_then(|source| setting.world.facts(source));
        if let Some(Ok(facts)) = facts
            && let Some(go) = facts.go.as_ref().filter(|go| !go.is_strict())
        {
            lines.push((go.clone(), modules.display(module)));
        }
    }
    let highest = lines
        .iter()
        .map(|(go, _)| go.clone())
        .max_by(GoVersion::cmp_precedence)?;
    let of: Vec<String> = lines
        .into_iter()
        .filter(|(go, _)| *go == highest)
        .map(|(_, module)| module)
        .collect();
    let shown = match of.as_slice() {
        [one] => one.clone(),
        [one, rest @ ..] => format!("{one} and {} more", rest.len()),
        [] => return None,
    };
    Some(format!(
        "below 1.21 a go line is no requirement; the highest such line is go {highest}, of {shown}"
    ))
}
