//! Whose word is taken for a hash: go.sum first, then the checksum database; nothing else.
//!
//! It is the order of `checkMod` and `checkGoMod` in cmd/go's modfetch. A module that the settings keep
//! away from the database, and that go.sum does not know, is used unchecked, and counted as such.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::PathBuf;

use super::{GoEnv, ModCache, Sources, SumdbFiles};
use crate::model::{GoSum, ModuleVersion};
use crate::verify::{Client, Database, DatabaseError, ModuleHash, VerifyError};

/// What was compared with what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// `go.mod` files whose hash go.sum holds.
    pub by_go_sum: BTreeSet<ModuleVersion>,
    /// How many `go.mod` files were read whose hash the log holds.
    pub go_mods_by_log: usize,
    /// Module versions whose record was proven to be in the log.
    pub by_log: BTreeSet<ModuleVersion>,
    /// Module versions that nobody vouches for, with the setting that makes them so.
    pub unchecked: BTreeMap<ModuleVersion, String>,
    /// The database's name and the size of its tree, once it was asked.
    pub log: Option<(String, u64)>,
    /// What it took to ask it.
    pub work: LogWork,
    /// What in the go command's cache of the log did not hold, while the log itself did.
    pub cache_lies: Vec<String>,
}

/// What it took to prove records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LogWork {
    /// Inclusion proofs of records, and consistency proofs of tree heads.
    pub proofs: usize,
    /// Tiles that were proven to belong to the log.
    pub tiles: usize,
    /// Look-ups that were sent to the database.
    pub lookups_fetched: usize,
    /// Tiles that were fetched from it.
    pub tiles_fetched: usize,
    /// Look-ups and tiles that the go command's cache had.
    pub cached: usize,
}

impl LogWork {
    /// How many requests the database was sent.
    pub fn requests(&self) -> usize {
        self.lookups_fetched + self.tiles_fetched
    }
}

/// Why a content is not trusted.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// The hash differs from what go.sum or the log says.
    #[error(
        "{module}: checksum mismatch for {what}\n{source_name} gave: {actual}\n{witness} says: {expected}"
    )]
    Mismatch {
        /// The module version.
        module: ModuleVersion,
        /// `go.mod` or `zip`.
        what: &'static str,
        /// Who gave the content.
        source_name: String,
        /// Its hash.
        actual: ModuleHash,
        /// `go.sum`, or the checksum database's name.
        witness: String,
        /// The hash that was expected.
        expected: String,
    },
    /// The log's answer does not hold.
    #[error("{module}: {error}")]
    Log {
        /// The module version that was looked up.
        module: ModuleVersion,
        /// What is wrong.
        error: Box<VerifyError>,
    },
    /// There is no log that could be asked: GOSUMDB makes no sense.
    #[error("{module}: not in go.sum, and the checksum database is not known: {error}")]
    NoDatabase {
        /// The module version that would be looked up.
        module: ModuleVersion,
        /// What is wrong with GOSUMDB.
        error: DatabaseError,
    },
    /// What this machine keeps of the log does not hold, which says nothing of the log itself.
    #[error(
        "{module}: what this machine keeps of the checksum database does not hold: {reason}\nlook at {}\n{}",
        list(files), advice(*latest)
    )]
    Local {
        /// The module version that was looked up.
        module: ModuleVersion,
        /// The files of which at least one is damaged.
        files: Vec<PathBuf>,
        /// What is wrong.
        reason: String,
        /// Whether it is the latest tree head, rather than a cached look-up or tile.
        latest: bool,
        /// Whether a signature or a proof does not hold; else it is malformed, or cannot be read.
        security: bool,
    },
    /// The log could not be asked.
    #[error("{module}: not in go.sum, and the checksum database could not be asked: {message}")]
    Unreachable {
        /// The module version that was looked up.
        module: ModuleVersion,
        /// Why not.
        message: String,
        /// Whether it takes the network, which this run may not use.
        offline: bool,
        /// Whether the database said that it has no such record (404 or 410).
        not_found: bool,
    },
}

impl TrustError {
    /// Whether something was found that does not hold, rather than not found at all.
    pub fn is_security(&self) -> bool {
        match self {
            Self::Mismatch { .. } => true,
            Self::Log { error, .. } => error.is_security(),
            Self::Local { security, .. } => *security,
            Self::NoDatabase { .. } | Self::Unreachable { .. } => false,
        }
    }
}

fn list(files: &[PathBuf]) -> String {
    let files: Vec<String> = files
        .iter()
        .map(|file| file.display().to_string())
        .collect();
    files.join(", ")
}

/// What to do about a damaged file of the log's.
fn advice(latest: bool) -> &'static str {
    match latest {
        true => {
            "remove it: the next run starts from the tree that the database signs then, and can no longer compare it with what was signed before"
        }
        false => "gomod verify --repair, with the network, fetches anew what does not hold",
    }
}

/// go.sum and the checksum database of one run.
#[derive(Debug)]
pub struct Trust {
    go_sum: GoSum,
    /// An error matters only once something must be looked up, as for the go command.
    pub(super) database: Result<Database, DatabaseError>,
    pub(super) files: Option<SumdbFiles>,
    pub(super) client: Option<Client>,
    pub(super) stored_latest: Vec<u8>,
    /// The look-ups and tiles, by remote path, that came from the go command's cache.
    pub(super) from_cache: HashSet<String>,
    /// Whether a cache of the log that lied is written anew.
    pub(super) mends_cache: bool,
    pub(super) checked: Checked,
}

impl Trust {
    /// Trusts `go_sum`, then what the environment says about a checksum database.
    pub fn new(env: &GoEnv, cache: &ModCache, go_sum: GoSum) -> Self {
        let files = env.sumdb_dir().ok().map(|dir| SumdbFiles::new(cache, dir));
        Self {
            go_sum,
            database: env.sumdb(),
            files,
            client: None,
            stored_latest: Vec::new(),
            from_cache: HashSet::new(),
            mends_cache: false,
            checked: Checked::default(),
        }
    }

    /// What was checked so far.
    pub fn checked(&self) -> &Checked {
        &self.checked
    }

    /// The go.sum that is trusted.
    pub fn go_sum(&self) -> &GoSum {
        &self.go_sum
    }

    /// Trusts another go.sum from now on.
    pub fn set_go_sum(&mut self, go_sum: GoSum) {
        self.go_sum = go_sum;
    }

    /// From now on writes the go command's cache of the log anew where it lied.
    pub fn mend_cache(&mut self) {
        self.mends_cache = true;
    }

    /// The name of the checksum database; `None` when GOSUMDB is off or makes no sense.
    pub fn database(&self) -> Option<&str> {
        match &self.database {
            Ok(Database::Db { name, .. }) => Some(name),
            Ok(Database::Off) | Err(_) => None,
        }
    }

    /// Whether go.sum has a line for the `go.mod` of `module`.
    pub fn knows_go_mod(&self, module: &ModuleVersion) -> bool {
        let version = format!("{}/go.mod", module.version);
        !self
            .go_sum
            .checked_hashes(&module.path, &version)
            .is_empty()
    }

    /// Why a module is not looked up, or `None` if it is.
    pub fn outside_log(&self, env: &GoEnv, module: &ModuleVersion) -> Option<String> {
        if self.database == Ok(Database::Off) {
            return Some("GOSUMDB=off".to_owned());
        }
        if env.uses_sumdb(&module.path) {
            return None;
        }
        let name = if env.get("GONOSUMDB") == env.get("GOPRIVATE") {
            "GOPRIVATE"
        } else {
            "GONOSUMDB"
        };
        Some(format!("{name}={}", env.get(name)))
    }

    /// Checks the `go.mod` files of module versions; each comes with who gave it.
    pub fn check_go_mods(
        &mut self,
        env: &GoEnv,
        sources: &Sources,
        files: &[(ModuleVersion, ModuleHash, String)],
    ) -> Vec<Result<(), TrustError>> {
        self.check(env, sources, files, What::GoMod)
    }

    /// Checks the zips of module versions; each comes with who gave it.
    pub fn check_zips(
        &mut self,
        env: &GoEnv,
        sources: &Sources,
        files: &[(ModuleVersion, ModuleHash, String)],
    ) -> Vec<Result<(), TrustError>> {
        self.check(env, sources, files, What::Zip)
    }

    /// Checks the hash that the module cache recorded of a zip against go.sum, if that knows it.
    ///
    /// # Errors
    /// [`TrustError::Mismatch`].
    pub fn check_recorded_zip(
        &self,
        module: &ModuleVersion,
        actual: ModuleHash,
    ) -> Result<(), TrustError> {
        let file = (module.clone(), actual, "the module cache".to_owned());
        self.by_go_sum(&file, What::Zip).unwrap_or(Ok(()))
    }

    /// The same of the hash of a `go.mod` there.
    ///
    /// # Errors
    /// [`TrustError::Mismatch`].
    pub fn check_cached_go_mod(
        &self,
        module: &ModuleVersion,
        actual: ModuleHash,
    ) -> Result<(), TrustError> {
        let file = (module.clone(), actual, "the module cache".to_owned());
        self.by_go_sum(&file, What::GoMod).unwrap_or(Ok(()))
    }

    fn check(
        &mut self,
        env: &GoEnv,
        sources: &Sources,
        files: &[(ModuleVersion, ModuleHash, String)],
        what: What,
    ) -> Vec<Result<(), TrustError>> {
        let known: Vec<Option<Result<(), TrustError>>> = files
            .iter()
            .map(|file| self.by_go_sum(file, what))
            .collect();
        let asked: Vec<ModuleVersion> = files
            .iter()
            .zip(&known)
            .filter(|(_, known)| known.is_none())
            .map(|((module, _, _), _)| module.clone())
            .collect();
        let mut records = self.records(env, sources, &asked);
        files
            .iter()
            .zip(known)
            .map(|(file, known)| {
                let (module, actual, _) = file;
                if let Some(verdict) = known {
                    if what == What::GoMod && verdict.is_ok() {
                        self.checked.by_go_sum.insert(module.clone());
                    }
                    return verdict;
                }
                let Some(record) = records.remove(module) else {
                    return Ok(());
                };
                let lines = record?;
                let expected = match what {
                    What::GoMod => lines.go_mod,
                    What::Zip => lines.zip,
                };
                if expected == *actual {
                    if what == What::GoMod {
                        self.checked.go_mods_by_log += 1;
                    }
                    return Ok(());
                }
                let log = self.checked.log.as_ref();
                let name = log.map_or("the log", |log| log.0.as_str());
                Err(mismatch(file, what, name, expected.to_string()))
            })
            .collect()
    }

    /// What go.sum says of a file; `None` when it does not know it.
    fn by_go_sum(
        &self,
        file: &(ModuleVersion, ModuleHash, String),
        what: What,
    ) -> Option<Result<(), TrustError>> {
        let (module, actual, _) = file;
        let version = match what {
            What::GoMod => format!("{}/go.mod", module.version),
            What::Zip => module.version.to_string(),
        };
        let known = self.go_sum.checked_hashes(&module.path, &version);
        if known.is_empty() {
            return None;
        }
        // The first line counts (`haveModSumLocked` in cmd/go): another one behind it vouches for nothing.
        if known.first() == Some(&actual.to_string().as_str()) {
            return Some(Ok(()));
        }
        Some(Err(mismatch(file, what, "go.sum", known.join(" or "))))
    }
}

/// Of what a hash is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    GoMod,
    Zip,
}

fn mismatch(
    (module, actual, source_name): &(ModuleVersion, ModuleHash, String),
    what: What,
    witness: &str,
    expected: String,
) -> TrustError {
    TrustError::Mismatch {
        module: module.clone(),
        what: match what {
            What::GoMod => "go.mod",
            What::Zip => "zip",
        },
        source_name: source_name.clone(),
        actual: *actual,
        witness: witness.to_owned(),
        expected,
    }
}
