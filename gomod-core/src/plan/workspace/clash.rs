//! Where the members' own plans do not fit together: one brings in what another has to lower, or excludes what
//! another requires.

use super::attempt::{Bounds, Part};
use super::hold::Hold;
use super::today::Joint;
use super::{WorkspaceFiles, WorkspacePlanner};
use crate::model::{Exclude, ModuleVersion};
use crate::mvs::World;
use crate::plan::Target;

/// A requirement of one member that another excludes.
pub(super) struct Clash {
    /// What the member could require instead: what the other one does.
    pub(super) hold: Option<Hold>,
    pub(super) what: String,
}

impl WorkspacePlanner {
    /// A member whose own plan comes to more than a target that it has not had to reach so far, and that target.
    pub(super) fn raised_by_a_part(
        &self,
        world: &World,
        parts: &[Part],
        bounds: &Bounds,
    ) -> Option<(usize, usize)> {
        let modules = &world.modules;
        for part in parts {
            for (at, target) in self.goal.targets.iter().enumerate() {
                let Some(path) = target.path(|module| modules.path_of(module)) else {
                    continue;
                };
                let above = match (target, part.plan.graph.selected(path)) {
                    (Target::Module { module }, Some(now)) => modules.compare(now, *module).is_gt(),
                    (_, now) => now.is_some(),
                };
                let own = self.runs.get(part.run).map(|run| &run.goal.targets);
                let aimed = own.into_iter().flatten().any(|own| own == target);
                let pin = (part.member, at);
                if above && !aimed && !bounds.pins.contains(&pin) {
                    return Some(pin);
                }
            }
        }
        None
    }

    /// A requirement that a planned exclude of another member would hide, and what that one requires instead.
    pub(super) fn clash(
        &self,
        world: &World,
        files: &WorkspaceFiles,
        joint: &Joint,
    ) -> Option<Clash> {
        let excludes = &joint.setup.overrides.excludes;
        let today = &self.today.as_ref()?.joint.setup.overrides.excludes;
        let lines = |member: usize| files.members.get(member).map(|file| file.require.iter());
        for member in 0..files.members.len() {
            for line in lines(member)? {
                let module = ModuleVersion::new(line.path.clone(), line.version.clone());
                let Some(module) = world.modules.find(&module) else {
                    continue;
                };
                if !excludes.contains(&module) || today.contains(&module) {
                    continue;
                }
                let instead = (0..files.members.len()).find_map(|other| {
                    let file = files.members.get(other).filter(|_| other != member)?;
                    let same = |exclude: &&Exclude| {
                        exclude.path == line.path && exclude.version == line.version
                    };
                    file.exclude.iter().find(same)?;
                    let mut own = file.require.iter();
                    let own = own.find(|own| own.path == line.path)?;
                    world
                        .modules
                        .find(&ModuleVersion::new(own.path.clone(), own.version.clone()))
                });
                return Some(Clash {
                    hold: instead.map(|module| Hold { member, module }),
                    what: format!(
                        "{} requires {} {}, which the plan of another member excludes",
                        self.layout.name(member),
                        line.path,
                        line.version
                    ),
                });
            }
        }
        None
    }

    /// A target that no member requires and none has been told to: an exclude alone does not hold it there. Where it is
    /// replaced, any version of it will do.
    pub(super) fn unrequired(
        &self,
        world: &World,
        files: &WorkspaceFiles,
        bounds: &Bounds,
    ) -> Option<usize> {
        self.goal
            .targets
            .iter()
            .enumerate()
            .position(|(at, target)| {
                let Target::Module { module } = target else {
                    return false;
                };
                let path = world.modules.path(world.modules.path_of(*module));
                let version = world.modules.version(*module);
                let replaced = files.go_work.replace.iter().any(|line| line.path == *path);
                let mut lines = files.members.iter().flat_map(|file| &file.require);
                let fits = |required| replaced || version == Some(required);
                !lines.any(|line| line.path == *path && fits(&line.version))
                    && !bounds.pins.iter().any(|(_, pinned)| *pinned == at)
            })
    }
}
