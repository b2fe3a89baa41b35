//! `gomod why`: who holds a version up, and what would win without them, also by the `go` command's word.

use insta::assert_snapshot;

use crate::support::{MAIN, PAIR, World, has_go};

/// `c` asks for an older `a`.
const THREE: &str = "
    a@v1.0.0 go1.21:
    a@v1.1.0 go1.21:
    a@v1.2.0 go1.21:
    b@v1.2.0 go1.21: a@v1.2.0
    c@v1.0.0 go1.20: a@v1.1.0
    d@v1.0.0 go1.16: c@v1.0.0
";

/// [`MAIN`] with `d`, behind which everything is loaded.
fn main_with_d() -> String {
    MAIN.replace(")\n", "\texample.com/d v1.0.0\n)\n")
}

#[test]
fn floors_their_lines_and_what_would_win() {
    let world = World::with_main(THREE, &main_with_d());
    assert_snapshot!(world.gomod(&["why", "a"]).ok(), @r"
    example.com/a v1.2.0
      held up by 2 requirements:
        example.com/main → example.com/a@v1.2.0  (go.mod:6)
        example.com/main → example.com/b@v1.2.0 → example.com/a@v1.2.0
      without them, v1.1.0 would be selected, for which then 1 requirement asks:
        example.com/main → example.com/d@v1.0.0 → example.com/c@v1.0.0 → example.com/a@v1.1.0
    gomod plan-downgrade a@VERSION says what must change
    ");
    assert_snapshot!(world.gomod(&["why", "a", "--format", "json"]).ok(), @r#"
    {
      "schema_version": 1,
      "module": "example.com/a",
      "selected": "v1.2.0",
      "floors": [
        {
          "requires": "example.com/a@v1.2.0",
          "path": [
            "example.com/main"
          ],
          "at": "go.mod:6"
        },
        {
          "requires": "example.com/a@v1.2.0",
          "path": [
            "example.com/main",
            "example.com/b@v1.2.0"
          ],
          "at": null
        }
      ],
      "otherwise": "v1.1.0",
      "otherwise_floors": [
        {
          "requires": "example.com/a@v1.1.0",
          "path": [
            "example.com/main",
            "example.com/d@v1.0.0",
            "example.com/c@v1.0.0"
          ],
          "at": null
        }
      ],
      "unknown": null,
      "notes": []
    }
    "#);
    assert_snapshot!(world.gomod(&["why", "b"]).ok(), @r"
    example.com/b v1.2.0
      held up by 1 requirement:
        example.com/main → example.com/b@v1.2.0  (go.mod:7)
      without it, it would not be in the build list
    ");
    assert_snapshot!(world.gomod(&["why", "c"]).ok(), @r"
    example.com/c v1.0.0
      held up by 1 requirement:
        example.com/main → example.com/d@v1.0.0 → example.com/c@v1.0.0
      without it, it would not be in the build list
    gomod plan-downgrade c@VERSION says what must change
    ");
    assert_snapshot!(world.gomod(&["why", "main"]).ok(), @r"
    example.com/main
      is a main module: nothing requires it
    ");
}

#[test]
fn the_go_line_and_the_toolchain_line() {
    let main = MAIN.replace("go 1.21\n", "go 1.22.1\n\ntoolchain go1.23.0\n");
    let world = World::with_main("a@v1.2.0 go1.22.1:\nb@v1.2.0 go1.21.3:", &main);
    assert_snapshot!(world.gomod(&["why", "go"]).ok(), @r"
    go 1.22.1
      held up by 2 requirements:
        example.com/main → go@1.22.1  (go.mod:3)
        example.com/main → example.com/a@v1.2.0 → go@1.22.1
      without them, 1.21.3 would be selected, for which then 1 requirement asks:
        example.com/main → example.com/b@v1.2.0 → go@1.21.3
    gomod plan-downgrade go@VERSION says what must change
    ");
    assert_snapshot!(world.gomod(&["why", "toolchain"]).ok(), @r"
    toolchain go1.23.0
      held up by 1 requirement:
        example.com/main → toolchain@go1.23.0  (go.mod:5)
      without it, go1.22.1 would be selected, for which then 1 requirement asks:
        example.com/main → go@1.22.1 → toolchain@go1.22.1
    ");
    let main = MAIN.replace("go 1.21\n", "go 1.22.1\n");
    let world = World::with_main("a@v1.2.0 go1.20:\nb@v1.2.0 go1.18:", &main);
    assert_snapshot!(world.gomod(&["why", "go"]).ok(), @r"
    go 1.22.1
      held up by 1 requirement:
        example.com/main → go@1.22.1  (go.mod:3)
      without it, no other requirement names one
      note: below 1.21 a go line is no requirement; the highest such line is go 1.20, of example.com/a@v1.2.0
    ");
    assert_snapshot!(world.gomod(&["why", "toolchain"]).ok(), @r"
    toolchain go1.22.1
      held up by 1 requirement:
        example.com/main → go@1.22.1 → toolchain@go1.22.1
      without it, no other requirement names one
    gomod plan-downgrade go@VERSION says what must change
    ");
    let world = World::with_main("a@v1.2.0:\nb@v1.2.0:", &MAIN.replace("go 1.21\n", ""));
    assert_snapshot!(world.gomod(&["why", "go"]).ok(), @r"
    go 1.16
      held up by 1 requirement:
        example.com/main → go@1.16
      without it, no other requirement names one
    ");
}

#[test]
fn a_go_mod_that_is_behind() {
    let world = World::with_main(PAIR, &MAIN.replace("a v1.2.0", "a v1.0.0"));
    assert_snapshot!(world.gomod(&["why", "a"]).ok(), @r"
    example.com/a v1.2.0
      held up by 1 requirement:
        example.com/main → example.com/b@v1.2.0 → example.com/a@v1.2.0
      without it, v1.0.0 would be selected, for which then 1 requirement asks:
        example.com/main → example.com/a@v1.0.0  (go.mod:6)
      note: go.mod is not up to date, and this is the graph after an update, as `go mod graph` shows it
    gomod plan-downgrade a@VERSION says what must change
    ");
}

#[test]
fn a_counterfactual_that_cannot_be_read() {
    // Without two's line y would fall to v1.2.0, which nothing reads today.
    let world = World::with_main(
        "
        x@v1.0.0 go1.21:
        x@v1.2.0 go1.21: y@v1.1.0
        y@v1.1.0 go1.21:
        y@v1.2.0 go1.21:
        y@v1.3.0 go1.21:
        z@v1.0.0 go1.21: y@v1.2.0
        ",
        "module example.com/main\n\ngo 1.21\n\nrequire example.com/x v1.0.0\nrequire example.com/z v1.0.0\n",
    );
    world.write("main/go.work", "go 1.21\n\nuse (\n\t.\n\t./two\n)\n");
    world.write(
        "main/two/go.mod",
        "module example.com/two\n\ngo 1.21\n\nrequire example.com/x v1.2.0\nrequire example.com/y v1.3.0\n",
    );
    let known = world.gomod(&["why", "y", "--format", "json"]).json();
    assert_eq!(known["otherwise"], "v1.2.0");
    std::fs::remove_dir_all(world.path("cache")).unwrap();
    std::fs::remove_file(world.path(&World::proxied("example.com/y", "v1.2.0", "mod"))).unwrap();
    let page = world.gomod(&["why", "y"]).ok();
    assert!(page.contains("held up by 1 requirement"), "{page}");
    assert!(
        page.contains("without it: not known, since a go.mod cannot be had: example.com/y@v1.2.0"),
        "{page}"
    );
    let json = world.gomod(&["why", "y", "--format", "json"]).json();
    assert!(
        json["unknown"].is_string() && json["otherwise"].is_null(),
        "{json}"
    );
}

#[test]
fn lines_of_a_workspace() {
    let world = World::with_main(THREE, MAIN);
    world.write("main/go.work", "go 1.22\n\nuse (\n\t.\n\t./two\n)\n");
    world.write(
        "main/two/go.mod",
        "module example.com/two\n\ngo 1.21\n\nrequire example.com/d v1.0.0\n\nrequire example.com/a v1.2.0 // indirect\n",
    );
    assert_snapshot!(world.gomod(&["why", "a"]).ok(), @r"
    example.com/a v1.2.0
      held up by 3 requirements:
        example.com/main → example.com/a@v1.2.0  (./go.mod:6)
        example.com/two → example.com/a@v1.2.0  (./two/go.mod:7)
        example.com/main → example.com/b@v1.2.0 → example.com/a@v1.2.0
      without them, v1.1.0 would be selected, for which then 1 requirement asks:
        example.com/two → example.com/d@v1.0.0 → example.com/c@v1.0.0 → example.com/a@v1.1.0
    gomod plan-downgrade a@VERSION says what must change
    ");
    assert_snapshot!(world.gomod(&["why", "go"]).ok(), @r"
    go 1.22
      held up by 1 requirement:
        go@1.22  (go.work:1)
      without it, 1.21 would be selected, for which then 5 requirements ask:
        example.com/main → go@1.21  (./go.mod:3)
        example.com/two → go@1.21  (./two/go.mod:3)
        example.com/main → example.com/a@v1.2.0 → go@1.21
        example.com/main → example.com/b@v1.2.0 → go@1.21
        example.com/two → example.com/d@v1.0.0 → example.com/c@v1.0.0 → example.com/a@v1.1.0 → go@1.21
      note: below 1.21 a go line is no requirement; the highest such line is go 1.20, of example.com/c@v1.0.0
    ");
}

/// With the selected version excluded, the `go` command selects what `why` said.
#[test]
fn the_counterfactual_beside_go() {
    if !has_go("the_counterfactual_beside_go") {
        return;
    }
    for go in ["1.21", "1.16"] {
        let main = main_with_d().replace("go 1.21", &format!("go {go}"));
        let notation = THREE
            .replace("go1.21", "go1.16")
            .replace("go1.20", "go1.16");
        let world = World::with_main(&notation, &main).with_go();
        for (module, version, expected) in [
            ("a", "v1.2.0", Some("v1.1.0")),
            ("b", "v1.2.0", None),
            ("c", "v1.0.0", None),
            ("d", "v1.0.0", None),
        ] {
            let said = world.gomod(&["why", module, "--format", "json"]).json();
            assert_eq!(said["selected"], version, "{module}");
            assert_eq!(said["otherwise"].as_str(), expected, "{module}: {said}");
            let exclude = format!("{main}\nexclude example.com/{module} {version}\n");
            world.write("copy/go.mod", &exclude);
            world.write("copy/go.sum", &world.sums(|_| true));
            let list = world.go_in("copy", &["list", "-mod=mod", "-m", "all"]);
            assert_eq!(list.code, Some(0), "{list:?}");
            let prefix = format!("example.com/{module} ");
            let found = list
                .stdout
                .lines()
                .find_map(|line| line.strip_prefix(&prefix));
            assert_eq!(found, expected, "{module}: {list:?}");
        }
    }
}
