//! `cargo run -p gomod-benches --release -- versus-go [DIR…]`: gomod's speed beside the go command's; and
//! `… -- agree`, which counts where the two agree; `… -- trust DIR…`, which counts what proving go.sum takes; and
//! `… -- downgrades`, which compares plans with what `go get` does.
//!
//! For each main module the two commands run in turn, A B A B …, and the medians and the median of the
//! ratios pair by pair are printed. Whole processes are timed; nothing is asserted.

mod agreement;
mod downgrades;
mod materialise;
mod real;
mod trust;
mod vendored;
mod worlds;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

const PAIRS: usize = 9;

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    match args.next().as_deref() {
        Some("versus-go") => versus_go(args),
        Some("agree") => agreement::run(args),
        Some("trust") => match build(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..")) {
            Some(gomod) => trust::run(args, &gomod),
            None => {
                eprintln!("gomod could not be built");
                ExitCode::FAILURE
            }
        },
        Some("downgrades") => downgrades::run(args),
        _ => {
            eprintln!(
                "usage: gomod-benches versus-go [DIR…]\n       gomod-benches agree [--inputs N] [--worlds N] [--seed N] [--real few|all] [--corpus DIR]\n       gomod-benches trust DIR…\n       {}\n\n\
                 versus-go times gomod beside go; DIR is a main module, without one fixtures/gin-app.\n\
                 agree counts on how many inputs gomod gives what go gives; by default 5000 of each kind, 40 worlds.\n\
                 With --real it fetches real modules as go does; all takes those of a corpus too (or GOMOD_CORPUS).\n\
                 trust proves the go.sum of main modules in the real log, with an empty cache and then offline, and fails \
                 when more is asked than a look-up for each version and each tile once.\n\
                 downgrades compares plans with what go get does, on real main modules and in N random worlds.",
                downgrades::USAGE
            );
            ExitCode::from(2)
        }
    }
}

fn versus_go(args: impl Iterator<Item = String>) -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut modules: Vec<PathBuf> = args.map(PathBuf::from).collect();
    if modules.is_empty() {
        modules.push(root.join("fixtures/gin-app"));
    }
    if Command::new("go").arg("version").output().is_err() {
        eprintln!("skipped: there is no go command to compare with");
        return ExitCode::SUCCESS;
    }
    let Some(gomod) = build(&root) else {
        eprintln!("gomod could not be built");
        return ExitCode::FAILURE;
    };
    println!(
        "{:<44} {:<14} {:>10} {:>10} {:>8}",
        "main module", "command", "gomod ms", "go ms", "go/gomod"
    );
    for module in &modules {
        for (name, ours, theirs) in [
            ("list", vec!["list"], vec!["list", "-m", "all"]),
            ("graph", vec!["graph"], vec!["mod", "graph"]),
            // Ours also compares go.sum, vendor/ and the .mod and .info files; the log is left out (below).
            ("verify", vec!["verify", "--offline"], vec!["mod", "verify"]),
        ] {
            let pairs: Vec<(Duration, Duration)> = (0..=PAIRS)
                .filter_map(|_| {
                    Some((
                        run(&gomod, &ours, module)?,
                        run(Path::new("go"), &theirs, module)?,
                    ))
                })
                .skip(1) // the first pair warms the caches
                .collect();
            let label = module.file_name().unwrap_or_default().to_string_lossy();
            if pairs.is_empty() {
                println!("{label:<44} {name:<14} one of the two failed");
                continue;
            }
            let ms = |d: Duration| d.as_secs_f64() * 1e3;
            println!(
                "{:<44} {:<14} {:>10.1} {:>10.1} {:>7.1}x",
                label,
                name,
                median(pairs.iter().map(|p| ms(p.0)).collect()),
                median(pairs.iter().map(|p| ms(p.1)).collect()),
                median(
                    pairs
                        .iter()
                        .map(|p| p.1.as_secs_f64() / p.0.as_secs_f64())
                        .collect()
                ),
            );
        }
    }
    ExitCode::SUCCESS
}

/// Builds the release binary and says where it is.
pub(crate) fn build(root: &Path) -> Option<PathBuf> {
    let built = Command::new(env!("CARGO"))
        .args(["build", "--release", "--quiet", "-p", "gomod-cli"])
        .current_dir(root)
        .status()
        .ok()?;
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    built.success().then(|| target.join("release/gomod"))
}

fn run(program: &Path, args: &[&str], dir: &Path) -> Option<Duration> {
    let start = Instant::now();
    let status = Command::new(program)
        .args(args)
        .current_dir(dir)
        .env("GOFLAGS", "-mod=readonly")
        .env("GOWORK", "off")
        // go mod verify does not ask the log, and go.sum is complete for the others.
        .env("GOSUMDB", "off")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .ok()?;
    let took = start.elapsed();
    status.success().then_some(took)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
