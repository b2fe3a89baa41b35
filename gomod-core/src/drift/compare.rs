//! A baseline against today: what moved, which requirement moved it, and how to undo it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::lock::{Entry, Lock};
use crate::diag::Severity;
use crate::graph::{ModuleGraph, ModuleId};
use crate::model::{GoVersion, ModulePath, ModuleVersion, Version};
use crate::mvs::{Overrides, SumAudit, World};

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
    /// Version and replacement are the same, and go.sum lacks a hash that the baseline holds and that the
    /// build list, or a build, needs.
    HashMissing,
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
            Self::HashMissing => "hash-missing",
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
    /// Whether the main module's own go.mod is what moved it, and no other module that moved.
    pub root_cause: bool,
    /// Requirements from the main module to today's version, a shortest chain; empty when nothing
    /// requires it.
    pub because: Vec<String>,
    /// Arguments of `go mod edit` that put back what go.mod says beside its requirements: replacements,
    /// exclusions, the go and toolchain lines.
    pub edits: Vec<String>,
}

/// All differences.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Drift {
    /// The differences; root causes first, then by module.
    pub findings: Vec<Finding>,
    /// Sets of arguments for `gomod plan-downgrade` that may put back what was raised or came, none of
    /// them tried: what moved by itself; with it the requirements that came; all that moved.
    #[serde(skip)]
    pub undo: Vec<Vec<String>>,
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
    /// What the main module excludes and replaces.
    pub overrides: &'a Overrides,
    /// What go.sum lacks; `None` where it does not matter, as for a plan, which says what it adds.
    pub sums: Option<&'a SumAudit>,
}

/// Compares the baseline with today.
pub fn compare(baseline: &Lock, today: &Today<'_>) -> Drift {
    let mut paths: BTreeMap<&ModulePath, (Option<&Entry>, Option<&Entry>)> = BTreeMap::new();
    for (path, entry) in &baseline.modules {
        paths.entry(path).or_default().0 = Some(entry);
    }
    for (path, entry) in &today.lock.modules {
        paths.entry(path).or_default().1 = Some(entry);
    }
    let key = |entry: &Entry| (entry.version.clone(), entry.replace.clone());
    let moved: Vec<&ModulePath> = paths
        .iter()
        .filter(|(_, (from, to))| from.map(key) != to.map(key))
        .map(|(path, _)| *path)
        .collect();
    let mut findings = lines(baseline, today, &moved);
    for (path, (from, to)) in &paths {
        let lacks = from.zip(*to).is_some_and(|(from, to)| {
            let lacking = today.sums.map(|audit| lacking(audit, path, to));
            let (content, go_mod) = lacking.unwrap_or_default();
            content && from.content.is_some() || go_mod && from.go_mod.is_some()
        });
        let Some(code) = difference(*from, *to, lacks) else {
            continue;
        };
        let because = cause(today, path, to.map(|entry| &entry.version), &moved);
        let text = |entry: Option<&Entry>| entry.map(describe);
        let edits = edits(today, path, *from, *to);
        findings.push(Finding {
            code,
            severity: Severity::Error,
            module: path.to_string(),
            from: text(*from),
            to: text(*to),
            root_cause: because.len() <= 2 && to.is_some() || !edits.is_empty(),
            because,
            edits,
        });
    }
    findings.sort_by(|a, b| {
        b.root_cause
            .cmp(&a.root_cause)
            .then_with(|| a.module.cmp(&b.module))
    });
    Drift {
        undo: undo(today, &findings, &moved),
        restore: findings
            .iter()
            .filter(|finding| finding.is_to_restore())
            .map(Finding::back)
            .collect(),
        findings,
    }
}

impl Finding {
    /// `~ MOD FROM → TO`, `+ MOD TO`, `- MOD FROM`, or `! MOD VERSION` where only the content differs.
    pub fn summary(&self) -> String {
        let module = &self.module;
        match (&self.from, &self.to) {
            (Some(from), Some(to)) if from == to => format!("! {module} {to}"),
            (Some(from), Some(to)) => format!("~ {module} {from} → {to}"),
            (None, Some(to)) => format!("+ {module} {to}"),
            (Some(from), None) => format!("- {module} {from}"),
            (None, None) => module.clone(),
        }
    }

    /// What moved it, in words.
    pub fn reason(&self) -> String {
        let excluded = |edit: &String| edit.starts_with("-dropexclude=");
        let replaced = |edit: &String| edit.contains("replace=");
        if self.code == Code::HashChanged {
            return "the content behind the same version is another: look at go.sum's history"
                .into();
        }
        if self.code == Code::HashMissing {
            return "go.sum lacks a hash of it that is needed, and that the baseline holds".into();
        }
        let mut reason = match (self.code, self.because.as_slice()) {
            (Code::ToolchainLineChanged, _) | (Code::GoLineChanged, []) => {
                "the line in go.mod was changed".to_owned()
            }
            (Code::ReplacementChanged, _) => "its replace line in go.mod was changed".to_owned(),
            (_, []) => "nothing requires it any more".to_owned(),
            (_, [_, _]) => "go.mod requires it".to_owned(),
            (_, chain) => format!("required by {}", chain.join(" → ")),
        };
        if self.edits.iter().any(excluded) {
            let version = self.from.as_deref().unwrap_or_default();
            reason = format!("go.mod excludes {version}; {reason}");
        }
        if self.code != Code::ReplacementChanged && self.edits.iter().any(replaced) {
            reason.push_str("; its replace line in go.mod was changed");
        }
        reason
    }

    /// Whether an edit of go.mod puts it back: not while modules need the newer go line.
    pub fn is_written(&self) -> bool {
        !self.edits.is_empty() && (self.code != Code::GoLineChanged || self.because.is_empty())
    }

    /// `MOD@VERSION` of the baseline, or `MOD@none`.
    pub fn back(&self) -> String {
        let version = self.from.as_deref().unwrap_or("none");
        let version = version.split(' ').next().unwrap_or(version);
        format!("{}@{version}", self.module)
    }

    fn is_raised(&self) -> bool {
        match self.code {
            Code::ModuleRaised | Code::ModuleCame => true,
            Code::GoLineChanged => self
                .go_lines()
                .is_some_and(|(from, to)| from < to && is_exact(&from)),
            _ => false,
        }
    }

    fn is_to_restore(&self) -> bool {
        match self.code {
            Code::ModuleLowered | Code::ModuleLeft => true,
            Code::GoLineChanged => self
                .go_lines()
                .is_some_and(|(from, to)| from > to && is_exact(&from)),
            _ => false,
        }
    }

    fn go_lines(&self) -> Option<(GoVersion, GoVersion)> {
        Some((
            GoVersion::new(self.from.as_deref()?),
            GoVersion::new(self.to.as_deref()?),
        ))
    }
}

/// Whether `go@VERSION` means this version, and not the latest release of its line.
fn is_exact(go: &GoVersion) -> bool {
    !(go.is_strict() && go.is_language())
}

/// What the go and toolchain lines say.
fn lines(baseline: &Lock, today: &Today<'_>, moved: &[&ModulePath]) -> Vec<Finding> {
    let lines = [
        (Code::GoLineChanged, "go", &baseline.go, &today.lock.go),
        (
            Code::ToolchainLineChanged,
            "toolchain",
            &baseline.toolchain,
            &today.lock.toolchain,
        ),
    ];
    let changed = lines.into_iter().filter(|(_, _, from, to)| from != to);
    changed
        .map(|(code, name, from, to)| {
            let go = match (code, from, to) {
                (Code::GoLineChanged, Some(from), Some(to)) => {
                    Some(GoVersion::new(to)).filter(|to| *to > GoVersion::new(from))
                }
                _ => None,
            };
            let version = go.as_ref().map(Version::go);
            let mut because = cause(today, &ModulePath::new(name), version.as_ref(), moved);
            if because.len() <= 2 {
                because.clear();
            }
            let old = match (code, from) {
                (Code::GoLineChanged, None) => None,
                (_, None) => Some("none"),
                (_, Some(from)) => Some(from.as_str()),
            };
            Finding {
                code,
                severity: Severity::Error,
                module: name.into(),
                from: from.clone(),
                to: to.clone(),
                root_cause: because.is_empty(),
                because,
                edits: old
                    .map(|old| format!("-{name}={old}"))
                    .into_iter()
                    .collect(),
            }
        })
        .collect()
}

/// The sets of [`Drift::undo`]. A go line that cannot go down with the rest is left out in the end.
fn undo(today: &Today<'_>, findings: &[Finding], moved: &[&ModulePath]) -> Vec<Vec<String>> {
    let modules = &today.world.modules;
    // Of its chain all but the last, which is the module itself.
    let by_itself = |finding: &Finding| {
        let chain = finding.because.split_last().map_or(&[][..], |(_, by)| by);
        !chain.iter().any(|name| {
            let path = name.split('@').next().unwrap_or(name);
            moved.iter().any(|moved| moved.as_str() == path)
        })
    };
    let is_root = |finding: &Finding| {
        let mut roots = today.roots.iter();
        roots.any(|root| modules.path(modules.path_of(*root)).as_str() == finding.module)
    };
    let is_go = |finding: &Finding| finding.code == Code::GoLineChanged;
    let came = |finding: &Finding| finding.code == Code::ModuleCame && is_root(finding);
    let set = |wanted: &dyn Fn(&Finding) -> bool| -> Vec<String> {
        let raised = findings.iter().filter(|finding| finding.is_raised());
        raised.filter(|f| wanted(f)).map(Finding::back).collect()
    };
    let mut sets: Vec<Vec<String>> = Vec::new();
    for go in [true, false] {
        let more = [
            set(&|f| if is_go(f) { go } else { by_itself(f) }),
            set(&|f| {
                if is_go(f) {
                    go
                } else {
                    by_itself(f) || came(f)
                }
            }),
            set(&|f| {
                if is_go(f) {
                    go
                } else {
                    by_itself(f) || is_root(f)
                }
            }),
        ];
        for set in more {
            if !set.is_empty() && !sets.contains(&set) {
                sets.push(set);
            }
        }
    }
    sets
}

/// What puts back the replacement and the exclusion that stand behind a difference.
fn edits(
    today: &Today<'_>,
    path: &ModulePath,
    from: Option<&Entry>,
    to: Option<&Entry>,
) -> Vec<String> {
    let modules = &today.world.modules;
    let Some(from) = from else { return Vec::new() };
    let id = modules.find_path(path);
    let module = |version: &Version| modules.find_module(id?, Some(version));
    let mut edits = Vec::new();
    if module(&from.version).is_some_and(|module| today.overrides.excludes.contains(&module)) {
        edits.push(format!("-dropexclude={path}@{}", from.version));
    }
    if let Some(to) = to
        && from.replace != to.replace
    {
        let exact = module(&to.version).filter(|m| today.overrides.exact.contains_key(m));
        let left = match exact {
            Some(_) => format!("{path}@{}", to.version),
            None => path.to_string(),
        };
        edits.push(match &from.replace {
            None => format!("-dropreplace={left}"),
            Some(target) => format!("-replace={left}={}", target.replacen(' ', "@", 1)),
        });
    }
    edits
}

/// Whether go.sum lacks the hash of a module's content, and that of its go.mod, where they are needed.
fn lacking(audit: &SumAudit, path: &ModulePath, entry: &Entry) -> (bool, bool) {
    let is_used = |module: &ModuleVersion| match &entry.replace {
        None => module.path == *path && module.version == entry.version,
        Some(target) => *target == format!("{} {}", module.path, module.version),
    };
    let mut content = audit.missing_content.iter();
    (
        content.any(|(_, module)| is_used(module)),
        audit.missing.iter().any(is_used),
    )
}

/// How the two differ; `lacks`: a hash of the first is missing, and needed.
fn difference(from: Option<&Entry>, to: Option<&Entry>, lacks: bool) -> Option<Code> {
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
            // A replacement by directory has no hash; go.sum need not hold a hash that nothing needs.
            let changed = differs(&from.content, &to.content) || differs(&from.go_mod, &to.go_mod);
            let missing = lacks.then_some(Code::HashMissing);
            if changed {
                Some(Code::HashChanged)
            } else {
                missing
            }
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
