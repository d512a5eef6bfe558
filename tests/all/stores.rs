//! Order does not matter on the real stores either: random orders of every scenario, with repetitions and batches, conclude
//! what a store in memory does that took the files in order.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use ledger::store::Store;
use ledger::verify::verify;
use ledger_postgres::PostgresStore;
use ledger_sqlite::{OpenOptions, SqliteStore};
use resold_tests::database::Database;
use serde_json::Value;
use sqlx::PgConnection;

use crate::conclusions::conclusions;
use crate::orders::{assert_equal, conclude, random_order};
use crate::scenario::{self, Scenario};

/// Random orders of each scenario on each store.
const ORDERS: u64 = 50;
/// So many scenarios run at once, each on a ledger of its own: most of the time the disk is waited for.
const AT_ONCE: usize = 4;

/// Where ledgers come from: an empty one for each run.
enum Place {
    Sqlite(PathBuf),
    Postgres { database: Database, store: PostgresStore, cleaner: PgConnection },
}

impl Place {
    /// A folder with an empty ledger to copy: to make its tables takes longer than a run.
    async fn sqlite(number: usize) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("stores-{number}"));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("the folder can be made");
        let empty = SqliteStore::open(folder.join("empty.db"), OpenOptions::CREATE).await;
        empty.expect("the file opens").close().await;
        assert!(!folder.join("empty.db-wal").exists(), "all of it is in one file");
        Self::Sqlite(folder)
    }

    async fn postgres(_: usize) -> Self {
        let database = Database::fresh("stores").await;
        let (store, cleaner) = (database.store(2).await, database.connect().await);
        Self::Postgres { database, store, cleaner }
    }

    /// Runs a scenario on an empty ledger and compares what it concludes.
    async fn run(&mut self, scenario: &Scenario, seed: u64, expected: &BTreeMap<String, Value>) {
        match self {
            Self::Sqlite(folder) => {
                let file = folder.join("ledger.db");
                std::fs::copy(folder.join("empty.db"), &file).expect("the ledger can be copied");
                let store = SqliteStore::open(&file, OpenOptions::WRITE).await;
                let store = store.expect("the file opens");
                assert_alike(Arc::new(store.clone()), scenario, seed, expected).await;
                store.close().await;
            }
            Self::Postgres { store, cleaner, .. } => {
                Database::clear(cleaner).await;
                assert_alike(Arc::new(store.clone()), scenario, seed, expected).await;
            }
        }
    }

    async fn remove(self) {
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

/// Runs a scenario in one random order on an empty ledger.
async fn assert_alike(
    store: Arc<dyn Store>,
    scenario: &Scenario,
    seed: u64,
    expected: &BTreeMap<String, Value>,
) {
    let (order, batch) = random_order(seed, scenario.inputs.len());
    let what = format!("{} in the order {order:?}, batches of {batch}", scenario.name);
    scenario.run(&store, &order, batch).await;
    assert_equal(&what, &conclusions(&*store).await, expected);
    // Every row of some of them, for the time it takes.
    if seed.is_multiple_of(10) {
        let report = verify(&*store, &mut |_| {}).await.expect("the ledger can be read");
        assert!(report.is_sound(), "{what}: {:?}", report.faults);
    }
}

/// Each thread takes the next scenario until there is none.
fn every_scenario(place: impl AsyncFn(usize) -> Place + Sync) {
    let scenarios = scenario::all();
    let next = AtomicUsize::new(0);
    let work = async |number: usize| {
        let mut place = place(number).await;
        while let Some(scenario) = scenarios.get(next.fetch_add(1, Ordering::Relaxed)) {
            let straight: Vec<usize> = (0..scenario.inputs.len()).collect();
            let expected = conclude(scenario, &straight, 1).await;
            for seed in 0..ORDERS {
                place.run(scenario, seed, &expected).await;
            }
        }
        place.remove().await;
    };
    let run = |number: usize| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(work(number));
    };
    thread::scope(|threads| {
        for number in 0..AT_ONCE {
            let run = &run;
            threads.spawn(move || run(number));
        }
    });
}

#[test]
fn random_orders_on_sqlite_conclude_what_one_order_in_memory_does() {
    every_scenario(Place::sqlite);
}

#[test]
fn random_orders_on_postgres_conclude_what_one_order_in_memory_does() {
    every_scenario(Place::postgres);
}
