//! What must hold of any input, one function for each parser. Shared by the fuzz targets and by
//! `tests/fuzz_replay.rs`; a property that does not hold panics.
#![allow(dead_code, unreachable_pub, clippy::panic)]

use gomod_core::diag::Span;
use gomod_core::model::{
    GoMod, GoSum, GoWork, ModulePath, ModulesTxt, NewRequirement, ParseErrors, ReplaceTarget,
    Version, VersionFixes,
};
use gomod_core::verify::{Note, NoteError, TreeHead, Verifier};

/// A `go.mod`, read in each of the three ways.
pub fn go_mod(data: &[u8]) {
    let lenient = GoMod::parse_dependency("go.mod", data);
    match &lenient {
        Ok(file) => {
            assert_eq!(file.to_bytes(), data, "lenient: text kept");
            inside(file);
            file.format_bytes();
        }
        Err(errors) => sensible(errors, data),
    }
    // Queries that stand for nothing are faults, and asking for them comes to an end.
    let mut fixes = VersionFixes::default();
    let fixed = loop {
        let result = GoMod::parse_main("go.mod", data, &mut fixes);
        let wanted = fixes.take_wanted();
        if wanted.is_empty() {
            break result;
        }
        for (path, text) in wanted {
            fixes.feed(path, text, Err("no".to_owned()));
        }
    };
    if let Ok(mut file) = fixed {
        assert!(file.is_canonical(), "a query that stands for nothing");
        file.settle_versions();
        assert_eq!(file.to_bytes(), data, "settling canonical versions");
    }
    match GoMod::parse("go.mod", data) {
        Ok(file) => {
            assert!(lenient.is_ok(), "accepted strictly, but not leniently");
            assert_eq!(file.to_bytes(), data, "strict: text kept");
            inside(&file);
            file.json_text();
            let format = |text: &[u8]| GoMod::parse("go.mod", text).map(|f| f.format_bytes());
            let requires = file.require.iter().map(|line| line.path.as_str());
            let replaces = file.replace.iter().map(|line| line.path.as_str());
            let excludes = file.exclude.iter().map(|line| line.path.as_str());
            let tools = file.tool.iter().map(|line| line.path.as_str());
            let ignores = file.ignore.iter().map(|line| line.path.as_str());
            let mut paths = requires
                .chain(replaces)
                .chain(excludes)
                .chain(tools)
                .chain(ignores);
            if !paths.any(is_parenthesis) {
                settles(data, format);
                settles(&edited(file), format);
            }
        }
        Err(errors) => sensible(&errors, data),
    }
}

/// A `go.work`.
pub fn go_work(data: &[u8]) {
    match GoWork::parse("go.work", data) {
        Ok(mut file) => {
            assert_eq!(file.to_bytes(), data, "text kept");
            let end = file.source().len();
            let lines = file.uses.iter().map(|u| u.line);
            for line in lines.chain(file.replace.iter().map(|r| r.line)) {
                within(file.span(line), end);
            }
            file.json_text();
            let format = |text: &[u8]| GoWork::parse("go.work", text).map(|f| f.format_bytes());
            if file.uses.iter().all(|used| !is_parenthesis(&used.path)) {
                settles(data, format);
                file.add_use("./new");
                file.drop_use("./a");
                settles(&file.to_bytes(), format);
            }
        }
        Err(errors) => sensible(&errors, data),
    }
}

/// A `go.sum`.
pub fn go_sum(data: &[u8]) {
    let Ok(file) = GoSum::parse("go.sum", data) else {
        return;
    };
    if let Ok(text) = std::str::from_utf8(data) {
        assert_eq!(file.text(), text, "text kept");
    }
    let mut copy = GoSum::default();
    copy.merge(&file);
    let text = copy.text();
    let again = GoSum::parse("go.sum", text.as_bytes()).unwrap_or_else(|e| panic!("{e}: {text}"));
    assert!(file.iter().eq(again.iter()), "written and read again");
    assert!(text.lines().count() <= data.split(|b| *b == b'\n').count());
}

/// A `vendor/modules.txt`, of which every text is one.
pub fn modules_txt(data: &[u8]) {
    let file = ModulesTxt::parse(data);
    let lines = data.split(|b| *b == b'\n').count();
    let packages: usize = file.modules.iter().map(|m| m.packages.len()).sum();
    assert!(
        file.modules.len() + packages <= lines,
        "no line counts twice"
    );
    for module in &file.modules {
        let found = file.get(&module.path, &module.version);
        assert_eq!(found, Some(module), "each module stands there once");
    }
    assert!(file.with_packages().count() <= file.modules.len());
}

/// The key that the notes of the corpus are signed with.
const KEY: &str = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";

/// A signed note, a key, and the tree head that such notes hold.
pub fn note(data: &[u8]) {
    let Ok(key) = Verifier::parse(KEY) else {
        panic!("the key does not parse");
    };
    let nobody = Note::open(data, &[]);
    let known = Note::open(data, std::slice::from_ref(&key));
    match (&nobody, &known) {
        (Ok(_), _) => panic!("accepted without a key"),
        (Err(NoteError::Malformed(_)), Ok(_)) => panic!("whether it is malformed depends on keys"),
        (_, Ok(note)) => {
            assert!(
                data.starts_with(note.text.as_bytes()),
                "the text that was signed"
            );
            assert!(note.text.ends_with('\n'));
            assert!(!note.verified.is_empty());
            assert!(
                note.verified
                    .iter()
                    .all(|s| s.name == key.name() && s.hash == key.hash())
            );
        }
        (_, Err(_)) => {}
    }
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = Verifier::parse(text);
        if let Ok(head) = TreeHead::parse(text) {
            let again = TreeHead::parse(&head.to_string());
            assert_eq!(again.ok().as_ref(), Some(&head), "written and read again");
        }
    }
}

/// Errors are in the order of the text, and point into it.
fn sensible(errors: &ParseErrors, data: &[u8]) {
    assert!(!errors.errors.is_empty());
    assert!(errors.errors.len() <= 1000);
    assert!(!errors.to_string().is_empty());
    // Bytes that are no UTF-8 may take three bytes each in the text that spans are about.
    let end = 3 * data.len();
    let lines = data.split(|b| *b == b'\n').count();
    for error in &errors.errors {
        within(error.span, end);
        assert!((1..=lines).contains(&error.position.line), "{error}");
        assert!(error.position.column >= 1);
    }
}

fn inside(file: &GoMod) {
    let end = file.source().len();
    let lines = file.require.iter().map(|r| r.line);
    let lines = lines.chain(file.replace.iter().map(|r| r.line));
    let lines = lines.chain(file.exclude.iter().map(|x| x.line));
    for line in lines.chain(file.retract.iter().map(|r| r.line)) {
        within(file.span(line), end);
    }
}

fn within(span: Span, end: usize) {
    assert!(
        span.start <= span.end && span.end <= end,
        "{span:?} of {end}"
    );
}

/// Such a path begins or ends a block where a line of its own becomes one of a block, or the other way
/// round. Go prints it without quotes all the same.
fn is_parenthesis(path: &str) -> bool {
    matches!(path, "(" | ")")
}

/// Printing what was read from printed text comes to rest. The first round may still change blank
/// lines, as it does in Go; a retracted version that needs quotes loses them, as in Go.
fn settles<E>(text: &[u8], format: impl Fn(&[u8]) -> Result<Vec<u8>, E>) {
    let quoted = text.iter().any(|byte| b"\"`'".contains(byte));
    let excused = quoted && text.windows(7).any(|word| word == b"retract");
    let mut last = text.to_vec();
    for round in 0..3 {
        let Ok(next) = format(&last) else {
            let shown = String::from_utf8_lossy(&last);
            assert!(excused, "printed text is not read: {shown}");
            return;
        };
        assert!(round < 2 || next == last, "printing does not settle");
        last = next;
    }
}

/// The text after edits of each kind.
fn edited(mut file: GoMod) -> Vec<u8> {
    let version = |text: &str| Version::parse(text).unwrap_or_else(|e| panic!("{e}"));
    let (path, new) = (ModulePath::new("a.b/c"), ModulePath::new("n.n/n"));
    let first = file.require.first().map(|r| r.path.clone());
    file.add_require(&path, &version("v1.5.0"));
    let _ = file.add_exclude(&new, &version("v1.0.0"));
    let target = ReplaceTarget::Directory("./n".to_owned());
    file.add_replace(&new, Some(&version("v1.0.0")), &target);
    let list: Vec<NewRequirement> = file
        .require
        .iter()
        .map(|require| NewRequirement {
            path: require.path.clone(),
            version: require.version.clone(),
            indirect: !require.indirect,
        })
        .collect();
    file.set_requirements(&list);
    if let Some(first) = first {
        file.drop_require(&first);
    }
    file.to_bytes()
}
