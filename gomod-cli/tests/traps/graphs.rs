//! Which graph follows from them: pruning, excludes, replaces, go and toolchain, workspaces, and lists that fail.

use std::fs;

use crate::world::{READONLY, World, modules};
use crate::worlds::archive::put;

#[test]
fn trap_02_pruning() {
    let chain = |a: &str, b: &str| {
        modules(&format!(
            "a@v1.0.0 {a}: b@v1.0.0\nb@v1.0.0 {b}: c@v1.0.0\nc@v1.0.0 1.17: d@v1.0.0\nd@v1.0.0 1.17:"
        ))
    };
    let whole = "main, a v1.0.0, b v1.0.0, c v1.0.0, d v1.0.0";
    for (main, a, b, expected) in [
        // Behind a dependency at 1.17 or later nothing more is loaded,
        ("go 1.17", "1.17", "1.17", "main, a v1.0.0, b v1.0.0"),
        ("go 1.17", "1.17", "1.16", "main, a v1.0.0, b v1.0.0"),
        // behind one at 1.16, or without a go line, everything, also through newer ones,
        ("go 1.17", "1.16", "1.17", whole),
        ("go 1.17", "-", "1.17", whole),
        // and an old main module loads everything.
        ("go 1.16", "1.17", "1.17", whole),
        ("", "1.17", "1.17", whole),
    ] {
        let world = World::new(&format!("{main}\nrequire x.y/a v1.0.0"), &chain(a, b));
        assert_eq!(world.list().as_deref(), Some(expected), "{main} {a} {b}");
        world.graph();
    }
    // The go.mod of each explicit requirement is loaded, indirect ones too.
    let world = World::new(
        "go 1.17\nrequire x.y/a v1.0.0\nrequire x.y/b v1.0.0 // indirect",
        &chain("1.17", "1.17"),
    );
    assert_eq!(
        world.list().as_deref(),
        Some("main, a v1.0.0, b v1.0.0, c v1.0.0")
    );
}

#[test]
fn trap_03_exclude() {
    let rest = modules(
        "a@v1.0.0 -: b@v1.1.0
         a@v1.1.0 -: b@v1.1.0
         b@v1.0.0 -:
         b@v1.1.0 -:
         b@v1.2.0 -:",
    );
    for go in ["", "go 1.15\n", "go 1.21\n"] {
        let world = World::new(
            &format!("{go}require x.y/a v1.0.0\nexclude x.y/b v1.1.0"),
            &rest,
        );
        // The requirement is ignored, not bumped to the next version, and is no edge.
        assert_eq!(world.list().as_deref(), Some("main, a v1.0.0"));
        assert!(!world.graph().unwrap().contains("b@"));
    }
    // A main module that requires what it excludes.
    let world = World::new("require x.y/b v1.1.0\nexclude x.y/b v1.1.0", &rest);
    assert_eq!(world.list(), None);
    assert_eq!(world.graph().as_deref(), Some("main go@1.16"));
    // As a target an excluded version is an error, a retracted one is not.
    let world = World::new("require x.y/b v1.2.0\nexclude x.y/b v1.1.0", &rest);
    let ended = world.plan(&["b@v1.1.0"]).unwrap_err();
    assert_eq!(ended.code, Some(2), "{ended:?}");
    if let Some(get) = world.go(&["get", "x.y/b@v1.1.0"]) {
        assert!(!get.ok());
    }
    let retracted = rest.replace(
        "-- proxy/x.y/b@v1.2.0 --\nmodule x.y/b\n",
        "-- proxy/x.y/b@v1.2.0 --\nmodule x.y/b\nretract v1.0.0 // broken\n",
    );
    let world = World::new("require x.y/b v1.2.0", &retracted);
    let ended = world.gomod(&["plan-downgrade", "b@v1.0.0"]);
    assert!(
        ended.ok() && ended.stdout.contains("retracted"),
        "{ended:?}"
    );
}

#[test]
fn trap_04_replace() {
    let rest = modules(
        "a@v1.0.0 1.20: c@v1.0.0
         a@v1.1.0 1.20: c@v1.1.0
         a@v1.2.0 1.20: c@v1.2.0
         b@v1.0.0 1.20: c@v1.3.0
         c@v1.0.0 1.20:
         c@v1.1.0 1.20:
         c@v1.2.0 1.20:
         c@v1.3.0 1.20:
         main@v1.0.0 -: c@v1.3.0",
    );
    let list = |lines: &str| {
        let lines = lines.replace(';', "\n");
        World::new(
            &format!("go 1.20\nrequire x.y/a v1.2.0\nrequire x.y/c v1.0.0\n{lines}"),
            &rest,
        )
        .list()
    };
    let a = |rest: &str| Some(format!("main, a v1.2.0{rest}"));
    // An exact version beats a wildcard; the replacement's requirements count; the name stays.
    assert_eq!(
        list("replace x.y/a => x.y/a v1.0.0"),
        a(" => a v1.0.0, c v1.0.0")
    );
    assert_eq!(
        list("replace x.y/a => x.y/a v1.1.0;replace x.y/a v1.2.0 => x.y/a v1.0.0"),
        a(" => a v1.0.0, c v1.0.0")
    );
    assert_eq!(
        list("replace x.y/a => x.y/a v1.1.0"),
        None,
        "c v1.0.0 is below v1.1.0"
    );
    assert_eq!(list("replace x.y/a v1.0.0 => x.y/a v1.1.0"), None);
    // By version it must declare the old or the new path,
    assert_eq!(
        list("replace x.y/a => x.y/b v1.0.0;exclude x.y/c v1.3.0"),
        a(" => b v1.0.0, c v1.0.0")
    );
    let world = World::new(
        "go 1.20\nrequire x.y/a v1.0.0\nreplace x.y/a => x.y/b v1.0.0",
        &format!("{rest}-- proxy/x.y/b@v1.0.0 --\nmodule x.y/other\ngo 1.20\n"),
    );
    assert_eq!((world.list(), world.graph()), (None, None));
    // by directory it needs a go.mod, which may declare nothing.
    assert_eq!(list("replace x.y/a => ./nothing"), None);
    for declared in ["", "module x.y/other\n"] {
        let directory = format!("-- main/dir/go.mod --\n{declared}go 1.20\n");
        let world = World::new(
            "go 1.20\nrequire x.y/a v1.0.0\nreplace x.y/a => ./dir",
            &format!("{directory}{rest}"),
        );
        assert_eq!(world.list().as_deref(), Some("main, a v1.0.0 => ./dir"));
    }
    // A dependency's replace lines count for nothing.
    let world = World::new(
        "go 1.20\nrequire x.y/a v1.0.0\nrequire x.y/c v1.0.0",
        &rest.replacen(
            "require x.y/c v1.0.0\n",
            "require x.y/c v1.0.0\nreplace x.y/c => ./c\n",
            1,
        ),
    );
    assert_eq!(world.list().as_deref(), Some("main, a v1.0.0, c v1.0.0"));
    // An old version of the main module adds its requirements, and can be replaced. It itself is not.
    let main = |lines: &str| {
        let directory = "-- main/dir/go.mod --\nmodule x.y/main\nrequire x.y/c v1.1.0\n";
        let old = modules("d@v1.0.0 -: main@v1.0.0");
        let world = World::new(
            &format!("require x.y/d v1.0.0\n{lines}"),
            &format!("{directory}{rest}{old}"),
        );
        world.list()
    };
    assert_eq!(main("").as_deref(), Some("main, c v1.3.0, d v1.0.0"));
    let replaced = main("replace x.y/main => ./dir");
    assert_eq!(replaced.as_deref(), Some("main, c v1.1.0, d v1.0.0"));
}

#[test]
fn trap_05_go_and_toolchain() {
    let rest = modules("a@v1.0.0 1.21.3:\na@v1.1.0 1.99:\nb@v1.0.0 1.16: a@v1.1.0");
    let rest = rest.replacen("go 1.21.3\n", "go 1.21.3\ntoolchain go1.23.0\n", 1);
    // From 1.21 they are in the graph, never in the list; dependencies' toolchain lines are ignored.
    let world = World::new("go 1.21.3\ntoolchain go1.22.0\nrequire x.y/a v1.0.0", &rest);
    assert_eq!(world.list().as_deref(), Some("main, a v1.0.0"));
    assert_eq!(
        world.graph().as_deref(),
        Some(
            "main go@1.21.3, main toolchain@go1.22.0, main a@v1.0.0, go@1.21.3 toolchain@go1.21.3, \
             a@v1.0.0 go@1.21.3"
        )
        .map(|text| sorted_as_printed(&world, text))
        .as_deref()
    );
    // Below 1.21 only the main module's go line shows.
    let old = World::new("go 1.20\nrequire x.y/b v1.0.0", &modules("b@v1.0.0 1.19:"));
    assert_eq!(old.graph().as_deref(), Some("main go@1.20, main b@v1.0.0"));
    // A go line above the local Go fails the load, also at a version that is not selected.
    let world = World::new(
        "go 1.20\nrequire x.y/b v1.0.0\nrequire x.y/a v1.2.0",
        &format!("{rest}{}", modules("a@v1.2.0 1.20:")),
    );
    assert_eq!((world.list(), world.graph()), (None, None));
    let later = world.gomod(&["graph", "--go", "1.99"]);
    assert!(later.ok(), "{later:?}");
    let world = World::new("go 1.22.1", "");
    assert_eq!(world.gomod(&["list", "--go", "1.22.0"]).code, Some(3));
    assert!(world.gomod(&["list", "--go", "1.22.1"]).ok());
}

/// The lines of `text` in the order in which `gomod graph` prints them.
fn sorted_as_printed(world: &World, text: &str) -> String {
    let printed = world.graph().unwrap();
    let mut lines: Vec<&str> = text.split(", ").collect();
    lines.sort_by_key(|line| printed.split(", ").position(|other| other == *line));
    lines.join(", ")
}

#[test]
fn trap_09_workspaces() {
    let work = |go_work: &str, one: &str, two: &str| {
        World::of(&format!(
            "-- main/go.work --\n{go_work}\nuse ./one\nuse ./two\n-- main/one/go.mod --\nmodule x.y/one\n{one}\n-- main/two/go.mod --\nmodule x.y/two\n{two}\n{}",
            modules(
                "a@v1.0.0 1.20: b@v1.0.0
                 a@v1.1.0 1.20: b@v1.1.0
                 b@v1.0.0 1.20:
                 b@v1.1.0 1.20:
                 b@v1.2.0 1.20:"
            )
        ))
    };
    let (one, two) = (
        "go 1.20\nrequire x.y/a v1.0.0",
        "go 1.20\nrequire x.y/a v1.1.0",
    );
    // The union of the members,
    let world = work("go 1.20", one, two);
    assert_eq!(
        world.list().as_deref(),
        Some("one, two, a v1.1.0, b v1.1.0")
    );
    world.graph();
    // whose replaces count,
    let own = format!("{one}\nreplace x.y/b => x.y/b v1.2.0");
    let other = format!("{two}\nreplace x.y/b => x.y/b v1.0.0");
    let replaced = |version: &str| Some(format!("one, two, a v1.1.0, b v1.1.0 => b {version}"));
    assert_eq!(work("go 1.20", &own, two).list(), replaced("v1.2.0"));
    // but must not conflict unless go.work replaces that path,
    assert_eq!(work("go 1.20", &own, &other).list(), None);
    let by_work = "go 1.20\nreplace x.y/b => x.y/b v1.0.0";
    assert_eq!(work(by_work, &own, &other).list(), replaced("v1.0.0"));
    // and whose excludes hold for all.
    let excludes = format!("{one}\nexclude x.y/b v1.1.0");
    let world = work("go 1.20", &excludes, two);
    let excluded = "one, two, a v1.1.0, b v1.0.0";
    assert_eq!(world.list().as_deref(), Some(excluded));
    // exclude has no place in go.work, and its go line must not be below a member's.
    assert_eq!(work("go 1.20\nexclude x.y/b v1.1.0", one, two).list(), None);
    assert_eq!(work("go 1.21", "go 1.22", two).list(), None);
    assert!(work("go 1.22", "go 1.22", two).list().is_some());
    // GOWORK names another, or none.
    let mut world = work("go 1.20", one, two);
    put(
        &world.place.root.join("other.work"),
        "go 1.20\nuse ./main/two\n",
    );
    let directory = world.place.main().join("one");
    let list = |world: &World, args: &[&str]| {
        let ours = world.tools.gomod(&world.place, &directory, args);
        if world.tools.has_go() {
            let go = ["list", "-m", "all"];
            let theirs = world.tools.go(&world.place, &directory, READONLY, &go);
            assert_eq!((ours.ok(), &ours.stdout), (theirs.ok(), &theirs.stdout));
        }
        ours.stdout
    };
    let other = world.place.root.join("other.work").display().to_string();
    world.set("GOWORK", other);
    assert_eq!(
        list(&world, &["list"]),
        "x.y/two\nx.y/a v1.1.0\nx.y/b v1.1.0\n"
    );
    world.set("GOWORK", "off");
    let sums = world.place.main().join("go.work.sum");
    fs::copy(sums, directory.join("go.sum")).unwrap();
    assert_eq!(
        list(&world, &["list"]),
        "x.y/one\nx.y/a v1.0.0\nx.y/b v1.0.0\n"
    );
}

#[test]
fn trap_13_lists_that_fail() {
    let rest = modules(
        "a@v1.0.0 1.20: b@v1.1.0
         a@v1.1.0 1.20:
         b@v1.0.0 1.20:
         b@v1.1.0 1.20:
         c@v1.0.0 1.22:",
    );
    let graph_only = |go_mod: &str, extra: &str| {
        let world = World::new(go_mod, &format!("{rest}{extra}"));
        let (list, graph) = (world.list(), world.graph());
        assert_eq!(list, None, "{go_mod}");
        assert_eq!(
            world.gomod(&["list"]).code,
            Some(if extra.is_empty() { 1 } else { 3 })
        );
        graph.unwrap_or_else(|| panic!("no graph: {go_mod}"))
    };
    // The graph shows updated roots.
    let graph = graph_only("go 1.20\nrequire x.y/a v1.0.0\nrequire x.y/b v1.0.0", "");
    assert!(graph.contains("main b@v1.1.0"), "{graph}");
    let graph = graph_only("go 1.20\nrequire x.y/a v1.0.0\nrequire x.y/a v1.1.0", "");
    assert!(!graph.contains("main a@v1.0.0"), "{graph}");
    let graph = graph_only("go 1.20\nrequire x.y/c v1.0.0", "");
    assert!(graph.contains("main go@1.22"), "{graph}");
    graph_only("go 1.21.3\ntoolchain go1.21.3\nrequire x.y/a v1.1.0", "");
    graph_only("go 1.21.3\ntoolchain go1.21.2\nrequire x.y/a v1.1.0", "");
    graph_only("go 1.20\nrequire x.y/a v1.1.0\nrequire x.y/b v1.1", "");
    // Each go.mod that is loaded needs its line in go.sum, and each selected module its .info.
    graph_only("go 1.20\nrequire x.y/a v1.1.0", "-- sum --\nnone\n");
    graph_only(
        "go 1.20\nrequire x.y/a v1.1.0",
        "-- noinfo/x.y/a@v1.1.0 --\n",
    );
    // A wrong mark is fine.
    let world = World::new("go 1.20\nrequire x.y/a v1.1.0 // indirect", &rest);
    assert_eq!(world.list().as_deref(), Some("main, a v1.1.0"));
}

#[test]
fn trap_14_go_mods_of_selected_modules() {
    // b is pruned away behind a, but selected: its go.mod is read for the list.
    let rest = modules("a@v1.0.0 1.20: b@v1.0.0\nb@v1.0.0 1.20:");
    let world = World::new(
        "go 1.20\nrequire x.y/a v1.0.0",
        &format!("{rest}-- nomod/x.y/b@v1.0.0 --\n"),
    );
    let (list, graph) = (world.gomod(&["list"]), world.gomod(&["graph"]));
    if let (Some(go_list), Some(go_graph)) = (
        world.go(&["list", "-m", "all"]),
        world.go(&["mod", "graph"]),
    ) {
        assert_eq!(
            (list.ok(), graph.ok()),
            (go_list.ok(), go_graph.ok()),
            "{list:?} {go_list:?}"
        );
    }
    // Versions that declare another path are skipped on the way down, and are an error as the target.
    let moved = format!(
        "{}-- proxy/x.y/c@v1.1.0 --\nmodule x.y/moved\ngo 1.20\n",
        modules(
            "c@v1.0.0 1.20: d@v1.0.0
             c@v1.2.0 1.20: d@v1.2.0
             d@v1.0.0 1.20:
             d@v1.2.0 1.20:"
        )
    );
    let go_mod = "go 1.20\nrequire x.y/c v1.2.0\nrequire x.y/d v1.2.0";
    let world = World::new(go_mod, &moved).with_zips();
    assert_eq!(
        world.plan(&["d@v1.0.0", "--strategy", "require"]).unwrap(),
        "main, c v1.0.0, d v1.0.0"
    );
    let world = World::new(go_mod, &moved).with_zips();
    assert_eq!(world.plan(&["c@v1.1.0"]).unwrap_err().code, Some(2));
    if let Some(get) = world.go(&["get", "x.y/c@v1.1.0"]) {
        assert!(!get.ok());
    }
    // x.mod goes with x.sum.
    let world = World::new("go 1.20", &rest);
    let main = world.place.main();
    put(
        &main.join("x.mod"),
        "module x.y/main\n\ngo 1.20\n\nrequire x.y/a v1.0.0\n",
    );
    let flags = |world: &World| {
        world.same(
            &["list", "--modfile", "x.mod"],
            &["list", "-m", "-modfile=x.mod", "all"],
        )
    };
    assert_eq!(flags(&world), None, "go.sum is not looked at");
    fs::rename(main.join("go.sum"), main.join("x.sum")).unwrap();
    assert_eq!(
        flags(&world).as_deref(),
        Some("x.y/main\nx.y/a v1.0.0\nx.y/b v1.0.0\n")
    );
}
