use jiff::civil::{Date, date};
use serde_json::{Value, json};

use super::*;

mod changes;
mod copy;
mod difference;
mod generator;
mod model;
mod prices;
mod reading;
mod rules;

/// The example of "Work with resale authorizations using the AWS Marketplace APIs", as a form.
const WORKED: &str = include_str!("tests/worked.json");

const TODAY: Date = date(2026, 11, 20);

fn worked() -> Value {
    serde_json::from_str(WORKED).unwrap()
}

/// Prices by quantity and duration, which stand beside no commitment.
fn by_units() -> Value {
    json!({
        "name": "Acme by the seat", "product": "prod-k3x9examplesaas", "partner": "222233334444", "eula": "enterprise",
        "unit_prices": {"P12M": {"seats": "100"}, "P24M": {"seats": "90.125"}},
    })
}

/// The same with another value at a path (`commitment/installments/0/amount`); `null` takes the value away.
fn edited(mut form: Value, path: &str, value: Value) -> Value {
    let (parent, key) = path.rsplit_once('/').unwrap_or(("", path));
    let parent = if parent.is_empty() { String::new() } else { format!("/{parent}") };
    let slot = form.pointer_mut(&parent).expect("a path");
    match (slot, value) {
        (Value::Object(fields), Value::Null) => {
            fields.remove(key);
        }
        (Value::Object(fields), value) => {
            fields.insert(key.to_owned(), value);
        }
        (Value::Array(items), value) => items[key.parse::<usize>().expect("an index")] = value,
        _ => panic!("no place for {path}"),
    }
    form
}

fn form(value: &Value) -> Form {
    serde_json::from_str(&value.to_string()).unwrap()
}

fn draft(value: &Value) -> Draft {
    form(value).draft(TODAY, &Limits::CURRENT).unwrap().0
}

/// Every problem in one line each.
fn told(value: &Value) -> Vec<String> {
    let found = form(value).draft(TODAY, &Limits::CURRENT);
    let problems = found.map_or_else(|problems| problems, |(_, warnings)| warnings);
    let line = |problem: Problem| {
        let found = problem.found.map_or(String::new(), |found| format!(" `{found}`"));
        let (severity, source) = (problem.severity, problem.source.key());
        format!("{severity:?} {}{found}: {} ({source})", problem.field, problem.rule)
    };
    problems.into_iter().map(line).collect()
}

#[test]
fn what_is_kept_is_canonical() {
    let canonical = draft(&worked()).canonical().unwrap();
    assert_eq!(
        canonical,
        r#"{"buyers":["555566667777"],"commitment":{"duration":"P12M","granted":{"seats":250},"installments":[{"amount":"40000","date":"2027-01-15"},{"amount":"40000","date":"2027-05-15"},{"amount":"20000","date":"2027-09-15"}]},"currency":"USD","description":"Opportunity 01JZ8K3","eula":"https://acme-eulas.s3.amazonaws.com/eula-2026-11.pdf","latest_start":"2027-02-01","name":"Acme FY27 renewal","net_payment":"P60D","offers_until":"2026-12-31","partner":"222233334444","product":"prod-k3x9examplesaas","renewal":{"channel":"AwsMarketplace","pricing_model":"Contract"},"reseller_contract":"standard","single_use":true,"usage_prices":{"api_calls_1k":"0.042","gb_stored":"0.00015"}}"#
    );
    let cases = [
        // an edit that changes nothing
        ("commitment/duration", json!("P1Y")),
        ("commitment/installments/0/amount", json!(40000)),
        ("commitment/granted/seats", json!("250")),
        ("usage_prices/gb_stored", json!("0.000150")),
        ("buyers", json!(["555566667777", "555566667777"])),
        ("currency", json!("USD")),
    ];
    for (path, value) in cases {
        let again = draft(&edited(worked(), path, value)).canonical().unwrap();
        assert_eq!(again, canonical, "{path}");
    }
    for value in [worked(), by_units()] {
        let draft = draft(&value);
        let canonical = draft.canonical().unwrap();
        let kept: Draft = serde_json::from_str(&canonical).unwrap();
        assert_eq!(kept, draft, "what is kept is read again");
        let written: Form = serde_json::from_str(&canonical).unwrap();
        let again = written.draft(TODAY, &Limits::CURRENT).unwrap().0;
        assert_eq!(again, draft, "and may be written down as a form");
    }
    let more = canonical.replacen('{', r#"{"discount":"10","#, 1);
    assert!(serde_json::from_str::<Draft>(&more).is_err(), "a term is never passed over");
}

#[test]
fn the_commitment_is_the_sum_of_the_installments() {
    let commitment = draft(&worked()).commitment.unwrap();
    assert_eq!(commitment.amount().map(|sum| sum.to_string()).as_deref(), Some("100000"));
}
