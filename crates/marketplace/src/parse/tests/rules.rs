//! The rules of fields: what each accepts, and what the refusal says.

use super::*;
use crate::notification::End;

const CREATED: &str = "Purchase Agreement Created - Manufacturer";

#[test]
fn times() {
    #[rustfmt::skip]
    let cases = [
        ("2026-12-03T09:13:54Z", Ok(Some("2026-12-03T09:13:54Z"))),
        ("2026-12-03T09:13:54.220Z", Ok(Some("2026-12-03T09:13:54.22Z"))),
        ("2026-12-03T09:13:54.123456789Z", Ok(Some("2026-12-03T09:13:54.123456Z"))),
        ("2026-12-03T10:13:54+01:00", Ok(Some("2026-12-03T09:13:54Z"))),
        ("2026-12-02T23:43:54-09:30", Ok(Some("2026-12-03T09:13:54Z"))),
        ("1970-01-01T00:00:00Z", Ok(Some("1970-01-01T00:00:00Z"))),
        ("9998-12-31T23:59:59Z", Ok(Some("9998-12-31T23:59:59Z"))),
        ("9999-01-01T00:00:00Z", Ok(Some("never"))),
        ("9999-12-31T23:59:59.999Z", Ok(Some("never"))),
        ("", Ok(None)),
        ("1969-12-31T23:59:59Z", Err(())),
        ("2026-12-03T09:13:54", Err(())),
        ("2026-12-03", Err(())),
        ("2026-13-03T09:13:54Z", Err(())),
        ("2026-02-30T09:13:54Z", Err(())),
        ("+010000-01-01T00:00:00Z", Err(())),
        ("-009999-01-01T00:00:00Z", Err(())),
        ("99999999999999999999-01-01T00:00:00Z", Err(())),
        ("9999-99-99T00:00:00Z", Err(())),
        ("tomorrow", Err(())),
        ("1796289234", Err(())),
    ];
    for (written, expected) in cases {
        let detail = format!(r#"{{"agreement":{{"id":"agmt-1","endTime":"{written}"}}}}"#);
        match (parse(event(AGREEMENTS, CREATED, &detail).as_bytes()), expected) {
            (Ok(Notification { family: Family::Agreement(notice), .. }), Ok(expected)) => {
                let AgreementEvent::Created(terms) = notice.what else { panic!("{written}") };
                let shown = |end: End| {
                    end.time().map_or_else(|| "never".to_owned(), |time| time.to_string())
                };
                assert_eq!(terms.end.map(shown).as_deref(), expected, "{written}");
            }
            (Err(malformed), Err(())) => {
                let reason = malformed.reason.to_string();
                assert!(reason.starts_with("`detail.agreement.endTime`: a time"), "{reason}");
            }
            (read, _) => panic!("{written}: {read:?}"),
        }
    }
}

#[test]
fn amounts() {
    #[rustfmt::skip]
    let cases = [
        (r#""-100.00""#, Some("-100.00")),
        (r#""0""#, Some("0")),
        ("12.5", Some("12.5")),
        (r#""7922816251426433759354395033.5""#, Some("7922816251426433759354395033.5")),
        (r#""99999999999999999999999999999999""#, None),
        (r#""0.00000000000000000000000000000001""#, None),
        ("1e400", None),
        (r#""1_000""#, None),
        (r#""1,000.00""#, None),
        (r#""NaN""#, None),
        (r#""--1""#, None),
        (r#"".""#, None),
        ("true", None),
    ];
    for (written, expected) in cases {
        let detail = format!(r#"{{"billingAdjustmentRequest":{{"adjustmentAmount":{written}}}}}"#);
        let body = event(AGREEMENTS, "Purchase Agreement Billing Adjustment Failed", &detail);
        let amount = parse(body.as_bytes()).ok().map(|read| match read.family {
            Family::Agreement(notice) => match notice.what {
                AgreementEvent::Adjustment(adjustment) => adjustment.amount.unwrap().to_string(),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        });
        assert_eq!(amount.as_deref(), expected, "{written}");
    }
}

#[test]
fn refusals_of_details() {
    #[rustfmt::skip]
    let cases = [
        ("5", "`detail` must be an object, is a number"),
        ("[]", "`detail` must be an object, is an array"),
        (r#""{}""#, "`detail` must be an object, is a string"),
        (r#"{"agreement":"agmt-1"}"#, "`detail.agreement` must be an object, is a string"),
        (r#"{"agreement":{"id":7}}"#, "`detail.agreement.id` must be a string, is a number"),
        (r#"{"agreement":{"id":"a b"}}"#, "`detail.agreement.id`: an agreement id must be 1 to 128 printable ASCII characters without spaces, is `a b`"),
        (r#"{"agreement":{"id":"é"}}"#, "`detail.agreement.id`: an agreement id must be 1 to 128 printable ASCII characters without spaces, is `é`"),
        (r#"{"agreement":{"id":"\n"}}"#, "`detail.agreement.id`: an agreement id must be 1 to 128 printable ASCII characters without spaces, is `\\n`"),
        (r#"{"agreement":{"id":"a\u0000"}}"#, "`detail.agreement.id`: a text without NUL characters"),
        (r#"{"agreement":{"startTime":1796289234}}"#, "`detail.agreement.startTime` must be a string, is a number"),
        (r#"{"agreement":{"startTime":"9999-01-01T00:00:00Z"}}"#, "`detail.agreement.startTime`: a time in RFC 3339 with its offset, from the year 1970, is `9999-01-01T00:00:00Z`"),
        (r#"{"agreement":{"autoRenewalEnabled":"yes"}}"#, "`detail.agreement.autoRenewalEnabled` must be a boolean, is a string"),
        (r#"{"acceptor":{"accountId":"5555"}}"#, "`detail.acceptor.accountId`: an AWS account id is exactly 12 digits, is `5555`"),
        (r#"{"acceptor":{"accountId":555566667777}}"#, "`detail.acceptor.accountId` must be a string, is a number"),
        (r#"{"product":{"arn":"arn:aws:x/"}}"#, "`detail.product.arn`: a product id must be 1 to 128 printable ASCII characters without spaces, is ``"),
        (r#"{"license":{"arn":["l-1"]}}"#, "`detail.license.arn` must be a string, is an array"),
        (r#"{"offer":{"id":"offer-1"},"agreement":{"offerId":"offer-2"}}"#, "`detail.offer.id` and `detail.agreement.offerId` must not differ"),
        (r#"{"offer":{"id":"offer-1","id":"offer-2"}}"#, "a key must not be repeated: `detail.offer.id`"),
        (r#"{"new":[1,{"a":{"b":1,"b":1}}]}"#, "a key must not be repeated: `detail.new[1].a.b`"),
    ];
    for (detail, expected) in cases {
        assert_eq!(refusal(event(AGREEMENTS, CREATED, detail).as_bytes()), expected, "{detail}");
    }
}

#[test]
fn refusals_of_envelopes() {
    let good = event(AGREEMENTS, CREATED, "{}");
    #[rustfmt::skip]
    let cases = [
        (r#""source":"aws.agreement-marketplace","#, "", "`source` is missing"),
        (r#""source":"aws.agreement-marketplace""#, r#""source":"""#, "`source` is missing"),
        (r#""source":"aws.agreement-marketplace""#, r#""source":{}"#, "`source` must be a string, is an object"),
        ("detail-type", "DetailType", "`detail-type` is missing"),
        (r#""time":"2026-12-03T09:14:05Z","#, "", "`time` is missing"),
        (r#""time":"2026-12-03T09:14:05Z""#, r#""time":"now""#, "`time`: a time in RFC 3339 with its offset, from the year 1970, is `now`"),
        (r#""account":"111122223333""#, r#""account":111122223333"#, "`account` must be a string, is a number"),
        (r#""id":"6b1f0c1e-0000-4000-8000-0000000000aa""#, r#""id":6"#, "`id` must be a string, is a number"),
    ];
    for (from, to, expected) in cases {
        let body = good.replacen(from, to, 1);
        assert_ne!(body, good, "{from}");
        assert_eq!(refusal(body.as_bytes()), expected, "{from}");
    }
    let no_account = good.replace(r#""account":"111122223333","#, "");
    assert_eq!(parse(no_account.as_bytes()).unwrap().envelope.account, None);
    let disbursement = event(SELLER, "Disbursement Paused", "{}");
    let wrong = disbursement.replace(r#""resources":[]"#, r#""resources":[1]"#);
    assert_eq!(refusal(wrong.as_bytes()), "`resources[0]` must be a string, is a number");
}

#[test]
fn texts_and_lists_end_somewhere() {
    let name = |characters: usize| {
        let detail = format!(r#"{{"offer":{{"name":"{}"}}}}"#, "é".repeat(characters));
        parse(event(CATALOG, "Offer Released", &detail).as_bytes()).err()
    };
    assert_eq!(name(MAX_TEXT), None);
    let reason = name(MAX_TEXT + 1).unwrap().reason.to_string();
    assert_eq!(reason, "`detail.offer.name`: at most 2000 characters");

    let buyers = |count: usize| {
        let list = vec![r#""555566667777""#; count].join(",");
        let detail = format!(r#"{{"targetedBuyerAccountIds":[{list}]}}"#);
        parse(event(CATALOG, "Offer Released", &detail).as_bytes()).err()
    };
    assert_eq!(buyers(MAX_ITEMS), None);
    let reason = buyers(MAX_ITEMS + 1).unwrap().reason.to_string();
    assert_eq!(reason, "`detail.targetedBuyerAccountIds`: at most 1000 elements, has 1001");
}

#[test]
fn a_refusal_keeps_the_id_and_the_content_digest() {
    let body = event(AGREEMENTS, CREATED, "5");
    let malformed = parse(body.as_bytes()).unwrap_err();
    assert_eq!(malformed.envelope_id.as_deref(), Some("6b1f0c1e-0000-4000-8000-0000000000aa"));
    let other_id = body.replace("6b1f0c1e", "7b1f0c1e");
    assert_eq!(parse(other_id.as_bytes()).unwrap_err().digest, malformed.digest);
    assert_eq!(malformed.to_string(), "read a notification");
}
