//! Lists and graphs of real modules and workspaces, beside the go command.
//!
//! The modules are those of `real.txt`, and of a corpus where one is named. The installed go fetches them as
//! it is set up to; both then work on the same directories and the same module cache.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::agreement::agree::{Outcome, Tally};
use crate::materialise::materialise;

/// The modules, workspaces and programs of `real.txt`.
pub(crate) struct Cases {
    modules: Vec<String>,
    workspaces: Vec<Vec<String>>,
    pub(crate) vendored: Vec<Vec<String>>,
}

impl Cases {
    /// All of them, with those of a corpus.
    pub(crate) fn all(corpus: Option<&Path>) -> Result<Self, String> {
        let mut cases = Self {
            modules: Vec::new(),
            workspaces: Vec::new(),
            vendored: Vec::new(),
        };
        let lines = include_str!("../real.txt").lines();
        for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let mut words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
            match words.as_slice() {
                [word, ..] if word == "vendor" => cases.vendored.push(words.split_off(1)),
                [module] => cases.modules.push(module.clone()),
                _ => cases.workspaces.push(words),
            }
        }
        if let Some(corpus) = corpus {
            let file = corpus.join("public.json");
            let text = fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
            let json: serde_json::Value =
                serde_json::from_str(&text).map_err(|e| format!("{}: {e}", file.display()))?;
            let found = json["cases"].as_array().into_iter().flatten();
            let known: Vec<String> = found
                .filter_map(|case| Some(case["case"].as_str()?.to_owned()))
                .collect();
            if known.is_empty() {
                return Err(format!("{}: no cases", file.display()));
            }
            cases.modules.extend(known);
        }
        Ok(cases)
    }

    /// A few of each, for CI.
    pub(crate) fn few() -> Result<Self, String> {
        let mut cases = Self::all(None)?;
        cases.modules.truncate(5);
        cases.workspaces.truncate(2);
        cases.vendored.truncate(2);
        Ok(cases)
    }
}

/// The two programs, and the environment of both.
pub(crate) struct Tools {
    pub(crate) gomod: PathBuf,
}

impl Tools {
    pub(crate) fn go(&self, dir: &Path, flags: &str, args: &[&str]) -> Result<Output, String> {
        self.run(Path::new("go"), dir, flags, args)
    }

    pub(crate) fn run(
        &self,
        program: &Path,
        dir: &Path,
        flags: &str,
        args: &[&str],
    ) -> Result<Output, String> {
        // In a workspace go.work is found; elsewhere none may be.
        let work = match dir.join("go.work").is_file() {
            true => "",
            false => "off",
        };
        Command::new(program)
            .args(args)
            .current_dir(dir)
            .env("GOFLAGS", flags)
            .env("GOWORK", work)
            .env("GOTOOLCHAIN", "local")
            .output()
            .map_err(|error| format!("{}: {error}", program.display()))
    }

    /// What both print, or that both fail.
    fn compare(&self, name: &str, dir: &Path, flags: &str, ours: &str, theirs: &[&str]) -> Outcome {
        let said = |output: &Output| String::from_utf8_lossy(&output.stderr).trim().to_owned();
        let ours = self.run(&self.gomod, dir, flags, &[ours]);
        let theirs = self.go(dir, flags, theirs);
        match (ours, theirs) {
            (Ok(ours), Ok(theirs)) => match (ours.status.success(), theirs.status.success()) {
                (false, false) => Outcome::Refused,
                (true, true) if ours.stdout == theirs.stdout => Outcome::Same,
                (true, true) => Outcome::Differ(format!("{name}: other lines")),
                _ => Outcome::Differ(format!(
                    "{name}: gomod: {}: {}\n  go: {}: {}",
                    ours.status,
                    said(&ours),
                    theirs.status,
                    said(&theirs)
                )),
            },
            (Err(error), _) | (_, Err(error)) => Outcome::Differ(error),
        }
    }
}

/// Compares on each case; `done` is told each kind's counts.
pub(crate) fn run(tools: &Tools, cases: &Cases, mut done: impl FnMut(Tally)) {
    let mut lists = Tally::new("go list -m all, of real modules");
    let mut graphs = Tally::new("go mod graph, of real modules");
    for module in &cases.modules {
        let root = scratch();
        let made = root.as_ref().map_err(Clone::clone);
        match made.and_then(|root| materialise(tools, module, root.path())) {
            Ok(dir) => both(
                tools,
                module,
                &dir,
                "-mod=readonly",
                &mut lists,
                &mut graphs,
            ),
            Err(error) => missing(module, &error, &mut lists),
        }
    }
    done(lists);
    done(graphs);
    let mut lists = Tally::new("go list -m all, of real workspaces");
    let mut graphs = Tally::new("go mod graph, of real workspaces");
    for members in &cases.workspaces {
        let name = members.join(" ");
        let root = scratch();
        let made = root.as_ref().map_err(Clone::clone);
        match made.and_then(|root| workspace(tools, members, root.path())) {
            Ok(()) => {
                if let Ok(root) = &root {
                    both(tools, &name, root.path(), "", &mut lists, &mut graphs);
                }
            }
            Err(error) => missing(&name, &error, &mut lists),
        }
    }
    done(lists);
    done(graphs);
}

fn both(tools: &Tools, name: &str, dir: &Path, flags: &str, lists: &mut Tally, graphs: &mut Tally) {
    lists.add(tools.compare(name, dir, flags, "list", &["list", "-m", "all"]));
    graphs.add(tools.compare(name, dir, flags, "graph", &["mod", "graph"]));
}

/// A case that cannot be had is no agreement.
pub(crate) fn missing(name: &str, error: &str, tally: &mut Tally) {
    tally.add(Outcome::Differ(format!("{name} cannot be had: {error}")));
}

/// A go.work over modules that are each a main module of its own; its go.work.sum is complete.
pub(crate) fn workspace(tools: &Tools, members: &[String], root: &Path) -> Result<(), String> {
    let mut uses = vec!["work".to_owned(), "use".to_owned()];
    for (index, member) in members.iter().enumerate() {
        let dir = root.join(format!("m{index}"));
        fs::create_dir_all(&dir).map_err(|e| format!("{}: {e}", dir.display()))?;
        let main = materialise(tools, member, &dir)?;
        let below = main.strip_prefix(root).map_err(|e| e.to_string())?;
        uses.push(format!("./{}", below.display()));
    }
    let must = |args: &[&str]| {
        let output = tools.go(root, "", args)?;
        match output.status.success() {
            true => Ok(()),
            false => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
        }
    };
    must(&["work", "init"])?;
    must(&uses.iter().map(String::as_str).collect::<Vec<_>>())?;
    // These fetch what is missing. Where they fail the two must fail alike.
    tools.go(root, "", &["list", "-m", "all"])?;
    tools.go(root, "", &["mod", "graph"])?;
    Ok(())
}

pub(crate) fn scratch() -> Result<tempfile::TempDir, String> {
    tempfile::tempdir().map_err(|error| error.to_string())
}
