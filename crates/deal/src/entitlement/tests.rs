use super::*;
use crate::facts::agreement::LicenseFacts;
use crate::facts::reading::{Quantity, QuantityValue};
use crate::lattice::{Authority, First, Fixed, Last, Register};
use crate::sample::{
    BUYER, ISV, PARTNER, account, agreement_id, at, fixed, opportunity_id, register, witness,
};

fn seen(views: &[(ViewRole, Option<&str>)]) -> Few<Seen> {
    views.iter().map(|(role, us)| Seen { role: *role, us: us.map(account) }).collect()
}

/// Who saw it, the seller, the maker, whether an authorization is named, and the type.
type SaleCase<'a> =
    (&'a str, &'a [(ViewRole, Option<&'a str>)], Option<&'a str>, Option<&'a str>, bool, DealType);

/// The facts, and when it ends and why.
type EndCase<'a> = (&'a str, AgreementFacts, Option<(&'a str, &'a str)>);

/// The facts, now, and the status with when it began.
type StatusCase<'a> = (&'a str, AgreementFacts, &'a str, Option<(Status, &'a str)>);

#[test]
fn whose_sale_it_is() {
    use DealType::{Cppo, CppoIn, Private};
    use ViewRole::{Manufacturer, Other, Proposer, Publisher};
    let us = Some(ISV);
    let second = Some("444455556666");
    #[rustfmt::skip]
    let cases: &[SaleCase<'_>] = &[
        ("a partner's", &[(Manufacturer, us)], Some(PARTNER), None, true, Cppo),
        ("a partner's, its authorization unknown", &[(Manufacturer, us)], Some(PARTNER), None, false, Cppo),
        ("a partner's offer", &[(Manufacturer, us)], Some(PARTNER), us, false, Cppo),
        ("no account, as manufacturer", &[(Manufacturer, None)], Some(PARTNER), None, true, Cppo),
        ("no account, no role", &[(Other, None)], Some(PARTNER), None, false, Cppo),
        ("in no role that we know", &[(Other, us)], Some(PARTNER), None, false, Cppo),
        ("our own", &[(Proposer, us)], us, None, false, Private),
        ("our own offer", &[(Proposer, us)], us, us, false, Private),
        ("our own, its license told to the manufacturer", &[(Proposer, us), (Manufacturer, us)], us, None, false, Private),
        ("our own, without an account", &[(Proposer, None)], us, None, false, Private),
        ("our own, only its license seen", &[(Publisher, us)], us, None, false, Private),
        ("our own, its seller told by nobody", &[(Proposer, us), (Publisher, us)], None, None, false, Private),
        ("a partner's, only its license seen", &[(Publisher, us)], Some(PARTNER), None, false, Cppo),
        ("our other account's of our product, by the license", &[(Publisher, us), (Proposer, second)], second, None, true, Cppo),
        ("another's product", &[(Proposer, us)], us, None, true, CppoIn),
        ("another's product, by the maker that its offer names", &[(Proposer, us)], us, Some("999988887777"), false, CppoIn),
        ("both of our accounts: the manufacturer's view wins", &[(Manufacturer, us), (Proposer, second)], second, None, true, Cppo),
        ("no seller, as manufacturer", &[(Manufacturer, us)], None, None, false, Cppo),
        ("no seller, as proposer", &[(Proposer, us)], None, None, false, Private),
        ("no seller, as proposer, authorized", &[(Proposer, us)], None, None, true, CppoIn),
        ("no seller, no role", &[(Other, us)], None, None, false, Cppo),
        ("a stub that nobody saw", &[], None, None, false, Cppo),
        ("nobody of us, the maker sells", &[], us, us, false, Private),
    ];
    for (name, views, seller, maker, authorized, expected) in cases {
        let (seller, maker) = (seller.map(account), maker.map(account));
        let found = DealType::of(&seen(views), seller.as_ref(), maker.as_ref(), *authorized);
        assert_eq!(found, *expected, "{name}");
    }
}

const CREATED: &str = "2026-12-01T10:00:11Z";
const START: &str = "2026-12-01T10:00:00Z";
const END: &str = "2026-12-11T10:00:00Z";

fn created() -> AgreementFacts {
    AgreementFacts {
        created: First::at(at(CREATED)),
        acceptance: fixed(at(START)),
        start: register(at(START), at(CREATED)),
        seen: seen(&[(ViewRole::Manufacturer, Some(ISV))]),
        proposer: fixed(account(PARTNER)),
        acceptor: fixed(account(BUYER)),
        authorization: fixed(opportunity_id("resaleauthz-1")),
        ..AgreementFacts::default()
    }
}

fn ended(facts: AgreementFacts, word: &str, time: &str) -> AgreementFacts {
    let said = witness(Authority::Ended, at(time), time);
    AgreementFacts {
        ended: Fixed::said(Some(word.to_owned()), &said),
        ended_first: crate::lattice::First::at(said.at),
        ..facts
    }
}

fn licensed(
    mut facts: AgreementFacts,
    id: &str,
    updated: Option<&str>,
    deprovisioned: Option<&str>,
) -> AgreementFacts {
    let license = LicenseFacts {
        updated: updated.map(|time| Last::at(at(time))).unwrap_or_default(),
        deprovisioned: deprovisioned.map(|time| First::at(at(time))).unwrap_or_default(),
        ..LicenseFacts::default()
    };
    facts.licenses.insert(id.to_owned().try_into().unwrap(), license);
    facts
}

#[test]
fn when_it_ends_and_why() {
    let earlier = "2026-12-10T10:00:00Z";
    let gone = |facts, id| licensed(facts, id, None, Some(END));
    #[rustfmt::skip]
    let cases: Vec<EndCase<'_>> = vec![
        ("nothing said", created(), None),
        ("ended", ended(created(), "cancelled", END), Some((END, "cancelled"))),
        ("ended before it was created", ended(AgreementFacts::default(), "expired", END), Some((END, "expired"))),
        ("a license held", licensed(created(), "l-1", Some(START), None), None),
        ("the only license deprovisioned", gone(created(), "l-1"), Some((END, "deprovisioned"))),
        ("deprovisioned, then updated late", licensed(created(), "l-1", Some("2026-12-12T10:00:00Z"), Some(END)), Some((END, "deprovisioned"))),
        ("one of two deprovisioned", licensed(gone(created(), "l-1"), "l-2", Some(START), None), None),
        ("both deprovisioned: the last one", licensed(gone(created(), "l-1"), "l-2", None, Some(earlier)), Some((END, "deprovisioned"))),
        ("a newer license revives", licensed(gone(created(), "l-1"), "l-2", Some("2026-12-12T10:00:00Z"), None), None),
        ("but not what AWS ended", ended(licensed(gone(created(), "l-1"), "l-2", Some("2026-12-12T10:00:00Z"), None), "cancelled", END), Some((END, "cancelled"))),
        ("deprovisioned before AWS's end", ended(licensed(created(), "l-1", None, Some(earlier)), "terminated", END), Some((earlier, "terminated"))),
        ("deprovisioned after AWS's end", ended(gone(created(), "l-1"), "terminated", earlier), Some((earlier, "terminated"))),
        ("its end time alone ends nothing", AgreementFacts { end: register(Some(at(START)), at(CREATED)),..created() }, None),
        ("an advisory suspends nothing", AgreementFacts { advisory: register(true, at(START)),..created() }, None),
    ];
    for (name, facts, expected) in cases {
        let expected =
            expected.map(|(time, reason)| End { at: at(time), reason: reason.to_owned() });
        assert_eq!(end(&facts), expected, "{name}");
    }
}

#[test]
fn what_the_buyer_may_do_now() {
    use Status::{Active, Ended, Ending, Scheduled};
    let future =
        || AgreementFacts { start: register(at("2027-01-15T00:00:00Z"), at(CREATED)), ..created() };
    let ends = || ended(created(), "cancelled", END);
    #[rustfmt::skip]
    let cases: Vec<StatusCase<'_>> = vec![
        ("not created", AgreementFacts::default(), START, None),
        ("licensed and not created", licensed(AgreementFacts::default(), "l-1", Some(START), None), START, None),
        ("ended and not created", ended(AgreementFacts::default(), "expired", END), END, None),
        ("just before its start", created(), "2026-12-01T09:59:59.999999Z", Some((Scheduled, CREATED))),
        ("at its start", created(), START, Some((Active, START))),
        ("without a start: its acceptance", AgreementFacts { start: Register::default(),..created() }, CREATED, Some((Active, START))),
        ("without either: its creation", AgreementFacts { start: Register::default(), acceptance: Fixed::default(),..created() }, CREATED, Some((Active, CREATED))),
        ("future-dated", future(), END, Some((Scheduled, CREATED))),
        ("future-dated, a microsecond before", future(), "2027-01-14T23:59:59.999999Z", Some((Scheduled, CREATED))),
        ("future-dated, at its start", future(), "2027-01-15T00:00:00Z", Some((Active, "2027-01-15T00:00:00Z"))),
        ("future-dated and cancelled before", ended(future(), "cancelled", END), END, Some((Ending, END))),
        ("at its end", ends(), END, Some((Ending, END))),
        ("59:59.999999 after its end", ends(), "2026-12-11T10:59:59.999999Z", Some((Ending, END))),
        ("an hour after its end", ends(), "2026-12-11T11:00:00Z", Some((Ended, "2026-12-11T11:00:00Z"))),
        ("years after its end", ends(), "2030-01-01T00:00:00Z", Some((Ended, "2026-12-11T11:00:00Z"))),
        ("past its end time", AgreementFacts { end: register(Some(at(END)), at(CREATED)),..created() }, "2030-01-01T00:00:00Z", Some((Active, START))),
    ];
    for (name, facts, now, expected) in cases {
        let expected = expected.map(|(status, since)| (status, at(since)));
        assert_eq!(status(&facts, at(now)), expected, "{name}");
    }
}

/// What each license grants, as read (absent: it was not), and what is published.
#[test]
fn quantities_are_unknown_until_every_license_is_read() {
    let read = |facts: &mut AgreementFacts, id: &str, seats: Option<i64>| {
        let seats = seats.map(|number| Quantity {
            dimension: "seats".to_owned(),
            value: QuantityValue::Integer(number),
            expires: Some(at(END)),
        });
        let quantities = register(seats.into_iter().collect(), at(CREATED));
        let license = facts.licenses.get_mut(&LicenseId::from_arn(id).unwrap()).unwrap();
        license.reading.quantities = quantities;
    };
    let held = Some("2026-12-01T10:01:00Z");
    let two = || licensed(licensed(created(), "l-1", held, None), "l-2", held, None);
    let shown = |facts: &AgreementFacts| {
        let around = Surroundings::default();
        let it = entitlement(&agreement_id("agmt-1"), facts, around, at(CREATED)).unwrap();
        let words = it
            .quantities
            .iter()
            .map(|it| format!("{} {} {}", it.license, it.kind, it.value.as_deref().unwrap_or("-")));
        let quantities: Vec<String> = words.collect();
        (it.unknown.contains(&"quantities".to_owned()), quantities)
    };
    let mut facts = two();
    assert_eq!(shown(&facts), (true, vec![]));
    read(&mut facts, "l-2", Some(250));
    assert_eq!(shown(&facts), (true, vec!["l-2 integer 250".to_owned()]));
    read(&mut facts, "l-1", None);
    assert_eq!(shown(&facts), (false, vec!["l-2 integer 250".to_owned()]));
    let gone = licensed(facts.clone(), "l-2", held, Some("2026-12-02T10:00:00Z"));
    assert_eq!(shown(&gone), (false, vec![]), "what is deprovisioned grants nothing");
    assert!(!shown(&ended(two(), "cancelled", CREATED)).0, "nobody asks any more");
}

#[test]
fn what_is_published_of_it() {
    let id = agreement_id("agmt-1");
    let now = at("2026-12-05T00:00:00Z");
    let published = |facts: &AgreementFacts, around| entitlement(&id, facts, around, now).unwrap();
    let confirmed = published(&created(), Surroundings::default());
    assert_eq!((confirmed.deal_type, confirmed.basis), (DealType::Cppo, Some(Basis::Confirmed)));
    assert_eq!(confirmed.partner, Some(account(PARTNER)));
    assert_eq!(confirmed.unknown, ["license", "offer", "product", "quantities"]);
    let unnamed = AgreementFacts { authorization: Fixed::default(), ..created() };
    assert_eq!(published(&unnamed, Surroundings::default()).basis, Some(Basis::Unmatched));
    let inferred = opportunity_id("resaleauthz-2");
    let around = Surroundings {
        offer_link: Some((&Basis::Inferred, Some(&inferred))),
        ..Surroundings::default()
    };
    let by_offer = published(&unnamed, around);
    assert_eq!(
        (by_offer.basis, by_offer.opportunity),
        (Some(Basis::Inferred), Some(inferred.clone()))
    );
    assert_eq!(
        published(&created(), around).opportunity,
        Some(opportunity_id("resaleauthz-1")),
        "what it names counts"
    );
    let own = AgreementFacts { seen: seen(&[(ViewRole::Proposer, Some(PARTNER))]), ..unnamed };
    let own = published(&own, around);
    assert_eq!(
        (own.deal_type, own.basis, own.opportunity, own.partner),
        (DealType::Private, None, None, None)
    );
    let (held, gone) = (Some("2026-12-01T10:01:00Z"), Some("2026-12-02T10:00:00Z"));
    let licensed = licensed(licensed(created(), "l-1", held, gone), "l-2", held, None);
    let licensed = published(&licensed, Surroundings::default());
    assert_eq!(licensed.licenses.iter().map(ToString::to_string).collect::<Vec<_>>(), ["l-2"]);
    assert_eq!((licensed.status, licensed.license_state), (Status::Active, LicenseState::Held));
    assert_eq!(licensed.unknown, ["offer", "product", "quantities"]);
}
