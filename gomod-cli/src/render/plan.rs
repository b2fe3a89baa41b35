//! The page that `plan-downgrade` prints: what forces today's version, the diff, what else moves, what
//! was checked, and the command that applies it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::diff::diff;
use super::style::{ADDED, BOLD, DIM, REMOVED, WARNING, paint};
use gomod_core::plan::{
    Cost, FloorReport, Means, MoveReport, PlanReport, Report, Role, TargetReport,
};

/// What the page shows beside the report.
pub(crate) struct Page<'a> {
    pub(crate) report: &'a Report,
    /// The modules that imports are looked for in, under the chosen plan; `None` if they are not followed.
    pub(crate) looked: Option<&'a BTreeSet<String>>,
    /// Which plan of the table was chosen.
    pub(crate) chosen: &'a PlanReport,
    /// The files that change: name, text today and as planned.
    pub(crate) diffs: &'a [(String, String, String)],
    /// What was checked against what, a line each.
    pub(crate) checks: &'a [String],
    /// The command that applies the plan; `None` when it was applied.
    pub(crate) command: Option<&'a str>,
    pub(crate) verbose: bool,
}

/// How many chains and added roots are shown unless `-v` asks for all.
const FEW: usize = 5;
/// How many of the modules that move and provide no package are shown unless `-v` asks for all.
const MOVES_SHOWN: usize = 12;

/// The whole page.
pub(crate) fn page(page: &Page<'_>) -> String {
    let mut out = String::new();
    for target in &page.report.targets {
        target_section(&mut out, page, target);
    }
    summary(&mut out, page.chosen);
    unresolved(&mut out, page.chosen);
    for (file, before, after) in page.diffs {
        out.push_str(&diff(file, "planned", before, after));
    }
    out.push('\n');
    reasons(&mut out, page);
    moves(&mut out, page);
    overridden(&mut out, page.chosen);
    for note in &page.chosen.notes {
        let _ = writeln!(out, "{} {note}", paint(WARNING, "note:"));
    }
    if !page.chosen.notes.is_empty() {
        out.push('\n');
    }
    table(&mut out, page);
    section(&mut out, "Checked");
    for line in page.checks {
        let _ = writeln!(out, "  {line}");
    }
    if let Some(command) = page.command {
        out.push('\n');
        section(&mut out, "To apply it");
        let _ = writeln!(out, "  {command}");
    }
    out
}

/// `require`, or with several targets `require+exclude`, each kind once.
pub(crate) fn means_words(means: &[Means]) -> String {
    let mut words: Vec<&str> = means.iter().map(|means| means.as_str()).collect();
    words.dedup();
    if words.len() > 3 {
        words.sort_unstable();
        words.dedup();
    }
    words.join("+")
}

fn section(out: &mut String, title: &str) {
    let _ = writeln!(out, "{}", paint(BOLD, title));
}

fn target_section(out: &mut String, page: &Page<'_>, target: &TargetReport) {
    let to = target.to.as_deref().unwrap_or("none");
    let from = target.from.as_deref().unwrap_or("none");
    section(out, &format!("{} {from} → {to}", target.module));
    for warning in &target.warnings {
        let _ = writeln!(out, "{} {warning}", paint(WARNING, "warning:"));
    }
    if target.module == "go" {
        let _ = writeln!(
            out,
            "  {} asks for go {from}; every selected module must do with go {to}",
            match page.chosen.edits.iter().any(|edit| edit.file.is_some()) {
                true => "go.work",
                false => "go.mod",
            }
        );
    } else if target.floors.is_empty() {
        let _ = writeln!(out, "  nothing else requires more");
    } else {
        let count = target.floors.len();
        let what = target
            .to
            .as_ref()
            .map_or_else(|| "it".to_owned(), |to| format!("more than {to}"));
        let _ = writeln!(
            out,
            "  {count} {} {what}:",
            if count == 1 {
                "requirement asks for"
            } else {
                "requirements ask for"
            }
        );
        let shown = if page.verbose { count } else { FEW };
        for floor in target.floors.iter().take(shown) {
            let _ = writeln!(out, "    {}", chain(floor));
        }
        if count > shown {
            let _ = writeln!(
                out,
                "    {}",
                paint(DIM, &format!("… and {} more (-v shows all)", count - shown))
            );
        }
    }
    out.push('\n');
}

/// `main → a@v1 → b@v2` with the last element being what is required.
pub(crate) fn chain(floor: &FloorReport) -> String {
    let mut names = floor.path.clone();
    names.push(floor.requires.clone());
    names.join(" → ")
}

fn summary(out: &mut String, plan: &PlanReport) {
    section(
        out,
        &format!("Plan {}, by {}", plan.letter, means_words(&plan.means)),
    );
    let _ = writeln!(out, "  beside the targets, {}\n", cost_words(plan.cost));
}

/// What a plan costs, in a few words.
pub(crate) fn cost_words(cost: Cost) -> String {
    let mut parts = vec![match (cost.direct_moved, cost.others_moved) {
        (direct, 1) => format!("{direct} direct and 1 other module move"),
        (direct, others) => format!("{direct} direct and {others} other modules move"),
    }];
    parts.push(match cost.overridden {
        0 => "no requirement is overridden".to_owned(),
        1 => "1 requirement is overridden".to_owned(),
        n => format!("{n} requirements are overridden"),
    });
    match cost.dropped {
        0 => {}
        1 => parts.push("1 direct requirement is dropped".to_owned()),
        n => parts.push(format!("{n} direct requirements are dropped")),
    }
    if cost.unresolved > 0 {
        parts.push("it does not build".to_owned());
    }
    parts.join("; ")
}

/// The imports that nothing would provide: the most important thing to know of a plan that has any.
fn unresolved(out: &mut String, plan: &PlanReport) {
    if plan.imports.unresolved.is_empty() {
        return;
    }
    section(out, "Does not build");
    for one in &plan.imports.unresolved {
        let _ = writeln!(out, "{} {}", paint(WARNING, "warning:"), one.sentence());
    }
    out.push('\n');
}

fn reasons(out: &mut String, page: &Page<'_>) {
    use gomod_core::plan::Edit;
    let (closure, edits): (Vec<_>, Vec<_>) = page
        .chosen
        .edits
        .iter()
        .partition(|edit| matches!(edit.edit, Edit::Require { closure: true, .. }));
    section(out, "Why each line changes");
    let mut file = None;
    for edit in edits {
        if edit.file != file {
            file.clone_from(&edit.file);
            let _ = writeln!(out, "  {}:", edit.file.as_deref().unwrap_or_default());
        }
        let _ = writeln!(
            out,
            "  {}  {}",
            edit_words(&edit.edit),
            paint(DIM, &edit.reason)
        );
    }
    if !closure.is_empty() {
        let _ = writeln!(
            out,
            "  {} new requirement{}{}",
            closure.len(),
            if closure.len() == 1 { "" } else { "s" },
            match page.chosen.imports.unchecked {
                None if closure.len() == 1 => ", which provides packages that the build needs:",
                None => ", which provide packages that the build needs:",
                Some(_) if closure.len() == 1 =>
                    " keeps in the graph what changed modules require, since the build may need it (root closure):",
                Some(_) =>
                    " keep in the graph what changed modules require, since the build may need it (root closure):",
            }
        );
        let shown = if page.verbose { closure.len() } else { FEW };
        for edit in closure.iter().take(shown) {
            let file = edit.file.as_ref().map(|file| format!("{file}: "));
            let _ = writeln!(
                out,
                "    {}{}  {}",
                file.unwrap_or_default(),
                edit_words(&edit.edit),
                paint(DIM, &edit.reason)
            );
        }
        if closure.len() > shown {
            let more = format!("… and {} more (-v shows all)", closure.len() - shown);
            let _ = writeln!(out, "    {}", paint(DIM, &more));
        }
    }
    out.push('\n');
}

fn edit_words(edit: &gomod_core::plan::Edit) -> String {
    use gomod_core::plan::Edit;
    match edit {
        Edit::Require {
            path,
            from: Some(from),
            to: Some(to),
            ..
        } => format!("require {path} {from} → {to}"),
        Edit::Require {
            path,
            from: None,
            to: Some(to),
            ..
        } => format!("require {path} {to}"),
        Edit::Require { path, from, .. } => {
            format!("drop {path} {}", from.as_deref().unwrap_or_default())
        }
        Edit::Exclude { path, version } => format!("exclude {path} {version}"),
        Edit::Replace { path, version } => format!("replace {path} => {path} {version}"),
        Edit::Go { from, to } => format!("go {} → {to}", from.as_deref().unwrap_or("(none)")),
        Edit::Toolchain { from, to } => {
            format!("toolchain {} → {to}", from.as_deref().unwrap_or("(none)"))
        }
        Edit::DropToolchain { name } => format!("drop toolchain {name}"),
    }
}

fn moves(out: &mut String, page: &Page<'_>) {
    let of = |role: Role| -> Vec<&MoveReport> {
        page.chosen
            .moves
            .iter()
            .filter(|m| m.role == role)
            .collect()
    };
    let groups = [
        (Role::Moved, "Also moves"),
        (Role::Closure, "Moves only because of the new requirements"),
    ];
    for (role, title) in groups {
        let list = of(role);
        if list.is_empty() {
            continue;
        }
        section(out, &format!("{title} ({})", list.len()));
        // The main module's own come first, then what the build uses.
        let (direct, others): (Vec<_>, Vec<_>) = list.into_iter().partition(|m| m.direct);
        let is_used = |m: &&MoveReport| page.looked.is_some_and(|used| used.contains(&m.module));
        let (used, others): (Vec<_>, Vec<_>) = others.into_iter().partition(is_used);
        let shown = match page.verbose {
            true => others.len(),
            false => MOVES_SHOWN,
        };
        for moved in direct.iter().chain(&used).chain(others.iter().take(shown)) {
            let _ = writeln!(out, "  {}", move_line(moved));
        }
        if others.len() > shown {
            let what = match page.looked {
                Some(_) => " that provide no package",
                None => "",
            };
            let more = format!("… and {} more{what} (-v shows all)", others.len() - shown);
            let _ = writeln!(out, "  {}", paint(DIM, &more));
        }
        out.push('\n');
    }
    if of(Role::Moved).is_empty() {
        let _ = writeln!(out, "Nothing else moves.\n");
    }
}

/// `~ path v1 → v2`, `+ path v2`, `- path v1`.
pub(crate) fn move_line(moved: &MoveReport) -> String {
    let direct = if moved.direct { "  (direct)" } else { "" };
    match (&moved.from, &moved.to) {
        (Some(from), Some(to)) if from == to => {
            let back = "leaves, and what must stand in go.mod brings it back";
            format!("~ {} {from} {back}{direct}", moved.module)
        }
        (Some(from), Some(to)) => format!("~ {} {from} → {to}{direct}", moved.module),
        (None, Some(to)) => paint(ADDED, &format!("+ {} {to}{direct}", moved.module)),
        (Some(from), None) => paint(REMOVED, &format!("- {} {from}{direct}", moved.module)),
        (None, None) => moved.module.clone(),
    }
}

fn overridden(out: &mut String, plan: &PlanReport) {
    if plan.overridden.is_empty() {
        return;
    }
    section(
        out,
        "Overridden: builds only if the code does not use what was asked for",
    );
    for pair in &plan.overridden {
        let uses = pair.uses.as_deref().unwrap_or("nothing");
        let _ = writeln!(
            out,
            "  {} requires {}, and gets {uses}",
            pair.by, pair.requires
        );
    }
    out.push('\n');
}

/// A column of the table of alternatives: its name, and what it counts.
type Column = (&'static str, fn(&Cost) -> usize);

/// What is shown of each alternative. Drops are rare, and releases matter only between plans that move as many direct
/// requirements.
fn columns(plans: &[PlanReport]) -> Vec<Column> {
    let drops = plans.iter().any(|plan| plan.cost.dropped > 0);
    let direct = |plan: &PlanReport| (plan.cost.overridden, plan.cost.direct_moved);
    let passed = plans.iter().any(|a| {
        let differs = |b: &PlanReport| a.cost.direct_steps != b.cost.direct_steps;
        plans.iter().any(|b| direct(a) == direct(b) && differs(b))
    });
    let all: [(bool, Column); 8] = [
        (drops, ("dropped", |cost| cost.dropped)),
        (true, ("overridden", |cost| cost.overridden)),
        (true, ("direct", |cost| cost.direct_moved)),
        (passed, ("passing", |cost| cost.direct_steps)),
        (true, ("others", |cost| cost.others_moved)),
        (true, ("raised", |cost| cost.raised)),
        (true, ("steps", |cost| cost.steps)),
        (true, ("lines", |cost| cost.lines)),
    ];
    let shown = all.into_iter().filter(|(shown, _)| *shown);
    shown.map(|(_, column)| column).collect()
}

fn table(out: &mut String, page: &Page<'_>) {
    section(out, "Alternatives");
    let plans = &page.report.plans;
    let means = |plan: &PlanReport| means_words(&plan.means);
    let width = plans.iter().map(|plan| means(plan).len()).max();
    let width = width.unwrap_or(0).max(3);
    let columns = columns(plans);
    let mut head = format!("     {:<width$}", "how");
    for (name, _) in &columns {
        let _ = write!(head, "  {name}");
    }
    let _ = writeln!(out, "{head}");
    for plan in plans {
        let chosen = plan.letter == page.chosen.letter;
        let mark = if chosen { ">" } else { " " };
        let _ = write!(out, "  {mark}{} {:<width$}", plan.letter, means(plan));
        for (name, count) in &columns {
            let _ = write!(out, "  {:>width$}", count(&plan.cost), width = name.len());
        }
        if !plan.imports.unresolved.is_empty() {
            let _ = write!(out, "  {}", paint(WARNING, "does not build"));
        }
        if !plan.unreleased.is_empty() {
            let _ = write!(out, "  {}", paint(WARNING, "takes pre-releases"));
        }
        out.push('\n');
    }
    for refusal in &page.report.refused {
        let line = format!(
            "not by {}: {}",
            means_words(&refusal.means),
            refusal.summary
        );
        let _ = writeln!(out, "     {}", paint(DIM, &line));
    }
    if page.report.plans.len() > 1 {
        let _ = writeln!(out, "     {}", paint(DIM, "--choose LETTER takes another"));
    }
    out.push('\n');
}
