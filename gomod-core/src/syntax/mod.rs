//! The syntax of `go.mod` and `go.work`: a lossless tree of statements, lines, tokens and comments.
//!
//! This layer has never heard of versions. It splits a file into statements (single lines, blocks and
//! comments), remembers which bytes each came from, edits lines the way the `go` command does, and
//! prints the result in two ways: canonically (`format`) or with every untouched byte kept
//! (`text`). The grammar is that of the Go Modules Reference, "Lexical elements" and "Grammar".

mod edit;
mod error;
mod lexer;
mod parser;
mod print;
mod quote;
mod text;
mod tree;

pub use error::{SyntaxError, SyntaxErrorKind};
pub use quote::{auto_quote, must_quote};
pub use tree::LineId;

pub(crate) use edit::{Compare, Scope};
pub(crate) use parser::parse;
pub(crate) use quote::{is_space, unquote};
pub(crate) use text::Text;
pub(crate) use tree::{BlockId, Statement, Tree};

/// The largest file that is read, 16 MiB: the go command's own limit for a `go.mod`.
pub const MAX_SIZE: usize = 16 << 20;
