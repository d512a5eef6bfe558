//! Notifications per second, beside the physical limit.

use std::sync::Arc;
use std::time::Duration;

use ledger::store::Store;
use processor::delivery::Delivery;

use crate::bare::Rows;
use crate::place::{Kind, Place};
use crate::recorder::Recorder;
use crate::run::{self, Taken, deliver, write_bare};
use crate::statements;
use crate::table::Table;
use crate::usage::Mark;
use resold_tests::generator::{Generator, Market};

const COLUMNS: &[&str] = &[
    "store",
    "batch",
    "processors",
    "notifications/s",
    "limit/s",
    "of limit",
    "median ms",
    "p99 ms",
    "core ms",
    "limit core ms",
    "statements",
    "rows",
    "peak MiB",
];

/// Processor and bare writer take turns so often.
const ROUNDS: usize = 10;
/// Batches whose statements are counted, after the timed ones.
const COUNTED: usize = 20;

/// How many notifications are timed at a batch size.
const fn notifications(batch: usize) -> usize {
    match batch {
        1 => 2_000,
        10 => 8_000,
        _ => 16_000,
    }
}

/// `quick`: a quarter of the notifications, batches of 10, one processor.
pub(crate) async fn run(kinds: &[Kind], quick: bool) -> Table {
    let mut table = Table::new(
        "throughput; median, p99, this process's time on cores, statements and rows are a batch's",
        COLUMNS,
    );
    let batches: &[usize] = if quick { &[10] } else { &[1, 10, 100] };
    let processors: &[usize] = if quick { &[1] } else { &[1, 4] };
    for batch in batches.iter().copied() {
        let count = notifications(batch) / if quick { 4 } else { 1 };
        let input = Input::new(batch, count).await;
        for processors in processors.iter().copied() {
            for kind in kinds {
                table.row(measure(*kind, &input, processors).await);
            }
        }
    }
    table
}

/// One stream, cut into batches, and what each batch writes.
struct Input {
    batch: usize,
    imports: Vec<Delivery>,
    batches: Arc<Vec<Vec<Delivery>>>,
    /// Batches that are timed.
    timed: usize,
    import_writes: Vec<ledger::row::Writes>,
    writes: Vec<ledger::row::Writes>,
}

impl Input {
    async fn new(batch: usize, count: usize) -> Self {
        let timed = count / batch;
        let count = (timed + COUNTED) * batch;
        let mut generator = Generator::new(Market::small(1, count));
        let imports = generator.imports();
        let deliveries = generator.take(count);
        let batches: Vec<Vec<Delivery>> = deliveries.chunks(batch).map(<[_]>::to_vec).collect();
        let recorder = Arc::new(Recorder::default());
        let store: Arc<dyn Store> = Arc::<Recorder>::clone(&recorder);
        run::load(&store, &imports).await;
        let import_writes = recorder.take();
        let processor = run::processor(&store);
        for batch in &batches {
            run::process(&processor, batch).await;
        }
        let writes = recorder.take();
        assert_eq!(writes.len(), batches.len(), "one transaction for each batch");
        Self { batch, imports, batches: Arc::new(batches), timed, import_writes, writes }
    }

    fn rows(&self) -> usize {
        self.writes.iter().map(ledger::row::Writes::rows).sum::<usize>() / self.writes.len()
    }
}

async fn measure(kind: Kind, input: &Input, processors: usize) -> Vec<String> {
    let ours = Place::new(kind, "ours").await;
    let limit = Place::new(kind, "limit").await;
    run::load(&ours.store, &input.imports).await;
    for writes in &input.import_writes {
        let rows = limit.bare.lay_out(writes);
        limit.bare.write(&rows).await.expect("the rows are written");
    }
    let rows = input.writes.iter().map(|writes| limit.bare.lay_out(writes));
    let rows: Arc<Vec<Vec<Rows>>> = Arc::new(rows.collect());
    let (mut processed, mut written) = (Taken::default(), Taken::default());
    let mark = Mark::here();
    for round in 0..ROUNDS {
        let span = (round * input.timed / ROUNDS, (round + 1) * input.timed / ROUNDS);
        processed.add(deliver(&ours.store, &input.batches, span, processors).await);
        written.add(write_bare(&limit.bare, &rows, span, processors).await);
    }
    let peak = mark.peak();
    let rest = (input.timed, input.batches.len());
    let counted = statements::count(deliver(&ours.store, &input.batches, rest, 1)).await.1;
    let count = input.timed * input.batch;
    let batches = u32::try_from(input.timed).unwrap_or(u32::MAX);
    let core_ms = |core: Duration| format!("{:.2}", (core / batches).as_secs_f64() * 1_000.0);
    let ms = |percent: usize, taken: &mut Taken| {
        format!("{:.2}", taken.percentile(percent).as_secs_f64() * 1_000.0)
    };
    let row = vec![
        kind.word().to_owned(),
        input.batch.to_string(),
        processors.to_string(),
        format!("{:.0}", processed.rate(count)),
        format!("{:.0}", written.rate(count)),
        format!("{:.0} %", 100.0 * processed.rate(count) / written.rate(count)),
        ms(50, &mut processed),
        ms(99, &mut processed),
        core_ms(processed.core),
        core_ms(written.core),
        format!("{:.1}", run::ratio(counted, COUNTED)),
        input.rows().to_string(),
        peak.to_string(),
    ];
    ours.remove().await;
    limit.remove().await;
    row
}
