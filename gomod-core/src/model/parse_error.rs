//! Why a `go.mod` or `go.work` cannot be read: all faults of a file at once, each with its place.

use std::fmt;

use super::PathError;
use crate::diag::{Position, Span};
use crate::syntax::{SyntaxErrorKind, Tree};

/// All faults of one file, in the order of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseErrors {
    /// The file's name as it was given to the parser.
    pub file: String,
    /// The faults; never empty.
    pub errors: Vec<ParseError>,
    /// How many more there are beyond the first thousand.
    pub omitted: usize,
}

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// The offending bytes.
    pub span: Span,
    /// Line and column of their start.
    pub position: Position,
    /// The directive and the module path it is about, such as `require example.com/m`; may be empty.
    pub context: String,
    /// What is wrong.
    pub kind: ParseErrorKind,
    /// What may stand there instead.
    pub expected: &'static [&'static str],
}

/// What can be wrong with a file or a directive.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseErrorKind {
    /// The text is not made of lines and blocks.
    #[error("{0}")]
    Syntax(SyntaxErrorKind),
    /// A line begins with a word that is no directive.
    #[error("unknown directive {0:?}")]
    UnknownDirective(String),
    /// A block of a directive that has none, `go (` for instance.
    #[error("directive {0:?} cannot have a block")]
    UnknownBlock(String),
    /// A directive that may occur once occurs again.
    #[error("repeated {0} directive")]
    Repeated(&'static str),
    /// A directive has too few or too many arguments, or they do not fit.
    #[error("malformed {0} directive")]
    Usage(&'static str),
    /// The `go` line's version does not have the form of one.
    #[error("invalid go version {0:?}")]
    GoVersion(String),
    /// The `toolchain` line's name does not have the form of one.
    #[error("invalid toolchain name {0:?}")]
    Toolchain(String),
    /// A malformed string, or a quote of a kind that is not accepted.
    #[error("malformed string {0}")]
    Quote(String),
    /// No module version; names of branches are none.
    #[error("version {0:?} invalid")]
    Version(String),
    /// A version that the go command would take for a query, and that stands for no version.
    #[error("version {0:?} invalid: {1}")]
    Query(String, String),
    /// A module path with a malformed major version suffix, such as `/v1`.
    #[error("malformed module path {0:?}: invalid major version suffix")]
    PathSuffix(String),
    /// A version that does not fit the path's major version suffix.
    #[error("{0}")]
    Major(PathError),
    /// A replacement written as `path@version`.
    #[error("replacement {0:?} must have its version behind a blank, not an @")]
    ReplacementAt(String),
    /// A replacement without a version that is no directory.
    #[error(
        "replacement {0:?} has no version and is no directory path (rooted, or beginning with . or ..)"
    )]
    ReplacementVersion(String),
    /// A replacement directory with back slashes on a system where they are no separators.
    #[error("replacement directory {0:?} looks like a Windows path")]
    ReplacementWindows(String),
    /// A replacement directory with a version.
    #[error("replacement directory {0:?} cannot have a version")]
    ReplacementDirectory(String),
    /// A malformed interval of retracted versions.
    #[error("malformed interval of versions")]
    Interval,
    /// More text behind a complete directive.
    #[error("unexpected {0:?} behind the version")]
    Trailing(String),
}

impl fmt::Display for ParseErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.errors.iter().enumerate() {
            let newline = if index > 0 { "\n" } else { "" };
            write!(f, "{newline}{}:{}: {error}", self.file, error.position)?;
        }
        if self.omitted > 0 {
            write!(f, "\n{}: {} more errors", self.file, self.omitted)?;
        }
        Ok(())
    }
}

impl std::error::Error for ParseErrors {}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.context.is_empty() {
            write!(f, "{}: ", self.context)?;
        }
        write!(f, "{}", self.kind)?;
        for (index, expected) in self.expected.iter().enumerate() {
            write!(
                f,
                "{}{expected}",
                if index == 0 { "; expected " } else { " or " }
            )?;
        }
        Ok(())
    }
}

impl std::error::Error for ParseError {}

/// A fault whose position has not been counted yet.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) context: String,
    pub(super) span: Span,
    pub(super) kind: ParseErrorKind,
    pub(super) expected: &'static [&'static str],
}

impl Fault {
    /// Says what the fault is about.
    pub(super) fn about(mut self: Box<Self>, context: String) -> Box<Self> {
        self.context = context;
        self
    }
}

/// Collects faults in the order of the text.
#[derive(Debug, Default)]
pub(super) struct Sink {
    errors: Vec<ParseError>,
    omitted: usize,
    /// How far lines have been counted, and the number of lines and the start of the last one there.
    counted: usize,
    lines: usize,
    line_start: usize,
}

impl Sink {
    const LIMIT: usize = 1000;

    /// Adds a fault; `source` must be the same text each time.
    pub(super) fn push(&mut self, source: &str, fault: Fault) {
        if self.errors.len() == Self::LIMIT {
            self.omitted += 1;
            return;
        }
        let Fault {
            context,
            span,
            kind,
            expected,
        } = fault;
        let position = self.position(source, span);
        self.errors.push(ParseError {
            span,
            position,
            context,
            kind,
            expected,
        });
    }

    /// The faults, if there are any.
    pub(super) fn finish(self, file: &str) -> Result<(), ParseErrors> {
        if self.errors.is_empty() {
            return Ok(());
        }
        Err(ParseErrors {
            file: file.into(),
            errors: self.errors,
            omitted: self.omitted,
        })
    }

    /// As [`Span::position`], in linear time over all faults.
    fn position(&mut self, source: &str, span: Span) -> Position {
        if span.start < self.counted {
            return span.position(source);
        }
        let between = source.get(self.counted..span.start).unwrap_or_default();
        if let Some(last) = between.rfind('\n') {
            self.lines += between.matches('\n').count();
            self.line_start = self.counted + last + 1;
        }
        self.counted = span.start;
        let before = source.get(self.line_start..span.start).unwrap_or_default();
        Position {
            line: self.lines + 1,
            column: before.chars().count() + 1,
        }
    }
}

/// Parses the text into a tree.
pub(super) fn parse_tree(file: &str, text: &[u8]) -> Result<Tree, ParseErrors> {
    crate::syntax::parse(text).map_err(|(text, error)| {
        let expected = error.kind.expected();
        let error = ParseError {
            position: error.span.position(text.source()),
            span: error.span,
            context: String::new(),
            kind: ParseErrorKind::Syntax(error.kind),
            expected,
        };
        ParseErrors {
            file: file.into(),
            errors: vec![error],
            omitted: 0,
        }
    })
}
