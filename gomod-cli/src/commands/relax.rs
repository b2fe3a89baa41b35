//! What to relax when there is no plan: each limit that was set is lifted, and the planner tries again. Only
//! what leads to a plan is said, with what that plan costs.

use gomod_core::graph::PathId;
use gomod_core::plan::{Cost, Goal, Planner, Problem};

use super::{Setting, from_load_error};
use crate::args::{PlanDowngrade, Strategy};
use crate::error::CliError;
use crate::render::plan::cost_words;

/// How many combinations of limits are tried at most.
const TRIES: usize = 24;

/// A way to ask for less that leads to a plan.
pub(super) struct Relaxed {
    /// What differs, as flags.
    pub(super) words: String,
    /// What the best plan costs then.
    pub(super) cost: String,
    /// The arguments that give this plan.
    pub(super) args: PlanDowngrade,
}

/// A limit that can be lifted.
#[derive(Clone, Copy)]
enum Limit {
    /// `--keep`, by its place among the arguments.
    Keep(usize, PathId),
    Drop,
    Collateral,
    Strategy,
    Settle,
    /// One of several targets, by its place.
    Target(usize),
}

/// Plans for another goal, and says what the plans cost, best first.
pub(super) type Again<'a> = dyn FnMut(&mut Setting, Goal) -> Result<Vec<Cost>, CliError> + 'a;

/// Tries to lift the limits one by one, then in pairs and more at once, until some leads to a plan.
pub(super) fn relaxed(
    setting: &mut Setting,
    goal: &Goal,
    args: &PlanDowngrade,
    again: &mut Again<'_>,
) -> Result<Vec<Relaxed>, CliError> {
    let limits = limits(setting, goal, args)?;
    let mut sets: Vec<Vec<Limit>> = (1..1_u32 << limits.len().min(10))
        .map(|bits| {
            let at = limits.iter().enumerate();
            at.filter(|(at, _)| bits >> at & 1 == 1)
                .map(|(_, limit)| *limit)
                .collect()
        })
        .collect();
    sets.sort_by_key(Vec::len);
    let mut found: Vec<Relaxed> = Vec::new();
    let mut size = 0;
    for set in sets.into_iter().take(TRIES) {
        if set.len() > size && !found.is_empty() {
            break;
        }
        size = set.len();
        found.extend(lift(setting, goal, args, &set, again)?);
    }
    Ok(found)
}

/// The limits that are in force, those first whose loss costs least.
fn limits(setting: &Setting, goal: &Goal, args: &PlanDowngrade) -> Result<Vec<Limit>, CliError> {
    let mut limits = Vec::new();
    if goal.strategy.is_some() {
        limits.push(Limit::Strategy);
    }
    for (at, name) in args.keep.iter().enumerate() {
        limits.push(Limit::Keep(at, setting.find_module(name)?));
    }
    if goal.max_collateral.is_some() {
        limits.push(Limit::Collateral);
    }
    if goal.settle {
        limits.push(Limit::Settle);
    }
    if !goal.allow_drop {
        limits.push(Limit::Drop);
    }
    // Targets at today's version are kept, not aimed at: then the places differ.
    if args.targets.len() > 1 && args.targets.len() == goal.targets.len() {
        limits.extend((0..args.targets.len()).map(Limit::Target));
    }
    Ok(limits)
}

/// Plans without some limits.
fn lift(
    setting: &mut Setting,
    goal: &Goal,
    args: &PlanDowngrade,
    set: &[Limit],
    again: &mut Again<'_>,
) -> Result<Option<Relaxed>, CliError> {
    let mut goal = goal.clone();
    let mut args = PlanDowngrade {
        choose: None,
        write: false,
        out: None,
        ..args.clone()
    };
    let (mut keep, mut targets) = (Vec::new(), Vec::new());
    let mut words = Vec::new();
    for limit in set {
        match limit {
            Limit::Keep(at, path) => {
                goal.keep.remove(path);
                keep.push(*at);
                words.extend(
                    args.keep
                        .get(*at)
                        .map(|name| format!("without --keep {name}")),
                );
            }
            Limit::Drop => {
                goal.allow_drop = true;
                args.allow_drop = true;
                words.push("with --allow-drop".to_owned());
            }
            Limit::Collateral => {
                goal.max_collateral = None;
                args.max_collateral = None;
            }
            Limit::Strategy => {
                if let Some(means) = goal.strategy.take() {
                    words.push(format!("without --strategy {}", means.as_str()));
                }
                args.strategy = Strategy::Auto;
            }
            Limit::Settle => {
                goal.settle = false;
                args.settle = false;
                words.push("without --settle".to_owned());
            }
            Limit::Target(at) => {
                targets.push(*at);
                words.extend(args.targets.get(*at).map(|name| format!("without {name}")));
            }
        }
    }
    if targets.len() == args.targets.len() {
        return Ok(None);
    }
    let stays = |gone: &[usize], at: usize| !gone.contains(&at);
    args.keep = pick(&args.keep, |at| stays(&keep, at));
    args.targets = pick(&args.targets, |at| stays(&targets, at));
    goal.targets = pick(&goal.targets, |at| stays(&targets, at));
    let mut costs = again(setting, goal.clone())?;
    if set.iter().any(|limit| matches!(limit, Limit::Collateral)) {
        let moves = costs
            .iter()
            .map(|cost| cost.direct_moved + cost.others_moved);
        let Some(enough) = moves.min() else {
            return Ok(None);
        };
        goal.max_collateral = Some(enough);
        args.max_collateral = Some(enough);
        words.insert(0, format!("with --max-collateral {enough}"));
        costs = again(setting, goal)?;
    }
    Ok(costs.first().map(|best| Relaxed {
        words: words.join(" and "),
        cost: cost_words(*best),
        args,
    }))
}

fn pick<T: Clone>(list: &[T], stays: impl Fn(usize) -> bool) -> Vec<T> {
    let stay = list.iter().enumerate().filter(|(at, _)| stays(*at));
    stay.map(|(_, one)| one.clone()).collect()
}

/// Plans for another goal, with what is known already.
pub(super) fn again(
    setting: &mut Setting,
    known: &mut Planner,
    goal: Goal,
) -> Result<Vec<Cost>, CliError> {
    let problem: Problem = known.problem().clone();
    let candidates = std::mem::take(&mut known.candidates);
    let mut planner = Planner::new(problem, known.go_mod().clone(), goal, candidates);
    planner.packages = std::mem::take(&mut known.packages);
    let outcome = setting.session.plan(&mut setting.world, &mut planner);
    known.candidates = std::mem::take(&mut planner.candidates);
    known.packages = std::mem::take(&mut planner.packages);
    let outcome = outcome.map_err(|error| from_load_error("planning", &error))?;
    Ok(outcome.plans.iter().map(|plan| plan.cost).collect())
}
