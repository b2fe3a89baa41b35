//! A plan in words and numbers, free of ids: what programs read as JSON and what the command line prints.

use serde::Serialize;

use super::candidates::is_prerelease;
use super::derivation::derivation;
use super::goal::Target;
use super::reason::{chain_sentence, reason};
use super::unresolved::ImportsReport;
use super::{
    Conflict, Cost, Edit, Means, Move, Outcome, Pass, Plan, Planner, Refused, Role, TidyReport,
    older_go,
};
use crate::graph::{Floor, ModuleId, PathId};
use crate::model::Version;
use crate::mvs::{Source, World};

/// Everything about a planning run.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The main module's path.
    pub module: String,
    /// Its go version.
    pub go: String,
    /// What was asked for.
    pub targets: Vec<TargetReport>,
    /// The plans of the table of alternatives, best first.
    pub plans: Vec<PlanReport>,
    /// Ways that do not lead to the goal.
    pub refused: Vec<Refusal>,
}

/// A target, and who holds today's version up.
#[derive(Debug, Clone, Serialize)]
pub struct TargetReport {
    /// The module path, or `go`.
    pub module: String,
    /// What is selected today; `None` when it is not in the build list.
    pub from: Option<String>,
    /// What is asked for; `None` when it must be absent.
    pub to: Option<String>,
    /// The requirements above what is asked for.
    pub floors: Vec<FloorReport>,
    /// What to know before it is used: retracted, deprecated.
    pub warnings: Vec<String>,
}

/// A requirement that holds a version up.
#[derive(Debug, Clone, Serialize)]
pub struct FloorReport {
    /// The version that is required.
    pub requires: String,
    /// A shortest chain of requirements from the main module to the one that requires it.
    pub path: Vec<String>,
}

impl FloorReport {
    /// Names a floor.
    pub fn new(world: &World, floor: &Floor) -> Self {
        let name = |module: &ModuleId| world.modules.display(*module);
        Self {
            requires: name(&floor.requires),
            path: floor.path.iter().map(name).collect(),
        }
    }
}

/// One plan.
#[derive(Debug, Clone, Serialize)]
pub struct PlanReport {
    /// Its letter in the table of alternatives.
    pub letter: char,
    /// The kinds of edit it uses, one for each target.
    pub means: Vec<Means>,
    /// What it costs.
    pub cost: Cost,
    /// The changes of `go.mod`, each with its reason.
    pub edits: Vec<EditReport>,
    /// The modules whose selected version changes.
    pub moves: Vec<MoveReport>,
    /// Requirements that ask for more than what will be used.
    pub overridden: Vec<OverriddenReport>,
    /// Whether the packages that are imported are there.
    pub imports: ImportsReport,
    /// The pre-releases and retracted versions that it lowers modules to, as `path@version`: only where releases
    /// lead nowhere, or as a second choice.
    pub unreleased: Vec<String>,
    /// What `go mod tidy` would change of it; `None` where that was not looked at.
    pub tidy: Option<TidyReport>,
    /// What to know about this plan.
    pub notes: Vec<String>,
}

/// A change of `go.mod` with its reason.
#[derive(Debug, Clone, Serialize)]
pub struct EditReport {
    /// The change.
    #[serde(flatten)]
    pub edit: Edit,
    /// Why it is needed.
    pub reason: String,
    /// The same change as an argument of `go mod edit`, or of `go work edit` for `go.work`.
    pub go_mod_edit: String,
    /// In a workspace the file that it belongs to: `a/go.mod`, or `go.work`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

/// A module whose selected version changes.
#[derive(Debug, Clone, Serialize)]
pub struct MoveReport {
    /// The module path.
    pub module: String,
    /// What is selected today; `None` when it comes.
    pub from: Option<String>,
    /// What will be selected; `None` when it leaves.
    pub to: Option<String>,
    /// `lowered`, `raised`, `came`, `left`, `replaced` or `restored` (moved by the plan alone, put back by closure).
    pub change: &'static str,
    /// Whether the main module requires it directly.
    pub direct: bool,
    /// Why it moves.
    pub role: Role,
}

impl MoveReport {
    fn new(world: &World, moved: &Move) -> Self {
        let modules = &world.modules;
        Self {
            module: modules.path(moved.path).to_string(),
            from: version(world, moved.from),
            to: version(world, moved.to),
            change: match (moved.from, moved.to) {
                (None, _) => "came",
                (_, None) => "left",
                (Some(from), Some(to)) if from == to => "restored",
                (Some(from), Some(to)) if modules.compare(to, from).is_gt() => "raised",
                _ => "lowered",
            },
            direct: moved.direct,
            role: moved.role,
        }
    }

    /// `MOD FROM → TO`, `none` where it comes or leaves.
    pub fn words(&self) -> String {
        let version = |version: &Option<String>| version.clone().unwrap_or_else(|| "none".into());
        format!(
            "{} {} → {}",
            self.module,
            version(&self.from),
            version(&self.to)
        )
    }
}

/// A requirement that asks for more than what will be used.
#[derive(Debug, Clone, Serialize)]
pub struct OverriddenReport {
    /// The module that requires it; the main module's path for its own requirement.
    pub by: String,
    /// What it requires.
    pub requires: String,
    /// The version that is used instead; `None` when the module is absent.
    pub uses: Option<String>,
}

/// A way that does not lead to the goal.
#[derive(Debug, Clone, Serialize)]
pub struct Refusal {
    /// The kinds of edit that were tried, one for each target.
    pub means: Vec<Means>,
    /// Why not, in a few words.
    pub summary: String,
    /// Why not, step by step; a number in parentheses names an earlier step.
    pub because: Vec<String>,
    /// Limits whose removal may help, as flags.
    pub relax: Vec<String>,
    /// The modules that would move, where they are more than may.
    pub moves: Vec<MoveReport>,
}

impl Report {
    /// Words the outcome of `planner`.
    pub fn new(world: &World, planner: &Planner, outcome: &Outcome) -> Self {
        let problem = planner.problem();
        let modules = &world.modules;
        let main = problem
            .setup
            .main
            .first()
            .map(|module| modules.display(*module))
            .unwrap_or_default();
        let plans = outcome
            .front()
            .into_iter()
            .zip('A'..='Z')
            .map(|(plan, letter)| plan_report(world, planner, plan, letter, &main))
            .collect();
        Self {
            go: problem.go.to_string(),
            targets: planner
                .goal()
                .targets
                .iter()
                .map(|target| target_report(world, planner, target))
                .collect(),
            plans,
            refused: outcome
                .conflicts
                .iter()
                .map(|(means, refused)| refusal(world, planner, means, refused))
                .collect(),
            module: main,
        }
    }

    /// Takes in what `go mod tidy` would change of the plan with this letter.
    pub fn note_tidy(&mut self, letter: char, tidy: TidyReport) {
        let mut plans = self.plans.iter_mut();
        if let Some(plan) = plans.find(|plan| plan.letter == letter) {
            plan.notes.extend(tidy.notes());
            plan.tidy = Some(tidy);
        }
    }
}

fn target_report(world: &World, planner: &Planner, target: &Target) -> TargetReport {
    let problem = planner.problem();
    let modules = &world.modules;
    let (path, bound) = match target {
        Target::Module { module } => (modules.path_of(*module), Some(*module)),
        Target::Absent { path } => (*path, None),
        Target::Go { version } => {
            return TargetReport {
                module: "go".into(),
                from: Some(problem.go.to_string()),
                to: Some(version.to_string()),
                floors: Vec::new(),
                warnings: older_go::unknown_lines(planner.go_mod(), version),
            };
        }
        Target::Toolchain { name } => {
            let line = planner.go_mod().toolchain.as_ref();
            return TargetReport {
                module: "toolchain".into(),
                from: line.map(|line| line.name.clone()),
                to: name.clone(),
                floors: Vec::new(),
                warnings: Vec::new(),
            };
        }
    };
    let floors = match bound {
        Some(bound) => problem.graph.floors(modules, path, Some(bound)),
        None => problem.graph.floors(modules, path, None),
    };
    let mut warnings = Vec::new();
    if let Some(module) = bound {
        if let Some(why) = planner.candidates.retraction(world, module) {
            let why = if why.is_empty() {
                "no reason given".to_owned()
            } else {
                why
            };
            warnings.push(format!(
                "{} is retracted by its author: {why}",
                modules.display(module)
            ));
        }
        if problem.setup.overrides.excludes.contains(&module) {
            warnings.push(format!("{} is excluded by go.mod", modules.display(module)));
        }
    }
    if let Some(why) = planner.candidates.deprecation(world, path) {
        warnings.push(format!("{} is deprecated: {why}", modules.path(path)));
    }
    TargetReport {
        module: modules.path(path).to_string(),
        from: version(world, problem.selected.get(&path).copied()),
        to: version(world, bound),
        floors: floors
            .iter()
            .map(|floor| FloorReport::new(world, floor))
            .collect(),
        warnings,
    }
}

fn plan_report(
    world: &World,
    planner: &Planner,
    plan: &Plan,
    letter: char,
    main: &str,
) -> PlanReport {
    let modules = &world.modules;
    let edits = plan
        .edits
        .iter()
        .map(|edit| EditReport {
            reason: reason(world, planner, plan, edit),
            go_mod_edit: edit.go_mod_edit_argument(),
            edit: edit.clone(),
            file: None,
        })
        .collect();
    let moves = plan
        .moves
        .iter()
        .map(|moved| MoveReport::new(world, moved))
        .collect();
    let overridden = plan
        .overridden
        .iter()
        .map(|(by, required)| OverriddenReport {
            by: by.map_or_else(|| main.to_owned(), |by| selected(world, plan, by)),
            requires: modules.display(*required),
            uses: plan.used(world, modules.path_of(*required)),
        })
        .collect();
    let mut notes = Vec::new();
    let unreleased = unreleased(world, planner, plan);
    if !unreleased.is_empty() {
        let list = unreleased.join(", ");
        notes.push(format!("takes pre-releases or retracted versions: {list}"));
    } else if plan.pass == Pass::Everything {
        notes.push("pre-releases and retracted versions had to be considered".to_owned());
    }
    let asked = prereleases(world, plan, &unreleased);
    if !asked.is_empty() {
        let list = asked.join(", ");
        notes.push(format!(
            "selects pre-releases, since other modules ask for them: {list}"
        ));
    }
    if plan.means.contains(&Means::Replace) || plan.means.contains(&Means::Exclude) {
        notes.push(
            "exclude and replace count only in this main module: modules that import it ignore them, \
             and `go install path@version` refuses a module with replaces or excludes"
                .to_owned(),
        );
    }
    for (path, why) in planner.candidates.failures(world) {
        notes.push(format!(
            "the versions of {} are not listed ({why}): only those in the module cache and in go.mod files were considered",
            modules.path(path)
        ));
    }
    notes.extend(uncounted(world, planner, plan));
    for (module, error) in &plan.left_out {
        notes.push(format!("left out: {}: {error}", modules.display(*module)));
    }
    PlanReport {
        letter,
        means: plan.means.clone(),
        cost: plan.cost,
        edits,
        moves,
        overridden,
        imports: ImportsReport::new(world, planner, plan),
        unreleased,
        tidy: None,
        notes,
    }
}

/// Which moves count as one step each, since nobody says how many releases they pass.
fn uncounted(world: &World, planner: &Planner, plan: &Plan) -> Option<String> {
    let counted = plan
        .moves
        .iter()
        .filter(|moved| moved.role != Role::Closure);
    let unknown = |moved: &Move| Some((moved.path, planner.candidates.uncounted(moved.path)?));
    let list: Vec<(PathId, &str)> = counted.filter_map(unknown).collect();
    let (first, why) = list.first()?;
    let first = world.modules.path(*first);
    Some(match list.len() {
        1 => format!("the releases of {first} are not listed ({why}): its move counts as one step"),
        n => format!(
            "the releases of {first} and {} more are not listed ({why}): each move counts as one step",
            n - 1
        ),
    })
}

/// Whether a version is a pre-release by its tag; pseudo-versions are what others ask for.
fn is_tagged_prerelease(world: &World, module: ModuleId) -> bool {
    let is_pseudo = world
        .modules
        .version(module)
        .is_some_and(Version::is_pseudo);
    is_prerelease(world, module) && !is_pseudo
}

/// The pre-releases that a plan comes to beside the targets, and those named already.
fn prereleases(world: &World, plan: &Plan, named: &[String]) -> Vec<String> {
    let moved = plan.moves.iter().filter(|moved| moved.role != Role::Target);
    let found = moved.filter_map(|moved| moved.to);
    let found = found.filter(|to| is_tagged_prerelease(world, *to));
    let found = found.map(|to| world.modules.display(to));
    found.filter(|to| !named.contains(to)).collect()
}

/// What a plan of the second pass lowers to a version that is no candidate of the first.
fn unreleased(world: &World, planner: &Planner, plan: &Plan) -> Vec<String> {
    let odd = |to: &ModuleId| {
        is_tagged_prerelease(world, *to) || planner.candidates.retraction(world, *to).is_some()
    };
    let moved = plan.moves.iter().filter(|moved| moved.role == Role::Moved);
    moved
        .filter(|moved| plan.pass == Pass::Everything && plan.lowered.contains_key(&moved.path))
        .filter_map(|moved| moved.to.filter(odd))
        .map(|to| world.modules.display(to))
        .collect()
}

impl Plan {
    /// The version of `path` whose content the plan uses, replacements applied.
    pub fn used(&self, world: &World, path: PathId) -> Option<String> {
        let selected = self.graph.selected(path)?;
        match self.setup.overrides.replacement(&world.modules, selected) {
            Some(crate::mvs::Source::Module(actual)) => version(world, Some(*actual)),
            Some(crate::mvs::Source::Directory(directory)) => Some(directory.clone()),
            None => version(world, Some(selected)),
        }
    }
}

fn refusal(world: &World, planner: &Planner, means: &[Means], refused: &Refused) -> Refusal {
    let modules = &world.modules;
    let conflict = &refused.conflict;
    let mut because = Vec::new();
    let mut relax = Vec::new();
    let mut would_move = Vec::new();
    let bound_of = |chain: &[ModuleId]| -> Option<String> {
        let last = *chain.last()?;
        let path = modules.path_of(last);
        let goal = planner.goal();
        if let Some(target) = goal.module_target(path, |module| modules.path_of(module)) {
            return Some(format!("but {} is asked for", modules.display(target)));
        }
        if goal.targets.contains(&Target::Absent { path }) {
            return Some(format!("but {} must be absent", modules.path(path)));
        }
        if goal.keep.contains(&path) {
            return Some(format!("but {} is to be kept as it is", modules.path(path)));
        }
        if path == planner.problem().go_path {
            return Some("which is above the go line".to_owned());
        }
        Some(format!(
            "but every lower version of {} conflicts as well",
            modules.path(path)
        ))
    };
    match conflict {
        Conflict::Hard { chain, unreadable } | Conflict::Drop { chain, unreadable } => {
            because.push(chain_sentence(world, chain));
            match unreadable {
                Some(error) => because.push(format!("which cannot be used: {error}")),
                None => because.extend(bound_of(chain)),
            }
            if let Some(first) = chain.first() {
                let path = modules.path_of(*first);
                if matches!(conflict, Conflict::Drop { .. }) {
                    because.push(format!(
                        "no version of {} is without such a requirement, and it is required directly",
                        modules.path(path)
                    ));
                    relax.push("--allow-drop".to_owned());
                } else if planner.goal().keep.contains(&path) {
                    relax.push(format!("leaving out --keep {}", modules.path(path)));
                }
            }
        }
        Conflict::KeepFell { kept } => because.push(format!(
            "{} is held up only by what has to move",
            kept.map(|module| modules.display(module)).unwrap_or_default()
        )),
        Conflict::TooManyMoves { moves, limit } => {
            let count = moves.len();
            because.push(format!(
                "{count} other module{} would move, and at most {limit} may",
                if count == 1 { "" } else { "s" }
            ));
            would_move = moves
                .iter()
                .map(|moved| MoveReport::new(world, moved))
                .collect();
            relax.push(format!("--max-collateral {count}"));
        }
        Conflict::UsedTwice { source, paths } => {
            let what = match source {
                Source::Module(module) => modules.display(*module),
                Source::Directory(directory) => directory.clone(),
            };
            let paths: Vec<&str> = paths.iter().map(|path| modules.path(*path).as_str()).collect();
            because.push(format!(
                "{what} would be used for the module paths {}, which the go command refuses",
                paths.join(" and ")
            ));
        }
        Conflict::Unwritable { reason } => because.push(format!("go.mod cannot hold this edit: {reason}")),
        Conflict::AlreadyReplaced { path } => because.push(format!(
            "{} is replaced already, so its versions are not what is used: change the replace line instead",
            modules.path(*path)
        )),
    }
    Refusal {
        means: means.to_vec(),
        because: derivation(world, planner, refused).unwrap_or_else(|| because.clone()),
        summary: because.join(", "),
        relax,
        moves: would_move,
    }
}

fn version(world: &World, module: Option<ModuleId>) -> Option<String> {
    world.modules.version(module?).map(ToString::to_string)
}

fn selected(world: &World, plan: &Plan, path: PathId) -> String {
    match plan.graph.selected(path) {
        Some(module) => world.modules.display(module),
        None => world.modules.path(path).to_string(),
    }
}
