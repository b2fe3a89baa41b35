//! Makes a published module version a main module: its go.mod as it was published, and a go.sum that is complete.
//!
//! Only `.mod` and `.info` files are fetched, no zips. Where the module replaces another by a directory of
//! its own repository, the go.mod that the other published at the required version lies there.

use std::fs;
use std::path::{Component, Path, PathBuf};

use gomod_core::model::{GoMod, ReplaceTarget};

use crate::real::{Tools, scratch};

/// Puts the main module `id`, `MODULE@VERSION`, below `root`; gives its directory.
pub(crate) fn materialise(tools: &Tools, id: &str, root: &Path) -> Result<PathBuf, String> {
    let text = published(tools, id)?;
    let directories = directories(&text);
    let depth = directories.iter().map(|(_, path)| climbs(path)).max();
    let mut main = root.to_path_buf();
    for level in 0..depth.unwrap_or(0) {
        main.push(format!("d{level}"));
    }
    write(&main, &text)?;
    for (module, path) in &directories {
        // What was never published cannot be put there; the two must then fail alike.
        if let Ok(text) = published(tools, module) {
            write(&main.join(path), &text)?;
        }
    }
    // Adds what go.sum lacks, and perhaps changes go.mod.
    tools.go(&main, "-mod=mod", &["list", "-m", "all"])?;
    tools.go(&main, "-mod=mod", &["mod", "graph"])?;
    write(&main, &text)?;
    Ok(main)
}

/// The go.mod of a version.
fn published(tools: &Tools, id: &str) -> Result<Vec<u8>, String> {
    let nowhere = scratch()?;
    let args = ["list", "-m", "-f", "{{.GoMod}}", id];
    let output = tools.go(nowhere.path(), "-mod=mod", &args)?;
    let file = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if !output.status.success() || file.is_empty() {
        return Err(String::from_utf8_lossy(&output.stderr).trim().to_owned());
    }
    fs::read(&file).map_err(|error| format!("{file}: {error}"))
}

/// Required modules that are replaced by a relative directory: the module as it is required, and the
/// directory.
fn directories(text: &[u8]) -> Vec<(String, String)> {
    let Ok(go_mod) = GoMod::parse("go.mod", text) else {
        return Vec::new();
    };
    let replaced = go_mod.replace.iter().filter_map(|line| {
        let ReplaceTarget::Directory(path) = &line.target else {
            return None;
        };
        let mut requires = go_mod.require.iter();
        let required = requires.find(|required| required.path == line.path)?;
        let module = format!("{}@{}", required.path, required.version);
        Path::new(path)
            .is_relative()
            .then(|| (module, path.clone()))
    });
    replaced.collect()
}

/// How many directories a path leads up.
fn climbs(path: &str) -> usize {
    let parts = Path::new(path).components();
    parts.filter(|part| *part == Component::ParentDir).count()
}

fn write(dir: &Path, go_mod: &[u8]) -> Result<(), String> {
    let file = dir.join("go.mod");
    fs::create_dir_all(dir)
        .and_then(|()| fs::write(&file, go_mod))
        .map_err(|error| format!("{}: {error}", file.display()))
}
