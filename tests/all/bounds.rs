//! At each bound that notifications can reach, and one beyond it: the order still decides nothing. What is bounded is either left for
//! later, or said to be too many and decided by nobody.

use std::collections::BTreeMap;

use fastrand::Rng;
use serde_json::{Value, json};

use crate::generated::{BUYERS, MAKER, PARTNERS, Step, arrives, conclude};
use crate::orders::assert_equal;

use processor::delivery::Via;

const RELEASED: &str = "2026-12-02T10:00:00Z";

/// Concludes the same in these orders, and says what.
async fn in_orders(name: &str, steps: &[Step], orders: &[Vec<usize>]) -> BTreeMap<String, Value> {
    let straight: Vec<usize> = (0..steps.len()).collect();
    let mut still = Rng::with_seed(1);
    let expected = conclude(steps, &straight, &mut still).await;
    for order in orders {
        let found = conclude(steps, order, &mut still).await;
        assert_equal(&format!("{name} in the order {order:?}"), &found, &expected);
    }
    expected
}

/// The same in the reversed order, and in two that are drawn.
async fn in_every_order(name: &str, steps: &[Step]) -> BTreeMap<String, Value> {
    let straight: Vec<usize> = (0..steps.len()).collect();
    let mut random = Rng::with_seed(steps.len() as u64);
    let mut orders = vec![straight.iter().rev().copied().collect::<Vec<_>>()];
    for _ in 0..2 {
        let mut order = straight.clone();
        random.shuffle(&mut order);
        orders.push(order);
    }
    in_orders(name, steps, &orders).await
}

fn account(number: usize) -> String {
    format!("2{number:011}")
}

fn opportunity(id: &str, partner: &str, max: Option<u32>) -> Step {
    let mut availability = json!({"Type": "AvailabilityRule"});
    if let Some(max) = max {
        availability["OffersMaxQuantity"] = json!(max);
    }
    let rules =
        json!([{"Type": "PartnerTargetingRule", "ResellerAccountId": partner}, availability]);
    let entity = json!({
        "EntityType": "ResaleAuthorization@1.0", "LastModifiedDate": "2026-12-01T09:00:00Z",
        "EntityIdentifier": id, "DetailsDocument": {
            "Name": "x", "ProductId": "prod-1", "Status": "Active", "ManufacturerAccountId": MAKER,
            "CreatedDate": "2026-12-01T08:00:00Z", "Rules": rules,
        },
    });
    let described = marketplace::catalog::describe(entity.to_string().as_bytes());
    Step::Arrives(Via::Import, described.expect("an entity").envelopes.remove(0))
}

fn offer(id: &str, seller: &str, product: &str) -> Step {
    let detail = json!({
        "offer": {"id": id}, "product": {"id": product}, "manufacturer": {"accountId": MAKER},
        "sellerOfRecord": {"accountId": seller}, "targetedBuyerAccountIds": [BUYERS[0]],
    });
    arrives("aws.marketplacecatalog", "Offer Released", RELEASED, &detail)
}

/// What happens to an agreement, at a minute of the day.
fn agreement(id: &str, what: &str, minute: usize, detail: &Value) -> Step {
    let at = format!("2026-12-03T{:02}:{:02}:00Z", minute / 60, minute % 60);
    let mut detail = detail.clone();
    detail["agreement"]["id"] = json!(id);
    arrives("aws.agreement-marketplace", &format!("{what} - Manufacturer"), &at, &detail)
}

fn finding<'a>(found: &'a BTreeMap<String, Value>, stream: &str, kind: &str) -> &'a Value {
    &found[stream]["findings"][format!("{kind}:{stream}")]
}

const CREATED: &str = "Purchase Agreement Created";

#[tokio::test]
async fn values_that_contradict_each_other() {
    // Who is named by the one thing, one more than is kept, and whose stream that is.
    for count in [8, 9, 10] {
        let partner = |number| json!({"proposer": {"accountId": account(number)}});
        let offer_of = |number| json!({"offer": {"id": format!("offer-{number}")}});
        let named =
            |number| json!({"resaleAuthorization": {"id": format!("resaleauthz-{number}")}});
        let mut steps = vec![
            opportunity("resaleauthz-1", &account(1), Some(1)),
            offer("offer-1", &account(1), "prod-1"),
            offer("offer-2", &account(2), "uuid-1"),
        ];
        for number in 1..=count {
            for (kind, of) in
                [("p", partner(number)), ("o", offer_of(number)), ("r", named(number))]
            {
                let id = format!("agmt-{kind}");
                let mut detail = of;
                if kind != "p" {
                    detail["proposer"] = json!({"accountId": account(1)});
                    detail["acceptor"] = json!({"accountId": BUYERS[0]});
                }
                if kind == "o" {
                    detail["resaleAuthorization"] = json!({"id": "resaleauthz-1"});
                } else {
                    detail["offer"] = json!({"id": "offer-2"});
                    detail["product"] = json!({"id": "prod-1", "code": "code-1"});
                }
                steps.push(agreement(&id, CREATED, number, &detail));
            }
            steps.push(offer("offer-s", &account(number), "prod-1"));
        }
        let found = in_every_order(&format!("{count} values"), &steps).await;
        for (stream, fact) in [
            ("agreement/agmt-p", "proposer"),
            ("agreement/agmt-o", "offer"),
            ("agreement/agmt-r", "authorization"),
            ("offer/offer-s", "seller"),
        ] {
            assert_eq!(found[stream]["facts"][fact].is_null(), count > 8, "{stream}: {count}");
            let evidence = finding(&found, stream, "conflicting-facts");
            assert_eq!(
                evidence.to_string().contains("more than 8 values"),
                count > 8,
                "{stream}: {evidence}"
            );
        }
    }
}

#[tokio::test]
async fn names_of_one_product() {
    for count in [64, 65] {
        let mut steps = vec![
            opportunity("resaleauthz-1", PARTNERS[0], None),
            offer("offer-1", PARTNERS[0], "prod-1"),
            offer("offer-2", PARTNERS[0], "name-7"),
            agreement("agmt-1", CREATED, 0, &json!({"offer": {"id": "offer-1"}})),
        ];
        let name = |number| json!({"offer": {"id": "offer-1"}, "product": {"id": format!("name-{number}")}});
        for number in 1..count {
            steps.push(agreement("agmt-1", "License Updated", number, &name(number)));
        }
        let found = in_every_order(&format!("{count} names"), &steps).await;
        for stream in ["offer/offer-1", "agreement/agmt-1"] {
            assert_eq!(
                found[stream]["facts"]["products"].is_null(),
                count > 64,
                "{stream}: {count}"
            );
            assert_eq!(
                finding(&found, stream, "too-many").is_null(),
                count <= 64,
                "{stream}: {count}"
            );
        }
        // As many names make more pairs than a partner keeps.
        let partner = format!("partner/{}", PARTNERS[0]);
        assert!(
            found[&partner]["facts"]["aliases"].is_null()
                && !finding(&found, &partner, "too-many").is_null()
        );
    }
}

/// An offer with more agreements than one transaction judges: each has the offer's link, whoever hears of it last, with a partner or
/// without one.
#[tokio::test]
async fn agreements_of_one_offer() {
    for seller in [PARTNERS[0], ""] {
        let mut steps = vec![
            opportunity("resaleauthz-1", PARTNERS[0], Some(1)),
            offer("offer-1", seller, "prod-1"),
            offer("offer-2", PARTNERS[0], "prod-1"),
            arrives(
                "aws.agreement-marketplace",
                "Purchase Agreement Created - Manufacturer",
                "2026-12-04T10:00:00Z",
                &json!({"agreement": {"id": "agmt-x"}, "offer": {"id": "offer-2"}, "resaleAuthorization": {"id": "resaleauthz-1"}}),
            ),
        ];
        for number in 0..201 {
            let detail = json!({"offer": {"id": "offer-1"}, "acceptor": {"accountId": BUYERS[0]}});
            steps.push(agreement(&format!("agmt-{number}"), CREATED, number, &detail));
        }
        let found = in_every_order(&format!("201 agreements of `{seller}`"), &steps).await;
        for number in 0..201 {
            let entitlement = &found[&format!("agreement/agmt-{number}")]["entitlement"];
            assert_eq!(entitlement["basis"], "unmatched", "{number}");
            assert_eq!(entitlement["products"], json!(["prod-1"]), "{number}");
        }
    }
}

/// A renewal among as many as are compared, and one more.
#[tokio::test]
async fn successors_in_a_crowd() {
    for count in [100, 101] {
        let of = |number: usize| {
            json!({
                "agreement": {"intent": "RENEW", "status": "RENEWED"}, "acceptor": {"accountId": BUYERS[0]},
                "proposer": {"accountId": PARTNERS[0]}, "product": {"id": format!("prod-{number}")},
            })
        };
        let mut steps =
            vec![agreement("agmt-old", CREATED, 0, &json!({"product": {"id": "prod-1"}}))];
        steps.push(agreement("agmt-old", "Purchase Agreement Ended", 1, &of(1)));
        for number in 1..count {
            steps.push(agreement(&format!("agmt-{number}"), CREATED, number, &of(number)));
        }
        let found = in_every_order(&format!("{count} renewals"), &steps).await;
        let old = &found["agreement/agmt-old"];
        assert_eq!(
            old["entitlement"]["successor"],
            if count > 100 { Value::Null } else { json!("agmt-1") }
        );
        let evidence = &finding(&found, "agreement/agmt-old", "succession-ambiguous")["evidence"];
        assert_eq!(evidence.is_null(), count <= 100, "{evidence}");
    }
}

/// An offer with as many opportunities in reach as are compared, and one more. It is heard of last, or a few before the end.
#[tokio::test]
async fn opportunities_in_reach_of_one_offer() {
    for count in [500, 501] {
        let described = |number| opportunity(&format!("resaleauthz-{number}"), PARTNERS[0], None);
        let mut steps: Vec<Step> = (0..count).map(described).collect();
        steps.push(offer("offer-1", PARTNERS[0], "prod-1"));
        let early: Vec<usize> = (2..=count).chain([0, 1]).collect();
        let found = in_orders(&format!("{count} opportunities"), &steps, &[early]).await;
        let link = &found["offer/offer-1"]["offer"]["link"];
        assert_eq!(link["basis"], "ambiguous");
        let candidates = link["candidates"].as_array().map_or(0, Vec::len);
        assert_eq!(candidates, if count > 500 { 0 } else { 20 });
        assert_eq!(link["too_many"] == json!(true), count > 500);
    }
}

/// Two offers contest one opportunity, until one of them turns out to be our own.
#[tokio::test]
async fn a_rival_that_is_no_partners() {
    let ours = json!({
        "agreement": {"id": "agmt-1"}, "offer": {"id": "offer-2"}, "proposer": {"accountId": PARTNERS[0]},
        "manufacturer": {"accountId": PARTNERS[0]},
    });
    let body = json!({
        "source": "aws.agreement-marketplace", "detail-type": "Purchase Agreement Created - Proposer",
        "account": PARTNERS[0], "time": "2026-12-03T10:00:00Z", "detail": ours,
    });
    let released = json!({
        "source": "aws.marketplacecatalog", "detail-type": "Offer Released", "account": PARTNERS[0],
        "time": RELEASED, "detail": {
            "offer": {"id": "offer-2"}, "product": {"id": "prod-1"}, "sellerOfRecord": {"accountId": PARTNERS[0]},
        },
    });
    let unknown = json!({
        "source": "aws.marketplacecatalog", "detail-type": "Offer Released", "time": RELEASED, "detail": {
            "offer": {"id": "offer-2"}, "product": {"id": "prod-1"}, "sellerOfRecord": {"accountId": PARTNERS[0]},
        },
    });
    let bytes = |body: &Value| Step::Arrives(Via::Queue, body.to_string().into_bytes());
    let steps = [
        opportunity("resaleauthz-1", PARTNERS[0], Some(1)),
        offer("offer-1", PARTNERS[0], "prod-1"),
        bytes(&unknown),
        bytes(&body),
        bytes(&released),
    ];
    let found = in_every_order("a rival of our own", &steps).await;
    assert_eq!(found["offer/offer-2"]["offer"]["type"], "PRIVATE");
    assert_eq!(found["offer/offer-1"]["offer"]["link"]["basis"], "inferred");
}
