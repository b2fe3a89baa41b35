//! The worlds of docs/beside-go-get.md: what stands there is what both commands do.
//!
//! A world is an archive, and under it commands with what each leaves: what `go list -m all` then lists
//! besides the main module, the go line where it changed, and in brackets what else there is to say.

use std::time::Duration;

use super::archive::{Archive, copy_files};
use super::downgrade::Case;
use super::run::Tools;

/// How long a command that gives no answer is waited for.
const LIMIT: Duration = Duration::from_secs(5);

/// A world of the page.
pub(crate) struct World<'a> {
    pub(crate) title: &'a str,
    archive: Archive,
    /// Commands with their lines.
    commands: Vec<(&'a str, Vec<&'a str>)>,
}

/// The worlds of a page: its fenced blocks that hold a `main/go.mod`, each with the heading above it.
pub(crate) fn worlds(page: &str) -> Vec<World<'_>> {
    let mut worlds = Vec::new();
    let mut title = "";
    for (at, part) in page.split("```").enumerate() {
        if at % 2 == 0 {
            let heading = part.lines().rfind(|line| line.starts_with('#'));
            title = heading.unwrap_or(title);
            continue;
        }
        let text = part.split_once('\n').map_or("", |(_, text)| text);
        let Some(start) = text
            .find("\n$ ")
            .filter(|_| text.contains("-- main/go.mod --"))
        else {
            continue;
        };
        let (archive, commands) = text.split_at(start + 1);
        let commands = commands.split("$ ").skip(1).map(|command| {
            let mut lines = command.lines();
            (lines.next().unwrap(), lines.collect())
        });
        worlds.push(World {
            title,
            archive: Archive::parse(archive),
            commands: commands.collect(),
        });
    }
    worlds
}

impl World<'_> {
    /// What is not as the page says.
    pub(crate) fn faults(&self, tools: &Tools) -> Vec<String> {
        let root = tempfile::tempdir().unwrap();
        let place = self.archive.write(root.path(), tools);
        let (case, _) = Case::start(&self.archive, &place, tools).unwrap();
        assert!(
            case.builds,
            "{}: it does not build to begin with",
            self.title
        );
        let mut faults = Vec::new();
        for (number, (command, expected)) in self.commands.iter().enumerate() {
            let found = case.left_by(command, &format!("page{number}"));
            if found != *expected {
                faults.push(format!(
                    "{}\n$ {command}\nthe page:\n{}\nfound:\n{}",
                    self.title,
                    expected.join("\n"),
                    found.join("\n")
                ));
            }
        }
        faults
    }
}

impl Case<'_> {
    /// What a command leaves in a copy of the base, in the lines of the page.
    fn left_by(&self, command: &str, name: &str) -> Vec<String> {
        let (tools, place) = (self.tools, self.place);
        let directory = place.root.join(name);
        copy_files(&self.base, &directory);
        let words: Vec<&str> = command.split(' ').collect();
        let ended = match words.split_first() {
            Some((&"go", args)) => tools.go_within(LIMIT, place, &directory, "", args),
            Some((&"gomod", args)) => tools.gomod(place, &directory, args),
            _ => panic!("{command}: it is neither go nor gomod"),
        };
        match ended.code {
            Some(0) => {}
            Some(_) => return vec!["(refuses)".to_owned()],
            None => return vec!["(no answer)".to_owned()],
        }
        let go = |args: &[&str]| tools.go(place, &directory, "-mod=readonly", args);
        let list = go(&["list", "-m", "all"]);
        if !list.ok() {
            return vec!["(does not list)".to_owned()];
        }
        let mut lines: Vec<String> = list.stdout.lines().skip(1).map(str::to_owned).collect();
        let line = |directory: &std::path::Path| {
            let text = std::fs::read_to_string(directory.join("go.mod")).unwrap();
            let line = text.lines().find(|line| line.starts_with("go "));
            line.unwrap_or_default().to_owned()
        };
        if line(&directory) != line(&self.base) {
            lines.push(line(&directory));
        }
        let deps = go(&["list", "-deps", "./..."]);
        if !deps.ok() {
            let why = match deps.stderr.as_str() {
                text if text.contains("updates to go.mod needed") => "updates to go.mod needed",
                text if text.contains("missing go.sum entry") => "missing go.sum entry",
                _ => "a package is missing",
            };
            lines.push(format!("(does not build: {why})"));
        }
        lines
    }
}
