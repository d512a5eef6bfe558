//! By what SQS's requests name a queue.

use crate::client::REGION;

/// Characters of a queue's URL.
const MAX_QUEUE_URL: usize = 1_024;

/// The URL of a queue, in our region where it is AWS's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueUrl(String);

/// A URL of no queue that we can use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QueueUrlError {
    /// It has another form.
    #[error("a queue has a URL like https://sqs.{REGION}.amazonaws.com/111122223333/NAME")]
    Form,
    /// The queue is somewhere else.
    #[error("the queue is not in {REGION}, where AWS Marketplace sends its notifications")]
    Region,
}

impl QueueUrl {
    /// A URL as SQS gives it. Its host is not where requests go (that is the endpoint); it says in which region the queue is.
    pub fn new(url: &str) -> Result<Self, QueueUrlError> {
        let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        let (host, path) = rest.and_then(|rest| rest.split_once('/')).ok_or(QueueUrlError::Form)?;
        let name = path.rsplit('/').next().unwrap_or_default();
        let is_plain = url.chars().all(|c| c.is_ascii_graphic() && !"?#@".contains(c));
        if host.is_empty() || name.is_empty() || !is_plain || url.len() > MAX_QUEUE_URL {
            return Err(QueueUrlError::Form);
        }
        // The oldest form names no region, and is of ours alone.
        let is_ours = host == "queue.amazonaws.com" || host.split('.').any(|part| part == REGION);
        if host.ends_with(".amazonaws.com") && !is_ours {
            return Err(QueueUrlError::Region);
        }
        Ok(Self(url.to_owned()))
    }

    /// The URL.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_is_in_our_region() {
        let cases = [
            ("https://sqs.us-east-1.amazonaws.com/111122223333/resold", None),
            ("https://us-east-1.queue.amazonaws.com/111122223333/resold", None),
            ("https://queue.amazonaws.com/111122223333/resold", None),
            ("http://127.0.0.1:5000/123456789012/resold", None),
            (
                "https://sqs.eu-west-1.amazonaws.com/111122223333/resold",
                Some(QueueUrlError::Region),
            ),
            ("https://eu-west-1.queue.amazonaws.com/1/resold", Some(QueueUrlError::Region)),
            ("resold", Some(QueueUrlError::Form)),
            ("arn:aws:sqs:us-east-1:111122223333:resold", Some(QueueUrlError::Form)),
            ("https://sqs.us-east-1.amazonaws.com/111122223333/", Some(QueueUrlError::Form)),
            ("https:///resold", Some(QueueUrlError::Form)),
            ("https://a@sqs.us-east-1.amazonaws.com/1/x", Some(QueueUrlError::Form)),
            ("https://sqs.us-east-1.amazonaws.com/1/x\u{7}", Some(QueueUrlError::Form)),
        ];
        for (url, expected) in cases {
            assert_eq!(QueueUrl::new(url).err(), expected, "{url}");
        }
    }
}
