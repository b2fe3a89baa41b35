//! `gomod-benches downgrades`: `gomod plan-downgrade` beside `go get MODULE@OLDER`, on real main modules and in
//! random worlds.
//!
//! What `go get` leaves is measured by the planner's own cost. Every plan is written and confirmed by the go
//! command. The exit code is 1 when `go get` left something cheaper, or a plan was not confirmed.

mod cases;
mod commands;
mod compare;
mod worlds;

#[path = "../../../gomod-cli/tests/worlds/measured.rs"]
mod measured;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use cases::Case;
use commands::Commands;
use compare::Row;
use measured::Class;

pub(crate) const USAGE: &str = "gomod-benches downgrades [--cases FILE] [--corpus DIR] [--no-corpus] [--only TEXT]… [--limit SECONDS] [--worlds N] [--seed N]";

/// What the command line says.
struct Options {
    cases: PathBuf,
    corpus: Option<PathBuf>,
    only: Vec<String>,
    limit: u64,
    worlds: u64,
    seed: u64,
}

impl Options {
    fn parse(mut args: impl Iterator<Item = String>, root: &Path) -> Result<Self, String> {
        let mut options = Self {
            cases: root.join("benches/downgrades.txt"),
            corpus: Some(root.join("../shared/corpus")),
            only: Vec::new(),
            limit: 60,
            worlds: 0,
            seed: 1,
        };
        while let Some(flag) = args.next() {
            if flag == "--no-corpus" {
                options.corpus = None;
                continue;
            }
            let value = args.next().ok_or_else(|| format!("{flag} takes a value"))?;
            let number = || {
                let number = value.parse::<u64>();
                number.map_err(|_| format!("{flag} {value}: that is no number"))
            };
            match flag.as_str() {
                "--cases" => options.cases = PathBuf::from(value),
                // Its script is run elsewhere.
                "--corpus" => match std::fs::canonicalize(&value) {
                    Ok(directory) => options.corpus = Some(directory),
                    Err(error) => return Err(format!("--corpus {value}: {error}")),
                },
                "--only" => options.only.push(value),
                "--limit" => options.limit = number()?,
                "--worlds" => options.worlds = number()?,
                "--seed" => options.seed = number()?,
                _ => return Err(format!("{flag}: there is no such flag")),
            }
        }
        Ok(options)
    }

    /// The targets to run: those of which `--only` names the main module or the target.
    fn cases(&self) -> Result<Vec<Case>, String> {
        let mut cases = Vec::new();
        if let Some(corpus) = &self.corpus {
            cases.extend(cases::of_corpus(corpus)?);
        }
        cases.extend(cases::of_file(&self.cases)?);
        for case in &mut cases {
            let name = case.name.clone();
            case.targets.retain(|target| {
                let text = format!("{name} {target}");
                self.only.is_empty() || self.only.iter().any(|only| text.contains(only.as_str()))
            });
        }
        cases.retain(|case| !case.targets.is_empty());
        Ok(cases)
    }
}

pub(crate) fn run(args: impl Iterator<Item = String>) -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let options = match Options::parse(args, &root) {
        Ok(options) => options,
        Err(reason) => {
            eprintln!("{reason}\nusage: {USAGE}");
            return ExitCode::from(2);
        }
    };
    let ready = options.cases().and_then(|cases| {
        let gomod = crate::build(&root).ok_or("gomod could not be built")?;
        Ok((cases, Commands::find(gomod)?))
    });
    let (cases, commands) = match ready {
        Ok(ready) => ready,
        Err(reason) => {
            eprintln!("there is nothing to compare: {reason}");
            return ExitCode::from(3);
        }
    };
    let mut good = beside(&cases, &commands, options.limit);
    if options.worlds > 0 {
        good &= worlds::beside(options.worlds, options.seed, options.limit);
    }
    ExitCode::from(u8::from(!good))
}

/// One row for each target, and the counts; whether all is well.
fn beside(cases: &[Case], commands: &Commands, limit: u64) -> bool {
    println!("{}", Row::HEAD);
    let mut classes: BTreeMap<Class, usize> = BTreeMap::new();
    let (mut rows, mut plans, mut confirmed, mut missing) = (0, 0, 0, 0);
    let mut steady = true;
    for case in cases {
        let place = case.materialise(commands);
        let (_directory, place) = match place {
            Ok(place) => place,
            Err(reason) => {
                println!("{}: cannot be made: {reason}", case.name);
                missing += 1;
                continue;
            }
        };
        for target in &case.targets {
            match compare::row(&place, target, commands, limit) {
                Ok(row) => {
                    println!("{}", row.text(&case.name, limit));
                    rows += 1;
                    plans += row.plans();
                    confirmed += row.confirmed();
                    steady &= row.is_steady();
                    *classes.entry(row.class).or_default() += 1;
                }
                Err(reason) => {
                    println!("{} {target}: cannot be compared: {reason}", case.name);
                    missing += 1;
                }
            }
        }
    }
    let counts: Vec<String> = Class::ALL
        .iter()
        .map(|class| {
            let count = classes.get(class).copied().unwrap_or(0);
            format!("{}: {count}", class.words(limit))
        })
        .collect();
    println!(
        "{rows} downgrades ({}): {}; {confirmed} of {plans} written plans confirmed; {missing} not compared",
        commands.go_version,
        counts.join("; ")
    );
    let worse = classes.get(&Class::Worse).copied().unwrap_or(0);
    worse == 0 && confirmed == plans && missing == 0 && steady
}
