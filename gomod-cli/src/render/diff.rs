//! A file before and after, as a unified diff.

use std::fmt::Write as _;

use similar::{ChangeTag, TextDiff};

use super::style::{ADDED, DIM, REMOVED, paint};

/// The lines that differ, with one around them; `what` says what the new text is.
pub(crate) fn diff(file: &str, what: &str, before: &str, after: &str) -> String {
    let diff = TextDiff::from_lines(before, after);
    let mut out = format!("--- {file}\n+++ {file} ({what})\n");
    for hunk in diff.unified_diff().context_radius(1).iter_hunks() {
        let _ = writeln!(out, "{}", paint(DIM, hunk.header().to_string().trim_end()));
        for change in hunk.iter_changes() {
            let text = change.value().trim_end_matches(['\n', '\r']);
            let line = match change.tag() {
                ChangeTag::Delete => paint(REMOVED, &format!("-{text}")),
                ChangeTag::Insert => paint(ADDED, &format!("+{text}")),
                ChangeTag::Equal => format!(" {text}"),
            };
            let _ = writeln!(out, "{line}");
        }
    }
    out
}
