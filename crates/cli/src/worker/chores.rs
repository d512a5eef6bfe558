//! Relays and sweeps, now and then: after a start at once. What it reads there anyway is measured, and so is whether the ledger
//! answers while nothing comes.

use std::time::Duration;

use deal::moment::Moment;
use ledger::findings;
use ledger::store::StoreError;
use processor::clock::{Clock as _, SystemClock};
use processor::relay::{RelayError, Relayed};
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::health::Task;
use super::metrics::Metrics;
use super::{LONGEST_PAUSE, Work, stopped};
use crate::failure::one_line;

/// How often the outbox is relayed.
const RELAY: Duration = Duration::from_mins(1);

/// How often what is due is judged.
const SWEEP: Duration = Duration::from_mins(5);

/// Streams judged in one transaction.
const BATCH: u32 = 100;

/// A relay begins no request after this, in microseconds: well within the time that a stop may take.
const RELAYING: i64 = 15_000_000;

/// Until when a relay that begins now may begin requests.
pub fn soon() -> Moment {
    Moment::from_micros(SystemClock.now().micros().saturating_add(RELAYING))
}

/// Relays and sweeps until the worker stops.
pub async fn run(mut work: Work) {
    let (mut relays, mut sweeps, mut asks) = (every(RELAY), every(SWEEP), every(LONGEST_PAUSE));
    let task = work.health.task("beginning its chores");
    loop {
        task.now("waiting for its next chore");
        tokio::select! {
            biased;
            () = stopped(&mut work.stop) => return,
            _ = sweeps.tick() => sweep(&work, &task).await,
            _ = relays.tick() => {}
            _ = asks.tick() => {
                task.now("asking the ledger whether it answers");
                // Those who receive wait for it, and say so.
                let _ = work.ask_the_ledger().await;
                continue;
            }
        }
        relay(&work, &task).await;
    }
}

pub fn every(time: Duration) -> Interval {
    let mut ticks = interval(time);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// Publishes what stayed in the outbox; measures how old the rest is.
pub async fn relay(work: &Work, task: &Task) {
    task.now("relaying the outbox");
    if let Some(relay) = &work.relay {
        tell(&work.metrics, relay.relay(soon()).await, 0);
    }
    match work.processor.longest_unpublished().await {
        Ok(age) => work.metrics.oldest_age(age),
        Err(error) => tracing::warn!(
            error = one_line(&error),
            "how old the outbox is was not measured; the next relay will"
        ),
    }
}

/// Judges until nothing is due, or the worker stops; measures what is open then.
async fn sweep(work: &Work, task: &Task) {
    let mut judged = 0_usize;
    while !*work.stop.borrow() {
        task.now("judging what is due");
        match work.processor.sweep(BATCH).await {
            Ok(0) => break,
            Ok(some) => judged = judged.saturating_add(some),
            Err(error) => {
                tracing::warn!(
                    error = one_line(&error),
                    "what is due was not judged; the next sweep will"
                );
                break;
            }
        }
    }
    tracing::info!(judged, "what is due was judged");
    task.now("counting the open findings");
    if let Err(error) = count_findings(work).await {
        tracing::warn!(
            error = one_line(&error),
            "open findings were not counted; the next sweep will"
        );
    }
}

async fn count_findings(work: &Work) -> Result<(), StoreError> {
    let mut snapshot = work.store.snapshot().await?;
    work.metrics.findings(&findings::count(&mut *snapshot).await?);
    Ok(())
}

/// Logs and measures what a relay did; if it failed, so many events are still to be published.
pub fn tell(metrics: &Metrics, relayed: Result<Relayed, RelayError>, events: usize) {
    match relayed {
        Ok(Relayed { published: 0, failed: 0, set_aside: 0 }) => {}
        Ok(relayed) => {
            let Relayed { published, failed, set_aside } = relayed;
            tracing::info!(published, failed, set_aside, "the outbox was relayed");
            metrics.relayed(relayed);
        }
        Err(error) => {
            tracing::warn!(
                error = one_line(&error),
                "the outbox was not relayed; the next relay will"
            );
            let failed = u64::try_from(events).unwrap_or(u64::MAX);
            metrics.relayed(Relayed { failed, ..Relayed::default() });
        }
    }
}
