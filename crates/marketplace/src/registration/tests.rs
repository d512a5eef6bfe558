use super::*;
use crate::notification::{AgreementEvent, AgreementNotice, Family};
use crate::parse::parse;

const ARN: &str =
    "arn:aws:license-manager::888899990000:license:l-57d5830a6eab0d0525fdd8c0491c4d55";

fn account(text: &str) -> AccountId {
    AccountId::new(text).unwrap()
}

fn registration(code: &str, arn: Option<&str>) -> Registration {
    Registration {
        product_code: code.to_owned(),
        customer: account("555566667777"),
        license: arn.map(|arn| crate::ids::LicenseId::from_arn(arn).unwrap()),
        license_arn: arn.map(str::to_owned),
    }
}

fn at() -> Timestamp {
    "2026-12-02T17:34:48.25Z".parse().unwrap()
}

fn notice(body: &[u8]) -> AgreementNotice {
    match parse(body).unwrap().family {
        Family::Agreement(notice) => *notice,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_written_is_read_again() {
    let body = envelope(&registration("code-1", Some(ARN)), Some(&account("111122223333")), at());
    let text = std::str::from_utf8(&body).unwrap();
    assert_eq!(
        text,
        format!(
            r#"{{"account":"111122223333","detail":{{"customer":{{"accountId":"555566667777"}},"license":{{"arn":"{ARN}"}},"product":{{"code":"code-1"}}}},"detail-type":"Registration Resolved","source":"resold.registration","time":"2026-12-02T17:34:48.25Z","version":"0"}}"#
        )
    );
    let envelope = parse(&body).unwrap().envelope;
    assert_eq!((envelope.time, envelope.account), (at(), Some(account("111122223333"))));
    let notice = notice(&body);
    let license = notice.license.map(|(id, arn)| (id.to_string(), arn));
    assert_eq!(license, Some(("l-57d5830a6eab0d0525fdd8c0491c4d55".to_owned(), ARN.to_owned())));
    assert_eq!(notice.product.names.len(), 1);
    let customer = Some(account("555566667777"));
    assert_eq!(notice.what, AgreementEvent::Registered { customer });
}

#[test]
fn what_is_missing_or_odd_is_written_all_the_same() {
    let body = envelope(&registration("a \"quoted\"\n\u{7f}code", None), None, at());
    let value: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(value["detail"]["product"]["code"], "a \"quoted\"\n\u{7f}code");
    assert_eq!((value.get("account"), value["detail"].get("license")), (None, None));
}

#[test]
fn a_registration_speaks_of_its_license_only() {
    let body = format!(
        r#"{{"source":"resold.registration","detail-type":"Registration Resolved","time":"2026-12-02T17:34:48Z",
            "detail":{{"license":{{"arn":"{ARN}"}},"agreement":{{"id":"agmt-1"}},"offer":{{"id":"offer-1"}},
            "acceptor":{{"accountId":"555566667777"}},"proposer":{{"accountId":"222233334444"}},
            "resaleAuthorization":{{"id":"resaleauthz-1"}}}}}}"#
    );
    let notice = notice(body.as_bytes());
    assert!(notice.license.is_some());
    let said = (notice.agreement, notice.offer, notice.acceptor, notice.proposer);
    assert_eq!((said, notice.authorization), ((None, None, None, None), None));
    assert_eq!(notice.what, AgreementEvent::Registered { customer: None });
}
