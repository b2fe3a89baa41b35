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
    /// What the workspace uses that this is a member of: another one may say what is used instead of an excluded version.
    workspace: Option<[Option<Slot>; PATHS]>,
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
            workspace: None,
            tried,
        }
    }

    /// The closure of a member of a workspace that uses these.
    pub fn of_member(self, used: [Option<Slot>; PATHS]) -> Self {
        Self {
            workspace: Some(used),
            ..self
        }
    }

    /// The excludes and roots of final lists that keep the constraints, the fewest excludes of each kind. What
    /// only closure shows may be excluded as well.
    pub fn close(&mut self) -> Vec<(Mask, [Option<Slot>; PATHS])> {
        let mut found = Vec::new();
        // The base's own graph decides what moves, so what matters there is not up for exclusion here.
        let Some(graph) = load(self.world, self.base) else {
            return found;
        };
        let shown = graph.that_matter(self.base);
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
            found.extend(done.map(|roots| (excludes, roots)));
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
            if self.raise_added(&mut choice, &graph) {
                continue;
            }
            if self.raises_back(&graph) {
                return (None, seen);
            }
            if self.world.is_pruned() && self.grow(&mut choice, &graph) {
                continue;
            }
            return (self.holds(&choice, &graph).then_some(choice.roots), seen);
        }
    }

    /// Whether closure raises a root that the base lowers, or a new one.
    fn raises_back(&self, graph: &Graph) -> bool {
        self.base.roots.iter().flatten().any(|root| {
            let path = root / VERSIONS;
            let lowered = self.today.selected[path].is_some_and(|today| *root < today);
            self.goal.targets[path].is_none()
                && (lowered || self.is_new(*root))
                && graph.selected(path).is_some_and(|now| now > *root)
        })
    }

    /// Whether a root of the base is a new requirement, no target and not kept. Below Go 1.17 all modules of the build list
    /// are requirements at today's version or below.
    fn is_new(&self, root: Slot) -> bool {
        let path = root / VERSIONS;
        let held = self.today.selected[path].is_some_and(|today| root <= today);
        self.world.roots[path].is_none()
            && self.goal.targets[path].is_none()
            && !self.goal.keep[path]
            && (self.world.is_pruned() || !held)
    }

    /// Whether each new requirement of the base says what is used instead of an excluded version that a selected
    /// module of the final list asks for.
    pub fn new_roots_fix_excludes(&self, excludes: Mask, roots: [Option<Slot>; PATHS]) -> bool {
        let choice = Choice {
            roots,
            excludes,
            ..self.base.clone()
        };
        let Some(graph) = load(self.world, &choice) else {
            return false;
        };
        let new = excludes & !self.today.choice.excludes;
        let asked = (0..PATHS)
            .filter_map(|path| graph.selected(path))
            .filter(|slot| graph.loaded & 1 << *slot != 0)
            .filter_map(|slot| self.world.release(choice.content[slot]))
            .fold(0, |asked, release| asked | release.requires & new);
        let fixes = |root: Slot| {
            let path = root / VERSIONS;
            // What a workspace uses may stand for a lower one, too.
            let used = self.workspace.is_some_and(|used| used[path] >= Some(root));
            let below = if used {
                0
            } else {
                (2 << choice.content[root]) - 1
            };
            asked & super::world::of_path(path) & !below != 0
        };
        let mut new = self.base.roots.into_iter().flatten();
        new.all(|root| !self.is_new(root) || fixes(root))
    }

    /// Whether each new exclude hides something in the final list: without it, it must not be needed before closure
    /// either.
    pub fn has_no_idle_exclude(&self, excludes: Mask, roots: [Option<Slot>; PATHS]) -> bool {
        let with = |excludes: Mask| {
            let choice = Choice {
                roots,
                excludes,
                ..self.base.clone()
            };
            load(self.world, &choice)
        };
        let graph = with(excludes);
        slots(excludes & !self.today.choice.excludes)
            .all(|slot| with(excludes & !(1 << slot)) != graph)
    }

    /// Whether each of these roots of the base is asked for in the final list, and counted from the others: two that
    /// only ask for each other are not.
    pub fn asks_for(&self, mut odd: Mask, last: [Option<Slot>; PATHS]) -> bool {
        let last = Choice {
            roots: last,
            ..self.base.clone()
        };
        let asked = load(self.world, &last).map_or(0, |graph| graph.asked(self.world, &last));
        if odd & !asked != 0 {
            return false;
        }
        let mut kept = self.base.clone();
        for root in slots(odd) {
            kept.roots[root / VERSIONS] = None;
        }
        // What cannot be read asks for nothing.
        let unread = |slot: &Slot| {
            self.world
                .release(*slot)
                .is_none_or(|release| release.missing)
        };
        let unread = self.world.all().into_iter().filter(unread);
        let listed = kept
            .roots
            .into_iter()
            .flatten()
            .fold(0, |mask, root| mask | 1 << root);
        kept.excludes |= unread.fold(0, |mask, slot| mask | 1 << slot) & !listed;
        while odd != 0 {
            let rest = Closure::new(self.world, self.goal, self.today, &kept, false);
            let found = rest.grown().map_or(0, |graph| graph.visible & odd);
            if found == 0 {
                return false;
            }
            for root in slots(found) {
                kept.roots[root / VERSIONS] = Some(root);
            }
            odd &= !found;
        }
        true
    }

    /// The graph of the base with what closure adds, as far as that raises nothing that must stay.
    fn grown(&self) -> Option<Graph> {
        let mut choice = self.base.clone();
        let raised = |graph: &Graph| {
            let mut targets = self.base.roots.iter().flatten();
            targets.any(|root| {
                let path = root / VERSIONS;
                self.goal.targets[path].is_some() && graph.selected(path) != Some(*root)
            })
        };
        loop {
            let graph = load(self.world, &choice)?;
            if self.raise_added(&mut choice, &graph) {
                continue;
            }
            let stuck = self.raises_back(&graph) || raised(&graph);
            if !self.world.is_pruned() || stuck || !self.grow(&mut choice, &graph) {
                return Some(graph);
            }
        }
    }

    /// The roots that closure makes of the base as it is, if they keep the constraints.
    pub fn made(&self) -> Option<[Option<Slot>; PATHS]> {
        self.run(self.base.clone()).0
    }

    /// Brings the roots that closure added to their selected versions: what they showed before does not count.
    fn raise_added(&self, choice: &mut Choice, graph: &Graph) -> bool {
        let before = choice.roots;
        for path in (0..PATHS).filter(|path| self.base.roots[*path].is_none()) {
            if choice.roots[path].is_some() {
                choice.roots[path] = graph.selected(path);
            }
        }
        choice.roots != before
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
                || self.workspace.is_some()
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
