//! The loader of the brute-force planner beside `go list -m all`, which reads the same world from a
//! directory that serves as a proxy.

use std::fs;
use std::path::Path;
use std::process::Command;

use gomod_core::verify::hash_go_mod;

use super::load::{Choice, accepted};
use super::world::{PATHS, VERSIONS, World};
use crate::scenario::Scenario;

/// Whether there is a `go` command; without one says so, which is an error under CI.
pub fn has_go() -> bool {
    let found = Command::new("go")
        .arg("version")
        .output()
        .is_ok_and(|output| output.status.success());
    if !found {
        eprintln!("skipped: there is no go command");
        assert_ne!(
            std::env::var("CI").as_deref(),
            Ok("true"),
            "go is needed under CI"
        );
    }
    found
}

/// What the loader here says that `go list -m all` prints; `None` when it refuses.
pub fn expected(world: &World) -> Option<String> {
    let choice = Choice::today(world);
    let graph = accepted(world, &choice)?;
    let mut out = "x.y/main\n".to_owned();
    for path in 0..PATHS {
        if let Some(slot) = graph.selected(path) {
            out.push_str(&format!("x.y/{}", world.module(slot)));
            let by = world
                .exact
                .iter()
                .find(|(from, _)| *from == slot)
                .map(|(_, to)| *to);
            if let Some(to) = by.or(world.wildcard[slot / VERSIONS]) {
                out.push_str(&format!(" => x.y/{}", world.module(to)));
            }
            out.push('\n');
        }
    }
    // The go command sorts by path, and the main module comes first.
    Some(out)
}

/// What the go command prints; `None` when it refuses.
pub fn listed(world: &World) -> Result<String, String> {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    let scenario = Scenario::parse(&world.text());
    let main = root.join("main");
    fs::create_dir_all(&main).unwrap();
    fs::write(main.join("go.mod"), &scenario.main).unwrap();
    let sums = serve(world, &scenario, root);
    fs::write(main.join("go.sum"), sums).unwrap();
    go(root, &main, Some("off"))
}

/// Writes what there is of the world's modules into a proxy below `root`; gives the lines of go.sum for it.
pub fn serve(world: &World, scenario: &Scenario, root: &Path) -> String {
    let mut sums = String::new();
    for slot in world.all() {
        let module = world.module(slot);
        let (name, version) = module.split_once(' ').unwrap();
        let served = root.join("proxy/x.y").join(name).join("@v");
        fs::create_dir_all(&served).unwrap();
        let info = format!("{{\"Version\":\"{version}\"}}");
        fs::write(served.join(format!("{version}.info")), info).unwrap();
        if let Some(text) = scenario
            .mods
            .get(&(format!("x.y/{name}"), version.to_owned()))
        {
            fs::write(served.join(format!("{version}.mod")), text).unwrap();
            let hash = hash_go_mod(text.as_bytes());
            sums.push_str(&format!("x.y/{module}/go.mod {hash}\n"));
        }
    }
    sums
}

/// What `go list -m all` prints in `directory`, from the proxy below `root`.
pub fn go(root: &Path, directory: &Path, go_work: Option<&str>) -> Result<String, String> {
    let mut command = Command::new("go");
    // In a workspace there is no such flag, and none is needed.
    let readonly = go_work.is_some().then_some("-mod=readonly");
    command
        .arg("list")
        .args(readonly)
        .args(["-m", "all"])
        .current_dir(directory)
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
        );
    if let Some(go_work) = go_work {
        command.env("GOWORK", go_work);
    }
    let output = command.output().unwrap();
    match output.status.success() {
        true => Ok(String::from_utf8(output.stdout).unwrap()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}
