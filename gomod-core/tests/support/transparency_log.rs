//! A checksum database in memory, with a key of its own, for tests.
//!
//! It shares no code with the library: hashes, proofs and tiles follow the recursive definitions of RFC
//! 6962 and the published layout of tiles, so that it can serve as an oracle.
#![allow(dead_code, missing_docs, unreachable_pub)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use sha2::{Digest as _, Sha256};

pub type RawHash = [u8; 32];

/// Signed heads by size and hash.
type Heads = HashMap<(u64, RawHash), Vec<u8>>;

/// A signing key made from a seed, and the name of its owner.
#[derive(Clone)]
pub struct TestSigner {
    name: String,
    key: SigningKey,
}

impl TestSigner {
    pub fn new(name: &str, seed: u8) -> Self {
        Self {
            name: name.into(),
            key: SigningKey::from_bytes(&[seed; 32]),
        }
    }

    /// The verifier key `name+hash+key`.
    pub fn key(&self) -> String {
        format!(
            "{}+{:08x}+{}",
            self.name,
            self.hash(),
            STANDARD.encode(self.public())
        )
    }

    /// A signed note with this one signature.
    pub fn sign(&self, text: &str) -> Vec<u8> {
        format!("{text}\n{}", self.line(text)).into_bytes()
    }

    /// The signature line for a text.
    pub fn line(&self, text: &str) -> String {
        self.line_with_hash(text, self.hash())
    }

    /// A signature line that claims to be made by the key with another hash.
    pub fn line_with_hash(&self, text: &str, hash: u32) -> String {
        let signature = self.key.sign(text.as_bytes()).to_bytes();
        let bytes = [&hash.to_be_bytes()[..], &signature].concat();
        format!("— {} {}\n", self.name, STANDARD.encode(bytes))
    }

    fn public(&self) -> Vec<u8> {
        [&[1], &self.key.verifying_key().to_bytes()[..]].concat()
    }

    fn hash(&self) -> u32 {
        let sum = sha(&[self.name.as_bytes(), b"\n", &self.public()]);
        u32::from_be_bytes(sum[..4].try_into().unwrap())
    }
}

/// A log of records; everything can be asked for at each size that it had.
#[derive(Clone)]
pub struct TestLog {
    pub signer: TestSigner,
    names: Vec<String>,
    texts: Vec<String>,
    /// The hashes of all complete nodes, by level.
    levels: Vec<Vec<RawHash>>,
    /// Signing is slow without optimisation.
    heads: Arc<Mutex<Heads>>,
}

impl TestLog {
    pub fn new(signer: TestSigner) -> Self {
        let heads = Arc::default();
        Self {
            signer,
            names: Vec::new(),
            texts: Vec::new(),
            levels: Vec::new(),
            heads,
        }
    }

    /// A log with `size` made-up modules, see [`module`].
    pub fn with_modules(signer: TestSigner, size: u64) -> Self {
        let mut log = Self::new(signer);
        log.grow(size);
        log
    }

    pub fn size(&self) -> u64 {
        self.texts.len() as u64
    }

    /// Adds made-up modules until the log has `size` records.
    pub fn grow(&mut self, size: u64) {
        for number in self.size()..size {
            let (path, version) = module(number);
            self.push(&path, &version, number as u8);
        }
    }

    /// Adds a record with hashes made from `seed`.
    pub fn push(&mut self, path: &str, version: &str, seed: u8) {
        let name = format!("{}@{version}", escape(path));
        self.names.push(name);
        self.push_leaf(&record_text(path, version, seed));
    }

    /// Adds a record of any text, which no look-up finds.
    pub fn push_text(&mut self, text: &str) {
        self.names.push(String::new());
        self.push_leaf(text);
    }

    fn push_leaf(&mut self, text: &str) {
        self.texts.push(text.into());
        let mut hash = sha(&[&[0], text.as_bytes()]);
        for level in 0.. {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            self.levels[level].push(hash);
            let count = self.levels[level].len();
            if count % 2 == 1 {
                break;
            }
            hash = join(&self.levels[level][count - 2], &hash);
        }
    }

    /// The hash of a complete node.
    pub fn node(&self, level: u8, index: u64) -> RawHash {
        self.levels[level as usize][index as usize]
    }

    /// MTH of the first `size` records.
    pub fn root(&self, size: u64) -> RawHash {
        self.subtree(0, size)
    }

    fn subtree(&self, start: u64, end: u64) -> RawHash {
        match end - start {
            0 => sha(&[]),
            n if n.is_power_of_two() && start.is_multiple_of(n) => {
                self.node(n.trailing_zeros() as u8, start / n)
            }
            n => {
                let middle = start + n.next_power_of_two() / 2;
                join(&self.subtree(start, middle), &self.subtree(middle, end))
            }
        }
    }

    /// PATH(number, D[size]).
    pub fn record_proof(&self, size: u64, number: u64) -> Vec<RawHash> {
        self.path(0, size, number)
    }

    /// PROOF(older, D[size]).
    pub fn tree_proof(&self, size: u64, older: u64) -> Vec<RawHash> {
        self.subproof(0, size, older, true)
    }

    fn path(&self, start: u64, end: u64, number: u64) -> Vec<RawHash> {
        if end - start == 1 {
            return Vec::new();
        }
        let middle = start + (end - start).next_power_of_two() / 2;
        let (mut proof, other) = if number < middle {
            (self.path(start, middle, number), self.subtree(middle, end))
        } else {
            (self.path(middle, end, number), self.subtree(start, middle))
        };
        proof.push(other);
        proof
    }

    fn subproof(&self, start: u64, end: u64, older: u64, known: bool) -> Vec<RawHash> {
        if older == end {
            return if known {
                Vec::new()
            } else {
                vec![self.subtree(start, end)]
            };
        }
        let middle = start + (end - start).next_power_of_two() / 2;
        let (mut proof, other) = if older <= middle {
            (
                self.subproof(start, middle, older, known),
                self.subtree(middle, end),
            )
        } else {
            (
                self.subproof(middle, end, older, false),
                self.subtree(start, middle),
            )
        };
        proof.push(other);
        proof
    }

    /// The signed tree head at a size.
    pub fn head(&self, size: u64) -> Vec<u8> {
        let root = self.root(size);
        let mut heads = self.heads.lock().unwrap();
        heads
            .entry((size, root))
            .or_insert_with(|| self.signer.sign(&head_text(size, &root)))
            .clone()
    }

    /// The answer to a look-up by record number, with the tree head of a size.
    pub fn lookup(&self, number: u64, size: u64) -> Vec<u8> {
        self.lookup_with(number, &self.head(size))
    }

    /// The answer to a look-up with any tree head.
    pub fn lookup_with(&self, number: u64, head: &[u8]) -> Vec<u8> {
        let text = &self.texts[number as usize];
        [format!("{number}\n{text}\n").as_bytes(), head].concat()
    }

    /// Answers a request as the database would at a size; `None` is a 404.
    pub fn serve(&self, remote_path: &str, size: u64) -> Option<Vec<u8>> {
        if let Some(name) = remote_path.strip_prefix("lookup/") {
            let number = self.names.iter().position(|n| n == name)? as u64;
            return (number < size).then(|| self.lookup(number, size));
        }
        self.tile(remote_path, size)
    }

    /// The tile at a path such as `tile/8/0/000.p/5`, as long as it is within the size.
    pub fn tile(&self, remote_path: &str, size: u64) -> Option<Vec<u8>> {
        let rest = remote_path.strip_prefix("tile/8/")?;
        let (level, rest) = rest.split_once('/')?;
        let (number, width) = match rest.split_once(".p/") {
            Some((number, width)) => (number, width.parse().ok()?),
            None => (rest, 256),
        };
        let number: u64 = number.replace(['x', '/'], "").parse().ok()?;
        let level: u32 = level.parse().ok()?;
        let (start, end) = (number * 256, number * 256 + width);
        if end > size >> (8 * level) {
            return None;
        }
        let hashes = self.levels.get(8 * level as usize)?;
        Some(hashes[start as usize..end as usize].concat())
    }
}

/// The path and version of a made-up module.
pub fn module(number: u64) -> (String, String) {
    (format!("example.com/Mod{number}"), format!("v1.{number}.0"))
}

/// The two lines of a record, with hashes made from `seed`.
pub fn record_text(path: &str, version: &str, seed: u8) -> String {
    let (zip, go_mod) = (STANDARD.encode([seed; 32]), STANDARD.encode([!seed; 32]));
    format!("{path} {version} h1:{zip}\n{path} {version}/go.mod h1:{go_mod}\n")
}

/// The text of a tree head.
pub fn head_text(size: u64, root: &RawHash) -> String {
    format!("go.sum database tree\n{size}\n{}\n", STANDARD.encode(root))
}

fn escape(path: &str) -> String {
    let mut escaped = String::new();
    for c in path.chars() {
        if c.is_ascii_uppercase() {
            escaped.push('!');
        }
        escaped.push(c.to_ascii_lowercase());
    }
    escaped
}

fn join(left: &RawHash, right: &RawHash) -> RawHash {
    sha(&[&[1], left, right])
}

fn sha(parts: &[&[u8]]) -> RawHash {
    Sha256::digest(parts.concat()).into()
}
