//! Whose word is taken for a hash: go.sum first, then the checksum database; nothing else.
//!
//! It is the order of `checkMod` and `checkGoMod` in cmd/go's modfetch. A module that the settings keep
//! away from the database, and that go.sum does not know, is used unchecked, and counted as such.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    FetchError, Fetched, GoEnv, HostError, ModCache, Request, Sources, SumdbFiles, WriteLatest,
};
use crate::model::{GoSum, ModuleVersion};
use crate::verify::{Client, Database, FeedFailure, ModuleHash, Need, Record, VerifyError};

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
            Self::Unreachable { .. } => false,
        }
    }
}

/// go.sum and the checksum database of one run.
#[derive(Debug)]
pub struct Trust {
    go_sum: GoSum,
    database: Database,
    files: Option<SumdbFiles>,
    client: Option<Client>,
    stored_latest: Vec<u8>,
    /// Whether a cache of the log that lied is written anew.
    mends_cache: bool,
    checked: Checked,
}

impl Trust {
    /// Trusts `go_sum`, then what the environment says about a checksum database.
    ///
    /// # Errors
    /// [`HostError`] when GOSUMDB makes no sense.
    pub fn new(env: &GoEnv, cache: &ModCache, go_sum: GoSum) -> Result<Self, HostError> {
        let value = env.get("GOSUMDB");
        let database = Database::from_gosumdb(value).map_err(|error| HostError::Sumdb {
            value: value.to_owned(),
            reason: error.to_string(),
        })?;
        let files = env.sumdb_dir().ok().map(|dir| SumdbFiles::new(cache, dir));
        Ok(Self {
            go_sum,
            database,
            files,
            client: None,
            stored_latest: Vec::new(),
            mends_cache: false,
            checked: Checked::default(),
        })
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

    /// The name of the checksum database; `None` when GOSUMDB is off.
    pub fn database(&self) -> Option<&str> {
        match &self.database {
            Database::Db { name, .. } => Some(name),
            Database::Off => None,
        }
    }

    /// Whether go.sum has a line for the `go.mod` of `module`.
    pub fn knows_go_mod(&self, module: &ModuleVersion) -> bool {
        let version = format!("{}/go.mod", module.version);
        !self.go_sum.hashes(&module.path, &version).is_empty()
    }

    /// Why a module is not looked up, or `None` if it is.
    pub fn outside_log(&self, env: &GoEnv, module: &ModuleVersion) -> Option<String> {
        if self.database == Database::Off {
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
        let asked: Vec<ModuleVersion> = files
            .iter()
            .filter(|(module, _, _)| !self.knows_go_mod(module))
            .map(|(module, _, _)| module.clone())
            .collect();
        let mut records = self.records(env, sources, &asked);
        files
            .iter()
            .map(|(module, actual, source_name)| {
                let mismatch = |witness: &str, expected: String| TrustError::Mismatch {
                    module: module.clone(),
                    what: "go.mod",
                    source_name: source_name.clone(),
                    actual: *actual,
                    witness: witness.to_owned(),
                    expected,
                };
                let version = format!("{}/go.mod", module.version);
                let known = self.go_sum.hashes(&module.path, &version);
                if !known.is_empty() {
                    if known.iter().any(|hash| **hash == *actual.to_string()) {
                        self.checked.by_go_sum.insert(module.clone());
                        return Ok(());
                    }
                    return Err(mismatch("go.sum", known.join(" or ")));
                }
                match records.remove(module) {
                    None => Ok(()),
                    Some(Err(error)) => Err(error),
                    Some(Ok(lines)) if lines.go_mod == *actual => {
                        self.checked.go_mods_by_log += 1;
                        Ok(())
                    }
                    Some(Ok(lines)) => {
                        let name = self
                            .checked
                            .log
                            .as_ref()
                            .map_or("the log", |log| log.0.as_str());
                        Err(mismatch(name, lines.go_mod.to_string()))
                    }
                }
            })
            .collect()
    }

    /// The proven hashes of module versions, for those that the log is asked about; the others are
    /// noted as unchecked.
    pub fn records(
        &mut self,
        env: &GoEnv,
        sources: &Sources,
        modules: &[ModuleVersion],
    ) -> Records {
        let mut asked: Vec<&ModuleVersion> = Vec::new();
        for module in modules {
            match self.outside_log(env, module) {
                Some(why) => _ = self.checked.unchecked.insert(module.clone(), why),
                None => asked.push(module),
            }
        }
        if asked.is_empty() {
            return BTreeMap::new();
        }
        let mut client = match self.take_client() {
            Ok(client) => client,
            Err(error) => {
                return asked
                    .into_iter()
                    .map(|module| (module.clone(), Err(failed(module, error.clone()))))
                    .collect();
            }
        };
        for module in &asked {
            client.lookup(&module.path, &module.version);
        }
        self.drive(&mut client, sources, true);
        let mut results = outcomes(&client, &asked, sources);
        let client = match self.ask_past_cache(&mut results, sources) {
            None => {
                self.keep(&mut client, sources);
                client
            }
            Some(mut client) => {
                if self.mends_cache {
                    self.keep(&mut client, sources);
                }
                client
            }
        };
        for (module, result) in &results {
            if result.is_ok() {
                self.checked.by_log.insert(module.clone());
            }
        }
        if let Some(head) = client.latest_head() {
            self.checked.log = Some((client.name().to_owned(), head.size));
        }
        self.client = Some(client);
        results
    }

    /// When something does not hold and the go command's cache had a part in it, asks the log itself. If
    /// that holds, it was the cache that lied: the results are the log's, from the client returned.
    fn ask_past_cache(&mut self, results: &mut Records, sources: &Sources) -> Option<Client> {
        let wrong: Vec<ModuleVersion> = results
            .iter()
            .filter(|(_, result)| result.as_ref().is_err_and(TrustError::is_security))
            .map(|(module, _)| module.clone())
            .collect();
        let Database::Db { key, .. } = &self.database else {
            return None;
        };
        if wrong.is_empty() || self.checked.work.cached == 0 || sources.is_offline() {
            return None;
        }
        let mut client = Client::new(key, Some(&self.stored_latest)).ok()?;
        for module in &wrong {
            client.lookup(&module.path, &module.version);
        }
        self.drive(&mut client, sources, false);
        let again = outcomes(&client, &wrong.iter().collect::<Vec<_>>(), sources);
        if again.values().any(Result::is_err) {
            return None;
        }
        for (module, result) in again {
            if let Some(Err(error)) = results.insert(module, result) {
                self.checked.cache_lies.push(error.to_string());
            }
        }
        Some(client)
    }

    fn take_client(&mut self) -> Result<Client, VerifyError> {
        if let Some(client) = self.client.take() {
            return Ok(client);
        }
        let Database::Db { name, key, .. } = &self.database else {
            return Client::new("", None);
        };
        self.stored_latest = self
            .files
            .as_ref()
            .and_then(|files| files.read_latest(name).ok())
            .unwrap_or_default();
        Client::new(key, Some(&self.stored_latest))
    }

    /// Feeds the client from the go command's cache, then from the database, until it needs no more.
    fn drive(&mut self, client: &mut Client, sources: &Sources, cached: bool) {
        let name = client.name().to_owned();
        let work = &mut self.checked.work;
        loop {
            let needs = client.needs();
            if needs.is_empty() {
                let proven = client.statistics();
                (work.proofs, work.tiles) = (proven.proofs, proven.tiles);
                return;
            }
            let mut missing: Vec<Need> = Vec::new();
            for need in needs {
                let file = format!("{name}/{}", need.remote_path());
                match self
                    .files
                    .as_ref()
                    .filter(|_| cached)
                    .and_then(|files| files.read(&file).ok().flatten())
                {
                    Some(bytes) => {
                        work.cached += 1;
                        client.feed_cached(&need, &bytes);
                    }
                    None => missing.push(need),
                }
            }
            let tiles = |need: &&Need| matches!(need, Need::Tile(_));
            let tiles = missing.iter().filter(tiles).count();
            work.tiles_fetched += tiles;
            work.lookups_fetched += missing.len() - tiles;
            let requests: Vec<Request> = missing
                .iter()
                .map(|need| Request::Sumdb {
                    name: name.clone(),
                    path: need.remote_path(),
                })
                .collect();
            for (need, answer) in missing.iter().zip(sources.fetch(&requests)) {
                feed(client, need, answer);
            }
        }
    }

    /// Stores what was proven where the go command looks for it. Failing to costs time later, no more.
    fn keep(&mut self, client: &mut Client, sources: &Sources) {
        let Some(files) = self.files.clone() else {
            return;
        };
        let name = client.name().to_owned();
        for (path, bytes) in client.cacheable() {
            if files.write(&format!("{name}/{path}"), &bytes).is_err() {
                break;
            }
        }
        // Another process may have moved the head meanwhile: ours must be consistent with it first.
        for _ in 0..8 {
            let Some(latest) = client.latest().map(<[u8]>::to_vec) else {
                return;
            };
            if latest == self.stored_latest {
                return;
            }
            match files.write_latest(&name, &self.stored_latest, &latest) {
                Ok(WriteLatest::Done) => {
                    self.stored_latest = latest;
                    return;
                }
                Ok(WriteLatest::Conflict(theirs)) => {
                    if client.observe(&theirs).is_err() {
                        return;
                    }
                    self.drive(client, sources, true);
                    self.stored_latest = theirs;
                }
                Err(_) => return,
            }
        }
    }
}

/// What the log says of module versions.
pub type Records = BTreeMap<ModuleVersion, Result<Record, TrustError>>;

fn failed(module: &ModuleVersion, error: VerifyError) -> TrustError {
    TrustError::Log {
        module: module.clone(),
        error: Box::new(error),
    }
}

fn outcomes(client: &Client, asked: &[&ModuleVersion], sources: &Sources) -> Records {
    let outcome = |module: &ModuleVersion| match client.outcome(&module.path, &module.version) {
        Some(Ok(record)) => Ok(record.clone()),
        Some(Err(VerifyError::Unavailable {
            what,
            message,
            not_found,
        })) => Err(TrustError::Unreachable {
            module: module.clone(),
            message: message.clone(),
            offline: sources.is_offline(),
            // A missing tile says nothing of the record.
            not_found: *not_found && what.starts_with("lookup/"),
        }),
        Some(Err(error)) => Err(failed(module, error.clone())),
        None => Err(TrustError::Unreachable {
            module: module.clone(),
            message: "no answer".to_owned(),
            offline: false,
            not_found: false,
        }),
    };
    asked
        .iter()
        .map(|module| ((*module).clone(), outcome(module)))
        .collect()
}

fn feed(client: &mut Client, need: &Need, answer: Result<Fetched, FetchError>) {
    match answer {
        Ok(fetched) => client.feed(need, Ok(&fetched.bytes)),
        Err(error) => client.feed(
            need,
            Err(FeedFailure {
                not_found: error.is_not_found(),
                message: error.to_string(),
            }),
        ),
    }
}
