//! Generated histories: whatever a partner, its buyers and people do, order does not matter.
//!
//! Few ids and few times, so that everything meets everything: two opportunities that fit, uses that are freed again,
//! descriptions that come late, agreements that contradict each other. What AWS never changes is a function of the id.

use std::collections::BTreeMap;
use std::sync::Arc;

use deal::moment::Moment;
use fastrand::Rng;
use ledger::memory::MemoryStore;
use ledger::store::Store;
use ledger::verify::verify;
use processor::clock::FixedClock;
use processor::delivery::{Delivery, Via};
use processor::{Processor, Settings};
use serde_json::{Map, Value, json};

use crate::conclusions::conclusions;
use crate::orders::assert_equal;
use crate::scenario::sweep;

const HISTORIES: u64 = 400;
const ORDERS: usize = 6;

pub(crate) const MAKER: &str = "111122223333";
pub(crate) const PARTNERS: [&str; 2] = ["222233334444", "333344445555"];
pub(crate) const BUYERS: [&str; 2] = ["555566667777", "666677778888"];
const ARN: &str =
    "arn:aws:aws-marketplace:us-east-1:111122223333:AWSMarketplace/SaaSProduct/prod-1";

/// What happens.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Arrives(Via, Vec<u8>),
    /// A person links an offer or excludes a pair, at a time of their own.
    Decides {
        offer: String,
        opportunity: String,
        linked: bool,
        at: Moment,
    },
}

fn time(text: &str) -> Moment {
    Moment::from(text.parse::<jiff::Timestamp>().expect("a time"))
}

/// One of few times, some of them within the skew of each other.
fn some_time(random: &mut Rng) -> String {
    let minute = random.choice([0, 0, 0, 10, 20]).expect("a minute");
    format!("2026-12-{:02}T{:02}:{minute:02}:00Z", random.u32(1..9), random.u32(8..12))
}

fn partner(random: &mut Rng) -> &'static str {
    PARTNERS[usize::from(random.u8(..5) == 0)]
}

/// Two names of one product, or another product.
fn product(random: &mut Rng, another: bool) -> Value {
    match random.u8(..3) {
        _ if another => json!({"id": "prod-2"}),
        0 => json!({"id": "prod-1"}),
        1 => json!({"id": "uuid-1", "arn": ARN}),
        _ => json!({"id": "uuid-1"}),
    }
}

/// A description of one of four opportunities, at one moment of its life.
fn opportunity(random: &mut Rng, seed: u64) -> Step {
    let number = random.u64(..4);
    let mut fixed = Rng::with_seed(number + 77 * (seed % 50));
    let modified = some_time(random);
    let released = format!("2026-12-{:02}T09:10:00Z", fixed.u32(1..4));
    let restricted = format!("2026-12-{:02}T10:10:00Z", fixed.u32(3..12));
    let status = match () {
        () if modified < released => "Draft",
        () if modified < restricted => "Active",
        () => "Restricted",
    };
    let buyers = [&BUYERS[..0], &BUYERS[..1], &BUYERS[..]][fixed.usize(..3)];
    let mut rules =
        vec![json!({"Type": "PartnerTargetingRule", "ResellerAccountId": partner(&mut fixed)})];
    let mut availability = Map::from_iter([("Type".to_owned(), json!("AvailabilityRule"))]);
    if fixed.bool() {
        availability.insert("OffersMaxQuantity".to_owned(), json!(1));
    }
    if fixed.bool() {
        let end = format!("2026-12-{:02}T23:59:59Z", fixed.u32(2..6));
        availability.insert("AvailabilityEndDate".to_owned(), json!(end));
    }
    rules.push(Value::Object(availability));
    let name = fixed.choice(["prod-2", "uuid-1", "prod-1", "prod-1"]).expect("a name");
    let mut details = json!({
        "Name": "x", "ProductId": name, "Status": status, "ManufacturerAccountId": MAKER,
        "CreatedDate": format!("2026-12-{:02}T08:00:00Z", fixed.u32(1..4)), "Rules": rules,
        "Terms": [{"Type": "BuyerTargetingTerm", "PositiveTargeting": {"BuyerAccounts": buyers}}],
        "OfferDetails": {"OfferCreatedCount": random.u8(..2)},
    });
    if name != "prod-2" && random.bool() {
        details["ProductArn"] = json!(ARN);
    }
    let entity = json!({
        "EntityType": "ResaleAuthorization@1.0", "LastModifiedDate": modified,
        "EntityIdentifier": format!("resaleauthz-{number}@1"), "DetailsDocument": details,
    });
    let described = marketplace::catalog::describe(entity.to_string().as_bytes());
    Step::Arrives(Via::Import, described.expect("an entity").envelopes.remove(0))
}

pub(crate) fn arrives(source: &str, detail_type: &str, at: &str, detail: &Value) -> Step {
    let body = json!({
        "source": source, "detail-type": detail_type, "account": MAKER, "time": at, "detail": detail,
    });
    Step::Arrives(Via::Queue, body.to_string().into_bytes())
}

fn offer(random: &mut Rng) -> Step {
    let number = random.u64(..6);
    let mut fixed = Rng::with_seed(number + 999);
    let buyers = [&BUYERS[..0], &BUYERS[..1], &BUYERS[1..], &BUYERS[..]][random.usize(..4)];
    let detail = json!({
        "offer": {"id": format!("offer-{number}")},
        "sellerOfRecord": {"accountId": partner(&mut fixed), "name": "Northwind Resale"},
        "product": product(random, fixed.u8(..4) == 0), "manufacturer": {"accountId": MAKER},
        "targetedBuyerAccountIds": buyers,
    });
    arrives("aws.marketplacecatalog", "Offer Released", &some_time(random), &detail)
}

fn agreement(random: &mut Rng) -> Step {
    let number = random.u64(..6);
    let mut fixed = Rng::with_seed(number + 5);
    let at = some_time(random);
    let mut detail = json!({
        "agreement": {"id": format!("agmt-{number}")}, "proposer": {"accountId": partner(&mut fixed)},
        "offer": {"id": format!("offer-{}", fixed.u8(..6))},
        "acceptor": {"accountId": BUYERS[fixed.usize(..2)]},
    });
    let named = if random.u8(..8) == 0 { random.u8(..4) } else { fixed.u8(..4) };
    if random.u8(..4) > 0 {
        detail["resaleAuthorization"] = json!({"id": format!("resaleauthz-{named}")});
    }
    let of = &mut detail["agreement"];
    let name = match random.u8(..10) {
        0..4 => {
            of["intent"] = json!(random.choice(["NEW", "RENEW", "REPLACE"]));
            of["acceptanceTime"] = json!(at);
            if random.u8(..4) == 0 {
                of["startTime"] = json!("2026-12-20T00:00:00Z");
            }
            if random.u8(..8) == 0 {
                of["previousAgreementId"] = json!(format!("agmt-{}", random.u8(..6)));
            }
            "Purchase Agreement Created - Manufacturer"
        }
        4..6 => {
            of["status"] = json!(random.choice(["RENEWED", "REPLACED", "CANCELLED"]));
            "Purchase Agreement Ended - Manufacturer"
        }
        6 => {
            of["endTime"] = json!("2026-12-09T00:00:00Z");
            "Purchase Agreement Amended - Manufacturer"
        }
        kind => {
            let license = format!("l-{number}{}", random.u8(..2));
            let arn = format!("arn:aws:license-manager::888899990000:license:{license}");
            detail["license"] = json!({"arn": arn});
            detail["product"] = product(random, false);
            if random.u8(..3) == 0 {
                detail["agreement"] = Value::Null;
            }
            if kind == 9 {
                "License Deprovisioned - Manufacturer"
            } else {
                "License Updated - Manufacturer"
            }
        }
    };
    arrives("aws.agreement-marketplace", name, &at, &detail)
}

fn decision(random: &mut Rng, minute: i64) -> Step {
    Step::Decides {
        offer: format!("offer-{}", random.u8(..6)),
        opportunity: format!("resaleauthz-{}", random.u8(..4)),
        linked: random.u8(..3) > 0,
        at: time("2026-12-29T00:00:00Z").plus_minutes(minute),
    }
}

fn history(seed: u64) -> Vec<Step> {
    let mut random = Rng::with_seed(seed);
    let decisions = if random.u8(..3) == 0 { random.i64(1..4) } else { 0 };
    let mut steps: Vec<Step> = (0..decisions).map(|n| decision(&mut random, n)).collect();
    for _ in 0..random.usize(3..25) {
        steps.push(match random.u8(..10) {
            0..3 => opportunity(&mut random, seed),
            3..6 => offer(&mut random),
            _ => agreement(&mut random),
        });
    }
    steps
}

struct World {
    store: Arc<dyn Store>,
    arrived: usize,
}

impl World {
    fn at(&self, now: Moment) -> Processor {
        Processor::new(Arc::clone(&self.store), Arc::new(FixedClock(now)), Settings::default())
    }

    /// Whether it could be done: a person decides only on what the ledger holds.
    async fn take(&mut self, now: Moment, step: &Step) -> bool {
        match step {
            Step::Arrives(via, body) => {
                self.arrived += 1;
                let id = format!("d-{}", self.arrived);
                let delivery = Delivery { id, via: *via, body: body.clone() };
                for result in self.at(now).process(&[delivery]).await {
                    result.expect("the delivery is recorded");
                }
                true
            }
            Step::Decides { offer, opportunity, linked, at } => {
                let offer = offer.clone().try_into().expect("an id");
                let opportunity = opportunity.clone().try_into().expect("an id");
                self.at(*at).decide_link(&offer, &opportunity, *linked, "ann", "why").await.is_ok()
            }
        }
    }
}

/// Takes the steps in this order, time standing at the end or passing between them.
pub(crate) async fn conclude(
    steps: &[Step],
    order: &[usize],
    passing: &mut Rng,
) -> BTreeMap<String, Value> {
    let end = time("2026-12-30T00:00:00Z");
    let mut world = World { store: Arc::new(MemoryStore::new()), arrived: 0 };
    let mut now = if passing.bool() { end } else { time("2026-12-01T00:00:00Z") };
    let mut late = Vec::new();
    for step in order {
        now = now.plus_minutes(passing.i64(..4_000)).min(end);
        if !world.take(now, &steps[*step]).await {
            late.push(*step);
        }
        if passing.u8(..8) == 0 {
            world.at(now).sweep(100).await.expect("the sweep is recorded");
        }
    }
    for step in late {
        world.take(end, &steps[step]).await;
    }
    sweep(&world.at(end)).await;
    let report = verify(&*world.store, &mut |_| {}).await.expect("the ledger can be read");
    assert!(report.is_sound(), "{:?}", report.faults);
    conclusions(&*world.store).await
}

#[tokio::test]
async fn every_order_of_a_generated_history_gives_the_same_conclusions() {
    for seed in 0..HISTORIES {
        let steps = history(seed);
        let straight: Vec<usize> = (0..steps.len()).collect();
        let mut random = Rng::with_seed(seed);
        let expected = conclude(&steps, &straight, &mut random).await;
        for _ in 0..ORDERS {
            let mut order = straight.clone();
            order.push(random.usize(..steps.len()));
            random.shuffle(&mut order);
            let found = conclude(&steps, &order, &mut random).await;
            assert_equal(&format!("history {seed} in the order {order:?}"), &found, &expected);
        }
    }
}

/// More offers than one transaction judges again: what is left pending is not forgotten when more comes.
#[tokio::test]
async fn a_walk_longer_than_a_transaction_loses_nobody() {
    let described = |status: &str, modified: &str| {
        let details = json!({
            "Name": "x", "ProductId": "prod-1", "Status": status, "ManufacturerAccountId": MAKER,
            "CreatedDate": "2026-12-01T08:00:00Z",
            "Rules": [{"Type": "PartnerTargetingRule", "ResellerAccountId": PARTNERS[0]}],
        });
        let entity = json!({
            "EntityType": "ResaleAuthorization@1.0", "LastModifiedDate": modified,
            "EntityIdentifier": "resaleauthz-0@1", "DetailsDocument": details,
        });
        let described = marketplace::catalog::describe(entity.to_string().as_bytes());
        Step::Arrives(Via::Import, described.expect("an entity").envelopes.remove(0))
    };
    let mut steps = vec![
        described("Draft", "2026-12-01T09:00:00Z"),
        described("Active", "2026-12-02T09:00:00Z"),
        described("Restricted", "2026-12-05T09:00:00Z"),
    ];
    for number in 0..450 {
        let detail = json!({
            "offer": {"id": format!("offer-{number}")}, "product": {"id": "prod-1"},
            "manufacturer": {"accountId": MAKER}, "sellerOfRecord": {"accountId": PARTNERS[0]},
            "targetedBuyerAccountIds": [BUYERS[0]],
        });
        let at = format!("2026-12-{:02}T10:{:02}:00Z", 1 + number % 8, number % 60);
        steps.push(arrives("aws.marketplacecatalog", "Offer Released", &at, &detail));
    }
    let straight: Vec<usize> = (0..steps.len()).collect();
    let reversed: Vec<usize> = straight.iter().rev().copied().collect();
    let last = [&straight[3..], &[0, 2, 1][..]].concat();
    let mut still = Rng::with_seed(1);
    let expected = conclude(&steps, &straight, &mut still).await;
    for order in [reversed, last] {
        assert_equal("many offers", &conclude(&steps, &order, &mut still).await, &expected);
    }
}
