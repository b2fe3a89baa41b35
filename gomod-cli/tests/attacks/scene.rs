//! One attack: a world of its own, a log and a proxy that may lie, `gomod` and `go` in turn.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use crate::support::database::Records;
use crate::support::transparency_log::{TestLog, TestSigner};
use crate::support::{PAIR, Reply, Server, World, tree};

/// Three levels of tiles: two full ones, and an edge at each level.
pub const SIZE: u64 = 65_536 + 256 + 10;
/// The size of the log at an earlier time.
pub const BEFORE: u64 = SIZE - 300;
/// No run may take longer. A request has 60 seconds.
const BOUND: Duration = Duration::from_secs(150);
/// How long `go` may take.
const PATIENCE: Duration = Duration::from_secs(15);

pub fn signer() -> TestSigner {
    TestSigner::new("sums.example", 7)
}

/// Where the attacker sits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The log's server, in this run.
    Log,
    /// The log's server, after an honest run that left a tree head.
    LogLater,
    /// The module proxy.
    Proxy,
    /// The proxy, and go.sum knows nothing of the versions, nor does a log.
    ProxyUnknown,
    /// Files of the user: the closure is called for its effect on the world, before the run.
    Files,
}

/// What the attacker does with an honest answer to a path.
pub type Lie = fn(&str, Vec<u8>) -> Reply;

pub struct Attack {
    pub name: &'static str,
    pub place: Place,
    pub lie: Lie,
    /// Changes files before the run; the world's cache is full.
    pub files: fn(&World),
    /// The exit codes that are right.
    pub codes: &'static [i32],
    /// What the output must name.
    pub naming: &'static [&'static str],
}

pub struct Row {
    pub code: i32,
    pub seconds: f64,
    pub finding: String,
    pub go: String,
    pub wrong: Vec<String>,
}

/// An honest log with the records of the world, and fillers.
fn honest() -> &'static Records {
    static HONEST: OnceLock<Records> = OnceLock::new();
    HONEST.get_or_init(|| {
        let sums = World::new(PAIR).sums(|_| true);
        let mut records = Records::new(signer(), &sums, str::to_owned);
        for number in records.log.size()..SIZE {
            records.log.push_text(&format!("filler {number}\n"));
        }
        records
    })
}

pub fn log() -> &'static TestLog {
    &honest().log
}

/// The number of a record by its look-up's path.
pub fn number(path: &str) -> u64 {
    honest().numbers[path]
}

/// The log of someone who changed history at record 100, long after the modules of the world.
pub fn forked() -> &'static TestLog {
    static FORK: OnceLock<TestLog> = OnceLock::new();
    FORK.get_or_init(|| {
        let mut fork = TestLog::new(signer());
        let sums = World::new(PAIR).sums(|_| true);
        for pair in sums.lines().collect::<Vec<_>>().chunks(2) {
            fork.push_text(&format!("{}\n{}\n", pair[0], pair[1]));
        }
        for number in fork.size()..SIZE {
            fork.push_text(&format!(
                "filler {}{number}\n",
                if number < 100 {
                    ""
                } else {
                    "of another history "
                }
            ));
        }
        fork
    })
}

fn start(lie: Lie, size: u64) -> Server {
    let honest = honest();
    Server::start(move |path| match honest.answer(path, size) {
        Some(answer) => lie(path, answer),
        None => match lie(path, Vec::new()) {
            Reply::Body(_, _, body) if body.is_empty() => Reply::status(404),
            reply => reply,
        },
    })
}

pub fn honestly(_: &str, answer: Vec<u8>) -> Reply {
    Reply::Body(200, "text/plain", answer)
}

pub fn run(attack: &Attack) -> Row {
    let mut row = gomod(attack);
    row.go = go(attack);
    row
}

/// A world for an attack, its servers, and the setting of GOSUMDB at the lying log.
struct Scene {
    world: World,
    setting: String,
    _servers: Vec<Server>,
}

fn scene(attack: &Attack) -> Scene {
    let mut world = World::new(PAIR);
    let mut servers = Vec::new();
    let at_log = matches!(attack.place, Place::Log | Place::LogLater);
    let log = start(if at_log { attack.lie } else { honestly }, SIZE);
    let setting = format!("{} {}", signer().key(), log.url());
    servers.push(log);
    if matches!(attack.place, Place::Proxy | Place::ProxyUnknown) {
        let (root, lie) = (world.path("proxy"), attack.lie);
        let proxy = Server::start(move |path| {
            match std::fs::read(root.join(path.trim_start_matches('/'))) {
                Ok(bytes) if path.contains("/b/@v/v1.2.0") => lie(path, bytes),
                Ok(bytes) => honestly(path, bytes),
                Err(_) => Reply::status(404),
            }
        });
        world.set("GOPROXY", &proxy.url());
        servers.push(proxy);
    }
    if attack.place == Place::ProxyUnknown {
        world.write("main/go.sum", "");
    }
    if attack.place == Place::Files {
        world = world.with_filled_cache();
    }
    world.set(
        "GOSUMDB",
        if attack.place == Place::ProxyUnknown {
            "off"
        } else {
            &setting
        },
    );
    Scene {
        world,
        setting,
        _servers: servers,
    }
}

/// GOSUMDB at an honest log of earlier.
fn earlier(scene: &Scene) -> (Server, String) {
    let server = start(honestly, BEFORE);
    let key = scene.setting.split(' ').next().unwrap();
    let setting = format!("{key} {}", server.url());
    (server, setting)
}

fn gomod(attack: &Attack) -> Row {
    let mut scene = scene(attack);
    let mut wrong = Vec::new();
    if attack.place == Place::LogLater {
        let (_server, setting) = earlier(&scene);
        scene.world.set("GOSUMDB", &setting);
        scene.world.gomod(&["verify"]).ok();
        // Look-ups that are cached are not asked again.
        let lookups = "cache/cache/download/sumdb/sums.example/lookup";
        std::fs::remove_dir_all(scene.world.path(lookups)).unwrap();
        scene.world.set("GOSUMDB", &scene.setting.clone());
    }
    (attack.files)(&scene.world);
    let latest = "home/go/pkg/sumdb/sums.example/latest";
    let head = std::fs::read(scene.world.path(latest)).unwrap_or_default();
    let (main, cache) = (
        tree(&scene.world.path("main")),
        tree(&scene.world.path("cache")),
    );
    let start = Instant::now();
    let mut command = scene.world.gomod_command(&["verify", "--format", "json"]);
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let Some(output) = wait(child, BOUND) else {
        return Row {
            code: -1,
            seconds: start.elapsed().as_secs_f64(),
            finding: String::new(),
            go: String::new(),
            wrong: vec![format!("no end within {BOUND:?}")],
        };
    };
    let seconds = start.elapsed().as_secs_f64();
    let (code, stdout, stderr) = output;
    if !attack.codes.contains(&code) {
        wrong.push(format!("exit {code}: {stdout}{stderr}"));
    }
    for name in attack.naming {
        if !stdout.contains(name) {
            wrong.push(format!("{name:?} is not named: {stdout}{stderr}"));
        }
    }
    if tree(&scene.world.path("main")) != main {
        wrong.push("the module's files were changed".to_owned());
    }
    let after = tree(&scene.world.path("cache"));
    let vanished = cache
        .iter()
        .find(|(path, bytes)| after.get(*path) != Some(bytes));
    if let Some((path, _)) = vanished {
        wrong.push(format!("{} was changed", path.display()));
    }
    if let Some(path) = after.keys().find(|path| is_evil(path, &after)) {
        wrong.push(format!("{} was kept", path.display()));
    }
    let now = std::fs::read(scene.world.path(latest)).unwrap_or_default();
    if code == 4 && attack.place == Place::LogLater && now != head {
        wrong.push("the tree head was moved".to_owned());
    }
    let report: serde_json::Value = serde_json::from_str(&stdout).unwrap_or_default();
    let finding = report["findings"]
        .as_array()
        .and_then(|findings| findings.iter().find(|f| f["severity"] != "note"))
        .and_then(|finding| finding["code"].as_str())
        .unwrap_or("-");
    Row {
        code,
        seconds,
        finding: finding.to_owned(),
        go: String::new(),
        wrong,
    }
}

/// Whether a file of the cache is what an attacker sent.
fn is_evil(path: &std::path::Path, files: &BTreeMap<PathBuf, Vec<u8>>) -> bool {
    path.to_string_lossy().contains("/b/@v/v1.2.0.mod")
        && (files[path]
            .windows(4)
            .any(|w| w == b"evil" || w == b"html" || w == b"\xff\xfe\xfd\xfc"))
        && !path.to_string_lossy().contains("proxy")
}

/// What the go command does: with an empty go.sum, so that it asks the log, or with the files as they are.
fn go(attack: &Attack) -> String {
    let mut scene = scene(attack);
    if !crate::support::has_go("attacks") {
        return "not here".to_owned();
    }
    let at_log = matches!(attack.place, Place::Log | Place::LogLater);
    scene.world.set("GOFLAGS", "-mod=mod -modcacherw");
    if attack.place == Place::LogLater {
        let (_server, setting) = earlier(&scene);
        scene.world.set("GOSUMDB", &setting);
        scene.world.write("main/go.sum", "");
        let _ = scene.world.go_in("main", &["mod", "download", "all"]);
        scene.world.set("GOSUMDB", &scene.setting.clone());
        // Look-ups that are cached are not asked again.
        for dir in [
            "go-cache/cache/download/sumdb",
            "go-cache/cache/download/example.com",
        ] {
            let _ = std::fs::remove_dir_all(scene.world.path(dir));
        }
    }
    if at_log {
        scene.world.write("main/go.sum", "");
    }
    (attack.files)(&scene.world);
    let args: &[&str] = match attack.place {
        Place::Files => &["mod", "verify"],
        _ => &["mod", "download", "all"],
    };
    let mut command = scene.world.go_command("main", args);
    let child = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    match wait(child, PATIENCE) {
        None => format!("no end within {} s", PATIENCE.as_secs()),
        Some((0, _, _)) => "accepts".to_owned(),
        Some((_, _, stderr)) => {
            let words = ["SECURITY ERROR", "checksum mismatch", "has been modified"];
            let said = words.iter().find(|word| stderr.contains(**word));
            format!(
                "refuses{}",
                said.map(|said| format!(" ({said})")).unwrap_or_default()
            )
        }
    }
}

/// The exit code and the output of a process, unless it takes too long: then it is ended.
fn wait(mut child: Child, limit: Duration) -> Option<(i32, String, String)> {
    use std::io::Read as _;
    let (mut stdout, mut stderr) = (child.stdout.take(), child.stderr.take());
    let reader = std::thread::spawn(move || {
        let mut text = String::new();
        if let Some(stream) = &mut stdout {
            let _ = stream.read_to_string(&mut text);
        }
        text
    });
    let errors = std::thread::spawn(move || {
        let mut text = String::new();
        if let Some(stream) = &mut stderr {
            let _ = stream.read_to_string(&mut text);
        }
        text
    });
    let deadline = Instant::now() + limit;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            let code = status.code().unwrap_or(-1);
            return Some((code, reader.join().unwrap(), errors.join().unwrap()));
        }
        if Instant::now() > deadline {
            let _ = child.kill();
            let _ = child.wait();
            return None;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
