//! Interned module paths and module versions: small ids that compare and hash in one step.

use std::cmp::Ordering;

use rustc_hash::FxHashMap;

use crate::model::{ModulePath, ModuleVersion, Version};

/// An interned module path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathId(u32);

/// An interned module at a version, or a main module, which has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModuleId(u32);

/// The table behind [`PathId`] and [`ModuleId`]. Ids are handed out in order and never taken back.
#[derive(Debug, Clone)]
pub struct Modules {
    paths: Vec<ModulePath>,
    path_ids: FxHashMap<ModulePath, PathId>,
    modules: Vec<(PathId, Option<Version>)>,
    /// For each path, its known modules, lowest first.
    of_path: Vec<Vec<ModuleId>>,
    /// The place of each module among those of its path; those of equal precedence share one.
    ranks: Vec<u32>,
}

impl Default for Modules {
    fn default() -> Self {
        let mut modules = Self {
            paths: Vec::new(),
            path_ids: FxHashMap::default(),
            modules: Vec::new(),
            of_path: Vec::new(),
            ranks: Vec::new(),
        };
        for (name, id) in [("go", PathId::GO), ("toolchain", PathId::TOOLCHAIN)] {
            let made = modules.path_id(&ModulePath::new(name));
            debug_assert_eq!(made, id);
        }
        modules
    }
}

impl PathId {
    /// The pseudo-module `go`.
    pub const GO: Self = Self(0);
    /// The pseudo-module `toolchain`.
    pub const TOOLCHAIN: Self = Self(1);

    /// Whether this is `go` or `toolchain`.
    pub fn is_toolchain(self) -> bool {
        self <= Self::TOOLCHAIN
    }

    /// The position in tables indexed by path.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl ModuleId {
    /// The position in tables indexed by module.
    pub fn index(self) -> usize {
        self.0 as usize
    }

    pub(crate) fn from_index(index: usize) -> Self {
        Self(u32::try_from(index).unwrap_or(u32::MAX))
    }
}

impl Modules {
    /// The id of `path`, made if it is new.
    pub fn path_id(&mut self, path: &ModulePath) -> PathId {
        if let Some(id) = self.path_ids.get(path) {
            return *id;
        }
        let id = PathId(u32::try_from(self.paths.len()).unwrap_or(u32::MAX));
        self.paths.push(path.clone());
        self.path_ids.insert(path.clone(), id);
        self.of_path.push(Vec::new());
        id
    }

    /// The id of `path`, if it is known.
    pub fn find_path(&self, path: &ModulePath) -> Option<PathId> {
        self.path_ids.get(path).copied()
    }

    /// The id of a module at a version (`None`: a main module), made if it is new.
    pub fn module_id(&mut self, path: PathId, version: Option<&Version>) -> ModuleId {
        let at = match self.place(path, version) {
            Ok(id) => return id,
            Err(at) => at,
        };
        let id = ModuleId::from_index(self.modules.len());
        self.modules.push((path, version.cloned()));
        self.ranks.push(0);
        let list = &mut self.of_path[path.index()];
        list.insert(at, id);
        // Whatever is above moves up by one at most.
        let below = at.checked_sub(1).map(|below| list[below]);
        let mut rank = below.map_or(0, |below| self.ranks[below.index()]);
        let mut last = below;
        for module in &self.of_path[path.index()][at..] {
            let version = |id: ModuleId| self.modules[id.index()].1.as_ref();
            if last.is_some_and(|last| precedence(version(last), version(*module)).is_ne()) {
                rank += 1;
            }
            self.ranks[module.index()] = rank;
            last = Some(*module);
        }
        id
    }

    /// The id of a module at a version, if it is known.
    pub fn find_module(&self, path: PathId, version: Option<&Version>) -> Option<ModuleId> {
        self.place(path, version).ok()
    }

    /// The module, or where among those of its path it would have to stand.
    fn place(&self, path: PathId, version: Option<&Version>) -> Result<ModuleId, usize> {
        let list = &self.of_path[path.index()];
        let of = |id: &ModuleId| self.modules[id.index()].1.as_ref();
        let start = list.partition_point(|id| precedence(of(id), version).is_lt());
        let equal = list[start..]
            .iter()
            .take_while(|id| precedence(of(id), version).is_eq());
        let mut end = start;
        for id in equal {
            if of(id) == version {
                return Ok(*id);
            }
            end += 1;
        }
        Err(end)
    }

    /// The id of `module`, made if it is new.
    pub fn intern(&mut self, module: &ModuleVersion) -> ModuleId {
        let path = self.path_id(&module.path);
        self.module_id(path, Some(&module.version))
    }

    /// The id of `module`, if it is known.
    pub fn find(&self, module: &ModuleVersion) -> Option<ModuleId> {
        self.find_module(self.find_path(&module.path)?, Some(&module.version))
    }

    /// The path behind `id`.
    pub fn path(&self, id: PathId) -> &ModulePath {
        &self.paths[id.index()]
    }

    /// The path of a module, as an id.
    pub fn path_of(&self, id: ModuleId) -> PathId {
        self.modules[id.index()].0
    }

    /// The version of a module; `None` for a main module.
    pub fn version(&self, id: ModuleId) -> Option<&Version> {
        self.modules[id.index()].1.as_ref()
    }

    /// Path and version of a module that is not a main module.
    pub fn module_version(&self, id: ModuleId) -> Option<ModuleVersion> {
        let (path, version) = &self.modules[id.index()];
        Some(ModuleVersion::new(
            self.path(*path).clone(),
            version.clone()?,
        ))
    }

    /// The module as `path@version`, or the bare path of a main module, as `go mod graph` prints it.
    pub fn display(&self, id: ModuleId) -> String {
        let (path, version) = &self.modules[id.index()];
        match version {
            None => self.path(*path).to_string(),
            Some(version) => format!("{}@{version}", self.path(*path)),
        }
    }

    /// All modules known for a path, lowest version first.
    pub fn versions_of(&self, path: PathId) -> &[ModuleId] {
        &self.of_path[path.index()]
    }

    /// Compares two modules of the same path; a main module is above every version
    /// (`cmpVersion` in cmd/go's modload).
    pub fn compare(&self, a: ModuleId, b: ModuleId) -> Ordering {
        self.ranks[a.index()].cmp(&self.ranks[b.index()])
    }

    /// How many modules there are.
    pub fn len(&self) -> usize {
        self.modules.len()
    }

    /// Whether the table is empty.
    pub fn is_empty(&self) -> bool {
        self.modules.is_empty()
    }

    /// Sorts as the `go` command sorts modules: by path, then by version (`gover.ModSort`).
    pub fn sort(&self, list: &mut [ModuleId]) {
        list.sort_by(|a, b| {
            let (pa, pb) = (self.path_of(*a), self.path_of(*b));
            if pa == pb {
                self.compare(*a, *b)
            } else {
                self.path(pa).cmp(self.path(pb))
            }
        });
    }
}

/// Compares versions of one path; without one, a main module is above all.
fn precedence(a: Option<&Version>, b: Option<&Version>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => a.cmp_precedence(b),
        (a, b) => a.is_none().cmp(&b.is_none()),
    }
}
