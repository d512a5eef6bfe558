//! A sound ledger, and what is told of it after each kind of tampering.

use deal::event::SCHEMA;
use deal::key::{Key, KeyKind};
use deal::state::FOLD;
use deal::stream::StreamId;
use marketplace::digest::Digest;

use super::sample::{AGREEMENT, CREATED, LOCK, OFFER, Sample, block_on, ledger, sample};
use super::{FaultKind, Report, verify};
use crate::memory::MemoryStore;
use crate::row::{NewDelivery, NewNotification, NewOutcome, Outcome, Writes};
use crate::seal::{GENESIS, seal};
use crate::store::Store;

fn report(writes: &[Writes]) -> Report {
    let store = MemoryStore::new();
    for writes in writes {
        let mut tx = block_on(store.begin()).unwrap();
        block_on(tx.write(writes)).unwrap();
        block_on(tx.commit()).unwrap();
    }
    block_on(verify(&store, &mut |_| {})).unwrap()
}

/// `kind subject` of each fault, digests of notifications replaced by their names.
fn faults(report: &Report, sample: &Sample) -> Vec<String> {
    let line = |fault: &super::Fault| format!("{} {}", fault.kind.word(), fault.subject);
    let named = |line: String| {
        sample.digests.iter().fold(line, |line, (name, digest)| {
            line.replace(&format!("notification:{digest}"), name)
        })
    };
    report.faults.iter().map(line).map(named).collect()
}

type Case<'a> = (&'a str, &'a dyn Fn(&mut Writes), &'a [&'a str]);

/// Each case changes rows of the sound ledger and lists every fault that must be told, and no other.
fn check(cases: &[Case<'_>]) {
    let sample = sample();
    for (name, tamper, expected) in cases {
        let mut writes = sample.writes.clone();
        tamper(&mut writes);
        assert!(writes != sample.writes, "{name}: nothing was tampered with");
        let found = faults(&report(&[writes]), &sample);
        assert_eq!(&found, expected, "{name}");
    }
}

fn other() -> Digest {
    Digest::of(b"another")
}

/// The position of an event.
fn at(writes: &Writes, stream: &str, version: i64) -> usize {
    let is =
        |event: &crate::row::EventRow| event.stream.as_str() == stream && event.version == version;
    writes.events.iter().position(is).unwrap()
}

fn event<'a>(writes: &'a mut Writes, stream: &str, version: i64) -> &'a mut crate::row::EventRow {
    let position = at(writes, stream, version);
    &mut writes.events[position]
}

fn stream<'a>(writes: &'a mut Writes, stream: &str) -> &'a mut crate::row::StreamRow {
    let found = writes.streams.iter_mut().find(|write| write.row.stream.as_str() == stream);
    &mut found.unwrap().row
}

fn row(writes: &mut Writes, digest: Digest) -> &mut NewNotification {
    writes.notifications.iter_mut().find(|row| row.digest == digest).unwrap()
}

fn body(writes: &mut Writes, digest: Digest) -> &mut Vec<u8> {
    &mut row(writes, digest).body
}

#[test]
fn a_sound_ledger_has_no_faults() {
    let sample = sample();
    let report = report(std::slice::from_ref(&sample.writes));
    assert_eq!(faults(&report, &sample), Vec::<String>::new());
    assert!(report.is_sound());
    assert_eq!((report.events, report.streams, report.stale), (9, 4, 0));
    assert_eq!((report.notifications, report.deliveries, report.erased), (5, 6, 1));
    assert_eq!(report.outbox, 3);
    let keys = sample.writes.keys.iter().map(|change| change.added.len());
    assert_eq!(report.keys, keys.sum::<usize>() as u64);
}

#[test]
fn an_empty_ledger_is_sound() {
    assert_eq!(report(&[]), Report::default());
}

#[test]
fn the_walk_tells_how_far_it_is() {
    let store = ledger(&sample().writes);
    let mut last = Vec::new();
    block_on(verify(&store, &mut |progress| last.push(progress))).unwrap();
    let done = last.iter().filter(|progress| progress.done == progress.total).count();
    assert!(done >= 2, "each phase ends at its total: {last:?}");
}

#[test]
fn every_column_of_an_event_is_sealed() {
    check(&[
        (
            "version",
            &|w| event(w, OFFER, 2).version = 5,
            &[
                "seal offer/offer-1@5",
                "versions offer/offer-1@5",
                "event-id offer/offer-1@5",
                "outbox-unknown offer/offer-1@2",
                "outbox-missing offer/offer-1@5",
                "version offer/offer-1",
            ],
        ),
        (
            "event id",
            &|w| event(w, OFFER, 1).event_id.push('0'),
            &["seal offer/offer-1@1", "event-id offer/offer-1@1"],
        ),
        ("kind", &|w| event(w, OFFER, 1).kind.push('x'), &["seal offer/offer-1@1"]),
        (
            "kind of no kind",
            &|w| event(w, OFFER, 1).kind = "fate/x".to_owned(),
            &["seal offer/offer-1@1", "event-newer offer/offer-1@1"],
        ),
        (
            "older schema",
            &|w| event(w, OFFER, 1).schema = 1,
            &["seal offer/offer-1@1", "event-unreadable offer/offer-1@1"],
        ),
        (
            "schema",
            &|w| event(w, OFFER, 1).schema = SCHEMA + 1,
            &["seal offer/offer-1@1", "event-newer offer/offer-1@1"],
        ),
        (
            "payload",
            &|w| event(w, OFFER, 1).payload = "{}".to_owned(),
            &[
                "seal offer/offer-1@1",
                "facts offer/offer-1",
                "key-unknown offer/offer-1",
                "key-unknown offer/offer-1",
                "key-unknown offer/offer-1",
                "key-unknown offer/offer-1",
            ],
        ),
        (
            "payload that is none",
            &|w| event(w, OFFER, 1).payload = "{".to_owned(),
            &["seal offer/offer-1@1", "event-unreadable offer/offer-1@1"],
        ),
        ("cause", &|w| event(w, OFFER, 1).cause = "time".to_owned(), &["seal offer/offer-1@1"]),
        (
            "cause that is none",
            &|w| event(w, OFFER, 1).cause = "fate".to_owned(),
            &["seal offer/offer-1@1", "cause offer/offer-1@1"],
        ),
        ("occurred", &|w| event(w, OFFER, 1).occurred_at += 1, &["seal offer/offer-1@1"]),
        (
            "recorded",
            &|w| event(w, OFFER, 2).recorded_at += 1,
            &["seal offer/offer-1@2", "outbox-differs offer/offer-1@2", "concluded offer/offer-1"],
        ),
        (
            "previous",
            &|w| event(w, OFFER, 2).previous = other(),
            &["seal offer/offer-1@2", "chain offer/offer-1@2"],
        ),
        (
            "hash",
            &|w| event(w, OFFER, 1).hash = other(),
            &["seal offer/offer-1@1", "chain offer/offer-1@2"],
        ),
        (
            "hash of the last",
            &|w| event(w, OFFER, 2).hash = other(),
            &["seal offer/offer-1@2", "head offer/offer-1"],
        ),
    ]);
}

#[test]
fn an_event_sealed_anew_shows_in_the_chain_or_at_the_head() {
    let reseal = |w: &mut Writes, version| {
        let row = event(w, OFFER, version);
        row.occurred_at += 1;
        row.hash = seal(row);
    };
    check(&[
        ("in the middle", &|w| reseal(w, 1), &["chain offer/offer-1@2"]),
        ("the last", &|w| reseal(w, 2), &["head offer/offer-1"]),
    ]);
}

#[test]
fn missing_and_moved_events_show() {
    check(&[
        (
            "the first",
            &|w| drop(w.events.remove(at(w, AGREEMENT, 1))),
            &[
                "versions agreement/agmt-1@2",
                "facts agreement/agmt-1",
                "key-unknown agreement/agmt-1",
                "key-unknown agreement/agmt-1",
                "key-unknown agreement/agmt-1",
            ],
        ),
        (
            "the tail, its row in the outbox kept",
            &|w| drop(w.events.remove(at(w, AGREEMENT, 5))),
            &[
                "outbox-unknown agreement/agmt-1@5",
                "version agreement/agmt-1",
                "head agreement/agmt-1",
                "concluded agreement/agmt-1",
            ],
        ),
        (
            "all of a stream",
            &|w| w.events.retain(|event| event.stream.as_str() != OFFER),
            &[
                "outbox-unknown offer/offer-1@2",
                "version offer/offer-1",
                "head offer/offer-1",
                "facts offer/offer-1",
                "concluded offer/offer-1",
                "key-unknown offer/offer-1",
                "key-unknown offer/offer-1",
                "key-unknown offer/offer-1",
                "key-unknown offer/offer-1",
            ],
        ),
        (
            "moved to another stream",
            &|w| {
                event(w, OFFER, 2).stream = StreamId::try_from("offer/offer-2".to_owned()).unwrap();
            },
            &[
                "outbox-unknown offer/offer-1@2",
                "version offer/offer-1",
                "head offer/offer-1",
                "concluded offer/offer-1",
                "seal offer/offer-2@2",
                "versions offer/offer-2@2",
                "event-id offer/offer-2@2",
                "outbox-missing offer/offer-2@2",
                "stream-row offer/offer-2",
            ],
        ),
    ]);
}

#[test]
fn rows_of_streams_are_held_against_their_events() {
    check(&[
        (
            "no row",
            &|w| w.streams.retain(|write| write.row.stream.as_str() != OFFER),
            &["stream-row offer/offer-1"],
        ),
        ("version", &|w| stream(w, OFFER).version = 3, &["version offer/offer-1"]),
        ("head", &|w| stream(w, OFFER).head = other(), &["head offer/offer-1"]),
        ("facts", &|w| stream(w, OFFER).facts = "{}".to_owned(), &["facts offer/offer-1"]),
        (
            "facts written otherwise",
            &|w| stream(w, OFFER).facts.push(' '),
            &["facts offer/offer-1"],
        ),
        (
            "concluded",
            &|w| stream(w, OFFER).concluded = "{}".to_owned(),
            &["concluded offer/offer-1"],
        ),
        ("newer fold", &|w| stream(w, OFFER).fold = FOLD + 1, &["fold-newer offer/offer-1"]),
        (
            "lock with a version",
            &|w| stream(w, LOCK).version = 1,
            &["version partner/333344445555"],
        ),
        (
            "lock with facts",
            &|w| stream(w, LOCK).facts = r#"{"reseller":true}"#.to_owned(),
            &["facts partner/333344445555"],
        ),
    ]);
}

#[test]
fn columns_that_may_change_are_exempt() {
    let sample = sample();
    let mut writes = sample.writes.clone();
    for write in &mut writes.streams {
        write.row.due_at = Some(1);
    }
    for row in &mut writes.outbox {
        row.set_aside = !row.set_aside;
    }
    assert!(report(&[writes]).is_sound());
}

#[test]
fn an_older_fold_is_stale_where_it_differs_and_no_fault() {
    let sample = sample();
    let mut writes = sample.writes.clone();
    stream(&mut writes, OFFER).fold = FOLD - 1;
    let same = report(std::slice::from_ref(&writes));
    assert_eq!((same.stale, same.is_sound()), (0, true));
    stream(&mut writes, OFFER).facts = r#"{"older":1}"#.to_owned();
    let differs = report(&[writes]);
    assert_eq!((differs.stale, differs.is_sound()), (1, true));
}

#[test]
fn keys_are_those_of_the_folded_state() {
    let extra = || Key::new(KeyKind::License, "l-of-nobody");
    check(&[
        ("missing", &|w| drop(w.keys[0].added.remove(0)), &["key-missing agreement/agmt-1"]),
        ("unknown", &|w| w.keys[0].added.push(extra()), &["key-unknown agreement/agmt-1"]),
        (
            "of no stream",
            &|w| {
                let mut change = w.keys[0].clone();
                change.stream = StreamId::try_from("offer/offer-0".to_owned()).unwrap();
                change.added = vec![extra()];
                w.keys.push(change);
            },
            &["key-unknown offer/offer-0"],
        ),
        (
            "changed",
            &|w| w.keys[0].added[0].hi += 1,
            &["key-missing agreement/agmt-1", "key-unknown agreement/agmt-1"],
        ),
    ]);
}

#[test]
fn the_outbox_has_the_public_events() {
    check(&[
        (
            "missing",
            &|w| w.outbox.retain(|row| row.stream.as_str() != OFFER),
            &["outbox-missing offer/offer-1@2"],
        ),
        (
            "for a fact",
            &|w| w.outbox[0].version = 1,
            &["outbox-unknown agreement/agmt-1@1", "outbox-missing agreement/agmt-1@2"],
        ),
        (
            "past the end",
            &|w| w.outbox[0].version = 9,
            &["outbox-missing agreement/agmt-1@2", "outbox-unknown agreement/agmt-1@9"],
        ),
        ("event id", &|w| w.outbox[0].event_id.push('0'), &["outbox-differs agreement/agmt-1@2"]),
        ("type", &|w| w.outbox[0].detail_type.push('0'), &["outbox-differs agreement/agmt-1@2"]),
        ("time", &|w| w.outbox[0].recorded_at += 1, &["outbox-differs agreement/agmt-1@2"]),
    ]);
}

#[test]
fn notifications_are_what_their_digest_says() {
    let created = sample().digest(CREATED);
    let outcome = |digest, number, outcome| NewOutcome {
        digest,
        number,
        outcome,
        reason: String::new(),
        waits_for: String::new(),
        streams: String::new(),
        recorded_at: 0,
    };
    check(&[
        ("body", &|w| body(w, created).push(b'x'), &["body created"]),
        ("reformatted", &|w| body(w, created).retain(|byte| *byte != b' '), &["body created"]),
        (
            "gone",
            &|w| w.notifications.retain(|row| row.digest != created),
            &[
                "cause agreement/agmt-1@1",
                "cause agreement/agmt-1@2",
                "delivery table `deliveries`",
            ],
        ),
        (
            "another id beside the same content",
            &|w| row(w, created).envelope_id = "e-9".to_owned(),
            &["label created"],
        ),
        ("another type", &|w| row(w, created).detail_type.clear(), &["label created"]),
        ("another time", &|w| row(w, created).event_time = None, &["label created"]),
        ("erased without an outcome", &|w| w.erased.push(created), &["body-missing created"]),
        (
            "outcome without erasing",
            &|w| w.outcomes.push(outcome(created, 1, Outcome::Erased)),
            &["body-kept created"],
        ),
        (
            "no delivery",
            &|w| w.deliveries.retain(|row| row.digest != created),
            &["delivery created"],
        ),
        (
            "delivery of nothing",
            &|w| {
                w.deliveries.push(NewDelivery {
                    id: "d-nothing".to_owned(),
                    digest: other(),
                    via: "queue".to_owned(),
                    received_at: 0,
                    envelope_id: String::new(),
                    slot: 0,
                });
            },
            &["delivery table `deliveries`"],
        ),
        (
            "no outcome",
            &|w| w.outcomes.retain(|row| row.digest != created),
            &["outcome table `outcomes`", "delivery table `deliveries`"],
        ),
        (
            "outcomes with a gap",
            &|w| w.outcomes.push(outcome(created, 2, Outcome::Applied)),
            &["outcome created"],
        ),
    ]);
}

#[test]
fn a_body_may_be_kept_by_the_digest_of_its_bytes() {
    let sample = sample();
    let (created, mut writes) = (sample.digest(CREATED), sample.writes.clone());
    let of_bytes = marketplace::parse::of_bytes(body(&mut writes, created));
    let mut copy = writes.notifications.clone();
    copy.retain(|row| row.digest == created);
    let row = &mut copy[0];
    (row.digest, row.event_time) = (of_bytes, None);
    for label in [&mut row.envelope_id, &mut row.source, &mut row.detail_type, &mut row.account] {
        label.clear();
    }
    writes.notifications.extend(copy);
    let mut outcome = writes.outcomes[0].clone();
    outcome.digest = of_bytes;
    writes.outcomes.push(outcome);
    let mut delivery = writes.deliveries[0].clone();
    (delivery.digest, delivery.id) = (of_bytes, "d-forged".to_owned());
    writes.deliveries.push(delivery);
    assert_eq!(faults(&report(&[writes]), &sample), Vec::<String>::new());
}

#[test]
fn a_body_too_long_to_be_kept_is_counted() {
    let sample = sample();
    let mut writes = sample.writes.clone();
    *body(&mut writes, sample.digest("parked")) = vec![b'x'; crate::MAX_BODY];
    let cut = report(std::slice::from_ref(&writes));
    assert_eq!((cut.cut, cut.is_sound()), (1, true));
    // One that was applied was never too long.
    *body(&mut writes, sample.digest(CREATED)) = vec![b'x'; crate::MAX_BODY];
    let found = report(&[writes]);
    assert_eq!((found.cut, faults(&found, &sample)), (1, vec!["body created".to_owned()]));
}

#[test]
fn the_inbox_follows_the_latest_outcome() {
    let sample = sample();
    let parked = sample.digest("parked");
    let mut writes = sample.writes.clone();
    let waiting = writes.outcomes.iter_mut().find(|row| row.digest == parked).unwrap();
    waiting.number = 2;
    // An outcome that comes late removes the inbox row and is not the latest.
    let late = NewOutcome { number: 1, outcome: Outcome::Applied, ..waiting.clone() };
    let second = Writes { outcomes: vec![late], ..Writes::default() };
    let found = faults(&report(&[writes, second]), &sample);
    assert_eq!(found, ["inbox parked", "outcome parked"]);
}

#[test]
fn every_fault_is_told_not_the_first() {
    check(&[(
        "three at once",
        &|w| {
            event(w, OFFER, 1).occurred_at += 1;
            stream(w, AGREEMENT).facts = "{}".to_owned();
            w.notifications[0].body.push(b'x');
            event(w, AGREEMENT, 1).previous = other();
            assert_ne!(event(w, AGREEMENT, 1).previous, GENESIS);
            w.outbox.clear();
        },
        &[
            "seal agreement/agmt-1@1",
            "chain agreement/agmt-1@1",
            "outbox-missing agreement/agmt-1@2",
            "outbox-missing agreement/agmt-1@5",
            "facts agreement/agmt-1",
            "seal offer/offer-1@1",
            "outbox-missing offer/offer-1@2",
            "body offer",
        ],
    )]);
}

#[test]
fn words_are_unique() {
    let words: std::collections::BTreeSet<_> = FaultKind::ALL.iter().map(|k| k.word()).collect();
    assert_eq!(words.len(), FaultKind::ALL.len());
}
