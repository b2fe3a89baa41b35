//! `gomod` beside the installed `go` in random module worlds: same list, same graph, same failures.
//!
//! `GOMOD_WORLDS=n` sets how many worlds are tried, `GOMOD_SEED` where to begin; with
//! `GOMOD_MINIMISE=1` each disagreement is made small before it is printed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod worlds;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use worlds::archive::Archive;
use worlds::beside::Beside;
use worlds::compare::{Verdict, Verdicts, compare};
use worlds::counterfactual::counterfactuals;
use worlds::downgrade::{Case, Finding, downgrade};
use worlds::generate::{generate, generate_workspace};
use worlds::measured::Class;
use worlds::minimise::minimise;
use worlds::once_differed::{PLANS, WORLDS};
use worlds::page;
use worlds::random::Random;
use worlds::run::{Ended, Tools};
use worlds::workspaces;
use worlds::zips::write_zips;

/// The tools, or `None` where the test is skipped for want of Go.
fn tools() -> Option<Tools> {
    let tools = Tools::find();
    if tools.has_go() {
        return Some(tools);
    }
    assert!(
        std::env::var("CI").as_deref() != Ok("true"),
        "there is no go in PATH"
    );
    println!("skipped: there is no go in PATH");
    None
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

/// Tries `count` worlds on two threads; the findings of `try_one` are counted by class.
fn for_each_world(name: &str, try_one: impl Fn(u64, &Path) -> Vec<Finding> + Sync) -> Vec<String> {
    let first = setting("GOMOD_SEED", 1);
    let last = first + setting("GOMOD_WORLDS", 40);
    let next = AtomicU64::new(first);
    let classes: Mutex<BTreeMap<String, usize>> = Mutex::default();
    let failures: Mutex<Vec<String>> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= last {
                        return;
                    }
                    let root = tempfile::tempdir().unwrap();
                    for finding in try_one(seed, root.path()) {
                        let class = finding.class;
                        *classes.lock().unwrap().entry(class.clone()).or_default() += 1;
                        let shown = finding.fails || std::env::var_os("GOMOD_NOTES").is_some();
                        if shown && !finding.text.is_empty() {
                            println!("GOMOD_SEED={seed} {class}\n{}", finding.text);
                        }
                        if finding.fails {
                            failures.lock().unwrap().push(class);
                        }
                    }
                }
            });
        }
    });
    let counts: Vec<String> = classes
        .into_inner()
        .unwrap()
        .into_iter()
        .map(|(class, count)| format!("{class}: {count}"))
        .collect();
    println!("{name}: {} worlds; {}", last - first, counts.join("; "));
    failures.into_inner().unwrap()
}

/// The world of a seed; in six of ten cases its go.mod is brought in order by the go command first.
fn world(seed: u64, root: &Path, tools: &Tools) -> Archive {
    let mut archive = generate(seed, &tools.go_version);
    if archive.is_workspace() || !Random::new(seed ^ 0xabcd).chance(60) {
        return archive;
    }
    let place = archive.write(&root.join("settle"), tools);
    let main = place.main();
    if tools
        .go(&place, &main, "-mod=mod", &["list", "-m", "all"])
        .ok()
    {
        let text = std::fs::read_to_string(main.join("go.mod")).unwrap();
        archive.0.insert("main/go.mod".to_owned(), text);
    }
    archive
}

fn look(archive: &Archive, root: &Path, seed: u64, tools: &Tools) -> Verdicts {
    let place = archive.write(root, tools);
    compare(archive, &place, tools, seed.is_multiple_of(2))
}

#[test]
fn lists_and_graphs_are_the_same() {
    let Some(tools) = tools() else { return };
    let failures = for_each_world("worlds beside go", |seed, root| {
        let archive = world(seed, root, &tools);
        let verdicts = look(&archive, &root.join("world"), seed, &tools);
        let mut found: Vec<Finding> = Vec::new();
        for (what, verdict) in verdicts.named() {
            found.push(match verdict {
                Verdict::Same => Finding::new(format!("{what} same")),
                Verdict::BothFail => Finding::new(format!("{what} both fail")),
                Verdict::Skipped => Finding::new(format!("{what} skipped")),
                Verdict::Differ(text) => {
                    let text = explain(&archive, what, text, seed, &tools);
                    Finding::failure(format!("{what} DIFFER"), text)
                }
            });
        }
        if verdicts.graph == Verdict::Same {
            let order = if verdicts.order {
                "same order"
            } else {
                "other order"
            };
            found.push(Finding::new(format!("graph {order}")));
        }
        found
    });
    assert!(failures.is_empty(), "{} disagreements", failures.len());
}

#[test]
fn downgrades_hold_before_go() {
    let Some(tools) = tools() else { return };
    let failures = for_each_world("downgrades before go", |seed, root| {
        let mut archive = world(seed, root, &tools);
        // Planning looks at go.mod files only; a version without .info is known to list as an error.
        archive.0.retain(|name, _| !name.starts_with("noinfo/"));
        let place = archive.write(&root.join("world"), &tools);
        downgrade(&archive, &place, &tools, &mut Random::new(seed ^ 0x1234))
    });
    assert!(failures.is_empty(), "{} wrong plans", failures.len());
}

/// `GOMOD_GO_GET_LIMIT` is how many seconds `go get` has.
#[test]
fn downgrades_are_never_worse_than_go_gets() {
    let Some(tools) = tools() else { return };
    let limit = setting("GOMOD_GO_GET_LIMIT", 5);
    let failures = for_each_world("downgrades beside go get", |seed, root| {
        let mut archive = world(seed, root, &tools);
        archive.0.retain(|name, _| !name.starts_with("noinfo/"));
        let place = archive.write(&root.join("world"), &tools);
        let random = &mut Random::new(seed ^ 0x9abc);
        let case = match Case::pick(&archive, &place, &tools, random) {
            Ok(case) => case,
            Err(why) => return vec![Finding::new(why)],
        };
        let Some(beside) = case.beside(limit) else {
            return vec![Finding::new("nothing to do")];
        };
        let class = beside.class.words(limit);
        let mut found = vec![match beside.class {
            Class::Worse => {
                let text = smaller(&case, &beside, limit, &tools);
                Finding::failure(class, text)
            }
            Class::OnlyWeRefuse | Class::GoFails | Class::GoNoAnswer | Class::NeitherAnswers => {
                Finding::note(class, smaller(&case, &beside, limit, &tools))
            }
            _ => Finding::note(class, beside.text),
        }];
        if beside.breaks {
            found.push(Finding::new("after go get packages no longer load"));
        }
        found
    });
    assert!(failures.is_empty(), "{} worse plans", failures.len());
}

/// What both said, with `GOMOD_MINIMISE=1` in a world that was made small while they compare the same.
fn smaller(case: &Case<'_>, beside: &Beside, limit: u64, tools: &Tools) -> String {
    if std::env::var_os("GOMOD_MINIMISE").is_none() {
        return beside.text.clone();
    }
    let again = |archive: &Archive| {
        let root = tempfile::tempdir().unwrap();
        let place = archive.write(root.path(), tools);
        let (small, _) = Case::start(archive, &place, tools).ok()?;
        small.to(&case.path, &case.version).beside(limit)
    };
    let small = minimise(case.archive, &mut |archive| {
        let small = again(archive);
        small.is_some_and(|small| (small.class, small.code) == (beside.class, beside.code))
    });
    again(&small).map_or_else(|| beside.text.clone(), |small| small.text)
}

#[test]
fn workspace_downgrades_hold_before_go() {
    let Some(tools) = tools() else { return };
    let failures = for_each_world("workspace downgrades before go", |seed, root| {
        let mut archive = generate_workspace(seed, &tools.go_version);
        archive.0.retain(|name, _| !name.starts_with("noinfo/"));
        let place = archive.write(&root.join("world"), &tools);
        workspaces::downgrade(&archive, &place, &tools, &mut Random::new(seed ^ 0x4321))
    });
    assert!(failures.is_empty(), "{} wrong plans", failures.len());
}

#[test]
fn counterfactuals_hold_before_go() {
    let Some(tools) = tools() else { return };
    let failures = for_each_world("counterfactuals before go", |seed, root| {
        let archive = world(seed, root, &tools);
        let place = archive.write(&root.join("world"), &tools);
        counterfactuals(&archive, &place, &tools, &mut Random::new(seed ^ 0x5678))
    });
    assert!(failures.is_empty(), "{} wrong answers", failures.len());
}

#[test]
fn worlds_that_once_differed() {
    let tools = Tools::find();
    for world in WORLDS {
        let root = tempfile::tempdir().unwrap();
        let place = Archive::parse(world.archive).write(root.path(), &tools);
        let main = place.main();
        let printed = |ended: &Ended| ended.ok().then(|| ended.stdout.clone());
        let expected = (world.list, world.graph);
        if recorded(&tools) {
            let list = tools.go(&place, &main, "-mod=readonly", &["list", "-m", "all"]);
            let graph = tools.go(&place, &main, "-mod=readonly", &["mod", "graph"]);
            let (list, graph) = (printed(&list), printed(&graph));
            assert_eq!(
                (list.as_deref(), graph.as_deref()),
                expected,
                "go: {}",
                world.name
            );
        }
        let list = printed(&tools.gomod(&place, &main, &["list"]));
        let graph = printed(&tools.gomod(&place, &main, &["graph"]));
        assert_eq!(
            (list.as_deref(), graph.as_deref()),
            expected,
            "{}",
            world.name
        );
    }
}

#[test]
fn plans_that_once_were_wrong() {
    let tools = Tools::find();
    for plan in PLANS {
        let root = tempfile::tempdir().unwrap();
        let archive = Archive::parse(plan.archive);
        let place = archive.write(root.path(), &tools);
        write_zips(&archive, &place);
        let main = place.main();
        let ended = tools.gomod(&place, &main, &["plan-downgrade", plan.target, "--write"]);
        assert!(ended.ok(), "{}: {}", plan.name, ended.stderr);
        if recorded(&tools) {
            let list = tools.go(&place, &main, "-mod=readonly", &["list", "-m", "all"]);
            assert_eq!(list.stdout, plan.list, "go: {} {}", plan.name, list.stderr);
        }
        let list = tools.gomod(&place, &main, &["list"]);
        assert_eq!(list.stdout, plan.list, "{} {}", plan.name, list.stderr);
    }
}

#[test]
fn the_page_beside_go_get_is_true() {
    let Some(tools) = tools() else { return };
    if !recorded(&tools) {
        println!("skipped: the page was written for go 1.26");
        return;
    }
    let page = include_str!("../../docs/beside-go-get.md");
    let worlds = page::worlds(page);
    let faults: Vec<String> = worlds
        .iter()
        .flat_map(|world| world.faults(&tools))
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
    assert!(worlds.len() >= 8, "{} worlds", worlds.len());
}

/// Whether the installed Go is the one whose answers are recorded.
fn recorded(tools: &Tools) -> bool {
    tools.has_go() && tools.go_version.starts_with("1.26")
}

/// A disagreement with its world, made small if that is asked for.
fn explain(archive: &Archive, what: &str, text: &str, seed: u64, tools: &Tools) -> String {
    if std::env::var_os("GOMOD_MINIMISE").is_none() {
        return format!("{text}\n{}", archive.text());
    }
    let verdict_of = |archive: &Archive| {
        let root = tempfile::tempdir().unwrap();
        let verdicts = look(archive, root.path(), seed, tools);
        let (_, verdict) = verdicts
            .named()
            .into_iter()
            .find(|(name, _)| *name == what)
            .unwrap();
        verdict.clone()
    };
    let go_succeeds = |text: &str| text.starts_with("go Some(0)");
    let wanted = go_succeeds(text);
    let small = minimise(
        archive,
        &mut |smaller| matches!(verdict_of(smaller), Verdict::Differ(text) if go_succeeds(&text) == wanted),
    );
    let Verdict::Differ(text) = verdict_of(&small) else {
        return format!("{text}\n(not reproducible)\n{}", archive.text());
    };
    format!("{text}\n{}", small.text())
}
