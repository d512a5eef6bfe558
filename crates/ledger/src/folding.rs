//! A stream's row and keys from its events.

use deal::event::{Event, EventError, SCHEMA};
use deal::moment::Moment;
use deal::state::{FOLD, State};
use deal::stream::StreamId;
use marketplace::digest::Digest;

use crate::row::{EventRow, KeyChange, StreamRow};
use crate::seal::GENESIS;
use crate::store::StoreError;

/// What a stored event says.
///
/// # Errors
/// [`StoreError::EventSchema`] for one that a version before or after ours wrote, [`StoreError::Inconsistent`] for one
/// that nobody can read.
pub fn read(event: &EventRow) -> Result<Event, StoreError> {
    let read = Event::read(event.stream.kind(), &event.kind, event.schema, &event.payload);
    read.map_err(|error| match error {
        EventError::Outdated { schema, .. } => {
            StoreError::EventSchema { found: schema, wanted: SCHEMA }
        }
        EventError::UnknownKind { schema, .. } if schema > SCHEMA => {
            StoreError::EventSchema { found: schema, wanted: SCHEMA }
        }
        EventError::UnknownKind { .. } | EventError::Payload { .. } => StoreError::Inconsistent {
            table: "events",
            column: "payload",
            key: format!("{}@{}", event.stream, event.version),
        },
    })
}

/// A stream of which some events are folded.
#[derive(Debug, Clone)]
pub struct Folding {
    stream: StreamId,
    state: State,
    version: i64,
    head: Digest,
}

impl Folding {
    /// A stream before its first event.
    pub fn new(stream: StreamId) -> Self {
        let state = State::none(stream.kind());
        Self { stream, state, version: 0, head: GENESIS }
    }

    /// Which stream it is.
    pub const fn stream(&self) -> &StreamId {
        &self.stream
    }

    /// What its events so far fold to.
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// Takes in the next event.
    ///
    /// # Errors
    /// As [`read`].
    pub fn event(&mut self, event: &EventRow) -> Result<(), StoreError> {
        let read = read(event)?;
        self.state.fold(&read, Moment::from_micros(event.recorded_at));
        self.version = event.version;
        self.head = event.hash;
        Ok(())
    }

    /// The row and the keys that follow.
    pub fn finish(self) -> Result<(StreamRow, KeyChange), StoreError> {
        let failed = |source: serde_json::Error| StoreError::Failed {
            attempt: "writing a stream's state as JSON",
            source: Box::new(source),
        };
        let due_at = self.state.due_at(self.state.concluded.judged_at);
        let row = StreamRow {
            stream: self.stream.clone(),
            version: self.version,
            touched: 1,
            head: self.head,
            fold: FOLD,
            facts: self.state.facts.to_json().map_err(failed)?,
            concluded: serde_json::to_string(&self.state.concluded).map_err(failed)?,
            due_at: due_at.map(Moment::micros),
        };
        let added = self.state.keys().into_iter().collect();
        Ok((row, KeyChange { stream: self.stream, removed: Vec::new(), added }))
    }
}
