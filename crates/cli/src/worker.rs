//! `resold worker`: the queue into the ledger, the outbox onto the bus, and what time changes.
//!
//! | file | what it does |
//! |---|---|
//! | `poll.rs` | receives, takes in, deletes what is committed |
//! | `chores.rs` | relays and sweeps, now and then |
//! | `errands.rs` | asks AWS Marketplace what is due there |
//! | `health.rs` | whether the tasks go on, whether the ledger and the queue answer |
//! | `metrics.rs` | what is measured |
//! | `probes.rs` | tells both to who asks by HTTP |
//! | `log.rs` | what standard error says |

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use aws::event_bridge::{BusName, EventBridge};
use aws::queue::{Queue, QueueError};
use aws::queue_url::QueueUrl;
use clap::Args;
use ledger::store::{Store, StoreError};
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

use self::health::{Health, Task};
use self::metrics::Metrics;

mod chores;
mod errands;
mod health;
mod log;
mod metrics;
mod poll;
mod probes;

/// What was received is finished within this when the worker is stopped; the rest comes again.
const STOPPING: Duration = Duration::from_secs(30);

/// What the worker does before anything else.
const OPENING: &str = "opening the ledger";

/// A ledger that is away is asked for again after at most this.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// How the worker works.
#[derive(Debug, Args)]
#[command(after_help = "\
Messages are deleted only when the ledger holds them; others come again, and the queue's dead-letter
queue takes what never succeeds. Publishes after each batch and every minute, sweeps every five.
SIGTERM or SIGINT: receives no more, finishes what it received within 30 seconds and exits with 0.
Credentials are found as AWS's own programs find them. Logs go to standard error, one JSON object a
line, without bodies.

With --listen, GET /livez says whether its tasks go on (503 when one has done the same for more than
5 minutes), /readyz whether the ledger and the queue answer (503 with the reason), and /metrics what
it measured, in the form that Prometheus reads. Anybody who reaches the address may ask: no secrets
are told, but counts are.

Examples:
  export RESOLD_QUEUE=https://sqs.us-east-1.amazonaws.com/111122223333/resold-queue
  resold worker
  resold worker --no-bus --concurrency 4
  resold worker --marketplace
  resold worker --listen 127.0.0.1:9464
  curl --fail http://127.0.0.1:9464/readyz")]
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
    /// Ask AWS Marketplace too: every minute what is due (requests, and entitlements of licenses that were updated), every hour all
    /// opportunities and a 24th of the live licenses
    #[arg(long, env = "RESOLD_MARKETPLACE", hide_env_values = true)]
    marketplace: bool,
    /// Batches that are worked on at once
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=16))]
    concurrency: u8,
    /// How long a message that was received is nobody else's; it is prolonged at a third of that while it is worked on
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u16).range(5..=43_200))]
    hide: u16,
    /// Where to answer probes and tell metrics by HTTP, as 127.0.0.1:9464; nowhere if it is not said
    #[arg(long, value_name = "ADDRESS:PORT", env = "RESOLD_LISTEN", hide_env_values = true, value_parser = address)]
    listen: Option<SocketAddr>,
}

fn address(text: &str) -> Result<SocketAddr, String> {
    let form = "it is an address and a port, as 127.0.0.1:9464, [::1]:9464, or 0.0.0.0:9464 for all addresses";
    text.parse().map_err(|_| form.to_owned())
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
    /// How long a received message is nobody else's.
    hide: Duration,
    health: Health,
    metrics: Metrics,
    /// Becomes true when the worker is to stop.
    stop: watch::Receiver<bool>,
}

impl Work {
    /// Asks the ledger whether it takes writes.
    async fn ask_the_ledger(&self) -> Result<(), StoreError> {
        let answer = self.store.check_writable().await;
        self.health.ledger(answer.is_ok());
        answer
    }

    /// Waits until the ledger answers again, or the worker stops.
    async fn until_the_ledger_answers(&mut self, task: &Task) {
        let mut pause = Duration::from_millis(500);
        loop {
            task.now("waiting for the ledger");
            let Err(error) = self.ask_the_ledger().await else { return };
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
    let (health, metrics) = (Health::default(), Metrics::new());
    tokio::spawn(tell_stop(stop.clone(), health.clone()));
    if let Some(address) = args.listen {
        answer(address, &health, &metrics).await?;
    }
    let Some(store) = open(context, &health, &mut stop).await? else { return Ok(Exit::Done) };
    let credentials = aws::credentials::standard().await;
    let processor = context.processor_on(Arc::clone(&store), false);
    let relay = (!args.no_bus).then(|| {
        let bus = EventBridge::new(args.bus, endpoint("AWS_ENDPOINT_URL_EVENTBRIDGE"));
        let bus: Arc<dyn Publisher> = Arc::new(bus.with_credentials(credentials.clone()));
        Relay::new(processor.clone(), bus)
    });
    let apis = if args.marketplace { Some(errands::Apis::find().await?) } else { None };
    let queue = Queue::new(args.queue, endpoint("AWS_ENDPOINT_URL_SQS"), credentials);
    let hide = Duration::from_secs(args.hide.into());
    let stop_too = stop.clone();
    let work = Work { store, processor, relay, queue, hide, health, metrics, stop: stop_too };
    let mut tasks: JoinSet<Result<(), QueueError>> = JoinSet::new();
    for _ in 0..args.concurrency {
        tasks.spawn(poll::run(work.clone()));
    }
    tasks.spawn(endless(chores::run(work.clone())));
    if let Some(apis) = apis {
        tasks.spawn(endless(errands::run(work, apis)));
    }
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

/// A task that ends only when the worker stops.
async fn endless(task: impl Future<Output = ()> + Send) -> Result<(), QueueError> {
    task.await;
    Ok(())
}

/// Begins to answer probes, also while the ledger is still waited for.
async fn answer(address: SocketAddr, health: &Health, metrics: &Metrics) -> Result<(), Failure> {
    let listener = probes::listen(address).await?;
    // The port, where any was asked for.
    let address = listener.local_addr().unwrap_or(address);
    tokio::spawn(probes::run(listener, health.clone(), metrics.clone()));
    tracing::info!(%address, "probes are answered");
    Ok(())
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
    health: &Health,
    stop: &mut watch::Receiver<bool>,
) -> Result<Option<Arc<dyn Store>>, Failure> {
    let mut pause = Duration::from_millis(500);
    let task = health.task(OPENING);
    loop {
        task.now(OPENING);
        let opened = open_to_write(context).await;
        health.ledger(opened.is_ok());
        let failure = match opened {
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

async fn open_to_write(context: &Context<'_>) -> Result<Arc<dyn Store>, Failure> {
    let store = context.store(Access::Write).await?;
    let writable = store.check_writable().await;
    writable.map_err(|error| Failure::new("could not write to the ledger").because(error))?;
    Ok(store)
}

/// Says of the worker's health that it stops, once it does.
async fn tell_stop(mut stop: watch::Receiver<bool>, health: Health) {
    stopped(&mut stop).await;
    health.stop();
}
