//! One step down: the next candidate for a root that cannot stay, with the reason; and, when there is none,
//! which choices could help.

use rustc_hash::{FxHashMap, FxHashSet};

use super::Conflict;
use super::choice::Choice;
use super::derivation::Refused;
use super::goal::{Goal, Means, Target};
use super::problem::Problem;
use super::search::{Blocked, Search, Stop};
use super::state::Cap;
use super::visible::Cause;
use crate::graph::{ModuleId, PathId};
use crate::model::GoVersion;
use crate::mvs::{LoadError, World};

/// Why a module was lowered: what it required, up to what was above its bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lowering {
    /// How many steps, of all modules, came before: what a step rests on has a smaller number.
    pub order: usize,
    /// The version that could not stay.
    pub from: ModuleId,
    /// The next candidate; `None` when there is none, and the module falls to what others ask for.
    pub to: Option<ModuleId>,
    /// Requirements from `from` to what could not be, both included.
    pub chain: Vec<ModuleId>,
    /// What is wrong with the last of the chain, when it is not merely too high.
    pub unreadable: Option<LoadError>,
    /// The go line of the last of the chain, when that is what is too high.
    pub go_line: Option<GoVersion>,
    /// The package that the version lacks, and that the first of the chain imports.
    pub lacks: Option<String>,
    /// The package that the version imports, and that no module of the plan provides.
    pub misses: Option<String>,
    /// What the last of the chain is above, when that is what is wrong with it.
    pub(super) limit: Option<Limit>,
}

/// What the last of a chain may not be above.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Limit {
    /// The bound of its path at that time.
    Bound(Cap),
    /// What the plan selects of its path.
    Planned,
}

impl Lowering {
    pub(super) fn new(from: ModuleId, chain: Vec<ModuleId>) -> Self {
        Self {
            order: 0,
            from,
            to: None,
            chain,
            unreadable: None,
            go_line: None,
            lacks: None,
            misses: None,
            limit: None,
        }
    }

    fn chain(&self) -> &[ModuleId] {
        &self.chain
    }
}

impl Search<'_> {
    /// Takes the next candidate for a root that cannot stay.
    pub(super) fn descend(
        &mut self,
        root: ModuleId,
        chain: Vec<ModuleId>,
        cause: Cause,
    ) -> Result<(), Stop> {
        let path = self.world.modules.path_of(root);
        let go_line = match cause {
            Cause::GoLine => self.go_line(*chain.last().unwrap_or(&root)),
            _ => None,
        };
        let unreadable = match cause {
            Cause::Unreadable(error) => {
                self.state
                    .left_out
                    .insert(*chain.last().unwrap_or(&root), error.clone());
                Some(error)
            }
            _ => None,
        };
        let limit = match (&unreadable, &go_line, chain.last()) {
            (None, None, Some(last)) => Some(self.limit_of(*last)),
            _ => None,
        };
        if self.state.hard.contains(&path) {
            return Err(self.conflict(Conflict::Hard { chain, unreadable }));
        }
        // Behind each further step one more candidate is asked for ahead of time: long descents then
        // cost few round trips.
        let ahead = 1 + self.state.lowered.get(&path).map_or(0, Vec::len);
        let Some(below) = self.scope.candidates.below(
            self.world,
            &mut self.needs,
            self.scope.pass,
            root,
            |module| self.state.usable(module),
            ahead,
        ) else {
            return Ok(());
        };
        for module in &below {
            if let Some(source) = self.world.source_of(*module, &self.state.overrides)
                && self.world.facts(source).is_none()
            {
                self.needs.ahead.push(source);
            }
        }
        let next = below.first().copied();
        match next {
            Some(next) => {
                self.state.roots.insert(path, next);
                self.state.caps.insert(path, Cap::AtMost(next));
                if self.scope.raising {
                    self.state.raisers.insert(path);
                }
            }
            None => {
                self.state.roots.remove(&path);
                self.state.caps.insert(path, Cap::Below(root));
            }
        }
        self.record(Lowering {
            to: next,
            unreadable,
            go_line,
            limit,
            ..Lowering::new(root, chain)
        });
        Ok(())
    }

    /// What the last of a chain is above: its bound, or, for what is excluded already, what is used in the end.
    fn limit_of(&self, last: ModuleId) -> Limit {
        let bound = self.bound_of(last);
        let bound = bound.filter(|bound| self.exceeds(last, *bound));
        bound.map_or(Limit::Planned, Limit::Bound)
    }

    /// Notes a step down.
    pub(super) fn record(&mut self, step: Lowering) {
        let order = self.state.next;
        self.state.next += 1;
        let path = self.world.modules.path_of(step.from);
        let steps = self.state.lowered.entry(path).or_default();
        steps.push(Lowering { order, ..step });
    }

    /// Goes on down while the next candidate shows by itself that it cannot stay: only what is behind one
    /// that is not pruned takes a look at everything.
    pub(super) fn descend_on(&mut self, from: ModuleId) -> Result<(), Stop> {
        let path = self.world.modules.path_of(from);
        let mut last = from;
        while let Some(root) = self.state.roots.get(&path).copied()
            && root != last
        {
            last = root;
            let (chain, cause) = match self.requirements(root) {
                None => return Ok(()),
                Some(Err(error)) => (vec![root], Cause::Unreadable(error)),
                Some(Ok(_)) if self.go_line_too_high(root) => (vec![root], Cause::GoLine),
                Some(Ok((list, _))) => {
                    let free = |r: &&ModuleId| self.is_free(self.world.modules.path_of(**r));
                    let above = |r: &&ModuleId| self.violates(root, **r);
                    let held = list.iter().filter(above).any(|r| free(&r));
                    let required = list
                        .iter()
                        .filter(above)
                        .find(|r| !(self.scope.raising && free(r)));
                    let required = required.copied();
                    self.state.held |= held;
                    match required {
                        Some(required) => (vec![root, required], Cause::Above),
                        None => return Ok(()),
                    }
                }
            };
            self.descend(root, chain, cause)?;
        }
        Ok(())
    }

    /// Stops with a conflict, and with every choice that could resolve it.
    pub(super) fn conflict(&self, conflict: Conflict) -> Stop {
        let context = Context {
            world: self.world,
            problem: self.scope.problem,
            goal: self.scope.goal,
            sparing: self.way.sparing,
            lowered: &self.state.lowered,
        };
        context.blocked(conflict)
    }
}

/// What led to a conflict.
pub(super) struct Context<'a> {
    pub(super) world: &'a World,
    pub(super) problem: &'a Problem,
    pub(super) goal: &'a Goal,
    /// Whether single requirements may be hidden.
    pub(super) sparing: bool,
    pub(super) lowered: &'a FxHashMap<PathId, Vec<Lowering>>,
}

impl Context<'_> {
    /// The choices that could resolve a conflict: to hide a requirement of one of the chains that led to it,
    /// or to let one of the modules rise that are bounded by today's version.
    pub(super) fn blocked(&self, conflict: Conflict) -> Stop {
        let modules = &self.world.modules;
        let mut options = Choice::default();
        let mut pending: Vec<&[ModuleId]> = Vec::new();
        match &conflict {
            Conflict::Hard { chain, .. } => pending.push(chain),
            Conflict::Drop { chain, .. } => {
                pending.push(chain);
                if let Some(root) = chain.first().filter(|_| self.goal.allow_drop) {
                    options.drops.insert(modules.path_of(*root));
                }
            }
            // Whatever moved may be what moved too much.
            _ => pending.extend(self.lowered.values().flatten().map(Lowering::chain)),
        }
        let mut explained: FxHashSet<PathId> = FxHashSet::default();
        while let Some(chain) = pending.pop() {
            for edge in chain.windows(2) {
                if let [by, required] = edge {
                    let excluded = self.problem.setup.overrides.excludes.contains(required);
                    let (by, required) = (modules.path_of(*by), modules.path_of(*required));
                    if excluded || self.may_hide(required) {
                        options.hides.insert((by, required));
                    }
                }
            }
            // Both ends may stand where they are because of other chains.
            for end in [chain.first(), chain.last()].into_iter().flatten() {
                let path = modules.path_of(*end);
                if explained.insert(path) {
                    let lowered = self.lowered.get(&path).into_iter().flatten();
                    pending.extend(lowered.map(Lowering::chain));
                    if self.may_rise(path) {
                        options.rises.insert(path);
                    }
                }
            }
        }
        let refused = Refused::new(conflict, self.lowered);
        Stop::Conflict(Box::new(Blocked { refused, options }))
    }

    fn may_hide(&self, path: PathId) -> bool {
        let allowed = match self.goal.strategy {
            None | Some(Means::Exclude) => true,
            Some(Means::Require) => false,
            Some(Means::Replace) => {
                let path_of = |module| self.world.modules.path_of(module);
                self.goal.module_target(path, path_of).is_some()
            }
        };
        self.sparing && allowed && !self.problem.is_toolchain(path) && !self.problem.is_main(path)
    }

    fn may_rise(&self, path: PathId) -> bool {
        let target = |target: &Target| {
            target.path(|module| self.world.modules.path_of(module)) == Some(path)
        };
        // What a main module asks for itself is not upgraded to bring something else down.
        self.problem.selected.contains_key(&path)
            && !self.problem.is_direct_anywhere(path)
            && !self.problem.is_toolchain(path)
            && !self.problem.is_main(path)
            && !self.goal.keep.contains(&path)
            && !self.goal.targets.iter().any(target)
    }
}
