//! A `go.work` file: the modules of a workspace (`golang.org/x/mod/modfile`, `ParseWork`).

use super::directives::Reader;
use super::go_mod::{Go, Godebug, Replace, ReplaceTarget, Toolchain, decode};
use super::go_mod_edit::{self as edit, EditError};
use super::order::{self, Order};
use super::parse_error::{ParseErrors, parse_tree};
use super::{GoVersion, ModulePath, Version};
use crate::diag::{Position, Span};
use crate::syntax::{LineId, Statement, Tree, auto_quote};

/// A `go.work` file. The lists hold the directives in the order of the file, duplicates included.
#[derive(Debug, Clone)]
pub struct GoWork {
    /// The language version.
    pub go: Option<Go>,
    /// The suggested toolchain.
    pub toolchain: Option<Toolchain>,
    /// Runtime settings.
    pub godebug: Vec<Godebug>,
    /// The directories of the workspace's modules.
    pub uses: Vec<Use>,
    /// Replacements; they go before those of the modules.
    pub replace: Vec<Replace>,
    pub(super) tree: Tree,
}

/// A `use` line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// The directory, absolute or relative to that of the file.
    pub path: String,
    /// Its line.
    pub line: LineId,
}

impl GoWork {
    /// Parses a `go.work`. Everything that is not understood is an error, `exclude` too.
    ///
    /// # Errors
    /// [`ParseErrors`] with every fault and its place.
    pub fn parse(file: &str, text: &[u8]) -> Result<Self, ParseErrors> {
        Reader::strict(parse_tree(file, text)?).go_work(file)
    }

    /// The text: byte for byte as it was read, but for the lines that edits have changed.
    pub fn text(&self) -> String {
        String::from_utf8(self.to_bytes()).unwrap_or_else(|e| decode(e.as_bytes()))
    }

    /// [`GoWork::text`] as bytes, also where they are no UTF-8.
    pub fn to_bytes(&self) -> Vec<u8> {
        order::text(&self.tree, Order::GoWork, Order::GoWork)
    }

    /// The canonical text, as `go work edit -fmt` writes it.
    pub fn format(&self) -> String {
        String::from_utf8(self.format_bytes()).unwrap_or_else(|e| decode(e.as_bytes()))
    }

    /// [`GoWork::format`] as bytes, also where they are no UTF-8.
    pub fn format_bytes(&self) -> Vec<u8> {
        order::format(&self.tree, Order::GoWork, &self.duplicates())
    }

    /// The text that spans and positions refer to: the file as read.
    pub fn source(&self) -> &str {
        self.tree.source()
    }

    /// The bytes of a line's tokens in the file as read; empty for a line that an edit has added.
    pub fn span(&self, line: LineId) -> Span {
        self.tree.line_span(line)
    }

    /// Line and column of [`GoWork::span`].
    pub fn position(&self, line: LineId) -> Position {
        self.tree.position(self.span(line))
    }

    /// The go version that counts: that of the `go` line, 1.18 without one (`gover.FromGoWork`).
    pub fn go_version(&self) -> GoVersion {
        match &self.go {
            Some(go) => go.version.clone(),
            None => GoVersion::new(GoVersion::DEFAULT_WORK),
        }
    }

    /// Sets the go version (`-go`).
    ///
    /// # Errors
    /// [`EditError::GoVersion`] when a `go` line cannot hold it.
    pub fn set_go(&mut self, version: &GoVersion) -> Result<(), EditError> {
        edit::check_go(version)?;
        let tokens = ["go", version.as_str()];
        match &mut self.go {
            Some(go) => {
                go.version = version.clone();
                self.tree.update_line(go.line, &tokens);
            }
            None => {
                let line = self.tree.insert_line(self.behind_comments(), &tokens);
                self.go = Some(Go {
                    version: version.clone(),
                    line,
                });
            }
        }
        Ok(())
    }

    /// Removes the `go` line (`-go=none`).
    pub fn drop_go(&mut self) {
        if let Some(go) = self.go.take() {
            self.tree.remove_line(go.line);
        }
    }

    /// Sets the toolchain (`-toolchain`).
    ///
    /// # Errors
    /// [`EditError::Toolchain`] when a `toolchain` line cannot hold the name.
    pub fn set_toolchain(&mut self, name: &str) -> Result<(), EditError> {
        edit::check_toolchain(name)?;
        let tokens = ["toolchain", name];
        match &mut self.toolchain {
            Some(toolchain) => {
                toolchain.name = name.into();
                self.tree.update_line(toolchain.line, &tokens);
            }
            None => {
                let go = (0..self.tree.len()).find(|at| match self.tree.statement(*at) {
                    Statement::Line(line) => {
                        !self.tree.is_removed(line) && self.tree.token(line, 0) == Some("go")
                    }
                    _ => false,
                });
                let at = go.map_or_else(|| self.behind_comments(), |at| at + 1);
                let line = self.tree.insert_line(at, &tokens);
                self.toolchain = Some(Toolchain {
                    name: name.into(),
                    line,
                });
            }
        }
        Ok(())
    }

    /// Removes the `toolchain` line (`-toolchain=none`).
    pub fn drop_toolchain(&mut self) {
        if let Some(toolchain) = self.toolchain.take() {
            self.tree.remove_line(toolchain.line);
        }
    }

    /// Sets a runtime setting (`-godebug`).
    ///
    /// # Errors
    /// [`EditError::Godebug`] when a `godebug` line cannot hold it.
    pub fn add_godebug(&mut self, key: &str, value: &str) -> Result<(), EditError> {
        edit::add_godebug(&mut self.tree, &mut self.godebug, key, value)
    }

    /// Removes a runtime setting (`-dropgodebug`).
    pub fn drop_godebug(&mut self, key: &str) {
        edit::drop_where(
            &mut self.tree,
            &mut self.godebug,
            |g| g.line,
            |g| g.key == key,
        );
    }

    /// Adds a directory unless it is there, and removes duplicates of it (`-use`).
    pub fn add_use(&mut self, path: &str) {
        let mut need = true;
        let tree = &mut self.tree;
        self.uses.retain(|u| {
            if u.path != path || std::mem::take(&mut need) {
                return true;
            }
            tree.remove_line(u.line);
            false
        });
        if need {
            let line = self.tree.add_line(None, &["use", &auto_quote(path)]);
            self.uses.push(Use {
                path: path.into(),
                line,
            });
        }
    }

    /// Removes a directory (`-dropuse`).
    pub fn drop_use(&mut self, path: &str) {
        edit::drop_where(
            &mut self.tree,
            &mut self.uses,
            |u| u.line,
            |u| u.path == path,
        );
    }

    /// Replaces a module at one version or at all (`-replace`).
    pub fn add_replace(
        &mut self,
        path: &ModulePath,
        version: Option<&Version>,
        target: &ReplaceTarget,
    ) {
        edit::add_replace(&mut self.tree, &mut self.replace, path, version, target);
    }

    /// Removes the replacement of a module at one version, or the one at all (`-dropreplace`).
    pub fn drop_replace(&mut self, path: &ModulePath, version: Option<&Version>) {
        let same = |r: &Replace| r.path == *path && r.version.as_ref() == version;
        edit::drop_where(&mut self.tree, &mut self.replace, |r| r.line, same);
    }

    /// The lines of replacements that later ones repeat.
    pub(super) fn duplicates(&self) -> Vec<LineId> {
        let mut lines = Vec::new();
        let replace = self
            .replace
            .iter()
            .rev()
            .map(|r| ((&r.path, &r.version), r.line));
        order::repeated(replace, &mut lines);
        lines
    }

    /// The place behind the comments at the top.
    fn behind_comments(&self) -> usize {
        let mut places = 0..self.tree.len();
        places
            .find(|at| self.tree.statement(*at) != Statement::Comments)
            .unwrap_or(self.tree.len())
    }
}
