//! When a license is asked about, and what an answer changes.

use super::*;
use crate::facts::Facts;
use crate::facts::reading::QuantityValue;
use crate::lattice::{First, Fixed, Join as _};
use crate::sample::{Gen, at, fixed, product, register};
use crate::stream::StreamKind;

const LICENSE: &str = "l-1";
const ARN: &str = "arn:aws:license-manager::888899990000:license:l-1";
const UPDATED: &str = "2026-12-01T10:00:00Z";
const LATER: &str = "2026-12-01T12:00:00Z";

fn license() -> LicenseId {
    LicenseId::from_arn(LICENSE).unwrap()
}

fn of_license(license: LicenseFacts) -> AgreementFacts {
    of(&self::license(), license)
}

fn updated(time: &str) -> AgreementFacts {
    let time = at(time);
    of_license(LicenseFacts {
        arn: register(ARN.to_owned(), time),
        code: fixed(product("4q8examplecode0000000000x")),
        seen: First::at(time),
        updated: Last::at(time),
        ..LicenseFacts::default()
    })
}

fn seats(number: i64) -> BTreeSet<Quantity> {
    let value = QuantityValue::Integer(number);
    BTreeSet::from([Quantity { dimension: "seats".to_owned(), value, expires: None }])
}

fn refusal(hope: Hope) -> Refusal {
    let (doing, text) = ("read".to_owned(), "no".to_owned());
    Refusal { doing, code: Some("AccessDeniedException".to_owned()), text, hope, times: 0 }
}

/// What happens to one license.
enum Happens {
    /// `License Updated` of this time arrives.
    Updated(&'static str),
    /// Asked at this time, answered with so many seats.
    Reads(&'static str, i64),
    /// Asked at this time, not answered.
    Fails(&'static str, Hope),
    Deprovisioned(&'static str),
    Ended(&'static str),
}

fn happens(facts: &mut AgreementFacts, what: &Happens) {
    let new = match what {
        Happens::Updated(time) => updated(time),
        Happens::Reads(time, number) => {
            let question = question(facts, &license(), at(time)).unwrap();
            let record = answered(facts, &question, &seats(*number), Some(ARN));
            record.map(|(_, facts)| facts).unwrap_or_default()
        }
        Happens::Fails(time, hope) => {
            let question = question(facts, &license(), at(time)).unwrap();
            unanswered(facts, &question, refusal(*hope)).1
        }
        Happens::Deprovisioned(time) => {
            let deprovisioned = First::at(at(time));
            of_license(LicenseFacts { deprovisioned, ..LicenseFacts::default() })
        }
        Happens::Ended(time) => {
            let witness = said(at(time), "ended");
            let ended = Fixed::said(Some("cancelled".to_owned()), &witness);
            AgreementFacts { ended, ..AgreementFacts::default() }
        }
    };
    facts.join(&new);
}

fn after(happened: &[Happens]) -> AgreementFacts {
    let mut facts = AgreementFacts::default();
    for what in happened {
        happens(&mut facts, what);
    }
    facts
}

/// What happened, and when AWS is asked next.
#[test]
fn a_license_is_due_until_its_last_update_is_read() {
    use Happens::{Deprovisioned, Ended, Fails, Reads, Updated};
    use Hope::{Never, Soon};
    const T10: &str = UPDATED;
    const T11: &str = "2026-12-01T11:00:00Z";
    const T12: &str = LATER;
    const T13: &str = "2026-12-01T13:00:00Z";
    #[rustfmt::skip]
    let cases: &[(&[Happens], Option<&str>)] = &[
        (&[], None),
        (&[Updated(T10)], Some(T10)),
        (&[Updated(T10), Reads(T11, 5)], None),
        (&[Updated(T10), Reads(T11, 5), Updated(T12)], Some(T12)),
        (&[Updated(T10), Reads(T11, 5), Updated(T12), Reads(T13, 5)], None),
        // Our clock is behind AWS's: the signal was known as AWS was asked, and that is enough.
        (&[Updated(T12), Reads(T10, 5)], None),
        // An older update comes late.
        (&[Updated(T12), Reads(T13, 5), Updated(T11)], None),
        (&[Updated(T10), Fails(T11, Soon)], Some("2026-12-01T11:00:30Z")),
        (&[Updated(T10), Fails(T11, Soon), Fails(T12, Soon)], Some("2026-12-01T12:01:00Z")),
        (&[Updated(T10), Fails(T11, Never)], Some("2026-12-01T12:00:00Z")),
        (&[Updated(T10), Fails(T11, Never), Fails(T12, Never)], Some("2026-12-01T16:00:00Z")),
        // A new update is worth another question at once.
        (&[Updated(T10), Fails(T11, Never), Fails(T12, Never), Updated(T13)], Some(T13)),
        (&[Updated(T10), Fails(T11, Never), Reads(T12, 5)], None),
        // A reconciliation that fails is made up for.
        (&[Updated(T10), Reads(T11, 5), Fails(T12, Soon)], Some("2026-12-01T12:00:30Z")),
        (&[Updated(T10), Deprovisioned(T11)], None),
        (&[Updated(T10), Ended(T11)], None),
    ];
    for (number, (happened, expected)) in cases.iter().enumerate() {
        let facts = after(happened);
        let due = live(&facts).find_map(|(_, license)| due(license));
        assert_eq!(due, expected.map(at), "case {number}");
    }
}

/// What happened, what is read then at one o'clock, and which facts that leaves: new quantities, a change not announced.
#[test]
fn only_what_differs_is_recorded() {
    use Happens::{Fails, Reads, Updated};
    /// What happened, what is read, and what is recorded of it.
    type Case = (&'static [Happens], i64, Option<(&'static str, bool, bool)>);
    const NOTHING: Option<(&str, bool, bool)> = None;
    const T10: &str = UPDATED;
    const T11: &str = "2026-12-01T11:00:00Z";
    #[rustfmt::skip]
    let cases: &[Case] = &[
        (&[Updated(T10)], 5, Some(("quantities-read", true, false))),
        (&[Updated(T10), Reads(T11, 5)], 5, NOTHING),
        (&[Updated(T10), Reads(T11, 5)], 6, Some(("quantities-read", true, true))),
        (&[Updated(T10), Reads(T11, 5), Updated(LATER)], 6, Some(("quantities-read", true, false))),
        (&[Updated(T10), Reads(T11, 5), Updated(LATER)], 5, Some(("license-read", false, false))),
        (&[Updated(T10), Reads(T11, 5), Fails(LATER, Hope::Never)], 5, Some(("license-read", false, false))),
    ];
    for (number, (happened, read, expected)) in cases.iter().enumerate() {
        let facts = after(happened);
        let question = question(&facts, &license(), at("2026-12-01T13:00:00Z")).unwrap();
        let record = answered(&facts, &question, &seats(*read), Some(ARN));
        let told = record.as_ref().map(|(slug, facts)| {
            let reading = &facts.licenses[&license()].reading;
            (*slug, !reading.quantities.is_empty(), !reading.unannounced.is_empty())
        });
        assert_eq!(told, *expected, "case {number}");
        let mut known = facts.clone();
        known.join(&record.map(|(_, facts)| facts).unwrap_or_default());
        let again = answered(&known, &question, &seats(*read), Some(ARN));
        assert_eq!(again, None, "case {number}: the same answer again is nothing new");
        assert_eq!(known.licenses[&license()].reading.trouble(), None, "case {number}");
    }
}

#[test]
fn an_update_that_comes_while_aws_is_asked_announces_the_change_and_is_still_due() {
    let before = after(&[Happens::Updated(UPDATED), Happens::Reads("2026-12-01T11:00:00Z", 5)]);
    let question = question(&before, &license(), at(LATER)).unwrap();
    let mut meanwhile = before;
    happens(&mut meanwhile, &Happens::Updated("2026-12-01T11:59:00Z"));
    let (_, new) = answered(&meanwhile, &question, &seats(6), None).unwrap();
    assert!(new.licenses[&license()].reading.unannounced.is_empty());
    meanwhile.join(&new);
    let due = due(&meanwhile.licenses[&license()]);
    assert_eq!(due, Some(at("2026-12-01T11:59:00Z")));
}

#[test]
fn of_two_answers_the_one_to_the_later_question_holds() {
    let facts = after(&[Happens::Updated(UPDATED)]);
    let early = question(&facts, &license(), at("2026-12-01T11:00:00Z")).unwrap();
    let late = question(&facts, &license(), at(LATER)).unwrap();
    let mut known = facts;
    known.join(&answered(&known, &late, &seats(6), None).unwrap().1);
    assert_eq!(answered(&known, &early, &seats(5), None), None);
    let trouble = unanswered(&known, &early, refusal(Hope::Never)).1;
    known.join(&trouble);
    assert_eq!(known.licenses[&license()].reading.trouble(), None, "it was answered since");
}

#[test]
fn the_clock_going_back_hides_nothing() {
    let facts = after(&[Happens::Updated(UPDATED), Happens::Reads(LATER, 5)]);
    let question = question(&facts, &license(), at("2026-12-01T11:00:00Z")).unwrap();
    assert_eq!(question.asked, Moment::from_micros(at(LATER).micros() + 1));
    assert!(answered(&facts, &question, &seats(6), None).is_some());
}

#[test]
fn what_cannot_be_asked_says_why() {
    let without = |change: &dyn Fn(&mut LicenseFacts)| {
        let mut facts = updated(UPDATED);
        change(facts.licenses.get_mut(&license()).unwrap());
        question(&facts, &license(), at(LATER)).map(|_| ()).map_err(|why| why.to_string())
    };
    let no_code = without(&|it| it.code = Fixed::default());
    assert_eq!(no_code.unwrap_err(), "no notification gave the code of its product");
    let no_arn = without(&|it| it.arn = Register::default());
    assert_eq!(no_arn.unwrap_err(), "no notification gave its ARN");
    let gone = without(&|it| it.deprovisioned = First::at(at(LATER)));
    assert_eq!(gone.unwrap_err(), "it is deprovisioned");
    let ended = after(&[Happens::Updated(UPDATED), Happens::Ended(LATER)]);
    assert_eq!(question(&ended, &license(), at(LATER)), Err(NotAsked::Ended));
}

/// Two that ask at once, in any order of what they record: one state, and nothing is due.
#[test]
fn what_several_readers_record_joins_in_any_order() {
    for seed in 0..300 {
        let mut make = Gen::drawn(seed);
        let mut facts = updated(UPDATED);
        if let Facts::Agreement(drawn) = make.facts(StreamKind::Agreement) {
            for license in drawn.licenses.into_values() {
                let reading = LicenseFacts { reading: license.reading, ..LicenseFacts::default() };
                facts.join(&of_license(reading));
            }
        }
        let question = |minutes| question(&facts, &license(), at(LATER).plus_minutes(minutes));
        let answer = |minutes, number| {
            let record = answered(&facts, &question(minutes).unwrap(), &seats(number), Some(ARN));
            record.map(|(_, facts)| facts).unwrap_or_default()
        };
        let failed = unanswered(&facts, &question(2).unwrap(), refusal(Hope::Soon)).1;
        let mut parts = [answer(0, 5), answer(0, 6), answer(1, 7), failed, updated(LATER)];
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut states = (0..6).map(|_| {
            rng.shuffle(&mut parts);
            let mut state = facts.clone();
            for part in parts.iter().chain(&parts.clone()) {
                state.join(part);
            }
            state
        });
        let first = states.next().unwrap();
        assert!(states.all(|state| state == first), "seed {seed}");
    }
}

#[test]
fn every_slice_has_licenses_and_a_license_stays_in_its_own() {
    let id = |number: u32| LicenseId::from_arn(&format!("l-{number:032x}")).unwrap();
    let slices: BTreeSet<u8> = (0..1_000).map(|number| slice(&id(number))).collect();
    assert_eq!(slices, (0..SLICES).collect());
    assert_eq!(slice(&id(7)), 12, "it is in the ledger's index");
    assert_eq!(slice_word(7), "07");
}
