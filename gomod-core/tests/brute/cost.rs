//! The cost of a choice, counted as section 4 of the design says (lines are left out).
//!
//! Where it leaves room: a module that is replaced anew, and is no target, counts as moved if what is used or
//! what is selected moves; targets count by the selected version, as the planner does.

use super::goal::{Goal, Target};
use super::load::{Choice, Graph};
use super::world::{PATHS, Slot, VERSIONS, World, slots};

/// Dropped, overridden, direct moved, their steps, others moved, raised, steps.
pub type Cost = [usize; 7];

/// The names of the fields.
pub const FIELDS: [&str; 7] = [
    "dropped",
    "overridden",
    "direct",
    "down",
    "others",
    "raised",
    "steps",
];

pub fn text(cost: &Cost) -> String {
    let fields: Vec<String> = FIELDS
        .iter()
        .zip(cost)
        .map(|(f, n)| format!("{f}={n}"))
        .collect();
    fields.join(" ")
}

/// Main as the one that requires, in [`Pairs`].
const MAIN: usize = PATHS;

/// Pairs of who requires (a path, or main) and the path of which more is required than is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pairs(u64);

impl Pairs {
    pub const NONE: Self = Self(0);

    pub fn add(&mut self, by: usize, path: usize) {
        self.0 |= 1 << (by * PATHS + path);
    }

    pub fn less(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    pub fn len(self) -> usize {
        self.0.count_ones() as usize
    }

    /// Without those that the goal asks for.
    pub fn without_granted(mut self, goal: &Goal) -> Self {
        if !goal.grants_overriding() {
            return self;
        }
        for path in (0..PATHS).filter(|path| goal.targets[*path].is_some()) {
            for by in 0..=MAIN {
                self.0 &= !(1 << (by * PATHS + path));
            }
        }
        self
    }
}

/// Today's state, to which choices are compared.
#[derive(Debug)]
pub struct Today {
    pub choice: Choice,
    pub graph: Graph,
    pub selected: [Option<Slot>; PATHS],
    pub pairs: Pairs,
}

impl Today {
    pub fn new(world: &World, choice: Choice, graph: Graph) -> Self {
        Self {
            selected: std::array::from_fn(|path| graph.selected(path)),
            pairs: pairs(world, &choice, &graph),
            choice,
            graph,
        }
    }

    /// What is used of a path.
    pub fn used(&self, path: usize) -> Option<Slot> {
        self.selected[path].map(|slot| self.choice.content[slot])
    }
}

/// Whether go.mod need not list a replaced module if another one asks for it: below Go 1.17 `go get` leaves it out.
pub fn is_implied(world: &World, root: Slot) -> bool {
    let path = root / VERSIONS;
    !world.is_pruned()
        && !world.is_direct(path)
        && world.is_replaced(path)
        && world.roots[path] != Some(root)
}

/// The pairs of a graph.
pub fn pairs(world: &World, choice: &Choice, graph: &Graph) -> Pairs {
    let mut found = Pairs::NONE;
    let mut note = |by: usize, required: Slot| {
        let path = required / VERSIONS;
        let used = graph.selected(path).map(|slot| choice.content[slot]);
        if used.is_none_or(|used| required > used) {
            found.add(by, path);
        }
    };
    let asked = graph.asked(world, choice);
    for root in choice.roots.iter().flatten() {
        if !(is_implied(world, *root) && asked & 1 << root != 0) {
            note(MAIN, *root);
        }
    }
    for by in 0..PATHS {
        if let Some(slot) = graph.selected(by)
            && graph.loaded & 1 << slot != 0
            && let Some(release) = world.release(choice.content[slot])
        {
            slots(release.requires).for_each(|required| note(by, required));
        }
    }
    found
}

/// Releases above the lower of two versions up to the higher one; at least one if they differ.
fn steps(world: &World, a: Slot, b: Slot) -> usize {
    let between = (a.min(b) + 1..=a.max(b))
        .filter_map(|slot| world.release(slot))
        .filter(|release| !release.missing && !release.is_prerelease())
        .count();
    between.max(usize::from(a != b))
}

/// A module that leaves passes all its releases up to today's.
fn leaving(world: &World, from: Slot) -> usize {
    let path = from / VERSIONS;
    (path * VERSIONS..=from)
        .filter_map(|slot| world.release(slot))
        .filter(|release| !release.missing && !release.is_prerelease())
        .count()
        .max(1)
}

/// What one path adds to the cost, its overridden pairs left out.
pub fn of_path(
    world: &World,
    goal: &Goal,
    today: &Today,
    choice: &Choice,
    path: usize,
    selected: Option<Slot>,
) -> Cost {
    let mut cost = [0; 7];
    let from = today.selected[path];
    let used = selected.map(|slot| choice.content[slot]);
    let replaced = selected
        .or(from)
        .is_some_and(|slot| choice.content[slot] != today.choice.content[slot]);
    if let Some(target) = goal.targets[path] {
        if let (Target::Version(_), Some(from), Some(to)) = (target, from, selected) {
            // What rises passes nothing on the way down.
            cost[6] = if to > from { 0 } else { steps(world, from, to) };
        }
        if let (Some(from), None) = (from, selected) {
            cost[6] = leaving(world, from);
        }
        return cost;
    }
    if from == selected && used == today.used(path) {
        return cost;
    }
    // A new replacement counts by what is used as well: neither hides the other.
    let mut ways = vec![(from, selected)];
    ways.extend(replaced.then(|| (today.used(path), used)));
    for (from, to) in ways {
        if let (Some(from), Some(to)) = (from, to) {
            if to > from {
                cost[5] = 1;
            } else {
                cost[6] = cost[6].max(steps(world, from, to));
            }
        }
    }
    if let (Some(from), None) = (from, selected) {
        cost[6] = leaving(world, from);
    }
    if cost[5] > 0 {
        cost[6] = 0;
    }
    if world.is_direct(path) {
        cost[2] = 1;
        cost[3] = cost[6];
        cost[0] = usize::from(selected.is_none());
    } else {
        cost[4] = 1;
    }
    cost
}

/// The cost of a choice with its graph.
pub fn cost(world: &World, goal: &Goal, today: &Today, choice: &Choice, graph: &Graph) -> Cost {
    let mut sum = [0; 7];
    for path in 0..world.paths.len() {
        add(
            &mut sum,
            &of_path(world, goal, today, choice, path, graph.selected(path)),
        );
    }
    sum[1] = overridden(world, goal, today, [(choice, graph)]);
    sum[6] += usize::from(goal.go.is_some_and(|go| go != world.go));
    sum
}

/// The overridden pairs of one graph or another beyond today's. What closure adds to go.mod is no requirement of
/// main that could be overridden, so each graph comes with the choice before closure.
pub fn overridden<'a>(
    world: &World,
    goal: &Goal,
    today: &Today,
    graphs: impl IntoIterator<Item = (&'a Choice, &'a Graph)>,
) -> usize {
    let mut over = Pairs::NONE;
    for (choice, graph) in graphs {
        over.0 |= pairs(world, choice, graph).0;
    }
    over.less(today.pairs).without_granted(goal).len()
}

pub fn add(sum: &mut Cost, more: &Cost) {
    for (sum, more) in sum.iter_mut().zip(more) {
        *sum += more;
    }
}
