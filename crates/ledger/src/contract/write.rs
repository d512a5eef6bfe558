//! What is written, and what is not.

use deal::key::KeyKind;

use super::rows::{
    NOW, arrival, conflicts, delivery, digest, event, everything, ids, key, keys, new, next,
    notification, outbox, outcome, row, stream, streams, try_write, write,
};
use crate::MAX_BODY;
use crate::row::{
    Delivered, NotificationRow, OutboxRow, Outcome, OutcomeRow, StoredBody, StreamWrite, Writes,
};
use crate::store::{Counts, KeyRow, Snapshot, Store};

/// Each kind of row comes back as it was written, through every read that shows it.
pub async fn keeps_every_row(store: &dyn Store) {
    let writes = everything("one");
    write(store, &writes).await;
    let mut read = store.snapshot().await.expect("a snapshot");
    let read = read.as_mut();
    let (digest, id) = (digest("one"), stream("offer/one"));
    let latest = OutcomeRow {
        number: 0,
        outcome: Outcome::Parked,
        reason: "it is parked".to_owned(),
        waits_for: "license:l-1".to_owned(),
        streams: "offer/offer-1 agreement/agmt-1".to_owned(),
        recorded_at: NOW + 9,
    };
    let listed = NotificationRow {
        digest,
        envelope_id: "envelope-one".to_owned(),
        slot: 0,
        source: "aws.agreement-marketplace".to_owned(),
        detail_type: "Purchase Agreement Created - Manufacturer".to_owned(),
        account: "111122223333".to_owned(),
        event_time: Some(NOW),
        received_at: NOW + 7,
        size: 3,
        outcome: latest.clone(),
    };
    let queued = OutboxRow {
        stream: id.clone(),
        version: 2,
        event_id: crate::seal::event_id("offer/one", 2),
        detail_type: "Offer Received".to_owned(),
        recorded_at: NOW + 2,
        set_aside: false,
        published_at: None,
        attempts: 0,
        last_error: String::new(),
    };
    assert_eq!(read.notifications(None, None, 9).await.expect("notifications"), [listed]);
    assert_eq!(read.outcomes(&digest).await.expect("outcomes"), [latest]);
    assert_eq!(read.deliveries(&digest).await.expect("deliveries"), writes.deliveries);
    let first = Delivered { id: "delivery-one".to_owned(), first: true };
    assert_eq!(read.delivered(&ids(&["delivery-one", "x"])).await.expect("ids"), [first]);
    assert_eq!(read.bodies(&[digest]).await.expect("bodies"), [body("one", Some(b"one"), 0)]);
    assert_eq!(read.events(&id, 1, 9).await.expect("events"), writes.events);
    assert_eq!(
        read.streams(&[id.clone(), stream("offer/x")]).await.expect("streams"),
        [row("offer/one", 1)]
    );
    assert_eq!(read.outbox(None, 9).await.expect("outbox"), [queued]);
    let kept = read.all_keys(None, 9).await.expect("keys");
    let kept: Vec<_> = kept.iter().map(|key| (key.kind.as_str(), key.lo, key.hi)).collect();
    assert_eq!(kept, [("judge", 5, NOW), ("partner", 0, 0)]);
    unusual_values(store).await;
}

/// Absent values, the ends of the integers, and a stream that is due.
async fn unusual_values(store: &dyn Store) {
    let mut bare = notification("bare");
    (bare.envelope_id, bare.event_time, bare.body) = (String::new(), None, Vec::new());
    let (mut last, mut due) = (event("offer/bare", i64::MAX), row("offer/bare", i64::MAX));
    (last.occurred_at, last.recorded_at, due.due_at) = (i64::MIN, i64::MAX, Some(i64::MIN));
    due.version = i64::MAX;
    let writes = Writes {
        notifications: vec![bare],
        outcomes: vec![outcome("bare", 0, Outcome::Applied, "")],
        events: vec![last.clone()],
        streams: vec![StreamWrite { row: due.clone(), read_touched: None }],
        ..Writes::default()
    };
    write(store, &writes).await;
    let mut read = store.snapshot().await.expect("a snapshot");
    let listed = read.notifications(Some(Outcome::Applied), None, 9).await.expect("notifications");
    let listed: Vec<_> =
        listed.iter().map(|row| (row.envelope_id.as_str(), row.event_time, row.size)).collect();
    assert_eq!(listed, [("", None, 0)]);
    assert_eq!(
        read.bodies(&[digest("bare")]).await.expect("bodies")[..],
        [StoredBody { outcome: Outcome::Applied, ..body("bare", Some(b""), 0) }]
    );
    assert_eq!(read.events(&last.stream, 3, 9).await.expect("events"), [last.clone()]);
    assert_eq!(read.streams(std::slice::from_ref(&last.stream)).await.expect("streams"), [due]);
}

fn body(name: &str, bytes: Option<&[u8]>, number: i32) -> StoredBody {
    StoredBody {
        digest: digest(name),
        body: bytes.map(<[u8]>::to_vec),
        number,
        outcome: Outcome::Parked,
        received_at: NOW + 7,
    }
}

async fn counts(store: &dyn Store) -> Counts {
    let mut snapshot = store.snapshot().await.expect("a snapshot");
    snapshot.counts().await.expect("counts")
}

async fn all_keys(store: &dyn Store) -> Vec<KeyRow> {
    let mut snapshot = store.snapshot().await.expect("a snapshot");
    snapshot.all_keys(None, 10_000).await.expect("keys")
}

/// A transaction that is dropped after its writes leaves no trace.
pub async fn dropping_leaves_nothing(store: &dyn Store) {
    let mut transaction = store.begin().await.expect("a transaction");
    transaction.write(&everything("one")).await.expect("written");
    drop(transaction);
    assert_eq!(counts(store).await, Counts::default());
    assert_eq!(all_keys(store).await, []);
    write(store, &everything("one")).await;
}

/// A conflict in one row undoes all others, those of other tables and earlier `write`s included.
pub async fn conflict_leaves_nothing(store: &dyn Store) {
    write(store, &everything("one")).await;
    let (before, keys_before) = (counts(store).await, all_keys(store).await);
    let mut second = everything("two");
    second.keys.push(keys(
        "offer/one",
        vec![key(KeyKind::Partner, "222233334444", 0, 0)],
        vec![key(KeyKind::Partner, "333344445555", 0, 0)],
    ));
    second.outcomes.push(outcome("one", 1, Outcome::Applied, ""));
    second.erased.push(digest("one"));
    second.streams.push(new("offer/one"));
    let mut transaction = store.begin().await.expect("a transaction");
    let mut result = transaction.write(&everything("three")).await;
    if result.is_ok() {
        result = transaction.write(&second).await;
    }
    match result {
        Ok(()) => result = transaction.commit().await,
        Err(_) => drop(transaction),
    }
    assert!(conflicts(&result), "{result:?}");
    assert_eq!(counts(store).await, before);
    assert_eq!(all_keys(store).await, keys_before);
    let mut read = store.snapshot().await.expect("a snapshot");
    assert_eq!(
        read.bodies(&[digest("one")]).await.expect("bodies"),
        [body("one", Some(b"one"), 0)]
    );
    assert_eq!(read.parked(&ids(&["license:l-1"])).await.expect("parked").len(), 1);
}

/// The rows whose keys are locks: what another writer has written first is a conflict.
pub async fn duplicates_conflict(store: &dyn Store) {
    write(store, &everything("one")).await;
    let other_content = |slot| crate::row::NewNotification { slot, ..notification("one") };
    let with_slot = |name: &str, slot| crate::row::NewNotification {
        digest: digest(name),
        ..other_content(slot)
    };
    let cases = [
        ("event", Writes { events: vec![event("offer/one", 2)], ..Writes::default() }, true),
        ("next event", Writes { events: vec![event("offer/one", 3)], ..Writes::default() }, false),
        ("content", Writes { notifications: vec![other_content(1)], ..Writes::default() }, true),
        ("slot", Writes { notifications: vec![with_slot("b", 0)], ..Writes::default() }, true),
        (
            "next slot",
            Writes { notifications: vec![with_slot("b", 1)], ..Writes::default() },
            false,
        ),
        (
            "delivery",
            Writes { deliveries: vec![delivery("delivery-one", "b")], ..Writes::default() },
            true,
        ),
        (
            "another id of a known content",
            Writes { deliveries: vec![arrival("one", "envelope-two", 0)], ..Writes::default() },
            false,
        ),
        (
            "slot of a later arrival",
            Writes { deliveries: vec![arrival("b", "envelope-two", 0)], ..Writes::default() },
            true,
        ),
        (
            "next slot of a later arrival",
            Writes { deliveries: vec![arrival("b", "envelope-two", 1)], ..Writes::default() },
            false,
        ),
        (
            "outcome",
            Writes { outcomes: vec![outcome("one", 0, Outcome::Applied, "")], ..Writes::default() },
            true,
        ),
        ("stream", streams(vec![new("offer/one")]), true),
    ];
    for (name, writes, expected) in cases {
        let result = try_write(store, &writes).await;
        assert_eq!(conflicts(&result), expected, "{name}: {result:?}");
    }
    // Only ids that exist are unique.
    for name in ["c", "d"] {
        let mut nameless = notification(name);
        nameless.envelope_id = String::new();
        write(store, &Writes { notifications: vec![nameless], ..Writes::default() }).await;
    }
    // What follows from other rows is no lock: if it is there, trying again would not help.
    let again = Writes { outbox: vec![outbox("offer/one", 2, false)], ..Writes::default() };
    let result = try_write(store, &again).await;
    assert!(result.is_err() && !conflicts(&result), "{result:?}");
}

/// A stream is written only by whoever read its latest `touched`.
pub async fn other_streams_conflict(store: &dyn Store) {
    write(store, &streams(vec![new("offer/a"), new("offer/b")])).await;
    write(store, &streams(vec![next("offer/a", 1)])).await;
    let cases = [
        ("stale", vec![next("offer/a", 1)], true),
        ("from the future", vec![next("offer/a", 3)], true),
        ("unknown", vec![next("offer/c", 1)], true),
        ("one of two stale", vec![next("offer/a", 1), next("offer/b", 1)], true),
        ("one of two known", vec![new("offer/a"), new("offer/c")], true),
        ("both fresh", vec![next("offer/a", 2), next("offer/b", 1)], false),
    ];
    for (name, writes, expected) in cases {
        let result = try_write(store, &streams(writes)).await;
        assert_eq!(conflicts(&result), expected, "{name}: {result:?}");
    }
    let mut read = store.snapshot().await.expect("a snapshot");
    let mut rows = read.page(None, None, 9).await.expect("streams");
    rows.sort_by(|a, b| a.stream.cmp(&b.stream));
    assert_eq!(rows, [row("offer/a", 3), row("offer/b", 2)]);
}

/// Batches larger than any statement, and of odd sizes.
pub async fn writes_batches_of_any_size(store: &dyn Store) {
    let id = |batch: usize, n: usize| format!("offer/{batch:03}-{n:03}");
    for batch in [1_usize, 2, 3, 63, 64, 65, 200] {
        let mut writes = Writes::default();
        let mut later = Writes::default();
        for n in 0..batch {
            let (name, id) = (format!("{batch}-{n}"), id(batch, n));
            let (old, add) = (key(KeyKind::Buyer, &name, 0, 0), key(KeyKind::Offer, &name, 1, 2));
            writes.notifications.push(notification(&name));
            writes.deliveries.push(delivery(&name, &name));
            writes.outcomes.push(outcome(&name, 0, Outcome::Parked, &format!("batch:{batch}")));
            writes.events.push(event(&id, 1));
            writes.streams.push(new(&id));
            writes.keys.push(keys(&id, Vec::new(), vec![old.clone()]));
            writes.outbox.push(outbox(&id, 1, false));
            later.outcomes.push(outcome(&name, 1, Outcome::Applied, ""));
            later.streams.push(next(&id, 1));
            later.keys.push(keys(&id, vec![old], vec![add]));
            later.erased.push(digest(&name));
        }
        write(store, &writes).await;
        let mut read = store.snapshot().await.expect("a snapshot");
        let waits = vec![format!("batch:{batch}")];
        assert_eq!(read.parked(&waits).await.expect("parked").len(), batch);
        drop(read);
        write(store, &later).await;
        let mut read = store.snapshot().await.expect("a snapshot");
        let ids: Vec<_> = (0..batch).map(|n| stream(&id(batch, n))).collect();
        let rows = read.streams(&ids).await.expect("streams");
        assert_eq!(rows.iter().filter(|row| row.touched == 2).count(), batch);
        assert_eq!(read.parked(&waits).await.expect("parked"), []);
        let digests: Vec<_> = (0..batch).map(|n| digest(&format!("{batch}-{n}"))).collect();
        let bodies = read.bodies(&digests).await.expect("bodies");
        assert_eq!(bodies.iter().filter(|body| body.body.is_none()).count(), batch);
    }
    let kept = all_keys(store).await;
    assert!(kept.iter().all(|key| key.kind == "offer"));
    assert_eq!(kept.len(), 398);
}

/// A notification is in the inbox while its latest outcome waits, and found by what it waits for.
pub async fn inbox_follows_outcomes(store: &dyn Store) {
    let notifications = vec![notification("a"), notification("b"), notification("c")];
    write(store, &Writes { notifications, ..Writes::default() }).await;
    let steps = [
        (
            vec![
                ("a", 0, Outcome::Parked, "l"),
                ("b", 0, Outcome::Parked, "l"),
                ("c", 0, Outcome::Applied, ""),
            ],
            &["a", "b"][..],
            2,
        ),
        (vec![("a", 1, Outcome::Parked, "m")], &["b"], 2),
        (vec![("b", 1, Outcome::Quarantined, "l")], &[], 2),
        // Two outcomes of one notification in one batch: the later one counts.
        (vec![("b", 2, Outcome::Applied, ""), ("b", 3, Outcome::Parked, "l")], &["b"], 2),
        (vec![("c", 1, Outcome::Unknown, ""), ("c", 2, Outcome::Applied, "")], &["b"], 2),
        (vec![("b", 4, Outcome::Erased, ""), ("a", 2, Outcome::Applied, "")], &[], 0),
    ];
    for (step, (outcomes, parked, waiting)) in steps.into_iter().enumerate() {
        let outcomes =
            outcomes.into_iter().map(|(of, number, is, waits)| outcome(of, number, is, waits));
        write(store, &Writes { outcomes: outcomes.collect(), ..Writes::default() }).await;
        let mut read = store.snapshot().await.expect("a snapshot");
        let found = read.parked(&ids(&["l", "nothing"])).await.expect("parked");
        let mut expected: Vec<_> = parked.iter().map(|name| digest(name)).collect();
        expected.sort_unstable();
        assert_eq!(found.iter().map(|body| body.digest).collect::<Vec<_>>(), expected, "{step}");
        let counted = read.counts().await.expect("counts").waiting;
        assert_eq!(counted.iter().map(|(_, count)| count).sum::<i64>(), waiting, "{step}");
        listed_by_outcome(read.as_mut()).await;
    }
}

/// The lists by outcome are those of the latest outcomes.
async fn listed_by_outcome(read: &mut dyn Snapshot) {
    let all = read.notifications(None, None, 99).await.expect("notifications");
    for outcome in Outcome::ALL {
        let of: Vec<_> = all.iter().filter(|row| row.outcome.outcome == outcome).cloned().collect();
        let listed = read.notifications(Some(outcome), None, 99).await.expect("notifications");
        assert_eq!(listed, of, "{outcome:?}");
    }
}

/// Erasing takes the body and keeps everything else.
pub async fn erases_bodies(store: &dyn Store) {
    write(store, &everything("one")).await;
    write(store, &everything("two")).await;
    let erase = Writes {
        erased: vec![digest("one")],
        outcomes: vec![outcome("one", 1, Outcome::Erased, "")],
        ..Writes::default()
    };
    write(store, &erase).await;
    let mut read = store.snapshot().await.expect("a snapshot");
    let mut expected = [
        StoredBody { outcome: Outcome::Erased, ..body("one", None, 1) },
        body("two", Some(b"two"), 0),
    ];
    expected.sort_by_key(|body| body.digest);
    let asked = [digest("two"), digest("one"), digest("three")];
    assert_eq!(read.bodies(&asked).await.expect("bodies"), expected);
    let listed = read.notifications(Some(Outcome::Erased), None, 9).await.expect("notifications");
    assert_eq!(listed.iter().map(|row| row.size).collect::<Vec<_>>(), [3]);
}

/// Bodies up to the limit come back byte for byte.
pub async fn keeps_large_bodies(store: &dyn Store) {
    let half = MAX_BODY / 2;
    for (n, size) in [half - 1, half, half + 1, MAX_BODY].into_iter().enumerate() {
        let name = format!("large-{n}");
        let mut large = notification(&name);
        large.body = (0..size).map(|at| u8::try_from((at * 31 + n) % 256).unwrap_or(0)).collect();
        let bytes = large.body.clone();
        let writes = Writes {
            notifications: vec![large],
            outcomes: vec![outcome(&name, 0, Outcome::Parked, "x")],
            ..Writes::default()
        };
        write(store, &writes).await;
        let mut read = store.snapshot().await.expect("a snapshot");
        let found = read.bodies(&[digest(&name)]).await.expect("bodies");
        assert!(found == [body(&name, Some(&bytes), 0)], "{size} bytes come back changed");
        let listed = read.notifications(None, None, 99).await.expect("notifications");
        let listed = listed.iter().find(|row| row.digest == digest(&name)).map(|row| row.size);
        assert_eq!(listed, i64::try_from(size).ok());
    }
}

/// PostgreSQL's text cannot hold NUL. No caller passes any; if one does, it is an error or it comes back.
pub async fn nul_in_text_is_refused_or_kept(store: &dyn Store) {
    let mut odd = outcome("one", 0, Outcome::Applied, "");
    "before\0after".clone_into(&mut odd.reason);
    let writes = Writes {
        notifications: vec![notification("one")],
        outcomes: vec![odd],
        ..Writes::default()
    };
    let result = try_write(store, &writes).await;
    let mut read = store.snapshot().await.expect("a snapshot");
    let kept = read.outcomes(&digest("one")).await.expect("outcomes");
    let kept: Vec<_> = kept.iter().map(|row| row.reason.as_str()).collect();
    let expected: &[&str] = if result.is_ok() { &["before\0after"] } else { &[] };
    assert_eq!(kept, expected);
}

/// Streams and keys go, and come again in the same transaction; the log stays.
pub async fn clearing_leaves_the_log(store: &dyn Store) {
    write(store, &everything("one")).await;
    write(store, &everything("two")).await;
    let before = counts(store).await;
    let mut transaction = store.begin().await.expect("a transaction");
    transaction.clear_derived().await.expect("cleared");
    let add = vec![key(KeyKind::Offer, "again", 0, 0)];
    let mut again = streams(vec![new("offer/one")]);
    again.keys.push(keys("offer/one", Vec::new(), add));
    transaction.write(&again).await.expect("written");
    transaction.commit().await.expect("committed");
    let mut after = counts(store).await;
    assert_eq!(after.streams, [(deal::stream::StreamKind::Offer, 1)]);
    after.streams.clone_from(&before.streams);
    assert_eq!(after, before);
    let kept = all_keys(store).await;
    assert_eq!(kept.iter().map(|key| key.value.as_str()).collect::<Vec<_>>(), ["again"]);
}
