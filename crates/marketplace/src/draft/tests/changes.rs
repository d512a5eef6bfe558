//! The change sets of drafts.

use fastrand::Rng;
use serde_json::{Value, json};

use super::model::{Entity, ID};
use super::*;
use crate::changeset::Change;
use crate::ids::OpportunityId;

fn id() -> OpportunityId {
    OpportunityId::new(ID).unwrap()
}

fn types(changes: &[Change]) -> Vec<&str> {
    changes.iter().map(|change| change.change_type.as_str()).collect()
}

fn details(changes: &[Change], change_type: &str) -> Value {
    let found = changes.iter().find(|change| change.change_type == change_type);
    found.map_or(Value::Null, |change| change.details.clone())
}

#[test]
fn the_worked_example() {
    let changes = draft(&worked()).changes(None, true);
    let expected: Value = serde_json::from_str(include_str!("changes.json")).unwrap();
    assert_eq!(serde_json::to_value(&changes).unwrap(), expected);
}

#[test]
fn what_a_draft_does_not_say_is_no_change() {
    let changes = draft(&by_units()).changes(None, false);
    let expected = ["CreateResaleAuthorization", "UpdatePricingTerms", "UpdateLegalTerms"];
    assert_eq!(types(&changes), expected);
    let prices = |price: &str| json!([{"DimensionKey": "seats", "Price": price}]);
    let constraints =
        json!({"MultipleDimensionSelection": "Allowed", "QuantityConfiguration": "Allowed"});
    let card = |duration: &str, price: &str| json!({"Selector": {"Type": "Duration", "Value": duration}, "RateCard": prices(price), "Constraints": constraints});
    assert_eq!(
        details(&changes, "UpdatePricingTerms"),
        json!({"PricingModel": "Contract", "Terms": [{
            "Type": "ResaleConfigurableUpfrontPricingTerm", "CurrencyCode": "USD",
            "RateCards": [card("P12M", "100"), card("P24M", "90.125")],
        }]})
    );
}

#[test]
fn a_price_by_usage_alone_is_another_model() {
    let value = edited(by_units(), "unit_prices", Value::Null);
    let value = edited(value, "usage_prices", json!({"calls": "0.10"}));
    let changes = draft(&value).changes(None, false);
    assert_eq!(
        details(&changes, "UpdatePricingTerms"),
        json!({"PricingModel": "Usage", "Terms": [{
            "Type": "ResaleUsageBasedPricingTerm", "CurrencyCode": "USD",
            "RateCards": [{"RateCard": [{"DimensionKey": "calls", "Price": "0.1"}]}],
        }]})
    );
}

#[test]
fn a_draft_that_was_left_is_reused() {
    let changes = draft(&worked()).changes(Some(&id()), true);
    assert_eq!(types(&changes).first(), Some(&"UpdateInformation"));
    assert!(changes.iter().all(|change| change.identifier.as_deref() == Some(ID)));
    assert!(changes.iter().all(|change| change.change_name.is_none()));
    assert_eq!(
        details(&changes, "UpdateInformation"),
        json!({"Name": "Acme FY27 renewal", "Description": "Opportunity 01JZ8K3",
               "PreExistingBuyerAgreement": {"AcquisitionChannel": "AwsMarketplace", "PricingModel": "Contract"}})
    );
    let plain = draft(&by_units()).changes(Some(&id()), false);
    let cleared =
        json!({"Name": "Acme by the seat", "Description": null, "PreExistingBuyerAgreement": null});
    assert_eq!(details(&plain, "UpdateInformation"), cleared);
    for family in ["BuyerTargeting", "PaymentSchedule", "NetPayment", "BuyerValidity"] {
        let change_type = format!("Update{family}Terms");
        assert_eq!(details(&plain, &change_type), json!({"Terms": []}), "{family}");
    }
}

/// One line a misfit: what was left behind, edited in one place, and what keeps it from becoming the worked example.
#[test]
fn what_cannot_become_another() {
    let left = |value: &Value| {
        let mut left = Entity::default();
        left.apply(&draft(value).changes(None, false));
        left
    };
    let mut released = left(&worked());
    released.apply(&[Change::publish(&id())]);
    let product = edited(worked(), "product", json!("prod-another"));
    let partner = edited(worked(), "partner", json!("333344445555"));
    let (ended, unended) = (edited(by_units(), "offers_until", json!("2026-12-31")), by_units());
    #[rustfmt::skip]
    let cases = [
        (worked(), left(&worked()), ""),
        (worked(), left(&edited(worked(), "name", json!("Another"))), ""),
        (worked(), left(&by_units()), ""),
        (worked(), left(&product), "product"),
        (worked(), left(&partner), "partner"),
        (worked(), released, "status"),
        (unended.clone(), left(&ended), "offers_until"),
        (ended, left(&unended), ""),
        (by_units(), left(&worked()), "offers_until, quantity"),
    ];
    for (wanted, left, expected) in cases {
        let wanted = draft(&wanted);
        let misfits = wanted.misfits(&left.described());
        let fields: Vec<&str> = misfits.iter().map(|misfit| misfit.field.as_str()).collect();
        assert_eq!(fields.join(", "), expected, "{wanted:?}");
    }
}

#[test]
fn publishing_and_restricting() {
    let cases = [
        (Change::publish(&id()), "ReleaseResaleAuthorization"),
        (Change::restrict(&id()), "RestrictResaleAuthorization"),
    ];
    for (change, change_type) in cases {
        assert_eq!((change.change_type.as_str(), change.details), (change_type, json!({})));
        assert_eq!((change.identifier.as_deref(), change.change_name), (Some(ID), None));
    }
}

#[test]
fn what_was_asked_for_is_what_aws_describes() {
    for seed in 0..500 {
        let rng = &mut Rng::with_seed(seed);
        let value = super::generator::form(rng);
        let written = form(&value);
        let (draft, _) = written.draft(TODAY, &Limits::CURRENT).unwrap_or_else(|problems| {
            panic!("seed {seed}: {value}\n{problems:#?}");
        });
        let mut created = Entity::default();
        created.apply(&draft.changes(None, true));
        let described = created.described();
        assert_eq!(diff(Ours::Draft(&draft), &described), [], "seed {seed}: {value}");
        assert_eq!(described.status.as_deref(), Some("Active"));

        // A failed change set left nothing but its create; another draft in its place becomes this one.
        let mut left = Entity::default();
        left.apply(&draft.changes(None, false)[..1]);
        left.apply(&draft.changes(Some(&id()), false));
        assert_eq!(diff(Ours::Draft(&draft), &left.described()), [], "seed {seed}: {value}");
        // Whatever it was, as far as nothing keeps it from that.
        let mut other = Entity::default();
        other.apply(&super::draft(&super::generator::form(rng)).changes(None, false));
        if draft.misfits(&other.described()).is_empty() {
            other.apply(&draft.changes(Some(&id()), false));
            assert_eq!(diff(Ours::Draft(&draft), &other.described()), [], "seed {seed}: {value}");
        }
        left.apply(&[Change::publish(&id())]);
        assert_eq!(diff(Ours::Described(&described), &left.described()), [], "seed {seed}");

        // And what is described makes the like of it, but for documents that AWS has copied.
        let (copy, not_carried) = Form::of(&described);
        let custom = [&draft.eula.to_string()]
            .into_iter()
            .chain(draft.reseller_contract.as_ref().map(ToString::to_string).as_ref())
            .filter(|it| it.starts_with("https"))
            .count();
        assert_eq!(not_carried.len(), custom, "seed {seed}: {not_carried:?}");
        let again = Form {
            eula: written.eula.clone(),
            reseller_contract: written.reseller_contract.clone(),
            ..copy
        };
        assert_eq!(again.draft(TODAY, &Limits::CURRENT).map(|(draft, _)| draft), Ok(draft));
    }
}
