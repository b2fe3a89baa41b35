//! What the main modules override in the graph: excluded versions and replaced modules.

use rustc_hash::{FxHashMap, FxHashSet};

use super::Source;
use crate::graph::{ModuleId, Modules, PathId};

/// The excludes and replaces in force: those of the main module, or of a workspace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// Requirements on exactly these versions are ignored.
    pub excludes: FxHashSet<ModuleId>,
    /// Replacements of exactly one version; they beat those of a whole path. In a workspace those of
    /// `go.work`.
    pub exact: FxHashMap<ModuleId, Source>,
    /// Replacements of all versions of a path; in a workspace those of `go.work`.
    pub wildcard: FxHashMap<PathId, Source>,
    /// In a workspace the replacements of each member, in the order of the members. They are asked only
    /// about modules that `go.work` does not replace.
    pub members: Vec<MemberReplaces>,
    /// The paths of the main modules, which are themselves never replaced.
    pub main: Vec<PathId>,
}

/// The replacements of one member of a workspace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MemberReplaces {
    pub(super) exact: FxHashMap<ModuleId, MemberReplace>,
    pub(super) wildcard: FxHashMap<PathId, MemberReplace>,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MemberReplace {
    pub(super) source: Source,
    /// The target as the member writes it: what the `go` command compares between members.
    pub(super) written: Source,
}

impl Overrides {
    /// The replacement in force for a module, if there is one (`modload.Replacement` in cmd/go).
    pub fn replacement(&self, modules: &Modules, module: ModuleId) -> Option<&Source> {
        self.find(modules, module).0
    }

    /// Whether members of a workspace disagree about a module. Only replacements of exactly this version
    /// are held against what an earlier member says.
    pub fn conflict(&self, modules: &Modules, module: ModuleId) -> bool {
        self.find(modules, module).1
    }

    /// The same, with other names for directories: those that `rename` gives.
    #[must_use]
    pub fn with_directories(mut self, rename: impl Fn(&str) -> Option<String>) -> Self {
        let change = |source: &mut Source| {
            if let Source::Directory(directory) = source
                && let Some(name) = rename(directory)
            {
                *directory = name;
            }
        };
        self.exact.values_mut().for_each(change);
        self.wildcard.values_mut().for_each(change);
        for member in &mut self.members {
            let lines = member.exact.values_mut();
            lines
                .chain(member.wildcard.values_mut())
                .for_each(|line| change(&mut line.source));
        }
        self
    }

    fn find(&self, modules: &Modules, module: ModuleId) -> (Option<&Source>, bool) {
        if self.exact.is_empty() && self.wildcard.is_empty() && self.members.is_empty() {
            return (None, false);
        }
        let path = modules.path_of(module);
        if modules.version(module).is_none() && self.main.contains(&path) {
            return (None, false);
        }
        if let Some(source) = self.exact.get(&module).or_else(|| self.wildcard.get(&path)) {
            return (Some(source), false);
        }
        let mut found: Option<&MemberReplace> = None;
        for member in &self.members {
            let exact = member.exact.get(&module);
            let Some(next) = exact.or_else(|| member.wildcard.get(&path)) else {
                continue;
            };
            if let Some(found) = found
                && exact.is_some()
                && found.written != next.written
            {
                return (Some(&found.source), true);
            }
            // Otherwise the last member wins.
            found = Some(next);
        }
        (found.map(|found| &found.source), false)
    }
}
