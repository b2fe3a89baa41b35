//! What the Go files of main modules import: a plan is about these packages, and says nothing of others.

use std::collections::{BTreeMap, BTreeSet};

use super::Packages;

/// The packages that main modules import and do not hold themselves, each with its first file; `None` where the Go
/// files of none of them are known. They are given with their paths and what stands in front of their files' names
/// (`""`, or `a/`). The standard library's are among them.
pub fn imported(members: &[(&str, &str, &Packages)]) -> Option<BTreeMap<String, String>> {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    let mut own: BTreeSet<String> = BTreeSet::new();
    let mut known = false;
    for (module, place, packages) in members {
        let Some(main) = packages.main() else {
            continue;
        };
        known = true;
        for (directory, package) in main {
            let (path, below) = match directory.as_str() {
                "" => ((*module).to_owned(), (*place).to_owned()),
                directory => (
                    format!("{module}/{directory}"),
                    format!("{place}{directory}/"),
                ),
            };
            own.insert(path);
            for import in package.imports.iter().chain(&package.test_imports) {
                let file = format!("{below}{}", import.file);
                let first = found.entry(import.path.clone()).or_insert(file.clone());
                if file < *first {
                    *first = file;
                }
            }
        }
    }
    found.retain(|path, _| !own.contains(path));
    known.then_some(found)
}
