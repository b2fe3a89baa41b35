//! Versions in the main module's go.mod that are not canonical: queries to the source, as for `go`.

use crate::support::{World, has_go};

const VERSIONS: &str = "
    a@v1.0.0 go1.21:
    a@v1.0.3 go1.21: b@v1.0.0
    a@v1.1.0 go1.21: b@v1.1.0
    -a@v1.2.0 go1.21:
    a@v1.3.0-rc.1 go1.21:
    b@v1.0.0 go1.21:
    b@v1.1.0 go1.21:
    -c@v0.0.0-20200102030405-abcdefabcdef go1.21:
    old@v1.0.0 go1.21:
    old@v2.0.0+incompatible:
    older@v1.0.0:
    older@v2.0.0+incompatible:
    gopkg.in/d.v2@v2.1.0:
    gopkg.in/d.v2@v2.1.3:
    main@v1.0.0:
    main@v1.0.1:
";

/// A proxy that also knows a branch and a latest version; `older` has no go.mod of its own.
fn world() -> World {
    let mut world = World::new(VERSIONS).with_go();
    let info =
        |version: &str| format!("{{\"Version\":\"{version}\",\"Time\":\"2020-01-02T03:04:05Z\"}}");
    world.write("proxy/example.com/a/@v/master.info", &info("v1.2.0"));
    world.write("proxy/example.com/a/@v/v1.1.0+meta.info", &info("v1.2.0"));
    world.write("proxy/example.com/a/@v/odd.info", &info("v1.2"));
    let pseudo = info("v0.0.0-20200102030405-abcdefabcdef");
    world.write("proxy/example.com/c/@latest", &pseudo);
    world.write(
        "proxy/example.com/older/@v/v1.0.0.mod",
        "module example.com/older\n",
    );
    world.set("GOFLAGS", "-mod=mod");
    world
}

/// What stands behind `module example.com/main`, and whether the go command can load the graph.
const FILES: &[(&str, bool)] = &[
    ("require example.com/a v1.0", true),
    ("require example.com/a v1", true),
    ("require example.com/a v1.3", false),
    ("require example.com/a latest", true),
    ("require example.com/a upgrade", true),
    ("require example.com/a \"<v1.1.0\"", true),
    ("require example.com/a <=v1.0.3", true),
    ("require example.com/a >=v1.0.1", true),
    ("require example.com/a >v1.0.3 // indirect", true),
    ("require example.com/a master", true),
    ("require example.com/a v1.1.0+meta", true),
    ("require example.com/a v1.1.0+other", true),
    ("require example.com/c latest", true),
    ("require example.com/old latest", true),
    ("require example.com/older latest", true),
    ("require example.com/old >=v1.0.1", true),
    ("require gopkg.in/d.v2 v2.1", true),
    ("require gopkg.in/d.v2 v0.0.0-gopkgin-v2.1.0", true),
    ("require gopkg.in/d.v2 v0.0.0-gopkgin-v2", true),
    (
        "require example.com/a v1.0.0\nexclude example.com/a v1.0",
        true,
    ),
    (
        "require example.com/a v1.0.3\nexclude example.com/a v1.0",
        true,
    ),
    (
        "require example.com/a v1.0.0\nreplace example.com/a v1.0 => example.com/a v1.1",
        true,
    ),
    (
        "require example.com/a v1.0.3\nreplace example.com/a v1.0 => example.com/a master",
        true,
    ),
    (
        "require example.com/a v1.0.3\nreplace example.com/a => ../main/local\n",
        true,
    ),
    ("require example.com/b v1.0.0\nretract v1.0", true),
    ("require example.com/b v1.0.0\nretract [v1.0.0, v1.0]", true),
    ("require example.com/b v1.0.0\nretract v1.0.0", true),
    ("require example.com/b v1.0.0\nretract v1.7", false),
    ("require example.com/a none", false),
    ("require example.com/a patch", false),
    ("require example.com/a branch", false),
    ("require example.com/a odd", false),
    ("require example.com/a v1.9", false),
    ("require example.com/a <=v1.0", false),
    ("require example.com/a <v1.0.x", false),
    ("require example.com/a \"\"", false),
    ("require example.com/a v2", false),
    ("require example.com/nowhere latest", false),
    ("require example.com/a/v2 v1.0", false),
    ("require gopkg.in/d.v2 v1", false),
    ("require go 1.21", false),
];

#[test]
fn versions_that_are_queries_beside_go() {
    if !has_go("versions_that_are_queries_beside_go") {
        return;
    }
    let mut world = world();
    world.write("main/local/go.mod", "module example.com/a\n");
    for (rest, good) in FILES {
        let text = format!("module example.com/main\n\ngo 1.21\n\n{rest}\n");
        for flags in ["-mod=readonly", "-mod=mod"] {
            world.set("GOFLAGS", flags);
            for (gomod, go) in [
                (&["list"][..], &["list", "-m", "all"][..]),
                (&["graph"], &["mod", "graph"]),
            ] {
                world.write("main/go.mod", &text);
                let ours = world.gomod(gomod);
                assert_eq!(world.read("main/go.mod"), text, "gomod writes");
                let theirs = world.go_in("main", go);
                assert_eq!(
                    (ours.code == Some(0), &ours.stdout),
                    (theirs.code == Some(0), &theirs.stdout),
                    "{flags} {rest}: {ours:?} {theirs:?}"
                );
                if gomod[0] == "graph" {
                    assert_eq!(ours.code == Some(0), *good, "{rest}: {}", ours.stderr);
                }
                if !good {
                    assert_eq!(ours.code, Some(3), "{ours:?}");
                    assert!(ours.stderr.contains("go.mod:"), "{ours:?}");
                }
            }
        }
    }
}

#[test]
fn queries_in_a_workspace_beside_go() {
    if !has_go("queries_in_a_workspace_beside_go") {
        return;
    }
    let mut world = world();
    world.set("GOFLAGS", "");
    world.write(
        "go.work",
        "go 1.21\n\nuse ./main\n\nreplace example.com/b v1.0 => example.com/b v1.1\n",
    );
    for version in ["v1.0", "master", "v1.9"] {
        let text =
            format!("module example.com/main\n\ngo 1.21\n\nrequire example.com/a {version}\n");
        world.write("main/go.mod", &text);
        for (gomod, go) in [
            (&["list"][..], &["list", "-m", "all"][..]),
            (&["graph"], &["mod", "graph"]),
        ] {
            let (ours, theirs) = (world.gomod(gomod), world.go_in("main", go));
            assert_eq!(
                (ours.code == Some(0), &ours.stdout),
                (theirs.code == Some(0), &theirs.stdout),
                "{version}: {ours:?} {theirs:?}"
            );
        }
    }
}

#[test]
fn a_plan_writes_what_queries_stand_for() {
    let world = world();
    let text = "module example.com/main

go 1.21

require (
\texample.com/a v1 // the newest
\texample.com/b   v1.1.0
)

exclude example.com/b v1.7.0+x

replace example.com/old => example.com/older v1.0

retract [v0.9.0, v1.0]
";
    world.write(
        "proxy/example.com/b/@v/v1.7.0.info",
        r#"{"Version":"v1.7.0"}"#,
    );
    world.write("main/go.mod", text);
    let run = world.gomod(&["plan-downgrade", "b@v1.0.0", "--write"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(
        world.read("main/go.mod"),
        "module example.com/main

go 1.21

require (
\texample.com/a v1.0.3 // the newest
\texample.com/b v1.0.0
)

exclude example.com/b v1.7.0

replace example.com/old => example.com/older v1.0.0

retract [v0.9.0, v1.0.1]
"
    );
    assert_eq!(world.gomod(&["list"]).code, Some(0));
}

/// A workspace whose members have queries in their go.mod files: `one` is planned for, `two` stays.
fn members_with_queries() -> World {
    let mut world = world();
    world.set("GOFLAGS", "");
    std::fs::remove_file(world.path("main/go.mod")).unwrap();
    world.write("main/go.work", "go 1.21\n\nuse ./one\nuse ./two\n");
    for (name, rest) in [
        ("one", "example.com/a v1\n\nrequire example.com/b v1.1"),
        ("two", "example.com/old >=v1.0.0"),
    ] {
        let text = format!("module example.com/{name}\n\ngo 1.21\n\nrequire {rest}\n");
        world.write(&format!("main/{name}/go.mod"), &text);
    }
    world.write("main/go.work.sum", &world.sums(|_| true));
    world
}

#[test]
fn a_plan_for_members_with_queries() {
    let planned = "module example.com/one

go 1.21

require example.com/a v1.0.3

require example.com/b v1.0.0
";
    for saved in [false, true] {
        let world = members_with_queries();
        let before = world.read("main/two/go.mod");
        let page = match saved {
            false => world.gomod(&["plan-downgrade", "b@v1.0.0", "--write"]).ok(),
            true => {
                let save = ["plan-downgrade", "b@v1.0.0", "--out", "plan.json"];
                world.gomod(&save).ok();
                world.gomod(&["apply", "plan.json"]).ok()
            }
        };
        assert!(page.contains("require example.com/a v1\n"), "{page}");
        assert_eq!(world.read("main/one/go.mod"), planned);
        assert_eq!(world.read("main/two/go.mod"), before);
        let list = world.gomod(&["list"]).ok();
        assert!(list.contains("example.com/b v1.0.0\n"), "{list}");
        if has_go("a_plan_for_members_with_queries") {
            let go = world.go_in("main", &["list", "-m", "all"]);
            assert_eq!((go.code, go.stdout), (Some(0), list), "{}", go.stderr);
        }
    }
}

#[test]
fn a_query_offline() {
    let world = World::with_main(VERSIONS, "module m\n\nrequire example.com/a v1.0\n");
    let server = world.serve(|_| None);
    let mut world = world;
    world.set("GOPROXY", &server.url());
    world.refused(
        3,
        &["list", "--offline"],
        &["go.mod:3:23", "v1.0", "offline"],
    );
    assert_eq!(server.seen(), Vec::<String>::new());
}
