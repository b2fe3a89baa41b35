//! `vendor/modules.txt` as `go mod vendor` writes it for real programs, and after small changes: `gomod verify`
//! beside what `go list -mod=vendor ./...` says of it.
//!
//! The go command lists every requirement and replacement that does not fit in one error; the modules
//! that the two name are compared. Lines of packages are left as they are.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::agreement::agree::random::Random;
use crate::agreement::agree::{Outcome, Tally};
use crate::real::{Tools, missing, scratch, workspace};

/// Tries each program's own file, and `changes` changed ones.
pub(crate) fn run(tools: &Tools, programs: &[Vec<String>], changes: usize, seed: u64) -> Tally {
    let mut tally = Tally::new("vendor/modules.txt, real and changed");
    let mut random = Random::new(seed);
    for members in programs {
        let name = members.join(" ");
        match Vendored::make(tools, members) {
            Ok(program) => {
                for change in 0..=changes {
                    let mut text = program.text.clone();
                    for _ in 0..change.min(1 + random.below(2)) {
                        text = changed(&mut random, &text);
                    }
                    tally.add(program.compare(tools, &name, &text));
                }
            }
            Err(error) => missing(&name, &error, &mut tally),
        }
    }
    tally
}

/// A vendored program or workspace.
struct Vendored {
    /// With sources, for go.
    theirs: tempfile::TempDir,
    /// Only the files that decide, for gomod.
    ours: tempfile::TempDir,
    /// `vendor/modules.txt`.
    text: String,
}

impl Vendored {
    fn make(tools: &Tools, members: &[String]) -> Result<Self, String> {
        let (theirs, ours) = (scratch()?, scratch()?);
        let root = theirs.path();
        let mut files: Vec<PathBuf> = Vec::new();
        if let [program] = members {
            unpack(tools, program, root)?;
            files.push("go.mod".into());
        } else {
            workspace(tools, members, root)?;
            for (index, member) in members.iter().enumerate() {
                let dir = PathBuf::from(format!("m{index}"));
                unpack(tools, member, &root.join(&dir))?;
                files.push(dir.join("go.mod"));
            }
            files.push("go.work".into());
        }
        let command = if members.len() == 1 { "mod" } else { "work" };
        let vendored = tools.go(root, "", &[command, "vendor"])?;
        let file = root.join("vendor/modules.txt");
        let text = fs::read_to_string(&file).map_err(|error| {
            let said = String::from_utf8_lossy(&vendored.stderr);
            format!("{}: {error}: {}", file.display(), said.trim())
        })?;
        files.push("vendor/modules.txt".into());
        for file in files {
            let to = ours.path().join(&file);
            copy(&root.join(&file), &to)?;
        }
        Ok(Self { theirs, ours, text })
    }

    fn compare(&self, tools: &Tools, name: &str, text: &str) -> Outcome {
        let differs = |what: String| Outcome::Differ(format!("{name}: {what}\n{text}"));
        for root in [self.theirs.path(), self.ours.path()] {
            if let Err(error) = fs::write(root.join("vendor/modules.txt"), text) {
                return differs(error.to_string());
            }
        }
        // Below go 1.14 vendor/ is only used when that is asked for; one that was made for a workspace, or
        // for none, is only left aside when it is not.
        let is_workspace = self.theirs.path().join("go.work").is_file();
        let flags = match (text.lines().next() == Some("## workspace")) == is_workspace {
            true => "-mod=vendor",
            false => "",
        };
        let theirs = match tools.go(self.theirs.path(), flags, &["list", "./..."]) {
            Ok(output) => findings_of_go(&String::from_utf8_lossy(&output.stderr)),
            Err(error) => return differs(error),
        };
        let ours = match self.findings_of_gomod(tools) {
            Ok(findings) => findings,
            Err(error) => return differs(error),
        };
        match (ours == theirs, theirs) {
            (true, Some(_)) => Outcome::Refused,
            (true, None) => Outcome::Same,
            (false, theirs) => differs(format!("gomod names {ours:?}, go {theirs:?}")),
        }
    }

    /// The modules that do not fit; `None` when all do, or vendor/ is not used.
    fn findings_of_gomod(&self, tools: &Tools) -> Result<Option<BTreeSet<String>>, String> {
        let args = ["verify", "--offline", "--format", "json"];
        let output = tools.run(&tools.gomod, self.ours.path(), "", &args)?;
        let json: serde_json::Value = serde_json::from_slice(&output.stdout)
            .map_err(|error| format!("{error}: {}", String::from_utf8_lossy(&output.stderr)))?;
        if json["vendor"] != "inconsistent" {
            return Ok(None);
        }
        let findings = json["findings"].as_array().into_iter().flatten();
        let named = findings.filter(|finding| finding["code"] == "vendor-inconsistent");
        Ok(Some(
            named
                .filter_map(|finding| Some(finding["module"].as_str()?.to_owned()))
                .collect(),
        ))
    }
}

/// The modules that an error of go names; `None` without "inconsistent vendoring".
fn findings_of_go(said: &str) -> Option<BTreeSet<String>> {
    let lines = said.split_once("inconsistent vendoring")?.1.lines();
    let named = lines.filter_map(|line| line.strip_prefix('\t')?.split_once(": "));
    let named = named.filter(|(module, _)| !module.contains([' ', '\t']));
    Some(named.map(|(module, _)| module.to_owned()).collect())
}

/// One line changed, dropped, added or moved; lines of packages stay with their module.
fn changed(random: &mut Random, text: &str) -> String {
    // A module's line with all that follows it up to the next, and the lines of replacements alone.
    let mut parts: Vec<String> = Vec::new();
    for line in text.lines() {
        match parts.last_mut() {
            Some(part) if !line.starts_with("# ") => part.extend([line, "\n"]),
            _ => parts.push(format!("{line}\n")),
        }
    }
    if parts.is_empty() {
        return "## workspace\n".to_owned();
    }
    let at = random.below(parts.len());
    let part = parts[at].clone();
    let (first, rest) = part.split_once('\n').unwrap_or((&part, ""));
    let with = |first: String| format!("{first}\n{rest}");
    match random.below(10) {
        0 => drop(parts.remove(at)),
        1 => {
            let to = random.below(parts.len());
            parts.insert(to, part);
        }
        2 => parts[at] = with(first.replacen(" v", " v9", 1)),
        3 => parts[at] = with(format!("{first}0")),
        4 => parts[at] = part.replacen("## explicit", "##", 1),
        5 => parts[at] = part.replacen("\n## explicit; ", "\n## ", 1),
        6 if !part.contains("## explicit") => parts[at] = with(format!("{first}\n## explicit")),
        6 | 7 => {
            parts[at] = with(match first.split_once(" => ") {
                Some((old, _)) if random.below(2) == 0 => old.to_owned(),
                Some((old, new)) => format!("{old} => {new}x"),
                None => format!("{first} => ../other"),
            });
        }
        8 => match text.starts_with("## workspace") {
            true => {
                return text
                    .split_once('\n')
                    .map(|(_, rest)| rest.to_owned())
                    .unwrap_or_default();
            }
            false => parts.insert(0, "## workspace\n".to_owned()),
        },
        _ => {
            let to = random.below(parts.len());
            parts.swap(at, to);
        }
    }
    parts.concat()
}

/// The content of a module version, writable.
fn unpack(tools: &Tools, id: &str, to: &Path) -> Result<(), String> {
    let nowhere = scratch()?;
    let output = tools.go(
        nowhere.path(),
        "-mod=mod",
        &["mod", "download", "-json", id],
    )?;
    let json: serde_json::Value =
        serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())?;
    match json["Dir"].as_str() {
        Some(dir) => copy_tree(Path::new(dir), to),
        None => Err(json["Error"].as_str().unwrap_or("no content").to_owned()),
    }
}

fn copy_tree(from: &Path, to: &Path) -> Result<(), String> {
    let fail = |error: std::io::Error| format!("{}: {error}", from.display());
    for entry in fs::read_dir(from).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let target = to.join(entry.file_name());
        match entry.file_type().map_err(fail)?.is_dir() {
            true => copy_tree(&entry.path(), &target)?,
            false => copy(&entry.path(), &target)?,
        }
    }
    Ok(())
}

/// Content alone: what is cached is read-only.
fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let fail = |error: std::io::Error| format!("{}: {error}", from.display());
    let bytes = fs::read(from).map_err(fail)?;
    let parent = to.parent().unwrap_or(to);
    fs::create_dir_all(parent)
        .and_then(|()| fs::write(to, bytes))
        .map_err(fail)
}
