//! What can go wrong between a look-up and its proof, and which of it is a sign of tampering.

use super::note::{KeyError, Note, NoteError, Verifier};
use super::tile::Tile;
use super::tree::{Hash, check_tree, empty_tree};
use super::tree_head::{TreeHead, TreeHeadError};
use crate::model::PathError;

/// Why a look-up has no proven answer.
///
/// `what` names the answer at fault by its remote path, such as `lookup/example.com/x@v1.0.0`, or as
/// `latest` for the tree head that the host keeps.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// The database's key is not usable.
    #[error("the key of the checksum database is not usable")]
    Key(#[from] KeyError),
    /// The path or the version cannot be looked up.
    #[error("no module of this name can be looked up")]
    Name(#[from] PathError),
    /// The host could not read what was needed.
    #[error("reading {what} failed: {message}")]
    Unavailable {
        /// The remote path.
        what: String,
        /// Whether the server said that there is none (404 or 410).
        not_found: bool,
        /// The host's words.
        message: String,
    },
    /// The answer to a look-up has not the form of one.
    #[error("malformed answer {what}: {reason}")]
    Malformed {
        /// The remote path.
        what: String,
        /// The rule that is broken.
        reason: &'static str,
    },
    /// The tree note is not signed as it must be, or malformed.
    #[error("the tree note of {what} is not acceptable")]
    Note {
        /// The remote path, or `latest`.
        what: String,
        /// The cause.
        source: NoteError,
    },
    /// The tree note is signed, but its text is no tree head.
    #[error("the tree note of {what} holds no tree head")]
    TreeHead {
        /// The remote path, or `latest`.
        what: String,
        /// The cause.
        source: TreeHeadError,
    },
    /// The record is not that of the module version that was looked up.
    #[error("record {number} in {what} lacks the checksum line {missing:?}, it says {text:?}")]
    WrongRecord {
        /// The remote path.
        what: String,
        /// The record's number.
        number: u64,
        /// The beginning of the line that must be there.
        missing: String,
        /// The text of the record received.
        text: String,
    },
    /// The record's number lies beyond every tree that the database has signed.
    #[error("record {number} in {what} is not within the tree of {size} records")]
    OutsideTree {
        /// The remote path.
        what: String,
        /// The record's number.
        number: u64,
        /// The size of the newest tree known.
        size: u64,
    },
    /// The text received is not that of the record in the log.
    #[error(
        "record {number} in {what} has the hash {received}, in the tree of {size} records it has {logged}"
    )]
    RecordMismatch {
        /// The remote path.
        what: String,
        /// The record's number.
        number: u64,
        /// The size of the tree that it was checked against.
        size: u64,
        /// The hash in the log.
        logged: Hash,
        /// The hash of the text received.
        received: Hash,
    },
    /// The data of a tile is too short or too long.
    #[error("{tile} has {found} bytes instead of {}", tile.data_len())]
    TileLength {
        /// The tile.
        tile: Tile,
        /// The number of bytes received.
        found: usize,
    },
    /// At least one of these tiles does not belong to the signed tree.
    #[error("the signed tree of {} records does not contain {}", head.size, list(tiles))]
    TileMismatch {
        /// The tree.
        head: TreeHead,
        /// The tiles; together, or if it is one, by its parent's hash, they do not fit.
        tiles: Vec<Tile>,
    },
    /// The database has signed two trees that contradict each other.
    #[error(
        "the checksum database signed two contradicting trees: one of {} records with the hash {}, \
         and one of {} records with the hash {}, whose first {} records have the hash {}",
        .0.older.size, .0.older.hash, .0.newer.size, .0.newer.hash, .0.older.size, .0.computed
    )]
    Fork(Box<Fork>),
}

/// Evidence, for anyone who has the key, that the database signed two contradicting trees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fork {
    /// The smaller tree, or one of two of the same size.
    pub older: TreeHead,
    /// The signed note of the smaller tree.
    pub older_note: Vec<u8>,
    /// The larger tree.
    pub newer: TreeHead,
    /// The signed note of the larger tree.
    pub newer_note: Vec<u8>,
    /// The hash that the first `older.size` records have in the larger tree.
    pub computed: Hash,
    /// The proof of that (RFC 6962, 2.1.2).
    pub proof: Vec<Hash>,
}

/// How the host failed to read something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedFailure {
    /// Whether the server said that there is none (404 or 410).
    pub not_found: bool,
    /// What happened, for the error message.
    pub message: String,
}

impl VerifyError {
    /// Whether a signature, a proof or a comparison does not hold; else it is a plain failure, such as
    /// something not found, not reachable or malformed.
    pub fn is_security(&self) -> bool {
        match self {
            Self::Key(_)
            | Self::Name(_)
            | Self::Unavailable { .. }
            | Self::Malformed { .. }
            | Self::TreeHead { .. } => false,
            Self::Note { source, .. } => source.is_security(),
            Self::WrongRecord { .. }
            | Self::OutsideTree { .. }
            | Self::RecordMismatch { .. }
            | Self::TileLength { .. }
            | Self::TileMismatch { .. }
            | Self::Fork(_) => true,
        }
    }

    /// The remote paths of the answers of which at least one is wrong, or `latest`. None for a fork, which
    /// the database has signed, and for what is missing.
    pub fn answers(&self) -> Vec<String> {
        let paths = |tile: &Tile| match tile.is_full() {
            true => vec![tile.to_string()],
            // The full tile may have stood in for a partial one.
            false => vec![tile.to_string(), tile.full().to_string()],
        };
        match self {
            Self::Malformed { what, .. }
            | Self::Note { what, .. }
            | Self::TreeHead { what, .. }
            | Self::WrongRecord { what, .. }
            | Self::OutsideTree { what, .. }
            | Self::RecordMismatch { what, .. } => vec![what.clone()],
            Self::TileLength { tile, .. } => paths(tile),
            Self::TileMismatch { tiles, .. } => tiles.iter().flat_map(paths).collect(),
            Self::Key(_) | Self::Name(_) | Self::Unavailable { .. } | Self::Fork(_) => Vec::new(),
        }
    }

    /// The error and its causes in one line.
    pub fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text
    }
}

impl Fork {
    /// Whether the evidence holds by itself: both notes are signed by the key, and their trees differ.
    pub fn is_proven(&self, key: &Verifier) -> bool {
        let signed = |message: &[u8], head: &TreeHead| {
            Note::open(message, std::slice::from_ref(key))
                .is_ok_and(|note| TreeHead::parse(&note.text).as_ref() == Ok(head))
        };
        let (older, newer) = (&self.older, &self.newer);
        let linked = if older.size == 0 {
            self.computed == empty_tree()
        } else {
            check_tree(
                &self.proof,
                newer.size,
                &newer.hash,
                older.size,
                &self.computed,
            )
            .is_ok()
        };
        signed(&self.older_note, older)
            && signed(&self.newer_note, newer)
            && linked
            && self.computed != older.hash
    }
}

fn list(tiles: &[Tile]) -> String {
    let paths: Vec<String> = tiles.iter().map(ToString::to_string).collect();
    match paths.as_slice() {
        [one] => one.clone(),
        _ => format!("all of {}", paths.join(", ")),
    }
}
