//! What was found for a workspace.

use super::hold::Way;
use super::{FileEdits, WorkspaceFiles};
use crate::mvs::{SumLine, World};
use crate::plan::outcome::{Outcome, Plan};
use crate::plan::{Planner, Refusal, Report};

/// A plan over the members of a workspace.
#[derive(Debug, Clone)]
pub struct WorkspacePlan {
    /// What it does to the workspace, as if that were one main module: cost, moves, graph. Its `go_mod` is
    /// the first member's.
    pub plan: Plan,
    /// All files as planned.
    pub files: WorkspaceFiles,
    /// Those that change.
    pub changes: Vec<FileEdits>,
    /// What the go.sum of each changed member has to hold for its own graph.
    pub sums: Vec<MemberSums>,
    /// What to know besides.
    pub notes: Vec<String>,
    /// How it was found.
    pub(super) way: Way,
    /// The members that have a plan of their own in it, with the runs that found those.
    pub(super) parts: Vec<(usize, usize)>,
}

/// The lines of go.sum that a member's own graph needs.
#[derive(Debug, Clone)]
pub struct MemberSums {
    /// The member.
    pub member: usize,
    /// Its lines.
    pub lines: Vec<SumLine>,
}

/// Everything that was found.
#[derive(Debug, Clone, Default)]
pub struct WorkspaceOutcome {
    /// The plans, best first.
    pub plans: Vec<WorkspacePlan>,
    /// The ways that do not lead to the goal.
    pub refused: Vec<Refusal>,
}

impl WorkspaceOutcome {
    pub(super) fn add(&mut self, plan: WorkspacePlan) {
        let texts = plan.files.texts();
        let same = |known: &&mut WorkspacePlan| known.files.texts() == texts;
        match self.plans.iter_mut().find(same) {
            // What closure adds does not count: the same files may be had for less.
            Some(known) if plan.plan.rank() < known.plan.rank() => *known = plan,
            Some(_) => {}
            None => self.plans.push(plan),
        }
    }

    pub(super) fn sorted(mut self) -> Self {
        self.plans.sort_by(|a, b| {
            let texts = || a.files.texts().cmp(&b.files.texts());
            a.plan.rank().cmp(&b.plan.rank()).then_with(texts)
        });
        self
    }

    /// The plans of the table of alternatives, best first, as [`Outcome::front`].
    pub fn front(&self) -> Vec<&WorkspacePlan> {
        let all = self.as_one();
        let front = all.front();
        let of = |plan: &&Plan| {
            all.plans
                .iter()
                .position(|known| std::ptr::eq(known, *plan))
        };
        front
            .iter()
            .filter_map(|plan| self.plans.get(of(plan)?))
            .collect()
    }

    /// The outcome in words: as for one main module, with the file of each edit. `holder` is
    /// [`WorkspacePlanner::holder`](super::WorkspacePlanner::holder).
    pub fn report(&self, world: &World, holder: &Planner) -> Report {
        let mut report = Report::new(world, holder, &self.as_one());
        for (words, plan) in report.plans.iter_mut().zip(self.front()) {
            let edits = plan.changes.iter().flat_map(|file| file.edits.clone());
            words.edits = edits.collect();
            words.notes.extend(plan.notes.iter().cloned());
        }
        report.refused.clone_from(&self.refused);
        report
    }

    fn as_one(&self) -> Outcome {
        Outcome {
            plans: self.plans.iter().map(|plan| plan.plan.clone()).collect(),
            conflicts: Vec::new(),
        }
    }
}
