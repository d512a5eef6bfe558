use std::future::ready;
use std::sync::Mutex;
use std::time::Duration;

use aws_credential_types::credential_fn::provide_credentials_fn;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_credential_types::provider::error::CredentialsError;
use marketplace::catalog::describe;
use marketplace::changeset::ChangeSetStatus;
use processor::chain::Chain;
use processor::port::patience::Patience;
use processor::port::{CallOutcome, Retry};
use serde_json::json;

use super::*;
use crate::responder::{Reply, Request, Responder};

const ID: &str = "resaleauthz-7hq2x9abcd1ef";

fn change_set() -> ChangeSet {
    let change = |kind: &str, identifier: Option<&str>, name: Option<&str>, details| Change {
        change_type: kind.to_owned(),
        identifier: identifier.map(str::to_owned),
        change_name: name.map(str::to_owned),
        details,
    };
    let number: Value = serde_json::from_str("1.50").expect("a number");
    ChangeSet {
        name: "resold req-1 1".to_owned(),
        token: "b1946ac92492d2347c6235b4d2611184".to_owned(),
        changes: vec![
            change(
                "CreateResaleAuthorization",
                None,
                Some("RA"),
                json!({"ProductId": "prod-k3x9examplesaas", "Name": "Acme", "ResellerAccountId": "111122223333"}),
            ),
            change(
                "UpdateAvailability",
                Some("$RA.Entity.Identifier"),
                None,
                json!({"Zebra": "last", "AvailabilityEndDate": "2027-03-31", "Number": number}),
            ),
        ],
    }
}

fn opportunity(id: &str) -> OpportunityId {
    OpportunityId::new(id).expect("an id")
}

fn change_set_id(id: &str) -> ChangeSetId {
    ChangeSetId::new(id).expect("an id")
}

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

#[tokio::test]
async fn a_change_set_is_started_with_its_documents_as_they_are_written() {
    let aws = Responder::start([Reply::json(
        200,
        r#"{"ChangeSetId":"example123456789012abcdef","ChangeSetArn":"arn:aws:x","New":[1]}"#,
    )])
    .await;
    let catalog = CatalogApi::new(aws.access());
    let id = catalog.start_change_set(&change_set()).await.expect("it is started");
    assert_eq!(id, change_set_id("example123456789012abcdef"));
    let [request] = aws.requests().try_into().expect("one request");
    assert_eq!(request.line(), "POST /StartChangeSet");
    assert!(request.head.contains("/us-east-1/aws-marketplace/aws4_request"), "{}", request.head);
    assert_eq!(
        String::from_utf8_lossy(&request.body),
        concat!(
            r#"{"Catalog":"AWSMarketplace","ChangeSet":["#,
            r#"{"ChangeType":"CreateResaleAuthorization","ChangeName":"RA","#,
            r#""Entity":{"Type":"ResaleAuthorization@1.0"},"#,
            r#""DetailsDocument":{"Name":"Acme","ProductId":"prod-k3x9examplesaas","ResellerAccountId":"111122223333"}},"#,
            r#"{"ChangeType":"UpdateAvailability","#,
            r#""Entity":{"Type":"ResaleAuthorization@1.0","Identifier":"$RA.Entity.Identifier"},"#,
            r#""DetailsDocument":{"AvailabilityEndDate":"2027-03-31","Number":1.50,"Zebra":"last"}}],"#,
            r#""ChangeSetName":"resold req-1 1","ClientRequestToken":"b1946ac92492d2347c6235b4d2611184","#,
            r#""Intent":"APPLY"}"#,
        )
    );
}

/// How often a change set was asked for with these replies, and what came of it.
async fn started(replies: Vec<Reply>) -> (usize, Result<ChangeSetId, CallError>) {
    let aws = Responder::start(replies).await;
    let access = aws.access().with_call_time(Duration::from_secs(2));
    let answer = CatalogApi::new(access).start_change_set(&change_set()).await;
    (aws.requests().len(), answer)
}

#[tokio::test]
async fn a_start_is_asked_for_again_only_if_aws_says_that_it_did_nothing() {
    use CallOutcome::{Refused, Unknown};
    let busy = || Reply::error(429, "ThrottlingException", "Rate exceeded");
    let done = || Reply::json(200, r#"{"ChangeSetId":"cs-1"}"#);
    let cases = [
        // replies, calls made, how the last failed
        ("busy, then done", vec![busy(), busy(), done()], 3, None),
        ("busy for good", (0..9).map(|_| busy()).collect(), 6, Some((Refused, Retry::Soon))),
        ("cut after acceptance", vec![Reply::Cut, done()], 1, Some((Unknown, Retry::Soon))),
        ("cut in the answer", vec![Reply::CutHalfway, done()], 1, Some((Unknown, Retry::Soon))),
        ("no answer", vec![Reply::Silence, done()], 1, Some((Unknown, Retry::Soon))),
        (
            "a fault of AWS's",
            vec![Reply::error(500, "InternalServiceException", "Sorry"), done()],
            1,
            Some((Unknown, Retry::Soon)),
        ),
        (
            "a proxy's fault",
            vec![Reply::json(502, "<html>"), done()],
            1,
            Some((Unknown, Retry::Soon)),
        ),
        (
            "locked",
            vec![Reply::error(423, "ResourceInUseException", "In use"), done()],
            1,
            Some((Refused, Retry::Later)),
        ),
        (
            "too many",
            vec![Reply::error(402, "ServiceQuotaExceededException", "Too many"), done()],
            1,
            Some((Refused, Retry::Later)),
        ),
        (
            "refused",
            vec![Reply::error(422, "ValidationException", "No"), done()],
            1,
            Some((Refused, Retry::Never)),
        ),
        ("done without an id", vec![Reply::json(200, "{}")], 1, Some((Unknown, Retry::Never))),
    ];
    for (case, replies, calls, expected) in cases {
        let (made, answer) = started(replies).await;
        let failed = answer.err().map(|error| (error.outcome, error.retry));
        assert_eq!((made, failed), (calls, expected), "{case}");
    }
}

#[tokio::test]
async fn aws_s_own_text_is_shown() {
    let long = "is not valid ".repeat(100);
    let cases = [
        (
            Reply::error(422, "ValidationException", &long),
            Some("ValidationException"),
            format!("ValidationException: {long}"),
        ),
        (
            Reply::json(400, r#"{"__type":"com.amazon#NewException","message":"Something new"}"#),
            Some("NewException"),
            "NewException: Something new".to_owned(),
        ),
        (
            Reply::error(403, "AccessDeniedException:http://internal/", "User is not authorized"),
            Some("AccessDeniedException"),
            "AccessDeniedException: User is not authorized".to_owned(),
        ),
        (Reply::json(403, "<p>Go away"), None, "HTTP status 403: <p>Go away".to_owned()),
        (Reply::json(403, "{}"), None, "HTTP status 403: {}".to_owned()),
        (Reply::json(404, ""), None, "HTTP status 404, and no more is said".to_owned()),
    ];
    for (reply, code, text) in cases {
        let (_, answer) = started(vec![reply]).await;
        let error = answer.expect_err("it fails");
        assert_eq!(error.code.as_deref(), code, "{text}");
        let shown = Chain(&error).to_string();
        assert_eq!(shown, format!("cannot start a change set at AWS Marketplace: {text}"));
    }
}

#[tokio::test]
async fn a_start_that_found_nobody_counts_as_unknown() {
    let aws = Responder::start([]).await;
    let access = aws.access();
    drop(aws);
    // The port may go on listening until the runtime has dropped the server.
    tokio::task::yield_now().await;
    let catalog = CatalogApi::new(access);
    let error = catalog.start_change_set(&change_set()).await.expect_err("nobody is there");
    assert_eq!((error.outcome, error.retry), (CallOutcome::Unknown, Retry::Soon));
    assert!(Chain(&error).to_string().contains("refused"), "{}", Chain(&error));
}

#[tokio::test]
async fn without_credentials_nothing_is_sent() {
    let cases = [
        // why there are none, whether to ask again, what is shown
        (CredentialsError::not_loaded("no profile"), Retry::Never, "no profile"),
        (CredentialsError::invalid_configuration("bad file"), Retry::Never, "bad file"),
        (CredentialsError::provider_error("the role is away"), Retry::Soon, "the role is away"),
    ];
    for (error, retry, text) in cases {
        let error = Mutex::new(Some(error));
        let provide = move || {
            let error = error.lock().expect("no panic").take();
            ready(Err(error.unwrap_or_else(|| CredentialsError::not_loaded("asked again"))))
        };
        let aws = Responder::start([]).await;
        let credentials = SharedCredentialsProvider::new(provide_credentials_fn(provide));
        let patience = Patience { attempts: 1, ..Patience::default() };
        let access = Access::new(Some(aws.endpoint()), credentials).with_patience(patience);
        let answer = CatalogApi::new(access).start_change_set(&change_set()).await;
        let error = answer.expect_err("nobody may ask");
        assert_eq!((error.outcome, error.retry), (CallOutcome::Refused, retry), "{text}");
        assert!(Chain(&error).to_string().contains(text), "{}", Chain(&error));
        assert!(aws.requests().is_empty());
    }
}

const REPORT: &str = r#"{"ChangeSetId":"cs-1","ChangeSetArn":"arn:aws:x","ChangeSetName":"resold req-1 1","Intent":"APPLY",
 "StartTime":"2026-11-28T10:15:30Z","EndTime":"2026-11-28T10:16:30Z","Status":"FAILED","FailureCode":"CLIENT_ERROR",
 "FailureDescription":null,"NewField":{"a":1},
 "ChangeSet":[{"ChangeType":"CreateResaleAuthorization","ChangeName":"RA",
   "Entity":{"Type":"ResaleAuthorization@1.0","Identifier":"resaleauthz-7hq2x9abcd1ef@1"},
   "Details":"{}","DetailsDocument":{"Name":"Acme"},
   "ErrorDetailList":[{"ErrorCode":"INVALID_RESELLER_ACCOUNT","ErrorMessage":"Provide a valid account.","More":true}]}]}"#;

#[tokio::test]
async fn a_change_set_is_read_with_words_that_we_do_not_know() {
    let cases = [
        ("FAILED", ChangeSetStatus::Failed),
        ("PAUSED_BY_REVIEW", ChangeSetStatus::Other("PAUSED_BY_REVIEW".to_owned())),
    ];
    for (word, status) in cases {
        let aws = Responder::start([
            Reply::error(429, "ThrottlingException", "Rate exceeded"),
            Reply::Cut,
            Reply::json(200, &REPORT.replace("FAILED", word)),
        ])
        .await;
        let catalog = CatalogApi::new(aws.access());
        let report = catalog.describe_change_set(&change_set_id("cs-1")).await.expect("a report");
        assert_eq!(report.status, status);
        assert_eq!(report.failure_code.as_deref(), Some("CLIENT_ERROR"));
        assert_eq!(report.end, Some(time("2026-11-28T10:16:30Z")));
        let [change] = report.changes.try_into().expect("one change");
        assert_eq!(change.entity.as_deref(), Some(ID));
        assert_eq!(change.errors[0].message, "Provide a valid account.");
        let lines: Vec<_> = aws.requests().iter().map(Request::line).collect();
        assert_eq!(
            lines,
            vec!["GET /DescribeChangeSet?catalog=AWSMarketplace&changeSetId=cs-1"; 3]
        );
    }
}

#[tokio::test]
async fn change_sets_of_a_name_are_read_page_by_page() {
    let page = |rows: &str, next: &str| {
        Reply::json(200, &format!(r#"{{"ChangeSetSummaryList":[{rows}],"NextToken":{next}}}"#))
    };
    let row = |id: &str| {
        format!(
            r#"{{"ChangeSetId":"{id}","ChangeSetName":"resold req-1 1","Status":"NEW_WORD","EntityIdList":["{ID}@2"],"FailureCode":"NEW_FAULT"}}"#
        )
    };
    let aws = Responder::start([
        page(&row("cs-1"), r#""t1""#),
        page("", r#""t2""#),
        page(&[row("cs-2"), row("cs-3")].join(","), "null"),
    ])
    .await;
    let after = time("2026-11-28T10:15:30.987Z");
    let found = CatalogApi::new(aws.access()).change_sets_named("resold req-1 1", after).await;
    let found = found.expect("a list");
    let ids: Vec<_> = found.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(ids, ["cs-1", "cs-2", "cs-3"]);
    assert_eq!(found[0].status, ChangeSetStatus::Other("NEW_WORD".to_owned()));
    assert_eq!(found[0].failure_code.as_deref(), Some("NEW_FAULT"));
    assert_eq!(found[0].entities, [ID]);
    let asked: Vec<_> = aws.requests().iter().map(Request::json).collect();
    let expected = |next: Option<&str>| {
        let mut body = json!({"Catalog": "AWSMarketplace", "MaxResults": 20, "FilterList": [
            {"Name": "ChangeSetName", "ValueList": ["resold req-1 1"]},
            {"Name": "AfterStartTime", "ValueList": ["2026-11-28T10:15:30Z"]}]});
        body["NextToken"] = json!(next);
        if next.is_none() {
            body.as_object_mut().expect("an object").remove("NextToken");
        }
        body
    };
    assert_eq!(asked, [expected(None), expected(Some("t1")), expected(Some("t2"))]);
}

#[tokio::test]
async fn a_list_without_an_end_is_no_answer() {
    let page = || Reply::json(200, r#"{"ChangeSetSummaryList":[],"NextToken":"again"}"#);
    let aws = Responder::start((0..=MAX_PAGES).map(|_| page())).await;
    let found = CatalogApi::new(aws.access()).change_sets_named("x", Timestamp::UNIX_EPOCH).await;
    let error = found.expect_err("it never ends");
    assert_eq!((aws.requests().len(), error.retry), (MAX_PAGES, Retry::Never));
    let shown = Chain(&error).to_string();
    assert!(shown.contains("more than 10 pages of change sets of one name"), "{shown}");
}

#[tokio::test]
async fn authorizations_are_listed_by_page_and_filter() {
    let whole = format!(
        r#"{{"EntitySummaryList":[
  {{"Name":"Acme","EntityType":"ResaleAuthorization","EntityId":"{ID}@4","EntityArn":"arn:aws:x","LastModifiedDate":"2026-11-28T10:15:30.331Z",
    "NewSummary":{{}},"ResaleAuthorizationSummary":{{"Name":"Acme","ProductId":"prod-k3x9examplesaas","ResellerAccountID":"111122223333","Status":"Sleeping","New":1}}}},
  {{"EntityId":"bare","LastModifiedDate":"yesterday","ResaleAuthorizationSummary":{{"ResellerAccountID":"nobody","ProductId":"a b","Name":"Inner"}}}},
  {{"EntityId":"least"}}],"NextToken":"t1"}}"#
    );
    let aws = Responder::start([
        Reply::json(200, &whole),
        Reply::json(200, r#"{"EntitySummaryList":[],"NextToken":"t2"}"#),
        Reply::json(200, r#"{"NextToken":null}"#),
    ])
    .await;
    let catalog = CatalogApi::new(aws.access());
    let filter = AuthorizationFilter {
        name: Some("Acme".to_owned()),
        modified_after: Some(time("2026-11-28T10:15:30.999999Z")),
    };
    let first = catalog.authorizations(&filter, None).await.expect("a page");
    let [whole, bare, least] = first.items.try_into().expect("three");
    assert_eq!(whole.id, opportunity(ID));
    assert_eq!(whole.status.as_deref(), Some("Sleeping"));
    assert_eq!(whole.last_modified, Some(time("2026-11-28T10:15:30.331Z")));
    assert_eq!(whole.reseller.as_ref().map(AccountId::as_str), Some("111122223333"));
    assert_eq!(whole.product.as_ref().map(ProductName::as_str), Some("prod-k3x9examplesaas"));
    assert_eq!(bare.name.as_deref(), Some("Inner"));
    assert_eq!((bare.last_modified, bare.reseller, bare.product), (None, None, None));
    assert_eq!((least.name, least.status), (None, None));
    assert_eq!(first.next.as_deref(), Some("t1"));
    let second = catalog.authorizations(&filter, first.next.as_deref()).await.expect("a page");
    assert_eq!((second.items.len(), second.next.as_deref()), (0, Some("t2")));
    let none = AuthorizationFilter::default();
    let third = catalog.authorizations(&none, second.next.as_deref()).await.expect("a page");
    assert_eq!((third.items.len(), third.next), (0, None));
    let asked: Vec<_> = aws.requests().iter().map(Request::json).collect();
    let order =
        json!({"ResaleAuthorizationSort": {"SortBy": "CreatedDate", "SortOrder": "ASCENDING"}});
    let both = json!({"ResaleAuthorizationFilters": {"Name": {"ValueList": ["Acme"]},
        "LastModifiedDate": {"DateRange": {"AfterValue": "2026-11-28T10:15:30Z"}}}});
    let plain = json!({"Catalog": "AWSMarketplace", "EntityType": "ResaleAuthorization",
        "OwnershipType": "SELF", "MaxResults": 50, "EntityTypeSort": order});
    let with = |more: &[(&str, Value)]| {
        let mut body = plain.clone();
        for (key, value) in more {
            body[*key] = value.clone();
        }
        body
    };
    assert_eq!(
        asked,
        [
            with(&[("EntityTypeFilters", both.clone())]),
            with(&[("EntityTypeFilters", both), ("NextToken", json!("t1"))]),
            with(&[("NextToken", json!("t2"))]),
        ]
    );
}

#[tokio::test]
async fn each_id_of_a_batch_answers_for_itself() {
    let entity = r#"{"EntityType":"ResaleAuthorization@1.0","EntityIdentifier":"resaleauthz-7hq2x9abcd1ef@3",
 "LastModifiedDate":"2026-11-28T10:15:30Z","New": [ 1.50, 1E2 ],
 "DetailsDocument":{"Name":"Acme","Status":"Active","OfferDetails":{"OfferCreatedCount":1},"Amount": 40000.00}}"#;
    let answer = format!(
        r#"{{"EntityDetails":{{"{ID}@3":{entity},"unasked":{{}}}},
 "Errors":{{"gone":{{"ErrorCode":"ResourceNotFoundException","ErrorMessage":"No such entity","New":1}},"odd":{{}}}}}}"#
    );
    let aws = Responder::start([
        Reply::error(429, "ThrottlingException", "Rate exceeded"),
        Reply::json(200, &answer),
    ])
    .await;
    let catalog = CatalogApi::new(aws.access());
    let ids = [ID, "gone", "odd", "lost\"\\"].map(opportunity);
    let mut found = catalog.describe(&ids).await.expect("an answer");
    let document = found.remove(&ids[0]).expect("it was asked for").expect("it is described");
    // Number text is as AWS wrote it.
    assert_eq!(*document, *format!(r#"{{"EntityDetails":{{"{ID}":{entity}}}}}"#));
    assert_eq!(describe(document.as_bytes()).expect("it can be read").envelopes.len(), 1);
    let refused = found
        .into_iter()
        .map(|(id, refused)| format!("{id}: {}", refused.expect_err("it is not described")));
    assert_eq!(
        refused.collect::<Vec<_>>(),
        [
            "gone: ResourceNotFoundException: No such entity",
            "lost\"\\: NotMentioned: the answer says nothing of it",
            "odd: Unnamed",
        ]
    );
    let request = &aws.requests()[1];
    assert_eq!(request.line(), "POST /BatchDescribeEntities");
    assert_eq!(
        request.json()["EntityRequestList"][0],
        json!({"Catalog": "AWSMarketplace", "EntityId": ID})
    );
}

#[tokio::test]
async fn a_batch_has_its_size() {
    let aws = Responder::start([]).await;
    let catalog = CatalogApi::new(aws.access());
    assert_eq!(catalog.describe(&[]).await.expect("nothing is asked"), BTreeMap::new());
    let many: Vec<_> = (0..=MAX_DESCRIBED).map(|n| opportunity(&format!("ra-{n}"))).collect();
    let error = catalog.describe(&many).await.expect_err("too many");
    assert_eq!((error.outcome, error.retry), (CallOutcome::Refused, Retry::Never));
    assert!(aws.requests().is_empty());
}
