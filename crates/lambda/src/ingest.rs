//! A batch of SQS messages in, the messages that must come again out.
//!
//! | what fails | what comes again |
//! |---|---|
//! | the ledger cannot be opened, or the invocation's time runs out | every message: the invocation fails |
//! | a message cannot be recorded, or deciding on it panics | that message, named in the answer |
//! | such a message has no id to be named by | every message: the invocation fails |

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use deal::moment::Moment;
use ledger::store::StoreError;
use marketplace::ids::AccountId;
use processor::chain::Chain;
use processor::clock::Clock;
use processor::delivery::{Delivery, ProcessError, Processed, Results, Via};
use processor::{Processor, Settings};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::connection::Connection;

/// What is kept of an invocation's time for the answer's way back; of a shorter time, a fifth.
const RESERVE: Duration = Duration::from_secs(1);

/// Why every message of a batch must come again.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// There is no ledger to record anything in.
    #[error("could not open the ledger")]
    Open(#[source] StoreError),
    /// The batch was not recorded in time. Messages that were recorded all the same are known when they come again.
    #[error("the invocation's time ran out before its batch was recorded")]
    OutOfTime,
    /// A message without an id could not be recorded: it cannot be named in the answer.
    #[error("could not record a message that has no id")]
    Nameless(#[source] RecordError),
}

/// Why one message must come again.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The ledger did not take it.
    #[error(transparent)]
    Process(ProcessError),
    /// Deciding on it panicked.
    #[error("deciding panicked, a defect of resold")]
    Panicked,
}

/// What an invocation is told besides its event.
#[derive(Debug, Clone)]
pub struct Invocation {
    /// Its id: with it a message without an id of its own gets one for the ledger.
    pub request: String,
    /// When Lambda ends it.
    pub deadline: Moment,
}

/// Records batches of messages.
#[derive(Clone)]
pub struct Ingest {
    /// Where to.
    pub connection: Connection,
    /// What tells how much time an invocation has left.
    pub clock: Arc<dyn Clock>,
    /// Our own accounts; empty: every account is accepted.
    pub accounts: BTreeSet<AccountId>,
}

impl Ingest {
    /// Records a batch before the invocation's time runs out.
    ///
    /// A message is acknowledged (not named in the answer, which is not an error) only when the ledger holds it.
    pub async fn answer(
        &self,
        invocation: Invocation,
        event: SqsEvent,
    ) -> Result<SqsBatchResponse, IngestError> {
        let time = usable(invocation.deadline, self.clock.now());
        let work = async {
            let store = self.connection.store().await.map_err(IngestError::Open)?;
            let settings = Settings {
                accounts: self.accounts.clone(),
                // Time is left for what collided once more, and for the deliveries after it.
                patience: time / 2,
                ..Settings::default()
            };
            let processor = Processor::new(store, Arc::clone(&self.clock), settings);
            ingest(&processor, &invocation.request, event).await
        };
        timeout(time, work).await.unwrap_or(Err(IngestError::OutOfTime))
    }
}

/// How much of the time until a deadline a batch may use.
fn usable(deadline: Moment, now: Moment) -> Duration {
    let left = deadline.micros().saturating_sub(now.micros());
    let left = Duration::from_micros(u64::try_from(left).unwrap_or(0));
    left.saturating_sub(RESERVE.min(left / 5))
}

/// Records a batch; names exactly the messages that must come again.
///
/// Bodies are strings: each is parsed by itself, so that one bad body cannot fail its batch.
async fn ingest(
    processor: &Processor,
    request: &str,
    event: SqsEvent,
) -> Result<SqsBatchResponse, IngestError> {
    let names: Vec<Option<String>> =
        event.records.iter().map(|message| message.message_id.clone()).collect();
    let batch: Vec<Delivery> = event
        .records
        .into_iter()
        .enumerate()
        .map(|(position, message)| Delivery {
            id: message.message_id.unwrap_or_else(|| format!("{request}-{position}")),
            via: Via::Queue,
            body: message.body.unwrap_or_default().into_bytes(),
        })
        .collect();
    let mut response = SqsBatchResponse::default();
    let messages = names.len();
    for (name, result) in names.into_iter().zip(record(processor, batch).await) {
        let Err(error) = result else { continue };
        tracing::error!(message_id = name, error = %Chain(&error), "a message was not recorded; it will come again");
        let Some(name) = name else { return Err(IngestError::Nameless(error)) };
        let mut failure = BatchItemFailure::default();
        failure.item_identifier = name;
        response.batch_item_failures.push(failure);
    }
    let again = response.batch_item_failures.len();
    tracing::info!(messages, again, "a batch was taken in");
    Ok(response)
}

/// Processes a batch; if that panics, each delivery alone, so that only the one that panics comes again.
async fn record(
    processor: &Processor,
    batch: Vec<Delivery>,
) -> Vec<Result<Processed, RecordError>> {
    let batch: Arc<[Delivery]> = batch.into();
    if let Some(results) = guarded(processor, Arc::clone(&batch)).await {
        return results.into_iter().map(|result| result.map_err(RecordError::Process)).collect();
    }
    let mut results = Vec::with_capacity(batch.len());
    for delivery in batch.iter() {
        let one = guarded(processor, Arc::from([delivery.clone()])).await;
        let one = one.and_then(|results| results.into_iter().next());
        results.push(match one {
            Some(result) => result.map_err(RecordError::Process),
            None => Err(RecordError::Panicked),
        });
    }
    results
}

/// Processes in a task of its own, which ends with whoever waits for it; nothing if it panicked.
async fn guarded(processor: &Processor, batch: Arc<[Delivery]>) -> Option<Results> {
    let processor = processor.clone();
    let mut task = JoinSet::new();
    task.spawn(async move { processor.process(&batch).await });
    task.join_next().await?.ok()
}

#[cfg(test)]
mod tests;
