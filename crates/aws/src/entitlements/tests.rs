use aws_smithy_cbor::data::Type;
use aws_smithy_cbor::{Decoder, Encoder};
use processor::chain::Chain;
use processor::port::{CallOutcome, Retry};
use serde_json::{Map, Value, json};

use super::*;
use crate::responder::{Reply, Responder};

const ARN: &str = "arn:aws:license-manager::888899990000:license:l-0f3c0example00000000000000000ab";
const CODE: &str = "4q8examplecode0000000000x";

fn cbor(status: u16, write: impl FnOnce(&mut Encoder)) -> Reply {
    let mut encoder = Encoder::new(Vec::new());
    write(&mut encoder);
    let headers = vec![("content-type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")];
    Reply::Answer(status, headers, encoder.into_writer())
}

fn error(status: u16, code: &str, message: &str) -> Reply {
    let code = format!("com.amazonaws.marketplaceentitlementservice#{code}");
    cbor(status, |body| {
        body.map(2).str("__type").str(&code).str("message").str(message);
    })
}

type Written = fn(&mut Encoder);

/// A page: for each grant its dimension and its value, then the next page.
fn page(grants: &[(&str, Written)], next: Option<&str>) -> Reply {
    cbor(200, |body| {
        body.map(3).str("Entitlements").array(grants.len());
        for (dimension, value) in grants {
            body.map(7).str("ProductCode").str(CODE).str("Dimension").str(dimension);
            body.str("CustomerAWSAccountId").str("555566667777").str("LicenseArn").str(ARN);
            body.str("ExpirationDate").timestamp(&DateTime::from_secs(1_830_297_600));
            body.str("NewField").array(1).integer(1).str("Value");
            value(body);
        }
        body.str("NewField").map(0).str("NextToken");
        match next {
            Some(next) => body.str(next),
            None => body.null(),
        };
    })
}

/// A request's CBOR as JSON.
fn asked(decoder: &mut Decoder<'_>) -> Value {
    let is_over = |decoder: &mut Decoder<'_>| {
        let is_break = matches!(decoder.datatype(), Ok(Type::Break));
        decoder.set_position(decoder.position() + usize::from(is_break));
        is_break
    };
    match decoder.datatype().expect("a value") {
        Type::Map | Type::MapIndef => {
            let (size, mut fields) = (decoder.map().expect("a map"), Map::new());
            while size.map_or_else(|| !is_over(decoder), |size| fields.len() as u64 != size) {
                let key = decoder.string().expect("a key");
                fields.insert(key, asked(decoder));
            }
            Value::Object(fields)
        }
        Type::Array | Type::ArrayIndef => {
            let (size, mut items) = (decoder.list().expect("a list"), Vec::new());
            while size.map_or_else(|| !is_over(decoder), |size| items.len() as u64 != size) {
                items.push(asked(decoder));
            }
            Value::Array(items)
        }
        Type::String | Type::StringIndef => decoder.string().expect("a text").into(),
        _ => decoder.integer().expect("a number").into(),
    }
}

#[tokio::test]
async fn grants_of_a_license_are_read_page_by_page() {
    let number: Written = |body| {
        body.map(1).str("IntegerValue").integer(250);
    };
    let fraction: Written = |body| {
        body.map(1).str("DoubleValue").double(0.1);
    };
    let flag: Written = |body| {
        body.map(1).str("BooleanValue").boolean(false);
    };
    let text: Written = |body| {
        body.map(1).str("StringValue").str("gold");
    };
    let new: Written = |body| {
        body.map(1).str("DecimalValue").str("1.50");
    };
    let nothing: Written = |body| {
        body.null();
    };
    let first = [("seats", number), ("fraction", fraction), ("flag", flag)];
    let aws = Responder::start([
        page(&first, Some("t1")),
        page(&[], Some("t2")),
        page(&[("text", text), ("new", new), ("nothing", nothing)], None),
    ])
    .await;
    let api = EntitlementApi::new(aws.access());
    let (mut found, mut sizes, mut next) = (Vec::new(), Vec::new(), None);
    loop {
        let page = api.by_license(CODE, ARN, next.as_deref()).await.expect("a page");
        sizes.push(page.items.len());
        found.extend(page.items);
        next = page.next;
        if next.is_none() {
            break;
        }
    }
    assert_eq!(sizes, [3, 0, 3]);
    let expected = [
        ("seats", LicensedValue::Integer(250)),
        ("fraction", LicensedValue::Double("0.1".to_owned())),
        ("flag", LicensedValue::Boolean(false)),
        ("text", LicensedValue::Text("gold".to_owned())),
        ("new", LicensedValue::Unknown),
        ("nothing", LicensedValue::Unknown),
    ];
    let expected = expected.map(|(dimension, value)| LicensedQuantity {
        license: LicenseId::from_arn("l-0f3c0example00000000000000000ab").expect("an id"),
        license_arn: Some(ARN.to_owned()),
        product_code: CODE.to_owned(),
        dimension: dimension.to_owned(),
        customer: Some(AccountId::new("555566667777").expect("an account")),
        value,
        expires: Some("2028-01-01T00:00:00Z".parse().expect("a time")),
    });
    assert_eq!(found, expected);
    let requests = aws.requests();
    assert_eq!(
        requests[0].line(),
        "POST /service/AWSMPEntitlementService/operation/GetEntitlements"
    );
    for (request, token) in requests.iter().zip([None, Some("t1"), Some("t2")]) {
        let mut expected =
            json!({"ProductCode": CODE, "MaxResults": 25, "Filter": {"LICENSE_ARN": [ARN]}});
        if let Some(token) = token {
            expected["NextToken"] = json!(token);
        }
        assert_eq!(asked(&mut Decoder::new(&request.body)), expected);
    }
}

#[tokio::test]
async fn what_a_grant_leaves_out_is_what_was_asked_for() {
    let sparse = cbor(200, |body| {
        body.map(1).str("Entitlements").array(1).map(2).str("Dimension").str("seats");
        body.str("ExpirationDate").timestamp(&DateTime::from_secs(253_402_300_799));
    });
    let nameless = cbor(200, |body| {
        body.map(1).str("Entitlements").array(1).map(0);
    });
    let aws = Responder::start([sparse, nameless]).await;
    let api = EntitlementApi::new(aws.access());
    let page = api.by_license(CODE, ARN, None).await.expect("a page");
    let [grant] = page.items.try_into().expect("one grant");
    assert_eq!(grant.license_arn.as_deref(), Some(ARN));
    assert_eq!((grant.product_code.as_str(), grant.customer), (CODE, None));
    assert_eq!((grant.value, grant.expires), (LicensedValue::Unknown, None));
    let error = api.by_license(CODE, ARN, None).await.expect_err("of nothing");
    let shown = "cannot read what a license grants from AWS Marketplace: AWS names no dimension";
    assert_eq!(Chain(&error).to_string(), shown);
}

#[tokio::test]
async fn errors_are_told_apart() {
    use CallOutcome::{Refused, Unknown};
    let busy = || error(400, "ThrottlingException", "Rate exceeded");
    let fault = || error(500, "InternalServiceErrorException", "Sorry");
    let refused = error(400, "InvalidParameterException", "The product code is none.");
    let cases = [
        // replies, calls made, how the last failed, what is shown of it
        (vec![busy(), fault(), Reply::Cut, page(&[], None)], 4, None, ""),
        (
            vec![refused],
            1,
            Some((Refused, Retry::Never)),
            "InvalidParameterException: The product code is none.",
        ),
        (
            (0..9).map(|_| busy()).collect(),
            6,
            Some((Refused, Retry::Soon)),
            "ThrottlingException: Rate exceeded",
        ),
        (
            (0..9).map(|_| fault()).collect(),
            6,
            Some((Unknown, Retry::Soon)),
            "InternalServiceErrorException: Sorry",
        ),
    ];
    for (replies, calls, failed, text) in cases {
        let aws = Responder::start(replies).await;
        let answer = EntitlementApi::new(aws.access()).by_license(CODE, ARN, None).await;
        let error = answer.err();
        assert_eq!(aws.requests().len(), calls, "{text}");
        let found = error.as_ref().map(|error| (error.outcome, error.retry));
        assert_eq!(found, failed, "{text}");
        let shown = error.map(|error| Chain(&error).to_string()).unwrap_or_default();
        assert!(shown.ends_with(text), "{shown}");
    }
}
