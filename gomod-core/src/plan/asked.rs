//! Which requirements of a choice need a reason, and whether they have one: a version that is no candidate, a direct
//! requirement above today's, and a new one.

use std::collections::BTreeSet;

use super::Needs;
use super::candidates::Usable;
use super::chains::load;
use super::choice::{Choice, Way};
use super::cost;
use super::finish::Solution;
use super::fixed::Fixed;
use super::search::{Search, Stop};
use crate::graph::{ModuleGraph, ModuleId};
use crate::mvs::{Source, World};

impl Fixed<'_> {
    /// Whether each root of a solution that needs a reason has one.
    pub(super) fn has_reasons(
        &self,
        world: &mut World,
        way: &Way,
        choice: &Choice,
        solution: &Solution,
    ) -> Result<bool, Needs> {
        Ok(self.fix_excludes(world, solution)
            && self.are_asked_for(world, way, choice, solution)?)
    }

    /// Whether each new requirement says what is used instead of an excluded version that a selected module asks
    /// for.
    fn fix_excludes(&self, world: &World, solution: &Solution) -> bool {
        let new = |root: &&ModuleId| self.planner.is_new(world, **root);
        let mut new = self.roots.roots.values().filter(new).peekable();
        if new.peek().is_none() {
            return true;
        }
        let modules = &world.modules;
        let before = &self.planner.problem.setup.overrides.excludes;
        let excludes = &solution.overrides.excludes;
        let selected = solution.graph.loaded().into_iter().filter(|module| {
            modules.version(*module).is_some() && solution.graph.is_selected(modules, *module)
        });
        let asked: Vec<ModuleId> = cost::asked(world, selected, &solution.overrides)
            .filter(|asked| excludes.contains(asked) && !before.contains(asked))
            .collect();
        new.all(|root| {
            let used = match solution.overrides.replacement(modules, *root) {
                Some(Source::Module(used)) => *used,
                _ => *root,
            };
            // What the workspace uses may say so of a lower one, too.
            let used_today = self.whole.and_then(|whole| {
                let today = whole.selected.get(&modules.path_of(used))?;
                Some(modules.compare(used, *today).is_le())
            });
            asked.iter().any(|asked| {
                modules.path_of(*asked) == modules.path_of(used)
                    && (modules.compare(*asked, used).is_gt() || used_today == Some(true))
            })
        })
    }

    /// Whether the roots that a plan may only take because another module asks for them are asked for, and
    /// counted from the others: two that only ask for each other are not.
    fn are_asked_for(
        &self,
        world: &mut World,
        way: &Way,
        choice: &Choice,
        solution: &Solution,
    ) -> Result<bool, Needs> {
        let roots = self.roots.roots.values().copied();
        let mut odd: BTreeSet<ModuleId> = roots
            .filter(|root| self.must_be_asked_for(world, *root))
            .collect();
        if !odd.is_subset(&asked_for(world, &solution.graph)) {
            return Ok(false);
        }
        let mut kept = self.roots.clone();
        kept.roots.retain(|_, root| !odd.contains(root));
        while !odd.is_empty() {
            let fixed = Fixed {
                roots: &kept,
                ..*self
            };
            let Some(graph) = fixed.grown(world, way, choice)? else {
                return Ok(false);
            };
            let found: Vec<ModuleId> = odd
                .intersection(&asked_for(world, &graph))
                .copied()
                .collect();
            if found.is_empty() {
                return Ok(false);
            }
            for root in found {
                odd.remove(&root);
                kept.roots.insert(world.modules.path_of(root), root);
            }
        }
        Ok(true)
    }

    /// No candidates, and what is above today's of a direct requirement.
    fn must_be_asked_for(&self, world: &World, root: ModuleId) -> bool {
        let planner = self.planner;
        let path = world.modules.path_of(root);
        let today = planner.problem.selected.get(&path).copied();
        let target = planner
            .goal
            .module_target(path, |module| world.modules.path_of(module));
        if path.is_toolchain() || today == Some(root) || target.is_some() {
            return false;
        }
        let above = |version: ModuleId| world.modules.compare(root, version).is_gt();
        let used = self
            .whole
            .and_then(|whole| whole.selected.get(&path))
            .copied();
        // It comes up to what its workspace uses anyway.
        if today.is_some() && used.is_some_and(|used| !above(used)) {
            return false;
        }
        let direct = self
            .whole
            .unwrap_or(&planner.problem)
            .is_direct_anywhere(path);
        let rises = used.or(today).is_some_and(above);
        let candidate =
            planner
                .candidates
                .is_candidate(world, planner.pass, root, Usable::IfListed);
        !candidate || rises && direct
    }

    /// The graph of the roots with what closure adds, as far as that raises nothing that must stay; `None` when it
    /// does not load. What closure would add and cannot be read asks for nothing: it is taken as excluded.
    fn grown(
        &self,
        world: &mut World,
        way: &Way,
        choice: &Choice,
    ) -> Result<Option<ModuleGraph>, Needs> {
        let mut search = self.search(world, way, choice);
        loop {
            let graph = match load(&mut search)? {
                Ok(graph) => graph,
                Err(chain) => match chain.last() {
                    Some(unread) if self.leave_out(&mut search, *unread) => continue,
                    _ => return Ok(None),
                },
            };
            if search.raise_added(&graph) {
                continue;
            }
            if !search.is_pruned() || self.raised_back(search.world, &graph).is_some() {
                return Ok(Some(graph));
            }
            match search.close(&graph) {
                Ok(true) => {}
                Ok(false) => return Ok(Some(graph)),
                Err(Stop::Needs(needs)) => return Err(needs),
                Err(Stop::Conflict(_)) => return Ok(None),
            }
        }
    }

    /// Takes what cannot be read out of a search that closure brought it into. Says whether it did.
    fn leave_out(&self, search: &mut Search<'_>, unread: ModuleId) -> bool {
        let path = search.world.modules.path_of(unread);
        let state = &mut search.state;
        if self.roots.roots.get(&path) == Some(&unread) || !state.overrides.excludes.insert(unread)
        {
            return false;
        }
        if state.roots.get(&path) == Some(&unread) {
            match self.roots.roots.get(&path) {
                Some(before) => _ = state.roots.insert(path, *before),
                None => {
                    state.roots.remove(&path);
                    state.added.remove(&path);
                }
            }
        }
        true
    }
}

/// What the modules of a graph ask for, the main module aside.
fn asked_for(world: &World, graph: &ModuleGraph) -> BTreeSet<ModuleId> {
    let asks = |by: ModuleId| {
        let known = world.modules.version(by).and(graph.requirements(by));
        known.into_iter().flatten()
    };
    graph.loaded().into_iter().flat_map(asks).collect()
}
