//! Tokens, as nom parsers over the rest of the text.
//!
//! One token is read at a time and none is copied. White space is a blank, a tab or a carriage return;
//! a comment swallows the end of its line, which is why each token says whether it ends a line.

use nom::bytes::complete::{take, take_till};
use nom::character::complete::one_of;
use nom::error::{ErrorKind, ParseError};
use nom::{IResult, Parser};

use super::error::{SyntaxError, SyntaxErrorKind};
use super::quote::is_word_char;
use super::text::TextRange;
use crate::diag::Span;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// The end of the text.
    End,
    /// The end of a line.
    Newline,
    /// A comment, with the end of its line.
    Comment,
    /// One of `( ) [ ] { } ,`.
    Punctuation(u8),
    /// A bare word without quotes.
    Word,
    /// A quoted string, or a word with quotes in it.
    Quoted,
}

/// A token and where it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lexeme {
    pub(super) kind: Kind,
    pub(super) range: TextRange,
}

impl Lexeme {
    /// Whether no more tokens follow on the line.
    pub(super) fn ends_line(self) -> bool {
        matches!(self.kind, Kind::End | Kind::Newline | Kind::Comment)
    }

    pub(super) fn is(self, punctuation: u8) -> bool {
        self.kind == Kind::Punctuation(punctuation)
    }
}

/// A place in the text.
pub(super) struct Lexer<'a> {
    source: &'a str,
    rest: &'a str,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(source: &'a str) -> Self {
        Self {
            source,
            rest: source,
        }
    }

    /// The offset behind the last token.
    pub(super) fn offset(&self) -> usize {
        self.source.len() - self.rest.len()
    }

    /// Reads the next token.
    pub(super) fn next(&mut self) -> Result<Lexeme, SyntaxError> {
        match lexeme(self.rest) {
            Ok((rest, (kind, text))) => {
                let start = self.source.len() - rest.len();
                // A comment's text ends before its line end, so its place is found from its address.
                let start = match kind {
                    Kind::Comment => text.as_ptr() as usize - self.source.as_ptr() as usize,
                    _ => start - text.len(),
                };
                self.rest = rest;
                Ok(Lexeme {
                    kind,
                    range: TextRange::new(start, start + text.len()),
                })
            }
            Err(nom::Err::Error(fault) | nom::Err::Failure(fault)) => {
                let start = self.source.len() - fault.at.len();
                let width = fault.at.chars().next().map_or(0, char::len_utf8);
                Err(SyntaxError {
                    span: Span::new(start, start + width),
                    kind: fault.kind,
                })
            }
            Err(nom::Err::Incomplete(_)) => Err(SyntaxError {
                span: Span::new(self.source.len(), self.source.len()),
                kind: SyntaxErrorKind::UnclosedString,
            }),
        }
    }
}

/// A fault at the start of `at`.
#[derive(Debug)]
struct Fault<'a> {
    at: &'a str,
    kind: SyntaxErrorKind,
}

impl<'a> ParseError<&'a str> for Fault<'a> {
    fn from_error_kind(at: &'a str, _: ErrorKind) -> Self {
        let kind = match at.chars().next() {
            Some('\u{feff}') => SyntaxErrorKind::ByteOrderMark,
            c => SyntaxErrorKind::UnexpectedCharacter(c.unwrap_or('\0')),
        };
        Self { at, kind }
    }

    fn append(_: &'a str, _: ErrorKind, other: Self) -> Self {
        other
    }
}

type Parsed<'a, T> = IResult<&'a str, T, Fault<'a>>;

fn lexeme(input: &str) -> Parsed<'_, (Kind, &str)> {
    let (input, _) = blanks(input)?;
    match input.as_bytes() {
        [] => Ok((input, (Kind::End, ""))),
        [b'/', b'/', ..] => comment.map(|text| (Kind::Comment, text)).parse(input),
        [b'"' | b'`', ..] => quoted.map(|text| (Kind::Quoted, text)).parse(input),
        [b'\n', ..] => take(1_usize).map(|text| (Kind::Newline, text)).parse(input),
        [c @ (b'(' | b')' | b'[' | b']' | b'{' | b'}' | b','), ..] => take(1_usize)
            .map(|text| (Kind::Punctuation(*c), text))
            .parse(input),
        _ => word(input),
    }
}

fn blanks(input: &str) -> Parsed<'_, &str> {
    let end = input
        .bytes()
        .position(|b| !matches!(b, b' ' | b'\t' | b'\r'));
    let (blanks, rest) = input.split_at(end.unwrap_or(input.len()));
    Ok((rest, blanks))
}

/// `// …` to the end of the line; LF or CR LF is read but not part of it.
fn comment(input: &str) -> Parsed<'_, &str> {
    let Some(end) = input.bytes().position(|b| b == b'\n') else {
        return Ok(("", input));
    };
    let (rest, text) = (&input[end + 1..], &input[..end]);
    Ok((rest, text.strip_suffix('\r').unwrap_or(text)))
}

/// A string in double or back quotes, with its quotes. A backslash in the former takes any next
/// character with it, even a line end.
fn quoted(input: &str) -> Parsed<'_, &str> {
    let (mut rest, quote) = one_of("\"`").parse(input)?;
    loop {
        (rest, _) = take_till(|c| c == quote || c == '\n' || c == '\\').parse(rest)?;
        let mut chars = rest.chars();
        match chars.next() {
            None => return Err(failure(input, SyntaxErrorKind::UnclosedString)),
            Some('\n') => return Err(failure(rest, SyntaxErrorKind::NewlineInString)),
            Some('\\') => {
                if quote == '"' && chars.next().is_none() {
                    return Err(failure(input, SyntaxErrorKind::UnclosedString));
                }
                rest = chars.as_str();
            }
            Some(_) => {
                rest = chars.as_str();
                return Ok((rest, &input[..input.len() - rest.len()]));
            }
        }
    }
}

/// A bare word; it ends before a comment, without a blank in between.
fn word(input: &str) -> Parsed<'_, (Kind, &str)> {
    let bytes = input.as_bytes();
    let mut kind = Kind::Word;
    let mut end = 0;
    loop {
        let plain = |byte: &u8| CLASS[usize::from(*byte)] as u8 == Class::Word as u8;
        end += bytes[end..].iter().take_while(|byte| plain(byte)).count();
        let Some(&byte) = bytes.get(end) else {
            break;
        };
        match CLASS[usize::from(byte)] {
            Class::Word => {}
            Class::Quote => {
                kind = Kind::Quoted;
                end += 1;
            }
            Class::Slash => match bytes.get(end + 1) {
                Some(b'/') => break,
                Some(b'*') => return Err(failure(&input[end..], SyntaxErrorKind::BlockComment)),
                _ => end += 1,
            },
            Class::End => break,
            Class::Long => match input[end..].chars().next() {
                Some(c) if is_word_char(c) => end += c.len_utf8(),
                _ => break,
            },
        }
    }
    if end == 0 {
        return Err(nom::Err::Error(Fault::from_error_kind(
            input,
            ErrorKind::TakeWhile1,
        )));
    }
    Ok((&input[end..], (kind, &input[..end])))
}

/// What a byte is to a word.
#[derive(Clone, Copy)]
enum Class {
    Word,
    Quote,
    Slash,
    End,
    /// Part of a longer character.
    Long,
}

const CLASS: [Class; 256] = {
    let mut table = [Class::End; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            b'(' | b')' | b'[' | b']' | b'{' | b'}' | b',' => Class::End,
            b'"' | b'\'' | b'`' => Class::Quote,
            b'/' => Class::Slash,
            0x21..=0x7e => Class::Word,
            0x80.. => Class::Long,
            _ => Class::End,
        };
        byte += 1;
    }
    table
};

fn failure(at: &str, kind: SyntaxErrorKind) -> nom::Err<Fault<'_>> {
    nom::Err::Failure(Fault { at, kind })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn tokens(source: &str) -> Vec<(Kind, &str)> {
        let mut lexer = Lexer::new(source);
        let mut out = Vec::new();
        loop {
            let lexeme = lexer.next().unwrap();
            let text = &source[lexeme.range.start as usize..lexeme.range.end as usize];
            if lexeme.kind == Kind::End {
                return out;
            }
            out.push((lexeme.kind, text));
        }
    }

    #[test]
    fn tokens_of_a_line() {
        let p = Kind::Punctuation;
        assert_eq!(
            tokens("a[b,`c`]\"d\\\"e\"é// x\r\n\r\n(//y\r"),
            [
                (Kind::Word, "a"),
                (p(b'['), "["),
                (Kind::Word, "b"),
                (p(b','), ","),
                (Kind::Quoted, "`c`"),
                (p(b']'), "]"),
                (Kind::Quoted, "\"d\\\"e\""),
                (Kind::Word, "é"),
                (Kind::Comment, "// x"),
                (Kind::Newline, "\n"),
                (p(b'('), "("),
                (Kind::Comment, "//y\r"),
            ]
        );
        assert_eq!(
            tokens("http://x"),
            [(Kind::Word, "http:"), (Kind::Comment, "//x")]
        );
        assert_eq!(
            tokens("a\"b \"c\\\nd\""),
            [(Kind::Quoted, "a\"b"), (Kind::Quoted, "\"c\\\nd\"")]
        );
    }

    #[test]
    fn faults() {
        let fault = |source: &str| {
            let mut lexer = Lexer::new(source);
            loop {
                match lexer.next() {
                    Ok(lexeme) => assert_ne!(lexeme.kind, Kind::End, "{source}"),
                    Err(error) => return (error.span.start, error.kind),
                }
            }
        };
        assert_eq!(fault("a /* b"), (2, SyntaxErrorKind::BlockComment));
        assert_eq!(fault("a/* b"), (1, SyntaxErrorKind::BlockComment));
        assert_eq!(fault("\u{feff}a"), (0, SyntaxErrorKind::ByteOrderMark));
        assert_eq!(
            fault("a\u{b}"),
            (1, SyntaxErrorKind::UnexpectedCharacter('\u{b}'))
        );
        assert_eq!(
            fault("a\0"),
            (1, SyntaxErrorKind::UnexpectedCharacter('\0'))
        );
        assert_eq!(fault("a \"b"), (2, SyntaxErrorKind::UnclosedString));
        assert_eq!(fault("a \"b\\"), (2, SyntaxErrorKind::UnclosedString));
        assert_eq!(fault("a `b\n`"), (4, SyntaxErrorKind::NewlineInString));
    }
}
