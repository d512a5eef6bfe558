use std::fs;
use std::path::Path;

use deal::public::PublicEvent;
use ledger::row::{Cause, EventRow};
use ledger::seal::{GENESIS, event_id};
use marketplace::digest::Digest;

use super::*;

const STREAM: &str = "agreement/agmt-1";

fn row(detail_type: &str, payload: &str) -> Unpublished {
    let event = EventRow {
        stream: StreamId::try_from(STREAM.to_owned()).unwrap(),
        version: 7,
        event_id: event_id(STREAM, 7),
        kind: format!("public/{detail_type}"),
        schema: 1,
        payload: payload.to_owned(),
        cause: Cause::Notification(Digest::of(b"cause")).to_string(),
        // 2026-12-01T10:00:00Z, and a bit later.
        occurred_at: 1_796_119_200_000_000,
        recorded_at: 1_796_119_201_000_250,
        previous: GENESIS,
        hash: GENESIS,
    };
    Unpublished { event, detail_type: detail_type.to_owned(), attempts: 0 }
}

/// What is published of each public event, byte for byte. Consumers rely on it: a difference is a new schema.
#[test]
fn every_public_event_has_its_golden_entry() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut names = 0;
    for file in fs::read_dir(here.join(format!("../deal/golden/{}", deal::event::SCHEMA))).unwrap()
    {
        let path = file.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let Some(name) = stem.strip_prefix("public-") else { continue };
        let payload: String =
            fs::read_to_string(&path).unwrap().lines().map(str::trim_start).collect();
        let title = |word: &str| word[..1].to_uppercase() + &word[1..];
        let detail_type = name.split('-').map(title).collect::<Vec<_>>().join(" ");
        let entry = Entry::of(&row(&detail_type, &payload)).unwrap();
        let Entry { event_id, detail_type, time, detail, .. } = &entry;
        let text = format!(
            "Source: {SOURCE}\nDetailType: {detail_type}\nTime: {time}\nDetail: {detail}\n"
        );
        let golden = here.join("golden").join(format!("{name}.txt"));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&golden, &text).unwrap();
        }
        let golden = fs::read_to_string(&golden).unwrap_or_default();
        assert_eq!(text, golden, "{name}: if this is meant, UPDATE_GOLDEN=1");
        let read: serde_json::Value = serde_json::from_str(detail).unwrap();
        assert_eq!(read["event_id"], **event_id);
        assert_eq!(read["data"], serde_json::from_str::<serde_json::Value>(&payload).unwrap());
        names += 1;
    }
    assert_eq!(names, PublicEvent::DETAIL_TYPES.len(), "one for each public event");
}

#[test]
fn an_entry_is_as_long_as_eventbridge_counts_it() {
    let entry = Entry::of(&row("Offer Received", r#"{"ä":1.50}"#)).unwrap();
    assert!(entry.detail.ends_with(r#""schema":1,"data":{"ä":1.50}}"#), "{}", entry.detail);
    // The time, "resold", "Offer Received", and the bytes of the detail.
    assert_eq!(entry.size(), 14 + 6 + 14 + entry.detail.len());
    assert!(Entry::of(&row("Offer Received", "{")).is_err());
}
