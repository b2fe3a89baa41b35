//! A process that answers out of the installed go command's own packages.
//!
//! `go build -overlay` puts a small program, and files that export what it needs, into the go command's
//! source as it is installed. Nothing is fetched, and what answers is the very code that `go` runs.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// Where each file goes below `src/cmd/go/internal`.
const FILES: &[(&str, &str)] = &[
    ("gomodoracle/main.go", include_str!("oracle/main.go.txt")),
    ("gomodoracle/files.go", include_str!("oracle/files.go.txt")),
    (
        "gomodoracle/versions.go",
        include_str!("oracle/versions.go.txt"),
    ),
    (
        "modcmd/zz_gomod.go",
        include_str!("oracle/export_modcmd.go.txt"),
    ),
    (
        "workcmd/zz_gomod.go",
        include_str!("oracle/export_workcmd.go.txt"),
    ),
    (
        "modfetch/zz_gomod.go",
        include_str!("oracle/export_modfetch.go.txt"),
    ),
    (
        "modload/zz_gomod.go",
        include_str!("oracle/export_modload.go.txt"),
    ),
];

/// The program, built.
pub struct Oracle {
    dir: tempfile::TempDir,
    exe: PathBuf,
}

impl Oracle {
    /// Builds the program.
    ///
    /// # Errors
    /// Why it cannot be built: there is no `go`, or its source is not installed.
    pub fn build() -> Result<Self, String> {
        let dir = tempfile::tempdir().map_err(|e| e.to_string())?;
        let root = Command::new("go")
            .args(["env", "GOROOT"])
            .output()
            .map_err(|e| format!("go: {e}"))?;
        let root = String::from_utf8_lossy(&root.stdout).trim().to_owned();
        let source = Path::new(&root).join("src/cmd");
        let mut replace = serde_json::Map::new();
        for (index, (place, text)) in FILES.iter().enumerate() {
            let file = dir.path().join(format!("{index}.go"));
            std::fs::write(&file, text).map_err(|e| e.to_string())?;
            let place = source.join("go/internal").join(place);
            replace.insert(
                place.to_string_lossy().into_owned(),
                file.to_string_lossy().into_owned().into(),
            );
        }
        let overlay = dir.path().join("overlay.json");
        let text = serde_json::json!({ "Replace": replace }).to_string();
        std::fs::write(&overlay, text).map_err(|e| e.to_string())?;
        let exe = dir.path().join("oracle");
        let build = Command::new("go")
            .current_dir(&source)
            .envs([
                ("GOWORK", "off"),
                ("GOFLAGS", ""),
                ("GOTOOLCHAIN", "local"),
                ("GOENV", "off"),
                ("CGO_ENABLED", "0"),
            ])
            .arg("build")
            .arg(format!("-overlay={}", overlay.display()))
            .arg("-o")
            .arg(&exe)
            .arg("./go/internal/gomodoracle")
            .output()
            .map_err(|e| format!("go build in {}: {e}", source.display()))?;
        if !build.status.success() {
            return Err(String::from_utf8_lossy(&build.stderr).into_owned());
        }
        Ok(Self { dir, exe })
    }

    /// Asks; answers are in the order of the requests.
    pub fn ask(&mut self, requests: &[Value]) -> Vec<Value> {
        let mut child = Command::new(&self.exe)
            .current_dir(self.dir.path())
            .env("GOPROXY", "off")
            .env("GOENV", "off")
            .env("GOFLAGS", "")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut text = Vec::new();
        for request in requests {
            writeln!(text, "{request}").unwrap();
        }
        let mut stdin = child.stdin.take().unwrap();
        let writer = std::thread::spawn(move || stdin.write_all(&text).unwrap());
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        assert!(output.status.success(), "the oracle failed");
        let answers: Vec<Value> = serde_json::Deserializer::from_slice(&output.stdout)
            .into_iter()
            .map(Result::unwrap)
            .collect();
        assert_eq!(answers.len(), requests.len());
        answers
    }
}
