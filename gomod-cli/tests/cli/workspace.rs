//! Plans over the members of a workspace: each edit in its file, and the `go` command agrees with the result.

use crate::support::{PAIR, World, has_go, tree};

/// A workspace of members with these requirements, each with Go files that import what it requires directly.
pub(super) fn workspace(notation: &str, go: &str, members: &[(&str, &str)], more: &str) -> World {
    let world = World::new(notation).with_go();
    for file in ["main/go.mod", "main/go.sum"] {
        std::fs::remove_file(world.path(file)).unwrap();
    }
    let mut work = format!("go {go}\n");
    for (name, text) in members {
        work.push_str(&format!("\nuse ./{name}\n"));
        let go_mod = format!("module example.com/{name}\n\n{text}");
        world.write(&format!("main/{name}/go.mod"), &go_mod);
        world.write(&format!("main/{name}/go.sum"), &world.sums(|_| true));
        let imports: String = text
            .lines()
            .filter_map(|line| line.strip_prefix("require "))
            .filter(|line| !line.contains("// indirect"))
            .filter_map(|line| line.split(' ').next())
            .filter(|path| *path != "(")
            .map(|path| format!("import _ \"{path}\"\n"))
            .collect();
        world.write(
            &format!("main/{name}/p.go"),
            &format!("package {name}\n{imports}"),
        );
    }
    world.write("main/go.work", &format!("{work}{more}"));
    world
}

/// `one` asks for the newest of [`PAIR`], `two` for an older `a`.
pub(super) fn pair() -> World {
    workspace(
        PAIR,
        "1.21",
        &[
            (
                "one",
                "go 1.21\n\nrequire example.com/a v1.2.0\nrequire example.com/b v1.2.0\n",
            ),
            ("two", "go 1.21\n\nrequire example.com/a v1.1.0\n"),
        ],
        "",
    )
}

/// What was written is what the go command then selects and builds, with all files as they are.
#[track_caller]
pub(super) fn confirm(world: &World, members: &[&str], selected: &[&str]) {
    let list = world.gomod(&["list"]).ok();
    for line in selected {
        assert!(list.lines().any(|known| known == *line), "{line}: {list}");
    }
    if !has_go("workspace plans") {
        return;
    }
    let before = tree(&world.path("main"));
    let go = world.go_in("main", &["list", "-m", "all"]);
    assert_eq!(
        (go.code, go.stdout.as_str()),
        (Some(0), list.as_str()),
        "{go:?}"
    );
    for member in members {
        for args in [&["list", "-deps", "./..."], &["build", "./..."] as &[&str]] {
            let go = world.go_in(&format!("main/{member}"), args);
            assert_eq!(go.code, Some(0), "{member}: {go:?}");
        }
    }
    assert!(before == tree(&world.path("main")), "go changed files");
}

/// Each member lists where it stands alone.
#[track_caller]
pub(super) fn confirm_alone(mut world: World, members: &[&str]) {
    if !has_go("workspace plans alone") {
        return;
    }
    world.set("GOWORK", "off");
    for member in members {
        let dir = format!("main/{member}");
        for args in [
            &["list", "-m", "all"],
            &["list", "-deps", "./..."] as &[&str],
        ] {
            let go = world.go_in(&dir, args);
            assert_eq!(go.code, Some(0), "{member}: {go:?}");
        }
    }
}

#[test]
fn each_edit_stands_in_its_file() {
    let world = pair();
    let page = world.gomod(&["plan-downgrade", "a@v1.0.0"]).ok();
    for text in [
        "--- one/go.mod\n+++ one/go.mod (planned)\n",
        "--- two/go.mod\n+++ two/go.mod (planned)\n",
        "  one/go.mod:\n  require example.com/a v1.2.0 → v1.0.0  asked for\n",
        "  two/go.mod:\n  require example.com/a v1.1.0 → v1.0.0  asked for\n",
    ] {
        assert!(page.contains(text), "{text}: {page}");
    }
    let document = world
        .gomod(&["plan-downgrade", "a@v1.0.0", "--format", "json"])
        .json();
    let edits = document["plans"][0]["edits"].as_array().unwrap();
    let files: Vec<_> = edits
        .iter()
        .map(|edit| {
            (
                edit["file"].as_str().unwrap(),
                edit["go_mod_edit"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        files,
        [
            ("one/go.mod", "-require=example.com/a@v1.0.0"),
            ("one/go.mod", "-require=example.com/b@v1.0.0"),
            ("two/go.mod", "-require=example.com/a@v1.0.0"),
        ]
    );
    let page = world.gomod(&["plan-downgrade", "a@v1.0.0", "--write"]).ok();
    assert!(page.contains("written: one/go.mod, two/go.mod\n"), "{page}");
    confirm(
        &world,
        &["one", "two"],
        &["example.com/a v1.0.0", "example.com/b v1.0.0"],
    );
    confirm_alone(world, &["one", "two"]);
}

#[test]
fn a_member_below_the_target_stays_as_it_is() {
    let world = pair();
    let before = world.read("main/two/go.mod");
    let page = world.gomod(&["plan-downgrade", "a@v1.1.0", "--write"]).ok();
    assert!(page.contains("written: one/go.mod\n"), "{page}");
    assert_eq!(world.read("main/two/go.mod"), before);
    confirm(&world, &["one", "two"], &["example.com/a v1.1.0"]);
}

#[test]
fn excludes_go_into_members_and_replaces_into_go_work() {
    let world = pair();
    let args = [
        "plan-downgrade",
        "a@v1.0.0",
        "--strategy",
        "exclude",
        "--write",
    ];
    world.gomod(&args).ok();
    assert!(
        world
            .read("main/one/go.mod")
            .contains("exclude example.com/a v1.2.0\n")
    );
    assert!(!world.read("main/go.work").contains("exclude"));
    confirm(
        &world,
        &["one", "two"],
        &["example.com/a v1.0.0", "example.com/b v1.2.0"],
    );
    confirm_alone(world, &["one", "two"]);

    let world = pair();
    let members = (world.read("main/one/go.mod"), world.read("main/two/go.mod"));
    let args = [
        "plan-downgrade",
        "a@v1.0.0",
        "--strategy",
        "replace",
        "--write",
    ];
    let page = world.gomod(&args).ok();
    assert!(
        page.contains("  go.work:\n  replace example.com/a => example.com/a v1.0.0"),
        "{page}"
    );
    assert!(
        world
            .read("main/go.work")
            .contains("\nreplace example.com/a => example.com/a v1.0.0\n")
    );
    assert_eq!(
        members,
        (world.read("main/one/go.mod"), world.read("main/two/go.mod"))
    );
    confirm(
        &world,
        &["one", "two"],
        &["example.com/a v1.2.0 => example.com/a v1.0.0"],
    );
    confirm_alone(world, &["one", "two"]);
}

/// Behind `b` v1.1.0 the go command looks only because `one` requires an older one: so `c` is raised by nobody's
/// own graph.
const BEHIND: &str = "
    b@v1.0.0 go1.21:
    b@v1.1.0 go1.21: d@v1.0.0
    c@v1.0.0 go1.21:
    c@v1.1.0 go1.21:
    c@v1.2.0 go1.21:
    d@v1.0.0 go1.21: c@v1.2.0
";

/// Member `one` requires less of `b` than `two`, so that the workspace looks behind it.
fn behind(go_of_one: &str) -> World {
    let one =
        format!("go {go_of_one}\n\nrequire example.com/b v1.0.0\nrequire example.com/c v1.0.0\n");
    workspace(
        BEHIND,
        "1.21",
        &[
            ("one", &one),
            ("two", "go 1.21\n\nrequire example.com/b v1.1.0\n"),
        ],
        "",
    )
}

/// Brings `c` back by one kind of edit; gives the page.
#[track_caller]
fn lower(world: &World, strategy: &str) -> String {
    let target = ["plan-downgrade", "c@v1.1.0"];
    world
        .gomod(&[&target[..], &["--strategy", strategy, "--write"]].concat())
        .ok()
}

#[test]
fn what_only_the_workspace_loads_is_seen() {
    // With the version that is used anyway in its go.mod, nothing is looked for behind it.
    let world = behind("1.21");
    assert!(
        world
            .gomod(&["list"])
            .ok()
            .contains("example.com/c v1.2.0\n")
    );
    let page = lower(&world, "require");
    let why = "require example.com/b v1.0.0 → v1.1.0  the workspace uses this version today, and goes on \
               using it\n";
    assert!(page.contains(why), "{page}");
    assert!(page.contains("no cheaper plan among"), "{page}");
    confirm(
        &world,
        &["one", "two"],
        &["example.com/b v1.1.0", "example.com/c v1.1.0"],
    );

    // An old member looks behind it by itself.
    let world = behind("1.16");
    let page = lower(&world, "require");
    let why = "require example.com/b v1.1.0 → v1.0.0  the workspace looks behind it: example.com/b@v1.1.0 \
               requires example.com/d@v1.0.0, which requires example.com/c@v1.2.0\n";
    assert!(page.contains(why), "{page}");
    confirm(
        &world,
        &["one", "two"],
        &["example.com/b v1.0.0", "example.com/c v1.1.0"],
    );

    let world = behind("1.21");
    lower(&world, "exclude");
    assert!(
        world
            .read("main/two/go.mod")
            .contains("exclude example.com/c v1.2.0\n")
    );
    confirm(
        &world,
        &["one", "two"],
        &["example.com/b v1.1.0", "example.com/c v1.1.0"],
    );

    let world = behind("1.21");
    let page = lower(&world, "replace");
    assert!(page.contains("written: go.work\n"), "{page}");
    confirm(
        &world,
        &["one", "two"],
        &[
            "example.com/b v1.1.0",
            "example.com/c v1.2.0 => example.com/c v1.1.0",
        ],
    );
}

/// Other versions than releases are tried for it when no release leads there, as in one module.
#[test]
fn what_only_the_workspace_loads_may_go_back_to_a_pre_release() {
    let one = "go 1.16\n\nrequire example.com/b v1.0.0-pre\nrequire example.com/c v1.0.0\n";
    let two = "go 1.21\n\nrequire example.com/b v1.1.0\n";
    let world = workspace(
        &BEHIND.replace("b@v1.0.0", "b@v1.0.0-pre"),
        "1.21",
        &[("one", one), ("two", two)],
        "",
    );
    let page = lower(&world, "require");
    let note = "note: pre-releases and retracted versions had to be considered";
    assert!(page.contains(note), "{page}");
    confirm(
        &world,
        &["one", "two"],
        &["example.com/b v1.0.0-pre", "example.com/c v1.1.0"],
    );
}

/// What a member asks for of itself goes when its go.mod is updated; no version of the member is used in its place.
#[test]
fn a_member_that_asks_for_a_version_of_itself() {
    for strategy in ["require", "auto"] {
        let world = workspace(
            "
            x@v1.0.0 go1.16:
            x@v1.3.0 go1.16: f@v1.1.0
            f@v1.0.0 go1.21:
            f@v1.1.0 go1.21:
            ",
            "1.21",
            &[
                ("one", "go 1.21\n"),
                ("x", "go 1.21\n\nrequire example.com/x v1.3.0 // indirect\n"),
            ],
            "",
        );
        let args = ["plan-downgrade", "f@v1.0.0", "--write", "--strategy"];
        world.gomod(&[&args[..], &[strategy]].concat()).ok();
        assert_eq!(
            world.read("main/x/go.mod"),
            "module example.com/x\n\ngo 1.21\n\nrequire example.com/f v1.0.0 // indirect\n"
        );
        confirm(&world, &["one", "x"], &["example.com/f v1.0.0"]);
    }
}

#[test]
fn a_member_that_another_replaces_by_its_directory() {
    let world = workspace(
        "
        a@v1.0.0 go1.21: c@v1.2.0
        a@v1.1.0 go1.21: c@v1.1.0
        c@v1.0.0 go1.21:
        c@v1.1.0 go1.21:
        c@v1.2.0 go1.21:
        ",
        "1.21",
        &[
            (
                "one",
                "go 1.21\n\nrequire example.com/a v1.1.0\nrequire example.com/c v1.1.0 // indirect\n",
            ),
            (
                "two",
                "go 1.21\n\nrequire example.com/one v0.0.0\n\nreplace example.com/one => ../one\n\n\
                 require (\n\texample.com/a v1.1.0 // indirect\n\texample.com/c v1.1.0 // indirect\n)\n",
            ),
        ],
        "",
    );
    // a v1.0.0 asks for more of c: both members have to say so.
    let page = world.gomod(&["plan-downgrade", "a@v1.0.0", "--write"]).ok();
    assert!(page.contains("written: one/go.mod, two/go.mod\n"), "{page}");
    confirm(
        &world,
        &["one", "two"],
        &["example.com/a v1.0.0", "example.com/c v1.2.0"],
    );
    confirm_alone(world, &["one", "two"]);
}

#[test]
fn a_member_that_stands_alone_is_brought_up_with_the_others() {
    // `two` has c by itself, and a only through `one`.
    let world = workspace(
        "
        a@v1.0.0 go1.20: c@v1.2.0
        a@v1.1.0 go1.20:
        c@v1.1.0 go1.20:
        c@v1.2.0 go1.20:
        ",
        "1.21",
        &[
            ("one", "go 1.20\n\nrequire example.com/a v1.1.0\n"),
            (
                "two",
                "go 1.16\n\nrequire example.com/one v0.0.0\n\nreplace example.com/one => ../one\n\n\
                 require example.com/c v1.1.0\n",
            ),
        ],
        "",
    );
    let page = world.gomod(&["plan-downgrade", "a@v1.0.0", "--write"]).ok();
    let why = "  two/go.mod:\n  require example.com/c v1.1.0 → v1.2.0  what changed in the workspace needs it \
               where this module stands alone (GOWORK=off)\n";
    assert!(page.contains(why), "{page}");
    confirm(&world, &["one", "two"], &["example.com/a v1.0.0"]);
    confirm_alone(world, &["one", "two"]);
}

#[test]
fn an_old_member_is_not_pruned() {
    let old = PAIR.replace(" go1.21", " go1.15");
    let world = workspace(
        &old,
        "1.18",
        &[
            ("one", "go 1.15\n\nrequire example.com/b v1.2.0\n"),
            ("two", "go 1.18\n\nrequire example.com/a v1.1.0\n"),
        ],
        "",
    );
    world.gomod(&["plan-downgrade", "a@v1.0.0", "--write"]).ok();
    confirm(
        &world,
        &["one", "two"],
        &["example.com/a v1.0.0", "example.com/b v1.0.0"],
    );
    confirm_alone(world, &["one", "two"]);
}

#[test]
fn an_older_go_for_all_members() {
    let notation = "
        a@v1.0.0 go1.20:
        a@v1.1.0 go1.22:
        b@v1.0.0 go1.19:
    ";
    let world = workspace(
        notation,
        "1.23.1",
        &[
            ("one", "go 1.22\n\nrequire example.com/a v1.1.0\n"),
            ("two", "go 1.19\n\nrequire example.com/b v1.0.0\n"),
        ],
        "",
    );
    let before = world.read("main/two/go.mod");
    let page = world
        .gomod(&["plan-downgrade", "go@1.21.0", "--write"])
        .ok();
    assert!(page.contains("go.work asks for go 1.23.1"), "{page}");
    assert!(
        world.read("main/go.work").starts_with("go 1.21.0\n"),
        "{page}"
    );
    assert!(
        world
            .read("main/one/go.mod")
            .contains("go 1.21.0\n\nrequire example.com/a v1.0.0\n")
    );
    assert_eq!(world.read("main/two/go.mod"), before);
    confirm(&world, &["one", "two"], &["example.com/a v1.0.0"]);
}

#[test]
fn limits_hold_for_the_whole_workspace() {
    let world = pair();
    // Both members' b would move.
    let args = [
        "plan-downgrade",
        "a@v1.0.0",
        "--strategy",
        "require",
        "--max-collateral",
        "0",
    ];
    let error = world.refused(1, &args, &["1 other module would move, and at most 0 may"]);
    assert!(error.contains("with --max-collateral 1"), "{error}");
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
        &["in one/go.mod:", "example.com/b"],
    );
    assert!(error.contains("without --keep b"), "{error}");
    let page = world
        .gomod(&["plan-downgrade", "a@v1.0.0", "--keep", "b", "--write"])
        .ok();
    assert!(
        page.contains("by exclude") || page.contains("by replace"),
        "{page}"
    );
    confirm(
        &world,
        &["one", "two"],
        &["example.com/a v1.0.0", "example.com/b v1.2.0"],
    );
    // What one member alone moves may stay where another holds it.
    let world = workspace(
        PAIR,
        "1.21",
        &[
            (
                "one",
                "go 1.21\n\nrequire example.com/a v1.2.0\nrequire example.com/b v1.1.0\n",
            ),
            ("two", "go 1.21\n\nrequire example.com/b v1.1.0\n"),
        ],
        "",
    );
    world
        .gomod(&["plan-downgrade", "a@v1.1.0", "--keep", "b", "--write"])
        .ok();
    confirm(
        &world,
        &["one", "two"],
        &["example.com/a v1.1.0", "example.com/b v1.1.0"],
    );
}

#[test]
fn several_targets_and_other_letters() {
    let world = pair();
    let document = world
        .gomod(&["plan-downgrade", "a@v1.0.0", "b@v1.1.0", "--format", "json"])
        .json();
    let letters: Vec<&str> = document["plans"]
        .as_array()
        .unwrap()
        .iter()
        .map(|plan| plan["letter"].as_str().unwrap())
        .collect();
    assert_eq!(letters.first(), Some(&"A"), "{document}");
    for letter in letters {
        let world = pair();
        let args = [
            "plan-downgrade",
            "a@v1.0.0",
            "b@v1.1.0",
            "--choose",
            letter,
            "--write",
        ];
        world.gomod(&args).ok();
        confirm(&world, &["one", "two"], &[]);
        let list = world.gomod(&["list"]).ok();
        assert!(list.contains("a v1.0.0\n"), "{letter}: {list}");
        assert!(list.contains("b v1.1.0\n"), "{letter}: {list}");
    }
}

#[test]
fn what_is_no_target_in_a_workspace() {
    let world = pair();
    world.refused(
        2,
        &["plan-downgrade", "one@v1.0.0"],
        &["example.com/one is a main module"],
    );
    world.refused(
        2,
        &["plan-downgrade", "a@v1.0.0", "--choose", "Z"],
        &["--choose Z"],
    );
    world.write(
        "main/two/go.mod",
        "module example.com/two\n\ngo 1.21\n\nexclude example.com/a v1.0.0\n",
    );
    world.refused(2, &["plan-downgrade", "a@v1.0.0"], &["two/go.mod:5:1"]);
}

#[test]
fn what_settling_lets_go_is_held_up_by_no_other_member() {
    let world = workspace(
        "
        q@v1.0.0 go1.21: s@v1.0.0
        s@v1.0.0 go1.21:
        s@v1.1.0 go1.21:
        s@v1.2.0 go1.21:
        t@v1.1.0 go1.21: s@v1.1.0
        t@v1.2.0 go1.21: s@v1.2.0
        ",
        "1.21",
        &[
            (
                "one",
                "go 1.21\n\nrequire example.com/q v1.0.0\n\nrequire example.com/s v1.0.0 // indirect\n",
            ),
            (
                "two",
                "go 1.21\n\nrequire example.com/t v1.2.0\n\nrequire example.com/s v1.2.0 // indirect\n",
            ),
        ],
        "",
    );
    let one = world.read("main/one/go.mod");
    let args = ["plan-downgrade", "t@v1.1.0", "--settle", "--write"];
    world.gomod(&args).ok();
    assert_eq!(world.read("main/one/go.mod"), one);
    let selected = ["example.com/s v1.1.0", "example.com/t v1.1.0"];
    confirm(&world, &["one", "two"], &selected);
}
