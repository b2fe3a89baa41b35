//! `gomod plan-downgrade`: the main job.

use gomod_core::mvs::Mode;
use gomod_core::plan::{Candidates, Goal, Means, Outcome, Plan, Planner, Problem, Report};
use serde::Serialize;

use super::sums::{self, Sums};
use super::targets::{Asked, resolve};
use super::{Setting, from_load_error, json, proof};
use crate::args::{Format, Global, PlanDowngrade, Strategy};
use crate::error::CliError;
use crate::render::plan::{Page, means_words, page};

#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    report: &'a Report,
    chosen: char,
    go_mod: String,
    checks: &'a Sums,
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

pub(crate) fn run(global: &Global, args: &PlanDowngrade) -> Result<String, CliError> {
    let mut setting = Setting::load(global, Mode::Update)?;
    setting.project.require_single("plan-downgrade")?;
    let mut candidates = Candidates::default();
    let (goal, today) = goal(&mut setting, &mut candidates, args)?;
    if goal.targets.is_empty() {
        if args.format == Format::Json {
            return json(&NothingToDo {
                targets: [],
                plans: [],
                today,
                written: false,
            });
        }
        return Ok(format!(
            "{} is what is selected today: nothing to do\n",
            today.join(", ")
        ));
    }
    let problem = Problem::new(&mut setting.world, &setting.main, setting.loaded.clone());
    let mut go_mod = setting.project.go_mod.clone();
    go_mod.settle_versions();
    let mut planner = Planner::new(problem, go_mod, goal, candidates);
    let outcome = setting
        .session
        .plan(&mut setting.world, &mut planner)
        .map_err(|error| from_load_error("planning", &error))?;
    let report = Report::new(&setting.world, &planner, &outcome);
    let (plan, letter) = choose(&outcome, &report, args)?;
    let sums = sums::complete(&mut setting, &planner, plan, args.write)?;
    proof::check(&mut setting, &planner, plan)?;
    if args.write {
        sums::write(&setting, plan, &sums)?;
    }
    let chosen = report
        .plans
        .iter()
        .find(|plan| plan.letter == letter)
        .ok_or_else(|| CliError::usage("no such plan"))?;
    if args.format == Format::Json {
        return json(&Document {
            report: &report,
            chosen: letter,
            go_mod: plan.go_mod.text(),
            checks: &sums,
            written: args.write,
        });
    }
    let command = command_line(global, args, letter);
    let mut checks = sums.lines();
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
    Ok(page(&Page {
        report: &report,
        chosen,
        file: &setting.project.name,
        before: &setting.project.go_mod.text(),
        after: &plan.go_mod.text(),
        checks: &checks,
        command: (!args.write).then_some(command.as_str()),
        verbose: global.verbose,
    }))
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
        ..Goal::default()
    };
    let mut today = Vec::new();
    let mut named: Vec<String> = Vec::new();
    for argument in &args.targets {
        match resolve(setting, candidates, argument)? {
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
                let path = target.path(|module| setting.world.modules.path_of(module));
                let name = path.map_or_else(
                    || "go".to_owned(),
                    |path| setting.world.modules.path(path).to_string(),
                );
                if named.contains(&name) {
                    return Err(named_twice(&name));
                }
                named.push(name);
                goal.targets.push(target);
            }
        }
    }
    for name in &args.keep {
        let path = setting.find_module(name)?;
        if named.contains(&setting.world.modules.path(path).to_string()) {
            return Err(
                CliError::usage(format!("{name} cannot be both a target and kept"))
                    .hint("leave out one of the two"),
            );
        }
        goal.keep.insert(path);
    }
    Ok((goal, today))
}

fn named_twice(name: &str) -> CliError {
    CliError::usage(format!("{name} is named twice")).hint("give each module one version")
}

/// The plan that was asked for, or the best; without any, the reasons.
fn choose<'a>(
    outcome: &'a Outcome,
    report: &Report,
    args: &PlanDowngrade,
) -> Result<(&'a Plan, char), CliError> {
    let front = outcome.front();
    if front.is_empty() {
        let mut error = CliError::no("no plan reaches this within the limits");
        let mut relax: Vec<String> = Vec::new();
        for refusal in &report.refused {
            error = error.detail(format!("by {}:", means_words(&refusal.means)));
            for (number, sentence) in refusal.because.iter().enumerate() {
                error = error.detail(format!("  {}. {sentence}", number + 1));
            }
            relax.extend(refusal.relax.iter().cloned());
        }
        relax.sort();
        relax.dedup();
        if args.strategy != Strategy::Auto {
            relax.push("--strategy auto".to_owned());
        }
        return Err(if relax.is_empty() {
            error.hint("gomod why MOD shows what holds a version up")
        } else {
            error.hint(format!("try {}", relax.join(", or ")))
        });
    }
    let letters: Vec<char> = report.plans.iter().map(|plan| plan.letter).collect();
    let letter = match &args.choose {
        None => letters[0],
        Some(text) => {
            let wanted = text.to_ascii_uppercase();
            *letters
                .iter()
                .find(|letter| wanted == letter.to_string())
                .ok_or_else(|| {
                    let known: Vec<String> = letters.iter().map(ToString::to_string).collect();
                    CliError::usage(format!("--choose {text}: there is no such plan"))
                        .hint(format!("the table has {}", known.join(", ")))
                })?
        }
    };
    let at = letters
        .iter()
        .position(|known| *known == letter)
        .unwrap_or_default();
    Ok((front[at], letter))
}

/// The command that applies the plan that is shown.
fn command_line(global: &Global, args: &PlanDowngrade, letter: char) -> String {
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
    if args.choose.is_some() {
        words.push(format!("--choose {letter}"));
    }
    words.push("--write".to_owned());
    words.join(" ")
}

fn quote(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "@%_+=:,./-".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}
