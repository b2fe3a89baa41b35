//! The workspace as it is loaded: all members together, and each by itself.

use super::{Halt, WorkspaceError, WorkspaceFiles, WorkspacePlanner};
use crate::graph::{ModuleGraph, ModuleId, PathId};
use crate::model::GoMod;
use crate::mvs::{Loaded, Loader, MainModules, Mode, ResolveError, Resolver, Setup, Source, World};
use crate::plan::{Needs, Problem};

/// The members together.
#[derive(Debug, Clone)]
pub(super) struct Joint {
    pub(super) main: MainModules,
    pub(super) setup: Setup,
    pub(super) graph: ModuleGraph,
}

/// Today's state.
pub(super) struct Today {
    pub(super) joint: Joint,
    /// Each member by itself, under the workspace's excludes and replaces.
    pub(super) problems: Vec<Problem>,
    /// All of them as if they were one main module; its roots are what is selected of direct requirements.
    pub(super) whole: Problem,
    /// Whether each member's go.mod needs no updates where it stands alone (GOWORK=off).
    pub(super) alone: Vec<bool>,
}

impl WorkspacePlanner {
    /// Loads today's state.
    pub(super) fn look(&mut self, world: &mut World) -> Result<Today, Halt> {
        let files = self.files.clone();
        let joint = self.joint(world, &files)?;
        let loaded = Loaded {
            graph: joint.graph.clone(),
            setup: joint.setup.clone(),
            inconsistencies: Vec::new(),
        };
        let mut whole = Problem::new(world, &joint.main, loaded);
        let selected = |path: &PathId| Some((*path, *whole.selected.get(path)?));
        whole.roots = whole.direct.iter().filter_map(selected).collect();
        let mut needs = Needs::default();
        let (mut problems, mut alone) = (Vec::new(), Vec::new());
        for (index, go_mod) in files.members.iter().enumerate() {
            match self.problem_of(world, &joint.main, index) {
                Ok(problem) => problems.extend(problem),
                Err(Halt::Needs(more)) => needs.merge(more),
                Err(failed) => return Err(failed),
            }
            match self.alone(world, &files, index) {
                Ok(loaded) => alone.push(
                    loaded.is_some_and(|loaded| loaded.inconsistencies.is_empty())
                        && go_mod.is_canonical(),
                ),
                Err(Halt::Needs(more)) => needs.merge(more),
                Err(failed) => return Err(failed),
            }
        }
        for problem in &mut problems {
            let elsewhere = whole.direct.difference(&problem.direct);
            problem.direct_elsewhere = elsewhere.copied().collect();
        }
        match needs.is_empty() {
            false => Err(Halt::Needs(needs)),
            true => Ok(Today {
                joint,
                problems,
                whole,
                alone,
            }),
        }
    }

    /// Loads the graph of all members, with the `go.mod` files in `files` wherever a member is a dependency
    /// of another through its directory.
    pub(super) fn joint(
        &mut self,
        world: &mut World,
        files: &WorkspaceFiles,
    ) -> Result<Joint, Halt> {
        let members: Vec<&GoMod> = files.members.iter().collect();
        let rebase = |index: usize, directory: &str| (self.layout.rebase)(Some(index), directory);
        let mut main = MainModules::workspace(world, &files.go_work, &members, rebase)
            .map_err(|error| Halt::Failed(WorkspaceError::Main(error.to_string())))?;
        let names = self.planned_directories(world, files);
        main.overrides = std::mem::take(&mut main.overrides)
            .with_directories(|directory| names.get(self.layout.member_in(directory)?).cloned());
        let setup = main.setup(world, self.local_go.as_ref());
        let mut resolver = Resolver::new(world, &setup);
        let sources = resolver.advance(world, &setup);
        if !sources.is_empty() {
            return Err(Halt::needs(sources));
        }
        let graph = resolver.finish().map_err(Halt::load)?;
        Ok(Joint { main, setup, graph })
    }

    /// One member by itself. Through their directories the other members ask for nothing: each has its own
    /// plan.
    fn problem_of(
        &mut self,
        world: &mut World,
        main: &MainModules,
        index: usize,
    ) -> Result<Option<Problem>, Halt> {
        let Some(mut main) = main.member(index) else {
            return Ok(None);
        };
        let names: Vec<String> = self
            .layout
            .directories
            .iter()
            .map(|directory| format!("{directory}/."))
            .collect();
        for name in &names {
            let source = world.source_id(Source::Directory(name.clone()));
            world.feed(source, b"module workspace.member\n");
        }
        main.overrides = std::mem::take(&mut main.overrides)
            .with_directories(|directory| names.get(self.layout.member_in(directory)?).cloned());
        let loaded = self.load(world, &main, Mode::Update)?.map_err(Halt::load)?;
        let mut problem = Problem::new(world, &main, loaded);
        problem.replaces_elsewhere = true;
        Ok(Some(problem))
    }

    /// Loads one main module.
    pub(super) fn load(
        &self,
        world: &mut World,
        main: &MainModules,
        mode: Mode,
    ) -> Result<Result<Loaded, ResolveError>, Halt> {
        let mut loader = Loader::new(world, main, mode, self.local_go.as_ref());
        let sources = loader.advance(world);
        match sources.is_empty() {
            false => Err(Halt::needs(sources)),
            true => Ok(loader.finish()),
        }
    }

    /// The name of each member's directory under which the text in `files` stands for its `go.mod`: another
    /// way to write the same directory, where the text is not today's.
    pub(super) fn planned_directories(
        &mut self,
        world: &mut World,
        files: &WorkspaceFiles,
    ) -> Vec<String> {
        let mut names = Vec::new();
        for (index, directory) in self.layout.directories.iter().enumerate() {
            let text = files.members.get(index).map(GoMod::text);
            let today = self.files.members.get(index).map(GoMod::text);
            let Some(text) = text.filter(|text| Some(text) != today.as_ref()) else {
                names.push(directory.clone());
                continue;
            };
            let same = |known: &&(usize, String, String)| known.0 == index && known.1 == text;
            let known = self.aliases.iter().find(same).map(|known| known.2.clone());
            names.push(known.unwrap_or_else(|| {
                let of_member = self.aliases.iter().filter(|known| known.0 == index);
                let name = format!("{directory}{}", "/.".repeat(2 + of_member.count()));
                let source = world.source_id(Source::Directory(name.clone()));
                world.feed(source, text.as_bytes());
                self.aliases.push((index, text, name.clone()));
                name
            }));
        }
        names
    }

    /// Whether a module is a member, a version of one, or stands for one through its directory.
    pub(super) fn is_member(&self, world: &World, joint: &Joint, module: ModuleId) -> bool {
        let path = world.modules.path_of(module);
        let mut members = joint.setup.main.iter();
        let directory = joint.setup.overrides.replacement(&world.modules, module);
        members.any(|member| world.modules.path_of(*member) == path)
            || matches!(directory, Some(Source::Directory(directory))
                if self.layout.member_in(directory).is_some())
    }
}

impl Halt {
    pub(super) fn needs(sources: Vec<crate::mvs::SourceId>) -> Self {
        Self::Needs(Needs::of_sources(sources))
    }

    fn load(error: ResolveError) -> Self {
        Self::Failed(WorkspaceError::Load(error))
    }
}
