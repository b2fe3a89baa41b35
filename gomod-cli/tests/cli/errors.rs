//! Every mistake that needs no network: its exit code, its message, and that nothing is changed.

use crate::support::{MAIN, PAIR, World, has_go};

#[test]
fn a_malformed_go_mod_is_named_with_its_position() {
    let world = World::with_main(
        PAIR,
        "module example.com/main\n\ngo 1.21\n\nrequire example.com/a\n",
    );
    for args in [
        &["list"][..],
        &["graph"],
        &["why", "a"],
        &["plan-downgrade", "a@v1.0.0"],
        &["drift"],
        &["lock"],
    ] {
        world.refused(3, args, &["go.mod:5:"]);
    }
    world.write("main/go.mod", &MAIN.replace("v1.2.0", "main"));
    let error = world.refused(3, &["list"], &["go.mod:6:", "go.mod:7:", "main"]);
    assert!(error.contains("nothing was changed"));
}

#[test]
fn godebug_lines_that_go_does_not_know_are_named_with_their_positions() {
    let world = World::new(PAIR);
    let lines = "\ngodebug foo=1\n\ngodebug (\n\tpanicnil=1\n\tdefault=1.21\n)\n";
    world.write("main/go.mod", &format!("{MAIN}{lines}"));
    for args in [&["list"][..], &["graph"], &["plan-downgrade", "a@v1.0.0"]] {
        let naming = [
            "go.mod:10:1: unknown godebug \"foo\"",
            "go.mod:14:2: godebug default=1.21",
        ];
        world.refused(3, args, &naming);
    }
    // Without Go any version may be the default.
    world.write("main/go.mod", &format!("{MAIN}\ngodebug default=go1.30\n"));
    assert_eq!(world.gomod(&["list"]).code, Some(0));
    world.refused(
        3,
        &["list", "--go", "1.29"],
        &["go.mod:10:1: godebug default=go1.30 is too new"],
    );
}

#[test]
fn a_replacement_directory_that_is_not_there_is_named_with_its_line() {
    let line = "\nreplace example.com/a => ../nowhere\n";
    let world = World::with_main(PAIR, &format!("{MAIN}{line}"));
    let looked_for = world.path("nowhere/go.mod");
    let naming = [
        "go.mod:10:1: example.com/a@v1.2.0 is replaced by the directory ../nowhere, which does not exist",
        looked_for.to_str().unwrap(),
        "go mod edit -replace=example.com/a=DIR",
        "go mod edit -dropreplace=example.com/a",
    ];
    for args in [
        &["list"][..],
        &["graph"],
        &["why", "b"],
        &["plan-downgrade", "b@v1.0.0"],
    ] {
        let error = world.refused(3, args, &naming);
        assert!(!error.contains("proxy"), "{error}");
    }
    world.write("nowhere/other.txt", "");
    let line = "\nreplace example.com/a v1.2.0 => ../nowhere\n";
    world.write("main/go.mod", &format!("{MAIN}{line}"));
    world.refused(
        3,
        &["list"],
        &[
            "go.mod:10:1:",
            "has no go.mod",
            "-dropreplace=example.com/a@v1.2.0",
        ],
    );
    // In a workspace the line may be a member's or that of go.work.
    world.write("main/go.work", "go 1.21\n\nuse .\n");
    world.refused(3, &["list"], &["go.mod:10:1:", "has no go.mod"]);
    world.write(
        "main/go.work",
        "go 1.21\n\nuse .\n\nreplace example.com/a => ./gone\n",
    );
    let gone = world.path("main/gone/go.mod");
    let naming = [
        "go.work:5:1:",
        gone.to_str().unwrap(),
        "go work edit -dropreplace=example.com/a",
    ];
    world.refused(3, &["list"], &naming);
}

#[test]
fn a_path_that_is_required_twice_is_named_with_both_lines() {
    let twice = format!("{MAIN}\nrequire example.com/a v1.1.0\n");
    let world = World::with_main(PAIR, &twice);
    world.write("main/go.sum", &world.sums(|name| name.ends_with("v1.2.0")));
    let naming = [
        "updates to go.mod needed",
        "example.com/a is required twice",
        "go.mod:6:2: v1.2.0",
        "go.mod:10:1: v1.1.0",
        "go mod tidy",
    ];
    world.refused(1, &["list"], &naming);
    world.refused(1, &["lock"], &naming);
    assert_eq!(world.gomod(&["graph"]).code, Some(0));
    // The same version twice is no fault to the go command.
    world.write("main/go.mod", &twice.replace("v1.1.0", "v1.2.0"));
    assert_eq!(world.gomod(&["list"]).code, Some(0));
}

#[test]
fn a_malformed_go_sum_is_named_with_its_line() {
    let world = World::new(PAIR);
    world.write("main/go.sum", "example.com/a v1.2.0/go.mod\n");
    world.refused(3, &["list"], &["go.sum:1"]);
}

#[test]
fn without_a_go_mod_there_is_nothing_to_look_at() {
    let world = World::new(PAIR);
    std::fs::remove_file(world.path("main/go.mod")).unwrap();
    world.refused(3, &["list"], &["go.mod not found"]);
    world.refused(
        3,
        &["plan-downgrade", "a@v1.0.0", "--write"],
        &["go.mod not found"],
    );
    world.refused(3, &["list", "-C", "nowhere"], &["nowhere"]);
    world.write("main/go.mod", MAIN);
    world.refused(3, &["list", "--modfile", "other.mod"], &["other.mod"]);
}

#[test]
fn names_are_found_or_the_candidates_are_listed() {
    let mut notation = PAIR.to_owned();
    notation.push_str("example.org/x/a@v1.0.0 go1.21:\n");
    let world = World::with_main(&notation, &MAIN.replace(")", "\texample.org/x/a v1.0.0\n)"));
    world.refused(
        2,
        &["plan-downgrade", "nosuchmodule@v1.0.0"],
        &["nosuchmodule", "gomod list"],
    );
    world.refused(2, &["why", "example.com/c"], &["example.com/c"]);
    for args in [["plan-downgrade", "a@v1.0.0"], ["why", "a"]] {
        world.refused(
            2,
            &args,
            &["a is ambiguous", "example.com/a\n", "example.org/x/a\n"],
        );
    }
    assert_eq!(world.gomod(&["why", "x/a"]).code, Some(0));
}

#[test]
fn todays_version_is_nothing_to_do() {
    let world = World::new(PAIR);
    let before = (world.read("main/go.mod"), world.read("main/go.sum"));
    for target in [
        "a@v1.2.0",
        "a@latest",
        "a@v1",
        "a@<=v1.2.0",
        "example.com/a@v1.2",
    ] {
        let out = world.gomod(&["plan-downgrade", target, "--write"]).ok();
        assert_eq!(
            out, "example.com/a v1.2.0 is what is selected today: nothing to do\n",
            "{target}"
        );
    }
    assert_eq!(
        (world.read("main/go.mod"), world.read("main/go.sum")),
        before
    );
}

#[test]
fn nothing_to_do_is_json_when_json_is_asked_for() {
    let world = World::new(PAIR);
    let run = world.gomod(&["plan-downgrade", "a@v1.2.0", "--format", "json"]);
    assert_eq!(run.code, Some(0));
    assert!(
        run.stdout.starts_with("{\n  \"schema_version\": 1,"),
        "{run:?}"
    );
    run.json();
}

#[test]
fn flags_that_make_no_sense() {
    let world = World::new(PAIR);
    world.refused(
        2,
        &["plan-downgrade", "a@v1.0.0", "--choose", "Z"],
        &["--choose Z", "A"],
    );
    world.refused(
        2,
        &["plan-downgrade", "a@v1.0.0", "a@v1.1.0"],
        &["example.com/a", "twice"],
    );
    world.refused(
        2,
        &["plan-downgrade", "a@v1.0.0", "--keep", "a"],
        &["a cannot be both"],
    );
    world.refused(
        2,
        &["plan-downgrade", "a@v1.0.0", "--keep", "zzz"],
        &["zzz"],
    );
    world.refused(2, &["list", "--go", "one"], &["--go"]);
    world.refused(2, &["list", "--go", "go1.21"], &["did you mean --go 1.21?"]);
    for proxy in [
        "../nowhere",
        "./nowhere",
        "/no/such/place",
        "file:///no/such/place",
    ] {
        let naming = ["there is no such directory", proxy];
        world.refused(3, &["list", "--proxy", proxy], &naming);
    }
    for args in [
        &["nonsense"][..],
        &["plan-downgrade"],
        &["list", "--format", "xml"],
        &["why"],
    ] {
        let run = world.gomod(args);
        assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{args:?}");
        assert!(run.stderr.contains("--help"), "{run:?}");
    }
}

#[test]
fn no_plan_says_why_step_by_step() {
    let world = World::new(PAIR);
    let error = world.refused(
        1,
        &[
            "plan-downgrade",
            "a@v1.0.0",
            "--strategy",
            "require",
            "--keep",
            "b",
        ],
        &[
            "example.com/b",
            "example.com/a",
            "without --strategy require",
        ],
    );
    assert!(error.contains("\n    1. "), "{error}");
    let error = world.refused(
        1,
        &[
            "plan-downgrade",
            "a@v1.0.0",
            "--strategy",
            "require",
            "--max-collateral",
            "0",
        ],
        &["at most 0 may", "--max-collateral 1"],
    );
    assert!(error.contains("\n    1. "), "{error}");
}

#[test]
fn no_plan_is_a_document_when_json_is_asked_for() {
    let world = World::new(PAIR);
    let args = "plan-downgrade a@v1.0.0 --strategy require --keep b --format json";
    let run = world.gomod(&args.split(' ').collect::<Vec<_>>());
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.stderr.starts_with("error: no plan reaches"), "{run:?}");
    let document = run.json();
    assert_eq!(document["plans"], serde_json::json!([]));
    assert_eq!(document["written"], false);
    assert_eq!(document["targets"][0]["module"], "example.com/a");
    let because = &document["refused"][0]["because"];
    assert!(
        because[0].as_str().unwrap().contains("example.com/"),
        "{because}"
    );
}

#[test]
fn a_directory_that_is_not_there_is_named() {
    let world = World::new(PAIR);
    for args in [&["-C", "nowhere", "list"][..], &["-C", "go.mod", "drift"]] {
        let naming = format!("cannot change to {}: ", args[1]);
        world.refused(3, args, &[&naming, "-C takes a directory that is there"]);
    }
}

#[test]
fn a_lock_must_be_there_and_make_sense() {
    let world = World::new(PAIR);
    world.refused(3, &["drift"], &["gomod.lock not found", "gomod lock"]);
    world.gomod(&["lock"]).ok();
    let lock = world.read("main/gomod.lock");
    world.write("main/gomod.lock", &format!("{lock}nonsense\n"));
    let line = format!("gomod.lock:{}", lock.lines().count() + 1);
    world.refused(3, &["drift"], &[&line, "gomod lock"]);
    world.write("main/gomod.lock", &lock);
    world.write(
        "main/go.mod",
        &MAIN.replace("example.com/main", "example.com/other"),
    );
    world.refused(3, &["drift"], &["example.com/main", "example.com/other"]);
}

#[test]
fn a_lock_is_written_only_into_a_directory_that_is_there() {
    let world = World::new(PAIR);
    let args = ["lock", "--file", "no/where.lock"];
    world.refused(3, &args, &["no/where.lock", "there is no directory"]);
}

#[test]
fn a_requirement_that_does_not_exist_is_named_with_its_line() {
    let world = World::with_main(PAIR, &MAIN.replace("a v1.2.0", "a v1.9.9"));
    let naming = [
        "example.com/a@v1.9.9",
        "required by go.mod:6:2",
        "go list -m -versions example.com/a",
    ];
    world.refused(3, &["graph"], &naming);
}

#[test]
fn many_faults_of_a_file_are_counted() {
    let world = World::with_main(PAIR, &format!("{MAIN}{}", "nonsense\n".repeat(30)));
    let error = world.refused(
        3,
        &["list"],
        &["go.mod:9:1", "go.mod:28:1", "… and 10 more"],
    );
    assert!(!error.contains("go.mod:29:1"), "{error}");
}

#[test]
fn a_workspace_that_is_none() {
    let world = World::new(PAIR);
    world.write("main/go.work", "go 1.21\n\nuse ./nowhere\n");
    world.refused(3, &["list"], &["nowhere"]);
    world.write("main/go.work", "go 1.21\n\nexclude example.com/a v1.0.0\n");
    world.refused(3, &["list"], &["go.work:3:"]);
}

#[test]
fn list_refuses_what_would_need_updates() {
    let world = World::with_main(
        PAIR,
        &MAIN.replace("example.com/a v1.2.0", "example.com/a v1.1.0"),
    );
    world.refused(
        1,
        &["list"],
        &["updates to go.mod needed", "example.com/a", "v1.2.0"],
    );
    world.refused(1, &["lock"], &["updates to go.mod needed"]);
    assert!(
        world
            .gomod(&["graph"])
            .ok()
            .contains("example.com/main example.com/a@v1.2.0\n")
    );
}

#[test]
fn list_needs_every_line_of_go_sum() {
    let world = World::new(PAIR);
    world.write(
        "main/go.sum",
        &world.sums(|name| name != "example.com/b@v1.2.0"),
    );
    let naming = [
        "example.com/b@v1.2.0: missing go.sum entry",
        "go mod download example.com/b",
    ];
    world.refused(3, &["list"], &naming);
    assert_eq!(world.gomod(&["graph"]).code, Some(0));
}

#[test]
fn a_go_line_above_the_assumed_go() {
    let world = World::new("a@v1.2.0 go1.99:\nb@v1.2.0 go1.21:");
    world.refused(
        3,
        &["list", "--go", "1.21"],
        &["example.com/a@v1.2.0", "1.99", "--go 1.99"],
    );
    world.refused(
        3,
        &["list", "--go", "1.20"],
        &["go.mod", "1.21", "--go 1.21"],
    );
    world.refused(1, &["list"], &["updates to go.mod needed", "1.99"]);
}

#[test]
fn goflags_that_make_no_sense() {
    let mut world = World::new(PAIR);
    world.set("GOFLAGS", "-mod=nonsense");
    world.refused(3, &["list"], &["-mod=nonsense", "-mod=readonly"]);
    world.set("GOFLAGS", "nonsense");
    world.refused(3, &["list"], &["GOFLAGS", "nonsense"]);
    world.unset("GOFLAGS");
    world.write("main/go.work", "go 1.21\n\nuse .\n");
    let args = ["list", "--modfile", "other.mod"];
    world.refused(3, &args, &["--modfile", "go.work", "GOWORK=off"]);
}

#[test]
fn a_target_at_todays_version_stays_there() {
    let world = World::new(PAIR);
    let both = ["plan-downgrade", "a@v1.0.0", "b@v1.2.0"];
    let args = [&both[..], &["--strategy", "require"]].concat();
    world.refused(1, &args, &["example.com/b@v1.2.0", "example.com/a"]);
    let json = world
        .gomod(&[&both[..], &["--format", "json"]].concat())
        .json();
    assert_eq!(json["plans"][0]["means"][0], "exclude");
    let twice = ["plan-downgrade", "a@v1.2.0", "a@v1.0.0"];
    world.refused(2, &twice, &["example.com/a is named twice"]);
}

#[test]
fn a_retracted_version_of_another_major_is_malformed() {
    let world = World::with_main(PAIR, &format!("{MAIN}\nretract v2.0.0\n"));
    for command in ["list", "graph"] {
        world.refused(3, &[command], &["go.mod:10:9", "v2.0.0", "v0 or v1"]);
    }
    world.write(
        "main/go.mod",
        &format!("{MAIN}\nretract [v1.0.0, v2.0.0+incompatible]\n"),
    );
    if has_go("a_retracted_version_of_another_major_is_malformed") {
        let ours = world.gomod(&["list"]);
        let theirs = world.go_in("main", &["list", "-m", "all"]);
        assert_eq!(
            ours.code == Some(0),
            theirs.code == Some(0),
            "{ours:?} {theirs:?}"
        );
    }
}

#[test]
fn an_overlay_is_not_passed_over_in_silence() {
    let mut world = World::new(PAIR);
    world.set("GOFLAGS", "-overlay=other.json");
    for command in [&["list"][..], &["graph"], &["plan-downgrade", "a@v1.0.0"]] {
        world.refused(3, command, &["-overlay=other.json", "GOFLAGS="]);
    }
    world.set("GOFLAGS", "-overlay=");
    world.gomod(&["list"]).ok();
}
