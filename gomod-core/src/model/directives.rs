//! From lines to directives, for `go.mod` and `go.work`: the rules of each verb.
//!
//! Lines are visited in the order of the file, and a faulty one does not stop the reader. Tokens whose
//! canonical form differs from what was written (quotes, short versions) get it noted in the tree, which
//! is what canonical printing shows later (`golang.org/x/mod/modfile`, `File.add`).

use super::arguments::Args;
use super::fixes::VersionFixes;
use super::go_mod::{
    Exclude, Go, GoMod, Godebug, Ignore, Module, Replace, ReplaceTarget, Require, Retract, Tool,
    Toolchain,
};
use super::go_work::{GoWork, Use};
use super::parse_error::{Fault, ParseErrorKind, ParseErrors, Sink};
use super::{GoVersion, ModulePath, ModuleVersion, Version, lines};
use crate::syntax::{BlockId, Statement, Tree};

/// Reads the directives of one file.
pub(super) struct Reader<'a> {
    pub(super) tree: Tree,
    errors: Sink,
    strict: bool,
    /// What versions stand for that are not canonical; without it they are brought to canonical form.
    pub(super) fixes: Option<&'a mut VersionFixes>,
}

impl<'a> Reader<'a> {
    /// For the file of a main module or a workspace by itself.
    pub(super) fn strict(tree: Tree) -> Self {
        Self {
            tree,
            errors: Sink::default(),
            strict: true,
            fixes: None,
        }
    }

    /// For the file of a main module, whose versions may be queries.
    pub(super) fn fixing(tree: Tree, fixes: &'a mut VersionFixes) -> Self {
        Self {
            fixes: Some(fixes),
            ..Self::strict(tree)
        }
    }

    /// For the file of a dependency.
    pub(super) fn lenient(tree: Tree) -> Self {
        Self {
            tree,
            errors: Sink::default(),
            strict: false,
            fixes: None,
        }
    }

    /// Reads a `go.mod`.
    pub(super) fn go_mod(mut self, file: &str) -> Result<GoMod, ParseErrors> {
        let mut out = Out::default();
        const BLOCKS: &[&str] = &[
            "module", "godebug", "require", "exclude", "replace", "retract", "tool", "ignore",
        ];
        self.statements(BLOCKS, |reader, verb, args| {
            reader.go_mod_line(verb, args, &mut out)
        });
        self.fix_retracts(&mut out);
        self.errors.finish(file)?;
        Ok(GoMod {
            module: out.module,
            go: out.go,
            toolchain: out.toolchain,
            godebug: out.godebug,
            require: out.require,
            exclude: out.exclude,
            replace: out.replace,
            retract: out.retract,
            tool: out.tool,
            ignore: out.ignore,
            ..GoMod::empty(self.tree)
        })
    }

    /// Reads a `go.work`.
    pub(super) fn go_work(mut self, file: &str) -> Result<GoWork, ParseErrors> {
        let mut out = Out::default();
        self.statements(
            &["godebug", "use", "replace"],
            |reader, verb, args| match verb {
                Verb::Go => reader.go(args, &mut out.go),
                Verb::Toolchain => reader.toolchain(args, &mut out.toolchain),
                Verb::Godebug => reader.godebug(args).map(|g| out.godebug.push(g)),
                Verb::Replace => reader.replace(args).map(|r| out.replace.push(r)),
                Verb::Use => {
                    let path = reader.only_string(args, "use", &["use ./directory"])?;
                    out.uses.push(Use {
                        path,
                        line: args.line,
                    });
                    Ok(())
                }
                _ => Err(reader.unknown(args)),
            },
        );
        self.errors.finish(file)?;
        Ok(GoWork {
            go: out.go,
            toolchain: out.toolchain,
            godebug: out.godebug,
            uses: out.uses,
            replace: out.replace,
            tree: self.tree,
        })
    }

    /// Visits the lines of all statements; blocks are legal for the verbs `blocks`.
    fn statements(
        &mut self,
        blocks: &[&str],
        mut visit: impl FnMut(&mut Self, Verb, Args) -> Result<(), Box<Fault>>,
    ) {
        for index in 0..self.tree.len() {
            match self.tree.statement(index) {
                Statement::Comments => {}
                Statement::Line(line) => {
                    let verb = Verb::of(self.tree.token(line, 0).unwrap_or_default());
                    let count = self.tree.token_count(line) - 1;
                    self.visit(
                        &mut visit,
                        verb,
                        Args {
                            line,
                            block: None,
                            first: 1,
                            count,
                        },
                    );
                }
                Statement::Block(block) => {
                    let mut tokens = self.tree.block_tokens(block);
                    let name = tokens.next().unwrap_or_default();
                    if tokens.next().is_some() || !blocks.contains(&name) {
                        drop(tokens);
                        self.unknown_block(block);
                        continue;
                    }
                    let verb = Verb::of(name);
                    drop(tokens);
                    let mut number = 0;
                    while let Some(line) = self.tree.block_line(block, number) {
                        number += 1;
                        let count = self.tree.token_count(line);
                        let args = Args {
                            line,
                            block: Some(block),
                            first: 0,
                            count,
                        };
                        self.visit(&mut visit, verb, args);
                    }
                }
            }
        }
    }

    fn visit(
        &mut self,
        visit: &mut impl FnMut(&mut Self, Verb, Args) -> Result<(), Box<Fault>>,
        verb: Verb,
        args: Args,
    ) {
        if !self.strict && !verb.counts_in_dependency() {
            return;
        }
        if let Err(fault) = visit(self, verb, args) {
            self.errors.push(self.tree.source(), *fault);
        }
    }

    fn unknown_block(&mut self, block: BlockId) {
        if !self.strict {
            return;
        }
        let words: Vec<&str> = self.tree.block_tokens(block).collect();
        let kind = match words.as_slice() {
            [word] if !matches!(Verb::of(word), Verb::Go | Verb::Toolchain) => {
                ParseErrorKind::UnknownDirective((*word).into())
            }
            words => ParseErrorKind::UnknownBlock(words.join(" ")),
        };
        let span = self.tree.block_span(block);
        self.errors.push(
            self.tree.source(),
            Fault {
                context: String::new(),
                span,
                kind,
                expected: &[],
            },
        );
    }

    fn go_mod_line(&mut self, verb: Verb, args: Args, out: &mut Out) -> Result<(), Box<Fault>> {
        match verb {
            Verb::Module => self.module(args, &mut out.module),
            Verb::Go => self.go(args, &mut out.go),
            Verb::Toolchain => self.toolchain(args, &mut out.toolchain),
            Verb::Godebug => self.godebug(args).map(|g| out.godebug.push(g)),
            Verb::Require => {
                let (path, version, canonical) = self.module_version(args, "require")?;
                let line = args.line;
                let indirect = lines::is_indirect(&self.tree, line);
                out.require.push(Require {
                    path,
                    version,
                    indirect,
                    canonical,
                    line,
                });
                Ok(())
            }
            Verb::Exclude => {
                let (path, version, canonical) = self.module_version(args, "exclude")?;
                out.exclude.push(Exclude {
                    path,
                    version,
                    canonical,
                    line: args.line,
                });
                Ok(())
            }
            Verb::Replace => self.replace(args).map(|r| out.replace.push(r)),
            Verb::Retract => match self.retract(args) {
                Ok(retract) => {
                    out.retract.push(retract);
                    Ok(())
                }
                // In dependencies unknown kinds of intervals are left to later versions of Go.
                Err(_) if !self.strict => Ok(()),
                Err(fault) => Err(fault),
            },
            Verb::Tool => {
                let path = self.only_string(args, "tool", &["tool package/path"])?;
                out.tool.push(Tool {
                    path,
                    line: args.line,
                });
                Ok(())
            }
            Verb::Ignore => {
                let path = self.only_string(args, "ignore", &["ignore ./directory"])?;
                out.ignore.push(Ignore {
                    path,
                    line: args.line,
                });
                Ok(())
            }
            Verb::Use | Verb::Other => Err(self.unknown(args)),
        }
    }

    fn module(&mut self, args: Args, out: &mut Option<Module>) -> Result<(), Box<Fault>> {
        if out.is_some() {
            return Err(self.fault(args, ParseErrorKind::Repeated("module"), &[]));
        }
        let deprecated = lines::deprecation(&self.tree, args.block, args.line);
        let line = args.line;
        *out = Some(Module {
            path: ModulePath::new(""),
            deprecated,
            line,
        });
        let path = self.only_string(args, "module", &["module module/path"])?;
        if let Some(module) = out {
            module.path = ModulePath::new(path);
        }
        Ok(())
    }

    fn go(&mut self, args: Args, out: &mut Option<Go>) -> Result<(), Box<Fault>> {
        if out.is_some() {
            return Err(self.fault(args, ParseErrorKind::Repeated("go"), &[]));
        }
        if args.count != 1 {
            return Err(self.fault(args, ParseErrorKind::Usage("go"), &["go 1.23.0"]));
        }
        let text = self.arg(args, 0);
        let version = if lines::is_go_version(text) {
            GoVersion::new(text)
        } else {
            match lines::repair_go_version(text) {
                Some(repaired) if !self.strict => {
                    let version = GoVersion::new(repaired);
                    let repaired = repaired.to_owned();
                    self.tree.set_canonical(args.line, args.first, &repaired);
                    version
                }
                _ => {
                    let kind = ParseErrorKind::GoVersion(text.into());
                    return Err(self.arg_fault(args, 0, kind, &["a version such as 1.23.0"]));
                }
            }
        };
        *out = Some(Go {
            version,
            line: args.line,
        });
        Ok(())
    }

    fn toolchain(&mut self, args: Args, out: &mut Option<Toolchain>) -> Result<(), Box<Fault>> {
        if out.is_some() {
            return Err(self.fault(args, ParseErrorKind::Repeated("toolchain"), &[]));
        }
        if args.count != 1 {
            let kind = ParseErrorKind::Usage("toolchain");
            return Err(self.fault(args, kind, &["toolchain go1.23.0"]));
        }
        let name = self.arg(args, 0);
        if !lines::is_toolchain(name) {
            let kind = ParseErrorKind::Toolchain(name.into());
            return Err(self.arg_fault(args, 0, kind, &["a name such as go1.23.0", "default"]));
        }
        *out = Some(Toolchain {
            name: name.into(),
            line: args.line,
        });
        Ok(())
    }

    fn godebug(&mut self, args: Args) -> Result<Godebug, Box<Fault>> {
        let setting = if args.count == 1 {
            self.arg(args, 0)
        } else {
            ""
        };
        match setting.split_once('=') {
            Some((key, value)) if !setting.contains(['"', '`', '\'', ',']) => Ok(Godebug {
                key: key.into(),
                value: value.into(),
                line: args.line,
            }),
            _ => Err(self.fault(
                args,
                ParseErrorKind::Usage("godebug"),
                &["godebug key=value"],
            )),
        }
    }

    /// The arguments of `require` and `exclude`.
    fn module_version(
        &mut self,
        args: Args,
        verb: &'static str,
    ) -> Result<(ModulePath, Version, bool), Box<Fault>> {
        if args.count != 2 {
            let expected: &[&str] = match verb {
                "require" => &["require module/path v1.2.3"],
                _ => &["exclude module/path v1.2.3"],
            };
            return Err(self.fault(args, ParseErrorKind::Usage(verb), expected));
        }
        let path = self.path(args, 0)?;
        let context = || format!("{verb} {path}");
        let (version, canonical) = self.version(args, 1, &path, context)?;
        self.check_suffix(args, &path, verb)?;
        self.check_major(args, &path, &version, verb)?;
        Ok((path, version, canonical))
    }

    fn replace(&mut self, args: Args) -> Result<Replace, Box<Fault>> {
        const USAGE: &[&str] = &[
            "replace module/path [v1.2.3] => other/module v1.4.0",
            "replace module/path [v1.2.3] => ../local/directory",
        ];
        let arrow = if args.count >= 2 && self.arg(args, 1) == "=>" {
            1
        } else {
            2
        };
        let with_version = args.count == arrow + 3;
        if args.count != arrow + 2 && !with_version || self.arg(args, arrow) != "=>" {
            return Err(self.fault(args, ParseErrorKind::Usage("replace"), USAGE));
        }
        let path = self.path(args, 0)?;
        let context = || format!("replace {path}");
        self.check_suffix(args, &path, "replace")?;
        let mut canonical = true;
        let mut version = None;
        if arrow == 2 {
            let (old, as_written) = self.version(args, 1, &path, context)?;
            self.check_major(args, &path, &old, "replace")?;
            version = Some(old);
            canonical = as_written;
        }
        let at = arrow + 1;
        let new = self.string(args, at)?;
        let fault = |reader: &Self, kind: fn(String) -> ParseErrorKind| {
            Err(reader
                .arg_fault(args, at, kind(new.clone()), &[])
                .about(context()))
        };
        let directory = lines::is_directory_path(&new);
        let target = if with_version {
            let other = format!("replace {new}");
            let new_path = ModulePath::new(&new);
            let (new_version, as_written) = self.version(args, at + 1, &new_path, || other)?;
            if directory {
                return fault(self, ParseErrorKind::ReplacementDirectory);
            }
            canonical &= as_written;
            ReplaceTarget::Module(ModuleVersion::new(new_path, new_version))
        } else if directory {
            if std::path::MAIN_SEPARATOR == '/' && new.contains('\\') {
                return fault(self, ParseErrorKind::ReplacementWindows);
            }
            ReplaceTarget::Directory(new)
        } else if new.contains('@') {
            return fault(self, ParseErrorKind::ReplacementAt);
        } else {
            return fault(self, ParseErrorKind::ReplacementVersion);
        };
        Ok(Replace {
            path,
            version,
            target,
            canonical,
            line: args.line,
        })
    }

    fn retract(&mut self, args: Args) -> Result<Retract, Box<Fault>> {
        let rationale = lines::directive_comment(&self.tree, args.block, args.line);
        let (low, high, used) = match self.arg(args, 0) {
            "" | "(" => return Err(self.interval_fault(args, 0)),
            "[" => {
                let low = self.retracted(args, 1)?;
                if self.arg(args, 2) != "," {
                    return Err(self.interval_fault(args, 2));
                }
                let high = self.retracted(args, 3)?;
                if self.arg(args, 4) != "]" {
                    return Err(self.interval_fault(args, 4));
                }
                (low, high, 5)
            }
            _ => {
                let version = self.retracted(args, 0)?;
                (version.clone(), version, 1)
            }
        };
        if args.count > used && self.strict {
            let kind = ParseErrorKind::Trailing(self.arg(args, used).into());
            return Err(self.arg_fault(args, used, kind, &["end of line"]));
        }
        Ok(Retract::new(low, high, rationale, args.line))
    }

    /// Retracted versions are queries too, for versions of the module itself, whose path may stand
    /// behind them in the file.
    fn fix_retracts(&mut self, out: &mut Out) {
        let Some(path) = out.module.as_ref().map(|module| module.path.clone()) else {
            return; // without a module line it is no main module's
        };
        for retract in &mut out.retract {
            let line = retract.line;
            let first = usize::from(self.tree.block_of(line).is_none());
            let interval = self.tree.token(line, first) == Some("[");
            let at = if interval {
                [first + 1, first + 3]
            } else {
                [first; 2]
            };
            let written = &mut retract.written;
            for (text, bound, at) in [
                (&mut written.0, &mut retract.low, at[0]),
                (&mut written.1, &mut retract.high, at[1]),
            ] {
                match self.fix(&path, text) {
                    None => {}
                    Some(Ok((version, canonical))) => {
                        retract.canonical &= canonical;
                        self.tree.set_canonical(line, at, version.as_str());
                        *text = version.to_string();
                        *bound = version;
                    }
                    Some(Err(kind)) => {
                        let fault = Fault {
                            context: format!("retract {path}"),
                            span: self.tree.token_span(line, at),
                            kind,
                            expected: &[],
                        };
                        self.errors.push(self.tree.source(), fault);
                    }
                }
            }
        }
    }
}

/// What has been read so far.
#[derive(Default)]
struct Out {
    module: Option<Module>,
    go: Option<Go>,
    toolchain: Option<Toolchain>,
    godebug: Vec<Godebug>,
    require: Vec<Require>,
    exclude: Vec<Exclude>,
    replace: Vec<Replace>,
    retract: Vec<Retract>,
    tool: Vec<Tool>,
    ignore: Vec<Ignore>,
    uses: Vec<Use>,
}

/// The first word of a directive.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verb {
    Module,
    Go,
    Toolchain,
    Godebug,
    Require,
    Exclude,
    Replace,
    Retract,
    Tool,
    Ignore,
    Use,
    Other,
}

impl Verb {
    fn of(word: &str) -> Self {
        match word {
            "module" => Self::Module,
            "go" => Self::Go,
            "toolchain" => Self::Toolchain,
            "godebug" => Self::Godebug,
            "require" => Self::Require,
            "exclude" => Self::Exclude,
            "replace" => Self::Replace,
            "retract" => Self::Retract,
            "tool" => Self::Tool,
            "ignore" => Self::Ignore,
            "use" => Self::Use,
            _ => Self::Other,
        }
    }

    fn counts_in_dependency(self) -> bool {
        matches!(
            self,
            Self::Module | Self::Go | Self::Require | Self::Retract | Self::Ignore
        )
    }
}
