//! Where a command runs: the directory and the environment, before any file of a module is understood;
//! and the reading of single files.

use std::path::{Path, PathBuf};

use gomod_core::host::{
    GoCommand, GoEnv, GoFlags, HostError, Session, SessionOptions, read_if_there,
};
use gomod_core::model::{GoMod, GoSum, GoVersion, VersionFixes};

use crate::args::Global;
use crate::error::CliError;

/// How many faults of a file are shown.
const ERRORS_SHOWN: usize = 20;

/// The directory that a command runs in, and its environment.
pub(crate) struct Surroundings {
    here: PathBuf,
    pub(crate) env: GoEnv,
    pub(crate) flags: GoFlags,
    /// The file that `--modfile` or GOFLAGS names.
    modfile: Option<PathBuf>,
}

impl Surroundings {
    /// Changes to the directory of `-C`; gives the one that the command then runs in.
    fn enter(global: &Global) -> Result<PathBuf, CliError> {
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
        env.check().map_err(|error| bad_setting(&error))?;
        let flags = env.go_flags().map_err(|error| bad_setting(&error))?;
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

    /// The Go that is assumed to be installed, unless `--go` names another.
    pub(crate) fn local_go(&self) -> Result<Option<GoVersion>, CliError> {
        let toolchain = self.env.toolchain().map_err(|error| {
            CliError::environment(error.to_string())
                .hint("set GOTOOLCHAIN to local: go env -w GOTOOLCHAIN=local")
        })?;
        Ok(toolchain.version)
    }

    /// Refuses what the `go` command refuses whatever it is asked to do.
    pub(crate) fn check(&self) -> Result<(), CliError> {
        self.local_go()?;
        self.workspace().map(drop)
    }

    /// Refuses values of GOFLAGS that every command of `go` refuses.
    pub(crate) fn check_flags(&self) -> Result<(), CliError> {
        let checked = self.flags.check(GoCommand::ModVerify);
        checked.map_err(|error| bad_setting(&error))
    }

    /// Refuses to look for modules where they are switched off.
    pub(crate) fn modules_are_on(&self) -> Result<(), CliError> {
        match self.env.get("GO111MODULE") {
            "" | "on" | "auto" => Ok(()),
            value => Err(CliError::environment(format!(
                "modules are switched off by GO111MODULE={value}"
            ))
            .hint("go env -u GO111MODULE, or GO111MODULE=on in front of the command")),
        }
    }

    /// The go.work in force.
    pub(crate) fn workspace(&self) -> Result<Option<PathBuf>, CliError> {
        workspace_file(&self.env, &self.here)
    }

    /// Refuses `-overlay` of GOFLAGS: what is planned is written to the files that are there.
    pub(crate) fn refuse_overlay(&self) -> Result<(), CliError> {
        match self.flags.value("overlay").filter(|file| !file.is_empty()) {
            Some(file) => Err(CliError::environment(format!(
                "GOFLAGS: -overlay={file}: gomod reads the files that are there, and follows no overlay"
            ))
            .hint("run with GOFLAGS= in front, or where the overlay is applied")),
            None => Ok(()),
        }
    }

    /// Refuses `--modfile` in a workspace.
    pub(crate) fn refuse_modfile(&self, work: &Path) -> Result<(), CliError> {
        match self.modfile {
            Some(_) => Err(not_in_workspace("--modfile", work)),
            None => Ok(()),
        }
    }

    /// The directory of the module that the command runs in.
    pub(crate) fn module_root(&self) -> Result<PathBuf, CliError> {
        module_root(&self.here)
    }

    /// The go.mod of that module, or what stands in for it; and its name.
    pub(crate) fn mod_file(&self) -> Result<(PathBuf, String), CliError> {
        self.modules_are_on()?;
        let root = self.module_root()?;
        let file = match &self.modfile {
            Some(file) if file.extension().is_none_or(|kind| kind != "mod") => {
                return Err(CliError::usage(format!(
                    "--modfile {}: the name must end in .mod",
                    file.display()
                ))
                .hint("its go.sum is then the file of that name that ends in .sum"));
            }
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
pub(crate) struct Versions<'a> {
    global: &'a Global,
    around: &'a Surroundings,
    /// Opened for the first file with such a version, which most have not.
    session: Option<Session>,
}

impl<'a> Versions<'a> {
    pub(crate) fn new(global: &'a Global, around: &'a Surroundings) -> Self {
        Self {
            global,
            around,
            session: None,
        }
    }

    pub(crate) fn read(&mut self, file: &Path, name: &str) -> Result<GoMod, CliError> {
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

/// A session with the sources that the flags and the environment name.
pub(crate) fn open_session(
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
        let hint = match &error {
            HostError::Proxy { .. } => {
                "--proxy takes a list as GOPROXY does, or a directory that is laid out as a proxy"
            }
            _ => "go env shows the settings in force",
        };
        CliError::environment(error.to_string()).hint(hint)
    })
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
pub(crate) fn not_in_workspace(what: &str, file: &Path) -> CliError {
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

/// What to do about a GOSUMDB that makes no sense.
pub(crate) const SET_GOSUMDB: &str =
    "set GOSUMDB to sum.golang.org, to a verifier key, or to off: go env -w GOSUMDB=…";

/// A setting of the environment that makes no sense.
pub(crate) fn bad_setting(error: &HostError) -> CliError {
    let name = match error {
        HostError::Setting { name, .. } => name,
        _ => "GOFLAGS",
    };
    CliError::environment(error.to_string()).hint(format!(
        "correct it, or run with {name}= in front; go env shows the settings in force"
    ))
}

pub(crate) fn unreadable(error: &HostError) -> CliError {
    CliError::environment(error.to_string()).hint("look at the file and its permissions")
}

pub(crate) fn malformed(name: &str, errors: &str) -> CliError {
    let mut error = CliError::environment(format!("errors parsing {name}"));
    for line in errors.lines().take(ERRORS_SHOWN) {
        error = error.detail(line);
    }
    let more = errors.lines().count().saturating_sub(ERRORS_SHOWN);
    if more > 0 {
        error = error.detail(format!("… and {more} more"));
    }
    error.hint(format!("correct {name}; nothing was changed"))
}
