//! The go.sum side of a plan: which lines are missing, what the checksum database says, and the writing.

use std::collections::BTreeSet;
use std::time::Duration;

use gomod_core::check::NeededSum;
use gomod_core::host::{RunLock, TrustError, read_if_there, write_all_or_none};
use gomod_core::model::{GoMod, ModulePath, ModuleVersion};
use gomod_core::mvs::{LoadError, SumLine, Unavailable, needed_sums};
use gomod_core::plan::{Plan, Planner};
use gomod_core::verify::Record;
use serde::Serialize;

use super::Setting;
use super::plan_file::refused;
use crate::error::{CliError, Kind};
use crate::surroundings::SET_GOSUMDB;

/// What was checked, and which lines go.sum needs.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Sums {
    /// The checksum database that was asked.
    database: Option<Database>,
    /// Module versions that the plan selects anew and whose record was proven to be in the log.
    proven: Vec<String>,
    /// How many go.mod files were read whose hash go.sum holds.
    go_mods_by_go_sum: usize,
    /// How many go.mod files were read whose hash the log holds.
    go_mods_by_log: usize,
    /// Module versions that nobody vouches for, with the setting that makes them so.
    unchecked: Vec<Unchecked>,
    /// The lines that go.sum gets.
    pub(crate) added: Vec<String>,
    /// Lines that are known only when the module's zip is fetched, which `--write` does.
    pub(crate) pending: Vec<String>,
    /// In a workspace, the lines that each file of sums gets.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) files: Vec<SumFile>,
    #[serde(skip)]
    pub(crate) lines: Vec<(ModuleVersion, bool, String)>,
}

/// What one file of sums gets.
#[derive(Debug, Serialize)]
pub(crate) struct SumFile {
    /// Its name, as `a/go.sum`.
    pub(crate) file: String,
    /// Its new lines.
    pub(crate) added: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Database {
    name: String,
    tree_size: u64,
}

#[derive(Debug, Serialize)]
struct Unchecked {
    module: String,
    setting: String,
}

/// Looks up what the plan selects anew and what go.sum lacks for it. With `zips`, modules outside the
/// log are fetched and hashed, and the rest that writing needs is checked.
pub(crate) fn complete(
    setting: &mut Setting,
    planner: &Planner,
    plan: &Plan,
    zips: bool,
) -> Result<Sums, CliError> {
    let content = plan.content(&setting.world, planner.problem());
    let needed = needed_sums(&setting.world, &plan.graph, &plan.setup.overrides, &content);
    complete_lines(setting, planner, plan, needed, zips)
}

/// As [`complete`], for these lines.
pub(crate) fn complete_lines(
    setting: &mut Setting,
    planner: &Planner,
    plan: &Plan,
    needed: Vec<SumLine>,
    zips: bool,
) -> Result<Sums, CliError> {
    let anew = plan.selected_anew(&setting.world, planner.problem());
    if zips {
        refuse_without_info(setting, &anew)?;
    }
    let has = |module: &ModuleVersion, suffix: &str| {
        let version = format!("{}{suffix}", module.version);
        !setting
            .session
            .go_sum()
            .checked_hashes(&module.path, &version)
            .is_empty()
    };
    // Each module with the lines that it lacks: that of its go.mod, and that of its zip.
    let missing: Vec<(ModuleVersion, bool, bool)> = needed
        .into_iter()
        .map(|line| {
            let zip = line.zip && !has(&line.module, "");
            (line.module.clone(), !has(&line.module, "/go.mod"), zip)
        })
        .filter(|(_, go_mod, zip)| *go_mod || *zip)
        .collect();
    let mut asked: Vec<ModuleVersion> = missing
        .iter()
        .map(|(module, _, _)| module.clone())
        .chain(anew.iter().cloned())
        .collect();
    asked.sort();
    asked.dedup();
    let mut sums = Sums::default();
    let mut known: Vec<(ModuleVersion, Record)> = Vec::new();
    for (module, result) in setting.session.sums(&asked) {
        let lines = result.map_err(|error| trust_error(&error))?;
        compare(setting, &module, &lines)?;
        if anew.contains(&module) {
            sums.proven.push(module.to_string());
        }
        known.push((module, lines));
    }
    for (module, lacks_go_mod, zip) in missing {
        let (go_mod, content) = match known.iter().find(|(known, _)| *known == module) {
            Some((_, lines)) => (lines.go_mod.to_string(), Some(lines.zip.to_string())),
            None => outside(setting, &module, zip && zips)?,
        };
        if lacks_go_mod {
            sums.lines.push((module.clone(), false, go_mod));
        }
        match content {
            Some(hash) if zip => sums.lines.push((module, true, hash)),
            None if zip => sums.pending.push(module.to_string()),
            _ => {}
        }
    }
    sums.added = sums
        .lines
        .iter()
        .map(|(module, zip, hash)| {
            let suffix = if *zip { "" } else { "/go.mod" };
            format!("{} {}{suffix} {hash}", module.path, module.version)
        })
        .collect();
    let checked = setting.session.checked();
    sums.database = checked
        .log
        .clone()
        .map(|(name, tree_size)| Database { name, tree_size });
    sums.go_mods_by_go_sum = checked.by_go_sum.len();
    sums.go_mods_by_log = checked.go_mods_by_log;
    sums.unchecked = checked
        .unchecked
        .iter()
        .map(|(module, why)| Unchecked {
            module: module.to_string(),
            setting: why.clone(),
        })
        .collect();
    Ok(sums)
}

/// `go list -m all` asks for the `.info` of each selected version: one that no source has must not be
/// written.
fn refuse_without_info(setting: &mut Setting, anew: &[ModuleVersion]) -> Result<(), CliError> {
    for (module, info) in anew.iter().zip(setting.session.infos(anew)) {
        if let Err(LoadError::Unavailable {
            reason: Unavailable::NotFound,
            message,
        }) = info
        {
            return Err(CliError::environment(format!(
                "{module}: no source has its .info, which `go list -m all` needs; nothing was written"
            ))
            .detail(message.lines().next().unwrap_or_default())
            .hint("name another source with --proxy, or ask for another version"));
        }
    }
    Ok(())
}

/// The hashes of a module that no log vouches for: of its go.mod as it was read, and of its zip.
pub(crate) fn outside(
    setting: &mut Setting,
    module: &ModuleVersion,
    zip: bool,
) -> Result<(String, Option<String>), CliError> {
    let go_mod = setting
        .session
        .go_mods(std::slice::from_ref(module), gomod_core::host::Sums::Looked)
        .pop()
        .unwrap_or_else(|| Ok(Vec::new()))
        .map_err(|error| super::from_load_error(&module.to_string(), &error))?;
    let content = if zip {
        let hash = setting.session.zip_hash(module).map_err(|error| {
            CliError::environment(format!("{module}: its zip cannot be hashed: {error}"))
                .hint("nothing was changed; try again, or another source with --proxy")
        })?;
        Some(hash.to_string())
    } else {
        None
    };
    Ok((
        gomod_core::verify::hash_go_mod(&go_mod).to_string(),
        content,
    ))
}

/// What go.sum says of a module must agree with the log.
fn compare(setting: &Setting, module: &ModuleVersion, lines: &Record) -> Result<(), CliError> {
    for (suffix, ours) in [("", lines.zip), ("/go.mod", lines.go_mod)] {
        let version = format!("{}{suffix}", module.version);
        let go_sum = setting.session.go_sum();
        let held = go_sum.checked_hashes(&module.path, &version);
        if !held.is_empty() && !held.contains(&ours.to_string().as_str()) {
            return Err(CliError::security(format!(
                "{} {version}: checksum mismatch",
                module.path
            ))
            .detail(format!("go.sum says:  {}", held.join(" or ")))
            .detail(format!("the log says: {ours}"))
            .hint("compare go.sum with your version control; nothing was changed"));
        }
    }
    Ok(())
}

pub(crate) fn trust_error(error: &TrustError) -> CliError {
    let kind = if error.is_security() {
        Kind::Security
    } else {
        Kind::Environment
    };
    let text = error.to_string();
    let mut lines = text.lines();
    let mut result = CliError::new(kind, lines.next().unwrap_or_default());
    for line in lines {
        result = result.detail(line);
    }
    if kind == Kind::Security {
        return result.hint("do not use this version; nothing was changed");
    }
    if let TrustError::NoDatabase { .. } = error {
        return result.hint(SET_GOSUMDB);
    }
    result.hint("a private module belongs into GOPRIVATE; else try again when the checksum database can be reached")
}

impl Sums {
    /// What was checked, a line each.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut out = Vec::new();
        match &self.database {
            Some(database) if !self.proven.is_empty() => out.push(format!(
                "{} of the versions selected anew, proven to be in {} (a tree of {} records)",
                self.proven.len(),
                database.name,
                database.tree_size
            )),
            _ => {}
        }
        out.push(format!(
            "{} go.mod files against go.sum, {} against the checksum database",
            self.go_mods_by_go_sum, self.go_mods_by_log
        ));
        if !self.unchecked.is_empty() {
            let names: Vec<&str> = self.unchecked.iter().map(|u| u.module.as_str()).collect();
            let mut settings: Vec<&str> =
                self.unchecked.iter().map(|u| u.setting.as_str()).collect();
            settings.sort_unstable();
            settings.dedup();
            out.push(format!(
                "not checked ({}): {}",
                settings.join("; "),
                names.join(", ")
            ));
        }
        for file in &self.files {
            out.push(match file.added.len() {
                1 => format!("{} gets 1 line", file.file),
                n => format!("{} gets {n} lines", file.file),
            });
        }
        out.push(match self.added.len() {
            _ if !self.files.is_empty() => return self.with_pending(out),
            0 => "go.sum has every line that is needed".to_owned(),
            1 => "go.sum gets 1 line".to_owned(),
            n => format!("go.sum gets {n} lines"),
        });
        self.with_pending(out)
    }

    fn with_pending(&self, mut out: Vec<String>) -> Vec<String> {
        if !self.pending.is_empty() {
            out.push(format!(
                "--write also fetches the zips of {} for go.sum",
                self.pending.join(", ")
            ));
        }
        out
    }
}

/// go.sum must have each line that the checked plan needs, once it has the lines in `added`; the content of what is
/// `pending` is not known yet.
pub(crate) fn refuse_missing<'a>(
    setting: &Setting,
    needed: &[NeededSum],
    added: impl IntoIterator<Item = &'a String>,
    pending: &[String],
) -> Result<(), CliError> {
    let name = |line: &'a String| line.rsplit_once(' ').map(|(name, _)| name);
    let added: BTreeSet<&str> = added.into_iter().filter_map(name).collect();
    let lacks = |one: &&NeededSum| {
        let (module, suffix) = match one {
            NeededSum::GoMod(module) => (module, "/go.mod"),
            NeededSum::Content(module) => (module, ""),
        };
        let version = format!("{}{suffix}", module.version);
        let go_sum = setting.session.go_sum();
        let has = !go_sum.checked_hashes(&module.path, &version).is_empty()
            || added.contains(format!("{} {version}", module.path).as_str())
            || suffix.is_empty() && pending.contains(&module.to_string());
        !has
    };
    let (module, what) = match needed.iter().find(lacks) {
        None => return Ok(()),
        Some(NeededSum::GoMod(module)) => (module, "its go.mod"),
        Some(NeededSum::Content(module)) => (module, "its content"),
    };
    Err(refused(&format!(
        "go.sum would have no line for {module} and {what}, which the go command needs"
    )))
}

/// Writes go.sum and go.mod: all staged first, then renamed one after the other. `added` are lines of go.sum.
pub(crate) fn write(setting: &Setting, go_mod: &str, added: &[String]) -> Result<(), CliError> {
    let project = &setting.project;
    let failed = |error: gomod_core::host::HostError| {
        CliError::environment(error.to_string()).hint(
            "nothing was changed; look at the permissions, and for another gomod or go at work",
        )
    };
    let _lock = RunLock::acquire(&[&project.file], Duration::from_secs(30)).map_err(failed)?;
    let now = read_if_there(&project.file)
        .map_err(failed)?
        .unwrap_or_default();
    if now != project.go_mod.to_bytes() {
        return Err(CliError::environment(format!(
            "{} was changed meanwhile; nothing was written",
            project.name
        ))
        .hint("run the command again"));
    }
    GoMod::parse(&project.name, go_mod.as_bytes()).map_err(|error| {
        CliError::environment(format!(
            "the planned {} does not parse: {error}",
            project.name
        ))
        .hint("nothing was changed; please report this with your go.mod")
    })?;
    // The workspace's sums are merged for reading only; a plan has one module's.
    let mut go_sum = project.go_sum.clone();
    for line in added {
        let mut words = line.split(' ');
        if let (Some(path), Some(version), Some(hash)) = (words.next(), words.next(), words.next())
        {
            go_sum.insert(&ModulePath::new(path), version, hash);
        }
    }
    let mut files = Vec::new();
    if !added.is_empty() {
        files.push((project.sum_file.clone(), go_sum.text().into_bytes()));
    }
    files.push((project.file.clone(), go_mod.as_bytes().to_vec()));
    write_all_or_none(&files).map_err(failed)
}

/// A note on a vendor directory that no longer fits.
pub(crate) fn stale_vendor(setting: &Setting, written: bool) -> Option<String> {
    let root = setting.project.root();
    let tool = match setting.project.work {
        Some(_) => "go work vendor",
        None => "go mod vendor",
    };
    root.join("vendor/modules.txt").is_file().then(|| {
        let when = if written {
            "is stale now"
        } else {
            "will be stale"
        };
        format!("vendor/ {when}: {tool} brings it up to date")
    })
}
