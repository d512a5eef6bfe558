//! The compiled functions under a Lambda Runtime API of the test's own, on a real PostgreSQL server.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where something is not as expected"
)]

mod bus;
mod publishing;

use std::sync::Arc;
use std::thread;

use ledger::row::Outcome;
use ledger::store::Store as _;
use ledger::verify::verify;
use processor::clock::{Clock as _, SystemClock};
use resold_tests::database::Database;
use resold_tests::function::{Answer, Function, refused};
use resold_tests::generator::{Generator, Market};
use resold_tests::server::{Server, Stop};
use serde_json::{Value, json};
use tokio::net::TcpListener;

const OFFER: &str = include_str!("../../../../events/happy-path/02-offer-released.json");
const AGREEMENT: &str = include_str!("../../../../events/happy-path/03-agreement-created.json");
const LICENSE: &str = include_str!("../../../../events/happy-path/04-license-updated.json");
/// Cut in the middle, as a bad body would be.
const MALFORMED: &str = r#"{"detail-type": "Offer Released", "detail": {"private-word"#;

/// An event of SQS with these messages, each an id and a body.
fn batch(messages: &[(&str, &str)]) -> Value {
    let record = |(id, body): &(&str, &str)| {
        json!({
            "messageId": id, "receiptHandle": "r", "body": body, "attributes": {"ApproximateReceiveCount": "1"},
            "messageAttributes": {}, "md5OfBody": "", "eventSource": "aws:sqs", "awsRegion": "us-east-1",
            "eventSourceARN": "arn:aws:sqs:us-east-1:111122223333:resold",
        })
    };
    json!({"Records": messages.iter().map(record).collect::<Vec<_>>()})
}

/// The answer that names these messages.
fn again(ids: &[&str]) -> Answer {
    let named: Vec<Value> = ids.iter().map(|id| json!({"itemIdentifier": id})).collect();
    Answer::Response(json!({"batchItemFailures": named}))
}

/// The answer of an invocation that failed: every message comes again.
fn failed(because: &str) -> Answer {
    Answer::Error(json!({"errorType": "IngestError", "errorMessage": because}))
}

/// Notifications, deliveries, quarantined ones, and the agreements that the ledger holds, which is sound.
async fn held(database: &Database) -> (i64, i64, i64, Vec<String>) {
    let store = database.store(2).await;
    let mut snapshot = store.snapshot().await.expect("a snapshot");
    let counts = snapshot.counts().await.expect("counts");
    let kind = Some(deal::stream::StreamKind::Agreement);
    let rows = snapshot.page(kind, None, 100).await.expect("streams");
    let agreements = rows.into_iter().map(|row| row.stream.to_string()).collect();
    drop(snapshot);
    let report = verify(&store, &mut |_| {}).await.expect("the ledger can be read");
    assert!(report.is_sound(), "{:?}", report.faults);
    store.close().await;
    let waiting = counts.waiting.iter().find(|(outcome, _)| *outcome == Outcome::Quarantined);
    let quarantined = waiting.map_or(0, |(_, count)| *count);
    (counts.notifications, counts.deliveries, quarantined, agreements)
}

#[tokio::test]
async fn a_batch_is_answered_with_exactly_what_must_come_again() {
    let agreement = "agreement/agmt-happyg0t2esidvalogd72qnix".to_owned();
    // The ledger is not there yet; then it is; then it goes away and comes back. One process lives through it all.
    let mut database = Database::planned("ingest").await;
    let (name, away) = (database.name.clone(), format!("{}_away", database.name));
    let mut function = Function::start("ingest", &[("RESOLD_LEDGER", &database.url)]).await;
    let first = batch(&[("m-1", OFFER), ("m-2", MALFORMED), ("m-3", AGREEMENT), ("m-4", OFFER)]);
    let answer = function.invoke(&first, 60).await;
    assert!(
        matches!(answer, Answer::Error(_)),
        "nothing is acknowledged without a ledger: {answer:?}"
    );

    database.make().await;
    assert_eq!(function.invoke(&first, 60).await, again(&[]));
    assert_eq!(held(&database).await, (3, 4, 1, vec![agreement.clone()]));

    database.cut().await;
    database.server_does(format!("alter database {name} rename to {away}")).await;
    let second = batch(&[("m-5", LICENSE), ("m-6", MALFORMED), ("m-7", "")]);
    assert_eq!(function.invoke(&second, 60).await, again(&["m-5", "m-6", "m-7"]));
    database.server_does(format!("alter database {away} rename to {name}")).await;
    assert_eq!(held(&database).await, (3, 4, 1, vec![agreement.clone()]));

    assert_eq!(function.invoke(&second, 60).await, again(&[]));
    // An acknowledgement that was lost: the same messages come once more.
    assert_eq!(function.invoke(&first, 60).await, again(&[]));
    assert_eq!(function.invoke(&batch(&[]), 60).await, again(&[]));
    let log = function.stop().await;
    assert_eq!(held(&database).await, (5, 7, 2, vec![agreement]));
    database.remove().await;

    for word in ["private-word", "aws.agreement-marketplace", "acceptor"] {
        assert!(!log.contains(word), "a body is in the log: {log}");
    }
    assert_eq!(log.matches("no message of a batch is acknowledged").count(), 1, "{log}");
    assert_eq!(log.matches("a message was not recorded; it will come again").count(), 3, "{log}");
    for line in log.lines() {
        let entry: Value = serde_json::from_str(line).expect("each line is JSON");
        assert!(entry["level"].is_string() && entry["timestamp"].is_string(), "{line}");
    }
}

type Message = (String, String);

/// Delivers messages; returns those that must come again.
async fn deliver(function: &mut Function, messages: Vec<Message>) -> Vec<Message> {
    let parts: Vec<(&str, &str)> = messages.iter().map(|(id, body)| (&**id, &**body)).collect();
    let answer = match function.invoke(&batch(&parts), 60).await {
        Answer::Error(_) => return messages,
        Answer::Response(answer) => answer,
    };
    let failed = answer["batchItemFailures"].as_array().expect("a list");
    let named = |id: &str| failed.iter().any(|failure| failure["itemIdentifier"] == id);
    messages.into_iter().filter(|(id, _)| named(id)).collect()
}

#[tokio::test]
async fn a_server_that_stops_and_starts_again_costs_no_message() {
    let server = Arc::new(Server::start());
    let mut database = Database::on(&server.url, "stopped").await;
    database.make().await;
    let undisturbed = Database::fresh("undisturbed").await;
    let mut function = Function::start("ingest", &[("RESOLD_LEDGER", &database.url)]).await;
    let mut other = Function::start("ingest", &[("RESOLD_LEDGER", &undisturbed.url)]).await;
    let mut generator = Generator::new(Market::small(9, 200));
    let mut next = 0;
    let mut some = || -> Vec<Message> {
        let message = |_| {
            next += 1;
            (format!("m-{next}"), generator.body())
        };
        (0..20).map(message).collect()
    };
    for how in [Stop::Fast, Stop::Immediate, Stop::Fast, Stop::Immediate] {
        let (first, second) = (some(), some());
        let all = [first.clone(), second.clone()].concat();
        let stopped = Arc::clone(&server);
        let stopping = thread::spawn(move || stopped.stop(how));
        let mut left = deliver(&mut function, first).await;
        stopping.join().expect("the thread ends");
        let refused = deliver(&mut function, second.clone()).await;
        assert_eq!(refused, second, "nothing is acknowledged without a ledger");
        server.start_again();
        left.extend(refused);
        // What was connected before finds out at most once more that it no longer is.
        let left = deliver(&mut function, left).await;
        assert_eq!(deliver(&mut function, left).await, [], "the server is back");
        assert_eq!(deliver(&mut other, all).await, []);
    }
    let log = function.stop().await;
    other.stop().await;
    assert!(log.contains("could not reach the ledger while"), "{log}");
    assert_eq!(held(&database).await, held(&undisturbed).await);
    assert_eq!(held(&database).await.1, 160, "each arrival is there once");
    undisturbed.remove().await;
}

#[tokio::test]
async fn an_unreachable_ledger_fails_each_batch_and_not_the_function() {
    // A port that nothing listens on: bound once, then let go.
    let port = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let address = port.local_addr().expect("an address");
    drop(port);
    let url = format!("postgres://runtime:secret-word@{address}/resold");
    let mut function = Function::start("ingest", &[("RESOLD_LEDGER", &url)]).await;
    for _ in 0..2 {
        let Answer::Error(error) = function.invoke(&batch(&[("m-1", OFFER)]), 60).await else {
            panic!("something was acknowledged");
        };
        let message = error["errorMessage"].as_str().expect("a message");
        let clear = "could not open the ledger: could not reach the ledger while connecting";
        assert!(message.starts_with(clear), "{message}");
    }
    let log = function.stop().await;
    assert!(!log.contains("secret-word"), "{log}");
    assert_eq!(log.matches("no message of a batch is acknowledged").count(), 2, "{log}");
}

#[tokio::test]
async fn a_ledger_that_says_nothing_is_given_up_before_lambda_gives_up() {
    // It accepts connections, and that is all.
    let silent = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let url = format!("postgres://runtime@{}/resold", silent.local_addr().expect("an address"));
    let mut function = Function::start("ingest", &[("RESOLD_LEDGER", &url)]).await;
    let answer = function.invoke(&batch(&[("m-1", OFFER)]), 1).await;
    assert_eq!(answer, failed("the invocation's time ran out before its batch was recorded"));
    function.stop().await;
}

#[tokio::test]
async fn a_deadline_that_was_over_at_the_start_is_none() {
    // As `cargo lambda watch` names one: ten minutes after 1970.
    let long_ago = 600 - SystemClock.now().micros() / 1_000_000;
    let database = Database::fresh("long_ago").await;
    let mut function = Function::start("ingest", &[("RESOLD_LEDGER", &database.url)]).await;
    assert_eq!(function.invoke(&batch(&[("m-1", OFFER)]), long_ago).await, again(&[]));
    function.stop().await;
    assert_eq!(held(&database).await.0, 1);
    database.remove().await;
}

#[tokio::test]
async fn wrong_settings_end_the_function_with_every_mistake() {
    let (status, log) =
        refused("ingest", &[("RESOLD_LEDGER", "sqlite:x"), ("RESOLD_ACCOUNTS", "12")]).await;
    assert_eq!(status.code(), Some(2));
    for variable in ["AWS_LAMBDA_RUNTIME_API", "AWS_REGION", "RESOLD_LEDGER", "RESOLD_ACCOUNTS"] {
        assert!(log.contains(variable), "{variable} is not in {log}");
    }
}
