//! The checksum database's files: its cache of look-ups and tiles, and the latest tree head.
//!
//! They are shared with the go command (`cmd/go/internal/modfetch/sumdb.go`), so both see the same log.

use std::io::Read;
use std::path::{Component, Path, PathBuf};

use super::cache::{make_parent, open_locked, overwrite, read_shared, replace};
use super::{GoEnv, HostError, ModCache};

/// Where the state of checksum databases is kept.
#[derive(Debug, Clone)]
pub struct SumdbFiles {
    cache: PathBuf,
    config: PathBuf,
}

/// How an attempt to move the latest tree head ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WriteLatest {
    /// The new tree head is stored.
    Done,
    /// Another process has stored this one meanwhile; it must be merged, and the write tried again.
    Conflict(Vec<u8>),
}

impl SumdbFiles {
    /// Look-ups and tiles below the module cache, tree heads below `config`, the directory
    /// `$GOPATH/pkg/sumdb`.
    pub fn new(cache: &ModCache, config: PathBuf) -> Self {
        Self {
            cache: cache.download_dir().join("sumdb"),
            config,
        }
    }

    /// The places that the environment names.
    ///
    /// # Errors
    /// As [`GoEnv::mod_cache`] and [`GoEnv::sumdb_dir`].
    pub fn from_env(env: &GoEnv) -> Result<Self, HostError> {
        Ok(Self::new(&ModCache::from_env(env)?, env.sumdb_dir()?))
    }

    /// Where a look-up or tile is cached, or would be.
    ///
    /// # Errors
    /// [`HostError::CacheName`].
    pub fn cache_file(&self, name: &str) -> Result<PathBuf, HostError> {
        below(&self.cache, name)
    }

    /// Where the latest tree head of `database` is kept.
    ///
    /// # Errors
    /// [`HostError::CacheName`].
    pub fn latest_file(&self, database: &str) -> Result<PathBuf, HostError> {
        Ok(below(&self.config, database)?.join("latest"))
    }

    /// A cached look-up or tile, such as `sum.golang.org/lookup/…`; an empty file counts as none.
    ///
    /// # Errors
    /// [`HostError::CacheName`], [`HostError::Io`].
    pub fn read(&self, name: &str) -> Result<Option<Vec<u8>>, HostError> {
        let bytes = read_shared(&below(&self.cache, name)?)?;
        Ok(bytes.filter(|bytes| !bytes.is_empty()))
    }

    /// Stores a verified look-up or tile. A failure costs time later and nothing else.
    ///
    /// # Errors
    /// [`HostError::CacheName`], [`HostError::Io`].
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), HostError> {
        replace(&below(&self.cache, name)?, bytes)
    }

    /// The latest signed tree head of `database` that was seen; empty before the first.
    ///
    /// # Errors
    /// [`HostError::CacheName`], [`HostError::Io`].
    pub fn read_latest(&self, database: &str) -> Result<Vec<u8>, HostError> {
        Ok(read_shared(&self.latest_file(database)?)?.unwrap_or_default())
    }

    /// Stores `new` as the latest tree head if the stored one still is `old`, under the file's lock.
    ///
    /// The file is written in place, as the go command does: a process that waits for the lock of a
    /// file that was renamed away would overwrite what it has not seen.
    ///
    /// # Errors
    /// [`HostError::CacheName`], [`HostError::Io`], [`HostError::Locked`].
    pub fn write_latest(
        &self,
        database: &str,
        old: &[u8],
        new: &[u8],
    ) -> Result<WriteLatest, HostError> {
        let path = self.latest_file(database)?;
        make_parent(&path)?;
        let mut file = open_locked(&path)?;
        let fail = |error| HostError::io("writing", &path, error);
        let mut stored = Vec::new();
        file.read_to_end(&mut stored).map_err(fail)?;
        if !stored.is_empty() && stored != old {
            return Ok(WriteLatest::Conflict(stored));
        }
        std::io::Seek::rewind(&mut file).map_err(fail)?;
        overwrite(&mut file, new).map_err(fail)?;
        Ok(WriteLatest::Done)
    }
}

/// Joins a name that comes from elsewhere, as long as it stays below `dir`.
fn below(dir: &Path, name: &str) -> Result<PathBuf, HostError> {
    let plain = Path::new(name)
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    if name.is_empty() || !plain || name.contains('\\') || name.contains('\0') {
        return Err(HostError::CacheName { name: name.into() });
    }
    Ok(dir.join(name))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn files(dir: &Path) -> SumdbFiles {
        SumdbFiles::new(&ModCache::new(dir.join("mod")), dir.join("sumdb"))
    }

    #[test]
    fn the_latest_head_is_compared_and_swapped() {
        let dir = tempfile::tempdir().unwrap();
        let files = files(dir.path());
        assert_eq!(files.read_latest("db.example/x").unwrap(), b"");
        assert_eq!(
            files
                .write_latest("db.example/x", b"", b"head one")
                .unwrap(),
            WriteLatest::Done
        );
        let conflict = files
            .write_latest("db.example/x", b"", b"head two")
            .unwrap();
        assert_eq!(conflict, WriteLatest::Conflict(b"head one".to_vec()));
        assert_eq!(
            files
                .write_latest("db.example/x", b"head one", b"two")
                .unwrap(),
            WriteLatest::Done
        );
        assert_eq!(files.read_latest("db.example/x").unwrap(), b"two");
        assert!(dir.path().join("sumdb/db.example/x/latest").is_file());
    }

    #[test]
    fn look_ups_and_tiles() {
        let dir = tempfile::tempdir().unwrap();
        let files = files(dir.path());
        let name = "db.example/tile/8/0/x001/067";
        assert_eq!(files.read(name).unwrap(), None);
        files.write(name, b"tile").unwrap();
        assert_eq!(files.read(name).unwrap().unwrap(), b"tile");
        let path = dir.path().join("mod/cache/download/sumdb").join(name);
        std::fs::write(&path, "").unwrap();
        assert_eq!(
            files.read(name).unwrap(),
            None,
            "an empty file is one being written"
        );
        for bad in ["", "../x", "/etc/passwd", "a/../../b", "a\\b"] {
            assert!(
                matches!(files.read(bad), Err(HostError::CacheName { .. })),
                "{bad}"
            );
        }
    }
}
