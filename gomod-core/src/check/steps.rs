//! The reasons that a certificate gives, followed one by one: each candidate that was skipped, and each floor.
//!
//! A link of a chain is a requirement in the `go.mod` that counts under the planned replaces and today's excludes:
//! what a new exclude hides is asked for all the same, and would be one more that is overridden. A bound is a
//! target, today's version or a higher one, or what an earlier step of that path came to; so the steps are read in
//! their order. What floors say holds under today's excludes and replaces.

use std::collections::{BTreeMap, BTreeSet};

use super::{CheckError, Claim, Main, Read, Rules, build_list};
use crate::model::{GoVersion, ModulePath, ModuleVersion, Version};

/// What a plan rests on.
#[derive(Debug, Clone, Default)]
pub struct Grounds {
    /// The candidates that were skipped, in the order in which they were.
    pub steps: Vec<Step>,
    /// The requirements that every plan overrides.
    pub floors: Vec<Floor>,
    /// What every plan costs at least.
    pub least: Least,
}

/// A candidate that could not stay.
#[derive(Debug, Clone)]
pub struct Step {
    /// The candidate.
    pub candidate: ModuleVersion,
    /// The one that was tried next.
    pub next: Option<ModuleVersion>,
    /// Requirements from the candidate to what is wrong.
    pub chain: Vec<ModuleVersion>,
    /// What is wrong with the last of them.
    pub because: Because,
}

/// What is wrong at the end of a chain.
#[derive(Debug, Clone)]
pub enum Because {
    /// It is above this version of its path; `None`: the path must be absent.
    AtMost(ModulePath, Option<Version>),
    /// It is this or above.
    Below(ModuleVersion),
    /// It is above what the plan selects of its path, if anything.
    Planned(ModulePath, Option<Version>),
    /// Its go line is above this.
    GoAtMost(GoVersion),
    /// Its go line is this, above the Go in use: which that is cannot be checked.
    NeedsGo(GoVersion),
    /// It cannot be used.
    Unreadable,
    /// The candidate lacks a package, and the chain is what imports it and the version that this asks for. That it
    /// lacks the package cannot be checked.
    Lacks,
}

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

/// Checks what the plan rests on that turns the `go.mod` with the text `today` into the one with `planned`, of
/// which `claim` holds.
///
/// # Errors
/// [`CheckError::Claim`] names the first link that does not hold.
pub fn verify_grounds(
    today: &[u8],
    planned: &[u8],
    claim: &Claim,
    grounds: &Grounds,
    read: &mut Read<'_>,
) -> Result<(), CheckError> {
    let main = Main::parse(today)?;
    let before = build_list(today, read)?.selected;
    let mut planned = Files::new(Rules {
        excludes: main.rules.excludes.clone(),
        ..Main::parse(planned)?.rules
    });
    let mut way = Way {
        claim,
        today: &before,
        prunes: main.go.prunes(),
        reached: BTreeMap::new(),
        by_go_line: false,
    };
    for step in &grounds.steps {
        way.step(step, &mut planned, read)?;
    }
    way.ends()?;
    let direct: BTreeSet<ModulePath> = main
        .file
        .require
        .iter()
        .filter(|line| !line.indirect)
        .map(|line| line.path.clone())
        .collect();
    let mut floors = Floors {
        main: &main.path,
        direct: &direct,
        claim,
        today: &before,
        files: Files::new(main.rules),
    };
    floors.floors(&grounds.floors, read)?;
    floors.least(&grounds.least, grounds.floors.len(), read)
}

fn fail<T>(what: String) -> Result<T, CheckError> {
    Err(CheckError::Claim(what))
}

/// The `go.mod` files that were read, under some excludes and replaces.
struct Files {
    rules: Rules,
    known: BTreeMap<ModuleVersion, (Vec<ModuleVersion>, bool)>,
}

impl Files {
    fn new(rules: Rules) -> Self {
        Self {
            rules,
            known: BTreeMap::new(),
        }
    }

    /// The requirements of a module and whether it is pruned behind.
    fn of(
        &mut self,
        module: &ModuleVersion,
        read: &mut Read<'_>,
    ) -> Result<&(Vec<ModuleVersion>, bool), CheckError> {
        if !self.known.contains_key(module) {
            let facts = self.rules.load(module, read, &mut BTreeSet::new())?;
            self.known.insert(module.clone(), facts);
        }
        let known = self.known.get(module);
        known.ok_or_else(|| CheckError::Claim(format!("{module} was not read")))
    }

    /// That a module requires another.
    fn link(
        &mut self,
        by: &ModuleVersion,
        required: &ModuleVersion,
        read: &mut Read<'_>,
    ) -> Result<(), CheckError> {
        if self.of(by, read)?.0.contains(required) {
            return Ok(());
        }
        fail(format!("{by} does not require {required}"))
    }

    /// The go line of a module.
    fn go_line(
        &self,
        module: &ModuleVersion,
        read: &mut Read<'_>,
    ) -> Result<Option<GoVersion>, CheckError> {
        let (file, _) = self.rules.file(module, read)?;
        Ok(file.go.map(|line| line.version))
    }
}

/// What the steps have come to.
struct Way<'a> {
    claim: &'a Claim,
    today: &'a BTreeMap<ModulePath, Version>,
    /// Whether the main module prunes its graph.
    prunes: bool,
    /// Of each path the version that it may still have, or, without one, the version that it must be below.
    reached: BTreeMap<ModulePath, Reached>,
    /// Whether go lines are lowered: then modules move that are no requirements, and fall in between.
    by_go_line: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Reached {
    AtMost(Version),
    Below(Version),
}

impl Reached {
    fn allows(&self, version: &Version) -> bool {
        match self {
            Self::AtMost(bound) => version.cmp_precedence(bound).is_le(),
            Self::Below(bound) => version.cmp_precedence(bound).is_lt(),
        }
    }
}

impl Way<'_> {
    /// Follows the chain of one step, and takes it.
    fn step(
        &mut self,
        step: &Step,
        files: &mut Files,
        read: &mut Read<'_>,
    ) -> Result<(), CheckError> {
        let candidate = &step.candidate;
        let named = |error: CheckError| match error {
            CheckError::Claim(what) => {
                CheckError::Claim(format!("{candidate} was skipped without reason: {what}"))
            }
            other => other,
        };
        self.in_order(step).map_err(named)?;
        self.follow(step, files, read).map_err(named)?;
        let reached = match &step.next {
            Some(next) => Reached::AtMost(next.version.clone()),
            None => Reached::Below(candidate.version.clone()),
        };
        self.reached.insert(candidate.path.clone(), reached);
        Ok(())
    }

    /// That nothing is left out between one step of a path and the next.
    fn in_order(&mut self, step: &Step) -> Result<(), CheckError> {
        self.by_go_line |= matches!(step.because, Because::GoAtMost(_));
        let Step {
            candidate, next, ..
        } = step;
        match self.reached.get(&candidate.path) {
            Some(reached) if !reached.allows(&candidate.version) => {
                return fail("it was ruled out before".into());
            }
            Some(Reached::AtMost(version)) if *version != candidate.version && !self.by_go_line => {
                return fail(format!("nothing is said of {version} before it"));
            }
            _ => {}
        }
        match next {
            Some(next)
                if next.path != candidate.path
                    || next.version.cmp_precedence(&candidate.version).is_ge() =>
            {
                fail(format!("{next} is not below it"))
            }
            _ => Ok(()),
        }
    }

    fn follow(
        &self,
        step: &Step,
        files: &mut Files,
        read: &mut Read<'_>,
    ) -> Result<(), CheckError> {
        let (Some(first), Some(last)) = (step.chain.first(), step.chain.last()) else {
            return fail("its chain is empty".into());
        };
        for link in step.chain.windows(2) {
            if let [by, required] = link {
                files.link(by, required, read)?;
            }
        }
        if matches!(step.because, Because::Lacks) {
            let asks = last.path == step.candidate.path && step.next.as_ref() == Some(last);
            return match asks && step.chain.len() == 2 {
                true => Ok(()),
                false => fail(format!("{first} does not ask for the next")),
            };
        }
        if *first != step.candidate {
            return fail(format!("its chain begins at {first}"));
        }
        // What must be loaded, not only named, for the last of the chain to count.
        let reads_last = matches!(step.because, Because::Unreadable | Because::NeedsGo(_));
        let behind = step.chain.len() > if reads_last { 1 } else { 2 };
        if behind && self.prunes && files.of(first, read)?.1 {
            return fail(format!(
                "{first} is pruned: what is behind it does not count"
            ));
        }
        self.wrong(last, &step.because, files, read)
    }

    /// That the last of a chain is wrong, and that what it is held against is justified.
    fn wrong(
        &self,
        last: &ModuleVersion,
        because: &Because,
        files: &Files,
        read: &mut Read<'_>,
    ) -> Result<(), CheckError> {
        let too_high = |path: &ModulePath, bound: &Option<Version>| {
            let above = |bound: &Version| last.version.cmp_precedence(bound).is_gt();
            match last.path == *path && bound.as_ref().is_none_or(above) {
                true => Ok(()),
                false => fail(format!("{last} is not above {}", words(path, bound))),
            }
        };
        match because {
            Because::AtMost(path, bound) => {
                too_high(path, bound)?;
                self.justify(path, bound)
            }
            Because::Below(bound) => {
                if last.path != bound.path || last.version.cmp_precedence(&bound.version).is_lt() {
                    return fail(format!("{last} is below {bound}"));
                }
                match self.reached.get(&bound.path) == Some(&Reached::Below(bound.version.clone()))
                {
                    true => Ok(()),
                    false => fail(format!("nothing says that {} is below it", bound.path)),
                }
            }
            Because::Planned(path, bound) => {
                too_high(path, bound)?;
                match self.planned(path) == bound.as_ref() {
                    true => Ok(()),
                    false => fail(format!("{} is not planned", words(path, bound))),
                }
            }
            Because::GoAtMost(bound) => {
                let planned = self.planned(&ModulePath::new("go"));
                if planned.and_then(Version::as_go) != Some(bound) {
                    return fail(format!("go {bound} is not planned"));
                }
                match files.go_line(last, read)? {
                    Some(go) if go.cmp_precedence(bound).is_gt() => Ok(()),
                    _ => fail(format!("the go line of {last} is not above {bound}")),
                }
            }
            Because::NeedsGo(needs) => match files.go_line(last, read)?.as_ref() == Some(needs) {
                true => Ok(()),
                false => fail(format!("the go line of {last} is not {needs}")),
            },
            Because::Unreadable => match files.rules.file(last, read) {
                Err(_) => Ok(()),
                Ok(_) => fail(format!("{last} can be read")),
            },
            Because::Lacks => Ok(()),
        }
    }

    /// That a path may be no higher: it is a target, that is where an earlier step of it led, or today it is no higher.
    fn justify(&self, path: &ModulePath, bound: &Option<Version>) -> Result<(), CheckError> {
        let target = self
            .claim
            .used
            .iter()
            .any(|used| used == &(path.clone(), bound.clone()));
        let holds = target
            || match (self.reached.get(path), bound) {
                (Some(reached), Some(bound)) => *reached == Reached::AtMost(bound.clone()),
                (None, Some(bound)) => {
                    let go = path.as_str() == "go" && self.planned(path) == Some(bound);
                    let today = self.today.get(path);
                    go || today.is_some_and(|today| bound.cmp_precedence(today).is_ge())
                }
                (_, None) => false,
            };
        match holds {
            true => Ok(()),
            false => fail(format!(
                "nothing says that {} is the most",
                words(path, bound)
            )),
        }
    }

    fn planned(&self, path: &ModulePath) -> Option<&Version> {
        let mut list = self.claim.build_list.iter();
        list.find(|module| module.path == *path)
            .map(|module| &module.version)
    }

    /// That what is planned of each path is where its steps led.
    fn ends(&self) -> Result<(), CheckError> {
        for (path, reached) in &self.reached {
            match (self.planned(path), reached) {
                (Some(planned), _) if !reached.allows(planned) => {
                    return fail(format!("{path}@{planned} is planned, but was skipped"));
                }
                (planned, Reached::AtMost(bound)) if planned != Some(bound) && !self.by_go_line => {
                    let planned = words(path, &planned.cloned());
                    return fail(format!(
                        "{planned} is planned, and nothing is said of {bound}"
                    ));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn words(path: &ModulePath, bound: &Option<Version>) -> String {
    match bound {
        Some(version) => format!("{path}@{version}"),
        None => format!("{path}@none"),
    }
}

/// What floors are held against: today's state.
struct Floors<'a> {
    main: &'a ModulePath,
    direct: &'a BTreeSet<ModulePath>,
    claim: &'a Claim,
    today: &'a BTreeMap<ModulePath, Version>,
    files: Files,
}

impl Floors<'_> {
    fn floors(&mut self, floors: &[Floor], read: &mut Read<'_>) -> Result<(), CheckError> {
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
    fn least(
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
