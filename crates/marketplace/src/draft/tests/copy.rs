//! Forms of described authorizations.

use serde_json::Value;

use super::model::Entity;
use super::*;
use crate::catalog::{Installment, ResaleAuthorization};

fn described() -> ResaleAuthorization {
    let mut entity = Entity::default();
    entity.apply(&draft(&edited(worked(), "eula", "standard".into())).changes(None, true));
    entity.described()
}

/// What could not be carried over, a line each, and the form.
fn copied(change: impl FnOnce(&mut ResaleAuthorization)) -> (Form, Vec<String>) {
    let mut authorization = described();
    change(&mut authorization);
    let (form, left) = Form::of(&authorization);
    (form, left.into_iter().map(|left| format!("{}: {}", left.field, left.why)).collect())
}

#[test]
fn everything_that_a_form_can_say_is_carried_over() {
    let (copy, left) = copied(|_| {});
    assert_eq!(left, Vec::<String>::new());
    let expected = draft(&edited(worked(), "eula", "standard".into()));
    assert_eq!(copy.draft(TODAY, &Limits::CURRENT).unwrap().0, expected);
}

#[test]
fn what_cannot_be_carried_over_is_told() {
    type Change = fn(&mut ResaleAuthorization);
    let cases: [(Change, &str); 14] = [
        (|it| it.products.clear(), "product: the description names none"),
        (|it| it.products.retain(|name| !name.as_str().starts_with("prod-")), ""),
        (
            |it| it.products.push(ProductName::new("prod-second").unwrap()),
            "product: it has several names: bbbbaaaa-abcd-1111-abcd-666666666666, prod-k3x9examplesaas, prod-second",
        ),
        (|it| it.reseller = None, "partner: the description names none"),
        (
            |it| it.reseller_role = Some("Distributor".to_owned()),
            "partner: the role `Distributor`: from here a partner is a channel partner",
        ),
        (
            |it| it.max_offers = Some(2),
            "single_use: it may be used 2 times: AWS takes one, or any number",
        ),
        (
            |it| it.terms.buyer_legal[0].kind = "CustomEula".to_owned(),
            "eula: CustomEula: AWS answers with the address of its own copy: give that of your document",
        ),
        (
            |it| it.terms.buyer_legal.push(it.terms.buyer_legal[0].clone()),
            "eula: it has several documents: StandardEula, StandardEula",
        ),
        (
            |it| it.terms.resale_legal[0].kind = "CustomResellerContract".to_owned(),
            "reseller_contract: CustomResellerContract: AWS answers with the address of its own copy: give that of your document",
        ),
        (|it| it.terms.fixed = None, "commitment: installments without a fixed price"),
        (
            |it| it.terms.fixed.as_mut().unwrap().price = Some("5".parse().unwrap()),
            "commitment: a fixed price of 5: from here the installments carry it",
        ),
        (
            |it| it.terms.fixed.as_mut().unwrap().grants[0].1 = None,
            "commitment.granted.seats: an unlimited quantity: AWS's page asks for a number",
        ),
        (
            |it| it.terms.usage.push(it.terms.usage[0].clone()),
            "usage_prices.api_calls_1k: a second price of the dimension: 0.042",
        ),
        (
            |it| it.terms.unknown.push("ResaleHappinessTerm".to_owned()),
            "ResaleHappinessTerm: terms of a type that this version does not know",
        ),
    ];
    for (change, expected) in cases {
        let (_, left) = copied(change);
        assert_eq!(left.join("\n"), expected);
    }
}

#[test]
fn a_document_that_was_copied_is_not_replaced_by_a_standard_one() {
    let (copy, _) = copied(|it| it.terms.buyer_legal[0].kind = "CustomEula".to_owned());
    let problems = copy.draft(TODAY, &Limits::CURRENT).unwrap_err();
    let fields: Vec<&str> = problems.iter().map(|problem| problem.field.as_str()).collect();
    assert_eq!(fields, ["eula"]);
}

#[test]
fn days_that_passed_are_carried_over_and_told() {
    let (copy, left) = copied(|it| {
        let part = Installment { date: date(2026, 1, 15), amount: "1".parse().unwrap() };
        it.terms.schedule = vec![part];
        it.end_date = Some(date(2026, 1, 1));
        it.renewal.as_mut().unwrap().pricing_model = Some("Unknown".to_owned());
    });
    assert_eq!(left, Vec::<String>::new());
    let problems = copy.draft(TODAY, &Limits::CURRENT).unwrap_err();
    let fields: Vec<&str> = problems.iter().map(|problem| problem.field.as_str()).collect();
    let expected =
        ["offers_until", "commitment.installments[2026-01-15].date", "renewal.pricing_model"];
    assert_eq!(fields, expected);
    let written = serde_json::to_value(&copy).unwrap();
    assert_eq!(written["commitment"]["installments"][0]["date"], Value::from("2026-01-15"));
}
