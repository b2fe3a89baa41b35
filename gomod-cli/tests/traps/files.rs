//! What go.mod files and arguments may say: versions, lenient files, major versions, queries.

use std::fs;

use crate::world::{World, modules};
use crate::worlds::archive::put;

#[test]
fn trap_01_versions() {
    // Pre-releases are below releases, numbers in them compare as numbers, of any length; of the
    // pseudo-versions each is above what it was made after.
    let order = [
        "v0.0.0-20200101000000-abcdefabcdef",
        "v0.9.0",
        "v1.0.0-alpha",
        "v1.0.0-alpha.1",
        "v1.0.0-rc.2",
        "v1.0.0-rc.10",
        "v1.0.0-rc.10.0.20200101000000-abcdefabcdef",
        "v1.0.0",
        "v1.0.1-0.20200101000000-abcdefabcdef",
        "v1.9.0",
        "v1.10.0",
        "v1.18446744073709551616.0",
        "v1.99999999999999999999.0",
        "v2.0.0+incompatible",
    ];
    for pair in order.windows(2) {
        let (low, high) = (pair[0], pair[1]);
        let world = World::new(
            "require x.y/b v1.0.0\nrequire x.y/c v1.0.0",
            &modules(&format!(
                "a@{low} -:\na@{high} -:\nb@v1.0.0 -: a@{high}\nc@v1.0.0 -: a@{low}"
            )),
        );
        assert_eq!(
            world.list().unwrap(),
            format!("main, a {high}, b v1.0.0, c v1.0.0")
        );
    }
    // In dependencies too: metadata is dropped, short versions are filled up, branches are errors.
    for (written, read) in [
        ("v1.0.0+meta", Some("v1.0.0")),
        ("v1.0", Some("v1.0.0")),
        ("v1", Some("v1.0.0")),
        ("master", None),
        ("v1.0.0.0", None),
    ] {
        let world = World::new(
            "require x.y/b v1.0.0",
            &modules(&format!("a@v1.0.0 -:\nb@v1.0.0 -: a@{written}")),
        );
        let expected = read.map(|read| format!("main, a {read}, b v1.0.0"));
        assert_eq!(world.list(), expected, "{written}");
    }
    // 1.21 < 1.21rc1 < 1.21.0: a go line below that of a dependency must be raised.
    for (main, dependency, good) in [
        ("1.21rc1", "1.21", true),
        ("1.21", "1.21rc1", false),
        ("1.21.0", "1.21rc1", true),
        ("1.21rc1", "1.21.0", false),
        ("1.21.0", "1.21", true),
        ("1.21", "1.21.0", false),
    ] {
        let world = World::new(
            &format!("go {main}\nrequire x.y/a v1.0.0"),
            &modules(&format!("a@v1.0.0 {dependency}:")),
        );
        assert_eq!(world.list().is_some(), good, "{main} {dependency}");
        let go = if good { main } else { dependency };
        assert!(world.graph().unwrap().contains(&format!("main go@{go}, ")));
    }
}

#[test]
fn trap_06_leniency() {
    let lenient = |go_mod: &str| {
        let text = format!(
            "-- main/go.mod --\nmodule x.y/main\nrequire x.y/a v1.0.0\n-- proxy/x.y/b@v1.0.0 --\nmodule x.y/b\n-- proxy/x.y/a@v1.0.0 --\nmodule x.y/a\n{go_mod}\n"
        );
        World::of(&text).list()
    };
    let fine = Some("main, a v1.0.0".to_owned());
    for go_mod in [
        "frobnicate now",
        "go 1.20.bad",
        "go v1.20.x",
        "replace x.y/b => nonsense",
        "exclude x.y/b master",
        "tool",
        "toolchain nonsense",
        "godebug x",
        "retract [v1, v2",
        "frobnicate (\n)",
    ] {
        assert_eq!(lenient(go_mod), fine, "{go_mod}");
    }
    // Requirements are checked all the same.
    for go_mod in [
        "require x.y/b",
        "require x.y/b/v2 v1.0.0",
        "require x.y/b v2.0.0",
        "require x.y/b master",
        "go x",
        "go 1.20\ngo 1.20",
        "require (",
        "/* c */",
    ] {
        assert_eq!(lenient(go_mod), None, "{go_mod}");
    }
    assert_eq!(
        lenient("require x.y/b v1.0.0"),
        Some("main, a v1.0.0, b v1.0.0".into())
    );
    // The main module's file is read strictly.
    for (go_mod, good) in [
        ("frobnicate now", false),
        ("go 1.20.bad", false),
        ("toolchain nonsense", false),
        ("replace x.y/b => nonsense", false),
        ("retract [v1.0.0, v1.1.0]", true),
    ] {
        assert_eq!(World::new(go_mod, "").list().is_some(), good, "{go_mod}");
    }
    for (text, good) in [
        ("\u{feff}module x.y/main\n", false),
        (
            "module x.y/main\r\n\r\nrequire (\r\n\tx.y/b v1.0.0 // c\r\n)\r\n",
            true,
        ),
        ("module x.y/main\rrequire x.y/b v1.0.0\n", false),
    ] {
        let world = World::new("", &modules("b@v1.0.0 -:"));
        put(&world.place.main().join("go.mod"), text);
        assert_eq!(world.list().is_some(), good, "{text:?}");
    }
}

#[test]
fn trap_08_major_versions() {
    let served = "\
-- proxy/x.y/a@v1.0.0 --
module x.y/a
-- proxy/x.y/a@v2.0.0+incompatible --
module x.y/a
-- proxy/x.y/a/v2@v2.0.0 --
module x.y/a/v2
-- proxy/x.y/a/v2@v2.1.0 --
module x.y/a/v2
-- proxy/gopkg.in/b.v1@v1.0.0 --
module gopkg.in/b.v1
-- proxy/gopkg.in/b.v2@v2.0.0 --
module gopkg.in/b.v2
-- proxy/gopkg.in/b.v1@v0.0.0-20200101000000-abcdefabcdef --
module gopkg.in/b.v1
";
    // A source may serve what should not be; most of it is not even asked for.
    let mut served = served.to_owned();
    for wrong in [
        "x.y/a@v2.0.0",
        "x.y/a@v1.0.0+incompatible",
        "x.y/a/v2@v1.0.0",
        "x.y/a/v2@v2.0.0+incompatible",
        "x.y/a/v3@v2.0.0",
        "gopkg.in/b.v1@v2.0.0",
    ] {
        let path = wrong.split('@').next().unwrap();
        served.push_str(&format!("-- proxy/{wrong} --\nmodule {path}\n"));
    }
    let served = &*served;
    for (line, good) in [
        ("x.y/a v1.0.0", true),
        ("x.y/a v2.0.0", false),
        ("x.y/a v2.0.0+incompatible", true),
        ("x.y/a v1.0.0+incompatible", true), // odd, but go takes it
        ("x.y/a/v2 v2.0.0", true),
        ("x.y/a/v2 v1.0.0", false),
        ("x.y/a/v2 v2.0.0+incompatible", true),
        ("x.y/a/v3 v2.0.0", false),
        ("x.y/a/v1 v1.0.0", false),
        ("x.y/a/v0 v0.0.0", false),
        ("x.y/a/v02 v2.0.0", false),
        ("gopkg.in/b.v1 v1.0.0", true),
        ("gopkg.in/b.v2 v2.0.0", true),
        ("gopkg.in/b.v1 v2.0.0", false),
        ("gopkg.in/b v1.0.0", false),
        ("gopkg.in/b.v1 v0.0.0-20200101000000-abcdefabcdef", true),
    ] {
        let world = World::new(&format!("require {line}"), served);
        assert_eq!(world.list().is_some(), good, "{line}");
        let expected = (!good).then_some(3).or(Some(0));
        assert_eq!(world.gomod(&["graph"]).code, expected, "{line}");
        world.graph();
    }
    // Major versions with paths of their own are selected side by side.
    let world = World::new("require x.y/a v1.0.0\nrequire x.y/a/v2 v2.1.0", served);
    assert_eq!(world.list().as_deref(), Some("main, a v1.0.0, a/v2 v2.1.0"));
}

#[test]
fn trap_12_queries() {
    let served = "\
        a@v1.8.0 -:
        a@v1.9.0 -:
        a@v1.9.4 -:
        a@v1.9.5-rc.1 -:
        a@v1.10.0 -:
        a@v1.11.0-rc.1 -:
        a@v1.12.1-rc.1 -:
        a@v1.13.0 -:";
    for (query, version) in [
        ("v1.9", Some("v1.9.4")),
        ("v1.10", Some("v1.10.0")),
        ("v1.11", None), // a pre-release of v1.11.0 is below v1.11
        ("v1.12", Some("v1.12.1-rc.1")),
        ("<v1.10.0", Some("v1.9.4")),
        ("<=v1.9.0", Some("v1.9.0")),
        ("<=v1.12.9", Some("v1.10.0")), // releases beat pre-releases
        (">v1.8.0", Some("v1.9.0")),
        (">=v1.9.1", Some("v1.9.4")),
        ("v1.9.0", Some("v1.9.0")),
        ("v1.9.5-rc.1", Some("v1.9.5-rc.1")),
        ("v1.7", None),
        ("<=v1.9", None),
        (">v1", None),
        ("none", Some("")),
    ] {
        let world = World::new("require x.y/a v1.13.0", &modules(served));
        let world = match query {
            "none" => world, // nothing imports it
            _ => world.with_zips(),
        };
        let planned = world.gomod(&["plan-downgrade", "--write", &format!("a@{query}")]);
        let list = world.list().unwrap();
        let found = planned
            .ok()
            .then(|| list.strip_prefix("main, a ").unwrap_or_default());
        assert_eq!(found, version, "{query}: {planned:?}");
        if query != "none"
            && let Some(go) = world.go(&["list", "-m", &format!("x.y/a@{query}")])
        {
            let found = go
                .ok()
                .then(|| go.stdout.trim().strip_prefix("x.y/a ").unwrap());
            assert_eq!(found, version, "go: {query}: {go:?}");
        }
    }
    // latest and v1 mean today's version: nothing to do.
    let world = World::new("require x.y/a v1.13.0", &modules(served)).with_zips();
    for query in ["latest", "v1", "v1.13"] {
        assert_eq!(
            world.plan(&[&format!("a@{query}")]).unwrap(),
            "main, a v1.13.0"
        );
    }
    // go@1.21 is the latest 1.21.x, go@1.20 stays as written.
    let toolchains = ["1.20.1", "1.21.0", "1.21.5", "1.21rc2", "1.22.0"];
    for (query, line) in [
        ("go@1.21", "go 1.21.5"),
        ("go@1.20", "go 1.20"),
        ("go@1.21.0", "go 1.21.0"),
    ] {
        let world = World::new("go 1.22.0", "");
        let directory = world.place.proxy().join("golang.org/toolchain/@v");
        fs::create_dir_all(&directory).unwrap();
        let version = |go: &str| format!("v0.0.1-go{go}.linux-amd64");
        let mut list = String::new();
        for go in toolchains {
            let version = version(go);
            list.push_str(&format!("{version}\n"));
            let info = format!("{{\"Version\":\"{version}\",\"Time\":\"2020-01-01T00:00:00Z\"}}");
            fs::write(directory.join(format!("{version}.info")), info).unwrap();
        }
        fs::write(directory.join("list"), list).unwrap();
        if let Some(go) = world.go(&["list", "-m", query]) {
            assert_eq!(go.stdout.trim(), line, "{go:?}");
        }
        world.plan(&[query]).unwrap();
        assert!(
            world.go_mod().contains(&format!("\n{line}\n")),
            "{query}: {}",
            world.go_mod()
        );
    }
}
