//! What can be asked of the sources, and what an answer is.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempPath;

use super::Limits;
use crate::model::{ModulePath, ModuleVersion};

/// Something to fetch.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Request {
    /// The `go.mod` of a version.
    Mod(ModuleVersion),
    /// What a version or a query such as a branch stands for; see [`Info`](super::Info).
    Info(ModulePath, String),
    /// The list of versions; see [`parse_list`](super::parse_list). A list that no source has is empty.
    List(ModulePath),
    /// The latest version, for modules without tagged ones; see [`Info`](super::Info).
    Latest(ModulePath),
    /// The content of a version, into a temporary file.
    Zip(ModuleVersion),
    /// Which source serves the checksum database of this name; answered by [`Fetched::source`].
    SumdbSupported(String),
    /// A look-up or tile of a checksum database, through the first proxy that serves it, else from the
    /// database itself.
    Sumdb {
        /// The database's name.
        name: String,
        /// The path below it, such as `lookup/…`, escaped.
        path: String,
    },
}

impl Request {
    /// The module asked about; none for the checksum database.
    pub fn module(&self) -> Option<&ModulePath> {
        match self {
            Self::Mod(module) | Self::Zip(module) => Some(&module.path),
            Self::Info(path, _) | Self::List(path) | Self::Latest(path) => Some(path),
            Self::SumdbSupported(_) | Self::Sumdb { .. } => None,
        }
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mod(module) => write!(f, "go.mod of {module}"),
            Self::Info(path, version) => write!(f, "version information of {path}@{version}"),
            Self::List(path) => write!(f, "list of versions of {path}"),
            Self::Latest(path) => write!(f, "latest version of {path}"),
            Self::Zip(module) => write!(f, "zip of {module}"),
            Self::SumdbSupported(name) => write!(f, "way to the checksum database {name}"),
            Self::Sumdb { name, path } => write!(f, "{name}/{path}"),
        }
    }
}

/// An answer.
#[derive(Debug, Clone, Default)]
pub struct Fetched {
    /// The content; empty for a zip.
    pub bytes: Vec<u8>,
    /// The temporary file with a zip, removed with its last holder.
    pub zip: Option<Arc<TempPath>>,
    /// The entry of the list that answered, without credentials; empty if none did.
    pub source: String,
    /// Whether this stands for "no source has it": a list that is empty for that reason, or a checksum
    /// database that no proxy serves.
    pub missing: bool,
}

impl Fetched {
    /// The temporary file with a zip.
    pub fn zip_file(&self) -> Option<&Path> {
        self.zip.as_deref().map(AsRef::as_ref)
    }
}

/// How [`Sources`](super::Sources) differ from what the environment says.
#[derive(Debug, Clone, Default)]
pub struct SourceOptions {
    /// A list in place of `GOPROXY`, or a directory, which stands for its `file://` URL.
    pub proxy: Option<String>,
    /// What a relative directory is relative to.
    pub base: PathBuf,
    /// Whether the network may not be used. `file://` sources still are.
    pub offline: bool,
    /// Limits on answers.
    pub limits: Limits,
    /// Where temporary files go; a directory beside the module cache makes storing zips cheap.
    pub temp_dir: Option<PathBuf>,
}
