//! What AWS finds wrong with installments while it applies them.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::apply::ChangeError;
use super::authorization::Authorization;
use super::rules::RULES;

/// Everything that is wrong with the payment schedule, if there is one.
pub fn errors(authorization: &Authorization) -> Vec<ChangeError> {
    let mut errors = Vec::new();
    for term in authorization.terms_of("ResalePaymentScheduleTerm") {
        let parts = term["Schedule"].as_array().map(Vec::as_slice).unwrap_or_default();
        let days: Vec<Date> = parts
            .iter()
            .filter_map(|part| part["ChargeDate"].as_str())
            .filter_map(|day| day.parse().ok())
            .collect();
        let mut add = |is_wrong: bool, code: &str, message: &str| {
            if is_wrong {
                errors.push(ChangeError::new(code, message));
            }
        };
        add(
            days.iter().collect::<BTreeSet<_>>().len() < days.len(),
            "DUPLICATE_CHARGE_DATE",
            "Provide unique ChargeDates.",
        );
        add(
            authorization.end.is_none() || authorization.quantity.is_none(),
            "INCOMPATIBLE_AVAILABILITY",
            "A payment schedule needs OffersMaxQuantity and AvailabilityEndDate.",
        );
        add(
            authorization.end.is_some_and(|end| days.iter().any(|day| *day <= end)),
            "INVALID_CHARGE_DATE",
            "AvailabilityEndDate must be before all ChargeDates.",
        );
        add(
            authorization.terms_of("ResaleFixedUpfrontPricingTerm").next().is_none(),
            "INCOMPATIBLE_PRICING_TERM",
            "A payment schedule needs a ResaleFixedUpfrontPricingTerm.",
        );
        let is_whole = term["CurrencyCode"]
            .as_str()
            .is_some_and(|currency| RULES.whole_currencies.contains(&currency));
        let has_decimals = parts
            .iter()
            .filter_map(|part| part["ChargeAmount"].as_str())
            .any(|amount| amount.contains('.'));
        add(
            is_whole && has_decimals,
            "INVALID_CHARGE_AMOUNT",
            "Amounts in this currency have no decimals.",
        );
    }
    errors
}
