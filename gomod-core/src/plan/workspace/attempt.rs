//! One way to the goal: the members' own plans by this way, put together.

use super::fault::Fault;
use super::hold::{Hold, Way};
use super::today::Joint;
use super::{Halt, WorkspaceError, WorkspaceFiles, WorkspacePlan, WorkspacePlanner};
use crate::graph::ModuleId;
use crate::mvs::World;
use crate::plan::goal::{Goal, Means, Target};
use crate::plan::outcome::{Outcome, Plan};
use crate::plan::{Conflict, Refusal, Refused, Report};

/// How often the plans are put together anew, each time with one more bound.
const TRIES: usize = 60;

/// Which of its own plans each member follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mix {
    /// The cheapest, member by member. None that replaces: a replacement holds for all.
    Cheapest,
    /// The cheapest by one kind of edit.
    Only(Means),
    /// By one kind of edit the one that moves least.
    Stillest(Means),
}

impl Mix {
    /// The one kind of edit.
    pub(super) fn means(self) -> Option<Means> {
        match self {
            Self::Cheapest => None,
            Self::Only(means) | Self::Stillest(means) => Some(means),
        }
    }
}

/// Which members keep what `--keep` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keep {
    /// None: it may stay as it is by itself.
    Free,
    /// Those that hold today's version up.
    Holders,
    /// All that have it.
    All,
}

/// What was found out while plans were put together.
#[derive(Debug, Default)]
pub(super) struct Bounds {
    /// What members require beside the targets.
    pub(super) holds: Vec<Hold>,
    /// Modules that no member may select above this version, since the workspace would load too much; with
    /// the requirements that lead there.
    pub(super) at_most: Vec<(ModuleId, Vec<ModuleId>)>,
    /// Members that require a target though they select less today, by member and target.
    pub(super) pins: Vec<(usize, usize)>,
    /// Versions that only the workspace comes to, with the member that excludes them.
    pub(super) excludes: Vec<(usize, ModuleId)>,
}

/// A member's own plan.
#[derive(Clone)]
pub(super) struct Part {
    pub(super) member: usize,
    pub(super) run: usize,
    pub(super) plan: Plan,
}

/// The members' plans, put together.
pub(super) struct Together {
    pub(super) way: Way,
    pub(super) parts: Vec<Part>,
    pub(super) bounds: Bounds,
    /// All files as planned.
    pub(super) files: WorkspaceFiles,
    /// The workspace that they make.
    pub(super) joint: Joint,
    /// What to know besides.
    pub(super) notes: Vec<String>,
    /// Whether it is known that what rises is asked for.
    pub(super) reasoned: bool,
}

impl WorkspacePlanner {
    /// The best plan by one way.
    pub(super) fn attempt(&mut self, world: &mut World, way: &Way) -> Result<WorkspacePlan, Halt> {
        let levels: &[Keep] = match self.goal.keep.is_empty() {
            true => &[Keep::Free],
            false => &[Keep::Free, Keep::Holders, Keep::All],
        };
        let mut last = None;
        for keep in levels {
            match self.attempt_keeping(world, way, *keep) {
                Err(Halt::Refused(refusal)) => last = Some(refusal),
                other => return other,
            }
        }
        Err(Halt::Refused(last.unwrap_or_else(|| {
            Box::new(unfinished(self.means_of(way.mix)))
        })))
    }

    fn attempt_keeping(
        &mut self,
        world: &mut World,
        way: &Way,
        keep: Keep,
    ) -> Result<WorkspacePlan, Halt> {
        let mix = way.mix;
        let mut bounds = Bounds {
            holds: way.holds.clone(),
            ..Bounds::default()
        };
        for _ in 0..TRIES {
            let parts = match self.parts(world, way, keep, &bounds) {
                // Below a bound there may be other versions that do.
                Err(Halt::Refused(_)) if self.lower_last(world, &mut bounds)? => continue,
                parts => parts?,
            };
            if let Some(pin) = self.raised_by_a_part(world, &parts, &bounds) {
                bounds.pins.push(pin);
                continue;
            }
            let mut files = self.edited(world, &parts, &bounds)?;
            let notes = self.mend(world, &mut files)?;
            let joint = match self.joint(world, &files) {
                // A member that was not right on its own may come out with a go line above that of go.work.
                Err(Halt::Failed(WorkspaceError::Main(reason))) => {
                    return Err(self.refused(world, mix, Conflict::Unwritable { reason }));
                }
                joint => joint?,
            };
            if let Some(clash) = self.clash(world, &files, &joint) {
                let path = |hold: &Hold| (hold.member, world.modules.path_of(hold.module));
                let taken = |hold: &Hold| bounds.holds.iter().any(|one| path(one) == path(hold));
                match clash.hold.filter(|hold| !taken(hold)) {
                    Some(hold) => bounds.holds.push(hold),
                    None => {
                        let reason = clash.what;
                        return Err(self.refused(world, mix, Conflict::Unwritable { reason }));
                    }
                }
                continue;
            }
            match self.fault(world, &joint) {
                None => {
                    if let Some(target) = self.unrequired(world, &files, &bounds) {
                        self.pin(world, mix, &mut bounds, target)?;
                        continue;
                    }
                    let together = Together {
                        way: way.clone(),
                        parts,
                        bounds,
                        files,
                        joint,
                        notes,
                        reasoned: false,
                    };
                    return self.measured(world, together);
                }
                // A replacement is used whatever is selected: some member has to ask for it.
                Some(Fault::Above { target, .. })
                    if mix.means() == Some(Means::Replace)
                        && matches!(self.goal.targets.get(target), Some(Target::Module { .. })) =>
                {
                    self.pin(world, mix, &mut bounds, target)?;
                }
                Some(Fault::Above { target, chain }) => {
                    self.bound(world, mix, &parts, &joint, &mut bounds, target, chain)?;
                }
                Some(Fault::Below { target }) => self.pin(world, mix, &mut bounds, target)?,
                Some(Fault::Kept { kept }) => {
                    return Err(self.refused(world, mix, Conflict::KeepFell { kept }));
                }
            }
        }
        let reason = "the members' plans do not come together".to_owned();
        Err(self.refused(world, mix, Conflict::Unwritable { reason }))
    }

    /// Has a member ask for a target.
    fn pin(&self, world: &World, mix: Mix, bounds: &mut Bounds, target: usize) -> Result<(), Halt> {
        let pin = (self.pinned(world, target), target);
        if bounds.pins.contains(&pin) {
            return Err(self.refused(world, mix, Conflict::KeepFell { kept: None }));
        }
        bounds.pins.push(pin);
        Ok(())
    }

    /// The plans of the members that have one to make.
    fn parts(
        &mut self,
        world: &mut World,
        way: &Way,
        keep: Keep,
        bounds: &Bounds,
    ) -> Result<Vec<Part>, Halt> {
        let mix = way.mix;
        let mut parts = Vec::new();
        let mut needs = crate::plan::Needs::default();
        for member in 0..self.files.members.len() {
            let Some(goal) = self.goal_of(world, member, mix, keep, bounds) else {
                continue;
            };
            let only = match bounds.at_most.is_empty() {
                true => mix.means(),
                false => goal.strategy,
            };
            let still = matches!(mix, Mix::Stillest(_));
            let run = match self.run(world, member, goal) {
                Ok(run) => run,
                Err(Halt::Needs(more)) => {
                    needs.merge(more);
                    continue;
                }
                Err(other) => return Err(other),
            };
            let mut picks = way.picks.iter().filter(|(known, _)| *known == member);
            let picked = picks.next().and_then(|(_, plan)| {
                let outcome = self.runs.get(run)?.outcome.as_ref()?;
                outcome.plans.get(*plan)
            });
            match picked.or_else(|| self.of_kind(run, only, still)).cloned() {
                Some(plan) => parts.push(Part { member, run, plan }),
                None if needs.is_empty() => return Err(self.member_refused(world, run, mix)),
                None => {}
            }
        }
        match needs.is_empty() {
            true => Ok(parts),
            false => Err(Halt::Needs(needs)),
        }
    }

    /// The best plan of a run by one kind of edit, or the one that moves least. One that makes the same edits
    /// as by require goes by that name.
    fn of_kind(&self, run: usize, only: Option<Means>, still: bool) -> Option<&Plan> {
        let run = self.runs.get(run)?;
        let outcome = run.outcome.as_ref()?;
        let plans = |only: Option<Means>| {
            let fitting = outcome.plans.iter();
            let mut fitting = fitting.filter(move |plan| fits(&run.goal, plan, only));
            match still {
                false => fitting.next(),
                true => fitting.min_by_key(|plan| plan.cost.direct_moved + plan.cost.others_moved),
            }
        };
        let failed = |(means, _): &(Vec<Means>, Refused)| {
            only.is_some_and(|only| means.iter().all(|means| *means == only))
        };
        plans(only).or_else(|| match outcome.conflicts.iter().any(failed) {
            true => None,
            false => plans(Some(Means::Require)),
        })
    }

    /// What one member has to reach by itself; nothing where it stays as it is.
    fn goal_of(
        &self,
        world: &World,
        member: usize,
        mix: Mix,
        keep: Keep,
        bounds: &Bounds,
    ) -> Option<Goal> {
        let today = self.today.as_ref()?;
        let problem = today.problems.get(member)?;
        let modules = &world.modules;
        let above = |module: ModuleId| {
            let selected = problem.selected.get(&modules.path_of(module));
            selected.is_some_and(|selected| modules.compare(*selected, module).is_gt())
        };
        let mut targets = Vec::new();
        for (at, target) in self.goal.targets.iter().enumerate() {
            let pinned = bounds.pins.contains(&(member, at));
            match target {
                Target::Module { module } if above(*module) || pinned => {
                    targets.push(target.clone())
                }
                Target::Absent { path } if pinned || problem.selected.contains_key(path) => {
                    targets.push(target.clone());
                }
                Target::Go { version } => {
                    if problem.go.cmp_precedence(version).is_gt() {
                        targets.push(target.clone());
                    } else if self.needs_newer(world, problem, version) {
                        let version = problem.go.clone();
                        targets.push(Target::Go { version });
                    }
                }
                _ => {}
            }
        }
        let at_most = bounds.at_most.iter().map(|(module, _)| *module);
        let at_most = at_most.filter(|module| above(*module));
        targets.extend(at_most.map(|module| Target::Module { module }));
        let aimed = !targets.is_empty();
        let holds = bounds.holds.iter().filter(|hold| hold.member == member);
        let holds = holds.map(|hold| Target::Module {
            module: hold.module,
        });
        let path = |target: &Target| target.path(|module| modules.path_of(module));
        let is_aimed = |hold: &Target| targets.iter().any(|target| path(target) == path(hold));
        let holds: Vec<Target> = holds.filter(|hold| !is_aimed(hold)).collect();
        let held = !holds.is_empty();
        targets.extend(holds);
        // Whatever it asks for of itself, it is used as it is.
        targets.retain(|target| !path(target).is_some_and(|path| problem.is_main(path)));
        if targets.is_empty() {
            return None;
        }
        let kept = self.goal.keep.iter().copied().filter(|path| {
            let own = problem.selected.get(path);
            match keep {
                Keep::Free => false,
                Keep::Holders => own.is_some() && own == today.whole.selected.get(path),
                Keep::All => own.is_some(),
            }
        });
        Some(Goal {
            targets,
            strategy: match (aimed, held || !bounds.at_most.is_empty()) {
                (false, _) => Some(Means::Require),
                (true, false) => self.goal.strategy,
                (true, true) => Some(mix.means().unwrap_or(Means::Require)),
            },
            keep: kept.collect(),
            max_collateral: None,
            ..self.goal.clone()
        })
    }

    /// Whether a selected module of a member asks for a newer Go.
    fn needs_newer(
        &self,
        world: &World,
        problem: &crate::plan::Problem,
        version: &crate::model::GoVersion,
    ) -> bool {
        let overrides = &problem.setup.overrides;
        problem.selected.values().any(|module| {
            let found = world.requirements(*module, overrides, self.local_go.as_ref());
            let go = found.ok().flatten().and_then(|found| found.go().cloned());
            go.is_some_and(|go| go.cmp_precedence(version).is_gt())
        })
    }

    /// The member that a target is required in although none selects more: one that requires it directly, or
    /// has it, or leads to it today.
    fn pinned(&self, world: &World, target: usize) -> usize {
        let Some((today, Target::Module { module })) =
            self.today.as_ref().zip(self.goal.targets.get(target))
        else {
            return 0;
        };
        let path = world.modules.path_of(*module);
        let problems = || today.problems.iter();
        problems()
            .position(|problem| problem.direct.contains(&path))
            .or_else(|| problems().position(|problem| problem.roots.contains_key(&path)))
            .or_else(|| problems().position(|problem| problem.selected.contains_key(&path)))
            .or_else(|| {
                let selected = today.joint.graph.selected(path)?;
                let first = *today.joint.graph.shortest_path(selected).first()?;
                today
                    .joint
                    .setup
                    .main
                    .iter()
                    .position(|main| *main == first)
            })
            .unwrap_or_default()
    }

    /// Why a member has no plan.
    fn member_refused(&self, world: &World, run: usize, mix: Mix) -> Halt {
        let refusal = self.runs.get(run).and_then(|run| {
            let outcome = run.outcome.as_ref()?;
            let of_mix = |means: &[Means]| {
                let only = mix.means();
                only.is_none_or(|only| means.iter().all(|means| *means == only))
            };
            let mut conflicts = outcome.conflicts.iter();
            let conflict = conflicts
                .find(|(means, _)| of_mix(means))
                .or(outcome.conflicts.first())?;
            let alone = Outcome {
                plans: Vec::new(),
                conflicts: vec![conflict.clone()],
            };
            let report = Report::new(world, &run.planner, &alone);
            let mut refusal = report.refused.into_iter().next()?;
            refusal.means = self.means_of(mix);
            let name = self.layout.name(run.member);
            refusal.summary = format!("{name}: {}", refusal.summary);
            if let Some(first) = refusal.because.first_mut() {
                *first = format!("in {name}: {first}");
            }
            Some(refusal)
        });
        Halt::Refused(Box::new(
            refusal.unwrap_or_else(|| unfinished(self.means_of(mix))),
        ))
    }

    /// A conflict of the workspace as a whole.
    pub(super) fn refused(&self, world: &World, mix: Mix, conflict: Conflict) -> Halt {
        let refusal = self.holder().and_then(|holder| {
            let refused = Refused::new(conflict, &Default::default());
            let outcome = Outcome {
                plans: Vec::new(),
                conflicts: vec![(self.means_of(mix), refused)],
            };
            Report::new(world, &holder, &outcome)
                .refused
                .into_iter()
                .next()
        });
        Halt::Refused(Box::new(
            refusal.unwrap_or_else(|| unfinished(self.means_of(mix))),
        ))
    }

    /// The kinds of edit that a mix stands for, one for each target.
    pub(super) fn means_of(&self, mix: Mix) -> Vec<Means> {
        let of_target = |target: &Target| match (target, mix.means()) {
            (Target::Go { .. } | Target::Toolchain { .. }, _)
            | (Target::Absent { .. }, Some(Means::Replace))
            | (_, None) => Means::Require,
            (_, Some(means)) => means,
        };
        self.goal.targets.iter().map(of_target).collect()
    }
}

/// Whether a member's plan is of the kind that is followed.
fn fits(goal: &Goal, plan: &Plan, only: Option<Means>) -> bool {
    let Some(only) = only else {
        return !plan.means.contains(&Means::Replace);
    };
    goal.targets
        .iter()
        .zip(&plan.means)
        .all(|(target, means)| match target {
            Target::Go { .. } | Target::Toolchain { .. } => true,
            Target::Absent { .. } => *means == only || only == Means::Replace,
            Target::Module { .. } => *means == only,
        })
}

/// Why the members' plans could not be put together, when nothing says it better.
fn unfinished(means: Vec<Means>) -> Refusal {
    let why = "the members' plans do not come together".to_owned();
    Refusal {
        means,
        summary: why.clone(),
        because: vec![why],
        relax: Vec::new(),
        moves: Vec::new(),
    }
}
