use super::*;
use crate::sample::opportunity_id;
use crate::wholesale::Stated;

/// `unit P12M seats 480, usage calls 0.04, bundle P12M seats 250 users 5 = 100000`.
fn asked(text: &str) -> Asked {
    let mut asked =
        Asked { currency: "USD".to_owned(), prices: Prices::default(), commitment: None };
    for part in text.split(", ").filter(|part| !part.is_empty()) {
        let words: Vec<&str> = part.split(' ').collect();
        match words.as_slice() {
            ["unit", duration, dimension, price] => {
                let card = asked.prices.unit.entry(duration.parse().unwrap()).or_default();
                card.insert((*dimension).to_owned(), price.parse().unwrap());
            }
            ["usage", dimension, price] => {
                asked.prices.usage.insert((*dimension).to_owned(), price.parse().unwrap());
            }
            ["bundle", duration, granted @ .., "=", amount] => {
                let pairs = granted.chunks(2);
                let granted =
                    pairs.map(|pair| (pair[0].to_owned(), pair[1].parse().unwrap())).collect();
                let (duration, amount) = (duration.parse().unwrap(), amount.parse().unwrap());
                asked.commitment = Some(Bundle { duration, granted, amount });
            }
            [currency] => asked.currency = (*currency).to_owned(),
            other => panic!("{other:?}"),
        }
    }
    asked
}

#[test]
fn what_undercuts_what() {
    let cases = [
        // the new opportunity, the other partner's, what is below
        ("unit P12M seats 480", "unit P12M seats 500", "unit_prices.P12M.seats 480 < 500"),
        ("unit P12M seats 500", "unit P12M seats 500.00", ""),
        ("unit P12M seats 501", "unit P12M seats 500", ""),
        ("unit P24M seats 1", "unit P12M seats 500", ""),
        ("unit P12M users 1", "unit P12M seats 500", ""),
        ("unit P12M seats 1, EUR", "unit P12M seats 500", ""),
        ("unit P1Y seats 1", "unit P12M seats 2", "unit_prices.P12M.seats 1 < 2"),
        (
            "usage calls 0.03, usage gb 1",
            "usage calls 0.04, usage gb 1",
            "usage_prices.calls 0.03 < 0.04",
        ),
        ("usage seats 1", "unit P12M seats 500", ""),
        (
            "bundle P12M seats 250 = 100000",
            "unit P12M seats 480",
            "seats x 250 for P12M 100000 < 120000",
        ),
        ("bundle P12M seats 250 = 120000", "unit P12M seats 480", ""),
        ("bundle P12M seats 250 users 1 = 1", "unit P12M seats 480", ""),
        (
            "bundle P12M seats 2 users 1 = 7",
            "unit P12M seats 2, unit P12M users 4",
            "seats x 2, users x 1 for P12M 7 < 8",
        ),
        (
            "unit P12M seats 300",
            "bundle P12M seats 250 = 100000",
            "seats x 250 for P12M 75000 < 100000",
        ),
        ("bundle P12M seats 10 = 90", "bundle P12M seats 10 = 100", "seats x 10 for P12M 90 < 100"),
        (
            "bundle P12M seats 20 = 190",
            "bundle P12M seats 10 = 100",
            "seats x 20 for P12M 190 < 200",
        ),
        ("bundle P12M seats 20 = 200", "bundle P12M seats 10 = 100", ""),
        (
            "bundle P12M seats 3 = 0.99",
            "bundle P12M seats 7 = 2.32",
            "seats x 3 for P12M 0.99 < 0.9943",
        ),
        ("bundle P12M seats 2 users 2 = 1", "bundle P12M seats 1 users 1 = 100", ""),
        ("bundle P24M seats 10 = 1", "bundle P12M seats 10 = 100", ""),
        ("", "unit P12M seats 500", ""),
    ];
    for (ours, theirs, expected) in cases {
        let found = asked(ours).undercuts(&asked(theirs));
        let told: Vec<String> = found
            .iter()
            .map(|found| format!("{} {} < {}", found.place, found.ours, found.theirs.normalize()))
            .collect();
        assert_eq!(told.join("; "), expected, "{ours} | {theirs}");
    }
}

#[test]
fn amounts_past_28_digits_are_passed_over() {
    let huge = asked("bundle P12M seats 18446744073709551615 = 79228162514264337593543950335");
    let units = asked("unit P12M seats 79228162514264337593543950335");
    assert_eq!(huge.undercuts(&units), []);
    assert_eq!(huge.undercuts(&asked("bundle P12M seats 7 = 79228162514264337593543950335")), []);
}

#[test]
fn a_discount_is_compared_by_what_the_partner_pays() {
    let list = asked("unit P12M seats 600").prices;
    let stated = Stated::Discount { percent: "20".parse().unwrap(), list };
    let terms = WholesaleTerms { currency: "USD".to_owned(), stated };
    let theirs = Asked::of_wholesale(&terms).unwrap();
    let found = asked("unit P12M seats 479.99").undercuts(&theirs);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].theirs, "480".parse().unwrap());
    assert_eq!(asked("unit P12M seats 480").undercuts(&theirs), []);
}

#[test]
fn terms_come_before_opportunities() {
    assert!(Against::Terms < Against::Opportunity(opportunity_id("resaleauthz-1")));
}
