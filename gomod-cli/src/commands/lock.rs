//! `gomod lock`: writes the build list that `gomod drift` compares with.

use gomod_core::drift::{Drift, Entry, Lock, Today, compare};
use gomod_core::graph::ModuleGraph;
use gomod_core::host::write_atomic;
use gomod_core::model::{GoMod, ModuleVersion};
use gomod_core::mvs::{Mode, Overrides, Source, SumAudit};

use super::Setting;
use crate::args::{self, Global};
use crate::error::CliError;

pub(crate) fn run(global: &Global, args: &args::Lock) -> Result<String, CliError> {
    let setting = Setting::load(global, Mode::ReadOnly)?;
    super::refuse_inconsistent(&setting)?;
    let lock = today(&setting);
    let file = setting.project.root().join(&args.file);
    // A mistyped directory is not made.
    if let Some(directory) = file.parent().filter(|directory| !directory.is_dir()) {
        return Err(CliError::environment(format!(
            "cannot write {}: there is no directory {}",
            args.file.display(),
            directory.display()
        ))
        .hint("--file names a file in a directory that is there"));
    }
    write_atomic(&file, lock.to_text().as_bytes()).map_err(|error| {
        CliError::environment(error.to_string()).hint("--file names another place")
    })?;
    Ok(format!(
        "{}: {} modules\n",
        args.file.display(),
        lock.modules.len()
    ))
}

/// Today's build list in the form of a lock.
pub(crate) fn today(setting: &Setting) -> Lock {
    let overrides = &setting.main.overrides;
    lock(
        setting,
        &setting.project.go_mod,
        &setting.loaded.graph,
        overrides,
    )
}

/// What moved since the baseline; `sums` says what go.sum lacks, where that matters.
pub(crate) fn compared(
    setting: &Setting,
    baseline: &Lock,
    now: &Lock,
    sums: Option<&SumAudit>,
) -> Drift {
    let today = Today {
        lock: now,
        world: &setting.world,
        graph: &setting.loaded.graph,
        roots: &setting.loaded.setup.roots,
        overrides: &setting.main.overrides,
        sums,
    };
    compare(baseline, &today)
}

/// The build list of any graph of the main modules in the form of a lock.
pub(crate) fn lock(
    setting: &Setting,
    go_mod: &GoMod,
    graph: &ModuleGraph,
    overrides: &Overrides,
) -> Lock {
    let modules = &setting.world.modules;
    let mut lock = Lock {
        module: setting
            .main
            .members
            .iter()
            .map(|member| modules.path(member.path).to_string())
            .collect::<Vec<_>>()
            .join(","),
        go: match &setting.main.work {
            Some((go, _)) => Some(go.to_string()),
            None => go_mod.go.as_ref().map(|line| line.version.to_string()),
        },
        toolchain: match &setting.main.work {
            Some((_, toolchain)) => toolchain.clone(),
            None => go_mod.toolchain.as_ref().map(|line| line.name.clone()),
        },
        modules: std::collections::BTreeMap::new(),
    };
    for module in graph.build_list(modules) {
        let Some(selected) = modules.module_version(module) else {
            continue;
        };
        if selected.path.is_toolchain() {
            continue;
        }
        let source = overrides.replacement(modules, module);
        let (replace, used) = match source {
            None => (None, Some(selected.clone())),
            Some(Source::Directory(directory)) => (Some(directory.clone()), None),
            Some(Source::Module(actual)) => {
                let actual = modules.module_version(*actual);
                (
                    actual
                        .as_ref()
                        .map(|module| format!("{} {}", module.path, module.version)),
                    actual,
                )
            }
        };
        let hash = |suffix: &str| {
            let ModuleVersion { path, version } = used.as_ref()?;
            let hashes = setting
                .project
                .go_sum
                .hashes(path, &format!("{version}{suffix}"));
            hashes.first().map(ToString::to_string)
        };
        let entry = Entry {
            version: selected.version,
            replace,
            content: hash(""),
            go_mod: hash("/go.mod"),
        };
        lock.modules.insert(selected.path, entry);
    }
    lock
}
