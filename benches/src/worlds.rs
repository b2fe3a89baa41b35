//! Runs a test of gomod-cli on random module worlds, and picks up the line of counts that it prints.

use std::path::Path;
use std::process::Command;

/// The counts of a test after `name: `, as `N worlds; CLASS: COUNT; …`, and whether it passed.
pub(crate) fn counts(
    test: &str,
    name: &str,
    settings: &[(&str, u64)],
) -> Result<(String, bool), String> {
    let mut command = Command::new(env!("CARGO"));
    command
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
        .args(["test", "--quiet", "-p", "gomod-cli"])
        .args(["--test", "worlds_beside_go", test, "--", "--nocapture"]);
    for (name, value) in settings {
        command.env(name, value.to_string());
    }
    let output = command.output().map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout);
    let head = format!("{name}: ");
    text.lines()
        .find_map(|line| Some(line.split_once(&head)?.1.to_owned()))
        .map(|counts| (counts, output.status.success()))
        .ok_or_else(|| String::from_utf8_lossy(&output.stderr).into_owned())
}
