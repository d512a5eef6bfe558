use std::borrow::Cow;
use std::error::Error as _;
use std::str::FromStr as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use deal::stream::StreamId;
use ledger::row::{StreamRow, StreamWrite, Writes};
use ledger::store::{Store, StoreError};
use marketplace::digest::Digest;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, PgConnection, Row as _,
};

use crate::migration::await_indexes;
use crate::{
    ConnectOptions, Excess, PostgresStore, Role, Server, grant, grants, migration, roles, sql,
};

mod lint;
mod only_reads;

/// A database of its own for one test, on the server that `make test` starts.
struct Database {
    server: PgConnection,
    name: String,
    url: String,
}

impl Database {
    async fn empty() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let server = std::env::var("RESOLD_TEST_POSTGRES").expect(
            "RESOLD_TEST_POSTGRES is not set: run `make test`, which starts a PostgreSQL server for the tests",
        );
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("resold_test_{}_{number}", std::process::id());
        let url = in_database(&server, &name);
        let mut server = connect(&server).await;
        run(&mut server, format!("create database {name}")).await;
        Self { server, name, url }
    }

    async fn fresh() -> Self {
        let database = Self::empty().await;
        crate::migrate(&database.url, Server::Postgres).await.unwrap();
        database
    }

    async fn store(&self) -> PostgresStore {
        PostgresStore::connect(&self.url, ConnectOptions::default()).await.unwrap()
    }

    async fn remove(mut self) {
        run(&mut self.server, format!("drop database {} with (force)", self.name)).await;
    }
}

/// A server's URL with another database.
fn in_database(url: &str, name: &str) -> String {
    let (place, query) = url.split_once('?').unwrap_or((url, ""));
    let (scheme, place) = place.split_once("://").expect("a URL");
    let host = place.split('/').next().unwrap_or_default();
    format!("{scheme}://{host}/{name}?{query}")
}

async fn connect(url: &str) -> PgConnection {
    PgConnectOptions::from_str(url).unwrap().connect().await.unwrap()
}

async fn run(connection: &mut PgConnection, text: String) {
    connection.execute(AssertSqlSafe(text)).await.unwrap();
}

async fn fresh(property: impl AsyncFnOnce(&dyn Store)) {
    let database = Database::fresh().await;
    let store = database.store().await;
    property(&store).await;
    store.close().await;
    database.remove().await;
}

ledger::properties!(fresh);

/// The same as behind a pooler: nothing prepared, no session settings.
mod pooled {
    use super::*;

    async fn fresh(property: impl AsyncFnOnce(&dyn Store)) {
        let database = Database::fresh().await;
        let options = ConnectOptions { server: Server::Pooled, ..ConnectOptions::default() };
        let store = PostgresStore::connect(&database.url, options).await.unwrap();
        property(&store).await;
        store.close().await;
        database.remove().await;
    }

    ledger::properties!(fresh);
}

/// The same as on Aurora DSQL, as far as PostgreSQL can stand in for it: its `begin`, no session settings, at most 3,000
/// rows in a transaction, and one isolation level, a snapshot.
mod like_dsql {
    use super::*;

    async fn fresh(property: impl AsyncFnOnce(&dyn Store)) {
        let mut database = Database::fresh().await;
        let level = format!(
            "alter database {} set default_transaction_isolation = 'repeatable read'",
            database.name
        );
        run(&mut database.server, level).await;
        let options = ConnectOptions { server: Server::Dsql, ..ConnectOptions::default() };
        let store = PostgresStore::connect(&database.url, options).await.unwrap();
        property(&store).await;
        store.close().await;
        database.remove().await;
    }

    ledger::properties!(fresh);

    #[tokio::test]
    async fn is_told_apart_by_its_session() {
        for (server, expected) in [(Server::Postgres, "off"), (Server::Dsql, "on")] {
            let database = Database::fresh().await;
            let options = ConnectOptions { server, ..ConnectOptions::default() };
            let store = PostgresStore::connect(&database.url, options).await.unwrap();
            let mut transaction = store.try_begin(sql::begin(server)).await.unwrap();
            let shown = sqlx::query("show enable_seqscan").fetch_one(&mut *transaction.inner).await;
            assert_eq!(shown.unwrap().get::<String, _>(0), expected);
            drop(transaction);
            store.close().await;
            database.remove().await;
        }
    }

    /// What is refused is refused before it is sent, for a reason that cuts the batch.
    #[tokio::test]
    async fn a_transaction_of_too_many_rows_is_refused() {
        let database = Database::fresh().await;
        let stream = |number: usize| {
            let mut write = one_stream().streams.remove(0);
            write.row.stream = StreamId::try_from(format!("offer/{number:05}")).unwrap();
            write
        };
        let streams = |from: usize, to: usize| Writes {
            streams: (from..to).map(stream).collect(),
            ..Writes::default()
        };
        for (server, expected) in [(Server::Dsql, "Unstorable"), (Server::Postgres, "open")] {
            let options = ConnectOptions { server, ..ConnectOptions::default() };
            let store = PostgresStore::connect(&database.url, options).await.unwrap();
            let mut transaction = store.begin().await.unwrap();
            transaction.write(&streams(0, 3_000)).await.unwrap();
            let more = transaction.write(&streams(3_000, 3_001)).await;
            assert_eq!(named(&more), expected, "{server:?}");
            drop(transaction);
            store.close().await;
        }
        database.remove().await;
    }
}

/// `init` is not done while an index is not valid.
#[tokio::test]
async fn indexes_are_waited_for() {
    let database = Database::fresh().await;
    let mut connection = connect(&database.url).await;
    assert_eq!(named(&await_indexes(&mut connection, Duration::ZERO).await), "open");
    run(&mut connection, "create table twice as select 1 as n union all select 1".to_owned()).await;
    // Stays, not valid.
    let failed = connection.execute("create unique index concurrently once on twice (n)").await;
    assert!(failed.is_err(), "there are two");
    let Err(error) = await_indexes(&mut connection, Duration::ZERO).await else {
        panic!("it is not valid")
    };
    assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
    let why = error.source().map(ToString::to_string).unwrap_or_default();
    assert!(why.starts_with("`once` is not built yet"), "{why}");
    run(&mut connection, "drop index once".to_owned()).await;
    assert_eq!(named(&await_indexes(&mut connection, Duration::ZERO).await), "open");
    connection.close().await.unwrap();
    database.remove().await;
}

/// All that is sent to the server: every statement, migration, view and grant.
fn every_statement(server: Server) -> Vec<String> {
    let source = include_str!("sql.rs");
    let mut statements: Vec<String> = source
        .split("&str =")
        .skip(1)
        .filter_map(|rest| rest.split('"').nth(1).map(str::to_owned))
        // Each server has its own.
        .filter(|text| {
            let foreign = match server {
                Server::Postgres | Server::Pooled => {
                    [sql::BEGIN_DSQL, sql::BEGIN_SNAPSHOT_DSQL, ""]
                }
                Server::Dsql => [sql::BEGIN, sql::BEGIN_SNAPSHOT, sql::SESSION],
            };
            !foreign.contains(&text.as_str())
        })
        .collect();
    statements.extend(migration::texts(server).map(|(_, _, text)| text.into_owned()));
    statements.extend(deal::view::VIEWS.iter().map(crate::views::create));
    statements.extend(deal::view::VIEWS.iter().map(|view| crate::views::drop(view.name)));
    statements.extend(deal::view::VIEWS.iter().map(crate::views::totals));
    let [owner, runtime] = ["owner", "runtime"].map(|name| Role::new(name).unwrap());
    statements.extend(grants(&runtime));
    statements.extend(roles(&owner, &runtime));
    statements
}

/// "SQL feature compatibility in Aurora DSQL", "Unsupported PostgreSQL features in Aurora DSQL".
#[test]
fn no_statement_uses_what_aurora_dsql_lacks() {
    let lacks = [
        "references",
        "foreign",
        "serial",
        "identity",
        "sequence",
        "nextval",
        "trigger",
        "advisory",
        "savepoint",
        "listen",
        "notify",
        "skip locked",
        "for update",
        "for share",
        "jsonb",
        "[] not null",
        "on conflict",
        "truncate",
        "temp ",
        "temporary",
        "plpgsql",
        "create function",
        "do $$",
        "collate",
        "create type",
        "inherits",
        "partition by",
        "vacuum",
        "materialized",
        "tablespace",
        "unlogged",
        "create extension",
        "lock table",
        "merge into",
        "concurrently",
        "fillfactor",
        "serializable",
        "alter system",
        "isolation level",
        "enable_",
    ];
    let statements = every_statement(Server::Dsql);
    assert!(statements.len() > 60, "{}", statements.len());
    for text in statements {
        let code: String = text
            .lines()
            .map(|line| line.split("--").next().unwrap_or_default())
            .collect::<Vec<_>>()
            .join(" ")
            .to_lowercase();
        for word in lacks {
            assert!(!code.contains(word), "`{word}` in {text}");
        }
        assert!(code.trim_end_matches([';', ' ']).matches(';').count() == 0, "two in {text}");
    }
}

#[test]
fn each_migration_is_one_statement_that_may_run_again() {
    for (server, index) in
        [(Server::Postgres, " index if not"), (Server::Dsql, " index async if not")]
    {
        let mut last = 0;
        for (version, name, text) in migration::texts(server) {
            assert!(version > last && name.starts_with(&version.to_string()), "{name}");
            last = version;
            assert!(text.starts_with("-- no-transaction\n"), "{name}");
            assert_eq!(text.matches(';').count(), 1, "{name}");
            let repeats = ["create table if not exists ", "add column if not exists ", index];
            let repeats = repeats.iter().any(|words| text.contains(words));
            assert!(repeats, "{name}");
            assert_eq!(matches!(text, Cow::Borrowed(_)), server == Server::Postgres);
        }
        assert_eq!(last, migration::VERSION);
    }
}

/// No other file holds SQL text.
#[test]
fn statements_live_in_their_files() {
    let sources = [
        ("connect.rs", include_str!("connect.rs")),
        ("dsql.rs", include_str!("dsql.rs")),
        ("failure.rs", include_str!("failure.rs")),
        ("fields.rs", include_str!("fields.rs")),
        ("migration.rs", include_str!("migration.rs")),
        ("transaction.rs", include_str!("transaction.rs")),
        ("write.rs", include_str!("write.rs")),
    ];
    for (file, source) in sources {
        for begin in ["query(\"", "\"select ", "\"insert ", "\"update ", "\"delete "] {
            assert!(!source.contains(begin), "{begin} in {file}");
        }
    }
}

#[test]
fn other_machines_must_show_a_certificate() {
    let cases = [
        ("postgres://ledger.example/resold", "VerifyFull"),
        ("postgres://10.0.0.7/resold", "VerifyFull"),
        ("postgres://ledger.example/resold?sslmode=require", "Require"),
        ("postgres://ledger.example/resold?sslmode=disable", "Disable"),
        ("postgres://localhost/resold", "Prefer"),
        ("postgres://127.0.0.1:5433/resold", "Prefer"),
        ("postgres://[::1]/resold", "Prefer"),
        ("postgres://localhost/resold?host=/run/postgresql", "Prefer"),
        ("postgres:///resold?host=ledger.example", "VerifyFull"),
    ];
    for (url, expected) in cases {
        let mode: PgSslMode = crate::connect::options(url).unwrap().get_ssl_mode();
        assert_eq!(format!("{mode:?}"), expected, "{url}");
    }
    let wrong = crate::connect::options("postgres://ledger.example:port/resold");
    assert!(matches!(wrong, Err(StoreError::Failed { .. })), "{wrong:?}");
}

fn named<T>(result: &Result<T, StoreError>) -> String {
    let text = result.as_ref().err().map_or("open".to_owned(), |error| format!("{error:?}"));
    text.split([' ', '{']).next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn every_kind_of_database_opens_or_says_why_not() {
    let empty = Database::empty().await;
    let fresh = Database::fresh().await;
    let (older, newer) = (Database::fresh().await, Database::fresh().await);
    let mut connection = connect(&older.url).await;
    run(&mut connection, "delete from _sqlx_migrations where version > 20261101000010".to_owned())
        .await;
    connection.close().await.unwrap();
    let later =
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
                 values (99990101000000, 'later', true, '', 0)";
    let mut connection = connect(&newer.url).await;
    run(&mut connection, later.to_owned()).await;
    connection.close().await.unwrap();
    let nowhere = "postgres://localhost:1/resold".to_owned();
    let absent = in_database(&fresh.url, "resold_test_absent");
    let cases = [
        (&empty.url, "Missing", "open", "open"),
        (&fresh.url, "open", "open", "open"),
        (&older.url, "Schema", "open", "open"),
        (&newer.url, "Schema", "Schema", "Schema"),
        (&absent, "Missing", "Missing", "Missing"),
        (&nowhere, "Unavailable", "Unavailable", "Unavailable"),
    ];
    for (url, before, migrated, after) in cases {
        let opened = PostgresStore::connect(url, ConnectOptions::default()).await;
        assert_eq!(named(&opened), before, "{url}");
        assert_eq!(named(&crate::migrate(url, Server::Postgres).await), migrated, "{url}");
        let opened = PostgresStore::connect(url, ConnectOptions::default()).await;
        assert_eq!(named(&opened), after, "{url}");
    }
    for database in [empty, fresh, older, newer] {
        database.remove().await;
    }
}

fn one_stream() -> Writes {
    let row = StreamRow {
        stream: StreamId::try_from("offer/a".to_owned()).unwrap(),
        version: 1,
        touched: 1,
        head: Digest::new([0; 32]),
        fold: 1,
        facts: r#"{"expires":{"v":-1},"released":1793491200123456,"products":["prod-1"]}"#
            .to_owned(),
        concluded: r#"{"offer":{"type":"CPPO"},
            "findings":{"a":{"id":"f-1","since":253402300799000000,"first":"soon","last":9e99},
                "b":{"id":"f-2","since":9223372036854775807}}}"#
            .to_owned(),
        due_at: None,
    };
    Writes { streams: vec![StreamWrite { row, read_touched: None }], ..Writes::default() }
}

async fn write(store: &PostgresStore, writes: &Writes) -> Result<(), StoreError> {
    let mut transaction = store.begin().await?;
    transaction.write(writes).await?;
    transaction.commit().await
}

#[tokio::test]
async fn views_show_streams() {
    let database = Database::fresh().await;
    let store = database.store().await;
    write(&store, &one_stream()).await.unwrap();
    let mut connection = connect(&database.url).await;
    run(&mut connection, "set timezone = 'UTC'".to_owned()).await;
    let cases = [
        ("select id from offers", Some("a")),
        ("select type from offers", Some("CPPO")),
        ("select product from offers", Some("prod-1")),
        ("select released::text from offers", Some("2026-11-01 00:00:00.123456+00")),
        ("select expires::text from offers", Some("1969-12-31 23:59:59.999999+00")),
        ("select basis from offers", None),
        ("select string_agg(id, ',' order by id) from findings", Some("f-1,f-2")),
        ("select since::text from findings where id = 'f-1'", Some("9999-12-31 23:59:59+00")),
        ("select first::text from findings where id = 'f-1'", None),
        ("select last::text from findings where id = 'f-1'", None),
        ("select since::text from findings where id = 'f-2'", None),
        ("select string_agg(id, ',') from agreements", None),
    ];
    for (text, expected) in cases {
        let row = sqlx::query(text).fetch_one(&mut connection).await.unwrap();
        assert_eq!(row.get::<Option<String>, _>(0).as_deref(), expected, "{text}");
    }
    for view in deal::view::VIEWS {
        let text = AssertSqlSafe(format!("select * from {}", view.name));
        let rows = sqlx::query(text).fetch_all(&mut connection).await.unwrap();
        assert!(rows.iter().all(|row| row.len() == view.columns.len()), "{}", view.name);
    }
    let old = "drop view offers; create view offers as select 1 as old;
               update view_definitions set definition = 'old' where name = 'offers'";
    run(&mut connection, old.to_owned()).await;
    crate::migrate(&database.url, Server::Postgres).await.unwrap();
    assert!(connection.execute("select basis from offers").await.is_ok());
    connection.close().await.unwrap();
    store.close().await;
    database.remove().await;
}

/// The runtime role processes and erases, and cannot rewrite the log.
#[tokio::test]
async fn runtime_role_only_adds_to_the_log() {
    let mut database = Database::fresh().await;
    let role = format!("{}_runtime", database.name);
    let runtime_role = Role::new(role.as_str()).unwrap();
    let absent = grant(&database.url, &runtime_role).await;
    assert_eq!(named(&absent.map(|_| ())), "Failed", "there is no such role yet");
    run(&mut database.server, format!("create role {role}")).await;
    run(&mut database.server, format!("grant {role} to current_user")).await;
    assert_eq!(grant(&database.url, &runtime_role).await.unwrap(), []);
    let mut owner = connect(&database.url).await;
    let url = format!("{}&options=-c%20role%3D{role}", database.url);
    let store = PostgresStore::connect(&url, ConnectOptions::default()).await.unwrap();
    ledger::contract::inbox_follows_outcomes(&store).await;
    ledger::contract::marks_are_kept(&store).await;
    let mut runtime = connect(&url).await;
    for view in deal::view::VIEWS {
        let text = format!("select * from {}", view.name);
        assert!(runtime.execute(AssertSqlSafe(text)).await.is_ok(), "{}", view.name);
    }
    for table in ["events", "notifications", "deliveries", "outcomes", "bodies"] {
        let column = if table == "events" { "payload" } else { "digest" };
        for text in [
            format!("update {table} set {column} = ''"),
            format!("delete from {table}"),
            format!("drop table {table}"),
        ] {
            assert!(runtime.execute(AssertSqlSafe(text.clone())).await.is_err(), "{text}");
        }
    }
    for text in ["delete from streams", "update bodies set rest = null", "delete from outbox"] {
        assert!(runtime.execute(text).await.is_err(), "{text}");
    }
    let refused = crate::migrate(&url, Server::Postgres).await;
    assert_eq!(named(&refused), "Refused", "{refused:?}");
    // Rights from elsewhere are told: they are not ours to take away.
    run(&mut owner, format!("grant update (hash) on events to {role}")).await;
    run(&mut owner, format!("grant delete, update on outcomes to {role}")).await;
    let told = |table: &str, rights: &str| Excess { table: table.into(), rights: rights.into() };
    let expected = [told("events", "update"), told("outcomes", "update, delete")];
    assert_eq!(grant(&database.url, &runtime_role).await.unwrap(), expected);
    let superuser = Role::new("resold").unwrap();
    assert_eq!(grant(&database.url, &superuser).await.unwrap().len(), 5, "it may do anything");

    runtime.close().await.unwrap();
    store.close().await;
    run(&mut owner, format!("drop owned by {role}")).await;
    owner.close().await.unwrap();
    run(&mut database.server, format!("drop role {role}")).await;
    database.remove().await;
}

/// A server that hangs up is unavailable, and found again afterwards.
#[tokio::test]
async fn lost_connections_are_told_from_failures() {
    let database = Database::fresh().await;
    let store = database.store().await;
    let mut transaction = store.begin().await.unwrap();
    assert!(transaction.counts().await.is_ok());
    let hang_up = "select pg_terminate_backend(pid) from pg_stat_activity
                   where datname = current_database() and pid <> pg_backend_pid()";
    let mut other = connect(&database.url).await;
    run(&mut other, hang_up.to_owned()).await;
    let lost = transaction.counts().await;
    assert_eq!(named(&lost), "Unavailable", "{lost:?}");
    drop(transaction);
    write(&store, &one_stream()).await.unwrap();
    other.close().await.unwrap();
    store.close().await;
    database.remove().await;
}
