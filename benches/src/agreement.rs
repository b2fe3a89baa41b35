//! `gomod-benches agree`: on how many inputs gomod gives what the go command gives, by kind.
//!
//! The formats, versions, paths and queries are compared in this process, by what the tests of
//! gomod-core use; whole commands on random module worlds by the test of gomod-cli.

use std::process::ExitCode;

#[path = "../../gomod-core/tests/agree/mod.rs"]
mod agree;

use agree::oracle::Oracle;
use agree::{Tally, run as compare};

pub(crate) fn run(mut args: impl Iterator<Item = String>) -> ExitCode {
    let (mut inputs, mut worlds, mut seed) = (5000, 40, 1);
    while let Some(flag) = args.next() {
        let value = args.next().and_then(|text| text.parse::<u64>().ok());
        match (flag.as_str(), value) {
            ("--inputs", Some(n)) => inputs = usize::try_from(n).unwrap_or(usize::MAX),
            ("--worlds", Some(n)) => worlds = n,
            ("--seed", Some(n)) => seed = n,
            _ => {
                eprintln!("{flag}: --inputs, --worlds and --seed each take a number");
                return ExitCode::from(2);
            }
        }
    }
    let mut oracle = match Oracle::build() {
        Ok(oracle) => oracle,
        Err(reason) => {
            eprintln!("there is nothing to compare with: {reason}");
            return ExitCode::from(3);
        }
    };
    println!(
        "{:<36} {:>9} {:>9} {:>9} {:>9}",
        "kind", "inputs", "same", "refused", "differ"
    );
    let mut tallies = compare(&mut oracle, inputs, seed, row);
    for tally in of_worlds(worlds, seed) {
        row(&tally);
        tallies.push(tally);
    }
    let sum = |count: fn(&Tally) -> usize| tallies.iter().map(count).sum();
    row(&Tally {
        kind: "all",
        same: sum(|tally| tally.same),
        refused: sum(|tally| tally.refused),
        differ: sum(|tally| tally.differ),
        shown: Vec::new(),
    });
    ExitCode::from(u8::from(tallies.iter().any(|tally| tally.differ > 0)))
}

fn row(tally: &Tally) {
    println!(
        "{:<36} {:>9} {:>9} {:>9} {:>9}",
        tally.kind,
        tally.inputs(),
        tally.same,
        tally.refused,
        tally.differ
    );
    for text in &tally.shown {
        println!("{text}\n");
    }
}

/// Lists, graphs and certificates in random worlds; the test prints its counts in one line.
fn of_worlds(worlds: u64, seed: u64) -> Vec<Tally> {
    const TEST: &str = "lists_and_graphs_are_the_same";
    const KINDS: [(&str, &str); 3] = [
        ("go list -m all, in random worlds", "list"),
        ("go mod graph, in random worlds", "graph"),
        ("certificate, in random worlds", "check"),
    ];
    if worlds == 0 {
        return Vec::new();
    }
    let settings = [("GOMOD_WORLDS", worlds), ("GOMOD_SEED", seed)];
    let counts = match crate::worlds::counts(TEST, "worlds beside go", &settings) {
        Ok((counts, _)) => counts,
        Err(failure) => {
            return vec![Tally {
                kind: "random worlds",
                differ: 1,
                shown: vec![failure],
                ..Tally::default()
            }];
        }
    };
    let count = |class: &str| {
        let mut found = counts.split("; ").filter_map(|part| part.split_once(": "));
        let count = found.find(|(name, _)| *name == class);
        count.and_then(|(_, n)| n.parse().ok()).unwrap_or(0)
    };
    KINDS
        .iter()
        .map(|(kind, name)| Tally {
            kind,
            same: count(&format!("{name} same")),
            refused: count(&format!("{name} both fail")),
            differ: count(&format!("{name} DIFFER")),
            shown: Vec::new(),
        })
        .collect()
}
