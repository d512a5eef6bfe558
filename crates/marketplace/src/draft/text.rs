//! Values as a person writes them, whatever the notation.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde::{Deserialize, Serialize};

/// A text that is not read yet. In a file it may be written as a text, as a number, or as a date of TOML.
///
/// A number keeps its digits: one that the notation rounds (a TOML number with a decimal point) is refused.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Serialize)]
#[serde(transparent)]
pub struct Text(String);

/// The keys under which two formats hand over what is no text, but is written like one.
const PRIVATE: [&str; 2] = ["$serde_json::private::Number", "$__toml_private_datetime"];

impl Text {
    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(source: D) -> Result<Self, D::Error> {
        source.deserialize_any(Written)
    }
}

struct Written;

impl<'de> Visitor<'de> for Written {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a number or a date")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Text, E> {
        Ok(text.into())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Text, E> {
        Ok(number.to_string().into())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Text, E> {
        Ok(number.to_string().into())
    }

    fn visit_i128<E: Error>(self, number: i128) -> Result<Text, E> {
        Ok(number.to_string().into())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Text, E> {
        Err(E::custom(format!(
            "a number with a decimal point must be written in quotes, so that it stays exact: \"{number}\""
        )))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut source: A) -> Result<Text, A::Error> {
        match source.next_key::<String>()? {
            Some(key) if PRIVATE.contains(&key.as_str()) => source.next_value().map(Text),
            _ => Err(A::Error::custom("must be a text, a number or a date, is a table")),
        }
    }
}

/// Reads a map whose keys are data, each at most once: which of two values is meant is not ours to choose.
pub(super) fn each_once<'de, D, T>(source: D) -> Result<BTreeMap<String, T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    source.deserialize_map(Entries(PhantomData))
}

struct Entries<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Entries<T> {
    type Value = BTreeMap<String, T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut source: A) -> Result<Self::Value, A::Error> {
        let mut entries = BTreeMap::new();
        while let Some((key, value)) = source.next_entry::<String, T>()? {
            if entries.contains_key(&key) {
                let key = key.escape_debug();
                return Err(A::Error::custom(format!("`{key}` is written twice")));
            }
            entries.insert(key, value);
        }
        Ok(entries)
    }
}

/// The prices of several durations, each duration and each dimension at most once.
pub(super) fn cards_each_once<'de, D>(
    source: D,
) -> Result<BTreeMap<String, BTreeMap<String, Text>>, D::Error>
where
    D: Deserializer<'de>,
{
    /// The prices of one duration.
    #[derive(Deserialize)]
    #[serde(transparent)]
    struct Card(#[serde(deserialize_with = "each_once")] BTreeMap<String, Text>);

    let cards = each_once::<D, Card>(source)?;
    Ok(cards.into_iter().map(|(duration, card)| (duration, card.0)).collect())
}
