//! The two commands, run in the same surroundings: no workspace, no other Go, no flags but those given here.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How a command ended.
pub(super) struct Ended {
    /// The exit code; `None` when it was stopped at its limit.
    pub(super) code: Option<i32>,
    pub(super) stdout: String,
    pub(super) stderr: String,
    pub(super) took: Duration,
}

impl Ended {
    pub(super) fn ok(&self) -> bool {
        self.code == Some(0)
    }

    /// Its output, or what it said instead.
    pub(super) fn output(self) -> Result<String, String> {
        if self.ok() {
            return Ok(self.stdout);
        }
        let lines: Vec<&str> = self.stderr.trim().lines().collect();
        Err(lines
            .get(lines.len().saturating_sub(3)..)
            .unwrap_or_default()
            .join(" / "))
    }
}

pub(super) struct Commands {
    gomod: PathBuf,
    /// As `go1.26.8`.
    pub(super) go_version: String,
}

impl Commands {
    /// No command but `go get` takes longer.
    const LIMIT: Duration = Duration::from_secs(600);

    pub(super) fn find(gomod: PathBuf) -> Result<Self, String> {
        let mut commands = Self {
            gomod,
            go_version: String::new(),
        };
        let here = std::env::temp_dir();
        let version = commands.go(&here, "", &["env", "GOVERSION"]).output();
        commands.go_version = version?.trim().to_owned();
        Ok(commands)
    }

    pub(super) fn go(&self, directory: &Path, flags: &str, args: &[&str]) -> Ended {
        self.go_within(Self::LIMIT, directory, flags, args)
    }

    pub(super) fn go_within(
        &self,
        limit: Duration,
        directory: &Path,
        flags: &str,
        args: &[&str],
    ) -> Ended {
        run(Path::new("go"), limit, directory, flags, args)
    }

    pub(super) fn gomod(&self, directory: &Path, args: &[&str]) -> Ended {
        run(&self.gomod, Self::LIMIT, directory, "", args)
    }
}

/// The variables that differ from those of this process.
pub(super) fn variables(flags: &str) -> [(String, String); 4] {
    let variable = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    [
        variable("GOFLAGS", format!("{flags} -buildvcs=false").trim()),
        variable("GOWORK", "off"),
        variable("GOTOOLCHAIN", "local"),
        variable("NO_COLOR", "1"),
    ]
}

pub(super) fn run(
    program: &Path,
    limit: Duration,
    directory: &Path,
    flags: &str,
    args: &[&str],
) -> Ended {
    within(program, limit, directory, flags, args).unwrap_or_else(|error| Ended {
        code: Some(-1),
        stdout: String::new(),
        stderr: format!("{}: {error}", program.display()),
        took: Duration::ZERO,
    })
}

fn within(
    program: &Path,
    limit: Duration,
    directory: &Path,
    flags: &str,
    args: &[&str],
) -> std::io::Result<Ended> {
    let mut stdout = tempfile::tempfile()?;
    let mut stderr = tempfile::tempfile()?;
    let start = Instant::now();
    let mut child = Command::new(program)
        .args(args)
        .current_dir(directory)
        .envs(variables(flags))
        .stdin(Stdio::null())
        .stdout(stdout.try_clone()?)
        .stderr(stderr.try_clone()?)
        .spawn()?;
    let mut pause = Duration::from_millis(1);
    let code = loop {
        if let Some(status) = child.try_wait()? {
            break Some(status.code().unwrap_or(-1));
        }
        if start.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            break None;
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    };
    let took = start.elapsed();
    Ok(Ended {
        code,
        stdout: text(&mut stdout)?,
        stderr: text(&mut stderr)?,
        took,
    })
}

fn text(file: &mut File) -> std::io::Result<String> {
    use std::io::Seek as _;
    file.rewind()?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
