//! Why there is no plan along a way.

use super::Move;
use crate::graph::{ModuleId, PathId};
use crate::mvs::{LoadError, Source};

/// Why one way to a goal does not lead there.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Conflict {
    /// A target, a kept module or the go line would have to move: the chain of requirements that says
    /// so, and what cannot be read at its end, if that is the reason.
    Hard {
        /// Requirements from the module that may not move to what is above its bound.
        chain: Vec<ModuleId>,
        /// Why the last of them cannot be used at all.
        unreadable: Option<LoadError>,
    },
    /// A direct requirement would have to be dropped.
    Drop {
        /// Requirements from the lowest version left to what is above its bound.
        chain: Vec<ModuleId>,
        /// Why the last of them cannot be used at all.
        unreadable: Option<LoadError>,
    },
    /// A kept module would fall, or leave, since what held it up moves.
    KeepFell {
        /// The version to keep.
        kept: Option<ModuleId>,
    },
    /// More modules would move than the limit allows.
    TooManyMoves {
        /// Those that would, by path.
        moves: Vec<Move>,
        /// The limit.
        limit: usize,
    },
    /// The same content would be used for several module paths.
    UsedTwice {
        /// The content.
        source: Source,
        /// The paths.
        paths: Vec<PathId>,
    },
    /// The edit cannot be expressed as lines of `go.mod`.
    Unwritable {
        /// Why not.
        reason: String,
    },
    /// The target's path is replaced already, so that its versions are not what is used.
    AlreadyReplaced {
        /// The path.
        path: PathId,
    },
}
