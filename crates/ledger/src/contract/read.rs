//! What is found, in which order, and how far.

use deal::key::{KeyKind, KeyQuery};
use deal::stream::{StreamId, StreamKind};
use marketplace::digest::Digest;

use super::rows::{
    NOW, arrival, delivery, digest, event, everything, ids, key, keys, new, notification, outbox,
    outcome, row, stream, streams, write,
};
use crate::row::{Known, NewDelivery, NewNotification, Outcome, StreamRow, StreamWrite, Writes};
use crate::store::{Counts, KeyRow, Snapshot, Store};
use crate::views::Expected;

/// Notifications are known by their digest, and by each envelope id under which they came.
pub async fn finds_known_notifications(store: &dyn Store) {
    let second = NewNotification {
        envelope_id: "envelope-a".to_owned(),
        slot: 1,
        event_time: None,
        ..notification("b")
    };
    let nameless = NewNotification { envelope_id: String::new(), ..notification("c") };
    let writes = Writes {
        notifications: vec![notification("a"), second, nameless],
        deliveries: vec![
            arrival("a", "envelope-a", 0),
            delivery("a again", "a"),
            arrival("c", "envelope-a", 2),
            arrival("c", "envelope-c", 0),
        ],
        outcomes: vec![
            outcome("a", 0, Outcome::Parked, "x"),
            outcome("b", 0, Outcome::Quarantined, ""),
            outcome("c", 0, Outcome::Applied, ""),
        ],
        ..Writes::default()
    };
    write(store, &writes).await;
    let known = |name: &str, envelope_id: &str, slot, event_time, waiting| Known {
        digest: digest(name),
        envelope_id: envelope_id.to_owned(),
        slot,
        event_time,
        waiting,
    };
    let a = |id, slot| known("a", id, slot, Some(NOW), Some(Outcome::Parked));
    let b = |id, slot| known("b", id, slot, None, Some(Outcome::Quarantined));
    let c = |id, slot| known("c", id, slot, Some(NOW), None);
    let under_a = [a("envelope-a", 0), b("envelope-a", 1), c("envelope-a", 2)];
    let all = [&under_a[..], &[a("", 0), b("", 0), c("", 0), c("envelope-c", 0)]].concat();
    let cases: [(&[&str], &[&str], Vec<Known>); 7] = [
        (&[], &[], vec![]),
        (&["x"], &["y"], vec![]),
        (&["a"], &[], vec![a("", 0)]),
        (&[], &["envelope-a", "x"], under_a.to_vec()),
        (&["x"], &["envelope-c", "envelope-c"], vec![c("envelope-c", 0)]),
        (&["c", "x", "c"], &[], vec![c("", 0)]),
        (&["a", "b", "c"], &["envelope-c", "envelope-a", "envelope-a"], all),
    ];
    let mut read = store.snapshot().await.expect("a snapshot");
    for (digests, ids, expected) in cases {
        let digests: Vec<_> = digests.iter().map(|name| digest(name)).collect();
        let ids: Vec<_> = ids.iter().map(ToString::to_string).collect();
        let mut found = read.known(&digests, &ids).await.expect("known");
        found.sort();
        let mut expected = expected;
        expected.sort();
        assert_eq!(found, expected, "{digests:?} {ids:?}");
    }
}

/// Keys are found by kind and value, within a window of time, from where an earlier query stopped, up to a limit.
pub async fn finds_keys_in_windows(store: &dyn Store) {
    let spans: [(&str, i64, i64); 5] = [
        ("offer/a", 0, 10),
        ("offer/b", 5, 20),
        ("offer/c", 30, 30),
        ("offer/d", i64::MIN, i64::MAX),
        ("opportunity/a", 7, 20),
    ];
    let added = |(id, lo, hi): (&str, i64, i64)| {
        let other = key(KeyKind::Window, "other", lo, hi);
        keys(id, Vec::new(), vec![key(KeyKind::Window, "here", lo, hi), other])
    };
    write(store, &Writes { keys: spans.into_iter().map(added).collect(), ..Writes::default() })
        .await;
    let all = KeyQuery::all(KeyKind::Window, "here", 99);
    let after = |hi, id: &str| KeyQuery { after: Some((hi, id.to_owned())), ..all.clone() };
    let [first, twin, late, endless, other] = [
        (10, "offer/a"),
        (20, "offer/b"),
        (30, "offer/c"),
        (i64::MAX, "offer/d"),
        (20, "opportunity/a"),
    ];
    let cases: [(KeyQuery, Vec<(i64, &str)>); 13] = [
        (all.clone(), vec![first, twin, other, late, endless]),
        (KeyQuery { limit: 2, ..all.clone() }, vec![first, twin]),
        (KeyQuery { limit: 0, ..all.clone() }, vec![]),
        (KeyQuery { hi_from: 20, ..all.clone() }, vec![twin, other, late, endless]),
        (KeyQuery { hi_to: 20, ..all.clone() }, vec![first, twin, other]),
        (KeyQuery { lo_to: 5, ..all.clone() }, vec![first, twin, endless]),
        (KeyQuery { hi_from: 20, lo_to: 6, ..all.clone() }, vec![twin, endless]),
        (KeyQuery { hi_from: 11, hi_to: 19, ..all.clone() }, vec![]),
        (after(20, "offer/b"), vec![other, late, endless]),
        (after(i64::MIN, "z"), vec![first, twin, other, late, endless]),
        (KeyQuery { hi_from: 25, limit: 1, ..after(10, "offer/a") }, vec![late]),
        (KeyQuery::all(KeyKind::Window, "nothing", 9), vec![]),
        (KeyQuery::all(KeyKind::Partner, "here", 9), vec![]),
    ];
    let mut read = store.snapshot().await.expect("a snapshot");
    let hits = |found: Vec<(i64, &str)>| -> Vec<_> {
        found.into_iter().map(|(hi, id)| (hi, stream(id))).collect()
    };
    let (queries, expected): (Vec<_>, Vec<_>) = cases.into_iter().unzip();
    let expected: Vec<Vec<_>> = expected.into_iter().map(hits).collect();
    for (query, expected) in queries.iter().zip(&expected) {
        let found = read.find(std::slice::from_ref(query)).await.expect("keys");
        assert_eq!(found, std::slice::from_ref(expected), "{query:?}");
    }
    // More queries than any statement carries, each with its own answer.
    let queries: Vec<_> = queries.iter().cycle().take(65).cloned().collect();
    let expected: Vec<_> = expected.iter().cycle().take(65).cloned().collect();
    assert_eq!(read.find(&queries).await.expect("keys"), expected);
    assert_eq!(read.find(&[]).await.expect("keys"), Vec::<Vec<_>>::new());
}

/// Due streams come in the order of their time, not those of later, not those without.
pub async fn due_comes_in_order(store: &dyn Store) {
    let due = |id: &str, due_at| {
        let mut new = new(id);
        new.row.due_at = due_at;
        new
    };
    let rows = vec![
        due("offer/a", Some(30)),
        due("offer/b", Some(10)),
        due("offer/c", None),
        due("offer/d", Some(20)),
        due("seller/1", Some(10)),
    ];
    write(store, &streams(rows)).await;
    let mut moved = super::rows::next("offer/d", 1);
    moved.row.due_at = Some(9);
    write(store, &streams(vec![moved])).await;
    let cases: [(i64, u32, &[&str]); 5] = [
        (8, 9, &[]),
        (9, 9, &["offer/d"]),
        (10, 9, &["offer/d", "offer/b", "seller/1"]),
        (i64::MAX, 9, &["offer/d", "offer/b", "seller/1", "offer/a"]),
        (i64::MAX, 2, &["offer/d", "offer/b"]),
    ];
    let mut read = store.snapshot().await.expect("a snapshot");
    for (now, limit, expected) in cases {
        let found = read.due(now, limit).await.expect("due");
        let found: Vec<_> = found.iter().map(|row| row.stream.as_str()).collect();
        assert_eq!(found, expected, "{now} {limit}");
    }
}

/// Streams are paged by kind in the order of the bytes of their ids.
pub async fn pages_of_one_kind(store: &dyn Store) {
    let ids = [
        "agreement/agmt-1",
        "changeset/1",
        "notification/1",
        "notificationtype/1",
        "offer/A-1",
        "offer/Z-1",
        "offer/a-1",
        "offer/a1",
        "offer/b",
        "offerset/o",
        "seller/1",
    ];
    write(store, &streams(ids.iter().rev().map(|id| new(id)).collect())).await;
    let cases = [
        (None, None, 99, &ids[..]),
        (None, Some("offer/b"), 1, &["offerset/o"]),
        (Some(StreamKind::Offer), None, 99, &ids[4..9]),
        (Some(StreamKind::Offer), None, 2, &["offer/A-1", "offer/Z-1"]),
        (Some(StreamKind::Offer), Some("offer/Z-1"), 2, &["offer/a-1", "offer/a1"]),
        (Some(StreamKind::Offer), Some("offer/b"), 2, &[]),
        (Some(StreamKind::Notification), None, 9, &["notification/1"]),
        (Some(StreamKind::Partner), None, 9, &[]),
    ];
    let mut read = store.snapshot().await.expect("a snapshot");
    for (kind, after, limit, expected) in cases {
        let after = after.map(stream);
        let found = read.page(kind, after.as_ref(), limit).await.expect("streams");
        let found: Vec<_> = found.iter().map(|row| row.stream.as_str()).collect();
        assert_eq!(found, expected, "{kind:?} {after:?}");
    }
}

/// Every paged read, page by page, gives every row once, in order.
pub async fn pages_go_through_everything(store: &dyn Store) {
    let mut writes = Writes::default();
    for n in 0..7_i64 {
        let (name, id) = (
            format!("n{n}"),
            format!(
                "offer/{}",
                ["b", "A", "a-1", "a1", "é", "z", "0"]
                    .get(usize::try_from(n).unwrap_or(0))
                    .expect("a name")
            ),
        );
        writes.notifications.push(notification(&name));
        writes.outcomes.push(outcome(&name, 0, Outcome::Parked, ""));
        writes.events.extend([event(&id, 1), event(&id, 2), event(&id, 10)]);
        writes.outbox.extend([outbox(&id, 2, n > 3), outbox(&id, 10, false)]);
        let add = vec![
            key(KeyKind::Partner, "p|\"'", 0, 0),
            key(KeyKind::Partner, "P", -n, n),
            key(KeyKind::Buyer, "b", 0, n),
        ];
        writes.keys.push(keys(&id, Vec::new(), add));
    }
    write(store, &writes).await;
    let mut read = store.snapshot().await.expect("a snapshot");
    let read = read.as_mut();
    events_and_outbox(read).await;
    let mut found: Vec<KeyRow> = Vec::new();
    loop {
        let page = read.all_keys(found.last(), 2).await.expect("keys");
        if page.is_empty() {
            break;
        }
        found.extend(page);
    }
    assert_eq!(found.len(), 21);
    assert!(found.is_sorted());
    for outcome in [None, Some(Outcome::Parked), Some(Outcome::Applied)] {
        let mut found: Vec<Digest> = Vec::new();
        loop {
            let page = read.notifications(outcome, found.last(), 2).await.expect("notifications");
            if page.is_empty() {
                break;
            }
            found.extend(page.iter().map(|row| row.digest));
        }
        assert_eq!(found.len(), if outcome == Some(Outcome::Applied) { 0 } else { 7 });
        assert!(found.is_sorted());
    }
    assert_eq!(read.events(&stream("offer/b"), 2, 1).await.expect("events"), [event("offer/b", 2)]);
    assert_eq!(read.events(&stream("offer/b"), 11, 9).await.expect("events"), []);
}

async fn events_and_outbox(read: &mut dyn Snapshot) {
    let mut events: Vec<(StreamId, i64)> = Vec::new();
    let mut outbox = events.clone();
    loop {
        let after = events.last().map(|(stream, version)| (stream, *version));
        let page = read.all_events(after, 4).await.expect("events");
        if page.is_empty() {
            break;
        }
        events.extend(page.into_iter().map(|row| (row.stream, row.version)));
    }
    loop {
        let after = outbox.last().map(|(stream, version)| (stream, *version));
        let page = read.outbox(after, 3).await.expect("outbox");
        if page.is_empty() {
            break;
        }
        outbox.extend(page.into_iter().map(|row| (row.stream, row.version)));
    }
    assert_eq!((events.len(), outbox.len()), (21, 14));
    assert!(events.is_sorted() && outbox.is_sorted());
}

/// Counts of an empty ledger and of one with everything.
pub async fn counts_every_kind(store: &dyn Store) {
    let mut read = store.snapshot().await.expect("a snapshot");
    assert_eq!(read.counts().await.expect("counts"), Counts::default());
    drop(read);
    write(store, &everything("one")).await;
    let mut foreign = everything("two");
    foreign.notifications = vec![
        NewNotification { account: String::new(), ..notification("two") },
        NewNotification { account: "444455556666".to_owned(), ..notification("three") },
    ];
    foreign.outcomes =
        vec![outcome("two", 0, Outcome::Unknown, ""), outcome("three", 0, Outcome::Parked, "")];
    foreign.outbox = vec![outbox("offer/two", 1, true)];
    foreign.streams.push(StreamWrite { row: row("partner/222233334444", 1), read_touched: None });
    write(store, &foreign).await;
    let mut read = store.snapshot().await.expect("a snapshot");
    let expected = Counts {
        notifications: 3,
        deliveries: 2,
        waiting: vec![(Outcome::Parked, 2), (Outcome::Unknown, 1)],
        events: 4,
        streams: vec![(StreamKind::Offer, 2), (StreamKind::Partner, 1)],
        unpublished: 1,
        refused: 0,
        accounts: vec![
            (String::new(), 1),
            ("111122223333".to_owned(), 1),
            ("444455556666".to_owned(), 1),
        ],
    };
    assert_eq!(read.counts().await.expect("counts"), expected);
}

/// Views show what the streams' rows say.
pub async fn views_add_up(store: &dyn Store) {
    let streams = [
        (
            "offer/one",
            r#"{"products":["prod-1"],"released":1793491200123456,"expires":{"v":-1,"t":0,"d":""}}"#,
            r#"{"offer":{"type":"CPPO","partner":null,"link":{"basis":"inferred","opportunity":"größe"}},
               "findings":{"a":{"id":"a","kind":"x","since":0},"b":{"id":"b","severity":"info"}}}"#,
        ),
        ("offer/two", "{}", "{}"),
        ("agreement/stub", "{}", r#"{"entitlement":null}"#),
        ("agreement/odd", "{}", r#"{"entitlement":{"quantities":{"seats":250}}}"#),
        (
            "agreement/one",
            r#"{"offer":[{"v":"offer-1","w":{}}],"end":{"v":253402300799000000}}"#,
            r#"{"entitlement":{"type":"PRIVATE","status":"active","quantities":[
               {"license":"l-1","dimension":"größe","type":"integer","value":"250"},
               {"license":"l-1","dimension":"api","type":"unknown","value":null}]},
               "registrations":{"l-1":{"license":"l-1","account":"555566667777"}}}"#,
        ),
        ("request/one", "{}", r#"{"request":{"wish":"create","status":"succeeded"}}"#),
        (
            "opportunity/one",
            r#"{"described":{"v":{"name":"Größe 東京","max_offers":1,"products":["p"]}}}"#,
            r#"{"opportunity":{"wholesale":"100000.00"}}"#,
        ),
        ("partner/222233334444", r#"{"name":{"v":"Northwind"}}"#, "{}"),
    ];
    let mut expected = Expected::default();
    let mut writes = Writes::default();
    for (id, facts, concluded) in streams {
        let row =
            StreamRow { facts: facts.to_owned(), concluded: concluded.to_owned(), ..row(id, 1) };
        expected.add(&row.stream, facts, concluded);
        writes.streams.push(StreamWrite { row, read_touched: None });
    }
    writes.streams.sort_by(|one, other| one.row.stream.cmp(&other.row.stream));
    write(store, &writes).await;
    let mut read = store.snapshot().await.expect("a snapshot");
    for (view, expected) in expected.finish() {
        assert!(expected.rows > 0, "{} shows something", view.name);
        let found = read.view_totals(view).await.expect("totals");
        assert_eq!(found, Some(expected), "{}", view.name);
    }
}

/// Of deliveries that are recorded, whether one of them brought their notification.
pub async fn finds_the_first_delivery(store: &dyn Store) {
    write(store, &everything("one")).await;
    let beside = delivery("beside", "one");
    let later = NewDelivery { received_at: beside.received_at + 1, ..delivery("later", "one") };
    write(store, &Writes { deliveries: vec![beside, later], ..Writes::default() }).await;
    let cases: [(&[&str], &[bool]); 6] = [
        // Of the same moment as another one, which may have been before it.
        (&["delivery-one"], &[false]),
        (&["beside", "delivery-one"], &[true, true]),
        (&["later"], &[false]),
        (&["beside", "later"], &[false, false]),
        (&["beside", "delivery-one", "later"], &[true, true, true]),
        (&["nothing"], &[]),
    ];
    for (asked, expected) in cases {
        let mut read = store.snapshot().await.expect("a snapshot");
        let mut found = read.delivered(&ids(asked)).await.expect("deliveries");
        found.sort();
        let first: Vec<bool> = found.iter().map(|delivered| delivered.first).collect();
        assert_eq!(first, expected, "{asked:?}: {found:?}");
    }
}
