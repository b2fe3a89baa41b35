//! The binary from outside, each test in a world of its own: exit codes, messages, output, and files.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    unreachable_pub
)]

mod apply;
mod as_of;
mod beside_go;
mod commands;
mod drift;
mod errors;
#[cfg(unix)]
mod format;
#[path = "../../../gomod-core/tests/formats_common/mod.rs"]
mod formats_common;
mod importers;
mod imports;
mod log_files;
mod network;
mod plan;
mod queries;
mod refusals;
mod repair;
mod support;
mod targets;
mod tidy;
mod toolchain;
mod tree;
mod trust;
mod vendor;
mod verify;
mod why;
mod witnesses;
mod workspace;
mod workspace_files;
