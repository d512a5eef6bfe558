//! From the default bus to a subscriber of ours, with moto in AWS's place: `infra/template.yaml` deployed as far as moto goes
//! (`infra/tests/test_deploy.py` lists what it does not deploy), every scenario of `events/` on its way, and our own compiled
//! programs, killed in the middle. `make e2e` builds them first.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a test ends where something is not as expected"
)]

mod alone;
mod functions;
mod held;
mod journey;
mod queues;
mod subscriber;
mod workers;

use std::collections::BTreeSet;

use fastrand::Rng;
use ledger::store::Store as _;
use resold_tests::database::Database;
use resold_tests::moto::{Moto, Queue};
use serde_json::{Value, json};

use crate::functions::{Fate, Functions};
use crate::held::Held;
use crate::journey::{ACCOUNT, Journey};
use crate::subscriber::Subscriber;
use crate::workers::Workers;

/// Where kills, and sizes of batches, are drawn from.
const SEED: u64 = 17;
/// moto slows down as a queue grows: no more messages than about so many wait at a time.
const WAITING: usize = 60;
/// What a partner's sale brings.
const HAPPY_PATH: [&str; 3] = [
    include_str!("../../events/happy-path/02-offer-released.json"),
    include_str!("../../events/happy-path/03-agreement-created.json"),
    include_str!("../../events/happy-path/04-license-updated.json"),
];

#[tokio::test]
async fn the_functions_conclude_and_publish_what_a_replay_does() {
    let moto = Moto::start();
    let database = Database::fresh("e2e").await;
    let mut subscriber = Subscriber::new(&moto, "functions").await;
    let mut functions = Functions::new(&moto, &database.url, Rng::with_seed(SEED));
    let mut journey = Journey::new(&moto, &database.url, "functions").await;
    for group in Journey::groups(WAITING) {
        journey.begin(&group).await;
        loop {
            let fate = functions.draw();
            if !functions.take(fate).await {
                break;
            }
            subscriber.collect(&moto).await;
        }
        for name in ["relay", "sweep"] {
            functions.scheduled(name).await;
            subscriber.collect(&moto).await;
        }
    }
    functions.kills.assert_everywhere();
    assert_as_replayed(&database, &journey, async || functions.scheduled("sweep").await).await;
    functions.scheduled("relay").await;
    subscriber.collect(&moto).await;
    subscriber.assert_has(&Held::of(&database).await);
    assert!(subscriber.repeated() > 0, "a kill between bus and ledger");
    functions.end().await;
    database.remove().await;
}

#[tokio::test]
async fn workers_conclude_and_publish_what_a_replay_does() {
    let moto = Moto::start();
    let database = Database::fresh("workers").await;
    let mut subscriber = Subscriber::new(&moto, "workers").await;
    let mut workers = Workers::start(&moto, &database.url, Rng::with_seed(SEED)).await;
    let mut journey = Journey::new(&moto, &database.url, "workers").await;
    for group in Journey::groups(WAITING) {
        journey.begin(&group).await;
        workers.settle().await;
        subscriber.collect(&moto).await;
    }
    assert_as_replayed(&database, &journey, async || functions::sweep(&database.url).await).await;
    workers.publish(&database).await;
    subscriber.collect(&moto).await;
    subscriber.assert_has(&Held::of(&database).await);
    workers.end().await;
    database.remove().await;
}

/// That a ledger is what a replay of the same makes of an empty one, when both have judged what time alone changes.
async fn assert_as_replayed(
    database: &Database,
    journey: &Journey<'_>,
    mut sweep: impl AsyncFnMut(),
) {
    let replayed = Database::fresh("replayed").await;
    journey.replay(&replayed.url);
    // Until no moment of change lies between the two.
    for tries in 1.. {
        sweep().await;
        functions::sweep(&replayed.url).await;
        let (found, expected) = (Held::of(database).await, Held::of(&replayed).await);
        if tries == 3 || found == expected {
            found.assert_is(&expected);
            break;
        }
    }
    replayed.remove().await;
}

#[tokio::test]
async fn what_an_outage_made_dead_letters_is_moved_back_and_recorded() {
    let moto = Moto::start();
    let (queue, dead) = (Queue::of(&moto, "QueueUrl"), Queue::of(&moto, "DeadLetterQueueUrl"));
    // The template's own count would take two hours.
    let mut redrive = serde_json::from_str::<Value>(
        queue.attributes(&moto).await["RedrivePolicy"].as_str().expect("the template has one"),
    )
    .expect("JSON");
    redrive["maxReceiveCount"] = json!(2);
    queue.set(&moto, "RedrivePolicy", &redrive.to_string()).await;
    let mut database = Database::fresh("outage").await;
    let mut functions = Functions::new(&moto, &database.url, Rng::with_seed(SEED));
    let [before, during @ ..] = HAPPY_PATH;
    queue.send(&moto, before).await;
    while functions.take(Fate::Undisturbed).await {}

    // The function names each message that it could not record: those stay in the queue, until they were received too often.
    let (name, away) = (database.name.clone(), format!("{}_away", database.name));
    database.cut().await;
    database.server_does(format!("alter database {name} rename to {away}")).await;
    for body in during {
        queue.send(&moto, body).await;
    }
    while functions.take(Fate::Undisturbed).await {}
    let letters = dead.receive(&moto, 10, 60, 0).await;
    let bodies: BTreeSet<&str> = letters.iter().map(|letter| &*letter.body).collect();
    assert_eq!(bodies, during.into(), "nothing is lost");

    database.server_does(format!("alter database {away} rename to {name}")).await;
    for letter in &letters {
        queue.send(&moto, &letter.body).await;
    }
    dead.delete(&moto, &letters).await;
    while functions.take(Fate::Undisturbed).await {}
    let counts = {
        let store = database.store(1).await;
        let mut snapshot = store.snapshot().await.expect("a snapshot");
        snapshot.counts().await.expect("counts")
    };
    assert_eq!((counts.notifications, counts.deliveries), (3, 3));
    assert_eq!((queue.depth(&moto).await, dead.depth(&moto).await), (0, 0));
    functions.end().await;
    database.remove().await;
}
