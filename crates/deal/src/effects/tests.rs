//! What real-shaped notifications say, and of which streams.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use marketplace::arrival::{ArrivalKind, unwrap};
use marketplace::catalog::describe;
use marketplace::parse::parse;

use super::*;
use crate::event::Event;
use crate::facts::AgreementFacts;
use crate::forward::forwarded;
use crate::key::KeyKind;
use crate::route::{Route, route, waits_for};
use crate::state::State;
use crate::stream::StreamKind;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events")
}

/// Every notification in one file of a scenario.
fn notifications(path: &Path) -> Vec<Notification> {
    let bytes = std::fs::read(path).unwrap();
    let documents: Vec<&[u8]> = if path.extension().is_some_and(|extension| extension == "jsonl") {
        bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect()
    } else {
        vec![&bytes]
    };
    let mut bodies = Vec::new();
    for arrival in documents.into_iter().flat_map(unwrap) {
        match arrival.kind {
            ArrivalKind::Notification => bodies.push(arrival.body),
            ArrivalKind::Description => bodies.extend(describe(&arrival.body).unwrap().envelopes),
        }
    }
    bodies.iter().filter_map(|body| parse(body).ok()).collect()
}

fn scenarios() -> BTreeMap<String, Vec<Notification>> {
    let mut scenarios = BTreeMap::new();
    for scenario in
        std::fs::read_dir(folder()).unwrap().flatten().filter(|entry| entry.path().is_dir())
    {
        let mut files: Vec<PathBuf> = std::fs::read_dir(scenario.path())
            .unwrap()
            .flatten()
            .map(|entry| entry.path())
            .collect();
        files.retain(|path| path.extension().is_some_and(|end| end == "json" || end == "jsonl"));
        files.sort();
        let all = files.iter().flat_map(|path| notifications(path)).collect();
        scenarios.insert(scenario.file_name().into_string().unwrap(), all);
    }
    assert!(scenarios.len() > 40, "the scenarios are there");
    scenarios
}

/// One file for each family, what it is called in the log, and the streams that it names.
#[rustfmt::skip]
const FAMILIES: &[(&str, &str, &[&str])] = &[
    ("happy-path/01-opportunity.json", "resale-authorization-described", &["opportunity/resaleauthz-happyjioo4641", "partner/222233334444"]),
    ("happy-path/02-offer-released.json", "offer-released", &["offer/offer-happyat9bsd4v", "partner/222233334444"]),
    ("happy-path/03-agreement-created.json", "purchase-agreement-created", &["partner/222233334444", "agreement/agmt-happyg0t2esidvalogd72qnix"]),
    ("happy-path/04-license-updated.json", "license-updated", &["partner/222233334444", "offer/offer-happyat9bsd4v", "agreement/agmt-happyg0t2esidvalogd72qnix"]),
    ("amendment/05-agreement-amended.json", "purchase-agreement-amended", &["partner/222233334444", "agreement/agmt-amends0w4a8pqi0hjqiksgcvb"]),
    ("amendment/06-license-deprovisioned.json", "license-deprovisioned", &["partner/222233334444", "offer/offer-amend673fppip", "agreement/agmt-amends0w4a8pqi0hjqiksgcvb"]),
    ("early-termination-final-hour/05-agreement-ended.json", "purchase-agreement-ended", &["partner/222233334444", "agreement/agmt-finall8zcobgnurao8ngq8oha"]),
    ("renewal/05-agreement-renewed.json", "purchase-agreement-created", &["agreement/agmt-renewoldkkuvxjs3cc8s2mtru", "partner/222233334444", "agreement/agmt-renewnew2b69nr8dukw9wcezh"]),
    ("direct-private-offer/02-agreement-created.json", "purchase-agreement-created", &["partner/111122223333", "agreement/agmt-directz85a5fafwycggkcm0re"]),
    ("offer-set/03-offers-released.jsonl", "offer-released offerset-released", &["offerset/offerset-osety70poongq", "offer/offer-oset1pi0y1bfq", "offer/offer-oset26ahqb9kk", "offer/offer-oset1pi0y1bfq", "partner/222233334444", "offer/offer-oset26ahqb9kk", "partner/222233334444"]),
    ("change-set/01-change-set-succeeded.json", "change-set-succeeded", &["changeset/chset1fneg4ltyqt6l21alwdm"]),
    ("change-set/02-change-set-failed.json", "change-set-failed", &["changeset/chset2wi98of3u54desbq63qb"]),
    ("change-set/03-change-set-cancelled.json", "change-set-cancelled", &["changeset/chset3ootuyihtkc7bv84kypl"]),
    ("security-report/01-security-report-created.json", "products-security-report-created", &["seller/111122223333"]),
    ("disbursement-paused/01-disbursement-paused.json", "disbursement-paused", &["seller/111122223333"]),
    ("advisory/04-advisory-batch.json", "purchase-agreement-advisory-issued purchase-agreement-advisory-resolved", &["partner/222233334444", "offer/offer-advisnn8drbbi", "agreement/agmt-advisvv3nqdljhuu29hic6fey", "partner/222233334444", "offer/offer-advisnn8drbbi", "agreement/agmt-advisvv3nqdljhuu29hic6fey"]),
    ("advisory/05-advisory-issued-again.json", "purchase-agreement-advisory-issued", &["partner/222233334444", "offer/offer-advisnn8drbbi", "agreement/agmt-advisvv3nqdljhuu29hic6fey"]),
    ("billing-adjustment/04-billing-adjustment-completed.json", "purchase-agreement-billing-adjustment-completed", &["agreement/agmt-billay8sea9oql3bkfmxzvnzu"]),
    ("cancellation-request-approved/04-cancellation-pending-approval.json", "agreement-cancellation-request-pending-approval", &["offer/offer-cnapptpvlct0e", "agreement/agmt-cnapphrvf04hcgan0npgxc3hq"]),
    ("cancellation-request-approved/05-cancellation-approved.json", "agreement-cancellation-request-approved", &["offer/offer-cnapptpvlct0e", "agreement/agmt-cnapphrvf04hcgan0npgxc3hq"]),
    ("cancellation-request-rejected/05-cancellation-rejected.json", "agreement-cancellation-request-rejected", &["offer/offer-cnrej40j29zod", "agreement/agmt-cnrej1oz1e50rtayuhkmk54jw"]),
    ("ending-and-renewal-notices/04-agreement-ending.json", "purchase-agreement-ending", &["partner/111122223333", "offer/offer-noticemf91h76", "agreement/agmt-noticehpjssumuwjcpmunjfq9"]),
    ("ending-and-renewal-notices/05-renewal-terms-finalized.json", "purchase-agreement-renewal-terms-finalized", &["partner/111122223333", "agreement/agmt-noticehpjssumuwjcpmunjfq9"]),
    ("ending-and-renewal-notices/06-renewal-upcoming.json", "purchase-agreement-renewal-upcoming", &["partner/111122223333", "agreement/agmt-noticehpjssumuwjcpmunjfq9"]),
    ("unknown-type/03-product-spotlighted.json", "product-spotlighted", &["notificationtype/d5b7779e5848acbe5308a44928cf8726af506cdd26dd91364df63eb4750a7e29"]),
];

#[test]
fn each_family_names_its_streams() {
    for (file, slug, streams) in FAMILIES {
        let read = notifications(&folder().join(file));
        let found: Vec<Effect> = read.iter().flat_map(|one| effects(one, None)).collect();
        let named: Vec<&str> = found.iter().map(|effect| effect.stream.as_str()).collect();
        assert_eq!(&named, streams, "{file}");
        let slugs: BTreeSet<&str> = found.iter().map(|effect| effect.slug.as_str()).collect();
        assert_eq!(&slugs.into_iter().collect::<Vec<_>>().join(" "), slug, "{file}");
        assert!(
            read.iter().all(|one| matches!(route(one), Route::Named | Route::Unknown)),
            "{file}"
        );
    }
}

/// When it says that it was sent, and whether what it says may win a register.
#[test]
fn a_time_that_cannot_be_wins_no_register() {
    let body = |time: &str, end: &str| {
        format!(
            r#"{{"source": "aws.agreement-marketplace", "detail-type": "Purchase Agreement Created - Manufacturer",
            "time": "{time}", "detail": {{"agreement": {{"id": "agmt-1", "endTime": "{end}"}},
            "offer": {{"id": "offer-1"}}, "license": {{"arn": "l-1"}}}}}}"#
        )
    };
    let said = |time: &str, end: &str| {
        let told = effects(&parse(body(time, end).as_bytes()).unwrap(), None);
        let mut facts = Facts::none(StreamKind::Agreement);
        let of_agreement = told.iter().filter(|one| one.stream.kind() == StreamKind::Agreement);
        of_agreement.for_each(|one| facts.join(&one.facts));
        let Facts::Agreement(facts) = facts else { panic!("an agreement") };
        let found = told.iter().any(|one| one.stream.kind() == StreamKind::Notification);
        (facts, found)
    };
    #[rustfmt::skip]
    let cases = [
        ("1970-01-01T00:00:00Z", false),
        ("2009-12-31T23:59:59.999999Z", false),
        ("2010-01-01T00:00:00Z", true),
        ("2099-12-31T23:59:59.999999Z", true),
        ("2100-01-01T00:00:00Z", false),
        ("9998-12-31T23:59:59Z", false),
    ];
    for (time, plausible) in cases {
        let (facts, found) = said(time, "2150-01-01T00:00:00Z");
        assert_eq!(!facts.end.is_empty(), plausible, "{time}");
        assert_eq!(found, !plausible, "{time}: a finding");
        assert!(!facts.created.is_empty() && facts.offer.get().is_some(), "{time}");
        // Whatever was sent at a time that can be believed was sent before.
        let (mut both, _) = said("2026-12-01T10:00:00Z", "2027-12-01T10:00:00Z");
        both.join(&facts);
        assert!(plausible || both.created.get().unwrap() < Moment::UNKNOWN, "{time}");
    }
    let ends = |newest: &str, end: &str| {
        let (mut both, _) = said("2026-12-01T10:00:00Z", "2027-12-01T10:00:00Z");
        both.join(&said(newest, end).0);
        both.ends().map(|end| end.to_string())
    };
    let (newer, older) = ("2026-12-02T10:00:00Z", "2026-11-30T10:00:00Z");
    assert_eq!(ends(newer, "9999-01-01T00:00:00Z"), None, "a newer word that there is none");
    assert_eq!(ends(older, "9999-12-31T23:59:59Z").as_deref(), Some("2027-12-01T10:00:00Z"));
    assert_eq!(ends(newer, "2150-01-01T00:00:00Z").as_deref(), Some("2150-01-01T00:00:00Z"));
    assert_eq!(
        ends("2150-01-01T00:00:00Z", "9999-01-01T00:00:00Z").as_deref(),
        Some("2027-12-01T10:00:00Z")
    );
}

/// A notification without the ids that it could be routed by, and where it goes.
#[test]
fn where_a_notification_goes() {
    let of = |source: &str, detail_type: &str, account: &str, detail: &str| {
        let body = format!(
            r#"{{"source": "{source}", "detail-type": "{detail_type}", "time": "2026-12-01T10:00:00Z"{account}, "detail": {{{detail}}}}}"#
        );
        parse(body.as_bytes()).unwrap()
    };
    let agreements = |name: &str, detail: &str| of("aws.agreement-marketplace", name, "", detail);
    let catalog = |name: &str, detail: &str| of("aws.marketplacecatalog", name, "", detail);
    let seller = |account| of("aws.marketplace", "Disbursement Paused", account, "");
    let license = r#""license": {"arn": "arn:aws:license-manager::888899990000:license:l-1"}"#;
    let case = r#""agreementCancellationRequest": {"id": "acr-1"}"#;
    let adjustment = r#""billingAdjustmentRequest": {"id": "ba-1"}"#;
    let by = |kind, value: &str| Route::ByKey(kind, value.to_owned());
    #[rustfmt::skip]
    let cases = [
        ("an offer", catalog("Offer Released", r#""offer": {"id": "offer-1"}"#), Route::Named),
        ("no offer", catalog("Offer Released", ""), Route::Nowhere),
        ("an offer set", catalog("OfferSet Released", r#""offerSet": {"id": "offerset-1"}"#), Route::Named),
        ("no offer set", catalog("OfferSet Released", r#""offerSet": {"id": null}"#), Route::Nowhere),
        ("no change set", catalog("Change Set Failed", ""), Route::Nowhere),
        ("an account", seller(r#", "account": "111122223333""#), Route::Named),
        ("no account", seller(""), Route::Nowhere),
        ("an agreement", agreements("License Updated - Manufacturer", r#""agreement": {"id": "agmt-1"}"#), Route::Named),
        ("a license", agreements("License Updated - Manufacturer", license), by(KeyKind::License, "l-1")),
        ("a purchase of ours", agreements("Purchase Agreement Created - Acceptor", r#""agreement": {"id": "agmt-1"}"#), Route::Purchase),
        ("neither", agreements("License Updated - Manufacturer", ""), Route::Nowhere),
        ("a case", agreements("Agreement Cancellation Request Approved - Manufacturer", case), by(KeyKind::Case, "acr-1")),
        ("an adjustment", agreements("Purchase Agreement Billing Adjustment Failed - Proposer", adjustment), by(KeyKind::Case, "ba-1")),
        ("an end of nothing", agreements("Purchase Agreement Ended - Manufacturer", ""), Route::Nowhere),
        ("a registration", of("resold.registration", "Registration Resolved", "", license), by(KeyKind::License, "l-1")),
        ("a registration without a license", of("resold.registration", "Registration Resolved", "", ""), Route::Nowhere),
        ("a registration from AWS", agreements("Registration Resolved", license), Route::Unknown),
        ("an unknown type", agreements("Purchase Agreement Sung - Manufacturer", ""), Route::Unknown),
    ];
    for (name, notification, expected) in cases {
        assert_eq!(route(&notification), expected, "{name}");
        let routed = matches!(expected, Route::Named | Route::Unknown);
        assert_eq!(!effects(&notification, None).is_empty(), routed, "{name}");
    }
    assert_eq!(waits_for(KeyKind::License, "l-1"), "license:l-1");
}

#[test]
fn a_notification_without_an_agreement_says_the_same_once_that_is_known() {
    let body = |agreement: &str| {
        let body = format!(
            r#"{{"source": "aws.agreement-marketplace", "detail-type": "License Updated - Manufacturer", "time": "2026-12-01T10:00:00Z",
            "detail": {{{agreement}"license": {{"arn": "aws:license-manager:us-east-1:888899990000:l-1"}}, "proposer": {{"accountId": "222233334444"}}}}}}"#
        );
        parse(body.as_bytes()).unwrap()
    };
    let (parked, named) = (body(""), body(r#""agreement": {"id": "agmt-1"}, "#));
    let id = AgreementId::new("agmt-1").unwrap();
    let streams =
        |found: Vec<Effect>| found.into_iter().map(|effect| effect.stream).collect::<Vec<_>>();
    assert_eq!(streams(effects(&parked, Some(&id))), streams(effects(&named, None)));
    assert_eq!(effects(&parked, None), vec![]);
}

/// A notification with this detail-type, envelope time and detail.
fn told(detail_type: &str, time: &str, detail: &str) -> Notification {
    let source = if detail_type.starts_with("Offer") {
        "aws.marketplacecatalog"
    } else {
        "aws.agreement-marketplace"
    };
    let body = format!(
        r#"{{"source": "{source}", "detail-type": "{detail_type}", "account": "111122223333", "time": "{time}", "detail": {{{detail}}}}}"#
    );
    parse(body.as_bytes()).unwrap()
}

/// What these notifications say of the agreement that they name.
fn said(notifications: &[Notification]) -> AgreementFacts {
    let mut facts = Facts::none(StreamKind::Agreement);
    for effect in notifications.iter().flat_map(|one| effects(one, None)) {
        if effect.stream.kind() == StreamKind::Agreement {
            learn(&mut facts, &effect.facts);
        }
    }
    let Facts::Agreement(facts) = facts else { panic!("facts of an agreement") };
    *facts
}

#[test]
fn only_agreement_notifications_tell_in_which_role_we_see_a_sale() {
    let cases = [
        ("Purchase Agreement Created - Manufacturer", ViewRole::Manufacturer),
        ("Purchase Agreement Created - Proposer", ViewRole::Proposer),
        ("Purchase Agreement Created", ViewRole::Other),
        ("License Updated - Manufacturer", ViewRole::Publisher),
        ("License Updated - Proposer", ViewRole::Proposer),
        ("License Deprovisioned - Manufacturer", ViewRole::Publisher),
        ("Purchase Agreement Advisory Issued - Manufacturer", ViewRole::Publisher),
        ("Purchase Agreement Advisory Resolved - Manufacturer", ViewRole::Publisher),
        ("Purchase Agreement Ended - Manufacturer", ViewRole::Manufacturer),
    ];
    for (detail_type, expected) in cases {
        let one = told(detail_type, "2026-12-01T10:00:00Z", r#""agreement": {"id": "agmt-1"}"#);
        let facts = said(&[one]);
        let roles: Vec<ViewRole> = facts.seen.iter().map(|seen| seen.role).collect();
        assert_eq!(roles, [expected], "{detail_type}");
    }
}

#[test]
fn an_end_without_a_status_is_an_end() {
    let end = |time: &str, status: &str| {
        let detail = format!(r#""agreement": {{"id": "agmt-1"{status}}}"#);
        told("Purchase Agreement Ended - Manufacturer", time, &detail)
    };
    let (cancelled, unsaid) = (
        end("2026-12-01T10:00:00Z", r#", "status": "CANCELLED""#),
        end("2026-12-01T09:00:00Z", ""),
    );
    let at = |facts: &AgreementFacts| facts.ended_at().map(|at| at.to_string());
    let both = said(&[cancelled.clone(), unsaid.clone()]);
    assert_eq!(at(&both).as_deref(), Some("2026-12-01T09:00:00Z"));
    assert!(!both.ended.is_contradicted(), "who says less does not contradict");
    assert_eq!(crate::entitlement::end(&both).unwrap().reason, "cancelled");
    assert_eq!(crate::entitlement::end(&said(&[unsaid])).unwrap().reason, "ended");
}

#[test]
fn the_time_in_the_detail_orders_what_happened_in_one_second() {
    let request = |step: &str, time: &str, updated: &str| {
        let detail = format!(
            r#""agreement": {{"id": "agmt-1"}}, "agreementCancellationRequest": {{"id": "acr-1"{updated}}}"#
        );
        told(&format!("Agreement Cancellation Request {step} - Proposer"), time, &detail)
    };
    let advisory = |step: &str, time: &str, key: &str, at: &str| {
        let detail = format!(r#""agreement": {{"id": "agmt-1"}}, "advisory": {{"{key}": "{at}"}}"#);
        told(&format!("Purchase Agreement Advisory {step} - Manufacturer"), time, &detail)
    };
    let (second, next) = ("2026-12-01T10:00:00Z", "2026-12-01T10:00:01Z");
    let approved = request("Approved", second, r#", "updatedAt": "2026-12-01T09:59:58.900Z""#);
    let pending =
        request("Pending Approval", second, r#", "updatedAt": "2026-12-01T09:59:58.100Z""#);
    let (issued, resolved) = (
        advisory("Issued", next, "issuedAt", "2026-12-01T09:00:00.100Z"),
        advisory("Resolved", second, "resolvedAt", "2026-12-01T09:00:00.900Z"),
    );
    let facts = said(&[approved, pending, issued, resolved]);
    let steps = facts.cancellations.values().filter_map(|request| request.get());
    assert_eq!(steps.map(|request| request.step.as_str()).collect::<Vec<_>>(), ["approved"]);
    assert_eq!(facts.advisory.get(), Some(&false));
    let undated = [request("Pending Approval", second, ""), request("Rejected", next, "")];
    let steps = said(&undated).cancellations.into_values().filter_map(|it| it.get().cloned());
    assert_eq!(steps.map(|request| request.step).collect::<Vec<_>>(), ["rejected"]);
}

#[test]
fn days_that_are_not_said_are_not_known() {
    let ending = |detail: &str| {
        let detail = format!(r#""agreement": {{"id": "agmt-1"}}{detail}"#);
        said(&[told("Purchase Agreement Ending - Proposer", "2026-12-01T10:00:00Z", &detail)])
    };
    assert_eq!(ending(r#", "daysBeforeEndTime": 90"#).ending_notice.get(), Some(&90));
    assert_eq!(ending("").ending_notice.get(), None);
}

#[test]
fn of_two_names_for_one_offer_in_one_set_the_least_holds() {
    let offer = |name: &str| format!(r#"{{"offer": {{"id": "offer-1"{name}}}}}"#);
    let names = [r#", "name": "Beta""#, "", r#", "name": "Alpha""#].map(offer).join(", ");
    let set = format!(r#""offerSet": {{"id": "offerset-1"}}, "associatedOffers": [{names}]"#);
    let effects = effects(&told("OfferSet Released", "2026-12-01T10:00:00Z", &set), None);
    let offers: Vec<_> = effects
        .iter()
        .filter_map(|effect| match &effect.facts {
            Facts::Offer(facts) => Some(facts.name.get().cloned()),
            _ => None,
        })
        .collect();
    assert_eq!(offers, [Some("Alpha".to_owned())], "one effect, so that order cannot matter");
}

/// Folds effects into streams, as many times as they come.
fn fold<'a>(effects: impl IntoIterator<Item = &'a Effect>) -> BTreeMap<StreamId, String> {
    let mut streams: BTreeMap<StreamId, State> = BTreeMap::new();
    for Effect { stream, slug, facts, at } in effects {
        let state = streams.entry(stream.clone()).or_insert_with(|| State::none(stream.kind()));
        state.fold(&Event::Facts { slug: slug.clone(), facts: facts.clone() }, *at);
    }
    streams.into_iter().map(|(id, state)| (id, state.facts.to_json().unwrap())).collect()
}

#[test]
fn scenarios_fold_to_the_same_facts_in_every_order() {
    for (name, notifications) in scenarios() {
        let mut all: Vec<Effect> =
            notifications.iter().flat_map(|one| effects(one, None)).collect();
        if all.is_empty() {
            continue;
        }
        let once = fold(&all);
        let mut rng = fastrand::Rng::with_seed(5);
        for _ in 0..30 {
            all.push(all[rng.usize(..all.len())].clone());
            rng.shuffle(&mut all);
            assert_eq!(fold(&all), once, "{name}");
        }
    }
}

/// What is told to other streams is of kinds that the receiver takes in, and telling it again teaches nothing.
#[test]
fn forwarding_is_done_once() {
    for (name, notifications) in scenarios() {
        let mut streams: BTreeMap<StreamId, Facts> = BTreeMap::new();
        for Effect { stream, facts, .. } in notifications.iter().flat_map(|one| effects(one, None))
        {
            let known = streams.entry(stream.clone()).or_insert_with(|| Facts::none(stream.kind()));
            learn(known, &facts);
        }
        let all = |streams: &BTreeMap<StreamId, Facts>| {
            streams.iter().flat_map(|(id, facts)| forwarded(id, facts)).collect::<Vec<_>>()
        };
        // An agreement tells its offer, the offer its partner: two rounds reach everybody.
        for round in 0..3 {
            let mut news = false;
            for (stream, facts) in all(&streams) {
                let known =
                    streams.entry(stream.clone()).or_insert_with(|| Facts::none(stream.kind()));
                news |= learn(known, &facts);
            }
            assert!(round < 2 || !news, "{name}: round {round} still teaches");
        }
    }
}

/// An offer is released under one name, its license has two others: the partner is told that all three are one, in whichever
/// order that comes.
#[test]
fn whatever_an_offer_s_product_is_called_is_one_product() {
    let release = told(
        "Offer Released",
        "2026-12-01T10:00:00Z",
        r#""offer": {"id": "offer-1"}, "product": {"id": "5d0c6a3e"}, "sellerOfRecord": {"accountId": "222233334444"}"#,
    );
    let license = told(
        "License Updated - Manufacturer",
        "2026-12-02T10:00:00Z",
        r#""agreement": {"id": "agmt-1"}, "offer": {"id": "offer-1"}, "product": {"code": "4q8example", "id": "prod-1"}"#,
    );
    let partner = StreamId::try_from("partner/222233334444".to_owned()).unwrap();
    let after = |order: [&Notification; 2]| {
        let mut offer = Facts::none(StreamKind::Offer);
        let mut known = Facts::none(StreamKind::Partner);
        for notification in order {
            let of_offer = effects(notification, None);
            let of_offer = of_offer.iter().filter(|it| it.stream.kind() == StreamKind::Offer);
            for effect in of_offer {
                learn(&mut offer, &effect.facts);
                let parts = forwarded(&effect.stream, &offer).into_iter();
                for (_, facts) in parts.filter(|(id, _)| *id == partner) {
                    learn(&mut known, &facts);
                }
            }
        }
        let Facts::Partner(partner) = known else { panic!("facts of a partner") };
        partner
    };
    let partner = after([&release, &license]);
    assert_eq!(partner, after([&license, &release]));
    let products: Vec<Vec<String>> = partner
        .products()
        .into_iter()
        .map(|names| names.iter().map(ToString::to_string).collect())
        .collect();
    assert_eq!(products, [["4q8example", "5d0c6a3e", "prod-1"]]);
}

#[test]
fn a_slug_is_the_words_without_the_role() {
    #[rustfmt::skip]
    let cases = [
        ("Purchase Agreement Created - Manufacturer", "purchase-agreement-created"),
        ("Offer Released", "offer-released"),
        ("  Odd -- type! - Role", "odd-type"),
        ("Größe", "gr-e"),
        ("", ""),
    ];
    for (detail_type, expected) in cases {
        assert_eq!(slug(detail_type), expected);
    }
    assert_eq!(slug(&"x".repeat(5_000)).len(), 100);
}
