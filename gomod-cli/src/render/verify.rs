//! The page of `gomod verify`: a line for each check, then each finding with its witnesses.

use std::fmt::Write as _;

use crate::commands::verify::{
    CacheCheck, Finding, LogCheck, Repaired, Report, Severity, SumCheck, VendorState,
};

use super::style::{BOLD, DIM, ERROR, WARNING, paint};

/// How many lines of a list are shown without `-v`.
const LISTED: usize = 10;

pub(crate) fn page(report: &Report, verbose: bool, quiet: bool) -> String {
    let mut out = String::new();
    if !quiet {
        for (name, text) in [
            ("go.sum", log_line(&report.log)),
            ("module cache", cache_line(&report.cache)),
            ("vendor", vendor_line(report.vendor).to_owned()),
            ("lines needed", needed_line(report.go_sum.as_ref())),
        ] {
            let _ = writeln!(out, "{} {text}", paint(BOLD, &format!("{name:<13}")));
        }
        if verbose {
            let log = &report.log;
            let _ = writeln!(
                out,
                "{:<13} {} proofs over {} tiles; {} look-ups and {} tiles fetched, {} taken from the cache",
                "", log.proofs, log.tiles, log.lookups_fetched, log.tiles_fetched, log.cached
            );
            let left = report.go_sum.iter().flat_map(|check| &check.left_over);
            for line in left {
                let _ = writeln!(out, "{:<13} left over: {line}", "");
            }
        }
        let repaired = report
            .repaired
            .iter()
            .map(|Repaired { module, mended }| format!("repaired {module}: {}", mended.join(", ")));
        list(&mut out, repaired.collect(), verbose);
        let added = report.added.iter();
        list(
            &mut out,
            added
                .map(|line| format!("added to go.sum: {line}"))
                .collect(),
            verbose,
        );
    }
    for finding in &report.findings {
        if !quiet || finding.severity != Severity::Note {
            describe(&mut out, finding);
        }
    }
    out
}

/// A list, cut unless the user asked for more.
fn list(out: &mut String, lines: Vec<String>, verbose: bool) {
    let shown = if verbose { lines.len() } else { LISTED };
    for line in lines.iter().take(shown) {
        let _ = writeln!(out, "{line}");
    }
    if let Some(more) = lines.len().checked_sub(shown).filter(|more| *more > 0) {
        let _ = writeln!(out, "and {more} more (-v lists them)");
    }
}

fn log_line(check: &LogCheck) -> String {
    let of = format!(
        "{} of {}",
        count(check.lines, "line"),
        count(check.versions, "version")
    );
    let mut parts = Vec::new();
    match (&check.database, check.tree_size) {
        (Some(name), Some(size)) => {
            parts.push(format!(
                "{} proven in {name} (a tree of {size} records)",
                check.proven
            ));
        }
        (Some(name), None) => parts.push(format!("{} proven in {name}", check.proven)),
        (None, _) => {}
    }
    if check.contradicted > 0 {
        parts.push(format!("{} contradicted", check.contradicted));
    }
    if check.outside > 0 {
        let settings: Vec<&str> = check.settings.iter().map(String::as_str).collect();
        parts.push(format!(
            "{} not checked ({})",
            check.outside,
            settings.join("; ")
        ));
    }
    if check.unchecked > 0 {
        parts.push(format!("{} could not be checked", check.unchecked));
    }
    match parts.is_empty() {
        true => of,
        false => format!("{of}: {}", parts.join(", ")),
    }
}

fn cache_line(check: &CacheCheck) -> String {
    let mut text = format!(
        "{} of {} held: {}, {}, {}",
        check.held,
        count(check.modules, "module"),
        count(check.zips, "zip"),
        match check.directories {
            1 => "1 directory".to_owned(),
            n => format!("{n} directories"),
        },
        count(check.go_mods, "go.mod file"),
    );
    match check.damaged {
        0 => text.push_str("; all as they must be"),
        damaged => {
            let _ = write!(text, "; {} with findings", count(damaged, "module"));
        }
    }
    if check.by_ziphash > 0 {
        let _ = write!(
            text,
            "; {} by their .ziphash alone, nobody else vouches for them",
            check.by_ziphash
        );
    }
    text
}

fn vendor_line(state: VendorState) -> &'static str {
    match state {
        VendorState::None => "no vendor directory",
        VendorState::Consistent => "vendor/modules.txt fits",
        VendorState::Inconsistent => "vendor/modules.txt does not fit",
        VendorState::NotUsed => "not checked: the go command does not use it",
    }
}

fn needed_line(check: Option<&SumCheck>) -> String {
    let Some(check) = check else {
        return "not checked: the module graph cannot be loaded".to_owned();
    };
    let mut text = format!("{} of go.sum", count(check.needed, "line"));
    let missing = check.missing.len();
    let added = check.added.len();
    if added > 0 {
        let _ = write!(text, "; {added} added");
    }
    match missing {
        0 => text.push_str("; none is missing"),
        n if added == 0 => {
            let _ = write!(text, "; {n} missing");
        }
        _ => {}
    }
    if !check.missing_content.is_empty() && added == 0 {
        let _ = write!(text, "; {} missing for builds", check.missing_content.len());
    }
    if !check.left_over.is_empty() {
        let _ = write!(
            text,
            "; {} left over: neither listing, building nor testing needs them",
            count(check.left_over.len(), "line")
        );
    }
    text
}

fn describe(out: &mut String, finding: &Finding) {
    let head = match finding.severity {
        Severity::Security | Severity::Environment | Severity::Failed => paint(ERROR, "error:"),
        Severity::Note => paint(WARNING, "note:"),
    };
    let code = serde_json::to_value(finding.code).unwrap_or_default();
    let _ = writeln!(
        out,
        "\n{head} {}: {}  {}",
        finding.module,
        finding.message,
        paint(DIM, code.as_str().unwrap_or_default())
    );
    for detail in &finding.details {
        let _ = writeln!(out, "  {}", detail.replace('\n', "\n  "));
    }
    let width = finding
        .witnesses
        .iter()
        .map(|said| said.who.chars().count());
    let width = width.max().unwrap_or(0);
    for said in &finding.witnesses {
        let who = format!("{:<width$}", said.who);
        let note = said.note.as_deref().unwrap_or_default();
        let _ = match &said.hash {
            Some(hash) if note.is_empty() => writeln!(out, "  {who}  {hash}"),
            Some(hash) => writeln!(out, "  {who}  {hash}  ({note})"),
            None => writeln!(out, "  {who}  - {note}"),
        };
    }
    match finding.alone.as_slice() {
        [] if finding.witnesses.is_empty() => {}
        [] => {
            let _ = writeln!(out, "  nobody stands alone: it cannot be told who is right");
        }
        [one] => {
            let _ = writeln!(out, "  {} stands alone", paint(BOLD, one));
        }
        several => {
            let _ = writeln!(out, "  each alone: {}", paint(BOLD, &several.join(", ")));
        }
    }
    if let Some(help) = &finding.help {
        let _ = writeln!(out, "help: {help}");
    }
}

fn count(n: usize, what: &str) -> String {
    match n {
        1 => format!("1 {what}"),
        n => format!("{n} {what}s"),
    }
}
