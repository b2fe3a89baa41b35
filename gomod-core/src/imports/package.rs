//! One package: the imports of its files, each with a file that has it.

use std::collections::BTreeMap;

use super::read_go_file;

/// An import with one file that declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The import path.
    pub path: String,
    /// The first file, by name, that imports it.
    pub file: String,
}

/// What the Go files of one directory import, for any platform.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Package {
    /// The imports of the files that are not tests, by path.
    pub imports: Vec<Import>,
    /// What only its tests import, by path.
    pub test_imports: Vec<Import>,
}

impl Package {
    /// The package of the `.go` files of a directory, given as name and text.
    pub fn from_files<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Self {
        let mut imports: BTreeMap<String, String> = BTreeMap::new();
        let mut test_imports: BTreeMap<String, String> = BTreeMap::new();
        let mut files: Vec<(&str, &[u8])> = files.into_iter().collect();
        files.sort_unstable_by_key(|(name, _)| *name);
        for (name, text) in files {
            if !is_go_file(name) {
                continue;
            }
            let file = read_go_file(text);
            if file.ignored {
                continue;
            }
            let list = if name.ends_with("_test.go") {
                &mut test_imports
            } else {
                &mut imports
            };
            for path in file.imports {
                list.entry(path).or_insert_with(|| name.to_owned());
            }
        }
        test_imports.retain(|path, _| !imports.contains_key(path));
        let list = |map: BTreeMap<String, String>| {
            map.into_iter()
                .map(|(path, file)| Import { path, file })
                .collect()
        };
        Self {
            imports: list(imports),
            test_imports: list(test_imports),
        }
    }
}

/// Whether a file of this name is read for imports: a `.go` file that begins with neither `_` nor `.`.
pub fn is_go_file(name: &str) -> bool {
    name.ends_with(".go") && !name.starts_with(['_', '.'])
}

/// Whether a directory of this name below the main module can hold packages of `./...`
/// (`go help packages`).
pub fn is_package_dir(name: &str) -> bool {
    !name.starts_with(['_', '.']) && name != "testdata" && name != "vendor"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_and_ignored_files_are_told_apart() {
        let files: [(&str, &[u8]); 6] = [
            ("b.go", b"package p; import (\"x\"; \"y\")"),
            ("a.go", b"package p; import \"y\""),
            ("a_test.go", b"package p; import (\"y\"; \"t\")"),
            ("gen.go", b"//go:build ignore\n\npackage main; import \"g\""),
            ("_c.go", b"package p; import \"c\""),
            ("readme.md", b"package p; import \"r\""),
        ];
        let package = Package::from_files(files);
        let list = |imports: &[Import]| -> Vec<String> {
            imports
                .iter()
                .map(|import| format!("{} {}", import.path, import.file))
                .collect()
        };
        assert_eq!(list(&package.imports), ["x b.go", "y a.go"]);
        assert_eq!(list(&package.test_imports), ["t a_test.go"]);
    }
}
