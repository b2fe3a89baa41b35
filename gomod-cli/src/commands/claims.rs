//! A certificate's words as the terms of the checker, which knows nothing of plans.

use gomod_core::check::{self, Claim, Floor, Grounds, Step};
use gomod_core::model::{GoVersion, ModulePath, ModuleVersion, Version};
use gomod_core::plan::{Because, Certificate, FloorPath, FloorVersion, Listed, Pass, Skipped};

/// What a plan claims about its text; `None` when a name in it makes no sense.
pub(crate) fn claim(certificate: &Certificate) -> Option<Claim> {
    Some(Claim {
        build_list: modules(&certificate.build_list)?,
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
        kept: modules(&certificate.kept)?,
    })
}

/// What it rests on; `None` as above.
pub(crate) fn grounds(certificate: &Certificate) -> Option<Grounds> {
    Some(Grounds {
        steps: certificate
            .skipped
            .iter()
            .map(step)
            .collect::<Option<_>>()?,
        floors: certificate
            .floors
            .iter()
            .map(floor)
            .collect::<Option<_>>()?,
        overridden: certificate.least.overridden,
        lists: certificate.lists.iter().map(list).collect::<Option<_>>()?,
        everything: certificate.pass == Pass::Everything,
    })
}

fn step(skipped: &Skipped) -> Option<Step> {
    Some(Step {
        candidate: module(&skipped.candidate)?,
        next: match &skipped.next {
            Some(next) => Some(module(next)?),
            None => None,
        },
        chain: modules(&skipped.chain)?,
        because: match &skipped.because {
            Because::AtMost(bound) => {
                let (path, version) = bounded(bound)?;
                check::Because::AtMost(path, version)
            }
            Because::Below(bound) => check::Because::Below(module(bound)?),
            Because::Planned(bound) => {
                let (path, version) = bounded(bound)?;
                check::Because::Planned(path, version)
            }
            Because::GoAtMost(go) => check::Because::GoAtMost(GoVersion::parse(go)?),
            Because::NeedsGo(go) => check::Because::NeedsGo(GoVersion::parse(go)?),
            Because::Unreadable(_) => check::Because::Unreadable,
            Because::Lacks(_) => check::Because::Lacks,
            Because::Imports(_) => check::Because::Imports,
            Because::Other(_) => check::Because::Other,
        },
    })
}

fn list(listed: &Listed) -> Option<(ModulePath, Vec<Version>)> {
    let versions = listed.versions.split_whitespace();
    let versions = versions.map(|version| Version::parse(version).ok());
    Some((
        ModulePath::new(&listed.module),
        versions.collect::<Option<_>>()?,
    ))
}

fn floor(floor: &FloorPath) -> Option<Floor> {
    let [main, by, asked] = floor.path.as_slice() else {
        return None;
    };
    let version = |one: &FloorVersion| Some((module(&one.version)?, module(&one.requires)?));
    Some(Floor {
        main: ModulePath::new(main),
        today: (module(by)?, module(asked)?),
        versions: floor.versions.iter().map(version).collect::<Option<_>>()?,
        unusable: modules(&floor.unusable)?,
    })
}

fn modules(names: &[String]) -> Option<Vec<ModuleVersion>> {
    names.iter().map(|name| module(name)).collect()
}

/// Reads `path@version`, or `path@none`.
fn bounded(name: &str) -> Option<(ModulePath, Option<Version>)> {
    match name.strip_suffix("@none") {
        Some(path) => Some((ModulePath::new(path), None)),
        None => module(name).map(|module| (module.path, Some(module.version))),
    }
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
