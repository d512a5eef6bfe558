//! What is found wrong only while a change set is applied, and what an authorization is after each change.

use aws::offline::operation::Operation;
use serde_json::{Value, json};

use crate::bench::{Bench, change, worked};

const PRODUCT: &str = "prod-k3x9examplesaas";

/// The place of a change in `worked.json`.
const CREATE: usize = 0;
const INFORMATION: usize = 1;
const TARGETING: usize = 2;
const AVAILABILITY: usize = 3;
const PRICING: usize = 4;
const SCHEDULE: usize = 5;
const LEGAL: usize = 6;
const VALIDITY: usize = 8;
const RELEASE: usize = 9;

#[test]
fn one_thing_wrong_with_a_change_set_that_has_everything() {
    let card = |keys: &[&str]| {
        let entries = keys.iter().map(|key| json!({"DimensionKey": key, "Price": "1"}));
        json!([{"RateCard": entries.collect::<Value>()}])
    };
    let days = |days: &[&str]| -> Value {
        days.iter().map(|day| json!({"ChargeDate": day, "ChargeAmount": "1.5"})).collect()
    };
    let grant = |key: &str| json!([{"DimensionKey": key, "MaxQuantity": 1}]);
    let cases = [
        // where, what stands there, what is wrong: the place and the code
        (CREATE, "/ResellerAccountId", json!("999988887777"), (CREATE, "INVALID_RESELLER_ACCOUNT")),
        (CREATE, "/ResellerAccountId", json!("111122223333"), (CREATE, "INVALID_RESELLER_ACCOUNT")),
        (PRICING, "/Terms/1/RateCards", card(&["gb_stored"]), (PRICING, "MISSING_DIMENSION_KEY")),
        (
            PRICING,
            "/Terms/1/RateCards",
            card(&["gb_stored", "api_calls_1k", "seats"]),
            (PRICING, "INVALID_DIMENSION_KEY"),
        ),
        (
            PRICING,
            "/Terms/1/RateCards",
            card(&["gb_stored", "api_calls_1k", "gb_stored"]),
            (PRICING, "DUPLICATE_DIMENSION_KEY"),
        ),
        (PRICING, "/Terms/1/CurrencyCode", json!("EUR"), (PRICING, "INCOMPATIBLE_CURRENCY")),
        (PRICING, "/Terms/0/Duration", json!("P145M"), (PRICING, "INVALID_DURATION")),
        (PRICING, "/Terms/0/Duration", json!("P0M"), (PRICING, "INVALID_DURATION")),
        (PRICING, "/Terms/0/Grants", grant("gb_stored"), (PRICING, "INVALID_DIMENSION_KEY")),
        (PRICING, "/Terms/0/Grants", grant("nothing"), (PRICING, "INVALID_DIMENSION_KEY")),
        (
            SCHEDULE,
            "/Terms/0/Schedule",
            days(&["2027-01-15", "2027-01-15"]),
            (SCHEDULE, "DUPLICATE_CHARGE_DATE"),
        ),
        (
            SCHEDULE,
            "/Terms/0/Schedule",
            days(&["2026-12-31", "2027-01-15"]),
            (SCHEDULE, "INVALID_CHARGE_DATE"),
        ),
        (SCHEDULE, "/Terms", json!([]), (RELEASE, "MISSING_PAYMENT_SCHEDULE_TERM")),
        (AVAILABILITY, "/OffersMaxQuantity", Value::Null, (SCHEDULE, "INCOMPATIBLE_AVAILABILITY")),
        (
            AVAILABILITY,
            "/AvailabilityEndDate",
            Value::Null,
            (SCHEDULE, "INCOMPATIBLE_AVAILABILITY"),
        ),
        (
            LEGAL,
            "/Terms/0/Documents/0/Url",
            json!("https://acme.example/eula.pdf"),
            (LEGAL, "INVALID_BUYER_LEGAL_DOCUMENTS"),
        ),
        (
            LEGAL,
            "/Terms/1/Documents/0",
            json!({"Type": "CustomResellerContract", "Url": "http://a.s3.amazonaws.com/x"}),
            (LEGAL, "INVALID_RESALE_LEGAL_DOCUMENTS"),
        ),
        (LEGAL, "/Terms", json!([]), (RELEASE, "MISSING_BUYER_LEGAL_TERM")),
        (TARGETING, "/Terms", json!([]), (TARGETING, "INCOMPATIBLE_BUYER_TARGETING")),
    ];
    for (place, path, value, (wrong, code)) in cases {
        let mut changes = worked();
        let field = changes[place]["DetailsDocument"].pointer_mut(path).expect("it stands there");
        *field = value.clone();
        let mut bench = Bench::new();
        let id = bench.start(&changes).unwrap();
        let found = bench.end(&id);
        assert_eq!(found, Err(vec![(wrong, code.to_owned())]), "{path} {value}");
    }
    let mut bench = Bench::new();
    let id = bench.start(&worked()).unwrap();
    assert!(bench.end(&id).is_ok(), "with nothing wrong it succeeds");
}

#[test]
fn a_change_set_in_another_currency_without_decimals() {
    for (amount, expected) in [("40000", true), ("40000.00", false)] {
        let text = worked().to_string().replace("\"USD\"", "\"JPY\"").replace("0000.00", "0000");
        let text = text.replacen("40000", amount, 1);
        let mut bench = Bench::new();
        let id = bench.start(&serde_json::from_str(&text).unwrap()).unwrap();
        let wrong = bench.end(&id).err();
        assert_eq!(wrong.is_none(), expected, "{amount}: {wrong:?}");
    }
}

#[test]
fn what_needs_a_saas_product() {
    let mut changes = worked();
    changes[CREATE]["DetailsDocument"]["ProductId"] = json!("prod-image");
    changes[PRICING]["DetailsDocument"]["Terms"].as_array_mut().unwrap().pop();
    let mut bench = Bench::new();
    let id = bench.start(&changes).unwrap();
    assert_eq!(bench.end(&id), Err(vec![(VALIDITY, "INCOMPATIBLE_PRODUCT".to_owned())]));
}

#[test]
fn prices_for_several_durations() {
    let card = |duration: &str, keys: &[&str]| {
        let entries: Value =
            keys.iter().map(|key| json!({"DimensionKey": key, "Price": "1"})).collect();
        json!({"Selector": {"Type": "Duration", "Value": duration}, "RateCard": entries})
    };
    let cases = [
        ("two", vec![card("P12M", &["seats"]), card("P2Y", &["seats"])], None),
        (
            "one twice",
            vec![card("P12M", &["seats"]), card("P12M", &["seats"])],
            Some("DUPLICATE_SELECTOR"),
        ),
        ("metered, in days", vec![card("P365D", &["seats", "gb_stored"])], None),
        (
            "metered, in months",
            vec![card("P12M", &["seats", "gb_stored"])],
            Some("INVALID_DURATION"),
        ),
        ("unknown", vec![card("P12M", &["nothing"])], Some("INVALID_DIMENSION_KEY")),
        (
            "differing keys",
            vec![card("P365D", &["seats", "gb_stored"]), card("P730D", &["seats"])],
            Some("INCONSISTENT_DIMENSION_KEYS"),
        ),
    ];
    for (case, cards, expected) in cases {
        let mut bench = Bench::new();
        let id = bench.draft(PRODUCT);
        let details = json!({"PricingModel": "Contract", "Terms": [
            {"Type": "ResaleConfigurableUpfrontPricingTerm", "CurrencyCode": "USD", "RateCards": cards}]});
        let found = bench.update("UpdatePricingTerms", &id, &details);
        let expected = expected.map(|code| vec![(0, code.to_owned())]);
        assert_eq!(found.err(), expected, "{case}");
    }
}

#[test]
fn released_is_immutable_and_restricted_is_final() {
    let incompatible = || Err(vec![(0, "INCOMPATIBLE_STATUS".to_owned())]);
    let changes = worked();
    let updates: Vec<(&str, &Value)> = (INFORMATION..=RELEASE)
        .map(|place| {
            (changes[place]["ChangeType"].as_str().unwrap(), &changes[place]["DetailsDocument"])
        })
        .collect();
    let mut bench = Bench::new();
    let draft = bench.draft(PRODUCT);
    assert_eq!(bench.update("RestrictResaleAuthorization", &draft, &json!({})), incompatible());
    let id = bench.released();
    for (kind, details) in &updates {
        assert_eq!(bench.update(kind, &id, details), incompatible(), "{kind} when released");
    }
    assert_eq!(bench.update("RestrictResaleAuthorization", &id, &json!({})), Ok(id.clone()));
    for (kind, details) in updates.into_iter().chain([("RestrictResaleAuthorization", &json!({}))])
    {
        assert_eq!(bench.update(kind, &id, details), incompatible(), "{kind} when restricted");
    }
    let expired = bench.released();
    bench.pass_days(30);
    assert_eq!(bench.update("RestrictResaleAuthorization", &expired, &json!({})), incompatible());
}

#[test]
fn an_update_takes_the_place_of_all_terms_of_its_family() {
    let mut bench = Bench::new();
    let id = bench.draft(PRODUCT);
    let legal = |kind: &str, document: &str| json!({"Terms": [{"Type": kind, "Documents": [{"Type": document}]}]});
    let first = legal("BuyerLegalTerm", "StandardEula");
    let second = legal("ResaleLegalTerm", "StandardResellerContract");
    for details in [first, second] {
        bench.update("UpdateLegalTerms", &id, &details).unwrap();
    }
    bench.update("UpdateInformation", &id, &json!({"Description": "more"})).unwrap();
    bench.update("UpdateInformation", &id, &json!({"Name": "Other", "Description": null})).unwrap();
    let input = json!({"Catalog": "AWSMarketplace", "EntityId": id});
    let said = bench.call(Operation::DescribeEntity, &input).unwrap();
    let document = &said["DetailsDocument"];
    assert_eq!(said["EntityIdentifier"], json!(format!("{id}@5")));
    assert_eq!((&document["Name"], document.get("Description")), (&json!("Other"), None));
    let kinds: Vec<_> =
        document["Terms"].as_array().unwrap().iter().map(|term| &term["Type"]).collect();
    assert_eq!(kinds, ["ResaleLegalTerm"]);
}

#[test]
fn one_change_set_may_make_several_and_restrict_others() {
    let mut bench = Bench::new();
    let (old, made) = (bench.released(), worked());
    let mut changes = made.as_array().unwrap().clone();
    changes.push(change("RestrictResaleAuthorization", Some(&old), &json!({})));
    let details =
        json!({"ProductId": PRODUCT, "Name": "Another", "ResellerAccountId": "333344445555"});
    changes.push(change("CreateResaleAuthorization", None, &details));
    let id = bench.start(&json!(changes)).unwrap();
    let new = bench.end(&id).unwrap();
    let rows = bench.call(
        Operation::ListEntities,
        &json!({"Catalog": "AWSMarketplace", "EntityType": "ResaleAuthorization"}),
    );
    let rows = rows.unwrap()["EntitySummaryList"].as_array().unwrap().clone();
    let mut found: Vec<_> = rows
        .iter()
        .map(|row| (row["EntityId"].clone(), row["ResaleAuthorizationSummary"]["Status"].clone()))
        .collect();
    found.sort_by_key(|(_, status)| status.to_string());
    assert_eq!(found.len(), 3);
    assert_eq!(found[0], (json!(new), json!("Active")));
    assert_eq!(found[1].1, "Draft");
    assert_eq!(found[2], (json!(old), json!("Restricted")));
}
