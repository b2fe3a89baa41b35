//! `MOD@VERSION` on the command line, split, with a clear answer to what is no such thing.

use super::Setting;
use crate::error::CliError;

/// Splits `MOD@VERSION`.
pub(crate) fn split<'a>(
    setting: &Setting,
    argument: &'a str,
) -> Result<(&'a str, &'a str), CliError> {
    let text = argument.trim();
    if text.trim_matches('@').is_empty() {
        return Err(CliError::usage(format!(
            "{argument:?} names no module: a target is MOD@VERSION"
        ))
        .hint("gomod list shows the modules; for example MOD@v1.2.3, MOD@'<v1.2.3', MOD@none"));
    }
    let (name, version) = text.split_once('@').unwrap_or((text, ""));
    let (name, version) = (name.trim(), version.trim());
    if name.is_empty() {
        return Err(CliError::usage(format!(
            "{argument}: there is no module in front of the @; a target is MOD@VERSION"
        ))
        .hint(format!("gomod list shows the modules; then MOD@{version}")));
    }
    if version.contains('@') {
        let mut parts = version.split('@').map(str::trim);
        let version = parts.find(|part| !part.is_empty()).unwrap_or_default();
        return Err(CliError::usage(format!(
            "{argument}: one @ too many; a target is MOD@VERSION"
        ))
        .hint(format!("write it as {name}@{version}")));
    }
    match (name, version) {
        ("go", "" | "none") => Err(CliError::usage(format!(
            "{argument}: name the Go version to go back to"
        ))
        .hint("gomod plan-downgrade go@1.21, or a release such as go@1.21.3")),
        ("toolchain", "") => Err(CliError::usage(format!(
            "{argument}: name the toolchain to go back to"
        ))
        .hint("gomod plan-downgrade toolchain@go1.23.5, or toolchain@none to drop the line")),
        (name, "") => Err(no_version(setting, argument, name)),
        _ => Ok((name, version)),
    }
}

/// Refuses `gin v1.9.0` in two words, which stands for `gin@v1.9.0`.
pub(crate) fn refuse_pairs(arguments: &[String]) -> Result<(), CliError> {
    let pairs = arguments.iter().zip(arguments.iter().skip(1));
    let plain = |text: &str| !text.contains('@');
    let pair = pairs
        .filter(|(name, version)| plain(name) && plain(version))
        .find(|(_, version)| is_version(version));
    match pair {
        None => Ok(()),
        Some((name, version)) => Err(CliError::usage(format!(
            "{name} {version}: a target is one word, MOD@VERSION"
        ))
        .hint(format!("write it as {name}@{version}"))),
    }
}

fn is_version(text: &str) -> bool {
    let digits = text.strip_prefix('v').unwrap_or(text);
    digits.starts_with(|c: char| c.is_ascii_digit())
}

/// A module without a version, with today's and a query for the next lower one.
fn no_version(setting: &Setting, argument: &str, name: &str) -> CliError {
    let error = CliError::usage(format!(
        "{argument}: there is no version; a target is MOD@VERSION"
    ));
    if let Some((name, version)) = name.rsplit_once([':', '='])
        && is_version(version)
    {
        let version = probably(version).unwrap_or_else(|| version.to_owned());
        return error.hint(format!("write it as {name}@{version}"));
    }
    let modules = &setting.world.modules;
    let found = setting.find_module(name).ok().and_then(|path| {
        let selected = setting.loaded.graph.selected(path)?;
        Some((modules.path(path), modules.version(selected)?))
    });
    match found {
        Some((path, version)) => error.detail(format!("today's is {version}")).hint(format!(
            "gomod plan-downgrade '{name}@<{version}' takes the next lower one; go list -m -versions {path} shows all"
        )),
        None => error.hint(format!("for example {name}@v1.2.3")),
    }
}

/// Whether a version looks like the hash of a commit.
pub(crate) fn is_commit(version: &str) -> bool {
    let hex = |c: u8| matches!(c, b'0'..=b'9' | b'a'..=b'f');
    (7..=40).contains(&version.len())
        && version.bytes().all(hex)
        && version.bytes().any(|c| c.is_ascii_alphabetic())
}

/// What was probably meant by a version that is none: `v1.9.0` for `1.9.0` and `V1.9.0`.
pub(crate) fn probably(version: &str) -> Option<String> {
    let digits = version.trim_start_matches(['v', 'V']);
    let meant = format!("v{digits}");
    (digits.starts_with(|c: char| c.is_ascii_digit()) && meant != version).then_some(meant)
}
