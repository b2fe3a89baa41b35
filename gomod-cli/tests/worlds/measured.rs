//! What a go.mod costs that somebody left in a directory, against today's, by the planner's own count; and how
//! what `go get` left compares with a plan. Used by the random worlds, and by `gomod-benches downgrades`.

use std::cmp::Ordering;
use std::fs;
use std::path::Path;

use gomod_core::host::{GoEnv, Session, SessionOptions, main_packages};
use gomod_core::model::{GoMod, GoSum, GoVersion, ModulePath, ModuleVersion, Version};
use gomod_core::mvs::{MainModules, Mode, World};
use gomod_core::plan::{
    Candidates, Cost, Goal, Measured, Packages, Planner, Problem, Role, Target,
};

/// Measures `after/go.mod` as an answer to `target` in the main module of `before`. Imports are followed with
/// the sources of `after`.
pub(crate) fn measure(
    env: &GoEnv,
    before: &Path,
    after: &Path,
    target: (&str, &str),
) -> Result<Answer, String> {
    let read = |directory: &Path, name: &str| {
        fs::read(directory.join(name)).map_err(|error| format!("{name}: {error}"))
    };
    let parse = |text: &[u8]| GoMod::parse("go.mod", text).map_err(|error| error.to_string());
    let mut today = parse(&read(before, "go.mod")?)?;
    today.settle_versions();
    let left = parse(&read(after, "go.mod")?)?;
    // What `go get` read is checked by its own go.sum.
    let sums = read(after, "go.sum").unwrap_or_default();
    let sums = GoSum::parse("go.sum", &sums).map_err(|error| error.to_string())?;
    let mut world = World::new();
    let main = MainModules::single(&mut world, &today).map_err(|error| error.to_string())?;
    let options = SessionOptions {
        root: after.to_path_buf(),
        ..SessionOptions::default()
    };
    let mut session =
        Session::new(env.clone(), sums, options).map_err(|error| error.to_string())?;
    let local_go = env.local_go_version();
    let loaded = session
        .load(&mut world, &main, Mode::Update, local_go.as_ref())
        .map_err(|failure| failure.error.to_string())?;
    let target = if target.0 == "go" {
        Target::Go {
            version: GoVersion::new(target.1),
        }
    } else {
        let version = Version::parse(target.1).map_err(|error| error.to_string())?;
        let module = ModuleVersion::new(ModulePath::new(target.0), version);
        Target::Module {
            module: world.modules.intern(&module),
        }
    };
    let goal = Goal {
        targets: vec![target],
        ..Goal::default()
    };
    let problem = Problem::new(&mut world, &main, loaded);
    let ignored: Vec<String> = today.ignore.iter().map(|line| line.path.clone()).collect();
    let tools: Vec<String> = today.tool.iter().map(|line| line.path.clone()).collect();
    let packages = main_packages(after, &ignored).map_err(|error| error.to_string())?;
    let mut planner = Planner::new(problem, today, goal, Candidates::default());
    if !packages.is_empty() {
        planner.packages = Packages::new(packages, &tools);
    }
    let raises_go = left
        .go_version()
        .cmp_precedence(&planner.go_mod().go_version())
        .is_gt();
    let measured = session
        .measure(&mut world, &mut planner, &left)
        .map_err(|error| error.to_string())?
        .map_err(|error| error.to_string())?;
    Ok(Answer::new(&world, measured, raises_go))
}

/// What was left, measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    /// Its cost; without the imports when they could not be followed.
    pub(crate) cost: Cost,
    pub(crate) imports_followed: bool,
    /// Whether packages that loaded before do not load any more, as the go command sees it.
    pub(crate) broken: bool,
    /// Whether the go line rises.
    pub(crate) raises_go: bool,
    /// Pre-releases and retracted versions that it chose, which a plan does not while releases lead there.
    pub(crate) outside: Vec<String>,
    /// Direct requirements that end up higher, which a plan lets happen only where a target asks for it.
    pub(crate) raised: Vec<String>,
}

impl Answer {
    fn new(world: &World, measured: Measured, raises_go: bool) -> Self {
        let name = |module: &gomod_core::graph::ModuleId| world.modules.display(*module);
        Self {
            cost: measured.cost,
            imports_followed: measured.imports_followed,
            broken: false,
            raises_go,
            outside: measured.outside.iter().map(name).collect(),
            raised: measured
                .moves
                .iter()
                .filter(|moved| moved.direct && moved.role == Role::Moved)
                .filter_map(|moved| Some((moved.from?, moved.to?)))
                .filter(|(from, to)| world.modules.compare(*to, *from).is_gt())
                .map(|(_, to)| name(&to))
                .collect(),
        }
    }
}

/// A cost as one word: dropped, overridden, direct, their steps, others, raised, steps; and in front the
/// unresolved imports where there are any.
pub(crate) fn vector(cost: &Cost) -> String {
    let fields = [
        cost.dropped,
        cost.overridden,
        cost.direct_moved,
        cost.direct_steps,
        cost.others_moved,
        cost.raised,
        cost.steps,
    ];
    let fields: Vec<String> = fields.iter().map(ToString::to_string).collect();
    let front = match cost.unresolved {
        0 => String::new(),
        n => format!("{n}!"),
    };
    format!("{front}{}", fields.join("/"))
}

/// What became of the target with one of the two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Side {
    /// It is reached, and what was left is accepted as it is.
    Reached(Answer),
    /// It is selected, but replaced: its own content is not what is used.
    Replaced,
    /// It is not, or what was left is not accepted.
    Refused,
    /// There was no end within the limit.
    NoAnswer,
}

/// How a plan compares with what `go get` left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Class {
    Equal,
    Better,
    /// `go get` left something cheaper.
    Worse,
    /// Cheaper, but by a pre-release or a retracted version, though releases lead to the goal.
    Outside,
    /// Cheaper, but by an upgrade of a direct requirement.
    RaisesDirect,
    GoFails,
    GoNoAnswer,
    BothRefuse,
    /// `go get` changed the line of a module that is replaced.
    StaysReplaced,
    /// `go get` did it by dropping a direct requirement.
    WeRefuseToDrop,
    /// `go get` did it by raising the go line.
    WeRefuseToRaiseGo,
    /// `go get` did it by an upgrade of a direct requirement.
    WeRefuseToUpgrade,
    /// `go get` left packages that do not load any more.
    WeRefuseToBreak,
    OnlyWeRefuse,
    NeitherAnswers,
}

impl Class {
    #[allow(dead_code, reason = "the counts of gomod-benches")]
    pub(crate) const ALL: [Self; 15] = [
        Self::Equal,
        Self::Better,
        Self::Worse,
        Self::Outside,
        Self::RaisesDirect,
        Self::GoFails,
        Self::GoNoAnswer,
        Self::BothRefuse,
        Self::StaysReplaced,
        Self::WeRefuseToDrop,
        Self::WeRefuseToRaiseGo,
        Self::WeRefuseToUpgrade,
        Self::WeRefuseToBreak,
        Self::OnlyWeRefuse,
        Self::NeitherAnswers,
    ];

    pub(crate) fn of(ours: &Side, theirs: &Side) -> Self {
        match (ours, theirs) {
            (Side::Reached(ours), Side::Reached(theirs)) => Self::of_answers(ours, theirs),
            (Side::Reached(_), Side::Refused | Side::Replaced) => Self::GoFails,
            (Side::Reached(_), Side::NoAnswer) => Self::GoNoAnswer,
            (Side::NoAnswer, Side::Refused) => Self::OnlyWeRefuse,
            (_, Side::Refused) => Self::BothRefuse,
            (_, Side::Replaced) => Self::StaysReplaced,
            (_, Side::NoAnswer) => Self::NeitherAnswers,
            (_, Side::Reached(theirs)) if theirs.cost.dropped > 0 => Self::WeRefuseToDrop,
            (_, Side::Reached(theirs)) if theirs.raises_go => Self::WeRefuseToRaiseGo,
            (_, Side::Reached(theirs)) if !theirs.raised.is_empty() => Self::WeRefuseToUpgrade,
            (_, Side::Reached(theirs)) if theirs.broken => Self::WeRefuseToBreak,
            (_, Side::Reached(_)) => Self::OnlyWeRefuse,
        }
    }

    fn of_answers(ours: &Answer, theirs: &Answer) -> Self {
        let followed = ours.imports_followed && theirs.imports_followed;
        let key = |answer: &Answer| Cost {
            lines: 0,
            unresolved: if followed { answer.cost.unresolved } else { 0 },
            ..answer.cost
        };
        match key(ours).cmp(&key(theirs)) {
            Ordering::Less => Self::Better,
            Ordering::Equal => Self::Equal,
            Ordering::Greater if ours.outside.is_empty() && !theirs.outside.is_empty() => {
                Self::Outside
            }
            Ordering::Greater if theirs.raised.iter().any(|one| !ours.raised.contains(one)) => {
                Self::RaisesDirect
            }
            Ordering::Greater => Self::Worse,
        }
    }

    /// In words; `limit` is how many seconds `go get` was given.
    pub(crate) fn words(self, limit: u64) -> String {
        let words = match self {
            Self::Equal => "equal",
            Self::Better => "better",
            Self::Worse => "WORSE",
            Self::Outside => "go takes a pre-release or a retracted version",
            Self::RaisesDirect => "go upgrades a direct requirement",
            Self::GoFails => "go fails",
            Self::GoNoAnswer => return format!("go gives no answer in {limit} s"),
            Self::BothRefuse => "both refuse",
            Self::StaysReplaced => "only we refuse, what is used stays replaced",
            Self::WeRefuseToDrop => "only we refuse, go drops a direct requirement",
            Self::WeRefuseToRaiseGo => "only we refuse, go raises the go line",
            Self::WeRefuseToUpgrade => "only we refuse, go upgrades a direct requirement",
            Self::WeRefuseToBreak => "only we refuse, after go get packages do not load",
            Self::OnlyWeRefuse => "only we refuse",
            Self::NeitherAnswers => return format!("we refuse, go gives no answer in {limit} s"),
        };
        words.to_owned()
    }
}
