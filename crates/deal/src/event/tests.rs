use std::collections::BTreeMap;

use super::*;
use crate::correlate::{Basis, Link};
use crate::entitlement::{DealType, Entitlement, LicenseState, LicensedQuantity, Status};
use crate::facts::request::WishKind;
use crate::finding::{Finding, FindingKind, Severity};
use crate::public::{OfferNews, OpportunityNews, RegistrationNews, RenewalNews, RequestNews};
use crate::registration::Registration;
use crate::renewal::Renewal;
use crate::request::RequestId;
use crate::sample::{BUYER, PARTNER, account, agreement_id, at, golden, opportunity_id, product};
use crate::stream::StreamId;

fn opportunity() -> OpportunityNews {
    OpportunityNews {
        id: opportunity_id("resaleauthz-1"),
        status: "active".to_owned(),
        partner: Some(account(PARTNER)),
        products: vec![product("prod-1")],
        buyers: vec![account(BUYER)],
        end_date: Some("2026-12-31".to_owned()),
        max_offers: Some(1),
        wholesale: Some("100000.00".to_owned()),
        currency: Some("USD".to_owned()),
    }
}

fn request(status: &str) -> RequestNews {
    RequestNews {
        id: RequestId::new("req-1").unwrap(),
        wish: WishKind::Clone,
        status: status.to_owned(),
        opportunity: Some(opportunity_id("resaleauthz-2")),
        cloned_from: Some(opportunity_id("resaleauthz-1")),
        partner: Some(account(PARTNER)),
        product: Some(product("prod-1")),
        codes: vec!["CLIENT_ERROR".to_owned()],
    }
}

fn offer() -> OfferNews {
    OfferNews {
        id: "offer-1".to_owned().try_into().unwrap(),
        deal_type: DealType::Cppo,
        released: true,
        partner: Some(account(PARTNER)),
        products: vec![product("prod-1")],
        buyers: vec![account(BUYER)],
        expires_at: Some("2026-12-31T23:59:59Z".to_owned()),
        link: Some(Link {
            basis: Basis::Ambiguous,
            opportunity: Some(opportunity_id("resaleauthz-1")),
            candidates: vec![opportunity_id("resaleauthz-1")],
            eligible: 1,
            single_use: true,
            contested: true,
            too_many: false,
        }),
    }
}

fn entitlement() -> Entitlement {
    Entitlement {
        id: agreement_id("agmt-1"),
        deal_type: DealType::Cppo,
        status: Status::Ended,
        reason: Some("renewed".to_owned()),
        opportunity: Some(opportunity_id("resaleauthz-1")),
        basis: Some(Basis::Confirmed),
        offer: Some("offer-1".to_owned().try_into().unwrap()),
        buyer: Some(account(BUYER)),
        partner: Some(account(PARTNER)),
        products: vec![product("prod-1")],
        accepted_at: Some("2026-12-01T10:00:00Z".to_owned()),
        starts_at: Some("2026-12-01T10:00:00Z".to_owned()),
        ends_at: Some("2027-12-01T10:00:00Z".to_owned()),
        ended_at: Some("2027-12-01T10:00:00Z".to_owned()),
        license_state: LicenseState::Held,
        licenses: vec!["l-1".to_owned().try_into().unwrap()],
        quantities: vec![LicensedQuantity {
            license: "l-1".to_owned().try_into().unwrap(),
            dimension: "seats".to_owned(),
            kind: "integer".to_owned(),
            value: Some("250".to_owned()),
            expires_at: Some("2027-12-01T10:00:00Z".to_owned()),
            read_at: "2026-12-01T10:01:00Z".to_owned(),
        }],
        predecessor: Some(agreement_id("agmt-0")),
        successor: Some(agreement_id("agmt-2")),
        advisory: true,
        unknown: vec!["license".to_owned()],
    }
}

fn renewal() -> RenewalNews {
    let renewal = Renewal {
        days: Some(90),
        ends_at: Some("2027-12-01T10:00:00Z".to_owned()),
        auto_renew: Some(true),
        announced_at: Some("2027-09-02T10:00:00Z".to_owned()),
        terms_final_at: Some("2027-09-02T10:00:00Z".to_owned()),
    };
    RenewalNews { renewal, entitlement: entitlement() }
}

fn registration() -> RegistrationNews {
    let registration = Registration {
        license: "l-1".to_owned().try_into().unwrap(),
        account: Some(account(BUYER)),
        registered_at: "2026-12-01T10:02:00Z".to_owned(),
    };
    RegistrationNews { registration, entitlement: entitlement() }
}

fn finding() -> Finding {
    Finding {
        id: "link-ambiguous:offer/offer-1".to_owned(),
        kind: FindingKind::LinkAmbiguous,
        severity: Severity::Warning,
        subject: StreamId::try_from("offer/offer-1".to_owned()).unwrap(),
        since: at("2026-12-04T10:00:00Z"),
        first: at("2026-12-01T10:00:00Z"),
        last: at("2026-12-01T10:00:00Z"),
        evidence: BTreeMap::from([("released".to_owned(), "2026-12-01T10:00:00Z".to_owned())]),
    }
}

fn pending(done: bool) -> Pending {
    Pending {
        kind: PendingKind::Judge,
        value: "222233334444|prod-1|*".to_owned(),
        hi_from: i64::MIN,
        hi_to: i64::MAX,
        after: Some((1, "offer/offer-1".to_owned())),
        done,
    }
}

/// Every public event; the match does not compile when one is added and not listed.
fn all() -> Vec<(StreamKind, PublicEvent)> {
    use PublicEvent as E;
    let events = vec![
        (StreamKind::Opportunity, E::OpportunityReleased(opportunity())),
        (StreamKind::Opportunity, E::OpportunityChanged(opportunity())),
        (StreamKind::Request, E::OpportunityRequested(request("requested"))),
        (StreamKind::Request, E::OpportunityRequestSucceeded(request("succeeded"))),
        (StreamKind::Request, E::OpportunityRequestFailed(request("failed"))),
        (StreamKind::Offer, E::OfferReceived(offer())),
        (StreamKind::Offer, E::OfferLinked(offer())),
        (StreamKind::Agreement, E::EntitlementGranted(entitlement())),
        (StreamKind::Agreement, E::EntitlementStarted(entitlement())),
        (StreamKind::Agreement, E::EntitlementChanged(entitlement())),
        (StreamKind::Agreement, E::EntitlementEnding(entitlement())),
        (StreamKind::Agreement, E::EntitlementEnded(entitlement())),
        (StreamKind::Agreement, E::RenewalUpcoming(Box::new(renewal()))),
        (StreamKind::Agreement, E::BuyerRegistered(Box::new(registration()))),
        (StreamKind::Offer, E::FindingRaised(finding())),
        (StreamKind::Offer, E::FindingClosed(finding())),
    ];
    for (_, event) in &events {
        match event {
            E::OpportunityReleased(_)
            | E::OpportunityChanged(_)
            | E::OpportunityRequested(_)
            | E::OpportunityRequestSucceeded(_)
            | E::OpportunityRequestFailed(_)
            | E::OfferReceived(_)
            | E::OfferLinked(_)
            | E::EntitlementGranted(_)
            | E::EntitlementStarted(_)
            | E::EntitlementChanged(_)
            | E::EntitlementEnding(_)
            | E::EntitlementEnded(_)
            | E::RenewalUpcoming(_)
            | E::BuyerRegistered(_)
            | E::FindingRaised(_)
            | E::FindingClosed(_) => {}
        }
    }
    events
}

#[test]
fn every_public_event_has_its_golden_shape() {
    for (stream, event) in all() {
        let name = event.detail_type().to_lowercase().replace(' ', "-");
        let event = Event::Public(event);
        let golden = golden(&format!("public-{name}"), &event.to_json().unwrap());
        assert_eq!(Event::read(stream, &event.kind(), SCHEMA, &golden).unwrap(), event);
    }
    let event = Event::Pending(pending(true));
    let golden = golden("work-pending", &event.to_json().unwrap());
    assert_eq!(Event::read(StreamKind::Partner, &event.kind(), SCHEMA, &golden).unwrap(), event);
}

#[test]
fn what_cannot_be_read_says_why() {
    // Type, schema, payload, and the error.
    let newer = |kind, schema| {
        format!("this version does not know events of type `{kind}` in schema {schema}")
    };
    let older = |kind, schema| {
        format!(
            "this version reads events of schema 2 and later, and one of type `{kind}` has schema {schema}"
        )
    };
    #[rustfmt::skip]
    let cases = [
        ("fact/x", SCHEMA + 1, "{}", newer("fact/x", SCHEMA + 1)),
        ("fact/x", 1, "{}", older("fact/x", 1)),
        ("fact/x", 0, "{}", older("fact/x", 0)),
        ("fate/x", SCHEMA, "{}", newer("fate/x", SCHEMA)),
        ("fact", SCHEMA, "{}", newer("fact", SCHEMA)),
        ("", SCHEMA, "{}", newer("", SCHEMA)),
        ("public/Offer Eaten", SCHEMA, "{}", newer("public/Offer Eaten", SCHEMA)),
        ("work/other", SCHEMA, "{}", newer("work/other", SCHEMA)),
        ("fact/x", SCHEMA, "[", "could not read the payload of an event of type `fact/x`".to_owned()),
        ("public/Offer Linked", SCHEMA, "{}", "could not read the payload of an event of type `public/Offer Linked`".to_owned()),
        ("work/pending", SCHEMA, "{}", "could not read the payload of an event of type `work/pending`".to_owned()),
    ];
    for (kind, schema, payload, error) in cases {
        let read = Event::read(StreamKind::Offer, kind, schema, payload);
        assert_eq!(read.unwrap_err().to_string(), error);
    }
}

#[test]
fn a_walk_continues_where_it_stopped() {
    let query = pending(false).query(7);
    assert_eq!((query.kind, query.value.as_str()), (KeyKind::Judge, "222233334444|prod-1|*"));
    assert_eq!((query.hi_from, query.hi_to, query.limit), (i64::MIN, i64::MAX, 7));
    assert_eq!(query.after, Some((1, "offer/offer-1".to_owned())));
    for kind in KeyKind::ALL {
        assert!(PendingKind::of(kind).is_none_or(|pending| pending.key() == kind));
    }
}
