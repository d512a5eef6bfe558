//! What AWS finds wrong with prices while it applies them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::apply::ChangeError;
use super::authorization::Authorization;
use super::rules::RULES;
use super::seed::Product;
use super::term::length;

/// Everything that is wrong with the pricing terms.
pub fn errors(authorization: &Authorization, product: Option<&Product>) -> Vec<ChangeError> {
    let mut errors = Vec::new();
    for term in authorization.terms_of("ResaleUsageBasedPricingTerm") {
        usage(term, product, &mut errors);
    }
    for term in authorization.terms_of("ResaleConfigurableUpfrontPricingTerm") {
        configurable(term, product, &mut errors);
    }
    for term in authorization.terms_of("ResaleFixedUpfrontPricingTerm") {
        fixed(term, product, &mut errors);
    }
    let currencies = authorization.terms.values().flatten();
    let currencies: BTreeSet<&str> =
        currencies.filter_map(|term| term["CurrencyCode"].as_str()).collect();
    if currencies.len() > 1 {
        errors.push(ChangeError::new(
            "INCOMPATIBLE_CURRENCY",
            "All pricing and payment terms must have the same CurrencyCode.",
        ));
    }
    errors
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// The keys of a rate card; one that comes twice is an error.
fn keys<'a>(entries: &'a [Value], errors: &mut Vec<ChangeError>) -> BTreeSet<&'a str> {
    let mut keys = BTreeSet::new();
    for key in entries.iter().filter_map(|entry| entry["DimensionKey"].as_str()) {
        if !keys.insert(key) {
            errors.push(ChangeError::new(
                "DUPLICATE_DIMENSION_KEY",
                format!("The dimension key {key} is there more than once."),
            ));
        }
    }
    keys
}

/// Every metered dimension, and only those.
fn usage(term: &Value, product: Option<&Product>, errors: &mut Vec<ChangeError>) {
    let metered: BTreeSet<&str> = product.into_iter().flat_map(|it| it.keys("Metered")).collect();
    for card in items(&term["RateCards"]) {
        let priced = keys(items(&card["RateCard"]), errors);
        for key in metered.difference(&priced) {
            errors.push(ChangeError::new(
                "MISSING_DIMENSION_KEY",
                format!("Provide a price for all metered dimensions; {key} is missing."),
            ));
        }
        for key in priced.difference(&metered) {
            errors.push(invalid(key, "a metered"));
        }
    }
}

fn invalid(key: &str, kind: &str) -> ChangeError {
    let message = format!("The dimension key {key} is not {kind} dimension of the product.");
    ChangeError::new("INVALID_DIMENSION_KEY", message)
}

fn configurable(term: &Value, product: Option<&Product>, errors: &mut Vec<ChangeError>) {
    let cards = items(&term["RateCards"]);
    let mut durations = BTreeSet::new();
    let mut all_keys: Option<BTreeSet<&str>> = None;
    for card in cards {
        let duration = card["Selector"]["Value"].as_str().unwrap_or_default();
        if !durations.insert(duration) {
            errors.push(ChangeError::new(
                "DUPLICATE_SELECTOR",
                format!("The duration {duration} is there more than once."),
            ));
        }
        months(duration, errors);
        let priced = keys(items(&card["RateCard"]), errors);
        dimensions(&priced, duration, product, errors);
        if *all_keys.get_or_insert_with(|| priced.clone()) != priced {
            errors.push(ChangeError::new(
                "INCONSISTENT_DIMENSION_KEYS",
                "Provide the same dimension keys for each duration.",
            ));
        }
    }
}

fn fixed(term: &Value, product: Option<&Product>, errors: &mut Vec<ChangeError>) {
    let duration = term["Duration"].as_str().unwrap_or_default();
    months(duration, errors);
    let granted = keys(items(&term["Grants"]), errors);
    let entitled: BTreeSet<&str> = product.into_iter().flat_map(|it| it.keys("Entitled")).collect();
    errors.extend(granted.difference(&entitled).map(|key| invalid(key, "an entitled")));
}

/// An agreement lasts 1 to 144 months; in days, as many as those have at most.
fn months(duration: &str, errors: &mut Vec<ChangeError>) {
    let fits = length(duration).is_some_and(|(months, days)| {
        let whole = months.saturating_add(days / 31);
        (months > 0 || days > 0) && whole <= RULES.months
    });
    if !fits {
        let message = format!("Duration must be between 1 and {} months.", RULES.months);
        errors.push(ChangeError::new("INVALID_DURATION", message));
    }
}

/// Prices paid in advance are of entitled dimensions, or, for a number of days, of metered ones.
fn dimensions(
    priced: &BTreeSet<&str>,
    duration: &str,
    product: Option<&Product>,
    errors: &mut Vec<ChangeError>,
) {
    let is_in_days = length(duration).is_some_and(|(months, days)| months == 0 && days > 0);
    for key in priced {
        let is_of = |kind: &str| product.is_some_and(|it| it.keys(kind).any(|other| other == *key));
        if !is_of("Entitled") && !is_of("Metered") {
            errors.push(invalid(key, "an entitled"));
        } else if !is_of("Entitled") && !is_in_days {
            let message = format!("The metered dimension {key} needs a duration in days.");
            errors.push(ChangeError::new("INVALID_DURATION", message));
        }
    }
}
