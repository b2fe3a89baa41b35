//! Random downgrades: what the planner writes must be exactly what the `go` command then selects.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::Duration;

use gomod_core::model::{GoMod, Version};

use super::archive::{Archive, Place, copy_files};
use super::random::Random;
use super::refusals;
use super::run::{Ended, Tools};
use super::zips::write_zips;

/// Something seen in a world.
#[derive(Debug, Clone)]
pub(crate) struct Finding {
    /// What kind of thing, for counting.
    pub(crate) class: String,
    /// How to see it again.
    pub(crate) text: String,
    /// Whether it is wrong.
    pub(crate) fails: bool,
}

impl Finding {
    pub(crate) fn new(class: impl Into<String>) -> Self {
        Self {
            class: class.into(),
            text: String::new(),
            fails: false,
        }
    }

    pub(crate) fn note(class: impl Into<String>, text: String) -> Self {
        Self {
            text,
            ..Self::new(class)
        }
    }

    pub(crate) fn failure(class: impl Into<String>, text: String) -> Self {
        Self {
            fails: true,
            ..Self::note(class, text)
        }
    }
}

/// Plans one downgrade with each of two strategies, and has the `go` command judge the result.
pub(crate) fn downgrade(
    archive: &Archive,
    place: &Place,
    tools: &Tools,
    random: &mut Random,
) -> Vec<Finding> {
    if archive.is_workspace() {
        return vec![Finding::new("workspace")];
    }
    write_zips(archive, place);
    let base = place.root.join("base");
    copy_files(&place.main(), &base);
    let deps = ["list", "-deps", "./..."];
    let mut builds = tools.go(place, &base, "-mod=mod", &deps).ok()
        && tools.go(place, &base, "-mod=readonly", &deps).ok();
    let mut list = tools.go(place, &base, "-mod=readonly", &["list", "-m", "all"]);
    if !builds || !list.ok() {
        builds = false;
        copy_files(&place.main(), &base);
        list = tools.go(place, &base, "-mod=readonly", &["list", "-m", "all"]);
    }
    if !list.ok() {
        return vec![Finding::new("no list to start from")];
    }
    let mut choices: Vec<(&str, &str)> = Vec::new();
    for line in list.stdout.lines() {
        let mut words = line.split(' ');
        let (Some(path), Some(today)) = (words.next(), words.next()) else {
            continue;
        };
        let today = Version::parse(today).unwrap();
        choices.extend(
            archive
                .served()
                .filter(|(other, version, _)| {
                    *other == path
                        && Version::parse(version)
                            .unwrap()
                            .cmp_precedence(&today)
                            .is_lt()
                })
                .map(|(path, version, _)| (path, version)),
        );
    }
    if choices.is_empty() {
        return vec![Finding::new("no older version")];
    }
    let (path, version) = *random.pick(&choices);
    let case = Case {
        archive,
        place,
        tools,
        base: &base,
        builds,
        path,
        version,
    };
    ["require", "auto"]
        .map(|strategy| case.plan(strategy))
        .into()
}

struct Case<'a> {
    archive: &'a Archive,
    place: &'a Place,
    tools: &'a Tools,
    base: &'a Path,
    /// Whether the packages load today.
    builds: bool,
    path: &'a str,
    version: &'a str,
}

impl Case<'_> {
    fn plan(&self, strategy: &str) -> Finding {
        let directory = self.place.root.join(strategy);
        copy_files(self.base, &directory);
        let target = format!("{}@{}", self.path, self.version);
        let args = ["plan-downgrade", &target, "--strategy", strategy, "--write"];
        let ours = self.tools.gomod(self.place, &directory, &args);
        let broken = ["internal error", "cannot be checked", "cannot be hashed"]
            .iter()
            .any(|words| ours.stderr.contains(words));
        if ours.code == Some(1)
            && let Some(fault) = refusals::fault(self.tools, self.place, &directory, &ours)
        {
            let text = format!("{fault}\n{}", self.text(&ours, &[]));
            return Finding::failure(format!("{strategy}: REFUSED WRONGLY"), text);
        }
        match ours.code {
            Some(0) => self.judge(strategy, &directory, &ours),
            Some(1) if strategy == "require" => self.go_get(&ours),
            Some(1) => Finding::note(format!("{strategy}: no plan"), self.text(&ours, &[])),
            Some(2 | 3) if !broken => {
                Finding::note(format!("{strategy}: refused"), self.text(&ours, &[]))
            }
            _ => Finding::failure(format!("{strategy}: BROKEN"), self.text(&ours, &[])),
        }
    }

    /// A plan was written.
    fn judge(&self, strategy: &str, directory: &Path, ours: &Ended) -> Finding {
        let go = |args: &[&str]| self.tools.go(self.place, directory, "-mod=readonly", args);
        let list = go(&["list", "-m", "all"]);
        if !list.ok() {
            return Finding::failure(
                format!("{strategy}: NO LIST after the plan"),
                self.text(ours, &[&list]),
            );
        }
        let exact = format!("{} {}", self.path, self.version);
        let replaced = format!(" => {exact}");
        let reached = list.stdout.lines().any(|line| {
            line == exact
                || (strategy != "require" || ours.stdout.contains("nothing to do"))
                    && line.starts_with(&format!("{} ", self.path))
                    && line.ends_with(&replaced)
        });
        if !reached {
            return Finding::failure(
                format!("{strategy}: OTHER VERSION after the plan"),
                self.text(ours, &[&list]),
            );
        }
        if self.builds {
            let deps = go(&["list", "-deps", "./..."]);
            // Imports at random may form cycles, which no version list tells.
            if !deps.ok() && !deps.stderr.contains("import cycle not allowed") {
                return Finding::failure(
                    format!("{strategy}: planned, packages no longer load"),
                    self.text(ours, &[&list, &deps]),
                );
            }
            return Finding::new(format!("{strategy}: planned, packages load"));
        }
        Finding::new(format!("{strategy}: planned"))
    }

    /// No plan: does `go get` do it, without dropping a direct requirement?
    fn go_get(&self, ours: &Ended) -> Finding {
        let directory = self.place.root.join("get");
        copy_files(self.base, &directory);
        let direct = |directory: &Path| -> BTreeSet<String> {
            let text = fs::read(directory.join("go.mod")).unwrap();
            let file = GoMod::parse("go.mod", &text).unwrap();
            file.require
                .iter()
                .filter(|line| !line.indirect)
                .map(|line| line.path.to_string())
                .collect()
        };
        let all = |directory: &Path| -> BTreeSet<String> {
            let text = fs::read(directory.join("go.mod")).unwrap();
            let file = GoMod::parse("go.mod", &text).unwrap();
            file.require
                .iter()
                .map(|line| line.path.to_string())
                .collect()
        };
        let before = direct(&directory);
        let target = format!("{}@{}", self.path, self.version);
        let limit = Duration::from_secs(10);
        let get = self
            .tools
            .go_within(limit, self.place, &directory, "", &["get", &target]);
        if get.timed_out() {
            return Finding::note("require: no plan, go get hangs", self.text(ours, &[]));
        }
        if !get.ok() {
            return Finding::new("require: no plan, go get fails");
        }
        let list = self.tools.go(
            self.place,
            &directory,
            "-mod=readonly",
            &["list", "-m", "all"],
        );
        let exact = format!("{} {}", self.path, self.version);
        if !list.ok() || !list.stdout.lines().any(|line| line == exact) {
            return Finding::new("require: no plan, go get leaves something else");
        }
        if !before.is_subset(&all(&directory)) {
            return Finding::new("require: no plan, go get drops a direct requirement");
        }
        let result = fs::read_to_string(directory.join("go.mod")).unwrap();
        let text = format!(
            "{}\ngo get gives:\n{result}",
            self.text(ours, &[&get, &list])
        );
        Finding::note("require: no plan, but go get has one", text)
    }

    fn text(&self, ours: &Ended, theirs: &[&Ended]) -> String {
        let mut text = format!(
            "{}@{}\ngomod {:?}\n{}{}",
            self.path, self.version, ours.code, ours.stdout, ours.stderr
        );
        for go in theirs {
            text.push_str(&format!("go {:?}\n{}{}", go.code, go.stdout, go.stderr));
        }
        let base = fs::read_to_string(self.base.join("go.mod")).unwrap();
        format!("{text}\nfrom:\n{base}\n{}", self.archive.text())
    }
}
