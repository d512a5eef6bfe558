//! An opportunity with all its terms.

use std::collections::BTreeSet;

use marketplace::catalog::{Counters, Renewal, Terms};
use marketplace::ids::{AccountId, OpportunityId, ProductName};
use serde::Serialize;

use super::{only, shown_product, text};
use crate::entitlement::DealType;
use crate::facts::{OpportunityFacts, ViewRole};
use crate::judge::status_word;
use crate::moment::Moment;
use crate::request::RequestId;
use crate::state::State;

/// Who granted an opportunity to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// We granted it to a partner.
    Granted,
    /// Another manufacturer granted it to us.
    Received,
}

impl Direction {
    /// The shown word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Received => "received",
        }
    }

    /// Received, if its reseller is one of our accounts, or if only agreements that we sold ourselves name it.
    fn of(facts: &OpportunityFacts, accounts: &BTreeSet<AccountId>) -> Self {
        let ours = |account: &AccountId| {
            accounts.contains(account)
                || facts.named.iter().any(|seen| {
                    seen.role == ViewRole::Proposer && seen.us.as_ref() == Some(account)
                })
        };
        let manufacturer = facts.described.get().and_then(|doc| doc.manufacturer.as_ref());
        if manufacturer.is_some_and(|account| accounts.contains(account)) {
            return Self::Granted;
        }
        let received = match facts.reseller.get() {
            Some(reseller) => ours(reseller),
            None => {
                !facts.named.is_empty()
                    && facts.named.iter().all(|seen| seen.role == ViewRole::Proposer)
            }
        };
        if received { Self::Received } else { Self::Granted }
    }
}

/// An opportunity.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Opportunity {
    /// Its id.
    pub id: OpportunityId,
    /// The type of the deals that are made from it: `CPPO`, or `CPPO_IN` for one that we received.
    #[serde(rename = "type")]
    pub deal_type: DealType,
    /// Who granted it to whom.
    pub direction: Direction,
    /// `unknown` (known only by id), `draft`, `active`, `expired`, `restricted`, or AWS's word, lower case.
    pub status: String,
    /// Shown to the partner.
    pub name: Option<String>,
    /// Shown to the partner in its reports.
    pub description: Option<String>,
    /// The account that may resell.
    pub partner: Option<AccountId>,
    /// Its legal name.
    pub partner_name: Option<String>,
    /// `ChannelPartner`, `Distributor`, or what else AWS wrote.
    pub partner_role: Option<String>,
    /// The ISV.
    pub manufacturer: Option<AccountId>,
    /// The product.
    pub product: Option<ProductName>,
    /// Every known name of the product.
    pub products: Vec<ProductName>,
    /// The words for the product.
    pub product_title: Option<String>,
    /// The buyer, if there is exactly one that may be targeted.
    pub buyer: Option<AccountId>,
    /// The buyers that may be targeted; empty: any.
    pub buyers: Vec<AccountId>,
    /// The last day on which an offer may be made, until 23:59:59 UTC; null: no end.
    pub end_date: Option<String>,
    /// How many offers may be made; null: any number.
    pub quantity: Option<u32>,
    /// Whether the buyer bought the product before.
    pub renewal: bool,
    /// Where and how the buyer bought before.
    pub renewal_of: Option<Renewal>,
    /// The wholesale commitment: the sum of the schedule, without the partner's markup.
    pub wholesale: Option<String>,
    /// The currency of every amount of the opportunity, ISO 4217.
    pub currency: Option<String>,
    /// When it was created.
    pub created_at: Option<String>,
    /// When AWS last changed it.
    pub modified_at: Option<String>,
    /// When it was first seen restricted.
    pub restricted_at: Option<String>,
    /// The requests of ours that made or changed it.
    pub requested_by: Vec<RequestId>,
    /// What it was cloned from.
    pub cloned_from: Vec<OpportunityId>,
    /// What was cloned from it.
    pub cloned_to: Vec<OpportunityId>,
    /// What AWS counts.
    pub counters: Option<Counters>,
    /// Usage prices, configurable prices, fixed commitment, schedule, net payment, legal documents.
    pub terms: Option<Terms>,
}

impl Opportunity {
    /// From its state. `accounts`: ours, as far as they are configured.
    pub fn new(
        id: &OpportunityId,
        state: &State,
        accounts: &BTreeSet<AccountId>,
        now: Moment,
    ) -> Option<Self> {
        let facts = state.opportunity()?;
        let doc = facts.described.get();
        let direction = Direction::of(facts, accounts);
        let commitment = doc.and_then(|doc| doc.terms.commitment());
        let said = |field: fn(&marketplace::catalog::ResaleAuthorization) -> &Option<String>| {
            doc.and_then(|doc| field(doc).clone())
        };
        Some(Self {
            id: id.clone(),
            deal_type: match direction {
                Direction::Granted => DealType::Cppo,
                Direction::Received => DealType::CppoIn,
            },
            direction,
            status: status_word(facts, now),
            name: said(|doc| &doc.name),
            description: said(|doc| &doc.description),
            partner: facts.reseller.get().cloned(),
            partner_name: said(|doc| &doc.reseller_name),
            partner_role: said(|doc| &doc.reseller_role),
            manufacturer: doc.and_then(|doc| doc.manufacturer.clone()),
            product: shown_product(facts.products().iter()),
            products: facts.products().iter().cloned().collect(),
            product_title: said(|doc| &doc.product_title),
            buyer: only(facts.buyers()),
            buyers: facts.buyers().to_vec(),
            end_date: facts.end_date().map(|date| date.to_string()),
            quantity: facts.max_offers(),
            renewal: doc.is_some_and(|doc| doc.renewal.is_some()),
            renewal_of: doc.and_then(|doc| doc.renewal.clone()),
            wholesale: commitment.map(|amount| amount.to_string()),
            currency: doc.and_then(|doc| doc.terms.currency.clone()),
            created_at: text(facts.created.get().copied()),
            modified_at: doc.map(|doc| Moment::from(doc.last_modified).to_string()),
            restricted_at: text(facts.restricted.get()),
            requested_by: facts.requested_by.iter().cloned().collect(),
            cloned_from: facts.cloned_from.iter().cloned().collect(),
            cloned_to: facts.cloned_to.iter().cloned().collect(),
            counters: doc.and_then(|doc| doc.counters.clone()),
            terms: doc.map(|doc| doc.terms.clone()),
        })
    }
}
