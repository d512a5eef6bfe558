//! What the Catalog API says of a resale authorization (`ResaleAuthorization@1.0`).

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, OpportunityId, ProductName};

pub(crate) mod authorization;
mod describe;
mod terms;

pub use describe::{CatalogError, DESCRIBED, Description, SOURCE, describe};

/// A resale authorization as described at one moment
/// ("Work with resale authorizations using the AWS Marketplace APIs").
///
/// Serialized (snake case, absent fields left out) inside the facts of an opportunity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResaleAuthorization {
    /// Its id without the revision (`@3`).
    pub id: OpportunityId,
    /// When AWS last changed it: the time of this observation.
    pub last_modified: Timestamp,
    /// Shown to the partner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Shown to the partner in its seller reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `ProductId` and the last segment of `ProductArn`: names of one product, sorted, each once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub products: Vec<ProductName>,
    /// The words for the product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub product_title: Option<String>,
    /// `Draft`, `Active`, `Restricted`, or what else AWS wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// When it was created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// The ISV.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manufacturer: Option<AccountId>,
    /// The one account that may resell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reseller: Option<AccountId>,
    /// The reseller's legal name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reseller_name: Option<String>,
    /// `ChannelPartner`, `Distributor`, or what else AWS wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reseller_role: Option<String>,
    /// The last day on which the partner may create an offer; effective until 23:59:59 UTC of it.
    /// Absent: no end. AWS's sentinel (2099-01-01 and later) reads as absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_date: Option<Date>,
    /// How many offers may be made from it (AWS accepts only 1). Absent: any number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_offers: Option<u32>,
    /// The buyers that may be targeted, sorted, each once. Empty: any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buyers: Vec<AccountId>,
    /// Present when this is a renewal: where and how the buyer bought before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewal: Option<Renewal>,
    /// AWS's counters; hints only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counters: Option<Counters>,
    /// The wholesale terms.
    #[serde(default, skip_serializing_if = "Terms::is_empty")]
    pub terms: Terms,
}

/// `PreExistingBuyerAgreement`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renewal {
    /// `AwsMarketplace`, `External`, `Unknown`, or what else AWS wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    /// `Contract`, `Usage`, `Byol`, `Free`, `Unknown`, or what else AWS wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pricing_model: Option<String>,
}

/// `OfferDetails`: what AWS counts. It ranks candidates and never decides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// `Not Started`, `Completed-Used`, `Completed-Usable`, or what else AWS wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extended_status: Option<String>,
    /// Offers made from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offers_created: Option<u64>,
}

/// The wholesale terms of a resale authorization.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Terms {
    /// The one currency of all prices and of the schedule (ISO 4217).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
    /// Price per unit of each metered dimension (`ResaleUsageBasedPricingTerm`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub usage: Vec<DimensionPrice>,
    /// Price per unit and duration, the buyer picks the quantity (`ResaleConfigurableUpfrontPricingTerm`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub configurable: Vec<DurationPrices>,
    /// A fixed commitment (`ResaleFixedUpfrontPricingTerm`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fixed: Option<FixedUpfront>,
    /// Installments (`ResalePaymentScheduleTerm`); their sum is the wholesale commitment.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub schedule: Vec<Installment>,
    /// ISO 8601 duration, for example `P60D` (`ResaleNetPaymentTerm`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub net_payment: Option<String>,
    /// The buyer's license agreement (`BuyerLegalTerm`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buyer_legal: Vec<LegalDocument>,
    /// The contract with the reseller (`ResaleLegalTerm`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resale_legal: Vec<LegalDocument>,
    /// The latest day on which an agreement may start (`BuyerValidityTerm`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest_start: Option<Date>,
    /// Types of terms that this version does not know, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<String>,
}

impl Terms {
    /// No term at all.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The wholesale commitment: the sum of the schedule. `None` without a schedule, or past 28 digits.
    pub fn commitment(&self) -> Option<Decimal> {
        let (first, rest) = self.schedule.split_first()?;
        rest.iter().try_fold(first.amount, |sum, part| sum.checked_add(part.amount))
    }
}

/// A price per unit of one dimension.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DimensionPrice {
    /// The dimension's key.
    pub dimension: String,
    /// Per unit, in the terms' currency, at most 8 decimals.
    pub price: Decimal,
}

/// Prices for one contract duration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DurationPrices {
    /// ISO 8601 duration.
    pub duration: String,
    /// Per unit of each dimension.
    pub prices: Vec<DimensionPrice>,
}

/// A fixed commitment for a duration.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FixedUpfront {
    /// ISO 8601 duration.
    pub duration: Option<String>,
    /// Usually zero, the schedule carries the amounts.
    pub price: Option<Decimal>,
    /// What is granted: dimension and greatest quantity (absent: unlimited).
    pub grants: Vec<(String, Option<u64>)>,
}

/// One installment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Installment {
    /// The day of the charge.
    pub date: Date,
    /// In the terms' currency.
    pub amount: Decimal,
}

/// A legal document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegalDocument {
    /// `StandardEula`, `CustomEula`, `EnterpriseEula`, `StandardResellerContract`, `CustomResellerContract`, or what else AWS wrote.
    pub kind: String,
    /// Without its query string: AWS answers with signed URLs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}
