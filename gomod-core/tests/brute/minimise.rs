//! A smaller world and goal with the same disagreement, for people to read.

use super::goal::Goal;
use super::planned::{Comparison, Verdict};
use super::world::{Mask, PATHS, Slot, VERSIONS, World};

/// Makes one thing less after the other as long as `verdict` stays.
pub fn minimise(world: &World, goal: &Goal, verdict: Verdict) -> (World, Goal) {
    let (mut world, mut goal) = (world.clone(), goal.clone());
    let mut again = true;
    // What is as long as before may lead back to it.
    let mut rounds = 0;
    while again && rounds < 100 {
        again = false;
        rounds += 1;
        for (w, g) in smaller(&world, &goal) {
            if w.text().len() + g.text(&w).len() < world.text().len() + goal.text(&world).len() + 3
                && (&w, &g) != (&world, &goal)
                && Comparison::new(&w, &g).verdict() == verdict
            {
                (world, goal) = (w, g);
                again = true;
                break;
            }
        }
    }
    (world, goal)
}

fn smaller(world: &World, goal: &Goal) -> Vec<(World, Goal)> {
    let mut list: Vec<(World, Goal)> = Vec::new();
    // Whole paths, then versions.
    for path in 0..world.paths.len() {
        if goal.targets[path].is_none() {
            list.push(without_path(world, goal, path));
        }
    }
    for slot in world.all().into_iter().rev() {
        if goal.version(slot / VERSIONS) != Some(slot) {
            list.push(without_slot(world, goal, slot));
        }
    }
    // Limits and targets.
    let mut limits = |change: &dyn Fn(&mut Goal)| {
        let mut g = goal.clone();
        change(&mut g);
        list.push((world.clone(), g));
    };
    limits(&|g| g.allow_drop = false);
    limits(&|g| g.max_collateral = None);
    limits(&|g| g.strategy = None);
    limits(&|g| g.go = None);
    for path in 0..PATHS {
        limits(&|g| g.keep[path] = false);
        let others = (0..PATHS).any(|p| p != path && goal.targets[p].is_some());
        if others || goal.go.is_some() {
            limits(&|g| g.targets[path] = None);
        }
    }
    // Lines of main, and requirements.
    let mut change = |change: &dyn Fn(&mut World)| {
        let mut w = world.clone();
        change(&mut w);
        list.push((w, goal.clone()));
    };
    for path in 0..world.paths.len() {
        change(&|w| w.roots[path] = None);
        change(&|w| w.wildcard[path] = None);
    }
    change(&|w| w.exact.clear());
    change(&|w| w.excludes = 0);
    for slot in world.all() {
        for required in super::world::slots(world.release(slot).unwrap().requires) {
            change(&|w| {
                w.paths[slot / VERSIONS][slot % VERSIONS].requires &= !(1 << required);
            });
        }
    }
    // Plainer go lines and marks.
    for path in 0..world.paths.len() {
        change(&|w| w.indirect[path] = false);
        change(&|w| w.paths[path].iter_mut().for_each(|r| r.go = 21));
    }
    for slot in world.all() {
        change(&|w| w.paths[slot / VERSIONS][slot % VERSIONS].go = 21);
        change(&|w| w.paths[slot / VERSIONS][slot % VERSIONS].missing = false);
    }
    change(&|w| w.go = 21);
    list
}

pub(super) fn without_path(world: &World, goal: &Goal, path: usize) -> (World, Goal) {
    let (mut w, mut g) = (world.clone(), goal.clone());
    for slot in world
        .all()
        .into_iter()
        .rev()
        .filter(|slot| slot / VERSIONS == path)
    {
        (w, g) = without_slot(&w, &g, slot);
    }
    if path + 1 == w.paths.len() {
        w.paths.pop();
    }
    (w, g)
}

/// Takes a version away with all that names it; higher ones of its path move down.
pub(super) fn without_slot(world: &World, goal: &Goal, gone: Slot) -> (World, Goal) {
    let (mut w, mut g) = (world.clone(), goal.clone());
    let path = gone / VERSIONS;
    let moved = |slot: Slot| -> Option<Slot> {
        match slot {
            slot if slot == gone => None,
            slot if slot / VERSIONS == path && slot > gone => Some(slot - 1),
            slot => Some(slot),
        }
    };
    let mask = |mask: Mask| {
        super::world::slots(mask)
            .filter_map(moved)
            .fold(0, |mask, slot| mask | 1 << slot)
    };
    w.paths[path].remove(gone % VERSIONS);
    w.paths
        .iter_mut()
        .flatten()
        .for_each(|release| release.requires = mask(release.requires));
    w.excludes = mask(w.excludes);
    w.roots = w.roots.map(|root| root.and_then(moved));
    w.wildcard = w.wildcard.map(|to| to.and_then(moved));
    w.exact = w
        .exact
        .iter()
        .filter_map(|(from, to)| Some((moved(*from)?, moved(*to)?)))
        .collect();
    for target in &mut g.targets {
        if let Some(super::goal::Target::Version(slot)) = target {
            *target = moved(*slot).map(super::goal::Target::Version);
        }
    }
    (w, g)
}
