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
    fs::write(main.join("go.sum"), sums).unwrap();
    let output = go(root, &main);
    if output.status.success() {
        Ok(String::from_utf8(output.stdout).unwrap())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

fn go(root: &Path, main: &Path) -> std::process::Output {
    Command::new("go")
        .args(["list", "-mod=readonly", "-m", "all"])
        .current_dir(main)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", root)
        .env("GOENV", "off")
        .env("GOWORK", "off")
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
        .unwrap()
}
