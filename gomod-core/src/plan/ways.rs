//! The ways to a goal that are tried: by which kind of edit each target is reached.

use super::choice::Way;
use super::goal::{Goal, Means, Target};

impl Goal {
    /// The combinations of means to try: all for up to three targets, one for all above that. All that asks
    /// for more than a target is hidden.
    pub(super) fn whole_ways(&self) -> Vec<Way> {
        let choices = self.choices();
        let whole = |means: Vec<Means>| Way {
            means,
            sparing: false,
        };
        if choices.iter().filter(|list| list.len() > 1).count() > 3 {
            return Means::ALL
                .iter()
                .map(|means| whole(uniform(&choices, *means)))
                .collect();
        }
        let none: Vec<Vec<Means>> = vec![Vec::new()];
        let combinations = choices.iter().fold(none, |ways, list| {
            ways.iter()
                .flat_map(|way| {
                    list.iter().map(move |means| {
                        let mut way = way.clone();
                        way.push(*means);
                        way
                    })
                })
                .collect()
        });
        combinations.into_iter().map(whole).collect()
    }

    /// The same, where only what must be hidden is. A replacement hides one requirement more, the main module's, so
    /// it is of no use where an exclude may do the same.
    pub(super) fn sparing_ways(&self) -> Vec<Way> {
        let choices = self.choices();
        [Means::Exclude, Means::Replace]
            .into_iter()
            .find(|means| choices.iter().any(|list| list.contains(means)))
            .map(|means| Way {
                means: uniform(&choices, means),
                sparing: true,
            })
            .into_iter()
            .collect()
    }

    /// The means that may reach each target.
    fn choices(&self) -> Vec<Vec<Means>> {
        let of_target = |target: &Target| self.means_of(target);
        self.targets.iter().map(of_target).collect()
    }

    /// The means that may reach a target.
    pub(super) fn means_of(&self, target: &Target) -> Vec<Means> {
        match (target, self.strategy) {
            (Target::Go { .. } | Target::Toolchain { .. }, _)
            | (Target::Absent { .. }, Some(Means::Replace)) => {
                vec![Means::Require]
            }
            (_, Some(means)) => vec![means],
            (Target::Absent { .. }, None) => vec![Means::Require, Means::Exclude],
            (_, None) => Means::ALL.to_vec(),
        }
    }
}

/// `means` for each target that allows it, and requiring for the others.
fn uniform(choices: &[Vec<Means>], means: Means) -> Vec<Means> {
    choices
        .iter()
        .map(|list| match list.as_slice() {
            [only] => *only,
            list if list.contains(&means) => means,
            _ => Means::Require,
        })
        .collect()
}
