//! What the SDK sends, held against the models of the services that come with botocore, by a check that is neither's.

use std::fs::{self, File};
use std::path::Path;
use std::process::Stdio;

use aws::offline::operation::Operation;
use aws::offline::seed::Seed;
use aws::offline::serve::Records;
use aws::offline::world::Settings;
use aws_sdk_marketplacecatalog::types::{
    EntityRequest, EntityTypeSort, Filter, ResaleAuthorizationSort, ResaleAuthorizationSortBy,
};
use aws_sdk_marketplaceentitlement::types::GetEntitlementFilterName;
use aws_sdk_marketplacemetering::primitives::DateTime;
use aws_sdk_marketplacemetering::types::UsageRecord;
use resold_tests::python::python;

use crate::aws::Offline;
use crate::change::{start, worked};

const ARN: &str = "arn:aws:license-manager::888899990000:license:l-0f3c0example00000000000000000ab";

/// One call of each operation.
async fn call_everything(offline: &Offline) {
    let catalog = offline.catalog();
    let id = start(&catalog, "resold 7 1", worked()).await.unwrap();
    offline.describe(&id).await;
    let _ = catalog.cancel_change_set().catalog("AWSMarketplace").change_set_id(&id).send().await;
    let named = Filter::builder().name("ChangeSetName").value_list("resold 7 1").build();
    let listed = catalog.list_change_sets().catalog("AWSMarketplace").filter_list(named);
    listed.max_results(20).send().await.unwrap();
    let sort = ResaleAuthorizationSort::builder().sort_by(ResaleAuthorizationSortBy::Name);
    let sort = EntityTypeSort::ResaleAuthorizationSort(sort.build());
    let listed = catalog.list_entities().catalog("AWSMarketplace").entity_type_sort(sort);
    let listed = listed.entity_type("ResaleAuthorization").max_results(50).send().await.unwrap();
    let id = listed.entity_summary_list()[0].entity_id().unwrap();
    catalog.describe_entity().catalog("AWSMarketplace").entity_id(id).send().await.unwrap();
    let asked = EntityRequest::builder().catalog("AWSMarketplace").entity_id(id).build().unwrap();
    catalog.batch_describe_entities().entity_request_list(asked).send().await.unwrap();
    let quantities =
        offline.entitlements().get_entitlements().product_code("4q8examplecode0000000000x");
    let quantities = quantities.filter(GetEntitlementFilterName::LicenseArn, vec![ARN.to_owned()]);
    quantities.max_results(25).send().await.unwrap();
    let buyer = offline.metering().resolve_customer();
    buyer.registration_token("example-registration-token").send().await.unwrap();
    let time: jiff::Timestamp = crate::aws::NOW.parse().unwrap();
    let record = UsageRecord::builder().timestamp(DateTime::from_secs(time.as_second() - 60));
    let record = record.dimension("gb_stored").license_arn(ARN).quantity(1);
    let record = record.customer_aws_account_id("555566667777").build().unwrap();
    offline.metering().batch_meter_usage().usage_records(record).send().await.unwrap();
}

#[tokio::test]
async fn every_request_of_the_sdk_is_one_that_the_models_allow() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("offline-requests.jsonl");
    let records = Records { requests: Some(Box::new(File::create(&path).unwrap())), events: None };
    let offline = Offline::start_recording(Seed::example(), Settings::default(), records).await;
    call_everything(&offline).await;
    let sent = fs::read_to_string(&path).unwrap();
    for operation in Operation::all() {
        assert!(sent.contains(&format!("\"{}\"", operation.name())), "{}", operation.name());
    }
    let mut check = python("tests/offline");
    let check = check.arg("service_model.py").stdin(Stdio::from(File::open(&path).unwrap()));
    let done = check.output().unwrap();
    let said = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{said}{}", String::from_utf8_lossy(&done.stderr));
    assert!(said.contains("10 requests"), "{said}");
}
