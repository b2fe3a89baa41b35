//! A module graph as dot and as a Mermaid flow chart.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Graphviz: an edge for each requirement.
pub(crate) fn dot(edges: &[(String, String)]) -> String {
    let mut out = String::from("digraph modules {\n\trankdir=LR;\n\tnode [shape=box];\n");
    for (from, to) in edges {
        let _ = writeln!(out, "\t{} -> {};", quoted(from), quoted(to));
    }
    out.push_str("}\n");
    out
}

/// Mermaid: nodes with labels, then an edge for each requirement.
pub(crate) fn mermaid(edges: &[(String, String)]) -> String {
    let mut ids: BTreeMap<&str, usize> = BTreeMap::new();
    let mut out = String::from("flowchart LR\n");
    for (from, to) in edges {
        for name in [from, to] {
            let next = ids.len();
            if !ids.contains_key(name.as_str()) {
                ids.insert(name, next);
                let _ = writeln!(out, "  n{next}[{}]", quoted(name));
            }
        }
    }
    for (from, to) in edges {
        let _ = writeln!(out, "  n{} --> n{}", ids[from.as_str()], ids[to.as_str()]);
    }
    out
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
