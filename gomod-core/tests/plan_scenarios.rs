//! Small worlds with plans that can be followed by hand.
#![allow(clippy::unwrap_used)]

mod scenario;

use gomod_core::model::GoMod;
use scenario::Scenario;

#[test]
fn a_free_requirement_is_lowered_alone() {
    let world = Scenario::parse(
        "main 1.21: a v1.1.0, b v1.0.0\n\
         a v1.0.0 1.21:\n\
         a v1.1.0 1.21:\n\
         b v1.0.0 1.21:\n",
    );
    insta::assert_snapshot!(world.best(&["a@v1.0.0"]), @r#"
    require dropped=0 overridden=0 direct=0 others=0 raised=0 steps=1 lines=1
    -require=a@v1.0.0 (asked for)
    "#);
}

#[test]
fn what_holds_the_target_up_goes_down_with_it() {
    let world = Scenario::parse(
        "main 1.21: a v1.1.0, b v1.1.0 indirect\n\
         a v1.0.0 1.21: b v1.0.0\n\
         a v1.1.0 1.21: b v1.1.0\n\
         b v1.0.0 1.21:\n\
         b v1.1.0 1.21:\n",
    );
    insta::assert_snapshot!(world.best(&["b@v1.0.0"]), @r#"
    require dropped=0 overridden=0 direct=1 others=0 raised=0 steps=2 lines=4
    -require=a@v1.0.0 (a@v1.1.0 requires b@v1.1.0)
    -require=b@v1.0.0 (asked for)
    "#);
}

#[test]
fn a_kept_module_leaves_exclude() {
    let world = Scenario::parse(
        "main 1.21: a v1.1.0, b v1.1.0 indirect\n\
         a v1.0.0 1.21: b v1.0.0\n\
         a v1.1.0 1.21: b v1.1.0\n\
         b v1.0.0 1.21:\n\
         b v1.1.0 1.21:\n",
    );
    let plan = world.best_with(&["b@v1.0.0"], |goal, world| {
        let path = world
            .modules
            .path_id(&gomod_core::model::ModulePath::new("x.y/a"));
        goal.keep.insert(path);
    });
    insta::assert_snapshot!(plan, @r#"
    exclude dropped=0 overridden=1 direct=0 others=0 raised=0 steps=1 lines=4
    -require=b@v1.0.0 (asked for)
    -exclude=b@v1.1.0 (required by main, a@v1.1.0)
    "#);
}

#[test]
fn a_direct_requirement_is_not_dropped() {
    let world = Scenario::parse(
        "main 1.21: a v1.1.0, b v1.1.0 indirect\n\
         a v1.1.0 1.21: b v1.1.0\n\
         b v1.0.0 1.21:\n\
         b v1.1.0 1.21:\n",
    );
    let plan = world.best_with(&["b@v1.0.0"], |goal, _| {
        goal.strategy = Some(gomod_core::plan::Means::Require);
    });
    insta::assert_snapshot!(plan, @r#"
    no plan
    require: x.y/a@v1.1.0 requires x.y/b@v1.1.0, but x.y/b@v1.0.0 is asked for, no version of x.y/a is without such a requirement, and it is required directly
    "#);
    let plan = world.best_with(&["b@v1.0.0"], |goal, _| {
        goal.strategy = Some(gomod_core::plan::Means::Require);
        goal.allow_drop = true;
    });
    insta::assert_snapshot!(plan, @r#"
    require dropped=1 overridden=0 direct=1 others=0 raised=0 steps=2 lines=5
    -droprequire=a (a@v1.1.0 requires b@v1.1.0)
    -require=b@v1.0.0 (asked for)
    "#);
}

#[test]
fn root_closure_adds_what_a_changed_root_requires() {
    // c was hidden behind a v1.1.0; a v1.0.0 requires it, and it requires d.
    let world = Scenario::parse(
        "main 1.21: a v1.1.0\n\
         a v1.0.0 1.21: c v1.0.0\n\
         a v1.1.0 1.21: b v1.0.0\n\
         b v1.0.0 1.21:\n\
         c v1.0.0 1.21: d v1.0.0\n\
         d v1.0.0 1.21:\n",
    );
    insta::assert_snapshot!(world.best(&["a@v1.0.0"]), @r#"
    require dropped=0 overridden=0 direct=0 others=2 raised=0 steps=2 lines=3
    -require=a@v1.0.0 (asked for)
    -require=c@v1.0.0 (a@v1.0.0, which changed, requires it: its go.mod must stay in the graph)
    -require=d@v1.0.0 (c@v1.0.0, which changed, requires it: its go.mod must stay in the graph)
    "#);
}

#[test]
fn below_go_1_17_nothing_is_added_but_what_keeps_versions() {
    let world = Scenario::parse(
        "main 1.16: a v1.1.0\n\
         a v1.0.0 1.16: b v1.0.0\n\
         a v1.1.0 1.16: b v1.1.0\n\
         b v1.0.0 1.16:\n\
         b v1.1.0 1.16:\n",
    );
    insta::assert_snapshot!(world.best(&["a@v1.0.0"]), @r#"
    require dropped=0 overridden=0 direct=0 others=0 raised=0 steps=1 lines=2
    -require=a@v1.0.0 (asked for)
    -require=b@v1.1.0 (keeps it at today's version)
    "#);
}

#[test]
fn go_takes_down_every_module_that_needs_a_newer_one() {
    let world = Scenario::parse(
        "main 1.22: a v1.2.0, b v1.0.0 indirect\n\
         a v1.0.0 1.18: b v1.0.0\n\
         a v1.1.0 1.21: b v1.0.0\n\
         a v1.2.0 1.22: b v1.0.0\n\
         b v1.0.0 1.18:\n",
    );
    insta::assert_snapshot!(world.best(&["go@1.20"]), @r#"
    require dropped=0 overridden=0 direct=1 others=0 raised=0 steps=3 lines=5
    -go=1.20 (asked for)
    -require=a@v1.0.0 (a@v1.2.0 needs go 1.22)
    "#);
    insta::assert_snapshot!(world.best(&["go@1.21"]), @r#"
    require dropped=0 overridden=0 direct=1 others=0 raised=0 steps=2 lines=5
    -go=1.21 (asked for)
    -require=a@v1.1.0 (a@v1.2.0 needs go 1.22)
    "#);
}

#[test]
fn releases_come_before_pre_releases() {
    let world = Scenario::parse(
        "main 1.21: a v1.2.0, b v1.1.0 indirect\n\
         a v1.0.0 1.21: b v1.0.0\n\
         a v1.1.0-rc.1 1.21: b v1.0.0\n\
         a v1.2.0 1.21: b v1.1.0\n\
         b v1.0.0 1.21:\n\
         b v1.1.0 1.21:\n",
    );
    insta::assert_snapshot!(world.best(&["b@v1.0.0"]), @r#"
    require dropped=0 overridden=0 direct=1 others=0 raised=0 steps=2 lines=4
    -require=a@v1.0.0 (a@v1.2.0 requires b@v1.1.0)
    -require=b@v1.0.0 (asked for)
    "#);
}

#[test]
fn no_plan_says_why() {
    let world = Scenario::parse(
        "main 1.21: a v1.1.0, b v1.1.0\n\
         a v1.0.0 1.21: b v1.1.0\n\
         a v1.1.0 1.21: b v1.1.0\n\
         b v1.0.0 1.21: a v1.1.0\n\
         b v1.1.0 1.21:\n",
    );
    let plan = world.best_with(&["a@v1.0.0", "b@v1.0.0"], |goal, _| {
        goal.strategy = Some(gomod_core::plan::Means::Require);
    });
    insta::assert_snapshot!(plan, @r#"
    no plan
    require+require: x.y/a@v1.0.0 requires x.y/b@v1.1.0, but x.y/b@v1.0.0 is asked for
    "#);
}

#[test]
fn settling_lowers_what_only_the_target_had_brought() {
    // c came with a v1.1.0, d with b; e is higher than a v1.1.0 asks for.
    let world = Scenario::parse(
        "main 1.21: a v1.1.0, b v1.0.0, c v1.1.0 indirect, d v1.1.0 indirect, e v1.2.0 indirect, f v1.0.0 indirect\n\
         a v1.0.0 1.21: c v1.0.0\n\
         a v1.1.0 1.21: c v1.1.0, d v1.1.0, e v1.1.0, f v1.0.0\n\
         b v1.0.0 1.21: d v1.1.0\n\
         c v1.0.0 1.21:\n\
         c v1.1.0 1.21:\n\
         d v1.1.0 1.21:\n\
         e v1.1.0 1.21:\n\
         e v1.2.0 1.21:\n\
         f v1.0.0 1.21:\n",
    );
    insta::assert_snapshot!(world.best_with(&["a@v1.0.0"], |goal, _| goal.settle = true), @r#"
    require dropped=0 overridden=0 direct=0 others=2 raised=0 steps=3 lines=4
    -require=a@v1.0.0 (asked for)
    -require=c@v1.0.0 (only today's version of a target asks for v1.1.0)
    -droprequire=f (only today's version of a target asks for v1.0.0)
    "#);
}

#[test]
fn a_root_without_candidates_falls_to_what_others_ask_for() {
    // c has no listed version below today's, but a v1.0.0 asks for an older one.
    let world = Scenario::parse(
        "main 1.21: a v1.1.0, c v0.0.0-20230101000000-abcdef123456, t v1.1.0 indirect\n\
         a v1.0.0 1.21: c v0.0.0-20220101000000-abcdef123456\n\
         a v1.1.0 1.21: t v1.1.0\n\
         c v0.0.0-20220101000000-abcdef123456 1.21:\n\
         c v0.0.0-20230101000000-abcdef123456 1.21: t v1.1.0\n\
         t v1.0.0 1.21:\n\
         t v1.1.0 1.21:\n",
    );
    insta::assert_snapshot!(world.best(&["t@v1.0.0"]), @r#"
    require dropped=0 overridden=0 direct=2 others=0 raised=0 steps=3 lines=3
    -require=a@v1.0.0 (a@v1.1.0 requires t@v1.1.0)
    -require=c@v0.0.0-20220101000000-abcdef123456 (c@v0.0.0-20230101000000-abcdef123456 requires t@v1.1.0)
    -require=t@v1.0.0 (asked for)
    "#);
}

#[test]
fn one_requirement_is_hidden_where_only_one_must_be() {
    // b can go down, c cannot: hiding what both ask for would override two.
    let world = Scenario::parse(
        "main 1.21: b v1.1.0, c v1.1.0, t v1.1.0 indirect\n\
         b v1.0.0 1.21: t v1.0.0\n\
         b v1.1.0 1.21: t v1.1.0\n\
         c v1.1.0 1.21: t v1.1.0\n\
         t v1.0.0 1.21:\n\
         t v1.1.0 1.21:\n",
    );
    insta::assert_snapshot!(world.best(&["t@v1.0.0"]), @r#"
    exclude dropped=0 overridden=1 direct=1 others=0 raised=0 steps=2 lines=4
    -require=b@v1.0.0 (b@v1.1.0 requires t@v1.1.0)
    -require=t@v1.0.0 (asked for)
    -exclude=t@v1.1.0 (required by main, b@v1.1.0, c@v1.1.0)
    "#);
}

#[test]
fn a_module_rises_where_that_overrides_nothing() {
    let world = Scenario::parse(
        "main 1.21: b v1.1.0 indirect, c v1.0.0, t v1.1.0 indirect\n\
         c v1.0.0 1.21: b v1.1.0\n\
         b v1.0.0 1.21: t v1.1.0\n\
         b v1.1.0 1.21: t v1.1.0\n\
         b v1.2.0 1.21:\n\
         t v1.0.0 1.21:\n\
         t v1.1.0 1.21:\n",
    );
    insta::assert_snapshot!(world.best(&["t@v1.0.0"]), @r#"
    require dropped=0 overridden=0 direct=0 others=1 raised=1 steps=1 lines=3
    -require=b@v1.2.0 (let rise: within today's versions there is no plan)
    -require=t@v1.0.0 (asked for)
    "#);
}

#[test]
fn a_refusal_is_derived_from_what_is_too_high() {
    // b v1.1.0 is too high itself; what is behind it is not the reason.
    let world = Scenario::parse(
        "main 1.21: a v1.2.0, b v1.2.0 indirect, c v1.0.0 indirect\n\
         a v1.0.0 -: b v1.1.0\n\
         a v1.1.0 -: a v1.1.0, c v1.0.0\n\
         a v1.2.0 -: b v1.1.0\n\
         b v1.0.0 -:\n\
         b v1.1.0 -: c v1.0.0\n\
         b v1.2.0 -:\n\
         c v1.0.0 -: b v1.2.0\n",
    );
    let (world, planner, outcome) = world.plan(&["b@v1.0.0"], |goal, _| {
        goal.strategy = Some(gomod_core::plan::Means::Require);
    });
    let report = gomod_core::plan::Report::new(&world, &planner, &outcome);
    insta::assert_snapshot!(report.refused[0].because.join("\n").replace("x.y/", ""), @r"
    Because a@v1.2.0 requires b@v1.1.0, and b@v1.0.0 is asked for, a@v1.1.0 is the highest that is left.
    Because c@v1.0.0 requires b@v1.2.0, and b@v1.0.0 is asked for, no version of c is left.
    Because a@v1.1.0 requires c@v1.0.0, and no version of c is left (2), a@v1.0.0 is the highest that is left.
    Because a@v1.0.0 requires b@v1.1.0, and b@v1.0.0 is asked for, no version of a is left.
    Because no version of a is left (4), and nothing that stays asks for it, the main module would lose a, which it requires directly.
    Tried as well, without a plan: pre-releases and retracted versions; letting other modules rise (1 way).
    ");
}

#[test]
fn a_foreign_file_is_counted_without_what_closure_brings() {
    let world = Scenario::parse(
        "main 1.21: a v1.2.0, b v1.1.0 indirect, c v1.0.0 indirect\n\
         a v1.0.0 1.21: b v1.0.0\n\
         a v1.1.0 1.21: b v1.0.0, c v1.1.0, d v1.0.0\n\
         a v1.2.0-rc.1 1.21: b v1.0.0\n\
         a v1.2.0 1.21: b v1.1.0\n\
         b v1.0.0 1.21:\n\
         b v1.1.0 1.21:\n\
         c v1.0.0 1.21:\n\
         c v1.1.0 1.21:\n\
         d v1.0.0 1.21: e v1.0.0, c v1.2.0\n\
         c v1.2.0 1.21:\n\
         e v1.0.0 1.21:\n",
    );
    let (mut known, mut planner, _) = world.plan(&["b@v1.0.0"], |_, _| {});
    let mut cost = |requires: &str| {
        let text = format!("module x.y/main\n\ngo 1.21\n\nrequire (\n{requires})\n");
        let go_mod = GoMod::parse("go.mod", text.as_bytes()).unwrap();
        let measured = world.measure(&mut known, &mut planner, &go_mod);
        let outside: Vec<String> = measured
            .outside
            .iter()
            .map(|module| known.modules.display(*module))
            .collect();
        let cost = measured.cost;
        format!(
            "dropped={} direct={}/{} others={} raised={} steps={} outside={outside:?}",
            cost.dropped,
            cost.direct_moved,
            cost.direct_steps,
            cost.others_moved,
            cost.raised,
            cost.steps
        )
    };
    let alone = "x.y/a v1.1.0\nx.y/b v1.0.0\nx.y/c v1.1.0\n";
    let seen = [
        cost(alone),
        // d is new, and raises c further; e comes with it.
        cost("x.y/a v1.1.0\nx.y/b v1.0.0\nx.y/c v1.2.0\nx.y/d v1.0.0\n"),
        cost("x.y/b v1.0.0\nx.y/c v1.0.0\n"),
        cost("x.y/a v1.2.0-rc.1\nx.y/b v1.0.0\nx.y/c v1.0.0\n"),
        // Nobody asks for the newer c: it counts.
        cost("x.y/a v1.0.0\nx.y/b v1.0.0\nx.y/c v1.2.0\n"),
    ];
    assert_eq!(
        seen,
        [
            "dropped=0 direct=1/1 others=2 raised=1 steps=2 outside=[]",
            "dropped=0 direct=1/1 others=2 raised=1 steps=2 outside=[]",
            "dropped=1 direct=1/3 others=0 raised=0 steps=4 outside=[]",
            "dropped=0 direct=1/1 others=0 raised=0 steps=2 outside=[\"x.y/a@v1.2.0-rc.1\"]",
            "dropped=0 direct=1/2 others=1 raised=1 steps=3 outside=[]",
        ]
    );
}

#[test]
fn many_direct_requirements_are_dropped_at_once() {
    // More than could be found by trying each set of them.
    let names: Vec<String> = ('b'..='n').map(|name| name.to_string()).collect();
    let roots: Vec<String> = names.iter().map(|name| format!("{name} v1.0.0")).collect();
    let mut text = format!("main 1.21: a v1.1.0, {}\n", roots.join(", "));
    text.push_str("a v1.0.0 1.21:\na v1.1.0 1.21:\n");
    for name in &names {
        text.push_str(&format!("{name} v1.0.0 1.21: a v1.1.0\n"));
    }
    let world = Scenario::parse(&text);
    let plan = world.best_with(&["a@v1.0.0"], |goal, _| {
        goal.strategy = Some(gomod_core::plan::Means::Require);
        goal.allow_drop = true;
    });
    let first = plan.lines().next().unwrap();
    assert!(first.starts_with("require dropped=13 "), "{plan}");
}

#[test]
fn a_target_that_asks_for_another_is_no_floor_in_other_versions() {
    // Of d only the version that is asked for is used, whatever the others ask of a.
    let world = Scenario::parse(
        "main 1.21: d v1.2.0\n\
         a v1.1.0 1.21:\n\
         a v1.3.0 1.21:\n\
         d v1.2.0-rc.1 1.21:\n\
         d v1.2.0 1.21: a v1.3.0\n",
    );
    let (known, planner, outcome) = world.plan(&["a@v1.1.0", "d@v1.2.0-rc.1"], |_, _| {});
    let plan = outcome.plans.first().unwrap();
    assert_eq!((plan.cost.overridden, planner.stuck()), (0, &[][..]));
    assert_eq!(world.unfounded(&known, &planner, plan), None);
}

/// More requirements than are tried in full: what may be dropped does not end the search for what spares it.
#[test]
fn allowing_drops_costs_no_more() {
    let others: Vec<String> = ('e'..='q').map(|name| format!("{name} v1.0.0")).collect();
    let modules: Vec<String> = others
        .iter()
        .map(|other| format!("{other} 1.21:\n"))
        .collect();
    let world = Scenario::parse(&format!(
        "main 1.21: a v1.1.0, b v1.1.0, t v1.1.0 indirect, {}\n\
         a v1.1.0 1.21: t v1.1.0\n\
         b v1.0.0 1.21: t v1.0.0\n\
         b v1.1.0 1.21: t v1.1.0\n\
         t v1.0.0 1.21:\n\
         t v1.1.0 1.21:\n{}",
        others.join(", "),
        modules.concat(),
    ));
    let plan = |drop: bool| world.best_with(&["t@v1.0.0"], |goal, _| goal.allow_drop = drop);
    insta::assert_snapshot!(plan(true), @r#"
    exclude dropped=0 overridden=1 direct=1 others=0 raised=0 steps=2 lines=4
    -require=b@v1.0.0 (b@v1.1.0 requires t@v1.1.0)
    -require=t@v1.0.0 (asked for)
    -exclude=t@v1.1.0 (required by main, a@v1.1.0, b@v1.1.0)
    "#);
    assert_eq!(plan(true), plan(false));
}

/// More requirements than are tried in full, and an exclude of today that hides what some of them ask for.
fn behind_an_exclude(direct: &str, modules: &str) -> Scenario {
    let others: Vec<String> = ('h'..='s').map(|name| name.to_string()).collect();
    let roots: Vec<String> = others.iter().map(|name| format!("{name} v1.0.0")).collect();
    let alone: Vec<String> = { others.iter() }
        .map(|name| format!("{name} v1.0.0 1.21:\n"))
        .collect();
    Scenario::parse(&format!(
        "main 1.21: a v1.1.0, {direct}, c v1.2.0 indirect, t v1.2.0 indirect, {}\n \
         exclude x.y/t v1.1.0\n \
         exclude x.y/t v1.3.0\n\
         a v1.0.0 1.21: t v1.0.0\n\
         a v1.1.0 1.21: t v1.2.0\n\
         c v1.0.0 1.21: t v1.0.0\n\
         c v1.1.0 1.21: t v1.1.0\n\
         c v1.2.0 1.21: t v1.1.0\n\
         t v1.0.0 1.21:\n\
         t v1.1.0 1.21:\n\
         t v1.2.0 1.21:\n\
         t v1.3.0 1.21:\n\
         {modules}{}",
        roots.join(", "),
        alone.concat(),
    ))
}

#[test]
fn what_asks_through_an_exclude_of_today_is_lowered() {
    // What b asks for is overridden today already: it stays.
    let world = behind_an_exclude(
        "b v1.1.0",
        "b v1.0.0 1.21:\n\
         b v1.1.0 1.21: t v1.3.0\n",
    );
    insta::assert_snapshot!(world.best(&["t@v1.0.0"]), @r"
    require dropped=0 overridden=0 direct=1 others=1 raised=0 steps=5 lines=6
    -require=a@v1.0.0 (a@v1.1.0 requires t@v1.2.0)
    -require=c@v1.0.0 (c@v1.2.0 requires t@v1.1.0, which go.mod excludes, and v1.0.0 would be used instead)
    -require=t@v1.0.0 (asked for)
    ");
    let by_require = world.best_with(&["t@v1.0.0"], |goal, _| {
        goal.strategy = Some(gomod_core::plan::Means::Require);
    });
    assert_eq!(by_require, world.best(&["t@v1.0.0"]));
}

#[test]
fn what_cannot_be_lowered_is_left_behind_an_exclude_of_today() {
    // b asks for too much in all its versions: it is overridden, and c is not.
    let world = behind_an_exclude(
        "b v1.1.0",
        "b v1.0.0 1.21: t v1.1.0\n\
         b v1.1.0 1.21: t v1.1.0\n",
    );
    insta::assert_snapshot!(world.best(&["t@v1.0.0"]), @r"
    require dropped=0 overridden=1 direct=1 others=1 raised=0 steps=5 lines=6
    -require=a@v1.0.0 (a@v1.1.0 requires t@v1.2.0)
    -require=c@v1.0.0 (c@v1.2.0 requires t@v1.1.0, which go.mod excludes, and v1.0.0 would be used instead)
    -require=t@v1.0.0 (asked for)
    ");
}

#[test]
fn what_brings_in_one_that_asks_through_an_exclude_is_lowered() {
    // d is no requirement: b, which is not pruned behind, brings it in.
    let world = behind_an_exclude(
        "b v1.1.0",
        "b v1.0.0 1.21: t v1.0.0\n\
         b v1.1.0 1.16: d v1.1.0\n\
         d v1.0.0 1.21: t v1.1.0\n\
         d v1.1.0 1.21: t v1.1.0\n",
    );
    insta::assert_snapshot!(world.best(&["t@v1.0.0"]), @r"
    require dropped=0 overridden=0 direct=2 others=2 raised=0 steps=8 lines=7
    -require=a@v1.0.0 (a@v1.1.0 requires t@v1.2.0)
    -require=b@v1.0.0 (b@v1.1.0 requires d@v1.1.0, which requires t@v1.1.0, which go.mod excludes, and v1.0.0 would be used instead)
    -require=c@v1.0.0 (c@v1.2.0 requires t@v1.1.0, which go.mod excludes, and v1.0.0 would be used instead)
    -require=t@v1.0.0 (asked for)
    ");
}
