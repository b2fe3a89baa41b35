//! Asking the log: drives the client with the go command's cache and with the database, and stores what was
//! proven where the go command looks for it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::trust::Trust;
use super::{FetchError, Fetched, GoEnv, Request, Sources, TrustError, WriteLatest};
use crate::model::ModuleVersion;
use crate::verify::{Client, Database, FeedFailure, Need, Record, VerifyError};

/// What the log says of module versions.
pub type Records = BTreeMap<ModuleVersion, Result<Record, TrustError>>;

impl Trust {
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
        if let Err(error) = &self.database {
            let refused = |module: &ModuleVersion| TrustError::NoDatabase {
                module: module.clone(),
                error: error.clone(),
            };
            return asked
                .into_iter()
                .map(|module| (module.clone(), Err(refused(module))))
                .collect();
        }
        let mut client = match self.take_client() {
            Ok(client) => client,
            Err(failed) => {
                return asked
                    .into_iter()
                    .map(|module| (module.clone(), Err(failed(module))))
                    .collect();
            }
        };
        for module in &asked {
            client.lookup(&module.path, &module.version);
        }
        self.drive(&mut client, sources, true);
        let mut results = outcomes(&client, &asked, sources);
        self.blame_files(&mut results, client.name());
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

    /// Where what does not hold came from files of this machine, says so instead of accusing the log.
    fn blame_files(&self, results: &mut Records, database: &str) {
        let Some(files) = &self.files else { return };
        for (module, result) in results {
            let Err(TrustError::Log { error, .. }) = result else {
                continue;
            };
            let cached = error.answers().into_iter();
            let cached = cached.filter(|path| self.from_cache.contains(path));
            let damaged: Vec<PathBuf> = cached
                .filter_map(|path| files.cache_file(&format!("{database}/{path}")).ok())
                .collect();
            if !damaged.is_empty() {
                *result = Err(TrustError::Local {
                    module: module.clone(),
                    files: damaged,
                    reason: error.chain(),
                    latest: false,
                    security: error.is_security(),
                });
            }
        }
    }

    /// When something does not hold and the go command's cache had a part in it, asks the log itself. If
    /// that holds, it was the cache that lied: the results are the log's, from the client returned.
    fn ask_past_cache(&mut self, results: &mut Records, sources: &Sources) -> Option<Client> {
        let wrong: Vec<ModuleVersion> = results
            .iter()
            .filter(|(_, result)| matches!(result, Err(TrustError::Local { .. })))
            .map(|(module, _)| module.clone())
            .collect();
        let Ok(Database::Db { key, .. }) = &self.database else {
            return None;
        };
        if wrong.is_empty() || sources.is_offline() {
            return None;
        }
        let mut client = Client::new(key, Some(&self.stored_latest)).ok()?;
        for module in &wrong {
            client.lookup(&module.path, &module.version);
        }
        self.drive(&mut client, sources, false);
        let mut held = false;
        for (module, again) in outcomes(&client, &wrong.iter().collect::<Vec<_>>(), sources) {
            match again {
                // Nothing more is known than that the file is damaged.
                Err(TrustError::Unreachable { .. }) => {}
                Err(_) => _ = results.insert(module, again),
                Ok(_) => {
                    held = true;
                    if let Some(Err(error)) = results.insert(module, again) {
                        self.checked.cache_lies.push(error.to_string());
                    }
                }
            }
        }
        held.then_some(client)
    }

    /// Lets go of the tiles that were read; the newest tree head stays. What is asked later reads them again.
    pub fn forget_tiles(&mut self) {
        if let (Ok(Database::Db { key, .. }), Some(client)) = (&self.database, self.client.take()) {
            self.client = Client::new(key, client.latest()).ok();
        }
    }

    /// The client of this run; or what is wrong, as an error about each module.
    fn take_client(&mut self) -> Result<Client, impl Fn(&ModuleVersion) -> TrustError + use<>> {
        if let Some(client) = self.client.take() {
            return Ok(client);
        }
        let (name, key) = match &self.database {
            Ok(Database::Db { name, key, .. }) => (name.as_str(), key.as_str()),
            Ok(Database::Off) | Err(_) => ("", ""),
        };
        let files = self.files.as_ref();
        let file = files.and_then(|files| files.latest_file(name).ok());
        let stored = match files.map(|files| files.read_latest(name)).transpose() {
            Ok(stored) => Ok(stored.unwrap_or_default()),
            Err(error) => Err((error.to_string(), false)),
        };
        let client = stored.and_then(|stored| {
            let client = Client::new(key, Some(&stored));
            self.stored_latest = stored;
            client.map_err(|error| (error.chain(), error.is_security()))
        });
        client.map_err(|(reason, security)| {
            move |module: &ModuleVersion| TrustError::Local {
                module: module.clone(),
                files: file.iter().cloned().collect(),
                reason: reason.clone(),
                latest: true,
                security,
            }
        })
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
                        self.from_cache.insert(need.remote_path());
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
