//! One choice of roots, excludes and replaces, taken as it is: whether it reaches the goal, what it costs, and
//! which further excludes could change that.

use std::collections::BTreeSet;

use rustc_hash::{FxHashMap, FxHashSet};

use super::chains::{Seen, added_by, chain_from, chain_to, load};
use super::choice::{Choice, Way};
use super::descend::{Limit, Lowering};
use super::exhaust::given;
use super::goal::Target;
use super::outcome::Plan;
use super::places::Roots;
use super::search::{Scope, Search, Stop};
use super::{Conflict, Needs, Planner};
use crate::graph::{ModuleGraph, ModuleId, PathId};
use crate::mvs::World;

/// What is evaluated.
#[derive(Clone, Copy)]
pub(super) struct Fixed<'a> {
    pub(super) planner: &'a Planner,
    pub(super) roots: &'a Roots,
    pub(super) excludes: &'a BTreeSet<ModuleId>,
}

/// What came of it. `cuts` are the versions one of which every better choice with the same roots excludes too.
pub(super) enum Tried {
    Needs(Needs),
    Infeasible {
        cuts: Vec<ModuleId>,
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
        let graph = match load(&mut search) {
            Err(needs) => return Tried::Needs(needs),
            Ok(Err(chain)) => {
                let cuts = self.cuts(&mut search, &chain);
                return Tried::Infeasible { cuts };
            }
            Ok(Ok(graph)) => graph,
        };
        if let Some(broken) = self.broken(&mut search, &graph) {
            let chain = broken.map_or(Vec::new(), |wrong| {
                chain_to(&mut search, wrong, Seen::Shown)
            });
            let cuts = self.cuts(&mut search, &chain);
            return Tried::Infeasible { cuts };
        }
        let mut base = self.items(&mut search, &graph);
        let closed = self.close(&mut search, graph, &mut base);
        let solution = match closed {
            Ok(Ok(solution)) => solution,
            Ok(Err(chain)) => {
                // What stands in the way of the closure, or what makes the base as it is.
                let mut cuts = self.cuts(&mut search, &chain);
                cuts.extend(base);
                return Tried::Infeasible { cuts };
            }
            Err(needs) => return Tried::Needs(needs),
        };
        let mut cuts = self.items(&mut search, &solution.graph);
        cuts.extend(base);
        // An exclude that hides nothing in the end is none of the plan: the roots must do without it on the way.
        let kept = &solution.overrides.excludes;
        if self.excludes.iter().any(|module| !kept.contains(module)) {
            return Tried::Infeasible { cuts };
        }
        let world = search.world;
        match self.has_reasons(world, &way, &choice, &solution) {
            Ok(true) => {}
            Ok(false) => return Tried::Infeasible { cuts },
            Err(needs) => return Tried::Needs(needs),
        }
        match planner.price(world, &way, &choice, solution) {
            Ok(mut plan) => {
                match self.reasons(world, &way, &choice) {
                    Ok(lowered) => plan.lowered = lowered,
                    Err(needs) => return Tried::Needs(needs),
                }
                Tried::Feasible {
                    plan: Box::new(plan),
                    cuts,
                }
            }
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
        let Ok(graph) = load(&mut search)? else {
            return Ok(None);
        };
        if self.broken(&mut search, &graph).is_some() {
            return Ok(None);
        }
        let Ok(solution) = self.close(&mut search, graph, &mut Vec::new())? else {
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
        let gone = problem.roots.keys().copied().chain(absent);
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

    /// Adds what must stand in go.mod, and finishes; or gives the chain that is in the way. What raised any root on
    /// the way may be cut as well.
    fn close(
        &self,
        search: &mut Search<'_>,
        mut graph: ModuleGraph,
        raised: &mut Vec<ModuleId>,
    ) -> Result<Result<super::finish::Solution, Vec<ModuleId>>, Needs> {
        let problem = &self.planner.problem;
        if problem.is_pruned() {
            loop {
                raised.extend(self.raised(search, &graph));
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
                    Err(chain) => return Ok(Err(chain)),
                };
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

    /// The versions on the chains to what raises a root.
    fn raised(&self, search: &mut Search<'_>, graph: &ModuleGraph) -> Vec<ModuleId> {
        let roots = search.state.roots.iter();
        let above: Vec<ModuleId> = roots
            .filter(|(path, _)| !path.is_toolchain())
            .filter_map(|(path, root)| graph.selected(*path).filter(|now| now != root))
            .collect();
        let mut cuts = Vec::new();
        for module in above {
            let chain = chain_to(search, module, Seen::Shown);
            cuts.extend(self.cuts(search, &chain));
        }
        cuts
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

    /// The versions on a chain that may be excluded, and on those that made closure add the root that it begins
    /// with.
    fn cuts(&self, search: &mut Search<'_>, chain: &[ModuleId]) -> Vec<ModuleId> {
        let mut all = chain.to_vec();
        if let Some(root) = chain.first() {
            all.extend(added_by(search, *root));
        }
        let problem = &self.planner.problem;
        let modules = &search.world.modules;
        let may = |module: &ModuleId| {
            let path = modules.path_of(*module);
            let root = self.roots.roots.get(&path);
            let absent = self.planner.goal.targets.contains(&Target::Absent { path });
            modules.version(*module).is_some()
                && !path.is_toolchain()
                && !problem.is_main(path)
                && root != Some(module)
                && !self.roots.replaced.contains(&path)
                && !self.excludes.contains(module)
                // Closure may add a requirement that says what is used instead.
                && (root.is_some() || absent || problem.is_pruned())
        };
        all.retain(may);
        all
    }

    /// The versions whose exclusion may take something out of a choice's cost: those on the chains to what
    /// came, rose, or is overridden.
    fn items(&self, search: &mut Search<'_>, graph: &ModuleGraph) -> Vec<ModuleId> {
        let problem = &self.planner.problem;
        let mut cuts: BTreeSet<ModuleId> = BTreeSet::new();
        for module in graph.build_list(&search.world.modules) {
            let modules = &search.world.modules;
            let today = problem.selected.get(&modules.path_of(module)).copied();
            let low = today.is_some_and(|today| modules.compare(module, today).is_lt());
            if today == Some(module) || low || modules.version(module).is_none() {
                continue;
            }
            let chain = chain_to(search, module, Seen::Shown);
            cuts.extend(self.cuts(search, &chain));
        }
        for module in graph.loaded() {
            let modules = &search.world.modules;
            if !graph.is_selected(modules, module) || modules.version(module).is_none() {
                continue;
            }
            let source = search
                .world
                .known_source_of(module, &search.state.overrides);
            let Some(Ok(facts)) = source.and_then(|source| search.world.facts(source)) else {
                continue;
            };
            let over = facts.requires.iter().any(|required| {
                graph
                    .selected(modules.path_of(*required))
                    .is_none_or(|selected| modules.compare(*required, selected).is_gt())
            });
            if over {
                let chain = chain_to(search, module, Seen::Loaded);
                cuts.extend(self.cuts(search, &chain));
            }
        }
        cuts.into_iter().collect()
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
            let mut search = restored.search(world, way, choice);
            let (chain, loads) = match load(&mut search)? {
                Err(chain) => (chain, false),
                Ok(graph) => match restored.broken(&mut search, &graph).flatten() {
                    Some(wrong) => {
                        let own = chain_from(&mut search, *today, |_, module| module == wrong);
                        let other = || chain_to(&mut search, wrong, Seen::Shown);
                        (own.unwrap_or_else(other), true)
                    }
                    None => (Vec::new(), true),
                },
            };
            if let Some(last) = chain.last().copied() {
                let unreadable = match search.requirements(last) {
                    Some(Err(error)) if !loads => Some(error),
                    _ => None,
                };
                let go_line = search
                    .go_line(last)
                    .filter(|_| search.go_line_too_high(last));
                let order = lowered.len();
                let step = Lowering {
                    order,
                    to,
                    limit: (unreadable.is_none() && go_line.is_none()).then_some(Limit::Planned),
                    unreadable,
                    go_line,
                    ..Lowering::new(*today, chain)
                };
                lowered.insert(*path, vec![step]);
            }
        }
        Ok(lowered)
    }
}
