//! What is said when there is no plan: each sentence rests on earlier ones, and each command leads to a plan.

use std::path::Path;

use super::archive::Place;
use super::run::{Ended, Tools};

/// What is wrong with a refusal, if anything.
pub(crate) fn fault(
    tools: &Tools,
    place: &Place,
    directory: &Path,
    refusal: &Ended,
) -> Option<String> {
    let mut number = 0;
    for line in refusal.stderr.lines().map(str::trim) {
        if line.starts_with("by ") && line.ends_with(':') {
            number = 0;
        }
        if let Some(sentence) = line.strip_prefix(&format!("{}. ", number + 1)) {
            number += 1;
            let words = sentence.split(['(', ')']);
            let cited = words.filter_map(|word| word.parse::<usize>().ok());
            if cited.into_iter().any(|cited| cited == 0 || cited >= number) {
                return Some(format!("rests on what comes later: {line}"));
            }
            let odd = [
                ",,",
                "  ",
                ", ,",
                "Because ,",
                "@,",
                "above what is allowed",
            ];
            if odd.iter().any(|odd| sentence.contains(odd)) {
                return Some(format!("badly worded: {line}"));
            }
        }
        if let Some(command) = line.strip_prefix("gomod plan-downgrade ") {
            let mut args = vec!["plan-downgrade"];
            args.extend(command.split(' '));
            let again = tools.gomod(place, directory, &args);
            // A version whose .info or zip is missing is seen only when the plan is completed.
            if !matches!(again.code, Some(0 | 3)) {
                return Some(format!("leads to no plan: {line}\n{}", again.stderr));
            }
        }
    }
    None
}
