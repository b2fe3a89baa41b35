//! One choice of roots, excludes and replaces, taken as it is: whether it reaches the goal, what it costs, and
//! which further excludes could change that.

use std::collections::BTreeSet;

use rustc_hash::{FxHashMap, FxHashSet};

use super::chains::{Seen, chain_from, chain_to, load};
use super::choice::{Choice, Way};
use super::cost::Cost;
use super::cuts::Passed;
use super::descend::{Limit, Lowering};
use super::exhaust::given;
use super::finish::Solution;
use super::goal::Target;
use super::outcome::Plan;
use super::places::Roots;
use super::search::{Scope, Search, Stop};
use super::{Conflict, Needs, Planner, Problem};
use crate::graph::{ModuleGraph, ModuleId, PathId};
use crate::mvs::World;

/// What is evaluated.
#[derive(Clone, Copy)]
pub(super) struct Fixed<'a> {
    pub(super) planner: &'a Planner,
    pub(super) roots: &'a Roots,
    pub(super) excludes: &'a BTreeSet<ModuleId>,
    /// What the roots cost at least, and the cost that a plan must be below to be of use.
    pub(super) below: Option<(Cost, Cost)>,
    /// The workspace that the main module is a member of.
    pub(super) whole: Option<&'a Problem>,
}

/// What came of it. `cuts` are the versions one of which every better choice with the same roots excludes too.
pub(super) enum Tried {
    Needs(Needs),
    Infeasible {
        cuts: Vec<ModuleId>,
    },
    /// Some excludes hide nothing, neither at first nor with what closure adds: without them it is the same.
    Idle {
        used: BTreeSet<ModuleId>,
    },
    Feasible {
        plan: Box<Plan>,
        cuts: Vec<ModuleId>,
    },
}

/// Why a choice is none: the module that should not be shown, if excluding anything helps at all.
type Broken = Option<ModuleId>;

impl Fixed<'_> {
    pub(super) fn evaluate(&self, world: &mut World) -> Tried {
        let planner = self.planner;
        let means = self.roots.means(world, &planner.goal, self.excludes);
        let (way, choice) = given(means);
        if planner.refuse_replaced(world, &way).is_err() {
            return Tried::Infeasible { cuts: Vec::new() };
        }
        let mut search = self.search(world, &way, &choice);
        let mut passed = Passed::gathering();
        let solution = match self.solve(&mut search, &mut passed) {
            Ok(Ok(solution)) => solution,
            Ok(Err(chain)) => {
                let cuts = self.cuts(&mut search, &chain);
                return self.infeasible(passed, cuts);
            }
            Err(needs) => return Tried::Needs(needs),
        };
        let cuts = self.items(&mut search, &solution.graph);
        // An exclude that hides nothing in the end is none of the plan: the roots must do without it on the way.
        let kept = &solution.overrides.excludes;
        if self.excludes.iter().any(|module| !kept.contains(module)) {
            return self.infeasible(passed, cuts);
        }
        let cuts = passed.with_cuts(cuts);
        let world = search.world;
        match self.has_reasons(world, &way, &choice, &solution) {
            Ok(true) => {}
            Ok(false) => return Tried::Infeasible { cuts },
            Err(needs) => return Tried::Needs(needs),
        }
        match planner.price(world, &way, &choice, solution) {
            Ok(mut plan) => match self.explain(world, &way, &choice, &mut plan) {
                Ok(()) => Tried::Feasible {
                    plan: Box::new(plan),
                    cuts,
                },
                Err(needs) => Tried::Needs(needs),
            },
            Err(Stop::Needs(needs)) => Tried::Needs(needs),
            Err(Stop::Conflict(_)) => Tried::Infeasible { cuts },
        }
    }

    /// The plan that this is, if it is one, without its reasons.
    pub(super) fn plan(&self, world: &mut World) -> Result<Option<Plan>, Needs> {
        let planner = self.planner;
        let means = self.roots.means(world, &planner.goal, self.excludes);
        let (way, choice) = given(means);
        if planner.refuse_replaced(world, &way).is_err() {
            return Ok(None);
        }
        let mut search = self.search(world, &way, &choice);
        let Ok(solution) = self.solve(&mut search, &mut Passed::default())? else {
            return Ok(None);
        };
        let world = search.world;
        if !self.has_reasons(world, &way, &choice, &solution)? {
            return Ok(None);
        }
        match planner.price(world, &way, &choice, solution) {
            Ok(plan) => Ok(Some(plan)),
            Err(Stop::Needs(needs)) => Err(needs),
            Err(Stop::Conflict(_)) => Ok(None),
        }
    }

    /// The same with its reasons.
    pub(super) fn explained(&self, world: &mut World) -> Result<Option<Plan>, Needs> {
        let mut plan = self.plan(world)?;
        if let Some(plan) = &mut plan {
            let (way, choice) = given(plan.means.clone());
            self.explain(world, &way, &choice, plan)?;
        }
        Ok(plan)
    }

    /// Says why what a plan lowers cannot stay.
    fn explain(
        &self,
        world: &mut World,
        way: &Way,
        choice: &Choice,
        plan: &mut Plan,
    ) -> Result<(), Needs> {
        let mut lowered = self.reasons(world, way, choice)?;
        // What is no requirement any more may be asked for in a higher version.
        lowered.retain(|path, _| {
            let today = self.planner.problem.selected.get(path);
            let rose = |now| today.is_some_and(|today| world.modules.compare(now, *today).is_gt());
            !plan.graph.selected(*path).is_some_and(rose)
        });
        plan.lowered = lowered;
        Ok(())
    }

    /// What the choice comes to with closure; or the chain that is in the way, if any.
    fn solve(
        &self,
        search: &mut Search<'_>,
        passed: &mut Passed,
    ) -> Result<Result<Solution, Vec<ModuleId>>, Needs> {
        let graph = match load(search)? {
            Ok(graph) if self.is_dear(search, &graph) => return Ok(Err(Vec::new())),
            Ok(graph) => graph,
            Err(chain) => return Ok(Err(chain)),
        };
        self.note(search, &graph, passed);
        if let Some(broken) = self.broken(search, &graph) {
            let chain = broken.map(|wrong| chain_to(search, wrong, Seen::Shown));
            return Ok(Err(chain.unwrap_or_default()));
        }
        // What makes the base as it is stands in the way of closure, too.
        self.gather_items(search, &graph, passed);
        self.close(search, graph, passed)
    }

    /// A search whose roots and excludes are given, and that bounds nothing.
    pub(super) fn search<'w>(
        &'w self,
        world: &'w mut World,
        way: &'w Way,
        choice: &'w Choice,
    ) -> Search<'w> {
        let planner = self.planner;
        let scope = Scope {
            problem: &planner.problem,
            candidates: &planner.candidates,
            packages: &planner.packages,
            goal: &planner.goal,
            pass: planner.pass,
            raising: false,
            lone: self.whole.is_some(),
        };
        let mut search = Search::new(world, scope, way, choice);
        let state = &mut search.state;
        state.roots.retain(|path, _| path.is_toolchain());
        state
            .roots
            .extend(self.roots.roots.iter().map(|(path, root)| (*path, *root)));
        state.overrides.excludes.extend(self.excludes);
        state.caps.clear();
        search
    }

    /// Whether the roots, as they are, are what is selected, and nothing else is wrong.
    fn broken(&self, search: &mut Search<'_>, graph: &ModuleGraph) -> Option<Broken> {
        let problem = &self.planner.problem;
        let goal = &self.planner.goal;
        let chain = |module: ModuleId| Some(Some(module));
        for (path, root) in &search.state.roots {
            if *path == PathId::TOOLCHAIN {
                continue;
            }
            if search.state.overrides.excludes.contains(root) {
                return Some(None);
            }
            match graph.selected(*path) {
                Some(selected) if selected != *root => return chain(selected),
                _ => {}
            }
        }
        let absent = goal.targets.iter().filter_map(|target| match target {
            Target::Absent { path } => Some(*path),
            _ => None,
        });
        // What others imply in another version than today's need not be listed below Go 1.17. For a module by itself that
        // changes nothing.
        let implied = |path: &PathId| {
            self.whole.is_some()
                && !problem.is_pruned()
                && !problem.direct.contains(path)
                && graph.selected(*path) != problem.roots.get(path).copied()
        };
        let gone = problem.roots.keys().copied();
        let gone = gone.filter(|path| !implied(path)).chain(absent);
        for path in gone.filter(|path| !path.is_toolchain() && !problem.is_main(*path)) {
            if !search.state.roots.contains_key(&path)
                && let Some(selected) = graph.selected(path)
            {
                return chain(selected);
            }
        }
        if search.state.go_bound.is_some() {
            for module in graph.build_list(&search.world.modules) {
                let path = search.world.modules.path_of(module);
                if !path.is_toolchain()
                    && !problem.is_main(path)
                    && matches!(search.requirements(module), Some(Ok(_)))
                    && search.go_line_too_high(module)
                {
                    return chain(module);
                }
            }
        }
        None
    }

    /// Adds what must stand in go.mod, and finishes; or gives the chain that is in the way.
    fn close(
        &self,
        search: &mut Search<'_>,
        mut graph: ModuleGraph,
        passed: &mut Passed,
    ) -> Result<Result<Solution, Vec<ModuleId>>, Needs> {
        let problem = &self.planner.problem;
        if problem.is_pruned() {
            loop {
                self.gather_raised(search, &graph, passed);
                if !search.raise_added(&graph) {
                    if let Some(raised) = self.raised_back(search.world, &graph) {
                        return Ok(Err(chain_to(search, raised, Seen::Shown)));
                    }
                    match search.close(&graph) {
                        Ok(false) => break,
                        Ok(true) => {}
                        Err(Stop::Needs(needs)) => return Err(needs),
                        Err(Stop::Conflict(_)) => return Ok(Err(Vec::new())),
                    }
                }
                graph = match load(search)? {
                    Ok(graph) => graph,
                    Err(chain) => {
                        // What it asks for is not seen.
                        passed.forget();
                        return Ok(Err(chain));
                    }
                };
                self.note(search, &graph, passed);
            }
            let gone = problem
                .roots
                .keys()
                .copied()
                .filter(|path| !path.is_toolchain() && !search.state.roots.contains_key(path));
            if let Some(back) = gone.filter_map(|path| graph.selected(path)).min() {
                return Ok(Err(chain_to(search, back, Seen::Shown)));
            }
            let go_line = search.state.go_bound.is_some().then(|| {
                let list = graph.build_list(&search.world.modules);
                list.into_iter().find(|module| {
                    !search.world.modules.path_of(*module).is_toolchain()
                        && search.world.modules.version(*module).is_some()
                        && search.go_line_too_high(*module)
                })
            });
            if let Some(module) = go_line.flatten() {
                return Ok(Err(chain_to(search, module, Seen::Shown)));
            }
        }
        let roots = search.root_list();
        let imports = match search.import_check(&graph, &roots) {
            Ok(imports) => imports,
            Err(Stop::Needs(needs)) => return Err(needs),
            Err(Stop::Conflict(_)) => return Ok(Err(Vec::new())),
        };
        match search.finish(graph, imports) {
            Ok(solution) => Ok(Ok(solution)),
            Err(Stop::Needs(needs)) => Err(needs),
            Err(Stop::Conflict(blocked)) => Ok(Err(match blocked.refused.conflict {
                Conflict::Hard { chain, .. } => chain
                    .last()
                    .map_or(Vec::new(), |wrong| chain_to(search, *wrong, Seen::Shown)),
                _ => Vec::new(),
            })),
        }
    }

    /// A target, or a root that was lowered or is new, that closure raises again.
    pub(super) fn raised_back(&self, world: &World, graph: &ModuleGraph) -> Option<ModuleId> {
        let modules = &world.modules;
        let goal = &self.planner.goal;
        self.roots.roots.iter().find_map(|(path, root)| {
            let today = self.planner.problem.selected.get(path);
            let selected = graph.selected(*path)?;
            let held = today.is_some_and(|today| modules.compare(*root, *today).is_lt())
                || goal.module_target(*path, |m| modules.path_of(m)).is_some()
                || self.planner.is_new(world, *root);
            (held && selected != *root).then_some(selected)
        })
    }

    /// Why each lowered root cannot stay: the chain that would be in the way with today's version.
    fn reasons(
        &self,
        world: &mut World,
        way: &Way,
        choice: &Choice,
    ) -> Result<FxHashMap<PathId, Vec<Lowering>>, Needs> {
        let planner = self.planner;
        let targets: FxHashSet<PathId> = planner
            .goal
            .targets
            .iter()
            .filter_map(|target| target.path(|module| world.modules.path_of(module)))
            .collect();
        let mut lowered: FxHashMap<PathId, Vec<Lowering>> = FxHashMap::default();
        for (path, today) in &planner.problem.roots {
            let to = self.roots.roots.get(path).copied();
            let down = to.is_none_or(|to| world.modules.compare(to, *today).is_lt());
            if targets.contains(path) || path.is_toolchain() || !down {
                continue;
            }
            let mut roots = self.roots.clone();
            roots.roots.insert(*path, *today);
            let restored = Fixed {
                roots: &roots,
                ..*self
            };
            if let Some(step) = restored.reason(world, way, choice, *today)? {
                let step = Lowering {
                    order: lowered.len(),
                    to,
                    ..step
                };
                lowered.insert(*path, vec![step]);
            }
        }
        Ok(lowered)
    }

    /// Why a root cannot stay that was put back: the chain that is in the way, or what it imports.
    fn reason(
        &self,
        world: &mut World,
        way: &Way,
        choice: &Choice,
        root: ModuleId,
    ) -> Result<Option<Lowering>, Needs> {
        let mut search = self.search(world, way, choice);
        let (chain, loads) = match load(&mut search)? {
            Err(chain) => (chain, false),
            Ok(graph) => {
                let Some(wrong) = self.broken(&mut search, &graph).flatten() else {
                    let misses = search.missed_by(root, &graph);
                    return Ok(misses.map(|package| Lowering {
                        misses: Some(package),
                        ..Lowering::new(root, vec![root])
                    }));
                };
                let own = chain_from(&mut search, root, |_, module| module == wrong);
                let other = || chain_to(&mut search, wrong, Seen::Shown);
                (own.unwrap_or_else(other), true)
            }
        };
        let Some(last) = chain.last().copied() else {
            return Ok(None);
        };
        let unreadable = match search.requirements(last) {
            Some(Err(error)) if !loads => Some(error),
            _ => None,
        };
        let go_line = search
            .go_line(last)
            .filter(|_| search.go_line_too_high(last));
        Ok(Some(Lowering {
            limit: (unreadable.is_none() && go_line.is_none()).then_some(Limit::Planned),
            unreadable,
            go_line,
            ..Lowering::new(root, chain)
        }))
    }
}
