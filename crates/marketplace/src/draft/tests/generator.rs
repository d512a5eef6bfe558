//! Drafts of a seed that break no rule.

use fastrand::Rng;
use jiff::ToSpan;
use serde_json::{Map, Value, json};

use super::TODAY;

/// A form. What it says is drawn from everything that a form can say.
pub(super) fn form(rng: &mut Rng) -> Value {
    let mut form = json!({
        "name": word(rng, 100),
        "product": format!("prod-{}", digits(rng, 13)),
        "partner": digits(rng, 12),
        "eula": (["standard", "enterprise", "https://acme.s3.amazonaws.com/eula.pdf"])[rng.usize(..3)],
    });
    let currency = ["USD", "EUR", "JPY"][rng.usize(..3)];
    let kind = rng.usize(..4);
    if currency != "USD" || rng.bool() {
        form["currency"] = json!(currency);
    }
    if kind != 3 {
        let (usage, prices) = (rng.bool(), prices(rng, "metered", 8));
        if usage || kind == 0 {
            form["usage_prices"] = prices;
        }
    }
    match kind {
        1 => form["unit_prices"] = unit_prices(rng),
        2 | 3 => commitment(rng, &mut form, currency),
        _ => {
            if rng.bool() {
                form["offers_until"] = day(rng, 3_650);
            }
            form["single_use"] = json!(rng.bool());
        }
    }
    optional(rng, &mut form);
    form
}

fn optional(rng: &mut Rng, form: &mut Value) {
    let renewal = rng.bool();
    if renewal || rng.bool() {
        let buyers = 1 + rng.usize(..25);
        form["buyers"] = (0..buyers).map(|_| digits(rng, 12)).collect();
    }
    if renewal {
        let channel = ["AwsMarketplace", "External"][rng.usize(..2)];
        let model = ["Contract", "Usage", "Byol", "Free"][rng.usize(..4)];
        form["renewal"] = json!({"channel": channel, "pricing_model": model});
    }
    if rng.bool() {
        form["description"] = json!(word(rng, 255));
    }
    if rng.bool() {
        form["latest_start"] = day(rng, 1_095);
    }
    if rng.bool() {
        form["net_payment"] =
            json!((["P15D", "P30D", "P45D", "P60D", "P90D", "P120D"])[rng.usize(..6)]);
    }
    if rng.bool() {
        form["reseller_contract"] =
            json!((["standard", "https://acme.s3.amazonaws.com/contract.pdf"])[rng.usize(..2)]);
    }
}

fn commitment(rng: &mut Rng, form: &mut Value, currency: &str) {
    let count = 1 + rng.i64(0..86);
    let first = 10 + rng.i64(0..700);
    let decimals = if currency == "JPY" { 0 } else { 2 };
    let mut parts: Vec<Value> = (0..count)
        .map(|n| json!({"date": after(first + 7 * n), "amount": price(rng, decimals, 1)}))
        .collect();
    rng.shuffle(&mut parts);
    let granted: Map<String, Value> =
        (0..=rng.usize(..5)).map(|n| (format!("seats_{n}"), json!(1 + rng.u32(..1_000)))).collect();
    let duration = duration(rng);
    form["commitment"] = json!({"duration": duration, "granted": granted, "installments": parts});
    form["single_use"] = json!(true);
    form["offers_until"] = json!(after(1 + rng.i64(0..first - 1)));
}

fn unit_prices(rng: &mut Rng) -> Value {
    let seed = rng.u64(..);
    let mut cards = Map::new();
    for months in 1..=1 + rng.usize(..5) {
        // The same dimensions for each duration.
        let prices = prices(&mut Rng::with_seed(seed), "unit", 3);
        let key =
            if months == 1 && rng.bool() { "P365D".to_owned() } else { format!("P{months}Y") };
        cards.insert(key, prices);
    }
    cards.into()
}

fn prices(rng: &mut Rng, of: &str, decimals: u32) -> Value {
    (0..=rng.usize(..5))
        .map(|n| (format!("{of}_{n}"), json!(price(rng, decimals, 0))))
        .collect::<Map<_, _>>()
        .into()
}

/// At least so many of the smallest unit, written with all decimals.
fn price(rng: &mut Rng, decimals: u32, least: u64) -> String {
    let digits = rng.u64(least..1_000_000_000);
    let unit = 10_u64.pow(decimals);
    let (whole, part) = (digits / unit, digits % unit);
    match decimals {
        0 => whole.to_string(),
        width => format!("{whole}.{part:0width$}", width = width as usize),
    }
}

fn duration(rng: &mut Rng) -> String {
    match rng.usize(..3) {
        0 => format!("P{}M", 1 + rng.u32(..144)),
        1 => format!("P{}Y", 1 + rng.u32(..12)),
        _ => format!("P{}D", 30 + rng.u32(..4_000)),
    }
}

fn day(rng: &mut Rng, days: i64) -> Value {
    json!(after(1 + rng.i64(0..days)))
}

fn after(days: i64) -> String {
    TODAY.checked_add(days.days()).expect("a day").to_string()
}

fn digits(rng: &mut Rng, count: usize) -> String {
    (0..count).map(|_| rng.digit(10)).collect()
}

fn word(rng: &mut Rng, longest: usize) -> String {
    let rest =
        (0..rng.usize(..longest)).map(|_| [' ', '.', '_', '-', 'a', 'Z', '0'][rng.usize(..7)]);
    std::iter::once('A').chain(rest).collect()
}
