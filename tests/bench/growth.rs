//! A large ledger beside a small one.
//!
//! The large one is the small one many times over, copied by the database itself: the small one's ids bear a mark, which
//! each copy replaces by its number. (The copies' seals are not theirs: nothing here verifies them.)

use std::sync::Arc;

use processor::delivery::Delivery;
use sqlx::AssertSqlSafe;

use crate::bare::Bare;
use crate::place::{Kind, Place};
use crate::run::{self, Taken, deliver};
use crate::table::Table;
use resold_tests::generator::{Generator, MARK, Market};

const COLUMNS: &[&str] =
    &["store", "streams", "us", "streams", "us", "ratio", "reach", "large ledger MiB"];
const BATCH: usize = 10;
/// Notifications that make about 1,000 streams.
const TEMPLATE: usize = 1_050;
/// The first rounds of each are not counted: caches fill.
const ROUNDS: usize = 14;
const WARMING: usize = 4;
const BATCHES: usize = 40;
/// Copies made in one transaction.
const COPIES: usize = 50;

/// Each table, its columns, and their values in copy `i`.
const TABLES: [(&str, &str, &str); 8] = [
    (
        "notifications",
        "digest, envelope_id, slot, source, detail_type, account, event_time, received_at, size",
        "{n} || substr(digest, 7), {n} || substr(envelope_id, 7), slot, source, detail_type, account, \
         event_time, received_at, size",
    ),
    (
        "deliveries",
        "id, digest, via, received_at",
        "id || {n}, {n} || substr(digest, 7), via, received_at",
    ),
    (
        "outcomes",
        "digest, number, outcome, reason, waits_for, streams, recorded_at",
        "{n} || substr(digest, 7), number, outcome, reason, waits_for, {streams}, recorded_at",
    ),
    (
        "events",
        "stream, version, event_id, kind, schema, payload, cause, occurred_at, recorded_at, previous, hash",
        "{stream}, version, {n} || substr(event_id, 7), kind, schema, {payload}, cause, occurred_at, \
         recorded_at, previous, hash",
    ),
    (
        "streams",
        "stream, version, touched, head, fold, facts, concluded, due_at",
        "{stream}, version, touched, head, fold, {facts}, {concluded}, due_at",
    ),
    ("keys", "kind, value, hi, stream, lo", "kind, {value}, hi, {stream}, lo"),
    (
        "outbox",
        "stream, version, event_id, detail_type, recorded_at, set_aside, attempts, last_error",
        "{stream}, version, {n} || substr(event_id, 7), detail_type, recorded_at, set_aside, attempts, \
         last_error",
    ),
    ("bodies", "digest, head", "{n} || substr(digest, 7), head"),
];

pub(crate) async fn run(kinds: &[Kind], streams: usize) -> Table {
    let mut table = Table::new(
        "cost of a notification as the ledger grows; batches of 10, one processor, the same batches on both",
        COLUMNS,
    );
    for kind in kinds {
        table.row(measure(*kind, streams).await);
    }
    table
}

async fn measure(kind: Kind, streams: usize) -> Vec<String> {
    let mut marked = Generator::marked(Market::small(5, TEMPLATE));
    let mut history = marked.imports();
    history.extend(marked.take(TEMPLATE));
    let mut generator = Generator::new(Market::small(6, ROUNDS * BATCHES * BATCH));
    let imports = generator.imports();
    let next: Vec<Delivery> = generator.take(ROUNDS * BATCHES * BATCH);
    let next = Arc::new(next.chunks(BATCH).map(<[_]>::to_vec).collect());
    let places = [Place::new(kind, "small").await, Place::new(kind, "large").await];
    for place in &places {
        run::load(&place.store, &history).await;
    }
    let small_streams = stream_count(&places[0]).await;
    multiply(&places[1].bare, streams / small_streams).await;
    let large_streams = stream_count(&places[1]).await;
    let size = size(&places[1].bare).await / 1_048_576;
    let mut taken = [Taken::default(), Taken::default()];
    for place in &places {
        run::load(&place.store, &imports).await;
    }
    for round in 0..ROUNDS {
        for (place, taken) in places.iter().zip(&mut taken) {
            let span = (round * BATCHES, (round + 1) * BATCHES);
            let this = deliver(&place.store, &next, span, 1).await;
            if round >= WARMING {
                taken.add(this);
            }
        }
    }
    let [small, large] = taken.map(|taken| taken.micros_each(BATCH));
    for place in places {
        place.remove().await;
    }
    vec![
        kind.word().to_owned(),
        small_streams.to_string(),
        format!("{small:.0}"),
        large_streams.to_string(),
        format!("{large:.0}"),
        format!("{:.2}", large / small),
        "1.30".to_owned(),
        size.to_string(),
    ]
}

async fn stream_count(place: &Place) -> usize {
    let mut snapshot = place.store.snapshot().await.expect("it can be read");
    let counts = snapshot.counts().await.expect("rows can be counted");
    let streams: i64 = counts.streams.iter().map(|(_, count)| *count).sum();
    usize::try_from(streams).unwrap_or(0)
}

/// Copies everything so often, less one.
async fn multiply(bare: &Bare, times: usize) {
    let is_sqlite = matches!(bare, Bare::Sqlite(_));
    let tables = TABLES.iter().filter(|(table, ..)| !is_sqlite || *table != "bodies");
    let mut texts = Vec::new();
    for (table, ..) in tables.clone() {
        texts.push(format!("create table template_{table} as select * from {table}"));
    }
    for from in (1..times).step_by(COPIES) {
        let to = (from + COPIES).min(times);
        let copies = tables.clone().map(|table| copy(*table, (from, to), is_sqlite));
        texts.push(format!("begin; {}; commit", copies.collect::<Vec<_>>().join("; ")));
    }
    texts.extend(tables.map(|(table, ..)| format!("drop table template_{table}")));
    let tidy = if is_sqlite { "pragma wal_checkpoint(truncate)" } else { "vacuum analyze" };
    texts.push(tidy.to_owned());
    for text in texts {
        bare.execute(AssertSqlSafe(text)).await.expect("rows can be copied");
    }
    if !is_sqlite {
        bare.execute(AssertSqlSafe("checkpoint".to_owned())).await.expect("a checkpoint");
    }
}

/// The statement that makes copies of one table's rows.
fn copy(
    (table, columns, values): (&str, &str, &str),
    (from, to): (usize, usize),
    is_sqlite: bool,
) -> String {
    // Six digits, as the mark has.
    let (from, to) = (100_000 + from, 100_000 + to - 1);
    let mut values = values.replace("{n}", "cast(i as text)");
    for column in ["stream", "streams", "payload", "facts", "concluded", "value"] {
        let marked = format!("replace({column}, '{MARK}', cast(i as text))");
        values = values.replace(&format!("{{{column}}}"), &marked);
    }
    let (mut columns, numbers) = (
        columns.to_owned(),
        if is_sqlite {
            format!(
                "with recursive n(i) as (select {from} union all select i + 1 from n where i < {to})"
            )
        } else {
            format!("with n(i) as (select generate_series({from}, {to}))")
        },
    );
    if is_sqlite && table == "notifications" {
        columns.push_str(", body");
        values.push_str(", body");
    }
    format!("{numbers} insert into {table} ({columns}) select {values} from template_{table}, n")
}

async fn size(bare: &Bare) -> i64 {
    let text = match bare {
        Bare::Sqlite(_) => {
            "select page_count * page_size from pragma_page_count(), pragma_page_size()"
        }
        Bare::Postgres(_) => "select pg_database_size(current_database())",
    };
    bare.number(text).await.expect("it has a size")
}
