//! The candidates that no search looked at: between one step down and the next, and where something was lowered
//! without any. Each gets a step of its own, so that a certificate passes over none in silence.
//!
//! A walk passes over what asks for more than a target by itself; trying everything goes from today's version to the
//! planned one at once. The reason is looked for anew, among what was read: the shortest chain of requirements to
//! what is too high under the plan.

use rustc_hash::{FxHashMap, FxHashSet};

use super::bounds::Bounds;
use super::candidates::Usable;
use super::certificate::{Because, Listed};
use super::cost::asked;
use super::{Plan, Planner, Stuck};
use crate::graph::{ModuleId, PathId};
use crate::mvs::{LoadError, Overrides, World};

/// A candidate that could not stay; see [`Skipped`](super::Skipped).
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) from: ModuleId,
    pub(super) to: Option<ModuleId>,
    pub(super) chain: Vec<ModuleId>,
    pub(super) because: Because,
}

/// Where the steps of a path have led.
#[derive(Clone, Copy)]
enum Reached {
    At(ModuleId),
    Below(ModuleId),
}

/// What a certificate's candidates are told from.
pub(super) struct Gaps<'a> {
    world: &'a World,
    planner: &'a Planner,
    plan: &'a Plan,
    /// The planned replaces, and today's excludes: what a new exclude hides is asked for all the same.
    overrides: Overrides,
    bounds: Bounds,
    /// What today's graph names.
    named: FxHashSet<ModuleId>,
    /// The paths that go.mod requires, today or as planned.
    requires: FxHashSet<PathId>,
}

impl<'a> Gaps<'a> {
    pub(super) fn new(world: &'a World, planner: &'a Planner, plan: &'a Plan) -> Self {
        let problem = planner.problem();
        let lines = [planner.go_mod(), &plan.go_mod].into_iter();
        let lines = lines.flat_map(|go_mod| &go_mod.require);
        Self {
            world,
            planner,
            plan,
            overrides: Overrides {
                excludes: problem.setup.overrides.excludes.clone(),
                ..plan.setup.overrides.clone()
            },
            bounds: Bounds::new(world, problem, planner.goal()),
            named: problem.graph.walk().into_iter().collect(),
            requires: lines
                .filter_map(|line| world.modules.find_path(&line.path))
                .collect(),
        }
    }

    /// The steps with those that are missing between them, before them, or altogether.
    pub(super) fn fill(&self, steps: Vec<Step>) -> Vec<Step> {
        let modules = &self.world.modules;
        let today = &self.planner.problem().selected;
        let lines = self.planner.go_mod().require.iter();
        let lines: Vec<PathId> = lines
            .filter_map(|line| modules.find_path(&line.path))
            .collect();
        // Where go lines are lowered, modules that are no requirements fall in between.
        let falls = |step: &Step| matches!(step.because, Because::GoAtMost(_));
        let falls = steps.iter().any(falls);
        let mut filled = Vec::new();
        let mut reached: FxHashMap<PathId, Reached> = FxHashMap::default();
        for step in steps {
            let path = modules.path_of(step.from);
            // What fell and became a requirement again was filled in where it fell.
            let told = match reached.get(&path) {
                Some(Reached::Below(low)) => modules.compare(step.from, *low).is_ge(),
                _ => false,
            };
            if told {
                continue;
            }
            // What is no requirement falls before it becomes one.
            let start = reached.get(&path).copied().or_else(|| {
                let today = today.get(&path).filter(|_| lines.contains(&path));
                today.map(|today| Reached::At(*today))
            });
            if let Some(start) = start.filter(|_| !falls) {
                let missing = self.from(start, Some(step.from));
                self.push(&mut filled, &missing, Some(step.from));
            }
            let lacks = matches!(step.because, Because::Lacks(_));
            let imports = matches!(step.because, Because::Imports(_));
            let low = step.to.or_else(|| self.plan.graph.selected(path));
            let missing = match lacks {
                true => Vec::new(),
                false => self.from(Reached::Below(step.from), low),
            };
            let last = missing.last().copied().unwrap_or(step.from);
            let end = step.to.map_or(Reached::Below(last), Reached::At);
            reached.insert(path, end);
            let (to, next) = (step.to, missing.first().copied());
            filled.push(Step {
                to: next.or(to),
                ..step
            });
            let from = filled.len();
            self.push(&mut filled, &missing, to);
            if imports {
                // Few versions are looked at for what they import.
                for step in filled.iter_mut().skip(from) {
                    if matches!(step.because, Because::Other(_)) {
                        let words = "between versions that were tried for what they import";
                        step.because = Because::Other(words.to_owned());
                    }
                }
            }
        }
        let mut paths: Vec<PathId> = lines
            .into_iter()
            .filter(|path| !reached.contains_key(path) && !self.bounds.contains(*path))
            .collect();
        paths.dedup();
        for path in paths {
            if let (Some(today), Some(planned)) = (today.get(&path), self.plan.graph.selected(path))
                && modules.compare(planned, *today).is_lt()
            {
                let missing = self.from(Reached::At(*today), Some(planned));
                self.push(&mut filled, &missing, Some(planned));
            }
        }
        filled
    }

    /// A step for each of these candidates, the last of which gives way to `to`.
    fn push(&self, steps: &mut Vec<Step>, missing: &[ModuleId], to: Option<ModuleId>) {
        let nexts = missing.iter().skip(1).copied().map(Some).chain([to]);
        for (from, next) in missing.iter().zip(nexts) {
            steps.push(self.step(*from, next));
        }
    }

    /// What a path passes above `low`, highest first; `start` included if it is where the path is.
    fn from(&self, start: Reached, low: Option<ModuleId>) -> Vec<ModuleId> {
        let modules = &self.world.modules;
        let above = |module: &ModuleId| low.is_none_or(|low| modules.compare(*module, low).is_gt());
        let (Reached::At(high) | Reached::Below(high)) = start;
        let at = matches!(start, Reached::At(_)).then_some(high);
        let versions = modules.versions_of(modules.path_of(high));
        let excludes = &self.plan.setup.overrides.excludes;
        let below = versions.iter().rev().copied().filter(|module| {
            modules.compare(*module, high).is_lt() && self.is_candidate(*module, excludes)
        });
        at.into_iter().chain(below).filter(above).collect()
    }

    /// Whether a version is a candidate where these are excluded.
    fn is_candidate(&self, module: ModuleId, excludes: &FxHashSet<ModuleId>) -> bool {
        let usable = Usable::of(excludes.contains(&module), self.named.contains(&module));
        let candidates = &self.planner.candidates;
        candidates.is_candidate(self.world, self.plan.pass, module, usable)
    }

    /// Why a candidate could not stay.
    pub(super) fn step(&self, from: ModuleId, to: Option<ModuleId>) -> Step {
        let (chain, because) = self.why(from);
        Step {
            from,
            to,
            chain,
            because,
        }
    }

    /// The shortest chain from a candidate to what is above a target, else to what the plan does not select.
    fn why(&self, candidate: ModuleId) -> (Vec<ModuleId>, Because) {
        let problem = self.planner.problem();
        let local = problem.setup.local_go.as_ref();
        // Each module that is loaded, with whether all behind it is, and which of these requires it.
        let mut loaded: Vec<(ModuleId, bool, usize)> = vec![(candidate, !problem.is_pruned(), 0)];
        let mut seen: FxHashSet<(ModuleId, bool)> = FxHashSet::default();
        let mut asked: FxHashSet<ModuleId> = std::iter::once(candidate).collect();
        // The lowest rank, where its chain leaves what is loaded, with the end of it.
        let mut best: Option<(usize, usize, Option<ModuleId>, Because)> = None;
        let mut at = 0;
        while let Some((module, deep, _)) = loaded.get(at).copied()
            && best.as_ref().is_none_or(|(rank, ..)| *rank > 0)
        {
            let mut found = Vec::new();
            match self.world.requirements(module, &self.overrides, local) {
                Ok(None) => {}
                Err(error) => {
                    let because = match &error {
                        LoadError::TooNew { needs, .. } => Because::NeedsGo(needs.to_string()),
                        error => Because::Unreadable(error.to_string()),
                    };
                    found.push((usize::from(at > 0), at, None, because));
                }
                Ok(Some(list)) => {
                    let deep = deep || !list.prunes();
                    for required in list.iter(&self.overrides) {
                        let path = self.world.modules.path_of(required);
                        if problem.is_main(path) || path == problem.toolchain_path {
                            continue;
                        }
                        if asked.insert(required)
                            && let Some((rank, because)) = self.too_high(required)
                        {
                            found.push((rank, at, Some(required), because));
                        }
                        let counts = deep || self.requires.contains(&path);
                        if counts && !path.is_toolchain() && seen.insert((required, deep)) {
                            loaded.push((required, deep, at));
                        }
                    }
                    if at == 0
                        && let Some((required, because)) = self.hidden(candidate)
                    {
                        found.push((3, at, Some(required), because));
                    }
                }
            }
            let first = found.into_iter().min_by_key(|(rank, ..)| *rank);
            best = best.into_iter().chain(first).min_by_key(|(rank, ..)| *rank);
            at += 1;
        }
        let Some((_, mut at, end, because)) = best else {
            let words = match self.world.requirements(candidate, &self.overrides, local) {
                Ok(None) => "not read",
                _ if self.planner.goal().settle => "settled at what others ask for",
                _ => "no chain of requirements is in its way",
            };
            return (vec![candidate], Because::Other(words.to_owned()));
        };
        let mut chain: Vec<ModuleId> = end.into_iter().collect();
        while let Some((module, _, by)) = loaded.get(at).copied() {
            chain.push(module);
            if at == 0 {
                break;
            }
            at = by;
        }
        chain.reverse();
        (chain, because)
    }

    /// What a candidate asks for through an exclude of today, where it would be overridden and is not today.
    fn hidden(&self, candidate: ModuleId) -> Option<(ModuleId, Because)> {
        let problem = self.planner.problem();
        let path_of = |module| self.world.modules.path_of(module);
        let by = path_of(candidate);
        let asked = asked(self.world, [candidate], &self.overrides).filter(|asked| {
            let pair = (Some(by), path_of(*asked));
            self.overrides.excludes.contains(asked) && !problem.overridden.contains_key(&pair)
        });
        let mut above = asked.filter_map(|asked| Some((asked, self.too_high(asked)?.1)));
        above.next()
    }

    /// What a required version is above: a target, what is selected of its path, or that nothing is.
    fn too_high(&self, required: ModuleId) -> Option<(usize, Because)> {
        let modules = &self.world.modules;
        let path = modules.path_of(required);
        let planned = self.plan.graph.selected(path);
        if planned.is_some_and(|planned| modules.compare(required, planned).is_le()) {
            return None;
        }
        let bound = match planned {
            Some(planned) => modules.display(planned),
            None => format!("{}@none", modules.path(path)),
        };
        let asked = self.bounds.get(path) == Some(planned);
        Some(match (asked, planned) {
            (true, _) => (0, Because::AtMost(bound)),
            (false, Some(_)) => (1, Because::Planned(bound)),
            (false, None) => (2, Because::Planned(bound)),
        })
    }

    /// The versions that the sources of the paths list that have steps, or are floors.
    pub(super) fn lists(&self, steps: &[Step]) -> Vec<Listed> {
        let modules = &self.world.modules;
        let stepped = steps.iter().map(|step| modules.path_of(step.from));
        let floors = self.planner.stuck().iter();
        let floors = floors.map(|stuck| stuck.by);
        let mut paths: Vec<PathId> = stepped.chain(floors).collect();
        paths.sort_by(|a, b| modules.path(*a).cmp(modules.path(*b)));
        paths.dedup();
        let listed = |path: PathId| {
            let versions = self.planner.candidates.list(path).unwrap_or_default();
            let versions = versions
                .iter()
                .filter_map(|module| modules.version(*module));
            let versions: Vec<&str> = versions.map(|version| version.as_str()).collect();
            Listed {
                module: modules.path(path).to_string(),
                versions: versions.join(" "),
            }
        };
        paths.into_iter().map(listed).collect()
    }

    /// The candidates of a floor that cannot be used.
    pub(super) fn unusable(&self, stuck: &Stuck) -> Vec<ModuleId> {
        let modules = &self.world.modules;
        let Some(today) = self.planner.problem().selected.get(&stuck.by).copied() else {
            return Vec::new();
        };
        if self.bounds.contains(stuck.by) {
            return Vec::new();
        }
        let excludes = &self.overrides.excludes;
        let versions = modules.versions_of(stuck.by).iter().rev().copied();
        versions
            .filter(|module| modules.compare(*module, today).is_le())
            .filter(|module| !stuck.versions.iter().any(|(known, _)| known == module))
            .filter(|module| self.is_candidate(*module, excludes))
            .collect()
    }
}
