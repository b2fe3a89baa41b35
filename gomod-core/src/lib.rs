//! Go module graphs, Minimal Version Selection, downgrade planning and checksum verification.
//!
//! `gomod-core` is the library behind the `gomod` command. Outside the feature `host` nothing touches a
//! file, a clock or a socket: state machines say what they need and are fed the answers.
//!
//! ```
//! use gomod_core::model::GoMod;
//! use gomod_core::mvs::{Loader, MainModules, Mode, World};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let text = b"module example.com/app\n\ngo 1.21\n\nrequire example.com/log v1.2.0\n";
//! let go_mod = GoMod::parse("go.mod", text)?;
//! let mut world = World::new();
//! let main = MainModules::single(&mut world, &go_mod)?;
//! let mut loader = Loader::new(&mut world, &main, Mode::ReadOnly, None);
//! // What is needed comes in batches; here there is one go.mod to feed.
//! for id in loader.advance(&mut world) {
//!     world.feed(id, b"module example.com/log\n\ngo 1.21\n");
//! }
//! assert!(loader.advance(&mut world).is_empty());
//! let loaded = loader.finish().map_err(|failed| failed.error)?;
//! let list: Vec<String> = loaded
//!     .graph
//!     .build_list(&world.modules)
//!     .into_iter()
//!     .map(|module| world.modules.display(module))
//!     .filter(|name| name.starts_with("example.com/"))
//!     .collect();
//! assert_eq!(list, ["example.com/app", "example.com/log@v1.2.0"]);
//! # Ok(())
//! # }
//! ```
//!
//! Planning works the same way with a [`plan::Planner`]: see `examples/plan.rs`.

pub mod check;
pub mod diag;
pub mod drift;
pub mod graph;
#[cfg(feature = "host")]
pub mod host;
pub mod imports;
pub mod model;
pub mod mvs;
pub mod plan;
pub mod syntax;
pub mod verify;
