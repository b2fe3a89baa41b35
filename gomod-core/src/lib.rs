//! Go module graphs, Minimal Version Selection, downgrade planning and checksum verification.
//!
//! `gomod-core` is the library behind the `gomod` command. Outside the feature `host` nothing touches a
//! file, a clock or a socket: state machines say what they need and are fed the answers.

pub mod check;
pub mod diag;
pub mod drift;
pub mod graph;
#[cfg(feature = "host")]
pub mod host;
pub mod model;
pub mod mvs;
pub mod plan;
pub mod syntax;
pub mod verify;
