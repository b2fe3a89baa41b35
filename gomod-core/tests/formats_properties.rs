//! Properties of the formats on generated files: nothing is lost, nothing panics, printing settles.
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

use formats_common::{check_edit, edits};
use gomod_core::model::{GoMod, GoSum, GoWork, ModulesTxt};
use proptest::prelude::*;

/// A line, now and then a strange one.
fn line() -> impl Strategy<Value = String> {
    let module = prop::sample::select(vec!["a.b/c", "a.b/d", "z.z/z", "\"a.b/q\"", "m.m/n"]);
    let version = prop::sample::select(vec![
        "v1.1.0",
        "v1.10.0",
        "v1.9.0",
        "v1.0",
        "v0.0.0-20190101000000-abcdefabcdef",
    ]);
    let comment = prop::sample::select(vec![
        "",
        " // indirect",
        "//x",
        " // indirect; y",
        "   //",
        " // é",
    ]);
    let verb = prop::sample::select(vec!["require", "exclude"]);
    prop_oneof![
        (
            verb.clone(),
            module.clone(),
            version.clone(),
            comment.clone()
        )
            .prop_map(|(v, m, n, c)| format!("{v} {m} {n}{c}")),
        (module.clone(), version.clone()).prop_map(|(m, v)| format!("replace {m} => a.b/x {v}")),
        version.clone().prop_map(|v| format!("retract {v}")),
        Just("replace  a.b/c\t=> ./c // dir".to_owned()),
        Just(String::new()),
        Just("// comment".to_owned()),
        Just(" \t// indented".to_owned()),
        (
            verb,
            prop::collection::vec((module, version, comment), 0..5),
            any::<bool>()
        )
            .prop_map(|(verb, lines, blank)| {
                let lines: String = lines
                    .iter()
                    .map(|(m, v, c)| format!("\t{m} {v}{c}\n{}", if blank { "\n" } else { "" }))
                    .collect();
                format!("{verb} (\n{lines})")
            }),
    ]
}

fn go_mod() -> impl Strategy<Value = String> {
    let head = prop::sample::select(vec![
        "",
        "module m\n",
        "module m\n\ngo 1.21\n\n",
        "// c\nmodule m\ngo 1.16\n",
    ]);
    let end = prop::sample::select(vec!["\n", "\r\n"]);
    (
        head,
        prop::collection::vec(line(), 0..8),
        end,
        any::<bool>(),
    )
        .prop_map(|(head, lines, end, last)| {
            let mut text = format!("{head}{}", lines.join("\n"));
            if last {
                text.push('\n');
            }
            text.replace('\n', end)
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn edits_of_generated_files(text in go_mod(), pick in 0..34_usize) {
        let all = edits();
        check_edit("generated", text.as_bytes(), &all[pick % all.len()]);
        // And on the canonical form, where the edited text must be what the go command prints.
        let canonical = GoMod::parse("go.mod", text.as_bytes()).unwrap().format();
        check_edit("generated, canonical", canonical.as_bytes(), &all[pick % all.len()]);
    }

    #[test]
    fn formatting_settles(text in go_mod()) {
        let once = GoMod::parse("go.mod", text.as_bytes()).unwrap().format();
        let twice = GoMod::parse("go.mod", once.as_bytes()).unwrap().format();
        let thrice = GoMod::parse("go.mod", twice.as_bytes()).unwrap().format();
        prop_assert_eq!(&twice, &thrice);
    }

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        round_trip(&bytes)?;
    }

    #[test]
    fn any_soup(parts in prop::collection::vec(prop::sample::select(vec![
        "module", "go", "require", "retract", "use", " ", "\n", "\r\n", "\t", "(", ")", "[", "]", ",",
        "//", "/*", "\"", "\\", "`", "'", "a.b/c", "v1.0.0", "=>", "./d", "1.20", "é", "\u{feff}", "\0",
    ]), 0..40)) {
        round_trip(parts.concat().as_bytes())?;
    }

    #[test]
    fn soup_in_other_files(parts in prop::collection::vec(prop::sample::select(vec![
        "# ", "## ", "explicit", ";", "go 1.21", "workspace", "a.b/c", " ", "v1.0.0", "=>", "\n", "/go.mod", "h1:x",
    ]), 0..40)) {
        let text = parts.concat();
        ModulesTxt::parse(text.as_bytes());
        if let Ok(sum) = GoSum::parse("go.sum", text.as_bytes()) {
            prop_assert_eq!(sum.text(), text);
            let mut copy = GoSum::default();
            copy.merge(&sum);
            let again = GoSum::parse("go.sum", copy.text().as_bytes()).unwrap();
            prop_assert!(sum.iter().eq(again.iter()));
        }
    }
}

/// What is accepted is kept byte for byte; the lenient reader accepts what the strict one does.
fn round_trip(bytes: &[u8]) -> Result<(), TestCaseError> {
    let strict = GoMod::parse("go.mod", bytes);
    let lenient = GoMod::parse_dependency("go.mod", bytes);
    if let Ok(file) = &strict {
        prop_assert_eq!(file.to_bytes(), bytes);
        prop_assert!(lenient.is_ok());
        let formatted = file.format_bytes();
        // Retracted versions lose their quotes even where they need them, as they do in Go.
        let quoted = bytes.contains(&b'"') && !file.retract.is_empty();
        prop_assert!(quoted || GoMod::parse("go.mod", &formatted).is_ok());
    }
    if let Ok(file) = &lenient {
        prop_assert_eq!(file.to_bytes(), bytes);
        file.format();
    }
    if let Ok(file) = GoWork::parse("go.work", bytes) {
        prop_assert_eq!(file.to_bytes(), bytes);
        file.format();
    }
    Ok(())
}
