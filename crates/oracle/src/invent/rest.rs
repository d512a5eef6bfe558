//! What AWS tells besides deals, and what cannot be used.

use jiff::Timestamp;

use crate::draw::{DAY, Draw, later, whole};
use crate::market::{Aside, Flaw, Imitated, Market, Offer, Rest};

use super::Scene;

const FLAWS: [Flaw; 8] = [
    Flaw::Truncated,
    Flaw::NotJson,
    Flaw::NotAnObject,
    Flaw::NoTime,
    Flaw::NoType,
    Flaw::WrongTime,
    Flaw::WrongShape,
    Flaw::WrongAccount,
];

/// Source and detail-type of things that AWS may invent one day.
const UNKNOWN: [(&str, &str); 4] = [
    ("aws.agreement-marketplace", "Purchase Agreement Relocated - Manufacturer"),
    ("aws.agreement-marketplace", "Purchase Agreement Relocated - Proposer"),
    ("aws.marketplacecatalog", "Product Spotlighted"),
    ("aws.marketplace", "Invoice Restated"),
];

/// Some of everything.
pub(super) fn invent(draw: &mut Draw, scene: &Scene, market: &mut Market) {
    let us = market.us.account.clone();
    for _ in 0..draw.below(3) {
        let result = ["Succeeded", "Failed", "Cancelled"].get(draw.below(3)).copied();
        let id = draw.text(25);
        add(draw, scene, market, Rest::ChangeSet { id, result: result.unwrap_or("Succeeded") });
    }
    if draw.percent(12) {
        add(draw, scene, market, Rest::DisbursementPaused { account: us.clone() });
    }
    if draw.percent(12) {
        add(draw, scene, market, Rest::SecurityReport { account: us });
    }
    if draw.percent(15) {
        let agreement = format!("agmt-{}", draw.text(25));
        add(draw, scene, market, Rest::Purchase { agreement });
    }
    if draw.percent(15) {
        let license = format!("l-{}", draw.hex());
        add(draw, scene, market, Rest::Orphan { license });
    }
    for _ in 0..draw.below(3) {
        let Some((source, detail_type)) = draw.one(&UNKNOWN).copied() else { continue };
        add(draw, scene, market, Rest::Unknown { source, detail_type });
    }
    for _ in 0..draw.below(3) {
        let Some(how) = draw.one(&FLAWS).copied() else { continue };
        // A broken copy of a good notice: under its id, as far as that can be read.
        let readable = !matches!(how, Flaw::Truncated | Flaw::NotJson | Flaw::NotAnObject);
        let told: Vec<&Offer> = market.offers.values().filter(|offer| offer.told).collect();
        let like = draw.one(&told).map(|offer| offer.id.clone());
        let like = like.filter(|_| readable && draw.percent(20));
        add(draw, scene, market, Rest::Malformed { how, like });
    }
    if !market.accounts.is_empty() {
        for _ in 0..draw.below(3) {
            // One of theirs, or their copy of a notice about one of ours.
            let known: Vec<&String> = market.offers.keys().collect();
            let known = draw.one(&known).map(|id| (*id).clone()).filter(|_| draw.percent(50));
            let offer = known.unwrap_or_else(|| format!("offer-{}", draw.text(13)));
            let account = "444455556666".to_owned();
            add(draw, scene, market, Rest::Foreign { account, offer });
        }
    }
}

const IMITATED: [Imitated; 4] =
    [Imitated::IdIsNumber, Imitated::IdIsTwice, Imitated::IdIsLong, Imitated::ReplayIsTwice];

/// Now and then somebody imitates the notice of an offer, and is faster.
pub(super) fn imitate(draw: &mut Draw, market: &mut Market) {
    if !draw.percent(15) {
        return;
    }
    let told: Vec<&Offer> = market.offers.values().filter(|offer| offer.told).collect();
    let Some(offer) = draw.one(&told).copied() else { return };
    let Some(how) = draw.one(&IMITATED).copied() else { return };
    let (at, offer) = (whole(later(offer.released, -60)), offer.id.clone());
    market.asides.push(Aside { at, what: Rest::Imitation { offer, how } });
}

fn add(draw: &mut Draw, scene: &Scene, market: &mut Market, what: Rest) {
    let at: Timestamp = whole(draw.after(scene.began, DAY, 69 * DAY));
    market.asides.push(Aside { at, what });
}
