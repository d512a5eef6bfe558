//! A small sound ledger in a file, and a hand that writes into it past the program.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use deal::moment::Moment;
use ledger::checkpoint::{Anchor, checkpoint};
use ledger::rebuild::rebuild;
use ledger::store::Store;
use ledger::verify::{Fault, verify, verify_against};
use ledger_sqlite::{OpenOptions, SqliteStore};
use marketplace::parse::of_bytes;
use processor::delivery::{Delivery, Via};
use sqlx::sqlite::{SqliteConnectOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, SqliteConnection};

use super::rows::Table;
use crate::scenario::{self, Scenario, sweep};

/// The tables of a ledger file; `view_definitions` only says how its views were made.
pub(crate) const TABLES: [&str; 8] =
    ["notifications", "deliveries", "outcomes", "inbox", "events", "streams", "keys", "outbox"];

/// Inputs of a scenario: how many are skipped, how many are taken.
type Inputs = (&'static str, usize, usize);

/// A deal, without the opportunity's description: that is long, and its bytes are as good as any.
pub(crate) const DEAL: [Inputs; 1] = [("happy-path", 1, 3)];

/// The same, a purchase of ours, a parked notification, and one of an unknown type.
pub(crate) const ALL: [Inputs; 4] =
    [DEAL[0], ("own-purchase", 0, 1), ("parked-license", 2, 1), ("unknown-type", 0, 1)];

/// Makes a ledger that is tampered with.
pub(crate) async fn make(what: &str, inputs: &[Inputs]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(what);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    let file = folder.join("sound.db");
    let store = SqliteStore::open(&file, OpenOptions::CREATE).await.expect("the file opens");
    fill(Arc::new(store.clone()), inputs).await;
    store.close().await;
    file
}

/// Takes these in, one that cannot be read, and one that is erased. The first one arrives twice.
pub(crate) async fn fill(store: Arc<dyn Store>, inputs: &[Inputs]) {
    let scenarios = scenario::all();
    let named = |name: &str| -> &Scenario {
        scenarios.iter().find(|scenario| scenario.name == name).expect("a scenario")
    };
    let processor = named("happy-path").processor(store);
    let mut bodies: Vec<Vec<u8>> = Vec::new();
    for (name, skipped, taken) in inputs {
        let inputs = named(name).inputs.iter().skip(*skipped).take(*taken);
        bodies.extend(inputs.map(|(_, body)| body.clone()));
    }
    bodies.extend([b"not JSON".to_vec(), b"not JSON either".to_vec(), bodies[0].clone()]);
    for (number, body) in bodies.into_iter().enumerate() {
        let delivery = Delivery { id: format!("arrival-{number}"), via: Via::Replay, body };
        for result in processor.process(&[delivery]).await {
            result.expect("the delivery is recorded");
        }
    }
    let erased = of_bytes(b"not JSON either");
    processor.erase(&erased, "someone", "a test").await.expect("the body is erased");
    sweep(&processor).await;
}

/// A copy of that ledger, open, that is changed and set right again.
pub(crate) struct Held {
    store: SqliteStore,
    hand: SqliteConnection,
    sound: BTreeMap<&'static str, Table>,
    /// The tables that are not as they were.
    changed: BTreeSet<String>,
    anchor: Anchor,
    heads: Vec<String>,
}

impl Held {
    /// Copies and opens it.
    pub(crate) async fn copy(file: &Path, number: usize) -> Self {
        let copy = file.with_file_name(format!("{number}.db"));
        std::fs::copy(file, &copy).expect("the ledger can be copied");
        let store = SqliteStore::open(&copy, OpenOptions::WRITE).await.expect("the file opens");
        let options = SqliteConnectOptions::new().filename(&copy);
        let mut hand =
            options.synchronous(SqliteSynchronous::Off).connect().await.expect("it opens");
        let tables =
            "select name from sqlite_schema where type = 'table' and name not like 'sqlite%'
            and name not in ('_sqlx_migrations', 'view_definitions') order by name";
        let tables = sqlx::query_scalar::<_, String>(tables).fetch_all(&mut hand).await;
        let mut known = TABLES;
        known.sort_unstable();
        assert_eq!(tables.expect("the schema can be read"), known, "no table is left out");
        let mut sound = BTreeMap::new();
        for name in TABLES {
            sound.insert(name, Table::read(&mut hand, name).await);
        }
        let mut heads = Vec::new();
        let mut sink = |line: &str| {
            heads.push(line.to_owned());
            Ok(())
        };
        let made = checkpoint(&store, Moment::default(), &mut sink, &mut |_| {}).await;
        let anchor = made.expect("a checkpoint");
        Self { store, hand, sound, changed: BTreeSet::new(), anchor, heads }
    }

    /// A table as it was.
    pub(crate) fn table(&self, name: &str) -> Table {
        self.sound[name].clone()
    }

    /// Writes these tables, and all others as they were.
    pub(crate) async fn write(&mut self, tables: &[Table]) {
        let restored = self.changed.iter().filter(|name| tables.iter().all(|it| it.name != **name));
        let restored: Vec<Table> = restored.map(|name| self.sound[name.as_str()].clone()).collect();
        let mut tx = self.hand.begin_with("BEGIN IMMEDIATE").await.expect("a transaction");
        for table in restored.iter().chain(tables) {
            table.write(&mut tx).await;
        }
        tx.commit().await.expect("it commits");
        self.changed = tables.iter().map(|table| table.name.clone()).collect();
    }

    /// Folds streams and keys again, as somebody does who hides what is gone.
    pub(crate) async fn rebuild(&mut self) {
        rebuild(&self.store, &mut |_| {}).await.expect("the ledger can be rebuilt");
        self.changed.extend(["streams", "keys"].map(str::to_owned));
    }

    /// What verifying tells.
    pub(crate) async fn faults(&self) -> Vec<Fault> {
        verify(&self.store, &mut |_| {}).await.expect("the ledger can be read").faults
    }

    /// What verifying tells after these tables were written.
    pub(crate) async fn told(&mut self, tables: &[Table]) -> Vec<Fault> {
        self.write(tables).await;
        self.faults().await
    }

    /// What only the anchor tells, as `kind subject`.
    pub(crate) async fn against_anchor(&self) -> Vec<String> {
        let mut lines: VecDeque<String> = self.heads.iter().cloned().collect();
        let mut next = move || Ok(lines.pop_front());
        let report = verify_against(&self.store, &self.anchor, &mut next, &mut |_| {}).await;
        let faults = report.expect("the ledger can be read").faults;
        let anchored = faults.iter().filter(|fault| fault.kind.word().starts_with("anchor"));
        anchored.map(|fault| format!("{} {}", fault.kind.word(), fault.subject)).collect()
    }

    /// The ledger.
    pub(crate) fn store(&self) -> &dyn Store {
        &self.store
    }

    pub(crate) async fn close(self) {
        self.hand.close().await.expect("the connection closes");
        self.store.close().await;
    }
}
