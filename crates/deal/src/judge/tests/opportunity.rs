//! Findings and status of an opportunity.

use super::*;

/// An opportunity, how many offers use it, now, its status, and what is raised.
type OpportunityCase<'a> = (&'a str, OpportunityFacts, usize, &'a str, &'a str, &'a [&'a str]);

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
