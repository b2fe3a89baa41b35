//! One run over one main module: what is read from the module cache and the proxies, and checked.
//!
//! Nothing is fed whose hash does not hold, and nothing is written to the cache before its hash held.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use super::trust::{Checked, Trust, TrustError};
use super::zip::{ZipError, hash_zip};
use super::{
    FetchError, Fetched, GoEnv, HostError, Info, ModCache, Request, SourceOptions, Sources, Sums,
    parse_list, read_if_there,
};
use crate::model::{GoMod, GoSum, ModulePath, ModuleVersion, Version};
use crate::mvs::{LoadError, Unavailable};
use crate::verify::{ModuleHash, Record, hash_go_mod};

/// How a session is opened.
#[derive(Debug, Clone, Default)]
pub struct SessionOptions {
    /// Instead of GOPROXY.
    pub proxy: Option<String>,
    /// Use only what is on this machine.
    pub offline: bool,
    /// The directory of `go.mod` or `go.work`, which directory replacements are relative to.
    pub root: PathBuf,
    /// The directory that a relative `proxy` directory is relative to.
    pub base: PathBuf,
}

/// One run over one main module or workspace.
#[derive(Debug)]
pub struct Session {
    pub(super) env: GoEnv,
    pub(super) cache: ModCache,
    pub(super) sources: Sources,
    pub(super) trust: Trust,
    pub(super) root: PathBuf,
    /// Versions whose `.mod` in the cache is neither read nor written.
    pub(super) bypassed: HashSet<ModuleVersion>,
    warnings: Vec<String>,
    pub(super) read: Evidence,
    /// A module cache for this run only.
    _scratch: Option<tempfile::TempDir>,
}

/// What was read in a session, by hash: what its results rest on.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// The `h1:` of each `go.mod`, in the order of reading; one may be read more than once.
    pub go_mods: Vec<(ModuleVersion, ModuleHash)>,
    /// The versions that the source of each path lists.
    pub lists: BTreeMap<ModulePath, Vec<Version>>,
}

impl Session {
    /// Opens a session; nothing is read or asked yet.
    ///
    /// # Errors
    /// [`HostError`] when the environment makes no sense.
    pub fn new(env: GoEnv, go_sum: GoSum, options: SessionOptions) -> Result<Self, HostError> {
        // Without a home, or where GOMODCACHE is relative, there is no module cache; what is fetched then lasts as long as the run.
        let (cache, scratch) = match ModCache::from_env(&env) {
            Err(HostError::NoModCache | HostError::RelativeModCache { .. }) => {
                let scratch = tempfile::tempdir()
                    .map_err(|error| HostError::io("creating", &std::env::temp_dir(), error))?;
                (ModCache::new(scratch.path().to_path_buf()), Some(scratch))
            }
            cache => (cache?, None),
        };
        let sources = Sources::new(
            &env,
            SourceOptions {
                proxy: options.proxy,
                base: options.base,
                offline: options.offline,
                ..SourceOptions::default()
            },
        )?;
        let trust = Trust::new(&env, &cache, go_sum);
        Ok(Self {
            env,
            cache,
            sources,
            trust,
            root: options.root,
            bypassed: HashSet::new(),
            warnings: Vec::new(),
            read: Evidence::default(),
            _scratch: scratch,
        })
    }

    /// The Go environment.
    pub fn env(&self) -> &GoEnv {
        &self.env
    }

    /// What was checked so far.
    pub fn checked(&self) -> &Checked {
        self.trust.checked()
    }

    /// What was read so far.
    pub fn evidence(&self) -> &Evidence {
        &self.read
    }

    /// What went wrong without consequences, such as a cache that cannot be written.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The `go.mod` files of module versions, checked, in the order asked for.
    pub fn go_mods(
        &mut self,
        wanted: &[ModuleVersion],
        sums: Sums,
    ) -> Vec<Result<Vec<u8>, LoadError>> {
        let mut results: Vec<Option<Result<Vec<u8>, LoadError>>> = vec![None; wanted.len()];
        let mut found: Vec<(usize, Vec<u8>, String, bool)> = Vec::new();
        let mut missing: Vec<usize> = Vec::new();
        let readable: Vec<usize> = (0..wanted.len())
            .filter(|at| {
                let known = sums == Sums::Looked || self.trust.knows_go_mod(&wanted[*at]);
                if !known {
                    results[*at] = Some(Err(missing_sum(&wanted[*at])));
                }
                known
            })
            .collect();
        let (past, readable): (Vec<usize>, Vec<usize>) = readable
            .into_iter()
            .partition(|at| self.bypassed.contains(&wanted[*at]));
        missing.extend(past);
        let modules: Vec<ModuleVersion> = readable.iter().map(|at| wanted[*at].clone()).collect();
        for (at, cached) in readable.into_iter().zip(self.cache.read_mods(&modules)) {
            match cached {
                Ok(Some(bytes)) => found.push((at, bytes, "the module cache".to_owned(), false)),
                Ok(None) => missing.push(at),
                // What cannot be read counts as not cached, as for the go command.
                Err(error) => {
                    self.warnings.push(error.to_string());
                    missing.push(at);
                }
            }
        }
        let requests: Vec<Request> = missing
            .iter()
            .map(|at| Request::Mod(wanted[*at].clone()))
            .collect();
        if !requests.is_empty() {
            for (at, answer) in missing.into_iter().zip(self.sources.fetch(&requests)) {
                match answer {
                    Ok(Fetched { bytes, source, .. }) => found.push((at, bytes, source, true)),
                    Err(error) => results[at] = Some(Err(fetch_failure(&error))),
                }
            }
        }
        let hashed: Vec<_> = found
            .iter()
            .map(|(at, bytes, source, _)| (wanted[*at].clone(), hash_go_mod(bytes), source.clone()))
            .collect();
        let verdicts = self.trust.check_go_mods(&self.env, &self.sources, &hashed);
        self.read
            .go_mods
            .extend(hashed.into_iter().map(|(module, hash, _)| (module, hash)));
        let mut fresh: Vec<(ModuleVersion, Vec<u8>)> = Vec::new();
        for ((at, bytes, _, fetched), verdict) in found.into_iter().zip(verdicts) {
            results[at] = Some(match verdict {
                Ok(()) => {
                    if fetched
                        && !self.bypassed.contains(&wanted[at])
                        && self.may_keep(&wanted[at], &bytes)
                    {
                        fresh.push((wanted[at].clone(), bytes.clone()));
                    }
                    Ok(bytes)
                }
                Err(error) => Err(distrust(&error)),
            });
        }
        if !fresh.is_empty() {
            let errors = self.cache.store_mods(&fresh);
            self.warnings.extend(errors.iter().map(ToString::to_string));
        }
        answered(results)
    }

    /// The `go.mod` that the module cache has, unless go.sum speaks against it.
    pub(super) fn go_mod_at_hand(&self, module: &ModuleVersion) -> Option<Vec<u8>> {
        if self.bypassed.contains(module) {
            return None;
        }
        let bytes = self.cache.read_mod(module).ok().flatten()?;
        let hash = hash_go_mod(&bytes);
        self.trust.check_cached_go_mod(module, hash).ok()?;
        Some(bytes)
    }

    /// What nobody vouches for is kept only if it is a go.mod at all, and no page of a server.
    fn may_keep(&self, module: &ModuleVersion, bytes: &[u8]) -> bool {
        self.trust.knows_go_mod(module)
            || self.trust.outside_log(&self.env, module).is_none()
            || GoMod::parse_dependency("go.mod", bytes)
                .is_ok_and(|go_mod| go_mod.module.is_some_and(|line| line.path.check().is_ok()))
    }

    /// The versions that each path's source lists, ascending; without pseudo-versions. A path that no
    /// source knows has none.
    pub fn versions(&mut self, paths: &[ModulePath]) -> Vec<Result<Vec<Version>, FetchError>> {
        let requests: Vec<Request> = paths
            .iter()
            .map(|path| Request::List(path.clone()))
            .collect();
        self.sources
            .fetch(&requests)
            .into_iter()
            .map(|answer| match answer {
                Ok(fetched) => Ok(listed(&fetched.bytes)),
                Err(error) if error.is_not_found() || error.is_refused_everywhere() => {
                    Ok(Vec::new())
                }
                Err(error) => Err(error),
            })
            .collect()
    }

    /// Whether each module version exists, as its `.info` says; fetched ones are cached. Sources that
    /// make no sense are refused also where nothing must be fetched, as the go command does here.
    pub fn infos(&mut self, modules: &[ModuleVersion]) -> Vec<Result<Info, LoadError>> {
        if let Err(error) = self.sources.check_list() {
            let error = fetch_failure(&error);
            return modules.iter().map(|_| Err(error.clone())).collect();
        }
        let mut results: Vec<Option<Result<Info, LoadError>>> = modules
            .iter()
            .map(|module| self.cache.read_info(module).ok().flatten().map(Ok))
            .collect();
        let missing: Vec<usize> = (0..modules.len())
            .filter(|at| results[*at].is_none())
            .collect();
        let requests: Vec<Request> = missing
            .iter()
            .map(|at| Request::Info(modules[*at].path.clone(), modules[*at].version.to_string()))
            .collect();
        if !requests.is_empty() {
            for (at, answer) in missing.into_iter().zip(self.sources.fetch(&requests)) {
                results[at] = Some(match answer {
                    Ok(fetched) => match Info::parse(&fetched.bytes) {
                        Ok(info) => {
                            if info.version == modules[at].version.as_str()
                                && let Err(error) = self.cache.store_info(&modules[at], &info)
                            {
                                self.warnings.push(error.to_string());
                            }
                            Ok(info)
                        }
                        Err(reason) => Err(unavailable(
                            format!("{}: its .info is {reason}", modules[at]),
                            Unavailable::Other,
                        )),
                    },
                    Err(error) => Err(fetch_failure(&error)),
                });
            }
        }
        answered(results)
    }

    /// The hashes of module versions for go.sum. For those outside the log the content is fetched and
    /// hashed here, which nobody vouches for.
    pub fn sums(
        &mut self,
        modules: &[ModuleVersion],
    ) -> Vec<(ModuleVersion, Result<Record, TrustError>)> {
        let records = self.trust.records(&self.env, &self.sources, modules);
        records.into_iter().collect()
    }

    /// The hash of a module's content: as the module cache recorded it, or of its zip, fetched now.
    /// Nothing but the source vouches for it.
    ///
    /// # Errors
    /// When the zip cannot be had, or breaks the rules for module zips.
    pub fn zip_hash(&mut self, module: &ModuleVersion) -> Result<ModuleHash, ZipError> {
        if let Ok(Some(text)) = self.cache.read_ziphash(module)
            && let Ok(hash) = ModuleHash::parse(&text)
        {
            return Ok(hash);
        }
        if let Ok(Some(zip)) = self.cache.zip(module) {
            return hash_zip(&zip, module);
        }
        let fetched = self
            .sources
            .fetch(&[Request::Zip(module.clone())])
            .pop()
            .ok_or_else(|| ZipError::Unavailable("no answer".to_owned()))?
            .map_err(|error| ZipError::Unavailable(error.to_string()))?;
        let file = fetched
            .zip
            .ok_or_else(|| ZipError::Unavailable("no file".to_owned()))?;
        let hash = hash_zip(&file, module)?;
        if let Err(error) = self.cache.store_zip(module, &file, &hash.to_string()) {
            self.warnings.push(error.to_string());
        }
        Ok(hash)
    }

    /// The go.sum that the session trusts.
    pub fn go_sum(&self) -> &GoSum {
        self.trust.go_sum()
    }

    pub(super) fn read_directory(&self, directory: &str) -> Result<Vec<u8>, LoadError> {
        let path = self.root.join(Path::new(directory)).join("go.mod");
        match read_if_there(&path) {
            Ok(Some(bytes)) => Ok(bytes),
            Ok(None) => Err(unavailable(
                format!(
                    "replacement directory {directory} has no go.mod ({})",
                    path.display()
                ),
                Unavailable::NoDirectory,
            )),
            Err(error) => Err(unavailable(error.to_string(), Unavailable::Other)),
        }
    }
}

/// The canonical versions of a `list` file.
pub(super) fn listed(bytes: &[u8]) -> Vec<Version> {
    parse_list(bytes)
        .iter()
        .filter(|text| crate::model::is_canonical(text))
        .filter_map(|text| Version::parse(text).ok())
        .collect()
}

/// The results in the order asked for; what nobody answered is a failure.
fn answered<T>(results: Vec<Option<Result<T, LoadError>>>) -> Vec<Result<T, LoadError>> {
    let unanswered = || Err(unavailable("no answer".to_owned(), Unavailable::Other));
    results
        .into_iter()
        .map(|result| result.unwrap_or_else(unanswered))
        .collect()
}

pub(super) fn unavailable(message: String, reason: Unavailable) -> LoadError {
    LoadError::Unavailable { message, reason }
}

fn missing_sum(module: &ModuleVersion) -> LoadError {
    unavailable(
        format!("{module}: missing go.sum entry for go.mod file"),
        Unavailable::NoSum,
    )
}

pub(super) fn fetch_failure(error: &FetchError) -> LoadError {
    let reason = match error.best() {
        _ if error.is_not_found() || error.is_refused_everywhere() => Unavailable::NotFound,
        FetchError::NoProxyConfigured { .. } => Unavailable::NoProxy,
        FetchError::InvalidSource { .. } => Unavailable::Setting,
        FetchError::Offline { .. } | FetchError::Off { .. } => Unavailable::Offline,
        _ => Unavailable::Other,
    };
    unavailable(error.to_string(), reason)
}

pub(super) fn distrust(error: &TrustError) -> LoadError {
    let reason = match error {
        error if error.is_security() => Unavailable::Distrusted,
        TrustError::NoDatabase { .. } => Unavailable::Setting,
        TrustError::Unreachable { offline: true, .. } => Unavailable::Offline,
        _ => Unavailable::Other,
    };
    unavailable(error.to_string(), reason)
}
