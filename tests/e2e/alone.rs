//! One worker: what it says of itself, and what it does with the messages that it has in hand.

use ledger::store::{Counts, Store as _};
use resold_tests::database::Database;
use resold_tests::moto::{Moto, Queue};
use resold_tests::server::{Server, Stop};
use resold_tests::worker::{refused, until};
use serde_json::json;

use crate::HAPPY_PATH;
use crate::workers::{HIDE, variables, worker};

/// Counters by their names.
const RECEIVED: &str = "resold_messages_received_total";
const APPLIED: &str = r#"resold_messages_taken_in_total{outcome="applied"}"#;
const DUPLICATE: &str = r#"resold_messages_taken_in_total{outcome="duplicate"}"#;
const QUARANTINED: &str = r#"resold_messages_taken_in_total{outcome="quarantined"}"#;
const PUBLISHED: &str = r#"resold_events_relayed_total{result="published"}"#;
const IN_WORK: &str = "resold_batches_in_work";

async fn counts(database: &Database) -> Counts {
    let store = database.store(1).await;
    let mut snapshot = store.snapshot().await.expect("a snapshot");
    let counts = snapshot.counts().await.expect("counts");
    drop(snapshot);
    store.close().await;
    counts
}

#[tokio::test]
async fn a_worker_measures_what_it_does_and_without_a_bus_publishes_nothing() {
    let moto = Moto::start();
    let (queue, database) = (Queue::of(&moto, "QueueUrl"), Database::fresh("measured").await);
    let alone = worker(&moto, &database.url, "--no-bus").await;
    for body in HAPPY_PATH {
        queue.send(&moto, body).await;
    }
    until("the queue is empty", async || queue.depth(&moto).await == 0).await;
    alone.until_readiness(200, "ok").await;
    assert_eq!(alone.get("/livez").await, (200, "ok\n".to_owned()));
    let names = [RECEIVED, APPLIED, PUBLISHED, IN_WORK, "resold_ledger_up"];
    let mut found = Vec::new();
    for name in names {
        found.push(alone.sample(name).await);
    }
    assert_eq!(found, [Some(3), Some(3), Some(0), Some(0), Some(1)], "{names:?}");
    alone.stop().await;
    let waiting = u64::try_from(counts(&database).await.unpublished).expect("a number");
    assert!(waiting > 0, "something is to be published");

    // With a bus the first relay finds what stayed behind.
    let alone = worker(&moto, &database.url, "").await;
    alone.until_sample(PUBLISHED, waiting).await;
    alone.until_sample("resold_oldest_unpublished_age_seconds", 0).await;
    assert_eq!(counts(&database).await.unpublished, 0);
    queue.send(&moto, HAPPY_PATH[0]).await;
    queue.send(&moto, "no event").await;
    alone.until_sample(DUPLICATE, 1).await;
    alone.until_sample(QUARANTINED, 1).await;
    assert_eq!(alone.sample(APPLIED).await, Some(0));
    // One batch of two, or two of one.
    let batches = alone.sample("resold_batch_duration_seconds_count").await;
    assert!(matches!(batches, Some(1 | 2)), "{batches:?}");
    alone.stop().await;

    // A sweep counts what is open as it starts: an opportunity that nobody described, and what is no event.
    let alone = worker(&moto, &database.url, "").await;
    alone.until_sample(r#"resold_open_findings{severity="warning"}"#, 2).await;
    let log = alone.stop().await;
    for secret in ["no event", database.url.as_str(), &moto.url] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
    database.remove().await;
}

#[tokio::test]
async fn a_ledger_that_goes_away_costs_no_message() {
    let (moto, server) = (Moto::start(), Server::start());
    let mut database = Database::on(&server.url, "away").await;
    database.make().await;
    let (queue, dead) = (Queue::of(&moto, "QueueUrl"), Queue::of(&moto, "DeadLetterQueueUrl"));
    let attributes = queue.attributes(&moto).await;
    let policy = attributes["RedrivePolicy"].as_str().expect("the template has one");
    let mut policy: serde_json::Value = serde_json::from_str(policy).expect("JSON");
    policy["maxReceiveCount"] = json!(3);
    queue.set(&moto, "RedrivePolicy", &policy.to_string()).await;
    let alone = worker(&moto, &database.url, "--concurrency 2").await;
    alone.until_readiness(200, "ok").await;
    server.stop(Stop::Fast);
    for body in HAPPY_PATH {
        queue.send(&moto, body).await;
    }
    alone.until_readiness(503, "the ledger does not answer").await;
    assert_eq!(alone.get("/livez").await.0, 200, "to wait is to live");
    // More often than the queue allows, if the worker went on to receive.
    let clock = Clock::new(&moto).await;
    for _ in 0..4 {
        clock.tick(&moto).await;
    }
    alone.until_readiness(503, "the ledger does not answer").await;
    server.start_again();
    alone.until_readiness(200, "ok").await;
    alone.until_sample(APPLIED, 3).await;
    until("the queue is empty", async || queue.depth(&moto).await == 0).await;
    assert_eq!(dead.depth(&moto).await, 0, "no message was given up");
    alone.stop().await;
    let counts = counts(&database).await;
    assert_eq!((counts.notifications, counts.deliveries), (3, 3));
}

#[tokio::test]
async fn a_batch_in_hand_stays_so_and_is_finished_when_the_worker_stops() {
    let moto = Moto::start();
    let (queue, database) = (Queue::of(&moto, "QueueUrl"), Database::fresh("in_hand").await);
    // What it has to write to is locked.
    let mut locks = database.connect().await;
    let lock = "begin; lock table notifications in exclusive mode";
    sqlx::raw_sql(lock).execute(&mut locks).await.expect("it is locked");
    let alone = worker(&moto, &database.url, "--concurrency 2").await;
    queue.send(&moto, HAPPY_PATH[0]).await;
    alone.until_sample(IN_WORK, 1).await;
    let clock = Clock::new(&moto).await;
    for _ in 0..3 {
        clock.tick(&moto).await;
    }
    // The other loop would have received it.
    assert_eq!(alone.sample(RECEIVED).await, Some(1), "received once");
    assert_eq!(alone.sample(IN_WORK).await, Some(1));

    alone.terminate().await;
    alone.until_readiness(503, "the worker is stopping").await;
    sqlx::raw_sql("rollback").execute(&mut locks).await.expect("it is released");
    let (status, log) = alone.ended().await;
    assert!(status.success(), "{status}: {log}");
    assert_eq!(queue.depth(&moto).await, 0, "it is deleted");
    let counts = counts(&database).await;
    assert_eq!((counts.notifications, counts.deliveries, counts.unpublished), (1, 1, 0));
    database.remove().await;
}

#[tokio::test]
async fn a_queue_that_does_not_exist_ends_the_worker() {
    let moto = Moto::start();
    let database = Database::fresh("no_queue").await;
    let queue = format!("{}-of-nobody", Queue::of(&moto, "QueueUrl").url);
    let (status, said) =
        refused(&format!("--queue {queue}"), &variables(&moto, &database.url)).await;
    assert_eq!(status.code(), Some(2), "{said}");
    for words in [
        "error: could not go on working\n  because: cannot receive messages\n  because: ",
        "NonExistentQueue: ",
        "\n  try: check --queue, the credentials and the rights of who runs the worker",
    ] {
        assert!(said.contains(words), "{words} in {said}");
    }
    database.remove().await;
}

/// Tells the emulator's time: a message that nobody prolongs comes again when a worker's would.
struct Clock(Queue);

impl Clock {
    async fn new(moto: &Moto) -> Self {
        let queue = Queue::create(moto, "clock").await;
        queue.send(moto, "tick").await;
        let clock = Self(queue);
        clock.tick(moto).await;
        clock
    }

    /// Waits until it came again; then it is hidden as a worker hides.
    async fn tick(&self, moto: &Moto) {
        let received = self.0.receive(moto, 1, HIDE, 20).await;
        assert_eq!(received.len(), 1, "it comes again");
    }
}
