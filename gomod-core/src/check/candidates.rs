//! Which versions a plan may choose, and that its steps pass over none of them in silence.
//!
//! Candidates are the releases that the source of a path lists or today's graph names, but for those that `go.mod`
//! excludes or that the newest release retracts (Go Modules Reference, "retract directive"), and today's version.

use std::collections::{BTreeMap, BTreeSet};

use super::steps::{Because, Step, Way, fail};
use super::{CheckError, Read, Wanted};
use crate::model::{GoMod, ModulePath, ModuleVersion, Version};

/// What candidates are told from.
pub(super) struct Candidates<'a> {
    pub(super) lists: &'a BTreeMap<ModulePath, Vec<Version>>,
    pub(super) named: &'a BTreeSet<ModuleVersion>,
    pub(super) excludes: BTreeSet<ModuleVersion>,
    pub(super) everything: bool,
    /// Those that were asked for, ascending.
    pub(super) known: BTreeMap<ModulePath, Vec<Version>>,
}

impl Candidates<'_> {
    /// The candidates of a path, ascending.
    pub(super) fn of(
        &mut self,
        path: &ModulePath,
        read: &mut Read<'_>,
    ) -> Result<&[Version], CheckError> {
        if !self.known.contains_key(path) {
            let list = self.tell(path, read)?;
            self.known.insert(path.clone(), list);
        }
        Ok(self.known.get(path).map(Vec::as_slice).unwrap_or_default())
    }

    fn tell(&self, path: &ModulePath, read: &mut Read<'_>) -> Result<Vec<Version>, CheckError> {
        let Some(listed) = self.lists.get(path) else {
            return fail(format!("the versions of {path} are not stated"));
        };
        let mut listed = listed.clone();
        listed.retain(|version| path.check_major(version).is_ok());
        listed.sort_by(Version::cmp_precedence);
        let mut releases = listed.iter().rev();
        let newest = releases.find(|version| !version.is_prerelease());
        let newest = newest.or(listed.last()).cloned();
        let retracted = match newest {
            Some(newest) if !self.everything => {
                let newest = ModuleVersion::new(path.clone(), newest);
                // Where it cannot be read, nothing is known to be retracted.
                let bytes = read(Wanted::Module(&newest)).unwrap_or_default();
                GoMod::parse_dependency("go.mod", &bytes).map_or(Vec::new(), |file| file.retract)
            }
            _ => Vec::new(),
        };
        let mut versions: Vec<Version> = listed;
        let named = self.named.iter().filter(|module| module.path == *path);
        versions.extend(named.map(|module| module.version.clone()));
        versions.sort_by(Version::cmp_precedence);
        versions.dedup();
        versions.retain(|version| {
            let within = |low: &Version, high: &Version| {
                low.cmp_precedence(version).is_le() && version.cmp_precedence(high).is_le()
            };
            let excluded = ModuleVersion::new(path.clone(), version.clone());
            !self.excludes.contains(&excluded)
                && (self.everything
                    || !version.is_prerelease()
                        && !retracted.iter().any(|line| within(&line.low, &line.high)))
        });
        Ok(versions)
    }
}

impl Way<'_> {
    /// That each candidate between today's version and the planned one has a step: of each of `required` that is
    /// lowered, and of every other path with steps from the first of them on.
    pub(super) fn covered<'s>(
        &self,
        steps: &'s [Step],
        required: &BTreeSet<&'s ModulePath>,
        candidates: &mut Candidates<'_>,
        read: &mut Read<'_>,
    ) -> Result<(), CheckError> {
        let mut of_path: BTreeMap<&ModulePath, Vec<&Step>> = BTreeMap::new();
        for step in steps {
            of_path.entry(&step.candidate.path).or_default().push(step);
        }
        for path in required.iter().copied() {
            let planned = self.planned(path);
            let lowered = match (planned, self.today.selected.get(path)) {
                (Some(planned), Some(today)) => planned.cmp_precedence(today).is_lt(),
                _ => false,
            };
            let used = self.claim.used.iter().any(|(used, _)| used == path);
            if lowered && !used && !path.is_toolchain() {
                of_path.entry(path).or_default();
            }
        }
        for (path, steps) in of_path {
            let versions = candidates.of(path, read)?;
            self.path_covered(path, required.contains(path), &steps, versions)?;
        }
        Ok(())
    }

    fn path_covered(
        &self,
        path: &ModulePath,
        required: bool,
        steps: &[&Step],
        versions: &[Version],
    ) -> Result<(), CheckError> {
        let silent = |version: &Version| {
            fail(format!(
                "{path}@{version} was skipped, and nothing is said of it"
            ))
        };
        // The candidates between two versions, or below one.
        let between = |high: &Version, low: Option<&Version>| {
            let above = |one: &&Version| low.is_none_or(|low| one.cmp_precedence(low).is_gt());
            let below = |one: &&Version| one.cmp_precedence(high).is_lt();
            let found = versions.iter().rev().filter(below).find(above);
            found.map_or(Ok(()), silent)
        };
        let planned = self.planned(path);
        let whole = required && !self.by_go_line;
        if let Some(today) = self.today.selected.get(path).filter(|_| whole) {
            let first = steps.first().map(|step| &step.candidate.version);
            let low = first.or(planned);
            if low.is_none_or(|low| low.cmp_precedence(today).is_lt()) {
                return silent(today);
            }
        }
        let mut below: Option<&Version> = None;
        for step in steps {
            let at = &step.candidate.version;
            if let Some(high) = below.filter(|_| !self.by_go_line) {
                between(high, Some(at))?;
            }
            below = None;
            match &step.next {
                // What imports it asks for the next, whatever is in between.
                _ if matches!(step.because, Because::Lacks) => {}
                Some(next) => between(at, Some(&next.version))?,
                None => below = Some(at),
            }
        }
        match below {
            Some(high) => between(high, planned),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn candidates_are_what_is_listed_or_named_and_neither_excluded_nor_retracted() {
        let path = ModulePath::new("x.y/b");
        let versions = |list: &str| -> Vec<Version> {
            let words = list.split_whitespace();
            words.map(|word| Version::parse(word).unwrap()).collect()
        };
        let module = |word: &str| ModuleVersion::new(path.clone(), Version::parse(word).unwrap());
        let list = versions("v1.0.0 v1.1.0 v1.2.0 v1.3.0-rc.1 v1.4.0 v1.5.0 v1.6.0-rc.1 v2.0.0");
        let lists = BTreeMap::from([(path.clone(), list)]);
        let named = BTreeSet::from([module("v1.3.0"), module("v1.3.1-rc.1")]);
        let mut candidates = Candidates {
            lists: &lists,
            named: &named,
            excludes: BTreeSet::from([module("v1.4.0")]),
            everything: false,
            known: BTreeMap::new(),
        };
        let mut asked = Vec::new();
        let mut read = |wanted: Wanted<'_>| {
            asked.push(format!("{wanted:?}").contains("v1.5.0"));
            Ok(b"module x.y/b\n\nretract [v1.1.0, v1.2.0] // broken\n".to_vec())
        };
        let found = candidates.of(&path, &mut read).unwrap().to_vec();
        assert_eq!(found, versions("v1.0.0 v1.3.0 v1.5.0"));
        // With everything, what is retracted and what is no release as well.
        candidates.known.clear();
        candidates.everything = true;
        let found = candidates.of(&path, &mut read).unwrap().to_vec();
        let expected = "v1.0.0 v1.1.0 v1.2.0 v1.3.0-rc.1 v1.3.0 v1.3.1-rc.1 v1.5.0 v1.6.0-rc.1";
        assert_eq!(found, versions(expected));
        assert_eq!(asked, [true]);
        let other = ModulePath::new("x.y/c");
        assert!(candidates.of(&other, &mut |_| Err(String::new())).is_err());
    }
}
