//! The JSON form of `go.mod` and `go.work`, as `go mod edit -json` and `go work edit -json` print it.

use rustc_hash::FxHashSet;
use serde_json::{Map, Value, json};

use super::go_mod::{GoMod, Replace, ReplaceTarget};
use super::go_work::GoWork;
use crate::syntax::Tree;

impl GoMod {
    /// What `go mod edit -json` prints; [`json_text`] renders it as the go command does.
    ///
    /// Duplicates are left out as in [`GoMod::format`]; lists without entries are `null`.
    pub fn to_json(&self) -> Value {
        let duplicates: FxHashSet<_> = self.duplicates().into_iter().collect();
        let mut out = Map::new();
        let mut module = Map::new();
        let path = self.module.as_ref().map_or("", |m| m.path.as_str());
        module.insert("Path".into(), path.into());
        let deprecated = self.module.as_ref().and_then(|m| m.deprecated.as_deref());
        insert(&mut module, "Deprecated", deprecated);
        out.insert("Module".into(), module.into());
        insert(
            &mut out,
            "Go",
            self.go.as_ref().map(|go| go.version.as_str()),
        );
        insert(
            &mut out,
            "Toolchain",
            self.toolchain.as_ref().map(|t| t.name.as_str()),
        );
        let godebug = list(
            self.godebug
                .iter()
                .filter(|g| !g.key.is_empty())
                .map(|g| json!({"Key": g.key, "Value": g.value})),
        );
        if !godebug.is_null() {
            out.insert("GoDebug".into(), godebug);
        }
        let require = self
            .require
            .iter()
            .filter(|r| !r.path.as_str().is_empty())
            .map(|r| {
                let mut value = module_json(r.path.as_str(), Some(r.version.as_str()));
                if r.indirect {
                    value.insert("Indirect".into(), true.into());
                }
                value.into()
            });
        out.insert("Require".into(), list(require));
        let exclude = self
            .exclude
            .iter()
            .filter(|x| !duplicates.contains(&x.line));
        let exclude = exclude.filter(|x| !x.path.as_str().is_empty());
        let exclude =
            exclude.map(|x| module_json(x.path.as_str(), Some(x.version.as_str())).into());
        out.insert("Exclude".into(), list(exclude));
        let replace = self
            .replace
            .iter()
            .filter(|r| !duplicates.contains(&r.line));
        out.insert("Replace".into(), replace_json(replace));
        let retract = self.retract.iter().map(|r| (&r.written, &r.rationale));
        let retract = retract.filter(|(written, _)| !written.0.is_empty() || !written.1.is_empty());
        let retract = retract.map(|((low, high), rationale)| {
            let mut value = Map::new();
            insert(&mut value, "Low", Some(low));
            insert(&mut value, "High", Some(high));
            insert(&mut value, "Rationale", Some(rationale));
            value.into()
        });
        out.insert("Retract".into(), list(retract));
        let tool = self.tool.iter().filter(|t| !duplicates.contains(&t.line));
        out.insert("Tool".into(), list(tool.map(|t| json!({"Path": t.path}))));
        let ignore = self.ignore.iter().filter(|i| !duplicates.contains(&i.line));
        out.insert(
            "Ignore".into(),
            list(ignore.map(|i| json!({"Path": i.path}))),
        );
        out.into()
    }
}

impl GoMod {
    /// The text that `go mod edit -json` prints.
    pub fn json_text(&self) -> String {
        escape_invalid(self.to_json(), &self.tree)
    }
}

impl GoWork {
    /// The text that `go work edit -json` prints.
    pub fn json_text(&self) -> String {
        escape_invalid(self.to_json(), &self.tree)
    }

    /// What `go work edit -json` prints: its toolchain and settings are not part of it.
    pub fn to_json(&self) -> Value {
        let duplicates: FxHashSet<_> = self.duplicates().into_iter().collect();
        let mut out = Map::new();
        insert(
            &mut out,
            "Go",
            self.go.as_ref().map(|go| go.version.as_str()),
        );
        let uses = self.uses.iter().filter(|u| !u.path.is_empty());
        out.insert(
            "Use".into(),
            list(uses.map(|u| json!({"DiskPath": u.path}))),
        );
        let replace = self
            .replace
            .iter()
            .filter(|r| !duplicates.contains(&r.line));
        out.insert("Replace".into(), replace_json(replace));
        out.into()
    }
}

/// Renders a value as the go command prints JSON: indented by tabs, `<`, `>` and `&` escaped, with a
/// final newline.
pub fn json_text(value: &Value) -> String {
    let mut bytes = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"\t");
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, formatter);
    // Writing a value to memory cannot fail: its keys are strings.
    let _ = serde::Serialize::serialize(value, &mut serializer);
    let text = String::from_utf8(bytes).unwrap_or_default();
    let mut out = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        match c {
            '<' => out.push_str("\\u003c"),
            '>' => out.push_str("\\u003e"),
            '&' => out.push_str("\\u0026"),
            '\u{2028}' => out.push_str("\\u2028"),
            '\u{2029}' => out.push_str("\\u2029"),
            c => out.push(c),
        }
    }
    out.push('\n');
    out
}

/// Go writes U+FFFD as an escape where it stands for a byte that is no UTF-8, else as it is.
fn escape_invalid(mut json: Value, tree: &Tree) -> String {
    let text = json_text(&json);
    if tree.is_utf8() || !text.contains(char::REPLACEMENT_CHARACTER) {
        return text;
    }
    // While the text is made, a character that it lacks stands for the escape.
    let Some(mark) = ('\u{fdd0}'..='\u{fdef}').find(|mark| !text.contains(*mark)) else {
        return text;
    };
    mark_invalid(&mut json, &tree.sound_replacements(), &mark.to_string());
    json_text(&json).replace(mark, "\\ufffd")
}

fn mark_invalid(json: &mut Value, sound: &FxHashSet<String>, mark: &str) {
    match json {
        Value::String(text) if !sound.contains(text) => {
            *text = text.replace(char::REPLACEMENT_CHARACTER, mark);
        }
        Value::Array(list) => list.iter_mut().for_each(|v| mark_invalid(v, sound, mark)),
        Value::Object(map) => map.values_mut().for_each(|v| mark_invalid(v, sound, mark)),
        _ => {}
    }
}

fn replace_json<'a>(replace: impl Iterator<Item = &'a Replace>) -> Value {
    list(replace.filter(|r| !r.path.as_str().is_empty()).map(|r| {
        let old = module_json(r.path.as_str(), r.version.as_ref().map(|v| v.as_str()));
        let new = match &r.target {
            ReplaceTarget::Module(m) => module_json(m.path.as_str(), Some(m.version.as_str())),
            ReplaceTarget::Directory(directory) => module_json(directory, None),
        };
        json!({"Old": old, "New": new})
    }))
}

fn module_json(path: &str, version: Option<&str>) -> Map<String, Value> {
    let mut out = Map::new();
    out.insert("Path".into(), path.into());
    insert(&mut out, "Version", version);
    out
}

/// Inserts a text unless it is empty.
fn insert(map: &mut Map<String, Value>, key: &str, text: Option<&str>) {
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        map.insert(key.into(), text.into());
    }
}

/// A list, `null` when it is empty.
fn list(values: impl Iterator<Item = Value>) -> Value {
    let values: Vec<Value> = values.collect();
    if values.is_empty() {
        Value::Null
    } else {
        values.into()
    }
}
