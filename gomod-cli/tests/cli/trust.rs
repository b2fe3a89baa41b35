//! What does not hold ends with exit code 4, and is neither used nor kept.

use crate::support::transparency_log::TestSigner;
use crate::support::{PAIR, Reply, Server, World, database, tree};

#[test]
fn a_tampered_line_of_go_sum() {
    let world = World::new(PAIR);
    let sums = world.read("main/go.sum");
    let wrong = crate::support::mod_hash("module example.com/evil\n");
    let tampered: String = sums
        .lines()
        .map(|line| match line.split_once("b v1.2.0/go.mod ") {
            Some((start, _)) => format!("{start}b v1.2.0/go.mod {wrong}\n"),
            None => format!("{line}\n"),
        })
        .collect();
    assert_ne!(sums, tampered);
    world.write("main/go.sum", &tampered);
    for args in [
        &["list"][..],
        &["graph"],
        &["why", "a"],
        &["plan-downgrade", "a@v1.0.0", "--write"],
        &["lock"],
    ] {
        let error = world.refused(
            4,
            args,
            &["example.com/b@v1.2.0: checksum mismatch", &wrong, "go.sum"],
        );
        assert!(error.contains("do not use this content"), "{error}");
    }
    let cached = tree(&world.path("cache"));
    let kept = |path: &std::path::PathBuf| {
        path.to_string_lossy()
            .contains("example.com/b/@v/v1.2.0.mod")
    };
    assert!(
        !cached.keys().any(kept),
        "a go.mod whose hash does not hold was cached"
    );
}

#[test]
fn the_database_agrees() {
    let mut world = World::new(PAIR);
    let (server, setting) = database(&world, str::to_owned);
    world.set("GOSUMDB", &setting);
    world.write("main/go.sum", &world.sums(|name| name.ends_with("v1.2.0")));
    let page = world
        .gomod(&[
            "plan-downgrade",
            "a@v1.0.0",
            "--strategy",
            "require",
            "--write",
        ])
        .ok();
    assert!(
        page.contains(
            "2 of the versions selected anew, proven to be in sums.example (a tree of 6 records)"
        ),
        "{page}"
    );
    assert!(
        server
            .seen()
            .iter()
            .any(|path| path == "/lookup/example.com/b@v1.0.0")
    );
    let sums = world.read("main/go.sum");
    for line in world.sums(|name| name.ends_with("v1.0.0")).lines() {
        assert!(sums.contains(line), "{line}\n{sums}");
    }
    assert_eq!(
        world.gomod(&["list"]).ok(),
        "example.com/main\nexample.com/a v1.0.0\nexample.com/b v1.0.0\n"
    );
}

#[test]
fn the_database_contradicts_the_proxy() {
    let mut world = World::new(PAIR);
    let (_server, setting) = database(&world, str::to_owned);
    world.set("GOSUMDB", &setting);
    world.write("main/go.sum", &world.sums(|name| name.ends_with("v1.2.0")));
    let file = World::proxied("example.com/a", "v1.0.0", "mod");
    world.write(
        &file,
        "module example.com/a\n\ngo 1.21\n\nrequire example.org/evil v1.0.0\n",
    );
    let naming = ["example.com/a@v1.0.0: checksum mismatch", "sums.example"];
    world.refused(4, &["plan-downgrade", "a@v1.0.0", "--write"], &naming);
}

#[test]
fn the_database_contradicts_go_sum() {
    let mut world = World::new(PAIR);
    let wrong = crate::support::mod_hash("other");
    let (_server, setting) = database(&world, |record| match record.contains("/a v1.0.0 ") {
        true => {
            let hash = record.lines().next().unwrap().rsplit(' ').next().unwrap();
            record.replace(hash, &wrong)
        }
        false => record.to_owned(),
    });
    world.set("GOSUMDB", &setting);
    world.refused(
        4,
        &["plan-downgrade", "a@v1.0.0", "--write"],
        &["example.com/a v1.0.0", &wrong],
    );
}

#[test]
fn a_database_that_signs_with_another_key() {
    let mut world = World::new(PAIR);
    let (server, _) = database(&world, str::to_owned);
    let key = TestSigner::new("sums.example", 8).key();
    world.set("GOSUMDB", &format!("{key} {}", server.url()));
    world.write("main/go.sum", &world.sums(|name| name.ends_with("v1.2.0")));
    world.refused(
        4,
        &["plan-downgrade", "a@v1.0.0", "--write"],
        &["example.com/a@v1.0.0"],
    );
}

#[test]
fn a_database_that_cannot_be_asked() {
    let mut world = World::new(PAIR);
    let (server, setting) = database(&world, str::to_owned);
    drop(server);
    world.set("GOSUMDB", &setting);
    world.write("main/go.sum", &world.sums(|name| name.ends_with("v1.2.0")));
    world.refused(
        3,
        &["plan-downgrade", "a@v1.0.0", "--write"],
        &["example.com/a@v1.0.0", "checksum database"],
    );
    let server = Server::start(|_| Reply::status(404));
    let key = setting.split(' ').next().unwrap();
    world.set("GOSUMDB", &format!("{key} {}", server.url()));
    world.refused(
        3,
        &["plan-downgrade", "a@v1.0.0", "--write"],
        &["example.com/a@v1.0.0", "404"],
    );
    world.set("GONOSUMDB", "example.com");
    assert_eq!(
        world
            .gomod(&["plan-downgrade", "a@v1.0.0", "--proxy", "../proxy"])
            .code,
        Some(0)
    );
}

#[test]
fn a_gosumdb_that_makes_no_sense() {
    let mut world = World::new(PAIR);
    world.set("GOSUMDB", "sums.example+nonsense");
    world.write("main/go.sum", "");
    world.refused(
        3,
        &["plan-downgrade", "a@v1.0.0"],
        &["GOSUMDB", "sums.example+nonsense"],
    );
}
