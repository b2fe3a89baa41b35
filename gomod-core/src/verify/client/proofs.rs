//! The client's work between two batches: which head is the largest, and what follows from its tiles.
//!
//! A head larger than the latest one is compared first; everything else is then proven against it. A task
//! that lacks tiles waits for one of them and looks again.

use super::{Answered, Client, Lookup, SignedHead, Standing, Task};
use crate::verify::error::VerifyError;
use crate::verify::reader::TreeReader;
use crate::verify::record::Record;
use crate::verify::store::Slot;
use crate::verify::tile::{HEIGHT, Tile};
use crate::verify::tree::{Hash, Node, ProofError, fold_tree, prove_tree, tree_nodes};
use crate::verify::tree_head::TreeHead;

/// What came of reading hashes.
enum Gathered {
    Hashes(Vec<Hash>),
    WaitFor(Tile),
    Failed(VerifyError),
}

impl Client {
    /// Makes all progress that is possible with what was fed.
    pub(super) fn advance(&mut self) {
        while self.fork.is_none() {
            match self
                .pending
                .last()
                .copied()
                .filter(|size| *size > self.latest_size())
            {
                None => {
                    self.run_tasks();
                    break;
                }
                Some(size) if self.merge(size) => self.runnable.append(&mut self.parked),
                Some(_) => {
                    self.prefetch();
                    break;
                }
            }
        }
        if self.fork.is_some() {
            self.fail_all();
        }
        self.collect_proven();
    }

    /// Tries to move the latest head forward to a larger one; false while tiles are missing.
    fn merge(&mut self, size: u64) -> bool {
        let Some(signed) = self.heads.get(&size).map(|known| known.signed.clone()) else {
            return self.pending.remove(&size);
        };
        self.read_tree(&signed.head);
        let hashes = match self.gather(&tree_nodes(self.latest_size())) {
            Gathered::WaitFor(_) => return false,
            Gathered::Failed(error) => {
                self.fail_head(size, error);
                return true;
            }
            Gathered::Hashes(hashes) => hashes,
        };
        if let Some(older) = self.latest.clone() {
            let computed = fold_tree(&hashes);
            if computed != older.head.hash {
                self.report_fork(&older, &signed, computed);
                return true;
            }
            self.statistics.proofs += 1;
        }
        self.set_standing(size, Standing::Consistent);
        self.latest = Some(signed);
        // What waits for partial tiles of the smaller tree may need others now.
        self.runnable
            .extend(self.waiting.drain().flat_map(|(_, tasks)| tasks));
        true
    }

    /// Asks for the tiles that the tasks will need once the largest head is the latest.
    fn prefetch(&mut self) {
        for task in std::mem::take(&mut self.runnable) {
            let nodes = self.nodes(task);
            self.gather(&nodes);
            self.parked.push(task);
        }
    }

    /// Runs all tasks that can run, against the latest head.
    fn run_tasks(&mut self) {
        if let Some(head) = self.latest.as_ref().map(|signed| signed.head) {
            self.read_tree(&head);
        }
        for task in std::mem::take(&mut self.runnable) {
            if self.fork.is_none() {
                self.run(task);
            }
        }
    }

    fn run(&mut self, task: Task) {
        if let Task::Lookup(i) = task {
            let size = self.latest_size();
            match &self.lookups[i] {
                Lookup::Answered(answered) if answered.number >= size => {
                    let (what, number) = (answered.what.clone(), answered.number);
                    let error = VerifyError::OutsideTree { what, number, size };
                    self.lookups[i] = Lookup::Done(Err(error));
                    return;
                }
                Lookup::Answered(_) => {}
                Lookup::Asked | Lookup::Done(_) => return,
            }
        }
        let nodes = self.nodes(task);
        match self.gather(&nodes) {
            Gathered::WaitFor(tile) => self.waiting.entry(tile).or_default().push(task),
            Gathered::Failed(error) => match task {
                Task::Lookup(i) => self.lookups[i] = Lookup::Done(Err(error)),
                Task::Head(size) => self.set_standing(size, Standing::Failed(error)),
            },
            Gathered::Hashes(hashes) => self.conclude(task, &hashes),
        }
    }

    /// The nodes whose hashes decide a task: the record's, and those of its tree if that is not known.
    fn nodes(&self, task: Task) -> Vec<Node> {
        let (record, head) = match task {
            Task::Head(size) => (None, size),
            Task::Lookup(i) => match &self.lookups[i] {
                Lookup::Answered(answered) => (Some(Node::record(answered.number)), answered.head),
                Lookup::Asked | Lookup::Done(_) => return Vec::new(),
            },
        };
        let mut nodes = Vec::from_iter(record);
        if self.pending.contains(&head) {
            nodes.extend(tree_nodes(head));
        }
        nodes
    }

    /// Decides a task by the hashes of its nodes, which are proven to be in the latest tree.
    fn conclude(&mut self, task: Task, hashes: &[Hash]) {
        let (head, tree) = match task {
            Task::Head(size) => (size, hashes),
            Task::Lookup(i) => match &self.lookups[i] {
                Lookup::Answered(answered) => (answered.head, &hashes[hashes.len().min(1)..]),
                Lookup::Asked | Lookup::Done(_) => return,
            },
        };
        if self.pending.contains(&head) && !self.is_prefix(head, tree) {
            return;
        }
        let Task::Lookup(i) = task else { return };
        let Some((logged, size)) = hashes.first().zip(self.latest_head().map(|head| head.size))
        else {
            return;
        };
        let lookup = std::mem::replace(&mut self.lookups[i], Lookup::Asked);
        let Lookup::Answered(answered) = lookup else {
            return;
        };
        let Answered {
            what,
            number,
            record,
            hashes: (zip, go_mod),
            data,
            ..
        } = *answered;
        self.lookups[i] = Lookup::Done(if *logged == record {
            self.statistics.proofs += 1;
            self.statistics.lookups += 1;
            self.cacheable.extend(data.map(|data| (what, data)));
            Ok(Record {
                number,
                tree_size: size,
                zip,
                go_mod,
            })
        } else {
            let (logged, received) = (*logged, record);
            Err(VerifyError::RecordMismatch {
                what,
                number,
                size,
                logged,
                received,
            })
        });
    }

    /// Whether the head of a size is a prefix of the latest tree, given the hashes of its nodes there.
    fn is_prefix(&mut self, size: u64, hashes: &[Hash]) -> bool {
        let older = self.heads.get(&size).map(|known| known.signed.clone());
        let (Some(older), Some(newer)) = (older, self.latest.clone()) else {
            return false;
        };
        let computed = fold_tree(hashes);
        if computed != older.head.hash {
            self.report_fork(&older, &newer, computed);
            return false;
        }
        self.statistics.proofs += 1;
        self.set_standing(size, Standing::Consistent);
        true
    }

    /// Reads proven hashes of the current tree.
    fn gather(&mut self, nodes: &[Node]) -> Gathered {
        let Some(reader) = &mut self.reader else {
            return Gathered::Hashes(Vec::new());
        };
        let (mut data, mut missing, mut failed) = (Vec::new(), None, None);
        for tile in reader.needed(nodes) {
            match self.store.tile(tile) {
                Slot::Asked => missing = missing.or(Some(tile)),
                Slot::Data { hashes, .. } => data.push((tile, hashes.clone())),
                Slot::Failed(error) => failed = failed.or_else(|| Some(error.clone())),
            }
        }
        if let Some(error) = failed {
            return Gathered::Failed(error);
        }
        if let Some(tile) = missing {
            return Gathered::WaitFor(tile);
        }
        let head = *reader.head();
        if let Err(wrong) = reader.prove(data) {
            return Gathered::Failed(VerifyError::TileMismatch {
                head,
                tiles: wrong.0,
            });
        }
        nodes
            .iter()
            .map(|node| reader.hash(*node))
            .collect::<Option<_>>()
            .map_or_else(
                || {
                    Gathered::Failed(VerifyError::TileMismatch {
                        head,
                        tiles: Vec::new(),
                    })
                },
                Gathered::Hashes,
            )
    }

    fn read_tree(&mut self, head: &TreeHead) {
        if self
            .reader
            .as_ref()
            .is_none_or(|reader| reader.head() != head)
        {
            self.collect_proven();
            self.reader = Some(TreeReader::new(*head, HEIGHT));
        }
    }

    /// Hands the tiles proven to be in the latest tree to the cache.
    fn collect_proven(&mut self) {
        let (Some(reader), Some(latest)) = (&mut self.reader, &self.latest) else {
            return;
        };
        if *reader.head() != latest.head {
            return;
        }
        for (tile, hashes) in reader.take_proven() {
            if !self.proven_tiles.insert(tile) {
                continue;
            }
            self.statistics.tiles += 1;
            if !self.store.is_cached(&tile) {
                let data = hashes.iter().flat_map(|hash| hash.0).collect();
                self.cacheable.push((tile.to_string(), data));
            }
        }
    }

    fn set_standing(&mut self, size: u64, standing: Standing) {
        self.pending.remove(&size);
        if let Some(known) = self.heads.get_mut(&size) {
            known.standing = standing;
        }
    }

    /// Gives up on a head larger than the latest one, and on the answers that carry it.
    fn fail_head(&mut self, size: u64, error: VerifyError) {
        for lookup in &mut self.lookups {
            if matches!(lookup, Lookup::Answered(answered) if answered.head == size) {
                *lookup = Lookup::Done(Err(error.clone()));
            }
        }
        self.set_standing(size, Standing::Failed(error));
    }

    fn report_fork(&mut self, older: &SignedHead, newer: &SignedHead, computed: Hash) {
        // All hashes of the proof are in the tiles that gave the computed hash.
        let reader = self.reader.as_ref();
        let proof = prove_tree(newer.head.size, older.head.size, |node| {
            reader.and_then(|reader| reader.hash(node)).ok_or(NoHash)
        });
        self.set_fork(older, newer, computed, proof.unwrap_or_default());
    }
}

/// A hash of a proof is not at hand.
struct NoHash;

impl From<ProofError> for NoHash {
    fn from(_: ProofError) -> Self {
        Self
    }
}
