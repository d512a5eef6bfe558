//! `resold inbox redrive`: waiting notifications are taken in again.

use std::collections::BTreeMap;

use clap::Args;
use ledger::row::{NotificationRow, Outcome};
use marketplace::digest::Digest;
use processor::Processor;
use processor::delivery::ProcessError;
use serde::Serialize;

use super::Which;
use crate::command::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::notification::find;
use crate::page::counts;
use crate::place::Access;

/// Notifications taken in at once.
const STEP: usize = 100;

/// What to take in again.
#[derive(Debug, Args)]
pub struct RedriveArgs {
    /// Digests, or at least their first 12 digits
    #[arg(value_name = "DIGEST", conflicts_with_all = ["outcome", "reason", "all"])]
    ids: Vec<String>,
    #[command(flatten)]
    which: Which,
    /// Everything that waits
    #[arg(long, conflicts_with_all = ["outcome", "reason"])]
    all: bool,
}

/// What became of them.
#[derive(Debug, Default, Serialize)]
struct Summary {
    /// Taken in again.
    redriven: u64,
    applied: u64,
    parked: u64,
    quarantined: u64,
    unknown: u64,
    /// The ledger failed with each of them alone: they wait as before.
    failed: u64,
    /// Named, but it did not wait for anything.
    not_waiting: u64,
    /// How the last of those failed.
    #[serde(skip)]
    failure: Option<Failure>,
}

impl Summary {
    fn count(&mut self, outcome: Outcome) {
        let counted = match outcome {
            Outcome::Applied | Outcome::Erased | Outcome::Refiled => &mut self.applied,
            Outcome::Parked => &mut self.parked,
            Outcome::Quarantined => &mut self.quarantined,
            Outcome::Unknown => &mut self.unknown,
        };
        *counted = counted.saturating_add(1);
        self.redriven = self.redriven.saturating_add(1);
    }

    const fn waits(&self) -> bool {
        self.parked > 0 || self.quarantined > 0 || self.unknown > 0
    }
}

/// Takes notifications in again.
pub async fn run(context: &mut Context<'_>, args: &RedriveArgs) -> Result<Exit, Failure> {
    if args.ids.is_empty() && args.which.is_any() && !args.all {
        return Err(Failure::new("nothing says what to redrive").hint(
            "give digests, --outcome, --reason, or --all; `resold inbox list` prints what waits",
        ));
    }
    if let Some(word) = args.which.outcome.iter().find(|word| !Outcome::from(**word).waits()) {
        let word = Outcome::from(*word).word();
        return Err(Failure::new(format!("what is {word} cannot be redriven"))
            .hint("--outcome takes parked, quarantined, unknown"));
    }
    let mut summary = Summary::default();
    if args.ids.is_empty() {
        matching(context, &args.which, &mut summary).await?;
    } else {
        named(context, &args.ids, &mut summary).await?;
    }
    print(context, &summary)?;
    match summary.failure {
        Some(failure) => Err(failure),
        None => Ok(Exit::needs_you_if(summary.waits())),
    }
}

/// Every one that is named, once all of them are found.
async fn named(
    context: &mut Context<'_>,
    ids: &[String],
    summary: &mut Summary,
) -> Result<(), Failure> {
    let mut reader = context.reader().await?;
    let mut rows = BTreeMap::new();
    for id in ids {
        let row = find(&mut *reader.snapshot, id).await?;
        rows.insert(row.digest, row);
    }
    drop(reader);
    let waiting = rows.values().filter(|row| row.outcome.outcome.waits()).map(sent).collect();
    let processor = context.processor(Access::Write, false).await?;
    let driven = drive(&processor, waiting, summary).await?;
    let left = rows.len().saturating_sub(driven);
    summary.not_waiting = u64::try_from(left).unwrap_or(u64::MAX);
    Ok(())
}

/// Every one that the filters keep. All that is held of each is its place in the order.
async fn matching(
    context: &mut Context<'_>,
    which: &Which,
    summary: &mut Summary,
) -> Result<(), Failure> {
    let store = context.store(Access::Write).await?;
    let mut snapshot = store.snapshot().await.map_err(crate::reader::reading)?;
    let (mut waiting, mut after) = (Vec::new(), None);
    loop {
        let rows = which.after(&mut *snapshot, after, STEP).await?;
        let Some(last) = rows.last() else { break };
        after = Some(last.digest);
        waiting.extend(rows.iter().map(sent));
    }
    drop(snapshot);
    let processor = context.processor_on(store, false);
    drive(&processor, waiting, summary).await.map(|_| ())
}

/// A notification's place in the order in which AWS sent them; without a time of its own, it is when it arrived.
fn sent(row: &NotificationRow) -> (i64, Digest) {
    (row.event_time.unwrap_or(row.received_at), row.digest)
}

/// Takes them in again, in their order; returns how many waited.
async fn drive(
    processor: &Processor,
    mut waiting: Vec<(i64, Digest)>,
    summary: &mut Summary,
) -> Result<usize, Failure> {
    waiting.sort_unstable();
    let digests: Vec<Digest> = waiting.into_iter().map(|(_, digest)| digest).collect();
    let mut driven: usize = 0;
    for part in digests.chunks(STEP) {
        for result in processor.redrive(part).await {
            driven = driven.saturating_add(1);
            match result {
                Ok(processed) => summary.count(processed.outcome),
                Err(error) if error.is_alone() => {
                    summary.failed = summary.failed.saturating_add(1);
                    summary.failure = Some(failure(error));
                }
                Err(error) => return Err(failure(error)),
            }
        }
    }
    Ok(driven)
}

fn failure(error: ProcessError) -> Failure {
    Failure::new("could not redrive")
        .because(error)
        .hint("nothing is lost: redrive again, what was applied is not applied again")
}

fn print(context: &mut Context<'_>, summary: &Summary) -> Result<(), Failure> {
    if context.output.is_json() {
        return context.output.json(summary);
    }
    context.output.lines(counts([
        ("redriven", summary.redriven),
        ("applied", summary.applied),
        ("parked", summary.parked),
        ("quarantined", summary.quarantined),
        ("unknown", summary.unknown),
        ("failed", summary.failed),
        ("not waiting", summary.not_waiting),
    ]))
}
