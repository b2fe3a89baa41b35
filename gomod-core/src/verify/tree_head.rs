//! Tree heads: the size and the hash of the log's tree, as the text of a signed note.
//!
//! The format is that of `tlog.FormatTree`: a fixed first line, the size, the hash; more lines may follow.

use std::fmt;

use super::tree::{Hash, empty_tree};

const FIRST_LINE: &str = "go.sum database tree";

/// The size and the hash of a log's tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TreeHead {
    /// The number of records; at most `i64::MAX`, as in Go.
    pub size: u64,
    /// The hash of the tree.
    pub hash: Hash,
}

/// The text of a note is no tree head.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("malformed tree head: {0}")]
pub struct TreeHeadError(pub &'static str);

impl TreeHead {
    /// Parses the text of a signed note; lines behind the third are ignored.
    ///
    /// # Errors
    /// [`TreeHeadError`] names the rule that is broken.
    pub fn parse(text: &str) -> Result<Self, TreeHeadError> {
        let mut lines = text
            .split_inclusive('\n')
            .map(|line| line.strip_suffix('\n'));
        let mut line = || {
            lines
                .next()
                .flatten()
                .ok_or(TreeHeadError("fewer than three lines"))
        };
        if line()? != FIRST_LINE {
            return Err(TreeHeadError("not a tree of a go.sum database"));
        }
        let size = parse_size(line()?).ok_or(TreeHeadError("malformed size"))?;
        let hash = line()?
            .parse()
            .map_err(|_| TreeHeadError("malformed hash"))?;
        if size == 0 && hash != empty_tree() {
            return Err(TreeHeadError("wrong hash of the empty tree"));
        }
        Ok(Self { size, hash })
    }
}

impl fmt::Display for TreeHead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{FIRST_LINE}\n{}\n{}", self.size, self.hash)
    }
}

/// A decimal number without sign or leading zeros that fits 63 bits.
fn parse_size(text: &str) -> Option<u64> {
    let size: i64 = text.parse().ok()?;
    (size.to_string() == text).then(|| u64::try_from(size).ok())?
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;

    #[test]
    fn prints_and_parses() {
        let hash: Hash = "nND/nri/U0xuHUrYSy0HtMeal2vzD9V4k/BO79C+QeI="
            .parse()
            .unwrap();
        for size in [1, 2, 72_097_574, i64::MAX as u64] {
            let head = TreeHead { size, hash };
            assert_eq!(TreeHead::parse(&head.to_string()), Ok(head));
            assert_eq!(TreeHead::parse(&format!("{head}more\nlines")), Ok(head));
        }
        let empty = TreeHead {
            size: 0,
            hash: empty_tree(),
        };
        assert_eq!(TreeHead::parse(&empty.to_string()), Ok(empty));
    }

    #[test]
    fn malformed_heads() {
        let hash = "nND/nri/U0xuHUrYSy0HtMeal2vzD9V4k/BO79C+QeI=";
        for bad in [
            String::new(),
            "go.sum database tree\n".into(),
            "go.sum database tree\n2\n".into(),
            format!("go.sum database tree\n2\n{hash}"),
            format!("go.sum database tree v2\n2\n{hash}\n"),
            format!("go.sum database tree\n\n{hash}\n"),
            format!("go.sum database tree\n-2\n{hash}\n"),
            format!("go.sum database tree\n+2\n{hash}\n"),
            format!("go.sum database tree\n02\n{hash}\n"),
            format!("go.sum database tree\n 2\n{hash}\n"),
            format!("go.sum database tree\n9223372036854775808\n{hash}\n"),
            format!("go.sum database tree\n0\n{hash}\n"),
            format!("go.sum database tree\n2\n{hash} \n"),
            format!("go.sum database tree\n2\n{}\n", &hash[1..]),
        ] {
            assert!(TreeHead::parse(&bad).is_err(), "{bad:?}");
        }
    }
}
