//! A world as text: the main module's files and what a proxy serves, in one archive that a test can hold.
//!
//! ```text
//! -- main/go.mod --          a file of the main module's directory
//! -- proxy/x.y/a@v1.0.0 --   the go.mod that the proxy serves
//! -- noinfo/x.y/a@v1.0.0 --  the proxy has no .info of this version
//! -- nomod/x.y/a@v1.0.0 --   it lists the version, but has no .mod
//! -- sum --                  `complete`, `none`, `go`, or `less N`: one line is missing
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use gomod_core::model::{ModulePath, escape_version};
use gomod_core::verify::hash_go_mod;

use super::run::Tools;

/// The files of a world by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Archive(pub(crate) BTreeMap<String, String>);

impl Archive {
    pub(crate) fn parse(text: &str) -> Self {
        let mut files = BTreeMap::new();
        let mut name: Option<String> = None;
        for line in text.split_inclusive('\n') {
            let head = line.trim_end().strip_prefix("-- ");
            if let Some(head) = head.and_then(|head| head.strip_suffix(" --")) {
                files.insert(head.to_owned(), String::new());
                name = Some(head.to_owned());
            } else if let Some(file) = name.as_ref().and_then(|name| files.get_mut(name)) {
                file.push_str(line);
            }
        }
        Self(files)
    }

    pub(crate) fn text(&self) -> String {
        self.0
            .iter()
            .map(|(name, text)| {
                let end = if text.is_empty() || text.ends_with('\n') {
                    ""
                } else {
                    "\n"
                };
                format!("-- {name} --\n{text}{end}")
            })
            .collect()
    }

    pub(crate) fn is_workspace(&self) -> bool {
        self.0.contains_key("main/go.work")
    }

    /// The versions that the proxy serves, with their go.mod files.
    pub(crate) fn served(&self) -> impl Iterator<Item = (&str, &str, &str)> {
        self.0.iter().filter_map(|(name, text)| {
            let (path, version) = name.strip_prefix("proxy/")?.split_once('@')?;
            Some((path, version, text.as_str()))
        })
    }

    /// The go.mod file of a module version.
    pub(crate) fn go_mod(&self, path: &str, version: &str) -> Option<&str> {
        self.0
            .get(&format!("proxy/{path}@{version}"))
            .map(String::as_str)
    }

    /// Writes the world below `root`: `root/proxy`, `root/cache`, `root/main`.
    pub(crate) fn write(&self, root: &Path, tools: &Tools) -> Place {
        let place = Place {
            root: root.to_path_buf(),
        };
        for directory in [place.proxy(), place.cache(), place.main()] {
            fs::create_dir_all(directory).unwrap();
        }
        for (name, text) in &self.0 {
            if name.starts_with("main/") {
                put(&root.join(name), text);
            }
        }
        let mut lists: BTreeMap<PathBuf, String> = BTreeMap::new();
        for (path, version, text) in self.served() {
            let module = format!("{path}@{version}");
            let directory = version_directory(&place, path);
            let file = escape_version(version).unwrap();
            if !self.0.contains_key(&format!("nomod/{module}")) {
                put(&directory.join(format!("{file}.mod")), text);
            }
            if !self.0.contains_key(&format!("noinfo/{module}")) {
                let info =
                    format!("{{\"Version\":\"{version}\",\"Time\":\"2020-01-01T00:00:00Z\"}}");
                put(&directory.join(format!("{file}.info")), &info);
            }
            let list = lists.entry(directory.join("list")).or_default();
            if !version.contains("0.20") {
                list.push_str(version);
                list.push('\n');
            }
        }
        for (file, list) in lists {
            put(&file, &list);
        }
        self.write_sums(&place, tools);
        place
    }

    fn write_sums(&self, place: &Place, tools: &Tools) {
        let kind = self.0.get("sum").map_or("complete", |kind| kind.trim());
        let file = if self.is_workspace() {
            "go.work.sum"
        } else {
            "go.sum"
        };
        let mut lines: Vec<String> = self
            .served()
            .map(|(path, version, text)| {
                format!("{path} {version}/go.mod {}\n", hash_go_mod(text.as_bytes()))
            })
            .collect();
        match kind.split_once(' ') {
            Some(("less", at)) if !lines.is_empty() => {
                let at: usize = at.parse().unwrap();
                lines.remove(at % lines.len());
            }
            _ => {}
        }
        match kind {
            "none" => {}
            "go" if !self.is_workspace() && tools.has_go() => {
                let copy = place.root.join("sums");
                copy_files(&place.main(), &copy);
                tools.go(place, &copy, "-mod=mod", &["list", "-m", "all"]);
                if copy.join("go.sum").is_file() {
                    fs::copy(copy.join("go.sum"), place.main().join("go.sum")).unwrap();
                }
            }
            _ => put(&place.main().join(file), &lines.concat()),
        }
    }
}

/// A world on disk.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) root: PathBuf,
}

impl Place {
    pub(crate) fn proxy(&self) -> PathBuf {
        self.root.join("proxy")
    }

    pub(crate) fn cache(&self) -> PathBuf {
        self.root.join("cache")
    }

    pub(crate) fn main(&self) -> PathBuf {
        self.root.join("main")
    }
}

/// Where the proxy keeps the versions of a path.
pub(crate) fn version_directory(place: &Place, path: &str) -> PathBuf {
    let escaped = ModulePath::new(path).escape().unwrap();
    place.proxy().join(escaped).join("@v")
}

pub(crate) fn put(file: &Path, text: &str) {
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, text).unwrap();
}

/// Copies a directory of plain files.
pub(crate) fn copy_files(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_files(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
