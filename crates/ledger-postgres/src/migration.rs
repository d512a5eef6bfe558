//! The schema and its version: the owner's part. Each statement commits by itself, as Aurora DSQL demands, and can be
//! repeated; an `init` that was cut off is run again.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use deal::view::View;
use ledger::store::StoreError;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, PgConnection, Row as _, SqlSafeStr as _};
use tokio::time::sleep;

use crate::connect::{self, Server, Target};
use crate::failure::failed;
use crate::{sql, views};

macro_rules! migration {
    ($version:literal, $name:literal) => {
        ($version, $name, include_str!(concat!("../migrations/", $name, ".sql")))
    };
}

/// Every migration, the oldest first.
const MIGRATIONS: [(i64, &str, &str); 18] = [
    migration!(20_261_101_000_001, "20261101000001_notifications_create"),
    migration!(20_261_101_000_002, "20261101000002_bodies_create"),
    migration!(20_261_101_000_003, "20261101000003_deliveries_create"),
    migration!(20_261_101_000_004, "20261101000004_deliveries_index_digest"),
    migration!(20_261_101_000_005, "20261101000005_outcomes_create"),
    migration!(20_261_101_000_006, "20261101000006_inbox_create"),
    migration!(20_261_101_000_007, "20261101000007_inbox_index_waits_for"),
    migration!(20_261_101_000_008, "20261101000008_events_create"),
    migration!(20_261_101_000_009, "20261101000009_streams_create"),
    migration!(20_261_101_000_010, "20261101000010_streams_index_due"),
    migration!(20_261_101_000_011, "20261101000011_keys_create"),
    migration!(20_261_101_000_012, "20261101000012_keys_index_stream"),
    migration!(20_261_101_000_013, "20261101000013_outbox_create"),
    migration!(20_261_101_000_014, "20261101000014_outbox_index_unpublished"),
    migration!(20_261_101_000_015, "20261101000015_view_definitions_create"),
    migration!(20_261_125_000_001, "20261125000001_deliveries_add_envelope_id"),
    migration!(20_261_125_000_002, "20261125000002_deliveries_add_slot"),
    migration!(20_261_125_000_003, "20261125000003_deliveries_index_envelope"),
];

/// The schema version that this version of resold reads and writes.
pub const VERSION: i64 = 20_261_125_000_003;

const ATTEMPT: &str = "making the ledger's tables";
const INDEX_ATTEMPT: &str = "waiting for the cluster to build an index";

/// For so long `init` waits for the indexes of Aurora DSQL: they are small when a ledger begins.
const INDEX_PATIENCE: Duration = Duration::from_mins(10);
/// For so long a statement is tried again that another change of the schema was faster than.
const CONFLICT_PATIENCE: Duration = Duration::from_mins(1);
/// How often the cluster is asked.
const POLL: Duration = Duration::from_millis(500);

/// The migrations' texts for a server.
pub(crate) fn texts(
    server: Server,
) -> impl Iterator<Item = (i64, &'static str, Cow<'static, str>)> {
    MIGRATIONS.into_iter().map(move |(version, name, text)| {
        let text = match server {
            Server::Postgres | Server::Pooled => Cow::Borrowed(text),
            Server::Dsql => Cow::Owned(
                text.replace(" collate \"C\"", "").replace(" index if", " index async if"),
            ),
        };
        (version, name, text)
    })
}

/// Brings a database's tables and views up to date. For `init`, with a role that owns them; afterwards give the
/// runtime role its [`crate::grants()`]. On Aurora DSQL it is done when every index is built: one of them is a lock.
///
/// # Errors
/// As [`crate::PostgresStore::connect`]; [`StoreError::Schema`] if the database's schema is newer than ours;
/// [`StoreError::Unavailable`] if an index is not built in time.
pub async fn migrate(url: &str, server: Server) -> Result<(), StoreError> {
    let target = Target::read(url)?;
    if server == Server::Pooled {
        return Err(StoreError::Failed { attempt: ATTEMPT, source: ThroughPooler.into() });
    }
    let mut connection = connect::alone(&target).await?;
    match server {
        Server::Postgres | Server::Pooled => {
            check_encoding(&mut connection).await?;
            make(&mut connection, server).await
        }
        Server::Dsql => {
            make_in_spite_of_conflicts(&mut connection).await?;
            await_indexes(&mut connection, INDEX_PATIENCE).await
        }
    }
}

/// What is made over several transactions needs one server process.
#[derive(Debug, thiserror::Error)]
#[error(
    "they are made over a direct connection: name the server itself instead of its pooler, without `pooling=transaction`"
)]
struct ThroughPooler;

/// What AWS sends is UTF-8: a database of another encoding refuses some of it, for good.
async fn check_encoding(connection: &mut PgConnection) -> Result<(), StoreError> {
    const ATTEMPT: &str = "asking for the encoding of the database";
    let row = sqlx::query(sql::ENCODING).persistent(false).fetch_one(connection).await;
    let encoding: Result<String, _> = row.and_then(|row| row.try_get(0));
    let encoding = encoding.map_err(failed(ATTEMPT))?;
    if encoding == "UTF8" {
        return Ok(());
    }
    Err(StoreError::Failed { attempt: ATTEMPT, source: WrongEncoding(encoding).into() })
}

/// A database that cannot hold every notification.
#[derive(Debug, thiserror::Error)]
#[error(
    "its encoding is {0}, and a ledger needs UTF8: `createdb --encoding UTF8 --template template0` makes such a database"
)]
struct WrongEncoding(String);

/// An index that is finished changes the schema under the statement after it (OC001): what is made stays, and the rest
/// is made again.
async fn make_in_spite_of_conflicts(connection: &mut PgConnection) -> Result<(), StoreError> {
    let begun = Instant::now();
    loop {
        match make(connection, Server::Dsql).await {
            Err(StoreError::Conflict { .. }) if begun.elapsed() < CONFLICT_PATIENCE => {
                sleep(POLL).await;
            }
            made => return made,
        }
    }
}

async fn make(connection: &mut PgConnection, server: Server) -> Result<(), StoreError> {
    let migrations = texts(server).map(|(version, name, text)| {
        let text = AssertSqlSafe(text).into_sql_str();
        Migration::new(version, name.into(), MigrationType::Simple, text, true)
    });
    let mut migrator = Migrator::with_migrations(migrations.collect());
    // The lock is an advisory one, which Aurora DSQL lacks.
    migrator.set_locking(false);
    migrator.run(&mut *connection).await.map_err(|error| match error {
        MigrateError::VersionMissing(found) => StoreError::Schema { found, wanted: VERSION },
        // The server's own code says more than that it happened while migrating.
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
            failed(ATTEMPT)(error)
        }
        error => failed(ATTEMPT)(error.into()),
    })?;
    // A person has dropped an index that could not be built, and runs `init` again.
    for (_, _, text) in texts(server).filter(|(_, _, text)| text.contains(" index async if not")) {
        let query = sqlx::query(AssertSqlSafe(text.into_owned())).persistent(false);
        query.execute(&mut *connection).await.map_err(failed(ATTEMPT))?;
    }
    let made = make_views(connection, deal::view::VIEWS).await;
    made.map_err(failed("making the ledger's views"))
}

/// An index is not built.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{0}` is not built yet: run `init` again later; if the view sys.jobs says that it failed, drop that index first"
)]
struct Unbuilt(String);

/// Waits until the cluster has built every index.
pub(crate) async fn await_indexes(
    connection: &mut PgConnection,
    patience: Duration,
) -> Result<(), StoreError> {
    let begun = Instant::now();
    loop {
        let found = sqlx::query(sql::UNBUILT_INDEX).fetch_optional(&mut *connection).await;
        let unbuilt: Option<String> = found
            .and_then(|row| row.map(|row| row.try_get(0)).transpose())
            .map_err(failed(INDEX_ATTEMPT))?;
        match unbuilt {
            None => return Ok(()),
            Some(name) if begun.elapsed() >= patience => {
                let source = Unbuilt(name).into();
                return Err(StoreError::Unavailable { attempt: INDEX_ATTEMPT, source });
            }
            Some(_) => sleep(POLL).await,
        }
    }
}

/// Makes the views whose definition is not the one they were last made from, and removes those that are no more.
async fn make_views(connection: &mut PgConnection, views: &[View]) -> sqlx::Result<()> {
    let mut made: Vec<(String, String)> = Vec::new();
    for row in sqlx::query(sql::VIEW_DEFINITIONS).fetch_all(&mut *connection).await? {
        made.push((row.try_get(0)?, row.try_get(1)?));
    }
    let wanted: Vec<_> =
        views.iter().map(|view| (view.name.to_owned(), views::create(view))).collect();
    for (name, _) in made.iter().filter(|view| !wanted.contains(view)) {
        sqlx::query(sql::FORGET_VIEW).bind(name).execute(&mut *connection).await?;
        let text = AssertSqlSafe(views::drop(name));
        sqlx::query(text).persistent(false).execute(&mut *connection).await?;
    }
    for (name, definition) in wanted.iter().filter(|view| !made.contains(view)) {
        // Made but not noted, if we were cut off between the two.
        for text in [views::drop(name), definition.clone()] {
            sqlx::query(AssertSqlSafe(text)).persistent(false).execute(&mut *connection).await?;
        }
        let noted = sqlx::query(sql::REMEMBER_VIEW).bind(name).bind(definition);
        noted.execute(&mut *connection).await?;
    }
    Ok(())
}
