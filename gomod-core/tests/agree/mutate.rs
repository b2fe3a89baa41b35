//! Real files, and what small changes make of them.

use std::path::Path;

use super::random::Random;
use super::{mod_files, word};

/// Real go.mod files: those of the repository, so that a seed gives the same inputs on each machine.
/// With `GOMOD_CACHED=1` also those of the module cache, evenly picked.
pub fn seeds() -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut paths = mod_files::below(&root.join("fixtures/proxy"));
    if std::env::var_os("GOMOD_CACHED").is_some() {
        paths.extend(mod_files::cached(2000));
    }
    paths.sort();
    let mut seeds: Vec<Vec<u8>> = paths
        .iter()
        .filter_map(|path| std::fs::read(path).ok())
        .filter(|text| text.len() < 40_000)
        .collect();
    seeds.extend(
        include_str!("../formats_common/files.txt")
            .split("-- ")
            .skip(1)
            .filter_map(|part| Some(part.split_once(" --\n")?.1.as_bytes().to_vec())),
    );
    seeds
}

/// A go.work that names a directory for each requirement of a go.mod, and keeps its other lines.
pub fn to_workspace(go_mod: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(go_mod);
    let mut out = String::new();
    let (mut in_requires, mut skipped) = (false, false);
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            [")", ..] if skipped => skipped = false,
            _ if skipped => {}
            ["exclude" | "retract" | "tool" | "ignore", "("] => skipped = true,
            ["module" | "exclude" | "retract" | "tool" | "ignore", ..] => {}
            ["require", "("] => {
                in_requires = true;
                out.push_str("use (\n");
            }
            ["require", path, ..] => out.push_str(&format!("use ./{path}\n")),
            [")", ..] => {
                in_requires = false;
                out.push_str(")\n");
            }
            [path, _, rest @ ..] if in_requires && !path.starts_with('/') => {
                out.push_str(&format!("\t./{path} {}\n", rest.join(" ")));
            }
            _ => {
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    out.into_bytes()
}

const BYTES: &[u8] =
    b" \n\t\r()[]{},\"`'/\\*=>#@!+-.0v1a\x00\x0b\x7f\x80\xa0\xff\xc3\xa9\xef\xbb\xbf";

const TOKENS: &[&str] = &[
    "v1.0.0",
    "v1.0",
    "v1",
    "v2.0.0",
    "v1.2.3+meta",
    "v2.0.0+incompatible",
    "v0.0.0-20190101000000-abcdefabcdef",
    "v1.2.4-0.20190101000000-abcdefabcdef",
    "v01.0.0",
    "v1.0.0-01",
    "v1.0.0-rc.1",
    "v99999999999999999999.0.0",
    "master",
    "latest",
    "\"\"",
    "\"a b\"",
    "`a`",
    "'a'",
    "=>",
    "./d",
    "../d",
    "/d",
    ".\\d",
    "C:\\d",
    "(",
    ")",
    "[",
    "]",
    ",",
    "// indirect",
    "//indirect",
    "// indirect; x",
    "// Deprecated: no",
    "/*",
    "a.b/c",
    "a.b/c/v2",
    "a.b/c/v1",
    "a.b/c/v0",
    "a.b/c/v02",
    "gopkg.in/y.v2",
    "gopkg.in/y.v2-unstable",
    "gopkg.in/y.v0",
    "gopkg.in/y",
    "go",
    "toolchain",
    "std",
    "A.b/C",
    "a@v1.0.0",
    "x=y",
    "default=go1.21",
    "1.21",
    "1.21rc1",
    "1.21.0",
    "1.20.bad",
    "go1.21.0",
    "default",
    "local",
    "\u{e9}",
    "\u{85}",
    "\u{2028}",
];

const LINES: &[&str] = &[
    "module m",
    "module \"m\"",
    "go 1.16",
    "go 1.21",
    "go 1.21rc1",
    "toolchain go1.22.0",
    "toolchain default",
    "godebug x=y",
    "require a.b/c v1.0.0",
    "require (",
    "exclude (",
    "replace (",
    "retract (",
    "tool (",
    "ignore (",
    "use (",
    "godebug (",
    "module (",
    ")",
    "()",
    "exclude a.b/c v1.10.0",
    "exclude a.b/c v1.9.0",
    "replace a.b/c => ./c",
    "replace a.b/c v1.0 => a.b/d v1",
    "retract v1.0.0",
    "retract [v1.0.0, v1.1.0] // why",
    "tool a.b/c/cmd",
    "ignore ./node_modules",
    "use ./a",
    "unknown directive",
    "",
    "",
    "// comment",
    "// Deprecated: old",
    "\ta.b/c v1.0.0",
    "\ta.b/c v1.1.0 // indirect",
    "\t[v1.0.0, v1.0.5]",
];

/// The file after some small changes; about half of them leave it a sensible file.
pub fn mutate(seeds: &[Vec<u8>], good: &[&'static str], random: &mut Random) -> Vec<u8> {
    let mut text = random.pick(seeds).clone();
    for _ in 0..=random.below(4) {
        harmless(&mut text, good, random);
    }
    for _ in 0..[0, 0, 1, 1, 2][random.below(5)] {
        match random.below(10) {
            0 => bytes(&mut text, random),
            1..=4 => tokens(&mut text, random),
            5..=8 => lines(&mut text, seeds, random),
            _ => endings(&mut text, random),
        }
    }
    text
}

/// Lines that may stand at the end of any go.work.
pub const GOOD_WORK: &[&str] = &[
    "use (\n\t./b\n\t./a\n)",
    "use ./c",
    "use \"./with space\"",
    "replace a.b/c => ./c",
    "replace a.b/c => ./d",
    "replace a.b/c v1.0 => a.b/d v1.0",
    "replace (\n\ta.b/d => ./d\n\ta.b/c => ./c\n)",
    "godebug panicnil=1",
    "godebug (\n\tb=1\n\ta=2\n)",
    "// comment",
    "use (\n)",
    "use ()",
];

/// Lines that may stand at the end of any go.mod.
pub const GOOD: &[&str] = &[
    "require a.b/c v1.0.0",
    "require a.b/d v1.0.0 // indirect",
    "exclude (\n\ta.b/c v1.10.0\n\ta.b/c v1.9.0\n\ta.b/c v1.9.0\n)",
    "exclude a.b/c v1.10.0",
    "replace a.b/c => ./c",
    "replace a.b/c => ./d",
    "replace a.b/c v1.0 => a.b/d v1.0",
    "retract v1.0.0 // why",
    "// why\nretract [v1.0.0, v1.1.0]",
    "retract (\n\tv0.1.0\n\n\t// c\n\tv0.2.0\n)",
    "tool (\n\ta.b/c/z\n\ta.b/c/a\n)",
    "tool a.b/c/z",
    "ignore ./x",
    "godebug panicnil=1",
    "// comment",
    "// Deprecated: old",
    "require (\n)",
    "require ()",
];

/// Changes layout, comments, quotes or the order of neighbours, or adds a sensible line.
fn harmless(text: &mut Vec<u8>, good: &[&'static str], random: &mut Random) {
    let mut all = split(text);
    let at = random.below(all.len().max(1));
    let Some(line) = all.get_mut(at) else { return };
    match random.below(9) {
        0 if !line.is_empty() => line.extend(
            random
                .pick(&[&b" // c"[..], b"//c", b" // indirect", b"\t "])
                .iter(),
        ),
        1 => line.insert(0, *random.pick(b" \t")),
        2 => {
            let spaced = line.iter().position(|b| *b == b' ').unwrap_or(0);
            line.insert(spaced, *random.pick(b" \t"));
        }
        3 => {
            let words: Vec<&[u8]> = line.split(|b| *b == b' ').collect();
            let word = random.below(words.len());
            let plain = words[word]
                .iter()
                .all(|b| b.is_ascii_alphanumeric() || b"./-".contains(b));
            if word > 0 && plain && !words[word].is_empty() && !words.contains(&&b"//"[..]) {
                let quoted = [b"\"", words[word], b"\""].concat();
                let mut words: Vec<Vec<u8>> = words.iter().map(|w| w.to_vec()).collect();
                words[word] = quoted;
                *line = words.join(&b' ');
            }
        }
        4 => all.insert(at, b"// comment".to_vec()),
        5 => all.insert(at, Vec::new()),
        6 if at + 1 < all.len() => all.swap(at, at + 1),
        _ => {
            all.push(word(random, good).as_bytes().to_vec());
            all.push(Vec::new());
        }
    }
    *text = all.join(&b'\n');
}

fn bytes(text: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(text.len() + 1);
    match random.below(4) {
        0 => text.truncate(at),
        1 if at < text.len() => drop(text.remove(at)),
        2 if at < text.len() => text[at] = *random.pick(BYTES),
        _ => text.insert(at, *random.pick(BYTES)),
    }
}

/// Replaces, removes, doubles or adds a word of some line.
fn tokens(text: &mut Vec<u8>, random: &mut Random) {
    let mut all: Vec<Vec<u8>> = split(text);
    if all.is_empty() {
        return;
    }
    let at = random.below(all.len());
    let line = &all[at];
    let indent = line.iter().take_while(|b| b.is_ascii_whitespace()).count();
    let mut words: Vec<Vec<u8>> = line[indent..]
        .split(|b| *b == b' ')
        .map(<[u8]>::to_vec)
        .collect();
    let word = random.below(words.len());
    let new = random.pick(TOKENS).as_bytes().to_vec();
    match random.below(6) {
        0 => drop(words.remove(word)),
        1 => words.insert(word, words[word].clone()),
        2 => words.insert(word, new),
        3 => words.push(new),
        4 => {
            let quote = *random.pick(b"\"`'");
            words[word].insert(0, quote);
            words[word].push(quote);
        }
        _ => words[word] = new,
    }
    let gap = *random.pick(&[&b" "[..], b" ", b" ", b"  ", b"\t"]);
    let mut line = line[..indent].to_vec();
    line.extend(words.join(gap));
    all[at] = line;
    *text = all.join(&b'\n');
}

fn lines(text: &mut Vec<u8>, seeds: &[Vec<u8>], random: &mut Random) {
    let mut all = split(text);
    let at = random.below(all.len().max(1));
    let other = random.below(all.len().max(1));
    match random.below(7) {
        0 if !all.is_empty() => drop(all.remove(at)),
        1 if !all.is_empty() => all.insert(other, all[at].clone()),
        2 if !all.is_empty() => all.swap(at, other),
        3 if !all.is_empty() => {
            let line = all.remove(at);
            let at = random.below(all.len() + 1);
            all.insert(at, line);
        }
        4 => {
            let from = split(&seeds[random.below(seeds.len())]);
            if !from.is_empty() {
                all.insert(at, random.pick(&from).clone());
            }
        }
        _ => all.insert(at, random.pick(LINES).as_bytes().to_vec()),
    }
    *text = all.join(&b'\n');
}

fn endings(text: &mut Vec<u8>, random: &mut Random) {
    match random.below(4) {
        0 => {
            let all = split(text);
            *text = all.join(&b"\r\n"[..]);
        }
        1 => while text.pop_if(|b| *b == b'\n').is_some() {},
        2 => text.extend(b"\n\n \n"),
        _ => {
            let at = random.below(text.len() + 1);
            text.insert(at, b'\n');
        }
    }
}

fn split(text: &[u8]) -> Vec<Vec<u8>> {
    text.split(|b| *b == b'\n').map(<[u8]>::to_vec).collect()
}
