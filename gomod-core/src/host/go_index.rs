//! The go command's index of the modules in the module cache, which it keeps in GOCACHE.
//!
//! It believes that a cached module never changes, so the entry of a module that was damaged outlives a repair, and
//! even `go clean -modcache`: `go mod verify` passes, and `go build` fails on what the entry says
//! (`cmd/go/internal/modindex`). Without the entry the module is read anew.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::{GoEnv, ModCache};

/// The form of index that Go writes from 1.20 on.
const FORM: &str = "go index v2";

/// Removes the entries of the module unpacked in `dir`, as far as the Go that wrote them is known: the
/// installed one, and those in the module cache. How many there were.
pub(super) fn drop_entries(env: &GoEnv, cache: &ModCache, dir: &Path) -> usize {
    let Some(build_cache) = build_cache(env) else {
        return 0;
    };
    versions(env, cache)
        .iter()
        .map(|version| build_cache.join(entry(version, dir)))
        .filter(|file| fs::remove_file(file).is_ok())
        .count()
}

/// The file, below GOCACHE, of the entry that a version of Go makes of a module's directory.
fn entry(version: &str, dir: &Path) -> PathBuf {
    // What follows are experiments, which are no part of the salt.
    let salt = version.split([' ', '-']).next().unwrap_or(version);
    let text = format!("{salt}module index {version} {FORM} {}\n", dir.display());
    let digest = Sha256::digest(text.as_bytes());
    let name: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let folder = name.get(..2).unwrap_or_default().to_owned();
    Path::new(&folder).join(format!("{name}-a"))
}

fn build_cache(env: &GoEnv) -> Option<PathBuf> {
    match env.get("GOCACHE") {
        "off" => None,
        "" => Some(env.user_cache_dir()?.parent()?.join("go-build")),
        dir => Some(PathBuf::from(dir)),
    }
}

/// The versions of Go that may have been at work here.
fn versions(env: &GoEnv, cache: &ModCache) -> BTreeSet<String> {
    let installed = env.go().and_then(|go| go.version());
    let mut versions: BTreeSet<String> = [installed, env.local_go_version()]
        .into_iter()
        .flatten()
        .map(|version| format!("go{version}"))
        .collect();
    // golang.org/toolchain@v0.0.1-go1.21.0.linux-amd64
    for entry in fs::read_dir(cache.dir().join("golang.org"))
        .into_iter()
        .flatten()
        .flatten()
    {
        let name = entry.file_name().to_string_lossy().into_owned();
        let version = name
            .strip_prefix("toolchain@v0.0.1-")
            .and_then(|rest| rest.rsplit_once('.'))
            .map(|(version, _)| version.to_owned());
        versions.extend(version);
    }
    versions
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_an_entry() {
        // printf '%s' TEXT | sha256sum
        let file = entry("go1.26.8", Path::new("/m/example.com/a@v1.0.0"));
        assert_eq!(
            file,
            Path::new("df/dfd7956985f3236053de9fd4e0a472c00e8d17b6cd1cdcb15a7006c93fa0c13b-a")
        );
    }
}
