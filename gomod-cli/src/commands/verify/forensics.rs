//! Every witness of a content side by side: go.sum, the log, the proxy and the cache.

use std::collections::BTreeMap;

use gomod_core::host::{CacheFile, Damage, Request, Session, hash_zip};
use gomod_core::model::{ModulePath, ModuleVersion, Version};
use gomod_core::verify::{ModuleHash, Witness, hash_go_mod};

use super::cache::Damaged;
use super::finding::{Code, Finding, Severity};
use super::log::{Lines, Log};
use crate::context::Project;

/// How many contents are fetched anew to be compared.
const ASKED: usize = 20;

/// A content that witnesses disagree about: of a `go.mod`, or of a module.
type Content = (ModuleVersion, bool);

/// The findings on contents that do not match, with all witnesses. Those on the cache, and on a go.mod that
/// the graph needs, are completed.
pub(super) fn gather(
    project: &Project,
    session: &mut Session,
    lines: &Lines,
    log: &Log,
    damaged: &[Damaged],
    completed: &mut [Finding],
) -> Vec<Finding> {
    let mut contents: Vec<Content> = log.contradicted.clone();
    for Damaged { found, .. } in damaged {
        for damage in found.damage.iter().filter(|damage| damage.is_mismatch()) {
            let go_mod = matches!(damage, Damage::GoModChanged(_));
            contents.push((found.module.clone(), go_mod));
        }
    }
    contents.extend(completed.iter().filter_map(of_graph));
    contents.sort();
    contents.dedup();
    let proxied = ask(session, &contents);
    let mut said: BTreeMap<String, Vec<(Witness, Option<String>)>> = BTreeMap::new();
    for content in &contents {
        let mut witnesses = recorded(project, session, lines, log, content);
        match proxied.get(content) {
            Some(witness) => witnesses.push((witness.clone(), None)),
            None => witnesses.push((
                Witness::silent(
                    "the proxy",
                    format!("not asked: only the first {ASKED} are"),
                ),
                None,
            )),
        }
        witnesses.extend(cached(session, content));
        said.insert(key(content), witnesses);
    }
    for finding in completed.iter_mut() {
        let go_mod = finding.code == Code::GraphUnavailable || finding.message.contains("go.mod");
        if finding.severity == Severity::Security {
            let named = contents
                .iter()
                .find(|(module, of)| module.to_string() == finding.module && *of == go_mod);
            if let Some(witnesses) = named.and_then(|content| said.get(&key(content))) {
                *finding = finding.clone().witnesses(witnesses.clone());
            }
        }
    }
    log.contradicted
        .iter()
        .map(|content| {
            let what = if content.1 { "go.mod" } else { "zip" };
            Finding::new(
                Code::ChecksumMismatch,
                Severity::Security,
                &content.0,
                format!("checksum mismatch for its {what}"),
            )
            .witnesses(said.remove(&key(content)).unwrap_or_default())
            .help("compare go.sum with your version control; do not use this version until it is explained")
        })
        .collect()
}

/// The go.mod whose hash does not hold, so that the graph does not load.
fn of_graph(finding: &Finding) -> Option<Content> {
    if finding.code != Code::GraphUnavailable || finding.severity != Severity::Security {
        return None;
    }
    let (path, version) = finding.module.split_once('@')?;
    let version = Version::parse(version).ok()?;
    Some((ModuleVersion::new(ModulePath::new(path), version), true))
}

fn key((module, go_mod): &Content) -> String {
    format!("{module} {go_mod}")
}

/// What is written down: go.sum and the log.
fn recorded(
    project: &Project,
    session: &Session,
    lines: &Lines,
    log: &Log,
    (module, go_mod): &Content,
) -> Vec<(Witness, Option<String>)> {
    let mut witnesses = Vec::new();
    let name = project.sum_file.file_name().unwrap_or_default();
    let name = name.to_string_lossy();
    let hashes = lines.versions.get(module);
    let hashes = hashes.map(|h| if *go_mod { &h.go_mod } else { &h.zip });
    match hashes.filter(|hashes| !hashes.is_empty()) {
        Some(hashes) => witnesses.extend(hashes.iter().map(|hash| {
            let line = line_of(&project.go_sum.text(), module, *go_mod, hash);
            let who = match line.filter(|_| project.work.is_none()) {
                Some(line) => format!("{name}:{line}"),
                None => name.to_string(),
            };
            (Witness::of(who, hash), None)
        })),
        None => witnesses.push((Witness::silent(name, "has no line"), None)),
    }
    let database = session.database().unwrap_or("the log");
    witnesses.push(match log.records.get(module) {
        Some(record) => {
            let hash = if *go_mod { record.go_mod } else { record.zip };
            let place = format!("record {} in a tree of {}", record.number, record.tree_size);
            (Witness::of(database, hash.to_string()), Some(place))
        }
        None => {
            let why = session.outside_log(module);
            let why = why.unwrap_or_else(|| "no proven record".to_owned());
            (Witness::silent(database, why), None)
        }
    });
    witnesses
}

/// What the sources give now, fetched past the cache.
fn ask(session: &mut Session, contents: &[Content]) -> BTreeMap<Content, Witness> {
    let asked = contents.get(..ASKED).unwrap_or(contents);
    let requests: Vec<Request> = asked
        .iter()
        .map(|(module, go_mod)| match go_mod {
            true => Request::Mod(module.clone()),
            false => Request::Zip(module.clone()),
        })
        .collect();
    let answers = session.ask_sources(&requests);
    let witness = |(content, answer): (&Content, Result<gomod_core::host::Fetched, _>)| {
        let (module, go_mod) = content;
        let witness = match answer {
            Err(error) => {
                let error: gomod_core::host::FetchError = error;
                Witness::silent("the proxy", error.to_string())
            }
            Ok(fetched) if *go_mod => {
                Witness::of(&fetched.source, hash_go_mod(&fetched.bytes).to_string())
            }
            Ok(fetched) => match fetched.zip_file().map(|zip| hash_zip(zip, module)) {
                Some(Ok(hash)) => Witness::of(&fetched.source, hash.to_string()),
                Some(Err(error)) => Witness::silent(&fetched.source, error.to_string()),
                None => Witness::silent(&fetched.source, "no file"),
            },
        };
        (content.clone(), witness)
    };
    asked.iter().zip(answers).map(witness).collect()
}

/// What the module cache holds.
fn cached(session: &Session, (module, go_mod): &Content) -> Vec<(Witness, Option<String>)> {
    let cache = session.cache();
    let wanted = gomod_core::host::Expected {
        module: module.clone(),
        zip: Vec::new(),
        go_mod: Vec::new(),
        content: !go_mod,
    };
    let Ok(found) = gomod_core::host::inspect(cache, &wanted) else {
        return Vec::new();
    };
    let of = |who: &str, hash: Option<ModuleHash>, damage: &dyn Fn(&Damage) -> Option<String>| {
        let witness = match (hash, found.damage.iter().find_map(damage)) {
            (Some(hash), _) => Witness::of(who, hash.to_string()),
            (None, Some(why)) => Witness::unreadable(who, why),
            (None, None) => Witness::silent(who, "none"),
        };
        (witness, None)
    };
    if *go_mod {
        return vec![of(
            "the cached .mod",
            found.go_mod,
            &|damage| match damage {
                Damage::GoModUnreadable(why) => Some(why.clone()),
                _ => None,
            },
        )];
    }
    let noted = match &found.ziphash {
        Some(hash) => Witness::of("the cached .ziphash", hash),
        None => Witness::silent("the cached .ziphash", "none"),
    };
    let there = cache
        .file(module, CacheFile::Zip)
        .is_ok_and(|zip| zip.exists());
    match there || found.has_content() {
        true => vec![
            of("the cached zip", found.zip, &|damage| match damage {
                Damage::ZipUnreadable(why) => Some(why.clone()),
                _ => None,
            }),
            of("the cached directory", found.dir, &|damage| match damage {
                Damage::DirUnreadable(why) => Some(why.clone()),
                _ => None,
            }),
            (noted, None),
        ],
        false => vec![(
            Witness::silent("the module cache", "holds nothing of it"),
            None,
        )],
    }
}

/// The line of go.sum that holds a hash.
fn line_of(text: &str, module: &ModuleVersion, go_mod: bool, hash: &str) -> Option<usize> {
    let suffix = if go_mod { "/go.mod" } else { "" };
    let version = format!("{}{suffix}", module.version);
    let wanted = [module.path.as_str(), &version, hash];
    text.lines()
        .position(|line| line.split_whitespace().eq(wanted))
        .map(|at| at + 1)
}
