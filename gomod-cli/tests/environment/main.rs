//! What `go` and `gomod` ask a loopback server for under the same environment, side by side.
//!
//! Each of the two has a module cache of its own, so that both must ask. Requests are compared as sets:
//! the order, and how often something is tried again, are their own affair.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod refused;
mod scene;
mod settings;
mod sources;
#[path = "../../../gomod-core/tests/support/mod.rs"]
mod support;
#[path = "../../../gomod-core/tests/support/transparency_log.rs"]
mod transparency_log;
mod trust;
