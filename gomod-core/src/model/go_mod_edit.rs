//! Edits of a `go.mod`, each with the effect of the `go mod edit` flag of the same name.
//!
//! An edit changes the directives at once and the tree line by line; what the go command does to the
//! whole file afterwards (sorting, collapsing) is done when the text is asked for.

use std::borrow::Cow;

use super::go_mod::{
    Exclude, Go, GoMod, Godebug, Ignore, Module, Replace, ReplaceTarget, Require, Retract, Tool,
    Toolchain,
};
use super::{GoVersion, ModulePath, PathError, Version, lines};
use crate::syntax::{LineId, Tree, auto_quote};

/// Why an edit cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EditError {
    /// A `go` line cannot hold this version.
    #[error("invalid go version {0:?}: expected the form 1.23.0")]
    GoVersion(String),
    /// A `toolchain` line cannot hold this name.
    #[error("invalid toolchain name {0:?}: expected the form go1.23.0 or default")]
    Toolchain(String),
    /// A `godebug` line cannot hold this setting.
    #[error("invalid godebug setting {0:?}: expected key=value without quotes, commas and blanks")]
    Godebug(String),
    /// A version that does not fit the module's path.
    #[error("version does not fit the module path")]
    Major(#[from] PathError),
}

impl GoMod {
    /// Sets the module's path (`-module`).
    pub fn set_module(&mut self, path: &ModulePath) {
        let tokens = ["module", &auto_quote(path.as_str())];
        match &mut self.module {
            Some(module) => {
                module.path = path.clone();
                self.tree.update_line(module.line, &tokens);
            }
            None => {
                let line = self.tree.add_line(None, &tokens);
                self.module = Some(Module {
                    path: path.clone(),
                    deprecated: None,
                    line,
                });
            }
        }
    }

    /// Sets the go version (`-go`).
    ///
    /// # Errors
    /// [`EditError::GoVersion`] when a `go` line cannot hold it.
    pub fn set_go(&mut self, version: &GoVersion) -> Result<(), EditError> {
        check_go(version)?;
        let hint = self.module.as_ref().map(|module| module.line);
        match &mut self.go {
            Some(go) => {
                go.version = version.clone();
                self.tree.update_line(go.line, &["go", version.as_str()]);
            }
            None => {
                let line = self.tree.add_line(hint, &["go", version.as_str()]);
                self.go = Some(Go {
                    version: version.clone(),
                    line,
                });
            }
        }
        Ok(())
    }

    /// Removes the `go` line (`-go=none`).
    pub fn drop_go(&mut self) {
        if let Some(go) = self.go.take() {
            self.tree.remove_line(go.line);
        }
    }

    /// Sets the toolchain (`-toolchain`).
    ///
    /// # Errors
    /// [`EditError::Toolchain`] when a `toolchain` line cannot hold the name.
    pub fn set_toolchain(&mut self, name: &str) -> Result<(), EditError> {
        check_toolchain(name)?;
        let module = self.module.as_ref().map(|module| module.line);
        let hint = self.go.as_ref().map(|go| go.line).or(module);
        match &mut self.toolchain {
            Some(toolchain) => {
                toolchain.name = name.into();
                self.tree.update_line(toolchain.line, &["toolchain", name]);
            }
            None => {
                let line = self.tree.add_line(hint, &["toolchain", name]);
                self.toolchain = Some(Toolchain {
                    name: name.into(),
                    line,
                });
            }
        }
        Ok(())
    }

    /// Removes the `toolchain` line (`-toolchain=none`).
    pub fn drop_toolchain(&mut self) {
        if let Some(toolchain) = self.toolchain.take() {
            self.tree.remove_line(toolchain.line);
        }
    }

    /// Sets a runtime setting (`-godebug`).
    ///
    /// # Errors
    /// [`EditError::Godebug`] when a `godebug` line cannot hold it.
    pub fn add_godebug(&mut self, key: &str, value: &str) -> Result<(), EditError> {
        add_godebug(&mut self.tree, &mut self.godebug, key, value)
    }

    /// Removes a runtime setting (`-dropgodebug`).
    pub fn drop_godebug(&mut self, key: &str) {
        drop_where(
            &mut self.tree,
            &mut self.godebug,
            |g| g.line,
            |g| g.key == key,
        );
    }

    /// Writes each version that was not canonical as what it stands for, as the go command does when it
    /// updates the file.
    pub fn settle_versions(&mut self) {
        let mut flags: Vec<(LineId, &mut bool)> = Vec::new();
        flags.extend(self.require.iter_mut().map(|r| (r.line, &mut r.canonical)));
        flags.extend(self.exclude.iter_mut().map(|x| (x.line, &mut x.canonical)));
        flags.extend(self.replace.iter_mut().map(|r| (r.line, &mut r.canonical)));
        flags.extend(self.retract.iter_mut().map(|r| (r.line, &mut r.canonical)));
        for (line, canonical) in flags {
            if !std::mem::replace(canonical, true) {
                self.tree.settle_tokens(line);
            }
        }
    }

    /// Sets the version of the first requirement on `path`, removes all others on it, and adds one where
    /// there is none (`-require`).
    pub fn add_require(&mut self, path: &ModulePath, version: &Version) {
        let quoted = auto_quote(path.as_str());
        let tokens = ["require", &quoted, version.as_str()];
        let mut need = true;
        let tree = &mut self.tree;
        self.require.retain_mut(|require| {
            if require.path != *path {
                return true;
            }
            if !std::mem::take(&mut need) {
                tree.remove_line(require.line);
                return false;
            }
            require.version = version.clone();
            require.canonical = true;
            tree.update_line(require.line, &tokens);
            true
        });
        if need {
            self.add_new_require(path, version, false);
        }
    }

    /// Adds a requirement to the last block of them, whether or not there is one on `path`
    /// (`File.AddNewRequire`).
    pub fn add_new_require(&mut self, path: &ModulePath, version: &Version, indirect: bool) {
        let tokens = ["require", &auto_quote(path.as_str()), version.as_str()];
        let line = self.tree.add_line(None, &tokens);
        lines::set_indirect(&mut self.tree, line, indirect);
        self.require.push(Require {
            path: path.clone(),
            version: version.clone(),
            indirect,
            canonical: true,
            line,
        });
    }

    /// Removes all requirements on `path` (`-droprequire`).
    pub fn drop_require(&mut self, path: &ModulePath) {
        drop_where(
            &mut self.tree,
            &mut self.require,
            |r| r.line,
            |r| r.path == *path,
        );
    }

    /// Sets or removes the `// indirect` mark of each requirement on `path`.
    pub fn set_indirect(&mut self, path: &ModulePath, indirect: bool) {
        for require in self.require.iter_mut().filter(|r| r.path == *path) {
            require.indirect = indirect;
            lines::set_indirect(&mut self.tree, require.line, indirect);
        }
    }

    /// Excludes a version, unless it is excluded already (`-exclude`).
    ///
    /// # Errors
    /// [`EditError::Major`] when the version does not fit the path.
    pub fn add_exclude(&mut self, path: &ModulePath, version: &Version) -> Result<(), EditError> {
        if path.split_major().is_some() {
            lines::check_major(path, version)?;
        }
        let mut hint = None;
        for exclude in self.exclude.iter().filter(|x| x.path == *path) {
            if exclude.version == *version {
                return Ok(());
            }
            hint = Some(exclude.line);
        }
        let tokens = ["exclude", &auto_quote(path.as_str()), version.as_str()];
        let line = self.tree.add_line_behind(hint, &tokens);
        let (path, version) = (path.clone(), version.clone());
        self.exclude.push(Exclude {
            path,
            version,
            canonical: true,
            line,
        });
        Ok(())
    }

    /// Removes an exclusion (`-dropexclude`).
    pub fn drop_exclude(&mut self, path: &ModulePath, version: &Version) {
        let same = |x: &Exclude| x.path == *path && x.version == *version;
        drop_where(&mut self.tree, &mut self.exclude, |x| x.line, same);
    }

    /// Replaces a module at one version or at all (`-replace`). Without a version it takes the place of
    /// all replacements of the module.
    pub fn add_replace(
        &mut self,
        path: &ModulePath,
        version: Option<&Version>,
        target: &ReplaceTarget,
    ) {
        add_replace(&mut self.tree, &mut self.replace, path, version, target);
    }

    /// Removes the replacement of a module at one version, or the one at all (`-dropreplace`).
    pub fn drop_replace(&mut self, path: &ModulePath, version: Option<&Version>) {
        let same = |r: &Replace| r.path == *path && r.version.as_ref() == version;
        drop_where(&mut self.tree, &mut self.replace, |r| r.line, same);
    }

    /// Retracts an interval of versions, with a rationale above it (`-retract`, `File.AddRetract`).
    ///
    /// # Errors
    /// [`EditError::Major`] when a version does not fit the module's path.
    pub fn add_retract(
        &mut self,
        low: &Version,
        high: &Version,
        rationale: &str,
    ) -> Result<(), EditError> {
        if let Some(module) = self
            .module
            .as_ref()
            .filter(|m| m.path.split_major().is_some())
        {
            lines::check_major(&module.path, high)?;
            lines::check_major(&module.path, low)?;
        }
        let (low, high) = (low.as_str(), high.as_str());
        let line = if low == high {
            self.tree.add_line(None, &["retract", low])
        } else {
            self.tree
                .add_line(None, &["retract", "[", low, ",", high, "]"])
        };
        if !rationale.is_empty() {
            let comments: Vec<String> = rationale.split('\n').map(|l| format!("// {l}")).collect();
            let comments: Vec<&str> = comments.iter().map(String::as_str).collect();
            self.tree.set_before(line, &comments);
        }
        self.retract.push(Retract::new(
            low.into(),
            high.into(),
            rationale.into(),
            line,
        ));
        Ok(())
    }

    /// Removes the retraction of exactly this interval (`-dropretract`).
    pub fn drop_retract(&mut self, low: &Version, high: &Version) {
        let same = |r: &Retract| r.written.0 == low.as_str() && r.written.1 == high.as_str();
        drop_where(&mut self.tree, &mut self.retract, |r| r.line, same);
    }

    /// Adds a tool, unless it is there (`-tool`).
    pub fn add_tool(&mut self, path: &str) {
        if !self.tool.iter().any(|t| t.path == path) {
            let line = self.tree.add_line(None, &["tool", &auto_quote(path)]);
            self.tool.push(Tool {
                path: path.into(),
                line,
            });
        }
    }

    /// Removes a tool (`-droptool`).
    pub fn drop_tool(&mut self, path: &str) {
        drop_where(
            &mut self.tree,
            &mut self.tool,
            |t| t.line,
            |t| t.path == path,
        );
    }

    /// Adds an ignored directory, unless it is there (`-ignore`).
    pub fn add_ignore(&mut self, path: &str) {
        if !self.ignore.iter().any(|i| i.path == path) {
            let line = self.tree.add_line(None, &["ignore", &auto_quote(path)]);
            self.ignore.push(Ignore {
                path: path.into(),
                line,
            });
        }
    }

    /// Removes an ignored directory (`-dropignore`).
    pub fn drop_ignore(&mut self, path: &str) {
        drop_where(
            &mut self.tree,
            &mut self.ignore,
            |i| i.line,
            |i| i.path == path,
        );
    }
}

pub(super) fn check_go(version: &GoVersion) -> Result<(), EditError> {
    if lines::is_go_version(version.as_str()) {
        return Ok(());
    }
    Err(EditError::GoVersion(version.to_string()))
}

pub(super) fn check_toolchain(name: &str) -> Result<(), EditError> {
    if lines::is_toolchain(name) && auto_quote(name) == name {
        return Ok(());
    }
    Err(EditError::Toolchain(name.into()))
}

pub(super) fn add_godebug(
    tree: &mut Tree,
    godebug: &mut Vec<Godebug>,
    key: &str,
    value: &str,
) -> Result<(), EditError> {
    let setting = format!("{key}={value}");
    if key.contains('=') || setting.contains(',') || auto_quote(&setting) != setting {
        return Err(EditError::Godebug(setting));
    }
    let mut need = true;
    godebug.retain_mut(|g| {
        if g.key != key {
            return true;
        }
        if !std::mem::take(&mut need) {
            tree.remove_line(g.line);
            return false;
        }
        g.value = value.into();
        tree.update_line(g.line, &["godebug", &setting]);
        true
    });
    if need {
        let line = tree.add_line(None, &["godebug", &setting]);
        godebug.push(Godebug {
            key: key.into(),
            value: value.into(),
            line,
        });
    }
    Ok(())
}

pub(super) fn add_replace(
    tree: &mut Tree,
    replace: &mut Vec<Replace>,
    path: &ModulePath,
    version: Option<&Version>,
    target: &ReplaceTarget,
) {
    let tokens = replace_tokens(path, version, target);
    let tokens: Vec<&str> = tokens.iter().map(AsRef::as_ref).collect();
    let entry = |line| Replace {
        path: path.clone(),
        version: version.cloned(),
        target: target.clone(),
        canonical: true,
        line,
    };
    let mut need = true;
    let mut hint = None;
    replace.retain_mut(|r| {
        if r.path != *path {
            return true;
        }
        if version.is_some() && r.version.as_ref() != version {
            hint = Some(r.line);
            return true;
        }
        if !std::mem::take(&mut need) {
            tree.remove_line(r.line);
            return false;
        }
        *r = entry(r.line);
        tree.update_line(r.line, &tokens);
        true
    });
    if need {
        let line = tree.add_line_behind(hint, &tokens);
        replace.push(entry(line));
    }
}

fn replace_tokens<'a>(
    path: &'a ModulePath,
    version: Option<&'a Version>,
    target: &'a ReplaceTarget,
) -> Vec<Cow<'a, str>> {
    let (new, new_version) = match target {
        ReplaceTarget::Module(new) => (new.path.as_str(), Some(new.version.as_str())),
        ReplaceTarget::Directory(directory) => (directory.as_str(), None),
    };
    let mut tokens = vec!["replace".into(), auto_quote(path.as_str())];
    tokens.extend(version.map(|version| version.as_str().into()));
    tokens.extend(["=>".into(), auto_quote(new)]);
    tokens.extend(new_version.map(Into::into));
    tokens
}

/// Removes directives with their lines.
pub(super) fn drop_where<T>(
    tree: &mut Tree,
    list: &mut Vec<T>,
    line: impl Fn(&T) -> LineId,
    unwanted: impl Fn(&T) -> bool,
) {
    list.retain(|entry| {
        let unwanted = unwanted(entry);
        if unwanted {
            tree.remove_line(line(entry));
        }
        !unwanted
    });
}
