//! A batch of SQS messages in, the messages that must come again out.

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use processor::Processor;
use processor::delivery::{Delivery, ProcessError, Results, Via};

/// Why a whole batch must come again.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// A message without an id could not be recorded: it cannot be named in the answer.
    #[error("could not record a message that has no id")]
    Nameless(#[source] ProcessError),
    /// Deciding panicked: a defect of ours.
    #[error("deciding on the batch failed inside resold")]
    Defect,
}

/// Records a batch; names exactly the messages that must come again.
///
/// Bodies are strings: each is parsed by itself, so that one bad body cannot fail its batch. A message is acknowledged
/// (not named) only when the ledger holds it.
///
/// `request` is the invocation's id: with it a message without an id of its own gets one for the ledger.
pub async fn ingest(
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
    for (name, result) in names.into_iter().zip(record(processor, batch).await?) {
        let Err(error) = result else { continue };
        tracing::error!(message_id = name, error = %chain(&error), "a message was not recorded; it will come again");
        let Some(name) = name else { return Err(IngestError::Nameless(error)) };
        let mut failure = BatchItemFailure::default();
        failure.item_identifier = name;
        response.batch_item_failures.push(failure);
    }
    Ok(response)
}

/// Processes in a task of its own, so that a panic is an error of this batch and not the end of the function.
async fn record(processor: &Processor, batch: Vec<Delivery>) -> Result<Results, IngestError> {
    let processor = processor.clone();
    let task = tokio::spawn(async move { processor.process(&batch).await });
    task.await.map_err(|_| IngestError::Defect)
}

/// An error and its causes in one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        words = format!("{words}: {cause}");
        next = cause.source();
    }
    words
}
