//! The events that we publish, and what each of them carries.
//!
//! A public event states what holds; it is also how the ledger remembers what it last concluded. Free text and legal
//! names stay out of it.

use marketplace::ids::{AccountId, OfferId, OpportunityId, ProductName};
use serde::{Deserialize, Serialize};

use crate::correlate::Link;
use crate::entitlement::{DealType, Entitlement};
use crate::finding::Finding;
use crate::renewal::Renewal;

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

/// A public event. Its name is the detail-type that it is published under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicEvent {
    /// An opportunity can be used by its partner.
    OpportunityReleased(OpportunityNews),
    /// Something published of an opportunity is different.
    OpportunityChanged(OpportunityNews),
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
    /// A finding opened, or its evidence grew.
    FindingRaised(Finding),
    /// A finding closed.
    FindingClosed(Finding),
}

impl PublicEvent {
    /// Every detail-type.
    pub const DETAIL_TYPES: [&str; 12] = [
        "Opportunity Released",
        "Opportunity Changed",
        "Offer Received",
        "Offer Linked",
        "Entitlement Granted",
        "Entitlement Started",
        "Entitlement Changed",
        "Entitlement Ending",
        "Entitlement Ended",
        "Renewal Upcoming",
        "Finding Raised",
        "Finding Closed",
    ];

    /// The detail-type.
    pub const fn detail_type(&self) -> &'static str {
        match self {
            Self::OpportunityReleased(_) => "Opportunity Released",
            Self::OpportunityChanged(_) => "Opportunity Changed",
            Self::OfferReceived(_) => "Offer Received",
            Self::OfferLinked(_) => "Offer Linked",
            Self::EntitlementGranted(_) => "Entitlement Granted",
            Self::EntitlementStarted(_) => "Entitlement Started",
            Self::EntitlementChanged(_) => "Entitlement Changed",
            Self::EntitlementEnding(_) => "Entitlement Ending",
            Self::EntitlementEnded(_) => "Entitlement Ended",
            Self::RenewalUpcoming(_) => "Renewal Upcoming",
            Self::FindingRaised(_) => "Finding Raised",
            Self::FindingClosed(_) => "Finding Closed",
        }
    }

    /// The payload as JSON.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        use serde_json::to_string;
        match self {
            Self::OpportunityReleased(news) | Self::OpportunityChanged(news) => to_string(news),
            Self::OfferReceived(news) | Self::OfferLinked(news) => to_string(news),
            Self::EntitlementGranted(news)
            | Self::EntitlementStarted(news)
            | Self::EntitlementChanged(news)
            | Self::EntitlementEnding(news)
            | Self::EntitlementEnded(news) => to_string(news),
            Self::RenewalUpcoming(news) => to_string(news),
            Self::FindingRaised(finding) | Self::FindingClosed(finding) => to_string(finding),
        }
    }

    /// Reads what [`Self::to_json`] wrote under this detail-type; `None`: no such detail-type.
    pub fn from_json(detail_type: &str, json: &str) -> Option<Result<Self, serde_json::Error>> {
        use serde_json::from_str;
        Some(match detail_type {
            "Opportunity Released" => from_str(json).map(Self::OpportunityReleased),
            "Opportunity Changed" => from_str(json).map(Self::OpportunityChanged),
            "Offer Received" => from_str(json).map(Self::OfferReceived),
            "Offer Linked" => from_str(json).map(Self::OfferLinked),
            "Entitlement Granted" => from_str(json).map(Self::EntitlementGranted),
            "Entitlement Started" => from_str(json).map(Self::EntitlementStarted),
            "Entitlement Changed" => from_str(json).map(Self::EntitlementChanged),
            "Entitlement Ending" => from_str(json).map(Self::EntitlementEnding),
            "Entitlement Ended" => from_str(json).map(Self::EntitlementEnded),
            "Renewal Upcoming" => from_str(json).map(Self::RenewalUpcoming),
            "Finding Raised" => from_str(json).map(Self::FindingRaised),
            "Finding Closed" => from_str(json).map(Self::FindingClosed),
            _ => return None,
        })
    }
}
