//! A draft as a person writes it: nothing is required and nothing is read yet, so that every mistake is told at once.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::catalog::Installment;
use crate::draft::text::{Text, cards_each_once, each_once};
use crate::draft::{
    BoughtBefore, Commitment, Draft, Duration, Eula, Limits, Problem, ResellerContract, Severity,
    Source, rules,
};
use crate::ids::{AccountId, ProductName};

/// What a person wrote, in a file or on a command line. The fields are those of [`Draft`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "they are those of `Draft`")]
pub struct Form {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partner: Option<Text>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub buyers: Vec<Text>,
    /// The default is USD.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offers_until: Option<Text>,
    /// The default is that it may be used any number of times.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub single_use: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latest_start: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub net_payment: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eula: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reseller_contract: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub commitment: Option<CommitmentForm>,
    #[serde(deserialize_with = "cards_each_once", skip_serializing_if = "BTreeMap::is_empty")]
    pub unit_prices: BTreeMap<String, BTreeMap<String, Text>>,
    #[serde(deserialize_with = "each_once", skip_serializing_if = "BTreeMap::is_empty")]
    pub usage_prices: BTreeMap<String, Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub renewal: Option<RenewalForm>,
}

/// What a person wrote of a commitment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "they are those of `Commitment`")]
pub struct CommitmentForm {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration: Option<Text>,
    #[serde(deserialize_with = "each_once", skip_serializing_if = "BTreeMap::is_empty")]
    pub granted: BTreeMap<String, Text>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub installments: Vec<InstallmentForm>,
}

/// What a person wrote of an installment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "they are those of `Installment`")]
pub struct InstallmentForm {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Text>,
}

/// What a person wrote of a renewal.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "they are those of `BoughtBefore`")]
pub struct RenewalForm {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pricing_model: Option<Text>,
}

impl Form {
    /// Reads it, and holds it against every rule: a draft with its warnings, or every problem, errors first.
    pub fn draft(
        &self,
        today: Date,
        limits: &Limits,
    ) -> Result<(Draft, Vec<Problem>), Vec<Problem>> {
        let mut reader = Reader::default();
        let draft = reader.draft(self);
        let Reader { mut problems, unread } = reader;
        if let Some(draft) = &draft {
            problems.extend(rules::check(draft, today, limits, &unread));
        }
        rules::sort(&mut problems);
        match draft {
            Some(draft) if problems.iter().all(|problem| problem.severity != Severity::Error) => {
                Ok((draft, problems))
            }
            _ => Err(problems),
        }
    }
}

/// Reads fields, and keeps what is wrong with them.
#[derive(Default)]
struct Reader {
    problems: Vec<Problem>,
    /// Fields without a value, or with less than was written: no rule says anything about them.
    unread: BTreeSet<&'static str>,
}

impl Reader {
    /// A draft in which what could not be read is left out, or stands for nothing.
    fn draft(&mut self, form: &Form) -> Option<Draft> {
        let name = self.required("name", form.name.as_ref(), parsed).unwrap_or_default();
        let product = self.required("product", form.product.as_ref(), product);
        let partner = self.required("partner", form.partner.as_ref(), account);
        let eula = self.required("eula", form.eula.as_ref(), parsed);
        Some(Draft {
            name,
            description: form.description.as_ref().map(ToString::to_string),
            product: product.or_else(|| ProductName::new("unread").ok())?,
            partner: partner.or_else(|| AccountId::new("000000000000").ok())?,
            buyers: self.buyers(&form.buyers),
            currency: form.currency.as_ref().map_or_else(|| "USD".to_owned(), Text::to_string),
            commitment: form.commitment.as_ref().map(|commitment| self.commitment(commitment)),
            unit_prices: self.unit_prices(&form.unit_prices),
            usage_prices: self.prices("usage_prices", "usage_prices", &form.usage_prices),
            offers_until: self.optional("offers_until", form.offers_until.as_ref(), day),
            single_use: form.single_use.unwrap_or_default(),
            latest_start: self.optional("latest_start", form.latest_start.as_ref(), day),
            net_payment: form.net_payment.as_ref().map(Text::to_string),
            eula: eula.map_or(Eula::Standard, |text: String| text.into()),
            reseller_contract: form
                .reseller_contract
                .as_ref()
                .map(|text| ResellerContract::from(text.to_string())),
            renewal: form.renewal.as_ref().and_then(|renewal| self.renewal(renewal)),
        })
    }

    fn wrong(&mut self, field: &'static str, at: String, rule: String, found: Option<String>) {
        self.unread.insert(field);
        let severity = Severity::Error;
        self.problems.push(Problem { severity, field: at, rule, found, source: Source::Form });
    }

    /// A value that may stand at several places of one field.
    fn value<T>(
        &mut self,
        field: &'static str,
        at: String,
        text: Option<&Text>,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let Some(text) = text else {
            self.wrong(field, at, "must be there".to_owned(), None);
            return None;
        };
        match read(text.as_str()) {
            Ok(value) => Some(value),
            Err(rule) => {
                self.wrong(field, at, rule, Some(text.to_string()));
                None
            }
        }
    }

    fn required<T>(
        &mut self,
        field: &'static str,
        text: Option<&Text>,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        self.value(field, field.to_owned(), text, read)
    }

    fn optional<T>(
        &mut self,
        field: &'static str,
        text: Option<&Text>,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        text.and_then(|text| self.required(field, Some(text), read))
    }

    fn buyers(&mut self, written: &[Text]) -> Vec<AccountId> {
        let mut buyers = Vec::new();
        for (position, buyer) in written.iter().enumerate() {
            buyers.extend(self.value(
                "buyers",
                format!("buyers[{position}]"),
                Some(buyer),
                account,
            ));
        }
        buyers.sort_unstable();
        buyers.dedup();
        buyers
    }

    fn commitment(&mut self, written: &CommitmentForm) -> Commitment {
        let (granted, installments) = ("commitment.granted", "commitment.installments");
        let duration = self.required("commitment.duration", written.duration.as_ref(), duration);
        let mut commitment = Commitment {
            duration: duration.unwrap_or(Duration::MONTH),
            granted: BTreeMap::new(),
            installments: Vec::new(),
        };
        for (dimension, quantity) in &written.granted {
            let at = format!("{granted}.{dimension}");
            let quantity = self.value(granted, at, Some(quantity), whole);
            commitment.granted.extend(quantity.map(|quantity| (dimension.clone(), quantity)));
        }
        for (position, part) in written.installments.iter().enumerate() {
            let at = |name: &str| format!("{installments}[{position}].{name}");
            let date = self.value(installments, at("date"), part.date.as_ref(), day);
            let amount = self.value(installments, at("amount"), part.amount.as_ref(), decimal);
            let both = date.zip(amount).map(|(date, amount)| Installment { date, amount });
            commitment.installments.extend(both);
        }
        commitment.installments.sort_by_key(|part| (part.date, part.amount));
        commitment
    }

    fn unit_prices(
        &mut self,
        written: &BTreeMap<String, BTreeMap<String, Text>>,
    ) -> BTreeMap<Duration, BTreeMap<String, Decimal>> {
        let mut cards = BTreeMap::new();
        for (text, prices) in written {
            let field = "unit_prices";
            let at = format!("{field}.{text}");
            let prices = self.prices(field, &at, prices);
            match duration(text) {
                Ok(duration) if cards.contains_key(&duration) => {
                    let rule = "each duration once: P1Y is P12M".to_owned();
                    self.wrong(field, at, rule, Some(text.clone()));
                }
                Ok(duration) => {
                    cards.insert(duration, prices);
                }
                Err(rule) => self.wrong(field, at, rule, Some(text.clone())),
            }
        }
        cards
    }

    fn prices(
        &mut self,
        field: &'static str,
        at: &str,
        written: &BTreeMap<String, Text>,
    ) -> BTreeMap<String, Decimal> {
        let mut prices = BTreeMap::new();
        for (dimension, price) in written {
            let price = self.value(field, format!("{at}.{dimension}"), Some(price), decimal);
            prices.extend(price.map(|price| (dimension.clone(), price)));
        }
        prices
    }

    fn renewal(&mut self, written: &RenewalForm) -> Option<BoughtBefore> {
        let (channel, model) = (written.channel.as_ref(), written.pricing_model.as_ref());
        let channel = self.required("renewal.channel", channel, parsed);
        let pricing_model = self.required("renewal.pricing_model", model, parsed);
        channel
            .zip(pricing_model)
            .map(|(channel, pricing_model)| BoughtBefore { channel, pricing_model })
    }
}

fn parsed<T: std::str::FromStr<Err: ToString>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: T::Err| error.to_string())
}

fn account(text: &str) -> Result<AccountId, String> {
    AccountId::new(text).map_err(|error| error.to_string())
}

fn product(text: &str) -> Result<ProductName, String> {
    ProductName::new(text).map_err(|error| error.to_string())
}

fn duration(text: &str) -> Result<Duration, String> {
    parsed(text)
}

/// A day alone: `jiff` reads a date with a time as well.
fn day(text: &str) -> Result<Date, String> {
    let date = text.parse().ok().filter(|_| text.len() == "2026-12-31".len());
    date.ok_or_else(|| "a day that there is, written as 2026-12-31".to_owned())
}

fn decimal(text: &str) -> Result<Decimal, String> {
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-');
    let number = Decimal::from_str_exact(text).ok().filter(|_| plain);
    let number = number.map(|number| number.normalize());
    number.ok_or_else(|| "a decimal number of at most 28 digits, written as 40000.00".to_owned())
}

fn whole(text: &str) -> Result<u64, String> {
    let plain = text.bytes().all(|b| b.is_ascii_digit());
    let number = text.parse().ok().filter(|_| plain);
    number.ok_or_else(|| "a whole number, written as 250".to_owned())
}
