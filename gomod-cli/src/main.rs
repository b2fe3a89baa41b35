//! `gomod`: parses the command line, runs one command, prints its result, and ends with its exit code.

mod args;
mod commands;
mod context;
mod error;
mod render;
mod surroundings;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Color, Command};
use error::CliError;
use render::style::{ERROR, paint};

/// What a command ends with: its output, and the exit code if that is not 0.
pub(crate) struct Answer {
    output: Output,
    code: u8,
}

enum Output {
    /// Text, whose colours are taken out where they are not wanted.
    Text(String),
    /// The bytes of a file, which go out as they are.
    File(Vec<u8>),
}

impl Answer {
    pub(crate) fn text(output: String, code: u8) -> Self {
        let output = Output::Text(output);
        Self { output, code }
    }

    pub(crate) fn file(bytes: Vec<u8>) -> Self {
        let output = Output::File(bytes);
        Self { output, code: 0 }
    }
}

impl From<String> for Answer {
    fn from(output: String) -> Self {
        Self::text(output, 0)
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
            if let Some(document) = &error.document {
                let _ = write(&mut std::io::stdout().lock(), document.as_bytes());
            }
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
        Command::Apply(args) => commands::apply::run(global, args).map(Answer::from),
        Command::Verify(args) => commands::verify::run(global, args),
        Command::Lock(args) => commands::lock::run(global, args).map(Answer::from),
        Command::Drift(args) => commands::drift::run(global, args),
        Command::Fmt(args) => commands::fmt::run(global, args),
        Command::Edit(args) => commands::edit::run(global, args),
    }
}

/// Writes the result; a reader that went away is no error.
fn print(answer: &Answer) -> ExitCode {
    let written = match &answer.output {
        Output::Text(text) => write(&mut anstream::stdout().lock(), text.as_bytes()),
        Output::File(bytes) => write(&mut std::io::stdout().lock(), bytes),
    };
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

fn write(out: &mut impl Write, bytes: &[u8]) -> std::io::Result<()> {
    out.write_all(bytes).and_then(|()| out.flush())
}
