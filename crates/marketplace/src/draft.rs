//! An opportunity as a person wants it, before AWS knows of it.
//!
//! | step | function | what it decides |
//! |---|---|---|
//! | what a person wrote | [`Form::draft`] | every value that cannot be read, and every rule that is broken, at once |
//! | a draft | [`Draft::problems`] | which of AWS's documented rules it breaks, by the numbers in [`Limits`] |
//! | a draft | [`Draft::changes`] | the change set that makes it |
//! | a described authorization | [`Form::of`] | a form to make the like of it, and what cannot be carried over |
//! | a draft and a described authorization | [`diff`] | where AWS's differs |
//! | the same | [`Draft::misfits`] | why that one cannot become this |
//!
//! The facts are those of "Work with resale authorizations using the AWS Marketplace APIs"; where AWS's
//! pages leave something open or contradict each other, the rule says that it is our caution.
//!
//! What is not decided here: what only AWS knows of a product (its dimensions, whether it is software as a service), and
//! whether the partner may sell it. AWS's own answer is shown for these.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::catalog::Installment;
use crate::ids::{AccountId, ProductName};
use crate::json;

mod changes;
mod copy;
mod difference;
mod duration;
mod form;
mod legal;
mod limits;
mod prices;
mod problem;
mod renewal;
mod rules;
mod text;

#[cfg(test)]
mod tests;

pub use copy::NotCarried;
pub use difference::{Difference, Ours, diff};
pub use duration::{Duration, InvalidDuration};
pub use form::{CommitmentForm, Form, InstallmentForm, RenewalForm};
pub use legal::{Eula, ResellerContract};
pub use limits::{Limit, Limits, Source};
pub use prices::{Prices, PricesForm};
pub use problem::{Problem, Severity};
pub use renewal::{BoughtBefore, Channel, PricingModel};
pub use text::Text;

/// An opportunity to be made: the terms under which one partner may resell one product.
///
/// Its JSON has the fields of [`Form`], so that what was kept can be written down again and changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// Shown to the partner.
    pub name: String,
    /// Shown to the partner in its seller reports: no place for internal notes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The product's entity id (`prod-...`).
    pub product: ProductName,
    /// The one account that may resell.
    pub partner: AccountId,
    /// The buyers that may be offered to, sorted, each once. Empty: any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buyers: Vec<AccountId>,
    /// The one currency of all prices and of the schedule (ISO 4217).
    pub currency: String,
    /// What the buyer commits to, at a fixed price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commitment: Option<Commitment>,
    /// Price per unit by duration and dimension; the buyer picks the quantity.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unit_prices: BTreeMap<Duration, BTreeMap<String, Decimal>>,
    /// Price per unit of each metered dimension.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub usage_prices: BTreeMap<String, Decimal>,
    /// The last day on which the partner may make an offer; until 23:59:59 UTC of it. Absent: no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offers_until: Option<Date>,
    /// Whether one offer uses it up.
    pub single_use: bool,
    /// The latest day on which an agreement may start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latest_start: Option<Date>,
    /// When the buyer's invoice is due: an ISO 8601 duration, `P60D`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub net_payment: Option<String>,
    /// The buyer's license agreement.
    pub eula: Eula,
    /// The contract with the partner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reseller_contract: Option<ResellerContract>,
    /// Present when this is a renewal: where and how the buyer bought before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewal: Option<BoughtBefore>,
}

/// A fixed commitment. Its wholesale amount is the sum of the installments: AWS has no field for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Commitment {
    /// How long the contract runs.
    pub duration: Duration,
    /// The quantity of each dimension that is granted.
    pub granted: BTreeMap<String, u64>,
    /// What is charged when, sorted by day. One installment: paid at once.
    pub installments: Vec<Installment>,
}

impl Commitment {
    /// The sum of the installments. `None` past 28 digits.
    pub fn amount(&self) -> Option<Decimal> {
        let mut amounts = self.installments.iter().map(|part| part.amount);
        amounts.try_fold(Decimal::ZERO, Decimal::checked_add)
    }
}

impl Draft {
    /// Canonical JSON: keys sorted, decimals exact and without trailing zeros, the same for equal drafts.
    pub fn canonical(&self) -> Result<String, serde_json::Error> {
        let text = serde_json::to_string(&self.normalized())?;
        let mut canonical = Vec::with_capacity(text.len());
        match json::read(&text) {
            Ok(tree) => tree.json.write(&mut canonical),
            // What `serde_json` wrote is JSON, and not deep.
            Err(_) => return Ok(text),
        }
        Ok(String::from_utf8(canonical).unwrap_or(text))
    }

    /// The same with every list in its order and every decimal in its shortest form.
    fn normalized(&self) -> Self {
        let mut draft = self.clone();
        draft.buyers.sort_unstable();
        draft.buyers.dedup();
        if let Some(commitment) = &mut draft.commitment {
            for part in &mut commitment.installments {
                part.amount = part.amount.normalize();
            }
            commitment.installments.sort_by_key(|part| (part.date, part.amount));
        }
        let cards = draft.unit_prices.values_mut().flat_map(BTreeMap::values_mut);
        for price in cards.chain(draft.usage_prices.values_mut()) {
            *price = price.normalize();
        }
        draft
    }
}
