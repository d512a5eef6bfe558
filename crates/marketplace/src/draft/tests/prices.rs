//! Prices without the rest of an opportunity.

use serde_json::json;

use super::*;
use crate::draft::{Prices, PricesForm};

fn form(value: &serde_json::Value) -> PricesForm {
    serde_json::from_str(&value.to_string()).unwrap()
}

/// What is wrong, as `place: rule`.
fn told(value: &serde_json::Value, currency: &str) -> Vec<String> {
    let problems = form(value).read(currency, &Limits::CURRENT).expect_err("problems");
    problems.iter().map(|problem| format!("{}: {}", problem.field, problem.rule)).collect()
}

#[test]
fn prices_are_held_against_the_rules_of_an_opportunity() {
    let cases = [
        // written, currency, what is told
        (
            json!({"usage_prices": {"calls": "0.000000001"}}),
            "USD",
            "usage_prices.calls: at most 8 decimals",
        ),
        (
            json!({"unit_prices": {"P12M": {"seats": "1.2345"}}}),
            "USD",
            "unit_prices.P12M.seats: at most 3 decimals",
        ),
        (
            json!({"unit_prices": {"a year": {"seats": "1"}}}),
            "USD",
            "unit_prices.a year: a duration is written in years, months and days, such as P12M, P1Y or P365D",
        ),
        (
            json!({"usage_prices": {"calls": "1"}}),
            "CHF",
            "currency: one of USD, AUD, CAD, EUR, GBP, INR, JPY",
        ),
        (
            json!({}),
            "USD",
            "usage_prices: at least one price: a commitment, unit_prices or usage_prices",
        ),
    ];
    for (value, currency, expected) in cases {
        assert_eq!(told(&value, currency), [expected], "{value}");
    }
}

#[test]
fn prices_read_back_as_they_were_written_down() {
    let written = json!({
        "unit_prices": {"P1Y": {"seats": "480.50"}, "P24M": {"seats": "400"}},
        "usage_prices": {"calls": "0.042"},
    });
    let (prices, warnings) = form(&written).read("USD", &Limits::CURRENT).expect("prices");
    assert_eq!(warnings, []);
    let each: Vec<String> = prices.each().map(|(at, price)| format!("{at}={price}")).collect();
    let expected =
        ["unit_prices.P12M.seats=480.5", "unit_prices.P24M.seats=400", "usage_prices.calls=0.042"];
    assert_eq!(each, expected);
    let again = PricesForm::of(&prices).read("USD", &Limits::CURRENT).expect("prices").0;
    assert_eq!(again, prices);
    let json = serde_json::to_string(&prices).unwrap();
    assert_eq!(serde_json::from_str::<Prices>(&json).unwrap(), prices);
    assert!(prices.map(|_| None).is_none() && !prices.is_empty());
}
