//! Prices per unit: those of a draft, of a described authorization, or of terms that are kept for later.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::catalog::Terms;
use crate::draft::text::{Text, cards_each_once, each_once};
use crate::draft::{Draft, Duration, Form, Limits, Problem, Severity};

/// Prices per unit, in one currency.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Prices {
    /// By duration and dimension; the buyer picks the quantity.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub unit: BTreeMap<Duration, BTreeMap<String, Decimal>>,
    /// Of each metered dimension.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub usage: BTreeMap<String, Decimal>,
}

/// Prices per unit as a person writes them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "they are those of `Form`")]
pub struct PricesForm {
    #[serde(deserialize_with = "cards_each_once", skip_serializing_if = "BTreeMap::is_empty")]
    pub unit_prices: BTreeMap<String, BTreeMap<String, Text>>,
    #[serde(deserialize_with = "each_once", skip_serializing_if = "BTreeMap::is_empty")]
    pub usage_prices: BTreeMap<String, Text>,
}

impl Prices {
    /// Those that a draft states.
    pub fn of_draft(draft: &Draft) -> Self {
        Self { unit: draft.unit_prices.clone(), usage: draft.usage_prices.clone() }
    }

    /// Those that a described authorization has. Durations that cannot be read are left out.
    pub fn of_terms(terms: &Terms) -> Self {
        let mut prices = Self::default();
        for card in &terms.configurable {
            let Ok(duration) = card.duration.parse::<Duration>() else { continue };
            let row = card.prices.iter().map(|price| (price.dimension.clone(), price.price));
            prices.unit.entry(duration).or_default().extend(row);
        }
        let usage = terms.usage.iter().map(|price| (price.dimension.clone(), price.price));
        prices.usage.extend(usage);
        prices
    }

    /// No price at all.
    pub fn is_empty(&self) -> bool {
        self.unit.values().all(BTreeMap::is_empty) && self.usage.is_empty()
    }

    /// Every price, with the place that it has in a form: `unit_prices.P12M.seats`, `usage_prices.calls`.
    pub fn each(&self) -> impl Iterator<Item = (String, Decimal)> {
        let unit = self.unit.iter().flat_map(|(duration, prices)| {
            let at = move |dimension: &String| format!("unit_prices.{duration}.{dimension}");
            prices.iter().map(move |(dimension, price)| (at(dimension), *price))
        });
        let usage = self.usage.iter();
        let usage = usage.map(|(dimension, price)| (format!("usage_prices.{dimension}"), *price));
        unit.chain(usage)
    }

    /// The same prices, each changed; `None` if one cannot be.
    pub fn map(&self, change: impl Fn(Decimal) -> Option<Decimal>) -> Option<Self> {
        let row = |prices: &BTreeMap<String, Decimal>| {
            let changed = |(dimension, price): (&String, &Decimal)| {
                Some((dimension.clone(), change(*price)?))
            };
            prices.iter().map(changed).collect::<Option<BTreeMap<_, _>>>()
        };
        let unit = self.unit.iter().map(|(duration, prices)| Some((*duration, row(prices)?)));
        Some(Self { unit: unit.collect::<Option<_>>()?, usage: row(&self.usage)? })
    }
}

impl PricesForm {
    /// Written down.
    pub fn of(prices: &Prices) -> Self {
        let row = |prices: &BTreeMap<String, Decimal>| {
            let text = |price: &Decimal| Text::from(price.normalize().to_string());
            prices.iter().map(|(dimension, price)| (dimension.clone(), text(price))).collect()
        };
        let unit = prices.unit.iter().map(|(duration, prices)| (duration.to_string(), row(prices)));
        Self { unit_prices: unit.collect(), usage_prices: row(&prices.usage) }
    }

    /// No price at all.
    pub fn is_empty(&self) -> bool {
        self.unit_prices.is_empty() && self.usage_prices.is_empty()
    }

    /// Reads them, and holds them against every rule that an opportunity's prices are held against: the prices with
    /// warnings, or every problem.
    pub fn read(
        &self,
        currency: &str,
        limits: &Limits,
    ) -> Result<(Prices, Vec<Problem>), Vec<Problem>> {
        // What else a form must have, without anything to say.
        let form = Form {
            name: Some("prices".into()),
            product: Some("prices".into()),
            partner: Some("000000000000".into()),
            eula: Some("standard".into()),
            currency: Some(currency.into()),
            unit_prices: self.unit_prices.clone(),
            usage_prices: self.usage_prices.clone(),
            ..Form::default()
        };
        let (draft, warnings) = form.draft(Date::ZERO, limits)?;
        debug_assert!(warnings.iter().all(|problem| problem.severity == Severity::Warning));
        Ok((Prices::of_draft(&draft), warnings))
    }
}
