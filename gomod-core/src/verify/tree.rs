//! Merkle trees over records: hashes of records, nodes and trees, inclusion and consistency proofs.
//!
//! The definitions are those of RFC 6962, section 2.1. A node is named by its level (0 for records) and
//! its place in that level; only nodes over a full power of two of records are ever stored.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// The number of bytes in a [`struct@Hash`].
pub const HASH_SIZE: usize = 32;

/// The hash of a record, of a node or of a whole tree; base64 as text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash(pub [u8; HASH_SIZE]);

/// The text is not the base64 form of 32 bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("malformed hash {0:?}: must be 32 bytes in base64")]
pub struct HashError(pub String);

/// A node over `2^level` records: those from `index * 2^level` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node {
    /// The height above the records.
    pub level: u8,
    /// The place within the level, from the left.
    pub index: u64,
}

/// Why a proof is rejected, or cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// There is no such proof: the record or the older tree is not within the tree.
    #[error("{inner} is not within a tree of {size} records")]
    OutOfRange {
        /// The record's number or the older tree's size.
        inner: u64,
        /// The size of the tree.
        size: u64,
    },
    /// The proof has too few or too many hashes.
    #[error("the proof has {found} hashes instead of {expected}")]
    Length {
        /// The number of hashes that this proof must have.
        expected: usize,
        /// The number of hashes that it has.
        found: usize,
    },
    /// The proof leads to another tree hash.
    #[error("the proof leads to the tree hash {found} instead of {expected}")]
    Mismatch {
        /// The hash that was to be proven.
        expected: Hash,
        /// The hash that the proof leads to.
        found: Hash,
    },
}

/// The hash of the empty tree: SHA-256 of nothing.
pub fn empty_tree() -> Hash {
    Hash(Sha256::digest([]).into())
}

/// The hash of a record's content (RFC 6962: a zero byte in front).
pub fn record_hash(content: &[u8]) -> Hash {
    let mut sha = Sha256::new();
    sha.update([0]);
    sha.update(content);
    Hash(sha.finalize().into())
}

/// The hash of an inner node (RFC 6962: a one byte in front).
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut buffer = [1; 1 + 2 * HASH_SIZE];
    buffer[1..=HASH_SIZE].copy_from_slice(&left.0);
    buffer[1 + HASH_SIZE..].copy_from_slice(&right.0);
    Hash(Sha256::digest(buffer).into())
}

/// The nodes that a tree's hash is made of, from the left: one for each bit set in its size.
pub fn tree_nodes(size: u64) -> Vec<Node> {
    range_nodes(0, size).collect()
}

/// The hash of a tree, from the hashes of its [`tree_nodes`].
pub fn fold_tree(hashes: &[Hash]) -> Hash {
    fold(hashes.iter().copied()).unwrap_or_else(empty_tree)
}

/// The hash of the tree of `size` records, given a reader of node hashes.
///
/// # Errors
/// Those of the reader.
pub fn tree_hash<E>(size: u64, read: impl FnMut(Node) -> Result<Hash, E>) -> Result<Hash, E> {
    let hashes: Vec<Hash> = range_nodes(0, size).map(read).collect::<Result<_, E>>()?;
    Ok(fold_tree(&hashes))
}

/// Proves that record `number` is in the tree of `size` records (RFC 6962, 2.1.1, lowest hash first).
///
/// # Errors
/// [`ProofError::OutOfRange`], and those of the reader.
pub fn prove_record<E: From<ProofError>>(
    size: u64,
    number: u64,
    mut read: impl FnMut(Node) -> Result<Hash, E>,
) -> Result<Vec<Hash>, E> {
    let steps = record_path(size, number)?;
    steps
        .iter()
        .rev()
        .map(|step| range_hash(step.other.0, step.other.1, &mut read))
        .collect()
}

/// Checks a proof that record `number` with hash `record` is in the tree of `size` records.
///
/// # Errors
/// [`ProofError`] when it does not prove that.
pub fn check_record(
    proof: &[Hash],
    size: u64,
    tree: &Hash,
    number: u64,
    record: &Hash,
) -> Result<(), ProofError> {
    let steps = record_path(size, number)?;
    check_length(steps.len(), proof.len())?;
    let mut hash = *record;
    for (step, other) in steps.iter().rev().zip(proof) {
        hash = match step.side {
            Side::Left => node_hash(&hash, other),
            Side::Right => node_hash(other, &hash),
        };
    }
    expect(tree, hash)
}

/// Proves that the tree of `size` records begins with the tree of `older` (RFC 6962, 2.1.2).
///
/// # Errors
/// [`ProofError::OutOfRange`], and those of the reader.
pub fn prove_tree<E: From<ProofError>>(
    size: u64,
    older: u64,
    mut read: impl FnMut(Node) -> Result<Hash, E>,
) -> Result<Vec<Hash>, E> {
    let (steps, common) = tree_path(size, older)?;
    let mut proof = Vec::new();
    if common.0 > 0 {
        proof.push(range_hash(common.0, common.1, &mut read)?);
    }
    for step in steps.iter().rev() {
        proof.push(range_hash(step.other.0, step.other.1, &mut read)?);
    }
    Ok(proof)
}

/// Checks a proof that the tree of `size` records begins with the tree of `older` records.
///
/// # Errors
/// [`ProofError`] when it does not prove that.
pub fn check_tree(
    proof: &[Hash],
    size: u64,
    tree: &Hash,
    older: u64,
    older_tree: &Hash,
) -> Result<(), ProofError> {
    let (steps, common) = tree_path(size, older)?;
    let (start, rest) = if common.0 == 0 {
        (*older_tree, proof)
    } else {
        match proof.split_first() {
            Some((first, rest)) => (*first, rest),
            None => return check_length(steps.len() + 1, 0),
        }
    };
    check_length(steps.len() + proof.len() - rest.len(), proof.len())?;
    let (mut old, mut new) = (start, start);
    for (step, other) in steps.iter().rev().zip(rest) {
        match step.side {
            // What is right of the older tree is only in the newer one.
            Side::Left => new = node_hash(&new, other),
            Side::Right => {
                old = node_hash(other, &old);
                new = node_hash(other, &new);
            }
        }
    }
    expect(older_tree, old)?;
    expect(tree, new)
}

impl Hash {
    /// The bytes.
    pub fn as_bytes(&self) -> &[u8; HASH_SIZE] {
        &self.0
    }
}

impl Node {
    /// The node over the single record `number`.
    pub fn record(number: u64) -> Self {
        Self {
            level: 0,
            index: number,
        }
    }

    /// Whether all records below the node are within a tree of `size` records.
    pub fn is_within(&self, size: u64) -> bool {
        self.index < size.checked_shr(self.level.into()).unwrap_or(0)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Hash {
    type Err = HashError;

    fn from_str(text: &str) -> Result<Self, HashError> {
        STANDARD
            .decode(text)
            .ok()
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or_else(|| HashError(text.into()))
    }
}

/// On which side of its parent a subtree lies, seen from the way down to a record or an older tree.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

/// One step down: the side taken, and the records `[start, end)` of the side not taken.
struct Step {
    side: Side,
    other: (u64, u64),
}

/// The nodes over records `[start, end)`, from the left; `start` must be aligned to the first of them.
fn range_nodes(mut start: u64, end: u64) -> impl Iterator<Item = Node> {
    std::iter::from_fn(move || {
        let level = u8::try_from((end - start).checked_ilog2()?).ok()?;
        let node = Node {
            level,
            index: start >> level,
        };
        start += 1 << level;
        Some(node)
    })
}

fn range_hash<E>(
    start: u64,
    end: u64,
    read: &mut impl FnMut(Node) -> Result<Hash, E>,
) -> Result<Hash, E> {
    let hashes: Vec<Hash> = range_nodes(start, end)
        .map(read)
        .collect::<Result<_, E>>()?;
    Ok(fold_tree(&hashes))
}

/// Joins the hashes of ever smaller subtrees from the right.
fn fold(hashes: impl DoubleEndedIterator<Item = Hash>) -> Option<Hash> {
    hashes.rev().reduce(|right, left| node_hash(&left, &right))
}

/// The largest power of two below `count`, which is where RFC 6962 splits a tree; `count` is above 1.
fn split(count: u64) -> u64 {
    1 << (count - 1).ilog2()
}

/// The way from the root of the tree of `size` records down to record `number`.
fn record_path(size: u64, number: u64) -> Result<Vec<Step>, ProofError> {
    if number >= size {
        return Err(ProofError::OutOfRange {
            inner: number,
            size,
        });
    }
    let (mut start, mut end) = (0, size);
    let mut steps = Vec::new();
    while end - start > 1 {
        let middle = start + split(end - start);
        step_down(&mut steps, &mut start, &mut end, middle, number < middle);
    }
    Ok(steps)
}

/// The way from the root down to the subtree that ends where the older tree ends, and that subtree.
fn tree_path(size: u64, older: u64) -> Result<(Vec<Step>, (u64, u64)), ProofError> {
    if older == 0 || older > size {
        return Err(ProofError::OutOfRange { inner: older, size });
    }
    let (mut start, mut end) = (0, size);
    let mut steps = Vec::new();
    while end != older {
        let middle = start + split(end - start);
        step_down(&mut steps, &mut start, &mut end, middle, older <= middle);
    }
    Ok((steps, (start, end)))
}

fn step_down(steps: &mut Vec<Step>, start: &mut u64, end: &mut u64, middle: u64, left: bool) {
    if left {
        steps.push(Step {
            side: Side::Left,
            other: (middle, *end),
        });
        *end = middle;
    } else {
        steps.push(Step {
            side: Side::Right,
            other: (*start, middle),
        });
        *start = middle;
    }
}

fn check_length(expected: usize, found: usize) -> Result<(), ProofError> {
    if expected == found {
        Ok(())
    } else {
        Err(ProofError::Length { expected, found })
    }
}

fn expect(expected: &Hash, found: Hash) -> Result<(), ProofError> {
    if *expected == found {
        Ok(())
    } else {
        Err(ProofError::Mismatch {
            expected: *expected,
            found,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use proptest::prelude::*;

    use super::*;
    use crate::verify::testing::{TestLog, TestSigner};

    fn log(size: u64) -> TestLog {
        let mut log = TestLog::new(TestSigner::new("test", 1));
        for number in 0..size {
            log.push_text(&format!("record {number}\n"));
        }
        log
    }

    fn reader(log: &TestLog) -> impl Fn(Node) -> Result<Hash, ProofError> {
        |node| Ok(Hash(log.node(node.level, node.index)))
    }

    fn root(log: &TestLog, size: u64) -> Hash {
        Hash(log.root(size))
    }

    fn wrap(hashes: Vec<[u8; 32]>) -> Vec<Hash> {
        hashes.into_iter().map(Hash).collect()
    }

    /// Every proof in which one bit, or the number of hashes, is changed.
    fn broken(proof: &[Hash]) -> Vec<Vec<Hash>> {
        let mut all = Vec::new();
        for (i, bit) in (0..proof.len()).flat_map(|i| (0..256).map(move |bit| (i, bit))) {
            let mut changed = proof.to_vec();
            changed[i].0[bit / 8] ^= 1 << (bit % 8);
            all.push(changed);
        }
        all.push([proof, &[empty_tree()]].concat());
        all.push([&[empty_tree()], proof].concat());
        if !proof.is_empty() {
            all.push(proof[1..].to_vec());
            all.push(proof[..proof.len() - 1].to_vec());
        }
        all
    }

    #[test]
    fn tree_hashes_follow_the_definition() {
        let log = log(140);
        for size in 0..=140 {
            assert_eq!(
                tree_hash(size, reader(&log)).unwrap(),
                root(&log, size),
                "{size}"
            );
        }
    }

    #[test]
    fn every_record_proof_of_small_trees() {
        let log = log(70);
        for size in 1..=70 {
            let tree = root(&log, size);
            for number in 0..size {
                let proof = prove_record(size, number, reader(&log)).unwrap();
                assert_eq!(
                    proof,
                    wrap(log.record_proof(size, number)),
                    "{number} of {size}"
                );
                let record = Hash(log.node(0, number));
                check_record(&proof, size, &tree, number, &record).unwrap();
                assert!(check_record(&proof, size, &tree, number, &tree).is_err() || size == 1);
                assert!(check_record(&proof, size, &empty_tree(), number, &record).is_err());
                if number + 1 < size {
                    let next = check_record(&proof, size, &tree, number + 1, &record);
                    assert!(next.is_err(), "{number} of {size}");
                }
            }
            let outside = prove_record(size, size, reader(&log)).unwrap_err();
            assert_eq!(outside, ProofError::OutOfRange { inner: size, size });
        }
    }

    #[test]
    fn every_tree_proof_of_small_trees() {
        let log = log(70);
        for size in 1..=70 {
            let tree = root(&log, size);
            for older in 1..=size {
                let proof = prove_tree(size, older, reader(&log)).unwrap();
                assert_eq!(
                    proof,
                    wrap(log.tree_proof(size, older)),
                    "{older} in {size}"
                );
                let old = root(&log, older);
                check_tree(&proof, size, &tree, older, &old).unwrap();
                assert!(check_tree(&proof, size, &tree, older, &empty_tree()).is_err());
                assert!(check_tree(&proof, size, &empty_tree(), older, &old).is_err());
            }
            for outside in [0, size + 1] {
                let error = prove_tree(size, outside, reader(&log)).unwrap_err();
                assert_eq!(
                    error,
                    ProofError::OutOfRange {
                        inner: outside,
                        size
                    }
                );
                assert!(check_tree(&[], size, &tree, outside, &tree).is_err());
            }
        }
    }

    #[test]
    fn every_bit_of_a_proof_counts() {
        let log = log(21);
        let tree = root(&log, 21);
        for number in [0, 7, 16, 20] {
            let proof = prove_record(21, number, reader(&log)).unwrap();
            let record = Hash(log.node(0, number));
            for changed in broken(&proof) {
                assert!(check_record(&changed, 21, &tree, number, &record).is_err());
            }
        }
        for older in [1, 6, 16, 19, 21] {
            let proof = prove_tree(21, older, reader(&log)).unwrap();
            let old = root(&log, older);
            for changed in broken(&proof) {
                assert!(
                    check_tree(&changed, 21, &tree, older, &old).is_err(),
                    "{older}"
                );
            }
        }
    }

    #[test]
    fn hashes_are_canonical_base64() {
        let hash = record_hash(b"x");
        assert_eq!(hash.to_string().parse::<Hash>(), Ok(hash));
        for bad in [
            "",
            "AAAA",
            "!",
            &"A".repeat(44),
            &format!("{hash} "),
            &hash.to_string()[..43],
        ] {
            assert!(bad.parse::<Hash>().is_err(), "{bad:?}");
        }
        let empty = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        assert_eq!(empty_tree().to_string(), empty);
        // The unused bits of the last character are not free to choose.
        assert!(empty.replace("U=", "V=").parse::<Hash>().is_err());
    }

    #[test]
    fn the_largest_sizes_do_not_overflow() {
        let max = u64::MAX;
        assert_eq!(tree_nodes(max).len(), 64);
        let zero = |_| Ok::<_, ProofError>(empty_tree());
        assert_eq!(prove_record(max, max - 1, zero).unwrap().len(), 63);
        assert_eq!(prove_record(max, 0, zero).unwrap().len(), 64);
        assert!(prove_tree(max, max - 1, zero).is_ok());
        assert!(prove_tree(max, 1 << 63, zero).is_ok());
        assert!(
            !Node {
                level: 64,
                index: 0
            }
            .is_within(max)
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn proofs_of_larger_trees(size in 1..5000_u64, a in 0.0..1.0_f64, b in 0.0..1.0_f64, bit in 0..256_usize) {
            thread_local!(static LOG: TestLog = log(5000));
            let of = |x: f64| (x * size as f64) as u64;
            LOG.with(|log| {
                let (number, older) = (of(a).min(size - 1), of(b).clamp(1, size));
                let tree = root(log, size);
                let mut proof = prove_record(size, number, reader(log)).unwrap();
                let record = Hash(log.node(0, number));
                prop_assert_eq!(check_record(&proof, size, &tree, number, &record), Ok(()));
                if !proof.is_empty() {
                    let i = bit % proof.len();
                    proof[i].0[bit / 8] ^= 1 << (bit % 8);
                    prop_assert!(check_record(&proof, size, &tree, number, &record).is_err());
                }
                let mut proof = prove_tree(size, older, reader(log)).unwrap();
                let old = root(log, older);
                prop_assert_eq!(check_tree(&proof, size, &tree, older, &old), Ok(()));
                if !proof.is_empty() {
                    let i = bit % proof.len();
                    proof[i].0[bit / 8] ^= 1 << (bit % 8);
                    prop_assert!(check_tree(&proof, size, &tree, older, &old).is_err());
                }
                Ok(())
            })?;
        }
    }
}
