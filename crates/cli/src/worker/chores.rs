//! Relays and sweeps, now and then: after a start at once.

use std::time::Duration;

use deal::moment::Moment;
use processor::clock::{Clock as _, SystemClock};
use processor::relay::{RelayError, Relayed};
use tokio::time::{MissedTickBehavior, interval};

use super::{Work, stopped};
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
    let (mut relays, mut sweeps) = (interval(RELAY), interval(SWEEP));
    for ticks in [&mut relays, &mut sweeps] {
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    }
    loop {
        tokio::select! {
            biased;
            () = stopped(&mut work.stop) => return,
            _ = sweeps.tick() => sweep(&work).await,
            _ = relays.tick() => {}
        }
        if let Some(relay) = &work.relay {
            told(relay.relay(soon()).await);
        }
    }
}

/// Judges until nothing is due, or the worker stops.
async fn sweep(work: &Work) {
    let mut judged = 0_usize;
    while !*work.stop.borrow() {
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
}

/// Logs what a relay did.
pub fn told(relayed: Result<Relayed, RelayError>) {
    match relayed {
        Ok(Relayed { published: 0, failed: 0, set_aside: 0 }) => {}
        Ok(Relayed { published, failed, set_aside }) => {
            tracing::info!(published, failed, set_aside, "the outbox was relayed");
        }
        Err(error) => tracing::warn!(
            error = one_line(&error),
            "the outbox was not relayed; the next relay will"
        ),
    }
}
