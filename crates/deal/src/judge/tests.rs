//! Findings and public events: given facts at a time, then these.

use std::collections::BTreeSet;

use marketplace::catalog::ResaleAuthorization;
use marketplace::ids::{OfferId, OpportunityId, ProductName};

use super::*;
use crate::correlate::{Basis, Candidate, Link, Subject, link, singled_out};
use crate::event::Event;
use crate::facts::agreement::LicenseFacts;
use crate::facts::offer::Decision;
use crate::facts::{
    Acknowledged, AgreementFacts, ChangeSetFacts, EnvelopeIdFacts, Facts, NotificationFacts,
    NotificationTypeFacts, OfferFacts, OpportunityFacts, Seen, SellerFacts, ViewRole,
};
use crate::finding::FindingKind;
use crate::lattice::{Authority, First, Fixed, Join, Last};
use crate::sample::{
    BUYER, Gen, ISV, PARTNER, account, agreement_id, at, fixed, opportunity_id, product, register,
    witness,
};
use crate::stream::{StreamId, StreamKind};
use crate::succession::Succession;

const T0: &str = "2026-12-01T10:00:00Z";
const LATER: &str = "2026-12-02T10:00:00Z";
const ID: &str = "resaleauthz-1";
/// The offer, the opportunities in reach, and which of them it uses.
type Given = (OfferFacts, Vec<(&'static str, OpportunityFacts)>);

/// An agreement, the opportunity that it names, now, and what is raised.
type AgreementCase<'a> =
    (&'a str, AgreementFacts, Option<OpportunityFacts>, &'a str, &'a [&'a str]);

/// An agreement's facts at one time after the other, and what is published.
type LifeCase<'a> = (&'a str, Vec<(AgreementFacts, &'a str)>, Vec<&'a str>);

/// An opportunity, how many offers use it, now, its status, and what is raised.
type OpportunityCase<'a> = (&'a str, OpportunityFacts, usize, &'a str, &'a str, &'a [&'a str]);

fn stream(text: &str) -> StreamId {
    StreamId::try_from(text.to_owned()).unwrap()
}

fn seen(role: ViewRole, us: &str) -> crate::lattice::Few<Seen> {
    [Seen { role, us: Some(account(us)) }].into_iter().collect()
}

fn offer_facts() -> OfferFacts {
    OfferFacts {
        released: First::at(at(T0)),
        seen: seen(ViewRole::Manufacturer, ISV),
        seller: fixed(account(PARTNER)),
        products: [product("prod-1")].into_iter().collect(),
        buyers: register(vec![account(BUYER)], at(T0)),
        ..OfferFacts::default()
    }
}

fn described(change: impl FnOnce(&mut ResaleAuthorization)) -> OpportunityFacts {
    let mut document = Gen::counted().resale_authorization();
    document.products = vec![product("prod-1")];
    (document.status, document.max_offers) = (Some("Active".to_owned()), Some(1));
    document.end_date = Some("2026-12-31".parse().unwrap());
    document.buyers = vec![account(BUYER)];
    change(&mut document);
    OpportunityFacts {
        names: document.products.iter().cloned().collect(),
        described: register(Box::new(document), at("2026-11-10T10:00:00Z")),
        created: fixed(at("2026-11-10T09:00:00Z")),
        reseller: fixed(account(PARTNER)),
        ..OpportunityFacts::default()
    }
}

fn confirmed(id: &str, facts: OfferFacts) -> OfferFacts {
    let said = witness(Authority::Created, at(LATER), "created");
    OfferFacts { confirmed: Fixed::said(Some(opportunity_id(id)), &said), ..facts }
}

fn decided(id: &str, linked: bool, mut facts: OfferFacts) -> OfferFacts {
    let decision = Decision { linked, who: "ann".to_owned(), why: "she knows".to_owned() };
    facts.decisions.insert(opportunity_id(id), register(decision, at(T0)));
    facts
}

fn offer_news(state: &State, field: &[(&str, OpportunityFacts)], now: &str) -> News {
    let facts = state.offer().unwrap();
    let ids: Vec<OpportunityId> = field.iter().map(|(id, _)| opportunity_id(id)).collect();
    let pairs = ids.iter().zip(field);
    let candidates: Vec<Candidate<'_>> =
        pairs.map(|(id, (_, facts))| Candidate { id, facts, used_by_others: 0 }).collect();
    let products: BTreeSet<&ProductName> = facts.products.iter().collect();
    let subject = Subject { offer: facts, products: &products };
    let link: Link = link(subject, &candidates);
    let used = candidates.iter().find(|candidate| facts.uses() == Some(candidate.id)).copied();
    let singled_out = singled_out(subject, &candidates);
    let context = OfferContext { link: &link, products: &products, used, singled_out };
    offer(&stream("offer/offer-1"), state, context, at(T0), at(now))
}

/// What is raised (`+kind`) and closed (`-kind`).
fn raised(news: &News) -> Vec<String> {
    let word = |event: &PublicEvent| match event {
        PublicEvent::FindingRaised(finding) => Some(format!("+{}", finding.kind.word())),
        PublicEvent::FindingClosed(finding) => Some(format!("-{}", finding.kind.word())),
        _ => None,
    };
    news.iter().filter_map(|(event, _)| word(event)).collect()
}

fn state(facts: Facts) -> State {
    State { facts, ..State::none(StreamKind::Offer) }
}

fn offer_state(facts: OfferFacts) -> State {
    state(Facts::Offer(Box::new(facts)))
}

fn fold(state: &mut State, news: &News) {
    for (event, _) in news {
        state.fold(&Event::Public(event.clone()), at(T0));
    }
}

#[test]
fn findings_of_an_offer() {
    let fits = || described(|_| {});
    let other = |name: &'static str| described(move |doc| doc.products = vec![product(name)]);
    let own = || OfferFacts { seen: seen(ViewRole::Proposer, PARTNER), ..offer_facts() };
    let (grace, before) = ("2026-12-04T10:00:00Z", "2026-12-04T09:59:59.999999Z");
    #[rustfmt::skip]
    let cases: Vec<(&str, Given, &str, &[&str])> = vec![
        ("fits", (offer_facts(), vec![(ID, fits())]), grace, &[]),
        ("unmatched, in its grace time", (offer_facts(), vec![]), before, &[]),
        ("unmatched, after it", (offer_facts(), vec![]), grace, &["+link-unmatched"]),
        ("ambiguous, in its grace time", (offer_facts(), vec![(ID, fits()), ("b", fits())]), before, &[]),
        ("ambiguous, after it", (offer_facts(), vec![(ID, fits()), ("b", fits())]), grace, &["+link-ambiguous"]),
        ("our own is never linked", (own(), vec![]), grace, &[]),
        ("confirmed", (confirmed(ID, offer_facts()), vec![(ID, fits())]), grace, &[]),
        ("confirmed and unseen", (confirmed("z", offer_facts()), vec![]), grace, &[]),
        ("confirmed against the evidence", (confirmed("b", offer_facts()), vec![(ID, fits()), ("b", other("prod-2"))]), grace, &["+evidence-contradicted"]),
        ("confirmed, the evidence singled out none", (confirmed(ID, offer_facts()), vec![(ID, fits()), ("b", fits())]), grace, &[]),
        ("confirmed after the end date", (confirmed(ID, offer_facts()), vec![(ID, described(|doc| doc.end_date = Some("2026-11-30".parse().unwrap())))]), T0, &["+offer-after-end-date"]),
        ("confirmed for another buyer", (confirmed(ID, offer_facts()), vec![(ID, described(|doc| doc.buyers = vec![account("666677778888")]))]), T0, &["+buyer-outside-opportunity"]),
        ("confirmed for another reseller", (confirmed(ID, offer_facts()), vec![(ID, OpportunityFacts { reseller: fixed(account("333344445555")), ..fits() })]), T0, &["+reseller-not-authorized"]),
        ("confirmed after a restriction", (confirmed(ID, offer_facts()), vec![(ID, OpportunityFacts { restricted: First::at(at("2026-11-20T00:00:00Z")), ..fits() })]), T0, &["+restricted-authorization"]),
        ("restricted after the offer", (confirmed(ID, offer_facts()), vec![(ID, OpportunityFacts { restricted: First::at(at(LATER)), ..fits() })]), T0, &[]),
        ("set by a person for another buyer", (decided(ID, true, offer_facts()), vec![(ID, described(|doc| doc.buyers = vec![account("666677778888")]))]), T0, &["+buyer-outside-opportunity"]),
        ("a person agrees", (confirmed(ID, decided(ID, true, offer_facts())), vec![(ID, fits())]), T0, &[]),
        ("a person overruled", (confirmed(ID, decided("b", true, offer_facts())), vec![(ID, fits())]), T0, &["+person-overruled"]),
        ("a person's exclusion overruled", (confirmed(ID, decided(ID, false, offer_facts())), vec![]), T0, &["+person-overruled"]),
        ("two sellers", (OfferFacts { seller: two(&account(PARTNER), &account("333344445555")), ..offer_facts() }, vec![]), T0, &["+conflicting-facts"]),
        ("two confirmations", (OfferFacts { confirmed: two(&opportunity_id(ID), &opportunity_id("b")), ..offer_facts() }, vec![]), T0, &["+conflicting-facts"]),
    ];
    for (name, (facts, field), now, expected) in cases {
        let state = offer_state(facts);
        assert_eq!(raised(&offer_news(&state, &field, now)), expected, "{name}");
    }
}

fn two<T: Ord + Clone>(one: &T, other: &T) -> Fixed<T> {
    let said = |value: &T, content| {
        Fixed::said(Some(value.clone()), &witness(Authority::Created, at(T0), content))
    };
    let mut both = said(one, "one");
    both.join(&said(other, "other"));
    both
}

#[test]
fn a_finding_opens_once_and_closes_when_its_condition_ends() {
    let grace = "2026-12-04T10:00:00Z";
    let mut state = offer_state(offer_facts());
    let first = offer_news(&state, &[], grace);
    assert_eq!(raised(&first), ["+link-unmatched"]);
    fold(&mut state, &first);
    assert_eq!(offer_news(&state, &[], "2026-12-30T00:00:00Z"), News::new(), "said once");
    let found = offer_news(&state, &[(ID, described(|_| {}))], "2026-12-30T00:00:00Z");
    assert_eq!(raised(&found), ["-link-unmatched"]);
    fold(&mut state, &found);
    assert!(state.concluded.findings.is_empty());
    assert_eq!(offer_news(&state, &[(ID, described(|_| {}))], "2027-12-30T00:00:00Z"), News::new());
}

#[test]
fn an_acknowledged_finding_closes_until_newer_evidence() {
    let subject = stream("seller/111122223333");
    let id = format!("disbursement-paused:{subject}");
    let paused = |time| SellerFacts {
        disbursement_first: First::at(at(T0)),
        disbursement_paused: register(vec!["instrument".to_owned()], at(time)),
        ..SellerFacts::default()
    };
    let mut state = state(Facts::Seller(paused(T0)));
    let news = rest(&subject, &state, at(T0));
    assert_eq!(raised(&news), ["+disbursement-paused"]);
    fold(&mut state, &news);
    let word = Acknowledged { who: "ann".to_owned(), why: "paid".to_owned(), through: at(T0) };
    let mut told = Facts::none(StreamKind::Seller);
    assert!(acknowledge(&mut told, &id, register(word, at(LATER))));
    state.fold(&Event::Facts { slug: "acknowledged".to_owned(), facts: told }, at(T0));
    let news = rest(&subject, &state, at(T0));
    assert_eq!(raised(&news), ["-disbursement-paused"]);
    fold(&mut state, &news);
    state.facts.join(&Facts::Seller(paused(LATER)));
    assert_eq!(raised(&rest(&subject, &state, at(LATER))), ["+disbursement-paused"], "again");
    let none =
        register(Acknowledged { who: String::new(), why: String::new(), through: at(T0) }, at(T0));
    for kind in StreamKind::ALL {
        let has_findings = !matches!(kind, StreamKind::OfferSet | StreamKind::Partner);
        assert_eq!(
            acknowledge(&mut Facts::none(kind), &id, none.clone()),
            has_findings,
            "{kind:?}"
        );
    }
}

fn agreement_facts() -> AgreementFacts {
    AgreementFacts {
        created: First::at(at(T0)),
        acceptance: fixed(at(T0)),
        seen: seen(ViewRole::Manufacturer, ISV),
        proposer: fixed(account(PARTNER)),
        acceptor: fixed(account(BUYER)),
        authorization: fixed(opportunity_id(ID)),
        ..AgreementFacts::default()
    }
}

fn licensed(mut facts: AgreementFacts, time: &str) -> AgreementFacts {
    let license = LicenseFacts { seen: First::at(at(time)), ..LicenseFacts::default() };
    facts.licenses.insert("l-1".to_owned().try_into().unwrap(), license);
    facts
}

fn ended(facts: AgreementFacts, time: &str) -> AgreementFacts {
    let said = witness(Authority::Ended, at(time), "ended");
    AgreementFacts { ended: Fixed::said(Some("cancelled".to_owned()), &said), ..facts }
}

fn agreement_news(state: &State, opportunity: Option<&OpportunityFacts>, now: &str) -> News {
    let mut succession = Succession::default();
    if state.agreement().unwrap().intent.get().is_some_and(|word| word == "RENEW") {
        let matches = BTreeSet::from([agreement_id("agmt-8"), agreement_id("agmt-9")]);
        succession.ambiguous.insert(agreement_id("agmt-1"), matches);
    }
    let context =
        AgreementContext { offer: None, offer_link: None, opportunity, succession: &succession };
    agreement(&stream("agreement/agmt-1"), state, context, at(T0), at(now))
}

#[test]
fn findings_of_an_agreement() {
    let own = || AgreementFacts { seen: seen(ViewRole::Proposer, PARTNER), ..agreement_facts() };
    let future = || AgreementFacts {
        start: register(at("2027-01-15T00:00:00Z"), at(T0)),
        ..agreement_facts()
    };
    let ends = || {
        licensed(
            AgreementFacts {
                end: register(at("2026-12-11T10:00:00Z"), at(T0)),
                ..agreement_facts()
            },
            T0,
        )
    };
    let restricted =
        |time| Some(OpportunityFacts { restricted: First::at(at(time)), ..described(|_| {}) });
    let others = || Some(described(|doc| doc.buyers = vec![account("666677778888")]));
    let held = || licensed(agreement_facts(), T0);
    let unnamed = || AgreementFacts { authorization: Fixed::default(), ..held() };
    #[rustfmt::skip]
    let cases: Vec<AgreementCase<'_>> = vec![
        ("all is well", held(), Some(described(|_| {})), "2027-01-01T00:00:00Z", &[]),
        ("no license, in its grace time", agreement_facts(), None, "2026-12-02T09:59:59.999999Z", &[]),
        ("no license, after it", agreement_facts(), None, LATER, &["+agreement-without-license"]),
        ("no license, future-dated", future(), None, "2027-01-15T23:59:59Z", &[]),
        ("no license, a day after it began", future(), None, "2027-01-16T00:00:00Z", &["+agreement-without-license"]),
        ("no license, ended", ended(agreement_facts(), LATER), None, "2026-12-20T00:00:00Z", &[]),
        ("no license of another's product", own(), None, "2026-12-20T00:00:00Z", &[]),
        ("a license without creation, in its grace time", licensed(AgreementFacts::default(), T0), None, "2026-12-02T09:59:59.999999Z", &[]),
        ("a license without creation, after it", licensed(AgreementFacts::default(), T0), None, LATER, &["+license-without-agreement"]),
        ("a stub", AgreementFacts::default(), None, "2030-01-01T00:00:00Z", &[]),
        ("end time passed, within the hour", ends(), None, "2026-12-11T10:59:59.999999Z", &[]),
        ("end time passed", ends(), None, "2026-12-11T11:00:00Z", &["+end-time-passed"]),
        ("end time passed and ended", ended(ends(), "2026-12-11T10:00:00Z"), None, "2026-12-11T12:00:00Z", &[]),
        ("another buyer", held(), others(), T0, &["+buyer-outside-opportunity"]),
        ("another buyer of another's product", licensed(own(), T0), others(), T0, &[]),
        ("restricted before the sale", held(), restricted("2026-11-20T00:00:00Z"), T0, &["+restricted-authorization"]),
        ("restricted 14:59 before the sale", held(), restricted("2026-12-01T09:45:01Z"), T0, &[]),
        ("restricted 15:00 before the sale", held(), restricted("2026-12-01T09:45:00Z"), T0, &["+restricted-authorization"]),
        ("restricted after the sale", held(), restricted(LATER), T0, &[]),
        ("names no authorization, in its grace time", unnamed(), None, "2026-12-04T09:59:59.999999Z", &[]),
        ("names no authorization, after it", unnamed(), None, "2026-12-04T10:00:00Z", &["+link-unmatched"]),
        ("names no authorization, ended", ended(unnamed(), LATER), None, "2026-12-04T10:00:00Z", &["+link-unmatched"]),
        ("our own names none", AgreementFacts { authorization: Fixed::default(), ..licensed(own(), T0) }, None, "2026-12-04T10:00:00Z", &[]),
        ("two buyers", AgreementFacts { acceptor: two(&account(BUYER), &account("666677778888")), ..held() }, None, T0, &["+conflicting-facts"]),
        ("two offers", AgreementFacts { offer: two(&offer_id("offer-1"), &offer_id("offer-2")), ..held() }, None, T0, &["+conflicting-facts"]),
        ("two authorizations", AgreementFacts { authorization: two(&opportunity_id(ID), &opportunity_id("b")), ..held() }, None, T0, &["+conflicting-facts"]),
        ("two that it may renew", AgreementFacts { intent: fixed("RENEW".to_owned()), ..held() }, None, T0, &["+succession-ambiguous"]),
    ];
    for (name, facts, opportunity, now, expected) in cases {
        let state = state(Facts::Agreement(Box::new(facts)));
        assert_eq!(raised(&agreement_news(&state, opportunity.as_ref(), now)), expected, "{name}");
    }
}

#[test]
fn restriction_is_the_offers_finding_once_its_release_is_known() {
    let state = state(Facts::Agreement(Box::new(licensed(agreement_facts(), T0))));
    let opportunity =
        OpportunityFacts { restricted: First::at(at("2026-11-20T00:00:00Z")), ..described(|_| {}) };
    let (offer, succession) = (offer_facts(), Succession::default());
    let context = AgreementContext {
        offer: Some(&offer),
        offer_link: None,
        opportunity: Some(&opportunity),
        succession: &succession,
    };
    let news = agreement(&stream("agreement/agmt-1"), &state, context, at(T0), at(T0));
    assert_eq!(raised(&news), Vec::<String>::new());
}

#[test]
fn a_sale_without_authorization_is_the_offers_finding_once_its_release_is_known() {
    let facts =
        AgreementFacts { authorization: Fixed::default(), ..licensed(agreement_facts(), T0) };
    let state = state(Facts::Agreement(Box::new(facts)));
    let (released, unseen) = (offer_facts(), OfferFacts::default());
    let (succession, id) = (Succession::default(), opportunity_id(ID));
    let cases = [
        ("an offer that we know", &released, (&Basis::Unmatched, None), false),
        ("an offer that we do not know", &unseen, (&Basis::Unmatched, None), true),
        ("linked by a person", &unseen, (&Basis::Manual, Some(&id)), false),
    ];
    for (name, offer, link, expected) in cases {
        let context = AgreementContext {
            offer: Some(offer),
            offer_link: Some(link),
            opportunity: None,
            succession: &succession,
        };
        let now = at("2026-12-30T00:00:00Z");
        let news = agreement(&stream("agreement/agmt-1"), &state, context, at(T0), now);
        assert_eq!(!raised(&news).is_empty(), expected, "{name}");
    }
}

fn offer_id(text: &str) -> OfferId {
    OfferId::new(text).unwrap()
}

/// The public events of an agreement's life, each folded before the next is judged.
#[test]
fn what_is_published_of_an_entitlement() {
    let start =
        |time: &str| AgreementFacts { start: register(at(time), at(T0)), ..agreement_facts() };
    let (granted, started) = ("Entitlement Granted", "Entitlement Started");
    let (changed, ending, over) =
        ("Entitlement Changed", "Entitlement Ending", "Entitlement Ended");
    #[rustfmt::skip]
    let cases: Vec<LifeCase<'_>> = vec![
        ("granted at once", vec![(agreement_facts(), T0)], vec![granted]),
        ("then nothing new", vec![(agreement_facts(), T0), (agreement_facts(), LATER)], vec![granted]),
        ("then a license", vec![(agreement_facts(), T0), (licensed(agreement_facts(), T0), T0)], vec![granted, changed]),
        ("scheduled, then started", vec![(start("2027-01-15T00:00:00Z"), T0), (start("2027-01-15T00:00:00Z"), "2027-01-15T00:00:00Z")], vec![granted, started]),
        ("ending, then ended", vec![(agreement_facts(), T0), (ended(agreement_facts(), LATER), LATER), (ended(agreement_facts(), LATER), "2026-12-02T11:00:00Z")], vec![granted, ending, over]),
        ("seen only after its last hour", vec![(agreement_facts(), T0), (ended(agreement_facts(), LATER), "2026-12-09T10:00:00Z")], vec![granted, over]),
        ("never granted when it is heard of after its end", vec![(ended(agreement_facts(), LATER), "2026-12-09T10:00:00Z")], vec![over]),
        ("never granted in its last hour", vec![(ended(agreement_facts(), LATER), LATER)], vec![ending]),
        ("not without a creation", vec![(licensed(AgreementFacts::default(), T0), T0)], vec![]),
        ("postponed", vec![(agreement_facts(), T0), (start("2027-01-15T00:00:00Z"), T0)], vec![granted, changed]),
    ];
    for (name, steps, expected) in cases {
        let mut state = State::none(StreamKind::Agreement);
        let mut told = Vec::new();
        for (facts, now) in steps {
            state.facts = Facts::Agreement(Box::new(facts));
            let news = agreement_news(&state, None, now);
            fold(&mut state, &news);
            let names = news.iter().map(|(event, _)| event.detail_type());
            told.extend(names.filter(|name| name.starts_with("Entitlement")));
        }
        assert_eq!(told, expected, "{name}");
    }
}

#[test]
fn what_time_brings_occurs_at_its_boundary() {
    let mut state = state(Facts::Agreement(Box::new(agreement_facts())));
    let news = agreement_news(&state, None, T0);
    fold(&mut state, &news);
    state.facts = Facts::Agreement(Box::new(ended(agreement_facts(), LATER)));
    let sweep = "2026-12-09T10:00:00Z";
    let news = agreement_news(&state, None, sweep);
    let at_hand: Vec<_> = news.iter().map(|(event, time)| (event.detail_type(), *time)).collect();
    assert_eq!(at_hand, [("Entitlement Ended", at("2026-12-02T11:00:00Z"))]);
    let unmatched = offer_state(offer_facts());
    let found = offer_news(&unmatched, &[], "2027-01-01T00:00:00Z");
    let finding = found.iter().find(|(event, _)| matches!(event, PublicEvent::FindingRaised(_)));
    assert_eq!(finding.map(|(_, time)| *time), Some(at("2026-12-04T10:00:00Z")));
}

#[test]
fn each_reminder_is_published_once_at_its_boundary() {
    let facts = AgreementFacts {
        end: register(at("2027-12-01T10:00:00Z"), at(T0)),
        ..licensed(agreement_facts(), T0)
    };
    let mut state = state(Facts::Agreement(Box::new(facts)));
    let mut told = Vec::new();
    for now in [T0, "2027-06-10T00:00:00Z", "2027-06-11T00:00:00Z", "2027-11-20T00:00:00Z"] {
        let news = agreement_news(&state, None, now);
        for (event, at) in &news {
            if let PublicEvent::RenewalUpcoming(news) = event {
                assert_eq!(news.entitlement.id, agreement_id("agmt-1"));
                told.push((news.renewal.days, at.to_string()));
            }
        }
        fold(&mut state, &news);
    }
    let expected = [(Some(180), "2027-06-04T10:00:00Z"), (Some(30), "2027-11-01T10:00:00Z")];
    assert_eq!(told, expected.map(|(days, at)| (days, at.to_owned())), "120 to 60 were skipped");
}

/// So many offers that use an opportunity, a second after each other.
fn users(count: usize) -> BTreeSet<(Moment, OfferId)> {
    let user = |n: usize| {
        let micros = i64::try_from(n).unwrap() * 1_000_000;
        (Moment::from_micros(at(T0).micros() + micros), offer_id(&format!("offer-{n}")))
    };
    (0..count).map(user).collect()
}

#[test]
fn each_offer_beyond_the_quantity_is_new_evidence() {
    let subject = stream("opportunity/resaleauthz-1");
    let mut state = state(Facts::Opportunity(Box::new(described(|_| {}))));
    let judged = |state: &State, count: usize| {
        let used_by = users(count);
        let context = OpportunityContext { used_by: &used_by };
        opportunity(&subject, state, context, at(T0), at(LATER))
    };
    let news = judged(&state, 2);
    fold(&mut state, &news);
    let finding = state.concluded.findings.values().next().cloned().unwrap();
    let times = [finding.since, finding.first, finding.last].map(|time| time.to_string());
    assert_eq!(times, ["2026-12-01T10:00:01Z", T0, "2026-12-01T10:00:01Z"]);
    assert_eq!(
        (finding.evidence["allowed"].as_str(), finding.evidence["used by"].as_str()),
        ("1", "2")
    );
    let word =
        Acknowledged { who: "ann".to_owned(), why: "agreed".to_owned(), through: finding.last };
    let mut told = Facts::none(StreamKind::Opportunity);
    assert!(acknowledge(&mut told, &finding.id, register(word, at(LATER))));
    state.facts.join(&told);
    let news = judged(&state, 2);
    assert_eq!(raised(&news), ["-quantity-exceeded"]);
    fold(&mut state, &news);
    assert_eq!(raised(&judged(&state, 3)), ["+quantity-exceeded"], "a third one is not hidden");
    let many = judged(&state, 300);
    let PublicEvent::FindingRaised(finding) = &many.last().unwrap().0 else { panic!() };
    assert_eq!(finding.evidence["used by"], "more than 100");
}

#[test]
fn findings_and_status_of_an_opportunity() {
    let named = |role| OpportunityFacts {
        named: seen(role, ISV),
        first_named: fixed(true),
        ..OpportunityFacts::default()
    };
    let status = |word: &str| {
        let word = word.to_owned();
        described(move |doc| doc.status = Some(word))
    };
    let past = "2027-06-01T00:00:00Z";
    #[rustfmt::skip]
    let cases: Vec<OpportunityCase<'_>> = vec![
        ("active", described(|_| {}), 0, T0, "active", &[]),
        ("used once", described(|_| {}), 1, T0, "active", &[]),
        ("used twice", described(|_| {}), 2, T0, "active", &["+quantity-exceeded"]),
        ("any number", described(|doc| doc.max_offers = None), 9, T0, "active", &[]),
        ("a stub that nothing named", OpportunityFacts::default(), 0, T0, "unknown", &[]),
        ("a stub", named(ViewRole::Manufacturer), 0, T0, "unknown", &["+unknown-authorization"]),
        ("a stub of another maker", named(ViewRole::Proposer), 0, T0, "unknown", &[]),
        ("named and described", OpportunityFacts { described: described(|_| {}).described, ..named(ViewRole::Manufacturer) }, 0, T0, "active", &[]),
        ("the last microsecond of its last day", described(|_| {}), 0, "2026-12-31T23:59:59.999999Z", "active", &[]),
        ("past its last day", described(|_| {}), 0, "2027-01-01T00:00:00Z", "expired", &[]),
        ("without an end", described(|doc| doc.end_date = None), 0, past, "active", &[]),
        ("no status", described(|doc| doc.status = None), 0, T0, "unknown", &[]),
        ("draft", status("Draft"), 0, T0, "draft", &[]),
        ("restricted", OpportunityFacts { restricted: First::at(at(T0)), ..status("Restricted") }, 0, T0, "restricted", &[]),
        ("restricted is final", OpportunityFacts { restricted: First::at(at(T0)), ..status("Active") }, 0, past, "restricted", &[]),
        ("a word that we do not know", status("Paused"), 0, T0, "paused", &[]),
        ("two resellers", OpportunityFacts { reseller: two(&account(PARTNER), &account("333344445555")), ..described(|_| {}) }, 0, T0, "active", &["+conflicting-facts"]),
    ];
    for (name, facts, count, now, word, expected) in cases {
        assert_eq!(status_word(&facts, at(now)), word, "{name}");
        let state = state(Facts::Opportunity(Box::new(facts)));
        let used_by = users(count);
        let context = OpportunityContext { used_by: &used_by };
        let news =
            opportunity(&stream("opportunity/resaleauthz-1"), &state, context, at(T0), at(now));
        assert_eq!(raised(&news), expected, "{name}");
        let published =
            news.iter().any(|(event, _)| event.detail_type().starts_with("Opportunity"));
        assert_eq!(published, !matches!(word, "draft" | "unknown"), "{name}");
    }
}

#[test]
fn findings_of_everything_else() {
    let result = |word: &str| ChangeSetFacts {
        result: register(word.to_owned(), at(T0)),
        ..ChangeSetFacts::default()
    };
    let problem = |word: &str| NotificationFacts {
        problem: fixed(word.to_owned()),
        ..NotificationFacts::default()
    };
    let unknown = || NotificationTypeFacts {
        first: First::at(at(T0)),
        last: Last::at(at(LATER)),
        ..NotificationTypeFacts::default()
    };
    let contents = |count: u8| EnvelopeIdFacts {
        digests: (0..count).map(|n| marketplace::digest::Digest::of(&[n])).collect(),
        first: First::at(at(T0)),
        last: Last::at(at(LATER)),
        ..EnvelopeIdFacts::default()
    };
    let settled = First::at(at(LATER));
    #[rustfmt::skip]
    let cases: Vec<(&str, Facts, &[&str])> = vec![
        ("disbursement", Facts::Seller(SellerFacts { disbursement_first: First::at(at(T0)), disbursement_paused: register(vec![], at(T0)), ..SellerFacts::default() }), &["+disbursement-paused"]),
        ("security report", Facts::Seller(SellerFacts { security_first: First::at(at(T0)), security_report: Last::at(at(T0)), ..SellerFacts::default() }), &["+security-report"]),
        ("a seller without news", Facts::Seller(SellerFacts::default()), &[]),
        ("change set failed", Facts::ChangeSet(result("failed")), &["+change-set-failed"]),
        ("change set succeeded", Facts::ChangeSet(result("succeeded")), &[]),
        ("change set cancelled", Facts::ChangeSet(result("cancelled")), &[]),
        ("malformed", Facts::Notification(problem("malformed")), &["+malformed"]),
        ("foreign", Facts::Notification(problem("foreign-account")), &["+foreign-account"]),
        ("undecidable", Facts::Notification(problem("undecidable")), &["+undecidable"]),
        ("settled", Facts::Notification(NotificationFacts { settled, ..problem("malformed") }), &[]),
        ("unknown type", Facts::NotificationType(unknown()), &["+unknown-type"]),
        ("known after an upgrade", Facts::NotificationType(NotificationTypeFacts { settled, ..unknown() }), &[]),
        ("one content", Facts::EnvelopeId(contents(1)), &[]),
        ("two contents", Facts::EnvelopeId(contents(2)), &["+id-with-two-contents"]),
        ("a partner", Facts::none(StreamKind::Partner), &[]),
        ("an offer set", Facts::none(StreamKind::OfferSet), &[]),
    ];
    for (name, facts, expected) in cases {
        let state = state(facts);
        assert_eq!(raised(&rest(&stream("seller/1"), &state, at(T0))), expected, "{name}");
    }
}

#[test]
fn what_is_published_of_an_offer() {
    let stub = || confirmed(ID, OfferFacts { released: First::default(), ..offer_facts() });
    #[rustfmt::skip]
    let cases: Vec<(&str, Vec<OfferFacts>, Vec<&str>)> = vec![
        ("released", vec![offer_facts()], vec!["Offer Received"]),
        ("released again", vec![offer_facts(), offer_facts()], vec!["Offer Received"]),
        ("then confirmed", vec![offer_facts(), confirmed(ID, offer_facts())], vec!["Offer Received", "Offer Linked"]),
        ("confirmed before its release", vec![stub(), confirmed(ID, offer_facts())], vec!["Offer Linked", "Offer Received"]),
    ];
    for (name, steps, expected) in cases {
        let mut state = State::none(StreamKind::Offer);
        let mut told = Vec::new();
        for facts in steps {
            state.facts = Facts::Offer(Box::new(facts));
            let news = offer_news(&state, &[], T0);
            fold(&mut state, &news);
            told.extend(news.iter().map(|(event, _)| event.detail_type()));
        }
        assert_eq!(told, expected, "{name}");
    }
}

#[test]
fn every_kind_of_finding_has_one_word_and_one_place_in_their_order() {
    let words: Vec<&str> = FindingKind::ALL.iter().map(|kind| kind.word()).collect();
    let mut sorted = words.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(words, sorted);
    for kind in FindingKind::ALL {
        assert_eq!(FindingKind::from_word(kind.word()), Some(kind));
        assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{}\"", kind.word()));
    }
}
