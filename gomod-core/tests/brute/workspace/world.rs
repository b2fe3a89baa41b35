//! A workspace of members over the same small world, and random ones with goals.

use crate::brute::generate::{Random, settle};
use crate::brute::goal::{Goal, Target};
use crate::brute::world::{Release, VERSIONS, World};

/// The go line of go.work: that of the newest member at least.
pub const GO: u32 = 22;

/// Members that share their versions: each is a world whose main module it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workspace {
    pub members: Vec<World>,
}

impl Workspace {
    /// The members as if they were one main module: a path is direct if any member requires it directly.
    pub fn whole(&self) -> World {
        let mut whole = self.members[0].clone();
        for path in 0..whole.paths.len() {
            let roots = self.members.iter().filter_map(|member| member.roots[path]);
            whole.roots[path] = roots.max();
            whole.indirect[path] = !self.members.iter().any(|member| member.is_direct(path));
        }
        whole
    }

    /// The members' lines, then what all of them can reach.
    pub fn text(&self) -> String {
        let mains = self.members.iter().map(|member| {
            let text = member.text();
            let main = text
                .lines()
                .take_while(|line| line.starts_with("main") || line.starts_with(' '));
            main.map(|line| format!("{line}\n")).collect::<String>()
        });
        let rest = self.members[0].text();
        let rest = rest
            .lines()
            .skip_while(|line| line.starts_with("main") || line.starts_with(' '));
        let rest = rest.map(|line| format!("{line}\n"));
        mains.chain(rest).collect()
    }

    /// Reads the notation that [`Workspace::text`] writes.
    pub fn parse(text: &str) -> Self {
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        let is_main = |line: &&&str| line.trim_start().starts_with("main ");
        let rest: Vec<&str> = lines.iter().filter(|l| !is_main(l)).copied().collect();
        let mains = lines.iter().filter(is_main);
        // Every version that a member names has to be known to all: what is named nowhere else is served.
        let member = |main: &&str| World::parse(&format!("{}\n{}\n", main.trim(), rest.join("\n")));
        Self {
            members: mains.map(member).collect(),
        }
    }
}

/// A workspace of two consistent members, with a goal that is not reached yet.
pub fn question(seed: u64) -> (Workspace, Goal) {
    let mut random = Random::new(seed ^ 0x776f_726b);
    loop {
        let mut workspace = workspace(&mut random);
        if workspace.members.iter_mut().all(settle)
            && workspace.members.iter().all(|member| member.go <= GO)
            && let Some(goal) = goal(&mut random, &workspace)
        {
            return (workspace, goal);
        }
    }
}

fn workspace(random: &mut Random) -> Workspace {
    let style = random.below(3);
    let go = |random: &mut Random| match style {
        0 => 21,
        1 => [16, 17, 21][random.below(3)],
        _ => [16, 17, 20, 21, 21, 22][random.below(6)],
    };
    let mut world = World::default();
    let count = 2 + random.below(3);
    for _ in 0..count {
        let versions = 1 + random.below(3);
        let line = go(random);
        let path = ["v1.0.0", "v1.1.0", "v1.2.0"][..versions].iter();
        world.paths.push(
            path.map(|version| Release {
                version: (*version).to_owned(),
                go: line,
                requires: 0,
                missing: false,
            })
            .collect(),
        );
    }
    let density = 25 + random.below(35);
    for slot in world.all() {
        for path in (0..count).filter(|path| *path != slot / VERSIONS) {
            if random.chance(density) {
                let own = world.paths[slot / VERSIONS].len();
                let other = world.paths[path].len();
                let near = (slot % VERSIONS * other + random.below(own)) / own;
                let index = match random.chance(75) {
                    true => near.min(other - 1),
                    false => random.below(other),
                };
                world.paths[slot / VERSIONS][slot % VERSIONS].requires |=
                    1 << (path * VERSIONS + index);
            }
        }
    }
    let member = |random: &mut Random| {
        let mut member = world.clone();
        member.go = go(random);
        for path in 0..count {
            if random.chance(50) {
                let last = world.paths[path].len() - 1;
                let index = match random.chance(50) {
                    true => last,
                    false => random.below(last + 1),
                };
                member.roots[path] = Some(path * VERSIONS + index);
                member.indirect[path] = random.chance(35);
            }
        }
        member
    };
    Workspace {
        members: (0..2).map(|_| member(random)).collect(),
    }
}

fn goal(random: &mut Random, workspace: &Workspace) -> Option<Goal> {
    let graph = super::load::today(workspace);
    let count = workspace.members[0].paths.len();
    let mut goal = Goal::default();
    for _ in 0..[1, 1, 1, 2][random.below(4)] {
        let path = random.below(count);
        let now = graph.selected(path)?;
        if random.chance(8) {
            goal.targets[path] = Some(Target::Absent);
        } else if now % VERSIONS > 0 {
            let target = now - 1 - random.below(now % VERSIONS);
            goal.targets[path] = Some(Target::Version(target));
        }
    }
    goal.targets.iter().any(Option::is_some).then_some(goal)
}
