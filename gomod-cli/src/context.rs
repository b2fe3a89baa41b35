//! What a command runs on: the environment, the main module or workspace, and go.sum.

use std::path::{Path, PathBuf};

use gomod_core::host::{GoEnv, GoFlags, HostError, Session, SessionOptions, read_if_there};
use gomod_core::model::{GoMod, GoSum, GoVersion, GoWork, VersionFixes};
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
    /// The Go that is assumed to be installed.
    pub(crate) local_go: Option<GoVersion>,
    /// `-mod` of GOFLAGS.
    mod_flag: Option<String>,
}

/// Where a command runs: the directory and the environment, before any file of a module is read.
pub(crate) struct Surroundings {
    here: PathBuf,
    env: GoEnv,
    flags: GoFlags,
    /// The file that `--modfile` or GOFLAGS names.
    modfile: Option<PathBuf>,
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
        let around = Surroundings::read(global)?;
        let local_go = match &global.go {
            Some(text) => Some(GoVersion::parse(text).ok_or_else(|| {
                CliError::usage(format!("--go {text:?} is no Go version"))
                    .hint("write it as 1.21 or 1.21.3")
            })?),
            None => around.env.local_go_version(),
        };
        let mut versions = Versions {
            global,
            around: &around,
            session: None,
        };
        let work = match around.workspace()? {
            Some(file) => {
                around.refuse_modfile(&file)?;
                Some(Work::read(&file, local_go.as_ref(), &mut versions)?)
            }
            None => None,
        };
        let mod_flag = around.flags.mod_mode().map(str::to_owned);
        let (file, name, sum_file) = match &work {
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
                )
            }
            None => {
                let (file, name) = around.mod_file()?;
                let sum = file.with_extension("sum");
                (file, name, sum)
            }
        };
        let go_mod = versions.read(&file, &name)?;
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
            env: around.env,
            file,
            name,
            go_mod,
            sum_file,
            go_sum,
            work,
            local_go,
            mod_flag,
        })
    }

    /// The directory that directory replacements are relative to.
    pub(crate) fn root(&self) -> PathBuf {
        let file = self.work.as_ref().map_or(&self.file, |work| &work.file);
        file.parent().map(Path::to_path_buf).unwrap_or_default()
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

impl Surroundings {
    /// Changes to the directory of `-C`; gives the one that the command then runs in.
    pub(crate) fn enter(global: &Global) -> Result<PathBuf, CliError> {
        if let Some(directory) = &global.directory {
            std::env::set_current_dir(directory).map_err(|error| {
                CliError::environment(format!("cannot change to {}: {error}", directory.display()))
                    .hint("-C takes a directory that is there")
            })?;
        }
        std::env::current_dir()
            .map_err(|error| CliError::environment(format!("no current directory: {error}")))
    }

    /// Enters the directory of `-C`, and reads the environment.
    pub(crate) fn read(global: &Global) -> Result<Self, CliError> {
        let here = Self::enter(global)?;
        let env = GoEnv::load([]).map_err(|error| CliError::environment(error.to_string()))?;
        let flags = env.go_flags().map_err(|error| {
            CliError::environment(error.to_string())
                .hint("correct it, or run with GOFLAGS= in front")
        })?;
        let modfile = match &global.modfile {
            Some(file) => Some(file.clone()),
            None => flags.mod_file().map(PathBuf::from),
        };
        Ok(Self {
            here,
            env,
            flags,
            modfile,
        })
    }

    /// The go.work in force.
    fn workspace(&self) -> Result<Option<PathBuf>, CliError> {
        workspace_file(&self.env, &self.here)
    }

    /// Refuses `--modfile` in a workspace.
    fn refuse_modfile(&self, work: &Path) -> Result<(), CliError> {
        match self.modfile {
            Some(_) => Err(not_in_workspace("--modfile", work)),
            None => Ok(()),
        }
    }

    /// The go.mod of the module that the directory is in, or what stands in for it; and its name.
    pub(crate) fn mod_file(&self) -> Result<(PathBuf, String), CliError> {
        let root = module_root(&self.here)?;
        let file = match &self.modfile {
            Some(file) => self.here.join(file),
            None => root.join("go.mod"),
        };
        let name = file.file_name().map_or_else(
            || "go.mod".to_owned(),
            |name| name.to_string_lossy().into_owned(),
        );
        Ok((file, name))
    }
}

/// Reads the go.mod files of main modules, in which a version such as `v1.2` or a branch stands for what
/// the sources make of it.
struct Versions<'a> {
    global: &'a Global,
    around: &'a Surroundings,
    /// Opened for the first file with such a version, which most have not.
    session: Option<Session>,
}

impl Versions<'_> {
    fn read(&mut self, file: &Path, name: &str) -> Result<GoMod, CliError> {
        let text = read(file)?;
        let mut fixes = VersionFixes::default();
        let mut result = GoMod::parse_main(name, &text, &mut fixes);
        if !fixes.take_wanted().is_empty() {
            let session = match self.session.take() {
                Some(session) => session,
                None => open_session(
                    &self.around.env,
                    GoSum::default(),
                    self.global,
                    PathBuf::new(),
                )?,
            };
            result = self.session.insert(session).parse_main(name, &text);
        }
        result.map_err(|error| malformed(name, &error.to_string()))
    }
}

fn open_session(
    env: &GoEnv,
    go_sum: GoSum,
    global: &Global,
    root: PathBuf,
) -> Result<Session, CliError> {
    let options = SessionOptions {
        proxy: global.proxy.clone(),
        offline: global.offline,
        root,
        base: std::env::current_dir().unwrap_or_default(),
    };
    Session::new(env.clone(), go_sum, options).map_err(|error| {
        CliError::environment(error.to_string())
            .hint("go env shows the settings in force; --proxy stands in for GOPROXY")
    })
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
            let name = format!("{}/go.mod", used.path.trim_end_matches('/'));
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

    fn main_modules(&self, world: &mut World) -> Result<MainModules, MainModulesError> {
        let members: Vec<&GoMod> = self.members.iter().map(|member| &member.1).collect();
        let root = self.file.parent().unwrap_or_else(|| Path::new(""));
        MainModules::workspace(world, &self.go_work, &members, |index, directory| {
            rebase(root, &self.members[index].0, directory)
        })
    }
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

pub(crate) fn read(file: &Path) -> Result<Vec<u8>, CliError> {
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

pub(crate) fn malformed(name: &str, errors: &str) -> CliError {
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
