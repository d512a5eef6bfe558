//! The whole life of a deal, from the partner's terms to what the buyer may use, with an offline AWS; and the same with a machine
//! that stops at each step of the ledger, once.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use async_trait::async_trait;
use aws::api::Access;
use aws::catalog::CatalogApi;
use aws::endpoint::Endpoint;
use aws::entitlements::EntitlementApi;
use aws::offline::seed::Seed;
use aws::offline::serve::{Records, Server};
use aws::offline::world::{Settings as Laws, World};
use aws::registration::MeteringApi;
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use deal::facts::partner::Authorization;
use deal::facts::request::{Wish, WishKind};
use deal::moment::Moment;
use deal::request::{Outcome, RequestId};
use deal::state::State;
use deal::stream::StreamId;
use jiff::{SignedDuration, Timestamp};
use ledger::memory::MemoryStore;
use ledger::store::{Store, StoreError};
use ledger::verify::verify;
use marketplace::draft::Form;
use marketplace::ids::{AccountId, AgreementId, OfferId, OpportunityId, ProductName};
use marketplace::registration::envelope;
use processor::clock::Clock;
use processor::delivery::{Delivery, Via};
use processor::errand::{Errands, Marketplace};
use processor::port::Registrations as _;
use processor::request::{Content, Driven, changes};
use processor::{Processor, Settings};
use serde_json::{Value, json};
use simulator::conclusions::conclusions;
use simulator::stepped::{Step, SteppedStore, Steps};

use crate::resold::events;

const PARTNER: &str = "222233334444";
const PRODUCT: &str = "prod-k3x9examplesaas";
const LICENSE: &str =
    "arn:aws:license-manager::888899990000:license:l-0f3c0example00000000000000000ab";

fn time(text: &str) -> Moment {
    Moment::from(text.parse::<Timestamp>().expect("a time"))
}

/// A clock that only goes forward.
struct Hands(AtomicI64);

impl Hands {
    fn reach(&self, time: Moment) {
        self.0.fetch_max(time.micros(), Ordering::SeqCst);
    }
}

#[async_trait]
impl Clock for Hands {
    fn now(&self) -> Moment {
        Moment::from_micros(self.0.load(Ordering::SeqCst))
    }

    async fn back_off(&self, _: u32) {}
}

/// The machine stops at the step of this number, from 1 on; at a commit, before it or after it. 0: never.
struct StopsAt(usize, AtomicUsize);

impl StopsAt {
    fn has_stopped(&self) -> bool {
        self.0 > 0 && self.1.load(Ordering::SeqCst) >= self.0
    }
}

#[async_trait]
impl Steps for StopsAt {
    async fn step(&self, _: Step) -> Result<(), StoreError> {
        let number = self.1.fetch_add(1, Ordering::SeqCst) + 1;
        let source = "the machine stopped".into();
        let stopped = StoreError::Unavailable { attempt: "taking a step", source };
        if number == self.0 { Err(stopped) } else { Ok(()) }
    }
}

/// A step failed: the machine stopped.
#[derive(Debug)]
struct Stopped;

impl<E: std::error::Error> From<E> for Stopped {
    fn from(_: E) -> Self {
        Self
    }
}

/// An ISV's office: its ledger, and AWS.
struct Office {
    store: Arc<dyn Store>,
    steps: Arc<StopsAt>,
    clock: Arc<Hands>,
    server: Server,
    catalog: CatalogApi,
    entitlements: EntitlementApi,
    metering: MeteringApi,
}

impl Office {
    async fn open(stops_at: usize) -> Self {
        let clock = Arc::new(Hands(AtomicI64::new(time("2026-12-01T10:00:00Z").micros())));
        let laws = Laws { change_set_time: SignedDuration::from_secs(100), ..Laws::default() };
        let world = World::new(Seed::example(), laws).expect("the example is right");
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let theirs: Arc<dyn Clock> = Arc::<Hands>::clone(&clock);
        let server = Server::start(address, world, theirs, Records::default()).await;
        let server = server.expect("a free port");
        let endpoint = Endpoint::new(&server.url()).expect("an endpoint");
        let nobody = Credentials::new("nobody", "nothing", None, None, "test");
        let nobody = SharedCredentialsProvider::new(nobody);
        let access = Access::new(Some(endpoint), nobody);
        Self {
            store: Arc::new(MemoryStore::new()),
            steps: Arc::new(StopsAt(stops_at, AtomicUsize::new(0))),
            clock,
            server,
            catalog: CatalogApi::new(access.clone()),
            entitlements: EntitlementApi::new(access.clone()),
            metering: MeteringApi::new(access),
        }
    }

    /// A machine that works here, with nothing but the ledger to know from.
    fn machine(&self) -> Processor {
        let steps: Arc<dyn Steps> = Arc::<StopsAt>::clone(&self.steps);
        let store = Arc::new(SteppedStore::new(Arc::clone(&self.store), steps));
        let clock: Arc<dyn Clock> = Arc::<Hands>::clone(&self.clock);
        Processor::new(store, clock, Settings::default())
    }

    /// Another machine goes on with what one stopped in.
    async fn until_done(&self, step: impl AsyncFn(&Processor) -> Result<(), Stopped>) {
        if step(&self.machine()).await.is_err() {
            step(&self.machine()).await.expect("a machine stops once");
        }
    }

    /// A queue brings this, until it is acknowledged.
    async fn deliver(&self, id: &str, via: Via, body: Vec<u8>) {
        let delivery = Delivery { id: id.to_owned(), via, body };
        self.until_done(async |machine| {
            for result in machine.process(std::slice::from_ref(&delivery)).await {
                result?;
            }
            Ok(())
        })
        .await;
    }

    async fn state(&self, stream: &StreamId) -> State {
        let mut snapshot = self.store.snapshot().await.expect("a snapshot");
        let rows = snapshot.streams(std::slice::from_ref(stream)).await.expect("streams");
        let row = rows.first().expect("the stream is there");
        State::from_json(stream.kind(), &row.facts, &row.concluded).expect("a state")
    }

    /// Which opportunity the offer is linked to, and by what.
    async fn link(&self) -> Value {
        let offer = StreamId::offer(&OfferId::new("offer-happyat9bsd4v").expect("an id"));
        let state = self.state(&offer).await;
        let offer = serde_json::to_value(&state.concluded.offer).expect("JSON");
        offer["link"].clone()
    }

    async fn entitlement(&self) -> Value {
        let id = AgreementId::new("agmt-happyg0t2esidvalogd72qnix").expect("an id");
        let state = self.state(&StreamId::agreement(&id)).await;
        serde_json::to_value(&state.concluded.entitlement).expect("JSON")
    }
}

/// A notification of the happy path, of this opportunity and of the license that AWS knows.
fn notification(file: &str, opportunity: &OpportunityId) -> Vec<u8> {
    let text = std::fs::read_to_string(events().join("happy-path").join(file)).expect("a file");
    let text = text.replace("resaleauthz-happyjioo4641", opportunity.as_str());
    let license =
        "arn:aws:license-manager::888899990000:license:l-ad4a879af4b74a531b8f843dcf44ee18";
    text.replace(license, LICENSE).into_bytes()
}

fn form() -> Form {
    let form = json!({
        "name": "Example Analytics via Northwind Resale", "product": PRODUCT, "partner": PARTNER,
        "buyers": ["555566667777"], "currency": "USD",
        "unit_prices": {"P12M": {"seats": "480"}},
        "usage_prices": {"api_calls_1k": "0.042", "gb_stored": "0.00015"},
        "eula": "standard", "offers_until": "2026-12-31",
    });
    serde_json::from_value(form).expect("a form")
}

/// A person asks for an opportunity; a worker asks AWS each minute until it is there. Returns it.
async fn create_an_opportunity(office: &Office) -> OpportunityId {
    let id = RequestId::new("req-9k2m4x7c1v5bn").expect("an id");
    let content = Content { opportunity: form(), publish: true, restrict_original: false };
    let wish = Wish {
        kind: WishKind::Create,
        opportunity: None,
        name: Some("Example Analytics via Northwind Resale".to_owned()),
        partner: AccountId::new(PARTNER).ok(),
        product: ProductName::new(PRODUCT).ok(),
        draft: content.canonical().ok(),
        who: "ann".to_owned(),
        why: "the partner asked".to_owned(),
    };
    office
        .until_done(async |machine| {
            machine.request(&id, &wish).await?;
            Ok(())
        })
        .await;
    let marketplace = Marketplace { catalog: &office.catalog, entitlements: &office.entitlements };
    let today = "2026-12-01".parse().expect("a day");
    let mut outcome = None;
    for _ in 0..30 {
        let machine = office.machine();
        // What failed is asked again in the next minute.
        let _ = machine.run_errands(&marketplace, Errands::Due, Moment::MAX).await;
        office.clock.reach(office.clock.now().plus_minutes(1));
        if let Ok(Driven::Done(done)) = machine.drive(&id, &office.catalog, &changes(today)).await {
            outcome = Some(done);
            break;
        }
    }
    match outcome {
        Some(Outcome::Succeeded(opportunity)) => opportunity,
        _ => None,
    }
    .expect("there is an opportunity after half an hour")
}

/// Everything that happens, with a machine that stops once. Returns whether it did, and what the ledger concludes.
async fn live(stops_at: usize) -> (bool, BTreeMap<String, Value>) {
    let office = Office::open(stops_at).await;
    let partner = AccountId::new(PARTNER).expect("an account");
    let product = ProductName::new(PRODUCT).expect("a product");
    let word = Authorization {
        sells: true,
        terms: None,
        who: "ann".to_owned(),
        why: "their contract".to_owned(),
    };
    office
        .until_done(async |machine| {
            machine.authorize(&partner, &product, &word, Some("Northwind")).await?;
            Ok(())
        })
        .await;

    let opportunity = create_an_opportunity(&office).await;
    let there = office.server.with_world(|world, _| world.take_events());
    assert_eq!(there.len(), 1, "stopped at {stops_at}: one change set: {there:?}");
    for event in there {
        office.deliver("change-set", Via::Queue, event.to_string().into_bytes()).await;
    }

    office.clock.reach(time("2026-12-02T16:21:00Z"));
    let released = notification("02-offer-released.json", &opportunity);
    office.deliver("offer", Via::Queue, released).await;
    let link = office.link().await;
    assert_eq!(link["basis"], "inferred", "stopped at {stops_at}: {link}");

    office.clock.reach(time("2026-12-03T09:16:00Z"));
    let created = notification("03-agreement-created.json", &opportunity);
    office.deliver("agreement", Via::Queue, created).await;
    let link = office.link().await;
    assert_eq!(link["basis"], "confirmed", "stopped at {stops_at}: {link}");
    let updated = notification("04-license-updated.json", &opportunity);
    office.deliver("license", Via::Queue, updated).await;

    let token = "example-registration-token";
    let registration = office.metering.resolve(token).await.expect("AWS knows it");
    let us = AccountId::new("111122223333").expect("an account");
    let at = office.clock.now().timestamp();
    let registered = envelope(&registration, Some(&us), at);
    office.deliver("registration", Via::Queue, registered).await;

    let marketplace = Marketplace { catalog: &office.catalog, entitlements: &office.entitlements };
    for _ in 0..3 {
        let machine = office.machine();
        let _ = machine.run_errands(&marketplace, Errands::Due, Moment::MAX).await;
        office.clock.reach(office.clock.now().plus_minutes(10));
    }
    office
        .until_done(async |machine| {
            while machine.sweep(100).await? > 0 {}
            Ok(())
        })
        .await;
    let entitlement = office.entitlement().await;
    assert_eq!(entitlement["status"], "active", "stopped at {stops_at}: {entitlement}");
    let quantity = &entitlement["quantities"][0];
    assert_eq!(
        (&quantity["dimension"], &quantity["value"]),
        (&json!("seats"), &json!("250")),
        "stopped at {stops_at}: {entitlement}"
    );
    let report = verify(&*office.store, &mut |_| {}).await.expect("the ledger can be read");
    assert!(report.is_sound(), "stopped at {stops_at}: {:?}", report.faults);
    let mut all = conclusions(&*office.store).await.expect("the ledger can be read");
    for conclusion in all.values_mut() {
        // When AWS made what was asked for, and when it was read: a machine that stopped asks later.
        conclusion.as_object_mut().expect("an object").remove("facts");
        if let Some(read_at) = conclusion.pointer_mut("/entitlement/quantities/0/read_at") {
            *read_at = Value::Null;
        }
    }
    (office.steps.has_stopped(), all)
}

#[tokio::test]
async fn the_whole_life_of_a_deal_is_the_same_wherever_a_machine_stops() {
    let (_, expected) = live(0).await;
    let mut steps = 0;
    loop {
        let (has_stopped, found) = live(steps + 1).await;
        if !has_stopped {
            break;
        }
        steps += 1;
        assert_eq!(found, expected, "stopped at {steps}");
    }
    assert!(steps > 50, "there were steps: {steps}");
}
