//! What the go command does to a file before it prints it: duplicates out, blocks sorted and collapsed.

use std::cmp::Ordering;
use std::hash::Hash;

use rustc_hash::FxHashSet;

use super::{GoVersion, Version};
use crate::syntax::{BlockId, Compare, LineId, Scope, Tree};

/// Which lines of which blocks are ordered how (`File.SortBlocks`, `WorkFile.SortBlocks`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// A `go.mod` below 1.21.
    GoMod,
    /// A `go.mod` from 1.21 on, where excluded versions are ordered as versions.
    GoMod121,
    GoWork,
}

/// The canonical text, without the lines of duplicate directives.
pub(super) fn format(tree: &Tree, order: Order, duplicates: &[LineId]) -> Vec<u8> {
    let mut tree = tree.clone();
    for line in duplicates {
        tree.remove_line(*line);
    }
    tree.sort_blocks(|tree, block| choose(tree, block, order));
    tree.clean_up(Scope::All);
    tree.format()
}

/// The lossless text; `read` is the order that the file as it was read asked for.
pub(super) fn text(tree: &Tree, order: Order, read: Order) -> Vec<u8> {
    if !tree.is_edited() {
        return tree.text();
    }
    let mut tree = tree.clone();
    tree.sort_touched_blocks(
        |tree, block| choose(tree, block, order),
        |tree, block| choose(tree, block, read),
    );
    tree.clean_up(Scope::Touched);
    tree.text()
}

/// Adds the lines whose key has occurred before.
pub(super) fn repeated<K: Eq + Hash>(
    entries: impl Iterator<Item = (K, LineId)>,
    lines: &mut Vec<LineId>,
) {
    let mut seen = FxHashSet::default();
    for (key, line) in entries {
        if !seen.insert(key) {
            lines.push(line);
        }
    }
}

/// Whether a `go.mod` at this version has excluded versions in the order of versions: from 1.21 on, but
/// read as a module version, so that `1.21rc1` is none.
pub(super) fn sorts_excludes(go: &GoVersion) -> bool {
    compare_versions(&format!("v{go}"), "v1.21").is_ge()
}

/// Compares as `semver.Compare`: an invalid version is below all valid ones.
pub(super) fn compare_versions(a: &str, b: &str) -> Ordering {
    match (Version::parse(a), Version::parse(b)) {
        (Ok(a), Ok(b)) => a.cmp_precedence(&b),
        (a, b) => a.is_ok().cmp(&b.is_ok()),
    }
}

fn choose(tree: &Tree, block: BlockId, order: Order) -> Compare {
    match (tree.block_tokens(block).next(), order) {
        (Some("exclude"), Order::GoMod121)
            if tree
                .block_lines(block)
                .all(|line| tree.token_count(line) == 2) =>
        {
            by_excluded_version
        }
        (Some("retract"), Order::GoMod | Order::GoMod121) => by_retracted_version,
        _ => by_tokens,
    }
}

fn by_tokens(tree: &Tree, a: LineId, b: LineId) -> Ordering {
    tree.compare_lines(a, b)
}

fn by_excluded_version(tree: &Tree, a: LineId, b: LineId) -> Ordering {
    let part = |line, index| tree.token(line, index).unwrap_or_default();
    part(a, 0)
        .cmp(part(b, 0))
        .then_with(|| compare_versions(part(a, 1), part(b, 1)))
}

/// Descending, by the lower bound and then the higher one.
fn by_retracted_version(tree: &Tree, a: LineId, b: LineId) -> Ordering {
    let (a, b) = (interval(tree, a), interval(tree, b));
    compare_versions(b.0, a.0).then_with(|| compare_versions(b.1, a.1))
}

fn interval(tree: &Tree, line: LineId) -> (&str, &str) {
    let mut tokens = tree.line_tokens(line);
    let mut next = || tokens.next().unwrap_or_default();
    match (tree.token_count(line), next()) {
        (1, version) => (version, version),
        (5, "[") => match (next(), next(), next(), next()) {
            (low, ",", high, "]") => (low, high),
            _ => ("", ""),
        },
        _ => ("", ""),
    }
}
