//! The README's example: offline, on recorded facts, without Go, a home or the network.
#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures")
}

/// Runs gomod on `dir` with an empty home and nothing else in the environment.
fn gomod(home: &Path, dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_gomod"))
        .args(["-C", dir.to_str().unwrap(), "--offline", "--proxy"])
        .arg(fixtures().join("proxy"))
        .args(args)
        .env_clear()
        .env("HOME", home)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A copy of the example's main module that may be changed.
fn copy(to: &Path) {
    for file in ["go.mod", "go.sum"] {
        std::fs::copy(fixtures().join("gin-app").join(file), to.join(file)).unwrap();
    }
}

#[test]
fn list_and_graph_print_what_go_printed() {
    let home = tempfile::tempdir().unwrap();
    let dir = fixtures().join("gin-app");
    for (command, file) in [("list", "list.txt"), ("graph", "graph.txt")] {
        let output = gomod(home.path(), &dir, &[command]);
        let expected = std::fs::read(dir.join("expected").join(file)).unwrap();
        assert_eq!(
            text(&output.stdout),
            text(&expected),
            "{}",
            text(&output.stderr)
        );
    }
}

#[test]
fn the_plan_is_proven_under_the_real_key_and_nothing_is_changed() {
    let home = tempfile::tempdir().unwrap();
    let dir = tempfile::tempdir().unwrap();
    copy(dir.path());
    let before = std::fs::read(dir.path().join("go.mod")).unwrap();
    let output = gomod(home.path(), dir.path(), &["plan-downgrade", "gin@v1.9.0"]);
    let page = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    for line in [
        "-require github.com/gin-gonic/gin v1.10.0",
        "+require github.com/gin-gonic/gin v1.9.0",
        "  4 of the versions selected anew, proven to be in sum.golang.org",
        "plan-downgrade gin@v1.9.0 --write",
    ] {
        assert!(page.contains(line), "{line}\n{page}");
    }
    assert_eq!(std::fs::read(dir.path().join("go.mod")).unwrap(), before);
}

#[test]
fn the_indirect_validator_has_two_ways() {
    let home = tempfile::tempdir().unwrap();
    let dir = tempfile::tempdir().unwrap();
    copy(dir.path());
    let plan = |args: &[&str]| -> serde_json::Value {
        let mut all = vec!["plan-downgrade", "validator@v10.11.0", "--format", "json"];
        all.extend(args);
        let output = gomod(home.path(), dir.path(), &all);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let free = plan(&[]);
    let (sound, beside) = (&free["plans"][0], &free["plans"][1]);
    assert_eq!(sound["means"][0], "require");
    assert_eq!(sound["cost"]["overridden"], 0);
    let gin = sound["moves"]
        .as_array()
        .unwrap()
        .iter()
        .find(|m| m["module"] == "github.com/gin-gonic/gin");
    assert_eq!(gin.unwrap()["to"], "v1.8.1");
    assert_eq!(beside["means"][0], "exclude");
    assert_eq!(
        beside["overridden"][0]["by"],
        "github.com/gin-gonic/gin@v1.10.0"
    );
    let kept = plan(&["--keep", "gin"]);
    assert_eq!(kept["plans"][0]["means"][0], "exclude");
    assert_eq!(
        kept["plans"][0]["moves"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|m| m["module"] == "github.com/gin-gonic/gin")
            .count(),
        0
    );
}

#[test]
fn writing_twice_changes_nothing_the_second_time() {
    let home = tempfile::tempdir().unwrap();
    let dir = tempfile::tempdir().unwrap();
    copy(dir.path());
    let sums = || {
        text(&std::fs::read(dir.path().join("go.sum")).unwrap())
            .lines()
            .count()
    };
    let before = sums();
    let output = gomod(
        home.path(),
        dir.path(),
        &["plan-downgrade", "gin@v1.9.0", "--write"],
    );
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(sums(), before + 12);
    assert!(text(&output.stdout).contains("go.sum gets 12 lines"));
    let listed = gomod(home.path(), dir.path(), &["graph"]);
    assert!(text(&listed.stdout).contains("example.com/gin-app github.com/gin-gonic/gin@v1.9.0\n"));
    let again = gomod(home.path(), dir.path(), &["plan-downgrade", "gin@v1.9.0"]);
    assert_eq!(
        text(&again.stdout),
        "github.com/gin-gonic/gin v1.9.0 is what is selected today: nothing to do\n"
    );
}

#[test]
fn a_tampered_go_sum_stops_everything() {
    let home = tempfile::tempdir().unwrap();
    let dir = tempfile::tempdir().unwrap();
    copy(dir.path());
    let file = dir.path().join("go.sum");
    let sums = text(&std::fs::read(&file).unwrap());
    let line = sums
        .lines()
        .find(|l| l.contains("gin-gonic/gin v1.10.0/go.mod"))
        .unwrap();
    let other = line.replace("h1:", "h1:A").replace("A4mLd", "AAAAA");
    let other = format!("{}=", &other[..line.len() - 1]);
    std::fs::write(&file, sums.replace(line, &other)).unwrap();
    let output = gomod(
        home.path(),
        dir.path(),
        &["plan-downgrade", "gin@v1.9.0", "--write"],
    );
    assert_eq!(output.status.code(), Some(4), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("github.com/gin-gonic/gin@v1.10.0: checksum mismatch"));
    assert_eq!(
        text(&std::fs::read(&file).unwrap()),
        sums.replace(line, &other)
    );
}

#[test]
fn drift_names_what_moved_and_the_way_back() {
    let home = tempfile::tempdir().unwrap();
    let dir = tempfile::tempdir().unwrap();
    copy(dir.path());
    assert!(gomod(home.path(), dir.path(), &["lock"]).status.success());
    let none = gomod(home.path(), dir.path(), &["drift"]);
    assert_eq!(none.status.code(), Some(0), "{}", text(&none.stdout));
    let file = dir.path().join("go.mod");
    let before = text(&std::fs::read(&file).unwrap());
    gomod(
        home.path(),
        dir.path(),
        &["plan-downgrade", "gin@v1.9.0", "--write"],
    );
    let drift = gomod(home.path(), dir.path(), &["drift"]);
    assert_eq!(drift.status.code(), Some(1));
    let page = text(&drift.stdout);
    assert!(
        page.contains("~ github.com/gin-gonic/gin v1.10.0 → v1.9.0  module-lowered"),
        "{page}"
    );
    assert!(
        page.contains("go get github.com/gin-gonic/gin@v1.10.0"),
        "{page}"
    );
    std::fs::write(&file, before).unwrap();
    assert_eq!(
        gomod(home.path(), dir.path(), &["drift"]).status.code(),
        Some(0)
    );
}

#[test]
fn the_tree_holds_the_build_list() {
    let home = tempfile::tempdir().unwrap();
    let dir = fixtures().join("gin-app");
    let tree = text(&gomod(home.path(), &dir, &["tree"]).stdout);
    let drawn = |line: &str| {
        line.trim_start_matches(['│', '├', '└', '─', ' '])
            .to_owned()
    };
    let mut found: Vec<String> = tree.lines().map(drawn).collect();
    for line in &mut found {
        let end = line.find(" (").unwrap_or(line.len());
        line.truncate(end);
    }
    found.sort();
    found.dedup();
    let list = std::fs::read_to_string(dir.join("expected/list.txt")).unwrap();
    let mut expected: Vec<&str> = list.lines().collect();
    expected.sort_unstable();
    assert_eq!(found, expected);
    assert!(tree.contains("cpuid/v2 v2.2.7 (asks v2.0.9)\n"), "{tree}");
    let up = text(&gomod(home.path(), &dir, &["tree", "-i", "sse"]).stdout);
    assert_eq!(
        up,
        "github.com/gin-contrib/sse v0.1.0\n\
         ├── github.com/gin-gonic/gin v1.10.0\n\
         │   └── example.com/gin-app\n\
         └── example.com/gin-app (indirect)\n"
    );
}
