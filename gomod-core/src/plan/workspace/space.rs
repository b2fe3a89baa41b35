//! All that the members of a small workspace may require, and what that costs at least: see `exhaust`.

use super::bits::{Bits, Set, Shown, above, bit, highest};
use crate::plan::cost::Cost;

/// How much a member may choose from.
const CHOICES: usize = 4_096;
/// How many combinations of the members' choices are looked at.
const COMBINATIONS: usize = 200_000;

/// What one member may require.
#[derive(Debug)]
pub(super) struct Chosen {
    pub(super) roots: Set,
    /// Everything that can be reached from there.
    pub(super) reach: Set,
    /// What has to be excluded, since a requirement itself asks for it.
    forced: Set,
    /// For each new requirement what it may stand for: one of these has to be excluded, so that it says what is used instead.
    pub(super) news: Vec<Set>,
}

/// A member.
#[derive(Debug)]
pub(super) struct Side {
    pub(super) pruned: bool,
    /// Its requirements today.
    pub(super) today: Set,
    /// The versions of all paths that it has to list, or that have to leave: they stand in go.mod, or are not there.
    pub(super) listed: Set,
    pub(super) chosen: Vec<Chosen>,
}

/// A path.
#[derive(Debug)]
pub(super) struct Spot {
    pub(super) all: Set,
    pub(super) today: Option<usize>,
    pub(super) target: bool,
    pub(super) direct: bool,
    pub(super) replaced: bool,
    /// The releases passed on the way from today's version to each of the path's, and to none.
    pub(super) steps: Vec<usize>,
    pub(super) leaves: usize,
    /// The paths of which today's version asks for more than is used, and those that nobody holds against a plan.
    pub(super) overridden: Set,
}

/// A small workspace.
#[derive(Debug)]
pub(super) struct Space {
    pub(super) bits: Bits,
    pub(super) sides: Vec<Side>,
    pub(super) spots: Vec<Spot>,
    /// The versions asked for.
    pub(super) targets: Set,
    /// What must not be selected at all, and what must stay.
    pub(super) absent: Set,
    pub(super) kept: Set,
    pub(super) excluding: bool,
}

impl Space {
    /// What is wrong with a member's graph, if anything.
    pub(super) fn broken(&self, side: &Side, roots: Set, shown: Shown) -> Set {
        let mut wrong = 0;
        for spot in &self.spots {
            let Some(selected) = highest(shown.visible & spot.all) else {
                continue;
            };
            let listed = (spot.all & side.listed | bit(selected) & side.today) != 0;
            match highest(roots & spot.all) {
                Some(root) if root != selected => wrong |= bit(selected),
                None if listed => wrong |= bit(selected),
                _ => {}
            }
        }
        wrong
    }

    /// All versions of the paths that these, or the goal, say enough of.
    pub(super) fn required(&self, roots: Set) -> Set {
        let paths = self.spots.iter().filter(|spot| spot.all & roots != 0);
        paths.fold(self.absent, |all, spot| all | spot.all)
    }

    /// What is above a target.
    pub(super) fn too_high(&self, shown: Shown) -> Set {
        self.spots
            .iter()
            .fold(shown.visible & self.absent, |all, spot| {
                match highest(self.targets & spot.all) {
                    Some(target) => all | shown.visible & spot.all & above(target),
                    None => all,
                }
            })
    }

    /// Whether the goal is reached; otherwise what is too high.
    pub(super) fn reached(&self, shown: Shown, roots: Set) -> Result<(), Set> {
        let mut wrong = self.too_high(shown);
        let mut missed = wrong != 0;
        for spot in &self.spots {
            for wanted in [self.targets & spot.all, self.kept & spot.all] {
                if let (Some(wanted), selected) =
                    (highest(wanted), highest(shown.visible & spot.all))
                    && selected != Some(wanted)
                {
                    missed = true;
                    wrong |= selected.filter(|now| *now > wanted).map_or(0, bit);
                }
            }
        }
        match missed || self.targets & !roots != 0 {
            true => Err(wrong),
            false => Ok(()),
        }
    }

    /// What it costs to come to a graph before closure, and what makes it cost that, as far as less of it would help.
    pub(super) fn cost(&self, shown: Shown) -> (Cost, Set) {
        let (mut sum, mut reasons) = (Cost::default(), 0);
        for spot in &self.spots {
            let selected = highest(shown.visible & spot.all);
            sum = sum + spot.cost(selected, selected, true);
            if let Some(selected) = selected
                && spot.today.is_none_or(|today| selected > today)
            {
                reasons |= bit(selected);
            }
            if let Some(by) = selected.filter(|by| shown.loaded & bit(*by) != 0) {
                let over = self.overridden(spot, by, shown.visible);
                sum.overridden += over;
                reasons |= if over > 0 { bit(by) } else { 0 };
            }
        }
        (sum, reasons)
    }

    /// Of how many paths a module asks for more than these, beyond today.
    fn overridden(&self, spot: &Spot, by: usize, visible: Set) -> usize {
        let asks = self.bits.asks(by) & !spot.overridden;
        let over = |other: &&Spot| {
            let asked = highest(asks & other.all);
            !other.replaced && asked.is_some() && highest(visible & other.all) < asked
        };
        self.spots.iter().filter(over).count()
    }

    /// What every plan costs at least with these requirements, whatever else is excluded.
    pub(super) fn least(&self, roots: Set, excludes: Set) -> Cost {
        let reach = self.bits.reach(roots, excludes);
        let mut sum = self.least_within(roots, reach);
        for spot in &self.spots {
            let (low, high) = (highest(roots & spot.all), highest(reach & spot.all));
            if let Some(by) = low.filter(|_| low == high) {
                sum.overridden += self.overridden(spot, by, reach);
            }
        }
        sum
    }

    fn least_within(&self, roots: Set, reach: Set) -> Cost {
        self.spots.iter().fold(Cost::default(), |sum, spot| {
            let (low, high) = (highest(roots & spot.all), highest(reach & spot.all));
            let stays = spot.today.is_some_and(|today| reach & bit(today) != 0);
            sum + spot.cost(low, high, stays)
        })
    }

    /// The combinations of the members' choices that may cost less than `limit`, cheapest first, each with what is excluded
    /// for certain; `None` when they are too many.
    pub(super) fn combinations(&self, limit: Option<Cost>) -> Option<Vec<(Cost, Set, Vec<usize>)>> {
        let mut all = self.sides.iter().map(|side| side.chosen.len());
        let all = all.try_fold(1usize, |all, len| all.checked_mul(len));
        if all.is_none_or(|all| all > COMBINATIONS) {
            return None;
        }
        let mut found = Vec::new();
        self.combine(limit, (0, 0, 0), &mut Vec::new(), &mut found);
        found.sort();
        Some(found)
    }

    fn combine(
        &self,
        limit: Option<Cost>,
        (roots, reach, forced): (Set, Set, Set),
        places: &mut Vec<usize>,
        found: &mut Vec<(Cost, Set, Vec<usize>)>,
    ) {
        let Some(side) = self.sides.get(places.len()) else {
            let below = |cost: &Cost| limit.is_none_or(|limit| *cost < limit);
            if roots & forced == 0
                && self.targets & !roots == 0
                && below(&self.least_within(roots, reach))
            {
                let least = self.least(roots, forced);
                if below(&least) {
                    found.push((least, forced, places.clone()));
                }
            }
            return;
        };
        for (place, chosen) in side.chosen.iter().enumerate() {
            places.push(place);
            let sum = (
                roots | chosen.roots,
                reach | chosen.reach,
                forced | chosen.forced,
            );
            self.combine(limit, sum, places, found);
            places.pop();
        }
    }

    /// All that a member may require, from what may stand for each path.
    pub(super) fn choose(
        &mut self,
        side: usize,
        options: &[Vec<Option<usize>>],
        selected: Set,
    ) -> bool {
        let sizes = options.iter().map(Vec::len);
        let all = sizes.fold(1usize, usize::saturating_mul);
        if all > CHOICES {
            return false;
        }
        let Some(Side {
            pruned,
            today,
            listed,
            ..
        }) = self.sides.get(side)
        else {
            return false;
        };
        let mut list: Vec<Set> = vec![0];
        for of_path in options {
            list = list
                .iter()
                .flat_map(|roots| of_path.iter().map(move |one| roots | one.map_or(0, bit)))
                .collect();
        }
        let mut chosen = Vec::new();
        for roots in list {
            let asked = self.bits.asked(roots);
            let (mut forced, mut news) = (0, Vec::new());
            for spot in &self.spots {
                match highest(roots & spot.all) {
                    Some(root) => {
                        forced |= asked & spot.all & above(root);
                        let was = today & spot.all != 0
                            || !pruned && highest(selected & spot.all) >= Some(root);
                        if !was && bit(root) & self.targets == 0 {
                            // What the workspace uses may stand for a lower one, too.
                            let used = spot.today >= Some(root);
                            news.push(spot.all & if used { !bit(root) } else { above(root) });
                        }
                    }
                    None => forced |= asked & spot.all & listed,
                }
            }
            if self.excluding || forced == 0 && news.is_empty() {
                chosen.push(Chosen {
                    roots,
                    reach: self.bits.reach(roots, 0),
                    forced,
                    news,
                });
            }
        }
        if let Some(side) = self.sides.get_mut(side) {
            side.chosen = chosen;
        }
        true
    }
}

impl Spot {
    /// What it costs at least to end between `low` and `high`, today's version only if it can stay.
    fn cost(&self, low: Option<usize>, high: Option<usize>, stays: bool) -> Cost {
        let mut cost = Cost::default();
        match self.today {
            None if low.is_none() => return cost,
            None => {}
            Some(today) if low > Some(today) => cost.raised = usize::from(!self.target),
            Some(today) if high < Some(today) => {
                let first = self.all.trailing_zeros() as usize;
                let steps = |high: usize| self.steps.get(high - first).copied();
                cost.steps = high.map_or(Some(self.leaves), steps).unwrap_or_default();
            }
            Some(_) if stays => return cost,
            Some(_) => {}
        }
        match (self.target, self.direct) {
            (true, _) => {}
            (false, true) => {
                cost.direct_moved = 1;
                cost.direct_steps = cost.steps;
            }
            (false, false) => cost.others_moved = 1,
        }
        cost
    }
}
