//! Where ledgers come from: an empty one on a real store for each run.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use ledger::store::Store;
use ledger_postgres::PostgresStore;
use ledger_sqlite::{OpenOptions, SqliteStore};
use resold_tests::database::Database;
use sqlx::PgConnection;

use crate::scenario::{self, Scenario};

/// So many scenarios run at once, each on a ledger of its own: most of the time the disk is waited for.
const AT_ONCE: usize = 4;

/// A store that gives an empty ledger to one run after the other.
pub(crate) enum Place {
    Sqlite(PathBuf),
    Postgres { database: Database, store: PostgresStore, cleaner: PgConnection },
}

impl Place {
    /// A folder with an empty ledger to copy: to make its tables takes longer than a run.
    pub(crate) async fn sqlite(what: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(what);
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("the folder can be made");
        let empty = SqliteStore::open(folder.join("empty.db"), OpenOptions::CREATE).await;
        empty.expect("the file opens").close().await;
        assert!(!folder.join("empty.db-wal").exists(), "all of it is in one file");
        Self::Sqlite(folder)
    }

    /// A database that is emptied for each run.
    pub(crate) async fn postgres(what: &str) -> Self {
        let database = Database::fresh(what).await;
        let (store, cleaner) = (database.store(2).await, database.connect().await);
        Self::Postgres { database, store, cleaner }
    }

    /// Gives an empty ledger to a run.
    pub(crate) async fn on_empty<T>(&mut self, run: impl AsyncFnOnce(Arc<dyn Store>) -> T) -> T {
        match self {
            Self::Sqlite(folder) => {
                let file = folder.join("ledger.db");
                std::fs::copy(folder.join("empty.db"), &file).expect("the ledger can be copied");
                let store = SqliteStore::open(&file, OpenOptions::WRITE).await;
                let store = store.expect("the file opens");
                let result = run(Arc::new(store.clone())).await;
                store.close().await;
                result
            }
            Self::Postgres { store, cleaner, .. } => {
                Database::clear(cleaner).await;
                run(Arc::new(store.clone())).await
            }
        }
    }

    pub(crate) async fn remove(self) {
        match self {
            Self::Sqlite(folder) => {
                std::fs::remove_dir_all(folder).expect("the folder can be removed");
            }
            Self::Postgres { database, store, cleaner } => {
                store.close().await;
                drop(cleaner);
                database.remove().await;
            }
        }
    }
}

/// Each thread takes the next scenario to a place of its own until there is none.
pub(crate) fn every_scenario(
    place: impl AsyncFn(usize) -> Place + Sync,
    run: impl AsyncFn(&mut Place, &Scenario) + Sync,
) {
    let scenarios = scenario::all();
    let next = AtomicUsize::new(0);
    let work = async |number: usize| {
        let mut place = place(number).await;
        while let Some(scenario) = scenarios.get(next.fetch_add(1, Ordering::Relaxed)) {
            run(&mut place, scenario).await;
        }
        place.remove().await;
    };
    let thread = |number: usize| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(work(number));
    };
    thread::scope(|threads| {
        for number in 0..AT_ONCE {
            let thread = &thread;
            threads.spawn(move || thread(number));
        }
    });
}
