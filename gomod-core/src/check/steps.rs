//! The reasons that a certificate gives, followed one by one: for each candidate that was skipped.
//!
//! A link of a chain is a requirement in the `go.mod` that counts under the planned replaces and today's excludes:
//! what a new exclude hides is asked for all the same, and would be one more that is overridden. So would what one of
//! today hides, at the end of a chain: nothing behind it is loaded. A bound is a
//! target, today's version or a higher one, or what an earlier step of that path came to; so the steps are read in
//! their order. [`covered`](super::candidates) sees that none is missing.

use std::collections::{BTreeMap, BTreeSet};

use super::candidates::Candidates;
use super::floors::{Floor, Floors};
use super::workspace::Work;
use super::{CheckError, Checked, Claim, Main, Read, Rules, WorkspaceTexts, build_list};
use crate::model::{GoVersion, ModulePath, ModuleVersion, ReplaceTarget, Version};

/// What a plan rests on.
#[derive(Debug, Clone, Default)]
pub struct Grounds {
    /// The candidates that were skipped, in the order in which they were.
    pub steps: Vec<Step>,
    /// The requirements that every plan overrides.
    pub floors: Vec<Floor>,
    /// How many requirements every plan overrides at least: one for each floor.
    pub overridden: usize,
    /// What the source of each path lists that has steps, or is a floor.
    pub lists: BTreeMap<ModulePath, Vec<Version>>,
    /// Whether pre-releases and retracted versions are candidates as well.
    pub everything: bool,
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
    /// The candidate, which is the whole chain, imports a package that no module of the plan provides: that is in no
    /// `go.mod`, and cannot be checked.
    Imports,
    /// It was not taken for a reason that no chain shows: none is checked.
    Other,
}

impl Because {
    /// Whether the end of a chain is held against a version.
    fn is_too_high(&self) -> bool {
        matches!(self, Self::AtMost(..) | Self::Below(_) | Self::Planned(..))
    }
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
    let before = build_list(today, read)?;
    let after = Main::parse(planned)?;
    let lines = main.file.require.iter().chain(&after.file.require);
    let requires = lines.map(|line| line.path.clone()).collect();
    let mut candidates = Candidates {
        lists: &grounds.lists,
        named: &before.named,
        excludes: &after.rules.excludes | &main.rules.excludes,
        everything: grounds.everything,
        known: BTreeMap::new(),
    };
    let mut planned = Files::new(Rules {
        excludes: main.rules.excludes.clone(),
        ..after.rules
    });
    let mut way = Way {
        claim,
        today: &before,
        rules: &main.rules,
        prunes: main.go.prunes(),
        requires,
        reached: BTreeMap::new(),
        by_go_line: false,
    };
    for step in &grounds.steps {
        way.step(step, &mut planned, read)?;
    }
    way.ends()?;
    let lines = main.file.require.iter();
    let required = lines.map(|line| &line.path).collect();
    way.covered(&grounds.steps, &required, &mut candidates, read)?;
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
        today: &before.selected,
        go: &main.go,
        candidates: Candidates {
            excludes: main.rules.excludes.clone(),
            known: BTreeMap::new(),
            ..candidates
        },
        files: Files::new(main.rules),
    };
    floors.floors(&grounds.floors, read)?;
    match (grounds.overridden, grounds.floors.len()) {
        (claimed, floors) if claimed != floors => fail(format!(
            "{claimed} overridden at least, but {floors} floors"
        )),
        _ => Ok(()),
    }
}

/// Checks the links of what a plan for a workspace rests on, under the planned replaces and today's excludes. The
/// bounds are the members' own, and are taken as they are.
///
/// # Errors
/// [`CheckError::Claim`] names the first link that does not hold.
pub fn verify_workspace_links(
    today: &WorkspaceTexts<'_>,
    planned: &WorkspaceTexts<'_>,
    grounds: &Grounds,
    read: &mut Read<'_>,
) -> Result<(), CheckError> {
    let mut files = Files::new(Rules {
        excludes: Work::parse(today)?.rules.excludes,
        ..Work::parse(planned)?.rules
    });
    for step in &grounds.steps {
        let held = files
            .chain(step, read)
            .and_then(|(_, last)| match &step.because {
                Because::AtMost(path, bound) => above(last, path, bound),
                Because::Below(bound) => not_below(last, bound),
                _ => Ok(()),
            });
        held.map_err(|error| without_reason(&step.candidate, error))?;
    }
    Ok(())
}

fn without_reason(candidate: &ModuleVersion, error: CheckError) -> CheckError {
    match error {
        CheckError::Claim(what) => {
            CheckError::Claim(format!("{candidate} was skipped without reason: {what}"))
        }
        other => other,
    }
}

pub(super) fn fail<T>(what: String) -> Result<T, CheckError> {
    Err(CheckError::Claim(what))
}

/// The `go.mod` files that were read, under some excludes and replaces.
pub(super) struct Files {
    rules: Rules,
    known: BTreeMap<ModuleVersion, (Vec<ModuleVersion>, bool)>,
}

impl Files {
    pub(super) fn new(rules: Rules) -> Self {
        Self {
            rules,
            known: BTreeMap::new(),
        }
    }

    /// The requirements of a module and whether it is pruned behind.
    pub(super) fn of(
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
    pub(super) fn link(
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

    /// Whether the `go.mod` of a module requires another, be it excluded.
    fn asks(
        &self,
        by: &ModuleVersion,
        required: &ModuleVersion,
        read: &mut Read<'_>,
    ) -> Result<bool, CheckError> {
        let (file, _) = self.rules.file(by, read)?;
        let mut lines = file.require.iter();
        Ok(lines.any(|line| line.path == required.path && line.version == required.version))
    }

    /// That a step's chain is one, and about its candidate; gives both ends.
    fn chain<'s>(
        &mut self,
        step: &'s Step,
        read: &mut Read<'_>,
    ) -> Result<(&'s ModuleVersion, &'s ModuleVersion), CheckError> {
        let (Some(first), Some(last)) = (step.chain.first(), step.chain.last()) else {
            return fail("its chain is empty".into());
        };
        for (at, link) in step.chain.windows(2).enumerate() {
            if let [by, required] = link {
                // The end may be asked for through an exclude of today.
                let ends = at + 2 == step.chain.len() && step.because.is_too_high();
                match ends && self.rules.excludes.contains(required) {
                    true if self.asks(by, required, read)? => {}
                    _ => self.link(by, required, read)?,
                }
            }
        }
        if matches!(step.because, Because::Lacks) {
            let asks = last.path == step.candidate.path && step.next.as_ref() == Some(last);
            return match asks && step.chain.len() == 2 {
                true => Ok((first, last)),
                false => fail(format!("{first} does not ask for the next")),
            };
        }
        if matches!(step.because, Because::Imports) && step.chain.len() > 1 {
            return fail("its imports are no requirements".into());
        }
        match *first == step.candidate {
            true => Ok((first, last)),
            false => fail(format!("its chain begins at {first}")),
        }
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

    /// That a module cannot be used: it cannot be read, or is for a newer Go than this.
    pub(super) fn unusable(
        &self,
        module: &ModuleVersion,
        go: &GoVersion,
        read: &mut Read<'_>,
    ) -> bool {
        let newer = |line: GoVersion| line.cmp_precedence(go).is_gt();
        let line = self.go_line(module, read);
        line.map_or(true, |line| line.is_some_and(newer))
    }
}

/// What the steps have come to.
pub(super) struct Way<'a> {
    pub(super) claim: &'a Claim,
    pub(super) today: &'a Checked,
    /// Today's excludes and replaces.
    rules: &'a Rules,
    /// Whether the main module prunes its graph.
    prunes: bool,
    /// The paths that it requires, today or as planned.
    requires: BTreeSet<ModulePath>,
    /// Of each path the version that it may still have, or, without one, the version that it must be below.
    reached: BTreeMap<ModulePath, Reached>,
    /// Whether go lines are lowered: then modules move that are no requirements, and fall in between.
    pub(super) by_go_line: bool,
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
        let named = |error| without_reason(candidate, error);
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
        let (_, last) = files.chain(step, read)?;
        if matches!(
            step.because,
            Because::Lacks | Because::Imports | Because::Other
        ) {
            return Ok(());
        }
        self.counts(step, files, read)?;
        self.costs(step, read)?;
        self.wrong(last, &step.because, files, read)
    }

    /// That what is asked for through an exclude, at the end of a chain, is not overridden today as well: that would
    /// cost nothing.
    fn costs(&self, step: &Step, read: &mut Read<'_>) -> Result<(), CheckError> {
        let [.., by, last] = step.chain.as_slice() else {
            return Ok(());
        };
        let Some(now) = self.today.selected.get(&by.path) else {
            return Ok(());
        };
        let now = ModuleVersion::new(by.path.clone(), now.clone());
        // What is not loaded today overrides nothing.
        if !self.rules.excludes.contains(last) || !self.today.read.contains(&now) {
            return Ok(());
        }
        let selected = self.today.selected.get(&last.path);
        let selected =
            selected.map(|version| ModuleVersion::new(last.path.clone(), version.clone()));
        let used = selected
            .as_ref()
            .map(|selected| self.rules.replacement(selected));
        let used = match used.flatten() {
            Some(ReplaceTarget::Module(actual)) if actual.path == last.path => Some(actual),
            // What is used cannot be compared.
            Some(_) => return Ok(()),
            None => selected.as_ref(),
        };
        let more =
            |asked: &Version| used.is_none_or(|used| asked.cmp_precedence(&used.version).is_gt());
        let (file, _) = self.rules.file(&now, read)?;
        let mut lines = file.require.iter().filter(|line| line.path == last.path);
        match lines.find(|line| more(&line.version)) {
            Some(line) => fail(format!(
                "{now} requires {}@{} today, and that is overridden",
                line.path, line.version
            )),
            None => Ok(()),
        }
    }

    /// That each module of a chain is loaded, but for the last where it is enough that it is named: it is behind one
    /// that is not pruned, or a requirement of `go.mod` itself.
    fn counts(
        &self,
        step: &Step,
        files: &mut Files,
        read: &mut Read<'_>,
    ) -> Result<(), CheckError> {
        if !self.prunes {
            return Ok(());
        }
        let reads_last = matches!(step.because, Because::Unreadable | Because::NeedsGo(_));
        let loaded = step.chain.len() - usize::from(!reads_last);
        let loaded = step.chain.get(..loaded).unwrap_or_default();
        for link in loaded.windows(2) {
            let [by, required] = link else { continue };
            if !files.of(by, read)?.1 {
                break; // everything behind it is loaded
            }
            if !self.requires.contains(&required.path) {
                return fail(format!("{by} is pruned: what is behind it does not count"));
            }
        }
        Ok(())
    }

    /// That the last of a chain is wrong, and that what it is held against is justified.
    fn wrong(
        &self,
        last: &ModuleVersion,
        because: &Because,
        files: &Files,
        read: &mut Read<'_>,
    ) -> Result<(), CheckError> {
        match because {
            Because::AtMost(path, bound) => {
                above(last, path, bound)?;
                self.justify(path, bound)
            }
            Because::Below(bound) => {
                not_below(last, bound)?;
                match self.reached.get(&bound.path) {
                    Some(Reached::Below(below)) if below.cmp_precedence(&bound.version).is_le() => {
                        Ok(())
                    }
                    _ => fail(format!("nothing says that {} is below it", bound.path)),
                }
            }
            Because::Planned(path, bound) => {
                above(last, path, bound)?;
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
            Because::Lacks | Because::Imports | Because::Other => Ok(()),
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
                (Some(Reached::AtMost(reached)), Some(bound)) => reached == bound,
                // What fell from there, or from below, is no higher.
                (Some(Reached::Below(fell)), Some(bound)) => fell.cmp_precedence(bound).is_le(),
                (None, Some(bound)) => {
                    let go = path.as_str() == "go" && self.planned(path) == Some(bound);
                    let today = self.today.selected.get(path);
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

    pub(super) fn planned(&self, path: &ModulePath) -> Option<&Version> {
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

fn above(
    last: &ModuleVersion,
    path: &ModulePath,
    bound: &Option<Version>,
) -> Result<(), CheckError> {
    let higher = |bound: &Version| last.version.cmp_precedence(bound).is_gt();
    match last.path == *path && bound.as_ref().is_none_or(higher) {
        true => Ok(()),
        false => fail(format!("{last} is not above {}", words(path, bound))),
    }
}

fn not_below(last: &ModuleVersion, bound: &ModuleVersion) -> Result<(), CheckError> {
    match last.path == bound.path && last.version.cmp_precedence(&bound.version).is_ge() {
        true => Ok(()),
        false => fail(format!("{last} is below {bound}")),
    }
}

pub(super) fn words(path: &ModulePath, bound: &Option<Version>) -> String {
    match bound {
        Some(version) => format!("{path}@{version}"),
        None => format!("{path}@none"),
    }
}
