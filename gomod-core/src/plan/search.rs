//! The greatest solution: lower each root that breaks a bound to its next candidate until none does.
//!
//! For fixed excludes and replaces the solutions are closed under the pointwise maximum, so this finds
//! the one that moves least (docs/planning.md). The search never guesses: when it has to know a `go.mod`
//! or a version list that was not fed, it stops and says so, and is run again.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use super::candidates::{Candidates, Pass};
use super::closure::AddedBy;
use super::goal::{Goal, Means, Target};
use super::packages::{ImportCheck, Packages};
use super::problem::Problem;
use super::visible::{Cause, View};
use super::{Conflict, Needs};
use crate::graph::{ModuleGraph, ModuleId, PathId};
use crate::model::GoVersion;
use crate::mvs::{LoadError, Overrides, Resolver, Setup, Source, World};

/// Why a module was lowered: what it required, up to what was above its bound.
#[derive(Debug, Clone)]
pub struct Lowering {
    /// The version that could not stay.
    pub from: ModuleId,
    /// The next candidate; `None` when the module is dropped.
    pub to: Option<ModuleId>,
    /// Requirements from `from` to what could not be, both included.
    pub chain: Vec<ModuleId>,
    /// What is wrong with the last of the chain, when it is not merely too high.
    pub unreadable: Option<LoadError>,
    /// The go line of the last of the chain, when that is what is too high.
    pub go_line: Option<GoVersion>,
}

/// Why a search ended without a solution.
#[derive(Debug)]
pub(super) enum Stop {
    /// Something must be fed first.
    Needs(Needs),
    /// There is no solution within the limits.
    Conflict(Box<Conflict>),
}

/// A choice of roots, excludes and replaces that reaches the goal.
#[derive(Debug, Clone)]
pub(super) struct Solution {
    pub(super) roots: Vec<ModuleId>,
    pub(super) overrides: Overrides,
    pub(super) graph: ModuleGraph,
    /// The graph without the roots that root closure added: what the cost is counted on.
    pub(super) plain: ModuleGraph,
    /// The roots of that graph.
    pub(super) plain_roots: Vec<ModuleId>,
    /// The roots that root closure added, each with what makes it one.
    pub(super) added: Vec<(ModuleId, AddedBy)>,
    pub(super) imports: Option<ImportCheck>,
    pub(super) lowered: FxHashMap<PathId, Vec<Lowering>>,
    pub(super) left_out: Vec<(ModuleId, LoadError)>,
}

pub(super) struct Search<'a> {
    pub(super) world: &'a mut World,
    pub(super) problem: &'a Problem,
    pub(super) candidates: &'a Candidates,
    pub(super) packages: &'a Packages,
    pub(super) goal: &'a Goal,
    pub(super) pass: Pass,
    pub(super) needs: Needs,
    pub(super) overrides: Overrides,
    /// Excluding: requirements on these paths above the target are ignored; without one, all of them.
    pub(super) hidden: FxHashMap<PathId, Option<ModuleId>>,
    pub(super) roots: BTreeMap<PathId, ModuleId>,
    /// The highest version that may be selected; `None` when the path must be absent.
    pub(super) caps: FxHashMap<PathId, Option<ModuleId>>,
    /// Paths that the search may not move: targets, those kept, and `go`.
    pub(super) hard: FxHashSet<PathId>,
    pub(super) go_bound: Option<GoVersion>,
    pub(super) lowered: FxHashMap<PathId, Vec<Lowering>>,
    pub(super) added: BTreeMap<PathId, AddedBy>,
    /// Roots that were raised only because of roots that closure added, as they were before.
    pub(super) before_closure: BTreeMap<PathId, ModuleId>,
    /// Roots whose own requirements may raise other modules: targets, added and raised ones.
    pub(super) raisers: FxHashSet<PathId>,
    pub(super) named: FxHashSet<ModuleId>,
    pub(super) left_out: BTreeMap<ModuleId, LoadError>,
}

impl<'a> Search<'a> {
    /// Prepares a search that reaches each target of `goal` by the kind of edit in `means`.
    pub(super) fn new(
        world: &'a mut World,
        problem: &'a Problem,
        candidates: &'a Candidates,
        packages: &'a Packages,
        goal: &'a Goal,
        pass: Pass,
        means: &[Means],
    ) -> Self {
        let start = if problem.is_pruned() {
            problem.roots.clone()
        } else {
            problem.selected.clone()
        };
        let mut search = Self {
            needs: Needs::default(),
            overrides: problem.setup.overrides.clone(),
            hidden: FxHashMap::default(),
            roots: start
                .into_iter()
                .filter(|(path, _)| !problem.is_main(*path))
                .collect(),
            caps: problem
                .selected
                .iter()
                .filter(|(path, _)| !problem.is_main(**path) && **path != problem.toolchain_path)
                .map(|(path, module)| (*path, Some(*module)))
                .collect(),
            hard: goal.keep.iter().copied().chain([problem.go_path]).collect(),
            go_bound: None,
            lowered: FxHashMap::default(),
            added: BTreeMap::new(),
            before_closure: BTreeMap::new(),
            raisers: FxHashSet::default(),
            named: problem.graph.walk().into_iter().collect(),
            left_out: BTreeMap::new(),
            world,
            problem,
            candidates,
            packages,
            goal,
            pass,
        };
        for (target, means) in goal.targets.iter().zip(means) {
            search.aim(target, *means);
        }
        search
    }

    fn aim(&mut self, target: &Target, means: Means) {
        match target {
            Target::Absent { path } => {
                self.roots.remove(path);
                self.caps.insert(*path, None);
                self.hard.insert(*path);
                if means == Means::Exclude {
                    self.hidden.insert(*path, None);
                }
            }
            Target::Go { version } => {
                let go = self.world.go_module(version);
                self.roots.insert(self.problem.go_path, go);
                self.roots.remove(&self.problem.toolchain_path);
                self.caps.insert(self.problem.go_path, Some(go));
                self.go_bound = Some(version.clone());
            }
            Target::Module { module } => {
                let path = self.world.modules.path_of(*module);
                self.hard.insert(path);
                self.raisers.insert(path);
                let today = self.problem.selected.get(&path).copied();
                if means == Means::Replace {
                    let today = today.unwrap_or(*module);
                    self.overrides
                        .wildcard
                        .insert(path, Source::Module(*module));
                    self.roots.insert(path, today);
                    self.caps.insert(path, Some(today));
                    return;
                }
                if means == Means::Exclude {
                    self.hidden.insert(path, Some(*module));
                }
                self.roots.insert(path, *module);
                self.caps.insert(path, Some(*module));
            }
        }
    }

    /// Runs to the end, or to the first thing that must be fed.
    pub(super) fn run(mut self) -> Result<Solution, Stop> {
        loop {
            self.lower()?;
            let graph = self.resolve(None)?;
            if self.problem.is_pruned() && self.close(&graph)? {
                continue;
            }
            if self.bound_go_lines(&graph)? {
                continue;
            }
            return self.finish(graph);
        }
    }

    /// Lowers bad roots until there are none.
    fn lower(&mut self) -> Result<(), Stop> {
        loop {
            let view = View::new(self);
            self.flush_needs()?;
            if self.raise(&view) {
                continue;
            }
            let bad = view.bad_roots();
            if bad.is_empty() {
                return Ok(());
            }
            for root in bad {
                let (chain, cause) = view.chain(root);
                self.descend(root, chain, cause)?;
            }
            self.flush_needs()?;
        }
    }

    /// Takes the next candidate for a root that cannot stay.
    pub(super) fn descend(
        &mut self,
        root: ModuleId,
        chain: Vec<ModuleId>,
        cause: Cause,
    ) -> Result<(), Stop> {
        let path = self.world.modules.path_of(root);
        let go_line = match cause {
            Cause::GoLine => self.go_line(*chain.last().unwrap_or(&root)),
            _ => None,
        };
        let unreadable = match cause {
            Cause::Unreadable(error) => {
                self.left_out
                    .insert(*chain.last().unwrap_or(&root), error.clone());
                Some(error)
            }
            _ => None,
        };
        if self.hard.contains(&path) {
            return Err(self.conflict(Conflict::Hard { chain, unreadable }));
        }
        let Some(mut below) =
            self.candidates
                .below(self.world, &mut self.needs, self.pass, root, &self.named)
        else {
            return Ok(());
        };
        // A root that is excluded would be dropped by the go command.
        below.retain(|module| !self.overrides.excludes.contains(module));
        // Behind each further step one more candidate is asked for ahead of time: long descents then
        // cost few round trips.
        let ahead = 1 + self.lowered.get(&path).map_or(0, Vec::len);
        for module in below.iter().take(ahead) {
            if let Some(source) = self.world.source_of(*module, &self.overrides)
                && self.world.facts(source).is_none()
            {
                self.needs.ahead.push(source);
            }
        }
        let next = below.first().copied();
        match next {
            Some(next) => {
                self.roots.insert(path, next);
            }
            None if self.problem.direct.contains(&path) && !self.goal.allow_drop => {
                return Err(self.conflict(Conflict::Drop { chain, unreadable }));
            }
            None => {
                self.roots.remove(&path);
            }
        }
        self.caps.insert(path, next);
        self.lowered.entry(path).or_default().push(Lowering {
            from: root,
            to: next,
            chain,
            unreadable,
            go_line,
        });
        Ok(())
    }

    /// Lets targets, and the roots that closure added, raise what nothing forbids; says whether any did.
    fn raise(&mut self, view: &View) -> bool {
        let raisers: Vec<(PathId, ModuleId)> = self
            .roots
            .iter()
            .filter(|(path, _)| self.raisers.contains(path))
            .map(|(path, module)| (*path, *module))
            .collect();
        let mut raised = false;
        for (raiser_path, raiser) in raisers {
            let closure = self.added.contains_key(&raiser_path)
                || self.before_closure.contains_key(&raiser_path);
            for module in view.above(self, raiser) {
                let path = self.world.modules.path_of(module);
                let movable = !self.hard.contains(&path) && !self.lowered.contains_key(&path);
                if movable && self.is_above(module) {
                    self.caps.insert(path, Some(module));
                    self.named.insert(module);
                    if let Some(root) = self.roots.get_mut(&path) {
                        let before = std::mem::replace(root, module);
                        if closure {
                            self.before_closure.entry(path).or_insert(before);
                        }
                        self.raisers.insert(path);
                    }
                    raised = true;
                }
            }
        }
        raised
    }

    /// The graph of the current roots, or of those in `roots`.
    fn resolve(&mut self, roots: Option<Vec<ModuleId>>) -> Result<ModuleGraph, Stop> {
        let setup = self.setup(roots);
        let mut resolver = Resolver::new(self.world, &setup);
        let sources = resolver.advance(self.world, &setup);
        if !sources.is_empty() {
            self.needs.sources.extend(sources);
            self.flush_needs()?;
        }
        resolver.finish().map_err(|error| {
            self.conflict(Conflict::Hard {
                chain: error.path,
                unreadable: Some(error.error),
            })
        })
    }

    fn setup(&self, roots: Option<Vec<ModuleId>>) -> Setup {
        let mut roots = roots.unwrap_or_else(|| self.root_list());
        self.world.modules.sort(&mut roots);
        Setup {
            roots,
            overrides: self.overrides.clone(),
            ..self.problem.setup.clone()
        }
    }

    fn finish(mut self, graph: ModuleGraph) -> Result<Solution, Stop> {
        self.check(&graph)?;
        if !self.hidden.is_empty() {
            self.trim_excludes(&graph);
        }
        let (roots, graph) = if self.problem.is_pruned() {
            (self.setup(None).roots, graph)
        } else {
            let roots = self.listed_roots(&graph);
            let graph = self.resolve(Some(roots.clone()))?;
            self.check(&graph)?;
            (roots, graph)
        };
        let imports = self.import_check(&graph, &roots)?;
        let mut plain_roots = roots.clone();
        let plain = if self.added.is_empty() {
            graph.clone()
        } else {
            let original: Vec<ModuleId> = roots
                .iter()
                .map(|root| (self.world.modules.path_of(*root), *root))
                .filter(|(path, _)| !self.added.contains_key(path))
                .map(|(path, root)| self.before_closure.get(&path).copied().unwrap_or(root))
                .collect();
            plain_roots.clone_from(&original);
            self.resolve(Some(original))?
        };
        let added = self
            .added
            .iter()
            .filter_map(|(path, cause)| Some((*self.roots.get(path)?, *cause)))
            .collect();
        Ok(Solution {
            roots,
            overrides: self.overrides,
            graph,
            plain,
            plain_roots,
            added,
            imports,
            lowered: self.lowered,
            left_out: self.left_out.into_iter().collect(),
        })
    }

    /// The last word: every root selected, targets and kept modules where they must be.
    fn check(&mut self, graph: &ModuleGraph) -> Result<(), Stop> {
        let wrong_root = self.roots.iter().find(|(path, root)| {
            **path != self.problem.toolchain_path && graph.selected(**path) != Some(**root)
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
        let fallen = self
            .goal
            .keep
            .iter()
            .find(|path| graph.selected(**path) != self.problem.selected.get(*path).copied());
        if let Some(path) = fallen {
            let kept = self.problem.selected.get(path).copied();
            return Err(self.conflict(Conflict::KeepFell { kept }));
        }
        let present = self.goal.targets.iter().find_map(|target| match target {
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

    /// Keeps only the new excludes that some loaded `go.mod` of the final graph asks for.
    fn trim_excludes(&mut self, graph: &ModuleGraph) {
        let mut asked: FxHashSet<ModuleId> = FxHashSet::default();
        for module in graph.loaded() {
            if let Some(source) = self.world.known_source_of(module, &self.overrides)
                && let Some(Ok(facts)) = self.world.facts(source)
            {
                asked.extend(facts.requires.iter().copied());
            }
        }
        let before = &self.problem.setup.overrides.excludes;
        self.overrides
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
            .filter(|module| !self.problem.is_main(modules.path_of(*module)))
            .collect();
        let targets = self.goal.targets.iter().filter_map(|target| match target {
            Target::Module { module } => Some(modules.path_of(*module)),
            _ => None,
        });
        let stays = |module: &ModuleId| {
            let path = modules.path_of(*module);
            self.problem.roots.get(&path).is_some_and(|root| {
                root == module
                    || self.problem.direct.contains(&path)
                    || self.problem.is_toolchain(path)
            })
        };
        let base: Vec<PathId> = targets
            .chain(
                selected
                    .iter()
                    .filter(|m| stays(m))
                    .map(|m| modules.path_of(*m)),
            )
            .chain([self.problem.go_path])
            .collect();
        let mut roots = crate::mvs::minimal_roots(modules, graph, &selected, &base);
        roots.retain(|root| {
            let path = modules.path_of(*root);
            path != self.problem.toolchain_path
                || self.roots.contains_key(&path) && self.problem.roots.contains_key(&path)
        });
        roots
    }

    fn conflict(&self, conflict: Conflict) -> Stop {
        Stop::Conflict(Box::new(conflict))
    }

    pub(super) fn flush_needs(&mut self) -> Result<(), Stop> {
        if self.needs.is_empty() {
            // What would only be wanted ahead of time does not stop the search.
            self.needs.ahead.clear();
            return Ok(());
        }
        let mut needs = std::mem::take(&mut self.needs);
        needs.sources.append(&mut needs.ahead);
        needs.sources.sort_unstable();
        needs.sources.dedup();
        needs.lists.sort_unstable();
        needs.lists.dedup();
        Err(Stop::Needs(needs))
    }

    /// The requirements of a module with whether it is pruned behind; `None` when they must be fed.
    pub(super) fn requirements(
        &mut self,
        module: ModuleId,
    ) -> Option<Result<(Vec<ModuleId>, bool), LoadError>> {
        let local = self.problem.setup.local_go.as_ref();
        let (mut list, prunes): (Vec<ModuleId>, bool) =
            match self.world.requirements(module, &self.overrides, local) {
                Err(error) => return Some(Err(error)),
                Ok(Some(found)) => (found.iter(&self.overrides).collect(), found.prunes()),
                Ok(None) => {
                    if let Some(source) = self.world.source_of(module, &self.overrides) {
                        self.needs.sources.push(source);
                    }
                    return None;
                }
            };
        if !self.hidden.is_empty() {
            let modules = &self.world.modules;
            for required in &list {
                if let Some(target) = self.hidden.get(&modules.path_of(*required))
                    && target.is_none_or(|target| modules.compare(*required, target).is_gt())
                {
                    self.overrides.excludes.insert(*required);
                }
            }
            list.retain(|required| !self.overrides.excludes.contains(required));
        }
        Some(Ok((list, prunes)))
    }

    pub(super) fn root_list(&self) -> Vec<ModuleId> {
        self.roots.values().copied().collect()
    }

    pub(super) fn is_pruned(&self) -> bool {
        self.problem.is_pruned()
    }

    /// Whether a module is above the bound of its path.
    pub(super) fn is_above(&self, module: ModuleId) -> bool {
        match self.caps.get(&self.world.modules.path_of(module)) {
            None => false,
            Some(None) => true,
            Some(Some(cap)) => self.world.modules.compare(module, *cap).is_gt(),
        }
    }

    /// Whether a module's go line is above the Go that is asked for.
    pub(super) fn go_line_too_high(&self, module: ModuleId) -> bool {
        match (&self.go_bound, self.go_line(module)) {
            (Some(bound), Some(go)) => go.cmp_precedence(bound).is_gt(),
            _ => false,
        }
    }

    fn go_line(&self, module: ModuleId) -> Option<GoVersion> {
        let local = self.problem.setup.local_go.as_ref();
        match self.world.requirements(module, &self.overrides, local) {
            Ok(Some(found)) => found.go().cloned(),
            _ => None,
        }
    }
}
