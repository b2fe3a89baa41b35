//! The same worlds given to the `go` command: what it lists and draws, gomod does too.

use crate::support::{MAIN, PAIR, World, has_go, tree};

fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines
}

/// Compares `list` and `graph` in a directory; gives whether `go list -m all` and `go mod graph` worked.
#[track_caller]
fn compare(world: World, dir: &str) -> (bool, bool) {
    let world = world.with_go();
    let before = tree(&world.path("main"));
    let list = world.gomod_in(dir, &["list"]);
    let graph = world.gomod_in(dir, &["graph"]);
    assert!(before == tree(&world.path("main")), "files were changed");
    let go_list = world.go_in(dir, &["list", "-m", "all"]);
    let go_graph = world.go_in(dir, &["mod", "graph"]);
    let ok = |code: Option<i32>| code == Some(0);
    assert_eq!(ok(list.code), ok(go_list.code), "{list:?}\n{go_list:?}");
    assert_eq!(ok(graph.code), ok(go_graph.code), "{graph:?}\n{go_graph:?}");
    if ok(list.code) {
        assert_eq!(list.stdout, go_list.stdout);
    } else {
        assert_eq!(list.stdout, "");
    }
    assert_eq!(sorted(&graph.stdout), sorted(&go_graph.stdout));
    (ok(go_list.code), ok(go_graph.code))
}

const BOTH: (bool, bool) = (true, true);
const GRAPH_ONLY: (bool, bool) = (false, true);

const DEEP: &str = "
    a@v1.0.0 go1.21:
    a@v1.1.0 go1.21: Upper/D@v1.0.0
    a@v1.2.0 go1.21: Upper/D@v1.1.0 c@v1.0.0
    b@v1.2.0 go1.16: a@v1.1.0 c@v1.1.0
    c@v1.0.0: old@v1.0.0+incompatible
    c@v1.1.0 go1.16: Upper/D@v1.2.0
    fork@v1.0.0 as example.com/a go1.21: c@v1.1.0
    old@v1.0.0+incompatible:
    Upper/D@v1.0.0 go1.21:
    Upper/D@v1.1.0 go1.21:
    Upper/D@v1.2.0 go1.21: v/v2@v2.0.0
    v/v2@v2.0.0 go1.21:
";

#[test]
fn plain_and_deep_worlds() {
    if !has_go("plain_and_deep_worlds") {
        return;
    }
    assert_eq!(compare(World::new(PAIR), "main"), BOTH);
    let indirect = MAIN.replace(
        ")\n",
        "\texample.com/Upper/D v1.2.0 // indirect\n\texample.com/c v1.1.0\n)\n",
    );
    assert_eq!(compare(World::with_main(DEEP, &indirect), "main"), BOTH);
}

#[test]
fn an_old_main_module_is_not_pruned() {
    if !has_go("an_old_main_module_is_not_pruned") {
        return;
    }
    for go in ["go 1.16", "go 1.11", ""] {
        let main = MAIN.replace("go 1.21", go);
        // Dependencies ask for go 1.21, which is above the main module's line.
        assert_eq!(
            compare(World::with_main(DEEP, &main), "main"),
            GRAPH_ONLY,
            "{go}"
        );
        let old = DEEP.replace(" go1.21", " go1.17");
        let go117 = MAIN.replace("go 1.21", "go 1.17");
        compare(World::with_main(&old, &go117), "main");
        let old = DEEP.replace(" go1.21", "").replace(" go1.16", "");
        assert_eq!(compare(World::with_main(&old, &main), "main"), BOTH, "{go}");
    }
}

#[test]
fn replacements() {
    if !has_go("replacements") {
        return;
    }
    for replace in [
        "example.com/a v1.2.0 => example.com/a v1.0.0",
        "example.com/a => example.com/a v1.1.0",
        "example.com/a => example.com/fork v1.0.0",
        "example.com/a => ./local",
        "example.com/a v1.2.0 => ../outside",
        "(\n\texample.com/a => ./local\n\texample.com/a v1.2.0 => example.com/a v1.1.0\n)",
        "example.com/unused => ./nowhere",
        "example.com/a => ./nowhere",
        "example.com/a => ./empty",
        "example.com/a => example.com/b v1.2.0",
    ] {
        let roots =
            "\texample.com/Upper/D v1.2.0 // indirect\n\texample.com/c v1.1.0 // indirect\n)\n";
        let world = World::with_main(
            DEEP,
            &format!("{}\nreplace {replace}\n", MAIN.replace(")\n", roots)),
        );
        world.write(
            "main/local/go.mod",
            "module example.com/a\n\ngo 1.20\n\nrequire example.com/c v1.0.0\n",
        );
        world.write("main/empty/go.mod", "");
        world.write("outside/go.mod", "module example.com/whatever\n");
        compare(world, "main");
    }
}

#[test]
fn excludes() {
    if !has_go("excludes") {
        return;
    }
    for (exclude, expected) in [
        ("example.com/a v1.1.0", BOTH),
        (
            "(\n\texample.com/a v1.1.0\n\texample.com/c v1.1.0\n)",
            GRAPH_ONLY,
        ),
        ("example.com/a v1.2.0", GRAPH_ONLY),
    ] {
        let roots =
            "\texample.com/Upper/D v1.2.0 // indirect\n\texample.com/c v1.1.0 // indirect\n)\n";
        let main = MAIN.replace(")\n", roots);
        let world = World::with_main(DEEP, &format!("{main}\nexclude {exclude}\n"));
        assert_eq!(compare(world, "main"), expected, "{exclude}");
    }
}

#[test]
fn a_workspace_of_two() {
    if !has_go("a_workspace_of_two") {
        return;
    }
    let workspace = |one: &str, two: &str, work: &str| {
        let world = World::new(DEEP);
        std::fs::remove_file(world.path("main/go.mod")).unwrap();
        std::fs::remove_file(world.path("main/go.sum")).unwrap();
        world.write(
            "main/one/go.mod",
            &format!("module example.com/one\n\ngo 1.21\n\n{one}"),
        );
        world.write(
            "main/two/go.mod",
            &format!("module example.com/two\n\ngo 1.21\n\n{two}"),
        );
        world.write("main/one/go.sum", &world.sums(|_| true));
        world.write("main/two/go.sum", &world.sums(|_| true));
        world.write(
            "main/one/local/go.mod",
            "module example.com/a\n\nrequire example.com/c v1.0.0\n",
        );
        world.write(
            "main/go.work",
            &format!("go 1.21\n\nuse ./one\nuse ./two\n{work}"),
        );
        world
    };
    let a = "require example.com/a v1.1.0\n";
    let b = "require example.com/b v1.2.0\n";
    assert_eq!(compare(workspace(a, b, ""), "main"), BOTH);
    assert_eq!(compare(workspace(a, b, ""), "main/one"), BOTH);
    let local = "require example.com/a v1.1.0\n\nreplace example.com/a => ./local\n";
    assert_eq!(compare(workspace(local, b, ""), "main"), BOTH);
    assert_eq!(compare(workspace(local, b, ""), "main/two"), BOTH);
    let exclude = "require example.com/a v1.1.0\n\nexclude example.com/c v1.1.0\n";
    compare(workspace(exclude, b, ""), "main");
    let conflict =
        "require example.com/b v1.2.0\n\nreplace example.com/a => example.com/a v1.0.0\n";
    assert!(!compare(workspace(local, conflict, ""), "main").0);
    let settled = "\nreplace example.com/a => example.com/a v1.2.0\n";
    assert_eq!(compare(workspace(local, conflict, settled), "main"), BOTH);
}

#[test]
fn the_workspace_is_switched_off() {
    if !has_go("the_workspace_is_switched_off") {
        return;
    }
    let mut world = World::new(PAIR);
    world.write("go.work", "go 1.21\n\nuse ./nowhere\n");
    world.set("GOWORK", "off");
    assert_eq!(compare(world, "main"), BOTH);
}

#[test]
fn lists_that_fail_where_graphs_do_not() {
    if !has_go("lists_that_fail_where_graphs_do_not") {
        return;
    }
    let inconsistent = MAIN.replace("a v1.2.0", "a v1.1.0");
    assert_eq!(
        compare(World::with_main(PAIR, &inconsistent), "main"),
        GRAPH_ONLY
    );
    let twice = MAIN.replace(")\n", "\texample.com/a v1.1.0\n)\n");
    assert_eq!(compare(World::with_main(PAIR, &twice), "main"), GRAPH_ONLY);
    let below = MAIN.replace("go 1.21", "go 1.20");
    assert_eq!(compare(World::with_main(PAIR, &below), "main"), GRAPH_ONLY);
    let redundant = MAIN.replace("go 1.21", "go 1.21\n\ntoolchain go1.21");
    assert_eq!(
        compare(World::with_main(PAIR, &redundant), "main"),
        GRAPH_ONLY
    );
    let world = World::new(PAIR);
    world.write(
        "main/go.sum",
        &world.sums(|name| name != "example.com/b@v1.2.0"),
    );
    assert_eq!(compare(world, "main"), GRAPH_ONLY);
    let world = World::new(PAIR);
    std::fs::remove_file(world.path("main/go.sum")).unwrap();
    assert_eq!(compare(world, "main"), GRAPH_ONLY);
    let world = World::new(PAIR);
    std::fs::remove_file(world.path(&World::proxied("example.com/b", "v1.2.0", "info"))).unwrap();
    assert_eq!(compare(world, "main"), GRAPH_ONLY);
    let other = World::new("a@v1.2.0 go1.21:\nb@v1.2.0 as example.org/b go1.21:");
    assert_eq!(compare(other, "main"), (false, false));
    let indirect = MAIN.replace("a v1.2.0", "a v1.2.0 // indirect");
    assert_eq!(compare(World::with_main(PAIR, &indirect), "main"), BOTH);
}

#[test]
fn main_modules_in_other_spellings() {
    if !has_go("main_modules_in_other_spellings") {
        return;
    }
    for (go_mod, expected) in [
        (MAIN.replace('\n', "\r\n"), BOTH),
        (format!("\u{feff}{MAIN}"), (false, false)),
        (MAIN.replace("a v1.2.0", "a v1.2"), GRAPH_ONLY),
        (MAIN.replace("a v1.2.0", "a v1.2.0+meta"), GRAPH_ONLY),
        (MAIN.replace("a v1.2.0", "a main"), (false, false)),
        (
            MAIN.replace("example.com/a v1.2.0", "\"example.com/a\" \"v1.2.0\""),
            BOTH,
        ),
        (
            format!("{MAIN}\nretract v1.0.0 // no\n\ntool example.com/a/cmd\n"),
            BOTH,
        ),
        (format!("{MAIN}\nrequire example.com/a v1.2.0\n"), BOTH),
        (format!("{MAIN}\nunknown x\n"), (false, false)),
        (MAIN.replace("module example.com/main", ""), (false, false)),
        (MAIN.replace("go 1.21", "go 1.99"), (false, false)),
        (MAIN.replace("go 1.21", "go 1.21.bad"), (false, false)),
    ] {
        let found = compare(World::with_main(PAIR, &go_mod), "main");
        assert_eq!(found, expected, "{go_mod}");
    }
}

#[test]
fn flags_in_goflags() {
    if !has_go("flags_in_goflags") {
        return;
    }
    for (flags, go_mod) in [
        ("-modfile=other.mod", "not read at all"),
        ("-mod=mod", MAIN),
        ("-mod=mod", &MAIN.replace("a v1.2.0", "a v1.1.0")),
        ("-mod=nonsense", MAIN),
        ("--modfile=other.mod -mod=readonly", ""),
        (
            "-mod=mod -mod=readonly",
            &MAIN.replace("a v1.2.0", "a v1.1.0"),
        ),
        ("-mod=", MAIN),
        ("-v", MAIN),
    ] {
        let mut world = World::with_main(PAIR, go_mod);
        world.write("main/other.mod", &MAIN.replace("v1.2.0", "v1.1.0"));
        world.write("main/other.sum", &world.sums(|_| true));
        world.set("GOFLAGS", flags);
        compare(world, "main");
        let mut world = World::new(PAIR);
        world.write("main/go.work", "go 1.21\n\nuse .\n");
        world.write("main/other.mod", MAIN);
        world.set("GOFLAGS", flags);
        compare(world, "main");
    }
}

#[test]
fn lines_stand_where_go_get_puts_them() {
    if !has_go("lines_stand_where_go_get_puts_them") {
        return;
    }
    let main = "// The main module.\nmodule example.com/main\n\ngo 1.21\n\nrequire (\n\t// pinned\n\texample.com/b v1.2.0 // keep me\n\n\texample.com/a v1.2.0\n)\n";
    let world = World::with_main(PAIR, main).with_go();
    world
        .gomod(&[
            "plan-downgrade",
            "a@v1.0.0",
            "--strategy",
            "require",
            "--write",
        ])
        .ok();
    let ours = world.read("main/go.mod");
    world.write("main/go.mod", main);
    let go = world.go_in("main", &["get", "example.com/a@v1.0.0"]);
    assert_eq!(go.code, Some(0), "{go:?}");
    assert_eq!(ours, world.read("main/go.mod"));
}

#[test]
fn what_is_written_for_private_modules_builds() {
    if !has_go("what_is_written_for_private_modules_builds") {
        return;
    }
    let world = World::new(PAIR);
    world.write("main/main.go", "package main\n\nimport (\n\t_ \"example.com/a\"\n\t_ \"example.com/b\"\n)\n\nfunc main() {}\n");
    world.write("main/go.sum", &world.sums(|name| name.ends_with("v1.2.0")));
    let world = world.with_go();
    for (strategy, a) in [
        ("require", "example.com/a v1.0.0\n"),
        ("replace", "example.com/a v1.2.0 => example.com/a v1.0.0\n"),
        ("exclude", "example.com/a v1.0.0\n"),
    ] {
        world.write("main/go.mod", MAIN);
        world.write("main/go.sum", &world.sums(|name| name.ends_with("v1.2.0")));
        let run = world.gomod(&[
            "plan-downgrade",
            "a@v1.0.0",
            "--strategy",
            strategy,
            "--write",
        ]);
        assert_eq!(run.code, Some(0), "{run:?}");
        let written = (world.read("main/go.mod"), world.read("main/go.sum"));
        for args in [
            &["build", "-o", "/dev/null", "./..."][..],
            &["list", "-deps", "./..."],
            &["mod", "verify"],
            &["list", "-m", "all"],
        ] {
            let go = world.go_in("main", args);
            assert_eq!(go.code, Some(0), "{strategy} {args:?}: {go:?}\n{written:?}");
        }
        assert!(
            world
                .go_in("main", &["list", "-m", "all"])
                .stdout
                .contains(a)
        );
        assert_eq!(
            (world.read("main/go.mod"), world.read("main/go.sum")),
            written,
            "{strategy}"
        );
    }
}

#[test]
fn godebug_lines_are_checked_as_go_does() {
    if !has_go("godebug_lines_are_checked_as_go_does") {
        return;
    }
    let with = |lines: &str| World::with_main(PAIR, &format!("{MAIN}\n{lines}\n"));
    for lines in [
        "godebug panicnil=1",
        "godebug panicnil=",
        "godebug default=go1.21",
        "godebug default=go1.21rc1",
        "godebug (\n\tdefault=go1.20\n\thttp2client=0\n)",
    ] {
        assert_eq!(compare(with(lines), "main"), BOTH, "{lines}");
    }
    for lines in [
        "godebug foo=1",
        "godebug (\n\tpanicnil=1\n\tfoo=1\n)",
        "godebug x509sha1=1",
        "godebug multipartfiles=1",
        "godebug default=1.21",
        "godebug default=gogo",
        "godebug default=go1.999",
        "godebug Default=go1.21",
        "godebug =1",
    ] {
        assert_eq!(compare(with(lines), "main"), (false, false), "{lines}");
    }
    // In a workspace only the lines of go.work are looked at.
    let world = with("godebug foo=1");
    world.write("main/go.work", "go 1.21\n\nuse .\n");
    assert_eq!(compare(world, "main"), BOTH);
    let world = World::new(PAIR);
    world.write("main/go.work", "go 1.21\n\nuse .\n\ngodebug foo=1\n");
    assert_eq!(compare(world, "main"), (false, false));
}

#[test]
fn tool_lines_name_import_paths() {
    if !has_go("tool_lines_name_import_paths") {
        return;
    }
    for (line, expected) in [
        ("tool example.com/a/cmd", BOTH),
        ("tool ./x", (false, false)),
        ("tool \"a b\"", (false, false)),
    ] {
        let world = World::with_main(PAIR, &format!("{MAIN}\n{line}\n"));
        assert_eq!(compare(world, "main"), expected, "{line}");
    }
}

/// Of several lines for one version the first counts, whatever the others hold.
#[test]
fn the_first_line_of_go_sum_counts() {
    if !has_go("the_first_line_of_go_sum_counts") {
        return;
    }
    let wrong = "h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    for (first, expected) in [(true, (false, false)), (false, BOTH)] {
        let world = World::with_main(PAIR, MAIN);
        let sums = world.read("main/go.sum");
        let line = sums
            .lines()
            .find(|line| line.starts_with("example.com/a v1.2.0/go.mod "))
            .unwrap();
        let (name, _) = line.rsplit_once(' ').unwrap();
        let other = format!("{name} {wrong}");
        let both = match first {
            true => format!("{other}\n{line}"),
            false => format!("{line}\n{other}"),
        };
        world.write("main/go.sum", &sums.replace(line, &both));
        assert_eq!(compare(world, "main"), expected, "first: {first}");
    }
}
