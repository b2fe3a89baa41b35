//! The checksum database client against logs, proxies and caches that lie.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "support/log_server.rs"]
mod log_server;
#[path = "support/transparency_log.rs"]
mod transparency_log;

use std::sync::OnceLock;

use gomod_core::verify::note::NoteError;
use gomod_core::verify::{Client, Verifier, VerifyError};
use log_server::{ask, client, drive, drive_tampered, drive_with, outcome, signer};
use proptest::prelude::*;
use transparency_log::{RawHash, TestLog, TestSigner, head_text, record_text};

const SIZE: u64 = 1_000;

fn log() -> &'static TestLog {
    static LOG: OnceLock<TestLog> = OnceLock::new();
    LOG.get_or_init(|| TestLog::with_modules(signer(), SIZE))
}

/// A log that is the same up to a size and then goes another way.
fn forked(from: u64, to: u64) -> TestLog {
    let mut fork = TestLog::with_modules(signer(), from);
    fork.push("example.com/evil", "v1.0.0", 1);
    fork.grow(to);
    fork
}

/// Looks record 1 up, with the answer changed on the way.
fn look_up(change: impl Fn(Vec<u8>) -> Vec<u8>) -> (Client, Result<(), VerifyError>) {
    let mut client = client();
    ask(&mut client, [1]);
    drive_tampered(&mut client, log(), SIZE, &|path, data| {
        if path.starts_with("lookup/") {
            data.map(&change)
        } else {
            data
        }
    });
    let result = outcome(&client, 1).map(|_| ()).map_err(Clone::clone);
    if result.is_err() {
        assert!(
            !client
                .cacheable()
                .iter()
                .any(|(path, _)| path.starts_with("lookup/"))
        );
    }
    (client, result)
}

/// The error of a look-up whose record is as given, with the honest head.
fn look_up_record(record: &str) -> VerifyError {
    look_up(|_| [record.as_bytes(), &log().head(SIZE)].concat())
        .1
        .unwrap_err()
}

/// The error of a look-up whose note is as given, with the honest record.
fn look_up_note(note: &[u8]) -> VerifyError {
    look_up(|_| log().lookup_with(1, note)).1.unwrap_err()
}

fn honest_text() -> String {
    record_text("example.com/Mod1", "v1.1.0", 1)
}

#[test]
fn the_honest_answer_is_accepted() {
    let (client, result) = look_up(|data| {
        assert_eq!(data, log().lookup_with(1, &log().head(SIZE)));
        data
    });
    assert_eq!(result, Ok(()));
    assert_eq!(client.fork(), None);
}

#[test]
fn a_changed_record() {
    let changed = record_text("example.com/Mod1", "v1.1.0", 2);
    let error = look_up_record(&format!("1\n{changed}\n"));
    assert!(matches!(
        &error,
        VerifyError::RecordMismatch {
            number: 1,
            size: SIZE,
            ..
        }
    ));
    assert!(error.is_security());
    // The right text under another number.
    let error = look_up_record(&format!("2\n{}\n", honest_text()));
    assert!(matches!(
        &error,
        VerifyError::RecordMismatch { number: 2, .. }
    ));
    // A line more, which Go's lines-with-prefix rule would not even look at.
    let error = look_up_record(&format!("1\n{}another v1 line\n\n", honest_text()));
    assert!(matches!(&error, VerifyError::RecordMismatch { .. }));
}

#[test]
fn a_record_that_is_not_in_the_tree() {
    for number in [SIZE, SIZE + 1, i64::MAX as u64] {
        let error = look_up_record(&format!("{number}\n{}\n", honest_text()));
        assert!(
            matches!(&error, VerifyError::OutsideTree { size: SIZE, .. }),
            "{error}"
        );
        assert!(error.is_security());
    }
}

#[test]
fn the_record_of_another_module() {
    let error = look_up(|_| log().lookup(2, SIZE)).1.unwrap_err();
    assert!(
        matches!(&error, VerifyError::WrongRecord { number: 2, .. }),
        "{error}"
    );
    assert!(error.is_security());
    for text in [
        record_text("example.com/Mod1", "v1.2.0", 1),
        record_text("example.com/mod1", "v1.1.0", 1),
        honest_text().lines().next().unwrap().to_string() + "\n",
    ] {
        let error = look_up_record(&format!("1\n{text}\n"));
        assert!(matches!(error, VerifyError::WrongRecord { .. }), "{text}");
    }
}

#[test]
fn malformed_answers() {
    let text = honest_text();
    for record in [
        String::new(),
        format!("x\n{text}\n"),
        format!("-1\n{text}\n"),
        format!("99999999999999999999\n{text}\n"),
        format!("1\n{}\n", text.replace(" v1.1.0/", "\tv1.1.0/")),
    ] {
        let error = look_up_record(&record);
        assert!(
            matches!(error, VerifyError::Malformed { .. }),
            "{record:?}: {error}"
        );
        assert!(!error.is_security());
    }
    let not_utf8 = look_up(|mut data| {
        data[5] = 0xff;
        data
    });
    assert!(matches!(not_utf8.1, Err(VerifyError::Malformed { .. })));
    let end = log().lookup(1, SIZE).len();
    for length in (0..end).step_by(7).chain(end - 3..end) {
        // Where only the record is left, the record is still not in any known tree.
        let error = look_up(|data| data[..length].to_vec()).1.unwrap_err();
        let at_the_note = matches!(error, VerifyError::OutsideTree { .. });
        assert_eq!(error.is_security(), at_the_note, "{length}: {error}");
    }
}

#[test]
fn notes_that_are_not_signed_as_they_must_be() {
    let head = head_text(SIZE, &log().root(SIZE));
    let (own, eve) = (signer(), TestSigner::new(log_server::NAME, 66));
    let security = |note: String| {
        let error = look_up_note(note.as_bytes());
        assert!(error.is_security(), "{note}: {error}");
        let VerifyError::Note { source, .. } = error else {
            panic!("{error}")
        };
        source
    };
    let forged = own.line("go.sum database tree\n1\n");
    assert!(matches!(
        security(format!("{head}\n{forged}")),
        NoteError::InvalidSignature { .. }
    ));
    assert!(matches!(
        security(format!("{head}\n{}", eve.line(&head))),
        NoteError::Unverified(_)
    ));
    let other = TestSigner::new("other.example", 42);
    assert!(matches!(
        security(format!("{head}\n{}", other.line(&head))),
        NoteError::Unverified(_)
    ));

    for malformed in [
        head.clone(),
        format!("{head}\n"),
        format!("{head}\n{}trailing\n", own.line(&head)),
        format!("{head}\n{}\n", own.line(&head)),
        format!("{head}\n{}", own.line(&head).trim_end()),
    ] {
        let error = look_up_note(malformed.as_bytes());
        assert!(!error.is_security(), "{malformed}");
        assert!(
            matches!(error, VerifyError::Note { .. }),
            "{malformed}: {error}"
        );
    }
    // Signed, but not a tree head.
    for text in [
        "another text\n",
        "go.sum database tree\n-1\nx\n",
        "go.sum database tree\n5\n",
    ] {
        let error = look_up_note(&own.sign(text));
        assert!(matches!(error, VerifyError::TreeHead { .. }) && !error.is_security());
    }
    // A note whose extra signature is by someone unknown is fine.
    let both = format!("{head}\n{}{}", eve.line(&head), own.line(&head));
    assert_eq!(look_up(|_| log().lookup_with(1, both.as_bytes())).1, Ok(()));
}

#[test]
fn a_signed_head_that_no_tiles_fit() {
    for (size, root) in [
        (SIZE - 1, log().root(SIZE)),
        (SIZE + 1, log().root(SIZE)),
        (SIZE, log().root(SIZE - 1)),
        (i64::MAX as u64, log().root(SIZE)),
    ] {
        let error = look_up_note(&signer().sign(&head_text(size, &root)));
        // Tiles of that tree either do not exist or do not fit.
        let expected = match &error {
            VerifyError::TileMismatch { tiles, .. } => size <= SIZE && !tiles.is_empty(),
            VerifyError::Unavailable { .. } => size > SIZE,
            _ => false,
        };
        assert!(expected, "{size}: {error}");
    }
}

#[test]
fn tiles_changed_cut_or_extended_at_every_level() {
    // Enough records for three levels of tiles: two full ones, and an edge at each level.
    static LARGE: OnceLock<TestLog> = OnceLock::new();
    let size = 65_536 + 256 + 10;
    let log = LARGE.get_or_init(|| {
        let mut log = TestLog::with_modules(signer(), 300);
        (300..size).for_each(|n| log.push_text(&format!("filler {n}\n")));
        log
    });
    let mut honest = client();
    ask(&mut honest, [1, 299]);
    let run = drive(&mut honest, log, size);
    assert!(outcome(&honest, 1).is_ok() && outcome(&honest, 299).is_ok());
    let tiles: Vec<&String> = run
        .requests
        .iter()
        .filter(|r| r.starts_with("tile/"))
        .collect();
    assert_eq!(tiles.len(), 6, "{tiles:?}");

    for tile in tiles {
        let length = log.serve(tile, size).unwrap().len();
        for position in [0, length / 2, length - 1] {
            let error = with_tile(log, size, tile, &|data| data[position] ^= 0x80);
            let VerifyError::TileMismatch { tiles, .. } = &error else {
                panic!("{tile}: {error}")
            };
            assert!(
                tiles.iter().any(|t| t.to_string() == *tile),
                "{tile}: {error}"
            );
        }
        let swapped = with_tile(log, size, tile, &|data| data.rotate_left(32));
        assert!(matches!(swapped, VerifyError::TileMismatch { .. }));
        for length in [
            0,
            1,
            length - 1,
            length - 32,
            length + 1,
            length + 32,
            256 * 32 + 32,
        ] {
            if length == 256 * 32 {
                continue; // a full tile, of which the right part is taken
            }
            let error = with_tile(log, size, tile, &|data| data.resize(length, 0));
            assert!(
                matches!(error, VerifyError::TileLength { .. }),
                "{tile} {length}: {error}"
            );
        }
    }
}

/// The error that comes of one changed tile.
fn with_tile(log: &TestLog, size: u64, tile: &str, change: &dyn Fn(&mut Vec<u8>)) -> VerifyError {
    let mut client = client();
    ask(&mut client, [1, 299]);
    drive_with(&mut client, |path| {
        let mut data = log.serve(path, size)?;
        if path == tile {
            if data.len() == 32 {
                data[0] ^= 1; // so that rotating it is a change as well
            }
            change(&mut data);
        }
        Some(data)
    });
    let errors = [1, 299].map(|number| outcome(&client, number).map_err(Clone::clone));
    let error = errors
        .into_iter()
        .find_map(Result::err)
        .expect("not detected");
    assert!(error.is_security());
    assert!(!client.cacheable().iter().any(|(path, _)| path == tile));
    error
}

#[test]
fn two_histories_of_different_sizes() {
    let fork = forked(500, 1_200);
    // What was kept is from one history, the answer from the other, newer or older.
    for (kept, size) in [
        (900, 1_200),
        (900, 700),
        (501, 502),
        (1_000, 1_001),
        (502, 501),
    ] {
        let mut client = Client::new(&signer().key(), Some(&log().head(kept))).unwrap();
        ask(&mut client, [1]);
        let tiles = if kept > size { log() } else { &fork };
        drive_with(&mut client, |path| match path.starts_with("lookup/") {
            true => Some(fork.lookup(1, size)),
            false => tiles.serve(path, kept.max(size)),
        });
        assert_fork(&client, kept.min(size), kept.max(size));
        assert_eq!(client.latest(), Some(log().head(kept).as_slice()));
    }
}

#[test]
fn two_histories_of_one_size() {
    let fork = forked(500, SIZE);
    let mut client = Client::new(&signer().key(), Some(&log().head(SIZE))).unwrap();
    ask(&mut client, [1, 2]);
    drive(&mut client, &fork, SIZE);
    assert_fork(&client, SIZE, SIZE);

    // Also within one batch, with nothing known before.
    let mut client = log_server::client();
    ask(&mut client, [1, 2]);
    drive_with(&mut client, |path| match path {
        "lookup/example.com/!mod2@v1.2.0" => Some(fork.lookup(2, SIZE)),
        _ => log().serve(path, SIZE),
    });
    assert_fork(&client, SIZE, SIZE);
}

#[test]
fn two_histories_in_one_batch() {
    let fork = forked(500, 700);
    let mut client = client();
    ask(&mut client, [1, 2]);
    drive_with(&mut client, |path| match path {
        "lookup/example.com/!mod2@v1.2.0" => Some(fork.lookup(2, 700)),
        _ => log().serve(path, SIZE),
    });
    assert_fork(&client, 700, SIZE);
    // Nothing more is asked for, and late answers and questions change nothing.
    ask(&mut client, [3]);
    assert_eq!(client.needs(), []);
    assert!(matches!(outcome(&client, 3), Err(VerifyError::Fork(_))));
}

#[test]
fn a_fork_in_what_another_process_stored() {
    let fork = forked(500, 1_100);
    let mut client = Client::new(&signer().key(), Some(&log().head(SIZE))).unwrap();
    let size = client.observe(&fork.head(1_100)).unwrap();
    drive(&mut client, &fork, 1_100);
    assert!(matches!(
        client.observed(size),
        Some(Err(VerifyError::Fork(_)))
    ));
    assert!(client.fork().is_some());

    let mut client = Client::new(&signer().key(), Some(&log().head(SIZE))).unwrap();
    assert!(matches!(
        client.observe(&fork.head(SIZE)),
        Err(VerifyError::Fork(_))
    ));
    assert_eq!(client.needs(), []);
}

fn assert_fork(client: &Client, older: u64, newer: u64) {
    let Err(VerifyError::Fork(fork)) = outcome(client, 1).map_err(Clone::clone) else {
        panic!("{:?}", outcome(client, 1))
    };
    assert!(VerifyError::Fork(fork.clone()).is_security());
    assert_eq!((fork.older.size, fork.newer.size), (older, newer));
    // A third party can check it, and none of it can be left out or made up.
    let key = Verifier::parse(&signer().key()).unwrap();
    assert!(fork.is_proven(&key));
    assert!(!fork.is_proven(&Verifier::parse(&TestSigner::new("x", 1).key()).unwrap()));
    let mut changed = fork.clone();
    changed.computed = changed.older.hash;
    assert!(!changed.is_proven(&key));
    let mut changed = fork.clone();
    changed.older_note.truncate(40);
    assert!(!changed.is_proven(&key));
    if older != newer {
        let mut changed = fork.clone();
        changed.proof.pop();
        assert!(!changed.is_proven(&key));
    }
}

#[test]
fn a_kept_head_must_be_signed() {
    let key = signer().key();
    let mut forged = log().head(SIZE);
    forged[22] = b'9';
    let error = Client::new(&key, Some(&forged)).unwrap_err();
    assert!(error.is_security(), "{error}");
    assert!(matches!(
        Client::new(&key, Some(b"x")),
        Err(VerifyError::Note { .. })
    ));
    assert!(Client::new(&key, Some(b"")).unwrap().latest().is_none());
    assert!(matches!(Client::new("x", None), Err(VerifyError::Key(_))));
    assert!(Client::new(&format!(" {key}\n"), None).is_ok());
}

#[test]
fn answers_after_an_error_are_harmless() {
    let mut client = client();
    ask(&mut client, [1, 2]);
    let needs = client.needs();
    client.feed(&needs[0], Ok(b"garbage"));
    assert!(outcome(&client, 1).is_err());
    client.feed(&needs[0], Ok(&log().lookup(1, SIZE)));
    assert!(outcome(&client, 1).is_err());
    client.feed(&needs[1], Ok(&log().lookup(2, SIZE)));
    drive(&mut client, log(), SIZE);
    assert!(outcome(&client, 2).is_ok());
}

#[test]
fn a_server_that_names_an_ever_larger_tree() {
    // Each answer has a signed head of its own, of sizes that never were.
    let mut client = Client::new(&signer().key(), Some(&log().head(SIZE))).unwrap();
    ask(&mut client, 0..20);
    drive_with(&mut client, |path| {
        let rest = path.strip_prefix("lookup/example.com/!mod")?;
        let number: u64 = rest.split('@').next()?.parse().ok()?;
        let root: RawHash = [number as u8; 32];
        let head = signer().sign(&head_text((1 << 40) + number * 300_000, &root));
        Some(log().lookup_with(number, &head))
    });
    assert!((0..20).all(|number| outcome(&client, number).is_err()));
    assert_eq!(client.latest(), Some(log().head(SIZE).as_slice()));
    assert_eq!(client.cacheable(), []);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever happens to one answer, no look-up ends with anything but the truth or an error.
    #[test]
    fn no_change_goes_unnoticed(victim: usize, position: usize, bit in 0..8_u8, cut: bool, kept in 0..SIZE) {
        let latest = (kept > 0).then(|| log().head(kept));
        let numbers = [3, 400, 990];
        let honest_run = {
            let mut client = Client::new(&signer().key(), latest.as_deref()).unwrap();
            ask(&mut client, numbers);
            drive(&mut client, log(), SIZE)
        };
        let target = &honest_run.requests[victim % honest_run.requests.len()];
        let mut client = Client::new(&signer().key(), latest.as_deref()).unwrap();
        ask(&mut client, numbers);
        drive_tampered(&mut client, log(), SIZE, &|path, data| {
            let mut data = data?;
            if path == target {
                let at = position % data.len();
                if cut { data.truncate(at) } else { data[at] ^= 1 << bit }
            }
            Some(data)
        });
        let mut errors = 0;
        for number in numbers {
            match outcome(&client, number) {
                Ok(record) => {
                    let byte = number as u8;
                    prop_assert_eq!(record.zip.as_bytes(), &[byte; 32]);
                    prop_assert_eq!(record.go_mod.as_bytes(), &[!byte; 32]);
                    prop_assert_eq!(record.number, number);
                }
                Err(_) => errors += 1,
            }
        }
        prop_assert!(errors > 0 || cut, "{} {}", target, position);
        for (path, data) in client.cacheable() {
            prop_assert_eq!(Some(data), log().serve(&path, SIZE), "{}", path);
        }
    }
}
