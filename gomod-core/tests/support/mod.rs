//! What the tests of the host layer share: a small http server that can misbehave, trees of modules,
//! and the installed `go` with an environment of its own.
//!
//! `localhost.crt` and `localhost.key` were made for these tests and are worth nothing elsewhere.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::disallowed_macros
)] // tests of the machine outside
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr
)]

use std::fs;
use std::io::{Cursor, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use gomod_core::host::{GoEnv, Limits};
use gomod_core::model::{ModulePath, ModuleVersion, Version, escape_version};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// What the server does with a request.
#[derive(Clone)]
pub enum Reply {
    /// A complete answer.
    Status(u16, Vec<u8>),
    /// A complete answer with more header lines.
    Headers(u16, Vec<(&'static str, String)>, Vec<u8>),
    /// A body that never ends.
    Endless,
    /// A body of which one byte comes each time.
    Drip(Duration),
    /// A body that is shorter than its announced length.
    Short(Vec<u8>, usize),
    /// Chunks without the last one.
    CutChunks(Vec<u8>),
    /// Nothing, until the client gives up.
    Hang,
    /// The connection is closed without an answer.
    Close,
    /// Another reply after a while.
    After(Duration, Box<Reply>),
}

impl Reply {
    pub fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self::Status(200, body.into())
    }

    pub fn status(status: u16) -> Self {
        Self::Status(status, Vec::new())
    }

    pub fn redirect(to: impl Into<String>) -> Self {
        Self::Headers(302, vec![("Location", to.into())], Vec::new())
    }
}

/// A request as the server saw it.
#[derive(Clone, Debug)]
pub struct Seen {
    pub path: String,
    pub head: String,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<String> {
        self.head.lines().find_map(|line| {
            let (n, value) = line.split_once(':')?;
            n.eq_ignore_ascii_case(name)
                .then(|| value.trim().to_owned())
        })
    }
}

/// A server on the loopback interface, stopped when dropped.
pub struct Server {
    url: String,
    port: u16,
    seen: Arc<Mutex<Vec<Seen>>>,
    stop: Arc<AtomicBool>,
    peak: Arc<AtomicUsize>,
}

impl Server {
    pub fn start(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        Self::run(answer, None)
    }

    /// The same behind TLS, with the certificate in `localhost.crt`.
    pub fn start_tls(answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static) -> Self {
        let certificate = CertificateDer::from_pem_file(certificate_file()).unwrap();
        let key = PrivateKeyDer::from_pem_file(certificate_file().with_extension("key")).unwrap();
        let config = rustls::ServerConfig::builder_with_provider(Arc::new(
            rustls::crypto::ring::default_provider(),
        ))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
        Self::run(answer, Some(Arc::new(config)))
    }

    fn run(
        answer: impl Fn(&Seen) -> Reply + Send + Sync + 'static,
        tls: Option<Arc<rustls::ServerConfig>>,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let server = Self {
            url: format!("{scheme}://localhost:{port}"),
            port,
            seen: Arc::default(),
            stop: Arc::default(),
            peak: Arc::default(),
        };
        let answer = Arc::new(answer);
        let (seen, stop, peak) = (
            server.seen.clone(),
            server.stop.clone(),
            server.peak.clone(),
        );
        let busy = Arc::new(AtomicUsize::new(0));
        thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let (answer, seen, busy, peak) =
                    (answer.clone(), seen.clone(), busy.clone(), peak.clone());
                let tls = tls.clone();
                thread::spawn(move || {
                    let _ = stream.set_read_timeout(Some(Duration::from_secs(20)));
                    let serve = |stream: &mut dyn ReadWrite| {
                        while let Some(request) = read_head(stream) {
                            seen.lock().unwrap().push(request.clone());
                            peak.fetch_max(
                                busy.fetch_add(1, Ordering::SeqCst) + 1,
                                Ordering::SeqCst,
                            );
                            let more = reply(stream, answer(&request));
                            busy.fetch_sub(1, Ordering::SeqCst);
                            if !more {
                                return;
                            }
                        }
                    };
                    match tls {
                        None => serve(&mut { stream }),
                        Some(config) => {
                            let connection = rustls::ServerConnection::new(config).unwrap();
                            serve(&mut rustls::StreamOwned::new(connection, stream));
                        }
                    }
                });
            }
        });
        server
    }

    /// The base URL, by name.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The base URL with a user and a password.
    pub fn url_with(&self, user: &str) -> String {
        self.url.replace("://", &format!("://{user}@"))
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    pub fn paths(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.path).collect()
    }

    /// The most requests that were being answered at once.
    pub fn peak(&self) -> usize {
        self.peak.load(Ordering::SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

trait ReadWrite: Read + Write {}
impl<T: Read + Write> ReadWrite for T {}

fn read_head(stream: &mut dyn ReadWrite) -> Option<Seen> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let path = head.split(' ').nth(1)?.to_owned();
    Some(Seen { path, head })
}

/// Sends a reply; false when the connection cannot be used again.
fn reply(stream: &mut dyn ReadWrite, reply: Reply) -> bool {
    let mut send = |bytes: &[u8]| {
        stream
            .write_all(bytes)
            .and_then(|()| stream.flush())
            .is_ok()
    };
    match reply {
        Reply::Status(status, body) => {
            send(
                format!(
                    "HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n",
                    body.len()
                )
                .as_bytes(),
            ) && send(&body)
        }
        Reply::Headers(status, headers, body) => {
            let headers: String = headers
                .iter()
                .map(|(n, v)| format!("{n}: {v}\r\n"))
                .collect();
            let length = body.len();
            send(
                format!("HTTP/1.1 {status} X\r\n{headers}Content-Length: {length}\r\n\r\n")
                    .as_bytes(),
            ) && send(&body)
        }
        Reply::Endless => {
            send(b"HTTP/1.1 200 OK\r\n\r\n");
            while send(&[b'x'; 4096]) {}
            false
        }
        Reply::Drip(pause) => {
            send(b"HTTP/1.1 200 OK\r\n\r\n");
            while send(b"x") {
                thread::sleep(pause);
            }
            false
        }
        Reply::Short(body, length) => {
            send(format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n").as_bytes());
            send(&body);
            false
        }
        Reply::CutChunks(body) => {
            send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
            send(format!("{:x}\r\n", body.len()).as_bytes());
            send(&body);
            send(b"\r\n");
            false
        }
        Reply::Hang => {
            let mut byte = [0];
            let _ = stream.read(&mut byte); // ends when the client closes the connection
            false
        }
        Reply::Close => false,
        Reply::After(pause, then) => {
            thread::sleep(pause);
            self::reply(stream, *then)
        }
    }
}

pub fn certificate_file() -> PathBuf {
    // The tests of the command line use it too.
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../gomod-core/tests/support/localhost.crt")
}

/// Limits short enough for tests.
pub fn limits() -> Limits {
    Limits {
        total: Duration::from_secs(5),
        zip_total: Duration::from_secs(5),
        idle: Duration::from_secs(2),
        connect: Duration::from_secs(2),
        backoff: Duration::from_millis(1),
        ..Limits::default()
    }
}

pub fn module(path: &str, version: &str) -> ModuleVersion {
    ModuleVersion::new(ModulePath::new(path), Version::parse(version).unwrap())
}

/// Adds a module version to a `file://` tree.
pub fn add_module(tree: &Path, path: &str, version: &str, go_mod: &str) {
    let escaped = ModulePath::new(path).escape().unwrap();
    let dir = tree.join(escaped).join("@v");
    fs::create_dir_all(&dir).unwrap();
    let name = escape_version(version).unwrap();
    let file = |suffix: &str| dir.join(format!("{name}.{suffix}"));
    fs::write(file("mod"), go_mod).unwrap();
    let info = format!(r#"{{"Version":"{version}","Time":"2020-01-02T03:04:05Z"}}"#);
    fs::write(file("info"), info).unwrap();
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let source = format!("package p\n\nconst Version = \"{version}\"\n");
    for (name, content) in [("go.mod", go_mod), ("p.go", &source)] {
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(format!("{path}@{version}/{name}"), options)
            .unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    fs::write(file("zip"), zip.finish().unwrap().into_inner()).unwrap();
    let list = dir.join("list");
    let old = fs::read_to_string(&list).unwrap_or_default();
    fs::write(list, format!("{old}{version}\n")).unwrap();
}

/// A home of its own, with all that the go command would otherwise find elsewhere.
pub struct Home {
    pub dir: tempfile::TempDir,
    vars: Vec<(String, String)>,
}

impl Home {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = std::env::var("PATH").unwrap_or_default();
        let mut home = Self {
            dir,
            vars: Vec::new(),
        };
        fs::create_dir(home.path("work")).unwrap();
        let text = |path: PathBuf| path.to_str().unwrap().to_owned();
        for (name, value) in [
            ("PATH", path),
            ("HOME", text(home.path(""))),
            ("GOCACHE", text(home.path("gocache"))),
            ("GOMODCACHE", text(home.path("mod"))),
            ("GOTOOLCHAIN", "local".into()),
            ("GOSUMDB", "off".into()),
            ("GOFLAGS", "-mod=mod -modcacherw".into()),
            ("GOTELEMETRY", "off".into()),
        ] {
            home.set(name, value);
        }
        home
    }

    pub fn path(&self, below: &str) -> PathBuf {
        self.dir.path().join(below)
    }

    pub fn set(&mut self, name: &str, value: impl Into<String>) -> &mut Self {
        self.vars.retain(|(n, _)| n != name);
        self.vars.push((name.into(), value.into()));
        self
    }

    pub fn unset(&mut self, name: &str) -> &mut Self {
        self.vars.retain(|(n, _)| n != name);
        self
    }

    pub fn env(&self) -> GoEnv {
        GoEnv::from_vars(self.vars.iter().cloned())
    }

    /// Runs the go command in `work`, in this environment alone.
    pub fn go(&self, args: &[&str]) -> Output {
        self.run("go", args)
    }

    /// Runs a program in `work`, in this environment alone.
    pub fn run(&self, program: &str, args: &[&str]) -> Output {
        let mut command = Command::new(program);
        command
            .args(args)
            .env_clear()
            .envs(self.vars.iter().cloned());
        command.current_dir(self.path("work")).output().unwrap()
    }

    /// The standard output of a run that must succeed.
    pub fn go_ok(&self, args: &[&str]) -> String {
        let output = self.go(args);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "go {args:?}: {stderr}");
        String::from_utf8(output.stdout).unwrap()
    }
}

/// Whether tests beside the go command can run. In CI they must.
pub fn has_go(test: &str) -> bool {
    has_command("go", &["version"], test)
}

pub fn has_command(name: &str, args: &[&str], test: &str) -> bool {
    if Command::new(name).args(args).output().is_ok() {
        return true;
    }
    assert_ne!(
        std::env::var("CI").as_deref(),
        Ok("true"),
        "{test}: CI needs {name}"
    );
    // Straight to the stream: what print macros write is hidden when a test passes.
    let _ = writeln!(
        std::io::stderr(),
        "skipped: {test}: there is no {name} in PATH"
    );
    false
}

/// All files below a directory, by relative name, sorted.
pub fn tree(dir: &Path) -> Vec<(String, Vec<u8>)> {
    fn walk(root: &Path, dir: &Path, out: &mut Vec<(String, Vec<u8>)>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(root, &path, out);
            } else {
                let name = path
                    .strip_prefix(root)
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned();
                out.push((name, fs::read(&path).unwrap()));
            }
        }
    }
    let mut out = Vec::new();
    walk(dir, dir, &mut out);
    out.sort();
    out
}
