//! The workspace loader here beside `go list -m all` with a go.work.

use std::fs;
use std::process::Command;

use gomod_core::verify::hash_go_mod;

use super::load;
use super::world::{GO, Workspace};
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
    let mut sums = String::new();
    for slot in world.all() {
        let module = world.module(slot);
        let (name, version) = module.split_once(' ').unwrap();
        let served = root.join("proxy/x.y").join(name).join("@v");
        fs::create_dir_all(&served).unwrap();
        let info = format!("{{\"Version\":\"{version}\"}}");
        fs::write(served.join(format!("{version}.info")), info).unwrap();
        let text = &scenario.mods[&(format!("x.y/{name}"), version.to_owned())];
        fs::write(served.join(format!("{version}.mod")), text).unwrap();
        let hash = hash_go_mod(text.as_bytes());
        sums.push_str(&format!("x.y/{module}/go.mod {hash}\n"));
    }
    fs::write(root.join("go.work"), go_work(workspace)).unwrap();
    for member in 0..workspace.members.len() {
        let own = root.join(format!("m{member}"));
        fs::create_dir_all(&own).unwrap();
        fs::write(own.join("go.mod"), go_mod(workspace, member)).unwrap();
        fs::write(own.join("go.sum"), &sums).unwrap();
    }
    let output = Command::new("go")
        .args(["list", "-m", "all"])
        .current_dir(root.join("m0"))
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", root)
        .env("GOENV", "off")
        .env("GOTOOLCHAIN", "local")
        .env("GOTELEMETRY", "off")
        .env("GOSUMDB", "off")
        .env("GOFLAGS", "-modcacherw")
        .env("GOMODCACHE", root.join("cache"))
        .env("GOCACHE", root.join("build"))
        .env(
            "GOPROXY",
            format!("file://{}", root.join("proxy").display()),
        )
        .output()
        .unwrap();
    match output.status.success() {
        true => Ok(String::from_utf8(output.stdout).unwrap()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}
