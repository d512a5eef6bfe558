//! Errands at AWS Marketplace, in a task of their own: it may take its time to answer.

use std::time::Duration;

use aws::catalog::CatalogApi;
use aws::entitlements::EntitlementApi;
use processor::clock::{Clock as _, SystemClock};
use processor::errand::{Asked, Errands, Marketplace};

use super::chores::{every, relay, soon};
use super::{Work, stopped};
use crate::aws_place::{catalog, entitlements};
use crate::failure::{Failure, one_line};

/// How often what is due is asked.
const DUE: Duration = Duration::from_mins(1);

/// The APIs of AWS Marketplace that a worker asks.
pub struct Apis {
    catalog: CatalogApi,
    entitlements: EntitlementApi,
}

impl Apis {
    /// Where the environment says that they are.
    pub async fn find() -> Result<Self, Failure> {
        let (catalog, entitlements) = (catalog().await?, entitlements().await?);
        Ok(Self { catalog, entitlements })
    }
}

/// Runs errands until the worker stops: those of the hour at once, and in each hour once.
pub async fn run(mut work: Work, apis: Apis) {
    let mut ticks = every(DUE);
    let task = work.health.task("beginning its errands");
    let mut last = Errands::Due;
    loop {
        task.now("waiting for its next errands");
        tokio::select! {
            biased;
            () = stopped(&mut work.stop) => return,
            _ = ticks.tick() => {}
        }
        task.now("asking AWS Marketplace");
        let hourly = Errands::of_the_hour(SystemClock.now());
        let errands = if hourly == last { Errands::Due } else { hourly };
        let asked = ask(&mut work, &apis, errands).await;
        relay(&work, &task).await;
        // What the time was too short for is done in the next minute.
        if asked.is_some_and(|asked| !asked.more) {
            last = hourly;
        }
    }
}

/// `None`: the worker stopped meanwhile.
async fn ask(work: &mut Work, apis: &Apis, errands: Errands) -> Option<Asked> {
    let marketplace = Marketplace { catalog: &apis.catalog, entitlements: &apis.entitlements };
    let asked = tokio::select! {
        asked = work.processor.run_errands(&marketplace, errands, soon()) => asked,
        // A call that is cut off is one whose answer nobody heard: the next errands find out.
        () = stopped(&mut work.stop) => return None,
    };
    for failure in &asked.failures {
        tracing::warn!(error = one_line(failure), "an errand at AWS Marketplace failed");
    }
    let Asked { steps, licenses, opportunities, more, .. } = asked;
    if steps + licenses + opportunities > 0 {
        tracing::info!(steps, licenses, opportunities, more, "AWS Marketplace was asked");
    }
    work.metrics.asked(&asked);
    Some(asked)
}
