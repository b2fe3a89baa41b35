//! The same comparison in random worlds: the test of gomod-cli prints its counts in one line.

pub(super) fn beside(worlds: u64, seed: u64, limit: u64) -> bool {
    const TEST: &str = "downgrades_are_never_worse_than_go_gets";
    let settings = [
        ("GOMOD_WORLDS", worlds),
        ("GOMOD_SEED", seed),
        ("GOMOD_GO_GET_LIMIT", limit),
    ];
    match crate::worlds::counts(TEST, "downgrades beside go get", &settings) {
        Ok((counts, good)) => {
            println!("random worlds, {counts}");
            good
        }
        Err(failure) => {
            println!("random worlds: {failure}");
            false
        }
    }
}
