//! The Metering API: usage and registrations.

use aws::offline::seed::Seed;
use aws::offline::world::Settings;
use aws_sdk_marketplacemetering::Client;
use aws_sdk_marketplacemetering::error::ProvideErrorMetadata as _;
use aws_sdk_marketplacemetering::primitives::DateTime;
use aws_sdk_marketplacemetering::types::UsageRecord;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::aws::{NOW, Offline};

const ARN: &str = "arn:aws:license-manager::888899990000:license:l-0f3c0example00000000000000000ab";
const ENDED: &str =
    "arn:aws:license-manager::888899990000:license:l-0f3c0example00000000000000000ac";

/// The example, and a license that ended so many minutes ago.
async fn started(minutes: i64) -> Offline {
    let mut seed = Seed::example();
    let ended = now() - SignedDuration::from_mins(minutes);
    let license = json!({"arn": ENDED, "product": "prod-k3x9examplesaas", "customer": "555566667777",
        "ended": ended.to_string()});
    seed.licenses.push(serde_json::from_value(license).unwrap());
    Offline::start_with(seed, Settings::default()).await
}

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn record(arn: &str, customer: &str, minutes_ago: i64, quantity: i32) -> UsageRecord {
    let time = now() - SignedDuration::from_mins(minutes_ago);
    let record = UsageRecord::builder().timestamp(DateTime::from_secs(time.as_second()));
    let record = record.dimension("gb_stored").license_arn(arn).quantity(quantity);
    record.customer_aws_account_id(customer).build().unwrap()
}

async fn meter(client: &Client, records: Vec<UsageRecord>) -> Result<Vec<String>, String> {
    let said = client.batch_meter_usage().set_usage_records(Some(records)).send().await;
    let said = said.map_err(|error| error.code().unwrap_or("none").to_owned())?;
    let results = said.results().iter();
    let results = results.map(|result| result.status().unwrap().as_str().to_owned());
    Ok(results.chain(said.unprocessed_records().iter().map(|_| "Unprocessed".to_owned())).collect())
}

#[tokio::test]
async fn usage_is_counted_once_an_hour() {
    let offline = started(30).await;
    let client = offline.metering();
    let one = |minutes_ago, quantity| vec![record(ARN, "555566667777", minutes_ago, quantity)];
    let cases = [
        // minutes ago, quantity, answer
        (10, 5, "Success"),
        (20, 5, "Success"),
        (30, 6, "DuplicateRecord"),
        (30, 0, "DuplicateRecord"),
        (70, 6, "Success"),
    ];
    for (minutes_ago, quantity, expected) in cases {
        let found = meter(&client, one(minutes_ago, quantity)).await;
        assert_eq!(found, Ok(vec![expected.to_owned()]), "{minutes_ago} {quantity}");
    }
    offline.expect("BatchMeterUsage=unprocessed");
    let found = meter(&client, one(130, 1)).await;
    assert_eq!(found, Ok(vec!["Unprocessed".to_owned()]));
    assert_eq!(meter(&client, one(130, 2)).await, Ok(vec!["Success".to_owned()]));
}

#[tokio::test]
async fn one_wrong_record_refuses_all() {
    let good = record(ARN, "555566667777", 10, 1);
    let other = |dimension: &str| {
        let record = UsageRecord::builder().timestamp(*good.timestamp()).dimension(dimension);
        record.license_arn(ARN).customer_aws_account_id("555566667777").build().unwrap()
    };
    let cases = [
        // license ended so many minutes ago, the other record, answer
        (30, record(ARN, "555566667777", 24 * 60, 1), None),
        (30, record(ARN, "555566667777", 24 * 60 + 1, 1), Some("TimestampOutOfBoundsException")),
        (30, record(ARN, "555566667777", -1, 1), Some("TimestampOutOfBoundsException")),
        (
            30,
            record("arn:aws:license-manager::1:license:l-0", "555566667777", 10, 1),
            Some("InvalidLicenseException"),
        ),
        (30, record(ARN, "999988887777", 10, 1), Some("InvalidLicenseException")),
        (30, record(ENDED, "555566667777", 40, 1), None),
        (30, record(ENDED, "555566667777", 20, 1), Some("InvalidLicenseException")),
        (61, record(ENDED, "555566667777", 90, 1), Some("InvalidLicenseException")),
        (30, other("seats"), None),
        (30, other("nothing"), Some("InvalidUsageDimensionException")),
    ];
    for (minutes, second, expected) in cases {
        let offline = started(minutes).await;
        let shown = format!("{second:?}");
        let found = meter(&offline.metering(), vec![good.clone(), second]).await;
        assert_eq!(found.err().as_deref(), expected, "{minutes} {shown}");
    }
    let offline = started(30).await;
    let found = meter(&offline.metering(), vec![good; 26]).await;
    assert_eq!(found.err().as_deref(), Some("ValidationException"), "too many");
}

#[tokio::test]
async fn a_month_is_closed_at_six_on_its_first_day() {
    for (hours, expected) in [(6, None), (7, Some("TimestampOutOfBoundsException"))] {
        let offline = started(0).await;
        let first: Timestamp = "2027-01-01T00:00:00Z".parse().unwrap();
        let at = first + SignedDuration::from_hours(hours);
        offline.pass(at.duration_since(now()).as_secs());
        let minutes = now().duration_since(first).as_mins() + 30;
        let found = meter(&offline.metering(), vec![record(ARN, "555566667777", minutes, 1)]).await;
        assert_eq!(found.err().as_deref(), expected, "{hours}");
    }
}

#[tokio::test]
async fn legacy_records_name_a_product() {
    let offline = started(30).await;
    let legacy = |customer: &str| {
        let record = UsageRecord::builder().timestamp(DateTime::from_secs(now().as_second() - 60));
        record.dimension("gb_stored").quantity(1).customer_aws_account_id(customer).build().unwrap()
    };
    let code = "4q8examplecode0000000000x";
    let request = offline.metering().batch_meter_usage().product_code(code);
    let said = request.usage_records(legacy("555566667777")).usage_records(legacy("999988887777"));
    let said = said.send().await.unwrap();
    let statuses: Vec<_> = said.results().iter().map(|it| it.status().unwrap().as_str()).collect();
    assert_eq!(statuses, ["Success", "CustomerNotSubscribed"]);
    let both = offline.metering().batch_meter_usage().product_code(code);
    let both = both.usage_records(record(ARN, "555566667777", 10, 1)).send().await.unwrap_err();
    assert_eq!(both.code(), Some("InvalidProductCodeException"));
}

#[tokio::test]
async fn a_token_is_resolved_once() {
    let mut seed = Seed::example();
    let more = json!({"token": "late", "license": ARN, "expires": NOW});
    seed.registrations.push(serde_json::from_value(more).unwrap());
    let offline = Offline::start_with(seed, Settings::default()).await;
    let client = offline.metering();
    let said = client.resolve_customer().registration_token("example-registration-token");
    let said = said.send().await.unwrap();
    assert_eq!(said.customer_aws_account_id(), Some("555566667777"));
    assert_eq!(said.license_arn(), Some(ARN));
    assert_eq!(said.product_code(), Some("4q8examplecode0000000000x"));
    assert_eq!(said.customer_identifier(), None, "new products have none");
    let cases = [
        ("example-registration-token", "ExpiredTokenException"),
        ("late", "ExpiredTokenException"),
        ("nothing", "InvalidTokenException"),
    ];
    for (token, expected) in cases {
        let error = client.resolve_customer().registration_token(token).send().await.unwrap_err();
        assert_eq!(error.code(), Some(expected), "{token}");
    }
}
