//! C4: the roots that a changed root brings with it, and whether the final list keeps the constraints.

use std::collections::HashSet;

use super::cost::Today;
use super::goal::Goal;
use super::load::{Choice, Graph, behind, load};
use super::optimum::is_replaced;
use super::world::{Mask, PATHS, Slot, VERSIONS, World, slots};

pub struct Closure<'a> {
    world: &'a World,
    goal: &'a Goal,
    today: &'a Today,
    base: &'a Choice,
    may_exclude: bool,
    tried: HashSet<Mask>,
}

impl<'a> Closure<'a> {
    pub fn new(
        world: &'a World,
        goal: &'a Goal,
        today: &'a Today,
        base: &'a Choice,
        may_exclude: bool,
    ) -> Self {
        let tried = HashSet::new();
        Self {
            world,
            goal,
            today,
            base,
            may_exclude,
            tried,
        }
    }

    /// The excludes and roots of final lists that keep the constraints, the fewest excludes of each kind. What
    /// only closure shows may be excluded as well.
    pub fn close(&mut self) -> Vec<(Mask, [Option<Slot>; PATHS])> {
        let mut found = Vec::new();
        // The base's own graph decides what moves, so what it shows is not up for exclusion here.
        let Some(graph) = load(self.world, self.base) else {
            return found;
        };
        let shown = graph.visible;
        let mut stack = vec![self.relaxed()];
        while let Some(excludes) = stack.pop() {
            if !self.tried.insert(excludes) {
                continue;
            }
            let choice = Choice {
                excludes,
                ..self.base.clone()
            };
            let (done, visible) = self.run(choice);
            if let Some(roots) = done {
                found.push((excludes, roots));
                continue;
            }
            if self.may_exclude {
                let free = |slot: &Slot| !is_replaced(self.today, self.base, slot / VERSIONS);
                let more = slots(visible & !shown & !excludes).filter(free);
                stack.extend(more.map(|slot| excludes | 1 << slot));
            }
        }
        found
    }

    /// The excludes of the base without those that hide nothing in its graph: they may be left out.
    fn relaxed(&self) -> Mask {
        let mut excludes = self.base.excludes;
        let graph = load(self.world, self.base);
        for slot in slots(self.base.excludes & !self.today.choice.excludes) {
            let without = Choice {
                excludes: excludes & !(1 << slot),
                ..self.base.clone()
            };
            if load(self.world, &without) == graph {
                excludes = without.excludes;
            }
        }
        excludes
    }

    /// Adds roots until nothing is added. Also gives everything that came into sight.
    fn run(&self, mut choice: Choice) -> (Option<[Option<Slot>; PATHS]>, Mask) {
        let mut seen: Mask = 0;
        loop {
            let Some(graph) = load(self.world, &choice) else {
                return (
                    None,
                    self.world
                        .all()
                        .iter()
                        .fold(0, |mask, slot| mask | 1 << slot),
                );
            };
            seen |= graph.visible;
            if self.raises_back(&graph) {
                return (None, seen);
            }
            if self.world.is_pruned() && self.grow(&mut choice, &graph) {
                continue;
            }
            return (self.holds(&choice, &graph).then_some(choice.roots), seen);
        }
    }

    /// Whether closure raises a root that the base lowers.
    fn raises_back(&self, graph: &Graph) -> bool {
        self.base.roots.iter().flatten().any(|root| {
            let path = root / VERSIONS;
            self.goal.targets[path].is_none()
                && self.today.selected[path].is_some_and(|today| *root < today)
                && graph.selected(path).is_some_and(|now| now > *root)
        })
    }

    /// Brings roots to their selected versions, or adds what changed roots require.
    fn grow(&self, choice: &mut Choice, graph: &Graph) -> bool {
        let before = choice.roots;
        for path in 0..PATHS {
            if choice.roots[path].is_some() {
                choice.roots[path] = graph.selected(path);
            }
        }
        if choice.roots != before {
            return true;
        }
        for root in before.iter().flatten() {
            let was = self.world.roots[root / VERSIONS].map(|was| self.today.choice.content[was]);
            let content = choice.content[*root];
            if was == Some(content) {
                continue;
            }
            let Some(release) = self.world.release(content) else {
                continue;
            };
            let list = if release.go >= 17 {
                release.requires & !choice.excludes
            } else {
                behind(self.world, choice, *root)
            };
            for required in slots(list) {
                let path = required / VERSIONS;
                if choice.roots[path].is_none() {
                    choice.roots[path] = graph.selected(path);
                }
            }
        }
        choice.roots != before
    }

    /// Whether a final list of roots keeps C2, C3, C4 and C6.
    fn holds(&self, choice: &Choice, graph: &Graph) -> bool {
        let (world, goal, today) = (self.world, self.goal, self.today);
        let go = goal.go.unwrap_or(world.go);
        if graph.go > go {
            return false;
        }
        (0..world.paths.len()).all(|path| {
            let selected = graph.selected(path);
            let used = selected.map(|slot| choice.content[slot]);
            let root = choice.roots[path];
            let consistent = match root {
                Some(root) => selected == Some(root) && choice.excludes & 1 << root == 0,
                // Below 1.17 `go get` leaves out an indirect root that others imply.
                None => {
                    selected.is_none()
                        || world.roots[path].is_none()
                        || !world.is_pruned() && world.indirect[path]
                }
            };
            // An exclude or a replace stands with the requirement that fixes the result.
            let of_path = choice.excludes & !today.choice.excludes & super::world::of_path(path);
            let fixed = root.is_some()
                || !is_replaced(today, choice, path)
                    && (goal.is_absent(path) || !self.matters(choice, of_path));
            let lower = goal.targets[path].is_some()
                || !is_replaced(today, choice, path)
                || used < selected;
            let target = match goal.version(path) {
                Some(target) => used == Some(target) && root.is_some(),
                None => !goal.is_absent(path) || selected.is_none(),
            };
            let kept =
                !goal.keep[path] || selected == today.selected[path] && used == today.used(path);
            let old = goal.go.is_none()
                || used
                    .and_then(|slot| world.release(slot))
                    .is_none_or(|r| r.missing || r.go <= go);
            consistent && fixed && lower && target && kept && old
        })
    }

    /// Whether a finished list of roots keeps the constraints and closure adds nothing to it.
    pub fn is_closed(&self) -> bool {
        let mut choice = self.base.clone();
        load(self.world, &choice).is_some_and(|graph| {
            self.holds(&choice, &graph)
                && !(self.world.is_pruned() && self.grow(&mut choice, &graph))
        })
    }

    /// Whether excludes hide anything.
    fn matters(&self, choice: &Choice, excludes: Mask) -> bool {
        let without = Choice {
            excludes: choice.excludes & !excludes,
            ..choice.clone()
        };
        load(self.world, &without) != load(self.world, choice)
    }
}
