//! One go.mod or go.work by itself, as `fmt` and `edit` look at it: no workspace, go.sum or go line counts.

use std::path::{Path, PathBuf};

use gomod_core::model::{GoMod, GoWork};

use crate::args::Global;
use crate::error::CliError;
use crate::surroundings::{Surroundings, malformed, read};

/// A file that was read and understood.
pub(crate) struct SingleFile {
    pub(crate) path: PathBuf,
    /// Its name for messages: as it was given, or that of the main module's file.
    pub(crate) name: String,
    /// Its content as it was read.
    pub(crate) bytes: Vec<u8>,
    content: Content,
}

enum Content {
    Mod(GoMod),
    Work(GoWork),
}

impl SingleFile {
    /// Reads `file`, or else the main module's go.mod. A name that ends in `.work` is a workspace's.
    pub(crate) fn open(global: &Global, file: Option<&Path>) -> Result<Self, CliError> {
        let around = Surroundings::read(global)?;
        around.check()?;
        let (path, name) = match file {
            Some(file) => (file.to_path_buf(), file.display().to_string()),
            None => around.mod_file()?,
        };
        let bytes = read(&path)?;
        let refuse = |error: gomod_core::model::ParseErrors| malformed(&name, &error.to_string());
        let is_work = path
            .extension()
            .is_some_and(|extension| extension == "work");
        let content = if is_work {
            Content::Work(GoWork::parse(&name, &bytes).map_err(refuse)?)
        } else {
            Content::Mod(GoMod::parse(&name, &bytes).map_err(refuse)?)
        };
        Ok(Self {
            path,
            name,
            bytes,
            content,
        })
    }

    /// The canonical text.
    pub(crate) fn format(&self) -> Vec<u8> {
        match &self.content {
            Content::Mod(file) => file.format_bytes(),
            Content::Work(file) => file.format_bytes(),
        }
    }

    /// The JSON form.
    pub(crate) fn json_text(&self) -> String {
        match &self.content {
            Content::Mod(file) => file.json_text(),
            Content::Work(file) => file.json_text(),
        }
    }
}
