//! What the worker measures, in the text form that Prometheus reads: what the functions tell CloudWatch, and
//! whether the ledger answers.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use deal::finding::Severity;
use processor::errand::Asked;
use processor::guarded::Tally;
use processor::relay::Relayed;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// One label.
type Label = [(&'static str, &'static str); 1];

/// Upper bounds of a batch's time, in seconds: from a batch of duplicates beside the ledger to one that others overtake.
const BOUNDS: [f64; 12] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// What was measured since the start. Clones share it.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    received: Counter,
    taken_in: Family<Label, Counter>,
    batch: Histogram,
    in_work: Gauge,
    relayed: Family<Label, Counter>,
    age: Gauge,
    findings: Family<Label, Gauge>,
    asked: Family<Label, Counter>,
    ledger: Gauge,
}

impl Metrics {
    /// Nothing measured yet.
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("resold");
        let batch = Histogram::new(BOUNDS);
        let (received, taken_in) = (Counter::default(), Family::default());
        let (in_work, relayed, age) = (Gauge::default(), Family::default(), Gauge::default());
        let (findings, asked, ledger) = (Family::default(), Family::default(), Gauge::default());
        let of = "Messages received from the queue, each time that they come";
        registry.register("messages_received", of, received.clone());
        let of = "Messages by what became of them: applied, a duplicate, parked until a fact comes, quarantined or unknown \
                  (kept for a person), failed (they come again)";
        registry.register("messages_taken_in", of, taken_in.clone());
        let of = "Time from a batch's receipt until the ledger holds it";
        registry.register_with_unit("batch_duration", of, Unit::Seconds, batch.clone());
        registry.register("batches_in_work", "Batches that are worked on now", in_work.clone());
        let of = "Events by what became of publishing them: published, failed (they are tried again), set aside (they never \
                  can be)";
        registry.register("events_relayed", of, relayed.clone());
        let of = "Age of the oldest event that is to be published, as each relay leaves it; 0: none waits";
        registry.register_with_unit("oldest_unpublished_age", of, Unit::Seconds, age.clone());
        let of = "Open findings by severity, as each sweep leaves them";
        registry.register("open_findings", of, findings.clone());
        let of = "What came of asking AWS Marketplace: steps of requests, licenses read, opportunities that were new or changed, \
                  failed (asked again later)";
        registry.register("errands", of, asked.clone());
        let of = "Whether the ledger answered last time: 1 or 0";
        registry.register("ledger_up", of, ledger.clone());
        let registry = Arc::new(registry);
        let metrics = Self {
            registry,
            received,
            taken_in,
            batch,
            in_work,
            relayed,
            age,
            findings,
            asked,
            ledger,
        };
        // A counter that first shows when it counts hides its first step.
        metrics.taken_in(Tally::default());
        metrics.relayed(Relayed::default());
        metrics.asked(&Asked::default());
        metrics
    }

    /// A batch was received.
    pub fn received(&self, messages: usize) {
        self.received.inc_by(u64::try_from(messages).unwrap_or(u64::MAX));
        self.in_work.inc();
    }

    /// It took so long until the ledger held it.
    pub fn recorded(&self, time: Duration, tally: Tally) {
        self.batch.observe(time.as_secs_f64());
        self.taken_in(tally);
    }

    /// Nobody works on it any more.
    pub fn done(&self) {
        self.in_work.dec();
    }

    fn taken_in(&self, tally: Tally) {
        let Tally { applied, duplicates, parked, quarantined, unknown, failed } = tally;
        let counts = [
            ("applied", applied),
            ("duplicate", duplicates),
            ("parked", parked),
            ("quarantined", quarantined),
            ("unknown", unknown),
            ("failed", failed),
        ];
        count(&self.taken_in, "outcome", &counts);
    }

    /// Events were published, or not.
    pub fn relayed(&self, relayed: Relayed) {
        let Relayed { published, failed, set_aside } = relayed;
        let counts = [("published", published), ("failed", failed), ("set_aside", set_aside)];
        count(&self.relayed, "result", &counts);
    }

    /// The oldest event that is to be published has waited so long.
    pub fn oldest_age(&self, age: Option<Duration>) {
        self.age.set(number(age.map_or(0, |age| age.as_secs())));
    }

    /// So many findings are open.
    pub fn findings(&self, counts: &[(Severity, u64)]) {
        for (severity, open) in counts {
            let label = [("severity", severity.word())];
            self.findings.get_or_create(&label).set(number(*open));
        }
    }

    /// AWS Marketplace was asked.
    pub fn asked(&self, asked: &Asked) {
        let Asked { steps, licenses, opportunities, failures, .. } = asked;
        let many = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let counts = [
            ("step", many(*steps)),
            ("license", many(*licenses)),
            ("opportunity", many(*opportunities)),
            ("failed", many(failures.len())),
        ];
        count(&self.asked, "what", &counts);
    }

    /// All of it, for one who asks.
    pub fn text(&self, ledger_answers: bool) -> Result<String, fmt::Error> {
        self.ledger.set(ledger_answers.into());
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

fn count(family: &Family<Label, Counter>, name: &'static str, counts: &[(&'static str, u64)]) {
    for (value, count) in counts {
        family.get_or_create(&[(name, value)]).inc_by(*count);
    }
}

fn number(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
