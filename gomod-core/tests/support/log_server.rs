//! Drives the client against a [`TestLog`], in batches, with answers changed on the way.
#![allow(dead_code, missing_docs, unreachable_pub)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::HashSet;

use gomod_core::model::{ModulePath, Version};
use gomod_core::verify::{Client, FeedFailure, Need, Record, VerifyError};

use super::transparency_log::{TestLog, TestSigner, module};

pub const NAME: &str = "sums.example/db";

/// No test needs more round trips; a client that asks for ever would.
const MAX_ROUNDS: usize = 12;

pub fn signer() -> TestSigner {
    TestSigner::new(NAME, 42)
}

/// What the network does to an answer.
pub type Tamper<'a> = dyn Fn(&str, Option<Vec<u8>>) -> Option<Vec<u8>> + 'a;

pub struct Run {
    pub rounds: usize,
    pub requests: Vec<String>,
}

pub fn client() -> Client {
    Client::new(&signer().key(), None).unwrap()
}

pub fn name(number: u64) -> (ModulePath, Version) {
    let (path, version) = module(number);
    (
        ModulePath::parse(&path).unwrap(),
        Version::parse(&version).unwrap(),
    )
}

pub fn ask(client: &mut Client, numbers: impl IntoIterator<Item = u64>) {
    for number in numbers {
        let (path, version) = name(number);
        client.lookup(&path, &version);
    }
}

pub fn outcome(client: &Client, number: u64) -> Result<&Record, &VerifyError> {
    let (path, version) = name(number);
    client.outcome(&path, &version).expect("no outcome")
}

/// Feeds a client until it needs nothing, with honest answers at a size.
pub fn drive(client: &mut Client, log: &TestLog, size: u64) -> Run {
    drive_with(client, |path| log.serve(path, size))
}

/// The same with answers that are changed on the way.
pub fn drive_tampered(client: &mut Client, log: &TestLog, size: u64, tamper: &Tamper<'_>) -> Run {
    drive_with(client, |path| tamper(path, log.serve(path, size)))
}

/// Feeds a client from any source; each batch in reverse order, and each answer twice.
pub fn drive_with(client: &mut Client, serve: impl Fn(&str) -> Option<Vec<u8>>) -> Run {
    let mut run = Run {
        rounds: 0,
        requests: Vec::new(),
    };
    let mut seen: HashSet<Need> = HashSet::new();
    loop {
        let needs = client.needs();
        if needs.is_empty() {
            assert!(client.needs().is_empty());
            return run;
        }
        run.rounds += 1;
        assert!(run.rounds <= MAX_ROUNDS, "endless: {needs:?}");
        for need in needs.iter().rev() {
            assert!(seen.insert(need.clone()), "{need:?} is needed twice");
            let path = need.remote_path();
            let answer = serve(&path);
            run.requests.push(path);
            for _ in 0..2 {
                client.feed(need, answer.as_deref().ok_or_else(not_found));
            }
        }
    }
}

pub fn not_found() -> FeedFailure {
    FeedFailure {
        not_found: true,
        message: "404 Not Found".into(),
    }
}
