//! The sums that a workspace's files get, and the writing of all of them in one go.
//!
//! The `go` command reads the go.sum files of all members and go.work.sum together. A member whose go.mod
//! changes gets what its own graph needs into its own go.sum, so that it builds alone as well; what only the
//! workspace loads goes into go.work.sum.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use gomod_core::host::{HostError, RunLock, write_all_or_none};
use gomod_core::model::{GoMod, GoSum, GoWork, ModulePath, ModuleVersion};
use gomod_core::mvs::{SumLine, needed_sums};
use gomod_core::plan::{FileEdits, Planner, WorkspacePlan};

use super::file::{Inputs, places, sum_name};
use crate::commands::Setting;
use crate::commands::sums::{SumFile, Sums, complete_lines};
use crate::context::{Work, read_sum};
use crate::error::CliError;

/// A file that changes.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub(crate) file: String,
    pub(crate) before: String,
    pub(crate) after: String,
}

impl Change {
    /// What a plan does to a file as it stands there: the planner saw what its versions stand for.
    pub(crate) fn of(work: &Work, edits: &FileEdits) -> Self {
        let member = edits.member.and_then(|member| work.members.get(member));
        let before = member.map_or_else(|| edits.before.clone(), |(_, go_mod)| go_mod.text());
        Self {
            file: edits.name.clone(),
            before,
            after: edits.after.clone(),
        }
    }
}

/// Looks up what the plan selects anew and what the files of sums lack for it.
pub(crate) fn complete(
    setting: &mut Setting,
    work: &Work,
    holder: &Planner,
    plan: &WorkspacePlan,
    zips: bool,
) -> Result<Sums, CliError> {
    let whole = &plan.plan;
    let content = whole.content(&setting.world, holder.problem());
    let joint = needed_sums(
        &setting.world,
        &whole.graph,
        &whole.setup.overrides,
        &content,
    );
    let mut all: Vec<SumLine> = plan.sums.iter().flat_map(|own| own.lines.clone()).collect();
    all.extend(joint.iter().cloned());
    let mut sums = complete_lines(setting, holder, whole, merged(all), zips)?;
    let known = known_sums(setting, &sums);
    let layout = work.layout();
    let mut covered = read_sum(&setting.project.sum_file)?;
    let mut files = Vec::new();
    let members = layout.names.iter().zip(&work.members).enumerate();
    for (member, (name, (directory, _))) in members {
        let own = read_sum(&directory.join("go.sum"))?;
        covered.merge(&own);
        let needed = plan.sums.iter().find(|sums| sums.member == member);
        let added = lacking(&own, &known, needed.map_or(&[], |sums| &sums.lines));
        insert(&mut covered, &added);
        files.push((sum_name(name), added));
    }
    files.push(("go.work.sum".to_owned(), lacking(&covered, &known, &joint)));
    sums.files = files
        .into_iter()
        .filter(|(_, added)| !added.is_empty())
        .map(|(file, added)| SumFile { file, added })
        .collect();
    Ok(sums)
}

/// Each module once, with its zip where any line wants it.
fn merged(lines: Vec<SumLine>) -> Vec<SumLine> {
    let mut all: BTreeMap<ModuleVersion, bool> = BTreeMap::new();
    for line in lines {
        *all.entry(line.module).or_default() |= line.zip;
    }
    all.into_iter()
        .map(|(module, zip)| SumLine { module, zip })
        .collect()
}

/// Everything that the workspace's sums and the plan's look-ups say.
fn known_sums(setting: &Setting, sums: &Sums) -> GoSum {
    let mut known = setting.session.go_sum().clone();
    for (module, zip, hash) in &sums.lines {
        let suffix = if *zip { "" } else { "/go.mod" };
        known.insert(&module.path, &format!("{}{suffix}", module.version), hash);
    }
    known
}

/// The lines that a file of sums lacks, as far as they are known.
fn lacking(file: &GoSum, known: &GoSum, needed: &[SumLine]) -> Vec<String> {
    let mut list = Vec::new();
    for SumLine { module, zip } in needed {
        let versions = [
            (*zip).then(|| module.version.to_string()),
            Some(format!("{}/go.mod", module.version)),
        ];
        for version in versions.into_iter().flatten() {
            if file.hashes(&module.path, &version).is_empty() {
                let hashes = known.hashes(&module.path, &version).iter();
                list.extend(hashes.map(|hash| format!("{} {version} {hash}", module.path)));
            }
        }
    }
    list.sort();
    list.dedup();
    list
}

fn insert(file: &mut GoSum, lines: &[String]) {
    for line in lines {
        let mut words = line.split(' ');
        if let (Some(path), Some(version), Some(hash)) = (words.next(), words.next(), words.next())
        {
            file.insert(&ModulePath::new(path), version, hash);
        }
    }
}

/// Writes all files of a plan: all staged first, then renamed. Nothing is written when any file of the
/// workspace is not what the plan was made from.
pub(crate) fn write(
    setting: &Setting,
    work: &Work,
    inputs: &Inputs,
    changes: &[Change],
    sums: &[SumFile],
) -> Result<(), CliError> {
    let failed = |error: HostError| {
        CliError::environment(error.to_string()).hint(
            "nothing was changed; look at the permissions, and for another gomod or go at work",
        )
    };
    let places = places(setting, work);
    let place = |name: &str| -> Result<PathBuf, CliError> {
        let found = places.iter().find(|(known, _)| known == name);
        found.map(|(_, path)| path.clone()).ok_or_else(|| {
            CliError::environment(format!("{name} is no file of this workspace"))
                .hint("plan again; nothing was changed")
        })
    };
    let paths: Vec<&PathBuf> = places.iter().map(|(_, path)| path).collect();
    let _lock = RunLock::acquire(&paths, Duration::from_secs(30)).map_err(failed)?;
    if let Some(name) = inputs.differing(&Inputs::of(setting, work)?) {
        return Err(CliError::environment(format!(
            "{name} was changed meanwhile; nothing was written"
        ))
        .hint("run the command again"));
    }
    let mut files = Vec::new();
    for sum in sums {
        let path = place(&sum.file)?;
        let mut text = read_sum(&path)?;
        insert(&mut text, &sum.added);
        files.push((path, text.text().into_bytes()));
    }
    for change in changes {
        let parsed = match change.file.as_str() {
            "go.work" => GoWork::parse(&change.file, change.after.as_bytes()).map(drop),
            name => GoMod::parse(name, change.after.as_bytes()).map(drop),
        };
        parsed.map_err(|error| {
            CliError::environment(format!(
                "the planned {} does not parse: {error}",
                change.file
            ))
            .hint("nothing was changed; please report this with your files")
        })?;
        files.push((place(&change.file)?, change.after.clone().into_bytes()));
    }
    write_all_or_none(&files).map_err(failed)
}

/// What was written, in one line.
pub(crate) fn written(changes: &[Change], sums: &[SumFile]) -> String {
    let names = changes.iter().map(|change| change.file.as_str());
    let names: Vec<&str> = names
        .chain(sums.iter().map(|sum| sum.file.as_str()))
        .collect();
    format!("written: {}", names.join(", "))
}
