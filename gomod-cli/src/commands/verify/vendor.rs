//! vendor/modules.txt against go.mod, or against go.work and its members.

use std::path::Path;

use gomod_core::host::read_if_there;
use gomod_core::model::{ModulesTxt, VendorCheck, VendorFinding, VendorMember};
use serde::Serialize;

use super::finding::{Code, Finding, Severity};
use crate::context::{Project, Work, rebase};
use crate::error::CliError;

/// What was compared of a vendor directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum VendorState {
    /// There is none.
    None,
    /// It fits.
    Consistent,
    Inconsistent,
    /// It was made for a workspace and none is in force, or the other way round: it is not used.
    NotUsed,
}

/// Compares `vendor/modules.txt`, where there is a vendor directory.
pub(super) fn check(
    project: &Project,
    findings: &mut Vec<Finding>,
) -> Result<VendorState, CliError> {
    let root = project.root();
    if !root.join("vendor").is_dir() {
        return Ok(VendorState::None);
    }
    let text = read_if_there(&root.join("vendor/modules.txt"))
        .map_err(|error| CliError::environment(error.to_string()).hint("look at its permissions"))?
        .unwrap_or_default();
    let txt = ModulesTxt::parse(&text);
    let sync = match project.work {
        Some(_) => "go work vendor",
        None => "go mod vendor",
    };
    if txt.workspace != project.work.is_some() {
        let made = if txt.workspace {
            "was made for a workspace, and none is in force"
        } else {
            "was not made for the workspace in force"
        };
        findings.push(
            Finding::new(
                Code::VendorInconsistent,
                Severity::Note,
                "vendor/modules.txt",
                format!("{made}: the go command does not use it by itself"),
            )
            .help(sync),
        );
        return Ok(VendorState::NotUsed);
    }
    let found = compare(project, &txt);
    let state = match found.is_empty() {
        true => VendorState::Consistent,
        false => VendorState::Inconsistent,
    };
    findings.extend(found.into_iter().map(|found| {
        let module = match found.version.as_str() {
            "" => found.path.to_string(),
            version => format!("{}@{version}", found.path),
        };
        let mut finding = Finding::new(
            Code::VendorInconsistent,
            Severity::Failed,
            module,
            found.kind.to_string(),
        );
        finding.details.extend(found.place);
        finding.help(sync)
    }));
    Ok(state)
}

fn compare(project: &Project, txt: &ModulesTxt) -> Vec<VendorFinding> {
    match &project.work {
        Some(work) => compare_workspace(work, txt),
        None => VendorCheck {
            members: &[(project.name.as_str(), &project.go_mod)],
            work: None,
            rebase: &|_, directory| directory.to_owned(),
        }
        .findings(txt),
    }
}

fn compare_workspace(work: &Work, txt: &ModulesTxt) -> Vec<VendorFinding> {
    let uses = work.go_work.uses.iter();
    let names: Vec<String> = uses
        .map(|used| format!("{}/go.mod", used.path.trim_end_matches('/')))
        .collect();
    let members: Vec<VendorMember<'_>> = names
        .iter()
        .zip(&work.members)
        .map(|(name, (_, go_mod))| (name.as_str(), go_mod))
        .collect();
    let root = work.file.parent().unwrap_or_else(|| Path::new(""));
    VendorCheck {
        members: &members,
        work: Some(&work.go_work),
        rebase: &|at, directory| match work.members.get(at) {
            Some((member, _)) => rebase(root, member, directory),
            None => directory.to_owned(),
        },
    }
    .findings(txt)
}
