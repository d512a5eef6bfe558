//! Reading rows column by column. What cannot be read names its table, column and key.

use deal::stream::StreamId;
use ledger::row::{
    EventRow, NewDelivery, NotificationRow, OutboxRow, Outcome, OutcomeRow, StoredBody, StreamRow,
    Unpublished,
};
use ledger::store::{KeyRow, StoreError};
use marketplace::digest::Digest;
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Row as _, Sqlite, Type};

/// A row, read from its first column to its last.
pub(crate) struct Fields<'r> {
    row: &'r SqliteRow,
    table: &'static str,
    next: usize,
}

impl<'r> Fields<'r> {
    pub(crate) fn new(table: &'static str, row: &'r SqliteRow) -> Self {
        Self { row, table, next: 0 }
    }

    /// The error for a column; the row's first column is its key.
    fn wrong(&self, column: &'static str) -> StoreError {
        let key = self.row.try_get::<String, _>(0).unwrap_or_default();
        StoreError::Inconsistent { table: self.table, column, key }
    }

    pub(crate) fn get<T>(&mut self, column: &'static str) -> Result<T, StoreError>
    where
        T: Decode<'r, Sqlite> + Type<Sqlite>,
    {
        let index = self.next;
        self.next = index.saturating_add(1);
        self.row.try_get(index).map_err(|_| self.wrong(column))
    }

    pub(crate) fn int(&mut self, column: &'static str) -> Result<i32, StoreError> {
        let value: i64 = self.get(column)?;
        i32::try_from(value).map_err(|_| self.wrong(column))
    }

    pub(crate) fn digest(&mut self, column: &'static str) -> Result<Digest, StoreError> {
        let text: String = self.get(column)?;
        Digest::try_from(text).map_err(|_| self.wrong(column))
    }

    pub(crate) fn stream(&mut self, column: &'static str) -> Result<StreamId, StoreError> {
        let text: String = self.get(column)?;
        StreamId::try_from(text).map_err(|_| self.wrong(column))
    }

    pub(crate) fn outcome(&mut self, column: &'static str) -> Result<Outcome, StoreError> {
        let word: &str = self.get(column)?;
        Outcome::from_word(word).ok_or_else(|| self.wrong(column))
    }

    /// An outcome that may be absent.
    pub(crate) fn waiting(&mut self, column: &'static str) -> Result<Option<Outcome>, StoreError> {
        let word: Option<&str> = self.get(column)?;
        word.map(|word| Outcome::from_word(word).ok_or_else(|| self.wrong(column))).transpose()
    }
}

pub(crate) fn stream_row(row: &SqliteRow) -> Result<StreamRow, StoreError> {
    let mut fields = Fields::new("streams", row);
    Ok(StreamRow {
        stream: fields.stream("stream")?,
        version: fields.get("version")?,
        touched: fields.get("touched")?,
        head: fields.digest("head")?,
        fold: fields.int("fold")?,
        facts: fields.get("facts")?,
        concluded: fields.get("concluded")?,
        due_at: fields.get("due_at")?,
    })
}

/// How many columns an event has.
const EVENT_COLUMNS: usize = 11;

pub(crate) fn event_row(row: &SqliteRow) -> Result<EventRow, StoreError> {
    let mut fields = Fields::new("events", row);
    Ok(EventRow {
        stream: fields.stream("stream")?,
        version: fields.get("version")?,
        event_id: fields.get("event_id")?,
        kind: fields.get("kind")?,
        schema: fields.int("schema")?,
        payload: fields.get("payload")?,
        cause: fields.get("cause")?,
        occurred_at: fields.get("occurred_at")?,
        recorded_at: fields.get("recorded_at")?,
        previous: fields.digest("previous")?,
        hash: fields.digest("hash")?,
    })
}

/// An event, and after its columns those of the outbox.
pub(crate) fn unpublished(row: &SqliteRow) -> Result<Unpublished, StoreError> {
    let event = event_row(row)?;
    let mut fields = Fields { row, table: "outbox", next: EVENT_COLUMNS };
    let detail_type = fields.get("detail_type")?;
    Ok(Unpublished { event, detail_type, attempts: fields.int("attempts")? })
}

pub(crate) fn key_row(row: &SqliteRow) -> Result<KeyRow, StoreError> {
    let mut fields = Fields::new("keys", row);
    Ok(KeyRow {
        stream: fields.stream("stream")?,
        kind: fields.get("kind")?,
        value: fields.get("value")?,
        lo: fields.get("lo")?,
        hi: fields.get("hi")?,
    })
}

fn outcome(fields: &mut Fields<'_>) -> Result<OutcomeRow, StoreError> {
    Ok(OutcomeRow {
        number: fields.int("number")?,
        outcome: fields.outcome("outcome")?,
        reason: fields.get("reason")?,
        waits_for: fields.get("waits_for")?,
        streams: fields.get("streams")?,
        recorded_at: fields.get("recorded_at")?,
    })
}

pub(crate) fn outcome_row(row: &SqliteRow) -> Result<OutcomeRow, StoreError> {
    let mut fields = Fields::new("outcomes", row);
    fields.digest("digest")?;
    outcome(&mut fields)
}

pub(crate) fn notification_row(row: &SqliteRow) -> Result<NotificationRow, StoreError> {
    let mut fields = Fields::new("notifications", row);
    Ok(NotificationRow {
        digest: fields.digest("digest")?,
        envelope_id: fields.get("envelope_id")?,
        slot: fields.int("slot")?,
        source: fields.get("source")?,
        detail_type: fields.get("detail_type")?,
        account: fields.get("account")?,
        event_time: fields.get("event_time")?,
        received_at: fields.get("received_at")?,
        size: fields.get("size")?,
        outcome: outcome(&mut fields)?,
    })
}

pub(crate) fn stored_body(row: &SqliteRow) -> Result<StoredBody, StoreError> {
    let mut fields = Fields::new("notifications", row);
    Ok(StoredBody {
        digest: fields.digest("digest")?,
        body: fields.get("body")?,
        number: fields.int("number")?,
        outcome: fields.outcome("outcome")?,
        received_at: fields.get("received_at")?,
    })
}

pub(crate) fn delivery(row: &SqliteRow) -> Result<NewDelivery, StoreError> {
    let mut fields = Fields::new("deliveries", row);
    Ok(NewDelivery {
        id: fields.get("id")?,
        digest: fields.digest("digest")?,
        via: fields.get("via")?,
        received_at: fields.get("received_at")?,
        envelope_id: fields.get("envelope_id")?,
        slot: fields.int("slot")?,
    })
}

pub(crate) fn outbox_row(row: &SqliteRow) -> Result<OutboxRow, StoreError> {
    let mut fields = Fields::new("outbox", row);
    Ok(OutboxRow {
        stream: fields.stream("stream")?,
        version: fields.get("version")?,
        event_id: fields.get("event_id")?,
        detail_type: fields.get("detail_type")?,
        recorded_at: fields.get("recorded_at")?,
        set_aside: fields.get::<i64>("set_aside")? != 0,
        published_at: fields.get("published_at")?,
        attempts: fields.int("attempts")?,
        last_error: fields.get("last_error")?,
    })
}

/// A row of whole numbers.
pub(crate) fn numbers(row: &SqliteRow) -> Result<Vec<i64>, StoreError> {
    let mut fields = Fields::new("views", row);
    (0..row.len()).map(|_| fields.get("total")).collect()
}
