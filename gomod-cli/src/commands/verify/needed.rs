//! go.sum against what the build list needs of it; `--fix` adds what is missing, on the log's word.

use std::time::Duration;

use gomod_core::host::{HostError, RunLock, Session, read_if_there, write_atomic};
use gomod_core::model::{GoSum, ModuleVersion};
use gomod_core::mvs::audit_sums;
use serde::Serialize;

use super::Graph;
use super::finding::{Code, Finding, Severity};
use crate::context::Project;
use crate::error::CliError;

/// Which lines of go.sum the go command needs.
#[derive(Debug, Default, Serialize)]
pub(crate) struct SumCheck {
    /// Lines that it needs, or may need.
    pub(crate) needed: usize,
    /// Lines without which the module graph does not load.
    pub(crate) missing: Vec<String>,
    /// Lines that a build needs where packages of these modules are imported.
    pub(crate) missing_content: Vec<String>,
    /// Lines that it does not need; `go mod tidy` drops them. Empty in a workspace, whose members share sums.
    pub(crate) left_over: Vec<String>,
    #[serde(skip)]
    pub(crate) added: Vec<String>,
}

pub(super) fn check(
    project: &Project,
    session: &mut Session,
    graph: &Graph,
    fix: bool,
    earlier: &[Finding],
) -> Result<(SumCheck, Vec<Finding>), CliError> {
    let audit = audit_sums(&graph.world, &graph.loaded, &project.go_sum);
    let mut check = SumCheck {
        needed: audit.needed,
        missing: names(&audit.missing, "/go.mod"),
        missing_content: names(&audit.missing_content, ""),
        ..SumCheck::default()
    };
    if project.work.is_none() {
        let left = audit.left_over.iter();
        check.left_over = left
            .map(|(path, version)| format!("{path} {version}"))
            .collect();
    }
    let mut findings = Vec::new();
    let mut open = (audit.missing.clone(), audit.missing_content.clone());
    if fix && !(open.0.is_empty() && open.1.is_empty()) {
        if earlier.iter().any(|f| f.severity == Severity::Security) {
            findings.push(Finding::new(
                Code::SumMissing,
                Severity::Note,
                "go.sum",
                "nothing was added: first settle what does not hold",
            ));
        } else {
            (check.added, open) = add(project, session, &audit.missing, &audit.missing_content)?;
        }
    }
    let path = |module: &ModuleVersion| module.path.to_string();
    for module in &open.0 {
        let help = match session.outside_log(module) {
            Some(setting) => format!(
                "go mod download {} (outside the log: {setting})",
                path(module)
            ),
            None => "gomod verify --fix".to_owned(),
        };
        findings.push(
            Finding::new(
                Code::SumMissing,
                Severity::Failed,
                module,
                "go.sum has no line for its go.mod, without which the module graph does not load",
            )
            .help(help),
        );
    }
    if let Some(first) = open.1.first() {
        let count = open.1.len();
        let help = match session.outside_log(first) {
            Some(setting) => format!(
                "go mod download {} (outside the log: {setting})",
                path(first)
            ),
            None => "gomod verify --fix".to_owned(),
        };
        findings.push(
            Finding::new(
                Code::SumMissing,
                Severity::Note,
                first,
                "go.sum has no line for its zip, which a build needs where its packages are imported",
            )
            .detail(match count {
                1 => "1 module".to_owned(),
                n => format!("{n} modules, this is the first"),
            })
            .help(help),
        );
    }
    Ok((check, findings))
}

/// The lines that were added, and what could not be: of `go.mod` files, and of zips.
type Added = (Vec<String>, (Vec<ModuleVersion>, Vec<ModuleVersion>));

fn add(
    project: &Project,
    session: &mut Session,
    go_mods: &[ModuleVersion],
    zips: &[ModuleVersion],
) -> Result<Added, CliError> {
    let mut asked: Vec<ModuleVersion> = go_mods.iter().chain(zips).cloned().collect();
    asked.sort();
    asked.dedup();
    let records = session.sums(&asked);
    let mut go_sum = project.go_sum.clone();
    let mut added = Vec::new();
    let mut insert = |module: &ModuleVersion, suffix: &str| {
        let found = records.iter().find(|(known, _)| known == module);
        let Some((_, Ok(record))) = found else {
            return false;
        };
        let hash = if suffix.is_empty() {
            record.zip
        } else {
            record.go_mod
        }
        .to_string();
        let version = format!("{}{suffix}", module.version);
        if go_sum.insert(&module.path, &version, &hash) {
            added.push(format!("{} {version} {hash}", module.path));
        }
        true
    };
    let left = |modules: &[ModuleVersion], insert: &mut dyn FnMut(&ModuleVersion) -> bool| {
        let left = modules.iter().filter(|module| !insert(module));
        left.cloned().collect::<Vec<_>>()
    };
    let open = (
        left(go_mods, &mut |module| insert(module, "/go.mod")),
        left(zips, &mut |module| insert(module, "")),
    );
    if !added.is_empty() {
        write(project, &go_sum)?;
    }
    added.sort();
    Ok((added, open))
}

/// Replaces go.sum, unless someone else has changed it meanwhile.
fn write(project: &Project, go_sum: &GoSum) -> Result<(), CliError> {
    let failed = |error: HostError| {
        CliError::environment(error.to_string()).hint(
            "nothing was changed; look at the permissions, and for another gomod or go at work",
        )
    };
    let _lock = RunLock::acquire(&[&project.sum_file], Duration::from_secs(30)).map_err(failed)?;
    let now = read_if_there(&project.sum_file)
        .map_err(failed)?
        .unwrap_or_default();
    if now != project.go_sum.text().as_bytes() {
        return Err(
            CliError::environment("go.sum was changed meanwhile; nothing was written")
                .hint("run the command again"),
        );
    }
    write_atomic(&project.sum_file, go_sum.text().as_bytes()).map_err(failed)
}

fn names(modules: &[ModuleVersion], suffix: &str) -> Vec<String> {
    let line = |module: &ModuleVersion| format!("{} {}{suffix}", module.path, module.version);
    modules.iter().map(line).collect()
}
