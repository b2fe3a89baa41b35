//! A baseline against today: what moved, which requirement moved it, and how to undo it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::lock::{Entry, Lock};
use crate::diag::Severity;
use crate::graph::{ModuleGraph, ModuleId};
use crate::model::{ModulePath, Version};
use crate::mvs::World;

/// A stable name for a kind of finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// The selected version is above the baseline's.
    ModuleRaised,
    /// The selected version is below the baseline's.
    ModuleLowered,
    /// The module is not in the baseline.
    ModuleCame,
    /// The module is in the baseline only.
    ModuleLeft,
    /// What takes the module's place is another.
    ReplacementChanged,
    /// Version and replacement are the same, and the content's hash is not.
    HashChanged,
    /// The go line differs.
    GoLineChanged,
    /// The toolchain line differs.
    ToolchainLineChanged,
}

impl Code {
    /// The name as it is written in output.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ModuleRaised => "module-raised",
            Self::ModuleLowered => "module-lowered",
            Self::ModuleCame => "module-came",
            Self::ModuleLeft => "module-left",
            Self::ReplacementChanged => "replacement-changed",
            Self::HashChanged => "hash-changed",
            Self::GoLineChanged => "go-line-changed",
            Self::ToolchainLineChanged => "toolchain-line-changed",
        }
    }
}

/// A difference between the baseline and today.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Its kind.
    pub code: Code,
    /// How much it matters; all differences fail the check.
    pub severity: Severity,
    /// The module path, or `go`, or `toolchain`.
    pub module: String,
    /// What the baseline says; `None` if nothing.
    pub from: Option<String>,
    /// What is so today; `None` if nothing.
    pub to: Option<String>,
    /// Whether the main module's own requirement is what moved it.
    pub root_cause: bool,
    /// Requirements from the main module to today's version, a shortest chain; empty when nothing
    /// requires it.
    pub because: Vec<String>,
}

/// All differences.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Drift {
    /// The differences; root causes first, then by module.
    pub findings: Vec<Finding>,
    /// Arguments for `gomod plan-downgrade` that put back what was raised or came; not tried.
    #[serde(skip)]
    pub undo: Vec<String>,
    /// Arguments for `go get` that put back what was lowered or left.
    pub restore: Vec<String>,
}

/// What is selected today.
#[derive(Debug)]
pub struct Today<'a> {
    /// The same in the form of a lock.
    pub lock: &'a Lock,
    /// The names in the graph.
    pub world: &'a World,
    /// Today's graph.
    pub graph: &'a ModuleGraph,
    /// The main module's requirements.
    pub roots: &'a [ModuleId],
}

/// Compares the baseline with today.
pub fn compare(baseline: &Lock, today: &Today<'_>) -> Drift {
    let mut findings: Vec<Finding> = Vec::new();
    let lines = [
        (Code::GoLineChanged, "go", &baseline.go, &today.lock.go),
        (
            Code::ToolchainLineChanged,
            "toolchain",
            &baseline.toolchain,
            &today.lock.toolchain,
        ),
    ];
    for (code, module, from, to) in lines {
        if from != to {
            findings.push(Finding {
                code,
                severity: Severity::Error,
                module: module.into(),
                from: from.clone(),
                to: to.clone(),
                root_cause: true,
                because: Vec::new(),
            });
        }
    }
    let mut paths: BTreeMap<&ModulePath, (Option<&Entry>, Option<&Entry>)> = BTreeMap::new();
    for (path, entry) in &baseline.modules {
        paths.entry(path).or_default().0 = Some(entry);
    }
    for (path, entry) in &today.lock.modules {
        paths.entry(path).or_default().1 = Some(entry);
    }
    let moved: Vec<&ModulePath> = paths
        .iter()
        .filter(|(_, (from, to))| from.map(|e| &e.version) != to.map(|e| &e.version))
        .map(|(path, _)| *path)
        .collect();
    for (path, (from, to)) in &paths {
        let Some(code) = difference(*from, *to) else {
            continue;
        };
        let because = cause(today, path, to.map(|entry| &entry.version), &moved);
        let text = |entry: Option<&Entry>| entry.map(describe);
        findings.push(Finding {
            code,
            severity: Severity::Error,
            module: path.to_string(),
            from: text(*from),
            to: text(*to),
            root_cause: because.len() <= 2 && to.is_some(),
            because,
        });
    }
    findings.sort_by(|a, b| {
        b.root_cause
            .cmp(&a.root_cause)
            .then_with(|| a.module.cmp(&b.module))
    });
    let mut drift = Drift {
        findings,
        ..Drift::default()
    };
    for finding in &drift.findings {
        let back = |from: &Option<String>| {
            let version = from.as_deref().unwrap_or("none");
            format!(
                "{}@{}",
                finding.module,
                version.split(' ').next().unwrap_or(version)
            )
        };
        match finding.code {
            // What is no requirement of the main module follows those that are.
            Code::ModuleRaised | Code::ModuleCame if is_root(today, &finding.module) => {
                drift.undo.push(back(&finding.from));
            }
            Code::ModuleRaised | Code::ModuleCame => {}
            Code::ModuleLowered | Code::ModuleLeft => drift.restore.push(back(&finding.from)),
            Code::GoLineChanged => {
                let version =
                    |text: &Option<String>| text.as_deref().map(crate::model::GoVersion::new);
                match (version(&finding.from), version(&finding.to)) {
                    (Some(from), Some(to)) if from < to => drift.undo.push(back(&finding.from)),
                    (Some(_), _) => drift.restore.push(back(&finding.from)),
                    (None, _) => {}
                }
            }
            _ => {}
        }
    }
    drift
}

fn is_root(today: &Today<'_>, path: &str) -> bool {
    let modules = &today.world.modules;
    today
        .roots
        .iter()
        .any(|root| modules.path(modules.path_of(*root)).as_str() == path)
}

fn difference(from: Option<&Entry>, to: Option<&Entry>) -> Option<Code> {
    let (from, to) = match (from, to) {
        (None, None) => return None,
        (None, Some(_)) => return Some(Code::ModuleCame),
        (Some(_), None) => return Some(Code::ModuleLeft),
        (Some(from), Some(to)) => (from, to),
    };
    let differs = |a: &Option<String>, b: &Option<String>| a.is_some() && b.is_some() && a != b;
    match to.version.cmp(&from.version) {
        std::cmp::Ordering::Greater => Some(Code::ModuleRaised),
        std::cmp::Ordering::Less => Some(Code::ModuleLowered),
        std::cmp::Ordering::Equal if from.replace != to.replace => Some(Code::ReplacementChanged),
        std::cmp::Ordering::Equal => {
            // A replacement by directory has no hash; a hash that go.sum merely lacks is no change.
            let changed = differs(&from.content, &to.content) || differs(&from.go_mod, &to.go_mod);
            changed.then_some(Code::HashChanged)
        }
    }
}

fn describe(entry: &Entry) -> String {
    match &entry.replace {
        Some(target) => format!("{} => {target}", entry.version),
        None => entry.version.to_string(),
    }
}

/// Who requires today's version: another module that moved, else any other module, else the main
/// module itself, whose list of indirect requirements merely repeats what others ask for.
fn cause(
    today: &Today<'_>,
    path: &ModulePath,
    version: Option<&Version>,
    moved: &[&ModulePath],
) -> Vec<String> {
    let modules = &today.world.modules;
    let selected = modules
        .find_path(path)
        .and_then(|id| modules.find_module(id, version))
        .filter(|_| version.is_some());
    let Some(selected) = selected else {
        return Vec::new();
    };
    let floors = today.graph.floors(modules, modules.path_of(selected), None);
    let rank = |by: &ModuleId| {
        let main = modules.version(*by).is_none();
        let moves = moved.contains(&modules.path(modules.path_of(*by)));
        // A version of a module that is not selected is a weaker reason than one that is.
        (main, !moves, !today.graph.is_selected(modules, *by))
    };
    let best = floors
        .iter()
        .min_by_key(|floor| (rank(&floor.by), floor.path.len()));
    best.map(|floor| {
        floor
            .path
            .iter()
            .chain([&floor.requires])
            .map(|module| modules.display(*module))
            .collect()
    })
    .unwrap_or_default()
}
