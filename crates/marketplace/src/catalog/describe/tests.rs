use std::error::Error as _;

use super::*;
use crate::catalog::{
    Counters, DimensionPrice, DurationPrices, FixedUpfront, Installment, LegalDocument, Renewal,
    ResaleAuthorization, Terms,
};
use crate::ids::{AccountId, OpportunityId, ProductName};
use crate::notification::Family;

/// The change set of "Work with resale authorizations using the AWS Marketplace APIs", as the entity that it makes.
const WORKED: &str = include_str!("tests/worked.json");

fn one(document: &str) -> Vec<u8> {
    let described = describe(document.as_bytes()).unwrap();
    assert_eq!((described.errors.len(), described.skipped.len()), (0, 0));
    let [envelope] = described.envelopes.try_into().unwrap();
    envelope
}

fn authorization(document: &str) -> ResaleAuthorization {
    match parse::parse(&one(document)).unwrap().family {
        Family::OpportunityDescribed(authorization) => *authorization,
        other => panic!("{other:?}"),
    }
}

/// A described entity with this document.
fn entity(document: &str) -> String {
    format!(
        r#"{{"EntityType":"ResaleAuthorization@1.0","EntityIdentifier":"resaleauthz-1@2",
        "LastModifiedDate":"2026-11-20T08:30:00Z","DetailsDocument":{document}}}"#
    )
}

/// The error with its causes.
fn refusal(document: &str) -> String {
    let error = describe(document.as_bytes()).unwrap_err();
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        words = format!("{words}: {error}");
        cause = error.source();
    }
    words
}

fn account(text: &str) -> AccountId {
    AccountId::new(text).unwrap()
}

fn price(dimension: &str, price: &str) -> DimensionPrice {
    DimensionPrice { dimension: dimension.to_owned(), price: price.parse().unwrap() }
}

fn worked_terms() -> Terms {
    let installment = |date: &str, amount: &str| Installment {
        date: date.parse().unwrap(),
        amount: amount.parse().unwrap(),
    };
    let durations =
        |duration: &str, prices| DurationPrices { duration: duration.to_owned(), prices };
    let legal = |kind: &str, url: Option<&str>| LegalDocument {
        kind: kind.to_owned(),
        url: url.map(str::to_owned),
    };
    Terms {
        currency: Some("USD".to_owned()),
        usage: vec![price("api_calls_1k", "0.042"), price("gb_stored", "0.00015")],
        configurable: vec![
            durations("P12M", vec![price("seats", "100")]),
            durations("P24M", vec![price("seats", "90.125")]),
        ],
        fixed: Some(FixedUpfront {
            duration: Some("P12M".to_owned()),
            price: Some("0".parse().unwrap()),
            grants: vec![("seats".to_owned(), Some(250))],
        }),
        schedule: vec![
            installment("2027-01-15", "40000.00"),
            installment("2027-05-15", "40000.00"),
            installment("2027-09-15", "20000.00"),
        ],
        net_payment: Some("P60D".to_owned()),
        buyer_legal: vec![legal("CustomEula", Some("https://aws-legal.s3.amazonaws.com/eula.pdf"))],
        resale_legal: vec![legal("StandardResellerContract", None)],
        latest_start: Some("2027-02-01".parse().unwrap()),
        unknown: vec!["ResaleHappinessTerm".to_owned()],
    }
}

#[test]
fn the_worked_example() {
    let expected = ResaleAuthorization {
        id: OpportunityId::new("resaleauthz-7hq2x9abcd1ef").unwrap(),
        last_modified: "2026-11-20T08:30:00Z".parse().unwrap(),
        name: Some("Acme FY27 renewal".to_owned()),
        description: Some("Opportunity 01JZ8K3".to_owned()),
        products: ["bbbbaaaa-abcd-1111-abcd-666666666666", "prod-k3x9examplesaas"]
            .map(|name| ProductName::new(name).unwrap())
            .to_vec(),
        product_title: Some("Acme Analytics".to_owned()),
        status: Some("Active".to_owned()),
        created: Some("2026-11-20T08:15:30.331Z".parse().unwrap()),
        manufacturer: Some(account("111122223333")),
        reseller: Some(account("222233334444")),
        reseller_name: Some("Reseller Ltd".to_owned()),
        reseller_role: Some("ChannelPartner".to_owned()),
        end_date: Some("2026-12-31".parse().unwrap()),
        max_offers: Some(1),
        buyers: vec![account("555566667777")],
        renewal: Some(Renewal {
            channel: Some("AwsMarketplace".to_owned()),
            pricing_model: Some("Contract".to_owned()),
        }),
        counters: Some(Counters {
            extended_status: Some("Not Started".to_owned()),
            offers_created: Some(0),
        }),
        terms: worked_terms(),
    };
    let read = authorization(WORKED);
    assert_eq!(read, expected);
    assert_eq!(read.terms.commitment().unwrap().to_string(), "100000.00");
    let stored = serde_json::to_string(&read).unwrap();
    assert_eq!(serde_json::from_str::<ResaleAuthorization>(&stored).unwrap(), expected);
}

#[test]
fn one_envelope_however_it_was_printed() {
    let expected = one(WORKED);
    let value: serde_json::Value = serde_json::from_str(WORKED).unwrap();
    let details = serde_json::to_string_pretty(&value["DetailsDocument"]).unwrap();
    let without = |keys: &[&str]| {
        let mut value = value.clone();
        for key in keys {
            value[*key] = serde_json::Value::Null;
        }
        value
    };
    let mut as_text = without(&["DetailsDocument"]);
    as_text["Details"] = serde_json::Value::from(details.clone());
    let mut both = value.clone();
    both["Details"] = serde_json::Value::from(details);
    let mut empty = both.clone();
    empty["DetailsDocument"] = serde_json::json!({});
    let batch =
        serde_json::json!({"EntityDetails": {"resaleauthz-7hq2x9abcd1ef": value}, "Errors": {}});
    let mut offset = value.clone();
    offset["LastModifiedDate"] = serde_json::Value::from("2026-11-20T09:30:00.000+01:00");
    for document in [value.clone(), as_text, both, empty, batch, offset] {
        assert_eq!(one(&document.to_string()), expected);
    }
    let text = String::from_utf8(expected).unwrap();
    assert!(!text.contains("X-Amz") && !text.contains("example-token"), "{text}");
    assert!(text.ends_with(
        r#""EntityIdentifier":"resaleauthz-7hq2x9abcd1ef@3","LastModifiedDate":"2026-11-20T08:30:00Z"},"detail-type":"Resale Authorization Described","source":"resold.catalog","time":"2026-11-20T08:30:00Z","version":"0"}"#
    ));
}

#[test]
fn nothing_but_an_id_and_a_time() {
    for document in [
        "{\"Name\":null}",
        r#"{"PreExistingBuyerAgreement":{},"OfferDetails":null,"Rules":[],"Terms":null}"#,
        r#"{"Rules":[{"AvailabilityEndDate":"2099-12-31T23:59:59.999Z"},{}]}"#,
        r#"{"Rules":[{"AvailabilityEndDate":"2099-01-01"}],"Something":[1]}"#,
        r#"{"Rules":[{"AvailabilityEndDate":"9999-12-31T23:59:59Z"}]}"#,
        r#"{"Terms":[{"Type":"BuyerTargetingTerm"},{"Type":"ResaleUsageBasedPricingTerm","RateCards":[]}]}"#,
    ] {
        let read = authorization(&entity(document));
        assert_eq!(read.id.as_str(), "resaleauthz-1", "{document}");
        assert_eq!((read.end_date, read.renewal, read.counters), (None, None, None), "{document}");
        assert!(read.terms.is_empty() && read.reseller.is_none(), "{document}");
    }
}

#[test]
fn spellings() {
    let reseller = |document: &str| authorization(&entity(document)).reseller;
    for document in [
        r#"{"Rules":[{"ResellerAccountId":"222233334444"}]}"#,
        r#"{"Rules":[{"ResellerAccountID":"222233334444"}]}"#,
        r#"{"ResellerAccountID":"222233334444","Rules":[{"ResellerAccountId":"222233334444"}]}"#,
    ] {
        assert_eq!(reseller(document), Some(account("222233334444")), "{document}");
    }
    let buyers = r#"{"Terms":[{"Type":"BuyerTargetingTerm","PositiveTargeting":{"BuyerAccounts":
        ["666677778888",{"AwsAccountId":"555566667777"},"666677778888",{"LegalName":"x"},null]}}]}"#;
    let expected = [account("555566667777"), account("666677778888")];
    assert_eq!(authorization(&entity(buyers)).buyers, expected);
    for (written, day) in [
        ("2027-03-31", "2027-03-31"),
        ("2027-03-31T23:59:59Z", "2027-03-31"),
        ("2027-03-31T23:59:59.999Z", "2027-03-31"),
        ("2027-04-01T00:59:59+02:00", "2027-03-31"),
        ("2098-12-31T23:59:59Z", "2098-12-31"),
    ] {
        let document = format!(r#"{{"Rules":[{{"AvailabilityEndDate":"{written}"}}]}}"#);
        assert_eq!(authorization(&entity(&document)).end_date.unwrap().to_string(), day);
    }
    let day =
        entity("{\"CreatedDate\":\"2026-02-01\"}").replace("2026-11-20T08:30:00Z", "2026-11-20");
    assert_eq!(authorization(&day).last_modified.to_string(), "2026-11-20T00:00:00Z");
    assert_eq!(authorization(&day).created.unwrap().to_string(), "2026-02-01T00:00:00Z");
}

#[test]
fn batches() {
    let batch = format!(
        r#"{{"EntityDetails":{{"resaleauthz-2":{},"offer-1":{{"EntityType":"Offer@1.0"}},"resaleauthz-1":{WORKED}}},
        "Errors":{{"resaleauthz-9":{{"ErrorCode":"ResourceNotFoundException","ErrorMessage":"No such entity"}},"x\n":{{}}}}}}"#,
        entity("{\"Name\":\"two\"}").replace(r#""EntityIdentifier":"resaleauthz-1@2","#, "")
    );
    let described = describe(batch.as_bytes()).unwrap();
    let ids: Vec<String> = described
        .envelopes
        .iter()
        .map(|envelope| match parse::parse(envelope).unwrap().family {
            Family::OpportunityDescribed(read) => read.id.to_string(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(ids, ["resaleauthz-7hq2x9abcd1ef", "resaleauthz-2"]);
    assert_eq!(described.skipped, [("offer-1".to_owned(), "Offer@1.0".to_owned())]);
    let words = "ResourceNotFoundException: No such entity";
    let expected =
        [("resaleauthz-9".to_owned(), words.to_owned()), ("x\\n".to_owned(), String::new())];
    assert_eq!(described.errors, expected);
}

#[test]
fn secrets_go_wherever_they_stand() {
    let document = r#"{"A":[{"agreementtoken":{"x":1},"Link":"HTTPS://h/p?sig=s3cr3t"}],"B":" http://h/p#s3cr3t",
        "C":"\u0068ttps://h/\"q\"?s3cr3t","D":"why? #1","AgreementToken":"s3cr3t"}"#;
    let text = String::from_utf8(one(&entity(document))).unwrap();
    let expected = r#""DetailsDocument":{"A":[{"Link":"HTTPS://h/p"}],"B":" http://h/p","C":"https://h/\"q\"","D":"why? #1"}"#;
    assert!(text.contains(expected), "{text}");
    assert!(!text.contains("s3cr3t"));
    // What stands beside the document is no URL, but nobody promises that.
    let beside = entity(r#"{"a":1}"#).replacen('{', r#"{"EntityArn":"https://h/arn?s3cr3t","#, 1);
    let beside = beside.replace("resaleauthz-1@2", "https://h/id?s3cr3t");
    let text = String::from_utf8(one(&beside)).unwrap();
    assert!(text.contains(r#""https://h/id""#) && text.contains(r#""https://h/arn""#), "{text}");
    assert!(!text.contains("s3cr3t"), "{text}");
}

#[test]
fn refusals() {
    let start = "read the resale authorization `resaleauthz-1@2`: ";
    let path = "`detail.DetailsDocument.";
    #[rustfmt::skip]
    let cases = [
        (r#"{"Name":5}"#, "Name` must be a string, is a number"),
        (r#"{"Terms":[{}]}"#, "Terms[0].Type` is missing"),
        (r#"{"Terms":[null,{"Type":"ResaleUsageBasedPricingTerm","RateCards":[{"RateCard":[{"DimensionKey":"a","Price":"free"}]}]}]}"#, "Terms[1].RateCards[0].RateCard[0].Price`: a decimal number of at most 28 digits, is `free`"),
        (r#"{"Terms":[{"Type":"ResaleUsageBasedPricingTerm","RateCards":[{"RateCard":[{"Price":"1"}]}]}]}"#, "Terms[0].RateCards[0].RateCard[0].DimensionKey` is missing"),
        (r#"{"Terms":[{"Type":"ResalePaymentScheduleTerm","Schedule":[{"ChargeDate":"soon","ChargeAmount":"1"}]}]}"#, "Terms[0].Schedule[0].ChargeDate`: a date as YYYY-MM-DD, or a time in RFC 3339, from the year 1970, is `soon`"),
        (r#"{"Terms":[{"Type":"X","CurrencyCode":"USD"},{"Type":"Y","CurrencyCode":"EUR"}]}"#, "Terms[1].CurrencyCode`: must not differ from the same field elsewhere"),
        (r#"{"Terms":[{"Type":"ResaleFixedUpfrontPricingTerm","Price":"1"},{"Type":"ResaleFixedUpfrontPricingTerm","Price":"2"}]}"#, "Terms[1].Type`: one term of this type at most"),
        (r#"{"Terms":[{"Type":"ResaleFixedUpfrontPricingTerm","Grants":[{"DimensionKey":"a","MaxQuantity":-1}]}]}"#, "Terms[0].Grants[0].MaxQuantity`: a whole number in range, is `-1`"),
        (r#"{"Rules":[{"OffersMaxQuantity":1.5}]}"#, "Rules[0].OffersMaxQuantity`: a whole number in range, is `1.5`"),
        (r#"{"Rules":[{"ResellerAccountId":"1"}]}"#, "Rules[0].ResellerAccountId`: an AWS account id is exactly 12 digits, is `1`"),
    ];
    for (document, expected) in cases {
        assert_eq!(refusal(&entity(document)), format!("{start}{path}{expected}"), "{document}");
    }
    let document = "read the document of described entities: ";
    #[rustfmt::skip]
    let cases = [
        (String::new(), format!("{document}not JSON: EOF while parsing a value at line 1 column 0")),
        ("[]".to_owned(), format!("{document}must be a JSON object, is an array")),
        ("{}".to_owned(), format!("{document}neither `EntityType` nor `EntityDetails` in it; expected is what `describe-entity` or `batch-describe-entities` prints")),
        (r#"{"EntityDetails":5}"#.to_owned(), format!("{document}`EntityDetails` must be an object, is a number")),
        (entity("5"), format!("{start}`detail.DetailsDocument` must be an object, is a number")),
        (entity("{}"), format!("{start}`Details` is missing")),
        (entity("null,\"Details\":\"{\""), format!("{start}not JSON: EOF while parsing an object at line 1 column 1")),
        (entity("{\"a\":1,\"a\":2}"), format!("{document}a key must not be repeated: `DetailsDocument.a`")),
        (entity(&format!("{}1{}", r#"{"a":"#.repeat(63), "}".repeat(63))), format!("{start}objects and arrays must be nested at most 64 deep")),
        (entity(&format!("{{\"a\":\"{}\"}}", "x".repeat(parse::MAX_BODY))), format!("{start}a body must have at most 1048576 bytes, this one has 1048811")),
        (entity("{}").replace("2026-11-20T08:30:00Z", "later"), format!("{start}`LastModifiedDate`: a time in RFC 3339 with its offset, from the year 1970, is `later`")),
        (entity("{}").replace("LastModifiedDate", "Modified"), format!("{start}`LastModifiedDate` is missing")),
    ];
    for (document, expected) in cases {
        assert_eq!(refusal(&document), expected);
    }
}

#[test]
fn harm_never_panics() {
    for end in 0..WORKED.trim_end().len() {
        assert!(describe(WORKED.as_bytes().get(..end).unwrap()).is_err(), "{end}");
    }
    let mut random = fastrand::Rng::with_seed(5);
    for _ in 0..5_000 {
        let mut document = WORKED.as_bytes().to_vec();
        let at = random.usize(..document.len());
        document[at] = random.u8(..);
        let _ = describe(&document);
    }
}
