use super::*;
use crate::correlate::{Basis, Link};
use crate::entitlement::{Surroundings, entitlement};
use crate::facts::agreement::{Cancellation, LicenseFacts};
use crate::facts::offer::Decision;
use crate::facts::{Seen, ViewRole};
use crate::finding::Findings;
use crate::lattice::{Authority, First, Fixed, Last};
use crate::sample::{
    BUYER, Gen, ISV, PARTNER, account, agreement_id, at, fixed, opportunity_id, product, register,
    witness,
};
use crate::stream::StreamId;

const T0: &str = "2026-12-01T10:00:00Z";
const END: &str = "2026-12-11T10:00:00Z";

fn offer() -> OfferFacts {
    OfferFacts {
        released: First::at(at(T0)),
        seller: fixed(account(PARTNER)),
        products: [product("code"), product("prod-1")].into_iter().collect(),
        buyers: register(vec![account(BUYER), account("666677778888")], at(T0)),
        ..OfferFacts::default()
    }
}

fn opportunity() -> OpportunityFacts {
    let mut document = Gen::counted().resale_authorization();
    document.products = vec![product("code"), product("prod-1")];
    document.buyers = vec![account(BUYER), account("666677778888")];
    document.end_date = Some("2026-12-31".parse().unwrap());
    OpportunityFacts {
        names: document.products.iter().cloned().collect(),
        described: register(Box::new(document), at(T0)),
        created: fixed(at("2026-11-10T00:00:00Z")),
        reseller: fixed(account(PARTNER)),
        ..OpportunityFacts::default()
    }
}

fn agreement() -> AgreementFacts {
    let seen = Seen { role: ViewRole::Manufacturer, us: Some(account(ISV)) };
    AgreementFacts {
        created: First::at(at(T0)),
        seen: [seen].into_iter().collect(),
        proposer: fixed(account(PARTNER)),
        acceptor: fixed(account(BUYER)),
        acceptance: fixed(at(T0)),
        authorization: fixed(opportunity_id("resaleauthz-1")),
        offer: fixed("offer-1".to_owned().try_into().unwrap()),
        ..AgreementFacts::default()
    }
}

fn ended(word: &str, facts: AgreementFacts) -> AgreementFacts {
    let said = witness(Authority::Ended, at(END), "ended");
    AgreementFacts { ended: Fixed::said(Some(word.to_owned()), &said), ..facts }
}

fn licensed(mut facts: AgreementFacts) -> AgreementFacts {
    let license = LicenseFacts { seen: First::at(at(T0)), ..LicenseFacts::default() };
    facts.licenses.insert("l-1".to_owned().try_into().unwrap(), license);
    facts
}

/// With a license that was updated, whose product's code and whose ARN are known.
fn askable(facts: AgreementFacts) -> AgreementFacts {
    let mut facts = licensed(facts);
    for license in facts.licenses.values_mut() {
        license.updated = Last::at(at(T0));
        license.arn =
            register("arn:aws:license-manager::888899990000:license:l-1".to_owned(), at(T0));
        license.code = fixed(product("4q8examplecode0000000000x"));
    }
    facts
}

fn state(facts: Facts) -> State {
    State { facts, concluded: Concluded::default() }
}

fn linked(facts: OfferFacts, link: Link) -> State {
    let news = OfferNews {
        id: "offer-1".to_owned().try_into().unwrap(),
        deal_type: DealType::Cppo,
        released: true,
        partner: None,
        products: vec![],
        buyers: vec![],
        expires_at: None,
        link: Some(link),
    };
    let concluded = Concluded { offer: Some(news), ..Concluded::default() };
    State { facts: Facts::Offer(Box::new(facts)), concluded }
}

fn candidates(basis: Basis, ids: &[&str], single_use: bool) -> Link {
    let candidates: Vec<_> = ids.iter().map(|id| opportunity_id(id)).collect();
    let opportunity = candidates.first().filter(|_| basis == Basis::Inferred).cloned();
    Link { basis, opportunity, candidates, single_use, ..Link::unmatched() }
}

/// `kind=value`, with the times of those that have any.
fn keys(state: &State) -> Vec<String> {
    let shown = |key: &Key| match (key.lo, key.hi) {
        (0, 0) => format!("{}={}", key.kind.word(), key.value),
        (lo, hi) => {
            let time = |at: i64| {
                if at == i64::MIN || at == i64::MAX {
                    "..".to_owned()
                } else {
                    Moment::from_micros(at).to_string()
                }
            };
            format!("{}={} {} {}", key.kind.word(), key.value, time(lo), time(hi))
        }
    };
    state.keys().iter().map(shown).collect()
}

#[test]
fn keys_of_an_offer() {
    let own = [
        "buyer=555566667777",
        "buyer=666677778888",
        "judge=222233334444|code|* 2026-12-01T10:00:00Z 2026-12-01T10:00:00Z",
        "judge=222233334444|code|555566667777 2026-12-01T10:00:00Z 2026-12-01T10:00:00Z",
        "judge=222233334444|prod-1|* 2026-12-01T10:00:00Z 2026-12-01T10:00:00Z",
        "judge=222233334444|prod-1|555566667777 2026-12-01T10:00:00Z 2026-12-01T10:00:00Z",
        "partner=222233334444",
    ];
    let of = |facts: OfferFacts| state(Facts::Offer(Box::new(facts)));
    let decided = |linked| {
        let decision = Decision { linked, who: String::new(), why: String::new() };
        let mut facts = offer();
        facts.decisions.insert(opportunity_id("m"), register(decision, at(T0)));
        facts
    };
    let confirmed = OfferFacts { confirmed: fixed(opportunity_id("c")), ..offer() };
    let unreleased = OfferFacts { released: First::default(), ..offer() };
    #[rustfmt::skip]
    let cases: Vec<(&str, State, Vec<&str>)> = vec![
        ("released", of(offer()), own.to_vec()),
        ("not released: nothing to judge", of(unreleased), own.iter().filter(|key| !key.starts_with("judge")).copied().collect()),
        ("a stub", of(OfferFacts::default()), vec![]),
        ("confirmed", of(confirmed), [&own[..], &["uses=c 2026-12-01T10:00:00Z 2026-12-01T10:00:00Z"]].concat()),
        ("set by a person", of(decided(true)), [&own[..], &["uses=m 2026-12-01T10:00:00Z 2026-12-01T10:00:00Z"]].concat()),
        ("excluded by a person", of(decided(false)), own.to_vec()),
        ("inferred", linked(offer(), candidates(Basis::Inferred, &["a"], true)), [&own[..2], &["candidate=a"], &own[2..6], &["opportunity=a"], &own[6..], &["sole=a"]].concat()),
        ("ambiguous", linked(offer(), candidates(Basis::Ambiguous, &["a", "b"], false)), [&own[..2], &["candidate=a", "candidate=b"], &own[2..]].concat()),
        ("contested", linked(offer(), candidates(Basis::Ambiguous, &["a"], true)), [&own[..2], &["candidate=a"], &own[2..], &["sole=a"]].concat()),
    ];
    for (name, state, expected) in cases {
        assert_eq!(keys(&state), expected, "{name}");
    }
}

#[test]
fn keys_of_an_opportunity() {
    let of = |facts: OpportunityFacts| keys(&state(Facts::Opportunity(Box::new(facts))));
    let span = "2026-11-10T00:00:00Z 2026-12-31T23:59:59.999999Z";
    let place = |product: &str, buyer: &str, span: &str| {
        format!("window=222233334444|{product}|{buyer} {span}")
    };
    let all = [
        "buyer=555566667777".to_owned(),
        "buyer=666677778888".to_owned(),
        "partner=222233334444".to_owned(),
        place("code", BUYER, span),
        place("code", "666677778888", span),
        place("prod-1", BUYER, span),
        place("prod-1", "666677778888", span),
    ];
    assert_eq!(of(opportunity()), all);
    assert_eq!(of(OpportunityFacts::default()), Vec::<String>::new(), "a stub");
    let mut any = opportunity();
    let mut document = any.described.get().unwrap().clone();
    (document.buyers, document.end_date) = (vec![], None);
    document.products = vec![product("prod-1")];
    any.names = document.products.iter().cloned().collect();
    any.described = register(document, at(T0));
    let windows = |facts: OpportunityFacts| {
        of(facts).into_iter().filter(|key| key.starts_with("window")).collect::<Vec<_>>()
    };
    #[rustfmt::skip]
    let cases: Vec<(&str, OpportunityFacts, &str)> = vec![
        ("no end", any.clone(), "2026-11-10T00:00:00Z .."),
        ("no creation", OpportunityFacts { created: Fixed::default(), ..any.clone() }, ".. .."),
        ("draft later than its creation", OpportunityFacts { draft: Last::at(at(T0)), ..any.clone() }, "2026-12-01T10:00:00Z .."),
        ("restricted", OpportunityFacts { restricted: First::at(at(END)), ..any.clone() }, "2026-11-10T00:00:00Z 2026-12-11T10:00:00Z"),
    ];
    for (name, facts, span) in cases {
        assert_eq!(windows(facts), [place("prod-1", ANY_BUYER, span)], "{name}");
    }
}

#[test]
fn keys_of_an_agreement() {
    let own = [
        "buyer=555566667777",
        "offer=offer-1",
        "opportunity=resaleauthz-1",
        "partner=222233334444",
    ];
    let of = |facts: AgreementFacts| state(Facts::Agreement(Box::new(facts)));
    let cancelled = {
        let mut facts = agreement();
        let step = Cancellation { step: "approved".to_owned(), reason_code: None };
        facts.cancellations.insert("acr-1".to_owned().try_into().unwrap(), register(step, at(T0)));
        facts
    };
    let inferred = {
        let unnamed = AgreementFacts { authorization: Fixed::default(), ..agreement() };
        let opportunity = opportunity_id("inferred");
        let around = Surroundings {
            offer_link: Some((&Basis::Inferred, Some(&opportunity))),
            ..Surroundings::default()
        };
        let concluded = entitlement(&agreement_id("agmt-1"), &unnamed, around, at(T0));
        let concluded = Concluded { entitlement: concluded, ..Concluded::default() };
        State { facts: Facts::Agreement(Box::new(unnamed)), concluded }
    };
    let anyone = "succession=222233334444|* 2026-12-11T10:00:00Z 2026-12-11T10:00:00Z";
    let due = "read=license 2026-12-01T10:00:00Z 2026-12-01T10:00:00Z";
    let meets = "succession=222233334444|555566667777 2026-12-11T10:00:00Z 2026-12-11T10:00:00Z";
    #[rustfmt::skip]
    let cases: Vec<(&str, State, Vec<&str>)> = vec![
        ("created", of(agreement()), own.to_vec()),
        ("a stub", of(AgreementFacts::default()), vec![]),
        ("licensed", of(licensed(agreement())), [&own[..1], &["license=l-1"], &own[1..], &["slice=17"]].concat()),
        ("licensed, and AWS can be asked", of(askable(agreement())), [&own[..1], &["license=l-1"], &own[1..], &[due, "slice=17"]].concat()),
        ("licensed, and it ended", of(ended("cancelled", askable(agreement()))), [&own[..1], &["license=l-1"], &own[1..]].concat()),
        ("with a case", of(cancelled), [&own[..1], &["case=acr-1"], &own[1..]].concat()),
        ("linked through its offer", inferred, vec![own[0], own[1], "opportunity=inferred", own[3]]),
        ("renewed, by whom is not named", of(ended("renewed", agreement())), [&own[..], &[anyone, meets]].concat()),
        ("cancelled", of(ended("cancelled", agreement())), own.to_vec()),
    ];
    for (name, state, expected) in cases {
        assert_eq!(keys(&state), expected, "{name}");
    }
}

#[test]
fn open_findings_are_keys_of_any_stream() {
    let subject = StreamId::try_from("partner/222233334444".to_owned()).unwrap();
    let mut findings = Findings::new(&subject, None);
    findings.open(crate::finding::FindingKind::Undecidable, at(T0), (at(T0), at(T0)), []);
    let concluded = Concluded { findings: findings.finish(), ..Concluded::default() };
    let state = State { facts: Facts::none(StreamKind::Partner), concluded };
    assert_eq!(keys(&state), ["finding=undecidable"]);
}

#[test]
fn when_time_alone_may_change_something() {
    let of = |facts: AgreementFacts| state(Facts::Agreement(Box::new(facts)));
    let ends = || AgreementFacts { end: register(Some(at(END)), at(T0)), ..licensed(agreement()) };
    let starts = |facts| AgreementFacts { start: register(at(END), at(T0)), ..facts };
    let resold = || AgreementFacts {
        seen: [Seen { role: ViewRole::Proposer, us: Some(account(PARTNER)) }].into_iter().collect(),
        ..agreement()
    };
    let walk = Pending {
        kind: crate::event::PendingKind::Judge,
        value: "x".to_owned(),
        hi_from: 0,
        hi_to: 0,
        after: None,
        done: false,
    };
    let pending = {
        let mut state = State::none(StreamKind::Partner);
        state.fold(&Event::Pending(walk.clone()), at(T0));
        state
    };
    let done = {
        let mut state = pending.clone();
        state.fold(&Event::Pending(Pending { done: true, ..walk }), at(T0));
        state
    };
    let unnamed = || AgreementFacts { authorization: Fixed::default(), ..licensed(agreement()) };
    let yearly = || AgreementFacts {
        end: register(Some(at("2027-12-01T10:00:00Z")), at(T0)),
        ..licensed(agreement())
    };
    let offer = |basis| linked(offer(), candidates(basis, &["a"], false));
    let described = || state(Facts::Opportunity(Box::new(opportunity())));
    let early = "2026-11-01T00:00:00Z";
    #[rustfmt::skip]
    let cases: Vec<(&str, State, &str, Option<&str>)> = vec![
        ("a new agreement: its start", of(agreement()), early, Some(T0)),
        ("started: the license is missed a day later", of(agreement()), T0, Some("2026-12-02T10:00:00Z")),
        ("past that", of(agreement()), "2026-12-02T10:00:00Z", None),
        ("licensed", of(licensed(agreement())), T0, None),
        ("a partner's that names no authorization", of(unnamed()), T0, Some("2026-12-04T10:00:00Z")),
        ("and that is ended", of(ended("cancelled", unnamed())), "2026-12-02T10:00:00Z", Some("2026-12-04T10:00:00Z")),
        ("a yearly one: its first reminder", of(yearly()), T0, Some("2027-06-04T10:00:00Z")),
        ("its last reminder", of(yearly()), "2027-10-31T10:00:00Z", Some("2027-11-01T10:00:00Z")),
        ("another's product brings no license", of(resold()), T0, None),
        ("future-dated: its start", of(starts(licensed(agreement()))), T0, Some(END)),
        ("an hour after its end time", of(ends()), T0, Some("2026-12-11T11:00:00Z")),
        ("the last hour of an ended one", of(ended("cancelled", ends())), T0, Some("2026-12-11T11:00:00Z")),
        ("ended", of(ended("cancelled", ends())), "2026-12-11T11:00:00Z", None),
        ("a license without its agreement", of(licensed(AgreementFacts::default())), T0, Some("2026-12-02T10:00:00Z")),
        ("a stub", of(AgreementFacts::default()), T0, None),
        ("an unmatched offer", offer(Basis::Unmatched), T0, Some("2026-12-04T10:00:00Z")),
        ("an ambiguous offer", offer(Basis::Ambiguous), T0, Some("2026-12-04T10:00:00Z")),
        ("past its grace time", offer(Basis::Ambiguous), "2026-12-04T10:00:00Z", None),
        ("an inferred offer", offer(Basis::Inferred), T0, None),
        ("an opportunity: after its last day", described(), T0, Some("2027-01-01T00:00:00Z")),
        ("expired", described(), "2027-01-01T00:00:00Z", None),
        ("work is left: at once", pending, T0, Some("1970-01-01T00:00:00Z")),
        ("no work is left", done, T0, None),
        ("a seller", State::none(StreamKind::Seller), T0, None),
    ];
    for (name, state, judged, expected) in cases {
        assert_eq!(state.due_at(at(judged)), expected.map(at), "{name}");
    }
}

/// What is due is not early: a microsecond before, the status is still the one before.
#[test]
fn a_status_changes_when_it_is_due_and_not_before() {
    let future = AgreementFacts { start: register(at(END), at(T0)), ..licensed(agreement()) };
    let ending = ended("cancelled", agreement());
    for (name, facts, judged) in [("future-dated", future, T0), ("ending", ending, END)] {
        let state = state(Facts::Agreement(Box::new(facts)));
        let due = state.due_at(at(judged)).unwrap();
        let status = |now| crate::entitlement::status(state.agreement().unwrap(), now).unwrap().0;
        let before = Moment::from_micros(due.micros() - 1);
        assert_eq!(status(before), status(at(judged)), "{name}");
        assert_ne!(status(due), status(before), "{name}");
    }
}

#[test]
fn a_state_reads_back_as_it_was() {
    for kind in StreamKind::ALL {
        let mut state = State::none(kind);
        state.fold(
            &Event::Facts { slug: "x".to_owned(), facts: Gen::counted().facts(kind) },
            at(T0),
        );
        let json =
            (state.facts.to_json().unwrap(), serde_json::to_string(&state.concluded).unwrap());
        assert_eq!(State::from_json(kind, &json.0, &json.1).unwrap(), state, "{kind:?}");
        assert_eq!(state.concluded.judged_at, at(T0));
    }
}
