//! A queue on Amazon SQS: only the calls that `resold worker` and `resold queue` need.

use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::timeout::TimeoutConfig;
use aws_sdk_sqs::config::{Builder, SharedCredentialsProvider};
use aws_sdk_sqs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sqs::types::{
    BatchResultErrorEntry, ChangeMessageVisibilityBatchRequestEntry,
    ChangeMessageVisibilityBatchResultEntry, DeleteMessageBatchRequestEntry,
    DeleteMessageBatchResultEntry, MessageSystemAttributeName, QueueAttributeName,
    SendMessageBatchRequestEntry, SendMessageBatchResultEntry,
};
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;

use crate::client::{self, CALL_TIME};
use crate::queue_url::QueueUrl;

/// Messages of one call, whichever it is.
pub const MAX_MESSAGES: usize = 10;

/// Seconds that a call may wait for the first message.
const MAX_WAIT: u16 = 20;

/// Sending is over after this: a call has up to 1 MiB, and not everybody sends from a data centre.
const SENDING: Duration = Duration::from_secs(30);

/// A call that failed as a whole.
#[derive(Debug, thiserror::Error)]
#[error("cannot {doing}")]
pub struct QueueError {
    /// What we asked of SQS.
    pub doing: &'static str,
    /// Whether the same call may succeed later without anybody's help.
    pub retry: Retry,
    /// Whether SQS refused what was in the call, and not who made it or where: one message of it may be the reason.
    pub is_of_content: bool,
    /// What SQS said, or why it said nothing.
    #[source]
    pub cause: Box<dyn Error + Send + Sync>,
}

/// Whether to make a call again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// SQS is busy or away.
    Later,
    /// A person has to change a name, a right or the queue first.
    Never,
}

/// Why SQS did not do its part for one message of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Which of the call's messages, from 0.
    pub index: usize,
    /// Whether the same may succeed later without anybody's help.
    pub retry: Retry,
    /// SQS's code.
    pub code: String,
    /// SQS's text, empty when it gave none.
    pub message: String,
}

/// A message that was received, and that nobody else receives until its visibility ends.
#[derive(Clone)]
pub struct Message {
    /// SQS's id: the same at every receipt.
    pub id: String,
    /// What was sent. Never to be shown.
    pub body: String,
    /// What deletes this receipt of it.
    pub receipt: String,
    /// How often it was received, this time too. `None` when SQS did not say.
    pub receipts: Option<u32>,
    /// When it was sent, in milliseconds since 1970. `None` when SQS did not say.
    pub sent_at: Option<i64>,
    /// What its sender said beside the body, where it is text: EventBridge, why it could not deliver.
    pub attributes: BTreeMap<String, String>,
}

/// A queue. Its client is made when it is first needed; clones share it.
#[derive(Clone)]
pub struct Queue {
    url: QueueUrl,
    endpoint: Option<String>,
    credentials: SharedCredentialsProvider,
    client: Arc<OnceCell<Client>>,
}

impl Queue {
    /// The queue of this URL; `endpoint` is where SQS is instead of at AWS.
    pub fn new(
        url: QueueUrl,
        endpoint: Option<String>,
        credentials: SharedCredentialsProvider,
    ) -> Self {
        Self { url, endpoint, credentials, client: Arc::default() }
    }

    async fn client(&self, doing: &'static str) -> Result<&Client, QueueError> {
        let make = || async {
            let (endpoint, credentials) = (self.endpoint.clone(), self.credentials.clone());
            let made = spawn_blocking(move || {
                Client::new(&client::settings_with(endpoint.as_deref(), credentials))
            });
            made.await.map_err(|error| QueueError {
                doing,
                retry: Retry::Later,
                is_of_content: false,
                cause: Box::new(error),
            })
        };
        self.client.get_or_try_init(make).await
    }

    /// At most `most` messages (at most [`MAX_MESSAGES`]), hidden from others for `hidden`. Waits up to `wait` for the first,
    /// at most 20 seconds. Both are whole seconds.
    pub async fn receive(
        &self,
        most: usize,
        hidden: Duration,
        wait: Duration,
    ) -> Result<Vec<Message>, QueueError> {
        let doing = "receive messages";
        let wait = wait.min(Duration::from_secs(MAX_WAIT.into()));
        // The wait is no part of the time in which SQS has to answer.
        let time = within(CALL_TIME + wait);
        let request = self
            .client(doing)
            .await?
            .receive_message()
            .queue_url(self.url.as_str())
            .max_number_of_messages(count(most.clamp(1, MAX_MESSAGES)))
            .visibility_timeout(seconds(hidden))
            .wait_time_seconds(seconds(wait))
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount)
            .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp)
            .message_attribute_names("All")
            .customize()
            .config_override(time);
        let answer = request.send().await.map_err(|error| failure(doing, error))?;
        Ok(answer.messages.unwrap_or_default().into_iter().map(message).collect())
    }

    /// Deletes at most [`MAX_MESSAGES`] receipts, and tells which were not.
    pub async fn delete(&self, receipts: &[&str]) -> Result<Vec<Refusal>, QueueError> {
        let doing = "delete messages";
        let mut request =
            self.client(doing).await?.delete_message_batch().queue_url(self.url.as_str());
        for (index, receipt) in receipts.iter().enumerate() {
            let entry = DeleteMessageBatchRequestEntry::builder()
                .id(index.to_string())
                .receipt_handle(*receipt);
            request = request.entries(entry.build().map_err(|error| unmade(doing, error))?);
        }
        let answer = request.send().await.map_err(|error| failure(doing, error))?;
        let done = answer.successful().iter().map(DeleteMessageBatchResultEntry::id);
        Ok(refusals(receipts.len(), done, answer.failed()))
    }

    /// Hides at most [`MAX_MESSAGES`] receipts for so long from now, in whole seconds (0: shows them again), and tells which were
    /// not.
    pub async fn hide(
        &self,
        receipts: &[&str],
        hidden: Duration,
    ) -> Result<Vec<Refusal>, QueueError> {
        let doing = "change the visibility of messages";
        let mut request = self
            .client(doing)
            .await?
            .change_message_visibility_batch()
            .queue_url(self.url.as_str());
        for (index, receipt) in receipts.iter().enumerate() {
            let entry = ChangeMessageVisibilityBatchRequestEntry::builder()
                .id(index.to_string())
                .receipt_handle(*receipt)
                .visibility_timeout(seconds(hidden));
            request = request.entries(entry.build().map_err(|error| unmade(doing, error))?);
        }
        let answer = request.send().await.map_err(|error| failure(doing, error))?;
        let done = answer.successful().iter().map(ChangeMessageVisibilityBatchResultEntry::id);
        Ok(refusals(receipts.len(), done, answer.failed()))
    }

    /// Sends at most [`MAX_MESSAGES`] bodies. Of each, in their order: SQS's id of the message, or that it was not taken.
    pub async fn send(&self, bodies: &[&str]) -> Result<Vec<Result<String, Refusal>>, QueueError> {
        let doing = "send messages";
        let mut request =
            self.client(doing).await?.send_message_batch().queue_url(self.url.as_str());
        for (index, body) in bodies.iter().enumerate() {
            let entry =
                SendMessageBatchRequestEntry::builder().id(index.to_string()).message_body(*body);
            request = request.entries(entry.build().map_err(|error| unmade(doing, error))?);
        }
        let request = request.customize().config_override(within(SENDING));
        let answer = request.send().await.map_err(|error| failure(doing, error))?;
        let done = answer.successful().iter().map(SendMessageBatchResultEntry::id);
        let mut refused = refusals(bodies.len(), done, answer.failed()).into_iter().peekable();
        let sent_as = |index: usize| {
            let id = index.to_string();
            let sent = answer.successful().iter().find(|entry| entry.id() == id);
            sent.map_or_else(String::new, |entry| entry.message_id().to_owned())
        };
        let fate = |index: usize| {
            let refusal = refused.next_if(|refusal| refusal.index == index);
            refusal.map_or_else(|| Ok(sent_as(index)), Err)
        };
        Ok((0..bodies.len()).map(fate).collect())
    }

    /// The queue's attributes, by SQS's names.
    pub async fn attributes(&self) -> Result<BTreeMap<String, String>, QueueError> {
        let doing = "read the attributes of the queue";
        let request = self.client(doing).await?.get_queue_attributes().queue_url(self.url.as_str());
        let request = request.attribute_names(QueueAttributeName::All);
        let answer = request.send().await.map_err(|error| failure(doing, error))?;
        let attributes = answer.attributes.unwrap_or_default().into_iter();
        Ok(attributes.map(|(name, value)| (name.as_str().to_owned(), value)).collect())
    }

    /// The URLs of the queues whose dead letters come here: at most 1,000, which is one call's answer.
    pub async fn sources(&self) -> Result<Vec<String>, QueueError> {
        let doing = "ask which queues give their dead letters to the queue";
        let client = self.client(doing).await?;
        let request = client.list_dead_letter_source_queues().queue_url(self.url.as_str());
        let answer = request.send().await.map_err(|error| failure(doing, error))?;
        Ok(answer.queue_urls)
    }
}

/// Settings for one call that is over after so long.
fn within(time: Duration) -> Builder {
    let times = TimeoutConfig::builder().operation_attempt_timeout(time).operation_timeout(time);
    Builder::default().timeout_config(times.build())
}

fn count(number: usize) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn seconds(time: Duration) -> i32 {
    i32::try_from(time.as_secs()).unwrap_or(i32::MAX)
}

fn message(received: aws_sdk_sqs::types::Message) -> Message {
    let attribute = |name| received.attributes.as_ref().and_then(|all| all.get(&name));
    let receipts = attribute(MessageSystemAttributeName::ApproximateReceiveCount);
    let sent_at = attribute(MessageSystemAttributeName::SentTimestamp);
    let attributes = received.message_attributes.unwrap_or_default().into_iter();
    let attributes = attributes.filter_map(|(name, value)| Some((name, value.string_value?)));
    Message {
        attributes: attributes.collect(),
        receipts: receipts.and_then(|text| text.parse().ok()),
        sent_at: sent_at.and_then(|text| text.parse().ok()),
        id: received.message_id.unwrap_or_default(),
        body: received.body.unwrap_or_default(),
        receipt: received.receipt_handle.unwrap_or_default(),
    }
}

/// Which of so many messages SQS does not list as done. One that it does not mention was not done either.
fn refusals<'a>(
    asked: usize,
    done: impl Iterator<Item = &'a str>,
    failed: &[BatchResultErrorEntry],
) -> Vec<Refusal> {
    let done: Vec<&str> = done.collect();
    let refusal = |index: usize| {
        let id = index.to_string();
        if done.contains(&id.as_str()) {
            return None;
        }
        let said = failed.iter().find(|entry| entry.id() == id);
        let code = said.map_or("NotMentioned", BatchResultErrorEntry::code).to_owned();
        let message = said.and_then(BatchResultErrorEntry::message).unwrap_or_default().to_owned();
        let is_ours = said.is_some_and(|entry| entry.sender_fault() && !is_busy(entry.code()));
        let retry = if is_ours { Retry::Never } else { Retry::Later };
        Some(Refusal { index, retry, code, message })
    };
    (0..asked).filter_map(refusal).collect()
}

fn unmade(doing: &'static str, error: impl Error + Send + Sync + 'static) -> QueueError {
    QueueError { doing, retry: Retry::Never, is_of_content: false, cause: Box::new(error) }
}

/// Why a call failed, in SQS's own words where it said something.
fn failure<E>(doing: &'static str, error: SdkError<E>) -> QueueError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let status = error.raw_response().map(|response| response.status().as_u16());
    let retry = match &error {
        SdkError::ConstructionFailure(_) => Retry::Never,
        SdkError::ServiceError(_) => retry(status, error.code()),
        // No answer, or none that can be read.
        _ => Retry::Later,
    };
    let is_of_content = error.code().is_some_and(is_of_content);
    let said = error.code().map(|code| (code, error.message().unwrap_or("no more is said")));
    let said = said.map(|(code, message)| format!("{code}: {message}"));
    let cause = said.map_or_else(|| error.into(), Into::into);
    QueueError { doing, retry, is_of_content, cause }
}

/// What an answer that is no success says of the next try ("Common Errors", and the operations' own).
fn retry(status: Option<u16>, code: Option<&str>) -> Retry {
    if code.is_some_and(is_busy) || status.is_none_or(|status| status >= 500 || status == 429) {
        Retry::Later
    } else {
        Retry::Never
    }
}

/// Codes that say: not now.
fn is_busy(code: &str) -> bool {
    matches!(
        code,
        "RequestThrottled"
            | "AWS.SimpleQueueService.RequestThrottled"
            | "Throttling"
            | "ThrottlingException"
            | "KmsThrottled"
            | "KMS.ThrottlingException"
            | "OverLimit"
            | "RequestTimeout"
    )
}

/// Codes that blame a body, or all of them together.
fn is_of_content(code: &str) -> bool {
    let code = code.strip_prefix("AWS.SimpleQueueService.").unwrap_or(code);
    matches!(code, "BatchRequestTooLong" | "InvalidMessageContents" | "InvalidParameterValue")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn busy_is_tried_again_and_refused_is_not() {
        let cases = [
            (Some(400), Some("RequestThrottled"), Retry::Later),
            (Some(403), Some("ThrottlingException"), Retry::Later),
            (Some(400), Some("OverLimit"), Retry::Later),
            (Some(429), None, Retry::Later),
            (Some(500), Some("InternalFailure"), Retry::Later),
            (Some(503), None, Retry::Later),
            (None, None, Retry::Later),
            (Some(400), Some("QueueDoesNotExist"), Retry::Never),
            (Some(403), Some("AccessDeniedException"), Retry::Never),
            (Some(400), Some("ReceiptHandleIsInvalid"), Retry::Never),
            (Some(400), None, Retry::Never),
        ];
        for (status, code, expected) in cases {
            assert_eq!(retry(status, code), expected, "{status:?} {code:?}");
        }
    }

    #[test]
    fn what_sqs_does_not_mention_was_not_done() {
        let failed = |id: &str, code: &str, is_ours| {
            let entry = BatchResultErrorEntry::builder().id(id).code(code).sender_fault(is_ours);
            entry.build().expect("an entry")
        };
        let failed = [
            failed("2", "InternalError", false),
            failed("4", "InvalidMessageContents", true),
            failed("5", "RequestThrottled", true),
        ];
        let found = refusals(6, ["3", "0"].into_iter(), &failed);
        let found: Vec<_> = found.iter().map(|it| (it.index, it.code.as_str(), it.retry)).collect();
        let expected = [
            (1, "NotMentioned", Retry::Later),
            (2, "InternalError", Retry::Later),
            (4, "InvalidMessageContents", Retry::Never),
            (5, "RequestThrottled", Retry::Later),
        ];
        assert_eq!(found, expected);
    }
}
