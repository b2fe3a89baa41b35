//! What a plan says of `go mod tidy`, beside `go mod tidy` itself.

use serde_json::{Value, json};

use crate::imports::main_module;
use crate::support::{World, has_go};

/// `a` goes back, and a test of `k` imports what only the newer one has. No go.mod says so.
const LACKS: &str = "
    a@v1.0.0 go1.21: | .
    a@v1.1.0 go1.21: | . x
    k@v1.0.0 go1.21: a@v1.0.0 | .>a~a/x
";

const A_AND_K: &str = "\texample.com/a v1.1.0\n\texample.com/k v1.0.0\n";

const DOWN: [&str; 2] = ["plan-downgrade", "a@v1.0.0"];

const MISSES: &str = "go mod tidy would change this plan";

fn lacks() -> World {
    main_module(LACKS, A_AND_K, &["example.com/a", "example.com/k"])
}

/// Writes a plan for `a`, and says what it notes of tidy, and which version tidy leaves of `a`: "fails" where it
/// fails, and nothing without go.
#[track_caller]
fn beside_tidy(world: &World, args: &[&str], test: &str) -> (Value, Option<String>) {
    let json = world.gomod(&[args, &["--format", "json"]].concat()).json();
    let letter = &json["chosen"];
    let plans = json["plans"].as_array().unwrap();
    let chosen = plans.iter().find(|plan| plan["letter"] == *letter).unwrap();
    let page = world.gomod(&[args, &["--write"]].concat()).ok();
    for note in chosen["notes"].as_array().unwrap() {
        let line = format!("note: {}\n", note.as_str().unwrap());
        assert!(page.contains(&line), "{line}: {page}");
    }
    let noted = page.contains("note: go mod tidy");
    let empty = chosen["tidy"]["unresolved"] == json!([]) && chosen["tidy"]["targets"] == json!([]);
    assert_eq!(noted, !empty && chosen["tidy"] != Value::Null, "{page}");
    let after = has_go(test).then(|| match world.go_in("main", &["mod", "tidy"]).code {
        Some(0) => selected(world),
        _ => "fails".to_owned(),
    });
    (chosen["tidy"].clone(), after)
}

/// The selected version of `a`.
fn selected(world: &World) -> String {
    let run = world.go_in("main", &["list", "-m", "all"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let line = run
        .stdout
        .lines()
        .find_map(|line| line.strip_prefix("example.com/a "));
    line.unwrap_or("none").to_owned()
}

/// That tidy left `version`, where it could be asked.
#[track_caller]
fn left(after: Option<String>, version: &str) {
    assert_eq!(after.unwrap_or_else(|| version.to_owned()), version);
}

#[test]
fn what_a_test_misses_of_the_target_raises_it_again() {
    let world = lacks();
    let page = world.gomod(&DOWN).ok();
    assert!(
        page.contains(
            "note: go mod tidy would change this plan: it also needs what the tests of imported packages import, directly \
             or not. example.com/a/x, imported by the test p_test.go of example.com/k, is in no planned module\n"
        ),
        "{page}"
    );
    assert!(
        page.contains("which may raise others again: commit the plan without it\n"),
        "no older version has it: {page}"
    );
    assert!(
        page.contains("all there for the build and the tests of the main module\n"),
        "{page}"
    );
    let (tidy, after) = beside_tidy(&world, &DOWN, "what_a_test_misses_of_the_target");
    assert_eq!(tidy["complete"], true);
    let one = &tidy["unresolved"][0];
    assert_eq!(one["package"], "example.com/a/x");
    assert_eq!(one["by"], "example.com/k@v1.0.0");
    left(after, "v1.1.0");
}

#[test]
fn the_plan_itself_builds_without_it() {
    let world = lacks();
    world.gomod(&[&DOWN[..], &["--write"]].concat()).ok();
    if has_go("the_plan_itself_builds_without_it") {
        let go_mod = world.read("main/go.mod");
        let run = world.go_in("main", &["build", "-o", "../built", "./..."]);
        assert_eq!(run.code, Some(0), "{run:?}");
        assert_eq!(world.read("main/go.mod"), go_mod);
    }
}

/// What `k` imports in its test came by `b`, which has to go back; the newest of it asks for the newer `a`.
const GONE: &str = "
    a@v1.0.0 go1.21:
    a@v1.1.0 go1.21:
    b@v1.0.0 go1.21: a@v1.0.0
    b@v1.1.0 go1.21: a@v1.1.0 t@v1.0.0
    k@v1.0.0 go1.21: a@v1.0.0 | .>a~t/x,t/y,t/z,t/w
    t@v1.0.0 go1.21: | x y z w
    t@v1.1.0 go1.21: a@v1.1.0 | x y z w
";

fn gone() -> World {
    let requires = "\texample.com/a v1.1.0\n\texample.com/b v1.1.0\n\texample.com/k v1.0.0\n";
    let imports = ["example.com/a", "example.com/b", "example.com/k"];
    main_module(GONE, requires, &imports)
}

#[test]
fn what_no_module_has_any_more_is_taken_from_the_newest() {
    let world = gone();
    let (tidy, after) = beside_tidy(&world, &DOWN, "what_no_module_has_any_more");
    assert_eq!(tidy["unresolved"].as_array().unwrap().len(), 4);
    left(after, "v1.1.0");
    let page = gone().gomod(&DOWN).ok();
    assert!(page.contains("example.com/t/y, imported by"), "{page}");
    assert!(page.contains("; and 1 more\n"), "{page}");
    assert!(!page.contains("example.com/t/z"), "{page}");
}

#[test]
fn to_require_an_older_one_first_helps() {
    let world = gone();
    let page = world.gomod(&[&DOWN[..], &["--write"]].concat()).ok();
    let help = "or require an older version of a module that has it first: go get MODULE@VERSION\n";
    assert!(page.contains(help), "{page}");
    if has_go("to_require_an_older_one_first_helps") {
        // go mod tidy -e takes the newest all the same.
        let (go_mod, go_sum) = (world.read("main/go.mod"), world.read("main/go.sum"));
        assert_eq!(world.go_in("main", &["mod", "tidy", "-e"]).code, Some(0));
        assert_eq!(selected(&world), "v1.1.0");
        world.write("main/go.mod", &go_mod);
        world.write("main/go.sum", &go_sum);
        for args in [&["get", "example.com/t@v1.0.0"][..], &["mod", "tidy"]] {
            let run = world.go_in("main", args);
            assert_eq!(run.code, Some(0), "{run:?}");
        }
        assert_eq!(selected(&world), "v1.0.0");
    }
}

#[test]
fn what_two_modules_have_makes_it_fail() {
    // a v1.0.0 still has the directory that became the module a/x, whose other package the main module imports.
    let world = main_module(
        "a@v1.0.0 go1.21: | . x\na@v1.1.0 go1.21: | .\na/x@v1.0.0 go1.21: | . y\n\
         k@v1.0.0 go1.21: a@v1.0.0 a/x@v1.0.0 | .>a~a/x",
        "\texample.com/a v1.1.0\n\texample.com/a/x v1.0.0\n\texample.com/k v1.0.0\n",
        &["example.com/a", "example.com/a/x/y", "example.com/k"],
    );
    let page = world.gomod(&DOWN).ok();
    assert!(page.contains(MISSES), "{page}");
    assert!(
        page.contains(
            "example.com/a/x, imported by the test p_test.go of example.com/k, is in example.com/a/x@v1.0.0 and in \
             example.com/a@v1.0.0\n"
        ),
        "{page}"
    );
    assert!(
        page.contains("use go mod tidy -e, which goes on\n"),
        "{page}"
    );
    let (_, after) = beside_tidy(&world, &DOWN, "what_two_modules_have_makes_it_fail");
    left(after, "fails");
    if has_go("what_two_modules_have_makes_it_fail") {
        assert_eq!(world.go_in("main", &["mod", "tidy", "-e"]).code, Some(0));
        assert_eq!(selected(&world), "v1.0.0");
    }
}

#[test]
fn what_is_missed_today_is_no_news() {
    let notation = "
        a@v1.0.0 go1.21: | .
        a@v1.1.0 go1.21: | .
        k@v1.0.0 go1.21: a@v1.0.0 | .>a~a/x,nowhere.org/y
    ";
    if !has_go("what_is_missed_today_is_no_news") {
        return;
    }
    let world = main_module(notation, A_AND_K, &["example.com/a", "example.com/k"]);
    let page = world.with_filled_cache().gomod(&DOWN).ok();
    assert!(!page.contains("go mod tidy"), "{page}");
}

/// `t` is imported by a test of `k` alone, and imports what only the newer `a` has: by itself, or by its own test.
fn beyond(main_go: &str, t: &str) -> World {
    let notation = format!(
        "a@v1.0.0 go1.14: | .\na@v1.1.0 go1.14: | . x\nk@v1.0.0 go1.14: a@v1.0.0 t@v1.0.0 | .>a~t\n\
         t@v1.0.0 go1.14: a@v1.0.0 | {t}"
    );
    let world = main_module(&notation, A_AND_K, &["example.com/a", "example.com/k"]);
    let go_mod = world.read("main/go.mod");
    world.write("main/go.mod", &go_mod.replace("go 1.21", main_go));
    world
}

#[test]
fn what_is_not_at_hand_is_not_looked_at() {
    let world = beyond("go 1.21", ".>a/x");
    let (tidy, after) = beside_tidy(&world, &DOWN, "what_is_not_at_hand_is_not_looked_at");
    assert_eq!(tidy["complete"], false);
    left(after, "v1.1.0");
    let zip = world.path("cache/cache/download/example.com/t/@v/v1.0.0.zip");
    assert!(!zip.exists(), "no zip is fetched for it");
    if !has_go("what_is_not_at_hand_is_not_looked_at") {
        return;
    }
    let world = beyond("go 1.21", ".>a/x").with_filled_cache();
    let (tidy, _) = beside_tidy(&world, &DOWN, "what_is_not_at_hand_is_not_looked_at");
    assert_eq!(tidy["complete"], true);
    assert_eq!(tidy["unresolved"][0]["in_package"], "example.com/t");
}

#[test]
fn tests_of_what_tests_import_count_below_go_1_16() {
    let test = "tests_of_what_tests_import_count_below_go_1_16";
    if !has_go(test) {
        return;
    }
    for (go, version) in [
        ("go 1.15", "v1.1.0"),
        ("go 1.16", "v1.0.0"),
        ("go 1.21", "v1.0.0"),
    ] {
        let world = beyond(go, ".~a/x").with_filled_cache();
        let (tidy, after) = beside_tidy(&world, &DOWN, test);
        let missed = tidy["unresolved"].as_array().unwrap().len();
        assert_eq!(missed, usize::from(version == "v1.1.0"), "{go}");
        left(after, version);
    }
}

#[test]
fn a_plan_that_tidy_keeps_has_no_note() {
    let notation = LACKS.replace("| .\n", "| . x\n");
    let world = main_module(&notation, A_AND_K, &["example.com/a", "example.com/k"]);
    let (tidy, after) = beside_tidy(&world, &DOWN, "a_plan_that_tidy_keeps_has_no_note");
    assert_eq!(
        tidy,
        json!({"complete": true, "unresolved": [], "targets": []})
    );
    left(after, "v1.0.0");
}

/// `c` is needed by a test of `k` alone, and `r` asks for the newer one, which asks for `d` (and `a`, if that is said).
fn promoted(a: &str) -> World {
    let notation = format!(
        "a@v1.0.0 go1.21: | .\na@v1.1.0 go1.21: | .\nc@v1.0.0 go1.21: d@v1.0.0 | .>d\nc@v1.1.0 go1.21: d@v1.0.0{a} | .>d\n\
         d@v1.0.0 go1.21:\nk@v1.0.0 go1.21: c@v1.0.0 | .~c\nr@v1.0.0 go1.21: c@v1.1.0"
    );
    let requires =
        "\texample.com/a v1.1.0\n\texample.com/k v1.0.0\n\texample.com/r v1.0.0 // indirect\n";
    let world = main_module(&notation, requires, &["example.com/a", "example.com/k"]);
    let world = world.with_filled_cache();
    let run = world.go_in("main", &["mod", "download", "example.com/d@v1.0.0"]);
    assert_eq!(run.code, Some(0), "{run:?}");
    world
}

#[test]
fn what_tests_need_becomes_a_requirement_and_brings_its_own() {
    let test = "what_tests_need_becomes_a_requirement_and_brings_its_own";
    if !has_go(test) {
        return;
    }
    // r is dropped, so c is required, and then d is in sight.
    let (tidy, after) = beside_tidy(&promoted(""), &DOWN, test);
    assert_eq!(
        tidy,
        json!({"complete": true, "unresolved": [], "targets": []})
    );
    left(after, "v1.0.0");
    let (tidy, after) = beside_tidy(&promoted(" a@v1.1.0"), &DOWN, test);
    let raised = json!([{"module": "example.com/a@v1.0.0", "then": "v1.1.0", "raised": true}]);
    assert_eq!(tidy["targets"], raised);
    left(after, "v1.1.0");
}

/// Nobody imports `a`, which `k` asks for.
fn unused(asked: &str) -> World {
    let versions: String = (0..4)
        .map(|minor| format!("a@v1.{minor}.0 go1.21:\n"))
        .collect();
    main_module(
        &format!("{versions}k@v1.0.0 go1.21: a@{asked}"),
        "\texample.com/a v1.3.0 // indirect\n\texample.com/k v1.0.0\n",
        &["example.com/k"],
    )
}

#[test]
fn a_target_that_provides_no_package_is_dropped() {
    let test = "a_target_that_provides_no_package_is_dropped";
    let down = ["plan-downgrade", "a@v1.1.0"];
    let (tidy, after) = beside_tidy(&unused("v1.0.0"), &down, test);
    let dropped = json!([{"module": "example.com/a@v1.1.0", "then": "v1.0.0", "raised": false}]);
    assert_eq!(tidy["targets"], dropped);
    left(after, "v1.0.0");
    let page = unused("v1.0.0").gomod(&down).ok();
    assert!(
        page.contains(
            "note: go mod tidy drops the requirement example.com/a@v1.1.0, since no package of it is needed: then \
             v1.0.0 is selected\n"
        ),
        "{page}"
    );
    // What k asks for is what stays.
    let (tidy, after) = beside_tidy(&unused("v1.1.0"), &down, test);
    assert_eq!(tidy["targets"], json!([]));
    left(after, "v1.1.0");
    // What k asks for is excluded, and nothing is left that asks for it.
    let (tidy, after) = beside_tidy(&unused("v1.3.0"), &down, test);
    let dropped = json!([{"module": "example.com/a@v1.1.0", "then": null, "raised": false}]);
    assert_eq!(tidy["targets"], dropped);
    left(after, "none");
}

#[test]
fn without_imports_nothing_is_said_of_it() {
    let world = lacks();
    // With all zips at hand it is said offline as well; with one missing it is not.
    let page = world.gomod(&[&DOWN[..], &["--offline"]].concat()).ok();
    assert!(page.contains(MISSES), "{page}");
    let zips = [
        "cache/cache/download/example.com/k/@v/v1.0.0.zip".to_owned(),
        World::proxied("example.com/k", "v1.0.0", "zip"),
    ];
    for zip in zips {
        std::fs::remove_file(world.path(&zip)).unwrap();
    }
    let page = world.gomod(&[&DOWN[..], &["--offline"]].concat()).ok();
    assert!(page.contains("imports not followed"), "{page}");
    assert!(!page.contains(MISSES), "{page}");
    let world = World::with_main(
        LACKS,
        &format!("module example.com/main\n\ngo 1.21\n\nrequire (\n{A_AND_K})\n"),
    );
    let json = world.gomod(&[&DOWN[..], &["--format", "json"]].concat());
    let plan = &json.json()["plans"][0];
    assert_eq!((&plan["tidy"], &plan["notes"]), (&Value::Null, &json!([])));
}
