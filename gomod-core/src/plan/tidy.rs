//! What `go mod tidy` would change of a plan.
//!
//! A plan builds. Tidy asks for more: it also follows the tests of the packages that are imported
//! ([`Tests::Needed`]). What these import and no planned module has, it takes from the newest module that has it,
//! which may raise what the plan lowered; where two have it, it fails. And it drops requirements that provide no
//! package. So this is said of a plan, and nothing else depends on it. Only what is at hand is looked at.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;
use serde::Serialize;

use super::measure::load;
use super::packages::Universe;
use super::unresolved::UnresolvedReport;
use super::{Needs, Plan, Planner, Target};
use crate::graph::{ModuleGraph, ModuleId};
use crate::imports::{Tests, Unresolved, Walk};
use crate::model::GoVersion;
use crate::mvs::{Pruning, Setup, SourceId, World};

/// From this go line on the tests of what is only imported by tests do not count (`NarrowAllVersion` in cmd/go).
const NARROW_ALL: &str = "1.16";

/// How many packages are named.
const NAMED: usize = 3;

/// What `go mod tidy` would change of a plan, as far as the contents at hand show it.
#[derive(Debug, Clone, Default, Serialize)]
pub struct TidyReport {
    /// Whether all that tidy looks into was at hand.
    pub complete: bool,
    /// Imports of other modules' tests, and of what these import, that resolve today, and under the plan are in no
    /// module or in several.
    pub unresolved: Vec<UnresolvedReport>,
    /// The targets that it does not keep, but for what those imports lead to.
    pub targets: Vec<NotKept>,
    /// Whether a planned module's path begins one of the packages that are missing.
    #[serde(skip)]
    held: bool,
}

/// A target of which another version is selected afterwards, or none.
#[derive(Debug, Clone, Serialize)]
pub struct NotKept {
    /// `path@version` as planned.
    pub module: String,
    /// The version that is selected afterwards; `None` when it is not in the build list any more.
    pub then: Option<String>,
    /// Whether that is a higher one.
    pub raised: bool,
}

/// Why a step cannot be taken.
enum Blocked {
    /// This must be fed.
    Needs(Needs),
    /// A go.mod is not at hand, or cannot be used.
    Unread,
}

/// A plan as tidy works on it.
struct State {
    setup: Setup,
    universe: Universe,
    walk: Walk<ModuleId>,
    /// What is left when all requirements go that provide no package; `None` where that is not known.
    left: Option<ModuleGraph>,
}

impl Planner {
    /// What `go mod tidy` would change of a plan of this planner, or what must be fed to say so; `None` where imports
    /// were not followed. What is `missing` is not at hand, and not asked for.
    ///
    /// # Errors
    /// [`Needs`] with packages or sources alone.
    pub fn tidied(
        &self,
        world: &mut World,
        plan: &Plan,
        missing: &FxHashSet<SourceId>,
    ) -> Result<Option<TidyReport>, Needs> {
        if plan.imports.is_none() {
            return Ok(None);
        }
        let Some(state) = self.settle_tests(world, plan, missing)? else {
            return Ok(None);
        };
        let State {
            universe: planned,
            walk,
            left,
            ..
        } = &state;
        // What a build misses is said elsewhere, and what is missing today is no news.
        let of_build = plan.imports.iter().flat_map(|check| &check.unresolved);
        let known: FxHashSet<&str> = of_build.map(|one| one.path.as_str()).collect();
        let mut new: Vec<&Unresolved<ModuleId>> = walk.unresolved.iter().collect();
        new.retain(|one| !known.contains(one.path.as_str()));
        let absent = |one: &Unresolved<ModuleId>| one.providers.is_empty();
        let held = |one: &Unresolved<ModuleId>| planned.holder(&one.path).is_some();
        if left.is_none() {
            // What becomes a requirement may bring it.
            new.retain(|one| !absent(one) || held(one));
        }
        if !new.is_empty() {
            let problem = &self.problem;
            let today = universe(world, &problem.graph, &problem.setup);
            let before = self.walk_at_hand(&today, tests(Some(&problem.go)), missing)?;
            let before: FxHashSet<&str> = before
                .iter()
                .flat_map(|walk| &walk.unresolved)
                .map(|one| one.path.as_str())
                .collect();
            new.retain(|one| !before.contains(one.path.as_str()));
        }
        let unresolved = new.iter();
        Ok(Some(TidyReport {
            complete: walk.needs.is_empty() && left.is_some(),
            targets: self.not_kept(world, plan, &state),
            held: new.iter().any(|one| absent(one) && held(one)),
            unresolved: unresolved
                .map(|one| UnresolvedReport::new(world, one, None))
                .collect(),
        }))
    }

    /// Follows imports and tests to their ends, or to what is not at hand.
    fn walk_at_hand(
        &self,
        universe: &Universe,
        tests: Tests,
        missing: &FxHashSet<SourceId>,
    ) -> Result<Option<Walk<ModuleId>>, Needs> {
        let Some(walk) = self.packages.walk_with(universe, tests) else {
            return Ok(None);
        };
        let mut needs = self.packages.wanted(universe, &walk.needs);
        needs
            .packages
            .retain(|(source, _)| !missing.contains(source));
        match needs.is_empty() {
            true => Ok(Some(walk)),
            false => Err(needs),
        }
    }

    /// Makes what only tests need a requirement where it would fall without, and looks again, until nothing is added
    /// (`updateRequirements` in cmd/go/internal/modload/load.go): that shows what is behind it.
    fn settle_tests(
        &self,
        world: &mut World,
        plan: &Plan,
        missing: &FxHashSet<SourceId>,
    ) -> Result<Option<State>, Needs> {
        let go = plan.go_mod.go.as_ref().map(|line| &line.version);
        let (mut setup, mut graph) = (plan.setup.clone(), plan.graph.clone());
        loop {
            let universe = universe(world, &graph, &setup);
            let Some(walk) = self.walk_at_hand(&universe, tests(go), missing)? else {
                return Ok(None);
            };
            let mut state = State {
                setup: setup.clone(),
                universe,
                walk,
                left: None,
            };
            let (roots, left) = match self.tidy_roots(world, &state, missing) {
                Ok(tidy) => tidy,
                Err(Blocked::Unread) => return Ok(Some(state)),
                Err(Blocked::Needs(needs)) => return Err(needs),
            };
            let before = setup.roots.len();
            let new = roots
                .into_iter()
                .filter(|one| !state.setup.roots.contains(one));
            setup.roots.extend(new);
            if setup.roots.len() == before || setup.pruning == Pruning::Unpruned {
                state.left = Some(left);
                return Ok(Some(state));
            }
            graph = match raise_roots(world, &mut setup, missing) {
                Ok(graph) => graph,
                Err(Blocked::Unread) => return Ok(Some(state)),
                Err(Blocked::Needs(needs)) => return Err(needs),
            };
        }
    }

    /// The roots that tidy leaves, and their graph (`tidyPrunedRoots` and `tidyUnprunedRoots` in
    /// cmd/go/internal/modload/buildlist.go): what provides packages that are needed, and, nearest to the tests
    /// first, what would fall otherwise.
    fn tidy_roots(
        &self,
        world: &mut World,
        state: &State,
        missing: &FxHashSet<SourceId>,
    ) -> Result<(Vec<ModuleId>, ModuleGraph), Blocked> {
        let walk = &state.walk;
        let go = state.setup.roots.iter().copied();
        let go = go.filter(|root| self.problem.is_toolchain(world.modules.path_of(*root)));
        let mut setup = Setup {
            roots: go.chain(walk.providers.keys().copied()).collect(),
            ..state.setup.clone()
        };
        let mut graph = read(world, &setup, missing)?;
        let mut by_distance: BTreeMap<usize, Vec<ModuleId>> = BTreeMap::new();
        for (module, far) in &walk.for_tests {
            by_distance.entry(*far).or_default().push(*module);
        }
        for modules in by_distance.values() {
            let falls = |module: &&ModuleId| {
                let then = graph.selected(world.modules.path_of(**module));
                then.is_none_or(|then| world.modules.compare(then, **module).is_lt())
            };
            let fallen: Vec<ModuleId> = modules.iter().filter(falls).copied().collect();
            if !fallen.is_empty() {
                setup.roots.extend(fallen);
                graph = read(world, &setup, missing)?;
            }
        }
        Ok((setup.roots, graph))
    }

    /// The targets that are not selected as planned in the end.
    fn not_kept(&self, world: &World, plan: &Plan, state: &State) -> Vec<NotKept> {
        let Some(left) = &state.left else {
            return Vec::new();
        };
        let modules = &world.modules;
        let unpruned = state.setup.pruning == Pruning::Unpruned;
        let not_kept = |target: &Target| {
            let path = match target {
                Target::Module { module } => modules.path_of(*module),
                Target::Go { .. } => self.problem.go_path,
                Target::Absent { .. } | Target::Toolchain { .. } => return None,
            };
            let (planned, then) = (plan.graph.selected(path)?, left.selected(path));
            let order = then.map(|then| modules.compare(then, planned));
            // Where nothing is pruned, what was looked into in vain does not fall.
            let looked = unpruned && state.walk.looked.contains(&planned);
            if order.is_some_and(|order| order.is_eq() || order.is_lt() && looked) {
                return None;
            }
            Some(NotKept {
                module: modules.display(planned),
                then: then
                    .and_then(|then| modules.version(then))
                    .map(ToString::to_string),
                raised: order.is_some_and(std::cmp::Ordering::is_gt),
            })
        };
        self.goal.targets.iter().filter_map(not_kept).collect()
    }
}

/// The graph of a setup, when all that it takes is at hand.
fn read(
    world: &mut World,
    setup: &Setup,
    missing: &FxHashSet<SourceId>,
) -> Result<ModuleGraph, Blocked> {
    match load(world, setup) {
        Err(_) => Err(Blocked::Unread),
        Ok(Ok(graph)) => Ok(graph),
        Ok(Err(needs)) if needs.sources.iter().any(|one| missing.contains(one)) => {
            Err(Blocked::Unread)
        }
        Ok(Err(needs)) => Err(Blocked::Needs(needs)),
    }
}

/// Brings all roots up to what is selected.
fn raise_roots(
    world: &mut World,
    setup: &mut Setup,
    missing: &FxHashSet<SourceId>,
) -> Result<ModuleGraph, Blocked> {
    loop {
        let graph = read(world, setup, missing)?;
        let mut raised = false;
        for root in &mut setup.roots {
            let path = world.modules.path_of(*root);
            if let Some(selected) = graph.selected(path).filter(|_| !path.is_toolchain())
                && selected != *root
            {
                *root = selected;
                raised = true;
            }
        }
        if !raised {
            return Ok(graph);
        }
    }
}

/// A build list as tidy looks for packages in it.
fn universe(world: &mut World, graph: &ModuleGraph, setup: &Setup) -> Universe {
    let roots = (setup.roots.as_slice(), setup.pruning);
    Universe::new(world, graph, &setup.overrides, roots)
}

/// Whose tests tidy follows, by the main module's go line.
fn tests(go: Option<&GoVersion>) -> Tests {
    match go {
        Some(go) if *go < GoVersion::new(NARROW_ALL) => Tests::All,
        _ => Tests::Needed,
    }
}

impl TidyReport {
    /// What to know before `go mod tidy` is run; empty where nothing is known to change.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        for NotKept {
            module,
            then,
            raised,
        } in &self.targets
        {
            let then = match then {
                None => "then it is not in the build list".to_owned(),
                Some(then) => format!("then {then} is selected"),
            };
            // What is not at hand may need a package of it.
            notes.push(match (raised, self.complete) {
                (true, _) => format!("go mod tidy raises {module}, for what tests of imported packages need: {then}"),
                (false, true) => format!("go mod tidy drops the requirement {module}, since no package of it is needed: {then}"),
                (false, false) => format!("go mod tidy may drop the requirement {module}, since no package of it is known to be needed: {then}"),
            });
        }
        let Some((first, rest)) = self.unresolved.split_first() else {
            return notes;
        };
        let mut named = vec![first.of_test()];
        named.extend(rest.iter().take(NAMED - 1).map(UnresolvedReport::of_test));
        let more = match self.unresolved.len().saturating_sub(NAMED) {
            0 => String::new(),
            n => format!("; and {n} more"),
        };
        let part = match self.complete {
            true => "",
            false => " (not all of them were at hand)",
        };
        let list = named.join("; ");
        notes.push(format!(
            "go mod tidy would change this plan: it also needs what the tests of imported packages import, directly or not{part}. \
             {list}{more}"
        ));
        notes.push(self.help());
        notes
    }

    /// What follows, and what to do instead.
    fn help(&self) -> String {
        let missing = self.unresolved.iter();
        let missing = missing.filter(|one| one.providers.is_empty()).count();
        if missing == 0 {
            return "go mod tidy would fail for that: commit the plan without it, or use go mod tidy -e, which \
                    goes on"
                .to_owned();
        }
        let first = match self.held {
            // What would have to be newer is there.
            true => "",
            false => {
                ", or require an older version of a module that has it first: go get MODULE@VERSION"
            }
        };
        format!(
            "go mod tidy, also with -e, would take the newest module that has what is missing, which may raise others \
             again: commit the plan without it{first}"
        )
    }
}
