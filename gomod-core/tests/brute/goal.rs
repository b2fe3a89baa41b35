//! What a plan has to reach, in one line: `b@v1.0.0 c@none go@1.20 keep=a drop max=2 strategy=exclude`.

use gomod_core::model::ModulePath;
use gomod_core::plan;

use super::world::{PATHS, Slot, VERSIONS, World};

/// What is asked of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    Version(Slot),
    Absent,
}

/// A goal with its limits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Goal {
    pub targets: [Option<Target>; PATHS],
    /// The minor version of the go line that is asked for.
    pub go: Option<u32>,
    pub keep: [bool; PATHS],
    pub allow_drop: bool,
    pub max_collateral: Option<usize>,
    pub strategy: Option<plan::Means>,
}

impl Goal {
    pub fn parse(world: &World, text: &str) -> Self {
        let mut goal = Self::default();
        for word in text.split_whitespace() {
            let path = |name: &str| usize::from(name.as_bytes()[0] - b'a');
            if word == "drop" {
                goal.allow_drop = true;
            } else if let Some(name) = word.strip_prefix("keep=") {
                goal.keep[path(name)] = true;
            } else if let Some(limit) = word.strip_prefix("max=") {
                goal.max_collateral = Some(limit.parse().unwrap());
            } else if let Some(name) = word.strip_prefix("strategy=") {
                goal.strategy = plan::Means::ALL
                    .into_iter()
                    .find(|means| means.as_str() == name);
            } else if let Some(version) = word.strip_prefix("go@1.") {
                goal.go = Some(version.parse().unwrap());
            } else if let Some(name) = word.strip_suffix("@none") {
                goal.targets[path(name)] = Some(Target::Absent);
            } else {
                let slot = world.slot(&word.replace('@', " "));
                goal.targets[slot / VERSIONS] = Some(Target::Version(slot));
            }
        }
        goal
    }

    /// The targets as `scenario` takes them.
    pub fn targets(&self, world: &World) -> Vec<String> {
        let mut list: Vec<String> = Vec::new();
        for (path, target) in self.targets.iter().enumerate() {
            match target {
                Some(Target::Version(slot)) => list.push(world.module(*slot).replace(' ', "@")),
                Some(Target::Absent) => list.push(format!("{}@none", World::name(path))),
                None => {}
            }
        }
        list.extend(self.go.map(|go| format!("go@1.{go}")));
        list
    }

    pub fn text(&self, world: &World) -> String {
        let mut words = self.targets(world);
        let kept = (0..PATHS).filter(|path| self.keep[*path]);
        words.extend(kept.map(|path| format!("keep={}", World::name(path))));
        words.extend(self.allow_drop.then(|| "drop".to_owned()));
        words.extend(self.max_collateral.map(|limit| format!("max={limit}")));
        words.extend(
            self.strategy
                .map(|means| format!("strategy={}", means.as_str())),
        );
        words.join(" ")
    }

    /// Sets the limits of the planner's goal.
    pub fn limit(&self, goal: &mut plan::Goal, world: &mut gomod_core::mvs::World) {
        for path in (0..PATHS).filter(|path| self.keep[*path]) {
            let path = ModulePath::new(format!("x.y/{}", World::name(path)));
            goal.keep.insert(world.modules.path_id(&path));
        }
        goal.allow_drop = self.allow_drop;
        goal.max_collateral = self.max_collateral;
        goal.strategy = self.strategy;
    }

    pub fn version(&self, path: usize) -> Option<Slot> {
        match self.targets[path] {
            Some(Target::Version(slot)) => Some(slot),
            _ => None,
        }
    }

    /// Whether what overrides targets is asked for: excluding or replacing is to hide all that asks for more.
    pub fn grants_overriding(&self) -> bool {
        matches!(
            self.strategy,
            Some(plan::Means::Exclude | plan::Means::Replace)
        )
    }

    pub fn is_absent(&self, path: usize) -> bool {
        self.targets[path] == Some(Target::Absent)
    }
}
