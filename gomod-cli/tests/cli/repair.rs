//! `gomod verify --repair`: many kinds of damage, of which only the damaged modules are touched.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::support::{Server, World, database, has_go};

const MODULES: usize = 300;

/// A main module that imports every one of its modules, in a world with a log.
fn world() -> (World, Server) {
    let mut notation = String::new();
    let mut go_mod = "module example.com/main\n\ngo 1.21\n\nrequire (\n".to_owned();
    let mut source = "package main\n\nimport (\n".to_owned();
    for number in 0..MODULES {
        let _ = writeln!(notation, "m{number}@v1.0.0 go1.21:");
        let _ = writeln!(go_mod, "\texample.com/m{number} v1.0.0");
        let _ = writeln!(source, "\t_ \"example.com/m{number}\"");
    }
    let world = World::with_main(&notation, &(go_mod + ")\n"));
    world.write("main/main.go", &(source + ")\n\nfunc main() {}\n"));
    let mut world = world.with_filled_cache();
    let (server, setting) = database(&world, str::to_owned);
    world.set("GOSUMDB", &setting);
    (world, server)
}

fn file(number: usize, kind: &str) -> String {
    format!("cache/cache/download/example.com/m{number}/@v/v1.0.0.{kind}")
}

fn dir(number: usize) -> String {
    format!("cache/example.com/m{number}@v1.0.0")
}

/// A kind of damage, done to the module of a number.
type Damage = (&'static str, fn(&World, usize));

const KINDS: [Damage; 21] = [
    ("a file is changed", |world, n| {
        overwrite(
            &world.path(&dir(n)).join("p.go"),
            "package broken; func {\n",
        );
    }),
    ("the zip is cut", |world, n| {
        let bytes = fs::read(world.path(&file(n, "zip"))).unwrap();
        fs::write(world.path(&file(n, "zip")), &bytes[..bytes.len() / 2]).unwrap();
    }),
    ("the zip is another module's", |world, n| {
        fs::copy(world.path(&file(n + 1, "zip")), world.path(&file(n, "zip"))).unwrap();
    }),
    ("a file is lost", |world, n| {
        fs::remove_file(world.path(&dir(n)).join("p.go")).unwrap();
    }),
    ("a file is extra", |world, n| {
        fs::write(world.path(&dir(n)).join("x.go"), "package other\n").unwrap();
    }),
    (".mod is changed", |world, n| {
        fs::write(world.path(&file(n, "mod")), "module example.com/other\n").unwrap();
    }),
    (".ziphash is changed", |world, n| {
        fs::write(world.path(&file(n, "ziphash")), "h1:nonsense").unwrap();
    }),
    (".ziphash is lost", |world, n| {
        fs::remove_file(world.path(&file(n, "ziphash"))).unwrap();
    }),
    (".info is cut", |world, n| {
        fs::write(world.path(&file(n, "info")), "{\"Version\":").unwrap();
    }),
    ("temporary files are left over", |world, n| {
        for name in [
            file(n, "zip123.tmp"),
            file(n, "mod45.tmp"),
            dir(n) + ".tmp-6",
        ] {
            fs::write(world.path(&name), "part").unwrap();
            let old = SystemTime::now() - Duration::from_secs(3600);
            let file = File::options().write(true).open(world.path(&name)).unwrap();
            file.set_modified(old).unwrap();
        }
    }),
    ("unpacking was not finished", |world, n| {
        fs::write(world.path(&file(n, "partial")), "").unwrap();
        fs::remove_file(world.path(&dir(n)).join("p.go")).unwrap();
    }),
    ("zip and directory are both changed", |world, n| {
        fs::write(world.path(&file(n, "zip")), "no zip").unwrap();
        overwrite(
            &world.path(&dir(n)).join("p.go"),
            "package broken; func {\n",
        );
    }),
    ("a file is a link", |world, n| {
        let file = world.path(&dir(n)).join("p.go");
        fs::remove_file(&file).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink("/etc/hostname", &file).unwrap();
    }),
    ("the zip is a directory", |world, n| {
        let zip = world.path(&file(n, "zip"));
        fs::remove_file(&zip).unwrap();
        fs::create_dir(&zip).unwrap();
    }),
    ("the directory is a link to another module's", |world, n| {
        let directory = world.path(&dir(n));
        fs::remove_dir_all(&directory).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(world.path(&dir(n + 1)), &directory).unwrap();
    }),
    (".mod is a directory", |world, n| {
        to_directory(world, n, "mod")
    }),
    (".mod is a link to nothing", |world, n| {
        to_loop(&world.path(&file(n, "mod")), "nowhere")
    }),
    (".info is a directory", |world, n| {
        to_directory(world, n, "info")
    }),
    (".ziphash is a directory", |world, n| {
        to_directory(world, n, "ziphash")
    }),
    ("the zip is a link to itself", |world, n| {
        to_loop(&world.path(&file(n, "zip")), "v1.0.0.zip");
    }),
    ("the directory is a link to itself", |world, n| {
        let directory = world.path(&dir(n));
        fs::remove_dir_all(&directory).unwrap();
        fs::write(&directory, "").unwrap();
        to_loop(&directory, directory.file_name().unwrap().to_str().unwrap());
    }),
];

fn to_directory(world: &World, n: usize, kind: &str) {
    let path = world.path(&file(n, kind));
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    fs::write(path.join("x"), "x").unwrap();
}

fn to_loop(path: &Path, target: &str) {
    fs::remove_file(path).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(target, path).unwrap();
}

fn overwrite(path: &Path, text: &str) {
    fs::remove_file(path).unwrap();
    fs::write(path, text).unwrap();
}

/// Each file of the module cache with its content and its inode, but for the log's part.
fn state(world: &World) -> BTreeMap<PathBuf, (Vec<u8>, u64)> {
    let mut files = BTreeMap::new();
    let mut left = vec![world.path("cache")];
    while let Some(dir) = left.pop() {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let meta = fs::symlink_metadata(&path).unwrap();
            if path.ends_with("download/sumdb") || path.extension().is_some_and(|e| e == "lock") {
                continue;
            }
            if meta.is_dir() {
                left.push(path);
            } else {
                files.insert(
                    path.clone(),
                    (fs::read(&path).unwrap_or_default(), inode(&meta)),
                );
            }
        }
    }
    files
}

#[cfg(unix)]
fn inode(meta: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(meta)
}

#[cfg(not(unix))]
fn inode(_: &fs::Metadata) -> u64 {
    0
}

#[test]
fn every_kind_of_damage_among_300_modules() {
    if !has_go("every_kind_of_damage_among_300_modules") {
        return;
    }
    let (world, _server) = world();
    let built = world.go_in("main", &["build", "./..."]);
    assert_eq!(built.code, Some(0), "{built:?}");
    // What the go command indexed of good modules would hide damage from it.
    fs::remove_dir_all(world.path("home/.cache/go-build")).unwrap();
    let good = state(&world);
    let damaged = |n: usize| 10 + n * 13;
    // Some of the damage the go command puts right in passing: it sees one kind only.
    let (first, rest) = KINDS.split_first().unwrap();
    first.1(&world, damaged(0));
    let broken = world.go_in("main", &["build", "./..."]);
    assert_ne!(broken.code, Some(0), "the damage does no harm");
    for (n, (_, damage)) in rest.iter().enumerate() {
        damage(&world, damaged(n + 1));
    }

    let before = world.gomod(&["verify", "--format", "json"]);
    assert_eq!(before.code, Some(4), "{before:?}");
    for (n, (name, _)) in KINDS.iter().enumerate() {
        let module = format!("\"example.com/m{}@v1.0.0\"", damaged(n));
        assert!(before.stdout.contains(&module), "{name} was not seen");
    }
    assert_eq!(before.json()["cache"]["damaged"], KINDS.len());

    let repair = world.gomod(&["verify", "--repair", "--format", "json"]);
    assert_eq!(repair.code, Some(0), "{}", repair.stdout);
    let report = repair.json();
    assert_eq!(report["repaired"].as_array().unwrap().len(), KINDS.len());
    assert_eq!(report["cache"]["damaged"], 0);

    // The content is that of before, and what was good is the same file still.
    let after = state(&world);
    let touched = |path: &Path| {
        (0..KINDS.len()).any(|n| {
            let text = path.to_string_lossy();
            let m = damaged(n);
            text.contains(&format!("/m{m}/@v/")) || text.contains(&format!("/m{m}@v1.0.0"))
        })
    };
    for (path, (bytes, inode)) in &good {
        let Some((now, same)) = after.get(path) else {
            // An unfinished directory is gone: the go command unpacks it when it needs it.
            assert!(
                path.to_string_lossy()
                    .contains(&format!("/m{}@", damaged(10))),
                "{path:?} is gone"
            );
            continue;
        };
        assert!(bytes == now, "{path:?} differs");
        assert!(touched(path) || inode == same, "{path:?} was touched");
    }
    assert!(
        after.keys().all(|path| good.contains_key(path)),
        "something is left behind"
    );

    let built = world.go_in("main", &["build", "./..."]);
    assert_eq!(built.code, Some(0), "{built:?}");
    assert_eq!(world.go_in("main", &["mod", "verify"]).code, Some(0));
    let again = world
        .gomod(&["verify", "--repair", "--format", "json"])
        .json();
    assert_eq!(again["repaired"], serde_json::json!([]));
}

/// Without dropping the entries of the go command's index a repaired module still does not build.
#[test]
fn the_index_of_the_go_command() {
    if !has_go("the_index_of_the_go_command") {
        return;
    }
    let world = World::with_main(
        "a@v1.0.0 go1.21:",
        "module m\n\ngo 1.21\n\nrequire example.com/a v1.0.0\n",
    );
    world.write(
        "main/main.go",
        "package main\n\nimport _ \"example.com/a\"\n\nfunc main() {}\n",
    );
    let mut world = world.with_filled_cache();
    let extra = world.path("cache/example.com/a@v1.0.0/x.go");
    fs::write(&extra, "package other\n").unwrap();
    assert_ne!(world.go_in("main", &["build", "./..."]).code, Some(0));
    let by_hand = |world: &World| {
        fs::remove_file(&extra).unwrap();
        let verified = world.go_in("main", &["mod", "verify"]);
        let built = world.go_in("main", &["build", "./..."]);
        fs::write(&extra, "package other\n").unwrap();
        (verified.code == Some(0), built.code == Some(0))
    };
    assert_eq!(
        by_hand(&world),
        (true, false),
        "go has no such index any more"
    );
    world.unset("GOFLAGS");
    let repair = world.gomod(&["verify", "--repair"]).ok();
    let dropped = "1 entries of the go command's index dropped";
    assert!(repair.contains(dropped), "{repair}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let dir = world.path("cache/example.com/a@v1.0.0");
        let mut permissions = fs::metadata(&dir).unwrap().permissions();
        assert_eq!(permissions.mode() & 0o222, 0, "as go leaves it");
        permissions.set_mode(0o755);
        fs::set_permissions(&dir, permissions).unwrap();
    }
    assert_eq!(world.go_in("main", &["build", "./..."]).code, Some(0));
}

#[test]
fn a_source_that_repeats_the_mismatch() {
    if !has_go("a_source_that_repeats_the_mismatch") {
        return;
    }
    let world = World::with_main(
        "a@v1.0.0 go1.21:\nb@v1.0.0 go1.21:",
        "module m\n\ngo 1.21\n\nrequire example.com/a v1.0.0\n",
    );
    let world = world.with_filled_cache();
    let (zip, other) = (
        "cache/cache/download/example.com/a/@v/v1.0.0.zip",
        World::proxied("example.com/b", "v1.0.0", "zip"),
    );
    let proxied = World::proxied("example.com/a", "v1.0.0", "zip");
    // The proxy serves a zip that is well-formed, and not the one that go.sum knows.
    let evil = evil_zip();
    fs::write(world.path(&proxied), &evil).unwrap();
    fs::write(world.path(zip), &evil).unwrap();
    assert!(world.path(&other).exists());
    let before = crate::support::tree(&world.path("cache"));
    let run = world.gomod(&["verify", "--repair"]);
    assert_eq!(run.code, Some(4), "{run:?}");
    assert!(
        run.stdout.contains("a fresh download of its zip"),
        "{run:?}"
    );
    assert!(run.stdout.contains("no damage of the cache"), "{run:?}");
    let after = crate::support::tree(&world.path("cache"));
    let same = before
        .iter()
        .all(|(path, bytes)| after.get(path) == Some(bytes));
    assert!(same, "the cache was changed");

    // Offline it cannot be fetched at all, which is no security matter.
    let run = world.gomod(&[
        "verify",
        "--repair",
        "--offline",
        "--proxy",
        "https://proxy.example",
    ]);
    assert!(run.stdout.contains("must be fetched"), "{run:?}");
}

fn evil_zip() -> Vec<u8> {
    use std::io::Write as _;
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    zip.start_file("example.com/a@v1.0.0/p.go", options)
        .unwrap();
    zip.write_all(b"package evil\n").unwrap();
    zip.finish().unwrap().into_inner()
}
