//! Holds the library's source to the table of arrows in docs/ARCHITECTURE.md, and keeps side effects in `host`.
//!
//! It reads source text, not meaning: paths that begin with `crate::`, `super::` or a crate's name are what
//! counts, in code that is neither a comment nor under `#[cfg(test)]`.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "a test that reads the source tree"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// What each module may import from its own crate. `host` is not here: it may import any.
const ARROWS: [(&str, &[&str]); 10] = [
    ("diag", &[]),
    ("syntax", &["diag"]),
    ("model", &["syntax", "diag"]),
    ("graph", &["model"]),
    ("mvs", &["model", "graph"]),
    ("imports", &["model"]),
    ("plan", &["syntax", "model", "graph", "mvs", "imports"]),
    ("check", &["syntax", "model"]),
    ("verify", &["model"]),
    (
        "drift",
        &["diag", "syntax", "model", "graph", "mvs", "verify"],
    ),
];

/// Parts of `std` that only `host` may name.
const STD: [&str; 4] = ["fs", "net", "env", "process"];

/// Crates that only `host` may name.
const CRATES: [&str; 5] = ["reqwest", "rustls", "tokio", "tempfile", "zip"];

/// Words that only `host` may use: clocks, and (nobody) output.
const WORDS: [&str; 7] = [
    "Instant",
    "SystemTime",
    "print!",
    "println!",
    "eprint!",
    "eprintln!",
    "dbg!",
];

#[test]
fn imports_follow_the_arrows() {
    let mut wrong = Vec::new();
    let mut imports = 0;
    for file in sources() {
        if file.module == "host" || file.module == "lib" {
            continue;
        }
        let allowed = arrows(&file.module);
        for target in file.imports() {
            imports += 1;
            if target != file.module && !allowed.contains(&target.as_str()) {
                wrong.push(format!("{}: {} → {target}", file.name, file.module));
            }
        }
    }
    assert!(imports > 50, "only {imports} imports were found");
    assert_eq!(wrong, [""; 0], "not in docs/ARCHITECTURE.md's table");
}

#[test]
fn every_module_has_its_arrows() {
    let modules: BTreeSet<String> = sources()
        .into_iter()
        .map(|file| file.module)
        .filter(|module| module != "lib" && module != "host")
        .collect();
    let known: BTreeSet<String> = ARROWS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(modules, known);
}

#[test]
fn the_document_says_the_same() {
    let document = std::fs::read_to_string(root().join("../docs/ARCHITECTURE.md")).unwrap();
    let mut table: BTreeMap<String, BTreeSet<String>> = document
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| {
            let mut cells = line.trim_matches('|').split('|');
            let name = quoted(cells.next().unwrap()).into_iter().next().unwrap();
            let cell = cells.next().unwrap();
            let names = quoted(cell);
            assert!(!names.is_empty() || ["nothing", "any"].contains(&cell.trim()));
            (name, names)
        })
        .collect();
    assert_eq!(table.remove("host"), Some(BTreeSet::new()));
    let ours: BTreeMap<String, BTreeSet<String>> = ARROWS
        .iter()
        .map(|(name, list)| {
            let list = list.iter().map(|name| (*name).to_owned()).collect();
            ((*name).to_owned(), list)
        })
        .collect();
    assert_eq!(table, ours);
}

#[test]
fn only_host_has_side_effects() {
    let mut wrong = Vec::new();
    for file in sources() {
        let output = |word: &str| word.ends_with('!');
        for (number, line) in file.code.lines().enumerate() {
            let found = WORDS
                .into_iter()
                .filter(|word| file.module != "host" || output(word))
                .filter(|word| has_word(line, word));
            wrong.extend(found.map(|word| format!("{}:{}: {word}", file.name, number + 1)));
        }
        if file.module == "host" {
            continue;
        }
        for part in first_segments(&file.code, "std") {
            if STD.contains(&part.as_str()) {
                wrong.push(format!("{}: std::{part}", file.name));
            }
        }
        for name in CRATES {
            if !first_segments(&file.code, name).is_empty() {
                wrong.push(format!("{}: {name}", file.name));
            }
        }
    }
    assert_eq!(wrong, [""; 0], "only src/host may use these");
}

#[test]
fn the_scan_sees_what_it_must() {
    let text = "use crate::{graph::ModuleId, mvs::{World, Source}};\n\
                // use crate::host::Session;\n\
                type A = crate::plan::Plan;\n\
                #[cfg(test)]\n\
                use crate::drift::Lock;\n\
                use std::{collections::BTreeMap, fs};\n\
                #[cfg(test)]\n\
                mod tests {\n    use crate::verify::Client;\n}\n\
                use super::super::check::verify;\n";
    let file = Source {
        name: "plan/search.rs".into(),
        module: "plan".into(),
        depth: 2,
        code: code(text),
    };
    assert_eq!(file.imports(), ["graph", "mvs", "plan", "check"]);
    assert_eq!(first_segments(&file.code, "std"), ["collections", "fs"]);
    assert!(has_word("let now = Instant::now();", "Instant"));
    assert!(!has_word("Instantiates println", "Instant"));
    assert!(!has_word("eprintln!()", "println!"));
}

/// A file of `src`, as far as the scan needs it.
struct Source {
    name: String,
    /// The top-level module that it belongs to; `lib` for the crate's root.
    module: String,
    /// How many modules deep it is: `super::` as often as that is the crate's root.
    depth: usize,
    /// Its text without comments and test code, line for line.
    code: String,
}

impl Source {
    /// The top-level modules of its own crate that it names.
    fn imports(&self) -> Vec<String> {
        let up = format!("{}super", "super::".repeat(self.depth - 1));
        let mut found = first_segments(&self.code, "crate");
        found.extend(first_segments(&self.code, &up));
        found
    }
}

fn arrows(module: &str) -> &'static [&'static str] {
    match ARROWS.iter().find(|(name, _)| *name == module) {
        Some((_, list)) => list,
        None => panic!("{module} is not in the table of arrows"),
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources() -> Vec<Source> {
    let src = root().join("src");
    let mut found = Vec::new();
    let mut stack = vec![src.clone()];
    while let Some(directory) = stack.pop() {
        for entry in std::fs::read_dir(&directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                stack.push(path);
            } else if path.extension().is_some_and(|ext| ext == "rs") {
                found.push(source(&src, &path));
            }
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

fn source(src: &Path, path: &Path) -> Source {
    let relative = path.strip_prefix(src).unwrap().with_extension("");
    let parts: Vec<&str> = relative.iter().map(|part| part.to_str().unwrap()).collect();
    let is_root = parts.last() == Some(&"mod");
    Source {
        name: path.strip_prefix(src).unwrap().display().to_string(),
        module: parts[0].to_owned(),
        depth: parts.len() - usize::from(is_root),
        code: code(&std::fs::read_to_string(path).unwrap()),
    }
}

/// The text with comments and items under `#[cfg(test)]` made empty. It relies on rustfmt: an item that
/// opens a block ends with a closing brace at its own indentation.
fn code(text: &str) -> String {
    let mut out = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim() == "#[cfg(test)]" {
            let indent = &line[..line.len() - line.trim_start().len()];
            out.push('\n');
            let mut opened = false;
            for line in lines.by_ref() {
                out.push('\n');
                opened |= line.ends_with('{');
                if line == format!("{indent}}}") || !opened && line.ends_with(';') {
                    break;
                }
            }
            continue;
        }
        if !line.trim_start().starts_with("//") {
            out.push_str(line.split(" // ").next().unwrap_or(line));
        }
        out.push('\n');
    }
    out
}

/// The segments that follow `root::` in `code`; those of a braced group one by one.
fn first_segments(code: &str, root: &str) -> Vec<String> {
    let start = format!("{root}::");
    let mut found = Vec::new();
    for (at, _) in code.match_indices(&start) {
        let before = code[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
            continue;
        }
        let rest = &code[at + start.len()..];
        match rest.strip_prefix('{') {
            None => found.extend(identifier(rest)),
            Some(group) => {
                let mut depth = 0;
                let mut expects = true;
                for (at, c) in group.char_indices() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => expects = true,
                        c if expects && !c.is_whitespace() => {
                            found.extend(identifier(&group[at..]));
                            expects = false;
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    found.retain(|segment| segment != "super");
    found
}

fn identifier(text: &str) -> Option<String> {
    let end = text
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(text.len());
    (end > 0).then(|| text[..end].to_owned())
}

fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let part = |c: char| c.is_alphanumeric() || c == '_';
        !line[..at].chars().next_back().is_some_and(part)
            && !line[at + word.len()..].chars().next().is_some_and(part)
    })
}

/// The names in backquotes.
fn quoted(cell: &str) -> BTreeSet<String> {
    cell.split('`')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}
