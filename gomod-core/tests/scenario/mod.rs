//! A mini-notation for module worlds, fed to the state machines from memory.
//!
//! ```text
//! main 1.21: a v1.1.0, b v1.0.0 indirect
//! a v1.0.0 1.17:
//! a v1.1.0 1.17: b v1.0.0
//! ```
//! A line is a module, its version, its go line (`-` for none) and its requirements. Lines that begin
//! with a space are copied to the end of main's `go.mod`. Paths get the prefix `x.y/`.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

#[path = "../../../gomod-cli/src/commands/claims.rs"]
mod claims;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use gomod_core::check::{Wanted, verify, verify_grounds};
use gomod_core::model::{GoMod, ModulePath, ModuleVersion, Query, Version};
use gomod_core::mvs::{Loaded, Loader, MainModules, Mode, ResolveError, Source, SourceId, World};
use gomod_core::plan::{
    Candidates, Certificate, Goal, Means, Measured, Measuring, Needs, Outcome, Plan, Planner,
    Problem, Progress, Report, Target,
};

/// A world in memory.
pub struct Scenario {
    pub main: String,
    pub mods: BTreeMap<(String, String), String>,
}

impl Scenario {
    pub fn parse(text: &str) -> Self {
        let mut scenario = Self {
            main: String::new(),
            mods: BTreeMap::new(),
        };
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            if let Some(extra) = line.strip_prefix(' ') {
                writeln!(scenario.main, "{}", extra.trim()).unwrap();
                continue;
            }
            let (head, requires) = line.split_once(':').expect("a colon");
            let mut words = head.split_whitespace();
            let name = words.next().unwrap();
            let version = if name == "main" {
                ""
            } else {
                words.next().unwrap()
            };
            let go = words.next().unwrap_or("1.21");
            let mut text = format!("module x.y/{name}\n");
            if go != "-" {
                writeln!(text, "\ngo {go}").unwrap();
            }
            let requires: Vec<&str> = requires
                .split(',')
                .map(str::trim)
                .filter(|r| !r.is_empty())
                .collect();
            if !requires.is_empty() {
                text.push_str("\nrequire (\n");
                for requirement in requires {
                    let requirement = requirement.replace(" indirect", " // indirect");
                    writeln!(text, "\tx.y/{requirement}").unwrap();
                }
                text.push_str(")\n");
            }
            if name == "main" {
                text.push('\n');
                scenario.main = text;
            } else {
                scenario
                    .mods
                    .insert((format!("x.y/{name}"), version.into()), text);
            }
        }
        scenario
    }

    pub fn feed(&self, world: &mut World, id: SourceId) {
        let Source::Module(module) = world.source(id).clone() else {
            panic!("no directories in scenarios");
        };
        let module = world.modules.module_version(module).unwrap();
        let key = (module.path.to_string(), module.version.to_string());
        match self.mods.get(&key) {
            Some(text) => world.feed(id, text.as_bytes()),
            None => world.feed_facts(
                id,
                Err(gomod_core::mvs::LoadError::Unavailable {
                    message: "not found".into(),
                    reason: gomod_core::mvs::Unavailable::NotFound,
                }),
            ),
        }
    }

    pub fn go_mod(&self) -> GoMod {
        GoMod::parse("go.mod", self.main.as_bytes()).unwrap()
    }

    pub fn load(
        &self,
        world: &mut World,
        mode: Mode,
    ) -> Result<(MainModules, Loaded), ResolveError> {
        let main = MainModules::single(world, &self.go_mod()).unwrap();
        let mut loader = Loader::new(world, &main, mode, None);
        loop {
            let needs = loader.advance(world);
            if needs.is_empty() {
                break;
            }
            for id in needs {
                self.feed(world, id);
            }
        }
        Ok((main, loader.finish()?))
    }

    /// The build list as `a v1.0.0` lines without the prefix.
    pub fn build_list(&self) -> Vec<String> {
        let mut world = World::new();
        let (_, loaded) = self.load(&mut world, Mode::Update).unwrap();
        loaded.graph.verify(&world.modules).unwrap();
        loaded
            .graph
            .build_list(&world.modules)
            .into_iter()
            .filter_map(|module| world.modules.module_version(module))
            .filter(|module| !module.path.is_toolchain())
            .map(|module| format!("{} {}", &module.path.as_str()[4..], module.version))
            .collect()
    }

    pub fn versions(&self, path: &ModulePath) -> Vec<Version> {
        self.mods
            .keys()
            .filter(|(p, _)| p == path.as_str())
            .map(|(_, v)| Version::parse(v).unwrap())
            .filter(|v| !v.is_pseudo())
            .collect()
    }

    pub fn plan(
        &self,
        targets: &[&str],
        limits: impl Fn(&mut Goal, &mut World),
    ) -> (World, Planner, Outcome) {
        self.plan_with(false, targets, limits)
    }

    /// As [`Scenario::plan`]; `lists` feeds the versions of every path before they are asked for.
    pub fn plan_with(
        &self,
        lists: bool,
        targets: &[&str],
        limits: impl Fn(&mut Goal, &mut World),
    ) -> (World, Planner, Outcome) {
        let mut world = World::new();
        let (main, loaded) = self.load(&mut world, Mode::Update).unwrap();
        let problem = Problem::new(&mut world, &main, loaded);
        let mut goal = Goal::default();
        for target in targets {
            let (name, version) = target.split_once('@').unwrap();
            goal.targets.push(match (name, version) {
                ("go", version) => Target::Go {
                    version: gomod_core::model::GoVersion::new(version),
                },
                (name, "none") => Target::Absent {
                    path: world
                        .modules
                        .path_id(&ModulePath::new(format!("x.y/{name}"))),
                },
                (name, version) => {
                    let path = ModulePath::new(format!("x.y/{name}"));
                    let query = Query::parse(&path, version, None).unwrap();
                    let version = query
                        .exact()
                        .cloned()
                        .or_else(|| query.choose(&self.versions(&path)).cloned())
                        .unwrap();
                    Target::Module {
                        module: world.modules.intern(&ModuleVersion::new(path, version)),
                    }
                }
            });
        }
        limits(&mut goal, &mut world);
        let mut planner = Planner::new(problem, self.go_mod(), goal, Candidates::default());
        if lists {
            for (path, _) in self.mods.keys() {
                let path = ModulePath::new(path.clone());
                let versions = self.versions(&path);
                let path = world.modules.path_id(&path);
                planner.candidates.feed(&mut world, path, &versions);
            }
        }
        for _ in 0..1000 {
            match planner.advance(&mut world) {
                Progress::Done(outcome) => return (world, planner, *outcome),
                Progress::Needs(needs) => self.answer(&mut world, &mut planner, needs),
            }
        }
        panic!("the planner does not end");
    }

    fn answer(&self, world: &mut World, planner: &mut Planner, needs: Needs) {
        for id in needs.sources {
            self.feed(world, id);
        }
        for path in needs.lists.into_iter().chain(needs.counts) {
            let versions = self.versions(&world.modules.path(path).clone());
            planner.candidates.feed(world, path, &versions);
        }
    }

    /// What the checker says against a plan and its reasons.
    pub fn unfounded(&self, world: &World, planner: &Planner, plan: &Plan) -> Option<String> {
        let certificate = Certificate::new(world, planner, plan);
        let claim = claims::claim(&certificate).unwrap();
        let grounds = claims::grounds(&certificate).unwrap();
        let mut read = |wanted: Wanted<'_>| {
            let Wanted::Module(module) = wanted else {
                return Err("no directories in scenarios".to_owned());
            };
            let key = (module.path.to_string(), module.version.to_string());
            let text = self.mods.get(&key).ok_or("not found".to_owned())?;
            Ok(text.clone().into_bytes())
        };
        let (today, planned) = (self.main.as_bytes(), plan.go_mod.text());
        let checked = verify(planned.as_bytes(), &claim, &mut read);
        let checked = checked
            .and_then(|_| verify_grounds(today, planned.as_bytes(), &claim, &grounds, &mut read));
        checked.err().map(|error| {
            let skipped: Vec<String> = certificate
                .skipped
                .iter()
                .map(|one| format!("{one:?}").replace("x.y/", ""))
                .collect();
            format!("{error}; {planned}{}", skipped.join("\n"))
        })
    }

    /// What a `go.mod` costs.
    pub fn measure(&self, world: &mut World, planner: &mut Planner, go_mod: &GoMod) -> Measured {
        for _ in 0..1000 {
            match planner.measure(world, go_mod).unwrap() {
                Measuring::Done(measured) => return *measured,
                Measuring::Needs(needs) => self.answer(world, planner, needs),
            }
        }
        panic!("measuring does not end");
    }

    /// The best plan in a few lines: its means and cost, then the new requirements.
    pub fn best(&self, targets: &[&str]) -> String {
        self.best_with(targets, |_, _| {})
    }

    pub fn best_with(&self, targets: &[&str], limits: impl Fn(&mut Goal, &mut World)) -> String {
        let (mut world, mut planner, outcome) = self.plan(targets, limits);
        // Whatever a plan costs, its text measures the same.
        for plan in &outcome.plans {
            let measured = self.measure(&mut world, &mut planner, &plan.go_mod);
            assert_eq!(measured.cost, plan.cost, "{}", plan.go_mod.text());
            assert_eq!(self.unfounded(&world, &planner, plan), None);
        }
        let report = Report::new(&world, &planner, &outcome);
        let Some(plan) = outcome.plans.first() else {
            let lines: Vec<String> = report
                .refused
                .iter()
                .map(|refusal| {
                    let means: Vec<&str> = refusal.means.iter().map(|m| m.as_str()).collect();
                    format!("{}: {}", means.join("+"), refusal.summary)
                })
                .collect();
            return format!("no plan\n{}", lines.join("\n"));
        };
        // Whatever a plan says, its text must select it.
        let edited = Scenario {
            main: plan.go_mod.text(),
            mods: self.mods.clone(),
        };
        let mut fresh = World::new();
        let (_, loaded) = edited.load(&mut fresh, Mode::ReadOnly).unwrap();
        assert_eq!(loaded.inconsistencies, [], "{}", edited.main);
        let means: Vec<&str> = plan.means.iter().map(|m| Means::as_str(*m)).collect();
        let cost = plan.cost;
        let mut out = format!(
            "{} dropped={} overridden={} direct={} others={} raised={} steps={} lines={}\n",
            means.join("+"),
            cost.dropped,
            cost.overridden,
            cost.direct_moved,
            cost.others_moved,
            cost.raised,
            cost.steps,
            cost.lines
        );
        for edit in &report.plans[0].edits {
            writeln!(
                out,
                "{} ({})",
                edit.go_mod_edit.replace("x.y/", ""),
                edit.reason.replace("x.y/", "")
            )
            .unwrap();
        }
        out
    }
}
