//! The go command's module cache, read and written in its own layout (Go Modules Reference, "Module cache").
//!
//! Files appear whole, by a rename, under the locks that the go command takes. Everything written here
//! must have been verified by the caller. A cache that cannot be written is no reason to fail: callers
//! treat the errors of `store_*` as warnings.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::files::{self, Staged, Sync, create_beside, is_absent, lock_until, read_if_there};
use super::{GoEnv, HostError, Info};
use crate::model::{
    ModulePath, ModuleVersion, Version, escape_version, is_canonical, unescape_version,
};

/// How long another process may hold a lock of the cache. The go command would wait for ever.
const LOCK_WAIT: Duration = Duration::from_secs(120);

/// A module cache, `$GOMODCACHE`.
#[derive(Debug, Clone)]
pub struct ModCache {
    dir: PathBuf,
}

/// The kinds of files that the cache holds of a module version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CacheFile {
    /// The `go.mod` file.
    Mod,
    /// The version and its time.
    Info,
    /// The module's content.
    Zip,
    /// The `h1:` hash of the zip.
    ZipHash,
    /// Held while the zip is fetched or unpacked.
    Lock,
    /// There while the zip is being unpacked.
    Partial,
}

impl CacheFile {
    fn suffix(self) -> &'static str {
        match self {
            Self::Mod => "mod",
            Self::Info => "info",
            Self::Zip => "zip",
            Self::ZipHash => "ziphash",
            Self::Lock => "lock",
            Self::Partial => "partial",
        }
    }
}

/// The lock on a module version, until dropped.
#[derive(Debug)]
pub struct VersionLock {
    _file: File,
}

impl ModCache {
    /// The cache in `dir`, which need not exist.
    pub fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// The cache that the environment names.
    ///
    /// # Errors
    /// As [`GoEnv::mod_cache`].
    pub fn from_env(env: &GoEnv) -> Result<Self, HostError> {
        env.mod_cache().map(Self::new)
    }

    /// The cache's directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Where a file of `module` is or would be.
    ///
    /// # Errors
    /// [`HostError::Path`] for a path that cannot be a file name, [`HostError::PseudoModule`].
    pub fn file(&self, module: &ModuleVersion, kind: CacheFile) -> Result<PathBuf, HostError> {
        let mut name = escape_version(module.version.as_str())?;
        name.push('.');
        name.push_str(kind.suffix());
        Ok(self.versions_dir(&module.path)?.join(name))
    }

    /// Where the unpacked module is or would be.
    ///
    /// # Errors
    /// As [`ModCache::file`].
    pub fn unpacked_dir(&self, module: &ModuleVersion) -> Result<PathBuf, HostError> {
        let path = escape(&module.path)?;
        Ok(self.dir.join(format!(
            "{path}@{}",
            escape_version(module.version.as_str())?
        )))
    }

    /// Whether the unpacked module is there and complete: a directory, no `.partial`, a `.ziphash`.
    pub fn is_unpacked(&self, module: &ModuleVersion) -> bool {
        let there = |kind| self.file(module, kind).is_ok_and(|file| file.exists());
        self.unpacked_dir(module).is_ok_and(|dir| dir.is_dir())
            && !there(CacheFile::Partial)
            && there(CacheFile::ZipHash)
    }

    /// The cached `go.mod`. Files that early versions of the go command made up are passed over.
    ///
    /// # Errors
    /// [`HostError::Io`] when it is there and cannot be read; as [`ModCache::file`].
    pub fn read_mod(&self, module: &ModuleVersion) -> Result<Option<Vec<u8>>, HostError> {
        let bytes = read_cached(&self.file(module, CacheFile::Mod)?)?;
        Ok(bytes.filter(|bytes| !bytes.starts_with(b"//vgo 0.0.")))
    }

    /// The cached `.info`; a damaged one counts as none, as for the go command.
    ///
    /// # Errors
    /// As [`ModCache::read_mod`].
    pub fn read_info(&self, module: &ModuleVersion) -> Result<Option<Info>, HostError> {
        let bytes = read_cached(&self.file(module, CacheFile::Info)?)?;
        Ok(bytes.and_then(|bytes| Info::parse(&bytes).ok()))
    }

    /// The recorded hash of the cached zip; an empty file counts as none.
    ///
    /// # Errors
    /// As [`ModCache::read_mod`].
    pub fn read_ziphash(&self, module: &ModuleVersion) -> Result<Option<String>, HostError> {
        let bytes = read_cached(&self.file(module, CacheFile::ZipHash)?)?;
        let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
        Ok(text
            .map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty()))
    }

    /// The cached zip, if there is one.
    ///
    /// # Errors
    /// As [`ModCache::file`].
    pub fn zip(&self, module: &ModuleVersion) -> Result<Option<PathBuf>, HostError> {
        let file = self.file(module, CacheFile::Zip)?;
        Ok(file.is_file().then_some(file))
    }

    /// The versions whose `go.mod` is cached, ascending.
    ///
    /// # Errors
    /// [`HostError::Io`] when the directory is there and cannot be read; as [`ModCache::file`].
    pub fn versions(&self, path: &ModulePath) -> Result<Vec<Version>, HostError> {
        cached_versions(&self.versions_dir(path)?)
    }

    /// Reads many `go.mod` files on all processors; results in the order asked for.
    pub fn read_mods(&self, modules: &[ModuleVersion]) -> Vec<Result<Option<Vec<u8>>, HostError>> {
        let threads = std::thread::available_parallelism()
            .map_or(1, usize::from)
            .min(8);
        let share = modules.len().div_ceil(threads).max(64);
        if modules.len() <= share {
            return modules.iter().map(|m| self.read_mod(m)).collect();
        }
        std::thread::scope(|scope| {
            let workers: Vec<_> = modules
                .chunks(share)
                .map(|chunk| {
                    scope.spawn(|| chunk.iter().map(|m| self.read_mod(m)).collect::<Vec<_>>())
                })
                .collect();
            workers
                .into_iter()
                .flat_map(|worker| {
                    worker
                        .join()
                        .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
                })
                .collect()
        })
    }

    /// Stores verified `go.mod` files and brings the `list` beside them up to date.
    ///
    /// Returns what could not be stored. A disk that is full or may not be written ends the attempt
    /// with one error.
    pub fn store_mods(&self, mods: &[(ModuleVersion, Vec<u8>)]) -> Vec<HostError> {
        let mut errors = Vec::new();
        let mut dirs = std::collections::BTreeSet::new();
        for (module, bytes) in mods {
            let stored = self.store(module, CacheFile::Mod, bytes);
            match stored.and_then(|()| self.versions_dir(&module.path)) {
                Ok(dir) => _ = dirs.insert(dir),
                Err(error) => {
                    let hopeless = error.is_out_of_space() || error.is_read_only();
                    errors.push(error);
                    if hopeless {
                        break;
                    }
                }
            }
        }
        errors.extend(dirs.iter().filter_map(|dir| rewrite_list(dir).err()));
        errors
    }

    /// Stores the `.info` of `module` as the go command writes it.
    ///
    /// # Errors
    /// As [`ModCache::store_zip`].
    pub fn store_info(&self, module: &ModuleVersion, info: &Info) -> Result<(), HostError> {
        self.store(module, CacheFile::Info, &info.to_cache())
    }

    /// Stores a verified zip, by a rename where `zip` is on the same file system, else by a copy; and
    /// its `h1:` hash. Does nothing when another process has stored both meanwhile.
    ///
    /// # Errors
    /// [`HostError::Io`], [`HostError::Locked`], or as [`ModCache::file`]. Pure caching may carry on.
    pub fn store_zip(
        &self,
        module: &ModuleVersion,
        zip: &Path,
        hash: &str,
    ) -> Result<(), HostError> {
        let target = self.file(module, CacheFile::Zip)?;
        let hash_file = self.file(module, CacheFile::ZipHash)?;
        let _lock = self.lock(module)?;
        if target.exists() && hash_file.exists() {
            return Ok(());
        }
        let staged_hash = Staged::new(&hash_file, hash.as_bytes(), Sync::No)?;
        put_zip(zip, &target)?; // also over a zip without a hash, which nobody vouches for
        staged_hash.commit()
    }

    /// Takes the lock under which the go command fetches and unpacks `module`.
    ///
    /// # Errors
    /// [`HostError::Locked`] when it is not free within two minutes; as [`ModCache::store_zip`].
    pub fn lock(&self, module: &ModuleVersion) -> Result<VersionLock, HostError> {
        let path = self.file(module, CacheFile::Lock)?;
        make_parent(&path)?;
        Ok(VersionLock {
            _file: open_locked(&path)?,
        })
    }

    fn store(
        &self,
        module: &ModuleVersion,
        kind: CacheFile,
        bytes: &[u8],
    ) -> Result<(), HostError> {
        let file = self.file(module, kind)?;
        make_parent(&file)?;
        Staged::new(&file, bytes, Sync::No)?.commit()
    }

    pub(super) fn download_dir(&self) -> PathBuf {
        self.dir.join("cache/download")
    }

    fn versions_dir(&self, path: &ModulePath) -> Result<PathBuf, HostError> {
        Ok(self.download_dir().join(escape(path)?).join("@v"))
    }
}

/// Moves a fetched zip to its place. A temporary file is often private; in the cache anyone may read it whom
/// the user's mask lets.
pub(super) fn put_zip(zip: &Path, target: &Path) -> Result<(), HostError> {
    let (probe, file) = create_beside(target)?;
    let permissions = file.metadata().map(|meta| meta.permissions());
    let _ = fs::remove_file(&probe);
    if let Ok(permissions) = permissions {
        let _ = fs::set_permissions(zip, permissions);
    }
    move_or_copy(zip, target)
}

/// Moves a file; between file systems it is copied beside the target first, so that it appears whole.
fn move_or_copy(from: &Path, target: &Path) -> Result<(), HostError> {
    if fs::rename(from, target).is_ok() {
        return Ok(());
    }
    let (temp, mut to) = create_beside(target)?;
    let copied = File::open(from)
        .and_then(|mut from| io::copy(&mut from, &mut to))
        .and_then(|_| fs::rename(&temp, target));
    copied.map_err(|error| {
        let _ = fs::remove_file(&temp);
        HostError::io("writing", target, error)
    })
}

pub(super) fn make_parent(file: &Path) -> Result<(), HostError> {
    let dir = file.parent().unwrap_or(file);
    fs::create_dir_all(dir).map_err(|e| HostError::io("creating", dir, e))
}

/// Opens or creates a file for editing under an exclusive lock, as the go command's `lockedfile.Edit`.
pub(super) fn open_locked(path: &Path) -> Result<File, HostError> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(|e| HostError::io("locking", path, e))?;
    lock_until(
        File::try_lock,
        &file,
        path,
        LOCK_WAIT,
        Instant::now() + LOCK_WAIT,
    )?;
    Ok(file)
}

fn escape(path: &ModulePath) -> Result<String, HostError> {
    if path.is_toolchain() {
        return Err(HostError::PseudoModule {
            name: path.to_string(),
        });
    }
    Ok(path.escape()?)
}

fn cached_versions(dir: &Path) -> Result<Vec<Version>, HostError> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if is_absent(&error) => return Ok(Vec::new()),
        Err(error) => return Err(HostError::io("reading", dir, error)),
    };
    let mut versions = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|e| HostError::io("reading", dir, e))?;
        let name = entry.file_name();
        let name = name.to_str().and_then(|name| name.strip_suffix(".mod"));
        let version = name
            .and_then(unescape_version)
            .filter(|version| is_canonical(version));
        versions.extend(version.and_then(|version| Version::parse(&version).ok()));
    }
    versions.sort();
    Ok(versions)
}

/// Rewrites `@v/list` in place under its lock, as the go command does after each new `go.mod`: a
/// rename would take the file away from under a waiting process.
fn rewrite_list(dir: &Path) -> Result<(), HostError> {
    let path = dir.join("list");
    let mut file = open_locked(&path)?;
    let versions = cached_versions(dir)?;
    // Versions with capital letters are escaped in file names, where the go command does not see them.
    let listed = versions
        .iter()
        .filter(|v| !v.as_str().contains(|c: char| c.is_ascii_uppercase()));
    let text: String = listed.map(|version| format!("{version}\n")).collect();
    overwrite(&mut file, text.as_bytes()).map_err(|e| HostError::io("writing", &path, e))
}

/// Replaces the content of an open, locked file, unless it is the same already.
pub(super) fn overwrite(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    let mut old = Vec::new();
    file.read_to_end(&mut old)?;
    if old == bytes {
        return Ok(());
    }
    // Longer content first claims its space: a full disk then shows before anything is lost.
    let tail = bytes.get(old.len()..).unwrap_or_default();
    if let Err(error) = file.write_all(tail) {
        let _ = file.set_len(old.len() as u64);
        return Err(error);
    }
    file.rewind()?;
    file.write_all(&bytes[..old.len().min(bytes.len())])?;
    file.set_len(bytes.len() as u64)
}

/// Reads a file of the cache; `None` when it is missing.
fn read_cached(path: &Path) -> Result<Option<Vec<u8>>, HostError> {
    refuse_pipes(path)?;
    read_if_there(path)
}

/// Nobody writes to a pipe in a cache: opening one would wait for ever.
fn refuse_pipes(path: &Path) -> Result<(), HostError> {
    match fs::metadata(path) {
        Ok(meta) if !meta.is_file() && !meta.is_dir() => {
            let error = io::Error::new(io::ErrorKind::InvalidData, "it is not a file");
            Err(HostError::io("reading", path, error))
        }
        _ => Ok(()),
    }
}

/// Reads a file under a shared lock, as the go command's `lockedfile.Read`; `None` when it is missing.
pub(super) fn read_shared(path: &Path) -> Result<Option<Vec<u8>>, HostError> {
    let fail = |error| HostError::io("reading", path, error);
    refuse_pipes(path)?;
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if is_absent(&error) => return Ok(None),
        Err(error) => return Err(fail(error)),
    };
    lock_until(
        File::try_lock_shared,
        &file,
        path,
        LOCK_WAIT,
        Instant::now() + LOCK_WAIT,
    )?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(fail)?;
    Ok(Some(bytes))
}

/// Replaces a cache file atomically.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> Result<(), HostError> {
    make_parent(path)?;
    files::Staged::new(path, bytes, Sync::No)?.commit()
}
