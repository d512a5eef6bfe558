//! A transaction: `BEGIN IMMEDIATE` to write, `BEGIN` to read one moment.

use std::collections::BTreeSet;

use async_trait::async_trait;
use deal::key::KeyQuery;
use deal::stream::{StreamId, StreamKind};
use deal::view::View;
use ledger::row::{
    Delivered, EventRow, Known, NewDelivery, NotificationRow, OutboxRow, Outcome, OutcomeRow,
    StoredBody, StreamRow, Unpublished, Writes,
};
use ledger::store::{Counts, KeyRow, MAX_PARKED, Snapshot, StoreError, Transaction, page_bounds};
use ledger::views::ViewTotals;
use marketplace::digest::Digest;
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{AssertSqlSafe, Sqlite};

use crate::chunks::Chunks;
use crate::failure::failed;
use crate::fields::{self, Fields};
use crate::{sql, views};

/// Reads, and between `BEGIN IMMEDIATE` and `commit` writes.
#[derive(Debug)]
pub struct SqliteTransaction {
    pub(crate) inner: sqlx::Transaction<'static, Sqlite>,
}

type Prepared<'q> = Query<'q, Sqlite, SqliteArguments>;

/// The JSON array that the statements take lists of ids as.
pub(crate) fn array<T: ToString>(items: &[T]) -> String {
    let items = items.iter().map(|item| serde_json::Value::String(item.to_string()));
    serde_json::Value::Array(items.collect()).to_string()
}

impl SqliteTransaction {
    /// All rows at once: a statement that is left half read keeps the write-ahead log from being emptied.
    async fn fetch(
        &mut self,
        attempt: &'static str,
        query: Prepared<'_>,
    ) -> Result<Vec<SqliteRow>, StoreError> {
        query.fetch_all(&mut *self.inner).await.map_err(failed(attempt))
    }

    async fn find_chunk(
        &mut self,
        queries: &[KeyQuery],
        found: &mut Vec<Vec<(i64, StreamId)>>,
    ) -> Result<(), StoreError> {
        let text = sql::find(queries.len());
        let mut statement = sqlx::query(AssertSqlSafe(text));
        for query in queries {
            let (after_hi, after_stream) = match &query.after {
                Some((hi, stream)) => (*hi, stream.as_str()),
                None => (i64::MIN, ""),
            };
            statement = statement
                .bind(query.kind.word())
                .bind(&query.value)
                .bind(query.hi_from.max(after_hi))
                .bind(query.hi_to)
                .bind(query.lo_to)
                .bind(after_hi)
                .bind(after_stream)
                .bind(i64::from(query.limit));
        }
        let rows = self.fetch("looking up keys", statement).await?;
        let first = found.len();
        found.resize_with(first.saturating_add(queries.len()), Vec::new);
        for row in &rows {
            let mut fields = Fields::new("keys", row);
            let query = usize::try_from(fields.get::<i64>("kind")?).unwrap_or(usize::MAX);
            let hit = (fields.get("hi")?, fields.stream("stream")?);
            if let Some(hits) = found.get_mut(first.saturating_add(query)) {
                hits.push(hit);
            }
        }
        Ok(())
    }
}

#[async_trait]
impl Snapshot for SqliteTransaction {
    async fn known(
        &mut self,
        digests: &[Digest],
        envelope_ids: &[String],
    ) -> Result<Vec<Known>, StoreError> {
        let query = sqlx::query(sql::KNOWN).bind(array(digests)).bind(array(envelope_ids));
        let rows = self.fetch("looking up notifications", query).await?;
        let known = rows.iter().map(|row| {
            let mut fields = Fields::new("notifications", row);
            Ok(Known {
                digest: fields.digest("digest")?,
                envelope_id: fields.get("envelope_id")?,
                slot: fields.int("slot")?,
                event_time: fields.get("event_time")?,
                waiting: fields.waiting("outcome")?,
            })
        });
        known.collect()
    }

    async fn delivered(&mut self, ids: &[String]) -> Result<Vec<Delivered>, StoreError> {
        let query = sqlx::query(sql::DELIVERED).bind(array(ids));
        let rows = self.fetch("looking up deliveries", query).await?;
        let delivered = |row| {
            let mut fields = Fields::new("deliveries", row);
            Ok(Delivered { id: fields.get("id")?, first: fields.get("first")? })
        };
        rows.iter().map(delivered).collect()
    }

    async fn parked(&mut self, waits_for: &[String]) -> Result<Vec<StoredBody>, StoreError> {
        let query = sqlx::query(sql::PARKED).bind(array(waits_for)).bind(MAX_PARKED);
        let rows = self.fetch("reading parked notifications", query).await?;
        rows.iter().map(fields::stored_body).collect()
    }

    async fn streams(&mut self, ids: &[StreamId]) -> Result<Vec<StreamRow>, StoreError> {
        let query = sqlx::query(sql::STREAMS_BY_ID).bind(array(ids));
        let rows = self.fetch("reading streams", query).await?;
        rows.iter().map(fields::stream_row).collect()
    }

    async fn find(
        &mut self,
        queries: &[KeyQuery],
    ) -> Result<Vec<Vec<(i64, StreamId)>>, StoreError> {
        let mut found = Vec::with_capacity(queries.len());
        for chunk in Chunks::new(queries, sql::MAX_FIND) {
            self.find_chunk(chunk, &mut found).await?;
        }
        Ok(found)
    }

    async fn due(&mut self, now: i64, limit: u32) -> Result<Vec<StreamRow>, StoreError> {
        let query = sqlx::query(sql::DUE).bind(now).bind(i64::from(limit));
        let rows = self.fetch("reading due streams", query).await?;
        rows.iter().map(fields::stream_row).collect()
    }

    async fn page(
        &mut self,
        kind: Option<StreamKind>,
        after: Option<&StreamId>,
        limit: u32,
    ) -> Result<Vec<StreamRow>, StoreError> {
        let (after, before) = page_bounds(kind, after);
        let query = sqlx::query(sql::PAGE).bind(after).bind(before).bind(i64::from(limit));
        let rows = self.fetch("reading streams", query).await?;
        rows.iter().map(fields::stream_row).collect()
    }

    async fn events(
        &mut self,
        stream: &StreamId,
        from: i64,
        limit: u32,
    ) -> Result<Vec<EventRow>, StoreError> {
        let query =
            sqlx::query(sql::EVENTS_OF).bind(stream.as_str()).bind(from).bind(i64::from(limit));
        let rows = self.fetch("reading events", query).await?;
        rows.iter().map(fields::event_row).collect()
    }

    async fn all_events(
        &mut self,
        after: Option<(&StreamId, i64)>,
        limit: u32,
    ) -> Result<Vec<EventRow>, StoreError> {
        let (stream, version) = after.map_or(("", 0), |(stream, v)| (stream.as_str(), v));
        let query = sqlx::query(sql::ALL_EVENTS).bind(stream).bind(version).bind(i64::from(limit));
        let rows = self.fetch("reading events", query).await?;
        rows.iter().map(fields::event_row).collect()
    }

    async fn all_keys(
        &mut self,
        after: Option<&KeyRow>,
        limit: u32,
    ) -> Result<Vec<KeyRow>, StoreError> {
        let query = sqlx::query(sql::ALL_KEYS)
            .bind(after.map_or("", |key| key.stream.as_str()))
            .bind(after.map_or("", |key| key.kind.as_str()))
            .bind(after.map_or("", |key| key.value.as_str()))
            .bind(after.map_or(0, |key| key.lo))
            .bind(after.map_or(0, |key| key.hi))
            .bind(i64::from(limit));
        let rows = self.fetch("reading keys", query).await?;
        rows.iter().map(fields::key_row).collect()
    }

    async fn notifications(
        &mut self,
        outcome: Option<Outcome>,
        after: Option<&Digest>,
        limit: u32,
    ) -> Result<Vec<NotificationRow>, StoreError> {
        let text = match outcome {
            Some(outcome) if outcome.waits() => sql::WAITING_PAGE,
            _ => sql::NOTIFICATION_PAGE,
        };
        let query = sqlx::query(text)
            .bind(after.map_or_else(String::new, Digest::to_string))
            .bind(outcome.map(Outcome::word))
            .bind(i64::from(limit));
        let rows = self.fetch("reading notifications", query).await?;
        rows.iter().map(fields::notification_row).collect()
    }

    async fn bodies(&mut self, digests: &[Digest]) -> Result<Vec<StoredBody>, StoreError> {
        let query = sqlx::query(sql::BODIES).bind(array(digests));
        let rows = self.fetch("reading raw bodies", query).await?;
        rows.iter().map(fields::stored_body).collect()
    }

    async fn deliveries(&mut self, digest: &Digest) -> Result<Vec<NewDelivery>, StoreError> {
        let query = sqlx::query(sql::DELIVERIES_OF).bind(digest.to_string());
        let rows = self.fetch("reading deliveries", query).await?;
        rows.iter().map(fields::delivery).collect()
    }

    async fn outcomes(&mut self, digest: &Digest) -> Result<Vec<OutcomeRow>, StoreError> {
        let query = sqlx::query(sql::OUTCOMES_OF).bind(digest.to_string());
        let rows = self.fetch("reading outcomes", query).await?;
        rows.iter().map(fields::outcome_row).collect()
    }

    async fn outbox(
        &mut self,
        after: Option<(&StreamId, i64)>,
        limit: u32,
    ) -> Result<Vec<OutboxRow>, StoreError> {
        let (stream, version) = after.map_or(("", 0), |(stream, v)| (stream.as_str(), v));
        let query = sqlx::query(sql::OUTBOX_PAGE).bind(stream).bind(version).bind(i64::from(limit));
        let rows = self.fetch("reading the outbox", query).await?;
        rows.iter().map(fields::outbox_row).collect()
    }

    async fn unpublished(
        &mut self,
        after: Option<(i64, &StreamId, i64)>,
        limit: u32,
    ) -> Result<Vec<Unpublished>, StoreError> {
        let (at, stream, version) =
            after.map_or((i64::MIN, "", 0), |(at, stream, version)| (at, stream.as_str(), version));
        let query = sqlx::query(sql::UNPUBLISHED)
            .bind(at)
            .bind(stream)
            .bind(version)
            .bind(i64::from(limit));
        let rows = self.fetch("reading what is to be published", query).await?;
        rows.iter().map(fields::unpublished).collect()
    }

    async fn view_totals(&mut self, view: &View) -> Result<Option<ViewTotals>, StoreError> {
        let columns = sqlx::query(sql::VIEW_COLUMNS).bind(view.name);
        let rows = self.fetch("reading the columns of a view", columns).await?;
        let mut known = BTreeSet::new();
        for row in &rows {
            known.insert(Fields::new("columns", row).get::<String>("name")?);
        }
        if !view.columns.iter().all(|column| known.contains(column.name)) {
            return Ok(None);
        }
        let query = sqlx::query(AssertSqlSafe(views::totals(view)));
        let rows = self.fetch("adding up a view", query).await?;
        let numbers = rows.first().map(fields::numbers).transpose()?.unwrap_or_default();
        Ok(ViewTotals::read(&numbers))
    }

    async fn counts(&mut self) -> Result<Counts, StoreError> {
        let rows = self.fetch("counting rows", sqlx::query(sql::COUNTS)).await?;
        let mut counts = Counts::default();
        for row in &rows {
            let mut fields = Fields::new("counts", row);
            let (what, of, count) = (fields.get("what")?, fields.get("of")?, fields.get("count")?);
            counts.add(what, of, count);
        }
        counts.sort();
        Ok(counts)
    }
}

#[async_trait]
impl Transaction for SqliteTransaction {
    async fn write(&mut self, writes: &Writes) -> Result<(), StoreError> {
        self.write_rows(writes).await
    }

    async fn clear_derived(&mut self) -> Result<(), StoreError> {
        for text in [sql::CLEAR_STREAMS, sql::CLEAR_KEYS] {
            let statement = sqlx::query(text).execute(&mut *self.inner);
            statement.await.map_err(failed("removing streams and keys"))?;
        }
        Ok(())
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        self.inner.commit().await.map_err(failed("committing"))
    }
}
