//! `gomod-benches trust [DIR…]`: go.sum of main modules proven in the real log, as seen from outside.
//!
//! Each main module is verified with an empty module cache and home, through a proxy on the loopback interface
//! that counts what is asked of the log and asks the environment's own GOPROXY for it; then again offline. What
//! the counts must be is checked: a look-up for each version at most, each look-up and tile once, nothing in the
//! second run, and the same result.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use gomod_core::host::{GoEnv, Request, SourceOptions, Sources};
use serde_json::Value;

/// How many requests are passed on at once.
const BATCH: usize = 64;

/// What two runs over one main module showed.
#[derive(Debug, Default)]
pub(crate) struct Measured {
    pub(crate) lines: u64,
    pub(crate) versions: u64,
    pub(crate) proven: u64,
    pub(crate) proofs: u64,
    pub(crate) tiles: u64,
    /// What gomod says that it asked for.
    pub(crate) lookups_fetched: u64,
    pub(crate) tiles_fetched: u64,
    /// What the proxy saw: look-ups, tiles, and questions whether there is such a log.
    pub(crate) lookups_seen: u64,
    pub(crate) tiles_seen: u64,
    pub(crate) others_seen: u64,
    pub(crate) online: Duration,
    pub(crate) offline: Duration,
    /// Bounds that do not hold.
    pub(crate) broken: Vec<String>,
}

pub(crate) fn run(dirs: impl Iterator<Item = String>, gomod: &Path) -> ExitCode {
    let env = match GoEnv::load([]) {
        Ok(env) => env,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(3);
        }
    };
    println!(
        "{:<24} {:>6} {:>8} {:>7} {:>7} {:>6} {:>9} {:>6} {:>8} {:>8} {:>10}",
        "main module",
        "lines",
        "versions",
        "proven",
        "proofs",
        "tiles",
        "look-ups",
        "tiles",
        "requests",
        "seconds",
        "offline s"
    );
    let mut code = ExitCode::SUCCESS;
    for dir in dirs {
        match measure(gomod, &env, Path::new(&dir)) {
            Ok(m) => {
                println!(
                    "{:<24} {:>6} {:>8} {:>7} {:>7} {:>6} {:>9} {:>6} {:>8} {:>8.1} {:>10.2}",
                    Path::new(&dir)
                        .file_name()
                        .unwrap_or_default()
                        .to_string_lossy(),
                    m.lines,
                    m.versions,
                    m.proven,
                    m.proofs,
                    m.tiles,
                    m.lookups_seen,
                    m.tiles_seen,
                    m.lookups_seen + m.tiles_seen + m.others_seen,
                    m.online.as_secs_f64(),
                    m.offline.as_secs_f64()
                );
                for broken in &m.broken {
                    println!("  does not hold: {broken}");
                    code = ExitCode::FAILURE;
                }
            }
            Err(why) => {
                println!("{dir}: {why}");
                code = ExitCode::FAILURE;
            }
        }
    }
    println!(
        "look-ups, tiles and requests as the proxy saw them in the first run; the second one asked for nothing"
    );
    code
}

/// Verifies the main module in `dir` twice.
pub(crate) fn measure(gomod: &Path, env: &GoEnv, dir: &Path) -> Result<Measured, String> {
    let home = tempfile::tempdir().map_err(|error| error.to_string())?;
    let sources = Sources::new(env, SourceOptions::default()).map_err(|error| error.to_string())?;
    let proxy = Proxy::start(sources).map_err(|error| error.to_string())?;
    // What the user's module cache has of go.mod files need not be fetched for this; it has no log to offer.
    let mut list = format!("http://127.0.0.1:{}", proxy.port);
    if let Ok(cache) = env.mod_cache() {
        list = format!("file://{}/cache/download,{list}", cache.display());
    }
    let verify = |args: &[&str]| -> Result<(Value, Option<i32>, Duration), String> {
        let start = Instant::now();
        let output = Command::new(gomod)
            .args(["verify", "--format", "json"])
            .args(args)
            .current_dir(dir)
            .env("GOPROXY", &list)
            .env("GOSUMDB", env.get("GOSUMDB"))
            .env("HOME", home.path())
            .env("GOPATH", home.path().join("go"))
            .env("GOMODCACHE", home.path().join("cache"))
            .env("GOENV", "off")
            .env("GOWORK", "off")
            .env("GOFLAGS", "")
            .stdin(Stdio::null())
            .output()
            .map_err(|error| error.to_string())?;
        let took = start.elapsed();
        let report = serde_json::from_slice(&output.stdout)
            .map_err(|_| String::from_utf8_lossy(&output.stderr).into_owned())?;
        Ok((report, output.status.code(), took))
    };
    let (first, first_code, online) = verify(&[])?;
    let seen = proxy.seen();
    let (second, second_code, offline) = verify(&["--offline"])?;
    let asked_again = proxy.seen().len() - seen.len();

    let of_log: Vec<&str> = seen
        .iter()
        .filter_map(|path| path.strip_prefix("/sumdb/"))
        .collect();
    let count = |part: &str| of_log.iter().filter(|path| path.contains(part)).count() as u64;
    let number = |key: &str| first["log"][key].as_u64().unwrap_or_default();
    let mut measured = Measured {
        lines: number("lines"),
        versions: number("versions"),
        proven: number("proven"),
        proofs: number("proofs"),
        tiles: number("tiles"),
        lookups_fetched: number("lookups_fetched"),
        tiles_fetched: number("tiles_fetched"),
        lookups_seen: count("/lookup/"),
        tiles_seen: count("/tile/"),
        others_seen: of_log.len() as u64 - count("/lookup/") - count("/tile/"),
        online,
        offline,
        broken: Vec::new(),
    };
    let distinct: BTreeSet<&&str> = of_log.iter().collect();
    let m = &measured;
    let bounds = [
        ("every line is proven", m.proven == m.lines && m.lines > 0),
        ("both runs end alike", first_code == second_code),
        ("both runs say the same", same(&first) == same(&second)),
        (
            "at most one look-up for each version",
            m.lookups_seen <= m.versions,
        ),
        (
            "each look-up and tile is asked for once",
            distinct.len() == of_log.len(),
        ),
        ("at most one question beside them", m.others_seen <= 1),
        (
            "gomod counts its look-ups right",
            m.lookups_seen == m.lookups_fetched,
        ),
        (
            "gomod counts its tiles right",
            m.tiles_seen == m.tiles_fetched,
        ),
        ("the second run asks for nothing", asked_again == 0),
    ];
    let broken = bounds.iter().filter(|(_, holds)| !holds);
    measured.broken = broken.map(|(name, _)| (*name).to_owned()).collect();
    Ok(measured)
}

/// A report without what tells a first run from a second one.
fn same(report: &Value) -> Value {
    let mut report = report.clone();
    for key in ["lookups_fetched", "tiles_fetched", "cached"] {
        report["log"][key] = Value::Null;
    }
    report
}

/// What is asked, and whom to answer.
type Asked = (String, TcpStream);

/// A proxy that passes on what it is asked, in batches, and notes it.
struct Proxy {
    port: u16,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    fn start(sources: Sources) -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let seen: Arc<Mutex<Vec<String>>> = Arc::default();
        let (sender, receiver) = channel::<Asked>();
        let noted = Arc::clone(&seen);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (sender, noted) = (sender.clone(), Arc::clone(&noted));
                std::thread::spawn(move || receive(stream, &noted, &sender));
            }
        });
        std::thread::spawn(move || pass_on(&sources, &receiver));
        Ok(Self { port, seen })
    }

    fn seen(&self) -> Vec<String> {
        self.seen
            .lock()
            .map(|seen| seen.clone())
            .unwrap_or_default()
    }
}

/// Reads one request; the connection is closed behind its answer.
fn receive(mut stream: TcpStream, seen: &Mutex<Vec<String>>, sender: &Sender<Asked>) {
    let (mut head, mut part) = (Vec::new(), [0; 4096]);
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut part) {
            Ok(count) if count > 0 => head.extend_from_slice(part.get(..count).unwrap_or_default()),
            _ => return,
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
    if let Ok(mut seen) = seen.lock() {
        seen.push(path.clone());
    }
    let _ = sender.send((path, stream));
}

fn pass_on(sources: &Sources, receiver: &Receiver<Asked>) {
    while let Ok(first) = receiver.recv() {
        let batch: Vec<Asked> = std::iter::once(first)
            .chain(receiver.try_iter().take(BATCH - 1))
            .collect();
        let (known, unknown): (Vec<_>, Vec<_>) = batch
            .into_iter()
            .map(|(path, stream)| (request(&path), stream))
            .partition(|(request, _)| request.is_some());
        let (requests, streams): (Vec<_>, Vec<_>) = known
            .into_iter()
            .filter_map(|(request, stream)| Some((request?, stream)))
            .unzip();
        for (answer, stream) in sources.fetch(&requests).into_iter().zip(streams) {
            match answer {
                Ok(fetched) if !fetched.missing => reply(stream, 200, &fetched.bytes),
                Ok(_) => reply(stream, 404, b"not found"),
                Err(error) if error.is_not_found() => reply(stream, 404, b"not found"),
                Err(error) => reply(stream, 502, error.to_string().as_bytes()),
            }
        }
        for (_, stream) in unknown {
            reply(stream, 404, b"not passed on");
        }
    }
}

/// What a path of the proxy protocol asks for; nothing but the log is passed on.
fn request(path: &str) -> Option<Request> {
    let below = path.strip_prefix("/sumdb/")?;
    if let Some(name) = below.strip_suffix("/supported") {
        return Some(Request::SumdbSupported(name.to_owned()));
    }
    let at = ["/lookup/", "/tile/", "/latest"]
        .iter()
        .find_map(|part| below.find(part))?;
    let (name, path) = below.split_at(at);
    Some(Request::Sumdb {
        name: name.to_owned(),
        path: path.trim_start_matches('/').to_owned(),
    })
}

fn reply(mut stream: TcpStream, status: u16, body: &[u8]) {
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let _ = stream
        .write_all(head.as_bytes())
        .and_then(|()| stream.write_all(body));
}
