//! A partner, with what its deals add up to.

use std::collections::BTreeMap;

use marketplace::ids::{AccountId, ProductName};
use rust_decimal::Decimal;
use serde::Serialize;

use super::{Agreement, AgreementStatus, Deal, Direction, Opportunity};
use crate::entitlement::DealType;
use crate::facts::PartnerFacts;
use crate::facts::partner::Authorization;
use crate::lattice::Register;
use crate::state::State;
use crate::wholesale::WholesaleTerms;

/// An exact amount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Amount {
    /// Exact decimal text.
    pub amount: String,
    /// ISO 4217.
    pub currency: String,
}

/// An account that sells: a partner, or one of our own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Partner {
    /// Its account.
    pub id: AccountId,
    /// `CPPO` for a partner, `PRIVATE` for one of our own accounts that sells.
    #[serde(rename = "type")]
    pub deal_type: DealType,
    /// `active` while it has an active opportunity or a live entitlement, else `inactive`.
    pub status: &'static str,
    /// Its legal name.
    pub name: Option<String>,
    /// What we call it.
    pub called: Option<String>,
    /// The products that people let it sell, and those that it may sell no longer.
    pub authorized: Vec<AuthorizedItem>,
    /// Opportunities granted to it.
    pub opportunities: u64,
    /// Those of them that are active.
    pub active_opportunities: u64,
    /// Offers it made.
    pub offers: u64,
    /// Agreements from them.
    pub agreements: u64,
    /// Entitlements that are scheduled or active.
    pub live_entitlements: u64,
    /// The sum of its agreements' wholesale values, per currency; none for our own accounts.
    pub wholesale: Vec<Amount>,
    /// Agreements of a partner whose wholesale value is not known.
    pub agreements_without_wholesale: u64,
}

/// A person's word on one product of a partner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuthorizedItem {
    /// The product.
    pub product: ProductName,
    /// `authorized`, or `ended`.
    pub status: &'static str,
    /// Of all its prices, ISO 4217; null without terms.
    pub currency: Option<String>,
    /// What is taken off the list prices, in percent.
    pub discount: Option<String>,
    /// The list prices, by their places.
    pub list_prices: BTreeMap<String, String>,
    /// What the partner pays, by the places that prices have in a form: `unit_prices.P12M.seats`.
    pub prices: BTreeMap<String, String>,
    /// When this was said.
    pub since: Option<String>,
    /// Who said so.
    pub who: String,
    /// Why.
    pub why: String,
}

impl AuthorizedItem {
    fn new(product: &ProductName, word: &Register<Authorization>) -> Option<Self> {
        let said = word.get()?;
        let terms = said.terms.as_ref();
        let text = |(place, price): (String, Decimal)| (place, price.normalize().to_string());
        let prices = terms.and_then(WholesaleTerms::prices).unwrap_or_default();
        let list = terms.map(WholesaleTerms::list).unwrap_or_default();
        let discount = terms.and_then(WholesaleTerms::discount);
        Some(Self {
            product: product.clone(),
            status: if said.sells { "authorized" } else { "ended" },
            currency: terms.map(|terms| terms.currency.clone()),
            discount: discount.map(|percent| percent.normalize().to_string()),
            list_prices: list.into_iter().map(text).collect(),
            prices: prices.each().map(text).collect(),
            since: super::text(word.at()),
            who: said.who.clone(),
            why: said.why.clone(),
        })
    }

    fn all(facts: &PartnerFacts) -> Vec<Self> {
        let words = facts.authorized.iter();
        words.filter_map(|(product, word)| Self::new(product, word)).collect()
    }
}

/// What a partner's streams add up to, taken in one at a time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tally {
    opportunities: u64,
    active_opportunities: u64,
    offers: u64,
    agreements: u64,
    live_entitlements: u64,
    without_wholesale: u64,
    wholesale: BTreeMap<String, Decimal>,
    /// It made a deal that only one of our own accounts can make.
    ours: bool,
}

impl Tally {
    /// Takes in an opportunity.
    pub fn opportunity(&mut self, opportunity: &Opportunity) {
        add(&mut self.opportunities, true);
        add(&mut self.active_opportunities, opportunity.status == "active");
        self.ours |= opportunity.direction == Direction::Received;
    }

    /// Takes in an offer.
    pub fn offer(&mut self) {
        add(&mut self.offers, true);
    }

    /// Takes in an agreement and its deal.
    pub fn agreement(&mut self, agreement: &Agreement, deal: &Deal) {
        let live = match agreement.status {
            AgreementStatus::Known(status) => status.is_live(),
            AgreementStatus::Unknown => false,
        };
        add(&mut self.agreements, true);
        add(&mut self.live_entitlements, live);
        if agreement.deal_type != DealType::Cppo {
            self.ours = true;
            return;
        }
        let amount = deal.wholesale.as_deref().and_then(|text| text.parse::<Decimal>().ok());
        let Some((amount, currency)) = amount.zip(deal.currency.clone()) else {
            add(&mut self.without_wholesale, true);
            return;
        };
        let sum = self.wholesale.entry(currency).or_default();
        match sum.checked_add(amount) {
            Some(more) => *sum = more,
            None => add(&mut self.without_wholesale, true),
        }
    }
}

fn add(count: &mut u64, holds: bool) {
    *count = count.saturating_add(u64::from(holds));
}

impl Partner {
    /// From its state and what its streams add up to.
    pub fn new(id: &AccountId, state: &State, tally: Tally) -> Option<Self> {
        let facts = state.partner()?;
        let active = tally.active_opportunities > 0 || tally.live_entitlements > 0;
        let amount =
            |(currency, amount): (String, Decimal)| Amount { amount: amount.to_string(), currency };
        Some(Self {
            id: id.clone(),
            // Whoever was authorized to resell is a partner before its first deal.
            deal_type: if (facts.reseller || !facts.authorized.is_empty()) && !tally.ours {
                DealType::Cppo
            } else {
                DealType::Private
            },
            status: if active { "active" } else { "inactive" },
            name: facts.name.get().cloned(),
            called: facts.called.get().map(|called| called.name.clone()),
            authorized: AuthorizedItem::all(facts),
            opportunities: tally.opportunities,
            active_opportunities: tally.active_opportunities,
            offers: tally.offers,
            agreements: tally.agreements,
            live_entitlements: tally.live_entitlements,
            wholesale: tally.wholesale.into_iter().map(amount).collect(),
            agreements_without_wholesale: tally.without_wholesale,
        })
    }
}
