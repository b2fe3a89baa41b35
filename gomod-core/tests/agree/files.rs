//! go.mod, go.work, go.sum and vendor/modules.txt: accepted or refused, and what was read.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use gomod_core::model::{GoMod, GoSum, GoWork, ModulesTxt, ParseErrors};
use serde_json::{Value, json};

use super::mutate::{GOOD, GOOD_WORK, mutate, seeds, to_workspace};
use super::oracle::Oracle;
use super::random::Random;
use super::{Outcome, Tally, tally, word};

/// The main module's go.mod: printed text, JSON, what was read, and the lines of errors.
pub fn strict(oracle: &mut Oracle, inputs: usize, seed: u64) -> Tally {
    let (seeds, mut random) = (seeds(), Random::new(seed));
    tally(
        "go.mod of a main module",
        oracle,
        inputs,
        |_| mutate(&seeds, GOOD, &mut random),
        |text| request("mod", text),
        |text, answer| match GoMod::parse("go.mod", text) {
            Ok(file) => accepted(
                text,
                answer,
                &[
                    ("text", file.format_bytes(), bytes(answer, "Text")),
                    ("json", file.json_text().into(), bytes(answer, "JSON")),
                    ("read", summary(&file, text), summary_of(answer, text)),
                    ("kept", file.to_bytes(), text.clone()),
                ],
            ),
            Err(errors) => refused(text, answer, &errors),
        },
    )
}

/// A dependency's go.mod: what was read.
pub fn lenient(oracle: &mut Oracle, inputs: usize, seed: u64) -> Tally {
    let (seeds, mut random) = (seeds(), Random::new(seed ^ 1));
    tally(
        "go.mod of a dependency",
        oracle,
        inputs,
        |_| mutate(&seeds, GOOD, &mut random),
        |text| request("lax", text),
        |text, answer| match GoMod::parse_dependency("go.mod", text) {
            Ok(file) => accepted(
                text,
                answer,
                &[
                    ("read", summary(&file, text), summary_of(answer, text)),
                    ("kept", file.to_bytes(), text.clone()),
                ],
            ),
            Err(errors) => refused(text, answer, &errors),
        },
    )
}

/// A go.work: printed text and JSON.
pub fn workspaces(oracle: &mut Oracle, inputs: usize, seed: u64) -> Tally {
    let seeds: Vec<Vec<u8>> = seeds().iter().map(|text| to_workspace(text)).collect();
    let mut random = Random::new(seed ^ 2);
    tally(
        "go.work",
        oracle,
        inputs,
        |_| mutate(&seeds, GOOD_WORK, &mut random),
        |text| request("work", text),
        |text, answer| match GoWork::parse("go.mod", text) {
            Ok(file) => accepted(
                text,
                answer,
                &[
                    ("text", file.format_bytes(), bytes(answer, "Text")),
                    ("json", file.json_text().into(), bytes(answer, "JSON")),
                    ("kept", file.to_bytes(), text.clone()),
                ],
            ),
            Err(errors) => refused(text, answer, &errors),
        },
    )
}

/// A go.sum: the hashes of each version.
pub fn sums(oracle: &mut Oracle, inputs: usize, seed: u64) -> Tally {
    const H: &str = "h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    const PIECES: &[&str] = &[
        "a.b/c",
        "a.b/d",
        "v1.0.0",
        "v1.0.0/go.mod",
        "v1",
        "master",
        H,
        H,
        "h1:x",
        "h2:y",
        " ",
        " ",
        " ",
        "\t",
        "\u{a0}",
        "\u{2003}",
        "h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=",
        "\r",
        "\n",
        "\u{b}",
        "\u{1c}",
        "\"",
        "//",
        "\u{e9}",
    ];
    let mut random = Random::new(seed ^ 3);
    let line = |random: &mut Random| -> String {
        if random.chance(70) {
            let path = *random.pick(&["a.b/c", "a.b/d", "Z.z/z"]);
            let version = *random.pick(&["v1.0.0", "v1.0.0/go.mod", "v1.10.0", "v1.9.0/go.mod"]);
            let hash = *random.pick(&[H, "h1:x", "h1:y"]);
            return format!("{path} {version} {hash}\n");
        }
        (0..=random.below(7))
            .map(|_| *random.pick(PIECES))
            .collect()
    };
    tally(
        "go.sum",
        oracle,
        inputs,
        |_| {
            let lines = random.below(6);
            let text: String = (0..lines).map(|_| line(&mut random)).collect();
            text.into_bytes()
        },
        |text| request("sum", text),
        |text, answer| {
            let error = answer["Error"].as_str().unwrap_or_default();
            let Ok(file) = GoSum::parse("go.sum", text) else {
                return match error {
                    "" => differ(text, "refused, but not by go"),
                    _ => Outcome::Refused,
                };
            };
            if !error.is_empty() {
                return differ(text, "accepted, but not by go");
            }
            let mut ours = Vec::new();
            for (path, version, _) in file.iter() {
                let hashes: Vec<String> = file
                    .hashes(path, version)
                    .iter()
                    .map(|hash| quoted(hash))
                    .collect();
                let (path, version) = (quoted(path.as_str()), quoted(version));
                ours.push(format!("{path} {version} [{}]", hashes.join(" ")));
            }
            ours.sort();
            ours.dedup();
            equal(
                text,
                &[(
                    "hashes",
                    ours.join("\n").into(),
                    lines(answer).join("\n").into(),
                )],
            )
        },
    )
}

/// A vendor/modules.txt: modules with what is said of them, and packages.
pub fn vendored(oracle: &mut Oracle, inputs: usize, seed: u64) -> Tally {
    const WORDS: &[&str] = &[
        "#",
        "# ",
        "##",
        "## ",
        "explicit",
        "; ",
        ";",
        "go 1.21",
        "go 1.20",
        "go ",
        "workspace",
        "a.b/c",
        "a.b/d",
        "a.b/c/sub",
        "v1.0.0",
        "v1.1.0",
        "v1",
        "=>",
        " => ",
        " ",
        " ",
        "\t",
        "./dir",
        "\r",
        "\n",
        "\n",
        "a b",
        "\u{e9}",
        "\u{a0}",
    ];
    const LINES: &[&str] = &[
        "# a.b/c v1.0.0\n",
        "# a.b/c v1.1.0\n",
        "# a.b/d v1.0.0 => ./d\n",
        "# a.b/d v1.0.0 => a.b/e v1.0.0\n",
        "# a.b/d => ./d\n",
        "# a.b/d => a.b/e v1.0.0\n",
        "# a.b/d v1.0.0 => a.b/e v1.0.0 x\n",
        "# a.b/d v1.0.0 => a.b/e master\n",
        "## explicit\n",
        "## explicit; go 1.20\n",
        "## go 1.17\n",
        "## x\n",
        "a.b/c\n",
        "a.b/c/x\n",
        "a.b/d\n",
        "A.b/\u{e9}\n",
        " a.b/c/y \n",
        "## workspace\n",
    ];
    let mut random = Random::new(seed ^ 4);
    tally(
        "vendor/modules.txt",
        oracle,
        inputs,
        |_| {
            let count = random.below(12);
            let mut text = String::new();
            for _ in 0..count {
                if random.chance(75) {
                    text.push_str(word(&mut random, LINES));
                } else {
                    let words = random.below(5);
                    text.extend((0..=words).map(|_| word(&mut random, WORDS)));
                }
            }
            text.into_bytes()
        },
        |text| request("vendor", text),
        |text, answer| {
            if answer["Error"] != "" {
                return differ(text, "accepted, but not by go");
            }
            let file = ModulesTxt::parse(text);
            let mut ours = Vec::new();
            for module in &file.modules {
                let name = format!(
                    "{} {}",
                    quoted(module.path.as_str()),
                    quoted(&module.version)
                );
                let (path, version) = module
                    .replacement
                    .as_ref()
                    .map_or(("", ""), |r| (&r.path, &r.version));
                let go = module.go.as_deref().unwrap_or_default();
                let said = format!(
                    "meta {name} {} {} {} {}",
                    module.explicit,
                    quoted(go),
                    quoted(path),
                    quoted(version)
                );
                // What says nothing is not kept apart from what is not there.
                if !said.ends_with("false \"\" \"\" \"\"") {
                    ours.push(said);
                }
                if module.replacement.is_some() {
                    ours.push(format!("replaced {name}"));
                }
                ours.extend(
                    module
                        .packages
                        .iter()
                        .map(|p| format!("package {} {name}", quoted(p))),
                );
            }
            let mut theirs = lines(answer);
            theirs.retain(|line| !line.ends_with("false \"\" \"\" \"\""));
            // A package that two modules claim is the last one's; here each keeps its claim.
            let package = |line: &str| line.split(' ').nth(1).map(str::to_owned);
            let claims: Vec<Option<String>> = ours
                .iter()
                .filter(|line| line.starts_with("package"))
                .map(|line| package(line))
                .collect();
            ours.retain(|line| {
                let times = claims
                    .iter()
                    .filter(|claim| **claim == package(line))
                    .count();
                !line.starts_with("package") || times < 2 || theirs.contains(line)
            });
            ours.sort();
            ours.dedup();
            equal(
                text,
                &[("modules", ours.join("\n").into(), theirs.join("\n").into())],
            )
        },
    )
}

fn request(op: &str, text: &[u8]) -> Value {
    json!({"Op": op, "Text": BASE64_STANDARD.encode(text)})
}

pub fn bytes(answer: &Value, field: &str) -> Vec<u8> {
    BASE64_STANDARD
        .decode(answer[field].as_str().unwrap_or_default())
        .unwrap()
}

pub fn lines(answer: &Value) -> Vec<String> {
    let list = answer["Lines"].as_array().into_iter().flatten();
    let mut lines: Vec<String> = list.map(|s| s.as_str().unwrap().to_owned()).collect();
    lines.sort();
    lines
}

type Parts<'a> = &'a [(&'a str, Vec<u8>, Vec<u8>)];

fn accepted(text: &[u8], answer: &Value, parts: Parts<'_>) -> Outcome {
    match answer["Error"].as_str().unwrap_or_default() {
        "" => equal(text, parts),
        error => differ(text, &format!("accepted, but not by go: {error}")),
    }
}

fn equal(text: &[u8], parts: Parts<'_>) -> Outcome {
    for (name, ours, theirs) in parts {
        if ours != theirs {
            let (ours, theirs) = (
                String::from_utf8_lossy(ours),
                String::from_utf8_lossy(theirs),
            );
            return differ(
                text,
                &format!("{name}: ours:\n{ours}\n{name}: go's:\n{theirs}"),
            );
        }
    }
    Outcome::Same
}

fn refused(text: &[u8], answer: &Value, errors: &ParseErrors) -> Outcome {
    let error = answer["Error"].as_str().unwrap_or_default();
    if error.is_empty() {
        return differ(text, &format!("refused, but not by go: {errors}"));
    }
    match other_lines(error, errors) {
        Some(what) => differ(text, &what),
        None => Outcome::Refused,
    }
}

/// How the lines that errors are on differ from Go's.
pub fn other_lines(error: &str, errors: &ParseErrors) -> Option<String> {
    let number = |line: &str| {
        let rest = line
            .strip_prefix("go.mod:")
            .or(line.strip_prefix("go.work:"))?;
        rest.split(':').next()?.parse().ok()
    };
    let theirs: Vec<usize> = error.lines().filter_map(number).collect();
    let ours: Vec<usize> = errors.errors.iter().map(|e| e.position.line).collect();
    // Go reports the end of the file for a block that is not closed; its start is of more use.
    let unclosed = errors.to_string().contains("block is not closed");
    (ours != theirs && !unclosed).then(|| format!("errors on other lines: {errors}\ngo: {error}"))
}

fn differ(text: &[u8], what: &str) -> Outcome {
    Outcome::Differ(format!("{:?}\n{what}", String::from_utf8_lossy(text)))
}

/// Bytes that are no UTF-8 are quoted otherwise in Go; what they do is seen in the printed text.
fn summary_of(answer: &Value, text: &[u8]) -> Vec<u8> {
    if !text.is_ascii() {
        return Vec::new();
    }
    let list = answer["Lines"].as_array().into_iter().flatten();
    let lines: Vec<&str> = list.map(|s| s.as_str().unwrap()).collect();
    lines.join("\n").into_bytes()
}

fn summary(file: &GoMod, text: &[u8]) -> Vec<u8> {
    if !text.is_ascii() {
        return Vec::new();
    }
    read_lines(file).join("\n").into_bytes()
}

/// What was read, in the words of the oracle.
pub fn read_lines(file: &GoMod) -> Vec<String> {
    let mut list = Vec::new();
    if let Some(module) = &file.module {
        let deprecated = module.deprecated.as_deref().unwrap_or_default();
        list.push(format!(
            "module {} deprecated {}",
            quoted(module.path.as_str()),
            quoted(deprecated)
        ));
    }
    list.extend(
        file.go
            .iter()
            .map(|go| format!("go {}", quoted(go.version.as_str()))),
    );
    list.extend(
        file.toolchain
            .iter()
            .map(|t| format!("toolchain {}", quoted(&t.name))),
    );
    for r in &file.require {
        let (path, at) = (quoted(r.path.as_str()), file.position(r.line));
        list.push(format!(
            "require {path} {} {} at {at}",
            r.version, r.indirect
        ));
    }
    let json = file.to_json();
    for r in json["Retract"].as_array().into_iter().flatten() {
        let part = |key: &str| quoted(r[key].as_str().unwrap_or_default());
        let (low, high, why) = (part("Low"), part("High"), part("Rationale"));
        list.push(format!("retract {low} {high} because {why}"));
    }
    list.extend(
        file.ignore
            .iter()
            .map(|i| format!("ignore {}", quoted(&i.path))),
    );
    list
}

/// A text as Go's `%q` prints it, for what these tests generate.
pub fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            c if c < ' ' || c == '\u{7f}' => out.push_str(&format!("\\x{:02x}", c as u32)),
            c if c != ' ' && c.is_whitespace() => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
