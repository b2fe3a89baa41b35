//! `gomod drift`: what moved, what moved it, and the commands that undo it, each of them run.

use insta::assert_snapshot;

use crate::support::{MAIN, PAIR, Run, World, has_go};

/// Two direct requirements with a shared one behind them; what `p` requires is pruned out until `p` is
/// a requirement of the main module.
const SHARED: &str = "
    x@v1.0.0 go1.21: t@v1.0.0 p@v1.0.0
    x@v1.1.0 go1.21: t@v1.1.0
    y@v1.0.0 go1.21:
    y@v1.1.0 go1.21: t@v1.1.0
    t@v1.0.0 go1.21:
    t@v1.1.0 go1.21:
    p@v1.0.0 go1.21: q1@v1.0.0 q2@v1.0.0 q3@v1.0.0 q4@v1.0.0 q5@v1.0.0
    q1@v1.0.0 go1.21:
    q2@v1.0.0 go1.21:
    q3@v1.0.0 go1.21:
    q4@v1.0.0 go1.21:
    q5@v1.0.0 go1.21:
";

fn shared(version: &str) -> String {
    let lines = ["x", "y", "t"].map(|name| {
        let mark = if name == "t" { " // indirect" } else { "" };
        format!("\texample.com/{name} {version}{mark}\n")
    });
    format!(
        "module example.com/main\n\ngo 1.21\n\nrequire (\n{})\n",
        lines.concat()
    )
}

#[track_caller]
fn drifted(world: &World) -> Run {
    let run = world.gomod(&["drift"]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(1), ""), "{run:?}");
    run
}

/// The words of the command that the page prints below `title`.
fn command(page: &str, title: &str) -> Vec<String> {
    let below = page
        .split(title)
        .nth(1)
        .unwrap_or_else(|| panic!("no {title}: {page}"));
    let line = below.lines().nth(1).unwrap();
    line.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn the_command_that_undoes_most_is_printed_with_what_root_closure_leaves() {
    let world = World::with_main(SHARED, &shared("v1.0.0"));
    world.gomod(&["lock"]).ok();
    world.write("main/go.mod", &shared("v1.1.0"));
    let page = drifted(&world).stdout;
    assert_snapshot!(page, @r"
    drift from gomod.lock: 4 differences
      ~ example.com/x v1.0.0 → v1.1.0  module-raised
          go.mod requires it
      ~ example.com/y v1.0.0 → v1.1.0  module-raised
          go.mod requires it
      - example.com/p v1.0.0  module-left
          nothing requires it any more
      ~ example.com/t v1.0.0 → v1.1.0  module-raised
          required by example.com/main → example.com/x@v1.1.0 → example.com/t@v1.1.0

    To undo what was raised or came
      gomod plan-downgrade example.com/x@v1.0.0 example.com/y@v1.0.0 example.com/t@v1.0.0
      tried: it undoes 4 of 4 differences; then this differs from gomod.lock:
        + example.com/q1 v1.0.0: root closure, required by example.com/main → example.com/p@v1.0.0 → example.com/q1@v1.0.0
        + example.com/q2 v1.0.0: root closure, required by example.com/main → example.com/p@v1.0.0 → example.com/q2@v1.0.0
        + example.com/q3 v1.0.0: root closure, required by example.com/main → example.com/p@v1.0.0 → example.com/q3@v1.0.0
        + example.com/q4 v1.0.0: root closure, required by example.com/main → example.com/p@v1.0.0 → example.com/q4@v1.0.0
        + example.com/q5 v1.0.0: root closure, required by example.com/main → example.com/p@v1.0.0 → example.com/q5@v1.0.0
      5 of them by root closure: what the go.mod of a changed requirement requires becomes a
      requirement too, since its packages may be needed to build

    To agree to it
      gomod lock
    ");
    let json = world.gomod(&["drift", "--format", "json"]).json();
    assert_eq!(json["undo"]["undone"], 4);
    let words = command(&page, "To undo what was raised or came");
    let mut args: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
    args.push("--write");
    world.gomod(&args).ok();
    let after = drifted(&world).stdout;
    assert!(
        after.contains("drift from gomod.lock: 5 differences"),
        "{after}"
    );
    let (moved, _) = after.split_once("\nTo undo").unwrap();
    assert!(!moved.contains("~ "), "{after}");
}

#[test]
fn a_requirement_that_was_removed_is_restored_without_what_follows_from_it() {
    let notation = "a@v1.0.0 go1.21: b@v1.0.0\nb@v1.0.0 go1.21: c@v1.0.0\nc@v1.0.0 go1.21:\n";
    let main = "module example.com/main\n\ngo 1.21\n\nrequire example.com/a v1.0.0\n";
    let world = World::with_main(notation, main);
    world.gomod(&["lock"]).ok();
    world.write("main/go.mod", "module example.com/main\n\ngo 1.21\n");
    assert_snapshot!(drifted(&world).stdout, @r"
    drift from gomod.lock: 2 differences
      - example.com/a v1.0.0  module-left
          nothing requires it any more
      - example.com/b v1.0.0  module-left
          nothing requires it any more

    To put back what was lowered or left
      go get example.com/a@v1.0.0

    To agree to it
      gomod lock
    ");
}

#[test]
fn the_go_get_that_is_printed_restores_the_baseline() {
    if !has_go("the_go_get_that_is_printed_restores_the_baseline") {
        return;
    }
    let notation = "
        a@v1.0.0 go1.21: b@v1.1.0 c@v1.0.0
        b@v1.0.0 go1.21:
        b@v1.1.0 go1.21:
        c@v1.0.0 go1.21:
    ";
    let main = |lines: &str| format!("module example.com/main\n\ngo 1.21\n{lines}");
    let before = main("\nrequire example.com/a v1.0.0\n\nrequire example.com/b v1.1.0\n");
    let world = World::with_main(notation, &before);
    world.gomod(&["lock"]).ok();
    world.write("main/go.mod", &main("\nrequire example.com/b v1.0.0\n"));
    let page = drifted(&world).stdout;
    let words = command(&page, "To put back what was lowered or left");
    assert_eq!(words, ["go", "get", "example.com/a@v1.0.0"], "{page}");
    let args: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
    let run = world.go_in("main", &args);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert_eq!(
        world.gomod(&["drift"]).ok(),
        "no drift: 3 modules as in gomod.lock\n"
    );
}

#[test]
fn modules_that_require_each_other_are_undone_together() {
    let notation = "
        x@v1.0.0 go1.21: y@v1.0.0
        x@v1.1.0 go1.21: y@v1.1.0
        y@v1.0.0 go1.21: x@v1.0.0
        y@v1.1.0 go1.21: x@v1.1.0
    ";
    let main = |version: &str| {
        format!(
            "module example.com/main\n\ngo 1.21\n\nrequire (\n\texample.com/x {version}\n\texample.com/y {version}\n)\n"
        )
    };
    let world = World::with_main(notation, &main("v1.0.0"));
    world.gomod(&["lock"]).ok();
    world.write("main/go.mod", &main("v1.1.0"));
    let page = drifted(&world).stdout;
    assert!(
        page.contains("tried: nothing of gomod.lock has moved then"),
        "{page}"
    );
    // The other way round both are lowered, and neither is left out.
    world.gomod(&["lock"]).ok();
    world.write("main/go.mod", &main("v1.0.0"));
    let page = drifted(&world).stdout;
    assert!(
        page.contains("go get example.com/x@v1.1.0 example.com/y@v1.1.0"),
        "{page}"
    );
}

#[test]
fn lines_beside_the_requirements_are_put_back_by_an_edit() {
    let cases = [
        ("", "go 1.21", "go 1.21.0\n\ntoolchain go1.99.0"),
        ("", "go 1.21", "go 1.20"),
        ("\nreplace example.com/a => example.com/a v1.0.0\n", "", ""),
        (
            "\nreplace example.com/a v1.2.0 => example.com/a v1.0.0\n",
            "",
            "",
        ),
        (
            "\nexclude example.com/a v1.2.0\n",
            "example.com/a v1.2.0",
            "example.com/a v1.1.0",
        ),
    ];
    let mut pages = String::new();
    for (more, from, to) in cases {
        let mut world = World::new(PAIR);
        world.unset("GOFLAGS");
        world.gomod(&["lock"]).ok();
        world.write("main/go.mod", &format!("{}{more}", MAIN.replace(from, to)));
        pages.push_str(&drifted(&world).stdout);
        pages.push_str("----\n");
    }
    assert_snapshot!(pages, @r"
    drift from gomod.lock: 2 differences
      ~ go 1.21 → 1.21.0  go-line-changed
          the line in go.mod was changed
      + toolchain go1.99.0  toolchain-line-changed
          the line in go.mod was changed

    In the end, to put back the go and toolchain lines
      go mod edit -go=1.21 -toolchain=none

    To agree to it
      gomod lock
    ----
    drift from gomod.lock: 1 difference
      ~ go 1.21 → 1.20  go-line-changed
          the line in go.mod was changed
    updates to go.mod needed, says go list -m all
      go@1.20 is required, but go@1.21 is selected

    In the end, to put back the go and toolchain lines
      go mod edit -go=1.21

    To agree to it
      go mod tidy && gomod lock
    ----
    drift from gomod.lock: 1 difference
      ~ example.com/a v1.2.0 → v1.2.0 => example.com/a v1.0.0  replacement-changed
          its replace line in go.mod was changed

    To put back what go.mod says beside its requirements
      go mod edit -dropreplace=example.com/a
      tried: nothing of gomod.lock has moved then

    To agree to it
      gomod lock
    ----
    drift from gomod.lock: 1 difference
      ~ example.com/a v1.2.0 → v1.2.0 => example.com/a v1.0.0  replacement-changed
          its replace line in go.mod was changed

    To put back what go.mod says beside its requirements
      go mod edit -dropreplace=example.com/a@v1.2.0
      tried: nothing of gomod.lock has moved then

    To agree to it
      gomod lock
    ----
    drift from gomod.lock: 1 difference
      ~ example.com/a v1.2.0 → v1.1.0  module-lowered
          go.mod excludes v1.2.0; go.mod requires it

    To put back what go.mod says beside its requirements
      go mod edit -dropexclude=example.com/a@v1.2.0
      tried: nothing of gomod.lock has moved then

    Then, to write down what is selected
      go get example.com/a@v1.2.0

    To agree to it
      gomod lock
    ----
    ");
}

#[test]
fn what_a_raised_go_line_follows_from_is_named_and_goes_with_it() {
    let notation = "
        a@v1.0.0 go1.21:
        a@v1.1.0 go1.22: n@v1.0.0
        n@v1.0.0 go1.21:
    ";
    let main = |go: &str, a: &str, more: &str| {
        format!("module example.com/main\n\ngo {go}\n\nrequire (\n\texample.com/a {a}\n{more})\n")
    };
    let world = World::with_main(notation, &main("1.21", "v1.0.0", ""));
    world.gomod(&["lock"]).ok();
    let new = "\texample.com/n v1.0.0 // indirect\n";
    world.write("main/go.mod", &main("1.22", "v1.1.0", new));
    let page = drifted(&world).stdout;
    assert_snapshot!(page, @r"
    drift from gomod.lock: 3 differences
      ~ example.com/a v1.0.0 → v1.1.0  module-raised
          go.mod requires it
      + example.com/n v1.0.0  module-came
          required by example.com/main → example.com/a@v1.1.0 → example.com/n@v1.0.0
      ~ go 1.21 → 1.22  go-line-changed
          required by example.com/main → example.com/a@v1.1.0 → go@1.22

    To undo what was raised or came
      gomod plan-downgrade example.com/a@v1.0.0 example.com/n@none
      tried: it undoes 2 of 3 differences; then this differs from gomod.lock:
        ~ go 1.21 → 1.22: the line in go.mod was changed

    In the end, to put back the go and toolchain lines
      go mod edit -go=1.21

    To agree to it
      gomod lock
    ");
    let words = command(&page, "To undo what was raised or came");
    let mut args: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
    args.push("--write");
    world.gomod(&args).ok();
    // `go@1.21` means the latest release of 1.21, so the line itself is edited.
    assert!(page.contains("  go mod edit -go=1.21\n"), "{page}");
    let edited = world.read("main/go.mod").replace("go 1.22", "go 1.21");
    world.write("main/go.mod", &edited);
    assert_eq!(
        world.gomod(&["drift"]).ok(),
        "no drift: 1 modules as in gomod.lock\n"
    );
}

#[test]
fn what_an_exclusion_held_down_is_planned_for() {
    let main = |more: &str| MAIN.replace("example.com/a v1.2.0", "example.com/a v1.1.0") + more;
    let world = World::with_main(PAIR, &main("\nexclude example.com/a v1.2.0\n"));
    world.gomod(&["lock"]).ok();
    world.write("main/go.mod", &main(""));
    assert_snapshot!(drifted(&world).stdout, @r"
    drift from gomod.lock: 1 difference
      ~ example.com/a v1.1.0 → v1.2.0  module-raised
          required by example.com/main → example.com/b@v1.2.0 → example.com/a@v1.2.0
    updates to go.mod needed, says go list -m all
      example.com/a@v1.1.0 is required, but example.com/a@v1.2.0 is selected

    To undo what was raised or came
      gomod plan-downgrade example.com/a@v1.1.0 --strategy exclude
      tried: nothing of gomod.lock has moved then

    To agree to it
      go mod tidy && gomod lock
    ");
}

#[test]
fn an_exclusion_comes_before_a_plan_that_moves_more_than_it_undoes() {
    // To require less, `x` would have to go down as well, and `y` with it.
    let notation = "
        x@v1.0.0 go1.21:
        x@v1.1.0 go1.21: n@v1.0.0
        y@v1.0.0 go1.21:
        y@v1.1.0 go1.21: x@v1.1.0
        n@v1.0.0 go1.21:
    ";
    let main = |exclude: &str| {
        format!(
            "module example.com/main\n\ngo 1.21\n\nrequire (\n\texample.com/x v1.1.0\n\texample.com/y v1.1.0\n)\n{exclude}"
        )
    };
    let world = World::with_main(notation, &main("\nexclude example.com/n v1.0.0\n"));
    world.gomod(&["lock"]).ok();
    world.write("main/go.mod", &main(""));
    assert_snapshot!(drifted(&world).stdout, @r"
    drift from gomod.lock: 1 difference
      + example.com/n v1.0.0  module-came
          required by example.com/main → example.com/x@v1.1.0 → example.com/n@v1.0.0

    To undo what was raised or came
      gomod plan-downgrade example.com/n@none --strategy exclude
      tried: nothing of gomod.lock has moved then

    To agree to it
      gomod lock
    ");
}

#[test]
fn in_a_workspace_no_command_is_made_up() {
    let world = World::new(PAIR);
    world.write("main/go.work", "go 1.21\n\nuse .\n");
    world.write("main/go.mod", &MAIN.replace("v1.2.0", "v1.1.0"));
    world.gomod(&["lock"]).ok();
    world.write("main/go.mod", MAIN);
    let page = drifted(&world).stdout;
    assert!(page.contains("GOWORK=off"), "{page}");
    assert!(!page.contains("plan-downgrade"), "{page}");
}

/// Runs the command that the page prints below `title`, with `--write`.
#[track_caller]
fn write_as_printed(world: &World, page: &str, title: &str) {
    let words = command(page, title);
    let mut args: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
    args.push("--write");
    world.gomod(&args).ok();
}

#[test]
fn an_exclusion_that_was_added_is_dropped_before_the_downgrade() {
    let notation = "
        a@v1.0.0 go1.21: t@v1.0.0
        t@v1.0.0 go1.21:
        t@v1.1.0 go1.21:
    ";
    let main = |t: &str, more: &str| {
        format!(
            "module example.com/main\n\ngo 1.21\n\nrequire (\n\texample.com/a v1.0.0\n\texample.com/t {t} // indirect\n)\n{more}"
        )
    };
    let world = World::with_main(notation, &main("v1.0.0", ""));
    world.gomod(&["lock"]).ok();
    // As go mod tidy leaves it, which takes the latest version instead.
    world.write(
        "main/go.mod",
        &main("v1.1.0", "\nexclude example.com/t v1.0.0\n"),
    );
    let page = drifted(&world).stdout;
    assert_snapshot!(page, @r"
    drift from gomod.lock: 1 difference
      ~ example.com/t v1.0.0 → v1.1.0  module-raised
          go.mod excludes v1.0.0; go.mod requires it

    To put back what go.mod says beside its requirements
      go mod edit -dropexclude=example.com/t@v1.0.0

    Then, to undo what was raised or came
      gomod plan-downgrade example.com/t@v1.0.0
      tried: nothing of gomod.lock has moved then

    To agree to it
      gomod lock
    ");
    let json = world.gomod(&["drift", "--format", "json"]).json();
    let steps = [
        "go mod edit -dropexclude=example.com/t@v1.0.0",
        "gomod plan-downgrade example.com/t@v1.0.0 --write",
    ];
    assert_eq!(json["steps"], serde_json::json!(steps));
    world.write("main/go.mod", &main("v1.1.0", ""));
    write_as_printed(&world, &page, "undo what was raised or came");
    assert_eq!(
        world.gomod(&["drift"]).ok(),
        "no drift: 2 modules as in gomod.lock\n"
    );
}

/// The older `e` imports `j`; the newer one imports `n`, whose own requirement is seen only while `n` is
/// required by the main module.
const LOWERED: &str = "
    e@v1.0.0 go1.21: j@v1.0.0 | .>j
    e@v1.1.0 go1.21: n@v1.0.0 | .>n
    j@v1.0.0 go1.21:
    n@v1.0.0 go1.21: t@v1.1.0
    t@v1.0.0 go1.21:
    t@v1.1.0 go1.21:
    k@v1.0.0 go1.21: t@v1.0.0
    k@v1.1.0 go1.21: t@v1.0.0
";

fn requiring(lines: &[&str]) -> String {
    let lines: String = lines
        .iter()
        .map(|line| format!("\texample.com/{line}\n"))
        .collect();
    format!("module example.com/main\n\ngo 1.21\n\nrequire (\n{lines})\n")
}

fn lowered() -> World {
    let world = World::new(LOWERED);
    world.write(
        "main/main.go",
        "package main\n\nimport (\n\t_ \"example.com/e\"\n\t_ \"example.com/k\"\n)\n\nfunc main() {}\n",
    );
    let before = ["e v1.1.0", "k v1.0.0", "n v1.0.0 // indirect"];
    world.write("main/go.mod", &requiring(&before));
    world.gomod(&["lock"]).ok();
    world
}

#[test]
fn what_was_lowered_is_restored_first_and_brings_the_rest_back() {
    let world = lowered();
    let after = ["e v1.0.0", "k v1.0.0", "j v1.0.0 // indirect"];
    world.write("main/go.mod", &requiring(&after));
    assert_snapshot!(drifted(&world).stdout, @r"
    drift from gomod.lock: 4 differences
      ~ example.com/e v1.1.0 → v1.0.0  module-lowered
          go.mod requires it
      + example.com/j v1.0.0  module-came
          required by example.com/main → example.com/e@v1.0.0 → example.com/j@v1.0.0
      - example.com/n v1.0.0  module-left
          nothing requires it any more
      ~ example.com/t v1.1.0 → v1.0.0  module-lowered
          required by example.com/main → example.com/k@v1.0.0 → example.com/t@v1.0.0

    To put back what was lowered
      go get example.com/e@v1.1.0 && go mod tidy
      tried: nothing of gomod.lock has moved then

    To agree to it
      gomod lock
    ");
    if !has_go("what_was_lowered_is_restored_first_and_brings_the_rest_back") {
        return;
    }
    for args in [&["get", "example.com/e@v1.1.0"][..], &["mod", "tidy"]] {
        let run = world.go_in("main", args);
        assert_eq!(run.code, Some(0), "{run:?}");
    }
    assert_eq!(
        world.gomod(&["drift"]).ok(),
        "no drift: 4 modules as in gomod.lock\n"
    );
}

#[test]
fn what_is_raised_beside_what_was_lowered_is_undone_after_it() {
    let world = lowered();
    let after = ["e v1.0.0", "k v1.1.0", "j v1.0.0 // indirect"];
    world.write("main/go.mod", &requiring(&after));
    let page = drifted(&world).stdout;
    assert_snapshot!(page, @r"
    drift from gomod.lock: 5 differences
      ~ example.com/e v1.1.0 → v1.0.0  module-lowered
          go.mod requires it
      ~ example.com/k v1.0.0 → v1.1.0  module-raised
          go.mod requires it
      + example.com/j v1.0.0  module-came
          required by example.com/main → example.com/e@v1.0.0 → example.com/j@v1.0.0
      - example.com/n v1.0.0  module-left
          nothing requires it any more
      ~ example.com/t v1.1.0 → v1.0.0  module-lowered
          required by example.com/main → example.com/k@v1.1.0 → example.com/t@v1.0.0

    To put back what was lowered
      go get example.com/e@v1.1.0 && go mod tidy

    Then, to undo what was raised or came
      gomod plan-downgrade example.com/k@v1.0.0
      tried: nothing of gomod.lock has moved then

    To agree to it
      gomod lock
    ");
    let restored = ["e v1.1.0", "k v1.1.0", "n v1.0.0 // indirect"];
    world.write("main/go.mod", &requiring(&restored));
    write_as_printed(&world, &page, "Then, to undo what was raised or came");
    assert_eq!(
        world.gomod(&["drift"]).ok(),
        "no drift: 4 modules as in gomod.lock\n"
    );
}

#[test]
fn no_plan_is_offered_after_which_the_build_would_fail() {
    let notation = "
        b@v1.0.0 go1.21:
        b@v1.1.0 go1.21: | . x
    ";
    let world = World::with_main(notation, &requiring(&["b v1.0.0"]));
    world.gomod(&["lock"]).ok();
    world.write("main/go.mod", &requiring(&["b v1.1.0"]));
    world.write(
        "main/main.go",
        "package main\n\nimport _ \"example.com/b/x\"\n\nfunc main() {}\n",
    );
    assert_snapshot!(drifted(&world).stdout, @r"
    drift from gomod.lock: 1 difference
      ~ example.com/b v1.0.0 → v1.1.0  module-raised
          go.mod requires it

    No downgrade undoes what was raised or came
      the build would fail after one: main.go imports example.com/b/x, which no module provides

    To agree to it
      gomod lock
    ");
}

#[test]
fn a_hash_that_go_sum_lacks_is_found_where_it_is_needed() {
    let world = World::new(PAIR);
    world.gomod(&["lock"]).ok();
    let sums = world.read("main/go.sum");
    std::fs::remove_file(world.path("main/go.sum")).unwrap();
    assert_snapshot!(drifted(&world).stdout, @r"
    drift from gomod.lock: 2 differences
      ! example.com/b v1.2.0  hash-missing
          go.sum lacks a hash of it that is needed, and that the baseline holds
      ! example.com/a v1.2.0  hash-missing
          go.sum lacks a hash of it that is needed, and that the baseline holds

    To put back the lines of go.sum
      gomod verify --fix
      or take it from version control

    To agree to it
      gomod lock
    ");
    let without = |what: &str| -> String {
        let lines = sums.lines().filter(|line| !line.starts_with(what));
        lines.map(|line| format!("{line}\n")).collect()
    };
    for needed in ["example.com/a v1.2.0/go.mod ", "example.com/a v1.2.0 "] {
        world.write("main/go.sum", &without(needed));
        let json = world.gomod(&["drift", "--format", "json"]);
        assert_eq!(json.code, Some(1), "{needed}");
        let json = json.json();
        assert_eq!(json["findings"][0]["code"], "hash-missing", "{needed}");
        assert_eq!(json["findings"].as_array().unwrap().len(), 1);
        assert_eq!(json["steps"], serde_json::json!([]));
    }
    // What another version is listed with does not matter.
    world.write("main/go.sum", &without("example.com/a v1.1.0"));
    let page = world.gomod(&["drift"]).ok();
    assert!(page.starts_with("no drift"), "{page}");
    // Another hash of the content.
    let other = without("example.com/a v1.2.0 ");
    let line = format!("example.com/a v1.2.0 h1:{}=\n", "A".repeat(43));
    world.write("main/go.sum", &(other + &line));
    let page = drifted(&world).stdout;
    assert!(
        page.contains("! example.com/a v1.2.0  hash-changed"),
        "{page}"
    );
}

#[test]
fn a_go_mod_that_go_list_refuses_is_no_agreement() {
    let world = World::new(PAIR);
    world.gomod(&["lock"]).ok();
    world.write(
        "main/go.mod",
        &MAIN.replace("example.com/a v1.2.0", "example.com/a v1.1.0"),
    );
    assert_snapshot!(drifted(&world).stdout, @r"
    the modules are as in gomod.lock, but go.mod is not in order
    updates to go.mod needed, says go list -m all
      example.com/a@v1.1.0 is required, but example.com/a@v1.2.0 is selected

    To bring go.mod up to date
      go mod tidy
    ");
    let json = world.gomod(&["drift", "--format", "json"]);
    assert_eq!(json.code, Some(1), "{json:?}");
    let json = json.json();
    assert_eq!(json["findings"], serde_json::json!([]));
    assert_eq!(
        json["updates_needed"][0],
        "example.com/a@v1.1.0 is required, but example.com/a@v1.2.0 is selected"
    );
}

#[test]
fn the_requirement_that_brings_the_others_back_is_enough() {
    let notation = "
        o@v1.0.0 go1.21:
        o@v1.1.0 go1.21: u@v1.1.0
        u@v1.0.0 go1.21: w@v1.0.0
        u@v1.1.0 go1.21: w@v1.1.0
        w@v1.0.0 go1.21:
        w@v1.1.0 go1.21:
    ";
    let main = |version: &str| requiring(&[&format!("o {version}"), &format!("u {version}")]);
    let world = World::with_main(notation, &main("v1.1.0"));
    world.gomod(&["lock"]).ok();
    world.write("main/go.mod", &main("v1.0.0"));
    let page = drifted(&world).stdout;
    let words = command(&page, "To put back what was lowered");
    assert_eq!(words, ["go", "get", "example.com/o@v1.1.0"], "{page}");
    assert!(
        page.contains("tried: nothing of gomod.lock has moved then"),
        "{page}"
    );
    if !has_go("the_requirement_that_brings_the_others_back_is_enough") {
        return;
    }
    let run = world.go_in("main", &["get", "example.com/o@v1.1.0"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    assert!(world.gomod(&["drift"]).ok().starts_with("no drift"));
}

#[test]
fn what_came_with_a_raised_requirement_stays_for_the_downgrade() {
    let notation = "
        e@v1.0.0 go1.21:
        e@v1.1.0 go1.21:
        k@v1.0.0 go1.21:
        k@v1.1.0 go1.21: c@v1.0.0
        c@v1.0.0 go1.21:
    ";
    let world = World::with_main(notation, &requiring(&["e v1.1.0", "k v1.0.0"]));
    world.gomod(&["lock"]).ok();
    let after = ["e v1.0.0", "k v1.1.0", "c v1.0.0 // indirect"];
    world.write("main/go.mod", &requiring(&after));
    let json = world.gomod(&["drift", "--format", "json"]).json();
    let steps = [
        "go get example.com/e@v1.1.0",
        "go mod tidy",
        "gomod plan-downgrade example.com/k@v1.0.0 example.com/c@none --write",
    ];
    assert_eq!(json["steps"], serde_json::json!(steps));
}
