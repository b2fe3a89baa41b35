//! One target in one main module: `go get`, a plan by each strategy, and what the go command says of each plan.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gomod_core::host::GoEnv;
use gomod_core::plan::Cost;
use tempfile::TempDir;

use super::cases::{Place, copy};
use super::commands::{Commands, Ended, variables};
use super::measured::{Answer, Class, Side, measure, vector};

const STRATEGIES: [&str; 4] = ["require", "exclude", "replace", "auto"];

/// A plan as it was written.
struct Plan {
    cost: Cost,
    /// How many choices were tried.
    tried: u64,
    proven: String,
    /// What is wrong with it, as the go command sees it.
    fault: Option<String>,
}

/// What came of one strategy.
enum Planned {
    Plan(Plan),
    /// The exit code.
    Refused(Option<i32>),
}

pub(super) struct Row {
    target: String,
    theirs: Side,
    /// Whether packages load to begin with.
    builds: bool,
    go_ms: u128,
    ours: Vec<(Planned, u128)>,
    pub(super) class: Class,
    notes: Vec<String>,
}

impl Row {
    pub(super) const HEAD: &'static str = "\
| main module | target | go get | require | exclude | replace | auto | tried | proven | ms | go ms | class | confirmed |
|---|---|---|---|---|---|---|---|---|---|---|---|---|";

    /// A line of a Markdown table; what is to be said besides follows it.
    pub(super) fn text(&self, main: &str, limit: u64) -> String {
        let theirs = match &self.theirs {
            Side::Reached(answer) if answer.broken => format!("{} †", vector(&answer.cost)),
            Side::Reached(answer) => vector(&answer.cost),
            Side::Refused | Side::Replaced => "fails".to_owned(),
            Side::NoAnswer => format!("no answer in {limit} s"),
        };
        let ours: Vec<String> = self
            .ours
            .iter()
            .map(|(planned, _)| match planned {
                Planned::Plan(plan) => vector(&plan.cost),
                Planned::Refused(Some(1)) => "none".to_owned(),
                Planned::Refused(code) => format!("exit {}", code.unwrap_or(-1)),
            })
            .collect();
        let auto = match self.ours.last() {
            Some((Planned::Plan(plan), _)) => (plan.tried.to_string(), plan.proven.as_str()),
            _ => (String::new(), ""),
        };
        let took = self.ours.first().map_or(0, |(_, took)| *took);
        let sources = if self.builds { "" } else { " lists" };
        let mut text = format!(
            "| {main} | {} | {theirs} | {} | {} | {} | {took} | {} | {} | {} of {}{sources} |",
            self.target,
            ours.join(" | "),
            auto.0,
            auto.1,
            self.go_ms,
            self.class.words(limit),
            self.confirmed(),
            self.plans(),
        );
        for note in &self.notes {
            text.push_str(&format!("\n  {note}"));
        }
        text
    }

    fn written(&self) -> impl Iterator<Item = &Plan> {
        self.ours.iter().filter_map(|(planned, _)| match planned {
            Planned::Plan(plan) => Some(plan),
            Planned::Refused(_) => None,
        })
    }

    pub(super) fn plans(&self) -> usize {
        self.written().count()
    }

    pub(super) fn confirmed(&self) -> usize {
        self.written().filter(|plan| plan.fault.is_none()).count()
    }

    /// Whether leaving the strategy open never gives less than asking for one.
    pub(super) fn is_steady(&self) -> bool {
        let less = |cost: &Cost| Cost { lines: 0, ..*cost };
        let best = self.written().map(|plan| less(&plan.cost)).min();
        match self.ours.last() {
            Some((Planned::Plan(auto), _)) => best.is_none_or(|best| less(&auto.cost) <= best),
            _ => best.is_none(),
        }
    }
}

/// Compares both on copies of a main module.
pub(super) fn row(
    place: &Place,
    target: &str,
    commands: &Commands,
    limit: u64,
) -> Result<Row, String> {
    let (path, version) = target.split_once('@').ok_or("a target is MODULE@VERSION")?;
    let run = Run {
        place,
        path,
        version,
        commands,
    };
    let mut notes = Vec::new();
    let (theirs, go_ms) = run.go_get(target, limit, &mut notes)?;
    let mut ours = Vec::new();
    let mut side = Side::Refused;
    for strategy in STRATEGIES {
        let (planned, took, measured) = run.plan(target, &[strategy], &mut notes)?;
        if let ("require", Some(measured)) = (strategy, measured) {
            side = Side::Reached(measured);
        }
        ours.push((planned, took));
    }
    let class = Class::of(&side, &theirs);
    if let (Class::Outside, Side::Reached(theirs)) = (class, &theirs) {
        notes.push(format!("go get takes {}", theirs.outside.join(", ")));
    }
    // With the same licence as go get takes.
    if class == Class::WeRefuseToDrop {
        let (planned, took, measured) =
            run.plan(target, &["require", "--allow-drop"], &mut notes)?;
        if let (Planned::Plan(plan), Some(measured)) = (planned, measured) {
            notes.push(format!(
                "require --allow-drop: {}, {}, {took} ms: {}",
                vector(&plan.cost),
                plan.proven,
                Class::of(&Side::Reached(measured), &theirs).words(limit)
            ));
        }
    }
    Ok(Row {
        target: target.to_owned(),
        class,
        theirs,
        builds: place.builds,
        go_ms,
        ours,
        notes,
    })
}

struct Run<'a> {
    place: &'a Place,
    path: &'a str,
    version: &'a str,
    commands: &'a Commands,
}

impl Run<'_> {
    /// A copy of the case, and where the main module is in it.
    fn copy(&self) -> Result<(TempDir, PathBuf), String> {
        let scratch = tempfile::tempdir().map_err(|error| error.to_string())?;
        let root = scratch.path().join("case");
        copy(&self.place.root, &root)?;
        let below = self.place.main.strip_prefix(&self.place.root);
        let main = root.join(below.map_err(|error| error.to_string())?);
        Ok((scratch, main))
    }

    /// Runs `go get` for at most so many seconds.
    fn go_get(
        &self,
        target: &str,
        limit: u64,
        notes: &mut Vec<String>,
    ) -> Result<(Side, u128), String> {
        let (_scratch, directory) = self.copy()?;
        let limit = Duration::from_secs(limit);
        let got = self
            .commands
            .go_within(limit, &directory, "", &["get", target]);
        let took = got.took.as_millis();
        if got.code.is_none() {
            return Ok((Side::NoAnswer, took));
        }
        if !got.ok() {
            notes.push(format!("go get: {}", last_line(&got)));
            return Ok((Side::Refused, took));
        }
        let exact = self.exact();
        let side = match self.listed(&directory) {
            Ok(line) if line == exact => {
                let mut answer = self.measure(&directory)?;
                if self.place.builds
                    && let Err(reason) = self.packages(&directory)
                {
                    notes.push(format!("after go get: {reason}"));
                    answer.broken = true;
                }
                Side::Reached(answer)
            }
            Ok(line) if line.starts_with(&format!("{exact} => ")) => Side::Replaced,
            Ok(line) => {
                notes.push(format!("after go get the list has {line:?}"));
                Side::Refused
            }
            Err(reason) => {
                notes.push(format!("after go get: {reason}"));
                Side::Refused
            }
        };
        Ok((side, took))
    }

    /// Plans by a strategy, given with its flags; writes, and has the go command confirm it. Also what it measures.
    fn plan(
        &self,
        target: &str,
        strategy: &[&str],
        notes: &mut Vec<String>,
    ) -> Result<(Planned, u128, Option<Answer>), String> {
        let (_scratch, directory) = self.copy()?;
        let args = [
            "plan-downgrade",
            target,
            "--format",
            "json",
            "--write",
            "--strategy",
        ];
        let ended = self
            .commands
            .gomod(&directory, &[&args[..], strategy].concat());
        let took = ended.took.as_millis();
        let name = strategy.join(" ");
        if !ended.ok() {
            notes.push(format!("{name}: {}", first_line(&ended)));
            return Ok((Planned::Refused(ended.code), took, None));
        }
        let mut plan = written(&ended.stdout)?;
        let measured = self.measure(&directory)?;
        plan.fault = match self.confirm(&directory, &name) {
            Ok(()) if measured.cost != plan.cost => Some(format!(
                "it says {}, measured {}",
                vector(&plan.cost),
                vector(&measured.cost)
            )),
            confirmed => confirmed.err(),
        };
        notes.extend(plan.fault.as_ref().map(|fault| format!("{name}: {fault}")));
        Ok((Planned::Plan(plan), took, Some(measured)))
    }

    fn measure(&self, directory: &Path) -> Result<Answer, String> {
        let env = GoEnv::load(variables("-mod=readonly")).map_err(|error| error.to_string())?;
        let target = (self.path, self.version);
        measure(&env, &self.place.main, directory, target)
    }

    /// What was written is accepted as it is, and changes nothing.
    fn confirm(&self, directory: &Path, strategy: &str) -> Result<(), String> {
        let read = || ["go.mod", "go.sum"].map(|name| fs::read(directory.join(name)).ok());
        let before = read();
        let line = self.listed(directory)?;
        let exact = self.exact();
        // By replace the content is what counts.
        let replaced =
            matches!(strategy, "replace" | "auto") && line.ends_with(&format!(" => {exact}"));
        if line != exact && !replaced {
            return Err(format!("the list has {line:?}"));
        }
        if self.place.builds {
            self.packages(directory)?;
        }
        match read() == before {
            true => Ok(()),
            false => Err("go.mod or go.sum changed".to_owned()),
        }
    }

    fn exact(&self) -> String {
        format!("{} {}", self.path, self.version)
    }

    /// What `go list -m` says of the target; nothing when it is not in the list.
    fn listed(&self, directory: &Path) -> Result<String, String> {
        // The go line is no part of the list.
        let of = if self.path == "go" { "go" } else { "all" };
        let args = ["list", "-m", of];
        let list = self
            .commands
            .go(directory, "-mod=readonly", &args)
            .output()?;
        let of_path = format!("{} ", self.path);
        let line = list.lines().find(|line| line.starts_with(&of_path));
        Ok(line.unwrap_or_default().to_owned())
    }

    fn packages(&self, directory: &Path) -> Result<(), String> {
        let args = ["list", "-deps", "./..."];
        let deps = self.commands.go(directory, "-mod=readonly", &args);
        deps.output().map(drop)
    }
}

/// The plan that a JSON document says was written.
fn written(document: &str) -> Result<Plan, String> {
    let document: serde_json::Value =
        serde_json::from_str(document).map_err(|error| error.to_string())?;
    let plans = document.get("plans").and_then(|plans| plans.as_array());
    let chosen = document.get("chosen");
    let plan = plans
        .and_then(|plans| plans.iter().find(|plan| plan.get("letter") == chosen))
        .ok_or("the document has no plan")?;
    let count = |value: &serde_json::Value, name: &str| {
        value
            .get(name)
            .and_then(|value| value.as_u64())
            .unwrap_or(0)
    };
    let field = |name: &str| {
        let count = plan.get("cost").map_or(0, |cost| count(cost, name));
        usize::try_from(count).unwrap_or(usize::MAX)
    };
    let certificate = document
        .get("certificate")
        .ok_or("there is no certificate")?;
    let optimal = certificate.get("optimal").and_then(|value| value.as_bool());
    let least = certificate.get("least");
    let least = |name: &str| least.map_or(0, |least| count(least, name));
    let proven = if optimal == Some(true) {
        "optimal".to_owned()
    } else {
        format!(
            "≥ {}/{}/{}/{}",
            least("overridden"),
            least("direct_moved"),
            least("others_moved"),
            least("raised")
        )
    };
    Ok(Plan {
        cost: Cost {
            unresolved: field("unresolved"),
            dropped: field("dropped"),
            overridden: field("overridden"),
            direct_moved: field("direct_moved"),
            direct_steps: field("direct_steps"),
            others_moved: field("others_moved"),
            raised: field("raised"),
            steps: field("steps"),
            lines: field("lines"),
        },
        tried: count(certificate, "tried"),
        proven,
        fault: None,
    })
}

fn first_line(ended: &Ended) -> &str {
    ended.stderr.lines().next().unwrap_or_default()
}

fn last_line(ended: &Ended) -> &str {
    ended.stderr.trim_end().lines().last().unwrap_or_default()
}
