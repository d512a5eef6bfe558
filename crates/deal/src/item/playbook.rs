//! What a partner may be told: nothing gets into its playbook but what is a field here.
//!
//! Never here: who did something and why, findings, other partners, list prices and discounts, our own names for partners,
//! descriptions (sellers write notes into them), offers and agreements.

use marketplace::catalog::{
    DimensionPrice, DurationPrices, FixedUpfront, Installment, LegalDocument, Renewal,
};
use marketplace::ids::{AccountId, OpportunityId, ProductName};
use serde::Serialize;

use super::{Direction, Opportunity};
use crate::moment::Moment;

/// What a partner is authorized to offer, as it may be told.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Playbook {
    /// The partner's account.
    pub partner: AccountId,
    /// Its legal name.
    pub partner_name: Option<String>,
    /// When this was so.
    pub at: String,
    /// What it may make offers from, in the order of their ids.
    pub opportunities: Vec<PlaybookEntry>,
}

/// One opportunity as its partner may be told of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlaybookEntry {
    /// AWS's id of the selling authorization.
    pub id: OpportunityId,
    /// Its name, which AWS shows to the partner.
    pub name: Option<String>,
    /// The product.
    pub product: Option<ProductName>,
    /// The words for the product.
    pub product_title: Option<String>,
    /// The buyers that may be targeted; empty: any.
    pub buyers: Vec<AccountId>,
    /// The currency of every amount.
    pub currency: Option<String>,
    /// The sum of the schedule: what the partner owes us for the commitment.
    pub wholesale: Option<String>,
    /// The last day on which an offer may be made, until 23:59:59 UTC; null: no end.
    pub end_date: Option<String>,
    /// How many offers may be made; null: any number.
    pub quantity: Option<u32>,
    /// Where and how the buyer bought before, if this is a renewal.
    pub renewal_of: Option<Renewal>,
    /// The latest day on which an agreement may start.
    pub latest_start: Option<String>,
    /// When the buyer's invoice is due.
    pub net_payment: Option<String>,
    /// The buyer's license agreement.
    pub eula: Vec<LegalDocument>,
    /// The contract with the partner.
    pub reseller_contract: Vec<LegalDocument>,
    /// What a commitment grants.
    pub fixed: Option<FixedUpfront>,
    /// What of it is charged when.
    pub schedule: Vec<Installment>,
    /// Prices per unit and duration.
    pub unit_prices: Vec<DurationPrices>,
    /// Prices of usage.
    pub usage_prices: Vec<DimensionPrice>,
}

impl Playbook {
    /// From its opportunities, of which those are told that it may make an offer from now.
    pub fn new<'a>(
        partner: &AccountId,
        partner_name: Option<&String>,
        opportunities: impl IntoIterator<Item = &'a Opportunity>,
        now: Moment,
    ) -> Self {
        let open = opportunities.into_iter().filter(|opportunity| {
            opportunity.partner.as_ref() == Some(partner)
                && opportunity.direction == Direction::Granted
                && opportunity.status == "active"
        });
        Self {
            partner: partner.clone(),
            partner_name: partner_name.cloned(),
            at: now.to_string(),
            opportunities: open.map(PlaybookEntry::of).collect(),
        }
    }
}

impl PlaybookEntry {
    fn of(opportunity: &Opportunity) -> Self {
        let terms = opportunity.terms.clone().unwrap_or_default();
        Self {
            id: opportunity.id.clone(),
            name: opportunity.name.clone(),
            product: opportunity.product.clone(),
            product_title: opportunity.product_title.clone(),
            buyers: opportunity.buyers.clone(),
            currency: opportunity.currency.clone(),
            wholesale: opportunity.wholesale.clone(),
            end_date: opportunity.end_date.clone(),
            quantity: opportunity.quantity,
            renewal_of: opportunity.renewal_of.clone().filter(|_| opportunity.renewal),
            latest_start: terms.latest_start.map(|day| day.to_string()),
            net_payment: terms.net_payment,
            eula: terms.buyer_legal,
            reseller_contract: terms.resale_legal,
            fixed: terms.fixed,
            schedule: terms.schedule,
            unit_prices: terms.configurable,
            usage_prices: terms.usage,
        }
    }
}
