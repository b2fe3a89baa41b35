//! Edits of lines, each with the effect of its counterpart in `golang.org/x/mod/modfile`.
//!
//! Edits only record: a removed line stays in its block, a new one goes behind its hint. Sorting and
//! collapsing of blocks happen on a copy when the tree is printed, as the go command does them once,
//! after all edits of a run.

use std::cmp::Ordering;

use super::text::TextRange;
use super::tree::{Block, BlockId, Comment, Line, LineId, Run, Statement, Stmt, Token, Tree};

/// An order of lines.
pub(crate) type Compare = fn(&Tree, LineId, LineId) -> Ordering;

/// Which blocks an operation is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// All blocks, as for canonical printing.
    All,
    /// Blocks that an edit has touched.
    Touched,
}

impl Tree {
    /// Adds a line with these tokens, the first of which is its verb (`FileSyntax.addLine`).
    ///
    /// It goes behind the line `hint`, into its block when the verb is the same; without a hint to the
    /// last block or line of the verb, else to the end of the file. A single line becomes a block.
    pub(crate) fn add_line(&mut self, hint: Option<LineId>, tokens: &[&str]) -> LineId {
        self.edited = true;
        let verb = tokens.first().copied().unwrap_or_default();
        let Some(at) = self.place(hint, verb) else {
            return self.insert_line(self.stmts.len(), tokens);
        };
        match self.stmts[at].what {
            Statement::Line(line) if self.has_verb(self.line(line).tokens, line, verb) => {
                let block = self.line_into_block(at, line);
                self.append_line(block, None, &tokens[1..])
            }
            Statement::Block(block) if self.starts_with(self.block(block).tokens, verb) => {
                self.append_line(block, hint, &tokens[1..])
            }
            _ => self.insert_line(at + 1, tokens),
        }
    }

    /// Adds a line behind the line `hint` as [`Tree::add_line`] does, or else to the end of the file.
    ///
    /// That is what the go command does for `exclude` and `replace`: without a line on the same module,
    /// the new one is not added to an existing block.
    pub(crate) fn add_line_behind(&mut self, hint: Option<LineId>, tokens: &[&str]) -> LineId {
        match hint {
            Some(_) => self.add_line(hint, tokens),
            None => self.insert_line(self.stmts.len(), tokens),
        }
    }

    /// Adds a line as a statement of its own.
    pub(crate) fn insert_line(&mut self, at: usize, tokens: &[&str]) -> LineId {
        self.edited = true;
        let line = self.new_line(None, tokens);
        self.insert_statement(at, Statement::Line(line));
        line
    }

    /// Gives a line new tokens, the first of which is its verb (`FileSyntax.updateLine`).
    pub(crate) fn update_line(&mut self, line: LineId, tokens: &[&str]) {
        let tokens = if self.line(line).block.is_some() {
            &tokens[1..]
        } else {
            tokens
        };
        if tokens.len() == self.token_count(line) {
            for (index, token) in tokens.iter().enumerate() {
                self.set_token(line, index, token);
            }
            return;
        }
        let run = self.new_tokens(tokens);
        self.lines[line.0 as usize].tokens = run;
        self.touch(line);
    }

    /// Sets the text of one token.
    pub(crate) fn set_token(&mut self, line: LineId, index: usize, text: &str) {
        if self.token(line, index).is_none_or(|old| old == text) {
            return;
        }
        let at = self.line(line).tokens.first as usize + index;
        self.tokens[at].canonical = self.text.add(text);
        self.tokens[at].edited = true;
        self.touch(line);
    }

    /// Writes the tokens of a line in their canonical form from now on.
    pub(crate) fn settle_tokens(&mut self, line: LineId) {
        for at in self.line(line).tokens.indices() {
            let token = &mut self.tokens[at];
            token.edited |= token.canonical != token.at;
        }
        self.touch(line);
    }

    /// Removes a line with all its comments (`Line.markRemoved`).
    pub(crate) fn remove_line(&mut self, line: LineId) {
        self.touch(line);
        self.lines[line.0 as usize].removed = true;
    }

    /// Replaces the comments behind a line by one or none.
    pub(crate) fn set_suffix(&mut self, line: LineId, comment: Option<&str>) {
        let old = self.line(line).suffix;
        let at = self.comments[old.indices()]
            .first()
            .map_or(TextRange::default(), |c| c.at);
        let run = match comment {
            None => Run::default(),
            Some(text) => self.new_comments(&[text], at),
        };
        self.lines[line.0 as usize].suffix = run;
        self.touch(line);
    }

    /// Sets the comments above a line.
    pub(crate) fn set_before(&mut self, line: LineId, comments: &[&str]) {
        let run = self.new_comments(comments, TextRange::default());
        self.lines[line.0 as usize].before = run;
        self.touch(line);
    }

    /// Removes the blank line above a line in a block when there is nothing but that
    /// (`Require.setVersion`, golang/go#33779).
    pub(crate) fn join_block(&mut self, line: LineId) {
        let this = self.line(line);
        let blank =
            this.before.len == 1 && self.comments[this.before.first as usize].text.is_empty();
        if this.block.is_some() && blank {
            self.lines[line.0 as usize].before = Run::default();
            self.touch(line);
        }
    }

    /// Inserts an empty block.
    pub(crate) fn insert_block(&mut self, at: usize, verb: &str) -> BlockId {
        let block = self.new_block(Run::default());
        let tokens = self.new_tokens(&[verb]);
        self.blocks[block.0 as usize].tokens = tokens;
        self.insert_statement(at, Statement::Block(block));
        block
    }

    /// The block at `at`, made from the line there if need be.
    pub(crate) fn ensure_block(&mut self, at: usize) -> Option<BlockId> {
        match self.stmts[at].what {
            Statement::Block(block) => Some(block),
            Statement::Line(line) => Some(self.line_into_block(at, line)),
            Statement::Comments => None,
        }
    }

    /// Moves a line with its comments to the end of a block. [`Tree::settle`] must follow.
    pub(crate) fn move_line(&mut self, line: LineId, block: BlockId) {
        self.touch(line);
        let this = &mut self.lines[line.0 as usize];
        if this.block.is_none() {
            this.tokens = this.tokens.skip(1);
        }
        this.block = Some(block);
        self.blocks[block.0 as usize].lines.push(line);
        self.touch(line);
    }

    /// Takes moved lines out of where they were, all in one pass.
    pub(crate) fn settle(&mut self) {
        let lines = &self.lines;
        self.stmts.retain(|stmt| match stmt.what {
            Statement::Line(line) => lines[line.0 as usize].block.is_none(),
            _ => true,
        });
        for (index, block) in self.blocks.iter_mut().enumerate() {
            let id = Some(BlockId(index as u32));
            block
                .lines
                .retain(|line| lines[line.0 as usize].block == id);
        }
    }

    /// Adds a line to the end of a block; its verb is the block's.
    pub(crate) fn add_to_block(&mut self, block: BlockId, tokens: &[&str]) -> LineId {
        self.append_line(block, None, tokens)
    }

    /// Sorts the lines of all blocks; `order` chooses the order for a block.
    pub(crate) fn sort_blocks(&mut self, order: impl Fn(&Self, BlockId) -> Compare) {
        for index in 0..self.blocks.len() {
            let compare = order(self, BlockId(index as u32));
            let mut lines = std::mem::take(&mut self.blocks[index].lines);
            lines.retain(|line| !self.line(*line).removed);
            lines.sort_by(|a, b| compare(self, *a, *b));
            self.blocks[index].lines = lines;
        }
    }

    /// Sorts the lines of blocks for lossless printing. A block that was in order as it was read is
    /// sorted; in any other, only new lines are put where they belong among the others.
    ///
    /// `read` is the order that the file as it was read asked for.
    pub(crate) fn sort_touched_blocks(
        &mut self,
        order: impl Fn(&Self, BlockId) -> Compare,
        read: impl Fn(&Self, BlockId) -> Compare,
    ) {
        let source = self.as_read();
        for index in 0..self.blocks.len() {
            let id = BlockId(index as u32);
            let (now, then) = (order(self, id), read(&source, id));
            let mut lines = std::mem::take(&mut self.blocks[index].lines);
            let mut old = lines.clone();
            old.retain(|line| !self.is_new(*line, id));
            let in_order = old.is_sorted_by(|a, b| then(&source, *a, *b).is_le());
            let before = lines.clone();
            lines.retain(|line| !self.line(*line).removed);
            if in_order {
                lines.sort_by(|a, b| now(self, *a, *b));
            } else if self.block(id).touched {
                old.retain(|line| !self.line(*line).removed);
                lines.retain(|line| self.is_new(*line, id));
                lines.sort_by(|a, b| now(self, *a, *b));
                lines = self.merge(old, lines, now);
            }
            self.blocks[index].touched |= lines != before;
            self.blocks[index].lines = lines;
        }
    }

    /// Drops removed lines and empty blocks, and turns blocks of one line into lines
    /// (`FileSyntax.Cleanup`). Blocks must have been sorted, which drops their removed lines.
    pub(crate) fn clean_up(&mut self, scope: Scope) {
        let mut stmts = std::mem::take(&mut self.stmts);
        stmts.retain_mut(|stmt| match stmt.what {
            Statement::Comments => true,
            Statement::Line(line) => !self.line(line).removed,
            Statement::Block(id) => {
                let block = self.block(id);
                if scope == Scope::Touched && !block.touched {
                    return true;
                }
                match *block.lines.as_slice() {
                    [] => false,
                    [line] if block.close_before.is_empty() => {
                        self.collapse(id, line);
                        stmt.what = Statement::Line(line);
                        true
                    }
                    _ => true,
                }
            }
        });
        self.stmts = stmts;
    }

    /// The tree before any edit of tokens, for comparing lines that were read.
    fn as_read(&self) -> Self {
        let mut tree = self.clone();
        for token in tree.tokens.iter_mut().filter(|token| token.edited) {
            token.canonical = token.at;
        }
        for line in &mut tree.lines {
            line.tokens = line.origin.map_or(line.tokens, |origin| origin.tokens);
            line.removed = false;
        }
        tree
    }

    /// Whether all tokens of a line are as they were read.
    pub(super) fn tokens_unchanged(&self, line: &Line) -> bool {
        line.origin.is_some_and(|origin| {
            let tokens = &self.tokens[line.tokens.indices()];
            let read = &self.tokens[origin.tokens.indices()];
            let skip = read.len().saturating_sub(tokens.len());
            tokens.len() == read.len() - skip
                && tokens
                    .iter()
                    .zip(&read[skip..])
                    .all(|(t, r)| !t.edited && t.at == r.at)
        })
    }

    /// Whether a line was not read as part of this block.
    fn is_new(&self, line: LineId, block: BlockId) -> bool {
        match (self.line(line).origin, self.block(block).origin) {
            (Some(line), Some((head, foot))) => {
                line.whole.start < head.end || line.whole.end > foot.start
            }
            _ => true,
        }
    }

    /// Puts each sorted new line before the first old one that is greater.
    fn merge(&self, old: Vec<LineId>, new: Vec<LineId>, compare: Compare) -> Vec<LineId> {
        let mut out = Vec::with_capacity(old.len() + new.len());
        let mut new = new.into_iter().peekable();
        for line in old {
            while let Some(next) = new.next_if(|n| compare(self, line, *n).is_gt()) {
                out.push(next);
            }
            out.push(line);
        }
        out.extend(new);
        out
    }

    fn collapse(&mut self, id: BlockId, line: LineId) {
        let Block {
            tokens,
            before,
            close_suffix,
            ref origin,
            ..
        } = *self.block(id);
        // A comment behind `verb ()` is that of the whole statement.
        let suffix = if origin.is_none() {
            close_suffix
        } else {
            Run::default()
        };
        let this = self.line(line);
        let joined = if tokens.first + tokens.len == this.tokens.first {
            Run {
                first: tokens.first,
                len: tokens.len + this.tokens.len,
            }
        } else {
            let first = self.tokens.len();
            let rest = this.tokens;
            self.tokens.extend_from_within(tokens.indices());
            self.tokens.extend_from_within(rest.indices());
            Run::new(first, self.tokens.len() - first)
        };
        let comments = self.line(line).before;
        let comments = if before.is_empty() {
            comments
        } else {
            let first = self.comments.len();
            self.comments.extend_from_within(before.indices());
            self.comments.extend_from_within(comments.indices());
            Run::new(first, self.comments.len() - first)
        };
        let this = &mut self.lines[line.0 as usize];
        this.tokens = joined;
        this.before = comments;
        this.block = None;
        if this.suffix.is_empty() {
            this.suffix = suffix;
        }
    }

    /// The statement that a new line goes to or behind.
    fn place(&self, hint: Option<LineId>, verb: &str) -> Option<usize> {
        let Some(hint) = hint else {
            return self.stmts.iter().rposition(|stmt| match stmt.what {
                Statement::Comments => false,
                Statement::Line(line) => self.has_verb(self.line(line).tokens, line, verb),
                Statement::Block(block) => self.starts_with(self.block(block).tokens, verb),
            });
        };
        let what = match self.line(hint).block {
            Some(block) => Statement::Block(block),
            None => Statement::Line(hint),
        };
        self.stmts.iter().position(|stmt| stmt.what == what)
    }

    fn has_verb(&self, tokens: Run, line: LineId, verb: &str) -> bool {
        !self.line(line).removed && self.starts_with(tokens, verb)
    }

    fn starts_with(&self, tokens: Run, verb: &str) -> bool {
        !tokens.is_empty() && self.token_text(tokens.first as usize) == verb
    }

    /// Makes a block of the line that is the statement at `at`.
    fn line_into_block(&mut self, at: usize, line: LineId) -> BlockId {
        self.edited = true;
        let tokens = self.line(line).tokens;
        let block = self.new_block(Run {
            first: tokens.first,
            len: tokens.len.min(1),
        });
        self.blocks[block.0 as usize].lines.push(line);
        let this = &mut self.lines[line.0 as usize];
        this.tokens = tokens.skip(1);
        this.block = Some(block);
        self.stmts[at].what = Statement::Block(block);
        block
    }

    fn append_line(&mut self, block: BlockId, behind: Option<LineId>, tokens: &[&str]) -> LineId {
        let line = self.new_line(Some(block), tokens);
        let lines = &mut self.blocks[block.0 as usize].lines;
        let at = behind.and_then(|hint| lines.iter().position(|l| *l == hint));
        lines.insert(at.map_or(lines.len(), |at| at + 1), line);
        self.touch(line);
        line
    }

    fn new_line(&mut self, block: Option<BlockId>, tokens: &[&str]) -> LineId {
        let line = LineId(self.lines.len() as u32);
        let tokens = self.new_tokens(tokens);
        self.lines.push(Line {
            tokens,
            before: Run::default(),
            suffix: Run::default(),
            block,
            removed: false,
            origin: None,
        });
        line
    }

    fn new_block(&mut self, tokens: Run) -> BlockId {
        let block = BlockId(self.blocks.len() as u32);
        self.blocks.push(Block {
            tokens,
            before: Run::default(),
            open_suffix: Run::default(),
            lines: Vec::new(),
            close_before: Run::default(),
            close_suffix: Run::default(),
            origin: None,
            touched: true,
        });
        block
    }

    fn new_tokens(&mut self, tokens: &[&str]) -> Run {
        let first = self.tokens.len();
        for token in tokens {
            let canonical = self.text.add(token);
            self.tokens.push(Token {
                at: TextRange::default(),
                canonical,
                plain: false,
                edited: true,
            });
        }
        Run::new(first, tokens.len())
    }

    fn new_comments(&mut self, comments: &[&str], at: TextRange) -> Run {
        let first = self.comments.len();
        for comment in comments {
            let text = self.text.add(comment);
            self.comments.push(Comment { at, text });
        }
        Run::new(first, comments.len())
    }

    fn insert_statement(&mut self, at: usize, what: Statement) {
        self.edited = true;
        self.stmts.insert(
            at,
            Stmt {
                what,
                comments: Run::default(),
                origin: None,
            },
        );
    }

    /// Notes that a line, and so its block, is no longer as it was read.
    fn touch(&mut self, line: LineId) {
        self.edited = true;
        if let Some(block) = self.line(line).block {
            self.blocks[block.0 as usize].touched = true;
        }
    }
}
