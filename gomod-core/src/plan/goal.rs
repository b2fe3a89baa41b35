//! What a plan has to reach, and the limits it must keep.

use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;

use crate::graph::{ModuleId, PathId};
use crate::model::GoVersion;

/// One thing to bring back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A module at a lower version.
    Module {
        /// The module at the version that is asked for.
        module: ModuleId,
    },
    /// A module that must leave the build list (`m@none`).
    Absent {
        /// Its path.
        path: PathId,
    },
    /// A Go version that the main module must build with.
    Go {
        /// The version of the new go line.
        version: GoVersion,
    },
    /// A toolchain line that names this, or none. It selects no other module; a name below the go line is a target of
    /// [`Target::Go`].
    Toolchain {
        /// Its name, such as `go1.23.5`.
        name: Option<String>,
    },
}

impl Target {
    /// The path of a module target; `None` for `go` and `toolchain`.
    pub fn path(&self, path_of: impl Fn(ModuleId) -> PathId) -> Option<PathId> {
        match self {
            Self::Module { module } => Some(path_of(*module)),
            Self::Absent { path } => Some(*path),
            Self::Go { .. } | Self::Toolchain { .. } => None,
        }
    }
}

/// By which kind of edit a target is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Means {
    /// Lower the requirement, and whatever else holds the old version up.
    Require,
    /// Exclude the versions that others ask for, and require the target.
    Exclude,
    /// Replace the module by its target version; requirements stay.
    Replace,
}

impl Means {
    /// All three, in the order in which equal plans are preferred.
    pub const ALL: [Self; 3] = [Self::Require, Self::Exclude, Self::Replace];

    /// The word used on the command line and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Require => "require",
            Self::Exclude => "exclude",
            Self::Replace => "replace",
        }
    }
}

/// The targets of a plan with the limits that were set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Goal {
    /// What to bring back.
    pub targets: Vec<Target>,
    /// The one kind of edit to use; `None` lets the cost decide.
    pub strategy: Option<Means>,
    /// Paths whose selected version must stay as it is.
    pub keep: FxHashSet<PathId>,
    /// How many modules other than the targets may move.
    pub max_collateral: Option<usize>,
    /// Whether direct requirements may be dropped.
    pub allow_drop: bool,
    /// Whether what today's versions of the targets brought goes down, or away, with them.
    pub settle: bool,
    /// Settling: the versions to settle at, instead of what others ask for.
    pub as_of: FxHashMap<PathId, ModuleId>,
}

impl Goal {
    /// Whether `--strategy` asks for all to be overridden that asks for more of this path.
    pub(super) fn grants_overriding(
        &self,
        path: PathId,
        path_of: impl Fn(ModuleId) -> PathId,
    ) -> bool {
        matches!(self.strategy, Some(Means::Exclude | Means::Replace))
            && self
                .targets
                .iter()
                .any(|target| target.path(&path_of) == Some(path))
    }

    /// The Go version that is asked for, if one is.
    pub(super) fn go(&self) -> Option<&GoVersion> {
        self.targets.iter().find_map(|target| match target {
            Target::Go { version } => Some(version),
            _ => None,
        })
    }

    /// The target of a path, if it has one.
    pub fn module_target(
        &self,
        path: PathId,
        path_of: impl Fn(ModuleId) -> PathId,
    ) -> Option<ModuleId> {
        self.targets.iter().find_map(|target| match target {
            Target::Module { module } if path_of(*module) == path => Some(*module),
            _ => None,
        })
    }
}
