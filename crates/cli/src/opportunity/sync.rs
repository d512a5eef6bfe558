//! `resold opportunity sync`: what AWS's Catalog API says of our resale authorizations, into the ledger.

use aws::catalog::CatalogApi;
use clap::Args;
use deal::moment::Moment;
use processor::Processor;
use processor::opportunity_sync::{SyncError, SyncFailure, Synced};
use processor::port::{AuthorizationFilter, Retry};
use serde::Serialize;

use crate::args::moment;
use crate::aws_place::catalog;
use crate::command::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::opened::OpenBefore;
use crate::page::counts;
use crate::place::Access;
use crate::reader::Reader;

/// Streams judged in one transaction.
const BATCH: u32 = 100;

/// Which opportunities to ask for.
#[derive(Debug, Args)]
pub struct SyncArgs {
    /// Only the one of exactly this name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Only what AWS changed after this time (2026-12-20T00:00:00Z), or after the beginning of this day, UTC (2026-12-20) [default: all]
    #[arg(long, value_name = "TIME", value_parser = moment)]
    changed_after: Option<Moment>,
}

/// What was done.
#[derive(Debug, Default, Serialize)]
struct Summary {
    /// Opportunities in AWS's list.
    listed: usize,
    /// Those of them that the ledger did not know as the list has them: read whole.
    read: usize,
    /// Those of them of which something was recorded.
    recorded: usize,
    /// Those that AWS did not describe, or that cannot be read.
    left_out: Vec<LeftOut>,
    /// Findings open in the ledger now.
    findings: u64,
    /// Those of them that were not open at the beginning.
    opened: u64,
}

#[derive(Debug, Serialize)]
struct LeftOut {
    id: String,
    why: String,
}

impl Summary {
    fn add(&mut self, done: Synced) {
        self.listed += done.listed;
        self.read += done.read;
        self.recorded += done.recorded;
        let left_out = done.left_out.into_iter();
        self.left_out.extend(left_out.map(|(id, why)| LeftOut { id: id.to_string(), why }));
    }
}

/// Asks, and records what is new.
pub async fn run(context: &mut Context<'_>, args: SyncArgs) -> Result<Exit, Failure> {
    let catalog = catalog().await?;
    let store = context.store(Access::Begin).await?;
    let reader = Reader::open(&*store, context.clock().now(), context.global.accounts());
    let open = OpenBefore::look(reader.await?).await?;
    let processor = context.processor_on(store, false);
    let filter = AuthorizationFilter {
        name: args.name,
        modified_after: args.changed_after.map(Moment::timestamp),
    };
    let mut summary = Summary::default();
    let ended = all(&processor, &catalog, &filter, &mut summary).await;
    for LeftOut { id, why } in &summary.left_out {
        context.output.warn(&format!("{id} was left out: {why}"));
    }
    if let Err(failure) = ended {
        if summary.recorded > 0 {
            let recorded = summary.recorded;
            context.output.warn(&format!(
                "before that, {recorded} opportunities were recorded; the same command goes on"
            ));
        }
        return Err(failure);
    }
    let judged = |error| Failure::new("could not judge what is due").because(error);
    while processor.sweep(BATCH).await.map_err(judged)? > 0 {}
    (summary.findings, summary.opened) = open.compare(context.reader().await?).await?;
    print(context, &summary)?;
    if summary.opened > 0 {
        context.output.note("Findings were opened: `resold findings` prints them.");
    }
    Ok(Exit::needs_you_if(!summary.left_out.is_empty() || summary.opened > 0))
}

/// Every page.
async fn all(
    processor: &Processor,
    catalog: &CatalogApi,
    filter: &AuthorizationFilter,
    summary: &mut Summary,
) -> Result<(), Failure> {
    let mut from = None;
    loop {
        match processor.sync_opportunities(catalog, filter, from).await {
            Ok(mut done) => {
                from = done.next.take();
                summary.add(done);
                if from.is_none() {
                    return Ok(());
                }
            }
            Err(SyncError { done, cause }) => {
                summary.add(done);
                return Err(failed(cause));
            }
        }
    }
}

fn failed(cause: SyncFailure) -> Failure {
    let failure = Failure::new("could not bring the opportunities in step with AWS");
    match cause {
        SyncFailure::Call(error) => {
            let hint = match error.retry {
                Retry::Soon | Retry::Later => "AWS was asked several times; try again later",
                Retry::Never => {
                    "check the credentials, and that they may aws-marketplace:ListEntities and aws-marketplace:DescribeEntity"
                }
            };
            failure.because(error).hint(hint)
        }
        other => failure.because(other),
    }
}

fn print(context: &mut Context<'_>, summary: &Summary) -> Result<(), Failure> {
    if context.output.is_json() {
        return context.output.json(summary);
    }
    let many = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
    context.output.lines(counts([
        ("listed", many(summary.listed)),
        ("read", many(summary.read)),
        ("recorded", many(summary.recorded)),
        ("left out", many(summary.left_out.len())),
        ("findings", summary.findings),
        ("new findings", summary.opened),
    ]))
}
