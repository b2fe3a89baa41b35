//! Trap 10: `vendor/modules.txt`, changed in each way that `go build -mod=vendor` looks for.

use std::collections::BTreeSet;

use crate::support::{PAIR, Run, World, has_go};

const PROGRAM: &str = "package main\n\nimport _ \"example.com/b\"\n\nfunc main() {}\n";

/// The modules that an error of go names; none without one about vendoring.
fn named_by_go(run: &Run) -> BTreeSet<String> {
    let (_, text) = run
        .stderr
        .split_once("inconsistent vendoring")
        .unwrap_or_default();
    let lines = text.lines().filter_map(|line| line.strip_prefix('\t'));
    let named = lines.filter_map(|line| line.split_once(": "));
    named
        .map(|(module, _)| module.to_owned())
        .filter(|module| module.starts_with("example.com/"))
        .collect()
}

fn named_by_gomod(world: &World) -> BTreeSet<String> {
    let run = world.gomod(&["verify", "--offline", "--format", "json"]);
    let document = run.json();
    let findings = document["findings"].as_array().unwrap().iter();
    findings
        .filter(|finding| finding["code"] == "vendor-inconsistent" && finding["severity"] != "note")
        .map(|finding| finding["module"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn trap_10_vendor_consistency() {
    if !has_go("trap_10_vendor_consistency") {
        return;
    }
    let world = World::new(PAIR).with_go();
    world.write("main/main.go", PROGRAM);
    let go_mod = world.read("main/go.mod") + "\nreplace example.com/a v1.2.0 => ../a\n";
    world.write("a/go.mod", "module example.com/a\n\ngo 1.21\n");
    world.write("a/a.go", "package a\n");
    world.write("main/go.mod", &go_mod);
    let vendored = world.go_in("main", &["mod", "vendor"]);
    assert_eq!(vendored.code, Some(0), "{vendored:?}");
    let txt = world.read("main/vendor/modules.txt");
    let a = "# example.com/a v1.2.0 => ../a\n## explicit; go 1.21\n";
    let b = "# example.com/b v1.2.0\n## explicit; go 1.21\nexample.com/b\n";
    assert!(txt.contains(a) && txt.contains(b), "{txt}");
    // What is changed in modules.txt or go.mod, and which modules do not fit then.
    let changes: [(&str, &str, &[&str]); 14] = [
        ("", "", &[]),
        (a, "", &["a@v1.2.0"]),
        (b, "", &["b@v1.2.0"]),
        ("b v1.2.0", "b v1.1.0", &["b@v1.1.0", "b@v1.2.0"]),
        (
            "example.com/b v1.2.0\n## explicit;",
            "example.com/b v1.2.0\n##",
            &["b@v1.2.0"],
        ),
        ("a v1.2.0 => ../a", "a v1.2.0 => ../c", &["a@v1.2.0"]),
        ("a v1.2.0 => ../a", "a v1.2.0", &["a@v1.2.0"]),
        ("b v1.2.0", "b v1.2.0 => ../b", &["b@v1.2.0"]),
        (
            "a v1.2.0 => ../a",
            "a v1.2.0 => example.com/a v1.1.0",
            &["a@v1.2.0"],
        ),
        (
            "example.com/b\n",
            "example.com/b\n# example.com/x v1.0.0\n## explicit\nexample.com/x\n",
            &["x@v1.0.0"],
        ),
        (
            "example.com/b\n",
            "example.com/b\n# example.com/x v1.0.0 => ../x\n",
            &["x@v1.0.0"],
        ),
        ("b v1.2.0", "b v1.2.0\n## go 1.21", &[]),
        ("GO.MOD b v1.2.0", "b v1.1.0", &["b@v1.1.0", "b@v1.2.0"]),
        ("GO.MOD => ../a", "=> ../c", &["a@v1.2.0"]),
    ];
    for (from, to, expected) in changes {
        let (mut go_mod, mut txt) = (go_mod.clone(), txt.clone());
        match from.strip_prefix("GO.MOD ") {
            Some(from) => go_mod = go_mod.replace(from, to),
            None if from.is_empty() => {}
            None => txt = txt.replace(from, to),
        }
        world.write("main/go.mod", &go_mod);
        world.write("main/vendor/modules.txt", &txt);
        let go = world.go_in("main", &["build", "-mod=vendor", "./..."]);
        let ours = named_by_gomod(&world);
        assert_eq!(ours, named_by_go(&go), "{from:?} {to:?}: {go:?}");
        let expected = expected
            .iter()
            .map(|module| format!("example.com/{module}"));
        assert_eq!(ours, expected.collect(), "{from:?} {to:?}: {go:?}");
    }
}

/// `## workspace` says whose vendor directory it is; go does not use another's by itself.
#[test]
fn trap_10_vendor_of_a_workspace() {
    if !has_go("trap_10_vendor_of_a_workspace") {
        return;
    }
    let world = World::new(PAIR).with_go();
    world.write("main/main.go", PROGRAM);
    world.write("main/go.work", "go 1.21\n\nuse .\n");
    // Below go 1.22 a vendor directory is not used by a workspace.
    let go_mod = world.read("main/go.mod").replace("go 1.21", "go 1.23");
    world.write("main/go.mod", &go_mod);
    world.write("main/go.work", "go 1.23\n\nuse .\n");
    let vendored = world.go_in("main", &["work", "vendor"]);
    assert_eq!(vendored.code, Some(0), "{vendored:?}");
    let txt = world.read("main/vendor/modules.txt");
    assert!(txt.starts_with("## workspace\n"), "{txt}");
    let stale = txt.replace("b v1.2.0", "b v1.1.0");
    let alone = stale.replace("## workspace\n", "");
    let stale_modules = ["example.com/b@v1.1.0", "example.com/b@v1.2.0"].map(str::to_owned);
    for (workspace, txt, expected) in [
        (true, &txt, false),
        (true, &stale, true),
        (true, &alone, false),
        (false, &txt, false),
        (false, &stale, false),
        (false, &alone, true),
    ] {
        match workspace {
            true => world.write("main/go.work", "go 1.23\n\nuse .\n"),
            false => std::fs::remove_file(world.path("main/go.work")).unwrap_or_default(),
        }
        world.write("main/vendor/modules.txt", txt);
        let mut command = world.go_command("main", &["build", "./..."]);
        let output = command.env("GOFLAGS", "").output().unwrap();
        let go = Run {
            code: output.status.code(),
            stdout: String::new(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        };
        let ours = named_by_gomod(&world);
        assert_eq!(ours, named_by_go(&go), "{workspace} {txt}: {go:?}");
        let expected: BTreeSet<String> =
            stale_modules.iter().filter(|_| expected).cloned().collect();
        assert_eq!(ours, expected, "{workspace} {txt}: {go:?}");
    }
}
