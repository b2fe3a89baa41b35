//! For each path the versions that a plan may choose: those that its source lists, those that the graph
//! names, and today's.

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};

use super::Needs;
use crate::graph::{ModuleId, PathId};
use crate::model::Version;
use crate::mvs::{Source, World};

/// Which versions are considered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pass {
    /// Releases that are not retracted, and today's version.
    #[default]
    Releases,
    /// Pre-releases, pseudo-versions that the graph names, and retracted versions as well.
    Everything,
}

/// What a search thinks of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Usable {
    /// It is out of the question.
    No,
    /// It is a candidate if its source lists it.
    IfListed,
    /// The graph names it, so that it need not be listed.
    Named,
}

impl Usable {
    /// Of a version that is excluded, or that the graph names.
    pub(super) fn of(excluded: bool, named: bool) -> Self {
        match (excluded, named) {
            (true, _) => Self::No,
            (false, true) => Self::Named,
            (false, false) => Self::IfListed,
        }
    }
}

/// The version lists that were fed, and what was found out about them.
#[derive(Debug, Default, Clone)]
pub struct Candidates {
    lists: FxHashMap<PathId, Vec<ModuleId>>,
    listed: FxHashSet<ModuleId>,
    failed: FxHashMap<PathId, String>,
    uncounted: FxHashMap<PathId, String>,
}

impl Candidates {
    /// Feeds the versions that a path's source lists. An empty list is fine.
    pub fn feed(&mut self, world: &mut World, path: PathId, versions: &[Version]) {
        let mut list: Vec<ModuleId> = versions
            .iter()
            .filter(|version| world.modules.path(path).check_major(version).is_ok())
            .cloned()
            .collect::<Vec<Version>>()
            .iter()
            .map(|version| world.modules.module_id(path, Some(version)))
            .collect();
        world.modules.sort(&mut list);
        list.dedup();
        self.listed.extend(list.iter().copied());
        self.lists.insert(path, list);
    }

    /// Notes why the versions of a path are not all listed; plans say so.
    pub fn note_failure(&mut self, path: PathId, message: String) {
        self.failed.insert(path, message);
    }

    /// Notes why the releases that a path passes cannot be counted; plans say so.
    pub fn note_uncounted(&mut self, path: PathId, message: String) {
        self.uncounted.insert(path, message);
    }

    /// Why the releases of a path cannot be counted.
    pub(super) fn uncounted(&self, path: PathId) -> Option<&str> {
        self.uncounted.get(&path).map(String::as_str)
    }

    /// The list of a path, ascending, if it was fed.
    pub fn list(&self, path: PathId) -> Option<&[ModuleId]> {
        self.lists.get(&path).map(Vec::as_slice)
    }

    /// The paths whose versions could not all be listed, with the reason.
    pub fn failures(&self, world: &World) -> Vec<(PathId, &str)> {
        let mut list: Vec<(PathId, &str)> = self
            .failed
            .iter()
            .map(|(path, why)| (*path, why.as_str()))
            .collect();
        list.sort_by(|a, b| world.modules.path(a.0).cmp(world.modules.path(b.0)));
        list
    }

    /// The release of a path that is highest, which is where its retractions stand.
    pub fn newest(&self, world: &World, path: PathId) -> Option<ModuleId> {
        let list = self.lists.get(&path)?;
        let release = |module: &&ModuleId| !is_prerelease(world, **module);
        list.iter().rev().find(release).or(list.last()).copied()
    }

    /// The first few versions below `above`, highest first. Records in `needs` what must be known first and
    /// then gives none.
    pub(super) fn below(
        &self,
        world: &mut World,
        needs: &mut Needs,
        pass: Pass,
        above: ModuleId,
        usable: impl Fn(ModuleId) -> Usable,
        count: usize,
    ) -> Option<Vec<ModuleId>> {
        self.know(world, needs, pass, above)?;
        let known = world.modules.versions_of(world.modules.path_of(above));
        let below = known.iter().rev().copied();
        Some(
            below
                .filter(|module| world.modules.compare(*module, above).is_lt())
                .filter(|module| self.is_candidate(world, pass, *module, usable(*module)))
                .take(count)
                .collect(),
        )
    }

    /// The highest version of the path of `today`, if it is above that; as [`Candidates::below`].
    pub(super) fn highest(
        &self,
        world: &mut World,
        needs: &mut Needs,
        pass: Pass,
        today: ModuleId,
        usable: impl Fn(ModuleId) -> Usable,
    ) -> Option<ModuleId> {
        self.know(world, needs, pass, today)?;
        let known = world.modules.versions_of(world.modules.path_of(today));
        let mut above = known.iter().rev().copied();
        above
            .find(|module| self.is_candidate(world, pass, *module, usable(*module)))
            .filter(|module| world.modules.compare(*module, today).is_gt())
    }

    /// What must be known before the versions of a path can be told: its list, and what its newest release
    /// retracts.
    fn know(&self, world: &mut World, needs: &mut Needs, pass: Pass, of: ModuleId) -> Option<()> {
        let path = world.modules.path_of(of);
        if !self.lists.contains_key(&path) {
            needs.lists.push(path);
            return None;
        }
        if pass == Pass::Releases
            && let Some(newest) = self.newest(world, path)
            && world.module_facts(newest).is_none()
        {
            let source = world.source_id(Source::Module(newest));
            needs.sources.push(source);
            return None;
        }
        Some(())
    }

    /// Whether a version is a candidate.
    pub(super) fn is_candidate(
        &self,
        world: &World,
        pass: Pass,
        module: ModuleId,
        usable: Usable,
    ) -> bool {
        let known = match usable {
            Usable::No => false,
            Usable::Named => true,
            Usable::IfListed => self.listed.contains(&module),
        };
        known
            && (pass == Pass::Everything
                || !is_prerelease(world, module) && self.retraction(world, module).is_none())
    }

    /// Why a version is retracted by its author, if it is and the newest version's `go.mod` is known
    /// (Go Modules Reference, "retract directive").
    pub fn retraction(&self, world: &World, module: ModuleId) -> Option<String> {
        let newest = self.newest(world, world.modules.path_of(module))?;
        let facts = world.module_facts(newest)?.as_ref().ok()?;
        let version = world.modules.version(module)?;
        facts
            .retracts
            .iter()
            .find(|(low, high, _)| {
                low.cmp_precedence(version).is_le() && version.cmp_precedence(high).is_le()
            })
            .map(|(_, _, why)| why.clone())
    }

    /// The deprecation message of a path, if the newest version's `go.mod` is known.
    pub fn deprecation(&self, world: &World, path: PathId) -> Option<String> {
        let newest = self.newest(world, path)?;
        world
            .module_facts(newest)?
            .as_ref()
            .ok()?
            .deprecated
            .clone()
    }

    /// How many listed releases lie above `low` up to and including `high`, at least one if they differ;
    /// without `low`, all of them.
    pub fn steps(&self, world: &World, low: Option<ModuleId>, high: ModuleId) -> usize {
        let modules = &world.modules;
        let between = self
            .lists
            .get(&modules.path_of(high))
            .into_iter()
            .flatten()
            .filter(|module| {
                !is_prerelease(world, **module)
                    && low.is_none_or(|low| modules.compare(**module, low).is_gt())
                    && modules.compare(**module, high).is_le()
            })
            .count();
        between.max(usize::from(low != Some(high)))
    }
}

pub(super) fn is_prerelease(world: &World, module: ModuleId) -> bool {
    world
        .modules
        .version(module)
        .is_some_and(Version::is_prerelease)
}
