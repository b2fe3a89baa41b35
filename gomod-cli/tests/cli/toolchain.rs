//! `toolchain@NAME` as a target, beside `go get`.

use crate::support::{PAIR, World, has_go};

const MAIN: &str =
    "module example.com/main\n\ngo 1.23.1\n\ntoolchain go1.24.2\n\nrequire example.com/a v1.2.0\n";

/// Serves the toolchains of these names, as far as `go get` asks for them.
fn publish(world: &World, names: &[&str]) {
    let run = world.go_in("main", &["env", "GOOS", "GOARCH"]);
    let platform = run.stdout.trim().replace('\n', "-");
    let at = "proxy/golang.org/toolchain/@v";
    let versions = names.iter().map(|name| format!("v0.0.1-{name}.{platform}"));
    let versions: Vec<String> = versions.collect();
    world.write(&format!("{at}/list"), &versions.join("\n"));
    for version in versions {
        let info = format!("{{\"Version\":\"{version}\"}}");
        world.write(&format!("{at}/{version}.info"), &info);
        world.write(
            &format!("{at}/{version}.mod"),
            "module golang.org/toolchain\n",
        );
    }
}

#[test]
fn the_toolchain_line_goes_back_as_go_get_takes_it_back() {
    for (name, lines) in [
        ("go1.23.5", "go 1.23.1\n\ntoolchain go1.23.5\n"),
        ("1.23.5", "go 1.23.1\n\ntoolchain go1.23.5\n"),
        // It says no more than the go line.
        ("go1.23.1", "go 1.23.1\n"),
        ("none", "go 1.23.1\n"),
        // The go line goes down with it.
        ("go1.22.5", "go 1.22.5\n"),
    ] {
        let world = World::with_main(PAIR, MAIN);
        let target = format!("toolchain@{name}");
        if has_go("the_toolchain_line_goes_back_as_go_get_takes_it_back") {
            publish(&world, &["go1.22.5", "go1.23.1", "go1.23.5"]);
            let run = world.go_in("main", &["get", &target]);
            assert_eq!(run.code, Some(0), "{name}: {run:?}");
            let theirs = world.read("main/go.mod");
            assert!(theirs.contains(lines), "{name}: {theirs}");
            world.write("main/go.mod", MAIN);
        }
        world.gomod(&["plan-downgrade", &target, "--write"]).ok();
        let expected = MAIN.replace("go 1.23.1\n\ntoolchain go1.24.2\n", lines);
        assert_eq!(world.read("main/go.mod"), expected, "{name}");
    }
}

#[test]
fn a_toolchain_comes_back_from_a_file_and_with_others() {
    let world = World::with_main(PAIR, MAIN);
    let both = ["plan-downgrade", "toolchain@go1.23.5", "go@1.22.3"];
    let page = world.gomod(&both).ok();
    assert!(page.contains("toolchain go1.24.2 → go1.23.5"), "{page}");
    assert!(page.contains("go 1.23.1 → 1.22.3"), "{page}");
    let args = [
        "plan-downgrade",
        "toolchain@go1.23.5",
        "a@v1.1.0",
        "--out",
        "p.json",
    ];
    world.gomod(&args).ok();
    world.gomod(&["apply", "p.json"]).ok();
    let text = world.read("main/go.mod");
    assert!(text.contains("toolchain go1.23.5\n"), "{text}");
    assert!(text.contains("example.com/a v1.1.0"), "{text}");
}

#[test]
fn names_that_are_no_toolchain_to_go_back_to() {
    let world = World::with_main(PAIR, MAIN);
    let refused = |target: &str, naming: &[&str]| {
        _ = world.refused(2, &["plan-downgrade", target], naming);
    };
    refused("toolchain", &["name the toolchain"]);
    refused("toolchain@local", &["no Go version", "toolchain@none"]);
    refused(
        "toolchain@1.23",
        &["not a toolchain version", "toolchain@go1.23"],
    );
    refused(
        "toolchain@go1.25.0",
        &["upgrade", "go get toolchain@go1.25.0"],
    );
    let page = world.gomod(&["plan-downgrade", "toolchain@go1.24.2"]).ok();
    assert!(page.contains("nothing to do"), "{page}");
}
