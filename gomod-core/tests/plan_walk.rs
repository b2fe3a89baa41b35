//! The walk that `go get` takes, as one more plan: never worse than it, and a pre-release only as a second choice.
#![allow(clippy::unwrap_used)]

mod scenario;

use gomod_core::plan::{Certificate, Means, Report};
use scenario::Scenario;

/// More requirements than all choices are tried for.
fn with_others(world: &str) -> String {
    let others = (b'f'..=b't').map(char::from);
    let (mut requires, mut modules) = (String::new(), String::new());
    for other in others {
        requires += &format!(", {other} v1.0.0");
        modules += &format!("{other} v1.0.0 1.21:\n");
    }
    let (first, rest) = world.split_once('\n').unwrap();
    format!("{first}{requires}\n{rest}{modules}")
}

/// c v1.1.0 asks for too much, and c v1.2.0, for which a v1.2.0 asks, does not; with more versions of a.
fn rising(more: &str) -> Scenario {
    Scenario::parse(&with_others(&format!(
        "main 1.21: a v1.3.0, b v1.1.0 indirect, c v1.1.0 indirect\n\
         a v1.0.0 1.21:\n\
         a v1.1.0 1.21:\n\
         a v1.2.0 1.21: b v1.0.0, c v1.2.0\n\
         {more}\
         a v1.3.0 1.21: b v1.1.0\n\
         b v1.0.0 1.21:\n\
         b v1.1.0 1.21:\n\
         c v1.0.0 1.21:\n\
         c v1.1.0 1.21: b v1.1.0\n\
         c v1.2.0 1.21: b v1.0.0\n"
    )))
}

#[test]
fn what_was_lowered_rises_again_to_spare_a_release() {
    let world = rising("");
    insta::assert_snapshot!(world.best(&["b@v1.0.0"]), @r#"
    require dropped=0 overridden=0 direct=1 others=1 raised=1 steps=2 lines=5
    -require=a@v1.2.0 (a@v1.3.0 requires b@v1.1.0)
    -require=b@v1.0.0 (asked for)
    -require=c@v1.2.0 (a@v1.2.0 asks for it)
    "#);
}

#[test]
fn a_go_line_too_new_is_walked_down_as_well() {
    let world = Scenario::parse(&with_others(
        "main 1.22: a v1.3.0, c v1.1.0 indirect\n\
         a v1.0.0 1.21:\n\
         a v1.1.0 1.21:\n\
         a v1.2.0 1.21: b v1.0.0, c v1.2.0\n\
         a v1.3.0 1.22:\n\
         b v1.0.0 1.21: c v1.0.0\n\
         c v1.0.0 1.21:\n\
         c v1.1.0 1.22:\n\
         c v1.2.0 1.21:\n",
    ));
    insta::assert_snapshot!(world.best(&["go@1.21"]), @r#"
    require dropped=0 overridden=0 direct=1 others=2 raised=1 steps=2 lines=6
    -go=1.21 (asked for)
    -require=a@v1.2.0 (a@v1.3.0 needs go 1.22)
    -require=b@v1.0.0 (a@v1.2.0, which changed, requires it: its go.mod must stay in the graph)
    -require=c@v1.2.0 (a@v1.2.0 asks for it)
    "#);
}

#[test]
fn what_the_walk_passes_over_has_its_reason() {
    // It takes no look at a v1.2.1 and v1.2.2, which ask for too much by themselves.
    let world = rising(
        "a v1.2.1 1.21: b v1.1.0\n\
         a v1.2.2 1.21: b v1.1.0, c v1.2.0\n",
    );
    let (core, planner, outcome) = world.plan(&["b@v1.0.0"], |goal, _| {
        goal.strategy = Some(Means::Require);
    });
    let plan = outcome.plans.first().unwrap();
    let certificate = Certificate::new(&core, &planner, plan);
    let steps = certificate.skipped.iter().map(|one| {
        let next = one.next.as_deref().unwrap_or("none");
        format!(
            "{} → {next}: {:?} {:?}",
            one.candidate, one.chain, one.because
        )
    });
    insta::assert_snapshot!(steps.collect::<Vec<_>>().join("\n").replace("x.y/", ""), @r#"
    a@v1.3.0 → a@v1.2.2: ["a@v1.3.0", "b@v1.1.0"] AtMost("b@v1.0.0")
    a@v1.2.2 → a@v1.2.1: ["a@v1.2.2", "b@v1.1.0"] AtMost("b@v1.0.0")
    a@v1.2.1 → a@v1.2.0: ["a@v1.2.1", "b@v1.1.0"] AtMost("b@v1.0.0")
    "#);
    assert_eq!(world.unfounded(&core, &planner, plan), None);
}

#[test]
fn a_pre_release_is_a_second_choice() {
    let world = Scenario::parse(
        "main 1.21: a v1.2.0, b v1.1.0 indirect\n\
         a v1.1.0 1.21: b v1.0.0, c v1.0.0\n\
         a v1.2.0-rc.1 1.21: b v1.0.0\n\
         a v1.2.0 1.21: b v1.1.0\n\
         b v1.0.0 1.21:\n\
         b v1.1.0 1.21:\n\
         c v1.0.0 1.21:\n",
    );
    let (core, planner, outcome) = world.plan(&["b@v1.0.0"], |goal, _| {
        goal.strategy = Some(Means::Require);
    });
    let report = Report::new(&core, &planner, &outcome);
    let rows = report.plans.iter().map(|plan| {
        let cost = (plan.cost.direct_steps, plan.cost.others_moved);
        format!(
            "{} {cost:?} {:?} {:?}",
            plan.letter, plan.unreleased, plan.notes
        )
    });
    insta::assert_snapshot!(rows.collect::<Vec<_>>().join("\n"), @r#"
    A (1, 1) [] []
    B (1, 0) ["x.y/a@v1.2.0-rc.1"] ["takes pre-releases or retracted versions: x.y/a@v1.2.0-rc.1"]
    "#);
}
