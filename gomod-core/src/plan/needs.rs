//! What a planner has to be fed before it can go on.

use super::packages::Universe;
use crate::graph::PathId;
use crate::mvs::SourceId;

/// What a planner has to know next.
#[derive(Debug, Clone, Default)]
pub struct Needs {
    /// `go.mod` files, to be fed to the [`World`](crate::mvs::World).
    pub sources: Vec<SourceId>,
    /// Paths whose versions must be listed, to be fed to the [`Candidates`](super::Candidates).
    pub lists: Vec<PathId>,
    /// Paths whose versions are only counted: a list that cannot be had is no reason to stop.
    pub counts: Vec<PathId>,
    /// Directories of modules (`""` is a module's root) whose Go files are to be fed to the
    /// [`Packages`](super::Packages).
    pub packages: Vec<(SourceId, String)>,
    /// The same, of modules that may take the place of others: what cannot be had of them is fed with
    /// [`Packages::feed_untold`](super::Packages::feed_untold), and ends nothing.
    pub probes: Vec<(SourceId, String)>,
    /// What will probably be needed soon.
    pub(super) ahead: Vec<SourceId>,
    /// The build lists whose imports are being followed.
    pub(super) universes: Vec<Universe>,
}

impl Needs {
    /// These `go.mod` files.
    pub(super) fn of_sources(sources: Vec<SourceId>) -> Self {
        Self {
            sources,
            ..Self::default()
        }
    }

    /// Whether nothing is needed.
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty()
            && self.lists.is_empty()
            && self.counts.is_empty()
            && self.packages.is_empty()
            && self.probes.is_empty()
    }

    /// Takes in what another search needs as well.
    pub(super) fn merge(&mut self, other: Self) {
        self.sources.extend(other.sources);
        self.lists.extend(other.lists);
        self.counts.extend(other.counts);
        self.packages.extend(other.packages);
        self.probes.extend(other.probes);
        self.universes.extend(other.universes);
        self.tidy();
    }

    /// What stops a search, each once, with what it will want soon; none when nothing does.
    pub(super) fn flush(&mut self) -> Option<Self> {
        if self.is_empty() {
            // What would only be wanted ahead of time does not stop a search.
            self.ahead.clear();
            return None;
        }
        let mut needs = std::mem::take(self);
        needs.sources.append(&mut needs.ahead);
        needs.tidy();
        Some(needs)
    }

    fn tidy(&mut self) {
        fn once<T: Ord>(list: &mut Vec<T>) {
            list.sort_unstable();
            list.dedup();
        }
        once(&mut self.sources);
        once(&mut self.lists);
        once(&mut self.counts);
        once(&mut self.packages);
        once(&mut self.probes);
    }
}
