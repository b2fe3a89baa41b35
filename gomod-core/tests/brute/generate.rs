//! Random worlds with goals, each from one number.

use super::goal::{Goal, Target};
use super::load::{Choice, accepted, load};
use super::world::{PATHS, Release, Slot, VERSIONS, World};
use gomod_core::plan::Means;

/// A small generator of numbers (SplitMix64).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(n.max(1)).unwrap()).unwrap()
    }

    /// True in `percent` of 100.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

/// A world whose go.mod is consistent, with a goal that is not reached yet.
pub fn question(seed: u64) -> (World, Goal) {
    let mut random = Random::new(seed);
    loop {
        let mut world = world(&mut random);
        if settle(&mut world)
            && let Some(goal) = goal(&mut random, &world)
        {
            return (world, goal);
        }
    }
}

fn world(random: &mut Random) -> World {
    let mut world = World::default();
    let style = random.below(4);
    let go = |random: &mut Random| match style {
        0 => 21,
        1 => [0, 16, 16, 17, 20][random.below(5)],
        _ => [0, 16, 17, 20, 21, 21, 22][random.below(7)],
    };
    let count = 2 + random.below(PATHS - 1);
    for _ in 0..count {
        let names = ["v1.0.0", "v1.1.0", "v1.2.0-rc.1", "v1.2.0", "v1.3.0"];
        let mut list: Vec<&str> = names.to_vec();
        if random.chance(75) {
            list.remove(2);
        }
        let versions = 1 + random.below(VERSIONS);
        while list.len() > versions {
            let at = random.below(list.len());
            list.remove(at);
        }
        let mut line = go(random);
        let path = list
            .into_iter()
            .map(|version| {
                if random.chance(30) {
                    line = line.max(go(random));
                }
                Release {
                    version: version.to_owned(),
                    go: line,
                    requires: 0,
                    missing: random.chance(1),
                }
            })
            .collect();
        world.paths.push(path);
    }
    let density = 20 + random.below(40);
    for slot in world.all() {
        for path in (0..count).filter(|path| *path != slot / VERSIONS) {
            if random.chance(density) {
                let own = world.paths[slot / VERSIONS].len();
                let other = world.paths[path].len();
                // Newer versions mostly ask for newer ones.
                let near = (slot % VERSIONS * other + random.below(own)) / own.max(1);
                let index = if random.chance(75) {
                    near.min(other - 1)
                } else {
                    random.below(other)
                };
                world.paths[slot / VERSIONS][slot % VERSIONS].requires |=
                    1 << (path * VERSIONS + index);
            }
        }
    }
    world.go = match style {
        0 => 21,
        1 => [0, 16, 17, 20][random.below(4)],
        _ => [0, 16, 17, 20, 21, 22, 22][random.below(7)],
    };
    for path in 0..count {
        if random.chance(55) {
            let last = world.paths[path].len() - 1;
            let index = if random.chance(70) {
                last
            } else {
                random.below(last + 1)
            };
            world.roots[path] = Some(path * VERSIONS + index);
            world.indirect[path] = random.chance(35);
        }
    }
    if random.chance(15) {
        for _ in 0..=random.below(2) {
            let all = world.all();
            world.excludes |= 1 << all[random.below(all.len())];
        }
    }
    if random.chance(15) {
        let all = world.all();
        let from = all[random.below(all.len())];
        let path = from / VERSIONS;
        let to = path * VERSIONS + random.below(world.paths[path].len());
        if random.chance(50) {
            world.wildcard[path] = Some(to);
        } else if from != to {
            world.exact.push((from, to));
        }
    }
    world
}

/// Makes go.mod consistent, as `go get` would leave it; half of the worlds also get the indirect
/// requirements that `go mod tidy` writes.
pub(super) fn settle(world: &mut World) -> bool {
    let tidy = world
        .paths
        .iter()
        .flatten()
        .map(|release| release.requires)
        .sum::<u32>()
        % 2
        == 0;
    for _ in 0..20 {
        for root in &mut world.roots {
            *root = root.filter(|slot| world.excludes & 1 << *slot == 0);
        }
        let choice = Choice::today(world);
        let Some(graph) = load(world, &choice) else {
            return false;
        };
        let before = world.clone();
        if graph.go > world.go {
            world.go = graph.go;
        }
        for path in 0..world.paths.len() {
            let selected = graph.selected(path);
            if world.roots[path].is_some() {
                world.roots[path] = selected;
            } else if tidy && world.is_pruned() && selected.is_some() {
                world.roots[path] = selected;
                world.indirect[path] = true;
            }
        }
        if *world == before {
            return accepted(world, &choice).is_some();
        }
    }
    false
}

fn goal(random: &mut Random, world: &World) -> Option<Goal> {
    let graph = accepted(world, &Choice::today(world))?;
    let selected: Vec<Slot> = (0..world.paths.len())
        .filter_map(|path| graph.selected(path))
        .collect();
    if selected.is_empty() {
        return None;
    }
    let mut goal = Goal::default();
    let count = [1, 1, 1, 1, 1, 2, 2, 3][random.below(8)];
    for _ in 0..count {
        let now = selected[random.below(selected.len())];
        let path = now / VERSIONS;
        if random.chance(12) {
            goal.targets[path] = Some(Target::Absent);
        } else if !now.is_multiple_of(VERSIONS) && !world.is_replaced(path) {
            let target = now - 1 - random.below(now % VERSIONS);
            let fine = !world.release(target)?.missing && world.excludes & 1 << target == 0;
            goal.targets[path] = fine.then_some(Target::Version(target));
        }
    }
    if world.go > 17 && random.chance(12) {
        let lower: Vec<u32> = [17, 18, 20, 21]
            .into_iter()
            .filter(|go| *go < world.go)
            .collect();
        goal.go = Some(lower[random.below(lower.len())]);
    }
    if goal.targets.iter().all(Option::is_none) && goal.go.is_none() {
        return None;
    }
    if random.chance(20) {
        let path = selected[random.below(selected.len())] / VERSIONS;
        goal.keep[path] = goal.targets[path].is_none();
    }
    goal.allow_drop = random.chance(25);
    goal.max_collateral = random.chance(8).then(|| random.below(3));
    goal.strategy = random.chance(20).then(|| Means::ALL[random.below(3)]);
    Some(goal)
}

/// Another go.mod in the same world, mostly an inconsistent one.
pub fn disturbed(world: &World, seed: u64) -> World {
    let mut random = Random::new(!seed);
    let mut world = world.clone();
    for _ in 0..=random.below(2) {
        let all = world.all();
        let slot = all[random.below(all.len())];
        match random.below(4) {
            0 => world.excludes ^= 1 << slot,
            1 => world.wildcard[slot / VERSIONS] = Some(slot),
            _ => world.roots[slot / VERSIONS] = random.chance(80).then_some(slot),
        }
    }
    world
        .exact
        .retain(|(from, _)| world.wildcard[from / VERSIONS].is_none());
    world
}
