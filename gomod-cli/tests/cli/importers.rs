//! Plans that lower a module because it imports what they do not provide.

use serde_json::Value;

use crate::imports;
use crate::support::{World, has_go};

/// `p` asks for the newest `a`, so it has to go where `a` goes back; from v1.5.0 on `m` imports it, and no go.mod
/// says so.
fn notation(versions: &[(u32, &str)]) -> String {
    let mut text = "
        a@v1.0.0 go1.21:
        a@v1.1.0 go1.21:
        p@v1.0.0 go1.21: a@v1.1.0 | .
    "
    .to_owned();
    for (minor, packages) in versions {
        text.push_str(&format!("m@v1.{minor}.0 go1.21: {packages}\n"));
    }
    text
}

/// Twenty versions of `m`, of which those from `first` on import `p`.
fn twenty(first: u32) -> Vec<(u32, &'static str)> {
    let packages = |minor| if minor < first { "| ." } else { "| .>p" };
    (0..20).map(|minor| (minor, packages(minor))).collect()
}

/// A main module that imports `a` and `m`.
fn main_module(notation: &str, requires: &str) -> World {
    imports::main_module(notation, requires, &["example.com/a", "example.com/m"])
}

const NEWEST: &str =
    "\texample.com/a v1.1.0\n\texample.com/m v1.19.0\n\texample.com/p v1.0.0 // indirect\n";

const DOWN: [&str; 4] = ["plan-downgrade", "a@v1.0.0", "--strategy", "require"];

/// The minor versions of `m` whose zips are in the module cache.
fn zips(world: &World) -> Vec<u32> {
    let dir = world.path("cache/cache/download/example.com/m/@v");
    let files = std::fs::read_dir(dir).unwrap();
    let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    let minor = |name: String| {
        let name = name.strip_prefix("v1.")?.strip_suffix(".0.zip")?;
        name.parse().ok()
    };
    let mut list: Vec<u32> = names.filter_map(minor).collect();
    list.sort_unstable();
    list
}

/// That go finds every package under what was written, and changes nothing.
fn resolves(world: &World, test: &str) {
    if has_go(test) {
        let go_mod = world.read("main/go.mod");
        let run = world.go_in("main", &["list", "-deps", "./..."]);
        assert_eq!(run.code, Some(0), "{run:?}");
        assert_eq!(world.read("main/go.mod"), go_mod);
    }
}

#[test]
fn a_module_that_imports_what_has_to_go_is_lowered() {
    let world = main_module(&notation(&twenty(5)), NEWEST);
    let page = world.gomod(&["plan-downgrade", "a@v1.0.0", "--write"]).ok();
    assert!(page.contains("Plan A, by require"), "{page}");
    assert!(
        page.contains(
            "require example.com/m v1.19.0 → v1.4.0  example.com/m@v1.19.0 imports example.com/p, \
             which no module of the plan provides"
        ),
        "{page}"
    );
    assert!(page.contains(", all there"), "{page}");
    assert!(
        page.contains("the search found none cheaper"),
        "only some versions were looked at: {page}"
    );
    assert!(world.read("main/go.mod").contains("example.com/m v1.4.0"));
    // The next, the second, fourth and eighth below; then between the last two.
    assert_eq!(zips(&world), [4, 5, 6, 8, 12, 16, 18, 19]);
    resolves(&world, "a_module_that_imports_what_has_to_go_is_lowered");
}

#[test]
fn what_is_kept_is_not_lowered_for_its_imports() {
    let world = main_module(&notation(&twenty(5)), NEWEST);
    let sentence = "example.com/m@v1.19.0 (p.go in package example.com/m) imports example.com/p, \
                    which no module provides\n";
    let page = world.gomod(&[&DOWN[..], &["--keep", "m"]].concat()).ok();
    assert!(page.contains(sentence), "{page}");
    assert_eq!(zips(&world), [19]);
    // Another plan that builds comes before it.
    let page = world.gomod(&["plan-downgrade", "a@v1.0.0", "--keep", "m"]);
    assert!(page.ok().contains("Plan A, by exclude"));
    // So does a limit for what moves: p goes, and m may not.
    let page = world
        .gomod(&[&DOWN[..], &["--max-collateral", "1"]].concat())
        .ok();
    assert!(page.contains("which no module provides; with"), "{page}");
}

#[test]
fn where_no_lower_version_helps_the_plan_says_what_was_tried() {
    let world = main_module(&notation(&twenty(0)), NEWEST);
    let page = world.gomod(&DOWN).ok();
    let sentence = "imports example.com/p, which no module provides; of its lower versions these do not help: v1.18.0, \
                    v1.16.0, v1.12.0, v1.4.0, v1.0.0\n";
    assert!(page.contains(sentence), "{page}");
    assert!(page.contains("it does not build"), "{page}");
    assert!(!page.contains("example.com/m v1.19.0 →"), "{page}");
    world.refused(
        1,
        &[&DOWN[..], &["--write"]].concat(),
        &["these do not help: v1.18.0"],
    );
    let json = world
        .gomod(&[&DOWN[..], &["--format", "json"]].concat())
        .json();
    let missing = &json["plans"][0]["imports"]["unresolved"][0];
    assert_eq!(missing["tried"][4], "example.com/m@v1.0.0", "{missing}");
    assert_eq!(missing["fits"], Value::Null);
}

#[test]
fn a_version_that_lacks_what_the_main_module_imports_is_no_help() {
    // Before m imported p it had no package in its root.
    let versions = [(0, "| x"), (1, "| .>p"), (2, "| .>p")];
    let requires = NEWEST.replace("v1.19.0", "v1.2.0");
    let world = main_module(&notation(&versions), &requires);
    let page = world.gomod(&DOWN).ok();
    assert!(
        page.contains("these do not help: v1.1.0, v1.0.0\n"),
        "{page}"
    );
    assert!(!page.contains("example.com/m v1.2.0 →"), "{page}");
}

#[test]
fn the_versions_that_do_without_may_be_few() {
    // As docker: the old ones import something else that is not there.
    let packages = |minor| match minor {
        0..=6 => "| .>q",
        7 | 8 => "| .",
        9..=12 => "| .>q/x",
        _ => "| .>p",
    };
    let versions: Vec<(u32, &str)> = (0..20).map(|minor| (minor, packages(minor))).collect();
    let world = main_module(&notation(&versions), NEWEST);
    world.gomod(&[&DOWN[..], &["--write"]].concat()).ok();
    assert!(world.read("main/go.mod").contains("example.com/m v1.8.0"));
    resolves(&world, "the_versions_that_do_without_may_be_few");
}

#[test]
fn a_conflict_that_the_lower_version_leads_to_leaves_it_where_it_was() {
    // k is directly required, and every version of it asks for the newest m.
    let text = notation(&twenty(5)) + "k@v1.0.0 go1.21: m@v1.19.0";
    let requires = format!("\texample.com/k v1.0.0\n{NEWEST}");
    let world = main_module(&text, &requires);
    let page = world.gomod(&DOWN).ok();
    let sentence = "which no module provides; with example.com/m@v1.4.0, which misses nothing, no plan was found that \
                    builds\n";
    assert!(page.contains(sentence), "{page}");
    assert!(!page.contains("example.com/m v1.19.0 →"), "{page}");
    // What k asks for may be excluded, but here p builds when its requirement is.
    let page = world.gomod(&["plan-downgrade", "a@v1.0.0"]).ok();
    assert!(page.contains("Plan A, by exclude"), "{page}");
    assert!(page.contains(", all there"), "{page}");
}

#[test]
fn who_asks_for_more_may_be_overridden_so_that_the_plan_builds() {
    let text = notation(&twenty(5)) + "k@v1.0.0 go1.21: m@v1.19.0";
    let requires = format!("\texample.com/k v1.0.0\n{NEWEST}");
    let world = main_module(&text, &requires);
    let page = world.gomod(&["plan-downgrade", "p@none", "--write"]).ok();
    assert!(page.contains(", all there"), "{page}");
    let go_mod = world.read("main/go.mod");
    assert!(go_mod.contains("exclude example.com/m v1.19.0"), "{page}");
    assert!(go_mod.contains("example.com/m v1.4.0"), "{page}");
    resolves(
        &world,
        "who_asks_for_more_may_be_overridden_so_that_the_plan_builds",
    );
}

#[test]
fn one_that_has_to_stay_keeps_the_others_where_they_are() {
    // n imports p as well, in every version.
    let text = notation(&twenty(5)) + "n@v1.0.0 go1.21: | .>p\nn@v1.1.0 go1.21: | .>p,p/x";
    let text = text.replace("a@v1.1.0 | .", "a@v1.1.0 | . x");
    let requires = format!("\texample.com/n v1.1.0\n{NEWEST}");
    let world = main_module(&text, &requires);
    world.write("main/n.go", "package main\n\nimport _ \"example.com/n\"\n");
    let page = world.gomod(&DOWN).ok();
    assert!(!page.contains("example.com/m v1.19.0 →"), "{page}");
    assert!(page.contains("example.com/n@v1.1.0"), "{page}");
}

#[test]
fn where_the_main_module_misses_something_itself_nothing_is_lowered_in_vain() {
    let text = notation(&twenty(5)).replace("a@v1.1.0 | .", "a@v1.1.0 | . x");
    let world = main_module(&text, NEWEST);
    world.write(
        "main/p.go",
        "package main\n\nimport _ \"example.com/p/x\"\n",
    );
    let page = world.gomod(&DOWN).ok();
    assert!(
        page.contains("p.go imports example.com/p/x, which no module provides\n"),
        "{page}"
    );
    assert!(page.contains("(p.go in package example.com/m)"), "{page}");
    assert!(!page.contains("example.com/m v1.19.0 →"), "{page}");
    assert_eq!(zips(&world), [19]);
    // Who drops p knows that the main module's own imports of it go.
    let direct = world.read("main/go.mod").replace(" // indirect", "");
    world.write("main/go.mod", &direct);
    let page = world.gomod(&["plan-downgrade", "p@none", "--allow-drop", "--write"]);
    let page = page.ok();
    assert!(page.contains("example.com/m v1.19.0 → v1.4.0"), "{page}");
    assert!(!page.contains("(p.go in package example.com/m)"), "{page}");
}

#[test]
fn in_a_workspace_as_well() {
    let world = main_module(&notation(&twenty(5)), NEWEST);
    world.write("go.work", "go 1.21\n\nuse ./main\n");
    let page = world.gomod(&[&DOWN[..], &["--write"]].concat()).ok();
    assert!(
        page.contains(
            "example.com/m@v1.19.0 imports example.com/p, which no module of the plan provides"
        ),
        "{page}"
    );
    assert!(page.contains(", all there"), "{page}");
    assert!(world.read("main/go.mod").contains("example.com/m v1.4.0"));
    resolves(&world, "in_a_workspace_as_well");
}

#[test]
fn others_that_ask_for_it_are_lowered_with_it() {
    let mut text = notation(&twenty(5));
    for minor in 0..20 {
        text.push_str(&format!("k@v1.{minor}.0 go1.21: m@v1.{minor}.0\n"));
    }
    for go in ["1.21", "1.16"] {
        let requires = format!("\texample.com/k v1.19.0\n{NEWEST}");
        let world = main_module(&text.replace("go1.21", &format!("go{go}")), &requires);
        let go_mod = world.read("main/go.mod");
        world.write(
            "main/go.mod",
            &go_mod.replace("go 1.21", &format!("go {go}")),
        );
        let page = world.gomod(&[&DOWN[..], &["--write"]].concat()).ok();
        assert!(page.contains(", all there"), "{page}");
        assert!(
            page.contains("example.com/k@v1.19.0 requires example.com/m@v1.19.0"),
            "{page}"
        );
        let go_mod = world.read("main/go.mod");
        assert!(go_mod.contains("example.com/k v1.4.0"), "{go}: {page}");
        resolves(&world, "others_that_ask_for_it_are_lowered_with_it");
    }
}

#[test]
fn what_was_lowered_may_have_to_go_further() {
    // m v1.1.0 does with a v1.0.0, but imports a package that only a v1.1.0 has.
    let world = main_module(
        "a@v1.0.0 go1.21: | .\na@v1.1.0 go1.21: | . x\n\
         m@v1.0.0 go1.21: a@v1.0.0 | .>a\nm@v1.1.0 go1.21: a@v1.0.0 | .>a,a/x\nm@v1.2.0 go1.21: a@v1.1.0 | .>a/x",
        "\texample.com/a v1.1.0\n\texample.com/m v1.2.0\n",
    );
    let page = world.gomod(&[&DOWN[..], &["--write"]].concat()).ok();
    assert!(
        page.contains(
            "example.com/m@v1.1.0 imports example.com/a/x, which no module of the plan provides"
        ),
        "{page}"
    );
    assert!(world.read("main/go.mod").contains("example.com/m v1.0.0"));
    resolves(&world, "what_was_lowered_may_have_to_go_further");
    // As a target it stays where it was asked for.
    let world = main_module(
        "a@v1.0.0 go1.21: | .\na@v1.1.0 go1.21: | . x\n\
         m@v1.0.0 go1.21: a@v1.0.0 | .>a\nm@v1.1.0 go1.21: a@v1.0.0 | .>a,a/x\nm@v1.2.0 go1.21: a@v1.1.0 | .>a/x",
        "\texample.com/a v1.1.0\n\texample.com/m v1.2.0\n",
    );
    let page = world.gomod(&["plan-downgrade", "a@v1.0.0", "m@v1.1.0"]);
    assert!(page.ok().contains("it does not build"));
}

#[test]
fn offline_what_is_at_hand_is_tried() {
    let mut world = main_module(&notation(&twenty(5)), NEWEST);
    let online = world.gomod(&DOWN).ok();
    world.set("GOPROXY", "off");
    let offline = [&DOWN[..], &["--offline"]].concat();
    assert!(online.contains("example.com/m v1.19.0 → v1.4.0"));
    let dir = world.path("cache/cache/download/example.com/m/@v");
    // Of these the go.mod is there as well.
    for minor in 0..20 {
        let proxied = World::proxied("example.com/m", &format!("v1.{minor}.0"), "mod");
        let name = format!("v1.{minor}.0.mod");
        std::fs::copy(world.path(&proxied), dir.join(name)).unwrap();
    }
    let page = world.gomod(&offline).ok();
    assert!(page.contains("example.com/m v1.19.0 → v1.4.0"), "{page}");
    assert!(page.contains("all there"), "{page}");
    // What is not there does not keep the imports from being followed.
    for minor in zips(&world).into_iter().filter(|minor| *minor < 12) {
        std::fs::remove_file(dir.join(format!("v1.{minor}.0.zip"))).unwrap();
    }
    let page = world.gomod(&offline).ok();
    let sentence = "which no module provides; of its lower versions these do not help: v1.18.0, v1.16.0, v1.12.0; the \
                    content of 12 lower versions of it is not to be had\n";
    assert!(page.contains(sentence), "{page}");
}

/// A change of what a certificate says of the candidates.
type Change = fn(&mut Value);

/// A saved plan that lowers `m`.
fn saved() -> World {
    let world = main_module(&notation(&twenty(5)), NEWEST);
    let page = world
        .gomod(&[&DOWN[..], &["--out", "plan.json"]].concat())
        .ok();
    assert!(
        page.contains("7 versions that were looked at are passed over for what they import"),
        "{page}"
    );
    world
}

#[test]
fn a_saved_plan_says_what_only_zips_show_and_is_applied() {
    let world = saved();
    let plan: Value = serde_json::from_str(&world.read("main/plan.json")).unwrap();
    let certificate = &plan["certificate"];
    assert_eq!(certificate["optimal"], false);
    let skipped = certificate["skipped"].as_array().unwrap();
    let of_m = skipped.iter().filter(|one| {
        let candidate = one["candidate"].as_str().unwrap();
        candidate.starts_with("example.com/m@")
    });
    let told: Vec<(&str, &str)> = of_m
        .map(|one| {
            assert_eq!(one["chain"], serde_json::json!([one["candidate"]]));
            let because = &one["because"];
            (
                because["kind"].as_str().unwrap(),
                because["value"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(told.len(), 15, "each version is told of: {told:?}");
    let between = "between versions that were tried for what they import";
    for (minor, told) in (5..20).rev().zip(told) {
        let expected = match zips(&world).contains(&minor) {
            true => ("imports", "example.com/p"),
            false => ("other", between),
        };
        assert_eq!(told, expected, "v1.{minor}.0");
    }
    world.gomod(&["apply", "plan.json"]).ok();
    assert!(world.read("main/go.mod").contains("example.com/m v1.4.0"));
    resolves(
        &world,
        "a_saved_plan_says_what_only_zips_show_and_is_applied",
    );
}

#[test]
fn a_version_that_is_passed_over_for_its_imports_is_told_by_itself() {
    let changes: [(&str, Change); 3] = [
        ("nothing is said of", |skipped| {
            skipped.as_array_mut().unwrap().retain(|one| {
                let candidate = one["candidate"].as_str().unwrap();
                candidate != "example.com/m@v1.12.0"
            });
        }),
        ("its chain begins at", |skipped| {
            for one in skipped.as_array_mut().unwrap() {
                if one["because"]["kind"] == "imports" {
                    one["chain"] = serde_json::json!(["example.com/a@v1.1.0"]);
                }
            }
        }),
        ("its imports are no requirements", |skipped| {
            for one in skipped.as_array_mut().unwrap() {
                if one["candidate"] == "example.com/p@v1.0.0" {
                    one["because"] = serde_json::json!({"kind": "imports", "value": "x"});
                }
            }
        }),
    ];
    for (said, change) in changes {
        let world = saved();
        let mut plan: Value = serde_json::from_str(&world.read("main/plan.json")).unwrap();
        change(&mut plan["certificate"]["skipped"]);
        world.write("main/plan.json", &plan.to_string());
        let run = world.gomod(&["apply", "plan.json"]);
        assert_eq!(run.code, Some(3), "{run:?}");
        assert!(run.stderr.contains(said), "{said}: {run:?}");
    }
}
