//! Drift: an agreed build list against what Minimal Version Selection picks today.

mod compare;
mod lock;

pub use compare::{Code, Drift, Finding, Today, compare};
pub use lock::{Entry, Lock, LockError};
