use marketplace::draft::{Form, Limits, Problem};
use serde_json::{Value, json};

use super::*;

fn form(value: &Value) -> AuthorizationForm {
    serde_json::from_str(&value.to_string()).unwrap()
}

fn told(problems: &[Problem]) -> Vec<String> {
    let word = |problem: &Problem| {
        let found = problem.found.as_ref().map_or_else(String::new, |found| format!(" `{found}`"));
        format!("{}{found}: {}", problem.field, problem.rule)
    };
    problems.iter().map(word).collect()
}

fn terms(value: &Value) -> WholesaleTerms {
    let (wanted, _) = form(value).read(&Limits::CURRENT).expect("terms");
    wanted.terms.expect("terms")
}

fn each(terms: &WholesaleTerms) -> Vec<String> {
    let prices = terms.prices().expect("prices");
    prices.each().map(|(place, price)| format!("{place}={price}")).collect()
}

#[test]
fn a_discount_is_exact() {
    let discounted = terms(&json!({
        "product": "prod-1", "discount": "12.5%",
        "list": {"unit_prices": {"P12M": {"seats": "600"}}, "usage_prices": {"calls": "0.0016"}},
    }));
    assert_eq!(each(&discounted), ["unit_prices.P12M.seats=525", "usage_prices.calls=0.0014"]);
    assert_eq!(discounted.to_string(), "12.5% off list prices, USD");
    let whole = terms(&json!({
        "product": "prod-1", "currency": "USD",
        "wholesale": {"usage_prices": {"calls": "0.0014"}},
    }));
    assert_eq!(each(&whole), ["usage_prices.calls=0.0014"]);
    assert_eq!((whole.to_string().as_str(), whole.discount()), ("1 price, USD", None));
    let free = terms(
        &json!({"product": "p", "discount": "100", "list": {"usage_prices": {"calls": "1"}}}),
    );
    assert_eq!(each(&free), ["usage_prices.calls=0"]);
}

#[test]
fn every_mistake_is_told() {
    let list = json!({"unit_prices": {"P12M": {"seats": "99.99"}}});
    let usage = json!({"usage_prices": {"calls": "1"}});
    let percent = "a percentage above 0 and up to 100, at most 4 decimals, written as 20 or 12.5%";
    let cases = [
        (json!({}), vec!["product: must be there".to_owned()]),
        (json!({"product": "a b"}), vec!["product `a b`: a product id must be 1 to 128 printable ASCII characters without spaces".into()]),
        (json!({"product": "p", "name": ""}), vec!["name ``: 1 to 100 characters".into()]),
        (json!({"product": "p", "discount": "20"}), vec!["discount `20`: stands beside the list prices that it is taken off".into()]),
        (json!({"product": "p", "list": usage}), vec!["list: list prices stand beside the discount that is taken off them".into()]),
        (json!({"product": "p", "discount": "20", "list": usage, "wholesale": usage}), vec!["wholesale: either prices, or a discount from list prices".into()]),
        (json!({"product": "p", "discount": "0", "list": usage}), vec![format!("discount `0`: {percent}")]),
        (json!({"product": "p", "discount": "100.1", "list": usage}), vec![format!("discount `100.1`: {percent}")]),
        (json!({"product": "p", "discount": "1.00001", "list": usage}), vec![format!("discount `1.00001`: {percent}")]),
        (json!({"product": "p", "discount": "-5", "list": usage}), vec![format!("discount `-5`: {percent}")]),
        (json!({"product": "p", "discount": "33", "list": list}), vec!["list.unit_prices.P12M.seats `66.9933`: at most 3 decimals, less 33%".into()]),
        (json!({"product": "p", "discount": "lots", "list": {"usage_prices": {"calls": "-1"}}}), vec![
            "list.usage_prices.calls `-1`: not negative".into(),
            format!("discount `lots`: {percent}"),
        ]),
        (json!({"product": "p", "currency": "CHF", "wholesale": usage}), vec!["currency `CHF`: one of USD, AUD, CAD, EUR, GBP, INR, JPY".into()]),
    ];
    for (value, expected) in cases {
        let problems = form(&value).read(&Limits::CURRENT).expect_err("problems");
        assert_eq!(told(&problems), expected, "{value}");
    }
}

#[test]
fn a_product_may_be_authorized_without_prices() {
    let (wanted, _) = form(&json!({"product": "prod-1", "name": "Northwind"}))
        .read(&Limits::CURRENT)
        .expect("an authorization");
    assert_eq!((wanted.name.as_deref(), wanted.terms), (Some("Northwind"), None));
}

/// The terms that forms start from in the table below.
fn of_partner() -> WholesaleTerms {
    terms(&json!({
        "product": "prod-1", "currency": "EUR",
        "discount": "20",
        "list": {
            "unit_prices": {"P12M": {"seats": "600", "users": "60"}, "P24M": {"seats": "1000", "users": "100"}},
            "usage_prices": {"calls": "0.05", "gb": "0.1"},
        },
    }))
}

#[test]
fn a_form_starts_from_terms_and_keeps_what_it_states() {
    let all = "unit_prices.P12M.seats unit_prices.P12M.users unit_prices.P24M.seats unit_prices.P24M.users usage_prices.calls usage_prices.gb";
    let cases = [
        // stated, taken from the terms (places), prices in the form afterwards
        (
            json!({}),
            all,
            json!({"currency": "EUR", "unit_prices": {"P12M": {"seats": "480", "users": "48"}, "P24M": {"seats": "800", "users": "80"}}, "usage_prices": {"calls": "0.04", "gb": "0.08"}}),
        ),
        (
            json!({"currency": "EUR", "usage_prices": {"calls": "9"}, "unit_prices": {"P1Y": {"seats": "1"}}}),
            "unit_prices.P12M.users usage_prices.gb",
            json!({"currency": "EUR", "unit_prices": {"P1Y": {"seats": "1", "users": "48"}}, "usage_prices": {"calls": "9", "gb": "0.08"}}),
        ),
        (
            json!({"currency": "EUR", "commitment": {"duration": "P12M"}}),
            "usage_prices.calls usage_prices.gb",
            json!({"currency": "EUR", "commitment": {"duration": "P12M"}, "usage_prices": {"calls": "0.04", "gb": "0.08"}}),
        ),
        (
            json!({"currency": "EUR", "unit_prices": {"P36M": {"seats": "1"}}, "usage_prices": {"calls": "1", "gb": "1"}}),
            "",
            json!({"currency": "EUR", "unit_prices": {"P36M": {"seats": "1"}}, "usage_prices": {"calls": "1", "gb": "1"}}),
        ),
    ];
    for (stated, taken, expected) in cases {
        let mut form: Form = serde_json::from_str(&stated.to_string()).unwrap();
        let Started::From(found) = start(&mut form, &of_partner()) else { panic!("{stated}") };
        let places: Vec<&str> = found.iter().map(|(place, _)| place.as_str()).collect();
        assert_eq!(places.join(" "), taken, "{stated}");
        assert_eq!(serde_json::to_value(&form).unwrap(), expected, "{stated}");
    }
}

/// Amounts without a currency are USD: to take the terms' currency would change what they mean.
#[test]
fn terms_in_another_currency_are_left_alone() {
    for stated in [
        json!({"usage_prices": {"calls": "9"}}),
        json!({"commitment": {"duration": "P12M"}}),
        json!({"currency": "USD"}),
    ] {
        let mut form: Form = serde_json::from_str(&stated.to_string()).unwrap();
        let before = form.clone();
        let started = start(&mut form, &of_partner());
        assert_eq!(started, Started::OtherCurrency { form: "USD".to_owned() }, "{stated}");
        assert_eq!(form, before, "{stated}");
    }
}
