//! Connections: the pool, TLS, tokens, and the check of the schema.

use std::borrow::Cow;
use std::net::IpAddr;
use std::str::FromStr as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use ledger::store::{Snapshot, Store, StoreError, Transaction};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};
use sqlx::{ConnectOptions as _, Connection as _, Executor as _, PgConnection, PgPool, Row as _};
use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::dsql::{Cluster, check_cluster};
use crate::failure::{Values, failed};
use crate::transaction::PostgresTransaction;
use crate::trust::Trust;
use crate::{migration, sql};

/// How long we wait for a server to let us in.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A connection that was idle for longer is tried before it is used: servers and networks hang up.
const TRUSTED_IDLE: Duration = Duration::from_secs(5);

/// Aurora DSQL ends connections after 60 minutes.
const LIFETIME: Duration = Duration::from_mins(45);

/// A token of Aurora DSQL opens connections for 15 minutes; after so many we make another one.
const TOKEN_AGE: Duration = Duration::from_mins(10);

const READING_URL: &str = "reading the ledger's URL";
const CONNECTING: &str = "connecting to the ledger's server";

/// Which kind of server it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Server {
    /// PostgreSQL 15 or later.
    #[default]
    Postgres,
    /// The same behind a pooler that gives each transaction another server process, as `PgBouncer` does in its transaction mode.
    Pooled,
    /// Amazon Aurora DSQL.
    Dsql,
}

impl Server {
    /// The kind of server that a URL is for: `dsql://` or else PostgreSQL, behind a pooler if it says `pooling=transaction`.
    pub fn of(url: &str) -> Self {
        if Cluster::is_meant(url) {
            Self::Dsql
        } else if without_pooling(url).1 {
            Self::Pooled
        } else {
            Self::Postgres
        }
    }
}

/// What a URL names.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    Postgres(Box<PgConnectOptions>),
    Dsql(Cluster),
}

impl Target {
    pub(crate) fn read(url: &str) -> Result<Self, StoreError> {
        if !Cluster::is_meant(url) {
            return options(url).map(|options| Self::Postgres(Box::new(options)));
        }
        let invalid = |error: crate::InvalidCluster| StoreError::Failed {
            attempt: READING_URL,
            source: error.into(),
        };
        check_cluster(url).map_err(invalid)?;
        Cluster::parse(url).map(Self::Dsql).map_err(invalid)
    }

    /// How to connect now; to Aurora DSQL with a new token.
    async fn options(&self) -> Result<PgConnectOptions, StoreError> {
        match self {
            Self::Postgres(options) => Ok(options.as_ref().clone()),
            #[cfg(feature = "dsql")]
            Self::Dsql(cluster) => cluster.signed(None).await,
            #[cfg(not(feature = "dsql"))]
            Self::Dsql(_) => std::future::ready(Cluster::left_out()).await,
        }
    }

    /// In words, without user and password.
    fn place(&self) -> String {
        match self {
            Self::Postgres(options) => place(options),
            Self::Dsql(cluster) => cluster.to_string(),
        }
    }
}

/// How to use a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectOptions {
    /// Which kind of server it is.
    pub server: Server,
    /// The most connections at once; each transaction uses one.
    pub connections: u32,
    /// For so long a transaction waits for its connection: while others of this program use all of them, or while the
    /// server refuses a new one.
    pub wait: Duration,
}

impl Default for ConnectOptions {
    fn default() -> Self {
        Self { server: Server::Postgres, connections: 10, wait: Duration::from_secs(30) }
    }
}

/// A ledger in a PostgreSQL database.
#[derive(Debug, Clone)]
pub struct PostgresStore {
    pool: PgPool,
    target: Arc<Target>,
    server: Server,
    /// When the pool's token was made, on Aurora DSQL.
    signed: Arc<Mutex<Instant>>,
    trust: Trust,
}

impl PostgresStore {
    /// Connects to a database whose tables [`crate::migrate`] made.
    ///
    /// TLS with a verified certificate, unless the URL says otherwise by `sslmode`, or the server is this machine.
    ///
    /// # Errors
    /// [`StoreError::Missing`] without the database or its tables; [`StoreError::Schema`] for an older or a newer
    /// schema; [`StoreError::Refused`] for a wrong user or password, or missing rights; [`StoreError::Unavailable`] if
    /// there is no server; [`StoreError::Failed`] for what is not a URL.
    pub async fn connect(url: &str, options: ConnectOptions) -> Result<Self, StoreError> {
        let target = Target::read(url)?;
        let connect = signed_in(&target).await?;
        let signed = Instant::now();
        let mut connection = open(&connect, &target).await?;
        let version = version(&mut connection).await;
        let _ = connection.close().await;
        let found = version
            .map_err(failed("reading the ledger's schema version"))
            .map_err(|error| at(error, &target))?;
        match found {
            0 => return Err(StoreError::Missing { place: target.place() }),
            migration::VERSION => {}
            _ => return Err(StoreError::Schema { found, wanted: migration::VERSION }),
        }
        Ok(Self::new(options, connect, target, signed))
    }

    fn new(
        options: ConnectOptions,
        connect: PgConnectOptions,
        target: Target,
        signed: Instant,
    ) -> Self {
        let trust = Trust::default();
        let pool = pool(options, trust.clone()).connect_lazy_with(connect);
        let (target, signed) = (Arc::new(target), Arc::new(Mutex::new(signed)));
        Self { pool, target, server: options.server, signed, trust }
    }

    /// Closes all connections.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// The schema's version; 0 without a schema. In one transaction: between two, a pooler may give another server process.
async fn version(connection: &mut PgConnection) -> sqlx::Result<i64> {
    let mut tx = connection.begin().await?;
    let row = sqlx::query(sql::VERSION).persistent(false).fetch_one(&mut *tx).await?;
    let version = row.try_get(0)?;
    tx.rollback().await?;
    Ok(version)
}

fn pool(options: ConnectOptions, trust: Trust) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(options.connections)
        .acquire_timeout(options.wait)
        .max_lifetime(LIFETIME)
        .test_before_acquire(false)
        .before_acquire(move |connection, meta| {
            let trusted = trust.holds(meta.age);
            Box::pin(async move {
                let answers =
                    trusted && (meta.idle_for < TRUSTED_IDLE || connection.ping().await.is_ok());
                Ok(answers)
            })
        })
        .after_connect(move |connection, _| {
            Box::pin(async move {
                if options.server == Server::Postgres {
                    connection.execute(sql::SESSION).await?;
                }
                Ok(())
            })
        })
}

/// What a URL says, and where it does not: TLS with a verified certificate to other machines.
pub(crate) fn options(url: &str) -> Result<PgConnectOptions, StoreError> {
    let (url, pooled) = without_pooling(url);
    let options = PgConnectOptions::from_str(&url).map_err(failed(READING_URL))?;
    // No floating point is ever read; a pooler refuses the setting.
    let options = options.extra_float_digits(None);
    let options = if pooled { options.statement_cache_capacity(0) } else { options };
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let chosen = query
        .split('&')
        .any(|pair| matches!(pair.split_once('='), Some(("sslmode" | "ssl-mode", _))));
    let chosen = chosen || std::env::var_os("PGSSLMODE").is_some();
    let options = if chosen || is_local(&options) {
        options
    } else {
        options.ssl_mode(PgSslMode::VerifyFull)
    };
    let named = options.get_application_name().is_some();
    Ok(if named { options } else { options.application_name("resold") })
}

/// A URL without the parameter that is ours, and whether it says that a pooler is in between.
fn without_pooling(url: &str) -> (Cow<'_, str>, bool) {
    let Some((place, query)) = url.split_once('?') else { return (url.into(), false) };
    let (ours, theirs): (Vec<&str>, Vec<&str>) =
        query.split('&').partition(|pair| *pair == "pooling=transaction");
    if ours.is_empty() {
        (url.into(), false)
    } else {
        (format!("{place}?{}", theirs.join("&")).into(), true)
    }
}

fn is_local(options: &PgConnectOptions) -> bool {
    let host = options.get_host();
    let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
    options.get_socket().is_some()
        || host.starts_with('/')
        || host == "localhost"
        || address.is_ok_and(|address| address.is_loopback())
}

/// The database in words, without user and password.
fn place(options: &PgConnectOptions) -> String {
    let database = options.get_database().unwrap_or_else(|| options.get_username());
    if let Some(socket) = options.get_socket() {
        return format!("the PostgreSQL database `{database}` on {}", socket.display());
    }
    let (host, port) = (options.get_host(), options.get_port());
    format!("the PostgreSQL database `{database}` on {host}:{port}")
}

/// The database that a URL names, in words, without user and password.
///
/// # Errors
/// [`StoreError::Failed`] for what is not a URL.
pub fn describe(url: &str) -> Result<String, StoreError> {
    Target::read(url).map(|target| target.place())
}

/// Names the place in an error that has room for it.
fn at(error: StoreError, target: &Target) -> StoreError {
    match error {
        StoreError::Missing { .. } => StoreError::Missing { place: target.place() },
        error => error,
    }
}

/// One connection, not of a pool: a pool tries again for as long as it may, while a person waits.
pub(crate) async fn alone(target: &Target) -> Result<PgConnection, StoreError> {
    open(&signed_in(target).await?, target).await
}

/// Credentials may come from another machine: not for longer than a connection may take.
async fn signed_in(target: &Target) -> Result<PgConnectOptions, StoreError> {
    match timeout(CONNECT_TIMEOUT, target.options()).await {
        Ok(options) => options,
        Err(late) => Err(StoreError::Unavailable { attempt: CONNECTING, source: late.into() }),
    }
}

async fn open(options: &PgConnectOptions, target: &Target) -> Result<PgConnection, StoreError> {
    match timeout(CONNECT_TIMEOUT, options.connect()).await {
        Ok(connected) => connected.map_err(failed(CONNECTING)).map_err(|error| at(error, target)),
        Err(late) => Err(StoreError::Unavailable { attempt: CONNECTING, source: late.into() }),
    }
}

impl PostgresStore {
    async fn begin_with(&self, text: &'static str) -> Result<PostgresTransaction, StoreError> {
        self.sign(TOKEN_AGE).await?;
        match self.try_begin(text).await {
            // The clock of a function stands still while it is frozen: its token may be older than it seems.
            Err(StoreError::Refused { .. }) if matches!(*self.target, Target::Dsql(_)) => {
                self.sign(Duration::ZERO).await?;
                self.try_begin(text).await
            }
            begun => begun,
        }
    }

    /// Gives the pool a new token, if there are tokens and its own is older than this.
    async fn sign(&self, most: Duration) -> Result<(), StoreError> {
        if let Target::Dsql(_) = *self.target {
            let mut signed = self.signed.lock().await;
            if signed.elapsed() >= most {
                self.pool.set_connect_options(signed_in(&self.target).await?);
                *signed = Instant::now();
            }
        }
        Ok(())
    }

    pub(crate) async fn try_begin(
        &self,
        text: &'static str,
    ) -> Result<PostgresTransaction, StoreError> {
        match self.pool.begin_with(text).await {
            Ok(inner) => {
                let (server, trust) = (self.server, self.trust.clone());
                Ok(PostgresTransaction { inner, server, rows: 0, trust })
            }
            Err(error) => {
                // The pool only says that it waited: why, the server says if it is asked once more.
                if matches!(error, sqlx::Error::PoolTimedOut) {
                    let _ = alone(&self.target).await?.close().await;
                }
                Err(self.trust.failed("beginning a transaction", Values::Own, error))
            }
        }
    }
}

#[async_trait]
impl Store for PostgresStore {
    async fn begin(&self) -> Result<Box<dyn Transaction>, StoreError> {
        Ok(Box::new(self.begin_with(sql::begin(self.server)).await?))
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        Ok(Box::new(self.begin_with(sql::begin_snapshot(self.server)).await?))
    }

    async fn check_writable(&self) -> Result<(), StoreError> {
        let mut tx = self.begin_with(sql::begin(self.server)).await?;
        // Aurora DSQL has no servers that only read.
        if self.server != Server::Dsql && tx.only_reads().await? {
            let source = OnlyReads.into();
            self.trust.end();
            return Err(StoreError::Unavailable {
                attempt: "asking whether it takes writes",
                source,
            });
        }
        Ok(())
    }

    fn describe(&self) -> String {
        self.target.place()
    }
}

/// The server answers, and refuses every write.
#[derive(Debug, thiserror::Error)]
#[error(
    "the server only reads: it may have been demoted, or `default_transaction_read_only` is on"
)]
struct OnlyReads;

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[tokio::test]
    async fn a_server_that_refuses_is_said_to_refuse() {
        let connect = options("postgres://me@127.0.0.1:1/deals").unwrap();
        let wait = Duration::from_millis(50);
        let options = ConnectOptions { wait, ..ConnectOptions::default() };
        let target = Target::Postgres(Box::new(connect.clone()));
        let store = PostgresStore::new(options, connect, target, Instant::now());
        let Err(error) = store.begin().await else { panic!("nothing listens there") };
        assert!(matches!(error, StoreError::Unavailable { .. }), "{error:?}");
        let why = error.source().map(ToString::to_string).unwrap_or_default();
        assert!(why.contains("refused"), "{why}");
    }
}
