//! The certificate: a plain second MVS on the planned text gives what the plan says.

use std::path::Path;

use gomod_core::check::{CheckError, Claim, Wanted, verify};
use gomod_core::host::{Session, Sums};
use gomod_core::model::{GoVersion, ModulePath, ModuleVersion, Version};
use gomod_core::plan::Certificate;

use super::Setting;
use crate::error::CliError;

/// Checks the text of a `go.mod` against a certificate; what does not hold stops everything.
pub(crate) fn check(
    setting: &mut Setting,
    go_mod: &str,
    certificate: &Certificate,
) -> Result<(), CliError> {
    let claim = claim(certificate).ok_or_else(|| {
        CliError::environment("the plan's certificate is malformed; nothing was changed")
            .hint("plan again: gomod plan-downgrade … --out FILE")
    })?;
    let root = setting.project.root();
    let session = &mut setting.session;
    let mut read = |wanted: Wanted<'_>| read_go_mod(session, &root, wanted);
    match verify(go_mod.as_bytes(), &claim, &mut read) {
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

fn claim(certificate: &Certificate) -> Option<Claim> {
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
