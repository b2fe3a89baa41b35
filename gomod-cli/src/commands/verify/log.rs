//! go.sum against the log: one look-up for each version, which yields both of its hashes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use gomod_core::host::{Session, TrustError};
use gomod_core::model::{GoSum, ModuleVersion, Version, is_canonical};
use gomod_core::verify::{Record, VerifyError};
use serde::Serialize;

use super::absent;
use super::finding::{Code, Finding, Severity};

/// The lines of go.sum, by the version that they are of.
#[derive(Debug, Default)]
pub(super) struct Lines {
    pub(super) versions: BTreeMap<ModuleVersion, Hashes>,
    /// Lines that are of no version, or not `h1:`, which nothing can be compared with.
    odd: Vec<String>,
    count: usize,
}

/// The hashes that go.sum has of one version.
#[derive(Debug, Default)]
pub(super) struct Hashes {
    pub(super) zip: Vec<String>,
    pub(super) go_mod: Vec<String>,
}

impl Lines {
    pub(super) fn of(go_sum: &GoSum) -> Self {
        let mut lines = Self::default();
        for (path, key, hash) in go_sum.iter() {
            lines.count += 1;
            let (version, go_mod) = match key.strip_suffix("/go.mod") {
                Some(version) => (version, true),
                None => (key, false),
            };
            let parsed = Version::parse(version)
                .ok()
                .filter(|_| is_canonical(version) && path.check().is_ok());
            let Some(version) = parsed.filter(|_| hash.starts_with("h1:")) else {
                lines.odd.push(format!("{path} {key} {hash}"));
                continue;
            };
            let module = ModuleVersion::new(path.clone(), version);
            let entry = lines.versions.entry(module).or_default();
            match go_mod {
                true => entry.go_mod.push(hash.to_owned()),
                false => entry.zip.push(hash.to_owned()),
            }
        }
        lines
    }
}

/// What the log says of go.sum.
#[derive(Debug, Default, Serialize)]
pub(crate) struct LogCheck {
    /// The database; null when GOSUMDB is off.
    pub(crate) database: Option<String>,
    /// The size of its tree, once it was asked.
    pub(crate) tree_size: Option<u64>,
    pub(crate) lines: usize,
    pub(crate) versions: usize,
    /// Lines that the log holds.
    pub(crate) proven: usize,
    /// Lines that it contradicts.
    pub(crate) contradicted: usize,
    /// Lines of versions outside the log, and the settings that make them so.
    pub(crate) outside: usize,
    pub(crate) settings: BTreeSet<String>,
    /// Lines that could not be compared: the log was not reached, has no record, or cannot be believed.
    pub(crate) unchecked: usize,
    pub(crate) proofs: usize,
    pub(crate) tiles: usize,
    pub(crate) lookups_fetched: usize,
    pub(crate) tiles_fetched: usize,
    /// Look-ups and tiles that the go command's cache had.
    pub(crate) cached: usize,
}

/// The check's result, and what the other checks and the forensics need of it.
#[derive(Debug, Default)]
pub(super) struct Log {
    pub(super) check: LogCheck,
    pub(super) records: BTreeMap<ModuleVersion, Record>,
    /// Versions, and whether it is the `go.mod` line, that go.sum and the log disagree about.
    pub(super) contradicted: Vec<(ModuleVersion, bool)>,
    pub(super) findings: Vec<Finding>,
}

/// Looks up each version of go.sum, all at once.
pub(super) fn check(session: &mut Session, lines: &Lines) -> Log {
    let mut log = Log::default();
    let summary = &mut log.check;
    summary.database = session.database().map(str::to_owned);
    summary.lines = lines.count;
    summary.versions = lines.versions.len();
    summary.unchecked = lines.odd.len();
    let mut asked: Vec<ModuleVersion> = Vec::new();
    for (module, hashes) in &lines.versions {
        match session.outside_log(module) {
            Some(setting) => {
                summary.outside += hashes.zip.len() + hashes.go_mod.len();
                summary.settings.insert(setting);
            }
            None => asked.push(module.clone()),
        }
    }
    let mut failures: Vec<(ModuleVersion, TrustError)> = Vec::new();
    for (module, result) in session.sums(&asked) {
        let Some(hashes) = lines.versions.get(&module) else {
            continue;
        };
        match result {
            Ok(record) => {
                for (ours, theirs, go_mod) in [
                    (&hashes.zip, record.zip, false),
                    (&hashes.go_mod, record.go_mod, true),
                ] {
                    let theirs = theirs.to_string();
                    let proven = ours.iter().filter(|hash| **hash == theirs).count();
                    summary.proven += proven;
                    summary.contradicted += ours.len() - proven;
                    if proven < ours.len() {
                        log.contradicted.push((module.clone(), go_mod));
                    }
                }
                log.records.insert(module, record);
            }
            Err(error) => {
                summary.unchecked += hashes.zip.len() + hashes.go_mod.len();
                failures.push((module, error));
            }
        }
    }
    let checked = session.checked();
    summary.tree_size = checked.log.as_ref().map(|(_, size)| *size);
    summary.proofs = checked.work.proofs;
    summary.tiles = checked.work.tiles;
    summary.lookups_fetched = checked.work.lookups_fetched;
    summary.tiles_fetched = checked.work.tiles_fetched;
    summary.cached = checked.work.cached;
    if let Some(first) = lines.odd.first() {
        log.findings.push(
            Finding::new(
                Code::SumUnreadable,
                Severity::Note,
                first.split(' ').next().unwrap_or_default(),
                "a line of go.sum that no hash can be compared with",
            )
            .detail(first.clone())
            .detail(more(lines.odd.len(), "line")),
        );
    }
    log.findings.extend(explain(session, failures));
    log
}

/// Why look-ups failed; those that failed alike together.
fn explain(session: &mut Session, failures: Vec<(ModuleVersion, TrustError)>) -> Vec<Finding> {
    let mut missing: Vec<ModuleVersion> = Vec::new();
    let mut offline: Vec<ModuleVersion> = Vec::new();
    let mut unreachable: Vec<(ModuleVersion, String)> = Vec::new();
    // By what is wrong: one bad tile or head fails many look-ups.
    let mut other: BTreeMap<String, Vec<(ModuleVersion, Box<VerifyError>)>> = BTreeMap::new();
    let mut damaged: BTreeMap<Vec<PathBuf>, (Finding, usize)> = BTreeMap::new();
    for (module, error) in failures {
        match error {
            // A directory that stands in for the log is not the log, and may lack what that has.
            TrustError::Unreachable { offline: true, .. } => offline.push(module),
            TrustError::Unreachable {
                not_found: true, ..
            } => missing.push(module),
            TrustError::Unreachable { message, .. } => unreachable.push((module, message)),
            TrustError::Log { error, .. } => {
                other
                    .entry(error.chain())
                    .or_default()
                    .push((module, error));
            }
            TrustError::Local {
                files,
                reason,
                latest,
                security,
                ..
            } => {
                let place = damaged.entry(files).or_insert_with_key(|files| {
                    (kept_file(session, files, reason, latest, security), 0)
                });
                place.1 += 1;
            }
            error => unreachable.push((module, error.to_string())),
        }
    }
    let mut findings: Vec<Finding> = damaged
        .into_values()
        .map(|(finding, count)| finding.detail(more(count, "version")))
        .collect();
    for (text, modules) in other {
        let Some((module, error)) = modules.first() else {
            continue;
        };
        let severity = match error.is_security() {
            true => Severity::Security,
            false => Severity::Environment,
        };
        let code = match error.is_security() {
            true => Code::LogDistrusted,
            false => Code::LogUnreachable,
        };
        let mut finding = Finding::new(code, severity, module, text);
        if let VerifyError::Fork(fork) = &**error {
            for note in [&fork.older_note, &fork.newer_note] {
                finding = finding.detail(format!(
                    "signed: {}",
                    String::from_utf8_lossy(note).trim_end()
                ));
            }
        }
        let help = match severity {
            Severity::Security => {
                "the checksum database, or whoever stands between it and you, does not tell the truth: ask from another network, and keep what is printed here"
            }
            _ => "try again, or look at GOSUMDB and GOPROXY: go env",
        };
        findings.push(finding.detail(more(modules.len(), "version")).help(help));
    }
    if let Some((module, message)) = unreachable.first() {
        findings.push(
            Finding::new(
                Code::LogUnreachable,
                Severity::Environment,
                module,
                format!("the checksum database could not be asked: {message}"),
            )
            .detail(more(unreachable.len(), "version"))
            .help("try again; --offline checks what is cached"),
        );
    }
    if let Some(module) = offline.first() {
        findings.push(
            Finding::new(
                Code::LogUnreachable,
                Severity::Note,
                module,
                "not checked against the log: its record is not cached, and this run is offline",
            )
            .detail(more(offline.len(), "version"))
            .help("run it once without --offline"),
        );
    }
    findings.extend(absent::explain(session, &missing));
    findings
}

/// A file that this machine keeps of the log, and that does not hold.
fn kept_file(
    session: &Session,
    files: &[PathBuf],
    reason: String,
    latest: bool,
    security: bool,
) -> Finding {
    let severity = match security {
        true => Severity::Security,
        false => Severity::Environment,
    };
    let database = session.database().unwrap_or("the log");
    let shown = |file: &PathBuf| file.display().to_string();
    let (what, message, help) = match latest {
        true => (
            format!("the latest tree head of {database}"),
            "the tree head that this machine keeps does not hold: nothing can be checked against it",
            "look at how the file was changed, then remove it: the next run starts from the tree that the log signs then, and cannot compare it with those before",
        ),
        false => (
            format!("the cache of {database}"),
            "the go command's cache of the log does not hold; the log itself was not asked",
            "gomod verify --repair, with the network, fetches anew what does not hold",
        ),
    };
    let mut finding = Finding::new(Code::LogStateDamaged, severity, what, message);
    finding.details = files.iter().map(shown).collect();
    finding.detail(reason).help(help)
}

fn more(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        n => format!("{n} {what}s, this is the first"),
    }
}
