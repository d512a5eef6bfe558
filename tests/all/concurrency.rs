//! Eight processors on one real store deliver overlapping, shuffled halves of all scenarios at once: the conclusions are
//! those of one processor that took everything in order.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use deal::moment::Moment;
use ledger::memory::MemoryStore;
use ledger::store::{Snapshot, Store, StoreError, Transaction};
use ledger::verify::verify;
use ledger_sqlite::{OpenOptions, SqliteStore};
use processor::clock::FixedClock;
use processor::delivery::{Delivery, Via};
use processor::{Processor, Settings};
use resold_tests::database::Database;
use tokio::sync::Barrier;

use crate::conclusions::conclusions;
use crate::orders::assert_equal;
use crate::scenario::{self, sweep};

const PROCESSORS: u64 = 8;
const BATCH: usize = 7;

type Inputs = Arc<Vec<(Via, Vec<u8>)>>;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_processors_on_sqlite_conclude_what_one_does() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("concurrency");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    let store = SqliteStore::open(&folder.join("ledger.db"), OpenOptions::CREATE).await;
    assert_alike(Arc::new(store.expect("the file opens"))).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_processors_on_postgres_conclude_what_one_does() {
    on_postgres("concurrency", async |store| assert_alike(store).await).await;
}

/// Runs a test on a database of its own.
async fn on_postgres(what: &str, test: impl AsyncFnOnce(Arc<dyn Store>)) {
    let database = Database::fresh(what).await;
    let store = database.store(16).await;
    test(Arc::new(store.clone())).await;
    store.close().await;
    database.remove().await;
}

/// A store whose first transactions all begin to read before any of them may write.
struct Rendezvous {
    inner: Arc<dyn Store>,
    meeting: Barrier,
    expected: AtomicUsize,
}

#[async_trait]
impl Store for Rendezvous {
    async fn begin(&self) -> Result<Box<dyn Transaction>, StoreError> {
        let mut transaction = self.inner.begin().await?;
        let less = |left: usize| left.checked_sub(1);
        if self.expected.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).is_ok() {
            // The first read fixes the moment that the transaction sees.
            transaction.due(0, 1).await?;
            self.meeting.wait().await;
        }
        Ok(transaction)
    }

    async fn snapshot(&self) -> Result<Box<dyn Snapshot>, StoreError> {
        self.inner.snapshot().await
    }

    fn describe(&self) -> String {
        self.inner.describe()
    }
}

/// One processor confirms an offer from a single-use opportunity while another judges an offer that it fits as well. Each
/// reads what the other writes; if both committed, the second offer would keep the used-up opportunity.
async fn assert_no_write_skew(store: Arc<dyn Store>) {
    // Without the license, which names the product anew: all offers of that product would be judged again.
    assert_met(store, "elimination", &[0, 1, 2], [3, 4]).await;
}

/// One processor parks what names only a license while another learns whose license it is. Neither sees the other's half:
/// both commit, and the sweep brings the halves together.
async fn assert_halves_meet(store: Arc<dyn Store>) {
    assert_met(store, "parked-license", &[0, 1], [2, 3]).await;
}

/// Two inputs of a scenario are taken in at one moment, after others; the conclusions are those of one after the other.
async fn assert_met(store: Arc<dyn Store>, name: &str, before: &[usize], meet: [usize; 2]) {
    let scenario = scenario::all().into_iter().find(|scenario| scenario.name == name);
    let scenario = scenario.expect("a scenario");
    let one: Arc<dyn Store> = Arc::new(MemoryStore::new());
    scenario.run(&one, &[before, &meet[..]].concat(), 1).await;
    scenario.run(&store, before, 1).await;

    let meeting = Barrier::new(2);
    let both = Rendezvous { inner: Arc::clone(&store), meeting, expected: AtomicUsize::new(2) };
    let both: Arc<dyn Store> = Arc::new(both);
    let mut tasks = Vec::new();
    for input in meet {
        let delivery = scenario.delivery(format!("meeting-{input}"), input);
        let processor = processor(&both);
        tasks.push(tokio::spawn(async move { processor.process(&[delivery]).await }));
    }
    for task in tasks {
        for result in task.await.expect("a processor does not panic") {
            result.expect("the delivery is recorded");
        }
    }
    sweep(&processor(&store)).await;
    assert_equal("two that met", &conclusions(&*store).await, &conclusions(&*one).await);
}

#[tokio::test]
async fn halves_that_were_parked_apart_meet_on_postgres() {
    on_postgres("halves", async |store| assert_halves_meet(store).await).await;
}

#[tokio::test]
async fn no_write_skew_on_postgres() {
    on_postgres("skew", async |store| assert_no_write_skew(store).await).await;
}

async fn assert_alike(store: Arc<dyn Store>) {
    let inputs: Inputs =
        Arc::new(scenario::all().into_iter().flat_map(|scenario| scenario.inputs).collect());
    let one: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let straight: Vec<usize> = (0..inputs.len()).collect();
    deliver(processor(&one), Arc::clone(&inputs), straight, "one".to_owned()).await;
    sweep(&processor(&one)).await;
    let expected = conclusions(&*one).await;

    let mut tasks = Vec::new();
    for number in 0..PROCESSORS {
        let order = half(number, inputs.len());
        let name = format!("processor-{number}");
        tasks.push(tokio::spawn(deliver(processor(&store), Arc::clone(&inputs), order, name)));
    }
    for task in tasks {
        task.await.expect("a processor does not panic");
    }
    sweep(&processor(&store)).await;

    assert_equal("eight processors", &conclusions(&*store).await, &expected);
    let report = verify(&*store, &mut |_| {}).await.expect("the ledger can be read");
    assert!(report.is_sound(), "{:?}", report.faults);
    assert!(report.deliveries > u64::try_from(inputs.len()).expect("a small number"));
}

/// A shuffled half, so that two processors of a pair cover everything and every input comes about four times.
fn half(number: u64, inputs: usize) -> Vec<usize> {
    let mut random = fastrand::Rng::with_seed(number / 2);
    let mut all: Vec<usize> = (0..inputs).collect();
    random.shuffle(&mut all);
    let (one, other) = all.split_at(inputs / 2);
    if number.is_multiple_of(2) { one.to_vec() } else { other.to_vec() }
}

fn processor(store: &Arc<dyn Store>) -> Processor {
    let now: jiff::Timestamp = "2026-12-20T00:00:00Z".parse().expect("a time");
    let settings = Settings { patience: Duration::from_mins(1), ..Settings::default() };
    Processor::new(Arc::clone(store), Arc::new(FixedClock(Moment::from(now))), settings)
}

/// Delivers in batches; what other writers overtook for too long comes again, as a queue would bring it.
async fn deliver(processor: Processor, inputs: Inputs, order: Vec<usize>, name: String) {
    for (number, part) in order.chunks(BATCH).enumerate() {
        let mut batch: Vec<Delivery> = part
            .iter()
            .enumerate()
            .map(|(place, input)| {
                let (via, body) = inputs[*input].clone();
                Delivery { id: format!("{name}-{number}-{place}"), via, body }
            })
            .collect();
        for _ in 0..50 {
            let results = processor.process(&batch).await;
            let mut results = results.into_iter();
            batch.retain(|_| results.next().is_some_and(|result| result.is_err()));
            if batch.is_empty() {
                break;
            }
        }
        assert!(batch.is_empty(), "{name} could not deliver {} of a batch", batch.len());
    }
}
