//! `gomod`: parses the command line, runs one command, prints its result, and ends with its exit code.

mod args;
mod commands;
mod context;
mod error;
mod render;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Color, Command};
use error::CliError;
use render::style::{ERROR, paint};

/// What a command ends with: its output, and the exit code if that is not 0.
pub(crate) struct Answer {
    output: String,
    code: u8,
}

impl From<String> for Answer {
    fn from(output: String) -> Self {
        Self { output, code: 0 }
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match cli.global.color {
        Color::Always => anstream::ColorChoice::Always.write_global(),
        Color::Never => anstream::ColorChoice::Never.write_global(),
        Color::Auto => {}
    }
    match run(&cli) {
        Ok(answer) => print(&answer),
        Err(error) => {
            // If standard error is closed there is nobody left to tell.
            let _ = writeln!(anstream::stderr(), "{} {error}", paint(ERROR, "error:"));
            ExitCode::from(error.kind.code())
        }
    }
}

fn run(cli: &Cli) -> Result<Answer, CliError> {
    let global = &cli.global;
    match &cli.command {
        Command::List(args) => commands::list::run(global, args).map(Answer::from),
        Command::Graph(args) => commands::graph::run(global, args).map(Answer::from),
        Command::Tree(args) => commands::tree::run(global, args).map(Answer::from),
        Command::Why(args) => commands::why::run(global, args).map(Answer::from),
        Command::PlanDowngrade(args) => commands::plan::run(global, args).map(Answer::from),
        Command::Lock(args) => commands::lock::run(global, args).map(Answer::from),
        Command::Drift(args) => commands::drift::run(global, args),
    }
}

/// Writes the result; a reader that went away is no error.
fn print(answer: &Answer) -> ExitCode {
    let mut out = anstream::stdout().lock();
    let written = out
        .write_all(answer.output.as_bytes())
        .and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            let _ = writeln!(
                anstream::stderr(),
                "{} writing the result: {error}",
                paint(ERROR, "error:")
            );
            ExitCode::from(3)
        }
        _ => ExitCode::from(answer.code),
    }
}
