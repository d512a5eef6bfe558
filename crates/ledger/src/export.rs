//! The log as JSON lines.

use deal::moment::Moment;
use deal::stream::StreamId;
use jiff::Timestamp;
use marketplace::digest::Digest;
use serde::{Deserialize, Serialize};

use crate::row::EventRow;
use crate::store::{Store, StoreError};
use crate::verify::cursor::{Cursor, Events};

#[cfg(test)]
mod tests;

/// One event as exported. Everything that its seal covers (see [`crate::seal::seal`]) is in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// The stream.
    pub stream: StreamId,
    /// The version.
    pub version: i64,
    /// The event's id.
    pub id: String,
    /// The event's type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The version of the payload's shape.
    pub schema: i32,
    /// A string, not an object: the seal covers exact bytes, and readers of JSON do not keep those of an object.
    pub payload: String,
    /// The cause.
    pub cause: String,
    /// When it happened, RFC 3339 with as many digits as needed.
    pub occurred_at: Timestamp,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// The hash of the event before it.
    pub previous: Digest,
    /// The seal.
    pub hash: Digest,
}

impl From<EventRow> for Line {
    fn from(event: EventRow) -> Self {
        Self {
            stream: event.stream,
            version: event.version,
            id: event.event_id,
            kind: event.kind,
            schema: event.schema,
            payload: event.payload,
            cause: event.cause,
            occurred_at: Moment::from_micros(event.occurred_at).timestamp(),
            recorded_at: Moment::from_micros(event.recorded_at).timestamp(),
            previous: event.previous,
            hash: event.hash,
        }
    }
}

impl From<Line> for EventRow {
    fn from(line: Line) -> Self {
        Self {
            stream: line.stream,
            version: line.version,
            event_id: line.id,
            kind: line.kind,
            schema: line.schema,
            payload: line.payload,
            cause: line.cause,
            occurred_at: Moment::from(line.occurred_at).micros(),
            recorded_at: Moment::from(line.recorded_at).micros(),
            previous: line.previous,
            hash: line.hash,
        }
    }
}

/// Why an export stopped.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The ledger could not be read.
    #[error("could not read the events to export")]
    Read(#[source] StoreError),
    /// The lines could not be written.
    #[error("could not write the exported events")]
    Write(#[source] std::io::Error),
}

/// Writes every event as one line of JSON, in the order of (stream, version), in one snapshot and bounded memory; returns
/// how many. Times are RFC 3339 with as many digits as needed; `payload` is the stored text. A line comes without
/// its line break.
pub async fn export(
    store: &dyn Store,
    sink: &mut dyn FnMut(&str) -> std::io::Result<()>,
) -> Result<u64, ExportError> {
    let mut snapshot = store.snapshot().await.map_err(ExportError::Read)?;
    let mut events = Cursor::<Events>::new();
    let mut count = 0_u64;
    while let Some(event) = events.next(&mut *snapshot).await.map_err(ExportError::Read)? {
        let line = serde_json::to_string(&Line::from(event));
        let line = line.map_err(|error| ExportError::Write(error.into()))?;
        sink(&line).map_err(ExportError::Write)?;
        count = count.saturating_add(1);
    }
    Ok(count)
}
