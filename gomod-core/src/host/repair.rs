//! Mending one damaged module of the cache, where `go clean -modcache` would throw all away.
//!
//! Everything happens under the go command's lock on the version. What is new is made beside its place, its hash
//! is compared with what go.sum or the log says, and only then it takes that place, by a rename. A process that
//! is killed on the way leaves temporary files that the go command clears away, and at worst no directory, which it
//! unpacks again.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::cache::{make_parent, replace};
use super::files::random;
use super::zip::{hash_zip, read_from_zip, unpack_zip};
use super::{
    CacheFile, Damage, Expected, FetchError, Fetched, HostError, Info, Inspection, ModCache,
    Request, Session, ZipError, go_index, inspect,
};
use crate::model::ModuleVersion;
use crate::verify::hash_go_mod;

/// Something that was put right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mended {
    /// The zip was fetched anew.
    ZipFetched,
    /// The `.ziphash` was written anew.
    ZipHash,
    /// The directory was unpacked again.
    Directory,
    /// The `.mod` was taken from the zip, or fetched.
    GoMod,
    /// The `.info` was fetched.
    Info,
    /// The mark of an unfinished unpacking was removed, with what there was of it.
    Unfinished,
    /// So many temporary files were removed.
    LeftOver(usize),
    /// So many entries of the go command's module index were dropped.
    Index(usize),
}

/// Why a module could not be mended; what was not mended is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RepairError {
    /// Neither go.sum nor the log has a hash of it.
    #[error("neither go.sum nor the log has a hash of its {0}")]
    NoWitness(&'static str),
    /// A fresh download has another hash as well: this is no damage of the cache.
    #[error(
        "a fresh download of its {what} from {origin} is not what it must be: {found} instead of {right}"
    )]
    Repeats {
        /// `zip` or `go.mod`.
        what: &'static str,
        /// Who gave it.
        origin: String,
        /// Its hash.
        found: String,
        /// What its hash must be.
        right: String,
    },
    /// It must be fetched, and cannot be.
    #[error("its {what} must be fetched: {error}")]
    Fetch {
        /// What.
        what: &'static str,
        /// Why not.
        error: FetchError,
    },
    /// A fresh download is no module zip.
    #[error("a fresh download of its zip cannot be used: {0}")]
    Zip(#[from] ZipError),
    /// The machine failed.
    #[error(transparent)]
    Host(#[from] HostError),
}

impl RepairError {
    /// Whether content does not hold, rather than being out of reach.
    pub fn is_security(&self) -> bool {
        matches!(
            self,
            Self::Repeats { .. } | Self::Zip(ZipError::Rule(_) | ZipError::Malformed(_))
        )
    }
}

impl Session {
    /// Mends one module of the cache: what was mended, and what stopped the rest.
    pub fn repair(&self, expected: &Expected) -> (Vec<Mended>, Result<(), RepairError>) {
        let mut mended = Vec::new();
        let result = self.mend(expected, &mut mended);
        (mended, result)
    }

    fn mend(&self, expected: &Expected, mended: &mut Vec<Mended>) -> Result<(), RepairError> {
        let (cache, module) = (self.cache(), &expected.module);
        let _lock = cache.lock(module)?;
        // Another process may have mended it while this one waited.
        let found = inspect(cache, expected)?;
        let job = Job {
            session: self,
            expected,
            found: &found,
        };
        let mut failed = None;
        let mut keep = |result: Result<(), RepairError>| {
            if let Err(error) = result {
                failed.get_or_insert(error);
            }
        };
        keep(job.content(mended));
        keep(job.go_mod(mended));
        keep(job.info(mended));
        keep(job.left_over(mended));
        failed.map_or(Ok(()), Err)
    }
}

struct Job<'a> {
    session: &'a Session,
    expected: &'a Expected,
    found: &'a Inspection,
}

impl Job<'_> {
    fn cache(&self) -> &ModCache {
        self.session.cache()
    }

    fn module(&self) -> &ModuleVersion {
        &self.expected.module
    }

    fn has(&self, wanted: impl Fn(&Damage) -> bool) -> bool {
        self.found.damage.iter().any(wanted)
    }

    /// The zip, its hash, and the directory.
    fn content(&self, mended: &mut Vec<Mended>) -> Result<(), RepairError> {
        let directory = self.has(Damage::is_of_directory);
        let unfinished = self.has(|damage| *damage == Damage::Unfinished);
        let zip = self.has(|d| matches!(d, Damage::ZipChanged(_) | Damage::ZipUnreadable(_)));
        let ziphash = self.has(|d| matches!(d, Damage::ZipHashMissing | Damage::ZipHashChanged(_)));
        if !(directory || unfinished || zip || ziphash) {
            return Ok(());
        }
        let dir = self.cache().unpacked_dir(self.module())?;
        if unfinished {
            // The go command would unpack it anew as well.
            remove_tree(&dir).map_err(|error| HostError::io("removing", &dir, error))?;
            let partial = self.cache().file(self.module(), CacheFile::Partial)?;
            remove_tree(&partial).map_err(|error| HostError::io("removing", &partial, error))?;
            mended.push(Mended::Unfinished);
        }
        if directory || zip || ziphash {
            let right = self
                .expected
                .zip
                .first()
                .cloned()
                .ok_or(RepairError::NoWitness("zip"))?;
            let good = self.good_zip(directory || zip, mended)?;
            if self.found.ziphash.as_ref() != Some(&right) {
                let file = self.cache().file(self.module(), CacheFile::ZipHash)?;
                put(&file, right.as_bytes())?;
                mended.push(Mended::ZipHash);
            }
            if let (true, Some(good)) = (directory, good) {
                self.unpack(&good, &dir)?;
                mended.push(Mended::Directory);
            }
        }
        if directory || unfinished {
            let dropped = go_index::drop_entries(self.session.env(), self.cache(), &dir);
            if dropped > 0 {
                mended.push(Mended::Index(dropped));
            }
        }
        Ok(())
    }

    /// A zip whose hash holds: the cached one, or one fetched into its place.
    fn good_zip(
        &self,
        needed: bool,
        mended: &mut Vec<Mended>,
    ) -> Result<Option<PathBuf>, RepairError> {
        let target = self.cache().file(self.module(), CacheFile::Zip)?;
        let cached = self.found.zip.map(|hash| hash.to_string());
        if cached.is_some_and(|hash| self.expected.zip.contains(&hash)) {
            return Ok(Some(target));
        }
        if !needed {
            return Ok(None);
        }
        let fetched = self.fetch(Request::Zip(self.module().clone()), "zip")?;
        let file = fetched
            .zip
            .ok_or_else(|| ZipError::Unavailable("no file".to_owned()))?;
        let found = hash_zip(&file, self.module())?.to_string();
        if !self.expected.zip.contains(&found) {
            return Err(self.repeats("zip", fetched.source, found, &self.expected.zip));
        }
        make_parent(&target)?;
        make_way(&target)?;
        super::cache::put_zip(&file, &target)?;
        mended.push(Mended::ZipFetched);
        Ok(Some(target))
    }

    /// Unpacks a good zip beside the directory, and lets the two change places.
    fn unpack(&self, zip: &Path, dir: &Path) -> Result<(), RepairError> {
        let beside = |what: &str| {
            let mut name = dir.file_name().unwrap_or_default().to_owned();
            name.push(format!(".tmp-{what}{}", random() % 1_000_000_000));
            dir.with_file_name(name)
        };
        let (fresh, aside) = (beside("new"), beside("old"));
        make_parent(&fresh)?;
        let unpacked = unpack_zip(zip, self.module(), &fresh);
        let right = unpacked.and_then(|hash| match hash.to_string() {
            hash if self.expected.zip.contains(&hash) => Ok(()),
            hash => Err(ZipError::Malformed(format!("unpacked, it is {hash}"))),
        });
        let swapped = right.map_err(RepairError::from).and_then(|()| {
            let failed = |error| RepairError::from(HostError::io("replacing", dir, error));
            match fs::rename(dir, &aside) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
                _ => {}
            }
            fs::rename(&fresh, dir).map_err(|error| {
                let _ = fs::rename(&aside, dir);
                failed(error)
            })
        });
        if swapped.is_err() {
            let _ = remove_tree(&fresh);
            return swapped;
        }
        // Out of the way it does no harm any more.
        let _ = remove_tree(&aside);
        let writable = self.session.env().go_flags();
        if !writable.is_ok_and(|flags| flags.mod_cache_rw()) {
            read_only(dir);
        }
        Ok(())
    }

    fn go_mod(&self, mended: &mut Vec<Mended>) -> Result<(), RepairError> {
        let wrong = |damage: &Damage| {
            matches!(
                damage,
                Damage::GoModChanged(_) | Damage::GoModMissing | Damage::GoModUnreadable(_)
            )
        };
        if !self.has(wrong) {
            return Ok(());
        }
        if self.expected.go_mod.is_empty() {
            return Err(RepairError::NoWitness("go.mod"));
        }
        let right = &self.expected.go_mod;
        let holds = |bytes: &[u8]| right.contains(&hash_go_mod(bytes).to_string());
        // A zip whose hash holds has the same file, unless the module has none.
        let zip = self.cache().zip(self.module())?;
        let inside = zip.and_then(|zip| read_from_zip(&zip, self.module(), "go.mod").ok());
        let bytes = match inside.flatten().filter(|bytes| holds(bytes)) {
            Some(bytes) => bytes,
            None => {
                let fetched = self.fetch(Request::Mod(self.module().clone()), "go.mod")?;
                if !holds(&fetched.bytes) {
                    let found = hash_go_mod(&fetched.bytes).to_string();
                    return Err(self.repeats("go.mod", fetched.source, found, right));
                }
                fetched.bytes
            }
        };
        put(&self.cache().file(self.module(), CacheFile::Mod)?, &bytes)?;
        mended.push(Mended::GoMod);
        Ok(())
    }

    /// No hash covers the `.info`; the source's word is all that there is.
    fn info(&self, mended: &mut Vec<Mended>) -> Result<(), RepairError> {
        if !self.has(|damage| matches!(damage, Damage::InfoUnreadable(_))) {
            return Ok(());
        }
        let module = self.module();
        let request = Request::Info(module.path.clone(), module.version.to_string());
        let fetched = self.fetch(request, ".info")?;
        let info = Info::parse(&fetched.bytes).map_err(|reason| RepairError::Fetch {
            what: ".info",
            error: FetchError::InvalidAnswer {
                url: fetched.source,
                reason,
            },
        })?;
        make_way(&self.cache().file(module, CacheFile::Info)?)?;
        self.cache().store_info(module, &info)?;
        mended.push(Mended::Info);
        Ok(())
    }

    fn left_over(&self, mended: &mut Vec<Mended>) -> Result<(), RepairError> {
        for damage in &self.found.damage {
            let Damage::LeftOver(files) = damage else {
                continue;
            };
            for file in files {
                remove_tree(file).map_err(|error| HostError::io("removing", file, error))?;
            }
            mended.push(Mended::LeftOver(files.len()));
        }
        Ok(())
    }

    fn fetch(&self, request: Request, what: &'static str) -> Result<Fetched, RepairError> {
        let answer = self.session.ask_sources(&[request]).pop();
        let answer = answer.unwrap_or_else(|| {
            Err(FetchError::Offline {
                what: what.to_owned(),
            })
        });
        answer.map_err(|error| RepairError::Fetch { what, error })
    }

    fn repeats(
        &self,
        what: &'static str,
        origin: String,
        found: String,
        right: &[String],
    ) -> RepairError {
        RepairError::Repeats {
            what,
            origin,
            found,
            right: right.join(" or "),
        }
    }
}

/// Writes a file of the cache, whatever stands in its place.
fn put(file: &Path, bytes: &[u8]) -> Result<(), HostError> {
    make_way(file)?;
    replace(file, bytes)
}

/// A rename takes the place of a file or a link, not of a directory.
fn make_way(file: &Path) -> Result<(), HostError> {
    match fs::symlink_metadata(file) {
        Ok(meta) if meta.is_dir() => {
            remove_tree(file).map_err(|error| HostError::io("removing", file, error))
        }
        _ => Ok(()),
    }
}

/// Removes a file, or a directory whatever its permissions; links are not followed. Nothing there is well.
fn remove_tree(path: &Path) -> io::Result<()> {
    let meta = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        meta => meta?,
    };
    if !meta.is_dir() {
        return fs::remove_file(path);
    }
    for dir in directories(path) {
        set_writable(&dir, true);
    }
    fs::remove_dir_all(path)
}

/// Takes the permission to write from all directories, as the go command does; best effort.
fn read_only(dir: &Path) {
    for dir in directories(dir).iter().rev() {
        set_writable(dir, false);
    }
}

/// A directory and all below it, each before what it holds; made listable on the way.
fn directories(top: &Path) -> Vec<PathBuf> {
    let mut found = vec![top.to_path_buf()];
    let mut at = 0;
    while let Some(dir) = found.get(at).cloned() {
        at += 1;
        for entry in fs::read_dir(&dir).into_iter().flatten().flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                found.push(entry.path());
            }
        }
    }
    found
}

fn set_writable(dir: &Path, writable: bool) {
    let Ok(meta) = fs::symlink_metadata(dir) else {
        return;
    };
    let mut permissions = meta.permissions();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = permissions.mode();
        let mode = if writable {
            mode | 0o700
        } else {
            mode & !0o222
        };
        permissions.set_mode(mode);
    }
    #[cfg(not(unix))]
    permissions.set_readonly(!writable);
    let _ = fs::set_permissions(dir, permissions);
}
