//! Whether a vendor directory has the packages that the main modules import.
//!
//! `go build -mod=vendor` takes a package from the main modules or from below vendor/; from go 1.23 on only
//! those count there that modules.txt lists (`importFromFiles` in cmd/go's modload). Build tags count as a
//! union, and the main modules' tests count, as for `go mod vendor`, which copies for all of them.

use std::collections::{HashSet, VecDeque};
use std::path::Path;

use super::HostError;
use super::content::{main_packages, package_at, package_below};
use crate::imports::{Package, is_standard};
use crate::model::{GoMod, GoVersion, ModulePath, ModulesTxt, VendorCheck};

/// The first go version of a main module or workspace that asks for a package to be listed.
const MUST_BE_LISTED: &str = "1.23";

/// An import that fails with a vendor directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VendorImport {
    /// The import path.
    pub path: String,
    /// The file that imports it, below its module or below vendor/.
    pub file: String,
    /// What is wrong.
    pub kind: VendorImportKind,
}

/// What is wrong with an import.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VendorImportKind {
    /// It is nowhere.
    #[error("is imported, but vendor/ does not have it")]
    Missing,
    /// It is there, and modules.txt does not list it.
    #[error(
        "is imported, but modules.txt does not list it, so that the one in vendor/ does not count"
    )]
    NotListed,
    /// It is there twice.
    #[error("is imported, and both the main module and vendor/ have it")]
    Ambiguous,
    /// A main module imports it from a module that it does not require at that version.
    #[error("is imported, but modules.txt has it below {0}, which go.mod does not require")]
    NotARoot(String),
}

/// Follows the imports of the main modules, each with its directory, into `vendor`.
///
/// # Errors
/// [`HostError::Io`] for a directory or file that cannot be read.
pub fn vendored_imports(
    mains: &[(&Path, &GoMod)],
    vendor: &Path,
    check: &VendorCheck<'_>,
    txt: &ModulesTxt,
) -> Result<Vec<VendorImport>, HostError> {
    let go = match check.work {
        Some(work) => work.go.as_ref().map(|line| &line.version),
        None => mains
            .first()
            .and_then(|(_, go_mod)| go_mod.go.as_ref())
            .map(|line| &line.version),
    };
    let listed_only = go.is_some_and(|go| *go >= GoVersion::new(MUST_BE_LISTED));
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    // Each import once, with a file of it, and whether a main module's file.
    let mut queue: VecDeque<(String, String, bool)> = VecDeque::new();
    for (root, go_mod) in mains {
        let ignored: Vec<String> = go_mod.ignore.iter().map(|line| line.path.clone()).collect();
        for (directory, package) in main_packages(root, &ignored)? {
            let imports = package.imports.into_iter().chain(package.test_imports);
            queue
                .extend(imports.map(|import| (import.path, below(&directory, &import.file), true)));
        }
    }
    while let Some((path, file, by_main)) = queue.pop_front() {
        if !seen.insert((path.clone(), by_main)) || ModulePath::new(&path).check_import().is_err() {
            continue;
        }
        let of_main = in_mains(mains, &path)?;
        let vendored = package_at(&vendor.join(&path))?;
        let owner = txt.owner(&path);
        let counts = vendored
            .as_ref()
            .filter(|_| owner.is_some() || !listed_only);
        let wrong = match (&of_main, counts, owner) {
            (Some(_), Some(_), _) => Some(VendorImportKind::Ambiguous),
            // In a workspace, where the roots are the members, this is not looked at.
            (None, Some(_), Some(module)) if by_main && check.work.is_none() => {
                let name = match module.version.as_str() {
                    "" => module.path.to_string(),
                    version => format!("{}@{version}", module.path),
                };
                (!check.is_root(module)).then_some(VendorImportKind::NotARoot(name))
            }
            (None, None, _) if is_standard(&path) => None,
            (None, None, _) if vendored.is_some() => Some(VendorImportKind::NotListed),
            (None, None, _) => Some(VendorImportKind::Missing),
            _ => None,
        };
        found.extend(wrong.map(|kind| VendorImport {
            path: path.clone(),
            file: file.clone(),
            kind,
        }));
        let is_main = of_main.is_some();
        if let Some(package) = of_main.or(vendored) {
            let imports = package.imports.into_iter();
            queue.extend(imports.map(|i| (i.path, below(&path, &i.file), is_main)));
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found.dedup_by(|a, b| a.path == b.path);
    Ok(found)
}

/// The package of a main module.
fn in_mains(mains: &[(&Path, &GoMod)], path: &str) -> Result<Option<Package>, HostError> {
    for (root, go_mod) in mains {
        let inner = go_mod
            .module
            .as_ref()
            .and_then(|module| path.strip_prefix(module.path.as_str()));
        if let Some(inner) = inner.filter(|inner| inner.is_empty() || inner.starts_with('/'))
            && let Some(package) = package_below(root, inner)?
        {
            return Ok(Some(package));
        }
    }
    Ok(None)
}

fn below(directory: &str, file: &str) -> String {
    match directory {
        "" => file.to_owned(),
        directory => format!("{directory}/{file}"),
    }
}
