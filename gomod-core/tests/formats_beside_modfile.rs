//! The formats beside `golang.org/x/mod/modfile`, the library behind `go mod edit` and `go get`.
//!
//! A small Go program over the copy in the installed go command answers many requests in one process, so
//! that every tricky file meets every edit, and many files of the module cache are read.
//! `GOMOD_TEST_ALL=1` reads all of them.
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

mod agree;
mod formats_common;

use agree::files::{bytes, other_lines, read_lines};
use agree::oracle::Oracle;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use formats_common::{Edit, apply, check_edit, edits, files, have_go};
use gomod_core::model::{GoMod, Version};
use serde_json::{Value, json};

struct Case {
    name: String,
    text: Vec<u8>,
    lax: bool,
    edits: Vec<Edit>,
}

/// Asks the program about all cases; `None` without Go.
fn ask(cases: &[Case]) -> Option<Vec<Value>> {
    if !have_go() {
        return None;
    }
    let requests: Vec<Value> = cases
        .iter()
        .map(|case| {
            let op = if case.lax { "lax" } else { "mod" };
            json!({"Op": op, "Text": BASE64_STANDARD.encode(&case.text), "Edits": case.edits})
        })
        .collect();
    let mut oracle = Oracle::build().unwrap_or_else(|reason| panic!("the oracle: {reason}"));
    Some(oracle.ask(&requests))
}

fn compare(cases: &[Case]) {
    let Some(answers) = ask(cases) else { return };
    let mut accepted = 0;
    for (case, answer) in cases.iter().zip(&answers) {
        let Case {
            name, text, edits, ..
        } = case;
        let parse = if case.lax {
            GoMod::parse_dependency
        } else {
            GoMod::parse
        };
        let ours = parse("go.mod", text);
        let error = answer["Error"].as_str().unwrap();
        if !error.is_empty() {
            let Err(errors) = ours else {
                panic!("{name}: accepted, but not by go: {error}");
            };
            assert_eq!(other_lines(error, &errors), None, "{name}");
            continue;
        }
        let ours = ours.unwrap_or_else(|e| panic!("{name}: refused, but not by go: {e}"));
        accepted += 1;
        let theirs: Vec<&str> = answer["Lines"].as_array().map_or(vec![], |list| {
            list.iter().map(|s| s.as_str().unwrap()).collect()
        });
        if text.is_ascii() {
            assert_eq!(read_lines(&ours), theirs, "{name}");
        }
        if case.lax {
            continue;
        }
        let expected = bytes(answer, "Text");
        let formatted = check_edit(name, text, edits);
        let show = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert_eq!(show(&formatted), show(&expected), "{name}: {edits:?}");
    }
    println!("{accepted} of {} cases accepted and equal", cases.len());
    assert!(accepted * 4 > cases.len());
}

#[test]
fn every_edit_on_every_tricky_file() {
    let mut cases = Vec::new();
    for (name, text) in files() {
        for lax in [false, true] {
            let (name, text) = (name.to_owned(), text.clone());
            cases.push(Case {
                name,
                text,
                lax,
                edits: vec![],
            });
        }
        if name == "empty path" {
            continue; // the library takes entries that it has dropped for ones with an empty path
        }
        for edits in edits() {
            cases.push(Case {
                name: name.to_owned(),
                text: text.clone(),
                lax: false,
                edits,
            });
        }
    }
    compare(&cases);
}

#[test]
fn requirements_of_every_tricky_file() {
    let mut cases = Vec::new();
    for (name, text) in files() {
        let Ok(file) = GoMod::parse("go.mod", &text) else {
            continue;
        };
        let all: Vec<(String, bool)> = file
            .require
            .iter()
            .filter(|r| !r.path.as_str().is_empty())
            .map(|r| (format!("{}@{}", r.path, r.version), r.indirect))
            .collect();
        for list in lists(&all) {
            for flag in ["set", "separate"] {
                let edits = vec![(flag, list.clone())];
                cases.push(Case {
                    name: name.to_owned(),
                    text: text.clone(),
                    lax: false,
                    edits,
                });
            }
        }
    }
    compare(&cases);
}

/// Lists of requirements made from those of a file: some raised, some flipped, some dropped, some new.
fn lists(all: &[(String, bool)]) -> Vec<String> {
    let mut seed = 7_u32;
    let mut random = || {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        seed >> 24
    };
    let mut out = vec![String::new(), String::from("n.n/n@v1.0.0!")];
    for round in 0..12 {
        let mut list = Vec::new();
        let mut seen = Vec::new();
        for (module, indirect) in all {
            let (path, version) = module.split_once('@').unwrap();
            if seen.contains(&path) || (round > 1 && random() < 50) {
                continue;
            }
            seen.push(path);
            let mut version = version.to_owned();
            if round > 2
                && random() < 80
                && !version.ends_with("+incompatible")
                && !path.starts_with("gopkg.in/")
            {
                version = Version::parse(&version).unwrap().major().to_owned() + ".77.1";
            }
            let indirect = indirect ^ (round > 0 && random() < [60, 255][round % 2]);
            list.push(format!(
                "{path}@{version}{}",
                if indirect { "!" } else { "" }
            ));
        }
        if round > 3 {
            list.push("n.n/n@v1.0.0!".into());
            list.push("a.a/a@v0.1.0".into());
        }
        if round > 6 {
            list.push("n.n/o@v1.0.0!".into());
            list.push("a.a/b@v0.1.0".into());
        }
        out.push(list.join(","));
    }
    out
}

#[test]
fn files_of_the_module_cache() {
    if !have_go() {
        return;
    }
    let limit = if std::env::var_os("GOMOD_TEST_ALL").is_some() {
        usize::MAX
    } else {
        400
    };
    let mut cases = Vec::new();
    for path in agree::mod_files::cached(limit) {
        let text = std::fs::read(&path).unwrap();
        let name = path.display().to_string();
        let case = |lax, edits| Case {
            name: name.clone(),
            text: text.clone(),
            lax,
            edits,
        };
        cases.push(case(true, vec![]));
        cases.push(case(false, vec![]));
        let Ok(file) = GoMod::parse("go.mod", &text) else {
            continue;
        };
        let all: Vec<(String, bool)> = file
            .require
            .iter()
            .map(|r| (format!("{}@{}", r.path, r.version), r.indirect))
            .collect();
        let lists = lists(&all);
        for index in [0, 3, 7, 10, 13] {
            let flag = if index % 2 == 0 { "set" } else { "separate" };
            cases.push(case(false, vec![(flag, lists[index].clone())]));
        }
        let mut edits: Vec<Edit> =
            vec![("require", "n.n/n@v1.0.0".into()), ("go", "1.23.0".into())];
        edits.push(("exclude", "a.a/a@v1.0.0".into()));
        edits.push(("replace", "a.a/a=../a".into()));
        for (index, (module, _)) in all.iter().enumerate() {
            match index % 4 {
                0 => edits.push(("droprequire", module.split('@').next().unwrap().into())),
                1 => edits.push(("require", module.clone())),
                2 => edits.push(("exclude", module.clone())),
                _ => edits.push(("replace", format!("{module}=./local"))),
            }
        }
        cases.push(case(false, edits));
    }
    compare(&cases);
}

/// Files made of pieces, sensible and not, drawn by a generator of its own so that each run is the same.
#[test]
fn generated_files() {
    const PIECES: &[&str] = &[
        "module m\n",
        "module \"m\"\n",
        "go 1.20\n",
        "go 1.21\n",
        "toolchain go1.22.0\n",
        "require ",
        "require (\n",
        "require (\n",
        "exclude (\n",
        "replace (\n",
        "retract (\n",
        "tool (\n",
        ")\n",
        ")\n",
        ")\n",
        ") // x\n",
        "()\n",
        "exclude ",
        "replace ",
        "retract ",
        "tool a.b/c/cmd/t\n",
        "ignore ./x\n",
        "godebug a=b\n",
        "a.b/c v1.0.0\n",
        "a.b/c v1.1.0\n",
        "a.b/d v1.0.0 // indirect\n",
        "\ta.b/d v1.10.0 //indirect; x\n",
        "a.b/e v1.9.0\n",
        "a.b/e v1.10.0 // y\n",
        "\"a.b/f\" v1.0\n",
        "a.b/c => ./c\n",
        "a.b/c v1.0.0 => a.b/d v1.0.0\n",
        "v1.0.0\n",
        "[v1.0.0, v1.1.0] // z\n",
        "\n",
        "\n",
        "\n\n",
        "// c\n",
        "\t// d\n",
        "// e\n\n",
        "\r\n",
        "  ",
        "x\n",
        "(",
        "\\",
        ",",
    ];
    let singles: Vec<Vec<Edit>> = edits().into_iter().filter(|e| e.len() < 2).collect();
    let mut seed = 1_u64;
    let mut random = |below: usize| {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below
    };
    let mut cases = Vec::new();
    let mut accepted = 0;
    for round in 0..30_000 {
        let count = 1 + random(14);
        let text: String = (0..count).map(|_| PIECES[random(PIECES.len())]).collect();
        let good = GoMod::parse("go.mod", text.as_bytes()).ok();
        // One in ten of the bad ones is enough.
        if good.is_none() && round % 10 > 0 {
            continue;
        }
        let mut case = |lax, edits| {
            let (name, text) = (format!("{text:?}"), text.clone().into_bytes());
            cases.push(Case {
                name,
                text,
                lax,
                edits,
            });
        };
        case(true, vec![]);
        case(false, singles[random(singles.len())].clone());
        if let Some(file) = good {
            accepted += 1;
            let all: Vec<(String, bool)> = file
                .require
                .iter()
                .map(|r| (format!("{}@{}", r.path, r.version), r.indirect))
                .collect();
            let lists = lists(&all);
            let list = &lists[random(lists.len())];
            case(false, vec![(["set", "separate"][random(2)], list.clone())]);
        }
    }
    assert!(accepted > 1000, "{accepted}");
    compare(&cases);
}

#[test]
fn edits_of_a_file_that_go_get_writes() {
    // The go version decides between the two ways of writing requirements.
    let text = b"module m\n\ngo 1.16\n\nrequire (\n\ta.b/c v1.0.0\n\ta.b/d v1.0.0 // indirect\n)\n";
    let mut file = GoMod::parse("go.mod", text).unwrap();
    let list: Vec<_> = file
        .require
        .iter()
        .map(|r| gomod_core::model::NewRequirement {
            path: r.path.clone(),
            version: r.version.clone(),
            indirect: r.indirect,
        })
        .collect();
    file.set_requirements(&list);
    assert_eq!(file.text().as_bytes(), text);
    apply(&mut file, &("go", "1.17".into()));
    file.set_requirements(&list);
    assert_eq!(
        file.text(),
        "module m\n\ngo 1.17\n\nrequire a.b/c v1.0.0\n\nrequire a.b/d v1.0.0 // indirect\n"
    );
}
