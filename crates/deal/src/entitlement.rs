//! What a buyer may use because of an agreement: type, status and end, as functions of facts and now.

use marketplace::ids::{AccountId, AgreementId, LicenseId, OfferId, OpportunityId, ProductName};
use serde::{Deserialize, Serialize};

use crate::correlate::Basis;
use crate::facts::{AgreementFacts, OfferFacts, Seen, ViewRole};
use crate::lattice::Few;
use crate::moment::Moment;
use crate::reading;

/// Usage of the last hour may still be metered for so long after the end
/// (AWS: "Managing `SaaS` subscription events with Amazon EventBridge").
pub const FINAL_HOURS: i64 = 1;

/// The type of an offer, its agreements and their entitlements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum DealType {
    /// A partner sells our product.
    #[serde(rename = "CPPO")]
    Cppo,
    /// We resell another's product.
    #[serde(rename = "CPPO_IN")]
    CppoIn,
    /// We sell our own product.
    #[serde(rename = "PRIVATE")]
    Private,
}

impl DealType {
    /// Every type.
    pub const ALL: [Self; 3] = [Self::Cppo, Self::CppoIn, Self::Private];

    /// The shown word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Cppo => "CPPO",
            Self::CppoIn => "CPPO_IN",
            Self::Private => "PRIVATE",
        }
    }

    /// From who saw the deal, who sells, who made the product, and whether an authorization is named.
    ///
    /// A manufacturer's view wins over a proposer's when two of our accounts see one deal. Without a seller the role
    /// decides, since AWS tells the manufacturer only of a partner's sale.
    pub fn of(
        seen: &Few<Seen>,
        seller: Option<&AccountId>,
        manufacturer: Option<&AccountId>,
        authorized: bool,
    ) -> Self {
        let as_manufacturer = seen.iter().any(|view| view.role == ViewRole::Manufacturer);
        let as_proposer = seen.iter().any(|view| view.role == ViewRole::Proposer);
        let Some(seller) = seller else {
            return if as_manufacturer || !as_proposer {
                Self::Cppo
            } else {
                Self::own(authorized)
            };
        };
        let anothers_sale = |view: &Seen| match view.role {
            ViewRole::Manufacturer | ViewRole::Publisher => {
                view.us.as_ref().is_some_and(|us| us != seller)
            }
            ViewRole::Proposer | ViewRole::Other => false,
        };
        let us_selling = seen.iter().any(|view| view.us.as_ref() == Some(seller));
        if seen.iter().any(anothers_sale) || !(us_selling || as_proposer) {
            // Without any account that is ours, a seller that made the product sells its own.
            let own = manufacturer == Some(seller) && !seen.iter().any(anothers_sale);
            return if own { Self::Private } else { Self::Cppo };
        }
        Self::own(authorized || manufacturer.is_some_and(|maker| maker != seller))
    }

    const fn own(authorized: bool) -> Self {
        if authorized { Self::CppoIn } else { Self::Private }
    }

    /// The type of an offer.
    pub fn of_offer(offer: &OfferFacts) -> Self {
        let authorized = !offer.confirmed.is_empty();
        Self::of(&offer.seen, offer.seller.get(), offer.manufacturer.get(), authorized)
    }

    /// The type of an agreement.
    pub fn of_agreement(agreement: &AgreementFacts) -> Self {
        let authorized = !agreement.authorization.is_empty();
        let maker = agreement.manufacturer.get();
        Self::of(&agreement.seen, agreement.proposer.get(), maker, authorized)
    }
}

/// What the buyer may do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// The start is in the future.
    Scheduled,
    /// Started, no end known.
    Active,
    /// The end is known and its last metering hour runs.
    Ending,
    /// After that.
    Ended,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 4] = [Self::Scheduled, Self::Active, Self::Ending, Self::Ended];

    /// The shown word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Active => "active",
            Self::Ending => "ending",
            Self::Ended => "ended",
        }
    }

    /// Whether the buyer has, or will have, access.
    pub const fn is_live(self) -> bool {
        match self {
            Self::Scheduled | Self::Active => true,
            Self::Ending | Self::Ended => false,
        }
    }
}

/// The end of an entitlement, once it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// When.
    pub at: Moment,
    /// `expired`, `cancelled`, `terminated`, `renewed`, `replaced`, `deprovisioned`, or what else AWS wrote, lower case;
    /// `ended` while AWS has not said why.
    pub reason: String,
}

/// The end: AWS's `Ended`, or when the last known license was deprovisioned if every known license is; the earlier one.
pub fn end(facts: &AgreementFacts) -> Option<End> {
    let word = || facts.ended.get().map_or("ended", String::as_str).to_owned();
    let said = facts.ended_at().map(|at| End { at, reason: word() });
    let deprovisioned = facts
        .licenses
        .values()
        .map(|license| license.deprovisioned.get())
        .collect::<Option<Vec<Moment>>>()
        .and_then(|times| times.into_iter().max());
    match (said, deprovisioned) {
        // AWS's reason says more than ours, whichever came first.
        (Some(said), Some(at)) => Some(End { at: said.at.min(at), reason: said.reason }),
        (Some(said), None) => Some(said),
        (None, Some(at)) => Some(End { at, reason: "deprovisioned".to_owned() }),
        (None, None) => None,
    }
}

/// The status at one time, and when it began to hold. `None`: no entitlement, the agreement's creation is not known.
pub fn status(facts: &AgreementFacts, now: Moment) -> Option<(Status, Moment)> {
    let created = facts.created.get()?;
    if let Some(end) = end(facts) {
        let last = end.at.plus_hours(FINAL_HOURS);
        return Some(if now < last { (Status::Ending, end.at) } else { (Status::Ended, last) });
    }
    let start = facts.starts().unwrap_or(created);
    if start > now { Some((Status::Scheduled, created)) } else { Some((Status::Active, start)) }
}

/// Whether AWS granted the license that quantities and metering need.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum LicenseState {
    /// No license that is not deprovisioned is known.
    Awaited,
    /// At least one is.
    Held,
}

/// How much of a dimension one license grants, as AWS's Entitlement API said it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LicensedQuantity {
    /// The license: what metering must name.
    pub license: LicenseId,
    /// The dimension's key.
    pub dimension: String,
    /// AWS's type of the value: `integer`, `double`, `boolean`, `text`, or `unknown` for one that this version does not know.
    #[serde(rename = "type")]
    pub kind: String,
    /// The value as text, exact; absent for an unknown type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Until when at least it stays so, RFC 3339. It is no end of the agreement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// Since when we know that the license grants what it does, RFC 3339.
    pub read_at: String,
}

/// An entitlement as published: everything that a consumer needs without asking back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Entitlement {
    /// The agreement's id is the entitlement's.
    pub id: AgreementId,
    /// Whose sale it is.
    #[serde(rename = "type")]
    pub deal_type: DealType,
    /// What the buyer may do.
    pub status: Status,
    /// Why it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The opportunity, and how we know it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opportunity: Option<OpportunityId>,
    /// How we know the opportunity; absent for our own sales.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
    /// The accepted offer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer: Option<OfferId>,
    /// The buyer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub buyer: Option<AccountId>,
    /// The reseller; absent for our own sales.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner: Option<AccountId>,
    /// Names of the product.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub products: Vec<ProductName>,
    /// RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted_at: Option<String>,
    /// RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starts_at: Option<String>,
    /// The end by the agreement's terms, RFC 3339; absent for pay-as-you-go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<String>,
    /// When it did end, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<String>,
    /// Whether a license is held.
    pub license_state: LicenseState,
    /// Licenses that are not deprovisioned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub licenses: Vec<LicenseId>,
    /// What those licenses grant, as far as it was read; `unknown` lists `quantities` until all of them are read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quantities: Vec<LicensedQuantity>,
    /// The agreement that this one renews or replaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub predecessor: Option<AgreementId>,
    /// The agreement that renews or replaces this one. Its end is then no revocation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub successor: Option<AgreementId>,
    /// AWS issued an advisory that it has not resolved. It suspends nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub advisory: bool,
    /// What is not known yet; a change follows when it is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<String>,
}

/// What other streams say of an agreement.
#[derive(Debug, Clone, Copy, Default)]
pub struct Surroundings<'a> {
    /// The link of its offer, for an agreement that names no authorization.
    pub offer_link: Option<(&'a Basis, Option<&'a OpportunityId>)>,
    /// The predecessor that is named, or else the only one that matches.
    pub predecessor: Option<&'a AgreementId>,
    /// The successor that names it, or else the only one that matches.
    pub successor: Option<&'a AgreementId>,
}

/// The entitlement at one time. `None`: the agreement's creation is not known.
pub fn entitlement(
    id: &AgreementId,
    facts: &AgreementFacts,
    around: Surroundings<'_>,
    now: Moment,
) -> Option<Entitlement> {
    let (status, _) = status(facts, now)?;
    let end = end(facts);
    let deal_type = DealType::of_agreement(facts);
    let (basis, opportunity) = match (deal_type, facts.authorization.get()) {
        (DealType::Cppo | DealType::CppoIn, Some(named)) => (Some(Basis::Confirmed), Some(named)),
        (DealType::Cppo, None) => match around.offer_link {
            Some((basis, opportunity)) => (Some(*basis), opportunity),
            None => (Some(Basis::Unmatched), None),
        },
        (DealType::CppoIn, None) | (DealType::Private, _) => (None, None),
    };
    let live = facts.licenses.iter().filter(|(_, license)| license.deprovisioned.is_empty());
    let licenses: Vec<LicenseId> = live.map(|(id, _)| id.clone()).collect();
    let license_state =
        if licenses.is_empty() { LicenseState::Awaited } else { LicenseState::Held };
    let partner = match deal_type {
        DealType::Cppo => facts.proposer.get().cloned(),
        DealType::CppoIn | DealType::Private => None,
    };
    let text = |time: Moment| time.to_string();
    let mut entitlement = Entitlement {
        id: id.clone(),
        deal_type,
        status,
        reason: end.as_ref().map(|end| end.reason.clone()),
        opportunity: opportunity.cloned(),
        basis,
        offer: facts.offer.get().cloned(),
        buyer: facts.acceptor.get().cloned(),
        partner,
        products: facts.products.iter().cloned().collect(),
        accepted_at: facts.acceptance.get().copied().map(text),
        starts_at: facts.starts().map(text),
        ends_at: facts.ends().map(text),
        ended_at: end.map(|end| text(end.at)),
        license_state,
        licenses,
        quantities: reading::quantities(facts),
        predecessor: around.predecessor.cloned(),
        successor: around.successor.cloned(),
        advisory: facts.advisory.get().copied().unwrap_or(false),
        unknown: Vec::new(),
    };
    // Of another's product AWS tells us no quantities, and of what has ended nobody asks any more.
    let asked = status.is_live() && deal_type != DealType::CppoIn;
    entitlement.unknown = unknown(&entitlement, asked && !reading::is_read(facts));
    Some(entitlement)
}

/// The names of what a consumer would want and nobody has said yet.
fn unknown(entitlement: &Entitlement, quantities: bool) -> Vec<String> {
    let cppo = entitlement.deal_type == DealType::Cppo;
    let missing = [
        ("buyer", entitlement.buyer.is_none()),
        ("license", entitlement.license_state == LicenseState::Awaited),
        ("offer", entitlement.offer.is_none()),
        ("opportunity", cppo && entitlement.opportunity.is_none()),
        ("partner", cppo && entitlement.partner.is_none()),
        ("product", entitlement.products.is_empty()),
        ("quantities", quantities),
    ];
    let missing = missing.into_iter().filter(|(_, missing)| *missing);
    missing.map(|(name, _)| name.to_owned()).collect()
}

#[cfg(test)]
mod tests;
