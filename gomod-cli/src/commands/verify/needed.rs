//! go.sum against what the build list needs of it; `--fix` adds what is missing, on the log's word.

use std::path::PathBuf;
use std::time::Duration;

use gomod_core::host::{HostError, RunLock, Session, main_packages, read_if_there, write_atomic};
use gomod_core::model::{GoMod, GoSum, ModulePath, ModuleVersion};
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
    /// Lines that it needs neither to load the graph nor to build or test. Empty in a workspace, whose members
    /// share sums.
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
    let content: Vec<ModuleVersion> = audit
        .missing_content
        .iter()
        .map(|(_, module)| module.clone())
        .collect();
    let mut check = SumCheck {
        needed: audit.needed,
        missing: names(&audit.missing, "/go.mod"),
        missing_content: names(&content, ""),
        ..SumCheck::default()
    };
    if project.work.is_none() {
        let left = audit.left_over.iter();
        check.left_over = left
            .map(|(path, version)| format!("{path} {version}"))
            .collect();
    }
    let mut findings = Vec::new();
    let mut open = (audit.missing.clone(), content.clone());
    if fix && !(open.0.is_empty() && open.1.is_empty()) {
        if earlier.iter().any(|f| f.severity == Severity::Security) {
            findings.push(Finding::new(
                Code::SumMissing,
                Severity::Note,
                "go.sum",
                "nothing was added: first settle what does not hold",
            ));
        } else {
            (check.added, open) = add(project, session, &audit.missing, &content)?;
        }
    }
    for module in &open.0 {
        findings.push(missing(
            session,
            module,
            Severity::Failed,
            "go.sum has no line for its go.mod, without which the module graph does not load",
        ));
    }
    let imports = match open.1.is_empty() {
        true => Vec::new(),
        false => imports(project),
    };
    let imported = |module: &ModuleVersion| {
        let mut named = audit.missing_content.iter().filter(|(_, m)| m == module);
        named.any(|(path, _)| imports.iter().any(|import| is_within(import, path)))
    };
    let (certain, possible): (Vec<_>, Vec<_>) = open.1.iter().partition(|m| imported(m));
    for module in certain {
        findings.push(missing(
            session,
            module,
            Severity::Failed,
            "go.sum has no line for its zip, and the main module imports a package of it",
        ));
    }
    if let Some(first) = possible.first() {
        findings.push(
            missing(
                session,
                first,
                Severity::Note,
                "go.sum has no line for its zip, which a build needs if its packages are imported",
            )
            .detail(match possible.len() {
                1 => "1 module".to_owned(),
                n => format!("{n} modules, this is the first"),
            }),
        );
    }
    Ok((check, findings))
}

fn missing(session: &Session, module: &ModuleVersion, severity: Severity, why: &str) -> Finding {
    Finding::new(Code::SumMissing, severity, module, why).help(match session.outside_log(module) {
        Some(setting) => format!(
            "go mod download {} (outside the log: {setting})",
            module.path
        ),
        None => "gomod verify --fix".to_owned(),
    })
}

/// What the main modules' own files import, tests included. Sources that cannot be read import nothing.
fn imports(project: &Project) -> Vec<String> {
    let mains: Vec<(PathBuf, &GoMod)> = match &project.work {
        None => vec![(project.root(), &project.go_mod)],
        Some(work) => work
            .members
            .iter()
            .map(|(directory, go_mod)| (directory.clone(), go_mod))
            .collect(),
    };
    let mut found = Vec::new();
    for (root, go_mod) in mains {
        let ignored: Vec<String> = go_mod.ignore.iter().map(|line| line.path.clone()).collect();
        for (_, package) in main_packages(&root, &ignored).unwrap_or_default() {
            let imports = package.imports.into_iter().chain(package.test_imports);
            found.extend(imports.map(|import| import.path));
        }
        found.extend(go_mod.tool.iter().map(|tool| tool.path.clone()));
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Whether a package's path begins with a module's. The go command wants the sums of all such roots, to
/// rule out that several provide it (`keepSums` in cmd/go's modload).
fn is_within(import: &str, module: &ModulePath) -> bool {
    let rest = import.strip_prefix(module.as_str());
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
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
