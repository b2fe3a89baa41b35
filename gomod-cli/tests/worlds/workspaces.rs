//! Random downgrades in workspaces: what the planner writes must be what the `go` command then selects, for
//! all members together and for each alone.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use gomod_core::model::Version;

use super::archive::{Archive, Place, copy_files};
use super::downgrade::Finding;
use super::random::Random;
use super::refusals;
use super::run::{Ended, Tools};
use super::zips::write_zips;

/// Plans one downgrade with each strategy, and has the `go` command judge the results.
pub(crate) fn downgrade(
    archive: &Archive,
    place: &Place,
    tools: &Tools,
    random: &mut Random,
) -> Vec<Finding> {
    write_zips(archive, place);
    let base = place.root.join("base");
    copy_files(&place.main(), &base);
    // In half of the worlds each member has its own go.sum, and may be listed alone.
    let sums = base.join("go.work.sum");
    if random.chance(50) && sums.is_file() {
        for member in members(archive, &base) {
            fs::copy(&sums, member.join("go.sum")).unwrap();
        }
    }
    let list =
        |directory: &Path| tools.go(place, directory, "-mod=readonly", &["list", "-m", "all"]);
    let before = list(&base);
    if !before.ok() {
        return vec![Finding::new("workspace: no list to start from")];
    }
    let mut choices: Vec<(&str, &str)> = Vec::new();
    for line in before.stdout.lines() {
        let mut words = line.split(' ');
        let (Some(path), Some(today)) = (words.next(), words.next()) else {
            continue;
        };
        let Ok(today) = Version::parse(today) else {
            continue;
        };
        let lower = |version: &str| {
            let version = Version::parse(version).unwrap();
            version.cmp_precedence(&today).is_lt()
        };
        let served = archive.served();
        choices.extend(
            served
                .filter(|(other, version, _)| *other == path && lower(version))
                .map(|(path, version, _)| (path, version)),
        );
    }
    if choices.is_empty() {
        return vec![Finding::new("workspace: no older version")];
    }
    let (path, version) = *random.pick(&choices);
    // Contents have sums only once they were downloaded.
    let download = tools.go(place, &base, "-mod=readonly", &["mod", "download"]);
    let case = Case {
        archive,
        place,
        tools,
        builds: download.ok() && builds(archive, place, tools, &base).is_none(),
        alone: alone(archive, place, tools, &base),
        base: &base,
        path,
        version,
    };
    ["require", "exclude", "replace", "auto"]
        .map(|strategy| case.plan(strategy))
        .into()
}

fn members(archive: &Archive, root: &Path) -> Vec<PathBuf> {
    let names = archive.0.get("main/go.work").into_iter();
    names
        .flat_map(|text| text.lines())
        .filter_map(|line| line.strip_prefix("use "))
        .map(|name| root.join(name))
        .collect()
}

/// Whether the packages of all members load; what the go command says when they do not.
fn builds(archive: &Archive, place: &Place, tools: &Tools, root: &Path) -> Option<Ended> {
    members(archive, root)
        .iter()
        .map(|member| tools.go(place, member, "-mod=readonly", &["list", "-deps", "./..."]))
        .find(|ended| !ended.ok() && !ended.stderr.contains("import cycle not allowed"))
}

/// Whether each member lists where it stands alone.
fn alone(archive: &Archive, place: &Place, tools: &Tools, root: &Path) -> Vec<bool> {
    let mut tools = tools.clone();
    tools.vars.push(("GOWORK", "off".to_owned()));
    members(archive, root)
        .iter()
        .map(|member| {
            tools
                .go(place, member, "-mod=readonly", &["list", "-m", "all"])
                .ok()
        })
        .collect()
}

/// The texts of all files but Go files.
fn texts(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut stack = vec![root.to_path_buf()];
    while let Some(directory) = stack.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                stack.push(path);
            } else {
                found.insert(path.clone(), fs::read(path).unwrap());
            }
        }
    }
    found
}

struct Case<'a> {
    archive: &'a Archive,
    place: &'a Place,
    tools: &'a Tools,
    base: &'a Path,
    /// Whether the packages load today.
    builds: bool,
    /// Whether each member lists alone today.
    alone: Vec<bool>,
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
        let class = |what: &str| format!("workspace {strategy}: {what}");
        let broken = [
            "internal error",
            "cannot be checked",
            "does not hold",
            "do not come together",
        ]
        .iter()
        .any(|words| ours.stderr.contains(words));
        if ours.code == Some(1)
            && let Some(fault) = refusals::fault(self.tools, self.place, &directory, &ours)
        {
            let text = format!("{fault}\n{}", self.text(&ours, &[]));
            return Finding::failure(class("REFUSED WRONGLY"), text);
        }
        match ours.code {
            Some(0) => self.judge(strategy, &directory, &ours),
            Some(1) if !broken => Finding::note(class("no plan"), self.text(&ours, &[])),
            Some(2 | 3) if !broken => Finding::note(class("refused"), self.text(&ours, &[])),
            _ => Finding::failure(class("BROKEN"), self.text(&ours, &[])),
        }
    }

    /// A plan was written.
    fn judge(&self, strategy: &str, directory: &Path, ours: &Ended) -> Finding {
        let class = |what: &str| format!("workspace {strategy}: {what}");
        let written = texts(directory);
        let list = self.tools.go(
            self.place,
            directory,
            "-mod=readonly",
            &["list", "-m", "all"],
        );
        if !list.ok() {
            return Finding::failure(class("NO LIST"), self.text(ours, &[&list]));
        }
        let exact = format!("{} {}", self.path, self.version);
        let replaced = format!(" => {exact}");
        let by_replace = !matches!(strategy, "require" | "exclude");
        let reached = list.stdout.lines().any(|line| {
            line == exact
                || (by_replace || ours.stdout.contains("nothing to do"))
                    && line.starts_with(&format!("{} ", self.path))
                    && line.ends_with(&replaced)
        });
        if !reached {
            return Finding::failure(class("OTHER VERSION"), self.text(ours, &[&list]));
        }
        let mut ended = "planned";
        if self.builds {
            if let Some(deps) = builds(self.archive, self.place, self.tools, directory)
                && !ours.stdout.contains("does not build")
            {
                let text = self.text(ours, &[&list, &deps]);
                return Finding::failure(class("packages no longer load"), text);
            }
            ended = "planned, packages load";
        }
        if texts(directory) != written {
            return Finding::failure(class("GO CHANGED FILES"), self.text(ours, &[&list]));
        }
        let after = alone(self.archive, self.place, self.tools, directory);
        let worse = self.alone.iter().zip(&after).any(|(a, b)| *a && !b);
        if worse && !ours.stdout.contains("stands alone") {
            return Finding::failure(class("NO LIST ALONE"), self.text(ours, &[&list]));
        }
        if worse {
            return Finding::note(class("planned, not alone, as said"), self.text(ours, &[]));
        }
        Finding::new(class(ended))
    }

    fn text(&self, ours: &Ended, theirs: &[&Ended]) -> String {
        let mut text = format!(
            "{}@{}\ngomod {:?}\n{}{}",
            self.path, self.version, ours.code, ours.stdout, ours.stderr
        );
        for go in theirs {
            text.push_str(&format!("go {:?}\n{}{}", go.code, go.stdout, go.stderr));
        }
        format!("{text}\n{}", self.archive.text())
    }
}
