//! Worlds of at most five paths with at most four versions each, as bits: a module version is a slot, its
//! requirements are a mask of slots. Read and written in the mini-notation of `scenario`.

use std::fmt::Write as _;

/// The most versions of a path; the slots of path `p` are `4 * p ..`.
pub const VERSIONS: usize = 4;
/// The most paths.
pub const PATHS: usize = 5;

/// A module version: `path * VERSIONS + index`, ascending within a path.
pub type Slot = usize;
/// A set of slots.
pub type Mask = u32;

/// The slots of a path.
pub fn of_path(path: usize) -> Mask {
    0b1111 << (path * VERSIONS)
}

/// The slots of a set, ascending.
pub fn slots(mask: Mask) -> impl Iterator<Item = Slot> {
    (0..PATHS * VERSIONS).filter(move |slot| mask & (1 << slot) != 0)
}

/// The highest slot of a path in a set.
pub fn highest(mask: Mask, path: usize) -> Option<Slot> {
    let own = mask & of_path(path);
    (own != 0).then(|| (31 - own.leading_zeros()) as usize)
}

/// One version of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// As `v1.0.0`.
    pub version: String,
    /// The minor version of the go line `go 1.N`; 0 without one.
    pub go: u32,
    /// What it requires.
    pub requires: Mask,
    /// Whether its go.mod cannot be read; it is then not listed either.
    pub missing: bool,
}

impl Release {
    pub fn is_prerelease(&self) -> bool {
        self.version.contains('-')
    }
}

/// The main module and all it can reach.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct World {
    /// The minor version of main's go line; 0 without one.
    pub go: u32,
    /// Main's requirements by path.
    pub roots: [Option<Slot>; PATHS],
    /// The paths whose requirement is marked `// indirect`.
    pub indirect: [bool; PATHS],
    pub excludes: Mask,
    /// Replacements of all versions of a path.
    pub wildcard: [Option<Slot>; PATHS],
    /// Replacements of one version: what, by what.
    pub exact: Vec<(Slot, Slot)>,
    /// The versions of each path, ascending.
    pub paths: Vec<Vec<Release>>,
}

impl World {
    pub fn release(&self, slot: Slot) -> Option<&Release> {
        self.paths.get(slot / VERSIONS)?.get(slot % VERSIONS)
    }

    /// All slots that stand for a version.
    pub fn all(&self) -> Vec<Slot> {
        (0..PATHS * VERSIONS)
            .filter(|slot| self.release(*slot).is_some())
            .collect()
    }

    pub fn name(path: usize) -> char {
        (b'a' + u8::try_from(path).unwrap()) as char
    }

    pub fn module(&self, slot: Slot) -> String {
        let release = self.release(slot).unwrap();
        format!("{} {}", Self::name(slot / VERSIONS), release.version)
    }

    pub fn is_direct(&self, path: usize) -> bool {
        self.roots[path].is_some() && !self.indirect[path]
    }

    /// Whether main loads a pruned graph.
    pub fn is_pruned(&self) -> bool {
        self.go >= 17
    }

    /// What the content of each slot is after the replacements that stand in go.mod.
    pub fn content(&self) -> [Slot; PATHS * VERSIONS] {
        let mut content = std::array::from_fn(|slot| slot);
        for (slot, content) in content.iter_mut().enumerate() {
            let exact = self.exact.iter().find(|(from, _)| *from == slot);
            if let Some(to) = exact.map(|(_, to)| *to).or(self.wildcard[slot / VERSIONS]) {
                *content = to;
            }
        }
        content
    }

    /// Whether go.mod replaces any version of a path.
    pub fn is_replaced(&self, path: usize) -> bool {
        self.wildcard[path].is_some() || self.exact.iter().any(|(from, _)| from / VERSIONS == path)
    }

    /// The world in the notation of `scenario`. Missing versions are those that only requirements name.
    pub fn text(&self) -> String {
        let go = |minor: u32| match minor {
            0 => "-".to_owned(),
            minor => format!("1.{minor}"),
        };
        let mut out = format!("main {}:", go(self.go));
        let roots: Vec<String> = self
            .roots
            .iter()
            .flatten()
            .map(|slot| {
                let mark = if self.indirect[slot / VERSIONS] {
                    " indirect"
                } else {
                    ""
                };
                format!("{}{mark}", self.module(*slot))
            })
            .collect();
        writeln!(out, " {}", roots.join(", ")).unwrap();
        for slot in slots(self.excludes) {
            writeln!(out, " exclude x.y/{}", self.module(slot)).unwrap();
        }
        for (path, to) in self.wildcard.iter().enumerate() {
            if let Some(to) = to {
                let to = self.module(*to);
                writeln!(out, " replace x.y/{} => x.y/{to}", Self::name(path)).unwrap();
            }
        }
        for (from, to) in &self.exact {
            let (from, to) = (self.module(*from), self.module(*to));
            writeln!(out, " replace x.y/{from} => x.y/{to}").unwrap();
        }
        for slot in self.all() {
            let release = self.release(slot).unwrap();
            if !release.missing {
                let requires: Vec<String> =
                    slots(release.requires).map(|r| self.module(r)).collect();
                let line = format!(
                    "{} {}: {}",
                    self.module(slot),
                    go(release.go),
                    requires.join(", ")
                );
                writeln!(out, "{}", line.trim_end()).unwrap();
            }
        }
        out
    }

    /// Reads the notation that [`World::text`] writes.
    pub fn parse(text: &str) -> Self {
        let mut world = Self::default();
        // First all names, so that requirements can be numbered.
        let mut names: Vec<(String, bool)> = Vec::new();
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let words: Vec<&str> = line
                .split([' ', ',', ':'])
                .filter(|w| !w.is_empty())
                .collect();
            for (at, pair) in words.windows(2).enumerate() {
                if pair[1].starts_with('v') && pair[1].len() > 1 {
                    let path = pair[0].trim_start_matches("x.y/");
                    names.push((
                        format!("{path} {}", pair[1]),
                        at == 0 && !line.starts_with(' '),
                    ));
                }
            }
        }
        names.sort_by_key(|(name, served)| (key(name), !served));
        names.dedup_by(|b, a| a.0 == b.0);
        for (name, served) in &names {
            let (path, version) = name.split_once(' ').unwrap();
            let path = usize::from(path.as_bytes()[0] - b'a');
            world
                .paths
                .resize(world.paths.len().max(path + 1), Vec::new());
            world.paths[path].push(Release {
                version: version.to_owned(),
                go: 0,
                requires: 0,
                missing: !served,
            });
        }
        assert!(world.paths.len() <= PATHS && world.paths.iter().all(|p| p.len() <= VERSIONS));
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            if let Some(line) = line.strip_prefix(' ') {
                world.parse_extra(line);
                continue;
            }
            let (head, requires) = line.split_once(':').unwrap();
            let words: Vec<&str> = head.split_whitespace().collect();
            let go = words.last().unwrap().trim_start_matches("1.");
            let go = if go == "-" { 0 } else { go.parse().unwrap() };
            let list: Vec<&str> = requires
                .split(',')
                .map(str::trim)
                .filter(|r| !r.is_empty())
                .collect();
            if words[0] == "main" {
                world.go = go;
                for requirement in list {
                    let slot = world.slot(requirement.trim_end_matches(" indirect"));
                    world.roots[slot / VERSIONS] = Some(slot);
                    world.indirect[slot / VERSIONS] = requirement.ends_with(" indirect");
                }
            } else {
                let requires = list
                    .iter()
                    .fold(0, |mask, name| mask | 1 << world.slot(name));
                let slot = world.slot(&format!("{} {}", words[0], words[1]));
                let release = &mut world.paths[slot / VERSIONS][slot % VERSIONS];
                release.go = go;
                release.requires = requires;
            }
        }
        world
    }

    fn parse_extra(&mut self, line: &str) {
        let line = line.replace("x.y/", "");
        if let Some(module) = line.strip_prefix("exclude ") {
            self.excludes |= 1 << self.slot(module);
        } else if let Some((from, to)) = line
            .strip_prefix("replace ")
            .and_then(|l| l.split_once(" => "))
        {
            let to = self.slot(to);
            if from.contains(' ') {
                let from = self.slot(from);
                self.exact.push((from, to));
            } else {
                self.wildcard[to / VERSIONS] = Some(to);
            }
        }
    }

    /// The slot of a name as `a v1.0.0`.
    pub fn slot(&self, name: &str) -> Slot {
        let (path, version) = name.trim().split_once(' ').unwrap();
        let path = usize::from(path.as_bytes()[0] - b'a');
        let index = self.paths[path]
            .iter()
            .position(|release| release.version == version);
        path * VERSIONS + index.unwrap_or_else(|| panic!("no version {name}"))
    }
}

/// Orders names: by path, then by version, a pre-release before its release.
fn key(name: &str) -> (String, Vec<u32>, bool) {
    let (path, version) = name.split_once(' ').unwrap();
    let (release, pre) = version.split_once('-').unwrap_or((version, ""));
    let numbers = release
        .trim_start_matches('v')
        .split('.')
        .map(|n| n.parse().unwrap())
        .collect();
    (path.to_owned(), numbers, pre.is_empty())
}
