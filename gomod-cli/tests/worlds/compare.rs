//! One world, seen by both commands.

use std::collections::BTreeMap;

use gomod_core::check::{Wanted, build_list};

use super::archive::{Archive, Place};
use super::run::{Ended, Tools};

/// How one comparison came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Both succeed and print the same.
    Same,
    /// Both fail.
    BothFail,
    /// The `go` command hit its limit, or there was nothing to compare.
    Skipped,
    /// They differ; what each said.
    Differ(String),
}

/// The three comparisons of a world.
#[derive(Debug, Clone)]
pub(crate) struct Verdicts {
    pub(crate) list: Verdict,
    pub(crate) graph: Verdict,
    pub(crate) check: Verdict,
    /// Whether the graphs are equal without sorting.
    pub(crate) order: bool,
}

impl Verdicts {
    pub(crate) fn named(&self) -> [(&'static str, &Verdict); 3] {
        [
            ("list", &self.list),
            ("graph", &self.graph),
            ("check", &self.check),
        ]
    }
}

/// Runs both commands; `gomod_first` decides who fills the module cache.
pub(crate) fn compare(
    archive: &Archive,
    place: &Place,
    tools: &Tools,
    gomod_first: bool,
) -> Verdicts {
    let main = place.main();
    let go = || {
        (
            tools.go(place, &main, "-mod=readonly", &["list", "-m", "all"]),
            tools.go(place, &main, "-mod=readonly", &["mod", "graph"]),
        )
    };
    let gomod = || {
        (
            tools.gomod(place, &main, &["list"]),
            tools.gomod(place, &main, &["graph"]),
        )
    };
    let ((go_list, go_graph), (our_list, our_graph)) = if gomod_first {
        let ours = gomod();
        (go(), ours)
    } else {
        let theirs = go();
        (theirs, gomod())
    };
    Verdicts {
        list: verdict(&go_list, &our_list, false),
        graph: verdict(&go_graph, &our_graph, true),
        check: check(archive, &go_list),
        order: go_graph.stdout == our_graph.stdout,
    }
}

fn verdict(go: &Ended, ours: &Ended, sorted: bool) -> Verdict {
    if go.timed_out() {
        return Verdict::Skipped;
    }
    let crashed = !matches!(ours.code, Some(0..=4));
    let text = |ended: &Ended| {
        let mut lines: Vec<&str> = ended.stdout.lines().collect();
        if sorted {
            lines.sort_unstable();
        }
        lines.join("\n")
    };
    match (go.ok(), ours.ok()) {
        (true, true) if text(go) == text(ours) => Verdict::Same,
        (false, false) if !crashed => Verdict::BothFail,
        _ => Verdict::Differ(format!(
            "go {:?}\n{}{}\ngomod {:?}\n{}{}",
            go.code, go.stdout, go.stderr, ours.code, ours.stdout, ours.stderr
        )),
    }
}

/// The certificate's checker against a list that succeeded.
fn check(archive: &Archive, list: &Ended) -> Verdict {
    let Some(go_mod) = archive.0.get("main/go.mod") else {
        return Verdict::Skipped;
    };
    if !list.ok() || archive.is_workspace() {
        return Verdict::Skipped;
    }
    let mut read = |wanted: Wanted<'_>| {
        let text = match wanted {
            Wanted::Module(module) => archive.go_mod(module.path.as_str(), module.version.as_str()),
            Wanted::Directory(directory) => {
                let directory = directory.trim_start_matches("./").trim_end_matches('/');
                archive
                    .0
                    .get(&format!("main/{directory}/go.mod"))
                    .map(String::as_str)
            }
        };
        text.map(|text| text.as_bytes().to_vec())
            .ok_or_else(|| "not there".to_owned())
    };
    let expected: BTreeMap<String, String> = list
        .stdout
        .lines()
        .filter_map(|line| {
            let line = line.split(" => ").next()?;
            let (path, version) = line.split_once(' ')?;
            Some((path.to_owned(), version.to_owned()))
        })
        .collect();
    match build_list(go_mod.as_bytes(), &mut read) {
        Err(error) => Verdict::Differ(format!("go lists:\n{}\nchecker: {error}", list.stdout)),
        Ok(checked) => {
            let found: BTreeMap<String, String> = checked
                .selected
                .iter()
                .filter(|(path, _)| !path.is_toolchain())
                .map(|(path, version)| (path.to_string(), version.to_string()))
                .collect();
            if found == expected && checked.inconsistencies.is_empty() {
                Verdict::Same
            } else {
                Verdict::Differ(format!(
                    "go lists:\n{}\nchecker: {found:?} {:?}",
                    list.stdout, checked.inconsistencies
                ))
            }
        }
    }
}
