//! The events that we publish, and what each of them carries.
//!
//! A public event states what holds; it is also how the ledger remembers what it last concluded. Free text and legal
//! names stay out of it.

use marketplace::ids::{AccountId, OfferId, OpportunityId, ProductName};
use serde::{Deserialize, Serialize};

use crate::correlate::Link;
use crate::entitlement::{DealType, Entitlement};
use crate::facts::request::WishKind;
use crate::finding::Finding;
use crate::registration::Registration;
use crate::renewal::Renewal;
use crate::request::RequestId;

/// An opportunity as published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OpportunityNews {
    /// Its id.
    pub id: OpportunityId,
    /// `active`, `expired` or `restricted`; `draft` ones are not published.
    pub status: String,
    /// The account that may resell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner: Option<AccountId>,
    /// Names of the product.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub products: Vec<ProductName>,
    /// The buyers that may be targeted; empty: any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buyers: Vec<AccountId>,
    /// The last day on which an offer may be made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_date: Option<String>,
    /// How many offers may be made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_offers: Option<u32>,
    /// The wholesale commitment (sum of the schedule), exact decimal text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wholesale: Option<String>,
    /// Its currency, ISO 4217.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
}

/// A request of ours to AWS as published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RequestNews {
    /// Its id, which is ours.
    pub id: RequestId,
    /// What is wished: `create`, `publish`, `restrict` or `clone` an opportunity.
    pub wish: WishKind,
    /// `requested`, `succeeded`, `failed` or `cancelled`.
    pub status: String,
    /// The opportunity: what was created, or what the wish is about. Of a clone, the new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opportunity: Option<OpportunityId>,
    /// What is cloned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cloned_from: Option<OpportunityId>,
    /// The partner that may resell what is created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner: Option<AccountId>,
    /// The product of what is created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product: Option<ProductName>,
    /// AWS's codes for why it failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub codes: Vec<String>,
}

/// An offer and its link as published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct OfferNews {
    /// Its id.
    pub id: OfferId,
    /// Whose sale it is.
    #[serde(rename = "type")]
    pub deal_type: DealType,
    /// Whether `Offer Released` was seen; a stub is known only by agreements that name it.
    pub released: bool,
    /// The seller of record, for a partner's offer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partner: Option<AccountId>,
    /// Names of the product.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub products: Vec<ProductName>,
    /// The buyers that may accept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buyers: Vec<AccountId>,
    /// When it can no longer be accepted, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// Its opportunity and how we know it; absent for our own offers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<Link>,
}

/// An entitlement whose end or renewal is near.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RenewalNews {
    /// What is near.
    pub renewal: Renewal,
    /// The entitlement as it is now.
    pub entitlement: Entitlement,
}

/// A buyer's registration, joined with what it is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RegistrationNews {
    /// Who registered, for which license, and when.
    pub registration: Registration,
    /// The entitlement as it is now.
    pub entitlement: Entitlement,
}

/// A public event. Its name is the detail-type that it is published under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicEvent {
    /// An opportunity can be used by its partner.
    OpportunityReleased(OpportunityNews),
    /// Something published of an opportunity is different.
    OpportunityChanged(OpportunityNews),
    /// A person wished that an opportunity be created or changed.
    OpportunityRequested(RequestNews),
    /// AWS did it.
    OpportunityRequestSucceeded(RequestNews),
    /// AWS did not do it, and we do not try again.
    OpportunityRequestFailed(RequestNews),
    /// A released offer was seen for the first time.
    OfferReceived(OfferNews),
    /// An offer's link, or something else published of it, is different.
    OfferLinked(OfferNews),
    /// A buyer has, or will have, access.
    EntitlementGranted(Entitlement),
    /// A scheduled entitlement started.
    EntitlementStarted(Entitlement),
    /// Something published of an entitlement is different, but for what the other events say.
    EntitlementChanged(Entitlement),
    /// The end is known and the last metering hour runs.
    EntitlementEnding(Entitlement),
    /// The last metering hour is over.
    EntitlementEnded(Entitlement),
    /// The end by the agreement's terms, or a renewal, is near.
    RenewalUpcoming(Box<RenewalNews>),
    /// A buyer registered for a license of an entitlement.
    BuyerRegistered(Box<RegistrationNews>),
    /// A finding opened, or its evidence grew.
    FindingRaised(Finding),
    /// A finding closed.
    FindingClosed(Finding),
}

impl PublicEvent {
    /// Every detail-type.
    pub const DETAIL_TYPES: [&str; 16] = [
        "Opportunity Released",
        "Opportunity Changed",
        "Opportunity Requested",
        "Opportunity Request Succeeded",
        "Opportunity Request Failed",
        "Offer Received",
        "Offer Linked",
        "Entitlement Granted",
        "Entitlement Started",
        "Entitlement Changed",
        "Entitlement Ending",
        "Entitlement Ended",
        "Renewal Upcoming",
        "Buyer Registered",
        "Finding Raised",
        "Finding Closed",
    ];

    /// The detail-type.
    pub const fn detail_type(&self) -> &'static str {
        match self {
            Self::OpportunityReleased(_) => "Opportunity Released",
            Self::OpportunityChanged(_) => "Opportunity Changed",
            Self::OpportunityRequested(_) => "Opportunity Requested",
            Self::OpportunityRequestSucceeded(_) => "Opportunity Request Succeeded",
            Self::OpportunityRequestFailed(_) => "Opportunity Request Failed",
            Self::OfferReceived(_) => "Offer Received",
            Self::OfferLinked(_) => "Offer Linked",
            Self::EntitlementGranted(_) => "Entitlement Granted",
            Self::EntitlementStarted(_) => "Entitlement Started",
            Self::EntitlementChanged(_) => "Entitlement Changed",
            Self::EntitlementEnding(_) => "Entitlement Ending",
            Self::EntitlementEnded(_) => "Entitlement Ended",
            Self::RenewalUpcoming(_) => "Renewal Upcoming",
            Self::BuyerRegistered(_) => "Buyer Registered",
            Self::FindingRaised(_) => "Finding Raised",
            Self::FindingClosed(_) => "Finding Closed",
        }
    }

    /// The payload as JSON.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        use serde_json::to_string;
        match self {
            Self::OpportunityReleased(news) | Self::OpportunityChanged(news) => to_string(news),
            Self::OpportunityRequested(news)
            | Self::OpportunityRequestSucceeded(news)
            | Self::OpportunityRequestFailed(news) => to_string(news),
            Self::OfferReceived(news) | Self::OfferLinked(news) => to_string(news),
            Self::EntitlementGranted(news)
            | Self::EntitlementStarted(news)
            | Self::EntitlementChanged(news)
            | Self::EntitlementEnding(news)
            | Self::EntitlementEnded(news) => to_string(news),
            Self::RenewalUpcoming(news) => to_string(news),
            Self::BuyerRegistered(news) => to_string(news),
            Self::FindingRaised(finding) | Self::FindingClosed(finding) => to_string(finding),
        }
    }

    /// Reads what [`Self::to_json`] wrote under this detail-type; `None`: no such detail-type.
    pub fn from_json(detail_type: &str, json: &str) -> Option<Result<Self, serde_json::Error>> {
        use serde_json::from_str;
        Some(match detail_type {
            "Opportunity Released" => from_str(json).map(Self::OpportunityReleased),
            "Opportunity Changed" => from_str(json).map(Self::OpportunityChanged),
            "Opportunity Requested" => from_str(json).map(Self::OpportunityRequested),
            "Opportunity Request Succeeded" => {
                from_str(json).map(Self::OpportunityRequestSucceeded)
            }
            "Opportunity Request Failed" => from_str(json).map(Self::OpportunityRequestFailed),
            "Offer Received" => from_str(json).map(Self::OfferReceived),
            "Offer Linked" => from_str(json).map(Self::OfferLinked),
            "Entitlement Granted" => from_str(json).map(Self::EntitlementGranted),
            "Entitlement Started" => from_str(json).map(Self::EntitlementStarted),
            "Entitlement Changed" => from_str(json).map(Self::EntitlementChanged),
            "Entitlement Ending" => from_str(json).map(Self::EntitlementEnding),
            "Entitlement Ended" => from_str(json).map(Self::EntitlementEnded),
            "Renewal Upcoming" => from_str(json).map(Self::RenewalUpcoming),
            "Buyer Registered" => from_str(json).map(Self::BuyerRegistered),
            "Finding Raised" => from_str(json).map(Self::FindingRaised),
            "Finding Closed" => from_str(json).map(Self::FindingClosed),
            _ => return None,
        })
    }
}
