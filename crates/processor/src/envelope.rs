//! What is published of an event: the one place that turns a row of the ledger into an entry of the event bus.

use deal::moment::Moment;
use deal::stream::StreamId;
use ledger::row::Unpublished;
use serde::Serialize;
use serde_json::value::RawValue;

/// Who publishes.
pub const SOURCE: &str = "resold";

/// EventBridge counts a time as so many bytes, whatever its text.
const TIME_BYTES: usize = 14;

/// A public event as the bus gets it. The same row gives the same entry at every attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The event's id: what consumers drop repeats by.
    pub event_id: String,
    /// The event's stream.
    pub stream: StreamId,
    /// The public event's name.
    pub detail_type: String,
    /// When it happened in the world.
    pub time: Moment,
    /// One JSON object: `event_id`, `stream`, `version`, `occurred_at`, `recorded_at` (RFC 3339), `cause`, `schema` (of
    /// `data`), and `data`: the payload exactly as the ledger has it.
    pub detail: String,
}

#[derive(Serialize)]
struct Detail<'a> {
    event_id: &'a str,
    stream: &'a str,
    version: i64,
    occurred_at: String,
    recorded_at: String,
    cause: &'a str,
    schema: i32,
    data: &'a RawValue,
}

impl Entry {
    /// The entry of a row.
    ///
    /// # Errors
    /// The payload is not JSON, which no processor writes.
    pub fn of(row: &Unpublished) -> Result<Self, serde_json::Error> {
        let event = &row.event;
        let occurred = Moment::from_micros(event.occurred_at);
        let detail = serde_json::to_string(&Detail {
            event_id: &event.event_id,
            stream: event.stream.as_str(),
            version: event.version,
            occurred_at: occurred.to_string(),
            recorded_at: Moment::from_micros(event.recorded_at).to_string(),
            cause: &event.cause,
            schema: event.schema,
            data: serde_json::from_str(&event.payload)?,
        })?;
        Ok(Self {
            event_id: event.event_id.clone(),
            stream: event.stream.clone(),
            detail_type: row.detail_type.clone(),
            time: occurred,
            detail,
        })
    }

    /// Its size in bytes as EventBridge counts it ("Calculating `PutEvents` event entry size").
    pub fn size(&self) -> usize {
        let texts = [SOURCE.len(), self.detail_type.len(), self.detail.len()];
        texts.into_iter().fold(TIME_BYTES, usize::saturating_add)
    }
}

#[cfg(test)]
mod tests;
