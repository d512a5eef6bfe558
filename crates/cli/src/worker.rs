//! `resold worker`: the queue into the ledger, the outbox onto the bus, and what time changes.
//!
//! | file | what it does |
//! |---|---|
//! | `poll.rs` | receives, takes in, deletes what is committed |
//! | `chores.rs` | relays and sweeps, now and then |
//! | `log.rs` | what standard error says |

use std::sync::Arc;
use std::time::Duration;

use aws::event_bridge::{BusName, EventBridge};
use aws::queue::{Queue, QueueError};
use aws::queue_url::QueueUrl;
use clap::Args;
use ledger::store::Store;
use processor::Processor;
use processor::publisher::Publisher;
use processor::relay::Relay;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::aws_place::{endpoint, queue_url};
use crate::command::Context;
use crate::exit::Exit;
use crate::failure::{Failure, one_line};
use crate::place::Access;
use crate::stop::{on_signal, stopped};

mod chores;
mod log;
mod poll;

/// What was received is finished within this when the worker is stopped; the rest comes again.
const STOPPING: Duration = Duration::from_secs(30);

/// A ledger that is away is asked for again after at most this.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// How the worker works.
#[derive(Debug, Args)]
#[command(after_help = "\
Messages are deleted only when the ledger holds them; others come again, and the queue's dead-letter queue takes what
never succeeds. Publishes after each batch and every minute, sweeps every five. SIGTERM or SIGINT: receives no more, finishes
what it received within 30 seconds and exits with 0. Credentials are found as AWS's own programs find them. Logs go to standard
error, one JSON object a line, without bodies.

Examples:
  resold worker --queue https://sqs.us-east-1.amazonaws.com/111122223333/resold-queue
  resold worker --queue https://sqs.us-east-1.amazonaws.com/111122223333/resold-queue --no-bus --concurrency 4")]
pub struct WorkerArgs {
    /// The queue of notifications
    #[arg(long, value_name = "URL", env = "RESOLD_QUEUE", hide_env_values = true, value_parser = queue_url)]
    queue: QueueUrl,
    /// The event bus to publish on
    #[arg(long, value_name = "NAME", env = "RESOLD_BUS", hide_env_values = true, default_value = "resold", value_parser = bus)]
    bus: BusName,
    /// Publish nothing: events stay in the outbox
    #[arg(long)]
    no_bus: bool,
    /// Batches that are worked on at once
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=16))]
    concurrency: u8,
}

fn bus(text: &str) -> Result<BusName, String> {
    BusName::new(text).map_err(|error| error.to_string())
}

/// What every task of a worker shares.
#[derive(Clone)]
struct Work {
    store: Arc<dyn Store>,
    processor: Processor,
    /// None: nothing is published.
    relay: Option<Relay>,
    queue: Queue,
    /// Becomes true when the worker is to stop.
    stop: watch::Receiver<bool>,
}

impl Work {
    /// Waits until the ledger answers again, or the worker stops.
    async fn until_the_ledger_answers(&mut self) {
        let mut pause = Duration::from_millis(500);
        while let Err(error) = self.store.snapshot().await.map(drop) {
            tracing::warn!(
                error = one_line(&error),
                "the ledger does not answer; nothing is received meanwhile"
            );
            tokio::select! {
                () = sleep(pause) => pause = (pause * 2).min(LONGEST_PAUSE),
                () = stopped(&mut self.stop) => return,
            }
        }
    }
}

/// Runs until a signal stops it, or the queue refuses for good.
pub async fn run(context: &Context<'_>, args: WorkerArgs) -> Result<Exit, Failure> {
    if context.global.effective.is_some() {
        return Err(Failure::new("could not start the worker")
            .because("it judges at the time that it is")
            .hint("leave out --effective"));
    }
    log::start();
    let mut stop = on_signal()?;
    let Some(store) = open(context, &mut stop).await? else { return Ok(Exit::Done) };
    let credentials = aws::credentials::standard().await;
    let processor = context.processor_on(Arc::clone(&store), false);
    let relay = (!args.no_bus).then(|| {
        let bus = EventBridge::new(args.bus, endpoint("AWS_ENDPOINT_URL_EVENTBRIDGE"));
        let bus: Arc<dyn Publisher> = Arc::new(bus.with_credentials(credentials.clone()));
        Relay::new(processor.clone(), bus)
    });
    let queue = Queue::new(args.queue, endpoint("AWS_ENDPOINT_URL_SQS"), credentials);
    let work = Work { store, processor, relay, queue, stop: stop.clone() };
    let mut tasks: JoinSet<Result<(), QueueError>> = JoinSet::new();
    for _ in 0..args.concurrency {
        tasks.spawn(poll::run(work.clone()));
    }
    let chores = work.clone();
    tasks.spawn(async move {
        chores::run(chores).await;
        Ok(())
    });
    tracing::info!("the worker runs");
    let ended = tokio::select! {
        ended = all(&mut tasks) => ended,
        () = stopped(&mut stop) => timeout(STOPPING, all(&mut tasks)).await.unwrap_or_else(|_| {
            tracing::warn!("what was received could not be finished in time; it comes again");
            Ok(())
        }),
    };
    ended?;
    tracing::info!("the worker stopped");
    Ok(Exit::Done)
}

/// Waits for every task; the first that fails ends it.
async fn all(tasks: &mut JoinSet<Result<(), QueueError>>) -> Result<(), Failure> {
    let failure = || Failure::new("could not go on working");
    while let Some(ended) = tasks.join_next().await {
        ended.map_err(|error| failure().because(error))?.map_err(|error| {
            failure()
                .because(error)
                .hint("check --queue, the credentials and the rights of who runs the worker")
        })?;
    }
    Ok(())
}

/// The ledger, once its server answers; nothing if the worker is stopped before.
async fn open(
    context: &Context<'_>,
    stop: &mut watch::Receiver<bool>,
) -> Result<Option<Arc<dyn Store>>, Failure> {
    let mut pause = Duration::from_millis(500);
    loop {
        let failure = match context.store(Access::Write).await {
            Ok(store) => return Ok(Some(store)),
            Err(failure) if failure.is_outage() => failure,
            Err(failure) => return Err(failure),
        };
        tracing::warn!(error = one_line(&failure), "the ledger does not answer yet");
        tokio::select! {
            () = sleep(pause) => pause = (pause * 2).min(LONGEST_PAUSE),
            () = stopped(stop) => return Ok(None),
        }
    }
}
