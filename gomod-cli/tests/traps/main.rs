//! The known traps of being identical to `go` (the design's table), a test for each: what `gomod` does is
//! compared with the installed go command, and with what is written here.
//!
//! Each test has been seen to fail with its rule broken.
#![allow(
    dead_code,
    unused_imports,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test, with kits that others share"
)]

mod files;
mod graphs;
mod outside;
mod sources;
#[path = "../cli/support/mod.rs"]
mod support;
mod vendor;
mod world;
#[path = "../worlds/mod.rs"]
mod worlds;
