//! What is known of a license by asking AWS's Entitlement API.
//!
//! Everything is dated by the question that it answers, so an answer that comes late is never taken for that of a later question.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::request::Refusal;
use crate::lattice::{Join, Last, Register};
use crate::moment::Moment;

/// What the Entitlement API says of one license. Of an answer only what differs is recorded.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Reading {
    /// What the license grants, since the first question that was answered so.
    #[serde(skip_serializing_if = "Register::is_empty")]
    pub quantities: Register<BTreeSet<Quantity>>,
    /// The last `License Updated` that was known when a question was asked that AWS answered: up to it, the license is read.
    #[serde(skip_serializing_if = "Last::is_empty")]
    pub read_for: Last,
    /// The same of a question that AWS did not answer.
    #[serde(skip_serializing_if = "Last::is_empty")]
    pub tried_for: Last,
    /// The last answered question of which anything was recorded.
    #[serde(skip_serializing_if = "Last::is_empty")]
    pub answered: Last,
    /// The last question that AWS did not answer, and why.
    #[serde(skip_serializing_if = "Register::is_empty")]
    pub unanswered: Register<Unanswered>,
    /// The last change of quantities that no `License Updated` had announced.
    #[serde(skip_serializing_if = "Register::is_empty")]
    pub unannounced: Register<Change>,
}

/// How much of a dimension a license grants.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Quantity {
    /// The dimension's key.
    pub dimension: String,
    /// How much.
    pub value: QuantityValue,
    /// Until when at least. With automatic renewal it is the renewal, so it is no end of the agreement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Moment>,
}

/// How much, in the type in which AWS says it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum QuantityValue {
    /// A whole number.
    Integer(i64),
    /// Another number, as text.
    Double(String),
    /// Whether it is granted.
    Boolean(bool),
    /// Words.
    Text(String),
    /// In a type that this version does not know.
    Unknown,
}

/// A question that AWS did not answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unanswered {
    /// Why.
    pub refusal: Refusal,
    /// The first question in a row that was not answered.
    pub since: Moment,
}

/// Quantities that are others than before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// What was read before.
    pub before: BTreeSet<Quantity>,
    /// What was read then.
    pub after: BTreeSet<Quantity>,
}

impl Reading {
    /// Nobody asked yet, or nothing came of it.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The last question in a row that AWS did not answer, unless it answered a later one.
    pub fn trouble(&self) -> Option<(Moment, &Unanswered)> {
        let (at, unanswered) = self.unanswered.at().zip(self.unanswered.get())?;
        (self.answered.get() < Some(at)).then_some((at, unanswered))
    }
}

impl Join for Reading {
    fn join(&mut self, other: &Self) {
        self.quantities.join(&other.quantities);
        self.read_for.join(&other.read_for);
        self.tried_for.join(&other.tried_for);
        self.answered.join(&other.answered);
        self.unanswered.join(&other.unanswered);
        self.unannounced.join(&other.unannounced);
    }
}
