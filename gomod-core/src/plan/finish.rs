//! The last steps of a search: that every root is selected and every limit kept, which excludes are needed,
//! and what an unpruned `go.mod` lists.

use rustc_hash::{FxHashMap, FxHashSet};

use super::Conflict;
use super::closure::AddedBy;
use super::cost;
use super::descend::Lowering;
use super::goal::Target;
use super::packages::ImportCheck;
use super::problem::content;
use super::search::{Search, Stop};
use crate::graph::{ModuleGraph, ModuleId, PathId};
use crate::mvs::{LoadError, Overrides, Source};

/// A choice of roots, excludes and replaces that reaches the goal.
#[derive(Debug, Clone)]
pub(super) struct Solution {
    pub(super) roots: Vec<ModuleId>,
    pub(super) overrides: Overrides,
    pub(super) graph: ModuleGraph,
    /// The graph without the roots that root closure added: what the cost is counted on.
    pub(super) plain: ModuleGraph,
    /// The roots of that graph.
    pub(super) base: Vec<ModuleId>,
    /// The roots that root closure added, each with what makes it one.
    pub(super) added: Vec<(ModuleId, AddedBy)>,
    pub(super) imports: Option<ImportCheck>,
    /// Roots that were loosened.
    pub(super) settled: FxHashSet<PathId>,
    pub(super) lowered: FxHashMap<PathId, Vec<Lowering>>,
    pub(super) left_out: Vec<(ModuleId, LoadError)>,
}

impl Search<'_> {
    /// Turns the graph of the final roots into a solution.
    pub(super) fn finish(
        &mut self,
        graph: ModuleGraph,
        imports: Option<ImportCheck>,
    ) -> Result<Solution, Stop> {
        self.check(&graph)?;
        if self.state.overrides.excludes != self.scope.problem.setup.overrides.excludes {
            self.trim_excludes(&graph);
        }
        self.check_excludes()?;
        let (roots, graph, imports) = if self.scope.problem.is_pruned() {
            (self.setup(None).roots, graph, imports)
        } else {
            let roots = self.listed_roots(&graph);
            let graph = self.resolve(Some(roots.clone()))?;
            self.check(&graph)?;
            // Fewer roots are looked at first.
            let imports = self.import_check(&graph, &roots)?;
            (roots, graph, imports)
        };
        let imports = imports.map(|check| ImportCheck {
            tried: self.state.importers.tried(),
            ..check
        });
        let (plain, base) = if self.state.added.is_empty() {
            (graph.clone(), roots.clone())
        } else {
            let original = roots
                .iter()
                .map(|root| (self.world.modules.path_of(*root), *root))
                .filter(|(path, _)| {
                    // What had to be lowered is no longer what closure asks for.
                    !self.state.added.contains_key(path) || self.state.lowered.contains_key(path)
                })
                .map(|(path, root)| {
                    self.state
                        .before_closure
                        .get(&path)
                        .copied()
                        .unwrap_or(root)
                })
                .collect();
            // Where the goal is reached only with what closure adds or raises, that counts as well.
            self.settled_roots(original, &graph)?
                .unwrap_or_else(|| (graph.clone(), roots.clone()))
        };
        let added = self
            .state
            .added
            .iter()
            .filter(|(path, _)| !self.state.lowered.contains_key(path))
            .filter_map(|(path, cause)| Some((*self.state.roots.get(path)?, *cause)))
            .collect();
        Ok(Solution {
            roots,
            overrides: self.state.overrides.clone(),
            graph,
            plain,
            base,
            added,
            imports,
            settled: self.state.loose.clone(),
            lowered: self.state.lowered.clone(),
            left_out: self.state.left_out.clone().into_iter().collect(),
        })
    }

    /// The graph of these roots, each brought up to what is selected of its path; `None` where that is more than
    /// is selected in the end.
    fn settled_roots(
        &mut self,
        mut roots: Vec<ModuleId>,
        whole: &ModuleGraph,
    ) -> Result<Option<(ModuleGraph, Vec<ModuleId>)>, Stop> {
        loop {
            let graph = self.resolve(Some(roots.clone()))?;
            let mut settled = true;
            for root in &mut roots {
                let path = self.world.modules.path_of(*root);
                let now = graph.selected(path);
                if path.is_toolchain() || now == Some(*root) {
                    continue;
                }
                let modules = &self.world.modules;
                let fits = |now: &ModuleId| {
                    let end = whole.selected(path);
                    modules.compare(*now, *root).is_gt()
                        && end.is_some_and(|end| modules.compare(*now, end).is_le())
                };
                let Some(now) = now.filter(fits) else {
                    return Ok(None);
                };
                *root = now;
                settled = false;
            }
            if settled {
                return Ok(Some((graph, roots)));
            }
        }
    }

    /// The last word: every root selected, targets and kept modules where they must be.
    fn check(&mut self, graph: &ModuleGraph) -> Result<(), Stop> {
        let wrong_root = self.state.roots.iter().find(|(path, root)| {
            **path != self.scope.problem.toolchain_path && graph.selected(**path) != Some(**root)
        });
        if let Some((path, root)) = wrong_root {
            let chain = graph
                .selected(*path)
                .map_or_else(|| vec![*root], |selected| graph.shortest_path(selected));
            return Err(self.conflict(Conflict::Hard {
                chain,
                unreadable: None,
            }));
        }
        self.check_drops(graph)?;
        self.check_paths(graph)?;
        let fallen =
            self.scope.goal.keep.iter().find(|path| {
                graph.selected(**path) != self.scope.problem.selected.get(*path).copied()
            });
        if let Some(path) = fallen {
            let kept = self.scope.problem.selected.get(path).copied();
            return Err(self.conflict(Conflict::KeepFell { kept }));
        }
        let present = self
            .scope
            .goal
            .targets
            .iter()
            .find_map(|target| match target {
                Target::Absent { path } => graph.selected(*path),
                _ => None,
            });
        if let Some(module) = present {
            let chain = graph.shortest_path(module);
            return Err(self.conflict(Conflict::Hard {
                chain,
                unreadable: None,
            }));
        }
        Ok(())
    }

    /// No direct requirement may be dropped beyond those that were allowed. All that would be are named: none of
    /// them stays without another choice.
    fn check_drops(&self, graph: &ModuleGraph) -> Result<(), Stop> {
        let problem = self.scope.problem;
        let fallen = |path: &PathId| {
            graph.selected(*path).is_none() && self.state.lowered.contains_key(path)
        };
        let mut dropped: Vec<PathId> = problem.direct.iter().copied().filter(fallen).collect();
        dropped.sort_unstable();
        let last = dropped
            .iter()
            .filter(|path| !self.choice.drops.contains(path))
            .find_map(|path| self.state.lowered.get(path)?.last());
        let Some(step) = last else {
            return Ok(());
        };
        let mut stop = self.conflict(Conflict::Drop {
            chain: step.chain.clone(),
            unreadable: step.unreadable.clone(),
        });
        if let Stop::Conflict(blocked) = &mut stop
            && self.scope.goal.allow_drop
        {
            blocked.options.drops.extend(dropped);
        }
        Err(stop)
    }

    /// A new exclude needs a `require` line that says what is used instead, unless the path is to be absent.
    fn check_excludes(&self) -> Result<(), Stop> {
        let lone = |module: &&ModuleId| {
            let path = self.world.modules.path_of(**module);
            !self
                .scope
                .problem
                .setup
                .overrides
                .excludes
                .contains(*module)
                && !self.state.roots.contains_key(&path)
                && !self.scope.goal.targets.contains(&Target::Absent { path })
        };
        match self.state.overrides.excludes.iter().filter(lone).min() {
            None => Ok(()),
            Some(_) if self.scope.lone => Ok(()),
            Some(module) => Err(self.conflict(Conflict::Unwritable {
                reason: format!(
                    "{} would be excluded, and no requirement says what is used instead",
                    self.world.modules.display(*module)
                ),
            })),
        }
    }

    /// No content may be used for two module paths, unless it is today (`checkMultiplePaths` in cmd/go).
    fn check_paths(&self, graph: &ModuleGraph) -> Result<(), Stop> {
        let shared = |graph: &ModuleGraph, overrides: &Overrides| {
            let mut paths: FxHashMap<Source, Vec<PathId>> = FxHashMap::default();
            for module in graph.build_list(&self.world.modules) {
                let path = self.world.modules.path_of(module);
                if !self.scope.problem.is_main(path) && !self.scope.problem.is_toolchain(path) {
                    let source = content(self.world, overrides, module);
                    paths.entry(source).or_default().push(path);
                }
            }
            paths.retain(|_, paths| paths.len() > 1);
            paths
        };
        let problem = self.scope.problem;
        let found = shared(graph, &self.state.overrides);
        if found.is_empty() {
            return Ok(());
        }
        let today = shared(&problem.graph, &problem.setup.overrides);
        let new = |(source, paths): &(Source, Vec<PathId>)| today.get(source) != Some(paths);
        match found.into_iter().filter(new).min_by(|a, b| a.1.cmp(&b.1)) {
            Some((source, paths)) => Err(self.conflict(Conflict::UsedTwice { source, paths })),
            None => Ok(()),
        }
    }

    /// Keeps only the new excludes that some loaded `go.mod` of the final graph asks for.
    fn trim_excludes(&mut self, graph: &ModuleGraph) {
        let asked = cost::asked(self.world, graph.loaded(), &self.state.overrides);
        let asked: FxHashSet<ModuleId> = asked.collect();
        let before = &self.scope.problem.setup.overrides.excludes;
        self.state
            .overrides
            .excludes
            .retain(|module| before.contains(module) || asked.contains(module));
    }

    /// What a `go.mod` below 1.17 lists: targets, former roots that stay as they are or are direct, and
    /// what keeps another module from falling, as `go get` writes it.
    fn listed_roots(&self, graph: &ModuleGraph) -> Vec<ModuleId> {
        let modules = &self.world.modules;
        let selected: Vec<ModuleId> = graph
            .build_list(modules)
            .into_iter()
            .filter(|module| !self.scope.problem.is_main(modules.path_of(*module)))
            .collect();
        let targets = self
            .scope
            .goal
            .targets
            .iter()
            .filter_map(|target| match target {
                Target::Module { module } => Some(modules.path_of(*module)),
                _ => None,
            });
        let stays = |module: &ModuleId| {
            let path = modules.path_of(*module);
            self.scope.problem.roots.get(&path).is_some_and(|root| {
                root == module
                    || self.scope.problem.direct.contains(&path)
                    || self.scope.problem.is_toolchain(path)
            })
        };
        // An exclude needs the line that says what is used instead.
        let excluded = self
            .state
            .overrides
            .excludes
            .difference(&self.scope.problem.setup.overrides.excludes)
            .map(|module| modules.path_of(*module))
            .filter(|path| graph.selected(*path).is_some());
        let base: Vec<PathId> = targets
            .chain(excluded)
            .chain(
                selected
                    .iter()
                    .filter(|m| stays(m))
                    .map(|m| modules.path_of(*m)),
            )
            .chain([self.scope.problem.go_path])
            .collect();
        let mut roots = self.minimal_roots(graph, &selected, base);
        roots.retain(|root| {
            let path = modules.path_of(*root);
            path != self.scope.problem.toolchain_path
                || self.state.roots.contains_key(&path)
                    && self.scope.problem.roots.contains_key(&path)
        });
        roots
    }

    /// A smallest list of roots; of modules that ask for each other it has another than one of which something else is
    /// used, where there is one.
    fn minimal_roots(
        &self,
        graph: &ModuleGraph,
        selected: &[ModuleId],
        mut base: Vec<PathId>,
    ) -> Vec<ModuleId> {
        let modules = &self.world.modules;
        let hidden = |root: &ModuleId| {
            let overrides = &self.state.overrides;
            cost::asks_for_more(self.world, graph, overrides, *root)
        };
        let other = |root: &ModuleId| {
            let by = |by: &&ModuleId| {
                let mut list = graph.requirements(**by).into_iter().flatten();
                !hidden(by) && list.any(|required| required == *root)
            };
            selected.iter().find(by).map(|by| modules.path_of(*by))
        };
        loop {
            let roots = crate::mvs::minimal_roots(modules, graph, selected, &base);
            let unlisted = |root: &&ModuleId| !base.contains(&modules.path_of(**root));
            let mut poor = roots.iter().filter(unlisted).filter(|root| hidden(root));
            match poor.find_map(other) {
                Some(path) => base.push(path),
                None => return roots,
            }
        }
    }
}
