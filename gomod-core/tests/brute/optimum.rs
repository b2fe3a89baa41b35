//! The cheapest choice by enumeration: all roots, replaces and excludes that section 4 of the design
//! allows, cut only where a lower bound of the cost is not below the best found so far.
//!
//! Readings, where section 4 leaves room:
//! - an exclude needs its path among the final roots (a lone one lets the version jump up), but for a
//!   path that is to be absent; so does a replace (the require line stays);
//! - only targets are replaced, and by a lower version than the selected one;
//! - replaces are for all versions of a path, so none of them is excluded anew as well, and never of one that
//!   go.mod replaces already;
//! - below Go 1.17 each module of today's build list may become a root at today's version or a lower one, as
//!   docs/planning.md says;
//! - the chosen roots must be consistent before root closure; a root that closure raises is brought to its
//!   selected version, and none of that counts; but it does not raise back what was lowered;
//! - a module that is no requirement may become one to say what is used instead of a version that is excluded,
//!   where a selected module asks for that; it counts as what moves with the targets does;
//! - what is to be kept may become a requirement, too;
//! - pre-releases are considered only when releases give no plan at all;
//! - a forced kind of edit (`--strategy`) is the only one used; by exclude and replace overriding the targets is
//!   free then, since that is what was asked for.

use std::collections::HashSet;

use gomod_core::plan::Means;

use super::closure::Closure;
use super::cost::{self, Cost, Pairs, Today};
use super::goal::{Goal, Target};
use super::load::{Choice, accepted, load};
use super::world::{Mask, PATHS, Slot, VERSIONS, World, of_path, slots};

/// The cheapest plan.
#[derive(Debug, Clone)]
pub struct Optimum {
    pub cost: Cost,
    /// Whether pre-releases had to be considered.
    pub everything: bool,
    /// The choice that the cost is counted on.
    pub choice: Choice,
    /// The roots with what closure adds.
    pub roots: [Option<Slot>; PATHS],
}

impl Optimum {
    /// The world with the edited go.mod.
    pub fn applied(&self, world: &World) -> World {
        let mut edited = world.clone();
        edited.roots = self.roots;
        let old = world.content();
        let new = &self.choice.content;
        for path in 0..world.paths.len() {
            let at = path * VERSIONS;
            if new[at..at + VERSIONS] != old[at..at + VERSIONS] {
                edited.wildcard[path] = Some(new[at]);
            }
            edited.indirect[path] = !world.is_direct(path);
        }
        edited.excludes = self.choice.excludes;
        edited
    }
}

/// What enumeration found.
#[derive(Debug, Clone)]
pub enum Answer {
    /// go.mod is not consistent as it stands, or a target is not a downgrade.
    Unfit,
    /// Too many choices to try.
    TooMuch,
    NoPlan,
    Plan(Box<Optimum>),
}

/// Enumerates; see the file's head.
pub fn optimum(world: &World, goal: &Goal) -> Answer {
    let choice = Choice::today(world);
    let Some(graph) = accepted(world, &choice) else {
        return Answer::Unfit;
    };
    let today = Today::new(world, choice, graph);
    // A target is there today, and above what is asked for.
    let apt = (0..PATHS).all(|path| match (goal.targets[path], today.selected[path]) {
        (Some(Target::Version(target)), now) => now.is_some_and(|now| now > target),
        (Some(Target::Absent), now) => now.is_some(),
        (None, _) => true,
    });
    if !apt || goal.go.is_some_and(|go| go >= world.go) {
        return Answer::Unfit;
    }
    for everything in [false, true] {
        let mut search = Search {
            world,
            goal,
            today: &today,
            everything,
            options: Vec::new(),
            best: None,
            budget: 3_000_000,
        };
        search.options = (0..world.paths.len())
            .map(|path| search.options_of(path))
            .collect();
        let choice = today.choice.clone();
        search.assign(0, &choice, &[0; 7], Pairs::NONE);
        if search.budget == 0 {
            return Answer::TooMuch;
        }
        if let Some(best) = search.best {
            return Answer::Plan(Box::new(best));
        }
    }
    Answer::NoPlan
}

/// What may be chosen for a path: its root, and a replacement of all its versions.
type PathOption = (Option<Slot>, Option<Slot>);

struct Search<'a> {
    world: &'a World,
    goal: &'a Goal,
    today: &'a Today,
    everything: bool,
    options: Vec<Vec<PathOption>>,
    best: Option<Optimum>,
    budget: usize,
}

impl Search<'_> {
    fn may_replace(&self) -> bool {
        matches!(self.goal.strategy, None | Some(Means::Replace))
    }

    fn may_exclude(&self) -> bool {
        matches!(self.goal.strategy, None | Some(Means::Exclude))
    }

    fn is_candidate(&self, slot: Slot) -> bool {
        let release = &self.world.paths[slot / VERSIONS][slot % VERSIONS];
        let today = self.today.selected[slot / VERSIONS] == Some(slot);
        !release.missing && (self.everything || today || !release.is_prerelease())
            || today
            || self.goal.version(slot / VERSIONS) == Some(slot)
    }

    fn options_of(&self, path: usize) -> Vec<PathOption> {
        let (world, goal, today) = (self.world, self.goal, self.today);
        let target = goal.version(path);
        let was_root = world.roots[path].is_some();
        let may_root =
            was_root || target.is_some() || !world.is_pruned() && today.selected[path].is_some();
        let versions = path * VERSIONS..path * VERSIONS + world.paths[path].len();
        let mut roots: Vec<Option<Slot>> = Vec::new();
        if !goal.is_absent(path) {
            // A version that a requirement names can be forced, a candidate or not: a root that can go no
            // lower falls to what others ask for.
            let above = |slot: &Slot| today.selected[path].is_some_and(|t| *slot > t);
            let may_rise = was_root || target.is_some();
            let allowed = versions.clone().filter(|slot| {
                let held = match above(slot) {
                    true => may_rise,
                    false => may_root,
                };
                let kept = goal.keep[path] && today.selected[path] == Some(*slot);
                held || kept || !may_rise && self.may_exclude() && self.is_candidate(*slot)
            });
            roots.extend(allowed.map(Some));
        }
        if target.is_none() && (!world.is_direct(path) || goal.allow_drop || goal.is_absent(path)) {
            roots.push(None);
        }
        let mut replaces: Vec<Option<Slot>> = vec![None];
        // Only targets are replaced.
        if self.may_replace() && !world.is_replaced(path) && target.is_some() {
            let by = versions.filter(|slot| self.is_candidate(*slot));
            replaces.extend(
                by.filter(|slot| target.is_none_or(|t| t == *slot))
                    .map(Some),
            );
        }
        let mut options: Vec<PathOption> = Vec::new();
        for root in &roots {
            for replace in &replaces {
                let used = root.map(|root| replace.unwrap_or(today.choice.content[root]));
                let wrong_target = target.is_some_and(|t| used != Some(t))
                    || target.is_some()
                        && goal.strategy == Some(Means::Replace)
                        && replace.is_none();
                let wrong_keep = goal.keep[path]
                    && root.is_some()
                    && (*root != today.selected[path] || used != today.used(path));
                // A replace hides a minimum: what is used is lower than what is selected.
                let idle = replace.is_some() && root.is_some() && replace >= root;
                let wrong_replaced = target.is_some() && world.is_replaced(path);
                if !(wrong_target || wrong_keep || idle || wrong_replaced) {
                    options.push((*root, *replace));
                }
            }
        }
        options.sort_by_key(|option| {
            let mut choice = today.choice.clone();
            self.choose(&mut choice, path, *option);
            let cost = cost::of_path(world, goal, today, &choice, path, option.0);
            (option.1.is_some(), cost)
        });
        options
    }

    fn choose(&self, choice: &mut Choice, path: usize, (root, replace): PathOption) {
        choice.roots[path] = root;
        let content = &mut choice.content[path * VERSIONS..(path + 1) * VERSIONS];
        content.copy_from_slice(&self.today.choice.content[path * VERSIONS..(path + 1) * VERSIONS]);
        if let Some(replace) = replace {
            content.fill(replace);
        }
    }

    /// Chooses for each path in turn. `pairs` are the overridden ones that follow from the roots so far.
    fn assign(&mut self, path: usize, choice: &Choice, bound: &Cost, pairs: Pairs) {
        if path == self.world.paths.len() {
            return self.base(choice, bound);
        }
        for option in self.options[path].clone() {
            if self.budget == 0 {
                return;
            }
            self.budget -= 1;
            let mut next = choice.clone();
            self.choose(&mut next, path, option);
            let mut sum = *bound;
            if option.0.is_some() || self.world.roots[path].is_some() {
                let (world, goal) = (self.world, self.goal);
                cost::add(
                    &mut sum,
                    &cost::of_path(world, goal, self.today, &next, path, option.0),
                );
            }
            let pairs = self.known_pairs(&next, path, pairs);
            let over = pairs.less(self.today.pairs);
            sum[1] = over.without_granted(self.goal).len();
            if self.is_better(&sum) {
                self.assign(path + 1, &next, &sum, pairs);
            }
        }
    }

    /// Adds the pairs that are certain once `path` is chosen: between main, it and the roots before it.
    fn known_pairs(&self, choice: &Choice, path: usize, mut pairs: Pairs) -> Pairs {
        let used = |path: usize| choice.roots[path].map(|root| choice.content[root]);
        if let (Some(root), Some(used)) = (choice.roots[path], used(path))
            && root > used
            && !cost::is_implied(self.world, root)
        {
            pairs.add(PATHS, path);
        }
        for (by, to) in (0..path).flat_map(|other| [(path, other), (other, path)]) {
            if let (Some(by_used), Some(to_used)) = (used(by), used(to))
                && let Some(release) = self.world.release(by_used)
                && slots(release.requires & of_path(to)).any(|required| required > to_used)
            {
                pairs.add(by, to);
            }
        }
        pairs
    }

    fn is_better(&self, cost: &Cost) -> bool {
        self.best.as_ref().is_none_or(|best| *cost < best.cost)
    }

    fn is_replaced(&self, choice: &Choice, path: usize) -> bool {
        is_replaced(self.today, choice, path)
    }

    /// All excludes for fixed roots and replaces: those without which the roots are not consistent, and
    /// any others that change the graph.
    fn base(&mut self, choice: &Choice, bound: &Cost) {
        let mut start = choice.clone();
        if self.may_exclude() {
            for path in 0..self.world.paths.len() {
                match choice.roots[path] {
                    _ if self.is_replaced(choice, path) => {}
                    Some(root) => start.excludes |= of_path(path) & !((2 << root) - 1),
                    None if self.goal.is_absent(path) => start.excludes |= of_path(path),
                    None => {}
                }
            }
        }
        let mut seen: HashSet<Mask> = HashSet::from([start.excludes]);
        let mut stack = vec![start];
        while let Some(choice) = stack.pop() {
            if self.budget == 0 {
                return;
            }
            self.budget -= 1;
            let visible = self.evaluate(&choice, bound);
            if !self.may_exclude() {
                continue;
            }
            let root = |slot: Slot| choice.roots[slot / VERSIONS];
            for slot in slots(visible).filter(|slot| root(*slot) != Some(*slot)) {
                if self.is_replaced(&choice, slot / VERSIONS) {
                    continue;
                }
                if root(slot).is_none()
                    && (!self.world.is_pruned() || self.world.roots[slot / VERSIONS].is_some())
                {
                    continue;
                }
                let mut next = choice.clone();
                next.excludes |= 1 << slot;
                if seen.insert(next.excludes) {
                    stack.push(next);
                }
            }
        }
    }

    /// Takes a choice if it is feasible and the best so far; gives what its graph shows, as far as
    /// excluding more of it may help.
    fn evaluate(&mut self, choice: &Choice, bound: &Cost) -> Mask {
        let (world, goal, today) = (self.world, self.goal, self.today);
        let Some(graph) = load(world, choice) else {
            // Something that cannot be read is loaded: excluding anything in sight may help.
            return world.all().iter().fold(0, |mask, slot| mask | 1 << slot);
        };
        let consistent = (0..world.paths.len()).all(|path| match choice.roots[path] {
            Some(root) => graph.selected(path) == Some(root) && choice.excludes & 1 << root == 0,
            None => {
                graph.selected(path).is_none()
                    || world.roots[path].is_none() && !goal.is_absent(path)
            }
        });
        let cost = cost::cost(world, goal, today, choice, &graph);
        assert!(
            !consistent || bound.iter().zip(&cost).all(|(low, cost)| low <= cost),
            "no lower bound"
        );
        let few = goal
            .max_collateral
            .is_none_or(|limit| cost[2] + cost[4] <= limit);
        if consistent && few && self.is_better(&cost) {
            let mut closure = Closure::new(world, goal, today, choice, self.may_exclude());
            for (excludes, roots) in closure.close() {
                let choice = Choice {
                    excludes,
                    ..choice.clone()
                };
                if !closure.new_roots_fix_excludes(excludes, roots)
                    || !closure.has_no_idle_exclude(excludes, roots)
                    || !self.named(&choice, roots)
                {
                    continue;
                }
                // Overridden is counted on the final list as well: who asks may be there by closure alone.
                let last = Choice {
                    roots,
                    ..choice.clone()
                };
                let mut cost = cost;
                if let (Some(base), Some(graph)) = (load(world, &choice), load(world, &last)) {
                    cost[1] =
                        cost::overridden(world, goal, today, [(&choice, &base), (&choice, &graph)]);
                }
                if self.is_better(&cost) {
                    self.best = Some(Optimum {
                        cost,
                        everything: self.everything,
                        choice,
                        roots,
                    });
                }
            }
        }
        graph.that_matter(choice)
    }

    /// Roots that are no candidates must be asked for, and so must a direct requirement above today's: nobody
    /// wants to upgrade one to bring something else down.
    fn named(&self, choice: &Choice, last: [Option<Slot>; PATHS]) -> bool {
        let odd = choice.roots.iter().flatten().filter(|root| {
            let path = *root / VERSIONS;
            let rises = self.today.selected[path].is_some_and(|today| **root > today);
            let odd = !self.is_candidate(**root) || rises && self.world.is_direct(path);
            odd && self.goal.version(path).is_none()
        });
        let odd = odd.fold(0, |mask, root| mask | 1 << root);
        Closure::new(self.world, self.goal, self.today, choice, false).asks_for(odd, last)
    }
}

/// Whether a path is replaced anew.
pub(super) fn is_replaced(today: &Today, choice: &Choice, path: usize) -> bool {
    let own = path * VERSIONS..(path + 1) * VERSIONS;
    choice.content[own.clone()] != today.choice.content[own]
}
