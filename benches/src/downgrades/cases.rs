//! The main modules and their targets: those of a data file, and those of the corpus. Each is made through the
//! ordinary go client.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::TempDir;

use super::commands::{self, Commands};

/// A main module with targets `MODULE@VERSION`.
pub(super) struct Case {
    /// The main module as `MODULE@VERSION`.
    pub(super) name: String,
    pub(super) targets: Vec<String>,
    kind: Kind,
}

/// Where a main module comes from.
enum Kind {
    /// A directory of this repository.
    Here(PathBuf),
    /// A published module with its sources.
    Sources,
    /// The go.mod of a published module, with a go.sum made for it.
    Graph,
    /// A case of the corpus, made by its script.
    Corpus(PathBuf),
}

/// A main module on disk.
pub(super) struct Place {
    /// What has to be copied with it.
    pub(super) root: PathBuf,
    /// Where its go.mod is, below that.
    pub(super) main: PathBuf,
    /// Whether its packages load.
    pub(super) builds: bool,
}

/// The cases of a data file: lines of a kind, a main module and its targets.
pub(super) fn of_file(file: &Path) -> Result<Vec<Case>, String> {
    let text = fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let mut cases = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let mut words = line
            .split('#')
            .next()
            .unwrap_or_default()
            .split_whitespace();
        let Some(kind) = words.next() else { continue };
        let name = words.next().unwrap_or_default().to_owned();
        let kind = match kind {
            "here" => Kind::Here(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(&name)),
            "sources" => Kind::Sources,
            "graph" => Kind::Graph,
            other => {
                return Err(format!(
                    "{}:{}: {other}: it must be here, sources or graph",
                    file.display(),
                    at + 1
                ));
            }
        };
        cases.push(Case {
            name,
            targets: words.map(str::to_owned).collect(),
            kind,
        });
    }
    Ok(cases)
}

/// The cases of the corpus that have downgrades.
pub(super) fn of_corpus(directory: &Path) -> Result<Vec<Case>, String> {
    let file = directory.join("public.json");
    let failed = |error: String| {
        format!(
            "{}: {error} (--corpus names another directory, --no-corpus leaves it out)",
            file.display()
        )
    };
    let text = fs::read(&file).map_err(|error| failed(error.to_string()))?;
    let document: serde_json::Value =
        serde_json::from_slice(&text).map_err(|error| failed(error.to_string()))?;
    let list = |value: &serde_json::Value, name: &str| {
        value
            .get(name)
            .and_then(|value| value.as_array())
            .cloned()
            .unwrap_or_default()
    };
    let text = |value: &serde_json::Value, name: &str| {
        value
            .get(name)
            .and_then(|value| value.as_str())
            .unwrap_or_default()
            .to_owned()
    };
    Ok(list(&document, "cases")
        .iter()
        .map(|case| Case {
            name: text(case, "case"),
            targets: list(case, "downgrades")
                .iter()
                .map(|one| format!("{}@{}", text(one, "module"), text(one, "to")))
                .collect(),
            kind: Kind::Corpus(directory.join("fetch.sh")),
        })
        .collect())
}

impl Case {
    /// Makes the main module in a temporary directory.
    pub(super) fn materialise(&self, commands: &Commands) -> Result<(TempDir, Place), String> {
        let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
        let root = directory.path().join("case");
        fs::create_dir(&root).map_err(|error| error.to_string())?;
        let mut main = root.clone();
        match &self.kind {
            Kind::Here(source) => copy(source, &root)?,
            Kind::Sources => copy(Path::new(&self.downloaded(commands, "Dir")?), &root)?,
            Kind::Graph => {
                let file = self.downloaded(commands, "GoMod")?;
                let text = fs::read(&file).map_err(|error| error.to_string())?;
                let put = || fs::write(root.join("go.mod"), &text).map_err(|e| e.to_string());
                put()?;
                commands
                    .go(&root, "-mod=mod", &["list", "-m", "all"])
                    .output()?;
                commands.go(&root, "-mod=mod", &["mod", "graph"]).output()?;
                // -mod=mod may have added a go line.
                put()?;
            }
            Kind::Corpus(script) => {
                let target = root.to_string_lossy();
                let args = [self.name.as_str(), &target];
                let limit = Duration::from_secs(600);
                let made = commands::run(script, limit, directory.path(), "", &args).output()?;
                main = PathBuf::from(made.lines().last().unwrap_or_default());
            }
        }
        commands
            .go(&main, "-mod=readonly", &["list", "-m", "all"])
            .output()?;
        let deps = commands.go(&main, "-mod=readonly", &["list", "-deps", "./..."]);
        // Without packages `./...` matches nothing, which is no failure.
        let builds = deps.ok() && !deps.stdout.is_empty();
        if matches!(self.kind, Kind::Here(_) | Kind::Sources) && !builds {
            return Err(format!("its packages do not load: {}", deps.stderr.trim()));
        }
        let place = Place { root, main, builds };
        Ok((directory, place))
    }

    /// A field of what `go mod download -json` says of the main module.
    fn downloaded(&self, commands: &Commands, field: &str) -> Result<String, String> {
        let args = ["mod", "download", "-json", self.name.as_str()];
        let text = commands.go(&std::env::temp_dir(), "", &args).output()?;
        let answer: serde_json::Value =
            serde_json::from_str(&text).map_err(|error| error.to_string())?;
        let value = answer.get(field).and_then(|value| value.as_str());
        value
            .map(str::to_owned)
            .ok_or_else(|| format!("there is no {field}"))
    }
}

/// Copies a directory, and makes the copy writable.
pub(super) fn copy(from: &Path, to: &Path) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("copying {}: {error}", from.display());
    fs::create_dir_all(to).map_err(failed)?;
    for entry in fs::read_dir(from).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let target = to.join(entry.file_name());
        if entry.file_type().map_err(failed)?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            // A fresh file: the module cache's are read-only.
            let mut source = fs::File::open(entry.path()).map_err(failed)?;
            let mut file = fs::File::create(&target).map_err(failed)?;
            std::io::copy(&mut source, &mut file).map_err(failed)?;
        }
    }
    Ok(())
}
