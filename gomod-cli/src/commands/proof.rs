//! The certificate: a plain second MVS on the planned text gives what the plan says, and the reasons of the plan
//! hold link by link.

use std::collections::BTreeMap;
use std::path::Path;

use gomod_core::check::{
    CheckError, Claim, NeededSum, Wanted, WorkspaceTexts, needed_sums, verify, verify_grounds,
    verify_workspace, verify_workspace_links,
};
use gomod_core::host::{Session, Sums};
use gomod_core::model::{GoMod, ModuleVersion};
use gomod_core::plan::Certificate;

use super::{Setting, claims};
use crate::context::Work;
use crate::error::CliError;

/// Checks the text of a `go.mod` against a certificate, and what that rests on; what does not hold stops
/// everything. Gives the lines that go.sum needs for it.
pub(crate) fn check(
    setting: &mut Setting,
    go_mod: &str,
    certificate: &Certificate,
) -> Result<Vec<NeededSum>, CliError> {
    let claim = claim(certificate)?;
    let grounds = claims::grounds(certificate).ok_or_else(malformed)?;
    let mut today = setting.project.go_mod.clone();
    today.settle_versions();
    let today = today.text();
    let root = setting.project.root();
    let session = &mut setting.session;
    // Both parts read much of the same.
    let mut known: BTreeMap<ModuleVersion, Result<Vec<u8>, String>> = BTreeMap::new();
    let mut read = |wanted: Wanted<'_>| match wanted {
        Wanted::Module(module) => known
            .entry(module.clone())
            .or_insert_with(|| read_go_mod(session, &root, wanted))
            .clone(),
        Wanted::Directory(_) => read_go_mod(session, &root, wanted),
    };
    let (today, planned) = (today.as_bytes(), go_mod.as_bytes());
    let checked = judge(verify(planned, &claim, &mut read))?;
    judge(verify_grounds(today, planned, &claim, &grounds, &mut read))?;
    judge(needed_sums(today, planned, &checked))
}

/// Checks the texts of a workspace, in the order of its members and with that of `go.work`; gives the lines that
/// its files of sums need together.
pub(crate) fn check_workspace(
    setting: &mut Setting,
    work: &Work,
    members: &[String],
    go_work: &str,
    certificate: &Certificate,
) -> Result<Vec<NeededSum>, CliError> {
    let claim = claim(certificate)?;
    let root = setting.project.root();
    let layout = work.layout();
    let rebase = |member: usize, directory: &str| (layout.rebase)(Some(member), directory);
    let grounds = claims::grounds(certificate).ok_or_else(malformed)?;
    let texts = WorkspaceTexts {
        go_work: go_work.as_bytes(),
        members: members.iter().map(String::as_bytes).collect(),
        rebase: &rebase,
    };
    let today = work.files();
    let today_members: Vec<String> = today.members.iter().map(GoMod::text).collect();
    let today_go_work = today.go_work.text();
    let today = WorkspaceTexts {
        go_work: today_go_work.as_bytes(),
        members: today_members.iter().map(String::as_bytes).collect(),
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
    let checked = judge(verify_workspace(&texts, &claim, &mut read))?;
    // The members were planned one by one: a member in a directory counts as it is.
    let mut read = |wanted: Wanted<'_>| read_go_mod(session, &root, wanted);
    judge(verify_workspace_links(&today, &texts, &grounds, &mut read))?;
    Ok(checked.read.into_iter().map(NeededSum::GoMod).collect())
}

fn judge<T>(result: Result<T, CheckError>) -> Result<T, CliError> {
    match result {
        Ok(value) => Ok(value),
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
    claims::claim(certificate).ok_or_else(malformed)
}

fn malformed() -> CliError {
    CliError::environment("the plan's certificate is malformed; nothing was changed")
        .hint("plan again: gomod plan-downgrade … --out FILE")
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
