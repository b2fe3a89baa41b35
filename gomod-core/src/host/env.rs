//! The Go environment: process variables, then the user's `go env -w` file, then `$GOROOT/go.env`.
//!
//! The rules are those of `go help environment`. Nothing here knows a module proxy's address: without
//! any of the three sources there is no `GOPROXY`, which is an error only when something must be fetched.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::goroot::{GoInstall, clean};
use super::{GoFlags, HostError};
use crate::model::{GoVersion, Godebugs, ModulePath, match_prefix_patterns};
use crate::verify::{Database, DatabaseError};

/// The settings that the go command would work with.
#[derive(Debug, Clone)]
pub struct GoEnv {
    vars: HashMap<String, String>,
    files: HashMap<String, String>,
    defaults: HashMap<&'static str, String>,
    go: Option<GoInstall>,
}

/// The Go toolchain that `GOTOOLCHAIN` starts from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toolchain {
    /// Its version; `None` without Go.
    pub version: Option<GoVersion>,
    /// Whether a go or toolchain line may lead to a newer one (`auto`, `path`, `NAME+auto`).
    pub switches: bool,
}

impl GoEnv {
    /// Reads the process's environment, with `overrides` in place of variables of the same names, and
    /// the files that it leads to. Missing files are fine, as for the go command.
    ///
    /// # Errors
    /// None today; the files' lines that make no sense are skipped, as the go command does.
    pub fn load<I>(overrides: I) -> Result<Self, HostError>
    where
        I: IntoIterator<Item = (String, String)>,
    {
        let process = std::env::vars_os()
            .filter_map(|(k, v)| Some((k.into_string().ok()?, v.to_string_lossy().into_owned())));
        Ok(Self::from_vars(process.chain(overrides)))
    }

    /// Takes these variables alone for the environment; the process's own is not looked at.
    ///
    /// Files are read as far as the variables lead to some (`GOENV`, `HOME`, `GOROOT`, `PATH`).
    pub fn from_vars<I, K, V>(vars: I) -> Self
    where
        I: IntoIterator<Item = (K, V)>,
        K: Into<String>,
        V: Into<String>,
    {
        let vars: HashMap<String, String> = vars
            .into_iter()
            .map(|(k, v)| (k.into(), v.into()))
            .collect();
        let var = |name: &str| vars.get(name).map(String::as_str).filter(|v| !v.is_empty());

        let env_file = env_file(&var);
        let mut files = env_file.as_deref().map(read_env_file).unwrap_or_default();
        let go = var("PATH").and_then(|path| GoInstall::find(path, vars.iter()));
        let root = files
            .get("GOROOT")
            .filter(|v| !v.is_empty())
            .map(String::as_str);
        let root = root
            .or(var("GOROOT"))
            .map(|root| clean(Path::new(root)))
            .or_else(|| go.as_ref()?.root.clone());
        if let Some(root) = &root {
            for (name, value) in read_env_file(&root.join("go.env")) {
                files.entry(name).or_insert(value);
            }
            files.insert("GOROOT".into(), display(root));
        }

        let mut env = Self {
            vars,
            files,
            defaults: HashMap::new(),
            go,
        };
        env.set_defaults(env_file, root.as_deref());
        env
    }

    /// The effective value of a setting; empty when it has none.
    pub fn get(&self, name: &str) -> &str {
        if matches!(name, "GOENV" | "GODEBUG") {
            // Never taken from files, and `GOENV=off` names no file.
            return self.defaults.get(name).map_or("", String::as_str);
        }
        let in_file = || {
            self.files
                .get(name)
                .map(String::as_str)
                .filter(|value| !value.is_empty())
        };
        let found = self.var(name).or_else(in_file);
        found.unwrap_or_else(|| self.defaults.get(name).map_or("", String::as_str))
    }

    /// Whether a setting was made, in the environment or in a file.
    pub(super) fn is_set(&self, name: &str) -> bool {
        self.var(name).is_some() || self.files.get(name).is_some_and(|value| !value.is_empty())
    }

    /// A variable of the process that is no setting of Go, such as `HOME` or `NETRC`; `None` when empty.
    pub fn var(&self, name: &str) -> Option<&str> {
        self.vars
            .get(name)
            .map(String::as_str)
            .filter(|value| !value.is_empty())
    }

    /// All variables of the process, for child processes.
    pub(super) fn vars(&self) -> impl Iterator<Item = (&String, &String)> {
        self.vars.iter()
    }

    /// `GOFLAGS`, parsed.
    ///
    /// # Errors
    /// [`HostError::GoFlags`] where the go command would refuse to run.
    pub fn go_flags(&self) -> Result<GoFlags, HostError> {
        GoFlags::parse(self.get("GOFLAGS"))
    }

    /// `GOMODCACHE`, which must be absolute.
    ///
    /// # Errors
    /// [`HostError::NoModCache`] or [`HostError::RelativeModCache`].
    pub fn mod_cache(&self) -> Result<PathBuf, HostError> {
        let dir = PathBuf::from(self.get("GOMODCACHE"));
        match dir {
            dir if dir.as_os_str().is_empty() => Err(HostError::NoModCache),
            dir if !dir.is_absolute() => Err(HostError::RelativeModCache { path: dir }),
            dir => Ok(dir),
        }
    }

    /// The directory of the latest tree heads, `$GOPATH/pkg/sumdb`.
    ///
    /// # Errors
    /// [`HostError::NoGoPath`].
    pub fn sumdb_dir(&self) -> Result<PathBuf, HostError> {
        self.gopath_dir("pkg/sumdb").ok_or(HostError::NoGoPath)
    }

    /// The `go` found in `PATH`.
    pub fn go(&self) -> Option<&GoInstall> {
        self.go.as_ref()
    }

    /// The version of Go that commands start with: that of the `go` in `PATH`, or of a newer or fixed
    /// toolchain that `GOTOOLCHAIN` names. `None` without Go.
    pub fn local_go_version(&self) -> Option<GoVersion> {
        self.toolchain()
            .ok()
            .and_then(|toolchain| toolchain.version)
    }

    /// The `godebug` settings that Go `version` knows: the installed Go's own when it is of that version,
    /// else the recorded ones.
    pub fn godebugs(&self, version: Option<&GoVersion>) -> Godebugs {
        let installed = self
            .go
            .as_ref()
            .filter(|go| go.version().as_ref() == version);
        installed
            .and_then(GoInstall::godebugs)
            .unwrap_or_else(Godebugs::recorded)
    }

    /// What `GOTOOLCHAIN` selects before go and toolchain lines are looked at.
    ///
    /// # Errors
    /// [`HostError::Toolchain`] for a value that the go command refuses.
    pub fn toolchain(&self) -> Result<Toolchain, HostError> {
        let value = self.get("GOTOOLCHAIN");
        let installed = self.go.as_ref().and_then(GoInstall::version);
        let fail = |reason: &str| HostError::Toolchain {
            value: value.into(),
            reason: reason.into(),
        };
        let (name, mode) = match value.split_once('+') {
            Some((name, mode)) => (name, Some(mode)),
            None => (value, None),
        };
        let switches = match mode {
            None => matches!(name, "auto" | "path"),
            Some("auto" | "path") => true,
            Some(_) => return Err(fail("only +auto and +path may follow a toolchain's name")),
        };
        let version = match name {
            "" if mode.is_none() => installed,
            "local" => installed,
            "auto" | "path" if mode.is_none() => installed,
            name => {
                let version =
                    GoVersion::of_toolchain(name).ok_or_else(|| fail("no toolchain's name"))?;
                installed.map(|_| version)
            }
        };
        Ok(Toolchain { version, switches })
    }

    /// What `GOSUMDB` says.
    ///
    /// # Errors
    /// [`DatabaseError`] for a value that the go command refuses, once it wants to look something up.
    pub fn sumdb(&self) -> Result<Database, DatabaseError> {
        Database::from_gosumdb(self.get("GOSUMDB"))
    }

    /// Whether `path` is fetched from its origin, past all proxies (`GONOPROXY`).
    pub fn is_no_proxy(&self, path: &ModulePath) -> bool {
        match_prefix_patterns(self.get("GONOPROXY"), path.as_str())
    }

    /// Whether `path` is looked up in the checksum database (`GOSUMDB`, `GONOSUMDB`).
    pub fn uses_sumdb(&self, path: &ModulePath) -> bool {
        self.get("GOSUMDB") != "off" && !match_prefix_patterns(self.get("GONOSUMDB"), path.as_str())
    }

    /// The directory for this program's cache: `$XDG_CACHE_HOME/gomod` or the platform's equivalent.
    pub fn user_cache_dir(&self) -> Option<PathBuf> {
        let var = |name: &str| self.var(name);
        let dir = if cfg!(windows) {
            PathBuf::from(var("LocalAppData")?)
        } else if cfg!(target_os = "macos") {
            Path::new(var("HOME")?).join("Library/Caches")
        } else {
            xdg(&var, "XDG_CACHE_HOME", ".cache")?
        };
        Some(dir.join("gomod"))
    }

    /// The directory for this program's state: `$XDG_STATE_HOME/gomod` or the platform's equivalent.
    pub fn user_state_dir(&self) -> Option<PathBuf> {
        let var = |name: &str| self.var(name);
        let dir = if cfg!(windows) {
            PathBuf::from(var("LocalAppData")?)
        } else if cfg!(target_os = "macos") {
            Path::new(var("HOME")?).join("Library/Application Support")
        } else {
            xdg(&var, "XDG_STATE_HOME", ".local/state")?
        };
        Some(dir.join("gomod"))
    }

    fn gopath_dir(&self, below: &str) -> Option<PathBuf> {
        let first = std::env::split_paths(self.get("GOPATH")).next()?;
        (!first.as_os_str().is_empty()).then(|| clean(&first.join(below)))
    }

    /// Fills in what the go command assumes for settings that nobody made.
    fn set_defaults(&mut self, env_file: Option<PathBuf>, root: Option<&Path>) {
        let home = self.var(if cfg!(windows) { "USERPROFILE" } else { "HOME" });
        let gopath = home
            .map(|home| clean(&Path::new(home).join("go")))
            .filter(|gopath| Some(gopath.as_path()) != root); // the tree of Go is no workspace
        let set = [
            (
                "GOENV",
                env_file.as_deref().map(display).unwrap_or_default(),
            ),
            (
                "GODEBUG",
                self.var("GODEBUG").unwrap_or_default().to_owned(),
            ),
            ("GOPATH", gopath.as_deref().map(display).unwrap_or_default()),
            ("GOAUTH", "netrc".to_owned()),
        ];
        self.defaults = set.into_iter().collect();
        if !self.files.contains_key("GOSUMDB") {
            // Normally set by go.env; emptied in the user's file it stays empty, which is an error later.
            self.defaults.insert("GOSUMDB", DEFAULT_SUMDB.to_owned());
        }
        let private = self.get("GOPRIVATE").to_owned();
        let cache = self
            .gopath_dir("pkg/mod")
            .as_deref()
            .map(display)
            .unwrap_or_default();
        self.defaults.insert("GONOPROXY", private.clone());
        self.defaults.insert("GONOSUMDB", private);
        self.defaults.insert("GOMODCACHE", cache);
    }
}

/// The checksum database of a go command without a `go.env`.
const DEFAULT_SUMDB: &str = "sum.golang.org";

/// The user's file: `GOENV`, or `go/env` below the user's configuration directory.
fn env_file<'a>(var: &impl Fn(&str) -> Option<&'a str>) -> Option<PathBuf> {
    match var("GOENV") {
        Some("off") => return None,
        Some(file) => return Some(PathBuf::from(file)),
        None => {}
    }
    let config = if cfg!(windows) {
        PathBuf::from(var("AppData")?)
    } else if cfg!(target_os = "macos") {
        Path::new(var("HOME")?).join("Library/Application Support")
    } else {
        xdg(var, "XDG_CONFIG_HOME", ".config")?
    };
    Some(clean(&config.join("go/env")))
}

/// A directory of the XDG specification; a relative one counts as none.
fn xdg<'a>(
    var: &impl Fn(&str) -> Option<&'a str>,
    name: &str,
    below_home: &str,
) -> Option<PathBuf> {
    match var(name) {
        Some(dir) => Some(PathBuf::from(dir)).filter(|dir| dir.is_absolute()),
        None => Some(Path::new(var("HOME")?).join(below_home)),
    }
}

/// `NAME=value` lines; names begin with a capital letter, all other lines are skipped.
fn read_env_file(file: &Path) -> HashMap<String, String> {
    let text = fs::read(file).unwrap_or_default();
    String::from_utf8_lossy(&text)
        .split('\n')
        .filter(|line| line.starts_with(|c: char| c.is_ascii_uppercase()))
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn display(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn defaults_follow_from_what_is_set() {
        let env = GoEnv::from_vars([("HOME", "/h"), ("GOPRIVATE", "corp.example")]);
        let expected = [
            ("GOPATH", "/h/go"),
            ("GOMODCACHE", "/h/go/pkg/mod"),
            ("GONOPROXY", "corp.example"),
            ("GONOSUMDB", "corp.example"),
            ("GOENV", "/h/.config/go/env"),
            ("GOSUMDB", "sum.golang.org"),
            ("GOPROXY", ""),
        ];
        for (name, value) in expected {
            assert_eq!(env.get(name), value, "{name}");
        }
        assert!(env.is_no_proxy(&ModulePath::new("corp.example/x")));
        assert!(!env.uses_sumdb(&ModulePath::new("corp.example/x")));
        assert!(env.uses_sumdb(&ModulePath::new("example.com/x")));
        assert_eq!(env.local_go_version(), None);
    }

    #[test]
    fn without_a_home_there_is_no_cache() {
        let env = GoEnv::from_vars([("X", "y")]);
        assert!(matches!(env.mod_cache(), Err(HostError::NoModCache)));
        assert!(matches!(env.sumdb_dir(), Err(HostError::NoGoPath)));
        assert_eq!(env.user_cache_dir(), None);
        let env = GoEnv::from_vars([("GOMODCACHE", "rel/mod")]);
        assert!(matches!(
            env.mod_cache(),
            Err(HostError::RelativeModCache { .. })
        ));
    }

    #[test]
    fn toolchain_settings() {
        let of = |v: &str| GoEnv::from_vars([("GOTOOLCHAIN", v)]).toolchain();
        assert!(of("auto").unwrap().switches);
        assert!(of("go1.21.3+path").unwrap().switches);
        assert!(!of("local").unwrap().switches);
        assert!(!of("go1.21.3").unwrap().switches);
        assert_eq!(
            of("go1.21.3").unwrap().version,
            None,
            "nothing to switch from without Go"
        );
        for bad in ["go1.21.3+x", "bash", "auto+auto", "+auto", "local+"] {
            assert!(matches!(of(bad), Err(HostError::Toolchain { .. })), "{bad}");
        }
    }
}
