//! What a plan claims, in a form that can be kept in a file and checked by someone else.
//!
//! The build list is checked by a plain second MVS ([`crate::check`]); each skipped candidate has a chain of
//! requirements that can be followed by hand.

use serde::{Deserialize, Serialize};

use super::{Plan, Planner, Target};
use crate::graph::ModuleId;
use crate::mvs::World;

/// The claims of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// The build list without the main module, as `path@version`; `go` and `toolchain` included.
    pub build_list: Vec<String>,
    /// The version whose content each target uses.
    pub used: Vec<Used>,
    /// What must be selected as it is today, as `path@version`.
    pub kept: Vec<String>,
    /// The candidates between today's versions and the planned ones, each with what forbids it.
    pub skipped: Vec<Skipped>,
    /// Whether no plan with less dropped, overridden or raised exists among what was read.
    pub optimal: bool,
    /// Without `optimal`: every plan with less than this was ruled out.
    pub bound: Option<Bound>,
    /// How many choices of what to drop, hide and raise were tried.
    pub tried: usize,
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
    /// Requirements from the candidate to what is above its bound or cannot be used.
    pub chain: Vec<String>,
    /// What is wrong with the last of the chain, when it is not that it is too high.
    pub reason: Option<String>,
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
                Target::Go { .. } => None,
            })
            .collect();
        let mut paths: Vec<_> = plan.lowered.keys().copied().collect();
        paths.sort_by(|a, b| modules.path(*a).cmp(modules.path(*b)));
        let skipped = paths
            .into_iter()
            .filter_map(|path| plan.lowered.get(&path))
            .flatten()
            .map(|step| Skipped {
                candidate: name(step.from),
                chain: step.chain.iter().map(|module| name(*module)).collect(),
                reason: step
                    .unreadable
                    .as_ref()
                    .map(ToString::to_string)
                    .or_else(|| step.go_line.as_ref().map(|go| format!("needs go {go}"))),
            })
            .collect();
        let kept = planner
            .goal()
            .keep
            .iter()
            .filter_map(|path| plan.graph.selected(*path));
        let mut kept: Vec<String> = kept.map(name).collect();
        kept.sort();
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
            optimal: plan.search.bound.is_none() && plan.search.exhaustive,
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
