//! Versions, paths and queries: every question that `golang.org/x/mod/{semver,module}` and `gover` answer
//! and that this library answers too.

use std::cmp::Ordering;

use gomod_core::model::{
    GoMod, GoVersion, ModulePath, Query, Version, check_file_path, escape_version, is_canonical,
    is_valid, match_prefix_patterns, unescape_version,
};
use gomod_core::syntax::{auto_quote, must_quote};
use serde_json::{Value, json};

use super::files::{lines, quoted};
use super::oracle::Oracle;
use super::random::Random;
use super::{Outcome, Tally, tally, word};

/// Canonical form, order, pseudo-versions, escaping.
pub fn versions(oracle: &mut Oracle, inputs: usize, seed: u64) -> Tally {
    let mut random = Random::new(seed ^ 5);
    tally(
        "versions",
        oracle,
        inputs,
        |_| [version(&mut random), version(&mut random)],
        |args| json!({"Op": "version", "Args": args}),
        |[v, w], answer| {
            let mut ours = Facts::default();
            ours.add("valid", is_valid(v));
            let canonical = Version::parse(v).ok();
            ours.add("canonical", canonical.as_ref().map_or("", Version::as_str));
            ours.ok("escaped", escape_version(v).ok());
            ours.ok("unescaped", unescape_version(v));
            let dots = v.matches('.').count();
            ours.add("prefix", is_valid(v) && dots < 2 && !v.contains(['-', '+']));
            if let Some(version) = &canonical {
                ours.add("major", version.major());
                ours.add("majorminor", version.major_minor());
                ours.add("prerelease", version.is_prerelease());
                ours.add("pseudo", version.is_pseudo());
                ours.ok("revision", version.pseudo().map(|p| p.revision.to_owned()));
                if let Ok(other) = Version::parse(w) {
                    ours.add("compare", number(version.cmp_precedence(&other)));
                }
            }
            // A canonical version is its own canonical form, and no other text is.
            let fixed = canonical
                .as_ref()
                .is_some_and(|version| version.as_str() == v);
            if is_canonical(v) != fixed {
                return Outcome::Differ(format!("{v:?}: is_canonical is {}", !fixed));
            }
            ours.compare(&format!("{v:?} {w:?}"), answer, canonical.is_some())
        },
    )
}

/// Checks, escaping, major versions, patterns, quoting.
pub fn paths(oracle: &mut Oracle, inputs: usize, seed: u64) -> Tally {
    let mut random = Random::new(seed ^ 6);
    tally(
        "module paths",
        oracle,
        inputs,
        |_| {
            let path = path(&mut random);
            let globs = patterns(&path, &mut random);
            [path, version(&mut random), globs]
        },
        |args| json!({"Op": "path", "Args": args}),
        |[text, version, globs], answer| {
            let path = ModulePath::new(text);
            let fine = |good: bool| good.then(|| "fine".to_owned());
            let mut ours = Facts::default();
            ours.ok("module", fine(path.check().is_ok()));
            ours.ok("import", fine(path.check_import().is_ok()));
            ours.ok("file", fine(check_file_path(text).is_ok()));
            ours.ok("escaped", path.escape().ok());
            ours.ok(
                "unescaped",
                ModulePath::unescape(text).map(|p| p.to_string()),
            );
            let split = path.split_major();
            let (prefix, major) = split.unwrap_or((text, ""));
            ours.add(
                "split",
                format!("{} {} {}", quoted(prefix), quoted(major), split.is_some()),
            );
            if let (Some(_), Ok(version)) = (split, Version::parse(version)) {
                ours.ok("major", fine(path.check_major(&version).is_ok()));
            }
            ours.add("match", match_prefix_patterns(globs, text));
            ours.add("quoted", auto_quote(text));
            ours.add("mustquote", must_quote(text));
            ours.compare(
                &format!("{text:?} {version:?} {globs:?}"),
                answer,
                path.check().is_ok(),
            )
        },
    )
}

/// Versions of Go, names of toolchains, and the lines that hold them.
pub fn go_versions(oracle: &mut Oracle, inputs: usize, seed: u64) -> Tally {
    let mut random = Random::new(seed ^ 7);
    tally(
        "Go versions",
        oracle,
        inputs,
        |_| [go_version(&mut random), go_version(&mut random)],
        |args| json!({"Op": "go", "Args": args}),
        |[v, w], answer| {
            let version = GoVersion::new(v);
            let mut ours = Facts::default();
            ours.add("valid", version.is_valid());
            ours.add("language", version.is_language());
            ours.add("of", version.language());
            ours.add("prerelease", version.is_prerelease());
            let toolchain = GoVersion::of_toolchain(v);
            ours.add(
                "toolchain",
                toolchain.as_ref().map_or("", GoVersion::as_str),
            );
            ours.add(
                "compare",
                number(version.cmp_precedence(&GoVersion::new(w))),
            );
            let line =
                |verb: &str| GoMod::parse("go.mod", format!("{verb} {v}\n").as_bytes()).is_ok();
            ours.add("line", line("go"));
            ours.add("toolchainline", line("toolchain"));
            ours.compare(&format!("{v:?} {w:?}"), answer, version.is_valid())
        },
    )
}

/// Which version of a list a query means.
pub fn queries(oracle: &mut Oracle, inputs: usize, seed: u64) -> Tally {
    let mut random = Random::new(seed ^ 8);
    tally(
        "version queries",
        oracle,
        inputs,
        |_| query(&mut random),
        |args| json!({"Op": "query", "Args": args}),
        |args, answer| {
            let [path, text, current, list] = args;
            let path = ModulePath::new(path);
            let current = Version::parse(current).ok();
            let list: Vec<Version> = list
                .split(' ')
                .filter_map(|text| Version::parse_for(&path, text).ok())
                .collect();
            let ours = Query::parse(&path, text, current.as_ref())
                .ok()
                .filter(|query| !query.is_none())
                .and_then(|query| query.choose(&list).map(ToString::to_string));
            let theirs = lines(answer).pop();
            match (ours, theirs) {
                (None, None) => Outcome::Refused,
                (Some(ours), Some(theirs)) if ours == theirs => Outcome::Same,
                (ours, theirs) => Outcome::Differ(format!(
                    "{args:?}: {ours:?}, go: {theirs:?} {}",
                    answer["Error"]
                )),
            }
        },
    )
}

/// Answers in the words of the oracle.
#[derive(Default)]
struct Facts(Vec<String>);

impl Facts {
    fn add(&mut self, name: &str, value: impl std::fmt::Display) {
        self.0.push(format!("{name} {value}"));
    }

    fn ok(&mut self, name: &str, value: Option<String>) {
        self.add(name, value.unwrap_or_else(|| "error".to_owned()));
    }

    fn compare(mut self, input: &str, answer: &Value, good: bool) -> Outcome {
        self.0.sort();
        let theirs = lines(answer);
        match self.0 == theirs {
            true if good => Outcome::Same,
            true => Outcome::Refused,
            false => {
                let only = |a: &[String], b: &[String]| {
                    let list: Vec<String> =
                        a.iter().filter(|line| !b.contains(line)).cloned().collect();
                    list.join("; ")
                };
                Outcome::Differ(format!(
                    "{input}: {} | go: {} {}",
                    only(&self.0, &theirs),
                    only(&theirs, &self.0),
                    answer["Error"].as_str().unwrap_or_default()
                ))
            }
        }
    }
}

fn number(order: Ordering) -> i8 {
    order as i8
}

fn pieces(list: &[&str], most: usize, random: &mut Random) -> String {
    let count = random.below(most);
    (0..count).map(|_| *random.pick(list)).collect()
}

fn version(random: &mut Random) -> String {
    const NUMBERS: &[&str] = &[
        "0",
        "1",
        "2",
        "9",
        "10",
        "01",
        "00",
        "",
        "18446744073709551615",
        "18446744073709551616",
        "99999999999999999999999",
        "x",
        "1a",
    ];
    const PRE: &[&str] = &[
        "0",
        "1",
        "01",
        "rc",
        "rc1",
        "alpha",
        "a-b",
        "-",
        "",
        "20190101000000-abcdefabcdef",
        "20190101000000",
        "abc",
        "99999999999999999999",
        "9999999999999999999A",
        "\u{e9}",
        "_",
    ];
    const SOUP: &[&str] = &[
        "v",
        "1",
        ".",
        "0",
        "-",
        "+",
        "rc",
        "incompatible",
        "20190101000000",
        "abcdefabcdef",
        "!",
        "A",
        "/",
        "\u{e9}",
        " ",
    ];
    if random.chance(15) {
        return pieces(SOUP, 12, random);
    }
    let small = |random: &mut Random| match random.chance(70) {
        true => random.below(3).to_string(),
        false => word(random, NUMBERS).to_owned(),
    };
    let mut text = String::from(if random.chance(95) { "v" } else { "" });
    text.push_str(&small(random));
    for _ in 0..random.below(10).min(2) {
        text.push('.');
        text.push_str(&small(random));
    }
    match random.below(6) {
        0 => text.push_str("-0.20190101000000-abcdefabcdef"),
        1 => text.push_str("-20190101000000-abcdefabcdef"),
        2 => text.push_str("-rc.0.20190101000000-abcdefabcdef"),
        3 => {
            let mut mark = '-';
            for _ in 0..=random.below(4) {
                text.push(mark);
                text.push_str(word(random, PRE));
                mark = '.';
            }
        }
        _ => {}
    }
    match random.below(8) {
        0 => text.push_str("+incompatible"),
        1 => text.push_str(word(
            random,
            &["+meta", "+", "+a.b", "+a..b", "+incompatible.x", "+01"],
        )),
        _ => {}
    }
    text
}

fn path(random: &mut Random) -> String {
    const HOSTS: &[&str] = &[
        "github.com",
        "gopkg.in",
        "a.b",
        "example.com",
        "A.b",
        "localhost",
        "go",
        "x-y.z",
        "a_b.c",
        "a..b",
        ".a",
        "",
        "-a.b",
        "\u{e9}.com",
        "golang.org",
    ];
    const ELEMENTS: &[&str] = &[
        "x",
        "User",
        "Repo-Name",
        "v2",
        "v1",
        "v0",
        "v02",
        "v10",
        "v",
        "V2",
        "yaml.v2",
        "yaml.v0",
        "yaml.v1",
        "yaml.v2-unstable",
        "yaml.v",
        "yaml",
        ".",
        "..",
        ".x",
        "x.",
        "a~b",
        "a~1",
        "foo~12",
        "con",
        "CON.txt",
        "aux",
        "com1",
        "a b",
        "!x",
        "!!x",
        "!X",
        "a!b",
        "\u{e9}",
        "e\u{301}",
        "a:b",
        "a\\b",
        "x_y",
        "x+y",
        "",
        "a@v1",
        "`",
        "\"",
        "(",
        "[]",
        "//",
        "\u{a0}",
        "\u{7f}",
        "a,b",
        "go",
        "1.5",
        "internal",
        "\u{130}",
        "\u{2028}",
    ];
    const SOUP: &[&str] = &[
        "a", "B", "/", ".", "v2", "-", "!", "gopkg.in", "~", "1", " ", "\u{e9}", "\\", "*", "@",
        "\0", "\n",
    ];
    if random.chance(10) {
        return pieces(SOUP, 10, random);
    }
    let mut text = word(random, HOSTS).to_owned();
    for _ in 0..random.below(5) {
        text.push('/');
        text.push_str(if random.chance(60) {
            word(random, &ELEMENTS[..16])
        } else {
            word(random, ELEMENTS)
        });
    }
    text
}

fn patterns(path: &str, random: &mut Random) -> String {
    const PATTERNS: &[&str] = &[
        "*",
        "a.b",
        "*.com",
        "github.com/*",
        "github.com/*/Repo-Name",
        "[a-z]*",
        "[^a]*.b",
        "a.?",
        "\\*",
        "[",
        "a[",
        "x]",
        "",
        " ",
        "a.b/",
        "*/*",
        "git*.com/User",
        "?.b",
        "[\\]a]*",
        "a\\",
        "[a-",
        "[]a]",
        "[a-c-z]*",
        "*[",
        "a*b*c",
        "**",
    ];
    let mut globs: Vec<String> = (0..random.below(4))
        .map(|_| word(random, PATTERNS).to_owned())
        .collect();
    if random.chance(30) {
        let count = random.below(path.matches('/').count() + 2);
        let prefix: Vec<&str> = path.split('/').take(count).collect();
        globs.push(prefix.join("/"));
    }
    globs.join(",")
}

fn go_version(random: &mut Random) -> String {
    const NUMBERS: &[&str] = &[
        "0",
        "1",
        "2",
        "20",
        "21",
        "22",
        "01",
        "",
        "x",
        "99999999999999999999",
    ];
    const KINDS: &[&str] = &[
        "rc", "beta", "alpha", "RC", "r", "-", ".", "-custom", " x", "+y", "/z", "\\",
    ];
    let mut text = String::from(match random.below(8) {
        0 | 1 => "go",
        2 => "v",
        3 => "default",
        _ => "",
    });
    let dots = random.below(4);
    text.push_str(if random.chance(85) {
        "1"
    } else {
        word(random, NUMBERS)
    });
    for _ in 0..dots {
        text.push('.');
        text.push_str(word(random, NUMBERS));
    }
    if random.chance(35) {
        text.push_str(word(random, KINDS));
        text.push_str(word(random, NUMBERS));
    }
    // Blanks would end the word on a go line, where the question is about one word.
    text.replace(' ', "-")
}

/// A path, a query, the version in use, and an ascending list without `+incompatible`, which needs a
/// look at go.mod files.
fn query(random: &mut Random) -> [String; 4] {
    const MODULES: &[&str] = &[
        "v0.0.0-20190101000000-abcdefabcdef",
        "v0.1.0",
        "v1.0.0-rc.1",
        "v1.0.0",
        "v1.0.1-0.20190101000000-abcdefabcdef",
        "v1.0.1",
        "v1.0.3",
        "v1.1.0-alpha",
        "v1.1.0",
        "v1.1.1-rc.1",
        "v1.2.0-rc.1",
        "v1.2.0",
        "v1.10.0",
        "v1.11.1-rc.2",
    ];
    const GO: &[&str] = &[
        "1.20", "1.21rc1", "1.21rc2", "1.21.0", "1.21.1", "1.21.13", "1.22rc1", "1.22.0", "1.22.5",
    ];
    const QUERIES: &[&str] = &[
        "latest",
        "upgrade",
        "patch",
        "none",
        "master",
        "",
        "v",
        "<",
        ">=",
        "v1.0.0+meta",
        "<v1.0.0+meta",
        ">v2",
        "<=v1.x",
        "v1.2.3.4",
    ];
    let go = random.chance(25);
    let all = if go { GO } else { MODULES };
    let list: Vec<&str> = all.iter().copied().filter(|_| random.chance(70)).collect();
    let operator = *random.pick(&["", "", "<", "<=", ">", ">="]);
    let text = if random.chance(15) {
        word(random, QUERIES).to_owned()
    } else if go {
        format!(
            "{operator}{}",
            word(
                random,
                &[
                    "1", "1.20", "1.21", "1.21.0", "1.21rc1", "1.22", "1.22.7", "1.23", "v1.21",
                    "x"
                ]
            )
        )
    } else {
        let version = match random.chance(60) {
            true => word(random, MODULES).to_owned(),
            false => (*random.pick(&[
                "v0", "v1", "v1.0", "v1.1", "v1.2", "v1.3", "v1.10", "v1.11", "v2", "v2.0.0",
                "v1.1.7",
            ]))
            .to_owned(),
        };
        format!("{operator}{version}")
    };
    let current = if random.chance(50) && !go {
        *random.pick(&MODULES[3..])
    } else {
        ""
    };
    let path = match go {
        true => "go",
        false => *random.pick(&["a.b/c", "a.b/c", "a.b/c", "gopkg.in/c.v1", "a.b/c/v2"]),
    };
    // An exact version of Go needs no list; "upgrade" is never planned.
    let text = if text == "upgrade" {
        "latest".to_owned()
    } else {
        text
    };
    [path.to_owned(), text, current.to_owned(), list.join(" ")]
}
