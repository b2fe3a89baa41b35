//! From the main module's imports through the build list: which module provides each package
//! (`importFromFiles` in cmd/go/internal/modload/import.go).
//!
//! A package may stand in any module whose path is a prefix of its import path. Roots are looked at
//! first; only when none has it, the others are.
//!
//! `go mod tidy` follows more than a build does: the tests of the packages that are imported, too, and what these
//! import in turn, though not the tests of that (`applyPkgFlags` in cmd/go/internal/modload/load.go). Where the main
//! module is below Go 1.16 it follows the tests of all of them.

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

/// Whose tests are followed outside the main module.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tests {
    /// Nobody's: what a build needs, and the main module's tests.
    None,
    /// Those of the packages that a build needs (`go mod tidy`).
    Needed,
    /// Those of all packages, of what tests import as well (the same below Go 1.16).
    All,
}

/// The result of a walk, or what it needs to go on.
#[derive(Debug, Clone)]
pub struct Walk<M> {
    /// Directories of modules that must be looked at first.
    pub needs: Vec<(M, String)>,
    /// The modules that provide packages, each with one use.
    pub providers: BTreeMap<M, Use<M>>,
    /// Those that provide packages which others' tests lead to, each with how many imports away from these tests.
    pub for_tests: BTreeMap<M, usize>,
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
    tests: Tests,
    modules: &FxHashMap<&str, (Option<M>, bool)>,
    known: impl Fn(Option<M>, &str) -> Known<'p>,
) -> Walk<M> {
    let mut result = Walk {
        needs: Vec::new(),
        providers: BTreeMap::new(),
        for_tests: BTreeMap::new(),
        looked: BTreeSet::new(),
        unresolved: Vec::new(),
        packages: 0,
    };
    let mut seen: FxHashSet<String> = FxHashSet::default();
    let mut looks = Looks {
        needs: BTreeSet::new(),
        looked: BTreeSet::new(),
    };
    let mut queue: VecDeque<(String, Use<M>, usize)> = VecDeque::new();
    // What tests import comes last: a package that a build needs is one of those whose tests count.
    let mut of_tests: Vec<(String, Use<M>, usize)> = Vec::new();
    let mut needed = true;
    for (used, import) in start {
        if seen.insert(import.path.clone()) {
            queue.push_back((import.path.clone(), used, 0));
        }
    }
    loop {
        let Some((path, used, far)) = queue.pop_front() else {
            if of_tests.is_empty() {
                break;
            }
            needed = false;
            for one in std::mem::take(&mut of_tests) {
                if seen.insert(one.0.clone()) {
                    queue.push_back(one);
                }
            }
            continue;
        };
        let (found, complete) = find(&path, modules, &known, &mut looks);
        match found.as_slice() {
            [] if !complete || is_standard(&path) => {}
            [(None, _)] => {}
            [(Some(module), package)] => {
                result.packages += 1;
                match needed {
                    true => _ = result.providers.entry(*module).or_insert(used),
                    false => _ = result.for_tests.entry(*module).or_insert(far),
                }
                let used = |import: &Import| Use {
                    by: Some(*module),
                    package: path.clone(),
                    file: import.file.clone(),
                };
                for import in &package.imports {
                    if seen.insert(import.path.clone()) {
                        queue.push_back((import.path.clone(), used(import), far + 1));
                    }
                }
                if tests == Tests::All || tests == Tests::Needed && needed {
                    let imports = package.test_imports.iter();
                    let far = match needed {
                        true => 0,
                        false => far + 1,
                    };
                    of_tests.extend(imports.map(|import| (import.path.clone(), used(import), far)));
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

/// Whether a module of this path can hold a package.
pub fn may_hold(module: &str, package: &str) -> bool {
    let rest = package.strip_prefix(module);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether a path belongs to the standard library, if no module provides it: its first element has no dot
/// (`search.IsStandardImportPath`).
pub fn is_standard(path: &str) -> bool {
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
        with_tests(Tests::None, start, modules, tree)
    }

    fn with_tests(
        tests: Tests,
        start: &[&str],
        modules: &[(&'static str, u32, bool)],
        tree: &Tree,
    ) -> Walk<u32> {
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
        walk(uses, tests, &modules, |module, dir| {
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

    #[test]
    fn tests_of_what_a_build_needs_are_followed_one_step() {
        let tested = |imports: &[&str], test_imports: &[&str]| Package {
            test_imports: package(test_imports).imports,
            ..package(imports)
        };
        let tree = vec![
            (Some(1), "", tested(&["b.c"], &["t.u"])),
            (Some(2), "", tested(&[], &["a.b", "x.1"])),
            (Some(3), "", tested(&["t.u/v"], &["x.2"])),
            (Some(3), "v", tested(&["x.3"], &[])),
        ];
        let modules = [("a.b", 1, true), ("b.c", 2, true), ("t.u", 3, false)];
        let missing = |tests| -> Vec<String> {
            let walk = with_tests(tests, &["a.b"], &modules, &tree);
            assert_eq!(walk.providers.keys().copied().collect::<Vec<_>>(), [1, 2]);
            let for_tests = (tests != Tests::None).then_some(3);
            assert_eq!(walk.for_tests.keys().copied().next(), for_tests);
            walk.unresolved.into_iter().map(|one| one.path).collect()
        };
        assert_eq!(missing(Tests::None), [""; 0]);
        assert_eq!(missing(Tests::Needed), ["x.1", "x.3"]);
        assert_eq!(missing(Tests::All), ["x.1", "x.2", "x.3"]);
    }
}
