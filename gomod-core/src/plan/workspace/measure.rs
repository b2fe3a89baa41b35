//! The members' plans as one plan: what it moves and costs on the workspace's build list.

use rustc_hash::{FxHashMap, FxHashSet};

use super::attempt::{Bounds, Mix, Part, Together};
use super::files::{member_edits, work_edits};
use super::today::Joint;
use super::{
    FileEdits, Halt, MemberSums, WorkspaceError, WorkspaceFiles, WorkspacePlan, WorkspacePlanner,
};
use crate::graph::{ModuleId, PathId};
use crate::model::{GoMod, Require};
use crate::mvs::{World, needed_sums};
use crate::plan::chains::is_asked;
use crate::plan::choice::Choice;
use crate::plan::cost::{self, asks_for_more};
use crate::plan::edit::changed_lines;
use crate::plan::finish::Solution;
use crate::plan::outcome::{Outcome, Plan, Searched};
use crate::plan::packages::{ImportCheck, Packages, Universe};
use crate::plan::reason::chain_sentence;
use crate::plan::{
    Conflict, Edit, Means, Move, Needs, Pass, PlanReport, Problem, Refused, Report, Role, Target,
};

impl WorkspacePlanner {
    /// Counts what the plans cost together.
    pub(super) fn measured(
        &mut self,
        world: &mut World,
        together: Together,
    ) -> Result<WorkspacePlan, Halt> {
        let Together {
            way,
            parts,
            bounds,
            files,
            joint,
            notes,
            reasoned,
        } = together;
        let (Some(problem), Some(first)) = (self.problem().cloned(), files.members.first()) else {
            return Err(Halt::Failed(WorkspaceError::Main(
                "go.work uses no module".to_owned(),
            )));
        };
        let mix = way.mix;
        let go_mod = first.clone();
        let of_members = parts.iter().filter_map(|part| part.plan.imports.as_ref());
        let tried: Vec<_> = of_members.flat_map(|check| check.tried.clone()).collect();
        let imports = self.imports(world, &files, &joint)?;
        let imports = imports.map(|check| ImportCheck { tried, ..check });
        let before_closure = without_closure(world, &parts, &files);
        let plain = self.joint(world, &before_closure)?;
        let mut lowered = FxHashMap::default();
        for part in &parts {
            for (path, steps) in &part.plan.lowered {
                lowered.entry(*path).or_insert_with(|| steps.clone());
            }
        }
        let solution = Solution {
            roots: joint.setup.roots.clone(),
            overrides: joint.setup.overrides.clone(),
            graph: joint.graph.clone(),
            plain: plain.graph,
            base: plain.setup.roots,
            added: parts.iter().flat_map(|p| p.plan.added.clone()).collect(),
            imports,
            settled: parts.iter().flat_map(|p| p.plan.settled.clone()).collect(),
            lowered,
            left_out: left_out(&parts),
        };
        let moves = cost::moves(world, &problem, &self.goal, &solution);
        let lists = plain.setup.members.iter();
        let base: Vec<ModuleId> = lists.flat_map(|(_, list, _)| list.clone()).collect();
        if !reasoned && let Some(module) = risen(world, &moves, &solution, &base) {
            let what = world.modules.display(module);
            let reason = format!("a member requires it directly, and nothing asks for {what}");
            return Err(self.refused(world, mix, Conflict::Unwritable { reason }));
        }
        let counts: Vec<PathId> = moves
            .iter()
            .filter(|moved| moved.role != Role::Closure && moved.from.is_some())
            .map(|moved| moved.path)
            .filter(|path| *path != problem.go_path && self.candidates.list(*path).is_none())
            .collect();
        if !counts.is_empty() {
            return Err(Halt::Needs(Needs {
                counts,
                ..Needs::default()
            }));
        }
        let overridden = self.overridden(world, &problem, &joint, &solution);
        let mut cost = cost::cost(world, &self.candidates, &moves, &solution, overridden.len());
        cost.dropped = parts.iter().map(|part| part.plan.cost.dropped).sum();
        let collateral = cost.direct_moved + cost.others_moved;
        if let Some(limit) = self.goal.max_collateral.filter(|limit| collateral > *limit) {
            let moves = moves.into_iter().filter(|moved| moved.role == Role::Moved);
            let moves = moves.collect();
            return Err(self.refused(world, mix, Conflict::TooManyMoves { moves, limit }));
        }
        let (before, after) = (self.files.texts(), files.texts());
        let pairs = before.iter().zip(&after);
        cost.lines = pairs.map(|(old, new)| changed_lines(old, new)).sum();
        let sums = self.sums(world, &parts, &files)?;
        let mut changes = self.changes(world, &parts, &files);
        say_bounds(world, &bounds, &mut changes);
        self.say_holds(world, &bounds, &mut changes);
        Ok(WorkspacePlan {
            plan: Plan {
                means: self.means_used(world, &parts, &bounds),
                pass: parts
                    .iter()
                    .map(|p| p.plan.pass)
                    .max()
                    .unwrap_or(Pass::Releases)
                    .max(self.pass),
                raised: parts.iter().flat_map(|p| p.plan.raised.clone()).collect(),
                search: Searched {
                    proven: false,
                    bound: None,
                    irreducible: None,
                    tried: parts.iter().map(|part| part.plan.search.tried).sum(),
                },
                cost,
                granted: cost::granted(world, &self.goal, &overridden),
                edits: changes
                    .iter()
                    .flat_map(|file| &file.edits)
                    .map(|edit| edit.edit.clone())
                    .collect(),
                moves,
                go_mod,
                setup: joint.setup,
                graph: solution.graph,
                base: solution.base,
                added: solution.added,
                imports: solution.imports,
                settled: solution.settled,
                lowered: solution.lowered,
                overridden,
                left_out: solution.left_out,
                otherwise: Choice::default(),
                overlooked: 0,
            },
            files,
            changes,
            sums,
            notes,
            way,
            parts: parts.iter().map(|part| (part.member, part.run)).collect(),
        })
    }

    /// The requirements that ask for more than what is used, beyond those of today; the members' own count as
    /// theirs.
    fn overridden(
        &self,
        world: &World,
        problem: &Problem,
        joint: &Joint,
        solution: &Solution,
    ) -> Vec<(Option<PathId>, ModuleId)> {
        let mut found = cost::newly_overridden(world, problem, solution);
        let of_members = |joint: &Joint| -> FxHashMap<(Option<PathId>, PathId), ModuleId> {
            let mut found = FxHashMap::default();
            for member in &joint.main.members {
                for (required, _) in &member.requires {
                    if asks_for_more(world, &joint.graph, &joint.setup.overrides, *required) {
                        let path = world.modules.path_of(*required);
                        found.insert((Some(member.path), path), *required);
                    }
                }
            }
            found
        };
        let today = self.today.as_ref().map(|today| of_members(&today.joint));
        let today = today.unwrap_or_default();
        let new = of_members(joint).into_iter();
        found.extend(new.filter(|(pair, _)| !today.contains_key(pair)));
        let mut list: Vec<_> = found.into_iter().map(|((by, _), m)| (by, m)).collect();
        list.sort_unstable();
        list
    }

    /// Follows the imports of all members in the planned workspace; what does not resolve today either does
    /// not count.
    fn imports(
        &mut self,
        world: &mut World,
        files: &WorkspaceFiles,
        joint: &Joint,
    ) -> Result<Option<ImportCheck>, Halt> {
        let mut all = self.all.take().unwrap_or_else(|| self.union());
        let today = self.today.as_ref().map(|today| today.joint.clone());
        self.packages.lend(&mut all);
        let result = walk_both(world, &all, &self.layout.directories, files, joint, today);
        self.packages.take_back(&mut all);
        self.all = Some(all);
        result
    }

    /// The packages of all members.
    fn union(&self) -> Packages {
        let names: Vec<String> = self
            .layout
            .names
            .iter()
            .map(|name| name.strip_suffix("go.mod").unwrap_or(name))
            .map(|name| name.trim_end_matches('/').to_owned())
            .collect();
        let mains: Vec<(&str, &Packages)> =
            names.iter().map(String::as_str).zip(&self.mains).collect();
        Packages::union(&mains)
    }

    /// What each changed member's go.sum has to hold for its own graph.
    fn sums(
        &mut self,
        world: &mut World,
        parts: &[Part],
        files: &WorkspaceFiles,
    ) -> Result<Vec<MemberSums>, Halt> {
        let mut list = Vec::new();
        for member in 0..files.members.len() {
            let text = |files: &WorkspaceFiles| files.members.get(member).map(GoMod::text);
            if text(files) == text(&self.files) {
                continue;
            }
            let mut lines = Vec::new();
            let mut content: Vec<ModuleId> = Vec::new();
            if let Some(part) = parts.iter().find(|part| part.member == member)
                && let Some(problem) = self.today.as_ref().and_then(|t| t.problems.get(member))
            {
                content = part.plan.content(world, problem);
                let overrides = &part.plan.setup.overrides;
                lines.extend(needed_sums(world, &part.plan.graph, overrides, &content));
            }
            if let Some(loaded) = self.alone(world, files, member)? {
                let selected = |module: &ModuleId| {
                    let path = world.modules.path_of(*module);
                    loaded
                        .graph
                        .selected(path)
                        .filter(|m| world.modules.version(*m).is_some())
                };
                let roots = loaded.setup.roots.iter().chain(&content);
                let content: Vec<ModuleId> = roots.filter_map(selected).collect();
                let overrides = &loaded.setup.overrides;
                lines.extend(needed_sums(world, &loaded.graph, overrides, &content));
            }
            lines.sort();
            lines.dedup();
            list.push(MemberSums { member, lines });
        }
        Ok(list)
    }

    /// The files that change.
    fn changes(&self, world: &World, parts: &[Part], files: &WorkspaceFiles) -> Vec<FileEdits> {
        let mut list = Vec::new();
        for (member, (before, after)) in self.files.members.iter().zip(&files.members).enumerate() {
            if before.text() == after.text() {
                continue;
            }
            let own = parts.iter().find(|part| part.member == member);
            let own = own.and_then(|part| self.own_report(world, part));
            let name = self.layout.name(member).to_owned();
            list.push(FileEdits {
                edits: member_edits(&name, before, after, own.as_ref()),
                name,
                member: Some(member),
                before: before.text(),
                after: after.text(),
            });
        }
        let (before, after) = (&self.files.go_work, &files.go_work);
        if before.text() != after.text() {
            list.push(FileEdits {
                name: "go.work".to_owned(),
                member: None,
                before: before.text(),
                after: after.text(),
                edits: work_edits(before, after),
            });
        }
        list
    }

    /// What the member's own plan says of itself.
    fn own_report(&self, world: &World, part: &Part) -> Option<PlanReport> {
        let planner = &self.runs.get(part.run)?.planner;
        let alone = Outcome {
            plans: vec![part.plan.clone()],
            conflicts: Vec::<(Vec<Means>, Refused)>::new(),
        };
        Report::new(world, planner, &alone).plans.into_iter().next()
    }

    /// Says why members require what nobody asked for.
    fn say_holds(&self, world: &World, bounds: &Bounds, changes: &mut [FileEdits]) {
        for hold in &bounds.holds {
            let path = world.modules.path_of(hold.module);
            let today = self
                .problem()
                .and_then(|problem| problem.selected.get(&path));
            let is_target = self.goal.targets.contains(&Target::Module {
                module: hold.module,
            });
            let why = match (is_target, today == Some(&hold.module)) {
                (true, _) => "asked for",
                (_, true) => "the workspace uses this version today, and goes on using it",
                _ => "fits what the plans of other members require or exclude",
            };
            let held = world.modules.path(path);
            let own = changes
                .iter_mut()
                .filter(|file| file.member == Some(hold.member));
            for edit in own.flat_map(|file| &mut file.edits) {
                if matches!(&edit.edit, Edit::Require { path, .. } if path == held.as_str()) {
                    edit.reason = why.to_owned();
                }
            }
        }
    }

    /// The heaviest kind of edit that any member uses for each target.
    fn means_used(&self, world: &World, parts: &[Part], bounds: &Bounds) -> Vec<Means> {
        let path_of = |module| world.modules.path_of(module);
        let mut means = self.means_of(Mix::Cheapest);
        for (target, means) in self.goal.targets.iter().zip(&mut means) {
            let mut excluded = bounds.excludes.iter().map(|(_, module)| path_of(*module));
            if excluded.any(|path| target.path(path_of) == Some(path)) {
                *means = Means::Exclude;
            }
            for part in parts {
                let Some(run) = self.runs.get(part.run) else {
                    continue;
                };
                for (own, used) in run.goal.targets.iter().zip(&part.plan.means) {
                    if own.path(path_of) == target.path(path_of) {
                        *means = (*means).max(*used);
                    }
                }
            }
        }
        means
    }
}

/// A module that some member requires directly and that rises though no other module asks for that: a member
/// that requires it indirectly may have it rise, but nobody wants to upgrade the others' to bring something else down.
/// What it brings about itself does not count.
fn risen(
    world: &World,
    moves: &[Move],
    solution: &Solution,
    base: &[ModuleId],
) -> Option<ModuleId> {
    let modules = &world.modules;
    let moved = moves
        .iter()
        .filter(|moved| moved.role == Role::Moved && moved.direct);
    let mut risen = moved.filter_map(|moved| {
        let (from, to) = (moved.from?, solution.plain.selected(moved.path)?);
        modules.compare(to, from).is_gt().then_some(to)
    });
    risen.find(|to| !is_asked(world, &solution.graph, base, *to))
}

/// Says why modules are bounded that nobody asked to bring back.
fn say_bounds(world: &World, bounds: &Bounds, changes: &mut [FileEdits]) {
    for (module, chain) in &bounds.at_most {
        let bounded = world.modules.path(world.modules.path_of(*module)).as_str();
        for edit in changes.iter_mut().flat_map(|file| &mut file.edits) {
            if matches!(&edit.edit, Edit::Require { path, .. } if path == bounded) {
                let chain = chain_sentence(world, chain);
                edit.reason = format!("the workspace looks behind it: {chain}");
            }
        }
    }
}

/// The files without the lines that closure or imports made due, and as they were before those raised any.
fn without_closure(world: &World, parts: &[Part], files: &WorkspaceFiles) -> WorkspaceFiles {
    let modules = &world.modules;
    let mut plain = files.clone();
    for part in parts {
        let Some(file) = plain.members.get_mut(part.member) else {
            continue;
        };
        for (added, _) in &part.plan.added {
            file.drop_require(modules.path(modules.path_of(*added)));
        }
        for base in &part.plan.base {
            let path = modules.path_of(*base);
            let mut roots = part.plan.setup.roots.iter();
            let root = roots.find(|root| modules.path_of(**root) == path);
            let (Some(root), Some(version)) = (root, modules.version(*base)) else {
                continue;
            };
            let path = modules.path(path);
            let raised = |line: &Require| {
                line.path == *path && Some(&line.version) == modules.version(*root)
            };
            if root != base && file.require.iter().any(raised) {
                file.add_require(path, version);
            }
        }
    }
    plain
}

fn left_out(parts: &[Part]) -> Vec<(ModuleId, crate::mvs::LoadError)> {
    let mut seen = FxHashSet::default();
    let all = parts.iter().flat_map(|part| part.plan.left_out.clone());
    all.filter(|(module, _)| seen.insert(*module)).collect()
}

fn walk_both(
    world: &mut World,
    all: &Packages,
    directories: &[String],
    files: &WorkspaceFiles,
    joint: &Joint,
    today: Option<Joint>,
) -> Result<Option<ImportCheck>, Halt> {
    debug_assert_eq!(files.members.len(), directories.len());
    let mut universe = |joint: &Joint| {
        let main = joint.setup.main.iter().copied();
        let members: Vec<(ModuleId, String)> = main.zip(directories.iter().cloned()).collect();
        Universe::workspace(world, &joint.graph, &joint.setup.overrides, &members)
    };
    let planned = universe(joint);
    let walk = all.follow_beyond(planned, || today.as_ref().map(universe));
    let walk = walk.map_err(Halt::Needs)?;
    let is_member = |module: &ModuleId| joint.setup.main.contains(module);
    Ok(walk.map(|walk| ImportCheck::new(walk, |module| !is_member(module))))
}
