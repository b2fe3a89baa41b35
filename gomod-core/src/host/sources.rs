//! Where modules and the checksum database are fetched from: the `GOPROXY` list, walked as the go
//! command walks it, with many requests in flight.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use futures_util::StreamExt;
use futures_util::stream;
use tempfile::TempPath;
use tokio::runtime::{Builder, Handle, Runtime};

use super::direct;
use super::http::HttpClient;
use super::proxy::{Entry, Place, Reader, parse_entries};
use super::{Attempt, FetchError, Fetched, GoEnv, HostError, Request, SourceOptions};
use crate::model::ModulePath;
use crate::verify;

/// The sources of modules. Creating them costs nothing: no thread, connection or certificate is
/// touched before the first request needs it.
pub struct Sources {
    env: GoEnv,
    options: SourceOptions,
    /// `Err` when the list cannot be used, which matters only once something must be fetched.
    entries: Result<Vec<Entry>, Unusable>,
    http: OnceLock<Result<HttpClient, FetchError>>,
    runtime: Mutex<Option<Runtime>>,
    databases: tokio::sync::Mutex<HashMap<String, Result<Database, FetchError>>>,
}

enum Unusable {
    NotConfigured,
    Entry { entry: String, reason: String },
}

/// How a checksum database is reached.
#[derive(Clone)]
struct Database {
    place: Place,
    below: String,
    proxied: bool,
}

/// Where a request got to before any process is started.
enum Outcome {
    Done(Result<Fetched, FetchError>),
    /// The origin is next; these sources have been asked before.
    Direct(Vec<Attempt>),
}

impl Sources {
    /// The sources that the environment names, unless the options do.
    ///
    /// # Errors
    /// [`HostError::Proxy`] when `options.proxy` is neither a directory nor a list. A `GOPROXY` that is
    /// no list is an error of the first fetch, as for the go command.
    pub fn new(env: &GoEnv, options: SourceOptions) -> Result<Self, HostError> {
        let entries = match &options.proxy {
            Some(proxy) => Ok(given_entries(proxy, &options)?),
            None if env.get("GOPROXY").is_empty() => Err(Unusable::NotConfigured),
            None => parse_entries(env.get("GOPROXY"))
                .map_err(|(entry, reason)| Unusable::Entry { entry, reason }),
        };
        Ok(Self {
            env: env.clone(),
            options,
            entries,
            http: OnceLock::new(),
            runtime: Mutex::new(None),
            databases: tokio::sync::Mutex::new(HashMap::new()),
        })
    }

    /// Whether the network may not be used.
    pub fn is_offline(&self) -> bool {
        self.options.offline
    }

    /// Refuses a `GOPROXY` that is no list, before anything must be fetched.
    ///
    /// # Errors
    /// [`FetchError::InvalidSource`].
    pub fn check_list(&self) -> Result<(), FetchError> {
        match &self.entries {
            Err(Unusable::Entry { entry, reason }) => Err(FetchError::InvalidSource {
                entry: entry.clone(),
                reason: reason.clone(),
            }),
            Ok(_) | Err(Unusable::NotConfigured) => Ok(()),
        }
    }

    /// Fetches a batch, many requests at once and equal ones once; answers are in the order asked.
    pub fn fetch(&self, wanted: &[Request]) -> Vec<Result<Fetched, FetchError>> {
        let mut index = HashMap::with_capacity(wanted.len());
        let mut unique = Vec::with_capacity(wanted.len());
        let places: Vec<usize> = wanted
            .iter()
            .map(|request| {
                *index.entry(request).or_insert_with(|| {
                    unique.push(request);
                    unique.len() - 1
                })
            })
            .collect();
        let answers = self.fetch_unique(&unique);
        if answers.len() == wanted.len() {
            return answers; // no duplicates, so in order already
        }
        places
            .into_iter()
            .map(|place| answers[place].clone())
            .collect()
    }

    fn fetch_unique(&self, wanted: &[&Request]) -> Vec<Result<Fetched, FetchError>> {
        if wanted.is_empty() {
            return Vec::new();
        }
        let outcomes = match self.in_runtime(wanted) {
            Ok(outcomes) => outcomes,
            Err(error) => return wanted.iter().map(|_| Err(error.clone())).collect(),
        };
        let to_origin: Vec<&Request> = wanted
            .iter()
            .zip(&outcomes)
            .filter(|(_, outcome)| matches!(outcome, Outcome::Direct(_)))
            .map(|(request, _)| *request)
            .collect();
        let mut from_origin = self.ask_origins(&to_origin).into_iter();
        wanted
            .iter()
            .zip(outcomes)
            .map(|(request, outcome)| {
                let answer = match outcome {
                    Outcome::Done(answer) => answer,
                    Outcome::Direct(mut attempts) => match from_origin.next() {
                        Some(Err(error)) => {
                            attempts.push(Attempt {
                                source: Place::Direct.shown(),
                                error,
                            });
                            failed(attempts, request)
                        }
                        Some(answer) => answer,
                        None => failed(attempts, request),
                    },
                };
                match answer {
                    Err(error) if matches!(request, Request::List(_)) && error.is_not_found() => {
                        Ok(Fetched {
                            missing: true,
                            ..Fetched::default()
                        })
                    }
                    answer => answer,
                }
            })
            .collect()
    }

    /// Runs the part of a batch that needs no process, on a runtime that is kept for its connections.
    fn in_runtime(&self, wanted: &[&Request]) -> Result<Vec<Outcome>, FetchError> {
        let mut kept = self.runtime.lock().unwrap_or_else(PoisonError::into_inner);
        let runtime = match kept.take() {
            Some(runtime) => runtime,
            None => Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(|error| FetchError::Machine {
                    what: "starting to fetch".into(),
                    reason: error.to_string(),
                })?,
        };
        // Inside another runtime this thread may not block, so a thread of its own does.
        let outcomes = if Handle::try_current().is_ok() {
            std::thread::scope(|scope| {
                let worker = scope.spawn(|| runtime.block_on(self.batch(wanted)));
                worker
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
        } else {
            runtime.block_on(self.batch(wanted))
        };
        *kept = Some(runtime);
        Ok(outcomes)
    }

    /// Keeps as many requests in flight as the limits allow.
    async fn batch(&self, wanted: &[&Request]) -> Vec<Outcome> {
        let numbered = wanted
            .iter()
            .enumerate()
            .map(|(i, r)| async move { (i, self.ask(r).await) });
        let limit = self.options.limits.concurrency.max(1);
        let mut outcomes: Vec<_> = stream::iter(numbered)
            .buffer_unordered(limit)
            .collect()
            .await;
        outcomes.sort_by_key(|(i, _)| *i);
        outcomes.into_iter().map(|(_, outcome)| outcome).collect()
    }

    async fn ask(&self, request: &Request) -> Outcome {
        match request {
            Request::SumdbSupported(name) => {
                Outcome::Done(self.database(name).await.map(|found| Fetched {
                    source: found.place.shown(),
                    missing: !found.proxied,
                    ..Fetched::default()
                }))
            }
            Request::Sumdb { name, path } => Outcome::Done(self.ask_database(name, path).await),
            request => self.ask_in_turn(request).await,
        }
    }

    /// Walks the list: behind `,` only when there is no such thing, behind `|` after any error.
    async fn ask_in_turn(&self, request: &Request) -> Outcome {
        let entries = match self.usable(request) {
            Ok(entries) => entries,
            Err(error) => return Outcome::Done(Err(error)),
        };
        if let Some(path) = request.module() {
            if let Err(error) = check(path, request) {
                return Outcome::Done(Err(error));
            }
            if self.env.is_no_proxy(path) {
                return Outcome::Direct(Vec::new());
            }
        }
        let mut attempts = Vec::new();
        for entry in entries {
            let error = match &entry.place {
                Place::Direct => return Outcome::Direct(attempts),
                Place::Off => FetchError::Off {
                    what: request.to_string(),
                },
                place => match self.ask_place(place, request).await {
                    Ok(fetched) => return Outcome::Done(Ok(fetched)),
                    Err(error) => error,
                },
            };
            let stop = !entry.falls_back && !error.falls_through();
            attempts.push(Attempt {
                source: entry.place.shown(),
                error,
            });
            if stop {
                break;
            }
        }
        Outcome::Done(failed(attempts, request))
    }

    async fn ask_place(&self, place: &Place, request: &Request) -> Result<Fetched, FetchError> {
        let reader = self.reader(place, || request.to_string())?;
        let mut fetched = Fetched {
            source: place.shown(),
            ..Fetched::default()
        };
        fetched.bytes = match request {
            Request::Mod(module) => reader.go_mod(module).await?,
            Request::Info(path, version) => reader.info(path, version).await?,
            Request::List(path) => reader.list(path).await?,
            Request::Latest(path) => reader.latest(path).await?,
            Request::Zip(module) => {
                let (file, path) = self.temp_file()?;
                reader.zip(module, file).await?;
                fetched.zip = Some(Arc::new(path));
                Vec::new()
            }
            Request::SumdbSupported(_) | Request::Sumdb { .. } => Vec::new(), // not asked in turn
        };
        Ok(fetched)
    }

    async fn ask_database(&self, name: &str, path: &str) -> Result<Fetched, FetchError> {
        let database = self.database(name).await?;
        let reader = self.reader(&database.place, || format!("{name}/{path}"))?;
        let file = format!("{}{}", database.below, path.trim_start_matches('/'));
        let bytes = reader.bytes(&file, self.options.limits.sumdb).await?;
        Ok(Fetched {
            bytes,
            source: database.place.shown(),
            ..Fetched::default()
        })
    }

    /// How to reach a database, found out once (`cmd/go/internal/modfetch/sumdb.go`, `initBase`): at the
    /// URL in `GOSUMDB`, else through the first proxy that says that it serves it, else at its name.
    async fn database(&self, name: &str) -> Result<Database, FetchError> {
        let mut known = self.databases.lock().await;
        if let Some(found) = known.get(name) {
            return found.clone();
        }
        let found = self.find_database(name).await;
        known.insert(name.to_owned(), found.clone());
        found
    }

    async fn find_database(&self, name: &str) -> Result<Database, FetchError> {
        let invalid = |entry: &str, reason: String| FetchError::InvalidRequest {
            what: format!("checksum database {entry}"),
            reason,
        };
        if let Ok(verify::Database::Db {
            name: set,
            url: Some(url),
            ..
        }) = self.env.sumdb()
            && set == name
        {
            let place = Place::parse(&url).map_err(|reason| invalid(name, reason))?;
            return Ok(Database {
                place,
                below: String::new(),
                proxied: false,
            });
        }
        let (mut attempts, mut past_proxies) = (Vec::new(), false);
        for entry in self.usable(&Request::SumdbSupported(name.to_owned()))? {
            if matches!(entry.place, Place::Direct | Place::Off) {
                past_proxies = entry.place == Place::Direct;
                break;
            }
            let supported = format!("sumdb/{name}/supported");
            let answer = match self.reader(&entry.place, || format!("{name}/supported")) {
                Ok(reader) => reader.bytes(&supported, self.options.limits.sumdb).await,
                Err(error) => Err(error),
            };
            let error = match answer {
                Ok(_) => {
                    let (place, below) = (entry.place.clone(), format!("sumdb/{name}/"));
                    return Ok(Database {
                        place,
                        below,
                        proxied: true,
                    });
                }
                Err(error) => error,
            };
            let stop = !entry.falls_back && !error.falls_through();
            attempts.push(Attempt {
                source: entry.place.shown(),
                error,
            });
            if stop {
                break;
            }
        }
        // A proxy that failed otherwise may be serving it: going past it would tell the database what
        // the proxy is there to hide.
        match FetchError::of_attempts(attempts) {
            Some(error) if !past_proxies && !error.best().falls_through() => Err(error),
            _ => {
                let place =
                    Place::parse(&format!("https://{name}")).map_err(|r| invalid(name, r))?;
                Ok(Database {
                    place,
                    below: String::new(),
                    proxied: false,
                })
            }
        }
    }

    fn ask_origins(&self, wanted: &[&Request]) -> Vec<Result<Fetched, FetchError>> {
        if self.options.offline {
            return wanted
                .iter()
                .map(|r| {
                    Err(FetchError::Offline {
                        what: r.to_string(),
                    })
                })
                .collect();
        }
        direct::fetch(&self.env, &self.options, wanted)
    }

    fn usable(&self, request: &Request) -> Result<&[Entry], FetchError> {
        self.check_list()?;
        self.entries
            .as_deref()
            .map_err(|_| FetchError::NoProxyConfigured {
                what: request.to_string(),
            })
    }

    fn reader<'a>(
        &'a self,
        place: &'a Place,
        what: impl Fn() -> String,
    ) -> Result<Reader<'a>, FetchError> {
        let limits = &self.options.limits;
        let http = match place {
            Place::Http(_) if self.options.offline => {
                return Err(FetchError::Offline { what: what() });
            }
            Place::Http(_) => {
                let http = self.http.get_or_init(|| HttpClient::new(&self.env, limits));
                Some(http.as_ref().map_err(Clone::clone)?)
            }
            _ => None,
        };
        Ok(Reader {
            place,
            http,
            limits,
        })
    }

    fn temp_file(&self) -> Result<(std::fs::File, TempPath), FetchError> {
        let dir = self
            .options
            .temp_dir
            .clone()
            .unwrap_or_else(std::env::temp_dir);
        let file = tempfile::Builder::new()
            .prefix("gomod-")
            .suffix(".zip")
            .tempfile_in(&dir);
        file.map(tempfile::NamedTempFile::into_parts)
            .map_err(|error| FetchError::Machine {
                what: format!("creating a temporary file in {}", dir.display()),
                reason: error.to_string(),
            })
    }
}

impl Drop for Sources {
    /// A runtime may not be dropped inside another one in the usual way, as that could block.
    fn drop(&mut self) {
        let kept = self
            .runtime
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner);
        if let Some(runtime) = kept.take() {
            drop(self.http.take()); // connections belong to the runtime
            runtime.shutdown_background();
        }
    }
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = self
            .entries
            .as_ref()
            .map(|entries| entries.iter().map(|e| e.place.shown()));
        f.debug_struct("Sources")
            .field(
                "entries",
                &shown.map(Iterator::collect::<Vec<_>>).unwrap_or_default(),
            )
            .field("offline", &self.options.offline)
            .finish_non_exhaustive()
    }
}

fn given_entries(proxy: &str, options: &SourceOptions) -> Result<Vec<Entry>, HostError> {
    let dir = options.base.join(proxy);
    if dir.is_dir() && !proxy.is_empty() {
        let dir = std::path::absolute(&dir).map_err(|e| HostError::io("finding", &dir, e))?;
        return Ok(vec![Entry {
            place: Place::File(dir),
            falls_back: false,
        }]);
    }
    // One that is not there would answer every question with "not found".
    let named = proxy.strip_prefix("file://").unwrap_or(proxy);
    let is_path = Path::new(named).is_absolute() || named.starts_with('.');
    if is_path && !proxy.contains([',', '|']) && !options.base.join(named).is_dir() {
        return Err(HostError::Proxy {
            entry: proxy.to_owned(),
            reason: "there is no such directory".to_owned(),
        });
    }
    parse_entries(proxy).map_err(|(entry, reason)| HostError::Proxy { entry, reason })
}

/// No source is asked for what cannot be a module; the go command might take it for something else.
fn check(path: &ModulePath, request: &Request) -> Result<(), FetchError> {
    let invalid = |reason: String| FetchError::InvalidRequest {
        what: request.to_string(),
        reason,
    };
    if path.is_toolchain() {
        return Err(invalid(format!("{path} is no module that a source has")));
    }
    path.check().map_err(|error| invalid(error.to_string()))
}

fn failed(attempts: Vec<Attempt>, request: &Request) -> Result<Fetched, FetchError> {
    let nothing = || FetchError::NoProxyConfigured {
        what: request.to_string(),
    };
    Err(FetchError::of_attempts(attempts).unwrap_or_else(nothing))
}
