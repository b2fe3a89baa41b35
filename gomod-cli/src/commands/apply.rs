//! `gomod apply`: a saved plan, proven once more and written.

use std::collections::BTreeMap;

use gomod_core::host::read_if_there;
use gomod_core::model::ModuleVersion;
use gomod_core::mvs::Mode;
use gomod_core::plan::Certificate;
use serde::Deserialize;

use super::page_words::{self, PlanRow};
use super::plan_file::{Inputs, Read, certificate_line};
use super::sums::{self, trust_error};
use super::{Setting, claims, imports, proof, workspace};
use crate::args::{Apply, Global};
use crate::error::CliError;
use crate::render::diff::diff;

/// The parts of a plan file that are applied; see docs/schema/plan.json for all of it.
#[derive(Deserialize)]
struct PlanFile {
    schema_version: u32,
    module: String,
    chosen: char,
    plans: Vec<PlanRow>,
    inputs: Inputs,
    go_mod: String,
    checks: Checks,
    certificate: Certificate,
    read: Read,
}

#[derive(Deserialize)]
struct Checks {
    added: Vec<String>,
    pending: Vec<String>,
}

pub(crate) fn run(global: &Global, args: &Apply) -> Result<String, CliError> {
    let name = args.file.display();
    let mut setting = Setting::load(global, Mode::Update)?;
    let bytes = read_if_there(&args.file)
        .map_err(|error| CliError::environment(error.to_string()))?
        .ok_or_else(|| {
            CliError::environment(format!("{name}: no such file"))
                .hint("gomod plan-downgrade MOD@VERSION --out FILE writes one")
        })?;
    if setting.project.work.is_some() {
        return workspace::apply(&mut setting, &name.to_string(), &bytes);
    }
    let plan: PlanFile = serde_json::from_slice(&bytes).map_err(|error| {
        CliError::environment(format!("{name}: not a plan: {error}"))
            .hint("gomod plan-downgrade MOD@VERSION --out FILE writes one")
    })?;
    if plan.schema_version != 1 || !plan.checks.pending.is_empty() {
        return Err(
            CliError::environment(format!("{name}: a plan of another kind"))
                .hint("plan again with this gomod and --out"),
        );
    }
    refuse_stale(&setting, &plan, &name.to_string())?;
    plan.read.agrees(&plan.certificate)?;
    let needed = proof::check(&mut setting, &plan.go_mod, &plan.certificate)?;
    page_words::check(
        &setting,
        &plan.plans,
        plan.chosen,
        &plan.go_mod,
        &plan.certificate,
    )?;
    sums::refuse_missing(&setting, &needed, &plan.checks.added, &[])?;
    check_lines(&mut setting, &plan.checks.added)?;
    let before = setting.project.go_mod.text();
    sums::write(&setting, &plan.go_mod, &plan.checks.added)?;
    let mut out = String::new();
    out.push_str(&diff(
        &setting.project.name,
        "planned",
        &before,
        &plan.go_mod,
    ));
    out.push('\n');
    out.push_str(&format!("{}\n", certificate_line(&plan.certificate)));
    out.push_str(&format!(
        "written: {}, and {} lines of go.sum\n",
        setting.project.name,
        plan.checks.added.len()
    ));
    if let Some(note) = sums::stale_vendor(&setting, true) {
        out.push_str(&format!("{note}\n"));
    }
    Ok(out)
}

/// A plan holds for the files that it was made from, and for no others.
fn refuse_stale(setting: &Setting, plan: &PlanFile, name: &str) -> Result<(), CliError> {
    let now = Inputs::of(&setting.project, None)?;
    let changed = if now.go_mod != plan.inputs.go_mod {
        &setting.project.name
    } else if now.go_sum != plan.inputs.go_sum {
        "go.sum"
    } else {
        let now = |setting: &Setting| imports::of_main(setting, &imports::packages(setting));
        return imports::refuse_new(setting, name, &plan.inputs.imports, now);
    };
    Err(CliError::no(format!(
        "{name} was made for another {changed} of {}; nothing was written",
        plan.module
    ))
    .hint("plan again: gomod plan-downgrade MOD@VERSION --out FILE"))
}

/// The lines for go.sum must be what the checksum database says now, or for modules outside it what their
/// content gives.
pub(super) fn check_lines(setting: &mut Setting, added: &[String]) -> Result<(), CliError> {
    let malformed = |line: &str| {
        CliError::environment(format!("the plan has a malformed line for go.sum: {line}"))
            .hint("plan again with --out")
    };
    let mut wanted: BTreeMap<ModuleVersion, Vec<(bool, &str)>> = BTreeMap::new();
    for line in added {
        let words: Vec<&str> = line.split(' ').collect();
        let [path, version, hash] = words.as_slice() else {
            return Err(malformed(line));
        };
        let (version, zip) = match version.strip_suffix("/go.mod") {
            Some(version) => (version, false),
            None => (*version, true),
        };
        let module = claims::module(&format!("{path}@{version}")).ok_or_else(|| malformed(line))?;
        wanted.entry(module).or_default().push((zip, hash));
    }
    let modules: Vec<ModuleVersion> = wanted.keys().cloned().collect();
    let mut known = BTreeMap::new();
    for (module, lines) in setting.session.sums(&modules) {
        let lines = lines.map_err(|error| trust_error(&error))?;
        known.insert(module, (lines.go_mod.to_string(), lines.zip.to_string()));
    }
    for (module, lines) in wanted {
        let (go_mod, zip) = match known.remove(&module) {
            Some(found) => found,
            None => {
                let with_zip = lines.iter().any(|(zip, _)| *zip);
                let (go_mod, zip) = sums::outside(setting, &module, with_zip)?;
                (go_mod, zip.unwrap_or_default())
            }
        };
        for (is_zip, hash) in lines {
            let actual = if is_zip { &zip } else { &go_mod };
            if actual != hash {
                return Err(CliError::security(format!("{module}: checksum mismatch"))
                    .detail(format!("the plan says:       {hash}"))
                    .detail(format!("what is known now:   {actual}"))
                    .hint("do not use this plan; nothing was changed"));
            }
        }
    }
    Ok(())
}
