//! `resold worker`, two of them on one queue, killed and started again on the way.

use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use fastrand::Rng;
use ledger::store::Store as _;
use resold_tests::binary::binary;
use resold_tests::database::Database;
use resold_tests::moto::{Moto, Queue};
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

use crate::ACCOUNT;

/// What is waited for comes within this time.
const BOUND: Duration = Duration::from_mins(2);

/// Two workers.
pub(crate) struct Workers<'a> {
    moto: &'a Moto,
    queue: Queue,
    ledger: String,
    random: Rng,
    running: [Child; 2],
}

impl<'a> Workers<'a> {
    pub(crate) async fn start(moto: &'a Moto, ledger: &str, random: Rng) -> Self {
        let queue = Queue::of(moto, "QueueUrl");
        // What a worker that was killed had in hand comes again after this.
        queue.set(moto, "VisibilityTimeout", "3").await;
        let running = [worker(moto, &queue, ledger), worker(moto, &queue, ledger)];
        Self { moto, queue, ledger: ledger.to_owned(), random, running }
    }

    /// Waits until the queue is empty; kills one of them when it has come down to a drawn number of messages.
    pub(crate) async fn settle(&mut self) {
        let full = self.queue.depth(self.moto).await;
        let point = self.random.u32(..=full / 2);
        wait("the queue is worked on", async || self.queue.depth(self.moto).await <= point).await;
        let one = self.random.usize(..self.running.len());
        self.running[one].kill().await.expect("it can be killed");
        self.running[one] = worker(self.moto, &self.queue, &self.ledger);
        wait("the queue is empty", async || self.queue.depth(self.moto).await == 0).await;
    }

    /// Waits until nothing is left to publish.
    pub(crate) async fn publish(&self, database: &Database) {
        let store = database.store(1).await;
        wait("everything is published", async || {
            let mut snapshot = store.snapshot().await.expect("a snapshot");
            snapshot.counts().await.expect("counts").unpublished == 0
        })
        .await;
        store.close().await;
    }

    /// Asks them to stop (SIGTERM), which they do by themselves.
    pub(crate) async fn end(self) {
        for mut worker in self.running {
            let id = worker.id().expect("it runs").to_string();
            let asked = Command::new("kill").args(["-TERM", &id]).status().await;
            assert!(asked.is_ok_and(|status| status.success()), "it is asked");
            let ended = timeout(BOUND, worker.wait()).await.expect("it stops in time");
            assert!(ended.as_ref().is_ok_and(ExitStatus::success), "{ended:?}");
        }
    }
}

fn worker(moto: &Moto, queue: &Queue, ledger: &str) -> Child {
    let mut command = Command::new(binary("resold"));
    command.args(["worker", "--queue", &queue.url, "--bus", moto.output("BusName")]);
    command.env_clear().kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit());
    command.envs([
        ("RESOLD_LEDGER", ledger),
        ("RESOLD_ACCOUNTS", ACCOUNT),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "none"),
        ("AWS_SECRET_ACCESS_KEY", "none"),
        ("AWS_ENDPOINT_URL", &moto.url),
    ]);
    command.spawn().expect("it starts")
}

/// Asks again and again until it is so.
async fn wait(what: &str, is_so: impl AsyncFn() -> bool) {
    let began = Instant::now();
    while !is_so().await {
        assert!(began.elapsed() < BOUND, "{what}: not in time");
        sleep(Duration::from_millis(100)).await;
    }
}
