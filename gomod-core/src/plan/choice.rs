//! What a search may do besides lowering: drop a direct requirement, hide a requirement, let a module rise.
//!
//! For one choice there is one greatest solution (see `search`). A conflict says which further choices could
//! resolve it; `branch` tries them, fewest first.

use std::collections::BTreeSet;

use super::goal::Means;
use crate::graph::PathId;

/// One leaf of the search over what lowering alone cannot decide.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Choice {
    /// Direct requirements that may be dropped.
    pub(super) drops: BTreeSet<PathId>,
    /// Requirements, as requiring and required path, that are ignored above the bound of the required one.
    pub(super) hides: BTreeSet<(PathId, PathId)>,
    /// Modules that may end up higher than today.
    pub(super) rises: BTreeSet<PathId>,
    /// Whether a requirement that an exclude of today hides counts like any other, unless it is among `hides`.
    pub(super) minds: bool,
}

/// The size of a choice, in the order of the cost: drops, hidden requirements, raised modules.
pub(super) type Level = [usize; 3];

impl Choice {
    pub(super) fn level(&self) -> Level {
        [self.drops.len(), self.hides.len(), self.rises.len()]
    }

    /// The choices that have one element more, out of `options`.
    pub(super) fn children(&self, options: &Self) -> Vec<Self> {
        let mut children = Vec::new();
        for path in options.drops.difference(&self.drops) {
            let mut child = self.clone();
            child.drops.insert(*path);
            children.push(child);
        }
        for pair in options.hides.difference(&self.hides) {
            let mut child = self.clone();
            child.hides.insert(*pair);
            children.push(child);
        }
        for path in options.rises.difference(&self.rises) {
            let mut child = self.clone();
            child.rises.insert(*path);
            children.push(child);
        }
        children
    }
}

/// One way to the goal: the kind of edit for each target, and how much of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) means: Vec<Means>,
    /// Whether excludes and replaces hide only the requirements that a choice names, rather than all
    /// that ask for more than the target.
    pub(super) sparing: bool,
}

impl Way {
    /// Whether its best plan is the best of all: it hides nothing, or no more than it must.
    pub(super) fn is_exhaustive(&self) -> bool {
        self.sparing || self.only_requires()
    }

    /// Whether it lowers requirements and hides none.
    pub(super) fn only_requires(&self) -> bool {
        self.means.iter().all(|means| *means == Means::Require)
    }
}
