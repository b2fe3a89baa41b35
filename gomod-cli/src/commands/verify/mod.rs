//! `gomod verify`: go.sum, the module cache and vendor/ against the checksum database.

mod absent;
mod cache;
mod finding;
mod forensics;
mod log;
mod needed;
mod repair;
mod vendor;

use std::collections::BTreeSet;

use gomod_core::host::Session;
use gomod_core::model::{GoSum, ModuleVersion};
use gomod_core::mvs::{Loaded, MainModules, Mode, World, content_of};
use serde::Serialize;

pub(crate) use cache::CacheCheck;
pub(crate) use finding::{Code, Finding, Severity};
pub(crate) use log::LogCheck;
pub(crate) use needed::SumCheck;
pub(crate) use repair::Repaired;
pub(crate) use vendor::VendorState;

use super::{json, load_error};
use crate::args::{Format, Global, Verify};
use crate::context::Project;
use crate::error::{CliError, Kind};
use crate::render;
use crate::surroundings::SET_GOSUMDB;
use crate::{Answer, Output};

/// All that was checked, and what was found.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) log: LogCheck,
    pub(crate) cache: CacheCheck,
    pub(crate) vendor: VendorState,
    /// Null when the graph could not be loaded.
    pub(crate) go_sum: Option<SumCheck>,
    /// Lines that `--fix` added to go.sum.
    pub(crate) added: Vec<String>,
    /// What `--repair` put right in the module cache.
    pub(crate) repaired: Vec<Repaired>,
    /// What is wrong, the worst first.
    pub(crate) findings: Vec<Finding>,
}

pub(crate) fn run(global: &Global, args: &Verify) -> Result<Answer, CliError> {
    let project = Project::open(global)?;
    if args.fix {
        project.require_single("gomod verify --fix")?;
    }
    // Without a database that makes sense there is nothing to compare with.
    let database = project.env.sumdb();
    database.map_err(|error| CliError::environment(error.to_string()).hint(SET_GOSUMDB))?;
    let mut session = project.session(global)?;
    let lines = log::Lines::of(&project.go_sum);
    if args.repair {
        session.mend_log_cache();
    }
    let mut log = log::check(&mut session, &lines);
    session.forget_tiles();
    session.trust_go_sum(without_contradicted(&project.go_sum, &log));
    let changed = cache::changed_go_mods(session.cache(), &lines, &log);
    session.bypass(changed);

    let mut findings = std::mem::take(&mut log.findings);
    let graph = Graph::load(&project, &mut session);
    let used = match &graph {
        Ok(graph) => graph.used(),
        Err(_) => with_content(&lines),
    };
    let (mut checked, mut damaged, mut of_cache) =
        cache::check(session.cache(), &lines, &log, &used);
    let (mut repaired, lies) = repair::log_cache(&session, args.repair);
    findings.extend(lies);
    if args.repair && !damaged.is_empty() {
        let (done, failed) = repair::run(&session, &damaged);
        findings.extend(failed);
        repaired.extend(done);
        (checked, damaged, of_cache) = cache::check(session.cache(), &lines, &log, &used);
    }
    let graph = graph.map_err(|finding| of_cache.push(*finding));
    findings.extend(forensics::gather(
        &project,
        &mut session,
        &lines,
        &log,
        &damaged,
        &mut of_cache,
    ));
    findings.extend(of_cache);
    let vendor = vendor::check(&project, &mut findings);
    let (mut go_sum, mut added) = (None, Vec::new());
    if let Ok(graph) = &graph {
        let (check, found) = needed::check(&project, &mut session, graph, args.fix, &findings)?;
        added.clone_from(&check.added);
        go_sum = Some(check);
        findings.extend(found);
    }
    findings.sort_by(|a, b| (a.severity, a.code, &a.module).cmp(&(b.severity, b.code, &b.module)));
    let report = Report {
        log: log.check,
        cache: checked,
        vendor,
        go_sum,
        added,
        repaired,
        findings,
    };
    let code = report.exit();
    let output = match args.format {
        Format::Json => json(&report)?,
        Format::Text => render::verify::page(&report, global.verbose, global.quiet),
    };
    Ok(Answer {
        output: Output::Text(output),
        code,
    })
}

impl Report {
    /// The exit code: that of the worst finding.
    fn exit(&self) -> u8 {
        let codes = self.findings.iter().map(|finding| finding.severity.exit());
        codes.max().unwrap_or(0)
    }
}

/// The module graph.
pub(crate) struct Graph {
    pub(crate) world: World,
    pub(crate) main: MainModules,
    pub(crate) loaded: Loaded,
}

impl Graph {
    /// Loads it as `go mod verify` does: with updates in memory, and the log's word where go.sum has none.
    fn load(project: &Project, session: &mut Session) -> Result<Self, Box<Finding>> {
        let mut world = World::new();
        let failed = |module: &str, error: &CliError| {
            let severity = match error.kind {
                Kind::Security => Severity::Security,
                Kind::No => Severity::Failed,
                Kind::Usage | Kind::Environment => Severity::Environment,
            };
            let text = error.to_string();
            let (message, rest) = text.split_once('\n').unwrap_or((&text, ""));
            let mut finding = Finding::new(
                Code::GraphUnavailable,
                severity,
                module,
                format!("the module graph cannot be loaded: {message}"),
            );
            for line in rest.lines() {
                finding = match line.strip_prefix("help: ") {
                    Some(help) => finding.help(help),
                    None => finding.detail(line.trim()),
                };
            }
            Box::new(finding)
        };
        let main = project
            .main_modules(&mut world)
            .map_err(|error| failed(&project.name, &error))?;
        let loaded = session
            .load(&mut world, &main, Mode::Update, project.local_go.as_ref())
            .map_err(|failure| {
                let at = failure.path.last().unwrap_or(&project.name);
                failed(at, &load_error(project, &failure))
            })?;
        Ok(Self {
            world,
            main,
            loaded,
        })
    }

    /// The modules of the build list, as selected and as replaced: the go command looks at the former, and
    /// builds from the latter.
    fn used(&self) -> BTreeSet<ModuleVersion> {
        let modules = &self.world.modules;
        let list = self.loaded.graph.build_list(modules);
        let selected = list
            .iter()
            .filter(|module| !modules.path(modules.path_of(**module)).is_toolchain())
            .filter_map(|module| modules.module_version(*module));
        let replaced = list
            .iter()
            .filter_map(|module| content_of(&self.world, &self.main.overrides, *module));
        selected.chain(replaced).collect()
    }
}

/// Without a graph: the versions that go.sum has a zip's hash of.
fn with_content(lines: &log::Lines) -> BTreeSet<ModuleVersion> {
    let held = lines.versions.iter();
    held.filter(|(_, hashes)| !hashes.zip.is_empty())
        .map(|(module, _)| module.clone())
        .collect()
}

/// go.sum with the log's word in place of the lines that it contradicts.
fn without_contradicted(go_sum: &GoSum, log: &log::Log) -> GoSum {
    let mut trusted = go_sum.clone();
    for (module, go_mod) in &log.contradicted {
        let Some(record) = log.records.get(module) else {
            continue;
        };
        let (suffix, hash) = match go_mod {
            true => ("/go.mod", record.go_mod),
            false => ("", record.zip),
        };
        let key = format!("{}{suffix}", module.version);
        trusted.retain(|path, version, _| *path != module.path || version != key);
        trusted.insert(&module.path, &key, &hash.to_string());
    }
    trusted
}
