//! Tampering by somebody who knows how the ledger is made: what is changed is sealed anew, what is cut is folded again. A chain
//! alone cannot show that; an anchor kept elsewhere does. And what not even an anchor shows.

use ledger::row::EventRow;
use ledger::seal::{GENESIS, event_id, seal};

use super::held::{ALL, Held, make};
use super::rows::{Table, Value, Values};
use super::{block_on, on_copies};

/// Every event, in the order of (stream, version).
async fn events(held: &Held) -> Vec<EventRow> {
    let mut snapshot = held.store().snapshot().await.expect("a snapshot");
    snapshot.all_events(None, 1_000).await.expect("events")
}

/// The table that holds these events.
fn table(held: &Held, events: &[EventRow]) -> Table {
    let row = |event: &EventRow| -> Values {
        vec![
            Value::text(event.stream.as_str()),
            Value::Integer(event.version),
            Value::text(&event.event_id),
            Value::text(&event.kind),
            Value::Integer(event.schema.into()),
            Value::text(&event.payload),
            Value::text(&event.cause),
            Value::Integer(event.occurred_at),
            Value::Integer(event.recorded_at),
            Value::text(&event.previous.to_string()),
            Value::text(&event.hash.to_string()),
        ]
    };
    Table { rows: events.iter().map(row).collect(), ..held.table("events") }
}

/// Chains the events of each stream again.
fn seal_anew(events: &mut [EventRow]) {
    let mut last: Option<EventRow> = None;
    for event in events {
        let before = last.as_ref().filter(|last| last.stream == event.stream);
        event.version = before.map_or(1, |last| last.version + 1);
        event.event_id = event_id(event.stream.as_str(), event.version);
        event.previous = before.map_or(GENESIS, |last| last.hash);
        event.hash = seal(event);
        last = Some(event.clone());
    }
}

/// The version of each event's stream.
fn last_version(events: &[EventRow], of: &EventRow) -> i64 {
    events
        .iter()
        .filter(|event| event.stream == of.stream)
        .map(|event| event.version)
        .max()
        .unwrap_or(0)
}

/// Nothing is told without the anchor; with it, these.
async fn assert_only_anchored(held: &mut Held, what: &str, expected: &[String]) {
    let alone = held.faults().await;
    assert!(alone.is_empty(), "{what}: without an anchor nothing shows: {alone:?}");
    assert_eq!(held.against_anchor().await, expected, "{what}");
}

#[test]
fn an_event_that_is_changed_and_sealed_anew_needs_the_anchor() {
    let file = block_on(make("tamper-sealed", &ALL));
    on_copies(&file, &[()], async |held, ()| {
        let sound = events(held).await;
        for (number, event) in sound.iter().enumerate() {
            let mut events = sound.clone();
            events[number].occurred_at += 1;
            seal_anew(&mut events);
            held.write(&[table(held, &events)]).await;
            held.rebuild().await;
            let what = format!("{}@{} happened later", event.stream, event.version);
            let last = last_version(&sound, event);
            let expected = [format!("anchor-differs {}@{last}", event.stream)];
            assert_only_anchored(held, &what, &expected).await;
        }
    });
}

#[test]
fn a_history_with_another_buyer_needs_the_anchor() {
    let file = block_on(make("tamper-buyer", &ALL));
    on_copies(&file, &[()], async |held, ()| {
        let sound = events(held).await;
        let mut events = sound.clone();
        let mut changed = Vec::new();
        for event in &mut events {
            let payload = event.payload.replace("555566667777", "555566667778");
            if payload != event.payload {
                event.payload = payload;
                changed.push(event.stream.clone());
            }
        }
        changed.dedup();
        assert!(changed.len() > 1, "several streams tell of the buyer");
        seal_anew(&mut events);
        held.write(&[table(held, &events)]).await;
        held.rebuild().await;
        let expected = changed.iter().map(|stream| {
            let last = sound.iter().rfind(|event| event.stream == *stream).expect("an event");
            format!("anchor-differs {stream}@{}", last.version)
        });
        assert_only_anchored(held, "another buyer", &expected.collect::<Vec<_>>()).await;
    });
}

#[test]
fn a_tail_that_is_cut_shows_until_its_row_is_set_back() {
    let file = block_on(make("tamper-tails", &ALL));
    on_copies(&file, &[()], async |held, ()| {
        let sound = events(held).await;
        for cut in &sound {
            // This event and all after it: of the first one, the whole stream.
            let goes = |stream: &str, version: i64| {
                stream == cut.stream.as_str() && version >= cut.version
            };
            let mut events = sound.clone();
            events.retain(|event| !goes(event.stream.as_str(), event.version));
            let events = table(held, &events);
            let mut outbox = held.table("outbox");
            outbox.rows.retain(|row| match &row[1] {
                Value::Integer(version) => !goes(&row[0].words(), *version),
                _ => true,
            });
            let clumsy = held.told(std::slice::from_ref(&events)).await;
            for kind in ["version", "head"] {
                let told = clumsy.iter().any(|fault| {
                    fault.kind.word() == kind && fault.subject.to_string() == cut.stream.as_str()
                });
                assert!(told, "{}@{}: {kind}: {clumsy:?}", cut.stream, cut.version);
            }
            held.write(&[events, outbox]).await;
            held.rebuild().await;
            let expected = match cut.version {
                1 => format!("anchor-gone {}", cut.stream),
                _ => format!("anchor-gone {}@{}", cut.stream, last_version(&sound, cut)),
            };
            let what = format!("{} is cut before {}", cut.stream, cut.version);
            assert_only_anchored(held, &what, &[expected]).await;
        }
    });
}

#[test]
fn a_notification_that_no_event_names_needs_the_anchor() {
    let file = block_on(make("tamper-notifications", &ALL));
    on_copies(&file, &[()], async |held, ()| {
        let causes: Vec<String> = events(held).await.into_iter().map(|event| event.cause).collect();
        let mut unnamed = 0;
        for row in &held.table("notifications").rows {
            let digest = row[0].clone();
            let tables = ["notifications", "deliveries", "outcomes", "inbox"].map(|name| {
                let mut table = held.table(name);
                let place = table.place("digest");
                table.rows.retain(|row| row[place] != digest);
                table
            });
            let subject = format!("notification:{}", digest.words());
            let faults = held.told(&tables).await;
            if causes.contains(&subject) {
                let told = faults.iter().any(|fault| fault.detail.contains(&digest.words()));
                assert!(told, "{subject}: {faults:?}");
            } else {
                unnamed += 1;
                assert!(faults.is_empty(), "{subject}: {faults:?}");
            }
            assert_eq!(held.against_anchor().await, [format!("anchor-gone {subject}")]);
        }
        assert_eq!(unnamed, 2, "a purchase of ours, and a parked one");
    });
}

/// What neither the chain nor an anchor shows, because nothing that is sealed says otherwise.
type Unseen<'a> = (&'a str, &'a dyn Fn(&Held) -> Vec<Table>);

#[test]
fn what_nothing_shows_is_listed() {
    let file = block_on(make("tamper-unseen", &ALL));
    let cases: [Unseen<'_>; 3] = [
        ("a body that is erased in the name of an outcome that nobody recorded", &|held| {
            let (mut bodies, mut outcomes) = (held.table("notifications"), held.table("outcomes"));
            let body = bodies.place("body");
            let applied = outcomes.rows.iter().find(|row| row[2] == Value::text("applied"));
            let mut outcome = applied.expect("an applied notification").clone();
            let row = bodies.rows.iter_mut().find(|row| row[0] == outcome[0]).expect("its row");
            row[body] = Value::Null;
            (outcome[1], outcome[2]) = (Value::Integer(1), Value::text("erased"));
            outcomes.rows.push(outcome);
            vec![bodies, outcomes]
        }),
        ("the id that EventBridge gave an event, which is no content", &|held| {
            let mut bodies = held.table("notifications");
            let (id, body) = (bodies.place("envelope_id"), bodies.place("body"));
            let row = bodies.rows.iter_mut().find(|row| row[id] != Value::Null).expect("an id");
            let (before, after) = (row[id].words(), "00000000-0000-4000-8000-000000000000");
            row[body] = Value::Blob(row[body].words().replace(&before, after).into_bytes());
            row[id] = Value::text(after);
            vec![bodies]
        }),
        ("facts that claim to be folded by an older version", &|held| {
            let mut streams = held.table("streams");
            let (fold, facts) = (streams.place("fold"), streams.place("facts"));
            for row in &mut streams.rows {
                (row[fold], row[facts]) = (Value::Integer(0), Value::text("{}"));
            }
            vec![streams]
        }),
    ];
    block_on(async {
        let mut held = Held::copy(&file, 0).await;
        for (what, tamper) in cases {
            let tables = tamper(&held);
            assert!(tables.iter().all(|table| *table != held.table(&table.name)), "{what}");
            held.write(&tables).await;
            assert_only_anchored(&mut held, what, &[]).await;
        }
        held.close().await;
    });
}
