//! Taking in so that a defect fails the delivery that meets it, and no other.

use std::sync::Arc;

use ledger::row::{Outcome, Unpublished};
use tokio::task::JoinSet;

use crate::Processor;
use crate::delivery::{Delivery, ProcessError, Processed};
use crate::process::TakenIn;

/// Why one delivery must come again.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The ledger did not take it.
    #[error(transparent)]
    Process(ProcessError),
    /// Deciding on it panicked.
    #[error("deciding panicked, a defect of resold")]
    Panicked,
}

/// The deliveries of a batch by what became of them, for whoever counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Those whose notification is applied.
    pub applied: u64,
    /// Those whose content was known, and nothing else.
    pub duplicates: u64,
    /// Those that wait for a fact.
    pub parked: u64,
    /// Those kept for a person.
    pub quarantined: u64,
    /// Those of a type that this version does not know.
    pub unknown: u64,
    /// Those that must come again.
    pub failed: u64,
}

/// What became of a batch.
#[derive(Debug)]
pub struct Guarded {
    /// One for each delivery, in order. Only what is `Ok` may be acknowledged.
    pub results: Vec<Result<Processed, RecordError>>,
    /// The public events that were written for it, not yet published.
    pub unpublished: Vec<Unpublished>,
}

impl Guarded {
    /// How many there are of each.
    pub fn tally(&self) -> Tally {
        let mut tally = Tally::default();
        for result in &self.results {
            let count = match result {
                Err(_) => &mut tally.failed,
                Ok(processed) if processed.duplicate => &mut tally.duplicates,
                Ok(processed) => match processed.outcome {
                    Outcome::Applied | Outcome::Erased | Outcome::Refiled => &mut tally.applied,
                    Outcome::Parked => &mut tally.parked,
                    Outcome::Quarantined => &mut tally.quarantined,
                    Outcome::Unknown => &mut tally.unknown,
                },
            };
            *count = count.saturating_add(1);
        }
        tally
    }
}

impl Processor {
    /// As [`Self::take_in`]; if that panics, each delivery alone, so that only the one that panics comes again.
    pub async fn take_in_guarded(&self, batch: Vec<Delivery>) -> Guarded {
        let batch: Arc<[Delivery]> = batch.into();
        let recorded = |result: Result<_, ProcessError>| result.map_err(RecordError::Process);
        if let Some(taken) = self.in_a_task(Arc::clone(&batch)).await {
            let results = taken.results.into_iter().map(recorded).collect();
            return Guarded { results, unpublished: taken.unpublished };
        }
        let mut guarded =
            Guarded { results: Vec::with_capacity(batch.len()), unpublished: Vec::new() };
        for delivery in batch.iter() {
            let one = self.in_a_task(Arc::from([delivery.clone()])).await.unwrap_or_default();
            guarded.unpublished.extend(one.unpublished);
            let result = one.results.into_iter().next();
            guarded.results.push(result.map_or(Err(RecordError::Panicked), recorded));
        }
        guarded
    }

    /// Takes in, in a task of its own, which ends with whoever waits for it; nothing if it panicked.
    async fn in_a_task(&self, batch: Arc<[Delivery]>) -> Option<TakenIn> {
        let processor = self.clone();
        let mut task = JoinSet::new();
        task.spawn(async move { processor.take_in(&batch).await });
        task.join_next().await?.ok()
    }
}
