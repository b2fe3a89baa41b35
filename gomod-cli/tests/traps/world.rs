//! A world in a temporary directory, asked by both tools.

use std::fs;
use std::io::Write as _;

use crate::worlds::archive::{Archive, Place};
use crate::worlds::run::{Ended, Tools};
use crate::worlds::zips::write_zips;

/// A world in a temporary directory.
pub(crate) struct World {
    pub(crate) tools: Tools,
    pub(crate) place: Place,
    pub(crate) archive: Archive,
    _root: tempfile::TempDir,
}

pub(crate) const READONLY: &str = "-mod=readonly";

impl World {
    /// The main module's go.mod, and the rest in the notation of [`Archive`].
    pub(crate) fn new(go_mod: &str, rest: &str) -> Self {
        Self::of(&format!(
            "-- main/go.mod --\nmodule x.y/main\n{go_mod}\n{rest}"
        ))
    }

    pub(crate) fn of(text: &str) -> Self {
        let root = tempfile::tempdir().unwrap();
        let tools = Tools::find();
        if !tools.has_go() {
            assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "CI needs go");
            let name = std::thread::current().name().unwrap_or_default().to_owned();
            let _ = writeln!(
                std::io::stderr(),
                "half of {name} is skipped: there is no go"
            );
        }
        let archive = Archive::parse(text);
        let place = archive.write(root.path(), &tools);
        Self {
            tools,
            place,
            archive,
            _root: root,
        }
    }

    /// With content for each module, which `go get` wants.
    pub(crate) fn with_zips(self) -> Self {
        write_zips(&self.archive, &self.place);
        self
    }

    pub(crate) fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.tools.vars.push((name, value.into()));
    }

    pub(crate) fn gomod(&self, args: &[&str]) -> Ended {
        self.tools.gomod(&self.place, &self.place.main(), args)
    }

    /// What `go` says; `None` without Go.
    pub(crate) fn go(&self, args: &[&str]) -> Option<Ended> {
        let run = || {
            self.tools
                .go(&self.place, &self.place.main(), READONLY, args)
        };
        self.tools.has_go().then(run)
    }

    /// Runs both; they must agree. What is printed, `None` for a failure.
    #[track_caller]
    pub(crate) fn same(&self, gomod: &[&str], go: &[&str]) -> Option<String> {
        let ours = self.gomod(gomod);
        let printed = |ended: &Ended| ended.ok().then(|| ended.stdout.clone());
        if let Some(theirs) = self.go(go) {
            assert_eq!(
                printed(&ours),
                printed(&theirs),
                "{gomod:?}: {ours:?} {theirs:?}"
            );
        }
        printed(&ours)
    }

    #[track_caller]
    pub(crate) fn list(&self) -> Option<String> {
        let list = self.same(&["list"], &["list", "-m", "all"])?;
        Some(
            list.replace("x.y/", "")
                .replace('\n', ", ")
                .trim_end_matches(", ")
                .to_owned(),
        )
    }

    #[track_caller]
    pub(crate) fn graph(&self) -> Option<String> {
        let graph = self.same(&["graph"], &["mod", "graph"])?;
        Some(
            graph
                .replace("x.y/", "")
                .replace('\n', ", ")
                .trim_end_matches(", ")
                .to_owned(),
        )
    }

    /// Plans a downgrade and writes it; the list afterwards, or the exit code.
    #[track_caller]
    pub(crate) fn plan(&self, args: &[&str]) -> Result<String, Ended> {
        let ours = self.gomod(&[&["plan-downgrade", "--write"], args].concat());
        match ours.ok() {
            true => Ok(self
                .list()
                .unwrap_or_else(|| panic!("no list after {args:?}: {ours:?}"))),
            false => Err(ours),
        }
    }

    pub(crate) fn go_mod(&self) -> String {
        fs::read_to_string(self.place.main().join("go.mod")).unwrap()
    }
}

/// `-- proxy/x.y/NAME@VERSION --` with a go line and requirements, for each line
/// `NAME@VERSION GO: NAME@VERSION …`; `-` is no go line.
pub(crate) fn modules(lines: &str) -> String {
    let mut out = String::new();
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (head, requires) = line.split_once(':').unwrap();
        let (module, go) = head.split_once(' ').unwrap();
        let path = module.split('@').next().unwrap();
        out.push_str(&format!("-- proxy/x.y/{module} --\nmodule x.y/{path}\n"));
        if go != "-" {
            out.push_str(&format!("go {go}\n"));
        }
        for required in requires.split_whitespace() {
            let (path, version) = required.split_once('@').unwrap();
            out.push_str(&format!("require x.y/{path} {version}\n"));
        }
    }
    out
}
