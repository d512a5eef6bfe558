//! `replay` and `opportunity import`: what is taken in, from where, and what is said about it.

use std::fs;

use serde_json::json;

use crate::golden::Transcript;
use crate::resold::{Done, Folder, events};

fn event(id: u32) -> String {
    event_with(id, "")
}

/// A notification in one line.
fn event_with(id: u32, text: &str) -> String {
    let detail = json!({"disbursement": {"reason": text}});
    let event = json!({"version": "0", "id": format!("event-{id}"), "source": "aws.marketplace",
        "detail-type": "Disbursement Paused", "time": "2026-12-03T09:14:05Z", "account": "111122223333",
        "detail": detail, "number": id});
    event.to_string()
}

fn pretty(text: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(text).expect("JSON");
    serde_json::to_string_pretty(&value).expect("JSON")
}

fn replayed(folder: &Folder, paths: &[&str]) -> Done {
    folder.run(&[&["--format", "json", "--quiet", "replay"], paths].concat())
}

fn is_sound(folder: &Folder) {
    let done = folder.run(&["ledger", "verify"]);
    assert_eq!(done.code, Some(0), "{done:?}");
}

#[test]
fn every_shape_on_every_way() {
    let (one, two, three) = (event(1), event(2), event(3));
    let message = |event: &str| json!({"MessageId": "m", "Body": event}).to_string();
    let record = |event: &str| json!({"messageId": "m", "body": event}).to_string();
    let records = format!(r#"{{"Records":[{},{}]}}"#, record(&one), record(&two));
    let entity =
        fs::read_to_string(events().join("happy-path/01-opportunity.json")).expect("there");
    #[rustfmt::skip]
    let cases = [
        ("an event",                    one.clone(), "1"),
        ("a pretty event",              pretty(&one), "1"),
        ("an SQS message",              pretty(&message(&one)), "1"),
        ("a Lambda event",              pretty(&records), "2"),
        ("what receive-message prints", pretty(&format!(r#"{{"Messages":[{},{}]}}"#, message(&one), message(&two))), "2"),
        ("an array",                    pretty(&format!("[{one},{},{records}]", message(&three))), "4"),
        ("a described authorization",   entity.clone(), "1"),
        ("JSON lines",                  format!("{one}\n{two}\n{three}\n"), "3"),
        ("no final line break",         format!("{one}\n{two}"), "2"),
        ("lines of Windows",            format!("\u{feff}{one}\r\n\r\n{two}\r\n"), "2"),
        ("JSON lines of anything",      format!("{one}\n{}\n{records}\n[{three}]\n", message(&two)), "5"),
        ("pretty ones in a row",        format!("{}\n{}{}", pretty(&one), pretty(&records), pretty(&three)), "4"),
        ("lines, then a pretty one",    format!("{one}\n{}\n{entity}\n", pretty(&two)), "3"),
        ("none",                        String::new(), "0"),
        ("an empty list",               "[]\n{\"Records\":[]}".to_owned(), "0"),
    ];
    for (name, text, received) in cases {
        for file in ["a.json", "a.jsonl", "a.txt", "-"] {
            let folder = Folder::new("shapes");
            let done = if file == "-" {
                folder.pipe(text.as_bytes(), &["--format", "json", "--quiet", "replay", "-"])
            } else {
                folder.write(file, &text);
                replayed(&folder, &[file])
            };
            let summary: serde_json::Value = serde_json::from_str(&done.stdout).expect("JSON");
            assert_eq!(summary["received"].to_string(), received, "{name} in {file}: {done:?}");
            for kind in ["quarantined", "unknown", "unreadable"] {
                assert_eq!(summary[kind], 0, "{name} in {file}: {kind}");
            }
        }
    }
}

#[test]
fn what_is_broken_is_kept_and_harms_no_neighbour() {
    let (one, two) = (event(1), event(2));
    let cut = &one[..one.len() - 20];
    let two_pretty = pretty(&two);
    let cut_pretty = &two_pretty[..two_pretty.len() - 30];
    #[rustfmt::skip]
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("a cut line",        format!("{cut}\n{two}\n").into(),          "applied 1, quarantined 1"),
        ("cut at the end",    format!("{two}\n{cut}").into(),            "applied 1, quarantined 1"),
        ("cut, then pretty",  format!("{cut}\n{two_pretty}\n").into(),   "applied 1, quarantined 1"),
        ("a cut pretty one",  format!("{cut_pretty}\n{one}\n").into(),   "applied 1, quarantined 1"),
        ("no JSON",           format!("{one}\nhello\n{two}\n").into(),   "applied 2, quarantined 1"),
        ("a tail",            format!("{one} hello\n{two}\n").into(),    "applied 2, quarantined 1"),
        ("NUL",               format!("{one}\n\0\n{two}\n").into(),      "applied 2, quarantined 1"),
        ("no text",           [one.as_bytes(), b"\n\xff\xfe\n", two.as_bytes()].concat(), "applied 2, quarantined 1"),
        ("no text within",    [b"{\"a\":\"\xff\"}\n", two.as_bytes()].concat(), "applied 1, quarantined 1"),
    ];
    for (name, bytes, expected) in cases {
        let folder = Folder::new("broken");
        folder.write("a.json", &bytes);
        let done = replayed(&folder, &["a.json"]);
        let counts = done.counts();
        let outcome = |part: &&str| part.starts_with("applied") || part.starts_with("quarantined");
        let found: Vec<&str> = counts.split(", ").filter(outcome).collect();
        assert_eq!(found.join(", "), expected, "{name}: {counts}");
        assert_eq!(done.code, Some(1), "{name}");
        is_sound(&folder);
    }
}

/// Longer than 16 MiB: an archive in one file that is not named .jsonl.
#[test]
fn a_long_file_is_taken_in_whatever_its_name() {
    let folder = Folder::new("long");
    let padding = "x".repeat(1_900);
    let mut archive = String::new();
    for round in 0..10 {
        for id in 0..10 {
            archive.push_str(&event_with(id, &padding));
            archive.push('\n');
        }
        archive.push_str(&" ".repeat(2_000_000));
        archive.extend(["[", &event(100 + round), "]\n"]);
    }
    assert!(archive.len() > 18 * 1_048_576);
    folder.write("archive.json", &archive);
    let done = replayed(&folder, &["archive.json"]);
    assert!(done.counts().contains("received 110"), "{done:?}");
    assert!(!done.counts().contains("unreadable"), "{done:?}");
}

#[test]
fn a_document_that_is_too_long_is_said_and_the_next_one_taken() {
    let folder = Folder::new("too-long");
    let long = format!("[{}1]", "1,\n".repeat(6_000_000));
    folder.write("a.json", format!("{}\n{long}{}\n", event(1), event(2)));
    let done = folder.run(&["replay", "a.json"]);
    assert_eq!(done.code, Some(1));
    assert!(done.stderr.contains("`a.json`, line 2: left out: a document may have at most 16 MiB"));
    assert!(done.stderr.contains("jq -c '.[]'"), "{}", done.stderr);
    assert!(done.stdout.contains("applied              2"), "{}", done.stdout);
    assert!(done.stdout.contains("unreadable           1"), "{}", done.stdout);
}

#[test]
fn a_wrong_path_is_told_before_anything_is_done() {
    let folder = Folder::new("wrong-path");
    folder.write("good.json", event(1));
    for paths in [&["good.json", "missing.json"][..], &["good.json", "good.json/x"], &["missing"]] {
        let done = replayed(&folder, paths);
        assert_eq!((done.code, done.stdout.as_str()), (Some(2), ""), "{paths:?}");
        let name = paths.last().expect("a path");
        assert!(done.stderr.contains(&format!("could not read `{name}`")), "{}", done.stderr);
        assert!(!folder.path("resold.db").exists(), "{paths:?} made a ledger");
    }
    let done = folder.run(&["opportunity", "import", "missing.json"]);
    assert_eq!(done.code, Some(2));
    assert!(!folder.path("resold.db").exists());
}

#[test]
fn folders_are_read_in_the_order_of_names() {
    let folder = Folder::new("folders");
    folder.write("in/b/2.jsonl", event(2));
    folder.write("in/a/1.JSON", event(1));
    folder.write("in/c.ndjson", event(3));
    folder.write("in/notes.txt", "hello");
    folder.write("empty/notes.txt", "hello");
    std::os::unix::fs::symlink(folder.path("in"), folder.path("in/back")).expect("a link");
    let done = replayed(&folder, &["in"]);
    assert!(done.counts().contains("received 3"), "{done:?}");
    let done = replayed(&folder, &["empty"]);
    assert!(done.stderr.contains("no .json, .jsonl or .ndjson file in `empty`"), "{done:?}");
}

/// What is parked when it comes in and applied before the end is applied.
#[test]
fn the_summary_says_how_things_ended() {
    let license = r#"{"version":"0","id":"l-1","detail-type":"License Updated - Manufacturer",
        "source":"aws.agreement-marketplace","account":"111122223333","time":"2026-12-08T09:00:00Z",
        "detail":{"requestId":"r-1","catalog":"AWSMarketplace",
        "license":{"arn":"arn:aws:license-manager::294406891311:license:l-0123456789abcdef0123456789abcdef"}}}"#;
    let folder = Folder::new("summary");
    folder.scenario("parked-license");
    let mut said = Transcript::default();
    // Each file alone, in the reverse order of what could be applied at once.
    let mut files: Vec<String> = fs::read_dir(folder.path("parked-license"))
        .expect("the folder can be read")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| name.starts_with('0'))
        .map(|name| format!("parked-license/{name}"))
        .collect();
    files.sort();
    files.reverse();
    said.run(&folder, &format!("replay --batch 1 {}", files.join(" ")));
    said.run(&folder, &format!("replay --batch 100 {}", files.join(" ")));
    folder.write("license.json", license);
    said.run(&folder, "replay license.json");
    said.run(&folder, "--quiet replay license.json");
    folder.write("hello.txt", "hello\n");
    said.run(&folder, "replay hello.txt");
    said.run(&folder, "--format json replay hello.txt");
    folder.scenario("happy-path");
    said.run(&folder, "replay --backfill happy-path");
    said.run(&folder, "--format json replay --backfill happy-path");
    said.run(&folder, "opportunity import happy-path/01-opportunity.json");
    said.run(&folder, "opportunity import happy-path");
    said.check("replay.txt");
}

#[test]
fn nothing_of_a_refused_description_is_kept() {
    let folder = Folder::new("refused-description");
    let refused = r#"{
        "EntityType": "ResaleAuthorization@1.0",
        "EntityIdentifier": "resaleauthz-refused000001@1",
        "LastModifiedDate": "not a time",
        "DetailsDocument": {
            "AgreementToken": "token-that-must-not-be-kept",
            "Terms": [{"Type": "BuyerLegalTerm", "Documents": [{"Type": "CustomEula",
                "Url": "https://example-eulas.s3.amazonaws.com/eula.pdf?signature-that-must-not-be-kept"}]}]
        }
    }"#;
    folder.write("refused.json", refused);

    let done = folder.run(&["replay", "refused.json"]);

    assert_eq!(done.code, Some(1), "something needs a person: {done:?}");
    assert!(done.stdout.contains("unreadable           1"), "{done:?}");
    assert!(done.stderr.contains("refused.json"), "it names the file: {done:?}");
    for entry in fs::read_dir(folder.path("")).expect("the folder can be read") {
        let path = entry.expect("an entry").path();
        if path.extension().is_some_and(|end| end == "json") {
            continue;
        }
        let kept = fs::read(&path).expect("the file can be read");
        let has = |word: &str| kept.windows(word.len()).any(|part| part == word.as_bytes());
        assert!(!has("that-must-not-be-kept"), "{} keeps a secret", path.display());
    }
    assert!(!done.stderr.contains("that-must-not-be-kept"), "{done:?}");
}

#[test]
fn progress_is_for_terminals() {
    let folder = Folder::new("no-progress");
    folder.write("a.json", event(1));
    let done = folder.run(&["replay", "a.json"]);
    assert_eq!((done.stderr.matches('\r').count(), done.stderr.matches('\u{1b}').count()), (0, 0));
}
