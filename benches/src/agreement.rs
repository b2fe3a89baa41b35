//! `gomod-benches agree`: on how many inputs gomod gives what the go command gives, by kind.
//!
//! The formats, versions, paths and queries are compared in this process, by what the tests of
//! gomod-core use; whole commands on random module worlds by the test of gomod-cli, and on real modules here.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::real::{self, Cases, Tools};
use crate::vendored;

#[path = "../../gomod-core/tests/agree/mod.rs"]
pub(crate) mod agree;

use agree::oracle::Oracle;
use agree::{Tally, run as compare};

/// What to compare, and how much of it.
struct Options {
    inputs: usize,
    worlds: u64,
    seed: u64,
    real: Option<Real>,
    corpus: Option<PathBuf>,
}

/// How many of the real modules.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Real {
    Few,
    All,
}

impl Options {
    fn parse(mut args: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            inputs: 5000,
            worlds: 40,
            seed: 1,
            real: None,
            corpus: std::env::var_os("GOMOD_CORPUS").map(PathBuf::from),
        };
        while let Some(flag) = args.next() {
            let value = args.next().unwrap_or_default();
            let number = || {
                let number = value.parse::<u64>();
                number.map_err(|_| format!("{flag} takes a number"))
            };
            match flag.as_str() {
                "--inputs" => options.inputs = usize::try_from(number()?).unwrap_or(usize::MAX),
                "--worlds" => options.worlds = number()?,
                "--seed" => options.seed = number()?,
                "--corpus" => options.corpus = Some(PathBuf::from(value)),
                "--real" => {
                    options.real = Some(match value.as_str() {
                        "few" => Real::Few,
                        "all" => Real::All,
                        _ => return Err("--real takes few or all".to_owned()),
                    });
                }
                _ => return Err(format!("{flag} is no flag of agree")),
            }
        }
        Ok(options)
    }
}

pub(crate) fn run(args: impl Iterator<Item = String>) -> ExitCode {
    let options = match Options::parse(args) {
        Ok(options) => options,
        Err(reason) => {
            eprintln!("{reason}");
            return ExitCode::from(2);
        }
    };
    let (inputs, seed) = (options.inputs, options.seed);
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
    let mut tallies = match inputs {
        0 => Vec::new(),
        _ => compare(&mut oracle, inputs, seed, row),
    };
    let mut note = |tally: Tally| {
        row(&tally);
        tallies.push(tally);
    };
    of_worlds(options.worlds, seed)
        .into_iter()
        .for_each(&mut note);
    if let Some(real) = options.real
        && let Err(reason) = of_real(real, options.corpus.as_deref(), seed, &mut note)
    {
        eprintln!("{reason}");
        return ExitCode::from(3);
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

/// Real modules, workspaces and vendor directories.
fn of_real(
    real: Real,
    corpus: Option<&Path>,
    seed: u64,
    note: &mut impl FnMut(Tally),
) -> Result<(), String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let gomod = crate::build(&root).ok_or("gomod could not be built")?;
    let gomod = std::path::absolute(gomod).map_err(|error| error.to_string())?;
    let tools = Tools { gomod };
    let (cases, changes) = match real {
        Real::Few => (Cases::few()?, 20),
        Real::All => (Cases::all(corpus)?, 150),
    };
    real::run(&tools, &cases, &mut *note);
    note(vendored::run(&tools, &cases.vendored, changes, seed));
    Ok(())
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
