//! The machine outside: files, sockets, the clock, the environment and processes.
//!
//! Everything that the pure modules need from the machine passes through here: the Go environment
//! ([`GoEnv`]), the module cache ([`ModCache`]), module proxies, origins and the checksum database's
//! transport ([`Sources`]), and safe writes of files.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::disallowed_macros,
    reason = "the one place with side effects (docs/ARCHITECTURE.md)"
)]

mod audit;
mod cache;
mod content;
mod direct;
mod drive;
mod env;
mod error;
mod fetch_error;
mod files;
mod git;
mod go_index;
mod goflag_values;
mod goflags;
mod goroot;
mod http;
mod http_proxy;
mod inflate;
mod info;
mod inspect;
mod log;
mod netrc;
mod proxy;
mod queries;
mod repair;
mod request;
mod session;
mod settings;
mod sources;
mod sumdb;
mod tls;
mod tree;
mod trust;
mod vendored;
mod zip;
mod zip_directory;

pub use cache::{CacheFile, ModCache, VersionLock};
pub use content::main_packages;
pub use drive::{LoadFailure, Sums};
pub use env::{GoEnv, Toolchain};
pub use error::HostError;
pub use fetch_error::{Attempt, FetchError};
pub use files::{RunLock, read_if_there, write_all_or_none, write_atomic};
pub use git::{GitError, file_at};
pub use goflag_values::GoCommand;
pub use goflags::GoFlags;
pub use goroot::GoInstall;
pub use http::Limits;
pub use info::{Info, parse_list};
pub use inspect::{
    Damage, Expected, FileChange, Inspection, inspect, inspect_all, without_readable_mod,
};
pub use log::Records;
pub use repair::{Mended, RepairError};
pub use request::{Fetched, Request, SourceOptions};
pub use session::{Evidence, Session, SessionOptions};
pub use sources::Sources;
pub use sumdb::{SumdbFiles, WriteLatest};
pub use trust::{Checked, LogWork, Trust, TrustError};
pub use vendored::{VendorImport, VendorImportKind, vendored_imports};
pub use zip::{ZipError, hash_zip, read_from_zip, unpack_zip};
