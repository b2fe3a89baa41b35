//! The attacks.

use std::fs;

use crate::scene::{Attack, BEFORE, Place, SIZE, forked, honestly, log, number, signer};
use crate::support::transparency_log::{TestSigner, head_text};
use crate::support::{Reply, World, mod_hash};

/// The look-up that is lied about.
const B: &str = "/lookup/example.com/b@v1.2.0";
const CACHED: &str = "cache/cache/download/example.com/b/@v/v1.2.0";

fn ok(body: Vec<u8>) -> Reply {
    Reply::Body(200, "text/plain", body)
}

/// An answer to the look-up of b, changed; all others are honest.
fn only_b(path: &str, answer: Vec<u8>, change: impl Fn(Vec<u8>) -> Vec<u8>) -> Reply {
    match path == B {
        true => ok(change(answer)),
        false => honestly(path, answer),
    }
}

/// The record of b with any note behind it.
fn with_note(path: &str, answer: Vec<u8>, note: impl Fn() -> Vec<u8>) -> Reply {
    only_b(path, answer, |_| log().lookup_with(number(B), &note()))
}

/// The tiles of a level, with their first byte changed.
fn tile_of(level: u8, path: &str, mut answer: Vec<u8>) -> Reply {
    if path.starts_with(&format!("/tile/8/{level}/")) && !answer.is_empty() {
        answer[0] ^= 1;
    }
    ok(answer)
}

/// A log that tells everything of another one, at a size.
fn fork_at(size: u64, path: &str) -> Reply {
    let fork = forked();
    let answer = match path.starts_with("/lookup/") {
        true => Some(fork.lookup(number(path), size)),
        false => fork.tile(path.trim_start_matches('/'), size),
    };
    answer.map_or_else(|| Reply::status(404), ok)
}

fn no_files(_: &World) {}

/// An attack by a server.
const fn by(
    place: Place,
    name: &'static str,
    codes: &'static [i32],
    naming: &'static [&'static str],
    lie: crate::scene::Lie,
) -> Attack {
    Attack {
        name,
        place,
        lie,
        files: no_files,
        codes,
        naming,
    }
}

const fn on_files(
    name: &'static str,
    codes: &'static [i32],
    naming: &'static [&'static str],
    files: fn(&World),
) -> Attack {
    Attack {
        name,
        place: Place::Files,
        lie: honestly,
        files,
        codes,
        naming,
    }
}

pub const ATTACKS: &[Attack] = &[
    by(
        Place::Log,
        "slow body, a byte a second",
        &[3],
        &["lookup/example.com/b@v1.2.0", "within"],
        |path, answer| match path == B {
            true => Reply::Slow(answer),
            false => ok(answer),
        },
    ),
    by(
        Place::Proxy,
        "go.mod: slow body, a byte a second",
        &[3],
        &["v1.2.0.mod", "within"],
        |path, answer| match path.ends_with(".mod") {
            true => Reply::Slow(vec![b'x'; 1000]),
            false => ok(answer),
        },
    ),
    // What the others are compared with: without a lie both accept.
    by(Place::Log, "none: an honest log", &[0], &[], honestly),
    by(Place::Proxy, "none: an honest proxy", &[0], &[], honestly),
    by(
        Place::Log,
        "changed record",
        &[4],
        &["lookup/example.com/b@v1.2.0", "has the hash"],
        |path, answer| {
            only_b(path, answer, |answer| {
                let text = String::from_utf8(answer).unwrap();
                with_evil_hash(&text).into_bytes()
            })
        },
    ),
    by(
        Place::Log,
        "changed tile, level 0",
        &[4],
        &["tile/8/0/"],
        |path, answer| tile_of(0, path, answer),
    ),
    by(
        Place::Log,
        "changed tile, level 1",
        &[4],
        &["tile/8/1/"],
        |path, answer| tile_of(1, path, answer),
    ),
    by(
        Place::Log,
        "changed tile, level 2",
        &[4],
        &["tile/8/2/"],
        |path, answer| tile_of(2, path, answer),
    ),
    by(
        Place::Log,
        "truncated tile",
        &[4],
        &["tile/8/0/", "bytes instead of"],
        |path, mut answer| {
            if path.starts_with("/tile/8/0/") {
                answer.truncate(answer.len().saturating_sub(1));
            }
            ok(answer)
        },
    ),
    by(
        Place::Log,
        "overlong tile",
        &[4],
        &["tile/8/0/", "bytes instead of"],
        |path, mut answer| {
            if path.starts_with("/tile/8/0/") && !answer.is_empty() {
                answer.push(0);
            }
            ok(answer)
        },
    ),
    by(
        Place::Log,
        "forged signature",
        &[4],
        &["b@v1.2.0", "signature"],
        |path, answer| {
            with_note(path, answer, || {
                let head = head_text(SIZE, &log().root(SIZE));
                let other = signer().line(&head_text(SIZE, &log().root(BEFORE)));
                format!("{head}\n{other}").into_bytes()
            })
        },
    ),
    by(
        Place::Log,
        "missing signature",
        &[3, 4],
        &["b@v1.2.0"],
        |path, answer| {
            with_note(path, answer, || {
                format!("{}\n", head_text(SIZE, &log().root(SIZE))).into_bytes()
            })
        },
    ),
    by(
        Place::Log,
        "another key",
        &[4],
        &["b@v1.2.0"],
        |path, answer| {
            with_note(path, answer, || {
                TestSigner::new("sums.example", 66).sign(&head_text(SIZE, &log().root(SIZE)))
            })
        },
    ),
    by(
        Place::Log,
        "wrong tree size, rightly signed",
        &[4],
        &["two contradicting trees", "signed: "],
        |path, answer| {
            with_note(path, answer, || {
                signer().sign(&head_text(SIZE - 1, &log().root(SIZE)))
            })
        },
    ),
    by(
        Place::Log,
        "record outside the tree",
        &[4],
        &["is not within the tree of 3 records"],
        |path, answer| match path.starts_with("/lookup/") {
            true => ok(log().lookup(number(path), 3)),
            false => match log().tile(path.trim_start_matches('/'), 3) {
                Some(tile) => ok(tile),
                None => {
                    let _ = answer;
                    Reply::status(404)
                }
            },
        },
    ),
    by(
        Place::Log,
        "record of another module",
        &[4],
        &["lookup/example.com/b@v1.2.0", "lacks the checksum line"],
        |path, answer| {
            only_b(path, answer, |_| {
                log().lookup(number("/lookup/example.com/a@v1.2.0"), SIZE)
            })
        },
    ),
    by(
        Place::Log,
        "look-up with trailing data",
        &[3, 4],
        &["b@v1.2.0"],
        |path, answer| {
            only_b(path, answer, |mut answer| {
                answer.extend(b"and more\n");
                answer
            })
        },
    ),
    by(
        Place::Log,
        "HTML instead of a look-up",
        &[3],
        &["lookup/example.com/b@v1.2.0"],
        |path, answer| match path == B {
            true => Reply::html(),
            false => ok(answer),
        },
    ),
    by(
        Place::Log,
        "endless body",
        &[3],
        &["lookup/example.com/b@v1.2.0", "larger than"],
        |path, answer| match path == B {
            true => Reply::Endless,
            false => ok(answer),
        },
    ),
    by(
        Place::Log,
        "endless tile",
        &[3],
        &["tile/8/0/", "larger than"],
        |path, answer| match path.starts_with("/tile/8/0/") {
            true => Reply::Endless,
            false => ok(answer),
        },
    ),
    by(
        Place::Log,
        "redirect loop",
        &[3],
        &["lookup/example.com/b@v1.2.0", "redirects"],
        |path, answer| match path == B {
            true => Reply::Moved(path.to_owned()),
            false => ok(answer),
        },
    ),
    by(
        Place::LogLater,
        "fork: two histories under one key",
        &[4],
        &["two contradicting trees", "signed: "],
        |path, _| fork_at(SIZE, path),
    ),
    by(
        Place::LogLater,
        "fork at the size that is known",
        &[4],
        &["two contradicting trees", "signed: "],
        |path, _| fork_at(BEFORE, path),
    ),
    by(
        Place::LogLater,
        "fork at a smaller size",
        &[4],
        &["two contradicting trees", "signed: "],
        |path, answer| match path.starts_with("/lookup/") {
            true => fork_at(BEFORE - 400, path),
            false => honestly(path, answer),
        },
    ),
    by(
        Place::LogLater,
        "older tree head replayed (harmless, ignored)",
        &[0],
        &[],
        |path, answer| match path.starts_with("/lookup/") {
            true => ok(log().lookup(number(path), 1000)),
            false => ok(answer),
        },
    ),
    by(
        Place::Proxy,
        "changed go.mod that go.sum knows",
        &[4],
        &["go.sum says", "\"alone\": [\n        \"http://127.0.0.1"],
        |path, answer| match path.ends_with(".mod") {
            true => ok(b"module example.com/b\n\nrequire example.com/evil v1.0.0\n".to_vec()),
            false => ok(answer),
        },
    ),
    by(
        Place::Proxy,
        "HTML instead of a known go.mod",
        &[4],
        &["example.com/b@v1.2.0"],
        |path, answer| match path.ends_with(".mod") {
            true => Reply::Body(200, "text/html", b"<!doctype html>".to_vec()),
            false => ok(answer),
        },
    ),
    by(
        Place::Proxy,
        "endless go.mod",
        &[3],
        &["v1.2.0.mod", "larger than"],
        |path, answer| match path.ends_with(".mod") {
            true => Reply::Endless,
            false => ok(answer),
        },
    ),
    by(
        Place::Proxy,
        "go.mod: redirect loop",
        &[3],
        &["v1.2.0.mod", "redirects"],
        |path, answer| match path.ends_with(".mod") {
            true => Reply::Moved(path.to_owned()),
            false => ok(answer),
        },
    ),
    Attack {
        name: "HTML instead of an unknown go.mod",
        place: Place::ProxyUnknown,
        lie: |path, answer| match path.ends_with(".mod") {
            true => Reply::html(),
            false => ok(answer),
        },
        files: no_files,
        codes: &[3],
        naming: &["example.com/b@v1.2.0"],
    },
    Attack {
        name: "invalid UTF-8 instead of an unknown go.mod",
        place: Place::ProxyUnknown,
        lie: |path, answer| match path.ends_with(".mod") {
            true => ok(b"module \xff\xfe\xfd\xfc\n".to_vec()),
            false => ok(answer),
        },
        files: no_files,
        codes: &[3],
        naming: &["example.com/b@v1.2.0"],
    },
    on_files(
        "go.sum edited: a zip's line",
        &[4],
        &[
            "example.com/b@v1.2.0",
            "\"alone\": [\n        \"go.sum:11\"",
        ],
        |world| {
            edit_sum(world, "b v1.2.0 ");
        },
    ),
    on_files(
        "go.sum edited: a go.mod's line",
        &[4],
        &["example.com/b@v1.2.0", "\"go.sum:12\""],
        |world| {
            edit_sum(world, "b v1.2.0/go.mod ");
        },
    ),
    on_files("cache edited: zip", &[4], &["the cached zip"], |world| {
        let other = World::proxied("example.com/a", "v1.2.0", "zip");
        fs::copy(world.path(&other), world.path(&format!("{CACHED}.zip"))).unwrap();
    }),
    on_files(
        "cache edited: directory",
        &[4],
        &["the cached directory", "changed: p.go"],
        |world| {
            world.write("cache/example.com/b@v1.2.0/p.go", "package evil\n");
        },
    ),
    on_files(
        "cache edited: zip, directory and .ziphash",
        &[4],
        &["the cached .ziphash"],
        |world| {
            fs::remove_file(world.path(&format!("{CACHED}.zip"))).unwrap();
            world.write("cache/example.com/b@v1.2.0/p.go", "package evil\n");
            let text = world.read("cache/example.com/b@v1.2.0/go.mod");
            let files = [("go.mod", text.as_str()), ("p.go", "package evil\n")];
            let files = files.map(|(name, text)| (format!("example.com/b@v1.2.0/{name}"), text));
            world.write(&format!("{CACHED}.ziphash"), &crate::support::h1(&files));
        },
    ),
    on_files(
        "cache edited: .mod",
        &[4],
        &["the cached go.mod"],
        |world| {
            world.write(
                &format!("{CACHED}.mod"),
                "module example.com/b\n\nrequire example.com/other v1.0.0\n",
            );
        },
    ),
    on_files(
        "cache edited: a link out of it",
        &[4],
        &["no regular file"],
        |world| {
            let file = world.path("cache/example.com/b@v1.2.0/p.go");
            fs::remove_file(&file).unwrap();
            #[cfg(unix)]
            std::os::unix::fs::symlink("../../../main/go.mod", &file).unwrap();
        },
    ),
    on_files(
        "cache edited: a look-up",
        &[4],
        &[
            "the go command's cache of the log",
            "lookup/example.com/b@v1.2.0",
        ],
        |world| {
            let record = String::from_utf8(log().lookup(number(B), SIZE)).unwrap();
            let file = "cache/cache/download/sumdb/sums.example/lookup/example.com/b@v1.2.0";
            world.write(file, &with_evil_hash(&record));
        },
    ),
    on_files(
        "cache edited: a tile",
        &[4],
        &["the go command's cache of the log", "tile/8/0/000"],
        |world| {
            let mut tile = log().tile("tile/8/0/000", SIZE).unwrap();
            tile[0] ^= 1;
            let file = world.path("cache/cache/download/sumdb/sums.example/tile/8/0/000");
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, tile).unwrap();
        },
    ),
];

fn edit_sum(world: &World, key: &str) {
    let edited: String = world
        .read("main/go.sum")
        .lines()
        .map(|line| match line.split_once(key) {
            Some((start, _)) => format!("{start}{key}{}\n", mod_hash("evil")),
            None => format!("{line}\n"),
        })
        .collect();
    world.write("main/go.sum", &edited);
}

/// A record with another hash in its second line.
fn with_evil_hash(record: &str) -> String {
    let line = record.lines().nth(1).unwrap();
    let hash = line.rsplit(' ').next().unwrap();
    record.replace(hash, &mod_hash("evil"))
}
