//! Which excludes could make a choice of roots better: they cut a chain to what is in the way, to what raised a root,
//! or to what costs something. What hides nothing is none of them, and where no more excludes could pay, none is tried.

use std::collections::BTreeSet;

use super::Planner;
use super::chains::{Seen, added_by, chain_to};
use super::cost::{self, Cost, asks_for_more};
use super::fixed::{Fixed, Tried};
use super::goal::Target;
use super::search::Search;
use crate::graph::{ModuleGraph, ModuleId, PathId};

/// What is seen on the way from the roots through closure.
#[derive(Default)]
pub(super) struct Passed {
    gathers: bool,
    /// The versions on the chains to what raised a root, or costs something.
    cuts: Vec<ModuleId>,
    /// The excludes that were asked for; `None` where no graph was seen.
    asked: Option<BTreeSet<ModuleId>>,
}

impl Passed {
    /// One that gathers cuts.
    pub(super) fn gathering() -> Self {
        Self {
            gathers: true,
            ..Self::default()
        }
    }

    /// Leaves open which excludes were asked for.
    pub(super) fn forget(&mut self) {
        self.asked = None;
    }

    pub(super) fn with_cuts(self, mut cuts: Vec<ModuleId>) -> Vec<ModuleId> {
        cuts.extend(self.cuts);
        cuts
    }
}

impl Fixed<'_> {
    /// Notes which excludes a graph asks for.
    pub(super) fn note(&self, search: &Search<'_>, graph: &ModuleGraph, passed: &mut Passed) {
        let overrides = &search.state.overrides;
        let asked = cost::asked(search.world, graph.loaded(), overrides);
        let asked = asked.filter(|asked| self.excludes.contains(asked));
        passed.asked.get_or_insert_default().extend(asked);
    }

    /// A choice that leads nowhere, with the cuts of its last chain.
    pub(super) fn infeasible(&self, mut passed: Passed, cuts: Vec<ModuleId>) -> Tried {
        let idle = |used: &BTreeSet<ModuleId>| used.len() < self.excludes.len();
        match passed.asked.take().filter(idle) {
            Some(used) => Tried::Idle { used },
            None => Tried::Infeasible {
                cuts: passed.with_cuts(cuts),
            },
        }
    }

    /// Whether neither this nor any choice with the same roots and more excludes costs less than what is known. For
    /// fixed roots, more excludes never bring anything up: what a root asks for and does not get stays overridden,
    /// and what fell stays down. Of a replaced path a lower version may well be a higher one in use.
    pub(super) fn is_dear(&self, search: &Search<'_>, graph: &ModuleGraph) -> bool {
        let Some((mut low, limit)) = self.below else {
            return false;
        };
        let Planner {
            problem,
            goal,
            candidates,
            ..
        } = self.planner;
        let (world, overrides) = (&*search.world, &search.state.overrides);
        let path_of = |module| world.modules.path_of(module);
        let mut overridden = 0;
        for (by, root) in &self.roots.roots {
            let Some(facts) = world.known_facts(*root, overrides) else {
                continue;
            };
            let mut paths: Vec<PathId> = facts
                .requires
                .iter()
                .filter(|asked| asks_for_more(world, graph, overrides, **asked))
                .map(|asked| path_of(*asked))
                .filter(|path| {
                    !problem.overridden.contains_key(&(Some(*by), *path))
                        && !problem.replaced.contains(path)
                        && !goal.grants_overriding(*path, path_of)
                })
                .collect();
            paths.sort_unstable();
            paths.dedup();
            overridden += paths.len();
        }
        low.overridden = low.overridden.max(overridden);
        // Where nothing is pruned, all that is selected is chosen.
        let others = problem.is_pruned().then_some(&problem.selected);
        for (path, today) in others.into_iter().flatten() {
            // What is chosen, or asked for, is counted.
            let chosen = self.roots.roots.contains_key(path)
                || problem.roots.contains_key(path)
                || goal.targets.contains(&Target::Absent { path: *path });
            if chosen || path.is_toolchain() || problem.is_main(*path) {
                continue;
            }
            let now = graph.selected(*path);
            if now.is_none_or(|now| world.modules.compare(now, *today).is_lt()) {
                low.others_moved += 1;
                low.steps += candidates.steps(world, now, *today);
            }
        }
        low >= Cost { lines: 0, ..limit }
    }

    pub(super) fn gather_items(
        &self,
        search: &mut Search<'_>,
        graph: &ModuleGraph,
        passed: &mut Passed,
    ) {
        if passed.gathers {
            passed.cuts.extend(self.items(search, graph));
        }
    }

    /// Gathers the versions on the chains to what raises a root.
    pub(super) fn gather_raised(
        &self,
        search: &mut Search<'_>,
        graph: &ModuleGraph,
        passed: &mut Passed,
    ) {
        if !passed.gathers {
            return;
        }
        let roots = search.state.roots.iter();
        let above: Vec<ModuleId> = roots
            .filter(|(path, _)| !path.is_toolchain())
            .filter_map(|(path, root)| graph.selected(*path).filter(|now| now != root))
            .collect();
        for module in above {
            let chain = chain_to(search, module, Seen::Shown);
            passed.cuts.extend(self.cuts(search, &chain));
        }
    }

    /// The versions on a chain that may be excluded, and on those that made closure add the root that it begins
    /// with.
    pub(super) fn cuts(&self, search: &mut Search<'_>, chain: &[ModuleId]) -> Vec<ModuleId> {
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
    pub(super) fn items(&self, search: &mut Search<'_>, graph: &ModuleGraph) -> Vec<ModuleId> {
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
            let Some(facts) = search.world.known_facts(module, &search.state.overrides) else {
                continue;
            };
            let (world, overrides) = (&*search.world, &search.state.overrides);
            let over = |required: &ModuleId| asks_for_more(world, graph, overrides, *required);
            if facts.requires.iter().any(over) {
                let chain = chain_to(search, module, Seen::Loaded);
                cuts.extend(self.cuts(search, &chain));
            }
        }
        cuts.into_iter().collect()
    }
}
