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
  gomod verify                              can what was picked be trusted
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
    Apply(Apply),
    Verify(Verify),
    Lock(Lock),
    Drift(Drift),
    Fmt(Fmt),
    Edit(Edit),
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
  gomod plan-downgrade gin@v1.9.0 --out plan.json     save the plan; gomod apply plan.json makes it so
  gomod plan-downgrade validator@v10.11.0 --keep gin  leave gin where it is
  gomod plan-downgrade 'grpc@<v1.60.0' jwt/v5@none    queries, and a module that must go
  gomod plan-downgrade gin --as-of v1.2.0 --settle    as it was, with all that came with it
  gomod plan-downgrade go@1.21                        what must change to build with Go 1.21
  gomod plan-downgrade toolchain@go1.23.5             another toolchain line, as go get sets it")]
pub(crate) struct PlanDowngrade {
    /// What to bring back: a module with a version, a query such as v1.9 or '<v1.10.0', or none; with
    /// --as-of the version may be left out
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

    /// Also lower, or drop, what only today's versions of the targets had brought
    #[arg(long)]
    pub(crate) settle: bool,

    /// Take versions that are left out from the go.mod of this git revision; with --settle also those of what
    /// the targets brought
    #[arg(long, value_name = "REV")]
    pub(crate) as_of: Option<String>,

    /// Take this plan of the table of alternatives instead of the first
    #[arg(long, value_name = "LETTER")]
    pub(crate) choose: Option<String>,

    /// Save the plan with its certificate, for gomod apply
    #[arg(long, value_name = "FILE", conflicts_with = "write")]
    pub(crate) out: Option<PathBuf>,

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

/// Check go.sum, the module cache and vendor/ against the checksum database
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gomod verify            every line of go.sum, every cached module, vendor/modules.txt (not the files in vendor/)
  gomod verify --offline  the same with what is cached, and what that leaves unchecked
  gomod verify --fix      add the lines that go.sum lacks, as the checksum database has them
  gomod verify --repair   put damaged modules of the cache right, and only those

Exit codes: 0 all was checked and holds, and with --offline all of what is cached, the rest being named
as not checked; 1 something is missing or does not fit; 3 something could not be checked that should
have been, or a file is malformed; 4 a checksum, a signature or a proof does not hold.")]
pub(crate) struct Verify {
    /// Add the lines that go.sum lacks, proven to be in the checksum database
    #[arg(long)]
    pub(crate) fix: bool,

    /// Mend the damaged modules of the module cache, as go.sum and the checksum database vouch for them
    #[arg(long)]
    pub(crate) repair: bool,

    /// How to print
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Format,
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

/// Print a go.mod or go.work canonically, as `go mod edit -fmt` and `go work edit -fmt` do
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gomod fmt                rewrite the main module's go.mod
  gomod fmt --check        print what would change; exit code 1 if anything does
  gomod fmt --stdout x.mod print the result, and leave the file alone
  gomod fmt go.work        a name that ends in .work is a workspace's")]
pub(crate) struct Fmt {
    /// The file; without it the main module's go.mod
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Change nothing: print the difference, and exit with 1 if there is one
    #[arg(long, conflicts_with = "stdout")]
    pub(crate) check: bool,
    /// Change nothing: print the canonical text
    #[arg(long)]
    pub(crate) stdout: bool,
}

/// Print a go.mod or go.work as JSON, as `go mod edit -json` and `go work edit -json` do
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gomod edit --json                the main module's go.mod
  gomod edit --json ../go.work     a name that ends in .work is a workspace's

The JSON is that of the go command, byte for byte: it has no schema_version.")]
pub(crate) struct Edit {
    /// The file; without it the main module's go.mod
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Print the file as JSON
    #[arg(long, required = true)]
    pub(crate) json: bool,
}

/// Apply a plan that plan-downgrade --out saved
///
/// The plan is refused when go.mod or go.sum are not what it was made from, and proven once more before
/// anything is written.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  gomod plan-downgrade gin@v1.9.0 --out plan.json     on one machine, to be looked at
  gomod apply plan.json                               on another, with the same go.mod")]
pub(crate) struct Apply {
    /// The plan
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
}
