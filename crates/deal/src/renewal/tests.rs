use super::*;
use crate::lattice::{Authority, First, Fixed, Last, Register};
use crate::sample::{at, fixed, register, witness};

const START: &str = "2026-01-01T00:00:00Z";
const END: &str = "2027-01-01T00:00:00Z";

fn yearly() -> AgreementFacts {
    AgreementFacts {
        created: First::at(at(START)),
        acceptance: fixed(at(START)),
        start: register(at(START), at(START)),
        end: register(Some(at(END)), at(START)),
        ..AgreementFacts::default()
    }
}

#[test]
fn a_reminder_holds_from_its_day_to_the_next() {
    let said = witness(Authority::Ended, at("2026-12-20T00:00:00Z"), "ended");
    let ended = Fixed::said(Some("renewed".to_owned()), &said);
    let monthly =
        AgreementFacts { start: register(at("2026-12-01T00:00:00Z"), at(START)), ..yearly() };
    let quarterly =
        AgreementFacts { start: register(at("2026-10-01T00:00:00Z"), at(START)), ..yearly() };
    #[rustfmt::skip]
    let cases: Vec<(&str, AgreementFacts, &str, Option<Option<i64>>)> = vec![
        ("not near", yearly(), "2026-07-04T23:59:59Z", None),
        ("180 days", yearly(), "2026-07-05T00:00:00Z", Some(Some(180))),
        ("until 120", yearly(), "2026-09-02T23:59:59Z", Some(Some(180))),
        ("120 days", yearly(), "2026-09-03T00:00:00Z", Some(Some(120))),
        ("30 days", yearly(), "2026-12-02T00:00:00Z", Some(Some(30))),
        ("past its end, not ended", yearly(), "2027-02-01T00:00:00Z", Some(Some(30))),
        ("ended", AgreementFacts { ended, ..yearly() }, "2026-12-21T00:00:00Z", None),
        ("no end", AgreementFacts { end: Register::default(), ..yearly() }, "2026-12-21T00:00:00Z", None),
        ("a month has its last reminder", monthly, "2026-12-10T00:00:00Z", Some(Some(30))),
        ("a quarter begins with less than 120 days", quarterly.clone(), "2026-10-02T00:00:00Z", None),
        ("and is reminded of 90", quarterly, "2026-10-03T00:00:00Z", Some(Some(90))),
        ("announced by AWS", AgreementFacts { renewal_upcoming: Last::at(at(START)), ..yearly() }, "2026-02-01T00:00:00Z", Some(None)),
        ("its terms are final", AgreementFacts { renewal_terms: Last::at(at(START)), ..yearly() }, "2026-02-01T00:00:00Z", Some(None)),
        ("its creation is not known", AgreementFacts { created: First::default(), ..yearly() }, "2026-12-21T00:00:00Z", None),
    ];
    for (name, facts, now, expected) in cases {
        assert_eq!(renewal(&facts, at(now)).map(|found| found.days), expected, "{name}");
    }
}
