//! A brute-force planner beside the real one. It shares nothing with `mvs`, `plan` or `check`: a loader of
//! its own on small worlds (`load`), all choices that the design allows (`optimum`, `closure`), their cost
//! (`cost`). Around it: random questions (`generate`), the real planner's answers (`planned`), and smaller
//! worlds with the same disagreement (`minimise`).
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::disallowed_macros
)]

pub mod beside_go;
pub mod closure;
pub mod cost;
pub mod generate;
pub mod goal;
pub mod known;
pub mod load;
pub mod minimise;
pub mod optimum;
pub mod planned;
pub mod workspace;
pub mod world;
