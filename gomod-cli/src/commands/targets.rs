//! From `gin@v1.9` to the version that is meant, with a clear answer when there is none.

use gomod_core::graph::PathId;
use gomod_core::host::{FetchError, Sums};
use gomod_core::model::{ModulePath, ModuleVersion, Query, QueryError, Version};
use gomod_core::mvs::{LoadError, Source, Unavailable};
use gomod_core::plan::{Candidates, Target};

use super::{Setting, argument, from_load_error, go_targets, replaced};
use crate::error::{CliError, Kind};

/// What an argument asks for.
pub(crate) enum Asked {
    /// A target to plan for.
    Target(Target),
    /// Today's version, where the module stays; with `go` there is no module to keep.
    Today(String, Option<PathId>),
}

/// Resolves `MOD@QUERY`, and feeds `candidates` what it learns on the way.
pub(crate) fn resolve(
    setting: &mut Setting,
    candidates: &mut Candidates,
    argument: &str,
) -> Result<Asked, CliError> {
    let (name, query) = argument::split(setting, argument)?;
    match name {
        "go" => go_targets::go(setting, query),
        "toolchain" => go_targets::toolchain(setting, query),
        _ => module_target(setting, candidates, name, query),
    }
}

fn module_target(
    setting: &mut Setting,
    candidates: &mut Candidates,
    name: &str,
    text: &str,
) -> Result<Asked, CliError> {
    let id = setting.find_module(name)?;
    let path = setting.world.modules.path(id).clone();
    let today = setting.loaded.graph.selected(id);
    let current = today
        .and_then(|module| setting.world.modules.version(module))
        .cloned();
    let Some(current) = current else {
        return Err(CliError::usage(format!(
            "{path} is a main module; it has no version to bring back"
        ))
        .hint("gomod list shows the modules that have one"));
    };
    let query = Query::parse(&path, text, Some(&current))
        .map_err(|error| query_error(name, text, &error))?;
    if query.is_none() {
        return Ok(Asked::Target(Target::Absent { path: id }));
    }
    let replaced = today.and_then(|today| replaced::today(setting, today));
    if query.exact() == Some(&current) && replaced.is_none() {
        return Ok(Asked::Today(format!("{path} {current}"), Some(id)));
    }
    let listed = setting.session.versions(std::slice::from_ref(&path)).pop();
    let versions = match listed {
        Some(Ok(versions)) => versions,
        Some(Err(error)) if query.exact().is_none() => return Err(list_error(&path, &error)),
        _ => Vec::new(),
    };
    candidates.feed(&mut setting.world, id, &versions);
    if let Some(newest) = candidates.newest(&setting.world, id) {
        let source = setting.world.source_id(Source::Module(newest));
        setting
            .session
            .satisfy(&mut setting.world, &[source], Sums::Looked);
    }
    let version = match query.exact() {
        Some(version) => version.clone(),
        None => {
            let allowed: Vec<Version> = versions
                .iter()
                .filter(|version| {
                    let module = setting.world.modules.module_id(id, Some(version));
                    candidates.retraction(&setting.world, module).is_none()
                        && !setting.main.overrides.excludes.contains(&module)
                })
                .cloned()
                .collect();
            query.choose(&allowed).cloned().ok_or_else(|| {
                no_match(
                    &path,
                    &format!("no version of {path} matches {text:?}"),
                    &versions,
                    &current,
                )
            })?
        }
    };
    let wanted = Wanted {
        path: &path,
        version: &version,
        current: &current,
        versions: &versions,
    };
    if let Some(replaced) = &replaced {
        if replaced.version.as_ref() == Some(&version) {
            let today = format!("{path} {current} => {version}");
            return Ok(Asked::Today(today, Some(id)));
        }
        // A line for today's version alone says nothing about another one.
        if version == current || replaced.covers_all {
            if version != current {
                exists(setting, &wanted)?;
            }
            return Err(replaced.refuse(&path, &version, &current));
        }
    }
    if version == current {
        return Ok(Asked::Today(format!("{path} {current}"), Some(id)));
    }
    path.check_major(&version).map_err(|error| {
        let error = CliError::usage(format!("{path}@{version}: no such version: {error}"))
            .detail("a module of another major version has another path, and is another module");
        nearest(error, &wanted)
    })?;
    if version.cmp_precedence(&current).is_gt() {
        // Without a source to ask it stays an upgrade, if there is such a version at all.
        match exists(setting, &wanted) {
            Err(error) if matches!(error.kind, Kind::Usage | Kind::Security) => return Err(error),
            _ => {}
        }
        return Err(CliError::usage(format!(
            "{path} {version} is above today's {current}: that is an upgrade"
        ))
        .hint(format!("go get {path}@{version}")));
    }
    let module = setting
        .world
        .modules
        .intern(&ModuleVersion::new(path.clone(), version.clone()));
    if setting.main.overrides.excludes.contains(&module) {
        let at = setting
            .project
            .main_files()
            .into_iter()
            .find_map(|(name, go_mod)| {
                let mut lines = go_mod.exclude.iter();
                let line = lines.find(|line| line.path == path && line.version == version)?;
                Some(format!("{name}:{}", go_mod.position(line.line)))
            });
        return Err(CliError::usage(format!(
            "{path} {version} is excluded by {}",
            at.unwrap_or_else(|| setting.project.name.clone())
        ))
        .hint(format!("go mod edit -dropexclude={path}@{version}"))
        .hint(format!(
            "or the next lower one: gomod plan-downgrade '{path}@<{version}'"
        )));
    }
    exists(setting, &wanted)?;
    if setting
        .main
        .overrides
        .replacement(&setting.world.modules, module)
        .is_some()
    {
        return Err(replaced::target(setting, &path, &version));
    }
    Ok(Asked::Target(Target::Module { module }))
}

/// A version that was asked for, beside today's and those that are listed.
struct Wanted<'a> {
    path: &'a ModulePath,
    version: &'a Version,
    current: &'a Version,
    versions: &'a [Version],
}

/// A target must be readable as itself, whatever it is replaced by.
fn exists(setting: &mut Setting, wanted: &Wanted<'_>) -> Result<(), CliError> {
    let Wanted {
        path,
        version,
        current,
        versions,
    } = *wanted;
    let module = setting
        .world
        .modules
        .intern(&ModuleVersion::new(path.clone(), version.clone()));
    let source = setting.world.source_id(Source::Module(module));
    setting
        .session
        .satisfy(&mut setting.world, &[source], Sums::Looked);
    let name = format!("{path}@{version}");
    match setting.world.facts(source) {
        Some(Err(LoadError::Unavailable {
            reason: Unavailable::NotFound,
            message,
        })) => {
            let what = format!("{name}: no such version");
            let error = match version.cmp_precedence(current).is_gt() {
                true => nearest(CliError::usage(what), wanted),
                false => no_match(path, &what, versions, current),
            };
            Err(error.detail(message.clone()))
        }
        Some(Err(error)) => Err(from_load_error(&name, error)),
        Some(Ok(facts)) if facts.declares.as_ref() != Some(path) => {
            let declares = facts.declares.as_ref().map_or_else(
                || "has no module line".to_owned(),
                |path| format!("declares {path}"),
            );
            Err(CliError::usage(format!(
                "{name} cannot be a target: its go.mod {declares}"
            ))
            .detail(format!(
                "a module required as {path} must declare that path"
            ))
            .hint(format!(
                "choose a version that declares it: gomod plan-downgrade '{path}@<{current}'"
            )))
        }
        _ => Ok(()),
    }
}

fn no_match(path: &ModulePath, message: &str, versions: &[Version], current: &Version) -> CliError {
    let error = CliError::usage(message);
    let below: Vec<&Version> = versions
        .iter()
        .filter(|v| v.cmp_precedence(current).is_lt())
        .collect();
    let near: Vec<String> = below
        .iter()
        .rev()
        .take(5)
        .map(ToString::to_string)
        .collect();
    if near.is_empty() {
        return error.hint(format!("go list -m -versions {path} shows what there is"));
    }
    error.hint(format!(
        "the newest versions below {current} are {}",
        near.join(", ")
    ))
}

/// Names the existing versions next to one that is above today's and does not exist.
fn nearest(error: CliError, wanted: &Wanted<'_>) -> CliError {
    let Wanted { path, version, .. } = wanted;
    let below = wanted
        .versions
        .iter()
        .filter(|v| v.cmp_precedence(version).is_lt());
    let above = wanted
        .versions
        .iter()
        .filter(|v| v.cmp_precedence(version).is_gt());
    let near: Vec<String> = [below.max(), above.min()]
        .into_iter()
        .flatten()
        .map(ToString::to_string)
        .collect();
    match near.as_slice() {
        [] => error.hint(format!("go list -m -versions {path} shows what there is")),
        [one] => error.hint(format!("the nearest version of {path} is {one}")),
        list => error.hint(format!(
            "the nearest versions of {path} are {}",
            list.join(" and ")
        )),
    }
}

fn query_error(name: &str, text: &str, error: &QueryError) -> CliError {
    let result = CliError::usage(format!("{name}@{text}: {error}"));
    if argument::is_commit(text) {
        return result.hint(format!(
            "a commit is named by its pseudo-version, which go list -m PATH@{text} prints"
        ));
    }
    match argument::probably(text) {
        Some(meant) => result.hint(format!("did you mean {name}@{meant}?")),
        None => result.hint(format!(
            "a version is v1.2.3, v1.2, v1, '<v1.2.3', '<=v1.2.3', latest, patch or none: {name}@v1.2.3"
        )),
    }
}

pub(super) fn list_error(path: &ModulePath, error: &FetchError) -> CliError {
    let hint = match error.best() {
        FetchError::NoProxyConfigured { .. } => {
            "set a proxy: go env -w GOPROXY=LIST, or GOPROXY in the environment, or --proxy LIST|DIR"
        }
        FetchError::Offline { .. } | FetchError::Off { .. } => {
            "a full version, such as v1.2.3, needs no list"
        }
        _ => {
            "try again, or another source with --proxy; a full version, such as v1.2.3, needs no list"
        }
    };
    CliError::environment(format!("the versions of {path} cannot be listed: {error}")).hint(hint)
}
