//! After `--write` the go command builds, lists and verifies, and changes nothing. Needs Go and the network.
#![allow(clippy::unwrap_used)]

use std::io::Write as _;
use std::path::Path;
use std::process::Command;

/// Whether Go and a way to modules are there; CI must have both.
fn can_build(test: &str) -> bool {
    let found = Command::new("go")
        .args(["list", "-m", "github.com/gin-gonic/gin@v1.10.0"])
        .current_dir(std::env::temp_dir())
        .output();
    if found.is_ok_and(|output| output.status.success()) {
        return true;
    }
    assert_ne!(
        std::env::var("CI").as_deref(),
        Ok("true"),
        "{test}: CI needs Go and modules"
    );
    let _ = writeln!(
        std::io::stderr(),
        "skipped: {test}: there is no go in PATH, or no way to modules"
    );
    false
}

fn run(dir: &Path, command: &[&str]) -> String {
    let output = Command::new(command[0])
        .args(&command[1..])
        .current_dir(dir)
        .env("GOFLAGS", "-mod=readonly -buildvcs=false")
        .env("GOWORK", "off")
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

fn read(dir: &Path) -> (String, String) {
    let file = |name: &str| std::fs::read_to_string(dir.join(name)).unwrap();
    (file("go.mod"), file("go.sum"))
}

#[test]
fn what_is_written_builds_and_stays_as_it_is() {
    if !can_build("what_is_written_builds_and_stays_as_it_is") {
        return;
    }
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/gin-app");
    let cases: [(&[&str], &str); 5] = [
        (&["gin@v1.9.0"], "github.com/gin-gonic/gin v1.9.0\n"),
        (
            &["github.com/go-playground/validator/v10@v10.11.0"],
            "github.com/go-playground/validator/v10 v10.11.0\n",
        ),
        (
            &["validator@v10.11.0", "--keep", "gin"],
            "github.com/go-playground/validator/v10 v10.11.0\n",
        ),
        (
            &["validator@v10.11.0", "--strategy", "replace"],
            "github.com/go-playground/validator/v10 v10.20.0 => github.com/go-playground/validator/v10 v10.11.0\n",
        ),
        (&["go@1.20"], "github.com/gin-gonic/gin v1.10.0\n"),
    ];
    for (args, selected) in cases {
        let dir = tempfile::tempdir().unwrap();
        for file in ["go.mod", "go.sum", "main.go"] {
            std::fs::copy(fixture.join(file), dir.path().join(file)).unwrap();
        }
        let mut command = vec![env!("CARGO_BIN_EXE_gomod"), "plan-downgrade", "--write"];
        command.extend(args);
        run(dir.path(), &command);
        let written = read(dir.path());
        run(dir.path(), &["go", "build", "./..."]);
        run(dir.path(), &["go", "list", "-deps", "./..."]);
        run(dir.path(), &["go", "mod", "verify"]);
        let list = run(dir.path(), &["go", "list", "-m", "all"]);
        assert!(list.contains(selected), "{args:?}: {list}");
        assert_eq!(
            list,
            run(dir.path(), &[env!("CARGO_BIN_EXE_gomod"), "list"])
        );
        assert_eq!(read(dir.path()), written, "{args:?}");
        if args.contains(&"--keep") {
            assert!(list.contains("github.com/gin-gonic/gin v1.10.0\n"));
        }
    }
}
