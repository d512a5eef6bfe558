//! Findings and public events of an agreement.

use super::*;
use crate::facts::reading::{Change, Reading, Unanswered};
use crate::facts::request::{Hope, Refusal};

/// An agreement, the opportunity that it names, now, and what is raised.
type AgreementCase<'a> =
    (&'a str, AgreementFacts, Option<OpportunityFacts>, &'a str, &'a [&'a str]);

/// An agreement's facts at one time after the other, and what is published.
type LifeCase<'a> = (&'a str, Vec<(AgreementFacts, &'a str)>, Vec<&'a str>);

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

/// With the reading of its license.
fn read(mut facts: AgreementFacts, reading: &Reading) -> AgreementFacts {
    for license in facts.licenses.values_mut() {
        license.reading = reading.clone();
    }
    facts
}

/// With the accounts that registered for each of these licenses, a minute after each other.
fn registered(licenses: &[(&str, &[&str])]) -> AgreementFacts {
    let mut facts = licensed(agreement_facts(), T0);
    for (license, accounts) in licenses {
        let known = facts.licenses.entry((*license).to_owned().try_into().unwrap()).or_default();
        for (minutes, buyer) in (1..).zip(*accounts) {
            let time = at(T0).plus_minutes(minutes);
            let said = witness(Authority::Other, time, buyer);
            known.registered.join(&First::at(time));
            known.customer.join(&Fixed::said(Some(account(buyer)), &said));
        }
    }
    facts
}

fn refused(hope: Hope) -> Reading {
    let (doing, text, code) = ("read".to_owned(), "no".to_owned(), Some("DENIED".to_owned()));
    let refusal = Refusal { doing, code, text, hope, times: 1 };
    let unanswered = register(Unanswered { refusal, since: at(T0) }, at(T0));
    Reading { unanswered, ..Reading::default() }
}

fn unannounced() -> Reading {
    let change = Change { before: BTreeSet::new(), after: BTreeSet::new() };
    Reading { unannounced: register(change, at(T0)), ..Reading::default() }
}

fn ended(facts: AgreementFacts, time: &str) -> AgreementFacts {
    let said = witness(Authority::Ended, at(time), "ended");
    AgreementFacts {
        ended: Fixed::said(Some("cancelled".to_owned()), &said),
        ended_first: crate::lattice::First::at(said.at),
        ..facts
    }
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
                end: register(Some(at("2026-12-11T10:00:00Z")), at(T0)),
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
        ("AWS refuses to say what is licensed", read(held(), &refused(Hope::Never)), None, T0, &["+license-not-readable"]),
        ("AWS is busy", read(held(), &refused(Hope::Soon)), None, T0, &[]),
        ("AWS refused and then answered", read(held(), &Reading { answered: Last::at(at(LATER)), ..refused(Hope::Never) }), None, T0, &[]),
        ("AWS refused, and it ended", ended(read(held(), &refused(Hope::Never)), LATER), None, LATER, &[]),
        ("quantities that nobody announced", read(held(), &unannounced()), None, T0, &["+unannounced-quantities"]),
        ("quantities that nobody announced, and it ended", ended(read(held(), &unannounced()), LATER), None, LATER, &["+unannounced-quantities"]),
        ("one account registered", registered(&[("l-1", &[BUYER])]), None, T0, &[]),
        ("two licenses, an account each", registered(&[("l-1", &[BUYER]), ("l-2", &[PARTNER])]), None, T0, &[]),
        ("two accounts registered for one", registered(&[("l-1", &[BUYER, PARTNER]), ("l-2", &[BUYER])]), None, T0, &["+conflicting-facts"]),
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

/// Registrations as facts become known, and for whom since when each is published.
#[test]
fn a_registration_is_published_once_it_is_joined() {
    let one = |accounts: &'static [&'static str]| registered(&[("l-1", accounts)]);
    let stub = || AgreementFacts { created: First::default(), ..one(&[BUYER]) };
    let both = || registered(&[("l-1", &[BUYER]), ("l-2", &[PARTNER])]);
    let (first, second) = ("l-1 by 555566667777", "l-2 by 222233334444");
    #[rustfmt::skip]
    let cases: Vec<(&str, Vec<AgreementFacts>, Vec<&str>)> = vec![
        ("nobody", vec![agreement_facts()], vec![]),
        ("not without a creation", vec![stub()], vec![]),
        ("with it", vec![stub(), one(&[BUYER])], vec![first]),
        ("at once", vec![one(&[BUYER])], vec![first]),
        ("not again", vec![one(&[BUYER]), one(&[BUYER])], vec![first]),
        ("not again for another account", vec![one(&[BUYER]), one(&[BUYER, PARTNER])], vec![first]),
        ("each license", vec![one(&[BUYER]), both()], vec![first, second]),
        ("after the end", vec![ended(agreement_facts(), LATER), ended(one(&[BUYER]), LATER)], vec![first]),
    ];
    for (name, steps, expected) in cases {
        let mut state = State::none(StreamKind::Agreement);
        let mut told = Vec::new();
        for facts in steps {
            state.facts = Facts::Agreement(Box::new(facts));
            let news = agreement_news(&state, None, LATER);
            fold(&mut state, &news);
            for (event, occurred) in &news {
                let PublicEvent::BuyerRegistered(news) = event else { continue };
                assert_eq!(occurred.to_string(), news.registration.registered_at, "{name}");
                let account = news.registration.account.as_ref().unwrap();
                told.push(format!("{} by {account}", news.registration.license));
            }
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
        end: register(Some(at("2027-12-01T10:00:00Z")), at(T0)),
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
