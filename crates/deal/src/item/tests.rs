use std::collections::BTreeSet;

use jiff::Timestamp;
use marketplace::catalog::{Installment, ResaleAuthorization, Terms};
use marketplace::digest::Digest;
use marketplace::ids::{AccountId, AgreementId, OfferId, OpportunityId, ProductName};

use super::*;
use crate::correlate::{Basis, Candidate, Link, Subject};
use crate::entitlement::DealType;
use crate::facts::{Facts, Seen, ViewRole};
use crate::lattice::{Authority, First, Fixed, Register, Witness};
use crate::public::OfferNews;
use crate::state::State;
use crate::stream::StreamKind;

const ISV: &str = "111122223333";
const PARTNER: &str = "222233334444";
const BUYER: &str = "555566667777";

fn at(text: &str) -> Moment {
    Moment::from(text.parse::<Timestamp>().expect("a time"))
}

fn account(text: &str) -> AccountId {
    AccountId::new(text).expect("an account")
}

fn witness(time: &str) -> Witness {
    Witness::new(Authority::Created, at(time), &Digest::of(time.as_bytes()))
}

fn document() -> ResaleAuthorization {
    let part = |date: &str, amount: &str| Installment {
        date: date.parse().expect("a day"),
        amount: amount.parse().expect("an amount"),
    };
    ResaleAuthorization {
        id: OpportunityId::new("resaleauthz-1").expect("an id"),
        last_modified: "2026-11-10T14:05:40Z".parse().expect("a time"),
        name: Some("Platform via Northwind".to_owned()),
        description: None,
        products: ["code1", "prod-1"].map(|name| ProductName::new(name).expect("a name")).to_vec(),
        product_title: None,
        status: Some("Active".to_owned()),
        created: None,
        manufacturer: Some(account(ISV)),
        reseller: Some(account(PARTNER)),
        reseller_name: Some("Northwind Resale".to_owned()),
        reseller_role: None,
        end_date: Some("2026-12-31".parse().expect("a day")),
        max_offers: Some(1),
        buyers: vec![account(BUYER)],
        renewal: None,
        counters: None,
        terms: Terms {
            currency: Some("USD".to_owned()),
            schedule: vec![part("2027-01-15", "40000.00"), part("2027-05-15", "20000.5")],
            ..Terms::default()
        },
    }
}

fn opportunity_state(seen: Option<(ViewRole, &str)>) -> State {
    let mut state = State::none(StreamKind::Opportunity);
    if let Facts::Opportunity(facts) = &mut state.facts {
        let said = witness("2026-11-10T14:05:40Z");
        facts.described = Register::said(Some(Box::new(document())), &said);
        facts.names = document().products.into_iter().collect();
        facts.reseller = Fixed::said(Some(account(PARTNER)), &said);
        facts.named =
            seen.into_iter().map(|(role, us)| Seen { role, us: Some(account(us)) }).collect();
    }
    state
}

fn opportunity(accounts: &[&str], seen: Option<(ViewRole, &str)>, now: &str) -> Opportunity {
    let accounts: BTreeSet<_> = accounts.iter().map(|id| account(id)).collect();
    let id = document().id;
    Opportunity::new(&id, &opportunity_state(seen), &accounts, at(now)).expect("an opportunity")
}

#[test]
fn an_opportunity_shows_its_terms() {
    let item = opportunity(&[], None, "2026-12-01T00:00:00Z");
    let json = serde_json::to_value(&item).expect("json");
    let cases = [
        ("id", "\"resaleauthz-1\""),
        ("type", "\"CPPO\""),
        ("direction", "\"granted\""),
        ("status", "\"active\""),
        ("product", "\"prod-1\""),
        ("buyer", "\"555566667777\""),
        ("wholesale", "\"60000.50\""),
        ("currency", "\"USD\""),
        ("end_date", "\"2026-12-31\""),
        ("quantity", "1"),
        ("renewal", "false"),
        ("created_at", "null"),
        ("modified_at", "\"2026-11-10T14:05:40Z\""),
    ];
    for (key, expected) in cases {
        assert_eq!(json[key].to_string(), expected, "{key}");
    }
}

#[test]
fn direction_and_status_of_an_opportunity() {
    use Direction::{Granted, Received};
    let (before, after) = ("2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z");
    let none: &[&str] = &[];
    let (sold, made) = ((ViewRole::Proposer, PARTNER), (ViewRole::Manufacturer, ISV));
    let cases = [
        (none, None, before, Granted, "active"),
        (none, None, after, Granted, "expired"),
        (&[PARTNER], None, before, Received, "active"),
        (&[ISV, PARTNER], None, before, Granted, "active"),
        (none, Some(sold), before, Received, "active"),
        (none, Some(made), before, Granted, "active"),
    ];
    for (accounts, seen, now, direction, status) in cases {
        let item = opportunity(accounts, seen, now);
        assert_eq!((item.direction, item.status.as_str()), (direction, status), "{accounts:?}");
    }
}

fn offer_state(released: bool, basis: Basis) -> State {
    let mut state = State::none(StreamKind::Offer);
    let said = witness("2026-11-20T10:00:00Z");
    if let Facts::Offer(facts) = &mut state.facts {
        facts.seller = Fixed::said(Some(account(PARTNER)), &said);
        facts.manufacturer = Fixed::said(Some(account(ISV)), &said);
        facts.expires = Register::said(Some(Some(at("2026-12-15T00:00:00Z"))), &said);
        if released {
            facts.released = First::at(at("2026-11-20T10:00:00Z"));
        }
    }
    let opportunity = Some(document().id).filter(|_| basis == Basis::Inferred);
    state.concluded.offer = Some(OfferNews {
        id: OfferId::new("offer-1").expect("an id"),
        deal_type: DealType::Cppo,
        released,
        partner: Some(account(PARTNER)),
        products: Vec::new(),
        buyers: Vec::new(),
        expires_at: None,
        link: Some(Link {
            basis,
            opportunity,
            candidates: Vec::new(),
            eligible: 0,
            single_use: false,
            contested: false,
            too_many: false,
        }),
    });
    state
}

#[test]
fn status_of_an_offer() {
    let id = OfferId::new("offer-1").expect("an id");
    let cases = [
        (true, false, "2026-12-01T00:00:00Z", "open"),
        (true, false, "2026-12-15T00:00:00Z", "expired"),
        (true, true, "2026-12-20T00:00:00Z", "accepted"),
        (false, false, "2026-12-01T00:00:00Z", "unknown"),
        (false, true, "2026-12-01T00:00:00Z", "accepted"),
    ];
    for (released, accepted, now, status) in cases {
        let item = Offer::new(&id, &offer_state(released, Basis::Unmatched), accepted, at(now));
        assert_eq!(item.expect("an offer").status.word(), status, "{released} {accepted} {now}");
    }
}

fn agreement_state(created: bool) -> State {
    let mut state = State::none(StreamKind::Agreement);
    let said = witness("2026-12-01T12:00:00Z");
    if let Facts::Agreement(facts) = &mut state.facts {
        facts.proposer = Fixed::said(Some(account(PARTNER)), &said);
        facts.authorization = Fixed::said(Some(document().id), &said);
        facts.offer = Fixed::said(Some(OfferId::new("offer-1").expect("an id")), &said);
        facts.start = Register::said(Some(at("2027-01-01T00:00:00Z")), &said);
        facts.seen =
            [Seen { role: ViewRole::Manufacturer, us: Some(account(ISV)) }].into_iter().collect();
        if created {
            facts.created = First::at(at("2026-12-01T12:00:00Z"));
        }
    }
    state
}

#[test]
fn status_and_basis_of_an_agreement() {
    let id = AgreementId::new("agmt-1").expect("an id");
    let cases = [
        (true, "2026-12-20T00:00:00Z", "scheduled", true),
        (true, "2027-01-01T00:00:00Z", "active", true),
        (false, "2027-01-01T00:00:00Z", "unknown", false),
    ];
    for (created, now, status, entitled) in cases {
        let state = agreement_state(created);
        let item = Agreement::new(&id, &state, at(now)).expect("an agreement");
        let found = (item.status.word(), item.basis, item.opportunity);
        assert_eq!(found, (status, Some(Basis::Confirmed), Some(document().id)), "{now}");
        assert_eq!(EntitlementItem::new(&id, &state, at(now)).is_some(), entitled, "{now}");
    }
}

#[test]
fn a_deal_is_worth_its_opportunity() {
    let now = at("2026-12-20T00:00:00Z");
    let known = opportunity(&[], None, "2026-12-20T00:00:00Z");
    let agreement = AgreementId::new("agmt-1").expect("an id");
    let agreement = Agreement::new(&agreement, &agreement_state(true), now).expect("an agreement");
    let offer = OfferId::new("offer-1").expect("an id");
    let offer = Offer::new(&offer, &offer_state(true, Basis::Inferred), false, now);
    let offer = offer.expect("an offer");
    let cases = [
        (Deal::of_agreement(&agreement, Some(&offer), Some(&known)), "agmt-1", Some("60000.50")),
        (Deal::of_agreement(&agreement, None, None), "agmt-1", None),
        (Deal::of_offer(&offer, Some(&known)), "offer-1", Some("60000.50")),
        (Deal::of_offer(&offer, None), "offer-1", None),
    ];
    for (deal, id, wholesale) in cases {
        assert_eq!((deal.id.as_str(), deal.wholesale.as_deref()), (id, wholesale));
    }
    let mut tally = Tally::default();
    tally.opportunity(&known);
    tally.offer();
    tally.agreement(&agreement, &Deal::of_agreement(&agreement, None, Some(&known)));
    tally.agreement(&agreement, &Deal::of_agreement(&agreement, None, None));
    let partner = Partner::new(&account(PARTNER), &State::none(StreamKind::Partner), tally);
    let partner = partner.expect("a partner");
    assert_eq!(partner.wholesale[0].amount, "60000.50");
    assert_eq!((partner.agreements, partner.agreements_without_wholesale), (2, 1));
}

#[test]
fn an_explanation_ranks_what_fits_first() {
    let state = offer_state(true, Basis::Inferred);
    let id = OfferId::new("offer-1").expect("an id");
    let offer = Offer::new(&id, &state, false, at("2026-12-01T00:00:00Z")).expect("an offer");
    let products = BTreeSet::new();
    let subject = Subject { offer: state.offer().expect("facts"), products: &products };
    let (known, stub) = (opportunity_state(None), State::none(StreamKind::Opportunity));
    let (linked, other) = (document().id, OpportunityId::new("resaleauthz-0").expect("an id"));
    let candidates = [
        Candidate { id: &other, facts: stub.opportunity().expect("facts"), used_by_others: 0 },
        Candidate { id: &linked, facts: known.opportunity().expect("facts"), used_by_others: 0 },
    ];
    let explanation = Explanation::new(&offer, subject, &candidates, 1);
    let first = &explanation.candidates[0];
    assert!(explanation.truncated && first.linked && first.judgeable);
    assert_eq!((first.opportunity.as_str(), first.rules.len()), ("resaleauthz-1", 9));
}
