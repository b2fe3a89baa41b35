//! `gomod tree`: the selected modules from the main module down, and from one module up.

use insta::assert_snapshot;
use serde_json::json;

use crate::support::{MAIN, PAIR, World};

/// `c` asks for an older `a`; `old` brings `extra` in at a version that is not selected.
const WORLD: &str = "
    a@v1.0.0 go1.21:
    a@v1.2.0 go1.21: d@v1.0.0
    b@v1.2.0 go1.21: a@v1.0.0 c@v1.0.0
    c@v1.0.0 go1.16: a@v1.0.0 d@v1.0.0
    d@v1.0.0 go1.21: c@v1.0.0
";

const FOUR: &str = "module example.com/main

go 1.21

require (
\texample.com/b v1.2.0
\texample.com/c v1.0.0 // indirect
\texample.com/d v1.0.0 // indirect
\texample.com/a v1.2.0 // indirect
)
";

#[test]
fn from_the_main_module_down() {
    let world = World::with_main(WORLD, FOUR);
    assert_snapshot!(world.gomod(&["tree"]).ok(), @r"
    example.com/main
    ├── example.com/b v1.2.0
    │   ├── example.com/a v1.2.0 (asks v1.0.0)
    │   │   └── example.com/d v1.0.0
    │   │       └── example.com/c v1.0.0
    │   │           ├── example.com/a v1.2.0 (asks v1.0.0) (*)
    │   │           └── example.com/d v1.0.0 (*)
    │   └── example.com/c v1.0.0 (*)
    ├── example.com/a v1.2.0 (indirect) (*)
    ├── example.com/c v1.0.0 (indirect) (*)
    └── example.com/d v1.0.0 (indirect) (*)
    ");
    assert_snapshot!(world.gomod(&["tree", "--depth", "1"]).ok(), @r"
    example.com/main
    ├── example.com/b v1.2.0
    ├── example.com/a v1.2.0 (indirect)
    ├── example.com/c v1.0.0 (indirect)
    └── example.com/d v1.0.0 (indirect)
    ");
    assert_eq!(
        world.gomod(&["tree", "--depth", "0"]).ok(),
        "example.com/main\n"
    );
}

#[test]
fn a_subtree_that_was_cut_off_is_drawn_where_there_is_room() {
    let world = World::with_main(WORLD, FOUR);
    assert_snapshot!(world.gomod(&["tree", "--depth", "2"]).ok(), @r"
    example.com/main
    ├── example.com/b v1.2.0
    │   ├── example.com/a v1.2.0 (asks v1.0.0)
    │   └── example.com/c v1.0.0
    ├── example.com/a v1.2.0 (indirect)
    │   └── example.com/d v1.0.0
    ├── example.com/c v1.0.0 (indirect)
    │   ├── example.com/a v1.2.0 (asks v1.0.0) (*)
    │   └── example.com/d v1.0.0
    └── example.com/d v1.0.0 (indirect)
        └── example.com/c v1.0.0 (*)
    ");
}

#[test]
fn from_one_module_up() {
    let world = World::with_main(WORLD, FOUR);
    assert_snapshot!(world.gomod(&["tree", "-i", "a"]).ok(), @r"
    example.com/a v1.2.0
    ├── example.com/b v1.2.0 (asks v1.0.0)
    │   └── example.com/main
    ├── example.com/c v1.0.0 (asks v1.0.0)
    │   ├── example.com/b v1.2.0 (*)
    │   ├── example.com/d v1.0.0
    │   │   ├── example.com/a v1.2.0 (*)
    │   │   ├── example.com/c v1.0.0 (*)
    │   │   └── example.com/main (indirect)
    │   └── example.com/main (indirect)
    └── example.com/main (indirect)
    ");
    assert_eq!(
        world.gomod(&["tree", "--invert", "example.com/a"]).ok(),
        world.gomod(&["tree", "-i", "a"]).ok()
    );
    assert_snapshot!(world.gomod(&["tree", "-i", "b", "--depth", "1"]).ok(), @r"
    example.com/b v1.2.0
    └── example.com/main
    ");
}

#[test]
fn replacements_and_requirements_that_are_behind() {
    let main = MAIN.replace("a v1.2.0", "a v1.0.0");
    let main = format!("{main}\nreplace example.com/b => ./local\n");
    let world = World::with_main(PAIR, &main);
    world.write(
        "main/local/go.mod",
        "module example.com/b\n\nrequire example.com/a v1.1.0\n",
    );
    assert_snapshot!(world.gomod(&["tree"]).ok(), @r"
    example.com/main
    ├── example.com/a v1.1.0 (asks v1.0.0)
    └── example.com/b v1.2.0 => ./local
        └── example.com/a v1.1.0
    ");
}

#[test]
fn what_only_passed_over_versions_bring_is_named() {
    let world = World::with_main(
        "
        a@v1.0.0 go1.16: extra@v1.0.0
        a@v1.2.0 go1.16:
        b@v1.2.0 go1.16: a@v1.0.0
        extra@v1.0.0 go1.16:
        ",
        MAIN,
    );
    assert_eq!(
        world.gomod(&["list"]).ok(),
        "example.com/main\nexample.com/a v1.2.0\nexample.com/b v1.2.0\nexample.com/extra v1.0.0\n"
    );
    assert_snapshot!(world.gomod(&["tree"]).ok(), @r"
    example.com/main
    ├── example.com/a v1.2.0
    └── example.com/b v1.2.0
        └── example.com/a v1.2.0 (asks v1.0.0)

    Held in the build list only by versions that are not selected
      example.com/extra v1.0.0
    gomod why MOD says by which
    ");
    assert_snapshot!(world.gomod(&["tree", "-i", "extra"]).ok(), @r"
    example.com/extra v1.0.0

    Held in the build list only by versions that are not selected
      example.com/extra v1.0.0
    gomod why MOD says by which
    ");
    let json = world.gomod(&["tree", "--format", "json"]).json();
    assert_eq!(json["unreached"][0]["path"], "example.com/extra");
}

#[test]
fn a_workspace_has_a_tree_for_each_module() {
    let world = World::new(PAIR);
    let proxied = World::proxied("example.com/main", "v1.0.0", "mod");
    world.write(&proxied, "module example.com/main\n");
    world.write("main/go.work", "go 1.21\n\nuse (\n\t.\n\t./two\n)\n");
    world.write(
        "main/two/go.mod",
        "module example.com/two\n\ngo 1.21\n\nrequire (\n\texample.com/b v1.1.0\n\texample.com/main v1.0.0\n)\n",
    );
    assert_snapshot!(world.gomod(&["tree"]).ok(), @r"
    example.com/main
    ├── example.com/a v1.2.0
    └── example.com/b v1.2.0
        └── example.com/a v1.2.0

    example.com/two
    ├── example.com/main (asks v1.0.0) (*)
    └── example.com/b v1.2.0 (asks v1.1.0) (*)
    ");
    assert_snapshot!(world.gomod(&["tree", "-i", "main"]).ok(), @r"
    example.com/main
    └── example.com/two (asks v1.0.0)
    ");
}

#[test]
fn json_names_each_module_once() {
    let world = World::with_main(WORLD, FOUR);
    let run = world.gomod(&["tree", "--format", "json"]);
    let document = run.json();
    let nodes = document["modules"].as_array().unwrap();
    let paths: Vec<&str> = nodes.iter().map(|n| n["path"].as_str().unwrap()).collect();
    assert_eq!(
        paths,
        ["main", "b", "a", "d", "c"].map(|name| format!("example.com/{name}"))
    );
    assert_eq!(
        nodes[1]["requires"],
        json!([
            {"path": "example.com/a", "asks": "v1.0.0", "indirect": false},
            {"path": "example.com/c", "asks": "v1.0.0", "indirect": false}
        ])
    );
    let up = world.gomod(&["tree", "-i", "b", "--format", "json"]).json();
    assert_eq!(up["roots"], json!(["example.com/b"]));
    assert_eq!(
        up["modules"][0]["required_by"][0]["path"],
        "example.com/main"
    );
    assert_eq!(
        run.stdout,
        world.gomod(&["tree", "--format", "json"]).stdout
    );
}

#[test]
fn names_that_do_not_fit() {
    let world = World::new(PAIR);
    world.refused(2, &["tree", "-i", "nothing"], &["nothing", "gomod list"]);
    world.refused(2, &["tree", "-i", "go"], &["gomod why go"]);
    let help = world.gomod(&["tree", "--help"]).ok();
    assert!(help.contains("gomod tree -i golang.org/x/net"), "{help}");
}

/// A line of 120 modules in which each requires the next 14.
#[test]
fn a_deep_and_wide_world_is_drawn_in_one_go() {
    let name = |at: usize| format!("m{at:03}@v1.0.0");
    let mut notation = String::new();
    let mut main =
        "module example.com/main\n\ngo 1.16\n\nrequire example.com/m000 v1.0.0\n".to_owned();
    main.push('\n');
    for at in 0..120 {
        let below: Vec<String> = (at + 1..120.min(at + 15)).map(name).collect();
        notation.push_str(&format!("{} go1.16: {}\n", name(at), below.join(" ")));
    }
    let world = World::with_main(&notation, &main);
    let out = world.gomod(&["tree"]).ok();
    // Each requirement is one line, however many ways lead to it.
    assert_eq!(
        out.lines().count(),
        1 + 1 + (0..120).map(|at| 14.min(119 - at)).sum::<usize>()
    );
}
