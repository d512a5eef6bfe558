//! A transaction, always at repeatable read: what Aurora DSQL has, and what the contract needs.

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
use sqlx::AssertSqlSafe;
use sqlx::Postgres;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;

use crate::connect::Server;
use crate::failure::Values;
use crate::fields::{self, Fields};
use crate::trust::Trust;
use crate::{sql, views};

/// Reads of one moment, and until `commit` writes.
#[derive(Debug)]
pub struct PostgresTransaction {
    pub(crate) inner: sqlx::Transaction<'static, Postgres>,
    pub(crate) server: Server,
    /// How many rows were written.
    pub(crate) rows: usize,
    pub(crate) trust: Trust,
}

type Prepared<'q> = Query<'q, Postgres, PgArguments>;

/// One column of some rows, as the statements take it.
pub(crate) fn column<'a, T, U>(rows: &'a [T], value: impl Fn(&'a T) -> U) -> Vec<U> {
    rows.iter().map(value).collect()
}

/// The array that the statements take ids as.
pub(crate) fn texts<T: ToString>(items: &[T]) -> Vec<String> {
    items.iter().map(ToString::to_string).collect()
}

impl PostgresTransaction {
    async fn fetch(
        &mut self,
        attempt: &'static str,
        query: Prepared<'_>,
    ) -> Result<Vec<PgRow>, StoreError> {
        let query = query.persistent(self.server != Server::Pooled);
        let found = query.fetch_all(&mut *self.inner).await;
        found.map_err(|error| self.trust.failed(attempt, Values::Own, error))
    }
}

impl PostgresTransaction {
    /// Whether the server refuses writes in it.
    pub(crate) async fn only_reads(&mut self) -> Result<bool, StoreError> {
        let query = sqlx::query(sql::ONLY_READS);
        let rows = self.fetch("asking whether it takes writes", query).await?;
        rows.iter().try_fold(false, |_, row| Fields::new("settings", row).get("only_reads"))
    }
}

#[async_trait]
impl Snapshot for PostgresTransaction {
    async fn known(
        &mut self,
        digests: &[Digest],
        envelope_ids: &[String],
    ) -> Result<Vec<Known>, StoreError> {
        let query = sqlx::query(sql::KNOWN).bind(texts(digests)).bind(texts(envelope_ids));
        let rows = self.fetch("looking up notifications", query).await?;
        let known = rows.iter().map(|row| {
            let mut fields = Fields::new("notifications", row);
            Ok(Known {
                digest: fields.digest("digest")?,
                envelope_id: fields.get("envelope_id")?,
                slot: fields.get("slot")?,
                event_time: fields.get("event_time")?,
                waiting: fields.waiting("outcome")?,
            })
        });
        known.collect()
    }

    async fn delivered(&mut self, ids: &[String]) -> Result<Vec<Delivered>, StoreError> {
        let query = sqlx::query(sql::DELIVERED).bind(texts(ids));
        let rows = self.fetch("looking up deliveries", query).await?;
        let delivered = |row| {
            let mut fields = Fields::new("deliveries", row);
            Ok(Delivered { id: fields.get("id")?, first: fields.get("first")? })
        };
        rows.iter().map(delivered).collect()
    }

    async fn parked(&mut self, waits_for: &[String]) -> Result<Vec<StoredBody>, StoreError> {
        let query = sqlx::query(sql::PARKED).bind(texts(waits_for)).bind(i64::from(MAX_PARKED));
        let rows = self.fetch("reading parked notifications", query).await?;
        rows.iter().map(fields::stored_body).collect()
    }

    async fn streams(&mut self, ids: &[StreamId]) -> Result<Vec<StreamRow>, StoreError> {
        let query = sqlx::query(sql::STREAMS_BY_ID).bind(texts(ids));
        let rows = self.fetch("reading streams", query).await?;
        rows.iter().map(fields::stream_row).collect()
    }

    async fn find(
        &mut self,
        queries: &[KeyQuery],
    ) -> Result<Vec<Vec<(i64, StreamId)>>, StoreError> {
        let after = |query: &'_ KeyQuery| query.after.as_ref().map_or(i64::MIN, |(hi, _)| *hi);
        let statement = sqlx::query(sql::FIND)
            .bind(column(queries, |query| query.kind.word()))
            .bind(column(queries, |query| query.value.as_str()))
            .bind(column(queries, |query| query.hi_from.max(after(query))))
            .bind(column(queries, |query| query.hi_to))
            .bind(column(queries, |query| query.lo_to))
            .bind(column(queries, after))
            .bind(column(queries, |query| query.after.as_ref().map_or("", |(_, id)| id.as_str())))
            .bind(column(queries, |query| i64::from(query.limit)));
        let rows = self.fetch("looking up keys", statement).await?;
        let mut found = vec![Vec::new(); queries.len()];
        for row in &rows {
            let mut fields = Fields::new("keys", row);
            // Ordinality counts from 1.
            let query: i64 = fields.get("kind")?;
            let query = usize::try_from(query.saturating_sub(1)).unwrap_or(usize::MAX);
            let hit = (fields.get("hi")?, fields.stream("stream")?);
            if let Some(hits) = found.get_mut(query) {
                hits.push(hit);
            }
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
        let query = sqlx::query(sql::BODIES).bind(texts(digests));
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
impl Transaction for PostgresTransaction {
    async fn write(&mut self, writes: &Writes) -> Result<(), StoreError> {
        self.check_size(writes)?;
        self.write_rows(writes).await
    }

    async fn clear_derived(&mut self) -> Result<(), StoreError> {
        for text in [sql::CLEAR_STREAMS, sql::CLEAR_KEYS] {
            let statement = sqlx::query(text).persistent(false).execute(&mut *self.inner);
            let attempt = "removing streams and keys";
            let done = statement.await;
            done.map_err(|error| self.trust.failed(attempt, Values::Own, error))?;
        }
        Ok(())
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        let Self { inner, trust, .. } = *self;
        inner.commit().await.map_err(|error| trust.failed("committing", Values::Own, error))
    }
}
