//! The `h1:` hash of a module: over the names and contents of its files, or over its go.mod alone.
//!
//! It is SHA-256 over one line for each file, sorted by name: the file's own SHA-256 in hexadecimal, two
//! spaces, the name, a newline (`golang.org/x/mod/sumdb/dirhash`). File metadata does not count.

use std::fmt;
use std::io::{self, Read};
use std::ops::Range;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};

const PREFIX: &str = "h1:";
const BUFFER: usize = 64 * 1024;

/// A hash as in `go.sum`: `h1:` and 32 bytes in base64.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModuleHash([u8; 32]);

/// The text is no `h1:` hash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("malformed module hash {0:?}: must be h1: and 32 bytes in base64")]
pub struct ModuleHashError(pub String);

/// Why files cannot be hashed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DirHashError {
    /// A file name holds a newline.
    #[error("the file name {0:?} holds a newline")]
    Name(String),
    /// A file could not be read.
    #[error("reading {name:?} failed")]
    Read {
        /// The file's name as hashed.
        name: String,
        /// The cause.
        source: io::Error,
    },
}

/// The hash of a go.mod, as in the `/go.mod` lines of `go.sum`.
pub fn hash_go_mod(content: &[u8]) -> ModuleHash {
    let mut hasher = DirHasher::new();
    hasher.insert(b"go.mod", Sha256::digest(content).into());
    hasher.finish()
}

/// The hash of files given by name and content.
///
/// # Errors
/// [`DirHashError::Name`].
pub fn hash_files<N: AsRef<[u8]>, C: AsRef<[u8]>>(
    files: impl IntoIterator<Item = (N, C)>,
) -> Result<ModuleHash, DirHashError> {
    hash_entries(
        files
            .into_iter()
            .map(|(name, content)| Ok((name, io::Cursor::new(content)))),
    )
}

/// The hash of files given by name and reader, in any order; each is read before the next is asked for.
///
/// Names are as in a module zip, `path@version/file`, with forward slashes. As in Go, the entries for
/// directories of a zip count, with empty content, and directories of a file tree do not.
///
/// # Errors
/// [`DirHashError`]; an entry that is an error is returned as it is.
pub fn hash_entries<N: AsRef<[u8]>, R: Read>(
    entries: impl IntoIterator<Item = Result<(N, R), DirHashError>>,
) -> Result<ModuleHash, DirHashError> {
    let mut hasher = DirHasher::new();
    for entry in entries {
        let (name, mut content) = entry?;
        hasher.add(name.as_ref(), &mut content)?;
    }
    Ok(hasher.finish())
}

/// Hashes files one by one, in any order.
///
/// Names and digests lie in two growing blocks: many small pieces, kept between the large and short-lived
/// ones of unpacking, would tear the heap of a large module to shreds.
#[derive(Debug, Default)]
pub struct DirHasher {
    /// All names, one behind the other.
    names: Vec<u8>,
    files: Vec<Entry>,
    buffer: Vec<u8>,
}

/// The place of a file's name, and its digest.
#[derive(Debug)]
struct Entry {
    name: Range<usize>,
    digest: [u8; 32],
}

impl DirHasher {
    /// A hasher without files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads and adds a file.
    ///
    /// # Errors
    /// [`DirHashError`]
    pub fn add(
        &mut self,
        name: &[u8],
        content: &mut (impl Read + ?Sized),
    ) -> Result<(), DirHashError> {
        let text = || String::from_utf8_lossy(name).into_owned();
        if name.contains(&b'\n') {
            return Err(DirHashError::Name(text()));
        }
        self.buffer.resize(BUFFER, 0);
        let mut sha = Sha256::new();
        loop {
            match content.read(&mut self.buffer) {
                Ok(0) => break,
                // A reader must not claim more than it was given room for.
                Ok(n) => sha.update(&self.buffer[..n.min(BUFFER)]),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(source) => {
                    return Err(DirHashError::Read {
                        name: text(),
                        source,
                    });
                }
            }
        }
        self.insert(name, sha.finalize().into());
        Ok(())
    }

    /// The name and digest of each file added, by name; of those with one name the last counts.
    pub fn files(&self) -> impl Iterator<Item = (&[u8], &[u8; 32])> {
        let files = self.files.iter();
        let mut files: Vec<_> = files.map(|file| (self.name(file), &file.digest)).collect();
        files.sort_by_key(|(name, _)| *name); // stable: the last of a name stays the last
        files.into_iter()
    }

    /// The hash of all files added.
    pub fn finish(&self) -> ModuleHash {
        let mut summary = Sha256::new();
        let files: Vec<_> = self.files().collect();
        // A name that occurs twice gives two lines, both with the later content, as in Go.
        for group in files.chunk_by(|a, b| a.0 == b.0) {
            let Some((name, digest)) = group.last() else {
                continue;
            };
            for _ in group {
                summary.update(hex(digest));
                summary.update(b"  ");
                summary.update(name);
                summary.update(b"\n");
            }
        }
        ModuleHash(summary.finalize().into())
    }

    fn name(&self, file: &Entry) -> &[u8] {
        self.names.get(file.name.clone()).unwrap_or_default()
    }

    fn insert(&mut self, name: &[u8], digest: [u8; 32]) {
        let start = self.names.len();
        self.names.extend_from_slice(name);
        self.files.push(Entry {
            name: start..self.names.len(),
            digest,
        });
    }
}

impl ModuleHash {
    /// Parses `h1:` and 32 bytes in base64, in the one form that they have.
    ///
    /// # Errors
    /// [`ModuleHashError`] for any other text, also for other kinds of hashes.
    pub fn parse(text: &str) -> Result<Self, ModuleHashError> {
        text.strip_prefix(PREFIX)
            .and_then(|encoded| STANDARD.decode(encoded).ok())
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or_else(|| ModuleHashError(text.into()))
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for ModuleHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", STANDARD.encode(self.0))
    }
}

impl fmt::Debug for ModuleHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for ModuleHash {
    type Err = ModuleHashError;

    fn from_str(text: &str) -> Result<Self, ModuleHashError> {
        Self::parse(text)
    }
}

impl Serialize for ModuleHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

fn hex(bytes: &[u8; 32]) -> [u8; 64] {
    let digit = |value: u8| match value {
        0..10 => b'0' + value,
        _ => b'a' + value - 10,
    };
    let mut text = [0; 64];
    for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
        pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
    }
    text
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;

    /// A reader that returns one byte at a time, with interruptions, then fails or ends.
    struct Slow<'a>(&'a [u8], bool, bool);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            match self.0.split_first() {
                _ if self.1 => Err(io::ErrorKind::Interrupted.into()),
                Some((byte, rest)) => {
                    buffer[0] = *byte;
                    self.0 = rest;
                    Ok(1)
                }
                None if self.2 => Err(io::ErrorKind::UnexpectedEof.into()),
                None => Ok(0),
            }
        }
    }

    #[test]
    fn go_mod_hashes_from_go_sum() {
        // github.com/pkg/errors v0.9.1 has no go.mod; the module proxy makes one of its module line.
        assert_eq!(
            hash_go_mod(b"module github.com/pkg/errors\n").to_string(),
            "h1:bwawxfHBFNV+L2hUp1rHADufV3IMtnDRdf1r5NINEl0="
        );
        assert_eq!(
            hash_go_mod(b"module github.com/davecgh/go-spew\n").to_string(),
            "h1:J7Y8YcW2NihsgmVo/mv3lAwl/skON4iLHjSsI+c5H38="
        );
    }

    #[test]
    fn files_in_any_order() {
        // printf '%s' and sha256sum give the digests of the summary's lines.
        let files = [
            ("m@v1.0.0/b/x.go", "package b\n"),
            ("m@v1.0.0/a.go", "package a\n"),
        ];
        let hash = hash_files(files).unwrap();
        let mut summary = String::new();
        for (name, content) in [files[1], files[0]] {
            let digest = hex(&Sha256::digest(content).into());
            summary += &format!("{}  {name}\n", String::from_utf8_lossy(&digest));
        }
        assert_eq!(hash.0, <[u8; 32]>::from(Sha256::digest(summary)));
        assert_eq!(hash_files([files[1], files[0]]).unwrap(), hash);
        assert_ne!(hash_files([files[0]]).unwrap(), hash);
        let slow = files.map(|(name, content)| Ok((name, Slow(content.as_bytes(), false, false))));
        assert_eq!(hash_entries(slow).unwrap(), hash);
        let none: [(&str, &str); 0] = [];
        assert_eq!(
            hash_files(none).unwrap().to_string(),
            "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
        );
    }

    #[test]
    fn large_and_repeated_files() {
        let large = vec![7; 3 * BUFFER + 1];
        let mut hasher = DirHasher::new();
        hasher.insert(b"x", Sha256::digest(&large).into());
        assert_eq!(hash_files([("x", &large)]).unwrap(), hasher.finish());
        // Go hashes a zip's repeated name twice, each time with the last content.
        let twice = hash_files([("x", "1"), ("x", "2")]).unwrap();
        assert_eq!(twice, hash_files([("x", "2"), ("x", "2")]).unwrap());
        assert_ne!(twice, hash_files([("x", "2")]).unwrap());
    }

    #[test]
    fn failures() {
        assert!(matches!(
            hash_files([("a\nb", "")]),
            Err(DirHashError::Name(_))
        ));
        let cut = [Ok(("a", Slow(b"xy", false, true)))];
        assert!(matches!(hash_entries(cut), Err(DirHashError::Read { name, .. }) if name == "a"));
        let early: [Result<(&str, &[u8]), _>; 1] = [Err(DirHashError::Name("n".into()))];
        assert!(hash_entries(early).is_err());
    }

    #[test]
    fn hashes_have_one_form() {
        let text = "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        assert_eq!(text.parse::<ModuleHash>().unwrap().to_string(), text);
        for bad in [
            "",
            "h1:",
            "h2:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
            "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
            "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV=",
            "h1:47DEQpj8HBSa+_TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
            " h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
            "h1:AAAA",
        ] {
            assert!(ModuleHash::parse(bad).is_err(), "{bad:?}");
        }
    }
}
