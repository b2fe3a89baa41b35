//! Writing files so that a reader sees the old or the new content, never a part; and the run lock.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::HostError;

/// Replaces the content of `path` atomically and durably.
///
/// The bytes go to a temporary file beside the target, are synced, and are renamed over it; the target's
/// permissions are kept, and a symbolic link stays one (the file that it leads to is replaced). What
/// killed processes left staged in that directory is removed.
///
/// # Errors
/// [`HostError::Io`]; the target is then unchanged. A target without any write permission is refused.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), HostError> {
    let staged = Staged::new(path, bytes, Sync::Disk)?;
    let parent = staged.parent();
    staged.commit()?;
    remove_stale(&parent);
    sync_dir(&parent)
}

/// Replaces several files: all are staged and synced before the first is renamed, and a rename that
/// fails puts back those before it. Clears away what killed processes left, as [`write_atomic`] does.
///
/// # Errors
/// [`HostError::Io`]; no file is then changed, short of a second failure while putting back.
pub fn write_all_or_none(files: &[(PathBuf, Vec<u8>)]) -> Result<(), HostError> {
    let staged = files
        .iter()
        .map(|(path, bytes)| {
            let stage = Staged::new(path, bytes, Sync::Disk)?;
            let before = read_if_there(&stage.target)?;
            Ok((stage, before))
        })
        .collect::<Result<Vec<_>, HostError>>()?;
    commit_all(staged)
}

fn commit_all(staged: Vec<(Staged, Option<Vec<u8>>)>) -> Result<(), HostError> {
    let mut done: Vec<(PathBuf, Option<Vec<u8>>)> = Vec::with_capacity(staged.len());
    let parents: BTreeSet<PathBuf> = staged.iter().map(|(stage, _)| stage.parent()).collect();
    for (stage, before) in staged {
        let target = stage.target.clone();
        if let Err(error) = stage.commit() {
            for (path, before) in &done {
                let _ = match before {
                    Some(bytes) => write_atomic(path, bytes),
                    None => fs::remove_file(path).map_err(|e| HostError::io("removing", path, e)),
                };
            }
            return Err(error);
        }
        done.push((target, before));
    }
    parents.iter().try_for_each(|dir| {
        remove_stale(dir);
        sync_dir(dir)
    })
}

/// The content of a file, `None` when there is no such file.
///
/// # Errors
/// [`HostError::Io`] for any other failure.
pub fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, HostError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(HostError::io("reading", path, error)),
    }
}

/// Excludes concurrent runs that change the same `go.mod` files, until dropped.
///
/// It locks the directories that hold the files: this leaves no lock file beside `go.mod`, survives its
/// replacement by a rename, and holds for all users. It says nothing to the `go` command.
#[derive(Debug)]
pub struct RunLock {
    _held: Vec<File>,
}

impl RunLock {
    /// Locks the directories of `files`, waiting at most `wait` for other runs.
    ///
    /// # Errors
    /// [`HostError::Locked`] when another run holds one; [`HostError::Io`] when one cannot be opened.
    pub fn acquire<P: AsRef<Path>>(files: &[P], wait: Duration) -> Result<Self, HostError> {
        let mut dirs = BTreeSet::new(); // sorted, so that two runs cannot wait for each other
        for file in files {
            let dir = parent_of(file.as_ref());
            let dir = fs::canonicalize(&dir).map_err(|e| HostError::io("locking", &dir, e))?;
            dirs.insert(dir);
        }
        let deadline = Instant::now() + wait;
        let mut held = Vec::with_capacity(dirs.len());
        for dir in &dirs {
            let handle = open_lock(dir).map_err(|e| HostError::io("locking", dir, e))?;
            lock_until(File::try_lock, &handle, dir, wait, deadline)?;
            held.push(handle);
        }
        Ok(Self { _held: held })
    }
}

#[cfg(unix)]
fn open_lock(dir: &Path) -> io::Result<File> {
    File::open(dir)
}

#[cfg(not(unix))]
fn open_lock(dir: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .open(dir.join(".gomod.lock"))
}

/// Takes a lock on `file`, polling until `deadline`.
pub(super) fn lock_until(
    try_lock: fn(&File) -> Result<(), fs::TryLockError>,
    file: &File,
    path: &Path,
    wait: Duration,
    deadline: Instant,
) -> Result<(), HostError> {
    let mut pause = Duration::from_millis(1);
    loop {
        match try_lock(file) {
            Ok(()) => return Ok(()),
            Err(fs::TryLockError::Error(error)) => {
                return Err(HostError::io("locking", path, error));
            }
            Err(fs::TryLockError::WouldBlock) if Instant::now() >= deadline => {
                return Err(HostError::Locked {
                    path: path.to_path_buf(),
                    waited_ms: wait.as_millis(),
                });
            }
            Err(fs::TryLockError::WouldBlock) => {
                std::thread::sleep(pause);
                pause = (pause * 2).min(Duration::from_millis(50));
            }
        }
    }
}

/// Whether staged bytes must reach the disk before the rename.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sync {
    /// For the user's own files.
    Disk,
    /// For caches, whose content is checked when it is read.
    No,
}

/// A complete temporary file beside its target; removed when dropped before [`Staged::commit`].
pub(super) struct Staged {
    temp: PathBuf,
    target: PathBuf,
    /// One of the user's files stays open and locked while it is staged: nobody else clears it away.
    _held: Option<File>,
}

impl Staged {
    pub(super) fn new(path: &Path, bytes: &[u8], sync: Sync) -> Result<Self, HostError> {
        // In a cache a link is replaced, as the go command does: it may lead anywhere.
        let target = match sync {
            Sync::Disk => resolve_link(path)?,
            Sync::No => path.to_path_buf(),
        };
        let permissions = match fs::metadata(&target) {
            Ok(meta) if sync == Sync::Disk && meta.permissions().readonly() => {
                let error = io::ErrorKind::PermissionDenied.into();
                return Err(HostError::io("writing", path, error));
            }
            Ok(meta) => Some(meta.permissions()),
            Err(_) => None,
        };
        let (temp, mut file) = match sync {
            Sync::Disk => create_held(&target)?,
            Sync::No => create_beside(&target)?,
        };
        let mut staged = Self {
            temp,
            target,
            _held: None,
        };
        let written = (|| {
            file.write_all(bytes)?;
            if sync == Sync::Disk {
                if let Some(permissions) = permissions {
                    file.set_permissions(permissions)?;
                }
                file.sync_all()?;
            }
            Ok(())
        })();
        match written {
            Ok(()) => {
                staged._held = (sync == Sync::Disk).then_some(file);
                Ok(staged)
            }
            Err(error) => Err(HostError::io("writing", path, error)),
        }
    }

    pub(super) fn commit(mut self) -> Result<(), HostError> {
        fs::rename(&self.temp, &self.target)
            .map_err(|e| HostError::io("replacing", &self.target, e))?;
        self.temp = PathBuf::new(); // the name is free again, and may be another process's by now
        Ok(())
    }

    fn parent(&self) -> PathBuf {
        parent_of(&self.target)
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        if !self.temp.as_os_str().is_empty() {
            let _ = fs::remove_file(&self.temp);
        }
    }
}

/// Creates a new file beside `target`, named as the go command names its own (`NAME123.tmp`), so that
/// the go command clears away what a crash leaves in the module cache.
pub(super) fn create_beside(target: &Path) -> Result<(PathBuf, File), HostError> {
    create_new(target, || {
        let mut name = OsString::from(target.file_name().unwrap_or_default());
        name.push(format!("{}.tmp", random() % 1_000_000_000));
        name
    })
}

/// Around the number in the name of one of the user's files while it is staged.
const STAGED: (&str, &str) = (".gomod-", ".tmp");

/// Creates a new file beside `target`, named so that [`remove_stale`] knows it, and locked so that it
/// leaves it alone. Where files cannot be locked it is not locked, and never removed either.
fn create_held(target: &Path) -> Result<(PathBuf, File), HostError> {
    loop {
        let (temp, file) = create_new(target, || {
            format!("{}{}{}", STAGED.0, random(), STAGED.1).into()
        })?;
        // Another process may have taken it for stale before it was locked; after that none can.
        if file.lock().is_err() || fs::symlink_metadata(&temp).is_ok() {
            return Ok((temp, file));
        }
    }
}

fn create_new(target: &Path, name: impl Fn() -> OsString) -> Result<(PathBuf, File), HostError> {
    let mut attempts = 0;
    loop {
        let temp = target.with_file_name(name());
        match OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .open(&temp)
        {
            Ok(file) => return Ok((temp, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && attempts < 100 => {
                attempts += 1
            }
            Err(error) => return Err(HostError::io("writing", target, error)),
        }
    }
}

/// Removes the staged files in `dir` that no running process holds: those of processes that were killed.
/// The lock of a process goes with it, so one that can be locked is nobody's.
fn remove_stale(dir: &Path) {
    let is_staged = |name: &str| {
        name.strip_prefix(STAGED.0)
            .and_then(|rest| rest.strip_suffix(STAGED.1))
            .is_some_and(|number| number.parse::<u64>().is_ok())
    };
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if !is_file || !entry.file_name().to_str().is_some_and(is_staged) {
            continue;
        }
        let path = entry.path();
        if let Ok(file) = File::open(&path)
            && file.try_lock().is_ok()
        {
            let _ = fs::remove_file(&path);
        }
    }
}

pub(super) fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// A number that no other process is likely to draw: the standard library seeds each `RandomState`.
pub(super) fn random() -> u64 {
    RandomState::new().hash_one(std::process::id())
}

fn resolve_link(path: &Path) -> Result<PathBuf, HostError> {
    match fs::symlink_metadata(path) {
        Ok(meta) if meta.is_symlink() => {
            fs::canonicalize(path).map_err(|e| HostError::io("following", path, e))
        }
        _ => Ok(path.to_path_buf()),
    }
}

fn parent_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir.to_path_buf(),
        _ => PathBuf::from("."),
    }
}

/// Makes the renames in `dir` durable. File systems that cannot sync a directory are left alone.
fn sync_dir(dir: &Path) -> Result<(), HostError> {
    if cfg!(not(unix)) {
        return Ok(());
    }
    match File::open(dir).and_then(|d| d.sync_all()) {
        Err(error) if error.kind() != io::ErrorKind::InvalidInput => {
            Err(HostError::io("syncing", dir, error))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(dir)
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn replaces_and_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("go.mod");
        write_atomic(&file, b"one").unwrap();
        write_atomic(&file, b"two").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"two");
        assert_eq!(names(dir.path()), ["go.mod"]);
    }

    #[cfg(unix)]
    #[test]
    fn keeps_permissions_and_links() {
        use std::os::unix::fs::PermissionsExt;
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("real.mod"), dir.path().join("go.mod"));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink("real.mod", &link).unwrap();
        write_atomic(&link, b"new").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert_eq!(
            fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o640
        );

        fs::set_permissions(&file, fs::Permissions::from_mode(0o444)).unwrap();
        assert!(write_atomic(&file, b"x").unwrap_err().is_read_only());
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert_eq!(names(dir.path()), ["go.mod", "real.mod"]);
    }

    #[test]
    fn all_or_none_stages_before_it_renames() {
        let dir = tempfile::tempdir().unwrap();
        let good = dir.path().join("go.mod");
        fs::write(&good, "old").unwrap();
        let missing = dir.path().join("no/such/dir/go.sum");
        let files = [(good.clone(), b"new".to_vec()), (missing, b"new".to_vec())];
        assert!(write_all_or_none(&files).unwrap_err().is_missing());
        assert_eq!(fs::read(&good).unwrap(), b"old");
        assert_eq!(names(dir.path()), ["go.mod"]);
    }

    #[test]
    fn all_or_none_puts_back_after_a_failed_rename() {
        let dir = tempfile::tempdir().unwrap();
        let [old, fresh, blocked] = ["go.mod", "go.sum", "go.work"].map(|n| dir.path().join(n));
        fs::write(&old, "old").unwrap();
        let staged = [&old, &fresh, &blocked].map(|p| {
            (
                Staged::new(p, b"new", Sync::Disk).unwrap(),
                read_if_there(p).unwrap(),
            )
        });
        fs::create_dir(&blocked).unwrap(); // a file cannot be renamed over a directory
        assert!(commit_all(staged.into()).is_err());
        assert_eq!(fs::read(&old).unwrap(), b"old");
        assert_eq!(names(dir.path()), ["go.mod", "go.work"]);
    }

    #[test]
    fn only_what_nobody_holds_is_cleared_away() {
        let dir = tempfile::tempdir().unwrap();
        let [file, other] = ["go.mod", "go.sum"].map(|name| dir.path().join(name));
        let held = Staged::new(&other, b"held", Sync::Disk).unwrap();
        let kept = [".gomod-x.tmp", ".gomod-1.txt", "go.mod1.tmp"];
        for name in [".gomod-1.tmp", ".gomod-23.tmp"].iter().chain(&kept) {
            fs::write(dir.path().join(name), "left").unwrap();
        }
        write_atomic(&file, b"one").unwrap();
        let mut expected: Vec<String> = kept.map(str::to_owned).into();
        expected.push("go.mod".into());
        expected.push(held.temp.file_name().unwrap().to_str().unwrap().into());
        expected.sort();
        assert_eq!(names(dir.path()), expected);
        held.commit().unwrap();
        fs::write(dir.path().join(".gomod-1.tmp"), "left").unwrap();
        write_all_or_none(&[(file, b"two".to_vec())]).unwrap();
        assert!(!names(dir.path()).contains(&".gomod-1.tmp".to_owned()));
        assert_eq!(fs::read(&other).unwrap(), b"held");
    }

    #[test]
    fn run_locks_exclude_each_other() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("go.mod");
        let first = RunLock::acquire(&[&file], Duration::ZERO).unwrap();
        let second = RunLock::acquire(&[&file], Duration::from_millis(5));
        assert!(matches!(second, Err(HostError::Locked { .. })));
        drop(first);
        RunLock::acquire(&[&file, &file], Duration::ZERO).unwrap();
    }
}
