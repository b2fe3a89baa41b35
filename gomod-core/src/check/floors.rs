//! The floors of a certificate: direct requirements that ask for more than a target whatever their version, so
//! that every plan overrides them; and what every plan costs at least. Both hold under today's excludes and replaces.

use std::collections::{BTreeMap, BTreeSet};

use super::steps::{Files, fail, words};
use super::{CheckError, Claim, Read};
use crate::model::{ModulePath, ModuleVersion, Version};

/// A direct requirement that asks for more than a target, whatever its version.
#[derive(Debug, Clone)]
pub struct Floor {
    /// The main module's path.
    pub main: ModulePath,
    /// Today's version of the requirement, or its own target, with what that asks for.
    pub today: (ModuleVersion, ModuleVersion),
    /// Each version that could be used of it, with what it asks for.
    pub versions: Vec<(ModuleVersion, ModuleVersion)>,
}

/// What every plan costs at least.
#[derive(Debug, Clone, Copy, Default)]
pub struct Least {
    /// Requirements overridden: one for each floor.
    pub overridden: usize,
    /// Direct requirements that move.
    pub direct_moved: usize,
    /// Other modules that move or come.
    pub others_moved: usize,
    /// Modules that rise.
    pub raised: usize,
}

/// What floors are held against: today's state.
pub(super) struct Floors<'a> {
    pub(super) main: &'a ModulePath,
    pub(super) direct: &'a BTreeSet<ModulePath>,
    pub(super) claim: &'a Claim,
    pub(super) today: &'a BTreeMap<ModulePath, Version>,
    pub(super) files: Files,
}

impl Floors<'_> {
    /// Each floor, and that no two are the same requirement.
    pub(super) fn floors(
        &mut self,
        floors: &[Floor],
        read: &mut Read<'_>,
    ) -> Result<(), CheckError> {
        let mut known: BTreeSet<(&ModulePath, &ModulePath)> = BTreeSet::new();
        for floor in floors {
            let (by, asked) = &floor.today;
            self.floor(floor, read).map_err(|error| match error {
                CheckError::Claim(what) => CheckError::Claim(format!(
                    "the floor of {} under {}: {what}",
                    by.path, asked.path
                )),
                other => other,
            })?;
            if !known.insert((&by.path, &asked.path)) {
                let (by, asked) = (&by.path, &asked.path);
                return fail(format!(
                    "two floors share the requirement of {by} on {asked}"
                ));
            }
        }
        Ok(())
    }

    fn floor(&mut self, floor: &Floor, read: &mut Read<'_>) -> Result<(), CheckError> {
        let (by, asked) = &floor.today;
        if floor.main != *self.main || !self.direct.contains(&by.path) {
            return fail(format!(
                "{} does not require {} directly",
                floor.main, by.path
            ));
        }
        let used = |wanted: &ModulePath| {
            let mut used = self.claim.used.iter();
            used.find(|(path, _)| path == wanted)
                .map(|(_, version)| version)
        };
        let Some(target) = used(&asked.path) else {
            return fail(format!("{} is no target", asked.path));
        };
        let today = self.today.get(&by.path);
        match used(&by.path) {
            // A target itself: it has one version.
            Some(own) if own.as_ref() != Some(&by.version) => {
                return fail(format!("{by} is not asked for"));
            }
            None if today.is_some_and(|today| today.cmp_precedence(&by.version).is_gt()) => {
                return fail(format!("{by} is below what is selected today"));
            }
            _ => {}
        }
        if !floor.versions.contains(&floor.today) {
            return fail(format!("{by} is not among its versions"));
        }
        let mut planned = self.claim.build_list.iter();
        if let Some(planned) = planned.find(|module| module.path == by.path)
            && used(&by.path).is_none()
            && !floor.versions.iter().any(|(version, _)| version == planned)
        {
            return fail(format!("{planned} is planned, and not among its versions"));
        }
        for (version, requires) in &floor.versions {
            if version.path != by.path {
                return fail(format!("{version} is no version of {}", by.path));
            }
            let above = |bound: &Version| requires.version.cmp_precedence(bound).is_gt();
            if requires.path != asked.path || !target.as_ref().is_none_or(above) {
                return fail(format!(
                    "{requires} is not above {}",
                    words(&asked.path, target)
                ));
            }
            self.files.link(version, requires, read)?;
        }
        Ok(())
    }

    /// That every plan costs what is said: an overridden requirement for each floor, and what the targets' own
    /// requirements bring or raise.
    pub(super) fn least(
        &mut self,
        least: &Least,
        floors: usize,
        read: &mut Read<'_>,
    ) -> Result<(), CheckError> {
        if least.overridden != floors {
            let claimed = least.overridden;
            return fail(format!(
                "{claimed} overridden at least, but {floors} floors"
            ));
        }
        let mut moved: BTreeSet<ModulePath> = BTreeSet::new();
        for (path, version) in &self.claim.used {
            let Some(version) = version else { continue };
            let target = ModuleVersion::new(path.clone(), version.clone());
            let (list, _) = self.files.of(&target, read)?;
            let above = |module: &&ModuleVersion| {
                let today = self.today.get(&module.path);
                !module.path.is_toolchain()
                    && module.path != *self.main
                    && !self.claim.used.iter().any(|(path, _)| *path == module.path)
                    && today.is_none_or(|today| module.version.cmp_precedence(today).is_gt())
            };
            moved.extend(list.iter().filter(above).map(|module| module.path.clone()));
        }
        let count =
            |holds: &dyn Fn(&ModulePath) -> bool| moved.iter().filter(|path| holds(path)).count();
        let direct = count(&|path| self.direct.contains(path));
        for (what, claimed, found) in [
            ("direct requirements move", least.direct_moved, direct),
            ("others move", least.others_moved, moved.len() - direct),
            (
                "modules rise",
                least.raised,
                count(&|path| self.today.contains_key(path)),
            ),
        ] {
            if claimed > found {
                return fail(format!(
                    "{claimed} {what} at least, but the targets bring {found}"
                ));
            }
        }
        Ok(())
    }
}
