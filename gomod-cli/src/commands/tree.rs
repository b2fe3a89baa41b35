//! `gomod tree`: the selected modules and the requirements between them, from the main module down, or
//! from one module up.

use std::collections::HashMap;
use std::fmt::Write as _;

use gomod_core::graph::{ModuleId, SelectedTree, Shown, TreeEdge, TreeLine};
use gomod_core::mvs::Mode;
use serde::Serialize;

use super::list::{Module, describe};
use super::{Setting, json};
use crate::args::{Format, Global, Tree};
use crate::error::CliError;
use crate::render::style::{BOLD, DIM, paint};
use crate::render::tree::Stems;

#[derive(Serialize)]
struct Document {
    inverted: bool,
    roots: Vec<String>,
    modules: Vec<Node>,
    unreached: Vec<Module>,
}

/// A module of the tree. Exactly one of the two lists is there.
#[derive(Serialize)]
struct Node {
    #[serde(flatten)]
    module: Module,
    #[serde(skip_serializing_if = "Option::is_none")]
    requires: Option<Vec<Edge>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    required_by: Option<Vec<Edge>>,
}

#[derive(Serialize, PartialEq)]
struct Edge {
    path: String,
    asks: Option<String>,
    indirect: bool,
}

pub(crate) fn run(global: &Global, args: &Tree) -> Result<String, CliError> {
    let setting = Setting::load(global, Mode::Update)?;
    let modules = &setting.world.modules;
    let main: Vec<ModuleId> = setting.main.members.iter().map(|m| m.id).collect();
    let tree = selected_tree(&setting);
    let mut unreached = tree.unreached(&main);
    let (tree, roots) = match &args.invert {
        None => (tree, main),
        Some(name) => {
            let path = setting.find_module(name)?;
            if modules.path(path).is_toolchain() {
                return Err(CliError::usage(format!("{name} is not in the tree"))
                    .hint(format!("gomod why {name} says what holds it up")));
            }
            let root: Vec<ModuleId> = setting.loaded.graph.selected(path).into_iter().collect();
            unreached.retain(|module| root.contains(module));
            (tree.inverted(), root)
        }
    };
    let mut shown = Shown::default();
    let trees: Vec<Vec<TreeLine>> = roots
        .iter()
        .map(|root| tree.walk(*root, args.depth, &mut shown))
        .collect();
    if args.format == Format::Json {
        return json(&Document {
            inverted: args.invert.is_some(),
            roots: roots
                .iter()
                .map(|root| modules.path(modules.path_of(*root)).to_string())
                .collect(),
            modules: nodes(&setting, &trees, args.invert.is_some()),
            unreached: unreached.iter().map(|m| describe(&setting, *m)).collect(),
        });
    }
    let mut out = String::new();
    for (at, lines) in trees.iter().enumerate() {
        if at > 0 {
            out.push('\n');
        }
        draw(&setting, lines, &mut out);
    }
    if !unreached.is_empty() {
        out.push('\n');
        let title = "Held in the build list only by versions that are not selected";
        let _ = writeln!(out, "{}", paint(BOLD, title));
        for module in unreached {
            let _ = writeln!(out, "  {}", describe(&setting, module));
        }
        let _ = writeln!(out, "{}", paint(DIM, "gomod why MOD says by which"));
    }
    Ok(out)
}

/// The tree of what is selected, from the requirements that the main modules' files hold.
fn selected_tree(setting: &Setting) -> SelectedTree {
    let overrides = &setting.main.overrides;
    let written: Vec<(ModuleId, Vec<(ModuleId, bool)>)> = setting
        .main
        .members
        .iter()
        .map(|member| {
            let kept = member.requires.iter().copied();
            let kept = kept.filter(|(module, _)| !overrides.excludes.contains(module));
            (member.id, kept.collect())
        })
        .collect();
    SelectedTree::new(&setting.world.modules, &setting.loaded.graph, &written)
}

fn draw(setting: &Setting, lines: &[TreeLine], out: &mut String) {
    let mut labels: HashMap<ModuleId, String> = HashMap::new();
    let mut stems = Stems::default();
    let mut above: Vec<ModuleId> = Vec::new();
    for line in lines {
        let label = labels
            .entry(line.module)
            .or_insert_with(|| describe(setting, line.module).to_string());
        out.push_str(&stems.at(line.depth, line.last));
        out.push_str(label);
        above.truncate(line.depth);
        if let (Some(edge), Some(parent)) = (line.edge, above.last()) {
            let notes = notes(setting, edge, line.module, *parent);
            if !notes.is_empty() {
                let _ = write!(out, " {}", paint(DIM, &notes));
            }
        }
        above.push(line.module);
        out.push_str(if line.repeated { " (*)\n" } else { "\n" });
    }
}

/// What a requirement says beside the module: a lower version, and that it is an indirect one.
fn notes(setting: &Setting, edge: TreeEdge, module: ModuleId, parent: ModuleId) -> String {
    let modules = &setting.world.modules;
    let mut notes: Vec<String> = Vec::new();
    // Upside down, the module that is required stands above.
    if edge.asks != module
        && edge.asks != parent
        && let Some(version) = modules.version(edge.asks)
    {
        notes.push(format!("asks {version}"));
    }
    if edge.indirect {
        notes.push("indirect".to_owned());
    }
    if notes.is_empty() {
        String::new()
    } else {
        format!("({})", notes.join(", "))
    }
}

/// Each module that is shown once, with the requirements that are shown below it.
fn nodes(setting: &Setting, trees: &[Vec<TreeLine>], inverted: bool) -> Vec<Node> {
    let modules = &setting.world.modules;
    let mut order: Vec<ModuleId> = Vec::new();
    let mut below: HashMap<ModuleId, Vec<TreeEdge>> = HashMap::new();
    for lines in trees {
        let mut above: Vec<ModuleId> = Vec::new();
        for line in lines {
            above.truncate(line.depth);
            if let (Some(edge), Some(parent)) = (line.edge, above.last()) {
                let edges = below.entry(*parent).or_default();
                if !edges.contains(&edge) {
                    edges.push(edge);
                }
            }
            above.push(line.module);
            below.entry(line.module).or_insert_with(|| {
                order.push(line.module);
                Vec::new()
            });
        }
    }
    let edge = |edge: &TreeEdge| Edge {
        path: modules.path(modules.path_of(edge.module)).to_string(),
        asks: modules.version(edge.asks).map(ToString::to_string),
        indirect: edge.indirect,
    };
    order
        .into_iter()
        .map(|module| {
            let edges: Vec<Edge> = below
                .get(&module)
                .map_or(&[][..], Vec::as_slice)
                .iter()
                .map(edge)
                .collect();
            let (requires, required_by) = if inverted {
                (None, Some(edges))
            } else {
                (Some(edges), None)
            };
            Node {
                module: describe(setting, module),
                requires,
                required_by,
            }
        })
        .collect()
}
