//! A message in a queue, and why it is there. Its body is looked at, and never kept or shown.

use aws::queue::Message;
use deal::moment::Moment;
use ledger::labels::Labels;
use ledger::row::{NotificationRow, Outcome};
use marketplace::parse::parse_from;
use marketplace::way::Way;
use serde::Serialize;

use crate::notification;

/// Characters of what EventBridge says of a message.
const MAX_ATTRIBUTE: usize = 1_000;

/// A message as shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Letter {
    /// SQS's id.
    pub id: String,
    /// When it was sent; into a dead-letter queue it takes that time along.
    pub sent_at: Option<String>,
    /// How often it was received, this time too.
    pub receipts: Option<u32>,
    /// Bytes of its body.
    pub size: usize,
    /// The digest under which the ledger keeps such a body.
    pub digest: String,
    /// The event's source; null where it cannot be read.
    pub source: Option<String>,
    /// The event's detail-type.
    #[serde(rename = "type")]
    pub detail_type: Option<String>,
    /// Why its body is no notification; null if it is one.
    pub malformed: Option<String>,
    /// What EventBridge said when it could not deliver it; null if it did.
    pub undelivered: Option<Undelivered>,
    /// What the ledger knows of it; null if none was asked.
    pub ledger: Option<Held>,
    /// All of that in words.
    pub reason: String,
}

/// What EventBridge says of an event that it could not deliver: the attributes of the message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Undelivered {
    /// `ERROR_CODE`.
    pub error_code: Option<String>,
    /// `ERROR_MESSAGE`.
    pub error_message: Option<String>,
    /// `RULE_ARN`.
    pub rule: Option<String>,
    /// `TARGET_ARN`.
    pub target: Option<String>,
    /// `EXHAUSTED_RETRY_CONDITION`.
    pub exhausted_retry_condition: Option<String>,
    /// `RETRY_ATTEMPTS`.
    pub retry_attempts: Option<String>,
}

/// What the ledger knows of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Held {
    /// The latest outcome of its content; null if the ledger does not hold that.
    pub outcome: Option<&'static str>,
    /// Why it has that outcome.
    pub reason: Option<String>,
    /// Whether this very message was recorded: only its deletion failed. Else another one brought the same.
    pub arrived: bool,
}

impl Letter {
    /// A message that was just received. `reason` is empty until [`Letter::explain`].
    pub fn new(message: &Message) -> Self {
        let body = message.body.as_bytes();
        let (digest, labels, malformed) = match parse_from(Way::Events, body) {
            Ok(read) => (read.digest, Labels::of(&read.envelope), None),
            Err(error) => (error.digest, Labels::default(), Some(error.reason.to_string())),
        };
        let text = |text: String| Some(text).filter(|text| !text.is_empty());
        let sent_at = message.sent_at.and_then(|time| time.checked_mul(1_000));
        Self {
            id: message.id.clone(),
            sent_at: sent_at.map(|time| Moment::from_micros(time).to_string()),
            receipts: message.receipts,
            size: body.len(),
            digest: digest.to_string(),
            source: text(labels.source),
            detail_type: text(labels.detail_type),
            malformed,
            undelivered: Undelivered::of(message),
            ledger: None,
            reason: String::new(),
        }
    }

    /// Says why it is there.
    pub fn explain(&mut self) {
        let undelivered = self.undelivered.as_ref().map(Undelivered::words);
        let is_held = self.ledger.as_ref().is_some_and(|held| held.outcome.is_some());
        let malformed = self.malformed.as_ref().filter(|_| !is_held);
        let malformed = malformed.map(|why| format!("malformed: {why}"));
        let ledger = self.ledger.as_ref().map_or("no ledger was asked".to_owned(), Held::words);
        let parts = undelivered.into_iter().chain([ledger]).chain(malformed);
        self.reason = parts.collect::<Vec<_>>().join("; ");
    }
}

impl Undelivered {
    fn of(message: &Message) -> Option<Self> {
        let said = |name: &str| {
            let text = message.attributes.get(name)?;
            Some(text.chars().take(MAX_ATTRIBUTE).collect::<String>())
        };
        let undelivered = Self {
            error_code: said("ERROR_CODE"),
            error_message: said("ERROR_MESSAGE"),
            rule: said("RULE_ARN"),
            target: said("TARGET_ARN"),
            exhausted_retry_condition: said("EXHAUSTED_RETRY_CONDITION"),
            retry_attempts: said("RETRY_ATTEMPTS"),
        };
        Some(undelivered).filter(|undelivered| *undelivered != Self::default())
    }

    fn words(&self) -> String {
        let mut words = "EventBridge could not deliver it".to_owned();
        let parts = [
            (" to ", &self.target),
            (" by the rule ", &self.rule),
            (", tried ", &self.retry_attempts),
            (" times, until ", &self.exhausted_retry_condition),
            (": ", &self.error_code),
            (": ", &self.error_message),
        ];
        for (before, part) in parts {
            words.extend(part.iter().flat_map(|part| [before, part.as_str()]));
        }
        words
    }
}

impl Held {
    /// Of a ledger that has this row for its content, or none.
    pub fn new(row: Option<&NotificationRow>, arrived: bool) -> Self {
        let reason = row.map(|row| notification::reason(&row.outcome));
        Self {
            outcome: row.map(|row| row.outcome.outcome.word()),
            reason: reason.filter(|reason| !reason.is_empty()),
            arrived,
        }
    }

    /// The word for tables.
    pub const fn word(&self) -> &'static str {
        match self.outcome {
            None => "not in it",
            Some(_) if !self.arrived => "duplicate",
            Some(word) => word,
        }
    }

    fn words(&self) -> String {
        let Some(outcome) = self.outcome else {
            return "it is not in the ledger: it was never committed".to_owned();
        };
        let how = if self.arrived {
            "it is in the ledger, and only its deletion failed"
        } else {
            "it is a duplicate of what is in the ledger"
        };
        let why = self.reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
        // What was applied needs nobody.
        if outcome == Outcome::Applied.word() {
            how.to_owned()
        } else {
            format!("{how}: {outcome}{why}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Said<'a> = &'a [(&'a str, &'a str)];

    fn letter(body: &str, attributes: Said<'_>, ledger: Option<Held>) -> Letter {
        let attributes = attributes.iter();
        let mut letter = Letter::new(&Message {
            id: "1".to_owned(),
            body: body.to_owned(),
            receipt: String::new(),
            receipts: None,
            sent_at: None,
            attributes: attributes.map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        });
        letter.ledger = ledger;
        letter.explain();
        letter
    }

    #[test]
    fn why_a_message_is_there() {
        let held = |outcome, reason: &str, arrived| {
            let reason = Some(reason.to_owned()).filter(|reason| !reason.is_empty());
            Some(Held { outcome, reason, arrived })
        };
        let code = ("ERROR_CODE", "NO_PERMISSIONS");
        let cases: [(Said<'_>, Option<Held>, &str); 9] = [
            (&[], None, "no ledger was asked; malformed: must be a JSON object, is an array"),
            (
                &[],
                held(None, "", false),
                "it is not in the ledger: it was never committed; malformed: must be a JSON object, is an array",
            ),
            (
                &[],
                held(Some("quarantined"), "malformed", true),
                "it is in the ledger, and only its deletion failed: quarantined: malformed",
            ),
            (
                &[],
                held(Some("applied"), "", true),
                "it is in the ledger, and only its deletion failed",
            ),
            (&[], held(Some("applied"), "", false), "it is a duplicate of what is in the ledger"),
            (
                &[],
                held(Some("parked"), "waits for the agreement of license l-1", false),
                "it is a duplicate of what is in the ledger: parked: waits for the agreement of license l-1",
            ),
            (
                &[],
                held(Some("erased"), "", false),
                "it is a duplicate of what is in the ledger: erased",
            ),
            (
                &[code],
                held(Some("applied"), "", false),
                "EventBridge could not deliver it: NO_PERMISSIONS; it is a duplicate of what is in the ledger",
            ),
            (
                &[("other", "x")],
                held(Some("applied"), "", false),
                "it is a duplicate of what is in the ledger",
            ),
        ];
        for (attributes, ledger, expected) in cases {
            assert_eq!(letter("[]", attributes, ledger).reason, expected);
        }
        let long = "x".repeat(5_000);
        let letter = letter("[]", &[("ERROR_MESSAGE", &long)], None);
        let message = letter.undelivered.and_then(|said| said.error_message);
        assert_eq!(message.map(|text| text.len()), Some(MAX_ATTRIBUTE));
    }

    #[test]
    fn a_description_is_no_message_for_the_ledger() {
        let document = include_bytes!("../../../../events/happy-path/01-opportunity.json");
        let described = marketplace::catalog::describe(document).expect("a description").envelopes;
        let body = String::from_utf8(described.into_iter().next().expect("one")).expect("text");
        let letter = letter(&body, &[], None);
        let imported =
            marketplace::parse::parse(body.as_bytes()).expect("an import").digest.to_string();
        assert_ne!(letter.digest, imported, "it is no duplicate of the import");
        let why = "malformed: `resold.catalog` is a source that only an import may use";
        assert!(letter.reason.ends_with(why), "{}", letter.reason);
    }
}
