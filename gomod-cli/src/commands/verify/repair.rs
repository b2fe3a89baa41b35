//! `--repair`: the damaged modules of the cache, one after the other.

use gomod_core::host::{Mended, RepairError, Session};
use serde::Serialize;

use super::cache::Damaged;
use super::finding::{Code, Finding, Severity};

/// What was put right of one module.
#[derive(Debug, Serialize)]
pub(crate) struct Repaired {
    pub(crate) module: String,
    pub(crate) mended: Vec<String>,
}

pub(super) fn run(session: &Session, damaged: &[Damaged]) -> (Vec<Repaired>, Vec<Finding>) {
    let (mut repaired, mut findings) = (Vec::new(), Vec::new());
    for Damaged { expected, .. } in damaged {
        let (mended, result) = session.repair(expected);
        if !mended.is_empty() {
            repaired.push(Repaired {
                module: expected.module.to_string(),
                mended: mended.iter().map(say).collect(),
            });
        }
        if let Err(error) = result {
            findings.push(not_repaired(&expected.module.to_string(), &error));
        }
    }
    (repaired, findings)
}

/// The go command's cache of the log, where it lied: mended already, with `--repair`.
pub(super) fn log_cache(session: &Session, repair: bool) -> (Vec<Repaired>, Option<Finding>) {
    let lies = &session.checked().cache_lies;
    let Some(first) = lies.first() else {
        return (Vec::new(), None);
    };
    let module = format!("the cache of {}", session.database().unwrap_or("the log"));
    if repair {
        let mended = vec!["look-ups and tiles fetched anew".to_owned()];
        return (vec![Repaired { module, mended }], None);
    }
    let finding = Finding::new(
        Code::CacheMismatch,
        Severity::Security,
        module,
        "the go command's cache of the log does not hold, while the log itself does",
    )
    .detail(first.clone())
    .help("gomod verify --repair");
    (Vec::new(), Some(finding))
}

fn say(mended: &Mended) -> String {
    match mended {
        Mended::ZipFetched => "zip fetched anew".to_owned(),
        Mended::ZipHash => ".ziphash written anew".to_owned(),
        Mended::Directory => "directory unpacked again".to_owned(),
        Mended::GoMod => "go.mod put back".to_owned(),
        Mended::Info => ".info fetched anew".to_owned(),
        Mended::Unfinished => "unfinished directory removed".to_owned(),
        Mended::LeftOver(count) => format!("{count} temporary files removed"),
        Mended::Index(count) => format!("{count} entries of the go command's index dropped"),
        _ => "mended".to_owned(),
    }
}

fn not_repaired(module: &str, error: &RepairError) -> Finding {
    let (severity, help) = match error {
        error if error.is_security() => (
            Severity::Security,
            "this is no damage of the cache: the source serves other content than go.sum or the log vouches for",
        ),
        RepairError::NoWitness(_) => (
            Severity::Failed,
            "go mod download writes the missing line of go.sum, from a source that you trust",
        ),
        RepairError::Fetch { .. } => (
            Severity::Environment,
            "run it again with the network, or name another source with --proxy",
        ),
        _ => (
            Severity::Environment,
            "look at the permissions of the module cache",
        ),
    };
    let message = format!("not repaired: {error}");
    Finding::new(Code::NotRepaired, severity, module, message).help(help)
}
