//! `gomod graph`: the requirement graph, as `go mod graph` prints it, and for other tools.

use std::fmt::Write as _;

use gomod_core::mvs::Mode;
use serde::Serialize;

use super::{Setting, json};
use crate::args::{Global, Graph, GraphFormat};
use crate::error::CliError;
use crate::render;

#[derive(Serialize)]
struct Document {
    edges: Vec<Edge>,
}

#[derive(Serialize)]
struct Edge {
    from: String,
    to: String,
}

pub(crate) fn run(global: &Global, args: &Graph) -> Result<String, CliError> {
    let setting = Setting::load(global, Mode::Update)?;
    let modules = &setting.world.modules;
    let edges: Vec<(String, String)> = setting
        .loaded
        .graph
        .edges()
        .map(|(from, to)| (modules.display(from), modules.display(to)))
        .collect();
    match args.format {
        GraphFormat::Text => {
            let mut out = String::new();
            for (from, to) in edges {
                let _ = writeln!(out, "{from} {to}");
            }
            Ok(out)
        }
        GraphFormat::Json => json(&Document {
            edges: edges
                .into_iter()
                .map(|(from, to)| Edge { from, to })
                .collect(),
        }),
        GraphFormat::Dot => Ok(render::graph::dot(&edges)),
        GraphFormat::Mermaid => Ok(render::graph::mermaid(&edges)),
    }
}
