//! Module zips: their `h1:` hash, and unpacking them, within the rules for module zips.
//!
//! The rules are in [`crate::verify::ZipRules`]. What a zip's directory says of a size may be a lie, so no more
//! than that is ever read.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::path::Path;

use super::inflate::{Inflater, Window};
use super::zip_directory;
use crate::model::ModuleVersion;
use crate::verify::dirhash::DirHasher;
use crate::verify::{MAX_ZIP, ModuleHash, ZipEntry, ZipRuleError, ZipRules};

/// Why a module zip cannot be hashed or unpacked.
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
    #[error("not a module zip: {0}")]
    Rule(#[from] ZipRuleError),
    /// A file cannot be written while unpacking.
    #[error("unpacking {name}: {source}")]
    Unpack {
        /// The file.
        name: String,
        /// The system's error.
        source: io::Error,
    },
}

/// Hashes the zip of `module` in `file`, as the go command's `dirhash` does.
///
/// # Errors
/// [`ZipError`]; the content is never unpacked to disk.
pub fn hash_zip(file: &Path, module: &ModuleVersion) -> Result<ModuleHash, ZipError> {
    digest_zip(file, module).map(|digests| digests.finish())
}

/// The digests of the files in the zip of `module`.
pub(super) fn digest_zip(file: &Path, module: &ModuleVersion) -> Result<DirHasher, ZipError> {
    let mut zip = ModuleZip::open(file, module)?;
    let mut hasher = DirHasher::new();
    zip.each(|name, _, content| {
        let added = hasher.add(name.as_bytes(), content);
        added.map_err(|error| ZipError::Malformed(error.to_string()))
    })?;
    Ok(hasher)
}

/// Unpacks the zip of `module` into `dir`, which must not be there, as the go command does: files
/// read-only, directories not yet. The hash is of what was written.
///
/// # Errors
/// [`ZipError`]; what was unpacked until then is left for the caller to remove.
pub fn unpack_zip(file: &Path, module: &ModuleVersion, dir: &Path) -> Result<ModuleHash, ZipError> {
    let mut zip = ModuleZip::open(file, module)?;
    let unpack = |name: &str, source| ZipError::Unpack {
        name: name.to_owned(),
        source,
    };
    fs::create_dir(dir).map_err(|error| unpack(&dir.display().to_string(), error))?;
    let mut hasher = DirHasher::new();
    zip.each(|name, inner, content| {
        let Some(inner) = inner else {
            return Ok(());
        };
        let target = dir.join(inner);
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent).map_err(|error| unpack(inner, error))?;
        }
        let out = create_read_only(&target).map_err(|error| unpack(inner, error))?;
        let mut tee = Tee {
            from: content,
            to: out,
            failed: None,
        };
        let added = hasher.add(name.as_bytes(), &mut tee);
        if let Some(error) = tee.failed {
            return Err(unpack(inner, error));
        }
        added.map_err(|error| ZipError::Malformed(error.to_string()))
    })?;
    Ok(hasher.finish())
}

/// The content of one file at the module's root, such as `go.mod`; `None` if there is none. At most 16 MiB.
///
/// # Errors
/// [`ZipError`].
pub fn read_from_zip(
    file: &Path,
    module: &ModuleVersion,
    wanted: &str,
) -> Result<Option<Vec<u8>>, ZipError> {
    let mut zip = ModuleZip::open(file, module)?;
    let Ok(entry) = zip.archive.by_name(&format!("{module}/{wanted}")) else {
        return Ok(None);
    };
    let mut bytes = Vec::new();
    entry
        .take(crate::verify::MAX_SMALL_FILE)
        .read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// A zip whose directory keeps the rules.
struct ModuleZip {
    archive: zip::ZipArchive<Window>,
    prefix: usize,
}

impl ModuleZip {
    fn open(file: &Path, module: &ModuleVersion) -> Result<Self, ZipError> {
        let mut file = Window::new(File::open(file)?)?;
        if file.size() > MAX_ZIP {
            return Err(ZipError::Malformed(
                "the zip is larger than 500 MiB".to_owned(),
            ));
        }
        let size = file.size();
        let listed = zip_directory::entries(&mut file, size)?
            .map_err(|reason| ZipError::Malformed(reason.to_owned()))?;
        let archive = zip::ZipArchive::new(file).map_err(malformed)?;
        // The archive keeps one entry of a name only; the hash and the rules are about all.
        if archive.has_duplicate_names() {
            return Err(ZipError::Malformed("a file stands twice".to_owned()));
        }
        if listed.len() != archive.len() {
            return Err(ZipError::Malformed(
                "its directory can be read in two ways".to_owned(),
            ));
        }
        let mut rules = ZipRules::new(module);
        for at in 0..archive.len() {
            let entry = archive.by_index_data(at).map_err(malformed)?;
            let same = listed.get(at).is_some_and(|listed| {
                listed.name == entry.name_raw() && listed.offset == entry.header_start()
            });
            if !same {
                return Err(ZipError::Malformed(
                    "its directory can be read in two ways".to_owned(),
                ));
            }
            let kind = entry.unix_mode().unwrap_or_default() & 0o170_000;
            rules.check(ZipEntry {
                name: name(entry.name_raw())?,
                size: entry.size(),
                // Files, directories, and entries that do not say.
                irregular: !matches!(kind, 0 | 0o100_000 | 0o040_000),
            })?;
        }
        Ok(Self {
            archive,
            prefix: module.to_string().len() + 1,
        })
    }

    /// Reads each entry: its name, its path below the root unless it is a directory, and its content.
    fn each(
        &mut self,
        mut visit: impl FnMut(&str, Option<&str>, &mut dyn Read) -> Result<(), ZipError>,
    ) -> Result<(), ZipError> {
        let mut inflater = Inflater::new();
        for at in 0..self.archive.len() {
            let entry = self.archive.by_index_raw(at).map_err(malformed)?;
            if entry.encrypted() {
                return Err(ZipError::Malformed("a file is encrypted".to_owned()));
            }
            let raw = entry.name_raw().to_vec();
            let name = name(&raw)?;
            let inner = name.get(self.prefix..);
            let inner = inner.filter(|inner| !inner.is_empty() && !inner.ends_with('/'));
            if inner.is_none() {
                visit(name, None, &mut io::empty())?; // directories count in the hash, without content
                continue;
            }
            let (size, method, crc) = (entry.size(), entry.compression(), entry.crc32());
            let content = inflater.read(entry, method, crc);
            let mut content = Counted {
                from: content.take(size.saturating_add(1)),
                read: 0,
            };
            visit(name, inner, &mut content)?;
            if content.read != size {
                return Err(ZipError::Rule(ZipRuleError {
                    name: name.to_owned(),
                    reason: format!("is not of the {size} bytes that the zip claims"),
                }));
            }
        }
        Ok(())
    }
}

fn malformed(error: zip::result::ZipError) -> ZipError {
    match error {
        zip::result::ZipError::Io(error) => ZipError::Io(error),
        error => ZipError::Malformed(error.to_string()),
    }
}

fn name(raw: &[u8]) -> Result<&str, ZipError> {
    str::from_utf8(raw).map_err(|_| ZipError::Malformed("a name is not UTF-8".to_owned()))
}

fn create_read_only(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o444);
    options.open(path)
}

struct Counted<R> {
    from: R,
    read: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(buffer)?;
        self.read += count as u64;
        Ok(count)
    }
}

/// Writes what is read.
struct Tee<'a> {
    from: &'a mut dyn Read,
    to: File,
    failed: Option<io::Error>,
}

impl Read for Tee<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(buffer)?;
        let part = buffer.get(..count).unwrap_or_default();
        if let Err(error) = io::Write::write_all(&mut self.to, part) {
            self.failed = Some(error);
            return Err(io::ErrorKind::Other.into());
        }
        Ok(count)
    }
}
