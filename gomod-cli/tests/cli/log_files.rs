//! What this machine keeps of the log: a damaged file of it is named, and the log is not accused.

use std::fs;

use crate::support::transparency_log::{TestLog, TestSigner};
use crate::support::{PAIR, Run, Server, World, database, has_go};

const SUMDB: &str = "cache/cache/download/sumdb/sums.example";
const TILE: &str = "tile/8/0/000.p/6";
const LOOKUP: &str = "lookup/example.com/b@v1.2.0";
const LATEST: &str = "home/go/pkg/sumdb/sums.example/latest";

/// A world that has proven its go.sum once.
fn proven() -> (World, Server) {
    let mut world = World::new(PAIR);
    let (server, setting) = database(&world, str::to_owned);
    world.set("GOSUMDB", &setting);
    world.gomod(&["verify"]).ok();
    (world, server)
}

fn finding(run: &Run) -> serde_json::Value {
    let findings = run.json()["findings"].as_array().unwrap().clone();
    let mut severe = findings.into_iter().filter(|f| f["severity"] != "note");
    let first = severe.next().unwrap_or_else(|| panic!("{run:?}"));
    assert_eq!(severe.next(), None, "{run:?}");
    first
}

/// `go` in the same world, which must ask the log for everything.
fn go_asks(world: &mut World) -> Run {
    let sums = world.read("main/go.sum");
    world.write("main/go.sum", "");
    let path = world.path("cache").to_str().unwrap().to_owned();
    let mut command = world.go_command("main", &["mod", "download", "all"]);
    command
        .env("GOMODCACHE", path)
        .env("GOFLAGS", "-mod=mod -modcacherw");
    let output = command.output().unwrap();
    world.write("main/go.sum", &sums);
    Run {
        code: output.status.code(),
        stdout: String::new(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

type Change = fn(&World, &str);

const CHANGES: [(&str, &str, Change, i32); 5] = [
    (
        "a changed tile",
        TILE,
        |world, file| {
            let mut bytes = fs::read(world.path(file)).unwrap();
            bytes[40] ^= 1;
            fs::write(world.path(file), bytes).unwrap();
        },
        4,
    ),
    (
        "a cut tile",
        TILE,
        |world, file| {
            let bytes = fs::read(world.path(file)).unwrap();
            fs::write(world.path(file), &bytes[..100]).unwrap();
        },
        4,
    ),
    (
        "a changed record",
        LOOKUP,
        |world, file| {
            let text = world
                .read(file)
                .replace("example.com/b v1.2.0 h1:", "example.com/b v1.2.0 h1:A");
            world.write(file, &text);
        },
        4,
    ),
    (
        "a look-up that is none",
        LOOKUP,
        |world, file| world.write(file, "nonsense\n"),
        3,
    ),
    (
        "a look-up with another signature",
        LOOKUP,
        |world, file| {
            let text = world.read(file);
            let (start, signature) = text.rsplit_once(' ').unwrap();
            let other = signature.replacen(&signature[8..12], "AAAA", 1);
            world.write(file, &format!("{start} {other}"));
        },
        4,
    ),
];

#[test]
fn damaged_files_of_the_log_are_named_and_fetched_anew() {
    for (name, file, change, code) in CHANGES {
        let (mut world, server) = proven();
        let file = format!("{SUMDB}/{file}");
        let right = fs::read(world.path(&file)).unwrap();
        change(&world, &file);
        let wrong = fs::read(world.path(&file)).unwrap();
        let asked = server.seen().len();

        let offline = world.gomod(&["verify", "--offline", "--format", "json"]);
        assert_eq!(offline.code, Some(code), "{name}: {offline:?}");
        let found = finding(&offline);
        assert_eq!(found["code"], "log-state-damaged", "{name}");
        assert_eq!(found["module"], "the cache of sums.example", "{name}");
        let shown = world.path(&file).display().to_string();
        assert_eq!(found["details"][0], shown, "{name}: {found}");
        assert!(
            found["help"].as_str().unwrap().contains("--repair"),
            "{name}"
        );
        assert_eq!(server.seen().len(), asked, "{name}");

        let online = world.gomod(&["verify", "--format", "json"]);
        assert_eq!(online.code, Some(4), "{name}: {online:?}");
        let found = finding(&online);
        assert_eq!(found["code"], "cache-mismatch", "{name}: {found}");
        assert!(
            found["details"][0].as_str().unwrap().contains(&shown),
            "{name}: {found}"
        );
        assert_eq!(online.json()["log"]["proven"], 12, "{name}: {online:?}");
        assert_eq!(fs::read(world.path(&file)).unwrap(), wrong, "{name}");
        if has_go("damaged_files_of_the_log_are_named_and_fetched_anew") {
            world = world.with_go();
            let go = go_asks(&mut world);
            assert_ne!(go.code, Some(0), "{name}: {go:?}");
        }

        let repaired = world.gomod(&["verify", "--repair", "--format", "json"]);
        assert_eq!(repaired.code, Some(0), "{name}: {repaired:?}");
        assert_eq!(fs::read(world.path(&file)).unwrap(), right, "{name}");
        if has_go("damaged_files_of_the_log_are_named_and_fetched_anew") {
            let go = go_asks(&mut world);
            assert_eq!(go.code, Some(0), "{name}: {go:?}");
        }
        assert_eq!(
            world.gomod(&["verify", "--offline"]).code,
            Some(0),
            "{name}"
        );
    }
}

#[test]
fn a_damaged_tree_head_is_named() {
    let cases: [(&str, Change, i32); 4] = [
        ("nonsense", |world, file| world.write(file, "nonsense\n"), 3),
        (
            "cut",
            |world, file| {
                let text = world.read(file);
                world.write(file, &text[..text.len() / 2]);
            },
            3,
        ),
        (
            "another key",
            |world, file| {
                let mut log = TestLog::new(TestSigner::new("sums.example", 8));
                log.grow(2);
                fs::write(world.path(file), log.head(2)).unwrap();
            },
            4,
        ),
        (
            "a directory",
            |world, file| {
                fs::remove_file(world.path(file)).unwrap();
                fs::create_dir(world.path(file)).unwrap();
            },
            3,
        ),
    ];
    for (name, change, code) in cases {
        let (mut world, server) = proven();
        change(&world, LATEST);
        let asked = server.seen().len();
        let run = world.gomod(&["verify", "--format", "json"]);
        assert_eq!(run.code, Some(code), "{name}: {run:?}");
        let found = finding(&run);
        assert_eq!(found["code"], "log-state-damaged", "{name}");
        assert_eq!(
            found["module"], "the latest tree head of sums.example",
            "{name}"
        );
        let shown = world.path(LATEST).display().to_string();
        assert_eq!(found["details"][0], shown, "{name}");
        assert!(
            found["help"].as_str().unwrap().contains("remove it"),
            "{name}"
        );
        assert_eq!(
            server.seen().len(),
            asked,
            "{name}: nothing is believed that cannot be compared"
        );

        // Other commands name it too.
        world.write("main/go.sum", "");
        let list = world.gomod(&["plan-downgrade", "a@v1.0.0"]);
        assert!(list.stderr.contains(&shown), "{name}: {list:?}");
        assert!(list.code == Some(code), "{name}: {list:?}");
        if has_go("a_damaged_tree_head_is_named") {
            world = world.with_go();
            let go = go_asks(&mut world);
            assert_ne!(go.code, Some(0), "{name}: {go:?}");
        }
    }
}
