//! Lists: filters, order, pages, and how they differ from what is described.

use aws::offline::operation::Operation;
use aws_sdk_marketplacecatalog::types::{
    EntityRequest, EntityTypeFilters, ResaleAuthorizationFilters,
    ResaleAuthorizationLastModifiedDateFilter, ResaleAuthorizationLastModifiedDateFilterDateRange,
};
use serde_json::{Value, json};

use crate::aws::Offline;
use crate::bench::Bench;
use crate::change::{start, worked};

/// Seven drafts a day apart, of which one is restricted; the authorizations' ids.
fn seven() -> (Bench, Vec<String>) {
    let mut bench = Bench::new();
    let mut ids = Vec::new();
    for number in 0..7 {
        let id = if number == 6 { bench.released() } else { bench.draft("prod-k3x9examplesaas") };
        if number < 6 {
            let details = json!({"Name": format!("Deal {number}")});
            bench.update("UpdateInformation", &id, &details).unwrap();
        }
        ids.push(id);
        bench.pass_days(1);
    }
    (bench, ids)
}

fn list(bench: &mut Bench, more: &Value) -> Result<Value, String> {
    let mut input = json!({"Catalog": "AWSMarketplace", "EntityType": "ResaleAuthorization"});
    input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    bench.call(Operation::ListEntities, &input).map_err(|refusal| refusal.message)
}

/// The places of the authorizations of a page.
fn places(said: &Value, ids: &[String]) -> Vec<usize> {
    let rows = said["EntitySummaryList"].as_array().unwrap().iter();
    rows.map(|row| ids.iter().position(|id| row["EntityId"] == **id).unwrap()).collect()
}

#[test]
fn rows_are_filtered() {
    let one = |key: &str, filter: Value| json!({"ResaleAuthorizationFilters": {key: filter}});
    let values = |values: &[&str]| json!({"ValueList": values});
    let range = |after: &str, before: &str| json!({"DateRange": {"AfterValue": after, "BeforeValue": before}});
    let (mut bench, ids) = seven();
    let cases = [
        ("two names", one("Name", values(&["Deal 1", "Deal 4"])), vec![4, 1]),
        ("a part of a name", one("Name", json!({"WildCardValue": "acme"})), vec![6]),
        ("a status", one("Status", values(&["Active"])), vec![6]),
        ("an id", one("EntityId", values(&[&ids[2]])), vec![2]),
        ("a partner", one("ResellerAccountID", values(&["333344445555"])), vec![]),
        (
            "a product",
            one("ProductId", values(&["prod-k3x9examplesaas"])),
            vec![6, 5, 4, 3, 2, 1, 0],
        ),
        (
            "a partner's name",
            one("ResellerLegalName", json!({"WildCardValue": "Northwind"})),
            vec![6, 5, 4, 3, 2, 1, 0],
        ),
        (
            "counters",
            one("OfferExtendedStatus", values(&["Not Started"])),
            vec![6, 5, 4, 3, 2, 1, 0],
        ),
        (
            "changed within",
            one("LastModifiedDate", range("2026-12-03T10:00:00Z", "2026-12-06T10:00:00Z")),
            vec![3, 2],
        ),
        (
            "made after",
            one("CreatedDate", json!({"DateRange": {"AfterValue": "2026-12-06T00:00:00Z"}})),
            vec![6, 5, 4],
        ),
        (
            "with an end",
            one(
                "AvailabilityEndDate",
                json!({"DateRange": {"BeforeValue": "2099-01-01T00:00:00Z"}}),
            ),
            vec![6],
        ),
    ];
    for (case, filters, expected) in cases {
        let said = list(&mut bench, &json!({"EntityTypeFilters": filters})).unwrap();
        assert_eq!(places(&said, &ids), expected, "{case}");
    }
    let wrong = [
        ("another key", one("Reseller", values(&["x"])), "'Reseller' is not allowed here"),
        ("eleven values", one("Name", values(&["x"; 11])), "must have 1 to 10 elements"),
        (
            "part of a status",
            one("Status", json!({"WildCardValue": "Act"})),
            "'WildCardValue' is not allowed here",
        ),
        (
            "no time",
            one("CreatedDate", range("yesterday", "2026-12-06T10:00:00Z")),
            "a time is written as",
        ),
        (
            "two parts",
            json!({"ResaleAuthorizationFilters": {"Name": {"WildCardValue": "a"}, "ProductId": {"WildCardValue": "b"}}}),
            "at most one filter with a WildCardValue",
        ),
    ];
    for (case, filters, expected) in wrong {
        let text = list(&mut bench, &json!({"EntityTypeFilters": filters})).unwrap_err();
        assert!(text.contains(expected), "{case}: {text}");
    }
}

#[test]
fn rows_are_sorted_and_paged() {
    let sort = |by: &str, order: &str| json!({"ResaleAuthorizationSort": {"SortBy": by, "SortOrder": order}});
    let (mut bench, ids) = seven();
    let mut pages = Vec::new();
    let mut next = Value::Null;
    loop {
        let asked = json!({"EntityTypeSort": sort("Name", "ASCENDING"), "MaxResults": 3, "NextToken": next});
        let said = list(&mut bench, &asked).unwrap();
        pages.push(places(&said, &ids));
        next = said["NextToken"].clone();
        if next.is_null() {
            break;
        }
    }
    assert_eq!(pages, [vec![6, 0, 1], vec![2, 3, 4], vec![5]]);
    let said = list(&mut bench, &json!({"OwnershipType": "SHARED"})).unwrap();
    assert_eq!(places(&said, &ids), [] as [usize; 0], "nobody shares anything with us");
    let wrong = [
        (json!({"MaxResults": 51}), "a whole number from 1 to 50"),
        (json!({"NextToken": "other"}), "The NextToken is not valid."),
        (json!({"EntityTypeSort": sort("Price", "ASCENDING")}), "must be one of EntityId"),
        (json!({"EntityType": "Offer"}), "must be one of ResaleAuthorization"),
    ];
    for (more, expected) in wrong {
        let text = list(&mut bench, &more).unwrap_err();
        assert!(text.contains(expected), "{more}: {text}");
    }
}

#[test]
fn what_is_read_differs_from_what_was_written() {
    let (mut bench, ids) = seven();
    let said = list(&mut bench, &json!({"MaxResults": 2})).unwrap();
    let row = |place: usize| &said["EntitySummaryList"][place]["ResaleAuthorizationSummary"];
    assert_eq!(row(0)["ResellerAccountID"], "222233334444", "with a capital D");
    assert_eq!(row(0)["AvailabilityEndDate"], "2026-12-31T23:59:59.999Z");
    assert_eq!(row(1)["AvailabilityEndDate"], "2099-12-31T23:59:59.999Z", "there is no end");
    let input = json!({"Catalog": "AWSMarketplace", "EntityId": ids[6]});
    let said = bench.call(Operation::DescribeEntity, &input).unwrap();
    let document = &said["DetailsDocument"];
    assert_eq!(said["EntityIdentifier"], json!(format!("{}@1", ids[6])));
    let texts = [
        ("/CreatedDate", "2026-12-08T10:00:00.000Z"),
        ("/Rules/0/Usage", "Limited"),
        ("/Rules/0/AvailabilityEndDate", "2026-12-31T23:59:59.999Z"),
        ("/Rules/1/ResellerAccountId", "222233334444"),
    ];
    for (path, expected) in texts {
        assert_eq!(document.pointer(path).unwrap(), expected, "{path}");
    }
    let terms = document["Terms"].as_array().unwrap();
    let find = |kind: &str| terms.iter().find(|term| term["Type"] == kind).unwrap();
    assert_eq!(
        find("BuyerTargetingTerm")["PositiveTargeting"]["BuyerAccounts"],
        json!([{"AwsAccountId": "555566667777", "LegalName": "Example Buyer Ltd."}])
    );
    let schedule = find("ResalePaymentScheduleTerm");
    assert_eq!(schedule["Schedule"][0]["ChargeDate"], "2027-01-15T00:00:00.000Z");
    let starts = &find("BuyerValidityTerm")["MaximumAgreementStartDate"];
    assert_eq!(starts, "2027-02-01T23:59:59Z");
    let url = find("BuyerLegalTerm")["Documents"][0]["Url"].as_str().unwrap();
    assert!(url.contains("X-Amz-Signature=") && !url.contains("acme-eulas"), "{url}");
}

#[tokio::test]
async fn a_batch_answers_for_each_id() {
    let offline = Offline::start(0).await;
    start(&offline.catalog(), "x", worked()).await.unwrap();
    let (id, _) = offline.authorizations().await.pop().unwrap();
    let request = |id: &str| {
        EntityRequest::builder().catalog("AWSMarketplace").entity_id(id).build().unwrap()
    };
    let asked = offline.catalog().batch_describe_entities();
    let asked =
        asked.entity_request_list(request(&id)).entity_request_list(request("resaleauthz-x1"));
    let said = asked.send().await.unwrap();
    let found = &said.entity_details().unwrap()[&id];
    assert_eq!(found.entity_identifier(), Some(&*format!("{id}@1")));
    assert!(found.details_document().is_some());
    let error = &said.errors().unwrap()["resaleauthz-x1"];
    assert_eq!(error.error_code(), Some("ResourceNotFoundException"));
}

#[tokio::test]
async fn the_sdk_filters_by_time() {
    let offline = Offline::start(0).await;
    start(&offline.catalog(), "x", worked()).await.unwrap();
    for (after, expected) in [("2026-12-02T09:59:59Z", 1), ("2026-12-02T10:00:00Z", 0)] {
        let range =
            ResaleAuthorizationLastModifiedDateFilterDateRange::builder().after_value(after);
        let date = ResaleAuthorizationLastModifiedDateFilter::builder().date_range(range.build());
        let filters = ResaleAuthorizationFilters::builder().last_modified_date(date.build());
        let filters = EntityTypeFilters::ResaleAuthorizationFilters(filters.build());
        let asked = offline.catalog().list_entities().catalog("AWSMarketplace");
        let asked = asked.entity_type("ResaleAuthorization").entity_type_filters(filters);
        let said = asked.send().await.unwrap();
        assert_eq!(said.entity_summary_list().len(), expected, "{after}");
    }
}
