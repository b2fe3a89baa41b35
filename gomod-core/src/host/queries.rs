//! What a version in the main module's go.mod stands for when it is not in canonical form: the sources
//! are asked, as the go command asks them (`Query` in cmd/go's modload, with every version allowed).

use super::{FetchError, Info, Request, Session, Sums};
use crate::model::{GoMod, ModulePath, ModuleVersion, ParseErrors, Query, Version, VersionFixes};

impl Session {
    /// Parses the `go.mod` of a main module; versions that are queries are looked up.
    ///
    /// # Errors
    /// [`ParseErrors`], also for queries without an answer.
    pub fn parse_main(&mut self, file: &str, text: &[u8]) -> Result<GoMod, ParseErrors> {
        let mut fixes = VersionFixes::default();
        loop {
            let result = GoMod::parse_main(file, text, &mut fixes);
            let wanted = fixes.take_wanted();
            if wanted.is_empty() {
                return result;
            }
            for (path, text) in wanted {
                let answer = self.query(&path, &text);
                fixes.feed(path, text, answer);
            }
        }
    }

    /// The version of `path` that `text` stands for: a branch, a tag, a prefix, a range or `latest`.
    ///
    /// # Errors
    /// Why there is none, in words.
    pub fn query(&mut self, path: &ModulePath, text: &str) -> Result<Version, String> {
        let query = match (text, Query::parse(path, text, None)) {
            ("none", _) => return self.stat(path, text),
            ("upgrade", _) => Query::parse(path, "latest", None),
            (_, parsed) => parsed,
        };
        match query {
            Ok(query) if query.exact().is_some() => self.stat(path, text),
            Ok(query) => {
                let listed = self.versions(std::slice::from_ref(path)).pop();
                let versions = listed.unwrap_or_else(|| Ok(Vec::new())).map_err(words)?;
                let chosen = match query.incompatible_after(&versions) {
                    Some(last) if !self.has_go_mod(path, last)? => query.with_incompatible(),
                    _ => query.clone(),
                };
                match chosen.choose(&versions) {
                    Some(version) => self.stat(path, version.as_str()),
                    None if query.may_be_unlisted() => {
                        let latest = self.ask(Request::Latest(path.clone())).map_err(words)?;
                        self.stat(path, &latest.version)
                    }
                    None => Err(format!("no matching versions for query {text:?}")),
                }
            }
            Err(crate::model::QueryError::Revision(_)) => self.stat(path, text),
            Err(error) => Err(error.to_string()),
        }
    }

    /// What the source calls a revision. One with build metadata may be tagged without it.
    fn stat(&mut self, path: &ModulePath, revision: &str) -> Result<Version, String> {
        let mut answer = self.ask(Request::Info(path.clone(), revision.to_owned()));
        if let (Err(error), Ok(canonical)) = (&answer, Version::parse(revision))
            && canonical.as_str() != revision
        {
            let first = error.clone();
            answer = self
                .ask(Request::Info(path.clone(), canonical.to_string()))
                .map_err(|error| if error.is_not_found() { first } else { error });
        }
        let info = answer.map_err(words)?;
        match Version::parse(&info.version) {
            Ok(version) if version.as_str() == info.version => Ok(version),
            _ => Err(format!(
                "the source calls it {:?}, which is no version",
                info.version
            )),
        }
    }

    fn ask(&mut self, request: Request) -> Result<Info, FetchError> {
        let what = request.to_string();
        let fetched = self.sources.fetch(&[request]).pop();
        let fetched =
            fetched.unwrap_or_else(|| Err(FetchError::NoProxyConfigured { what: what.clone() }))?;
        Info::parse(&fetched.bytes)
            .map_err(|reason| FetchError::InvalidAnswer { url: what, reason })
    }

    /// Whether a version has a go.mod of its own; else the source made one up with nothing but its path.
    fn has_go_mod(&mut self, path: &ModulePath, version: &Version) -> Result<bool, String> {
        let module = ModuleVersion::new(path.clone(), version.clone());
        let made_up = format!("module {}\n", crate::syntax::auto_quote(path.as_str()));
        match self.go_mods(&[module], Sums::Looked).pop() {
            Some(Ok(bytes)) => Ok(bytes != made_up.as_bytes()),
            Some(Err(error)) => Err(error.to_string()),
            None => Ok(true),
        }
    }
}

fn words(error: FetchError) -> String {
    error.to_string()
}
