//! Worlds in which the planner once was, or still is, worse than brute force, by class, each as small as
//! `minimise` makes it. `gap` states what the planner finds today; once it finds the optimum the test fails, and
//! the line becomes `met`.

use super::goal::Goal;
use super::optimum::Answer;
use super::planned::{Comparison, edits};
use super::world::World;

/// What the planner is expected to find.
enum Planner {
    /// The optimum.
    #[allow(dead_code, reason = "for the gaps to come")]
    Met,
    /// Something worse.
    Gap(&'static str),
}

fn check(goal: &str, text: &str, planner: &Planner, optimum: &str, by: &str) {
    let text = text.trim_start().replace("\n            ", "\n");
    let world = World::parse(&text);
    let goal = Goal::parse(&world, goal);
    let comparison = Comparison::new(&world, &goal);
    let found = match &comparison.brute {
        Answer::Plan(plan) => edits(&world, plan),
        _ => String::new(),
    };
    assert_eq!(
        (comparison.brute_line().as_str(), found.as_str()),
        (optimum, by),
        "brute force"
    );
    let line = comparison.planner_line();
    match planner {
        Planner::Met => assert_eq!(line, optimum, "the planner: {:?}", comparison.planned),
        Planner::Gap(gap) => {
            assert_ne!(line, optimum, "the gap is closed: write `met`");
            assert_eq!(line, *gap, "the planner: {:?}", comparison.planned);
        }
    }
}

/// A test: goal, world, what the planner finds, the optimum and its edits (`+`: added by closure).
macro_rules! known {
    ($name:ident, $goal:literal, $world:literal, met, $optimum:literal, $by:literal) => {
        #[test]
        fn $name() {
            check($goal, $world, &Planner::Met, $optimum, $by);
        }
    };
    ($name:ident, $goal:literal, $world:literal, gap $gap:literal, $optimum:literal, $by:literal) => {
        #[test]
        fn $name() {
            check($goal, $world, &Planner::Gap($gap), $optimum, $by);
        }
    };
}

mod asked;
mod hidden;
mod moved;
mod spared;
