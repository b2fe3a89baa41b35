//! `go@VERSION` and `toolchain@NAME` as targets, and what they mean for the two lines.
//!
//! As with `go get`, a toolchain below the go line takes the go line down with it, and one that says no more than the go
//! line leaves no line (go.dev/doc/toolchain, "Managing Go version module requirements with go get").

use std::cmp::Ordering;

use gomod_core::model::{GoVersion, ModulePath, Query, Version};
use gomod_core::plan::Target;

use super::Setting;
use super::targets::{Asked, list_error};
use crate::error::CliError;

/// Where toolchains are published as versions of a module (cmd/go's modfetch, toolchain.go).
const TOOLCHAIN_MODULE: &str = "golang.org/toolchain";

/// The target that `go@text` asks for.
pub(super) fn go(setting: &mut Setting, text: &str) -> Result<Asked, CliError> {
    let current = setting.main.go_version();
    // A line of releases above today's is an upgrade, whichever of them is meant.
    if let Some(asked) = GoVersion::parse(text)
        && asked.cmp_precedence(&current).is_gt()
    {
        return Err(go_upgrade(&asked, &current));
    }
    let version = release(setting, "go", text, &current)?;
    go_back(&version, &current)
}

/// The target that `toolchain@text` asks for.
pub(super) fn toolchain(setting: &mut Setting, text: &str) -> Result<Asked, CliError> {
    if setting.project.work.is_some() {
        return Err(CliError::usage(format!(
            "toolchain@{text}: in a workspace the toolchain lines stand in go.work and in each go.mod"
        ))
        .hint("go work edit -toolchain=NAME and go mod edit -toolchain=NAME set them; no other module moves with one"));
    }
    let line = setting.project.go_mod.toolchain.as_ref();
    let line = line.map(|line| line.name.clone());
    if text == "none" {
        return Ok(match line {
            Some(_) => Asked::Target(Target::Toolchain { name: None }),
            None => Asked::Today("go.mod without a toolchain line".to_owned(), None),
        });
    }
    let go = setting.main.go_version();
    let named = line.as_deref().and_then(GoVersion::of_toolchain);
    let current = named.unwrap_or_else(|| go.clone());
    let version = release(setting, "toolchain", text, &current)?;
    match (
        version.cmp_precedence(&current),
        version.cmp_precedence(&go),
    ) {
        (Ordering::Greater, _) => Err(CliError::usage(format!(
            "toolchain go{version} is above today's go{current}: that is an upgrade"
        ))
        .hint(format!("go get toolchain@go{version}"))),
        (Ordering::Equal, _) => Ok(Asked::Today(format!("toolchain go{current}"), None)),
        (Ordering::Less, Ordering::Less) => go_back(&version, &go),
        (Ordering::Less, Ordering::Equal) => Ok(Asked::Target(Target::Toolchain { name: None })),
        (Ordering::Less, Ordering::Greater) => Ok(Asked::Target(Target::Toolchain {
            name: Some(format!("go{version}")),
        })),
    }
}

/// The release that a query means.
fn release(
    setting: &mut Setting,
    what: &str,
    text: &str,
    current: &GoVersion,
) -> Result<GoVersion, CliError> {
    let invalid = || {
        let result = CliError::usage(format!("{what}@{text}: no Go version"));
        result.hint(match what {
            "go" => "write it as go@1.21 or go@1.21.3",
            _ => {
                "write it as toolchain@go1.23 or toolchain@go1.23.5; toolchain@none drops the line"
            }
        })
    };
    let path = ModulePath::new("go");
    let mut query = text.to_owned();
    if what == "toolchain" {
        let at = text.find(|c: char| !"<>=".contains(c)).unwrap_or_default();
        let (operator, name) = text.split_at(at);
        let version = name
            .strip_prefix("go")
            .filter(|rest| GoVersion::parse(rest).is_some());
        if version.is_none() && GoVersion::parse(name).is_some_and(|version| version.is_language())
        {
            return Err(CliError::usage(format!(
                "go language version {name} is not a toolchain version"
            ))
            .hint(format!("toolchain@{operator}go{name}")));
        }
        query = format!("{operator}{}", version.unwrap_or(name));
    }
    let query = Query::parse(&path, &query, Some(&Version::go(current))).map_err(|_| invalid())?;
    let version = match query.exact() {
        Some(version) => version.clone(),
        None => {
            let module = ModulePath::new(TOOLCHAIN_MODULE);
            let listed = match setting.session.versions(&[module]).pop() {
                Some(Ok(list)) => list,
                Some(Err(error)) => return Err(list_error(&path, &error)),
                None => Vec::new(),
            };
            let mut known: Vec<Version> = listed
                .iter()
                .filter_map(|version| toolchain_version(version.as_str()))
                .chain(setting.project.local_go.clone())
                .map(|version| Version::go(&version))
                .collect();
            known.sort();
            known.dedup();
            query.choose(&known).cloned().ok_or_else(|| {
                let full = if what == "go" {
                    "go@1.21.13"
                } else {
                    "toolchain@go1.21.13"
                };
                CliError::usage(format!("{what}@{text}: no such Go version is listed"))
                    .hint(format!("write a full one, such as {full}"))
            })?
        }
    };
    version.as_go().cloned().ok_or_else(invalid)
}

/// The go line at a version.
fn go_back(version: &GoVersion, current: &GoVersion) -> Result<Asked, CliError> {
    if current.prunes() && !version.prunes() {
        return Err(CliError::no(format!("go {version} is below 1.17, and today's go {current} is not"))
            .detail("below 1.17 the graph is not pruned, so every requirement of go.mod is converted: this is not planned")
            .hint("gomod plan-downgrade go@1.17"));
    }
    match version.cmp_precedence(current) {
        Ordering::Equal => Ok(Asked::Today(format!("go {current}"), None)),
        Ordering::Greater => Err(go_upgrade(version, current)),
        Ordering::Less => Ok(Asked::Target(Target::Go {
            version: version.clone(),
        })),
    }
}

fn go_upgrade(version: &GoVersion, current: &GoVersion) -> CliError {
    CliError::usage(format!(
        "go {version} is above today's go {current}: that is an upgrade"
    ))
    .hint(format!("go get go@{version}"))
}

/// `1.21.3` for `v0.0.1-go1.21.3.linux-amd64`.
fn toolchain_version(text: &str) -> Option<GoVersion> {
    let (_, name) = text.split_once('-')?;
    let (name, platform) = name.rsplit_once('.')?;
    platform.contains('-').then_some(())?;
    GoVersion::parse(name.strip_prefix("go").unwrap_or(name))
}
