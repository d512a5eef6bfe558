//! What SQS says of a queue itself.

use std::collections::BTreeMap;

use aws::queue::{Queue, QueueError};
use serde::Serialize;
use serde_json::Value;

use super::again::again;

/// A queue, as SQS describes it. Its counts are approximate.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Attributes {
    /// Its ARN.
    pub arn: Option<String>,
    /// Messages that may be received.
    pub visible: u64,
    /// Messages that somebody received and neither deleted nor let go yet.
    pub in_flight: u64,
    /// Messages that may be received later.
    pub delayed: u64,
    /// After so many receipts a message goes to the queue's dead-letter queue, if it has one.
    pub max_receive_count: Option<u64>,
}

impl Attributes {
    /// Asks SQS.
    pub async fn of(queue: &Queue) -> Result<Self, QueueError> {
        again(async || queue.attributes().await).await.map(|attributes| Self::new(&attributes))
    }

    fn new(attributes: &BTreeMap<String, String>) -> Self {
        let number = |name| attributes.get(name).and_then(|text| text.parse().ok()).unwrap_or(0);
        Self {
            arn: attributes.get("QueueArn").cloned(),
            visible: number("ApproximateNumberOfMessages"),
            in_flight: number("ApproximateNumberOfMessagesNotVisible"),
            delayed: number("ApproximateNumberOfMessagesDelayed"),
            max_receive_count: attributes.get("RedrivePolicy").and_then(|text| receipts(text)),
        }
    }

    /// All of its messages.
    pub const fn messages(&self) -> u64 {
        self.visible.saturating_add(self.in_flight).saturating_add(self.delayed)
    }
}

/// The count of a redrive policy, which is written as a number or as text.
fn receipts(policy: &str) -> Option<u64> {
    let policy: Value = serde_json::from_str(policy).ok()?;
    let count = policy.get("maxReceiveCount")?;
    count.as_u64().or_else(|| count.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::receipts;

    #[test]
    fn the_count_of_a_redrive_policy() {
        let cases = [
            (
                r#"{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:111122223333:d","maxReceiveCount":50}"#,
                Some(50),
            ),
            (r#"{"maxReceiveCount":"3"}"#, Some(3)),
            (r#"{"maxReceiveCount":null}"#, None),
            ("{}", None),
            ("", None),
        ];
        for (policy, expected) in cases {
            assert_eq!(receipts(policy), expected, "{policy}");
        }
    }
}
