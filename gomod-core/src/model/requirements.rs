//! All requirements at once, as `go get` writes them: in one block, or direct and indirect ones apart.

use rustc_hash::{FxHashMap, FxHashSet};

use super::go_mod::{GoMod, Require};
use super::{GoVersion, ModulePath, Version, lines};
use crate::syntax::{BlockId, LineId, Statement, Tree, auto_quote};

/// A requirement that a `go.mod` is to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRequirement {
    /// The module.
    pub path: ModulePath,
    /// Its version.
    pub version: Version,
    /// Whether it is to bear an `// indirect` comment.
    pub indirect: bool,
}

/// What is wanted by path; of several requirements on one path the last counts.
type Wanted<'a> = FxHashMap<&'a ModulePath, &'a NewRequirement>;

impl GoMod {
    /// Makes these the requirements, as `go get` does: comments stay, and from go 1.17 on direct and
    /// indirect requirements are kept in blocks of their own. A new go version must be set before.
    pub fn set_requirements(&mut self, requirements: &[NewRequirement]) {
        if self
            .go_version()
            .cmp_precedence(&GoVersion::new("1.17"))
            .is_lt()
        {
            self.set_require(requirements);
        } else {
            self.set_require_separate_indirect(requirements);
        }
    }

    /// Makes these the requirements and keeps the file's blocks (`File.SetRequire`).
    pub fn set_require(&mut self, requirements: &[NewRequirement]) {
        let mut wanted: Wanted<'_> = requirements.iter().map(|r| (&r.path, r)).collect();
        let tree = &mut self.tree;
        self.require
            .retain_mut(|require| match wanted.remove(&require.path) {
                Some(new) => {
                    update(tree, require, new);
                    true
                }
                None => {
                    tree.remove_line(require.line);
                    false
                }
            });
        for new in requirements {
            if let Some(new) = wanted.remove(&new.path) {
                self.add_new_require(&new.path, &new.version, new.indirect);
            }
        }
    }

    /// Makes these the requirements, direct and indirect ones in blocks of their own
    /// (`File.SetRequireSeparateIndirect`).
    pub fn set_require_separate_indirect(&mut self, requirements: &[NewRequirement]) {
        let wanted: Wanted<'_> = requirements.iter().map(|r| (&r.path, r)).collect();
        let found = Found::in_tree(&self.tree);
        let Some((direct, indirect)) = found.make_blocks(&mut self.tree) else {
            return; // both places were found among require statements
        };
        let mut have = FxHashSet::default();
        let tree = &mut self.tree;
        self.require.retain_mut(|require| {
            let Some(new) = wanted
                .get(&require.path)
                .filter(|new| have.insert(&new.path))
            else {
                tree.remove_line(require.line);
                return false;
            };
            update(tree, require, new);
            let block = found.block_of.get(&require.line);
            let (from, to) = if new.indirect {
                (direct, indirect)
            } else {
                (indirect, direct)
            };
            if (found.one_plain || block == Some(&from)) && tree.block_of(require.line) != Some(to)
            {
                tree.move_line(require.line, to);
            }
            true
        });
        for new in requirements {
            let Some(new) = wanted.get(&new.path).filter(|new| have.insert(&new.path)) else {
                continue;
            };
            let block = if new.indirect { indirect } else { direct };
            let line = tree.add_to_block(
                block,
                &[&auto_quote(new.path.as_str()), new.version.as_str()],
            );
            lines::set_indirect(tree, line, new.indirect);
            self.require.push(Require {
                path: new.path.clone(),
                version: new.version.clone(),
                indirect: new.indirect,
                canonical: true,
                line,
            });
        }
        tree.settle();
    }
}

/// The require statements of a file.
struct Found {
    /// The last statement with nothing but direct requirements and without comments.
    direct: Option<usize>,
    /// The last one with nothing but indirect requirements and no other comments.
    indirect: Option<usize>,
    last: Option<usize>,
    /// Whether there is just one statement, and no comments belong to it.
    one_plain: bool,
    /// The blocks of the lines that are in one.
    block_of: FxHashMap<LineId, BlockId>,
}

impl Found {
    fn in_tree(tree: &Tree) -> Self {
        let mut found = Self {
            direct: None,
            indirect: None,
            last: None,
            one_plain: false,
            block_of: FxHashMap::default(),
        };
        let mut count = 0;
        for at in 0..tree.len() {
            let (plain, direct, indirect) = match tree.statement(at) {
                Statement::Line(line)
                    if tree.token(line, 0) == Some("require") && !tree.is_removed(line) =>
                {
                    let plain = is_plain(tree, line);
                    let indirect = lines::is_indirect(tree, line);
                    (plain, plain && !indirect, plain && indirect)
                }
                Statement::Block(block) if tree.block_tokens(block).next() == Some("require") => {
                    found.block(tree, block)
                }
                _ => continue,
            };
            count += 1;
            found.one_plain = count == 1 && plain;
            found.last = Some(at);
            found.direct = if direct { Some(at) } else { found.direct };
            found.indirect = if indirect { Some(at) } else { found.indirect };
        }
        found
    }

    /// Whether a block itself is without comments, and whether all its lines are plain and direct, or
    /// plain and indirect.
    fn block(&mut self, tree: &Tree, block: BlockId) -> (bool, bool, bool) {
        let plain = tree.block_comments(block).next().is_none();
        let (mut any, mut direct, mut indirect) = (false, plain, plain);
        for line in tree.block_lines(block) {
            self.block_of.insert(line, block);
            any = true;
            let is_indirect = lines::is_indirect(tree, line);
            let line_plain = is_plain(tree, line);
            direct &= line_plain && !is_indirect;
            indirect &= line_plain && is_indirect;
        }
        (plain, any && direct, any && indirect)
    }

    /// The blocks for direct and for indirect requirements, made where they are missing.
    fn make_blocks(&self, tree: &mut Tree) -> Option<(BlockId, BlockId)> {
        let mut indirect_at = self.indirect;
        let (direct_at, direct) = match (self.direct, self.indirect) {
            (Some(at), _) => (at, tree.ensure_block(at)?),
            (None, Some(at)) => {
                indirect_at = Some(at + 1);
                (at, tree.insert_block(at, "require"))
            }
            (None, None) => {
                let at = self.last.map_or(tree.len(), |last| last + 1);
                (at, tree.insert_block(at, "require"))
            }
        };
        let indirect = match indirect_at {
            Some(at) => tree.ensure_block(at)?,
            None => tree.insert_block(direct_at + 1, "require"),
        };
        Some((direct, indirect))
    }
}

/// Whether a line has no comments but `// indirect`.
fn is_plain(tree: &Tree, line: LineId) -> bool {
    let mut behind = tree.comments_behind(line);
    let only_mark = match behind.next() {
        None => true,
        Some(comment) => comment.strip_prefix("//").unwrap_or(comment).trim() == "indirect",
    };
    only_mark && behind.next().is_none() && tree.comments_before(line).next().is_none()
}

/// Changes a requirement in its line (`Require.setVersion`, `Require.setIndirect`).
fn update(tree: &mut Tree, require: &mut Require, new: &NewRequirement) {
    let line = require.line;
    tree.join_block(line);
    let index = if tree.block_of(line).is_some() { 1 } else { 2 };
    tree.set_token(line, index, new.version.as_str());
    lines::set_indirect(tree, line, new.indirect);
    require.version = new.version.clone();
    require.indirect = new.indirect;
    require.canonical = true;
}
