//! A plan without one of its edits: whether it still reaches the goal, and costs less.
//!
//! Each edit is taken back by itself, those apart that closure added and those that are the goal; what is left is
//! taken as it is, closed and counted like any plan.

use std::collections::BTreeSet;

use super::exhaust::without_lines;
use super::fixed::Tried;
use super::outcome::{Outcome, Plan};
use super::places::Roots;
use super::{Cost, Edit, Means, Needs, Planner, Role, Target};
use crate::graph::{ModuleId, PathId};
use crate::mvs::World;

/// How many modules, over all edits, are worth looking at.
const EFFORT: usize = 30_000;

/// A plan as it is given: roots, and new excludes.
#[derive(Clone)]
struct Given {
    roots: Roots,
    excludes: BTreeSet<ModuleId>,
}

/// What came of taking the edits of a plan back.
enum Taken {
    /// That cannot be tried, or is too much to try.
    Untried,
    /// Each is needed.
    Needed,
    /// One can be spared; the plan without it, where it is one by itself.
    Spared(Option<Box<Plan>>),
}

impl Planner {
    /// What was found, with the best plan rid of the edits that it does without. Whether each is needed is said of it
    /// and of the one that was chosen.
    pub(super) fn spare(&mut self, world: &mut World) -> Result<Outcome, Needs> {
        loop {
            let mut outcome = self.outcome(world);
            let chosen = self.chosen.and_then(|row| Some(*outcome.front().get(row)?));
            let chosen = chosen.map(|plan| plan.edits.clone());
            let mut better = None;
            for (at, plan) in outcome.plans.iter_mut().enumerate() {
                if at > 0 && chosen.as_ref() != Some(&plan.edits) {
                    continue;
                }
                plan.search.irreducible = match self.take_back(world, plan)? {
                    Taken::Untried => None,
                    Taken::Needed => Some(true),
                    Taken::Spared(less) => {
                        // Where all was tried, only what costs the same is still open.
                        let same = |less: &Plan| own_cost(less).0 == own_cost(plan).0;
                        let open = |less: &Plan| !self.exhausted.complete || same(less);
                        let less = less.filter(|less| at == 0 && open(less));
                        let search = plan.search;
                        better = less.map(|less| Box::new(Plan { search, ..*less }));
                        Some(false)
                    }
                };
                if better.is_some() {
                    break;
                }
            }
            // With fewer edits, but more lines, it is not the best plan: then it was found before.
            let known = self.exhausted.better.as_ref().map(|plan| &plan.edits);
            match better.filter(|better| known != Some(&better.edits)) {
                Some(better) => self.exhausted.better = Some(better),
                None => return Ok(outcome),
            }
        }
    }

    /// Takes each edit of a plan back: without it the goal is missed or the cost is higher, where it is needed.
    fn take_back(&self, world: &mut World, plan: &Plan) -> Result<Taken, Needs> {
        // Settling is an edit that nothing asks for.
        if self.goal.settle {
            return Ok(Taken::Untried);
        }
        let whole = self.given(world, plan);
        let fewer = self.without(world, &whole);
        if fewer.len() * plan.graph.loaded().len() > EFFORT {
            return Ok(Taken::Untried);
        }
        // What cannot be seen as it is cannot be seen with less, either.
        match whole.plan(self, world) {
            Ok(Some(same)) if same.cost <= plan.cost => {}
            Err(needs) if needs.packages.is_empty() => return Err(needs),
            _ => return Ok(Taken::Untried),
        }
        let mut needs = Needs::default();
        let mut untried = false;
        let mut best: Option<(Plan, Given)> = None;
        for fewer in fewer {
            match fewer.plan(self, world) {
                // A zip is not fetched for this: without it nobody could follow the plan's imports, either.
                Err(more) if !more.packages.is_empty() => untried = true,
                Err(more) => needs.merge(more),
                // Who asks for one kind of edit wants that one.
                Ok(Some(less)) if self.goal.strategy.is_none() || less.means == plan.means => {
                    let known = best.as_ref().map_or(plan, |(plan, _)| plan);
                    if own_cost(&less) < own_cost(known) {
                        best = Some((less, fewer));
                    }
                }
                Ok(_) => {}
            }
        }
        if !needs.is_empty() {
            return Err(needs);
        }
        let Some((_, given)) = best else {
            return Ok(match untried {
                true => Taken::Untried,
                false => Taken::Needed,
            });
        };
        match self.fixed(&given.roots, &given.excludes).evaluate(world) {
            Tried::Needs(needs) => Err(needs),
            Tried::Feasible { plan: less, .. } if own_cost(&less) < own_cost(plan) => {
                Ok(Taken::Spared(Some(less)))
            }
            _ => Ok(Taken::Spared(None)),
        }
    }

    /// The roots and excludes of a plan, without what closure added or raised.
    fn given(&self, world: &World, plan: &Plan) -> Given {
        let modules = &world.modules;
        let added = |root: &ModuleId| plan.added.iter().any(|(added, _)| added == root);
        let mut roots = Roots::default();
        for root in plan.setup.roots.iter().filter(|root| !added(root)) {
            let path = modules.path_of(*root);
            if !path.is_toolchain() {
                roots.roots.insert(path, *root);
            }
        }
        for moved in plan
            .moves
            .iter()
            .filter(|moved| moved.role == Role::Closure)
        {
            if let (Some(root), Some(today)) = (roots.roots.get_mut(&moved.path), moved.from) {
                *root = today;
            }
        }
        for (target, means) in self.goal.targets.iter().zip(&plan.means) {
            if let (Target::Module { module }, Means::Replace) = (target, means) {
                roots.replaced.insert(modules.path_of(*module));
            }
        }
        Given {
            roots,
            excludes: self.new_excludes(plan),
        }
    }

    /// The same without one edit, for each that is not the goal.
    fn without(&self, world: &World, whole: &Given) -> Vec<Given> {
        let path_of = |module| world.modules.path_of(module);
        let is_target = |path: &PathId| {
            let mut targets = self.goal.targets.iter();
            targets.any(|target| target.path(path_of) == Some(*path))
        };
        let today = &self.problem.roots;
        let paths: BTreeSet<PathId> = whole
            .roots
            .roots
            .keys()
            .chain(today.keys())
            .copied()
            .collect();
        let mut list = Vec::new();
        for path in paths {
            let (planned, today) = (whole.roots.roots.get(&path), today.get(&path));
            if planned == today
                || path.is_toolchain()
                || is_target(&path)
                || self.problem.is_main(path)
            {
                continue;
            }
            let mut fewer = whole.clone();
            match today {
                Some(today) => fewer.roots.roots.insert(path, *today),
                None => fewer.roots.roots.remove(&path),
            };
            list.push(fewer);
        }
        for exclude in &whole.excludes {
            let mut fewer = whole.clone();
            fewer.excludes.remove(exclude);
            list.push(fewer);
        }
        list
    }
}

impl Given {
    fn plan(&self, planner: &Planner, world: &mut World) -> Result<Option<Plan>, Needs> {
        planner.fixed(&self.roots, &self.excludes).plan(world)
    }
}

/// What a plan costs; and where that is the same, how many edits it has that closure does not make.
fn own_cost(plan: &Plan) -> (Cost, usize) {
    let own = |edit: &&Edit| !matches!(edit, Edit::Require { closure: true, .. });
    (
        without_lines(plan.weight()),
        plan.edits.iter().filter(own).count(),
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use crate::model::{GoMod, ModulePath, ModuleVersion, Version};
    use crate::mvs::{Loader, MainModules, Mode, Source};
    use crate::plan::{Candidates, Goal, Problem, Progress};

    /// Modules of `x.y/`, each with what it requires of `a`.
    const MODULES: [(&str, &str, &str); 7] = [
        ("a", "v1.0.0", ""),
        ("a", "v1.1.0", ""),
        ("b", "v1.0.0", "require x.y/a v1.0.0\n"),
        ("b", "v1.1.0", "require x.y/a v1.1.0\n"),
        ("c", "v1.0.0", "require x.y/a v1.1.0\n"),
        ("d", "v1.0.0", ""),
        ("d", "v1.1.0", ""),
    ];

    fn module(world: &mut World, name: &str, version: &str) -> ModuleId {
        let path = ModulePath::new(format!("x.y/{name}"));
        let version = Version::parse(version).unwrap();
        world.modules.intern(&ModuleVersion::new(path, version))
    }

    /// A planner to bring `a` back to v1.0.0.
    fn planner(requires: &str, go: &str) -> (World, Planner) {
        let text = format!("module x.y/main\n\ngo {go}\n\nrequire (\n{requires})\n");
        let go_mod = GoMod::parse("go.mod", text.as_bytes()).unwrap();
        let mut world = World::new();
        for (name, version, requires) in MODULES {
            let module = module(&mut world, name, version);
            let source = world.source_id(Source::Module(module));
            let text = format!("module x.y/{name}\n\ngo {go}\n\n{requires}");
            world.feed(source, text.as_bytes());
        }
        let main = MainModules::single(&mut world, &go_mod).unwrap();
        let mut loader = Loader::new(&mut world, &main, Mode::Update, None);
        assert!(loader.advance(&mut world).is_empty());
        let problem = Problem::new(&mut world, &main, loader.finish().unwrap());
        let goal = Goal {
            targets: vec![Target::Module {
                module: module(&mut world, "a", "v1.0.0"),
            }],
            ..Goal::default()
        };
        let mut candidates = Candidates::default();
        for name in ["a", "b", "c", "d"] {
            let versions = MODULES.iter().filter(|(path, ..)| *path == name);
            let versions: Vec<Version> = versions
                .map(|(_, version, _)| Version::parse(version).unwrap())
                .collect();
            let path = world
                .modules
                .path_id(&ModulePath::new(format!("x.y/{name}")));
            candidates.feed(&mut world, path, &versions);
        }
        let planner = Planner::new(problem, go_mod, goal, candidates);
        (world, planner)
    }

    fn outcome(world: &mut World, planner: &mut Planner) -> Outcome {
        match planner.advance(world) {
            Progress::Done(outcome) => *outcome,
            Progress::Needs(needs) => panic!("{needs:?}"),
        }
    }

    /// The edits that are left when one is spared.
    fn spared(planner: &Planner, world: &mut World, plan: &Plan) -> Vec<Edit> {
        match planner.take_back(world, plan).unwrap() {
            Taken::Spared(Some(less)) => less.edits,
            _ => Vec::new(),
        }
    }

    #[test]
    fn a_plan_that_lowers_or_excludes_too_much_is_reducible() {
        for go in ["1.21", "1.16"] {
            let requires = "\tx.y/a v1.1.0\n\tx.y/b v1.1.0\n\tx.y/c v1.0.0\n\tx.y/d v1.1.0\n";
            let (mut world, mut planner) = planner(requires, go);
            let plan = outcome(&mut world, &mut planner).plans[0].clone();
            assert_eq!((plan.cost.overridden, plan.cost.direct_moved), (1, 1));
            assert_eq!(plan.search.irreducible, Some(true));

            let mut lower = plan.clone();
            let (from, to) = (
                module(&mut world, "d", "v1.1.0"),
                module(&mut world, "d", "v1.0.0"),
            );
            for root in &mut lower.setup.roots {
                *root = if *root == from { to } else { *root };
            }
            lower.cost.direct_moved += 1;
            lower.cost.direct_steps += 1;
            lower.cost.steps += 1;
            lower.cost.lines += 1;
            assert_eq!(spared(&planner, &mut world, &lower), plan.edits);

            let mut excludes = plan.clone();
            excludes.setup.overrides.excludes.insert(to);
            excludes.edits.push(Edit::Exclude {
                path: "x.y/d".to_owned(),
                version: "v1.0.0".to_owned(),
            });
            assert_eq!(spared(&planner, &mut world, &excludes), plan.edits);
        }
    }

    #[test]
    fn the_chosen_plan_is_tried_as_well() {
        let requires = "\tx.y/a v1.1.0\n\tx.y/b v1.1.0\n";
        let mut answers = Vec::new();
        for chosen in [None, Some(1)] {
            let (mut world, mut planner) = planner(requires, "1.21");
            planner.chosen = chosen;
            let outcome = outcome(&mut world, &mut planner);
            let front = outcome.front();
            answers.push([front[0], front[1]].map(|plan| plan.search.irreducible));
        }
        assert_eq!(answers, [[Some(true), None], [Some(true), Some(true)]]);
    }
}
