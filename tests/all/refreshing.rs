//! What licenses grant is read from AWS: because it may have changed, once more when AWS did not answer, and every day; what differs
//! is recorded and published, and nothing else.

mod licenses;
mod stopped;

use std::sync::Arc;

use deal::item::{EntitlementItem, Licensing};
use deal::moment::Moment;
use deal::state::State;
use deal::stream::StreamId;
use ledger::memory::MemoryStore;
use ledger::rebuild::rebuild;
use ledger::store::Store;
use ledger::verify::verify;
use marketplace::ids::AgreementId;
use processor::clock::Clock;
use processor::delivery::{Delivery, Via};
use processor::port::Retry;
use processor::refresh::{Answer, RefreshError, Refreshed};
use processor::{Processor, Settings};
use serde_json::{Value, json};
use simulator::stepped::{SteppedStore, Steps};

use self::licenses::{CODE, Licenses, arn};
use crate::scripted::Hands;

const T0: &str = "2026-12-03T09:20:00Z";
const CREATED: &str = "2026-12-03T09:14:05Z";
const UPDATED: &str = "2026-12-03T09:15:05Z";
const AGREEMENT: &str = "agmt-1example00000000000000000";
const LICENSE: &str = "l-0f3c0example00000000000000000ab";

fn time(text: &str) -> Moment {
    Moment::from(text.parse::<jiff::Timestamp>().expect("a time"))
}

/// A ledger, an Entitlement API and a clock.
struct Office {
    store: Arc<dyn Store>,
    clock: Arc<Hands>,
    aws: Licenses,
}

impl Office {
    fn new(store: Arc<dyn Store>, seats: &[(&str, i64)]) -> Self {
        Self { store, clock: Arc::new(Hands::at(time(T0))), aws: Licenses::with(seats) }
    }

    fn processor(&self, steps: Option<Arc<dyn Steps>>) -> Processor {
        let store = match steps {
            Some(steps) => Arc::new(SteppedStore::new(Arc::clone(&self.store), steps)),
            None => Arc::clone(&self.store),
        };
        let clock: Arc<dyn Clock> = Arc::<Hands>::clone(&self.clock);
        Processor::new(store, clock, Settings::default())
    }

    async fn state(&self, agreement: &str) -> State {
        let stream = StreamId::agreement(&AgreementId::new(agreement).expect("an id"));
        let mut snapshot = self.store.snapshot().await.expect("a snapshot");
        let rows = snapshot.streams(std::slice::from_ref(&stream)).await.expect("streams");
        let row = rows.first().expect("the agreement is there");
        State::from_json(stream.kind(), &row.facts, &row.concluded).expect("a state")
    }

    async fn shown(&self, agreement: &str) -> EntitlementItem {
        let id = AgreementId::new(agreement).expect("an id");
        let state = self.state(agreement).await;
        EntitlementItem::new(&id, &state, self.clock.now()).expect("an entitlement")
    }

    /// Dimension and value of everything that is granted, as shown and as last published.
    async fn quantities(&self, agreement: &str) -> Vec<String> {
        let shown = self.shown(agreement).await.quantities;
        let published = self.state(agreement).await.concluded.entitlement.expect("it is published");
        assert_eq!(published.quantities, shown, "what is published is what is shown");
        let words = |it: &deal::entitlement::LicensedQuantity| {
            format!("{} {}", it.dimension, it.value.as_deref().unwrap_or("?"))
        };
        shown.iter().map(words).collect()
    }

    /// The types of the events of an agreement.
    async fn events(&self, agreement: &str) -> Vec<String> {
        let stream = StreamId::agreement(&AgreementId::new(agreement).expect("an id"));
        let mut snapshot = self.store.snapshot().await.expect("a snapshot");
        let events = snapshot.events(&stream, 1, 1_000).await.expect("events");
        events.into_iter().map(|row| row.kind).collect()
    }

    async fn findings(&self, agreement: &str) -> Vec<String> {
        let findings = self.state(agreement).await.concluded.findings;
        findings.into_values().map(|finding| finding.kind.word().to_owned()).collect()
    }

    async fn assert_sound(&self, what: &str) {
        let report = verify(&*self.store, &mut |_| {}).await.expect("the ledger can be read");
        assert!(report.is_sound(), "{what}: {:?}", report.faults);
    }
}

/// A notification of an agreement that a partner sold.
fn notification(detail_type: &str, at: &str, agreement: &str, license: Option<&str>) -> Delivery {
    let mut detail = json!({
        "agreement": {"id": agreement, "intent": "NEW", "status": "ACTIVE", "startTime": CREATED},
        "acceptor": {"accountId": "555566667777"}, "proposer": {"accountId": "222233334444"},
        "offer": {"id": format!("offer-of-{agreement}")},
    });
    if let Some(license) = license {
        detail["license"] = json!({"arn": arn(license)});
        detail["product"] = json!({"code": CODE, "id": "prod-k3x9examplesaas"});
    }
    let id = format!("{detail_type} {at} {agreement} {license:?}");
    let body: Value = json!({
        "version": "0", "id": id, "source": "aws.agreement-marketplace", "account": "111122223333",
        "detail-type": format!("{detail_type} - Manufacturer"), "time": at, "region": "us-east-1",
        "resources": [], "detail": detail,
    });
    Delivery { id, via: Via::Queue, body: body.to_string().into_bytes() }
}

fn created(agreement: &str) -> Delivery {
    notification("Purchase Agreement Created", CREATED, agreement, None)
}

fn updated(agreement: &str, license: &str, at: &str) -> Delivery {
    notification("License Updated", at, agreement, Some(license))
}

async fn take_in(processor: &Processor, deliveries: &[Delivery]) {
    for result in processor.process(deliveries).await {
        result.expect("it is taken in");
    }
}

/// One agreement with one license.
async fn sold(office: &Office) -> Processor {
    let processor = office.processor(None);
    take_in(&processor, &[created(AGREEMENT), updated(AGREEMENT, LICENSE, UPDATED)]).await;
    processor
}

/// What became of each license, in a word.
fn words(refreshed: &[Refreshed]) -> Vec<&'static str> {
    let word = |one: &Refreshed| match one.result.as_ref().expect("the ledger does not fail") {
        Answer::Changed => "changed",
        Answer::Unchanged => "unchanged",
        Answer::NotAsked(_) => "not asked",
        Answer::Unanswered(_) => "unanswered",
    };
    refreshed.iter().map(word).collect()
}

async fn due(office: &Office, processor: &Processor) -> Vec<&'static str> {
    words(&processor.refresh_due(100, &office.aws).await.expect("what is due can be read"))
}

/// Whoever asks may move from thread to thread.
#[test]
fn a_refresh_can_be_spawned() {
    fn can_be_spawned(_: impl Future<Output: Send> + Send) {}
    let office = Office::new(Arc::new(MemoryStore::new()), &[]);
    let processor = office.processor(None);
    can_be_spawned(processor.refresh_due(1, &office.aws));
    can_be_spawned(processor.refresh(AGREEMENT, &office.aws));
    can_be_spawned(processor.reconcile(None, None, 1, &office.aws));
}

#[tokio::test]
async fn an_update_is_read_once_and_what_it_brings_is_published() {
    let office = Office::new(Arc::new(MemoryStore::new()), &[(LICENSE, 250)]);
    let processor = sold(&office).await;
    let shown = office.shown(AGREEMENT).await;
    assert_eq!(shown.license_state, Licensing::Held);
    assert!(shown.unknown.contains(&"quantities".to_owned()), "{:?}", shown.unknown);

    assert_eq!(due(&office, &processor).await, ["changed"]);
    assert_eq!(office.quantities(AGREEMENT).await, ["seats 250"]);
    let shown = office.shown(AGREEMENT).await;
    assert_eq!(shown.license_state, Licensing::Read);
    assert!(!shown.unknown.contains(&"quantities".to_owned()), "{:?}", shown.unknown);
    assert_eq!(shown.quantities[0].read_at, T0);
    let before = office.events(AGREEMENT).await;
    assert_eq!(before[before.len() - 2..], ["fact/quantities-read", "public/Entitlement Changed"]);
    assert!(due(&office, &processor).await.is_empty(), "it is read");

    // AWS says so again, and nothing is other than it was: one event, for what was read, and none for whoever subscribes.
    take_in(&processor, &[updated(AGREEMENT, LICENSE, "2026-12-03T09:18:00Z")]).await;
    assert_eq!(due(&office, &processor).await, ["unchanged"]);
    assert!(due(&office, &processor).await.is_empty());
    let after = office.events(AGREEMENT).await;
    assert_eq!(after[before.len()..], ["fact/license-updated", "fact/license-read"]);

    office.aws.set(LICENSE, 300);
    take_in(&processor, &[updated(AGREEMENT, LICENSE, "2026-12-03T09:19:00Z")]).await;
    assert_eq!(due(&office, &processor).await, ["changed"]);
    assert_eq!(office.quantities(AGREEMENT).await, ["seats 300"]);
    assert!(office.findings(AGREEMENT).await.is_empty(), "it was announced");
    office.assert_sound("read").await;
}

/// A product that is paid as it is used has no quantities.
#[tokio::test]
async fn that_there_is_nothing_is_an_answer() {
    let office = Office::new(Arc::new(MemoryStore::new()), &[]);
    let processor = sold(&office).await;
    assert_eq!(due(&office, &processor).await, ["changed"]);
    let shown = office.shown(AGREEMENT).await;
    assert_eq!((shown.license_state, shown.quantities), (Licensing::Read, vec![]));
    assert!(!shown.unknown.contains(&"quantities".to_owned()), "{:?}", shown.unknown);
    assert!(due(&office, &processor).await.is_empty());
}

#[tokio::test]
async fn what_has_ended_is_not_asked_about() {
    for (detail_type, license) in
        [("License Deprovisioned", Some(LICENSE)), ("Purchase Agreement Ended", None)]
    {
        let office = Office::new(Arc::new(MemoryStore::new()), &[(LICENSE, 250)]);
        let processor = sold(&office).await;
        let over = notification(detail_type, "2026-12-03T09:19:00Z", AGREEMENT, license);
        take_in(&processor, &[over]).await;
        assert!(due(&office, &processor).await.is_empty(), "{detail_type}");
        let all = processor.reconcile(None, None, 100, &office.aws).await.expect("a part");
        assert!(all.refreshed.is_empty(), "{detail_type}");
        let named = processor.refresh(AGREEMENT, &office.aws).await.expect("it is there");
        assert_eq!(words(&named), ["not asked"], "{detail_type}");
        assert!(office.aws.asked().is_empty(), "{detail_type}");
        let unknown = office.shown(AGREEMENT).await.unknown;
        assert!(!unknown.contains(&"quantities".to_owned()), "{detail_type}: {unknown:?}");
    }
}

#[tokio::test]
async fn a_license_that_fails_keeps_no_other_waiting() {
    let office = Office::new(Arc::new(MemoryStore::new()), &[(LICENSE, 250), ("l-2", 5)]);
    let processor = sold(&office).await;
    take_in(&processor, &[created("agmt-2"), updated("agmt-2", "l-2", UPDATED)]).await;
    office.aws.refuses(LICENSE, true);
    let mut became = due(&office, &processor).await;
    became.sort_unstable();
    assert_eq!(became, ["changed", "unanswered"]);
    assert_eq!(office.quantities("agmt-2").await, ["seats 5"]);
    assert_eq!(office.findings(AGREEMENT).await, ["license-not-readable"]);
    assert!(due(&office, &processor).await.is_empty(), "it is not asked about at once");

    office.clock.reach(time("2026-12-03T10:20:00Z"));
    assert_eq!(due(&office, &processor).await, ["unanswered"], "somebody may have mended it");
    let events = office.events(AGREEMENT).await;
    let raised = events.iter().filter(|kind| *kind == "public/Finding Raised").count();
    assert_eq!(raised, 1, "the finding is the same: {events:?}");

    office.aws.refuses(LICENSE, false);
    office.clock.reach(time("2026-12-03T14:20:00Z"));
    assert_eq!(due(&office, &processor).await, ["changed"]);
    assert_eq!(office.quantities(AGREEMENT).await, ["seats 250"]);
    assert!(office.findings(AGREEMENT).await.is_empty(), "it ends by itself");
    office.assert_sound("refused").await;
}

#[tokio::test]
async fn a_busy_aws_is_asked_again_and_nobody_is_told() {
    let office = Office::new(Arc::new(MemoryStore::new()), &[(LICENSE, 250)]);
    let processor = sold(&office).await;
    office.aws.fails(&[Retry::Soon, Retry::Soon]);
    for wait in [30, 60] {
        assert_eq!(due(&office, &processor).await, ["unanswered"]);
        assert!(due(&office, &processor).await.is_empty());
        office.clock.reach(office.clock.now().plus_seconds(wait));
    }
    assert_eq!(due(&office, &processor).await, ["changed"]);
    let events = office.events(AGREEMENT).await;
    assert!(!events.iter().any(|kind| kind == "public/Finding Raised"), "{events:?}");
}

/// Every live license, each once: all at a time in small parts, or a slice an hour.
#[tokio::test]
async fn a_reconciliation_asks_about_every_live_license_once() {
    let names: Vec<(String, String)> =
        (0..60).map(|number| (format!("agmt-{number}"), format!("l-{number:032x}"))).collect();
    let seats: Vec<(&str, i64)> = names.iter().map(|(_, license)| (license.as_str(), 5)).collect();
    let office = Office::new(Arc::new(MemoryStore::new()), &seats);
    let processor = office.processor(None);
    let update = |(agreement, license): &(String, String)| updated(agreement, license, UPDATED);
    take_in(&processor, &names.iter().map(update).collect::<Vec<_>>()).await;
    // A second license under one of the agreements.
    take_in(&processor, &[updated("agmt-0", "l-another", UPDATED)]).await;
    let mut expected: Vec<String> = names.into_iter().map(|(_, license)| license).collect();
    expected.push("l-another".to_owned());
    expected.sort_unstable();
    for slices in [vec![None], (0..24).map(Some).collect()] {
        for slice in slices {
            let mut place = None;
            loop {
                let part = processor.reconcile(slice, place.as_ref(), 1, &office.aws).await;
                place = part.expect("a part").next;
                if place.is_none() {
                    break;
                }
            }
        }
        let mut asked = office.aws.asked();
        asked.sort_unstable();
        assert_eq!(asked, expected);
    }
}

#[tokio::test]
async fn a_difference_that_nobody_announced_is_a_finding() {
    let office = Office::new(Arc::new(MemoryStore::new()), &[(LICENSE, 250)]);
    let processor = sold(&office).await;
    assert_eq!(due(&office, &processor).await, ["changed"]);
    let before = office.events(AGREEMENT).await.len();
    let same = processor.reconcile(None, None, 100, &office.aws).await.expect("a part");
    assert_eq!(same.next.as_ref().map(|_| ()), Some(()), "there are more slices");
    reconcile(&office, &processor).await;
    assert_eq!(office.events(AGREEMENT).await.len(), before, "what is the same leaves no trace");

    office.aws.set(LICENSE, 300);
    office.clock.reach(time("2026-12-04T09:20:00Z"));
    reconcile(&office, &processor).await;
    assert_eq!(office.quantities(AGREEMENT).await, ["seats 300"]);
    assert_eq!(office.findings(AGREEMENT).await, ["unannounced-quantities"]);
    let finding = office.state(AGREEMENT).await.concluded.findings.into_values().next();
    let finding = finding.expect("it is open");
    let evidence: Vec<String> = finding.evidence.into_values().collect();
    let (after, before) = (format!("{LICENSE}: seats 300"), format!("{LICENSE}: seats 250"));
    assert_eq!(evidence, [after, before]);
    processor.acknowledge(&finding.id, "ann", "told by telephone").await.expect("it is closed");
    reconcile(&office, &processor).await;
    assert!(office.findings(AGREEMENT).await.is_empty());
    office.assert_sound("reconciled").await;
}

async fn reconcile(office: &Office, processor: &Processor) {
    let mut place = None;
    loop {
        let part = processor.reconcile(None, place.as_ref(), 100, &office.aws).await;
        place = part.expect("a part").next;
        if place.is_none() {
            return;
        }
    }
}

#[tokio::test]
async fn a_person_names_an_agreement_or_a_license() {
    let office = Office::new(Arc::new(MemoryStore::new()), &[(LICENSE, 250)]);
    let processor = sold(&office).await;
    for (id, expected) in
        [(AGREEMENT, "changed"), (LICENSE, "unchanged"), (&arn(LICENSE), "unchanged")]
    {
        let refreshed = processor.refresh(id, &office.aws).await.expect("it is there");
        assert_eq!(words(&refreshed), [expected], "{id}");
    }
    let unknown = processor.refresh("l-unknown", &office.aws).await;
    assert!(matches!(unknown, Err(RefreshError::NoSuch(_))), "{unknown:?}");
}

#[tokio::test]
async fn what_is_due_is_found_again_after_a_rebuild() {
    let office = Office::new(Arc::new(MemoryStore::new()), &[(LICENSE, 250)]);
    let processor = sold(&office).await;
    office.aws.fails(&[Retry::Soon]);
    assert_eq!(due(&office, &processor).await, ["unanswered"]);
    rebuild(&*office.store, &mut |_| {}).await.expect("it is rebuilt");
    office.assert_sound("rebuilt").await;
    assert!(due(&office, &processor).await.is_empty());
    office.clock.reach(time("2026-12-03T09:21:00Z"));
    assert_eq!(due(&office, &processor).await, ["changed"]);
}
