//! One downgrade in a world by `gomod plan-downgrade --strategy require` and by `go get`, and how they compare.

use std::fs;
use std::path::Path;
use std::time::Duration;

use gomod_core::host::GoEnv;

use super::archive::copy_files;
use super::downgrade::Case;
use super::measured::{Answer, Class, Side, measure, vector};
use super::run::Ended;

/// Both answers.
pub(crate) struct Beside {
    pub(crate) class: Class,
    /// How ours ended.
    pub(crate) code: Option<i32>,
    /// Whether `go get` leaves packages that do not load any more.
    pub(crate) breaks: bool,
    /// What both said and left.
    pub(crate) text: String,
}

impl Case<'_> {
    /// Runs both on copies of the base; `go get` for at most so many seconds. Nothing where the target is in use.
    pub(crate) fn beside(&self, limit: u64) -> Option<Beside> {
        let target = format!("{}@{}", self.path, self.version);
        let plan = self.place.root.join("beside-plan");
        copy_files(&self.base, &plan);
        let args = [
            "plan-downgrade",
            &target,
            "--strategy",
            "require",
            "--write",
        ];
        let planned = self.tools.gomod(self.place, &plan, &args);
        if planned.stdout.contains("nothing to do") {
            return None;
        }
        let ours = self.side(&planned, &plan);
        let get = self.place.root.join("beside-get");
        copy_files(&self.base, &get);
        let limit = Duration::from_secs(limit);
        let got = self
            .tools
            .go_within(limit, self.place, &get, "", &["get", &target]);
        let theirs = self.side(&got, &get);
        let left = |directory: &Path, side: &Side| {
            let go_mod = fs::read_to_string(directory.join("go.mod")).unwrap();
            match side {
                Side::Reached(answer) => format!("{} {answer:?}\n{go_mod}", vector(&answer.cost)),
                other => format!("{other:?}\n{go_mod}"),
            }
        };
        let breaks = matches!(&theirs, Side::Reached(answer) if answer.broken);
        Some(Beside {
            class: Class::of(&ours, &theirs),
            code: planned.code,
            text: format!(
                "{}\nour go.mod: {}\ngo get's go.mod: {}",
                self.text(&planned, &[&got]),
                left(&plan, &ours),
                left(&get, &theirs)
            ),
            breaks,
        })
    }

    fn side(&self, ended: &Ended, directory: &Path) -> Side {
        if ended.timed_out() {
            return Side::NoAnswer;
        }
        let list = ["list", "-m", "all"];
        let list = self.tools.go(self.place, directory, "-mod=readonly", &list);
        let exact = format!("{} {}", self.path, self.version);
        let mut lines = list.stdout.lines();
        match lines.find_map(|line| line.strip_prefix(&exact)) {
            Some("") if ended.ok() && list.ok() => {}
            Some(rest) if rest.starts_with(" => ") && ended.ok() => return Side::Replaced,
            _ => return Side::Refused,
        }
        let env = GoEnv::from_vars(self.tools.environment(self.place, "-mod=readonly"));
        let target = (self.path.as_str(), self.version.as_str());
        match measure(&env, &self.base, directory, target) {
            Ok(answer) => {
                let deps = ["list", "-deps", "./..."];
                let deps = || self.tools.go(self.place, directory, "-mod=readonly", &deps);
                let broken = self.builds && !deps().ok();
                Side::Reached(Answer { broken, ..answer })
            }
            Err(error) => panic!("{error}\n{}", self.text(ended, &[&list])),
        }
    }
}
