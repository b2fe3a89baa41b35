//! The cheapest edit of a workspace by enumeration: requirements of each member as `brute::optimum` allows them
//! for a member by itself, in all pairs, under every set of at most [`EXCLUDES`] common excludes.
//!
//! Readings, beside those of `brute::optimum`:
//! - each member is consistent in its own graph under the common excludes, and closed by itself;
//! - a target is selected in the workspace, before closure and after it, and some member requires it, as does each
//!   that selects more by itself today; what a member requires of its path is no more than that;
//! - a module that any member requires directly rises to what is selected in the workspace today, or to what another
//!   module of the member's own graph asks for;
//! - a new requirement at what the workspace uses today, or less, may stand for a lower version that is excluded;
//! - the cost is counted on the workspace's graph: before closure, overridden ones also after it;
//! - each exclude hides something in the end, in the workspace or for a member; what is used instead is said by some
//!   member's requirement, and a member that says nothing of it does without that exclude where it stands alone, and comes to no more than the
//!   targets there;
//! - a member below Go 1.17 need not list what it requires indirectly, if that is no longer what is selected;
//! - nothing is replaced: the planner's plans that replace are not compared.

use super::load::{Roots, load, mask, today};
use super::world::Workspace;
use crate::brute::closure::Closure;
use crate::brute::cost::{self, Cost, Today};
use crate::brute::goal::{Goal, Target};
use crate::brute::load::{Choice, Graph, accepted, load as load_own};
use crate::brute::world::{Mask, PATHS, VERSIONS, World, of_path, slots};

/// How many versions are excluded at most.
pub const EXCLUDES: u32 = 3;

/// The cheapest plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Optimum {
    pub cost: Cost,
    pub excludes: Mask,
    /// The members' requirements that the cost is counted on.
    pub base: Vec<Roots>,
    /// With what closure adds.
    pub last: Vec<Roots>,
}

impl Optimum {
    /// The workspace with the edited files.
    pub fn applied(&self, workspace: &Workspace) -> Workspace {
        let mut edited = workspace.clone();
        for (member, roots) in edited.members.iter_mut().zip(&self.last) {
            for path in 0..member.paths.len() {
                member.indirect[path] = !member.is_direct(path);
            }
            member.roots = *roots;
            member.excludes = self.excludes;
        }
        edited
    }

    /// As edits, member by member; `+` marks what closure adds.
    pub fn edits(&self, workspace: &Workspace) -> String {
        let mut words = Vec::new();
        for (at, member) in workspace.members.iter().enumerate() {
            for path in 0..member.paths.len() {
                let (from, to) = (member.roots[path], self.last[at][path]);
                let mark = if to == self.base[at][path] { "" } else { "+" };
                match to {
                    Some(to) if from != Some(to) => {
                        let to = member.module(to).replace(' ', "@");
                        words.push(format!("m{at}:{mark}-require={to}"));
                    }
                    None if from.is_some() => {
                        words.push(format!("m{at}:-droprequire={}", World::name(path)));
                    }
                    _ => {}
                }
            }
        }
        for slot in slots(self.excludes) {
            let name = workspace.members[0].module(slot).replace(' ', "@");
            words.push(format!("-exclude={name}"));
        }
        words.join(" ")
    }
}

/// The state that choices are compared to.
pub struct Whole {
    pub world: World,
    pub today: Today,
}

impl Whole {
    pub fn new(workspace: &Workspace) -> Self {
        let world = workspace.whole();
        let choice = Choice {
            roots: [None; PATHS],
            ..Choice::today(&world)
        };
        let today = Today::new(&world, choice, today(workspace));
        Self { world, today }
    }

    /// What it costs to come to a graph, counted before closure.
    pub fn cost(&self, goal: &Goal, plain: &Graph, last: &Graph) -> Cost {
        let choice = &self.today.choice;
        let mut cost = cost::cost(&self.world, goal, &self.today, choice, plain);
        let graphs = [(choice, plain), (choice, last)];
        cost[1] = cost::overridden(&self.world, goal, &self.today, graphs);
        cost
    }

    /// Whether the targets are what is selected, and stand in a member's go.mod.
    pub fn reaches(&self, goal: &Goal, graph: &Graph, roots: &[Roots]) -> bool {
        (0..PATHS).all(|path| match goal.targets[path] {
            None => true,
            Some(Target::Absent) => graph.selected(path).is_none(),
            Some(Target::Version(slot)) => {
                graph.selected(path) == Some(slot)
                    && roots.iter().any(|roots| roots[path] == Some(slot))
            }
        })
    }
}

/// Whether a workspace and a goal can be compared: a target is there today, above what is asked for.
pub fn is_fit(workspace: &Workspace, goal: &Goal) -> bool {
    let graph = today(workspace);
    let above = |path: usize| match (goal.targets[path], graph.selected(path)) {
        (None, _) | (Some(Target::Absent), Some(_)) => true,
        (Some(Target::Version(target)), Some(now)) => now > target,
        _ => false,
    };
    let own = |member: &World| accepted(member, &Choice::today(member)).is_some();
    (0..PATHS).all(above)
        && goal.targets.iter().any(Option::is_some)
        && workspace.members.iter().all(own)
}

/// Enumerates; see the file's head. Without `excludes` by requirements alone.
pub fn optimum(workspace: &Workspace, goal: &Goal, excludes: bool) -> Option<Optimum> {
    let whole = Whole::new(workspace);
    let all = workspace.members[0].all();
    let everything: Mask = all.iter().fold(0, |mask, slot| mask | 1 << slot);
    let most = if excludes { EXCLUDES } else { 0 };
    let mut best: Option<Optimum> = None;
    let mut sets: Vec<Mask> = Vec::new();
    let mut set: Mask = everything;
    // The subsets of all versions, the empty one last.
    loop {
        if set.count_ones() <= most {
            sets.push(set);
        }
        if set == 0 {
            break;
        }
        set = (set - 1) & everything;
    }
    sets.sort_by_key(|set| set.count_ones());
    let gone = (0..PATHS).filter(|path| goal.is_absent(*path));
    let gone = gone.fold(0, |all, path| all | of_path(path));
    for excludes in sets {
        let parts: Vec<Vec<Part>> = workspace
            .members
            .iter()
            .map(|member| choices(member, goal, &whole, excludes))
            .collect();
        for first in &parts[0] {
            for second in &parts[1] {
                let base = [first.base, second.base];
                let last = [first.last, second.last];
                let said = mask(&first.last) | mask(&second.last);
                let said = slots(said).fold(gone, |all, slot| all | of_path(slot / VERSIONS));
                if excludes & !said != 0 {
                    continue;
                }
                let plain = load(workspace, &base, excludes);
                if !whole.reaches(goal, &plain, &last) {
                    continue;
                }
                let low = whole.cost(goal, &plain, &plain);
                if best.as_ref().is_some_and(|best| low >= best.cost) {
                    continue;
                }
                let end = load(workspace, &last, excludes);
                let cost = whole.cost(goal, &plain, &end);
                if best.as_ref().is_none_or(|best| cost < best.cost)
                    && whole.reaches(goal, &end, &last)
                    && hides(workspace, &last, excludes, [first.lone, second.lone])
                {
                    best = Some(Optimum {
                        cost,
                        excludes,
                        base: base.to_vec(),
                        last: last.to_vec(),
                    });
                }
            }
        }
    }
    best
}

/// Whether each exclude hides something, in the workspace or for a member, which may do without some where it stands alone.
fn hides(workspace: &Workspace, roots: &[Roots], excludes: Mask, lone: [Mask; 2]) -> bool {
    slots(excludes).all(|slot| {
        let less = excludes & !(1 << slot);
        let members = workspace.members.iter().zip(roots).zip(lone);
        load(workspace, roots, less) != load(workspace, roots, excludes)
            || members.into_iter().any(|((member, roots), lone)| {
                let own = |excludes| {
                    load_own(
                        member,
                        &Choice {
                            roots: *roots,
                            excludes,
                            ..Choice::today(member)
                        },
                    )
                };
                [0, lone]
                    .into_iter()
                    .any(|lone| own(less & !lone) != own(excludes & !lone))
            })
    })
}

/// What a member may require.
struct Part {
    /// Before closure.
    base: Roots,
    /// With it.
    last: Roots,
    /// The excludes that hide something from it without a requirement of its own that says what is used instead.
    lone: Mask,
}

/// What a member may require under these excludes.
fn choices(member: &World, goal: &Goal, whole: &Whole, excludes: Mask) -> Vec<Part> {
    let start = Choice::today(member);
    let Some(graph) = load_own(member, &start) else {
        return Vec::new();
    };
    let today = Today::new(member, start, graph);
    let mut found = Vec::new();
    let mut stack: Vec<(usize, Roots)> = vec![(0, [None; PATHS])];
    while let Some((path, roots)) = stack.pop() {
        if path == member.paths.len() {
            found.extend(closed(member, goal, whole, &today, excludes, roots));
            continue;
        }
        for option in options(member, goal, &today, excludes, path) {
            let mut next = roots;
            next[path] = option;
            stack.push((path + 1, next));
        }
    }
    found
}

fn options(
    member: &World,
    goal: &Goal,
    today: &Today,
    excludes: Mask,
    path: usize,
) -> Vec<Option<usize>> {
    let was = member.roots[path].is_some();
    let target = goal.version(path);
    let mut list = Vec::new();
    if !goal.is_absent(path) {
        let versions = path * VERSIONS..path * VERSIONS + member.paths[path].len();
        list.extend(
            versions
                .filter(|slot| {
                    let listed = !member.is_pruned()
                        && today.selected[path].is_some_and(|today| *slot <= today);
                    let low = target.is_none_or(|target| *slot <= target);
                    low && (was || listed || target == Some(*slot) || excludes != 0)
                })
                .map(Some),
        );
    }
    if !member.is_direct(path) || goal.is_absent(path) {
        list.push(None);
    }
    list
}

/// The requirements with what closure makes of them, if the member may have them.
fn closed(
    member: &World,
    goal: &Goal,
    whole: &Whole,
    today: &Today,
    excludes: Mask,
    roots: Roots,
) -> Option<Part> {
    let choice = Choice {
        roots,
        excludes,
        ..today.choice.clone()
    };
    let mut own = Goal::default();
    for (path, root) in roots.iter().enumerate() {
        own.targets[path] = match goal.targets[path] {
            Some(Target::Version(slot)) if *root != Some(slot) => None,
            other => other,
        };
    }
    let graph = load_own(member, &choice)?;
    let consistent = (0..member.paths.len()).all(|path| match roots[path] {
        Some(root) => graph.selected(path) == Some(root) && excludes & 1 << root == 0,
        None => {
            graph.selected(path).is_none()
                || !must_list(member, path, graph.selected(path)) && !goal.is_absent(path)
        }
    });
    let aims = (0..member.paths.len()).all(|path| match goal.version(path) {
        Some(target) if today.selected[path].is_some_and(|now| now > target) => {
            roots[path] == Some(target)
        }
        _ => true,
    });
    if !consistent || !aims {
        return None;
    }
    let closure = Closure::new(member, &own, today, &choice, false);
    let closure = closure.of_member(whole.today.selected);
    let last = closure.made()?;
    let lone = lone(member, goal, &last, excludes)?;
    let odd = roots.iter().flatten().filter(|root| {
        let path = *root / VERSIONS;
        let rises = whole.today.selected[path].is_some_and(|now| **root > now);
        rises && whole.world.is_direct(path) && own.version(path).is_none()
    });
    let odd = odd.fold(0, |mask, root| mask | 1 << root);
    (closure.new_roots_fix_excludes(excludes, last) && closure.asks_for(odd, last)).then_some(
        Part {
            base: roots,
            last,
            lone,
        },
    )
}

/// Whether a member has to list what it listed, when this is selected.
fn must_list(member: &World, path: usize, selected: Option<usize>) -> bool {
    let root = member.roots[path];
    root.is_some() && (member.is_pruned() || member.is_direct(path) || root == selected)
}

/// The excludes that hide something from a member though it requires nothing of their paths; none at all where it is not
/// right without them.
fn lone(member: &World, goal: &Goal, last: &Roots, excludes: Mask) -> Option<Mask> {
    let with = |excludes: Mask| Choice {
        roots: *last,
        excludes,
        ..Choice::today(member)
    };
    let mut lone: Mask = 0;
    // Without these it may see more that is excluded.
    loop {
        let graph = load_own(member, &with(excludes & !lone));
        let more = slots(excludes & !lone)
            .filter(|slot| last[slot / VERSIONS].is_none() && !goal.is_absent(slot / VERSIONS))
            .filter(|slot| load_own(member, &with(excludes & !lone & !(1 << slot))) != graph)
            .fold(0, |all: Mask, slot| all | 1 << slot);
        if more == 0 {
            break;
        }
        lone |= more;
    }
    let graph = accepted(member, &with(excludes & !lone))?;
    let gone = |path: usize| {
        last[path].is_none()
            && graph.selected(path).is_some()
            && (must_list(member, path, graph.selected(path)) || goal.is_absent(path))
    };
    let high = |path: usize| {
        let target = goal.version(path);
        target.is_some_and(|target| graph.selected(path) > Some(target))
    };
    (!(0..PATHS).any(|path| gone(path) || high(path))).then_some(lone)
}

/// What is wrong with planned files: by the rules of each member, and as a workspace.
pub fn fault(workspace: &Workspace, goal: &Goal, planned: &Workspace) -> Option<String> {
    let whole = Whole::new(workspace);
    let excludes = planned.members.iter().fold(0, |all, m| all | m.excludes);
    for (at, (before, after)) in workspace.members.iter().zip(&planned.members).enumerate() {
        // With the excludes of all, and alone with its own.
        for excludes in [excludes, after.excludes] {
            let choice = Choice {
                excludes,
                ..Choice::today(after)
            };
            let Some(graph) = accepted(after, &choice) else {
                return Some(format!("m{at} is not consistent"));
            };
            for path in 0..after.paths.len() {
                let gone = after.roots[path].is_none();
                if gone && before.is_direct(path) && !goal.is_absent(path) {
                    return Some(format!("m{at} drops {}", World::name(path)));
                }
                let stays = before.roots[path].is_some() && graph.selected(path).is_some();
                if gone && stays && before.is_pruned() {
                    return Some(format!(
                        "m{at} has {} without listing it",
                        World::name(path)
                    ));
                }
            }
        }
    }
    let roots: Vec<Roots> = planned.members.iter().map(|member| member.roots).collect();
    let graph = load(workspace, &roots, excludes);
    (!whole.reaches(goal, &graph, &roots)).then(|| "a target is not reached".to_owned())
}
