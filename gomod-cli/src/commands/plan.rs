//! `gomod plan-downgrade`: the main job.

use gomod_core::graph::PathId;
use gomod_core::mvs::Mode;
use gomod_core::plan::{
    Candidates, Certificate, Goal, Means, PlanReport, Planner, Problem, Report, Target,
    UnresolvedReport,
};
use serde::Serialize;

use super::as_of::AsOf;
use super::plan_file::{self, Inputs, Read};
use super::relax::{self, Again};
use super::sums::{self, Sums};
use super::targets::{Asked, resolve};
use super::{Setting, argument, from_load_error, imports, json, proof, workspace};
use crate::args::{Format, Global, PlanDowngrade, Strategy};
use crate::error::CliError;
use crate::render::plan::{Page, means_words, page};

/// How many of the modules that may not move are named.
const MOVES_NAMED: usize = 10;

#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    report: &'a Report,
    chosen: char,
    go_mod: &'a str,
    checks: &'a Sums,
    inputs: Inputs,
    certificate: &'a Certificate,
    read: Read,
    written: bool,
}

/// The document when each target is at the version that was asked for.
#[derive(Serialize)]
struct NothingToDo {
    targets: [(); 0],
    plans: [(); 0],
    /// What is selected today, and was asked for.
    today: Vec<String>,
    written: bool,
}

/// The document when there is no plan.
#[derive(Serialize)]
struct NoPlan<'a> {
    #[serde(flatten)]
    report: &'a Report,
    written: bool,
}

pub(crate) fn run(global: &Global, args: &PlanDowngrade) -> Result<String, CliError> {
    let mut setting = Setting::load(global, Mode::Update)?;
    let mut candidates = Candidates::default();
    let (goal, today) = goal(&mut setting, &mut candidates, args)?;
    if goal.targets.is_empty() {
        return nothing_to_do(args, today);
    }
    if setting.project.work.is_some() {
        return workspace::plan(global, args, setting, goal, candidates);
    }
    let problem = Problem::new(&mut setting.world, &setting.main, setting.loaded.clone());
    let mut go_mod = setting.project.go_mod.clone();
    go_mod.settle_versions();
    let mut planner = Planner::new(problem, go_mod, goal, candidates);
    planner.packages = imports::packages(&setting);
    planner.chosen = args.choose.as_deref().and_then(row);
    let outcome = setting
        .session
        .plan(&mut setting.world, &mut planner)
        .map_err(|error| from_load_error("planning", &error))?;
    let mut report = Report::new(&setting.world, &planner, &outcome);
    if report.plans.is_empty() {
        let goal = planner.goal().clone();
        let again = &mut |setting: &mut Setting, goal| relax::again(setting, &mut planner, goal);
        return Err(no_plan(global, &mut setting, &goal, again, &report, args)?);
    }
    let letter = letter(&report, args)?;
    let front = outcome.front();
    let plan = at_letter(&report, letter, &front)?;
    let chosen = by_letter(&report, letter)?;
    let zips = args.write || args.out.is_some();
    let sums = sums::complete(&mut setting, &planner, plan, zips)?;
    let certificate = Certificate::new(&setting.world, &planner, plan);
    let go_mod = plan.go_mod.text();
    let needed = proof::check(&mut setting, &go_mod, &certificate)?;
    sums::refuse_missing(&setting, &needed, &sums.added, &sums.pending)?;
    if zips {
        refuse_broken(global, args, chosen)?;
    }
    if args.write {
        sums::write(&setting, &go_mod, &sums.added)?;
    }
    // Last of all, so that nothing else rests on what is read for it.
    let (session, world) = (&mut setting.session, &mut setting.world);
    if let Some(tidied) = session.tidied(world, &mut planner, plan) {
        report.note_tidy(letter, tidied);
    }
    let chosen = by_letter(&report, letter)?;
    let imported = match &chosen.imports.unchecked {
        None => imports::of_main(&setting, &planner.packages),
        Some(_) => None,
    };
    let imported = imported.map(|list| list.into_keys().collect());
    let document = || {
        json(&Document {
            report: &report,
            chosen: letter,
            go_mod: &go_mod,
            checks: &sums,
            inputs: Inputs::of(&setting.project, imported)?,
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
        checks.push(format!(
            "written: {} and {}",
            setting.project.name,
            sum_name(&setting)
        ));
    }
    if let Some(note) = sums::stale_vendor(&setting, args.write) {
        checks.push(note);
    }
    let looked = imports::looked(&setting, plan);
    Ok(page(&Page {
        report: &report,
        looked: looked.as_ref(),
        chosen,
        diffs: &[(
            setting.project.name.clone(),
            setting.project.go_mod.text(),
            go_mod,
        )],
        checks: &checks,
        command: (!args.write).then_some(command.as_str()),
        verbose: global.verbose,
    }))
}

/// Saves the document where `--out` says; gives it back when it is what is printed.
pub(super) fn keep(
    args: &PlanDowngrade,
    document: impl FnOnce() -> Result<String, CliError>,
) -> Result<Option<String>, CliError> {
    let prints = args.format == Format::Json;
    if args.out.is_none() && !prints {
        return Ok(None);
    }
    let document = document()?;
    if let Some(file) = &args.out {
        plan_file::save(file, &document)?;
    }
    Ok(prints.then_some(document))
}

/// The lines of the page that say what was checked, and where the plan was saved.
pub(super) fn checked(
    args: &PlanDowngrade,
    sums: Vec<String>,
    chosen: &PlanReport,
    certificate: &Certificate,
) -> Vec<String> {
    let mut checks = sums;
    checks.push(imports::line(&chosen.imports));
    checks.push(plan_file::certificate_line(certificate));
    let saved = args.out.iter();
    checks.extend(saved.map(|file| format!("saved: {}", file.display())));
    checks
}

/// What is asked for is what is selected.
fn nothing_to_do(args: &PlanDowngrade, today: Vec<String>) -> Result<String, CliError> {
    if args.format == Format::Json {
        return json(&NothingToDo {
            targets: [],
            plans: [],
            today,
            written: false,
        });
    }
    Ok(format!(
        "{} is what is selected today: nothing to do\n",
        today.join(", ")
    ))
}

/// A plan under which an import has no package is written only when it was chosen by its letter. Who allows
/// that a direct requirement is dropped knows that the main module's own imports of it go as well.
pub(super) fn refuse_broken(
    global: &Global,
    args: &PlanDowngrade,
    chosen: &PlanReport,
) -> Result<(), CliError> {
    let broken = unexpected(args, chosen);
    if broken.is_empty() || args.choose.is_some() {
        return Ok(());
    }
    let mut error = CliError::no("the build would fail after this plan; nothing was written");
    for sentence in broken {
        error = error.detail(sentence);
    }
    let command = write_command(global, args, chosen);
    Err(error.hint(format!("to write it all the same: {command}")))
}

/// The imports that would not resolve, but for those that `--allow-drop` lets go.
fn unexpected(args: &PlanDowngrade, plan: &PlanReport) -> Vec<String> {
    plan.imports
        .unresolved
        .iter()
        .filter(|one| !(args.allow_drop && one.by.is_none()))
        .map(UnresolvedReport::sentence)
        .collect()
}

/// The command that writes a plan; one that does not build has to be named by its letter.
pub(super) fn write_command(global: &Global, args: &PlanDowngrade, plan: &PlanReport) -> String {
    let mut args = args.clone();
    if !unexpected(&args, plan).is_empty() {
        args.choose = Some(plan.letter.to_string());
    }
    let line = command_line(global, &args);
    match &args.out {
        Some(file) => format!("{line} --out {}", quote(&file.display().to_string())),
        None => format!("{line} --write"),
    }
}

/// The command that applies what the page shows.
pub(super) fn next_command(global: &Global, args: &PlanDowngrade, plan: &PlanReport) -> String {
    match &args.out {
        Some(file) => {
            let words = gomod_words(global).join(" ");
            format!("{words} apply {}", quote(&file.display().to_string()))
        }
        None => write_command(global, args, plan),
    }
}

fn sum_name(setting: &Setting) -> String {
    let file = setting.project.sum_file.file_name();
    file.map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

/// The goal that the flags describe, and the arguments that ask for what is selected already.
fn goal(
    setting: &mut Setting,
    candidates: &mut Candidates,
    args: &PlanDowngrade,
) -> Result<(Goal, Vec<String>), CliError> {
    let mut goal = Goal {
        strategy: match args.strategy {
            Strategy::Auto => None,
            Strategy::Require => Some(Means::Require),
            Strategy::Exclude => Some(Means::Exclude),
            Strategy::Replace => Some(Means::Replace),
        },
        max_collateral: args.max_collateral,
        allow_drop: args.allow_drop,
        settle: args.settle,
        ..Goal::default()
    };
    let mut today = Vec::new();
    let mut named: Vec<String> = Vec::new();
    argument::refuse_pairs(&args.targets)?;
    let as_of = AsOf::read(setting, args)?;
    if let Some(as_of) = &as_of {
        goal.as_of = as_of.requirements(setting).into_iter().collect();
    }
    for argument in &args.targets {
        let argument = match &as_of {
            Some(as_of) => as_of.complete(setting, argument)?,
            None => argument.clone(),
        };
        match resolve(setting, candidates, &argument)? {
            Asked::Today(what, path) => {
                if let Some(path) = path {
                    let name = setting.world.modules.path(path).to_string();
                    if named.contains(&name) {
                        return Err(named_twice(&name));
                    }
                    named.push(name);
                    goal.keep.insert(path);
                }
                today.push(what);
            }
            Asked::Target(target) => {
                let modules = &setting.world.modules;
                let path = target.path(|module| modules.path_of(module));
                let name = match (&target, path) {
                    (_, Some(path)) => modules.path(path).to_string(),
                    (Target::Toolchain { .. }, None) => "toolchain".to_owned(),
                    (_, None) => "go".to_owned(),
                };
                if named.contains(&name) {
                    return Err(named_twice(&name));
                }
                named.push(name);
                goal.targets.push(target);
            }
        }
    }
    for name in &args.keep {
        goal.keep.insert(kept(setting, name, &named)?);
    }
    Ok((goal, today))
}

/// The module that `--keep` names, which must be none of the targets.
fn kept(setting: &Setting, name: &str, targets: &[String]) -> Result<PathId, CliError> {
    if let Some((module, _)) = name.split_once('@') {
        return Err(CliError::usage(format!(
            "--keep {name}: a module is kept at today's version, so it is named without one"
        ))
        .hint(format!(
            "--keep {module}; for another version make it a target"
        )));
    }
    let path = setting
        .find_module(name)
        .map_err(|error| error.about("--keep"))?;
    let modules = &setting.world.modules;
    let full = modules.path(path).to_string();
    if targets.contains(&full) {
        return Err(CliError::usage(format!(
            "--keep {name}: {full} cannot be both a target and kept"
        ))
        .hint(format!(
            "leave out --keep {name} to move it, or the target to leave it"
        )));
    }
    if setting.loaded.setup.overrides.main.contains(&path) {
        return Err(
            CliError::usage(format!("--keep {name}: {full} is the main module"))
                .hint("leave it out: a main module has no version that could move"),
        );
    }
    Ok(path)
}

fn named_twice(name: &str) -> CliError {
    CliError::usage(format!("{name} is named twice")).hint("give each module one version")
}

/// Why there is no plan, in the form that was asked for.
pub(super) fn no_plan(
    global: &Global,
    setting: &mut Setting,
    goal: &Goal,
    again: &mut Again<'_>,
    report: &Report,
    args: &PlanDowngrade,
) -> Result<CliError, CliError> {
    let error = refused(global, setting, goal, again, report, args)?;
    Ok(match args.format {
        Format::Text => error,
        Format::Json => error.document(json(&NoPlan {
            report,
            written: false,
        })?),
    })
}

/// Why there is no plan, step by step, and what could be asked for instead.
fn refused(
    global: &Global,
    setting: &mut Setting,
    goal: &Goal,
    again: &mut Again<'_>,
    report: &Report,
    args: &PlanDowngrade,
) -> Result<CliError, CliError> {
    let mut error = CliError::no("no plan reaches this within the limits");
    for refusal in &report.refused {
        error = error.detail(format!("by {}:", means_words(&refusal.means)));
        for (number, sentence) in refusal.because.iter().enumerate() {
            error = error.detail(format!("  {}. {sentence}", number + 1));
        }
        for moved in refusal.moves.iter().take(MOVES_NAMED) {
            error = error.detail(format!("     {}", moved.words()));
        }
        if refusal.moves.len() > MOVES_NAMED {
            let more = refusal.moves.len() - MOVES_NAMED;
            error = error.detail(format!("     … and {more} more"));
        }
    }
    let relaxed = relax::relaxed(setting, goal, args, again)?;
    if relaxed.is_empty() {
        return Ok(error.hint(
            "gomod why MOD shows what holds a version up; leaving out limits does not help",
        ));
    }
    for one in relaxed {
        error = error.hint(format!(
            "{} there is a plan: {}\n{}",
            one.words,
            one.cost,
            command_line(global, &one.args)
        ));
    }
    Ok(error)
}

/// The row of the table that a letter names.
fn row(letter: &str) -> Option<usize> {
    let wanted = letter.to_ascii_uppercase();
    ('A'..='Z').position(|letter| wanted == letter.to_string())
}

/// The letter of the plan that was asked for, or of the best.
pub(super) fn letter(report: &Report, args: &PlanDowngrade) -> Result<char, CliError> {
    let mut letters = report.plans.iter().map(|plan| plan.letter);
    let Some(text) = &args.choose else {
        return letters
            .next()
            .ok_or_else(|| CliError::usage("no such plan"));
    };
    let wanted = text.to_ascii_uppercase();
    let known: Vec<char> = letters.collect();
    known
        .iter()
        .find(|letter| wanted == letter.to_string())
        .copied()
        .ok_or_else(|| {
            let known: Vec<String> = known.iter().map(ToString::to_string).collect();
            CliError::usage(format!("--choose {text}: there is no such plan"))
                .hint(format!("the table has {}", known.join(", ")))
        })
}

/// What the report says of the plan with a letter.
pub(super) fn by_letter(report: &Report, letter: char) -> Result<&PlanReport, CliError> {
    let mut plans = report.plans.iter();
    plans
        .find(|plan| plan.letter == letter)
        .ok_or_else(|| CliError::usage("no such plan"))
}

/// The plan with a letter among those of the table.
pub(super) fn at_letter<'a, T>(
    report: &Report,
    letter: char,
    front: &[&'a T],
) -> Result<&'a T, CliError> {
    let at = report.plans.iter().position(|plan| plan.letter == letter);
    at.and_then(|at| front.get(at).copied())
        .ok_or_else(|| CliError::usage("no such plan"))
}

/// `gomod` with the global flags that decide what it works on.
pub(crate) fn gomod_words(global: &Global) -> Vec<String> {
    let mut words = vec!["gomod".to_owned()];
    let mut flag = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            words.push(name.to_owned());
            words.push(quote(&value));
        }
    };
    flag(
        "-C",
        global
            .directory
            .as_ref()
            .map(|dir| dir.display().to_string()),
    );
    flag(
        "--modfile",
        global
            .modfile
            .as_ref()
            .map(|file| file.display().to_string()),
    );
    flag("--proxy", global.proxy.clone());
    flag("--go", global.go.clone());
    if global.offline {
        words.push("--offline".to_owned());
    }
    words
}

/// The command that shows the plan again.
fn command_line(global: &Global, args: &PlanDowngrade) -> String {
    let mut words = gomod_words(global);
    words.push("plan-downgrade".to_owned());
    words.extend(args.targets.iter().map(|target| quote(target)));
    match args.strategy {
        Strategy::Auto => {}
        Strategy::Require => words.push("--strategy require".to_owned()),
        Strategy::Exclude => words.push("--strategy exclude".to_owned()),
        Strategy::Replace => words.push("--strategy replace".to_owned()),
    }
    words.extend(
        args.keep
            .iter()
            .map(|name| format!("--keep {}", quote(name))),
    );
    words.extend(
        args.max_collateral
            .iter()
            .map(|n| format!("--max-collateral {n}")),
    );
    if args.allow_drop {
        words.push("--allow-drop".to_owned());
    }
    if args.settle {
        words.push("--settle".to_owned());
    }
    words.extend(
        args.as_of
            .iter()
            .map(|rev| format!("--as-of {}", quote(rev))),
    );
    words.extend(
        args.choose
            .iter()
            .map(|letter| format!("--choose {}", quote(letter))),
    );
    words.join(" ")
}

/// `text` as one word of a shell.
pub(crate) fn quote(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "@%_+=:,./-".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}
