//! An opportunity in a file.

use std::path::Path;

use jiff::civil::Date;
use jiff::{Span, ToSpan};
use marketplace::draft::Form;

use crate::failure::Failure;
use crate::form_file;

/// What a file may hold, with the days left open.
const EXAMPLE: &str = include_str!("example.toml");

/// What to do about a file that holds no opportunity.
const WAY_OUT: &str = "`resold opportunity create --example` prints a file to begin with";

/// An example whose days come after today.
pub fn example(today: Date) -> String {
    let days: [(&str, Span); 5] = [
        ("{offers_until}", 45.days()),
        ("{latest_start}", 60.days()),
        ("{first_charge}", 60.days()),
        ("{second_charge}", 180.days()),
        ("{third_charge}", 300.days()),
    ];
    let mut example = EXAMPLE.to_owned();
    for (place, after) in days {
        let day = today.checked_add(after).unwrap_or(Date::MAX);
        example = example.replace(place, &day.to_string());
    }
    example
}

/// Reads a file, or standard input for `-`.
pub fn read(path: &Path) -> Result<Form, Failure> {
    form_file::read(path, "an opportunity", WAY_OUT)
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Date, date};
    use marketplace::draft::{Limits, Problem};

    use super::example;

    fn parse(text: &str) -> Result<marketplace::draft::Form, String> {
        crate::form_file::parse(text)
    }

    #[test]
    fn the_example_breaks_no_rule_on_any_day() {
        for today in [date(2026, 11, 20), date(2028, 2, 29), date(2031, 12, 31)] {
            let form = parse(&example(today)).expect("TOML");
            let (draft, warnings) = form.draft(today, &Limits::CURRENT).expect("a draft");
            assert_eq!(warnings, Vec::<Problem>::new());
            assert!(draft.commitment.is_some() && draft.renewal.is_some());
            let json = serde_json::to_string(&form).expect("JSON");
            assert_eq!(parse(&json), Ok(form), "the same in JSON");
        }
        assert!(parse(&example(Date::MAX)).is_ok(), "there is no day after the last one");
    }

    #[test]
    fn the_prices_that_are_left_out_may_take_the_place_of_the_commitment() {
        let text = example(date(2026, 11, 20));
        let (before, rest) = text.split_once("[commitment]").expect("a commitment");
        let (_, rest) = rest.split_once("\n# [unit").expect("a comment");
        let units = format!("[unit{rest}");
        let (units, rest) = units.split_once("\n\n").expect("an end");
        let text = format!("{before}{}\n\n{rest}", units.replace("# ", ""));
        let form = parse(&text).expect("TOML");
        let (draft, _) = form.draft(date(2026, 11, 20), &Limits::CURRENT).expect("a draft");
        assert_eq!((draft.unit_prices.len(), draft.commitment), (2, None));
    }

    #[test]
    fn days_and_numbers_of_toml() {
        let text = "offers_until = 2026-12-31\npartner = 222233334444\nlatest_start = \"2027-01-01\"\n[usage_prices]\ncalls = 3\n";
        let form = parse(text).expect("TOML");
        let read = [&form.offers_until, &form.partner, &form.latest_start];
        let read = read.map(|text| text.as_ref().map(ToString::to_string).unwrap_or_default());
        assert_eq!(read, ["2026-12-31", "222233334444", "2027-01-01"]);
        assert_eq!(form.usage_prices["calls"].as_str(), "3");
    }

    #[test]
    fn what_cannot_be_read_has_a_place() {
        let cases = [
            // text, why it is no form
            (
                "name = \"A\"\npric = 1\n",
                "unknown field `pric`, expected one of `name`, `description`, `product`, `partner`, `buyers`, `currency`, `offers_until`, `single_use`, `latest_start`, `net_payment`, `eula`, `reseller_contract`, `commitment`, `unit_prices`, `usage_prices`, `renewal`, at line 2, column 1",
            ),
            (
                "[usage_prices]\ncalls = 0.042\n",
                "a number with a decimal point must be written in quotes, so that it stays exact: \"0.042\", at line 2, column 9",
            ),
            ("[usage_prices]\ncalls = 1\ncalls = 2\n", "duplicate key, at line 3, column 1"),
            (
                "buyers = \"1\"\n",
                "invalid type: string \"1\", expected a sequence, at line 1, column 10",
            ),
            (
                "{\"pric\": 1}",
                "unknown field `pric`, expected one of `name`, `description`, `product`, `partner`, `buyers`, `currency`, `offers_until`, `single_use`, `latest_start`, `net_payment`, `eula`, `reseller_contract`, `commitment`, `unit_prices`, `usage_prices`, `renewal` at line 1 column 7",
            ),
        ];
        for (text, why) in cases {
            assert_eq!(parse(text), Err(why.to_owned()));
        }
    }
}
