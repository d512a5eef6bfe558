use std::collections::BTreeSet;

use marketplace::catalog::{Counters, ResaleAuthorization, Terms};

use super::*;
use crate::facts::offer::Decision;
use crate::lattice::{First, Fixed, Last};
use crate::sample::{BUYER, ISV, PARTNER, account, at, fixed, opportunity_id, product, register};

/// When the offer of every case is released.
const RELEASED: &str = "2026-12-01T10:00:00Z";
const ID: &str = "resaleauthz-1";

fn offer() -> OfferFacts {
    OfferFacts {
        released: First::at(at(RELEASED)),
        seller: fixed(account(PARTNER)),
        manufacturer: fixed(account(ISV)),
        products: [product("prod-1")].into_iter().collect(),
        buyers: register(vec![account(BUYER)], at(RELEASED)),
        ..OfferFacts::default()
    }
}

fn document() -> ResaleAuthorization {
    ResaleAuthorization {
        id: opportunity_id(ID),
        last_modified: at("2026-11-10T10:00:00Z").timestamp(),
        name: None,
        description: None,
        products: vec![product("prod-1")],
        product_title: None,
        status: Some("Active".to_owned()),
        created: None,
        manufacturer: None,
        reseller: None,
        reseller_name: None,
        reseller_role: None,
        end_date: Some("2026-12-31".parse().unwrap()),
        max_offers: Some(1),
        buyers: vec![account(BUYER)],
        renewal: None,
        counters: None,
        terms: Terms::default(),
    }
}

/// An opportunity that fits, with another description.
fn opportunity(change: impl FnOnce(&mut ResaleAuthorization)) -> OpportunityFacts {
    let mut document = document();
    change(&mut document);
    OpportunityFacts {
        names: document.products.iter().cloned().collect(),
        described: register(Box::new(document), at("2026-11-10T10:00:00Z")),
        created: fixed(at("2026-11-10T09:00:00Z")),
        reseller: fixed(account(PARTNER)),
        ..OpportunityFacts::default()
    }
}

fn products(offer: &OfferFacts) -> BTreeSet<&ProductName> {
    offer.products.iter().collect()
}

/// An offer and an opportunity that fits it, with something changed, and the answer of one rule.
type Case = (Rule, &'static str, fn(&mut OfferFacts, &mut OpportunityFacts), u32, Answer);

fn describe(facts: &mut OpportunityFacts, change: impl FnOnce(&mut ResaleAuthorization)) {
    let changed = opportunity(change);
    (facts.described, facts.names) = (changed.described, changed.names);
}

#[rustfmt::skip]
const RULES: &[Case] = {
    use Answer::{No, Unknown, Yes};
    &[
        (Rule::Reseller, "the same account", |_, _| {}, 0, Yes),
        (Rule::Reseller, "another account", |_, r| r.reseller = fixed(account("333344445555")), 0, No),
        (Rule::Reseller, "no seller", |o, _| o.seller = Fixed::default(), 0, Unknown),
        (Rule::Reseller, "no reseller", |_, r| r.reseller = Fixed::default(), 0, Unknown),
        (Rule::Product, "one name in common", |_, _| {}, 0, Yes),
        (Rule::Product, "one of several", |_, r| describe(r, |d| d.products = vec![product("code"), product("prod-1")]), 0, Yes),
        (Rule::Product, "another name", |_, r| describe(r, |d| d.products = vec![product("prod-2")]), 0, No),
        (Rule::Product, "offer of no product", |o, _| o.products = [].into_iter().collect(), 0, Unknown),
        (Rule::Product, "opportunity of no product", |_, r| describe(r, |d| d.products.clear()), 0, Unknown),
        (Rule::Created, "before the offer", |_, _| {}, 0, Yes),
        (Rule::Created, "14:59 after it", |_, r| r.created = fixed(at("2026-12-01T10:14:59Z")), 0, Yes),
        (Rule::Created, "15:00 after it", |_, r| r.created = fixed(at("2026-12-01T10:15:00Z")), 0, Yes),
        (Rule::Created, "15:01 after it", |_, r| r.created = fixed(at("2026-12-01T10:15:01Z")), 0, No),
        (Rule::Created, "never", |_, r| r.created = Fixed::default(), 0, Unknown),
        (Rule::Created, "offer not released", |o, _| o.released = First::default(), 0, Unknown),
        (Rule::Released, "never seen as Draft", |_, _| {}, 0, Yes),
        (Rule::Released, "Draft before the offer", |_, r| r.draft = Last::at(at("2026-12-01T09:00:00Z")), 0, Yes),
        (Rule::Released, "Draft 14:59 after it", |_, r| r.draft = Last::at(at("2026-12-01T10:14:59Z")), 0, Yes),
        (Rule::Released, "Draft 15:00 after it", |_, r| r.draft = Last::at(at("2026-12-01T10:15:00Z")), 0, No),
        (Rule::Released, "Draft 15:01 after it", |_, r| r.draft = Last::at(at("2026-12-01T10:15:01Z")), 0, No),
        (Rule::Released, "offer not released", |o, _| o.released = First::default(), 0, Unknown),
        (Rule::Restricted, "never seen as Restricted", |_, _| {}, 0, Yes),
        (Rule::Restricted, "Restricted after the offer", |_, r| r.restricted = First::at(at("2026-12-01T11:00:00Z")), 0, Yes),
        (Rule::Restricted, "Restricted 14:59 before it", |_, r| r.restricted = First::at(at("2026-12-01T09:45:01Z")), 0, Yes),
        (Rule::Restricted, "Restricted 15:00 before it", |_, r| r.restricted = First::at(at("2026-12-01T09:45:00Z")), 0, No),
        (Rule::Restricted, "Restricted 15:01 before it", |_, r| r.restricted = First::at(at("2026-12-01T09:44:59Z")), 0, No),
        (Rule::Restricted, "offer not released", |o, _| o.released = First::default(), 0, Unknown),
        (Rule::EndDate, "before it", |_, _| {}, 0, Yes),
        (Rule::EndDate, "none", |_, r| describe(r, |d| d.end_date = None), 0, Yes),
        (Rule::EndDate, "on the day", |_, r| describe(r, |d| d.end_date = Some("2026-12-01".parse().unwrap())), 0, Yes),
        (Rule::EndDate, "the day before", |_, r| describe(r, |d| d.end_date = Some("2026-11-30".parse().unwrap())), 0, No),
        (Rule::EndDate, "23:59:59 of the day", |o, _| o.released = First::at(at("2026-12-31T23:59:59Z")), 0, Yes),
        (Rule::EndDate, "14:59 past it", |o, _| o.released = First::at(at("2027-01-01T00:14:59Z")), 0, Yes),
        (Rule::EndDate, "15:00 past it", |o, _| o.released = First::at(at("2027-01-01T00:15:00Z")), 0, No),
        (Rule::EndDate, "15:01 past it", |o, _| o.released = First::at(at("2027-01-01T00:15:01Z")), 0, No),
        (Rule::EndDate, "offer not released", |o, _| o.released = First::default(), 0, Unknown),
        (Rule::Buyers, "the same one", |_, _| {}, 0, Yes),
        (Rule::Buyers, "any is allowed", |_, r| describe(r, |d| d.buyers.clear()), 0, Yes),
        (Rule::Buyers, "one of two allowed", |_, r| describe(r, |d| d.buyers.push(account("666677778888"))), 0, Yes),
        (Rule::Buyers, "two, one allowed", |o, _| o.buyers = register(vec![account(BUYER), account("666677778888")], at(RELEASED)), 0, No),
        (Rule::Buyers, "another", |o, _| o.buyers = register(vec![account("666677778888")], at(RELEASED)), 0, No),
        (Rule::Buyers, "none targeted", |o, _| o.buyers = Register::default(), 0, Unknown),
        (Rule::Buyers, "none targeted, any is allowed", |o, r| { o.buyers = Register::default(); describe(r, |d| d.buyers.clear()); }, 0, Yes),
        (Rule::Quantity, "unused", |_, _| {}, 0, Yes),
        (Rule::Quantity, "used up", |_, _| {}, 1, No),
        (Rule::Quantity, "one of two left", |_, r| describe(r, |d| d.max_offers = Some(2)), 1, Yes),
        (Rule::Quantity, "two of two used", |_, r| describe(r, |d| d.max_offers = Some(2)), 2, No),
        (Rule::Quantity, "any number", |_, r| describe(r, |d| d.max_offers = None), 1_000, Yes),
        (Rule::NotExcluded, "no decision", |_, _| {}, 0, Yes),
        (Rule::NotExcluded, "linked by a person", |o, _| decide(o, ID, true, RELEASED), 0, Yes),
        (Rule::NotExcluded, "excluded by a person", |o, _| decide(o, ID, false, RELEASED), 0, No),
        (Rule::NotExcluded, "another excluded", |o, _| decide(o, "resaleauthz-2", false, RELEASED), 0, Yes),
    ]
};

use crate::lattice::Register;

fn decide(offer: &mut OfferFacts, id: &str, linked: bool, time: &str) {
    let decision = Decision { linked, who: "ann".to_owned(), why: "she knows".to_owned() };
    offer.decisions.insert(opportunity_id(id), register(decision, at(time)));
}

#[test]
fn each_rule_answers_yes_no_or_unknown() {
    for (rule, name, change, used_by_others, expected) in RULES {
        let (mut offer, mut facts) = (offer(), opportunity(|_| {}));
        change(&mut offer, &mut facts);
        let (id, products) = (opportunity_id(ID), products(&offer));
        let subject = Subject { offer: &offer, products: &products };
        let candidate = Candidate { id: &id, facts: &facts, used_by_others: *used_by_others };
        assert_eq!(answer(*rule, subject, candidate), *expected, "{}: {name}", rule.word());
        let verdicts = explain(subject, candidate);
        let told = verdicts.iter().find(|verdict| verdict.rule == *rule).unwrap();
        assert_eq!(told.answer, *expected, "{}: {name}, explained", rule.word());
        assert!(!told.offer.is_empty() && !told.opportunity.is_empty(), "{}: {name}", rule.word());
        let eligible = verdicts.iter().all(|verdict| verdict.answer == Answer::Yes);
        assert_eq!(is_eligible(subject, candidate), eligible, "{}: {name}", rule.word());
        if *expected != Answer::Yes {
            assert!(!is_eligible(subject, candidate), "only all yes is eligible: {name}");
        }
    }
    let tested: BTreeSet<Rule> = RULES.iter().map(|case| case.0).collect();
    assert_eq!(tested.len(), Rule::ALL.len(), "every rule has cases");
}

#[test]
fn an_alias_is_the_same_product() {
    let (offer, id) = (offer(), opportunity_id(ID));
    let facts = opportunity(|doc| doc.products = vec![product("0f9e-uuid")]);
    let candidate = Candidate { id: &id, facts: &facts, used_by_others: 0 };
    let (prod, uuid) = (product("prod-1"), product("0f9e-uuid"));
    let known = |names: &BTreeSet<&ProductName>| {
        is_eligible(Subject { offer: &offer, products: names }, candidate)
    };
    assert!(!known(&BTreeSet::from([&prod])));
    assert!(known(&BTreeSet::from([&prod, &uuid])));
}

#[test]
fn a_stub_is_never_eligible() {
    let (offer, id) = (offer(), opportunity_id(ID));
    let products = products(&offer);
    let subject = Subject { offer: &offer, products: &products };
    let facts = OpportunityFacts { described: Register::default(), ..opportunity(|_| {}) };
    assert!(!is_eligible(subject, Candidate { id: &id, facts: &facts, used_by_others: 0 }));
}

/// Opportunities by id, each with how many others use it.
type Field = Vec<(&'static str, OpportunityFacts, u32)>;

fn linked(offer: &OfferFacts, field: &Field) -> Link {
    with_candidates(offer, field, link)
}

fn with_candidates<T>(
    offer: &OfferFacts,
    field: &Field,
    ask: impl FnOnce(Subject<'_>, &[Candidate<'_>]) -> T,
) -> T {
    let ids: Vec<OpportunityId> = field.iter().map(|(id, ..)| opportunity_id(id)).collect();
    let candidates: Vec<Candidate<'_>> = ids
        .iter()
        .zip(field)
        .map(|(id, (_, facts, used_by_others))| Candidate {
            id,
            facts,
            used_by_others: *used_by_others,
        })
        .collect();
    let products = products(offer);
    ask(Subject { offer, products: &products }, &candidates)
}

#[test]
fn how_an_opportunity_is_known() {
    let fits = || opportunity(|_| {});
    let wrong = || opportunity(|doc| doc.products = vec![product("prod-2")]);
    let confirmed = |id| OfferFacts { confirmed: fixed(opportunity_id(id)), ..offer() };
    let decided = |decisions: &[(&str, bool, &str)]| {
        let mut offer = offer();
        for (id, is_linked, time) in decisions {
            decide(&mut offer, id, *is_linked, time);
        }
        offer
    };
    // The offer, the opportunities, and the link: basis and opportunity.
    #[rustfmt::skip]
    let cases: Vec<(&str, OfferFacts, Field, Basis, Option<&str>)> = vec![
        ("nothing known", offer(), vec![], Basis::Unmatched, None),
        ("none fits", offer(), vec![("a", wrong(), 0)], Basis::Unmatched, None),
        ("one fits", offer(), vec![("a", fits(), 0), ("b", wrong(), 0)], Basis::Inferred, Some("a")),
        ("two fit", offer(), vec![("a", fits(), 0), ("b", fits(), 0)], Basis::Ambiguous, None),
        ("one of two is used up", offer(), vec![("a", fits(), 1), ("b", fits(), 0)], Basis::Inferred, Some("b")),
        ("both are used up", offer(), vec![("a", fits(), 1), ("b", fits(), 1)], Basis::Unmatched, None),
        ("confirmed", confirmed("a"), vec![("a", fits(), 0), ("b", fits(), 0)], Basis::Confirmed, Some("a")),
        ("confirmed though it does not fit", confirmed("b"), vec![("a", fits(), 0), ("b", wrong(), 0)], Basis::Confirmed, Some("b")),
        ("confirmed and never seen", confirmed("c"), vec![("a", fits(), 0)], Basis::Confirmed, Some("c")),
        ("manual", decided(&[("b", true, RELEASED)]), vec![("a", fits(), 0)], Basis::Manual, Some("b")),
        ("the later decision", decided(&[("a", true, RELEASED), ("b", true, "2026-12-02T10:00:00Z")]), vec![], Basis::Manual, Some("b")),
        ("another excluded since", decided(&[("b", true, RELEASED), ("a", false, "2026-12-02T10:00:00Z")]), vec![("a", fits(), 0)], Basis::Manual, Some("b")),
        ("linked, then unlinked", decided(&[("a", false, RELEASED)]), vec![("a", fits(), 0)], Basis::Unmatched, None),
        ("excluded, the other fits", decided(&[("a", false, RELEASED)]), vec![("a", fits(), 0), ("b", fits(), 0)], Basis::Inferred, Some("b")),
    ];
    for (name, offer, field, basis, opportunity) in cases {
        let link = linked(&offer, &field);
        let found = (link.basis, link.opportunity.as_ref().map(OpportunityId::as_str));
        assert_eq!(found, (basis, opportunity), "{name}");
    }
    let mut overruled = confirmed("a");
    decide(&mut overruled, "b", true, "2026-12-09T10:00:00Z");
    assert_eq!(
        linked(&overruled, &vec![]).opportunity,
        Some(opportunity_id("a")),
        "confirmed is final"
    );
}

#[test]
fn the_specific_ranks_first_and_the_order_of_candidates_does_not_matter() {
    // From the first to the last rank.
    let field: Field = vec![
        ("named-single", opportunity(|_| {}), 0),
        (
            "named-single-offered",
            opportunity(|doc| {
                doc.counters = Some(Counters { extended_status: None, offers_created: Some(1) });
            }),
            0,
        ),
        ("named-many-short", opportunity(|doc| doc.max_offers = None), 0),
        (
            "named-many-long",
            opportunity(|doc| {
                (doc.max_offers, doc.end_date) = (None, Some("2027-12-31".parse().unwrap()));
            }),
            0,
        ),
        (
            "named-many-long-z",
            opportunity(|doc| {
                (doc.max_offers, doc.end_date) = (None, Some("2027-12-31".parse().unwrap()));
            }),
            0,
        ),
        ("any-single", opportunity(|doc| doc.buyers.clear()), 0),
        (
            "any-many",
            opportunity(|doc| {
                doc.buyers.clear();
                doc.max_offers = None;
            }),
            0,
        ),
        (
            "any-many-endless",
            opportunity(|doc| {
                doc.buyers.clear();
                (doc.max_offers, doc.end_date) = (None, None);
            }),
            0,
        ),
    ];
    let expected: Vec<OpportunityId> = field.iter().map(|(id, ..)| opportunity_id(id)).collect();
    let mut rng = fastrand::Rng::with_seed(7);
    for _ in 0..50 {
        let mut shuffled = field.clone();
        rng.shuffle(&mut shuffled);
        let link = linked(&offer(), &shuffled);
        assert_eq!(link.candidates, expected);
        assert_eq!((link.basis, link.eligible, link.single_use), (Basis::Ambiguous, 8, false));
    }
}

#[test]
fn counters_rank_and_decide_nothing() {
    let verdicts = |facts: &OpportunityFacts| {
        with_candidates(&offer(), &vec![("a", facts.clone(), 0)], |subject, candidates| {
            candidates.iter().flat_map(|candidate| explain(subject, *candidate)).collect::<Vec<_>>()
        })
    };
    let statuses =
        [None, Some("Not Started"), Some("Completed-Used"), Some("Completed-Usable"), Some("New")];
    for status in statuses {
        for count in [None, Some(0), Some(1), Some(u64::MAX)] {
            let counted = |doc: &mut ResaleAuthorization| {
                let extended_status = status.map(str::to_owned);
                doc.counters = Some(Counters { extended_status, offers_created: count });
            };
            let (case, fits) = ((status, count), opportunity(counted));
            let plain = opportunity(|_| {});
            assert_eq!(verdicts(&fits), verdicts(&plain), "{case:?}");
            let wrong = opportunity(|doc| {
                counted(doc);
                doc.products.clear();
            });
            let fields: [(Field, Basis); 4] = [
                (vec![("a", fits.clone(), 0)], Basis::Inferred),
                (vec![("a", fits.clone(), 0), ("b", plain.clone(), 0)], Basis::Ambiguous),
                (vec![("a", wrong, 0)], Basis::Unmatched),
                (vec![("a", fits.clone(), 1)], Basis::Unmatched),
            ];
            for (field, basis) in fields {
                assert_eq!(linked(&offer(), &field).basis, basis, "{case:?}");
            }
            let offered = count.is_some_and(|count| count > 0)
                || status.is_some_and(|status| status.starts_with("Completed"));
            let ranked = linked(&offer(), &vec![("a", fits, 0), ("b", plain, 0)]).candidates;
            let first = if offered { "b" } else { "a" };
            assert_eq!(ranked[0].as_str(), first, "{case:?}");
        }
    }
}

#[test]
fn a_single_use_opportunity_can_be_contested() {
    let single = linked(&offer(), &vec![("a", opportunity(|_| {}), 0)]);
    assert_eq!(single.sole().map(OpportunityId::as_str), Some("a"));
    let contested = single.clone().with_contest(true);
    assert_eq!((contested.basis, &contested.opportunity), (Basis::Ambiguous, &None));
    assert_eq!(contested.sole(), single.sole(), "it stays the only one");
    assert_eq!(contested.with_contest(false), single, "and may be settled again");
    let many = linked(&offer(), &vec![("a", opportunity(|doc| doc.max_offers = None), 0)]);
    let two = linked(&offer(), &vec![("a", opportunity(|_| {}), 0), ("b", opportunity(|_| {}), 0)]);
    let none = linked(&offer(), &vec![]);
    let confirmed = OfferFacts { confirmed: fixed(opportunity_id("a")), ..offer() };
    let confirmed = linked(&confirmed, &vec![("a", opportunity(|_| {}), 0)]);
    for link in [many, two, none, confirmed] {
        assert_eq!(link.sole(), None);
        assert_eq!(link.clone().with_contest(true), link, "nothing to contest");
    }
}

#[test]
fn the_evidence_alone_singles_out_what_fits_whoever_used_it() {
    let (fits, wrong) = (opportunity(|_| {}), opportunity(|doc| doc.products.clear()));
    #[rustfmt::skip]
    let cases: [(&str, Field, Option<&str>); 4] = [
        ("the only one", vec![("a", fits.clone(), 0), ("b", wrong.clone(), 0)], Some("a")),
        ("used up by another", vec![("a", fits.clone(), 1), ("b", wrong.clone(), 0)], Some("a")),
        ("two", vec![("a", fits.clone(), 0), ("b", fits, 1)], None),
        ("none", vec![("b", wrong, 0)], None),
    ];
    for (name, field, expected) in cases {
        let confirmed = OfferFacts { confirmed: fixed(opportunity_id("b")), ..offer() };
        let found = with_candidates(&confirmed, &field, |subject, candidates| {
            singled_out(subject, candidates).map(ToString::to_string)
        });
        assert_eq!(found.as_deref(), expected, "{name}");
    }
}
