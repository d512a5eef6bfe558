//! Rows to write, and the few steps that every property takes.

use deal::key::{Key, KeyKind};
use deal::stream::StreamId;
use marketplace::digest::Digest;

use crate::row::{
    Cause, EventRow, KeyChange, NewDelivery, NewNotification, NewOutbox, NewOutcome, Outcome,
    StreamRow, StreamWrite, Writes,
};
use crate::seal;
use crate::store::{Store, StoreError};

/// 2026-11-01T00:00:00Z in microseconds.
pub(super) const NOW: i64 = 1_793_491_200_000_000;

pub(super) fn digest(name: &str) -> Digest {
    Digest::of(name.as_bytes())
}

pub(super) fn stream(id: &str) -> StreamId {
    StreamId::try_from(id.to_owned()).expect("a stream id")
}

pub(super) fn notification(name: &str) -> NewNotification {
    NewNotification {
        digest: digest(name),
        envelope_id: format!("envelope-{name}"),
        slot: 0,
        source: "aws.agreement-marketplace".to_owned(),
        detail_type: "Purchase Agreement Created - Manufacturer".to_owned(),
        account: "111122223333".to_owned(),
        event_time: Some(NOW),
        received_at: NOW + 7,
        body: name.as_bytes().to_vec(),
    }
}

pub(super) fn delivery(id: &str, of: &str) -> NewDelivery {
    let via = "queue".to_owned();
    let (digest, envelope_id) = (digest(of), String::new());
    NewDelivery { id: id.to_owned(), digest, via, received_at: NOW + 7, envelope_id, slot: 0 }
}

/// The first arrival of a content under an envelope id.
pub(super) fn arrival(of: &str, envelope_id: &str, slot: i32) -> NewDelivery {
    let id = format!("{of}-as-{envelope_id}");
    NewDelivery { envelope_id: envelope_id.to_owned(), slot, ..delivery(&id, of) }
}

pub(super) fn outcome(of: &str, number: i32, outcome: Outcome, waits_for: &str) -> NewOutcome {
    NewOutcome {
        digest: digest(of),
        number,
        outcome,
        reason: format!("it is {}", outcome.word()),
        waits_for: waits_for.to_owned(),
        streams: "offer/offer-1 agreement/agmt-1".to_owned(),
        recorded_at: NOW + 9 + i64::from(number),
    }
}

pub(super) fn event(id: &str, version: i64) -> EventRow {
    let mut row = EventRow {
        stream: stream(id),
        version,
        event_id: seal::event_id(id, version),
        kind: "facts_learned".to_owned(),
        schema: 1,
        payload: format!(r#"{{"n":{version},"text":"ä \"quoted\" 'text' € 𝄞"}}"#),
        cause: Cause::Notification(digest("cause")).to_string(),
        occurred_at: NOW - 5,
        recorded_at: NOW.saturating_add(version),
        previous: seal::GENESIS,
        hash: seal::GENESIS,
    };
    row.hash = seal::seal(&row);
    row
}

pub(super) fn row(id: &str, touched: i64) -> StreamRow {
    StreamRow {
        stream: stream(id),
        version: touched.saturating_mul(10),
        touched,
        head: digest(id),
        fold: 3,
        facts: format!(r#"{{"touched":{touched}}}"#),
        concluded: r#"{"judged_at":0}"#.to_owned(),
        due_at: None,
    }
}

/// A stream that does not exist yet.
pub(super) fn new(id: &str) -> StreamWrite {
    StreamWrite { row: row(id, 1), read_touched: None }
}

/// A stream that was read with this `touched`.
pub(super) fn next(id: &str, read: i64) -> StreamWrite {
    StreamWrite { row: row(id, read + 1), read_touched: Some(read) }
}

pub(super) fn key(kind: KeyKind, value: &str, lo: i64, hi: i64) -> Key {
    Key { kind, value: value.to_owned(), lo, hi }
}

pub(super) fn keys(id: &str, removed: Vec<Key>, added: Vec<Key>) -> KeyChange {
    KeyChange { stream: stream(id), removed, added }
}

pub(super) fn outbox(id: &str, version: i64, set_aside: bool) -> NewOutbox {
    NewOutbox {
        stream: stream(id),
        version,
        event_id: seal::event_id(id, version),
        detail_type: "Offer Received".to_owned(),
        recorded_at: NOW + version,
        set_aside,
    }
}

/// One of everything, all of it about `name` and the stream `offer/{name}`.
pub(super) fn everything(name: &str) -> Writes {
    let id = format!("offer/{name}");
    let added =
        vec![key(KeyKind::Partner, "222233334444", 0, 0), key(KeyKind::Judge, name, 5, NOW)];
    Writes {
        notifications: vec![notification(name)],
        deliveries: vec![delivery(&format!("delivery-{name}"), name)],
        outcomes: vec![outcome(name, 0, Outcome::Parked, "license:l-1")],
        events: vec![event(&id, 1), event(&id, 2)],
        streams: vec![new(&id)],
        keys: vec![keys(&id, Vec::new(), added)],
        outbox: vec![outbox(&id, 2, false)],
        erased: Vec::new(),
        marks: Vec::new(),
    }
}

pub(super) fn streams(streams: Vec<StreamWrite>) -> Writes {
    Writes { streams, ..Writes::default() }
}

/// Writes in a transaction of their own.
pub(super) async fn try_write(store: &dyn Store, writes: &Writes) -> Result<(), StoreError> {
    let mut transaction = store.begin().await?;
    transaction.write(writes).await?;
    transaction.commit().await
}

pub(super) async fn write(store: &dyn Store, writes: &Writes) {
    try_write(store, writes).await.expect("the rows are written");
}

pub(super) fn conflicts(result: &Result<(), StoreError>) -> bool {
    matches!(result, Err(StoreError::Conflict { .. }))
}

pub(super) fn ids(ids: &[&str]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}
