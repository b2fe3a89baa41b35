//! A world of its own for each test: a main module, a `file://` proxy, a home and a module cache below
//! one temporary directory, and nothing of the caller's environment.

pub mod database;
mod proxy;
mod server;
#[path = "../../../../gomod-core/tests/support/transparency_log.rs"]
pub mod transparency_log;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub use database::database;
pub use proxy::{Module, h1, mod_hash};
pub use server::{Reply, Server};

/// Three versions of `a`, and of `b`, which asks for the same version of `a`.
pub const PAIR: &str = "
    a@v1.0.0 go1.21:
    a@v1.1.0 go1.21:
    a@v1.2.0 go1.21:
    b@v1.0.0 go1.21: a@v1.0.0
    b@v1.1.0 go1.21: a@v1.1.0
    b@v1.2.0 go1.21: a@v1.2.0
";

/// A main module that requires the newest of [`PAIR`].
pub const MAIN: &str = "module example.com/main

go 1.21

require (
\texample.com/a v1.2.0
\texample.com/b v1.2.0
)
";

/// What a process left behind.
#[derive(Debug)]
pub struct Run {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    /// The standard output of a run that must succeed and be quiet.
    #[track_caller]
    pub fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        assert_eq!(self.stderr, "");
        self.stdout
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

pub struct World {
    dir: tempfile::TempDir,
    vars: BTreeMap<String, String>,
    modules: Vec<Module>,
    /// Whether go and gomod have one module cache.
    shared: bool,
}

impl World {
    /// A proxy as the notation of [`Module::parse_all`] says, and [`MAIN`] with a complete go.sum.
    pub fn new(notation: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for name in ["home", "cache", "proxy", "main"] {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        let modules = Module::parse_all(notation);
        proxy::lay_out(&dir.path().join("proxy"), &modules);
        let text = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
        let vars = [
            ("HOME", text("home")),
            ("GOMODCACHE", text("cache")),
            ("GOPROXY", format!("file://{}", text("proxy"))),
            ("GOENV", "off".to_owned()),
            ("GOSUMDB", "off".to_owned()),
        ];
        let vars = vars.map(|(name, value)| (name.to_owned(), value)).into();
        let world = Self {
            dir,
            vars,
            modules,
            shared: false,
        };
        world.write("main/go.mod", MAIN);
        world.write("main/go.sum", &world.sums(|_| true));
        world
    }

    /// The same with another main module.
    pub fn with_main(notation: &str, go_mod: &str) -> Self {
        let world = Self::new(notation);
        world.write("main/go.mod", go_mod);
        world
    }

    pub fn path(&self, below: &str) -> PathBuf {
        self.dir.path().join(below)
    }

    pub fn write(&self, below: &str, text: &str) {
        let path = self.path(below);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn read(&self, below: &str) -> String {
        fs::read_to_string(self.path(below)).unwrap()
    }

    pub fn set(&mut self, name: &str, value: &str) {
        self.vars.insert(name.to_owned(), value.to_owned());
    }

    pub fn unset(&mut self, name: &str) {
        self.vars.remove(name);
    }

    /// The lines of go.sum for the modules that are wanted, named as `path@version`.
    pub fn sums(&self, wanted: impl Fn(&str) -> bool) -> String {
        let named = |module: &&Module| wanted(&format!("{}@{}", module.path, module.version));
        self.modules
            .iter()
            .filter(named)
            .map(Module::sums)
            .collect()
    }

    /// Where the proxy keeps a file of a version: `mod`, `info` or `zip`.
    pub fn proxied(path: &str, version: &str, kind: &str) -> String {
        format!("proxy/{}/@v/{version}.{kind}", proxy::escape(path))
    }

    /// A loopback server that answers with the files of the proxy, and otherwise as `special` says.
    pub fn serve(&self, special: impl Fn(&str) -> Option<Reply> + Send + Sync + 'static) -> Server {
        let root = self.path("proxy");
        Server::start(move |path| {
            special(path).unwrap_or_else(|| {
                match fs::read(root.join(path.trim_start_matches('/'))) {
                    Ok(bytes) => Reply::Body(200, "text/plain", bytes),
                    Err(_) => Reply::status(404),
                }
            })
        })
    }

    fn command(&self, program: &str, dir: &str, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .args(args)
            .env_clear()
            .envs(&self.vars)
            .current_dir(self.path(dir))
            .stdin(Stdio::null());
        command
    }

    pub fn gomod_in(&self, dir: &str, args: &[&str]) -> Run {
        finish(self.command(env!("CARGO_BIN_EXE_gomod"), dir, args))
    }

    pub fn gomod(&self, args: &[&str]) -> Run {
        self.gomod_in("main", args)
    }

    /// A gomod that is not started yet.
    pub fn gomod_command(&self, args: &[&str]) -> Command {
        self.command(env!("CARGO_BIN_EXE_gomod"), "main", args)
    }

    /// The `go` command in the same world, with a module cache of its own unless it is shared.
    pub fn go_in(&self, dir: &str, args: &[&str]) -> Run {
        finish(self.go_command(dir, args))
    }

    /// A `go` that is not started yet.
    pub fn go_command(&self, dir: &str, args: &[&str]) -> Command {
        let mut command = self.command("go", dir, args);
        command
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("GOTOOLCHAIN", "local");
        if !self.shared {
            command.env("GOMODCACHE", self.path("go-cache"));
        }
        if !self.vars.contains_key("GOFLAGS") {
            command.env("GOFLAGS", "-mod=readonly -modcacherw");
        }
        command
    }

    /// Lets gomod find the installed `go`, as a user's gomod would.
    pub fn with_go(mut self) -> Self {
        self.set("PATH", &std::env::var("PATH").unwrap_or_default());
        self.set("GOTOOLCHAIN", "local");
        self
    }

    /// The same, with one module cache for both, which `go` fills with zips and directories.
    pub fn with_filled_cache(self) -> Self {
        let mut world = self.with_go();
        world.shared = true;
        world.set("GOFLAGS", "-modcacherw"); // else what a repair leaves cannot be removed
        let run = world.go_in("main", &["mod", "download", "all"]);
        assert_eq!(run.code, Some(0), "{run:?}");
        world
    }

    /// A run that must fail with `code`: it prints nothing but one error with a next step, names each of
    /// `naming`, changes no file, and ends alike with `--format json`, where standard output is empty or
    /// the document that says why there is no plan. Gives the error.
    #[track_caller]
    pub fn refused(&self, code: i32, args: &[&str], naming: &[&str]) -> String {
        let before = tree(&self.path("main"));
        let run = self.gomod(args);
        assert_eq!(run.code, Some(code), "{args:?}: {run:?}");
        assert_eq!(run.stdout, "", "{args:?}");
        assert!(run.stderr.starts_with("error: "), "{run:?}");
        assert_eq!(run.stderr.matches("\nerror: ").count(), 0, "{run:?}");
        assert!(run.stderr.contains("\nhelp: "), "no next step: {run:?}");
        for name in naming {
            assert!(run.stderr.contains(name), "{name} is not named: {run:?}");
        }
        if args[0] != "lock" {
            let json = self.gomod(&[args, &["--format", "json"]].concat());
            assert_eq!((json.code, &json.stderr), (run.code, &run.stderr));
            if !json.stdout.is_empty() {
                let document = json.json();
                assert_eq!((code, &document["plans"]), (1, &serde_json::json!([])));
                assert_ne!(document["refused"], serde_json::json!([]));
            }
        }
        assert!(before == tree(&self.path("main")), "{args:?} changed files");
        run.stderr
    }
}

fn finish(mut command: Command) -> Run {
    let output = command.output().unwrap();
    Run {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// All files below a directory.
pub fn tree(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut left = vec![dir.to_path_buf()];
    while let Some(dir) = left.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                left.push(path);
            } else {
                let bytes = fs::read(&path).unwrap();
                files.insert(path, bytes);
            }
        }
    }
    files
}

/// Whether a test beside the `go` command can run. In CI it must.
pub fn has_go(test: &str) -> bool {
    if Command::new("go").arg("version").output().is_ok() {
        return true;
    }
    assert_ne!(
        std::env::var("CI").as_deref(),
        Ok("true"),
        "{test}: CI needs go"
    );
    let _ = writeln!(std::io::stderr(), "skipped: {test}: there is no go in PATH");
    false
}
