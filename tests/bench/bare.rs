//! The physical limit: the rows that the processor writes, in the same transactions, by bare multi-row inserts.
//!
//! No reads, no decisions, no hashing; rows that the processor removes are not removed. What is written is laid out
//! before the clock runs. A statement takes a table's rows of one transaction: on SQLite in chunks of few sizes, so that all
//! texts stay prepared, on PostgreSQL as arrays.

use std::collections::BTreeSet;

use ledger::row::Writes;
use ledger::store::InboxChange;
use sqlx::postgres::PgPool;
use sqlx::sqlite::SqlitePool;
use sqlx::{AssertSqlSafe, Postgres, Sqlite, raw_sql};

/// The most rows that one statement of SQLite carries.
const MAX_CHUNK: usize = 64;
/// Up to so many rows are one statement of SQLite, whatever their number.
const WHOLE: usize = 16;

/// One column of some rows.
#[derive(Debug)]
enum Column {
    Text(Vec<Option<String>>),
    Int(Vec<Option<i64>>),
    Bytes(Vec<Vec<u8>>),
    Bool(Vec<bool>),
}

/// Rows of one table.
#[derive(Debug)]
pub(crate) struct Rows {
    table: &'static str,
    conflict: &'static str,
    columns: Vec<(&'static str, Column)>,
    count: usize,
}

/// Writes rows through sqlx alone.
#[derive(Debug, Clone)]
pub(crate) enum Bare {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

const UPSERT: &str = "on conflict (stream) do update set version = excluded.version, \
    touched = excluded.touched, head = excluded.head, fold = excluded.fold, facts = excluded.facts, \
    concluded = excluded.concluded, due_at = excluded.due_at";

fn text<T>(rows: &[T], of: impl Fn(&T) -> String) -> Column {
    Column::Text(rows.iter().map(|row| Some(of(row))).collect())
}

/// Empty text is null.
fn some<T>(rows: &[T], of: impl Fn(&T) -> String) -> Column {
    Column::Text(rows.iter().map(|row| Some(of(row)).filter(|text| !text.is_empty())).collect())
}

fn int<T>(rows: &[T], of: impl Fn(&T) -> i64) -> Column {
    Column::Int(rows.iter().map(|row| Some(of(row))).collect())
}

fn maybe<T>(rows: &[T], of: impl Fn(&T) -> Option<i64>) -> Column {
    Column::Int(rows.iter().map(of).collect())
}

impl Bare {
    /// Lays a transaction's rows out.
    pub(crate) fn lay_out(&self, writes: &Writes) -> Vec<Rows> {
        let mut all = received(writes, matches!(self, Self::Sqlite(_)));
        all.extend(derived(writes));
        all.retain(|rows| rows.count > 0);
        all
    }

    /// One statement or several, on any of the connections: a transaction is one text.
    pub(crate) async fn execute(&self, text: AssertSqlSafe<String>) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(pool) => raw_sql(text).execute(pool).await.map(|_| ()),
            Self::Postgres(pool) => raw_sql(text).execute(pool).await.map(|_| ()),
        }
    }

    /// One number.
    pub(crate) async fn number(&self, text: &'static str) -> Result<i64, sqlx::Error> {
        match self {
            Self::Sqlite(pool) => sqlx::query_scalar(text).fetch_one(pool).await,
            Self::Postgres(pool) => sqlx::query_scalar(text).fetch_one(pool).await,
        }
    }

    /// One transaction.
    pub(crate) async fn write(&self, rows: &[Rows]) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(pool) => {
                let mut tx = pool.begin_with("BEGIN IMMEDIATE").await?;
                for rows in rows {
                    let mut from = 0;
                    while from < rows.count {
                        let rest = rows.count - from;
                        let chunk = if rest <= WHOLE { rest } else { 1_usize << rest.ilog2() };
                        let chunk = chunk.min(MAX_CHUNK);
                        let query = sqlx::query(AssertSqlSafe(rows.values(chunk)));
                        rows.bind(query, from, chunk).execute(&mut *tx).await?;
                        from += chunk;
                    }
                }
                tx.commit().await
            }
            Self::Postgres(pool) => {
                let mut tx = pool.begin().await?;
                for rows in rows {
                    let query = sqlx::query(AssertSqlSafe(rows.arrays()));
                    rows.bind_arrays(query).execute(&mut *tx).await?;
                }
                tx.commit().await
            }
        }
    }
}

type SqliteQuery<'q> = sqlx::query::Query<'q, Sqlite, sqlx::sqlite::SqliteArguments>;
type PostgresQuery<'q> = sqlx::query::Query<'q, Postgres, sqlx::postgres::PgArguments>;

impl Rows {
    fn names(&self) -> String {
        self.columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    }

    fn values(&self, rows: usize) -> String {
        let tuple = format!("({})", vec!["?"; self.columns.len()].join(", "));
        let tuples = vec![tuple.as_str(); rows].join(", ");
        format!("insert into {} ({}) values {tuples} {}", self.table, self.names(), self.conflict)
    }

    fn arrays(&self) -> String {
        let kind = |column: &Column| match column {
            Column::Text(_) => "text",
            Column::Int(_) => "bigint",
            Column::Bytes(_) => "bytea",
            Column::Bool(_) => "boolean",
        };
        let columns = self.columns.iter().enumerate();
        let arrays: Vec<String> =
            columns.map(|(at, (_, column))| format!("${}::{}[]", at + 1, kind(column))).collect();
        let (table, names, arrays) = (self.table, self.names(), arrays.join(", "));
        format!("insert into {table} ({names}) select * from unnest({arrays}) {}", self.conflict)
    }

    fn bind<'q>(&'q self, query: SqliteQuery<'q>, from: usize, rows: usize) -> SqliteQuery<'q> {
        (from..from + rows).fold(query, |query, row| {
            self.columns.iter().fold(query, |query, (_, column)| match column {
                Column::Text(values) => query.bind(values[row].as_deref()),
                Column::Int(values) => query.bind(values[row]),
                Column::Bytes(values) => query.bind(values[row].as_slice()),
                Column::Bool(values) => query.bind(i64::from(values[row])),
            })
        })
    }

    fn bind_arrays<'q>(&'q self, query: PostgresQuery<'q>) -> PostgresQuery<'q> {
        self.columns.iter().fold(query, |query, (_, column)| match column {
            Column::Text(values) => query.bind(values),
            Column::Int(values) => query.bind(values),
            Column::Bytes(values) => query.bind(values),
            Column::Bool(values) => query.bind(values),
        })
    }
}

/// Notifications, deliveries, outcomes and the inbox. SQLite keeps a body with its notification.
fn received(writes: &Writes, body_within: bool) -> Vec<Rows> {
    let of = writes.notifications.as_slice();
    let digests = || text(of, |row| row.digest.to_string());
    let mut columns = vec![
        ("digest", digests()),
        ("envelope_id", some(of, |row| row.envelope_id.clone())),
        ("slot", int(of, |row| row.slot.into())),
        ("source", text(of, |row| row.source.clone())),
        ("detail_type", text(of, |row| row.detail_type.clone())),
        ("account", text(of, |row| row.account.clone())),
        ("event_time", maybe(of, |row| row.event_time)),
        ("received_at", int(of, |row| row.received_at)),
        ("size", int(of, |row| i64::try_from(row.body.len()).unwrap_or(0))),
    ];
    let bodies = Column::Bytes(of.iter().map(|row| row.body.clone()).collect());
    let mut all = Vec::new();
    if body_within {
        columns.push(("body", bodies));
    } else {
        let columns = vec![("digest", digests()), ("head", bodies)];
        all.push(Rows { table: "bodies", conflict: "", columns, count: of.len() });
    }
    all.push(Rows { table: "notifications", conflict: "", columns, count: of.len() });
    let of = writes.deliveries.as_slice();
    let columns = vec![
        ("id", text(of, |row| row.id.clone())),
        ("digest", text(of, |row| row.digest.to_string())),
        ("via", text(of, |row| row.via.clone())),
        ("received_at", int(of, |row| row.received_at)),
    ];
    all.push(Rows { table: "deliveries", conflict: "", columns, count: of.len() });
    let of = writes.outcomes.as_slice();
    let columns = vec![
        ("digest", text(of, |row| row.digest.to_string())),
        ("number", int(of, |row| row.number.into())),
        ("outcome", text(of, |row| row.outcome.word().to_owned())),
        ("reason", text(of, |row| row.reason.clone())),
        ("waits_for", text(of, |row| row.waits_for.clone())),
        ("streams", text(of, |row| row.streams.clone())),
        ("recorded_at", int(of, |row| row.recorded_at)),
    ];
    all.push(Rows { table: "outcomes", conflict: "", columns, count: of.len() });
    let of = InboxChange::of(of).added;
    let columns = vec![
        ("digest", text(&of, |row| row.digest.to_string())),
        ("number", int(&of, |row| row.number.into())),
        ("outcome", text(&of, |row| row.outcome.word().to_owned())),
        ("waits_for", some(&of, |row| row.waits_for.clone())),
    ];
    let conflict = "on conflict do nothing";
    all.push(Rows { table: "inbox", conflict, columns, count: of.len() });
    all
}

/// Events, streams, keys and the outbox.
fn derived(writes: &Writes) -> Vec<Rows> {
    let of = writes.events.as_slice();
    let columns = vec![
        ("stream", text(of, |row| row.stream.to_string())),
        ("version", int(of, |row| row.version)),
        ("event_id", text(of, |row| row.event_id.clone())),
        ("kind", text(of, |row| row.kind.clone())),
        ("schema", int(of, |row| row.schema.into())),
        ("payload", text(of, |row| row.payload.clone())),
        ("cause", text(of, |row| row.cause.clone())),
        ("occurred_at", int(of, |row| row.occurred_at)),
        ("recorded_at", int(of, |row| row.recorded_at)),
        ("previous", text(of, |row| row.previous.to_string())),
        ("hash", text(of, |row| row.hash.to_string())),
    ];
    let mut all = vec![Rows { table: "events", conflict: "", columns, count: of.len() }];
    let of: Vec<_> = writes.streams.iter().map(|write| &write.row).collect();
    let columns = vec![
        ("stream", text(&of, |row| row.stream.to_string())),
        ("version", int(&of, |row| row.version)),
        ("touched", int(&of, |row| row.touched)),
        ("head", text(&of, |row| row.head.to_string())),
        ("fold", int(&of, |row| row.fold.into())),
        ("facts", text(&of, |row| row.facts.clone())),
        ("concluded", text(&of, |row| row.concluded.clone())),
        ("due_at", maybe(&of, |row| row.due_at)),
    ];
    all.push(Rows { table: "streams", conflict: UPSERT, columns, count: of.len() });
    // Each once: a batch may remove a key and add it again.
    let added = writes.keys.iter().flat_map(|change| {
        change.added.iter().map(|key| {
            let stream = change.stream.to_string();
            (key.kind.word(), key.value.clone(), key.hi, stream, key.lo)
        })
    });
    let of: Vec<_> = added.collect::<BTreeSet<_>>().into_iter().collect();
    let columns = vec![
        ("kind", text(&of, |row| row.0.to_owned())),
        ("value", text(&of, |row| row.1.clone())),
        ("hi", int(&of, |row| row.2)),
        ("stream", text(&of, |row| row.3.clone())),
        ("lo", int(&of, |row| row.4)),
    ];
    let conflict = "on conflict do nothing";
    all.push(Rows { table: "keys", conflict, columns, count: of.len() });
    let of = writes.outbox.as_slice();
    let columns = vec![
        ("stream", text(of, |row| row.stream.to_string())),
        ("version", int(of, |row| row.version)),
        ("event_id", text(of, |row| row.event_id.clone())),
        ("detail_type", text(of, |row| row.detail_type.clone())),
        ("recorded_at", int(of, |row| row.recorded_at)),
        ("set_aside", Column::Bool(of.iter().map(|row| row.set_aside).collect())),
        ("attempts", int(of, |_| 0)),
        ("last_error", text(of, |_| String::new())),
    ];
    all.push(Rows { table: "outbox", conflict: "", columns, count: of.len() });
    all
}
