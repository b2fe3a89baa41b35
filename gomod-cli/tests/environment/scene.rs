//! A main module, a tree that proxies serve and an environment, in which both are run and compared.

use std::collections::BTreeSet;
use std::fs;
use std::process::Output;

use crate::support::{Home, Reply, Server, add_module, has_go};

pub(crate) const LIST: [&str; 3] = ["list", "-m", "all"];

pub(crate) const ALL: &str = "example.com/main\nexample.com/a v1.1.0\nexample.com/b v1.0.0\n";

/// A main module that requires `a`, which requires `b` and is too old to be pruned; a tree that proxies serve; and an environment.
pub(crate) struct Scene {
    pub(crate) home: Home,
}

/// What one of the two did.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) ok: bool,
    pub(crate) stdout: String,
    /// For each server what it was asked, with credentials.
    pub(crate) asked: Vec<BTreeSet<String>>,
}

impl Scene {
    /// `None` without Go.
    pub(crate) fn new(test: &str) -> Option<Self> {
        if !has_go(test) {
            return None;
        }
        let mut home = Home::new();
        let tree = home.path("tree");
        let a = "module example.com/a\n\ngo 1.16\n\nrequire example.com/b v1.0.0\n";
        add_module(
            &tree,
            "example.com/a",
            "v1.0.0",
            "module example.com/a\n\ngo 1.21\n",
        );
        add_module(&tree, "example.com/a", "v1.1.0", a);
        add_module(
            &tree,
            "example.com/b",
            "v1.0.0",
            "module example.com/b\n\ngo 1.21\n",
        );
        home.set("GOENV", "off");
        home.set("GOWORK", "off");
        let scene = Self { home };
        scene.require("example.com/a v1.1.0");
        Some(scene)
    }

    pub(crate) fn require(&self, line: &str) {
        let text = format!("module example.com/main\n\ngo 1.21\n\nrequire {line}\n");
        fs::write(self.home.path("work/go.mod"), text).unwrap();
    }

    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.home.set(name, value);
    }

    /// A server of the tree below `prefix`, which answers otherwise as `special` says.
    pub(crate) fn serve(
        &self,
        prefix: &'static str,
        special: impl Fn(&str) -> Option<Reply> + Send + Sync + 'static,
    ) -> Server {
        Server::start(self.answers(prefix, special))
    }

    pub(crate) fn answers(
        &self,
        prefix: &'static str,
        special: impl Fn(&str) -> Option<Reply> + Send + Sync + 'static,
    ) -> impl Fn(&crate::support::Seen) -> Reply + Send + Sync + 'static {
        let tree = self.home.path("tree");
        move |seen| {
            let path = seen.path.as_str();
            special(path).unwrap_or_else(|| {
                let file = path
                    .strip_prefix(prefix)
                    .map(|file| tree.join(file.trim_start_matches('/')));
                match file.and_then(|file| fs::read(file).ok()) {
                    Some(bytes) => Reply::ok(bytes),
                    None => Reply::status(404),
                }
            })
        }
    }

    /// Runs one of the two, with a fresh module cache of its own.
    pub(crate) fn run(
        &mut self,
        program: &str,
        args: &[&str],
        servers: &[&Server],
    ) -> (Output, Seen) {
        let work = self.home.path("work");
        let before: Vec<usize> = servers.iter().map(|server| server.seen().len()).collect();
        let kept: Vec<(std::path::PathBuf, Vec<u8>)> = fs::read_dir(&work)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .map(|path| (path.clone(), fs::read(path).unwrap()))
            .collect();
        let gopath = self.home.path(&format!("gopath-{program}"));
        self.home.set("GOPATH", gopath.to_str().unwrap());
        let cache = self.home.path(&format!("cache-{program}"));
        self.home.set("GOMODCACHE", cache.to_str().unwrap());
        let output = match program {
            "go" => self.home.go(args),
            _ => self.home.run(env!("CARGO_BIN_EXE_gomod"), args),
        };
        for entry in fs::read_dir(&work).unwrap() {
            fs::remove_file(entry.unwrap().path()).unwrap();
        }
        for (path, bytes) in kept {
            fs::write(path, bytes).unwrap();
        }
        let asked = servers
            .iter()
            .zip(before)
            .map(|(server, before)| server.seen()[before..].iter().map(line).collect())
            .collect();
        let seen = Seen {
            ok: output.status.success(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            asked,
        };
        (output, seen)
    }

    /// Both list; they must agree on everything when they succeed, and on failing otherwise.
    #[track_caller]
    pub(crate) fn same(&mut self, servers: &[&Server]) -> Seen {
        let (go, theirs) = self.run("go", &LIST, servers);
        let (gomod, ours) = self.run("gomod", &["list"], servers);
        let said = format!(
            "go: {}\ngomod: {}",
            String::from_utf8_lossy(&go.stderr),
            String::from_utf8_lossy(&gomod.stderr)
        );
        assert_eq!(ours.ok, theirs.ok, "{said}");
        if ours.ok {
            assert_eq!(ours, theirs, "{said}");
        }
        // The next pair starts anew.
        for program in ["go", "gomod"] {
            let _ = fs::remove_dir_all(self.home.path(&format!("cache-{program}")));
            let _ = fs::remove_dir_all(self.home.path(&format!("gopath-{program}")));
        }
        ours
    }
}

/// The method, the target and the credentials of a request.
pub(crate) fn line(seen: &crate::support::Seen) -> String {
    let mut line = seen.head.split(" HTTP/").next().unwrap().to_owned();
    for name in ["Authorization", "Proxy-Authorization", "X-Token"] {
        if let Some(value) = seen.header(name) {
            line.push_str(&format!(" {name}: {value}"));
        }
    }
    line
}

pub(crate) fn asked(seen: &Seen) -> Vec<&str> {
    seen.asked.iter().flatten().map(String::as_str).collect()
}
