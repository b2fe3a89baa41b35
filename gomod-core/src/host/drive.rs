//! Runs the state machines of the core to their ends: says what they need to the session, and feeds them
//! what it gives.

use rustc_hash::FxHashSet;

use super::session::{fetch_failure, listed, unavailable};
use super::{Request, Session};
use crate::graph::{ModuleId, PathId};
use crate::model::{GoMod, GoVersion, ModulePath, ModuleVersion};
use crate::mvs::{
    LoadError, Loaded, Loader, MainModules, Mode, ResolveError, Source, SourceId, Unavailable,
    World,
};
use crate::plan::{
    Candidates, MeasureError, Measured, Measuring, Needs, Packages, Plan, Planner, Planning,
    Progress, TidyReport,
};

/// What a missing go.sum line means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sums {
    /// It is an error, as under `-mod=readonly`.
    Required,
    /// The checksum database is asked instead.
    Looked,
}

/// A graph could not be loaded.
#[derive(Debug, Clone)]
pub struct LoadFailure {
    /// Requirements from the main module to the one that failed.
    pub path: Vec<String>,
    /// What failed.
    pub error: LoadError,
}

impl LoadFailure {
    /// Names what could not be loaded.
    pub fn new(world: &World, ResolveError { path, error }: ResolveError) -> Self {
        let name = |module: &ModuleId| world.modules.display(*module);
        Self {
            path: path.iter().map(name).collect(),
            error,
        }
    }
}

impl Session {
    /// Loads the graph of `main`.
    ///
    /// # Errors
    /// [`LoadFailure`] for the first `go.mod` that could not be used.
    pub fn load(
        &mut self,
        world: &mut World,
        main: &MainModules,
        mode: Mode,
        local_go: Option<&GoVersion>,
    ) -> Result<Loaded, LoadFailure> {
        // In a workspace the go command does not insist on sums.
        let sums = match mode {
            Mode::ReadOnly if !main.is_workspace() => Sums::Required,
            _ => Sums::Looked,
        };
        let mut loader = Loader::new(world, main, mode, local_go);
        loop {
            let needs = loader.advance(world);
            if needs.is_empty() {
                break;
            }
            self.satisfy(world, &needs, sums);
        }
        loader
            .finish()
            .map_err(|error| LoadFailure::new(world, error))
    }

    /// Runs a planner to its end.
    ///
    /// # Errors
    /// The first security error among the `go.mod` files that were read: a plan is not worth more than
    /// what it was made from.
    pub fn plan<P: Planning>(
        &mut self,
        world: &mut World,
        planner: &mut P,
    ) -> Result<P::Outcome, LoadError> {
        loop {
            match planner.step(world) {
                Progress::Done(outcome) => return Ok(*outcome),
                Progress::Needs(needs) => {
                    let (candidates, packages) = planner.stores();
                    self.answer(world, &needs, candidates, packages)?;
                }
            }
        }
    }

    /// Measures a `go.mod` that the planner did not make.
    ///
    /// # Errors
    /// As [`Session::plan`]; in the inner result a `go.mod` that cannot be measured.
    pub fn measure(
        &mut self,
        world: &mut World,
        planner: &mut Planner,
        go_mod: &GoMod,
    ) -> Result<Result<Measured, MeasureError>, LoadError> {
        loop {
            match planner.measure(world, go_mod) {
                Ok(Measuring::Done(measured)) => return Ok(Ok(*measured)),
                Ok(Measuring::Needs(needs)) => {
                    let (candidates, packages) = (&mut planner.candidates, &mut planner.packages);
                    self.answer(world, &needs, candidates, packages)?;
                }
                Err(error) => return Ok(Err(error)),
            }
        }
    }

    /// What `go mod tidy` would change of a plan, as far as it can be said without fetching anything.
    pub fn tidied(
        &mut self,
        world: &mut World,
        planner: &mut Planner,
        plan: &Plan,
    ) -> Option<TidyReport> {
        let mut missing = FxHashSet::default();
        loop {
            match planner.tidied(world, plan, &missing) {
                Ok(report) => return report,
                Err(needs) => {
                    let packages = &mut planner.packages;
                    missing.extend(self.feed_at_hand(world, &needs.packages, packages));
                    missing.extend(self.satisfy_at_hand(world, &needs.sources));
                }
            }
        }
    }

    /// Feeds what a planner needs.
    fn answer(
        &mut self,
        world: &mut World,
        needs: &Needs,
        candidates: &mut Candidates,
        packages: &mut Packages,
    ) -> Result<(), LoadError> {
        self.satisfy(world, &needs.sources, Sums::Looked);
        let insecure = needs.sources.iter().find_map(|id| match world.facts(*id) {
            Some(Err(
                error @ LoadError::Unavailable {
                    reason: Unavailable::Distrusted,
                    ..
                },
            )) => Some(error),
            _ => None,
        });
        if let Some(error) = insecure {
            return Err(error.clone());
        }
        self.feed_packages(world, &needs.packages, packages)?;
        self.feed_probes(world, &needs.probes, packages)?;
        self.list_versions(world, &needs.lists, candidates)?;
        // What is only counted may be missing.
        let counts = needs
            .counts
            .iter()
            .map(|path| world.modules.path(*path).clone());
        let counts: Vec<ModulePath> = counts.collect();
        for (path, list) in needs.counts.iter().zip(self.versions(&counts)) {
            let list = list.unwrap_or_else(|error| {
                candidates.note_uncounted(*path, error.to_string());
                Vec::new()
            });
            candidates.feed(world, *path, &list);
            self.note_list(world, candidates, *path);
        }
        Ok(())
    }

    /// Lists the versions that a planner chooses from. Offline those count whose `go.mod` is cached.
    ///
    /// # Errors
    /// When a source cannot say which versions there are: a plan that leaves some out unknowingly is none.
    fn list_versions(
        &mut self,
        world: &mut World,
        paths: &[PathId],
        candidates: &mut Candidates,
    ) -> Result<(), LoadError> {
        let requests: Vec<Request> = paths
            .iter()
            .map(|path| Request::List(world.modules.path(*path).clone()))
            .collect();
        let answers = self.sources.fetch(&requests);
        for (id, answer) in paths.iter().zip(answers) {
            let path = world.modules.path(*id).clone();
            let versions = match answer {
                Ok(fetched) => listed(&fetched.bytes),
                Err(error) => {
                    let why = match fetch_failure(&error) {
                        LoadError::Unavailable {
                            reason: Unavailable::NotFound,
                            ..
                        } => "no source lists them",
                        LoadError::Unavailable {
                            reason: Unavailable::Offline,
                            ..
                        } => "offline",
                        LoadError::Unavailable { message, reason } => {
                            let message =
                                format!("the versions of {path} cannot be listed: {message}");
                            return Err(unavailable(message, reason));
                        }
                        other => return Err(other),
                    };
                    candidates.note_failure(*id, why.to_owned());
                    self.cache.versions(&path).unwrap_or_default()
                }
            };
            candidates.feed(world, *id, &versions);
            self.note_list(world, candidates, *id);
        }
        Ok(())
    }

    /// Notes what a path's source lists, as a planner takes it.
    fn note_list(&mut self, world: &World, candidates: &Candidates, path: PathId) {
        let modules = &world.modules;
        let list = candidates.list(path).unwrap_or_default().iter();
        let versions = list.filter_map(|module| modules.version(*module).cloned());
        let versions = versions.collect();
        self.read.lists.insert(modules.path(path).clone(), versions);
    }

    /// Feeds the `go.mod` files that are on this machine, unless go.sum speaks against one. Gives the sources whose
    /// file is not.
    fn satisfy_at_hand(&mut self, world: &mut World, needs: &[SourceId]) -> Vec<SourceId> {
        let mut missing = Vec::new();
        for id in needs {
            let bytes = match world.source(*id).clone() {
                Source::Directory(directory) => self.read_directory(&directory).ok(),
                Source::Module(module) => {
                    let module = world.modules.module_version(module);
                    module.and_then(|module| self.go_mod_at_hand(&module))
                }
            };
            match bytes {
                Some(bytes) => world.feed(*id, &bytes),
                None => missing.push(*id),
            }
        }
        missing
    }

    /// Reads, checks and feeds the `go.mod` files of `needs`.
    pub fn satisfy(&mut self, world: &mut World, needs: &[SourceId], sums: Sums) {
        let mut ids: Vec<SourceId> = Vec::new();
        let mut wanted: Vec<ModuleVersion> = Vec::new();
        for id in needs {
            match world.source(*id).clone() {
                Source::Directory(directory) => match self.read_directory(&directory) {
                    Ok(bytes) => world.feed(*id, &bytes),
                    Err(error) => world.feed_facts(*id, Err(error)),
                },
                Source::Module(module) => {
                    if let Some(module) = world.modules.module_version(module) {
                        ids.push(*id);
                        wanted.push(module);
                    }
                }
            }
        }
        for (id, result) in ids.into_iter().zip(self.go_mods(&wanted, sums)) {
            match result {
                Ok(bytes) => world.feed(id, &bytes),
                Err(error) => world.feed_facts(id, Err(error)),
            }
        }
    }
}
