//! What a wish to create or to clone holds: the terms as a person wrote them, and what is done with what they make.

use deal::facts::request::Wish;
use jiff::civil::Date;
use marketplace::draft::{Draft, Form, Limits};
use serde::{Deserialize, Serialize};

use super::ChangesError;

/// The content of a wish to create or to clone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// The terms. They are held against AWS's rules on the day on which they are sent.
    pub opportunity: Form,
    /// It is visible to its partner at once.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub publish: bool,
    /// Once there is the clone, no more offers are made from what it was cloned from.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub restrict_original: bool,
}

impl Content {
    /// Canonical JSON: names in order, the same for the same content.
    pub fn canonical(&self) -> Result<String, serde_json::Error> {
        serde_json::to_value(self).map(|value| value.to_string())
    }

    /// What a wish holds.
    pub fn of(wish: &Wish) -> Result<Self, ChangesError> {
        let text = wish.draft.as_ref().ok_or(ChangesError::NoContent)?;
        serde_json::from_str(text).map_err(ChangesError::Content)
    }

    /// What is made of it on a day (UTC), by AWS's rules as we know them.
    pub fn draft(&self, today: Date) -> Result<Draft, ChangesError> {
        let draft = self.opportunity.draft(today, &Limits::CURRENT);
        draft.map(|(draft, _)| draft).map_err(ChangesError::Rules)
    }
}
