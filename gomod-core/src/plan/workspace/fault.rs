//! What is wrong with the members' plans once they are put together, and what is done about it.
//!
//! The workspace loads more than its members do: where one requires less than is selected, the `go` command
//! also looks behind the selected version (`readModGraph` in cmd/go). What that brings above a target is
//! excluded where plans exclude, and otherwise the module that leads there is bounded for all members.

use rustc_hash::FxHashSet;

use super::attempt::{Bounds, Mix, Part};
use super::today::Joint;
use super::{Halt, WorkspaceError, WorkspaceFiles, WorkspacePlanner};
use crate::graph::{ModuleId, PathId};
use crate::model::ReplaceTarget;
use crate::mvs::{Source, World};
use crate::plan::candidates::Usable;
use crate::plan::goal::{Means, Target};
use crate::plan::{Conflict, Edit, Needs};

/// One thing that is wrong.
#[derive(Debug)]
pub(super) enum Fault {
    /// A target is selected above what is asked for.
    Above {
        target: usize,
        /// Requirements from a member to what is too high.
        chain: Vec<ModuleId>,
    },
    /// A target is selected below it.
    Below { target: usize },
    /// A kept module moved.
    Kept { kept: Option<ModuleId> },
}

impl WorkspacePlanner {
    /// The files with the members' edits in them.
    pub(super) fn edited(
        &self,
        world: &World,
        parts: &[Part],
        bounds: &Bounds,
    ) -> Result<WorkspaceFiles, Halt> {
        let unwritable =
            |error: crate::model::EditError| Halt::Failed(WorkspaceError::Main(error.to_string()));
        let mut files = self.files.clone();
        for part in parts {
            if let Some(file) = files.members.get_mut(part.member) {
                *file = part.plan.go_mod.clone();
            }
            let replaced = part.plan.edits.iter().filter_map(|edit| match edit {
                Edit::Replace { path, .. } => Some(path.as_str()),
                _ => None,
            });
            for path in replaced {
                let path = crate::model::ModulePath::new(path);
                let overrides = &part.plan.setup.overrides;
                let id = world.modules.find_path(&path);
                if let Some(Source::Module(module)) = id.and_then(|id| overrides.wildcard.get(&id))
                    && let Some(version) = world.modules.module_version(*module)
                {
                    let target = ReplaceTarget::Module(version);
                    files.go_work.add_replace(&path, None, &target);
                }
            }
        }
        for (member, module) in &bounds.excludes {
            if let (Some(file), Some(module)) = (
                files.members.get_mut(*member),
                world.modules.module_version(*module),
            ) {
                file.add_exclude(&module.path, &module.version)
                    .map_err(unwritable)?;
            }
        }
        for target in &self.goal.targets {
            if let Target::Go { version } = target
                && files.go_work.go_version().cmp_precedence(version).is_gt()
            {
                files.go_work.set_go(version).map_err(unwritable)?;
                files.go_work.drop_toolchain();
            }
        }
        Ok(files)
    }

    /// The first thing that is wrong with the planned workspace.
    pub(super) fn fault(&self, world: &World, joint: &Joint) -> Option<Fault> {
        let modules = &world.modules;
        let graph = &joint.graph;
        let overrides = &joint.setup.overrides;
        for (target, what) in self.goal.targets.iter().enumerate() {
            let above = |module: ModuleId| Fault::Above {
                target,
                chain: graph.shortest_path(module),
            };
            match what {
                Target::Module { module } => {
                    let Some(selected) = graph.selected(modules.path_of(*module)) else {
                        return Some(Fault::Below { target });
                    };
                    if let Some(Source::Module(used)) = overrides.replacement(modules, selected)
                        && used == module
                    {
                        continue;
                    }
                    match modules.compare(selected, *module) {
                        std::cmp::Ordering::Equal => {}
                        std::cmp::Ordering::Greater => return Some(above(selected)),
                        std::cmp::Ordering::Less => return Some(Fault::Below { target }),
                    }
                }
                Target::Absent { path } => {
                    if let Some(selected) = graph.selected(*path) {
                        return Some(above(selected));
                    }
                }
                // It selects nothing else.
                Target::Toolchain { .. } => {}
                Target::Go { version } => {
                    let too_new = graph.build_list(modules).into_iter().find(|module| {
                        if let Some(go) = modules.version(*module).and_then(|v| v.as_go())
                            && modules.path(modules.path_of(*module)).as_str() == "go"
                        {
                            return go.cmp_precedence(version).is_gt();
                        }
                        let local = self.local_go.as_ref();
                        let found = world.requirements(*module, overrides, local);
                        let go = found.ok().flatten().and_then(|found| found.go());
                        go.is_some_and(|go| go.cmp_precedence(version).is_gt())
                            && !self.is_member(world, joint, *module)
                    });
                    if let Some(module) = too_new {
                        return Some(above(module));
                    }
                }
            }
        }
        let today = &self.today.as_ref()?.whole.selected;
        let mut kept: Vec<PathId> = self.goal.keep.iter().copied().collect();
        kept.sort_unstable();
        kept.into_iter()
            .find(|path| graph.selected(*path) != today.get(path).copied())
            .map(|path| Fault::Kept {
                kept: today.get(&path).copied(),
            })
    }

    /// Keeps a chain of requirements from leading above a target: by an exclude, or a bound on one of its
    /// modules.
    #[allow(clippy::too_many_arguments)]
    pub(super) fn bound(
        &mut self,
        world: &mut World,
        mix: Mix,
        parts: &[Part],
        joint: &Joint,
        bounds: &mut Bounds,
        target: usize,
        chain: Vec<ModuleId>,
    ) -> Result<(), Halt> {
        let refused = |this: &Self, world: &World, chain: Vec<ModuleId>| {
            let conflict = Conflict::Hard {
                chain,
                unreadable: None,
            };
            Err(this.refused(world, mix, conflict))
        };
        if let Some(member) = asks_for_itself(world, joint, &chain)
            && !bounds.pins.contains(&(member, target))
        {
            bounds.pins.push((member, target));
            return Ok(());
        }
        if self.excludes(world, mix, parts, target) {
            let first = chain.first().copied();
            let member = joint
                .setup
                .main
                .iter()
                .position(|main| Some(*main) == first);
            let Some(bad) = chain.last().copied() else {
                return refused(self, world, chain);
            };
            let exclude = (member.unwrap_or_default(), bad);
            if bounds.excludes.contains(&exclude) || self.is_member(world, joint, bad) {
                return refused(self, world, chain);
            }
            bounds.excludes.push(exclude);
            return Ok(());
        }
        self.bounded = true;
        let aimed: Vec<Option<PathId>> = self
            .goal
            .targets
            .iter()
            .map(|target| target.path(|module| world.modules.path_of(module)))
            .collect();
        for module in &chain {
            let path = world.modules.path_of(*module);
            if self.is_member(world, joint, *module)
                || aimed.contains(&Some(path))
                || self.goal.keep.contains(&path)
                || world.modules.path(path).is_toolchain()
            {
                continue;
            }
            if let Some(next) = self.below(world, *module)?
                && self.is_above_somewhere(world, next, bounds)
            {
                let other = |known: &ModuleId| world.modules.path_of(*known) != path;
                bounds.at_most.retain(|(known, _)| other(known));
                let from = chain
                    .iter()
                    .position(|one| one == module)
                    .unwrap_or_default();
                let chain = chain.get(from..).unwrap_or_default().to_vec();
                bounds.at_most.push((next, chain));
                return Ok(());
            }
        }
        refused(self, world, chain)
    }

    /// Whether what asks for more than a target is excluded.
    fn excludes(&self, world: &World, mix: Mix, parts: &[Part], target: usize) -> bool {
        let Some(Target::Module { .. } | Target::Absent { .. }) = self.goal.targets.get(target)
        else {
            return false;
        };
        let path_of = |module| world.modules.path_of(module);
        let path = self.goal.targets.get(target).and_then(|t| t.path(path_of));
        let by_exclude = |part: &Part| {
            let goal = self.runs.get(part.run).map(|run| &run.goal.targets);
            let targets = goal.into_iter().flatten().zip(&part.plan.means);
            targets
                .into_iter()
                .any(|(t, means)| t.path(path_of) == path && *means == Means::Exclude)
        };
        mix.means() == Some(Means::Exclude) || parts.iter().any(by_exclude)
    }

    /// The next candidate below a module.
    fn below(&mut self, world: &mut World, module: ModuleId) -> Result<Option<ModuleId>, Halt> {
        let mut needs = Needs::default();
        let named: FxHashSet<ModuleId> = self
            .today
            .iter()
            .flat_map(|today| today.joint.graph.walk())
            .collect();
        let usable = |module: ModuleId| Usable::of(false, named.contains(&module));
        let candidates = &self.candidates;
        let below = candidates.below(world, &mut needs, self.pass, module, usable, 1);
        match needs.is_empty() {
            true => Ok(below.and_then(|list| list.first().copied())),
            false => Err(Halt::Needs(needs)),
        }
    }

    /// Whether a bound changes anything: a member selects more today, and it is not there yet.
    fn is_above_somewhere(&self, world: &World, bound: ModuleId, bounds: &Bounds) -> bool {
        let path = world.modules.path_of(bound);
        !bounds.at_most.iter().any(|(known, _)| *known == bound)
            && self
                .today
                .iter()
                .flat_map(|today| &today.problems)
                .any(|problem| {
                    let selected = problem.selected.get(&path);
                    selected.is_some_and(|selected| world.modules.compare(*selected, bound).is_gt())
                })
    }

    /// Lowers the bound that was made last by one more candidate; says whether there was one.
    pub(super) fn lower_last(
        &mut self,
        world: &mut World,
        bounds: &mut Bounds,
    ) -> Result<bool, Halt> {
        let Some((last, chain)) = bounds.at_most.last().cloned() else {
            return Ok(false);
        };
        let Some(next) = self.below(world, last)? else {
            return Ok(false);
        };
        bounds.at_most.pop();
        bounds.at_most.push((next, chain));
        Ok(true)
    }
}

/// The member whose requirement on a version of itself a chain begins with: as soon as its go.mod is updated, that
/// line goes.
fn asks_for_itself(world: &World, joint: &Joint, chain: &[ModuleId]) -> Option<usize> {
    let [member, asked, ..] = chain else {
        return None;
    };
    let itself = world.modules.path_of(*member) == world.modules.path_of(*asked);
    let mut members = joint.setup.main.iter();
    members.position(|main| main == member).filter(|_| itself)
}
