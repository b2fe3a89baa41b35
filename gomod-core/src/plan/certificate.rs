//! What a plan claims, in a form that can be kept in a file and checked by someone else.
//!
//! The build list is checked by a plain second MVS ([`crate::check`]), and so are the chain of requirements behind
//! each skipped candidate and each floor.

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::descend::{Limit, Lowering};
use super::gaps::{Gaps, Step};
use super::state::Cap;
use super::{Pass, Plan, Planner, Stuck, Target};
use crate::graph::{ModuleId, PathId};
use crate::mvs::{LoadError, Pruning, World};

/// The claims of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// The build list without the main module, as `path@version`; `go` and `toolchain` included.
    pub build_list: Vec<String>,
    /// The version whose content each target uses.
    pub used: Vec<Used>,
    /// What must be selected as it is today, as `path@version`.
    pub kept: Vec<String>,
    /// The candidates between today's versions and the planned ones, each with what forbids it. What one rests on
    /// comes before it.
    pub skipped: Vec<Skipped>,
    /// Which versions are candidates.
    #[serde(default)]
    pub pass: Pass,
    /// What the source of each path lists that has skipped candidates, or that is a floor.
    #[serde(default)]
    pub lists: Vec<Listed>,
    /// Whether it is certain that no plan costs less, its lines apart, among the releases that the sources list and
    /// whose `go.mod` could be read; where the plan takes others, among all versions listed or named.
    pub optimal: bool,
    /// Whether each edit but those of closure was taken back, and without it the goal is missed or the cost is
    /// higher; `None` when that was not tried: it is for the best plan, and for the one that was chosen.
    #[serde(default)]
    pub irreducible: Option<bool>,
    /// What every plan costs at least.
    pub least: Least,
    /// The requirements that every plan overrides: their paths share none.
    pub floors: Vec<FloorPath>,
    /// Where the search ended at its limit: it tried everything below this.
    pub bound: Option<Bound>,
    /// How many choices were tried.
    pub tried: usize,
}

/// A lower bound of the cost of every plan: compared as costs are, field by field, the first that differs decides. A plan
/// that overrides more may move less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Least {
    /// Requirements overridden.
    pub overridden: usize,
    /// Direct requirements that move.
    pub direct_moved: usize,
    /// Other modules that move or come.
    pub others_moved: usize,
    /// Modules that rise.
    pub raised: usize,
}

/// A direct requirement that asks for more than a target, whatever its version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FloorPath {
    /// From the main module, by today's version of the requirement, or the one that is a target itself, to what it
    /// asks for.
    pub path: Vec<String>,
    /// Each version that could be used of it, with what it asks for.
    pub versions: Vec<FloorVersion>,
    /// The candidates that cannot be used, as `path@version`: not to be read, or for a newer Go.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unusable: Vec<String>,
}

/// What the source of a path lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// The module path.
    pub module: String,
    /// Its versions, ascending, with a space between two.
    pub versions: String,
}

/// One version of such a requirement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FloorVersion {
    /// The version, as `path@version`.
    pub version: String,
    /// What it asks for, as `path@version`.
    pub requires: String,
}

/// The version that a path must have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Used {
    /// The module path.
    pub path: String,
    /// The version whose content is used; `None` when the path must be absent.
    pub version: Option<String>,
}

/// A candidate that could not stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// The candidate, as `path@version`.
    pub candidate: String,
    /// The candidate that was tried next, as `path@version`; `None` when there was none: what others ask for is
    /// selected of the path, if anything.
    pub next: Option<String>,
    /// Requirements from the candidate to what is above its bound or cannot be used; where it lacks a package,
    /// the one that imports it and what that asks for.
    pub chain: Vec<String>,
    /// What is wrong with the last of the chain.
    pub because: Because,
}

/// Why a candidate could not stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "value", rename_all = "kebab-case")]
pub enum Because {
    /// The last of the chain is above this: a target, the version that an earlier candidate of its path gave way
    /// to, or no lower than today's. `path@none`: the path must be absent.
    AtMost(String),
    /// The last of the chain is this or above: an earlier candidate without a next one.
    Below(String),
    /// The last of the chain is above this, which the plan selects; `path@none` when that is nothing.
    Planned(String),
    /// The go line of the last of the chain is above this, which is asked for.
    GoAtMost(String),
    /// The go line of the last of the chain is this, above the Go in use.
    NeedsGo(String),
    /// The last of the chain cannot be used.
    Unreadable(String),
    /// The candidate lacks this package.
    Lacks(String),
    /// The candidate imports this package, which no module of the plan provides.
    Imports(String),
    /// No chain of requirements shows it: in a few words, why it was not taken.
    Other(String),
}

/// A level of the search: dropped, overridden, raised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bound {
    /// Direct requirements dropped.
    pub dropped: usize,
    /// Requirements hidden.
    pub overridden: usize,
    /// Modules raised that no target raises.
    pub raised: usize,
}

impl Certificate {
    /// The claims of one of a planner's plans.
    pub fn new(world: &World, planner: &Planner, plan: &Plan) -> Self {
        let modules = &world.modules;
        let name = |module: ModuleId| modules.display(module);
        let used = planner
            .goal()
            .targets
            .iter()
            .filter_map(|target| match target {
                Target::Module { module } => Some(Used {
                    path: modules.path(modules.path_of(*module)).to_string(),
                    version: modules.version(*module).map(ToString::to_string),
                }),
                Target::Absent { path } => Some(Used {
                    path: modules.path(*path).to_string(),
                    version: None,
                }),
                Target::Go { .. } | Target::Toolchain { .. } => None,
            })
            .collect();
        let mut steps: Vec<&Lowering> = plan.lowered.values().flatten().collect();
        steps.sort_by_key(|step| (step.order, modules.path(modules.path_of(step.from))));
        // What fell to what others ask for may be ruled out once more.
        let mut last: FxHashMap<PathId, &Lowering> = FxHashMap::default();
        steps.retain(|step| {
            let path = modules.path_of(step.from);
            let again = last.get(&path).is_some_and(|last| match last.to {
                Some(to) => modules.compare(step.from, to).is_gt(),
                None => modules.compare(step.from, last.from).is_ge(),
            });
            if !again {
                last.insert(path, step);
            }
            !again
        });
        let gaps = Gaps::new(world, planner, plan);
        let mut steps: Vec<Step> = steps
            .into_iter()
            .map(|step| match because(world, plan, step) {
                Some(because) => Step {
                    from: step.from,
                    to: step.to,
                    chain: step.chain.clone(),
                    because,
                },
                None => gaps.step(step.from, step.to),
            })
            .collect();
        // The members of a workspace have candidates of their own.
        let alone = planner.problem().setup.pruning != Pruning::Workspace;
        if alone {
            steps = gaps.fill(steps);
        }
        let lists = if alone {
            gaps.lists(&steps)
        } else {
            Vec::new()
        };
        let skipped = steps
            .into_iter()
            .map(|step| Skipped {
                candidate: name(step.from),
                next: step.to.map(name),
                chain: step.chain.into_iter().map(name).collect(),
                because: step.because,
            })
            .collect();
        let kept = planner
            .goal()
            .keep
            .iter()
            .filter_map(|path| plan.graph.selected(*path));
        let mut kept: Vec<String> = kept.map(name).collect();
        kept.sort();
        let least = planner.least(world);
        let main = planner.problem().setup.main.first();
        let floor = |stuck: &Stuck| FloorPath {
            path: main
                .into_iter()
                .chain(
                    stuck
                        .versions
                        .first()
                        .into_iter()
                        .flat_map(|(by, to)| [by, to]),
                )
                .map(|module| name(*module))
                .collect(),
            versions: stuck
                .versions
                .iter()
                .map(|(by, to)| FloorVersion {
                    version: name(*by),
                    requires: name(*to),
                })
                .collect(),
            unusable: gaps.unusable(stuck).into_iter().map(name).collect(),
        };
        Self {
            build_list: plan
                .graph
                .build_list(modules)
                .into_iter()
                .filter(|module| modules.version(*module).is_some())
                .map(name)
                .collect(),
            used,
            kept,
            skipped,
            pass: plan.pass,
            lists,
            optimal: plan.search.proven,
            irreducible: plan.search.irreducible,
            least: Least {
                overridden: least.overridden,
                direct_moved: least.direct_moved,
                others_moved: least.others_moved,
                raised: least.raised,
            },
            floors: planner.stuck().iter().map(floor).collect(),
            bound: plan
                .search
                .bound
                .map(|[dropped, overridden, raised]| Bound {
                    dropped,
                    overridden,
                    raised,
                }),
            tried: plan.search.tried,
        }
    }
}

/// Why a step down was taken; `None` where its chain does not show it by itself.
fn because(world: &World, plan: &Plan, step: &Lowering) -> Option<Because> {
    let modules = &world.modules;
    let last = *step.chain.last()?;
    let path = modules.path(modules.path_of(last));
    let nothing = || format!("{path}@none");
    if let Some(package) = &step.misses {
        return Some(Because::Imports(package.clone()));
    }
    // A chain that begins elsewhere says nothing about the candidate.
    if step.lacks.is_none() && step.chain.first() != Some(&step.from) {
        return None;
    }
    Some(match (&step.unreadable, &step.go_line, &step.lacks) {
        (Some(LoadError::TooNew { needs, .. }), ..) => Because::NeedsGo(needs.to_string()),
        (Some(error), ..) => Because::Unreadable(error.to_string()),
        (_, Some(_), _) => Because::GoAtMost(
            plan.graph
                .selected(PathId::GO)
                .and_then(|go| modules.version(go))?
                .to_string(),
        ),
        (.., Some(package)) => Because::Lacks(package.clone()),
        _ => match step.limit? {
            Limit::Bound(Cap::AtMost(bound)) => Because::AtMost(modules.display(bound)),
            Limit::Bound(Cap::Below(bound)) => Because::Below(modules.display(bound)),
            Limit::Bound(Cap::Absent) => Because::AtMost(nothing()),
            Limit::Planned => {
                let planned = plan.graph.selected(modules.path_of(last));
                // It may have come up since.
                if planned.is_some_and(|planned| modules.compare(last, planned).is_le()) {
                    return None;
                }
                Because::Planned(planned.map_or_else(nothing, |module| modules.display(module)))
            }
        },
    })
}
