//! The files of a workspace, and what a plan changes in each of them.

use crate::model::{Exclude, GoMod, GoWork, ModuleVersion, Replace, ReplaceTarget};
use crate::plan::{Edit, EditReport, PlanReport};

/// `go.work` and the `go.mod` files of its members, in the order of the use lines.
#[derive(Debug, Clone)]
pub struct WorkspaceFiles {
    /// `go.work`.
    pub go_work: GoWork,
    /// The members' files.
    pub members: Vec<GoMod>,
}

impl WorkspaceFiles {
    /// The text of each file: the members', then that of `go.work`.
    pub fn texts(&self) -> Vec<String> {
        let members = self.members.iter().map(GoMod::text);
        members.chain([self.go_work.text()]).collect()
    }
}

/// Names a directory in `go.work`'s terms: one that the replaces of a member name, or those of `go.work`.
pub type Rebase = Box<dyn Fn(Option<usize>, &str) -> String>;

/// Where the members stand.
pub struct Layout {
    /// How each `go.mod` is named in messages, as `a/go.mod`.
    pub names: Vec<String>,
    /// The directory of each member as a replacement line in go.work would name it, as `./a`.
    pub directories: Vec<String>,
    /// Turns a directory that a member's replace names, or one of go.work's, into such a name.
    pub rebase: Rebase,
}

impl Layout {
    /// The name of a member's file.
    pub(super) fn name(&self, member: usize) -> &str {
        self.names.get(member).map_or("go.mod", String::as_str)
    }

    /// The member that stands in a directory.
    pub(super) fn member_in(&self, directory: &str) -> Option<usize> {
        let name = (self.rebase)(None, directory);
        self.directories.iter().position(|known| *known == name)
    }
}

/// A file that a plan changes.
#[derive(Debug, Clone)]
pub struct FileEdits {
    /// Its name: `a/go.mod`, or `go.work`.
    pub name: String,
    /// The member whose file it is; `None`: `go.work`.
    pub member: Option<usize>,
    /// Its text today.
    pub before: String,
    /// Its text as planned.
    pub after: String,
    /// The changes, each with its reason.
    pub edits: Vec<EditReport>,
}

/// The changes of a member's file. What the member's own plan says of them is kept.
pub(super) fn member_edits(
    name: &str,
    before: &GoMod,
    after: &GoMod,
    own: Option<&PlanReport>,
) -> Vec<EditReport> {
    let mut list = Vec::new();
    let line = |file: &GoMod| file.go.as_ref().map(|line| line.version.to_string());
    if let (from, Some(to)) = (line(before), line(after))
        && from.as_deref() != Some(to.as_str())
    {
        list.push(Edit::Go { from, to });
    }
    if let (Some(line), None) = (&before.toolchain, &after.toolchain) {
        let name = line.name.clone();
        list.push(Edit::DropToolchain { name });
    }
    let mut paths: Vec<&str> = before
        .require
        .iter()
        .chain(&after.require)
        .map(|line| line.path.as_str())
        .collect();
    paths.sort_unstable();
    paths.dedup();
    for path in paths {
        let find = |file: &GoMod| {
            let mut lines = file.require.iter();
            let line = lines.find(|line| line.path.as_str() == path)?;
            Some((line.version.to_string(), line.indirect))
        };
        let (from, to) = (find(before), find(after));
        let version = |line: &Option<(String, bool)>| line.as_ref().map(|line| line.0.clone());
        if version(&from) != version(&to) {
            list.push(Edit::Require {
                path: path.to_owned(),
                from: version(&from),
                to: version(&to),
                indirect: to.or(from).is_some_and(|line| line.1),
                closure: false,
            });
        }
    }
    for line in &after.exclude {
        let known = |old: &Exclude| old.path == line.path && old.version == line.version;
        if !before.exclude.iter().any(known) {
            list.push(Edit::Exclude {
                path: line.path.to_string(),
                version: line.version.to_string(),
            });
        }
    }
    list.into_iter()
        .map(|edit| explained(name, edit, own))
        .collect()
}

/// The changes of `go.work`.
pub(super) fn work_edits(before: &GoWork, after: &GoWork) -> Vec<EditReport> {
    let mut list: Vec<(Edit, &str)> = Vec::new();
    let (from, to) = (before.go_version(), after.go_version());
    if from != to {
        let from = before.go.as_ref().map(|line| line.version.to_string());
        let to = to.to_string();
        list.push((Edit::Go { from, to }, "asked for"));
    }
    if let (Some(line), None) = (&before.toolchain, &after.toolchain) {
        let name = line.name.clone();
        let why = "it asks for another Go than the go line";
        list.push((Edit::DropToolchain { name }, why));
    }
    for line in &after.replace {
        let same = |old: &Replace| old.path == line.path && old.version == line.version;
        let known = before.replace.iter().any(same);
        if let (false, ReplaceTarget::Module(ModuleVersion { version, .. })) = (known, &line.target)
        {
            let (path, version) = (line.path.to_string(), version.to_string());
            let why = "requirements stay; all members use the content of this version";
            list.push((Edit::Replace { path, version }, why));
        }
    }
    list.into_iter()
        .map(|(edit, reason)| EditReport {
            reason: reason.to_owned(),
            go_mod_edit: edit.go_mod_edit_argument(),
            edit,
            file: Some("go.work".to_owned()),
        })
        .collect()
}

/// An edit with the reason that the member's own plan gives, if it is in there.
fn explained(name: &str, edit: Edit, own: Option<&PlanReport>) -> EditReport {
    let same = |known: &&EditReport| match (&known.edit, &edit) {
        (
            Edit::Require { path, to, .. },
            Edit::Require {
                path: other,
                to: now,
                ..
            },
        ) => path == other && to == now,
        (known, edit) => known == edit,
    };
    let known = own.and_then(|plan| plan.edits.iter().find(same));
    let mut report = match known {
        Some(known) => known.clone(),
        None => EditReport {
            reason: match &edit {
                Edit::Require { .. } => {
                    "what changed in the workspace needs it where this module stands alone (GOWORK=off)"
                }
                Edit::Exclude { .. } => "only the workspace loads a requirement on this version",
                _ => "the go line of the workspace goes down",
            }
            .to_owned(),
            go_mod_edit: edit.go_mod_edit_argument(),
            edit,
            file: None,
        },
    };
    report.file = Some(name.to_owned());
    report
}
