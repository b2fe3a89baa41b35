//! `gomod drift`: fails when Minimal Version Selection no longer picks what was agreed.

use std::fmt::Write as _;

use gomod_core::drift::{Code, Drift, Finding, Lock};
use gomod_core::host::read_if_there;
use gomod_core::mvs::{Mode, audit_sums};

use serde::Serialize;

use super::undo::{self, Undo};
use super::way_back::{self, WayBack};
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
    let updates = setting.updates_needed()?;
    let refuses_sums = setting.project.work.is_none();
    let audit =
        refuses_sums.then(|| audit_sums(&setting.world, &setting.loaded, &setting.project.go_sum));
    let drift = lock::compared(&setting, &baseline, &now, audit.as_ref());
    let mut moved = drift.clone();
    moved.findings.retain(|f| f.code != Code::HashMissing);
    let way = way_back::find(global, &mut setting, &baseline, &moved);
    let code = u8::from(!drift.findings.is_empty() || !updates.is_empty());
    let document = Document {
        drift: Drift {
            restore: [&way.first[..], &way.restore].concat(),
            ..drift
        },
        updates_needed: updates,
        undo: &way.undo,
        steps: way.commands(),
    };
    let output = match args.format {
        Format::Json => json(&document)?,
        Format::Text => Page {
            document: &document,
            way: &way,
            name: &name,
            file: &setting.project.name,
            verbose: global.verbose,
        }
        .text(now.modules.len()),
    };
    Ok(Answer::text(output, code))
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    drift: Drift,
    /// What `go list -m all` refuses go.mod for.
    updates_needed: Vec<String>,
    undo: &'a Undo,
    /// The commands that lead back, in their order.
    steps: Vec<String>,
}

/// How many of the modules that an undo leaves are named without `-v`.
const LEFT_SHOWN: usize = 10;

/// How many of the modules whose hash is missing are named without `-v`.
const MISSING_SHOWN: usize = 5;

struct Page<'a> {
    document: &'a Document<'a>,
    way: &'a WayBack,
    /// The baseline's name.
    name: &'a str,
    /// The name of go.mod.
    file: &'a str,
    verbose: bool,
}

impl Page<'_> {
    fn text(&self, count: usize) -> String {
        let findings = &self.document.drift.findings;
        let updates = &self.document.updates_needed;
        let name = self.name;
        if findings.is_empty() && updates.is_empty() {
            return format!("no drift: {count} modules as in {name}\n");
        }
        let mut out = String::new();
        let title = match findings.len() {
            0 => format!(
                "the modules are as in {name}, but {} is not in order",
                self.file
            ),
            number => format!("drift from {name}: {}", differences(number)),
        };
        let _ = writeln!(out, "{}", paint(BOLD, &title));
        let is_missing = |f: &&Finding| f.code == Code::HashMissing;
        let (missing, moved): (Vec<_>, Vec<_>) = findings.iter().partition(is_missing);
        let shown = match self.verbose {
            true => missing.len(),
            false => MISSING_SHOWN,
        };
        for finding in moved.iter().chain(missing.iter().take(shown)) {
            let code = paint(DIM, finding.code.as_str());
            let _ = writeln!(out, "  {}  {code}", line(finding));
            let _ = writeln!(out, "      {}", finding.reason());
        }
        if missing.len() > shown {
            let more = missing.len() - shown;
            let _ = writeln!(out, "  … and {more} more that go.sum lacks (-v shows all)");
        }
        if !updates.is_empty() {
            let title = format!("updates to {} needed, says go list -m all", self.file);
            let _ = writeln!(out, "{}", paint(BOLD, &title));
        }
        for update in updates {
            let _ = writeln!(out, "  {update}");
        }
        self.steps(&mut out, moved.len());
        if !missing.is_empty() {
            section(
                &mut out,
                "To put back the lines of go.sum",
                "gomod verify --fix",
            );
            out.push_str("  or take it from version control\n");
        }
        if moved.is_empty() && !updates.is_empty() {
            section(
                &mut out,
                &format!("To bring {} up to date", self.file),
                "go mod tidy",
            );
        }
        if !moved.is_empty() || !missing.is_empty() {
            let tidy = if updates.is_empty() {
                ""
            } else {
                "go mod tidy && "
            };
            section(&mut out, "To agree to it", &format!("{tidy}gomod lock"));
        }
        out
    }

    /// The commands that lead back, and what came of those that were tried.
    fn steps(&self, out: &mut String, total: usize) {
        let WayBack {
            edits, first, undo, ..
        } = self.way;
        if let Some(command) = self.way.edits_command() {
            let title = "To put back what go.mod says beside its requirements";
            section(out, title, &command);
            let more = !self.way.restore.is_empty() || !self.document.drift.undo.is_empty();
            if self.way.left.is_none() && more {
                out.push_str(
                    "  then gomod drift again: what follows from these lines goes with them\n",
                );
            }
        }
        if let Some(command) = self.way.first_command() {
            let tidy = if self.way.tidy { " && go mod tidy" } else { "" };
            let command = format!("{command}{tidy}");
            section(out, "To put back what was lowered", &command);
        }
        if !undo.targets.is_empty() {
            let then = if edits.is_empty() && first.is_empty() {
                "To"
            } else {
                "Then, to"
            };
            let title = format!("{then} undo what was raised or came");
            section(out, &title, &undo.command);
        }
        self.tried(out, total);
        if let Some(problem) = &undo.problem {
            section(out, "No downgrade undoes what was raised or came", problem);
        }
        if let Some(command) = self.way.restore_command() {
            let title = match self.way.unwritten {
                true => "Then, to write down what is selected",
                false => "To put back what was lowered or left",
            };
            section(out, title, &command);
        }
        if let Some(command) = self.way.lines_command() {
            section(
                out,
                "In the end, to put back the go and toolchain lines",
                &command,
            );
        }
    }

    fn tried(&self, out: &mut String, total: usize) {
        let WayBack {
            undo,
            left: Some(findings),
            ..
        } = self.way
        else {
            return;
        };
        let left: Vec<String> = match undo.targets.is_empty() {
            true => findings.iter().map(|f| undo::sentence(f, false)).collect(),
            false => undo.left.clone(),
        };
        if left.is_empty() {
            let _ = writeln!(out, "  tried: nothing of {} has moved then", self.name);
            return;
        }
        let stays = |finding: &&Finding| findings.iter().any(|f| f.module == finding.module);
        let moved = &self.document.drift.findings;
        let moved = moved.iter().filter(|f| f.code != Code::HashMissing);
        let _ = writeln!(
            out,
            "  tried: it undoes {} of {}; then this differs from {}:",
            total - moved.filter(stays).count(),
            differences(total),
            self.name
        );
        let shown = if self.verbose { left.len() } else { LEFT_SHOWN };
        for left in left.iter().take(shown) {
            let _ = writeln!(out, "    {left}");
        }
        if left.len() > shown {
            let more = left.len() - shown;
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
    }
}

fn section(out: &mut String, title: &str, command: &str) {
    let _ = writeln!(out, "\n{}\n  {command}", paint(BOLD, title));
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
