//! Where AWS's authorization differs.

use serde_json::{Value, json};

use super::model::Entity;
use super::*;
use crate::catalog::ResaleAuthorization;

fn described(value: &Value) -> ResaleAuthorization {
    let mut entity = Entity::default();
    entity.apply(&draft(value).changes(None, true));
    entity.described()
}

/// Each difference in one line: field, our value, AWS's value.
fn differences(ours: Ours<'_>, theirs: &ResaleAuthorization) -> Vec<String> {
    let word = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
    let line = |it: Difference| format!("{} {} {}", it.field, word(it.ours), word(it.theirs));
    diff(ours, theirs).into_iter().map(line).collect()
}

#[test]
fn one_field_that_differs_is_one_difference() {
    let units = |prices: Value| edited(by_units(), "unit_prices", prices);
    let cases = [
        // what was asked for, what is described, how they differ
        (
            worked(),
            edited(worked(), "name", json!("Acme FY28")),
            "name Acme FY27 renewal Acme FY28",
        ),
        (
            worked(),
            edited(worked(), "description", Value::Null),
            "description Opportunity 01JZ8K3 -",
        ),
        (
            worked(),
            edited(worked(), "product", json!("prod-other")),
            "product prod-k3x9examplesaas prod-other, uuid-of-prod-other",
        ),
        (
            worked(),
            edited(worked(), "partner", json!("333344445555")),
            "partner 222233334444 333344445555",
        ),
        (
            worked(),
            edited(worked(), "buyers", json!(["555566667777", "666677778888"])),
            "buyers 555566667777 555566667777, 666677778888",
        ),
        (worked(), edited(worked(), "currency", json!("EUR")), "currency USD EUR"),
        (
            worked(),
            edited(worked(), "offers_until", json!("2026-12-30")),
            "offers_until 2026-12-31 2026-12-30",
        ),
        (by_units(), edited(by_units(), "single_use", json!(true)), "quantity - 1"),
        (
            worked(),
            edited(worked(), "latest_start", json!("2027-02-02")),
            "latest_start 2027-02-01 2027-02-02",
        ),
        (worked(), edited(worked(), "net_payment", Value::Null), "net_payment P60D -"),
        (worked(), edited(worked(), "eula", json!("standard")), "eula custom standard"),
        (
            worked(),
            edited(worked(), "reseller_contract", Value::Null),
            "reseller_contract standard -",
        ),
        (
            worked(),
            edited(worked(), "commitment/duration", json!("P365D")),
            "commitment.duration P12M P365D",
        ),
        (
            worked(),
            edited(worked(), "commitment/granted/seats", json!(251)),
            "commitment.granted.seats 250 251",
        ),
        (
            worked(),
            edited(worked(), "commitment/installments/1/amount", json!("40000.01")),
            "commitment.installments[2027-05-15] 40000 40000.01",
        ),
        (
            units(json!({"P1Y": {"seats": "100"}})),
            units(json!({"P12M": {"seats": "101"}})),
            "unit_prices.P12M.seats 100 101",
        ),
        (
            worked(),
            edited(worked(), "usage_prices/gb_stored", json!("0.0015")),
            "usage_prices.gb_stored 0.00015 0.0015",
        ),
        (
            worked(),
            edited(worked(), "renewal/channel", json!("External")),
            "renewal.channel AwsMarketplace External",
        ),
    ];
    for (ours, theirs, expected) in cases {
        let (draft, theirs) = (draft(&ours), described(&theirs));
        assert_eq!(differences(Ours::Draft(&draft), &theirs), [expected]);
        // What AWS said before differs in the same field.
        let before = diff(Ours::Described(&described(&ours)), &theirs);
        let fields: Vec<&str> = before.iter().map(|it| it.field.as_str()).collect();
        let (field, _) = expected.split_once(' ').expect("a field");
        assert_eq!(fields, [field]);
    }
}

#[test]
fn what_is_written_otherwise_does_not_differ() {
    let ours = draft(&worked());
    let mut theirs = described(&worked());
    let mut before = theirs.clone();
    theirs.terms.usage[0].price = "0.04200".parse().unwrap();
    theirs.terms.fixed.as_mut().unwrap().price = Some("0.0".parse().unwrap());
    theirs.terms.fixed.as_mut().unwrap().duration = Some("P1Y".to_owned());
    theirs.reseller_role = None;
    theirs.counters = None;
    theirs.products.remove(0);
    assert_eq!(diff(Ours::Draft(&ours), &theirs), []);
    before.products.truncate(2);
    assert_eq!(diff(Ours::Described(&before), &theirs), []);
}

#[test]
fn what_only_aws_says() {
    let ours = draft(&edited(worked(), "renewal", Value::Null));
    let mut theirs = described(&worked());
    let before = theirs.clone();
    theirs.terms.unknown.push("ResaleHappinessTerm".to_owned());
    theirs.reseller_role = Some("Distributor".to_owned());
    theirs.max_offers = Some(3);
    theirs.terms.fixed.as_mut().unwrap().grants[0].1 = None;
    theirs.status = Some("Restricted".to_owned());
    let unknown = Some("Unknown".to_owned());
    theirs.renewal.as_mut().unwrap().channel.clone_from(&unknown);
    theirs.renewal.as_mut().unwrap().pricing_model = unknown;
    let expected = [
        "commitment.granted.seats 250 unlimited",
        "other_terms - ResaleHappinessTerm",
        "partner_role - Distributor",
        "quantity 1 3",
    ];
    assert_eq!(differences(Ours::Draft(&ours), &theirs), expected);
    let also = [
        "renewal.channel AwsMarketplace -",
        "renewal.pricing_model Contract -",
        "status Active Restricted",
    ];
    assert_eq!(differences(Ours::Described(&before), &theirs), [&expected[..], &also].concat());
}
