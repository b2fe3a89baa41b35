//! A smaller workspace and goal with the same disagreement, for people to read.

use super::planned::{Comparison, Verdict};
use super::world::Workspace;
use crate::brute::goal::Goal;
use crate::brute::minimise::{without_path, without_slot};
use crate::brute::world::{PATHS, VERSIONS, World, slots};

/// Makes one thing less after the other as long as `verdict` stays.
pub fn minimise(workspace: &Workspace, goal: &Goal, verdict: Verdict) -> (Workspace, Goal) {
    let (mut workspace, mut goal) = (workspace.clone(), goal.clone());
    for _ in 0..100 {
        let less = smaller(&workspace, &goal).into_iter().find(|(w, g)| {
            (w, g) != (&workspace, &goal) && Comparison::new(w, g).verdict == verdict
        });
        match less {
            Some(less) => (workspace, goal) = less,
            None => break,
        }
    }
    (workspace, goal)
}

fn smaller(workspace: &Workspace, goal: &Goal) -> Vec<(Workspace, Goal)> {
    let mut list = Vec::new();
    let each = |change: &dyn Fn(&World) -> (World, Goal)| {
        let members = workspace.members.iter().map(|member| change(member).0);
        let members = members.collect();
        (Workspace { members }, change(&workspace.members[0]).1)
    };
    let world = &workspace.members[0];
    for path in (0..world.paths.len()).filter(|path| goal.targets[*path].is_none()) {
        list.push(each(&|member| without_path(member, goal, path)));
    }
    for slot in world.all().into_iter().rev() {
        if goal.version(slot / VERSIONS) != Some(slot) {
            list.push(each(&|member| without_slot(member, goal, slot)));
        }
    }
    for path in 0..PATHS {
        let mut fewer = goal.clone();
        fewer.targets[path] = None;
        list.push((workspace.clone(), fewer));
    }
    for at in 0..workspace.members.len() {
        for path in 0..world.paths.len() {
            let mut less = workspace.clone();
            less.members[at].roots[path] = None;
            less.members[at].indirect[path] = false;
            list.push((less, goal.clone()));
        }
    }
    for slot in world.all() {
        for required in slots(world.release(slot).unwrap().requires) {
            let mut less = workspace.clone();
            for member in &mut less.members {
                member.paths[slot / VERSIONS][slot % VERSIONS].requires &= !(1 << required);
            }
            list.push((less, goal.clone()));
        }
    }
    let mut newer = workspace.clone();
    for member in &mut newer.members {
        member.go = 21;
        member.paths.iter_mut().flatten().for_each(|r| r.go = 21);
    }
    list.push((newer, goal.clone()));
    list
}
