use serde_json::{Value, json};

use super::*;

fn change(change_type: &str, identifier: Option<&str>, name: Option<&str>) -> Change {
    Change {
        change_type: change_type.to_owned(),
        identifier: identifier.map(str::to_owned),
        change_name: name.map(str::to_owned),
        details: json!({}),
    }
}

#[test]
fn a_change_is_written_as_aws_takes_it() {
    let cases = [
        // change, its JSON
        (
            change("CreateResaleAuthorization", None, Some("RA")),
            r#"{"ChangeType":"CreateResaleAuthorization","ChangeName":"RA","Entity":{"Type":"ResaleAuthorization@1.0"},"DetailsDocument":{}}"#,
        ),
        (
            change("ReleaseResaleAuthorization", Some("$RA.Entity.Identifier"), None),
            r#"{"ChangeType":"ReleaseResaleAuthorization","Entity":{"Type":"ResaleAuthorization@1.0","Identifier":"$RA.Entity.Identifier"},"DetailsDocument":{}}"#,
        ),
    ];
    for (change, expected) in cases {
        assert_eq!(serde_json::to_string(&change).expect("JSON"), expected);
    }
}

#[test]
fn statuses_are_words_that_may_be_unknown() {
    let cases = [
        // word, whether it is final
        ("PREPARING", false),
        ("APPLYING", false),
        ("SUCCEEDED", true),
        ("FAILED", true),
        ("CANCELLED", true),
        ("PONDERING", false),
    ];
    for (word, is_final) in cases {
        let status = ChangeSetStatus::from(word);
        assert_eq!((status.as_str(), status.is_final()), (word, is_final));
    }
}

/// A failed change set after "Using the AWS Marketplace Catalog API", with what a newer service may add.
fn failed() -> Value {
    json!({
        "ChangeSetId": "example123456789012abcdef",
        "ChangeSetArn": "arn:aws:aws-marketplace:us-east-1:111122223333:AWSMarketplace/ChangeSet/example123456789012abcdef",
        "ChangeSetName": "resold request-1 1",
        "Intent": "APPLY",
        "StartTime": "2026-11-20T08:00:00Z",
        "EndTime": "2026-11-20T08:04:00.500Z",
        "Status": "FAILED",
        "FailureCode": "CLIENT_ERROR",
        "Mood": "grim",
        "ChangeSet": [
            {
                "ChangeType": "CreateResaleAuthorization",
                "ChangeName": "RA",
                "Entity": {"Type": "ResaleAuthorization@1.0", "Identifier": "resaleauthz-7hq2x9abcd1ef@1"},
                "Details": "{}",
                "ErrorDetailList": []
            },
            {
                "ChangeType": "UpdatePricingTerms",
                "Entity": {"Type": "ResaleAuthorization@1.0", "Identifier": "resaleauthz-7hq2x9abcd1ef"},
                "ErrorDetailList": [{"ErrorCode": "INCOMPATIBLE_PRODUCT", "ErrorMessage": "m".repeat(2_048)}]
            },
            {"ChangeType": "UpdateInformation", "Entity": {"Identifier": "$RA.Entity.Identifier"}},
            {"ChangeType": "ReleaseResaleAuthorization", "Entity": {"Type": "ResaleAuthorization@1.0"}, "ErrorDetailList": null}
        ]
    })
}

fn read(answer: &Value) -> Result<ChangeSetReport, ReportError> {
    ChangeSetReport::read(answer.to_string().as_bytes())
}

#[test]
fn a_described_change_set_is_read() {
    let report = read(&failed()).expect("a change set");
    assert_eq!(report.id.as_str(), "example123456789012abcdef");
    assert_eq!(report.name.as_deref(), Some("resold request-1 1"));
    assert_eq!(report.status, ChangeSetStatus::Failed);
    assert_eq!(report.failure_code.as_deref(), Some("CLIENT_ERROR"));
    assert_eq!(report.failure_description, None);
    assert_eq!(report.start.map(|time| time.to_string()).as_deref(), Some("2026-11-20T08:00:00Z"));
    assert_eq!(report.end.map(|time| time.to_string()).as_deref(), Some("2026-11-20T08:04:00.5Z"));
    let seen: Vec<_> = report
        .changes
        .iter()
        .map(|change| {
            (change.change_name.as_deref(), change.entity.as_deref(), change.errors.len())
        })
        .collect();
    let draft = Some("resaleauthz-7hq2x9abcd1ef");
    let none = (None, None, 0);
    assert_eq!(seen, [(Some("RA"), draft, 0), (None, draft, 1), none, none]);
    let error = report.changes.iter().flat_map(|change| &change.errors).next().expect("an error");
    assert_eq!((error.code.as_str(), error.message.len()), ("INCOMPATIBLE_PRODUCT", 2_048));
}

#[test]
fn a_described_change_set_may_lack_fields() {
    let least = read(&json!({"ChangeSetId": "c-1", "Status": "PONDERING"})).expect("a change set");
    assert_eq!(least.status, ChangeSetStatus::Other("PONDERING".to_owned()));
    assert_eq!((least.name, least.start, least.changes.len()), (None, None, 0));
    let cases = [
        // answer, why it is none
        (json!([]), "must be a JSON object, is an array"),
        (json!({"Status": "FAILED"}), "`ChangeSetId` is missing"),
        (json!({"ChangeSetId": "c-1"}), "`Status` is missing"),
        (
            json!({"ChangeSetId": "c-1", "Status": "FAILED", "ChangeSet": [{}]}),
            "`ChangeSet[0].ChangeType` is missing",
        ),
    ];
    for (answer, why) in cases {
        let error = read(&answer).expect_err("no change set");
        assert_eq!(error.to_string(), "read what `DescribeChangeSet` answered");
        assert_eq!(error.source.to_string(), why, "{answer}");
    }
}

#[test]
fn listed_change_sets_are_read() {
    let answer = json!({"ChangeSetSummaryList": [
        {"ChangeSetId": "c-1", "ChangeSetName": "resold request-1 1", "Status": "SUCCEEDED",
         "StartTime": "2026-11-20T08:00:00Z", "EndTime": "2026-11-20T08:04:00Z",
         "EntityIdList": ["resaleauthz-7hq2x9abcd1ef@1", "prod-k3x9examplesaas"]},
        {"ChangeSetId": "c-2", "Status": "FAILED", "FailureCode": "SERVER_FAULT"}
    ], "NextToken": "more"});
    let rows = ChangeSetSummary::read_list(answer.to_string().as_bytes()).expect("rows");
    let seen: Vec<_> = rows
        .iter()
        .map(|row| (row.id.as_str(), row.status.as_str(), row.failure_code.as_deref()))
        .collect();
    assert_eq!(seen, [("c-1", "SUCCEEDED", None), ("c-2", "FAILED", Some("SERVER_FAULT"))]);
    let entities: Vec<_> = rows.iter().flat_map(|row| &row.entities).collect();
    assert_eq!(entities, ["resaleauthz-7hq2x9abcd1ef", "prod-k3x9examplesaas"]);
    assert_eq!(ChangeSetSummary::read_list(b"{}"), Ok(Vec::new()));
}
