//! A `go.mod` file: its directives as types, over the lossless tree they were read from.
//!
//! The rules are those of `golang.org/x/mod/modfile` and of the Go Modules Reference, "go.mod files".
//! Each directive holds the id of its line, for messages and for edits.

use super::directives::Reader;
use super::order::{self, Order};
use super::parse_error::{ParseErrors, parse_tree};
use super::{GoVersion, ModulePath, ModuleVersion, Version, VersionFixes};
use crate::diag::{Position, Span};
use crate::syntax::{LineId, Tree};

/// A `go.mod` file.
///
/// The lists hold the directives in the order of the file, duplicates included.
#[derive(Debug, Clone)]
pub struct GoMod {
    /// The module's path.
    pub module: Option<Module>,
    /// The language version.
    pub go: Option<Go>,
    /// The suggested toolchain; not read from dependencies.
    pub toolchain: Option<Toolchain>,
    /// Runtime settings; not read from dependencies.
    pub godebug: Vec<Godebug>,
    /// The requirements.
    pub require: Vec<Require>,
    /// Excluded versions; not read from dependencies.
    pub exclude: Vec<Exclude>,
    /// Replacements; not read from dependencies.
    pub replace: Vec<Replace>,
    /// Retracted versions of the module itself.
    pub retract: Vec<Retract>,
    /// Tool packages; not read from dependencies.
    pub tool: Vec<Tool>,
    /// Directories that package patterns pass over.
    pub ignore: Vec<Ignore>,
    pub(super) tree: Tree,
    /// The order of blocks that the file as it was read asks for.
    pub(super) read_order: Order,
}

/// A `module` line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    /// The module's path.
    pub path: ModulePath,
    /// The paragraph of its comments that begins with `Deprecated:`.
    pub deprecated: Option<String>,
    /// Its line.
    pub line: LineId,
}

/// A `go` line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Go {
    /// The version.
    pub version: GoVersion,
    /// Its line.
    pub line: LineId,
}

/// A `toolchain` line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toolchain {
    /// The name, such as `go1.21.0` or `default`.
    pub name: String,
    /// Its line.
    pub line: LineId,
}

/// A `godebug` line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Godebug {
    /// The setting's name.
    pub key: String,
    /// Its value.
    pub value: String,
    /// Its line.
    pub line: LineId,
}

/// A requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Require {
    /// The module.
    pub path: ModulePath,
    /// Its version, in canonical form.
    pub version: Version,
    /// Whether the line bears an `// indirect` comment.
    pub indirect: bool,
    /// Whether the version was canonical as written. Where it was not, in `v1.0` or `v1.0.0+meta`, the
    /// go command looks the main module's requirement up as a query.
    pub canonical: bool,
    /// Its line.
    pub line: LineId,
}

/// An excluded version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exclude {
    /// The module.
    pub path: ModulePath,
    /// The version, in canonical form.
    pub version: Version,
    /// As [`Require::canonical`].
    pub canonical: bool,
    /// Its line.
    pub line: LineId,
}

/// A replacement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replace {
    /// The replaced module.
    pub path: ModulePath,
    /// The replaced version; `None` for all.
    pub version: Option<Version>,
    /// What takes its place.
    pub target: ReplaceTarget,
    /// As [`Require::canonical`], for both versions.
    pub canonical: bool,
    /// Its line.
    pub line: LineId,
}

/// What a replaced module is replaced by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReplaceTarget {
    /// A module at a version.
    Module(ModuleVersion),
    /// A directory, absolute or relative to that of the file.
    Directory(String),
}

/// A retracted version or interval of versions.
///
/// The go command takes any text for a retracted version and lets an invalid one sort below all valid
/// ones; here it is `v0.0.0-0`, the lowest version there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retract {
    /// The lowest retracted version.
    pub low: Version,
    /// The highest one; the same as `low` for a single version.
    pub high: Version,
    /// The comments of the line, or else of its block.
    pub rationale: String,
    /// As [`Require::canonical`], for both versions.
    pub canonical: bool,
    /// Its line.
    pub line: LineId,
    /// Both versions as written.
    pub(super) written: (String, String),
}

/// A `tool` line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    /// The tool's package.
    pub path: String,
    /// Its line.
    pub line: LineId,
}

/// An `ignore` line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignore {
    /// The directory.
    pub path: String,
    /// Its line.
    pub line: LineId,
}

impl Retract {
    pub(super) fn new(low: String, high: String, rationale: String, line: LineId) -> Self {
        let parse = |text: &str| {
            let lowest = || Version::parse("v0.0.0-0").unwrap_or_else(|_| Version::toolchain(""));
            Version::parse(text).unwrap_or_else(|_| lowest())
        };
        Self {
            low: parse(&low),
            high: parse(&high),
            rationale,
            canonical: true,
            line,
            written: (low, high),
        }
    }

    /// Whether a version is retracted by this.
    pub fn covers(&self, version: &Version) -> bool {
        self.low.cmp_precedence(version).is_le() && version.cmp_precedence(&self.high).is_le()
    }
}

impl GoMod {
    /// Parses the `go.mod` of a main module: anything that is not understood is an error, all errors
    /// are reported at once (`modfile.Parse` without a version fixer).
    ///
    /// # Errors
    /// [`ParseErrors`] with every fault and its place.
    pub fn parse(file: &str, text: &[u8]) -> Result<Self, ParseErrors> {
        Self::read(file, text, Reader::strict)
    }

    /// Parses the `go.mod` of a main module as commands do that load its graph: a version that is not in
    /// canonical form stands for what a query of it gives. When `fixes` wants something then, the result
    /// means nothing yet ([`VersionFixes::take_wanted`]).
    ///
    /// # Errors
    /// [`ParseErrors`] with every fault and its place, queries without an answer among them.
    pub fn parse_main(
        file: &str,
        text: &[u8],
        fixes: &mut VersionFixes,
    ) -> Result<Self, ParseErrors> {
        Self::read(file, text, |tree| Reader::fixing(tree, fixes))
    }

    /// Whether all versions were canonical as written; otherwise the go command rewrites the file.
    pub fn is_canonical(&self) -> bool {
        self.require.iter().all(|line| line.canonical)
            && self.exclude.iter().all(|line| line.canonical)
            && self.replace.iter().all(|line| line.canonical)
            && self.retract.iter().all(|line| line.canonical)
    }

    /// Parses the `go.mod` of a dependency: directives that are unknown or that only count in a main
    /// module are passed over, and a `go` line such as `1.20.bad` is repaired (`modfile.ParseLax`).
    ///
    /// # Errors
    /// [`ParseErrors`] for faults in what is read, malformed requirements above all.
    pub fn parse_dependency(file: &str, text: &[u8]) -> Result<Self, ParseErrors> {
        Self::read(file, text, Reader::lenient)
    }

    /// The text: byte for byte as it was read, but for the lines that edits have changed.
    ///
    /// Bytes that are no UTF-8 are U+FFFD here; [`GoMod::to_bytes`] has them as they were.
    pub fn text(&self) -> String {
        String::from_utf8(self.to_bytes()).unwrap_or_else(|e| decode(e.as_bytes()))
    }

    /// [`GoMod::text`] as bytes, also where they are no UTF-8.
    pub fn to_bytes(&self) -> Vec<u8> {
        order::text(&self.tree, self.order(), self.read_order)
    }

    /// The canonical text, as `go mod edit -fmt` writes it: blocks sorted, duplicate exclusions,
    /// replacements, tools and ignored directories removed, single-line blocks collapsed.
    pub fn format(&self) -> String {
        String::from_utf8(self.format_bytes()).unwrap_or_else(|e| decode(e.as_bytes()))
    }

    /// [`GoMod::format`] as bytes, also where they are no UTF-8.
    pub fn format_bytes(&self) -> Vec<u8> {
        order::format(&self.tree, self.order(), &self.duplicates())
    }

    /// The text that spans and positions refer to: the file as read.
    pub fn source(&self) -> &str {
        self.tree.source()
    }

    /// The bytes of a line's tokens in the file as read; empty for a line that an edit has added.
    pub fn span(&self, line: LineId) -> Span {
        self.tree.line_span(line)
    }

    /// Line and column of [`GoMod::span`], for messages such as `go.mod:16:2`.
    pub fn position(&self, line: LineId) -> Position {
        self.tree.position(self.span(line))
    }

    /// The go version that counts: that of the `go` line, 1.16 without one (`gover.FromGoMod`).
    pub fn go_version(&self) -> GoVersion {
        match &self.go {
            Some(go) => go.version.clone(),
            None => GoVersion::new(GoVersion::DEFAULT),
        }
    }

    pub(super) fn empty(tree: Tree) -> Self {
        Self {
            module: None,
            go: None,
            toolchain: None,
            godebug: Vec::new(),
            require: Vec::new(),
            exclude: Vec::new(),
            replace: Vec::new(),
            retract: Vec::new(),
            tool: Vec::new(),
            ignore: Vec::new(),
            tree,
            read_order: Order::GoMod,
        }
    }

    fn read<'a>(
        file: &str,
        text: &[u8],
        reader: impl FnOnce(Tree) -> Reader<'a>,
    ) -> Result<Self, ParseErrors> {
        let mut out = reader(parse_tree(file, text)?).go_mod(file)?;
        out.read_order = out.order();
        Ok(out)
    }

    fn order(&self) -> Order {
        let semantic = self
            .go
            .as_ref()
            .is_some_and(|go| order::sorts_excludes(&go.version));
        if semantic {
            Order::GoMod121
        } else {
            Order::GoMod
        }
    }

    /// The lines of duplicate directives: earlier exclusions, tools and ignores win, and later
    /// replacements.
    pub(super) fn duplicates(&self) -> Vec<LineId> {
        let mut lines = Vec::new();
        order::repeated(
            self.exclude.iter().map(|x| ((&x.path, &x.version), x.line)),
            &mut lines,
        );
        order::repeated(
            self.replace
                .iter()
                .rev()
                .map(|r| ((&r.path, &r.version), r.line)),
            &mut lines,
        );
        order::repeated(self.tool.iter().map(|t| (&t.path, t.line)), &mut lines);
        order::repeated(self.ignore.iter().map(|i| (&i.path, i.line)), &mut lines);
        lines
    }
}

pub(super) fn decode(bytes: &[u8]) -> String {
    crate::syntax::Text::new(bytes).source().to_owned()
}
