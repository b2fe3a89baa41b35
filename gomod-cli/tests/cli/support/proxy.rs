//! A `file://` proxy from a notation of one line for each module version.

use std::fmt::Write as _;
use std::fs;
use std::io::{Cursor, Write as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// A module version that the proxy serves.
pub struct Module {
    pub path: String,
    pub version: String,
    pub go_mod: String,
    listed: bool,
    packages: Vec<(String, String)>,
}

impl Module {
    /// Reads lines such as `a@v1.0.0 go1.21: b@v1.1.0 example.org/c@v1.0.0`. A path without a dot in its
    /// first element is below example.com. `-` in front keeps a version out of the list; `as PATH` in
    /// front of the colon lets the go.mod declare another path; without `goN` there is no go line.
    /// Behind a `|` its packages, `.` or a directory, each with what it imports: `| . x>b/y,c`, and behind a `~` what
    /// its test imports: `| .>b~t/u`. Without it there is one package in its root that imports nothing.
    pub fn parse_all(notation: &str) -> Vec<Self> {
        let lines = notation.lines().map(str::trim);
        lines
            .filter(|line| !line.is_empty())
            .map(|line| {
                let (head, rest) = line.split_once(':').unwrap();
                let (requires, packages) = rest.split_once('|').unwrap_or((rest, "."));
                let mut words = head.split(' ');
                let name = words.next().unwrap();
                let (path, version) = split(name.trim_start_matches('-'));
                let (mut declared, mut go) = (path.clone(), String::new());
                while let Some(word) = words.next() {
                    match word.strip_prefix("go") {
                        Some(version) => go = format!("\ngo {version}\n"),
                        None if word == "as" => declared = full(words.next().unwrap()),
                        None => panic!("{word}: {line}"),
                    }
                }
                let mut go_mod = format!("module {declared}\n{go}");
                for required in requires.split_whitespace() {
                    let (path, version) = split(required);
                    let _ = write!(go_mod, "\nrequire {path} {version}\n");
                }
                Self {
                    listed: !name.starts_with('-'),
                    path,
                    version,
                    go_mod,
                    packages: packages.split_whitespace().flat_map(package).collect(),
                }
            })
            .collect()
    }

    fn files(&self) -> Vec<(&str, &str)> {
        let packages = self.packages.iter();
        let mut files: Vec<(&str, &str)> = packages
            .map(|(name, text)| (name.as_str(), text.as_str()))
            .chain([("go.mod", self.go_mod.as_str())])
            .collect();
        files.sort_unstable();
        files
    }

    /// Its two lines in go.sum.
    pub fn sums(&self) -> String {
        let Self { path, version, .. } = self;
        let files: Vec<(String, &str)> = self
            .files()
            .into_iter()
            .map(|(name, text)| (format!("{path}@{version}/{name}"), text))
            .collect();
        format!(
            "{path} {version} {}\n{path} {version}/go.mod {}\n",
            h1(&files),
            mod_hash(&self.go_mod)
        )
    }
}

/// The `h1:` of a go.mod.
pub fn mod_hash(text: &str) -> String {
    h1(&[("go.mod".to_owned(), text)])
}

/// A path as it stands in URLs and file names.
pub fn escape(path: &str) -> String {
    let mut escaped = String::new();
    for c in path.chars() {
        if c.is_ascii_uppercase() {
            escaped.push('!');
        }
        escaped.push(c.to_ascii_lowercase());
    }
    escaped
}

/// Lays out what a proxy serves of these modules, zips included.
pub fn lay_out(root: &Path, modules: &[Module]) {
    for module in modules {
        let Module { path, version, .. } = module;
        let dir = root.join(escape(path)).join("@v");
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join(format!("{version}.mod")), &module.go_mod).unwrap();
        let info = format!(r#"{{"Version":"{version}","Time":"2020-01-02T03:04:05Z"}}"#);
        fs::write(dir.join(format!("{version}.info")), info).unwrap();
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, text) in module.files() {
            let options = zip::write::SimpleFileOptions::default();
            zip.start_file(format!("{path}@{version}/{name}"), options)
                .unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        }
        let bytes = zip.finish().unwrap().into_inner();
        fs::write(dir.join(format!("{version}.zip")), bytes).unwrap();
        let list = dir.join("list");
        let mut text = fs::read_to_string(&list).unwrap_or_default();
        if module.listed {
            let _ = writeln!(text, "{version}");
        }
        fs::write(list, text).unwrap();
    }
}

/// The files and texts of a package such as `x>b/y,c~t`.
fn package(text: &str) -> Vec<(String, String)> {
    let (text, tested) = match text.split_once('~') {
        Some((text, tested)) => (text, Some(tested)),
        None => (text, None),
    };
    let (dir, imports) = text.split_once('>').unwrap_or((text, ""));
    let file = |name: &str, imports: &str| {
        let mut text = "package p\n".to_owned();
        for path in imports.split(',').filter(|path| !path.is_empty()) {
            let _ = writeln!(text, "import _ \"{}\"", full(path));
        }
        match dir {
            "." => (name.to_owned(), text),
            dir => (format!("{dir}/{name}"), text),
        }
    };
    let test = tested.map(|imports| file("p_test.go", imports));
    [file("p.go", imports)].into_iter().chain(test).collect()
}

/// The `h1:` of files by name, which must be sorted.
pub fn h1(files: &[(String, &str)]) -> String {
    let mut lines = String::new();
    for (name, text) in files {
        for byte in Sha256::digest(text.as_bytes()) {
            let _ = write!(lines, "{byte:02x}");
        }
        let _ = writeln!(lines, "  {name}");
    }
    format!("h1:{}", STANDARD.encode(Sha256::digest(lines.as_bytes())))
}

fn split(name: &str) -> (String, String) {
    let (path, version) = name.split_once('@').unwrap();
    (full(path), version.to_owned())
}

fn full(path: &str) -> String {
    let first = path.split('/').next().unwrap();
    if first.contains('.') {
        path.to_owned()
    } else {
        format!("example.com/{path}")
    }
}
