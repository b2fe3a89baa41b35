//! The formats, versions, paths and queries beside the installed go command, over inputs that nobody
//! chose: generated, or made from real files by small changes.
//!
//! Shared by `tests/agreement.rs`, which runs a short form, and by `gomod-benches agree`, which prints
//! the counts of a long one.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

pub mod files;
#[path = "../support/mod_files.rs"]
pub mod mod_files;
pub mod mutate;
pub mod oracle;
#[path = "../../../gomod-cli/tests/worlds/random.rs"]
pub mod random;
pub mod versions;

use oracle::Oracle;

/// How one input came out.
pub enum Outcome {
    /// Both accept it, and make the same of it.
    Same,
    /// Both refuse it.
    Refused,
    /// What each made of it.
    Differ(String),
}

/// The counts of one kind of input.
#[derive(Default)]
pub struct Tally {
    pub kind: &'static str,
    pub same: usize,
    pub refused: usize,
    /// What differed; only the first few are kept in words.
    pub differ: usize,
    pub shown: Vec<String>,
}

impl Tally {
    pub fn new(kind: &'static str) -> Self {
        Self {
            kind,
            ..Self::default()
        }
    }

    pub fn inputs(&self) -> usize {
        self.same + self.refused + self.differ
    }

    pub fn add(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Same => self.same += 1,
            Outcome::Refused => self.refused += 1,
            Outcome::Differ(text) => {
                self.differ += 1;
                if self.shown.len() < 5 {
                    self.shown.push(text);
                }
            }
        }
    }
}

/// Tries `inputs` inputs of each kind, from the random numbers that follow `seed`.
pub fn run(
    oracle: &mut Oracle,
    inputs: usize,
    seed: u64,
    mut done: impl FnMut(&Tally),
) -> Vec<Tally> {
    let kinds: [fn(&mut Oracle, usize, u64) -> Tally; 9] = [
        files::strict,
        files::lenient,
        files::workspaces,
        files::sums,
        files::vendored,
        versions::versions,
        versions::paths,
        versions::go_versions,
        versions::queries,
    ];
    kinds
        .into_iter()
        .map(|kind| {
            let tally = kind(oracle, inputs, seed);
            done(&tally);
            tally
        })
        .collect()
}

/// One of some words.
pub fn word(random: &mut random::Random, list: &[&'static str]) -> &'static str {
    list[random.below(list.len())]
}

/// Asks about generated inputs in shares, and compares.
pub fn tally<T>(
    kind: &'static str,
    oracle: &mut Oracle,
    inputs: usize,
    mut generate: impl FnMut(usize) -> T,
    request: impl Fn(&T) -> serde_json::Value,
    compare: impl Fn(&T, &serde_json::Value) -> Outcome,
) -> Tally {
    let mut tally = Tally::new(kind);
    let mut next = 0;
    while next < inputs {
        let share: Vec<T> = (next..inputs.min(next + 5000)).map(&mut generate).collect();
        next += share.len();
        let requests: Vec<_> = share.iter().map(&request).collect();
        for (input, answer) in share.iter().zip(oracle.ask(&requests)) {
            tally.add(compare(input, &answer));
        }
    }
    tally
}
