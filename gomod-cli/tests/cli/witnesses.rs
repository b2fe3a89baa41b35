//! A cached zip or directory that cannot be read is a witness too, and the one that stands alone.

use std::fs;
use std::path::Path;

use crate::support::{PAIR, World, database, has_go};

type Change = fn(&World);

const ZIP: &str = "cache/cache/download/example.com/b/@v/v1.2.0.zip";
const DIR: &str = "cache/example.com/b@v1.2.0";

fn gone(path: &Path) {
    let removed = match path.is_dir() {
        true => fs::remove_dir_all(path),
        false => fs::remove_file(path),
    };
    removed.unwrap();
}

const CASES: [(&str, Change, &str); 7] = [
    (
        "a zip that is a directory",
        |world| {
            gone(&world.path(ZIP));
            fs::create_dir(world.path(ZIP)).unwrap();
        },
        "the cached zip",
    ),
    (
        "a zip that links to itself",
        |world| {
            gone(&world.path(ZIP));
            #[cfg(unix)]
            std::os::unix::fs::symlink("v1.2.0.zip", world.path(ZIP)).unwrap();
        },
        "the cached zip",
    ),
    (
        "a cut zip",
        |world| {
            let bytes = fs::read(world.path(ZIP)).unwrap();
            fs::write(world.path(ZIP), &bytes[..bytes.len() / 2]).unwrap();
        },
        "the cached zip",
    ),
    (
        "an empty zip",
        |world| fs::write(world.path(ZIP), "").unwrap(),
        "the cached zip",
    ),
    (
        "a directory that is a file",
        |world| {
            gone(&world.path(DIR));
            fs::write(world.path(DIR), "").unwrap();
        },
        "the cached directory",
    ),
    (
        "a directory that links to itself",
        |world| {
            gone(&world.path(DIR));
            #[cfg(unix)]
            std::os::unix::fs::symlink("b@v1.2.0", world.path(DIR)).unwrap();
        },
        "the cached directory",
    ),
    (
        "a file that links to itself",
        |world| {
            gone(&world.path(&format!("{DIR}/p.go")));
            #[cfg(unix)]
            std::os::unix::fs::symlink("p.go", world.path(&format!("{DIR}/p.go"))).unwrap();
        },
        "the cached directory",
    ),
];

#[cfg(unix)]
#[test]
fn what_cannot_be_read_stands_alone() {
    if !has_go("what_cannot_be_read_stands_alone") {
        return;
    }
    for (name, change, alone) in CASES {
        let mut world = World::new(PAIR).with_filled_cache();
        let (_server, setting) = database(&world, str::to_owned);
        world.set("GOSUMDB", &setting);
        change(&world);
        let run = world.gomod(&["verify", "--format", "json"]);
        assert_eq!(run.code, Some(4), "{name}: {run:?}");
        let report = run.json();
        let finding = report["findings"].as_array().unwrap().iter();
        let finding = finding
            .clone()
            .find(|f| f["code"] == "cache-mismatch")
            .unwrap();
        assert_eq!(
            finding["alone"],
            serde_json::json!([alone]),
            "{name}: {finding}"
        );
        let said = finding["witnesses"]
            .as_array()
            .unwrap()
            .iter()
            .find(|said| said["who"] == alone)
            .unwrap();
        assert!(
            said["note"]
                .as_str()
                .unwrap()
                .starts_with("cannot be read: "),
            "{name}: {said}"
        );
        // `go mod verify` does not pass it either, but for what stands where a directory should be.
        let go = world.go_in("main", &["mod", "verify"]);
        assert_eq!(
            go.code == Some(0),
            name.starts_with("a directory"),
            "{name}: {go:?}"
        );
    }
}

/// What stands where the `.mod` was does no harm to the go command, which fetches it again.
#[cfg(unix)]
#[test]
fn a_mod_that_is_no_file_is_fetched_as_go_does() {
    if !has_go("a_mod_that_is_no_file_is_fetched_as_go_does") {
        return;
    }
    type Put = fn(&Path);
    let cases: [(&str, Put); 4] = [
        ("a directory", |path| fs::create_dir(path).unwrap()),
        ("a link to nothing", |path| {
            std::os::unix::fs::symlink("nowhere", path).unwrap()
        }),
        ("a pipe", |path| {
            let made = std::process::Command::new("mkfifo").arg(path).status();
            assert!(made.unwrap().success());
        }),
        ("a link to itself", |path| {
            std::os::unix::fs::symlink("v1.2.0.mod", path).unwrap()
        }),
    ];
    for (name, put) in cases {
        let world = World::new(PAIR).with_filled_cache();
        let path = world.path(ZIP).with_extension("mod");
        let right = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        put(&path);
        let found = world.gomod(&["verify", "--format", "json"]);
        assert_eq!(found.code, Some(1), "{name}: {found:?}");
        assert!(
            found.stdout.contains("the cached go.mod cannot be read"),
            "{name}: {found:?}"
        );
        let repair = world.gomod(&["verify", "--repair"]);
        assert_eq!(repair.code, Some(0), "{name}: {repair:?}");
        assert!(
            repair.stdout.contains("go.mod put back"),
            "{name}: {repair:?}"
        );
        assert!(fs::symlink_metadata(&path).unwrap().is_file(), "{name}");
        assert_eq!(fs::read(&path).unwrap(), right, "{name}");
        assert!(
            !path.with_file_name("nowhere").exists(),
            "the link was followed"
        );

        if name == "a pipe" {
            continue; // go waits on it without end
        }
        fs::remove_file(&path).unwrap();
        put(&path);
        let go = world.go_in("main", &["list", "-m", "all"]);
        assert_eq!(go.code, Some(0), "{name}: {go:?}");
    }
}
