//! An entitlement: what a buyer may use because of an agreement.

use marketplace::ids::{AccountId, AgreementId, LicenseId, OfferId, OpportunityId, ProductName};
use serde::Serialize;

use super::{shown_product, text};
use crate::correlate::Basis;
use crate::entitlement::{
    DealType, Entitlement, LicenseState, LicensedQuantity, Status, Surroundings, entitlement,
};
use crate::moment::Moment;
use crate::reading::is_read;
use crate::registration;
use crate::state::State;

/// How far the licenses of an entitlement are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Licensing {
    /// No license that is not deprovisioned is known.
    Awaited,
    /// At least one is, and not of every one is known what it grants.
    Held,
    /// Of every one it is.
    Read,
}

impl Licensing {
    /// The shown word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Awaited => "awaited",
            Self::Held => "held",
            Self::Read => "read",
        }
    }

    const fn of(state: LicenseState, is_read: bool) -> Self {
        match state {
            LicenseState::Awaited => Self::Awaited,
            LicenseState::Held if is_read => Self::Read,
            LicenseState::Held => Self::Held,
        }
    }
}

/// An entitlement, judged at one time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EntitlementItem {
    /// The agreement's id is the entitlement's.
    pub id: AgreementId,
    /// Whose sale it is.
    #[serde(rename = "type")]
    pub deal_type: DealType,
    /// What the buyer may do.
    pub status: Status,
    /// Why it ended, or ends.
    pub reason: Option<String>,
    /// How we know its opportunity; null for our own sales.
    pub basis: Option<Basis>,
    /// The opportunity.
    pub opportunity: Option<OpportunityId>,
    /// The accepted offer.
    pub offer: Option<OfferId>,
    /// The agreement.
    pub agreement: AgreementId,
    /// The reseller; null for our own sales.
    pub partner: Option<AccountId>,
    /// The buyer.
    pub buyer: Option<AccountId>,
    /// The product.
    pub product: Option<ProductName>,
    /// Every known name of the product.
    pub products: Vec<ProductName>,
    /// The first license that is not deprovisioned.
    pub license: Option<LicenseId>,
    /// Every license that is not deprovisioned.
    pub licenses: Vec<LicenseId>,
    /// Whether a license is held, and read.
    pub license_state: Licensing,
    /// What those licenses grant, as far as it was read.
    pub quantities: Vec<LicensedQuantity>,
    /// When anybody first registered for a license of it.
    pub registered_at: Option<String>,
    /// When the buyer accepted.
    pub accepted_at: Option<String>,
    /// When it starts.
    pub starts_at: Option<String>,
    /// When it ends by the agreement's terms; null for pay-as-you-go.
    pub ends_at: Option<String>,
    /// When it did end.
    pub ended_at: Option<String>,
    /// The agreement that this one renews or replaces.
    pub predecessor: Option<AgreementId>,
    /// The agreement that renews or replaces this one.
    pub successor: Option<AgreementId>,
    /// AWS issued an advisory that it has not resolved.
    pub advisory: bool,
    /// What is not known yet.
    pub unknown: Vec<String>,
}

/// The entitlement at one time, with what was concluded from other streams.
pub(super) fn at(id: &AgreementId, state: &State, now: Moment) -> Option<Entitlement> {
    let concluded = state.concluded.entitlement.as_ref();
    let link = concluded.and_then(|news| Some((news.basis.as_ref()?, news.opportunity.as_ref())));
    let around = Surroundings {
        offer_link: link,
        predecessor: concluded.and_then(|news| news.predecessor.as_ref()),
        successor: concluded.and_then(|news| news.successor.as_ref()),
    };
    entitlement(id, state.agreement()?, around, now)
}

impl EntitlementItem {
    /// From its agreement's state; `None`: the agreement's creation is not known.
    pub fn new(id: &AgreementId, state: &State, now: Moment) -> Option<Self> {
        let judged = at(id, state, now)?;
        let is_read = state.agreement().is_some_and(is_read);
        let registered_at = state.agreement().and_then(registration::first);
        Some(Self {
            id: judged.id.clone(),
            deal_type: judged.deal_type,
            status: judged.status,
            reason: judged.reason,
            basis: judged.basis,
            opportunity: judged.opportunity,
            offer: judged.offer,
            agreement: judged.id,
            partner: judged.partner,
            buyer: judged.buyer,
            product: shown_product(&judged.products),
            products: judged.products,
            license: judged.licenses.first().cloned(),
            licenses: judged.licenses,
            license_state: Licensing::of(judged.license_state, is_read),
            quantities: judged.quantities,
            registered_at: text(registered_at),
            accepted_at: judged.accepted_at,
            starts_at: judged.starts_at,
            ends_at: judged.ends_at,
            ended_at: judged.ended_at,
            predecessor: judged.predecessor,
            successor: judged.successor,
            advisory: judged.advisory,
            unknown: judged.unknown,
        })
    }
}
