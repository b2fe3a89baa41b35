//! What the real planner says of a workspace, in the terms of `optimum`.

use gomod_core::model::{GoMod, GoWork, ModulePath, ModuleVersion, Version};
use gomod_core::mvs::World as Known;
use gomod_core::plan::{
    Layout, Means, Packages, Planning, Progress, Target, WorkspaceFiles, WorkspacePlan,
    WorkspacePlanner,
};

use super::beside_go::{go_mod, go_work};
use super::optimum::{EXCLUDES, Optimum, fault, is_fit, optimum};
use super::world::Workspace;
use crate::brute::cost::{self, Cost};
use crate::brute::goal::Goal;
use crate::brute::world::{VERSIONS, World};
use crate::scenario::Scenario;

/// The planner's best plan that does not replace.
#[derive(Debug, Clone)]
pub struct Planned {
    pub cost: Cost,
    pub edits: String,
    /// The workspace as it is then.
    pub after: Workspace,
    pub fault: Option<String>,
    /// How many versions it excludes.
    pub excludes: u32,
    /// Whether it is said to be the cheapest.
    pub optimal: bool,
    /// What every plan is said to cost at least: overridden, direct, others, raised.
    pub least: [usize; 4],
}

/// How the two answers relate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    Unfit,
    Same,
    BothNone,
    /// The plan costs more.
    Worse,
    /// There is a plan, and the planner has none.
    Missed,
    /// The plan costs less: one of the two is wrong.
    Better,
    /// It excludes more versions than enumeration tries, and costs less.
    Beyond,
    Unsound,
    /// It is said to be the cheapest, or what every plan costs is said to be more than it is.
    FalseClaim,
}

pub struct Comparison {
    pub brute: Option<Optimum>,
    pub planned: Option<Planned>,
    pub verdict: Verdict,
}

impl Comparison {
    pub fn new(workspace: &Workspace, goal: &Goal) -> Self {
        if !is_fit(workspace, goal) {
            return Self {
                brute: None,
                planned: None,
                verdict: Verdict::Unfit,
            };
        }
        let brute = optimum(workspace, goal, goal.strategy != Some(Means::Require));
        let planned = planned(workspace, goal);
        let verdict = match (&brute, &planned) {
            (_, Some(plan)) if plan.fault.is_some() => Verdict::Unsound,
            (None, None) => Verdict::BothNone,
            (Some(_), None) => Verdict::Missed,
            (None, Some(plan)) if plan.excludes > EXCLUDES => Verdict::Beyond,
            (None, Some(_)) => Verdict::Better,
            (Some(brute), Some(plan)) => {
                let c = brute.cost;
                let least = [c[1], c[2], c[4], c[5]];
                let claims = plan.optimal && plan.cost > brute.cost || plan.least > least;
                match plan.cost.cmp(&brute.cost) {
                    _ if claims => Verdict::FalseClaim,
                    std::cmp::Ordering::Equal => Verdict::Same,
                    std::cmp::Ordering::Less if plan.excludes > EXCLUDES => Verdict::Beyond,
                    std::cmp::Ordering::Less => Verdict::Better,
                    std::cmp::Ordering::Greater => Verdict::Worse,
                }
            }
        };
        Self {
            brute,
            planned,
            verdict,
        }
    }

    pub fn text(&self, workspace: &Workspace) -> String {
        let brute = self.brute.as_ref().map(|brute| {
            format!(
                "{}\n         {}",
                cost::text(&brute.cost),
                brute.edits(workspace)
            )
        });
        let planned = self.planned.as_ref().map(|plan| {
            let fault = plan.fault.clone().unwrap_or_default();
            let optimal = if plan.optimal { " optimal" } else { "" };
            let cost = cost::text(&plan.cost);
            format!(
                "{cost}{optimal} {:?} {fault}\n         {}",
                plan.least, plan.edits
            )
        });
        format!(
            "planner: {}\nbrute:   {}",
            planned.unwrap_or_default(),
            brute.unwrap_or_default()
        )
    }

    /// The first field that the optimum is better in.
    pub fn class(&self) -> &'static str {
        let (Some(brute), Some(plan)) = (&self.brute, &self.planned) else {
            return "";
        };
        let differs = (0..7).find(|at| brute.cost[*at] != plan.cost[*at]);
        differs.map_or("", |at| cost::FIELDS[at])
    }
}

/// Asks the planner.
pub fn planned(workspace: &Workspace, goal: &Goal) -> Option<Planned> {
    let scenario = Scenario::parse(&workspace.members[0].text());
    let mut world = Known::new();
    let members = (0..workspace.members.len())
        .map(|at| GoMod::parse("go.mod", go_mod(workspace, at).as_bytes()).unwrap());
    let files = WorkspaceFiles {
        go_work: GoWork::parse("go.work", go_work(workspace).as_bytes()).unwrap(),
        members: members.collect(),
    };
    let mut asked = gomod_core::plan::Goal::default();
    for target in goal.targets(&workspace.members[0]) {
        let (name, version) = target.split_once('@').unwrap();
        let path = ModulePath::new(format!("x.y/{name}"));
        asked.targets.push(match version {
            "none" => Target::Absent {
                path: world.modules.path_id(&path),
            },
            version => {
                let version = Version::parse(version).unwrap();
                Target::Module {
                    module: world.modules.intern(&ModuleVersion::new(path, version)),
                }
            }
        });
    }
    goal.limit(&mut asked, &mut world);
    let count = workspace.members.len();
    let layout = Layout {
        names: (0..count).map(|at| format!("m{at}/go.mod")).collect(),
        directories: (0..count).map(|at| format!("./m{at}")).collect(),
        rebase: Box::new(|_, directory| directory.to_owned()),
    };
    let mains = vec![Packages::unknown("no sources were given"); count];
    let mut planner = WorkspacePlanner::new(files, layout, mains, asked, None);
    for _ in 0..2000 {
        match planner.step(&mut world) {
            Progress::Done(outcome) => {
                let outcome = outcome.unwrap();
                let by_replace = |plan: &&WorkspacePlan| plan.plan.means.contains(&Means::Replace);
                let plan = outcome.plans.iter().find(|plan| !by_replace(plan))?;
                return Some(judge(workspace, goal, &world, &planner, plan));
            }
            Progress::Needs(needs) => {
                for id in needs.sources {
                    scenario.feed(&mut world, id);
                }
                for path in needs.lists.into_iter().chain(needs.counts) {
                    let versions = scenario.versions(&world.modules.path(path).clone());
                    planner.candidates.feed(&mut world, path, &versions);
                }
            }
        }
    }
    panic!("the planner does not end");
}

fn judge(
    workspace: &Workspace,
    goal: &Goal,
    known: &Known,
    planner: &WorkspacePlanner,
    plan: &WorkspacePlan,
) -> Planned {
    let mut after = workspace.clone();
    for (member, file) in after.members.iter_mut().zip(&plan.files.members) {
        let slot = |path: &ModulePath, version: &Version, member: &World| {
            member.slot(&format!("{} {version}", &path.as_str()[4..]))
        };
        let before = member.clone();
        member.roots = Default::default();
        for line in &file.require {
            let slot = slot(&line.path, &line.version, &before);
            member.roots[slot / VERSIONS] = Some(slot);
            member.indirect[slot / VERSIONS] = line.indirect;
        }
        for line in &file.exclude {
            member.excludes |= 1 << slot(&line.path, &line.version, &before);
        }
    }
    let c = plan.plan.cost;
    let edits: Vec<String> = plan
        .changes
        .iter()
        .flat_map(|file| file.edits.iter().map(|e| (&file.name, e)))
        .map(|(name, edit)| {
            let name = name.split('/').next().unwrap();
            format!("{name}:{}", edit.go_mod_edit.replace("x.y/", ""))
        })
        .collect();
    let least = gomod_core::plan::Certificate::new(known, &planner.holder().unwrap(), &plan.plan);
    Planned {
        cost: [
            c.dropped,
            plan.plan.overridden.len(),
            c.direct_moved,
            c.direct_steps,
            c.others_moved,
            c.raised,
            c.steps,
        ],
        edits: edits.join(" "),
        fault: fault(workspace, goal, &after),
        excludes: after
            .members
            .iter()
            .fold(0, |all, member| all | member.excludes)
            .count_ones(),
        after,
        optimal: least.optimal,
        least: [
            least.least.overridden,
            least.least.direct_moved,
            least.least.others_moved,
            least.least.raised,
        ],
    }
}
