//! A `go.sum` file: the recorded hashes of module zips and of their `go.mod` files.
//!
//! Read as `cmd/go/internal/modfetch` reads it; written sorted and without repetitions, but a file that
//! nothing was added to or taken from stays as it is.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use compact_str::CompactString;

use super::ModulePath;
use super::go_mod::decode;
use super::order::compare_versions;

/// The hash that early versions of Go recorded for a `go.mod` that was not there; never read.
const EMPTY_GO_MOD_HASH: &str = "h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=";

/// A `go.sum` file.
#[derive(Debug, Clone, Default)]
pub struct GoSum {
    source: String,
    entries: BTreeMap<ModulePath, Vec<Entry>>,
    changed: bool,
}

#[derive(Debug, Clone)]
struct Entry {
    /// `v1.2.3` for a zip, `v1.2.3/go.mod` for a `go.mod`.
    version: CompactString,
    /// The hashes in the order of the file.
    hashes: Vec<Box<str>>,
}

/// A line of a `go.sum` that is not made of three fields.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: malformed line: expected module, version and hash, found {fields} fields")]
pub struct GoSumError {
    /// The file's name as it was given to the parser.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// How many fields it has.
    pub fields: usize,
}

impl GoSum {
    /// Parses a `go.sum`. Only the number of fields in a line is checked; versions and hashes of any
    /// form are taken over.
    ///
    /// # Errors
    /// [`GoSumError`] for the first line that is neither blank nor of three fields.
    pub fn parse(file: &str, text: &[u8]) -> Result<Self, GoSumError> {
        let source = decode(text);
        let mut out = Self::default();
        for (index, line) in source.split('\n').enumerate() {
            let mut fields = line.split_whitespace();
            match (fields.next(), fields.next(), fields.next(), fields.next()) {
                (None, ..) => {}
                (Some(_), Some(_), Some(EMPTY_GO_MOD_HASH), None) => {}
                (Some(path), Some(version), Some(hash), None) => {
                    out.hashes_mut(path, version).push(hash.into());
                }
                _ => {
                    let fields = line.split_whitespace().count();
                    return Err(GoSumError {
                        file: file.into(),
                        line: index + 1,
                        fields,
                    });
                }
            }
        }
        out.source = source;
        Ok(out)
    }

    /// The hashes recorded for a version (`v1.2.3`, or `v1.2.3/go.mod` for the `go.mod` alone), in the
    /// order of the file; of any algorithm, and possibly repeated.
    pub fn hashes(&self, path: &ModulePath, version: &str) -> &[Box<str>] {
        let entries = self.entries.get(path).map_or(&[][..], Vec::as_slice);
        entries
            .iter()
            .find(|e| e.version == version)
            .map_or(&[], |e| &e.hashes)
    }

    /// Those of the recorded hashes that are checked: `h1:`. As for the go command, a version with none but
    /// others is not known (`HaveSum` and `haveModSumLocked` in cmd/go's modfetch).
    pub fn checked_hashes(&self, path: &ModulePath, version: &str) -> Vec<&str> {
        let hashes = self.hashes(path, version).iter();
        let checked = hashes.filter(|hash| hash.starts_with("h1:"));
        checked.map(|hash| &**hash).collect()
    }

    /// Records a hash; `false` when it is there already.
    pub fn insert(&mut self, path: &ModulePath, version: &str, hash: &str) -> bool {
        let hashes = self.hashes_mut(path.as_str(), version);
        if hashes.iter().any(|h| **h == *hash) {
            return false;
        }
        hashes.push(hash.into());
        self.changed = true;
        true
    }

    /// Takes over all hashes of another file.
    pub fn merge(&mut self, other: &Self) {
        for (path, version, hash) in other.iter() {
            self.insert(path, version, hash);
        }
    }

    /// Keeps only the hashes for which `keep` says so.
    pub fn retain(&mut self, mut keep: impl FnMut(&ModulePath, &str, &str) -> bool) {
        let mut changed = false;
        self.entries.retain(|path, entries| {
            entries.retain_mut(|entry| {
                let before = entry.hashes.len();
                entry.hashes.retain(|hash| keep(path, &entry.version, hash));
                changed |= entry.hashes.len() < before;
                !entry.hashes.is_empty()
            });
            !entries.is_empty()
        });
        self.changed |= changed;
    }

    /// All hashes, in the order in which they are written: by path, then version, then hash.
    pub fn iter(&self) -> impl Iterator<Item = (&ModulePath, &str, &str)> {
        self.entries.iter().flat_map(|(path, entries)| {
            let mut entries: Vec<&Entry> = entries.iter().collect();
            entries.sort_by(|a, b| compare_keys(&a.version, &b.version));
            entries.into_iter().flat_map(move |entry| {
                let mut hashes: Vec<&str> = entry.hashes.iter().map(|h| &**h).collect();
                hashes.sort_unstable();
                hashes.dedup();
                hashes
                    .into_iter()
                    .map(move |hash| (path, entry.version.as_str(), hash))
            })
        })
    }

    /// Whether hashes have been added or taken away since the file was read.
    pub fn is_changed(&self) -> bool {
        self.changed
    }

    /// The text: as it was read when nothing has changed, else as the go command writes it.
    pub fn text(&self) -> String {
        if !self.changed {
            return self.source.clone();
        }
        let mut out = String::with_capacity(self.source.len() + 128);
        for (path, version, hash) in self.iter() {
            out.extend([path.as_str(), " ", version, " ", hash, "\n"]);
        }
        out
    }

    fn hashes_mut(&mut self, path: &str, version: &str) -> &mut Vec<Box<str>> {
        let entries = self.entries.entry(ModulePath::new(path)).or_default();
        let at = entries
            .iter()
            .position(|e| e.version == version)
            .unwrap_or_else(|| {
                entries.push(Entry {
                    version: version.into(),
                    hashes: Vec::with_capacity(1),
                });
                entries.len() - 1
            });
        &mut entries[at].hashes
    }
}

/// By version, the zip before the `go.mod` (`module.Sort`).
fn compare_keys(a: &str, b: &str) -> Ordering {
    let split = |key: &str| key.find('/').unwrap_or(key.len());
    let ((va, fa), (vb, fb)) = (a.split_at(split(a)), b.split_at(split(b)));
    if va == vb {
        return fa.cmp(fb);
    }
    // Versions of equal precedence have no fixed order in Go; here they have.
    compare_versions(va, vb).then_with(|| va.cmp(vb))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn path(text: &str) -> ModulePath {
        ModulePath::new(text)
    }

    #[test]
    fn unchanged_text_stays() {
        let text = "b v1.0.0 h1:x\r\n\n  a v1.0.0\th1:y \nb v1.0.0 h1:x";
        let mut sum = GoSum::parse("go.sum", text.as_bytes()).unwrap();
        assert_eq!(sum.text(), text);
        assert!(!sum.insert(&path("a"), "v1.0.0", "h1:y"));
        assert_eq!(sum.text(), text);
        assert_eq!(sum.hashes(&path("b"), "v1.0.0").len(), 2);
        assert!(sum.hashes(&path("b"), "v1.0.0/go.mod").is_empty());
    }

    #[test]
    fn changed_text_is_sorted_as_by_go() {
        let text = "b v1.10.0/go.mod h1:c\nb v1.10.0 h1:b\nb v1.9.0/go.mod h1:a\nb v1.10.0 h1:a\nb v1.10.0 h1:b\n";
        let mut sum = GoSum::parse("go.sum", text.as_bytes()).unwrap();
        assert!(sum.insert(&path("a/b"), "v2.0.0-rc.1/go.mod", "h1:z"));
        assert_eq!(
            sum.text(),
            "a/b v2.0.0-rc.1/go.mod h1:z\nb v1.9.0/go.mod h1:a\nb v1.10.0 h1:a\nb v1.10.0 h1:b\nb v1.10.0/go.mod h1:c\n"
        );
        sum.retain(|path, version, _| path.as_str() != "b" || version == "v1.9.0/go.mod");
        assert_eq!(
            sum.text(),
            "a/b v2.0.0-rc.1/go.mod h1:z\nb v1.9.0/go.mod h1:a\n"
        );
    }

    #[test]
    fn malformed_lines() {
        let error = GoSum::parse("go.sum", b"a v1 h1:x\n\na v1 h1:x y\nb\n").unwrap_err();
        assert_eq!(
            error.to_string(),
            "go.sum:3: malformed line: expected module, version and hash, found 4 fields"
        );
    }

    #[test]
    fn the_hash_of_a_missing_go_mod_is_dropped() {
        let text = format!("a v1.0.0/go.mod {EMPTY_GO_MOD_HASH}\n");
        let sum = GoSum::parse("go.sum", text.as_bytes()).unwrap();
        assert!(sum.hashes(&path("a"), "v1.0.0/go.mod").is_empty());
        assert_eq!(sum.text(), text);
    }
}
