//! Judges what time changed and what was left pending, on a schedule, whatever the event says; then publishes.

use lambda_runtime::Diagnostic;
use ledger::findings;
use ledger::store::StoreError;
use processor::delivery::ProcessError;
use processor::relay::RelayError;
use serde::Serialize;
use tokio::time::timeout;

use crate::function::{Function, Invocation, count, failed};
use crate::metrics::{Metric, Metrics};

/// Streams judged in one transaction.
const BATCH: u32 = 100;

/// What a sweep did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Swept {
    /// Streams that were judged, and notifications that could be applied by now.
    judged: u64,
    /// The time ran short: something may still be due.
    more: bool,
    /// Events that the bus took.
    published: u64,
    /// Events that stay in the outbox for the next relay.
    failed: u64,
    /// Events that can never be published.
    set_aside: u64,
}

/// Why a sweep stopped. What it judged is recorded.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no ledger to sweep.
    #[error("could not open the ledger")]
    Open(#[source] StoreError),
    /// What is due cannot be judged.
    #[error("could not judge what is due")]
    Sweep(#[source] ProcessError),
    /// The open findings cannot be counted.
    #[error("could not count the open findings")]
    Count(#[source] StoreError),
    /// The outbox cannot be read or written.
    #[error("could not relay what is to be published")]
    Relay(#[source] RelayError),
    /// The ledger did not answer in time.
    #[error("the invocation's time ran out before the sweep was done")]
    OutOfTime,
}

/// Judges until nothing is due or half of the time is over; publishes in the other half.
pub async fn handle(function: &Function, invocation: Invocation) -> Result<Swept, Diagnostic> {
    let work = timeout(function.usable(&invocation), sweep(function, &invocation));
    let done = work.await.unwrap_or(Err(Error::OutOfTime));
    done.map_err(|error| failed("SweepError", "what is due was not judged", &error))
}

async fn sweep(function: &Function, invocation: &Invocation) -> Result<Swept, Error> {
    let mut metrics = function.metrics();
    let store = function.connection.store().await.map_err(Error::Open)?;
    let half = function.usable(invocation) / 2;
    let processor = function.processor(store.clone(), half);
    let (mut judged, mut more) = (0_u64, true);
    while more && function.usable(invocation) > half {
        let some = processor.sweep(BATCH).await.map_err(Error::Sweep)?;
        judged = judged.saturating_add(u64::try_from(some).unwrap_or(u64::MAX));
        more = some > 0;
    }
    let until = function.until(function.usable(invocation));
    let relayed = function.relay(processor).relay(until).await.map_err(Error::Relay)?;
    count(&mut metrics, relayed);
    let now = function.clock.now();
    metrics.print(now);
    let mut snapshot = store.snapshot().await.map_err(Error::Count)?;
    for (severity, open) in findings::count(&mut *snapshot).await.map_err(Error::Count)? {
        let mut metrics = Metrics::new(function.name, Some(severity));
        metrics.add(Metric::OpenFindings, open);
        metrics.print(now);
    }
    let (published, failed, set_aside) = (relayed.published, relayed.failed, relayed.set_aside);
    tracing::info!(judged, more, published, failed, set_aside, "what is due was judged");
    Ok(Swept { judged, more, published, failed, set_aside })
}
