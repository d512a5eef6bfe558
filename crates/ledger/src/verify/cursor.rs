//! Reading whole tables page by page, in the order of their streams.

use std::collections::VecDeque;

use deal::stream::StreamId;

use crate::row::{EventRow, OutboxRow, StreamRow};
use crate::store::{KeyRow, Snapshot, StoreError};

/// A table whose rows belong to streams and come in the order of these.
pub(crate) trait Table {
    /// One row.
    type Row;

    /// The stream of a row.
    fn stream(row: &Self::Row) -> &StreamId;

    /// The rows after one.
    async fn page(
        snapshot: &mut dyn Snapshot,
        after: Option<&Self::Row>,
    ) -> Result<Vec<Self::Row>, StoreError>;
}

/// Rows of large tables read at once.
const PAGE: u32 = 500;

/// Streams read at once: their facts can be long.
const STREAMS: u32 = 200;

/// The events, in the order of (stream, version).
pub(crate) enum Events {}

impl Table for Events {
    type Row = EventRow;

    fn stream(row: &EventRow) -> &StreamId {
        &row.stream
    }

    async fn page(
        snapshot: &mut dyn Snapshot,
        after: Option<&EventRow>,
    ) -> Result<Vec<EventRow>, StoreError> {
        snapshot.all_events(after.map(|row| (&row.stream, row.version)), PAGE).await
    }
}

/// The streams.
pub(crate) enum Streams {}

impl Table for Streams {
    type Row = StreamRow;

    fn stream(row: &StreamRow) -> &StreamId {
        &row.stream
    }

    async fn page(
        snapshot: &mut dyn Snapshot,
        after: Option<&StreamRow>,
    ) -> Result<Vec<StreamRow>, StoreError> {
        snapshot.page(None, after.map(|row| &row.stream), STREAMS).await
    }
}

/// The index rows.
pub(crate) enum Keys {}

impl Table for Keys {
    type Row = KeyRow;

    fn stream(row: &KeyRow) -> &StreamId {
        &row.stream
    }

    async fn page(
        snapshot: &mut dyn Snapshot,
        after: Option<&KeyRow>,
    ) -> Result<Vec<KeyRow>, StoreError> {
        snapshot.all_keys(after, PAGE).await
    }
}

/// The outbox, in the order of (stream, version).
pub(crate) enum Outbox {}

impl Table for Outbox {
    type Row = OutboxRow;

    fn stream(row: &OutboxRow) -> &StreamId {
        &row.stream
    }

    async fn page(
        snapshot: &mut dyn Snapshot,
        after: Option<&OutboxRow>,
    ) -> Result<Vec<OutboxRow>, StoreError> {
        snapshot.outbox(after.map(|row| (&row.stream, row.version)), PAGE).await
    }
}

/// A position in a table. At most one page is held.
pub(crate) struct Cursor<T: Table> {
    rows: VecDeque<T::Row>,
    over: bool,
}

impl<T: Table> Cursor<T> {
    /// Before the first row.
    pub(crate) const fn new() -> Self {
        Self { rows: VecDeque::new(), over: false }
    }

    /// The next row, which stays the next one.
    pub(crate) async fn peek(
        &mut self,
        snapshot: &mut dyn Snapshot,
    ) -> Result<Option<&T::Row>, StoreError> {
        self.fill(snapshot).await?;
        Ok(self.rows.front())
    }

    /// The next row.
    pub(crate) async fn next(
        &mut self,
        snapshot: &mut dyn Snapshot,
    ) -> Result<Option<T::Row>, StoreError> {
        self.fill(snapshot).await?;
        // The last row of a page says where the next page begins.
        if self.rows.len() == 1 && !self.over {
            let page = T::page(snapshot, self.rows.front()).await?;
            self.over = page.is_empty();
            self.rows.extend(page);
        }
        Ok(self.rows.pop_front())
    }

    /// The next row if it is of this stream.
    pub(crate) async fn next_of(
        &mut self,
        snapshot: &mut dyn Snapshot,
        stream: &StreamId,
    ) -> Result<Option<T::Row>, StoreError> {
        let is_of = self.peek(snapshot).await?.is_some_and(|row| T::stream(row) == stream);
        if is_of { self.next(snapshot).await } else { Ok(None) }
    }

    async fn fill(&mut self, snapshot: &mut dyn Snapshot) -> Result<(), StoreError> {
        if self.rows.is_empty() && !self.over {
            self.rows.extend(T::page(snapshot, None).await?);
            self.over = self.rows.is_empty();
        }
        Ok(())
    }
}
