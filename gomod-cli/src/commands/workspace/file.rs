//! A plan for a workspace as a file: each file with its planned text, and what they all were.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::write::Change;
use crate::commands::Setting;
use crate::commands::imports::Imported;
use crate::commands::plan_file::hash_of;
use crate::context::Work;
use crate::error::CliError;

/// A file as planned.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct PlannedFile {
    pub(crate) file: String,
    pub(crate) text: String,
}

impl From<&Change> for PlannedFile {
    fn from(change: &Change) -> Self {
        Self {
            file: change.file.clone(),
            text: change.after.clone(),
        }
    }
}

/// The files that a plan was made from: go.work, go.work.sum, and each member's go.mod and go.sum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Inputs {
    pub(crate) files: Vec<Input>,
    /// What the members import from others; `None` where imports were not followed, and in older plans.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) imports: Imported,
}

/// One of them, by SHA-256 in hexadecimal; `None` when it is not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Input {
    pub(crate) file: String,
    pub(crate) sha256: Option<String>,
}

impl Inputs {
    /// Those of the files on disk, without what is imported.
    pub(crate) fn of(setting: &Setting, work: &Work) -> Result<Self, CliError> {
        let files = places(setting, work);
        let files = files.into_iter().map(|(file, path)| {
            let sha256 = hash_of(&path)?;
            Ok(Input { file, sha256 })
        });
        Ok(Self {
            files: files.collect::<Result<_, CliError>>()?,
            imports: None,
        })
    }

    /// The name of the first file that is not what it was.
    pub(crate) fn differing<'a>(&'a self, now: &'a Self) -> Option<&'a str> {
        let changed = |input: &&Input| !now.files.contains(input);
        let mine = self.files.iter().find(changed);
        let new = |input: &&Input| !self.files.contains(input);
        mine.or_else(|| now.files.iter().find(new))
            .map(|input| input.file.as_str())
    }
}

/// Every file of a workspace: its name in plans, and where it is.
pub(crate) fn places(setting: &Setting, work: &Work) -> Vec<(String, PathBuf)> {
    let mut list = vec![
        ("go.work".to_owned(), work.file.clone()),
        ("go.work.sum".to_owned(), setting.project.sum_file.clone()),
    ];
    for (name, (directory, _)) in work.layout().names.iter().zip(&work.members) {
        list.push((name.clone(), directory.join("go.mod")));
        list.push((sum_name(name), directory.join("go.sum")));
    }
    list
}

/// `a/go.sum` for `a/go.mod`.
pub(crate) fn sum_name(go_mod: &str) -> String {
    format!(
        "{}go.sum",
        go_mod.strip_suffix("go.mod").unwrap_or_default()
    )
}
