//! A deal: what hangs together around one agreement, or around one offer that nobody accepted yet.

use marketplace::ids::{AccountId, AgreementId, OfferId, OpportunityId, ProductName};
use serde::Serialize;

use super::{Agreement, Offer, Opportunity};
use crate::correlate::Basis;
use crate::entitlement::DealType;

/// A deal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Deal {
    /// The agreement's id, or the offer's while there is none.
    pub id: String,
    /// Whose sale it is: `CPPO`, `CPPO_IN`, or `PRIVATE` for our own direct one.
    #[serde(rename = "type")]
    pub deal_type: DealType,
    /// The agreement's status, or the offer's while there is none.
    pub status: &'static str,
    /// How we know the opportunity; null for our own sales.
    pub basis: Option<Basis>,
    /// The opportunity.
    pub opportunity: Option<OpportunityId>,
    /// The offer.
    pub offer: Option<OfferId>,
    /// The agreement.
    pub agreement: Option<AgreementId>,
    /// The reseller; null for our own sales.
    pub partner: Option<AccountId>,
    /// The buyer.
    pub buyer: Option<AccountId>,
    /// The product.
    pub product: Option<ProductName>,
    /// What the partner owes the manufacturer: the opportunity's commitment; null if unknown.
    pub wholesale: Option<String>,
    /// Its currency, ISO 4217.
    pub currency: Option<String>,
}

impl Deal {
    /// Of an agreement. `opportunity`: the one that it names.
    pub fn of_agreement(
        agreement: &Agreement,
        offer: Option<&Offer>,
        opportunity: Option<&Opportunity>,
    ) -> Self {
        let deal = Self {
            id: agreement.id.to_string(),
            deal_type: agreement.deal_type,
            status: agreement.status.word(),
            basis: agreement.basis,
            opportunity: agreement.opportunity.clone(),
            offer: agreement.offer.clone(),
            agreement: Some(agreement.id.clone()),
            partner: agreement.partner.clone(),
            buyer: agreement.buyer.clone(),
            product: agreement
                .product
                .clone()
                .or_else(|| offer.and_then(|offer| offer.product.clone())),
            wholesale: None,
            currency: None,
        };
        deal.worth(opportunity)
    }

    /// Of an offer that no agreement names. `opportunity`: the one that it is linked to.
    pub fn of_offer(offer: &Offer, opportunity: Option<&Opportunity>) -> Self {
        let deal = Self {
            id: offer.id.to_string(),
            deal_type: offer.deal_type,
            status: offer.status.word(),
            basis: offer.basis,
            opportunity: offer.opportunity.clone(),
            offer: Some(offer.id.clone()),
            agreement: None,
            partner: offer.partner.clone(),
            buyer: offer.buyer.clone(),
            product: offer.product.clone(),
            wholesale: None,
            currency: None,
        };
        deal.worth(opportunity)
    }

    fn worth(mut self, opportunity: Option<&Opportunity>) -> Self {
        let known = opportunity.filter(|known| known.wholesale.is_some());
        self.wholesale = known.and_then(|known| known.wholesale.clone());
        self.currency = known.and_then(|known| known.currency.clone());
        if self.product.is_none() {
            self.product = opportunity.and_then(|known| known.product.clone());
        }
        self
    }
}
