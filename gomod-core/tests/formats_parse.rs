//! The formats on their own: messages, untouched bytes, limits.
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

use formats_common::{apply, check_edit, edits, files};
use gomod_core::model::{
    GoMod, GoVersion, GoWork, ModulePath, NewRequirement, ParseErrorKind, ReplaceTarget, Version,
    VersionFixes,
};
use insta::assert_snapshot;

fn errors(text: &str) -> String {
    GoMod::parse("go.mod", text.as_bytes())
        .unwrap_err()
        .to_string()
}

fn file(name: &str) -> String {
    let (_, text) = files().into_iter().find(|(n, _)| *n == name).unwrap();
    String::from_utf8(text).unwrap()
}

fn edited(text: &str, flag: &'static str, value: &str) -> String {
    let mut file = GoMod::parse("go.mod", text.as_bytes()).unwrap();
    apply(&mut file, &(flag, value.into()));
    file.text()
}

fn version(text: &str) -> Version {
    Version::parse(text).unwrap()
}

#[test]
fn all_errors_of_a_file_at_once() {
    assert_snapshot!(errors(&file("bad: many errors")), @r#"
go.mod:1:1: malformed module directive; expected module module/path
go.mod:2:4: invalid go version "1"; expected a version such as 1.23.0
go.mod:4:1: repeated go directive
go.mod:5:11: invalid toolchain name "go2"; expected a name such as go1.23.0 or default
go.mod:7:1: repeated toolchain directive
go.mod:8:1: malformed require directive; expected require module/path v1.2.3
go.mod:9:15: require a.b/c: version "master" invalid; expected the form v1.2.3
go.mod:10:15: require a.b/c: version "v2.0.0" invalid: should be v0 or v1, not v2
go.mod:11:9: require: malformed module path "a.b/c/v1": invalid major version suffix
go.mod:12:1: malformed require directive; expected require module/path v1.2.3
go.mod:13:1: malformed exclude directive; expected exclude module/path v1.2.3
go.mod:14:1: malformed replace directive; expected replace module/path [v1.2.3] => other/module v1.4.0 or replace module/path [v1.2.3] => ../local/directory
go.mod:15:18: replace a.b/c: replacement "a.b/d" has no version and is no directory path (rooted, or beginning with . or ..)
go.mod:16:18: replace a.b/c: replacement "a.b/d@v1.0.0" must have its version behind a blank, not an @
go.mod:17:18: replace a.b/c: replacement directory "./d" cannot have a version
go.mod:18:18: replace a.b/c: replacement directory ".\\d" looks like a Windows path
go.mod:19:18: replace a.b/c/v2: version "v1.0.0" invalid: should be v2, not v1
go.mod:20:1: malformed interval of versions; expected v1.2.3 or [v1.2.3, v1.4.5]
go.mod:21:16: malformed interval of versions; expected v1.2.3 or [v1.2.3, v1.4.5]
go.mod:22:1: malformed interval of versions; expected v1.2.3 or [v1.2.3, v1.4.5]
go.mod:23:16: unexpected "v1.1.0" behind the version; expected end of line
go.mod:24:1: malformed tool directive; expected tool package/path
go.mod:25:1: malformed ignore directive; expected ignore ./directory
go.mod:26:1: malformed godebug directive; expected godebug key=value
go.mod:27:1: malformed godebug directive; expected godebug key=value
go.mod:28:1: repeated module directive
go.mod:29:1: repeated module directive
"#);
}

#[test]
fn errors_of_shape() {
    let texts = [
        "module m\nrequire (\n\ta.b/c v1.0.0\n",
        "require (\n) x\n",
        "module m /* x */\n",
        "module \"m\n",
        "module \"m",
        "\u{feff}module m\n",
        "module m\0\n",
        "module m\n  go (\n1.20\n)\nfoo bar (\n)\nfoo (\n)\n",
    ];
    let all: Vec<String> = texts.iter().map(|text| errors(text)).collect();
    assert_snapshot!(all.join("\n"), @r#"
go.mod:2:1: block is not closed; its ) is missing; expected )
go.mod:2:3: unexpected text after the closing parenthesis of a block; expected end of line or // comment
go.mod:1:10: block comments are not allowed; start each comment line with //; expected // comment
go.mod:1:10: string is not closed before the end of the line; expected "
go.mod:1:8: string is not closed before the end of the file; expected "
go.mod:1:1: byte order mark is not allowed; save the file as UTF-8 without it
go.mod:1:9: unexpected character '\0'
go.mod:2:3: directive "go" cannot have a block
go.mod:5:1: directive "foo bar" cannot have a block
go.mod:7:1: unknown directive "foo"
"#);
}

#[test]
fn errors_of_a_workspace() {
    let text =
        "go 1.21\nexclude a.b/c v1.0.0\nuse\nuse a b\nreplace a.b/c => a.b/d\nrequire (\n)\n";
    let errors = GoWork::parse("go.work", text.as_bytes()).unwrap_err();
    assert_snapshot!(errors.to_string(), @r#"
go.work:2:1: unknown directive "exclude"
go.work:3:1: malformed use directive; expected use ./directory
go.work:4:1: malformed use directive; expected use ./directory
go.work:5:18: replace a.b/c: replacement "a.b/d" has no version and is no directory path (rooted, or beginning with . or ..)
go.work:6:1: unknown directive "require"
"#);
}

#[test]
fn trap_6_dependencies_are_read_leniently() {
    let text = "module m\ngo 1.20.bad\ntoolchain nonsense\nfuture x y\nfuture (\n\tz\n)\nexclude a.b/c x\nreplace x\ntool\nretract [bad\nrequire a.b/c v1.0\n";
    assert!(GoMod::parse("go.mod", text.as_bytes()).is_err());
    let file = GoMod::parse_dependency("go.mod", text.as_bytes()).unwrap();
    assert_eq!(file.go.as_ref().unwrap().version, GoVersion::new("1.20"));
    assert!(file.toolchain.is_none() && file.exclude.is_empty() && file.replace.is_empty());
    assert!(file.tool.is_empty() && file.retract.is_empty());
    assert_eq!(file.require[0].version.as_str(), "v1.0.0");
    assert!(!file.require[0].canonical);
    assert_eq!(file.to_bytes(), text.as_bytes());
    for bad in [
        "require a.b/c/v2 v1.0.0\n",
        "require a.b/c master\n",
        "require a.b/c\n",
        "go x\n",
        "go 1.20\ngo 1.20\n",
        "module m\nmodule n\n",
        "ignore\n",
        "require (\n",
    ] {
        assert!(
            GoMod::parse_dependency("go.mod", bad.as_bytes()).is_err(),
            "{bad}"
        );
    }
}

#[test]
fn trap_1_versions_are_made_canonical() {
    let text = "require (\n\ta.b/c v1\n\ta.b/d v1.0.0+meta\n\ta.b/e v2.0.0+incompatible\n)\n";
    let file = GoMod::parse("go.mod", text.as_bytes()).unwrap();
    let found: Vec<_> = file
        .require
        .iter()
        .map(|r| (r.version.as_str(), r.canonical))
        .collect();
    assert_eq!(
        found,
        [
            ("v1.0.0", false),
            ("v1.0.0", false),
            ("v2.0.0+incompatible", true)
        ]
    );
    assert_eq!(file.text(), text);
}

#[test]
fn places() {
    let text = file("service");
    let file = GoMod::parse("go.mod", text.as_bytes()).unwrap();
    let require = &file.require[1];
    assert_eq!(file.position(require.line).to_string(), "9:2");
    let span = file.span(require.line);
    assert_eq!(&file.source()[span.start..span.end], "a.b/d v1.0.0");
}

#[test]
fn edits_touch_only_their_lines() {
    let text = "// c\r\nmodule  m\r\n\r\nrequire  (\r\n\tz.z/z v1.0.0\r\n  \"a.b/c\"   v1.0.0 //why\r\n\r\n\r\n\ta.b/d v1.0.0\t\r\n)";
    assert_eq!(
        edited(text, "require", "a.b/c@v1.1.0"),
        text.replace("v1.0.0 //why", "v1.1.0 //why")
    );
    assert_eq!(
        edited(text, "droprequire", "z.z/z"),
        text.replace("\tz.z/z v1.0.0\r\n", "")
    );
    assert_eq!(
        edited(text, "require", "b.b/b@v1.0.0"),
        text.replace("\tz.z/z", "\tb.b/b v1.0.0\r\n\tz.z/z")
    );
    assert_eq!(
        edited(text, "module", "n"),
        text.replace("module  m", "module  n")
    );
    assert_eq!(
        edited(text, "go", "1.20"),
        text.replace("  m\r\n", "  m\r\n\r\ngo 1.20\r\n")
    );
    assert_eq!(
        edited(text, "exclude", "a.b/c@v1.0.0"),
        format!("{text}\r\n\r\nexclude a.b/c v1.0.0\r\n")
    );
    assert_eq!(edited(text, "droprequire", "none.org/m"), text);
    assert_eq!(edited(text, "require", "a.b/c@v1.0.0"), text);
}

#[test]
fn indirect_marks_touch_only_the_comment() {
    let text = "require a.b/c   v1.0.0  \nrequire (\n\ta.b/d v1.0.0 //indirect; x\n\ta.b/e v1.0.0 //y\n\ta.b/f v1.0.0   // indirect\n)\n";
    let mut file = GoMod::parse("go.mod", text.as_bytes()).unwrap();
    for (path, indirect) in [
        ("a.b/c", true),
        ("a.b/d", false),
        ("a.b/e", true),
        ("a.b/f", false),
    ] {
        file.set_indirect(&ModulePath::new(path), indirect);
    }
    assert_eq!(
        file.text(),
        "require a.b/c   v1.0.0 // indirect  \nrequire (\n\ta.b/d v1.0.0 // x\n\ta.b/e v1.0.0 // indirect; y\n\ta.b/f v1.0.0\n)\n"
    );
}

#[test]
fn requirements_keep_other_lines() {
    let text = "module m // x\n\ngo 1.17\n\n// keep\n\nrequire (\n\ta.b/c v1.0.0\n\ta.b/d v1.0.0 // indirect\n)\n\nreplace a.b/c =>   ./c\n";
    let mut file = GoMod::parse("go.mod", text.as_bytes()).unwrap();
    let requirement = |path: &str, v: &str, indirect| NewRequirement {
        path: ModulePath::new(path),
        version: version(v),
        indirect,
    };
    file.set_requirements(&[
        requirement("a.b/d", "v1.1.0", true),
        requirement("a.b/c", "v1.0.0", false),
        requirement("a.b/b", "v1.0.0", true),
    ]);
    assert_eq!(
        file.text(),
        "module m // x\n\ngo 1.17\n\n// keep\n\nrequire a.b/c v1.0.0\n\nrequire (\n\ta.b/b v1.0.0 // indirect\n\ta.b/d v1.1.0 // indirect\n)\n\nreplace a.b/c =>   ./c\n"
    );
    assert!(
        file.require
            .iter()
            .all(|r| r.path.as_str() == "a.b/c" || r.indirect)
    );
}

#[test]
fn edits_follow_one_another() {
    let mut file = GoMod::parse("go.mod", file("service").as_bytes()).unwrap();
    let path = ModulePath::new("a.b/c");
    file.add_replace(
        &path,
        Some(&version("v1.1.0")),
        &ReplaceTarget::Directory("./x".into()),
    );
    file.drop_replace(&path, None);
    file.drop_replace(&path, Some(&version("v1.1.0")));
    assert!(file.replace.is_empty());
    file.drop_exclude(&path, &version("v1.1.0"));
    file.drop_require(&path);
    file.drop_toolchain();
    let text = file.text();
    assert!(text.ends_with("\n\nexclude a.b/c v1.9.0\n"), "{text}");
    assert_eq!(text, file.format());
    assert!(!text.contains("toolchain") && !text.contains("replace") && !text.contains("v1.1.0"));
}

#[test]
fn every_edit_keeps_its_promises_without_go() {
    for (name, text) in files() {
        if GoMod::parse("go.mod", &text).is_ok() {
            for edits in edits() {
                check_edit(name, &text, &edits);
            }
        }
    }
}

#[test]
fn refused_edits() {
    let mut file = GoMod::parse("go.mod", b"module m/v2\n").unwrap();
    assert!(file.set_go(&GoVersion::new("1")).is_err());
    assert!(file.set_toolchain("1.21").is_err());
    assert!(file.set_toolchain("go1.21 x").is_err());
    assert!(file.add_godebug("a b", "c").is_err());
    assert!(
        file.add_exclude(&ModulePath::new("a.b/c"), &version("v2.0.0"))
            .is_err()
    );
    assert!(
        file.add_retract(&version("v1.0.0"), &version("v1.0.0"), "")
            .is_err()
    );
    assert_eq!(file.text(), "module m/v2\n");
    file.add_retract(&version("v2.0.0"), &version("v2.1.0"), "bad\nvery")
        .unwrap();
    assert_eq!(
        file.text(),
        "module m/v2\n\n// bad\n// very\nretract [v2.0.0, v2.1.0]\n"
    );
    assert!(
        file.retract[0].covers(&version("v2.0.5")) && !file.retract[0].covers(&version("v2.1.1"))
    );
}

#[test]
fn retractions_of_invalid_versions() {
    let file = GoMod::parse(
        "go.mod",
        b"module m\nretract [oops, v1.1.0]\nretract oops\n",
    )
    .unwrap();
    assert!(file.retract[0].covers(&version("v0.0.1")));
    assert!(!file.retract[1].covers(&version("v0.0.1")));
}

#[test]
fn bytes_that_are_no_utf_8_come_back() {
    let text = b"module m // caf\xe9\n\nrequire a.b/c v1.0.0 // \xff\n";
    let mut file = GoMod::parse("go.mod", text).unwrap();
    assert_eq!(file.to_bytes(), text);
    assert_eq!(file.format_bytes(), text);
    file.add_require(&ModulePath::new("a.b/d"), &version("v1.0.0"));
    assert_eq!(
        file.to_bytes(),
        b"module m // caf\xe9\n\nrequire (\n\ta.b/c v1.0.0 // \xff\n\ta.b/d v1.0.0\n)\n"
    );
    assert!(file.text().contains("caf\u{fffd}"));
}

#[test]
fn limits() {
    let huge = vec![b'\n'; (16 << 20) + 1];
    let errors = GoMod::parse("go.mod", &huge).unwrap_err();
    assert!(matches!(errors.errors[0].kind, ParseErrorKind::Syntax(_)));
    let largest = format!("//{}", "x".repeat((16 << 20) - 2));
    assert!(GoMod::parse("go.mod", largest.as_bytes()).is_ok());
    let many = "x\n".repeat(5000);
    let errors = GoMod::parse("go.mod", many.as_bytes()).unwrap_err();
    assert_eq!((errors.errors.len(), errors.omitted), (1000, 4000));
    assert_eq!(errors.errors[999].position.line, 1000);
    // These would take for ever in quadratic time.
    for part in [
        "(",
        "x (",
        "\"\\\n",
        "// x\n",
        "require (\n)\n",
        "é",
        "[ , ",
        "x\r",
        "/",
    ] {
        let text = part.repeat((1 << 18) / part.len());
        let _ = GoMod::parse("go.mod", text.as_bytes());
    }
    let lines = "\ta.b/c v1.0.0 // indirect\n".repeat(20_000);
    let mut file = GoMod::parse(
        "go.mod",
        format!("go 1.20\nrequire (\n{lines})\n").as_bytes(),
    )
    .unwrap();
    file.set_requirements(&[NewRequirement {
        path: ModulePath::new("a.b/c"),
        version: version("v1.0.1"),
        indirect: false,
    }]);
    assert_eq!(file.text(), "go 1.20\n\nrequire a.b/c v1.0.1\n");
}

#[test]
fn versions_that_are_queries_are_asked_for_and_fed() {
    let text = "module m

require (
\ta.b/c   v1.0.0
\ta.b/c   v1 // c
\tgopkg.in/x.v1 v0.0.0-gopkgin-v1.2
)

exclude a.b/c v1

replace \"a.b/d\" v1.0 => a.b/d master

retract [v0.1.0, v0.1] // why
";
    let read = |answer: fn(&str) -> Result<Version, String>| {
        let (mut fixes, mut asked) = (VersionFixes::default(), Vec::new());
        loop {
            let result = GoMod::parse_main("go.mod", text.as_bytes(), &mut fixes);
            let wanted = fixes.take_wanted();
            if wanted.is_empty() {
                return (result, asked);
            }
            for (path, text) in wanted {
                asked.push(format!("{path} {text}"));
                let answer = answer(&text);
                fixes.feed(path, text, answer);
            }
        }
    };
    let (file, mut asked) = read(|text| {
        Ok(version(match text {
            "v0.1" => "v0.1.7",
            _ => "v1.2.3",
        }))
    });
    let mut file = file.unwrap();
    asked.sort();
    let expected = [
        "a.b/c v1",
        "a.b/d master",
        "a.b/d v1.0",
        "gopkg.in/x.v1 v1.2",
        "m v0.1",
    ];
    assert_eq!(asked, expected, "each once");
    assert_eq!(file.text(), text, "reading changes nothing");
    assert_eq!(file.require[1].version.as_str(), "v1.2.3");
    assert!(!file.is_canonical());
    file.settle_versions();
    assert!(file.is_canonical());
    let settled = text
        .replace("a.b/c   v1 // c", "a.b/c   v1.2.3 // c")
        .replace("x.v1 v0.0.0-gopkgin-v1.2", "x.v1 v1.2.3")
        .replace("exclude a.b/c v1", "exclude a.b/c v1.2.3")
        .replace(
            "\"a.b/d\" v1.0 => a.b/d master",
            "a.b/d v1.2.3 => a.b/d v1.2.3",
        )
        .replace("[v0.1.0, v0.1]", "[v0.1.0, v0.1.7]");
    assert_eq!(file.text(), settled);
    // A query that stands for nothing is a fault in its place.
    let errors = read(|_| Err("who knows".to_owned())).0.unwrap_err();
    assert_snapshot!(errors, @r#"
    go.mod:5:10: require a.b/c: version "v1" invalid: who knows
    go.mod:6:16: require gopkg.in/x.v1: version "v1.2" invalid: who knows
    go.mod:9:15: exclude a.b/c: version "v1" invalid: who knows
    go.mod:11:17: replace a.b/d: version "v1.0" invalid: who knows
    go.mod:13:18: retract m: version "v0.1" invalid: who knows
    "#);
    // Without queries nothing is asked for.
    let mut fixes = VersionFixes::default();
    let plain = b"module m\nrequire a.b/c v1.0.0\n";
    let file = GoMod::parse_main("go.mod", plain, &mut fixes).unwrap();
    assert!(file.is_canonical() && fixes.take_wanted().is_empty());
}
