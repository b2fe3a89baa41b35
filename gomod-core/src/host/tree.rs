//! The files of an unpacked module, hashed as they stand on disk.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::model::ModuleVersion;
use crate::verify::dirhash::{DirHashError, DirHasher};

/// Why the files of a directory cannot be hashed.
#[derive(Debug, thiserror::Error)]
pub(super) enum TreeError {
    #[error("reading {}: {source}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Hash(#[from] DirHashError),
    /// The go command unpacks none; following one could lead anywhere, or nowhere for ever.
    #[error("{} is no regular file", path.display())]
    Irregular { path: PathBuf },
    #[error("{} has no name in UTF-8", path.display())]
    Name { path: PathBuf },
}

/// The digests of the files below `dir`, named as in the zip of `module`.
pub(super) fn digest_tree(dir: &Path, module: &ModuleVersion) -> Result<DirHasher, TreeError> {
    let mut hasher = DirHasher::new();
    let mut left = vec![(dir.to_path_buf(), module.to_string())];
    while let Some((dir, prefix)) = left.pop() {
        let fail = |source| TreeError::Io {
            path: dir.clone(),
            source,
        };
        for entry in fs::read_dir(&dir).map_err(fail)? {
            let entry = entry.map_err(fail)?;
            let path = entry.path();
            let fail = |source| TreeError::Io {
                path: path.clone(),
                source,
            };
            let Some(name) = entry.file_name().to_str().map(str::to_owned) else {
                return Err(TreeError::Name { path });
            };
            let name = format!("{prefix}/{name}");
            let kind = entry.file_type().map_err(fail)?;
            if kind.is_dir() {
                left.push((path, name));
            } else if kind.is_file() {
                let mut file = File::open(&path).map_err(fail)?;
                hasher.add(name.as_bytes(), &mut file)?;
            } else {
                return Err(TreeError::Irregular { path });
            }
        }
    }
    Ok(hasher)
}
