//! A plan as a file: what it was made from, what it claims, and what was read for it.

use std::collections::BTreeMap;
use std::path::Path;

use gomod_core::host::{HostError, read_if_there, write_atomic};
use gomod_core::plan::{Because, Certificate, Listed};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Setting;
use super::imports::Imported;
use crate::context::Project;
use crate::error::CliError;

/// The files that a plan was made from, by SHA-256 in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Inputs {
    pub(crate) go_mod: String,
    /// `None` when there is no go.sum.
    pub(crate) go_sum: Option<String>,
    /// What the main module imports from others; `None` where imports were not followed, and in older plans.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) imports: Imported,
}

impl Inputs {
    /// Those of the files on disk.
    pub(crate) fn of(project: &Project, imports: Imported) -> Result<Self, CliError> {
        Ok(Self {
            imports,
            go_mod: hash_of(&project.file)?.unwrap_or_default(),
            go_sum: hash_of(&project.sum_file)?,
        })
    }
}

/// The SHA-256 of a file, `None` when it is not there.
pub(crate) fn hash_of(path: &Path) -> Result<Option<String>, CliError> {
    let bytes =
        read_if_there(path).map_err(|error: HostError| CliError::environment(error.to_string()))?;
    Ok(bytes.map(|bytes| hex(&bytes)))
}

fn hex(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What a plan rests on.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Read {
    /// The hash of each go.mod that was read, as in go.sum.
    go_mods: Vec<GoModRead>,
    /// The version lists that were read, each by the SHA-256 of its lines.
    lists: Vec<ListRead>,
}

#[derive(Debug, Serialize, Deserialize)]
struct GoModRead {
    module: String,
    hash: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct ListRead {
    module: String,
    versions: usize,
    sha256: String,
}

impl Read {
    pub(crate) fn of(setting: &Setting) -> Self {
        let evidence = setting.session.evidence();
        let go_mods: BTreeMap<_, _> = evidence.go_mods.iter().cloned().collect();
        Self {
            go_mods: go_mods
                .iter()
                .map(|(module, hash)| GoModRead {
                    module: module.to_string(),
                    hash: hash.to_string(),
                })
                .collect(),
            lists: evidence
                .lists
                .iter()
                .map(|(path, versions)| {
                    let text: String = versions.iter().map(|v| format!("{v}\n")).collect();
                    ListRead {
                        module: path.to_string(),
                        versions: versions.len(),
                        sha256: hex(text.as_bytes()),
                    }
                })
                .collect(),
        }
    }

    /// The lists that a certificate rests on must be those that were read.
    pub(crate) fn agrees(&self, certificate: &Certificate) -> Result<(), CliError> {
        let same = |listed: &&Listed| {
            let versions: Vec<&str> = listed.versions.split_whitespace().collect();
            let text: String = versions.iter().map(|v| format!("{v}\n")).collect();
            let mut read = self.lists.iter();
            match read.find(|read| read.module == listed.module) {
                Some(read) => {
                    read.versions == versions.len() && read.sha256 == hex(text.as_bytes())
                }
                None => versions.is_empty(),
            }
        };
        match certificate.lists.iter().find(|listed| !same(listed)) {
            None => Ok(()),
            Some(listed) => Err(refused(&format!(
                "the versions of {} are not those that were read for it",
                listed.module
            ))),
        }
    }
}

/// What a plan file says does not hold.
pub(super) fn refused(what: &str) -> CliError {
    CliError::environment(format!("the plan does not hold: {what}"))
        .hint("nothing was changed; plan again: gomod plan-downgrade … --out FILE")
}

/// Writes the file.
pub(crate) fn save(file: &Path, document: &str) -> Result<(), CliError> {
    write_atomic(file, document.as_bytes()).map_err(|error| {
        CliError::environment(error.to_string())
            .hint("--out takes a file in a directory that can be written")
    })
}

/// The certificate in one line.
pub(crate) fn certificate_line(certificate: &Certificate) -> String {
    let tried = match certificate.tried {
        1 => "1 choice".to_owned(),
        n => format!("{n} choices"),
    };
    let list = certificate.build_list.len();
    let held = match certificate.floors.len() {
        0 => String::new(),
        1 => "; 1 requirement is overridden in every plan".to_owned(),
        n => format!("; {n} requirements are overridden in every plan"),
    };
    let best = match certificate.bound {
        _ if certificate.optimal => "; no cheaper plan among the releases listed".to_owned(),
        Some(bound) => format!(
            "{held}; the search ended at its limit: from {} dropped, {} overridden, {} raised on a cheaper plan may exist",
            bound.dropped, bound.overridden, bound.raised
        ),
        None => format!("{held}; the search found none cheaper"),
    };
    // What no plan undercuts needs each of its edits anyway.
    let needed = match certificate.irreducible {
        Some(true) if !certificate.optimal => "; each edit is needed",
        Some(false) => "; without one of the edits it would cost less",
        _ => "",
    };
    let count = |matches: fn(&Because) -> bool| {
        let skipped = certificate.skipped.iter();
        skipped.filter(|one| matches(&one.because)).count()
    };
    let imports = match count(|because| matches!(because, Because::Imports(_))) {
        0 => String::new(),
        1 => "; 1 version that was looked at is passed over for what it imports".to_owned(),
        n => format!("; {n} versions that were looked at are passed over for what they import"),
    };
    let unexplained = match count(|because| matches!(because, Because::Other(_))) {
        0 => String::new(),
        1 => "; 1 version is passed over, and no requirement shows why".to_owned(),
        n => format!("; {n} versions are passed over, and no requirement shows why"),
    };
    format!(
        "proven by a second MVS: {list} selected versions{best}{needed}{imports}{unexplained} ({tried} searched)"
    )
}
