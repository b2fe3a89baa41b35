//! What can be wrong with the shape of a file, as data.

use crate::diag::Span;

/// A fault that stops the parser: the text has no tree.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct SyntaxError {
    /// The offending bytes.
    pub span: Span,
    /// What is wrong with them.
    pub kind: SyntaxErrorKind,
}

/// The ways in which a text can fail to be a sequence of lines and blocks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SyntaxErrorKind {
    /// The file is larger than [`MAX_SIZE`](super::MAX_SIZE).
    #[error("file is larger than 16 MiB")]
    TooLarge,
    /// A `/* */` comment.
    #[error("block comments are not allowed; start each comment line with //")]
    BlockComment,
    /// A byte order mark, which the go command does not accept either.
    #[error("byte order mark is not allowed; save the file as UTF-8 without it")]
    ByteOrderMark,
    /// A character that can be part of no token.
    #[error("unexpected character {0:?}")]
    UnexpectedCharacter(char),
    /// A string whose closing quote is missing at the end of the file.
    #[error("string is not closed before the end of the file")]
    UnclosedString,
    /// A string that runs to the end of its line.
    #[error("string is not closed before the end of the line")]
    NewlineInString,
    /// A block whose `)` is missing.
    #[error("block is not closed; its ) is missing")]
    UnclosedBlock,
    /// More text behind the `)` of a block.
    #[error("unexpected text after the closing parenthesis of a block")]
    AfterBlock,
}

impl SyntaxErrorKind {
    /// What may stand in the place of the offending bytes.
    pub(crate) fn expected(&self) -> &'static [&'static str] {
        match self {
            Self::BlockComment => &["// comment"],
            Self::UnclosedString | Self::NewlineInString => &["\""],
            Self::UnclosedBlock => &[")"],
            Self::AfterBlock => &["end of line", "// comment"],
            Self::TooLarge | Self::ByteOrderMark | Self::UnexpectedCharacter(_) => &[],
        }
    }
}
