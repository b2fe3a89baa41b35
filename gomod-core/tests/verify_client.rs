//! The checksum database client against an honest log in memory.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/log_server.rs"]
mod log_server;
#[path = "support/transparency_log.rs"]
mod transparency_log;

use std::collections::BTreeSet;

use gomod_core::model::{ModulePath, Version};
use gomod_core::verify::{Client, Need, VerifyError};
use proptest::prelude::*;

use log_server::{ask, client, drive, drive_with, name, not_found, outcome, signer};
use transparency_log::{TestLog, record_text};

fn log(size: u64) -> TestLog {
    TestLog::with_modules(signer(), size)
}

#[test]
fn many_modules_at_once() {
    let log = log(1_000);
    let mut client = client();
    ask(&mut client, (0..1_000).step_by(3));
    let run = drive(&mut client, &log, 1_000);
    for number in (0..1_000).step_by(3) {
        let record = outcome(&client, number).unwrap();
        assert_eq!((record.number, record.tree_size), (number, 1_000));
        let (path, version) = name(number);
        let lines = format!(
            "{path} {version} {}\n{path} {version}/go.mod {}\n",
            record.zip, record.go_mod
        );
        assert_eq!(
            lines,
            record_text(path.as_str(), version.as_str(), number as u8)
        );
    }
    // Look-ups, then all tiles together: three full ones of records and the edge at two levels.
    assert_eq!((run.rounds, run.requests.len()), (2, 334 + 5));
    let statistics = client.statistics();
    assert_eq!((statistics.lookups, statistics.tiles), (334, 5));
    assert_eq!(statistics.proofs, 334);
    assert_eq!(client.latest(), Some(log.head(1_000).as_slice()));
    assert!(
        run.requests
            .contains(&"lookup/example.com/!mod3@v1.3.0".into())
    );
}

#[test]
fn what_is_proven_is_cacheable_once() {
    let log = log(600);
    let mut first = client();
    ask(&mut first, [5, 599]);
    let run = drive(&mut first, &log, 600);
    let cache = first.cacheable();
    let paths: BTreeSet<String> = cache.iter().map(|(path, _)| path.clone()).collect();
    assert_eq!(paths, run.requests.into_iter().collect());
    for (path, data) in &cache {
        assert_eq!(Some(data), log.serve(path, 600).as_ref());
    }
    assert_eq!(first.cacheable(), []);

    // From the cache alone, and nothing of it is to be written again.
    let mut second = client();
    ask(&mut second, [5, 599]);
    loop {
        let needs = second.needs();
        if needs.is_empty() {
            break;
        }
        for need in &needs {
            let (_, data) = cache
                .iter()
                .find(|(path, _)| *path == need.remote_path())
                .unwrap();
            second.feed_cached(need, data);
        }
    }
    assert_eq!(outcome(&second, 5).unwrap(), outcome(&first, 5).unwrap());
    assert_eq!(second.cacheable(), []);
    assert_eq!(second.statistics(), first.statistics());
}

#[test]
fn the_log_grows_between_runs_and_within_one() {
    let log = log(2_000);
    let mut kept: Option<Vec<u8>> = None;
    for size in [1, 2, 255, 256, 257, 511, 600, 1_999, 2_000] {
        let mut client = Client::new(&signer().key(), kept.as_deref()).unwrap();
        ask(&mut client, [0, size / 2, size - 1]);
        drive(&mut client, &log, size);
        for number in [0, size / 2, size - 1] {
            assert_eq!(outcome(&client, number).unwrap().tree_size, size);
        }
        kept = client.latest().map(Into::into);
        assert_eq!(kept, Some(log.head(size)));
    }

    let mut client = client();
    for size in [3, 100, 256, 700, 1_024] {
        ask(&mut client, [size - 2, size - 1]);
        drive(&mut client, &log, size);
        assert_eq!(outcome(&client, size - 1).unwrap().tree_size, size);
        assert_eq!(outcome(&client, 2).unwrap().tree_size, 3);
    }
}

#[test]
fn heads_of_many_sizes_in_one_batch() {
    let log = log(1_500);
    let size_of = |number: u64| 201 + number * 24;
    let mut client = Client::new(&signer().key(), Some(&log.head(777))).unwrap();
    ask(&mut client, 0..50);
    let run = drive_with(&mut client, |path| {
        let Some(rest) = path.strip_prefix("lookup/example.com/!mod") else {
            return log.serve(path, 1_500);
        };
        let number: u64 = rest.split('@').next()?.parse().ok()?;
        Some(log.lookup(number, size_of(number)))
    });
    for number in 0..50 {
        assert_eq!(outcome(&client, number).unwrap().tree_size, size_of(49));
    }
    assert_eq!(run.rounds, 2);
    // Each record, each head but the newest (777 is one that was known), and the step from 777.
    assert_eq!(client.statistics().proofs, 50 + 48 + 1);
    assert_eq!(client.latest(), Some(log.head(size_of(49)).as_slice()));
}

#[test]
fn the_latest_head_never_goes_back() {
    let log = log(900);
    let mut client = Client::new(&signer().key(), Some(&log.head(900))).unwrap();
    ask(&mut client, [7]);
    drive_with(&mut client, |path| match path.starts_with("lookup/") {
        true => Some(log.lookup(7, 300)), // an older answer, as a cache may hold it
        false => log.serve(path, 900),
    });
    assert_eq!(outcome(&client, 7).unwrap().tree_size, 900);
    assert_eq!(client.latest(), Some(log.head(900).as_slice()));
}

#[test]
fn repeated_questions_are_joined() {
    let log = log(10);
    let mut client = client();
    ask(&mut client, [4, 4, 5, 4]);
    let needs = client.needs();
    assert_eq!(needs.len(), 2);
    assert_eq!(client.needs(), []);
    ask(&mut client, [4]);
    assert_eq!(client.needs(), []);
    for need in &needs {
        client.feed(need, Ok(&log.serve(&need.remote_path(), 10).unwrap()));
    }
    drive(&mut client, &log, 10);
    ask(&mut client, [4]);
    assert_eq!(client.needs(), []);
    assert!(outcome(&client, 4).is_ok());
}

#[test]
fn answers_one_at_a_time() {
    let log = log(700);
    let mut client = client();
    ask(&mut client, (0..700).step_by(50));
    let mut open: Vec<Need> = Vec::new();
    loop {
        open.extend(client.needs());
        let Some(need) = open.pop() else { break };
        client.feed(&need, Ok(&log.serve(&need.remote_path(), 700).unwrap()));
    }
    assert!(
        (0..700)
            .step_by(50)
            .all(|number| outcome(&client, number).is_ok())
    );
}

#[test]
fn a_full_tile_serves_for_a_partial_one() {
    let log = log(800);
    // The answers are from when the log had 300 records; by now its partial tiles are gone.
    let mut client = client();
    ask(&mut client, [1, 299]);
    let run = drive_with(&mut client, |path| match path {
        _ if path.starts_with("lookup/") => log.serve(path, 300),
        "tile/8/0/001.p/44" => None,
        _ => log.serve(path, 800),
    });
    assert!(outcome(&client, 1).is_ok() && outcome(&client, 299).is_ok());
    assert!(run.requests.contains(&"tile/8/0/001".into()));
    // Only the part of it that was proven is kept.
    let cache = client.cacheable();
    let (_, data) = cache
        .iter()
        .find(|(path, _)| path == "tile/8/0/001.p/44")
        .unwrap();
    assert_eq!(Some(data), log.tile("tile/8/0/001.p/44", 300).as_ref());
    assert!(!cache.iter().any(|(path, _)| path == "tile/8/0/001"));

    // A host may also answer with the full tile at once.
    let mut client = log_server::client();
    ask(&mut client, [299]);
    drive_with(&mut client, |path| match path.split_once(".p/") {
        Some((full, _)) if full.ends_with("001") => log.serve(full, 800),
        _ => log.serve(path, 300),
    });
    assert!(outcome(&client, 299).is_ok());
}

#[test]
fn not_found_and_unreachable_are_plain_failures() {
    let log = log(700);
    let mut client = client();
    ask(&mut client, [1, 2, 900]);
    let run = drive(&mut client, &log, 700);
    let error = outcome(&client, 900).unwrap_err();
    assert!(matches!(
        error,
        VerifyError::Unavailable {
            not_found: true,
            ..
        }
    ));
    assert!(!error.is_security());
    assert!(outcome(&client, 1).is_ok() && outcome(&client, 2).is_ok());
    assert_eq!(run.rounds, 2);

    // One tile missing: only what needs it fails.
    let mut client = log_server::client();
    ask(&mut client, [1, 300]);
    drive_with(&mut client, |path| {
        log.serve(path, 700).filter(|_| path != "tile/8/0/000")
    });
    let error = outcome(&client, 1).unwrap_err();
    assert!(matches!(error, VerifyError::Unavailable { what, .. } if what == "tile/8/0/000"));
    assert!(outcome(&client, 300).is_ok());

    // No tiles at all: everything fails, in few rounds; the first head needs no proof to be kept.
    let mut client = log_server::client();
    ask(&mut client, 0..50);
    let run = drive_with(&mut client, |path| {
        log.serve(path, 700).filter(|_| path.starts_with("lookup/"))
    });
    assert!((0..50).all(|n| !outcome(&client, n).unwrap_err().is_security()));
    assert_eq!(run.rounds, 3);
    assert_eq!(client.cacheable(), []);
}

#[test]
fn a_head_that_cannot_be_compared_stops_only_its_own_answers() {
    let log = log(1_200);
    let mut client = Client::new(&signer().key(), Some(&log.head(500))).unwrap();
    ask(&mut client, [1, 2]);
    drive_with(&mut client, |path| match path {
        "lookup/example.com/!mod1@v1.1.0" => Some(log.lookup(1, 1_200)),
        "lookup/example.com/!mod2@v1.2.0" => Some(log.lookup(2, 400)),
        _ => log.serve(path, 500), // too old to have the edge of 1,200 records
    });
    assert!(matches!(
        outcome(&client, 1),
        Err(VerifyError::Unavailable { .. })
    ));
    assert!(outcome(&client, 2).is_ok());
    assert_eq!(client.latest(), Some(log.head(500).as_slice()));
}

#[test]
fn heads_from_elsewhere_are_merged() {
    let log = log(900);
    let mut client = Client::new(&signer().key(), Some(&log.head(500))).unwrap();
    for (size, latest) in [(300, 500), (500, 500), (800, 800)] {
        assert_eq!(client.observe(&log.head(size)).unwrap(), size);
        drive(&mut client, &log, 900);
        assert_eq!(client.observed(size), Some(Ok(())));
        assert_eq!(client.latest(), Some(log.head(latest).as_slice()));
    }
    assert_eq!(client.observed(12), None);
    assert!(client.observe(b"x").is_err());
}

#[test]
fn names_that_cannot_be_looked_up() {
    let mut client = client();
    for path in ["go", "toolchain", "example.com/../x", "example.com//x", ""] {
        let (path, version) = (ModulePath::new(path), Version::parse("v1.0.0").unwrap());
        client.lookup(&path, &version);
        let error = client.outcome(&path, &version).unwrap().unwrap_err();
        assert!(matches!(error, VerifyError::Name(_)) && !error.is_security());
    }
    assert_eq!(client.needs(), []);
    assert_eq!(client.name(), log_server::NAME);
    let unknown = (
        ModulePath::new("example.com/x"),
        Version::parse("v1.0.0").unwrap(),
    );
    assert!(client.outcome(&unknown.0, &unknown.1).is_none());
}

#[test]
fn answers_to_what_was_not_asked_are_ignored() {
    let log = log(300);
    let (mut asker, mut other) = (client(), client());
    ask(&mut asker, [1]);
    let needs = asker.needs();
    for need in &needs {
        other.feed(need, Ok(&log.serve(&need.remote_path(), 300).unwrap()));
        other.feed(need, Err(not_found()));
    }
    assert_eq!(other.needs(), []);
    assert!(other.latest().is_none() && other.latest_head().is_none());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    /// The order of answers and the heads that they carry make no difference.
    #[test]
    fn any_order_of_answers(sizes in proptest::collection::vec(30..900_u64, 1..12), kept in 0..900_u64, order: [u8; 24]) {
        thread_local!(static LOG: TestLog = log(900));
        LOG.with(|log| {
            let latest = (kept > 0).then(|| log.head(kept));
            let mut client = Client::new(&signer().key(), latest.as_deref()).unwrap();
            ask(&mut client, 0..sizes.len() as u64);
            let mut open: Vec<Need> = Vec::new();
            for step in 0.. {
                open.extend(client.needs());
                if open.is_empty() {
                    break;
                }
                prop_assert!(step < 400);
                let need = open.swap_remove(usize::from(order[step % order.len()]) % open.len());
                let path = need.remote_path();
                let answer = match path.strip_prefix("lookup/example.com/!mod") {
                    Some(rest) => {
                        let number: u64 = rest.split('@').next().unwrap().parse().unwrap();
                        log.lookup(number, sizes[number as usize])
                    }
                    None => log.serve(&path, 900).unwrap(),
                };
                client.feed(&need, Ok(&answer));
            }
            for number in 0..sizes.len() as u64 {
                prop_assert_eq!(outcome(&client, number).map(|record| record.number), Ok(number));
            }
            let newest = sizes.iter().copied().max().max(Some(kept)).unwrap();
            prop_assert_eq!(client.latest().map(<[u8]>::to_vec), Some(log.head(newest)));
            Ok(())
        })?;
    }
}
