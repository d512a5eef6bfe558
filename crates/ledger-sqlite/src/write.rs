//! Writing rows: one statement a chunk.

use ledger::row::{Mark, StreamRow, StreamWrite, Writes};
use ledger::store::{InboxChange, StoreError};
use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::{AssertSqlSafe, Sqlite};

use crate::chunks::Chunks;
use crate::failure::{failed, inserting};
use crate::sql::{self, Insert};
use crate::transaction::{SqliteTransaction, array};

type Prepared = Query<'static, Sqlite, SqliteArguments>;

impl SqliteTransaction {
    pub(crate) async fn write_rows(&mut self, writes: &Writes) -> Result<(), StoreError> {
        self.write_received(writes).await?;
        self.insert(sql::EVENTS, &writes.events, |query, row| {
            query
                .bind(row.stream.to_string())
                .bind(row.version)
                .bind(row.event_id.clone())
                .bind(row.kind.clone())
                .bind(i64::from(row.schema))
                .bind(row.payload.clone())
                .bind(row.cause.clone())
                .bind(row.occurred_at)
                .bind(row.recorded_at)
                .bind(row.previous.to_string())
                .bind(row.hash.to_string())
        })
        .await?;
        self.write_streams(&writes.streams).await?;
        self.write_keys(writes).await?;
        self.insert(sql::OUTBOX, &writes.outbox, |query, row| {
            query
                .bind(row.stream.to_string())
                .bind(row.version)
                .bind(row.event_id.clone())
                .bind(row.detail_type.clone())
                .bind(row.recorded_at)
                .bind(i64::from(row.set_aside))
                .bind(None::<i64>)
                .bind(0_i64)
                .bind("")
        })
        .await?;
        self.erase(writes).await?;
        self.mark(&writes.marks).await
    }

    async fn insert<T>(
        &mut self,
        into: Insert,
        rows: &[T],
        bind: impl Fn(Prepared, &T) -> Prepared,
    ) -> Result<(), StoreError> {
        for chunk in Chunks::new(rows, sql::MAX_CHUNK) {
            let query = sqlx::query(AssertSqlSafe(into.text(chunk.len())));
            let query = chunk.iter().fold(query, &bind);
            query.execute(&mut *self.inner).await.map_err(inserting(into.table))?;
        }
        Ok(())
    }

    /// Notifications, deliveries, outcomes, and the inbox that follows from them.
    async fn write_received(&mut self, writes: &Writes) -> Result<(), StoreError> {
        self.insert(sql::NOTIFICATIONS, &writes.notifications, |query, row| {
            let envelope_id = Some(row.envelope_id.clone()).filter(|id| !id.is_empty());
            query
                .bind(row.digest.to_string())
                .bind(envelope_id)
                .bind(i64::from(row.slot))
                .bind(row.source.clone())
                .bind(row.detail_type.clone())
                .bind(row.account.clone())
                .bind(row.event_time)
                .bind(row.received_at)
                .bind(i64::try_from(row.body.len()).unwrap_or(i64::MAX))
                .bind(row.body.clone())
        })
        .await?;
        self.insert(sql::DELIVERIES, &writes.deliveries, |query, row| {
            let first = Some(row).filter(|row| !row.envelope_id.is_empty());
            query
                .bind(row.id.clone())
                .bind(row.digest.to_string())
                .bind(row.via.clone())
                .bind(row.received_at)
                .bind(first.map(|row| row.envelope_id.clone()))
                .bind(first.map(|row| i64::from(row.slot)))
        })
        .await?;
        self.insert(sql::OUTCOMES, &writes.outcomes, |query, row| {
            query
                .bind(row.digest.to_string())
                .bind(i64::from(row.number))
                .bind(row.outcome.word())
                .bind(row.reason.clone())
                .bind(row.waits_for.clone())
                .bind(row.streams.clone())
                .bind(row.recorded_at)
        })
        .await?;
        let inbox = InboxChange::of(&writes.outcomes);
        if !inbox.removed.is_empty() {
            let query = sqlx::query(sql::DELETE_INBOX).bind(array(&inbox.removed));
            query.execute(&mut *self.inner).await.map_err(failed("removing inbox rows"))?;
        }
        self.insert(sql::INBOX, &inbox.added, |query, row| {
            query
                .bind(row.digest.to_string())
                .bind(i64::from(row.number))
                .bind(row.outcome.word())
                .bind(Some(row.waits_for.clone()).filter(|text| !text.is_empty()))
        })
        .await
    }

    async fn write_streams(&mut self, streams: &[StreamWrite]) -> Result<(), StoreError> {
        let (old, new): (Vec<_>, Vec<_>) =
            streams.iter().partition(|write| write.read_touched.is_some());
        for chunk in Chunks::new(&old, sql::MAX_CHUNK) {
            let mut query = sqlx::query(AssertSqlSafe(sql::update_streams(chunk.len())));
            for write in chunk {
                query = bind_stream(query, &write.row).bind(write.read_touched);
            }
            let done = query.execute(&mut *self.inner).await.map_err(failed("writing streams"))?;
            if usize::try_from(done.rows_affected()) != Ok(chunk.len()) {
                return Err(StoreError::Conflict { what: "the streams".to_owned() });
            }
        }
        self.insert(sql::STREAMS, &new, |query, write| bind_stream(query, &write.row)).await
    }

    async fn write_keys(&mut self, writes: &Writes) -> Result<(), StoreError> {
        let removed: Vec<_> = writes
            .keys
            .iter()
            .flat_map(|change| change.removed.iter().map(|key| (&change.stream, key)))
            .collect();
        for chunk in Chunks::new(&removed, sql::MAX_CHUNK) {
            let mut query = sqlx::query(AssertSqlSafe(sql::delete_keys(chunk.len())));
            for (stream, key) in chunk {
                query = query
                    .bind(key.kind.word())
                    .bind(key.value.clone())
                    .bind(key.hi)
                    .bind(stream.to_string())
                    .bind(key.lo);
            }
            query.execute(&mut *self.inner).await.map_err(failed("removing keys"))?;
        }
        let added: Vec<_> = writes
            .keys
            .iter()
            .flat_map(|change| change.added.iter().map(|key| (&change.stream, key)))
            .collect();
        self.insert(sql::KEYS, &added, |query, (stream, key)| {
            query
                .bind(key.kind.word())
                .bind(key.value.clone())
                .bind(key.hi)
                .bind(stream.to_string())
                .bind(key.lo)
        })
        .await
    }

    async fn erase(&mut self, writes: &Writes) -> Result<(), StoreError> {
        if writes.erased.is_empty() {
            return Ok(());
        }
        let query = sqlx::query(sql::ERASE).bind(array(&writes.erased));
        query.execute(&mut *self.inner).await.map_err(failed("erasing raw bodies"))?;
        Ok(())
    }
}

impl SqliteTransaction {
    /// Of how many rows does not matter: those that another relay published first stay as they are.
    async fn mark(&mut self, marks: &[Mark]) -> Result<(), StoreError> {
        for chunk in Chunks::new(marks, sql::MAX_CHUNK) {
            let mut query = sqlx::query(AssertSqlSafe(sql::mark_outbox(chunk.len())));
            for mark in chunk {
                query = query
                    .bind(mark.stream.to_string())
                    .bind(mark.version)
                    .bind(mark.result.published_at())
                    .bind(i64::from(mark.attempts))
                    .bind(mark.result.error().to_owned())
                    .bind(i64::from(mark.result.is_final()));
            }
            query.execute(&mut *self.inner).await.map_err(failed("marking the outbox"))?;
        }
        Ok(())
    }
}

fn bind_stream(query: Prepared, row: &StreamRow) -> Prepared {
    query
        .bind(row.stream.to_string())
        .bind(row.version)
        .bind(row.touched)
        .bind(row.head.to_string())
        .bind(i64::from(row.fold))
        .bind(row.facts.clone())
        .bind(row.concluded.clone())
        .bind(row.due_at)
}
