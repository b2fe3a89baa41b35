//! Planning over the members of a workspace at once.
//!
//! The graph of a workspace is the union of its members' graphs, each loaded with its own pruning, under
//! excludes and replaces that all share; the selected version of a path is the highest over the members. So
//! each member that selects more than a target is planned by itself, the others are left alone, and the plans
//! are put together ([`attempt`]). What the union loads beyond that, because one member requires more than
//! another, is looked at afterwards and bounded ([`fault`]), and so is what does not fit together ([`clash`]). What
//! others could hold up, and other mixes, are tried on the best plan ([`hold`]); and where the workspace is small, all that there is
//! ([`exhaust`]). The cost is counted on the workspace's build list
//! ([`measure`]) and held against what every plan costs ([`least`]), and each member that was right on its own
//! stays so ([`alone`]).

mod alone;
mod attempt;
mod bits;
mod clash;
mod earnest;
mod exhaust;
mod fault;
mod files;
mod hold;
mod least;
mod measure;
mod options;
mod outcome;
mod space;
mod today;

pub use files::{FileEdits, Layout, Rebase, WorkspaceFiles};
pub use outcome::{MemberSums, WorkspaceOutcome, WorkspacePlan};

use super::goal::{Goal, Means};
use super::outcome::Outcome;
use super::packages::{Packages, Universe};
use super::{Candidates, Needs, Pass, Planner, Planning, Problem, Progress, Refusal};
use crate::model::{GoMod, GoVersion};
use crate::mvs::{ResolveError, World};
use attempt::Mix;
use hold::Way;
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
    Refused(Box<Refusal>),
    /// Nothing can be planned.
    Failed(WorkspaceError),
}

/// One member planned by itself, for one goal.
struct Run {
    member: usize,
    goal: Goal,
    planner: Planner,
    outcome: Option<Outcome>,
    /// Whether it only takes what it is given, and searches nothing.
    fixed: bool,
}

impl Run {
    /// Lets the planner work with what was fed: of its own main module, and of all.
    fn lent<T>(
        &mut self,
        main: &mut Packages,
        (candidates, packages): (&mut Candidates, &mut Packages),
        work: impl FnOnce(&mut Planner) -> T,
    ) -> T {
        packages.lend(main);
        std::mem::swap(&mut self.planner.candidates, candidates);
        std::mem::swap(&mut self.planner.packages, main);
        let done = work(&mut self.planner);
        std::mem::swap(&mut self.planner.packages, main);
        std::mem::swap(&mut self.planner.candidates, candidates);
        packages.take_back(main);
        done
    }
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
    /// The ways that were followed to their end.
    done: Vec<(Way, Result<WorkspacePlan, Box<Refusal>>)>,
    /// The versions at which the members are bounded together, and whether any was, or should have been.
    pass: Pass,
    bounded: bool,
    /// The ways among releases, where these lead nowhere.
    among_releases: Vec<(Way, Result<WorkspacePlan, Box<Refusal>>)>,
    /// The packages of all members, and the build lists whose imports are being followed.
    all: Option<Packages>,
    universes: Vec<Universe>,
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
            done: Vec::new(),
            pass: Pass::Releases,
            bounded: false,
            among_releases: Vec::new(),
            all: None,
            universes: Vec::new(),
        }
    }

    /// The goal.
    pub fn goal(&self) -> &Goal {
        &self.goal
    }

    /// The same for another goal, with what is known already.
    pub fn set_goal(&mut self, goal: Goal) {
        self.goal = goal;
        self.done.clear();
        self.pass = Pass::Releases;
        self.bounded = false;
        self.among_releases.clear();
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
        self.follow_imports()?;
        if self.today.is_none() {
            self.today = Some(self.look(world)?);
        }
        let mut needs = Needs::default();
        let mixes = match self.goal.strategy {
            Some(means) => vec![Mix::Only(means)],
            None => [Mix::Cheapest]
                .into_iter()
                .chain(Means::ALL.map(Mix::Only))
                .chain([Means::Exclude, Means::Replace].map(Mix::Stillest))
                .collect(),
        };
        for mix in mixes {
            match self.try_way(world, &Way::plain(mix)) {
                Err(Halt::Needs(more)) => needs.merge(more),
                other => other?,
            }
        }
        if !needs.is_empty() {
            self.universes.append(&mut needs.universes);
            return Err(Halt::Needs(needs));
        }
        self.prove(world)?;
        match self.improve(world) {
            Err(Halt::Needs(mut more)) => {
                self.universes.append(&mut more.universes);
                return Err(Halt::Needs(more));
            }
            other => other?,
        }
        self.prove(world)?;
        let mut exhausted = match self.exhaust(world) {
            Err(Halt::Needs(mut more)) => {
                self.universes.append(&mut more.universes);
                return Err(Halt::Needs(more));
            }
            other => other?,
        };
        if self.best().is_none() && exhausted.better.is_none() {
            // As in one module, other versions than releases are tried when nothing else leads there.
            if self.pass == Pass::Releases && self.bounded {
                self.pass = Pass::Everything;
                self.among_releases = std::mem::take(&mut self.done);
                return self.plan(world);
            }
            if self.pass == Pass::Everything {
                self.done = std::mem::take(&mut self.among_releases);
            }
        }
        let mut outcome = WorkspaceOutcome::default();
        let mut done = std::mem::take(&mut self.done);
        done.sort_by(|(a, _), (b, _)| a.cmp(b));
        for (way, result) in done {
            match result {
                Ok(plan) => outcome.add(plan),
                Err(refusal) if way.holds.is_empty() && matches!(way.mix, Mix::Only(_)) => {
                    outcome.refused.push(*refusal);
                }
                Err(_) => {}
            }
        }
        if let Some(better) = exhausted.better.take() {
            outcome.add(*better);
        }
        let mut outcome = outcome.sorted();
        self.claim(world, &exhausted, &mut outcome);
        Ok(outcome)
    }

    /// Follows a way to its end, once.
    fn try_way(&mut self, world: &mut World, way: &Way) -> Result<(), Halt> {
        if self.done.iter().any(|(known, _)| known == way) {
            return Ok(());
        }
        let ended = match self.attempt(world, way) {
            Ok(plan) => Ok(plan),
            Err(Halt::Refused(refusal)) => Err(refusal),
            Err(other) => return Err(other),
        };
        self.done.push((way.clone(), ended));
        Ok(())
    }

    /// Goes on with the build lists whose imports are being followed: one leads to the next, and nothing else
    /// changes in between.
    fn follow_imports(&mut self) -> Result<(), Halt> {
        let universes = std::mem::take(&mut self.universes);
        if universes.is_empty() {
            return Ok(());
        }
        let Some(mut all) = self.all.take() else {
            return Ok(());
        };
        let mut needs = Needs::default();
        self.packages.lend(&mut all);
        for universe in &universes {
            if let Some(walk) = all.walk(universe) {
                needs.merge(all.wanted(universe, &walk.needs));
            }
        }
        self.packages.take_back(&mut all);
        self.all = Some(all);
        if needs.is_empty() {
            return Ok(());
        }
        self.universes = universes;
        Err(Halt::Needs(needs))
    }

    /// The place of one member's run for a goal; a new one where there is none.
    fn place_of(&mut self, member: usize, goal: Goal, fixed: bool) -> Option<usize> {
        let known = |run: &Run| run.member == member && run.goal == goal && run.fixed == fixed;
        if let Some(at) = self.runs.iter().position(known) {
            return Some(at);
        }
        let problem = self.today.as_ref()?.problems.get(member)?.clone();
        let go_mod = self.files.members.get(member)?.clone();
        let candidates = Candidates::default();
        let planner = Planner::new(problem, go_mod, goal.clone(), candidates);
        self.runs.push(Run {
            member,
            goal,
            planner,
            outcome: None,
            fixed,
        });
        Some(self.runs.len() - 1)
    }

    /// Goes on with one member by itself; gives the place of the run.
    fn run(&mut self, world: &mut World, member: usize, goal: Goal) -> Result<usize, Halt> {
        let Some(at) = self.place_of(member, goal, false) else {
            return Err(Halt::Needs(Needs::default()));
        };
        if self.runs.get(at).is_some_and(|run| run.outcome.is_some()) {
            return Ok(at);
        }
        let (Some(run), Some(main)) = (self.runs.get_mut(at), self.mains.get_mut(member)) else {
            return Ok(at);
        };
        let stores = (&mut self.candidates, &mut self.packages);
        let progress = run.lent(main, stores, |planner| planner.advance(world));
        match progress {
            Progress::Needs(needs) => Err(Halt::Needs(needs)),
            Progress::Done(outcome) => {
                run.outcome = Some(*outcome);
                Ok(at)
            }
        }
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
