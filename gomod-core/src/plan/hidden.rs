//! What go.mod excludes already, and is asked for all the same.
//!
//! An exclude of today hides a requirement from the graph, so lowering alone passes it over; but where it is for more
//! than what is used in the end, and is not overridden today, it costs as much as any other. A search that minds lowers
//! what asks for that as well, unless a choice leaves it. It looks at its graph for this, as the cost does: only what is
//! selected counts.

use super::cost::asks_for_more;
use super::goal::Means;
use super::search::Search;
use crate::graph::{ModuleGraph, ModuleId, PathId};

impl Search<'_> {
    /// The selected modules that ask, through an exclude of today, for more than what a graph uses, each with what it
    /// asks for: what is overridden today is not among it, nor what is hidden by this choice or by its kind of edit.
    pub(super) fn overlooked(&self, graph: &ModuleGraph) -> Vec<(ModuleId, ModuleId)> {
        let problem = self.scope.problem;
        let excludes = &problem.setup.overrides.excludes;
        if excludes.is_empty() {
            return Vec::new();
        }
        let (world, overrides) = (&*self.world, &self.state.overrides);
        let modules = &world.modules;
        let mut found = Vec::new();
        for by in graph.loaded() {
            if modules.version(by).is_none() || !graph.is_selected(modules, by) {
                continue;
            }
            let by_path = modules.path_of(by);
            let facts = world.known_facts(by, overrides);
            let asked = facts.into_iter().flat_map(|facts| &facts.requires);
            let asked = asked.filter(|asked| {
                let path = modules.path_of(**asked);
                excludes.contains(asked)
                    && !problem.overridden.contains_key(&(Some(by_path), path))
                    && !self.choice.hides.contains(&(by_path, path))
                    && !self.hides_all(path)
                    && asks_for_more(world, graph, overrides, **asked)
            });
            found.extend(asked.map(|asked| (by, *asked)));
        }
        found
    }

    /// Whether all that asks for more of a target is hidden, or its content replaced.
    fn hides_all(&self, path: PathId) -> bool {
        let path_of = |module| self.world.modules.path_of(module);
        let mut targets = self.scope.goal.targets.iter().zip(&self.way.means);
        !self.way.sparing
            && targets.any(|(target, means)| {
                *means != Means::Require && target.path(path_of) == Some(path)
            })
    }

    /// Lets what was overlooked count from now on, where the choice says so; says whether there was anything new.
    pub(super) fn mind(&mut self, graph: &ModuleGraph) -> bool {
        if !self.choice.minds {
            return false;
        }
        let before = self.state.minded.len();
        let overlooked = self.overlooked(graph);
        self.state.minded.extend(overlooked);
        self.state.minded.len() > before
    }

    /// What a module asks for through an exclude of today, where that counts.
    pub(super) fn minded(&self, by: ModuleId) -> Option<ModuleId> {
        self.state.minded.get(&by).copied()
    }
}
