//! All that the members of a small workspace may require, and what that costs at least: see `exhaust`.

use rustc_hash::FxHashSet;

use super::bits::{Bits, Set, Shown, VERSIONS, above, bit, each, highest};
use super::{Halt, WorkspacePlanner};
use crate::graph::{ModuleId, PathId};
use crate::mvs::{Source, World};
use crate::plan::candidates::Usable;
use crate::plan::cost::Cost;
use crate::plan::{Means, Needs, Pass, Problem, Target};

/// How many paths a workspace may have to be looked at.
const PATHS: usize = 12;
/// How many `go.mod` files are fetched at most for this alone.
const FETCHES: usize = 48;
/// How much a member may choose from.
const CHOICES: usize = 4_096;
/// How many combinations of the members' choices are looked at.
const COMBINATIONS: usize = 200_000;

/// What one member may require.
#[derive(Debug)]
pub(super) struct Chosen {
    pub(super) roots: Set,
    /// Everything that can be reached from there.
    reach: Set,
    /// What has to be excluded, since a requirement itself asks for it.
    forced: Set,
    /// For each new requirement what is above it: one of these has to be excluded, so that it says what is used instead.
    pub(super) news: Vec<Set>,
}

/// A member.
#[derive(Debug)]
pub(super) struct Side {
    pub(super) pruned: bool,
    /// Its requirements today.
    pub(super) today: Set,
    /// The versions of all paths that it requires today, or that have to leave: they stand in go.mod, or are not there.
    listed: Set,
    pub(super) chosen: Vec<Chosen>,
}

/// A path.
#[derive(Debug)]
struct Spot {
    all: Set,
    today: Option<usize>,
    target: bool,
    direct: bool,
    replaced: bool,
    /// The releases passed on the way from today's version to each of the path's, and to none.
    steps: Vec<usize>,
    leaves: usize,
    /// The paths of which today's version asks for more than is used, and those that nobody holds against a plan.
    overridden: Set,
}

/// A small workspace.
#[derive(Debug)]
pub(super) struct Space {
    pub(super) bits: Bits,
    pub(super) sides: Vec<Side>,
    spots: Vec<Spot>,
    /// The versions asked for.
    pub(super) targets: Set,
    /// What must not be selected at all, and what must stay.
    absent: Set,
    kept: Set,
    pub(super) excluding: bool,
}

impl Space {
    /// What is wrong with a member's graph, if anything.
    pub(super) fn broken(&self, side: &Side, roots: Set, shown: Shown) -> Set {
        let mut wrong = 0;
        for spot in &self.spots {
            let Some(selected) = highest(shown.visible & spot.all) else {
                continue;
            };
            let listed = spot.all & side.listed != 0;
            match highest(roots & spot.all) {
                Some(root) if root != selected => wrong |= bit(selected),
                None if listed => wrong |= bit(selected),
                _ => {}
            }
        }
        wrong
    }

    /// All versions of the paths that these, or the goal, say enough of.
    pub(super) fn required(&self, roots: Set) -> Set {
        let paths = self.spots.iter().filter(|spot| spot.all & roots != 0);
        paths.fold(self.absent, |all, spot| all | spot.all)
    }

    /// Whether the goal is reached; otherwise what is too high.
    pub(super) fn reached(&self, shown: Shown, roots: Set) -> Result<(), Set> {
        let mut wrong = shown.visible & self.absent;
        let mut missed = wrong != 0;
        for spot in &self.spots {
            for wanted in [self.targets & spot.all, self.kept & spot.all] {
                if let (Some(wanted), selected) =
                    (highest(wanted), highest(shown.visible & spot.all))
                    && selected != Some(wanted)
                {
                    missed = true;
                    wrong |= selected.filter(|now| *now > wanted).map_or(0, bit);
                }
            }
        }
        match missed || self.targets & !roots != 0 {
            true => Err(wrong),
            false => Ok(()),
        }
    }

    /// What it costs to come to a graph before closure, and what makes it cost that, as far as less of it would help.
    pub(super) fn cost(&self, shown: Shown) -> (Cost, Set) {
        let (mut sum, mut reasons) = (Cost::default(), 0);
        for spot in &self.spots {
            let selected = highest(shown.visible & spot.all);
            sum = sum + spot.cost(selected, selected, true);
            if let Some(selected) = selected
                && spot.today.is_none_or(|today| selected > today)
            {
                reasons |= bit(selected);
            }
            if let Some(by) = selected.filter(|by| shown.loaded & bit(*by) != 0) {
                let over = self.overridden(spot, by, shown.visible);
                sum.overridden += over;
                reasons |= if over > 0 { bit(by) } else { 0 };
            }
        }
        (sum, reasons)
    }

    /// Of how many paths a module asks for more than these, beyond today.
    fn overridden(&self, spot: &Spot, by: usize, visible: Set) -> usize {
        let asks = self.bits.asks(by) & !spot.overridden;
        let over = |other: &&Spot| {
            let asked = highest(asks & other.all);
            !other.replaced && asked.is_some() && highest(visible & other.all) < asked
        };
        self.spots.iter().filter(over).count()
    }

    /// What every plan costs at least with these requirements, whatever else is excluded.
    pub(super) fn least(&self, roots: Set, excludes: Set) -> Cost {
        let reach = self.bits.reach(roots, excludes);
        let mut sum = self.least_within(roots, reach);
        for spot in &self.spots {
            let (low, high) = (highest(roots & spot.all), highest(reach & spot.all));
            if let Some(by) = low.filter(|_| low == high) {
                sum.overridden += self.overridden(spot, by, reach);
            }
        }
        sum
    }

    fn least_within(&self, roots: Set, reach: Set) -> Cost {
        self.spots.iter().fold(Cost::default(), |sum, spot| {
            let (low, high) = (highest(roots & spot.all), highest(reach & spot.all));
            let stays = spot.today.is_some_and(|today| reach & bit(today) != 0);
            sum + spot.cost(low, high, stays)
        })
    }

    /// The combinations of the members' choices that may cost less than `limit`, cheapest first, each with what is excluded
    /// for certain; `None` when they are too many.
    pub(super) fn combinations(&self, limit: Option<Cost>) -> Option<Vec<(Cost, Set, Vec<usize>)>> {
        let mut all = self.sides.iter().map(|side| side.chosen.len());
        let all = all.try_fold(1usize, |all, len| all.checked_mul(len));
        if all.is_none_or(|all| all > COMBINATIONS) {
            return None;
        }
        let mut found = Vec::new();
        self.combine(limit, (0, 0, 0), &mut Vec::new(), &mut found);
        found.sort();
        Some(found)
    }

    fn combine(
        &self,
        limit: Option<Cost>,
        (roots, reach, forced): (Set, Set, Set),
        places: &mut Vec<usize>,
        found: &mut Vec<(Cost, Set, Vec<usize>)>,
    ) {
        let Some(side) = self.sides.get(places.len()) else {
            let below = |cost: &Cost| limit.is_none_or(|limit| *cost < limit);
            if roots & forced == 0
                && self.targets & !roots == 0
                && below(&self.least_within(roots, reach))
            {
                let least = self.least(roots, forced);
                if below(&least) {
                    found.push((least, forced, places.clone()));
                }
            }
            return;
        };
        for (place, chosen) in side.chosen.iter().enumerate() {
            places.push(place);
            let sum = (
                roots | chosen.roots,
                reach | chosen.reach,
                forced | chosen.forced,
            );
            self.combine(limit, sum, places, found);
            places.pop();
        }
    }

    /// All that a member may require, from what may stand for each path.
    fn choose(&mut self, side: usize, options: &[Vec<Option<usize>>], selected: Set) -> bool {
        let sizes = options.iter().map(Vec::len);
        let all = sizes.fold(1usize, usize::saturating_mul);
        if all > CHOICES {
            return false;
        }
        let Some(Side {
            pruned,
            today,
            listed,
            ..
        }) = self.sides.get(side)
        else {
            return false;
        };
        let mut list: Vec<Set> = vec![0];
        for of_path in options {
            list = list
                .iter()
                .flat_map(|roots| of_path.iter().map(move |one| roots | one.map_or(0, bit)))
                .collect();
        }
        let mut chosen = Vec::new();
        for roots in list {
            let asked = self.bits.asked(roots);
            let (mut forced, mut news) = (0, Vec::new());
            for spot in &self.spots {
                match highest(roots & spot.all) {
                    Some(root) => {
                        forced |= asked & spot.all & above(root);
                        let was = today & spot.all != 0
                            || !pruned && highest(selected & spot.all) >= Some(root);
                        if !was && bit(root) & self.targets == 0 {
                            news.push(spot.all & above(root));
                        }
                    }
                    None => forced |= asked & spot.all & listed,
                }
            }
            if self.excluding || forced == 0 && news.is_empty() {
                chosen.push(Chosen {
                    roots,
                    reach: self.bits.reach(roots, 0),
                    forced,
                    news,
                });
            }
        }
        if let Some(side) = self.sides.get_mut(side) {
            side.chosen = chosen;
        }
        true
    }
}

impl Spot {
    /// What it costs at least to end between `low` and `high`, today's version only if it can stay.
    fn cost(&self, low: Option<usize>, high: Option<usize>, stays: bool) -> Cost {
        let mut cost = Cost::default();
        match self.today {
            None if low.is_none() => return cost,
            None => {}
            Some(today) if low > Some(today) => cost.raised = usize::from(!self.target),
            Some(today) if high < Some(today) => {
                let first = self.all.trailing_zeros() as usize;
                let steps = |high: usize| self.steps.get(high - first).copied();
                cost.steps = high.map_or(Some(self.leaves), steps).unwrap_or_default();
            }
            Some(_) if stays => return cost,
            Some(_) => {}
        }
        match (self.target, self.direct) {
            (true, _) => {}
            (false, true) => {
                cost.direct_moved = 1;
                cost.direct_steps = cost.steps;
            }
            (false, false) => cost.others_moved = 1,
        }
        cost
    }
}

impl WorkspacePlanner {
    /// The workspace with all that its members may require; `None` when that is too much to look at.
    pub(super) fn space(&self, world: &mut World) -> Result<Option<Space>, Halt> {
        let Some(today) = &self.today else {
            return Ok(None);
        };
        let is_go = |target: &Target| matches!(target, Target::Go { .. });
        let replacing = self.goal.strategy == Some(Means::Replace);
        if self.goal.settle || replacing || self.goal.targets.iter().any(is_go) {
            return Ok(None);
        }
        // What stands in each file is what its graph is loaded from, and no directory leads from one to another.
        let overrides = &today.whole.setup.overrides;
        let mut sources = overrides.exact.values().chain(overrides.wildcard.values());
        let directory = sources.any(|source| matches!(source, Source::Directory(_)));
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
        if directory || !as_written {
            return Ok(None);
        }
        let Some(bits) = self.bits(world, &today.whole)? else {
            return Ok(None);
        };
        Ok(self.choices(world, bits))
    }

    /// All versions that any plan could come to.
    fn bits(&self, world: &mut World, whole: &Problem) -> Result<Option<Bits>, Halt> {
        let path_of = |module| world.modules.path_of(module);
        let targets = self
            .goal
            .targets
            .iter()
            .filter_map(|target| target.path(path_of));
        let mut paths: Vec<PathId> = whole.selected.keys().copied().chain(targets).collect();
        let mut needs = Needs::default();
        loop {
            paths.retain(|path| !path.is_toolchain() && !whole.is_main(*path));
            paths.sort_by_key(|path| world.modules.path(*path));
            paths.dedup();
            if paths.len() > PATHS {
                return Ok(None);
            }
            let unlisted = paths
                .iter()
                .filter(|path| self.candidates.list(**path).is_none());
            needs.lists.extend(unlisted);
            let versions: Vec<ModuleId> = paths
                .iter()
                .flat_map(|path| world.modules.versions_of(*path))
                .copied()
                .filter(|module| world.modules.version(*module).is_some())
                .collect();
            if versions.len() > VERSIONS {
                return Ok(None);
            }
            let overrides = &whole.setup.overrides;
            let newest = paths
                .iter()
                .filter_map(|path| self.candidates.newest(world, *path));
            let newest: Vec<ModuleId> = newest.collect();
            let newest = newest
                .into_iter()
                .map(|module| world.source_id(Source::Module(module)));
            let mut sources: Vec<_> = newest.collect();
            sources.extend(
                versions
                    .iter()
                    .filter_map(|module| world.source_of(*module, overrides)),
            );
            sources.sort_unstable();
            sources.dedup();
            sources.retain(|source| world.facts(*source).is_none());
            if sources.len() > FETCHES {
                return Ok(None);
            }
            needs.sources = sources;
            if !needs.is_empty() {
                return Err(Halt::Needs(needs));
            }
            let before = paths.len();
            for module in &versions {
                let facts = world.known_facts(*module, overrides);
                let asked = facts.into_iter().flat_map(|facts| &facts.requires);
                paths.extend(asked.map(|asked| world.modules.path_of(*asked)));
            }
            if paths.iter().any(|path| whole.is_main(*path)) {
                return Ok(None);
            }
            paths.retain(|path| !path.is_toolchain());
            paths.sort_by_key(|path| world.modules.path(*path));
            paths.dedup();
            if paths.len() == before {
                break;
            }
        }
        let mut bits = Bits::default();
        for path in paths {
            let versions = world.modules.versions_of(path).iter().copied();
            let versions = versions.filter(|module| world.modules.version(*module).is_some());
            bits.add_path(path, versions.collect());
        }
        let setup = &whole.setup;
        for module in bits.modules.clone() {
            let set = |list: &mut dyn Iterator<Item = ModuleId>| {
                list.filter_map(|module| bits.place(module))
                    .fold(0, |all, at| all | bit(at))
            };
            let asks = world.known_facts(module, &setup.overrides);
            let asks = asks.map_or(0, |facts| set(&mut facts.requires.iter().copied()));
            match world.requirements(module, &setup.overrides, setup.local_go.as_ref()) {
                Ok(Some(found)) => {
                    let requires = set(&mut found.iter(&setup.overrides));
                    bits.add_requirements(requires, asks, found.prunes());
                }
                _ => bits.add_requirements(0, asks, true),
            }
        }
        Ok(Some(bits))
    }

    /// What each member may require.
    fn choices(&self, world: &World, bits: Bits) -> Option<Space> {
        let today = self.today.as_ref()?;
        let path_of = |module| world.modules.path_of(module);
        let place = |module: &ModuleId| bits.place(*module);
        let set = |list: &mut dyn Iterator<Item = ModuleId>| {
            list.filter_map(|module| place(&module))
                .fold(0, |all, at| all | bit(at))
        };
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
        let targets = set(&mut targets.into_iter());
        let named: FxHashSet<ModuleId> = world.required().collect();
        let mut sides = Vec::new();
        let mut options = Vec::new();
        for problem in &today.problems {
            let own = set(&mut problem.selected.values().copied());
            let roots = set(&mut problem.roots.values().copied());
            let required = bits.paths.iter().filter(|(_, all)| roots & all != 0);
            sides.push(Side {
                pruned: problem.is_pruned(),
                today: roots,
                listed: absent | required.fold(0, |sum, (_, all)| sum | all),
                chosen: Vec::new(),
            });
            let of_path = |(path, all): &(PathId, Set)| {
                let spot = Spots {
                    path: *path,
                    all: *all,
                    targets: targets & all,
                    own: own & all,
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
        spot: &Spots,
    ) -> Vec<Option<usize>> {
        let target = highest(spot.targets);
        let own = highest(spot.own);
        if let Some(target) = target.filter(|target| own > Some(*target)) {
            return vec![Some(target)];
        }
        let is_root = problem.roots.contains_key(&spot.path);
        let direct = problem.direct.contains(&spot.path);
        let excluding = self.goal.strategy != Some(Means::Require);
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
            target.is_none_or(|target| *at <= target)
                && (listed || target == Some(*at) || excluding)
                && usable(at)
        };
        let mut list: Vec<Option<usize>> = each(spot.all).filter(may).map(Some).collect();
        if !direct || self.goal.allow_drop {
            list.push(None);
        }
        list
    }
}

/// A path as one member has it.
struct Spots {
    path: PathId,
    all: Set,
    targets: Set,
    /// What it selects by itself.
    own: Set,
}
