//! From the main module's imports through the build list: which module provides each package
//! (`importFromFiles` in cmd/go/internal/modload/import.go).
//!
//! A package may stand in any module whose path is a prefix of its import path. Roots are looked at
//! first; only when none has it, the others are.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rustc_hash::{FxHashMap, FxHashSet};

use super::{Import, Package};
use crate::model::ModulePath;

/// What is known of a directory of a module.
#[derive(Debug, Clone, Copy)]
pub enum Known<'a> {
    /// Not looked at yet.
    Unknown,
    /// It has no Go files.
    Absent,
    /// It is a package.
    Package(&'a Package),
}

/// An import with the place it was found at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Use<M> {
    /// The module that imports; `None`: the main module.
    pub by: Option<M>,
    /// The import path of the importing package; the file's directory for the main module.
    pub package: String,
    /// The file.
    pub file: String,
}

/// An import that no module provides, or that several do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unresolved<M> {
    /// The import path.
    pub path: String,
    /// Where it is imported first.
    pub used: Use<M>,
    /// The modules that provide it: none, or more than one.
    pub providers: Vec<M>,
}

/// The result of a walk, or what it needs to go on.
#[derive(Debug, Clone)]
pub struct Walk<M> {
    /// Directories of modules that must be looked at first.
    pub needs: Vec<(M, String)>,
    /// The modules that provide packages, each with one use.
    pub providers: BTreeMap<M, Use<M>>,
    /// All modules that were looked into, also in vain: the `go` command needs the content of each.
    pub looked: BTreeSet<M>,
    /// Imports that are provided by no module or by several, by path.
    pub unresolved: Vec<Unresolved<M>>,
    /// How many packages outside the main module were reached.
    pub packages: usize,
}

/// Follows the imports from `start`, given with the place of each.
///
/// `modules` holds the build list by path: the module, and whether it is a root; the main module is
/// among them as `None`. `known` is asked for a directory (`""` is the module's root) of a module.
pub fn walk<'a, 'p, M: Copy + Ord + std::hash::Hash>(
    start: impl IntoIterator<Item = (Use<M>, &'a Import)>,
    modules: &FxHashMap<&str, (Option<M>, bool)>,
    known: impl Fn(Option<M>, &str) -> Known<'p>,
) -> Walk<M> {
    let mut result = Walk {
        needs: Vec::new(),
        providers: BTreeMap::new(),
        looked: BTreeSet::new(),
        unresolved: Vec::new(),
        packages: 0,
    };
    let mut seen: FxHashSet<String> = FxHashSet::default();
    let mut looks = Looks {
        needs: BTreeSet::new(),
        looked: BTreeSet::new(),
    };
    let mut queue: VecDeque<(String, Use<M>)> = VecDeque::new();
    for (used, import) in start {
        if seen.insert(import.path.clone()) {
            queue.push_back((import.path.clone(), used));
        }
    }
    while let Some((path, used)) = queue.pop_front() {
        let (found, complete) = find(&path, modules, &known, &mut looks);
        match found.as_slice() {
            [] if !complete || is_standard(&path) => {}
            [(None, _)] => {}
            [(Some(module), package)] => {
                result.packages += 1;
                result.providers.entry(*module).or_insert(used);
                for import in &package.imports {
                    if seen.insert(import.path.clone()) {
                        let used = Use {
                            by: Some(*module),
                            package: path.clone(),
                            file: import.file.clone(),
                        };
                        queue.push_back((import.path.clone(), used));
                    }
                }
            }
            several => result.unresolved.push(Unresolved {
                path,
                used,
                providers: several.iter().filter_map(|(module, _)| *module).collect(),
            }),
        }
    }
    result.needs = looks.needs.into_iter().collect();
    result.looked = looks.looked;
    result.unresolved.sort_by(|a, b| a.path.cmp(&b.path));
    result
}

/// What was looked at, and what must be.
struct Looks<M> {
    needs: BTreeSet<(M, String)>,
    looked: BTreeSet<M>,
}

type Found<'p, M> = Vec<(Option<M>, &'p Package)>;

/// The modules that provide a package, and whether all that is needed to say so is known.
fn find<'p, M: Copy + Ord>(
    path: &str,
    modules: &FxHashMap<&str, (Option<M>, bool)>,
    known: &impl Fn(Option<M>, &str) -> Known<'p>,
    looks: &mut Looks<M>,
) -> (Found<'p, M>, bool) {
    if ModulePath::new(path).check_import().is_err() {
        return (Vec::new(), true);
    }
    for roots in [true, false] {
        let (mut found, mut complete) = (Vec::new(), true);
        let mut prefix = path;
        loop {
            if let Some((module, root)) = modules.get(prefix)
                && *root == roots
            {
                looks.looked.extend(*module);
                let directory = path.get(prefix.len()..).unwrap_or_default();
                let directory = directory.trim_start_matches('/');
                match (known(*module, directory), module) {
                    (Known::Package(package), _) => found.push((*module, package)),
                    (Known::Absent, _) | (Known::Unknown, None) => {}
                    (Known::Unknown, Some(module)) => {
                        complete = false;
                        looks.needs.insert((*module, directory.to_owned()));
                    }
                }
            }
            match prefix.rsplit_once('/') {
                Some((shorter, _)) => prefix = shorter,
                None => break,
            }
        }
        if !complete || !found.is_empty() {
            return (if complete { found } else { Vec::new() }, complete);
        }
    }
    (Vec::new(), true)
}

/// Whether a path belongs to the standard library, if no module provides it: its first element has no dot
/// (`search.IsStandardImportPath`).
fn is_standard(path: &str) -> bool {
    !path.split('/').next().unwrap_or_default().contains('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    type Tree = Vec<(Option<u32>, &'static str, Package)>;

    fn package(imports: &[&str]) -> Package {
        let text = format!(
            "package p; import ({})",
            imports
                .iter()
                .map(|path| format!("{path:?}"))
                .collect::<Vec<_>>()
                .join(";")
        );
        Package::from_files([("p.go", text.as_bytes())])
    }

    fn run(start: &[&str], modules: &[(&'static str, u32, bool)], tree: &Tree) -> Walk<u32> {
        let start = package(start);
        let uses = start.imports.iter().map(|import| {
            let used = Use {
                by: None,
                package: ".".to_owned(),
                file: import.file.clone(),
            };
            (used, import)
        });
        let modules = modules
            .iter()
            .map(|(path, id, root)| (*path, (Some(*id), *root)))
            .collect();
        walk(uses, &modules, |module, dir| {
            match tree.iter().find(|(m, d, _)| *m == module && *d == dir) {
                Some((_, _, package)) => Known::Package(package),
                None if dir == "unread" => Known::Unknown,
                None => Known::Absent,
            }
        })
    }

    #[test]
    fn packages_are_followed_from_module_to_module() {
        let tree = vec![
            (Some(1), "x", package(&["b.c/d", "fmt"])),
            (Some(2), "d", package(&["e.f"])),
        ];
        let walk = run(&["a.b/x"], &[("a.b", 1, true), ("b.c", 2, false)], &tree);
        assert_eq!(walk.packages, 2);
        assert_eq!(walk.providers.keys().copied().collect::<Vec<_>>(), [1, 2]);
        let missing = &walk.unresolved[0];
        assert_eq!((missing.path.as_str(), missing.used.by), ("e.f", Some(2)));
        assert_eq!(missing.used.package, "b.c/d");
    }

    #[test]
    fn roots_come_first_and_two_of_them_are_ambiguous() {
        let tree = vec![(Some(1), "b/c", package(&[])), (Some(2), "c", package(&[]))];
        let root = run(
            &["a.b/b/c"],
            &[("a.b", 1, true), ("a.b/b", 2, false)],
            &tree,
        );
        assert!(root.unresolved.is_empty());
        assert_eq!(root.providers.keys().copied().collect::<Vec<_>>(), [1]);
        let both = run(&["a.b/b/c"], &[("a.b", 1, true), ("a.b/b", 2, true)], &tree);
        assert_eq!(both.unresolved[0].providers, [2, 1]);
    }

    #[test]
    fn what_is_not_known_is_asked_for() {
        let walk = run(
            &["a.b/unread", "a.b/../x"],
            &[("a.b", 1, true)],
            &Vec::new(),
        );
        assert_eq!(walk.needs, [(1, "unread".to_owned())]);
        assert_eq!(walk.unresolved.len(), 1, "a path that is no import path");
    }
}
