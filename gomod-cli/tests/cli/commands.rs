//! The commands' output, in each of its formats, and the flags that all commands take.

use insta::assert_snapshot;

use crate::support::{MAIN, PAIR, World};

#[test]
fn list() {
    let world = World::with_main(
        PAIR,
        &format!("{MAIN}\nreplace example.com/a => example.com/a v1.1.0\n"),
    );
    assert_snapshot!(world.gomod(&["list"]).ok(), @r"
    example.com/main
    example.com/a v1.2.0 => example.com/a v1.1.0
    example.com/b v1.2.0
    ");
    assert_snapshot!(world.gomod(&["list", "--format", "json"]).ok(), @r#"
    {
      "schema_version": 1,
      "modules": [
        {
          "path": "example.com/main",
          "main": true,
          "direct": false
        },
        {
          "path": "example.com/a",
          "version": "v1.2.0",
          "main": false,
          "direct": true,
          "replace": {
            "path": "example.com/a",
            "version": "v1.1.0"
          }
        },
        {
          "path": "example.com/b",
          "version": "v1.2.0",
          "main": false,
          "direct": true
        }
      ]
    }
    "#);
}

#[test]
fn graph() {
    let world = World::new(PAIR);
    assert_snapshot!(world.gomod(&["graph"]).ok(), @r"
    example.com/main example.com/a@v1.2.0
    example.com/main example.com/b@v1.2.0
    example.com/main go@1.21
    example.com/a@v1.2.0 go@1.21
    example.com/b@v1.2.0 example.com/a@v1.2.0
    example.com/b@v1.2.0 go@1.21
    go@1.21 toolchain@go1.21
    ");
    assert_snapshot!(world.gomod(&["graph", "--format", "dot"]).ok(), @r#"
    digraph modules {
    	rankdir=LR;
    	node [shape=box];
    	"example.com/main" -> "example.com/a@v1.2.0";
    	"example.com/main" -> "example.com/b@v1.2.0";
    	"example.com/main" -> "go@1.21";
    	"example.com/a@v1.2.0" -> "go@1.21";
    	"example.com/b@v1.2.0" -> "example.com/a@v1.2.0";
    	"example.com/b@v1.2.0" -> "go@1.21";
    	"go@1.21" -> "toolchain@go1.21";
    }
    "#);
    assert_snapshot!(world.gomod(&["graph", "--format", "mermaid"]).ok(), @r#"
    flowchart LR
      n0["example.com/main"]
      n1["example.com/a@v1.2.0"]
      n2["example.com/b@v1.2.0"]
      n3["go@1.21"]
      n4["toolchain@go1.21"]
      n0 --> n1
      n0 --> n2
      n0 --> n3
      n1 --> n3
      n2 --> n1
      n2 --> n3
      n3 --> n4
    "#);
    let run = world.gomod(&["graph", "--format", "json"]);
    assert!(
        run.stdout.starts_with("{\n  \"schema_version\": 1,"),
        "{run:?}"
    );
    assert_eq!(run.json()["edges"].as_array().unwrap().len(), 7);
}

#[test]
fn lock_and_drift_go_round() {
    let world = World::new(PAIR);
    assert_eq!(world.gomod(&["lock"]).ok(), "gomod.lock: 2 modules\n");
    let lock = world.read("main/gomod.lock");
    assert_eq!(world.gomod(&["lock"]).ok(), "gomod.lock: 2 modules\n");
    assert_eq!(world.read("main/gomod.lock"), lock);
    assert_eq!(
        world.gomod(&["drift"]).ok(),
        "no drift: 2 modules as in gomod.lock\n"
    );
    world
        .gomod(&[
            "plan-downgrade",
            "a@v1.0.0",
            "--strategy",
            "require",
            "--write",
        ])
        .ok();
    let down = world.gomod(&["drift"]);
    assert_eq!((down.code, down.stderr.as_str()), (Some(1), ""));
    assert_snapshot!(down.stdout, @r"
    drift from gomod.lock: 2 differences
      ~ example.com/b v1.2.0 → v1.0.0  module-lowered
          go.mod requires it
      ~ example.com/a v1.2.0 → v1.0.0  module-lowered
          required by example.com/main → example.com/b@v1.0.0 → example.com/a@v1.0.0

    To put back what was lowered or left
      go get example.com/b@v1.2.0

    To agree to it
      gomod lock
    ");
    world.gomod(&["lock"]).ok();
    world.write("main/go.mod", MAIN);
    let up = world.gomod(&["drift"]);
    assert_eq!((up.code, up.stderr.as_str()), (Some(1), ""));
    assert_snapshot!(up.stdout, @r"
    drift from gomod.lock: 2 differences
      ~ example.com/b v1.0.0 → v1.2.0  module-raised
          go.mod requires it
      ~ example.com/a v1.0.0 → v1.2.0  module-raised
          required by example.com/main → example.com/b@v1.2.0 → example.com/a@v1.2.0

    To undo what was raised or came
      gomod plan-downgrade example.com/b@v1.0.0 example.com/a@v1.0.0
      tried: nothing of gomod.lock has moved then

    To agree to it
      gomod lock
    ");
    let json = world.gomod(&["drift", "--format", "json"]);
    assert_eq!(json.code, Some(1));
    assert_eq!(json.json()["findings"].as_array().unwrap().len(), 2);
    assert!(
        json.stdout.starts_with("{\n  \"schema_version\": 1,"),
        "{json:?}"
    );
    let targets: Vec<String> = json.json()["undo"]["targets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|target| target.as_str().unwrap().to_owned())
        .collect();
    let mut args = vec!["plan-downgrade", "--write"];
    args.extend(targets.iter().map(String::as_str));
    world.gomod(&args).ok();
    assert_eq!(
        world.gomod(&["drift"]).ok(),
        "no drift: 2 modules as in gomod.lock\n"
    );
    assert_eq!(
        world.gomod(&["lock", "--file", "other.lock"]).ok(),
        "other.lock: 2 modules\n"
    );
    assert_eq!(
        world.gomod(&["drift", "--file", "other.lock"]).code,
        Some(0)
    );
}

#[test]
fn a_module_that_came_is_drift() {
    let world = World::with_main(PAIR, &MAIN.replace("\texample.com/b v1.2.0\n", ""));
    world.gomod(&["lock"]).ok();
    world.write("main/go.mod", MAIN);
    let run = world.gomod(&["drift"]);
    assert_eq!(run.code, Some(1));
    assert!(run.stdout.contains("+ example.com/b v1.2.0"), "{run:?}");
    assert!(
        run.stdout
            .contains("gomod plan-downgrade example.com/b@none"),
        "{run:?}"
    );
}

#[test]
fn directories_and_other_files() {
    let world = World::new(PAIR);
    let list = world.gomod(&["list"]).ok();
    assert_eq!(
        world.gomod_in("home", &["-C", "../main", "list"]).ok(),
        list
    );
    assert_eq!(
        world
            .gomod_in("home", &["list", "-C", "../main", "--proxy", "../proxy"])
            .ok(),
        list
    );
    world.write("main/below/deeper/x.txt", "");
    assert_eq!(world.gomod_in("main/below/deeper", &["list"]).ok(), list);
    world.write("main/old.mod", &MAIN.replace("v1.2.0", "v1.1.0"));
    world.write("main/old.sum", &world.sums(|_| true));
    let old = "example.com/main\nexample.com/a v1.1.0\nexample.com/b v1.1.0\n";
    assert_eq!(world.gomod(&["list", "--modfile", "old.mod"]).ok(), old);
    let page = world
        .gomod(&[
            "plan-downgrade",
            "a@v1.0.0",
            "--modfile",
            "old.mod",
            "--strategy",
            "require",
            "--write",
        ])
        .ok();
    assert!(page.contains("written: old.mod"), "{page}");
    assert_eq!(world.read("main/go.mod"), MAIN);
    assert!(world.read("main/old.mod").contains("example.com/a v1.0.0"));
}

#[test]
fn a_modfile_elsewhere_leaves_the_root_where_it_is() {
    let world = World::new(PAIR);
    let text =
        "module example.com/main\n\ngo 1.21\n\nrequire x.y/z v1.0.0\n\nreplace x.y/z => ./z\n";
    world.write("main/sub/x.mod", text);
    world.write("main/z/go.mod", "module x.y/z\n\ngo 1.21\n");
    let list = world.gomod(&["list", "--modfile", "sub/x.mod"]).ok();
    assert_eq!(list, "example.com/main\nx.y/z v1.0.0 => ./z\n");
}

#[test]
fn colours_are_for_those_who_want_them() {
    let mut world = World::new(PAIR);
    let plain = world.gomod(&["why", "a"]).ok();
    assert!(!plain.contains('\x1b'));
    let coloured = world.gomod(&["why", "a", "--color", "always"]).ok();
    assert!(coloured.contains("\x1b[1m"), "{coloured:?}");
    let error = world.gomod(&["why", "nothing", "--color", "always"]).stderr;
    assert!(
        error.contains("\x1b[") && error.contains("nothing"),
        "{error:?}"
    );
    world.set("NO_COLOR", "1");
    assert_eq!(world.gomod(&["why", "a"]).ok(), plain);
    world.unset("NO_COLOR");
    world.set("CLICOLOR_FORCE", "1");
    assert!(world.gomod(&["why", "a"]).ok().contains("\x1b[1m"));
    assert_eq!(world.gomod(&["why", "a", "--color", "never"]).ok(), plain);
    let json = world.gomod(&[
        "plan-downgrade",
        "a@v1.0.0",
        "--format",
        "json",
        "--color",
        "always",
    ]);
    assert!(
        !json.stdout.contains("\\u001b") && !json.stdout.contains('\x1b'),
        "{json:?}"
    );
}

#[test]
fn a_reader_that_went_away_is_no_error() {
    let world = World::new(PAIR);
    for args in [&["list"][..], &["plan-downgrade", "a@v1.0.0"], &["--help"]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = world.gomod_command(args).stdout(writer).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{args:?}");
        assert_eq!(output.status.code(), Some(0), "{args:?}");
    }
}

#[test]
fn help_and_version() {
    let world = World::new(PAIR);
    let help = world.gomod(&["--help"]).ok();
    assert!(
        help.contains("plan-downgrade") && help.contains("Exit codes"),
        "{help}"
    );
    assert_eq!(
        world.gomod(&["--version"]).ok(),
        format!("gomod {}\n", env!("CARGO_PKG_VERSION"))
    );
}
