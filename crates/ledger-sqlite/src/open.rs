//! Opening a ledger file, and every way in which that can go wrong.

use std::fs;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Duration;

use async_trait::async_trait;
use ledger::store::{Snapshot, Store, StoreError, Transaction};
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use crate::failure::failed;
use crate::migration::{self, Found};
use crate::transaction::SqliteTransaction;

/// The page cache of each connection, in bytes.
pub const CACHE_BYTES: i64 = 64 * 1024 * 1024;

/// How long we wait for another program that writes, before [`StoreError::Locked`].
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a transaction waits for its turn within this program.
const TURN_TIMEOUT: Duration = Duration::from_secs(30);

/// Connections that read. Readers never wait for the writer, nor it for them.
const READERS: u32 = 4;

/// Each statement's text has at most 18 sizes; all of them stay prepared.
const STATEMENTS: usize = 300;

const OPENING: &str = "opening the ledger file";

/// What opening a file may do to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OpenOptions {
    /// Make the file (and its tables) where there is none; otherwise that is [`StoreError::Missing`].
    pub create: bool,
    /// Bring an older schema up to date; otherwise that is [`StoreError::Schema`].
    pub migrate: bool,
}

impl OpenOptions {
    /// For a command that only reads: changes nothing.
    pub const READ: Self = Self { create: false, migrate: false };
    /// For a command that writes to a ledger that must exist.
    pub const WRITE: Self = Self { create: false, migrate: true };
    /// For a command that begins a ledger where there is none.
    pub const CREATE: Self = Self { create: true, migrate: true };
}

/// A ledger in one SQLite file.
///
/// One connection writes: within one program, writers take turns. The files `-wal` and `-shm` beside it belong to it
/// while it is open.
#[derive(Debug, Clone)]
pub struct SqliteStore {
    path: PathBuf,
    writer: SqlitePool,
    readers: SqlitePool,
}

impl SqliteStore {
    /// Opens a ledger file.
    ///
    /// # Errors
    /// [`StoreError::Missing`] without the file (or, when creating, without its folder); [`StoreError::Refused`] for a
    /// folder, or what we may not read or write; [`StoreError::Schema`] for a newer schema, or an older one that is
    /// not to be migrated; [`StoreError::Foreign`] for what is not a ledger; [`StoreError::Locked`] and
    /// [`StoreError::Full`] as named.
    pub async fn open(path: impl AsRef<Path>, options: OpenOptions) -> Result<Self, StoreError> {
        let path = path.as_ref();
        check_place(path, options)?;
        let connect = SqliteConnectOptions::new()
            .filename(path)
            .busy_timeout(BUSY_TIMEOUT)
            .foreign_keys(false)
            .synchronous(SqliteSynchronous::Full)
            .statement_cache_capacity(STATEMENTS)
            // Negative: in KiB instead of pages.
            .pragma("cache_size", (-CACHE_BYTES / 1024).to_string());
        let writing =
            connect.clone().create_if_missing(options.create).journal_mode(SqliteJournalMode::Wal);
        let store = Self {
            path: path.to_owned(),
            writer: pool(1).connect_lazy_with(writing),
            readers: pool(READERS).connect_lazy_with(connect.read_only(true)),
        };
        store.prepare(options).await?;
        Ok(store)
    }

    /// Migrates if that is wanted, and checks the schema's version.
    async fn prepare(&self, options: OpenOptions) -> Result<(), StoreError> {
        if options.create {
            begin(&self.path)?;
        }
        let wanted = migration::VERSION;
        // A connection that may not write cannot make the file.
        let pool = if options.create || options.migrate { &self.writer } else { &self.readers };
        let stale = match migration::look(pool).await? {
            Found::Foreign => return Err(StoreError::Foreign { place: self.describe() }),
            Found::Empty if !options.create => {
                return Err(StoreError::Missing { place: self.describe() });
            }
            Found::Ledger(found) if found > wanted || (found < wanted && !options.migrate) => {
                return Err(StoreError::Schema { found, wanted });
            }
            Found::Empty => true,
            Found::Ledger(found) if found < wanted => true,
            Found::Ledger(_) => {
                options.migrate && !migration::views_are(pool, deal::view::VIEWS).await?
            }
        };
        if stale { migration::migrate(&self.writer, deal::view::VIEWS).await } else { Ok(()) }
    }

    /// Closes all connections; the last program to do so leaves a single file.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(TURN_TIMEOUT)
        .idle_timeout(None)
        .max_lifetime(None)
        // A file does not hang up.
        .test_before_acquire(false)
}

/// Makes an empty file that only its owner reads, where there is none; SQLite's files beside it get the same mode.
fn begin(path: &Path) -> Result<(), StoreError> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) if error.kind() == ErrorKind::StorageFull => {
            Err(StoreError::Full { attempt: OPENING, source: error.into() })
        }
        Err(error) => Err(StoreError::Refused { attempt: OPENING, source: error.into() }),
    }
}

/// Refuses what SQLite would report by a code that says less.
fn check_place(path: &Path, options: OpenOptions) -> Result<(), StoreError> {
    let attempt = OPENING;
    match fs::metadata(path) {
        Ok(data) if data.is_dir() => {
            let source = Error::new(ErrorKind::IsADirectory, "it is a folder").into();
            Err(StoreError::Refused { attempt, source })
        }
        Ok(_) => Ok(()),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
            let missing = match folder {
                _ if !options.create => Some(path),
                Some(folder) if !folder.is_dir() => Some(folder),
                _ => None,
            };
            missing.map_or(Ok(()), |place| {
                Err(StoreError::Missing { place: place.display().to_string() })
            })
        }
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            Err(StoreError::Refused { attempt, source: error.into() })
        }
        Err(error) => Err(StoreError::Failed { attempt, source: error.into() }),
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn begin(&self) -> Result<Box<dyn Transaction>, StoreError> {
        let begun = self.writer.begin_with("BEGIN IMMEDIATE").await;
        let inner = begun.map_err(failed("beginning a transaction"))?;
        Ok(Box::new(SqliteTransaction { inner }))
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        let begun = self.readers.begin_with("BEGIN DEFERRED").await;
        let inner = begun.map_err(failed("beginning to read"))?;
        Ok(Box::new(SqliteTransaction { inner }))
    }

    fn describe(&self) -> String {
        format!("the SQLite file {}", self.path.display())
    }
}
