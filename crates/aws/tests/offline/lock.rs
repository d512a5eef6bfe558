//! Change sets that get in each other's way, come twice, are cancelled, or are too many.

use aws::offline::operation::Operation;
use aws::offline::seed::Seed;
use aws::offline::world::{Settings, World};
use aws_sdk_marketplacecatalog::error::ProvideErrorMetadata as _;
use aws_sdk_marketplacecatalog::types::{ChangeStatus, Filter};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::aws::{NOW, Offline};
use crate::bench::{Bench, change as json_change};
use crate::change::{change, start, worked};

#[tokio::test]
async fn one_change_set_at_a_time_for_an_entity() {
    let offline = Offline::start(60).await;
    let client = offline.catalog();
    start(&client, "first", worked()).await.unwrap();
    offline.pass(60);
    let (id, _) = offline.authorizations().await.pop().unwrap();
    let restrict = || vec![change("RestrictResaleAuthorization", Some(&id), &json!({}))];
    let second = start(&client, "second", restrict()).await.unwrap();
    let third = start(&client, "third", restrict()).await.unwrap_err();
    assert_eq!(third.raw_response().unwrap().status().as_u16(), 423);
    assert_eq!(third.code(), Some("ResourceInUseException"));
    assert!(third.message().unwrap().contains(&second), "{third:?}");
    start(&client, "another entity", worked()).await.unwrap();
    offline.pass(60);
    assert_eq!(offline.describe(&second).await.status(), Some(&ChangeStatus::Succeeded));
    start(&client, "third again", restrict()).await.unwrap();
}

#[tokio::test]
async fn a_change_set_is_cancelled_only_while_it_is_prepared() {
    let offline = Offline::start(60).await;
    let client = offline.catalog();
    let cancel =
        |id: &str| client.cancel_change_set().catalog("AWSMarketplace").change_set_id(id).send();
    let first = start(&client, "first", worked()).await.unwrap();
    offline.pass(19);
    cancel(&first).await.unwrap();
    let said = offline.describe(&first).await;
    assert_eq!(said.status(), Some(&ChangeStatus::Cancelled));
    let second = start(&client, "second", worked()).await.unwrap();
    offline.pass(20);
    for (id, status) in [(&first, "CANCELLED"), (&second, "APPLYING")] {
        let error = cancel(id).await.unwrap_err();
        assert_eq!(error.code(), Some("ResourceInUseException"));
        assert!(error.message().unwrap().contains(status), "{error:?}");
    }
    let missing = cancel("nothere").await.unwrap_err();
    assert_eq!(missing.code(), Some("ResourceNotFoundException"));
    offline.pass(60);
    let kinds = offline.events().into_iter().map(|event| event["detail-type"].clone());
    assert_eq!(kinds.collect::<Vec<_>>(), ["Change Set Cancelled", "Change Set Succeeded"]);
}

#[tokio::test]
async fn a_token_counts_once() {
    let offline = Offline::start(0).await;
    let client = offline.catalog();
    let first = start(&client, "same", worked()).await.unwrap();
    assert_eq!(start(&client, "same", worked()).await.unwrap(), first);
    assert_eq!(offline.authorizations().await.len(), 1);
    let mut other = worked();
    other.pop();
    let error = start(&client, "same", other).await.unwrap_err();
    assert!(error.message().unwrap().contains("used for another request"), "{error:?}");
}

#[test]
fn an_older_revision_is_refused_with_the_latest() {
    let mut bench = Bench::new();
    let id = bench.draft("prod-k3x9examplesaas");
    let rename = |revision: &str| {
        json!([json_change(
            "UpdateInformation",
            Some(&format!("{id}{revision}")),
            &json!({"Name": "New"})
        )])
    };
    let cases = [
        ("@1", None),
        ("@1", Some("@2")),
        ("@2", None),
        ("", None),
        ("@4", None),
        ("@9", Some("@5")),
        ("@x", Some("a revision is a number")),
    ];
    for (revision, expected) in cases {
        let said = bench.start(&rename(revision));
        match expected {
            None => assert!(said.is_ok(), "{revision}: {said:?}"),
            Some(part) => assert!(
                said.clone().is_err_and(|(status, text)| status == 422 && text.contains(part)),
                "{revision}: {said:?}"
            ),
        }
    }
}

#[tokio::test]
async fn change_sets_are_found_by_name_status_and_time() {
    let offline = Offline::start(60).await;
    let client = offline.catalog();
    for name in ["a", "b", "c"] {
        start(&client, name, worked()).await.unwrap();
        offline.pass(40);
    }
    let cases = [
        // filter, values, names: the latest first
        ("ChangeSetName", vec!["a", "c"], vec!["c", "a"]),
        ("Status", vec!["SUCCEEDED"], vec!["b", "a"]),
        ("Status", vec!["APPLYING"], vec!["c"]),
        ("AfterStartTime", vec!["2026-12-02T10:00:00Z"], vec!["c", "b"]),
        ("BeforeStartTime", vec!["2026-12-02T10:00:40Z"], vec!["a"]),
        ("AfterEndTime", vec!["2026-12-02T10:01:00Z"], vec!["b"]),
    ];
    for (name, values, expected) in cases {
        let filter = Filter::builder().name(name);
        let filter = values.iter().fold(filter, |filter, value| filter.value_list(*value)).build();
        let asked = client.list_change_sets().catalog("AWSMarketplace").filter_list(filter);
        let said = asked.send().await.unwrap();
        let names: Vec<_> =
            said.change_set_summary_list().iter().filter_map(|it| it.change_set_name()).collect();
        assert_eq!(names, expected, "{name} {values:?}");
    }
    let wrong = Filter::builder().name("Color").value_list("blue").build();
    let error = client.list_change_sets().catalog("AWSMarketplace").filter_list(wrong).send().await;
    assert_eq!(error.unwrap_err().code(), Some("ValidationException"));
}

#[test]
fn too_many_calls_and_too_many_change_sets() {
    let mut world = World::new(
        Seed::example(),
        Settings { change_set_time: SignedDuration::from_hours(1), is_throttled: true },
    )
    .unwrap();
    let now = NOW.parse().unwrap();
    let input = json!({"Catalog": "AWSMarketplace"});
    let mut statuses = Vec::new();
    for _ in 0..6 {
        let said = world.call(Operation::ListChangeSets, &input, now).said;
        statuses.push(said.map_or_else(|refusal| refusal.status, |_| 200));
    }
    assert_eq!(statuses, [200, 200, 200, 200, 200, 429]);
    let mut bench = Bench::new();
    bench.world = World::new(
        Seed::example(),
        Settings { change_set_time: SignedDuration::from_hours(1), is_throttled: false },
    )
    .unwrap();
    let details = json!({"ProductId": "prod-k3x9examplesaas", "Name": "Acme", "ResellerAccountId": "222233334444"});
    let create = json!([json_change("CreateResaleAuthorization", None, &details)]);
    for _ in 0..250 {
        bench.start(&create).unwrap();
    }
    assert_eq!(bench.start(&create).unwrap_err().0, 402);
}

#[test]
fn a_change_set_is_forgotten_after_sixty_days() {
    let mut bench = Bench::new();
    bench.released();
    let list = json!({"Catalog": "AWSMarketplace"});
    let count = |bench: &mut Bench| {
        let said = bench.call(Operation::ListChangeSets, &list).unwrap();
        said["ChangeSetSummaryList"].as_array().map(Vec::len)
    };
    bench.pass_days(60);
    assert_eq!(count(&mut bench), Some(1));
    bench.pass_days(1);
    assert_eq!(count(&mut bench), Some(0));
}

#[test]
fn a_partners_offer_moves_the_counters() {
    let mut bench = Bench::new();
    let id = bench.released();
    let offer = json!({"offers": [{"authorization": id}]});
    bench.world.add(serde_json::from_value(offer).unwrap()).unwrap();
    let said = bench
        .call(Operation::DescribeEntity, &json!({"Catalog": "AWSMarketplace", "EntityId": id}));
    let expected: Value = json!({"OfferExtendedStatus": "Completed-Used", "OfferCreatedCount": 1});
    assert_eq!(said.unwrap()["DetailsDocument"]["OfferDetails"], expected);
}
