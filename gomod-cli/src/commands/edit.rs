//! `gomod edit --json`: one file as JSON, as `go mod edit -json` and `go work edit -json` print it.

use super::single_file::SingleFile;
use crate::Answer;
use crate::args::{Edit, Global};
use crate::error::CliError;

pub(crate) fn run(global: &Global, args: &Edit) -> Result<Answer, CliError> {
    // There is no other way to print it yet; clap sees to it that this one was asked for.
    debug_assert!(args.json);
    let file = SingleFile::open(global, args.file.as_deref())?;
    Ok(Answer::file(file.json_text().into_bytes()))
}
