//! A bundle that holds, and what is told of it after each kind of tampering, with and without an anchor that was kept.

use std::collections::VecDeque;

use marketplace::digest::Digest;
use marketplace::ids::AgreementId;

use super::{Body, Bundle, Checked, ProofError, check, gather};
use crate::checkpoint::Anchor;
use crate::export::Line;
use crate::row::EventRow;
use crate::seal::{GENESIS, event_id, seal};
use crate::store::Store;
use crate::verify::sample::{CREATED, Sample, anchored, block_on, ledger, sample};

fn id(text: &str) -> AgreementId {
    AgreementId::new(text).unwrap()
}

fn bundle(
    store: &dyn Store,
    against: Option<(&Anchor, &[String])>,
    agreement: &str,
) -> Result<Bundle, ProofError> {
    let mut snapshot = block_on(store.snapshot()).unwrap();
    let mut lines: VecDeque<String> =
        against.into_iter().flat_map(|(_, lines)| lines.iter().cloned()).collect();
    let mut next = move || Ok(lines.pop_front());
    let against = against.map(|(anchor, _)| (anchor, &mut next as crate::verify::Lines<'_>));
    block_on(gather(&mut *snapshot, &id(agreement), against))
}

/// The proof of the sample's agreement under an anchor of the whole sample.
fn proof(sample: &Sample) -> (Bundle, Anchor) {
    let store = ledger(&sample.writes);
    let (anchor, lines) = anchored(&store);
    let bundle = bundle(&store, Some((&anchor, &lines)), "agmt-1").unwrap();
    (bundle, anchor)
}

/// `kind subject` of each fault, digests of notifications replaced by their names.
fn faults(checked: &Checked, sample: &Sample) -> Vec<String> {
    let line = |fault: &crate::verify::Fault| {
        let line = match fault.kind.word() {
            "contents" => format!("contents: {}", fault.detail),
            kind => format!("{kind} {}", fault.subject),
        };
        sample.digests.iter().fold(line, |line, (name, digest)| {
            line.replace(&format!("notification:{digest}"), name)
        })
    };
    checked.report.faults.iter().map(line).collect()
}

#[test]
fn a_bundle_holds_without_its_ledger() {
    let sample = sample();
    let (bundle, anchor) = proof(&sample);
    let text = serde_json::to_string(&bundle).unwrap();
    let read: Bundle = serde_json::from_str(&text).unwrap();
    assert_eq!(read, bundle, "what is written is what is read");
    for given in [None, Some(&anchor)] {
        let checked = check(&read, given);
        assert_eq!(faults(&checked, &sample), Vec::<String>::new());
        let report = &checked.report;
        assert_eq!((report.streams, report.events, report.notifications), (2, 7, 3));
        let under = checked.anchored.unwrap();
        assert_eq!((under.streams, under.notifications, under.later), (2, 3, 0));
        assert_eq!(under.given, given.is_some());
        assert_eq!(checked.entitlement.unwrap().id, id("agmt-1"));
    }
}

#[test]
fn a_bundle_without_an_anchor_holds_in_itself() {
    let sample = sample();
    let (_, anchor) = proof(&sample);
    let alone = bundle(&ledger(&sample.writes), None, "agmt-1").unwrap();
    let checked = check(&alone, None);
    assert!(checked.report.is_sound() && checked.anchored.is_none());
    let found = faults(&check(&alone, Some(&anchor)), &sample);
    let expected = [
        "contents: it was made without an anchor",
        "unanchored agreement/agmt-1",
        "unanchored offer/offer-1",
        "unanchored license",
        "unanchored created",
        "unanchored offer",
    ];
    assert_eq!(sorted(found), sorted(expected.map(str::to_owned).to_vec()));
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}

/// What is done to the bundle, what is told without an anchor of one's own, and what with one, unless it is the same.
type Case<'a> = (&'a str, &'a dyn Fn(&mut Bundle), &'a [&'a str], Option<&'a [&'a str]>);

/// Chains the events of each stream again, as somebody does who knows how.
fn seal_anew(bundle: &mut Bundle) {
    for part in &mut bundle.streams {
        let (mut version, mut previous) = (0, GENESIS);
        for line in &mut part.events {
            let mut event = EventRow::from(line.clone());
            version += 1;
            (event.version, event.previous) = (version, previous);
            event.event_id = event_id(event.stream.as_str(), version);
            event.hash = seal(&event);
            previous = event.hash;
            *line = Line::from(event);
        }
    }
}

/// Tampers with a sound bundle, and demands that each fault is told and no other.
fn assert_told(sample: &Sample, cases: &[Case<'_>]) {
    let (sound, anchor) = proof(sample);
    for (name, tamper, alone, with_anchor) in cases {
        let mut bundle = sound.clone();
        tamper(&mut bundle);
        let expect = |lines: &[&str]| sorted(lines.iter().map(|line| (*line).to_owned()).collect());
        let found = sorted(faults(&check(&bundle, None), sample));
        assert_eq!(found, expect(alone), "{name}, without an anchor");
        let found = sorted(faults(&check(&bundle, Some(&anchor)), sample));
        assert_eq!(found, expect(with_anchor.unwrap_or(alone)), "{name}, with an anchor");
    }
}

#[test]
fn events_and_streams_that_are_tampered_with_are_told() {
    assert_told(
        &sample(),
        &[
            ("nothing", &|_| {}, &[], None),
            (
                "the format",
                &|b| b.format.push('0'),
                &["contents: its format is `resold proof 10`, not `resold proof 1`"],
                None,
            ),
            (
                "an event",
                &|b| b.streams[0].events[1].payload.push(' '),
                &["seal agreement/agmt-1@2"],
                None,
            ),
            (
                "the last event, sealed anew",
                &|b| {
                    let last = b.streams[1].events.last_mut().unwrap();
                    last.cause = "time".to_owned();
                    seal_anew(b);
                },
                &["path offer/offer-1"],
                None,
            ),
            (
                "all sealed anew, and the paths left out",
                &|b| {
                    b.streams[1].events[0].cause = "time".to_owned();
                    seal_anew(b);
                    b.streams[1].listed = None;
                },
                &[],
                Some(&["unanchored offer/offer-1"]),
            ),
            (
                "the anchor and all paths left out",
                &|b| {
                    b.anchor = None;
                    b.streams.iter_mut().for_each(|part| part.listed = None);
                    b.notifications.iter_mut().for_each(|part| part.path = None);
                },
                &[],
                Some(&[
                    "contents: it was made without an anchor",
                    "unanchored agreement/agmt-1",
                    "unanchored created",
                    "unanchored license",
                    "unanchored offer",
                    "unanchored offer/offer-1",
                ]),
            ),
            ("the tail", &|b| drop(b.streams[0].events.pop()), &["path agreement/agmt-1"], None),
            (
                "a stream",
                &|b| drop(b.streams.remove(1)),
                &["contents: it lacks offer/offer-1", "contents: offer caused none of its events"],
                None,
            ),
            (
                "a stream twice",
                &|b| b.streams.push(b.streams[1].clone()),
                &["contents: it has offer/offer-1 twice"],
                None,
            ),
            (
                "another entitlement",
                &|b| b.entitlement = id("agmt-2"),
                &[
                    "contents: it lacks agreement/agmt-2",
                    "contents: agreement/agmt-1 does not belong to this entitlement",
                ],
                None,
            ),
        ],
    );
}

#[test]
fn notifications_and_paths_that_are_tampered_with_are_told() {
    let sample = sample();
    assert_told(
        &sample,
        &[
            (
                "a body",
                &|b| change_body(b, &|text| text.replace("agmt-1", "agmt-2")),
                &["body created", "body license"],
                None,
            ),
            (
                "a notification",
                &|b| b.notifications.retain(|part| part.digest != sample.digest(CREATED)),
                &["cause agreement/agmt-1@1", "cause agreement/agmt-1@2"],
                None,
            ),
            (
                "a notification in another's place",
                &|b| {
                    let (one, other) =
                        (b.notifications[0].body.take(), b.notifications[1].body.take());
                    (b.notifications[0].body, b.notifications[1].body) = (other, one);
                },
                &["body created", "body license"],
                None,
            ),
            (
                "the anchor's root",
                &|b| b.anchor.as_mut().unwrap().notifications.root = Digest::of(b"another"),
                &["path created", "path license", "path offer"],
                // The paths are right, under the anchor that was kept.
                Some(&["contents: it was made with another anchor, of 2026-12-02T12:00:00Z"]),
            ),
        ],
    );
}

fn change_body(bundle: &mut Bundle, change: &dyn Fn(&str) -> String) {
    for part in &mut bundle.notifications {
        if let Some(Body::Text(text)) = &mut part.body {
            *text = change(text);
        }
    }
}

#[test]
fn every_byte_of_a_bundle_counts() {
    let sample = sample();
    let (sound, anchor) = proof(&sample);
    let text = serde_json::to_string(&sound).unwrap();
    let is_unseen = |place: &usize| {
        let mut bytes = text.clone().into_bytes();
        bytes[*place] ^= 1;
        let read = serde_json::from_slice::<Bundle>(&bytes);
        read.is_ok_and(|bundle| check(&bundle, Some(&anchor)).report.is_sound())
    };
    let unseen: Vec<usize> = (0..text.len()).filter(is_unseen).collect();
    // The ids that EventBridge gave are no content.
    let ids = ["e-1", "e-2", "e-3"].map(|id| text.find(id).unwrap()).into_iter();
    let mut ids: Vec<usize> = ids.flat_map(|place| place..place + 3).collect();
    ids.sort_unstable();
    assert_eq!(unseen, ids);
}

#[test]
fn events_after_the_anchor_are_told() {
    let sample = sample();
    let mut early = sample.writes.clone();
    let goes = |stream: &str, version: i64| stream == "agreement/agmt-1" && version > 3;
    early.events.retain(|event| !goes(event.stream.as_str(), event.version));
    for write in &mut early.streams {
        let last = early.events.iter().rfind(|event| event.stream == write.row.stream);
        write.row.version = last.map_or(0, |last| last.version);
        write.row.head = last.map_or(GENESIS, |last| last.hash);
    }
    let (anchor, lines) = anchored(&ledger(&early));
    let late = bundle(&ledger(&sample.writes), Some((&anchor, &lines)), "agmt-1").unwrap();
    let alone = check(&late, None);
    assert!(alone.report.is_sound(), "{:?}", alone.report.faults);
    assert_eq!(alone.anchored.map(|under| (under.streams, under.later)), Some((2, 2)));
    let found = faults(&check(&late, Some(&anchor)), &sample);
    assert_eq!(found, ["unanchored agreement/agmt-1"]);
}

#[test]
fn what_cannot_be_proved_says_why() {
    let sample = sample();
    let store = ledger(&sample.writes);
    let (anchor, lines) = anchored(&store);
    let other = Anchor { events: anchor.events + 1, ..anchor.clone() };
    let refused = |against, agreement| bundle(&store, against, agreement).unwrap_err().to_string();
    let cases = [
        (refused(None, "agmt-2"), "there is no agreement `agmt-2` in the ledger"),
        (
            refused(Some((&other, lines.as_slice())), "agmt-1"),
            "the heads file is not the one that the anchor was made of",
        ),
        (
            refused(Some((&anchor, &lines[1..])), "agmt-1"),
            "the heads file is not the one that the anchor was made of",
        ),
    ];
    for (found, expected) in cases {
        assert_eq!(found, expected);
    }
}

#[test]
fn a_body_that_is_gone_is_carried_as_its_digest() {
    let sample = sample();
    let mut writes = sample.writes.clone();
    writes.erased.push(sample.digest(CREATED));
    let checked = check(&bundle(&ledger(&writes), None, "agmt-1").unwrap(), None);
    assert_eq!((checked.report.erased, checked.report.is_sound()), (1, true));
}

#[test]
fn bodies_that_are_no_text_are_digits() {
    let cases: [(&[u8], Body); 3] = [
        (b"{}", Body::Text("{}".to_owned())),
        (b"", Body::Text(String::new())),
        (b"\xff\x00\x7f", Body::Hex("ff007f".to_owned())),
    ];
    for (bytes, body) in cases {
        assert_eq!(Body::of(bytes.to_vec()), body);
        assert_eq!(body.bytes().as_deref(), Some(bytes));
    }
    for digits in ["f", "fg", "+f", "ff0"] {
        assert_eq!(Body::Hex(digits.to_owned()).bytes(), None, "{digits}");
    }
}
