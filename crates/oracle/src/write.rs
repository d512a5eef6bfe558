//! Writes what AWS would: entities as `describe-entity` prints them, events as EventBridge delivers them.

mod agreement;
pub(crate) mod aside;
mod offer;
mod opportunity;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::draw::{Draw, later, whole};
use crate::market::{Market, Offer, Product, Rest};
use crate::world::{Import, Notice, NoticeKind};

/// The source of agreements and licenses.
const AGREEMENTS: &str = "aws.agreement-marketplace";
/// The source of offers and change sets.
const CATALOG: &str = "aws.marketplacecatalog";

/// Every observation of an opportunity, in the order of time.
pub(crate) fn imports(draw: &mut Draw, market: &Market) -> Vec<Import> {
    let mut imports = Vec::new();
    for opportunity in market.opportunities.values() {
        for sight in &opportunity.sights {
            let document = opportunity::document(draw, opportunity, sight);
            let about = opportunity.id.clone();
            imports.push(Import { at: sight.imported, about, document });
        }
    }
    imports.sort_by(|a, b| (a.at, &a.document).cmp(&(b.at, &b.document)));
    imports
}

/// Every notice, in the order of time.
pub(crate) fn notices(draw: &mut Draw, market: &Market) -> Vec<Notice> {
    let told = market.offers.values().filter(|offer| offer.told);
    let mut ids: BTreeMap<&str, String> =
        told.clone().map(|offer| (offer.id.as_str(), draw.uuid())).collect();
    for (one, other) in &market.twins {
        if let Some(id) = ids.get(one.as_str()).cloned() {
            ids.insert(other.as_str(), id);
        }
    }
    let about = |about: &str, notice| Notice { about: about.to_owned(), ..notice };
    let mut notices = Vec::new();
    for offer in told {
        let id = ids.get(offer.id.as_str()).cloned().unwrap_or_default();
        notices
            .push(about(&offer.id, offer::released(draw, offer, id, market, &market.us.account)));
        if let Some(names) = &offer.again {
            let released = later(offer.released, 3_600).min(market.now);
            let again = Offer { released: whole(released), names: names.clone(), ..offer.clone() };
            let id = draw.uuid();
            notices.push(about(
                &offer.id,
                offer::released(draw, &again, id, market, &market.us.account),
            ));
        }
        if let Some(sister) = market.sister.as_ref().filter(|_| market.is_sister(&offer.seller)) {
            let id = draw.uuid();
            notices.push(about(&offer.id, offer::released(draw, offer, id, market, sister)));
        }
    }
    notices.extend(offer::sets(draw, market));
    for agreement in market.agreements.values() {
        for said in &agreement.said {
            notices
                .push(about(&agreement.id, agreement::told(draw, market, agreement, said, None)));
            if market.copies(agreement, said) > 1 {
                let sister = market.sister.as_deref();
                let told = agreement::told(draw, market, agreement, said, sister);
                notices.push(about(&agreement.id, told));
            }
        }
    }
    for aside in &market.asides {
        let like = match &aside.what {
            Rest::Malformed { like: Some(offer), .. } => ids.get(offer.as_str()).cloned(),
            _ => None,
        };
        let notice = match &aside.what {
            Rest::Imitation { offer, how } => {
                let id = ids.get(offer.as_str());
                let of =
                    notices.iter().find(|notice| notice.about == *offer && Some(&notice.id) == id);
                of.map(|of| aside::imitated(aside, of, *how))
            }
            _ => Some(aside::told(draw, market, aside, like)),
        };
        notices.extend(notice.map(|notice| about(&aside.name(), notice)));
    }
    notices.sort_by(|a, b| (a.at, &a.body).cmp(&(b.at, &b.body)));
    notices
}

/// An EventBridge event before it is written out.
struct Event<'a> {
    at: Timestamp,
    id: String,
    source: &'a str,
    detail_type: &'a str,
    /// The account that it is for; real events have one, emulators leave it out.
    account: Option<&'a str>,
    resources: Vec<String>,
    detail: Map<String, Value>,
}

impl Event<'_> {
    /// The event as JSON, on one line or on many.
    fn json(mut self, draw: &mut Draw) -> Value {
        self.detail.insert("requestId".to_owned(), json!(draw.uuid()));
        if draw.percent(8) {
            self.detail.insert("introducedLater".to_owned(), json!({"kept": [1, 2.50]}));
        }
        let mut event = json!({
            "version": "0",
            "id": self.id,
            "detail-type": self.detail_type,
            "source": self.source,
            "time": stamp(self.at),
            "region": "us-east-1",
            "resources": self.resources,
            "detail": self.detail,
        });
        if let (Some(account), Value::Object(event)) = (self.account, &mut event) {
            event.insert("account".to_owned(), json!(account));
        }
        event
    }

    fn notice(self, draw: &mut Draw) -> Notice {
        let (at, id) = (self.at, self.id.clone());
        let event = self.json(draw);
        let body = if draw.percent(10) { format!("{event:#}") } else { event.to_string() };
        Notice { at, about: String::new(), id, body, kind: NoticeKind::Known }
    }
}

/// A time as AWS writes it: three decimals, or none.
fn stamp(time: Timestamp) -> String {
    if time.subsec_nanosecond() == 0 { time.to_string() } else { format!("{time:.3}") }
}

/// AWS's word for an end that never comes, or no end at all.
fn stamped_end(draw: &mut Draw, ends: Option<Timestamp>) -> Value {
    match ends {
        Some(ends) => json!(stamp(ends)),
        None if draw.percent(60) => json!("9999-01-01T00:00:00Z"),
        None => Value::Null,
    }
}

/// An object with an id, or one of the ways in which AWS says that there is none.
fn with_id(draw: &mut Draw, detail: &mut Map<String, Value>, key: &str, id: Option<&str>) {
    match id {
        Some(id) => {
            detail.insert(key.to_owned(), json!({"id": id}));
        }
        None if draw.percent(40) => {
            detail.insert(key.to_owned(), json!({"id": null}));
        }
        None if draw.percent(30) => {
            detail.insert(key.to_owned(), Value::Null);
        }
        None => {}
    }
}

/// A product by these of its names.
fn product(product: &Product, names: &[String]) -> Map<String, Value> {
    let has = |name: &String| names.contains(name);
    let mut written = Map::new();
    if has(&product.uuid) {
        written.insert("id".to_owned(), json!(product.uuid));
    }
    if has(&product.id) {
        written.entry("id").or_insert_with(|| json!(product.id));
        written.insert("arn".to_owned(), json!(product_arn(product)));
    }
    if has(&product.code) {
        written.insert("code".to_owned(), json!(product.code));
    }
    written
}

fn product_arn(product: &Product) -> String {
    let (maker, id) = (&product.maker.account, &product.id);
    format!("arn:aws:aws-marketplace:us-east-1:{maker}:AWSMarketplace/SaaSProduct/{id}")
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}
