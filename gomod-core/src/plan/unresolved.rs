//! What a plan's report says of imports.

use std::collections::BTreeSet;

use serde::Serialize;

use super::{ImportCheck, Plan, Planner, TriedLower};
use crate::graph::ModuleId;
use crate::imports::Unresolved;
use crate::mvs::World;

/// Whether the packages that the main module imports, directly or not, are provided under a plan.
#[derive(Debug, Clone, Serialize)]
pub struct ImportsReport {
    /// Why imports were not followed; `None` when they were.
    pub unchecked: Option<String>,
    /// How many packages outside the main module were reached.
    pub packages: usize,
    /// How many modules provide them.
    pub modules: usize,
    /// Imports that do not resolve under the plan, and do today.
    pub unresolved: Vec<UnresolvedReport>,
}

/// An import that no module provides, or that several do.
#[derive(Debug, Clone, Serialize)]
pub struct UnresolvedReport {
    /// The import path.
    pub package: String,
    /// The module that imports it; `None`: the main module.
    pub by: Option<String>,
    /// The importing package; for the main module the directory, empty for its own.
    pub in_package: String,
    /// A file that imports it.
    pub file: String,
    /// The modules that provide it: none, or more than one.
    pub providers: Vec<String>,
    /// The lower versions of the importing module that were looked at, highest first; stated with its first import.
    pub tried: Vec<String>,
    /// The highest of them that misses nothing, if there is one: it leads to no plan that is better.
    pub fits: Option<String>,
    /// How many others could not be looked at, since their content is not to be had.
    pub untold: usize,
}

impl ImportsReport {
    pub(super) fn new(world: &World, planner: &Planner, plan: &Plan) -> Self {
        match &plan.imports {
            Some(check) => Self {
                unchecked: None,
                packages: check.packages,
                modules: check.modules,
                unresolved: Self::unresolved(world, check),
            },
            None => Self {
                unchecked: Some(
                    planner
                        .packages
                        .unavailable()
                        .unwrap_or("there are no sources")
                        .to_owned(),
                ),
                packages: 0,
                modules: 0,
                unresolved: Vec::new(),
            },
        }
    }

    fn unresolved(world: &World, check: &ImportCheck) -> Vec<UnresolvedReport> {
        let mut told = BTreeSet::new();
        let missing = check.unresolved.iter().map(|one| {
            let tried = check
                .tried
                .iter()
                .find(|tried| one.providers.is_empty() && Some(tried.module) == one.used.by);
            let tried = tried.filter(|tried| told.insert(tried.module));
            UnresolvedReport::new(world, one, tried)
        });
        missing.collect()
    }
}

impl UnresolvedReport {
    pub(super) fn new(
        world: &World,
        one: &Unresolved<ModuleId>,
        tried: Option<&TriedLower>,
    ) -> Self {
        let name = |module: &ModuleId| world.modules.display(*module);
        Self {
            package: one.path.clone(),
            by: one.used.by.as_ref().map(name),
            in_package: one.used.package.clone(),
            file: one.used.file.clone(),
            providers: one.providers.iter().map(name).collect(),
            tried: tried.map_or(Vec::new(), |tried| {
                tried.versions.iter().map(name).collect()
            }),
            fits: tried.and_then(|tried| tried.fits.as_ref()).map(name),
            untold: tried.map_or(0, |tried| tried.untold),
        }
    }

    /// One line: what is imported where, what is wrong with it, and what was tried.
    pub fn sentence(&self) -> String {
        let by = match &self.by {
            None => self.file.clone(),
            Some(by) => format!("{by} ({} in package {})", self.file, self.in_package),
        };
        let wrong = match self.providers.as_slice() {
            [] => "which no module provides".to_owned(),
            list => format!("which is in {}", list.join(" and in ")),
        };
        format!("{by} imports {}, {wrong}{}", self.package, self.attempts())
    }

    /// The same of what only tests lead to, in fewer words.
    pub(super) fn of_test(&self) -> String {
        let test = match self.file.ends_with("_test.go") {
            true => "the test ",
            false => "",
        };
        let wrong = match self.providers.as_slice() {
            [] => "in no planned module".to_owned(),
            list => format!("in {}", list.join(" and in ")),
        };
        let Self {
            package,
            file,
            in_package,
            ..
        } = self;
        format!("{package}, imported by {test}{file} of {in_package}, is {wrong}")
    }

    /// What came of trying lower versions of the module that imports it.
    fn attempts(&self) -> String {
        let version = |name: &String| match name.rsplit_once('@') {
            Some((_, version)) => version.to_owned(),
            None => name.clone(),
        };
        let tried = match (&self.fits, self.tried.as_slice()) {
            (Some(fits), _) => {
                let words = "which misses nothing, no plan was found that builds";
                return format!("; with {fits}, {words}");
            }
            (None, []) => String::new(),
            (None, list) => {
                let list: Vec<String> = list.iter().map(version).collect();
                format!(
                    "; of its lower versions these do not help: {}",
                    list.join(", ")
                )
            }
        };
        match self.untold {
            0 => tried,
            n => format!("{tried}; the content of {n} lower versions of it is not to be had"),
        }
    }
}
