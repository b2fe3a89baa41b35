//! What cannot be a target, or cannot be kept: which it is, and what to write instead.

use crate::support::{MAIN, PAIR, World};

#[test]
fn versions_that_cannot_be_a_target() {
    let world = World::new(&format!("{PAIR}\na@v1.3.0 go1.21:\n-a@v1.3.1 go1.21:\n"));
    let plan = |target: &str, naming: &[&str]| {
        world.refused(2, &["plan-downgrade", target, "--write"], naming)
    };
    plan("a@v1.0.9", &["example.com/a@v1.0.9", "v1.1.0, v1.0.0"]);
    plan("a@v0.9", &["example.com/a", "v0.9"]);
    plan("a@<v1.0.0", &["example.com/a", "<v1.0.0"]);
    // Only what exists is an upgrade, in a list or not.
    for version in ["v1.3.0", "v1.3.1"] {
        let command = format!("go get example.com/a@{version}");
        let target = format!("a@{version}");
        plan(
            &target,
            &["above today's v1.2.0: that is an upgrade", &command],
        );
    }
    let none = "no such version";
    let error = plan(
        "a@v1.99.0",
        &[none, "the nearest version of example.com/a is v1.3.0"],
    );
    assert!(!error.contains("upgrade"), "{error}");
    let naming = [
        none,
        "the nearest versions of example.com/a are v1.2.0 and v1.3.0",
    ];
    plan("a@v1.2.5", &naming);
    let naming = [none, "another major version has another path", "is v1.3.0"];
    plan("a@v2.0.0", &naming);
    plan("a@master", &["a@master", "branches"]);
    plan("main@v1.0.0", &["main"]);
    plan("go@1.22", &["above today's go 1.21"]);
}

#[test]
fn above_today_and_nobody_to_ask_is_an_upgrade_all_the_same() {
    let world = World::new(PAIR);
    world.gomod(&["list"]).ok();
    let args = ["plan-downgrade", "a@v1.99.0", "--offline", "--proxy", "off"];
    world.refused(2, &args, &["that is an upgrade"]);
}

#[test]
fn arguments_that_are_no_target() {
    let world = World::new(PAIR);
    for (argument, naming) in [
        (
            "",
            &["\"\" names no module", "gomod list", "MOD@VERSION"][..],
        ),
        (" ", &["\" \" names no module"]),
        ("@", &["\"@\" names no module"]),
        (
            "@v1",
            &["@v1: there is no module in front of the @", "MOD@v1"],
        ),
        (
            "a@",
            &[
                "a@: there is no version",
                "MOD@VERSION",
                "v1.2.0",
                "gomod plan-downgrade 'a@<v1.2.0'",
            ],
        ),
        (
            "a",
            &["a: there is no version", "gomod plan-downgrade 'a@<v1.2.0'"],
        ),
        ("nosuch", &["nosuch: there is no version", "nosuch@v1.2.3"]),
        ("a@@v1", &["a@@v1: one @ too many", "write it as a@v1"]),
        ("a@v1.0.0@x", &["one @ too many", "write it as a@v1.0.0"]),
        ("a:v1.0.0", &["write it as a@v1.0.0"]),
        ("a=1.0.0", &["write it as a@v1.0.0"]),
        ("a@1.0.0", &["a@1.0.0", "did you mean a@v1.0.0?"]),
        ("a@V1.0.0", &["did you mean a@v1.0.0?"]),
        ("a@2e3eb7b945c2", &["go list -m PATH@2e3eb7b945c2 prints"]),
        (
            "go",
            &["name the Go version", "gomod plan-downgrade go@1.21"],
        ),
        ("go@", &["name the Go version"]),
        ("go@none", &["go@none: name the Go version"]),
        ("go@one", &["go@one: no Go version", "go@1.21.3"]),
    ] {
        world.refused(2, &["plan-downgrade", argument], naming);
    }
    let words = ["plan-downgrade", "a", "v1.0.0"];
    world.refused(2, &words, &["one word", "write it as a@v1.0.0"]);
    // Blanks around the parts are no fault.
    assert_eq!(
        world.gomod(&["plan-downgrade", " a @ v1.0.0 "]).code,
        Some(0)
    );
}

#[test]
fn what_is_replaced_already_is_answered_with_the_edit_of_its_line() {
    let with = |line: &str| World::with_main(PAIR, &format!("{MAIN}\nreplace {line}\n"));
    let plan = |world: &World, target: &str, naming: &[&str]| {
        world.refused(1, &["plan-downgrade", target, "--write"], naming);
    };
    for line in [
        "example.com/a => example.com/a v1.1.0",
        "example.com/a v1.2.0 => example.com/a v1.1.0",
        "example.com/a => ../fork",
    ] {
        let old = match line.contains("v1.2.0 =>") {
            true => "example.com/a@v1.2.0",
            false => "example.com/a",
        };
        let world = with(line);
        world.write("fork/go.mod", "module example.com/a\n");
        let drop = format!("go mod edit -dropreplace={old}");
        plan(
            &world,
            "a@v1.2.0",
            &["a v1.2.0 is replaced by", "v1.2.0 itself", &drop],
        );
        if old == "example.com/a" {
            let replace = "go mod edit -replace=example.com/a=example.com/a@v1.0.0";
            plan(
                &world,
                "a@v1.0.0",
                &["a v1.2.0 is replaced by", replace, &drop],
            );
        } else {
            // The line is for today's version alone, so it ends with it.
            assert_eq!(world.gomod(&["plan-downgrade", "a@v1.0.0"]).code, Some(0));
        }
        world.refused(2, &["plan-downgrade", "a@v1.0.9"], &["no such version"]);
        if !line.contains("fork") {
            // What takes its place is what was asked for.
            assert_eq!(
                world.gomod(&["plan-downgrade", "a@v1.1.0"]).ok(),
                "example.com/a v1.2.0 => v1.1.0 is what is selected today: nothing to do\n"
            );
        }
    }
    let world = with("example.com/a v1.0.0 => example.com/a v1.1.0");
    let naming = [
        "example.com/a@v1.0.0 is replaced by",
        "-dropreplace=example.com/a@v1.0.0",
    ];
    plan(&world, "a@v1.0.0", &naming);
    assert_eq!(world.gomod(&["plan-downgrade", "a@v1.1.0"]).code, Some(0));
}

#[test]
fn a_limit_on_what_moves_names_what_would() {
    let world = World::new(PAIR);
    let args = [
        "plan-downgrade",
        "a@v1.0.0",
        "--max-collateral",
        "0",
        "--strategy",
        "require",
    ];
    let naming = [
        "1 other module would move, and at most 0 may",
        "example.com/b v1.2.0 → v1.0.0",
        "gomod plan-downgrade a@v1.0.0 --strategy require --max-collateral 1",
    ];
    world.refused(1, &args, &naming);
    let many: Vec<String> = (0..12).map(|n| format!("m{n:02}")).collect();
    let mut notation = PAIR.to_owned();
    let mut main = MAIN.replace("\texample.com/b v1.2.0\n", "");
    for name in &many {
        notation.push_str(&format!(
            "{name}@v1.0.0 go1.21: a@v1.0.0\n{name}@v1.1.0 go1.21: a@v1.2.0\n"
        ));
        main = main.replace(")\n", &format!("\texample.com/{name} v1.1.0\n)\n"));
    }
    let world = World::with_main(&notation, &main);
    let error = world.refused(
        1,
        &args,
        &["12 other modules", "m09 v1.1.0", "… and 2 more"],
    );
    assert!(!error.contains("m10"), "{error}");
    let enough = [&args[..3], &["12"], &args[4..]].concat();
    assert_eq!(world.gomod(&enough).code, Some(0));
}

#[test]
fn what_cannot_be_kept() {
    let world = World::new(PAIR);
    for (keep, naming) in [
        ("zzz", &["--keep: zzz: no such module", "gomod list"][..]),
        (
            "a",
            &[
                "--keep a: example.com/a cannot be both a target and kept",
                "leave out",
            ],
        ),
        ("b@v1.2.0", &["--keep b@v1.2.0", "without", "--keep b"]),
        (
            "main",
            &["--keep main: example.com/main is the main module"],
        ),
    ] {
        world.refused(2, &["plan-downgrade", "a@v1.0.0", "--keep", keep], naming);
    }
}

#[test]
fn an_excluded_version_is_no_target() {
    let world = World::with_main(PAIR, &format!("{MAIN}\nexclude example.com/a v1.1.0\n"));
    let naming = [
        "example.com/a v1.1.0 is excluded by go.mod:10:1",
        "-dropexclude=example.com/a@v1.1.0",
        "gomod plan-downgrade 'example.com/a@<v1.1.0'",
    ];
    world.refused(2, &["plan-downgrade", "a@v1.1.0"], &naming);
    let next = ["plan-downgrade", "a@<v1.1.0"];
    assert!(world.gomod(&next).ok().contains("v1.2.0 → v1.0.0"));
    // A requirement that go.mod itself excludes is in no build list.
    world.write(
        "main/go.mod",
        &format!("{MAIN}\nexclude example.com/a v1.2.0\n").replace("b v1.2.0", "b v1.1.0"),
    );
    let main = world
        .read("main/go.mod")
        .replace("\texample.com/b v1.1.0\n", "");
    world.write("main/go.mod", &main);
    let naming = [
        "go.mod:6:2 requires example.com/a@v1.2.0, and go.mod excludes it",
        "-dropexclude=example.com/a@v1.2.0",
    ];
    world.refused(2, &["plan-downgrade", "a@v1.0.0"], &naming);
}

#[test]
fn names_that_are_almost_right() {
    let notation = "
        example.org/team/Gadget@v1.0.0 go1.21:
        example.org/team/widget/v2@v2.0.0 go1.21:
        example.org/other/thing@v1.0.0 go1.21:
    ";
    let mut main = "module example.com/main\n\ngo 1.21\n".to_owned();
    for module in [
        "team/Gadget v1.0.0",
        "team/widget/v2 v2.0.0",
        "other/thing v1.0.0",
    ] {
        main.push_str(&format!("\nrequire example.org/{module}\n"));
    }
    let world = World::with_main(notation, &main);
    for (name, meant) in [
        ("gadget", "did you mean example.org/team/Gadget?"),
        ("GADGET", "did you mean example.org/team/Gadget?"),
        ("gaget", "did you mean example.org/team/Gadget?"),
        ("thin", "did you mean example.org/other/thing?"),
        ("widget/v3", "gomod list"),
        (
            "example.org/team/widget/v2/sub/pkg",
            "did you mean example.org/team/widget/v2?",
        ),
        (
            "https://example.org/other/thing",
            "did you mean example.org/other/thing?",
        ),
        (
            "example.org/team",
            "did you mean one of example.org/team/Gadget, example.org/team/widget/v2?",
        ),
        ("example.net/some/where", "gomod list shows the build list"),
    ] {
        world.refused(2, &["why", name], &[name, meant]);
    }
    world.refused(
        2,
        &["why", "thing@v1.0.0"],
        &["without a version", "write it as thing"],
    );
}
