use super::*;
use crate::lattice::{Authority, First, Fixed};
use crate::sample::{BUYER, PARTNER, account, agreement_id, at, fixed, product, witness};

/// An agreement of one partner, buyer and product.
fn agreement() -> AgreementFacts {
    AgreementFacts {
        created: First::at(at("2026-01-01T00:00:11Z")),
        acceptance: fixed(at("2026-01-01T00:00:00Z")),
        proposer: fixed(account(PARTNER)),
        acceptor: fixed(account(BUYER)),
        products: [product("prod-1")].into_iter().collect(),
        ..AgreementFacts::default()
    }
}

fn ended(word: &str, time: &str) -> AgreementFacts {
    let said = witness(Authority::Ended, at(time), "ended");
    AgreementFacts { ended: Fixed::said(Some(word.to_owned()), &said), ..agreement() }
}

fn began(intent: &str, time: &str) -> AgreementFacts {
    AgreementFacts {
        intent: fixed(intent.to_owned()),
        acceptance: fixed(at(time)),
        created: First::at(at(time)),
        ..agreement()
    }
}

fn of_product(name: &str, facts: AgreementFacts) -> AgreementFacts {
    AgreementFacts { products: [product(name)].into_iter().collect(), ..facts }
}

/// A partner that was told that two names mean one product.
fn partner() -> PartnerFacts {
    let aliases = [(product("code-1"), product("prod-1"))].into_iter().collect();
    PartnerFacts { aliases, ..PartnerFacts::default() }
}

/// `old>new` for each match, `id?` for each ambiguity.
fn matched(agreements: &[(&str, AgreementFacts)]) -> Vec<String> {
    let ids: Vec<AgreementId> = agreements.iter().map(|(id, _)| agreement_id(id)).collect();
    let pairs = ids.iter().zip(agreements).map(|(id, (_, facts))| (id, facts));
    let succession = match_all(&partner(), pairs);
    let successors = succession.successors.iter().map(|(old, new)| format!("{old}>{new}"));
    let found: Vec<String> =
        successors.chain(succession.ambiguous.keys().map(|id| format!("{id}?"))).collect();
    for (old, new) in &succession.successors {
        assert_eq!(succession.predecessor(new), Some(old));
    }
    found
}

const MARCH: &str = "2026-03-01T12:00:00Z";
const LATER: &str = "2027-03-01T12:00:00Z";

/// Agreements by id, and who succeeds whom.
type MatchCase<'a> = (&'a str, Vec<(&'a str, AgreementFacts)>, &'a [&'a str]);

#[test]
fn who_succeeds_whom() {
    let renewed = || ended("renewed", MARCH);
    let again = || AgreementFacts { ended: ended("renewed", LATER).ended, ..began("RENEW", MARCH) };
    let renews = || began("RENEW", MARCH);
    let named =
        |facts: AgreementFacts| AgreementFacts { previous: fixed(agreement_id("z")), ..facts };
    let succeeded =
        |facts: AgreementFacts| AgreementFacts { successor: fixed(agreement_id("z")), ..facts };
    #[rustfmt::skip]
    let cases: Vec<MatchCase<'_>> = vec![
        ("nobody", vec![], &[]),
        ("an end and a renewal", vec![("a", renewed()), ("b", renews())], &["a>b"]),
        ("an end and a replacement", vec![("a", ended("replaced", MARCH)), ("b", began("REPLACE", MARCH))], &["a>b"]),
        ("a day apart", vec![("a", renewed()), ("b", began("RENEW", "2026-03-02T12:00:00Z"))], &["a>b"]),
        ("a day and a second apart", vec![("a", renewed()), ("b", began("RENEW", "2026-03-02T12:00:01Z"))], &[]),
        ("a day before", vec![("a", renewed()), ("b", began("RENEW", "2026-02-28T12:00:00Z"))], &["a>b"]),
        ("a day and a second before", vec![("a", renewed()), ("b", began("RENEW", "2026-02-28T11:59:59Z"))], &[]),
        ("another product", vec![("a", renewed()), ("b", of_product("prod-2", renews()))], &[]),
        ("another name of the product", vec![("a", of_product("code-1", renewed())), ("b", renews())], &["a>b"]),
        ("no product known", vec![("a", renewed()), ("b", AgreementFacts { products: [].into_iter().collect(),..renews() })], &[]),
        ("an end that is no renewal", vec![("a", ended("expired", MARCH)), ("b", renews())], &[]),
        ("a new agreement", vec![("a", renewed()), ("b", began("NEW", MARCH))], &[]),
        ("no end", vec![("a", agreement()), ("b", renews())], &[]),
        ("the new one names another", vec![("a", renewed()), ("b", named(renews()))], &[]),
        ("the old one is named by another", vec![("a", succeeded(renewed())), ("b", renews())], &[]),
        ("two renewals", vec![("a", renewed()), ("b", renews()), ("c", renews())], &["a?", "b?", "c?"]),
        ("two ends", vec![("a", renewed()), ("b", renewed()), ("c", renews())], &["a?", "b?", "c?"]),
        ("two pairs of two products", vec![("a", renewed()), ("b", renews()), ("c", of_product("p", renewed())), ("d", of_product("p", renews()))], &["a>b", "c>d"]),
        ("renewed, and renewed again", vec![("a", renewed()), ("b", again()), ("c", began("RENEW", LATER))], &["a>b", "b>c"]),
        ("one of two renewals renewed again", vec![("a", renewed()), ("b", again()), ("c", began("RENEW", LATER)), ("d", renews())], &["b>c", "a?", "b?", "d?"]),
        ("no acceptance: the time of the creation", vec![("a", renewed()), ("b", AgreementFacts { acceptance: Fixed::default(),..renews() })], &["a>b"]),
    ];
    for (name, agreements, expected) in cases {
        assert_eq!(matched(&agreements), expected, "{name}");
        let mut reversed = agreements;
        reversed.reverse();
        assert_eq!(matched(&reversed), expected, "{name}, reversed");
    }
}

#[test]
fn where_agreements_meet() {
    #[rustfmt::skip]
    let cases: [(&str, AgreementFacts, Option<&str>, Option<&str>); 6] = [
        ("an end", ended("renewed", MARCH), Some("222233334444|555566667777"), Some(MARCH)),
        ("a renewal", began("RENEW", MARCH), Some("222233334444|555566667777"), Some(MARCH)),
        ("neither", agreement(), Some("222233334444|555566667777"), None),
        ("an end of another kind", ended("cancelled", MARCH), Some("222233334444|555566667777"), None),
        ("no partner", AgreementFacts { proposer: Fixed::default(),..ended("renewed", MARCH) }, None, Some(MARCH)),
        ("no buyer", AgreementFacts { acceptor: Fixed::default(),..ended("renewed", MARCH) }, None, Some(MARCH)),
    ];
    for (name, facts, place, time) in cases {
        assert_eq!(meeting_place(&facts).as_deref(), place, "{name}");
        let times: Vec<Moment> = meetings(&facts).collect();
        assert_eq!(times, time.map(at).into_iter().collect::<Vec<_>>(), "{name}");
    }
}
