//! The `h1:` hash of a module zip, within the limits for module zips.
//!
//! The rules are those of `golang.org/x/mod/zip`: every name begins with `path@version/`, is a clean file
//! name, stands once whatever its case, and the contents together stay below the limit.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use crate::model::{ModuleVersion, check_file_path};
use crate::verify::ModuleHash;
use crate::verify::dirhash::DirHasher;

/// The largest size of all files of a module together, in bytes (`zip.MaxZipFile`).
const MAX_CONTENT: u64 = 500 << 20;

/// Why a module zip cannot be hashed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ZipError {
    /// It could not be had.
    #[error("{0}")]
    Unavailable(String),
    /// It cannot be read.
    #[error("reading the zip: {0}")]
    Io(#[from] io::Error),
    /// It is not well-formed.
    #[error("malformed zip: {0}")]
    Malformed(String),
    /// It breaks a rule for module zips.
    #[error("{name}: {reason}")]
    Rule {
        /// The name of the entry.
        name: String,
        /// The rule that is broken.
        reason: String,
    },
}

/// Hashes the zip of `module` in `file`.
///
/// # Errors
/// [`ZipError`]; the content is never unpacked to disk.
pub fn hash_zip(file: &Path, module: &ModuleVersion) -> Result<ModuleHash, ZipError> {
    let malformed = |error: zip::result::ZipError| ZipError::Malformed(error.to_string());
    let mut archive = zip::ZipArchive::new(BufReader::new(File::open(file)?)).map_err(malformed)?;
    let prefix = format!("{module}/");
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut left = MAX_CONTENT;
    let mut hasher = DirHasher::new();
    for at in 0..archive.len() {
        let entry = archive.by_index(at).map_err(malformed)?;
        let name = entry.name().map_err(malformed)?.into_owned();
        let rule = |reason: &str| ZipError::Rule {
            name: name.clone(),
            reason: reason.to_owned(),
        };
        let inner = name
            .strip_prefix(&prefix)
            .ok_or_else(|| rule("is not below path@version/"))?;
        if inner.ends_with('/') || inner.is_empty() {
            continue; // directories do not count
        }
        check_file_path(inner).map_err(|error| rule(&error.to_string()))?;
        if !seen.insert(inner.to_lowercase()) {
            return Err(rule("stands twice, letter case apart"));
        }
        // What the directory says of the size may be a lie: read at most one byte more than is left.
        let mut content = Counted {
            inner: entry.take(left + 1),
            read: 0,
        };
        hasher
            .add(name.as_bytes(), &mut content)
            .map_err(|error| ZipError::Malformed(error.to_string()))?;
        left = left
            .checked_sub(content.read)
            .ok_or_else(|| rule("the module is larger than 500 MiB"))?;
    }
    Ok(hasher.finish())
}

struct Counted<R> {
    inner: R,
    read: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.read += count as u64;
        Ok(count)
    }
}
