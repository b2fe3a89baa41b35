//! Results as text; nothing here decides anything.

pub(crate) mod diff;
pub(crate) mod graph;
pub(crate) mod plan;
pub(crate) mod style;
pub(crate) mod tree;
pub(crate) mod verify;
