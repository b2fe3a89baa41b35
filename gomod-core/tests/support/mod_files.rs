//! The go.mod files on this machine, for tests that want many real ones.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use std::path::{Path, PathBuf};
use std::process::Command;

/// The `.mod` files of the module cache, at most `limit` of them, evenly picked.
pub fn cached(limit: usize) -> Vec<PathBuf> {
    let output = Command::new("go")
        .args(["env", "GOMODCACHE"])
        .output()
        .unwrap();
    let root = String::from_utf8(output.stdout).unwrap();
    let found = below(&Path::new(root.trim()).join("cache/download"));
    let step = found.len().div_ceil(limit.max(1)).max(1);
    found.into_iter().step_by(step).collect()
}

/// The `.mod` files below a directory, sorted.
pub fn below(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    collect(dir, &mut found);
    found.sort();
    found
}

fn collect(dir: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(dir) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if entry.file_type().is_ok_and(|t| t.is_dir()) {
            collect(&path, found);
        } else if path.extension().is_some_and(|e| e == "mod") {
            found.push(path);
        }
    }
}
