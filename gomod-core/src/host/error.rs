//! What can go wrong between this program and its machine: files, locks, the Go environment.
//!
//! Errors of fetching are apart, in [`FetchError`](super::FetchError): they can be copied and ranked.

use std::io;
use std::path::{Path, PathBuf};

use crate::model::PathError;

/// An error of the host layer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    /// A file or directory could not be read or written.
    #[error("{op} {}: {source}{}", path.display(), hint(source))]
    Io {
        /// What was tried, such as `reading`.
        op: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// A module zip that cannot be read.
    #[error("reading {}: {reason}", file.display())]
    Zip {
        /// The zip.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A lock that another process still held after the time allowed.
    #[error("{} is locked by another process; waited {waited_ms} ms", path.display())]
    Locked {
        /// The locked file or directory.
        path: PathBuf,
        /// How long was waited, in milliseconds.
        waited_ms: u128,
    },
    /// There is no module cache: neither `GOMODCACHE`, `GOPATH` nor a home directory is set.
    #[error("no module cache: none of GOMODCACHE, GOPATH and HOME is set")]
    NoModCache,
    /// There is no place for the checksum database's state: neither `GOPATH` nor a home directory is set.
    #[error(
        "no place for the checksum database's latest tree head: neither GOPATH nor HOME is set"
    )]
    NoGoPath,
    /// `GOMODCACHE` must be an absolute path.
    #[error("GOMODCACHE is relative; it must be an absolute path: {}", path.display())]
    RelativeModCache {
        /// The path as configured.
        path: PathBuf,
    },
    /// A module path or version that has no place in the module cache or on a proxy.
    #[error(transparent)]
    Path(#[from] PathError),
    /// `go` and `toolchain` are modules of the graph only; no source has them.
    #[error("{name} is not a module that can be stored or fetched")]
    PseudoModule {
        /// `go` or `toolchain`.
        name: String,
    },
    /// `GOFLAGS` cannot be read as a list of flags.
    #[error("GOFLAGS: {reason} (in {value:?})")]
    GoFlags {
        /// The value of `GOFLAGS`.
        value: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A setting that the go command refuses whatever it is asked to do.
    #[error("{name}: {reason} (in {value:?})")]
    Setting {
        /// The setting, such as `GOPATH`.
        name: &'static str,
        /// Its value.
        value: String,
        /// What is wrong with it.
        reason: String,
    },
    /// `GOTOOLCHAIN` does not name a toolchain.
    #[error("GOTOOLCHAIN: {reason} (in {value:?})")]
    Toolchain {
        /// The value of `GOTOOLCHAIN`.
        value: String,
        /// What is wrong with it.
        reason: String,
    },
    /// An entry of a proxy list given by the caller that is no source.
    #[error("proxy list: {reason}: {entry}")]
    Proxy {
        /// The entry, without credentials.
        entry: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A name in the checksum database's cache that would lead out of it.
    #[error("{name:?} is no file name of the checksum database's cache")]
    CacheName {
        /// The name as given.
        name: String,
    },
}

impl HostError {
    pub(crate) fn io(op: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io {
            op,
            path: path.to_path_buf(),
            source,
        }
    }

    /// Whether the disk or a quota is full.
    pub fn is_out_of_space(&self) -> bool {
        matches!(self, Self::Io { source, .. } if out_of_space(source))
    }

    /// Whether the place may not be written: a read-only file system or missing permissions.
    pub fn is_read_only(&self) -> bool {
        matches!(self, Self::Io { source, .. } if matches!(
            source.kind(),
            io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied
        ))
    }

    /// Whether a file or directory is missing.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }
}

fn out_of_space(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}

fn hint(error: &io::Error) -> &'static str {
    if out_of_space(error) {
        "; nothing was changed"
    } else {
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn io_errors_are_classified() {
        let of = |kind: io::ErrorKind| HostError::io("writing", Path::new("/x"), kind.into());
        assert!(of(io::ErrorKind::StorageFull).is_out_of_space());
        assert!(
            of(io::ErrorKind::StorageFull)
                .to_string()
                .contains("nothing was changed")
        );
        assert!(of(io::ErrorKind::ReadOnlyFilesystem).is_read_only());
        assert!(of(io::ErrorKind::PermissionDenied).is_read_only());
        assert!(of(io::ErrorKind::NotFound).is_missing());
        assert!(!of(io::ErrorKind::NotFound).is_read_only());
    }
}
