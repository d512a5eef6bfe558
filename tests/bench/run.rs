//! Processors at work, timed.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use ledger::store::Store;
use processor::clock::FixedClock;
use processor::delivery::Delivery;
use processor::{Processor, Settings};

use crate::bare::{Bare, Rows};
use crate::usage::process_core_time;
use resold_tests::generator;

/// How many notifications a generator makes at most before the clock's time.
const STEPS: usize = 2_000_000;

/// How long some batches took: together, on this process's cores, and each.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    pub(crate) together: Duration,
    pub(crate) core: Duration,
    pub(crate) each: Vec<Duration>,
}

impl Taken {
    pub(crate) fn add(&mut self, other: Self) {
        self.together += other.together;
        self.core += other.core;
        self.each.extend(other.each);
    }

    /// The duration that so many of 100 batches did not exceed.
    pub(crate) fn percentile(&mut self, percent: usize) -> Duration {
        self.each.sort_unstable();
        let at = (self.each.len() * percent / 100).min(self.each.len().saturating_sub(1));
        self.each.get(at).copied().unwrap_or_default()
    }

    /// Microseconds for each notification of batches of this size.
    pub(crate) fn micros_each(&self, batch: usize) -> f64 {
        1_000_000.0 / per_second(self.each.len() * batch, self.together)
    }

    /// So many things in this time, per second.
    pub(crate) fn rate(&self, things: usize) -> f64 {
        per_second(things, self.together)
    }
}

/// Things per second.
#[expect(clippy::cast_precision_loss, reason = "a rate is shown with three digits")]
pub(crate) fn per_second(things: usize, time: Duration) -> f64 {
    things as f64 / time.as_secs_f64()
}

/// A processor on a store, its clock standing after everything that is said.
pub(crate) fn processor(store: &Arc<dyn Store>) -> Processor {
    let clock = FixedClock(generator::after(STEPS).into());
    let settings = Settings { patience: Duration::from_mins(5), ..Settings::default() };
    Processor::new(Arc::clone(store), Arc::new(clock), settings)
}

/// One batch; every delivery of it is recorded.
pub(crate) async fn process(processor: &Processor, batch: &[Delivery]) {
    for result in processor.process(batch).await {
        result.expect("the delivery is recorded");
    }
}

/// Takes deliveries in without timing them.
pub(crate) async fn load(store: &Arc<dyn Store>, deliveries: &[Delivery]) {
    let processor = processor(store);
    for batch in deliveries.chunks(100) {
        process(&processor, batch).await;
    }
}

/// Batches taken by so many processors as each becomes free.
pub(crate) async fn deliver(
    store: &Arc<dyn Store>,
    batches: &Arc<Vec<Vec<Delivery>>>,
    (from, to): (usize, usize),
    processors: usize,
) -> Taken {
    share((from, to), processors, |next| {
        let (processor, batches) = (processor(store), Arc::clone(batches));
        async move {
            let mut each = Vec::new();
            while let Some(at) = next.next() {
                let began = Instant::now();
                process(&processor, &batches[at]).await;
                each.push(began.elapsed());
            }
            each
        }
    })
    .await
}

/// The rows of the same batches by so many bare writers.
pub(crate) async fn write_bare(
    bare: &Bare,
    rows: &Arc<Vec<Vec<Rows>>>,
    (from, to): (usize, usize),
    writers: usize,
) -> Taken {
    share((from, to), writers, |next| {
        let (bare, rows) = (bare.clone(), Arc::clone(rows));
        async move {
            let mut each = Vec::new();
            while let Some(at) = next.next() {
                let began = Instant::now();
                bare.write(&rows[at]).await.expect("the rows are written");
                each.push(began.elapsed());
            }
            each
        }
    })
    .await
}

/// The next piece of work, for whoever is free.
#[derive(Clone)]
struct Next {
    at: Arc<AtomicUsize>,
    to: usize,
}

impl Next {
    fn next(&self) -> Option<usize> {
        let at = self.at.fetch_add(1, Ordering::Relaxed);
        (at < self.to).then_some(at)
    }
}

async fn share<F>((from, to): (usize, usize), workers: usize, work: impl Fn(Next) -> F) -> Taken
where
    F: Future<Output = Vec<Duration>> + Send + 'static,
{
    let next = Next { at: Arc::new(AtomicUsize::new(from)), to };
    let (began, core) = (Instant::now(), process_core_time());
    let tasks: Vec<_> = (0..workers).map(|_| tokio::spawn(work(next.clone()))).collect();
    let mut each = Vec::new();
    for task in tasks {
        each.extend(task.await.expect("a worker does not panic"));
    }
    Taken { together: began.elapsed(), core: process_core_time().saturating_sub(core), each }
}

/// How many of something for each of another.
#[expect(clippy::cast_precision_loss, reason = "a ratio is shown with one digit")]
pub(crate) fn ratio(of: u64, each: usize) -> f64 {
    of as f64 / each as f64
}
