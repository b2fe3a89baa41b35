//! The workspace loader here beside `go list -m all` with a go.work.

use std::fs;

use super::load;
use super::world::{GO, Workspace};
use crate::brute::beside_go::{go, serve};
use crate::brute::world::PATHS;
use crate::scenario::Scenario;

/// The text of a member's go.mod.
pub fn go_mod(workspace: &Workspace, member: usize) -> String {
    let main = Scenario::parse(&workspace.members[member].text()).main;
    main.replace("module x.y/main", &format!("module w.z/m{member}"))
}

pub fn go_work(workspace: &Workspace) -> String {
    let members = 0..workspace.members.len();
    let uses: String = members.map(|member| format!("\t./m{member}\n")).collect();
    format!("go 1.{GO}\n\nuse (\n{uses})\n")
}

/// What the loader here says that `go list -m all` prints.
pub fn expected(workspace: &Workspace) -> String {
    let graph = load::today(workspace);
    let mut out: String = (0..workspace.members.len())
        .map(|member| format!("w.z/m{member}\n"))
        .collect();
    for slot in (0..PATHS).filter_map(|path| graph.selected(path)) {
        out.push_str(&format!("x.y/{}\n", workspace.members[0].module(slot)));
    }
    out
}

/// What the go command prints, or why it refuses.
pub fn listed(workspace: &Workspace) -> Result<String, String> {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    let world = &workspace.members[0];
    let scenario = Scenario::parse(&world.text());
    let sums = serve(world, &scenario, root);
    fs::write(root.join("go.work"), go_work(workspace)).unwrap();
    for member in 0..workspace.members.len() {
        let own = root.join(format!("m{member}"));
        fs::create_dir_all(&own).unwrap();
        fs::write(own.join("go.mod"), go_mod(workspace, member)).unwrap();
        fs::write(own.join("go.sum"), &sums).unwrap();
    }
    go(root, &root.join("m0"), None)
}
