//! Printing: canonically, as `modfile.Format` does, or with every byte that no edit has touched.
//!
//! The lossless printer works on whole physical lines. An edited line keeps its bytes but for the
//! tokens and the comment that changed; new lines are printed canonically, with the file's line end.

use super::text::TextRange;
use super::tree::{Block, BlockId, Line, LineId, Origin, Run, Statement, Stmt, Tree};

/// Which text of a token to print.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Canonical,
    /// As it was written, unless an edit has set it.
    Written,
}

impl Tree {
    /// The canonical text; blocks must have been sorted and cleaned up.
    pub(crate) fn format(&self) -> Vec<u8> {
        let mut out = Printer::new(self, Form::Canonical, "\n");
        for (index, stmt) in self.stmts.iter().enumerate() {
            if index > 0 {
                out.blank_line();
            }
            out.statement(stmt);
        }
        out.bytes
    }

    /// The lossless text; blocks must have been sorted and cleaned up within the scope of touched blocks.
    pub(crate) fn text(&self) -> Vec<u8> {
        let mut out = Printer::new(self, Form::Written, self.text.line_end());
        let end = self.source().len() as u32;
        if !self.edited {
            out.copy(TextRange { start: 0, end });
            return out.bytes;
        }
        let mut last: Option<(u32, TextRange)> = None;
        for (index, stmt) in self.stmts.iter().enumerate() {
            match (stmt.origin, last) {
                (Some((0, whole)), _) if index == 0 => {
                    out.copy(TextRange {
                        start: 0,
                        end: whole.start,
                    });
                }
                (Some((number, whole)), Some((before, previous))) if number == before + 1 => {
                    out.copy(TextRange {
                        start: previous.end,
                        end: whole.start,
                    });
                }
                _ if index > 0 => out.blank_line(),
                _ => {}
            }
            out.lossless(stmt);
            last = stmt.origin;
        }
        match last {
            Some((number, whole)) if number + 1 == self.read => {
                out.copy(TextRange {
                    start: whole.end,
                    end,
                });
            }
            None if self.read == 0 && self.stmts.is_empty() => {
                out.copy(TextRange { start: 0, end });
            }
            _ => {}
        }
        out.bytes
    }

    /// Whether a line still has the bytes it was read from.
    fn is_unchanged(&self, line: &Line) -> bool {
        line.origin.is_some_and(|origin| {
            line.before == origin.before
                && line.suffix == origin.suffix
                && line.block.is_some() == origin.in_block
                && line.tokens.len == origin.tokens.len
                && self.tokens_unchanged(line)
        })
    }
}

struct Printer<'a> {
    tree: &'a Tree,
    form: Form,
    line_end: &'static str,
    bytes: Vec<u8>,
}

impl<'a> Printer<'a> {
    fn new(tree: &'a Tree, form: Form, line_end: &'static str) -> Self {
        let bytes = Vec::with_capacity(tree.source().len() + 64);
        Self {
            tree,
            form,
            line_end,
            bytes,
        }
    }

    /// A statement in canonical layout.
    fn statement(&mut self, stmt: &Stmt) {
        match stmt.what {
            Statement::Comments => self.comments(stmt.comments, 0),
            Statement::Line(line) => self.line(line, 0),
            Statement::Block(id) => {
                let block = self.tree.block(id);
                self.comments(block.before, 0);
                self.block_head(block);
                for line in &block.lines {
                    self.line(*line, 1);
                }
                // The go command prints comments at a block's end without indentation.
                self.comments(block.close_before, 0);
                self.start_line();
                self.bytes.push(b')');
                self.suffix(block.close_suffix, 0);
                self.end_line();
            }
        }
    }

    /// A statement with as many of its bytes as still hold.
    fn lossless(&mut self, stmt: &Stmt) {
        match (stmt.what, stmt.origin) {
            (Statement::Line(line), _) => self.lossless_line(line, 0),
            (Statement::Block(id), Some((_, whole))) => self.lossless_block(id, whole),
            (Statement::Comments, Some((_, whole))) => self.copy_lines(whole),
            _ => self.statement(stmt),
        }
    }

    fn lossless_block(&mut self, id: BlockId, whole: TextRange) {
        let block = self.tree.block(id);
        match block.origin {
            _ if !block.touched => self.copy_lines(whole),
            Some((head, foot)) => {
                self.copy_lines(head);
                for line in &block.lines {
                    self.lossless_line(*line, 1);
                }
                self.copy_lines(foot);
            }
            // Made from a line, or `verb ()` that has got lines.
            None => {
                self.comments(block.before, 0);
                self.block_head(block);
                for line in &block.lines {
                    self.lossless_line(*line, 1);
                }
                self.comments(block.close_before, 0);
                self.start_line();
                self.bytes.push(b')');
                self.suffix(block.close_suffix, 0);
                self.end_line();
            }
        }
    }

    fn lossless_line(&mut self, id: LineId, margin: usize) {
        let line = self.tree.line(id);
        match line.origin {
            Some(origin) if self.tree.is_unchanged(line) => self.copy_lines(origin.whole),
            Some(origin) if origin.in_block == line.block.is_some() => {
                self.splice(line, origin, margin)
            }
            _ => self.line(id, margin),
        }
    }

    /// Writes a line's bytes with only the changed tokens and comments replaced.
    fn splice(&mut self, line: &Line, origin: Origin, margin: usize) {
        let tree = self.tree;
        let read = &tree.tokens[origin.tokens.indices()];
        let (Some(first), Some(last)) = (read.first(), read.last()) else {
            return;
        };
        self.start_line();
        let mut at = origin.whole.start;
        if line.before != origin.before {
            self.comments(line.before, margin);
            let above = TextRange {
                start: at,
                end: first.at.start,
            };
            let indent = tree.text.get(above).rfind('\n').map_or(0, |i| i + 1);
            at += indent as u32;
        }
        if line.tokens == origin.tokens {
            for token in read.iter().filter(|token| token.edited) {
                self.copy(TextRange {
                    start: at,
                    end: token.at.start,
                });
                self.copy(token.canonical);
                at = token.at.end;
            }
        } else {
            self.copy(TextRange {
                start: at,
                end: first.at.start,
            });
            self.tokens(line.tokens);
            at = last.at.end;
        }
        if line.suffix != origin.suffix {
            self.copy(TextRange {
                start: at,
                end: last.at.end,
            });
            at = last.at.end;
            let old = tree.comments[origin.suffix.indices()].first();
            let new = tree.comments[line.suffix.indices()].first();
            match (old, new) {
                (Some(old), Some(new)) => {
                    self.copy(TextRange {
                        start: at,
                        end: old.at.start,
                    });
                    self.copy(new.text);
                }
                (None, Some(new)) => {
                    self.bytes.push(b' ');
                    self.copy(new.text);
                }
                _ => {}
            }
            at = old.map_or(at, |old| old.at.end);
        }
        self.copy(TextRange {
            start: at,
            end: origin.whole.end,
        });
    }

    fn block_head(&mut self, block: &Block) {
        self.start_line();
        self.tokens(block.tokens);
        self.bytes.extend_from_slice(b" (");
        self.suffix(block.open_suffix, 1);
        self.end_line();
    }

    fn line(&mut self, id: LineId, margin: usize) {
        let line = self.tree.line(id);
        self.comments(line.before, margin);
        self.start_line();
        self.indent(margin);
        self.tokens(line.tokens);
        if line.suffix.len == 0 {
            // An empty last token leaves the blank before it.
            while matches!(self.bytes.last(), Some(b' ' | b'\t')) {
                self.bytes.pop();
            }
        }
        self.suffix(line.suffix, margin);
        self.end_line();
    }

    fn tokens(&mut self, run: Run) {
        let tree = self.tree;
        let mut blank = false;
        for token in &tree.tokens[run.indices()] {
            let written = self.form == Form::Written && !token.edited;
            let range = if written { token.at } else { token.canonical };
            let text = tree.text.get(range);
            if blank && !matches!(text, "," | ")" | "]" | "}") {
                self.bytes.push(b' ');
            }
            self.copy(range);
            blank = !matches!(text, "(" | "[" | "{");
        }
    }

    /// Whole-line comments; an empty one is a blank line.
    fn comments(&mut self, run: Run, margin: usize) {
        for comment in &self.tree.comments[run.indices()] {
            if comment.text.is_empty() {
                self.blank_line();
            } else {
                self.start_line();
                self.indent(margin);
                self.trimmed(comment.text);
                self.end_line();
            }
        }
    }

    /// Comments behind what is on the line.
    fn suffix(&mut self, run: Run, margin: usize) {
        for (index, comment) in self.tree.comments[run.indices()].iter().enumerate() {
            if index == 0 {
                self.bytes.push(b' ');
            } else {
                self.end_line();
                self.indent(margin);
            }
            self.trimmed(comment.text);
        }
    }

    fn trimmed(&mut self, range: TextRange) {
        let text = self.tree.text.get(range);
        let start = text.len() - text.trim_start().len();
        let end = text.trim_end().len().max(start);
        let at = |offset: usize| range.start + offset as u32;
        self.copy(TextRange {
            start: at(start),
            end: at(end),
        });
    }

    fn indent(&mut self, margin: usize) {
        self.bytes.extend(std::iter::repeat_n(b'\t', margin));
    }

    /// Ends the line unless the text is at the start of one.
    fn start_line(&mut self) {
        if !self.bytes.is_empty() && !self.bytes.ends_with(b"\n") {
            self.end_line();
        }
    }

    fn end_line(&mut self) {
        if self.form == Form::Canonical {
            // An empty last token has left a blank.
            let end = self.bytes.trim_ascii_end().len();
            let blanks = self.bytes[end..]
                .iter()
                .rev()
                .take_while(|b| matches!(b, b' ' | b'\t'));
            self.bytes.truncate(self.bytes.len() - blanks.count());
            // A line of one empty token is a blank line, and there is one blank line at most.
            if self.bytes.is_empty() || self.bytes.ends_with(b"\n\n") {
                return;
            }
        }
        self.bytes.extend_from_slice(self.line_end.as_bytes());
    }

    /// A blank line, but neither at the top nor behind another one.
    fn blank_line(&mut self) {
        self.start_line();
        let text = self
            .bytes
            .strip_suffix(b"\n")
            .map(|t| t.strip_suffix(b"\r").unwrap_or(t));
        if text.is_some_and(|text| !text.ends_with(b"\n")) {
            self.end_line();
        }
    }

    /// Whole lines of the source.
    fn copy_lines(&mut self, range: TextRange) {
        self.start_line();
        self.copy(range);
    }

    fn copy(&mut self, range: TextRange) {
        self.tree.text.copy(range, &mut self.bytes);
    }
}
