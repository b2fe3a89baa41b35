//! Answers to look-ups: the record's number and text, then the signed head of a tree that holds it.
//!
//! The format is that of `tlog.ParseRecord`. A record's text is the `go.sum` lines of one module version.

use super::dirhash::ModuleHash;
use super::error::VerifyError;
use crate::model::{ModulePath, Version};

/// What the log says about a module version, proven to be in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The record's number in the log.
    pub number: u64,
    /// The size of the tree in which the record was proven.
    pub tree_size: u64,
    /// The hash of the module zip.
    pub zip: ModuleHash,
    /// The hash of the module's go.mod.
    pub go_mod: ModuleHash,
}

/// An answer split into its parts; nothing is proven yet.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Answer<'a> {
    pub(super) number: u64,
    /// The record's text, with its final newline.
    pub(super) text: &'a str,
    /// The signed tree note.
    pub(super) note: &'a [u8],
}

impl<'a> Answer<'a> {
    /// Splits an answer; the error is the rule that is broken.
    pub(super) fn parse(data: &'a [u8]) -> Result<Self, &'static str> {
        let line = data
            .iter()
            .position(|b| *b == b'\n')
            .ok_or("no record number")?;
        let number = str::from_utf8(&data[..line])
            .ok()
            .and_then(|text| text.parse::<i64>().ok())
            .and_then(|number| u64::try_from(number).ok())
            .ok_or("malformed record number")?;
        let rest = &data[line + 1..];
        let end = rest
            .windows(2)
            .position(|w| w == b"\n\n")
            .ok_or("no end of the record")?;
        let text = str::from_utf8(&rest[..=end]).map_err(|_| "record is not UTF-8")?;
        if text.bytes().any(|b| b < 0x20 && b != b'\n') {
            return Err("control character in the record");
        }
        Ok(Self {
            number,
            text,
            note: &rest[end + 2..],
        })
    }

    /// The two hashes of a module version: the first `h1:` line of each kind counts, as in Go.
    pub(super) fn hashes(
        &self,
        what: &str,
        path: &ModulePath,
        version: &Version,
    ) -> Result<(ModuleHash, ModuleHash), VerifyError> {
        let find = |suffix: &str| {
            let start = format!("{path} {version}{suffix} h1:");
            self.text
                .split('\n')
                .find(|line| line.starts_with(&start))
                .and_then(|line| ModuleHash::parse(&line[start.len() - "h1:".len()..]).ok())
                .ok_or_else(|| VerifyError::WrongRecord {
                    what: what.into(),
                    number: self.number,
                    missing: start,
                    text: self.text.into(),
                })
        };
        Ok((find("")?, find("/go.mod")?))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;

    #[test]
    fn splits_answers() {
        let answer = Answer::parse(b"7\na b\nc\n\nnote\n\nmore\n").unwrap();
        assert_eq!(
            answer,
            Answer {
                number: 7,
                text: "a b\nc\n",
                note: b"note\n\nmore\n"
            }
        );
        assert_eq!(Answer::parse(b"0\na\n\n").unwrap().note, b"");
        for bad in [
            &b""[..],
            b"7",
            b"\na\n\n",
            b"x\na\n\n",
            b"-1\na\n\n",
            b"9223372036854775808\na\n\n",
            b"7\na\n",
            b"7\na",
            b"7\na\tb\n\n",
            b"7\na\r\n\r\n",
            b"7\na\xff\n\n",
            b"7 \na\n\n",
        ] {
            assert!(
                Answer::parse(bad).is_err(),
                "{:?}",
                bad.escape_ascii().to_string()
            );
        }
    }

    #[test]
    fn finds_the_lines_of_the_module_version() {
        let (path, version) = (
            ModulePath::new("m.example"),
            Version::parse("v1.0.0").unwrap(),
        );
        let h = |c: &str| format!("h1:{}=", c.repeat(42) + "A");
        let hashes = |lines: &[String]| {
            let text = lines
                .iter()
                .map(|line| format!("{line}\n"))
                .collect::<String>();
            let answer = Answer {
                number: 1,
                text: &text,
                note: b"",
            };
            answer.hashes("lookup/x", &path, &version)
        };
        let zip = format!("m.example v1.0.0 {}", h("a"));
        let go_mod = format!("m.example v1.0.0/go.mod {}", h("b"));
        let (a, b) = hashes(&[zip.clone(), go_mod.clone()]).unwrap();
        assert_eq!((a.to_string(), b.to_string()), (h("a"), h("b")));
        let later = zip.replace('a', "c");
        let other = format!("m.example v1.0.0 h2:{}", h("z"));
        assert_eq!(
            hashes(&[other, zip.clone(), later, go_mod.clone()])
                .unwrap()
                .0,
            a
        );
        for wrong in [
            vec![],
            vec![zip.clone()],
            vec![go_mod.clone()],
            vec![zip.replace("v1.0.0", "v1.0.1"), go_mod.clone()],
            vec![zip.replace("m.ex", "n.ex"), go_mod.clone()],
            vec![format!(" {zip}"), go_mod.clone()],
            vec![zip.replace("h1:", "h2:"), go_mod.clone()],
            vec![zip[..zip.len() - 2].into(), go_mod.clone()],
            vec![format!("{zip} "), go_mod.clone()],
        ] {
            let error = hashes(&wrong).unwrap_err();
            assert!(
                matches!(error, VerifyError::WrongRecord { .. }),
                "{wrong:?}"
            );
            assert!(error.is_security());
        }
    }
}
