//! vendor/modules.txt against go.mod, or against go.work and its members; then the packages in vendor/ against
//! what the main modules import.

use std::path::Path;

use gomod_core::host::{VendorImport, read_if_there, vendored_imports};
use gomod_core::model::{GoMod, ModulesTxt, VendorCheck, VendorFinding, VendorMember};
use serde::Serialize;

use super::finding::{Code, Finding, Severity};
use crate::context::{Project, Work, rebase};

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

/// Compares `vendor/`, where there is one, as `go build -mod=vendor` does.
pub(super) fn check(project: &Project, findings: &mut Vec<Finding>) -> VendorState {
    let vendor = project.root().join("vendor");
    if !vendor.is_dir() {
        return VendorState::None;
    }
    let sync = match project.work {
        Some(_) => "go work vendor",
        None => "go mod vendor",
    };
    let found = |severity, module: &str, message: String| {
        Finding::new(Code::VendorInconsistent, severity, module, message).help(sync)
    };
    let text = match read_if_there(&vendor.join("modules.txt")) {
        Ok(text) => text.unwrap_or_default(),
        Err(error) => {
            let severity = Severity::Environment;
            findings.push(found(severity, "vendor/modules.txt", error.to_string()));
            return VendorState::Inconsistent;
        }
    };
    let txt = ModulesTxt::parse(&text);
    // With `-mod=vendor` in GOFLAGS it is used whatever it was made for.
    if txt.workspace != project.work.is_some() && !project.uses_vendor() {
        let made = if txt.workspace {
            "was made for a workspace, and none is in force"
        } else {
            "was not made for the workspace in force"
        };
        let message = format!("{made}: the go command does not use it by itself");
        findings.push(found(Severity::Note, "vendor/modules.txt", message));
        return VendorState::NotUsed;
    }
    let compared = compare(project, &vendor, &txt);
    let state = match compared.is_empty() {
        true => VendorState::Consistent,
        false => VendorState::Inconsistent,
    };
    findings.extend(compared.into_iter().map(|finding| finding.help(sync)));
    state
}

fn compare(project: &Project, vendor: &Path, txt: &ModulesTxt) -> Vec<Finding> {
    match &project.work {
        Some(work) => compare_workspace(project, work, vendor, txt),
        None => {
            let root = project.root();
            let check = VendorCheck {
                members: &[(project.name.as_str(), &project.go_mod)],
                work: None,
                rebase: &|_, directory| directory.to_owned(),
                local_go: project.local_go.as_ref(),
            };
            all(&check, &[(&root, &project.go_mod)], vendor, txt)
        }
    }
}

fn compare_workspace(
    project: &Project,
    work: &Work,
    vendor: &Path,
    txt: &ModulesTxt,
) -> Vec<Finding> {
    let uses = work.go_work.uses.iter();
    let names: Vec<String> = uses
        .map(|used| format!("{}/go.mod", used.path.trim_end_matches('/')))
        .collect();
    let members: Vec<VendorMember<'_>> = names
        .iter()
        .zip(&work.members)
        .map(|(name, (_, go_mod))| (name.as_str(), go_mod))
        .collect();
    let mains: Vec<(&Path, &GoMod)> = work
        .members
        .iter()
        .map(|(directory, go_mod)| (directory.as_path(), go_mod))
        .collect();
    let root = work.file.parent().unwrap_or_else(|| Path::new(""));
    let check = VendorCheck {
        members: &members,
        work: Some(&work.go_work),
        rebase: &|at, directory| match work.members.get(at) {
            Some((member, _)) => rebase(root, member, directory),
            None => directory.to_owned(),
        },
        local_go: project.local_go.as_ref(),
    };
    all(&check, &mains, vendor, txt)
}

/// Modules first; where they do not fit, packages are not looked at, as the go command does.
fn all(
    check: &VendorCheck<'_>,
    mains: &[(&Path, &GoMod)],
    vendor: &Path,
    txt: &ModulesTxt,
) -> Vec<Finding> {
    let modules = check.findings(txt);
    if !modules.is_empty() {
        return modules.into_iter().map(of_module).collect();
    }
    match vendored_imports(mains, vendor, check, txt) {
        Ok(imports) => imports.into_iter().map(of_import).collect(),
        Err(error) => vec![Finding::new(
            Code::VendorInconsistent,
            Severity::Environment,
            "vendor",
            format!("the imports could not be followed: {error}"),
        )],
    }
}

fn of_module(found: VendorFinding) -> Finding {
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
    finding
}

fn of_import(found: VendorImport) -> Finding {
    Finding::new(
        Code::VendorInconsistent,
        Severity::Failed,
        found.path,
        found.kind.to_string(),
    )
    .detail(format!("imported by {}", found.file))
}
