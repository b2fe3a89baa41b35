//! The checksum database: signed notes, tree hashes, tiles, proofs, directory hashes and a log client.
//!
//! Everything here is pure: the client says what it needs and is fed the answers. Nothing that a server,
//! a proxy or a cache says is used before it is proven against a tree head signed by the database's key.

mod client;
mod database;
pub mod dirhash;
mod error;
mod module_zip;
pub mod note;
mod reader;
mod record;
mod store;
pub mod tile;
pub mod tree;
mod tree_head;
mod witness;

pub use client::{Client, Statistics};
pub use database::{Database, DatabaseError};
pub use dirhash::{ModuleHash, hash_go_mod};
pub use error::{FeedFailure, Fork, VerifyError};
pub use module_zip::{MAX_SMALL_FILE, MAX_ZIP, ZipEntry, ZipRuleError, ZipRules};
pub use note::{Note, NoteError, Verifier};
pub use record::Record;
pub use store::Need;
pub use tile::Tile;
pub use tree::Hash;
pub use tree_head::{TreeHead, TreeHeadError};
pub use witness::{Says, Standing, Witness, standing};

#[cfg(test)]
#[path = "../../tests/support/transparency_log.rs"]
mod testing;
