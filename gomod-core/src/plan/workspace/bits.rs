//! A small world as bits: each module version is one, what a `go.mod` asks for is a set of them, and so a graph takes
//! no time. It is as exact as the resolver, but for what cannot be read: that asks for nothing here.

use crate::graph::{ModuleId, PathId};

/// A set of module versions.
pub(super) type Set = u128;

/// How many versions a world may have.
pub(super) const VERSIONS: usize = Set::BITS as usize;

/// The versions of all paths, by path and ascending.
#[derive(Debug, Default)]
pub(super) struct Bits {
    pub(super) modules: Vec<ModuleId>,
    pub(super) paths: Vec<(PathId, Set)>,
    /// What the `go.mod` of each asks for; today's excludes aside.
    requires: Vec<Set>,
    /// Those included.
    asks: Vec<Set>,
    /// Behind these nothing is loaded where the graph is pruned.
    prunes: Set,
}

/// A loaded graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) visible: Set,
    pub(super) loaded: Set,
}

/// The places of the bits of a set.
pub(super) fn each(mut set: Set) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let at = (set != 0).then(|| set.trailing_zeros() as usize)?;
        set &= set - 1;
        Some(at)
    })
}

/// The highest place in a set.
pub(super) fn highest(set: Set) -> Option<usize> {
    set.checked_ilog2().map(|at| at as usize)
}

pub(super) fn bit(at: usize) -> Set {
    1 << (at % VERSIONS)
}

/// What is above a place; with the versions of a path, those above that one.
pub(super) fn above(at: usize) -> Set {
    !(bit(at) | (bit(at) - 1))
}

impl Bits {
    /// Adds the versions of a path, ascending.
    pub(super) fn add_path(&mut self, path: PathId, versions: Vec<ModuleId>) {
        let places = self.modules.len()..self.modules.len() + versions.len();
        self.paths.push((path, places.map(bit).sum()));
        self.modules.extend(versions);
    }

    /// Says what the next version asks for: in their order.
    pub(super) fn add_requirements(&mut self, requires: Set, asks: Set, prunes: bool) {
        if prunes {
            self.prunes |= bit(self.requires.len());
        }
        self.requires.push(requires);
        self.asks.push(asks);
    }

    pub(super) fn place(&self, module: ModuleId) -> Option<usize> {
        self.modules.iter().position(|known| *known == module)
    }

    /// These, as far as they are known.
    pub(super) fn set(&self, modules: impl IntoIterator<Item = ModuleId>) -> Set {
        let places = modules.into_iter().filter_map(|module| self.place(module));
        places.fold(0, |all, at| all | bit(at))
    }

    pub(super) fn asks(&self, at: usize) -> Set {
        self.asks.get(at).copied().unwrap_or_default()
    }

    fn requires(&self, at: usize) -> Set {
        self.requires.get(at).copied().unwrap_or_default()
    }

    fn prunes(&self, at: usize) -> bool {
        self.prunes & bit(at) != 0
    }

    /// All that these ask for.
    pub(super) fn asked(&self, by: Set) -> Set {
        each(by).fold(0, |all, at| all | self.requires(at))
    }

    /// Everything that can be reached: more than any graph of these requirements shows.
    pub(super) fn reach(&self, roots: Set, excludes: Set) -> Set {
        let (mut found, mut done) = (roots & !excludes, 0);
        while found & !done != 0 {
            let next = found & !done;
            done = found;
            found |= self.asked(next) & !excludes;
        }
        found
    }

    /// Those of `by` that lead to one of `to`, and those themselves.
    pub(super) fn leading(&self, to: Set, by: Set, excludes: Set) -> Set {
        let mut found = to;
        loop {
            let leads = |at: &usize| self.requires(*at) & !excludes & found != 0;
            let more = each(by & !found).filter(leads).map(bit).sum::<Set>();
            if more == 0 {
                return found;
            }
            found |= more;
        }
    }

    /// The graph of one main module.
    pub(super) fn own(&self, roots: Set, pruned: bool, excludes: Set) -> Shown {
        let mut visible = roots;
        let mut queue = 0;
        for root in each(roots) {
            let requires = self.requires(root) & !excludes;
            visible |= requires;
            match pruned {
                true if self.prunes(root) => {}
                true => queue |= requires,
                false => queue |= bit(root),
            }
        }
        let behind = self.reach(queue, excludes);
        Shown {
            visible: visible | behind,
            loaded: roots | behind,
        }
    }

    /// The graph of a workspace: those of its members, with their requirements and whether they are pruned, and what is
    /// behind the selected versions of what a member, or a module that was looked behind, requires in less
    /// (`readModGraph` in cmd/go).
    pub(super) fn joint(&self, members: &[(Set, bool)], excludes: Set) -> Shown {
        let mut loading = Loading {
            bits: self,
            excludes,
            shown: Shown {
                visible: 0,
                loaded: 0,
            },
            seen: [0; 3],
        };
        for (roots, pruned) in members {
            let depth = if *pruned { Depth::Own } else { Depth::All };
            loading.follow(roots & !excludes, depth);
        }
        let required = members.iter().fold(0, |all, (roots, _)| all | roots) & !excludes;
        // Paths whose selected version is looked behind.
        let mut followed: Set = 0;
        loop {
            let mut wanted = loading.raised(required);
            for (_, all) in self.paths.iter().filter(|(_, all)| all & followed != 0) {
                let Some(selected) = highest(loading.shown.visible & all) else {
                    continue;
                };
                wanted |= bit(selected);
                if loading.has_seen(selected, Depth::Next) {
                    wanted |= loading.raised(self.requires(selected) & !excludes);
                }
            }
            wanted &= !loading.seen_at(Depth::Next);
            if wanted == 0 {
                return loading.shown;
            }
            followed |= wanted;
            loading.follow(wanted, Depth::Next);
        }
    }
}

/// How far is looked behind a module.
#[derive(Clone, Copy, PartialEq)]
enum Depth {
    /// Its own requirements, unless it is old.
    Own = 0,
    /// Everything.
    All = 1,
    /// Its requirements' own as well.
    Next = 2,
}

struct Loading<'a> {
    bits: &'a Bits,
    excludes: Set,
    shown: Shown,
    seen: [Set; 3],
}

impl Loading<'_> {
    fn seen_at(&self, depth: Depth) -> Set {
        self.seen.get(depth as usize).copied().unwrap_or_default()
    }

    fn has_seen(&self, at: usize, depth: Depth) -> bool {
        self.seen_at(depth) & bit(at) != 0
    }

    fn follow(&mut self, list: Set, depth: Depth) {
        let mut queue = vec![(list, depth)];
        while let Some((list, depth)) = queue.pop() {
            let new = list & !self.seen_at(depth);
            if let Some(seen) = self.seen.get_mut(depth as usize) {
                *seen |= new;
            }
            self.shown.visible |= new;
            self.shown.loaded |= new;
            for at in each(new) {
                let requires = self.bits.requires(at) & !self.excludes;
                self.shown.visible |= requires;
                if depth == Depth::All || !self.bits.prunes(at) {
                    queue.push((requires, Depth::All));
                } else if depth == Depth::Next {
                    queue.push((requires, Depth::Own));
                }
            }
        }
    }

    /// The selected versions of the paths of which these require less.
    fn raised(&self, list: Set) -> Set {
        let paths = self.bits.paths.iter();
        let selected = paths.filter_map(|(_, all)| {
            let asked = list & all;
            let selected = bit(highest(self.shown.visible & all).filter(|_| asked != 0)?);
            // One of them is lower.
            (asked & (selected - 1) != 0).then_some(selected)
        });
        selected.sum()
    }
}
