//! An offer and its link.

use marketplace::ids::{AccountId, OfferId, OfferSetId, OpportunityId, ProductName};
use serde::Serialize;

use super::{only, shown_product, text};
use crate::correlate::Basis;
use crate::entitlement::DealType;
use crate::facts::OfferFacts;
use crate::moment::Moment;
use crate::state::State;

/// What can be done with an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum OfferStatus {
    /// Its release is not known; something else named it.
    Unknown,
    /// A buyer can accept it.
    Open,
    /// It expired, and no agreement from it is known.
    Expired,
    /// At least one agreement from it is known.
    Accepted,
}

impl OfferStatus {
    /// Every status.
    pub const ALL: [Self; 4] = [Self::Unknown, Self::Open, Self::Expired, Self::Accepted];

    /// The shown word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Open => "open",
            Self::Expired => "expired",
            Self::Accepted => "accepted",
        }
    }

    fn of(facts: &OfferFacts, accepted: bool, now: Moment) -> Self {
        if accepted {
            Self::Accepted
        } else if facts.released.is_empty() {
            Self::Unknown
        } else if facts.expires().is_some_and(|expires| expires <= now) {
            Self::Expired
        } else {
            Self::Open
        }
    }
}

/// An offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Offer {
    /// Its id.
    pub id: OfferId,
    /// Whose sale it is.
    #[serde(rename = "type")]
    pub deal_type: DealType,
    /// What can be done with it.
    pub status: OfferStatus,
    /// How we know its opportunity; null for our own offers.
    pub basis: Option<Basis>,
    /// The opportunity; null while it is ambiguous or unmatched.
    pub opportunity: Option<OpportunityId>,
    /// The eligible opportunities of an offer that nothing confirms, the most specific first, at most 20.
    pub candidates: Vec<OpportunityId>,
    /// Other offers have the same single-use opportunity as their only one.
    pub contested: bool,
    /// The reseller; null for our own offers.
    pub partner: Option<AccountId>,
    /// The seller of record.
    pub seller: Option<AccountId>,
    /// The buyer, if exactly one is targeted.
    pub buyer: Option<AccountId>,
    /// The buyers that may accept; empty: unknown.
    pub buyers: Vec<AccountId>,
    /// The product.
    pub product: Option<ProductName>,
    /// Every name that its notifications gave the product.
    pub products: Vec<ProductName>,
    /// The words for the product.
    pub product_title: Option<String>,
    /// The name that its author gave it.
    pub name: Option<String>,
    /// The set that it was made in.
    pub offer_set: Option<OfferSetId>,
    /// When it was released.
    pub released_at: Option<String>,
    /// When it can no longer be accepted.
    pub expires_at: Option<String>,
    /// What people decided about its link.
    pub decisions: Vec<DecisionItem>,
}

/// A person's word on the link of an offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DecisionItem {
    /// The opportunity that it is about.
    pub opportunity: OpportunityId,
    /// Linked, or excluded.
    pub linked: bool,
    /// Who decided.
    pub who: String,
    /// Why.
    pub why: String,
    /// When.
    pub at: Option<String>,
}

impl Offer {
    /// From its state. `accepted`: an agreement names it.
    pub fn new(id: &OfferId, state: &State, accepted: bool, now: Moment) -> Option<Self> {
        let facts = state.offer()?;
        let deal_type = DealType::of_offer(facts);
        let link = state.concluded.offer.as_ref().and_then(|news| news.link.as_ref());
        let decisions = facts.decisions.iter().filter_map(|(opportunity, register)| {
            register.get().map(|decision| DecisionItem {
                opportunity: opportunity.clone(),
                linked: decision.linked,
                who: decision.who.clone(),
                why: decision.why.clone(),
                at: text(register.at()),
            })
        });
        Some(Self {
            id: id.clone(),
            deal_type,
            status: OfferStatus::of(facts, accepted, now),
            basis: link.map(|link| link.basis),
            opportunity: link.and_then(|link| link.opportunity.clone()),
            candidates: link.map(|link| link.candidates.clone()).unwrap_or_default(),
            contested: link.is_some_and(|link| link.contested),
            partner: facts.seller.get().filter(|_| deal_type == DealType::Cppo).cloned(),
            seller: facts.seller.get().cloned(),
            buyer: only(facts.buyers()),
            buyers: facts.buyers().to_vec(),
            product: shown_product(facts.products.iter()),
            products: facts.products.iter().cloned().collect(),
            product_title: facts.product_title.get().cloned(),
            name: facts.name.get().cloned(),
            offer_set: facts.offer_set.get().cloned(),
            released_at: text(facts.released.get()),
            expires_at: text(facts.expires()),
            decisions: decisions.collect(),
        })
    }
}
