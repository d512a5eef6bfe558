//! The ledger is brought in step with AWS's resale authorizations: what differs is recorded, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use jiff::Timestamp;
use ledger::memory::MemoryStore;
use ledger::store::Store;
use ledger::verify::verify;
use marketplace::catalog::describe;
use marketplace::changeset::{AuthorizationSummary, ChangeSet, ChangeSetReport, ChangeSetSummary};
use marketplace::ids::{ChangeSetId, OpportunityId};
use processor::chain::Chain;
use processor::clock::FixedClock;
use processor::delivery::{Delivery, Via};
use processor::opportunity_sync::{SyncError, Synced};
use processor::port::{
    AuthorizationFilter, CallError, CallOutcome, Catalog, MAX_DESCRIBED, Page, Refused, Retry,
};
use processor::{Processor, Settings};
use serde_json::{Value, json};

use crate::conclusions::conclusions;

/// Authorizations of one page of the fake's list.
const PAGE: usize = 30;

/// A catalog with authorizations, some of which it does not describe.
#[derive(Default)]
struct Fake {
    /// By id, as they are described.
    authorizations: BTreeMap<String, Value>,
    /// Those are listed, and not described.
    refused: BTreeSet<String>,
    /// After so many descriptions it fails.
    descriptions: Option<usize>,
    asked: Mutex<Asked>,
}

/// What was asked of a fake.
#[derive(Debug, Default, Clone, PartialEq)]
struct Asked {
    lists: usize,
    described: Vec<usize>,
}

impl Fake {
    fn with(count: usize) -> Self {
        let mut fake = Self::default();
        for number in 0..count {
            let id = format!("resaleauthz-{number:04}");
            fake.set(&id, "2026-11-20T10:00:00.331Z", "Draft");
        }
        fake
    }

    fn set(&mut self, id: &str, modified: &str, status: &str) {
        let entity = json!({
            "EntityType": "ResaleAuthorization@1.0", "EntityIdentifier": format!("{id}@1"),
            "LastModifiedDate": modified,
            "DetailsDocument": {"Name": format!("For {id}"), "Status": status, "ProductId": "prod-k3x9examplesaas",
                "CreatedDate": "2026-11-20T10:00:00.000Z", "AgreementToken": "secret",
                "Rules": [{"Type": "PartnerTargetingRule", "ResellerAccountId": "222233334444"}],
                "Terms": [{"Type": "BuyerLegalTerm", "Documents":
                    [{"Type": "CustomEula", "Url": "https://s3.example/eula.pdf?X-Amz-Signature=secret"}]}]}});
        self.authorizations.insert(id.to_owned(), entity);
    }

    fn asked(&self) -> Asked {
        std::mem::take(&mut *self.asked.lock().expect("no panic"))
    }
}

fn away() -> CallError {
    let (outcome, retry) = (CallOutcome::Unknown, Retry::Soon);
    let cause = "InternalServiceException: Sorry".into();
    CallError { doing: "read resale authorizations", outcome, retry, code: None, cause }
}

#[async_trait]
impl Catalog for Fake {
    async fn start_change_set(&self, _set: &ChangeSet) -> Result<ChangeSetId, CallError> {
        Err(away())
    }

    async fn describe_change_set(&self, _id: &ChangeSetId) -> Result<ChangeSetReport, CallError> {
        Err(away())
    }

    async fn change_sets_named(
        &self,
        _name: &str,
        _after: Timestamp,
    ) -> Result<Vec<ChangeSetSummary>, CallError> {
        Err(away())
    }

    /// Every second page is empty.
    async fn authorizations(
        &self,
        _filter: &AuthorizationFilter,
        page: Option<&str>,
    ) -> Result<Page<AuthorizationSummary>, CallError> {
        self.asked.lock().expect("no panic").lists += 1;
        let page: usize = page.map_or(0, |page| page.parse().expect("a page of ours"));
        let rows = self.authorizations.iter().skip(page / 2 * PAGE);
        let take = if page.is_multiple_of(2) { PAGE } else { 0 };
        let items = rows.take(take).map(|(id, entity)| AuthorizationSummary {
            id: OpportunityId::new(id.as_str()).expect("an id"),
            name: None,
            status: entity["DetailsDocument"]["Status"].as_str().map(str::to_owned),
            last_modified: entity["LastModifiedDate"].as_str().and_then(|text| text.parse().ok()),
            reseller: None,
            product: None,
        });
        let pages = self.authorizations.len().div_ceil(PAGE) * 2;
        let next = (page + 1 < pages).then(|| (page + 1).to_string());
        Ok(Page { items: items.collect(), next })
    }

    async fn describe(
        &self,
        ids: &[OpportunityId],
    ) -> Result<BTreeMap<OpportunityId, Result<Box<str>, Refused>>, CallError> {
        assert!(!ids.is_empty() && ids.len() <= MAX_DESCRIBED, "{}", ids.len());
        let mut asked = self.asked.lock().expect("no panic");
        if self.descriptions.is_some_and(|most| asked.described.len() >= most) {
            return Err(away());
        }
        asked.described.push(ids.len());
        let one = |id: &OpportunityId| {
            if self.refused.contains(id.as_str()) {
                let (code, message) = ("ResourceNotFoundException", "No such entity");
                return Err(Refused { code: code.to_owned(), message: message.to_owned() });
            }
            Ok(self.authorizations[id.as_str()].to_string().into())
        };
        Ok(ids.iter().map(|id| (id.clone(), one(id))).collect())
    }
}

struct Ledger {
    store: Arc<dyn Store>,
    processor: Processor,
}

impl Ledger {
    fn new() -> Self {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let now: Timestamp = "2026-11-29T12:00:00Z".parse().expect("a time");
        let clock = Arc::new(FixedClock(now.into()));
        let processor = Processor::new(Arc::clone(&store), clock, Settings::default());
        Self { store, processor }
    }

    async fn sync(&self, fake: &Fake) -> Result<Synced, SyncError> {
        self.processor.sync_opportunities(fake, &AuthorizationFilter::default(), None).await
    }

    /// Notifications, arrivals and events.
    async fn rows(&self) -> (i64, i64, i64) {
        let mut snapshot = self.store.snapshot().await.expect("a snapshot");
        let counts = snapshot.counts().await.expect("counts");
        (counts.notifications, counts.deliveries, counts.events)
    }
}

fn done(listed: usize, read: usize, recorded: usize) -> Synced {
    Synced { listed, read, recorded, ..Synced::default() }
}

#[tokio::test]
async fn only_what_differs_is_read_and_recorded() {
    let (ledger, mut fake) = (Ledger::new(), Fake::with(70));
    assert_eq!(ledger.sync(&fake).await.expect("it is through"), done(70, 70, 70));
    let described = vec![20, 10, 20, 10, 10];
    assert_eq!(fake.asked(), Asked { lists: 6, described });
    let rows = ledger.rows().await;
    assert_eq!((rows.0, rows.1), (70, 70));

    // Nothing changed: nothing is read or recorded.
    assert_eq!(ledger.sync(&fake).await.expect("it is through"), done(70, 0, 0));
    assert_eq!(fake.asked(), Asked { lists: 6, described: vec![] });
    assert_eq!(ledger.rows().await, rows);

    // One was changed, and one only by its status.
    fake.set("resaleauthz-0003", "2026-11-21T10:00:00Z", "Draft");
    fake.set("resaleauthz-0004", "2026-11-20T10:00:00.331Z", "Active");
    fake.set("resaleauthz-9999", "2026-11-21T10:00:00Z", "Draft");
    assert_eq!(ledger.sync(&fake).await.expect("it is through"), done(71, 3, 3));
    assert_eq!(ledger.rows().await.0, rows.0 + 3);
    let report = verify(&*ledger.store, &mut |_| {}).await.expect("the ledger can be read");
    assert!(report.is_sound(), "{:?}", report.faults);
}

#[tokio::test]
async fn it_records_what_an_import_records() {
    let (synced, imported, fake) = (Ledger::new(), Ledger::new(), Fake::with(25));
    synced.sync(&fake).await.expect("it is through");
    for (number, entity) in fake.authorizations.values().enumerate() {
        for body in describe(entity.to_string().as_bytes()).expect("a description").envelopes {
            let delivery = Delivery { id: format!("file-{number}"), via: Via::Import, body };
            for result in imported.processor.process(&[delivery]).await {
                result.expect("it is recorded");
            }
        }
    }
    let everything = conclusions(&*synced.store).await;
    assert_eq!(everything, conclusions(&*imported.store).await);
    assert!(!format!("{everything:?}").contains("secret"));
    // What was imported is known.
    fake.asked();
    assert_eq!(imported.sync(&fake).await.expect("it is through"), done(25, 0, 0));
}

#[tokio::test]
async fn what_aws_does_not_describe_keeps_no_other_from_being_recorded() {
    let (ledger, mut fake) = (Ledger::new(), Fake::with(5));
    fake.refused.insert("resaleauthz-0001".to_owned());
    fake.authorizations.get_mut("resaleauthz-0002").expect("it is there")["EntityType"] =
        json!("Offer@1.0");
    fake.authorizations.get_mut("resaleauthz-0003").expect("it is there")["DetailsDocument"] =
        json!({"Status": 7});
    let synced = ledger.sync(&fake).await.expect("it is through");
    assert_eq!((synced.listed, synced.read, synced.recorded), (5, 5, 2));
    let left_out: Vec<_> = synced.left_out.iter().map(|(id, why)| format!("{id}: {why}")).collect();
    assert_eq!(
        left_out,
        [
            "resaleauthz-0001: ResourceNotFoundException: No such entity",
            "resaleauthz-0002: its type is `Offer@1.0`, which is no resale authorization",
            "resaleauthz-0003: read the resale authorization `resaleauthz-0003@1`: \
             `detail.DetailsDocument.Status` must be a string, is a number",
        ]
    );
}

#[tokio::test]
async fn a_run_that_ends_in_the_middle_is_begun_again() {
    let (ledger, mut fake) = (Ledger::new(), Fake::with(70));
    fake.descriptions = Some(3);
    let error = ledger.sync(&fake).await.expect_err("AWS is away");
    assert_eq!(
        error.done,
        Synced { next: Some("2".to_owned()), ..done(60, 50, 50) },
        "the page is not through"
    );
    assert_eq!(
        Chain(&error).to_string(),
        "could not bring the opportunities in step with AWS: cannot read resale authorizations: \
         InternalServiceException: Sorry"
    );
    fake.descriptions = None;
    fake.asked();
    let from = error.done.next;
    let filter = AuthorizationFilter::default();
    let synced = ledger.processor.sync_opportunities(&fake, &filter, from).await;
    assert_eq!(synced.expect("it is through"), done(40, 20, 20));
    assert_eq!(ledger.rows().await.0, 70);
}

#[tokio::test]
async fn a_long_list_is_read_in_several_runs() {
    let (ledger, fake) = (Ledger::new(), Fake::with(PAGE * 60));
    let first = ledger.sync(&fake).await.expect("it is a part");
    assert_eq!((first.listed, first.next.as_deref()), (PAGE * 50, Some("100")));
    let filter = AuthorizationFilter::default();
    let second = ledger.processor.sync_opportunities(&fake, &filter, first.next).await;
    assert_eq!(second.expect("it is through"), done(PAGE * 10, PAGE * 10, PAGE * 10));
}
