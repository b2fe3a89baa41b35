//! Plans that are saved, and applied later.

use crate::support::{PAIR, World, tree};

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
