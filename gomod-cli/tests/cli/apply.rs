//! Plans that are saved, and applied later.

use serde_json::json;

use crate::support::{PAIR, World, has_go, tree};

const SAVE: [&str; 4] = ["plan-downgrade", "a@v1.0.0", "--out", "plan.json"];

/// A world with a saved plan.
fn planned() -> World {
    let world = World::new(PAIR);
    let before = (world.read("main/go.mod"), world.read("main/go.sum"));
    let page = world.gomod(&SAVE).ok();
    assert!(page.contains("saved: plan.json"), "{page}");
    assert!(page.contains("gomod apply plan.json"), "{page}");
    let after = (world.read("main/go.mod"), world.read("main/go.sum"));
    assert_eq!(before, after, "saving changes nothing");
    world
}

#[test]
fn a_saved_plan_is_applied_as_write_would() {
    let world = planned();
    let other = World::new(PAIR);
    other.gomod(&["plan-downgrade", "a@v1.0.0", "--write"]).ok();
    let page = world.gomod(&["apply", "plan.json"]).ok();
    assert!(page.contains("+\texample.com/a v1.0.0\n"), "{page}");
    for file in ["main/go.mod", "main/go.sum"] {
        assert_eq!(world.read(file), other.read(file));
    }
}

#[test]
fn a_plan_for_other_files_is_stale() {
    for file in ["main/go.mod", "main/go.sum"] {
        let world = planned();
        world.write(file, &(world.read(file) + "\n"));
        let before = tree(&world.path("main"));
        let run = world.gomod(&["apply", "plan.json"]);
        assert_eq!(run.code, Some(1), "{run:?}");
        assert!(run.stderr.contains("was made for another go."), "{run:?}");
        assert!(before == tree(&world.path("main")), "{file}");
    }
}

#[test]
fn what_was_changed_in_a_plan_is_seen() {
    let cases = [
        // Another text than the certificate is about.
        ("example.com/b v1.0.0\\n", "example.com/b v1.1.0\\n", 3),
        // A build list that the text does not give.
        (
            "\"example.com/b@v1.0.0\",\n      \"go@",
            "\"example.com/b@v1.1.0\",\n      \"go@",
            3,
        ),
        // A hash that the content does not have.
        ("example.com/a v1.0.0 h1:", "example.com/a v1.0.0 h1:A", 4),
        // No plan.
        ("\"schema_version\": 1", "\"schema_version\": 2", 3),
        ("\"certificate\"", "\"certificates\"", 3),
    ];
    for (from, to, code) in cases {
        let world = World::new(PAIR);
        world.write(
            "main/go.sum",
            &world.sums(|name| name != "example.com/a@v1.0.0"),
        );
        world.gomod(&SAVE).ok();
        let text = world.read("main/plan.json");
        assert!(text.contains(from), "{from}: {text}");
        world.write("main/plan.json", &text.replacen(from, to, 1));
        let before = tree(&world.path("main"));
        let run = world.gomod(&["apply", "plan.json"]);
        assert_eq!(run.code, Some(code), "{to}: {run:?}");
        assert!(run.stderr.contains("\nhelp: "), "{run:?}");
        assert!(before == tree(&world.path("main")), "{to}");
    }
}

/// What `b` asks of `a`, `c` asks of `b`; every version of `x`, and of `y`, asks for the newest `a`.
const REASONS: &str = "
    a@v1.0.0 go1.21:
    a@v1.1.0 go1.21:
    a@v1.2.0 go1.21:
    b@v1.0.0 go1.21: a@v1.0.0
    b@v1.1.0 go1.21: a@v1.1.0
    b@v1.2.0 go1.21: a@v1.2.0
    c@v1.1.0 go1.21: b@v1.0.0
    c@v1.2.0 go1.21: b@v1.2.0 z@v1.0.0
    x@v1.0.0 go1.21: a@v1.2.0
    x@v1.1.0 go1.21: a@v1.2.0
    y@v1.0.0 go1.21: a@v1.2.0
    z@v1.0.0 go1.21: a@v1.2.0
";

/// A change of a certificate, or of a part of it.
type Change<'a> = &'a dyn Fn(&mut serde_json::Value);

/// A plan over modules of [`REASONS`] whose certificate `edit` changes.
fn tampered(requires: &[&str], edit: impl Fn(&mut serde_json::Value)) -> crate::support::Run {
    tampered_plan(REASONS, requires, |plan| edit(&mut plan["certificate"]))
}

/// A plan over these modules that `edit` changes.
fn tampered_plan(
    modules: &str,
    requires: &[&str],
    edit: impl Fn(&mut serde_json::Value),
) -> crate::support::Run {
    let lines: String = requires
        .iter()
        .map(|module| format!("\texample.com/{}\n", module.replace('@', " ")))
        .collect();
    let main = format!("module example.com/main\n\ngo 1.21\n\nrequire (\n{lines})\n");
    tampered_in(&World::with_main(modules, &main), edit)
}

/// A plan in this world that `edit` changes.
fn tampered_in(world: &World, edit: impl Fn(&mut serde_json::Value)) -> crate::support::Run {
    world.gomod(&SAVE).ok();
    let mut plan: serde_json::Value = serde_json::from_str(&world.read("main/plan.json")).unwrap();
    edit(&mut plan);
    world.write("main/plan.json", &plan.to_string());
    let before = tree(&world.path("main"));
    let run = world.gomod(&["apply", "plan.json"]);
    if run.code != Some(0) {
        assert!(before == tree(&world.path("main")));
    }
    run
}

#[track_caller]
fn refused(run: crate::support::Run, words: &str) {
    assert_eq!(run.code, Some(3), "{run:?}");
    assert!(run.stderr.contains("the plan does not hold: "), "{run:?}");
    assert!(run.stderr.contains(words), "{run:?}");
}

#[test]
fn each_skipped_candidate_needs_its_reason() {
    let requires = ["a@v1.2.0", "b@v1.2.0", "c@v1.2.0"];
    let tampered = |edit: Change<'_>| {
        tampered(&requires, |certificate| {
            let skipped = &mut certificate["skipped"];
            let step = |module: &str, next: &str, above: &str, bound: &str| {
                json!({
                    "candidate": format!("example.com/{module}"),
                    "next": format!("example.com/{next}"),
                    "chain": [format!("example.com/{module}"), format!("example.com/{above}")],
                    "because": { "kind": "at-most", "value": format!("example.com/{bound}") },
                })
            };
            let expected = json!([
                step("b@v1.2.0", "b@v1.1.0", "a@v1.2.0", "a@v1.0.0"),
                step("b@v1.1.0", "b@v1.0.0", "a@v1.1.0", "a@v1.0.0"),
                step("c@v1.2.0", "c@v1.1.0", "b@v1.2.0", "b@v1.0.0"),
            ]);
            assert_eq!(*skipped, expected, "{skipped:#}");
            edit(skipped);
        })
    };
    assert_eq!(tampered(&|_| {}).code, Some(0));
    let cases: &[(&str, Change<'_>)] = &[
        // A link that does not exist.
        (
            "example.com/c@v1.2.0 was skipped without reason: example.com/c@v1.2.0 does not require example.com/b@v1.1.0",
            &|skipped| skipped[2]["chain"][1] = json!("example.com/b@v1.1.0"),
        ),
        // What is above its bound is not.
        (
            "example.com/b@v1.1.0 was skipped without reason: example.com/a@v1.1.0 is not above example.com/a@v1.1.0",
            &|skipped| skipped[1]["because"]["value"] = json!("example.com/a@v1.1.0"),
        ),
        // Bounds that nothing sets.
        (
            "nothing says that example.com/b@v0.9.0 is the most",
            &|skipped| skipped[2]["because"]["value"] = json!("example.com/b@v0.9.0"),
        ),
        (
            "nothing says that example.com/a@none is the most",
            &|skipped| skipped[0]["because"]["value"] = json!("example.com/a@none"),
        ),
        ("nothing says that example.com/b is below it", &|skipped| {
            skipped[2]["because"] = json!({ "kind": "below", "value": "example.com/b@v1.0.0" });
        }),
        // What it rests on comes later.
        (
            "nothing says that example.com/b@v1.0.0 is the most",
            &|skipped| skipped.as_array_mut().unwrap().rotate_right(1),
        ),
        // A candidate of which nothing is said.
        (
            "example.com/b@v1.1.0 was skipped without reason: it was ruled out before",
            &|skipped| skipped[0]["next"] = json!("example.com/b@v1.0.0"),
        ),
        ("nothing is said of v1.1.0 before it", &|skipped| {
            skipped[1]["candidate"] = json!("example.com/b@v1.0.0");
            skipped[1]["chain"] = json!(["example.com/b@v1.0.0", "example.com/a@v1.0.0"]);
            skipped[1]["because"]["value"] = json!("example.com/a@v1.0.0");
        }),
        (
            "example.com/b@v1.0.0 is planned, and nothing is said of v1.1.0",
            &|skipped| {
                skipped.as_array_mut().unwrap().truncate(1);
            },
        ),
        // What is planned was skipped, or is not what is planned.
        (
            "example.com/c@v1.1.0 is planned, but was skipped",
            &|skipped| skipped[2]["next"] = json!("example.com/c@v1.0.0"),
        ),
        ("example.com/b@v1.1.0 is not planned", &|skipped| {
            skipped[2]["because"] = json!({ "kind": "planned", "value": "example.com/b@v1.1.0" });
        }),
        // One that was taken out, and its neighbours joined.
        (
            "example.com/b@v1.1.0 was skipped, and nothing is said of it",
            &|skipped| {
                skipped[0]["next"] = json!("example.com/b@v1.0.0");
                _ = skipped.as_array_mut().unwrap().remove(1);
            },
        ),
        // All of a path, on which nothing rests.
        (
            "example.com/c@v1.2.0 was skipped, and nothing is said of it",
            &|skipped| _ = skipped.as_array_mut().unwrap().pop(),
        ),
        // The first of a path.
        (
            "example.com/b@v1.2.0 was skipped, and nothing is said of it",
            &|skipped| _ = skipped.as_array_mut().unwrap().remove(0),
        ),
        // It can be read.
        ("example.com/b@v1.2.0 can be read", &|skipped| {
            skipped[0]["chain"] = json!(["example.com/b@v1.2.0"]);
            skipped[0]["because"] = json!({ "kind": "unreadable", "value": "gone" });
        }),
    ];
    for (words, edit) in cases {
        refused(tampered(*edit), words);
    }
    // Names that make no sense.
    let run = tampered(&|skipped| skipped[0]["because"]["value"] = json!("a"));
    assert_eq!(run.code, Some(3), "{run:?}");
    assert!(run.stderr.contains("malformed"), "{run:?}");
}

#[test]
fn the_lists_are_those_that_were_read() {
    let requires = ["a@v1.2.0", "b@v1.2.0", "c@v1.2.0"];
    let joined = |certificate: &mut serde_json::Value| {
        certificate["skipped"][0]["next"] = json!("example.com/b@v1.0.0");
        _ = certificate["skipped"].as_array_mut().unwrap().remove(1);
    };
    let run = tampered(&requires, |certificate| {
        let expected = json!([
            { "module": "example.com/b", "versions": "v1.0.0 v1.1.0 v1.2.0" },
            { "module": "example.com/c", "versions": "v1.1.0 v1.2.0" },
        ]);
        assert_eq!(certificate["lists"], expected);
        joined(certificate);
        certificate["lists"][0]["versions"] = json!("v1.0.0 v1.2.0");
    });
    let words = "the versions of example.com/b are not those that were read for it";
    refused(run, words);
    let run = tampered(&requires, |certificate| {
        joined(certificate);
        _ = certificate["lists"].as_array_mut().unwrap().remove(0);
    });
    refused(run, "the versions of example.com/b are not stated");
}

/// `b` has two versions that ask for a newer `a`, one that declares another path, one that is not listed, and a
/// pre-release.
const PASSED: &str = "
    a@v1.0.0 go1.21:
    a@v1.1.0 go1.21:
    a@v1.2.0 go1.21:
    b@v1.0.0 go1.21: a@v1.0.0
    b@v1.1.0-rc.1 go1.21: a@v1.0.0
    -b@v1.2.0 go1.21: a@v1.0.0
    b@v1.3.0 go1.21 as example.com/other: a@v1.0.0
    b@v1.4.0 go1.21: a@v1.1.0
    b@v1.5.0 go1.21: a@v1.2.0
";

#[test]
fn what_is_no_candidate_needs_no_reason_and_what_cannot_be_read_does() {
    let requires = ["a@v1.2.0", "b@v1.5.0"];
    let tampered = |edit: Change<'_>| {
        tampered_plan(PASSED, &requires, |plan| {
            let skipped = &mut plan["certificate"]["skipped"];
            let all = skipped.as_array().unwrap().iter();
            let all: Vec<String> = all
                .map(|one| format!("{} {}", one["candidate"], one["because"]["kind"]))
                .collect();
            let expected = [
                r#""example.com/b@v1.5.0" "at-most""#,
                r#""example.com/b@v1.4.0" "at-most""#,
                r#""example.com/b@v1.3.0" "unreadable""#,
            ];
            assert_eq!(all, expected);
            edit(skipped);
        })
    };
    assert_eq!(tampered(&|_| {}).code, Some(0));
    let run = tampered(&|skipped| {
        skipped[1]["next"] = json!("example.com/b@v1.0.0");
        _ = skipped.as_array_mut().unwrap().pop();
    });
    refused(
        run,
        "example.com/b@v1.3.0 was skipped, and nothing is said of it",
    );
    // What is said to have another reason is let pass, and counted.
    let run = tampered(&|skipped| {
        skipped[2]["because"] = json!({ "kind": "other", "value": "a guess" });
        skipped[2]["chain"] = json!(["example.com/b@v1.3.0"]);
    });
    let words = "1 version is passed over, and no requirement shows why";
    assert!(run.code == Some(0) && run.stdout.contains(words), "{run:?}");
}

#[test]
fn go_sum_is_whole() {
    // What is selected anew has no lines in go.sum yet.
    let tampered = |edit: Change<'_>| {
        let world = World::new(PAIR);
        let old = |name: &str| name.ends_with("v1.2.0");
        world.write("main/go.sum", &world.sums(old));
        world.gomod(&SAVE).ok();
        let mut plan: serde_json::Value =
            serde_json::from_str(&world.read("main/plan.json")).unwrap();
        let added = &mut plan["checks"]["added"];
        assert_eq!(added.as_array().unwrap().len(), 4, "{added:#}");
        edit(added);
        world.write("main/plan.json", &plan.to_string());
        let before = tree(&world.path("main"));
        let run = world.gomod(&["apply", "plan.json"]);
        assert!(run.code == Some(0) || before == tree(&world.path("main")));
        run
    };
    assert_eq!(tampered(&|_| {}).code, Some(0));
    let take = |word: &'static str| {
        move |added: &mut serde_json::Value| {
            let list = added.as_array_mut().unwrap();
            list.retain(|line| !line.as_str().unwrap().starts_with(word));
        }
    };
    refused(
        tampered(&|added| *added = json!([])),
        "go.sum would have no line for example.com/a@v1.0.0 and its go.mod",
    );
    refused(
        tampered(&take("example.com/b v1.0.0/go.mod ")),
        "go.sum would have no line for example.com/b@v1.0.0 and its go.mod",
    );
    refused(
        tampered(&take("example.com/b v1.0.0 ")),
        "go.sum would have no line for example.com/b@v1.0.0 and its content",
    );
}

#[test]
fn the_page_says_what_the_text_does() {
    let requires = ["a@v1.2.0", "b@v1.2.0", "c@v1.2.0"];
    let tampered =
        |edit: Change<'_>| tampered_plan(REASONS, &requires, |plan| edit(&mut plan["plans"][0]));
    assert_eq!(tampered(&|_| {}).code, Some(0));
    let cases: &[(&str, Change<'_>)] = &[
        ("it says that 1 lines differ, not 3", &|plan| {
            plan["cost"]["lines"] = json!(1)
        }),
        (
            "it says -require=example.com/b@v1.1.0, and go.mod as planned does not",
            &|plan| plan["edits"][1]["to"] = json!("v1.1.0"),
        ),
        (
            "it does not say -require=example.com/c@v1.1.0, and go.mod as planned does",
            &|plan| _ = plan["edits"].as_array_mut().unwrap().pop(),
        ),
        (
            "it says -require=example.com/b@v1.1.0 for -require=example.com/b@v1.0.0",
            &|plan| plan["edits"][1]["go_mod_edit"] = json!("-require=example.com/b@v1.1.0"),
        ),
        (
            "it says that example.com/b moves v1.1.0 → v1.0.0, not v1.2.0 → v1.0.0",
            &|plan| plan["moves"][1]["from"] = json!("v1.1.0"),
        ),
        (
            "it does not say that example.com/a moves v1.2.0 → v1.0.0",
            &|plan| _ = plan["moves"].as_array_mut().unwrap().remove(0),
        ),
        ("there is no plan A", &|plan| plan["letter"] = json!("B")),
    ];
    for (words, edit) in cases {
        refused(tampered(*edit), words);
    }
}

#[test]
fn what_a_pruned_module_hides_is_no_reason() {
    // `z` is no requirement of go.mod.
    let chain = [
        "example.com/c@v1.2.0",
        "example.com/z@v1.0.0",
        "example.com/a@v1.2.0",
    ];
    let run = tampered(&["a@v1.2.0", "b@v1.2.0", "c@v1.2.0"], |certificate| {
        let step = &mut certificate["skipped"][2];
        step["chain"] = json!(chain);
        step["because"]["value"] = json!("example.com/a@v1.0.0");
    });
    refused(
        run,
        "example.com/c@v1.2.0 is pruned: what is behind it does not count",
    );
}

/// `b` asks for an `a` that is excluded, and nothing for what is behind that; what `d` asks for is overridden today.
#[test]
fn what_is_excluded_is_a_reason_where_it_is_not_overridden_today() {
    let world = || {
        let modules = "
            a@v1.0.0 go1.16:
            a@v1.1.0 go1.16: e@v1.0.0
            a@v1.2.0 go1.16:
            a@v1.3.0 go1.16:
            b@v1.0.0 go1.16: a@v1.0.0
            b@v1.1.0 go1.16: a@v1.1.0
            c@v1.0.0 go1.16: a@v1.0.0
            c@v1.2.0 go1.16: a@v1.2.0
            d@v1.0.0 go1.16: a@v1.0.0
            d@v1.1.0 go1.16: a@v1.3.0
            e@v1.0.0 go1.16:
        ";
        let requires = ["a v1.2.0", "b v1.1.0", "c v1.2.0", "d v1.1.0"];
        let requires = requires.map(|module| format!("require example.com/{module}\n"));
        let main = format!(
            "module example.com/main\n\ngo 1.21\n\n{}\nexclude example.com/a v1.1.0\nexclude example.com/a v1.3.0\n",
            requires.concat(),
        );
        World::with_main(modules, &main).with_go()
    };
    let reason = |module: &str, asked: &str| {
        let of = |name: &str| format!("example.com/{name}");
        json!({
            "candidate": of(&format!("{module}@v1.1.0")),
            "next": of(&format!("{module}@v1.0.0")),
            "chain": [of(&format!("{module}@v1.1.0")), of(asked)],
            "because": { "kind": "at-most", "value": of("a@v1.0.0") },
        })
    };
    let applied = world();
    let run = tampered_in(&applied, |plan| {
        let skipped = plan["certificate"]["skipped"].as_array().unwrap();
        assert!(skipped.contains(&reason("b", "a@v1.1.0")), "{skipped:?}");
    });
    assert_eq!(run.code, Some(0), "{run:?}");
    let list = applied.gomod(&["list"]).ok();
    assert!(list.contains("a v1.0.0\nexample.com/b v1.0.0\n"), "{list}");
    assert!(list.contains("d v1.1.0\n"), "{list}");
    if has_go("what_is_excluded_is_a_reason_where_it_is_not_overridden_today") {
        let go = applied.go_in("main", &["list", "-m", "all"]);
        assert_eq!((go.code, go.stdout), (Some(0), list), "{}", go.stderr);
    }
    let tampered =
        |edit: Change<'_>| tampered_in(&world(), |plan| edit(&mut plan["certificate"]["skipped"]));
    let run = tampered(&|skipped| {
        let skipped = skipped.as_array_mut().unwrap();
        skipped.push(reason("d", "a@v1.3.0"));
    });
    refused(
        run,
        "example.com/d@v1.1.0 requires example.com/a@v1.3.0 today, and that is overridden",
    );
    let run = tampered(&|skipped| {
        let mut steps = skipped.as_array_mut().unwrap().iter_mut();
        let step = steps.find(|step| **step == reason("b", "a@v1.1.0"));
        let step = step.unwrap();
        let chain = step["chain"].as_array_mut().unwrap();
        chain.push(json!("example.com/e@v1.0.0"));
        step["because"] = json!({ "kind": "planned", "value": "example.com/e@none" });
    });
    refused(
        run,
        "example.com/b@v1.1.0 does not require example.com/a@v1.1.0",
    );
}

#[test]
fn each_floor_needs_its_requirements() {
    let requires = ["a@v1.2.0", "x@v1.1.0", "y@v1.0.0"];
    let tampered = |edit: Change<'_>| {
        tampered(&requires, |certificate| {
            let floors = &certificate["floors"];
            let version =
                |module: &str| json!({ "version": module, "requires": "example.com/a@v1.2.0" });
            let expected = json!([
                {
                    "path": ["example.com/main", "example.com/x@v1.1.0", "example.com/a@v1.2.0"],
                    "versions": [version("example.com/x@v1.1.0"), version("example.com/x@v1.0.0")],
                },
                {
                    "path": ["example.com/main", "example.com/y@v1.0.0", "example.com/a@v1.2.0"],
                    "versions": [version("example.com/y@v1.0.0")],
                },
            ]);
            assert_eq!(*floors, expected, "{floors:#}");
            edit(certificate);
        })
    };
    assert_eq!(tampered(&|_| {}).code, Some(0));
    let floor = "the floor of example.com/x under example.com/a: ";
    let cases: &[(&str, Change<'_>)] = &[
        (
            "example.com/x@v1.0.0 does not require example.com/a@v1.1.0",
            &|c| c["floors"][0]["versions"][1]["requires"] = json!("example.com/a@v1.1.0"),
        ),
        (
            "example.com/a@v1.0.0 is not above example.com/a@v1.0.0",
            &|c| c["floors"][0]["versions"][1]["requires"] = json!("example.com/a@v1.0.0"),
        ),
        ("nothing is said of example.com/x@v1.0.0", &|c| {
            _ = c["floors"][0]["versions"].as_array_mut().unwrap().pop();
        }),
        ("example.com/x@v1.0.0 can be used", &|c| {
            _ = c["floors"][0]["versions"].as_array_mut().unwrap().pop();
            c["floors"][0]["unusable"] = json!(["example.com/x@v1.0.0"]);
        }),
        ("example.com/x@v1.1.0 is not among its versions", &|c| {
            _ = c["floors"][0]["versions"].as_array_mut().unwrap().remove(0)
        }),
        (
            "example.com/y@v1.0.0 is no version of example.com/x",
            &|c| c["floors"][0]["versions"][1]["version"] = json!("example.com/y@v1.0.0"),
        ),
        (
            "example.com/other does not require example.com/x directly",
            &|c| c["floors"][0]["path"][0] = json!("example.com/other"),
        ),
        (
            "example.com/x@v1.0.0 is below what is selected today",
            &|c| {
                c["floors"][0]["path"][1] = json!("example.com/x@v1.0.0");
            },
        ),
        (
            "two floors share the requirement of example.com/x on example.com/a",
            &|c| c["floors"][1] = c["floors"][0].clone(),
        ),
        ("3 overridden at least, but 2 floors", &|c| {
            c["least"]["overridden"] = json!(3);
        }),
    ];
    for (at, (words, edit)) in cases.iter().enumerate() {
        let words = format!("{}{words}", if at < 8 { floor } else { "" });
        refused(tampered(*edit), &words);
    }
}

#[test]
fn a_file_that_is_no_plan_is_an_error() {
    let world = World::new(PAIR);
    for (text, name) in [
        (None, "no such file"),
        (Some("{"), "not a plan"),
        (Some("\u{0}"), "not a plan"),
    ] {
        if let Some(text) = text {
            world.write("main/p.json", text);
        }
        let run = world.gomod(&["apply", "p.json"]);
        assert_eq!(run.code, Some(3), "{run:?}");
        assert!(run.stderr.contains(name), "{run:?}");
    }
}

/// A world with Go files and a saved plan.
fn planned_with_sources() -> World {
    let imports = ["example.com/a", "example.com/b"];
    let requires = "\texample.com/a v1.2.0\n\texample.com/b v1.2.0\n";
    let notation = format!("{PAIR}n.org/x@v1.0.0 go1.21:\n");
    let world = crate::imports::main_module(&notation, requires, &imports);
    world.gomod(&SAVE).ok();
    world
}

#[test]
fn a_plan_is_stale_when_another_package_is_imported() {
    let world = planned_with_sources();
    let plan = world.read("main/plan.json");
    assert!(plan.contains("\"example.com/b\""), "{plan}");
    world.write(
        "main/sub/new_test.go",
        "package sub\n\nimport (\n\t_ \"example.com/b/new\"\n\t_ \"n.org/x\"\n)\n",
    );
    let before = tree(&world.path("main"));
    let run = world.gomod(&["apply", "plan.json"]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""), "{run:?}");
    assert!(
        run.stderr.starts_with(
            "error: plan.json was made before sub/new_test.go imported example.com/b/new; nothing was written\n"
        ),
        "{run:?}"
    );
    assert!(run.stderr.contains("help: plan again"), "{run:?}");
    assert!(before == tree(&world.path("main")));
    // A plan of before this was kept in it says nothing of imports.
    let mut older: serde_json::Value = serde_json::from_str(&plan).unwrap();
    older["inputs"].as_object_mut().unwrap().remove("imports");
    world.write("main/plan.json", &older.to_string());
    world.gomod(&["apply", "plan.json"]).ok();
}

#[test]
fn a_plan_holds_when_imports_go_or_come_from_elsewhere() {
    let world = planned_with_sources();
    world.write(
        "main/cmd/main.go",
        "package main\n\nimport (\n\t_ \"example.com/a\"\n\t_ \"example.com/main/own\"\n\t_ \"fmt\"\n)\n\nfunc main() {}\n",
    );
    world.write("main/own/own.go", "package own\n");
    world.gomod(&["apply", "plan.json"]).ok();
    assert!(world.read("main/go.mod").contains("example.com/a v1.0.0"));
}

#[test]
fn where_imports_were_not_followed_none_are_new() {
    let world = planned();
    let plan: serde_json::Value = serde_json::from_str(&world.read("main/plan.json")).unwrap();
    assert_eq!(plan["inputs"].get("imports"), None);
    world.write(
        "main/new.go",
        "package main\n\nimport _ \"example.com/b/new\"\n",
    );
    world.gomod(&["apply", "plan.json"]).ok();
}
