//! The compiled function `sweep` under a Lambda Runtime API of the test's own, between an offline AWS and a real PostgreSQL server.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where something is not as expected"
)]

use std::net::SocketAddr;
use std::sync::Arc;

use aws::offline::seed::Seed;
use aws::offline::serve::{Records, Server};
use aws::offline::world::{Settings, World};
use ledger::store::Store as _;
use processor::clock::SystemClock;
use resold_tests::database::Database;
use resold_tests::function::{Answer, Function};
use serde_json::{Value, json};

const AGREEMENT: &str = include_str!("../../../../events/happy-path/03-agreement-created.json");
const LICENSE: &str = include_str!("../../../../events/happy-path/04-license-updated.json");

/// A message of SQS with this notification, of the license that AWS knows, and of a time that is past.
fn message(id: &str, body: &str) -> Value {
    let body = body.replace("2026-12-", "2026-10-");
    let body =
        body.replace("l-ad4a879af4b74a531b8f843dcf44ee18", "l-0f3c0example00000000000000000ab");
    json!({
        "messageId": id, "receiptHandle": "r", "body": body, "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {}, "md5OfBody": "", "eventSource": "aws:sqs", "awsRegion": "us-east-1",
        "eventSourceARN": "arn:aws:sqs:us-east-1:111122223333:resold",
    })
}

/// What the ledger says of the entitlement's quantities.
async fn quantities(database: &Database) -> Value {
    let store = database.store(2).await;
    let mut snapshot = store.snapshot().await.expect("a snapshot");
    let kind = Some(deal::stream::StreamKind::Agreement);
    let rows = snapshot.page(kind, None, 100).await.expect("streams");
    drop(snapshot);
    store.close().await;
    let [row] = rows.as_slice() else { panic!("one agreement: {rows:?}") };
    let concluded: Value = serde_json::from_str(&row.concluded).expect("JSON");
    concluded.pointer("/entitlement/quantities/0/value").cloned().unwrap_or_default()
}

/// The licenses that AWS answered about; of an error, its text.
fn licenses(answer: Answer) -> Value {
    match answer {
        Answer::Response(answer) => answer.pointer("/asked/licenses").cloned().unwrap_or_default(),
        Answer::Error(error) => error["errorMessage"].clone(),
    }
}

#[tokio::test]
async fn a_sweep_asks_aws_what_a_license_grants_if_it_is_to() {
    let world = World::new(Seed::example(), Settings::default()).expect("the seed is one");
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    let aws = Server::start(address, world, Arc::new(SystemClock), Records::default()).await;
    let aws = aws.expect("a port");
    let mut database = Database::planned("sweep").await;
    database.make().await;
    let mut ingest = Function::start("ingest", &[("RESOLD_LEDGER", &database.url)]).await;
    let batch = json!({"Records": [message("m-1", AGREEMENT), message("m-2", LICENSE)]});
    let taken_in = ingest.invoke(&batch, 60).await;
    assert_eq!(taken_in, Answer::Response(json!({"batchItemFailures": []})));
    ingest.kill().await;

    let (ledger, url) = (database.url.clone(), aws.url());
    let variables = [("RESOLD_LEDGER", ledger.as_str()), ("AWS_ENDPOINT_URL", url.as_str())];
    let mut silent = Function::start("sweep", &variables).await;
    assert_eq!(licenses(silent.invoke(&json!({}), 60).await), Value::Null);
    assert_eq!(quantities(&database).await, Value::Null, "nobody asked");
    silent.kill().await;

    let asks = [&variables[..], &[("RESOLD_MARKETPLACE", "true")]].concat();
    let mut sweep = Function::start("sweep", &asks).await;
    aws.with_world(|world, _| world.expect("GetEntitlements=403".parse().expect("a fault")));
    let refused = licenses(sweep.invoke(&json!({}), 60).await);
    assert!(refused.to_string().contains("errands at AWS Marketplace failed"), "{refused}");
    assert_eq!(quantities(&database).await, Value::Null, "AWS refused");
    let log = sweep.stop().await;
    for words in ["an errand at AWS Marketplace failed", "l-0f3c0example00000000000000000ab"] {
        assert!(log.contains(words), "{words}: {log}");
    }

    // AWS says again that it was updated: that is worth a question at once.
    let mut ingest = Function::start("ingest", &[("RESOLD_LEDGER", &database.url)]).await;
    let later = LICENSE.replace("T09:15:06Z", "T10:15:06Z");
    let again = ingest.invoke(&json!({"Records": [message("m-3", &later)]}), 60).await;
    assert_eq!(again, Answer::Response(json!({"batchItemFailures": []})));
    ingest.kill().await;
    let mut sweep = Function::start("sweep", &asks).await;
    assert_eq!(licenses(sweep.invoke(&json!({}), 60).await), json!(1));
    assert_eq!(quantities(&database).await, json!("250"));
    assert_eq!(licenses(sweep.invoke(&json!({}), 60).await), json!(0), "nothing is due");
    sweep.kill().await;
}
