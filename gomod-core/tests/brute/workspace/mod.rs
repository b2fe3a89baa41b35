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

/// How many workspaces are tried by default.
const DEFAULT: u64 = 400;
/// In how many of these the planner costs more than it need.
const WORSE: u64 = 0;
/// In how many it is known that nothing is cheaper.
const CLAIMED: u64 = 395;
/// Workspaces in which plans that were put together cost more than they need, or in which there were none.
const ODD: &[&[u64]] = &[
    // What another member excludes, or an indirect requirement that is left out, spares something.
    &[
        2_000_012, 2_000_185, 2_000_321, 2_000_388, 2_000_530, 2_000_594, 2_000_747, 2_000_758,
        2_000_765, 2_000_836, 2_000_961, 2_001_111, 2_001_200, 2_001_506, 2_001_532,
    ],
    // The requirement that says what is used instead of an excluded version is another member's.
    &[2_004_971, 2_011_208],
    // Only what closure adds asks for the version that is excluded.
    &[2_002_635, 3_002_921, 3_003_816],
    // The same files, counted as plans of two kinds, or with less due to closure.
    &[2_004_151, 2_004_609, 2_006_664],
    // Much to try.
    &[2_011_117, 2_011_489, 44_006_264],
    // A new requirement at what the workspace uses.
    &[42_003_843],
    // A cycle that alone asks for its own rise.
    &[42_006_389],
    // A target that no member would require.
    &[42_009_606],
    // What a member requires directly does not rise by another's new requirement; it may by closure.
    &[43_007_715, 2_006_738],
    // An exclude that only another member can say spares closure; alone the member sees more that is excluded.
    &[90_002_873],
    // One that replaces costs the least, and so does one that does not.
    &[100_000_835],
    // Excludes that hide something only from a member that stands alone.
    &[2_008, 4_537, 5_158, 140_009_987],
    // An old member that lets an indirect requirement go.
    &[140_002_244, 190_005_649, 200_004_888, 170_005_495],
    // What another member requires directly does not rise by itself.
    &[170_006_535, 170_008_951],
    // What closure raises counts as it was before.
    &[210_005_786],
    // A target's requirement that closure adds; and an unread version that a requirement could rise to.
    &[160_005_894, 220_008_528],
    // What is excluded for a member alone leads to more excludes.
    &[230_002_920],
];

/// `GOMOD_BRUTE_WORK=n` tries n workspaces, and `GOMOD_BRUTE_FROM` and `GOMOD_BRUTE_SHOW` are as for single
/// modules; `GOMOD_BRUTE_KIND` shows one kind only, `GOMOD_BRUTE_REQUIRE` plans by requirements alone.
#[test]
fn random_workspaces() {
    let asked = number("GOMOD_BRUTE_WORK", DEFAULT);
    let from = number("GOMOD_BRUTE_FROM", 0);
    let show = number("GOMOD_BRUTE_SHOW", 0);
    let only = std::env::var("GOMOD_BRUTE_REQUIRE")
        .ok()
        .map(|_| Means::Require);
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
    let count = |verdict: Verdict| -> u64 {
        let own = |kind: &str| kind.starts_with(&format!("{verdict:?} "));
        counts
            .iter()
            .filter(|(kind, _)| own(kind))
            .map(|(_, n)| n)
            .sum()
    };
    assert_eq!(
        (count(Verdict::Unsound), count(Verdict::FalseClaim)),
        (0, 0)
    );
    if (from, asked, only) == (0, DEFAULT, None) {
        assert_eq!((count(Verdict::Better), count(Verdict::Missed)), (0, 0));
        let few = "fewer is good news: state the new number";
        assert_eq!(count(Verdict::Worse), WORSE, "{few}");
        let claimed = counts.get("  claimed").copied().unwrap_or(0);
        assert_eq!(claimed, CLAIMED, "more is good news: state the new number");
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

#[test]
fn odd_workspaces() {
    let go = has_go();
    for seed in ODD.concat() {
        let (workspace, goal) = world::question(seed);
        let comparison = Comparison::new(&workspace, &goal);
        let said = comparison.text(&workspace);
        assert_eq!(comparison.verdict, Verdict::Same, "seed {seed}\n{said}");
        let plan = comparison.planned.unwrap();
        assert!(plan.optimal, "seed {seed}\n{said}");
        if go {
            let here = Ok(beside_go::expected(&plan.after));
            assert_eq!(here, beside_go::listed(&plan.after), "seed {seed}\n{said}");
        }
    }
}

/// Workspaces that once differed, with what the planner costs there: overridden, direct, others.
#[test]
fn known_workspaces() {
    let known: [(&str, &str, [usize; 3], bool); 6] = [
        // Another member holds up what is used.
        (
            "b@v1.0.0",
            "main 1.21: a v1.0.0
main 1.21: b v1.2.0
a v1.0.0 1.21:
a v1.1.0 1.21:
b v1.0.0 1.21:
b v1.2.0 1.21: a v1.1.0",
            [0, 0, 0],
            true,
        ),
        // A member comes up to the target: nothing is looked for behind it.
        (
            "b@v1.1.0",
            "main 1.21: b v1.0.0
main 1.21: b v1.2.0
a v1.0.0 1.21: c v1.1.0
b v1.0.0 1.21:
b v1.1.0 1.21: a v1.0.0
b v1.2.0 1.21:
c v1.1.0 1.21:",
            [0, 0, 1],
            true,
        ),
        // The plan of one member brings in more than the other's target.
        (
            "a@v1.1.0 b@v1.0.0",
            "main 1.21: b v1.1.0
main 1.21: a v1.2.0
a v1.1.0 1.21:
a v1.2.0 1.21:
b v1.0.0 1.21: a v1.2.0
b v1.1.0 1.21:",
            [1, 0, 0],
            true,
        ),
        // What one member would exclude, the other requires.
        (
            "c@v1.1.0",
            "main 1.21: b v1.1.0
main 1.21: c v1.2.0 indirect
b v1.0.0 1.21:
b v1.1.0 1.21: c v1.2.0
c v1.1.0 1.21: b v1.1.0
c v1.2.0 1.21:",
            [1, 0, 0],
            true,
        ),
        // d stays selected, though nothing loads it any more: it does not have to move.
        (
            "b@v1.0.0",
            "main 1.21: a v1.0.0
main 1.21: d v1.1.0 indirect
a v1.0.0 1.21: d v1.1.0
b v1.0.0 1.21:
b v1.2.0 1.21:
d v1.1.0 1.21: b v1.2.0",
            [0, 0, 0],
            true,
        ),
        // One member requires c directly: it does not rise by the other's line.
        (
            "b@none",
            "main 1.21: c v1.0.0
main 1.21: c v1.0.0 indirect, d v1.0.0
b v1.0.0 1.21:
c v1.0.0 1.21: b v1.0.0
c v1.2.0 1.21:
d v1.0.0 1.21: c v1.0.0",
            [1, 0, 0],
            true,
        ),
    ];
    for (goal, text, cost, optimal) in known {
        let workspace = world::Workspace::parse(text);
        let goal = super::goal::Goal::parse(&workspace.members[0], goal);
        let comparison = Comparison::new(&workspace, &goal);
        let said = comparison.text(&workspace);
        assert_eq!(comparison.verdict, Verdict::Same, "{text}\n{said}");
        let plan = comparison.planned.unwrap();
        let c = plan.cost;
        assert_eq!(
            ([c[1], c[2], c[4]], plan.optimal),
            (cost, optimal),
            "{text}\n{said}"
        );
    }
}
