//! From a solution to lines of `go.mod`.

use serde::{Deserialize, Serialize};

use super::finish::Solution;
use super::problem::Problem;
use crate::graph::{ModuleId, PathId};
use crate::model::{EditError, GoMod, ModuleVersion, NewRequirement, ReplaceTarget};
use crate::mvs::{Source, World};

/// One change of `go.mod`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "edit", rename_all = "kebab-case")]
pub enum Edit {
    /// A requirement is added, changed or dropped.
    Require {
        /// The module path.
        path: String,
        /// The version required today.
        from: Option<String>,
        /// The version that the plan requires; `None`: the line goes.
        to: Option<String>,
        /// Whether the new line is marked `// indirect`.
        indirect: bool,
        /// Whether root closure added it.
        closure: bool,
    },
    /// A version is excluded.
    Exclude {
        /// The module path.
        path: String,
        /// The version that is ignored from now on.
        version: String,
    },
    /// A module is replaced at all versions.
    Replace {
        /// The module path.
        path: String,
        /// The version whose content is used.
        version: String,
    },
    /// The go line changes.
    Go {
        /// Today's go line; `None` if there is none.
        from: Option<String>,
        /// The new one.
        to: String,
    },
    /// The toolchain line changes.
    Toolchain {
        /// The name that stands there today; `None` if there is none.
        from: Option<String>,
        /// The new one.
        to: String,
    },
    /// The toolchain line goes.
    DropToolchain {
        /// The name that stands there today.
        name: String,
    },
}

impl Edit {
    /// The arguments of `go mod edit` that make the same change.
    pub fn go_mod_edit_argument(&self) -> String {
        match self {
            Self::Require {
                path, to: Some(to), ..
            } => format!("-require={path}@{to}"),
            Self::Require { path, to: None, .. } => format!("-droprequire={path}"),
            Self::Exclude { path, version } => format!("-exclude={path}@{version}"),
            Self::Replace { path, version } => format!("-replace={path}={path}@{version}"),
            Self::Go { to, .. } => format!("-go={to}"),
            Self::Toolchain { to, .. } => format!("-toolchain={to}"),
            Self::DropToolchain { .. } => "-toolchain=none".to_owned(),
        }
    }
}

/// The edits of a solution in the order of the file: go and toolchain, requirements, excludes, replaces.
pub(super) fn edits(
    world: &World,
    problem: &Problem,
    today: &GoMod,
    solution: &Solution,
) -> Vec<Edit> {
    let modules = &world.modules;
    let mut list = Vec::new();
    let go = solution
        .roots
        .iter()
        .find(|root| modules.path_of(**root) == problem.go_path)
        .and_then(|root| modules.version(*root));
    if let Some(go) = go
        && go.as_go().is_some_and(|go| *go != problem.go)
    {
        list.push(Edit::Go {
            from: today.go.as_ref().map(|line| line.version.to_string()),
            to: go.to_string(),
        });
    }
    let toolchain = solution
        .roots
        .iter()
        .find(|root| modules.path_of(**root) == problem.toolchain_path)
        .and_then(|root| modules.version(*root));
    let line = today.toolchain.as_ref().map(|line| &line.name);
    match (line, toolchain) {
        (Some(name), None) => list.push(Edit::DropToolchain { name: name.clone() }),
        (from, Some(to)) if from.is_none_or(|name| name != to.as_str()) => {
            list.push(Edit::Toolchain {
                from: from.cloned(),
                to: to.to_string(),
            });
        }
        _ => {}
    }
    let mut paths: Vec<PathId> = problem
        .roots
        .keys()
        .copied()
        .chain(solution.roots.iter().map(|root| modules.path_of(*root)))
        .filter(|path| !problem.is_toolchain(*path))
        .collect();
    paths.sort_by(|a, b| modules.path(*a).cmp(modules.path(*b)));
    paths.dedup();
    let text = |module: Option<ModuleId>| {
        module
            .and_then(|module| modules.version(module))
            .map(ToString::to_string)
    };
    for path in paths {
        let from = problem.roots.get(&path).copied();
        let to = solution
            .roots
            .iter()
            .copied()
            .find(|root| modules.path_of(*root) == path);
        if from != to {
            list.push(Edit::Require {
                path: modules.path(path).to_string(),
                from: text(from),
                to: text(to),
                indirect: !problem.direct.contains(&path),
                closure: to.is_some_and(|to| solution.added.iter().any(|(root, _)| *root == to)),
            });
        }
    }
    for module in new_excludes(world, problem, solution) {
        list.push(Edit::Exclude {
            path: module.path.to_string(),
            version: module.version.to_string(),
        });
    }
    for (path, version) in new_replaces(world, problem, solution) {
        list.push(Edit::Replace {
            path: modules.path(path).to_string(),
            version: version.version.to_string(),
        });
    }
    list
}

/// Makes the edits of a solution in a copy of today's file.
pub(super) fn apply(
    world: &World,
    problem: &Problem,
    today: &GoMod,
    solution: &Solution,
) -> Result<GoMod, EditError> {
    let modules = &world.modules;
    let mut file = today.clone();
    let mut requirements: Vec<NewRequirement> = Vec::new();
    let mut keeps_toolchain = false;
    for root in &solution.roots {
        let path = modules.path_of(*root);
        let Some(version) = modules.version(*root) else {
            continue;
        };
        if path == problem.go_path {
            if let Some(go) = version.as_go().filter(|go| **go != problem.go) {
                file.set_go(go)?;
            }
        } else if path == problem.toolchain_path {
            keeps_toolchain = true;
            let line = today.toolchain.as_ref();
            if line.is_none_or(|line| line.name != version.as_str()) {
                file.set_toolchain(version.as_str())?;
            }
        } else {
            requirements.push(NewRequirement {
                path: modules.path(path).clone(),
                version: version.clone(),
                indirect: !problem.direct.contains(&path),
            });
        }
    }
    if !keeps_toolchain {
        file.drop_toolchain();
    }
    file.set_requirements(&requirements);
    for module in new_excludes(world, problem, solution) {
        file.add_exclude(&module.path, &module.version)?;
    }
    let replaces = match problem.replaces_elsewhere {
        true => Vec::new(),
        false => new_replaces(world, problem, solution),
    };
    for (path, version) in replaces {
        let path = modules.path(path).clone();
        file.add_replace(&path, None, &ReplaceTarget::Module(version));
    }
    Ok(file)
}

/// The excluded versions that today's file does not have.
fn new_excludes(world: &World, problem: &Problem, solution: &Solution) -> Vec<ModuleVersion> {
    let modules = &world.modules;
    let mut excludes: Vec<ModuleId> = solution
        .overrides
        .excludes
        .difference(&problem.setup.overrides.excludes)
        .copied()
        .collect();
    modules.sort(&mut excludes);
    excludes
        .into_iter()
        .filter_map(|module| modules.module_version(module))
        .collect()
}

/// The replacements that today's file does not have.
fn new_replaces(
    world: &World,
    problem: &Problem,
    solution: &Solution,
) -> Vec<(PathId, ModuleVersion)> {
    let mut list: Vec<(PathId, ModuleVersion)> = solution
        .overrides
        .wildcard
        .iter()
        .filter(|(path, source)| problem.setup.overrides.wildcard.get(*path) != Some(source))
        .filter_map(|(path, source)| match source {
            Source::Module(module) => Some((*path, world.modules.module_version(*module)?)),
            Source::Directory(_) => None,
        })
        .collect();
    list.sort_by(|a, b| a.1.cmp(&b.1));
    list
}

/// How many lines differ between two texts: the greater of the lines removed and added.
pub fn changed_lines(before: &str, after: &str) -> usize {
    let mut counts: std::collections::BTreeMap<&str, isize> = std::collections::BTreeMap::new();
    for line in before.lines() {
        *counts.entry(line).or_default() += 1;
    }
    for line in after.lines() {
        *counts.entry(line).or_default() -= 1;
    }
    let removed: isize = counts.values().filter(|n| **n > 0).sum();
    let added: isize = counts.values().filter(|n| **n < 0).map(|n| -n).sum();
    removed.max(added).unsigned_abs()
}
