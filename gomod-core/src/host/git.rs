//! One file as it was at a git revision, for `--as-of`.

use std::path::{Path, PathBuf};

/// Why a file of a revision cannot be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GitError {
    /// The directory is in no git repository.
    #[error("{} is in no git repository: {reason}", directory.display())]
    NoRepository {
        /// The directory.
        directory: PathBuf,
        /// What git says.
        reason: String,
    },
    /// The revision is unknown or ambiguous, or names no commit.
    #[error("{revision}: {reason}")]
    Revision {
        /// The revision as it was given.
        revision: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The file is not in the tree of that revision.
    #[error("{file} is not in git at {revision}")]
    NoFile {
        /// The file, below the work tree.
        file: String,
        /// The revision as it was given.
        revision: String,
    },
}

/// Reads `name`, a file in `directory`, as it was at `revision` (any that `git rev-parse` takes).
///
/// # Errors
/// [`GitError`]; nothing outside the repository's objects is read.
pub fn file_at(directory: &Path, revision: &str, name: &str) -> Result<Vec<u8>, GitError> {
    let no_repository = |reason: String| GitError::NoRepository {
        directory: directory.to_path_buf(),
        reason,
    };
    let wrong = |reason: String| GitError::Revision {
        revision: revision.to_owned(),
        reason,
    };
    let repository = gix::discover(directory).map_err(|error| no_repository(error.to_string()))?;
    let work_tree = repository
        .workdir()
        .and_then(|path| path.canonicalize().ok())
        .ok_or_else(|| no_repository("it has no work tree".to_owned()))?;
    let below = directory
        .canonicalize()
        .ok()
        .and_then(|path| Some(path.strip_prefix(&work_tree).ok()?.join(name)))
        .ok_or_else(|| no_repository("its work tree is elsewhere".to_owned()))?;
    let commit = repository
        .rev_parse_single(revision)
        .map_err(|error| match error.to_string() {
            text if text.contains("ambiguous") => wrong(text),
            _ => wrong("there is no revision of that name in this repository".to_owned()),
        })?
        .object()
        .map_err(|error| wrong(error.to_string()))?
        .peel_to_commit()
        .map_err(|error| wrong(error.to_string()))?;
    let tree = commit.tree().map_err(|error| wrong(error.to_string()))?;
    let entry = tree
        .lookup_entry_by_path(&below)
        .map_err(|error| wrong(error.to_string()))?
        .ok_or_else(|| GitError::NoFile {
            file: below.display().to_string(),
            revision: revision.to_owned(),
        })?;
    let object = entry.object().map_err(|error| wrong(error.to_string()))?;
    Ok(object.data.clone())
}
