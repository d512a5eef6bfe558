//! The Entitlement API, in CBOR, which is what the SDK speaks.

use aws::offline::seed::Seed;
use aws::offline::world::Settings;
use aws_sdk_marketplaceentitlement::error::ProvideErrorMetadata as _;
use aws_sdk_marketplaceentitlement::types::GetEntitlementFilterName as Filter;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::aws::Offline;

const CODE: &str = "4q8examplecode0000000000x";

fn arn(number: usize) -> String {
    format!("arn:aws:license-manager::888899990000:license:l-{number:032x}")
}

/// Three licenses of one buyer, with two dimensions each.
fn seed() -> Seed {
    let mut seed = Seed::example();
    let values = [json!(250), json!(1.5), json!(true), json!("gold"), json!(0), json!(7)];
    let licenses = values.chunks(2).enumerate().map(|(n, values)| {
        json!({"arn": arn(n), "product": "prod-k3x9examplesaas", "customer": "555566667777", "entitlements": [
            {"dimension": "seats", "value": values[0], "expires": "2027-12-31T23:59:59Z"},
            {"dimension": "tier", "value": values[1]}]})
    });
    seed.registrations.clear();
    seed.licenses = licenses.map(|it| serde_json::from_value(it).unwrap()).collect();
    seed
}

#[tokio::test]
async fn quantities_are_read_page_by_page_and_a_page_may_be_empty() {
    let offline = Offline::start_with(seed(), Settings::default()).await;
    let client = offline.entitlements();
    let (mut pages, mut next) = (Vec::new(), None);
    loop {
        let request = client.get_entitlements().product_code(CODE).max_results(2);
        let request = request.filter(Filter::LicenseArn, vec![arn(2)]).set_next_token(next);
        let said = request.send().await.unwrap();
        pages.push(said.entitlements.unwrap_or_default());
        next = said.next_token;
        if next.is_none() {
            break;
        }
    }
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [0, 0, 2]);
    let [seats, tier] = &pages[2][..] else { panic!("{pages:?}") };
    assert_eq!(
        (seats.dimension(), seats.value().unwrap().integer_value()),
        (Some("seats"), Some(0))
    );
    let expires: Timestamp = "2027-12-31T23:59:59Z".parse().unwrap();
    assert_eq!(seats.expiration_date().unwrap().secs(), expires.as_second());
    assert_eq!((tier.value().unwrap().integer_value(), tier.expiration_date()), (Some(7), None));
    assert_eq!(tier.customer_aws_account_id(), Some("555566667777"));
}

#[tokio::test]
async fn values_are_of_four_kinds() {
    let offline = Offline::start_with(seed(), Settings::default()).await;
    let said = offline.entitlements().get_entitlements().product_code(CODE).send().await.unwrap();
    let values: Vec<Value> = said
        .entitlements()
        .iter()
        .map(|it| {
            let value = it.value().unwrap();
            json!([
                value.integer_value,
                value.double_value,
                value.boolean_value,
                value.string_value
            ])
        })
        .collect();
    let expected = [
        json!([250, null, null, null]),
        json!([null, 1.5, null, null]),
        json!([null, null, true, null]),
        json!([null, null, null, "gold"]),
    ];
    assert_eq!(values[..4], expected);
}

#[tokio::test]
async fn what_is_refused() {
    let offline = Offline::start_with(seed(), Settings::default()).await;
    let client = offline.entitlements();
    let unknown = client.get_entitlements().product_code("nothing").send().await.unwrap_err();
    assert_eq!(unknown.code(), Some("InvalidParameterException"));
    assert!(unknown.into_service_error().is_invalid_parameter_exception());
    let both = client.get_entitlements().product_code(CODE);
    let both = both.filter(Filter::CustomerIdentifier, vec!["x".to_owned()]);
    let both = both.filter(Filter::CustomerAwsAccountId, vec!["555566667777".to_owned()]);
    let both = both.send().await.unwrap_err();
    let expected = "CUSTOMER_IDENTIFIER and CUSTOMER_AWS_ACCOUNT_ID exclude each other";
    assert!(both.message().unwrap().contains(expected), "{both:?}");
    let cases =
        [("429", "ThrottlingException", 400), ("500", "InternalServiceErrorException", 500)];
    for (fault, code, status) in cases {
        offline.expect(&format!("GetEntitlements={fault}"));
        let error = client.get_entitlements().product_code(CODE).send().await.unwrap_err();
        assert_eq!(error.code(), Some(code), "{fault}");
        assert_eq!(error.raw_response().unwrap().status().as_u16(), status, "{fault}");
    }
}
