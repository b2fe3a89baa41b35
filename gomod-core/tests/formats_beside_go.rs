//! The formats beside the `go` command: `go mod edit` and `go work edit` on the same files.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::disallowed_macros
)] // tests of the machine outside
#![allow(
    unreachable_pub,
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

mod formats_common;
#[path = "support/mod_files.rs"]
mod mod_files;

use std::path::Path;
use std::process::Command;

use formats_common::{Edit, check_edit, edits, files, have_go};
use gomod_core::model::{GoMod, GoSum, GoWork, Godebugs, ModulePath, ModulesTxt};

/// Runs `go mod edit` or `go work edit`; `None` when it refuses.
fn go_edit(kind: &str, file: &Path, flags: &[String]) -> Option<Vec<u8>> {
    let output = Command::new("go")
        .current_dir(file.parent().unwrap())
        .env("GOWORK", "off")
        .env("GOFLAGS", "")
        .env("GOTOOLCHAIN", "local")
        .args([kind, "edit"])
        .args(flags)
        .arg(file)
        .output()
        .unwrap();
    output.status.success().then_some(output.stdout)
}

fn flags(edits: &[Edit]) -> Vec<String> {
    let mut flags: Vec<String> = edits.iter().map(|(f, v)| format!("-{f}={v}")).collect();
    flags.push("-print".into());
    flags
}

fn show(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Compares the JSON form and acceptance, then every edit; how many outputs were equal.
fn compare(dir: &Path, name: &str, text: &[u8], edits: &[Vec<Edit>]) -> usize {
    let path = dir.join("x.mod");
    std::fs::write(&path, text).unwrap();
    let json = go_edit("mod", &path, &["-json".into()]);
    let ours = GoMod::parse("x.mod", text);
    let Some(json) = json else {
        assert!(
            ours.is_err(),
            "{name}: accepted, but not by go:\n{}",
            show(text)
        );
        return 0;
    };
    let ours = ours.unwrap_or_else(|e| panic!("{name}: refused, but not by go: {e}"));
    assert_eq!(ours.json_text(), show(&json), "{name}");
    for edits in edits {
        let go = go_edit("mod", &path, &flags(edits));
        let go = go.unwrap_or_else(|| panic!("{name}: {edits:?}: go refuses the edit"));
        let formatted = check_edit(name, text, edits);
        assert_eq!(show(&formatted), show(&go), "{name}: {edits:?}");
    }
    1 + edits.len()
}

#[test]
fn tricky_files_beside_go() {
    if !have_go() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    // The other edits are tried beside the library that the command is made of, which is faster.
    let some: Vec<_> = edits().into_iter().step_by(5).collect();
    let count: usize = files()
        .iter()
        .map(|(n, t)| compare(dir.path(), n, t, &some))
        .sum();
    println!("{count} outputs compared");
    assert!(count > 40 * some.len(), "only {count} outputs compared");
}

#[test]
fn every_flag_beside_go() {
    if !have_go() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files() {
        if ["service", "everything", "messy"].contains(&name) {
            let count = compare(dir.path(), name, &text, &edits());
            assert_eq!(count, 1 + edits().len(), "{name}");
        }
    }
}

#[test]
fn cached_files_beside_go() {
    if !have_go() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let mut count = 0;
    for path in mod_files::cached(100) {
        let text = std::fs::read(&path).unwrap();
        let first = GoMod::parse("go.mod", &text)
            .ok()
            .and_then(|f| f.require.into_iter().next());
        let mut edits = vec![vec![]];
        if let Some(first) = first {
            edits.push(vec![
                ("require", format!("{}@{}", first.path, first.version)),
                ("require", "example.com/new@v1.0.0".into()),
            ]);
        }
        count += compare(dir.path(), &path.display().to_string(), &text, &edits);
    }
    println!("{count} outputs compared on cached files");
}

const WORKSPACES: &[&str] = &[
    "",
    "go 1.21\n\nuse ./a\n",
    "// c\n\ngo 1.21.0\n\ntoolchain go1.22.0\n\nuse (\n\t./b\n\t./a // x\n\n\t\"./with space\"\n)\n\nreplace (\n\ta.b/c => ./1\n\ta.b/c => ./2\n\ta.b/c v1.0 => a.b/d v1.0.0\n)\n\ngodebug default=go1.21\n",
    "use ./a\nuse ./b\nuse ./a\n",
    "use (\n\t./a\n)\r\n",
    "go 1.21\nexclude a.b/c v1.0.0\n",
    "go 1.21\nrequire a.b/c v1.0.0\n",
    "go 1.20.bad\n",
    "use a b\n",
    "use\n",
    "use `a`\n",
    "go (\n1.21\n)\n",
    "exclude (\n)\n",
    "replace a.b/c => a.b/d\n",
];

#[test]
fn trap_9_workspaces_beside_go() {
    if !have_go() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("go.work");
    for text in WORKSPACES {
        std::fs::write(&path, text).unwrap();
        let ours = GoWork::parse("go.work", text.as_bytes());
        let Some(json) = go_edit("work", &path, &["-json".into()]) else {
            assert!(ours.is_err(), "accepted, but not by go:\n{text}");
            continue;
        };
        let ours = ours.unwrap_or_else(|e| panic!("refused, but not by go: {e}"));
        assert_eq!(ours.json_text(), show(&json));
        assert_eq!(ours.text(), *text);
        type Change = (&'static str, fn(&mut GoWork));
        let changes: &[Change] = &[
            ("-fmt", |_| {}),
            ("-go=1.23", |w| {
                w.set_go(&gomod_core::model::GoVersion::new("1.23"))
                    .unwrap()
            }),
            ("-go=none", GoWork::drop_go),
            ("-toolchain=go1.23.4", |w| {
                w.set_toolchain("go1.23.4").unwrap()
            }),
            ("-toolchain=none", GoWork::drop_toolchain),
            ("-use=./c", |w| w.add_use("./c")),
            ("-use=./a", |w| w.add_use("./a")),
            ("-dropuse=./a", |w| w.drop_use("./a")),
            ("-godebug=x=1", |w| w.add_godebug("x", "1").unwrap()),
            ("-dropgodebug=default", |w| w.drop_godebug("default")),
            ("-dropreplace=a.b/c", |w| {
                w.drop_replace(&gomod_core::model::ModulePath::new("a.b/c"), None)
            }),
        ];
        for (flag, change) in changes {
            let go = go_edit("work", &path, &[(*flag).into(), "-print".into()]).unwrap();
            let mut work = ours.clone();
            let canonical = work.format() == *text;
            change(&mut work);
            assert_eq!(work.format(), show(&go), "{flag}:\n{text}");
            if canonical {
                assert_eq!(work.text(), work.format(), "{flag}:\n{text}");
            }
            GoWork::parse("go.work", work.text().as_bytes()).unwrap();
        }
    }
}

/// The files beside the go command's own source, which it has written itself.
#[test]
fn other_files_of_the_distribution() {
    if !have_go() {
        return;
    }
    let output = Command::new("go").args(["env", "GOROOT"]).output().unwrap();
    let root = String::from_utf8(output.stdout).unwrap();
    let source = Path::new(root.trim()).join("src");
    for dir in [source.join("cmd"), source] {
        let text = std::fs::read(dir.join("go.sum")).unwrap();
        let mut sum = GoSum::parse("go.sum", &text).unwrap();
        assert_eq!(sum.text(), show(&text));
        let path = ModulePath::new("zz.org/x");
        assert!(sum.insert(&path, "v1.0.0", "h1:x"));
        sum.retain(|p, _, _| *p != path);
        assert!(sum.is_changed());
        assert_eq!(sum.text(), show(&text), "written anew");
        let text = std::fs::read(dir.join("vendor/modules.txt")).unwrap();
        let modules = ModulesTxt::parse(&text);
        let file = GoMod::parse("go.mod", &std::fs::read(dir.join("go.mod")).unwrap()).unwrap();
        for require in &file.require {
            let module = modules
                .get(&require.path, require.version.as_str())
                .unwrap();
            assert!(module.explicit && module.go.is_some(), "{}", require.path);
        }
        let lines = show(&text);
        let packages = lines.lines().filter(|l| !l.starts_with('#')).count();
        assert_eq!(
            modules
                .with_packages()
                .map(|m| m.packages.len())
                .sum::<usize>(),
            packages
        );
    }
}

/// Which malformed lines of a `go.sum` the go command refuses.
#[test]
fn malformed_sums_beside_go() {
    if !have_go() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(
        dir.path().join("go.mod"),
        "module m\n\ngo 1.20\n\nrequire a.b/c v1.0.0\n",
    )
    .unwrap();
    for text in [
        "",
        "\n \n",
        "a.b/c v1.0.0/go.mod nonsense\n",
        "x y z",
        "a b\n",
        "a.b/c v1.0.0 h1:x y\n",
        "\ta\r\n",
    ] {
        std::fs::write(dir.path().join("go.sum"), text).unwrap();
        let output = Command::new("go")
            .current_dir(dir.path())
            .envs([
                ("GOWORK", "off"),
                ("GOFLAGS", "-mod=mod"),
                ("GOPROXY", "off"),
                ("GOTOOLCHAIN", "local"),
            ])
            .args(["mod", "download", "a.b/c"])
            .output()
            .unwrap();
        let refused = show(&output.stderr).contains("malformed go.sum");
        assert_eq!(
            GoSum::parse("go.sum", text.as_bytes()).is_err(),
            refused,
            "{text:?}: {}",
            show(&output.stderr)
        );
    }
}

#[test]
fn the_recorded_godebug_settings_are_those_of_this_go() {
    if !have_go() {
        return;
    }
    let output = Command::new("go")
        .args(["env", "GOROOT"])
        .env("GOTOOLCHAIN", "local")
        .output()
        .unwrap();
    let root = String::from_utf8(output.stdout).unwrap();
    let table = Path::new(root.trim()).join("src/internal/godebugs/table.go");
    let source = std::fs::read_to_string(table).unwrap();
    assert_eq!(
        Godebugs::of_distribution(&source),
        Some(Godebugs::recorded()),
        "write the names of this table to src/model/godebugs.txt"
    );
}
