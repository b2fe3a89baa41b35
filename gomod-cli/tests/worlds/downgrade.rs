//! Random downgrades: what the planner writes must be exactly what the `go` command then selects.

use std::fs;
use std::path::{Path, PathBuf};

use gomod_core::model::Version;

use super::archive::{Archive, Place, copy_files};
use super::random::Random;
use super::refusals;
use super::run::{Ended, Tools};
use super::workspaces;
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
        return workspaces::downgrade(archive, place, tools, random);
    }
    match Case::pick(archive, place, tools, random) {
        Ok(case) => ["require", "auto"]
            .map(|strategy| case.plan(strategy))
            .into(),
        Err(class) => vec![Finding::new(class)],
    }
}

/// A downgrade in a world.
pub(crate) struct Case<'a> {
    pub(crate) archive: &'a Archive,
    pub(crate) place: &'a Place,
    pub(crate) tools: &'a Tools,
    /// Where the main module is in order.
    pub(crate) base: PathBuf,
    /// Whether its packages load today.
    pub(crate) builds: bool,
    pub(crate) path: String,
    pub(crate) version: String,
}

impl<'a> Case<'a> {
    /// A random downgrade of a world, or why there is none.
    pub(crate) fn pick(
        archive: &'a Archive,
        place: &'a Place,
        tools: &'a Tools,
        random: &mut Random,
    ) -> Result<Self, &'static str> {
        let (case, list) = Self::start(archive, place, tools)?;
        let mut choices: Vec<(&str, &str)> = Vec::new();
        for line in list.lines() {
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
            return Err("no older version");
        }
        let (path, version) = *random.pick(&choices);
        Ok(case.to(path, version))
    }

    /// The main module brought in order, with what the `go` command lists; no target yet.
    pub(crate) fn start(
        archive: &'a Archive,
        place: &'a Place,
        tools: &'a Tools,
    ) -> Result<(Self, String), &'static str> {
        if archive.is_workspace() {
            return Err("workspace");
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
            return Err("no list to start from");
        }
        let case = Self {
            archive,
            place,
            tools,
            base,
            builds,
            path: String::new(),
            version: String::new(),
        };
        Ok((case, list.stdout))
    }

    pub(crate) fn to(self, path: &str, version: &str) -> Self {
        Self {
            path: path.to_owned(),
            version: version.to_owned(),
            ..self
        }
    }

    fn plan(&self, strategy: &str) -> Finding {
        let directory = self.place.root.join(strategy);
        copy_files(&self.base, &directory);
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

    pub(crate) fn text(&self, ours: &Ended, theirs: &[&Ended]) -> String {
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
