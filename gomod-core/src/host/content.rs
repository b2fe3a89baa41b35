//! The Go files of modules, as their imports are needed: of the main module from its directory, of others
//! from the module cache, unpacked or zipped. A zip that is missing is fetched, and stored once its hash held.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempPath;

use super::session::{Session, distrust};
use super::{FetchError, Fetched, HostError, Request, TrustError, hash_zip};
use crate::imports::{Package, is_go_file, is_package_dir};
use crate::model::ModuleVersion;
use crate::mvs::{LoadError, Source, SourceId, World};
use crate::plan::Packages;
use crate::verify::ModuleHash;

/// A Go file that is larger is not read for imports, in bytes.
const MAX_FILE: u64 = 64 << 20;

/// How deep directories of the main module are followed.
const MAX_DEPTH: usize = 64;

/// Reads the packages of the main module in `root`, by directory below it with `/` between names, and `""`
/// for its own: what `./...` means (`go help packages`), tests included. `ignored` are its `ignore` lines.
///
/// # Errors
/// [`HostError::Io`] for a directory or file that cannot be read.
pub fn main_packages(root: &Path, ignored: &[String]) -> Result<Vec<(String, Package)>, HostError> {
    let ignored: Vec<Ignored> = ignored.iter().map(|line| Ignored::new(line)).collect();
    let mut found = Vec::new();
    let mut stack = vec![(root.to_path_buf(), String::new(), 0)];
    while let Some((directory, name, depth)) = stack.pop() {
        let (files, directories) = entries(&directory)?;
        if depth < MAX_DEPTH {
            for child in directories {
                let below = match name.as_str() {
                    "" => child.clone(),
                    name => format!("{name}/{child}"),
                };
                let path = directory.join(&child);
                let skipped = !is_package_dir(&child)
                    || ignored.iter().any(|line| line.matches(&below))
                    || path.join("go.mod").exists();
                if !skipped {
                    stack.push((path, below, depth + 1));
                }
            }
        }
        if !files.is_empty() {
            found.push((name, package(&directory, &files)?));
        }
    }
    Ok(found)
}

/// An `ignore` line: below the root where it begins with `./`, else at any depth (`go help go.mod`).
struct Ignored {
    rooted: bool,
    path: String,
}

impl Ignored {
    fn new(line: &str) -> Self {
        let (rooted, path) = match line.strip_prefix("./") {
            Some(path) => (true, path),
            None => (false, line),
        };
        Self {
            rooted,
            path: path.trim_matches('/').to_owned(),
        }
    }

    fn matches(&self, directory: &str) -> bool {
        directory == self.path
            || !self.rooted
                && directory
                    .strip_suffix(self.path.as_str())
                    .is_some_and(|before| before.ends_with('/'))
    }
}

/// The Go files of a directory, which make it a package, and the directories in it.
fn entries(directory: &Path) -> Result<(Vec<String>, Vec<String>), HostError> {
    let failed = |error| HostError::io("reading", directory, error);
    let (mut files, mut directories) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(directory).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        let kind = entry.file_type().map_err(failed)?;
        if kind.is_dir() {
            directories.push(name);
        } else if name.ends_with(".go") && (kind.is_file() || entry.path().is_file()) {
            files.push(name);
        }
    }
    Ok((files, directories))
}

fn package(directory: &Path, files: &[String]) -> Result<Package, HostError> {
    let mut read = Vec::with_capacity(files.len());
    for name in files.iter().filter(|name| is_go_file(name)) {
        let path = directory.join(name);
        let failed = |error| HostError::io("reading", &path, error);
        let mut text = Vec::new();
        File::open(&path)
            .and_then(|file| file.take(MAX_FILE).read_to_end(&mut text))
            .map_err(failed)?;
        read.push((name.as_str(), text));
    }
    Ok(Package::from_files(
        read.iter().map(|(name, text)| (*name, text.as_slice())),
    ))
}

/// Where a module's files are.
enum Content {
    Directory(PathBuf),
    Zip(PathBuf, ModuleVersion),
}

impl Content {
    /// The packages in `directories`; `None` for one without Go files.
    fn packages(&self, directories: &[String]) -> Result<Vec<Option<Package>>, HostError> {
        match self {
            Self::Directory(root) => directories
                .iter()
                .map(|directory| package_below(root, directory))
                .collect(),
            Self::Zip(file, module) => {
                zipped(file, module, directories).map_err(|reason| HostError::Zip {
                    file: file.clone(),
                    reason,
                })
            }
        }
    }
}

/// The package in a directory of a module; a module of its own in between hides it.
pub(super) fn package_below(root: &Path, directory: &str) -> Result<Option<Package>, HostError> {
    let mut path = root.to_path_buf();
    for name in directory.split('/').filter(|name| !name.is_empty()) {
        path.push(name);
        if path.join("go.mod").exists() {
            return Ok(None);
        }
    }
    package_at(&path)
}

/// The package of the Go files in a directory, if there are any.
pub(super) fn package_at(directory: &Path) -> Result<Option<Package>, HostError> {
    if !directory.is_dir() {
        return Ok(None);
    }
    let (files, _) = entries(directory)?;
    if files.is_empty() {
        return Ok(None);
    }
    package(directory, &files).map(Some)
}

fn zipped(
    file: &Path,
    module: &ModuleVersion,
    directories: &[String],
) -> Result<Vec<Option<Package>>, String> {
    let open = File::open(file).map_err(|error| error.to_string())?;
    let mut archive = zip::ZipArchive::new(BufReader::new(open)).map_err(|e| e.to_string())?;
    let prefix = format!("{module}/");
    let mut by_directory: BTreeMap<&str, Vec<(usize, String)>> = directories
        .iter()
        .map(|directory| (directory.as_str(), Vec::new()))
        .collect();
    for at in 0..archive.len() {
        let Some(name) = archive.name_for_index(at) else {
            continue;
        };
        let name = name.map_err(|error| error.to_string())?;
        let Some(inner) = name.strip_prefix(&prefix) else {
            continue;
        };
        let (directory, name) = inner.rsplit_once('/').unwrap_or(("", inner));
        if name.ends_with(".go")
            && let Some(list) = by_directory.get_mut(directory)
        {
            list.push((at, name.to_owned()));
        }
    }
    directories
        .iter()
        .map(|directory| {
            let files = by_directory
                .get(directory.as_str())
                .map(Vec::as_slice)
                .unwrap_or_default();
            let mut read = Vec::new();
            for (at, name) in files.iter().filter(|(_, name)| is_go_file(name)) {
                let mut text = Vec::new();
                let entry = archive.by_index(*at).map_err(|error| error.to_string())?;
                entry
                    .take(MAX_FILE)
                    .read_to_end(&mut text)
                    .map_err(|error| error.to_string())?;
                read.push((name.as_str(), text));
            }
            let texts = read.iter().map(|(name, text)| (*name, text.as_slice()));
            Ok((!files.is_empty()).then(|| Package::from_files(texts)))
        })
        .collect()
}

/// A fetched zip with its hash and who gave it.
fn received(
    module: &ModuleVersion,
    answer: Result<Fetched, FetchError>,
) -> Result<(ModuleHash, String, Arc<TempPath>), String> {
    let fetched = answer.map_err(|error| match error.best() {
        _ if error.is_not_found() || error.is_refused_everywhere() => {
            format!("no source has the zip of {module}")
        }
        FetchError::Offline { .. } => format!("the zip of {module} is not on this machine"),
        best => format!("the zip of {module}: {best}"),
    })?;
    let file = fetched.zip.ok_or_else(|| format!("no zip of {module}"))?;
    let hash = hash_zip(&file, module).map_err(|error| format!("the zip of {module}: {error}"))?;
    Ok((hash, fetched.source, file))
}

/// The directories that are wanted of each source.
fn by_source(wanted: &[(SourceId, String)]) -> BTreeMap<SourceId, Vec<String>> {
    let mut found: BTreeMap<SourceId, Vec<String>> = BTreeMap::new();
    for (source, directory) in wanted {
        found.entry(*source).or_default().push(directory.clone());
    }
    found
}

/// Feeds what was found in the directories of a source.
fn feed(
    packages: &mut Packages,
    source: SourceId,
    directories: &[String],
    found: Vec<Option<Package>>,
) {
    for (directory, package) in directories.iter().zip(found) {
        packages.feed(source, directory, package);
    }
}

impl Session {
    /// Reads the packages that a planner needs and feeds them. What cannot be had ends the following of
    /// imports, which is no error.
    ///
    /// # Errors
    /// A content whose hash does not hold.
    pub(super) fn feed_packages(
        &mut self,
        world: &World,
        wanted: &[(SourceId, String)],
        packages: &mut Packages,
    ) -> Result<(), LoadError> {
        match self.feed_all(world, by_source(wanted), packages) {
            Err(Missing::Distrusted(error)) => return Err(error),
            Err(Missing::Unavailable(why)) => packages.feed_failure(why),
            Ok(()) => {}
        }
        Ok(())
    }

    /// Reads and feeds what a planner wants to try: what cannot be had is not tried.
    ///
    /// # Errors
    /// A content whose hash does not hold.
    pub(super) fn feed_probes(
        &mut self,
        world: &World,
        wanted: &[(SourceId, String)],
        packages: &mut Packages,
    ) -> Result<(), LoadError> {
        for (source, directories) in by_source(wanted) {
            match self.feed_all(world, BTreeMap::from([(source, directories)]), packages) {
                Err(Missing::Distrusted(error)) => return Err(error),
                Err(Missing::Unavailable(_)) => packages.feed_untold(source),
                Ok(()) => {}
            }
        }
        Ok(())
    }

    /// Reads and feeds what is on this machine. Gives the sources whose content is not.
    pub(super) fn feed_at_hand(
        &mut self,
        world: &World,
        wanted: &[(SourceId, String)],
        packages: &mut Packages,
    ) -> Vec<SourceId> {
        let mut missing = Vec::new();
        for (source, directories) in by_source(wanted) {
            let content = match world.source(source) {
                Source::Directory(directory) => Some(Content::Directory(self.root.join(directory))),
                Source::Module(module) => {
                    let module = world.modules.module_version(*module);
                    module.and_then(|module| self.cached_content(&module).ok().flatten())
                }
            };
            let found = content.and_then(|content| content.packages(&directories).ok());
            match found {
                Some(found) => feed(packages, source, &directories, found),
                None => missing.push(source),
            }
        }
        missing
    }

    fn feed_all(
        &mut self,
        world: &World,
        wanted: BTreeMap<SourceId, Vec<String>>,
        packages: &mut Packages,
    ) -> Result<(), Missing> {
        let modules: BTreeSet<ModuleVersion> = wanted
            .keys()
            .filter_map(|source| match world.source(*source) {
                Source::Module(module) => world.modules.module_version(*module),
                Source::Directory(_) => None,
            })
            .collect();
        let mut contents = self.contents(modules)?;
        for (source, directories) in wanted {
            let content = match world.source(source) {
                Source::Directory(directory) => Some(Content::Directory(self.root.join(directory))),
                Source::Module(module) => world
                    .modules
                    .module_version(*module)
                    .and_then(|module| contents.remove(&module)),
            };
            let Some(content) = content else {
                let why = "a module has no content".to_owned();
                return Err(Missing::Unavailable(why));
            };
            let found = content.packages(&directories);
            let found = found.map_err(|error| Missing::Unavailable(error.to_string()))?;
            feed(packages, source, &directories, found);
        }
        Ok(())
    }

    /// Where the files of modules are; zips that are not on this machine are fetched.
    fn contents(
        &mut self,
        modules: BTreeSet<ModuleVersion>,
    ) -> Result<BTreeMap<ModuleVersion, Content>, Missing> {
        let mut found = BTreeMap::new();
        let mut missing = Vec::new();
        for module in modules {
            match self.cached_content(&module)? {
                Some(content) => _ = found.insert(module, content),
                None => missing.push(module),
            }
        }
        let requests: Vec<Request> = missing.iter().cloned().map(Request::Zip).collect();
        if requests.is_empty() {
            return Ok(found);
        }
        // A content that does not hold counts more than one that is not to be had: look at all of them.
        let mut unavailable = None;
        let mut fetched = Vec::new();
        for (module, answer) in missing.into_iter().zip(self.sources.fetch(&requests)) {
            match received(&module, answer) {
                Ok((hash, source, file)) => fetched.push(((module, hash, source), file)),
                Err(why) => {
                    unavailable.get_or_insert(why);
                }
            }
        }
        let hashed: Vec<_> = fetched.iter().map(|(hashed, _)| hashed.clone()).collect();
        let verdicts = self.trust.check_zips(&self.env, &self.sources, &hashed);
        for (((module, hash, _), file), verdict) in fetched.into_iter().zip(verdicts) {
            match verdict.map_err(Missing::from) {
                Ok(()) => {}
                Err(Missing::Unavailable(why)) => {
                    unavailable.get_or_insert(why);
                    continue;
                }
                Err(distrusted) => return Err(distrusted),
            }
            let stored = self.cache.store_zip(&module, &file, &hash.to_string());
            match stored.and_then(|()| self.cache.zip(&module)) {
                Ok(Some(path)) => _ = found.insert(module.clone(), Content::Zip(path, module)),
                // The fetched file does not outlive this call.
                Ok(None) => _ = unavailable.get_or_insert(format!("no zip of {module}")),
                Err(error) => {
                    unavailable
                        .get_or_insert(format!("the zip of {module} cannot be kept: {error}"));
                }
            }
        }
        unavailable.map_or(Ok(found), |why| Err(Missing::Unavailable(why)))
    }

    /// The content that the module cache has. go.sum must not speak against what it recorded.
    fn cached_content(&mut self, module: &ModuleVersion) -> Result<Option<Content>, Missing> {
        let content = if self.cache.is_unpacked(module) {
            self.cache.unpacked_dir(module).ok().map(Content::Directory)
        } else {
            let zip = self.cache.zip(module).ok().flatten();
            zip.map(|zip| Content::Zip(zip, module.clone()))
        };
        if content.is_none() {
            return Ok(None);
        }
        let recorded = self.cache.read_ziphash(module).ok().flatten();
        let Some(hash) = recorded.and_then(|text| ModuleHash::parse(&text).ok()) else {
            return Ok(None); // nobody vouches for it: it is fetched anew
        };
        self.trust
            .check_recorded_zip(module, hash)
            .map_err(Missing::from)?;
        Ok(content)
    }
}

/// Why a content is missing.
enum Missing {
    Unavailable(String),
    Distrusted(LoadError),
}

impl From<TrustError> for Missing {
    fn from(error: TrustError) -> Self {
        if error.is_security() {
            Self::Distrusted(distrust(&error))
        } else {
            Self::Unavailable(error.to_string())
        }
    }
}
