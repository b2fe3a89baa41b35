//! `gomod why`: what holds a module's selected version up, and what would win without it.

use std::fmt::Write as _;

use gomod_core::graph::{ModuleId, PathId};
use gomod_core::mvs::Mode;
use gomod_core::plan::FloorReport;
use serde::Serialize;

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
    floors: Vec<FloorReport>,
    /// What would be selected without them; `None`: nothing.
    otherwise: Option<String>,
}

pub(crate) fn run(global: &Global, args: &Why) -> Result<String, CliError> {
    let mut setting = Setting::load(global, Mode::Update)?;
    let path = setting.find_module(&args.module)?;
    // What would win without the go line is no question: the line is always there.
    let pseudo = setting.world.modules.path(path).is_toolchain();
    let otherwise = match pseudo {
        true => None,
        false => otherwise(&mut setting, path)?,
    };
    let modules = &setting.world.modules;
    let graph = &setting.loaded.graph;
    let selected = graph.selected(path);
    let floors: Vec<FloorReport> = graph
        .floors(modules, path, None)
        .iter()
        .map(|floor| FloorReport::new(&setting.world, floor))
        .collect();
    let version = |module: Option<ModuleId>| {
        module
            .and_then(|module| modules.version(module))
            .map(ToString::to_string)
    };
    let document = Document {
        module: modules.path(path).to_string(),
        selected: version(selected).unwrap_or_default(),
        floors,
        otherwise,
    };
    if args.format == Format::Json {
        return json(&document);
    }
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{}",
        paint(
            BOLD,
            format!("{} {}", document.module, document.selected).trim_end()
        )
    );
    match document.floors.len() {
        0 => out.push_str("  is a main module: nothing requires it\n"),
        1 => out.push_str("  held up by 1 requirement:\n"),
        n => {
            let _ = writeln!(out, "  held up by {n} requirements:");
        }
    }
    for floor in &document.floors {
        let _ = writeln!(out, "    {}", chain(floor));
    }
    let _ = match &document.otherwise {
        Some(version) => writeln!(out, "  without them, {version} would be selected"),
        None if document.floors.is_empty() || pseudo => Ok(()),
        None => writeln!(out, "  without them, it would not be in the build list"),
    };
    if pseudo || document.floors.iter().any(|floor| floor.path.len() > 1) {
        let name = if pseudo { "go" } else { &args.module };
        let hint = format!("gomod plan-downgrade {name}@VERSION says what must change");
        let _ = writeln!(out, "{}", paint(DIM, &hint));
    }
    Ok(out)
}

/// What Minimal Version Selection picks for `path` when requirements on today's version do not count.
fn otherwise(setting: &mut Setting, path: PathId) -> Result<Option<String>, CliError> {
    let Some(selected) = setting.loaded.graph.selected(path) else {
        return Ok(None);
    };
    let mut without = setting.main.clone();
    without.overrides.excludes.insert(selected);
    for member in &mut without.members {
        member.excludes.push(selected);
    }
    let loaded = setting
        .session
        .load(
            &mut setting.world,
            &without,
            Mode::Update,
            setting.project.local_go.as_ref(),
        )
        .map_err(|failure| load_error(&setting.project, &failure))?;
    let modules = &setting.world.modules;
    let version = loaded
        .graph
        .selected(path)
        .and_then(|module| modules.version(module));
    Ok(version.map(ToString::to_string))
}
