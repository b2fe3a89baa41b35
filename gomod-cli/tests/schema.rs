//! Each `--format json` output is held to its JSON Schema below docs/schema.
//!
//! The binary runs as in the README: on fixtures/gin-app, from the recorded proxy, with an empty home. The
//! validator knows the keywords that these schemas use, and refuses a schema that uses another.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

#[test]
fn list_graph_tree_and_why() {
    let home = tempfile::tempdir().unwrap();
    for (schema, arguments) in [
        ("list", vec!["list"]),
        ("graph", vec!["graph"]),
        ("tree", vec!["tree"]),
        ("tree", vec!["tree", "--depth", "2"]),
        ("tree", vec!["tree", "-i", "x/sys"]),
        ("why", vec!["why", "gin"]),
        ("why", vec!["why", "golang.org/x/net"]),
        ("why", vec!["why", "go"]),
        ("why", vec!["why", "toolchain"]),
        ("why", vec!["why", "example.com/gin-app"]),
    ] {
        let document = run(home.path(), &fixture("gin-app"), &arguments, 0);
        check(schema, &document);
    }
}

#[test]
fn plans() {
    let home = tempfile::tempdir().unwrap();
    let gin_app = fixture("gin-app");
    let plan = |arguments: &[&str]| {
        let arguments: Vec<&str> = [&["plan-downgrade"], arguments].concat();
        let document = run(home.path(), &gin_app, &arguments, 0);
        check("plan", &document);
        document
    };
    let document = plan(&["gin@v1.9.0"]);
    assert_eq!(document["targets"][0]["to"], "v1.9.0");
    assert_eq!(document["written"], false);
    // Several plans, with excludes among their edits.
    let document = plan(&["validator@v10.11.0"]);
    assert_eq!(document["plans"].as_array().unwrap().len(), 2);
    // A way that is refused.
    let document = plan(&["validator@v10.11.0", "--keep", "gin"]);
    assert_ne!(document["refused"], json!([]));
    // A replace, and the go line.
    let document = plan(&["validator@v10.11.0", "--strategy", "replace"]);
    assert_eq!(document["plans"][0]["means"], json!(["replace"]));
    plan(&["go@1.20"]);
    // No plan: the reasons stand on standard error, too.
    let arguments = "plan-downgrade validator@v10.11.0 --keep gin --strategy require";
    let arguments: Vec<&str> = arguments.split(' ').collect();
    let document = run(home.path(), &gin_app, &arguments, 1);
    check("plan", &document);
    assert_eq!(document["plans"], json!([]));
    assert_ne!(document["refused"][0]["because"], json!([]));
    let document = plan(&["gin@v1.10.0"]);
    assert_eq!(
        document["today"],
        json!(["github.com/gin-gonic/gin v1.10.0"])
    );
}

#[test]
fn plans_of_a_workspace() {
    let home = tempfile::tempdir().unwrap();
    let work = tempfile::tempdir().unwrap();
    for member in ["one", "two"] {
        let directory = work.path().join(member);
        std::fs::create_dir(&directory).unwrap();
        for file in ["go.mod", "go.sum"] {
            let text = std::fs::read_to_string(fixture("gin-app").join(file)).unwrap();
            let text = text.replace(
                "module example.com/gin-app",
                &format!("module x.y/{member}"),
            );
            std::fs::write(directory.join(file), text).unwrap();
        }
    }
    std::fs::write(
        work.path().join("go.work"),
        "go 1.26.8\n\nuse ./one\nuse ./two\n",
    )
    .unwrap();
    let go_work = work.path().canonicalize().unwrap().join("go.work");
    let plan = |arguments: &str, code: i32| {
        let arguments: Vec<&str> = ["plan-downgrade"]
            .into_iter()
            .chain(arguments.split(' '))
            .collect();
        let document = run_within(&go_work, home.path(), work.path(), &arguments, code);
        check("plan", &document);
        document
    };
    let document = plan("validator@v10.11.0", 0);
    let files: Vec<&Value> = document["files"].as_array().unwrap().iter().collect();
    assert_eq!(files[0]["file"], "one/go.mod");
    assert_eq!(files[1]["file"], "two/go.mod");
    assert_eq!(document["inputs"]["files"].as_array().unwrap().len(), 6);
    let document = plan("validator@v10.11.0 --strategy replace", 0);
    let edits = document["plans"][0]["edits"].as_array().unwrap();
    assert_eq!(edits.last().unwrap()["edit"], "replace");
    assert_eq!(edits.last().unwrap()["file"], "go.work");
    plan("go@1.20", 0);
    let document = plan("validator@v10.11.0 --keep gin --strategy require", 1);
    assert_ne!(document["refused"][0]["because"], json!([]));
    plan("gin@v1.10.0", 0);
}

#[test]
fn drift() {
    let home = tempfile::tempdir().unwrap();
    let module = tempfile::tempdir().unwrap();
    for file in ["go.mod", "go.sum"] {
        std::fs::copy(fixture("gin-app").join(file), module.path().join(file)).unwrap();
    }
    let lock = module.path().join("gomod.lock");
    let output = gomod(home.path(), module.path(), &["lock"]);
    assert!(output.status.success());
    let document = run(home.path(), module.path(), &["drift"], 0);
    check("drift", &document);
    assert_eq!(document["findings"], json!([]));

    // A baseline with another gin, without one module and with one too many.
    let text = std::fs::read_to_string(&lock).unwrap();
    let mut lines: Vec<String> = text
        .lines()
        .filter(|line| !line.starts_with("github.com/gin-contrib/sse "))
        .map(|line| line.replace("gin-gonic/gin v1.10.0", "gin-gonic/gin v1.9.0"))
        .collect();
    lines.push("example.com/gone v1.0.0 - -".to_owned());
    std::fs::write(&lock, lines.join("\n") + "\n").unwrap();
    let document = run(home.path(), module.path(), &["drift"], 1);
    check("drift", &document);
    let mut codes: Vec<&str> = document["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["code"].as_str().unwrap())
        .collect();
    codes.sort_unstable();
    assert_eq!(codes, ["module-came", "module-left", "module-raised"]);

    // Without a line of go.sum, and with a requirement below what is selected.
    std::fs::write(&lock, text).unwrap();
    for (file, from, to) in [
        (
            "go.sum",
            "github.com/gin-gonic/gin v1.10.0 h1:",
            "example.com/x v1.10.0 h1:",
        ),
        (
            "go.mod",
            "golang.org/x/sys v0.20.0",
            "golang.org/x/sys v0.6.0",
        ),
    ] {
        let text = std::fs::read_to_string(fixture("gin-app").join(file)).unwrap();
        assert!(text.contains(from));
        std::fs::write(module.path().join(file), text.replace(from, to)).unwrap();
    }
    let document = run(home.path(), module.path(), &["drift"], 1);
    check("drift", &document);
    assert_eq!(document["findings"][0]["code"], "hash-missing");
    assert_ne!(document["updates_needed"], json!([]));
}

#[test]
fn verify() {
    let home = tempfile::tempdir().unwrap();
    let module = tempfile::tempdir().unwrap();
    for file in ["go.mod", "go.sum"] {
        std::fs::copy(fixture("gin-app").join(file), module.path().join(file)).unwrap();
    }
    check("verify", &run(home.path(), module.path(), &["verify"], 0));
    // With findings of several kinds.
    let sums = std::fs::read_to_string(module.path().join("go.sum")).unwrap();
    let go_mod = sums.lines().find(|line| line.contains("/go.mod ")).unwrap();
    std::fs::write(
        module.path().join("go.sum"),
        sums.replace(&format!("{go_mod}\n"), "example.com/x latest h1:x\n"),
    )
    .unwrap();
    std::fs::create_dir(module.path().join("vendor")).unwrap();
    let output = gomod(home.path(), module.path(), &["verify", "--format", "json"]);
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    check("verify", &document);
    assert!(
        document["findings"].as_array().unwrap().len() > 2,
        "{document}"
    );
}

#[test]
fn the_validator_refuses_what_is_wrong() {
    let home = tempfile::tempdir().unwrap();
    let good = run(home.path(), &fixture("gin-app"), &["why", "gin"], 0);
    let schema = schema("why");
    assert_eq!(errors(&schema, &good), [""; 0]);
    let wrong = |change: &dyn Fn(&mut Value)| {
        let mut document = good.clone();
        change(&mut document);
        errors(&schema, &document)
    };
    assert_eq!(
        wrong(&|d| d["schema_version"] = json!(2)),
        ["/schema_version: is not 1"]
    );
    assert_eq!(
        wrong(&|d| d["floors"][0]["path"] = json!("x")),
        ["/floors/0/path: is no array"]
    );
    assert_eq!(
        wrong(&|d| d["more"] = json!(1)),
        ["/more: is not in the schema"]
    );
    let removed = wrong(&|d| {
        d.as_object_mut().unwrap().shift_remove("module");
    });
    assert_eq!(removed, ["/module: is missing"]);
    let plan = self::schema("plan");
    let edit = json!({"edit": "exclude", "path": "x.y/a", "reason": "", "go_mod_edit": ""});
    let mut found = Vec::new();
    validate(
        &plan,
        &plan["$defs"]["edit"],
        &edit,
        &mut String::new(),
        &mut found,
    );
    assert_eq!(found, [": fits 0 of 5 alternatives"]);
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../fixtures")
        .join(name)
}

fn gomod(home: &Path, directory: &Path, arguments: &[&str]) -> std::process::Output {
    gomod_within(Path::new("off"), home, directory, arguments)
}

fn gomod_within(
    go_work: &Path,
    home: &Path,
    directory: &Path,
    arguments: &[&str],
) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_gomod"))
        .env_clear()
        .env("HOME", home)
        .env("GOWORK", go_work)
        .arg("-C")
        .arg(directory)
        .arg("--proxy")
        .arg(fixture("proxy").canonicalize().unwrap())
        .arg("--offline")
        .args(arguments)
        .output()
        .unwrap()
}

/// Runs with `--format json`; the output must be one document that begins with its schema version.
fn run(home: &Path, directory: &Path, arguments: &[&str], code: i32) -> Value {
    run_within(Path::new("off"), home, directory, arguments, code)
}

/// The same where a workspace is in force.
fn run_within(
    go_work: &Path,
    home: &Path,
    directory: &Path,
    arguments: &[&str],
    code: i32,
) -> Value {
    let arguments: Vec<&str> = [arguments, &["--format", "json"]].concat();
    let output = gomod_within(go_work, home, directory, &arguments);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {stderr}");
    let text = String::from_utf8(output.stdout).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let first = document.as_object().unwrap().keys().next();
    assert_eq!(first.map(String::as_str), Some("schema_version"));
    document
}

fn schema(name: &str) -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../docs/schema/{name}.json"));
    let text = std::fs::read_to_string(file).unwrap();
    let schema: Value = serde_json::from_str(&text).unwrap();
    let properties = schema["properties"].as_object().unwrap();
    assert_eq!(properties.keys().next().unwrap(), "schema_version");
    schema
}

fn check(name: &str, document: &Value) {
    assert_eq!(errors(&schema(name), document), [""; 0], "{name}.json");
}

fn errors(schema: &Value, document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    validate(schema, schema, document, &mut String::new(), &mut found);
    found
}

/// Validates `value` at the JSON pointer `at`, and notes each error.
fn validate(
    root: &Value,
    schema: &Value,
    value: &Value,
    at: &mut String,
    errors: &mut Vec<String>,
) {
    let schema = schema.as_object().expect("a schema is an object");
    let here = at.clone();
    let fail = |errors: &mut Vec<String>, what: String| errors.push(format!("{here}: {what}"));
    let mut deeper: Vec<(&Value, String, &Value)> = Vec::new();
    for (keyword, argument) in schema {
        match keyword.as_str() {
            "$schema" | "$defs" | "title" | "description" => {}
            "$ref" => {
                let pointer = argument.as_str().unwrap().strip_prefix('#').unwrap();
                let target = root.pointer(pointer).expect("a $ref that leads nowhere");
                deeper.push((target, String::new(), value));
            }
            "type" => {
                let types: Vec<&str> = match argument {
                    Value::Array(list) => list.iter().map(|t| t.as_str().unwrap()).collect(),
                    one => vec![one.as_str().unwrap()],
                };
                if !types.iter().any(|name| has_type(value, name)) {
                    fail(errors, format!("is no {}", types.join(" or ")));
                }
            }
            "const" if value != argument => fail(errors, format!("is not {argument}")),
            "enum" if !argument.as_array().unwrap().contains(value) => {
                fail(errors, format!("is none of {argument}"));
            }
            "minimum" if value.as_i64() < argument.as_i64() => {
                fail(errors, format!("is below {argument}"))
            }
            "maxItems" if value.as_array().map(|list| list.len() as u64) > argument.as_u64() => {
                fail(errors, format!("has more than {argument} elements"))
            }
            "const" | "enum" | "minimum" | "maxItems" => {}
            "required" => {
                for name in argument.as_array().unwrap() {
                    let name = name.as_str().unwrap();
                    if value.is_object() && value.get(name).is_none() {
                        errors.push(format!("{at}/{name}: is missing"));
                    }
                }
            }
            "properties" => {
                for (name, schema) in argument.as_object().unwrap() {
                    if let Some(value) = value.get(name) {
                        deeper.push((schema, format!("/{name}"), value));
                    }
                }
            }
            "additionalProperties" => {
                assert_eq!(argument, &json!(false), "not supported");
                let known = schema["properties"].as_object().unwrap();
                for name in value.as_object().into_iter().flat_map(|map| map.keys()) {
                    if !known.contains_key(name) {
                        errors.push(format!("{at}/{name}: is not in the schema"));
                    }
                }
            }
            "items" => {
                for (index, value) in value.as_array().into_iter().flatten().enumerate() {
                    deeper.push((argument, format!("/{index}"), value));
                }
            }
            "oneOf" => {
                let list = argument.as_array().unwrap();
                let fits = list.iter().filter(|schema| {
                    let mut found = Vec::new();
                    validate(root, schema, value, &mut String::new(), &mut found);
                    found.is_empty()
                });
                match fits.count() {
                    1 => {}
                    n => fail(errors, format!("fits {n} of {} alternatives", list.len())),
                }
            }
            other => panic!("the keyword {other:?} is not supported"),
        }
    }
    for (schema, step, value) in deeper {
        let length = at.len();
        at.push_str(&step);
        validate(root, schema, value, at, errors);
        at.truncate(length);
    }
}

fn has_type(value: &Value, name: &str) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("the type {other:?} is not supported"),
    }
}
