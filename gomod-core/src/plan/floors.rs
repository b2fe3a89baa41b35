//! What every plan costs at least: the floors that no lowering gets rid of, and what targets bring themselves.
//!
//! A direct requirement that asks for more than a target in every version that could be used of it is overridden
//! in every plan. The paths of such floors (main module, requirement, target) share no requirement, so there are
//! at least as many overridden ones: the search starts from them, and the certificate names them. What a target
//! requires comes or rises with it, unless that is overridden as well.

use std::cell::LazyCell;

use rustc_hash::FxHashSet;

use super::candidates::{Candidates, Pass, is_prerelease};
use super::cost::Cost;
use super::forced::{Forced, Unread};
use super::goal::{Goal, Target};
use super::problem::Problem;
use crate::graph::{ModuleId, PathId};
use crate::mvs::World;

/// A direct requirement that holds a target up whatever its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stuck {
    /// The module that asks for too much.
    pub by: PathId,
    /// The target that it asks for.
    pub target: PathId,
    /// Each version of the module that could be used, with what it asks for.
    pub versions: Vec<(ModuleId, ModuleId)>,
}

/// What every plan has to override, as far as what was fed shows it.
pub(super) fn stuck(
    world: &World,
    problem: &Problem,
    goal: &Goal,
    candidates: &Candidates,
    pass: Pass,
) -> Vec<Stuck> {
    let modules = &world.modules;
    let bounds: Vec<(PathId, Option<ModuleId>)> = goal
        .targets
        .iter()
        .filter_map(|target| match target {
            Target::Module { module } => Some((modules.path_of(*module), Some(*module))),
            Target::Absent { path } => Some((*path, None)),
            Target::Go { .. } | Target::Toolchain { .. } => None,
        })
        .collect();
    let named = LazyCell::new(|| world.required().collect::<FxHashSet<ModuleId>>());
    let today = &problem.overridden;
    let too_much = |list: &[ModuleId], (target, bound): &(PathId, Option<ModuleId>)| {
        let above = |required: &ModuleId| {
            modules.path_of(*required) == *target
                && bound.is_none_or(|bound| modules.compare(*required, bound).is_gt())
        };
        list.iter().copied().find(above)
    };
    let mut found: Vec<Stuck> = Vec::new();
    for by in &problem.direct {
        let Some(now) = problem.selected.get(by).copied() else {
            continue;
        };
        // Few ask for a target at all: the others need no look at their versions.
        let asks = lists(world, problem, &[now]).unwrap_or_default();
        let held: Vec<&(PathId, Option<ModuleId>)> = bounds
            .iter()
            .filter(|(target, _)| target != by && !today.contains_key(&(Some(*by), *target)))
            .filter(|bound| asks.iter().any(|(_, list)| too_much(list, bound).is_some()))
            .collect();
        if held.is_empty() {
            continue;
        }
        let own = bounds.iter().find(|(target, _)| target == by);
        let usable = if let Some((_, own)) = own {
            own.map(|own| vec![own])
        } else if goal.keep.contains(by) {
            Some(vec![now])
        } else if goal.allow_drop {
            None
        } else {
            usable(world, candidates, pass, now, &named)
        };
        let Some(lists) = usable.and_then(|usable| lists(world, problem, &usable)) else {
            continue;
        };
        for bound in held {
            let asked = lists
                .iter()
                .map(|(version, list)| Some((*version, too_much(list, bound)?)));
            if let Some(versions) = asked.collect() {
                found.push(Stuck {
                    by: *by,
                    target: bound.0,
                    versions,
                });
            }
        }
    }
    found.sort_by(|a, b| {
        let key = |stuck: &Stuck| (modules.path(stuck.by), modules.path(stuck.target));
        key(a).cmp(&key(b))
    });
    found
}

/// What every plan costs at least, but for lines and the releases that targets pass; and what should be read to know more.
/// With as many overridden as this says, none is left for what the targets ask for.
pub(super) fn least(
    world: &World,
    problem: &Problem,
    goal: &Goal,
    candidates: &Candidates,
    pass: Pass,
    stuck: &[Stuck],
    unread: Unread,
) -> (Cost, Vec<ModuleId>) {
    let modules = &world.modules;
    let setup = &problem.setup;
    let mut cost = Cost {
        overridden: stuck.len(),
        ..Cost::default()
    };
    let targets: FxHashSet<PathId> = goal
        .targets
        .iter()
        .filter_map(|target| target.path(|module| modules.path_of(module)))
        .collect();
    let mut seen: FxHashSet<PathId> = FxHashSet::default();
    for target in &goal.targets {
        let Target::Module { module } = target else {
            continue;
        };
        let by = modules.path_of(*module);
        let Ok(Some(asked)) =
            world.requirements(*module, &setup.overrides, setup.local_go.as_ref())
        else {
            continue;
        };
        for required in asked.iter(&setup.overrides) {
            let path = modules.path_of(required);
            let today = problem.selected.get(&path);
            let above = today.is_none_or(|today| modules.compare(required, *today).is_gt());
            if path.is_toolchain()
                || problem.is_main(path)
                || targets.contains(&path)
                // What is overridden today may be so for nothing.
                || problem.overridden.contains_key(&(Some(by), path))
                // What is used of it may be as much whatever is selected.
                || problem.replaced.contains(&path)
                || !above
                || !seen.insert(path)
            {
                continue;
            }
            cost.raised += usize::from(today.is_some());
            if problem.direct.contains(&path) {
                cost.direct_moved += 1;
            } else {
                cost.others_moved += 1;
            }
        }
    }
    let missing = if goal.settle {
        Vec::new()
    } else {
        Forced::new(world, problem, goal, candidates, pass, stuck, unread).add_to(&mut cost, &seen)
    };
    (cost, missing)
}

/// What each of these versions asks for, those left out that cannot be read; `None` when one was not fed.
fn lists(
    world: &World,
    problem: &Problem,
    versions: &[ModuleId],
) -> Option<Vec<(ModuleId, Vec<ModuleId>)>> {
    let setup = &problem.setup;
    let mut lists = Vec::new();
    for version in versions {
        if setup.overrides.excludes.contains(version) {
            continue;
        }
        match world.requirements(*version, &setup.overrides, setup.local_go.as_ref()) {
            Err(_) => {}
            Ok(None) => return None,
            Ok(Some(found)) => lists.push((*version, found.iter(&setup.overrides).collect())),
        }
    }
    Some(lists)
}

/// The versions of a direct requirement that a plan may use: today's, the candidates below, and what any
/// `go.mod` asks for; today's first.
fn usable(
    world: &World,
    candidates: &Candidates,
    pass: Pass,
    now: ModuleId,
    named: &FxHashSet<ModuleId>,
) -> Option<Vec<ModuleId>> {
    let path = world.modules.path_of(now);
    let listed = candidates.list(path)?;
    let below = listed.iter().copied().filter(|module| {
        world.modules.compare(*module, now).is_lt()
            && (pass == Pass::Everything || !is_prerelease(world, *module))
    });
    let mut versions: Vec<ModuleId> = below.collect();
    let known = world.modules.versions_of(path).iter();
    versions.extend(known.filter(|module| named.contains(module) && **module != now));
    world.modules.sort(&mut versions);
    versions.dedup();
    versions.push(now);
    versions.reverse();
    Some(versions)
}
