//! What the main modules override in the graph: excluded versions and replaced modules.

use rustc_hash::{FxHashMap, FxHashSet};

use super::Source;
use crate::graph::{ModuleId, Modules, PathId};

/// The excludes and replaces in force: those of the main module, or of a workspace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overrides {
    /// Requirements on exactly these versions are ignored.
    pub excludes: FxHashSet<ModuleId>,
    /// Replacements of exactly one version; they beat those of a whole path.
    pub exact: FxHashMap<ModuleId, Source>,
    /// Replacements of all versions of a path.
    pub wildcard: FxHashMap<PathId, Source>,
    /// The paths of the main modules, which are themselves never replaced.
    pub main: Vec<PathId>,
}

impl Overrides {
    /// The replacement in force for a module, if there is one.
    pub fn replacement(&self, modules: &Modules, module: ModuleId) -> Option<&Source> {
        if self.exact.is_empty() && self.wildcard.is_empty() {
            return None;
        }
        let path = modules.path_of(module);
        if modules.version(module).is_none() && self.main.contains(&path) {
            return None;
        }
        self.exact.get(&module).or_else(|| self.wildcard.get(&path))
    }
}
