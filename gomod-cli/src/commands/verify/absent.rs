//! Versions that the log has no record of: whether they exist, and whether their module looks private.

use std::collections::BTreeMap;

use gomod_core::host::{FetchError, Fetched, Request, Session, parse_list};
use gomod_core::model::{ModulePath, ModuleVersion};

use super::finding::{Code, Finding, Severity};

/// The log has no record: does a source serve the version, or know the module at all?
pub(super) fn explain(session: &Session, missing: &[ModuleVersion]) -> Vec<Finding> {
    let requests: Vec<Request> = missing.iter().cloned().map(Request::Mod).collect();
    let answers = session.ask_sources(&requests);
    let nowhere = missing.iter().zip(&answers);
    let nowhere = nowhere.filter(|(_, answer)| answer.as_ref().is_err_and(is_nowhere));
    let known = known(session, nowhere.map(|(module, _)| &module.path));
    missing
        .iter()
        .zip(answers)
        .map(|(module, answer)| match (answer, known.get(&module.path)) {
            (Ok(fetched), _) if fetched.source != "direct" => {
                served(session, module, &fetched.source)
            }
            (Err(error), _) if !is_nowhere(&error) => open(session, module, &error),
            (Err(_), Some(known)) => no_such_version(session, module, known),
            _ => looks_private(session, module),
        })
        .collect()
}

/// Whether every source says that it does not have it.
fn is_nowhere(error: &FetchError) -> bool {
    error.is_not_found() || error.is_refused_everywhere()
}

/// How a source knows a module.
struct Known {
    source: String,
    /// The versions that it lists, ascending; maybe none.
    listed: Vec<String>,
}

/// The modules that a source lists versions of, or names a latest version of.
fn known<'a>(
    session: &Session,
    paths: impl Iterator<Item = &'a ModulePath>,
) -> BTreeMap<ModulePath, Known> {
    let mut paths: Vec<&ModulePath> = paths.collect();
    paths.sort_unstable();
    paths.dedup();
    let ask = |request: &dyn Fn(ModulePath) -> Request| -> Vec<Option<Fetched>> {
        let requests: Vec<Request> = paths.iter().map(|path| request((*path).clone())).collect();
        let answers = session.ask_sources(&requests).into_iter();
        let there = answers.map(|answer| answer.ok().filter(|fetched| !fetched.missing));
        there.collect()
    };
    let lists = ask(&Request::List);
    let latest = ask(&Request::Latest);
    let knowing = paths.iter().zip(lists).zip(latest);
    knowing
        .filter_map(|((path, list), latest)| {
            let listed = list
                .as_ref()
                .map(|list| parse_list(&list.bytes))
                .unwrap_or_default();
            let source = list.or(latest)?.source;
            Some(((*path).clone(), Known { source, listed }))
        })
        .collect()
}

fn finding(session: &Session, code: Code, module: &ModuleVersion, and: &str) -> Finding {
    let database = session.database().unwrap_or("the log");
    let message = format!("{database} has no record of it (404){and}");
    Finding::new(code, Severity::Environment, module, message)
}

fn served(session: &Session, module: &ModuleVersion, source: &str) -> Finding {
    finding(
        session,
        Code::NotInLog,
        module,
        &format!(", and {source} serves it"),
    )
    .detail("nobody vouches for its content but go.sum")
    .help(
        "the database answers 404 for some existing versions: try again later, or another version",
    )
}

fn open(session: &Session, module: &ModuleVersion, error: &FetchError) -> Finding {
    let and = format!("; whether a source serves it is not known: {error}");
    finding(session, Code::NotInLog, module, &and).help("try again when the network can be reached")
}

fn no_such_version(session: &Session, module: &ModuleVersion, known: &Known) -> Finding {
    let and = format!(", and {} knows the module without it", known.source);
    let detail = match known.listed.last() {
        Some(highest) => format!(
            "this version does not exist; {} are listed, the highest is {highest}",
            known.listed.len()
        ),
        None => "this version does not exist; no version is listed".to_owned(),
    };
    finding(session, Code::NoSuchVersion, module, &and)
        .detail(detail)
        .help("correct the version in go.mod, or let go mod tidy drop the line of go.sum")
}

fn looks_private(session: &Session, module: &ModuleVersion) -> Finding {
    let and = ", and no proxy knows the module: it looks private";
    let pattern = pattern(&module.path);
    finding(session, Code::LooksPrivate, module, and).help(match session.env().get("GOPRIVATE") {
        "" => format!("if it is, go env -w GOPRIVATE={pattern}"),
        set => format!("if it is, go env -w GOPRIVATE={set},{pattern}"),
    })
}

/// Hosts whose repositories are known by the first three elements of a path.
const HOSTS: [&str; 5] = [
    "github.com",
    "gitlab.com",
    "bitbucket.org",
    "codeberg.org",
    "git.sr.ht",
];

/// The narrowest pattern that covers all versions of a module: its repository, or its path.
fn pattern(path: &ModulePath) -> String {
    let text = path.as_str();
    let host = text.split('/').next().unwrap_or(text);
    if HOSTS.contains(&host) {
        let repository = text.match_indices('/').nth(2);
        return repository
            .and_then(|(end, _)| text.get(..end))
            .unwrap_or(text)
            .to_owned();
    }
    match path.split_major() {
        Some((prefix, major)) if major.starts_with('/') => prefix.to_owned(),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_for_goprivate() {
        for (path, wanted) in [
            ("corp.example/team/x/v2", "corp.example/team/x"),
            ("corp.example/team/x", "corp.example/team/x"),
            ("gopkg.in/x.v2", "gopkg.in/x.v2"),
            ("github.com/owner/repo/sub/v3", "github.com/owner/repo"),
            ("github.com/owner/repo", "github.com/owner/repo"),
            ("github.com/owner", "github.com/owner"),
        ] {
            assert_eq!(pattern(&ModulePath::new(path)), wanted);
        }
    }
}
