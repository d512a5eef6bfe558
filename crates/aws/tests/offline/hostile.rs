//! Requests with one value of another kind: each has an answer, and nothing else happens.

use aws::offline::operation::{Operation, Service};
use serde_json::{Value, json};

use crate::aws::NOW;
use crate::bench::{Bench, worked};

const ARN: &str = "arn:aws:license-manager::888899990000:license:l-0f3c0example00000000000000000ab";

/// A request of each operation with all that it can have.
fn inputs() -> Vec<(Operation, Value)> {
    let values = json!({"ValueList": ["x"]});
    let range = json!({"DateRange": {"AfterValue": NOW, "BeforeValue": NOW}});
    let time = NOW.parse::<jiff::Timestamp>().unwrap().as_second();
    let tags = json!([{"Key": "a", "Value": "b"}]);
    let catalog = |more: Value| {
        let mut input = json!({"Catalog": "AWSMarketplace"});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    vec![
        (
            Operation::StartChangeSet,
            catalog(
                json!({"ChangeSet": worked(), "ChangeSetName": "x", "ClientRequestToken": "x", "Intent": "APPLY"}),
            ),
        ),
        (Operation::DescribeChangeSet, catalog(json!({"ChangeSetId": "x"}))),
        (
            Operation::ListChangeSets,
            catalog(
                json!({"FilterList": [{"Name": "AfterStartTime", "ValueList": [NOW]}], "MaxResults": 1,
                "Sort": {"SortBy": "StartTime", "SortOrder": "ASCENDING"}, "NextToken": "offline-0"}),
            ),
        ),
        (Operation::CancelChangeSet, catalog(json!({"ChangeSetId": "x"}))),
        (
            Operation::ListEntities,
            catalog(
                json!({"EntityType": "ResaleAuthorization", "OwnershipType": "SELF", "MaxResults": 1,
                "EntityTypeFilters": {"ResaleAuthorizationFilters": {"Name": values, "CreatedDate": range}},
                "EntityTypeSort": {"ResaleAuthorizationSort": {"SortBy": "Name", "SortOrder": "ASCENDING"}}}),
            ),
        ),
        (Operation::DescribeEntity, catalog(json!({"EntityId": "x"}))),
        (
            Operation::BatchDescribeEntities,
            json!({"EntityRequestList": [{"Catalog": "AWSMarketplace", "EntityId": "x"}]}),
        ),
        (
            Operation::GetEntitlements,
            json!({"ProductCode": "4q8examplecode0000000000x", "MaxResults": 1, "NextToken": "offline-0",
                "Filter": {"LICENSE_ARN": ["x"], "DIMENSION": ["seats"]}}),
        ),
        (
            Operation::BatchMeterUsage,
            json!({"UsageRecords": [{"Timestamp": time, "Dimension": "gb_stored", "Quantity": 1, "LicenseArn": ARN,
                "CustomerAWSAccountId": "555566667777",
                "UsageAllocations": [{"AllocatedUsageQuantity": 1, "Tags": tags}]}]}),
        ),
        (Operation::ResolveCustomer, json!({"RegistrationToken": "example-registration-token"})),
    ]
}

/// The paths of all values within a value.
fn paths(value: &Value, path: String, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                paths(value, format!("{path}/{key}"), found);
            }
        }
        Value::Array(items) => {
            for (place, value) in items.iter().enumerate() {
                paths(value, format!("{path}/{place}"), found);
            }
        }
        _ => {}
    }
    found.push(path);
}

#[test]
fn any_value_may_be_of_any_kind() {
    let others = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1e300),
        json!(u64::MAX),
        json!(""),
        json!("\u{0}\u{202e}$@/"),
        json!("a".repeat(20_000)),
        json!([]),
        json!([[]]),
        json!({}),
        json!({"Type": {}}),
    ];
    let mut count = 0;
    for (operation, input) in inputs() {
        let mut found = Vec::new();
        paths(&input, String::new(), &mut found);
        for path in found {
            for other in &others {
                let mut changed = input.clone();
                *changed.pointer_mut(&path).expect("it is there") = other.clone();
                let said = Bench::new().call(operation, &changed);
                if let Err(refusal) = said {
                    let is_expected = match operation.service() {
                        Service::Catalog => [403, 404, 422, 423].contains(&refusal.status),
                        Service::Entitlement | Service::Metering => refusal.status == 400,
                    };
                    assert!(is_expected, "{} {path} {other}: {refusal}", operation.name());
                    assert!(refusal.message.chars().count() <= 2_048);
                }
                count += 1;
            }
        }
    }
    assert!(count > 2_000, "{count}");
}

#[test]
fn the_requests_are_right_before_they_are_changed() {
    for (operation, input) in inputs() {
        let said = Bench::new().call(operation, &input);
        let is_missing = said.as_ref().is_err_and(|refusal| refusal.status == 404);
        assert!(said.is_ok() || is_missing, "{}: {said:?}", operation.name());
    }
}
