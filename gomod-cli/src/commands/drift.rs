//! `gomod drift`: fails when Minimal Version Selection no longer picks what was agreed.

use std::fmt::Write as _;

use gomod_core::drift::{Code, Drift, Finding, Lock, Today, compare};
use gomod_core::host::read_if_there;
use gomod_core::mvs::Mode;

use super::{Setting, json, lock};
use crate::Answer;
use crate::args::{self, Format, Global};
use crate::error::CliError;
use crate::render::style::{ADDED, BOLD, DIM, REMOVED, paint};

pub(crate) fn run(global: &Global, args: &args::Drift) -> Result<Answer, CliError> {
    let setting = Setting::load(global, Mode::Update)?;
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
        )));
    }
    let today = Today {
        lock: &now,
        world: &setting.world,
        graph: &setting.loaded.graph,
    };
    let drift = compare(&baseline, &today);
    let output = match args.format {
        Format::Json => json(&drift)?,
        Format::Text => page(&drift, &name, now.modules.len()),
    };
    Ok(Answer {
        output,
        code: u8::from(!drift.findings.is_empty()),
    })
}

fn page(drift: &Drift, name: &str, count: usize) -> String {
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
    if !drift.undo.is_empty() {
        let _ = writeln!(
            out,
            "\n{}\n  gomod plan-downgrade {}",
            paint(BOLD, "To undo what was raised or came"),
            drift.undo.join(" ")
        );
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
