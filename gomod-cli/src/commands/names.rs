//! From a name on the command line to the module of the build list that is meant.

use gomod_core::graph::PathId;
use gomod_core::model::ModulePath;

use super::Setting;
use crate::error::CliError;

/// How many similar names are offered.
const OFFERED: usize = 5;

impl Setting {
    /// Finds the module that a full path or a short name means, among what is selected or required.
    pub(crate) fn find_module(&self, name: &str) -> Result<PathId, CliError> {
        let modules = &self.world.modules;
        if let Some(path) = modules.find_path(&ModulePath::new(name))
            && self.loaded.graph.selected(path).is_some()
        {
            return Ok(path);
        }
        let list = self.loaded.graph.build_list(modules);
        // A main module is meant only when no other is.
        let named = |main: bool| -> Vec<PathId> {
            list.iter()
                .filter(|module| modules.version(**module).is_none() == main)
                .map(|module| modules.path_of(*module))
                .filter(|path| modules.path(*path).matches_short_name(name))
                .collect()
        };
        let mut found = named(false);
        if found.is_empty() {
            found = named(true);
        }
        found.dedup();
        match found.as_slice() {
            [path] => Ok(*path),
            [] => Err(self.not_found(name)),
            list => {
                let mut error = CliError::usage(format!("{name} is ambiguous: it may be any of"));
                for path in list {
                    error = error.detail(modules.path(*path).to_string());
                }
                Err(error.hint("write more of the path"))
            }
        }
    }

    fn not_found(&self, name: &str) -> CliError {
        if let Some((module, _)) = name.split_once('@') {
            return CliError::usage(format!("{name}: here a module is named without a version"))
                .hint(format!("write it as {module}"));
        }
        let error = CliError::usage(format!("{name}: no such module in the build list"));
        let excluded = self.project.go_mod.require.iter().find(|line| {
            let module = format!("{}@{}", line.path, line.version);
            let mut excludes = self.project.go_mod.exclude.iter();
            line.path.matches_short_name(name)
                && excludes.any(|line| format!("{}@{}", line.path, line.version) == module)
        });
        if let Some(line) = excluded {
            let module = format!("{}@{}", line.path, line.version);
            let at = self.project.require_position(&module).unwrap_or_default();
            return error
                .detail(format!("{at} requires {module}, and go.mod excludes it"))
                .hint(format!(
                    "go mod edit -dropexclude={module}, or require another version"
                ));
        }
        match self.similar(name).as_slice() {
            [] => error.hint("gomod list shows the build list"),
            [one] => error.hint(format!("did you mean {one}?")),
            list => error.hint(format!("did you mean one of {}?", list.join(", "))),
        }
    }

    /// Module paths of the build list that `name` may stand for: the module of a package, another case,
    /// a part of a path, or almost the same.
    fn similar(&self, name: &str) -> Vec<String> {
        let modules = &self.world.modules;
        let paths: Vec<ModulePath> = self
            .loaded
            .graph
            .build_list(modules)
            .into_iter()
            .map(|module| modules.path(modules.path_of(module)).clone())
            .filter(|path| !path.is_toolchain())
            .collect();
        let plain = name.split("://").last().unwrap_or(name);
        let plain = plain
            .trim_end_matches('/')
            .trim_end_matches(".git")
            .to_lowercase();
        if plain.is_empty() {
            return Vec::new();
        }
        let lower = |path: &ModulePath| ModulePath::new(path.as_str().to_lowercase());
        let almost = |path: &ModulePath| {
            // A full path is compared as a whole, a short name with the last element.
            let path = &path.as_str().to_lowercase();
            let last = path.rsplit('/').next().unwrap_or(path);
            let other = if plain.contains('/') { path } else { last };
            distance(other, &plain) <= ((plain.len() + 1) / 3).min(2)
        };
        let ways: [&dyn Fn(&ModulePath) -> bool; 4] = [
            &|path| plain.starts_with(&format!("{}/", path.as_str().to_lowercase())),
            &|path| lower(path).matches_short_name(&plain),
            &almost,
            &|path| plain.len() > 2 && lower(path).as_str().contains(&plain),
        ];
        let found = ways.into_iter().map(|way| {
            let found = paths.iter().filter(|path| way(path));
            found
                .take(OFFERED)
                .map(ToString::to_string)
                .collect::<Vec<_>>()
        });
        found
            .into_iter()
            .find(|found| !found.is_empty())
            .unwrap_or_default()
    }
}

/// The edit distance of two short texts.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let cost = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = cost.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
