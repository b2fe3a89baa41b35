//! Minimal Version Selection: what is known ([`World`]), what is asked ([`Setup`]), and the state machines
//! that answer ([`Resolver`], [`Loader`]) without touching a file or a socket.
//!
//! The rules are those of the Go Modules Reference ("Minimal version selection", "Module graph pruning")
//! and of `cmd/go/internal/modload`.

mod loader;
mod main_modules;
mod overrides;
mod resolver;
mod roots;
mod sums;
mod world;

pub use loader::{Inconsistency, Loaded, Loader, Mode};
pub use main_modules::{MainModules, MainModulesError};
pub use overrides::{MemberReplaces, Overrides};
pub use resolver::{Pruning, ResolveError, Resolver, Setup};
pub use roots::minimal_roots;
pub use sums::{SumAudit, SumLine, audit_sums, content_of, needed_sums};
pub use world::{Facts, Requirements, Source, SourceId, World};

use crate::model::{GoVersion, ModulePath};

/// Why a `go.mod` cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unavailable {
    /// Every source says that there is no such version (403, 404 or 410).
    NotFound,
    /// It is there, and its hash does not hold: a security error.
    Distrusted,
    /// go.sum has no line for it, and must have one.
    NoSum,
    /// No module proxy is configured.
    NoProxy,
    /// A setting that says whom to ask makes no sense.
    Setting,
    /// It takes the network, which this run may not use.
    Offline,
    /// A replacement directory is not there, or has no `go.mod`.
    NoDirectory,
    /// Anything else: the network, a file.
    Other,
}

/// Why the `go.mod` of a dependency cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// It could not be had; the message is the source's.
    #[error("{message}")]
    Unavailable {
        /// What the source says.
        message: String,
        /// What kind of failure it is.
        reason: Unavailable,
    },
    /// It is not well-formed.
    #[error("parsing go.mod: {0}")]
    Syntax(String),
    /// It has no module line.
    #[error("parsing go.mod: missing module line")]
    NoModuleLine,
    /// It declares a path other than the one that it was fetched under or required as.
    #[error("go.mod declares the path {declares}, but was required as {required_as}")]
    OtherPath {
        /// The path of the module line.
        declares: ModulePath,
        /// The path that was asked for.
        required_as: ModulePath,
    },
    /// Members of the workspace replace it differently.
    #[error("conflicting replacements in the go.mod files of workspace modules")]
    ConflictingReplaces,
    /// Its go line is above the Go in use.
    #[error("requires go >= {needs} (running go {local})")]
    TooNew {
        /// The go line.
        needs: GoVersion,
        /// The Go in use.
        local: GoVersion,
    },
}
