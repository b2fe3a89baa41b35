//! The greatest solution: lower each root that breaks a bound to its next candidate until none does.
//!
//! For fixed excludes and replaces the solutions are closed under the pointwise maximum, so this finds
//! the one that moves least (docs/planning.md). The search never guesses: when it has to know a `go.mod`
//! or a version list that was not fed, it stops and says so, and goes on from there.

use super::candidates::{Candidates, Pass};
use super::chains::is_asked;
use super::choice::{Choice, Way};
use super::derivation::Refused;
use super::finish::Solution;
use super::goal::{Goal, Means, Target};
use super::packages::Packages;
use super::problem::Problem;
use super::state::{Cap, Required, State};
use super::visible::View;
use super::{Conflict, Needs};
use crate::graph::{ModuleGraph, ModuleId, PathId};
use crate::model::GoVersion;
use crate::mvs::{LoadError, Resolver, Setup, Source, World};

/// Why a search ended without a solution.
#[derive(Debug)]
pub(super) enum Stop {
    /// Something must be fed first.
    Needs(Needs),
    /// There is no solution within the limits, for this choice.
    Conflict(Box<Blocked>),
}

/// Why there is no solution, and each choice that could lead to one.
#[derive(Debug, Clone)]
pub(super) struct Blocked {
    pub(super) refused: Refused,
    pub(super) options: Choice,
}

/// What a search is about.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    pub(super) problem: &'a Problem,
    pub(super) candidates: &'a Candidates,
    pub(super) packages: &'a Packages,
    pub(super) goal: &'a Goal,
    pub(super) pass: Pass,
    /// Whether what a lowered module's own go.mod asks for may rise, as a target's may.
    pub(super) raising: bool,
    /// Whether another main module may say what is used instead of an excluded version.
    pub(super) lone: bool,
}

pub(super) struct Search<'a> {
    pub(super) world: &'a mut World,
    pub(super) scope: Scope<'a>,
    pub(super) way: &'a Way,
    pub(super) choice: &'a Choice,
    pub(super) needs: Needs,
    pub(super) state: State,
}

impl<'a> Search<'a> {
    /// Prepares a search that reaches each target of `goal` by the kind of edit that `way` says.
    pub(super) fn new(
        world: &'a mut World,
        scope: Scope<'a>,
        way: &'a Way,
        choice: &'a Choice,
    ) -> Self {
        let Scope { problem, goal, .. } = scope;
        let mut search = Self {
            needs: Needs::default(),
            state: State::new(problem, goal),
            way,
            choice,
            world,
            scope,
        };
        for (target, means) in goal.targets.iter().zip(&way.means) {
            search.aim(target, *means);
        }
        for path in &choice.rises {
            search.state.caps.remove(path);
        }
        search
    }

    /// The same search again, as it was when it stopped to be fed.
    pub(super) fn resume(
        world: &'a mut World,
        scope: Scope<'a>,
        way: &'a Way,
        choice: &'a Choice,
        state: State,
    ) -> Self {
        Self {
            world,
            scope,
            way,
            choice,
            needs: Needs::default(),
            state,
        }
    }

    fn aim(&mut self, target: &Target, means: Means) {
        match target {
            Target::Absent { path } => {
                self.state.roots.remove(path);
                self.state.caps.insert(*path, Cap::Absent);
                self.state.hard.insert(*path);
                if means == Means::Exclude && !self.way.sparing {
                    self.state.hidden.insert(*path, None);
                }
            }
            Target::Go { version } => {
                let go = self.world.go_module(version);
                self.state.roots.insert(self.scope.problem.go_path, go);
                let own = |target: &Target| matches!(target, Target::Toolchain { .. });
                if !self.scope.goal.targets.iter().any(own) {
                    self.state.roots.remove(&self.scope.problem.toolchain_path);
                }
                self.state
                    .caps
                    .insert(self.scope.problem.go_path, Cap::AtMost(go));
                self.state.go_bound = Some(version.clone());
            }
            Target::Toolchain { name } => {
                let path = self.scope.problem.toolchain_path;
                self.state.roots.remove(&path);
                if let Some(name) = name {
                    let module = self.world.toolchain_module(name);
                    self.state.roots.insert(path, module);
                }
            }
            Target::Module { module } => {
                let path = self.world.modules.path_of(*module);
                self.state.hard.insert(path);
                self.state.raisers.insert(path);
                let today = self.scope.problem.selected.get(&path).copied();
                if means == Means::Replace {
                    let today = today.unwrap_or(*module);
                    self.state
                        .overrides
                        .wildcard
                        .insert(path, Source::Module(*module));
                    self.state.roots.insert(path, today);
                    self.state.caps.insert(path, Cap::AtMost(today));
                    if self.way.sparing {
                        self.state.replaced.insert(path, *module);
                    }
                    return;
                }
                if means == Means::Exclude && !self.way.sparing {
                    self.state.hidden.insert(path, Some(*module));
                }
                self.state.roots.insert(path, *module);
                self.state.caps.insert(path, Cap::AtMost(*module));
            }
        }
    }

    /// Runs to the end, or to the first thing that must be fed; from there it can go on.
    pub(super) fn run(&mut self) -> Result<Solution, Stop> {
        loop {
            let found = self.go_down();
            // What is lowered for its imports has to lead somewhere.
            let again = match &found {
                Err(Stop::Needs(_)) => false,
                Err(Stop::Conflict(blocked)) => self.give_up_importers(Some(&blocked.options)),
                Ok(solution) => {
                    self.lowered_in_vain(solution.imports.as_ref()) && self.give_up_importers(None)
                }
            };
            if !again {
                return found;
            }
        }
    }

    fn go_down(&mut self) -> Result<Solution, Stop> {
        if !self.state.started {
            self.whole(Self::start)?;
        }
        loop {
            self.lower()?;
            let graph = self.resolve(None)?;
            if self.root_again(&graph)
                || self.mind(&graph)
                || self.scope.problem.is_pruned() && self.whole(|search| search.close(&graph))?
            {
                continue;
            }
            if self.whole(|search| search.bound_go_lines(&graph))? {
                continue;
            }
            if self.let_fall(&graph) || self.lift_excludes() || self.hold_kept(&graph) {
                continue;
            }
            let imports = self.import_check(&graph, &self.root_list())?;
            if self.provide(&graph, imports.as_ref())
                || self.leave_out_ambiguous(imports.as_ref())
                || self.lower_importer(&graph, imports.as_ref())?
            {
                continue;
            }
            return self.whole(|search| search.finish(graph, imports));
        }
    }

    /// Takes a step, or none of it when something must be fed first: the answer must not depend on what was
    /// fed when.
    fn whole<T>(&mut self, step: impl FnOnce(&mut Self) -> Result<T, Stop>) -> Result<T, Stop> {
        let before = self.snapshot();
        let taken = step(self);
        if let Err(Stop::Needs(_)) = &taken {
            self.restore(before);
        }
        taken
    }

    /// The state without what was looked at: that stays looked at, and is much.
    pub(super) fn snapshot(&mut self) -> State {
        let lists = std::mem::take(&mut self.state.lists);
        let state = self.state.clone();
        self.state.lists = lists;
        state
    }

    /// Takes the search back to where it was.
    pub(super) fn restore(&mut self, before: State) {
        let lists = std::mem::take(&mut self.state.lists);
        self.state = State { lists, ..before };
    }

    fn start(&mut self) -> Result<(), Stop> {
        if self.scope.goal.settle {
            self.loosen();
        }
        self.rise()?;
        self.state.started = true;
        Ok(())
    }

    /// Lets the roots that may rise begin at their highest candidate. What an unpruned main module does not list rises
    /// only with what asks for it: a new requirement keeps a module at today's version (C8).
    fn rise(&mut self) -> Result<(), Stop> {
        for path in &self.choice.rises {
            if !self.is_pruned() && !self.scope.problem.roots.contains_key(path) {
                self.state.roots.remove(path);
                continue;
            }
            let Some(root) = self.state.roots.get(path).copied() else {
                continue;
            };
            let highest = self.scope.candidates.highest(
                self.world,
                &mut self.needs,
                self.scope.pass,
                root,
                |module| self.state.usable(module),
            );
            if let Some(highest) = highest {
                self.state.roots.insert(*path, highest);
            }
        }
        self.flush_needs()
    }

    /// A root without candidates left falls to what others ask for, and stays a root at that version (C4).
    fn root_again(&mut self, graph: &ModuleGraph) -> bool {
        let fallen: Vec<(PathId, ModuleId)> = self
            .state
            .lowered
            .keys()
            .chain(
                self.state
                    .loose
                    .iter()
                    .filter(|_| !self.scope.packages.are_known()),
            )
            .filter(|path| {
                self.scope.problem.roots.contains_key(path) && !self.state.roots.contains_key(path)
            })
            .filter_map(|path| Some((*path, graph.selected(*path)?)))
            .collect();
        self.state.roots.extend(fallen.iter().copied());
        !fallen.is_empty()
    }

    /// Takes what an unpruned main module does not list back to today's version, where it rose and nothing asks for that
    /// any more (C8).
    fn let_fall(&mut self, graph: &ModuleGraph) -> bool {
        if self.is_pruned() {
            return false;
        }
        let problem = self.scope.problem;
        let modules = &self.world.modules;
        let roots = self.root_list();
        let rose = |(path, root): (&PathId, &ModuleId)| {
            let today = *problem.selected.get(path)?;
            let listed = problem.roots.contains_key(path) || self.state.hard.contains(path);
            let above = modules.compare(*root, today).is_gt();
            (above && !listed && !is_asked(self.world, graph, &roots, *root))
                .then_some((*path, today))
        };
        let fallen: Vec<(PathId, ModuleId)> = self.state.roots.iter().filter_map(rose).collect();
        for (path, today) in &fallen {
            self.state.roots.insert(*path, *today);
            self.state.caps.insert(*path, Cap::AtMost(*today));
            self.state.raisers.remove(path);
        }
        !fallen.is_empty()
    }

    /// Lifts new excludes that a root has reached again, since it was raised after they were made.
    fn lift_excludes(&mut self) -> bool {
        let modules = &self.world.modules;
        let before = self.state.overrides.excludes.len();
        let today = &self.scope.problem.setup.overrides.excludes;
        let roots = &self.state.roots;
        self.state.overrides.excludes.retain(|module| {
            today.contains(module)
                || roots
                    .get(&modules.path_of(*module))
                    .is_none_or(|root| modules.compare(*module, *root).is_gt())
        });
        self.state.overrides.excludes.len() != before
    }

    /// Makes what is to be kept, and would fall, a requirement at today's version.
    fn hold_kept(&mut self, graph: &ModuleGraph) -> bool {
        let problem = self.scope.problem;
        let fallen: Vec<(PathId, ModuleId)> = self
            .scope
            .goal
            .keep
            .iter()
            .filter(|path| !path.is_toolchain() && !problem.is_main(**path))
            .filter_map(|path| Some((*path, *problem.selected.get(path)?)))
            .filter(|(path, today)| {
                !self.state.roots.contains_key(path) && graph.selected(*path) != Some(*today)
            })
            .collect();
        self.state.roots.extend(fallen.iter().copied());
        !fallen.is_empty()
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
            self.state.held |= bad.iter().any(|root| self.is_held(&view, *root));
            self.whole(|search| {
                for root in bad {
                    let (chain, cause) = view.chain(root);
                    search.descend(root, chain, cause)?;
                    search.descend_on(root)?;
                }
                search.flush_needs()
            })?;
        }
    }

    /// Whether a root that was lowered asks for something that could rise.
    fn is_held(&self, view: &View, root: ModuleId) -> bool {
        let path_of = |module| self.world.modules.path_of(module);
        self.state.lowered.contains_key(&path_of(root))
            && view
                .above(self, root)
                .into_iter()
                .any(|above| self.is_free(path_of(above)))
    }

    /// Lets targets, and the roots that closure added, raise what nothing forbids; says whether any did.
    fn raise(&mut self, view: &View) -> bool {
        let raisers: Vec<(PathId, ModuleId)> = self
            .state
            .roots
            .iter()
            .filter(|(path, _)| self.state.raisers.contains(path))
            .map(|(path, module)| (*path, *module))
            .collect();
        let mut raised = false;
        for (raiser_path, raiser) in raisers {
            let closure = self.state.added.contains_key(&raiser_path)
                || self.state.before_closure.contains_key(&raiser_path);
            for module in view.above(self, raiser) {
                let path = self.world.modules.path_of(module);
                if self.is_free(path) && self.is_above(module) {
                    self.state.caps.insert(path, Cap::AtMost(module));
                    self.state.named.insert(module);
                    if let Some(root) = self.state.roots.get_mut(&path) {
                        let before = std::mem::replace(root, module);
                        if closure {
                            self.state.before_closure.entry(path).or_insert(before);
                        }
                        self.state.raisers.insert(path);
                    }
                    raised = true;
                }
            }
        }
        raised
    }

    /// Whether a module that something asks for may end up higher than its bound.
    pub(super) fn is_free(&self, path: PathId) -> bool {
        !self.state.hard.contains(&path) && !self.state.lowered.contains_key(&path)
    }

    /// The graph of the current roots, or of those in `roots`.
    pub(super) fn resolve(&mut self, roots: Option<Vec<ModuleId>>) -> Result<ModuleGraph, Stop> {
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

    pub(super) fn setup(&self, roots: Option<Vec<ModuleId>>) -> Setup {
        let mut roots = roots.unwrap_or_else(|| self.root_list());
        self.world.modules.sort(&mut roots);
        Setup {
            roots,
            overrides: self.state.overrides.clone(),
            ..self.scope.problem.setup.clone()
        }
    }

    /// Stops when something must be fed.
    pub(super) fn flush_needs(&mut self) -> Result<(), Stop> {
        self.needs
            .flush()
            .map_or(Ok(()), |needs| Err(Stop::Needs(needs)))
    }

    /// The requirements of a module with whether it is pruned behind; `None` when they must be fed.
    pub(super) fn requirements(&mut self, module: ModuleId) -> Option<Result<Required, LoadError>> {
        let (mut list, prunes) = match self.state.lists.get(&module) {
            Some(known) => known.clone(),
            None => {
                let local = self.scope.problem.setup.local_go.as_ref();
                let known = match self
                    .world
                    .requirements(module, &self.state.overrides, local)
                {
                    Err(error) => return Some(Err(error)),
                    // What is hidden from one module still counts for another.
                    Ok(Some(found)) => (
                        found.iter(&self.scope.problem.setup.overrides).collect(),
                        found.prunes(),
                    ),
                    Ok(None) => {
                        if let Some(source) = self.world.source_of(module, &self.state.overrides) {
                            self.needs.sources.push(source);
                        }
                        return None;
                    }
                };
                self.state.lists.insert(module, known.clone());
                known
            }
        };
        if !self.state.hidden.is_empty() || !self.choice.hides.is_empty() {
            let by = self.world.modules.path_of(module);
            let hidden: Vec<ModuleId> = list
                .iter()
                .copied()
                .filter(|required| self.hides(by, *required))
                .collect();
            if !hidden.is_empty() {
                let kept = list.iter().filter(|required| !hidden.contains(required));
                list = kept.copied().collect();
                self.state.overrides.excludes.extend(hidden);
            }
        }
        Some(Ok((list, prunes)))
    }

    /// Whether a requirement is ignored, and its version excluded.
    fn hides(&self, by: PathId, required: ModuleId) -> bool {
        let path = self.world.modules.path_of(required);
        let above = |bound: ModuleId| self.world.modules.compare(required, bound).is_gt();
        if let Some(bound) = self.state.hidden.get(&path) {
            return bound.is_none_or(above);
        }
        // By requirements alone, a choice leaves only what is excluded already.
        let chosen = self.way.sparing && self.choice.hides.contains(&(by, path));
        if !chosen || self.state.replaced.contains_key(&path) {
            return false;
        }
        match self.state.roots.get(&path) {
            Some(root) => above(*root),
            None => self.is_above(required),
        }
    }

    /// Whether a module may not require another: it is above its bound, and not hidden.
    pub(super) fn violates(&self, by: ModuleId, required: ModuleId) -> bool {
        let modules = &self.world.modules;
        let path = modules.path_of(required);
        match self.state.replaced.get(&path) {
            Some(bound) => {
                let hidden = (modules.path_of(by), path);
                modules.compare(required, *bound).is_gt() && !self.choice.hides.contains(&hidden)
            }
            None => self.is_above(required),
        }
    }

    /// What a required module may not be above.
    pub(super) fn bound_of(&self, required: ModuleId) -> Option<Cap> {
        let path = self.world.modules.path_of(required);
        let replaced = self.state.replaced.get(&path).copied().map(Cap::AtMost);
        replaced.or_else(|| self.state.caps.get(&path).copied())
    }

    pub(super) fn root_list(&self) -> Vec<ModuleId> {
        self.state.roots.values().copied().collect()
    }

    pub(super) fn is_pruned(&self) -> bool {
        self.scope.problem.is_pruned()
    }

    /// Whether a module is above the bound of its path.
    pub(super) fn is_above(&self, module: ModuleId) -> bool {
        let cap = self.state.caps.get(&self.world.modules.path_of(module));
        cap.is_some_and(|cap| self.exceeds(module, *cap))
    }

    pub(super) fn exceeds(&self, module: ModuleId, cap: Cap) -> bool {
        let modules = &self.world.modules;
        match cap {
            Cap::Absent => true,
            Cap::AtMost(cap) => modules.compare(module, cap).is_gt(),
            Cap::Below(cap) => modules.compare(module, cap).is_ge(),
        }
    }

    /// Whether a module's go line is above the Go that is asked for.
    pub(super) fn go_line_too_high(&self, module: ModuleId) -> bool {
        match (&self.state.go_bound, self.go_line(module)) {
            (Some(bound), Some(go)) => go.cmp_precedence(bound).is_gt(),
            _ => false,
        }
    }

    pub(super) fn go_line(&self, module: ModuleId) -> Option<GoVersion> {
        let local = self.scope.problem.setup.local_go.as_ref();
        match self
            .world
            .requirements(module, &self.state.overrides, local)
        {
            Ok(Some(found)) => found.go().cloned(),
            _ => None,
        }
    }
}
