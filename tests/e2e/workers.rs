//! `resold worker`, two of them on one queue, killed and started again on the way.

use fastrand::Rng;
use ledger::store::Store as _;
use resold_tests::database::Database;
use resold_tests::moto::{Moto, Queue};
use resold_tests::worker::{Worker, until};

use crate::ACCOUNT;

/// What a worker that was killed had in hand comes again after this: the shortest time that a worker takes.
pub(crate) const HIDE: u32 = 5;

/// Two workers.
pub(crate) struct Workers<'a> {
    moto: &'a Moto,
    queue: Queue,
    ledger: String,
    random: Rng,
    running: [Worker; 2],
}

impl<'a> Workers<'a> {
    pub(crate) async fn start(moto: &'a Moto, ledger: &str, random: Rng) -> Self {
        let queue = Queue::of(moto, "QueueUrl");
        let running = [worker(moto, ledger, "").await, worker(moto, ledger, "").await];
        Self { moto, queue, ledger: ledger.to_owned(), random, running }
    }

    /// Waits until the queue is empty; kills one of them when it has come down to a drawn number of messages.
    pub(crate) async fn settle(&mut self) {
        let full = self.queue.depth(self.moto).await;
        let point = self.random.u32(..=full / 2);
        until("the queue is worked on", async || self.queue.depth(self.moto).await <= point).await;
        let one = self.random.usize(..self.running.len());
        self.running[one].kill().await;
        self.running[one] = worker(self.moto, &self.ledger, "").await;
        until("the queue is empty", async || self.queue.depth(self.moto).await == 0).await;
    }

    /// Waits until nothing is left to publish.
    pub(crate) async fn publish(&self, database: &Database) {
        let store = database.store(1).await;
        until("everything is published", async || {
            let mut snapshot = store.snapshot().await.expect("a snapshot");
            snapshot.counts().await.expect("counts").unpublished == 0
        })
        .await;
        store.close().await;
    }

    /// Asks them to stop (SIGTERM), which they do by themselves.
    pub(crate) async fn end(self) {
        for worker in self.running {
            worker.stop().await;
        }
    }
}

/// A worker on the stack's queue and this ledger, with more arguments.
pub(crate) async fn worker(moto: &Moto, ledger: &str, more: &str) -> Worker {
    let (queue, bus) = (Queue::of(moto, "QueueUrl").url, moto.output("BusName"));
    let arguments = format!("--queue {queue} --bus {bus} --hide {HIDE} {more}");
    Worker::start(&arguments, &variables(moto, ledger)).await
}

/// What a worker finds in its environment.
pub(crate) fn variables<'a>(moto: &'a Moto, ledger: &'a str) -> [(&'a str, &'a str); 5] {
    [
        ("RESOLD_LEDGER", ledger),
        ("RESOLD_ACCOUNTS", ACCOUNT),
        ("AWS_ACCESS_KEY_ID", "none"),
        ("AWS_SECRET_ACCESS_KEY", "none"),
        ("AWS_ENDPOINT_URL", &moto.url),
    ]
}
