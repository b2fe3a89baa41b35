//! Runs the `go` command and `gomod` in the same closed surroundings.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::archive::Place;

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ended {
    /// The exit code; `None` when it was killed at its limit.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ended {
    pub(crate) fn ok(&self) -> bool {
        self.code == Some(0)
    }

    pub(crate) fn timed_out(&self) -> bool {
        self.code.is_none()
    }
}

/// The two commands.
#[derive(Debug, Clone)]
pub(crate) struct Tools {
    go: Option<PathBuf>,
    /// The version of the installed Go, as `1.26.8`.
    pub(crate) go_version: String,
    /// Variables that differ from the usual surroundings, for both commands.
    pub(crate) vars: Vec<(&'static str, String)>,
}

impl Tools {
    /// Looks for `go` in PATH.
    pub(crate) fn find() -> Self {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let go = std::env::split_paths(&path)
            .map(|directory| directory.join("go"))
            .find(|file| file.is_file());
        let mut tools = Self {
            go,
            go_version: "1.26.8".to_owned(),
            vars: Vec::new(),
        };
        if let Some(go) = &tools.go {
            let output = Command::new(go)
                .args(["env", "GOVERSION"])
                .env("GOTOOLCHAIN", "local")
                .output()
                .unwrap();
            let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
            tools.go_version = text.trim_start_matches("go").to_owned();
        }
        tools
    }

    pub(crate) fn has_go(&self) -> bool {
        self.go.is_some()
    }

    /// Runs `go` for at most 30 seconds.
    pub(crate) fn go(&self, place: &Place, directory: &Path, flags: &str, args: &[&str]) -> Ended {
        self.go_within(Duration::from_secs(30), place, directory, flags, args)
    }

    pub(crate) fn go_within(
        &self,
        limit: Duration,
        place: &Place,
        directory: &Path,
        flags: &str,
        args: &[&str],
    ) -> Ended {
        let mut command = Command::new(self.go.as_ref().unwrap());
        command.args(args);
        self.run(command, limit, place, directory, flags)
    }

    /// Runs `gomod`. Without Go it is told which Go to assume.
    pub(crate) fn gomod(&self, place: &Place, directory: &Path, args: &[&str]) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gomod"));
        if !self.has_go() {
            command.args(["--go", &self.go_version]);
        }
        command.args(args);
        let limit = Duration::from_secs(60);
        self.run(command, limit, place, directory, "-mod=readonly")
    }

    /// The environment of both commands.
    pub(crate) fn environment(&self, place: &Place, flags: &str) -> Vec<(String, String)> {
        let path = std::env::var("PATH").unwrap_or_default();
        let build_cache = std::env::temp_dir().join("gomod-worlds-build-cache");
        let text = |path: &Path| path.display().to_string();
        let fixed = [
            ("PATH", path),
            ("HOME", text(&place.root.join("home"))),
            ("GOENV", "off".to_owned()),
            ("GOTOOLCHAIN", "local".to_owned()),
            ("GOSUMDB", "off".to_owned()),
            ("GOFLAGS", flags.to_owned()),
            ("GOPROXY", format!("file://{}", place.proxy().display())),
            ("GOMODCACHE", text(&place.cache())),
            ("GOCACHE", text(&build_cache)),
            ("GOTELEMETRY", "off".to_owned()),
            ("NO_COLOR", "1".to_owned()),
        ];
        let own = self.vars.iter().map(|(name, value)| (*name, value.clone()));
        let all = fixed.into_iter().chain(own);
        all.map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn run(
        &self,
        mut command: Command,
        limit: Duration,
        place: &Place,
        directory: &Path,
        flags: &str,
    ) -> Ended {
        static NUMBER: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let out = place.root.join(format!("out{number}"));
        let err = place.root.join(format!("err{number}"));
        fs::create_dir_all(place.root.join("home")).unwrap();
        let mut child = command
            .current_dir(directory)
            .env_clear()
            .envs(self.environment(place, flags))
            .stdin(Stdio::null())
            .stdout(File::create(&out).unwrap())
            .stderr(File::create(&err).unwrap())
            .spawn()
            .unwrap();
        let start = Instant::now();
        let mut pause = Duration::from_millis(1);
        let code = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break Some(status.code().unwrap_or(-1));
            }
            if start.elapsed() > limit {
                child.kill().unwrap();
                child.wait().unwrap();
                break None;
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(20));
        };
        let read = |file: &Path| String::from_utf8_lossy(&fs::read(file).unwrap()).into_owned();
        let ended = Ended {
            code,
            stdout: read(&out),
            stderr: read(&err),
        };
        fs::remove_file(out).unwrap();
        fs::remove_file(err).unwrap();
        ended
    }
}
