//! What AWS says at once of the terms in a change.

use jiff::civil::Date;

use super::change::within;
use super::part::{Faults, Object, Part};
use super::rules::RULES;

/// The terms of a change: so many at most, each of one of these types.
fn terms<'a>(
    object: &Object<'a>,
    most: usize,
    types: &[&str],
    faults: &mut Faults,
) -> Vec<(&'a str, Part<'a>)> {
    let Some(list) = object.required("Terms", faults) else { return Vec::new() };
    let mut found: Vec<(&str, Part<'a>)> = Vec::new();
    for term in list.list(0..=most, faults) {
        let kind = term.value.get("Type").and_then(serde_json::Value::as_str);
        match kind.filter(|kind| types.contains(kind)) {
            Some(kind) if found.iter().any(|(other, _)| *other == kind) => {
                term.wrong(&format!("there is more than one term of the type '{kind}'"), faults);
            }
            Some(kind) => found.push((kind, term)),
            None => term.wrong(&format!("its Type must be one of {}", types.join(", ")), faults),
        }
    }
    found
}

/// `UpdatePricingTerms`.
pub(super) fn pricing(details: &Part<'_>, faults: &mut Faults) {
    const TYPES: [&str; 3] = [
        "ResaleUsageBasedPricingTerm",
        "ResaleConfigurableUpfrontPricingTerm",
        "ResaleFixedUpfrontPricingTerm",
    ];
    let object = details.object(&["PricingModel", "Terms"], faults);
    let model = object.required("PricingModel", faults);
    let model = model.and_then(|model| model.word(&["Usage", "Contract", "Free"], faults));
    let found = terms(&object, TYPES.len(), &TYPES, faults);
    match (model, found.is_empty()) {
        (Some("Free"), false) => details.wrong("a free product has no pricing terms", faults),
        (Some("Usage" | "Contract"), true) => {
            details.wrong("provide at least one pricing term", faults);
        }
        _ => {}
    }
    for (kind, term) in found {
        match kind {
            "ResaleUsageBasedPricingTerm" => usage(&term, faults),
            "ResaleConfigurableUpfrontPricingTerm" => configurable(&term, faults),
            _ => fixed(&term, faults),
        }
    }
}

fn currency(object: &Object<'_>, faults: &mut Faults) {
    if let Some(part) = object.required("CurrencyCode", faults) {
        part.word(RULES.currencies, faults);
    }
}

fn rate_card(card: &Object<'_>, price: (u32, i64), faults: &mut Faults) {
    let Some(entries) = card.required("RateCard", faults) else { return };
    for entry in entries.list(1..=RULES.rate_card, faults) {
        let entry = entry.object(&["DimensionKey", "Price"], faults);
        if let Some(key) = entry.required("DimensionKey", faults) {
            key.short(RULES.dimension, faults);
        }
        if let Some(part) = entry.required("Price", faults) {
            part.amount(price, true, faults);
        }
    }
}

fn usage(term: &Part<'_>, faults: &mut Faults) {
    let object = term.object(&["Type", "CurrencyCode", "RateCards"], faults);
    currency(&object, faults);
    let Some(cards) = object.required("RateCards", faults) else { return };
    for card in cards.list(1..=1, faults) {
        rate_card(&card.object(&["RateCard"], faults), RULES.usage_price, faults);
    }
}

fn configurable(term: &Part<'_>, faults: &mut Faults) {
    const ALLOWED: [&str; 2] = ["Allowed", "Disallowed"];
    let object = term.object(&["Type", "CurrencyCode", "RateCards"], faults);
    currency(&object, faults);
    let Some(cards) = object.required("RateCards", faults) else { return };
    for card in cards.list(1..=RULES.rate_cards, faults) {
        let card = card.object(&["Selector", "RateCard", "Constraints"], faults);
        if let Some(selector) = card.required("Selector", faults) {
            let selector = selector.object(&["Type", "Value"], faults);
            if let Some(kind) = selector.required("Type", faults) {
                kind.word(&["Duration"], faults);
            }
            if let Some(value) = selector.required("Value", faults) {
                duration(&value, faults);
            }
        }
        if let Some(constraints) = card.at("Constraints") {
            let keys = ["MultipleDimensionSelection", "QuantityConfiguration"];
            let constraints = constraints.object(&keys, faults);
            for key in keys {
                if let Some(word) = constraints.at(key) {
                    word.word(&ALLOWED, faults);
                }
            }
        }
        rate_card(&card, RULES.upfront_price, faults);
    }
}

fn fixed(term: &Part<'_>, faults: &mut Faults) {
    let object = term.object(&["Type", "CurrencyCode", "Duration", "Price", "Grants"], faults);
    currency(&object, faults);
    if let Some(part) = object.required("Duration", faults) {
        duration(&part, faults);
    }
    if let Some(part) = object.required("Price", faults) {
        part.amount(RULES.fixed_price, true, faults);
    }
    let Some(grants) = object.required("Grants", faults) else { return };
    for grant in grants.list(1..=RULES.grants, faults) {
        let grant = grant.object(&["DimensionKey", "MaxQuantity"], faults);
        if let Some(key) = grant.required("DimensionKey", faults) {
            key.short(RULES.dimension, faults);
        }
        if let Some(part) = grant.at("MaxQuantity") {
            part.whole(1..=RULES.quantity, faults);
        }
    }
}

/// ISO 8601, in years, months and days.
fn duration(part: &Part<'_>, faults: &mut Faults) {
    let Some(text) = part.text(faults) else { return };
    if length(text).is_none() {
        part.wrong("must be an ISO 8601 duration such as P12M", faults);
    }
}

/// The months and the days of a duration: `P1Y6M10D`.
pub(super) fn length(text: &str) -> Option<(i64, i64)> {
    let mut rest = text.strip_prefix('P').filter(|rest| !rest.is_empty())?;
    let (mut months, mut days) = (0_i64, 0_i64);
    for unit in ['Y', 'M', 'D'] {
        let Some((number, more)) = rest.split_once(unit) else { continue };
        let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
        let number = number.parse::<i64>().ok().filter(|_| is_number)?;
        match unit {
            'Y' => months = months.checked_add(number.checked_mul(12)?)?,
            'M' => months = months.checked_add(number)?,
            _ => days = number,
        }
        rest = more;
    }
    rest.is_empty().then_some((months, days))
}

/// `UpdatePaymentScheduleTerms`.
pub(super) fn schedule(details: &Part<'_>, today: Date, faults: &mut Faults) {
    let object = details.object(&["Terms"], faults);
    for (_, term) in terms(&object, 1, &["ResalePaymentScheduleTerm"], faults) {
        let term = term.object(&["Type", "CurrencyCode", "Schedule"], faults);
        currency(&term, faults);
        let Some(parts) = term.required("Schedule", faults) else { continue };
        for part in parts.list(1..=RULES.installments, faults) {
            let part = part.object(&["ChargeDate", "ChargeAmount"], faults);
            if let Some(day) = part.required("ChargeDate", faults)
                && day.day(faults).is_some_and(|date| date <= today)
            {
                day.wrong("must be in the future", faults);
            }
            if let Some(amount) = part.required("ChargeAmount", faults) {
                amount.amount(RULES.installment, false, faults);
            }
        }
    }
}

/// `UpdateNetPaymentTerms`.
pub(super) fn net_payment(details: &Part<'_>, faults: &mut Faults) {
    let object = details.object(&["Terms"], faults);
    for (_, term) in terms(&object, 1, &["ResaleNetPaymentTerm"], faults) {
        let term = term.object(&["Type", "PaymentDuePeriod"], faults);
        if let Some(period) = term.required("PaymentDuePeriod", faults) {
            period.word(RULES.payment_periods, faults);
        }
    }
}

/// `UpdateLegalTerms`.
pub(super) fn legal(details: &Part<'_>, faults: &mut Faults) {
    let object = details.object(&["Terms"], faults);
    for (kind, term) in terms(&object, 2, &["BuyerLegalTerm", "ResaleLegalTerm"], faults) {
        let types: &[&str] = if kind == "BuyerLegalTerm" {
            &["StandardEula", "EnterpriseEula", "CustomEula"]
        } else {
            &["StandardResellerContract", "CustomResellerContract"]
        };
        let term = term.object(&["Type", "Documents"], faults);
        let Some(documents) = term.required("Documents", faults) else { continue };
        for document in documents.list(1..=usize::MAX, faults) {
            let fields = document.object(&["Type", "Url"], faults);
            let kind = fields.required("Type", faults);
            let Some(kind) = kind.and_then(|kind| kind.word(types, faults)) else { continue };
            match (kind.starts_with("Custom"), fields.at("Url")) {
                (true, None) => document.wrong(&format!("{kind} needs a Url"), faults),
                (false, Some(_)) => document.wrong(&format!("{kind} has no Url"), faults),
                (true, Some(url)) => {
                    url.text(faults);
                }
                (false, None) => {}
            }
        }
    }
}

/// `UpdateBuyerTargetingTerms`.
pub(super) fn buyer_targeting(details: &Part<'_>, faults: &mut Faults) {
    let object = details.object(&["Terms"], faults);
    for (_, term) in terms(&object, 1, &["BuyerTargetingTerm"], faults) {
        let term = term.object(&["Type", "PositiveTargeting"], faults);
        let Some(targeting) = term.required("PositiveTargeting", faults) else { continue };
        let targeting = targeting.object(&["BuyerAccounts"], faults);
        let Some(buyers) = targeting.required("BuyerAccounts", faults) else { continue };
        for buyer in buyers.list(1..=RULES.buyers, faults) {
            buyer.account(faults);
        }
    }
}

/// `UpdateBuyerValidityTerms`.
pub(super) fn buyer_validity(details: &Part<'_>, today: Date, faults: &mut Faults) {
    let object = details.object(&["Terms"], faults);
    for (_, term) in terms(&object, 1, &["BuyerValidityTerm"], faults) {
        let term = term.object(&["Type", "MaximumAgreementStartDate"], faults);
        if let Some(part) = term.required("MaximumAgreementStartDate", faults) {
            within(&part, today, RULES.start_years, faults);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::length;

    #[test]
    fn durations() {
        let cases = [
            ("P12M", Some((12, 0))),
            ("P1Y", Some((12, 0))),
            ("P365D", Some((0, 365))),
            ("P1Y2M3D", Some((14, 3))),
            ("P", None),
            ("12M", None),
            ("P1M1Y", None),
            ("P-1M", None),
            ("P1W", None),
            ("PT1H", None),
        ];
        for (text, expected) in cases {
            assert_eq!(length(text), expected, "{text}");
        }
    }
}
