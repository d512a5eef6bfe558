//! The log as JSON lines.

use deal::moment::Moment;
use serde::Serialize;

use crate::row::EventRow;
use crate::store::{Store, StoreError};
use crate::verify::cursor::{Cursor, Events};

#[cfg(test)]
mod tests;

/// One event as exported. Everything that its seal covers (see [`crate::seal::seal`]) is in it.
#[derive(Debug, Serialize)]
struct Line<'a> {
    stream: &'a str,
    version: i64,
    id: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    schema: i32,
    /// A string, not an object: the seal covers exact bytes, and readers of JSON do not keep those of an object.
    payload: &'a str,
    cause: &'a str,
    occurred_at: String,
    recorded_at: String,
    previous: String,
    hash: String,
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
        let line = line(&event).map_err(|error| ExportError::Write(error.into()))?;
        sink(&line).map_err(ExportError::Write)?;
        count = count.saturating_add(1);
    }
    Ok(count)
}

fn line(event: &EventRow) -> Result<String, serde_json::Error> {
    serde_json::to_string(&Line {
        stream: event.stream.as_str(),
        version: event.version,
        id: &event.event_id,
        kind: &event.kind,
        schema: event.schema,
        payload: &event.payload,
        cause: &event.cause,
        occurred_at: Moment::from_micros(event.occurred_at).to_string(),
        recorded_at: Moment::from_micros(event.recorded_at).to_string(),
        previous: event.previous.to_string(),
        hash: event.hash.to_string(),
    })
}
