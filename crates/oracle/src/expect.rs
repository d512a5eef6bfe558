//! What a ledger must conclude, computed from the truth.

mod deal;
mod finding;
mod inbox;
mod link;
mod succession;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::known::{Known, is_described, names, seen, terms};
use crate::market::{Market, Opportunity, Sale, Stage};

pub(crate) use deal::Deal;
pub(crate) use finding::{Evidence, Findings};
pub(crate) use link::{Basis, Link};

/// Everything that must hold.
#[derive(Debug)]
pub(crate) struct Expected {
    pub(crate) opportunities: BTreeMap<String, OpportunityView>,
    pub(crate) offers: BTreeMap<String, OfferView>,
    /// Every agreement that is named; those with [`Deal::created`] are entitlements.
    pub(crate) deals: BTreeMap<String, Deal>,
    pub(crate) findings: Findings,
    /// Notifications by their outcome.
    pub(crate) inbox: BTreeMap<&'static str, usize>,
    /// Who has, or will have, access: buyer and agreement.
    pub(crate) access: BTreeSet<(String, String)>,
}

/// An opportunity as a list must show it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OpportunityView {
    /// None where nothing tells whose account granted it.
    pub(crate) deal_type: Option<&'static str>,
    pub(crate) status: &'static str,
    pub(crate) partner: Option<String>,
    pub(crate) buyers: Vec<String>,
    pub(crate) products: Vec<String>,
    pub(crate) last_day: Option<String>,
    pub(crate) quantity: Option<usize>,
    pub(crate) created: Option<Timestamp>,
    pub(crate) restricted: Option<Timestamp>,
}

/// An offer as a list must show it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OfferView {
    /// None where only licenses tell of it.
    pub(crate) deal_type: Option<&'static str>,
    pub(crate) status: &'static str,
    /// Of a partner's offer.
    pub(crate) link: Option<Link>,
    pub(crate) seller: Option<String>,
    pub(crate) buyers: Vec<String>,
    pub(crate) products: BTreeSet<String>,
    pub(crate) released: Option<Timestamp>,
    pub(crate) expires: Option<Timestamp>,
    pub(crate) set: Option<String>,
}

impl OfferView {
    /// A partner's offer has a link; that ours has none can be told once its type is known.
    pub(crate) const fn is_judged(&self) -> bool {
        self.link.is_some() || self.deal_type.is_some()
    }
}

/// What a ledger must conclude from everything that AWS told of a market.
pub(crate) fn expected(market: &Market) -> Expected {
    let known = Known::new(market);
    let links = link::links(&known);
    let deals = deal::deals(&known, &links);
    let live = deals.values().filter(|deal| deal.is_live());
    let access = live.filter_map(|deal| Some((deal.buyer.clone()?, deal.id.clone()))).collect();
    Expected {
        opportunities: opportunities(&known),
        offers: offers(&known, &links),
        findings: finding::findings(&known, &links),
        inbox: inbox::inbox(&known),
        deals,
        access,
    }
}

fn opportunities(known: &Known<'_>) -> BTreeMap<String, OpportunityView> {
    let all = known.market.opportunities.values();
    let view = |opportunity: &Opportunity| {
        let named: Vec<_> = known
            .agreements
            .values()
            .filter(|told| known.named(told) == Some(opportunity.id.as_str()))
            .collect();
        let described = is_described(opportunity);
        if !described && named.is_empty() {
            return None;
        }
        let received = opportunity.reseller == known.market.us;
        // Without configured accounts only a sale of ours tells that we are the reseller.
        let told = !known.market.accounts.is_empty() || !named.is_empty();
        let sale = if received { Sale::Resold } else { Sale::Partner };
        let of = |value: &str| described.then(|| value.to_owned());
        Some(OpportunityView {
            deal_type: (!received || told).then_some(sale.word()),
            status: stage_word(opportunity, known.market.now),
            partner: of(&opportunity.reseller.account),
            buyers: terms(opportunity).map(|terms| terms.buyers.clone()).unwrap_or_default(),
            products: names(opportunity).into_iter().map(str::to_owned).collect(),
            last_day: terms(opportunity).and_then(|terms| Some(terms.last_day?.to_string())),
            quantity: terms(opportunity).and_then(|terms| terms.quantity),
            created: described.then_some(opportunity.created),
            restricted: seen(opportunity, Stage::Restricted).next(),
        })
    };
    all.filter_map(|one| Some((one.id.clone(), view(one)?))).collect()
}

/// Restricted is final; AWS has no word for an end date that is over.
fn stage_word(opportunity: &Opportunity, now: Timestamp) -> &'static str {
    let has_been = |stage| seen(opportunity, stage).next().is_some();
    if has_been(Stage::Restricted) {
        "restricted"
    } else if has_been(Stage::Active) {
        if link::over_at(opportunity).is_some_and(|over| now >= over) {
            "expired"
        } else {
            "active"
        }
    } else if has_been(Stage::Draft) {
        "draft"
    } else {
        "unknown"
    }
}

fn offers(known: &Known<'_>, links: &BTreeMap<&str, Link>) -> BTreeMap<String, OfferView> {
    let mut views = BTreeMap::new();
    for offer in known.market.offers.values().filter(|offer| known.is_known(offer)) {
        let created = known.of_offer(&offer.id).any(|told| told.created().is_some());
        let accepted = known.of_offer(&offer.id).next().is_some();
        let expired = offer.expires.is_some_and(|expires| expires <= known.market.now);
        let status = match (accepted, offer.told) {
            (true, _) => "accepted",
            (false, false) => "unknown",
            (false, true) if expired => "expired",
            (false, true) => "open",
        };
        let sold = known.of_offer(&offer.id).find_map(|told| known.seller(told));
        let seller = if offer.told { Some(offer.seller.account.as_str()) } else { sold };
        let if_told = |values: &[String]| if offer.told { values.to_vec() } else { vec![] };
        let view = OfferView {
            deal_type: (offer.told || created).then_some(offer.sale.word()),
            status,
            link: links.get(offer.id.as_str()).cloned(),
            seller: seller.map(str::to_owned),
            buyers: if_told(&offer.buyers),
            products: known.names_of_offer(&offer.id).into_iter().map(str::to_owned).collect(),
            released: offer.told.then_some(offer.released),
            expires: offer.expires.filter(|_| offer.told),
            set: offer.set.clone(),
        };
        views.insert(offer.id.clone(), view);
    }
    views
}
