//! The vocabulary of Go modules: paths, versions, and the typed contents of the files that name them.

mod arguments;
mod directives;
mod fixes;
mod go_mod;
mod go_mod_edit;
mod go_mod_json;
mod go_sum;
mod go_version;
mod go_work;
mod godebugs;
mod lines;
mod modules_txt;
mod order;
mod parse_error;
mod path;
mod query;
mod requirements;
mod vendoring;
mod version;

pub use fixes::VersionFixes;
pub use go_mod::{
    Exclude, Go, GoMod, Godebug, Ignore, Module, Replace, ReplaceTarget, Require, Retract, Tool,
    Toolchain,
};
pub use go_mod_edit::EditError;
pub use go_mod_json::json_text;
pub use go_sum::{GoSum, GoSumError};
pub use go_version::GoVersion;
pub use go_work::{GoWork, Use};
pub use godebugs::{GodebugError, Godebugs};
pub use modules_txt::{ModulesTxt, VendoredModule, VendoredReplacement};
pub use parse_error::{ParseError, ParseErrorKind, ParseErrors};
pub use path::{
    ModulePath, PathError, check_file_path, escape_version, match_prefix_patterns, unescape_version,
};
pub use query::{Query, QueryError};
pub use requirements::NewRequirement;
pub use vendoring::{VendorCheck, VendorFinding, VendorMember, VendorMismatch};
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
