//! How the buyer of a renewal bought before (`PreExistingBuyerAgreement`).
//!
//! AWS may ask for proof, and revoke the offer and the entitlements without it ("Creating a selling authorization
//! for an AWS Marketplace Channel Partner as an ISV").

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Where and how the buyer bought before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BoughtBefore {
    /// Where.
    pub channel: Channel,
    /// How it was priced.
    pub pricing_model: PricingModel,
}

/// Where a buyer bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Channel {
    /// In AWS Marketplace.
    AwsMarketplace,
    /// Anywhere else.
    External,
}

/// How a product was priced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum PricingModel {
    /// A contract.
    Contract,
    /// By usage.
    Usage,
    /// The buyer brought a license.
    Byol,
    /// At no charge.
    Free,
}

/// A word that is none of those that AWS takes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("one of {0}")]
pub struct UnknownWord(&'static str);

impl Channel {
    /// AWS's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::AwsMarketplace => "AwsMarketplace",
            Self::External => "External",
        }
    }
}

impl PricingModel {
    /// AWS's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Contract => "Contract",
            Self::Usage => "Usage",
            Self::Byol => "Byol",
            Self::Free => "Free",
        }
    }
}

impl FromStr for Channel {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let mut all = [Self::AwsMarketplace, Self::External].into_iter();
        let found = all.find(|one| one.word().eq_ignore_ascii_case(text));
        found.ok_or(UnknownWord("AwsMarketplace, External"))
    }
}

impl FromStr for PricingModel {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let mut all = [Self::Contract, Self::Usage, Self::Byol, Self::Free].into_iter();
        let found = all.find(|one| one.word().eq_ignore_ascii_case(text));
        found.ok_or(UnknownWord("Contract, Usage, Byol, Free"))
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl fmt::Display for PricingModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
