//! The command line: global flags, and one struct for each command.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Go module analysis: exactly what the `go` command selects, why, and the smallest edit that undoes it.
#[derive(Debug, Parser)]
#[command(
    name = "gomod",
    version,
    propagate_version = true,
    max_term_width = 100,
    after_help = "\
Examples:
  gomod plan-downgrade gin@v1.9.0           what must change, and why
  gomod plan-downgrade gin@v1.9.0 --write   change it
  gomod why golang.org/x/net                who holds this version up
  gomod tree -i golang.org/x/net            everything that leads to it
  gomod lock && gomod drift                 agree on a build list; fail in CI when it moves

Exit codes: 0 done; 1 the answer is no (drift, no plan); 2 usage; 3 environment (network, files);
4 security (a checksum, signature or proof does not hold)."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Flags that every command takes.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Change to DIR first; paths in other flags are relative to it, as with `go -C`
    #[arg(short = 'C', value_name = "DIR", global = true)]
    pub(crate) directory: Option<PathBuf>,

    /// Use FILE instead of go.mod; the go.sum that goes with `x.mod` is `x.sum`
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) modfile: Option<PathBuf>,

    /// Use these module proxies instead of GOPROXY: a list as in GOPROXY, or a directory
    #[arg(long, value_name = "LIST|DIR", global = true)]
    pub(crate) proxy: Option<String>,

    /// Use only what is on this machine: the module cache and file:// proxies
    #[arg(long, global = true)]
    pub(crate) offline: bool,

    /// The Go version to assume as installed; without Go and without this flag any go line is accepted
    #[arg(long = "go", value_name = "VERSION", global = true)]
    pub(crate) go: Option<String>,

    /// When to colour the output; NO_COLOR is obeyed
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true)]
    pub(crate) color: Color,

    /// Print errors only
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,

    /// Say more: every path, every source
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    List(List),
    Graph(Graph),
    Tree(Tree),
    Why(Why),
    PlanDowngrade(PlanDowngrade),
    Lock(Lock),
    Drift(Drift),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
}

/// Print the build list, byte for byte what `go list -m all` prints
#[derive(Debug, Args)]
pub(crate) struct List {
    /// How to print
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Format,
}

/// Print the module requirement graph, as `go mod graph` does
#[derive(Debug, Args)]
pub(crate) struct Graph {
    /// How to print
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: GraphFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphFormat {
    Text,
    Json,
    Dot,
    Mermaid,
}

/// Show the selected modules as a tree, each requirement at the version that is selected for it
#[derive(Debug, Args)]
#[command(
    long_about = "\
Show the selected modules as a tree, each requirement at the version that is selected for it.

(asks V) marks a requirement on a lower version than the selected one, (indirect) a line of go.mod with
an // indirect comment, => a replacement, and (*) a module whose own requirements are shown further up.
go and toolchain are left out; gomod why go says what holds them up.",
    after_help = "\
Examples:
  gomod tree                        everything below the main module
  gomod tree --depth 1              what go.mod requires
  gomod tree -i golang.org/x/net    everything that requires it, up to the main module"
)]
pub(crate) struct Tree {
    /// Turn the tree round: show what requires this module, directly or not
    #[arg(short, long, value_name = "MOD")]
    pub(crate) invert: Option<String>,
    /// Show at most N levels below the root
    #[arg(long, value_name = "N")]
    pub(crate) depth: Option<usize>,
    /// How to print
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Format,
}

/// Say which requirements hold a module's selected version up
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gomod why gin                 a short name, if it is unambiguous
  gomod why golang.org/x/net    a full path")]
pub(crate) struct Why {
    /// A module path, or a suffix of one at element borders
    #[arg(value_name = "MOD")]
    pub(crate) module: String,
    /// How to print
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Format,
}

/// Plan the smallest edit of go.mod that brings versions back
#[derive(Debug, Clone, Args)]
#[command(after_help = "\
Examples:
  gomod plan-downgrade gin@v1.9.0                     show the plan; nothing is changed
  gomod plan-downgrade gin@v1.9.0 --write             change go.mod and go.sum
  gomod plan-downgrade validator@v10.11.0 --keep gin  leave gin where it is
  gomod plan-downgrade 'grpc@<v1.60.0' jwt/v5@none    queries, and a module that must go
  gomod plan-downgrade go@1.21                        what must change to build with Go 1.21")]
pub(crate) struct PlanDowngrade {
    /// What to bring back: a module with a version, a query such as v1.9 or '<v1.10.0', or none
    #[arg(value_name = "MOD@VERSION", required = true)]
    pub(crate) targets: Vec<String>,

    /// The kind of edit to use; auto compares all
    #[arg(long, value_name = "HOW", default_value = "auto")]
    pub(crate) strategy: Strategy,

    /// Leave this module at its version; may be given more than once
    #[arg(long, value_name = "MOD")]
    pub(crate) keep: Vec<String>,

    /// Move at most this many modules other than the targets
    #[arg(long, value_name = "N")]
    pub(crate) max_collateral: Option<usize>,

    /// Allow direct requirements to be dropped
    #[arg(long)]
    pub(crate) allow_drop: bool,

    /// Take this plan of the table of alternatives instead of the first
    #[arg(long, value_name = "LETTER")]
    pub(crate) choose: Option<String>,

    /// Change go.mod and go.sum
    #[arg(long)]
    pub(crate) write: bool,

    /// How to print
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Strategy {
    Auto,
    Require,
    Exclude,
    Replace,
}

/// Write the build list to gomod.lock, the baseline for `gomod drift`
#[derive(Debug, Args)]
pub(crate) struct Lock {
    /// The file to write
    #[arg(long, value_name = "FILE", default_value = "gomod.lock")]
    pub(crate) file: PathBuf,
}

/// Fail when Minimal Version Selection no longer picks what gomod.lock says
#[derive(Debug, Args)]
pub(crate) struct Drift {
    /// The baseline
    #[arg(long, value_name = "FILE", default_value = "gomod.lock")]
    pub(crate) file: PathBuf,
    /// How to print
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Format,
}
