//! The Catalog API.

use aws_sdk_marketplacecatalog::error::ProvideErrorMetadata as _;
use aws_sdk_marketplacecatalog::types::{ChangeStatus, FailureCode};
use serde_json::{Value, json};

use crate::aws::Offline;
use crate::change::{change, start, worked};

#[tokio::test]
async fn an_authorization_is_made_and_read_back() {
    let offline = Offline::start(30).await;
    let client = offline.catalog();
    let id = start(&client, "resold 7 1", worked()).await.unwrap();
    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(offline.describe(&id).await.status.unwrap());
        offline.pass(15);
    }
    let expected = [ChangeStatus::Preparing, ChangeStatus::Applying, ChangeStatus::Succeeded];
    assert_eq!(statuses, expected);
    let said = offline.describe(&id).await;
    let ids = said.change_set().iter().map(|it| it.entity().unwrap().identifier().unwrap());
    let ids: Vec<&str> = ids.collect();
    let id = ids[0].strip_suffix("@1").expect("the first revision");
    assert!(ids.iter().all(|other| *other == ids[0]), "{ids:?}");
    let entity = client.describe_entity().catalog("AWSMarketplace").entity_id(id);
    let entity = entity.send().await.unwrap();
    assert_eq!(entity.entity_identifier(), Some(ids[0]));
    let details: Value = serde_json::from_str(entity.details().unwrap()).unwrap();
    let body = json!({
        "EntityType": entity.entity_type(), "EntityIdentifier": entity.entity_identifier(),
        "LastModifiedDate": entity.last_modified_date(), "DetailsDocument": details,
    });
    let described = marketplace::catalog::describe(body.to_string().as_bytes()).unwrap();
    assert_eq!(described.envelopes.len(), 1, "what is read back is an opportunity to us");
    assert_eq!(details["Status"], "Active");
    assert_eq!(details["Terms"].as_array().unwrap().len(), 8);
    let [event] = offline.events().try_into().unwrap();
    assert_eq!(event["detail-type"], "Change Set Succeeded");
    assert!(marketplace::parse::parse(event.to_string().as_bytes()).is_ok());
}

#[tokio::test]
async fn what_is_wrong_at_once_is_all_said_at_once() {
    let offline = Offline::start(0).await;
    let mut changes = worked();
    let wrong =
        json!({"ProductId": "prod-k3x9examplesaas", "Name": " x", "ResellerAccountId": "12"});
    changes[0] = change("CreateResaleAuthorization", None, &wrong);
    let error = start(&offline.catalog(), "wrong", changes).await.unwrap_err();
    assert_eq!(error.code(), Some("ValidationException"));
    let expected = "2 validation errors detected: \
        /ChangeSet/0/DetailsDocument/Name: must not start with white space or end with a backslash; \
        /ChangeSet/0/DetailsDocument/ResellerAccountId: must be an AWS account ID of 12 digits";
    assert_eq!(error.message(), Some(expected));
}

#[tokio::test]
async fn a_change_set_fails_with_what_is_wrong_with_each_change() {
    let offline = Offline::start(0).await;
    let mut changes = worked();
    let schedule = json!({"Terms": [{"Type": "ResalePaymentScheduleTerm", "CurrencyCode": "EUR",
        "Schedule": [{"ChargeDate": "2026-12-31", "ChargeAmount": "1"}]}]});
    let made = Some("$RA.Entity.Identifier");
    changes[5] = change("UpdatePaymentScheduleTerms", made, &schedule);
    let id = start(&offline.catalog(), "fails", changes).await.unwrap();
    let said = offline.describe(&id).await;
    assert_eq!(said.failure_code(), Some(&FailureCode::ClientError));
    let errors = said.change_set().iter().enumerate().flat_map(|(place, change)| {
        let errors = change.error_detail_list().iter();
        errors.map(move |error| (place, error.error_code().unwrap()))
    });
    let expected = [(4, "INCOMPATIBLE_CURRENCY"), (5, "INVALID_CHARGE_DATE")];
    assert_eq!(errors.collect::<Vec<_>>(), expected);
    assert!(offline.authorizations().await.is_empty(), "nothing of it was applied");
    let [event] = offline.events().try_into().unwrap();
    assert_eq!(event["detail"]["FailureCode"], "CLIENT_ERROR");
}
