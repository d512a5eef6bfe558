//! What a notification's row repeats of its body, for look-ups and lists: the body counts.

use deal::moment::Moment;
use marketplace::digest::Digest;
use marketplace::notification::{Envelope, Notification};
use marketplace::parse::Malformed;

/// An envelope id longer than this is kept as its digest, in bytes.
const MAX_ENVELOPE_ID: usize = 300;

/// The longest source and detail-type kept beside a body, in characters.
const MAX_LABEL: usize = 300;

/// How the reason begins of a notification that the database refused. Its row may be without labels, if the database refused those
/// as well.
pub const UNDECIDABLE: &str = "it could not be decided: ";

/// What the row repeats.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Labels {
    /// EventBridge's id as the ledger keeps it, or empty.
    pub envelope_id: String,
    /// The envelope's source, empty if it was not read.
    pub source: String,
    /// The envelope's detail-type, empty if it was not read.
    pub detail_type: String,
    /// The envelope's account, empty if unknown.
    pub account: String,
    /// The envelope's time in microseconds since 1970, `None` if it was not read.
    pub event_time: Option<i64>,
}

impl Labels {
    /// Of a body that was read.
    pub fn of(envelope: &Envelope) -> Self {
        let text = |text: &str| text.chars().filter(|c| *c != '\0').take(MAX_LABEL).collect();
        Self {
            envelope_id: envelope_id(envelope.id.as_deref()),
            source: text(&envelope.source),
            detail_type: text(&envelope.detail_type),
            account: envelope.account.as_ref().map_or_else(String::new, ToString::to_string),
            event_time: Some(Moment::from(envelope.time).micros()),
        }
    }

    /// Of a body of which nothing but the id may be used.
    pub fn unread(envelope_id: String) -> Self {
        Self { envelope_id, ..Self::default() }
    }

    /// Whether a row may repeat this of a body. A body that nobody may use, or that an older version could not read, has a row
    /// without labels.
    pub fn fits(&self, parsed: &Result<Notification, Malformed>) -> bool {
        let (of, id) = match parsed {
            Ok(notification) => {
                let envelope = &notification.envelope;
                (Some(Self::of(envelope)), envelope.id.as_deref())
            }
            Err(malformed) => (None, malformed.envelope_id.as_deref()),
        };
        of.is_some_and(|of| of == *self) || *self == Self::unread(envelope_id(id))
    }
}

/// EventBridge's id as the ledger keeps it: one that is too long, or that not every store takes, as its digest.
pub fn envelope_id(id: Option<&str>) -> String {
    let id = id.unwrap_or_default();
    let fits = id.len() <= MAX_ENVELOPE_ID && !id.contains('\0');
    if fits { id.to_owned() } else { Digest::of(id.as_bytes()).to_string() }
}
