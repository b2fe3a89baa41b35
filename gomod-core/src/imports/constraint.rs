//! Build constraints as a union over all platforms: `//go:build` lines, else `// +build` lines
//! (`go help buildconstraint`).
//!
//! Every tag may be set and may be unset, but `ignore` is never set: what cmd/go calls `AnyTags`.

/// The deepest nesting of a constraint that is followed; a deeper one counts as malformed.
const MAX_DEPTH: usize = 100;

/// Whether a file with this text is built on some platform, as far as its constraints tell.
pub(super) fn some_platform_builds(text: &[u8]) -> bool {
    let header = header(text);
    let go_build = header
        .lines
        .iter()
        .find_map(|line| rest_of_word(line, "//go:build"));
    if let Some(expression) = go_build {
        return evaluate(expression).unwrap_or(false);
    }
    header
        .lines
        .iter()
        .take(header.before_last_blank)
        .filter_map(|line| rest_of_word(line.strip_prefix("//")?.trim_start(), "+build"))
        .all(old_line)
}

struct Header<'a> {
    /// The line comments before the package clause.
    lines: Vec<&'a str>,
    /// How many of them stand before the last blank line: only those may be `+build` lines.
    before_last_blank: usize,
}

/// The line comments in front of the first line that is neither blank nor a comment.
fn header(text: &[u8]) -> Header<'_> {
    let mut header = Header {
        lines: Vec::new(),
        before_last_blank: 0,
    };
    let mut in_block = false;
    for line in text.split(|byte| *byte == b'\n') {
        let Ok(line) = std::str::from_utf8(line) else {
            break;
        };
        let mut line = line.trim();
        if line.is_empty() && !in_block {
            header.before_last_blank = header.lines.len();
            continue;
        }
        if !in_block && line.starts_with("//") {
            header.lines.push(line);
            continue;
        }
        // Block comments, maybe several on a line; anything else ends the header.
        while !line.is_empty() {
            if in_block {
                match line.split_once("*/") {
                    Some((_, after)) => (in_block, line) = (false, after.trim_start()),
                    None => break,
                }
            } else if let Some(after) = line.strip_prefix("/*") {
                (in_block, line) = (true, after);
            } else if line.starts_with("//") {
                break;
            } else {
                return header;
            }
        }
    }
    header
}

/// What follows `word`, if the line begins with it as a whole word.
fn rest_of_word<'a>(line: &'a str, word: &str) -> Option<&'a str> {
    let rest = line.strip_prefix(word)?;
    (rest.is_empty() || rest.starts_with([' ', '\t'])).then(|| rest.trim())
}

/// `a,!b c`: some alternative, of which each part holds. An empty line is malformed and passed over.
fn old_line(line: &str) -> bool {
    let mut alternatives = line.split_whitespace().peekable();
    alternatives.peek().is_none()
        || alternatives.any(|parts| {
            parts.split(',').all(|part| match part.strip_prefix('!') {
                Some(_) => true,
                None => part != "ignore",
            })
        })
}

/// Whether some choice of tags satisfies the expression, tag by tag; `None` when it is malformed.
fn evaluate(expression: &str) -> Option<bool> {
    let mut parser = Parser {
        rest: expression,
        depth: 0,
    };
    let value = parser.or(true)?;
    parser.rest.trim().is_empty().then_some(value)
}

struct Parser<'a> {
    rest: &'a str,
    depth: usize,
}

impl Parser<'_> {
    /// `prefer` is what a tag is taken to be: true, and below a `!` false, so that its negation holds.
    fn or(&mut self, prefer: bool) -> Option<bool> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let mut value = self.and(prefer)?;
        while self.take("||") {
            value |= self.and(prefer)?;
        }
        self.depth -= 1;
        Some(value)
    }

    fn and(&mut self, prefer: bool) -> Option<bool> {
        let mut value = self.not(prefer)?;
        while self.take("&&") {
            value &= self.not(prefer)?;
        }
        Some(value)
    }

    fn not(&mut self, prefer: bool) -> Option<bool> {
        if self.take("!") {
            // The go command takes no double negation.
            return (!self.rest.trim_start().starts_with('!'))
                .then(|| self.not(!prefer))?
                .map(|value| !value);
        }
        if self.take("(") {
            let value = self.or(prefer)?;
            return self.take(")").then_some(value);
        }
        let rest = self.rest.trim_start();
        let is_tag = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
        let end = rest.find(|c| !is_tag(c)).unwrap_or(rest.len());
        let (tag, after) = rest.split_at_checked(end)?;
        self.rest = after;
        (!tag.is_empty()).then_some(prefer && tag != "ignore")
    }

    fn take(&mut self, token: &str) -> bool {
        match self.rest.trim_start().strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_count_as_a_union() {
        let cases = [
            ("package p", true),
            ("//go:build linux\n\npackage p", true),
            ("//go:build !linux && !windows\npackage p", true),
            ("//go:build ignore\n\npackage p", false),
            ("//go:build !ignore\n\npackage p", true),
            ("//go:build (ignore || tools) && go1.21\n\npackage p", true),
            ("//go:build ignore && tools\n\npackage p", false),
            ("//go:build !(ignore)\n\npackage p", true),
            ("//go:build !!ignore\n\npackage p", false),
            ("//go:build\n\npackage p", false),
            ("//go:build a b\n\npackage p", false),
            ("//go:buildignore\n\npackage p", true),
            ("/* x */ /* y\n */\n// +build ignore\n\npackage p", false),
            ("// +build ignore\npackage p", true),
            ("//+build ignore\n\npackage p", false),
            ("// +build ignore,linux !darwin\n\npackage p", true),
            ("//go:build linux\n// +build ignore\n\npackage p", true),
            ("package p\n\n//go:build ignore\n", true),
            ("\r\n//go:build ignore\r\n\r\npackage p", false),
        ];
        for (text, built) in cases {
            assert_eq!(some_platform_builds(text.as_bytes()), built, "{text:?}");
        }
        let deep = format!("//go:build {}a{}\n", "(".repeat(9000), ")".repeat(9000));
        assert!(!some_platform_builds(deep.as_bytes()));
    }
}
