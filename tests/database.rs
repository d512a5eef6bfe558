//! A database of a test's own, on the PostgreSQL server that `make test` starts or on a private one.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use std::sync::atomic::{AtomicUsize, Ordering};

use ledger_postgres::{ConnectOptions, PostgresStore, Server, migrate};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Executor as _, PgConnection, Row as _};

/// The tables that a ledger's history is in.
const HISTORY: [&str; 9] = [
    "notifications",
    "bodies",
    "deliveries",
    "outcomes",
    "inbox",
    "events",
    "streams",
    "keys",
    "outbox",
];

/// A database that no other test uses.
pub struct Database {
    server: PgConnection,
    /// Its name on the server.
    pub name: String,
    /// Its URL.
    pub url: String,
}

impl Database {
    /// A name and a URL for a database that is still to be made.
    pub async fn planned(what: &str) -> Self {
        let server = std::env::var("RESOLD_TEST_POSTGRES")
            .expect("RESOLD_TEST_POSTGRES is not set: run `make test`, which starts a server");
        Self::on(&server, what).await
    }

    /// The same on the server with this URL.
    pub async fn on(server: &str, what: &str) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("resold_{what}_{}_{number}", std::process::id());
        let url = in_database(server, &name);
        let options = PgConnectOptions::from_str(server).expect("a URL");
        let server = options.connect().await.expect("the server answers");
        Self { server, name, url }
    }

    /// A database with an empty ledger.
    pub async fn fresh(what: &str) -> Self {
        let mut database = Self::planned(what).await;
        database.make().await;
        database
    }

    /// Makes the database, with nothing in it.
    pub async fn create(&mut self) {
        self.server_does(format!("create database {}", self.name)).await;
    }

    /// Makes the database, with an empty ledger in it.
    pub async fn make(&mut self) {
        self.create().await;
        migrate(&self.url, Server::Postgres).await.expect("its tables can be made");
    }

    /// Ends whatever works in it, and waits until that has ended.
    pub async fn cut(&mut self) {
        let cut = "select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname =";
        self.server_does(format!("{cut} '{}'", self.name)).await;
    }

    /// Runs a statement on the server, outside of this database.
    pub async fn server_does(&mut self, statement: String) {
        self.server.execute(AssertSqlSafe(statement)).await.expect("the statement succeeds");
    }

    /// The folder in which the server keeps the rows of all its databases.
    pub async fn rows(&mut self) -> PathBuf {
        let folder = sqlx::query("show data_directory").fetch_one(&mut self.server).await;
        let folder: String = folder.and_then(|row| row.try_get(0)).expect("it has a folder");
        Path::new(&folder).join("base")
    }

    /// Its ledger.
    pub async fn store(&self, connections: u32) -> PostgresStore {
        let options = ConnectOptions { connections, ..ConnectOptions::default() };
        PostgresStore::connect(&self.url, options).await.expect("it opens")
    }

    /// Empties the ledger of the database that this is a connection to, in one transaction.
    pub async fn clear(connection: &mut PgConnection) {
        let deletes = HISTORY.map(|table| format!("delete from {table};")).concat();
        connection.execute(AssertSqlSafe(deletes)).await.expect("the tables can be emptied");
    }

    /// A connection of one's own, beside those of the ledger.
    pub async fn connect(&self) -> PgConnection {
        let options = PgConnectOptions::from_str(&self.url).expect("a URL");
        options.connect().await.expect("the database answers")
    }

    /// Removes the database.
    pub async fn remove(mut self) {
        self.server_does(format!("drop database {} with (force)", self.name)).await;
    }
}

fn in_database(url: &str, name: &str) -> String {
    let (place, query) = url.split_once('?').unwrap_or((url, ""));
    let (scheme, place) = place.split_once("://").expect("a URL");
    let host = place.split('/').next().unwrap_or_default();
    format!("{scheme}://{host}/{name}?{query}")
}
