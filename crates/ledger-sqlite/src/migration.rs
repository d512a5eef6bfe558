//! The schema and its version.

use deal::view::View;
use ledger::store::StoreError;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, Row as _, SqlStr, SqliteConnection, SqliteExecutor, SqlitePool};

use crate::failure::{failed, is_no_database};
use crate::{sql, views};

macro_rules! migration {
    ($version:literal, $name:literal) => {
        ($version, $name, include_str!(concat!("../migrations/", $name, ".sql")))
    };
}

/// Every migration, the oldest first.
const MIGRATIONS: [(i64, &str, &str); 10] = [
    migration!(20_261_101_000_001, "20261101000001_notifications_create"),
    migration!(20_261_101_000_002, "20261101000002_deliveries_create"),
    migration!(20_261_101_000_003, "20261101000003_outcomes_create"),
    migration!(20_261_101_000_004, "20261101000004_inbox_create"),
    migration!(20_261_101_000_005, "20261101000005_events_create"),
    migration!(20_261_101_000_006, "20261101000006_streams_create"),
    migration!(20_261_101_000_007, "20261101000007_keys_create"),
    migration!(20_261_101_000_008, "20261101000008_outbox_create"),
    migration!(20_261_101_000_009, "20261101000009_view_definitions_create"),
    migration!(20_261_125_000_001, "20261125000001_deliveries_add_envelope"),
];

/// The schema version that this version of resold reads and writes.
pub const VERSION: i64 = 20_261_125_000_001;

const ATTEMPT: &str = "making the ledger's tables";

/// What a file turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Found {
    /// A database without tables.
    Empty,
    /// A database of another program, or no database at all.
    Foreign,
    /// A ledger with this schema version.
    Ledger(i64),
}

/// Looks at what a database holds.
pub(crate) async fn look(pool: &SqlitePool) -> Result<Found, StoreError> {
    let reading = failed("reading the ledger's schema version");
    let tables = match sqlx::query(sql::TABLES).fetch_all(pool).await {
        Err(error) if is_no_database(&error) => return Ok(Found::Foreign),
        tables => tables.map_err(reading)?,
    };
    let (all, ours): (i64, i64) = match tables.first() {
        Some(row) => (row.try_get(0).unwrap_or(0), row.try_get(1).unwrap_or(0)),
        None => (0, 0),
    };
    match (all, ours) {
        (0, _) => Ok(Found::Empty),
        (_, 0) => Ok(Found::Foreign),
        _ => {
            let reading = failed("reading the ledger's schema version");
            let rows = sqlx::query(sql::VERSION).fetch_all(pool).await.map_err(reading)?;
            let version = rows.first().map_or(Ok(0), |row| row.try_get(0));
            version.map(Found::Ledger).map_err(failed("reading the ledger's schema version"))
        }
    }
}

/// Brings the schema and the views up to date, all in one transaction: two programs that do it at once do it once.
pub(crate) async fn migrate(pool: &SqlitePool, views: &[View]) -> Result<(), StoreError> {
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await.map_err(failed(ATTEMPT))?;
    let migrations = MIGRATIONS.into_iter().map(|(version, name, text)| {
        let sql = SqlStr::from_static(text);
        Migration::new(version, name.into(), MigrationType::Simple, sql, false)
    });
    let migrator = Migrator::with_migrations(migrations.collect());
    migrator.run(&mut *transaction).await.map_err(|error| match error {
        // SQLite's own code says more than that it happened while migrating.
        MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) => {
            failed(ATTEMPT)(error)
        }
        error => failed(ATTEMPT)(error.into()),
    })?;
    make_views(&mut transaction, views).await.map_err(failed("making the ledger's views"))?;
    transaction.commit().await.map_err(failed(ATTEMPT))
}

/// Name and definition of each view.
type Views = Vec<(String, String)>;

fn wanted_views(views: &[View]) -> Views {
    views.iter().map(|view| (view.name.to_owned(), views::create(view))).collect()
}

async fn made_views(connection: impl SqliteExecutor<'_>) -> sqlx::Result<Views> {
    let rows = sqlx::query(sql::VIEW_DEFINITIONS).fetch_all(connection).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

/// Whether the views were made from these definitions.
pub(crate) async fn views_are(pool: &SqlitePool, views: &[View]) -> Result<bool, StoreError> {
    let made = made_views(pool).await.map_err(failed("reading the ledger's views"))?;
    let wanted = wanted_views(views);
    Ok(made.len() == wanted.len() && wanted.iter().all(|view| made.contains(view)))
}

/// Makes the views whose definition is not the one they were last made from, and removes those that are no more.
async fn make_views(connection: &mut SqliteConnection, views: &[View]) -> sqlx::Result<()> {
    let (made, wanted) = (made_views(&mut *connection).await?, wanted_views(views));
    for (name, _) in made.iter().filter(|view| !wanted.contains(view)) {
        let text = AssertSqlSafe(views::drop(name));
        sqlx::query(text).persistent(false).execute(&mut *connection).await?;
        sqlx::query(sql::FORGET_VIEW).bind(name.clone()).execute(&mut *connection).await?;
    }
    for (name, definition) in wanted.into_iter().filter(|view| !made.contains(view)) {
        let text = AssertSqlSafe(definition.clone());
        sqlx::query(text).persistent(false).execute(&mut *connection).await?;
        let remember = sqlx::query(sql::REMEMBER_VIEW).bind(name).bind(definition);
        remember.execute(&mut *connection).await?;
    }
    Ok(())
}
