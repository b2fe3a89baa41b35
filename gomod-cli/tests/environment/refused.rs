//! Settings that make sense or none, beside go: with a complete go.sum and a full module cache both
//! succeed with the same output, or both fail. `settings.txt` has a line for each value of each setting.

use std::fs;

use crate::scene::{LIST, Scene};

/// The two programs, each with a full cache of its own, and a go.sum in which nothing is missing.
struct Table {
    scene: Scene,
    base: Vec<(&'static str, String)>,
    root: String,
    version: String,
}

#[derive(Debug, PartialEq, Eq)]
struct Shown {
    ok: bool,
    stdout: String,
}

impl Table {
    fn new(test: &str) -> Option<Self> {
        let mut scene = Scene::new(test)?;
        let text = |scene: &Scene, below: &str| scene.home.path(below).to_str().unwrap().to_owned();
        let root = scene.home.go_ok(&["env", "GOROOT"]).trim().to_owned();
        let version = scene.home.go_ok(&["env", "GOVERSION"]).trim().to_owned();
        let base = vec![
            ("GOPROXY", format!("file://{}", text(&scene, "tree"))),
            ("GOPATH", text(&scene, "gopath")),
            ("GOMODCACHE", text(&scene, "cache")),
            ("GOCACHE", text(&scene, "gocache")),
            ("HOME", text(&scene, "")),
            ("GOENV", "off".to_owned()),
            ("GOWORK", "off".to_owned()),
            ("GOSUMDB", "off".to_owned()),
            ("GOTOOLCHAIN", "local".to_owned()),
            ("GOFLAGS", String::new()),
        ];
        for (name, value) in &base {
            scene.set(name, value.clone());
        }
        scene.set("GOFLAGS", "-mod=mod");
        scene.home.go_ok(&LIST);
        scene.set("GOFLAGS", "");
        Some(Self {
            scene,
            base,
            root,
            version,
        })
    }

    /// What go and gomod do under a setting, for the list and for the graph.
    fn under(&mut self, name: &str, value: &str) -> [(Shown, Shown, String); 2] {
        let dir = self.scene.home.path("").to_str().unwrap().to_owned();
        let mut value = value
            .replace("GOROOT:", &self.root)
            .replace("GOVERSION:", &self.version)
            .replace("DIR", dir.trim_end_matches('/'));
        for (escaped, text) in [("\\n", "\n"), ("\\r", "\r"), ("\\s", " "), ("\\0", "\0")] {
            value = value.replace(escaped, text);
        }
        if name == "FILE" {
            let file = self.scene.home.path("env");
            fs::write(&file, &value).unwrap();
            self.scene.set("GOENV", file.to_str().unwrap());
            // What a file sets is only seen where the environment does not set it.
            for line in value.lines() {
                if let Some((name, _)) = line.split_once('=').filter(|(name, _)| *name != "GOENV") {
                    self.scene.home.unset(name);
                }
            }
        } else {
            self.scene.set(name, value);
        }
        let before: Vec<_> = ["go.mod", "go.sum"]
            .map(|file| self.scene.home.path("work").join(file))
            .map(|file| (fs::read(&file).unwrap(), file))
            .into();
        let both = [(&LIST[..], "list"), (&["mod", "graph"], "graph")].map(|(go, gomod)| {
            let theirs = self.scene.home.go(go);
            let ours = self.scene.home.run(env!("CARGO_BIN_EXE_gomod"), &[gomod]);
            let said = format!(
                "go: {}gomod: {}",
                String::from_utf8_lossy(&theirs.stderr),
                String::from_utf8_lossy(&ours.stderr)
            );
            for (bytes, file) in &before {
                fs::write(file, bytes).unwrap();
            }
            let shown = |output: std::process::Output| Shown {
                ok: output.status.success(),
                stdout: match output.status.success() {
                    true => String::from_utf8(output.stdout).unwrap(),
                    false => String::new(),
                },
            };
            (shown(theirs), shown(ours), said)
        });
        self.scene.home.unset(name);
        for (name, value) in &self.base {
            self.scene.home.set(name, value.clone());
        }
        both
    }

    /// What comes out otherwise than a line of `settings.txt` says, in words.
    fn surprises(&mut self, line: &str) -> Vec<String> {
        let (listed, setting) = line.split_once(": ").unwrap_or(("", line));
        let (name, value) = setting.split_once('=').unwrap();
        let (who, what) = listed.split_once(" fails, ").unwrap_or_default();
        let listed = ["list", "graph"].map(|command| what == command || what == "both");
        self.under(name, value)
            .into_iter()
            .zip(listed)
            .filter(|((theirs, ours, _), listed)| match listed {
                false => theirs != ours,
                true => theirs.ok != (who == "gomod") || ours.ok != (who == "go"),
            })
            .map(|((theirs, ours, said), _)| format!("{line}\n{theirs:?}\n{ours:?}\n{said}"))
            .collect()
    }
}

/// Tries the lines for which `wanted` holds.
fn compare(test: &str, wanted: fn(&str) -> bool) {
    let Some(mut table) = Table::new(test) else {
        return;
    };
    let lines = include_str!("settings.txt").lines();
    let lines: Vec<&str> = lines
        .filter(|line| !line.is_empty() && !line.starts_with('#') && wanted(line))
        .collect();
    assert!(lines.len() > 100);
    let found: Vec<String> = lines
        .iter()
        .flat_map(|line| table.surprises(line))
        .collect();
    assert!(
        found.is_empty(),
        "{} surprises:\n{}",
        found.len(),
        found.join("\n")
    );
}

#[test]
fn settings_of_the_environment() {
    compare("settings_of_the_environment", |line| {
        !line.contains("GOFLAGS=")
    });
}

#[test]
fn flags_of_the_environment() {
    compare("flags_of_the_environment", |line| line.contains("GOFLAGS="));
}
