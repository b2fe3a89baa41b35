//! Which requirements move in every plan that overrides no more than it must, and how far down at least.
//!
//! A requirement whose own `go.mod` asks for more than a target is overridden where it stays. So is one that asks for
//! another requirement in a version from which on every version is like that. What was not read is taken to be fine:
//! less may be proven than is true, never more.

use rustc_hash::{FxHashMap, FxHashSet};

use super::bounds::Bounds;
use super::candidates::{Candidates, Pass, is_prerelease};
use super::cost::Cost;
use super::floors::Stuck;
use super::goal::Goal;
use super::problem::Problem;
use crate::graph::{ModuleId, PathId};
use crate::model::GoVersion;
use crate::mvs::World;

/// How long a chain of requirements is followed.
const DEPTH: usize = 60;

/// What is known about the versions of requirements.
pub(super) struct Forced<'a> {
    world: &'a World,
    problem: &'a Problem,
    candidates: &'a Candidates,
    pass: Pass,
    bounds: Bounds,
    go_bound: Option<&'a GoVersion>,
    /// Pairs that are overridden today, or in every plan.
    given: FxHashSet<(PathId, PathId)>,
    /// What any `go.mod` that was read asks for.
    named: FxHashSet<ModuleId>,
    known: FxHashMap<ModuleId, bool>,
    /// What is thought of a `go.mod` that was not read.
    unread: Unread,
    /// Those.
    missing: Vec<ModuleId>,
}

/// What is thought of a `go.mod` that was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unread {
    /// That it is fine: what is proven then is certain.
    Fine,
    /// That it asks for too much: whether reading it could prove more.
    Bad,
}

impl<'a> Forced<'a> {
    pub(super) fn new(
        world: &'a World,
        problem: &'a Problem,
        goal: &'a Goal,
        candidates: &'a Candidates,
        pass: Pass,
        stuck: &[Stuck],
        unread: Unread,
    ) -> Self {
        let go_bound = goal.go();
        let today = problem.overridden.keys();
        let today = today.filter_map(|(by, path)| Some(((*by)?, *path)));
        Self {
            given: today
                .chain(stuck.iter().map(|stuck| (stuck.by, stuck.target)))
                .collect(),
            named: world.required().collect(),
            world,
            problem,
            candidates,
            pass,
            bounds: Bounds::new(world, problem, goal),
            go_bound,
            known: FxHashMap::default(),
            unread,
            missing: Vec::new(),
        }
    }

    /// Adds what forced moves cost at least to `cost`, which has what moves for other reasons: the paths in `counted`.
    /// Gives what should be read to know more.
    pub(super) fn add_to(mut self, cost: &mut Cost, counted: &FxHashSet<PathId>) -> Vec<ModuleId> {
        let problem = self.problem;
        let mut roots: Vec<(PathId, ModuleId)> = problem
            .requirements()
            .iter()
            .map(|(path, root)| (*path, *root))
            .filter(|(path, _)| {
                !path.is_toolchain()
                    && !problem.is_main(*path)
                    && !self.bounds.contains(*path)
                    && !counted.contains(path)
            })
            .collect();
        roots.sort_unstable();
        for (path, root) in roots {
            if problem.selected.get(&path) != Some(&root) || !self.is_bad(root, DEPTH) {
                continue;
            }
            let down = self.down(root);
            cost.steps += down;
            if problem.direct.contains(&path) {
                cost.direct_moved += 1;
                if !self.may_rise(root) {
                    cost.direct_steps += down;
                }
            } else {
                cost.others_moved += 1;
            }
        }
        self.missing.sort_unstable();
        self.missing.dedup();
        self.missing
    }

    /// The releases that a forced requirement passes at least on its way down.
    fn down(&mut self, root: ModuleId) -> usize {
        let low = self.versions(root, |order| order.is_lt());
        let low = low.into_iter().flatten().rev();
        let mut low = low
            .filter(|module| {
                self.pass == Pass::Everything
                    || self.named.contains(module)
                    || !is_prerelease(self.world, *module)
            })
            .collect::<Vec<_>>()
            .into_iter();
        let to = low.find(|module| !self.is_bad(*module, DEPTH));
        self.candidates.steps(self.world, to, root)
    }

    /// Whether a requirement could go up instead.
    fn may_rise(&mut self, root: ModuleId) -> bool {
        let above = self.versions(root, |order| order.is_gt());
        above.is_none_or(|above| above.into_iter().any(|module| !self.is_bad(module, DEPTH)))
    }

    /// The versions of a path that are listed or named, ascending; `None` when its list is not known.
    fn versions(
        &self,
        of: ModuleId,
        keep: impl Fn(std::cmp::Ordering) -> bool,
    ) -> Option<Vec<ModuleId>> {
        let modules = &self.world.modules;
        let path = modules.path_of(of);
        let listed = self.candidates.list(path)?;
        let today = self.problem.selected.get(&path).copied();
        let known = modules.versions_of(path).iter().copied();
        Some(
            known
                .filter(|module| keep(modules.compare(*module, of)))
                .filter(|module| {
                    self.named.contains(module) || today == Some(*module) || listed.contains(module)
                })
                .filter(|module| !self.problem.setup.overrides.excludes.contains(module))
                .collect(),
        )
    }

    /// Whether a module would override something as a requirement.
    fn is_bad(&mut self, module: ModuleId, depth: usize) -> bool {
        if let Some(known) = self.known.get(&module) {
            return *known;
        }
        // What leads back to itself proves nothing.
        self.known.insert(module, false);
        let bad = depth > 0 && self.asks_too_much(module, depth);
        self.known.insert(module, bad);
        bad
    }

    fn asks_too_much(&mut self, module: ModuleId, depth: usize) -> bool {
        let setup = &self.problem.setup;
        let by = self.world.modules.path_of(module);
        let found = match self
            .world
            .requirements(module, &setup.overrides, setup.local_go.as_ref())
        {
            Ok(Some(found)) => found,
            Ok(None) => {
                self.missing.push(module);
                return self.unread == Unread::Bad;
            }
            // It cannot be used.
            Err(_) => return true,
        };
        let above = |go: &GoVersion| {
            self.go_bound
                .is_some_and(|bound| go.cmp_precedence(bound).is_gt())
        };
        if found.go().is_some_and(above) {
            return true;
        }
        let list: Vec<ModuleId> = found.iter(&setup.overrides).collect();
        let counts = |required: &&ModuleId| {
            let path = self.world.modules.path_of(**required);
            !self.given.contains(&(by, path)) && path != by
        };
        let list: Vec<ModuleId> = list.iter().filter(counts).copied().collect();
        // Of a replaced path another version is used than the one that its bound is about.
        let above = |required: &ModuleId| {
            !self
                .problem
                .replaced
                .contains(&self.world.modules.path_of(*required))
                && self.bounds.is_exceeded_by(self.world, *required)
        };
        list.iter().any(above)
            || list
                .iter()
                .any(|required| self.leads_nowhere(*required, depth))
    }

    /// Whether every version of a requirement is bad from this one on.
    fn leads_nowhere(&mut self, required: ModuleId, depth: usize) -> bool {
        let path = self.world.modules.path_of(required);
        let stays = self.problem.requirements().contains_key(&path);
        if !stays
            || path.is_toolchain()
            || self.problem.is_main(path)
            || self.problem.replaced.contains(&path)
            || self.bounds.contains(path)
        {
            return false;
        }
        let Some(mut versions) = self.versions(required, |order| order.is_ge()) else {
            return false;
        };
        // Today's first: most often that one is fine.
        let today = self.problem.selected.get(&path);
        versions.sort_by_key(|version| Some(version) != today);
        versions
            .into_iter()
            .all(|version| self.is_bad(version, depth - 1))
    }
}
