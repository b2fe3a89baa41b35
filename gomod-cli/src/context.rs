//! What a command runs on: the environment, the main module or workspace, and go.sum.

use std::path::{Path, PathBuf};

use gomod_core::diag::Position;
use gomod_core::host::{GoCommand, GoEnv, GoFlags, Session, read_if_there};
use gomod_core::model::{
    GoMod, GoSum, GoVersion, GoWork, Godebug, Godebugs, Replace, ReplaceTarget,
};
use gomod_core::mvs::{MainModules, MainModulesError, Mode, World};
use gomod_core::plan::{Layout, WorkspaceFiles};
use gomod_core::syntax::LineId;

use crate::args::Global;
use crate::error::CliError;
use crate::surroundings::{
    Surroundings, Versions, bad_setting, malformed, not_in_workspace, open_session, read,
    unreadable,
};

/// The main module or workspace in force, as it is on disk.
pub(crate) struct Project {
    pub(crate) env: GoEnv,
    /// The `go.mod` in use; in a workspace the first member's.
    pub(crate) file: PathBuf,
    /// Its name for messages.
    pub(crate) name: String,
    pub(crate) go_mod: GoMod,
    pub(crate) sum_file: PathBuf,
    pub(crate) go_sum: GoSum,
    pub(crate) work: Option<Work>,
    /// The directory of the `go.mod` that is found, also when `--modfile` names another file.
    module_root: PathBuf,
    /// The Go that is assumed to be installed.
    pub(crate) local_go: Option<GoVersion>,
    flags: GoFlags,
}

/// A replace line that names a directory.
pub(crate) struct DirectoryLine {
    /// `go.mod:5:1`.
    pub(crate) at: String,
    /// What is replaced: a path, or `path@version`.
    pub(crate) old: String,
    /// The directory as it is written.
    pub(crate) written: String,
    /// Where that is.
    pub(crate) directory: PathBuf,
    /// What edits the file.
    pub(crate) tool: &'static str,
}

/// A workspace.
#[derive(Clone)]
pub(crate) struct Work {
    pub(crate) file: PathBuf,
    pub(crate) go_work: GoWork,
    /// Each member's directory and go.mod, in the order of the use lines.
    pub(crate) members: Vec<(PathBuf, GoMod)>,
}

impl Project {
    /// Finds and reads the files, as the `go` command would in this directory.
    pub(crate) fn open(global: &Global) -> Result<Self, CliError> {
        let around = Surroundings::read(global)?;
        around.check_flags()?;
        around.modules_are_on()?;
        around.refuse_overlay()?;
        let local_go = match &global.go {
            Some(text) => Some(GoVersion::parse(text).ok_or_else(|| {
                CliError::usage(format!("--go {text:?} is no Go version")).hint(
                    match text.strip_prefix("go").and_then(GoVersion::parse) {
                        Some(meant) => format!("did you mean --go {meant}?"),
                        None => "write it as 1.21 or 1.21.3".to_owned(),
                    },
                )
            })?),
            None => around.local_go()?,
        };
        let mut versions = Versions::new(global, &around);
        let work = match around.workspace()? {
            Some(file) => {
                around.refuse_modfile(&file)?;
                Some(Work::read(&file, local_go.as_ref(), &mut versions)?)
            }
            None => None,
        };
        let (file, name, sum_file, module_root) = match &work {
            Some(work) => {
                let directory = work
                    .members
                    .first()
                    .map(|member| member.0.clone())
                    .unwrap_or_default();
                let mut sum = work.file.clone().into_os_string();
                sum.push(".sum");
                (
                    directory.join("go.mod"),
                    "go.mod".to_owned(),
                    PathBuf::from(sum),
                    directory,
                )
            }
            None => {
                let root = around.module_root()?;
                let (file, name) = around.mod_file()?;
                let sum = file.with_extension("sum");
                (file, name, sum, root)
            }
        };
        let go_mod = versions.read(&file, &name)?;
        if let (Some(line), Some(local)) = (&go_mod.go, &local_go)
            && line.version.cmp_precedence(local).is_gt()
        {
            return Err(too_new(&name, &line.version, local));
        }
        // In a workspace the go command looks at the lines of go.work alone.
        let godebugs = || around.env.godebugs(local_go.as_ref());
        match &work {
            None => check_godebugs(
                &name,
                &go_mod.godebug,
                godebugs,
                local_go.as_ref(),
                |line| go_mod.position(line),
            )?,
            Some(Work { go_work, .. }) => {
                let lines = &go_work.godebug;
                check_godebugs("go.work", lines, godebugs, local_go.as_ref(), |line| {
                    go_work.position(line)
                })?;
            }
        }
        let mut go_sum = read_sum(&sum_file)?;
        if let Some(work) = &work {
            for (directory, _) in &work.members {
                go_sum.merge(&read_sum(&directory.join("go.sum"))?);
            }
        }
        Ok(Self {
            env: around.env,
            file,
            name,
            go_mod,
            sum_file,
            go_sum,
            work,
            module_root,
            local_go,
            flags: around.flags,
        })
    }

    /// The directory that directory replacements are relative to.
    pub(crate) fn root(&self) -> PathBuf {
        match &self.work {
            Some(work) => work.root(),
            None => self.module_root.clone(),
        }
    }

    /// What `go list` would do about an inconsistent go.mod: under `-mod=mod` it is updated, here in
    /// memory alone. `go mod graph` does not take the flag. Refuses what `go list` refuses of GOFLAGS.
    pub(crate) fn list_mode(&self) -> Result<Mode, CliError> {
        self.check_flags(GoCommand::List)?;
        self.env.check_compilers().map_err(|e| bad_setting(&e))?;
        match (self.flags.mod_mode(), &self.work) {
            (Some("mod"), None) => Ok(Mode::Update),
            (Some("mod"), Some(work)) => Err(not_in_workspace("-mod=mod of GOFLAGS", &work.file)),
            _ => Ok(Mode::ReadOnly),
        }
    }

    /// Refuses what a command of `go` refuses of GOFLAGS.
    pub(crate) fn check_flags(&self, command: GoCommand) -> Result<(), CliError> {
        self.flags
            .check(command)
            .map_err(|error| bad_setting(&error))
    }

    /// Whether GOFLAGS asks for `-mod=vendor`.
    pub(crate) fn uses_vendor(&self) -> bool {
        self.flags.mod_mode() == Some("vendor")
    }

    /// A session with the sources that the flags and the environment name.
    pub(crate) fn session(&self, global: &Global) -> Result<Session, CliError> {
        open_session(&self.env, self.go_sum.clone(), global, self.root())
    }

    /// The main modules, interned in `world`.
    pub(crate) fn main_modules(&self, world: &mut World) -> Result<MainModules, CliError> {
        let result = match &self.work {
            None => MainModules::single(world, &self.go_mod),
            Some(work) => work.main_modules(world),
        };
        result.map_err(|error| {
            let name = self.work.as_ref().map_or(self.name.as_str(), |_| "go.work");
            let hint = match &error {
                MainModulesError::NoModuleLine => "go mod edit -module=example.com/mod",
                MainModulesError::WorkTooOld { .. } => "go work use",
                _ => "go mod edit",
            };
            CliError::environment(format!("{name}: {error}"))
                .hint(format!("edit the file, or run: {hint}"))
        })
    }

    /// The `go.mod` files of the main modules, each with its name for messages, in the order of the
    /// main modules.
    pub(crate) fn main_files(&self) -> Vec<(String, &GoMod)> {
        match &self.work {
            None => vec![(self.name.clone(), &self.go_mod)],
            Some(work) => work
                .go_work
                .uses
                .iter()
                .zip(&work.members)
                .map(|(used, (_, go_mod))| (member_name(&used.path), go_mod))
                .collect(),
        }
    }

    /// The line of `go.work` that is named `go` or `toolchain`, as `go.work:1`.
    pub(crate) fn work_line(&self, directive: &str) -> Option<String> {
        let go_work = &self.work.as_ref()?.go_work;
        let line = match directive {
            "go" => go_work.go.as_ref()?.line,
            _ => go_work.toolchain.as_ref()?.line,
        };
        Some(format!("go.work:{}", go_work.position(line).line))
    }

    /// Where go.mod requires `module`, written as `path@version`: `go.mod:5:2`.
    pub(crate) fn require_position(&self, module: &str) -> Option<String> {
        if self.work.is_some() {
            return None;
        }
        let mut lines = self.go_mod.require.iter();
        let line = lines.find(|line| format!("{}@{}", line.path, line.version) == module)?;
        let position = self.go_mod.position(line.line);
        Some(format!("{}:{position}", self.name))
    }

    /// The line that replaces `module`, written as `path@version`, by a directory.
    pub(crate) fn replaced_by_directory(&self, module: &str) -> Option<DirectoryLine> {
        let find = |file: &str, lines: &[Replace], position: &dyn Fn(LineId) -> Position| {
            let of = |line: &&Replace| match &line.version {
                Some(version) => format!("{}@{version}", line.path) == module,
                None => module.split('@').next() == Some(line.path.as_str()),
            };
            let exact = lines.iter().filter(|line| line.version.is_some()).find(of);
            let line = exact.or_else(|| lines.iter().find(of))?;
            let ReplaceTarget::Directory(written) = &line.target else {
                return None;
            };
            Some(DirectoryLine {
                at: format!("{file}:{}", position(line.line)),
                old: match &line.version {
                    Some(version) => format!("{}@{version}", line.path),
                    None => line.path.to_string(),
                },
                written: written.clone(),
                directory: PathBuf::new(),
                tool: "go mod",
            })
        };
        let below = |root: &Path, line: DirectoryLine| DirectoryLine {
            directory: clean(&root.join(&line.written)),
            ..line
        };
        let Some(work) = &self.work else {
            let go_mod = &self.go_mod;
            let found = find(&self.name, &go_mod.replace, &|line| go_mod.position(line))?;
            return Some(below(&self.root(), found));
        };
        let by_work = find("go.work", &work.go_work.replace, &|line| {
            work.go_work.position(line)
        });
        if let Some(found) = by_work {
            let line = below(&self.root(), found);
            return Some(DirectoryLine {
                tool: "go work",
                ..line
            });
        }
        work.members.iter().rev().find_map(|(directory, go_mod)| {
            let file = directory.join("go.mod");
            let name = file.strip_prefix(self.root()).unwrap_or(&file).display();
            let found = find(&name.to_string(), &go_mod.replace, &|line| {
                go_mod.position(line)
            })?;
            Some(below(directory, found))
        })
    }

    /// Refuses a workspace, for commands that change one go.mod.
    pub(crate) fn require_single(&self, what: &str) -> Result<(), CliError> {
        match &self.work {
            None => Ok(()),
            Some(work) => Err(CliError::environment(format!(
                "{what} works on one module, and the workspace {} is in force",
                work.file.display()
            ))
            .hint("set GOWORK=off to work on the module of this directory")),
        }
    }
}

impl Work {
    fn read(
        file: &Path,
        local_go: Option<&GoVersion>,
        versions: &mut Versions<'_>,
    ) -> Result<Self, CliError> {
        let text = read(file)?;
        let go_work = GoWork::parse("go.work", &text)
            .map_err(|error| malformed("go.work", &error.to_string()))?;
        if let (Some(line), Some(local)) = (&go_work.go, local_go)
            && line.version.cmp_precedence(local).is_gt()
        {
            return Err(too_new("go.work", &line.version, local));
        }
        let root = file.parent().map(Path::to_path_buf).unwrap_or_default();
        let mut members = Vec::new();
        for used in &go_work.uses {
            let directory = root.join(&used.path);
            let name = member_name(&used.path);
            let go_mod = versions.read(&directory.join("go.mod"), &name)?;
            members.push((directory, go_mod));
        }
        if members.is_empty() {
            return Err(CliError::environment("go.work uses no module").hint("go work use DIR"));
        }
        Ok(Self {
            file: file.to_path_buf(),
            go_work,
            members,
        })
    }

    /// The directory of go.work.
    pub(crate) fn root(&self) -> PathBuf {
        self.file
            .parent()
            .map(Path::to_path_buf)
            .unwrap_or_default()
    }

    /// The files as they are planned from.
    pub(crate) fn files(&self) -> WorkspaceFiles {
        let settled = |(_, go_mod): &(PathBuf, GoMod)| {
            let mut go_mod = go_mod.clone();
            go_mod.settle_versions();
            go_mod
        };
        WorkspaceFiles {
            go_work: self.go_work.clone(),
            members: self.members.iter().map(settled).collect(),
        }
    }

    /// Where the members stand.
    pub(crate) fn layout(&self) -> Layout {
        let root = self.root();
        let directories: Vec<PathBuf> = self.members.iter().map(|(dir, _)| dir.clone()).collect();
        Layout {
            names: self
                .go_work
                .uses
                .iter()
                .map(|used| {
                    let name = member_name(&used.path);
                    name.trim_start_matches("./").to_owned()
                })
                .collect(),
            directories: directories
                .iter()
                .map(|dir| rebase(&root, dir, "."))
                .collect(),
            rebase: Box::new(move |member, directory| {
                let base = member.and_then(|member| directories.get(member));
                rebase(&root, base.unwrap_or(&root), directory)
            }),
        }
    }

    fn main_modules(&self, world: &mut World) -> Result<MainModules, MainModulesError> {
        let members: Vec<&GoMod> = self.members.iter().map(|member| &member.1).collect();
        let root = self.file.parent().unwrap_or_else(|| Path::new(""));
        MainModules::workspace(world, &self.go_work, &members, |index, directory| {
            rebase(root, &self.members[index].0, directory)
        })
    }
}

/// How messages name the `go.mod` of a `use` line's directory.
fn member_name(directory: &str) -> String {
    format!("{}/go.mod", directory.trim_end_matches('/'))
}

/// A directory named in a member's `go.mod`, relative to the workspace, as the `go` command prints it.
pub(crate) fn rebase(root: &Path, member: &Path, directory: &str) -> String {
    let target = Path::new(directory);
    if target.is_absolute() {
        return directory.to_owned();
    }
    let (root, target) = (clean(root), clean(&member.join(target)));
    let common = root
        .components()
        .zip(target.components())
        .take_while(|(a, b)| a == b)
        .count();
    let mut relative = PathBuf::new();
    for _ in root.components().skip(common) {
        relative.push("..");
    }
    relative.extend(target.components().skip(common));
    let text = relative.to_string_lossy().replace('\\', "/");
    match text.as_str() {
        "" => "./.".to_owned(),
        ".." => text,
        _ if text.starts_with("../") => text,
        _ => format!("./{text}"),
    }
}

/// Resolves `.` and `..` in the text of a path, as Go's `filepath.Clean` does.
fn clean(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir
                if matches!(out.components().next_back(), Some(Component::Normal(_))) =>
            {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

pub(crate) fn read_sum(file: &Path) -> Result<GoSum, CliError> {
    let text = read_if_there(file)
        .map_err(|error| unreadable(&error))?
        .unwrap_or_default();
    let name = file
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    GoSum::parse(&name, &text).map_err(|error| {
        CliError::environment(format!("malformed {name}\n{error}"))
            .hint("remove the line, then: go mod download")
    })
}

/// Refuses `godebug` lines that the go command does not know.
fn check_godebugs(
    file: &str,
    lines: &[Godebug],
    known: impl FnOnce() -> Godebugs,
    local_go: Option<&GoVersion>,
    position: impl Fn(LineId) -> Position,
) -> Result<(), CliError> {
    if lines.is_empty() {
        return Ok(());
    }
    let known = known();
    let errors: Vec<String> = lines
        .iter()
        .filter_map(|line| Some((line, known.check(line, local_go).err()?)))
        .map(|(line, error)| format!("{file}:{}: {error}", position(line.line)))
        .collect();
    if errors.is_empty() {
        return Ok(());
    }
    Err(malformed(file, &errors.join("\n")))
}

fn too_new(name: &str, needs: &GoVersion, local: &GoVersion) -> CliError {
    CliError::environment(format!(
        "{name} requires go >= {needs} (running go {local})"
    ))
    .hint(format!(
        "install Go {needs}, or look at it as that Go would: --go {needs}"
    ))
}
