//! The short form of `gomod-benches trust`: the log data of the fixtures, proven through a counting proxy.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    dead_code,
    unreachable_pub
)]

use std::fs;
use std::path::{Path, PathBuf};

use gomod_core::host::GoEnv;

#[path = "../../benches/src/trust.rs"]
mod trust;

/// The recorded look-ups below a directory.
fn lookups(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => lookups(&path, found),
            false => found.push(path),
        }
    }
}

#[test]
fn each_look_up_and_tile_is_asked_for_once() {
    let proxy = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/proxy");
    let proxy = proxy.canonicalize().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let mut found = Vec::new();
    lookups(&proxy.join("sumdb/sum.golang.org/lookup"), &mut found);
    // A look-up begins with the number of its record; then come the lines of go.sum.
    let lines = found.iter().flat_map(|file| {
        let text = fs::read_to_string(file).unwrap();
        text.lines()
            .skip(1)
            .take(2)
            .map(|line| format!("{line}\n"))
            .collect::<Vec<_>>()
    });
    fs::write(dir.path().join("go.sum"), lines.collect::<String>()).unwrap();
    fs::write(
        dir.path().join("go.mod"),
        "module example.com/m\n\ngo 1.21\n",
    )
    .unwrap();
    let env = GoEnv::from_vars([
        ("GOPROXY", format!("file://{}", proxy.display()).as_str()),
        ("GOSUMDB", "sum.golang.org"),
    ]);
    let measured =
        trust::measure(Path::new(env!("CARGO_BIN_EXE_gomod")), &env, dir.path()).unwrap();
    assert_eq!(measured.broken, [""; 0], "{measured:?}");
    assert_eq!(measured.versions, found.len() as u64);
    assert!(
        measured.tiles_seen > 0 && measured.lookups_seen == measured.versions,
        "{measured:?}"
    );
}
