//! The library used by another tool: load a `go.mod`, run MVS, plan a downgrade, print the edits.
//!
//! Everything comes from memory; a real tool would answer the same questions from its own store. Run it with
//! `cargo run -p gomod-core --no-default-features --example plan`.
#![allow(
    clippy::disallowed_macros,
    reason = "an example prints; the library does not"
)]

use std::error::Error;

use gomod_core::model::{GoMod, ModulePath, ModuleVersion, Version};
use gomod_core::mvs::{LoadError, Loader, MainModules, Mode, Source, SourceId, Unavailable, World};
use gomod_core::plan::{Candidates, Goal, Planner, Problem, Progress, Report, Target};

/// The main module: its web framework holds the parser up.
const MAIN: &str = "\
module example.com/app

go 1.21

require example.com/web v1.2.0

require example.com/parser v1.4.0 // indirect
";

/// Every published version with its `go.mod`.
const PUBLISHED: [(&str, &str, &str); 5] = [
    (
        "example.com/web",
        "v1.1.0",
        "module example.com/web\n\ngo 1.20\n\nrequire example.com/parser v1.3.0\n",
    ),
    (
        "example.com/web",
        "v1.2.0",
        "module example.com/web\n\ngo 1.21\n\nrequire example.com/parser v1.4.0\n",
    ),
    (
        "example.com/parser",
        "v1.2.0",
        "module example.com/parser\n\ngo 1.18\n",
    ),
    (
        "example.com/parser",
        "v1.3.0",
        "module example.com/parser\n\ngo 1.18\n",
    ),
    (
        "example.com/parser",
        "v1.4.0",
        "module example.com/parser\n\ngo 1.18\n",
    ),
];

fn main() -> Result<(), Box<dyn Error>> {
    // Load: the loader says which go.mod files it needs, and is fed them.
    let go_mod = GoMod::parse("go.mod", MAIN.as_bytes())?;
    let mut world = World::new();
    let main = MainModules::single(&mut world, &go_mod)?;
    let mut loader = Loader::new(&mut world, &main, Mode::ReadOnly, None);
    loop {
        let needs = loader.advance(&mut world);
        if needs.is_empty() {
            break;
        }
        for id in needs {
            feed(&mut world, id);
        }
    }
    let loaded = loader.finish().map_err(|failed| failed.error.to_string())?;
    println!("build list:");
    for module in loaded.graph.build_list(&world.modules) {
        println!("  {}", world.modules.display(module));
    }

    // Plan: the planner needs go.mod files too, and the lists of published versions.
    let target = ModuleVersion::new(
        ModulePath::new("example.com/parser"),
        Version::parse("v1.3.0")?,
    );
    let goal = Goal {
        targets: vec![Target::Module {
            module: world.modules.intern(&target),
        }],
        ..Goal::default()
    };
    let problem = Problem::new(&mut world, &main, loaded);
    let mut planner = Planner::new(problem, go_mod, goal, Candidates::default());
    let outcome = loop {
        match planner.advance(&mut world) {
            Progress::Done(outcome) => break outcome,
            Progress::Needs(needs) => {
                for id in needs.sources {
                    feed(&mut world, id);
                }
                for path in needs.lists.into_iter().chain(needs.counts) {
                    let versions = versions(world.modules.path(path));
                    planner.candidates.feed(&mut world, path, &versions);
                }
            }
        }
    };

    // Print: the report is free of ids, and each edit knows its reason.
    let report = Report::new(&world, &planner, &outcome);
    for plan in &report.plans {
        let means: Vec<&str> = plan.means.iter().map(|means| means.as_str()).collect();
        println!("\nplan {} by {}:", plan.letter, means.join(", "));
        for edit in &plan.edits {
            println!("  go mod edit {}  # {}", edit.go_mod_edit, edit.reason);
        }
    }
    Ok(())
}

/// Answers one question of a state machine.
fn feed(world: &mut World, id: SourceId) {
    let module = match world.source(id) {
        Source::Module(module) => world.modules.module_version(*module),
        Source::Directory(_) => None,
    };
    let published = module.and_then(|module| {
        PUBLISHED.iter().find(|(path, version, _)| {
            module.path.as_str() == *path && module.version.as_str() == *version
        })
    });
    match published {
        Some((_, _, text)) => world.feed(id, text.as_bytes()),
        None => world.feed_facts(
            id,
            Err(LoadError::Unavailable {
                message: "not published".to_owned(),
                reason: Unavailable::NotFound,
            }),
        ),
    }
}

fn versions(path: &ModulePath) -> Vec<Version> {
    PUBLISHED
        .iter()
        .filter(|(published, _, _)| path.as_str() == *published)
        .filter_map(|(_, version, _)| Version::parse(version).ok())
        .collect()
}
