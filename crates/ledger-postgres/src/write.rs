//! Writing rows: one statement a table, whatever their number.

use deal::key::Key;
use deal::stream::StreamId;
use ledger::row::{KeyChange, Mark, NewNotification, StreamWrite, Writes};
use ledger::store::{InboxChange, StoreError};
use sqlx::Postgres;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;

use crate::connect::Server;
use crate::failure::Values;
use crate::sql;
use crate::transaction::{PostgresTransaction, column, texts};

type Prepared<'q> = Query<'q, Postgres, PgArguments>;

/// Aurora DSQL was documented to change at most so many rows in a transaction.
const MAX_ROWS: usize = 3_000;

/// A transaction of Aurora DSQL that is too large. The processor cuts a batch that fails with it.
#[derive(Debug, thiserror::Error)]
#[error("a transaction of Aurora DSQL changes at most {MAX_ROWS} rows, this one {0}")]
struct TooLarge(usize);

impl PostgresTransaction {
    /// Refuses what Aurora DSQL would refuse at the end. (Of its 10 MiB it says itself that they are too many.)
    pub(crate) fn check_size(&mut self, writes: &Writes) -> Result<(), StoreError> {
        // A notification has a body besides, an outcome at most one row of the inbox less and one more.
        let besides = writes.notifications.len() + 2 * writes.outcomes.len();
        self.rows = self.rows.saturating_add(writes.rows()).saturating_add(besides);
        if self.server == Server::Dsql && self.rows > MAX_ROWS {
            let source = TooLarge(self.rows).into();
            return Err(StoreError::Unstorable { attempt: "writing a batch", source });
        }
        Ok(())
    }

    pub(crate) async fn write_rows(&mut self, writes: &Writes) -> Result<(), StoreError> {
        self.write_received(writes).await?;
        self.write_outcomes(writes).await?;
        self.write_events(writes).await?;
        self.write_streams(&writes.streams).await?;
        self.write_keys(&writes.keys).await?;
        let rows = writes.outbox.as_slice();
        if !rows.is_empty() {
            let query = sqlx::query(sql::INSERT_OUTBOX)
                .bind(column(rows, |row| row.stream.as_str()))
                .bind(column(rows, |row| row.version))
                .bind(column(rows, |row| row.event_id.as_str()))
                .bind(column(rows, |row| row.detail_type.as_str()))
                .bind(column(rows, |row| row.recorded_at))
                .bind(column(rows, |row| row.set_aside));
            self.execute("writing the outbox", query).await?;
        }
        if !writes.erased.is_empty() {
            let query = sqlx::query(sql::ERASE).bind(texts(&writes.erased));
            self.execute("erasing raw bodies", query).await?;
        }
        self.mark(&writes.marks).await
    }

    /// Of how many rows does not matter: those that another relay published first stay as they are.
    async fn mark(&mut self, rows: &[Mark]) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let query = sqlx::query(sql::MARK_OUTBOX)
            .bind(column(rows, |row| row.stream.as_str()))
            .bind(column(rows, |row| row.version))
            .bind(column(rows, |row| row.result.published_at()))
            .bind(column(rows, |row| row.attempts))
            .bind(column(rows, |row| row.result.error()))
            .bind(column(rows, |row| row.result.is_final()));
        self.execute("marking the outbox", query).await.map(drop)
    }

    async fn execute(
        &mut self,
        attempt: &'static str,
        query: Prepared<'_>,
    ) -> Result<u64, StoreError> {
        self.execute_with(Values::Own, attempt, query).await
    }

    async fn execute_with(
        &mut self,
        values: Values,
        attempt: &'static str,
        query: Prepared<'_>,
    ) -> Result<u64, StoreError> {
        let query = query.persistent(self.server != Server::Pooled);
        let done = query.execute(&mut *self.inner).await;
        let done = done.map_err(|error| self.trust.failed(attempt, values, error))?;
        Ok(done.rows_affected())
    }

    async fn write_received(&mut self, writes: &Writes) -> Result<(), StoreError> {
        let rows = writes.notifications.as_slice();
        if !rows.is_empty() {
            let digests = column(rows, |row| row.digest.to_string());
            let query = sqlx::query(sql::INSERT_NOTIFICATIONS)
                .bind(digests.clone())
                .bind(column(rows, |row| some(&row.envelope_id)))
                .bind(column(rows, |row| row.slot))
                .bind(column(rows, |row| row.source.as_str()))
                .bind(column(rows, |row| row.detail_type.as_str()))
                .bind(column(rows, |row| row.account.as_str()))
                .bind(column(rows, |row| row.event_time))
                .bind(column(rows, |row| row.received_at))
                .bind(column(rows, |row| i64::try_from(row.body.len()).unwrap_or(i64::MAX)));
            self.execute_with(Values::Received, "writing notifications", query).await?;
            let query = sqlx::query(sql::INSERT_BODIES)
                .bind(digests)
                .bind(column(rows, |row| parts(row).0))
                .bind(column(rows, |row| parts(row).1));
            self.execute_with(Values::Received, "writing raw bodies", query).await?;
        }
        let rows = writes.deliveries.as_slice();
        if !rows.is_empty() {
            let query = sqlx::query(sql::INSERT_DELIVERIES)
                .bind(column(rows, |row| row.id.as_str()))
                .bind(column(rows, |row| row.digest.to_string()))
                .bind(column(rows, |row| row.via.as_str()))
                .bind(column(rows, |row| row.received_at))
                .bind(column(rows, |row| some(&row.envelope_id)))
                .bind(column(rows, |row| some(&row.envelope_id).map(|_| row.slot)));
            self.execute_with(Values::Received, "writing deliveries", query).await?;
        }
        Ok(())
    }

    /// Outcomes, and the inbox that follows from them.
    async fn write_outcomes(&mut self, writes: &Writes) -> Result<(), StoreError> {
        let rows = writes.outcomes.as_slice();
        if rows.is_empty() {
            return Ok(());
        }
        let query = sqlx::query(sql::INSERT_OUTCOMES)
            .bind(column(rows, |row| row.digest.to_string()))
            .bind(column(rows, |row| row.number))
            .bind(column(rows, |row| row.outcome.word()))
            .bind(column(rows, |row| row.reason.as_str()))
            .bind(column(rows, |row| row.waits_for.as_str()))
            .bind(column(rows, |row| row.streams.as_str()))
            .bind(column(rows, |row| row.recorded_at));
        self.execute("writing outcomes", query).await?;
        let inbox = InboxChange::of(rows);
        if !inbox.removed.is_empty() {
            let query = sqlx::query(sql::DELETE_INBOX).bind(texts(&inbox.removed));
            self.execute("removing inbox rows", query).await?;
        }
        if !inbox.added.is_empty() {
            let query = sqlx::query(sql::INSERT_INBOX)
                .bind(column(&inbox.added, |row| row.digest.to_string()))
                .bind(column(&inbox.added, |row| row.number))
                .bind(column(&inbox.added, |row| row.outcome.word()))
                .bind(column(&inbox.added, |row| some(&row.waits_for)));
            self.execute("writing inbox rows", query).await?;
        }
        Ok(())
    }

    async fn write_events(&mut self, writes: &Writes) -> Result<(), StoreError> {
        let rows = writes.events.as_slice();
        if rows.is_empty() {
            return Ok(());
        }
        let query = sqlx::query(sql::INSERT_EVENTS)
            .bind(column(rows, |row| row.stream.as_str()))
            .bind(column(rows, |row| row.version))
            .bind(column(rows, |row| row.event_id.as_str()))
            .bind(column(rows, |row| row.kind.as_str()))
            .bind(column(rows, |row| row.schema))
            .bind(column(rows, |row| row.payload.as_str()))
            .bind(column(rows, |row| row.cause.as_str()))
            .bind(column(rows, |row| row.occurred_at))
            .bind(column(rows, |row| row.recorded_at))
            .bind(column(rows, |row| row.previous.to_string()))
            .bind(column(rows, |row| row.hash.to_string()));
        self.execute("writing events", query).await?;
        Ok(())
    }

    async fn write_streams(&mut self, streams: &[StreamWrite]) -> Result<(), StoreError> {
        let (old, new): (Vec<_>, Vec<_>) =
            streams.iter().partition(|write| write.read_touched.is_some());
        if !old.is_empty() {
            let query = bind_streams(sql::UPDATE_STREAMS, &old)
                .bind(column(&old, |write| write.read_touched));
            let written = self.execute("writing streams", query).await?;
            if usize::try_from(written) != Ok(old.len()) {
                return Err(StoreError::Conflict { what: "the streams".to_owned() });
            }
        }
        if !new.is_empty() {
            self.execute("writing new streams", bind_streams(sql::INSERT_STREAMS, &new)).await?;
        }
        Ok(())
    }

    async fn write_keys(&mut self, keys: &[KeyChange]) -> Result<(), StoreError> {
        let removed: Vec<_> = keys
            .iter()
            .flat_map(|change| change.removed.iter().map(|key| (&change.stream, key)))
            .collect();
        let added: Vec<_> = keys
            .iter()
            .flat_map(|change| change.added.iter().map(|key| (&change.stream, key)))
            .collect();
        if !removed.is_empty() {
            self.execute("removing keys", bind_keys(sql::DELETE_KEYS, &removed)).await?;
        }
        if !added.is_empty() {
            self.execute("writing keys", bind_keys(sql::INSERT_KEYS, &added)).await?;
        }
        Ok(())
    }
}

/// Nothing where there is no text.
fn some(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

/// A body's two parts; the second one only if the first one is full.
fn parts(row: &NewNotification) -> (&[u8], Option<&[u8]>) {
    match row.body.split_at_checked(sql::HEAD_BYTES) {
        Some((head, rest)) if !rest.is_empty() => (head, Some(rest)),
        _ => (&row.body, None),
    }
}

fn bind_streams<'q>(text: &'static str, rows: &[&'q StreamWrite]) -> Prepared<'q> {
    sqlx::query(text)
        .bind(rows.iter().map(|write| write.row.stream.as_str()).collect::<Vec<_>>())
        .bind(column(rows, |write| write.row.version))
        .bind(column(rows, |write| write.row.touched))
        .bind(column(rows, |write| write.row.head.to_string()))
        .bind(column(rows, |write| write.row.fold))
        .bind(rows.iter().map(|write| write.row.facts.as_str()).collect::<Vec<_>>())
        .bind(rows.iter().map(|write| write.row.concluded.as_str()).collect::<Vec<_>>())
        .bind(column(rows, |write| write.row.due_at))
}

fn bind_keys<'q>(text: &'static str, rows: &[(&'q StreamId, &'q Key)]) -> Prepared<'q> {
    sqlx::query(text)
        .bind(column(rows, |(_, key)| key.kind.word()))
        .bind(rows.iter().map(|(_, key)| key.value.as_str()).collect::<Vec<_>>())
        .bind(column(rows, |(_, key)| key.hi))
        .bind(rows.iter().map(|(stream, _)| stream.as_str()).collect::<Vec<_>>())
        .bind(column(rows, |(_, key)| key.lo))
}
