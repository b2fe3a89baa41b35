//! Attacks on `gomod verify`, by a log, a proxy, a go.sum and a module cache that lie, each beside the `go`
//! command, and the table of verdicts: `cargo test --test attacks -- --nocapture`.
//!
//! The log is a real server on the loopback interface that speaks the protocol, with a key of its own and three levels of tiles.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    dead_code,
    unused_imports,
    unreachable_pub,
    reason = "a test, with a kit that others share"
)]

mod list;
mod scene;
#[path = "../cli/support/mod.rs"]
mod support;

use std::io::Write as _;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use list::ATTACKS;
use scene::{Row, run};

/// How many attacks run at once; most of them wait.
const AT_ONCE: usize = 8;

#[test]
fn every_attack_is_detected() {
    let next = AtomicUsize::new(0);
    let rows: Mutex<Vec<(usize, Row)>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(attack) = ATTACKS.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let row = run(attack);
                    let at = ATTACKS.iter().position(|a| a.name == attack.name).unwrap();
                    rows.lock().unwrap().push((at, row));
                }
            });
        }
    });
    let mut rows = rows.into_inner().unwrap();
    rows.sort_by_key(|(at, _)| *at);
    assert_eq!(
        rows.len(),
        ATTACKS.len(),
        "an attack has the name of another"
    );
    let mut table = format!(
        "\n{:<44} {:>5} {:>7}  {:<18} {}\n",
        "attack", "gomod", "seconds", "finding", "go"
    );
    for (at, row) in &rows {
        table += &format!(
            "{:<44} {:>5} {:>7.1}  {:<18} {}\n",
            ATTACKS[*at].name, row.code, row.seconds, row.finding, row.go
        );
    }
    let _ = writeln!(std::io::stderr(), "{table}");
    let wrong: Vec<String> = rows
        .into_iter()
        .flat_map(|(at, row)| {
            let name = ATTACKS[at].name;
            row.wrong
                .into_iter()
                .map(move |wrong| format!("{name}: {wrong}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
