//! Requests of ours, carried out with an AWS that loses answers, refuses and fails, by a machine that stops at every step: at the
//! end there is exactly one opportunity, and the ledger says so.

mod stopped;

use std::sync::Arc;

use deal::facts::request::{Wish, WishKind};
use deal::item::Request;
use deal::moment::Moment;
use deal::request::{RequestId, named};
use deal::state::State;
use deal::stream::StreamId;
use ledger::memory::MemoryStore;
use ledger::rebuild::rebuild;
use ledger::store::Store;
use ledger::verify::verify;
use marketplace::changeset::Change;
use marketplace::ids::{AccountId, OpportunityId, ProductName};
use processor::clock::Clock;
use processor::delivery::{Delivery, Via};
use processor::request::{Cause, Driven, RequestError, Requested};
use processor::{Processor, Settings};
use serde_json::json;
use simulator::stepped::{SteppedStore, Steps};

use crate::scripted::{Fate, Hands, Mood, PARTNER, PRODUCT, Scripted};

const T0: &str = "2026-12-01T10:00:00Z";

fn time(text: &str) -> Moment {
    Moment::from(text.parse::<jiff::Timestamp>().expect("a time"))
}

fn id() -> RequestId {
    RequestId::new("req-9k2m4x7c1v5bn").expect("an id")
}

fn opportunity(id: &str) -> OpportunityId {
    OpportunityId::new(id).expect("an id")
}

fn wish(kind: WishKind, about: Option<&str>) -> Wish {
    Wish {
        kind,
        opportunity: about.map(opportunity),
        name: Some("Example Corp via Northwind Resale".to_owned()),
        partner: AccountId::new(PARTNER).ok(),
        product: ProductName::new(PRODUCT).ok(),
        draft: Some(r#"{"name":"Example Corp via Northwind Resale"}"#.to_owned()),
        who: "ann".to_owned(),
        why: "a new partner".to_owned(),
    }
}

/// Stands for what makes changes of a draft.
fn changes(wish: &Wish, reuse: Option<&OpportunityId>) -> Result<Vec<Change>, Cause> {
    let change = |change_type: &str, identifier: Option<&str>, name: Option<&str>| Change {
        change_type: format!("{change_type}ResaleAuthorization"),
        identifier: identifier.map(str::to_owned),
        change_name: name.map(str::to_owned),
        details: json!({"ResellerAccountId": PARTNER}),
    };
    let about = wish.opportunity.as_ref().map(OpportunityId::as_str);
    if wish.kind.creates() && wish.draft.is_none() {
        return Err("there is no content".into());
    }
    Ok(match (wish.kind, reuse) {
        (WishKind::Create | WishKind::Clone, None) => vec![
            change("Create", None, Some("RA")),
            change("Release", Some("$RA.Entity.Identifier"), None),
        ],
        (WishKind::Create | WishKind::Clone, Some(draft)) => {
            vec![change("Release", Some(draft.as_str()), None)]
        }
        (WishKind::Publish, _) => vec![change("Release", about, None)],
        (WishKind::Restrict, _) => vec![change("Restrict", about, None)],
    })
}

/// A ledger, an AWS and a clock.
struct Office {
    store: Arc<dyn Store>,
    clock: Arc<Hands>,
    aws: Arc<Scripted>,
    /// Time passes while a call is under way.
    hangs: bool,
}

impl Office {
    fn new(store: Arc<dyn Store>, moods: &[Mood], fates: &[Fate]) -> Self {
        let clock = Arc::new(Hands::at(time(T0)));
        let aws = Arc::new(Scripted::new(Arc::clone(&clock), moods, fates));
        Self { store, clock, aws, hangs: false }
    }

    /// A machine that works here.
    fn processor(&self, steps: Option<Arc<dyn Steps>>) -> Processor {
        let store = match steps {
            Some(steps) => Arc::new(SteppedStore::new(Arc::clone(&self.store), steps)),
            None => Arc::clone(&self.store),
        };
        let clock: Arc<dyn Clock> = Arc::<Hands>::clone(&self.clock);
        Processor::new(store, clock, Settings::default())
    }

    /// Drives a request to its end, from machine to machine: whatever fails is the end of one.
    async fn drive(&self, processor: &Processor, id: &RequestId) {
        for _ in 0..400 {
            match processor.drive(id, &*self.aws, &changes).await {
                Err(_) | Ok(Driven::Moved | Driven::Refused(_)) => {}
                Ok(Driven::Waits { until }) => {
                    // A call takes less time than anybody waits, but where a machine hangs.
                    while !self.hangs && self.aws.is_busy() {
                        tokio::task::yield_now().await;
                    }
                    self.clock.reach(until);
                }
                Ok(Driven::Done(_)) => return,
            }
        }
        panic!("it does not end: {:?}", self.aws.taken());
    }

    async fn state(&self, stream: &StreamId) -> Option<State> {
        let mut snapshot = self.store.snapshot().await.expect("a snapshot");
        let rows = snapshot.streams(std::slice::from_ref(stream)).await.expect("streams");
        let row = rows.first()?;
        Some(State::from_json(stream.kind(), &row.facts, &row.concluded).expect("a state"))
    }

    async fn shown(&self, id: &RequestId) -> Request {
        let state = self.state(&StreamId::request(id)).await.expect("the request is there");
        Request::new(id.clone(), state.request().expect("a request"))
    }

    /// The public events of a request, in order, with the statuses that they tell.
    async fn published(&self, id: &RequestId) -> Vec<String> {
        let mut snapshot = self.store.snapshot().await.expect("a snapshot");
        let events = snapshot.events(&StreamId::request(id), 1, 1_000).await.expect("events");
        let public = events.iter().filter_map(|row| row.kind.strip_prefix("public/"));
        public.map(str::to_owned).collect()
    }

    async fn assert_sound(&self, what: &str) {
        let report = verify(&*self.store, &mut |_| {}).await.expect("the ledger can be read");
        assert!(report.is_sound(), "{what}: {:?}", report.faults);
    }

    /// What AWS's event bus would bring of the change sets that ended.
    fn notifications(&self, named: bool) -> Vec<Delivery> {
        let body = |(id, name, result, at): (_, String, &str, Moment)| {
            let detail = if named {
                json!({"ChangeSetId": id, "ChangeSetName": name})
            } else {
                json!({"ChangeSetId": id})
            };
            json!({
                "version": "0", "id": format!("event-{id}"), "account": "111122223333",
                "region": "us-east-1", "resources": [], "source": "aws.marketplacecatalog",
                "detail-type": format!("Change Set {result}"), "time": at.to_string(),
                "detail": detail,
            })
        };
        let delivery = |body: serde_json::Value| Delivery {
            id: body["id"].to_string(),
            via: Via::Queue,
            body: body.to_string().into_bytes(),
        };
        self.aws.ended().into_iter().map(body).map(delivery).collect()
    }
}

async fn assert_ended(office: &Office, what: &str, (status, there, taken): (&str, &[&str], usize)) {
    assert_eq!(office.aws.statuses(), there, "{what}: what is at AWS");
    let sets = office.aws.taken();
    assert_eq!(sets.len(), taken, "{what}: {sets:?}");
    for (place, (name, token, _)) in sets.iter().enumerate() {
        assert_eq!(named(name).map(|(of, _)| of), Some(id()), "{what}: the name tells whose it is");
        assert!(sets.iter().skip(place + 1).all(|(_, other, _)| other != token), "{what}");
    }
    let shown = office.shown(&id()).await;
    assert_eq!(shown.status, status, "{what}: {shown:?}");
    let succeeded = status == "succeeded";
    assert_eq!(shown.opportunity.is_some(), succeeded, "{what}: {shown:?}");
    let last =
        if succeeded { "Opportunity Request Succeeded" } else { "Opportunity Request Failed" };
    let mut published = office.published(&id()).await;
    published.retain(|name| !name.starts_with("Finding"));
    assert_eq!(published, ["Opportunity Requested", last], "{what}");
    if let Some(made) = &shown.opportunity {
        let state = office.state(&StreamId::opportunity(made)).await.expect("it is in the ledger");
        let facts = state.opportunity().expect("an opportunity");
        assert_eq!(facts.requested_by.iter().collect::<Vec<_>>(), [&id()], "{what}");
        assert!(facts.described.get().is_some(), "{what}: it was read back");
    }
    office.assert_sound(what).await;
}

/// A machine wishes and drives; whoever comes after it goes on.
async fn carry_out(office: &Office, processor: &Processor) {
    let wish = wish(WishKind::Create, None);
    while processor.request(&id(), &wish).await.is_err() {}
    office.drive(processor, &id()).await;
}

/// A driver may move from thread to thread.
#[test]
fn a_driver_can_be_spawned() {
    fn can_be_spawned(_: impl Future<Output: Send> + Send) {}
    let office = Office::new(Arc::new(MemoryStore::new()), &[], &[]);
    let (processor, id) = (office.processor(None), id());
    can_be_spawned(processor.drive(&id, &*office.aws, &changes));
    can_be_spawned(processor.drive_due(1, &*office.aws, &changes));
}

#[tokio::test]
async fn two_drivers_at_once_make_one_call() {
    let office = Office::new(Arc::new(MemoryStore::new()), &[], &[]);
    let (one, other) = (office.processor(None), office.processor(None));
    tokio::join!(carry_out(&office, &one), carry_out(&office, &other));
    assert_eq!(office.aws.calls(), 1);
    assert_ended(&office, "two drivers", ("succeeded", &["Active"], 1)).await;
}

#[tokio::test]
async fn a_notification_is_heard_before_the_next_question() {
    for (named, what) in [(true, "with a name"), (false, "by its id alone")] {
        let office = Office::new(Arc::new(MemoryStore::new()), &[], &[Fate::SucceedsLate]);
        let processor = office.processor(None);
        processor.request(&id(), &wish(WishKind::Create, None)).await.expect("it is recorded");
        assert!(matches!(processor.drive(&id(), &*office.aws, &changes).await, Ok(Driven::Moved)));
        office.clock.reach(time("2026-12-02T11:00:30Z"));
        // It was not asked all the while: a question now would be early.
        assert_eq!(office.notifications(named).len(), 1, "{what}");
        for result in processor.process(&office.notifications(named)).await {
            result.expect("it is taken in");
        }
        let Ok(driven) = processor.drive_due(10, &*office.aws, &changes).await else {
            panic!("{what}: the requests that are due can be read");
        };
        assert!(matches!(&driven[..], [(due, Ok(Driven::Moved))] if *due == id()), "{what}");
        office.drive(&processor, &id()).await;
        assert_ended(&office, what, ("succeeded", &["Active"], 1)).await;
        let nothing = processor.drive_due(10, &*office.aws, &changes).await;
        assert!(nothing.is_ok_and(|driven| driven.is_empty()), "{what}: nothing is due any more");
    }
}

/// The notification may be the first to tell that the call was heard.
#[tokio::test]
async fn a_notification_tells_of_a_call_that_was_not_answered() {
    let office = Office::new(Arc::new(MemoryStore::new()), &[Mood::LosesAnswer], &[]);
    let processor = office.processor(None);
    processor.request(&id(), &wish(WishKind::Create, None)).await.expect("it is recorded");
    assert!(matches!(processor.drive(&id(), &*office.aws, &changes).await, Ok(Driven::Refused(_))));
    assert_eq!(office.shown(&id()).await.status, "sending");
    office.clock.reach(time("2026-12-01T10:02:00Z"));
    processor.process(&office.notifications(true)).await;
    assert_eq!(office.shown(&id()).await.status, "applying");
    office.drive(&processor, &id()).await;
    assert_ended(&office, "told by a notification", ("succeeded", &["Active"], 1)).await;
    assert_eq!(office.aws.calls(), 1, "nothing was sent again");
}

#[tokio::test]
async fn what_failed_is_corrected_and_its_draft_completed() {
    let fates = [Fate::Fails("CLIENT_ERROR", true, false)];
    let office = Office::new(Arc::new(MemoryStore::new()), &[], &fates);
    let processor = office.processor(None);
    carry_out(&office, &processor).await;
    let failed = office.shown(&id()).await;
    assert_eq!((failed.status, failed.code.as_deref()), ("failed", Some("CLIENT_ERROR")));
    assert_eq!(failed.draft, Some(opportunity("resaleauthz-1")));
    assert_eq!(failed.errors[0].reason, "no");
    let published = office.published(&id()).await;
    assert_eq!(
        published,
        ["Opportunity Requested", "Opportunity Request Failed", "Finding Raised", "Finding Raised"],
        "the finding tells of the draft once it is known"
    );
    let corrected = Wish { why: "the right buyer".to_owned(), ..wish(WishKind::Create, None) };
    let again = processor.request_again(&id(), &corrected).await;
    assert!(matches!(again, Ok(Requested::New)), "{again:?}");
    let again = processor.request_again(&id(), &corrected).await;
    assert!(matches!(again, Ok(Requested::Before)), "{again:?}");
    office.drive(&processor, &id()).await;
    assert_eq!(office.aws.statuses(), ["Active"], "the draft was completed");
    let taken = office.aws.taken();
    let sent: Vec<usize> = taken.iter().map(|(_, _, changes)| changes.len()).collect();
    assert_eq!(sent, [2, 1], "the second one creates nothing: {taken:?}");
    let published = office.published(&id()).await;
    assert_eq!(
        published[4..],
        ["Opportunity Requested", "Finding Closed", "Opportunity Request Succeeded"]
    );
    let again = processor.request_again(&id(), &corrected).await;
    assert!(matches!(again, Err(RequestError::NotOver { .. })), "{again:?}");
}

#[tokio::test]
async fn drafts_that_may_be_ours_are_left_to_a_person() {
    let fates = [Fate::Fails("SERVER_FAULT", true, false)];
    let office = Office::new(Arc::new(MemoryStore::new()), &[], &fates);
    office.aws.add(&opportunity("resaleauthz-theirs"), "Draft");
    let processor = office.processor(None);
    carry_out(&office, &processor).await;
    let shown = office.shown(&id()).await;
    assert_eq!((shown.status, shown.draft), ("failed", None));
    assert_eq!(shown.candidates, ["resaleauthz-1", "resaleauthz-theirs"].map(opportunity));
    // Unless a request of ours is known to have made the other one.
    let other = RequestId::new("req-other").expect("an id");
    let office = Office::new(Arc::new(MemoryStore::new()), &[], &fates);
    office.aws.add(&opportunity("resaleauthz-theirs"), "Draft");
    let processor = office.processor(None);
    let theirs = wish(WishKind::Publish, Some("resaleauthz-theirs"));
    let missing = processor.request(&other, &theirs).await;
    assert!(matches!(missing, Err(RequestError::NoSuchOpportunity(_))), "{missing:?}");
}

#[tokio::test]
async fn a_change_of_a_released_opportunity_is_a_clone_and_a_restriction() {
    let office = Office::new(Arc::new(MemoryStore::new()), &[], &[]);
    let processor = office.processor(None);
    carry_out(&office, &processor).await;
    let (clone, restriction) = (RequestId::new("req-clone"), RequestId::new("req-restriction"));
    let (clone, restriction) = (clone.expect("an id"), restriction.expect("an id"));
    let old = Some("resaleauthz-1");
    for (id, kind) in [(&clone, WishKind::Clone), (&restriction, WishKind::Restrict)] {
        processor.request(id, &wish(kind, old)).await.expect("it is recorded");
        office.drive(&processor, id).await;
    }
    assert_eq!(office.aws.statuses(), ["Restricted", "Active"]);
    let state = async |id: &str| office.state(&StreamId::opportunity(&opportunity(id))).await;
    let (before, after) = (state("resaleauthz-1").await, state("resaleauthz-2").await);
    let (before, after) = (before.expect("the old one"), after.expect("the new one"));
    let (before, after) =
        (before.opportunity().expect("facts"), after.opportunity().expect("facts"));
    assert!(before.cloned_to.contains(&opportunity("resaleauthz-2")));
    assert!(after.cloned_from.contains(&opportunity("resaleauthz-1")));
    assert!(before.requested_by.contains(&restriction) && after.requested_by.contains(&clone));
    let shown = office.shown(&restriction).await;
    assert_eq!(
        (shown.status, shown.opportunity),
        ("succeeded", Some(opportunity("resaleauthz-1")))
    );
    let shown = office.shown(&clone).await;
    assert_eq!(shown.cloned_from, Some(opportunity("resaleauthz-1")));
    assert_eq!(shown.opportunity, Some(opportunity("resaleauthz-2")));
    office.assert_sound("a clone").await;
}

#[tokio::test]
async fn a_request_is_rebuilt_from_its_events() {
    let office = Office::new(Arc::new(MemoryStore::new()), &[Mood::Locked], &[]);
    let processor = office.processor(None);
    processor.request(&id(), &wish(WishKind::Create, None)).await.expect("it is recorded");
    let driven = processor.drive(&id(), &*office.aws, &changes).await;
    assert!(matches!(driven, Ok(Driven::Refused(_))), "{driven:?}");
    assert_eq!(office.shown(&id()).await.status, "waiting");
    rebuild(&*office.store, &mut |_| {}).await.expect("it is rebuilt");
    office.assert_sound("rebuilt").await;
    office.clock.reach(time("2026-12-01T10:10:00Z"));
    let due = processor.drive_due(10, &*office.aws, &changes).await.expect("what is due");
    assert_eq!(due.len(), 1, "it is due by its key");
    office.drive(&processor, &id()).await;
    assert_ended(&office, "rebuilt", ("succeeded", &["Active"], 1)).await;
}

/// A change set that is not done for a day is a finding, raised by time alone, and closed when it is done.
#[tokio::test]
async fn what_takes_a_day_is_a_finding() {
    let office = Office::new(Arc::new(MemoryStore::new()), &[], &[Fate::SucceedsLate]);
    let processor = office.processor(None);
    processor.request(&id(), &wish(WishKind::Create, None)).await.expect("it is recorded");
    assert!(matches!(processor.drive(&id(), &*office.aws, &changes).await, Ok(Driven::Moved)));
    office.clock.reach(time("2026-12-02T10:00:00Z"));
    while processor.sweep(100).await.expect("a sweep") > 0 {}
    assert_eq!(office.published(&id()).await, ["Opportunity Requested", "Finding Raised"]);
    office.drive(&processor, &id()).await;
    let published = office.published(&id()).await;
    assert_eq!(published[2..], ["Opportunity Request Succeeded", "Finding Closed"]);
}

/// What cannot be made into changes is not sent; it is corrected, or tried again when somebody may have mended us.
#[tokio::test]
async fn a_wish_that_cannot_be_sent_is_corrected() {
    let office = Office::new(Arc::new(MemoryStore::new()), &[], &[]);
    let processor = office.processor(None);
    let right = wish(WishKind::Create, None);
    let wrong = Wish { draft: None, ..right.clone() };
    processor.request(&id(), &wrong).await.expect("it is recorded");
    let driven = processor.drive(&id(), &*office.aws, &changes).await;
    assert!(matches!(driven, Ok(Driven::Refused(_))), "{driven:?}");
    let shown = office.shown(&id()).await;
    assert_eq!((shown.status, shown.reason.as_deref()), ("wished", Some("there is no content")));
    assert_eq!(shown.next_at.as_deref(), Some("2026-12-01T11:00:00Z"));
    office.clock.reach(time("2026-12-01T10:01:00Z"));
    let again = processor.request_again(&id(), &right).await;
    assert!(matches!(again, Ok(Requested::New)), "{again:?}");
    office.drive(&processor, &id()).await;
    assert_ended(&office, "corrected", ("succeeded", &["Active"], 1)).await;
}

#[tokio::test]
async fn a_wish_is_recorded_once() {
    let office = Office::new(Arc::new(MemoryStore::new()), &[], &[]);
    let processor = office.processor(None);
    let create = wish(WishKind::Create, None);
    assert!(matches!(processor.request(&id(), &create).await, Ok(Requested::New)));
    assert!(matches!(processor.request(&id(), &create).await, Ok(Requested::Before)));
    let long = "x".repeat(processor::request::MAX_DRAFT + 1);
    let other = RequestId::new("req-other").expect("an id");
    let long = Wish { draft: Some(long), ..create.clone() };
    let elsewhere = wish(WishKind::Restrict, Some("resaleauthz-9"));
    #[rustfmt::skip]
    let cases = [
        (&id(), Wish { why: "another".to_owned(), ..create.clone() }, "request `req-9k2m4x7c1v5bn` exists, with another content"),
        (&other, wish(WishKind::Publish, None), "a request to publish an opportunity names which one"),
        (&other, elsewhere, "there is no opportunity `resaleauthz-9` in the ledger"),
        (&other, long, "the content has 49153 bytes, more than the 49152 that a request keeps"),
    ];
    for (id, wish, expected) in cases {
        let error = processor.request(id, &wish).await.expect_err("it is refused");
        assert_eq!(error.to_string(), expected);
    }
    let unknown = processor.drive(&other, &*office.aws, &changes).await;
    let unknown = unknown.expect_err("there is none").to_string();
    assert_eq!(unknown, "there is no request `req-other` in the ledger");
    let again = processor.request_again(&id(), &create).await;
    assert!(matches!(again, Ok(Requested::Before)), "{again:?}");
}
