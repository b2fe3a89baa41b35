//! The source text of a file and the text that edits add, behind one address space.
//!
//! Offsets below the length of the source lie in the source, all others in the text added later, so
//! that a token is two numbers whether it was read or written. Bytes that are no UTF-8 are kept aside:
//! the go command reads each as U+FFFD, and so does this crate, but writes it back unchanged.

use std::sync::Arc;

/// A range of bytes in a [`Text`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct TextRange {
    pub(crate) start: u32,
    pub(crate) end: u32,
}

impl TextRange {
    /// The range between two offsets; files are limited far below 4 GiB.
    pub(crate) fn new(start: usize, end: usize) -> Self {
        Self {
            start: start as u32,
            end: end as u32,
        }
    }

    pub(crate) fn is_empty(self) -> bool {
        self.start == self.end
    }
}

/// A source text with what edits have added to it.
#[derive(Debug, Clone)]
pub(crate) struct Text {
    source: Arc<str>,
    added: String,
    /// Offsets of U+FFFD in the source that stand for one invalid byte each.
    invalid: Vec<(u32, u8)>,
}

impl Text {
    /// Takes a file's content.
    pub(crate) fn new(bytes: &[u8]) -> Self {
        let (source, invalid) = decode(bytes);
        Self {
            source,
            added: String::new(),
            invalid,
        }
    }

    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    pub(crate) fn is_utf8(&self) -> bool {
        self.invalid.is_empty()
    }

    /// Whether a range of the source holds bytes that are no UTF-8.
    pub(super) fn is_broken(&self, range: TextRange) -> bool {
        let inside = |(at, _): &(u32, u8)| (range.start..range.end).contains(at);
        self.invalid.iter().any(inside)
    }

    pub(crate) fn get(&self, range: TextRange) -> &str {
        let (start, end) = (range.start as usize, range.end as usize);
        match start.checked_sub(self.source.len()) {
            None => self.source.get(start..end).unwrap_or_default(),
            Some(shifted) => self
                .added
                .get(shifted..end - self.source.len())
                .unwrap_or_default(),
        }
    }

    /// Adds new text and says where it is.
    pub(crate) fn add(&mut self, text: &str) -> TextRange {
        let start = self.source.len() + self.added.len();
        self.added.push_str(text);
        TextRange::new(start, start + text.len())
    }

    /// Appends the bytes of `range` to `out`, invalid ones as they were in the file.
    pub(crate) fn copy(&self, range: TextRange, out: &mut Vec<u8>) {
        let mut at = range.start;
        if !self.invalid.is_empty() && (range.end as usize) <= self.source.len() {
            let from = self
                .invalid
                .partition_point(|(offset, _)| *offset < range.start);
            for &(offset, byte) in &self.invalid[from..] {
                if offset >= range.end {
                    break;
                }
                out.extend_from_slice(
                    self.get(TextRange {
                        start: at,
                        end: offset,
                    })
                    .as_bytes(),
                );
                out.push(byte);
                at = offset + char::REPLACEMENT_CHARACTER.len_utf8() as u32;
            }
        }
        out.extend_from_slice(
            self.get(TextRange {
                start: at,
                end: range.end,
            })
            .as_bytes(),
        );
    }

    /// The line end in use: that of the first line.
    pub(crate) fn line_end(&self) -> &'static str {
        match self.source.find('\n') {
            Some(at) if self.source[..at].ends_with('\r') => "\r\n",
            _ => "\n",
        }
    }
}

/// Decodes as Go does: every byte that is no part of a valid sequence becomes one U+FFFD.
pub(crate) fn decode(bytes: &[u8]) -> (Arc<str>, Vec<(u32, u8)>) {
    if let Ok(text) = str::from_utf8(bytes) {
        return (Arc::from(text), Vec::new());
    }
    let mut text = String::with_capacity(bytes.len() + 16);
    let mut invalid = Vec::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for &byte in chunk.invalid() {
            invalid.push((text.len() as u32, byte));
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
    (Arc::from(text), invalid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_bytes_come_back() {
        let bytes = b"a\xff\xe2\x82b\xc3\xa9\xffc";
        let text = Text::new(bytes);
        assert_eq!(text.source(), "a\u{fffd}\u{fffd}\u{fffd}bé\u{fffd}c");
        let mut out = Vec::new();
        text.copy(TextRange::new(0, text.source().len()), &mut out);
        assert_eq!(out, bytes);
    }

    #[test]
    fn added_text_has_addresses_behind_the_source() {
        let mut text = Text::new(b"abc\r\n");
        let one = text.add("one");
        let two = text.add("two");
        assert_eq!((text.get(one), text.get(two)), ("one", "two"));
        assert_eq!(text.line_end(), "\r\n");
    }
}
