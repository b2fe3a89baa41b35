//! `gomod fmt`: canonical printing of one file, as `go mod edit -fmt` and `go work edit -fmt` do it.

use std::time::Duration;

use gomod_core::host::{HostError, RunLock, read_if_there, write_atomic};

use super::single_file::SingleFile;
use crate::Answer;
use crate::args::{Fmt, Global};
use crate::error::CliError;
use crate::render::diff::diff;

pub(crate) fn run(global: &Global, args: &Fmt) -> Result<Answer, CliError> {
    let file = SingleFile::open(global, args.file.as_deref())?;
    let canonical = file.format();
    if args.stdout {
        return Ok(Answer::file(canonical));
    }
    if canonical == file.bytes {
        return Ok(Answer::text(String::new(), 0));
    }
    if args.check {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (before, after) = (text(&file.bytes), text(&canonical));
        return Ok(Answer::text(
            diff(&file.name, "canonical", &before, &after),
            1,
        ));
    }
    replace(&file, &canonical)?;
    Ok(Answer::text(String::new(), 0))
}

/// Writes the text, unless someone else changed the file since it was read.
fn replace(file: &SingleFile, canonical: &[u8]) -> Result<(), CliError> {
    let failed = |error: HostError| {
        CliError::environment(error.to_string())
            .hint("nothing was changed; gomod fmt --stdout prints the result instead")
    };
    let _lock = RunLock::acquire(&[&file.path], Duration::from_secs(30)).map_err(failed)?;
    if read_if_there(&file.path).map_err(failed)?.as_ref() != Some(&file.bytes) {
        return Err(CliError::environment(format!(
            "{} was changed meanwhile; nothing was written",
            file.name
        ))
        .hint("run the command again"));
    }
    write_atomic(&file.path, canonical).map_err(failed)
}
