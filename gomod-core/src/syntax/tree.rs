//! The tree of a file: statements, blocks, lines, tokens and comments in flat vectors.
//!
//! Lines are named by [`LineId`] where Go uses pointers. Each line and block remembers its bytes in the
//! source, whole physical lines with the comments before them, so that what no edit has touched can be
//! written back as it was.

use std::borrow::Cow;
use std::cmp::Ordering;

use rustc_hash::FxHashSet;

use super::text::{Text, TextRange};
use crate::diag::{Position, Span};

/// A stable name of a line in the file it was read from or added to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineId(pub(super) u32);

/// The name of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BlockId(pub(super) u32);

/// Consecutive tokens or comments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Run {
    pub(super) first: u32,
    pub(super) len: u32,
}

impl Run {
    pub(super) fn new(first: usize, len: usize) -> Self {
        Self {
            first: first as u32,
            len: len as u32,
        }
    }

    pub(super) fn indices(self) -> std::ops::Range<usize> {
        self.first as usize..(self.first + self.len) as usize
    }

    pub(super) fn is_empty(self) -> bool {
        self.len == 0
    }

    /// The part behind the first `n`.
    pub(super) fn skip(self, n: u32) -> Self {
        let n = n.min(self.len);
        Self {
            first: self.first + n,
            len: self.len - n,
        }
    }
}

/// A token: the bytes it was read from and the text that canonical printing shows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token {
    /// Its place in the source; empty for a token that an edit has made.
    pub(super) at: TextRange,
    /// Its canonical text: unquoted where possible, a version in full.
    pub(super) canonical: TextRange,
    /// Whether it was read without any quotes, so that its text is its value.
    pub(super) plain: bool,
    /// Whether an edit has set the text, so that the lossless text must show it too.
    pub(super) edited: bool,
}

/// A comment, or a blank line between the lines of a block, whose text is empty.
#[derive(Debug, Clone, Copy)]
pub(super) struct Comment {
    /// Its place in the source; empty for a blank line and for a comment that an edit has made.
    pub(super) at: TextRange,
    /// Its text with the slashes.
    pub(super) text: TextRange,
}

/// A line of tokens, at the top or in a block.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) tokens: Run,
    /// Comments, and in blocks blank lines, above the line.
    pub(super) before: Run,
    /// Comments behind the line's tokens.
    pub(super) suffix: Run,
    pub(super) block: Option<BlockId>,
    pub(super) removed: bool,
    /// What the line was in the source; `None` for a new line.
    pub(super) origin: Option<Origin>,
}

/// A line as it was read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin {
    /// Its physical lines, with those of the comments before it and its line end.
    pub(super) whole: TextRange,
    pub(super) tokens: Run,
    pub(super) before: Run,
    pub(super) suffix: Run,
    pub(super) in_block: bool,
}

/// A factored block of lines.
#[derive(Debug, Clone)]
pub(super) struct Block {
    pub(super) tokens: Run,
    pub(super) before: Run,
    /// Comments behind the opening parenthesis.
    pub(super) open_suffix: Run,
    pub(super) lines: Vec<LineId>,
    /// Comments above the closing parenthesis.
    pub(super) close_before: Run,
    /// Comments behind the closing parenthesis.
    pub(super) close_suffix: Run,
    /// Its head and foot as read: `require (` with the comments before it, and `)` with those above it.
    pub(super) origin: Option<(TextRange, TextRange)>,
    /// Whether an edit has added, changed or removed lines.
    pub(super) touched: bool,
}

/// What stands at the top level of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Statement {
    /// Comments that belong to no line.
    Comments,
    /// A single line.
    Line(LineId),
    /// A block.
    Block(BlockId),
}

/// A statement, with its place in the source.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stmt {
    pub(super) what: Statement,
    /// The comments of [`Statement::Comments`].
    pub(super) comments: Run,
    /// Its number among the statements read and its physical lines; `None` for a new one.
    pub(super) origin: Option<(u32, TextRange)>,
}

/// A file's lossless tree.
#[derive(Debug, Clone)]
pub(crate) struct Tree {
    pub(super) text: Text,
    pub(super) tokens: Vec<Token>,
    pub(super) comments: Vec<Comment>,
    pub(super) lines: Vec<Line>,
    pub(super) blocks: Vec<Block>,
    pub(super) stmts: Vec<Stmt>,
    /// How many statements were read.
    pub(super) read: u32,
    pub(super) edited: bool,
}

impl Tree {
    /// A tree without statements.
    pub(super) fn new(text: Text) -> Self {
        let size = text.source().len();
        Self {
            text,
            tokens: Vec::with_capacity(size / 20 + 4),
            comments: Vec::with_capacity(size / 64),
            lines: Vec::with_capacity(size / 40 + 2),
            blocks: Vec::new(),
            stmts: Vec::new(),
            read: 0,
            edited: false,
        }
    }

    /// The source text, U+FFFD standing for bytes that are no UTF-8.
    pub(crate) fn source(&self) -> &str {
        self.text.source()
    }

    /// Whether all bytes of the file were UTF-8.
    pub(crate) fn is_utf8(&self) -> bool {
        self.text.is_utf8()
    }

    /// The values of tokens in which U+FFFD stands for itself, or for a byte between quotes, which go
    /// replaces when it takes the quotes off.
    pub(crate) fn sound_replacements(&self) -> FxHashSet<String> {
        let sound = |token: &&Token| {
            let text = self.text.get(token.at);
            text.contains(char::REPLACEMENT_CHARACTER)
                && (text.starts_with('"') || !self.text.is_broken(token.at))
        };
        let tokens = self.tokens.iter().filter(sound);
        let values = tokens.filter_map(|token| super::unquote(self.text.get(token.at)));
        values.map(Cow::into_owned).collect()
    }

    /// Whether anything has been edited.
    pub(crate) fn is_edited(&self) -> bool {
        self.edited
    }

    /// How many statements there are.
    pub(crate) fn len(&self) -> usize {
        self.stmts.len()
    }

    /// The statement at `index`.
    pub(crate) fn statement(&self, index: usize) -> Statement {
        self.stmts[index].what
    }

    /// The lines of a block that have not been removed.
    pub(crate) fn block_lines(&self, block: BlockId) -> impl Iterator<Item = LineId> {
        let lines = &self.block(block).lines;
        lines
            .iter()
            .copied()
            .filter(|line| !self.line(*line).removed)
    }

    /// The line at `index` in a block.
    pub(crate) fn block_line(&self, block: BlockId, index: usize) -> Option<LineId> {
        self.block(block).lines.get(index).copied()
    }

    /// The block's tokens before its parenthesis.
    pub(crate) fn block_tokens(&self, block: BlockId) -> impl Iterator<Item = &str> {
        self.texts(self.block(block).tokens)
    }

    /// A line's tokens in canonical form; those of a line in a block lack the block's own.
    pub(crate) fn line_tokens(&self, line: LineId) -> impl Iterator<Item = &str> {
        self.texts(self.line(line).tokens)
    }

    /// Compares two lines token by token, bytes that are no UTF-8 as they are in the file.
    pub(crate) fn compare_lines(&self, a: LineId, b: LineId) -> Ordering {
        if self.text.is_utf8() {
            return self.line_tokens(a).cmp(self.line_tokens(b));
        }
        self.line_bytes(a).cmp(self.line_bytes(b))
    }

    fn line_bytes(&self, line: LineId) -> impl Iterator<Item = Vec<u8>> {
        let tokens = &self.tokens[self.line(line).tokens.indices()];
        tokens.iter().map(|token| {
            let mut bytes = Vec::new();
            self.text.copy(token.canonical, &mut bytes);
            bytes
        })
    }

    /// How many tokens a line has.
    pub(crate) fn token_count(&self, line: LineId) -> usize {
        self.line(line).tokens.len as usize
    }

    /// The canonical text of a line's token.
    pub(crate) fn token(&self, line: LineId, index: usize) -> Option<&str> {
        let run = self.line(line).tokens.skip(index as u32);
        if run.is_empty() {
            None
        } else {
            Some(self.token_text(run.first as usize))
        }
    }

    /// The block that holds the line.
    pub(crate) fn block_of(&self, line: LineId) -> Option<BlockId> {
        self.line(line).block
    }

    /// Whether an edit has removed the line.
    pub(crate) fn is_removed(&self, line: LineId) -> bool {
        self.line(line).removed
    }

    /// Whether a line's token was read without any quotes.
    pub(crate) fn is_plain(&self, line: LineId, index: usize) -> bool {
        let run = self.line(line).tokens.skip(index as u32);
        !run.is_empty() && self.tokens[run.first as usize].plain
    }

    /// The comments above a line; a blank line in a block is an empty one.
    pub(crate) fn comments_before(&self, line: LineId) -> impl Iterator<Item = &str> {
        self.comment_texts(self.line(line).before)
    }

    /// The comments behind a line.
    pub(crate) fn comments_behind(&self, line: LineId) -> impl Iterator<Item = &str> {
        self.comment_texts(self.line(line).suffix)
    }

    /// The comments above a block.
    pub(crate) fn block_comments(&self, block: BlockId) -> impl Iterator<Item = &str> {
        self.comment_texts(self.block(block).before)
    }

    /// The bytes of a line's tokens in the source; empty at the end of it for a new line.
    pub(crate) fn line_span(&self, line: LineId) -> Span {
        let tokens = self
            .lines
            .get(line.0 as usize)
            .and_then(|l| l.origin)
            .map(|o| o.tokens);
        let end = self.source().len();
        tokens.map_or(Span::new(end, end), |tokens| self.run_span(tokens))
    }

    /// The bytes of a line's token in the source, or else those of the line.
    pub(crate) fn token_span(&self, line: LineId, index: usize) -> Span {
        let run = self.line(line).tokens.skip(index as u32);
        match self.tokens.get(run.first as usize) {
            Some(token) if !run.is_empty() && !token.at.is_empty() => {
                Span::new(token.at.start as usize, token.at.end as usize)
            }
            _ => self.line_span(line),
        }
    }

    /// The bytes of a block's tokens before its parenthesis.
    pub(crate) fn block_span(&self, block: BlockId) -> Span {
        self.run_span(self.block(block).tokens)
    }

    /// Line and column of a span's start.
    pub(crate) fn position(&self, span: Span) -> Position {
        span.position(self.source())
    }

    /// Notes the canonical form of a token that was written otherwise; the lossless text keeps it.
    pub(crate) fn set_canonical(&mut self, line: LineId, index: usize, text: &str) {
        let at = self.line(line).tokens.first as usize + index;
        // Between quotes, bytes that are no UTF-8 become what they are read as.
        let read = self.tokens[at].at;
        let broken = self.text.get(read).starts_with('"') && self.text.is_broken(read);
        if broken || self.token_text(at) != text {
            self.tokens[at].canonical = self.text.add(text);
        }
    }

    pub(super) fn line(&self, line: LineId) -> &Line {
        &self.lines[line.0 as usize]
    }

    pub(super) fn block(&self, block: BlockId) -> &Block {
        &self.blocks[block.0 as usize]
    }

    pub(super) fn token_text(&self, index: usize) -> &str {
        self.text.get(self.tokens[index].canonical)
    }

    pub(super) fn texts(&self, run: Run) -> impl Iterator<Item = &str> {
        run.indices().map(|index| self.token_text(index))
    }

    pub(super) fn comment_texts(&self, run: Run) -> impl Iterator<Item = &str> {
        self.comments[run.indices()]
            .iter()
            .map(|comment| self.text.get(comment.text))
    }

    fn run_span(&self, tokens: Run) -> Span {
        match &self.tokens[tokens.indices()] {
            [first, .., last] => Span::new(first.at.start as usize, last.at.end as usize),
            [only] => Span::new(only.at.start as usize, only.at.end as usize),
            [] => Span::default(),
        }
    }
}
