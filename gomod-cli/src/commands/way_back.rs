//! The way back from a drift, each step tried in memory before the next is looked for: the edits of what
//! go.mod says beside its requirements, the `go get` of what it requires too little of, the downgrade of
//! what is still raised, and the `go get` of what is still missing.

use gomod_core::drift::{Code, Drift, Finding, Lock};
use gomod_core::model::{GoMod, ModulePath, ModuleVersion, ReplaceTarget, Version};

use super::plan::quote;
use super::undo::{self, Undo};
use super::{Setting, lock, restore};
use crate::args::Global;

/// The steps, in the order in which they are taken.
#[derive(Debug, Default)]
pub(crate) struct WayBack {
    /// Arguments of `go mod edit` for all but the go and toolchain lines.
    pub(crate) edits: Vec<String>,
    /// Arguments of the `go get` that goes before the downgrade.
    pub(crate) first: Vec<String>,
    /// Whether `go mod tidy` follows it.
    pub(crate) tidy: bool,
    /// The downgrade.
    pub(crate) undo: Undo,
    /// Arguments of the `go get` that follows.
    pub(crate) restore: Vec<String>,
    /// Whether that only writes down what is selected already.
    pub(crate) unwritten: bool,
    /// Arguments of `go mod edit` for the go and toolchain lines, which come last.
    pub(crate) lines: Vec<String>,
    /// What differs before the last `go get` and the lines, if any step before them was tried.
    pub(crate) left: Option<Vec<Finding>>,
}

impl WayBack {
    /// The commands, in their order.
    pub(crate) fn commands(&self) -> Vec<String> {
        let undo = Some(self.undo.command.clone()).filter(|command| !command.is_empty());
        let all = [
            self.edits_command(),
            self.first_command(),
            self.tidy.then(|| "go mod tidy".to_owned()),
            undo.map(|command| command + " --write"),
            self.restore_command(),
            self.lines_command(),
        ];
        all.into_iter().flatten().collect()
    }

    pub(crate) fn edits_command(&self) -> Option<String> {
        command("go mod edit", &self.edits)
    }

    pub(crate) fn first_command(&self) -> Option<String> {
        command("go get", &self.first)
    }

    pub(crate) fn restore_command(&self) -> Option<String> {
        command("go get", &self.restore)
    }

    pub(crate) fn lines_command(&self) -> Option<String> {
        command("go mod edit", &self.lines)
    }
}

fn command(words: &str, arguments: &[String]) -> Option<String> {
    let arguments: Vec<String> = arguments.iter().map(|word| quote(word)).collect();
    (!arguments.is_empty()).then(|| format!("{words} {}", arguments.join(" ")))
}

/// Looks for the way back from `drift`; `setting` is then as the steps would leave it.
pub(crate) fn find(
    global: &Global,
    setting: &mut Setting,
    baseline: &Lock,
    drift: &Drift,
) -> WayBack {
    let mut way = WayBack {
        edits: edits(&drift.findings, false),
        ..WayBack::default()
    };
    let mut now = drift.clone();
    if !way.edits.is_empty() {
        let tried = edited(&setting.project.go_mod, &way.edits)
            .and_then(|go_mod| after(setting, go_mod, baseline));
        match tried {
            Some(then) => (now, way.left) = (then.clone(), Some(then.findings)),
            // What follows from the lines is seen once they are changed.
            None => now.undo.clear(),
        }
    }
    if let Some((first, tidy, then)) = first(setting, baseline, &now) {
        (now, way.left) = (then.clone(), Some(then.findings));
        (way.first, way.tidy) = (first, tidy);
    }
    way.undo = undo::tried(global, setting, baseline, &now);
    let findings = match way.undo.targets.is_empty() {
        true => &now.findings,
        false => {
            let left = &way.undo.left_findings;
            let is_left = |finding: &&Finding| !left.iter().any(|f| f.module == finding.module);
            way.undo.undone = drift.findings.iter().filter(is_left).count();
            way.left = Some(left.clone());
            left
        }
    };
    way.restore = now.restore;
    way.restore
        .retain(|back| findings.iter().any(|finding| is_of(back, finding)));
    let only_edits = way.first.is_empty() && way.undo.targets.is_empty();
    if only_edits && way.left.is_some() && way.restore.is_empty() {
        way.restore = unwritten(setting);
        way.unwritten = !way.restore.is_empty();
    }
    restore::narrow(setting, &mut way.restore);
    let restored = |finding: &&Finding| !way.restore.iter().any(|back| is_of(back, finding));
    let lines: Vec<Finding> = findings.iter().filter(restored).cloned().collect();
    way.lines = self::edits(&lines, true);
    way
}

/// The `go get` of the requirements that were lowered, whether `go mod tidy` follows it, and what differs
/// then. It comes first where something was raised or came as well, which may follow from it; else where it
/// is all, and shorter than what [`restore::narrow`] finds.
fn first(
    setting: &mut Setting,
    baseline: &Lock,
    now: &Drift,
) -> Option<(Vec<String>, bool, Drift)> {
    let by_hand = |f: &Finding| f.code == Code::ModuleLowered && f.root_cause;
    if setting.project.work.is_some() || !now.findings.iter().any(by_hand) {
        return None;
    }
    let before = setting.project.go_mod.clone();
    let mut other = now.restore.clone();
    restore::narrow(setting, &mut other);
    let is_required = |f: &&Finding| {
        let mut lines = before.require.iter();
        lines.any(|line| line.path.as_str() == f.module)
    };
    let lowered = now
        .findings
        .iter()
        .filter(|f| f.code == Code::ModuleLowered);
    let mut first: Vec<String> = lowered.filter(is_required).map(Finding::back).collect();
    restore::narrow(setting, &mut first);
    let go_mod = required(&before, &first)?;
    let found = match after(setting, go_mod.clone(), baseline) {
        Some(then) if then.findings.is_empty() => Some((false, then)),
        _ => tidied(setting, baseline, now, go_mod).map(|then| (true, then)),
    };
    let is_better = |then: &Drift| {
        !now.undo.is_empty() || then.findings.is_empty() && first.len() < other.len()
    };
    match found.filter(|(_, then)| is_better(then)) {
        Some((tidy, then)) => Some((first, tidy, then)),
        None => {
            // It was loaded before.
            let _ = setting.take(before);
            None
        }
    }
}

/// What differs after `go mod tidy`, as far as can be said without it. It drops the indirect requirements
/// that came and that nothing requires any more, and adds those of the baseline that are imported again:
/// taken for such are those that bring more of the baseline back.
fn tidied(setting: &mut Setting, baseline: &Lock, now: &Drift, go_mod: GoMod) -> Option<Drift> {
    let came = now.findings.iter().filter(|f| f.code == Code::ModuleCame);
    let came: Vec<_> = go_mod
        .require
        .iter()
        .filter(|line| line.indirect)
        .filter(|line| came.clone().any(|f| f.module == line.path.as_str()))
        .map(|line| line.path.clone())
        .collect();
    let without = |stay: &dyn Fn(&ModulePath) -> bool| {
        let mut go_mod = go_mod.clone();
        for path in came.iter().filter(|path| !stay(path)) {
            go_mod.drop_require(path);
        }
        go_mod
    };
    let mut best = after(setting, without(&|_| false), baseline)?;
    let stay = |path: &ModulePath| best.findings.iter().any(|f| f.module == path.as_str());
    if came.iter().any(&stay) {
        best = after(setting, without(&stay), baseline)?;
    }
    for finding in now.findings.iter().filter(|f| f.code == Code::ModuleLeft) {
        let before = setting.project.go_mod.clone();
        let then = required(&before, &[finding.back()]);
        match then.and_then(|go_mod| after(setting, go_mod, baseline)) {
            Some(then) if then.findings.len() < best.findings.len() => best = then,
            Some(_) => _ = setting.take(before),
            None => {}
        }
        if best.findings.is_empty() {
            break;
        }
    }
    Some(best)
}

/// Whether `MOD@VERSION` is of the module of a finding.
fn is_of(back: &str, finding: &Finding) -> bool {
    back.split('@').next() == Some(finding.module.as_str())
}

/// The edits of the go and toolchain lines, or all others.
fn edits(findings: &[Finding], of_lines: bool) -> Vec<String> {
    let is_line = |f: &Finding| matches!(f.code, Code::GoLineChanged | Code::ToolchainLineChanged);
    let written = findings.iter().filter(|f| f.is_written());
    let wanted = written.filter(|f| is_line(f) == of_lines);
    wanted.flat_map(|f| f.edits.iter().cloned()).collect()
}

/// What differs with another go.mod; `None` when that cannot be said.
fn after(setting: &mut Setting, go_mod: GoMod, baseline: &Lock) -> Option<Drift> {
    if setting.project.work.is_some() {
        return None;
    }
    setting.take(go_mod).ok()?;
    let now = lock::today(setting);
    Some(lock::compared(setting, baseline, &now, None))
}

/// What go.mod requires too little of, which the go command wants to see written down.
fn unwritten(setting: &Setting) -> Vec<String> {
    let now = lock::today(setting);
    let lines = setting.project.go_mod.require.iter();
    let selected = lines.filter_map(|line| {
        let entry = now.modules.get(&line.path)?;
        (entry.version > line.version).then(|| format!("{}@{}", line.path, entry.version))
    });
    selected.collect()
}

/// A go.mod that requires what `go get` is asked for.
fn required(go_mod: &GoMod, arguments: &[String]) -> Option<GoMod> {
    let mut go_mod = go_mod.clone();
    for argument in arguments {
        let (path, version) = argument.split_once('@')?;
        let path = ModulePath::new(path);
        let is_new = !go_mod.require.iter().any(|line| line.path == path);
        go_mod.add_require(&path, &Version::parse(version).ok()?);
        if is_new {
            go_mod.set_indirect(&path, true);
        }
    }
    (!arguments.is_empty()).then_some(go_mod)
}

/// A go.mod after `go mod edit` with these arguments.
fn edited(go_mod: &GoMod, edits: &[String]) -> Option<GoMod> {
    let mut go_mod = go_mod.clone();
    for edit in edits {
        let (flag, argument) = edit.split_once('=')?;
        match flag {
            "-dropexclude" => {
                let (path, version) = module(argument)?;
                go_mod.drop_exclude(&path, &version?);
            }
            "-dropreplace" => {
                let (path, version) = module(argument)?;
                go_mod.drop_replace(&path, version.as_ref());
            }
            "-replace" => {
                let (old, new) = argument.split_once('=')?;
                let (path, version) = module(old)?;
                let target = match module(new)? {
                    (path, Some(version)) => {
                        ReplaceTarget::Module(ModuleVersion::new(path, version))
                    }
                    (_, None) => ReplaceTarget::Directory(new.to_owned()),
                };
                go_mod.add_replace(&path, version.as_ref(), &target);
            }
            _ => return None,
        }
    }
    Some(go_mod)
}

/// `PATH` or `PATH@VERSION`.
fn module(text: &str) -> Option<(ModulePath, Option<Version>)> {
    match text.split_once('@') {
        None => Some((ModulePath::new(text), None)),
        Some((path, version)) => Some((ModulePath::new(path), Some(Version::parse(version).ok()?))),
    }
}
