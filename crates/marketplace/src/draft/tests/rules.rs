//! One line a rule: a draft that breaks none, changed in one place.

use serde_json::{Value, json};

use super::*;

/// So many keys or ids of one form.
fn many(count: usize, of: impl Fn(usize) -> String) -> Vec<String> {
    (0..count).map(of).collect()
}

fn map(keys: Vec<String>, value: &str) -> Value {
    keys.into_iter().map(|key| (key, json!(value))).collect::<serde_json::Map<_, _>>().into()
}

fn installments(count: usize) -> Value {
    let mut day = date(2027, 1, 15);
    let next = |_| {
        let part = json!({"date": day.to_string(), "amount": "1"});
        day = day.tomorrow().unwrap();
        part
    };
    (0..count).map(next).collect::<Vec<_>>().into()
}

#[test]
fn what_breaks_no_rule() {
    let only_usage = edited(by_units(), "unit_prices", Value::Null);
    let cases = [
        worked(),
        by_units(),
        edited(only_usage, "usage_prices", json!({"calls": "0"})),
        edited(worked(), "name", json!("A")),
        edited(worked(), "name", json!("a".repeat(100))),
        edited(worked(), "description", json!("a".repeat(255))),
        edited(worked(), "description", Value::Null),
        edited(worked(), "buyers", many(25, |n| format!("{n:012}")).into()),
        edited(worked(), "offers_until", json!("2027-01-08")),
        edited(by_units(), "offers_until", json!("2036-11-20")),
        edited(by_units(), "offers_until", json!("2026-11-21")),
        edited(worked(), "latest_start", json!("2029-11-20")),
        edited(worked(), "commitment/installments", installments(86)),
        edited(worked(), "commitment/installments", installments(1)),
        edited(worked(), "commitment/installments/0/amount", json!("100000000000")),
        edited(worked(), "commitment/granted/seats", json!(2_147_483_646)),
        edited(worked(), "usage_prices/api_calls_1k", json!("99999999.99999999")),
        edited(by_units(), "unit_prices/P12M/seats", json!("0.001")),
        edited(
            by_units(),
            "reseller_contract",
            json!("https://s3.us-west-2.amazonaws.com/acme/contract.pdf"),
        ),
        edited(by_units(), "usage_prices", json!({"calls": "0.1"})),
        edited(
            edited(by_units(), "usage_prices", json!({"seats": "0.1"})),
            "unit_prices",
            json!({"P365D": {"seats": "1"}}),
        ),
    ];
    for value in cases {
        assert_eq!(told(&value), Vec::<String>::new(), "{value}");
    }
}

#[test]
fn what_breaks_one_rule() {
    let (first, last) = ("commitment/installments/0", "commitment/installments/2");
    let dimensions = |count| map(many(count, |n| format!("d{n}")), "1");
    let long = "k".repeat(101);
    let name_rule =
        "begins with a letter or a digit of ASCII; then also spaces, dots, underscores and hyphens";
    let cases = [
        // of which form, where, what is written there, the problem
        (worked(), "name", json!(""), "Error name ``: 1 to 100 characters (RA)".to_owned()),
        (worked(), "name", json!("a".repeat(101)), format!("Error name `{}`: 1 to 100 characters (RA)", "a".repeat(101))),
        (worked(), "name", json!(" Acme"), format!("Error name ` Acme`: {name_rule} (caution)")),
        (worked(), "name", json!("Acme/1"), format!("Error name `Acme/1`: {name_rule} (caution)")),
        (worked(), "description", json!("a\\"), format!("Error description `a\\`: {name_rule} (caution)")),
        (worked(), "description", json!("a".repeat(256)), format!("Error description `{}`: 1 to 255 characters (RA)", "a".repeat(256))),
        (worked(), "product", json!("p".repeat(51)), format!("Error product `{}`: 1 to 50 characters (RA)", "p".repeat(51))),
        (worked(), "product", json!("4q8examplecode0000000000x"), "Warning product `4q8examplecode0000000000x`: the product's entity id (prod-...); this looks like its product code (RA)".into()),
        (worked(), "partner", Value::Null, "Error partner: must be there (form)".into()),
        (worked(), "buyers", many(26, |n| format!("{n:012}")).into(), "Error buyers `26`: at most 25 buyers; leave them out to allow any (RA)".into()),
        (worked(), "buyers", json!([]), "Error buyers: a renewal names at least one buyer (RA)".into()),
        (by_units(), "currency", json!("CHF"), "Error currency `CHF`: one of USD, AUD, CAD, EUR, GBP, INR, JPY (RA)".into()),
        (by_units(), "currency", json!("EUR"), "Warning currency `EUR`: USD is safer: AWS's page has this one in its table, and only USD in its text (caution)".into()),
        (by_units(), "offers_until", json!("2026-11-20"), "Error offers_until `2026-11-20`: a day after today, 2026-11-20 (RA)".into()),
        (by_units(), "offers_until", json!("2036-11-21"), "Error offers_until `2036-11-21`: within 10 years, until 2036-11-20 (RA)".into()),
        (worked(), "offers_until", Value::Null, "Error offers_until: must be there: a commitment's last day for offers is before its first charge (RA)".into()),
        (worked(), "offers_until", json!("2027-01-15"), "Error offers_until `2027-01-15`: before the first charge, 2027-01-15 (RA)".into()),
        (worked(), "offers_until", json!("2027-01-09"), "Warning offers_until `2027-01-09`: at least 7 days before the first charge, 2027-01-15: the partner and the buyer need time (caution)".into()),
        (worked(), "single_use", json!(false), "Error single_use `false`: true: what has installments is used up by one offer (RA)".into()),
        (worked(), "latest_start", json!("2026-11-20"), "Error latest_start `2026-11-20`: a day after today, 2026-11-20 (RA)".into()),
        (worked(), "latest_start", json!("2029-11-21"), "Error latest_start `2029-11-21`: within 3 years, until 2029-11-20 (RA)".into()),
        (worked(), "net_payment", json!("P31D"), "Error net_payment `P31D`: one of P15D, P30D, P45D, P60D, P90D, P120D (RA)".into()),
        (worked(), "eula", Value::Null, "Error eula: must be there (form)".into()),
        (worked(), "eula", json!("custom"), "Error eula `custom`: standard, enterprise, or the https address of a document in S3 (RA)".into()),
        (worked(), "eula", json!("http://acme.s3.amazonaws.com/e.pdf"), "Error eula `http://acme.s3.amazonaws.com/e.pdf`: standard, enterprise, or the https address of a document in S3 (RA)".into()),
        (worked(), "eula", json!("https://acme.s3.amazonaws.com/"), "Error eula `https://acme.s3.amazonaws.com/`: standard, enterprise, or the https address of a document in S3 (RA)".into()),
        (worked(), "eula", json!("https://acme.example/e.pdf"), "Warning eula `https://acme.example/e.pdf`: a document in S3 that AWS can read (RA)".into()),
        (worked(), "eula", json!("https://acme.s3.amazonaws.com/e.pdf?X-Amz-Signature=12"), "Error eula `https://acme.s3.amazonaws.com/e.pdf`: an address without a query: a signed one is a secret, and it ends (caution)".into()),
        (worked(), "reseller_contract", json!("enterprise"), "Error reseller_contract `enterprise`: standard, or the https address of a document in S3 (RA)".into()),
        (worked(), "commitment/duration", json!("P145M"), "Error commitment.duration `P145M`: 1 to 144 months (RA)".into()),
        (worked(), "commitment/duration", json!("P1D"), "Error commitment.duration `P1D`: 1 to 144 months (RA)".into()),
        (worked(), "usage_prices/seats", json!("1"), "Error commitment.duration `P12M`: in days, such as P365D, since these are metered: seats (RA)".into()),
        (worked(), "commitment/granted", json!({}), "Error commitment.granted: at least one dimension with its quantity (RA)".into()),
        (worked(), "commitment/granted/seats", json!(0), "Error commitment.granted.seats `0`: 1 to 2147483646 (RA)".into()),
        (worked(), "commitment/granted/seats", json!(2_147_483_647_u32), "Error commitment.granted.seats `2147483647`: 1 to 2147483646 (RA)".into()),
        (worked(), "commitment/granted", dimensions(201), "Error commitment.granted `201`: at most 200 dimensions (CATQ)".into()),
        (worked(), "commitment/installments", json!([]), "Error commitment.installments: at least one installment; one alone is a commitment that is paid at once (RA)".into()),
        (worked(), "commitment/installments", installments(87), "Error commitment.installments `87`: at most 86 installments (RA)".into()),
        (worked(), &format!("{last}/date"), json!("2027-05-15"), "Error commitment.installments[2027-05-15].date `2027-05-15`: each day once (RA)".into()),
        (worked(), &format!("{first}/amount"), json!("0"), "Error commitment.installments[2027-01-15].amount `0`: more than 0 (RA)".into()),
        (worked(), &format!("{first}/amount"), json!("-1"), "Error commitment.installments[2027-01-15].amount `-1`: not negative (RA)".into()),
        (worked(), &format!("{first}/amount"), json!("0.125"), "Error commitment.installments[2027-01-15].amount `0.125`: at most 2 decimals (RA)".into()),
        (worked(), &format!("{first}/amount"), json!("100000000000.01"), "Error commitment.installments[2027-01-15].amount `100000000000.01`: at most 100000000000 (RA)".into()),
        (by_units(), "unit_prices/P12M/seats", json!("0.0001"), "Error unit_prices.P12M.seats `0.0001`: at most 3 decimals (RA)".into()),
        (by_units(), "unit_prices/P12M/seats", json!("-0.1"), "Error unit_prices.P12M.seats `-0.1`: not negative (RA)".into()),
        (by_units(), "unit_prices/P12M/seats", json!("100000000000.1"), "Error unit_prices.P12M.seats `100000000000.1`: at most 100000000000 (RA)".into()),
        (by_units(), "unit_prices/P145M", json!({"seats": "1"}), "Error unit_prices.P145M `P145M`: 1 to 144 months (RA)".into()),
        (by_units(), "unit_prices/P12M/users", json!("1"), "Error unit_prices: the same dimensions for each duration (RA)".into()),
        (by_units(), "unit_prices", json!({"P12M": {}}), "Error unit_prices.P12M: at least one dimension with its price (RA)".into()),
        (by_units(), "unit_prices", map(Vec::new(), ""), "Error usage_prices: at least one price: a commitment, unit_prices or usage_prices (RA)".into()),
        (by_units(), "unit_prices", (1..=6).map(|n| (format!("P{n}M"), json!({"seats": "1"}))).collect::<serde_json::Map<_, _>>().into(), "Error unit_prices `6`: at most 5 durations (SH)".into()),
        (by_units(), "unit_prices", json!({"P12M": dimensions(201)}), "Error unit_prices.P12M `201`: at most 200 dimensions (CATQ)".into()),
        (by_units(), "unit_prices", json!({"P12M": {long.clone(): "1"}}), format!("Error unit_prices.P12M `{long}`: a dimension's key has 1 to 100 characters (SH)")),
        (worked(), "unit_prices", json!({"P12M": {"seats": "1"}}), "Error unit_prices: not beside a commitment: either the buyer picks quantities, or they are granted (RA)".into()),
        (worked(), "usage_prices/gb_stored", json!("0.000000001"), "Error usage_prices.gb_stored `0.000000001`: at most 8 decimals (RA)".into()),
        (worked(), "usage_prices/gb_stored", json!("-1"), "Error usage_prices.gb_stored `-1`: not negative (RA)".into()),
        (worked(), "usage_prices/gb_stored", json!("100000000.1"), "Error usage_prices.gb_stored `100000000.1`: at most 100000000 (RA)".into()),
        (worked(), "usage_prices/", json!("1"), "Error usage_prices ``: a dimension's key has 1 to 100 characters (SH)".into()),
        (worked(), "renewal/channel", json!("Unknown"), "Error renewal.channel `Unknown`: one of AwsMarketplace, External (form)".into()),
        (worked(), "renewal/pricing_model", json!("Unknown"), "Error renewal.pricing_model `Unknown`: one of Contract, Usage, Byol, Free (form)".into()),
    ];
    for (value, path, written, expected) in cases {
        let value = edited(value, path, written);
        assert_eq!(told(&value), [expected], "{path}");
    }
}

#[test]
fn a_currency_without_decimals() {
    let yen = edited(worked(), "currency", json!("JPY"));
    let warning = "Warning currency `JPY`: USD is safer: AWS's page has this one in its table, and only USD in its text (caution)";
    assert_eq!(told(&yen), [warning]);
    let half = edited(yen, "commitment/installments/1/amount", json!("0.5"));
    let error = "Error commitment.installments[2027-05-15].amount `0.5`: no decimals in JPY (RA)";
    assert_eq!(told(&half), [error, warning]);
}

#[test]
fn a_draft_that_was_kept_is_judged_on_another_day() {
    let draft = draft(&worked());
    assert_eq!(draft.problems(TODAY, &Limits::CURRENT), []);
    let later = draft.problems(date(2027, 1, 15), &Limits::CURRENT);
    let fields: Vec<&str> = later.iter().map(|problem| problem.field.as_str()).collect();
    assert_eq!(fields, ["offers_until", "commitment.installments[2027-01-15].date"]);
}

#[test]
fn the_table_has_a_version() {
    assert_eq!(Limits::CURRENT.version, date(2026, 11, 23));
    let fewer =
        Limits { installments: Limit { value: 2, source: Source::Shapes }, ..Limits::CURRENT };
    let problems = draft(&worked()).problems(TODAY, &fewer);
    let rules: Vec<&str> = problems.iter().map(|problem| problem.rule.as_str()).collect();
    assert_eq!(rules, ["at most 2 installments"]);
}
