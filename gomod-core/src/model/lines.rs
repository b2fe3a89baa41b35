//! Small rules about single lines: their comments, `// indirect`, Go versions, directory paths.

use super::{ModulePath, PathError, Version};
use crate::syntax::{BlockId, LineId, Tree, is_space};

/// Whether a line bears an `// indirect` comment.
pub(super) fn is_indirect(tree: &Tree, line: LineId) -> bool {
    tree.comments_behind(line).next().is_some_and(|comment| {
        if comment == "// indirect" {
            return true;
        }
        let mut words = comment
            .strip_prefix("//")
            .unwrap_or(comment)
            .split(is_space)
            .filter(|w| !w.is_empty());
        match (words.next(), words.next()) {
            (Some(first), None) => first == "indirect",
            (Some(first), Some(_)) => first == "indirect;",
            _ => false,
        }
    })
}

/// Adds or removes the `// indirect` mark and keeps the rest of the comment (`Require.setIndirect`).
pub(super) fn set_indirect(tree: &mut Tree, line: LineId, indirect: bool) {
    if is_indirect(tree, line) == indirect {
        return;
    }
    let comment = tree.comments_behind(line).next().map(str::to_owned);
    let bare = |comment: &str| {
        comment
            .strip_prefix("//")
            .unwrap_or(comment)
            .trim()
            .to_owned()
    };
    let new = match comment {
        None => Some("// indirect".to_owned()),
        Some(old) if indirect => match bare(&old).as_str() {
            "" => Some("// indirect".to_owned()),
            rest => Some(format!("// indirect; {rest}")),
        },
        Some(old) if bare(&old) == "indirect" => None,
        Some(old) => Some(format!(
            "//{}",
            old.split_once("indirect;").map_or("", |(_, rest)| rest)
        )),
    };
    tree.set_suffix(line, new.as_deref());
}

/// The comments of a line, or else of its block, without slashes (`parseDirectiveComment`).
pub(super) fn directive_comment(tree: &Tree, block: Option<BlockId>, line: LineId) -> String {
    let own = tree.comments_before(line).chain(tree.comments_behind(line));
    let mut text = String::new();
    let mut first = true;
    let mut add = |comment: &str| {
        if let Some(comment) = comment.strip_prefix("//") {
            if !first {
                text.push('\n');
            }
            first = false;
            text.push_str(comment.trim());
        }
    };
    let mut any = false;
    for comment in own {
        any = true;
        add(comment);
    }
    if let (false, Some(block)) = (any, block) {
        tree.block_comments(block).for_each(add);
    }
    text
}

/// The paragraph that begins with `Deprecated:` among a module line's comments (`parseDeprecation`).
pub(super) fn deprecation(tree: &Tree, block: Option<BlockId>, line: LineId) -> Option<String> {
    const MARK: &str = "Deprecated:";
    let text = directive_comment(tree, block, line);
    let rest = match text.strip_prefix(MARK) {
        Some(rest) => rest,
        None => text.split_once("\n\nDeprecated:")?.1,
    };
    let rest = rest.trim_start_matches(' ');
    let message = rest.split_once("\n\n").map_or(rest, |(message, _)| message);
    (!message.is_empty()).then(|| message.to_owned())
}

/// Whether a text has the form that a `go` line asks for (`modfile.GoVersionRE`).
pub(super) fn is_go_version(text: &str) -> bool {
    let parse = || {
        let rest = positive(text)?;
        let rest = number(rest.strip_prefix('.')?)?;
        let rest = match rest.strip_prefix('.') {
            Some(patch) => number(patch)?,
            None => rest,
        };
        if rest.is_empty() {
            return Some(());
        }
        let digits = rest.trim_start_matches(|c: char| c.is_ascii_lowercase());
        let letters = rest.len() - digits.len();
        let all = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        (letters > 0 && all).then_some(())
    };
    parse().is_some()
}

/// The language version at the start of a malformed one, `1.20` of `v1.20.bad` (`laxGoVersionRE`).
pub(super) fn repair_go_version(text: &str) -> Option<&str> {
    let text = text.strip_prefix('v').unwrap_or(text);
    let rest = number(positive(text)?.strip_prefix('.')?)?;
    (!rest.is_empty()).then(|| &text[..text.len() - rest.len()])
}

/// Whether a text is acceptable in a `toolchain` line (`modfile.ToolchainRE`).
pub(super) fn is_toolchain(name: &str) -> bool {
    name == "default" || name == "go1" || name.starts_with("go1.")
}

/// Whether a replacement is a directory, in the notation of any system (`modfile.IsDirectoryPath`).
pub(super) fn is_directory_path(path: &str) -> bool {
    let drive = path.as_bytes();
    matches!(path, "." | "..")
        || ["./", ".\\", "../", "..\\", "/", "\\"]
            .iter()
            .any(|start| path.starts_with(start))
        || drive.len() >= 2 && drive[0].is_ascii_alphabetic() && drive[1] == b':'
}

/// Checks a version against a path's major suffix, without an exception for `go` and `toolchain`, which
/// are plain paths in these files.
pub(super) fn check_major(path: &ModulePath, version: &Version) -> Result<(), PathError> {
    let text = version.as_str();
    if (text.starts_with("v0.") || text.starts_with("v1."))
        && path
            .split_major()
            .is_some_and(|(_, suffix)| suffix.is_empty())
    {
        return Ok(()); // nearly all requirements, without a second parse of the version
    }
    path.check_major(version)
}

/// What follows a number without leading zeros, all its digits read.
fn number(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = &text[..text.len() - rest.len()];
    (digits == "0" || !digits.is_empty() && !digits.starts_with('0')).then_some(rest)
}

/// As [`number`], for one above zero.
fn positive(text: &str) -> Option<&str> {
    if text.starts_with('0') {
        None
    } else {
        number(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_lines() {
        for good in [
            "1.21",
            "1.21.0",
            "1.21rc1",
            "1.21.0rc1",
            "2.0",
            "10.0.10",
            "1.0beta99",
        ] {
            assert!(is_go_version(good), "{good}");
        }
        for bad in [
            "1", "01.2", "1.02", "1.2.", "1.2.03", "1.2rc", "1.2RC1", "1.2.3.4", "v1.2", "1.2-x",
            "0.1",
        ] {
            assert!(!is_go_version(bad), "{bad}");
        }
    }

    #[test]
    fn trap_6_repair_of_go_lines() {
        for (bad, repaired) in [
            ("1.20.bad", Some("1.20")),
            ("v1.20.1", Some("1.20")),
            ("1.2-x", Some("1.2")),
            ("v1.20", None),
            ("1.05", None),
            ("1.x", None),
            ("x", None),
            ("vv1.2.x", None),
        ] {
            assert_eq!(repair_go_version(bad), repaired, "{bad}");
        }
    }

    #[test]
    fn toolchains_and_directories() {
        assert!(
            ["default", "go1", "go1.21.0", "go1.x"]
                .into_iter()
                .all(is_toolchain)
        );
        assert!(
            !["go2", "go12.1", "local", "", "defaults"]
                .into_iter()
                .any(is_toolchain)
        );
        assert!(
            [".", "..", "./a", ".\\a", "../a", "/a", "\\a", "C:", "c:/x"]
                .into_iter()
                .all(is_directory_path)
        );
        assert!(
            !["a", ".a", "...", "1:", ""]
                .into_iter()
                .any(is_directory_path)
        );
    }
}
