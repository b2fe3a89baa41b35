//! `--as-of REV`: versions as a git revision had them.

use std::io::Write as _;

use super::workspace::{pair, workspace};
use crate::support::World;

/// Runs git in the main module's directory.
fn git(world: &World, args: &[&str]) {
    let output = std::process::Command::new("git")
        .args(["-c", "user.name=n", "-c", "user.email=e@example.com"])
        .args(args)
        .current_dir(world.path("main"))
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    assert!(output.status.success(), "{args:?}: {output:?}");
}

fn has_git(test: &str) -> bool {
    let output = std::process::Command::new("git").arg("--version").output();
    let found = output.is_ok_and(|output| output.status.success());
    if !found {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "CI needs git");
        let _ = writeln!(std::io::stderr(), "{test}: skipped, there is no git");
    }
    found
}

#[test]
fn versions_come_from_a_git_revision() {
    if !has_git("versions_come_from_a_git_revision") {
        return;
    }
    // a brought c and d; before the upgrade c was lower, and there was no d.
    let notation = "
        a@v1.0.0 go1.21: c@v1.0.0
        a@v1.1.0 go1.21: c@v1.2.0 d@v1.0.0
        c@v1.0.0 go1.21:
        c@v1.1.0 go1.21:
        c@v1.2.0 go1.21:
        d@v1.0.0 go1.21:
    ";
    let main = |a: &str, more: &str| {
        format!("module example.com/main\n\ngo 1.21\n\nrequire (\n\texample.com/a {a}\n{more})\n")
    };
    let world = World::with_main(
        notation,
        &main("v1.0.0", "\texample.com/c v1.1.0 // indirect\n"),
    );
    let run = |args: &[&str]| git(&world, args);
    let error = world.refused(
        3,
        &["plan-downgrade", "a", "--as-of", "HEAD"],
        &["no git repository"],
    );
    assert!(error.contains("MOD@VERSION"), "{error}");
    run(&["init", "-q"]);
    run(&["add", "."]);
    run(&["commit", "-qm", "before"]);
    run(&["tag", "before"]);
    let now = "\texample.com/c v1.2.0 // indirect\n\texample.com/d v1.0.0 // indirect\n";
    world.write("main/go.mod", &main("v1.1.0", now));
    run(&["commit", "-qam", "upgrade"]);
    world.refused(
        2,
        &["plan-downgrade", "a", "--as-of", "no-such"],
        &["no-such", "no revision of that name"],
    );
    world.refused(
        2,
        &["plan-downgrade", "d", "--as-of", "before"],
        &["does not require", "d@none"],
    );
    let page = world
        .gomod(&["plan-downgrade", "a", "--as-of", "before"])
        .ok();
    assert!(page.contains("example.com/a v1.1.0 → v1.0.0"), "{page}");
    assert!(
        page.contains("gomod plan-downgrade a --as-of before --write"),
        "{page}"
    );
    world
        .gomod(&[
            "plan-downgrade",
            "a",
            "--as-of",
            "before",
            "--settle",
            "--write",
        ])
        .ok();
    let after = world.read("main/go.mod");
    assert!(after.contains("require example.com/a v1.0.0\n"), "{after}");
    assert!(
        after.contains("require example.com/c v1.1.0 // indirect\n"),
        "{after}"
    );
    assert!(!after.contains("example.com/d"), "{after}");
}

#[test]
fn the_members_of_a_workspace_as_they_were() {
    if !has_git("the_members_of_a_workspace_as_they_were") {
        return;
    }
    let world = pair();
    let write = |one: &str, two: &str| {
        let require =
            |name: &str, lines: &str| format!("module example.com/{name}\n\ngo 1.21\n\n{lines}");
        world.write("main/one/go.mod", &require("one", one));
        world.write("main/two/go.mod", &require("two", two));
    };
    let today = [world.read("main/one/go.mod"), world.read("main/two/go.mod")];
    // Of a the two asked for different versions: the higher one was used.
    write(
        "require example.com/b v1.1.0\nrequire example.com/a v1.0.0\n",
        "require example.com/a v1.1.0\n",
    );
    git(&world, &["init", "-q"]);
    git(&world, &["add", "one/go.mod", "go.work"]);
    git(&world, &["commit", "-qm", "one alone"]);
    git(&world, &["tag", "alone"]);
    git(&world, &["add", "."]);
    git(&world, &["commit", "-qm", "both"]);
    git(&world, &["tag", "both"]);
    for (name, text) in ["one", "two"].iter().zip(&today) {
        world.write(&format!("main/{name}/go.mod"), text);
    }
    let page = world
        .gomod(&["plan-downgrade", "a", "--as-of", "alone"])
        .ok();
    assert!(page.contains("example.com/a v1.2.0 → v1.0.0"), "{page}");
    world.refused(2, &["plan-downgrade", "two", "--as-of", "alone"], &["two"]);
    let plan = ["plan-downgrade", "a", "b", "--as-of", "both", "--write"];
    let page = world.gomod(&plan).ok();
    assert!(page.contains("example.com/a v1.2.0 → v1.1.0"), "{page}");
    assert!(page.contains("example.com/b v1.2.0 → v1.1.0"), "{page}");
    let list = world.gomod(&["list"]).ok();
    assert!(
        list.contains("a v1.1.0\n") && list.contains("b v1.1.0\n"),
        "{list}"
    );
}

#[test]
fn the_go_line_of_a_workspace_as_it_was() {
    if !has_git("the_go_line_of_a_workspace_as_it_was") {
        return;
    }
    let world = workspace(
        "",
        "1.22",
        &[("one", "go 1.22\n"), ("two", "go 1.21\n")],
        "",
    );
    world.write("main/go.work", "go 1.20\n\nuse ./one\nuse ./two\n");
    world.write("main/one/go.mod", "module example.com/one\n\ngo 1.20\n");
    git(&world, &["init", "-q"]);
    git(&world, &["add", "."]);
    git(&world, &["commit", "-qm", "before"]);
    world.write("main/go.work", "go 1.22\n\nuse ./one\nuse ./two\n");
    world.write("main/one/go.mod", "module example.com/one\n\ngo 1.22\n");
    world
        .gomod(&["plan-downgrade", "go", "--as-of", "HEAD", "--write"])
        .ok();
    let work = world.read("main/go.work");
    assert!(work.starts_with("go 1.20\n"), "{work}");
}
