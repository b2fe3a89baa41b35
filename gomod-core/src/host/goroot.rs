//! Finding the installed Go: the `go` in `PATH`, its root directory, and its version.

use std::fs;
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};

use crate::model::{GoVersion, Godebugs};

/// The `go` command that `PATH` leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoInstall {
    /// The executable as found in `PATH`.
    pub exe: PathBuf,
    /// Its distribution's root, when one was found.
    pub root: Option<PathBuf>,
}

impl GoInstall {
    /// Looks for `go` in a `PATH` value. A process runs only when the file found does not lie in a Go
    /// tree, as with the wrapper scripts of version managers; `vars` is then its environment.
    pub(super) fn find<'a>(
        path: &str,
        vars: impl Iterator<Item = (&'a String, &'a String)>,
    ) -> Option<Self> {
        let exe = std::env::split_paths(path)
            .filter(|dir| dir.is_absolute())
            .map(|dir| dir.join(format!("go{}", std::env::consts::EXE_SUFFIX)))
            .find(|file| is_executable(file))?;
        let root = root_of(&exe).or_else(|| {
            let mut command = Command::new(&exe);
            command.env_clear().envs(vars).env_remove("GOROOT");
            ask(&mut command, "GOROOT").map(PathBuf::from)
        });
        Some(Self { exe, root })
    }

    /// The version that this `go` implements, from its root's `VERSION` file.
    ///
    /// A `go` whose tree has no such file, as one built from its repository, is asked.
    pub fn version(&self) -> Option<GoVersion> {
        let file = self.root.as_ref().map(|root| root.join("VERSION"));
        if let Some(text) = file.and_then(|file| fs::read_to_string(file).ok()) {
            let version = GoVersion::of_toolchain(text.lines().next().unwrap_or_default());
            if version.is_some() {
                return version;
            }
        }
        let text = ask(&mut Command::new(&self.exe), "GOVERSION")?;
        GoVersion::of_toolchain(&text).or_else(|| {
            // `devel go1.27-abcdef …` stands for the language version alone.
            let word = text
                .split_whitespace()
                .find(|word| word.starts_with("go"))?;
            GoVersion::of_toolchain(word)
        })
    }
}

impl GoInstall {
    /// The `godebug` settings that this `go` knows; `None` when its source is not there.
    pub fn godebugs(&self) -> Option<Godebugs> {
        let file = self.root.as_ref()?.join("src/internal/godebugs/table.go");
        Godebugs::of_distribution(&fs::read_to_string(file).ok()?)
    }
}

/// Cleans a path by its text alone, as Go's `filepath.Clean`: no `.`, no `..` behind a name, no `//`.
pub(super) fn clean(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir
                if matches!(out.components().next_back(), Some(Component::Normal(_))) =>
            {
                out.pop();
            }
            Component::ParentDir if out.has_root() => {}
            part => out.push(part),
        }
    }
    if out.as_os_str().is_empty() {
        PathBuf::from(".")
    } else {
        out
    }
}

/// One value of `go env`, without ever switching to another toolchain, which could download one.
fn ask(command: &mut Command, name: &str) -> Option<String> {
    let output = command
        .args(["env", name])
        .env("GOTOOLCHAIN", "local")
        .env("GOFLAGS", "")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let text = text.trim();
    (output.status.success() && !text.is_empty()).then(|| text.to_owned())
}

/// The executable lies in `bin` or `bin/GOOS_GOARCH` of its root, perhaps behind symbolic links.
fn root_of(exe: &Path) -> Option<PathBuf> {
    let real = fs::canonicalize(exe).ok()?;
    [real.as_path(), exe]
        .into_iter()
        .flat_map(|exe| exe.ancestors().skip(2).take(2))
        .find(|dir| dir.join("pkg/tool").is_dir())
        .map(Path::to_path_buf)
}

#[cfg(unix)]
fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(file).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_executable(file: &Path) -> bool {
    file.is_file()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn cleaning() {
        let cases = [
            ("/a//b/./c", "/a/b/c"),
            ("/a/../b/", "/b"),
            ("/..", "/"),
            ("a/..", "."),
            ("../a", "../a"),
        ];
        for (from, to) in cases {
            assert_eq!(clean(Path::new(from)), Path::new(to), "{from}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_tree_is_found_behind_a_link() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let dir = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(dir.path()).unwrap().join("go");
        for sub in ["bin", "pkg/tool"] {
            fs::create_dir_all(root.join(sub)).unwrap();
        }
        let exe = root.join("bin/go");
        fs::write(&exe, "").unwrap();
        fs::set_permissions(&exe, fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(
            root.join("VERSION"),
            "go1.99.1\ntime 2030-01-01T00:00:00Z\n",
        )
        .unwrap();
        let links = dir.path().join("links");
        fs::create_dir(&links).unwrap();
        symlink(&exe, links.join("go")).unwrap();

        let path = format!("relative:{}", links.display());
        let found = GoInstall::find(&path, std::iter::empty()).unwrap();
        assert_eq!(found.root.as_deref(), Some(root.as_path()));
        assert_eq!(found.version().unwrap().as_str(), "1.99.1");
        assert_eq!(GoInstall::find("/nonexistent", std::iter::empty()), None);
    }
}
