//! Lowering a module for what it imports: a package that no module of the plan provides.
//!
//! No `go.mod` shows that, so what a version imports is read from its zip. Zips are large, and few are tried: the next
//! version down, then the second, fourth, eighth … below the last, and then those between the last that misses what the first
//! one does and one that does not. This takes it that what a version does not import yet, no older one does.
//!
//! A version is tried in the build list as it is, in the place of the one that misses something. What follows from
//! lowering the module to it is for the search to say; where the plan does not build all the same, the search
//! goes back to where it was.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::choice::Choice;
use super::descend::Lowering;
use super::packages::{ImportCheck, TriedLower, Universe};
use super::search::{Search, Stop};
use super::state::{Cap, State};
use crate::graph::{ModuleGraph, ModuleId};
use crate::mvs::SourceId;

/// How often a search lowers a module for what it imports.
const LOWERED: usize = 16;

/// How often what does without the packages that are missed may miss others, and is left for a lower version.
const HUNTS: usize = 3;

/// How many versions of a module may be without content.
const UNTOLD: usize = 32;

/// What lowering modules for what they import has come to.
#[derive(Debug, Clone, Default)]
pub(super) struct Importers {
    /// The search before the first was lowered.
    before: Option<Rc<State>>,
    lowered: usize,
    /// Whether that was in vain: then all stay where they were.
    stay: bool,
    tried: BTreeMap<ModuleId, TriedLower>,
    /// What could resolve the conflict that it led to.
    pub(super) options: Choice,
}

/// The lower versions of a module, as they are tried.
struct Trial {
    module: ModuleId,
    versions: Vec<(ModuleId, SourceId)>,
    /// How many others cannot be had.
    untold: usize,
    universe: Universe,
    /// What the main module's imports lack as it is.
    lacking: BTreeSet<String>,
    seen: BTreeMap<usize, Seen>,
}

/// What was seen of a version.
enum Seen {
    /// Something that it imports cannot be had.
    Untold,
    /// The packages that it imports and nothing provides, and whether the main module lacks one more.
    Told {
        misses: BTreeSet<String>,
        lacks: bool,
    },
}

impl Importers {
    /// What was tried of each module that stayed.
    pub(super) fn tried(&self) -> Vec<TriedLower> {
        self.tried.values().cloned().collect()
    }
}

impl Search<'_> {
    /// Lowers the first module that imports what no module provides to a version that does not. Says whether there was
    /// one: where one of them has to stay, to lower others is in vain.
    pub(super) fn lower_importer(
        &mut self,
        graph: &ModuleGraph,
        check: Option<&ImportCheck>,
    ) -> Result<bool, Stop> {
        let Some(check) = check.filter(|check| self.main_builds(check)) else {
            return Ok(false);
        };
        let missing = check.unresolved.iter();
        let missing = missing.filter(|one| one.providers.is_empty());
        let missed = missing.filter_map(|one| Some((one.used.by?, &one.path)));
        let missed: Vec<(ModuleId, &String)> = missed.collect();
        let importers = &self.state.importers;
        let stays = |module: ModuleId| {
            let path = self.world.modules.path_of(module);
            importers.tried.contains_key(&module)
                || self.state.hard.contains(&path)
                || self.scope.problem.is_main(path)
        };
        let Some((module, _)) = missed.first().copied() else {
            return Ok(false);
        };
        if importers.stay
            || importers.lowered >= LOWERED
            || missed.iter().any(|(module, _)| stays(*module))
        {
            return Ok(false);
        }
        let own = missed.into_iter().filter(|(by, _)| *by == module);
        let packages: BTreeSet<String> = own.map(|(_, path)| path.clone()).collect();
        let Some(mut trial) = self.trial(graph, check, module)? else {
            return Ok(false);
        };
        let found = self.hunt(&mut trial, packages.clone())?;
        let told = trial.told(found);
        self.state.importers.tried.insert(module, told);
        if let Some(at) = found {
            self.lower_to(&trial, at, &packages);
        }
        Ok(found.is_some())
    }

    /// The versions to try of a module.
    fn trial(
        &mut self,
        graph: &ModuleGraph,
        check: &ImportCheck,
        module: ModuleId,
    ) -> Result<Option<Trial>, Stop> {
        let below = self.scope.candidates.below(
            self.world,
            &mut self.needs,
            self.scope.pass,
            module,
            |module| self.state.usable(module),
            usize::MAX,
        );
        self.flush_needs()?;
        let Some(universe) = self.universe(graph, &self.root_list()) else {
            return Ok(None);
        };
        let mut versions = Vec::new();
        let mut untold = 0;
        for version in below.unwrap_or_default() {
            match self.world.source_of(version, &self.state.overrides) {
                Some(source) if self.scope.packages.is_untold(source) => untold += 1,
                Some(source) => versions.push((version, source)),
                None => {}
            }
        }
        if untold > UNTOLD {
            versions.clear();
        }
        let of_main = check.unresolved.iter().filter(|one| one.used.by.is_none());
        Ok(Some(Trial {
            module,
            versions,
            untold,
            universe,
            lacking: of_main.map(|one| one.path.clone()).collect(),
            seen: BTreeMap::new(),
        }))
    }

    /// The place of the highest version that misses nothing, as far as few trials show.
    fn hunt(
        &mut self,
        trial: &mut Trial,
        mut missed: BTreeSet<String>,
    ) -> Result<Option<usize>, Stop> {
        let (mut start, count) = (0, trial.versions.len());
        for _ in 0..HUNTS {
            let found = first_without(start, count, |at| {
                Ok(match self.look(trial, at)? {
                    Seen::Untold => true,
                    Seen::Told { misses, .. } => !misses.is_disjoint(&missed),
                })
            })?;
            let Some(at) = found else { break };
            match trial.seen.get(&at) {
                Some(Seen::Told { misses, lacks }) if misses.is_empty() => {
                    return Ok((!lacks).then_some(at));
                }
                Some(Seen::Told { misses, .. }) => missed.clone_from(misses),
                _ => break,
            }
            start = at + 1;
        }
        Ok(None)
    }

    /// What a version imports and nothing provides, once it stands in the place of the one that is there.
    fn look<'t>(&mut self, trial: &'t mut Trial, at: usize) -> Result<&'t Seen, Stop> {
        if !trial.seen.contains_key(&at)
            && let Some((version, source)) = trial.versions.get(at).copied()
        {
            let universe = trial.universe.clone();
            let universe = universe.with(trial.module, version, source);
            let seen = match self.follow_beyond_today(universe) {
                Err(needs) if needs.is_empty() => Seen::Untold,
                Err(needs) => return Err(self.stop_for(needs)),
                Ok(None) => Seen::Untold,
                Ok(Some(walk)) => {
                    let own = walk.unresolved.iter();
                    let own = own.filter(|one| one.providers.is_empty());
                    let own = own.filter(|one| one.used.by == Some(version));
                    let new = |path: &String| !trial.lacking.contains(path);
                    let mut of_main = walk.unresolved.iter().filter(|one| one.used.by.is_none());
                    Seen::Told {
                        misses: own.map(|one| one.path.clone()).collect(),
                        lacks: of_main.any(|one| new(&one.path)),
                    }
                }
            };
            trial.seen.insert(at, seen);
        }
        Ok(trial.seen.get(&at).unwrap_or(&Seen::Untold))
    }

    /// Lowers a module, and says of each version that was looked at above what it misses.
    fn lower_to(&mut self, trial: &Trial, at: usize, packages: &BTreeSet<String>) {
        let Some((to, _)) = trial.versions.get(at).copied() else {
            return;
        };
        if self.state.importers.before.is_none() {
            let state = self.snapshot();
            self.state.importers.before = Some(Rc::new(state));
        }
        self.state.importers.lowered += 1;
        let seen = trial.seen.range(..at).filter_map(|(at, seen)| match seen {
            Seen::Told { misses, .. } => Some((trial.versions.get(*at)?.0, misses.first()?)),
            Seen::Untold => None,
        });
        let first = packages.first().map(|package| (trial.module, package));
        let above: Vec<(ModuleId, &String)> = first.into_iter().chain(seen).collect();
        let nexts = above.iter().skip(1).map(|(version, _)| *version);
        let nexts: Vec<ModuleId> = nexts.chain([to]).collect();
        for ((from, package), next) in above.into_iter().zip(nexts) {
            self.record(Lowering {
                to: Some(next),
                misses: Some(package.clone()),
                ..Lowering::new(from, vec![from])
            });
        }
        let path = self.world.modules.path_of(to);
        self.state.roots.insert(path, to);
        self.state.caps.insert(path, Cap::AtMost(to));
        if self.scope.raising {
            self.state.raisers.insert(path);
        }
    }

    /// A package that a module imports and nothing in a graph provides, as far as what was fed shows it.
    pub(super) fn missed_by(&mut self, module: ModuleId, graph: &ModuleGraph) -> Option<String> {
        let roots = self.root_list();
        let check = self.import_check(graph, &roots).ok()??;
        let mut missing = check.unresolved.into_iter();
        let own = missing.find(|one| one.used.by == Some(module) && one.providers.is_empty());
        own.map(|one| one.path)
    }

    /// Whether it was in vain that a search lowered modules for what they import.
    pub(super) fn lowered_in_vain(&self, imports: Option<&ImportCheck>) -> bool {
        let builds = |check: &ImportCheck| {
            let mut by = check.unresolved.iter().map(|one| one.used.by);
            by.all(|by| by.is_none()) && self.main_builds(check)
        };
        self.state.importers.before.is_some() && !imports.is_some_and(builds)
    }

    /// Whether the main module's own imports are provided, or may go with what is dropped.
    fn main_builds(&self, check: &ImportCheck) -> bool {
        let mut unresolved = check.unresolved.iter();
        self.scope.goal.allow_drop || unresolved.all(|one| one.used.by.is_some())
    }

    /// Goes back to before modules were lowered for what they import, and lets them stay; `options` are what could help
    /// otherwise. Says whether any was.
    pub(super) fn give_up_importers(&mut self, options: Option<&Choice>) -> bool {
        let Some(before) = self.state.importers.before.take() else {
            return false;
        };
        let tried = std::mem::take(&mut self.state.importers.tried);
        self.restore(State::clone(&before));
        self.state.importers = Importers {
            stay: true,
            tried,
            options: options.cloned().unwrap_or_default(),
            ..Importers::default()
        };
        true
    }
}

impl Trial {
    fn told(&self, found: Option<usize>) -> TriedLower {
        let version = |at: usize| self.versions.get(at).map(|(version, _)| *version);
        let told = self.seen.iter();
        let told = told.filter(|(_, seen)| matches!(seen, Seen::Told { .. }));
        TriedLower {
            module: self.module,
            versions: told.filter_map(|(at, _)| version(*at)).collect(),
            fits: found.and_then(version),
            untold: self.untold,
        }
    }
}

/// The first place from `start` to `count` that does not miss something: in growing steps down to one that does not, and
/// then between that and the last that does.
fn first_without(
    start: usize,
    count: usize,
    mut misses: impl FnMut(usize) -> Result<bool, Stop>,
) -> Result<Option<usize>, Stop> {
    let (mut low, mut step) = (start, 1);
    let mut high = loop {
        if low >= count {
            return Ok(None);
        }
        let at = (low + step).min(count) - 1;
        if !misses(at)? {
            break at;
        }
        (low, step) = (at + 1, step * 2);
    };
    while low < high {
        let middle = low + (high - low) / 2;
        match misses(middle)? {
            true => low = middle + 1,
            false => high = middle,
        }
    }
    Ok(Some(high))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn few_places_are_looked_at_and_the_first_is_found() {
        for count in [0, 1, 2, 3, 10, 300] {
            for first in 0..=count {
                let mut looked = BTreeSet::new();
                let found = first_without(0, count, |at| {
                    assert!(looked.insert(at), "{at} twice");
                    Ok(at < first)
                });
                assert_eq!(found.unwrap(), (first < count).then_some(first));
                let most = 2 * (first + 2).ilog2() + 1;
                assert!(looked.len() <= most as usize, "{first}: {looked:?}");
            }
        }
    }
}
