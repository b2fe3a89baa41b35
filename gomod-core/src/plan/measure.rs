//! What a `go.mod` costs that this planner did not make, such as the one that `go get` leaves: counted by the
//! same function, and roots that only closure or the build can have added do not count either.
//!
//! A plan knows which roots it added. Of a foreign file that is inferred: where the graph is pruned, new roots
//! that are no targets are closure's, and so is what made a root rise to a version that another module asks for,
//! as long as the targets are reached without. That counts in favour of the foreign file.

use rustc_hash::{FxHashMap, FxHashSet};

use super::finish::Solution;
use super::packages::{ImportCheck, Universe};
use super::{Cost, Move, Needs, Planner, Role, Target, candidates, cost, edit};
use crate::graph::{ModuleGraph, ModuleId, PathId};
use crate::model::GoMod;
use crate::mvs::{LoadError, MainModules, MainModulesError, Resolver, Setup, Source, World};

/// What [`Planner::measure`] says.
#[derive(Debug)]
pub enum Measuring {
    /// Feed this and call again.
    Needs(Needs),
    /// Done.
    Done(Box<Measured>),
}

/// A foreign `go.mod` as a plan would be counted.
#[derive(Debug, Clone)]
pub struct Measured {
    /// What it costs.
    pub cost: Cost,
    /// Whether `cost` has the imports that are left unresolved; without sources it cannot.
    pub imports_followed: bool,
    /// The modules whose selected version changes.
    pub moves: Vec<Move>,
    /// Of those, what was lowered to a pre-release or a retracted version that no other module asks for: no
    /// candidate of a plan unless nothing else leads to the goal.
    pub outside: Vec<ModuleId>,
}

/// A `go.mod` that cannot be measured.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum MeasureError {
    /// It cannot be a main module's.
    #[error(transparent)]
    Main(#[from] MainModulesError),
    /// Its graph does not load.
    #[error("its graph does not load: {0}")]
    Graph(LoadError),
}

impl Planner {
    /// What `go_mod` costs against today's state, for this planner's goal. Only `unresolved` is missing where
    /// the imports cannot be followed.
    ///
    /// # Errors
    /// [`MeasureError`] when its graph does not load.
    pub fn measure(&self, world: &mut World, go_mod: &GoMod) -> Result<Measuring, MeasureError> {
        let main = MainModules::single(world, go_mod)?;
        let setup = main.setup(world, self.problem.setup.local_go.as_ref());
        let graph = match load(world, &setup)? {
            Ok(graph) => graph,
            Err(needs) => return Ok(Measuring::Needs(needs)),
        };
        let plain_setup = Setup {
            roots: self.without_closure(world, &setup.roots, &graph),
            ..setup.clone()
        };
        let plain = match load(world, &plain_setup)? {
            Ok(plain) => plain,
            Err(needs) => return Ok(Measuring::Needs(needs)),
        };
        // Without those roots the targets need not be reached: then they are part of the answer.
        let same = |path: PathId| plain.selected(path) == graph.selected(path);
        let reached = self.goal.targets.iter().all(|target| match target {
            Target::Module { module } => same(world.modules.path_of(*module)),
            Target::Absent { path } => plain.selected(*path).is_none(),
            Target::Go { .. } => same(self.problem.go_path),
            Target::Toolchain { .. } => true,
        });
        let (plain, base) = match reached {
            true => (plain, plain_setup.roots),
            false => (graph.clone(), setup.roots.clone()),
        };
        let mut solution = Solution {
            roots: setup.roots,
            overrides: setup.overrides,
            graph,
            plain,
            base,
            added: Vec::new(),
            imports: None,
            settled: FxHashSet::default(),
            lowered: FxHashMap::default(),
            left_out: Vec::new(),
        };
        if let Err(needs) = self.follow_imports(world, &mut solution) {
            return Ok(Measuring::Needs(needs));
        }
        let moves = cost::moves(world, &self.problem, &self.goal, &solution);
        let mut needs = Needs {
            counts: cost::uncounted(&self.problem, &self.candidates, &moves),
            ..Needs::default()
        };
        let outside = self.outside(world, &solution.plain, &moves, &mut needs);
        if let Some(needs) = needs.flush() {
            return Ok(Measuring::Needs(needs));
        }
        let overridden = cost::newly_overridden(world, &self.problem, &solution).len();
        let mut cost = cost::cost(world, &self.candidates, &moves, &solution, overridden);
        cost.lines = edit::changed_lines(&self.go_mod.text(), &go_mod.text());
        Ok(Measuring::Done(Box::new(Measured {
            cost,
            imports_followed: solution.imports.is_some(),
            moves,
            outside,
        })))
    }

    /// The roots without those that closure can have added or raised. Below Go 1.17 it adds none.
    fn without_closure(
        &self,
        world: &World,
        roots: &[ModuleId],
        graph: &ModuleGraph,
    ) -> Vec<ModuleId> {
        if !self.problem.is_pruned() {
            return roots.to_vec();
        }
        let modules = &world.modules;
        let targets: FxHashSet<PathId> = self
            .goal
            .targets
            .iter()
            .filter_map(|target| target.path(|module| modules.path_of(module)))
            .collect();
        let asked = asked_by_others(world, graph);
        let without = |root: &ModuleId| {
            let path = modules.path_of(*root);
            if targets.contains(&path) || self.problem.is_toolchain(path) {
                return Some(*root);
            }
            let today = self.problem.roots.get(&path).copied()?;
            let rose = modules.compare(*root, today).is_gt() && asked.contains(root);
            Some(if rose { today } else { *root })
        };
        roots.iter().filter_map(without).collect()
    }

    /// Follows the imports under a solution, where that is possible.
    fn follow_imports(&self, world: &mut World, solution: &mut Solution) -> Result<(), Needs> {
        let Solution {
            graph,
            overrides,
            roots,
            ..
        } = solution;
        let pruning = self.problem.setup.pruning;
        let planned = Universe::new(world, graph, overrides, (roots.as_slice(), pruning));
        let Setup {
            overrides, roots, ..
        } = &self.problem.setup;
        let roots = (roots.as_slice(), pruning);
        let today = || Some(Universe::new(world, &self.problem.graph, overrides, roots));
        let walk = self.packages.follow_beyond(planned, today)?;
        solution.imports = walk.map(|walk| ImportCheck::new(walk, |_| true));
        Ok(())
    }

    /// What was lowered to a version that is no candidate among releases, and that nobody else asks for.
    fn outside(
        &self,
        world: &mut World,
        graph: &ModuleGraph,
        moves: &[Move],
        needs: &mut Needs,
    ) -> Vec<ModuleId> {
        let asked = asked_by_others(world, graph);
        let mut found = Vec::new();
        for moved in moves.iter().filter(|moved| moved.role == Role::Moved) {
            let (Some(from), Some(to)) = (moved.from, graph.selected(moved.path)) else {
                continue;
            };
            if world.modules.compare(to, from).is_gt() || asked.contains(&to) {
                continue;
            }
            if let Some(newest) = self.candidates.newest(world, moved.path)
                && world.module_facts(newest).is_none()
            {
                needs.sources.push(world.source_id(Source::Module(newest)));
            }
            if candidates::is_prerelease(world, to)
                || self.candidates.retraction(world, to).is_some()
            {
                found.push(to);
            }
        }
        found
    }
}

/// The versions that loaded modules of other paths ask for; the main module does not count.
fn asked_by_others(world: &World, graph: &ModuleGraph) -> FxHashSet<ModuleId> {
    let modules = &world.modules;
    graph
        .loaded()
        .into_iter()
        .filter(|by| modules.version(*by).is_some())
        .filter_map(|by| Some((modules.path_of(by), graph.requirements(by)?)))
        .flat_map(|(by, list)| list.filter(move |one| modules.path_of(*one) != by))
        .collect()
}

/// The graph of a setup, or what must be fed first.
pub(super) fn load(
    world: &mut World,
    setup: &Setup,
) -> Result<Result<ModuleGraph, Needs>, MeasureError> {
    let mut resolver = Resolver::new(world, setup);
    let sources = resolver.advance(world, setup);
    if !sources.is_empty() {
        return Ok(Err(Needs::of_sources(sources)));
    }
    resolver
        .finish()
        .map(Ok)
        .map_err(|failure| MeasureError::Graph(failure.error))
}
