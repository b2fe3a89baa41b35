//! Why a plan makes each of its edits, in a sentence.

use super::goal::Target;
use super::{AddedBy, Edit, Plan, Planner};
use crate::graph::{ModuleId, PathId};
use crate::mvs::World;

/// A selected module that asks for the version of `path` that a plan selects.
fn asks_for(world: &World, plan: &Plan, path: PathId) -> Option<ModuleId> {
    let modules = &world.modules;
    let selected = plan.graph.selected(path)?;
    let by = plan.graph.edges().filter_map(|(by, required)| {
        let counts = modules.version(by).is_some() && plan.graph.is_selected(modules, by);
        (counts && required == selected).then_some(by)
    });
    by.min_by_key(|by| modules.display(*by))
}

/// Why an edit is in the plan.
pub(super) fn reason(world: &World, planner: &Planner, plan: &Plan, edit: &Edit) -> String {
    let modules = &world.modules;
    let is_target = |path: PathId| {
        planner.goal().targets.iter().any(|target| match target {
            Target::Module { module } => modules.path_of(*module) == path,
            Target::Absent { path: target } => *target == path,
            Target::Go { .. } => path == planner.problem().go_path,
            Target::Toolchain { .. } => path == planner.problem().toolchain_path,
        })
    };
    let path_of = |text: &str| modules.find_path(&crate::model::ModulePath::new(text));
    match edit {
        Edit::Require {
            path,
            closure,
            from,
            to,
            ..
        } => {
            let Some(id) = path_of(path) else {
                return String::new();
            };
            if is_target(id) {
                return "asked for".to_owned();
            }
            if *closure {
                let cause = plan
                    .added
                    .iter()
                    .find(|(root, _)| modules.path_of(*root) == id)
                    .map(|(_, cause)| *cause);
                return match cause {
                    Some(AddedBy::Import(by)) => format!(
                        "{} imports a package of it",
                        by.map_or_else(|| "the main module".to_owned(), |by| modules.display(by))
                    ),
                    Some(AddedBy::Requirement(cause)) => format!(
                        "{}, which changed, requires it: its go.mod must stay in the graph",
                        modules.display(cause)
                    ),
                    None => String::new(),
                };
            }
            if plan.settled.contains(&id) {
                if !planner.goal().settle {
                    return "with it, two requirements would provide the same package".to_owned();
                }
                let what = from.as_deref().unwrap_or_default();
                return format!("only today's version of a target asks for {what}");
            }
            if plan.raised.contains(&id) {
                let minds = plan.lowered.values().flatten();
                let minds = { minds }.any(|step| excluded(planner, &step.chain).is_some());
                let why = match minds {
                    true => "within today's versions more would be overridden",
                    false => "within today's versions there is no plan",
                };
                return match asks_for(world, plan, id) {
                    Some(by) => format!("{} asks for it: {why}", modules.display(by)),
                    None => format!("let rise: {why}"),
                };
            }
            if let Some(first) = plan.lowered.get(&id).and_then(|list| list.first()) {
                let what = chain_sentence(world, &first.chain);
                let lacking = plan.lowered.get(&id).and_then(|list| {
                    list.iter()
                        .find_map(|s| Some((s.from, s.chain.first()?, s.lacks.as_ref()?)))
                });
                if let Some((from, by, package)) = lacking {
                    return format!(
                        "{} lacks {package}, which {} imports",
                        modules.display(from),
                        modules.display(*by)
                    );
                }
                let mut steps = plan.lowered.get(&id).into_iter().flatten();
                let missing = steps.find_map(|step| Some((step.from, step.misses.as_ref()?)));
                if let Some((from, package)) = missing {
                    return format!(
                        "{} imports {package}, which no module of the plan provides",
                        modules.display(from)
                    );
                }
                if let Some(go) = &first.go_line {
                    return format!("{what} needs go {go}");
                }
                if let Some(excluded) = excluded(planner, &first.chain) {
                    let instead = plan.graph.selected(modules.path_of(excluded));
                    let instead = instead.and_then(|module| modules.version(module));
                    let instead = instead.map_or("nothing", |version| version.as_str());
                    return format!(
                        "{what}, which go.mod excludes, and {instead} would be used instead"
                    );
                }
                return match &first.unreadable {
                    Some(error) => format!("{what}, which cannot be used: {error}"),
                    None => what,
                };
            }
            match (from, to) {
                (None, Some(_)) => "keeps it at today's version".to_owned(),
                (Some(_), None) => "nothing requires it any more".to_owned(),
                _ => match asks_for(world, plan, id) {
                    Some(by) => format!("{} asks for it", modules.display(by)),
                    None => "a changed requirement asks for it".to_owned(),
                },
            }
        }
        Edit::Exclude { path, version } => {
            let by: Vec<String> = path_of(path)
                .map(|path| planner.problem().graph.floors(modules, path, None))
                .unwrap_or_default()
                .iter()
                .filter(|floor| {
                    modules
                        .version(floor.requires)
                        .is_some_and(|v| v.as_str() == version)
                })
                .filter_map(|floor| floor.path.last())
                .map(|by| modules.display(*by))
                .collect();
            match by.as_slice() {
                [] => "a requirement on this version is ignored".to_owned(),
                list => format!("required by {}", list.join(", ")),
            }
        }
        Edit::Replace { .. } => "requirements stay; the content of this version is used".to_owned(),
        Edit::Go { .. } | Edit::Toolchain { .. } => "asked for".to_owned(),
        Edit::DropToolchain { .. } if is_target(planner.problem().toolchain_path) => {
            "asked for".to_owned()
        }
        Edit::DropToolchain { .. } => "it asks for another Go than the go line".to_owned(),
    }
}

/// The end of a chain of requirements, where go.mod excludes it today.
fn excluded(planner: &Planner, chain: &[ModuleId]) -> Option<ModuleId> {
    let excludes = &planner.problem().setup.overrides.excludes;
    chain.last().copied().filter(|last| excludes.contains(last))
}

/// `a@v1 requires b@v2, which requires c@v3`.
pub(in crate::plan) fn chain_sentence(world: &World, chain: &[ModuleId]) -> String {
    let names: Vec<String> = chain
        .iter()
        .map(|module| world.modules.display(*module))
        .collect();
    match names.split_first() {
        None => String::new(),
        Some((first, [])) => first.clone(),
        Some((first, rest)) => format!("{first} requires {}", rest.join(", which requires ")),
    }
}
