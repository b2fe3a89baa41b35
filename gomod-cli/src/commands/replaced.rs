//! A target that go.mod replaces already: what is used of it is what the replace line says.

use gomod_core::graph::ModuleId;
use gomod_core::model::{ModulePath, ModuleVersion, Version};
use gomod_core::mvs::Source;

use super::Setting;
use crate::error::CliError;

/// The replacement that is in effect for today's version of a module.
pub(crate) struct Replaced {
    /// The version of the same module that takes its place; `None` for a directory or another module.
    pub(crate) version: Option<Version>,
    /// Whether the line is for all versions.
    pub(crate) covers_all: bool,
    /// What takes its place, in words.
    by: String,
    /// What the line replaces: a path, or `path@version`.
    old: String,
}

/// The replacement of a selected module, if there is one.
pub(crate) fn today(setting: &Setting, module: ModuleId) -> Option<Replaced> {
    let modules = &setting.world.modules;
    let overrides = &setting.main.overrides;
    let path = modules.path_of(module);
    let (version, by) = match overrides.replacement(modules, module)? {
        Source::Directory(directory) => (None, format!("the directory {directory}")),
        Source::Module(actual) => {
            let same = modules.path_of(*actual) == path;
            let version = modules.version(*actual).cloned().filter(|_| same);
            (version, modules.display(*actual))
        }
    };
    let covers_all = !overrides.exact.contains_key(&module);
    let old = match covers_all {
        true => modules.path(path).to_string(),
        false => modules.display(module),
    };
    Some(Replaced {
        version,
        covers_all,
        by,
        old,
    })
}

impl Replaced {
    /// Why `version` is not planned for, with the edit of the replace line that reaches it.
    pub(crate) fn refuse(
        &self,
        path: &ModulePath,
        version: &Version,
        current: &Version,
    ) -> CliError {
        let Self { by, old, .. } = self;
        let error = CliError::no(format!(
            "{path} {current} is replaced by {by}: the replace line decides what is used"
        ));
        if version == current {
            return error.hint(format!(
                "to use {current} itself: go mod edit -dropreplace={old} && go mod tidy"
            ));
        }
        error
            .hint(format!(
                "to use {version}: go mod edit -replace={old}={path}@{version} && go mod tidy"
            ))
            .hint(format!(
                "to plan without the line: go mod edit -dropreplace={old} && gomod plan-downgrade {path}@{version}"
            ))
    }
}

/// Why a target whose own version is replaced, though today's is not, is not planned for.
pub(crate) fn target(setting: &mut Setting, path: &ModulePath, version: &Version) -> CliError {
    let module = ModuleVersion::new(path.clone(), version.clone());
    let id = setting.world.modules.intern(&module);
    let (by, old) = match today(setting, id) {
        Some(Replaced { by, old, .. }) => (by, old),
        None => (String::new(), module.to_string()),
    };
    CliError::no(format!(
        "{module} is replaced by {by}: its own content would not be used"
    ))
    .hint(format!(
        "go mod edit -dropreplace={old} && gomod plan-downgrade {module}"
    ))
}
