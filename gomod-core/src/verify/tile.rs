//! Tiles: the pieces in which a log serves its hashes.
//!
//! A tile of height H at level L holds up to 2^H hashes of the tree's level H*L (`tlog.Tile`). A full tile
//! never changes; a partial one is the right edge of its level in a tree of a certain size.

use std::fmt;
use std::str::FromStr;

use super::tree::{HASH_SIZE, Hash, Node, node_hash};

/// The height of the tiles of the Go checksum database.
pub const HEIGHT: u8 = 8;

const MAX_HEIGHT: u8 = 30;
const MAX_LEVEL: u8 = 63;
/// Paths encode a tile's number by three digits an element.
const PATH_BASE: u64 = 1000;

/// The coordinates of a tile; as text its path, such as `tile/8/0/x001/234.p/5`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    height: u8,
    level: u8,
    number: u64,
    width: u32,
}

/// The text is not the path of a tile of hashes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("malformed tile path {0:?}")]
pub struct TileError(pub String);

impl Tile {
    /// The tile at a level and number, as wide as it is in the tree of `size` records.
    ///
    /// `None` when that tree has no such tile, or for a height outside 1 to 30.
    pub fn in_tree(height: u8, level: u8, number: u64, size: u64) -> Option<Self> {
        if !(1..=MAX_HEIGHT).contains(&height) {
            return None;
        }
        let hashes = size
            .checked_shr(u32::from(height) * u32::from(level))
            .unwrap_or(0);
        if number > hashes >> height {
            return None;
        }
        let left = hashes - (number << height);
        let width = u32::try_from(left.min(1 << height))
            .ok()
            .filter(|w| *w > 0)?;
        Some(Self {
            height,
            level,
            number,
            width,
        })
    }

    /// The tile that holds a node, or from which it is computed, in the tree of `size` records.
    pub fn holding(height: u8, node: Node, size: u64) -> Option<Self> {
        if !(1..=MAX_HEIGHT).contains(&height) || !node.is_within(size) {
            return None;
        }
        let (level, above) = (node.level / height, node.level % height);
        // The shift to the left undoes part of the one by which the node is within 64 bits.
        let number = (node.index << above) >> height;
        Self::in_tree(height, level, number, size)
    }

    /// The height of the tile.
    pub fn height(&self) -> u8 {
        self.height
    }

    /// The level of the tile, counted in tiles.
    pub fn level(&self) -> u8 {
        self.level
    }

    /// The place of the tile within its level.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The number of hashes that the tile holds.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// The number of bytes that the tile's data has.
    pub fn data_len(&self) -> usize {
        self.width as usize * HASH_SIZE
    }

    /// Whether the tile holds all the hashes that it can.
    pub fn is_full(&self) -> bool {
        self.width == 1 << self.height
    }

    /// The same tile once it is full.
    pub fn full(&self) -> Self {
        Self {
            width: 1 << self.height,
            ..*self
        }
    }

    /// The node over everything below a full tile, which its parent holds.
    pub fn root(&self) -> Node {
        Node {
            level: self.height.saturating_mul(self.level.saturating_add(1)),
            index: self.number,
        }
    }

    /// The hash of a node from the data of this tile; `None` when the tile does not give it.
    pub fn hash(&self, data: &[Hash], node: Node) -> Option<Hash> {
        let above = node
            .level
            .checked_sub(self.height.checked_mul(self.level)?)?;
        if above > self.height || data.len() != self.width as usize {
            return None;
        }
        let first = node.index.checked_mul(1 << above)?;
        let start = usize::try_from(first.checked_sub(self.number << self.height)?).ok()?;
        let hashes = data.get(start..start.checked_add(1 << above)?)?;
        Some(join(hashes))
    }
}

impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tile/{}/{}/", self.height, self.level)?;
        let mut power = 1;
        while self.number / power >= PATH_BASE {
            power *= PATH_BASE;
        }
        while power > 1 {
            write!(f, "x{:03}/", self.number / power % PATH_BASE)?;
            power /= PATH_BASE;
        }
        write!(f, "{:03}", self.number % PATH_BASE)?;
        if self.is_full() {
            Ok(())
        } else {
            write!(f, ".p/{}", self.width)
        }
    }
}

impl FromStr for Tile {
    type Err = TileError;

    fn from_str(path: &str) -> Result<Self, TileError> {
        // Only what prints as it was read is a path.
        parse(path)
            .filter(|tile| tile.to_string() == path)
            .ok_or_else(|| TileError(path.into()))
    }
}

/// Splits data into hashes; `None` when it is not a multiple of their size.
pub fn split_hashes(data: &[u8]) -> Option<Vec<Hash>> {
    let (hashes, rest) = data.as_chunks::<HASH_SIZE>();
    rest.is_empty()
        .then(|| hashes.iter().copied().map(Hash).collect())
}

/// The hash of the complete subtree over a power of two of hashes.
pub(super) fn join(hashes: &[Hash]) -> Hash {
    match hashes {
        [hash] => *hash,
        _ => {
            let (left, right) = hashes.split_at(hashes.len() / 2);
            node_hash(&join(left), &join(right))
        }
    }
}

fn parse(path: &str) -> Option<Tile> {
    let mut elements = path.strip_prefix("tile/")?.split('/');
    let height: u8 = elements.next()?.parse().ok()?;
    let level: u8 = elements.next()?.parse().ok()?;
    if !(1..=MAX_HEIGHT).contains(&height) || level > MAX_LEVEL {
        return None;
    }
    let mut number: u64 = 0;
    let mut width = 1 << height;
    while let Some(element) = elements.next() {
        let (digits, partial) = match element.strip_suffix(".p") {
            Some(digits) => (digits, true),
            None => (element, false),
        };
        let digits: u64 = digits.strip_prefix('x').unwrap_or(digits).parse().ok()?;
        number = number.checked_mul(PATH_BASE)?.checked_add(digits)?;
        if partial {
            width = elements
                .next()?
                .parse()
                .ok()
                .filter(|w| (1..width).contains(w))?;
            if elements.next().is_some() {
                return None;
            }
        }
    }
    // Beyond this, the numbers of the tile's hashes have no place in 64 bits.
    (number <= u64::MAX >> height).then_some(Tile {
        height,
        level,
        number,
        width,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use proptest::prelude::*;

    use super::*;
    use crate::verify::testing::{TestLog, TestSigner};

    #[test]
    fn paths() {
        let tile = |height, level, number, width| Tile {
            height,
            level,
            number,
            width,
        };
        for (tile, path) in [
            (tile(8, 0, 0, 256), "tile/8/0/000"),
            (tile(8, 0, 1_234, 5), "tile/8/0/x001/234.p/5"),
            (tile(3, 4, 1_234_067, 1), "tile/3/4/x001/x234/067.p/1"),
            (tile(3, 4, 1_234_067, 8), "tile/3/4/x001/x234/067"),
            (tile(8, 3, 1_000, 255), "tile/8/3/x001/000.p/255"),
            (tile(30, 63, 999, 1 << 30), "tile/30/63/999"),
        ] {
            assert_eq!(tile.to_string(), path);
            assert_eq!(path.parse(), Ok(tile));
        }
        for bad in [
            "",
            "tile",
            "tile/8/0",
            "tile/8/0/",
            "tile/8/0/0",
            "tile/8/0/00",
            "tile/8/0/0000",
            "tile/8/0/x000",
            "tile/8/0/x000/001",
            "tile/8/0/001/234",
            "tile/8/0/-01",
            "tile/8/0/+01",
            "tile/8/0/000.p",
            "tile/8/0/000.p/0",
            "tile/8/0/000.p/256",
            "tile/8/0/000.p/05",
            "tile/8/0/000.p/5/6",
            "tile/8/-1/000",
            "tile/8/data/000",
            "tile/8/64/000",
            "tile/0/0/000",
            "tile/31/0/000",
            "tile/08/0/000",
            "tile/8/0/000/",
            "/tile/8/0/000",
            "tile/8/0/x999/x999/x999/x999/x999/x999/x999/999",
        ] {
            assert!(bad.parse::<Tile>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn widths_follow_the_size_of_the_tree() {
        let path = |level, number, size| {
            Tile::in_tree(8, level, number, size).map(|tile| tile.to_string())
        };
        assert_eq!(path(0, 0, 0), None);
        assert_eq!(path(0, 0, 1).as_deref(), Some("tile/8/0/000.p/1"));
        assert_eq!(path(0, 0, 256).as_deref(), Some("tile/8/0/000"));
        assert_eq!(path(0, 1, 256), None);
        assert_eq!(path(1, 0, 255), None);
        assert_eq!(path(1, 0, 256).as_deref(), Some("tile/8/1/000.p/1"));
        assert_eq!(path(1, 0, 65_536).as_deref(), Some("tile/8/1/000"));
        assert_eq!(path(2, 0, 65_536).as_deref(), Some("tile/8/2/000.p/1"));
        assert_eq!(path(9, 0, u64::MAX), None);
        assert_eq!(path(255, u64::MAX, u64::MAX), None);
        assert_eq!(Tile::in_tree(0, 0, 0, 9), None);
        assert_eq!(Tile::in_tree(31, 0, 0, 9), None);
        assert!(Tile::in_tree(30, 2, 0, u64::MAX).is_some());
    }

    #[test]
    fn a_hash_comes_only_from_its_own_tile() {
        let hashes = vec![Hash([7; 32]); 5];
        let tile = Tile {
            height: 3,
            level: 1,
            number: 2,
            width: 5,
        };
        let hash = |level, index| tile.hash(&hashes, Node { level, index });
        assert!(hash(3, 16).is_some() && hash(3, 20).is_some() && hash(5, 4).is_some());
        assert!(hash(3, 15).is_none() && hash(3, 21).is_none());
        assert!(hash(2, 16).is_none() && hash(4, 10).is_none() && hash(7, 1).is_none());
        assert!(hash(5, u64::MAX).is_none() && hash(255, 0).is_none());
        assert!(
            tile.hash(
                &hashes[1..],
                Node {
                    level: 3,
                    index: 16
                }
            )
            .is_none()
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn every_path_parses_back(height in 1..=30_u8, level in 0..=63_u8, number: u64, width: u32) {
            let width = 1 + width % (1 << height);
            let tile = Tile { height, level, number: number >> height, width };
            prop_assert_eq!(tile.to_string().parse(), Ok(tile));
        }

        #[test]
        fn no_text_is_too_much(text in "tile/[0-9]{1,2}/[0-9]{1,2}/[x0-9./p]{0,30}") {
            if let Ok(tile) = text.parse::<Tile>() {
                prop_assert_eq!(tile.to_string(), text);
            }
        }

        #[test]
        fn tiles_hold_the_nodes_of_the_tree(height in 1..=8_u8, size in 1..600_u64, level in 0..9_u8, index: u64) {
            thread_local!(static LOG: TestLog = TestLog::with_modules(TestSigner::new("test", 1), 600));
            let level = level.min(size.ilog2() as u8);
            let node = Node { level, index: index % (size >> level) };
            let tile = Tile::holding(height, node, size).unwrap();
            LOG.with(|log| {
                let first = tile.number() << height;
                let data: Vec<Hash> = (first..first + u64::from(tile.width()))
                    .map(|index| Hash(log.node(height * tile.level(), index)))
                    .collect();
                prop_assert_eq!(tile.hash(&data, node), Some(Hash(log.node(level, node.index))));
                Ok(())
            })?;
        }
    }
}
