//! The binary from outside, each test in a world of its own: exit codes, messages, output, and files.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    unreachable_pub
)]

mod beside_go;
mod commands;
mod errors;
mod imports;
mod network;
mod plan;
mod support;
mod tree;
mod trust;
mod why;
