//! `plan-downgrade`: the page, its JSON form, and what it writes.

use insta::assert_snapshot;

use crate::support::{MAIN, PAIR, World, has_go};

#[test]
fn the_page() {
    let world = World::new(PAIR);
    assert_snapshot!(world.gomod(&["plan-downgrade", "a@v1.0.0"]).ok(), @r"
    example.com/a v1.2.0 → v1.0.0
      2 requirements ask for more than v1.0.0:
        example.com/main → example.com/a@v1.2.0
        example.com/main → example.com/b@v1.2.0 → example.com/a@v1.2.0

    Plan A, by require
      beside the targets, 1 direct and 0 other modules move; no requirement is overridden

    --- go.mod
    +++ go.mod (planned)
    @@ -5,4 +5,4 @@
     require (
    -	example.com/a v1.2.0
    -	example.com/b v1.2.0
    +	example.com/a v1.0.0
    +	example.com/b v1.0.0
     )

    Why each line changes
      require example.com/a v1.2.0 → v1.0.0  asked for
      require example.com/b v1.2.0 → v1.0.0  example.com/b@v1.2.0 requires example.com/a@v1.2.0

    Also moves (1)
      ~ example.com/b v1.2.0 → v1.0.0  (direct)

    Alternatives
         how      overridden  direct  others  raised  steps  lines
      >A require           0       1       0       0      4      2
       B exclude           1       0       0       0      2      3
         --choose LETTER takes another

    Checked
      5 go.mod files against go.sum, 0 against the checksum database
      not checked (GOSUMDB=off): example.com/a@v1.0.0, example.com/b@v1.0.0
      go.sum has every line that is needed
      imports not followed: the main module has no Go files
      proven by a second MVS: 4 selected versions; no cheaper plan among the releases listed (1 choice searched)

    To apply it
      gomod plan-downgrade a@v1.0.0 --write
    ");
    assert_eq!(world.read("main/go.mod"), MAIN);
}

#[test]
fn json_holds_the_same() {
    let world = World::new(PAIR);
    let run = world.gomod(&["plan-downgrade", "a@v1.0.0", "--format", "json"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(
        run.stdout.starts_with("{\n  \"schema_version\": 1,"),
        "{run:?}"
    );
    let json = run.json();
    assert_eq!(json["chosen"], "A");
    assert_eq!(json["written"], false);
    assert_eq!(json["targets"][0]["module"], "example.com/a");
    assert_eq!(json["targets"][0]["to"], "v1.0.0");
    assert!(
        json["go_mod"]
            .as_str()
            .unwrap()
            .contains("example.com/a v1.0.0")
    );
    assert_eq!(
        run.stdout,
        world
            .gomod(&["plan-downgrade", "a@v1.0.0", "--format", "json"])
            .stdout
    );
}

#[test]
fn the_command_on_the_page_applies_what_the_page_shows() {
    let world = World::new(PAIR);
    for (letter, more) in [("A", &[][..]), ("B", &["--choose", "b"])] {
        world.write("main/go.mod", MAIN);
        let args = [&["plan-downgrade", "a@v1.0.0", "--proxy", "../proxy"], more].concat();
        let page = world.gomod(&args).ok();
        assert!(page.contains(&format!("Plan {letter}, by")), "{page}");
        let json = world
            .gomod(&[&args[..], &["--format", "json"]].concat())
            .json();
        let command = page.lines().last().unwrap().trim().to_owned();
        let words: Vec<&str> = command.split(' ').skip(1).collect();
        let written = world.gomod(&words).ok();
        assert!(written.contains("written: go.mod"), "{written}");
        assert_eq!(world.read("main/go.mod"), json["go_mod"].as_str().unwrap());
    }
}

#[test]
fn queries_and_absence() {
    let world = World::new(PAIR);
    for (target, to) in [
        ("a@v1.0", "v1.0.0"),
        ("a@<v1.2.0", "v1.1.0"),
        ("a@<=v1.1.0", "v1.1.0"),
        ("a@>=v1.0.0", "v1.0.0"),
    ] {
        let json = world
            .gomod(&["plan-downgrade", target, "--format", "json"])
            .json();
        assert_eq!(json["targets"][0]["to"], to, "{target}");
    }
    let gone = world
        .gomod(&["plan-downgrade", "b@none", "--allow-drop", "--write"])
        .ok();
    assert!(gone.contains("example.com/b v1.2.0 → none"), "{gone}");
    assert_eq!(
        world.gomod(&["list"]).ok(),
        "example.com/main\nexample.com/a v1.2.0\n"
    );
}

#[test]
fn comments_stay_with_their_lines() {
    let main = "// The main module.\nmodule example.com/main\n\ngo 1.21\n\nrequire (\n\t// pinned\n\texample.com/b v1.2.0 // keep me\n\n\texample.com/a v1.2.0\n)\n";
    let world = World::with_main(PAIR, main);
    world
        .gomod(&[
            "plan-downgrade",
            "a@v1.0.0",
            "--strategy",
            "require",
            "--write",
        ])
        .ok();
    // In order, as `go get` leaves them: see `lines_stand_where_go_get_puts_them`.
    let written = "// The main module.\nmodule example.com/main\n\ngo 1.21\n\nrequire (\n\texample.com/a v1.0.0\n\t// pinned\n\texample.com/b v1.0.0 // keep me\n)\n";
    assert_eq!(world.read("main/go.mod"), written);
}

#[test]
fn zips_outside_the_log_are_fetched_for_their_hash_only_to_write() {
    let world = World::new(PAIR);
    world.write("main/go.sum", &world.sums(|name| name.ends_with("v1.2.0")));
    let args = ["plan-downgrade", "a@v1.0.0", "--strategy", "require"];
    let page = world.gomod(&args).ok();
    assert!(
        page.contains(
            "--write also fetches the zips of example.com/a@v1.0.0, example.com/b@v1.0.0"
        ),
        "{page}"
    );
    assert!(
        !world
            .path("cache/cache/download/example.com/a/@v/v1.0.0.zip")
            .exists()
    );
    let page = world.gomod(&[&args[..], &["--write"]].concat()).ok();
    assert!(page.contains("GOSUMDB=off"), "{page}");
    let mut expected: Vec<String> = world
        .sums(|name| !name.ends_with("v1.1.0"))
        .lines()
        .map(str::to_owned)
        .collect();
    expected.sort();
    let sums = world.read("main/go.sum");
    let mut found: Vec<&str> = sums.lines().collect();
    found.sort_unstable();
    assert_eq!(found, expected);
}

#[test]
fn a_zip_that_cannot_be_had_stops_the_write() {
    let world = World::new(PAIR);
    world.write("main/go.sum", &world.sums(|name| name.ends_with("v1.2.0")));
    std::fs::remove_file(world.path(&World::proxied("example.com/b", "v1.0.0", "zip"))).unwrap();
    let args = [
        "plan-downgrade",
        "a@v1.0.0",
        "--strategy",
        "require",
        "--write",
    ];
    world.refused(3, &args, &["example.com/b@v1.0.0", "zip"]);
}

#[test]
fn a_stale_vendor_directory_is_named() {
    let world = World::new(PAIR);
    world.write("main/vendor/modules.txt", "");
    let page = world.gomod(&["plan-downgrade", "a@v1.0.0"]).ok();
    assert!(
        page.contains("vendor/ will be stale: go mod vendor"),
        "{page}"
    );
}

#[test]
fn a_go_version_is_a_target() {
    let world = World::with_main("a@v1.0.0 go1.20:\na@v1.2.0 go1.21:\nb@v1.2.0 go1.18:", MAIN);
    let page = world.gomod(&["plan-downgrade", "go@1.20", "--write"]).ok();
    assert!(page.contains("go 1.21 → 1.20"), "{page}");
    let written = world.read("main/go.mod");
    assert!(
        written.contains("\ngo 1.20\n") && written.contains("example.com/a v1.0.0"),
        "{written}"
    );
    assert_eq!(world.gomod(&["list", "--go", "1.20"]).code, Some(0));
}

#[test]
fn a_version_without_info_is_not_written() {
    let world = World::new(PAIR);
    std::fs::remove_file(world.path(&World::proxied("example.com/b", "v1.0.0", "info"))).unwrap();
    world.gomod(&["plan-downgrade", "a@v1.0.0"]).ok();
    let args = ["plan-downgrade", "a@v1.0.0", "--write"];
    world.refused(3, &args, &["example.com/b@v1.0.0", ".info"]);
}

#[cfg(unix)]
#[test]
fn what_a_killed_run_left_staged_is_removed_by_the_next() {
    let staged = |world: &World| -> Vec<String> {
        let names = std::fs::read_dir(world.path("main")).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.ends_with(".tmp")).collect()
    };
    let world = World::new(PAIR);
    let sums = world.sums(|module| module.ends_with("v1.2.0"));
    let go_sum = world.path("main/go.sum");
    std::fs::remove_file(&go_sum).unwrap();
    // A go.sum that is read once, and at which the run waits for ever when it is about to replace it.
    let made = std::process::Command::new("mkfifo").arg(&go_sum).status();
    assert!(made.unwrap().success());
    let args = ["plan-downgrade", "a@v1.0.0", "--write"];
    let mut run = world.gomod_command(&args).spawn().unwrap();
    std::fs::write(&go_sum, &sums).unwrap();
    while staged(&world).is_empty() {
        assert!(run.try_wait().unwrap().is_none(), "it did not wait");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    // Another run writes meanwhile, and leaves the file of the running one alone.
    let lock = ["lock", "--modfile", "other.mod"];
    world.write("main/other.mod", MAIN);
    world.write("main/other.sum", &world.sums(|_| true));
    world.gomod(&lock).ok();
    assert_eq!(staged(&world).len(), 1);
    run.kill().unwrap();
    run.wait().unwrap();
    assert_eq!(staged(&world).len(), 1, "nothing was left");
    std::fs::remove_file(&go_sum).unwrap();
    world.write("main/go.sum", &sums);
    let page = world.gomod(&args).ok();
    assert!(page.contains("written: go.mod and go.sum"), "{page}");
    assert_eq!(staged(&world), [""; 0]);
}

#[test]
fn one_new_requirement_is_one() {
    let notation = "
        a@v1.0.0 go1.21: p@v1.0.0
        a@v1.1.0 go1.21:
        p@v1.0.0 go1.21:
    ";
    let main = "module example.com/main\n\ngo 1.21\n\nrequire example.com/a v1.1.0\n";
    let world = World::with_main(notation, main);
    let page = world.gomod(&["plan-downgrade", "a@v1.0.0"]).ok();
    assert!(
        page.contains("  1 new requirement keeps in the graph what"),
        "{page}"
    );
}

/// The only older `d` is a pseudo-version that no list has and only `b` names, which has to fall: nothing asks for it
/// in the end, but no other plan leads there.
#[test]
fn a_version_that_nothing_asks_for_is_better_than_no_plan() {
    let world = World::with_main(
        "
        b@v1.0.0 go1.21:
        b@v1.1.0 go1.21: d@v0.9.1-0.20200102030405-abcdefabcdef x@v1.3.0
        -d@v0.9.1-0.20200102030405-abcdefabcdef go1.21: x@v1.1.0
        d@v1.0.0 go1.21: x@v1.3.0
        x@v1.1.0 go1.21:
        x@v1.3.0 go1.21:
        ",
        "module example.com/main

go 1.21

require (
\texample.com/b v1.1.0
\texample.com/d v1.0.0
)
",
    )
    .with_go();
    let args = ["plan-downgrade", "x@v1.1.0", "--strategy", "require"];
    world.gomod(&[&args[..], &["--write"]].concat()).ok();
    let list = world.gomod(&["list"]).ok();
    assert_eq!(
        list,
        "example.com/main
example.com/b v1.0.0
example.com/d v0.9.1-0.20200102030405-abcdefabcdef
example.com/x v1.1.0
"
    );
    if has_go("a_version_that_nothing_asks_for_is_better_than_no_plan") {
        let go = world.go_in("main", &["list", "-m", "all"]);
        assert_eq!((go.code, go.stdout), (Some(0), list), "{}", go.stderr);
    }
}
