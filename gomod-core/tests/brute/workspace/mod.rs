//! Brute force over a workspace: worlds of two members (`world`), the graph of a workspace as the `go` command
//! loads it (`load`, beside `go` in `beside_go`), every choice of both members' requirements and few excludes
//! (`optimum`), and what the real planner says (`planned`).

pub mod beside_go;
pub mod load;
pub mod minimise;
pub mod optimum;
pub mod planned;
pub mod world;

use std::collections::BTreeMap;

use gomod_core::plan::Means;

use super::beside_go::has_go;
use planned::{Comparison, Verdict};

fn number(name: &str, default: u64) -> u64 {
    let text = std::env::var(name).ok();
    text.and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// `GOMOD_BRUTE_WORK=n` tries n workspaces; `GOMOD_BRUTE_FROM` and `GOMOD_BRUTE_SHOW` as for single modules.
#[test]
fn random_workspaces() {
    let asked = number("GOMOD_BRUTE_WORK", 40);
    let from = number("GOMOD_BRUTE_FROM", 0);
    let show = number("GOMOD_BRUTE_SHOW", 0);
    let only = std::env::var("GOMOD_BRUTE_REQUIRE").ok().map(|_| Means::Require);
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for seed in from..from + asked {
        let (workspace, mut goal) = world::question(seed);
        goal.strategy = only;
        let comparison = Comparison::new(&workspace, &goal);
        let kind = format!("{:?} {}", comparison.verdict, comparison.class());
        *counts.entry(kind.clone()).or_default() += 1;
        let fine = matches!(
            comparison.verdict,
            Verdict::Same | Verdict::BothNone | Verdict::Unfit
        );
        let wanted = std::env::var("GOMOD_BRUTE_KIND").is_ok_and(|only| !kind.starts_with(&only));
        if !fine && !wanted && counts[&kind] <= show {
            let (workspace, goal) = minimise::minimise(&workspace, &goal, comparison.verdict);
            let comparison = Comparison::new(&workspace, &goal);
            let goal = goal.text(&workspace.members[0]);
            eprintln!("--- {kind}, seed {seed}: {goal}\n{}", workspace.text());
            eprintln!("{}", comparison.text(&workspace));
        }
        let optimal = comparison.planned.is_some_and(|plan| plan.optimal);
        *counts.entry("  claimed".to_owned()).or_default() += u64::from(optimal);
    }
    for (kind, count) in &counts {
        eprintln!("{count:6} {kind}");
    }
}

#[test]
fn the_workspace_loader_beside_go() {
    if !has_go() {
        return;
    }
    for seed in 0..number("GOMOD_BRUTE_GO", 12) {
        let (workspace, goal) = world::question(seed);
        let best = optimum::optimum(&workspace, &goal, seed % 2 == 0);
        let planned = best.map(|best| best.applied(&workspace));
        for workspace in [Some(workspace), planned].into_iter().flatten() {
            let here = Ok(beside_go::expected(&workspace));
            assert_eq!(here, beside_go::listed(&workspace), "{}", workspace.text());
        }
    }
}
