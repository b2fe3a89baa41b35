//! When no plan exists: the derivation in numbered sentences, and what to relax, each suggestion tried.

use insta::assert_snapshot;

use crate::support::{MAIN, PAIR, World};

/// No version of `a` does without a newer `b` than v1.0.0, through `c` from v1.2.0 on.
const HELD: &str = "
    a@v1.0.0 go1.21: b@v1.1.0
    a@v1.1.0 go1.21: b@v1.2.0
    a@v1.2.0 go1.21: c@v1.1.0
    a@v1.3.0 go1.21: c@v1.1.0
    a@v1.4.0 go1.21: c@v1.2.0
    b@v1.0.0 go1.21:
    b@v1.1.0 go1.21:
    b@v1.2.0 go1.21:
    c@v1.0.0 go1.21:
    c@v1.1.0 go1.21: b@v1.2.0
    c@v1.2.0 go1.21: b@v1.2.0
";

const HELD_MAIN: &str = "module example.com/main

go 1.21

require (
\texample.com/a v1.4.0
\texample.com/b v1.2.0 // indirect
\texample.com/c v1.2.0 // indirect
)
";

#[track_caller]
fn refusal(world: &World, args: &[&str]) -> String {
    let args = [&["plan-downgrade"], args].concat();
    world.refused(1, &args, &[])
}

/// Runs each command that a refusal names; it must lead to a plan.
fn commands_work(world: &World, error: &str) -> usize {
    let commands = error.lines().map(str::trim);
    let commands = commands.filter_map(|line| line.strip_prefix("gomod plan-downgrade "));
    let mut count = 0;
    for command in commands {
        let args: Vec<&str> = ["plan-downgrade"]
            .into_iter()
            .chain(command.split(' '))
            .collect();
        world.gomod(&args).ok();
        count += 1;
    }
    count
}

#[test]
fn each_candidate_has_its_reason() {
    let world = World::with_main(HELD, HELD_MAIN);
    let error = refusal(&world, &["b@v1.0.0", "--strategy", "require"]);
    assert_snapshot!(error, @r"
    error: no plan reaches this within the limits
      by require:
        1. Because each of the 2 versions of example.com/c from v1.2.0 down to v1.1.0 requires example.com/b@v1.2.0, and example.com/b@v1.0.0 is asked for, example.com/c@v1.0.0 is the highest that is left.
        2. Because each of the 3 versions of example.com/a from v1.4.0 down to v1.2.0 requires example.com/c@v1.1.0 or above, and example.com/c@v1.0.0 is the highest that is left (1), example.com/a@v1.1.0 is the highest that is left.
        3. Because each of the 2 versions of example.com/a from v1.1.0 down to v1.0.0 requires example.com/b@v1.1.0 or above, and example.com/b@v1.0.0 is asked for, no version of example.com/a is left.
        4. Because no version of example.com/a is left (3), and nothing that stays asks for it, the main module would lose example.com/a, which it requires directly.
        5. Tried as well, without a plan: pre-releases and retracted versions; letting other modules rise (1 way).
    help: without --strategy require there is a plan: 0 direct and 0 other modules move; 1 requirement is overridden
          gomod plan-downgrade b@v1.0.0
    help: with --allow-drop there is a plan: 1 direct and 1 other module move; no requirement is overridden; 1 direct requirement is dropped
          gomod plan-downgrade b@v1.0.0 --strategy require --allow-drop
    ");
    assert_eq!(commands_work(&world, &error), 2);
}

#[test]
fn what_is_kept() {
    let world = World::new(PAIR);
    let error = refusal(
        &world,
        &["a@v1.0.0", "--strategy", "require", "--keep", "b"],
    );
    assert_snapshot!(error, @r"
    error: no plan reaches this within the limits
      by require:
        1. Because example.com/b@v1.2.0, which is to be kept, requires example.com/a@v1.2.0, and example.com/a@v1.0.0 is asked for, there is no plan.
        2. Tried as well, without a plan: pre-releases and retracted versions.
    help: without --strategy require there is a plan: 0 direct and 0 other modules move; 1 requirement is overridden
          gomod plan-downgrade a@v1.0.0 --keep b
    help: without --keep b there is a plan: 1 direct and 0 other modules move; no requirement is overridden
          gomod plan-downgrade a@v1.0.0 --strategy require
    ");
    assert_eq!(commands_work(&world, &error), 2);
}

#[test]
fn too_many_moves() {
    let world = World::new(PAIR);
    let error = refusal(
        &world,
        &["a@v1.0.0", "--strategy", "require", "--max-collateral", "0"],
    );
    assert_snapshot!(error, @r"
    error: no plan reaches this within the limits
      by require:
        1. 1 other module would move, and at most 0 may
           example.com/b v1.2.0 → v1.0.0
    help: without --strategy require there is a plan: 0 direct and 0 other modules move; 1 requirement is overridden
          gomod plan-downgrade a@v1.0.0 --max-collateral 0
    help: with --max-collateral 1 there is a plan: 1 direct and 0 other modules move; no requirement is overridden
          gomod plan-downgrade a@v1.0.0 --strategy require --max-collateral 1
    ");
    assert_eq!(commands_work(&world, &error), 2);
}

#[test]
fn targets_that_exclude_each_other() {
    let world = World::with_main(
        "
        a@v1.0.0 go1.21: b@v1.1.0
        a@v1.1.0 go1.21: b@v1.1.0
        b@v1.0.0 go1.21:
        b@v1.1.0 go1.21:
        ",
        "module example.com/main\n\ngo 1.21\n\nrequire (\n\texample.com/a v1.1.0\n\texample.com/b v1.1.0\n)\n",
    );
    let error = refusal(&world, &["a@v1.0.0", "b@v1.0.0", "--strategy", "require"]);
    assert_snapshot!(error, @r"
    error: no plan reaches this within the limits
      by require:
        1. Because example.com/a@v1.0.0, which is asked for, requires example.com/b@v1.1.0, and example.com/b@v1.0.0 is asked for, there is no plan.
        2. Tried as well, without a plan: pre-releases and retracted versions.
    help: without --strategy require there is a plan: 0 direct and 0 other modules move; 1 requirement is overridden
          gomod plan-downgrade a@v1.0.0 b@v1.0.0
    help: without b@v1.0.0 there is a plan: 0 direct and 0 other modules move; no requirement is overridden
          gomod plan-downgrade a@v1.0.0 --strategy require
    ");
    assert!(commands_work(&world, &error) > 0);
}

#[test]
fn two_limits_at_once() {
    // a needs Go 1.20 at the least: it would have to go, and it is kept.
    let world = World::with_main("a@v1.2.0 go1.21:\na@v1.1.0 go1.20:\nb@v1.2.0 go1.18:", MAIN);
    let error = refusal(&world, &["go@1.18", "--keep", "a"]);
    assert_snapshot!(error, @r"
    error: no plan reaches this within the limits
      by require:
        1. Because example.com/a@v1.2.0, which is to be kept, needs go 1.21, and go 1.18 is asked for, there is no plan.
        2. Tried as well, without a plan: pre-releases and retracted versions.
    help: without --keep a and with --allow-drop there is a plan: 1 direct and 0 other modules move; no requirement is overridden; 1 direct requirement is dropped
          gomod plan-downgrade go@1.18 --allow-drop
    ");
    assert_eq!(commands_work(&world, &error), 1, "{error}");
}

#[test]
fn a_version_that_cannot_be_read() {
    let world = World::with_main(HELD, HELD_MAIN);
    for version in ["v1.3.0", "v1.2.0"] {
        std::fs::remove_file(world.path(&World::proxied("example.com/a", version, "mod"))).unwrap();
    }
    let error = refusal(&world, &["b@v1.0.0", "--strategy", "require"]);
    assert!(
        error.contains(
            "each of the 2 versions of example.com/a from v1.3.0 down to v1.2.0 cannot be used"
        ),
        "{error}"
    );
}

#[test]
fn a_go_line_that_is_too_high() {
    let world = World::with_main("a@v1.2.0 go1.21:\na@v1.1.0 go1.20:\nb@v1.2.0 go1.18:", MAIN);
    let error = refusal(&world, &["go@1.18"]);
    assert_snapshot!(error, @r"
    error: no plan reaches this within the limits
      by require:
        1. Because each of the 2 versions of example.com/a from v1.2.0 down to v1.1.0 needs go 1.20 or above, and go 1.18 is asked for, no version of example.com/a is left.
        2. Because no version of example.com/a is left (1), and nothing that stays asks for it, the main module would lose example.com/a, which it requires directly.
        3. Tried as well, without a plan: pre-releases and retracted versions.
    help: with --allow-drop there is a plan: 1 direct and 0 other modules move; no requirement is overridden; 1 direct requirement is dropped
          gomod plan-downgrade go@1.18 --allow-drop
    ");
}
