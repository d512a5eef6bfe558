//! A batch of SQS messages in, the messages that must come again out.
//!
//! | what fails | what comes again |
//! |---|---|
//! | the ledger cannot be opened, or the invocation's time runs out | every message: the invocation fails |
//! | a message cannot be recorded, or deciding on it panics | that message, named in the answer |
//! | such a message has no id to be named by | every message: the invocation fails |

use std::sync::Arc;
use std::time::Duration;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use lambda_runtime::Diagnostic;
use ledger::row::{Outcome, Unpublished};
use ledger::store::{Store, StoreError};
use processor::Processor;
use processor::chain::Chain;
use processor::delivery::{Delivery, Processed, Via};
use processor::guarded::{Guarded, RecordError, Tally};
use processor::relay::Relayed;
use tokio::time::timeout;

use crate::function::{Function, Invocation, count, failed};
use crate::metrics::{Metric, Metrics};

/// Publishing what a batch wrote is over after this: a bus that does not answer must not hold up the queue. What is left is the
/// relay's.
const PUBLISHING: Duration = Duration::from_secs(8);

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

/// A batch that was recorded.
#[derive(Debug, Default)]
struct Recorded {
    response: SqsBatchResponse,
    /// Messages by what became of them.
    tally: Tally,
    /// What is to be published because of it.
    unpublished: Vec<Unpublished>,
}

/// Records a batch before the invocation's time runs out, and publishes what it wrote.
///
/// A message is acknowledged (not named in the answer, which is not an error) only when the ledger holds it. Publishing comes
/// after that and fails nothing: what is not published stays in the outbox.
pub async fn handle(
    function: &Function,
    invocation: Invocation,
    event: SqsEvent,
) -> Result<SqsBatchResponse, Diagnostic> {
    let (began, time) = (function.clock.now(), function.usable(&invocation));
    let received = u64::try_from(event.records.len()).unwrap_or(u64::MAX);
    let mut metrics = function.metrics();
    metrics.add(Metric::Received, received);
    let work = async {
        let store = function.connection.store().await.map_err(IngestError::Open)?;
        // Time is left for what collided once more, and for the deliveries after it.
        let processor = function.processor(Arc::clone(&store), time / 2);
        Ok((ingest(&processor, &invocation.request, event).await?, store))
    };
    let recorded = timeout(time, work).await.unwrap_or(Err(IngestError::OutOfTime));
    let latency = function.clock.now().micros().saturating_sub(began.micros()) / 1_000;
    metrics.add(Metric::BatchLatency, u64::try_from(latency).unwrap_or(0));
    let answer = match recorded {
        Ok((Recorded { response, tally, unpublished }, store)) => {
            count_messages(&mut metrics, tally);
            publish(function, &invocation, store, &unpublished, &mut metrics).await;
            Ok(response)
        }
        Err(error) => {
            metrics.add(Metric::Failed, received);
            Err(failed("IngestError", "no message of a batch is acknowledged", &error))
        }
    };
    metrics.print(function.clock.now());
    answer
}

/// Adds what became of messages.
fn count_messages(metrics: &mut Metrics, tally: Tally) {
    let Tally { applied, duplicates, parked, quarantined, unknown, failed } = tally;
    metrics.add(Metric::Applied, applied);
    metrics.add(Metric::Duplicates, duplicates);
    metrics.add(Metric::Parked, parked);
    metrics.add(Metric::Quarantined, quarantined);
    metrics.add(Metric::Unknown, unknown);
    metrics.add(Metric::Failed, failed);
}

/// Publishes what a batch wrote, if there is time.
async fn publish(
    function: &Function,
    invocation: &Invocation,
    store: Arc<dyn Store>,
    unpublished: &[Unpublished],
    metrics: &mut Metrics,
) {
    let time = function.usable(invocation).min(PUBLISHING);
    let relay = function.relay(function.processor(store, time / 2));
    let published = timeout(time, relay.publish(unpublished, function.until(time))).await;
    let none = || Relayed {
        failed: u64::try_from(unpublished.len()).unwrap_or(u64::MAX),
        ..Relayed::default()
    };
    let relayed = match published {
        Ok(Ok(relayed)) => relayed,
        Ok(Err(error)) => {
            tracing::warn!(error = %Chain(&error), "what a batch wrote was not published; the relay will");
            none()
        }
        Err(_) => {
            tracing::warn!("there was no time to publish what a batch wrote; the relay will");
            none()
        }
    };
    count(metrics, relayed);
}

/// Records a batch; names exactly the messages that must come again.
///
/// Bodies are strings: each is parsed by itself, so that one bad body cannot fail its batch.
async fn ingest(
    processor: &Processor,
    request: &str,
    event: SqsEvent,
) -> Result<Recorded, IngestError> {
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
    let mut recorded = Recorded::default();
    let messages = names.len();
    let guarded = processor.take_in_guarded(batch).await;
    recorded.tally = guarded.tally();
    let Guarded { results, unpublished } = guarded;
    recorded.unpublished = unpublished;
    for (name, result) in names.into_iter().zip(results) {
        match result {
            Ok(processed) => told(name.as_deref(), &processed),
            Err(error) => {
                tracing::error!(message_id = name, error = %Chain(&error), "a message was not recorded; it will come again");
                let Some(name) = name else { return Err(IngestError::Nameless(error)) };
                let mut failure = BatchItemFailure::default();
                failure.item_identifier = name;
                recorded.response.batch_item_failures.push(failure);
            }
        }
    }
    let again = recorded.response.batch_item_failures.len();
    tracing::info!(messages, again, "a batch was taken in");
    Ok(recorded)
}

/// Says which message brought which notification. Not why one waits: that may quote it.
fn told(message_id: Option<&str>, processed: &Processed) {
    let (notification, outcome) = (processed.digest, processed.outcome.word());
    if matches!(processed.outcome, Outcome::Quarantined | Outcome::Unknown) {
        tracing::warn!(message_id, %notification, outcome, "a notification is kept for a person");
    } else {
        tracing::debug!(message_id, %notification, outcome, "a notification was taken in");
    }
}

#[cfg(test)]
mod tests;
