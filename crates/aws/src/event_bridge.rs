//! The event bus on Amazon EventBridge.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::config::SharedCredentialsProvider;
use aws_sdk_eventbridge::error::{ProvideErrorMetadata as _, SdkError};
use aws_sdk_eventbridge::operation::put_events::PutEventsError;
use aws_sdk_eventbridge::primitives::DateTime;
use aws_sdk_eventbridge::types::{PutEventsRequestEntry, PutEventsResultEntry};
use processor::envelope::{Entry, SOURCE};
use processor::publisher::{Answer, PublishError, Publisher, Refusal};
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;

use crate::client;

/// Characters of a bus's name (`CreateEventBus`).
const MAX_BUS_NAME: usize = 256;

/// The name of an event bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BusName(String);

/// A name that no event bus has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an event bus has a name of at most {MAX_BUS_NAME} letters, digits and `/._-`")]
pub struct BusNameError;

impl BusName {
    /// A name as EventBridge takes it: the name itself, not an ARN.
    ///
    /// # Errors
    /// [`BusNameError`] for one that it would refuse for every event.
    pub fn new(name: &str) -> Result<Self, BusNameError> {
        let is_fine = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
        if name.is_empty() || name.len() > MAX_BUS_NAME || !name.chars().all(is_fine) {
            return Err(BusNameError);
        }
        Ok(Self(name.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A bus. Its client is made when it is first needed; clones share it.
#[derive(Clone)]
pub struct EventBridge {
    bus: BusName,
    endpoint: Option<String>,
    credentials: Option<SharedCredentialsProvider>,
    client: Arc<OnceCell<Client>>,
}

impl EventBridge {
    /// The bus of this name; `endpoint` is where EventBridge is instead of at AWS.
    pub fn new(bus: BusName, endpoint: Option<String>) -> Self {
        Self { bus, endpoint, credentials: None, client: Arc::default() }
    }

    /// The same bus with other credentials than those in the environment.
    #[must_use]
    pub fn with_credentials(self, credentials: SharedCredentialsProvider) -> Self {
        Self { credentials: Some(credentials), client: Arc::default(), ..self }
    }

    /// Makes the client, which reads the root certificates, on a thread that may block.
    pub async fn prepare(&self) -> Result<(), PublishError> {
        self.client().await.map(drop)
    }

    async fn client(&self) -> Result<&Client, PublishError> {
        let make = || async {
            let (endpoint, credentials) = (self.endpoint.clone(), self.credentials.clone());
            let made = spawn_blocking(move || {
                Client::new(&match credentials {
                    Some(credentials) => client::settings_with(endpoint.as_deref(), credentials),
                    None => client::settings(endpoint.as_deref()),
                })
            });
            made.await.map_err(|error| PublishError::Away(Box::new(error)))
        };
        self.client.get_or_try_init(make).await
    }

    fn entry(&self, entry: &Entry) -> PutEventsRequestEntry {
        PutEventsRequestEntry::builder()
            .event_bus_name(self.bus.as_str())
            .source(SOURCE)
            .detail_type(&entry.detail_type)
            // EventBridge keeps whole seconds; the detail has the microseconds.
            .time(DateTime::from_secs(entry.time.micros().div_euclid(1_000_000)))
            .detail(&entry.detail)
            .build()
    }
}

#[async_trait]
impl Publisher for EventBridge {
    async fn publish(&self, entries: &[&Entry]) -> Result<Vec<Answer>, PublishError> {
        let entries = entries.iter().map(|entry| self.entry(entry)).collect();
        let request = self.client().await?.put_events().set_entries(Some(entries));
        let response = request.send().await.map_err(failure)?;
        Ok(response.entries().iter().map(answer).collect())
    }
}

/// What EventBridge says of one entry.
fn answer(entry: &PutEventsResultEntry) -> Answer {
    let Some(code) = entry.error_code() else { return Answer::Published };
    let refusal = Refusal {
        code: code.to_owned(),
        message: entry.error_message().unwrap_or_default().to_owned(),
    };
    if is_final(code) { Answer::Refused(refusal) } else { Answer::Again(refusal) }
}

/// Whether EventBridge will refuse this very entry each time (`PutEventsResultEntry`). Of rights and names a person takes
/// care, and then the same entry is fine: setting it aside for them would lose it.
fn is_final(code: &str) -> bool {
    DOCUMENTED.iter().any(|(documented, is_final)| *documented == code && *is_final)
}

/// Every documented code, and whether it is about the entry itself. What is not documented loses nothing.
const DOCUMENTED: [(&str, bool); 9] = [
    // AWS calls these worth trying again.
    ("InternalFailure", false),
    ("ThrottlingException", false),
    // And these not.
    ("AccessDeniedException", false),
    ("InvalidAccountIdException", false),
    // It names a parameter, which is as likely to be the bus.
    ("InvalidArgument", false),
    ("MalformedDetail", true),
    ("RedactionFailure", false),
    ("NotAuthorizedForSourceException", false),
    ("NotAuthorizedForDetailTypeException", false),
];

/// Why EventBridge took nothing of a request.
fn failure(error: SdkError<PutEventsError>) -> PublishError {
    let status = error.raw_response().map(|response| response.status().as_u16());
    let is_request = status == Some(413) || error.code().is_some_and(blames_the_request);
    let cause = Box::new(error);
    if is_request { PublishError::Request(cause) } else { PublishError::Away(cause) }
}

/// Whether a code says that what was sent is wrong, and not that EventBridge is busy, away, or does not let us
/// ("Common Errors").
fn blames_the_request(code: &str) -> bool {
    matches!(
        code,
        "ValidationException" | "ValidationError" | "SerializationException" | "MalformedInput"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_wrong_with_the_entry_itself_is_final() {
        let cases = [
            (None, "published"),
            (Some("ThrottlingException"), "again"),
            (Some("AccessDeniedException"), "again"),
            (Some("InvalidArgument"), "again"),
            (Some("MalformedDetail"), "refused"),
            (Some("SomethingNew"), "again"),
            (Some(""), "again"),
        ];
        for (code, expected) in cases {
            let entry = PutEventsResultEntry::builder().set_error_code(code.map(str::to_owned));
            let found = match answer(&entry.build()) {
                Answer::Published => "published",
                Answer::Again(_) => "again",
                Answer::Refused(_) => "refused",
            };
            assert_eq!(found, expected, "{code:?}");
        }
    }

    #[test]
    fn a_bus_has_a_name_that_eventbridge_takes() {
        let long = "x".repeat(MAX_BUS_NAME);
        for name in ["resold", "a/b.c_d-E9", long.as_str()] {
            assert_eq!(BusName::new(name).map(|bus| bus.as_str().to_owned()), Ok(name.to_owned()));
        }
        let longer = format!("{long}x");
        let arn = "arn:aws:events:us-east-1:111122223333:event-bus/resold";
        for name in ["", " ", "re sold", "resöld", arn, longer.as_str(), "a\u{7}"] {
            assert_eq!(BusName::new(name), Err(BusNameError), "{name}");
        }
    }
}
