use std::io;

use deal::stream::StreamId;
use marketplace::digest::Digest;
use serde_json::Value;

use super::{ExportError, export};
use crate::row::EventRow;
use crate::seal::seal;
use crate::verify::sample::{block_on, ledger, sample};

/// The event of an exported line, from the line alone.
fn read(line: &str) -> EventRow {
    let line: Value = serde_json::from_str(line).unwrap();
    let text = |name: &str| line[name].as_str().unwrap().to_owned();
    let time = |name: &str| text(name).parse::<jiff::Timestamp>().unwrap().as_microsecond();
    EventRow {
        stream: StreamId::try_from(text("stream")).unwrap(),
        version: line["version"].as_i64().unwrap(),
        event_id: text("id"),
        kind: text("type"),
        schema: line["schema"].as_i64().unwrap().try_into().unwrap(),
        payload: text("payload"),
        cause: text("cause"),
        occurred_at: time("occurred_at"),
        recorded_at: time("recorded_at"),
        previous: Digest::try_from(text("previous")).unwrap(),
        hash: Digest::try_from(text("hash")).unwrap(),
    }
}

#[test]
fn every_event_is_a_line_from_which_its_seal_can_be_computed() {
    let mut lines = Vec::new();
    let count = block_on(export(&ledger(&sample().writes), &mut |line| {
        lines.push(line.to_owned());
        Ok(())
    }));
    let mut events = sample().writes.events;
    events.sort_by(|a, b| (&a.stream, a.version).cmp(&(&b.stream, b.version)));
    assert_eq!(count.unwrap(), events.len() as u64);
    let read: Vec<EventRow> = lines.iter().map(|line| read(line)).collect();
    assert_eq!(read, events);
    assert!(read.iter().all(|event| seal(event) == event.hash));
    assert!(lines.iter().all(|line| !line.contains('\n')));
}

#[test]
fn a_sink_that_fails_stops_the_export() {
    let mut written = 0;
    let stopped = block_on(export(&ledger(&sample().writes), &mut |_| {
        written += 1;
        if written < 3 { Ok(()) } else { Err(io::ErrorKind::BrokenPipe.into()) }
    }));
    assert!(
        matches!(stopped, Err(ExportError::Write(why)) if why.kind() == io::ErrorKind::BrokenPipe)
    );
    assert_eq!(written, 3);
}
