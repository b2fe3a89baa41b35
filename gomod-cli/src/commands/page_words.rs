//! What a plan file says for people to read, held against its text: the edits, what moves, and how many lines change.
//! Reasons and the rest of the cost are words only.

use std::collections::{BTreeMap, BTreeSet};

use gomod_core::model::{GoMod, ReplaceTarget};
use gomod_core::plan::{Certificate, Edit, changed_lines};
use serde::Deserialize;

use super::Setting;
use super::plan_file::refused;
use crate::error::CliError;

/// A plan of the table.
#[derive(Debug, Deserialize)]
pub(crate) struct PlanRow {
    letter: char,
    cost: CostRow,
    edits: Vec<EditRow>,
    moves: Vec<MoveRow>,
}

#[derive(Debug, Deserialize)]
struct CostRow {
    lines: usize,
}

#[derive(Debug, Deserialize)]
struct EditRow {
    #[serde(flatten)]
    edit: Edit,
    go_mod_edit: String,
}

#[derive(Debug, Deserialize)]
struct MoveRow {
    module: String,
    from: Option<String>,
    to: Option<String>,
}

/// The words of the chosen plan must be those of the text `planned`, whose build list is the certificate's.
pub(crate) fn check(
    setting: &Setting,
    rows: &[PlanRow],
    chosen: char,
    planned: &str,
    certificate: &Certificate,
) -> Result<(), CliError> {
    let refuse = |what: String| refused(&what);
    let Some(row) = rows.iter().find(|row| row.letter == chosen) else {
        return Err(refuse(format!("there is no plan {chosen}")));
    };
    let mut today = setting.project.go_mod.clone();
    today.settle_versions();
    let lines = changed_lines(&today.text(), planned);
    if row.cost.lines != lines {
        let said = row.cost.lines;
        return Err(refuse(format!(
            "it says that {said} lines differ, not {lines}"
        )));
    }
    let planned = GoMod::parse("go.mod", planned.as_bytes())
        .map_err(|error| refuse(format!("go.mod as planned: {error}")))?;
    let expected: BTreeSet<(String, Option<String>)> = expected(setting, &today, &planned)
        .iter()
        .map(key)
        .collect();
    let said: BTreeSet<(String, Option<String>)> =
        row.edits.iter().map(|row| key(&row.edit)).collect();
    if let Some((argument, _)) = said.difference(&expected).next() {
        return Err(refuse(format!(
            "it says {argument}, and go.mod as planned does not"
        )));
    }
    if let Some((argument, _)) = expected.difference(&said).next() {
        return Err(refuse(format!(
            "it does not say {argument}, and go.mod as planned does"
        )));
    }
    let argument = |row: &&EditRow| row.edit.go_mod_edit_argument() != row.go_mod_edit;
    if let Some(row) = row.edits.iter().find(argument) {
        let argument = row.edit.go_mod_edit_argument();
        return Err(refuse(format!(
            "it says {} for {argument}",
            row.go_mod_edit
        )));
    }
    moves(setting, &row.moves, certificate).map_err(refuse)
}

/// An edit as the argument that makes it, with what stands there today.
fn key(edit: &Edit) -> (String, Option<String>) {
    let from = match edit {
        Edit::Require { from, .. } | Edit::Go { from, .. } | Edit::Toolchain { from, .. } => {
            from.clone()
        }
        Edit::DropToolchain { name } => Some(name.clone()),
        Edit::Exclude { .. } | Edit::Replace { .. } => None,
    };
    (edit.go_mod_edit_argument(), from)
}

/// The edits that lead from today's requirements, as the go command updates them, to the planned text.
fn expected(setting: &Setting, today: &GoMod, planned: &GoMod) -> Vec<Edit> {
    let modules = &setting.world.modules;
    let roots = setting.loaded.setup.roots.iter();
    let roots = roots.filter_map(|root| modules.module_version(*root));
    let mut before: BTreeMap<String, String> = roots
        .filter(|root| !root.path.is_toolchain())
        .map(|root| (root.path.to_string(), root.version.to_string()))
        .collect();
    let mut edits = Vec::new();
    let mut require = |path: String, from: Option<String>, to: Option<String>| {
        if from != to {
            edits.push(Edit::Require {
                path,
                from,
                to,
                indirect: false,
                closure: false,
            });
        }
    };
    for line in &planned.require {
        let path = line.path.to_string();
        let from = before.remove(&path);
        require(path, from, Some(line.version.to_string()));
    }
    for (path, from) in before {
        require(path, Some(from), None);
    }
    let go = |file: &GoMod| file.go.as_ref().map(|line| line.version.to_string());
    if let Some(to) = go(planned).filter(|to| go(today).as_ref() != Some(to)) {
        let from = go(today);
        edits.push(Edit::Go { from, to });
    }
    let name = |file: &GoMod| file.toolchain.as_ref().map(|line| line.name.clone());
    match (name(today), name(planned)) {
        (Some(name), None) => edits.push(Edit::DropToolchain { name }),
        (from, Some(to)) if from.as_ref() != Some(&to) => edits.push(Edit::Toolchain { from, to }),
        _ => {}
    }
    for line in &planned.exclude {
        let same = |one: &gomod_core::model::Exclude| {
            (&one.path, &one.version) == (&line.path, &line.version)
        };
        if !today.exclude.iter().any(same) {
            edits.push(Edit::Exclude {
                path: line.path.to_string(),
                version: line.version.to_string(),
            });
        }
    }
    for line in &planned.replace {
        let same = |one: &gomod_core::model::Replace| {
            (&one.path, &one.version, &one.target) == (&line.path, &line.version, &line.target)
        };
        if let ReplaceTarget::Module(target) = &line.target
            && !today.replace.iter().any(same)
        {
            edits.push(Edit::Replace {
                path: line.path.to_string(),
                version: target.version.to_string(),
            });
        }
    }
    edits
}

/// What moves is what differs between today's build list and the planned one.
fn moves(setting: &Setting, rows: &[MoveRow], certificate: &Certificate) -> Result<(), String> {
    let modules = &setting.world.modules;
    let today: BTreeMap<String, String> = setting
        .loaded
        .graph
        .build_list(modules)
        .into_iter()
        .filter_map(|module| modules.module_version(module))
        .map(|module| (module.path.to_string(), module.version.to_string()))
        .collect();
    let planned: BTreeMap<&str, &str> = certificate
        .build_list
        .iter()
        .filter_map(|name| name.rsplit_once('@'))
        .collect();
    let of = |path: &str| {
        (
            today.get(path).map(String::as_str),
            planned.get(path).copied(),
        )
    };
    let words = |(from, to): (Option<&str>, Option<&str>)| {
        format!("{} → {}", from.unwrap_or("none"), to.unwrap_or("none"))
    };
    for row in rows {
        let (said, is) = ((row.from.as_deref(), row.to.as_deref()), of(&row.module));
        if said != is {
            let module = &row.module;
            return Err(format!(
                "it says that {module} moves {}, not {}",
                words(said),
                words(is)
            ));
        }
    }
    let paths = today.keys().map(String::as_str);
    for path in paths.chain(planned.keys().copied()) {
        let (from, to) = of(path);
        let said = rows.iter().any(|row| row.module == path);
        if from != to && path != "toolchain" && !said {
            return Err(format!(
                "it does not say that {path} moves {}",
                words((from, to))
            ));
        }
    }
    Ok(())
}
