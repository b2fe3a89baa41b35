//! Shared by the tests of the formats: tricky files, edits by name, and how to run `go` beside them.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

use std::io::Write as _;
use std::process::Command;

use gomod_core::model::{
    GoMod, GoVersion, ModulePath, ModuleVersion, NewRequirement, ReplaceTarget, Version,
};

/// An edit as a flag of `go mod edit` and its value; also `set` and `separate`, which are
/// `File.SetRequire` and `File.SetRequireSeparateIndirect` with `path@version[!],…` (`!` is indirect).
pub type Edit = (&'static str, String);

/// Real and tricky `go.mod` files by name.
pub fn files() -> Vec<(&'static str, Vec<u8>)> {
    let mut files: Vec<(&'static str, Vec<u8>)> = include_str!("files.txt")
        .split("-- ")
        .skip(1)
        .map(|part| {
            let (name, text) = part.split_once(" --\n").unwrap();
            (name, text.as_bytes().to_vec())
        })
        .collect();
    for (name, text) in BYTES {
        files.push((name, text.to_vec()));
    }
    files
}

/// Files that cannot stand in a text file.
const BYTES: &[(&str, &[u8])] = &[
    ("empty", b""),
    ("newline", b"\n"),
    ("blank lines", b"\n\n \t\n\n"),
    ("no final newline", b"module m\n\nrequire a.b/c v1.0.0"),
    ("comment at the end", b"module m // x"),
    ("crlf", b"// c\r\nmodule m // x\r\n\r\n\r\nrequire (\r\n\ta.b/c v1.0.0 // indirect\r\n\r\n\ta.b/d v1.0.0\r\n)\r\n"),
    ("lone cr", b"module\rm\r\n// a\rb\r\ngo 1.20\r"),
    ("cr at the end of a comment", b"module m //x\r"),
    ("bom", b"\xef\xbb\xbfmodule m\n"),
    ("nul", b"module m\0\n"),
    ("vertical tab", b"module m\x0b\n"),
    ("no-break space", b"module m\xc2\xa0\n"),
    ("nel", b"module m\xc2\x85\n"),
    ("soft hyphen", b"module m\xc2\xadm\n"),
    ("private use", b"module m\xee\x80\x80\n"),
    ("unicode", "module ö.例/e\u{301}\nrequire ß.de/x v1.0.0 // é\n".as_bytes()),
    ("latin-1 comment", b"module m // caf\xe9\n\n// \xff\nrequire a.b/c v1.0.0 // caf\xe9\n"),
    ("latin-1 path", b"module m\xe9\nrequire a.b/\xe9 v1.0.0\n"),
    ("latin-1 in quotes", b"module \"m\xe9\"\nrequire \"a.b/\xe9\" v1.0.0\nreplace \"a.b/x\xe9\" => ./\xef\xbf\xbd // \xef\xbf\xbd\nignore \"./a \xff b\"\n"),
    ("bytes in order", b"module m\n\nignore (\n\t./\xef\xbf\xbd/c\n\t./\xf7/a\n\t./\xe0/b\n)\n"),
    ("replacement character", "module m\u{fffd}\nrequire \"a.b/\u{fffd}\" v1.0.0\n".as_bytes()),
    ("truncated utf-8", b"module m\xe2\x82\n"),
    ("string over lines", b"module \"a\\\nb\"\n"),
    ("escapes", b"module \"\\x61\\142\\u0063\\U00000064\"\nreplace \"a.b/c\" => \"./a b\"\n"),
    ("bad escape", b"module \"\\q\"\n"),
    ("surrogate", b"module \"\\ud800\"\n"),
    ("quoted with control", b"module \"a\\tb\"\n"),
];

/// Applies an edit.
pub fn apply(file: &mut GoMod, (flag, value): &Edit) {
    let at = |text: &str| {
        let (path, version) = text.split_once('@').unwrap();
        (ModulePath::new(path), Version::parse(version).unwrap())
    };
    let optional = |text: &str| match text.contains('@') {
        true => (at(text).0, Some(at(text).1)),
        false => (ModulePath::new(text), None),
    };
    let list = |text: &str| -> Vec<NewRequirement> {
        text.split(',')
            .filter(|t| !t.is_empty())
            .map(|t| {
                let (path, version) = at(t.trim_end_matches('!'));
                NewRequirement {
                    path,
                    version,
                    indirect: t.ends_with('!'),
                }
            })
            .collect()
    };
    match *flag {
        "fmt" => {}
        "module" => file.set_module(&ModulePath::new(value)),
        "go" if value == "none" => file.drop_go(),
        "go" => file.set_go(&GoVersion::new(value)).unwrap(),
        "toolchain" if value == "none" => file.drop_toolchain(),
        "toolchain" => file.set_toolchain(value).unwrap(),
        "require" => {
            let (path, version) = at(value);
            file.add_require(&path, &version);
        }
        "droprequire" => file.drop_require(&ModulePath::new(value)),
        "exclude" => {
            let (path, version) = at(value);
            file.add_exclude(&path, &version).unwrap();
        }
        "dropexclude" => {
            let (path, version) = at(value);
            file.drop_exclude(&path, &version);
        }
        "replace" => {
            let (old, new) = value.split_once('=').unwrap();
            let (path, version) = optional(old);
            let target = match optional(new) {
                (path, Some(version)) => ReplaceTarget::Module(ModuleVersion::new(path, version)),
                (path, None) => ReplaceTarget::Directory(path.to_string()),
            };
            file.add_replace(&path, version.as_ref(), &target);
        }
        "dropreplace" => {
            let (path, version) = optional(value);
            file.drop_replace(&path, version.as_ref());
        }
        "retract" | "dropretract" => {
            let inner = value.trim_matches(['[', ']']);
            let (low, high) = inner.split_once(',').unwrap_or((inner, inner));
            let (low, high) = (Version::parse(low).unwrap(), Version::parse(high).unwrap());
            match *flag {
                "retract" => file.add_retract(&low, &high, "").unwrap(),
                _ => file.drop_retract(&low, &high),
            }
        }
        "godebug" => {
            let (key, value) = value.split_once('=').unwrap();
            file.add_godebug(key, value).unwrap();
        }
        "dropgodebug" => file.drop_godebug(value),
        "tool" => file.add_tool(value),
        "droptool" => file.drop_tool(value),
        "ignore" => file.add_ignore(value),
        "dropignore" => file.drop_ignore(value),
        "set" => file.set_require(&list(value)),
        "separate" => file.set_require_separate_indirect(&list(value)),
        _ => panic!("unknown edit {flag}"),
    }
}

/// Edits to try on every file; several at once are one run of `go mod edit`.
pub fn edits() -> Vec<Vec<Edit>> {
    let one = |flag, value: &str| (flag, value.to_owned());
    let single = [
        ("module", "new.org/m"),
        ("go", "1.22.3"),
        ("go", "1.16"),
        ("go", "none"),
        ("toolchain", "go1.23.1"),
        ("toolchain", "none"),
        ("require", "a.b/c@v1.5.0"),
        ("require", "a.b/bb@v1.0.0"),
        ("require", "z.z/z@v0.1.0"),
        ("droprequire", "a.b/c"),
        ("droprequire", "a.b/d"),
        ("droprequire", "no.such/m"),
        ("exclude", "a.b/c@v1.10.0"),
        ("exclude", "z.z/z@v1.0.0"),
        ("dropexclude", "a.b/c@v1.1.0"),
        ("replace", "a.b/c=../c"),
        ("replace", "a.b/c@v1.1.0=a.b/x@v1.2.0"),
        ("replace", "a.b/new=./with space"),
        ("dropreplace", "a.b/c"),
        ("dropreplace", "a.b/c@v1.1.0"),
        ("retract", "v0.9.9"),
        ("retract", "[v0.1.0,v0.2.0]"),
        ("dropretract", "v0.1.0"),
        ("godebug", "panicnil=1"),
        ("dropgodebug", "default"),
        ("tool", "a.b/c/cmd/x"),
        ("droptool", "a.b/c/cmd/t"),
        ("ignore", "./node_modules"),
        ("dropignore", "./x"),
    ];
    let mut all: Vec<Vec<Edit>> = vec![vec![]];
    all.extend(single.map(|(flag, value)| vec![one(flag, value)]));
    all.push(vec![
        one("require", "a.b/c@v1.5.0"),
        one("require", "a.a/a@v1.0.0"),
        one("require", "z.z/z@v1.0.0"),
        one("droprequire", "a.b/d"),
    ]);
    all.push(vec![
        one("go", "1.21"),
        one("toolchain", "go1.21.5"),
        one("exclude", "a.b/c@v1.9.0"),
        one("exclude", "a.b/c@v1.10.0"),
    ]);
    all.push(vec![
        one("droprequire", "a.b/c"),
        one("droprequire", "a.b/d"),
        one("require", "a.b/d@v1.0.1"),
    ]);
    all.push(vec![
        one("replace", "a.b/x=./1"),
        one("replace", "a.b/d=./2"),
        one("dropreplace", "a.b/x"),
    ]);
    all
}

/// Checks everything that holds of an edited file whatever the go command says; its canonical text.
pub fn check_edit(name: &str, input: &[u8], edits: &[Edit]) -> Vec<u8> {
    let mut file = GoMod::parse("go.mod", input).unwrap();
    assert_eq!(file.to_bytes(), input, "{name}: unedited text");
    let canonical = file.format_bytes() == input;
    for edit in edits {
        apply(&mut file, edit);
    }
    let text = file.to_bytes();
    let formatted = file.format_bytes();
    let show = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if canonical {
        assert_eq!(
            show(&text),
            show(&formatted),
            "{name}: {edits:?}: canonical input"
        );
    }
    if let Ok(again) = GoMod::parse("go.mod", &text) {
        assert_eq!(again.to_bytes(), text, "{name}: {edits:?}");
        assert_eq!(
            again.require.len(),
            file.require.len(),
            "{name}: {edits:?}: {}",
            show(&text)
        );
        // Blank lines may differ: the go command keeps one that sorting has brought to the top of a
        // block, but does not read it again.
        let settle = |bytes: &[u8]| match GoMod::parse("go.mod", bytes) {
            Ok(file) => show(&file.format_bytes())
                .replace("\n\n", "\n")
                .replace("\n\n", "\n"),
            Err(_) => show(bytes), // retract "" loses its argument, as it does in Go
        };
        assert_eq!(
            settle(&again.format_bytes()),
            settle(&formatted),
            "{name}: {edits:?}: {}",
            show(&text)
        );
        for (a, b) in sorted(&again).iter().zip(&sorted(&file)) {
            assert_eq!(a, b, "{name}: {edits:?}");
        }
    } else {
        panic!(
            "{name}: {edits:?}: edited text is no go.mod:\n{}",
            show(&text)
        );
    }
    formatted
}

fn sorted(file: &GoMod) -> Vec<(String, String, bool)> {
    let mut list: Vec<_> = file
        .require
        .iter()
        .map(|r| (r.path.to_string(), r.version.to_string(), r.indirect))
        .collect();
    list.sort();
    list
}

/// Whether `go` can be run. Without it tests say that they are skipped, but fail in CI.
pub fn have_go() -> bool {
    let found = Command::new("go")
        .arg("version")
        .output()
        .is_ok_and(|o| o.status.success());
    if !found {
        assert!(
            std::env::var("CI").as_deref() != Ok("true"),
            "go is not in PATH, which CI needs"
        );
        // Straight to the stream: what print macros write is hidden when a test passes.
        let name = std::thread::current().name().unwrap_or("a test").to_owned();
        let _ = writeln!(std::io::stderr(), "skipped: {name}: go is not in PATH");
    }
    found
}
