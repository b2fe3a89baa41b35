//! What `gomod why` says would be selected, against the `go` command with that version excluded.

use std::collections::BTreeMap;
use std::fs;

use gomod_core::model::Version;
use serde_json::Value;

use super::archive::{Archive, Place, copy_files};
use super::downgrade::Finding;
use super::random::Random;
use super::run::Tools;

/// Asks about three modules of a world.
pub(crate) fn counterfactuals(
    archive: &Archive,
    place: &Place,
    tools: &Tools,
    random: &mut Random,
) -> Vec<Finding> {
    if archive.is_workspace() {
        return vec![Finding::new("workspace")];
    }
    let main = place.main();
    let graph = tools.go(place, &main, "-mod=readonly", &["mod", "graph"]);
    if !graph.ok() {
        return vec![Finding::new("no graph to start from")];
    }
    let selected: Vec<(String, String)> = highest(&graph.stdout).into_iter().collect();
    if selected.is_empty() {
        return vec![Finding::new("nothing required")];
    }
    let mut found = Vec::new();
    for _ in 0..3 {
        let (path, version) = random.pick(&selected);
        let ours = tools.gomod(place, &main, &["why", path, "--format", "json"]);
        let copy = place.root.join("copy");
        copy_files(&main, &copy);
        let file = copy.join("go.mod");
        let mut text = fs::read_to_string(&file).unwrap();
        text.push_str(&format!("\nexclude {path} {version}\n"));
        fs::write(&file, &text).unwrap();
        let theirs = tools.go(place, &copy, "-mod=readonly", &["mod", "graph"]);
        let seen = || {
            let text = archive.text();
            format!("{path} {version}\n{ours:?}\n{theirs:?}\n{text}")
        };
        if theirs.timed_out() {
            found.push(Finding::new("go gave up"));
            continue;
        }
        let Ok(said) = serde_json::from_str::<Value>(&ours.stdout) else {
            found.push(Finding::failure("no answer", seen()));
            continue;
        };
        let expected = highest(&theirs.stdout).remove(path);
        found.push(if said["selected"] != version.as_str() {
            // A main module is above every version of itself.
            match said["selected"].as_str() {
                Some("") => Finding::new("main"),
                _ => Finding::failure("another version", seen()),
            }
        } else if !theirs.ok() {
            match said["unknown"].is_string() {
                true => Finding::new("both cannot know"),
                false => Finding::failure("go fails", seen()),
            }
        } else if said["otherwise"].as_str() == expected.as_deref() {
            let of = if expected.is_some() {
                "another"
            } else {
                "none"
            };
            Finding::new(format!("same, {of}"))
        } else {
            Finding::failure("DIFFERS", seen())
        });
    }
    found
}

/// The highest version of each path that a printed graph names, which is what is selected.
fn highest(graph: &str) -> BTreeMap<String, String> {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    for word in graph.split_whitespace() {
        let Some((path, version)) = word.split_once('@') else {
            continue;
        };
        if matches!(path, "go" | "toolchain") {
            continue;
        }
        let new = Version::parse(version).unwrap();
        match found.get_mut(path) {
            Some(old) if Version::parse(old).unwrap().cmp_precedence(&new).is_ge() => {}
            Some(old) => version.clone_into(old),
            None => {
                found.insert(path.to_owned(), version.to_owned());
            }
        }
    }
    found
}
