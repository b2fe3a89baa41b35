//! Formats, versions, paths and queries beside the installed go command, on inputs that nobody chose.
//!
//! `GOMOD_TEST_INPUTS=n` sets how many inputs of each kind are tried, `GOMOD_SEED` where to begin;
//! `GOMOD_CACHED=1` makes some of the module cache's files too.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::disallowed_macros
)] // tests of the machine outside
#![allow(unreachable_pub, clippy::unwrap_used, clippy::panic)]

mod agree;
mod formats_common;

use agree::oracle::Oracle;

#[test]
fn the_go_command_agrees() {
    if !formats_common::have_go() {
        return;
    }
    let setting =
        |name: &str, default: usize| std::env::var(name).map_or(default, |n| n.parse().unwrap());
    let inputs = setting("GOMOD_TEST_INPUTS", 2000);
    let seed = setting("GOMOD_SEED", 1) as u64;
    let mut oracle = Oracle::build().unwrap_or_else(|reason| panic!("the oracle: {reason}"));
    let tallies = agree::run(&mut oracle, inputs, seed, |tally| {
        let (kind, same, refused) = (tally.kind, tally.same, tally.refused);
        println!(
            "{kind}: {same} same, {refused} refused, {} differ",
            tally.differ
        );
        for text in &tally.shown {
            println!("{text}\n");
        }
    });
    for tally in &tallies {
        assert_eq!(tally.differ, 0, "{}", tally.kind);
        assert_eq!(tally.inputs(), inputs);
        let few = inputs / 20;
        assert!(tally.same > few, "{}: hardly any is accepted", tally.kind);
    }
}
