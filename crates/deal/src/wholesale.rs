//! What a partner owes us for a product: terms that people agreed on, before there is an opportunity.

use std::collections::BTreeMap;
use std::fmt;

use marketplace::draft::Prices;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

mod form;
mod start;

pub use form::{AuthorizationForm, MAX_CALLED, Wanted};
pub use start::{Started, start};

/// The terms of one product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WholesaleTerms {
    /// The one currency of all prices (ISO 4217).
    pub currency: String,
    /// How the prices are stated.
    pub stated: Stated,
}

/// How wholesale prices are stated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stated {
    /// What the partner pays.
    Prices(Prices),
    /// A discount from list prices. List prices stand here, and nowhere else: they are those that the discount was agreed on.
    Discount {
        /// In percent.
        percent: Decimal,
        /// The list prices.
        list: Prices,
    },
}

impl WholesaleTerms {
    /// What the partner pays, exactly. `None` past 28 digits, which no form lets through.
    pub fn prices(&self) -> Option<Prices> {
        match &self.stated {
            Stated::Prices(prices) => Some(prices.clone()),
            Stated::Discount { percent, list } => {
                let rest = Decimal::ONE_HUNDRED.checked_sub(*percent)?;
                let share = rest.checked_mul(Decimal::new(1, 2))?;
                list.map(|price| Some(price.checked_mul(share)?.normalize()))
            }
        }
    }

    /// The discount in percent, if the terms are one.
    pub const fn discount(&self) -> Option<Decimal> {
        match &self.stated {
            Stated::Prices(_) => None,
            Stated::Discount { percent, .. } => Some(*percent),
        }
    }

    /// The list prices, by their places; none where prices are stated.
    pub fn list(&self) -> BTreeMap<String, Decimal> {
        match &self.stated {
            Stated::Prices(_) => BTreeMap::new(),
            Stated::Discount { list, .. } => list.each().collect(),
        }
    }
}

impl fmt::Display for WholesaleTerms {
    /// In a few words: `20% off list prices, USD`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = match &self.stated {
            Stated::Prices(prices) => prices.each().count(),
            Stated::Discount { percent, .. } => {
                return write!(f, "{}% off list prices, {}", percent.normalize(), self.currency);
            }
        };
        let noun = if count == 1 { "price" } else { "prices" };
        write!(f, "{count} {noun}, {}", self.currency)
    }
}

#[cfg(test)]
mod tests;
