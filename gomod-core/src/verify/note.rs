//! Signed notes: a text followed by a blank line and one or more signature lines.
//!
//! The format and its limits are those of `golang.org/x/mod/sumdb/note`. A [`Note`] exists only if at
//! least one known key signed its text and no known key's signature is wrong.

use std::collections::HashSet;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature as Ed25519Signature, VerifyingKey};
use sha2::{Digest, Sha256};

/// The largest note that is read, in bytes.
pub const MAX_NOTE: usize = 1_000_000;
/// The largest number of signature lines that a note may have.
pub const MAX_SIGNATURES: usize = 100;

const ED25519: u8 = 1;
const SIGNATURE_PREFIX: &str = "— ";

/// A public key and the name of its owner, from the text `name+hash+key`.
#[derive(Clone, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    hash: u32,
    key: VerifyingKey,
}

/// Why a verifier key is not acceptable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The text is not of the form `name+hash+key`.
    #[error("malformed verifier key {0:?}: must be name+hash+key")]
    Malformed(String),
    /// The key is of a kind other than Ed25519.
    #[error("verifier key {key:?} has the unknown algorithm {algorithm}")]
    Algorithm {
        /// The text as given.
        key: String,
        /// The algorithm's number.
        algorithm: u8,
    },
    /// The hash in the text is not that of the name and the key.
    #[error("verifier key {key:?} has the wrong hash: computed {computed:08x}")]
    Hash {
        /// The text as given.
        key: String,
        /// The hash of its name and key.
        computed: u32,
    },
}

/// A note whose text was signed by at least one known key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The text that was signed, with its final newline.
    pub text: String,
    /// The signatures by known keys; all are valid.
    pub verified: Vec<Signature>,
    /// The signatures by unknown keys; they prove nothing.
    pub unverified: Vec<Signature>,
}

/// One signature line of a note.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Signature {
    /// The name of the key's owner.
    pub name: String,
    /// The hash of the key.
    pub hash: u32,
    /// The bytes of the signature, without the hash.
    pub bytes: Vec<u8>,
}

/// Why a note is rejected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoteError {
    /// The note is not of the required form.
    #[error("malformed note: {0}")]
    Malformed(&'static str),
    /// A signature by a known key is wrong: the text or the signature was changed, or forged.
    #[error("invalid signature for key {name}+{hash:08x}")]
    InvalidSignature {
        /// The name of the key's owner.
        name: String,
        /// The hash of the key.
        hash: u32,
    },
    /// No known key signed the note.
    #[error("the note is not signed by a known key, only by {}", list(.0))]
    Unverified(Vec<Signature>),
}

impl Verifier {
    /// Parses `name+hash+key`, where the key is base64 of an algorithm byte and an Ed25519 public key,
    /// and the hash is the first four bytes of SHA-256 of `name`, a newline and those bytes.
    ///
    /// # Errors
    /// [`KeyError`] for another form, another algorithm or another hash.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let malformed = || KeyError::Malformed(text.into());
        let (name, rest) = text.split_once('+').ok_or_else(malformed)?;
        let (hash, key) = rest.split_once('+').ok_or_else(malformed)?;
        let bytes = STANDARD.decode(key).map_err(|_| malformed())?;
        if hash.len() != 8 || !hash.bytes().all(|b| b.is_ascii_hexdigit()) || !is_name(name) {
            return Err(malformed());
        }
        let hash = u32::from_str_radix(hash, 16).map_err(|_| malformed())?;
        let (&algorithm, public) = bytes.split_first().ok_or_else(malformed)?;
        let computed = key_hash(name, &bytes);
        if hash != computed {
            return Err(KeyError::Hash {
                key: text.into(),
                computed,
            });
        }
        if algorithm != ED25519 {
            return Err(KeyError::Algorithm {
                key: text.into(),
                algorithm,
            });
        }
        let public = public.try_into().map_err(|_| malformed())?;
        let key = VerifyingKey::from_bytes(public).map_err(|_| malformed())?;
        Ok(Self {
            name: name.into(),
            hash,
            key,
        })
    }

    /// The name of the key's owner.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The hash of name and key, which signatures carry.
    pub fn hash(&self) -> u32 {
        self.hash
    }

    /// Whether `signature` is a valid signature of `text` by this key.
    pub fn verify(&self, text: &[u8], signature: &[u8]) -> bool {
        Ed25519Signature::from_slice(signature)
            .is_ok_and(|signature| self.key.verify_strict(text, &signature).is_ok())
    }
}

impl Note {
    /// Opens a signed note: checks its form and every signature made by one of the keys `known`.
    ///
    /// # Errors
    /// [`NoteError`]; a single wrong signature by a known key is enough.
    pub fn open(message: &[u8], known: &[Verifier]) -> Result<Self, NoteError> {
        let (text, lines) = split(message)?;
        let mut verified: Vec<Signature> = Vec::new();
        let mut unverified = Vec::new();
        let mut seen = HashSet::new();
        for (count, line) in lines.split_terminator('\n').enumerate() {
            let signature = parse_signature(line)?;
            if count >= MAX_SIGNATURES {
                return Err(NoteError::Malformed("too many signatures"));
            }
            let Signature { name, hash, bytes } = &signature;
            match known.iter().find(|v| v.name == *name && v.hash == *hash) {
                // As in Go, the first signature by a key decides and the rest are skipped.
                Some(_) if verified.iter().any(|s| s.name == *name && s.hash == *hash) => {}
                Some(verifier) if verifier.verify(text.as_bytes(), bytes) => {
                    verified.push(signature);
                }
                Some(_) => {
                    return Err(NoteError::InvalidSignature {
                        name: name.clone(),
                        hash: *hash,
                    });
                }
                None => {
                    if seen.insert(signature.clone()) {
                        unverified.push(signature);
                    }
                }
            }
        }
        if verified.is_empty() {
            return Err(NoteError::Unverified(unverified));
        }
        Ok(Self {
            text: text.into(),
            verified,
            unverified,
        })
    }
}

impl NoteError {
    /// Whether this is a sign of tampering, not of damage.
    pub fn is_security(&self) -> bool {
        !matches!(self, Self::Malformed(_))
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = vec![ED25519];
        bytes.extend_from_slice(self.key.as_bytes());
        write!(
            f,
            "{}+{:08x}+{}",
            self.name,
            self.hash,
            STANDARD.encode(bytes)
        )
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{:08x}", self.name, self.hash)
    }
}

/// Splits a note into its text, with the final newline, and its signature lines.
fn split(message: &[u8]) -> Result<(&str, &str), NoteError> {
    if message.len() > MAX_NOTE {
        return Err(NoteError::Malformed("larger than 1 MB"));
    }
    let message = str::from_utf8(message).map_err(|_| NoteError::Malformed("not UTF-8"))?;
    if message.bytes().any(|b| b < 0x20 && b != b'\n') {
        return Err(NoteError::Malformed("control character"));
    }
    let blank = message
        .rfind("\n\n")
        .ok_or(NoteError::Malformed("no signatures"))?;
    let (text, lines) = (&message[..=blank], &message[blank + 2..]);
    if !lines.ends_with('\n') {
        return Err(NoteError::Malformed(
            "no newline at the end of the signatures",
        ));
    }
    Ok((text, lines))
}

fn parse_signature(line: &str) -> Result<Signature, NoteError> {
    let parse = || {
        let (name, encoded) = line.strip_prefix(SIGNATURE_PREFIX)?.split_once(' ')?;
        let bytes = STANDARD.decode(encoded).ok()?;
        let (hash, bytes) = bytes.split_first_chunk()?;
        (is_name(name) && !bytes.is_empty()).then(|| Signature {
            name: name.into(),
            hash: u32::from_be_bytes(*hash),
            bytes: bytes.to_vec(),
        })
    };
    parse().ok_or(NoteError::Malformed("not a signature line"))
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c == '+' || c.is_whitespace())
}

fn key_hash(name: &str, key: &[u8]) -> u32 {
    let mut sha = Sha256::new();
    sha.update(name);
    sha.update("\n");
    sha.update(key);
    let [a, b, c, d, ..]: [u8; 32] = sha.finalize().into();
    u32::from_be_bytes([a, b, c, d])
}

fn list(signatures: &[Signature]) -> String {
    signatures
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;
    use crate::verify::testing::TestSigner;

    const TEXT: &str = "If you know the enemy\n\nand know yourself\n";

    fn verifier(signer: &TestSigner) -> Verifier {
        Verifier::parse(&signer.key()).unwrap()
    }

    fn is_malformed(message: &[u8], known: &[Verifier]) -> bool {
        matches!(Note::open(message, known), Err(NoteError::Malformed(_)))
    }

    #[test]
    fn opens_what_was_signed() {
        let (ann, bob) = (
            TestSigner::new("ann", 1),
            TestSigner::new("bob.example/x", 2),
        );
        let message = [TEXT, "\n", &ann.line(TEXT), &bob.line(TEXT)].concat();
        let note = Note::open(message.as_bytes(), &[verifier(&bob)]).unwrap();
        assert_eq!(note.text, TEXT);
        let names = |list: &[Signature]| list.iter().map(|s| s.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&note.verified), ["bob.example/x"]);
        assert_eq!(names(&note.unverified), ["ann"]);
        let both = Note::open(message.as_bytes(), &[verifier(&bob), verifier(&ann)]).unwrap();
        assert_eq!(names(&both.verified), ["ann", "bob.example/x"]);
    }

    #[test]
    fn unknown_keys_prove_nothing() {
        let (ann, eve) = (TestSigner::new("ann", 1), TestSigner::new("ann", 9));
        let message = [TEXT, "\n", &eve.line(TEXT)].concat();
        let error = Note::open(message.as_bytes(), &[verifier(&ann)]).unwrap_err();
        assert!(matches!(&error, NoteError::Unverified(list) if list.len() == 1));
        assert!(error.is_security());
        assert!(matches!(
            Note::open(message.as_bytes(), &[]),
            Err(NoteError::Unverified(_))
        ));
    }

    #[test]
    fn a_key_hash_cannot_be_borrowed() {
        // The line names ann's key but was made with another.
        let (ann, eve) = (TestSigner::new("ann", 1), TestSigner::new("ann", 9));
        let hash = verifier(&ann).hash();
        let message = [TEXT, "\n", &eve.line_with_hash(TEXT, hash)].concat();
        let error = Note::open(message.as_bytes(), &[verifier(&ann)]).unwrap_err();
        assert_eq!(
            error,
            NoteError::InvalidSignature {
                name: "ann".into(),
                hash
            }
        );
        assert!(error.is_security());
    }

    #[test]
    fn the_first_signature_by_a_key_decides() {
        let ann = TestSigner::new("ann", 1);
        let (good, bad) = (ann.line(TEXT), ann.line("another text\n"));
        let open = |lines: &[&str]| {
            let message = [TEXT, "\n", &lines.concat()].concat();
            Note::open(message.as_bytes(), &[verifier(&ann)])
        };
        assert_eq!(open(&[&good, &good, &bad]).unwrap().verified.len(), 1);
        assert!(matches!(
            open(&[&bad, &good]),
            Err(NoteError::InvalidSignature { .. })
        ));
        let other = TestSigner::new("bob", 2).line(TEXT);
        assert_eq!(open(&[&other, &other, &good]).unwrap().unverified.len(), 1);
    }

    #[test]
    fn every_byte_of_a_note_counts() {
        let ann = TestSigner::new("ann", 1);
        let message = ann.sign(TEXT);
        let known = [verifier(&ann)];
        assert!(Note::open(&message, &known).is_ok());
        for i in 0..message.len() {
            let mut changed = message.clone();
            changed[i] ^= 1 << (i % 7);
            assert!(Note::open(&changed, &known).is_err(), "byte {i}");
        }
        for length in 0..message.len() {
            assert!(
                Note::open(&message[..length], &known).is_err(),
                "length {length}"
            );
        }
    }

    #[test]
    fn malformed_notes() {
        let ann = TestSigner::new("ann", 1);
        let (known, line) = ([verifier(&ann)], ann.line(TEXT));
        for bad in [
            String::new(),
            TEXT.into(),
            format!("{TEXT}\n"),
            format!("{TEXT}{line}"),
            format!("{TEXT}\n{}", line.trim_end()),
            format!("{TEXT}\n{line}trailing"),
            format!("{TEXT}\n{line}trailing\n"),
            format!("{TEXT}\n{line}\n"),
            format!("\t{TEXT}\n{line}"),
            format!("{TEXT}\n{}", line.replace('\n', "\r\n")),
            format!("{TEXT}\n{}", line.replace('—', "-")),
            format!("{TEXT}\n{}", line.replace("ann", "a+n")),
            format!("{TEXT}\n{}", line.replace("ann ", " ")),
            format!("{TEXT}\n{}", line.replace("ann ", "ann\u{a0} ")),
            format!("{TEXT}\n{}", line.replace('=', "")),
            format!("{TEXT}\n— ann \n{line}"),
            format!("{TEXT}\n— ann AAAAAA==\n{line}"),
            format!("{TEXT}\n{}", line.repeat(MAX_SIGNATURES + 1)),
        ] {
            assert!(is_malformed(bad.as_bytes(), &known), "{bad:?}");
        }
        assert!(is_malformed(
            &[TEXT.as_bytes(), b"\xff\n\n", line.as_bytes()].concat(),
            &known
        ));
        let long = format!("{}\n", "x".repeat(MAX_NOTE));
        assert!(is_malformed(&ann.sign(&long), &known));
        let many = format!("{TEXT}\n{}", line.repeat(MAX_SIGNATURES));
        assert!(Note::open(many.as_bytes(), &known).is_ok());
    }

    #[test]
    fn verifier_keys() {
        let key = TestSigner::new("ann", 1).key();
        let parsed = Verifier::parse(&key).unwrap();
        assert_eq!((parsed.name(), parsed.to_string()), ("ann", key.clone()));
        let (name, hash, public) = {
            let parts: Vec<_> = key.splitn(3, '+').collect();
            (parts[0], parts[1], parts[2])
        };
        for bad in [
            "",
            "ann",
            "ann+00000000",
            &format!("+{hash}+{public}"),
            &format!("{name}+{hash}+"),
            &format!("{name}+{}+{public}", &hash[1..]),
            &format!("{name}+0{hash}+{public}"),
            &format!("{name}+xyzxyzxy+{public}"),
            &format!("{name}++{}+{public}", &hash[1..]),
            &format!("a n+{hash}+{public}"),
            &format!("{name}+{hash}+{public}x"),
        ] {
            assert!(
                matches!(Verifier::parse(bad), Err(KeyError::Malformed(_))),
                "{bad:?}"
            );
        }
        let wrong = format!("bob+{hash}+{public}");
        assert!(matches!(
            Verifier::parse(&wrong),
            Err(KeyError::Hash { .. })
        ));
        let short = [ED25519; 32];
        let text = format!(
            "ann+{:08x}+{}",
            key_hash("ann", &short),
            STANDARD.encode(short)
        );
        assert!(matches!(
            Verifier::parse(&text),
            Err(KeyError::Malformed(_))
        ));
        let other = [2; 33];
        let text = format!(
            "ann+{:08x}+{}",
            key_hash("ann", &other),
            STANDARD.encode(other)
        );
        assert_eq!(
            Verifier::parse(&text),
            Err(KeyError::Algorithm {
                key: text.clone(),
                algorithm: 2
            })
        );
    }

    #[test]
    fn a_real_tree_head() {
        // Published by the checksum database.
        let message = "go.sum database tree\n72097574\nTN5X3MLGTDFnVRn7RF0+aSqn9MdPDdly11pPObF1Ti8=\n\n\
            — sum.golang.org Az3grqWEGn3sDlsyQ9ppBk0lZ6N+PyvyN98h/w05RN0Kd0gEPt5lnWXQ0GU4cdmhWiTJp6w7TVjS+LEx1xKeKQ+9EAk=\n";
        let key = crate::verify::database::known_key("sum.golang.org").unwrap();
        let note = Note::open(message.as_bytes(), &[Verifier::parse(key).unwrap()]).unwrap();
        assert_eq!(note.verified[0].to_string(), "sum.golang.org+033de0ae");
    }
}
