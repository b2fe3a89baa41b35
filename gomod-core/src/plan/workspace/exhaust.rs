//! Every plan there is, where the workspace is small: the last word on whether the plans put together are the cheapest.
//!
//! Members planned one by one cannot know what the others will exclude, nor what falls out of sight when one of them lets
//! a requirement go. So all combinations of what the members may require are listed, cut by what each costs at least
//! ([`space`](super::space)). For fixed requirements the excludes follow from what is in the way, or costs something: one of the
//! versions that lead there. What is left after that, on graphs that are only bits ([`bits`](super::bits)), is planned in earnest
//! ([`earnest`](super::earnest)).

use rustc_hash::{FxHashMap, FxHashSet};

use super::attempt::Part;
use super::bits::{Set, bit, each};
use super::space::{Chosen, Space};
use super::{Halt, WorkspacePlan, WorkspacePlanner};
use crate::mvs::World;
use crate::plan::cost::Cost;
use crate::plan::exhaust::without_lines;
use crate::plan::{Means, Needs, Packages, Pass};

/// How many graphs of bits are looked at.
const GRAPHS: usize = 60_000;
/// How many plans are made in earnest, of members and of all together; where imports are followed they take longer.
const PLANS: usize = 6_000;
const WALKS: usize = 300;

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Exhausted {
    /// A plan that is cheaper than those put together.
    pub(super) better: Option<Box<WorkspacePlan>>,
    /// What the cheapest plan costs that replaces nothing, where everything was tried.
    least: Option<Cost>,
    /// How many graphs were looked at.
    pub(super) tried: usize,
}

impl Exhausted {
    /// Whether none is cheaper, but for its lines. One that replaces a target never is: some member requires more than what
    /// is used then, and to require the target instead, with all excluded that others ask for, overrides that much less.
    pub(super) fn proves(&self, plan: &WorkspacePlan) -> bool {
        let weight = without_lines(plan.plan.weight());
        plan.plan.pass == Pass::Releases && self.least == Some(weight)
    }
}

/// One try of everything.
pub(super) struct Trial<'a> {
    pub(super) space: &'a Space,
    limit: Option<Cost>,
    graphs: usize,
    pub(super) plans: usize,
    /// How many are made at most.
    most: usize,
    /// The members' own plans, by member, choice and excludes.
    pub(super) own: FxHashMap<(usize, usize, Set), Option<Part>>,
    pub(super) needs: Needs,
}

impl WorkspacePlanner {
    /// Tries all that could be cheaper than the plans put together. None of it replaces anything.
    pub(super) fn exhaust(&mut self, world: &mut World) -> Result<Exhausted, Halt> {
        // Where one that replaces costs the least, another may come to the same without.
        let plain = self.least_without_replace();
        let known = plain.or_else(|| self.best());
        let proven = known.is_some_and(|known| self.costs_the_least_for_good(world, known));
        let unresolved = |best: &WorkspacePlan| best.plan.cost.unresolved > 0;
        if proven || self.best().is_some_and(unresolved) {
            return Ok(Exhausted::default());
        }
        let limit = plain.map(|plan| without_lines(plan.plan.weight()));
        // A new requirement says what is used instead of an excluded version. Where there are too many, the others are tried.
        let excluding = self.goal.strategy != Some(Means::Require);
        let mut found = None;
        for more in [true, false].into_iter().filter(|more| excluding || !more) {
            if let Some(space) = self.space(world, more)?
                && let Some(combinations) = space.combinations(limit)
            {
                found = Some((space, combinations, more == excluding));
                break;
            }
        }
        let Some((space, combinations, all)) = found else {
            return Ok(Exhausted::default());
        };
        let mut exhausted = Exhausted::default();
        let mut trial = Trial {
            space: &space,
            limit,
            graphs: 0,
            plans: 0,
            most: match self.mains.iter().any(Packages::are_known) {
                true => WALKS,
                false => PLANS,
            },
            own: FxHashMap::default(),
            needs: Needs::default(),
        };
        for (least, forced, places) in combinations {
            if trial.limit.is_some_and(|limit| least >= limit) {
                break;
            }
            if let Some(plan) = self.excluding(world, &mut trial, &places, forced)? {
                exhausted.better = Some(Box::new(plan));
            }
            if trial.is_spent() {
                break;
            }
        }
        exhausted.tried = trial.graphs;
        exhausted.least = trial.limit.filter(|_| all && !trial.is_spent());
        match trial.needs.is_empty() {
            true => Ok(exhausted),
            false => Err(Halt::Needs(trial.needs)),
        }
    }

    /// The best plan among releases that replaces nothing.
    fn least_without_replace(&self) -> Option<&WorkspacePlan> {
        let ended = self.done.iter();
        let plans = ended.filter_map(|(_, ended)| ended.as_ref().ok());
        let plans = plans.filter(|plan| {
            plan.plan.pass == Pass::Releases && !plan.plan.means.contains(&Means::Replace)
        });
        plans.min_by_key(|plan| plan.plan.rank())
    }

    /// The cheapest plan below the limit where the members require these.
    fn excluding(
        &mut self,
        world: &mut World,
        trial: &mut Trial<'_>,
        places: &[usize],
        forced: Set,
    ) -> Result<Option<WorkspacePlan>, Halt> {
        let mut best = None;
        let chosen: Vec<&Chosen> = trial.chosen(places);
        let roots = chosen.iter().fold(0, |all, chosen| all | chosen.roots);
        let mut seen: FxHashSet<Set> = FxHashSet::from_iter([forced]);
        let mut stack = vec![forced];
        while let Some(excludes) = stack.pop() {
            let least = trial.space.least(roots, excludes);
            if trial.limit.is_some_and(|limit| least >= limit) {
                continue;
            }
            trial.graphs += 1;
            if trial.is_spent() {
                break;
            }
            let cuts = match trial.look(&chosen, excludes) {
                Err(cuts) => cuts,
                Ok((cost, cuts)) if trial.limit.is_some_and(|limit| cost >= limit) => cuts,
                Ok(_) => {
                    let plan = self.in_earnest(world, trial, places, excludes)?;
                    let plan = plan.filter(|plan| {
                        let weight = without_lines(plan.plan.weight());
                        trial.limit.is_none_or(|limit| weight < limit)
                    });
                    if let Some(plan) = plan {
                        trial.limit = Some(without_lines(plan.plan.weight()));
                        best = Some(plan);
                    }
                    // Closure shows more than what was looked at, and so does a member alone that says nothing of what is
                    // excluded.
                    let Space { bits, .. } = trial.space;
                    let unsaid = |own: &&Chosen| {
                        excludes & bits.asked(own.reach) & !trial.space.required(own.roots)
                    };
                    let unsaid = chosen.iter().map(unsaid).fold(0, |all, own| all | own);
                    bits.asked(bits.reach(roots, excludes & !unsaid))
                }
            };
            if !trial.space.excluding {
                break;
            }
            for cut in each(cuts & !excludes & !roots) {
                let more = excludes | bit(cut);
                if seen.insert(more) {
                    stack.push(more);
                }
            }
        }
        Ok(best)
    }
}

impl<'a> Trial<'a> {
    fn is_spent(&self) -> bool {
        self.graphs > GRAPHS || self.plans > self.most
    }

    fn chosen(&self, places: &[usize]) -> Vec<&'a Chosen> {
        let sides = self.space.sides.iter().zip(places);
        sides
            .filter_map(|(side, place)| side.chosen.get(*place))
            .collect()
    }

    /// Looks at the graphs: what the plan costs before closure, or nothing if it is none; with the versions one of which
    /// every better plan with the same requirements excludes too.
    fn look(&self, chosen: &[&Chosen], excludes: Set) -> Result<(Cost, Set), Set> {
        let Space { bits, sides, .. } = self.space;
        let mut members = Vec::new();
        for (side, own) in sides.iter().zip(chosen) {
            let shown = bits.own(own.roots, side.pruned, excludes);
            let wrong = self.space.broken(side, own.roots, shown);
            if wrong != 0 {
                return Err(bits.leading(wrong, shown.loaded, excludes));
            }
            // Who asks for what has to be excluded may be there by closure alone.
            if let Some(new) = own.news.iter().find(|new| **new & excludes == 0) {
                return Err(bits.asked(bits.reach(own.roots, excludes)) & new);
            }
            members.push((own.roots, side.pruned));
        }
        let roots = chosen.iter().fold(0, |all, own| all | own.roots);
        let joint = bits.joint(&members, excludes);
        if let Err(wrong) = self.space.reached(joint, roots) {
            return Err(bits.leading(wrong, joint.loaded, excludes));
        }
        let (cost, reasons) = self.space.cost(joint);
        Ok((cost, bits.leading(reasons, joint.loaded, excludes)))
    }
}
