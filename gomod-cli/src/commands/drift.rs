//! `gomod drift`: fails when Minimal Version Selection no longer picks what was agreed.

use std::fmt::Write as _;

use gomod_core::drift::{Code, Drift, Finding, Lock, Today, compare};
use gomod_core::host::read_if_there;
use gomod_core::mvs::Mode;

use serde::Serialize;

use super::plan::quote;
use super::undo::{self, Undo};
use super::{Setting, json, lock, restore};
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
        overrides: &setting.main.overrides,
    };
    let mut drift = compare(&baseline, &today);
    let undo = undo::tried(global, &mut setting, &baseline, &drift);
    if !undo.targets.is_empty() {
        drift.restore.retain(|back| {
            let mut left = undo.left_findings.iter();
            left.any(|finding| back.split('@').next() == Some(finding.module.as_str()))
        });
    }
    restore::narrow(&mut setting, &mut drift);
    let code = u8::from(!drift.findings.is_empty());
    let document = Document { drift, undo };
    let output = match args.format {
        Format::Json => json(&document)?,
        Format::Text => page(&document, &name, now.modules.len(), global.verbose),
    };
    Ok(Answer::text(output, code))
}

#[derive(Serialize)]
struct Document {
    #[serde(flatten)]
    drift: Drift,
    undo: Undo,
}

/// How many of the modules that an undo leaves are named without `-v`.
const LEFT_SHOWN: usize = 10;

fn page(document: &Document, name: &str, count: usize, verbose: bool) -> String {
    let Document { drift, undo } = document;
    if drift.findings.is_empty() {
        return format!("no drift: {count} modules as in {name}\n");
    }
    let mut out = String::new();
    let title = format!("drift from {name}: {}", differences(drift.findings.len()));
    let _ = writeln!(out, "{}", paint(BOLD, &title));
    for finding in &drift.findings {
        let code = paint(DIM, finding.code.as_str());
        let _ = writeln!(out, "  {}  {code}", line(finding));
        let _ = writeln!(out, "      {}", finding.reason());
    }
    // What the next command puts back as well needs no edit of its own.
    let left = match undo.targets.is_empty() {
        true => &drift.findings,
        false => &undo.left_findings,
    };
    let (lines, others): (Vec<&Finding>, Vec<&Finding>) = left
        .iter()
        .filter(|f| f.is_written())
        .partition(|f| matches!(f.code, Code::GoLineChanged | Code::ToolchainLineChanged));
    if !others.is_empty() {
        let title = "To put back what go.mod says beside its requirements";
        out.push_str(&edits(title, &others));
        if !drift.undo.is_empty() || !drift.restore.is_empty() {
            out.push_str(
                "  then gomod drift again: what follows from these lines goes with them\n",
            );
        }
    }
    if others.is_empty() || !undo.targets.is_empty() {
        out.push_str(&undo_section(document, name, verbose));
    }
    if !drift.restore.is_empty() {
        let _ = writeln!(
            out,
            "\n{}\n  go get {}",
            paint(BOLD, "To put back what was lowered or left"),
            drift.restore.join(" ")
        );
    }
    let restored = |f: &&Finding| {
        drift
            .restore
            .iter()
            .any(|back| back.split('@').next() == Some(f.module.as_str()))
    };
    let lines: Vec<&Finding> = lines.into_iter().filter(|f| !restored(f)).collect();
    if !lines.is_empty() {
        out.push_str(&edits(
            "In the end, to put back the go and toolchain lines",
            &lines,
        ));
    }
    let _ = writeln!(out, "\n{}\n  gomod lock", paint(BOLD, "To agree to it"));
    out
}

fn edits(title: &str, findings: &[&Finding]) -> String {
    let edits = findings.iter().flat_map(|finding| &finding.edits);
    let words: Vec<String> = edits.map(|edit| quote(edit)).collect();
    format!(
        "\n{}\n  go mod edit {}\n",
        paint(BOLD, title),
        words.join(" ")
    )
}

/// The command that undoes what was raised or came, and what came of it when it was tried.
fn undo_section(Document { drift, undo }: &Document, name: &str, verbose: bool) -> String {
    let mut out = String::new();
    if undo.targets.is_empty() {
        if let Some(problem) = &undo.problem {
            let title = paint(BOLD, "No downgrade undoes what was raised or came");
            let _ = writeln!(out, "\n{title}\n  {problem}");
        }
        return out;
    }
    let title = paint(BOLD, "To undo what was raised or came");
    let _ = writeln!(out, "\n{title}\n  {}", undo.command);
    if undo.left.is_empty() {
        let _ = writeln!(out, "  tried: nothing of {name} has moved then");
        return out;
    }
    let _ = writeln!(
        out,
        "  tried: it undoes {} of {}; then this differs from {name}:",
        undo.undone,
        differences(drift.findings.len())
    );
    let shown = if verbose { undo.left.len() } else { LEFT_SHOWN };
    for left in undo.left.iter().take(shown) {
        let _ = writeln!(out, "    {left}");
    }
    if undo.left.len() > shown {
        let more = undo.left.len() - shown;
        let _ = writeln!(out, "    … and {more} more (-v shows all)");
    }
    if undo.by_closure > 0 {
        let _ = writeln!(
            out,
            "  {} of them by root closure: what the go.mod of a changed requirement requires becomes a\n  \
             requirement too, since its packages may be needed to build",
            undo.by_closure
        );
    }
    out
}

fn differences(count: usize) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} difference{s}")
}

fn line(finding: &Finding) -> String {
    let text = finding.summary();
    match (&finding.from, &finding.to) {
        (None, Some(_)) => paint(ADDED, &text),
        (Some(_), None) => paint(REMOVED, &text),
        _ => text,
    }
}
