//! Planning over the members of a workspace at once.
//!
//! The graph of a workspace is the union of its members' graphs, each loaded with its own pruning, under
//! excludes and replaces that all share; the selected version of a path is the highest over the members. So
//! each member that selects more than a target is planned by itself, the others are left alone, and the plans
//! are put together ([`attempt`]). What the union loads beyond that, because one member requires more than
//! another, is looked at afterwards and bounded ([`fault`]). The cost is counted on the workspace's build list
//! ([`measure`]), and each member that was right on its own stays so ([`alone`]).

mod alone;
mod attempt;
mod fault;
mod files;
mod measure;
mod outcome;
mod today;

pub use files::{FileEdits, Layout, Rebase, WorkspaceFiles};
pub use outcome::{MemberSums, WorkspaceOutcome, WorkspacePlan};

use super::goal::{Goal, Means};
use super::outcome::{Outcome, Plan};
use super::packages::Packages;
use super::{Candidates, Needs, Planner, Planning, Problem, Progress};
use crate::model::{GoMod, GoVersion};
use crate::mvs::{ResolveError, World};
use attempt::Mix;
use today::Today;

/// Why a workspace cannot be planned for at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WorkspaceError {
    /// The members do not fit together, today or as planned.
    Main(String),
    /// A graph cannot be loaded.
    Load(ResolveError),
}

/// Why an attempt stops.
#[derive(Debug)]
enum Halt {
    /// Something must be fed first.
    Needs(Needs),
    /// The attempt leads nowhere: by which means, and why.
    Refused(Box<super::Refusal>),
    /// Nothing can be planned.
    Failed(WorkspaceError),
}

/// One member planned by itself, for one goal.
struct Run {
    member: usize,
    goal: Goal,
    planner: Planner,
    outcome: Option<Outcome>,
}

/// Plans for one goal over the members of a workspace; a state machine like [`Planner`].
pub struct WorkspacePlanner {
    files: WorkspaceFiles,
    layout: Layout,
    goal: Goal,
    local_go: Option<GoVersion>,
    /// The version lists that were fed.
    pub candidates: Candidates,
    /// What was fed of other modules' packages.
    pub packages: Packages,
    /// The packages of each member.
    mains: Vec<Packages>,
    /// The names under which planned `go.mod` files of members stand for the directories that they are in.
    aliases: Vec<(usize, String, String)>,
    today: Option<Today>,
    runs: Vec<Run>,
}

impl WorkspacePlanner {
    /// A planner for `goal` from today's files. `mains` are the packages of each member, in their order.
    pub fn new(
        files: WorkspaceFiles,
        layout: Layout,
        mains: Vec<Packages>,
        goal: Goal,
        local_go: Option<GoVersion>,
    ) -> Self {
        Self {
            files,
            layout,
            goal,
            local_go,
            candidates: Candidates::default(),
            packages: Packages::default(),
            mains,
            aliases: Vec::new(),
            today: None,
            runs: Vec::new(),
        }
    }

    /// The goal.
    pub fn goal(&self) -> &Goal {
        &self.goal
    }

    /// The same for another goal, with what is known already.
    pub fn set_goal(&mut self, goal: Goal) {
        self.goal = goal;
    }

    /// Today's files.
    pub fn files(&self) -> &WorkspaceFiles {
        &self.files
    }

    /// The state of the workspace as if it were one module's, which reports are made from; none before
    /// planning has begun.
    pub fn problem(&self) -> Option<&Problem> {
        self.today.as_ref().map(|today| &today.whole)
    }

    /// A planner that holds the workspace's state and searches nothing: for reports and certificates.
    pub fn holder(&self) -> Option<Planner> {
        let problem = self.problem()?.clone();
        let go_mod: GoMod = self.files.members.first()?.clone();
        Some(Planner::new(
            problem,
            go_mod,
            self.goal.clone(),
            self.candidates.clone(),
        ))
    }

    fn plan(&mut self, world: &mut World) -> Result<WorkspaceOutcome, Halt> {
        if self.today.is_none() {
            self.today = Some(self.look(world)?);
        }
        let mut outcome = WorkspaceOutcome::default();
        let mut needs = Needs::default();
        let mixes = match self.goal.strategy {
            Some(means) => vec![Mix::Only(means)],
            None => [Mix::Cheapest]
                .into_iter()
                .chain(Means::ALL.map(Mix::Only))
                .collect(),
        };
        for mix in mixes {
            match self.attempt(world, mix) {
                Ok(plan) => outcome.add(plan),
                Err(Halt::Refused(refusal)) if matches!(mix, Mix::Only(_)) => {
                    outcome.refused.push(*refusal);
                }
                Err(Halt::Refused(_)) => {}
                Err(Halt::Needs(more)) => needs.merge(more),
                Err(failed) => return Err(failed),
            }
        }
        match needs.is_empty() {
            true => Ok(outcome.sorted()),
            false => Err(Halt::Needs(needs)),
        }
    }

    /// Goes on with one member by itself; gives the place of the run.
    fn run(&mut self, world: &mut World, member: usize, goal: Goal) -> Result<usize, Halt> {
        let known = |run: &Run| run.member == member && run.goal == goal;
        let at = match self.runs.iter().position(known) {
            Some(at) => at,
            None => {
                let (Some(today), Some(go_mod)) = (&self.today, self.files.members.get(member))
                else {
                    return Err(Halt::Needs(Needs::default()));
                };
                let Some(problem) = today.problems.get(member).cloned() else {
                    return Err(Halt::Needs(Needs::default()));
                };
                let candidates = Candidates::default();
                let planner = Planner::new(problem, go_mod.clone(), goal.clone(), candidates);
                self.runs.push(Run {
                    member,
                    goal,
                    planner,
                    outcome: None,
                });
                self.runs.len() - 1
            }
        };
        if self.runs.get(at).is_some_and(|run| run.outcome.is_some()) {
            return Ok(at);
        }
        let (Some(run), Some(main)) = (self.runs.get_mut(at), self.mains.get_mut(member)) else {
            return Ok(at);
        };
        self.packages.lend(main);
        std::mem::swap(&mut run.planner.candidates, &mut self.candidates);
        std::mem::swap(&mut run.planner.packages, main);
        let progress = run.planner.advance(world);
        std::mem::swap(&mut run.planner.packages, main);
        std::mem::swap(&mut run.planner.candidates, &mut self.candidates);
        self.packages.take_back(main);
        match progress {
            Progress::Needs(needs) => Err(Halt::Needs(needs)),
            Progress::Done(outcome) => {
                run.outcome = Some(*outcome);
                Ok(at)
            }
        }
    }

    /// The best plan of a run that `fits`.
    fn best(&self, run: usize, fits: impl Fn(&Goal, &Plan) -> bool) -> Option<&Plan> {
        let run = self.runs.get(run)?;
        let plans = &run.outcome.as_ref()?.plans;
        plans.iter().find(|plan| fits(&run.goal, plan))
    }
}

impl Planning for WorkspacePlanner {
    type Outcome = Result<WorkspaceOutcome, WorkspaceError>;

    fn step(&mut self, world: &mut World) -> Progress<Self::Outcome> {
        match self.plan(world) {
            Ok(outcome) => Progress::Done(Box::new(Ok(outcome))),
            Err(Halt::Failed(error)) => Progress::Done(Box::new(Err(error))),
            Err(Halt::Refused(refusal)) => {
                let mut outcome = WorkspaceOutcome::default();
                outcome.refused.push(*refusal);
                Progress::Done(Box::new(Ok(outcome)))
            }
            Err(Halt::Needs(needs)) => Progress::Needs(needs),
        }
    }

    fn stores(&mut self) -> (&mut Candidates, &mut Packages) {
        (&mut self.candidates, &mut self.packages)
    }
}
