//! `gomod drift`: fails when Minimal Version Selection no longer picks what was agreed.

use std::fmt::Write as _;

use gomod_core::drift::{Code, Drift, Finding, Lock, Today, compare};
use gomod_core::host::read_if_there;
use gomod_core::mvs::Mode;

use serde::Serialize;

use super::undo::{self, Undo};
use super::{Setting, json, lock};
use crate::Answer;
use crate::args::{self, Format, Global};
use crate::error::CliError;
use crate::render::style::{ADDED, BOLD, DIM, REMOVED, paint};

pub(crate) fn run(global: &Global, args: &args::Drift) -> Result<Answer, CliError> {
    let mut setting = Setting::load(global, Mode::Update)?;
    let file = setting.project.root().join(&args.file);
    let name = args.file.display().to_string();
    let text = read_if_there(&file)
        .map_err(|error| CliError::environment(error.to_string()))?
        .ok_or_else(|| {
            CliError::environment(format!(
                "{name} not found: there is nothing to compare with"
            ))
            .hint("gomod lock writes it; commit it")
        })?;
    let baseline = Lock::parse(&name, &text).map_err(|error| {
        CliError::environment(error.to_string()).hint("gomod lock writes it anew")
    })?;
    let now = lock::today(&setting);
    if baseline.module != now.module {
        return Err(CliError::environment(format!(
            "{name} is of module {}, and this is {}",
            baseline.module, now.module
        ))
        .hint("gomod lock writes it anew; --file names another"));
    }
    let today = Today {
        lock: &now,
        world: &setting.world,
        graph: &setting.loaded.graph,
        roots: &setting.loaded.setup.roots,
    };
    let drift = compare(&baseline, &today);
    let undo = undo::tried(&mut setting, &baseline, &drift.undo);
    let code = u8::from(!drift.findings.is_empty());
    let document = Document { drift, undo };
    let output = match args.format {
        Format::Json => json(&document)?,
        Format::Text => page(&document, &name, now.modules.len()),
    };
    Ok(Answer::text(output, code))
}

#[derive(Serialize)]
struct Document {
    #[serde(flatten)]
    drift: Drift,
    undo: Undo,
}

fn page(document: &Document, name: &str, count: usize) -> String {
    let Document { drift, undo } = document;
    if drift.findings.is_empty() {
        return format!("no drift: {count} modules as in {name}\n");
    }
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{}",
        paint(
            BOLD,
            &format!("drift from {name}: {} differences", drift.findings.len())
        )
    );
    for finding in &drift.findings {
        let _ = writeln!(
            out,
            "  {}  {}",
            line(finding),
            paint(DIM, finding.code.as_str())
        );
        let _ = writeln!(out, "      {}", reason(finding));
    }
    if undo.left.len() >= drift.findings.len() {
        let _ = writeln!(
            out,
            "\nNo downgrade puts back what was raised or came without moving more: what is a root of go.mod stays one."
        );
    } else if !undo.targets.is_empty() {
        let _ = writeln!(
            out,
            "\n{}\n  {}",
            paint(BOLD, "To undo what was raised or came"),
            undo.command
        );
        match &undo.problem {
            Some(problem) => {
                let _ = writeln!(out, "  not tried to the end: {problem}");
            }
            None if undo.left.is_empty() => {
                let _ = writeln!(out, "  tried: nothing of {name} has moved then");
            }
            None => {
                let _ = writeln!(
                    out,
                    "  tried: then only this differs, since what is a root of go.mod stays one:"
                );
                for left in &undo.left {
                    let _ = writeln!(out, "    {left}");
                }
            }
        }
    }
    if !drift.restore.is_empty() {
        let _ = writeln!(
            out,
            "\n{}\n  go get {}",
            paint(BOLD, "To put back what was lowered or left"),
            drift.restore.join(" ")
        );
    }
    let _ = writeln!(out, "\n{}\n  gomod lock", paint(BOLD, "To agree to it"));
    out
}

fn line(finding: &Finding) -> String {
    match (&finding.from, &finding.to) {
        (Some(from), Some(to)) if from == to => format!("! {} {to}", finding.module),
        (Some(from), Some(to)) => format!("~ {} {from} → {to}", finding.module),
        (None, Some(to)) => paint(ADDED, &format!("+ {} {to}", finding.module)),
        (Some(from), None) => paint(REMOVED, &format!("- {} {from}", finding.module)),
        (None, None) => finding.module.clone(),
    }
}

fn reason(finding: &Finding) -> String {
    match (finding.code, finding.because.as_slice()) {
        (Code::HashChanged, _) => {
            "the content behind the same version is another: look at go.sum's history".to_owned()
        }
        (Code::GoLineChanged | Code::ToolchainLineChanged | Code::ReplacementChanged, _) => {
            "go.mod was changed".to_owned()
        }
        (_, []) => "nothing requires it any more".to_owned(),
        (_, [_, _]) => "go.mod requires it".to_owned(),
        (_, chain) => format!("required by {}", chain.join(" → ")),
    }
}
