//! What may stand for each path in the members of a small workspace: the versions that any plan could come to, once all of
//! them were read, and which of these each member may require.

use rustc_hash::FxHashSet;

use super::bits::{Bits, Set, VERSIONS, bit, each, highest};
use super::space::{Side, Space, Spot};
use super::{Halt, WorkspacePlanner};
use crate::graph::{ModuleId, PathId};
use crate::mvs::{Source, SourceId, World};
use crate::plan::candidates::Usable;
use crate::plan::{Means, Needs, Pass, Problem, Target};

/// How many paths a workspace may have to be looked at.
const PATHS: usize = 12;
/// How many `go.mod` files are fetched at most for this alone.
const FETCHES: usize = 48;

impl WorkspacePlanner {
    /// The workspace with all that its members may require, what they did not before included, if `more` says so; `None`
    /// when that is too much to look at.
    pub(super) fn space(&self, world: &mut World, more: bool) -> Result<Option<Space>, Halt> {
        let Some(today) = &self.today else {
            return Ok(None);
        };
        let is_go = |target: &Target| matches!(target, Target::Go { .. });
        let replacing = self.goal.strategy == Some(Means::Replace);
        if self.goal.settle || replacing || self.goal.targets.iter().any(is_go) {
            return Ok(None);
        }
        // What stands in each file has to be what its graph is loaded from.
        let mut members = today.problems.iter().zip(&today.joint.main.members);
        let as_written = members.all(|(problem, member)| {
            let written = member.requires.iter().map(|(module, _)| *module);
            let written: FxHashSet<ModuleId> = written.collect();
            let roots = problem.roots.values().copied();
            let roots: FxHashSet<ModuleId> = roots
                .filter(|root| !world.modules.path_of(*root).is_toolchain())
                .collect();
            written == roots
        });
        if !as_written {
            return Ok(None);
        }
        let Some(bits) = self.bits(world, &today.whole)? else {
            return Ok(None);
        };
        Ok(self.choices(world, bits, more))
    }

    /// All versions that any plan could come to. Where a directory stands for one, or a member is required, files lead
    /// from one to another: that is none of it.
    fn bits(&self, world: &mut World, whole: &Problem) -> Result<Option<Bits>, Halt> {
        let overrides = &whole.setup.overrides;
        let path_of = |module| world.modules.path_of(module);
        let targets = self.goal.targets.iter();
        let targets = targets.filter_map(|target| target.path(path_of));
        let mut paths: Vec<PathId> = whole.selected.keys().copied().chain(targets).collect();
        paths.retain(|path| !whole.is_main(*path));
        let mut known = 0;
        while tidy(world, &mut paths) != known {
            known = paths.len();
            if known > PATHS || paths.iter().any(|path| whole.is_main(*path)) {
                return Ok(None);
            }
            let unlisted = |path: &PathId| self.candidates.list(*path).is_none();
            let lists: Vec<PathId> = paths.iter().copied().filter(unlisted).collect();
            if !lists.is_empty() {
                return Err(Halt::Needs(Needs {
                    lists,
                    ..Needs::default()
                }));
            }
            let versions: Vec<ModuleId> = paths
                .iter()
                .flat_map(|path| versions_of(world, *path))
                .collect();
            if versions.len() > VERSIONS {
                return Ok(None);
            }
            // Where the newest is replaced, its own file says what is retracted.
            let newest = paths.iter();
            let newest = newest.filter_map(|path| self.candidates.newest(world, *path));
            let newest: Vec<Source> = newest.map(Source::Module).collect();
            let mut sources: Vec<SourceId> = versions
                .iter()
                .filter_map(|module| world.source_of(*module, overrides))
                .collect();
            sources.extend(newest.into_iter().map(|source| world.source_id(source)));
            sources.sort_unstable();
            sources.dedup();
            let directory = |id: &SourceId| matches!(world.source(*id), Source::Directory(_));
            if sources.iter().any(directory) {
                return Ok(None);
            }
            sources.retain(|source| world.facts(*source).is_none());
            if sources.len() > FETCHES {
                return Ok(None);
            }
            if !sources.is_empty() {
                return Err(Halt::needs(sources));
            }
            for module in &versions {
                let facts = world.known_facts(*module, overrides);
                let asked = facts.into_iter().flat_map(|facts| &facts.requires);
                paths.extend(asked.map(|asked| world.modules.path_of(*asked)));
            }
        }
        let mut bits = Bits::default();
        for path in paths {
            bits.add_path(path, versions_of(world, path).collect());
        }
        for module in bits.modules.clone() {
            let asks = world.known_facts(module, overrides);
            let asks = asks.map_or(0, |facts| bits.set(facts.requires.iter().copied()));
            match world.requirements(module, overrides, whole.setup.local_go.as_ref()) {
                Ok(Some(found)) => {
                    let requires = bits.set(found.iter(overrides));
                    bits.add_requirements(requires, asks, found.prunes());
                }
                _ => bits.add_requirements(0, asks, true),
            }
        }
        Ok(Some(bits))
    }

    /// What each member may require.
    fn choices(&self, world: &World, bits: Bits, more: bool) -> Option<Space> {
        let today = self.today.as_ref()?;
        let path_of = |module| world.modules.path_of(module);
        let place = |module: &ModuleId| bits.place(*module);
        let whole = &today.whole;
        let mut spots = Vec::new();
        let (mut absent, mut kept) = (0, 0);
        for (path, all) in &bits.paths {
            let now = whole.selected.get(path);
            let mut targets = self.goal.targets.iter();
            let gone = self.goal.targets.contains(&Target::Absent { path: *path });
            absent |= if gone { *all } else { 0 };
            kept |= match self.goal.keep.contains(path) {
                true => now.and_then(place).map_or(0, bit),
                false => 0,
            };
            let steps = each(*all).filter_map(|at| bits.modules.get(at));
            let steps = |from: ModuleId| {
                let steps = steps.map(|to| self.candidates.steps(world, Some(*to), from));
                steps.collect()
            };
            // What is overridden today, and what is asked to be.
            let over = bits.paths.iter().filter(|(other, _)| {
                whole.overridden.contains_key(&(Some(*path), *other))
                    || self.goal.grants_overriding(*other, path_of)
            });
            spots.push(Spot {
                all: *all,
                today: now.and_then(place),
                target: targets.any(|target| target.path(path_of) == Some(*path)),
                direct: whole.direct.contains(path),
                replaced: whole.replaced.contains(path),
                leaves: now.map_or(0, |now| self.candidates.steps(world, None, *now)),
                steps: now.map(|now| steps(*now)).unwrap_or_default(),
                overridden: over.fold(0, |sum, (_, all)| sum | all),
            });
        }
        let targets = self.goal.targets.iter().filter_map(|target| match target {
            Target::Module { module } => Some(*module),
            _ => None,
        });
        let targets = bits.set(targets);
        let named: FxHashSet<ModuleId> = world.required().collect();
        let mut sides = Vec::new();
        let mut options = Vec::new();
        for problem in &today.problems {
            let own = bits.set(problem.selected.values().copied());
            let roots = bits.set(problem.roots.values().copied());
            // Below Go 1.17 what others imply need not be listed.
            let stays = |path| problem.is_pruned() || problem.direct.contains(path);
            let required = bits.paths.iter();
            let required = required.filter(|(path, all)| roots & all != 0 && stays(path));
            sides.push(Side {
                pruned: problem.is_pruned(),
                today: roots,
                listed: absent | required.fold(0, |sum, (_, all)| sum | all),
                chosen: Vec::new(),
            });
            let of_path = |(path, all): &(PathId, Set)| {
                let spot = OfMember {
                    path: *path,
                    all: *all,
                    targets: targets & all,
                    own: own & all,
                    more,
                };
                match absent & all {
                    0 => self.options(world, &bits, problem, &named, &spot),
                    _ => vec![None],
                }
            };
            options.push((bits.paths.iter().map(of_path).collect::<Vec<_>>(), own));
        }
        let mut space = Space {
            bits,
            sides,
            spots,
            targets,
            absent,
            kept,
            excluding: self.goal.strategy != Some(Means::Require),
        };
        let mut few = true;
        for (side, (options, own)) in options.iter().enumerate() {
            few &= space.choose(side, options, *own);
        }
        few.then_some(space)
    }

    /// What a member may require of a path.
    fn options(
        &self,
        world: &World,
        bits: &Bits,
        problem: &Problem,
        named: &FxHashSet<ModuleId>,
        spot: &OfMember,
    ) -> Vec<Option<usize>> {
        let target = highest(spot.targets);
        let own = highest(spot.own);
        if let Some(target) = target.filter(|target| own > Some(*target)) {
            return vec![Some(target)];
        }
        let is_root = problem.roots.contains_key(&spot.path);
        let direct = problem.direct.contains(&spot.path);
        let usable = |at: &usize| {
            let Some(module) = bits.modules.get(*at).copied() else {
                return false;
            };
            let usable = Usable::of(
                problem.setup.overrides.excludes.contains(&module),
                named.contains(&module),
            );
            self.candidates
                .is_candidate(world, Pass::Releases, module, usable)
                || usable == Usable::Named
                || own == Some(*at)
        };
        let may = |at: &usize| {
            let listed = is_root || !problem.is_pruned() && Some(*at) <= own;
            target == Some(*at)
                || target.is_none_or(|target| *at <= target) && (listed || spot.more) && usable(at)
        };
        let mut list: Vec<Option<usize>> = each(spot.all).filter(may).map(Some).collect();
        if !direct || self.goal.allow_drop {
            list.push(None);
        }
        list
    }
}

/// A path as one member has it.
struct OfMember {
    path: PathId,
    all: Set,
    targets: Set,
    /// What it selects by itself.
    own: Set,
    /// Whether it may be a new requirement.
    more: bool,
}

/// Each path once, in an order that does not depend on what was fed when; gives their number.
fn tidy(world: &World, paths: &mut Vec<PathId>) -> usize {
    paths.retain(|path| !path.is_toolchain());
    paths.sort_by_key(|path| world.modules.path(*path));
    paths.dedup();
    paths.len()
}

/// All known versions of a path.
fn versions_of(world: &World, path: PathId) -> impl Iterator<Item = ModuleId> + '_ {
    let known = world.modules.versions_of(path).iter().copied();
    known.filter(|module| world.modules.version(*module).is_some())
}
