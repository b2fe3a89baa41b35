//! The `plan-downgrade` that undoes a drift. Each way is planned before it is compared, and the one that
//! puts back most is printed, with what it leaves.

use std::cmp::Reverse;

use gomod_core::drift::{Code, Drift, Finding, Lock, Today, compare};
use gomod_core::graph::PathId;
use gomod_core::model::{GoVersion, ModulePath, ModuleVersion, Version};
use gomod_core::mvs::World;
use gomod_core::plan::{
    Candidates, Conflict, Goal, Means, Outcome, Packages, Plan, Planner, Problem, Report, Role,
    Target, UnresolvedReport,
};
use serde::Serialize;

use super::plan::gomod_words;
use super::{Setting, imports, lock};
use crate::args::Global;

/// A way back, and what would be left.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Undo {
    /// The arguments of `gomod plan-downgrade`.
    pub(crate) targets: Vec<String>,
    /// The whole command.
    pub(crate) command: String,
    /// How many of the differences it undoes.
    pub(crate) undone: usize,
    /// What would still differ from the baseline, each with the reason.
    pub(crate) left: Vec<String>,
    /// Why there is no way back, or why it could not be tried.
    pub(crate) problem: Option<String>,
    /// The same as findings.
    #[serde(skip)]
    pub(crate) left_findings: Vec<Finding>,
    /// How many of them differ only because of root closure.
    #[serde(skip)]
    pub(crate) by_closure: usize,
    /// How many of them the plan moves, with what it undoes, that are as in the baseline today.
    #[serde(skip)]
    beyond: usize,
}

impl Undo {
    /// What it puts back, less what it moves away. Root closure is the price of any plan.
    fn gain(&self) -> i64 {
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        number(self.undone) - number(self.beyond)
    }
}

/// The best of the ways that `drift` names.
pub(crate) fn tried(
    global: &Global,
    setting: &mut Setting,
    baseline: &Lock,
    drift: &Drift,
) -> Undo {
    if drift.undo.is_empty() {
        return Undo::default();
    }
    if setting.project.work.is_some() {
        let problem = "in a workspace this is planned for one member at a time, with GOWORK=off";
        return Undo {
            problem: Some(problem.to_owned()),
            ..Undo::default()
        };
    }
    let mut best: Option<Undo> = None;
    let mut problem = None;
    let mut known = (Candidates::default(), imports::packages(setting));
    for means in [Means::Require, Means::Exclude] {
        // Excluding keeps others where they are, and is worth its lines only where they would move.
        let more = means == Means::Require || best.as_ref().is_none_or(|best| best.beyond > 0);
        for arguments in drift.undo.iter().filter(|_| more) {
            match attempt(setting, &mut known, baseline, drift, arguments, means) {
                Ok(undo) => {
                    let done = undo.left.is_empty();
                    let key = |undo: &Undo| {
                        let Undo { left, targets, .. } = undo;
                        (Reverse(undo.gain()), left.len(), targets.len())
                    };
                    if best.as_ref().is_none_or(|best| key(&undo) < key(best)) {
                        best = Some(undo);
                    }
                    if done {
                        break;
                    }
                }
                Err(why) => _ = problem.get_or_insert(why),
            }
        }
    }
    match best {
        Some(undo) if undo.gain() > 0 => Undo {
            command: format!("{} {}", gomod_words(global).join(" "), undo.command),
            ..undo
        },
        Some(undo) => Undo {
            problem: Some(format!(
                "{} {} would undo {} of {}, and move {} that are as they were",
                gomod_words(global).join(" "),
                undo.command,
                undo.undone,
                drift.findings.len(),
                undo.beyond
            )),
            ..Undo::default()
        },
        None => Undo {
            problem,
            ..Undo::default()
        },
    }
}

/// Plans for `arguments`, leaving out one that must be absent, or is replaced, as long as that is what
/// prevents a plan: something that the baseline holds needs it once it is a root.
fn attempt(
    setting: &mut Setting,
    known: &mut (Candidates, Packages),
    baseline: &Lock,
    drift: &Drift,
    arguments: &[String],
    means: Means,
) -> Result<Undo, String> {
    let mut left: Vec<(String, Target)> = arguments
        .iter()
        .filter_map(|argument| Some((argument.clone(), target(setting, argument)?)))
        .collect();
    while !left.is_empty() {
        let problem = Problem::new(&mut setting.world, &setting.main, setting.loaded.clone());
        let goal = Goal {
            targets: left.iter().map(|(_, target)| target.clone()).collect(),
            strategy: Some(means),
            ..Goal::default()
        };
        let mut go_mod = setting.project.go_mod.clone();
        go_mod.settle_versions();
        let (candidates, packages) = std::mem::take(known);
        let mut planner = Planner::new(problem, go_mod, goal, candidates);
        planner.packages = packages;
        let outcome = setting.session.plan(&mut setting.world, &mut planner);
        *known = (
            std::mem::take(&mut planner.candidates),
            std::mem::take(&mut planner.packages),
        );
        let outcome = outcome.map_err(|error| error.to_string())?;
        if let Some(plan) = outcome.plans.first() {
            if plan.cost.unresolved > 0 {
                let report = Report::new(&setting.world, &planner, &outcome);
                let plans = report.plans.iter().take(1);
                let mut broken = plans.flat_map(|plan| &plan.imports.unresolved);
                let why = broken.next().map(UnresolvedReport::sentence);
                return Err(format!(
                    "the build would fail after one: {}",
                    why.unwrap_or_default()
                ));
            }
            let targets = left.into_iter().map(|(argument, _)| argument).collect();
            let mut undo = undo(setting, baseline, drift, plan, targets);
            if means != Means::Require {
                undo.command = format!("{} --strategy {}", undo.command, means.as_str());
            }
            return Ok(undo);
        }
        let blocking = blocking(&setting.world, &outcome);
        let at = left.iter().position(|(_, target)| match target {
            Target::Absent { path } => blocking == Some((*path, true)),
            Target::Module { module } => {
                blocking == Some((setting.world.modules.path_of(*module), false))
            }
            Target::Go { .. } | Target::Toolchain { .. } => false,
        });
        match at {
            Some(at) => _ = left.remove(at),
            None => {
                let report = Report::new(&setting.world, &planner, &outcome);
                let because = report.refused.into_iter().map(|refused| refused.summary);
                return Err(because.collect::<Vec<String>>().join(", "));
            }
        }
    }
    Err("go.mod excludes or replaces what would have to be selected".to_owned())
}

/// The path that prevents a plan, and whether it would have to be absent.
fn blocking(world: &World, outcome: &Outcome) -> Option<(PathId, bool)> {
    outcome
        .conflicts
        .iter()
        .find_map(|(_, refused)| match &refused.conflict {
            Conflict::Hard {
                chain,
                unreadable: None,
            } => Some((world.modules.path_of(*chain.last()?), true)),
            Conflict::AlreadyReplaced { path } => Some((*path, false)),
            _ => None,
        })
}

fn target(setting: &mut Setting, argument: &str) -> Option<Target> {
    let world = &mut setting.world;
    let (path, version) = argument.split_once('@')?;
    if path == "go" {
        let version = GoVersion::parse(version)?;
        // Below 1.17 `plan-downgrade` refuses: every requirement would be converted.
        let converts = setting.main.go_version().prunes() && !version.prunes();
        return (!converts).then_some(Target::Go { version });
    }
    let path = ModulePath::new(path);
    if version == "none" {
        return Some(Target::Absent {
            path: world.modules.path_id(&path),
        });
    }
    let version = Version::parse(version).ok()?;
    let module = world.modules.intern(&ModuleVersion::new(path, version));
    let excludes = &setting.loaded.setup.overrides.excludes;
    (!excludes.contains(&module)).then_some(Target::Module { module })
}

/// What a plan undoes, and what differs from the baseline once it is applied.
fn undo(
    setting: &Setting,
    baseline: &Lock,
    drift: &Drift,
    plan: &Plan,
    targets: Vec<String>,
) -> Undo {
    let overrides = &plan.setup.overrides;
    let planned = lock::lock(setting, &plan.go_mod, &plan.graph, overrides);
    let after = compare(
        baseline,
        &Today {
            lock: &planned,
            world: &setting.world,
            graph: &plan.graph,
            roots: &plan.setup.roots,
            overrides,
            sums: None,
        },
    );
    let modules = &setting.world.modules;
    let by_closure = |finding: &Finding| {
        plan.moves.iter().any(|moved| {
            moved.role == Role::Closure && modules.path(moved.path).as_str() == finding.module
        })
    };
    let is_among = |findings: &[Finding], module: &str| findings.iter().any(|f| f.module == module);
    // What is not undone comes first, then what comes by the plan itself.
    let mut findings = after.findings;
    findings.sort_by_cached_key(|f| (!is_among(&drift.findings, &f.module), by_closure(f)));
    let stays = |finding: &&Finding| is_among(&findings, &finding.module);
    let left = findings.iter().map(|f| sentence(f, by_closure(f)));
    Undo {
        command: format!("plan-downgrade {}", targets.join(" ")),
        targets,
        undone: drift.findings.iter().filter(|f| !stays(f)).count(),
        left: left.collect(),
        problem: None,
        by_closure: findings.iter().filter(|f| by_closure(f)).count(),
        beyond: findings
            .iter()
            .filter(|f| !is_among(&drift.findings, &f.module) && !by_closure(f))
            .count(),
        left_findings: findings,
    }
}

/// What still differs, and why.
pub(crate) fn sentence(finding: &Finding, by_closure: bool) -> String {
    let stays = matches!(finding.code, Code::ModuleCame | Code::ModuleRaised);
    let reason = match finding.because.as_slice() {
        [_, _] if stays => "what go.mod requires stays required; go mod tidy may drop it".into(),
        _ => finding.reason(),
    };
    let closure = if by_closure { "root closure, " } else { "" };
    format!("{}: {closure}{reason}", finding.summary())
}
