//! What a person wrote, as long as it can be read and when it cannot.

use serde_json::json;

use super::*;

#[test]
fn every_mistake_is_told_at_once() {
    let written = json!({
        "name": "\u{e4}",
        "product": "prod k3x9",
        "partner": "1234",
        "buyers": ["555566667777", "55556666"],
        "offers_until": "2026-02-30",
        "commitment": {
            "duration": "a year",
            "granted": {"seats": "2.5"},
            "installments": [{"date": "2027-01-15T00:00", "amount": "40,000"}, {"amount": "1e3"}, {"date": "2027-09-15", "amount": "0.001"}],
        },
        "unit_prices": {"P1Y": {"seats": "1"}, "P12M": {"seats": "free"}},
        "usage_prices": {"calls": "1_000"},
        "renewal": {"channel": "Elsewhere"},
    });
    let expected = [
        "Error name `\u{e4}`: begins with a letter or a digit of ASCII; then also spaces, dots, underscores and hyphens (caution)",
        "Error product `prod k3x9`: a product id must be 1 to 128 printable ASCII characters without spaces (form)",
        "Error partner `1234`: an AWS account id is exactly 12 digits (form)",
        "Error buyers[1] `55556666`: an AWS account id is exactly 12 digits (form)",
        "Error offers_until `2026-02-30`: a day that there is, written as 2026-12-31 (form)",
        "Error single_use `false`: true: what has installments is used up by one offer (RA)",
        "Error eula: must be there (form)",
        "Error commitment.duration `a year`: a duration is written in years, months and days, such as P12M, P1Y or P365D (form)",
        "Error commitment.granted.seats `2.5`: a whole number, written as 250 (form)",
        "Error commitment.installments[0].date `2027-01-15T00:00`: a day that there is, written as 2026-12-31 (form)",
        "Error commitment.installments[0].amount `40,000`: a decimal number of at most 28 digits, written as 40000.00 (form)",
        "Error commitment.installments[1].date: must be there (form)",
        "Error commitment.installments[1].amount `1e3`: a decimal number of at most 28 digits, written as 40000.00 (form)",
        "Error commitment.installments[2027-09-15].amount `0.001`: at most 2 decimals (RA)",
        "Error unit_prices.P12M.seats `free`: a decimal number of at most 28 digits, written as 40000.00 (form)",
        "Error unit_prices.P1Y `P1Y`: each duration once: P1Y is P12M (form)",
        "Error unit_prices: not beside a commitment: either the buyer picks quantities, or they are granted (RA)",
        "Error usage_prices.calls `1_000`: a decimal number of at most 28 digits, written as 40000.00 (form)",
        "Error renewal.channel `Elsewhere`: one of AwsMarketplace, External (form)",
        "Error renewal.pricing_model: must be there (form)",
    ];
    assert_eq!(told(&written), expected);
}

#[test]
fn an_empty_form_lacks_what_is_required() {
    let expected = [
        "Error name: must be there (form)",
        "Error product: must be there (form)",
        "Error partner: must be there (form)",
        "Error eula: must be there (form)",
        "Error usage_prices: at least one price: a commitment, unit_prices or usage_prices (RA)",
    ];
    assert_eq!(told(&json!({})), expected);
}

#[test]
fn values_may_be_written_in_several_ways() {
    let cases = [
        // written as JSON, read
        (json!("0.042"), Some("0.042")),
        (json!(40000), Some("40000")),
        (serde_json::from_str("0.10").unwrap(), Some("0.10")),
        (json!(-3), Some("-3")),
        (json!(true), None),
        (json!([1]), None),
        (json!({"a": 1}), None),
        (json!({}), None),
    ];
    for (written, expected) in cases {
        let read = serde_json::from_str::<Text>(&written.to_string());
        assert_eq!(read.as_ref().ok().map(Text::as_str), expected, "{written}");
    }
}

#[test]
fn what_is_no_form_is_refused() {
    let cases = [
        // written, what the error says
        (r#"{"nam": "Acme"}"#, "unknown field `nam`, expected one of `name`, `description`"),
        (r#"{"name": "A", "name": "B"}"#, "duplicate field `name`"),
        (r#"{"usage_prices": {"a": 1, "a": 2}}"#, "`a` is written twice"),
        (r#"{"unit_prices": {"P12M": {"a": 1, "a": 2}}}"#, "`a` is written twice"),
        (r#"{"unit_prices": {"P12M": {}, "P12M": {}}}"#, "`P12M` is written twice"),
        (r#"{"commitment": {"granted": {"a": 1, "a": 2}}}"#, "`a` is written twice"),
        (r#"{"commitment": {"amount": "5"}}"#, "unknown field `amount`"),
        (r#"{"single_use": "yes"}"#, "expected a boolean"),
        (r#"{"buyers": "555566667777"}"#, "expected a sequence"),
        (r#"{"name": {}}"#, "must be a text, a number or a date"),
        (r#"{"name": ["Acme"]}"#, "expected a text, a number or a date"),
    ];
    for (written, why) in cases {
        let error = serde_json::from_str::<Form>(written).unwrap_err().to_string();
        assert!(error.contains(why), "{written}: {error}");
    }
}
