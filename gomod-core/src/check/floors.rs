//! The floors of a certificate: direct requirements that ask for more than a target whatever their version, so
//! that every plan overrides them. They hold under today's excludes and replaces.

use std::collections::{BTreeMap, BTreeSet};

use super::candidates::Candidates;
use super::steps::{Files, fail, words};
use super::{CheckError, Claim, Read};
use crate::model::{GoVersion, ModulePath, ModuleVersion, Version};

/// A direct requirement that asks for more than a target, whatever its version.
#[derive(Debug, Clone)]
pub struct Floor {
    /// The main module's path.
    pub main: ModulePath,
    /// Today's version of the requirement, or its own target, with what that asks for.
    pub today: (ModuleVersion, ModuleVersion),
    /// Each version that could be used of it, with what it asks for.
    pub versions: Vec<(ModuleVersion, ModuleVersion)>,
    /// The candidates that cannot be used: not to be read, or for a newer Go.
    pub unusable: Vec<ModuleVersion>,
}

/// What floors are held against: today's state.
pub(super) struct Floors<'a> {
    pub(super) main: &'a ModulePath,
    pub(super) direct: &'a BTreeSet<ModulePath>,
    pub(super) claim: &'a Claim,
    pub(super) today: &'a BTreeMap<ModulePath, Version>,
    pub(super) go: &'a GoVersion,
    pub(super) candidates: Candidates<'a>,
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
        let kept = |kept: &ModuleVersion| kept.path == by.path;
        if used(&by.path).is_some() || self.claim.kept.iter().any(kept) {
            return Ok(()); // it has one version
        }
        self.whole(floor, read)
    }

    /// That no candidate up to today's version is missing among those of a floor.
    fn whole(&mut self, floor: &Floor, read: &mut Read<'_>) -> Result<(), CheckError> {
        let (by, _) = &floor.today;
        let today = self.today.get(&by.path);
        for version in self.candidates.of(&by.path, read)? {
            let above = |today: &Version| version.cmp_precedence(today).is_gt();
            let known = floor
                .versions
                .iter()
                .any(|(one, _)| one.version == *version);
            if today.is_some_and(above) || known {
                continue;
            }
            let module = ModuleVersion::new(by.path.clone(), version.clone());
            if !floor.unusable.contains(&module) {
                return fail(format!("nothing is said of {module}"));
            }
            if !self.files.unusable(&module, self.go, read) {
                return fail(format!("{module} can be used"));
            }
        }
        Ok(())
    }
}
