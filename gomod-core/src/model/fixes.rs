//! Versions in the `go.mod` of a main module that are not in canonical form, such as `v1.2` or a branch.
//!
//! The go command takes each for a query and asks the module's source what it stands for (`fixVersion`
//! in cmd/go's modload). This is the pure half of it: the reader says what it must know and is fed it.

use rustc_hash::FxHashMap;

use super::{ModulePath, Version};

/// What queries in a `go.mod` stand for, as far as it is known.
#[derive(Debug, Clone, Default)]
pub struct VersionFixes {
    known: FxHashMap<(ModulePath, String), Result<Version, String>>,
    wanted: Vec<(ModulePath, String)>,
}

impl VersionFixes {
    /// What the last reader did not know, in the order of the file. When this is empty its result holds,
    /// else it is to be fed and the file to be read again.
    pub fn take_wanted(&mut self) -> Vec<(ModulePath, String)> {
        std::mem::take(&mut self.wanted)
    }

    /// Says what `text` stands for as a version of `path`, or why it stands for none.
    pub fn feed(&mut self, path: ModulePath, text: String, answer: Result<Version, String>) {
        self.known.insert((path, text), answer);
    }

    /// The answer, if there is one; else it is wanted.
    pub(super) fn look_up(
        &mut self,
        path: &ModulePath,
        text: &str,
    ) -> Option<&Result<Version, String>> {
        let key = (path.clone(), text.to_owned());
        if !self.known.contains_key(&key) && !self.wanted.contains(&key) {
            self.wanted.push(key.clone());
        }
        self.known.get(&key)
    }
}
