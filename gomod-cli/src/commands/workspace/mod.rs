//! `gomod plan-downgrade` in a workspace: one plan over all members, with the file of each edit.

mod apply;
mod file;
mod write;

pub(super) use apply::run as apply;

use gomod_core::host::LoadFailure;
use gomod_core::plan::{
    Candidates, Certificate, Goal, Report, WorkspaceError, WorkspaceOutcome, WorkspacePlanner,
};
use serde::Serialize;

use super::plan::{
    at_letter, by_letter, checked, keep, letter, next_command, no_plan, refuse_broken,
};
use super::plan_file::Read;
use super::sums::{self, Sums};
use super::{Setting, from_load_error, imports, json, load_error, proof};
use crate::args::{Global, PlanDowngrade};
use crate::context::Work;
use crate::error::CliError;
use crate::render::plan::{Page, page};
use file::{Inputs, PlannedFile};
use write::Change;

#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    report: &'a Report,
    chosen: char,
    files: Vec<PlannedFile>,
    checks: &'a Sums,
    inputs: Inputs,
    certificate: &'a Certificate,
    read: Read,
    written: bool,
}

pub(super) fn plan(
    global: &Global,
    args: &PlanDowngrade,
    mut setting: Setting,
    goal: Goal,
    candidates: Candidates,
) -> Result<String, CliError> {
    let work = workspace(&setting)?.clone();
    let packages = imports::member_packages(&work);
    let imported = imports::of_members(&work, &packages);
    let mut planner = WorkspacePlanner::new(
        work.files(),
        work.layout(),
        packages,
        goal.clone(),
        setting.project.local_go.clone(),
    );
    planner.candidates = candidates;
    let outcome = search(&mut setting, &mut planner)?;
    let holder = planner
        .holder()
        .ok_or_else(|| CliError::environment("go.work uses no module").hint("go work use DIR"))?;
    let report = outcome.report(&setting.world, &holder);
    if report.plans.is_empty() {
        let again = &mut |setting: &mut Setting, goal: Goal| {
            planner.set_goal(goal);
            let outcome = search(setting, &mut planner)?;
            Ok(outcome.plans.iter().map(|plan| plan.plan.cost).collect())
        };
        return Err(no_plan(global, &mut setting, &goal, again, &report, args)?);
    }
    let letter = letter(&report, args)?;
    let chosen = by_letter(&report, letter)?;
    let front = outcome.front();
    let plan = at_letter(&report, letter, &front)?;
    let zips = args.write || args.out.is_some();
    let sums = write::complete(&mut setting, &work, &holder, plan, zips)?;
    let certificate = Certificate::new(&setting.world, &holder, &plan.plan);
    let members: Vec<String> = plan.files.members.iter().map(|file| file.text()).collect();
    let go_work = plan.files.go_work.text();
    let needed = proof::check_workspace(&mut setting, &work, &members, &go_work, &certificate)?;
    let added = sums.files.iter().flat_map(|file| &file.added);
    sums::refuse_missing(&setting, &needed, added, &sums.pending)?;
    let changes: Vec<Change> = plan
        .changes
        .iter()
        .map(|edits| Change::of(&work, edits))
        .collect();
    let followed = imported.filter(|_| chosen.imports.unchecked.is_none());
    let inputs = Inputs {
        imports: followed.map(|list| list.into_keys().collect()),
        ..Inputs::of(&setting, &work)?
    };
    if zips {
        refuse_broken(global, args, chosen)?;
    }
    if args.write {
        write::write(&setting, &work, &inputs, &changes, &sums.files)?;
    }
    let document = || {
        json(&Document {
            report: &report,
            chosen: letter,
            files: changes.iter().map(PlannedFile::from).collect(),
            checks: &sums,
            inputs,
            certificate: &certificate,
            read: Read::of(&setting),
            written: args.write,
        })
    };
    if let Some(document) = keep(args, document)? {
        return Ok(document);
    }
    let command = next_command(global, args, chosen);
    let mut checks = checked(args, sums.lines(), chosen, &certificate);
    if args.write {
        checks.push(write::written(&changes, &sums.files));
    }
    checks.extend(sums::stale_vendor(&setting, args.write));
    let looked = imports::looked(&setting, &plan.plan);
    let diffs: Vec<(String, String, String)> = changes
        .iter()
        .map(|change| {
            (
                change.file.clone(),
                change.before.clone(),
                change.after.clone(),
            )
        })
        .collect();
    Ok(page(&Page {
        report: &report,
        looked: looked.as_ref(),
        chosen,
        diffs: &diffs,
        checks: &checks,
        command: (!args.write).then_some(command.as_str()),
        verbose: global.verbose,
    }))
}

fn workspace(setting: &Setting) -> Result<&Work, CliError> {
    let work = setting.project.work.as_ref();
    work.ok_or_else(|| CliError::environment("no workspace is in force").hint("go env GOWORK"))
}

fn search(
    setting: &mut Setting,
    planner: &mut WorkspacePlanner,
) -> Result<WorkspaceOutcome, CliError> {
    let outcome = setting
        .session
        .plan(&mut setting.world, planner)
        .map_err(|error| from_load_error("planning", &error))?;
    outcome.map_err(|error| match error {
        WorkspaceError::Load(error) => {
            load_error(&setting.project, &LoadFailure::new(&setting.world, error))
        }
        WorkspaceError::Main(why) => CliError::environment(format!("go.work: {why}"))
            .hint("nothing was changed; look at the files of the workspace"),
    })
}
