//! Random module worlds: what people write, what they write wrongly, and the corners in between.

use std::fmt::Write as _;

use super::archive::Archive;
use super::random::Random;

/// Paths with the versions that may exist of them.
const PATHS: &[(&str, &[&str])] = &[
    ("x.y/a", PLAIN),
    ("x.y/b", PLAIN),
    ("x.y/b/v2", TWO),
    ("x.y/Upper/C", PLAIN),
    ("x.y/d-e", PLAIN),
    ("gopkg.in/x.v1", ONE),
    ("x.y/f", PLAIN),
    ("x.y/f/v2", TWO),
];
const PLAIN: &[&str] = &[
    "v0.1.0",
    "v1.0.0",
    "v1.1.0",
    "v1.2.0",
    "v1.10.0",
    "v1.1.0-rc.1",
    "v1.2.0-Beta.2",
    "v0.0.0-20190101000000-abcdef123456",
    "v1.1.1-0.20200101000000-abcdef123456",
    "v2.0.0+incompatible",
    "v3.1.0+incompatible",
];
const TWO: &[&str] = &[
    "v2.0.0",
    "v2.1.0",
    "v2.1.0-rc.1",
    "v2.2.0",
    "v2.0.1-0.20200101000000-abcdef123456",
];
const ONE: &[&str] = &["v1.0.0", "v1.1.0", "v1.2.0", "v1.1.0-pre", "v1.3.0"];
const OWN: &[&str] = &["v0.9.0", "v1.0.0", "v1.1.0"];
const OLD_GO: &[&str] = &["1.11", "1.13", "1.14", "1.15", "1.16"];
const NEW_GO: &[&str] = &[
    "1.17", "1.18", "1.19", "1.20", "1.20.3", "1.21rc1", "1.21", "1.21.0", "1.21.6", "1.22",
    "1.22.3", "1.23", "1.24rc2", "1.25.1", "1.26",
];
const TOOLCHAINS: &[&str] = &[
    "go1.21.0", "go1.22.5", "go1.23.1", "go1.26.0", "default", "go1.99.1",
];

const WRONG_VERSIONS: &[&str] = &["v1.0", "v1", "v9.9.9", "main", "v1.0.0+meta"];
/// In a main module whatever is not canonical is a query.
const WRONG_MAIN_VERSIONS: &[&str] = &[
    "v9.9.9",
    "v1.0",
    "v1",
    "v1.1",
    "v2",
    "v0",
    "latest",
    "main",
    "v1.0.0+meta",
    "<v1.2.0",
    "<=v1.1.0",
    ">=v1.1.0",
    ">v1.0.0",
    "patch",
    "none",
];

/// What a world is made from.
struct World<'a> {
    random: &'a mut Random,
    /// What may be required.
    modules: Vec<(String, String)>,
    /// How often, in percent, something is wrong on purpose.
    trouble: usize,
    local_go: String,
}

/// A random world.
pub(crate) fn generate(seed: u64, local_go: &str) -> Archive {
    generate_one(seed, local_go, false)
}

/// A random world whose main modules are a workspace.
pub(crate) fn generate_workspace(seed: u64, local_go: &str) -> Archive {
    generate_one(seed, local_go, true)
}

fn generate_one(seed: u64, local_go: &str, workspace: bool) -> Archive {
    let random = &mut Random::new(seed);
    let trouble = if random.chance(50) {
        0
    } else {
        1 + random.below(6)
    };
    let mut world = World {
        random,
        modules: Vec::new(),
        trouble,
        local_go: local_go.to_owned(),
    };
    let count = 2 + world.random.below(6);
    let mut paths: Vec<&(&str, &[&str])> = PATHS.iter().collect();
    for _ in 0..count {
        let at = world.random.below(paths.len());
        let (path, versions) = paths.remove(at);
        world.versions(path, versions);
    }
    if world.random.chance(35) {
        world.versions("x.y/main", OWN);
    }
    let mut archive = Archive::default();
    // In most worlds all go lines are alike: all old, all new, or whatever.
    let age = world.random.below(4);
    for (path, version) in world.modules.clone() {
        let text = world.dependency(&path, age);
        let module = format!("{path}@{version}");
        if world.wrong(1) {
            archive.0.insert(format!("noinfo/{module}"), String::new());
        }
        if world.wrong(1) {
            archive.0.insert(format!("nomod/{module}"), String::new());
        }
        archive.0.insert(format!("proxy/{module}"), text);
    }
    if world.random.chance(15) || workspace {
        world.workspace(&mut archive, age);
    } else {
        let mut directories = Vec::new();
        let text = world.main("x.y/main", age, &mut directories);
        archive.0.insert("main/go.mod".to_owned(), text);
        world.directories(&mut archive, "main", &directories, age);
    }
    let sum = match world.random.below(20) {
        0 => "none".to_owned(),
        1 | 2 => "go".to_owned(),
        3 | 4 => format!("less {}", world.random.below(100)),
        _ => "complete".to_owned(),
    };
    archive.0.insert("sum".to_owned(), sum);
    archive
}

impl World<'_> {
    /// Something wrong, `weight` times as often as `trouble` says.
    fn wrong(&mut self, weight: usize) -> bool {
        self.random.below(1000) < self.trouble * weight * 3
    }

    fn versions(&mut self, path: &str, from: &[&str]) {
        let mut versions = from.to_vec();
        let count = 1 + self.random.below(versions.len().min(4));
        for _ in 0..count {
            let at = self.random.below(versions.len());
            let version = versions.remove(at);
            self.modules.push((path.to_owned(), version.to_owned()));
        }
    }

    fn go_line(&mut self, age: usize) -> Option<String> {
        if self.wrong(1) {
            let text = *self.random.pick(&["1.27", "1.99.1", "2.0"]);
            return Some(text.to_owned());
        }
        if self.random.chance(3) {
            return Some(self.local_go.clone());
        }
        let old = match age {
            0 => self.random.chance(90),
            1 => self.random.chance(10),
            _ => self.random.chance(35),
        };
        if old {
            if self.random.chance(25) {
                return None;
            }
            return Some((*self.random.pick(OLD_GO)).to_owned());
        }
        Some((*self.random.pick(NEW_GO)).to_owned())
    }

    /// A requirement line without `require`.
    fn requirement(&mut self, wrong: &[&str]) -> String {
        let (path, mut version) = self.random.pick(&self.modules.clone()).clone();
        if self.wrong(1) {
            version = (*self.random.pick(wrong)).to_owned();
        }
        let path = match self.random.below(40) {
            0 => format!("\"{path}\""),
            // No string of a go.mod, although Go has them.
            _ if self.wrong(1) => format!("`{path}`"),
            _ => path,
        };
        let comment = if self.random.chance(40) {
            " // indirect"
        } else {
            ""
        };
        format!("{path} {version}{comment}")
    }

    fn requirements(&mut self, text: &mut String, most: usize, wrong: &[&str]) {
        let count = self.random.below(most + 1);
        let lines: Vec<String> = (0..count).map(|_| self.requirement(wrong)).collect();
        if self.random.chance(50) {
            for line in lines {
                let _ = writeln!(text, "require {line}");
            }
        } else if !lines.is_empty() {
            let _ = writeln!(text, "require (\n\t{}\n)", lines.join("\n\t"));
        }
    }

    fn dependency(&mut self, path: &str, age: usize) -> String {
        let mut text = String::new();
        let declared = if self.wrong(1) { "x.y/other" } else { path };
        if self.random.chance(4) {
            text.push_str("// Deprecated: use something else.\n");
        }
        if !self.wrong(1) {
            let _ = writeln!(text, "module {declared}\n");
        }
        if let Some(go) = self.go_line(age) {
            let go = if self.wrong(2) {
                format!("{go}.bad")
            } else {
                go
            };
            let _ = writeln!(text, "go {go}\n");
        }
        if self.random.chance(15) {
            let _ = writeln!(text, "toolchain {}\n", self.random.pick(TOOLCHAINS));
        }
        self.requirements(&mut text, 3, WRONG_VERSIONS);
        if self.wrong(6) {
            let line = *self.random.pick(&[
                "frobnicate x.y/z",
                "replace x.y/a => x.y/b v1.0.0",
                "exclude x.y/a v1.0.0",
                "tool x.y/a/cmd",
                "godebug default=go1.21",
                "ignore ./x",
                "require x.y/b/v2 v1.0.0",
                "require (\n\tx.y/a v1.0.0",
                "toolchain nonsense",
                "replace x.y/a =>",
                "go 1.19",
                "retract nonsense",
                "exclude x.y/a",
                "require x.y/a",
            ]);
            let _ = writeln!(text, "{line}");
        }
        if self.random.chance(8) {
            text.push_str("retract v1.0.0 // broken\n");
        }
        if self.wrong(1) {
            text = text.replace('\n', "\r\n");
        }
        text
    }

    /// A main module's go.mod; directories that it names are added to `directories`.
    fn main(&mut self, path: &str, age: usize, directories: &mut Vec<String>) -> String {
        let mut text = format!("module {path}\n\n");
        let go = self.go_line(age);
        if let Some(go) = &go {
            let _ = writeln!(text, "go {go}\n");
        }
        if self.random.chance(15) {
            let name = match (&go, self.wrong(8)) {
                (Some(go), true) => format!("go{go}"),
                _ => (*self.random.pick(TOOLCHAINS)).to_owned(),
            };
            let _ = writeln!(text, "toolchain {name}\n");
        }
        self.requirements(&mut text, 5, WRONG_MAIN_VERSIONS);
        if self.random.chance(25) {
            for _ in 0..=self.random.below(2) {
                let (path, version) = self.random.pick(&self.modules.clone()).clone();
                let version = match self.wrong(6) {
                    true => (*self.random.pick(WRONG_MAIN_VERSIONS)).to_owned(),
                    false => version,
                };
                let _ = writeln!(text, "exclude {path} {version}");
            }
        }
        if self.random.chance(35) {
            for _ in 0..=self.random.below(2) {
                let line = self.replacement(directories);
                let _ = writeln!(text, "replace {line}");
            }
        }
        text
    }

    fn replacement(&mut self, directories: &mut Vec<String>) -> String {
        let (path, version) = self.random.pick(&self.modules.clone()).clone();
        let old = if self.random.chance(50) {
            path.clone()
        } else {
            format!("{path} {version}")
        };
        if self.random.chance(35) {
            let name = format!("./dir{}", directories.len() + 1);
            directories.push(name.clone());
            return format!("{old} => {name}");
        }
        let same: Vec<(String, String)> = self
            .modules
            .iter()
            .filter(|(other, _)| *other == path)
            .cloned()
            .collect();
        let (path, version) = if self.random.chance(70) {
            self.random.pick(&same).clone()
        } else {
            self.random.pick(&self.modules.clone()).clone()
        };
        format!("{old} => {path} {version}")
    }

    fn directories(&mut self, archive: &mut Archive, at: &str, names: &[String], age: usize) {
        for name in names {
            let (path, _) = self.random.pick(&self.modules.clone()).clone();
            let mut text = self.dependency(&path, age);
            if self.random.chance(15) {
                text = text
                    .lines()
                    .filter(|line| !line.starts_with("module"))
                    .fold(String::new(), |mut text, line| {
                        let _ = writeln!(text, "{line}");
                        text
                    });
            }
            if !self.wrong(2) {
                let file = format!("{at}/{}/go.mod", name.trim_start_matches("./"));
                archive.0.insert(file, text);
            }
        }
    }

    fn workspace(&mut self, archive: &mut Archive, age: usize) {
        let mut text = String::new();
        let newest = self.go_line(age);
        match &newest {
            Some(go) if self.random.chance(30) => {
                let _ = writeln!(text, "go {go}\n");
            }
            _ if self.random.chance(90) => {
                let _ = writeln!(text, "go {}\n", self.local_go);
            }
            _ => {}
        }
        if self.random.chance(10) {
            let _ = writeln!(text, "toolchain {}\n", self.random.pick(TOOLCHAINS));
        }
        let members = 2 + self.random.below(2);
        for at in 1..=members {
            let path = match at {
                1 if self.random.chance(70) => "x.y/main".to_owned(),
                // A member may also be a module that others require.
                2 if self.random.chance(50) => self.random.pick(&self.modules.clone()).0.clone(),
                _ => format!("x.y/member{at}"),
            };
            let _ = writeln!(text, "use ./m{at}");
            let mut directories = Vec::new();
            let go_mod = self.main(&path, age, &mut directories);
            archive.0.insert(format!("main/m{at}/go.mod"), go_mod);
            self.directories(archive, &format!("main/m{at}"), &directories, age);
        }
        if self.random.chance(35) {
            let mut directories = Vec::new();
            for _ in 0..=self.random.below(2) {
                let line = self.replacement(&mut directories);
                let _ = writeln!(text, "replace {line}");
            }
            self.directories(archive, "main", &directories, age);
        }
        archive.0.insert("main/go.work".to_owned(), text);
    }
}
