//! What the module cache holds of a module version, against the hashes that it must have.
//!
//! The go command compares the zip and the directory with the `.ziphash` beside them (`go mod verify`);
//! here all three are compared with what go.sum or the log says, and the `.mod` and `.info` are read as well.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use super::tree::digest_tree;
use super::zip::{digest_zip, hash_zip};
use super::{CacheFile, HostError, Info, ModCache, read_if_there};
use crate::model::ModuleVersion;
use crate::verify::dirhash::DirHasher;
use crate::verify::{ModuleHash, hash_go_mod};

/// How old a temporary file must be to count as left over, where no lock says that nobody writes it.
const ABANDONED: Duration = Duration::from_secs(600);
/// How many changed files are listed of a directory.
const LISTED: usize = 20;

/// A module version, and the hashes that vouch for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// The module version.
    pub module: ModuleVersion,
    /// The hashes that its content may have; with none its `.ziphash` counts, as for `go mod verify`.
    pub zip: Vec<String>,
    /// The hashes that its `go.mod` may have; with none it is not compared.
    pub go_mod: Vec<String>,
    /// Whether the zip and the directory are to be read.
    pub content: bool,
}

/// What the module cache holds of a module version.
#[derive(Debug)]
pub struct Inspection {
    /// The module version.
    pub module: ModuleVersion,
    /// The hash of the `.mod`, if there is one.
    pub go_mod: Option<ModuleHash>,
    /// The hash of the zip, if there is one that can be read.
    pub zip: Option<ModuleHash>,
    /// The hash of the directory, if it is there, complete, and can be read.
    pub dir: Option<ModuleHash>,
    /// What the `.ziphash` says.
    pub ziphash: Option<String>,
    /// What is wrong.
    pub damage: Vec<Damage>,
}

/// One thing that is wrong with a module in the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Damage {
    /// The `.mod` has another hash.
    GoModChanged(ModuleHash),
    /// The `.mod` is there and is no file that can be read.
    GoModUnreadable(String),
    /// The content is there, and the `.mod` is not.
    GoModMissing,
    /// There is a zip without a `.ziphash`.
    ZipHashMissing,
    /// The `.ziphash` holds another hash.
    ZipHashChanged(String),
    /// The zip has another hash.
    ZipChanged(ModuleHash),
    /// The zip cannot be read, or is no module zip.
    ZipUnreadable(String),
    /// The directory has another hash.
    DirChanged {
        /// Its hash.
        found: ModuleHash,
        /// How its files differ from those of the zip, if that is good.
        files: Vec<FileChange>,
    },
    /// The directory cannot be read, or holds what no module does.
    DirUnreadable(String),
    /// A `.partial` says that unpacking was not finished.
    Unfinished,
    /// The `.info` is not that of the version.
    InfoUnreadable(String),
    /// Temporary files that nobody will finish.
    LeftOver(Vec<PathBuf>),
}

/// How a file of an unpacked module differs from the zip's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileChange {
    /// Its content differs.
    Changed(String),
    /// It is not there.
    Lost(String),
    /// It is not in the zip.
    Extra(String),
}

impl Damage {
    /// Whether some content is not what its hash says, rather than missing or unfinished.
    pub fn is_mismatch(&self) -> bool {
        match self {
            Self::GoModChanged(_)
            | Self::ZipHashChanged(_)
            | Self::ZipChanged(_)
            | Self::ZipUnreadable(_)
            | Self::DirChanged { .. }
            | Self::DirUnreadable(_) => true,
            Self::GoModMissing
            | Self::GoModUnreadable(_)
            | Self::ZipHashMissing
            | Self::Unfinished
            | Self::InfoUnreadable(_)
            | Self::LeftOver(_) => false,
        }
    }

    /// Whether the directory may have been used by the go command while it was wrong.
    pub fn is_of_directory(&self) -> bool {
        matches!(self, Self::DirChanged { .. } | Self::DirUnreadable(_))
    }
}

impl Inspection {
    /// Whether the cache holds any content of the module.
    pub fn has_content(&self) -> bool {
        self.zip.is_some()
            || self.dir.is_some()
            || self.damage.iter().any(|damage| {
                matches!(
                    damage,
                    Damage::ZipUnreadable(_) | Damage::DirUnreadable(_) | Damage::Unfinished
                )
            })
    }
}

/// Inspects many module versions on all processors; results in the order asked for.
pub fn inspect_all(cache: &ModCache, wanted: &[Expected]) -> Vec<Result<Inspection, HostError>> {
    let listings = Listings::of(cache, wanted);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    // The largest first, so that none is left to one thread at the end.
    let mut order: Vec<(u64, usize)> = wanted
        .iter()
        .enumerate()
        .map(|(at, expected)| (size(cache, expected), at))
        .collect();
    order.sort_unstable_by(|a, b| b.cmp(a));
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        while let Some((_, at)) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
            if let Some(expected) = wanted.get(*at) {
                done.push((*at, look(cache, expected, &listings)));
            }
        }
        done
    };
    let mut results = std::thread::scope(|scope| {
        let workers: Vec<_> = (1..threads.min(wanted.len()))
            .map(|_| scope.spawn(work))
            .collect();
        let mut results = work();
        for worker in workers {
            let more = worker
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            results.extend(more);
        }
        results
    });
    results.sort_by_key(|(at, _)| *at);
    results.into_iter().map(|(_, result)| result).collect()
}

/// Inspects one module version.
///
/// # Errors
/// [`HostError`] when its name has no place in the cache. A file that cannot be read is damage.
pub fn inspect(cache: &ModCache, expected: &Expected) -> Result<Inspection, HostError> {
    let listings = Listings::of(cache, std::slice::from_ref(expected));
    look(cache, expected, &listings)
}

fn look(
    cache: &ModCache,
    expected: &Expected,
    listings: &Listings,
) -> Result<Inspection, HostError> {
    let module = &expected.module;
    let mut found = Inspection {
        module: module.clone(),
        go_mod: None,
        zip: None,
        dir: None,
        ziphash: None,
        damage: Vec::new(),
    };
    match irregular(&cache.file(module, CacheFile::Mod)?) {
        Some(reason) => found.damage.push(Damage::GoModUnreadable(reason)),
        None => match cache.read_mod(module) {
            Ok(bytes) => found.go_mod = bytes.map(|bytes| hash_go_mod(&bytes)),
            Err(error) => found
                .damage
                .push(Damage::GoModUnreadable(error.to_string())),
        },
    }
    if let Some(hash) = found.go_mod
        && !expected.go_mod.is_empty()
        && !says(&expected.go_mod, &hash)
    {
        found.damage.push(Damage::GoModChanged(hash));
    }
    if let Some(reason) = wrong_info(cache, module)? {
        found.damage.push(Damage::InfoUnreadable(reason));
    }
    if expected.content {
        content(cache, expected, &mut found)?;
        let unreadable = |damage: &Damage| matches!(damage, Damage::GoModUnreadable(_));
        if found.go_mod.is_none()
            && !expected.go_mod.is_empty()
            && found.has_content()
            && !found.damage.iter().any(unreadable)
        {
            found.damage.push(Damage::GoModMissing);
        }
    }
    let left = listings.left_over(cache, module)?;
    if !left.is_empty() {
        found.damage.push(Damage::LeftOver(left));
    }
    Ok(found)
}

/// Reads the zip and the directory.
fn content(cache: &ModCache, expected: &Expected, found: &mut Inspection) -> Result<(), HostError> {
    let module = &expected.module;
    let zip = cache.zip(module)?;
    let dir = cache.unpacked_dir(module)?;
    // One that cannot be read counts as none, as for the go command.
    if irregular(&cache.file(module, CacheFile::ZipHash)?).is_none() {
        found.ziphash = cache.read_ziphash(module).ok().flatten();
    }
    let right: Vec<String> = match expected.zip.is_empty() {
        true => found.ziphash.iter().cloned().collect(),
        false => expected.zip.clone(),
    };
    match &found.ziphash {
        None if zip.is_some() => found.damage.push(Damage::ZipHashMissing),
        Some(hash) if !right.contains(hash) => {
            found.damage.push(Damage::ZipHashChanged(hash.clone()));
        }
        _ => {}
    }
    if zip.is_none() && fs::symlink_metadata(cache.file(module, CacheFile::Zip)?).is_ok() {
        let reason = irregular(&cache.file(module, CacheFile::Zip)?);
        found
            .damage
            .push(Damage::ZipUnreadable(reason.unwrap_or_default()));
    }
    if let Some(zip) = &zip {
        match hash_zip(zip, module) {
            Ok(hash) => {
                found.zip = Some(hash);
                if !right.is_empty() && !says(&right, &hash) {
                    found.damage.push(Damage::ZipChanged(hash));
                }
            }
            Err(error) => found.damage.push(Damage::ZipUnreadable(error.to_string())),
        }
    }
    // The go command passes over what is not there, and over what it knows to be unfinished.
    if cache.file(module, CacheFile::Partial)?.exists() {
        found.damage.push(Damage::Unfinished);
        return Ok(());
    }
    let Ok(kind) = fs::symlink_metadata(&dir) else {
        return Ok(());
    };
    if found.ziphash.is_none() && zip.is_none() {
        return Ok(());
    }
    if !kind.is_dir() {
        let reason = "it is not a directory".to_owned();
        found.damage.push(Damage::DirUnreadable(reason));
        return Ok(());
    }
    match digest_tree(&dir, module) {
        Ok(digests) => {
            let hash = digests.finish();
            found.dir = Some(hash);
            if !right.is_empty() && !says(&right, &hash) {
                let good = zip.filter(|_| found.zip.is_some_and(|hash| says(&right, &hash)));
                let files = good.and_then(|zip| differences(&digests, &zip, module));
                found.damage.push(Damage::DirChanged {
                    found: hash,
                    files: files.unwrap_or_default(),
                });
            }
        }
        Err(error) => found.damage.push(Damage::DirUnreadable(error.to_string())),
    }
    Ok(())
}

/// How the files of a directory differ from a good zip's.
fn differences(tree: &DirHasher, zip: &Path, module: &ModuleVersion) -> Option<Vec<FileChange>> {
    let zip = digest_zip(zip, module).ok()?;
    let prefix = module.to_string().len() + 1;
    let name = |name: &[u8]| {
        let inner = name.get(prefix..).unwrap_or(name);
        String::from_utf8_lossy(inner).into_owned()
    };
    let there: BTreeMap<&[u8], &[u8; 32]> = tree.files().collect();
    let wanted: BTreeMap<&[u8], &[u8; 32]> = zip.files().collect();
    let mut changes: Vec<FileChange> = wanted
        .iter()
        .filter(|(path, _)| !path.ends_with(b"/"))
        .filter_map(|(path, digest)| match there.get(path) {
            None => Some(FileChange::Lost(name(path))),
            Some(other) if other != digest => Some(FileChange::Changed(name(path))),
            Some(_) => None,
        })
        .collect();
    let extra = there.keys().filter(|path| !wanted.contains_key(*path));
    changes.extend(extra.map(|path| FileChange::Extra(name(path))));
    changes.truncate(LISTED);
    Some(changes)
}

fn says(right: &[String], hash: &ModuleHash) -> bool {
    let text = hash.to_string();
    right.contains(&text)
}

/// What is wrong with the `.info`, if there is one.
fn wrong_info(cache: &ModCache, module: &ModuleVersion) -> Result<Option<String>, HostError> {
    let file = cache.file(module, CacheFile::Info)?;
    if let Some(reason) = irregular(&file) {
        return Ok(Some(reason));
    }
    let bytes = match read_if_there(&file) {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return Ok(None),
        Err(error) => return Ok(Some(error.to_string())),
    };
    Ok(match Info::parse(&bytes) {
        Err(reason) => Some(reason),
        Ok(info) if info.version != module.version.as_str() => {
            Some(format!("it is about version {:?}", info.version))
        }
        Ok(_) => None,
    })
}

/// Why a file that is there cannot be read as one: it is a directory, a pipe, or a link to nothing.
fn irregular(file: &Path) -> Option<String> {
    let meta = fs::symlink_metadata(file).ok()?;
    if meta.is_file() {
        return None; // most are, and one question is enough
    }
    match fs::metadata(file) {
        Ok(meta) if meta.is_file() => None,
        Ok(meta) if meta.is_dir() => Some("it is a directory".to_owned()),
        Ok(_) => Some("it is not a file".to_owned()),
        Err(error) => Some(format!("it is a link that leads nowhere: {error}")),
    }
}

/// Those of `modules` whose cached `.mod` is there and is no file. The go command fetches it again.
pub fn without_readable_mod(cache: &ModCache, modules: &[ModuleVersion]) -> Vec<ModuleVersion> {
    let is_irregular = |module: &&ModuleVersion| {
        cache
            .file(module, CacheFile::Mod)
            .is_ok_and(|file| irregular(&file).is_some())
    };
    modules.iter().filter(is_irregular).cloned().collect()
}

fn size(cache: &ModCache, expected: &Expected) -> u64 {
    let zip = expected
        .content
        .then(|| cache.file(&expected.module, CacheFile::Zip).ok());
    let meta = zip.flatten().and_then(|zip| fs::metadata(zip).ok());
    meta.map_or(0, |meta| meta.len())
}

/// The names of temporary files, by directory; each directory is listed once.
struct Listings(HashMap<PathBuf, Vec<(String, bool)>>);

impl Listings {
    fn of(cache: &ModCache, wanted: &[Expected]) -> Self {
        let mut listings = HashMap::new();
        for expected in wanted {
            let places = [
                cache.file(&expected.module, CacheFile::Zip),
                cache.unpacked_dir(&expected.module),
            ];
            for place in places.into_iter().flatten() {
                let dir = place.parent().map(Path::to_path_buf).unwrap_or_default();
                listings
                    .entry(dir)
                    .or_insert_with_key(|dir| temporary_names(dir));
            }
        }
        Self(listings)
    }

    /// What the go command would clear away as well when it fetches or unpacks this version.
    fn left_over(
        &self,
        cache: &ModCache,
        module: &ModuleVersion,
    ) -> Result<Vec<PathBuf>, HostError> {
        let zip = cache.file(module, CacheFile::Zip)?;
        let dir = cache.unpacked_dir(module)?;
        let mut left = Vec::new();
        let mut collect = |beside: &Path, starts: &[&str]| {
            let parent = beside.parent().unwrap_or(beside);
            for (name, old) in self.0.get(parent).map_or(&[][..], Vec::as_slice) {
                if starts.iter().any(|start| name.starts_with(start)) && *old {
                    left.push(parent.join(name));
                }
            }
        };
        let text = |path: &Path| {
            let name = path.file_name().unwrap_or_default();
            name.to_string_lossy().into_owned()
        };
        let stem = text(&zip.with_extension("")); // `v1.2.3`: the extension is `zip`
        let files = ["zip", "mod", "info"].map(|kind| format!("{stem}.{kind}"));
        let starts: Vec<&str> = files.iter().map(String::as_str).collect();
        collect(&zip, &starts);
        collect(&dir, &[&format!("{}.tmp-", text(&dir))]);
        left.sort();
        Ok(left)
    }
}

/// The names in a directory that look temporary, and whether they are old.
fn temporary_names(dir: &Path) -> Vec<(String, bool)> {
    let Ok(entries) = fs::read_dir(dir) else {
        return Vec::new();
    };
    let now = SystemTime::now();
    entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            (name.ends_with(".tmp") || name.contains(".tmp-")).then_some(())?;
            let modified = entry.metadata().and_then(|meta| meta.modified()).ok()?;
            let age = now.duration_since(modified).unwrap_or_default();
            Some((name, age >= ABANDONED))
        })
        .collect()
}
