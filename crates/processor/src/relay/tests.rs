use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use async_trait::async_trait;
use deal::finding::FindingKind;
use deal::state::State;
use deal::stream::StreamId;
use ledger::row::{Cause, EventRow, OutboxRow};
use ledger::seal::{GENESIS, event_id};
use ledger::store::Store;
use ledger::verify::verify;
use ledger_sqlite::{OpenOptions, SqliteStore};

use super::*;
use crate::clock::Clock;
use crate::delivery::{Delivery, Via};
use crate::process::Settings;
use crate::publisher::MemoryBus;

/// What a partner's sale brings, one body after the other.
const BODIES: [&str; 3] = [
    include_str!("../../../../events/happy-path/02-offer-released.json"),
    include_str!("../../../../events/happy-path/03-agreement-created.json"),
    include_str!("../../../../events/happy-path/04-license-updated.json"),
];

/// 2026-12-01T10:00:00Z.
const NOW: i64 = 1_796_119_200_000_000;

/// A clock on which each look takes a microsecond.
struct Ticking(AtomicI64);

#[async_trait]
impl Clock for Ticking {
    fn now(&self) -> Moment {
        Moment::from_micros(self.0.fetch_add(1, Ordering::Relaxed))
    }

    async fn back_off(&self, _attempts: u32) {
        tokio::task::yield_now().await;
    }
}

/// A ledger in a file of its own, with public events in its outbox, and a bus.
struct Place {
    path: PathBuf,
    store: Arc<SqliteStore>,
    bus: Arc<MemoryBus>,
    relay: Relay,
    /// What is to be published, as the processor told.
    told: Vec<Unpublished>,
}

impl Place {
    async fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("resold-relay-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        let store = SqliteStore::open(path.join("ledger"), OpenOptions::CREATE).await.unwrap();
        let store = Arc::new(store);
        let dynamic: Arc<dyn Store> = Arc::<SqliteStore>::clone(&store);
        let processor =
            Processor::new(dynamic, Arc::new(Ticking(AtomicI64::new(NOW))), Settings::default());
        let mut told = Vec::new();
        for (number, body) in BODIES.iter().enumerate() {
            let (id, body) = (format!("d-{number}"), body.as_bytes().to_vec());
            let taken = processor.take_in(&[Delivery { id, via: Via::Queue, body }]).await;
            assert!(taken.results.iter().all(Result::is_ok), "{:?}", taken.results);
            told.extend(taken.unpublished);
        }
        let bus = Arc::new(MemoryBus::new());
        let publisher: Arc<dyn Publisher> = Arc::<MemoryBus>::clone(&bus);
        Self { path, store, bus, relay: Relay::new(processor, publisher), told }
    }

    async fn rows(&self) -> Vec<OutboxRow> {
        self.store.snapshot().await.unwrap().outbox(None, 999).await.unwrap()
    }

    async fn row(&self, id: &str) -> OutboxRow {
        self.rows().await.into_iter().find(|row| row.event_id == id).unwrap()
    }

    async fn relay(&self) -> Relayed {
        self.relay.relay(Moment::MAX).await.unwrap()
    }

    fn published(&self) -> Vec<String> {
        self.bus.published().into_iter().map(|entry| entry.event_id).collect()
    }

    /// The ids of what is to be published, in order.
    async fn waiting(&self) -> Vec<String> {
        let mut snapshot = self.store.snapshot().await.unwrap();
        let rows = snapshot.unpublished(None, 999).await.unwrap();
        rows.into_iter().map(|row| row.event.event_id).collect()
    }

    /// How many findings of events that cannot be published are open for a stream.
    async fn findings(&self, stream: &StreamId) -> usize {
        let mut snapshot = self.store.snapshot().await.unwrap();
        let row = snapshot.streams(std::slice::from_ref(stream)).await.unwrap().remove(0);
        let state = State::from_json(stream.kind(), &row.facts, &row.concluded).unwrap();
        let findings = state.concluded.findings.values();
        findings.filter(|finding| finding.kind == FindingKind::EventNotPublished).count()
    }

    async fn end(self) {
        let report = verify(&*self.store, &mut |_| {}).await.unwrap();
        assert!(report.is_sound(), "{:?}", report.faults);
        self.store.close().await;
        std::fs::remove_dir_all(&self.path).unwrap();
    }
}

fn again(code: &str) -> Answer {
    Answer::Again(Refusal { code: code.to_owned(), message: "later".to_owned() })
}

fn refused() -> Answer {
    let (code, message) = ("MalformedDetail".to_owned(), "it says\u{7} no".to_owned());
    Answer::Refused(Refusal { code, message })
}

fn counts(published: u64, failed: u64, set_aside: u64) -> Relayed {
    Relayed { published, failed, set_aside }
}

/// Within the time that a test takes on its clock.
fn recent(at: Moment) -> bool {
    (NOW..NOW + 1_000_000).contains(&at.micros())
}

#[tokio::test]
async fn everything_is_published_once_and_in_order() {
    let place = Place::new().await;
    let waiting = place.waiting().await;
    let count = u64::try_from(waiting.len()).unwrap();
    assert!(count > 3, "{waiting:?}");
    let told: Vec<_> = place.told.iter().map(|row| row.event.event_id.clone()).collect();
    assert_eq!(told, waiting, "the processor tells what it wrote");
    let oldest = place.relay.processor.longest_unpublished().await.unwrap();
    assert!(oldest.is_some_and(|age| age < Duration::from_secs(1)), "{oldest:?}");
    // Nothing is begun when the time is up.
    assert_eq!(place.relay.relay(Moment::from_micros(NOW)).await.unwrap(), counts(0, 0, 0));
    assert_eq!(place.bus.requests(), [0_usize; 0]);

    assert_eq!(place.relay().await, counts(count, 0, 0));
    assert_eq!(place.published(), waiting);
    assert!(place.bus.requests().iter().all(|entries| *entries <= MAX_ENTRIES));
    for row in place.rows().await {
        assert!(row.published_at.map(Moment::from_micros).is_some_and(recent));
        assert_eq!(row.attempts, 1);
    }
    assert_eq!(place.relay().await, counts(0, 0, 0));
    assert_eq!(place.relay.processor.longest_unpublished().await.unwrap(), None);
    // Who publishes what was just written and comes too late sends it again, and changes nothing.
    place.relay.publish(&place.told, Moment::MAX).await.unwrap();
    assert_eq!(place.bus.published().len(), 2 * place.told.len());
    assert!(place.rows().await.iter().all(|row| row.attempts == 1));
    place.end().await;
}

#[tokio::test]
async fn an_entry_that_fails_holds_up_no_other() {
    // How often the first entry fails; attempts after the first relay, whether it is published; and after the second.
    let cases = [(1, 2, true, 2), (3, 4, true, 4), (4, 4, false, 5), (6, 4, false, 7)];
    for (failures, attempts, published, in_the_end) in cases {
        let place = Place::new().await;
        let waiting = place.waiting().await;
        let (first, others) = waiting.split_first().unwrap();
        for _ in 0..failures {
            place.bus.answer(first, again("ThrottlingException"));
        }
        let relayed = place.relay().await;
        let failed = u64::from(!published);
        let all = u64::try_from(waiting.len()).unwrap();
        assert_eq!(relayed, counts(all - failed, failed, 0), "{failures}");
        assert!(others.iter().all(|id| place.published().contains(id)));
        let row = place.row(first).await;
        assert_eq!((row.attempts, row.published_at.is_some()), (attempts, published));
        let error = if published { "" } else { "ThrottlingException: later" };
        assert_eq!(row.last_error, error);

        assert_eq!(place.relay().await, counts(failed, 0, 0));
        let row = place.row(first).await;
        assert_eq!((row.attempts, row.last_error.as_str()), (in_the_end, ""));
        assert_eq!(place.published().len(), waiting.len(), "each once");
        place.end().await;
    }
}

#[tokio::test]
async fn what_is_refused_is_set_aside_with_a_finding() {
    let place = Place::new().await;
    let waiting = place.waiting().await;
    let all = u64::try_from(waiting.len()).unwrap();
    let refused_row = place.row(&waiting[0]).await;
    place.bus.answer(&refused_row.event_id, refused());
    // The finding is published as well, by the same relay.
    assert_eq!(place.relay().await, counts(all, 0, 1));
    let row = place.row(&refused_row.event_id).await;
    assert_eq!((row.set_aside, row.attempts, row.published_at), (true, 1, None));
    assert_eq!(row.last_error, "MalformedDetail: it says no");
    assert_eq!(place.findings(&row.stream).await, 1);
    let last = place.bus.published().pop().unwrap();
    let detail: serde_json::Value = serde_json::from_str(&last.detail).unwrap();
    assert_eq!(last.detail_type, "Finding Raised");
    assert_eq!(detail["data"]["severity"], "critical");
    assert_eq!(detail["data"]["subject"], row.stream.as_str());
    let evidence = serde_json::json!({
        "event": row.event_id, "detail-type": row.detail_type, "why": "MalformedDetail",
    });
    assert_eq!(detail["data"]["evidence"], evidence, "our own words only");
    let mut snapshot = place.store.snapshot().await.unwrap();
    assert_eq!(snapshot.counts().await.unwrap().refused, 1);
    drop(snapshot);
    assert_eq!(place.relay().await, counts(0, 0, 0), "it is over");

    let processor = &place.relay.processor;
    let id = format!("event-not-published:{}", row.stream);
    processor.acknowledge(&id, "ann", "told by hand").await.unwrap();
    assert_eq!(place.findings(&row.stream).await, 0);
    assert_eq!(place.relay().await, counts(1, 0, 0), "closed");
    place.end().await;
}

#[tokio::test]
async fn a_finding_of_what_was_refused_has_none_of_its_own() {
    let place = Place::new().await;
    let waiting = place.waiting().await;
    let row = place.row(&waiting[0]).await;
    let mut snapshot = place.store.snapshot().await.unwrap();
    let ids = std::slice::from_ref(&row.stream);
    let version = snapshot.streams(ids).await.unwrap()[0].version;
    drop(snapshot);
    // After what the stream learns comes the finding of it.
    let finding = event_id(row.stream.as_str(), version + 2);
    for id in [&row.event_id, &finding] {
        place.bus.answer(id, refused());
    }
    let all = u64::try_from(waiting.len()).unwrap();
    assert_eq!(place.relay().await, counts(all - 1, 0, 2));
    assert!(place.row(&finding).await.set_aside);
    assert_eq!(place.rows().await.len(), waiting.len() + 1, "and no further event");
    assert_eq!(place.findings(&row.stream).await, 1);
    assert_eq!(place.relay().await, counts(0, 0, 0));
    place.end().await;
}

#[tokio::test]
async fn a_bus_that_takes_nothing_ends_the_walk() {
    let place = Place::new().await;
    let waiting = place.waiting().await;
    let all = u64::try_from(waiting.len()).unwrap();
    for _ in 0..TRIES {
        place.bus.fail(PublishError::Away("connection refused".into()));
    }
    let relayed = place.relay().await;
    assert_eq!((relayed.published, relayed.set_aside), (0, 0));
    assert_eq!(place.bus.requests().len(), 4, "one request a try");
    let row = place.row(&waiting[0]).await;
    assert_eq!(row.last_error, "the event bus takes nothing: connection refused");
    assert_eq!(row.attempts, 4);
    assert_eq!(place.relay().await, counts(all, 0, 0));
    place.end().await;
}

#[tokio::test]
async fn a_request_that_is_not_taken_is_cut_into_single_entries() {
    let place = Place::new().await;
    let waiting = place.waiting().await;
    place.bus.fail(PublishError::Request("too much".into()));
    let all = u64::try_from(waiting.len()).unwrap();
    assert_eq!(place.relay().await, counts(all, 0, 0));
    assert_eq!(place.published(), waiting);
    let requests = place.bus.requests();
    assert!(requests[1..].iter().all(|entries| *entries == 1), "{requests:?}");
    // Alone it is not refused for good either: who is to blame is not known.
    let one = &place.told[..1];
    for _ in 0..TRIES {
        place.bus.fail(PublishError::Request("no".into()));
    }
    assert_eq!(place.relay.publish(one, Moment::MAX).await.unwrap(), counts(0, 1, 0));
    place.end().await;
}

#[tokio::test]
async fn two_relays_at_a_time_do_no_harm() {
    let place = Place::new().await;
    let waiting = place.waiting().await;
    place.bus.answer(&waiting[1], refused());
    place.bus.answer(&waiting[1], refused());
    let (one, other) = tokio::join!(place.relay.relay(Moment::MAX), place.relay.relay(Moment::MAX));
    one.unwrap();
    other.unwrap();
    let row = place.row(&waiting[1]).await;
    assert!(row.set_aside && !row.last_error.is_empty());
    let rows = place.rows().await;
    let done = rows.iter().filter(|row| row.published_at.is_some()).count();
    assert_eq!((done, rows.len()), (waiting.len(), waiting.len() + 1));
    assert_eq!(place.findings(&row.stream).await, 1);
    place.end().await;
}

/// A row of so many bytes.
fn sized(version: i64, bytes: usize) -> Unpublished {
    let stream = "seller/111122223333";
    let event = EventRow {
        stream: StreamId::try_from(stream.to_owned()).unwrap(),
        version,
        event_id: event_id(stream, version),
        kind: "public/Finding Raised".to_owned(),
        schema: 1,
        payload: format!("\"{}\"", "x".repeat(bytes)),
        cause: Cause::Time.to_string(),
        occurred_at: 0,
        recorded_at: 0,
        previous: GENESIS,
        hash: GENESIS,
    };
    Unpublished { event, detail_type: "Finding Raised".to_owned(), attempts: 0 }
}

#[tokio::test]
async fn requests_are_as_full_as_they_may_be() {
    let kib = |kib: usize| kib * 1024;
    // Sizes of rows, entries of each request, rows that can never be published.
    let cases: [(Vec<usize>, &[usize], usize); 6] = [
        (vec![10; 25], &[10, 10, 5], 0),
        (vec![kib(100); 5], &[2, 2, 1], 0),
        (vec![10, kib(200), 10, kib(200), 10], &[3, 2], 0),
        // Larger than a request of several may be, and alone not too large.
        (vec![10, kib(900), 10], &[1, 1, 1], 0),
        (vec![10, kib(1024), 10], &[2], 1),
        (vec![], &[], 0),
    ];
    for (sizes, expected, refused) in cases {
        let place = Place::new().await;
        let versions = 1..;
        let rows: Vec<_> =
            versions.zip(&sizes).map(|(version, bytes)| sized(version, *bytes)).collect();
        let sent = place.relay.send(&rows, Moment::MAX).await;
        assert_eq!(place.bus.requests(), expected, "{sizes:?}");
        assert_eq!(sent.refused.len(), refused);
        assert_eq!(sent.marks.len() + refused, rows.len());
        place.end().await;
    }
    let broken = Unpublished {
        event: EventRow { payload: "{".to_owned(), ..sized(1, 1).event },
        ..sized(1, 1)
    };
    let place = Place::new().await;
    let rows = [broken];
    let sent = place.relay.send(&rows, Moment::MAX).await;
    assert_eq!(sent.refused[0].2.code, "its payload is not JSON");
    place.end().await;
}
