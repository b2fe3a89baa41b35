//! `gomod apply` in a workspace: a saved plan, proven once more and written into all its files.

use gomod_core::plan::Certificate;
use serde::Deserialize;

use super::file::{Inputs, PlannedFile};
use super::workspace;
use super::write::{self, Change};
use crate::commands::apply::check_lines;
use crate::commands::plan_file::certificate_line;
use crate::commands::sums::{self, SumFile};
use crate::commands::{Setting, imports, proof};
use crate::error::CliError;
use crate::render::diff::diff;

/// The parts of a plan file that are applied.
#[derive(Deserialize)]
struct PlanFile {
    schema_version: u32,
    inputs: Inputs,
    files: Vec<PlannedFile>,
    checks: Checks,
    certificate: Certificate,
}

#[derive(Deserialize)]
struct Checks {
    #[serde(default)]
    files: Vec<Added>,
    pending: Vec<String>,
}

#[derive(Deserialize)]
struct Added {
    file: String,
    added: Vec<String>,
}

/// Applies the plan in `bytes`, read from the file `name`.
pub(crate) fn run(setting: &mut Setting, name: &str, bytes: &[u8]) -> Result<String, CliError> {
    let work = workspace(setting)?.clone();
    let plan: PlanFile = serde_json::from_slice(bytes).map_err(|error| {
        CliError::environment(format!("{name}: not a plan for a workspace: {error}"))
            .hint("plan in the workspace: gomod plan-downgrade MOD@VERSION --out FILE")
            .hint("a plan for one module is applied with GOWORK=off")
    })?;
    if plan.schema_version != 1 || !plan.checks.pending.is_empty() {
        return Err(
            CliError::environment(format!("{name}: a plan of another kind"))
                .hint("plan again with this gomod and --out"),
        );
    }
    if let Some(changed) = plan.inputs.differing(&Inputs::of(setting, &work)?) {
        return Err(CliError::no(format!(
            "{name} was made for another {changed} of this workspace; nothing was written"
        ))
        .hint("plan again: gomod plan-downgrade MOD@VERSION --out FILE"));
    }
    let now = |_: &Setting| imports::of_members(&work, &imports::member_packages(&work));
    imports::refuse_new(setting, name, &plan.inputs.imports, now)?;
    let planned = |file: &str, today: String| {
        let of_file = plan.files.iter().find(|planned| planned.file == file);
        of_file.map_or(today, |planned| planned.text.clone())
    };
    let names = work.layout().names;
    let today = work.files();
    let members = names.iter().zip(&today.members);
    let members: Vec<String> = members
        .map(|(name, go_mod)| planned(name, go_mod.text()))
        .collect();
    let go_work = planned("go.work", work.go_work.text());
    let needed = proof::check_workspace(setting, &work, &members, &go_work, &plan.certificate)?;
    let added = plan.checks.files.iter().flat_map(|file| &file.added);
    sums::refuse_missing(setting, &needed, added, &[])?;
    let mut changes = Vec::new();
    for file in &plan.files {
        let today = match file.file.as_str() {
            "go.work" => Some(work.go_work.text()),
            name => {
                let at = names.iter().position(|known| known == name);
                at.and_then(|at| work.members.get(at))
                    .map(|(_, go_mod)| go_mod.text())
            }
        };
        changes.push(Change {
            file: file.file.clone(),
            before: today.unwrap_or_default(),
            after: file.text.clone(),
        });
    }
    let mut lines: Vec<String> = plan
        .checks
        .files
        .iter()
        .flat_map(|f| f.added.clone())
        .collect();
    lines.sort();
    lines.dedup();
    check_lines(setting, &lines)?;
    let added: Vec<SumFile> = plan
        .checks
        .files
        .into_iter()
        .map(|Added { file, added }| SumFile { file, added })
        .collect();
    write::write(setting, &work, &plan.inputs, &changes, &added)?;
    let mut out = String::new();
    for change in &changes {
        out.push_str(&diff(
            &change.file,
            "planned",
            &change.before,
            &change.after,
        ));
    }
    out.push_str(&format!("\n{}\n", certificate_line(&plan.certificate)));
    out.push_str(&format!("{}\n", write::written(&changes, &added)));
    if let Some(note) = sums::stale_vendor(setting, true) {
        out.push_str(&format!("{note}\n"));
    }
    Ok(out)
}
