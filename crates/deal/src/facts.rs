//! The facts of each kind of stream, and how they join.
//!
//! An event that records facts carries a value of the stream's facts type with only what its cause says; folding is
//! [`Join::join`]. So the shape of an event is the shape of the folded facts, and order cannot matter.

pub mod agreement;
pub mod offer;
pub mod opportunity;
pub mod partner;
pub mod reading;
pub mod request;
pub mod rest;

use std::collections::BTreeMap;

use marketplace::ids::AccountId;
use marketplace::notification::Role;
use serde::{Deserialize, Serialize};

use crate::lattice::{Join, Register};
use crate::stream::StreamKind;

pub use agreement::AgreementFacts;
pub use offer::OfferFacts;
pub use opportunity::OpportunityFacts;
pub use partner::PartnerFacts;
pub use request::RequestFacts;
pub use rest::{
    ChangeSetFacts, EnvelopeIdFacts, NotificationFacts, NotificationTypeFacts, OfferSetFacts,
    SellerFacts,
};

/// In which role one of our accounts saw a deal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ViewRole {
    /// As the ISV whose product is sold.
    Manufacturer,
    /// As the publisher of the product: AWS tells it of licenses and advisories whoever sold.
    Publisher,
    /// As the seller of record.
    Proposer,
    /// In another role, or AWS did not say.
    Other,
}

impl ViewRole {
    /// The role that a detail-type names.
    pub const fn of(role: Option<&Role>) -> Self {
        match role {
            Some(Role::Manufacturer) => Self::Manufacturer,
            Some(Role::Proposer) => Self::Proposer,
            Some(Role::Acceptor | Role::Other(_)) | None => Self::Other,
        }
    }
}

/// Who of us saw a deal, and as what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Seen {
    /// As what.
    pub role: ViewRole,
    /// Our account ("us"): the envelope's; without one the proposer for a Proposer event, else the manufacturer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub us: Option<AccountId>,
}

/// A person's acknowledgement of a finding: it is closed for evidence up to this time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledged {
    /// Who.
    pub who: String,
    /// Why.
    pub why: String,
    /// The last event time of the evidence that was seen.
    pub through: crate::moment::Moment,
}

/// Acknowledgements by finding id.
pub type Acknowledgements = BTreeMap<String, Register<Acknowledged>>;

/// A public event of a stream that can never be published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unpublishable {
    /// Its id.
    pub event: String,
    /// The detail-type that it would have been published under.
    pub detail_type: String,
    /// Why, in our own words or by the event bus's code: findings are published.
    pub why: String,
}

/// The facts of one stream.
#[derive(Debug, Clone, PartialEq)]
pub enum Facts {
    /// Of an agreement.
    Agreement(Box<AgreementFacts>),
    /// Of a change set.
    ChangeSet(ChangeSetFacts),
    /// Of an EventBridge id with two contents.
    EnvelopeId(EnvelopeIdFacts),
    /// Of a notification that could not be used.
    Notification(NotificationFacts),
    /// Of an unknown detail-type.
    NotificationType(NotificationTypeFacts),
    /// Of an offer.
    Offer(Box<OfferFacts>),
    /// Of an offer set.
    OfferSet(OfferSetFacts),
    /// Of an opportunity.
    Opportunity(Box<OpportunityFacts>),
    /// Of a partner.
    Partner(PartnerFacts),
    /// Of a request of ours.
    Request(Box<RequestFacts>),
    /// Of one of our accounts.
    Seller(SellerFacts),
}

impl Facts {
    /// No facts.
    pub fn none(kind: StreamKind) -> Self {
        match kind {
            StreamKind::Agreement => Self::Agreement(Box::default()),
            StreamKind::ChangeSet => Self::ChangeSet(ChangeSetFacts::default()),
            StreamKind::EnvelopeId => Self::EnvelopeId(EnvelopeIdFacts::default()),
            StreamKind::Notification => Self::Notification(NotificationFacts::default()),
            StreamKind::NotificationType => {
                Self::NotificationType(NotificationTypeFacts::default())
            }
            StreamKind::Offer => Self::Offer(Box::default()),
            StreamKind::OfferSet => Self::OfferSet(OfferSetFacts::default()),
            StreamKind::Opportunity => Self::Opportunity(Box::default()),
            StreamKind::Partner => Self::Partner(PartnerFacts::default()),
            StreamKind::Request => Self::Request(Box::default()),
            StreamKind::Seller => Self::Seller(SellerFacts::default()),
        }
    }

    /// Reads the JSON that [`Self::to_json`] wrote.
    pub fn from_json(kind: StreamKind, json: &str) -> Result<Self, serde_json::Error> {
        use serde_json::from_str;
        Ok(match kind {
            StreamKind::Agreement => Self::Agreement(from_str(json)?),
            StreamKind::ChangeSet => Self::ChangeSet(from_str(json)?),
            StreamKind::EnvelopeId => Self::EnvelopeId(from_str(json)?),
            StreamKind::Notification => Self::Notification(from_str(json)?),
            StreamKind::NotificationType => Self::NotificationType(from_str(json)?),
            StreamKind::Offer => Self::Offer(from_str(json)?),
            StreamKind::OfferSet => Self::OfferSet(from_str(json)?),
            StreamKind::Opportunity => Self::Opportunity(from_str(json)?),
            StreamKind::Partner => Self::Partner(from_str(json)?),
            StreamKind::Request => Self::Request(from_str(json)?),
            StreamKind::Seller => Self::Seller(from_str(json)?),
        })
    }

    /// The stored JSON; one shape for events and for folded facts.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        use serde_json::to_string;
        match self {
            Self::Agreement(facts) => to_string(facts),
            Self::ChangeSet(facts) => to_string(facts),
            Self::EnvelopeId(facts) => to_string(facts),
            Self::Notification(facts) => to_string(facts),
            Self::NotificationType(facts) => to_string(facts),
            Self::Offer(facts) => to_string(facts),
            Self::OfferSet(facts) => to_string(facts),
            Self::Opportunity(facts) => to_string(facts),
            Self::Partner(facts) => to_string(facts),
            Self::Request(facts) => to_string(facts),
            Self::Seller(facts) => to_string(facts),
        }
    }
}

impl Join for Facts {
    /// Facts of different kinds never meet: a stream's id fixes its kind. If they did, the known ones would stay.
    fn join(&mut self, other: &Self) {
        match (self, other) {
            (Self::Agreement(known), Self::Agreement(new)) => known.join(new),
            (Self::ChangeSet(known), Self::ChangeSet(new)) => known.join(new),
            (Self::EnvelopeId(known), Self::EnvelopeId(new)) => known.join(new),
            (Self::Notification(known), Self::Notification(new)) => known.join(new),
            (Self::NotificationType(known), Self::NotificationType(new)) => known.join(new),
            (Self::Offer(known), Self::Offer(new)) => known.join(new),
            (Self::OfferSet(known), Self::OfferSet(new)) => known.join(new),
            (Self::Opportunity(known), Self::Opportunity(new)) => known.join(new),
            (Self::Partner(known), Self::Partner(new)) => known.join(new),
            (Self::Request(known), Self::Request(new)) => known.join(new),
            (Self::Seller(known), Self::Seller(new)) => known.join(new),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
