//! The known traps of being identical to `go` (the design's table), a test for each: what `gomod` does is
//! compared with the installed go command, and with what is written here.
//!
//! Each test has been seen to fail with its rule broken.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod files;
mod graphs;
mod outside;
mod world;
#[path = "../worlds/mod.rs"]
mod worlds;
