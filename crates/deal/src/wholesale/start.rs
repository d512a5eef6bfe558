//! An opportunity starts from the terms of its partner: what a person states always goes before.

use std::collections::btree_map::Entry;

use marketplace::draft::{Duration, Form, PricesForm, Text};
use rust_decimal::Decimal;

use super::WholesaleTerms;

/// What a form took from terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Started {
    /// These prices, by their places; there may be none that were not stated.
    From(Vec<(String, Decimal)>),
    /// Nothing: its amounts are in another currency than the terms.
    OtherCurrency {
        /// The form's.
        form: String,
    },
}

/// Puts prices that the form does not state into it.
///
/// Usage prices one dimension at a time. Of prices per unit, each stated duration gets its missing dimensions, as AWS wants the
/// same ones for each; durations are added only where none is stated. Beside a commitment there can be no such prices.
pub fn start(form: &mut Form, terms: &WholesaleTerms) -> Started {
    let stated = form.currency.as_ref().map(ToString::to_string);
    let has_amounts =
        form.commitment.is_some() || !form.unit_prices.is_empty() || !form.usage_prices.is_empty();
    // What a form without a currency means: its amounts are USD.
    let meant = stated.or_else(|| has_amounts.then(|| "USD".to_owned()));
    if let Some(meant) = meant.filter(|meant| *meant != terms.currency) {
        return Started::OtherCurrency { form: meant };
    }
    let Some(prices) = terms.prices() else { return Started::From(Vec::new()) };
    let written = PricesForm::of(&prices);
    let mut taken = Vec::new();
    for (dimension, price) in written.usage_prices {
        let place = format!("usage_prices.{dimension}");
        if let Entry::Vacant(slot) = form.usage_prices.entry(dimension) {
            slot.insert(price);
            taken.push(place);
        }
    }
    if form.commitment.is_none() {
        let is_free = form.unit_prices.is_empty();
        for (duration, card) in written.unit_prices {
            let key = duration_as_written(form, &duration);
            let Some(key) = key.or_else(|| is_free.then(|| duration.clone())) else { continue };
            let stated = form.unit_prices.entry(key).or_default();
            for (dimension, price) in card {
                let place = format!("unit_prices.{duration}.{dimension}");
                if let Entry::Vacant(slot) = stated.entry(dimension) {
                    slot.insert(price);
                    taken.push(place);
                }
            }
        }
    }
    if !taken.is_empty() {
        form.currency = Some(Text::from(terms.currency.as_str()));
    }
    Started::From(prices.each().filter(|(place, _)| taken.contains(place)).collect())
}

/// A form may write `P1Y` for the duration `P12M`.
fn duration_as_written(form: &Form, duration: &str) -> Option<String> {
    let duration: Duration = duration.parse().ok()?;
    form.unit_prices.keys().find(|key| key.parse() == Ok(duration)).cloned()
}
