//! Why there is no plan, as numbered sentences in the manner of PubGrub: each step down rests on what is
//! asked for, on today's versions, or on steps that came before it.
//!
//! Of all steps only those count that the conflict rests on. Versions of one module that are ruled out for
//! the same reason, one after the other, share a sentence.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use super::goal::Target;
use super::{Conflict, Lowering, Planner};
use crate::graph::{ModuleId, PathId};
use crate::model::GoVersion;
use crate::mvs::World;

/// Why a way does not lead to the goal, and the steps that were taken until it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Where it ended.
    pub conflict: Conflict,
    /// The steps down, first to last.
    pub lowered: Vec<Lowering>,
    /// How many choices were tried: of modules that may rise, and of direct requirements to drop.
    pub tried: usize,
    /// Whether other versions than releases were tried as well.
    pub widened: bool,
}

impl Refused {
    pub(super) fn new(conflict: Conflict, lowered: &FxHashMap<PathId, Vec<Lowering>>) -> Self {
        let mut lowered: Vec<Lowering> = lowered.values().flatten().cloned().collect();
        lowered.sort_by_key(|step| step.order);
        Self {
            conflict,
            lowered,
            tried: 1,
            widened: false,
        }
    }
}

/// The sentences for a conflict that steps led to; `None` where there is nothing to derive.
pub(super) fn derivation(
    world: &World,
    planner: &Planner,
    refused: &Refused,
) -> Option<Vec<String>> {
    let modules = &world.modules;
    let mut found = Derivation {
        world,
        planner,
        steps: &refused.lowered,
        groups: Vec::new(),
    };
    let end = match &refused.conflict {
        Conflict::Hard { chain, unreadable } => {
            found.group(chain.last().copied().into_iter().collect());
            found.hard(chain, unreadable.as_ref().map(ToString::to_string))
        }
        Conflict::Drop { chain, .. } => {
            let root = *chain.first()?;
            found.group(vec![root]);
            format!(
                "Because {}, and nothing that stays asks for it, the main module would lose {}, which it \
                 requires directly.",
                found.limit(root, usize::MAX),
                modules.path(modules.path_of(root)),
            )
        }
        Conflict::KeepFell { kept: Some(kept) } => {
            let path = modules.path_of(*kept);
            let floors = planner.problem().graph.floors(modules, path, None);
            let gone: Vec<ModuleId> = floors
                .iter()
                .map(|floor| floor.by)
                .filter(|by| !found.ruled_out(*by, usize::MAX).is_empty())
                .collect();
            found.group(gone.clone());
            let holders: Vec<String> = gone.iter().map(|by| modules.display(*by)).collect();
            let limits: BTreeSet<String> =
                gone.iter().map(|by| found.limit(*by, usize::MAX)).collect();
            if holders.is_empty() {
                return None;
            }
            format!(
                "Because {}, and {} is held up by {}, it would not stay there.",
                and(limits.into_iter().collect()),
                modules.display(*kept),
                and(holders),
            )
        }
        _ => return None,
    };
    let mut sentences: Vec<String> = (0..found.groups.len())
        .map(|number| found.sentence(number))
        .collect();
    sentences.push(end);
    sentences.extend(also_tried(planner, refused));
    Some(sentences)
}

/// What else was tried before this was given up.
fn also_tried(planner: &Planner, refused: &Refused) -> Option<String> {
    let mut tried = Vec::new();
    if refused.widened {
        tried.push("pre-releases and retracted versions".to_owned());
    }
    if refused.tried > 1 {
        let drops = if planner.goal().allow_drop {
            "dropping direct requirements and "
        } else {
            ""
        };
        tried.push(format!(
            "{drops}letting other modules rise ({} way{})",
            refused.tried - 1,
            if refused.tried == 2 { "" } else { "s" }
        ));
    }
    (!tried.is_empty()).then(|| format!("Tried as well, without a plan: {}.", tried.join("; ")))
}

struct Derivation<'a> {
    world: &'a World,
    planner: &'a Planner,
    /// All steps down, first to last.
    steps: &'a [Lowering],
    /// The steps that count, as places in `steps`; each group is a sentence.
    groups: Vec<Vec<usize>>,
}

impl Derivation<'_> {
    fn path(&self, module: ModuleId) -> PathId {
        self.world.modules.path_of(module)
    }

    /// The steps before `order` that rule `module` out: those of its path from its version or a higher one.
    fn ruled_out(&self, module: ModuleId, order: usize) -> Vec<usize> {
        let modules = &self.world.modules;
        let rules_out = |step: &&(usize, &Lowering)| {
            self.path(step.1.from) == self.path(module)
                && step.1.order < order
                && modules.compare(step.1.from, module).is_ge()
        };
        let steps = self.steps.iter().enumerate();
        steps
            .filter(|step| rules_out(&step))
            .map(|(at, _)| at)
            .collect()
    }

    /// The steps that `step` rests on.
    fn below(&self, step: &Lowering) -> Vec<usize> {
        match step.chain.last() {
            Some(last) if *last != step.from && is_too_high(step) => {
                self.ruled_out(*last, step.order)
            }
            _ => Vec::new(),
        }
    }

    /// Collects the steps that rule `modules` out, and all that these rest on, in groups.
    fn group(&mut self, modules: Vec<ModuleId>) {
        let mut needed: BTreeSet<usize> = BTreeSet::new();
        let mut pending: Vec<usize> = modules
            .into_iter()
            .flat_map(|module| self.ruled_out(module, usize::MAX))
            .collect();
        while let Some(at) = pending.pop() {
            if needed.insert(at)
                && let Some(step) = self.steps.get(at)
            {
                pending.extend(self.below(step));
            }
        }
        let mut group_of: FxHashMap<usize, usize> = FxHashMap::default();
        let mut last_of: FxHashMap<PathId, usize> = FxHashMap::default();
        for at in needed {
            let Some(step) = self.steps.get(at) else {
                continue;
            };
            let path = self.path(step.from);
            let rests_on = self
                .below(step)
                .iter()
                .filter_map(|at| group_of.get(at).copied())
                .max();
            // A step joins the last group of its path, unless it rests on one that comes later.
            let joined = last_of.get(&path).copied().filter(|group| {
                let first = self.groups.get(*group).and_then(|list| list.first());
                let first = first.and_then(|at| self.steps.get(*at));
                rests_on.is_none_or(|other| other < *group)
                    && first.is_some_and(|first| self.shape(first) == self.shape(step))
            });
            let group = joined.unwrap_or(self.groups.len());
            match self.groups.get_mut(group) {
                Some(list) => list.push(at),
                None => self.groups.push(vec![at]),
            }
            group_of.insert(at, group);
            last_of.insert(path, group);
        }
    }

    /// What two steps must share to be told in one sentence.
    fn shape(&self, step: &Lowering) -> (Vec<PathId>, bool, bool) {
        let chain = step.chain.iter().map(|module| self.path(*module)).collect();
        (chain, step.unreadable.is_some(), step.go_line.is_some())
    }

    /// `Because a@v1.2.0 requires b@v1.1.0, and b@v1.0.0 is asked for, a can be at v1.1.0 at most.`
    fn sentence(&self, number: usize) -> String {
        let steps: Vec<&Lowering> = self
            .groups
            .get(number)
            .into_iter()
            .flatten()
            .filter_map(|at| self.steps.get(*at))
            .collect();
        let [first, .., last] = steps.as_slice() else {
            return match steps.as_slice() {
                [only] => format!("Because {}, {}.", self.fact(only), self.consequence(only)),
                _ => String::new(),
            };
        };
        let modules = &self.world.modules;
        let version = |module: ModuleId| {
            let version = modules.version(module);
            version.map(ToString::to_string).unwrap_or_default()
        };
        format!(
            "Because each of the {} versions of {} from {} down to {} {}, {}.",
            steps.len(),
            modules.path(self.path(first.from)),
            version(first.from),
            version(last.from),
            self.shared_fact(&steps),
            self.consequence(last)
        )
    }

    /// What is wrong with one version.
    fn fact(&self, step: &Lowering) -> String {
        let modules = &self.world.modules;
        let chain = match step.chain.as_slice() {
            [] => modules.display(step.from),
            chain => super::reason::chain_sentence(self.world, chain),
        };
        let joint = if step.chain.len() > 1 { ", which" } else { "" };
        if let Some(error) = &step.unreadable {
            return format!("{chain}{joint} cannot be used ({error})");
        }
        if let Some(go) = &step.go_line {
            return format!("{chain}{joint} needs go {go}, and {}", self.go_asked());
        }
        match step.chain.last() {
            Some(last) if step.chain.len() > 1 => {
                format!("{chain}, and {}", self.limit(*last, step.order))
            }
            _ => format!("{chain} is above what is allowed"),
        }
    }

    /// What is wrong with several versions alike.
    fn shared_fact(&self, steps: &[&Lowering]) -> String {
        let modules = &self.world.modules;
        let Some(first) = steps.first() else {
            return String::new();
        };
        let mut links: Vec<String> = (1..first.chain.len())
            .map(|at| {
                let ends: Vec<ModuleId> = steps
                    .iter()
                    .filter_map(|s| s.chain.get(at).copied())
                    .collect();
                let lowest = ends.iter().copied().min_by(|a, b| modules.compare(*a, *b));
                match lowest {
                    Some(lowest) if ends.iter().all(|end| *end == lowest) => {
                        modules.display(lowest)
                    }
                    Some(lowest) => format!("{} or above", modules.display(lowest)),
                    None => String::new(),
                }
            })
            .collect();
        if let Some(link) = links.first_mut() {
            link.insert_str(0, "requires ");
        }
        let mut chain = links.join(", which requires ");
        if !chain.is_empty() {
            chain.push_str(if is_too_high(first) { "" } else { ", which " });
        }
        if let Some(error) = &first.unreadable {
            return format!("{chain}cannot be used (the first: {error})");
        }
        if first.go_line.is_some() {
            let lowest = steps
                .iter()
                .filter_map(|step| step.go_line.as_ref())
                .min_by(|a, b| a.cmp_precedence(b));
            let lowest = lowest.map(ToString::to_string).unwrap_or_default();
            return format!("{chain}needs go {lowest} or above, and {}", self.go_asked());
        }
        let mut limits: Vec<String> = Vec::new();
        for step in steps {
            if let Some(last) = step.chain.last().filter(|last| **last != step.from) {
                let limit = self.limit(*last, step.order);
                if !limits.contains(&limit) {
                    limits.push(limit);
                }
            }
        }
        match limits.pop() {
            // The last limit holds for all: they only fall.
            Some(limit) => format!("{chain}, and {limit}"),
            None => "is above what is allowed".to_owned(),
        }
    }

    /// Why `module` is too high, as known before `order`.
    fn limit(&self, module: ModuleId, order: usize) -> String {
        let modules = &self.world.modules;
        let (path, goal, problem) = (
            self.path(module),
            self.planner.goal(),
            self.planner.problem(),
        );
        let steps = self.ruled_out(module, order);
        if let Some(at) = steps.last()
            && let Some(step) = self.steps.get(*at)
        {
            let number = self.groups.iter().position(|list| list.contains(at));
            let number = number.map(|number| format!(" ({})", number + 1));
            return format!("{}{}", self.consequence(step), number.unwrap_or_default());
        }
        if let Some(target) = goal.module_target(path, |module| modules.path_of(module)) {
            return format!("{} is asked for", modules.display(target));
        }
        if goal.targets.contains(&Target::Absent { path }) {
            return format!("{} must be absent", modules.path(path));
        }
        if path == problem.go_path {
            return self.go_asked();
        }
        match problem.selected.get(&path) {
            Some(today) if goal.keep.contains(&path) => {
                format!("{} is to be kept", modules.display(*today))
            }
            Some(today) => {
                let version = modules.version(*today).map(ToString::to_string);
                let version = version.unwrap_or_default();
                format!(
                    "{} may not rise above today's {version}",
                    modules.path(path)
                )
            }
            None => format!("{} is not in the build list", modules.path(path)),
        }
    }

    fn go_asked(&self) -> String {
        match self.planner.goal().go() {
            Some(version) => format!("go {version} is asked for"),
            None => format!("go.mod says go {}", self.planner.problem().go),
        }
    }

    /// What follows from a step.
    fn consequence(&self, step: &Lowering) -> String {
        let modules = &self.world.modules;
        match step.to {
            Some(to) => format!("{} is the highest that is left", modules.display(to)),
            None => format!(
                "no version of {} is left",
                modules.path(self.path(step.from))
            ),
        }
    }

    /// The last sentence, where something would have to move that may not.
    fn hard(&self, chain: &[ModuleId], unreadable: Option<String>) -> String {
        let mut fact = super::reason::chain_sentence(self.world, chain);
        if let Some(first) = chain.first()
            && let Some(role) = self.role(*first)
        {
            let name = self.world.modules.display(*first);
            fact.insert_str(name.len(), &format!(", which {role},"));
        }
        let joint = if chain.len() > 1 { ", which" } else { "" };
        let go = chain.last().and_then(|last| self.go_too_high(*last));
        let wrong = match (unreadable, go, chain) {
            (Some(error), _, _) => format!("{joint} cannot be used ({error})"),
            (None, Some(go), _) => format!("{joint} needs go {go}, and {}", self.go_asked()),
            (None, None, [_, .., last]) => format!(", and {}", self.limit(*last, usize::MAX)),
            (None, None, _) => " would have to move".to_owned(),
        };
        // The comma behind "which is asked for" is the one in front of "and".
        let fact = match wrong.starts_with(',') {
            true => fact.trim_end_matches(','),
            false => fact.as_str(),
        };
        format!("Because {fact}{wrong}, there is no plan.")
    }

    /// The go line of a module, when it is above the Go that is asked for.
    fn go_too_high(&self, module: ModuleId) -> Option<&GoVersion> {
        let asked = self.planner.goal().go()?;
        let overrides = &self.planner.problem().setup.overrides;
        let source = self.world.known_source_of(module, overrides)?;
        let go = self.world.facts(source)?.as_ref().ok()?.go.as_ref()?;
        go.cmp_precedence(asked).is_gt().then_some(go)
    }

    /// Why a module may not move.
    fn role(&self, module: ModuleId) -> Option<&'static str> {
        let (path, goal) = (self.path(module), self.planner.goal());
        if goal.keep.contains(&path) {
            return Some("is to be kept");
        }
        let target = goal.module_target(path, |module| self.path(module));
        target.map(|_| "is asked for")
    }
}

/// Whether a step was taken because of a version that is too high, not one that cannot be used.
fn is_too_high(step: &Lowering) -> bool {
    step.unreadable.is_none() && step.go_line.is_none()
}

/// `a, b and c`.
fn and(mut list: Vec<String>) -> String {
    match (list.pop(), list.is_empty()) {
        (Some(last), true) => last,
        (Some(last), false) => format!("{} and {last}", list.join(", ")),
        (None, _) => String::new(),
    }
}
