//! The head of a Go file: build constraints, package clause and import declarations (Go specification,
//! "Source file organization"). What follows is not read.

use super::constraint;

/// What the head of a Go file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GoFile {
    /// The import paths in the order of the file, without `C`.
    pub imports: Vec<String>,
    /// Whether no platform builds the file, such as under `//go:build ignore`.
    pub ignored: bool,
}

/// Reads the head of a Go file. A syntax error ends the reading; what was found before it counts.
pub fn read_go_file(text: &[u8]) -> GoFile {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut file = GoFile {
        imports: Vec::new(),
        ignored: !constraint::some_platform_builds(text),
    };
    let mut tokens = Tokens { rest: text };
    if tokens.next() != Some(Token::Word(b"package")) {
        return file;
    }
    tokens.next();
    loop {
        match tokens.next() {
            Some(Token::Other(b';')) => {}
            Some(Token::Word(b"import")) => {
                if !read_import(&mut tokens, &mut file.imports) {
                    return file;
                }
            }
            _ => return file,
        }
    }
}

/// Reads what follows the word `import`; says whether it was well-formed.
fn read_import(tokens: &mut Tokens<'_>, found: &mut Vec<String>) -> bool {
    let mut add = |path: &[u8]| {
        if let Ok(path) = std::str::from_utf8(path)
            && path != "C"
        {
            found.push(path.to_owned());
        }
    };
    let mut token = tokens.next();
    if token == Some(Token::Other(b'(')) {
        loop {
            match tokens.next() {
                Some(Token::Other(b')')) => return true,
                Some(Token::Other(b';' | b'.') | Token::Word(_)) => {}
                Some(Token::Text(path)) => add(path),
                _ => return false,
            }
        }
    }
    if matches!(token, Some(Token::Word(_) | Token::Other(b'.'))) {
        token = tokens.next();
    }
    match token {
        Some(Token::Text(path)) => {
            add(path);
            true
        }
        _ => false,
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a [u8]),
    /// A string literal without its quotes. One with escapes is no import path and comes as it stands.
    Text(&'a [u8]),
    Other(u8),
}

/// Tokens without white space and comments.
struct Tokens<'a> {
    rest: &'a [u8],
}

impl<'a> Tokens<'a> {
    fn next(&mut self) -> Option<Token<'a>> {
        self.skip();
        let (first, after) = self.rest.split_first()?;
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80;
        match first {
            b'"' | b'`' => {
                let end = after.iter().position(|byte| {
                    byte == first || *first == b'"' && matches!(byte, b'\\' | b'\n')
                })?;
                let (text, rest) = after.split_at_checked(end)?;
                if rest.first() != Some(first) {
                    return None; // an escape, or a line end: no import path
                }
                self.rest = rest.get(1..)?;
                Some(Token::Text(text))
            }
            _ if is_word(first) => {
                let end = self.rest.iter().position(|byte| !is_word(byte));
                let (word, rest) = self.rest.split_at_checked(end.unwrap_or(self.rest.len()))?;
                self.rest = rest;
                Some(Token::Word(word))
            }
            _ => {
                self.rest = after;
                Some(Token::Other(*first))
            }
        }
    }

    fn skip(&mut self) {
        loop {
            let blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
            let start = self.rest.iter().position(|byte| !blank(byte));
            self.rest = start
                .and_then(|start| self.rest.get(start..))
                .unwrap_or_default();
            let end = if self.rest.starts_with(b"//") {
                self.rest.iter().position(|byte| *byte == b'\n')
            } else if self.rest.starts_with(b"/*") {
                let close = self.rest.get(2..).unwrap_or_default();
                close
                    .windows(2)
                    .position(|two| two == b"*/")
                    .map(|at| at + 4)
            } else {
                return;
            };
            self.rest = end.and_then(|end| self.rest.get(end..)).unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn imports(text: &str) -> Vec<String> {
        read_go_file(text.as_bytes()).imports
    }

    #[test]
    fn every_form_of_import_is_found() {
        let text = "\u{feff}// Copyright\n/* more\n */ package main // here\n\
            import \"a.b/c\"\nimport ( \"fmt\"; x \"a.b/d\"\n\t. \"a.b/e\" // e\n\t_ `a.b/f`\n)\n\
            import \"C\"\nimport y \"a.b/g\"; import ()\n\
            func main() { _ = `import \"no\"` }\nimport \"a.b/late\"\n";
        assert_eq!(
            imports(text),
            ["a.b/c", "fmt", "a.b/d", "a.b/e", "a.b/f", "a.b/g"]
        );
    }

    #[test]
    fn what_is_no_go_file_has_no_imports() {
        for text in [
            "",
            "import \"a\"",
            "package",
            "/* open",
            "package x; import \"a\\x\"",
            "\0",
        ] {
            assert_eq!(imports(text), [""; 0], "{text:?}");
        }
    }

    #[test]
    fn imports_before_a_syntax_error_count() {
        assert_eq!(
            imports("package x\nimport \"a\"\nimport (\"b\"\n5"),
            ["a", "b"]
        );
    }
}
