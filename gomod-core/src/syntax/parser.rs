//! From tokens to statements: which tokens make a line, which lines a block, which comments belong where.
//!
//! Comments directly above a line belong to it, a comment behind a line too; comments followed by a
//! blank line stand for themselves. Inside a block, blank lines are kept as empty comments, one at a
//! time and none right behind the opening parenthesis (`golang.org/x/mod/modfile`).

use super::MAX_SIZE;
use super::error::{SyntaxError, SyntaxErrorKind};
use super::lexer::{Kind, Lexeme, Lexer};
use super::text::{Text, TextRange};
use super::tree::{
    Block, BlockId, Comment, Line, LineId, Origin, Run, Statement, Stmt, Token, Tree,
};
use crate::diag::Span;

/// Parses a file's content; an error comes with the text that it points into.
pub(crate) fn parse(bytes: &[u8]) -> Result<Tree, (Text, SyntaxError)> {
    if bytes.len() > MAX_SIZE {
        let error = SyntaxError {
            span: Span::default(),
            kind: SyntaxErrorKind::TooLarge,
        };
        return Err((Text::new(b""), error));
    }
    let mut tree = Tree::new(Text::new(bytes));
    // The lexer borrows the source while the tree grows: a second handle costs a reference count.
    let text = tree.text.clone();
    match (Parser {
        lexer: Lexer::new(text.source()),
        tree: &mut tree,
    })
    .file()
    {
        Ok(()) => {
            tree.read = tree.stmts.len() as u32;
            Ok(tree)
        }
        Err(error) => Err((text, error)),
    }
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    tree: &'a mut Tree,
}

impl Parser<'_> {
    fn file(&mut self) -> Result<(), SyntaxError> {
        let mut pending = self.no_comments();
        let mut start = 0;
        loop {
            let line_start = self.lexer.offset();
            if pending.is_empty() {
                start = line_start;
            }
            let lexeme = self.lexer.next()?;
            match lexeme.kind {
                Kind::Comment => {
                    self.comment(lexeme);
                    pending.len += 1;
                    continue;
                }
                Kind::Newline | Kind::End => {
                    if !pending.is_empty() {
                        let whole = TextRange::new(start, line_start);
                        self.statement(Statement::Comments, pending, whole);
                    }
                    if lexeme.kind == Kind::End {
                        return Ok(());
                    }
                }
                Kind::Punctuation(_) | Kind::Word | Kind::Quoted => {
                    self.line_or_block(lexeme, start, pending)?
                }
            }
            pending = self.no_comments();
        }
    }

    /// Reads a statement from its first token on; `start` is where the comments above it begin.
    fn line_or_block(
        &mut self,
        first: Lexeme,
        start: usize,
        before: Run,
    ) -> Result<(), SyntaxError> {
        let first_token = self.tree.tokens.len();
        self.token(first);
        let mut lexeme = self.lexer.next()?;
        loop {
            if lexeme.ends_line() {
                let line = self.line(first_token, before, start, None, lexeme);
                let whole = TextRange::new(start, self.lexer.offset());
                self.statement(Statement::Line(line), Run::default(), whole);
                return Ok(());
            }
            if !lexeme.is(b'(') {
                self.token(lexeme);
                lexeme = self.lexer.next()?;
                continue;
            }
            let open = lexeme;
            lexeme = self.lexer.next()?;
            if lexeme.ends_line() {
                return self.block(first_token, start, before, lexeme);
            }
            if !lexeme.is(b')') {
                self.token(open);
                continue;
            }
            let close = lexeme;
            lexeme = self.lexer.next()?;
            if lexeme.ends_line() {
                self.empty_block(first_token, start, before, lexeme);
                return Ok(());
            }
            self.token(open);
            self.token(close);
        }
    }

    /// Reads a block from behind the line with its opening parenthesis, which `open_end` has ended.
    fn block(
        &mut self,
        first_token: usize,
        start: usize,
        before: Run,
        open_end: Lexeme,
    ) -> Result<(), SyntaxError> {
        let tokens = Run::new(first_token, self.tree.tokens.len() - first_token);
        let id = BlockId(self.tree.blocks.len() as u32);
        let open_suffix = self.suffix(open_end);
        let mut head = TextRange::new(start, self.lexer.offset());
        let mut lines = Vec::new();
        let mut pending = self.no_comments();
        let mut line_start = self.lexer.offset();
        loop {
            let lexeme = self.lexer.next()?;
            match lexeme.kind {
                Kind::Newline => {
                    let last = pending
                        .len
                        .checked_sub(1)
                        .map(|n| (pending.first + n) as usize);
                    let keep = match last {
                        None => !lines.is_empty(),
                        Some(last) => !self.tree.comments[last].text.is_empty(),
                    };
                    if keep {
                        let none = TextRange::default();
                        self.tree.comments.push(Comment {
                            at: none,
                            text: none,
                        });
                        pending.len += 1;
                    } else if last.is_none() {
                        // Blank lines that count for nothing stay at the top.
                        line_start = self.lexer.offset();
                        head = TextRange::new(start, line_start);
                    }
                }
                Kind::Comment => {
                    self.comment(lexeme);
                    pending.len += 1;
                }
                Kind::End => {
                    let span = self.tree_span(tokens);
                    return Err(SyntaxError {
                        span,
                        kind: SyntaxErrorKind::UnclosedBlock,
                    });
                }
                Kind::Punctuation(b')') => {
                    let only_blank = pending.len == 1
                        && self.tree.comments[pending.first as usize].text.is_empty();
                    let close_before = if only_blank { Run::default() } else { pending };
                    let end = self.lexer.next()?;
                    if !end.ends_line() {
                        let span = Span::new(end.range.start as usize, end.range.end as usize);
                        return Err(SyntaxError {
                            span,
                            kind: SyntaxErrorKind::AfterBlock,
                        });
                    }
                    let close_suffix = self.suffix(end);
                    let end = self.lexer.offset();
                    self.tree.blocks.push(Block {
                        tokens,
                        before,
                        open_suffix,
                        lines,
                        close_before,
                        close_suffix,
                        origin: Some((head, TextRange::new(line_start, end))),
                        touched: false,
                    });
                    let whole = TextRange::new(start, end);
                    self.statement(Statement::Block(id), Run::default(), whole);
                    return Ok(());
                }
                Kind::Punctuation(_) | Kind::Word | Kind::Quoted => {
                    let first_token = self.tree.tokens.len();
                    self.token(lexeme);
                    let end = loop {
                        let lexeme = self.lexer.next()?;
                        if lexeme.ends_line() {
                            break lexeme;
                        }
                        self.token(lexeme);
                    };
                    lines.push(self.line(first_token, pending, line_start, Some(id), end));
                    line_start = self.lexer.offset();
                    pending = self.no_comments();
                }
            }
        }
    }

    /// `verb ( )` on one line.
    fn empty_block(&mut self, first_token: usize, start: usize, before: Run, end: Lexeme) {
        let id = BlockId(self.tree.blocks.len() as u32);
        let close_suffix = self.suffix(end);
        let whole = TextRange::new(start, self.lexer.offset());
        self.tree.blocks.push(Block {
            tokens: Run::new(first_token, self.tree.tokens.len() - first_token),
            before,
            open_suffix: Run::default(),
            lines: Vec::new(),
            close_before: Run::default(),
            close_suffix,
            origin: None,
            touched: false,
        });
        self.statement(Statement::Block(id), Run::default(), whole);
    }

    /// Finishes a line whose tokens have been read up to its `end`.
    fn line(
        &mut self,
        first_token: usize,
        before: Run,
        start: usize,
        block: Option<BlockId>,
        end: Lexeme,
    ) -> LineId {
        let id = LineId(self.tree.lines.len() as u32);
        let tokens = Run::new(first_token, self.tree.tokens.len() - first_token);
        let suffix = self.suffix(end);
        let whole = TextRange::new(start, self.lexer.offset());
        let in_block = block.is_some();
        self.tree.lines.push(Line {
            tokens,
            before,
            suffix,
            block,
            removed: false,
            origin: Some(Origin {
                whole,
                tokens,
                before,
                suffix,
                in_block,
            }),
        });
        id
    }

    fn statement(&mut self, what: Statement, comments: Run, whole: TextRange) {
        let number = self.tree.stmts.len() as u32;
        self.tree.stmts.push(Stmt {
            what,
            comments,
            origin: Some((number, whole)),
        });
    }

    fn token(&mut self, lexeme: Lexeme) {
        let at = lexeme.range;
        self.tree.tokens.push(Token {
            at,
            canonical: at,
            plain: lexeme.kind != Kind::Quoted,
            edited: false,
        });
    }

    fn comment(&mut self, lexeme: Lexeme) {
        self.tree.comments.push(Comment {
            at: lexeme.range,
            text: lexeme.range,
        });
    }

    /// The comment that has ended a line, if one has.
    fn suffix(&mut self, end: Lexeme) -> Run {
        if end.kind != Kind::Comment {
            return Run::default();
        }
        self.comment(end);
        Run::new(self.tree.comments.len() - 1, 1)
    }

    /// An empty run at the place of the next comment.
    fn no_comments(&self) -> Run {
        Run::new(self.tree.comments.len(), 0)
    }

    fn tree_span(&self, tokens: Run) -> Span {
        let token = &self.tree.tokens[tokens.first as usize];
        Span::new(token.at.start as usize, token.at.end as usize)
    }
}
