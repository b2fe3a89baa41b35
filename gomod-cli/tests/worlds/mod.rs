//! Random module worlds, served from a directory to both commands; see `worlds_beside_go.rs`.

pub(crate) mod archive;
pub(crate) mod beside;
pub(crate) mod compare;
pub(crate) mod counterfactual;
pub(crate) mod downgrade;
pub(crate) mod generate;
pub(crate) mod measured;
pub(crate) mod minimise;
pub(crate) mod once_differed;
pub(crate) mod page;
pub(crate) mod random;
pub(crate) mod refusals;
pub(crate) mod run;
pub(crate) mod workspaces;
pub(crate) mod zips;
