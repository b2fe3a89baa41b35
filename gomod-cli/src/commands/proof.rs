//! The certificate: a plain second MVS on the planned text gives what the plan says.

use std::path::Path;

use gomod_core::check::{
    CheckError, Checked, Claim, Wanted, WorkspaceTexts, verify, verify_workspace,
};
use gomod_core::host::{Session, Sums};
use gomod_core::model::{GoVersion, ModulePath, ModuleVersion, Version};
use gomod_core::plan::Certificate;

use super::Setting;
use crate::context::Work;
use crate::error::CliError;

/// Checks the text of a `go.mod` against a certificate; what does not hold stops everything.
pub(crate) fn check(
    setting: &mut Setting,
    go_mod: &str,
    certificate: &Certificate,
) -> Result<(), CliError> {
    let claim = claim(certificate)?;
    let root = setting.project.root();
    let session = &mut setting.session;
    let mut read = |wanted: Wanted<'_>| read_go_mod(session, &root, wanted);
    judge(verify(go_mod.as_bytes(), &claim, &mut read))
}

/// Checks the texts of a workspace, in the order of its members and with that of `go.work`.
pub(crate) fn check_workspace(
    setting: &mut Setting,
    work: &Work,
    members: &[String],
    go_work: &str,
    certificate: &Certificate,
) -> Result<(), CliError> {
    let claim = claim(certificate)?;
    let root = setting.project.root();
    let layout = work.layout();
    let rebase = |member: usize, directory: &str| (layout.rebase)(Some(member), directory);
    let texts = WorkspaceTexts {
        go_work: go_work.as_bytes(),
        members: members.iter().map(String::as_bytes).collect(),
        rebase: &rebase,
    };
    let session = &mut setting.session;
    let mut read = |wanted: Wanted<'_>| {
        // A member that is a dependency through its directory counts as it is planned.
        let planned = match wanted {
            Wanted::Directory(directory) => {
                let name = (layout.rebase)(None, directory);
                let member = layout.directories.iter().position(|known| *known == name);
                member.and_then(|member| members.get(member))
            }
            Wanted::Module(_) => None,
        };
        match planned {
            Some(text) => Ok(text.clone().into_bytes()),
            None => read_go_mod(session, &root, wanted),
        }
    };
    judge(verify_workspace(&texts, &claim, &mut read))
}

fn judge(result: Result<Checked, CheckError>) -> Result<(), CliError> {
    match result {
        Ok(_) => Ok(()),
        Err(error @ CheckError::Claim(_)) => Err(CliError::environment(format!(
            "the plan does not hold: {error}"
        ))
        .hint(
            "nothing was changed; plan again, and if it happens again, report it with your go.mod",
        )),
        Err(error) => Err(
            CliError::environment(format!("the plan cannot be checked: {error}"))
                .hint("nothing was changed; try again, or another source with --proxy"),
        ),
    }
}

fn claim(certificate: &Certificate) -> Result<Claim, CliError> {
    claimed(certificate).ok_or_else(|| {
        CliError::environment("the plan's certificate is malformed; nothing was changed")
            .hint("plan again: gomod plan-downgrade … --out FILE")
    })
}

fn claimed(certificate: &Certificate) -> Option<Claim> {
    let list = |names: &[String]| -> Option<Vec<ModuleVersion>> {
        names.iter().map(|name| module(name)).collect()
    };
    Some(Claim {
        build_list: list(&certificate.build_list)?,
        used: certificate
            .used
            .iter()
            .map(|used| {
                let path = ModulePath::new(&used.path);
                match &used.version {
                    None => Some((path, None)),
                    Some(version) => Some((path, Some(Version::parse(version).ok()?))),
                }
            })
            .collect::<Option<_>>()?,
        kept: list(&certificate.kept)?,
    })
}

/// Reads `path@version`; `go` and `toolchain` have versions of their own kind.
pub(crate) fn module(name: &str) -> Option<ModuleVersion> {
    let (path, version) = name.rsplit_once('@')?;
    let version = match path {
        "go" => Version::go(&GoVersion::parse(version)?),
        "toolchain" => Version::toolchain(version),
        _ => Version::parse(version).ok()?,
    };
    Some(ModuleVersion {
        path: ModulePath::new(path),
        version,
    })
}

fn read_go_mod(session: &mut Session, root: &Path, wanted: Wanted<'_>) -> Result<Vec<u8>, String> {
    match wanted {
        Wanted::Module(module) => session
            .go_mods(std::slice::from_ref(module), Sums::Looked)
            .pop()
            .unwrap_or_else(|| Err(gomod_core::mvs::LoadError::NoModuleLine))
            .map_err(|error| error.to_string()),
        Wanted::Directory(directory) => {
            std::fs::read(root.join(directory).join("go.mod")).map_err(|error| error.to_string())
        }
    }
}
