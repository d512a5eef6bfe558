//! A margin conflict: what one partner is to pay undercuts what another partner pays for the same product.
//!
//! A warning and never a rule: volumes and regions differ, and a person may have reasons.

use std::collections::BTreeMap;

use marketplace::catalog::Terms;
use marketplace::draft::{Draft, Duration, Prices};
use marketplace::ids::OpportunityId;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::wholesale::WholesaleTerms;

/// What a partner pays for a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The one currency (ISO 4217).
    pub currency: String,
    /// Per unit.
    pub prices: Prices,
    /// For a commitment.
    pub commitment: Option<Bundle>,
}

/// Quantities at one price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// How long.
    pub duration: Duration,
    /// How much of each dimension.
    pub granted: BTreeMap<String, u64>,
    /// For all of it.
    pub amount: Decimal,
}

/// Where another partner's price stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Against {
    /// In the terms that it was authorized with.
    Terms,
    /// In an opportunity of its own.
    Opportunity(OpportunityId),
}

/// One price that undercuts another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undercut {
    /// What is priced: `unit_prices.P12M.seats`, or the quantities of a commitment.
    pub place: String,
    /// The new price.
    pub ours: Decimal,
    /// The other partner's, for the same.
    pub theirs: Decimal,
}

impl Asked {
    /// By a draft.
    pub fn of_draft(draft: &Draft) -> Self {
        let commitment = draft.commitment.as_ref().and_then(|commitment| {
            let granted = commitment.granted.clone();
            Some(Bundle { duration: commitment.duration, granted, amount: commitment.amount()? })
        });
        Self { currency: draft.currency.clone(), prices: Prices::of_draft(draft), commitment }
    }

    /// By a described authorization. One without a currency asks nothing that can be compared.
    pub fn of_terms(terms: &Terms) -> Option<Self> {
        let commitment =
            terms.fixed.as_ref().zip(terms.commitment()).and_then(|(fixed, amount)| {
                let grants = fixed.grants.iter();
                let granted = grants.map(|(dimension, most)| Some((dimension.clone(), (*most)?)));
                let duration = fixed.duration.as_ref()?.parse().ok()?;
                Some(Bundle { duration, granted: granted.collect::<Option<_>>()?, amount })
            });
        let currency = terms.currency.clone()?;
        Some(Self { currency, prices: Prices::of_terms(terms), commitment })
    }

    /// By terms that a partner was authorized with.
    pub fn of_wholesale(terms: &WholesaleTerms) -> Option<Self> {
        Some(Self { currency: terms.currency.clone(), prices: terms.prices()?, commitment: None })
    }

    /// Every price of this that is below what another asks for the same, in the same currency and for the same duration.
    pub fn undercuts(&self, other: &Self) -> Vec<Undercut> {
        if self.currency != other.currency {
            return Vec::new();
        }
        let theirs: BTreeMap<String, Decimal> = other.prices.each().collect();
        let prices = self.prices.each().filter_map(|(place, ours)| {
            let theirs = *theirs.get(&place)?;
            Some(Undercut { place, ours, theirs })
        });
        let ours = self.commitment.as_ref();
        let to_units = ours.and_then(|bundle| {
            let theirs = bundle.at(&other.prices)?;
            Some(Undercut { place: bundle.place(), ours: bundle.amount, theirs })
        });
        let from_units = other.commitment.as_ref().and_then(|bundle| {
            let ours = bundle.at(&self.prices)?;
            Some(Undercut { place: bundle.place(), ours, theirs: bundle.amount })
        });
        let bundles = ours.zip(other.commitment.as_ref()).and_then(|(ours, theirs)| {
            let (ours_amount, theirs_amount) = ours.comparable(theirs)?;
            Some(Undercut { place: ours.place(), ours: ours_amount, theirs: theirs_amount })
        });
        let all = prices.chain(to_units).chain(from_units).chain(bundles);
        all.filter(|found| found.ours < found.theirs).collect()
    }
}

impl Bundle {
    /// What is bought: `seats x 250 for P12M`.
    fn place(&self) -> String {
        let parts = self.granted.iter().map(|(dimension, count)| format!("{dimension} x {count}"));
        format!("{} for {}", parts.collect::<Vec<_>>().join(", "), self.duration)
    }

    /// What these quantities cost by the unit. `None` if one of them has no price for the duration.
    fn at(&self, prices: &Prices) -> Option<Decimal> {
        let card = prices.unit.get(&self.duration)?;
        let mut sum = Decimal::ZERO;
        for (dimension, count) in &self.granted {
            let price = card.get(dimension)?.checked_mul(Decimal::from(*count))?;
            sum = sum.checked_add(price)?;
        }
        Some(sum)
    }

    /// Both amounts for the same quantities. Of one dimension alone they may differ: its price follows from each.
    fn comparable(&self, other: &Self) -> Option<(Decimal, Decimal)> {
        if self.duration != other.duration || !self.granted.keys().eq(other.granted.keys()) {
            return None;
        }
        if self.granted == other.granted {
            return Some((self.amount, other.amount));
        }
        let mut counts = self.granted.values().zip(other.granted.values());
        let (ours, theirs) = counts.next()?;
        if counts.next().is_some() || *theirs == 0 {
            return None;
        }
        // What the other partner would pay for our quantity; compared without a division, so exactly.
        let scaled = other.amount.checked_mul(Decimal::from(*ours))?;
        let undercuts = self.amount.checked_mul(Decimal::from(*theirs))? < scaled;
        let shown = scaled.checked_div(Decimal::from(*theirs))?.round_dp(4);
        undercuts.then_some((self.amount, shown))
    }
}

#[cfg(test)]
mod tests;
