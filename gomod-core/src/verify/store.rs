//! What the client needs, and the tile data it was given so far, none of which is proven yet.
//!
//! A partial tile that cannot be read is asked for as the full tile, which may have replaced it on the
//! server by now (`Client.readTile` in `golang.org/x/mod/sumdb`).

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::error::{FeedFailure, VerifyError};
use super::tile::{Tile, split_hashes};
use super::tree::Hash;
use crate::model::{ModulePath, Version, escape_version};

/// Something that the client needs to be fed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Need {
    /// The answer to the look-up of a module version; only made by the client, from valid names.
    #[non_exhaustive]
    Lookup {
        /// The module path.
        path: ModulePath,
        /// The version.
        version: Version,
    },
    /// The data of a tile; for a partial tile that of the full one will do.
    Tile(Tile),
}

impl Need {
    /// The path below the database's URL, and below its folder in the go command's cache.
    pub fn remote_path(&self) -> String {
        match self {
            Self::Lookup { path, version } => {
                let path = path.escape().unwrap_or_default();
                let version = escape_version(version.as_str()).unwrap_or_default();
                format!("lookup/{path}@{version}")
            }
            Self::Tile(tile) => tile.to_string(),
        }
    }
}

/// The state of a tile's data.
#[derive(Debug)]
pub(super) enum Slot {
    Asked,
    /// The data has the right length; `cached` when it came from the host's cache.
    Data {
        hashes: Arc<[Hash]>,
        cached: bool,
    },
    Failed(VerifyError),
}

/// Open needs and tile data.
#[derive(Debug, Default)]
pub(super) struct Store {
    slots: HashMap<Tile, Slot>,
    queue: Vec<Need>,
    open: HashSet<Need>,
    /// Partial tiles that wait for their full tile, each with the failure to report if that fails too.
    fallbacks: HashMap<Tile, Vec<(Tile, VerifyError)>>,
}

impl Store {
    /// Asks for something; it is then open until [`Store::close`].
    pub(super) fn ask(&mut self, need: Need) {
        if self.open.insert(need.clone()) {
            self.queue.push(need);
        }
    }

    /// What was asked for since the last call.
    pub(super) fn take_queue(&mut self) -> Vec<Need> {
        std::mem::take(&mut self.queue)
    }

    /// Marks a need as answered; false when it was not open.
    pub(super) fn close(&mut self, need: &Need) -> bool {
        self.open.remove(need)
    }

    /// Drops all open needs: nothing more will be asked for, and late answers are ignored.
    pub(super) fn abandon(&mut self) {
        self.open.clear();
        self.queue.clear();
    }

    /// The state of a tile, which is asked for if that was not done before.
    pub(super) fn tile(&mut self, tile: Tile) -> &Slot {
        if !self.slots.contains_key(&tile) {
            self.ask(Need::Tile(tile));
        }
        self.slots.entry(tile).or_insert(Slot::Asked)
    }

    /// Whether a tile's data came from the host's cache.
    pub(super) fn is_cached(&self, tile: &Tile) -> bool {
        matches!(self.slots.get(tile), Some(Slot::Data { cached: true, .. }))
    }

    /// Takes the answer to an open need for a tile; returns the tiles whose state is final now.
    pub(super) fn settle(
        &mut self,
        tile: Tile,
        answer: Result<&[u8], FeedFailure>,
        cached: bool,
    ) -> Vec<Tile> {
        let slot = match answer {
            Ok(data) => match fit(tile, data) {
                Ok(hashes) => Slot::Data { hashes, cached },
                Err(error) => Slot::Failed(error),
            },
            Err(failure) => {
                let error = unavailable(tile.to_string(), failure);
                if !tile.is_full() {
                    return self.fall_back(tile, error);
                }
                Slot::Failed(error)
            }
        };
        let mut settled = vec![tile];
        for (partial, failure) in self.fallbacks.remove(&tile).unwrap_or_default() {
            self.slots.insert(partial, part_of(&slot, partial, failure));
            settled.push(partial);
        }
        self.slots.insert(tile, slot);
        settled
    }

    fn fall_back(&mut self, partial: Tile, failure: VerifyError) -> Vec<Tile> {
        let full = partial.full();
        match self.tile(full) {
            Slot::Asked => {
                self.fallbacks
                    .entry(full)
                    .or_default()
                    .push((partial, failure));
                Vec::new()
            }
            slot => {
                let slot = part_of(slot, partial, failure);
                self.slots.insert(partial, slot);
                vec![partial]
            }
        }
    }
}

/// The plain failure to read something.
pub(super) fn unavailable(what: String, failure: FeedFailure) -> VerifyError {
    let FeedFailure { not_found, message } = failure;
    VerifyError::Unavailable {
        what,
        not_found,
        message,
    }
}

/// The state of a partial tile given the settled full one; a failure is reported as that of the partial
/// tile, but wrong data as what it is.
fn part_of(full: &Slot, partial: Tile, failure: VerifyError) -> Slot {
    match full {
        Slot::Data { hashes, .. } => {
            let hashes = hashes
                .iter()
                .copied()
                .take(partial.width() as usize)
                .collect();
            Slot::Data {
                hashes,
                cached: false,
            }
        }
        Slot::Failed(error) if error.is_security() => Slot::Failed(error.clone()),
        Slot::Failed(_) | Slot::Asked => Slot::Failed(failure),
    }
}

/// Splits a tile's data, cutting that of a full tile down to a partial one's.
fn fit(tile: Tile, data: &[u8]) -> Result<Arc<[Hash]>, VerifyError> {
    if data.len() != tile.data_len() && data.len() != tile.full().data_len() {
        return Err(VerifyError::TileLength {
            tile,
            found: data.len(),
        });
    }
    let hashes = data.get(..tile.data_len()).and_then(split_hashes);
    hashes.map(Into::into).ok_or(VerifyError::TileLength {
        tile,
        found: data.len(),
    })
}
