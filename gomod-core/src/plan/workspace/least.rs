//! What every plan for a workspace costs at least, so that one that costs no more is the cheapest.
//!
//! It is counted on the workspace as if it were one main module, which requires what any member requires directly. Such
//! a module stays, whatever version of it is used, and the selected one is always loaded: either a member requires just that
//! one, or the `go` command looks behind it since a member requires less. So what it asks for counts, as it does for
//! one main module. What members require indirectly may leave a member and still be selected, unread: nothing is
//! said of that.

use super::exhaust::Exhausted;
use super::{Halt, WorkspaceOutcome, WorkspacePlan, WorkspacePlanner};
use crate::mvs::World;
use crate::plan::{Pass, Planner};

impl WorkspacePlanner {
    /// The workspace as one main module, with what every plan overrides.
    fn bounded(&self, world: &World) -> Option<Planner> {
        let mut whole = self.holder()?;
        whole.stuck = whole.find_stuck(world);
        Some(whole)
    }

    /// Whether no plan costs less, but for its lines.
    pub(super) fn costs_the_least(&self, world: &World, plan: &WorkspacePlan) -> bool {
        let among_releases = plan.plan.pass == Pass::Releases;
        let whole = self.bounded(world).filter(|_| among_releases);
        whole.is_some_and(|whole| whole.costs_the_least(world, &plan.plan))
    }

    /// Whether that is so whatever is read: a requirement that cannot go low enough could still rise to a version that was
    /// not read yet.
    pub(super) fn costs_the_least_for_good(&self, world: &World, plan: &WorkspacePlan) -> bool {
        let stuck = |whole: Planner| !whole.stuck.is_empty();
        self.costs_the_least(world, plan) && !self.bounded(world).is_some_and(stuck)
    }

    /// Asks for the few `go.mod` files that could prove the best plan to be the cheapest.
    pub(super) fn prove(&self, world: &mut World) -> Result<(), Halt> {
        let (Some(best), Some(whole)) = (self.best(), self.bounded(world)) else {
            return Ok(());
        };
        if whole.costs_the_least(world, &best.plan) {
            return Ok(());
        }
        let sources = whole.could_prove(world, &best.plan);
        match sources.is_empty() {
            true => Ok(()),
            false => Err(Halt::needs(sources)),
        }
    }

    /// Says of which plans it is certain that none costs less.
    pub(super) fn claim(
        &self,
        world: &World,
        exhausted: &Exhausted,
        outcome: &mut WorkspaceOutcome,
    ) {
        for plan in &mut outcome.plans {
            plan.plan.search.proven = exhausted.proves(plan) || self.costs_the_least(world, plan);
        }
    }
}
