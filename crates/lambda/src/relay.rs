//! Publishes what stayed in the outbox: on a schedule, whatever the event says.

use lambda_runtime::Diagnostic;
use ledger::store::StoreError;
use processor::relay::{RelayError, Relayed};
use tokio::time::timeout;

use crate::function::{Function, Invocation, count, failed};
use crate::metrics::Metric;

/// Why a relay stopped. What it published is published.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no ledger to publish from.
    #[error("could not open the ledger")]
    Open(#[source] StoreError),
    /// The outbox cannot be read or written.
    #[error("could not relay what is to be published")]
    Relay(#[source] RelayError),
    /// The ledger did not answer in time.
    #[error("the invocation's time ran out before the relay was done")]
    OutOfTime,
}

/// Publishes until nothing is left or the time runs short.
pub async fn handle(function: &Function, invocation: Invocation) -> Result<Relayed, Diagnostic> {
    let work = timeout(function.usable(&invocation), relay(function, &invocation));
    let done = work.await.unwrap_or(Err(Error::OutOfTime));
    done.map_err(|error| failed("RelayError", "the outbox was not relayed", &error))
}

async fn relay(function: &Function, invocation: &Invocation) -> Result<Relayed, Error> {
    let mut metrics = function.metrics();
    let store = function.connection.store().await.map_err(Error::Open)?;
    let time = function.usable(invocation);
    let processor = function.processor(store, time / 2);
    let relay = function.relay(processor.clone());
    let relayed = relay.relay(function.until(time)).await.map_err(Error::Relay)?;
    let oldest = processor.longest_unpublished().await.map_err(Error::Relay)?;
    count(&mut metrics, relayed);
    metrics.add(Metric::OldestUnpublishedAge, oldest.map_or(0, |age| age.as_secs()));
    metrics.print(function.clock.now());
    let Relayed { published, failed, set_aside } = relayed;
    tracing::info!(published, failed, set_aside, "the outbox was relayed");
    Ok(relayed)
}
