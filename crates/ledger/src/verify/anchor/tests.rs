//! What only an anchor shows: a history that was written anew, a stream or a notification that is gone.

use std::collections::VecDeque;

use deal::event::Event;
use deal::moment::Moment;
use deal::state::State;

use super::super::sample::{AGREEMENT, CREATED, OFFER, Sample, anchored, block_on, ledger, sample};
use super::super::{FaultKind, Report, verify, verify_against};
use crate::checkpoint::Anchor;
use crate::row::{EventRow, Writes};
use crate::seal::{GENESIS, event_id, seal};
use crate::store::Store;

fn against(store: &dyn Store, anchor: &Anchor, lines: &[String]) -> Report {
    let mut lines: VecDeque<String> = lines.iter().cloned().collect();
    let mut next = move || Ok(lines.pop_front());
    block_on(verify_against(store, anchor, &mut next, &mut |_| {})).unwrap()
}

fn faults(report: &Report, sample: &Sample) -> Vec<String> {
    let line = |fault: &super::super::Fault| {
        let line = format!("{} {}", fault.kind.word(), fault.subject);
        sample.digests.iter().fold(line, |line, (name, digest)| {
            line.replace(&format!("notification:{digest}"), name)
        })
    };
    report.faults.iter().map(line).collect()
}

/// Writes every stream's chain and row anew, as somebody does who can write the ledger.
fn seal_anew(writes: &mut Writes) {
    writes
        .events
        .sort_by(|one, other| (&one.stream, one.version).cmp(&(&other.stream, other.version)));
    let mut last: Option<EventRow> = None;
    for event in &mut writes.events {
        let before = last.as_ref().filter(|last| last.stream == event.stream);
        event.version = before.map_or(1, |last| last.version + 1);
        event.previous = before.map_or(GENESIS, |last| last.hash);
        event.event_id = event_id(event.stream.as_str(), event.version);
        event.hash = seal(event);
        last = Some(event.clone());
    }
    for write in &mut writes.streams {
        let last = writes.events.iter().rfind(|event| event.stream == write.row.stream);
        write.row.version = last.map_or(0, |last| last.version);
        write.row.head = last.map_or(GENESIS, |last| last.hash);
        let kind = write.row.stream.kind();
        let mut state = State::none(kind);
        for event in writes.events.iter().filter(|event| event.stream == write.row.stream) {
            let read = Event::read(kind, &event.kind, event.schema, &event.payload).unwrap();
            state.fold(&read, Moment::from_micros(event.recorded_at));
        }
        write.row.facts = state.facts.to_json().unwrap();
        write.row.concluded = serde_json::to_string(&state.concluded).unwrap();
    }
}

fn remove_stream(writes: &mut Writes, stream: &str) {
    writes.events.retain(|row| row.stream.as_str() != stream);
    writes.streams.retain(|write| write.row.stream.as_str() != stream);
    writes.keys.retain(|change| change.stream.as_str() != stream);
    writes.outbox.retain(|row| row.stream.as_str() != stream);
}

fn remove_notification(writes: &mut Writes, sample: &Sample, name: &str) {
    let digest = sample.digest(name);
    writes.notifications.retain(|row| row.digest != digest);
    writes.deliveries.retain(|row| row.digest != digest);
    writes.outcomes.retain(|row| row.digest != digest);
    writes.erased.retain(|erased| *erased != digest);
}

/// What is done to the rows, whether it shows without an anchor, and what the anchor tells.
type Case<'a> = (&'a str, &'a dyn Fn(&mut Writes), bool, &'a [&'a str]);

#[test]
fn an_anchor_names_what_a_chain_alone_cannot() {
    let sample = sample();
    let (anchor, lines) = anchored(&ledger(&sample.writes));
    let last = "anchor-differs agreement/agmt-1@5";
    let cases: &[Case<'_>] = &[
        ("nothing", &|_| {}, false, &[]),
        (
            "a time, and all sealed anew",
            &|w| {
                let event =
                    w.events.iter_mut().find(|row| row.stream.as_str() == AGREEMENT).unwrap();
                event.occurred_at += 1;
                seal_anew(w);
            },
            false,
            &[last],
        ),
        (
            "the last events, with the row set back",
            &|w| {
                w.events
                    .retain(|row| row.stream.as_str() != "partner/222233334444" || row.version < 2);
                seal_anew(w);
            },
            false,
            &["anchor-gone partner/222233334444@2"],
        ),
        ("a whole stream", &|w| remove_stream(w, OFFER), false, &["anchor-gone offer/offer-1"]),
        (
            "the last stream",
            &|w| remove_stream(w, "partner/222233334444"),
            false,
            &["anchor-gone partner/222233334444"],
        ),
        (
            "a notification that no event names",
            &|w| remove_notification(w, &sample, "parked"),
            false,
            &["anchor-gone parked"],
        ),
        (
            "a notification that events name",
            &|w| remove_notification(w, &sample, CREATED),
            true,
            &["anchor-gone created"],
        ),
    ];
    for (name, tamper, shows, expected) in cases {
        let mut writes = sample.writes.clone();
        tamper(&mut writes);
        let store = ledger(&writes);
        let alone = block_on(verify(&store, &mut |_| {})).unwrap();
        assert_eq!(!alone.is_sound(), *shows, "{name}: {:?}", alone.faults);
        let report = against(&store, &anchor, &lines);
        let found: Vec<String> = faults(&report, &sample)
            .into_iter()
            .filter(|fault| fault.starts_with("anchor"))
            .collect();
        assert_eq!(&found, expected, "{name}");
    }
}

#[test]
fn what_comes_after_a_checkpoint_does_not_disturb_it() {
    let sample = sample();
    let mut early = sample.writes.clone();
    remove_stream(&mut early, OFFER);
    early.events.retain(|row| row.version < 3);
    seal_anew(&mut early);
    remove_notification(&mut early, &sample, "license");
    let (anchor, lines) = anchored(&ledger(&early));
    let report = against(&ledger(&sample.writes), &anchor, &lines);
    assert_eq!(faults(&report, &sample), Vec::<String>::new());
    assert_eq!((anchor.streams.count, anchor.notifications.count), (2, 4));
}

/// What is done to the heads file, and what is told.
type HeadsCase<'a> = (&'a str, &'a dyn Fn(&mut Vec<String>), &'a [&'a str]);

#[test]
fn heads_that_are_not_those_of_the_anchor_are_told() {
    let sample = sample();
    let store = ledger(&sample.writes);
    let (anchor, lines) = anchored(&store);
    let heads = |change: &dyn Fn(&mut Vec<String>)| {
        let mut lines = lines.clone();
        change(&mut lines);
        let report = against(&store, &anchor, &lines);
        assert!(report.faults.iter().all(|fault| fault.kind != FaultKind::AnchorGone));
        report.faults.iter().map(|fault| fault.detail.clone()).collect::<Vec<_>>()
    };
    let (streams, notifications) = (
        "its streams do not add up to the anchor",
        "its notifications do not add up to the anchor",
    );
    let cases: &[HeadsCase<'_>] = &[
        ("as it was", &|_| {}, &[]),
        ("a stream left out", &|lines| drop(lines.remove(1)), &[streams]),
        ("a notification left out", &|lines| drop(lines.pop()), &[notifications]),
        (
            "another file",
            &|lines| lines[0].push('0'),
            &["its first line is not `resold heads 1`", streams, notifications],
        ),
        (
            "a line that is none",
            &|lines| lines.push("x".to_owned()),
            &["a line is no head; the lines after it were not looked at"],
        ),
    ];
    for (name, change, expected) in cases {
        assert_eq!(&heads(change), expected, "{name}");
    }
    let other = Anchor { events: anchor.events + 1, ..anchor.clone() };
    let report = against(&store, &other, &lines);
    assert_eq!(
        report.faults.iter().map(|fault| fault.detail.as_str()).collect::<Vec<_>>(),
        [streams]
    );
}
