//! The module cache against go.sum and the log.

use std::collections::{BTreeMap, BTreeSet};

use gomod_core::host::{
    CacheFile, Damage, Expected, FileChange, Inspection, ModCache, inspect_all,
    without_readable_mod,
};
use gomod_core::model::ModuleVersion;
use serde::Serialize;

use super::finding::{Code, Finding, Severity};
use super::log::{Lines, Log};

/// What the module cache holds, and how much of it is right.
#[derive(Debug, Default, Serialize)]
pub(crate) struct CacheCheck {
    pub(crate) dir: String,
    /// Modules of the build list, as selected and as replaced.
    pub(crate) modules: usize,
    /// Those that the cache holds content of.
    pub(crate) held: usize,
    pub(crate) zips: usize,
    pub(crate) directories: usize,
    pub(crate) go_mods: usize,
    /// Modules with a finding.
    pub(crate) damaged: usize,
    /// Modules that neither go.sum nor the log vouches for: only their own `.ziphash` does.
    pub(crate) by_ziphash: usize,
}

/// A damaged module: what it must be, and what it is.
#[derive(Debug)]
pub(super) struct Damaged {
    pub(super) expected: Expected,
    pub(super) found: Inspection,
}

/// What a content must be: the log's word, and go.sum's where the log does not contradict it.
pub(super) fn expected(
    module: &ModuleVersion,
    lines: &Lines,
    log: &Log,
    content: bool,
) -> Expected {
    let (mut zip, mut go_mod) = match lines.versions.get(module) {
        Some(hashes) => (hashes.zip.clone(), hashes.go_mod.clone()),
        None => Default::default(),
    };
    // Of several lines the first counts, as for the go command.
    zip.truncate(1);
    go_mod.truncate(1);
    if let Some(record) = log.records.get(module) {
        zip = vec![record.zip.to_string()];
        go_mod = vec![record.go_mod.to_string()];
    }
    Expected {
        module: module.clone(),
        zip,
        go_mod,
        content,
    }
}

/// The `.mod` files of the cache that cannot be read, or are not what go.sum or the log says.
pub(super) fn changed_go_mods(cache: &ModCache, lines: &Lines, log: &Log) -> Vec<ModuleVersion> {
    let mut wanted: Vec<ModuleVersion> = lines.versions.keys().cloned().collect();
    let mut unreadable = without_readable_mod(cache, &wanted);
    wanted.retain(|module| !unreadable.contains(module));
    let changed = |(module, bytes): (&ModuleVersion, Option<Vec<u8>>)| {
        let right = expected(module, lines, log, false).go_mod;
        let hash = gomod_core::verify::hash_go_mod(&bytes?).to_string();
        (!right.is_empty() && !right.contains(&hash)).then(|| module.clone())
    };
    let read = cache.read_mods(&wanted).into_iter();
    let changed = wanted
        .iter()
        .zip(read.map(|read| read.ok().flatten()))
        .filter_map(changed);
    unreadable.extend(changed);
    unreadable
}

/// Inspects the content of `used`, and the other files of all versions that go.sum names.
pub(super) fn check(
    cache: &ModCache,
    lines: &Lines,
    log: &Log,
    used: &BTreeSet<ModuleVersion>,
) -> (CacheCheck, Vec<Damaged>, Vec<Finding>) {
    let mut wanted: BTreeMap<&ModuleVersion, bool> = lines
        .versions
        .keys()
        .map(|module| (module, false))
        .collect();
    wanted.extend(used.iter().map(|module| (module, true)));
    let wanted: Vec<Expected> = wanted
        .into_iter()
        .map(|(module, content)| expected(module, lines, log, content))
        .collect();
    let mut summary = CacheCheck {
        dir: cache.dir().display().to_string(),
        modules: used.len(),
        ..CacheCheck::default()
    };
    let (mut damaged, mut findings) = (Vec::new(), Vec::new());
    for (expected, found) in wanted.iter().zip(inspect_all(cache, &wanted)) {
        let Ok(found) = found else {
            continue; // its name has no place in a cache, so nothing of it is there
        };
        summary.held += usize::from(found.has_content());
        summary.zips += usize::from(found.zip.is_some());
        summary.directories += usize::from(found.dir.is_some());
        summary.go_mods += usize::from(found.go_mod.is_some());
        summary.by_ziphash += usize::from(found.has_content() && expected.zip.is_empty());
        if found.damage.is_empty() {
            continue;
        }
        summary.damaged += 1;
        findings.extend(
            found
                .damage
                .iter()
                .map(|damage| describe(cache, &found, damage)),
        );
        damaged.push(Damaged {
            expected: expected.clone(),
            found,
        });
    }
    (summary, damaged, findings)
}

fn describe(cache: &ModCache, found: &Inspection, damage: &Damage) -> Finding {
    let module = &found.module;
    let file = |kind: CacheFile| {
        let file = cache.file(module, kind);
        file.map_or_else(|_| String::new(), |file| file.display().to_string())
    };
    let dir = || {
        let dir = cache.unpacked_dir(module);
        dir.map_or_else(|_| String::new(), |dir| dir.display().to_string())
    };
    let (code, severity) = match damage {
        damage if damage.is_mismatch() => (Code::CacheMismatch, Severity::Security),
        Damage::LeftOver(_) | Damage::GoModMissing => (Code::CacheLeftOver, Severity::Note),
        Damage::Unfinished => (Code::CacheIncomplete, Severity::Note),
        _ => (Code::CacheIncomplete, Severity::Failed),
    };
    let (message, details) = match damage {
        Damage::GoModChanged(_) => ("the cached go.mod was changed", vec![file(CacheFile::Mod)]),
        Damage::GoModUnreadable(reason) => (
            "the cached go.mod cannot be read",
            vec![file(CacheFile::Mod), reason.clone()],
        ),
        Damage::GoModMissing => ("the cached go.mod is missing", vec![file(CacheFile::Mod)]),
        Damage::ZipHashMissing => (
            "the .ziphash of the cached zip is missing",
            vec![file(CacheFile::ZipHash)],
        ),
        Damage::ZipHashChanged(hash) => (
            "the cached .ziphash holds another hash",
            vec![format!("{}: {hash}", file(CacheFile::ZipHash))],
        ),
        Damage::ZipChanged(_) => ("the cached zip was changed", vec![file(CacheFile::Zip)]),
        Damage::ZipUnreadable(reason) => (
            "the cached zip is no module zip",
            vec![file(CacheFile::Zip), reason.clone()],
        ),
        Damage::DirChanged { files, .. } => {
            let listed = files.iter().map(|change| match change {
                FileChange::Changed(name) => format!("changed: {name}"),
                FileChange::Lost(name) => format!("lost: {name}"),
                FileChange::Extra(name) => format!("extra: {name}"),
            });
            (
                "the cached directory was changed",
                std::iter::once(dir()).chain(listed).collect(),
            )
        }
        Damage::DirUnreadable(reason) => (
            "the cached directory is not a module's",
            vec![dir(), reason.clone()],
        ),
        Damage::Unfinished => (
            "unpacking it was not finished; the go command will do it again",
            vec![file(CacheFile::Partial)],
        ),
        Damage::InfoUnreadable(reason) => (
            "the cached .info is not that of the version",
            vec![file(CacheFile::Info), reason.clone()],
        ),
        Damage::LeftOver(files) => (
            "temporary files are left over",
            files
                .iter()
                .map(|file| file.display().to_string())
                .collect(),
        ),
        _ => ("the cache is damaged", Vec::new()),
    };
    let mut finding = Finding::new(code, severity, module, message);
    finding.details = details;
    finding.help(match severity {
        Severity::Security => {
            "do not build with it; gomod verify --repair puts back what go.sum and the log vouch for"
        }
        _ => "gomod verify --repair",
    })
}
