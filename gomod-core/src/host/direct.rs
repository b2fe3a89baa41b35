//! `direct`: the installed `go` command fetches from a module's origin, since it knows the version
//! control systems.
//!
//! It runs in an empty module with a module cache of its own, so that nothing gets into the user's
//! cache before it was verified; only the clones of repositories (`cache/vcs`) are shared.

use std::collections::HashMap;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::{TempDir, TempPath};

use super::fetch_error::WHOLE;
use super::{CacheFile, FetchError, Fetched, GoEnv, ModCache, Request, SourceOptions};
use crate::model::{ModulePath, ModuleVersion, Version};

/// Arguments of one run; more would not fit a command line.
const MAX_ARGS: usize = 500;

/// Fetches from the origins; answers are in the order asked.
pub(super) fn fetch(
    env: &GoEnv,
    options: &SourceOptions,
    wanted: &[&Request],
) -> Vec<Result<Fetched, FetchError>> {
    if wanted.is_empty() {
        return Vec::new();
    }
    let Some(go) = env.go() else {
        let error = |request: &&Request| {
            Err(FetchError::NoGoForDirect {
                what: request.to_string(),
            })
        };
        return wanted.iter().map(error).collect();
    };
    let mut origin = match Origin::new(env, &go.exe, options) {
        Ok(origin) => origin,
        Err(error) => return wanted.iter().map(|_| Err(error.clone())).collect(),
    };
    let of_kind = |kind: Kind| {
        wanted
            .iter()
            .filter(move |r| kind_of(r) == kind)
            .map(|r| argument(r))
    };
    origin.run(
        Kind::Version,
        &["list", "-m", "-e", "-json"],
        of_kind(Kind::Version),
    );
    let versions = &["list", "-m", "-e", "-versions", "-retracted", "-json"];
    origin.run(Kind::List, versions, of_kind(Kind::List));
    origin.run(Kind::Zip, &["mod", "download", "-json"], of_kind(Kind::Zip));
    let mut zips: HashMap<String, Arc<TempPath>> = HashMap::new();
    wanted
        .iter()
        .map(|request| {
            let mut fetched = Fetched {
                source: "direct".into(),
                ..Fetched::default()
            };
            match request {
                Request::Zip(module) => {
                    let zip = match zips.get(&argument(request)) {
                        Some(zip) => Arc::clone(zip),
                        None => Arc::new(origin.zip(request, module)?),
                    };
                    fetched.zip = Some(Arc::clone(zips.entry(argument(request)).or_insert(zip)));
                }
                request => fetched.bytes = origin.bytes(request)?,
            }
            Ok(fetched)
        })
        .collect()
}

/// Which run of the `go` command answers a request.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Version,
    List,
    Zip,
}

fn kind_of(request: &Request) -> Kind {
    match request {
        Request::List(_) => Kind::List,
        Request::Zip(_) => Kind::Zip,
        _ => Kind::Version,
    }
}

fn argument(request: &Request) -> String {
    match request {
        Request::Mod(module) | Request::Zip(module) => module.to_string(),
        Request::Info(path, version) => format!("{path}@{version}"),
        Request::Latest(path) => format!("{path}@latest"),
        Request::List(path) => path.to_string(),
        Request::SumdbSupported(name) | Request::Sumdb { name, .. } => name.clone(),
    }
}

/// A batch at the origins.
struct Origin<'a> {
    env: &'a GoEnv,
    exe: &'a Path,
    limit: Duration,
    deadline: Instant,
    dir: TempDir,
    cache: ModCache,
    /// What the `go` command said about each argument.
    said: HashMap<(Kind, String), Result<Value, FetchError>>,
}

impl<'a> Origin<'a> {
    fn new(env: &'a GoEnv, exe: &'a Path, options: &SourceOptions) -> Result<Self, FetchError> {
        let parent = options.temp_dir.clone().unwrap_or_else(std::env::temp_dir);
        let fail = |error: std::io::Error| FetchError::Machine {
            what: format!(
                "preparing a directory for the go command in {}",
                parent.display()
            ),
            reason: error.to_string(),
        };
        let dir = tempfile::Builder::new()
            .prefix("gomod-direct-")
            .tempdir_in(&parent)
            .map_err(fail)?;
        fs::write(dir.path().join("go.mod"), "module gomod.invalid/direct\n").map_err(fail)?;
        fs::create_dir_all(dir.path().join("modcache/cache")).map_err(fail)?;
        let cache = ModCache::new(dir.path().join("modcache"));
        share_clones(env, &cache);
        let limit = options.limits.direct;
        let deadline = Instant::now() + limit;
        Ok(Self {
            env,
            exe,
            limit,
            deadline,
            dir,
            cache,
            said: HashMap::new(),
        })
    }

    /// Runs one command over all arguments and notes what it says about each.
    fn run(&mut self, kind: Kind, command: &[&str], arguments: impl Iterator<Item = String>) {
        let mut arguments: Vec<String> = arguments.collect();
        arguments.sort();
        arguments.dedup();
        for share in arguments.chunks(MAX_ARGS) {
            match self.go(command, share) {
                Ok((objects, stderr)) => {
                    for (argument, said) in share.iter().zip(pair(share, objects, &stderr)) {
                        self.said.insert((kind, argument.clone()), said);
                    }
                }
                Err(error) => {
                    for argument in share {
                        self.said
                            .insert((kind, argument.clone()), Err(error.clone()));
                    }
                }
            }
        }
    }

    /// The file that answers a request; an error told beside it does not matter.
    fn bytes(&self, request: &Request) -> Result<Vec<u8>, FetchError> {
        let said = self.said(request)?;
        let (path, kind) = match request {
            Request::Mod(module) => (&module.path, CacheFile::Mod),
            Request::Info(path, _) | Request::Latest(path) => (path, CacheFile::Info),
            _ => return self.list(request, said),
        };
        let version = match request {
            Request::Mod(module) => Some(module.version.clone()),
            _ => said["Version"]
                .as_str()
                .and_then(|version| Version::parse(version).ok()),
        };
        let file = version.and_then(|version| self.file(path, version, kind));
        file.and_then(|file| fs::read(file).ok())
            .ok_or_else(|| unsaid(request, said))
    }

    fn list(&self, request: &Request, said: &Value) -> Result<Vec<u8>, FetchError> {
        if !said["Error"].is_null() {
            return Err(unsaid(request, said));
        }
        let versions = said["Versions"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        let lines = versions
            .iter()
            .filter_map(Value::as_str)
            .map(|version| format!("{version}\n"));
        Ok(lines.collect::<String>().into_bytes())
    }

    /// Takes the zip out of the run's cache, which goes away.
    fn zip(&self, request: &Request, module: &ModuleVersion) -> Result<TempPath, FetchError> {
        let said = self.said(request)?;
        let file = self.file(&module.path, module.version.clone(), CacheFile::Zip);
        let file = file
            .filter(|file| file.is_file())
            .ok_or_else(|| unsaid(request, said))?;
        let parent = self.dir.path().parent().unwrap_or_else(|| self.dir.path());
        let moved = tempfile::Builder::new()
            .prefix("gomod-")
            .suffix(".zip")
            .tempfile_in(parent);
        let moved = moved.and_then(|to| fs::rename(&file, to.path()).map(|()| to.into_temp_path()));
        moved.map_err(|error| FetchError::Machine {
            what: format!("moving {}", file.display()),
            reason: error.to_string(),
        })
    }

    fn said(&self, request: &Request) -> Result<&Value, FetchError> {
        match self.said.get(&(kind_of(request), argument(request))) {
            Some(Ok(said)) => Ok(said),
            Some(Err(error)) => Err(name(error.clone(), request)),
            None => Err(unsaid(request, &Value::Null)),
        }
    }

    fn file(
        &self,
        path: &ModulePath,
        version: Version,
        kind: CacheFile,
    ) -> Option<std::path::PathBuf> {
        self.cache
            .file(&ModuleVersion::new(path.clone(), version), kind)
            .ok()
    }

    /// Runs `go` and returns the JSON objects that it prints, and its messages.
    fn go(
        &self,
        command: &[&str],
        arguments: &[String],
    ) -> Result<(Vec<Value>, String), FetchError> {
        let machine = |error: std::io::Error| FetchError::Machine {
            what: format!("running {}", self.exe.display()),
            reason: error.to_string(),
        };
        let mut child = Command::new(self.exe)
            .args(command)
            .arg("--")
            .args(arguments)
            .current_dir(self.dir.path())
            .env_clear()
            .envs(self.env.vars())
            .env_remove("PWD")
            .envs([
                ("GO111MODULE", "on"),
                ("GOPROXY", "direct"),
                ("GOSUMDB", "off"), // the caller verifies, also through proxies of the database
                ("GOFLAGS", "-mod=mod -modcacherw"),
                ("GOWORK", "off"),
            ])
            .env("GOMODCACHE", self.cache.dir())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(machine)?;
        let (stdout, stderr) = (drain(child.stdout.take()), drain(child.stderr.take()));
        let mut pause = Duration::from_millis(1);
        while child.try_wait().map_err(machine)?.is_none() {
            if Instant::now() >= self.deadline {
                let _ = child.kill();
                let _ = child.wait();
                let url = format!("{} and others from their origin", arguments.join(", "));
                return Err(FetchError::TimedOut {
                    url,
                    what: WHOLE,
                    limit: self.limit,
                });
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(20));
        }
        let (stdout, stderr) = (
            stdout.join().unwrap_or_default(),
            stderr.join().unwrap_or_default(),
        );
        let stderr = String::from_utf8_lossy(&stderr).trim().to_owned();
        let objects = serde_json::Deserializer::from_slice(&stdout)
            .into_iter()
            .map_while(Result::ok);
        Ok((objects.collect(), stderr))
    }
}

/// One object per argument, or for all of them the messages of a run that failed as a whole.
fn pair(arguments: &[String], objects: Vec<Value>, stderr: &str) -> Vec<Result<Value, FetchError>> {
    if objects.len() == arguments.len() {
        return objects.into_iter().map(Ok).collect();
    }
    let text = if stderr.is_empty() {
        "it printed no result"
    } else {
        stderr
    };
    arguments
        .iter()
        .map(|argument| Err(direct_error(argument.clone(), text)))
        .collect()
}

/// What the `go` command said when there is no file to show for it.
fn unsaid(request: &Request, said: &Value) -> FetchError {
    let error = &said["Error"]; // an object from `list`, a string from `mod download`
    let text = error["Err"].as_str().or_else(|| error.as_str());
    direct_error(request.to_string(), text.unwrap_or("it said nothing"))
}

fn direct_error(what: String, stderr: &str) -> FetchError {
    let missing = [
        "unknown revision",
        "no matching versions",
        "404 Not Found",
        "410 Gone",
    ];
    let missing = missing.iter().any(|words| stderr.contains(words));
    FetchError::Direct {
        what,
        stderr: stderr.trim().to_owned(),
        missing,
    }
}

/// Names the request in an error of a whole run.
fn name(error: FetchError, request: &Request) -> FetchError {
    match error {
        FetchError::Direct {
            stderr, missing, ..
        } => FetchError::Direct {
            what: request.to_string(),
            stderr,
            missing,
        },
        FetchError::TimedOut { what, limit, .. } => FetchError::TimedOut {
            url: format!("{request} from its origin"),
            what,
            limit,
        },
        error => error,
    }
}

/// Reads a pipe to its end on a thread, so that neither pipe can fill up and block the process.
fn drain(pipe: Option<impl Read + Send + 'static>) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            let _ = pipe.read_to_end(&mut bytes);
        }
        bytes
    })
}

/// Lets the run use the clones in the user's module cache. Without them it clones anew.
#[cfg(unix)]
fn share_clones(env: &GoEnv, cache: &ModCache) {
    if let Ok(user) = env.mod_cache() {
        let clones = user.join("cache/vcs");
        if fs::create_dir_all(&clones).is_ok() && !is_read_only(&clones) {
            let _ = std::os::unix::fs::symlink(clones, cache.dir().join("cache/vcs"));
        }
    }
}

#[cfg(unix)]
fn is_read_only(dir: &Path) -> bool {
    tempfile::tempfile_in(dir).is_err()
}

#[cfg(not(unix))]
fn share_clones(_: &GoEnv, _: &ModCache) {}
