//! Offers: a partner's from an opportunity, our own, and ours of another's product.

use jiff::Timestamp;
use jiff::civil::Time;
use jiff::tz::TimeZone;

use crate::draw::{DAY, Draw, HOUR, later, whole};
use crate::market::{Market, Offer, Opportunity, Party, Product, Sale, Stage};

use super::{Scene, agreement};

/// So many offers with their agreements; replacements make some more.
pub(super) fn invent(draw: &mut Draw, scene: &Scene, market: &mut Market, number: usize) {
    for _ in 0..number {
        let made = match draw.below(10) {
            0 => own(draw, scene, market),
            1 => from_one_of(draw, scene, market, &market.us),
            _ => partners(draw, scene, market),
        };
        let Some(offer) = made else { continue };
        market.offers.insert(offer.id.clone(), offer.clone());
        if draw.percent(75) {
            accept(draw, scene, market, &offer);
        }
    }
}

/// One buyer accepts, or several do.
fn accept(draw: &mut Draw, scene: &Scene, market: &mut Market, offer: &Offer) {
    let may = if offer.buyers.is_empty() { &scene.buyers } else { &offer.buyers };
    let number = if draw.percent(60) { 1 } else { 1 + draw.below(3) };
    for buyer in draw.some(may, number) {
        let times = if draw.percent(4) { 2 } else { 1 };
        for _ in 0..times {
            let accepted = draw.after(offer.released, HOUR, 10 * DAY);
            agreement::accept(draw, scene, market, offer, &buyer, accepted);
        }
    }
}

fn partners(draw: &mut Draw, scene: &Scene, market: &Market) -> Option<Offer> {
    let partner = draw.one(&scene.partners)?.clone();
    from_one_of(draw, scene, market, &partner)
}

/// An offer of a partner, or of ours where we are the reseller, from one of the opportunities granted to it.
pub(super) fn from_one_of(
    draw: &mut Draw,
    scene: &Scene,
    market: &Market,
    seller: &Party,
) -> Option<Offer> {
    // Rarely somebody sells under what was granted to another.
    let strayed = seller.account != market.us.account && draw.percent(3);
    let ours = |of: &&Opportunity| of.reseller.account != market.us.account;
    let of: Vec<&Opportunity> = market
        .opportunities
        .values()
        .filter(|of| of.reseller == *seller || (strayed && ours(of)))
        .collect();
    let source = *draw.one(&of)?;
    let released = release(draw, source, market.now)?;
    let buyers = buyers(draw, scene, &source.terms.buyers);
    let sale = if *seller == market.us { Sale::Resold } else { Sale::Partner };
    let product = source.product.clone();
    let mut offer = offer(draw, sale, seller, product, buyers, released);
    offer.from = Some(source.id.clone());
    Some(offer)
}

/// We sell our own product.
pub(super) fn own(draw: &mut Draw, scene: &Scene, market: &Market) -> Option<Offer> {
    let product = draw.one(&scene.products)?.clone();
    let released = whole(draw.after(scene.began, 2 * DAY, 60 * DAY));
    let buyers = buyers(draw, scene, &[]);
    let released = Some(released).filter(|released| *released < market.now)?;
    Some(offer(draw, Sale::Own, &market.us.clone(), product, buyers, released))
}

/// When an offer is released: mostly while the opportunity can be used, sometimes too early or too late.
fn release(draw: &mut Draw, source: &Opportunity, now: Timestamp) -> Option<Timestamp> {
    let day_after = source.terms.last_day.and_then(|day| day.tomorrow().ok());
    let over = day_after
        .and_then(|day| TimeZone::UTC.to_timestamp(day.to_datetime(Time::midnight())).ok());
    let restricted = source.sights.iter().find(|sight| sight.stage == Stage::Restricted);
    let limits = [over, restricted.map(|sight| sight.modified), Some(now)];
    let limit = limits.into_iter().flatten().min().unwrap_or(now);
    let span = limit.as_second().saturating_sub(source.opens.as_second());
    let released = match draw.below(20) {
        // About the end, within the skew or a little beyond.
        0 => later(limit, draw.seconds(-HOUR, HOUR)),
        1 => later(limit, draw.seconds(0, 10 * DAY)),
        2 => later(source.created, draw.seconds(-2 * DAY, 10 * 60)),
        _ => later(source.opens, draw.seconds(0, (span - 1).min(30 * DAY))),
    };
    Some(whole(released)).filter(|released| *released < later(now, -60))
}

fn buyers(draw: &mut Draw, scene: &Scene, allowed: &[String]) -> Vec<String> {
    let number = if draw.percent(70) { 1 } else { draw.below(4) };
    if allowed.is_empty() || draw.percent(7) {
        return draw.some(&scene.buyers, number);
    }
    draw.some(allowed, number)
}

fn offer(
    draw: &mut Draw,
    sale: Sale,
    seller: &Party,
    product: Product,
    buyers: Vec<String>,
    released: Timestamp,
) -> Offer {
    Offer {
        id: format!("offer-{}", draw.text(13)),
        sale,
        seller: seller.clone(),
        from: None,
        buyers,
        released,
        expires: draw.percent(80).then(|| later(released, draw.seconds(DAY, 40 * DAY))),
        told: draw.percent(90),
        names: names(draw, &product),
        again: draw.percent(5).then(|| names(draw, &product)),
        set: None,
        product,
    }
}

fn names(draw: &mut Draw, product: &Product) -> Vec<String> {
    match draw.below(20) {
        0 => Vec::new(),
        1..4 => vec![product.uuid.clone()],
        4..9 => vec![product.id.clone(), product.uuid.clone()],
        _ => vec![product.id.clone()],
    }
}

/// Puts two offers of one seller into a set, and the notices of two others under one EventBridge id.
pub(super) fn bundle(draw: &mut Draw, market: &mut Market) {
    let all: Vec<Offer> = market.offers.values().cloned().collect();
    let told = all.iter().filter(|offer| offer.told);
    if draw.percent(50) {
        let id = format!("offerset-{}", draw.text(13));
        let seller = draw.one(&all).map(|offer| offer.seller.clone());
        let same = all.iter().filter(|offer| Some(&offer.seller) == seller.as_ref());
        let same: Vec<String> = same.map(|offer| offer.id.clone()).collect();
        for member in draw.some(&same, 2) {
            if let Some(offer) = market.offers.get_mut(&member) {
                offer.set = Some(id.clone());
            }
        }
    }
    if draw.percent(25) {
        let ids: Vec<String> = told.map(|offer| offer.id.clone()).collect();
        if let [one, other] = draw.some(&ids, 2).as_slice() {
            market.twins.push((one.clone(), other.clone()));
        }
    }
}
