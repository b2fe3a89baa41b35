//! What the real planner says of a world, checked by the loader here, in the terms of `optimum`.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use gomod_core::graph::ModuleId;
use gomod_core::mvs::{Source, World as Known};
use gomod_core::plan::{Certificate, Pass, Plan, Role};

use super::closure::Closure;
use super::cost::{self, Cost, Today};
use super::goal::Goal;
use super::load::{Choice, accepted, load};
use super::optimum::{Answer, Optimum, optimum};
use super::world::{PATHS, Slot, VERSIONS, World, of_path, slots};
use crate::scenario::Scenario;

/// The planner's best plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    pub cost: Cost,
    pub everything: bool,
    pub edits: String,
    /// What is wrong with its final list by the rules here.
    pub fault: Option<String>,
    /// Whether closure added roots.
    pub closure: bool,
    /// Whether it was tried without each of its edits.
    pub tried_without: bool,
    /// Its cost when version lists are fed only on demand, if that differs.
    pub lazy: Option<String>,
}

/// The fault of a plan whose cost is counted on roots that are not consistent without what closure adds, or that
/// lists as closure's what closure does not add.
const LOOSE: &str = "its roots are not those that closure makes of consistent ones";

/// The fault of a plan that lists a requirement that nothing asks for.
const UNREASONED: &str = "a new root has no reason";

/// Asks the planner; an error is its panic.
pub fn planned(world: &World, goal: &Goal) -> Result<Option<Planned>, String> {
    let run = || {
        let scenario = Scenario::parse(&world.text());
        let targets = goal.targets(world);
        let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
        let plan_with = |lists| {
            let (known, planner, outcome) =
                scenario.plan_with(lists, &targets, |g, w| goal.limit(g, w));
            let plan = outcome.plans.first()?;
            let mut judged = judge(world, goal, &known, plan);
            let irreducible = Certificate::new(&known, &planner, plan).irreducible;
            judged.tried_without = irreducible == Some(true);
            // What a plan gives as its reasons is followed for each one.
            let unfounded = outcome
                .plans
                .iter()
                .find_map(|plan| scenario.unfounded(&known, &planner, plan));
            judged.fault = judged.fault.or(unfounded);
            Some(judged)
        };
        let lazy = plan_with(false);
        let mut full = plan_with(true);
        if lazy != full
            && let Some(full) = &mut full
        {
            full.lazy = Some(lazy.map_or("no plan".to_owned(), |lazy| {
                line(lazy.everything, &lazy.cost)
            }));
        }
        full
    };
    catch_unwind(AssertUnwindSafe(run)).map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        text.or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned()))
            .unwrap_or_default()
    })
}

fn judge(world: &World, goal: &Goal, known: &Known, plan: &Plan) -> Planned {
    let modules = &known.modules;
    let path_of = |module: ModuleId| modules.path(modules.path_of(module)).to_string();
    let target_path = |module: ModuleId| {
        let path = path_of(module);
        let name = path
            .strip_prefix("x.y/")
            .and_then(|name| name.bytes().next());
        name.is_some_and(|name| goal.targets[usize::from(name - b'a')].is_some())
    };
    let pairs: BTreeSet<(Option<String>, String)> = plan
        .overridden
        .iter()
        .filter(|(_, required)| !goal.grants_overriding() || !target_path(*required))
        .map(|(by, required)| {
            (
                by.map(|by| modules.path(by).to_string()),
                path_of(*required),
            )
        })
        .collect();
    let c = plan.cost;
    let edits: Vec<String> = plan
        .edits
        .iter()
        .map(|edit| edit.go_mod_edit_argument().replace("x.y/", ""))
        .collect();
    Planned {
        cost: [
            c.dropped,
            pairs.len(),
            c.direct_moved,
            c.direct_steps,
            c.others_moved,
            c.raised,
            c.steps,
        ],
        everything: plan.pass == Pass::Everything,
        edits: edits.join(" "),
        fault: fault(world, goal, known, plan),
        closure: !plan.added.is_empty(),
        tried_without: false,
        lazy: None,
    }
}

/// The final list of a plan under the constraints.
fn fault(world: &World, goal: &Goal, known: &Known, plan: &Plan) -> Option<String> {
    let modules = &known.modules;
    let slot = |module: ModuleId| -> Option<Slot> {
        let name = modules.display(module).replace('@', " ");
        name.strip_prefix("x.y/").map(|name| world.slot(name))
    };
    let start = Choice::today(world);
    let today = Today::new(world, start.clone(), accepted(world, &start)?);
    let mut choice = Choice {
        roots: [None; PATHS],
        ..start
    };
    for root in plan.setup.roots.iter().filter_map(|root| slot(*root)) {
        choice.roots[root / VERSIONS] = Some(root);
    }
    for exclude in plan
        .setup
        .overrides
        .excludes
        .iter()
        .filter_map(|module| slot(*module))
    {
        choice.excludes |= 1 << exclude;
    }
    for source in plan.setup.overrides.wildcard.values() {
        if let Source::Module(module) = source
            && let Some(to) = slot(*module)
            && world.wildcard[to / VERSIONS].is_none()
        {
            choice.content[to / VERSIONS * VERSIONS..][..VERSIONS].fill(to);
        }
    }
    if !Closure::new(world, goal, &today, &choice, true).is_closed() {
        return Some("its final list breaks a constraint".to_owned());
    }
    // The part of it that the cost is counted on.
    let mut base = choice.clone();
    for (module, _) in &plan.added {
        if let Some(slot) = slot(*module) {
            base.roots[slot / VERSIONS] = None;
        }
    }
    for moved in plan
        .moves
        .iter()
        .filter(|moved| moved.role == Role::Closure)
    {
        if let Some(from) = moved.from.and_then(slot)
            && base.roots[from / VERSIONS].is_some()
        {
            base.roots[from / VERSIONS] = Some(from);
        }
    }
    let makes = |base: &Choice| {
        let roots = base.roots.iter().flatten();
        let consistent = load(world, base).is_some_and(|graph| {
            roots
                .into_iter()
                .all(|r| graph.selected(r / VERSIONS) == Some(*r))
        });
        let closure = Closure::new(world, goal, &today, base, false);
        consistent && (!world.is_pruned() || closure.made() == Some(choice.roots))
    };
    let Some(base) = less_raised(world, &base).into_iter().find(makes) else {
        return Some(LOOSE.to_owned());
    };
    let closure = Closure::new(world, goal, &today, &base, false);
    if world.is_pruned() && !closure.new_roots_fix_excludes(choice.excludes, choice.roots) {
        return Some(UNREASONED.to_owned());
    }
    spare(world, goal, &today, &base).map(|edit| format!("it does without {edit}"))
}

/// The choices with roots that are raised less: what closure raised further than others ask for counts only up to
/// there.
fn less_raised(world: &World, base: &Choice) -> Vec<Choice> {
    let mut all = vec![base.clone()];
    for path in 0..PATHS {
        let (Some(today), Some(root)) = (world.roots[path], base.roots[path]) else {
            continue;
        };
        let lower: Vec<Choice> = (today..root)
            .flat_map(|less| {
                all.iter().cloned().map(move |mut choice| {
                    choice.roots[path] = Some(less);
                    choice
                })
            })
            .collect();
        all.extend(lower);
    }
    all
}

/// An edit without which the plan still reaches the goal and costs no more.
fn spare(world: &World, goal: &Goal, today: &Today, base: &Choice) -> Option<String> {
    if !world.is_pruned() {
        // Below Go 1.17 requirements are listed that others imply.
        return None;
    }
    let cost = closed_cost(world, goal, today, base)?;
    let mut without: Vec<(String, Choice)> = Vec::new();
    for path in (0..PATHS).filter(|path| goal.targets[*path].is_none()) {
        if base.roots[path] != world.roots[path] && world.roots[path].is_some() {
            let mut fewer = base.clone();
            fewer.roots[path] = world.roots[path];
            without.push((format!("the change of {}", World::name(path)), fewer));
        }
    }
    for path in (0..PATHS).filter(|path| goal.targets[*path].is_none()) {
        if base.roots[path].is_some() && world.roots[path].is_none() {
            let mut fewer = base.clone();
            fewer.roots[path] = None;
            let made = Closure::new(world, goal, today, &fewer, false).made();
            if made.is_some_and(|roots| roots[path].is_some()) {
                continue; // Closure adds the line, if not that version.
            }
            without.push((format!("the requirement of {}", World::name(path)), fewer));
        }
    }
    for slot in slots(base.excludes & !world.excludes) {
        let mut fewer = base.clone();
        fewer.excludes &= !(1 << slot);
        without.push((format!("the exclude of {}", world.module(slot)), fewer));
    }
    let reaches = |fewer: &Choice| {
        let Some(graph) = load(world, fewer) else {
            return false;
        };
        let consistent = (0..PATHS).all(|path| match fewer.roots[path] {
            Some(root) => graph.selected(path) == Some(root),
            None => {
                graph.selected(path).is_none()
                    || world.roots[path].is_none() && !goal.is_absent(path)
            }
        });
        // A direct requirement rises only to what another module asks for; so does what is no candidate.
        let odd = fewer.roots.iter().flatten().filter(|root| {
            let path = *root / VERSIONS;
            let rises = today.selected[path].is_some_and(|today| **root > today);
            let odd = world
                .release(**root)
                .is_some_and(|release| release.is_prerelease())
                && today.selected[path] != Some(**root);
            (rises && world.is_direct(path) || odd) && goal.version(path).is_none()
        });
        let odd = odd.fold(0, |mask, root| mask | 1 << root);
        let closure = Closure::new(world, goal, today, fewer, false);
        let asked = closure.made().is_some_and(|last| {
            closure.asks_for(odd, last) && closure.has_no_idle_exclude(fewer.excludes, last)
        });
        consistent
            && asked
            && closed_cost(world, goal, today, fewer).is_some_and(|less| {
                let few = |limit| less[2] + less[4] <= limit;
                less <= cost && goal.max_collateral.is_none_or(few)
            })
    };
    let spare = without.into_iter().find(|(_, fewer)| reaches(fewer));
    spare.map(|(edit, _)| edit)
}

/// What a choice costs with what closure adds to it.
fn closed_cost(world: &World, goal: &Goal, today: &Today, base: &Choice) -> Option<Cost> {
    let graph = load(world, base)?;
    let closure = Closure::new(world, goal, today, base, false);
    let roots = closure.made()?;
    if !closure.new_roots_fix_excludes(base.excludes, roots) {
        return None;
    }
    let last = Choice {
        roots,
        ..base.clone()
    };
    let mut cost = cost::cost(world, goal, today, base, &graph);
    let whole = load(world, &last)?;
    cost[1] = cost::overridden(world, goal, today, [(base, &graph), (base, &whole)]);
    Some(cost)
}

/// Both answers to one question.
#[derive(Debug, Clone)]
pub struct Comparison {
    pub brute: Answer,
    pub planned: Result<Option<Planned>, String>,
}

/// How they relate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Not to be compared.
    Unfit,
    TooMuch,
    Same,
    BothNone,
    /// The planner's plan costs more, or it has none.
    Worse,
    /// It finds a plan that enumeration does not: one of the two is wrong.
    Better,
    /// Its plan breaks a constraint.
    Unsound,
    /// Within the rules there is none, and its plan lists something without a reason: better than none.
    Unasked,
    /// Its cost is counted on roots that are not consistent without what closure adds, so that it looks
    /// cheaper than it may.
    Loose,
    Panic,
}

impl Comparison {
    pub fn new(world: &World, goal: &Goal) -> Self {
        let brute = optimum(world, goal);
        let planned = match brute {
            Answer::Unfit | Answer::TooMuch => Ok(None),
            _ => planned(world, goal),
        };
        Self { brute, planned }
    }

    pub fn verdict(&self) -> Verdict {
        let planned = match &self.planned {
            Err(_) => return Verdict::Panic,
            Ok(planned) => planned.as_ref(),
        };
        let found = match &self.brute {
            Answer::Unfit => return Verdict::Unfit,
            Answer::TooMuch => return Verdict::TooMuch,
            Answer::NoPlan => None,
            Answer::Plan(plan) => Some((plan.everything, plan.cost)),
        };
        let key = |p: &Planned| (p.everything, p.cost);
        let unasked = |p: &Planned| matches!(p.fault.as_deref(), Some(LOOSE | UNREASONED));
        match (planned, found) {
            (Some(p), None) if unasked(p) => Verdict::Unasked,
            (Some(p), _) if p.fault.as_deref() == Some(LOOSE) => Verdict::Loose,
            (Some(p), _) if p.fault.is_some() => Verdict::Unsound,
            (None, None) => Verdict::BothNone,
            (Some(p), Some(found)) if key(p) == found => Verdict::Same,
            (Some(p), found) if found.is_none_or(|found| key(p) < found) => {
                if p.closure {
                    Verdict::Loose
                } else {
                    Verdict::Better
                }
            }
            _ => Verdict::Worse,
        }
    }

    /// What an optimum does that the planner does not: the first field that it is better in, and the
    /// kinds of its edits.
    pub fn class(&self, world: &World, goal: &Goal) -> String {
        let (Answer::Plan(best), Ok(planned)) = (&self.brute, &self.planned) else {
            return String::new();
        };
        let field = match planned {
            None => "no plan",
            Some(p) if p.everything && !best.everything => "pre-releases",
            Some(p) => (0..6)
                .find(|at| best.cost[*at] != p.cost[*at])
                .map_or("", |at| cost::FIELDS[at]),
        };
        let mut kinds: Vec<&str> = Vec::new();
        let today = Choice::today(world);
        let new = best.choice.excludes & !world.excludes;
        for path in 0..world.paths.len() {
            let own = path * VERSIONS..(path + 1) * VERSIONS;
            let target = goal.targets[path].is_some();
            let root = best.choice.roots[path];
            if new & of_path(path) != 0 {
                let low = root.is_some_and(|root| new & of_path(path) & ((1 << root) - 1) != 0);
                kinds.push(match (target, low, root) {
                    (_, true, _) => "exclude below",
                    (true, ..) => "exclude",
                    (_, _, None) => "exclude closure's",
                    _ => "exclude another's",
                });
            }
            if best.choice.content[own.clone()] != today.content[own] {
                kinds.push(match (target, root) {
                    (true, _) => "replace",
                    (_, None) => "replace closure's",
                    _ => "replace another",
                });
            }
            match (world.roots[path], root) {
                _ if target => {}
                (Some(from), Some(to)) if to > from => kinds.push("raise"),
                (Some(from), Some(to)) if to < from => kinds.push("lower"),
                (Some(_), None) => kinds.push("drop"),
                _ => {}
            }
        }
        kinds.sort_unstable();
        kinds.dedup();
        format!("{field}: {}", kinds.join(" + "))
    }

    /// The planner's answer in one line.
    pub fn planner_line(&self) -> String {
        match &self.planned {
            Err(panic) => format!("panic: {panic}"),
            Ok(None) => "no plan".to_owned(),
            Ok(Some(p)) => line(p.everything, &p.cost),
        }
    }

    /// The optimum in one line.
    pub fn brute_line(&self) -> String {
        match &self.brute {
            Answer::Plan(p) => line(p.everything, &p.cost),
            Answer::NoPlan => "no plan".to_owned(),
            Answer::Unfit => "unfit".to_owned(),
            Answer::TooMuch => "too much".to_owned(),
        }
    }
}

fn line(everything: bool, cost: &Cost) -> String {
    let pass = if everything { "everything " } else { "" };
    format!("{pass}{}", cost::text(cost))
}

/// The edits of an optimum as `go mod edit` arguments; `+` marks what closure adds.
pub fn edits(world: &World, optimum: &Optimum) -> String {
    let mut words = Vec::new();
    for path in 0..world.paths.len() {
        let (from, to) = (world.roots[path], optimum.roots[path]);
        let mark = if to == optimum.choice.roots[path] {
            ""
        } else {
            "+"
        };
        match to {
            Some(to) if from != Some(to) => {
                words.push(format!(
                    "{mark}-require={}",
                    world.module(to).replace(' ', "@")
                ));
            }
            None if from.is_some() => words.push(format!("-droprequire={}", World::name(path))),
            _ => {}
        }
    }
    for slot in world.all() {
        if optimum.choice.excludes & !world.excludes & 1 << slot != 0 {
            words.push(format!("-exclude={}", world.module(slot).replace(' ', "@")));
        }
    }
    let start = world.content();
    for path in 0..world.paths.len() {
        let at = path * VERSIONS;
        if !world.is_replaced(path)
            && optimum.choice.content[at..at + VERSIONS] != start[at..at + VERSIONS]
        {
            let to = world.module(optimum.choice.content[at]).replace(' ', "@");
            words.push(format!("-replace={}={to}", World::name(path)));
        }
    }
    words.join(" ")
}
