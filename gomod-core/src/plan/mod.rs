//! Planning a downgrade: the smallest honest edit of `go.mod` that brings a version back.
//!
//! [`Planner`] is a state machine: it says which `go.mod` files and version lists it needs, is fed
//! them through the [`World`] and its [`Candidates`], and ends with [`Outcome`]: the plans it found,
//! best first, and why other ways do not lead there. What a plan means is described in docs/planning.md.

mod asked;
mod attempt;
mod bounds;
mod branch;
mod candidates;
mod certificate;
mod chains;
mod choice;
mod closure;
mod conflict;
mod cost;
mod cuts;
mod derivation;
mod descend;
mod edit;
mod exhaust;
mod finish;
mod fixed;
mod floors;
mod forced;
mod gaps;
mod goal;
mod hidden;
mod imported;
mod importers;
mod irreducible;
mod measure;
mod needs;
mod older_go;
mod outcome;
mod packages;
mod places;
mod problem;
mod reason;
mod report;
mod search;
mod state;
mod tidy;
mod unresolved;
mod visible;
mod walk;
mod walks;
mod ways;
mod workspace;

pub use candidates::{Candidates, Pass};
pub use certificate::{
    Because, Bound, Certificate, FloorPath, FloorVersion, Least, Listed, Skipped, Used,
};
pub use closure::AddedBy;
pub use conflict::Conflict;
pub use cost::{Cost, Move, Role};
pub use derivation::Refused;
pub use descend::Lowering;
pub use edit::{Edit, changed_lines};
pub use floors::Stuck;
pub use goal::{Goal, Means, Target};
pub use imported::imported;
pub use measure::{MeasureError, Measured, Measuring};
pub use needs::Needs;
pub use outcome::{Outcome, Plan};
pub use packages::{ImportCheck, Packages, TriedLower};
pub use problem::Problem;
pub use report::{
    EditReport, FloorReport, MoveReport, OverriddenReport, PlanReport, Refusal, Report,
    TargetReport,
};
pub use tidy::{NotKept, TidyReport};
pub use unresolved::{ImportsReport, UnresolvedReport};
pub use workspace::{
    FileEdits, Layout, MemberSums, Rebase, WorkspaceError, WorkspaceFiles, WorkspaceOutcome,
    WorkspacePlan, WorkspacePlanner,
};

use crate::graph::{ModuleId, PathId};
use crate::model::GoMod;
use crate::mvs::{Source, SourceId, World};
use branch::{Branch, Ended};
use choice::{Choice, Way};
use exhaust::Exhausted;
use forced::Unread;
use outcome::Searched;
use packages::Universe;
use search::Stop;
use walks::Walks;

/// How many `go.mod` files at most are worth fetching to prove a plan to be the cheapest.
const PROOFS: usize = 24;

/// What [`Planner::advance`] says.
#[derive(Debug)]
pub enum Progress<T = Outcome> {
    /// Feed this and call again.
    Needs(Needs),
    /// Done.
    Done(Box<T>),
}

/// A state machine that plans: it says what it needs, and is fed through the world and its stores.
pub trait Planning {
    /// What it ends with.
    type Outcome;

    /// Goes on as far as what was fed allows.
    fn step(&mut self, world: &mut World) -> Progress<Self::Outcome>;

    /// Where version lists and packages are fed.
    fn stores(&mut self) -> (&mut Candidates, &mut Packages);
}

impl Planning for Planner {
    type Outcome = Outcome;

    fn step(&mut self, world: &mut World) -> Progress {
        self.advance(world)
    }

    fn stores(&mut self) -> (&mut Candidates, &mut Packages) {
        (&mut self.candidates, &mut self.packages)
    }
}

/// Plans for one goal; see the module's documentation.
#[derive(Debug)]
pub struct Planner {
    problem: Problem,
    goal: Goal,
    go_mod: GoMod,
    /// The version lists that were fed.
    pub candidates: Candidates,
    /// The packages that were fed.
    pub packages: Packages,
    /// The build lists whose imports are being followed.
    universes: Vec<Universe>,
    /// The ways that are being followed, and those that were followed to their end.
    branches: Vec<Branch>,
    done: Vec<(Way, Ended)>,
    pass: Pass,
    /// What every plan has to override.
    stuck: Vec<Stuck>,
    /// What trying everything gave, where there was little.
    exhausted: Exhausted,
    /// What the walks that `go get` takes came to.
    walks: Walks,
    /// How the ways ended among releases, when they all ended without a plan.
    among_releases: Vec<(Way, Ended)>,
    /// The row of the table whose edits are taken back one by one beside those of the best plan.
    pub chosen: Option<usize>,
}

impl Planner {
    /// A planner for `goal`, from today's state and `go.mod`. It follows no imports unless its
    /// `packages` are set.
    pub fn new(problem: Problem, go_mod: GoMod, goal: Goal, candidates: Candidates) -> Self {
        Self {
            problem,
            goal,
            go_mod,
            candidates,
            packages: Packages::unknown("no sources were given"),
            universes: Vec::new(),
            branches: Vec::new(),
            done: Vec::new(),
            pass: Pass::Releases,
            stuck: Vec::new(),
            exhausted: Exhausted::default(),
            walks: Walks::default(),
            among_releases: Vec::new(),
            chosen: None,
        }
    }

    /// Today's state.
    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    /// Today's `go.mod`.
    pub fn go_mod(&self) -> &GoMod {
        &self.go_mod
    }

    /// The goal.
    pub fn goal(&self) -> &Goal {
        &self.goal
    }

    /// The direct requirements that every plan has to override.
    pub fn stuck(&self) -> &[Stuck] {
        &self.stuck
    }

    /// Tries every way to the goal as far as what was fed allows.
    pub fn advance(&mut self, world: &mut World) -> Progress {
        self.hold_directories(world);
        let mut needs = Needs::default();
        // Imports lead from one module to the next: no need to search again after each step.
        for universe in &self.universes {
            if let Some(walk) = self.packages.walk(universe) {
                needs.merge(self.packages.wanted(universe, &walk.needs));
            }
        }
        if !needs.is_empty() {
            return Progress::Needs(needs);
        }
        self.universes.clear();
        loop {
            self.follow_all(world, self.goal.whole_ways(), &mut needs);
            // What no requirement has to be hidden for, or dropped, cannot be done better by hiding some, but where an
            // exclude of today hides one; and who asks for one kind of edit wants that one.
            let asked = self.goal.strategy.is_some();
            let excludes = !self.problem.setup.overrides.excludes.is_empty();
            let enough = |(way, ended): &(Way, Ended)| {
                ended.plan.as_ref().is_some_and(|plan| {
                    let cost = plan.cost;
                    let whole =
                        cost.unresolved + cost.dropped == 0 && (cost.overridden == 0 || !excludes);
                    asked || way.only_requires() && whole || self.costs_the_least(world, plan)
                })
            };
            if needs.is_empty() && !self.done.iter().any(enough) {
                self.follow_all(world, self.goal.sparing_ways(), &mut needs);
            }
            if !needs.is_empty() {
                self.universes = std::mem::take(&mut needs.universes);
                return Progress::Needs(needs);
            }
            if self.is_worth_a_walk(world)
                && let Err(needs) = self.walk(world)
            {
                return Progress::Needs(needs);
            }
            if let Some(best) = self.best(&[])
                && !self.costs_the_least(world, best)
            {
                let sources = self.could_prove(world, best);
                if !sources.is_empty() {
                    return Progress::Needs(Needs::of_sources(sources));
                }
            }
            match self.exhaust(world) {
                Ok(exhausted) => self.exhausted = exhausted,
                Err(needs) => return Progress::Needs(needs),
            }
            if self.is_no_longer_stuck(world) {
                continue;
            }
            // Other versions than releases are tried when nothing else leads there.
            if self.pass == Pass::Everything
                || self.exhausted.better.is_some()
                || self.best(self.loose()).is_some()
            {
                return match self.spare(world) {
                    Ok(outcome) => Progress::Done(Box::new(outcome)),
                    Err(needs) => Progress::Needs(needs),
                };
            }
            self.pass = Pass::Everything;
            self.stuck.clear();
            self.exhausted = Exhausted::default();
            self.walks = Walks::default();
            self.among_releases = std::mem::take(&mut self.done);
        }
    }

    /// Where a directory stands for what is selected, it stays: no other version is worth a look.
    fn hold_directories(&mut self, world: &mut World) {
        let overrides = &self.problem.setup.overrides;
        let exact = overrides.exact.iter();
        let exact = exact.map(|(module, source)| (world.modules.path_of(*module), source));
        let all = overrides
            .wildcard
            .iter()
            .map(|(path, source)| (*path, source));
        let directories = exact.chain(all).filter(|(path, source)| {
            let selected = self.problem.selected.get(path);
            matches!(source, Source::Directory(_))
                && self.candidates.list(*path).is_none()
                && selected.is_some_and(|selected| {
                    overrides.replacement(&world.modules, *selected) == Some(*source)
                })
        });
        let paths: Vec<PathId> = directories.map(|(path, _)| path).collect();
        for path in paths {
            self.candidates.feed(world, path, &[]);
        }
    }

    fn follow_all(&mut self, world: &mut World, ways: Vec<Way>, needs: &mut Needs) {
        for way in ways {
            if self.done.iter().any(|(known, _)| *known == way) {
                continue;
            }
            let lowers = way.only_requires();
            match self.follow(world, way) {
                Err(more) => needs.merge(more),
                // Now every candidate of what cannot go low enough was looked at.
                Ok(()) if lowers => {
                    self.stuck = self.find_stuck(world);
                }
                Ok(()) => {}
            }
        }
    }

    /// Whether what was read since shows a version that a requirement could rise to, which was thought to hold a target
    /// up in all of them: then the search begins again, with what is known now.
    fn is_no_longer_stuck(&mut self, world: &World) -> bool {
        let now = self.find_stuck(world);
        let stays = |before: &Stuck| {
            let same = |after: &Stuck| (after.by, after.target) == (before.by, before.target);
            now.iter().any(same)
        };
        let freed = !self.stuck.iter().all(stays);
        self.stuck = now;
        if freed {
            self.done.clear();
            self.branches.clear();
            self.walks = Walks::default();
            self.exhausted = Exhausted::default();
        }
        freed
    }

    fn find_stuck(&self, world: &World) -> Vec<Stuck> {
        floors::stuck(
            world,
            &self.problem,
            &self.goal,
            &self.candidates,
            self.pass,
        )
    }

    /// What every plan costs at least, but for lines and the releases that targets pass.
    pub fn least(&self, world: &World) -> Cost {
        self.least_if(world, Unread::Fine).0
    }

    fn least_if(&self, world: &World, unread: Unread) -> (Cost, Vec<ModuleId>) {
        floors::least(
            world,
            &self.problem,
            &self.goal,
            &self.candidates,
            self.pass,
            &self.stuck,
            unread,
        )
    }

    /// Whether a plan costs no more than every plan must: then none is cheaper, but for its lines.
    fn costs_the_least(&self, world: &World, plan: &Plan) -> bool {
        self.costs_only(world, plan, self.least(world))
    }

    fn costs_only(&self, world: &World, plan: &Plan, least: Cost) -> bool {
        let targets = plan.moves.iter().filter(|moved| moved.role == Role::Target);
        let steps =
            targets.filter_map(|moved| Some(self.candidates.steps(world, moved.to, moved.from?)));
        let least = Cost {
            steps: least.steps + steps.sum::<usize>(),
            lines: plan.cost.lines,
            ..least
        };
        plan.cost <= least
    }

    /// The few `go.mod` files that could prove a plan to be the cheapest.
    fn could_prove(&self, world: &mut World, plan: &Plan) -> Vec<SourceId> {
        let (least, missing) = self.least_if(world, Unread::Bad);
        if missing.len() > PROOFS || !self.costs_only(world, plan, least) {
            return Vec::new();
        }
        let overrides = &self.problem.setup.overrides;
        let sources = missing.into_iter();
        sources
            .filter_map(|module| world.source_of(module, overrides))
            .collect()
    }

    /// Whether the walk that `go get` takes could end at a cheaper plan.
    fn is_worth_a_walk(&self, world: &World) -> bool {
        let mut means = self.goal.targets.iter().map(|one| self.goal.means_of(one));
        let by_require = means.all(|means| means.contains(&Means::Require));
        let leads_there = self.stuck.is_empty() || self.goal.allow_drop;
        by_require
            && leads_there
            && !self.goal.settle
            && self.pass == Pass::Releases
            && self
                .best(&[])
                .is_none_or(|best| !self.costs_the_least(world, best))
    }

    /// The best plan along any way, and of the walk, but for these.
    fn best(&self, but: &[Vec<Edit>]) -> Option<&Plan> {
        let ways = self.done.iter();
        let plans = ways.filter_map(|(_, ended)| ended.plan.as_deref());
        plans
            .chain(self.walks.plan.as_deref())
            .filter(|plan| !but.contains(&plan.edits))
            .min_by(|a, b| a.compare(b))
    }

    /// The edits of plans that do not count, since everything was tried.
    fn loose(&self) -> &[Vec<Edit>] {
        match self.exhausted.complete {
            true => &self.exhausted.loose,
            false => &[],
        }
    }

    fn outcome(&self, world: &World) -> Outcome {
        let mut outcome = Outcome {
            plans: Vec::new(),
            conflicts: Vec::new(),
        };
        // Where nothing else leads there, a plan that lists something without a reason is better than none.
        let reasoned = self.exhausted.better.is_some() || self.best(self.loose()).is_some();
        let loose = if reasoned { self.loose() } else { &[] };
        let open = self.done.iter().filter_map(|(_, ended)| ended.bound).min();
        let mut done: Vec<&(Way, Ended)> = self.done.iter().collect();
        // Of equal plans the one whose search says more.
        done.sort_by_key(|(way, _)| !way.is_exhaustive());
        for (way, ended) in done {
            match (&ended.plan, &ended.conflict) {
                (Some(plan), _) if loose.contains(&plan.edits) => {}
                (Some(plan), _) => {
                    let known = outcome.plans.iter().any(|other| other.edits == plan.edits);
                    if !known {
                        let mut plan = plan.as_ref().clone();
                        plan.search = Searched {
                            proven: self.costs_the_least(world, &plan),
                            bound: open,
                            tried: ended.tried,
                            irreducible: None,
                        };
                        outcome.plans.push(plan);
                    }
                }
                (None, Some(conflict)) if !way.sparing => {
                    // What stands in the way among releases is easier to understand.
                    let first = self.among_releases.iter().find(|(known, _)| known == way);
                    let first = first.and_then(|(_, ended)| ended.conflict.as_ref());
                    let refused = Refused {
                        tried: ended.tried,
                        widened: first.is_some(),
                        ..first.unwrap_or(conflict).clone()
                    };
                    outcome.conflicts.push((way.means.clone(), refused));
                }
                _ => {}
            }
        }
        let walks = [&self.walks.plan, &self.walks.other];
        let walks = walks.into_iter().filter_map(|plan| plan.as_deref());
        let walks = walks.filter(|plan| !loose.contains(&plan.edits));
        let others = walks.chain(self.exhausted.better.as_deref());
        outcome.plans.extend(others.cloned());
        outcome.plans.sort_by(Plan::compare);
        if self.exhausted.complete
            && reasoned
            && let Some(best) = outcome.plans.first_mut()
        {
            best.search = Searched {
                proven: true,
                tried: best.search.tried + self.exhausted.tried,
                ..best.search
            };
        }
        outcome
    }

    /// The choice that a search begins with: to hide what every plan hides.
    fn start(&self, way: &Way) -> Choice {
        let hides = self.stuck.iter().filter(|_| way.sparing);
        Choice {
            hides: hides.map(|stuck| (stuck.by, stuck.target)).collect(),
            ..Choice::default()
        }
    }

    /// Goes on along one way, to its end or until something must be fed.
    fn follow(&mut self, world: &mut World, way: Way) -> Result<(), Needs> {
        let at = self.branches.iter().position(|branch| branch.way == way);
        let mut branch = match at {
            Some(at) => self.branches.swap_remove(at),
            None => {
                let start = self.start(&way);
                Branch::new(way, start, self.problem.selected.len())
            }
        };
        match branch.advance(|way, choice, kept| {
            let mut tried = self.attempt(world, way, choice, kept);
            // No rise helps where something stays too high whatever its version.
            if let Err(Stop::Conflict(blocked)) = &mut tried
                && way.only_requires()
                && !self.find_stuck(world).is_empty()
            {
                blocked.options = Choice::default();
            }
            tried
        }) {
            Ok(ended) => {
                self.done.push((branch.way, ended));
                Ok(())
            }
            Err(needs) => {
                self.branches.push(branch);
                Err(needs)
            }
        }
    }
}
