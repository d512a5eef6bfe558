//! Judges what time changed and what was left pending, on a schedule; runs errands at AWS Marketplace where it is set to; then
//! publishes.

use aws::api::Access;
use aws::catalog::{self, CatalogApi};
use aws::endpoint::{Endpoint, PlaceError};
use aws::entitlements::{self, EntitlementApi};
use deal::moment::Moment;
use lambda_runtime::Diagnostic;
use ledger::findings;
use ledger::store::StoreError;
use processor::Processor;
use processor::chain::Chain;
use processor::delivery::ProcessError;
use processor::errand::{Asked, Errands, Marketplace};
use processor::relay::RelayError;
use serde::Serialize;
use tokio::time::timeout;

use crate::function::{Function, Invocation, count, failed};
use crate::metrics::{Metric, Metrics};

/// Streams judged in one transaction.
const BATCH: u32 = 100;

/// How often the template starts a sweep, in microseconds: of those in an hour, the first runs the errands of the hour.
const EVERY: i64 = 5 * 60 * 1_000_000;

/// What a sweep did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Swept {
    /// Streams that were judged, and notifications that could be applied by now.
    judged: u64,
    /// The time ran short: something may still be due.
    more: bool,
    /// What was asked of AWS Marketplace, if anything was to be asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    asked: Option<Counts>,
    /// Events that the bus took.
    published: u64,
    /// Events that stay in the outbox for the next relay.
    failed: u64,
    /// Events that can never be published.
    set_aside: u64,
}

/// What came of errands at AWS Marketplace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
struct Counts {
    /// Steps of requests.
    steps: usize,
    /// Licenses that AWS answered about.
    licenses: usize,
    /// Opportunities of which something was recorded.
    opportunities: usize,
    /// The time ran short.
    more: bool,
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
    /// AWS Marketplace cannot be asked.
    #[error("could not tell where AWS Marketplace is")]
    Place(#[source] PlaceError),
    /// Something that was to be asked of AWS Marketplace was not, or in vain. The rest is done.
    #[error("{0} errands at AWS Marketplace failed; the log says which, and why")]
    Errands(usize),
    /// The ledger did not answer in time.
    #[error("the invocation's time ran out before the sweep was done")]
    OutOfTime,
}

/// Judges until nothing is due or half of the time is over, runs errands for half of the rest, and publishes.
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
    let asked = if function.marketplace {
        Some(run_errands(function, &processor, invocation).await?)
    } else {
        None
    };
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
    let failures = asked.as_ref().map_or(0, |asked| asked.failures.len());
    if failures > 0 {
        return Err(Error::Errands(failures));
    }
    let counts = |Asked { steps, licenses, opportunities, more, .. }| Counts {
        steps,
        licenses,
        opportunities,
        more,
    };
    Ok(Swept { judged, more, asked: asked.map(counts), published, failed, set_aside })
}

/// Asks AWS Marketplace what is due, in half of the time that is left.
async fn run_errands(
    function: &Function,
    processor: &Processor,
    invocation: &Invocation,
) -> Result<Asked, Error> {
    let place = |variable| {
        let endpoint = Endpoint::named(variable, |name| std::env::var(name).ok());
        endpoint.map(|endpoint| Access::new(endpoint, aws::credentials::of_function()))
    };
    let catalog = CatalogApi::new(place(catalog::ENDPOINT).map_err(Error::Place)?);
    let entitlements = EntitlementApi::new(place(entitlements::ENDPOINT).map_err(Error::Place)?);
    let now = function.clock.now();
    let marketplace = Marketplace { catalog: &catalog, entitlements: &entitlements };
    let errands = errands(now);
    let until = function.at_latest(function.usable(invocation) / 2);
    let asked = processor.run_errands(&marketplace, errands, until).await;
    for failure in &asked.failures {
        tracing::warn!(error = %Chain(failure), "an errand at AWS Marketplace failed");
    }
    let Asked { steps, licenses, opportunities, more, .. } = asked;
    tracing::info!(steps, licenses, opportunities, more, "AWS Marketplace was asked");
    Ok(asked)
}

/// What a sweep that begins now has to run.
fn errands(now: Moment) -> Errands {
    let into_the_hour = now.micros().rem_euclid(3_600_000_000);
    if into_the_hour < EVERY { Errands::of_the_hour(now) } else { Errands::Due }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_sweep_of_an_hour_compares_everything() {
        // Schedules begin when they like.
        for begin in [0, 1, 299, 300, 1_234] {
            let starts =
                (0..288).map(|number| Moment::default().plus_seconds(begin + number * 300));
            let mut hours: Vec<u8> = starts
                .filter_map(|start| match errands(start) {
                    Errands::Hourly { hour } => Some(hour),
                    Errands::Due => None,
                })
                .collect();
            hours.sort_unstable();
            assert_eq!(hours, (0..24).collect::<Vec<u8>>(), "begun after {begin} s");
        }
    }
}
