//! What Go files import, and which module of a build list provides it.
//!
//! The scan follows the package graph as the `go` command does for the pattern `all` (Go Modules
//! Reference, "Module graph pruning"; cmd/go/internal/modload/load.go): the main module's packages with
//! their tests, and what they import, package by package. Build tags count as a union: a file that some
//! platform would build counts (`imports.AnyTags`). Nothing is read here; see [`Walk::needs`].

mod constraint;
mod go_file;
mod package;
mod walk;

pub use go_file::{GoFile, read_go_file};
pub use package::{Import, Package, is_go_file, is_package_dir};
pub use walk::{Known, Tests, Unresolved, Use, Walk, is_standard, may_hold, walk};
