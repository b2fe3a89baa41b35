//! The vocabulary of Go modules: paths, versions, and the typed contents of the files that name them.

mod go_version;
mod path;
mod query;
mod version;

pub use go_version::GoVersion;
pub use path::{
    ModulePath, PathError, check_file_path, escape_version, match_prefix_patterns, unescape_version,
};
pub use query::{Query, QueryError};
pub use version::{PseudoForm, PseudoVersion, Version, VersionError, is_canonical, is_valid};

use std::fmt;

use serde::Serialize;

/// A module path at a version, `path@version`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ModuleVersion {
    /// The module path.
    pub path: ModulePath,
    /// The version.
    pub version: Version,
}

impl ModuleVersion {
    /// Pairs a path with a version.
    pub fn new(path: ModulePath, version: Version) -> Self {
        Self { path, version }
    }
}

impl fmt::Display for ModuleVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.path, self.version)
    }
}
