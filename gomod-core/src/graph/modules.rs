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
#[derive(Debug, Default, Clone)]
pub struct Modules {
    paths: Vec<ModulePath>,
    path_ids: FxHashMap<ModulePath, PathId>,
    modules: Vec<(PathId, Option<Version>)>,
    /// For each path, its known modules; few, so a scan beats hashing the version.
    of_path: Vec<Vec<ModuleId>>,
}

impl PathId {
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
        if let Some(id) = self.find_module(path, version) {
            return id;
        }
        let id = ModuleId::from_index(self.modules.len());
        self.modules.push((path, version.cloned()));
        self.of_path[path.index()].push(id);
        id
    }

    /// The id of a module at a version, if it is known.
    pub fn find_module(&self, path: PathId, version: Option<&Version>) -> Option<ModuleId> {
        self.of_path[path.index()]
            .iter()
            .copied()
            .find(|id| self.modules[id.index()].1.as_ref() == version)
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

    /// All modules known for a path, in the order in which they were met.
    pub fn versions_of(&self, path: PathId) -> &[ModuleId] {
        &self.of_path[path.index()]
    }

    /// Compares two modules of the same path; a main module is above every version
    /// (`cmpVersion` in cmd/go's modload).
    pub fn compare(&self, a: ModuleId, b: ModuleId) -> Ordering {
        if a == b {
            return Ordering::Equal;
        }
        match (self.version(a), self.version(b)) {
            (Some(a), Some(b)) => a.cmp_precedence(b),
            (a, b) => a.is_none().cmp(&b.is_none()),
        }
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
