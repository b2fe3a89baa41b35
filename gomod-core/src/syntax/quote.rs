//! Quoted strings, by the rules of Go's `strconv`, and which characters a bare token may hold.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::text::decode;

/// Whether `text` must be quoted to stand as a single token in a line (`modfile.MustQuote`).
pub fn must_quote(text: &str) -> bool {
    text.is_empty()
        || text.contains("//")
        || text.contains("/*")
        || text.chars().any(|c| match c {
            ' ' | '"' | '\'' | '`' => true,
            '(' | ')' | '[' | ']' | '{' | '}' | ',' => text.len() > 1,
            c => !is_print(c),
        })
}

/// `text` itself or, where it could not stand as a single token, its quotation (`modfile.AutoQuote`).
pub fn auto_quote(text: &str) -> Cow<'_, str> {
    if must_quote(text) {
        Cow::Owned(quote(text))
    } else {
        Cow::Borrowed(text)
    }
}

/// The value of a token: a `"…"` string is unquoted, a bare token stands for itself.
///
/// `None` for malformed strings, and for bare tokens that hold a quote of any kind: back-quoted strings
/// are tokens, but no directive accepts them.
pub(crate) fn unquote(token: &str) -> Option<Cow<'_, str>> {
    if let Some(rest) = token.strip_prefix('"') {
        return unescape(rest.strip_suffix('"')?);
    }
    if token.bytes().any(|b| matches!(b, b'"' | b'\'' | b'`')) {
        return None;
    }
    Some(Cow::Borrowed(token))
}

/// Whether a bare token may hold `c`: printable, no white space, no bracket and no comma.
pub(crate) fn is_word_char(c: char) -> bool {
    match c {
        '(' | ')' | '[' | ']' | '{' | '}' | ',' => false,
        c if c.is_ascii() => c.is_ascii_graphic(),
        c => !c.is_whitespace() && is_print(c),
    }
}

/// White space as Go's `unicode.IsSpace` has it.
pub(crate) fn is_space(c: char) -> bool {
    c.is_whitespace()
}

/// Go's `unicode.IsPrint`, without a table of its own.
///
/// The standard library's debug escapes leave exactly the same general categories as they are. Its
/// Unicode version may be newer than Go's, so characters assigned in between count as printable here.
fn is_print(c: char) -> bool {
    if c.is_ascii() {
        return matches!(c, ' '..='~');
    }
    if c == char::REPLACEMENT_CHARACTER {
        return true; // by the million in hostile files: one for each invalid byte
    }
    // Behind another character, combining marks are not escaped: Go counts them as printable.
    let mut buffer = [b'a'; 5];
    let len = c.encode_utf8(&mut buffer[1..]).len();
    str::from_utf8(&buffer[..=len]).is_ok_and(|text| text.escape_debug().nth(1) == Some(c))
}

/// `strconv.Quote`.
fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{b}' => out.push_str("\\v"),
            c if is_print(c) => out.push(c),
            c => {
                // Writing to a String cannot fail.
                let _ = match c as u32 {
                    n @ (0..0x20 | 0x7f) => write!(out, "\\x{n:02x}"),
                    n @ 0..0x10000 => write!(out, "\\u{n:04x}"),
                    n => write!(out, "\\U{n:08x}"),
                };
            }
        }
    }
    out.push('"');
    out
}

/// The inner part of a `"…"` string by `strconv.Unquote`.
fn unescape(inner: &str) -> Option<Cow<'_, str>> {
    if inner.bytes().any(|b| matches!(b, b'\n' | b'"')) && !inner.contains('\\') {
        return None;
    }
    if !inner.contains('\\') {
        return Some(Cow::Borrowed(inner));
    }
    let mut out = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '"' | '\n' => return None,
            '\\' => rest = escape(rest, &mut out)?,
            c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    // \x and octal escapes are single bytes, which need not be UTF-8 together.
    Some(Cow::Owned(decode(&out).0.as_ref().to_owned()))
}

/// Reads what follows a backslash; the text behind it, `None` when it is no escape.
fn escape<'a>(text: &'a str, out: &mut Vec<u8>) -> Option<&'a str> {
    let c = text.chars().next()?;
    let rest = &text[c.len_utf8()..];
    let plain = match c {
        'a' => 7,
        'b' => 8,
        'f' => 12,
        'n' => b'\n',
        'r' => b'\r',
        't' => b'\t',
        'v' => 11,
        '\\' => b'\\',
        '"' => b'"',
        'x' => return digits(rest, 2, 16).map(|(n, rest)| (out.push(n as u8), rest).1),
        '0'..='7' => {
            let (n, rest) = digits(text, 3, 8)?;
            out.push(u8::try_from(n).ok()?);
            return Some(rest);
        }
        'u' | 'U' => {
            let (n, rest) = digits(rest, if c == 'u' { 4 } else { 8 }, 16)?;
            let c = char::from_u32(n)?;
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            return Some(rest);
        }
        _ => return None,
    };
    out.push(plain);
    Some(rest)
}

fn digits(text: &str, count: usize, radix: u32) -> Option<(u32, &str)> {
    let (number, rest) = text.split_at_checked(count)?;
    if !number.bytes().all(|b| char::from(b).is_digit(radix)) {
        return None;
    }
    Some((u32::from_str_radix(number, radix).ok()?, rest))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn quoting() {
        for bare in [
            "a/b", "(", ",", "é", "e\u{301}", "\u{fffd}", "日本", "a\\b", "~", "a:b",
        ] {
            assert_eq!(auto_quote(bare), bare);
        }
        for (text, quoted) in [
            ("", r#""""#),
            ("a b", r#""a b""#),
            ("a(b", r#""a(b""#),
            ("a//b", r#""a//b""#),
            ("a/*b", r#""a/*b""#),
            ("a\"b\\", r#""a\"b\\""#),
            ("'", r#""'""#),
            ("\u{1}\n\u{7f}", r#""\x01\n\x7f""#),
            (
                "\u{feff}\u{ad}\u{a0}\u{e000}",
                r#""\ufeff\u00ad\u00a0\ue000""#,
            ),
            ("\u{e0001}", r#""\U000e0001""#),
        ] {
            assert_eq!(auto_quote(text), quoted);
            assert_eq!(unquote(quoted).unwrap(), text);
        }
    }

    #[test]
    fn unquoting() {
        assert_eq!(
            unquote(r#""\x41\101\u0041\U00000041\a""#).unwrap(),
            "AAAA\u{7}"
        );
        assert_eq!(unquote(r#""\xc3\xa9\xff""#).unwrap(), "é\u{fffd}");
        for bad in [
            "`a`",
            "'a'",
            "a\"b",
            "\"a",
            "\"",
            r#""\'""#,
            r#""\400""#,
            r#""\x4""#,
            r#""\ud800""#,
            r#""\q""#,
            "\"a\\\nb\"",
            r#""a"b""#,
            r#""\+41""#,
            r#""\x+4""#,
        ] {
            assert_eq!(unquote(bad), None, "{bad}");
        }
    }
}
