//! Reading the hashes of one tree from tiles, of which only proven ones are used.
//!
//! The partial tiles of a tree, its right edge, together make up its hash, so they are proven together. A
//! full tile is proven by the hash that its parent holds for it (`tlog.TileHashReader`).

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::tile::{Tile, join};
use super::tree::{Hash, Node, fold_tree, tree_nodes};
use super::tree_head::TreeHead;

/// The hashes of the tree with a given head, from tiles proven to belong to it.
#[derive(Debug)]
pub(super) struct TreeReader {
    head: TreeHead,
    height: u8,
    proven: HashMap<Tile, Arc<[Hash]>>,
    /// Tiles proven since the last call of `take_proven`.
    fresh: Vec<(Tile, Arc<[Hash]>)>,
}

/// These tiles do not belong to the tree; at least one of them is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Inconsistent(pub(super) Vec<Tile>);

impl TreeReader {
    pub(super) fn new(head: TreeHead, height: u8) -> Self {
        Self {
            head,
            height,
            proven: HashMap::new(),
            fresh: Vec::new(),
        }
    }

    pub(super) fn head(&self) -> &TreeHead {
        &self.head
    }

    /// The tiles that must still be proven before the hashes of `nodes` can be read, parents first.
    ///
    /// Nodes outside the tree need no tiles; [`TreeReader::hash`] does not have them.
    pub(super) fn needed(&self, nodes: &[Node]) -> Vec<Tile> {
        let mut tiles = if nodes.is_empty() {
            Vec::new()
        } else {
            self.unproven_edge()
        };
        let mut listed: HashSet<Tile> = tiles.iter().copied().collect();
        for node in nodes {
            // From the node's tile up to one that is already proven or listed, then added downwards.
            let mut chain = Vec::new();
            let mut next = Tile::holding(self.height, *node, self.head.size);
            while let Some(tile) = next.filter(|t| !self.proven.contains_key(t)) {
                if !listed.insert(tile) {
                    break;
                }
                chain.push(tile);
                next = self.parent(&tile);
            }
            tiles.extend(chain.into_iter().rev());
        }
        tiles
    }

    /// Proves tiles, as listed by [`TreeReader::needed`] and in that order.
    ///
    /// # Errors
    /// [`Inconsistent`] when they do not belong to the tree; those proven before the wrong one are kept.
    pub(super) fn prove(&mut self, tiles: Vec<(Tile, Arc<[Hash]>)>) -> Result<(), Inconsistent> {
        let (edge, rest): (Vec<_>, Vec<_>) = tiles.into_iter().partition(|(t, _)| !t.is_full());
        if !edge.is_empty() {
            self.prove_edge(edge)?;
        }
        for (tile, data) in rest {
            let expected = self.hash(tile.root());
            if data.len() != tile.width() as usize || expected != Some(join(&data)) {
                return Err(Inconsistent(vec![tile]));
            }
            self.keep(tile, data);
        }
        Ok(())
    }

    /// The hash of a node, if the tile that holds it is proven.
    pub(super) fn hash(&self, node: Node) -> Option<Hash> {
        let tile = Tile::holding(self.height, node, self.head.size)?;
        tile.hash(self.proven.get(&tile)?, node)
    }

    /// The tiles proven since the last call.
    pub(super) fn take_proven(&mut self) -> Vec<(Tile, Arc<[Hash]>)> {
        std::mem::take(&mut self.fresh)
    }

    fn prove_edge(&mut self, given: Vec<(Tile, Arc<[Hash]>)>) -> Result<(), Inconsistent> {
        let wrong = || Inconsistent(given.iter().map(|(tile, _)| *tile).collect());
        let data: HashMap<Tile, &Arc<[Hash]>> = given.iter().map(|(t, d)| (*t, d)).collect();
        let hashes: Vec<Hash> = tree_nodes(self.head.size)
            .into_iter()
            .map(|node| {
                let tile = Tile::holding(self.height, node, self.head.size)?;
                tile.hash(data.get(&tile)?, node)
            })
            .collect::<Option<_>>()
            .ok_or_else(wrong)?;
        if fold_tree(&hashes) != self.head.hash {
            return Err(wrong());
        }
        for tile in self.edge() {
            if let Some(data) = data.get(&tile) {
                self.keep(tile, Arc::clone(data));
            }
        }
        Ok(())
    }

    fn keep(&mut self, tile: Tile, data: Arc<[Hash]>) {
        if self.proven.insert(tile, Arc::clone(&data)).is_none() {
            self.fresh.push((tile, data));
        }
    }

    /// The tiles of the right edge, the top one first: just those of the tree that are partial.
    fn edge(&self) -> Vec<Tile> {
        let mut tiles: Vec<Tile> = tree_nodes(self.head.size)
            .into_iter()
            .filter_map(|node| Tile::holding(self.height, node, self.head.size))
            .collect();
        tiles.dedup();
        tiles
    }

    /// The edge, or nothing when it is proven; it is proven as a whole.
    fn unproven_edge(&self) -> Vec<Tile> {
        let mut edge = self.edge();
        edge.retain(|tile| !self.proven.contains_key(tile));
        edge
    }

    /// The tile that holds the hash of a full tile; partial ones have none.
    fn parent(&self, tile: &Tile) -> Option<Tile> {
        let root = tile.is_full().then(|| tile.root())?;
        Tile::holding(self.height, root, self.head.size)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use proptest::prelude::*;

    use super::*;
    use crate::verify::testing::{TestLog, TestSigner};
    use crate::verify::tree::tree_hash;

    const HEIGHT: u8 = 2;

    fn log(size: u64) -> TestLog {
        TestLog::with_modules(TestSigner::new("test", 1), size)
    }

    fn reader(log: &TestLog, size: u64) -> TreeReader {
        TreeReader::new(
            TreeHead {
                size,
                hash: Hash(log.root(size)),
            },
            HEIGHT,
        )
    }

    fn data(log: &TestLog, tile: Tile) -> Vec<Hash> {
        let first = tile.number() << tile.height();
        (first..first + u64::from(tile.width()))
            .map(|index| Hash(log.node(tile.height() * tile.level(), index)))
            .collect()
    }

    fn supply(log: &TestLog, tiles: Vec<Tile>) -> Vec<(Tile, Arc<[Hash]>)> {
        tiles
            .into_iter()
            .map(|tile| (tile, data(log, tile).into()))
            .collect()
    }

    #[test]
    fn reads_every_record_and_every_older_tree() {
        let log = log(90);
        for size in 1..=90 {
            for older in 1..=size {
                let mut reader = reader(&log, size);
                let mut nodes = tree_nodes(older);
                nodes.push(Node::record(older - 1));
                let tiles = reader.needed(&nodes);
                assert!(tiles.iter().all(|tile| tile.width() > 0));
                reader.prove(supply(&log, tiles)).unwrap();
                assert_eq!(reader.needed(&nodes), []);
                let hash = tree_hash(older, |node| reader.hash(node).ok_or(node)).unwrap();
                assert_eq!(hash, Hash(log.root(older)), "{older} in {size}");
                assert!(reader.hash(Node::record(older - 1)).is_some());
            }
        }
    }

    #[test]
    fn asks_for_the_edge_and_one_tile_a_level() {
        let paths = |size, nodes: &[Node]| -> Vec<String> {
            let tiles = reader(&log(90), size).needed(nodes);
            tiles.iter().map(ToString::to_string).collect()
        };
        let record = [Node::record(0)];
        assert_eq!(paths(15, &[]), [""; 0]);
        assert_eq!(
            paths(15, &record),
            ["tile/2/1/000.p/3", "tile/2/0/003.p/3", "tile/2/0/000"]
        );
        assert_eq!(
            paths(16, &record),
            ["tile/2/2/000.p/1", "tile/2/1/000", "tile/2/0/000"]
        );
        assert_eq!(paths(16, &[Node::record(16)]), ["tile/2/2/000.p/1"]);
    }

    #[test]
    fn every_bit_of_a_tile_counts() {
        let log = log(23);
        for number in [0, 17, 22] {
            let nodes = [Node::record(number)];
            let honest = supply(&log, reader(&log, 23).needed(&nodes));
            for i in 0..honest.len() {
                let bits = honest[i].1.len() * 256;
                for bit in 0..bits {
                    let mut tiles = honest.clone();
                    let mut changed = tiles[i].1.to_vec();
                    changed[bit / 256].0[bit % 256 / 8] ^= 1 << (bit % 8);
                    tiles[i].1 = changed.into();
                    let mut reader = reader(&log, 23);
                    let wrong = reader.prove(tiles).unwrap_err();
                    assert!(wrong.0.contains(&honest[i].0));
                    if i + 1 == honest.len() {
                        assert_eq!(reader.hash(nodes[0]), None);
                    }
                }
            }
        }
    }

    #[test]
    fn tiles_that_are_missing_or_not_its_own_prove_nothing() {
        let log = log(23);
        let nodes = [Node::record(0)];
        let honest = supply(&log, reader(&log, 23).needed(&nodes));
        for missing in 0..honest.len() - 1 {
            let mut tiles = honest.clone();
            tiles.remove(missing);
            assert!(reader(&log, 23).prove(tiles).is_err(), "without {missing}");
        }
        let other = supply(&log, reader(&log, 22).needed(&nodes));
        assert!(reader(&log, 23).prove(other).is_err());
        let mut short = honest.clone();
        let last = short.len() - 1;
        short[last].1 = short[last].1[1..].into();
        assert!(reader(&log, 23).prove(short).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn larger_trees(size in 1..3000_u64, a: u64, b: u64, height in 1..=8_u8, bit: usize) {
            thread_local!(static LOG: TestLog = log(3000));
            LOG.with(|log| {
                let (number, older) = (a % size, 1 + b % size);
                let head = TreeHead { size, hash: Hash(log.root(size)) };
                let mut reader = TreeReader::new(head, height);
                let mut nodes = tree_nodes(older);
                nodes.push(Node::record(number));
                let mut tiles = supply(log, reader.needed(&nodes));
                reader.prove(tiles.clone()).unwrap();
                prop_assert_eq!(reader.hash(Node::record(number)), Some(Hash(log.node(0, number))));
                let hash = tree_hash(older, |node| reader.hash(node).ok_or(()));
                prop_assert_eq!(hash, Ok(Hash(log.root(older))));

                let i = bit % tiles.len();
                let mut changed = tiles[i].1.to_vec();
                let at = bit % changed.len();
                changed[at].0[bit % 32] ^= 1;
                tiles[i].1 = changed.into();
                prop_assert!(TreeReader::new(head, height).prove(tiles).is_err());
                Ok(())
            })?;
        }
    }
}
