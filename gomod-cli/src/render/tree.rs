//! Box characters in front of the lines of a tree, as `cargo tree` draws them.

/// Draws the stems of lines that come top down.
#[derive(Default)]
pub(crate) struct Stems {
    /// For each level down to the current line, whether no sibling follows there.
    last: Vec<bool>,
}

impl Stems {
    /// What stands in front of a line at `depth`; the root, at 0, has nothing.
    pub(crate) fn at(&mut self, depth: usize, last: bool) -> String {
        self.last.truncate(depth.saturating_sub(1));
        let mut stem: String = self
            .last
            .iter()
            .map(|last| if *last { "    " } else { "│   " })
            .collect();
        if depth > 0 {
            stem.push_str(if last { "└── " } else { "├── " });
            self.last.push(last);
        }
        stem
    }
}
