//! Each member where it stands alone (GOWORK=off): what a plan changed in the others may ask for more than its
//! own requirements say, and then they are brought up, as `go mod tidy` would.

use std::collections::BTreeSet;

use super::{Halt, WorkspaceFiles, WorkspacePlanner};
use crate::graph::PathId;
use crate::mvs::{Inconsistency, Loaded, MainModules, Mode, World};
use crate::plan::Target;

/// How often all members are looked at: a change of one may ask for one of another.
const ROUNDS: usize = 8;

impl WorkspacePlanner {
    /// Loads a member as it is on its own; none when it cannot be, which is nobody's concern here.
    pub(super) fn alone(
        &mut self,
        world: &mut World,
        files: &WorkspaceFiles,
        member: usize,
    ) -> Result<Option<Loaded>, Halt> {
        let Some(go_mod) = files.members.get(member) else {
            return Ok(None);
        };
        let rebase = |directory: &str| (self.layout.rebase)(Some(member), directory);
        let Ok(mut main) = MainModules::alone(world, go_mod, rebase) else {
            return Ok(None);
        };
        let names = self.planned_directories(world, files);
        main.overrides = std::mem::take(&mut main.overrides)
            .with_directories(|directory| names.get(self.layout.member_in(directory)?).cloned());
        Ok(self.load(world, &main, Mode::ReadOnly)?.ok())
    }

    /// Brings up the requirements of members that were right on their own and would not be any more. What
    /// cannot be brought up without breaking a target is left, and said.
    pub(super) fn mend(
        &mut self,
        world: &mut World,
        files: &mut WorkspaceFiles,
    ) -> Result<Vec<String>, Halt> {
        let right = match &self.today {
            Some(today) => today.alone.clone(),
            None => return Ok(Vec::new()),
        };
        let mut notes = BTreeSet::new();
        for _ in 0..ROUNDS {
            let mut changed = false;
            notes.clear();
            for member in
                (0..files.members.len()).filter(|member| right.get(*member) == Some(&true))
            {
                let Some(loaded) = self.alone(world, files, member)? else {
                    continue;
                };
                for found in &loaded.inconsistencies {
                    let movable = match found {
                        Inconsistency::NotSelected { root, selected } => {
                            let path = world.modules.path_of(*root);
                            let version = world.modules.version(*selected).cloned();
                            version
                                .filter(|_| !self.is_bound(world, path))
                                .map(|v| (path, v))
                        }
                        _ => None,
                    };
                    match (movable, files.members.get_mut(member)) {
                        (Some((path, version)), Some(go_mod)) => {
                            let path = world.modules.path(path).clone();
                            go_mod.add_require(&path, &version);
                            changed = true;
                        }
                        _ => {
                            _ = notes.insert(format!(
                                "{} then needs updates where it stands alone (GOWORK=off): {}",
                                self.layout.name(member),
                                found.describe(world)
                            ))
                        }
                    }
                }
            }
            if !changed {
                break;
            }
        }
        Ok(notes.into_iter().collect())
    }

    /// Whether the version of a path is asked for, or to be kept.
    fn is_bound(&self, world: &World, path: PathId) -> bool {
        let is_target = |target: &Target| match target {
            Target::Go { .. } => world.modules.path(path).is_toolchain(),
            other => other.path(|module| world.modules.path_of(module)) == Some(path),
        };
        world.modules.path(path).is_toolchain()
            || self.goal.keep.contains(&path)
            || self.goal.targets.iter().any(is_target)
    }
}
