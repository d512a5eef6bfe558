//! Evidence bundles: what the ledger says of one entitlement and from which notifications, in one document that is checked
//! without the ledger.
//!
//! | file | what it does |
//! |---|---|
//! | `gather.rs` | a bundle from a ledger, with its place in an anchor |
//! | `check.rs` | whether a bundle holds, from nothing but the bundle and an anchor that somebody kept |
//!
//! A bundle carries the events of the agreement's stream, of the offers that it names and of the opportunities that these are linked
//! to, whole and from the first on, each with all that its seal covers; the raw notifications that caused them; and, of each
//! stream and notification, the path from its line to a root of the anchor (`crate::merkle`).
//!
//! What a bundle proves: alone, that it is whole in itself, which whoever can write a ledger can also make. With an anchor that was kept
//! elsewhere, that all of it was in the ledger when the anchor was made, and is unchanged since. What it never proves: that AWS sent it,
//! that AWS sent nothing else, or that a conclusion follows from the facts; these are there to be judged.

use std::collections::BTreeSet;

use deal::state::State;
use deal::stream::StreamId;
use marketplace::digest::Digest;
use marketplace::ids::AgreementId;
use serde::{Deserialize, Serialize};

use crate::checkpoint::Anchor;
use crate::export::Line;
use crate::merkle::Path;

mod check;
mod gather;

#[cfg(test)]
mod tests;

pub use check::{Anchored, Checked, check};
pub use gather::{ProofError, gather};

/// The `format` of a bundle.
pub const BUNDLE: &str = "resold proof 1";

/// What a ledger says of one entitlement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// [`BUNDLE`].
    pub format: String,
    /// The entitlement: its agreement's id.
    pub entitlement: AgreementId,
    /// The streams, in the order of their ids.
    pub streams: Vec<StreamPart>,
    /// The notifications that caused their events, in the order of their digests.
    pub notifications: Vec<NotificationPart>,
    /// The anchor that the paths lead to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anchor: Option<Anchor>,
}

/// A stream with all of its events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StreamPart {
    /// Which.
    pub stream: StreamId,
    /// Its events, from the first on.
    pub events: Vec<Line>,
    /// Where the anchor lists it; `None` if it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listed: Option<Listed>,
}

/// Where an anchor lists a stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    /// At which version.
    pub version: i64,
    /// From the stream's line to the root of streams.
    pub path: Path,
}

/// A raw notification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotificationPart {
    /// The digest that it is kept under.
    pub digest: Digest,
    /// Its body as it came; `None` if it was erased, tells of another agreement, or was too long to be kept whole.
    pub body: Option<Body>,
    /// From the notification's line to the root of notifications; `None` if the anchor does not list it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<Path>,
}

/// A raw body.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Body {
    /// Bytes that are UTF-8.
    Text(String),
    /// Other bytes, as hexadecimal digits.
    Hex(String),
}

impl Body {
    /// Of these bytes.
    pub fn of(bytes: Vec<u8>) -> Self {
        match String::from_utf8(bytes) {
            Ok(text) => Self::Text(text),
            Err(error) => Self::Hex(digits(error.as_bytes())),
        }
    }

    /// The bytes; `None` if the digits are none.
    pub fn bytes(&self) -> Option<Vec<u8>> {
        let digits = match self {
            Self::Text(text) => return Some(text.as_bytes().to_vec()),
            Self::Hex(digits) => digits,
        };
        let nibbles: Option<Vec<u32>> = digits.chars().map(|digit| digit.to_digit(16)).collect();
        let pair = |pair: &[u32]| match pair {
            [high, low] => u8::try_from(high.checked_mul(16)?.checked_add(*low)?).ok(),
            _ => None,
        };
        nibbles?.chunks(2).map(pair).collect()
    }
}

fn digits(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(u32::from(nibble), 16);
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 0x0f]).filter_map(digit).collect()
}

/// The streams that a stream's state names and that belong to the proof: offers of an agreement, opportunities of either.
fn named(state: &State) -> BTreeSet<StreamId> {
    let mut named = BTreeSet::new();
    if let Some(agreement) = state.agreement() {
        named.extend(agreement.offer.all().map(|said| StreamId::offer(&said.value)));
        let opportunities = agreement.authorization.all().map(|said| &said.value);
        named.extend(opportunities.map(StreamId::opportunity));
        let concluded = state.concluded.entitlement.as_ref();
        let concluded = concluded.and_then(|news| news.opportunity.as_ref());
        named.extend(concluded.map(StreamId::opportunity));
    }
    if let Some(offer) = state.offer() {
        let confirmed = offer.confirmed.all().map(|said| &said.value);
        named.extend(confirmed.map(StreamId::opportunity));
        let concluded = state.concluded.offer.as_ref();
        let link = concluded.and_then(|news| news.link.as_ref());
        let linked = link.and_then(|link| link.opportunity.as_ref());
        named.extend(linked.map(StreamId::opportunity));
    }
    named
}
