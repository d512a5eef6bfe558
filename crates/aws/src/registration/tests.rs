use processor::chain::Chain;
use processor::port::{CallOutcome, Retry};
use serde_json::json;

use super::*;
use crate::responder::{Reply, Responder};

const TOKEN: &str = "Zm9vYmFyYmF6+cXV4/bm90IGEgcmVhbCB0b2tlbg==";
const ARN: &str = "arn:aws:license-manager::888899990000:license:l-0f3c0example00000000000000000ab";

fn error(status: u16, code: &str, message: &str) -> Reply {
    let kind = format!("com.amazonaws.marketplacemetering#{code}");
    Reply::json(status, &json!({"__type": kind, "message": message}).to_string())
}

#[tokio::test]
async fn a_token_is_exchanged_for_who_registers() {
    let account = AccountId::new("555566667777").expect("an account");
    let license = LicenseId::from_arn("l-0f3c0example00000000000000000ab").expect("an id");
    let whole = json!({"CustomerIdentifier": "x", "ProductCode": "4q8examplecode0000000000x",
        "CustomerAWSAccountId": "555566667777", "LicenseArn": ARN, "New": {"a": 1}});
    let mut sparse = whole.clone();
    sparse["LicenseArn"] = json!(null);
    let aws = Responder::start([
        error(400, "ThrottlingException", "Rate exceeded"),
        Reply::json(200, &whole.to_string()),
        Reply::json(200, &sparse.to_string()),
    ])
    .await;
    let api = MeteringApi::new(aws.access());
    let found = api.resolve(TOKEN).await.expect("an answer");
    let expected = Registration {
        product_code: "4q8examplecode0000000000x".to_owned(),
        customer: account,
        license: Some(license),
        license_arn: Some(ARN.to_owned()),
    };
    assert_eq!(found, expected);
    let found = api.resolve(TOKEN).await.expect("an answer");
    assert_eq!(found, Registration { license: None, license_arn: None, ..expected });
    let request = &aws.requests()[0];
    let target = "x-amz-target: AWSMPMeteringService.ResolveCustomer";
    assert!(request.head.to_lowercase().contains(&target.to_lowercase()), "{}", request.head);
    assert_eq!(request.json(), json!({ "RegistrationToken": TOKEN }));
}

#[tokio::test]
async fn errors_are_told_apart_and_never_hold_the_token() {
    use CallOutcome::{Refused, Unknown};
    let never = (Refused, Retry::Never);
    let echo = format!("1 validation error: Value '{TOKEN}' at 'registrationToken' is too long");
    let part = format!("Value starting with {} is wrong", &TOKEN[5..25]);
    let left_out = "AWS's text is left out, as it repeats the registration token";
    let cases = [
        // reply, outcome, what is shown
        (
            error(400, "ExpiredTokenException", "The token has expired."),
            never,
            "ExpiredTokenException: The token has expired.".to_owned(),
        ),
        (
            error(400, "InvalidTokenException", "Zm9vYmFyYmF: it is none."),
            never,
            "InvalidTokenException: Zm9vYmFyYmF: it is none.".to_owned(),
        ),
        (
            error(400, "DisabledApiException", "Not in this region."),
            never,
            "DisabledApiException: Not in this region.".to_owned(),
        ),
        (
            error(400, "ValidationException", &echo),
            never,
            format!("ValidationException: {left_out}"),
        ),
        (
            error(400, "ValidationException", &part),
            never,
            format!("ValidationException: {left_out}"),
        ),
        (Reply::json(413, TOKEN), never, format!("an answer without a code: {left_out}")),
        (
            Reply::json(200, r#"{"ProductCode":"x"}"#),
            (Unknown, Retry::Never),
            "AWS names no customer account".to_owned(),
        ),
        (
            Reply::json(200, r#"{"CustomerAWSAccountId":"555566667777"}"#),
            (Unknown, Retry::Never),
            "AWS names no product".to_owned(),
        ),
        (
            Reply::json(200, r#"{"ProductCode":"x","CustomerAWSAccountId":"nobody"}"#),
            (Unknown, Retry::Never),
            "AWS names a customer that is none: an AWS account id is exactly 12 digits".to_owned(),
        ),
    ];
    for (reply, outcome, text) in cases {
        let aws = Responder::start([reply]).await;
        let error = MeteringApi::new(aws.access()).resolve(TOKEN).await.expect_err(&text);
        assert_eq!((error.outcome, error.retry), outcome, "{text}");
        let shown = Chain(&error).to_string();
        assert_eq!(shown, format!("cannot ask AWS Marketplace who registers: {text}"));
        assert!(!format!("{error:?}").contains(&TOKEN[..20]), "{error:?}");
    }
}

#[tokio::test]
async fn without_a_token_nothing_is_asked() {
    let aws = Responder::start([]).await;
    let error = MeteringApi::new(aws.access()).resolve("").await.expect_err("there is none");
    assert_eq!((error.outcome, error.retry), (CallOutcome::Refused, Retry::Never));
    assert!(aws.requests().is_empty());
}
