//! What a command runs on: the environment, the main module or workspace, and go.sum.

use std::path::{Path, PathBuf};

use gomod_core::host::{GoEnv, HostError, Session, SessionOptions, read_if_there};
use gomod_core::model::{GoMod, GoSum, GoVersion, GoWork};
use gomod_core::mvs::{MainModules, MainModulesError, Mode, World};

use crate::args::Global;
use crate::error::CliError;

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
    /// `-mod` of GOFLAGS.
    mod_flag: Option<String>,
}

/// A workspace.
pub(crate) struct Work {
    pub(crate) file: PathBuf,
    go_work: GoWork,
    members: Vec<(PathBuf, GoMod)>,
}

impl Project {
    /// Finds and reads the files, as the `go` command would in this directory.
    pub(crate) fn open(global: &Global) -> Result<Self, CliError> {
        if let Some(directory) = &global.directory {
            std::env::set_current_dir(directory).map_err(|error| {
                CliError::environment(format!("cannot change to {}: {error}", directory.display()))
                    .hint("-C takes a directory that is there")
            })?;
        }
        let here = std::env::current_dir()
            .map_err(|error| CliError::environment(format!("no current directory: {error}")))?;
        let env = GoEnv::load([]).map_err(|error| CliError::environment(error.to_string()))?;
        let local_go = match &global.go {
            Some(text) => Some(GoVersion::parse(text).ok_or_else(|| {
                CliError::usage(format!("--go {text:?} is no Go version"))
                    .hint("write it as 1.21 or 1.21.3")
            })?),
            None => env.local_go_version(),
        };
        let flags = env.go_flags().map_err(|error| {
            CliError::environment(error.to_string())
                .hint("correct it, or run with GOFLAGS= in front")
        })?;
        let modfile = match &global.modfile {
            Some(file) => Some(file.clone()),
            None => flags.mod_file().map(PathBuf::from),
        };
        let work = match workspace_file(&env, &here)? {
            Some(file) => {
                if modfile.is_some() {
                    return Err(not_in_workspace("--modfile", &file));
                }
                Some(Work::read(&file, local_go.as_ref())?)
            }
            None => None,
        };
        let mod_flag = flags.mod_mode().map(str::to_owned);
        let (file, name, sum_file, module_root) = match (&work, modfile) {
            (Some(work), _) => {
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
            (None, modfile) => {
                let root = module_root(&here)?;
                let file = modfile.map_or_else(|| root.join("go.mod"), |file| here.join(file));
                let name = file.file_name().map_or_else(
                    || "go.mod".to_owned(),
                    |name| name.to_string_lossy().into_owned(),
                );
                let sum = file.with_extension("sum");
                (file, name, sum, root)
            }
        };
        let text = read(&file)?;
        let go_mod =
            GoMod::parse(&name, &text).map_err(|error| malformed(&name, &error.to_string()))?;
        if let (Some(line), Some(local)) = (&go_mod.go, &local_go)
            && line.version.cmp_precedence(local).is_gt()
        {
            return Err(too_new(&name, &line.version, local));
        }
        let mut go_sum = read_sum(&sum_file)?;
        if let Some(work) = &work {
            for (directory, _) in &work.members {
                go_sum.merge(&read_sum(&directory.join("go.sum"))?);
            }
        }
        Ok(Self {
            env,
            file,
            name,
            go_mod,
            sum_file,
            go_sum,
            work,
            module_root,
            local_go,
            mod_flag,
        })
    }

    /// The directory that directory replacements are relative to.
    pub(crate) fn root(&self) -> PathBuf {
        match &self.work {
            Some(work) => work
                .file
                .parent()
                .map(Path::to_path_buf)
                .unwrap_or_default(),
            None => self.module_root.clone(),
        }
    }

    /// What `go list` would do about an inconsistent go.mod: under `-mod=mod` it is updated, here in
    /// memory alone. `go mod graph` does not take the flag.
    pub(crate) fn list_mode(&self) -> Result<Mode, CliError> {
        match (self.mod_flag.as_deref(), &self.work) {
            (None | Some("" | "readonly" | "vendor"), _) => Ok(Mode::ReadOnly),
            (Some("mod"), None) => Ok(Mode::Update),
            (Some("mod"), Some(work)) => Err(not_in_workspace("-mod=mod of GOFLAGS", &work.file)),
            (Some(other), _) => Err(CliError::environment(format!(
                "-mod={other} of GOFLAGS is no mode"
            ))
            .hint("write -mod=mod, -mod=readonly or -mod=vendor")),
        }
    }

    /// A session with the sources that the flags and the environment name.
    pub(crate) fn session(&self, global: &Global) -> Result<Session, CliError> {
        let base = std::env::current_dir().unwrap_or_default();
        Session::new(
            self.env.clone(),
            self.go_sum.clone(),
            SessionOptions {
                proxy: global.proxy.clone(),
                offline: global.offline,
                root: self.root(),
                base,
            },
        )
        .map_err(|error| {
            CliError::environment(error.to_string())
                .hint("go env shows the settings in force; --proxy stands in for GOPROXY")
        })
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
    fn read(file: &Path, local_go: Option<&GoVersion>) -> Result<Self, CliError> {
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
            let text = read(&directory.join("go.mod"))?;
            let go_mod =
                GoMod::parse(&name, &text).map_err(|error| malformed(&name, &error.to_string()))?;
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
fn rebase(root: &Path, member: &Path, directory: &str) -> String {
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

fn workspace_file(env: &GoEnv, here: &Path) -> Result<Option<PathBuf>, CliError> {
    match env.get("GOWORK") {
        "off" => Ok(None),
        "" | "auto" => {
            let root = env.get("GOROOT");
            Ok(here
                .ancestors()
                .take_while(|dir| root.is_empty() || *dir != Path::new(root))
                .map(|dir| dir.join("go.work"))
                .find(|file| file.is_file()))
        }
        path if Path::new(path).is_absolute() => Ok(Some(PathBuf::from(path))),
        path => Err(
            CliError::environment(format!("GOWORK={path} is no absolute path"))
                .hint("set GOWORK to off, or to the absolute path of a go.work"),
        ),
    }
}

/// What the `go` command refuses (cmd/go's modload, init.go).
fn not_in_workspace(what: &str, file: &Path) -> CliError {
    let message = format!("{what} cannot be used in the workspace {}", file.display());
    CliError::environment(message).hint("set GOWORK=off to work on the module of this directory")
}

fn module_root(here: &Path) -> Result<PathBuf, CliError> {
    here.ancestors()
        .find(|dir| dir.join("go.mod").is_file())
        .map(Path::to_path_buf)
        .ok_or_else(|| {
            CliError::environment(format!(
                "go.mod not found in {} or any parent",
                here.display()
            ))
            .hint("run it in a module, or name one with -C DIR")
        })
}

fn read(file: &Path) -> Result<Vec<u8>, CliError> {
    match read_if_there(file) {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(
            CliError::environment(format!("{} not found", file.display())).hint(
                "look at -C, --modfile and GOFLAGS, and in a workspace at the use lines of go.work",
            ),
        ),
        Err(error) => Err(unreadable(&error)),
    }
}

fn read_sum(file: &Path) -> Result<GoSum, CliError> {
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

fn unreadable(error: &HostError) -> CliError {
    CliError::environment(error.to_string()).hint("look at the file and its permissions")
}

fn malformed(name: &str, errors: &str) -> CliError {
    let mut error = CliError::environment(format!("errors parsing {name}"));
    for line in errors.lines() {
        error = error.detail(line);
    }
    error.hint(format!("correct {name}; nothing was changed"))
}

fn too_new(name: &str, needs: &GoVersion, local: &GoVersion) -> CliError {
    CliError::environment(format!(
        "{name} requires go >= {needs} (running go {local})"
    ))
    .hint(format!(
        "install Go {needs}, or look at it as that Go would: --go {needs}"
    ))
}
