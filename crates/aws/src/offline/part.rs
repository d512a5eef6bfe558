//! A part of a request: its value, where it stands, and what is wrong with it.

use std::ops::RangeInclusive;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::{Map, Value};

/// What is wrong with a request, each with its path.
pub type Faults = Vec<String>;

/// A value of a request.
#[derive(Debug, Clone)]
pub struct Part<'a> {
    /// What stands there.
    pub value: &'a Value,
    /// Where: `/ChangeSet/0/DetailsDocument/Name`.
    pub path: String,
}

/// An object of a request. One that is none has no fields.
#[derive(Debug, Clone)]
pub struct Object<'a> {
    fields: Option<&'a Map<String, Value>>,
    path: String,
}

impl<'a> Object<'a> {
    /// What stands under a key; null is nothing.
    pub fn at(&self, key: &str) -> Option<Part<'a>> {
        self.even_null(key).filter(|part| !part.value.is_null())
    }

    /// What stands under a key, null too: in an update it takes away what was there.
    pub fn even_null(&self, key: &str) -> Option<Part<'a>> {
        let value = self.fields?.get(key)?;
        Some(Part { value, path: format!("{}/{key}", self.path) })
    }

    /// What has to stand under a key.
    pub fn required(&self, key: &str, faults: &mut Faults) -> Option<Part<'a>> {
        let found = self.at(key);
        if found.is_none() && self.fields.is_some() {
            faults.push(format!("{}: the required property '{key}' is missing", self.path));
        }
        found
    }
}

impl<'a> Part<'a> {
    /// The request itself.
    pub fn top(value: &'a Value) -> Self {
        Self { value, path: String::new() }
    }

    /// Says what is wrong with it.
    pub fn wrong(&self, what: &str, faults: &mut Faults) {
        faults.push(format!("{}: {what}", if self.path.is_empty() { "/" } else { &self.path }));
    }

    /// An object with no other keys than these.
    pub fn object(&self, keys: &[&str], faults: &mut Faults) -> Object<'a> {
        let fields = self.value.as_object();
        if fields.is_none() {
            self.wrong("must be an object", faults);
        }
        for key in fields.into_iter().flat_map(Map::keys).filter(|key| !keys.contains(&&***key)) {
            self.wrong(&format!("the property '{key}' is not allowed here"), faults);
        }
        Object { fields, path: self.path.clone() }
    }

    /// A list with so many elements.
    pub fn list(&self, count: RangeInclusive<usize>, faults: &mut Faults) -> Vec<Self> {
        let Some(items) = self.value.as_array() else {
            self.wrong("must be a list", faults);
            return Vec::new();
        };
        if !count.contains(&items.len()) {
            let (least, most) = (count.start(), count.end());
            self.wrong(&format!("must have {least} to {most} elements"), faults);
        }
        let items = items.iter().enumerate();
        items.map(|(n, value)| Self { value, path: format!("{}/{n}", self.path) }).collect()
    }

    /// Text.
    pub fn text(&self, faults: &mut Faults) -> Option<&'a str> {
        let text = self.value.as_str();
        if text.is_none() {
            self.wrong("must be a string", faults);
        }
        text
    }

    /// Text of 1 to so many characters.
    pub fn short(&self, most: usize, faults: &mut Faults) -> Option<&'a str> {
        let text = self.text(faults)?;
        if text.is_empty() || text.chars().count() > most {
            self.wrong(&format!("must have 1 to {most} characters"), faults);
            return None;
        }
        Some(text)
    }

    /// One of these words.
    pub fn word(&self, words: &[&str], faults: &mut Faults) -> Option<&'a str> {
        let text = self.text(faults)?;
        if !words.contains(&text) {
            self.wrong(&format!("must be one of {}", words.join(", ")), faults);
            return None;
        }
        Some(text)
    }

    /// The 12 digits of an account.
    pub fn account(&self, faults: &mut Faults) -> Option<&'a str> {
        let text = self.text(faults)?;
        if text.len() != 12 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            self.wrong("must be an AWS account ID of 12 digits", faults);
            return None;
        }
        Some(text)
    }

    /// A day, as it is written in a request: `2026-12-31`.
    pub fn day(&self, faults: &mut Faults) -> Option<Date> {
        let text = self.text(faults)?;
        // jiff reads other forms too.
        let day = text.parse::<Date>().ok().filter(|day| day.to_string() == text);
        if day.is_none() {
            self.wrong("must be a date in the format YYYY-MM-DD", faults);
        }
        day
    }

    /// An amount, written as text: at least zero, or more than that; so many decimals at most, and no more than that.
    pub fn amount(
        &self,
        (decimals, most): (u32, i64),
        is_zero_allowed: bool,
        faults: &mut Faults,
    ) -> Option<Decimal> {
        let text = self.text(faults)?;
        let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let amount = text.parse::<Decimal>().ok().filter(|_| is_plain && !text.starts_with('.'));
        let fits = |amount: &Decimal| {
            amount.scale() <= decimals
                && *amount <= Decimal::from(most)
                && (is_zero_allowed || !amount.is_zero())
        };
        let amount = amount.filter(fits);
        if amount.is_none() {
            let least = if is_zero_allowed { "at least 0" } else { "more than 0" };
            self.wrong(
                &format!("must be a number {least} and at most {most}, with {decimals} decimals at most, as a string"),
                faults,
            );
        }
        amount
    }

    /// A whole number.
    pub fn whole(&self, range: RangeInclusive<i64>, faults: &mut Faults) -> Option<i64> {
        let number = self.value.as_i64().filter(|number| range.contains(number));
        if number.is_none() {
            let (least, most) = (range.start(), range.end());
            self.wrong(&format!("must be a whole number from {least} to {most}"), faults);
        }
        number
    }
}

/// One message for all that is wrong, as long as AWS would write.
pub fn sentence(faults: &[String]) -> String {
    let count = faults.len();
    let errors = if count == 1 { "error" } else { "errors" };
    let text = format!("{count} validation {errors} detected: {}", faults.join("; "));
    text.chars().take(2_048).collect()
}
