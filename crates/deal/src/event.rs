//! Events of the log: facts, what we published, and work that is left.

use serde::{Deserialize, Serialize};

use crate::facts::Facts;
use crate::key::{KeyKind, KeyQuery};
use crate::public::PublicEvent;
use crate::stream::StreamKind;

/// The version of every payload's shape. It grows when a shape changes; older ones are upcast on read, down to the oldest that is still read.
pub const SCHEMA: i32 = 2;

/// The oldest schema that is read. What schema 1 cut of a digest cannot be told from it.
const OLDEST: i32 = 2;

/// One event of a stream.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Something was said: by a notification, a description, a person.
    Facts {
        /// What said it, for people: `offer-released`, `license-updated`, `link-decided`.
        slug: String,
        /// What was said.
        facts: Facts,
    },
    /// We concluded and published something.
    Public(PublicEvent),
    /// Offers of a partner are left to be judged again, or none is left.
    Pending(Pending),
}

/// A walk over offers to judge again that did not fit into one transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// The kind of key that finds the streams.
    pub kind: PendingKind,
    /// The value that it is looked up with.
    pub value: String,
    /// Only keys that end at or after this (microseconds).
    pub hi_from: i64,
    /// Only keys that end at or before this.
    pub hi_to: i64,
    /// The (time, stream) up to which it is done; `None` with `done`: nothing is left.
    pub after: Option<(i64, String)>,
    /// Nothing is left.
    pub done: bool,
}

/// What a pending walk follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PendingKind {
    /// Offers to judge.
    Judge,
    /// Offers that had an opportunity as a candidate.
    Candidate,
    /// Agreements of an opportunity.
    Opportunity,
    /// Agreements of an offer.
    Offer,
    /// Whatever a partner sells.
    Partner,
    /// Agreements that may succeed one another.
    Succession,
}

impl PendingKind {
    /// The kind of key.
    pub const fn key(self) -> KeyKind {
        match self {
            Self::Judge => KeyKind::Judge,
            Self::Candidate => KeyKind::Candidate,
            Self::Opportunity => KeyKind::Opportunity,
            Self::Offer => KeyKind::Offer,
            Self::Partner => KeyKind::Partner,
            Self::Succession => KeyKind::Succession,
        }
    }

    /// The pending kind of a key; `None` for kinds that no walk follows.
    pub const fn of(key: KeyKind) -> Option<Self> {
        match key {
            KeyKind::Judge => Some(Self::Judge),
            KeyKind::Candidate => Some(Self::Candidate),
            KeyKind::Opportunity => Some(Self::Opportunity),
            KeyKind::Offer => Some(Self::Offer),
            KeyKind::Partner => Some(Self::Partner),
            KeyKind::Succession => Some(Self::Succession),
            KeyKind::Buyer
            | KeyKind::Case
            | KeyKind::Drive
            | KeyKind::License
            | KeyKind::Finding
            | KeyKind::Read
            | KeyKind::Slice
            | KeyKind::Sole
            | KeyKind::Uses
            | KeyKind::Window => None,
        }
    }
}

impl Pending {
    /// The same walk, whatever its position.
    pub fn name(&self) -> String {
        format!("{}:{}:{}:{}", self.kind.key().word(), self.value, self.hi_from, self.hi_to)
    }

    /// The query that continues it.
    pub fn query(&self, limit: u32) -> KeyQuery {
        KeyQuery {
            kind: self.kind.key(),
            value: self.value.clone(),
            hi_from: self.hi_from,
            hi_to: self.hi_to,
            lo_to: i64::MAX,
            after: self.after.clone(),
            limit,
        }
    }
}

/// An event that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum EventError {
    /// A type that this version does not know: a newer one wrote it.
    #[error("this version does not know events of type `{kind}` in schema {schema}")]
    UnknownKind {
        /// The event's type.
        kind: String,
        /// Its schema version.
        schema: i32,
    },
    /// A schema that is not read any more.
    #[error(
        "this version reads events of schema {OLDEST} and later, and one of type `{kind}` has schema {schema}"
    )]
    Outdated {
        /// The event's type.
        kind: String,
        /// Its schema version.
        schema: i32,
    },
    /// A payload that is not of its type's shape.
    #[error("could not read the payload of an event of type `{kind}`")]
    Payload {
        /// The event's type.
        kind: String,
        /// What does not fit.
        #[source]
        source: serde_json::Error,
    },
}

impl Event {
    /// The stored type: `fact/offer-released`, `public/Offer Received`, `work/pending`.
    pub fn kind(&self) -> String {
        match self {
            Self::Facts { slug, .. } => format!("fact/{slug}"),
            Self::Public(event) => format!("public/{}", event.detail_type()),
            Self::Pending(_) => "work/pending".to_owned(),
        }
    }

    /// The stored payload.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        match self {
            Self::Facts { facts, .. } => facts.to_json(),
            Self::Public(event) => event.to_json(),
            Self::Pending(pending) => serde_json::to_string(pending),
        }
    }

    /// Reads a stored event of a stream of this kind.
    pub fn read(
        stream: StreamKind,
        kind: &str,
        schema: i32,
        payload: &str,
    ) -> Result<Self, EventError> {
        let unknown = || EventError::UnknownKind { kind: kind.to_owned(), schema };
        if schema < OLDEST {
            return Err(EventError::Outdated { kind: kind.to_owned(), schema });
        }
        if schema > SCHEMA {
            return Err(unknown());
        }
        let event = match kind.split_once('/') {
            Some(("fact", slug)) => Facts::from_json(stream, payload)
                .map(|facts| Self::Facts { slug: slug.to_owned(), facts }),
            Some(("public", name)) => {
                PublicEvent::from_json(name, payload).ok_or_else(unknown)?.map(Self::Public)
            }
            Some(("work", "pending")) => serde_json::from_str(payload).map(Self::Pending),
            _ => return Err(unknown()),
        };
        event.map_err(|source| EventError::Payload { kind: kind.to_owned(), source })
    }
}

#[cfg(test)]
mod tests;
