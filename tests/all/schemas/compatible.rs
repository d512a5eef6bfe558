//! Whether what a schema promises, a later one still promises: a consumer that was written by the former understands what
//! the latter describes, if it ignores properties that it does not know.

use std::collections::BTreeSet;

use serde_json::Value;

/// Every promise that is broken: the place, and how.
pub(super) fn broken(released: &Value, now: &Value) -> Vec<String> {
    let mut comparison = Comparison { released, now, seen: BTreeSet::new(), broken: Vec::new() };
    comparison.compare("detail", released, now);
    comparison.broken
}

struct Comparison<'a> {
    released: &'a Value,
    now: &'a Value,
    /// Definitions compared already: they may name themselves.
    seen: BTreeSet<(String, String)>,
    broken: Vec<String>,
}

/// What a `$ref` names, else the schema itself.
fn resolved<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let name = schema["$ref"].as_str().and_then(|path| path.strip_prefix('#'));
    name.and_then(|path| root.pointer(path)).unwrap_or(schema)
}

/// The alternatives of `anyOf` and `oneOf`, else the schema alone.
fn alternatives<'a>(root: &'a Value, schema: &'a Value) -> Vec<&'a Value> {
    let schema = resolved(root, schema);
    let several = schema["anyOf"].as_array().or_else(|| schema["oneOf"].as_array());
    several.map_or_else(|| vec![schema], |several| several.iter().collect())
}

/// The types that a schema allows, as text.
fn types(root: &Value, schema: &Value) -> BTreeSet<String> {
    let mut types = BTreeSet::new();
    for schema in alternatives(root, schema) {
        match &resolved(root, schema)["type"] {
            Value::String(one) => types.extend([one.clone()]),
            Value::Array(several) => types.extend(several.iter().filter_map(text)),
            _ => {}
        }
    }
    types
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// The words that a schema allows; empty: any.
fn words(root: &Value, schema: &Value) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for schema in alternatives(root, schema) {
        let schema = resolved(root, schema);
        words.extend(schema["enum"].as_array().into_iter().flatten().filter_map(text));
        words.extend(text(&schema["const"]));
    }
    words
}

impl Comparison<'_> {
    fn compare(&mut self, place: &str, before: &Value, after: &Value) {
        let key = (before.to_string(), after.to_string());
        if !self.seen.insert(key) {
            return;
        }
        let (was, is) = (types(self.released, before), types(self.now, after));
        if !is.is_subset(&was) || (is.is_empty() && !was.is_empty()) {
            self.broken.push(format!("{place}: was {was:?}, is {is:?}"));
        }
        let (was, is) = (words(self.released, before), words(self.now, after));
        if !was.is_empty() && (is.is_empty() || !is.is_subset(&was)) {
            self.broken.push(format!("{place}: one of {was:?}, now of {is:?}"));
        }
        let (before, after) = (resolved(self.released, before), resolved(self.now, after));
        let (old, new) = (before["format"].as_str(), after["format"].as_str());
        if old.is_some() && old != new {
            self.broken.push(format!("{place}: its format was {old:?}, is {new:?}"));
        }
        let required = |schema: &Value| -> BTreeSet<String> {
            schema["required"].as_array().into_iter().flatten().filter_map(text).collect()
        };
        for name in required(before).difference(&required(after)) {
            self.broken.push(format!("{place}.{name}: was always there"));
        }
        for (name, before) in before["properties"].as_object().into_iter().flatten() {
            let place = format!("{place}.{name}");
            match after["properties"].get(name) {
                Some(after) => self.compare(&place, before, after),
                None => self.broken.push(format!("{place}: is gone")),
            }
        }
        for inner in ["items", "additionalProperties"] {
            if before[inner].is_object() {
                self.compare(&format!("{place}[]"), &before[inner], &after[inner]);
            }
        }
    }
}

#[test]
fn every_way_to_break_a_promise_is_found() {
    let released = serde_json::json!({
        "type": "object",
        "properties": {
            "id": {"type": "string"},
            "status": {"$ref": "#/$defs/Status"},
            "at": {"type": "string", "format": "date-time"},
            "names": {"type": "array", "items": {"type": "string"}},
            "link": {"anyOf": [{"$ref": "#/$defs/Link"}, {"type": "null"}]},
        },
        "required": ["id", "status"],
        "$defs": {
            "Status": {"oneOf": [{"type": "string", "const": "active"}, {"type": "string", "const": "ended"}]},
            "Link": {"type": "object", "properties": {"basis": {"type": "string"}}},
        },
    });
    let cases: [(&str, Value, &[&str]); 10] = [
        ("/description", "in other words".into(), &[]),
        ("/properties/more", serde_json::json!({"type": "string"}), &[]),
        ("/required/2", "at".into(), &[]),
        ("/$defs/Status/oneOf/1", serde_json::json!({"type": "string", "const": "active"}), &[]),
        ("/required/1", "at".into(), &["detail.status: was always there"]),
        ("/properties/id/type", "integer".into(), &["detail.id: was"]),
        ("/properties/at/format", "date".into(), &["detail.at: its format"]),
        ("/properties/names/items/type", "object".into(), &["detail.names[]: was"]),
        (
            "/$defs/Status/oneOf/2",
            serde_json::json!({"type": "string", "const": "paused"}),
            &["detail.status: one of"],
        ),
        ("/$defs/Status", serde_json::json!({"type": "string"}), &["detail.status: one of"]),
    ];
    for (pointer, value, expected) in cases {
        let mut now = released.clone();
        set(&mut now, pointer, value);
        let found = broken(&released, &now);
        assert_eq!(found.len(), expected.len(), "{pointer}: {found:?}");
        assert!(found[..].iter().zip(expected).all(|(found, begin)| found.starts_with(begin)));
    }
    let mut gone = released.clone();
    gone["properties"].as_object_mut().unwrap().remove("link");
    assert_eq!(broken(&released, &gone), ["detail.link: is gone"]);
}

/// Puts a value at a place, making it if it is not there.
#[cfg(test)]
fn set(root: &mut Value, pointer: &str, value: Value) {
    let (parent, last) = pointer.rsplit_once('/').expect("a pointer");
    let parent = root.pointer_mut(parent).expect("the parent is there");
    match parent {
        Value::Array(items) => {
            let at: usize = last.parse().expect("a number");
            items.truncate(items.len().max(at));
            if at < items.len() {
                items[at] = value;
            } else {
                items.push(value);
            }
        }
        parent => parent[last] = value,
    }
}
