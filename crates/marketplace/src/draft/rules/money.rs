//! Prices, quantities and installments.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use rust_decimal::Decimal;

use crate::draft::rules::{PAGE, Rules};
use crate::draft::{Commitment, Duration, Limit, Severity};

/// Where the installments stand.
const INSTALLMENTS: &str = "commitment.installments";
/// Where the quantities stand.
const GRANTED: &str = "commitment.granted";
/// Where its duration stands.
const DURATION: &str = "commitment.duration";

/// The rules of one kind of amount.
struct Amounts {
    decimals: Limit<u32>,
    most: Limit<u64>,
    may_be_zero: bool,
}

impl Rules<'_> {
    /// The currency, and all prices per unit.
    pub(super) fn prices(&mut self) {
        self.currency();
        let (draft, limits) = (self.draft, self.limits);
        let amounts = Amounts {
            decimals: limits.usage_decimals,
            most: limits.usage_price,
            may_be_zero: true,
        };
        self.dimensions("usage_prices", draft.usage_prices.keys());
        for (dimension, price) in &draft.usage_prices {
            self.amount(format!("usage_prices.{dimension}"), *price, &amounts);
        }
        self.unit_prices();
        let has_price = draft.commitment.is_some() || !draft.unit_prices.is_empty();
        let is_known = self.knows(&["usage_prices", "unit_prices"]);
        if is_known && !has_price && draft.usage_prices.is_empty() {
            let rule = "at least one price: a commitment, unit_prices or usage_prices";
            self.error("usage_prices", rule, None);
        }
    }

    fn currency(&mut self) {
        let (code, allowed) = (&self.draft.currency, self.limits.currencies);
        let (found, safe) = (Some(code.clone()), self.limits.safe_currency);
        if !allowed.value.contains(&code.as_str()) {
            let rule = format!("one of {}", allowed.value.join(", "));
            self.broken(Severity::Error, allowed.source, "currency", rule, found);
        } else if code != safe.value {
            let safe_code = safe.value;
            let rule = format!(
                "{safe_code} is safer: AWS's page has this one in its table, and only {safe_code} in its text"
            );
            self.broken(Severity::Warning, safe.source, "currency", rule, found);
        }
    }

    fn unit_prices(&mut self) {
        let (draft, limits) = (self.draft, self.limits);
        let amounts =
            Amounts { decimals: limits.unit_decimals, most: limits.unit_price, may_be_zero: true };
        if draft.unit_prices.len() > limits.durations.value {
            let rule = format!("at most {} durations", limits.durations.value);
            let found = Some(draft.unit_prices.len().to_string());
            let source = limits.durations.source;
            self.broken(Severity::Error, source, "unit_prices", rule, found);
        }
        for (duration, prices) in &draft.unit_prices {
            let at = format!("unit_prices.{duration}");
            self.duration(&at, *duration);
            self.metered_by_days(&at, *duration, prices.keys());
            self.dimensions(&at, prices.keys());
            if prices.is_empty() && self.knows(&["unit_prices"]) {
                self.error(&at, "at least one dimension with its price", None);
            }
            for (dimension, price) in prices {
                self.amount(format!("{at}.{dimension}"), *price, &amounts);
            }
        }
        let mut cards = draft.unit_prices.values().map(|prices| prices.keys());
        let first = cards.next();
        let differ = first.is_some_and(|first| cards.any(|card| !card.eq(first.clone())));
        if differ && self.knows(&["unit_prices"]) {
            self.error("unit_prices", "the same dimensions for each duration", None);
        }
        if draft.commitment.is_some() && !draft.unit_prices.is_empty() {
            let rule =
                "not beside a commitment: either the buyer picks quantities, or they are granted";
            self.error("unit_prices", rule, None);
        }
    }

    /// A fixed price is paid by a schedule, and a schedule is of a fixed price.
    pub(super) fn commitment(&mut self) {
        let Some(commitment) = &self.draft.commitment else { return };
        if self.knows(&[DURATION]) {
            self.duration(DURATION, commitment.duration);
            self.metered_by_days(DURATION, commitment.duration, commitment.granted.keys());
        }
        self.granted(&commitment.granted);
        self.installments(commitment);
        self.charges(commitment);
    }

    fn granted(&mut self, granted: &BTreeMap<String, u64>) {
        let most = self.limits.quantity;
        self.dimensions(GRANTED, granted.keys());
        if granted.is_empty() && self.knows(&[GRANTED]) {
            self.error(GRANTED, "at least one dimension with its quantity", None);
        }
        for (dimension, quantity) in granted {
            if *quantity == 0 || *quantity > most.value {
                let (at, rule) = (format!("{GRANTED}.{dimension}"), format!("1 to {}", most.value));
                self.broken(Severity::Error, most.source, at, rule, Some(quantity.to_string()));
            }
        }
    }

    fn installments(&mut self, commitment: &Commitment) {
        let (parts, limits) = (&commitment.installments, self.limits);
        if parts.is_empty() && self.knows(&[INSTALLMENTS]) {
            let rule = "at least one installment; one alone is a commitment that is paid at once";
            self.error(INSTALLMENTS, rule, None);
        }
        if parts.len() > limits.installments.value {
            let rule = format!("at most {} installments", limits.installments.value);
            let found = Some(parts.len().to_string());
            self.broken(Severity::Error, limits.installments.source, INSTALLMENTS, rule, found);
        }
        let is_whole = limits.whole_currencies.value.contains(&self.draft.currency.as_str());
        let none = Limit { value: 0, source: limits.whole_currencies.source };
        let amounts = Amounts {
            decimals: if is_whole { none } else { limits.amount_decimals },
            most: limits.amount,
            may_be_zero: false,
        };
        let mut days = BTreeSet::new();
        for part in parts {
            let at = format!("{INSTALLMENTS}[{}]", part.date);
            self.amount(format!("{at}.amount"), part.amount, &amounts);
            if part.date <= self.today {
                let rule = format!("a day after today, {}", self.today);
                self.error(format!("{at}.date"), rule, Some(part.date.to_string()));
            }
            if !days.insert(part.date) {
                let rule = "each day once";
                self.error(format!("{at}.date"), rule, Some(part.date.to_string()));
            }
        }
    }

    /// What a schedule asks of the rest.
    fn charges(&mut self, commitment: &Commitment) {
        if !self.draft.single_use {
            let rule = "true: what has installments is used up by one offer";
            self.error("single_use", rule, Some("false".to_owned()));
        }
        let first = commitment.installments.iter().map(|part| part.date).min();
        match (self.draft.offers_until, first) {
            (None, _) if self.knows(&["offers_until"]) => {
                let rule =
                    "must be there: a commitment's last day for offers is before its first charge";
                self.error("offers_until", rule, None);
            }
            (Some(until), Some(first)) => self.time_to_charge(until, first),
            (None | Some(_), _) => {}
        }
    }

    fn time_to_charge(&mut self, until: Date, first: Date) {
        let (least, found) = (self.limits.days_to_charge, Some(until.to_string()));
        let days = first.since(until).map_or(0, |span| span.get_days());
        if days <= 0 {
            let rule = format!("before the first charge, {first}");
            self.error("offers_until", rule, found);
        } else if days < least.value {
            let rule = format!(
                "at least {} days before the first charge, {first}: the partner and the buyer need time",
                least.value
            );
            self.broken(Severity::Warning, least.source, "offers_until", rule, found);
        }
    }

    fn duration(&mut self, at: &str, duration: Duration) {
        let months = self.limits.months;
        if !duration.is_within(months.value) {
            let rule = format!("1 to {} months", months.value);
            self.broken(Severity::Error, months.source, at, rule, Some(duration.to_string()));
        }
    }

    /// A dimension with a usage price is a metered one.
    fn metered_by_days<'k>(
        &mut self,
        at: &str,
        duration: Duration,
        dimensions: impl Iterator<Item = &'k String>,
    ) {
        let usage = &self.draft.usage_prices;
        let metered = dimensions.filter(|dimension| usage.contains_key(*dimension));
        let metered: Vec<&str> = metered.map(String::as_str).collect();
        if !metered.is_empty() && !duration.is_days() {
            let metered = metered.join(", ");
            let rule = format!("in days, such as P365D, since these are metered: {metered}");
            self.error(at, rule, Some(duration.to_string()));
        }
    }

    fn dimensions<'k>(&mut self, at: &str, keys: impl ExactSizeIterator<Item = &'k String>) {
        let (most, longest) = (self.limits.dimensions, self.limits.dimension);
        if keys.len() > most.value {
            let rule = format!("at most {} dimensions", most.value);
            self.broken(Severity::Error, most.source, at, rule, Some(keys.len().to_string()));
        }
        for key in keys {
            if key.is_empty() || key.chars().count() > longest.value {
                let rule = format!("a dimension's key has 1 to {} characters", longest.value);
                self.broken(Severity::Error, longest.source, at, rule, Some(key.clone()));
            }
        }
    }

    fn amount(&mut self, at: String, amount: Decimal, amounts: &Amounts) {
        let (decimals, most) = (amounts.decimals, amounts.most);
        let found = || Some(amount.to_string());
        if amount.is_sign_negative() && !amount.is_zero() {
            self.broken(Severity::Error, PAGE, at.as_str(), "not negative", found());
        } else if amount.is_zero() && !amounts.may_be_zero {
            self.broken(Severity::Error, PAGE, at.as_str(), "more than 0", found());
        }
        if amount.normalize().scale() > decimals.value {
            let rule = match decimals.value {
                0 => format!("no decimals in {}", self.draft.currency),
                some => format!("at most {some} decimals"),
            };
            self.broken(Severity::Error, decimals.source, at.as_str(), rule, found());
        }
        if amount > Decimal::from(most.value) {
            let rule = format!("at most {}", most.value);
            self.broken(Severity::Error, most.source, at, rule, found());
        }
    }
}
