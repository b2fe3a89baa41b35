//! Lines of `go.mod` that an older Go does not know: it does not read the file then.

use crate::model::{GoMod, GoVersion};

/// What stands in the way of a Go at this version, each with the command that takes it out.
pub(super) fn unknown_lines(go_mod: &GoMod, version: &GoVersion) -> Vec<String> {
    let lines: [(&str, &str, Vec<&str>); 3] = [
        (
            "godebug",
            "1.23",
            go_mod
                .godebug
                .iter()
                .map(|line| line.key.as_str())
                .collect(),
        ),
        (
            "tool",
            "1.24",
            go_mod.tool.iter().map(|line| line.path.as_str()).collect(),
        ),
        (
            "ignore",
            "1.25",
            go_mod
                .ignore
                .iter()
                .map(|line| line.path.as_str())
                .collect(),
        ),
    ];
    lines
        .into_iter()
        .filter(|(_, since, values)| {
            !values.is_empty() && GoVersion::new(since).cmp_precedence(version).is_gt()
        })
        .map(|(directive, since, values)| {
            let drops: Vec<String> = values
                .iter()
                .map(|value| format!("-drop{directive}={value}"))
                .collect();
            format!(
                "go {version} will not read this go.mod: it has {directive} lines, which came with go {since}; \
                 take them out: go mod edit {}",
                drops.join(" ")
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    // What `go list -m` of go1.21.13, go1.23.12 and go1.24.3 says of such lines: "unknown directive".
    #[test]
    fn each_line_is_known_from_its_release_on() {
        let text = b"module x.y/m\n\ngo 1.25\n\ngodebug panicnil=1\n\ntool x.y/m/t\n\nignore ./a\n";
        let go_mod = GoMod::parse("go.mod", text).unwrap();
        let words = |version: &str| -> Vec<String> {
            let lines = unknown_lines(&go_mod, &GoVersion::new(version));
            let commands = lines.iter().filter_map(|line| line.rsplit_once(": "));
            commands.map(|(_, command)| command.to_owned()).collect()
        };
        let (godebug, tool, ignore) = (
            "go mod edit -dropgodebug=panicnil",
            "go mod edit -droptool=x.y/m/t",
            "go mod edit -dropignore=./a",
        );
        assert_eq!(words("1.21.13"), [godebug, tool, ignore]);
        assert_eq!(words("1.23.12"), [tool, ignore]);
        assert_eq!(words("1.24.3"), [ignore]);
        assert!(words("1.25").is_empty());
    }
}
