//! What a plan over the members of a workspace leaves in files: sums, saved plans, documents.

use serde_json::json;

use super::workspace::{confirm, confirm_alone, pair};
use crate::support::tree;

#[test]
fn sums_go_where_they_are_needed() {
    let world = pair();
    for member in ["one", "two"] {
        let today = world.sums(|name| !name.ends_with("@v1.0.0"));
        world.write(&format!("main/{member}/go.sum"), &today);
    }
    let page = world.gomod(&["plan-downgrade", "a@v1.0.0", "--write"]).ok();
    let written = "written: one/go.mod, two/go.mod, one/go.sum, two/go.sum\n";
    assert!(page.contains(written), "{page}");
    assert_eq!(world.read("main/one/go.sum"), world.sums(|_| true));
    assert!(
        !world
            .read("main/two/go.sum")
            .contains("example.com/b v1.0.0")
    );
    confirm(&world, &["one", "two"], &["example.com/a v1.0.0"]);
    confirm_alone(world, &["one", "two"]);
}

#[test]
fn a_stale_vendor_directory_is_said() {
    let world = pair();
    world.write("main/vendor/modules.txt", "## workspace\n");
    let page = world.gomod(&["plan-downgrade", "a@v1.0.0"]).ok();
    assert!(
        page.contains("vendor/ will be stale: go work vendor"),
        "{page}"
    );
}

#[test]
fn a_saved_plan_is_applied_to_all_files() {
    let save = ["plan-downgrade", "a@v1.0.0", "--out", "plan.json"];
    let other = pair();
    other.gomod(&["plan-downgrade", "a@v1.0.0", "--write"]).ok();
    let world = pair();
    world.gomod(&save).ok();
    let page = world.gomod(&["apply", "plan.json"]).ok();
    assert!(page.contains("written: one/go.mod, two/go.mod\n"), "{page}");
    for file in [
        "main/one/go.mod",
        "main/two/go.mod",
        "main/go.work",
        "main/one/go.sum",
    ] {
        assert_eq!(world.read(file), other.read(file));
    }
    // For other files it is stale.
    for file in ["one/go.mod", "two/go.sum", "go.work"] {
        let world = pair();
        world.gomod(&save).ok();
        let name = format!("main/{file}");
        world.write(&name, &(world.read(&name) + "\n"));
        let before = tree(&world.path("main"));
        let run = world.gomod(&["apply", "plan.json"]);
        assert_eq!(run.code, Some(1), "{run:?}");
        assert!(
            run.stderr.contains(&format!("another {file} of")),
            "{run:?}"
        );
        assert!(before == tree(&world.path("main")), "{file}");
    }
    // What was changed in it is seen.
    for (from, to, code) in [
        ("example.com/b v1.0.0\\n", "example.com/b v1.1.0\\n", 3),
        (
            "\"file\": \"two/go.mod\",\n      \"text\"",
            "\"file\": \"three/go.mod\",\n      \"text\"",
            3,
        ),
        ("\"schema_version\": 1", "\"schema_version\": 2", 3),
        // A chain with a link that does not exist, and one whose end is not above its bound.
        (
            "\"example.com/b@v1.2.0\",\n          \"example.com/a@v1.2.0\"",
            "\"example.com/b@v1.2.0\",\n          \"example.com/a@v1.1.0\"",
            3,
        ),
        (
            "\"value\": \"example.com/a@v1.0.0\"",
            "\"value\": \"example.com/a@v1.2.0\"",
            3,
        ),
    ] {
        let world = pair();
        world.gomod(&save).ok();
        let text = world.read("main/plan.json");
        assert!(text.contains(from), "{from}: {text}");
        world.write("main/plan.json", &text.replace(from, to));
        let before = tree(&world.path("main"));
        let run = world.gomod(&["apply", "plan.json"]);
        assert_eq!(run.code, Some(code), "{to}: {run:?}");
        assert!(before == tree(&world.path("main")), "{to}");
    }
    // So is a line of sums that is missing.
    let world = pair();
    let sums = world.sums(|name| !name.contains("@v1.0.0"));
    world.write("main/one/go.sum", &sums);
    world.write("main/two/go.sum", &sums);
    world.gomod(&save).ok();
    let text = world.read("main/plan.json");
    let mut plan: serde_json::Value = serde_json::from_str(&text).unwrap();
    let files = plan["checks"]["files"].as_array_mut().unwrap();
    assert!(!files.is_empty());
    for file in files {
        let added = file["added"].as_array_mut().unwrap();
        added.retain(|line| !line.as_str().unwrap().contains("/b v1.0.0/go.mod "));
    }
    world.write("main/plan.json", &plan.to_string());
    let run = world.gomod(&["apply", "plan.json"]);
    assert_eq!(run.code, Some(3), "{run:?}");
    let words = "go.sum would have no line for example.com/b@v1.0.0 and its go.mod";
    assert!(run.stderr.contains(words), "{run:?}");
    world.write("main/plan.json", &text);
    world.gomod(&["apply", "plan.json"]).ok();
    // It is no plan for one module, nor the other way round.
    let mut world = pair();
    world.gomod(&save).ok();
    world.set("GOWORK", "off");
    let run = world.gomod_in("main/one", &["apply", "../plan.json"]);
    assert_eq!(run.code, Some(3), "{run:?}");
    assert!(run.stderr.contains("not a plan"), "{run:?}");
    let run = world.gomod_in(
        "main/one",
        &["plan-downgrade", "a@v1.0.0", "--out", "../plan.json"],
    );
    assert_eq!(run.code, Some(0), "{run:?}");
    world.unset("GOWORK");
    let run = world.gomod(&["apply", "plan.json"]);
    assert_eq!(run.code, Some(3), "{run:?}");
    assert!(run.stderr.contains("not a plan for a workspace"), "{run:?}");
}

#[test]
fn a_plan_is_stale_when_a_member_imports_another_package() {
    let world = pair();
    world
        .gomod(&["plan-downgrade", "a@v1.0.0", "--out", "plan.json"])
        .ok();
    // Another member has that one, and a third holds the other.
    let text = "package two\n\nimport (\n\t_ \"example.com/b\"\n\t_ \"example.com/one\"\n)\n";
    world.write("main/two/more.go", text);
    let text = text.replace("one\"", "one/x\"");
    world.write("main/two/x/x.go", &text);
    let run = world.gomod(&["apply", "plan.json"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    let sentence = "was made before two/x/x.go imported example.com/one/x; nothing was written";
    assert!(run.stderr.contains(sentence), "{run:?}");
    std::fs::remove_file(world.path("main/two/x/x.go")).unwrap();
    world.gomod(&["apply", "plan.json"]).ok();
}

#[test]
fn nothing_to_do_and_no_plan_as_documents() {
    let world = pair();
    let document = world
        .gomod(&["plan-downgrade", "a@v1.2.0", "--format", "json"])
        .json();
    assert_eq!(document["today"], json!(["example.com/a v1.2.0"]));
    let run = world.gomod(&[
        "plan-downgrade",
        "a@v1.0.0",
        "--keep",
        "b",
        "--strategy",
        "require",
        "--format",
        "json",
    ]);
    assert_eq!(run.code, Some(1));
    assert_eq!(run.json()["plans"], json!([]));
}
