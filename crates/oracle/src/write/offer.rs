//! Offers and offer sets as EventBridge delivers them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::draw::{Draw, later};
use crate::market::{Market, Offer, Sale};
use crate::world::Notice;

use super::{CATALOG, Event, object, product, stamped_end};

/// `Offer Released`, as told to one of our accounts.
pub(super) fn released(
    draw: &mut Draw,
    offer: &Offer,
    id: String,
    market: &Market,
    to: &str,
) -> Notice {
    let sister = market.is_sister(&offer.seller);
    let (seller, maker) = (&offer.seller, &offer.product.maker);
    let mut detail = object(json!({
        "catalog": "AWSMarketplace",
        "offer": {
            "id": offer.id,
            "arn": format!("arn:aws:catalog:us-east-1:{}:Offer/{}", seller.account, offer.id),
            "name": format!("{} by {}", offer.product.title, seller.name),
            "expirationDate": stamped_end(draw, offer.expires),
        },
        "sellerOfRecord": {"accountId": seller.account, "name": seller.name},
    }));
    let mut named = product(&offer.product, &offer.names);
    named.insert("title".to_owned(), json!(offer.product.title));
    if !offer.names.is_empty() || draw.percent(50) {
        detail.insert("product".to_owned(), Value::Object(named));
    }
    // Of our own offers the maker tells the type.
    if offer.sale != Sale::Partner || sister || draw.percent(90) {
        let maker = json!({"accountId": maker.account, "name": maker.name});
        detail.insert("manufacturer".to_owned(), maker);
    }
    if !offer.buyers.is_empty() {
        detail.insert("targetedBuyerAccountIds".to_owned(), json!(offer.buyers));
    }
    let told = offer.sale == Sale::Resold || sister || draw.percent(92);
    let event = Event {
        at: offer.released,
        id,
        source: CATALOG,
        detail_type: "Offer Released",
        account: told.then_some(to),
        resources: vec![arn("Offer", &seller.account, &offer.id)],
        detail,
    };
    event.notice(draw)
}

/// `OfferSet Released`, for every set.
pub(super) fn sets(draw: &mut Draw, market: &Market) -> Vec<Notice> {
    let mut sets: BTreeMap<&str, Vec<&Offer>> = BTreeMap::new();
    for offer in market.offers.values() {
        if let Some(set) = &offer.set {
            sets.entry(set).or_default().push(offer);
        }
    }
    let set = |(id, offers): (&str, Vec<&Offer>)| {
        let released = offers.iter().map(|offer| offer.released).max();
        let at = later(released.unwrap_or(Timestamp::UNIX_EPOCH), 13).min(market.now);
        let seller = offers.first().map(|offer| offer.seller.account.as_str()).unwrap_or_default();
        let associated: Vec<Value> =
            offers.iter().map(|offer| json!({"offer": {"id": offer.id}})).collect();
        let event = Event {
            at: crate::draw::whole(at),
            id: draw.uuid(),
            source: CATALOG,
            detail_type: "OfferSet Released",
            account: Some(&market.us.account),
            resources: vec![arn("OfferSet", seller, id)],
            detail: object(json!({
                "catalog": "AWSMarketplace",
                "offerSet": {"id": id, "name": "A bundle"},
                "associatedOffers": associated,
            })),
        };
        Notice { about: id.to_owned(), ..event.notice(draw) }
    };
    sets.into_iter().map(set).collect()
}

fn arn(kind: &str, account: &str, id: &str) -> String {
    format!("arn:aws:aws-marketplace:us-east-1:{account}:AWSMarketplace/{kind}/{id}")
}
