//! Text from outside never reaches a terminal raw: not from a notification, an argument, a variable or a file's name.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;

use serde_json::{Value, json};

use crate::resold::{Done, Folder, events};

/// Colour, a title, a carriage return, a line break, backspace, delete, C1 controls, and what turns or parts lines.
const HOSTILE: &str = "\u{1b}[31m\u{1b}]0;title\u{7}\r\n\t\u{8}\u{7f}\u{9b}31m\u{85}\u{202e}\u{2066}\u{200f}\u{61c}\u{2028}\u{feff}";

/// Scenarios that together have every kind of item in them.
const SCENARIOS: [&str; 8] = [
    "happy-path",
    "two-opportunities-unsettled",
    "cancellation-request-approved",
    "billing-adjustment",
    "change-set",
    "disbursement-paused",
    "unknown-type",
    // With bytes that are no text, and NUL as it is.
    "hostile-bodies",
];

/// Nothing but text and line breaks on either stream.
fn assert_harmless(what: &str, done: &Done) {
    let is_harmless = |c: char| {
        let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        let parts = matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}');
        c == '\n' || !(c.is_control() || turns || parts)
    };
    let raw: String =
        done.stdout.chars().chain(done.stderr.chars()).filter(|c| !is_harmless(*c)).collect();
    assert!(raw.is_empty(), "{what} printed {raw:?} raw: {done:?}");
    assert!(!done.stderr.contains("panicked"), "{what}: {done:?}");
}

/// The document with hostile text behind one of its strings, or in one of its keys: one variant for each.
fn variants(document: &Value) -> Vec<Value> {
    match document {
        Value::String(text) => vec![Value::String(format!("{text}{HOSTILE}"))],
        Value::Array(items) => {
            let with = |place: usize, item: Value| {
                let mut items = items.clone();
                items[place] = item;
                Value::Array(items)
            };
            let each = items.iter().enumerate();
            each.flat_map(|(place, item)| variants(item).into_iter().map(move |item| (place, item)))
                .map(|(place, item)| with(place, item))
                .collect()
        }
        Value::Object(fields) => {
            let mut all = Vec::new();
            for (key, value) in fields {
                for variant in variants(value) {
                    let mut fields = fields.clone();
                    fields.insert(key.clone(), variant);
                    all.push(Value::Object(fields));
                }
            }
            let mut more = fields.clone();
            more.insert(HOSTILE.to_owned(), json!({ HOSTILE: HOSTILE }));
            all.push(Value::Object(more));
            all
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

/// The document with hostile text behind everything that people wrote, said later than anything else.
fn everywhere(document: &Value) -> Value {
    let written = |(key, value): (&String, &Value)| {
        let value = match (key.as_str(), value) {
            ("time" | "LastModifiedDate", Value::String(_)) => json!("2026-12-19T00:00:00Z"),
            ("detail-type", _) => value.clone(),
            (_, Value::String(text)) if text.contains(' ') => json!(format!("{text}{HOSTILE}")),
            _ => everywhere(value),
        };
        (key.clone(), value)
    };
    match document {
        Value::Object(fields) => fields.iter().map(written).collect(),
        Value::Array(items) => items.iter().map(everywhere).collect(),
        _ => document.clone(),
    }
}

/// A ledger of the scenarios and of every variant of each of their documents.
fn ledger(folder: &Folder) {
    let mut lines = String::new();
    for scenario in SCENARIOS {
        folder.scenario(scenario);
        for entry in fs::read_dir(events().join(scenario)).expect("the scenario is there") {
            let path = entry.expect("an entry").path();
            if path.extension() != Some(OsStr::new("json")) {
                continue;
            }
            let bytes = fs::read(path).expect("it can be read");
            let Ok(document) = serde_json::from_slice::<Value>(&bytes) else { continue };
            for variant in variants(&document).into_iter().chain([everywhere(&document)]) {
                lines.extend([&variant.to_string(), "\n"]);
            }
        }
        let done = folder.run(&["replay", scenario]);
        assert!(matches!(done.code, Some(0 | 1)), "{done:?}");
    }
    folder.write("variants.jsonl", &lines);
    let done = folder.run(&["replay", "variants.jsonl"]);
    assert_eq!(done.code, Some(1), "{done:?}");
    assert_harmless("replay", &done);
}

/// Runs a command for people and for programs; returns how often hostile text was written out in what was printed.
fn read(folder: &Folder, arguments: &[&str]) -> usize {
    let what = arguments.join(" ");
    let table = folder.run(arguments);
    assert!(matches!(table.code, Some(0 | 1)), "{what}: {table:?}");
    assert_harmless(&what, &table);
    let done = folder.run(&[arguments, &["--format", "json"]].concat());
    assert_harmless(&format!("{what} as JSON"), &done);
    for document in done.stdout.lines().filter(|_| arguments == ["ledger", "export"]) {
        serde_json::from_str::<Value>(document).expect("a line is JSON");
    }
    if arguments != ["ledger", "export"] {
        serde_json::from_str::<Value>(&done.stdout).expect("it is JSON");
    }
    table.stdout.matches("\\u{1b}").count() + done.stdout.matches("\\u001b").count()
}

fn ids(folder: &Folder, list: &[&str]) -> Vec<String> {
    let done = folder.run(&[list, &["--limit", "500", "--format", "json"]].concat());
    let listing: Value = serde_json::from_str(&done.stdout).expect(&done.stderr);
    let items = listing["items"].as_array().expect("items");
    items.iter().map(|item| item["id"].as_str().expect("an id").to_owned()).collect()
}

#[test]
fn what_notifications_say_is_written_out() {
    let folder = Folder::new("hostile-contents");
    ledger(&folder);
    let mut written_out = Vec::new();
    let mut look =
        |arguments: &[&str]| written_out.push((arguments.join(" "), read(&folder, arguments)));
    for noun in ["opportunity", "offer", "agreement", "entitlement", "deal", "partner"] {
        look(&[noun, "list"]);
        for id in ids(&folder, &[noun, "list"]) {
            look(&[noun, "show", &id]);
            if noun == "offer" {
                look(&["offer", "explain", &id]);
            }
        }
    }
    look(&["findings"]);
    for id in ids(&folder, &["findings"]).iter().step_by(10) {
        look(&["findings", "show", id]);
    }
    look(&["inbox", "list", "--limit", "500"]);
    for id in ids(&folder, &["inbox", "list"]).iter().step_by(15) {
        look(&["inbox", "show", id, "--body"]);
    }
    for other in [
        &["doctor"][..],
        &["ledger", "verify"],
        &["ledger", "export"],
        &["inbox", "redrive", "--all"],
    ] {
        look(other);
    }
    let shown = |command: &str| -> usize {
        written_out
            .iter()
            .filter(|(what, _)| what.starts_with(command))
            .map(|(_, count)| count)
            .sum()
    };
    for command in [
        "opportunity show",
        "offer show",
        "deal show",
        "partner list",
        "findings",
        "findings show",
        "inbox list",
        "inbox show",
        "ledger export",
    ] {
        assert!(shown(command) > 0, "{command} met no hostile text: {written_out:?}");
    }
}

/// What was typed, in every place where a text can be typed.
#[test]
fn what_is_typed_is_written_out() {
    let folder = Folder::new("hostile-typed");
    folder.scenario("happy-path");
    assert_eq!(folder.run(&["replay", "happy-path"]).code, Some(0));
    let cases: [&[&str]; 33] = [
        &["opportunity", "show", HOSTILE],
        &["offer", "show", HOSTILE],
        &["offer", "explain", HOSTILE],
        &["offer", "link", HOSTILE, HOSTILE, "--why", HOSTILE, "--who", HOSTILE],
        &["offer", "unlink", "offer-1", "resaleauthz-1", "--why", HOSTILE, "--who", HOSTILE],
        &["agreement", "show", HOSTILE],
        &["entitlement", "show", HOSTILE],
        &["deal", "show", HOSTILE],
        &["partner", "show", HOSTILE],
        &["findings", "show", HOSTILE],
        &["findings", "acknowledge", HOSTILE, "--why", HOSTILE],
        &["findings", "--kind", HOSTILE],
        &["findings", "--subject", HOSTILE],
        &["inbox", "show", HOSTILE],
        &["inbox", "redrive", HOSTILE],
        &["inbox", "list", "--reason", HOSTILE],
        &["inbox", "list", "--cursor", HOSTILE],
        &["inbox", "erase", HOSTILE, "--why", HOSTILE, "--who", HOSTILE],
        &["offer", "list", "--cursor", HOSTILE],
        &["offer", "list", "--status", HOSTILE],
        &["offer", "list", "--product", HOSTILE],
        &["ledger", "verify", "--against", HOSTILE],
        &["ledger", "checkpoint", "no/such/\u{1b}[31m"],
        &["init", "--runtime-role", HOSTILE],
        &["deal", "list", "--ledger", HOSTILE],
        &["deal", "list", "--ledger", "postgres://\u{1b}[31m@127.0.0.1:1/\u{9b}31m\u{202e}"],
        &["deal", "list", "--ledger", "\u{1b}[31m://x"],
        &["deal", "list", "--effective", HOSTILE],
        &["queue", "send", "--queue", HOSTILE, "a.json"],
        &["queue", "peek", "--queue", HOSTILE],
        &["queue", "send", "--dry-run", "--queue", "http://127.0.0.1:1/111122223333/q", HOSTILE],
        &["completions", HOSTILE],
        &[HOSTILE, HOSTILE],
    ];
    for arguments in cases {
        for format in ["table", "json"] {
            let done = folder.run(&[arguments, &["--format", format]].concat());
            assert_harmless(&format!("{arguments:?}"), &done);
        }
    }
    let why = ["offer", "link", "offer-happyat9bsd4v", "resaleauthz-happyjioo4641"];
    let linked = folder.run(&[&why[..], &["--who", HOSTILE, "--why", HOSTILE]].concat());
    assert_eq!(linked.code, Some(0), "{linked:?}");
    assert!(read(&folder, &["deal", "show", "offer-happyat9bsd4v"]) > 0, "who and why are shown");

    for name in ["RESOLD_LEDGER", "RESOLD_ACCOUNTS"] {
        let mut command = folder.command(&["deal", "list"]);
        // As on a terminal that shows colour.
        let done: Done = command
            .env(name, HOSTILE)
            .env("CLICOLOR_FORCE", "1")
            .args(["--color", "never"])
            .output()
            .expect("it runs")
            .into();
        assert_eq!(done.code, Some(2), "{done:?}");
        assert_harmless(name, &done);
    }
}

/// Names of files and folders, also such as are no text, and documents that cannot be used.
#[test]
fn names_of_files_are_written_out() {
    let folder = Folder::new("hostile-files");
    let refused = json!({ "EntityType": "ResaleAuthorization@1.0", "EntityIdentifier": HOSTILE, "Details": "{}" });
    let skipped = json!({ "EntityDetails": { HOSTILE: { "EntityType": HOSTILE } },
        "Errors": { HOSTILE: { "ErrorCode": HOSTILE, "ErrorMessage": HOSTILE } } });
    let name = HOSTILE.replace('\n', "");
    folder.write(&format!("in{name}/{name}.json"), format!("{refused}\n{skipped}\n\u{1b}[31m\n"));
    let bytes = OsStr::from_bytes(b"in\xff\x1b[31m.json");
    fs::write(folder.path("").join(bytes), skipped.to_string()).expect("a file");
    let dry = ["queue", "send", "--dry-run", "--queue", "http://127.0.0.1:1/111122223333/q", "."];
    for command in [&["replay", "."][..], &["opportunity", "import", "."], &dry] {
        let done = folder.run(command);
        assert_harmless(&command.join(" "), &done);
        assert!(done.stderr.contains("\\u{1b}[31m"), "{done:?}");
        let mut named = folder.command(command);
        let done: Done = named.arg(bytes).output().expect("it runs").into();
        assert_harmless(&command.join(" "), &done);
    }
}
