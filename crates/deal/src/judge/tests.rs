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
    NotificationTypeFacts, OfferFacts, OpportunityFacts, PartnerFacts, Seen, SellerFacts,
    Unpublishable, ViewRole,
};
use crate::finding::FindingKind;
use crate::lattice::{Authority, Few, First, Fixed, Join, Last, Register};
use crate::sample::{
    BUYER, Gen, ISV, PARTNER, account, agreement_id, at, fixed, opportunity_id, product, register,
    witness,
};
use crate::stream::{StreamId, StreamKind};
use crate::succession::Succession;

mod agreement;
mod opportunity;

const T0: &str = "2026-12-01T10:00:00Z";
const LATER: &str = "2026-12-02T10:00:00Z";
const ID: &str = "resaleauthz-1";
/// The offer, the opportunities in reach, and which of them it uses.
type Given = (OfferFacts, Vec<(&'static str, OpportunityFacts)>);

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
        let has_findings = kind != StreamKind::OfferSet;
        assert_eq!(
            acknowledge(&mut Facts::none(kind), &id, none.clone()),
            has_findings,
            "{kind:?}"
        );
    }
}

fn offer_id(text: &str) -> OfferId {
    OfferId::new(text).unwrap()
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
    let refused = |kind| {
        let mut facts = Facts::none(kind);
        assert!(refuse(&mut facts, refusal()));
        facts
    };
    #[rustfmt::skip]
    let cases: Vec<(&str, Facts, &[&str])> = vec![
        ("disbursement", Facts::Seller(SellerFacts { disbursement_first: First::at(at(T0)), disbursement_paused: register(vec![], at(T0)), ..SellerFacts::default() }), &["+disbursement-paused"]),
        ("security report", Facts::Seller(SellerFacts { security_first: First::at(at(T0)), security_report: Last::at(at(T0)), ..SellerFacts::default() }), &["+security-report"]),
        ("a seller without news", Facts::Seller(SellerFacts::default()), &[]),
        ("change set failed", Facts::ChangeSet(result("failed")), &["+change-set-failed"]),
        ("a change set of ours failed", Facts::ChangeSet(ChangeSetFacts { requests: [(crate::request::RequestId::new("req-1").unwrap(), 1)].into_iter().collect(), ..result("failed") }), &[]),
        ("change set succeeded", Facts::ChangeSet(result("succeeded")), &[]),
        ("change set cancelled", Facts::ChangeSet(result("cancelled")), &[]),
        ("malformed", Facts::Notification(problem("malformed")), &["+malformed"]),
        ("foreign", Facts::Notification(problem("foreign-account")), &["+foreign-account"]),
        ("undecidable", Facts::Notification(problem("undecidable")), &["+undecidable"]),
        ("settled", Facts::Notification(NotificationFacts { settled, ..problem("malformed") }), &[]),
        ("unknown type", Facts::NotificationType(unknown()), &["+unknown-type"]),
        ("known after an upgrade", Facts::NotificationType(NotificationTypeFacts { settled, ..unknown() }), &[]),
        ("an event that cannot be published", refused(StreamKind::Seller), &["+event-not-published"]),
        ("of an agreement", refused(StreamKind::Agreement), &[]),
        ("one content", Facts::EnvelopeId(contents(1)), &[]),
        ("two contents", Facts::EnvelopeId(contents(2)), &["+id-with-two-contents"]),
        ("one id, contents without a time", Facts::EnvelopeId(EnvelopeIdFacts { first: First::default(), last: Last::default(), ..contents(2) }), &["+id-with-two-contents"]),
        ("a partner", Facts::none(StreamKind::Partner), &[]),
        ("a partner with too many names", Facts::Partner(PartnerFacts { aliases: Few::too_many(), ..PartnerFacts::default() }), &["+too-many"]),
        ("more contents than are kept", Facts::EnvelopeId(EnvelopeIdFacts { digests: Few::too_many(), ..contents(2) }), &["+id-with-two-contents"]),
        ("an offer set", Facts::none(StreamKind::OfferSet), &[]),
    ];
    for (name, facts, expected) in cases {
        let state = state(facts);
        assert_eq!(raised(&rest(&stream("seller/1"), &state, at(T0))), expected, "{name}");
    }
}

fn refusal() -> Register<Unpublishable> {
    let (event, detail_type) = ("e-1".to_owned(), "Offer Received".to_owned());
    register(Unpublishable { event, detail_type, why: "it is too large".to_owned() }, at(T0))
}

/// Whoever publishes something can be told that it was refused, and has the finding of it.
#[test]
fn every_stream_that_publishes_has_the_finding_of_what_was_refused() {
    for kind in StreamKind::ALL {
        let mut facts = Facts::none(kind);
        let publishes = kind != StreamKind::OfferSet;
        assert_eq!(refuse(&mut facts, refusal()), publishes, "{kind:?}");
        let id = stream(&format!("{}/id-1", kind.word()));
        let now = at(T0);
        let none = BTreeSet::new();
        let (state, succession) = (state(facts), Succession::default());
        let alone = AgreementContext {
            offer: None,
            offer_link: None,
            opportunity: None,
            succession: &succession,
        };
        let news = match kind {
            StreamKind::Agreement => super::agreement(&id, &state, alone, now, now),
            StreamKind::Offer => offer_news(&state, &[], T0),
            StreamKind::Opportunity => {
                super::opportunity(&id, &state, OpportunityContext { used_by: &none }, now, now)
            }
            StreamKind::Request => super::request(&id, &state, now, now),
            _ => rest(&id, &state, now),
        };
        let raised = raised(&news).iter().any(|word| word == "+event-not-published");
        assert_eq!(raised, publishes, "{kind:?}");
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
