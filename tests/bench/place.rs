//! Fresh ledgers on either store.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::sync::Arc;

use ledger::store::Store;
use ledger_postgres::{ConnectOptions, PostgresStore, Server, migrate};
use ledger_sqlite::{OpenOptions, SqliteStore};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _, PgConnection, Row as _};

use crate::bare::Bare;

/// Which store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

impl Kind {
    pub(crate) const ALL: [Self; 2] = [Self::Sqlite, Self::Postgres];

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// A ledger of its own, and sqlx connections to the same database.
pub(crate) struct Place {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) bare: Bare,
    name: String,
}

/// Statements that sqlx keeps prepared for the bare writer.
const STATEMENTS: usize = 400;

impl Place {
    /// An empty ledger.
    pub(crate) async fn new(kind: Kind, name: &str) -> Self {
        match kind {
            Kind::Sqlite => sqlite(name).await,
            Kind::Postgres => postgres(name).await,
        }
    }

    /// Closes and removes it.
    pub(crate) async fn remove(self) {
        drop(self.store);
        match self.bare {
            Bare::Sqlite(pool) => {
                pool.close().await;
                forget(&file(&self.name));
            }
            Bare::Postgres(pool) => {
                pool.close().await;
                let name = database(&self.name);
                let drop = AssertSqlSafe(format!("drop database if exists {name} with (force)"));
                owner().await.execute(drop).await.expect("the database can be dropped");
            }
        }
    }
}

/// The folder for the bench's files.
pub(crate) fn folder() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench");
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    folder
}

fn file(name: &str) -> PathBuf {
    folder().join(format!("{name}.db"))
}

fn forget(file: &Path) {
    for end in ["", "-wal", "-shm"] {
        let mut name = file.as_os_str().to_owned();
        name.push(end);
        let _ = std::fs::remove_file(name);
    }
}

async fn sqlite(name: &str) -> Place {
    let file = file(name);
    forget(&file);
    let store = SqliteStore::open(&file, OpenOptions::CREATE).await.expect("the file opens");
    let options = SqliteConnectOptions::new()
        .filename(&file)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(false)
        .statement_cache_capacity(STATEMENTS)
        .pragma("cache_size", (-ledger_sqlite::CACHE_BYTES / 1024).to_string());
    // Writers take turns, as they do in the store.
    let pool = SqlitePoolOptions::new().max_connections(1).test_before_acquire(false);
    let bare = Bare::Sqlite(pool.connect_lazy_with(options));
    Place { store: Arc::new(store), bare, name: name.to_owned() }
}

async fn postgres(name: &str) -> Place {
    let database = database(name);
    let mut owner = owner().await;
    for text in [
        format!("drop database if exists {database} with (force)"),
        format!("create database {database}"),
    ] {
        owner.execute(AssertSqlSafe(text)).await.expect("a database can be made");
    }
    let url = in_database(&server(), &database);
    migrate(&url, Server::Postgres).await.expect("its tables can be made");
    let store = PostgresStore::connect(&url, ConnectOptions::default()).await;
    let options = PgConnectOptions::from_str(&url).expect("a URL");
    let options = options.statement_cache_capacity(STATEMENTS);
    let pool = PgPoolOptions::new().max_connections(4).test_before_acquire(false);
    Place {
        store: Arc::new(store.expect("it opens")),
        bare: Bare::Postgres(pool.connect_lazy_with(options)),
        name: name.to_owned(),
    }
}

fn database(name: &str) -> String {
    format!("resold_bench_{}_{}", name.replace('-', "_"), std::process::id())
}

fn server() -> String {
    std::env::var("RESOLD_TEST_POSTGRES")
        .expect("RESOLD_TEST_POSTGRES is not set: run `make bench`, which starts a server")
}

async fn owner() -> PgConnection {
    let options = PgConnectOptions::from_str(&server()).expect("a URL");
    options.connect().await.expect("the server answers")
}

fn in_database(url: &str, name: &str) -> String {
    let (place, query) = url.split_once('?').unwrap_or((url, ""));
    let (scheme, place) = place.split_once("://").expect("a URL");
    let host = place.split('/').next().unwrap_or_default();
    format!("{scheme}://{host}/{name}?{query}")
}

/// What the numbers depend on, besides the machine.
pub(crate) async fn facts() -> Vec<String> {
    let mut server = owner().await;
    let mut settings = Vec::new();
    for name in
        ["server_version", "fsync", "synchronous_commit", "full_page_writes", "shared_buffers"]
    {
        let row = sqlx::query(AssertSqlSafe(format!("show {name}"))).fetch_one(&mut server).await;
        let value: String = row.and_then(|row| row.try_get(0)).expect("a setting");
        settings.push(format!("{name} {value}"));
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    vec![
        format!(
            "sqlite: WAL, synchronous FULL, page cache {} MiB a connection",
            ledger_sqlite::CACHE_BYTES / 1_048_576
        ),
        format!("postgres: {}", settings.join(", ")),
        format!("{cores} cores; server, stores and processors share them"),
    ]
}
