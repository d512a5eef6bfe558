//! The functions `ingest`, `relay` and `sweep` with an event bus that takes, refuses and fails.

use std::sync::Arc;
use std::time::Duration;

use deal::moment::Moment;
use ledger::row::OutboxRow;
use ledger::store::Store as _;
use ledger::verify::verify;
use processor::clock::FixedClock;
use processor::delivery::{Delivery, Via};
use processor::{Processor, Settings};
use resold_tests::database::Database;
use resold_tests::function::{Answer, Function};
use serde_json::{Value, json};

use crate::bus::Bus;
use crate::{AGREEMENT, LICENSE, MALFORMED, OFFER, again, batch};

/// The outbox of a ledger, which is sound.
async fn outbox(database: &Database) -> Vec<OutboxRow> {
    let store = database.store(2).await;
    let mut snapshot = store.snapshot().await.expect("a snapshot");
    let rows = snapshot.outbox(None, 999).await.expect("the outbox");
    drop(snapshot);
    let report = verify(&store, &mut |_| {}).await.expect("the ledger can be read");
    assert!(report.is_sound(), "{:?}", report.faults);
    store.close().await;
    rows
}

fn ids(rows: &[OutboxRow], which: impl Fn(&&OutboxRow) -> bool) -> Vec<String> {
    let mut ids: Vec<_> = rows.iter().filter(which).map(|row| row.event_id.clone()).collect();
    ids.sort();
    ids
}

fn sorted(mut ids: Vec<String>) -> Vec<String> {
    ids.sort();
    ids
}

async fn start(name: &str, database: &Database, bus: &Bus) -> Function {
    let variables = [
        ("RESOLD_LEDGER", database.url.as_str()),
        ("RESOLD_BUS", "my-bus"),
        ("AWS_ENDPOINT_URL_EVENTBRIDGE", bus.url.as_str()),
    ];
    Function::start(name, &variables).await
}

fn relayed(published: usize, failed: usize, set_aside: usize) -> Answer {
    Answer::Response(json!({"published": published, "failed": failed, "set_aside": set_aside}))
}

/// What a function measured at an invocation, from 0 on, of those metrics.
fn measured(metrics: &[Value], invocation: usize, names: &[&str]) -> Vec<u64> {
    let line = &metrics[invocation];
    names
        .iter()
        .map(|name| line[name].as_u64().unwrap_or_else(|| panic!("{name}: {line}")))
        .collect()
}

#[tokio::test]
async fn a_batch_is_published_after_its_commit() {
    let (database, bus) = (Database::fresh("published").await, Bus::start().await);
    let mut ingest = start("ingest", &database, &bus).await;
    let first = batch(&[("m-1", OFFER), ("m-2", MALFORMED), ("m-3", AGREEMENT), ("m-4", OFFER)]);
    assert_eq!(ingest.invoke(&first, 60).await, again(&[]));
    let rows = outbox(&database).await;
    assert!(rows.len() > 3 && rows.iter().all(|row| row.published_at.is_some()), "{rows:?}");
    assert_eq!(sorted(bus.ids()), ids(&rows, |_| true));
    for entry in bus.taken() {
        assert_eq!(
            (&entry["Source"], &entry["EventBusName"]),
            (&json!("resold"), &json!("my-bus"))
        );
        let detail: Value =
            serde_json::from_str(entry["Detail"].as_str().expect("text")).expect("JSON");
        let occurred: jiff::Timestamp =
            detail["occurred_at"].as_str().expect("a time").parse().expect("RFC 3339");
        assert_eq!(entry["Time"].as_i64(), Some(occurred.as_second()));
    }
    // Whatever the bus does, a batch that is recorded is acknowledged: what it cannot take stays in the outbox.
    bus.fail(Some((500, "InternalException")));
    let second = batch(&[("m-5", LICENSE)]);
    assert_eq!(ingest.invoke(&second, 60).await, again(&[]));
    bus.fail(None);
    let waiting = outbox(&database).await;
    let left = ids(&waiting, |row| row.published_at.is_none());
    assert!(!left.is_empty(), "{waiting:?}");
    assert!(waiting.iter().all(|row| row.published_at.is_some() || row.attempts == 4));
    let nothing = batch(&[("m-6", OFFER)]);
    let requests = bus.requests();
    assert_eq!(ingest.invoke(&nothing, 60).await, again(&[]));
    assert_eq!(bus.requests(), requests, "only what the batch wrote");

    let mut relay = start("relay", &database, &bus).await;
    let published = bus.taken().len();
    assert_eq!(relay.invoke(&json!({}), 60).await, relayed(left.len(), 0, 0));
    assert_eq!(sorted(bus.ids().split_off(published)), left);
    assert_eq!(relay.invoke(&Value::Null, 60).await, relayed(0, 0, 0));

    let (log, metrics) = ingest.end().await;
    for word in
        ["private-word", "aws.agreement-marketplace", "acceptor", "secret-word", "aws_smithy"]
    {
        assert!(!log.contains(word), "{word} is in the log: {log}");
    }
    assert!(log.contains(&left[0]) && log.contains("a notification is kept for a person"), "{log}");
    let counted = ["Received", "Applied", "Duplicates", "Quarantined", "Failed", "ColdStart"];
    assert_eq!(measured(&metrics, 0, &counted), [4, 2, 1, 1, 0, 1]);
    assert_eq!(measured(&metrics, 1, &counted), [1, 1, 0, 0, 0, 0]);
    let publishing = ["Published", "PublishFailed", "SetAside"];
    let (all, left) = (rows.len() as u64, left.len() as u64);
    assert_eq!(measured(&metrics, 0, &publishing), [all, 0, 0]);
    assert_eq!(measured(&metrics, 1, &publishing), [0, left, 0]);
    assert!(metrics[0]["BatchLatency"].is_u64() && metrics.len() == 3, "{metrics:?}");
    relay.stop().await;
    database.remove().await;
}

#[tokio::test]
async fn what_the_bus_refuses_blocks_nothing() {
    let (database, bus) = (Database::fresh("refused").await, Bus::start().await);
    // Nothing is there to publish on yet: everything waits.
    let mut ingest = Function::start("ingest", &[("RESOLD_LEDGER", &database.url)]).await;
    let all = batch(&[("m-1", OFFER), ("m-2", AGREEMENT)]);
    assert_eq!(ingest.invoke(&all, 60).await, again(&[]));
    ingest.stop().await;
    let rows = outbox(&database).await;
    let of = |detail_type: &str| {
        let named = rows.iter().filter(|row| row.detail_type == detail_type);
        named.count()
    };
    let (received, granted) = (of("Offer Received"), of("Entitlement Granted"));
    assert!(received > 0 && granted > 0, "{rows:?}");

    let mut relay = start("relay", &database, &bus).await;
    bus.refuse("Offer Received", Some("MalformedDetail"));
    bus.refuse("Entitlement Granted", Some("ThrottlingException"));
    // The findings of what was refused are published by the same relay.
    let others = rows.len() - received - granted;
    assert_eq!(relay.invoke(&json!({}), 60).await, relayed(others + received, granted, received));
    let after = outbox(&database).await;
    for row in &after {
        let (set_aside, error) = match row.detail_type.as_str() {
            "Offer Received" => (true, "MalformedDetail: not this one"),
            "Entitlement Granted" => (false, "ThrottlingException: not this one"),
            _ => (false, ""),
        };
        assert_eq!((row.set_aside, row.last_error.as_str()), (set_aside, error), "{row:?}");
    }
    // Of a missing right no event is to blame.
    bus.refuse("Entitlement Granted", Some("AccessDeniedException"));
    assert_eq!(relay.invoke(&json!({}), 60).await, relayed(0, granted, 0));
    bus.refuse("Entitlement Granted", None);
    bus.fail(Some((400, "AccessDeniedException")));
    assert_eq!(relay.invoke(&json!({}), 60).await, relayed(0, granted, 0));
    bus.fail(None);
    assert_eq!(relay.invoke(&json!({}), 60).await, relayed(granted, 0, 0));
    assert_eq!(relay.invoke(&json!({}), 60).await, relayed(0, 0, 0));
    let done = outbox(&database).await;
    assert!(done.iter().all(|row| row.set_aside || row.published_at.is_some()), "{done:?}");
    assert_eq!(sorted(bus.ids()), ids(&done, |row| !row.set_aside), "each once");
    let (log, metrics) = relay.end().await;
    assert_eq!(log.matches("an event can never be published").count(), received, "{log}");
    assert_eq!(metrics.len(), 5);
    assert_eq!(measured(&metrics, 0, &["SetAside", "ColdStart"]), [received as u64, 1]);
    assert_eq!(measured(&metrics, 4, &["OldestUnpublishedAge", "ColdStart"]), [0, 0]);
    database.remove().await;
}

#[tokio::test]
async fn a_request_is_cut_only_where_one_of_its_entries_may_be_to_blame() {
    let (database, bus) = (Database::fresh("cut").await, Bus::start().await);
    let mut ingest = Function::start("ingest", &[("RESOLD_LEDGER", &database.url)]).await;
    assert_eq!(ingest.invoke(&batch(&[("m-1", OFFER), ("m-2", AGREEMENT)]), 60).await, again(&[]));
    ingest.stop().await;
    let waiting = outbox(&database).await.len();
    assert!((2..=10).contains(&waiting), "{waiting} go into one request");
    let mut relay = start("relay", &database, &bus).await;
    let (whole, cut) = (1, 1 + waiting);
    let cases = [
        // status, code, requests of each of four tries
        (500, "InternalException", whole),
        (503, "ServiceUnavailable", whole),
        (400, "ThrottlingException", whole),
        (400, "AccessDeniedException", whole),
        (403, "ExpiredTokenException", whole),
        (400, "ResourceNotFoundException", whole),
        (400, "SomethingNew", whole),
        (400, "ValidationException", cut),
        (413, "RequestEntityTooLarge", cut),
    ];
    for (status, code, requests) in cases {
        let before = bus.requests();
        bus.fail(Some((status, code)));
        assert_eq!(relay.invoke(&json!({}), 60).await, relayed(0, waiting, 0), "{code}");
        assert_eq!(bus.requests() - before, 4 * requests, "{code}");
    }
    bus.fail(None);
    assert_eq!(relay.invoke(&json!({}), 60).await, relayed(waiting, 0, 0));
    relay.stop().await;
    database.remove().await;
}

#[tokio::test]
async fn two_relays_at_a_time_publish_everything() {
    let (database, bus) = (Database::fresh("twice").await, Bus::start().await);
    let mut ingest = Function::start("ingest", &[("RESOLD_LEDGER", &database.url)]).await;
    let all = batch(&[("m-1", OFFER), ("m-2", AGREEMENT), ("m-3", LICENSE)]);
    assert_eq!(ingest.invoke(&all, 60).await, again(&[]));
    ingest.stop().await;
    let waiting = ids(&outbox(&database).await, |_| true);
    bus.refuse("Offer Received", Some("MalformedDetail"));
    let mut one = start("relay", &database, &bus).await;
    let mut other = start("relay", &database, &bus).await;
    let event = json!({});
    for answer in
        <[Answer; 2]>::from(tokio::join!(one.invoke(&event, 60), other.invoke(&event, 60)))
    {
        assert!(matches!(answer, Answer::Response(_)), "{answer:?}");
    }
    // What the one noted last, the other may not have seen: the findings at least.
    assert!(matches!(one.invoke(&event, 60).await, Answer::Response(_)));
    let rows = outbox(&database).await;
    assert!(rows.iter().all(|row| row.set_aside != row.published_at.is_some()), "{rows:?}");
    let refused = rows.iter().filter(|row| row.set_aside).count();
    assert_eq!(rows.len(), waiting.len() + refused, "one finding of each that was refused");
    let mut published = sorted(bus.ids());
    published.dedup();
    assert_eq!(published, ids(&rows, |row| !row.set_aside));
    one.stop().await;
    other.stop().await;
    database.remove().await;
}

#[tokio::test]
async fn what_time_changed_is_judged_and_published() {
    let (database, bus) = (Database::fresh("swept").await, Bus::start().await);
    let mut sweep = start("sweep", &database, &bus).await;
    let swept = |judged: u64, published: u64| {
        Answer::Response(json!({
            "judged": judged, "more": false, "published": published, "failed": 0, "set_aside": 0,
        }))
    };
    assert_eq!(sweep.invoke(&json!({}), 60).await, swept(0, 0));
    // Years ago an offer came that fits no opportunity, and nobody has looked since.
    let then = Moment::from_micros(1_600_000_000_000_000);
    let store = Arc::new(database.store(1).await);
    let settings = Settings { patience: Duration::from_secs(1), ..Settings::default() };
    let processor = Processor::new(store.clone(), Arc::new(FixedClock(then)), settings);
    let body = OFFER.replace("2026-", "2020-").into_bytes();
    let delivery = Delivery { id: "d-1".to_owned(), via: Via::Queue, body };
    assert!(processor.process(&[delivery]).await.iter().all(Result::is_ok));
    store.close().await;
    let before = outbox(&database).await.len();
    let Answer::Response(answer) = sweep.invoke(&json!({}), 60).await else { panic!("it failed") };
    let rows = outbox(&database).await;
    assert!(rows.len() > before, "the grace time is over");
    assert_eq!((&answer["judged"], &answer["published"]), (&json!(1), &json!(rows.len())));
    assert_eq!(sorted(bus.ids()), ids(&rows, |row| row.published_at.is_some()));
    assert_eq!(sweep.invoke(&json!({}), 60).await, swept(0, 0));
    let (_, metrics) = sweep.end().await;
    let of = |severity: &str| {
        let lines = metrics.iter().filter(|line| line["severity"] == severity);
        lines.map(|line| line["OpenFindings"].as_u64().expect("a number")).collect::<Vec<_>>()
    };
    assert_eq!(
        (of("critical"), of("warning"), of("info")),
        (vec![0; 3], vec![0, 1, 1], vec![0; 3])
    );
    database.remove().await;
}

#[tokio::test]
async fn a_relay_without_a_ledger_says_so() {
    let bus = Bus::start().await;
    let variables = [
        ("RESOLD_LEDGER", "postgres://runtime:secret-word@127.0.0.1:9/resold"),
        ("AWS_ENDPOINT_URL_EVENTBRIDGE", bus.url.as_str()),
    ];
    for (name, kind) in [("relay", "RelayError"), ("sweep", "SweepError")] {
        let mut function = Function::start(name, &variables).await;
        let Answer::Error(error) = function.invoke(&json!({}), 60).await else {
            panic!("{name} did something");
        };
        assert_eq!(error["errorType"], kind);
        let message = error["errorMessage"].as_str().expect("a message");
        assert!(message.starts_with("could not open the ledger: could not reach"), "{message}");
        assert!(!function.stop().await.contains("secret-word"));
    }
    assert_eq!(bus.requests(), 0);
}
