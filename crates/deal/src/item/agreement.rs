//! An agreement with its licenses, cancellation requests and billing adjustments.

use marketplace::ids::{
    AccountId, AdjustmentId, AgreementId, CancellationId, LicenseId, OfferId, OpportunityId,
    ProductName,
};
use serde::Serialize;

use super::{entitlement, shown_product, text};
use crate::correlate::Basis;
use crate::entitlement::{DealType, LicensedQuantity, Status, end};
use crate::facts::AgreementFacts;
use crate::moment::Moment;
use crate::reading;
use crate::state::State;

/// The status of an agreement: its entitlement's, or that there is none yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AgreementStatus {
    /// Its creation is not known; something else named it.
    Unknown,
    /// Its entitlement's.
    Known(Status),
}

impl AgreementStatus {
    /// The shown word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Known(status) => status.word(),
        }
    }
}

impl Serialize for AgreementStatus {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

/// An agreement: an accepted offer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Agreement {
    /// Its id.
    pub id: AgreementId,
    /// Whose sale it is.
    #[serde(rename = "type")]
    pub deal_type: DealType,
    /// Its status.
    pub status: AgreementStatus,
    /// Why it ended, or ends.
    pub reason: Option<String>,
    /// `NEW`, `RENEW`, `REPLACE`, or what else AWS wrote.
    pub intent: Option<String>,
    /// How we know its opportunity; null for our own sales.
    pub basis: Option<Basis>,
    /// The opportunity.
    pub opportunity: Option<OpportunityId>,
    /// The accepted offer.
    pub offer: Option<OfferId>,
    /// The reseller; null for our own sales.
    pub partner: Option<AccountId>,
    /// The seller of record.
    pub seller: Option<AccountId>,
    /// The buyer.
    pub buyer: Option<AccountId>,
    /// The product.
    pub product: Option<ProductName>,
    /// Every known name of the product.
    pub products: Vec<ProductName>,
    /// When the buyer accepted.
    pub accepted_at: Option<String>,
    /// When it starts.
    pub starts_at: Option<String>,
    /// When it ends by its terms; null for pay-as-you-go.
    pub ends_at: Option<String>,
    /// When it did end.
    pub ended_at: Option<String>,
    /// When it was last amended.
    pub amended_at: Option<String>,
    /// Whether it renews by itself.
    pub auto_renew: Option<bool>,
    /// The agreement that this one renews or replaces.
    pub predecessor: Option<AgreementId>,
    /// The agreement that renews or replaces this one.
    pub successor: Option<AgreementId>,
    /// AWS issued an advisory that it has not resolved.
    pub advisory: bool,
    /// Whole days before the end, by the last notice of the end.
    pub ending_notice_days: Option<i64>,
    /// The last notice of an upcoming renewal.
    pub renewal_upcoming_at: Option<String>,
    /// When the terms of the renewal were final.
    pub renewal_terms_at: Option<String>,
    /// Its licenses.
    pub licenses: Vec<License>,
    /// Requests to cancel it.
    pub cancellations: Vec<CancellationItem>,
    /// Adjustments of its bills.
    pub adjustments: Vec<Adjustment>,
}

/// A license under an agreement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct License {
    /// The `l-...` part of its ARN.
    pub id: LicenseId,
    /// `held` or `deprovisioned`.
    pub status: &'static str,
    /// The agreement.
    pub agreement: AgreementId,
    /// The ARN as last written by AWS.
    pub arn: Option<String>,
    /// When AWS last said that it was updated.
    pub updated_at: Option<String>,
    /// When it was deprovisioned.
    pub deprovisioned_at: Option<String>,
    /// The code of its product.
    pub product_code: Option<String>,
    /// What it grants; null until that is read.
    pub quantities: Option<Vec<LicensedQuantity>>,
    /// When AWS first answered so.
    pub read_at: Option<String>,
    /// Why AWS did not answer the last question, in its words.
    pub not_read: Option<String>,
    /// When somebody first registered for it.
    pub registered_at: Option<String>,
    /// The account that registered.
    pub registered_by: Option<AccountId>,
}

/// A request to cancel an agreement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CancellationItem {
    /// Its id.
    pub id: CancellationId,
    /// `pending-approval`, `approved`, `rejected`, `cancelled`, ...
    pub status: String,
    /// AWS's reason code.
    pub reason_code: Option<String>,
    /// When this became its status.
    pub at: Option<String>,
}

/// An adjustment of a bill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Adjustment {
    /// Its id.
    pub id: AdjustmentId,
    /// `completed` or `failed`.
    pub status: &'static str,
    /// Signed, exact.
    pub amount: Option<String>,
    /// ISO 4217.
    pub currency: Option<String>,
    /// AWS's reason code.
    pub reason_code: Option<String>,
    /// The invoice that is adjusted.
    pub invoice: Option<String>,
    /// When AWS said so.
    pub at: Option<String>,
}

impl Agreement {
    /// From its state.
    pub fn new(id: &AgreementId, state: &State, now: Moment) -> Option<Self> {
        let facts = state.agreement()?;
        let judged = entitlement::at(id, state, now);
        let deal_type = DealType::of_agreement(facts);
        let resold = deal_type == DealType::Cppo;
        let (basis, opportunity) = match &judged {
            Some(judged) => (judged.basis, judged.opportunity.clone()),
            None => named(facts),
        };
        let end = end(facts);
        Some(Self {
            id: id.clone(),
            deal_type,
            status: judged
                .as_ref()
                .map_or(AgreementStatus::Unknown, |judged| AgreementStatus::Known(judged.status)),
            reason: end.as_ref().map(|end| end.reason.clone()),
            intent: facts.intent.get().cloned(),
            basis,
            opportunity,
            offer: facts.offer.get().cloned(),
            partner: facts.proposer.get().filter(|_| resold).cloned(),
            seller: facts.proposer.get().cloned(),
            buyer: facts.acceptor.get().cloned(),
            product: shown_product(facts.products.iter()),
            products: facts.products.iter().cloned().collect(),
            accepted_at: text(facts.acceptance.get().copied()),
            starts_at: text(facts.starts()),
            ends_at: text(facts.ends()),
            ended_at: text(end.map(|end| end.at)),
            amended_at: text(facts.amended.get()),
            auto_renew: facts.auto_renew.get().copied(),
            predecessor: match &judged {
                Some(judged) => judged.predecessor.clone(),
                None => facts.previous.get().cloned(),
            },
            successor: match &judged {
                Some(judged) => judged.successor.clone(),
                None => facts.successor.get().cloned(),
            },
            advisory: facts.advisory.get().copied().unwrap_or(false),
            ending_notice_days: facts.ending_notice.get().copied(),
            renewal_upcoming_at: text(facts.renewal_upcoming.get()),
            renewal_terms_at: text(facts.renewal_terms.get()),
            licenses: licenses(id, facts),
            cancellations: cancellations(facts),
            adjustments: adjustments(facts),
        })
    }
}

/// The opportunity that a notification named, while there is no entitlement.
fn named(facts: &AgreementFacts) -> (Option<Basis>, Option<OpportunityId>) {
    let named = facts.authorization.get().cloned();
    (named.as_ref().map(|_| Basis::Confirmed), named)
}

fn licenses(agreement: &AgreementId, facts: &AgreementFacts) -> Vec<License> {
    let license = |(id, license): (&LicenseId, &crate::facts::agreement::LicenseFacts)| License {
        id: id.clone(),
        status: if license.deprovisioned.is_empty() { "held" } else { "deprovisioned" },
        agreement: agreement.clone(),
        arn: license.arn.get().cloned(),
        updated_at: text(license.updated.get()),
        deprovisioned_at: text(license.deprovisioned.get()),
        product_code: license.code.get().map(ToString::to_string),
        quantities: reading::quantities_of(id, &license.reading),
        read_at: text(license.reading.quantities.at()),
        not_read: license.reading.trouble().map(|(_, it)| reading::words(&it.refusal)),
        registered_at: text(license.registered.get()),
        registered_by: license.customer.get().cloned(),
    };
    facts.licenses.iter().map(license).collect()
}

fn cancellations(facts: &AgreementFacts) -> Vec<CancellationItem> {
    let requests = facts.cancellations.iter().filter_map(|(id, register)| {
        register.get().map(|request| CancellationItem {
            id: id.clone(),
            status: request.step.clone(),
            reason_code: request.reason_code.clone(),
            at: text(register.at()),
        })
    });
    requests.collect()
}

fn adjustments(facts: &AgreementFacts) -> Vec<Adjustment> {
    let adjustments = facts.adjustments.iter().filter_map(|(id, register)| {
        register.get().map(|fact| Adjustment {
            id: id.clone(),
            status: if fact.completed { "completed" } else { "failed" },
            amount: fact.amount.map(|amount| amount.to_string()),
            currency: fact.currency.clone(),
            reason_code: fact.reason_code.clone(),
            invoice: fact.invoice.clone(),
            at: text(register.at()),
        })
    });
    adjustments.collect()
}
