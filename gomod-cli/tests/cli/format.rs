//! `gomod fmt` and `gomod edit --json` beside `go mod edit` and `go work edit`.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Output;

use insta::assert_snapshot;

use crate::formats_common::files;
use crate::support::{MAIN, PAIR, World, has_go};

const MESSY: &str = "module example.com/main\nrequire example.com/b   v1.0\ngo 1.21\n";

const TIDY: &str = "module example.com/main\n\nrequire example.com/b v1.0.0\n\ngo 1.21\n";

fn run(world: &World, program: &str, args: &[&str]) -> Output {
    let mut command = match program {
        "go" => world.go_command("main", args),
        _ => world.gomod_command(args),
    };
    command.output().unwrap()
}

/// Both ways to format, and the JSON form, of a file with this name and content.
#[track_caller]
fn same_as_go(world: &World, file: &str, content: &[u8]) -> bool {
    let path = world.path("main").join(file);
    let kind = if file.ends_with(".work") {
        "work"
    } else {
        "mod"
    };
    let shown = String::from_utf8_lossy(content);
    fs::write(&path, content).unwrap();
    let theirs = run(world, "go", &[kind, "edit", "-json", file]);
    let ours = run(world, "gomod", &["edit", "--json", file]);
    let accepted = theirs.status.success();
    assert_eq!(ours.status.success(), accepted, "{file}: {shown}: {ours:?}");
    assert_eq!(
        String::from_utf8_lossy(&ours.stdout),
        String::from_utf8_lossy(&theirs.stdout)
    );
    let theirs = run(world, "go", &[kind, "edit", "-fmt", file]);
    assert_eq!(theirs.status.success(), accepted);
    let formatted = fs::read(&path).unwrap();
    fs::write(&path, content).unwrap();
    let ours = run(world, "gomod", &["fmt", "--stdout", file]);
    assert_eq!(ours.status.success(), accepted);
    if accepted {
        assert!(ours.stdout == formatted, "{file}: {shown}");
    }
    assert!(fs::read(&path).unwrap() == content, "--stdout writes");
    let ours = run(world, "gomod", &["fmt", "--check", file]);
    let code = match accepted {
        false => 3,
        true => i32::from(formatted != content),
    };
    assert_eq!(ours.status.code(), Some(code), "{file}: {shown}: {ours:?}");
    assert!(fs::read(&path).unwrap() == content, "--check writes");
    let ours = run(world, "gomod", &["fmt", file]);
    assert_eq!(ours.status.success(), accepted);
    assert!(ours.stdout.is_empty());
    assert!(fs::read(&path).unwrap() == formatted, "{file}: {shown}");
    accepted
}

#[test]
fn tricky_files_beside_go() {
    if !has_go("tricky_files_beside_go") {
        return;
    }
    let world = World::new(PAIR);
    let mut accepted = 0;
    for (name, content) in files() {
        println!("{name}");
        accepted += usize::from(same_as_go(&world, "x.mod", &content));
        same_as_go(&world, "go.work", &content);
    }
    assert!(accepted > 30, "{accepted}");
    for content in [
        "use ./b\nuse ./a\ngo 1.21\nreplace a.b/c   => ./c\n",
        "go 1.99\ntoolchain go1.99.1\nuse (\n./a\n)\ngodebug x=y\n",
        "use ./a ./b\n",
        "// \u{1b}[31mred\nuse ./a\n",
    ] {
        same_as_go(&world, "go.work", content.as_bytes());
        same_as_go(&world, "other.work", content.as_bytes());
    }
    // Escape codes of terminals are part of the file; a go line above the local Go is no error.
    same_as_go(&world, "y.mod", b"// \x1b[31mred\nmodule m\ngo 1.99\n");
}

#[test]
fn the_main_module_is_the_default() {
    let world = World::with_main(PAIR, MESSY);
    world.write("main/sub/x.go", "package sub\n");
    assert_eq!(world.gomod_in("main/sub", &["fmt"]).ok(), "");
    assert_eq!(world.read("main/go.mod"), TIDY);
    assert_eq!(world.gomod(&["fmt", "--check"]).ok(), "");
    // In a workspace too it is the go.mod of this directory.
    world.write("go.work", "go 1.21\nuse ./main\n");
    world.write("main/go.mod", MESSY);
    assert_eq!(world.gomod_in("main/sub", &["fmt"]).ok(), "");
    assert_eq!(world.read("main/go.mod"), TIDY);
}

#[test]
fn another_file_than_go_mod() {
    let mut world = World::new(PAIR);
    world.write("main/x.mod", MESSY);
    assert_eq!(world.gomod(&["fmt", "--modfile", "x.mod"]).ok(), "");
    assert_eq!(world.read("main/x.mod"), TIDY);
    world.write("main/x.mod", MESSY);
    world.set("GOFLAGS", "-modfile=x.mod");
    assert_eq!(world.gomod(&["fmt"]).ok(), "");
    assert_eq!(world.read("main/x.mod"), TIDY);
    assert_eq!(world.read("main/go.mod"), MAIN);
    // A file that is named counts before them, and needs no module around it.
    world.write("elsewhere/y.mod", MESSY);
    let stdout = ["-C", "elsewhere", "fmt", "--stdout", "y.mod"];
    assert_eq!(world.gomod_in("", &stdout).ok(), TIDY);
    world.write("go.work", "go 1.21\nuse ./main\n");
    // A workspace says nothing about it.
    world.write("main/x.mod", MESSY);
    assert_eq!(world.gomod(&["fmt"]).ok(), "");
    assert_eq!(world.read("main/x.mod"), TIDY);
    if has_go("another_file_than_go_mod") {
        world.write("main/x.mod", MESSY);
        assert_eq!(world.go_in("main", &["mod", "edit", "-fmt"]).ok(), "");
        assert_eq!(world.read("main/x.mod"), TIDY);
    }
}

#[test]
fn check_shows_the_difference() {
    let world = World::with_main(PAIR, MESSY);
    let run = world.gomod(&["fmt", "--check"]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(1), ""));
    assert_snapshot!(run.stdout, @r"
    --- go.mod
    +++ go.mod (canonical)
    @@ -1,3 +1,5 @@
     module example.com/main
    -require example.com/b   v1.0
    +
    +require example.com/b v1.0.0
    +
     go 1.21
    ");
    assert_eq!(world.read("main/go.mod"), MESSY);
}

#[test]
fn what_is_malformed_is_refused() {
    let world = World::with_main(PAIR, "module m\nrequire a.b/c master\nnonsense\n");
    for args in [
        &["fmt"][..],
        &["fmt", "--check"],
        &["fmt", "--stdout"],
        &["edit", "--json"],
    ] {
        let run = world.gomod(args);
        assert_eq!((run.code, run.stdout.as_str()), (Some(3), ""));
        for part in ["go.mod:2:15", "go.mod:3:1", "nonsense", "\nhelp: "] {
            assert!(run.stderr.contains(part), "{part}: {run:?}");
        }
    }
    assert!(world.gomod(&["fmt", "no.mod"]).stderr.contains("no.mod"));
    assert_eq!(world.gomod(&["fmt", "no.mod"]).code, Some(3));
    assert_eq!(world.gomod(&["edit"]).code, Some(2));
    assert_eq!(world.gomod(&["fmt", "--check", "--stdout"]).code, Some(2));
}

#[test]
fn links_and_permissions_stay() {
    let world = World::new(PAIR);
    world.write("main/real.mod", MESSY);
    let real = world.path("main/real.mod");
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    symlink("real.mod", world.path("main/link.mod")).unwrap();
    assert_eq!(world.gomod(&["fmt", "link.mod"]).ok(), "");
    assert_eq!(world.read("main/real.mod"), TIDY);
    assert_eq!(real.metadata().unwrap().permissions().mode() & 0o777, 0o640);
    assert!(world.path("main/link.mod").is_symlink());
    let left: Vec<_> = fs::read_dir(world.path("main")).unwrap().collect();
    assert_eq!(left.len(), 4, "something is left over: {left:?}");
    // A file that must not be written stays as it is.
    world.write("main/real.mod", MESSY);
    fs::set_permissions(&real, fs::Permissions::from_mode(0o440)).unwrap();
    assert_eq!(world.gomod(&["fmt", "link.mod"]).code, Some(3));
    assert_eq!(world.read("main/real.mod"), MESSY);
}

#[test]
fn settings_that_make_no_sense_beside_go() {
    if !has_go("settings_that_make_no_sense_beside_go") {
        return;
    }
    for (name, value, with_file, without) in [
        ("GOFLAGS", "-nonsense", false, false),
        ("GOFLAGS", "mod", false, false),
        ("GOFLAGS", "-modfile=main.txt", true, false),
        ("GOFLAGS", "-mod=nonsense", true, true),
        ("GO111MODULE", "off", true, false),
        ("GO111MODULE", "nonsense", true, false),
        ("GOWORK", "relative", false, false),
        ("GOPROXY", "ftp://nonsense", true, true),
    ] {
        let mut world = World::new(PAIR).with_go();
        world.write("main/main.txt", MAIN);
        world.write("main/x.mod", MAIN);
        world.set(name, value);
        for (file, good) in [(&["x.mod"][..], with_file), (&[], without)] {
            let theirs = run(&world, "go", &[&["mod", "edit", "-json"], file].concat());
            let ours = run(&world, "gomod", &[&["edit", "--json"], file].concat());
            assert_eq!(theirs.status.success(), good, "{name}={value}: {theirs:?}");
            assert_eq!(ours.status.success(), good, "{name}={value}: {ours:?}");
        }
    }
}
