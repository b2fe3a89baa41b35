//! The arguments of a directive: strings, module paths, versions, and the faults in them.

use std::borrow::Cow;

use super::directives::Reader;
use super::parse_error::{Fault, ParseErrorKind};
use super::{ModulePath, Version, lines};
use crate::syntax::{self, BlockId, LineId, auto_quote};

/// A line under a verb.
#[derive(Clone, Copy)]
pub(super) struct Args {
    pub(super) line: LineId,
    pub(super) block: Option<BlockId>,
    /// Where the arguments begin among the line's tokens.
    pub(super) first: usize,
    pub(super) count: usize,
}

impl Reader<'_> {
    /// A retracted version, which may be any text.
    pub(super) fn retracted(&mut self, args: Args, index: usize) -> Result<String, Box<Fault>> {
        if index >= args.count {
            return Err(self.interval_fault(args, index));
        }
        let text = self.unquoted(args, index)?;
        self.tree
            .set_canonical(args.line, args.first + index, &text);
        Ok(text)
    }

    /// The one argument of a directive, a string.
    pub(super) fn only_string(
        &mut self,
        args: Args,
        verb: &'static str,
        expected: &'static [&'static str],
    ) -> Result<String, Box<Fault>> {
        if args.count != 1 {
            return Err(self.fault(args, ParseErrorKind::Usage(verb), expected));
        }
        self.string(args, 0)
    }

    /// A string argument; its token becomes what it has to be in canonical form.
    pub(super) fn string(&mut self, args: Args, index: usize) -> Result<String, Box<Fault>> {
        let text = self.unquoted(args, index)?;
        if self.arg(args, index).starts_with('"') {
            self.tree
                .set_canonical(args.line, args.first + index, &auto_quote(&text));
        }
        Ok(text)
    }

    /// A version argument of `path`, and whether it was canonical as written.
    pub(super) fn version(
        &mut self,
        args: Args,
        index: usize,
        path: &ModulePath,
        context: impl FnOnce() -> String,
    ) -> Result<(Version, bool), Box<Fault>> {
        const FORM: &[&str] = &["the form v1.2.3"];
        let token = self.arg(args, index);
        let Some(text) = self.value(args, index).map(Cow::into_owned) else {
            let kind = ParseErrorKind::Quote(token.into());
            return Err(self.arg_fault(args, index, kind, FORM).about(context()));
        };
        let (version, canonical) = match self.fix(path, &text) {
            Some(Ok(fixed)) => fixed,
            Some(Err(kind)) => return Err(self.arg_fault(args, index, kind, &[]).about(context())),
            None => match Version::parse(&text) {
                Ok(version) => {
                    let canonical = version.as_str() == text;
                    (version, canonical)
                }
                Err(_) => {
                    let kind = ParseErrorKind::Version(text);
                    return Err(self.arg_fault(args, index, kind, FORM).about(context()));
                }
            },
        };
        if version.as_str() != self.arg(args, index) {
            self.tree
                .set_canonical(args.line, args.first + index, version.as_str());
        }
        Ok((version, canonical))
    }

    /// What a version of `path` stands for, and whether it is that; `None` where versions are no queries
    /// (`fixVersion` in cmd/go's modload).
    pub(super) fn fix(
        &mut self,
        path: &ModulePath,
        text: &str,
    ) -> Option<Result<(Version, bool), ParseErrorKind>> {
        let fixes = self.fixes.as_mut()?;
        if path.split_major().is_none() {
            return Some(Err(ParseErrorKind::PathSuffix(path.to_string())));
        }
        // What an early service put into another version counts as if it stood there alone.
        let text = match text.split_once("-gopkgin-") {
            Some((_, version)) if path.as_str().starts_with("gopkg.in/") => version,
            _ => text,
        };
        if let Ok(version) = Version::parse(text)
            && version.as_str() == text
        {
            return Some(Ok((version, true)));
        }
        let unknown = || ParseErrorKind::Version(text.to_owned());
        Some(match fixes.look_up(path, text) {
            None => Err(unknown()),
            Some(Ok(version)) => Ok((version.clone(), version.as_str() == text)),
            Some(Err(reason)) => Err(ParseErrorKind::Query(text.to_owned(), reason.clone())),
        })
    }

    /// A module path argument, as [`Reader::string`].
    pub(super) fn path(&mut self, args: Args, index: usize) -> Result<ModulePath, Box<Fault>> {
        if self.tree.is_plain(args.line, args.first + index) {
            return Ok(ModulePath::new(self.arg(args, index)));
        }
        Ok(ModulePath::new(self.string(args, index)?))
    }

    /// The value of an argument.
    pub(super) fn value(&self, args: Args, index: usize) -> Option<Cow<'_, str>> {
        let token = self.arg(args, index);
        match self.tree.is_plain(args.line, args.first + index) {
            true => Some(Cow::Borrowed(token)),
            false => syntax::unquote(token),
        }
    }

    pub(super) fn unquoted(&self, args: Args, index: usize) -> Result<String, Box<Fault>> {
        let token = self.arg(args, index);
        match self.value(args, index) {
            Some(text) => Ok(text.into_owned()),
            None => {
                let kind = ParseErrorKind::Quote(token.into());
                Err(self.arg_fault(args, index, kind, &["a bare word", "a \"…\" string"]))
            }
        }
    }

    pub(super) fn check_suffix(
        &self,
        args: Args,
        path: &ModulePath,
        verb: &str,
    ) -> Result<(), Box<Fault>> {
        if path.split_major().is_some() {
            return Ok(());
        }
        let kind = ParseErrorKind::PathSuffix(path.to_string());
        Err(self.arg_fault(args, 0, kind, &[]).about(verb.into()))
    }

    pub(super) fn check_major(
        &self,
        args: Args,
        path: &ModulePath,
        version: &Version,
        verb: &str,
    ) -> Result<(), Box<Fault>> {
        lines::check_major(path, version).map_err(|error| {
            let fault = self.arg_fault(args, 1, ParseErrorKind::Major(error), &[]);
            fault.about(format!("{verb} {path}"))
        })
    }

    pub(super) fn arg(&self, args: Args, index: usize) -> &str {
        self.tree
            .token(args.line, args.first + index)
            .unwrap_or_default()
    }

    pub(super) fn unknown(&self, args: Args) -> Box<Fault> {
        let word = match args.block {
            Some(block) => self.tree.block_tokens(block).next(),
            None => self.tree.token(args.line, 0),
        };
        let kind = ParseErrorKind::UnknownDirective(word.unwrap_or_default().into());
        self.fault(args, kind, &[])
    }

    pub(super) fn interval_fault(&self, args: Args, index: usize) -> Box<Fault> {
        const EXPECTED: &[&str] = &["v1.2.3", "[v1.2.3, v1.4.5]"];
        self.arg_fault(args, index, ParseErrorKind::Interval, EXPECTED)
    }

    pub(super) fn fault(
        &self,
        args: Args,
        kind: ParseErrorKind,
        expected: &'static [&'static str],
    ) -> Box<Fault> {
        let span = self.tree.line_span(args.line);
        Box::new(Fault {
            context: String::new(),
            span,
            kind,
            expected,
        })
    }

    pub(super) fn arg_fault(
        &self,
        args: Args,
        index: usize,
        kind: ParseErrorKind,
        expected: &'static [&'static str],
    ) -> Box<Fault> {
        let span = self.tree.token_span(args.line, args.first + index);
        Box::new(Fault {
            context: String::new(),
            span,
            kind,
            expected,
        })
    }
}
