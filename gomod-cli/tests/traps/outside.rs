//! What comes from outside: sources, vendor/, and `go get` as a yardstick.

use std::fs;
use std::time::Duration;

use crate::world::{World, modules};

#[test]
fn trap_07_declared_path() {
    for (declared, good) in [
        ("module x.y/a\n", true),
        ("module x.y/other\n", false),
        ("module x.y/A\n", false),
        ("module x.y/a/v2\n", false),
        ("go 1.20\n", false),
    ] {
        let world = World::new(
            "require x.y/a v1.0.0",
            &format!("-- proxy/x.y/a@v1.0.0 --\n{declared}"),
        );
        assert_eq!(world.list().is_some(), good, "{declared}");
        assert_eq!(world.graph().is_some(), good, "{declared}");
    }
}

#[test]
fn trap_10_vendor() {
    let rest = modules("a@v1.0.0 1.20: b@v1.0.0\nb@v1.0.0 1.20:\nb@v1.1.0 1.20:");
    let vendor = "-- main/vendor/modules.txt --\n# x.y/a v1.0.0\n## explicit; go 1.20\n";
    for (go, go_lists) in [("1.13", true), ("1.14", false), ("1.20", false)] {
        let world = World::new(
            &format!("go {go}\nrequire x.y/a v1.0.0"),
            &format!("{rest}{vendor}"),
        );
        // With vendor/ and go 1.14 the go command chooses -mod=vendor by itself.
        let readonly = world.gomod(&["list"]);
        assert_eq!(
            readonly.stdout, "x.y/main\nx.y/a v1.0.0\nx.y/b v1.0.0\n",
            "{readonly:?}"
        );
        if world.tools.has_go() {
            let main = world.place.main();
            let all = ["list", "-m", "all"];
            let list = world.tools.go(&world.place, &main, "", &all);
            assert_eq!(list.ok(), go_lists, "{go}");
            let graph = world.tools.go(&world.place, &main, "", &["mod", "graph"]);
            assert_eq!(graph.stdout, world.gomod(&["graph"]).stdout);
        }
    }
    // Under -mod=mod what go would write is shown, and not written.
    let mut world = World::new("go 1.20\nrequire x.y/a v1.0.0\nrequire x.y/b v1.0", &rest);
    let before = world.go_mod();
    world.set("GOFLAGS", "-mod=mod");
    let list = world.gomod(&["list"]);
    assert_eq!(
        list.stdout, "x.y/main\nx.y/a v1.0.0\nx.y/b v1.0.0\n",
        "{list:?}"
    );
    assert_eq!(world.go_mod(), before);
    assert_eq!(world.list().as_deref(), Some("main, a v1.0.0, b v1.0.0"));
}

#[test]
fn trap_11_proxies() {
    // Of two proxies the first lacks b.
    let lists = |separator: &str, broken: bool| {
        let mut world = World::new(
            "go 1.20\nrequire x.y/a v1.0.0\nrequire x.y/b v1.0.0\nrequire x.y/Big v1.0.0",
            &modules("a@v1.0.0 1.20:\nb@v1.0.0 1.20:\nBig@v1.0.0 1.20:"),
        );
        let (first, second) = (world.place.root.join("first"), world.place.proxy());
        fs::create_dir_all(first.join("x.y/b/@v")).unwrap();
        if broken {
            // A file that cannot be read is an error of another kind than one that is not there.
            fs::create_dir(first.join("x.y/b/@v/v1.0.0.mod")).unwrap();
        }
        let urls = [first, second].map(|dir| format!("file://{}", dir.display()));
        world.set("GOPROXY", urls.join(separator));
        world.list().is_some()
    };
    assert!(lists(",", false), "not found: the next one is asked");
    assert!(lists("|", false));
    assert!(!lists(",", true), "behind a comma nothing else leads on");
    assert!(lists("|", true), "behind a bar any error does");
    // off ends the list.
    let mut world = World::new("go 1.20\nrequire x.y/a v1.0.0", &modules("a@v1.0.0 1.20:"));
    world.set(
        "GOPROXY",
        format!("off,file://{}", world.place.proxy().display()),
    );
    assert_eq!(world.list(), None);
    world.set(
        "GOPROXY",
        format!("file://{},off", world.place.proxy().display()),
    );
    assert!(world.list().is_some());
    // Letters are escaped in file names.
    let world = World::new(
        "go 1.20\nrequire x.y/Big v1.0.0-RC1",
        &modules("Big@v1.0.0-RC1 1.20:"),
    );
    assert!(
        world
            .place
            .proxy()
            .join("x.y/!big/@v/v1.0.0-!r!c1.mod")
            .is_file()
    );
    assert_eq!(world.list().as_deref(), Some("main, Big v1.0.0-RC1"));
    // Lists are partial or empty: versions that they lack are served by name.
    for list in ["v1.2.0\n", ""] {
        let world = World::new(
            "go 1.20\nrequire x.y/a v1.2.0",
            &modules("a@v1.0.0 1.20:\na@v1.1.0 1.20:\na@v1.2.0 1.20:"),
        )
        .with_zips();
        fs::write(world.place.proxy().join("x.y/a/@v/list"), list).unwrap();
        assert_eq!(
            world.plan(&["a@v1.1.0"]).unwrap(),
            "main, a v1.1.0",
            "{list:?}"
        );
    }
}

#[test]
fn trap_15_go_get_is_a_yardstick() {
    // What go get does here within ten seconds; `None` when it does not come back.
    let get = |world: &World, target: &str| {
        let limit = Duration::from_secs(10);
        let main = world.place.main();
        world
            .tools
            .go_within(limit, &world.place, &main, "", &["get", target])
    };
    // A pre-release is not taken for the next lower version.
    let rest = modules(
        "a@v1.0.0 1.20: b@v1.0.0
         a@v1.1.0-rc.1 1.20: b@v1.0.0
         a@v1.1.0 1.20: b@v1.1.0
         b@v1.0.0 1.20:
         b@v1.1.0 1.20:",
    );
    let go_mod = "go 1.20\nrequire x.y/a v1.1.0\nrequire x.y/b v1.1.0";
    let plan = ["b@v1.0.0", "--strategy", "require"];
    let world = World::new(go_mod, &rest).with_zips();
    assert_eq!(world.plan(&plan).unwrap(), "main, a v1.0.0, b v1.0.0");
    let world = World::new(go_mod, &rest).with_zips();
    if world.tools.has_go() {
        get(&world, "x.y/b@v1.0.0");
        assert_eq!(
            world.list().as_deref(),
            Some("main, a v1.1.0-rc.1, b v1.0.0")
        );
    }
    // A direct requirement is not dropped.
    let rest = modules("a@v1.1.0 1.20: b@v1.1.0\nb@v1.0.0 1.20:\nb@v1.1.0 1.20:");
    let world = World::new(go_mod, &rest).with_zips();
    let refused = world.plan(&plan).unwrap_err();
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(world.go_mod().contains("x.y/a v1.1.0"));
    if world.tools.has_go() {
        get(&world, "x.y/b@v1.0.0");
        assert!(!world.go_mod().contains("x.y/a"), "{}", world.go_mod());
    }
    // A cyclic world in which it may not end.
    let rest = modules(
        "a@v1.0.0 1.16: b@v1.0.0
         a@v1.1.0 1.16: b@v1.1.0
         b@v1.0.0 1.16: a@v1.0.0
         b@v1.1.0 1.16: a@v1.1.0 c@v1.1.0
         c@v1.0.0 1.16: b@v1.0.0
         c@v1.1.0 1.16: a@v1.1.0",
    );
    let go_mod = "go 1.16\nrequire x.y/a v1.1.0\nrequire x.y/b v1.1.0\nrequire x.y/c v1.1.0";
    let world = World::new(go_mod, &rest).with_zips();
    let list = world.plan(&["c@v1.0.0", "--strategy", "require"]).unwrap();
    assert_eq!(list, "main, a v1.0.0, b v1.0.0, c v1.0.0");
}
