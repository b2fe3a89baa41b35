//! Results as text; nothing here decides anything.

pub(crate) mod graph;
pub(crate) mod plan;
pub(crate) mod style;
pub(crate) mod tree;
