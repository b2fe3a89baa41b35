//! Branch and bound over choices: best first, from none at all.
//!
//! Each conflict names every choice that could resolve it, so a choice that leads to a solution is reached
//! through its subsets. Choices are tried by level, which is the first part of the cost; once one level has
//! a solution, higher ones cannot have a better one.

use std::collections::{BTreeMap, BTreeSet};

use super::attempt::Kept;
use super::choice::{Choice, Level, Way};
use super::derivation::Refused;
use super::search::Stop;
use super::{Needs, Plan};

/// How many choices are tried at most before the best so far is given; in large graphs fewer, since each takes
/// longer. A count and no time: the answer is the same on every machine.
const LIMIT: usize = 300;

/// How many modules, over all choices, are worth looking at.
const EFFORT: usize = 8_000;

/// How many choices may wait for answers before they are asked for.
const WAITING: usize = 8;

/// A search along one way, between feeds.
#[derive(Debug)]
pub(super) struct Branch {
    pub(super) way: Way,
    limit: usize,
    open: BTreeMap<Level, BTreeSet<Choice>>,
    seen: BTreeSet<Choice>,
    tried: usize,
    best: Option<(Level, Box<Plan>)>,
    first: Option<Refused>,
    /// What is tried next whatever its level: to drop at once all that would have to be dropped.
    dive: Option<Choice>,
    /// How far the choices got that wait to be fed.
    kept: BTreeMap<Choice, Kept>,
}

/// How a search ended.
#[derive(Debug, Clone)]
pub(super) struct Ended {
    pub(super) plan: Option<Box<Plan>>,
    /// Why there is no solution without any choice.
    pub(super) conflict: Option<Refused>,
    /// The highest level below which there is no solution; `None` when the plan is proven to be the best.
    pub(super) bound: Option<Level>,
    /// How many choices were tried.
    pub(super) tried: usize,
}

/// What came of trying one choice.
pub(super) type Tried = Result<Plan, Stop>;

impl Branch {
    /// A search along `way` from `start`, in a graph of so many modules.
    pub(super) fn new(way: Way, start: Choice, modules: usize) -> Self {
        Self {
            way,
            limit: (EFFORT / modules.max(1)).clamp(8, LIMIT),
            open: BTreeMap::from([(start.level(), BTreeSet::from([start]))]),
            seen: BTreeSet::new(),
            tried: 0,
            best: None,
            first: None,
            dive: None,
            kept: BTreeMap::new(),
        }
    }

    /// Goes on until the search ends, or must be fed.
    pub(super) fn advance(
        &mut self,
        mut attempt: impl FnMut(&Way, &Choice, &mut Kept) -> Tried,
    ) -> Result<Ended, Needs> {
        let mut needs = Needs::default();
        let mut waiting: Vec<Choice> = Vec::new();
        loop {
            let dive = self.dive.take();
            let dives = dive.is_some();
            let Some(choice) = dive.or_else(|| self.next()) else {
                break;
            };
            let level = choice.level();
            let behind = !dives && waiting.first().is_some_and(|one| one.level() < level);
            let beaten = self.closed().is_some_and(|closed| closed < level);
            if behind || beaten || self.tried >= self.limit || waiting.len() >= WAITING {
                self.put_back(choice);
                break;
            }
            let mut kept = self.kept.remove(&choice).unwrap_or_default();
            match attempt(&self.way, &choice, &mut kept) {
                Ok(plan) => {
                    self.tried += 1;
                    if plan.cost.unresolved > 0 {
                        self.open_children(&choice, &plan.otherwise);
                    }
                    // It overrides more than it hides: the same may be done without.
                    if plan.overlooked > 0 && !choice.minds {
                        let minds = true;
                        self.open_new(Choice { minds, ..choice });
                    }
                    let better = self
                        .best
                        .as_ref()
                        .is_none_or(|(_, best)| plan.compare(best).is_lt());
                    if better {
                        let known = self.closed();
                        let [dropped, hidden, raised] = level;
                        let level = [dropped, hidden + plan.overlooked, raised];
                        let level = known.map_or(level, |known| known.min(level));
                        self.best = Some((level, Box::new(plan)));
                    }
                }
                Err(Stop::Conflict(blocked)) => {
                    self.tried += 1;
                    let mut dive = choice.clone();
                    dive.drops.extend(&blocked.options.drops);
                    if self.best.is_none() && dive != choice && self.seen.insert(dive.clone()) {
                        self.dive = Some(dive);
                    }
                    self.open_children(&choice, &blocked.options);
                    self.first.get_or_insert(blocked.refused);
                }
                Err(Stop::Needs(more)) => {
                    needs.merge(more);
                    self.kept.insert(choice.clone(), kept);
                    if dives {
                        self.dive = Some(choice);
                        break;
                    }
                    waiting.push(choice);
                }
            }
        }
        let waits = !waiting.is_empty() || self.dive.is_some();
        for choice in waiting {
            self.put_back(choice);
        }
        if waits {
            return Err(needs);
        }
        let rest = self.open.keys().next().copied();
        let closed = self.closed();
        Ok(Ended {
            bound: rest.filter(|rest| closed.is_none_or(|closed| *rest <= closed)),
            plan: self.best.take().map(|(_, plan)| plan),
            conflict: self.first.take(),
            tried: self.tried,
        })
    }

    /// The level above which nothing can be better. A plan that does not build rules nothing out.
    fn closed(&self) -> Option<Level> {
        let best = self.best.as_ref();
        let builds = best.filter(|(_, plan)| plan.cost.unresolved == 0);
        builds.map(|(level, _)| *level)
    }

    fn next(&mut self) -> Option<Choice> {
        let mut entry = self.open.first_entry()?;
        let choice = entry.get_mut().pop_first();
        if entry.get().is_empty() {
            entry.remove();
        }
        choice
    }

    /// Opens what a choice leads to with each of these options.
    fn open_children(&mut self, choice: &Choice, options: &Choice) {
        for child in choice.children(options) {
            self.open_new(child);
        }
    }

    fn open_new(&mut self, choice: Choice) {
        if self.seen.insert(choice.clone()) {
            self.put_back(choice);
        }
    }

    fn put_back(&mut self, choice: Choice) {
        self.open.entry(choice.level()).or_default().insert(choice);
    }
}
